/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ridge regression for many strengths of the prior at the cost of one factorisation (Eldén, BIT 17, 134 (1977)):
 *     min |M x - z|^2 + mu^2 |x|^2
 * with M = U B V^T, B bidiagonal, so that each mu takes O(n^2). */
#ifndef LISI_FIT_RIDGE_H
#define LISI_FIT_RIDGE_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n;
  double *m, *tauq, *taup; /* the reflectors of U and V, as LAPACK leaves them */
  double *d, *e;           /* B: diagonal [n], above it [n - 1] */
  double *g;               /* [n] U^T z */
} fit_ridge;

/* m[n][n], column after column, is taken over (also after a failure); z[n]. Free with fit_ridge_free, also after a
 * failure. The result is the same bit for bit on any number of threads when it is called from inside a parallel region.
 */
LISI_MUST_CHECK lisi_status fit_ridge_make(int n, double *m, const double *z, fit_ridge *f, lisi_error *err);
void fit_ridge_free(fit_ridge *f);

/* x[n], and where they are not NULL *residual = |M x - z|^2 and *logdet = ln det(M^T M + mu^2) (mu > 0). mu = 0 gives
 * the solution of smallest norm, with singular values below 1e-14 of the largest taken as zero. */
LISI_MUST_CHECK lisi_status fit_ridge_solve(const fit_ridge *f, double mu, double *x, double *residual, double *logdet,
                                            lisi_error *err);

/* The effective number of parameters, sum s^2 / (s^2 + mu^2) over the singular values of M (those of zero count as
 * none). */
LISI_MUST_CHECK lisi_status fit_ridge_effective(const fit_ridge *f, double mu, double *number, lisi_error *err);

/* The log evidence of the strength mu for `rows` data whose squared residual outside the range of M is `beyond`,
 *     ln p(data | mu) = ln integral N(data; M x, 1/beta) N(x; 0, 1/(beta mu^2)) dx
 * (MacKay, Neural Comput. 4, 415 (1992)), with the inverse variance of the noise beta at its maximum for this mu,
 * rows / (|M x - z|^2 + beyond + mu^2 |x|^2), which *beta gets. mu > 0; x[n] is the solution at mu. */
LISI_MUST_CHECK lisi_status fit_ridge_evidence(const fit_ridge *f, long rows, double beyond, double mu, double *x,
                                               double *evidence, double *beta, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
