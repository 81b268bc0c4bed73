/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exchanging row i of the active set for row r of b multiplies |det a| by |(b a^-1)_ri|: all that is needed is the
 * matrix c = b a^-1, which an exchange changes by a rank-1 update. */
#include "fit_maxvol.h"

#include "progress.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A direction that no row reaches by more than this, of columns with unit mean square, is rounding. */
static const double rank_tolerance = 1e-10;
/* Exchanges between two computations of c from scratch, so that rounding does not pile up. */
enum { FRESH = 100, MAX_SWAPS_PER_ROW = 100 };

typedef struct {
  int m, n;
  double *b; /* [m][n] with columns of unit mean square */
  double *c; /* [m][n] */
  double *x; /* [n][n] the inverse of the chosen rows of b */
  double *scale;
} maxvol;

static lisi_status maxvol_open(maxvol *v, int m, int n, const double *b, lisi_error *err) {
  size_t cells = (size_t)m * (size_t)n;
  v->m = m;
  v->n = n;
  v->b = malloc(cells * sizeof *v->b);
  v->c = malloc(cells * sizeof *v->c);
  v->x = malloc((size_t)n * (size_t)n * sizeof *v->x);
  v->scale = calloc((size_t)n, sizeof *v->scale);
  if (!v->b || !v->c || !v->x || !v->scale)
    return lisi_no_memory(err, cells * sizeof *v->b);
  for (size_t k = 0; k < cells; k++)
    v->scale[k % (size_t)n] += b[k] * b[k];
  for (int j = 0; j < n; j++)
    v->scale[j] = v->scale[j] > 0 ? sqrt(m / v->scale[j]) : 0;
  for (size_t k = 0; k < cells; k++)
    v->b[k] = b[k] * v->scale[k % (size_t)n];
  return LISI_OK;
}

static void maxvol_close(maxvol *v) {
  free(v->b);
  free(v->c);
  free(v->x);
  free(v->scale);
}

/* The rows that a QR factorisation of b^T with pivoting takes one after the other, each the farthest from those taken
 * before: a good start, and it shows the rank. */
static lisi_status start(const maxvol *v, fit_active *active, lisi_error *err) {
  size_t cells = (size_t)v->m * (size_t)v->n;
  double *a = malloc(cells * sizeof *a), *tau = malloc((size_t)v->n * sizeof *tau);
  lapack_int *pivot = calloc((size_t)v->m, sizeof *pivot);
  lisi_status status = a && tau && pivot ? LISI_OK : lisi_no_memory(err, cells * sizeof *a);
  if (status == LISI_OK) {
    memcpy(a, v->b, cells * sizeof *a); /* row after row is the transpose column after column */
    if (LAPACKE_dgeqp3(LAPACK_COL_MAJOR, v->n, v->m, a, v->n, pivot, tau) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "active set: QR failed");
  }
  for (int k = 0; k < v->n && k < v->m && status == LISI_OK; k++) {
    if (!(fabs(a[(size_t)k * (size_t)v->n + (size_t)k]) > rank_tolerance * fabs(a[0])))
      break;
    active->row[k] = (int)pivot[k] - 1;
    active->rank = k + 1;
  }
  free(a);
  free(tau);
  free(pivot);
  return status;
}

/* x and c from the rows chosen. */
static lisi_status refresh(maxvol *v, const fit_active *active, lisi_error *err) {
  int n = v->n;
  lapack_int *pivot = malloc((size_t)n * sizeof *pivot);
  if (!pivot)
    return lisi_no_memory(err, (size_t)n * sizeof *pivot);
  for (int k = 0; k < n; k++)
    memcpy(v->x + (size_t)k * (size_t)n, v->b + (size_t)active->row[k] * (size_t)n, (size_t)n * sizeof *v->x);
  /* x is a row after row, for LAPACK its transpose, whose inverse it leaves as the inverse row after row */
  int bad = LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, v->x, n, pivot) != 0 ||
            LAPACKE_dgetri(LAPACK_COL_MAJOR, n, v->x, n, pivot) != 0;
  free(pivot);
  if (bad)
    return lisi_fail(err, LISI_ERR_NUMERIC, "active set: the rows chosen have no inverse");
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, v->m, n, n, 1, v->b, n, v->x, n, 0, v->c, n);
  return LISI_OK;
}

/* The largest |c|, the first of equals. */
static size_t worst(const maxvol *v) {
  size_t at = 0, cells = (size_t)v->m * (size_t)v->n;
  for (size_t k = 1; k < cells; k++)
    if (fabs(v->c[k]) > fabs(v->c[at]))
      at = k;
  return at;
}

/* Row i takes the place of active row j. */
static void exchange(maxvol *v, size_t i, size_t j, double *line) {
  size_t n = (size_t)v->n;
  double pivot = v->c[i * n + j];
  memcpy(line, v->c + i * n, n * sizeof *line);
  line[j] -= 1;
  for (size_t r = 0; r < (size_t)v->m; r++) {
    double *c = v->c + r * n, f = c[j] / pivot;
    if (f == 0)
      continue;
    for (size_t k = 0; k < n; k++)
      c[k] -= f * line[k];
  }
}

static lisi_status improve(maxvol *v, double tolerance, fit_active *active, lisi_error *err) {
  size_t n = (size_t)v->n;
  double *line = malloc(n * sizeof *line);
  lisi_status status = line ? refresh(v, active, err) : lisi_no_memory(err, n * sizeof *line);
  int stale = 0;
  while (status == LISI_OK && (status = progress_check(err)) == LISI_OK) {
    size_t at = worst(v);
    active->largest = fabs(v->c[at]);
    if (active->largest <= 1 + tolerance || active->nswaps >= MAX_SWAPS_PER_ROW * v->n) {
      if (stale == 0)
        break; /* seen on a c without the rounding of updates */
    } else {
      exchange(v, at / n, at % n, line);
      active->row[at % n] = (int)(at / n);
      active->nswaps++;
      if (++stale < FRESH)
        continue;
    }
    status = refresh(v, active, err);
    stale = 0;
  }
  free(line);
  return status;
}

lisi_status fit_maxvol(int m, int n, const double *b, double tolerance, fit_active *active, lisi_error *err) {
  memset(active, 0, sizeof *active);
  if (n < 1 || m < 1)
    return LISI_OK;
  maxvol v = {0};
  active->row = calloc((size_t)n, sizeof *active->row);
  lisi_status status =
      active->row ? maxvol_open(&v, m, n, b, err) : lisi_no_memory(err, (size_t)n * sizeof *active->row);
  /* In a parallel region BLAS and LAPACK use one thread: the rows chosen do not depend on their number. */
#pragma omp parallel
#pragma omp single
  {
    if (status == LISI_OK)
      status = start(&v, active, err);
    if (status == LISI_OK && active->rank == n)
      status = improve(&v, tolerance, active, err);
  }
  if (status == LISI_OK && active->rank == n) {
    for (int j = 0; j < n && status == LISI_OK; j++)
      for (int k = 0; k < n; k++)
        v.x[(size_t)j * (size_t)n + (size_t)k] *= v.scale[j];
    active->inverse = v.x;
    v.x = NULL;
  }
  maxvol_close(&v);
  if (status != LISI_OK)
    fit_active_free(active);
  return status;
}

void fit_active_free(fit_active *active) {
  free(active->row);
  free(active->inverse);
  memset(active, 0, sizeof *active);
}
