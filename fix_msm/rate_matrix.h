/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rate matrix K of a continuous-time Markov chain with detailed balance whose exp(K lag) is the most likely one for
 * counts at that lag (Kalbfleisch and Lawless, J. Am. Stat. Assoc. 80, 863 (1985); McGibbon and Pande, J. Chem. Phys.
 * 143, 034109 (2015)). K_ij = W_ij/pi_i with a symmetric W, which is above 0 on pairs with counts only. */
#ifndef LISI_RATE_MATRIX_H
#define LISI_RATE_MATRIX_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RATE_MAX_STATES 400

typedef struct {
  int steps;
  double log_likelihood; /* sum_ij C_ij ln [exp(K lag)]_ij */
  double certificate;    /* relative norm of its gradient, see rate_matrix_ml */
  double score;          /* sum g^2/J */
} rate_info;

/* The expectations that the gradient is made of, for a given K: how long the chain is in each state and how often it
 * jumps, given the counted pairs of ends. C[n][n] counts, W[n][n] (the diagonal is not used), pi[n] > 0 of any scale
 * (of both together). time[n] in the unit of the lag, jumps[n][n] (0 on the diagonal). Then d ln L/d ln W_ij = jumps_ij
 * + jumps_ji - W_ij (time_i/pi_i + time_j/pi_j), d ln L/d ln pi_i = time_i sum_j W_ij/pi_i - sum_j jumps_ij. P[n][n]
 * (NULL: not wanted) gets exp(K lag). */
LISI_MUST_CHECK lisi_status rate_matrix_expect(int n, const double *C, double lag, const double *W, const double *pi,
                                               double *time, double *jumps, double *P, double *log_likelihood,
                                               lisi_error *err);

/* W[n][n] (symmetric, 0 on the diagonal) and pi[n] (sum 1) of the most likely K for strongly connected counts: some
 * steps of expectation maximisation (Bladt and Soerensen, J. R. Stat. Soc. B 67, 395 (2005)), whose second half is
 * reversible_ml of the expected jumps, then L-BFGS. With g the gradient by ln W and J the expected jumps of each pair
 * it stops when sqrt(sum g^2/J / sum J) < 1e-11, or where rounding ends the descent, with sum g^2/J < 1e-6. The longer
 * the lag, the less its counts hold of fast rates, which may then be anything. info may be NULL. Errors:
 * LISI_ERR_NUMERIC when that is not reached; LISI_ERR_UNSUPPORTED above RATE_MAX_STATES. */
LISI_MUST_CHECK lisi_status rate_matrix_ml(int n, const double *C, double lag, double *W, double *pi, rate_info *info,
                                           lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
