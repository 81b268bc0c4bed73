/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colour scales that people with any kind of colour vision can read. Colours are "#rrggbb". */
#ifndef LISI_MSM_REPORT_COLOURS_H
#define LISI_MSM_REPORT_COLOURS_H

/* Blue (-1) over near-white (0) to orange (1); values outside are taken as the ends, NaN as 0. */
void report_diverging(double value, char colour[8]);
/* Near-white (0) to dark violet (1), monotonic in lightness. */
void report_sequential(double value, char colour[8]);
/* sum of weight[k] * colour of set k, the weights made to sum to one. */
void report_mixed(int n, const double *weight, char colour[8]);

#endif
