/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QR of a triangle with a block of rows below it: panels of columns by recursion, so that all but narrow strips is
 * matrix multiplication, and the columns to the right of a panel in pieces of fixed width, one on a thread each. */
#include "fit_triangle.h"

#include <cblas.h>
#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

enum {
  PANEL = 64,  /* columns whose reflectors are applied together */
  STRIP = 8,   /* columns below which there is no more recursion */
  PIECE = 192, /* columns that a thread updates at a time */
  MERGE = 32   /* the panel of LAPACK's routine for two triangles */
};

lisi_status fit_triangle_make(int n, fit_triangle *t, lisi_error *err) {
  size_t edge = (size_t)n + 1;
  *t = (fit_triangle){n, 0, calloc(edge * edge, sizeof *t->r)};
  return t->r ? LISI_OK : lisi_no_memory(err, edge * edge * sizeof *t->r);
}

lisi_status fit_triangle_copy(const fit_triangle *from, fit_triangle *to, lisi_error *err) {
  lisi_status status = fit_triangle_make(from->n, to, err);
  if (status != LISI_OK)
    return status;
  to->rows = from->rows;
  memcpy(to->r, from->r, (size_t)(from->n + 1) * (size_t)(from->n + 1) * sizeof *to->r);
  return LISI_OK;
}

void fit_triangle_free(fit_triangle *t) {
  free(t->r);
  memset(t, 0, sizeof *t);
}

/* The block reflector I - [1; V] T [1; V]^T of k columns, transposed, on w columns of [a; b]; a has k rows, b and V m.
 * work[k][w]. */
static void reflect(int m, int k, const double *v, int ldv, const double *t, int ldt, int w, double *a, int lda,
                    double *b, int ldb, double *work) {
  for (int c = 0; c < w; c++)
    memcpy(work + (size_t)c * (size_t)k, a + (size_t)c * (size_t)lda, (size_t)k * sizeof *work);
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, w, m, 1, v, ldv, b, ldb, 1, work, k);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasUpper, CblasTrans, CblasNonUnit, k, w, 1, t, ldt, work, k);
  for (int c = 0; c < w; c++)
    for (int i = 0; i < k; i++)
      a[(size_t)c * (size_t)lda + (size_t)i] -= work[(size_t)c * (size_t)k + (size_t)i];
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, w, k, -1, v, ldv, work, k, 1, b, ldb);
}

/* Factors k columns of [a; b], a upper triangular: R into a, the reflectors into b, T into t. */
static int panel(int m, int k, double *a, int lda, double *b, int ldb, double *t, int ldt, double *work) {
  if (k <= STRIP)
    return (int)LAPACKE_dtpqrt2_work(LAPACK_COL_MAJOR, m, k, 0, a, lda, b, ldb, t, ldt);
  int h = k / 2, w = k - h;
  double *a12 = a + (size_t)h * (size_t)lda, *b2 = b + (size_t)h * (size_t)ldb;
  double *t12 = t + (size_t)h * (size_t)ldt, *t22 = t12 + h;
  int bad = panel(m, h, a, lda, b, ldb, t, ldt, work);
  reflect(m, h, b, ldb, t, ldt, w, a12, lda, b2, ldb, work);
  bad |= panel(m, w, a12 + h, lda, b2, ldb, t22, ldt, work);
  /* T12 = -T11 V1^T V2 T22; the unit parts of V1 and V2 stand in different rows */
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, h, w, m, -1, b, ldb, b2, ldb, 0, t12, ldt);
  cblas_dtrmm(CblasColMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, h, w, 1, t, ldt, t12, ldt);
  cblas_dtrmm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, h, w, 1, t22, ldt, t12, ldt);
  return bad;
}

