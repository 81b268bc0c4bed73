/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published procedure (arXiv 2511.20863), to be repeated beside ours: every site a state, rows never visited are
 * the identity, sliding counts divided by row sums, MSD(n) = (1/N) sum_ij d_ij^2 [T^n]_ij with minimum-image d, D as a
 * fitted slope before saturation. */
#ifndef LISI_PLAIN_H
#define LISI_PLAIN_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* T[n][n] from unfolded counts. */
void plain_matrix(const count_table *total, double *T);
/* d2[n][n]: squared minimum-image distances (lattice-reduced cell). */
LISI_MUST_CHECK lisi_status plain_distances(const state_space *space, double *d2, lisi_error *err);
/* msd[k] at n[k] lags (rising, >= 0). */
LISI_MUST_CHECK lisi_status plain_msd(int nstates, const double *T, const double *d2, int count, const long long *n,
                                      double *msd, lisi_error *err);
/* Isotropic D (A^2/ps): slope/6 of MSD(n) over n = 1.. while it is under half of its saturation value (mean d2); 0
 * where there are not two points. */
LISI_MUST_CHECK lisi_status plain_slope(int nstates, const double *T, const double *d2, double lag, double *D,
                                        lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
