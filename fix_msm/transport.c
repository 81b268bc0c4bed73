/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "transport.h"

#include "spectrum.h"
#include "transport_sparse.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void transport_free(transport *t) {
  free(t->b);
  free(t->c);
  free(t->pi);
  free(t->lambda);
  free(t->gap);
  free(t->B);
  free(t->P);
  memset(t, 0, sizeof *t);
}

/* b, c, v and A; pi is there. */
static void moments(const network *net, transport *t) {
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    double d[3];
    state_space_step(&net->space, e->i, e->j, e->r, d);
    const double flow = t->pi[e->i] * e->p;
    for (int a = 0; a < 3; a++) {
      t->b[3 * (size_t)e->i + (size_t)a] += e->p * d[a];
      t->c[3 * (size_t)e->j + (size_t)a] += flow * d[a];
      t->v[a] += flow * d[a];
      for (int c = 0; c < 3; c++)
        t->A[a][c] += flow * d[a] * d[c];
    }
  }
}

lisi_status transport_reversible_d(int n, const double *X, const double *pi, const double *b, const double A[3][3],
                                   double lag, double D[3][3], lisi_error *err) {
  const size_t N = (size_t)n, M = N - 1;
  for (int a = 0; a < 3; a++) {
    for (int c = 0; c < 3; c++)
      D[a][c] = A[a][c] / (2.0 * lag);
  }
  if (n < 2)
    return LISI_OK;
  /* Pi (I - P) y = Pi b with y_last = 0: any constant may be added to y, since sum pi b = 0. */
  double *L = malloc(M * M * sizeof *L), *y = malloc(3 * M * sizeof *y);
  if (L == NULL || y == NULL) {
    free(L);
    free(y);
    return lisi_no_memory(err, M * M * sizeof *L);
  }
  for (size_t i = 0; i < M; i++) {
    double leave = X[i * N + M];
    for (size_t j = 0; j < M; j++) {
      if (j == i)
        continue;
      leave += X[i * N + j];
      L[i * M + j] = -X[i * N + j];
    }
    L[i * M + i] = leave;
    for (size_t a = 0; a < 3; a++)
      y[a * M + i] = pi[i] * b[3 * i + a];
  }
  const lapack_int info = LAPACKE_dposv(LAPACK_COL_MAJOR, 'U', (lapack_int)M, 3, L, (lapack_int)M, y, (lapack_int)M);
  if (info == 0) {
    for (size_t a = 0; a < 3; a++) {
      for (size_t c = 0; c < 3; c++) {
        double s = 0.0;
        for (size_t i = 0; i < M; i++)
          s += pi[i] * (b[3 * i + a] * y[c * M + i] + b[3 * i + c] * y[a * M + i]);
        D[a][c] -= s / (2.0 * lag);
      }
    }
  }
  free(L);
  free(y);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the jump network is not connected: no diffusion tensor (dposv: %d)",
                     (int)info);
  return LISI_OK;
}

static lisi_status solve_balanced(const network *net, bool spectrum, transport *t, lisi_error *err) {
  const size_t N = (size_t)t->n;
  double *X = calloc(N * N, sizeof *X), *u = spectrum ? malloc(N * N * sizeof *u) : NULL;
  if (spectrum) {
    t->nmodes = t->n;
    t->lambda = malloc(N * sizeof(double));
    t->gap = malloc(N * sizeof(double));
    t->B = calloc(3 * N, sizeof(double));
  }
  lisi_status status = LISI_OK;
  if (X == NULL || (spectrum && (u == NULL || t->lambda == NULL || t->gap == NULL || t->B == NULL))) {
    status = lisi_no_memory(err, N * N * sizeof *X);
    goto done;
  }
  for (size_t k = 0; k < net->n; k++) {
    const size_t i = (size_t)net->edge[k].i, j = (size_t)net->edge[k].j;
    const double half = 0.5 * t->pi[i] * net->edge[k].p;
    X[i * N + j] += half;
    X[j * N + i] += half;
  }
  status = transport_reversible_d(t->n, X, t->pi, t->b, (const double(*)[3])t->A, t->lag, t->D, err);
  if (status != LISI_OK || !spectrum)
    goto done;
  status = spectrum_reversible(t->n, X, t->pi, t->gap, u, err);
  if (status != LISI_OK)
    goto done;
  for (size_t k = 0; k < N; k++) {
    t->lambda[k] = 1.0 - t->gap[k];
    if (k == 0)
      continue; /* B of the stationary mode is sum pi b = 0 */
    for (size_t i = 0; i < N; i++) {
      const double w = sqrt(t->pi[i]) * u[k * N + i];
      for (size_t a = 0; a < 3; a++)
        t->B[3 * k + a] += w * t->b[3 * i + a];
    }
  }
done:
  free(X);
  free(u);
  return status;
}

