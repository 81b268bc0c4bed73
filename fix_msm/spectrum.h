/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Eigenvalues and relaxation times of transition matrices. */
#ifndef LISI_SPECTRUM_H
#define LISI_SPECTRUM_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reversible: X[n][n] symmetric flux, pi its row sums. Eigenvalues of I - P, smallest first, into gap[n] (gap[0] = 0);
 * vectors (NULL: not wanted) [n][n]: row k is u_k, orthonormal eigenvector of S = Pi^1/2 P Pi^-1/2. Off-diagonal
 * elements alone are used (LAPACK dsyevd). */
LISI_MUST_CHECK lisi_status spectrum_reversible(int n, const double *X, const double *pi, double *gap, double *vectors,
                                                lisi_error *err);
/* Any P[n][n]: eigenvalues by falling modulus, the one nearest to 1 first, into re[n], im[n] (dgeev). */
LISI_MUST_CHECK lisi_status spectrum_general(int n, const double *P, double *re, double *im, lisi_error *err);
/* t = -lag / ln |lambda|; infinity for |lambda| >= 1, 0 for 0. The second form takes gap = 1 - lambda and loses nothing
 * for small gaps. */
double spectrum_timescale(double re, double im, double lag);
double spectrum_timescale_gap(double gap, double lag);

#ifdef __cplusplus
}
#endif
#endif
