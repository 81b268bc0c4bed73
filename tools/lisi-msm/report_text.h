/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts and numbers as HTML and SVG want them. */
#ifndef LISI_MSM_REPORT_TEXT_H
#define LISI_MSM_REPORT_TEXT_H

#include <stdio.h>

/* Text between tags or in a quoted attribute: markup is escaped, what XML does not allow is replaced. */
void report_escaped(FILE *f, const char *text);
/* 1.23 x 10^-9 with a superscript in HTML; `digits` significant ones. NaN: an en dash, infinity: its sign. */
void report_value(FILE *f, double value, int digits);
/* "lo to hi" with as many digits; nothing where an end is NaN. True where something was written. */
int report_interval(FILE *f, double lo, double hi, int digits);
/* "(lo to hi) x 10^e" with the power of ten of `value`, so that the three can be compared at a glance; plain where the
 * value needs none. */
int report_interval_like(FILE *f, double value, double lo, double hi, int digits);
/* The same number as plain text: "1.23e-09", and 1010 rather than 1.01e+03. */
void report_plain(char text[32], double value, int digits);

#endif