static lisi_status solve_general(const network *net, transport *t, lisi_error *err) {
  const size_t N = (size_t)t->n;
  t->P = malloc(N * N * sizeof *t->P);
  double *M = malloc(N * N * sizeof *M), *y = malloc(3 * N * sizeof *y);
  lapack_int *pivot = malloc(N * sizeof *pivot);
  lisi_status status = LISI_OK;
  if (t->P == NULL || M == NULL || y == NULL || pivot == NULL) {
    status = lisi_no_memory(err, N * N * sizeof *M);
    goto done;
  }
  network_matrix(net, t->P);
  for (size_t i = 0; i < N; i++) { /* column-major I - P + 1 pi^T */
    for (size_t j = 0; j < N; j++)
      M[j * N + i] = (i == j ? 1.0 : 0.0) - t->P[i * N + j] + t->pi[j];
    for (size_t a = 0; a < 3; a++)
      y[a * N + i] = t->b[3 * i + a];
  }
  const lapack_int info = LAPACKE_dgesv(LAPACK_COL_MAJOR, (lapack_int)N, 3, M, (lapack_int)N, pivot, y, (lapack_int)N);
  if (info != 0) {
    status = lisi_fail(err, LISI_ERR_NUMERIC, "the jump network is not connected: no diffusion tensor (dgesv: %d)",
                       (int)info);
    goto done;
  }
  for (size_t a = 0; a < 3; a++) {
    for (size_t c = 0; c < 3; c++) {
      double s = t->A[a][c] - t->v[a] * t->v[c];
      for (size_t i = 0; i < N; i++) /* Z b = y - v */
        s += t->c[3 * i + a] * (y[c * N + i] - t->v[c]) + t->c[3 * i + c] * (y[a * N + i] - t->v[a]);
      t->D[a][c] = s / (2.0 * t->lag);
    }
    t->drift[a] = t->v[a] / t->lag;
  }
done:
  free(M);
  free(y);
  free(pivot);
  return status;
}

static lisi_status begin(const network *net, const double *pi, bool balanced, transport *t, lisi_error *err) {
  memset(t, 0, sizeof *t);
  const size_t N = (size_t)net->space.n;
  t->n = net->space.n;
  t->lag = net->lag;
  t->balanced = balanced;
  t->b = calloc(3 * N, sizeof(double));
  t->c = calloc(3 * N, sizeof(double));
  t->pi = malloc(N * sizeof(double));
  if (t->b == NULL || t->c == NULL || t->pi == NULL)
    return lisi_no_memory(err, N * 7 * sizeof(double));
  memcpy(t->pi, pi, N * sizeof(double));
  moments(net, t);
  return LISI_OK;
}

lisi_status transport_solve(const network *net, const double *pi, bool balanced, bool spectrum, transport *t,
                            lisi_error *err) {
  lisi_status status = begin(net, pi, balanced, t, err);
  if (status == LISI_OK)
    status = balanced ? solve_balanced(net, spectrum, t, err) : solve_general(net, t, err);
  if (status != LISI_OK)
    transport_free(t);
  return status;
}

lisi_status transport_sparse(const network *net, const sparse_flux *flux, bool msd, int nslow, const double *slow_gap,
                             const double *slow_vectors, transport *t, lisi_error *err) {
  lisi_status status = begin(net, flux->pi, true, t, err);
  if (status == LISI_OK)
    status = transport_sparse_d(flux, t, err);
  if (status == LISI_OK && msd)
    status = transport_sparse_modes(flux, nslow, slow_gap, slow_vectors, t, err);
  if (status != LISI_OK)
    transport_free(t);
  return status;
}

