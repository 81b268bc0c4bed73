/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bloch.h"

#include "spectrum.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int by_modulus(const void *a, const void *b) {
  const double *x = a, *y = b;
  const double mx = hypot(x[0], x[1]), my = hypot(y[0], y[1]);
  return mx > my ? -1 : mx < my;
}

lisi_status bloch_eigenvalues(const network *net, const double k[3], double *re, double *im, lisi_error *err) {
  const size_t N = (size_t)net->space.n;
  lapack_complex_double *M = calloc(N * N, sizeof *M), *w = calloc(N, sizeof *w);
  if (M == NULL || w == NULL) {
    free(M);
    free(w);
    return lisi_no_memory(err, N * N * sizeof *M);
  }
  for (size_t e = 0; e < net->n; e++) {
    const network_edge *edge = &net->edge[e];
    double d[3];
    state_space_step(&net->space, edge->i, edge->j, edge->r, d);
    const double phase = k[0] * d[0] + k[1] * d[1] + k[2] * d[2];
    M[(size_t)edge->i * N + (size_t)edge->j] += edge->p * (cos(phase) + sin(phase) * I);
  }
  const lapack_int info =
      LAPACKE_zgeev(LAPACK_COL_MAJOR, 'N', 'N', (lapack_int)N, M, (lapack_int)N, w, NULL, 1, NULL, 1);
  if (info == 0) {
    double(*sorted)[2] = (double(*)[2])w; /* complex numbers are pairs of doubles */
    qsort(sorted, N, sizeof *sorted, by_modulus);
    for (size_t i = 0; i < N; i++) {
      re[i] = sorted[i][0];
      im[i] = sorted[i][1];
    }
  }
  free(M);
  free(w);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the eigenvalues of P(k) were not found (zgeev: %d)", (int)info);
  return LISI_OK;
}

/* ln |lambda_0(k)| with lambda_0 the eigenvalue nearest to 1: for a small k the one that came from the stationary mode.
 */
static lisi_status log_leading(const network *net, const double k[3], double *value, double *re, double *im,
                               lisi_error *err) {
  const lisi_status status = bloch_eigenvalues(net, k, re, im, err);
  if (status != LISI_OK)
    return status;
  size_t best = 0;
  for (size_t i = 1; i < (size_t)net->space.n; i++) {
    if (hypot(re[i] - 1.0, im[i]) < hypot(re[best] - 1.0, im[best]))
      best = i;
  }
  *value = log(hypot(re[best], im[best]));
  return LISI_OK;
}

lisi_status bloch_diffusion(const network *net, double D[3][3], lisi_error *err) {
  memset(D, 0, 9 * sizeof(double));
  if (!net->space.geometry)
    return LISI_OK;
  const size_t N = (size_t)net->space.n;
  double *re = malloc(N * sizeof *re), *im = malloc(N * sizeof *im);
  lisi_status status = LISI_OK;
  if (re == NULL || im == NULL) {
    status = lisi_no_memory(err, N * sizeof *re);
    goto done;
  }
  double reach = 0.0; /* longest displacement sets the scale of k */
  for (size_t e = 0; e < net->n; e++) {
    double d[3];
    state_space_step(&net->space, net->edge[e].i, net->edge[e].j, net->edge[e].r, d);
    reach = fmax(reach, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  }
  if (!(reach > 0.0))
    goto done;
  /* ln |lambda_0| is even in k and 0 at 0: second derivative along u is 2 f(hu)/h^2 + O(h^2); four halvings, Richardson
   */
  for (int a = 0; a < 3; a++) {
    for (int c = a; c < 3; c++) {
      double table[4];
      double second[2] = {0.0, 0.0};
      for (int sign = 0; sign < (a == c ? 1 : 2); sign++) {
        for (int level = 0; level < 4; level++) {
          const double h = 0.1 / reach / (double)(1 << level);
          double k[3] = {0.0, 0.0, 0.0}, f;
          k[a] += h;
          if (c != a)
            k[c] += sign == 0 ? h : -h;
          status = log_leading(net, k, &f, re, im, err);
          if (status != LISI_OK)
            goto done;
          table[level] = 2.0 * f / (h * h);
        }
        for (int order = 1; order < 4; order++) {
          const double factor = pow(4.0, order);
          for (int level = 3; level >= order; level--)
            table[level] = (factor * table[level] - table[level - 1]) / (factor - 1.0);
        }
        second[sign] = table[3];
      }
      D[a][c] = D[c][a] = -(a == c ? second[0] : 0.25 * (second[0] - second[1])) / (2.0 * net->lag);
    }
  }
done:
  free(re);
  free(im);
  return status;
}

lisi_status bloch_slowest(const network *net, const int replicate[3], double *time, lisi_error *err) {
  *time = 0.0;
  if (!net->space.geometry)
    return LISI_OK;
  const size_t N = (size_t)net->space.n;
  const double(*h)[3] = net->space.cell;
  double volume = 0.0, recip[3][3];
  for (int a = 0; a < 3; a++) {
    const double *p = h[(a + 1) % 3], *q = h[(a + 2) % 3];
    for (int k = 0; k < 3; k++)
      recip[a][k] = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
    volume = h[a][0] * recip[a][0] + h[a][1] * recip[a][1] + h[a][2] * recip[a][2];
  }
  double *re = malloc(N * sizeof *re), *im = malloc(N * sizeof *im);
  lisi_status status = (re == NULL || im == NULL) ? lisi_no_memory(err, N * sizeof *re) : LISI_OK;
  for (int a = 0; a < 3 && status == LISI_OK; a++) {
    double k[3];
    for (int c = 0; c < 3; c++)
      k[c] = 2.0 * M_PI * recip[a][c] / (volume * replicate[a]);
    status = bloch_eigenvalues(net, k, re, im, err);
    const bool moves = status == LISI_OK && hypot(re[0], im[0]) < 1.0 - 1e-13;
    if (moves)
      *time = fmax(*time, spectrum_timescale(re[0], im[0], net->lag));
  }
  free(re);
  free(im);
  return status;
}
