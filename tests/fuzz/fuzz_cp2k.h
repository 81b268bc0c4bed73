/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes taken as an output of CP2K and the files beside it: a line "@@@ name" begins the file of that name, what
 * stands before the first is the output. Called by libFuzzer (tests/fuzz/run.sh) and, with the inputs kept in
 * tests/fuzz/cp2k, by tests/unit/test_fuzz_inputs.c. */
#ifndef LISI_FUZZ_CP2K_H
#define LISI_FUZZ_CP2K_H

#include "lisi_status.h"

#include <stddef.h>
#include <stdint.h>

/* What the reader says; ends the program where a promise of it is broken. */
lisi_status fuzz_cp2k(const uint8_t *bytes, size_t size);

#endif
