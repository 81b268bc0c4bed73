/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spectrum.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

lisi_status spectrum_reversible(int n, const double *X, const double *pi, double *gap, double *vectors,
                                lisi_error *err) {
  const size_t N = (size_t)n;
  double *L = vectors != NULL ? vectors : malloc(N * N * sizeof *L);
  double *root = malloc(N * sizeof *root);
  if (L == NULL || root == NULL) {
    if (vectors == NULL)
      free(L);
    free(root);
    return lisi_no_memory(err, N * N * sizeof *L);
  }
  for (size_t i = 0; i < N; i++)
    root[i] = sqrt(pi[i]);
  /* I - S from the off-diagonal flux alone: 1 - P_ii would lose the digits of a rarely left state */
  for (size_t i = 0; i < N; i++) {
    double leave = 0.0;
    for (size_t j = 0; j < N; j++) {
      if (j == i)
        continue;
      leave += X[i * N + j];
      L[i * N + j] = -X[i * N + j] / (root[i] * root[j]);
    }
    L[i * N + i] = leave / pi[i];
  }
  const lapack_int info =
      LAPACKE_dsyevd(LAPACK_COL_MAJOR, vectors != NULL ? 'V' : 'N', 'U', (lapack_int)n, L, (lapack_int)n, gap);
  if (vectors == NULL)
    free(L);
  free(root);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC,
                     "the eigenvalues of the transition matrix (%d states) were not found (dsyevd: %d)", n, (int)info);
  gap[0] = 0.0;
  for (size_t k = 1; k < N; k++) {
    if (gap[k] < 0.0)
      gap[k] = 0.0; /* rounding */
  }
  return LISI_OK;
}

typedef struct {
  double re, im;
} eigenvalue;

static int by_modulus(const void *a, const void *b) {
  const eigenvalue *x = a, *y = b;
  const double mx = hypot(x->re, x->im), my = hypot(y->re, y->im);
  if (mx != my)
    return mx > my ? -1 : 1;
  if (x->re != y->re)
    return x->re > y->re ? -1 : 1;
  return x->im > y->im ? -1 : x->im < y->im;
}

lisi_status spectrum_general(int n, const double *P, double *re, double *im, lisi_error *err) {
  const size_t N = (size_t)n;
  double *work = malloc(N * N * sizeof *work);
  eigenvalue *sorted = malloc(N * sizeof *sorted);
  if (work == NULL || sorted == NULL) {
    free(work);
    free(sorted);
    return lisi_no_memory(err, N * N * sizeof *work);
  }
  /* the transpose has the same eigenvalues, so row-major goes in as it is */
  for (size_t k = 0; k < N * N; k++)
    work[k] = P[k];
  const lapack_int info =
      LAPACKE_dgeev(LAPACK_COL_MAJOR, 'N', 'N', (lapack_int)n, work, (lapack_int)n, re, im, NULL, 1, NULL, 1);
  if (info == 0) {
    for (size_t k = 0; k < N; k++)
      sorted[k] = (eigenvalue){re[k], im[k]};
    qsort(sorted, N, sizeof *sorted, by_modulus);
    /* the stationary one first, also where others share its modulus */
    size_t one = 0;
    for (size_t k = 1; k < N; k++) {
      if (hypot(sorted[k].re - 1.0, sorted[k].im) < hypot(sorted[one].re - 1.0, sorted[one].im))
        one = k;
    }
    const eigenvalue first = sorted[one];
    for (; one > 0; one--)
      sorted[one] = sorted[one - 1];
    sorted[0] = first;
    for (size_t k = 0; k < N; k++) {
      re[k] = sorted[k].re;
      im[k] = sorted[k].im;
    }
  }
  free(work);
  free(sorted);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC,
                     "the eigenvalues of the transition matrix (%d states) were not found (dgeev: %d)", n, (int)info);
  return LISI_OK;
}

double spectrum_timescale(double re, double im, double lag) {
  const double modulus = hypot(re, im);
  if (modulus >= 1.0)
    return INFINITY;
  if (modulus <= 0.0)
    return 0.0;
  return -lag / log(modulus);
}

double spectrum_timescale_gap(double gap, double lag) {
  if (gap <= 0.0 || gap >= 2.0 - 1e-14) /* lambda = -1 comes with rounding */
    return INFINITY;
  if (gap == 1.0)
    return 0.0;
  if (gap < 1.0)
    return -lag / log1p(-gap);
  return -lag / log(gap - 1.0);
}
