/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resample.h"

#include "bootstrap.h"
#include "count_plan.h"
#include "msm_internal.h"
#include "one_thread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lisi_status resample_flux(const state_space *space, const count_table *table, const msm_model *model,
                          const msm_options *options, double *X, double *pi, lisi_error *err) {
  const size_t N = (size_t)model->n;
  msm_options dense = *options; /* X is asked for */
  dense.solver = MSM_DENSE;
  components sets;
  lisi_status status = components_find(table, &sets, err);
  if (status != LISI_OK)
    return status;
  int *local = malloc((size_t)space->n * sizeof *local);
  if (local == NULL)
    status = lisi_no_memory(err, (size_t)space->n * sizeof *local);
  for (int i = 0; i < space->n && local != NULL; i++)
    local[i] = -1;
  for (int k = 0; k < model->n && local != NULL; k++)
    local[model->state[k]] = k;
  memset(X, 0, N * N * sizeof *X);
  memset(pi, 0, N * sizeof *pi);
  double total = 0.0;
  for (int s = 0; s < sets.n && status == LISI_OK; s++) {
    int first = 0;
    while (sets.of[first] != s)
      first++;
    if (local[first] < 0) /* a resample's sets lie within those of the whole */
      continue;
    set_estimate e;
    status = set_estimate_make(space, table, &sets, s, model->lag, &dense, &e, err);
    if (status != LISI_OK)
      break;
    const double share = sets.starts[s];
    total += share;
    for (int a = 0; a < e.n; a++) {
      const size_t i = (size_t)local[e.state[a]];
      pi[i] = share * e.pi[a];
      for (int b = 0; b < e.n; b++)
        X[i * N + (size_t)local[e.state[b]]] = share * e.X[(size_t)a * (size_t)e.n + (size_t)b];
    }
    set_estimate_free(&e);
  }
  for (size_t k = 0; k < N * N && total > 0.0; k++)
    X[k] /= total;
  for (size_t k = 0; k < N && total > 0.0; k++)
    pi[k] /= total;
  free(local);
  components_free(&sets);
  return status;
}

/* Noise of the counts shifts a resample as it has shifted the estimate: taken off twice, as a factor (msm_errors.c). */
static void undo_bias(double value, double median, double *lo, double *hi) {
  if (!isfinite(value) || !isfinite(median) || !(value > 0.0) || !(median > 0.0))
    return;
  const double factor = fmin(fmax(value / median, 0.5), 2.0);
  *lo *= factor * factor;
  *hi *= factor * factor;
}

/* The model's set drawn from its posterior. */
static lisi_status posterior_flux(set_samplers *sets, const msm_model *model, double *X, double *pi, lisi_error *err) {
  set_estimate e;
  const lisi_status status = model_sampler_draw(sets->sampler[sets->sets.of[model->state[0]]], &e, err);
  if (status != LISI_OK)
    return status;
  const size_t N = (size_t)e.n;
  memcpy(X, e.X, N * N * sizeof *X);
  memcpy(pi, e.pi, N * sizeof *pi);
  set_estimate_free(&e);
  return LISI_OK;
}

typedef struct {
  const state_space *space;
  const lag_counts *counts;
  const msm_options *options;
  const msm_model *model;
  int nq;
  resample_function function;
  void *context;
  double *X, *pi, *one, *sample, *weight; /* sample[q][b] */
  double done, kinds;                     /* for progress */
} work;

/* What resample b tells, from its flux when `fit` is fine. Only a lack of memory ends the run. */
static lisi_status keep(work *w, int b, lisi_status fit, lisi_error *local, lisi_error *err) {
  const msm_options *o = w->options;
  if (fit == LISI_OK)
    fit = w->function(w->context, w->model->n, w->X, w->pi, w->one, local);
  if (fit == LISI_ERR_NOMEM)
    return lisi_fail(err, fit, "%s", local->message);
  for (size_t q = 0; q < (size_t)w->nq; q++) /* a resample without a model tells nothing */
    w->sample[q * (size_t)o->bootstrap + (size_t)b] = fit == LISI_OK ? w->one[q] : NAN;
  if (o->progress != NULL)
    o->progress(o->progress_context, w->done * o->bootstrap + b + 1, w->kinds * o->bootstrap);
  return o->interrupted != NULL && o->interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted") : LISI_OK;
}

