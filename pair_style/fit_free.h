/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns without a prior, such as energy zeros of data sets, taken out of a least-squares problem and put back: for
 * every c of the other columns the best coefficients of the free ones are known. */
#ifndef LISI_FIT_FREE_H
#define LISI_FIT_FREE_H

#include "fit_triangle.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n, nfree, rank; /* rank: of the free columns; below nfree the data do not decide all of them */
  double *top;        /* [n + 1][rank] column after column: U^T [R12 z1], R11 = U S V^T */
  double *s, *v;      /* [rank], [nfree][rank] row after row */
} fit_free;

/* The first `nfree` columns of t are free: rest[t->n - nfree columns] is the problem that is left for the others, the
 * minimum over the free coefficients. Free columns that depend on others of them (singular values below 1e-10 of the
 * largest) get the smallest norm. Free both, also after a failure. */
LISI_MUST_CHECK lisi_status fit_free_eliminate(const fit_triangle *t, int nfree, fit_triangle *rest, fit_free *f,
                                               lisi_error *err);
/* The free coefficients that go with c[n]. */
void fit_free_solve(const fit_free *f, const double *c, double *coefficient);
void fit_free_clear(fit_free *f);

#ifdef __cplusplus
}
#endif
#endif
