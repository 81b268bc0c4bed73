/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resample.h"

#include "bootstrap.h"
#include "msm_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lisi_status resample_flux(const state_space *space, const count_table *table, const msm_model *model,
                          const msm_options *options, double *X, double *pi, lisi_error *err) {
  const size_t N = (size_t)model->n;
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
    status = set_estimate_make(space, table, &sets, s, model->lag, options, &e, err);
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

lisi_status resample_intervals(const state_space *space, const lag_counts *counts, const msm_options *options,
                               const msm_model *model, int nq, const double *value, resample_function function,
                               void *context, double *lo, double *hi, lisi_error *err) {
  const double level = options->level > 0.0 && options->level < 1.0 ? options->level : 0.95;
  const count_table *kind[2] = {&counts->blocks, &counts->groups};
  const int nboot = options->bootstrap, most = kind[0]->nparts > kind[1]->nparts ? kind[0]->nparts : kind[1]->nparts;
  const size_t N = (size_t)model->n, Q = (size_t)nq, B = (size_t)nboot;
  double *weight = malloc(((size_t)most + 1) * sizeof *weight), *sample = malloc((Q * B + 1) * sizeof *sample),
         *one = malloc((Q + 1) * sizeof *one), *X = malloc(N * N * sizeof *X), *pi = malloc(N * sizeof *pi);
  lisi_status status = LISI_OK;
  if (!weight || !sample || !one || !X || !pi)
    status = lisi_no_memory(err, (N * N + Q * B) * sizeof *X);
  for (int q = 0; q < nq; q++)
    lo[q] = hi[q] = NAN;
  for (int w = 0; w < 2 && status == LISI_OK && nboot > 0; w++) {
    if (kind[w]->nparts < 2)
      continue;
    const double expanded = bootstrap_expanded_level(level, kind[w]->nparts);
    lisi_rng rng;
    lisi_rng_seed(&rng, options->seed + (uint64_t)w);
    for (int b = 0; b < nboot && status == LISI_OK; b++) {
      if (options->interrupted != NULL && options->interrupted()) {
        status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
        break;
      }
      bootstrap_weights(&rng, kind[w]->nparts, weight);
      count_table table;
      status = count_table_collapse(kind[w], weight, &table, err);
      if (status != LISI_OK)
        break;
      lisi_error local = {0};
      lisi_status fit = table.n > 0 ? resample_flux(space, &table, model, options, X, pi, &local) : LISI_ERR_NUMERIC;
      count_table_free(&table);
      if (fit == LISI_OK)
        fit = function(context, model->n, X, pi, one, &local);
      if (fit == LISI_ERR_NOMEM)
        status = lisi_fail(err, fit, "%s", local.message);
      for (size_t q = 0; q < Q; q++)
        sample[q * B + (size_t)b] = fit == LISI_OK ? one[q] : NAN; /* a resample without a model tells nothing */
      if (options->progress != NULL)
        options->progress(options->progress_context, (double)(w * nboot + b + 1), 2.0 * nboot);
    }
    for (size_t q = 0; q < Q && status == LISI_OK; q++) {
      double l, h, median, same;
      bootstrap_percentiles(nboot, sample + q * B, expanded, &l, &h);
      bootstrap_percentiles(nboot, sample + q * B, 0.0, &median, &same);
      undo_bias(value[q], median, &l, &h);
      if (!isnan(l) && (isnan(lo[q]) || h - l > hi[q] - lo[q])) {
        lo[q] = l;
        hi[q] = h;
      }
    }
  }
  free(weight);
  free(sample);
  free(one);
  free(X);
  free(pi);
  return status;
}