static lisi_status parts(work *w, const count_table *kind, int stream, lisi_error *err) {
  lisi_rng rng;
  lisi_rng_stream(&rng, w->options->seed, (uint64_t)stream);
  count_plan plan;
  lisi_status status = count_plan_make(kind, &plan, err);
  for (int b = 0; b < w->options->bootstrap && status == LISI_OK; b++) {
    bootstrap_weights(&rng, kind->nparts, w->weight);
    count_table table;
    lisi_error local = {0};
    status = count_plan_collapse(&plan, w->weight, &table, err);
    if (status != LISI_OK)
      break;
    const lisi_status fit =
        table.n > 0 ? resample_flux(w->space, &table, w->model, w->options, w->X, w->pi, &local) : LISI_ERR_NUMERIC;
    count_table_free(&table);
    status = keep(w, b, fit, &local, err);
  }
  count_plan_free(&plan);
  return status;
}

static lisi_status posterior_samples(work *w, lisi_error *err) {
  set_samplers sets;
  lisi_status status = set_samplers_new(w->space, w->counts, w->model, w->options, &sets, err);
  for (int b = 0; b < w->options->bootstrap && status == LISI_OK; b++) {
    lisi_error local = {0};
    const lisi_status fit = posterior_flux(&sets, w->model, w->X, w->pi, &local);
    status = keep(w, b, fit, &local, err);
  }
  set_samplers_free(&sets);
  return status;
}

static void widen(const work *w, double level, const double *value, double *lo, double *hi) {
  const int B = w->options->bootstrap;
  for (int q = 0; q < w->nq; q++) {
    double l, h, median, same, *sample = w->sample + (size_t)q * (size_t)B;
    bootstrap_percentiles(B, sample, level, &l, &h);
    bootstrap_percentiles(B, sample, 0.0, &median, &same);
    undo_bias(value[q], median, &l, &h);
    if (isnan(l))
      continue;
    lo[q] = isnan(lo[q]) ? l : fmin(lo[q], l);
    hi[q] = isnan(hi[q]) ? h : fmax(hi[q], h);
  }
}

lisi_status resample_intervals(const state_space *space, const lag_counts *counts, const msm_options *options,
                               const msm_model *model, int nq, const double *value, resample_function function,
                               void *context, double *lo, double *hi, lisi_error *err) {
  const double level = options->level > 0.0 && options->level < 1.0 ? options->level : 0.95;
  const count_table *kind[2] = {&counts->blocks, &counts->groups};
  const bool boot = options->errors != MSM_ERRORS_BAYES, posterior = options->errors != MSM_ERRORS_BOOTSTRAP;
  const int most = kind[0]->nparts > kind[1]->nparts ? kind[0]->nparts : kind[1]->nparts;
  const size_t N = (size_t)model->n, Q = (size_t)nq, B = (size_t)options->bootstrap;
  for (int q = 0; q < nq; q++)
    lo[q] = hi[q] = NAN;
  if (options->bootstrap <= 0)
    return LISI_OK;
  work w = {space, counts, options, model, nq, function, context, .kinds = 2.0 * boot + posterior};
  w.weight = malloc(((size_t)most + 1) * sizeof *w.weight);
  w.sample = malloc((Q * B + 1) * sizeof *w.sample);
  w.one = malloc((Q + 1) * sizeof *w.one);
  w.X = malloc(N * N * sizeof *w.X);
  w.pi = malloc(N * sizeof *w.pi);
  const int threads = one_thread_if_small(space->n);
  lisi_status status = LISI_OK;
  if (!w.weight || !w.sample || !w.one || !w.X || !w.pi)
    status = lisi_no_memory(err, (N * N + Q * B) * sizeof *w.X);
  for (int k = 0; k < 2 && boot && status == LISI_OK; k++) {
    if (kind[k]->nparts < 2)
      continue;
    w.done = k;
    status = parts(&w, kind[k], k, err);
    if (status == LISI_OK)
      widen(&w, bootstrap_expanded_level(level, kind[k]->nparts), value, lo, hi);
  }
  if (status == LISI_OK && posterior) {
    w.done = 2.0 * boot;
    status = posterior_samples(&w, err);
    if (status == LISI_OK)
      widen(&w, level, value, lo, hi);
  }
  one_thread_if_small_end(threads);
  free(w.weight);
  free(w.sample);
  free(w.one);
  free(w.X);
  free(w.pi);
  return status;
}
