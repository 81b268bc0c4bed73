/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All folds but one: triangles are put together by halves, so that each of n folds takes part in about log2 n
 * products. Every piece of work runs on one thread, with a BLAS of one thread; the pieces are shared out as tasks. */
#include "fit_solve.h"

#include "fit_ard.h"
#include "fit_free.h"
#include "fit_ridge.h"
#include "progress.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 25, ARD_ROUNDS = 1000, NARROWING = 30 };
static const double ard_tolerance = 1e-3;

typedef struct {
  const fit_system *sys;
  const fit_prior *prior;
  fit_solution *out;
  double *scale; /* [ncolumns] 1 / (gamma_b s_b); 0 for a column that is zero in all data */
  double noise;  /* 1 / variance at the strength chosen, where relevance determination starts */
  /* of the folds left out: */
  int ngrid;
  const double *grid;
  double *loss; /* [nparts][ngrid] */
  double *c;    /* [nparts][ngrid][nfree + ncolumns] */
  lisi_status status;
  lisi_error *err;
} job;

/* Notes a failure on any thread; a job that has failed goes no further. */
static bool failed(job *j, lisi_status status, const lisi_error *own) {
  bool stop;
#pragma omp critical(fit_solve)
  {
    if (status != LISI_OK && j->status == LISI_OK)
      j->status = lisi_fail(j->err, status, "%s", own->message);
    stop = j->status != LISI_OK;
  }
  return stop;
}

/* [M z] with M = R scale, in place of [R z]. */
static void scale_columns(const double *scale, fit_triangle *t) {
  const size_t edge = (size_t)t->n + 1;
  for (size_t k = 0; k + 1 < edge; k++)
    for (size_t i = 0; i <= k; i++)
      t->r[k * edge + i] *= scale[k];
}

/* The ridge problem of a scaled triangle. */
static lisi_status ridge_of(const fit_triangle *t, fit_ridge *f, lisi_error *err) {
  const size_t n = (size_t)t->n;
  double *m = malloc(n * n * sizeof *m);
  memset(f, 0, sizeof *f);
  if (!m)
    return lisi_no_memory(err, n * n * sizeof *m);
  for (size_t k = 0; k < n; k++)
    memcpy(m + k * n, t->r + k * (n + 1), n * sizeof *m);
  return fit_ridge_make(t->n, m, t->r + n * (n + 1), f, err);
}

static double beyond(const fit_triangle *t) {
  const double rho = t->r[(size_t)(t->n + 1) * (size_t)(t->n + 1) - 1];
  return rho * rho;
}

/* Relevance determination on a scaled triangle; x[n] in units of scale. */
static lisi_status relevance(const job *j, const fit_triangle *t, double *x, fit_ard_result *result, lisi_error *err) {
  const double mu2 = j->out->ridge * j->out->ridge * (double)t->rows;
  return fit_ard(t, mu2, j->noise, ard_tolerance, ARD_ROUNDS, x, result, err);
}

/* Coefficients from all rows but those of fold f, at all strengths of the grid, and what they make of the fold. */
static void without_fold(job *j, int f, const fit_triangle *t) {
  const fit_system *sys = j->sys;
  const size_t n = (size_t)sys->ncolumns, all = n + (size_t)sys->nfree;
  lisi_error own = {0};
  fit_triangle rest = {0};
  fit_free zeros = {0};
  fit_ridge ridge = {0};
  double *at = j->c + (size_t)f * (size_t)j->ngrid * all;
  lisi_status status = fit_free_eliminate(t, sys->nfree, &rest, &zeros, &own);
  if (status == LISI_OK) {
    scale_columns(j->scale, &rest);
    if (!j->prior->ard || j->ngrid > 1)
      status = ridge_of(&rest, &ridge, &own);
  }
  for (int g = 0; g < j->ngrid && status == LISI_OK; g++, at += all) {
    double *c = at + sys->nfree;
    if ((status = progress_check(&own)) != LISI_OK)
      break;
    if (ridge.m)
      status = fit_ridge_solve(&ridge, j->grid[g] * sqrt((double)t->rows), c, NULL, NULL, &own);
    else {
      fit_ard_result result;
      status = relevance(j, &rest, c, &result, &own);
      free(result.alpha);
    }
    for (size_t k = 0; k < n; k++)
      c[k] *= j->scale[k];
    if (status != LISI_OK)
      break;
    fit_free_solve(&zeros, c, at);
    j->loss[(size_t)f * (size_t)j->ngrid + (size_t)g] = fit_triangle_squares(&sys->part[f], at);
  }
  fit_ridge_free(&ridge);
  fit_free_clear(&zeros);
  fit_triangle_free(&rest);
  (void)failed(j, status, &own);
}