/* sum_{m=1}^{n-1} (n-m) (1-gap)^{m-1} = n/gap - (1 - (1-gap)^n)/gap^2, without cancellation for small gaps. */
static double correlation_weight(double n, double gap) {
  if (n * gap > 0.1)
    return n / gap - (1.0 - pow(1.0 - gap, n)) / (gap * gap);
  double term = 0.5 * n * (n - 1.0), sum = 0.0;
  for (int k = 2; k < 30; k++) {
    sum += term;
    term *= -gap * (n - k) / (k + 1.0);
    if (fabs(term) <= 1e-18 * fabs(sum))
      break;
  }
  return sum;
}

static void msd_balanced(const transport *t, double n, double tensor[3][3]) {
  for (int a = 0; a < 3; a++) {
    for (int c = 0; c < 3; c++)
      tensor[a][c] = n * t->A[a][c];
  }
  for (size_t k = 1; k < (size_t)t->nmodes; k++) {
    const double w = 2.0 * correlation_weight(n, t->gap[k]);
    for (size_t a = 0; a < 3; a++) {
      for (size_t c = 0; c < 3; c++)
        tensor[a][c] -= w * t->B[3 * k + a] * t->B[3 * k + c];
    }
  }
}

/* F = sum of P^m b and G = sum of (k - m) P^m b over m = 0..k-1, by the binary digits of k: chains that never settle
 * (periodic ones) would take k steps otherwise. F, G [n][3]; false: no memory. */
static bool power_sums(const transport *t, double k, double *F, double *G) {
  const size_t N = (size_t)t->n;
  const int n = t->n;
  double *power = malloc(N * N * sizeof *power), *square = malloc(N * N * sizeof *square),
         *x = malloc(3 * N * sizeof *x);
  const bool good = power && square && x;
  memset(F, 0, 3 * N * sizeof *F);
  memset(G, 0, 3 * N * sizeof *G);
  for (size_t i = 0; good && i < N * N; i++)
    power[i] = i % (N + 1) == 0 ? 1.0 : 0.0;
  double have = 0.0; /* how many terms F and G hold, and the power of P */
  for (int bit = 52; good && bit >= 0; bit--) {
    const double digit = ldexp(1.0, bit);
    if (have > 0.0) { /* twice as many terms */
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, 3, n, 1, power, n, G, 3, 0, x, 3);
      for (size_t i = 0; i < 3 * N; i++)
        G[i] += have * F[i] + x[i];
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, 3, n, 1, power, n, F, 3, 0, x, 3);
      for (size_t i = 0; i < 3 * N; i++)
        F[i] += x[i];
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, power, n, power, n, 0, square, n);
      memcpy(power, square, N * N * sizeof *power);
      have *= 2.0;
    }
    if (fmod(floor(k / digit), 2.0) == 1.0) { /* one more */
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, 3, n, 1, power, n, t->b, 3, 0, x, 3);
      for (size_t i = 0; i < 3 * N; i++) {
        F[i] += x[i];
        G[i] += F[i];
      }
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, t->P, n, power, n, 0, square, n);
      memcpy(power, square, N * N * sizeof *power);
      have += 1.0;
    }
  }
  free(power);
  free(square);
  free(x);
  return good;
}

