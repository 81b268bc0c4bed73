/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Count matrices made elsewhere: plain text (a row per line, blanks or commas) or Matrix Market (coordinate or array;
 * real or integer; general or symmetric). */
#ifndef LISI_COUNT_MATRIX_H
#define LISI_COUNT_MATRIX_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counts without geometry, blocks or groups; lag = 1 sample; states numbered 1..n. Errors name file and line: not
 * square, a row of zeros, negative, not finite, not a number, empty. */
LISI_MUST_CHECK lisi_status count_matrix_load(const char *path, lag_counts *counts, state_space *space,
                                              lisi_error *err);
LISI_MUST_CHECK lisi_status count_matrix_parse(const char *bytes, size_t size, const char *name, lag_counts *counts,
                                               state_space *space, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