/* Folds lo .. hi-1 each left out, `outside` being all rows of the other folds. */
static void without_each(job *j, int lo, int hi, const fit_triangle *outside) {
  if (failed(j, LISI_OK, NULL))
    return;
  if (hi - lo == 1) {
    without_fold(j, lo, outside);
    return;
  }
  const int middle = lo + (hi - lo) / 2;
  for (int half = 0; half < 2; half++) {
#pragma omp task firstprivate(half)
    {
      lisi_error own = {0};
      fit_triangle t = {0};
      lisi_status status = fit_triangle_copy(outside, &t, &own);
      for (int k = half ? lo : middle; k < (half ? middle : hi) && status == LISI_OK; k++)
        status = fit_triangle_merge(&t, &j->sys->part[k], &own);
      if (!failed(j, status, &own))
        without_each(j, half ? middle : lo, half ? hi : middle, &t);
      fit_triangle_free(&t);
    }
  }
#pragma omp taskwait
}

static void all_folds(job *j, int ngrid, const double *grid) {
  const fit_system *sys = j->sys;
  const size_t cells = (size_t)sys->nparts * (size_t)ngrid, all = (size_t)(sys->ncolumns + sys->nfree);
  lisi_error own = {0};
  fit_triangle none = {0};
  free(j->c);
  free(j->loss);
  j->ngrid = ngrid;
  j->grid = grid;
  j->c = calloc(cells * all + 1, sizeof *j->c);
  j->loss = calloc(cells, sizeof *j->loss);
  lisi_status status =
      j->c && j->loss ? fit_triangle_make((int)all, &none, &own) : lisi_no_memory(&own, cells * all * sizeof *j->c);
  if (!failed(j, status, &own))
    without_each(j, 0, sys->nparts, &none);
  fit_triangle_free(&none);
}

/* Coefficients at point g of the grid, for all folds. */
static lisi_status keep_heldout(job *j, int g, lisi_error *err) {
  const size_t n = (size_t)j->sys->ncolumns, nf = (size_t)j->sys->nfree, parts = (size_t)j->sys->nparts;
  if (!j->out->heldout) {
    j->out->heldout = malloc(parts * n * sizeof *j->out->heldout);
    j->out->heldout_free = malloc((parts * nf + 1) * sizeof *j->out->heldout_free);
  }
  if (!j->out->heldout || !j->out->heldout_free)
    return lisi_no_memory(err, parts * n * sizeof *j->out->heldout);
  for (size_t f = 0; f < parts; f++) {
    const double *from = j->c + (f * (size_t)j->ngrid + (size_t)g) * (n + nf);
    memcpy(j->out->heldout_free + f * nf, from, nf * sizeof *from);
    memcpy(j->out->heldout + f * n, from + nf, n * sizeof *from);
  }
  return LISI_OK;
}

/* The strength with the smallest loss on held-out rows. */
static lisi_status by_validation(job *j, long rows, lisi_error *err) {
  fit_solution *s = j->out;
  int best = 0;
  s->ngrid = GRID;
  for (int g = 0; g < GRID; g++)
    s->grid[g] = pow(10, -6.0 + 0.25 * g);
  all_folds(j, GRID, s->grid);
  if (j->status != LISI_OK)
    return j->status;
  for (int g = 0; g < GRID; g++) {
    for (int f = 0; f < j->sys->nparts; f++)
      s->score[g] += j->loss[f * GRID + g] / (double)rows;
    if (s->score[g] < s->score[best])
      best = g;
  }
  s->ridge = s->grid[best];
  return keep_heldout(j, best, err);
}

/* The strength with the largest evidence: on a grid, then between its neighbours by golden sections. */
static lisi_status by_evidence(job *j, const fit_ridge *f, const fit_triangle *t, long rows, double *x,
                               lisi_error *err) {
  fit_solution *s = j->out;
  const double root = sqrt((double)t->rows), shrink = 0.5 * (sqrt(5) - 1);
  int best = 0;
  double beta;
  lisi_status status = LISI_OK;
  s->ngrid = GRID;
  for (int g = 0; g < GRID && status == LISI_OK; g++) {
    s->grid[g] = pow(10, -6.0 + 0.25 * g);
    status = fit_ridge_evidence(f, rows, beyond(t), s->grid[g] * root, x, &s->score[g], &beta, err);
    if (s->score[g] > s->score[best])
      best = g;
  }
  double lo = log(s->grid[best > 0 ? best - 1 : 0]), hi = log(s->grid[best + 1 < GRID ? best + 1 : best]);
  for (int k = 0; k < NARROWING && status == LISI_OK; k++) {
    const double a = hi - shrink * (hi - lo), b = lo + shrink * (hi - lo);
    double at_a = 0, at_b = 0;
    status = fit_ridge_evidence(f, rows, beyond(t), exp(a) * root, x, &at_a, &beta, err);
    if (status == LISI_OK)
      status = fit_ridge_evidence(f, rows, beyond(t), exp(b) * root, x, &at_b, &beta, err);
    if (at_a < at_b)
      lo = a;
    else
      hi = b;
  }
  s->ridge = exp(0.5 * (lo + hi));
  return status;
}

