/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linear systems with the Laplacian of a sparse connected graph: (L y)_i = sum_j w_ij (y_i - y_j), w > 0 on the edges.
 * Conjugate gradients, preconditioned by a sparse Cholesky factor (CHOLMOD) of L without the row of one state. A factor
 * of earlier weights is kept for as long as it saves time: successive Newton steps, the diffusion tensor and the slow
 * modes of one model share one or two factors. */
#ifndef LISI_LAPLACIAN_H
#define LISI_LAPLACIAN_H

#include "lisi_status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct laplacian laplacian;

/* n >= 2 nodes, m edges i[k] < j[k], sorted by (i, j) and unique; the lists are copied. */
LISI_MUST_CHECK lisi_status laplacian_new(int n, size_t m, const int *i, const int *j, laplacian **out,
                                          lisi_error *err);
void laplacian_free(laplacian *l);
/* w[m] > 0, copied. */
void laplacian_weights(laplacian *l, const double *w);
/* y = L x; returns x^T L x, summed without cancellation. */
double laplacian_apply(const laplacian *l, const double *x, double *y);
/* L y = rhs, where the sum of rhs is 0 to rounding; the sum of y is made 0. The error of y in the norm y^T L y is
 * brought below `tolerance` (1e-14 at best) relative to y. Errors: LISI_ERR_NUMERIC when the graph is not connected. */
LISI_MUST_CHECK lisi_status laplacian_solve(laplacian *l, const double *rhs, double tolerance, double *y,
                                            lisi_error *err);
/* Numbers in the factor, which each preconditioning reads twice; 0 before the first solution. */
double laplacian_fill(const laplacian *l);

#ifdef __cplusplus
}
#endif
#endif
