/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reversible.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE 1e-12
#define MAX_NEWTON 1000

/* Antisymmetric net flows F_ij = (C_ji q_i - C_ij q_j)/(q_i + q_j), summed by row: the gradient. Each pair is evaluated
 * once and added with both signs, so that the sum over any group of states sees only what crosses its border: this is
 * what makes the weights of metastable blocks come out right although their inner counts are many orders larger. */
static double gradient(int n, const double *C, const double *q, const double *off, double *g) {
  const size_t N = (size_t)n;
  memset(g, 0, N * sizeof *g);
  for (size_t i = 0; i < N; i++) {
    for (size_t j = i + 1; j < N; j++) {
      const double up = C[i * N + j], down = C[j * N + i];
      if (up + down <= 0.0)
        continue;
      const double s = 1.0 / (q[i] + q[j]);
      const double f = down * (q[i] * s) - up * (q[j] * s);
      g[i] += f;
      g[j] -= f;
    }
  }
  double worst = 0.0;
  for (size_t i = 0; i < N; i++)
    worst = fmax(worst, fabs(g[i]) / off[i]);
  return worst;
}

/* Newton direction: H step = -g with step[last] = 0, H the Laplacian of the weights S_ij q_i q_j/(q_i+q_j)^2. */
static lapack_int newton_step(int n, const double *C, const double *q, const double *g, double *H, double *step) {
  const size_t N = (size_t)n, M = N - 1;
  memset(H, 0, M * M * sizeof *H);
  for (size_t i = 0; i < N; i++) {
    for (size_t j = i + 1; j < N; j++) {
      const double S = C[i * N + j] + C[j * N + i];
      if (S <= 0.0)
        continue;
      const double s = 1.0 / (q[i] + q[j]);
      const double w = S * (q[i] * s) * (q[j] * s);
      if (i < M)
        H[i * M + i] += w;
      if (j < M) {
        H[j * M + j] += w;
        H[j * M + i] = -w; /* column j, row i < j: upper triangle */
      }
    }
  }
  for (size_t i = 0; i < M; i++)
    step[i] = -g[i];
  step[M] = 0.0;
  return LAPACKE_dposv(LAPACK_COL_MAJOR, 'U', (lapack_int)M, 1, H, (lapack_int)M, step, (lapack_int)M);
}

lisi_status reversible_ml(int n, const double *C, double *X, reversible_info *info, lisi_error *err) {
  const size_t N = (size_t)n;
  reversible_info local = {0, 0.0};
  if (info == NULL)
    info = &local;
  *info = local;
  double *z = malloc(N * sizeof *z), *q = calloc(N, sizeof *q), *g = calloc(N, sizeof *g),
         *step = malloc(N * sizeof *step);
  double *off = calloc(N, sizeof *off), *H = n > 1 ? malloc((N - 1) * (N - 1) * sizeof *H) : NULL;
  lisi_status status = LISI_OK;
  if (z == NULL || q == NULL || g == NULL || step == NULL || off == NULL || (n > 1 && H == NULL)) {
    status = lisi_no_memory(err, N * N * sizeof *H);
    goto done;
  }
  if (n == 1) {
    X[0] = 1.0;
    goto done;
  }
  for (size_t i = 0; i < N; i++) {
    double in = 0.0;
    for (size_t j = 0; j < N; j++) {
      if (j == i)
        continue;
      off[i] += C[i * N + j];
      in += C[j * N + i];
    }
    if (!(off[i] > 0.0) || !(in > 0.0)) {
      status = lisi_fail(err, LISI_ERR_NUMERIC, "reversible estimate: state %zu is not connected both ways", i + 1);
      goto done;
    }
    /* start: x_i = the mean of what leaves and what arrives */
    z[i] = log((off[i] + C[i * N + i]) / (0.5 * (off[i] + in) + C[i * N + i]));
  }
  for (int k = 0;; k++) {
    for (size_t i = 0; i < N; i++)
      q[i] = exp(z[i]);
    info->certificate = gradient(n, C, q, off, g);
    info->steps = k;
    if (k >= MAX_NEWTON)
      break;
    if (newton_step(n, C, q, g, H, step) != 0)
      break;
    double lo = 0.0, hi = 0.0;
    for (size_t i = 0; i < N; i++) {
      lo = fmin(lo, step[i]);
      hi = fmax(hi, step[i]);
    }
    const double size = hi - lo; /* along the step |f'''| <= size f'', so log(1+size)/size of it always goes down */
    if (!isfinite(size))
      break;
    const double damping = size > 1e-8 ? log1p(size) / size : 1.0;
    for (size_t i = 0; i < N; i++)
      z[i] += damping * step[i];
    double mean = 0.0;
    for (size_t i = 0; i < N; i++)
      mean += z[i] / n;
    for (size_t i = 0; i < N; i++)
      z[i] -= mean;
    if (size < 1e-9) { /* quadratic: after this step the error is of the order of rounding */
      for (size_t i = 0; i < N; i++)
        q[i] = exp(z[i]);
      info->certificate = gradient(n, C, q, off, g);
      info->steps = k + 1;
      break;
    }
  }
  if (!(info->certificate < CERTIFICATE)) {
    status = lisi_fail(err, LISI_ERR_NUMERIC,
                       "reversible estimate: after %d steps the relative gradient is %.2g, not below %.0e", info->steps,
                       info->certificate, CERTIFICATE);
    goto done;
  }
  double total = 0.0;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      X[i * N + j] = (C[i * N + j] + C[j * N + i]) / (q[i] + q[j]);
      total += X[i * N + j];
    }
  }
  for (size_t k = 0; k < N * N; k++)
    X[k] /= total;
