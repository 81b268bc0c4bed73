/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diffusion.h"

#include "bootstrap.h"
#include "ck.h"

#include <lapacke.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void diffusion_free(diffusion_result *d) {
  if (d == NULL)
    return;
  free(d->lag);
  free(d->table);
  free(d->parts[0]);
  free(d->parts[1]);
  collective_free(&d->collective);
  van_hove_free(&d->van_hove);
  free(d);
}

/* ---- curves over lag ---- */

/* Copies one quantity of every model: row q of the resamples. */
static void take_curve(const msm_result *r, diffusion_result *d, double **room, const char *name, int q) {
  lag_curve *c = &d->curve[d->ncurves++];
  const int nlags = d->nlags;
  const size_t L = (size_t)nlags;
  *c = (lag_curve){.nlags = nlags, .lag = d->lag, .value = *room};
  snprintf(c->name, sizeof c->name, "%s", name);
  double *value = *room;
  *room += L;
  for (int m = 0; m < nlags; m++) {
    const msm_model *x = &r->model[m];
    const int k = q - MSM_Q_TIMES;
    value[m] = q == MSM_Q_ALL ? x->D_all_iso : k < x->ntimescales && !x->negative[k] ? x->timescale[k] : NAN;
  }
  for (int kind = 0; kind < 2; kind++) {
    int n = 0;
    for (int m = 0; m < nlags; m++)
      if (r->model[m].replicate[kind] != NULL)
        n = r->model[m].nreplicates;
    c->nsamples[kind] = n;
    c->nparts[kind] = d->parts[kind];
    c->sample[kind] = *room;
    for (int m = 0; m < nlags; m++) {
      const msm_model *x = &r->model[m];
      const bool have = x->replicate[kind] != NULL && x->nreplicates == n && q < MSM_Q_TIMES + x->nci;
      for (int b = 0; b < n; b++)
        (*room)[(size_t)m * (size_t)n + (size_t)b] = have ? x->replicate[kind][(size_t)q * (size_t)n + (size_t)b] : NAN;
      d->parts[kind][m] = x->nparts[kind];
    }
    *room += L * (size_t)n;
  }
}

static lisi_status take_curves(const msm_result *r, diffusion_result *d, lisi_error *err) {
  d->nlags = msm_result_trusted(r);
  const size_t L = d->nlags > 0 ? (size_t)d->nlags : 0;
  size_t most = 0;
  int modes = 0;
  for (int m = 0; m < d->nlags; m++) {
    most = (size_t)r->model[m].nreplicates > most ? (size_t)r->model[m].nreplicates : most;
    modes = r->model[m].nci > modes ? r->model[m].nci : modes;
  }
  if (modes > DIFFUSION_MODES)
    modes = DIFFUSION_MODES;
  const size_t size = L * (1 + 2 * most) * (DIFFUSION_MODES + 1);
  d->lag = malloc((L + 1) * sizeof *d->lag);
  d->table = malloc((size + 1) * sizeof *d->table);
  for (int kind = 0; kind < 2; kind++)
    d->parts[kind] = calloc(L + 1, sizeof *d->parts[kind]);
  if (d->lag == NULL || d->table == NULL || d->parts[0] == NULL || d->parts[1] == NULL)
    return lisi_no_memory(err, size * sizeof *d->table);
  for (int m = 0; m < d->nlags; m++)
    d->lag[m] = r->model[m].lag;
  double *room = d->table;
  if (r->model[0].geometry && r->model[0].estimator != MSM_PLAIN)
    take_curve(r, d, &room, "D", MSM_Q_ALL);
  for (int k = 0; k < modes; k++) {
    char name[MARKOV_NAME];
    snprintf(name, sizeof name, "t%d", k + 1);
    take_curve(r, d, &room, name, MSM_Q_TIMES + k);
  }
  return LISI_OK;
}

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...) {
  const size_t used = strlen(text);
  va_list list;
  va_start(list, format);
  if (used < size)
    (void)vsnprintf(text + used, size - used, format, list);
  va_end(list);
}

