/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCCA+: fuzzy metastable sets from the slow eigenvectors of a reversible chain (Deuflhard and Weber, Linear Algebra
 * Appl. 398, 161 (2005); Roeblitz and Weber, Adv. Data Anal. Classif. 7, 147 (2013)). Memberships chi = psi A, psi the
 * m leading right eigenvectors, rows of chi non-negative and of sum 1; A starts from the states that span the largest
 * simplex and is then varied (Nelder and Mead 1965) for the largest crispness sum_kl A_lk^2/A_0k. */
#ifndef LISI_PCCA_H
#define LISI_PCCA_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n, m;
  double *chi;    /* [n][m] memberships */
  int *set;       /* [n] the set of largest membership */
  double *weight; /* [m] sum_i pi_i chi_ik */
  double *P;      /* [m][m] coarse transition matrix (chi^T Pi chi)^-1 chi^T Pi P chi: its eigenvalues are the m leading
                     ones of the chain; elements may be slightly negative */
  double crispness; /* 1 for sets that do not overlap */
} pcca;

/* X[n][n] symmetric flux with row sums pi (an estimate under detailed balance). 2 <= m <= min(n, PCCA_MOST_SETS).
 * Errors: LISI_ERR_INPUT for another m; LISI_ERR_UNSUPPORTED
 * when eigenvalue m is not positive: such a mode oscillates and is not a metastable set; LISI_ERR_NUMERIC when the
 * modes do not make m different sets. Sets are numbered by falling weight. */
#define PCCA_MOST_SETS 12
LISI_MUST_CHECK lisi_status pcca_sets(int n, const double *X, const double *pi, int m, pcca *result, lisi_error *err);
void pcca_free(pcca *result);

/* How many sets the spectrum suggests: the m in 2..most, below n, with the largest ratio of successive time scales
 * t_(m-1)/t_m, the latter no shorter than a lag; gap[n] = 1 - lambda, rising. 1 where no such ratio is above 1. */
int pcca_suggest(int n, const double *gap, int most);
/* That many sets, or fewer where the modes do not make as many; result->m = 0 where there are none. */
LISI_MUST_CHECK lisi_status pcca_natural(int n, const double *X, const double *pi, const double *gap, int most,
                                         pcca *result, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
