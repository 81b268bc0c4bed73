/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes taken as one of the files of the jump side. The first byte says as which: d dump, s sites, t structure, j
 * jump log, m MSD log, c counts, n network, x count matrix; the rest is the file. Called as fuzz_yace (fuzz_yace.h). */
#ifndef LISI_FUZZ_JUMPS_H
#define LISI_FUZZ_JUMPS_H

#include "lisi_status.h"

#include <stddef.h>
#include <stdint.h>

lisi_status fuzz_jumps(const uint8_t *bytes, size_t size);

#endif
