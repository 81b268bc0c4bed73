/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow modes of a sparse flux, by ARPACK. */
#include "sparse_flux.h"

#include "one_thread.h"
#include "spectrum.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ARPACK's Fortran interface, with the lengths of its strings at the end; its C header is not in every package. */
void dsaupd_(int *ido, const char *bmat, const int *n, const char *which, const int *nev, const double *tol,
             double *resid, const int *ncv, double *v, const int *ldv, int *iparam, int *ipntr, double *workd,
             double *workl, const int *lworkl, int *info, size_t, size_t);
void dseupd_(const int *rvec, const char *howmny, int *select, double *d, double *z, const int *ldz,
             const double *sigma, const char *bmat, const int *n, const char *which, const int *nev, const double *tol,
             double *resid, const int *ncv, double *v, const int *ldv, int *iparam, int *ipntr, double *workd,
             double *workl, const int *lworkl, int *info, size_t, size_t, size_t);

#define RESTARTS 3000
#define SLACK 2 /* a few more than wanted converge better, and show equal ones at the end of the list */

typedef struct {
  const sparse_flux *f;
  const double *root; /* [n] sqrt(pi), the stationary mode of S */
  double *x, *y;      /* [n] work */
  int nout;           /* modes to stay orthogonal to */
  const double *out;  /* [nout][n] */
} context;

static double dot(int n, const double *a, const double *b) {
  double s = 0.0;
  for (int i = 0; i < n; i++)
    s += a[i] * b[i];
  return s;
}

static void take_off(int n, const double *u, double *v) {
  const double s = dot(n, u, v);
  for (int i = 0; i < n; i++)
    v[i] -= s * u[i];
}

static void orthogonal(const context *c, double *v) {
  take_off(c->f->n, c->root, v);
  for (int k = 0; k < c->nout; k++)
    take_off(c->f->n, c->out + (size_t)k * (size_t)c->f->n, v);
}

/* to = sqrt(Pi) L^-1 sqrt(Pi) from: eigenvalues 1/(1 - lambda). */
static lisi_status inverse(context *c, const double *from, double *to, lisi_error *err) {
  const int n = c->f->n;
  memcpy(to, from, (size_t)n * sizeof *to);
  orthogonal(c, to);
  for (int i = 0; i < n; i++)
    c->x[i] = c->root[i] * to[i];
  const lisi_status status = laplacian_solve(c->f->solver, c->x, 1e-13, c->y, err);
  for (int i = 0; i < n; i++)
    to[i] = c->root[i] * c->y[i];
  orthogonal(c, to);
  return status;
}

/* to = Pi^-1/2 L Pi^-1/2 from: eigenvalues 1 - lambda. */
static lisi_status forward(context *c, const double *from, double *to, lisi_error *err) {
  (void)err;
  const int n = c->f->n;
  for (int i = 0; i < n; i++)
    c->x[i] = from[i] / c->root[i];
  (void)laplacian_apply(c->f->solver, c->x, to);
  for (int i = 0; i < n; i++)
    to[i] /= c->root[i];
  orthogonal(c, to);
  return LISI_OK;
}

/* to = S from: eigenvalues lambda. */
static lisi_status plain(context *c, const double *from, double *to, lisi_error *err) {
  const lisi_status status = forward(c, from, to, err);
  for (int i = 0; i < c->f->n; i++)
    to[i] = from[i] - to[i];
  orthogonal(c, to);
  return status;
}

typedef lisi_status (*operation)(context *, const double *, double *, lisi_error *);

/* Columns of ARPACK's basis for nev modes. */
static int basis(int n, int nev) {
  return 2 * nev + 20 < n ? 2 * nev + 20 : n;
}

