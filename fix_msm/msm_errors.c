/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The intervals of a model: its counts are resampled by time block and by group of walkers, the model is made again
 * each time, and the wider of the two percentile intervals is kept for each quantity. */
#include "bootstrap.h"
#include "msm_internal.h"
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Quantities: 9 of D, D_iso, D_all_iso, then the time scales. */
enum { Q_D = 0, Q_ISO = 9, Q_ALL = 10, Q_TIMES = 11 };

typedef struct {
  double time;
  bool negative; /* of a negative eigenvalue */
} resampled_time;

static int falling(const void *a, const void *b) {
  const double x = ((const resampled_time *)a)->time, y = ((const resampled_time *)b)->time;
  return x > y ? -1 : x < y;
}

/* The slowest n times of a resample. An interval has to be one of the signed eigenvalue: where noise takes it through
 * zero, its modulus would keep every resample away from zero and make a slow process of it. So a time counts as 0 in a
 * resample where the sign is not that of the model's own eigenvalue, negative[n]. */
static lisi_status times_of(const set_estimate *e, double lag, int n, const bool *negative, double *times,
                            lisi_error *err) {
  const size_t N = (size_t)e->n;
  if (e->sparse) {
    double gap[MSM_SLOW_MODES];
    int found;
    const lisi_status status = sparse_flux_modes(&e->flux, n, &found, gap, NULL, err);
    for (int k = 0; k < found && status == LISI_OK; k++)
      times[k] = (gap[k] > 1.0) == negative[k] ? spectrum_timescale_gap(gap[k], lag) : 0.0;
    return status;
  }
  double *re = malloc(N * sizeof *re), *im = malloc(N * sizeof *im), *P = malloc(N * N * sizeof *P);
  resampled_time *mode = malloc(N * sizeof *mode);
  lisi_status status = (!re || !im || !P || !mode) ? lisi_no_memory(err, N * N * sizeof *P) : LISI_OK;
  if (status == LISI_OK && e->balanced) {
    memcpy(P, e->X, N * N * sizeof *P); /* rounding asymmetry does not matter: the upper triangle is taken */
    status = spectrum_reversible(e->n, P, e->pi, re, NULL, err);
    for (size_t k = 0; k < N && status == LISI_OK; k++)
      mode[k] = (resampled_time){spectrum_timescale_gap(re[k], lag), re[k] > 1.0}; /* re is 1 - lambda */
  } else if (status == LISI_OK) {
    network_matrix(&e->net, P);
    status = spectrum_general(e->n, P, re, im, err);
    for (size_t k = 0; k < N && status == LISI_OK; k++)
      mode[k] = (resampled_time){spectrum_timescale(re[k], im[k], lag), re[k] < 0.0 && im[k] == 0.0};
  }
  if (status == LISI_OK) {
    if (N > 1)
      qsort(mode + 1, N - 1, sizeof *mode, falling);
    for (int k = 0; k < n && k + 1 < e->n; k++)
      times[k] = mode[k + 1].negative == negative[k] ? mode[k + 1].time : 0.0;
  }
  free(mode);
  free(re);
  free(im);
  free(P);
  return status;
}

/* The quantities of one resample; the states of the model's kept set are marked in `kept`. */
static lisi_status resample(const state_space *space, const count_table *table, const bool *kept,
                            const msm_options *options, const msm_model *m, double *value, lisi_error *err) {
  components sets;
  lisi_status status = components_find(table, &sets, err);
  if (status != LISI_OK)
    return status;
  const double total = count_table_sum(table);
  double share = 0.0, all = 0.0, D[9] = {0};
  bool first = true;
  for (int s = 0; s < sets.n && status == LISI_OK; s++) {
    set_estimate e;
    transport tr;
    status = set_estimate_make(space, table, &sets, s, m->lag, options, &e, err);
    if (status != LISI_OK)
      break;
    const bool inside = kept[e.state[0]]; /* a resample's sets lie within those of the whole */
    if (inside && first) {
      first = false;
      status = times_of(&e, m->lag, m->nci, m->negative, value + Q_TIMES, err);
    }
    if (status == LISI_OK && space->geometry && sets.starts[s] > 0.0) {
      status = set_estimate_transport(&e, &tr, err);
      if (status == LISI_OK) {
        all += sets.starts[s] / total * (tr.D[0][0] + tr.D[1][1] + tr.D[2][2]) / 3.0;
        for (int k = 0; k < 9 && inside; k++)
          D[k] += sets.starts[s] * tr.D[k / 3][k % 3];
        transport_free(&tr);
      }
    }
    if (inside)
      share += sets.starts[s];
    set_estimate_free(&e);
  }
  components_free(&sets);
  if (status != LISI_OK)
    return status;
  for (int k = 0; k < 9; k++)
    value[Q_D + k] = share > 0.0 ? D[k] / share : NAN;
  value[Q_ISO] = (value[Q_D] + value[Q_D + 4] + value[Q_D + 8]) / 3.0;
  value[Q_ALL] = all;
  return LISI_OK;
}

static void widen(double lo, double hi, double *best_lo, double *best_hi, bool *taken) {
  const bool have = !isnan(*best_lo);
  *taken = !isnan(lo) && (!have || hi - lo > *best_hi - *best_lo);
  if (*taken) {
    *best_lo = lo;
    *best_hi = hi;
  }
}

/* What the noise of the counts does to an estimate on average, it does once more to a resample: noise in the rows looks
 * like traps and lowers D, by several standard errors where there are hundreds of states. The shift of the resamples'
 * median from the estimate measures it; the interval is moved back by that shift twice (once for the resamples, once
 * for the estimate), as a factor where the quantity is positive. */