/* What keeps a run from being longer: the worst pair of the run from..to. */
static lisi_status tell_end(const diffusion_result *d, int from, int to, const char *unit, char *text, size_t size,
                            lisi_error *err) {
  lag_run longer;
  const lisi_status status = lag_run_test(d->ncurves, d->curve, from, to, &longer, err);
  if (status != LISI_OK)
    return status;
  if (longer.worst_curve >= 0 && longer.p < MARKOV_LEVEL) {
    const lag_curve *c = &d->curve[longer.worst_curve];
    append(text, size, "%s is %.4g at lag %g %s and %.4g at lag %g %s", c->name, c->value[longer.worst[0]],
           c->lag[longer.worst[0]], unit, c->value[longer.worst[1]], c->lag[longer.worst[1]], unit);
  } else {
    append(text, size, "nothing is known to better than half its value there");
  }
  return LISI_OK;
}

static bool any_samples(const diffusion_result *d) {
  bool any = false;
  for (int c = 0; c < d->ncurves; c++)
    any = any || d->curve[c].nsamples[0] > 0 || d->curve[c].nsamples[1] > 0;
  return any;
}

static lisi_status find_range(const msm_result *r, diffusion_result *d, lisi_error *err) {
  const char *unit = r->time_in_ps ? "ps" : "steps";
  char *note = d->range_note;
  const size_t size = sizeof d->range_note;
  if (r->model[0].no_jump) {
    append(note, size, "no jump was seen");
    return LISI_OK;
  }
  if (d->nlags < 2) {
    append(note, size, "there is one lag alone%s: nothing to compare",
           r->nmodels > 1 ? " of at most a tenth of the run" : "");
    return LISI_OK;
  }
  if (r->model[0].estimator == MSM_PLAIN || !any_samples(d)) {
    append(note, size, "there are no errors from resampled time blocks to compare with");
    return LISI_OK;
  }
  lisi_status status = markov_range_find(d->ncurves, d->curve, &d->range, err);
  for (int c = 0; c < d->ncurves && status == LISI_OK; c++)
    status = markov_range_find(1, &d->curve[c], &d->own[c], err);
  if (status != LISI_OK)
    return status;
  if (!d->range.found) {
    bool known = false;
    for (int c = 0; c < d->ncurves; c++)
      for (int k = 0; k < d->nlags; k++)
        known = known || lag_curve_known(&d->curve[c], k);
    append(note, size, "no two neighbouring lags agree: ");
    if (!known) {
      append(note, size, "nothing is known to better than half its value at any lag");
      return LISI_OK;
    }
    return tell_end(d, d->nlags - 2, d->nlags - 1, unit, note, size, err);
  }
  append(note, size, "the same within the errors over %.1f decades of lag (a factor of %.3g)", d->range.decades,
         d->lag[d->range.to] / d->lag[d->range.from]);
  if (d->range.from > 0) {
    append(note, size, "; shorter lags differ: ");
    status = tell_end(d, d->range.from - 1, d->range.to, unit, note, size, err);
  }
  if (d->range.to < d->nlags - 1 && status == LISI_OK) {
    append(note, size, "; longer ones: ");
    status = tell_end(d, d->range.from, d->range.to + 1, unit, note, size, err);
  }
  return status;
}

/* ---- D ---- */

static lisi_status find_plateau(msm_result *r, diffusion_result *d, lisi_error *err) {
  if (d->ncurves == 0 || strcmp(d->curve[0].name, "D") != 0 || r->reported < 0)
    return LISI_OK;
  const size_t L = (size_t)d->nlags;
  double *lo = malloc(2 * L * sizeof *lo), *hi = lo + L;
  if (lo == NULL)
    return lisi_no_memory(err, 2 * L * sizeof *lo);
  for (int m = 0; m < d->nlags; m++) {
    lo[m] = r->model[m].has_ci ? r->model[m].D_all_iso_lo : NAN;
    hi[m] = r->model[m].has_ci ? r->model[m].D_all_iso_hi : NAN;
  }
  /* Not before the lag from which on the MSD is right, where there is one. */
  const int first = r->plateau && r->reported > 0 ? r->reported : 0;
  const lisi_status status = plateau_find(&d->curve[0], lo, hi, first, r->reported, &d->plateau, err);
  free(lo);
  if (status != LISI_OK)
    return status;
  d->has_plateau = true;
  if (d->plateau.found)
    snprintf(d->plateau_note, sizeof d->plateau_note, "D of the shortest lag from which on all agree");
  else if (r->model[0].no_jump)
    snprintf(d->plateau_note, sizeof d->plateau_note, "no jump was seen");
  else
    snprintf(d->plateau_note, sizeof d->plateau_note,
             d->nlags < 2 ? "one lag alone shows no plateau"
             : !any_samples(d)
                 ? "without errors from resampled time blocks there is no telling"
                 : "no plateau: D still changes with the lag, or its errors are too large to tell; for jumps that are "
                   "undone it is an upper bound");
  if (d->plateau.found) {
    r->reported = d->plateau.from;
    r->plateau = true;
  } else if (any_samples(d)) {
    r->plateau = false;
  }
  return LISI_OK;
}