/* The nev largest eigenvalues of op, falling, with vectors[nev][n] (NULL: not wanted). */
static lisi_status largest(context *c, operation op, int nev, double tolerance, int restarts, double *value,
                           double *vectors, lisi_error *err) {
  const int n = c->f->n;
  const size_t N = (size_t)n;
  const int ncv = basis(n, nev), want = vectors != NULL;
  const double shift = 0.0;
  const size_t V = (size_t)ncv;
  const int lworkl = ncv * (ncv + 8);
  double *resid = malloc(N * sizeof *resid), *v = malloc(N * V * sizeof *v), *workd = malloc(3 * N * sizeof *workd),
         *workl = malloc((size_t)lworkl * sizeof *workl), *d = malloc(V * sizeof *d);
  int *select = malloc(V * sizeof *select);
  int param[11] = {0}, at[11], ido = 0, info = 1; /* info 1: resid is the start */
  param[0] = 1;
  param[2] = restarts;
  param[6] = 1;
  lisi_status status = LISI_OK;
  if (!resid || !v || !workd || !workl || !d || !select) {
    status = lisi_no_memory(err, N * V * sizeof *v);
    goto done;
  }
  /* A start without symmetry that is the same every time. */
  uint32_t seed = 12345u;
  for (size_t i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    resid[i] = (double)seed / 4294967296.0 - 0.5;
  }
  orthogonal(c, resid);
  for (;;) {
    dsaupd_(&ido, "I", &n, "LA", &nev, &tolerance, resid, &ncv, v, &n, param, at, workd, workl, &lworkl, &info, 1, 2);
    if (ido != 1 && ido != -1)
      break;
    status = op(c, workd + at[0] - 1, workd + at[1] - 1, err);
    if (status != LISI_OK)
      goto done;
  }
  if (info == 0)
    dseupd_(&want, "A", select, d, v, &n, &shift, "I", &n, "LA", &nev, &tolerance, resid, &ncv, v, &n, param, at, workd,
            workl, &lworkl, &info, 1, 1, 2);
  if (info != 0 || param[4] < nev) {
    status = lisi_fail(err, LISI_ERR_NUMERIC, "the slowest modes of %d states were not found (ARPACK: %d, %d of %d)", n,
                       info, param[4], nev);
    goto done;
  }
  for (int k = 0; k < nev; k++) { /* ARPACK's order is rising */
    value[k] = d[nev - 1 - k];
    if (vectors != NULL)
      memcpy(vectors + (size_t)k * N, v + (size_t)(nev - 1 - k) * N, N * sizeof *v);
  }
done:
  free(resid);
  free(v);
  free(workd);
  free(workl);
  free(d);
  free(select);
  return status;
}

typedef struct {
  double gap;
  int at;
} ranked;

static int by_modulus(const void *a, const void *b) {
  const double x = fabs(1.0 - ((const ranked *)a)->gap), y = fabs(1.0 - ((const ranked *)b)->gap);
  if (x != y)
    return x > y ? -1 : 1;
  return ((const ranked *)a)->gap < ((const ranked *)b)->gap ? -1 : 1;
}

/* Rayleigh quotient of u, which is made orthogonal to the stationary mode and normalised. */
static double quotient(context *c, double *u) {
  const int n = c->f->n;
  take_off(n, c->root, u);
  const double norm = sqrt(dot(n, u, u));
  for (int i = 0; i < n; i++) {
    u[i] /= norm;
    c->x[i] = u[i] / c->root[i];
  }
  const double gap = laplacian_apply(c->f->solver, c->x, c->y);
  return gap > 2.0 - 1e-12 ? 2.0 : gap; /* lambda = -1 comes with rounding */
}

/* The largest 1 - lambda is above `limit`, where a negative eigenvalue becomes slow? Only as exact as needed. */
static lisi_status negative_ones(context *c, double limit, bool *there, lisi_error *err) {
  double lowest = INFINITY, largest_gap = 0.0;
  for (int i = 0; i < c->f->n; i++)
    lowest = fmin(lowest, c->f->stay[i] / c->f->pi[i]);
  *there = false;
  if (2.0 - 2.0 * lowest <= limit) /* Gershgorin: lambda >= 2 P_ii - 1 */
    return LISI_OK;
  const lisi_status status = largest(c, forward, 1, 1e-2, RESTARTS, &largest_gap, NULL, err);
  *there = 1.02 * largest_gap > limit;
  return status;
}

/* Where nearly all modes are wanted, all are computed. */
static lisi_status dense_modes(const sparse_flux *f, int most, double *gap, double *vectors, lisi_error *err) {
  const size_t N = (size_t)f->n;
  double *X = calloc(N * N, sizeof *X), *u = malloc(N * N * sizeof *u), *all = malloc(N * sizeof *all);
  ranked *mode = malloc(N * sizeof *mode);
  lisi_status status = !X || !u || !all || !mode ? lisi_no_memory(err, N * N * sizeof *X) : LISI_OK;
  for (size_t k = 0; k < f->m && status == LISI_OK; k++) {
    const size_t i = (size_t)f->i[k], j = (size_t)f->j[k];
    X[i * N + j] = X[j * N + i] = f->x[k];
  }
  if (status == LISI_OK)
    status = spectrum_reversible(f->n, X, f->pi, all, u, err);
  for (int k = 1; k < f->n && status == LISI_OK; k++)
    mode[k - 1] = (ranked){all[k], k};
  if (status == LISI_OK)
    qsort(mode, N - 1, sizeof *mode, by_modulus);
  for (int q = 0; q < most && status == LISI_OK; q++) {
    gap[q] = mode[q].gap;
    if (vectors != NULL)
      memcpy(vectors + (size_t)q * N, u + (size_t)mode[q].at * N, N * sizeof *u);
  }
  free(X);
  free(u);
  free(all);
  free(mode);
  return status;
}

