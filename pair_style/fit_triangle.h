/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What least squares needs of any number of rows [a y]: the triangle of their QR factorisation,
 *     sum over rows (a c - y)^2 = |R c - z|^2 + rho^2   for every c,
 * made block by block (TSQR: Golub, Plemmons and Sameh 1988; Demmel, Grigori, Hoemmen and Langou, SIAM J. Sci. Comput.
 * 34, A206 (2012)), so that no row has to be kept. Triangles of parts of the data are put together in the same way.
 * Householder's method is stable column by column: columns of very different size are no harm. */
#ifndef LISI_FIT_TRIANGLE_H
#define LISI_FIT_TRIANGLE_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n;     /* columns without the right-hand side */
  long rows; /* seen so far */
  double *r; /* [n + 1][n + 1] column after column, zero below the diagonal: R, then z with rho below it (any sign) */
} fit_triangle;

/* Without rows: all zero. Free with fit_triangle_free, also after a failure. */
LISI_MUST_CHECK lisi_status fit_triangle_make(int n, fit_triangle *t, lisi_error *err);
LISI_MUST_CHECK lisi_status fit_triangle_copy(const fit_triangle *from, fit_triangle *to, lisi_error *err);
void fit_triangle_free(fit_triangle *t);

/* Adds m rows [a y] as they stand in b: column after column, `lead` >= m numbers each. b is destroyed. The number of
 * threads changes no bit of the result. */
LISI_MUST_CHECK lisi_status fit_triangle_rows(fit_triangle *t, int m, double *b, int lead, lisi_error *err);
/* Adds the rows that are in another triangle with as many columns. */
LISI_MUST_CHECK lisi_status fit_triangle_merge(fit_triangle *t, const fit_triangle *other, lisi_error *err);

/* The triangle of k of the columns alone, index[0] < index[1] < .. */
LISI_MUST_CHECK lisi_status fit_triangle_select(const fit_triangle *t, int k, const int *index, fit_triangle *out,
                                                lisi_error *err);

/* The sum over all rows of (a c - y)^2. */
double fit_triangle_squares(const fit_triangle *t, const double *c);
/* Sum of the squares of column k over all rows. */
double fit_triangle_norm2(const fit_triangle *t, int k);

#ifdef __cplusplus
}
#endif
#endif