/* The prior's rows below the triangle of the kept columns. */
static lisi_status add_prior(const fit_triangle *t, const double *stiffness, fit_triangle *out, lisi_error *err) {
  int k = 0, *index = malloc(((size_t)t->n + 1) * sizeof *index);
  fit_triangle prior = {0};
  lisi_status status = index ? LISI_OK : lisi_no_memory(err, (size_t)t->n * sizeof *index);
  for (int b = 0; b < t->n && status == LISI_OK; b++)
    if (isfinite(stiffness[b]))
      index[k++] = b;
  if (status == LISI_OK)
    status = fit_triangle_select(t, k, index, out, err);
  if (status == LISI_OK)
    status = fit_triangle_make(k, &prior, err);
  if (status == LISI_OK) {
    prior.rows = k;
    for (int c = 0; c < k; c++)
      prior.r[(size_t)c * (size_t)(k + 1) + (size_t)c] = stiffness[index[c]];
    status = fit_triangle_merge(out, &prior, err);
    out->rows = t->rows;
  }
  fit_triangle_free(&prior);
  free(index);
  return status;
}

/* Everything, on one thread of a parallel region, the others taking the tasks. */
static lisi_status run(job *j, lisi_error *err) {
  const fit_system *sys = j->sys;
  fit_solution *s = j->out;
  const size_t n = (size_t)sys->ncolumns;
  fit_triangle total = {0}, rest = {0}, scaled = {0};
  fit_free zeros = {0};
  fit_ridge ridge = {0};
  fit_ard_result ard = {0};
  double effective = 0, beta = 0;
  lisi_status status = fit_triangle_make(sys->nfree + sys->ncolumns, &total, err);
  for (int f = 0; f < sys->nparts && status == LISI_OK; f++)
    status = fit_triangle_merge(&total, &sys->part[f], err);
  if (status == LISI_OK && total.rows == 0)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "no energies, forces or virials to fit (all weights zero, or the data have none)");
  for (size_t k = 0; k < n && status == LISI_OK; k++) {
    const double norm2 = fit_triangle_norm2(&total, sys->nfree + (int)k);
    j->scale[k] = norm2 > 0 ? 1 / (sys->gamma[k] * sqrt(norm2 / (double)total.rows)) : 0;
  }
  if (status == LISI_OK)
    status = fit_free_eliminate(&total, sys->nfree, &rest, &zeros, err);
  fit_triangle_free(&total);
  if (status == LISI_OK)
    status = fit_triangle_copy(&rest, &scaled, err);
  if (status == LISI_OK) {
    scale_columns(j->scale, &scaled);
    lisi_error own = {0};
    lisi_status other = LISI_OK;
#pragma omp task shared(own, other, ridge, scaled)
    other = ridge_of(&scaled, &ridge, &own);
    if (j->prior->choice == FIT_RIDGE_CV)
      status = by_validation(j, rest.rows, err);
#pragma omp taskwait
    if (other != LISI_OK)
      status = lisi_fail(err, other, "%s", own.message);
  }
  const long rows = rest.rows - zeros.rank; /* as many of them fix the energy zeros */
  if (status == LISI_OK && j->prior->choice == FIT_RIDGE_EVIDENCE)
    status = by_evidence(j, &ridge, &scaled, rows, s->coefficient, err);
  else if (status == LISI_OK && j->prior->choice == FIT_RIDGE_GIVEN)
    s->ridge = j->prior->ridge;
  const double mu = s->ridge * sqrt((double)rest.rows);
  if (status == LISI_OK && mu > 0)
    status = fit_ridge_evidence(&ridge, rows, beyond(&scaled), mu, s->coefficient, &s->evidence, &beta, err);
  else if (status == LISI_OK && j->prior->ard)
    status = lisi_fail(err, LISI_ERR_INPUT, "relevance determination needs a ridge above 0 to start from");
  else if (status == LISI_OK)
    status = fit_ridge_solve(&ridge, 0, s->coefficient, NULL, NULL, err);
  if (status == LISI_OK)
    status = fit_ridge_effective(&ridge, mu, &effective, err);
  fit_ridge_free(&ridge);
  j->noise = beta;
  for (size_t k = 0; k < n; k++)
    s->stiffness[k] = j->scale[k] > 0 ? mu / j->scale[k] : 0;
  if (status == LISI_OK && j->prior->ard) {
    status = relevance(j, &scaled, s->coefficient, &ard, err);
    for (size_t k = 0; k < n && status == LISI_OK; k++)
      s->stiffness[k] = !(j->scale[k] > 0)    ? 0
                        : isinf(ard.alpha[k]) ? INFINITY
                                              : sqrt(ard.alpha[k] / ard.beta) / j->scale[k];
    s->evidence = ard.evidence;
    beta = ard.beta;
    effective = ard.number;
    s->nkept = ard.nkept;
    s->rounds = ard.rounds;
    s->converged = ard.converged;
  }
  fit_triangle_free(&scaled);
  free(ard.alpha);
  if (status == LISI_OK) {
    for (size_t k = 0; k < n; k++) {
      s->coefficient[k] *= j->scale[k];
      if (!isfinite(s->coefficient[k]))
        status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: a coefficient is not finite");
    }
    fit_free_solve(&zeros, s->coefficient, s->free);
    s->free_rank = zeros.rank;
    s->rank = (int)lround(effective);
    s->noise = beta > 0 ? sqrt(1 / beta) : 0;
  }
  if (status == LISI_OK)
    status = add_prior(&rest, s->stiffness, &s->information, err);
  fit_triangle_free(&rest);
  fit_free_clear(&zeros);
  if (status == LISI_OK && j->prior->validate && (!s->heldout || j->prior->ard)) {
    all_folds(j, 1, &s->ridge);
    status = j->status == LISI_OK ? keep_heldout(j, 0, err) : j->status;
  } else if (j->prior->ard) { /* what there is belongs to a ridge */
    free(s->heldout);
    s->heldout = NULL;
  }
  return status;
}

