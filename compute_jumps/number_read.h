/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decimal text to double, rounded exactly as strtod does but several times faster on the numbers that trajectories
 * hold. */
#ifndef LISI_NUMBER_READ_H
#define LISI_NUMBER_READ_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The finite number that fills text[0..length-1] exactly (no blanks around it). False: it is none. */
bool number_read_double(const char *text, int length, double *value);
/* The same for a decimal integer. */
bool number_read_int64(const char *text, int length, int64_t *value);

/* The same for a word of which only the start is known: it ends at a blank, a tab or the end of the string. *end:
 * there, when the word is a number. */
bool number_scan_double(const char *text, const char **end, double *value);
bool number_scan_int64(const char *text, const char **end, int64_t *value);

#ifdef __cplusplus
}
#endif
#endif
