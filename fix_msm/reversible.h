/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reversible transition matrices from counts. Dense, row-major n x n. */
#ifndef LISI_REVERSIBLE_H
#define LISI_REVERSIBLE_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int steps;          /* Newton steps, or iterations */
  double certificate; /* max_i |g_i| / c_i, the relative residual of the maximum-likelihood conditions */
} reversible_info;

/* Reversible maximum likelihood (Prinz et al., J. Chem. Phys. 134, 174105 (2011)) for a strongly connected C[n][n] >=
 * 0: minimises f(z) = sum_ij C_ij ln(e^zi + e^zj) - sum_i c_i z_i by damped Newton; the Hessian is a graph Laplacian
 * (dense Cholesky). X[n][n] gets the symmetric flux X_ij = S_ij/(q_i+q_j), q = e^z, scaled to sum 1: pi_i = sum_j X_ij,
 * P_ij = X_ij/pi_i. info may be NULL. Errors: LISI_ERR_NUMERIC when max|g|/c stays above 1e-12 (C not strongly
 * connected). */
LISI_MUST_CHECK lisi_status reversible_ml(int n, const double *C, double *X, reversible_info *info, lisi_error *err);

/* The same with the stationary distribution pi[n] > 0 given (normalised here): X_ij = S_ij pi_i pi_j/(l_i pi_j + l_j
 * pi_i), two-vector iteration (Trendelkamp-Schroer et al., J. Chem. Phys. 143, 174101 (2015)). X sums to 1 with rows pi
 * exactly. */
LISI_MUST_CHECK lisi_status reversible_fixed_pi(int n, const double *C, const double *pi, double *X,
                                                reversible_info *info, lisi_error *err);

/* Stationary distribution of an irreducible row-stochastic P[n][n], by elimination without subtraction (Grassmann,
 * Taksar, Heyman 1985). */
LISI_MUST_CHECK lisi_status stationary_distribution(int n, const double *P, double *pi, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
