/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "laplacian.h"

#include "one_thread.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <suitesparse/cholmod.h>

#define MOST_ITERATIONS 1000 /* with a factor of these very weights one or two do */
#define SLOW 10.0 /* a solution reads the whole factor for each operation, a factorisation works in the cache */

struct laplacian {
  int n, ground; /* ground: the node whose row is left out of the factor; -1 before the first factor */
  size_t m;
  int *i, *j;
  double *w;
  double *r, *z, *p, *Ap; /* [n] work of the iteration */
  cholmod_common common;
  cholmod_sparse *matrix; /* lower triangle without the ground */
  cholmod_factor *factor;
  cholmod_dense *rhs, *x, *Y, *E;
  bool stale;   /* the factor is of other weights */
  double spent; /* floating-point operations of iterations since the factor became stale */
};

lisi_status laplacian_new(int n, size_t m, const int *i, const int *j, laplacian **out, lisi_error *err) {
  const size_t N = (size_t)n;
  laplacian *l = *out = calloc(1, sizeof *l);
  if (l == NULL)
    return lisi_no_memory(err, sizeof *l);
  cholmod_start(&l->common);
  l->common.print = 0;
  l->common.nmethods = 1; /* one ordering: the same result every time */
  l->common.method[0].ordering = CHOLMOD_AMD;
  l->n = n;
  l->m = m;
  l->ground = -1;
  l->i = malloc((m + 1) * sizeof *l->i);
  l->j = malloc((m + 1) * sizeof *l->j);
  l->w = calloc(m + 1, sizeof *l->w);
  l->r = malloc(4 * N * sizeof *l->r);
  if (!l->i || !l->j || !l->w || !l->r) {
    laplacian_free(l);
    *out = NULL;
    return lisi_no_memory(err, (m + N) * 4 * sizeof(double));
  }
  l->z = l->r + N;
  l->p = l->z + N;
  l->Ap = l->p + N;
  memcpy(l->i, i, m * sizeof *i);
  memcpy(l->j, j, m * sizeof *j);
  return LISI_OK;
}

void laplacian_free(laplacian *l) {
  if (l == NULL)
    return;
  cholmod_free_sparse(&l->matrix, &l->common);
  cholmod_free_factor(&l->factor, &l->common);
  cholmod_free_dense(&l->rhs, &l->common);
  cholmod_free_dense(&l->x, &l->common);
  cholmod_free_dense(&l->Y, &l->common);
  cholmod_free_dense(&l->E, &l->common);
  cholmod_finish(&l->common);
  free(l->i);
  free(l->j);
  free(l->w);
  free(l->r);
  free(l);
}

void laplacian_weights(laplacian *l, const double *w) {
  memcpy(l->w, w, l->m * sizeof *w);
  l->stale = true;
  l->spent = 0.0;
}

double laplacian_apply(const laplacian *l, const double *x, double *y) {
  double energy = 0.0;
  memset(y, 0, (size_t)l->n * sizeof *y);
  for (size_t k = 0; k < l->m; k++) {
    const double d = x[l->i[k]] - x[l->j[k]], f = l->w[k] * d;
    y[l->i[k]] += f;
    y[l->j[k]] -= f;
    energy += f * d;
  }
  return energy;
}

/* The pattern of the lower triangle, and the ordering. The state with the largest weight is the ground: beside a small
 * weight to it the sums of the other rows would lose their digits. */
static lisi_status analyse(laplacian *l, lisi_error *err) {
  const size_t M = (size_t)l->n - 1;
  memset(l->z, 0, (M + 1) * sizeof *l->z);
  for (size_t k = 0; k < l->m; k++) {
    l->z[l->i[k]] += l->w[k];
    l->z[l->j[k]] += l->w[k];
  }
  l->ground = 0;
  for (int i = 1; i < l->n; i++) {
    if (l->z[i] > l->z[l->ground])
      l->ground = i;
  }
  l->matrix = cholmod_allocate_sparse(M, M, l->m + M, 1, 1, -1, CHOLMOD_REAL, &l->common);
  l->rhs = cholmod_allocate_dense(M, 1, M, CHOLMOD_REAL, &l->common);
  if (l->matrix == NULL || l->rhs == NULL)
    return lisi_no_memory(err, (l->m + M) * sizeof(double));
  int *first = l->matrix->p, *row = l->matrix->i, at = 0;
  size_t k = 0;
  for (int i = 0, column = 0; i < l->n; i++) {
    if (i != l->ground) {
      first[column] = at;
      row[at++] = column;
    }
    for (; k < l->m && l->i[k] == i; k++) {
      if (i != l->ground && l->j[k] != l->ground)
        row[at++] = l->j[k] - (l->j[k] > l->ground);
    }
    column += i != l->ground;
  }
  first[M] = at;
  l->factor = cholmod_analyze(l->matrix, &l->common);
  if (l->factor == NULL)
    return lisi_fail(err, LISI_ERR_NOMEM, "the sparse factorisation of %d states does not fit into memory", l->n);
  return LISI_OK;
}

