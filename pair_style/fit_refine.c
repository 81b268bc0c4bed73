/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In u = c - c0 the prior is |T u|^2 and the new rows are |R u - (z - R c0)|^2 + rho^2. For one strength the two
 * triangles are stacked; for the choice of the strength v = T u makes it ridge regression with R T^-1. */
#include "fit_refine.h"

#include "fit_ridge.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 33 };

typedef struct {
  const fit_refine_system *sys;
  int k, *index;      /* columns that can move */
  fit_triangle *part; /* [nparts] of these, in u */
  fit_triangle base;  /* T, with a prior where the base has nothing */
} problem;

static void problem_free(problem *p) {
  for (int f = 0; f < p->sys->nparts && p->part; f++)
    fit_triangle_free(&p->part[f]);
  free(p->part);
  free(p->index);
  fit_triangle_free(&p->base);
}

/* z - R c0 instead of z. */
static void shift(fit_triangle *t, const double *c0, const int *index) {
  const size_t edge = (size_t)t->n + 1;
  double *z = t->r + (edge - 1) * edge;
  for (size_t j = 0; j + 1 < edge; j++)
    for (size_t i = 0; i <= j; i++)
      z[i] -= t->r[j * edge + i] * c0[index[j]];
}

static lisi_status problem_make(const fit_refine_system *sys, problem *p, double *stiffness, lisi_error *err) {
  *p = (problem){.sys = sys};
  const size_t n = (size_t)sys->ncolumns;
  double rows = 0;
  p->index = malloc((n + 1) * sizeof *p->index);
  p->part = calloc((size_t)sys->nparts + 1, sizeof *p->part);
  lisi_status status = p->index && p->part ? LISI_OK : lisi_no_memory(err, n * sizeof *p->index);
  for (int b = 0; b < sys->ncolumns && status == LISI_OK; b++)
    if (isfinite(sys->stiffness[b]))
      p->index[p->k++] = b;
  if (status == LISI_OK && p->k != sys->base->n)
    status =
        lisi_fail(err, LISI_ERR_INTERNAL, "refine: %d functions can move, the triangle has %d", p->k, sys->base->n);
  for (int f = 0; f < sys->nparts && status == LISI_OK; f++) {
    status = fit_triangle_select(&sys->part[f], p->k, p->index, &p->part[f], err);
    if (status == LISI_OK)
      shift(&p->part[f], sys->coefficient, p->index);
    rows += (double)sys->part[f].rows;
  }
  fit_triangle prior = {0};
  const size_t edge = (size_t)p->k + 1;
  if (status == LISI_OK)
    status = fit_triangle_copy(sys->base, &p->base, err);
  if (status == LISI_OK)
    status = fit_triangle_make(p->k, &prior, err);
  for (size_t j = 0; j + 1 < edge && status == LISI_OK; j++) {
    double norm2 = 0, *to = &prior.r[j * edge + j];
    stiffness[p->index[j]] = sys->stiffness[p->index[j]];
    if (sys->stiffness[p->index[j]] > 0)
      continue;
    for (int f = 0; f < sys->nparts; f++)
      norm2 += fit_triangle_norm2(&p->part[f], (int)j);
    prior.rows++;
    /* with nothing in the new data, too, anything holds it where it is, and it stays known as such */
    *to = norm2 > 0 ? sys->ridge * sys->gamma[p->index[j]] * sqrt(norm2) : 1;
    stiffness[p->index[j]] = norm2 > 0 ? *to : 0;
  }
  if (status == LISI_OK && rows == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "no energies, forces or virials to fit");
  if (status == LISI_OK)
    status = fit_triangle_merge(&p->base, &prior, err);
  fit_triangle_free(&prior);
  for (size_t j = 0; j + 1 < edge && status == LISI_OK; j++) {
    p->base.r[(edge - 1) * edge + j] = 0;
    if (!(fabs(p->base.r[j * edge + j]) > 1e-14 * sqrt(fit_triangle_norm2(&p->base, (int)j))))
      status = lisi_fail(err, LISI_ERR_INPUT,
                         "the information of the base fit leaves function %d open: it was fitted without a prior "
                         "(ridge 0), or with next to none",
                         p->index[j] + 1);
  }
  if (status == LISI_OK)
    p->base.r[edge * edge - 1] = 0;
  return status;
}

/* All parts but `skip` (-1: none) below sqrt(strength) T; c[ncolumns] the solution. */
static lisi_status stacked(const problem *p, double strength, int skip, double *c, fit_triangle *out, lisi_error *err) {
  const size_t edge = (size_t)p->k + 1;
  lisi_status status = fit_triangle_copy(&p->base, out, err);
  if (status != LISI_OK)
    return status;
  for (size_t i = 0; i < edge * edge; i++)
    out->r[i] *= sqrt(strength);
  for (int f = 0; f < p->sys->nparts && status == LISI_OK; f++)
    if (f != skip)
      status = fit_triangle_merge(out, &p->part[f], err);
  double *u = malloc(edge * sizeof *u);
  if (status == LISI_OK && !u)
    status = lisi_no_memory(err, edge * sizeof *u);
  memcpy(c, p->sys->coefficient, (size_t)p->sys->ncolumns * sizeof *c);
  if (status == LISI_OK) {
    memcpy(u, out->r + (edge - 1) * edge, edge * sizeof *u);
    cblas_dtrsv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, p->k, out->r, (int)edge, u, 1);
    for (int j = 0; j < p->k; j++) {
      c[p->index[j]] += u[j];
      if (!isfinite(u[j]))
        status = lisi_fail(err, LISI_ERR_NUMERIC, "refine: a coefficient is not finite");
    }
  }
  free(u);
  return status;
}

