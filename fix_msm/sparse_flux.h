/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Models of many states: the symmetric flux X_ij = pi_i P_ij as a list of pairs, its maximum-likelihood estimate, and
 * its slowest modes. The dense counterparts are in reversible.h and spectrum.h; results agree to rounding. */
#ifndef LISI_SPARSE_FLUX_H
#define LISI_SPARSE_FLUX_H

#include "laplacian.h"
#include "reversible.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts, or fluxes, between pairs of states. */
typedef struct {
  int n;
  size_t m;
  int *i, *j;        /* [m] i < j, sorted by (i, j), unique */
  double *up, *down; /* [m] from i to j, from j to i; not both 0 */
  double *stay;      /* [n] from i to i */
} pair_counts;

typedef struct {
  int i, j;
  double c;
} pair_entry;
/* Sums up entries (0 <= i, j < n, c > 0) in any order; `entry` is sorted in place. */
LISI_MUST_CHECK lisi_status pair_counts_make(int n, size_t entries, pair_entry *entry, pair_counts *out,
                                             lisi_error *err);
void pair_counts_free(pair_counts *c);

typedef struct {
  int n;
  size_t m;
  int *i, *j;        /* [m] i < j, sorted by (i, j), unique */
  double *x;         /* [m] X_ij; all elements, the diagonal included, sum to 1 */
  double *pi, *stay; /* [n] row sums, and X_ii */
  laplacian *solver; /* with x as weights; NULL for n = 1 */
} sparse_flux;
void sparse_flux_free(sparse_flux *f);

/* reversible_ml for sparse counts: the same function, the same damped Newton steps, by laplacian_solve. q[n] (NULL: not
 * wanted): X_ij = (C_ij + C_ji)/(q_i + q_j), so that C_ij(R) + C_ji(-R) is to be divided by the same. On entry
 * q_start[n] (NULL: none) may be the q of similar counts. */
LISI_MUST_CHECK lisi_status reversible_ml_sparse(const pair_counts *counts, const double *q_start, sparse_flux *flux,
                                                 double *q, reversible_info *info, lisi_error *err);

/* The flux of given transition probabilities (p.up, p.down and p.stay; connected, rows sum to 1) if they fulfil
 * detailed balance to 1e-12; *balanced is false where they do not, and the flux is empty then. */
LISI_MUST_CHECK lisi_status sparse_flux_given(const pair_counts *p, sparse_flux *flux, bool *balanced, lisi_error *err);

/* The `wanted` slowest modes by |eigenvalue| of P: gap[k] = 1 - lambda_k, slowest first, without the stationary one,
 * and vectors[wanted][n] (NULL: not wanted) u_k as in spectrum.h. *found = min(wanted, n - 1). ARPACK on P or on
 * the inverse of the Laplacian, whichever is faster, and on P for negative eigenvalues where there can be slow ones;
 * every gap is the Rayleigh quotient sum_ij X_ij (v_i - v_j)^2 of its vector, so that small ones keep their digits. A
 * last run without the modes found makes sure that none of several equal ones was missed. */
LISI_MUST_CHECK lisi_status sparse_flux_modes(const sparse_flux *flux, int wanted, int *found, double *gap,
                                              double *vectors, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