static lisi_status factorise(laplacian *l, lisi_error *err) {
  if (l->ground < 0) {
    const lisi_status status = analyse(l, err);
    if (status != LISI_OK)
      return status;
  }
  const int *first = l->matrix->p;
  double *x = l->matrix->x;
  size_t k = 0;
  memset(x, 0, l->matrix->nzmax * sizeof *x);
  for (int i = 0, column = 0; i < l->n; i++) {
    int at = i != l->ground ? first[column] + 1 : 0;
    for (; k < l->m && l->i[k] == i; k++) {
      const int j = l->j[k];
      if (i != l->ground)
        x[first[column]] += l->w[k];
      if (j != l->ground)
        x[first[j - (j > l->ground)]] += l->w[k];
      if (i != l->ground && j != l->ground)
        x[at++] = -l->w[k];
    }
    column += i != l->ground;
  }
  cholmod_factorize(l->matrix, l->factor, &l->common);
  if (l->common.status == CHOLMOD_OUT_OF_MEMORY)
    return lisi_fail(err, LISI_ERR_NOMEM, "the sparse factorisation of %d states does not fit into memory", l->n);
  if (l->common.status != CHOLMOD_OK || l->factor->minor < l->factor->n)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the jump network is not connected: its equations have no solution");
  l->stale = false;
  l->spent = 0.0;
  return LISI_OK;
}

/* z = (L without the ground)^-1 r, 0 at the ground. */
static lisi_status precondition(laplacian *l, const double *r, double *z, lisi_error *err) {
  const size_t before = (size_t)l->ground, after = (size_t)l->n - before - 1;
  double *b = l->rhs->x;
  memcpy(b, r, before * sizeof *r);
  memcpy(b + before, r + before + 1, after * sizeof *r);
  if (!cholmod_solve2(CHOLMOD_A, l->factor, l->rhs, NULL, &l->x, NULL, &l->Y, &l->E, &l->common))
    return lisi_no_memory(err, (size_t)l->n * sizeof(double));
  const double *x = l->x->x;
  memcpy(z, x, before * sizeof *z);
  z[l->ground] = 0.0;
  memcpy(z + before + 1, x + before, after * sizeof *z);
  return LISI_OK;
}

static double dot(int n, const double *a, const double *b) {
  double s = 0.0;
  for (int i = 0; i < n; i++)
    s += a[i] * b[i];
  return s;
}

static lisi_status solve(laplacian *l, const double *rhs, double tolerance, double *y, lisi_error *err) {
  const int n = l->n;
  const size_t N = (size_t)n;
  if (l->factor == NULL || (l->stale && l->spent > l->common.fl)) {
    const lisi_status status = factorise(l, err);
    if (status != LISI_OK)
      return status;
  }
  /* Norms of the error: r^T z is that of L for a factor of L itself. */
  memset(y, 0, N * sizeof *y);
  memcpy(l->r, rhs, N * sizeof *rhs);
  lisi_status status = precondition(l, l->r, l->z, err);
  memcpy(l->p, l->z, N * sizeof *l->p);
  double rz = status == LISI_OK ? dot(n, l->r, l->z) : 0.0;
  const double start = rz;
  for (int k = 0; status == LISI_OK && rz > 0.0; k++) {
    const double curvature = laplacian_apply(l, l->p, l->Ap);
    if (!(curvature > 0.0) || !isfinite(curvature))
      break;
    const double alpha = rz / curvature;
    for (size_t i = 0; i < N; i++) {
      y[i] += alpha * l->p[i];
      l->r[i] -= alpha * l->Ap[i];
    }
    status = precondition(l, l->r, l->z, err);
    const double next = dot(n, l->r, l->z);
    l->spent += SLOW * 4.0 * (l->common.lnz + (double)l->m);
    if (!(next > tolerance * tolerance * start))
      break;
    if (!l->stale && k > 0 && next > 0.25 * rz)
      break; /* as near as rounding allows */
    if (l->stale && (l->spent > l->common.fl || k >= MOST_ITERATIONS)) {
      /* a new factor costs no more than what has been spent: once more, with it */
      status = factorise(l, err);
      return status == LISI_OK ? solve(l, rhs, tolerance, y, err) : status;
    }
    const double beta = next / rz;
    for (size_t i = 0; i < N; i++)
      l->p[i] = l->z[i] + beta * l->p[i];
    rz = next;
  }
  double mean = 0.0;
  for (size_t i = 0; i < N; i++)
    mean += y[i] / n;
  for (size_t i = 0; i < N; i++)
    y[i] -= mean;
  return status;
}

lisi_status laplacian_solve(laplacian *l, const double *rhs, double tolerance, double *y, lisi_error *err) {
  const int threads = one_thread_begin();
  const lisi_status status = solve(l, rhs, tolerance, y, err);
  one_thread_end(threads);
  return status;
}

double laplacian_fill(const laplacian *l) {
  return l->factor != NULL ? l->common.lnz : 0.0;
}
