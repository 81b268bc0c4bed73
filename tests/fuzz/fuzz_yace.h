/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes taken as a .yace file: read, and, where that works, compiled and evaluated for a few atoms. Called by
 * libFuzzer (tests/fuzz/run.sh) and, with the inputs kept in tests/fuzz/yace, by tests/unit/test_fuzz_inputs.c. */
#ifndef LISI_FUZZ_YACE_H
#define LISI_FUZZ_YACE_H

#include "lisi_status.h"

#include <stddef.h>
#include <stdint.h>

/* What the reader, or the evaluator where the reader was content, says; ends the program where a promise of theirs is
 * broken. */
lisi_status fuzz_yace(const uint8_t *bytes, size_t size);

#endif