/* The nev largest lambda into u[nev][n], and all others that are as large as the first `most`: *found in all. */
static lisi_status by_operation(context *c, operation op, int restarts, int most, int nev, double *value, double *u,
                                int *found, lisi_error *err) {
  const size_t N = (size_t)c->f->n;
  int k = nev;
  c->nout = 0;
  lisi_status status = largest(c, op, nev, 1e-13, restarts, value, u, err);
  /* Equal ones can be missed: without those found, is there another? */
  const double least = status == LISI_OK ? value[most - 1] : 0.0;
  const double above = op == plain ? 1e-9 * (1.0 - least) : 1e-9 * least;
  for (int round = 0; status == LISI_OK && k < c->f->n - 1 && round < most; round++) {
    c->nout = k;
    c->out = u;
    double next = 0.0;
    status = largest(c, op, 1, 1e-10, restarts, &next, u + (size_t)k * N, err);
    if (status != LISI_OK || next <= least + above)
      break;
    k++;
  }
  c->nout = 0;
  *found = k;
  return status;
}

/* On P itself a step is cheap, but slow modes that are close to each other take many of them; on the inverse few steps
 * do, and each reads the factor of the Laplacian. P is tried for as long as the inverse would take. */
static lisi_status slow_positive(context *c, int most, int nev, double *value, double *u, int *found, lisi_error *err) {
  const int n = c->f->n, columns = basis(n, nev);
  const double by_inverse = 4.0 * laplacian_fill(c->f->solver) * 4.0 * columns,
               step = 2.0 * (double)c->f->m + 2.0 * n * columns, restarts = by_inverse / 4.0 / (step * (columns - nev));
  if (restarts >= 2.0) {
    lisi_error local = {0};
    const lisi_status status =
        by_operation(c, plain, (int)fmin(restarts, RESTARTS), most, nev, value, u, found, &local);
    if (status == LISI_OK)
      return status;
    if (status != LISI_ERR_NUMERIC)
      return lisi_fail(err, status, "%s", local.message);
  }
  return by_operation(c, inverse, RESTARTS, most, nev, value, u, found, err);
}

static lisi_status slow_modes(const sparse_flux *f, int wanted, int *found, double *gap, double *vectors,
                              lisi_error *err) {
  const int n = f->n, most = n - 1 < wanted ? n - 1 : wanted;
  const size_t N = (size_t)n;
  *found = 0;
  if (most < 1)
    return LISI_OK;
  if (n < 4 * wanted + 50) {
    *found = most;
    return dense_modes(f, most, gap, vectors, err);
  }
  const int room = 3 * wanted + 2 * SLACK, nev = most + SLACK;
  double *root = malloc(3 * N * sizeof *root), *u = malloc((size_t)room * N * sizeof *u),
         *value = malloc((size_t)room * sizeof *value);
  ranked *mode = malloc((size_t)room * sizeof *mode);
  lisi_status status = LISI_OK;
  if (!root || !u || !value || !mode) {
    status = lisi_no_memory(err, (size_t)room * N * sizeof *u);
    goto done;
  }
  for (size_t i = 0; i < N; i++)
    root[i] = sqrt(f->pi[i]);
  context c = {f, root, root + N, root + 2 * N, 0, NULL};
  int k = 0;
  status = slow_positive(&c, most, nev, value, u, &k, err);
  c.nout = 0;
  for (int q = 0; q < k && status == LISI_OK; q++)
    mode[q] = (ranked){quotient(&c, u + (size_t)q * N), q};
  if (status != LISI_OK)
    goto done;
  qsort(mode, (size_t)k, sizeof *mode, by_modulus);
  const double limit = 1.0 + fabs(1.0 - mode[most - 1].gap);
  bool there;
  c.nout = k;
  c.out = u;
  status = negative_ones(&c, limit, &there, err);
  if (status == LISI_OK && there) {
    const int before = k;
    status = largest(&c, forward, most, 1e-12, RESTARTS, value, u + (size_t)before * N, err);
    for (int q = before; q < before + most && status == LISI_OK; q++) {
      const double g = quotient(&c, u + (size_t)q * N);
      if (g > 1.0)
        mode[k++] = (ranked){g, q};
    }
    qsort(mode, (size_t)k, sizeof *mode, by_modulus);
  }
  for (int q = 0; q < most && status == LISI_OK; q++) {
    gap[q] = mode[q].gap;
    if (vectors != NULL)
      memcpy(vectors + (size_t)q * N, u + (size_t)mode[q].at * N, N * sizeof *u);
  }
  *found = status == LISI_OK ? most : 0;
done:
  free(root);
  free(u);
  free(value);
  free(mode);
  return status;
}

lisi_status sparse_flux_modes(const sparse_flux *f, int wanted, int *found, double *gap, double *vectors,
                              lisi_error *err) {
  const int threads = one_thread_begin();
  const lisi_status status = slow_modes(f, wanted, found, gap, vectors, err);
  one_thread_end(threads);
  return status;
}