/* loss[GRID] of fold f at all strengths of the grid, by fits without it. */
static lisi_status fold_loss(const problem *p, int f, const double *grid, double *loss, lisi_error *err) {
  const size_t k = (size_t)p->k, edge = k + 1;
  fit_triangle t = {0};
  fit_ridge ridge = {0};
  double *m = malloc(k * k * sizeof *m), *x = malloc(edge * sizeof *x);
  lisi_status status = m && x ? fit_triangle_make(p->k, &t, err) : lisi_no_memory(err, k * k * sizeof *m);
  for (int g = 0; g < p->sys->nparts && status == LISI_OK; g++)
    if (g != f)
      status = fit_triangle_merge(&t, &p->part[g], err);
  if (status == LISI_OK) {
    for (size_t j = 0; j < k; j++)
      memcpy(m + j * k, t.r + j * edge, k * sizeof *m);
    cblas_dtrsm(CblasColMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, p->k, p->k, 1, p->base.r, (int)edge,
                m, p->k);
    status = fit_ridge_make(p->k, m, t.r + k * edge, &ridge, err);
    m = NULL;
  }
  for (int g = 0; g < GRID && status == LISI_OK; g++) {
    status = fit_ridge_solve(&ridge, sqrt(grid[g]), x, NULL, NULL, err);
    if (status != LISI_OK)
      break;
    cblas_dtrsv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, p->k, p->base.r, (int)edge, x, 1);
    loss[g] = fit_triangle_squares(&p->part[f], x);
  }
  fit_ridge_free(&ridge);
  fit_triangle_free(&t);
  free(m);
  free(x);
  return status;
}

static lisi_status choose(const problem *p, fit_solution *s, lisi_error *err) {
  const int parts = p->sys->nparts;
  long rows = 0;
  double *loss = calloc((size_t)parts * GRID, sizeof *loss);
  if (!loss)
    return lisi_no_memory(err, (size_t)parts * GRID * sizeof *loss);
  lisi_status status = LISI_OK;
  s->ngrid = GRID;
  for (int g = 0; g < GRID; g++) /* 1 is among them */
    s->grid[g] = pow(10, 0.25 * (g - GRID / 2));
#pragma omp parallel for schedule(dynamic, 1)
  for (int f = 0; f < parts; f++) {
    lisi_error own = {0};
    lisi_status each = fold_loss(p, f, s->grid, loss + (size_t)f * GRID, &own);
#pragma omp critical
    if (each != LISI_OK && status == LISI_OK)
      status = lisi_fail(err, each, "%s", own.message);
  }
  for (int f = 0; f < parts; f++)
    rows += p->part[f].rows;
  int best = 0;
  for (int g = 0; g < GRID; g++) {
    for (int f = 0; f < parts; f++)
      s->score[g] += loss[(size_t)f * GRID + (size_t)g] / (double)rows;
    if (s->score[g] < s->score[best])
      best = g;
  }
  s->ridge = s->grid[best];
  free(loss);
  return status;
}

static lisi_status solve(const problem *p, bool validate, fit_solution *s, lisi_error *err) {
  const size_t n = (size_t)p->sys->ncolumns, parts = (size_t)p->sys->nparts;
  lisi_status status = stacked(p, s->ridge, -1, s->coefficient, &s->information, err);
  for (int f = 0; f < p->sys->nparts && status == LISI_OK; f++)
    s->information.rows = (f ? s->information.rows : p->sys->base->rows) + p->part[f].rows;
  /* what held functions that no data have is no information */
  for (int j = 0; j < p->k && status == LISI_OK; j++)
    if (!(s->stiffness[p->index[j]] > 0))
      s->information.r[(size_t)j * (size_t)(p->k + 1) + (size_t)j] = 0;
  if (status != LISI_OK || !validate)
    return status;
  if (!(s->heldout = malloc(parts * n * sizeof *s->heldout)))
    return lisi_no_memory(err, parts * n * sizeof *s->heldout);
  for (size_t f = 0; f < parts && status == LISI_OK; f++) {
    fit_triangle t;
    status = stacked(p, s->ridge, (int)f, s->heldout + f * n, &t, err);
    fit_triangle_free(&t);
  }
  return status;
}

lisi_status fit_refine(const fit_refine_system *sys, double strength, bool validate, fit_solution *s, lisi_error *err) {
  const size_t n = (size_t)sys->ncolumns;
  memset(s, 0, sizeof *s);
  s->ridge = strength;
  s->choice = strength > 0 ? FIT_RIDGE_GIVEN : FIT_RIDGE_CV;
  s->coefficient = malloc(n * sizeof *s->coefficient);
  s->stiffness = malloc(n * sizeof *s->stiffness);
  problem p = {.sys = sys};
  lisi_status status = s->coefficient && s->stiffness ? LISI_OK : lisi_no_memory(err, n * sizeof *s->coefficient);
  if (status == LISI_OK) {
    memcpy(s->stiffness, sys->stiffness, n * sizeof *s->stiffness);
    /* In a parallel region the BLAS uses one thread, and their number changes no bit. */
#pragma omp parallel
#pragma omp single
    status = problem_make(sys, &p, s->stiffness, err);
  }
  if (status == LISI_OK && !(strength > 0))
    status = sys->nparts > 1 ? choose(&p, s, err)
                             : lisi_fail(err, LISI_ERR_INPUT, "cross-validation needs at least two new frames");
  if (status == LISI_OK) {
#pragma omp parallel
#pragma omp single
    status = solve(&p, validate || !(strength > 0), s, err);
  }
  problem_free(&p);
  if (status != LISI_OK)
    fit_solution_free(s);
  return status;
}
