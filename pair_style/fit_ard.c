/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In units of beta: with the triangle R of the kept columns and the rows sqrt(alpha_b / beta), Sigma = (R^T R)^-1 /
 * beta. */
#include "fit_ard.h"

#include "progress.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A column leaves when its gamma is below this and the evidence falls with every finite alpha. */
static const double little_left = 0.01;
/* A pruned column comes back when its squared quality exceeds its sparsity by this share. */
static const double worth_it = 1e-6;
enum { RETURNS = 10 /* times that pruned columns may come back */ };

typedef struct {
  const fit_triangle *all;
  int k;              /* kept */
  int *index;         /* [k] their columns */
  fit_triangle kept;  /* of these columns */
  fit_triangle prior; /* with the prior below it */
  double *inverse;    /* [k][k] of its R, column after column */
  double *x, *left;   /* [n] coefficients, gamma */
} state;

static void state_free(state *s) {
  free(s->index);
  free(s->inverse);
  free(s->x);
  free(s->left);
  fit_triangle_free(&s->kept);
  fit_triangle_free(&s->prior);
}

/* The triangle of the columns that have a finite alpha. */
static lisi_status keep(state *s, const double *alpha, lisi_error *err) {
  s->k = 0;
  for (int b = 0; b < s->all->n; b++)
    if (isfinite(alpha[b]))
      s->index[s->k++] = b;
  fit_triangle_free(&s->kept);
  return fit_triangle_select(s->all, s->k, s->index, &s->kept, err);
}

/* x, gamma and the evidence at these strengths; *sum is that of the gammas, *squares the squared residual. */
static lisi_status solve(state *s, const double *alpha, double beta, double *sum, double *squares, double *evidence,
                         lisi_error *err) {
  const size_t k = (size_t)s->k;
  double logs = 0, penalty = 0;
  fit_triangle_free(&s->prior);
  lisi_status status = fit_triangle_copy(&s->kept, &s->prior, err);
  fit_triangle diagonal = {0};
  if (status == LISI_OK)
    status = fit_triangle_make(s->k, &diagonal, err);
  if (status == LISI_OK) {
    for (size_t j = 0; j < k; j++)
      diagonal.r[j * (k + 1) + j] = sqrt(alpha[s->index[j]] / beta);
    diagonal.rows = (long)k;
    status = fit_triangle_merge(&s->prior, &diagonal, err);
  }
  fit_triangle_free(&diagonal);
  if (status != LISI_OK)
    return status;
  memset(s->inverse, 0, k * k * sizeof *s->inverse);
  for (size_t j = 0; j < k; j++)
    memcpy(s->inverse + j * k, s->prior.r + j * (k + 1), (j + 1) * sizeof *s->inverse);
  memcpy(s->x, s->prior.r + k * (k + 1), k * sizeof *s->x);
  if (k > 0 && (LAPACKE_dtrtri(LAPACK_COL_MAJOR, 'U', 'N', s->k, s->inverse, s->k) != 0))
    return lisi_fail(err, LISI_ERR_NUMERIC, "relevance determination: the triangle has no inverse");
  if (k > 0)
    cblas_dtrmv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, s->k, s->inverse, s->k, s->x, 1);
  memset(s->left, 0, k * sizeof *s->left);
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i <= j; i++)
      s->left[i] += s->inverse[j * k + i] * s->inverse[j * k + i];
  *sum = 0;
  for (size_t j = 0; j < k; j++) {
    const double a = alpha[s->index[j]] / beta;
    s->left[j] = fmax(0, 1 - a * s->left[j]);
    *sum += s->left[j];
    penalty += a * s->x[j] * s->x[j];
    logs += 0.5 * log(a) - log(fabs(s->prior.r[j * (k + 1) + j]));
  }
  *squares = fit_triangle_squares(&s->kept, s->x);
  *evidence = 0.5 * (double)s->all->rows * log(beta / (2 * M_PI)) + logs - 0.5 * beta * (*squares + penalty);
  return LISI_OK;
}

/* Pruned columns whose quality q exceeds their sparsity s get the alpha at which the evidence is largest, s^2 / (q^2 -
 * s) (Tipping and Faul 2003); returns how many. */
