/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sampling transition matrices from their posterior, given counts. The prior is the sparse one: it gives weight to
 * observed pairs alone, and the posterior mean stays near the maximum-likelihood estimate (Trendelkamp-Schroer et al.,
 * J. Chem. Phys. 143, 174101 (2015), c = -1).
 *
 * Reversible: the density of the symmetric flux v_ij is prod v_ij^(S_ij - 1) prod_i (sum_j v_ij)^(-c_i), S = C + C^T
 * (on the diagonal C_ii), up to its scale. Each factor (sum_j v_ij)^(-c_i) is an integral over one more variable u_i,
 * and of the two sets v_ij | u  ~  gamma(S_ij, rate u_i + u_j),  v_ii | u  ~  gamma(C_ii, rate u_i),     u_i | v  ~
 * gamma(c_i, rate sum_j v_ij) so that each can be drawn in one go when the other is known. Without the v, z = ln u has
 * the density exp(-f(z)) with the convex f of the maximum-likelihood estimate (reversible.h): its minimum and its
 * Hessian, a graph Laplacian, give proposals for all z at a time, which need not crawl along chains of states as moves
 * of one element do. A flux that is resolved by displacement needs nothing new: one gamma variate for each S_ij(R) =
 * C_ij(R) + C_ji(-R), which is the sum v_ij split by a Dirichlet variate.
 *
 * Row-wise: Dirichlet variates in the counts of each row. Fixed stationary distribution: the density of the flux x_ij
 * with given row sums pi_i is prod_(i<j) x_ij^(S_ij - 1) prod_i x_ii^(C_ii - 1) (exponent 0 where C_ii = 0); slice
 * sampling (Neal, Ann. Stat. 31, 705 (2003)) of one x_ij after the other. */
#ifndef LISI_POSTERIOR_H
#define LISI_POSTERIOR_H

#include "bootstrap.h"
#include "counts.h"
#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { POSTERIOR_REVERSIBLE, POSTERIOR_ROW, POSTERIOR_FIXED_PI } posterior_kind;

typedef struct posterior posterior;

/* One element of a drawn matrix. Reversible kinds: the flux of (i, j, R), which is that of (j, i, -R) as well; only one
 * of the two is listed. Row: P_ij(R). */
typedef struct {
  int i, j, r[3];
  double value;
} posterior_element;

/* A sampler for the states 0..n-1 of a strongly connected table of counts: entry[m] with i, j < n (part is not looked
 * at; counts of 0 are left out; fractions are fine). pi[n]: for POSTERIOR_FIXED_PI. X[n][n]: the estimate to start
 * from, its flux (not for POSTERIOR_ROW). The samples depend on `seed` and `stream` alone. Errors: LISI_ERR_NUMERIC
 * where the counts are not connected. */
LISI_MUST_CHECK lisi_status posterior_new(posterior_kind kind, int n, size_t m, const count_entry *entry,
                                          const double *X, const double *pi, uint64_t seed, uint64_t stream,
                                          posterior **sampler, lisi_error *err);
void posterior_free(posterior *sampler);

/* How many elements a draw has. */
size_t posterior_size(const posterior *sampler);
/* The next draw: element[posterior_size], and pi[n], the row sums of the flux, which sums to 1 (row: pi is left alone).
 * Fixed pi: what a row lacks stays, seen or not. */
LISI_MUST_CHECK lisi_status posterior_draw(posterior *sampler, posterior_element *element, double *pi, lisi_error *err);
/* The share of proposals for z that were taken since the sampler was tuned; 1 for kinds without proposals. */
double posterior_acceptance(const posterior *sampler);

/* Effective number of independent values in a series x[n]: n / (1 + 2 sum of autocorrelations), summed up to the first
 * pair of neighbours with a negative sum (Geyer, Stat. Sci. 7, 473 (1992)); at most n. n for a constant series. Values
 * that are not finite are left out. */
double effective_sample_size(int n, const double *x);

#ifdef __cplusplus
}
#endif
#endif
