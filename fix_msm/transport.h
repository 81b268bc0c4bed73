/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diffusion tensor, drift and mean-square displacement of a jump network (science.md, section 3). With d = R.cell + x_j
 * - x_i: b_i = sum_jR P_ij(R) d, c_j = sum_iR pi_i P_ij(R) d, v = sum_i pi_i b_i, A = sum_i pi_i sum_jR P_ij(R) d d^T,
 * Z = (I - P + 1 pi^T)^-1 - 1 pi^T, D = (1/2 tau) [A - v v^T + c^T Z b + (c^T Z b)^T];  with detailed balance D = (1/2
 * tau) [A - 2 b^T Pi Z b]. Units: Angstrom and the unit of the lag; D in A^2/ps. Without geometry everything is zero.
 */
#ifndef LISI_TRANSPORT_H
#define LISI_TRANSPORT_H

#include "network.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n;
  double lag;
  bool balanced;            /* detailed balance: the spectral form is used for the MSD */
  double A[3][3], v[3];     /* A^2, A per lag */
  double D[3][3], drift[3]; /* A^2/ps, A/ps */
  double *b, *c;            /* [n][3] */
  double *pi;               /* [n] */
  double *lambda;           /* balanced: [n] eigenvalues, largest first */
  double *gap;              /* balanced: [n] 1 - lambda, with its own relative accuracy */
  double *B;                /* balanced: [n][3] sum_i sqrt(pi_i) b_i u_k(i) */
  double *P;                /* not balanced: [n][n] */
} transport;

/* pi[n]: stationary distribution of the irreducible network. balanced: treat it as reversible (checked by the caller,
 * network_imbalance). spectrum false leaves lambda, gap, B out (faster; then no MSD in the balanced case). */
LISI_MUST_CHECK lisi_status transport_solve(const network *net, const double *pi, bool balanced, bool spectrum,
                                            transport *result, lisi_error *err);
void transport_free(transport *result);

/* <r_n r_n^T> after n >= 0 lags (A^2); its trace is the MSD. Drift is included. Exact at every n; without detailed
 * balance O(n) until the correlations have died out. */
void transport_msd(const transport *result, double n, double tensor[3][3]);
double transport_msd_trace(const transport *result, double n);
/* The trace at nn numbers of lags, rising, into msd[nn]. Without detailed balance all of them cost as much as the
 * largest, and those above TRANSPORT_MOST_STEPS are NaN. */
#define TRANSPORT_MOST_STEPS 5000
void transport_msd_traces(const transport *result, int nn, const double *n, double *msd);

/* D alone for a reversible flux X (dense graph Laplacian solve, no eigenvectors): b[n][3] and A as above, D out. */
LISI_MUST_CHECK lisi_status transport_reversible_d(int n, const double *X, const double *pi, const double *b,
                                                   const double A[3][3], double lag, double D[3][3], lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