static lisi_status bring_back(state *s, double *alpha, double beta, int *count, lisi_error *err) {
  const size_t k = (size_t)s->k, n = (size_t)s->all->n, edge = n + 1;
  *count = 0;
  double *column = malloc((k + 1) * edge * sizeof *column), *g = malloc((k + 1) * sizeof *g),
         *rest = malloc(edge * sizeof *rest);
  lisi_status status = column && g && rest ? LISI_OK : lisi_no_memory(err, k * edge * sizeof *column);
  if (status == LISI_OK) {
    memcpy(rest, s->all->r + n * edge, edge * sizeof *rest);
    for (size_t j = 0; j < k; j++) {
      memcpy(column + j * edge, s->all->r + (size_t)s->index[j] * edge, edge * sizeof *column);
      cblas_daxpy((int)edge, -s->x[j], column + j * edge, 1, rest, 1);
    }
  }
  for (size_t b = 0; b < n && status == LISI_OK; b++) {
    const double *phi = s->all->r + b * edge;
    if (isfinite(alpha[b]))
      continue;
    const double norm2 = cblas_ddot((int)edge, phi, 1, phi, 1);
    double reduced = norm2;
    if (k > 0) {
      cblas_dgemv(CblasColMajor, CblasTrans, (int)edge, (int)k, 1, column, (int)edge, phi, 1, 0, g, 1);
      cblas_dtrmv(CblasColMajor, CblasUpper, CblasTrans, CblasNonUnit, (int)k, s->inverse, (int)k, g, 1);
      reduced -= cblas_ddot((int)k, g, 1, g, 1);
    }
    const double sparsity = beta * reduced, quality = beta * cblas_ddot((int)edge, phi, 1, rest, 1);
    if (!(reduced > 1e-10 * norm2) || !(quality * quality > (1 + worth_it) * sparsity))
      continue;
    alpha[b] = sparsity * sparsity / (quality * quality - sparsity);
    (*count)++;
  }
  free(column);
  free(g);
  free(rest);
  return status;
}

lisi_status fit_ard(const fit_triangle *t, double strength, double beta, double tolerance, int most, double *c,
                    fit_ard_result *out, lisi_error *err) {
  const size_t n = (size_t)t->n;
  state s = {.all = t};
  *out = (fit_ard_result){.beta = beta};
  out->alpha = malloc((n + 1) * sizeof *out->alpha);
  s.index = malloc((n + 1) * sizeof *s.index);
  s.inverse = malloc((n * n + 1) * sizeof *s.inverse);
  s.x = malloc((n + 1) * sizeof *s.x);
  s.left = malloc((n + 1) * sizeof *s.left);
  lisi_status status =
      out->alpha && s.index && s.inverse && s.x && s.left ? LISI_OK : lisi_no_memory(err, n * n * sizeof *s.inverse);
  for (size_t b = 0; b < n && status == LISI_OK; b++) /* a column of zeros is none */
    out->alpha[b] = fit_triangle_norm2(t, (int)b) > 0 ? beta * strength : INFINITY;
  double sum = 0, squares = 0;
  if (status == LISI_OK)
    status = keep(&s, out->alpha, err);
  if (status == LISI_OK)
    status = solve(&s, out->alpha, out->beta, &sum, &squares, &out->evidence, err);
  for (int returned = 0; status == LISI_OK && out->rounds < most && !out->converged;) {
    double moved = 0;
    bool pruned = false;
    if ((status = progress_check(err)) != LISI_OK)
      break;
    out->rounds++;
    for (int j = 0; j < s.k; j++) {
      double *a = &out->alpha[s.index[j]];
      const double g = s.left[j], x2 = s.x[j] * s.x[j], next = g / x2;
      /* with the sparsity alpha gamma / (1 - gamma) and the quality alpha c / (1 - gamma) */
      if (!isfinite(next) || (g < little_left && *a * x2 < g * (1 - g))) {
        *a = INFINITY;
        pruned = true;
      } else {
        moved = fmax(moved, fabs(log(next / *a)));
        *a = next;
      }
    }
    const double next = ((double)t->rows - sum) / squares;
    if (!(next > 0) || !isfinite(next)) {
      status = lisi_fail(err, LISI_ERR_NUMERIC,
                         "relevance determination: no noise is left (more parameters than data, or exact data)");
      break;
    }
    moved = fmax(moved, fabs(log(next / out->beta)));
    out->beta = next;
    if (pruned)
      status = keep(&s, out->alpha, err);
    if (status == LISI_OK)
      status = solve(&s, out->alpha, out->beta, &sum, &squares, &out->evidence, err);
    if (status != LISI_OK || pruned || moved > tolerance)
      continue;
    int back = 0;
    status = bring_back(&s, out->alpha, out->beta, &back, err);
    out->converged = back == 0;
    if (status != LISI_OK || back == 0)
      continue;
    if (++returned > RETURNS)
      break;
    status = keep(&s, out->alpha, err);
    if (status == LISI_OK)
      status = solve(&s, out->alpha, out->beta, &sum, &squares, &out->evidence, err);
  }
  if (status == LISI_OK) {
    memset(c, 0, n * sizeof *c);
    for (int j = 0; j < s.k; j++)
      c[s.index[j]] = s.x[j];
    out->nkept = s.k;
    out->number = sum;
  }
  state_free(&s);
  return status;
}