/* Principal axes of D of all lithium at the reported lag. The errors are those of D along these axes: axes that turn
 * from resample to resample would set the eigenvalues of an isotropic D apart. */
static lisi_status find_axes(const msm_result *r, diffusion_result *d, lisi_error *err) {
  if (!d->has_plateau || r->reported < 0)
    return LISI_OK;
  const msm_model *x = &r->model[r->reported];
  double a[9], w[3];
  for (int k = 0; k < 9; k++) {
    a[k] = 0.5 * (x->D_all[k / 3][k % 3] + x->D_all[k % 3][k / 3]);
    if (!isfinite(a[k]))
      return LISI_OK;
  }
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', 3, a, 3, w) != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the principal axes of D were not found");
  d->has_axes = true;
  /* Below this D is what rounding leaves of jumps that go back. */
  const double nothing = 1e-10 * (x->tr.A[0][0] + x->tr.A[1][1] + x->tr.A[2][2]) / x->lag;
  const size_t n = (size_t)x->nreplicates;
  double *sample = malloc((n + 1) * sizeof *sample);
  if (sample == NULL)
    return lisi_no_memory(err, n * sizeof *sample);
  for (int k = 0; k < 3; k++) {
    double largest = 0.0;
    int sign = 1;
    for (int c = 0; c < 3; c++) {
      d->axis[k][c] = a[3 * c + 2 - k];
      if (fabs(d->axis[k][c]) > largest + 1e-9) {
        largest = fabs(d->axis[k][c]);
        sign = d->axis[k][c] < 0 ? -1 : 1;
      }
    }
    for (int c = 0; c < 3; c++)
      d->axis[k][c] = d->axis[k][c] * sign + 0.0;
    d->D[k] = fabs(w[2 - k]) > nothing ? w[2 - k] : 0.0;
    d->D_lo[k] = d->D_hi[k] = NAN;
    double kept = 0.0; /* the resamples know the kept set; its share of D is that of the whole */
    for (int i = 0; i < 9; i++)
      kept += d->axis[k][i / 3] * x->tr.D[i / 3][i % 3] * d->axis[k][i % 3];
    for (int kind = 0; kind < 2 && kept > nothing; kind++) {
      if (x->replicate[kind] == NULL)
        continue;
      for (size_t b = 0; b < n; b++) {
        sample[b] = 0.0;
        for (int i = 0; i < 9; i++)
          sample[b] += d->axis[k][i / 3] * x->replicate[kind][(size_t)(MSM_Q_D + i) * n + b] * d->axis[k][i % 3];
      }
      double lo, hi, median, same;
      bootstrap_percentiles((int)n, sample, bootstrap_expanded_level(0.95, x->nparts[kind]), &lo, &hi);
      bootstrap_percentiles((int)n, sample, 0.0, &median, &same);
      /* the bias of noisy counts, twice, as for the model's own intervals */
      const double f = (median > 0.0 ? pow(fmin(fmax(kept / median, 0.5), 2.0), 2) : 1.0) * d->D[k] / kept;
      if (isfinite(lo) && isfinite(hi) && !(f * (hi - lo) <= d->D_hi[k] - d->D_lo[k])) {
        d->D_lo[k] = fmax(f * lo, 0.0);
        d->D_hi[k] = f * hi;
      }
    }
  }
  free(sample);
  return LISI_OK;
}

/* ---- against the run ---- */

static void add_point(msd_verdict *v, double deviation, int nblocks) {
  const double p = nblocks > 1 ? ck_student_p(deviation, nblocks - 1.0) : 1.0;
  v->p = v->points == 0 ? p : fmin(v->p, p);
  v->largest = fmax(v->largest, deviation);
  v->points++;
}

static void judge(msd_verdict *v) {
  v->tested = v->points > 0;
  v->p = v->tested ? fmin(1.0, v->points * v->p) : NAN;
  v->agrees = v->tested && v->p >= MARKOV_LEVEL;
}

/* The MSD of the reported model against that of the site positions and, after one constant, of the real coordinates:
 * up to the end of the Markovian range (without one: a tenth of the run), and no longer than a quarter of the run. */