lisi_status fit_solve(const fit_system *sys, const fit_prior *prior, fit_solution *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  const size_t n = (size_t)sys->ncolumns;
  lisi_error own = {0}; /* of the tasks; run has its own way to `err` */
  job j = {.sys = sys, .prior = prior, .out = out, .err = &own};
  j.scale = calloc(n, sizeof *j.scale);
  out->choice = prior->choice;
  out->coefficient = calloc(n, sizeof *out->coefficient);
  out->stiffness = calloc(n, sizeof *out->stiffness);
  out->free = calloc((size_t)sys->nfree + 1, sizeof *out->free);
  lisi_status status = j.scale && out->coefficient && out->stiffness && out->free
                           ? LISI_OK
                           : lisi_no_memory(err, n * sizeof *out->coefficient);
  if (status == LISI_OK) {
#pragma omp parallel
#pragma omp single
    status = run(&j, err);
  }
  if (j.status != LISI_OK)
    status = lisi_fail(err, j.status, "%s", own.message);
  free(j.scale);
  free(j.loss);
  free(j.c);
  if (status != LISI_OK)
    fit_solution_free(out);
  return status;
}

void fit_solution_free(fit_solution *s) {
  free(s->coefficient);
  free(s->free);
  free(s->heldout);
  free(s->heldout_free);
  free(s->stiffness);
  fit_triangle_free(&s->information);
  memset(s, 0, sizeof *s);
}

lisi_status fit_offsets(fit_basis *b, const xyz_set *const *set, const int *const *mu, const bool *skip, int nsets,
                        lisi_error *err) {
  int rows = 0, n = b->nelements, rank, at = 0;
  for (int s = 0; s < nsets; s++)
    rows += set[s]->nframes;
  int lead = rows > n ? rows : n;
  double *a = calloc((size_t)lead * (size_t)n, sizeof *a), *y = calloc((size_t)lead, sizeof *y),
         *sv = malloc((size_t)n * sizeof *sv);
  lisi_status status = a && y && sv ? LISI_OK : lisi_no_memory(err, (size_t)lead * sizeof *a);
  for (int s = 0; s < nsets && status == LISI_OK; s++)
    for (int k = 0; k < set[s]->nframes; k++) {
      const xyz_frame *f = &set[s]->frame[k];
      if (!f->has_energy || (skip && skip[s]))
        continue;
      for (int i = 0; i < f->natoms; i++)
        a[(size_t)mu[s][f->species[i]] * (size_t)lead + (size_t)at] += 1.0 / f->natoms;
      y[at++] = f->energy / f->natoms;
    }
  if (status == LISI_OK && at == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "E0: fit needs energies, and no frame has one");
  if (status == LISI_OK && LAPACKE_dgelsd(LAPACK_COL_MAJOR, at, n, 1, a, lead, y, lead, sv, 1e-10, &rank) != 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "E0: least squares failed");
  if (status == LISI_OK)
    memcpy(b->E0, y, (size_t)n * sizeof *y);
  free(a);
  free(y);
  free(sv);
  return status;
}
