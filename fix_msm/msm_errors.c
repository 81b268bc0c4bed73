/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The intervals of a model: its counts are resampled by time block and by group of walkers, or matrices are drawn from
 * the posterior of its effective counts; the model's numbers are computed each time, and the interval of a quantity
 * is the one that holds the percentile intervals of all kinds. */
#include "bootstrap.h"
#include "count_plan.h"
#include "msm_internal.h"
#include "posterior.h"
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Quantities: 9 of D, 9 of D_all, D_iso, D_all_iso; then the time scales, the stationary distribution, the MSD of all
 * sets and that of the kept one. */
enum { Q_D = MSM_Q_D, Q_D_ALL = MSM_Q_D_ALL, Q_ISO = MSM_Q_ISO, Q_ALL = MSM_Q_ALL, Q_TIMES = MSM_Q_TIMES };

const char *msm_error_source_name(msm_error_source source) {
  switch (source) {
  case MSM_ERRORS_BOOTSTRAP:
    return "bootstrap";
  case MSM_ERRORS_BAYES:
    return "bayes";
  case MSM_ERRORS_BOTH:
    return "both";
  }
  return "unknown";
}

typedef struct {
  const msm_model *m;
  int nmsd, pi, msd, nq;
  const double *msd_n;
  int *local;    /* [nstates] place among the kept states, or -1 */
  double *share; /* [nstates] of the set that a state belongs to, in the model */
} layout;

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
 * resample where the sign is not that of the model's own eigenvalue, negative[n]. tr has the spectrum of a balanced
 * estimate. */