static void msd_general(const transport *t, double n, double tensor[3][3]) {
  const size_t N = (size_t)t->n;
  double *y = malloc(3 * N * sizeof *y), *next = malloc(3 * N * sizeof *next);
  for (int a = 0; a < 3; a++) {
    for (int c = 0; c < 3; c++)
      tensor[a][c] = (y != NULL && next != NULL) ? n * t->A[a][c] : NAN;
  }
  if (y == NULL || next == NULL)
    goto done;
  memcpy(y, t->b, 3 * N * sizeof *y);
  double scale = 0.0;
  for (size_t k = 0; k < 3 * N; k++)
    scale = fmax(scale, fabs(y[k]));
  for (double m = 1.0; m < n; m += 1.0) {
    double spread = 0.0;
    if (m > TRANSPORT_MOST_STEPS) {
      const double k = ceil(n) - 1.0, more = n - k - 1.0;
      const bool good = power_sums(t, k, y, next);
      for (size_t a = 0; a < 3; a++) {
        for (size_t c = 0; c < 3; c++) {
          double s = 0.0;
          for (size_t i = 0; i < N; i++)
            s += t->c[3 * i + a] * (next[3 * i + c] + more * y[3 * i + c]) +
                 t->c[3 * i + c] * (next[3 * i + a] + more * y[3 * i + a]);
          tensor[a][c] = good ? n * t->A[a][c] + s : NAN;
        }
      }
      break;
    }
    for (size_t i = 0; i < N; i++) {
      for (size_t a = 0; a < 3; a++)
        spread = fmax(spread, fabs(y[3 * i + a] - t->v[a]));
    }
    if (spread <= 1e-16 * scale) { /* P^(m-1) b is the drift from here on */
      const double left = (n - m) * (n - m + 1.0);
      for (int a = 0; a < 3; a++) {
        for (int c = 0; c < 3; c++)
          tensor[a][c] += left * t->v[a] * t->v[c];
      }
      break;
    }
    for (size_t a = 0; a < 3; a++) {
      for (size_t c = 0; c < 3; c++) {
        double s = 0.0;
        for (size_t i = 0; i < N; i++)
          s += t->c[3 * i + a] * y[3 * i + c] + t->c[3 * i + c] * y[3 * i + a];
        tensor[a][c] += (n - m) * s;
      }
    }
    for (size_t i = 0; i < N; i++) {
      double s[3] = {0.0, 0.0, 0.0};
      for (size_t j = 0; j < N; j++) {
        const double p = t->P[i * N + j];
        for (size_t a = 0; a < 3; a++)
          s[a] += p * y[3 * j + a];
      }
      for (size_t a = 0; a < 3; a++)
        next[3 * i + a] = s[a];
    }
    double *swap = y;
    y = next;
    next = swap;
  }
done:
  free(y);
  free(next);
}

void transport_msd(const transport *t, double n, double tensor[3][3]) {
  memset(tensor, 0, 9 * sizeof(double));
  if (!(n > 0.0))
    return;
  if (t->balanced)
    msd_balanced(t, n, tensor);
  else
    msd_general(t, n, tensor);
}

double transport_msd_trace(const transport *t, double n) {
  double tensor[3][3];
  transport_msd(t, n, tensor);
  return tensor[0][0] + tensor[1][1] + tensor[2][2];
}

/* sum_{m<n} (n - m) k_m = n sum k_m - sum m k_m, both sums going on from one n to the next. */
static void traces_general(const transport *t, int nn, const double *n, double *msd) {
  const size_t N = (size_t)t->n;
  double *y = malloc(3 * N * sizeof *y), *next = malloc(3 * N * sizeof *next);
  if (y != NULL && next != NULL)
    memcpy(y, t->b, 3 * N * sizeof *y);
  const double A = t->A[0][0] + t->A[1][1] + t->A[2][2];
  double m = 1.0, sum = 0.0, first_moment = 0.0;
  for (int k = 0; k < nn; k++) {
    if (y == NULL || next == NULL || n[k] > TRANSPORT_MOST_STEPS) {
      msd[k] = NAN;
      continue;
    }
    for (; m < n[k]; m += 1.0) {
      double term = 0.0;
      for (size_t i = 0; i < 3 * N; i++)
        term += 2.0 * t->c[i] * y[i];
      sum += term;
      first_moment += m * term;
      for (size_t i = 0; i < N; i++) {
        double s[3] = {0.0, 0.0, 0.0};
        for (size_t j = 0; j < N; j++) {
          const double p = t->P[i * N + j];
          for (size_t a = 0; a < 3; a++)
            s[a] += p * y[3 * j + a];
        }
        memcpy(next + 3 * i, s, sizeof s);
      }
      double *swap = y;
      y = next;
      next = swap;
    }
    msd[k] = n[k] * A + n[k] * sum - first_moment;
  }
  free(y);
  free(next);
}

void transport_msd_traces(const transport *t, int nn, const double *n, double *msd) {
  if (!t->balanced) {
    traces_general(t, nn, n, msd);
    return;
  }
  for (int k = 0; k < nn; k++)
    msd[k] = transport_msd_trace(t, n[k]);
}