static void check_msd(const msm_result *r, diffusion_result *d) {
  d->md_offset = NAN;
  if (!d->has_plateau || r->reported < 0 || r->nsites_msd == 0)
    return;
  const double lag = r->model[r->reported].lag;
  d->check_from = lag;
  d->check_to = fmax(d->range.found ? d->lag[d->range.to] : r->duration / 10.0, 2.0 * lag);
  if (d->check_to > r->duration / 4.0)
    d->check_to = r->duration / 4.0;
  for (int k = 0; k < r->nsites_msd; k++) {
    const msd_row *p = &r->sites_msd[k];
    const double n = p->t / lag;
    /* the model was made of the pairs at one lag */
    if (!(p->error > 0) || n < 2 - 1e-9 || fabs(n - round(n)) > 1e-6 || p->t > d->check_to * (1 + 1e-9))
      continue;
    const double error = hypot(p->error, 0.5 * MARKOV_TOLERANCE * p->value);
    add_point(&d->sites, fabs(msm_result_msd(r, r->reported, p->t) - p->value) / error, p->parts);
  }
  judge(&d->sites);
  double sum = 0.0, weight = 0.0;
  for (int pass = 0; pass < 2; pass++) {
    for (int k = 0; k < r->nmd; k++) {
      const msd_row *p = &r->md_msd[k];
      if (!(p->error > 0) || p->t < lag * (1 - 1e-9) || p->t > d->check_to * (1 + 1e-9))
        continue;
      const double error = hypot(p->error, 0.5 * MARKOV_TOLERANCE * p->value), w = 1 / (error * error);
      const double difference = p->value - msm_result_msd(r, r->reported, p->t);
      if (pass == 0) {
        sum += w * difference;
        weight += w;
      } else {
        add_point(&d->md, fabs(difference - d->md_offset) / error, p->parts);
      }
    }
    if (pass == 0)
      d->md_offset = weight > 0.0 ? sum / weight : NAN;
  }
  if (d->md.points < 2) /* the constant is fitted: one point is no test */
    d->md.points = 0;
  judge(&d->md);
}

/* Times at 2, 5, 10 and 20 lags of the reported model, in the Markovian range and no longer than a twentieth of the
 * run. */
static lisi_status make_van_hove(const msm_result *r, diffusion_result *d, const path_set *paths, int nblocks,
                                 lisi_error *err) {
  static const int step[] = {2, 5, 10, 20};
  if (!d->has_plateau || r->reported < 0 || r->model[r->reported].no_jump)
    return LISI_OK;
  const double lag = r->model[r->reported].lag, limit = fmax(r->duration / 20.0, 2.0 * lag);
  const double to = d->range.found ? fmax(d->lag[d->range.to], 2.0 * lag) : limit;
  long long n[4];
  int ntimes = 0;
  for (int k = 0; k < 4; k++)
    if (step[k] * lag <= fmin(limit, to) * (1 + 1e-9) && step[k] * lag <= r->duration / 4)
      n[ntimes++] = step[k];
  const int whole[3] = {1, 1, 1};
  d->van_hove_model = r->reported;
  return van_hove_make(paths, r->folded ? r->replicate : whole, &r->model[r->reported], ntimes, n, nblocks, 5e8,
                       &d->van_hove, err);
}

lisi_status diffusion_make(msm_result *r, const path_set *paths, const diffusion_options *o, lisi_error *err) {
  if (r->nmodels == 0)
    return LISI_OK;
  diffusion_result *d = calloc(1, sizeof *d);
  if (d == NULL)
    return lisi_no_memory(err, sizeof *d);
  r->diffusion = d;
  lisi_status status = take_curves(r, d, err);
  if (status == LISI_OK)
    status = find_range(r, d, err);
  if (status == LISI_OK)
    status = find_plateau(r, d, err);
  if (status == LISI_OK)
    status = find_axes(r, d, err);
  if (paths == NULL || !paths->space.geometry || !paths->time_in_ps)
    return status;
  if (status == LISI_OK)
    check_msd(r, d);
  if (status == LISI_OK)
    status = make_van_hove(r, d, paths, (int)o->blocks, err);
  if (status == LISI_OK) {
    const collective_options options = {.nblocks = (int)o->blocks,
                                        .resamples = o->resamples < 0 ? 400 : (int)o->resamples,
                                        .seed = (uint64_t)o->seed,
                                        .temperature = o->temperature,
                                        .charge = o->charge};
    status = collective_make(paths, &options, &d->collective, err);
  }
  return status;
}