static void undo_bias(const msm_model *m, int q, double median, double *lo, double *hi) {
  double value = m->D_iso;
  if (q < Q_ISO)
    value = m->tr.D[q / 3][q % 3];
  else if (q == Q_ALL)
    value = m->D_all_iso;
  else if (q >= Q_TIMES)
    value = m->timescale[q - Q_TIMES];
  if (!isfinite(value) || !isfinite(median) || isnan(*lo))
    return;
  const bool off_diagonal = q < Q_ISO && q / 3 != q % 3;
  if (off_diagonal) {
    *lo += 2.0 * (value - median);
    *hi += 2.0 * (value - median);
  } else if (value > 0.0 && median > 0.0) {
    const double factor = fmin(fmax(value / median, 0.5), 2.0);
    *lo *= factor * factor;
    *hi *= factor * factor;
  }
}

lisi_status msm_errors(const state_space *space, const lag_counts *counts, const msm_options *options, msm_model *m,
                       lisi_error *err) {
  const int nboot = options->bootstrap;
  const double level = options->level > 0.0 && options->level < 1.0 ? options->level : 0.95;
  m->nci = m->ntimescales;
  const int nq = Q_TIMES + m->nci;
  const size_t Q = (size_t)nq, B = (size_t)nboot;
  const count_table *kind[2] = {&counts->blocks, &counts->groups};
  static const char *const kind_name[2] = {"time blocks", "walkers"};
  const int most = (int)(counts->blocks.nparts > counts->groups.nparts ? counts->blocks.nparts : counts->groups.nparts);
  double *weight = calloc((size_t)most + 1, sizeof *weight), *sample = malloc(Q * B * sizeof *sample),
         *value = malloc(Q * sizeof *value);
  double *lo = malloc(Q * sizeof *lo), *hi = malloc(Q * sizeof *hi);
  bool *kept = calloc((size_t)space->n, sizeof *kept);
  m->timescale_lo = malloc(((size_t)m->nci + 1) * sizeof(double));
  m->timescale_hi = malloc(((size_t)m->nci + 1) * sizeof(double));
  lisi_status status = LISI_OK;
  if (!weight || !sample || !value || !lo || !hi || !kept || !m->timescale_lo || !m->timescale_hi) {
    status = lisi_no_memory(err, Q * B * sizeof *sample);
    goto done;
  }
  for (int k = 0; k < m->n; k++)
    kept[m->state[k]] = true;
  for (int q = 0; q < nq; q++)
    lo[q] = hi[q] = NAN;
  for (int w = 0; w < 2 && status == LISI_OK; w++) {
    if (kind[w]->nparts < 2)
      continue;
    const double expanded = bootstrap_expanded_level(level, kind[w]->nparts);
    lisi_rng rng;
    lisi_rng_seed(&rng, options->seed + (uint64_t)w);
    int good = 0;
    for (int b = 0; b < nboot && status == LISI_OK; b++) {
      if (options->interrupted != NULL && options->interrupted()) {
        status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
        break;
      }
      bootstrap_weights(&rng, kind[w]->nparts, weight);
      count_table table;
      lisi_error local = {0};
      status = count_table_collapse(kind[w], weight, &table, err);
      if (status != LISI_OK)
        break;
      for (int q = 0; q < nq; q++)
        value[q] = NAN;
      const lisi_status fit = table.n > 0 ? resample(space, &table, kept, options, m, value, &local) : LISI_ERR_NUMERIC;
      count_table_free(&table);
      if (fit == LISI_ERR_NOMEM)
        status = lisi_fail(err, fit, "%s", local.message);
      if (fit != LISI_OK) {
        for (int q = 0; q < nq; q++)
          value[q] = NAN;
      } else {
        good++;
      }
      for (int q = 0; q < nq; q++)
        sample[(size_t)q * B + (size_t)b] = value[q];
      if (options->progress != NULL)
        options->progress(options->progress_context, (double)(w * nboot + b + 1), 2.0 * nboot);
    }
    if (status != LISI_OK)
      break;
    if (good > m->nboot)
      m->nboot = good;
    for (int q = 0; q < nq; q++) {
      double l, h;
      bool taken;
      bootstrap_percentiles(nboot, sample + (size_t)q * B, expanded, &l, &h);
      double median, same;
      bootstrap_percentiles(nboot, sample + (size_t)q * B, 0.0, &median, &same);
      undo_bias(m, q, median, &l, &h);
      widen(l, h, &lo[q], &hi[q], &taken);
      if (taken && q == Q_ISO)
        m->ci_from = kind_name[w];
      if (taken)
        m->has_ci = true;
    }
  }
  if (status != LISI_OK)
    goto done;
  /* No displacement has a negative variance; what is below zero is rounding. */
  for (int q = 0; q < Q_TIMES; q++)
    if ((q >= Q_ISO || q / 3 == q % 3) && lo[q] < 0.0)
      lo[q] = 0.0;
  for (int k = 0; k < 9; k++) {
    m->D_lo[k / 3][k % 3] = lo[Q_D + k];
    m->D_hi[k / 3][k % 3] = hi[Q_D + k];
  }
  m->D_iso_lo = lo[Q_ISO];
  m->D_iso_hi = hi[Q_ISO];
  m->D_all_iso_lo = lo[Q_ALL];
  m->D_all_iso_hi = hi[Q_ALL];
  for (int k = 0; k < m->nci; k++) {
    m->timescale_lo[k] = lo[Q_TIMES + k];
    m->timescale_hi[k] = hi[Q_TIMES + k];
  }
  if (!m->has_ci)
    m->nci = 0;
done:
  free(weight);
  free(sample);
  free(value);
  free(lo);
  free(hi);
  free(kept);
  return status;
}