lisi_status fit_triangle_rows(fit_triangle *t, int m, double *b, int lead, lisi_error *err) {
  const int edge = t->n + 1;
  double factor[PANEL * PANEL] = {0}, inner[PANEL * PANEL];
  int bad = 0;
  if (m < 1)
    return LISI_OK;
    /* Within a parallel region the BLAS uses one thread: what a product adds up, and in which order, depends on the
     * sizes alone. */
#pragma omp parallel
  {
    double work[PANEL * PIECE];
    for (int j = 0; j < edge; j += PANEL) {
      const int k = edge - j < PANEL ? edge - j : PANEL;
      double *a = t->r + (size_t)j * (size_t)edge + (size_t)j, *v = b + (size_t)j * (size_t)lead;
#pragma omp single
      bad |= panel(m, k, a, edge, v, lead, factor, PANEL, inner);
#pragma omp for schedule(dynamic, 1)
      for (int c = j + k; c < edge; c += PIECE) {
        const int w = edge - c < PIECE ? edge - c : PIECE;
        reflect(m, k, v, lead, factor, PANEL, w, t->r + (size_t)c * (size_t)edge + (size_t)j, edge,
                b + (size_t)c * (size_t)lead, lead, work);
      }
    }
  }
  t->rows += m;
  return bad ? lisi_fail(err, LISI_ERR_NUMERIC, "least squares: QR failed") : LISI_OK;
}

lisi_status fit_triangle_merge(fit_triangle *t, const fit_triangle *other, lisi_error *err) {
  const int edge = t->n + 1, nb = MERGE < edge ? MERGE : edge;
  const size_t cells = (size_t)edge * (size_t)edge;
  if (other->rows == 0)
    return LISI_OK;
  double *b = malloc(cells * sizeof *b), *f = malloc((size_t)nb * (size_t)edge * sizeof *f),
         *work = malloc((size_t)nb * (size_t)edge * sizeof *work);
  lisi_status status = b && f && work ? LISI_OK : lisi_no_memory(err, cells * sizeof *b);
  if (status == LISI_OK) {
    memcpy(b, other->r, cells * sizeof *b);
    if (LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, edge, edge, edge, nb, t->r, edge, b, edge, f, nb, work) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: QR failed");
    t->rows += other->rows;
  }
  free(b);
  free(f);
  free(work);
  return status;
}

lisi_status fit_triangle_select(const fit_triangle *t, int k, const int *index, fit_triangle *out, lisi_error *err) {
  const size_t edge = (size_t)t->n + 1;
  memset(out, 0, sizeof *out);
  if (k == t->n)
    return fit_triangle_copy(t, out, err);
  double *rows = malloc((size_t)(k + 1) * edge * sizeof *rows);
  if (!rows)
    return lisi_no_memory(err, (size_t)(k + 1) * edge * sizeof *rows);
  for (int j = 0; j <= k; j++)
    memcpy(rows + (size_t)j * edge, t->r + (size_t)(j < k ? index[j] : t->n) * edge, edge * sizeof *rows);
  lisi_status status = fit_triangle_make(k, out, err);
  if (status == LISI_OK)
    status = fit_triangle_rows(out, (int)edge, rows, (int)edge, err);
  out->rows = t->rows;
  free(rows);
  return status;
}

double fit_triangle_squares(const fit_triangle *t, const double *c) {
  const size_t edge = (size_t)t->n + 1;
  double sum = 0;
  double *d = calloc(edge, sizeof *d);
  if (!d) /* slower, and needs nothing */
    for (size_t i = 0; i < edge; i++) {
      double x = -t->r[(edge - 1) * edge + i];
      for (size_t k = i; k + 1 < edge; k++)
        x += c[k] * t->r[k * edge + i];
      sum += x * x;
    }
  else {
    for (size_t k = 0; k + 1 < edge; k++)
      for (size_t i = 0; i <= k; i++)
        d[i] += c[k] * t->r[k * edge + i];
    for (size_t i = 0; i < edge; i++) {
      d[i] -= t->r[(edge - 1) * edge + i];
      sum += d[i] * d[i];
    }
  }
  free(d);
  return sum;
}

double fit_triangle_norm2(const fit_triangle *t, int k) {
  const double *r = t->r + (size_t)k * (size_t)(t->n + 1);
  double sum = 0;
  for (int i = 0; i <= k; i++)
    sum += r[i] * r[i];
  return sum;
}