static lisi_status times_of(const set_estimate *e, const transport *tr, double lag, int n, const bool *negative,
                            double *times, lisi_error *err) {
  const size_t N = (size_t)e->n;
  if (e->sparse) {
    double gap[MSM_SLOW_MODES];
    int found;
    const lisi_status status = sparse_flux_modes(&e->flux, n, &found, gap, NULL, err);
    for (int k = 0; k < found && status == LISI_OK; k++)
      times[k] = (gap[k] > 1.0) == negative[k] ? spectrum_timescale_gap(gap[k], lag) : 0.0;
    return status;
  }
  double *re = malloc(N * sizeof *re), *im = malloc(N * sizeof *im);
  resampled_time *mode = malloc(N * sizeof *mode);
  lisi_status status = (!re || !im || !mode) ? lisi_no_memory(err, 4 * N * sizeof *re) : LISI_OK;
  if (status == LISI_OK && e->balanced) {
    for (size_t k = 0; k < N; k++)
      mode[k] = (resampled_time){spectrum_timescale_gap(tr->gap[k], lag), tr->gap[k] > 1.0}; /* lambda is 1 - gap */
  } else if (status == LISI_OK) {
    status = spectrum_general(e->n, tr->P, re, im, err);
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
  return status;
}

/* ---- the quantities of one resample ---- */

/* Sums over the sets of a resample; begin, add each set, finish. */
typedef struct {
  const layout *q;
  double *value, inside; /* share of the samples in sets within the kept one */
  bool first;
} summing;

static summing begin(const layout *q, double *value) {
  for (int k = 0; k < q->nq; k++)
    value[k] = k >= Q_TIMES && k < q->pi ? NAN : 0.0;
  return (summing){q, value, 0.0, true};
}

static void fill_nan(int n, double *value) {
  for (int k = 0; k < n; k++)
    value[k] = NAN;
}

static lisi_status add_set(summing *s, const set_estimate *e, double share, lisi_error *err) {
  const layout *q = s->q;
  const bool inside = q->local[e->state[0]] >= 0; /* a resample's sets lie within those of the whole */
  if (inside) {
    s->inside += share;
    for (int k = 0; k < e->n; k++)
      s->value[q->pi + q->local[e->state[k]]] += share * e->pi[k];
  }
  const bool slowest = inside && s->first;
  if (!(share > 0.0) && !slowest)
    return LISI_OK;
  transport tr;
  lisi_status status = e->sparse ? set_estimate_transport(e, &tr, err)
                                 : transport_solve(&e->net, e->pi, e->balanced, slowest || q->nmsd > 0, &tr, err);
  if (status != LISI_OK)
    return status;
  if (slowest) {
    s->first = false;
    status = times_of(e, &tr, q->m->lag, q->m->nci, q->m->negative, s->value + Q_TIMES, err);
  }
  s->value[Q_ALL] += share * (tr.D[0][0] + tr.D[1][1] + tr.D[2][2]) / 3.0;
  for (int k = 0; k < 9; k++)
    s->value[Q_D_ALL + k] += share * tr.D[k / 3][k % 3];
  for (int k = 0; k < 9 && inside; k++)
    s->value[Q_D + k] += share * tr.D[k / 3][k % 3];
  if (q->nmsd > 0 && status == LISI_OK) {
    double *msd = malloc((size_t)q->nmsd * sizeof *msd);
    if (msd == NULL)
      status = lisi_no_memory(err, (size_t)q->nmsd * sizeof *msd);
    else if (e->sparse) /* too many states for the spectrum of every resample */
      fill_nan(q->nmsd, msd);
    else
      transport_msd_traces(&tr, q->nmsd, q->msd_n, msd);
    for (int k = 0; k < q->nmsd && msd != NULL; k++) {
      s->value[q->msd + k] += share * msd[k];
      if (inside)
        s->value[q->msd + q->nmsd + k] += share * msd[k];
    }
    free(msd);
  }
  transport_free(&tr);
  return status;
}

static void finish(summing *s) {
  const layout *q = s->q;
  const double norm = s->inside > 0.0 ? 1.0 / s->inside : NAN;
  for (int k = 0; k < 9; k++)
    s->value[Q_D + k] *= norm;
  s->value[Q_ISO] = (s->value[Q_D] + s->value[Q_D + 4] + s->value[Q_D + 8]) / 3.0;
  for (int k = 0; k < q->m->n; k++)
    s->value[q->pi + k] *= norm;
  for (int k = 0; k < q->nmsd; k++)
    s->value[q->msd + q->nmsd + k] *= norm;
}

/* From resampled counts, one part. */
static lisi_status of_counts(const layout *q, const state_space *space, const count_table *table,
                             const msm_options *options, double *value, lisi_error *err) {
  components sets;
  lisi_status status = components_find(table, &sets, err);
  if (status != LISI_OK)
    return status;
  const double total = count_table_sum(table);
  summing s = begin(q, value);
  for (int k = 0; k < sets.n && status == LISI_OK; k++) {
    set_estimate e;
    status = set_estimate_make(space, table, &sets, k, q->m->lag, options, &e, err);
    if (status == LISI_OK) {
      status = add_set(&s, &e, sets.starts[k] / total, err);
      set_estimate_free(&e);
    }
  }
  components_free(&sets);
  finish(&s);
  return status;
}

/* From one draw of every set; the sets keep their shares of the samples. */
static lisi_status of_posterior(const layout *q, set_samplers *sets, double *value, lisi_error *err) {
  lisi_status status = LISI_OK;
  summing s = begin(q, value);
  for (int k = 0; k < sets->sets.n && status == LISI_OK; k++) {
    if (sets->sampler[k] == NULL)
      continue;
    set_estimate e;
    status = model_sampler_draw(sets->sampler[k], &e, err);
    if (status == LISI_OK) {
      status = add_set(&s, &e, q->share[e.state[0]], err);
      set_estimate_free(&e);
    }
  }
  finish(&s);
  return status;
}

/* ---- intervals ---- */

/* Both kinds of interval are kept inside: the wider one alone may lie askew, as that of few walkers does, which loses
 * states with every walker that is not drawn. taken: this one is the wider. */
static void widen(double lo, double hi, double *best_lo, double *best_hi, bool *taken) {
  const bool have = !isnan(*best_lo);
  *taken = !isnan(lo) && (!have || hi - lo > *best_hi - *best_lo);
  if (isnan(lo))
    return;
  *best_lo = have ? fmin(*best_lo, lo) : lo;
  *best_hi = have ? fmax(*best_hi, hi) : hi;
}

/* The model's own value of a quantity; NaN for those whose interval is left where it is. */
static double own_value(const layout *q, int k) {
  const msm_model *m = q->m;
  if (k < Q_D_ALL)
    return m->tr.D[k / 3][k % 3];
  if (k < Q_ISO)
    return m->D_all[(k - Q_D_ALL) / 3][(k - Q_D_ALL) % 3];
  if (k == Q_ISO)
    return m->D_iso;
  if (k == Q_ALL)
    return m->D_all_iso;
  if (k < q->pi)
    return m->timescale[k - Q_TIMES];
  if (k < q->msd)
    return NAN;
  k -= q->msd;
  return k < q->nmsd ? msm_msd_all(m, q->msd_n[k]) : msm_msd(m, q->msd_n[k - q->nmsd]);
}

/* One of the off-diagonal elements of D or D_all, which may be negative. */
static bool off_diagonal(int k) {
  return k < Q_ISO && k % 9 / 3 != k % 3;
}

/* What the noise of the counts does to an estimate on average, it does once more to a resample: noise in the rows looks
 * like traps and lowers D, by several standard errors where there are hundreds of states. The shift of the resamples'
 * median from the estimate measures it; the interval is moved back by that shift twice (once for the resamples, once
 * for the estimate), as a factor where the quantity is positive. */
static void undo_bias(bool any_sign, double value, double median, double *lo, double *hi) {
  if (!isfinite(value) || !isfinite(median) || isnan(*lo))
    return;
  if (any_sign) {
    *lo += 2.0 * (value - median);
    *hi += 2.0 * (value - median);
  } else if (value > 0.0 && median > 0.0) {
    const double factor = fmin(fmax(value / median, 0.5), 2.0);
    *lo *= factor * factor;
    *hi *= factor * factor;
  }
}

/* What the resamples gave, before percentiles sort it: comparisons of several lags need them draw by draw. */
static lisi_status keep_replicates(msm_model *m, int kind, int nparts, int nq, int nboot, const double *sample,
                                   lisi_error *err) {
  const size_t size = (size_t)nq * (size_t)nboot;
  m->replicate[kind] = malloc((size + 1) * sizeof *m->replicate[kind]);
  if (m->replicate[kind] == NULL)
    return lisi_no_memory(err, size * sizeof *m->replicate[kind]);
  memcpy(m->replicate[kind], sample, size * sizeof *sample);
  m->nreplicates = nboot;
  m->nparts[kind] = nparts;
  return LISI_OK;
}

/* What the intervals are made of: sample[q][b]. */
typedef struct {
  layout q;
  int nboot;
  double level, *sample, *own, *lo, *hi;
} work;

static void work_free(work *w) {
  free(w->q.local);
  free(w->q.share);
  free(w->sample);
  free(w->own);
  free(w->lo);
  free(w->hi);
}

static lisi_status work_new(const state_space *space, const msm_options *options, msm_model *m, work *w,
                            lisi_error *err) {
  memset(w, 0, sizeof *w);
  w->nboot = options->bootstrap;
  w->level = options->level > 0.0 && options->level < 1.0 ? options->level : 0.95;
  m->nci = m->ntimescales;
  layout *q = &w->q;
  q->m = m;
  q->nmsd = m->geometry ? options->nmsd : 0;
  q->msd_n = options->msd_n;
  q->pi = Q_TIMES + m->nci;
  q->msd = q->pi + m->n;
  q->nq = q->msd + 2 * q->nmsd;
  const size_t Q = (size_t)q->nq, B = (size_t)w->nboot, N = (size_t)space->n;
  q->local = malloc(N * sizeof *q->local);
  q->share = calloc(N, sizeof *q->share);
  w->sample = malloc(Q * B * sizeof *w->sample);
  w->own = malloc(Q * sizeof *w->own);
  w->lo = malloc(Q * sizeof *w->lo);
  w->hi = malloc(Q * sizeof *w->hi);
  if (!q->local || !q->share || !w->sample || !w->own || !w->lo || !w->hi)
    return lisi_no_memory(err, Q * B * sizeof *w->sample);
  for (size_t i = 0; i < N; i++)
    q->local[i] = -1;
  for (int k = 0; k < m->n; k++)
    q->local[m->state[k]] = k;
  for (int c = 0; c < m->ncomponents; c++)
    for (int k = 0; k < m->component[c].n; k++)
      q->share[m->component[c].state[k]] = m->component[c].share;
  for (int k = 0; k < q->nq; k++) {
    w->own[k] = own_value(q, k);
    w->lo[k] = w->hi[k] = NAN;
  }
  return LISI_OK;
}

/* Keeps value[] as resample b; NaN where there was no model. Only a lack of memory ends the run. */
static lisi_status keep(work *w, int b, const double *value, lisi_status fit, const lisi_error *local, int *good,
                        lisi_error *err) {
  if (fit == LISI_ERR_NOMEM)
    return lisi_fail(err, fit, "%s", local->message);
  for (size_t k = 0; k < (size_t)w->q.nq; k++)
    w->sample[k * (size_t)w->nboot + (size_t)b] = fit == LISI_OK ? value[k] : NAN;
  *good += fit == LISI_OK;
  return LISI_OK;
}

/* The intervals of one kind of resample, beside those before. */
static void take_intervals(work *w, double level, const char *name, msm_model *m) {
  for (int k = 0; k < w->q.nq; k++) {
    double lo, hi, median, same, *sample = w->sample + (size_t)k * (size_t)w->nboot;
    bool taken;
    bootstrap_percentiles(w->nboot, sample, level, &lo, &hi);
    bootstrap_percentiles(w->nboot, sample, 0.0, &median, &same);
    undo_bias(off_diagonal(k), w->own[k], median, &lo, &hi);
    widen(lo, hi, &w->lo[k], &w->hi[k], &taken);
    if (taken && k == Q_ISO)
      m->ci_from = name;
    if (taken)
      m->has_ci = true;
  }
}

static lisi_status tell(const msm_options *options, double done, double total, lisi_error *err) {
  if (options->progress != NULL)
    options->progress(options->progress_context, done, total);
  return options->interrupted != NULL && options->interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted")
                                                                : LISI_OK;
}

static lisi_status bootstrap(const state_space *space, const lag_counts *counts, const msm_options *options,
                             msm_model *m, work *w, double kinds, lisi_error *err) {
  const count_table *kind[2] = {&counts->blocks, &counts->groups};
  static const char *const name[2] = {"time blocks", "walkers"};
  const int most = kind[0]->nparts > kind[1]->nparts ? kind[0]->nparts : kind[1]->nparts;
  double *weight = calloc((size_t)most + 1, sizeof *weight), *value = malloc((size_t)w->q.nq * sizeof *value);
  lisi_status status = !weight || !value ? lisi_no_memory(err, (size_t)w->q.nq * sizeof *value) : LISI_OK;
  for (int p = 0; p < 2 && status == LISI_OK; p++) {
    if (kind[p]->nparts < 2)
      continue;
    lisi_rng rng;
    lisi_rng_stream(&rng, options->seed, (uint64_t)p);
    int good = 0;
    count_plan plan;
    status = count_plan_make(kind[p], &plan, err);
    for (int b = 0; b < w->nboot && status == LISI_OK; b++) {
      count_table table;
      lisi_error local = {0};
      bootstrap_weights(&rng, kind[p]->nparts, weight);
      status = count_plan_collapse(&plan, weight, &table, err);
      if (status != LISI_OK)
        break;
      const lisi_status fit = table.n > 0 ? of_counts(&w->q, space, &table, options, value, &local) : LISI_ERR_NUMERIC;
      count_table_free(&table);
      status = keep(w, b, value, fit, &local, &good, err);
      if (status == LISI_OK)
        status = tell(options, p * w->nboot + b + 1, kinds * w->nboot, err);
    }
    count_plan_free(&plan);
    if (good > m->nboot)
      m->nboot = good;
    if (status == LISI_OK)
      status = keep_replicates(m, p, kind[p]->nparts, w->q.pi, w->nboot, w->sample, err);
    if (status == LISI_OK)
      take_intervals(w, bootstrap_expanded_level(w->level, kind[p]->nparts), name[p], m);
  }
  free(weight);
  free(value);
  return status;
}

/* How many independent samples there are: the fewest among D, the two slowest times and the stationary distribution. */
static double fewest_independent(const work *w) {
  double fewest = w->nboot;
  for (int k = 0; k < w->q.msd; k++) {
    if (k >= Q_TIMES + 2 && k < w->q.pi)
      continue;
    fewest = fmin(fewest, effective_sample_size(w->nboot, w->sample + (size_t)k * (size_t)w->nboot));
  }
  return fewest;
}

static lisi_status bayes(const state_space *space, const lag_counts *counts, const msm_options *options, msm_model *m,
                         work *w, double done, double kinds, lisi_error *err) {
  double *value = malloc((size_t)w->q.nq * sizeof *value);
  set_samplers sets = {0};
  lisi_status status = value == NULL ? lisi_no_memory(err, (size_t)w->q.nq * sizeof *value)
                                     : set_samplers_new(space, counts, m, options, &sets, err);
  for (int b = 0; b < w->nboot && status == LISI_OK; b++) {
    lisi_error local = {0};
    const lisi_status fit = of_posterior(&w->q, &sets, value, &local);
    status = keep(w, b, value, fit, &local, &m->posterior_samples, err);
    if (status == LISI_OK)
      status = tell(options, done * w->nboot + b + 1, kinds * w->nboot, err);
  }
  if (status == LISI_OK) {
    m->posterior_ess = fewest_independent(w);
    m->posterior_acceptance = 1.0;
    for (int k = 0; k < sets.sets.n; k++)
      if (sets.sampler[k] != NULL)
        m->posterior_acceptance = fmin(m->posterior_acceptance, model_sampler_acceptance(sets.sampler[k]));
    take_intervals(w, w->level, "posterior", m);
  }
  set_samplers_free(&sets);
  free(value);
  return status;
}

static lisi_status copy_of(int n, const double *from, double **to, lisi_error *err) {
  *to = malloc(((size_t)n + 1) * sizeof **to);
  if (*to == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof **to);
  memcpy(*to, from, (size_t)n * sizeof **to);
  return LISI_OK;
}

static lisi_status hand_over(const work *w, msm_model *m, lisi_error *err) {
  const layout *q = &w->q;
  /* Times of many fast modes trade places from resample to resample, and what is taken off as bias is itself an
   * estimate: an interval reaches as far as its value. */
  for (int k = 0; k < q->nq; k++)
    if (isfinite(w->own[k]) && !isnan(w->lo[k])) {
      w->lo[k] = fmin(w->lo[k], w->own[k]);
      w->hi[k] = fmax(w->hi[k], w->own[k]);
    }
  /* No displacement has a negative variance; what is below zero is rounding. */
  for (int k = 0; k < q->nq; k++)
    if (!off_diagonal(k) && w->lo[k] < 0.0)
      w->lo[k] = 0.0;
  for (int k = 0; k < 9; k++) {
    m->D_lo[k / 3][k % 3] = w->lo[Q_D + k];
    m->D_hi[k / 3][k % 3] = w->hi[Q_D + k];
    m->D_all_lo[k / 3][k % 3] = w->lo[Q_D_ALL + k];
    m->D_all_hi[k / 3][k % 3] = w->hi[Q_D_ALL + k];
  }
  m->D_iso_lo = w->lo[Q_ISO];
  m->D_iso_hi = w->hi[Q_ISO];
  m->D_all_iso_lo = w->lo[Q_ALL];
  m->D_all_iso_hi = w->hi[Q_ALL];
  lisi_status status = copy_of(m->nci, w->lo + Q_TIMES, &m->timescale_lo, err);
  if (status == LISI_OK)
    status = copy_of(m->nci, w->hi + Q_TIMES, &m->timescale_hi, err);
  if (!m->has_ci)
    m->nci = 0;
  if (status != LISI_OK || !m->has_ci)
    return status;
  m->nmsd = q->nmsd;
  status = copy_of(m->n, w->lo + q->pi, &m->pi_lo, err);
  if (status == LISI_OK)
    status = copy_of(m->n, w->hi + q->pi, &m->pi_hi, err);
  if (status == LISI_OK)
    status = copy_of(2 * q->nmsd, w->lo + q->msd, &m->msd_lo, err);
  if (status == LISI_OK)
    status = copy_of(2 * q->nmsd, w->hi + q->msd, &m->msd_hi, err);
  return status;
}

lisi_status msm_errors(const state_space *space, const lag_counts *counts, const msm_options *options, msm_model *m,
                       lisi_error *err) {
  const bool parts = options->errors != MSM_ERRORS_BAYES, posterior = options->errors != MSM_ERRORS_BOOTSTRAP;
  const double kinds = 2.0 * parts + posterior;
  work w;
  lisi_status status = work_new(space, options, m, &w, err);
  if (status == LISI_OK && parts)
    status = bootstrap(space, counts, options, m, &w, kinds, err);
  if (status == LISI_OK && posterior)
    status = bayes(space, counts, options, m, &w, 2.0 * parts, kinds, err);
  if (status == LISI_OK)
    status = hand_over(&w, m, err);
  work_free(&w);
  return status;
}