done:
  free(z);
  free(q);
  free(g);
  free(step);
  free(off);
  free(H);
  return status;
}

lisi_status reversible_fixed_pi(int n, const double *C, const double *pi_in, double *X, reversible_info *info,
                                lisi_error *err) {
  const size_t N = (size_t)n;
  const int most = 1000000;
  reversible_info local = {0, 0.0};
  if (info == NULL)
    info = &local;
  *info = local;
  double *pi = malloc(N * sizeof *pi), *l = malloc(N * sizeof *l), *next = malloc(N * sizeof *next);
  lisi_status status = LISI_OK;
  if (pi == NULL || l == NULL || next == NULL) {
    status = lisi_no_memory(err, 3 * N * sizeof *pi);
    goto done;
  }
  double norm = 0.0;
  for (size_t i = 0; i < N; i++) {
    if (!(pi_in[i] > 0.0) || !isfinite(pi_in[i])) {
      status =
          lisi_fail(err, LISI_ERR_INPUT,
                    "the given stationary distribution must be above 0 on every kept state; entry %zu of them is %g",
                    i + 1, pi_in[i]);
      goto done;
    }
    norm += pi_in[i];
  }
  for (size_t i = 0; i < N; i++) {
    pi[i] = pi_in[i] / norm;
    l[i] = 0.0;
    for (size_t j = 0; j < N; j++)
      l[i] += 0.5 * (C[i * N + j] + C[j * N + i]);
  }
  double change = INFINITY;
  for (int k = 0; k < most && change > 1e-14; k++) {
    change = 0.0;
    for (size_t i = 0; i < N; i++) {
      double s = 0.0;
      for (size_t j = 0; j < N; j++) {
        const double S = C[i * N + j] + C[j * N + i];
        if (S > 0.0)
          s += S * l[i] * pi[j] / (l[i] * pi[j] + l[j] * pi[i]);
      }
      next[i] = fmax(s, 1e-300);
    }
    double top = 0.0;
    for (size_t i = 0; i < N; i++)
      top = fmax(top, next[i]);
    for (size_t i = 0; i < N; i++) {
      change = fmax(change, fabs(next[i] - l[i]) / fmax(l[i], 1e-10 * top));
      l[i] = next[i];
    }
    info->steps = k + 1;
  }
  info->certificate = change;
  if (!(change < 1e-9)) {
    status = lisi_fail(
        err, LISI_ERR_NUMERIC,
        "the estimate with given stationary distribution did not converge (relative change %.2g after %d iterations)",
        change, info->steps);
    goto done;
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t j = i + 1; j < N; j++) {
      const double S = C[i * N + j] + C[j * N + i];
      X[i * N + j] = X[j * N + i] = S > 0.0 ? S * pi[i] * pi[j] / (l[i] * pi[j] + l[j] * pi[i]) : 0.0;
    }
  }
  for (size_t i = 0; i < N; i++) {
    double leave = 0.0;
    for (size_t j = 0; j < N; j++) {
      if (j != i)
        leave += X[i * N + j];
    }
    if (leave > pi[i] * (1.0 + 1e-6)) {
      status = lisi_fail(err, LISI_ERR_NUMERIC,
                         "the estimate with given stationary distribution did not converge (row %zu)", i + 1);
      goto done;
    }
    X[i * N + i] = fmax(pi[i] - leave, 0.0);
  }
done:
  free(pi);
  free(l);
  free(next);
  return status;
}

lisi_status stationary_distribution(int n, const double *P, double *pi, lisi_error *err) {
  const size_t N = (size_t)n;
  double *Q = malloc(N * N * sizeof *Q);
  if (Q == NULL)
    return lisi_no_memory(err, N * N * sizeof *Q);
  memcpy(Q, P, N * N * sizeof *Q);
  for (size_t k = N - 1; k > 0; k--) { /* censor state k */
    double s = 0.0;
    for (size_t j = 0; j < k; j++)
      s += Q[k * N + j];
    if (!(s > 0.0)) {
      free(Q);
      return lisi_fail(err, LISI_ERR_NUMERIC,
                       "the transition matrix has more than one closed set: no unique stationary distribution");
    }
    for (size_t i = 0; i < k; i++) {
      const double f = Q[i * N + k] /= s;
      if (f == 0.0)
        continue;
      for (size_t j = 0; j < k; j++)
        Q[i * N + j] += f * Q[k * N + j];
    }
  }
  double total = pi[0] = 1.0;
  for (size_t k = 1; k < N; k++) {
    pi[k] = 0.0;
    for (size_t i = 0; i < k; i++)
      pi[k] += pi[i] * Q[i * N + k];
    total += pi[k];
  }
  for (size_t k = 0; k < N; k++)
    pi[k] /= total;
  free(Q);
  return LISI_OK;
}
