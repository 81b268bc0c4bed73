/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diffusion tensor, drift and mean-square displacement of a jump network (science.md, section 3). With d = R.cell + x_j
 * - x_i: b_i = sum_jR P_ij(R) d, c_j = sum_iR pi_i P_ij(R) d, v = sum_i pi_i b_i, A = sum_i pi_i sum_jR P_ij(R) d d^T,
 * Z = (I - P + 1 pi^T)^-1 - 1 pi^T, D = (1/2 tau) [A - v v^T + c^T Z b + (c^T Z b)^T];  with detailed balance D = (1/2
 * tau) [A - 2 b^T Pi Z b]. Units: Angstrom and the unit of the lag; D in A^2/ps. Without geometry everything is zero.
 */
#ifndef LISI_TRANSPORT_H
#define LISI_TRANSPORT_H

#include "network.h"
#include "sparse_flux.h"

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
  int nmodes;               /* balanced: n; 0 without the spectrum */
  double *lambda;           /* balanced: [nmodes] eigenvalues, largest first */
  double *gap;              /* balanced: [nmodes] 1 - lambda, with its own relative accuracy */
  double *B;                /* balanced: [nmodes][3] sum_i sqrt(pi_i) b_i u_k(i) */
  double *P;                /* not balanced: [n][n] */
} transport;

/* pi[n]: stationary distribution of the irreducible network. balanced: treat it as reversible (checked by the caller,
 * network_imbalance). spectrum false leaves lambda, gap, B out (faster; then no MSD in the balanced case). */
LISI_MUST_CHECK lisi_status transport_solve(const network *net, const double *pi, bool balanced, bool spectrum,
                                            transport *result, lisi_error *err);
void transport_free(transport *result);

/* <r_n r_n^T> after n >= 0 lags (A^2); its trace is the MSD. Drift is included. Exact at every n; without detailed
 * balance O(n) until the correlations have died out; where they have not after TRANSPORT_MOST_STEPS, as in periodic
 * chains, matrix products, O(log n) of them, finish it (NaN: no memory for them). */
void transport_msd(const transport *result, double n, double tensor[3][3]);
double transport_msd_trace(const transport *result, double n);
/* The trace at nn numbers of lags, rising, into msd[nn]. Without detailed balance all of them cost as much as the
 * largest, and those above TRANSPORT_MOST_STEPS are NaN. */
#define TRANSPORT_MOST_STEPS 5000
void transport_msd_traces(const transport *result, int nn, const double *n, double *msd);

/* D alone for a reversible flux X (dense graph Laplacian solve, no eigenvectors): b[n][3] and A as above, D out. */
LISI_MUST_CHECK lisi_status transport_reversible_d(int n, const double *X, const double *pi, const double *b,
                                                   const double A[3][3], double lag, double D[3][3], lisi_error *err);

/* For many states: pi and the flux of the network come with `flux`. D by conjugate gradients. msd: lambda, gap and B
 * (what the MSD needs) are those of a block Lanczos run that starts from b, fewer than n: Gauss quadrature (Golub and
 * Meurant, Matrices, Moments and Quadrature, 2010), exact for the first lags and for D up to 1e-10, and not the
 * eigenvalues. The slowest modes are given (nslow of them, gap and vectors as from sparse_flux_modes) and kept. */
LISI_MUST_CHECK lisi_status transport_sparse(const network *net, const sparse_flux *flux, bool msd, int nslow,
                                             const double *slow_gap, const double *slow_vectors, transport *result,
                                             lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
