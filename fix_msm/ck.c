/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ck.h"

#include "bootstrap.h"
#include "count_plan.h"
#include "msm_internal.h"
#include "one_thread.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *ck_verdict_name(ck_verdict verdict) {
  return verdict == CK_PASSED ? "passed" : verdict == CK_FAILED ? "failed" : "untested";
}

void ck_result_free(ck_result *r) {
  free(r->point);
  memset(r, 0, sizeof *r);
}

/* ---- Student's t ---- */

/* Regularised incomplete beta function by its continued fraction (Lentz), for x < (a + 1)/(a + b + 2). */
static double beta_fraction(double a, double b, double x) {
  const double tiny = 1e-300;
  double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
  d = 1.0 / (fabs(d) < tiny ? tiny : d);
  double h = d;
  for (int m = 1; m < 500; m++) {
    double change = 1.0;
    for (int half = 0; half < 2; half++) {
      const double f = half == 0 ? m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
                                 : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
      d = 1.0 + f * d;
      d = 1.0 / (fabs(d) < tiny ? tiny : d);
      c = 1.0 + f / c;
      c = fabs(c) < tiny ? tiny : c;
      change = c * d;
      h *= change;
    }
    if (fabs(change - 1.0) < 1e-15)
      break;
  }
  return exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) * h / a;
}

double ck_student_p(double x, double nu) {
  if (!(fabs(x) > 0.0))
    return 1.0;
  if (isinf(x))
    return 0.0;
  const double z = nu / (nu + x * x), a = 0.5 * nu, b = 0.5;
  if (z < (a + 1.0) / (a + b + 2.0))
    return beta_fraction(a, b, z);
  return 1.0 - beta_fraction(b, a, x * x / (nu + x * x));
}

double ck_student_quantile(double p, double nu) {
  double lo = 0.0, hi = 1.0;
  while (ck_student_p(hi, nu) > p && hi < 1e6)
    hi *= 2.0;
  for (int k = 0; k < 200 && hi - lo > 1e-12 * hi; k++) {
    const double middle = 0.5 * (lo + hi);
    if (ck_student_p(middle, nu) > p)
      lo = middle;
    else
      hi = middle;
  }
  return hi;
}

/* ---- both sides ---- */

typedef struct {
  const state_space *space;
  const msm_model *model;
  const msm_options *options;
  int ncurves, nlags;
  const ck_curve *curve;
  const long long *k; /* [nlags] */
  double *pi;         /* [states of the counts] stationary weights of the model, 0 outside the kept set */
  bool *member;       /* [ncurves][states]: in the set and kept; wave vectors: kept */
  double *v, *next;   /* scratch [2 * states] */
} setting;

static bool wave(const ck_curve *c) {
  return c->n == 0;
}

/* q.d of a jump */
static double phase_of(const state_space *space, const ck_curve *c, int i, int j, const int r[3]) {
  double d[3];
  state_space_step(space, i, j, r, d);
  return c->q[0] * d[0] + c->q[1] * d[1] + c->q[2] * d[2];
}

/* sum_i w_i (P^k u)_i at every k, w the stationary weight and u = 1 on the curve's members; P block by block. Adds into
 * out[nlags]. */
static lisi_status propagate(const setting *s, const set_estimate *e, int curve, double *out, lisi_error *err) {
  const ck_curve *c = &s->curve[curve];
  const bool *member = s->member + (size_t)curve * (size_t)s->space->n;
  const size_t n = (size_t)e->n, ne = e->net.n;
  double *re = s->v, *im = s->v + n, *new_re = s->next, *new_im = s->next + n;
  double *x = wave(c) ? malloc(2 * ne * sizeof *x) : NULL, *y = x != NULL ? x + ne : NULL; /* P_ij(R) exp(i q.d) */
  if (wave(c) && x == NULL)
    return lisi_no_memory(err, 2 * ne * sizeof *x);
  for (size_t q = 0; q < ne && x != NULL; q++) {
    const network_edge *edge = &e->net.edge[q];
    const double phase = phase_of(&e->net.space, c, edge->i, edge->j, edge->r);
    x[q] = edge->p * cos(phase);
    y[q] = edge->p * sin(phase);
  }
  for (size_t i = 0; i < n; i++) {
    re[i] = member[e->state[i]] ? 1.0 : 0.0;
    im[i] = 0.0;
  }
  long long done = 0;
  for (int m = 0; m < s->nlags; m++) {
    for (; done < s->k[m]; done++) {
      memset(s->next, 0, 2 * n * sizeof *s->next);
      for (size_t q = 0; q < ne; q++) {
        const network_edge *edge = &e->net.edge[q];
        if (x == NULL) {
          new_re[edge->i] += edge->p * re[edge->j];
          continue;
        }
        new_re[edge->i] += x[q] * re[edge->j] - y[q] * im[edge->j];
        new_im[edge->i] += x[q] * im[edge->j] + y[q] * re[edge->j];
      }
      memcpy(re, s->next, 2 * n * sizeof *re);
    }
    for (size_t i = 0; i < n; i++) {
      if (member[e->state[i]])
        out[m] += s->pi[e->state[i]] * re[i];
    }
  }
  free(x);
  return LISI_OK;
}

/* model[ncurves][nlags], not yet divided by the weight of the curve's members. */
static lisi_status foretold(const setting *s, const count_table *table, double *model, double *weight,
                            lisi_error *err) {
  components sets;
  lisi_status status = components_find(table, &sets, err);
  if (status != LISI_OK)
    return status;
  for (int x = 0; x < sets.n && status == LISI_OK; x++) {
    int first = 0;
    while (sets.of[first] != x)
      first++;
    if (!(s->pi[first] > 0.0))
      continue;
    set_estimate e;
    status = set_estimate_make(s->space, table, &sets, x, s->model->lag, s->options, &e, err);
    if (status != LISI_OK)
      break;
    for (int c = 0; c < s->ncurves && status == LISI_OK; c++) {
      status = propagate(s, &e, c, model + (size_t)c * (size_t)s->nlags, err);
      for (int i = 0; i < e.n; i++) {
        if (s->member[(size_t)c * (size_t)s->space->n + (size_t)e.state[i]])
          weight[c] += s->pi[e.state[i]];
      }
    }
    set_estimate_free(&e);
  }
  components_free(&sets);
  return status;
}

/* counted[ncurves] from the counts at one multiple; rows without counts leave the weights. */
static lisi_status observed(const setting *s, const count_table *table, double *value, size_t stride, lisi_error *err) {
  const size_t n = (size_t)s->space->n;
  double *row = calloc(n, sizeof *row);
  if (row == NULL)
    return lisi_no_memory(err, n * sizeof *row);
  for (size_t q = 0; q < table->n; q++)
    row[table->entry[q].i] += table->entry[q].c;
  for (int c = 0; c < s->ncurves; c++) {
    const bool *member = s->member + (size_t)c * n;
    double sum = 0.0, weight = 0.0;
    for (size_t i = 0; i < n; i++)
      weight += member[i] && row[i] > 0.0 ? s->pi[i] : 0.0;
    for (size_t q = 0; q < table->n; q++) {
      const count_entry *e = &table->entry[q];
      if (!member[e->i] || !(e->c > 0.0))
        continue;
      const double share = s->pi[e->i] * e->c / row[e->i];
      if (wave(&s->curve[c])) {
        sum += share * cos(phase_of(s->space, &s->curve[c], e->i, e->j, e->r));
      } else if (member[e->j]) {
        sum += share;
      }
    }
    value[(size_t)c * stride] = weight > 0.0 ? sum / weight : NAN;
  }
  free(row);
  return LISI_OK;
}

/* Both sides of every point from one part table per lag: model[ncurves][nlags], counted[ncurves][nlags]. */
static lisi_status both_sides(const setting *s, const count_table *const *table, double *model, double *counted,
                              lisi_error *err) {
  const size_t L = (size_t)s->nlags, C = (size_t)s->ncurves;
  double *weight = calloc(C + 1, sizeof *weight);
  if (weight == NULL)
    return lisi_no_memory(err, C * sizeof *weight);
  memset(model, 0, C * L * sizeof *model);
  lisi_status status = foretold(s, table[0], model, weight, err);
  for (size_t c = 0; c < C && status == LISI_OK; c++) {
    for (size_t m = 0; m < L; m++)
      model[c * L + m] = weight[c] > 0.0 ? model[c * L + m] / weight[c] : NAN;
  }
  for (size_t m = 0; m < L && status == LISI_OK; m++)
    status = observed(s, table[m], counted + m, L, err);
  free(weight);
  return status;
}

/* ---- errors ---- */

typedef struct {
  double error, bias, nu, model, counted; /* of the difference; model, counted: standard errors of the sides */
} scatter;

/* Mean and standard deviation of the values that are numbers; false for fewer than half of n. */
static bool spread_of(size_t n, const double *x, double *mean, double *deviation) {
  size_t m = 0;
  double sum = 0.0, squares = 0.0;
  for (size_t k = 0; k < n; k++) {
    if (isfinite(x[k])) {
      sum += x[k];
      m++;
    }
  }
  if (m < 2 || 2 * m < n)
    return false;
  *mean = sum / (double)m;
  for (size_t k = 0; k < n; k++) {
    if (isfinite(x[k]))
      squares += (x[k] - *mean) * (x[k] - *mean);
  }
  *deviation = sqrt(squares / (double)(m - 1));
  return true;
}

/* How likely the worst of all points is in a resample whose points scatter about their own means: the smallest
 * two-sided normal p over the tested points at lags that are `wanted`, and what is in `smallest` already; NaN for a
 * resample without a model. sample[npoints][B]. */
static void smallest_p(const setting *s, const bool *wanted, const double *sample, double *smallest) {
  const size_t L = (size_t)s->nlags, P = L * (size_t)s->ncurves, B = (size_t)s->options->bootstrap;
  for (size_t p = 0; p < P; p++) {
    double mean, deviation;
    if (s->k[p % L] < 2 || !wanted[p % L] || !spread_of(B, sample + p * B, &mean, &deviation) || !(deviation > 1e-12))
      continue;
    for (size_t b = 0; b < B; b++) {
      const double x = erfc(fabs(sample[p * B + b] - mean) / deviation * M_SQRT1_2);
      if (!(x >= smallest[b])) /* NaN gives way, and a NaN sample stays one */
        smallest[b] = x;
    }
  }
}

static int parts_at(const lag_counts *counts, size_t m, int kind) {
  return kind == 0 ? counts[m].blocks.nparts : counts[m].groups.nparts;
}

/* Standard errors of the points at the `wanted` lags from resampling nparts parts of one kind; the larger of what is
 * there and this one stays. point[npoints]; smallest[B] as above. */
static lisi_status scatter_at(const setting *s, const lag_counts *counts, int kind, int nparts, const bool *wanted,
                              scatter *point, double *smallest, lisi_error *err) {
  const size_t L = (size_t)s->nlags, P = L * (size_t)s->ncurves, B = (size_t)s->options->bootstrap;
  int most = 0;
  for (size_t m = 0; m < L; m++)
    most = parts_at(counts, m, kind) > most ? parts_at(counts, m, kind) : most;
  double *weight = malloc((size_t)nparts * sizeof *weight), *spread = malloc((size_t)most * sizeof *spread),
         *x = malloc(2 * P * sizeof *x), *sample = malloc(3 * P * B * sizeof *sample);
  count_table *table = calloc(L, sizeof *table);
  count_plan *plan = calloc(L, sizeof *plan);
  const count_table **each = malloc(L * sizeof *each);
  lisi_status status = !weight || !spread || !x || !sample || !table || !plan || !each
                           ? lisi_no_memory(err, 3 * P * B * sizeof *x)
                           : LISI_OK;
  for (size_t m = 0; m < L && status == LISI_OK; m++)
    status = count_plan_make(kind == 0 ? &counts[m].blocks : &counts[m].groups, &plan[m], err);
  lisi_rng rng;
  lisi_rng_stream(&rng, s->options->seed, (uint64_t)kind);
  for (size_t b = 0; b < B && status == LISI_OK; b++) {
    if (s->options->interrupted != NULL && s->options->interrupted()) {
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
      break;
    }
    bootstrap_weights(&rng, nparts, weight);
    bool empty = false;
    for (size_t m = 0; m < L && status == LISI_OK; m++) {
      const count_table *parts = kind == 0 ? &counts[m].blocks : &counts[m].groups;
      if (m > 0 && !wanted[m]) { /* any counts do */
        each[m] = &counts[m].total;
        continue;
      }
      for (int p = 0; p < parts->nparts; p++)
        spread[p] = weight[(long long)p * nparts / parts->nparts];
      status = count_plan_collapse(&plan[m], spread, &table[m], err);
      each[m] = &table[m];
      empty = empty || table[m].n == 0;
    }
    lisi_error local = {0};
    const lisi_status fit = status == LISI_OK && !empty ? both_sides(s, each, x, x + P, &local) : LISI_ERR_NUMERIC;
    if (fit == LISI_ERR_NOMEM)
      status = lisi_fail(err, fit, "%s", local.message);
    for (size_t p = 0; p < P; p++) { /* a resample without a model tells nothing */
      sample[p * B + b] = fit == LISI_OK ? x[p] - x[P + p] : NAN;
      sample[(P + p) * B + b] = fit == LISI_OK ? x[p] : NAN;
      sample[(2 * P + p) * B + b] = fit == LISI_OK ? x[P + p] : NAN;
    }
    for (size_t m = 0; m < L; m++)
      count_table_free(&table[m]);
    if (s->options->progress != NULL)
      s->options->progress(s->options->progress_context, (double)((size_t)kind * B + b + 1), 2.0 * (double)B);
  }
  /* the parts' own scatter about their mean is too small by (n-1)/n */
  const double few = sqrt((double)nparts / (nparts - 1.0));
  for (size_t p = 0; p < P && status == LISI_OK; p++) {
    double mean, deviation, ignored;
    if (!wanted[p % L])
      continue;
    if (spread_of(B, sample + p * B, &mean, &deviation) && deviation * few > point[p].error) {
      point[p].error = deviation * few;
      point[p].bias = mean;
      point[p].nu = nparts - 1.0;
    }
    if (spread_of(B, sample + (P + p) * B, &ignored, &deviation))
      point[p].model = fmax(point[p].model, deviation * few);
    if (spread_of(B, sample + (2 * P + p) * B, &ignored, &deviation))
      point[p].counted = fmax(point[p].counted, deviation * few);
  }
  if (status == LISI_OK)
    smallest_p(s, wanted, sample, smallest);
  free(weight);
  free(spread);
  free(x);
  free(sample);
  for (size_t m = 0; m < L && plan != NULL; m++)
    count_plan_free(&plan[m]);
  free(plan);
  free(table);
  free(each);
  return status;
}

/* The same for all lags. Long lags come in fewer, longer blocks (counts_time_blocks). Each is compared with the first
 * lag in blocks as many as both have, neighbours taken together where there are more: were it the fewest of all lags,
 * one long lag would take the others' degrees of freedom. *known tells whether there are such parts. */
static lisi_status scatter_of(const setting *s, const lag_counts *counts, int kind, scatter *point, double *smallest,
                              bool *known, lisi_error *err) {
  const size_t L = (size_t)s->nlags;
  const int most = parts_at(counts, 0, kind);
  bool *wanted = malloc(L * sizeof *wanted);
  lisi_status status = wanted == NULL ? lisi_no_memory(err, L) : LISI_OK;
  *known = false;
  for (int b = 0; b < s->options->bootstrap; b++)
    smallest[b] = NAN;
  for (int nparts = 2; nparts <= most && status == LISI_OK; nparts++) {
    bool any = false;
    for (size_t m = 0; m < L; m++) {
      const int n = parts_at(counts, m, kind);
      wanted[m] = (n < most ? n : most) == nparts;
      any = any || wanted[m];
    }
    *known = *known || any;
    if (any)
      status = scatter_at(s, counts, kind, nparts, wanted, point, smallest, err);
  }
  free(wanted);
  return status;
}

/* ---- the test ---- */

/* The p of all points together: how often the resamples' worst point is as unlikely as the one that was found (Westfall
 * and Young 1993: neighbouring points go up and down together, which Bonferroni's factor does not know). */
static double joint_p(double p, int tests, size_t B, const double *smallest, const bool *known) {
  double joint = 0.0;
  for (int kind = 0; kind < 2; kind++) {
    double as_bad = 1.0, all = 1.0;
    for (size_t b = 0; b < B && known[kind]; b++) {
      all += !isnan(smallest[(size_t)kind * B + b]);
      as_bad += smallest[(size_t)kind * B + b] <= p;
    }
    if (known[kind])
      joint = fmax(joint, as_bad / all);
  }
  return fmin(joint, fmin(1.0, tests * p));
}

static void judge(const setting *s, const double *model, const double *counted, const scatter *error,
                  const double *smallest, const bool *known, ck_result *r) {
  const double level = s->options->level > 0.0 && s->options->level < 1.0 ? s->options->level : 0.95;
  const int L = s->nlags;
  r->level = level;
  r->worst = -1;
  r->p = 1.0;
  for (int c = 0; c < s->ncurves; c++) {
    for (int m = 0; m < L; m++) {
      const scatter *e = &error[c * L + m];
      ck_point *point = &r->point[r->npoints];
      const double raw = model[c * L + m] - counted[c * L + m];
      *point = (ck_point){.curve = c, .k = (int)s->k[m], .model = model[c * L + m], .counted = counted[c * L + m]};
      point->model_lo = point->model_hi = point->model;
      point->counted_lo = point->counted_hi = point->counted;
      point->difference = raw;
      point->p = 1.0;
      if (e->nu > 0.0) {
        const double t = ck_student_quantile(1.0 - level, e->nu);
        point->model_lo -= t * e->model;
        point->model_hi += t * e->model;
        point->counted_lo -= t * e->counted;
        point->counted_hi += t * e->counted;
      }
      /* The model was made of the counts at k = 1, and sides that are equal but for rounding are no test either. */
      if (point->k > 1 && e->error > 1e-12) {
        point->difference = raw - (e->bias - raw);
        point->error = e->error;
        point->deviation = fabs(point->difference) / e->error;
        point->p = ck_student_p(point->deviation, e->nu);
        r->tests++;
        if (r->worst < 0 || point->p < r->point[r->worst].p)
          r->worst = r->npoints;
      }
      r->largest_difference = fmax(r->largest_difference, fabs(point->difference));
      r->npoints++;
    }
  }
  if (r->tests > 0) {
    r->p = joint_p(r->point[r->worst].p, r->tests, (size_t)s->options->bootstrap, smallest, known);
    r->verdict = r->p < 1.0 - level ? CK_FAILED : CK_PASSED;
  }
}

lisi_status ck_test(const state_space *space, int nlags, const lag_counts *counts, const msm_model *model, int ncurves,
                    const ck_curve *curve, const msm_options *options, ck_result *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  const size_t n = (size_t)space->n, L = (size_t)nlags, C = (size_t)ncurves, P = L * C;
  if (options->estimator == MSM_PLAIN)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "the Chapman-Kolmogorov test is for models, not for estimator plain");
  long long *k = malloc(L * sizeof *k);
  setting s = {space,
               model,
               options,
               ncurves,
               nlags,
               curve,
               k,
               calloc(n, sizeof *s.pi),
               calloc(C * n + 1, sizeof *s.member),
               malloc(2 * n * sizeof *s.v),
               malloc(2 * n * sizeof *s.next)};
  const size_t B = options->bootstrap > 0 ? (size_t)options->bootstrap : 0;
  double *side = malloc((2 * P + 1) * sizeof *side), *smallest = malloc((2 * B + 1) * sizeof *smallest);
  bool known[2] = {false, false};
  scatter *error = calloc(P + 1, sizeof *error);
  const count_table **total = malloc(L * sizeof *total);
  r->point = calloc(P + 1, sizeof *r->point);
  r->ncurves = ncurves;
  lisi_status status = LISI_OK;
  if (!k || !s.pi || !s.member || !s.v || !s.next || !side || !smallest || !error || !total || !r->point) {
    status = lisi_no_memory(err, (C * n + P) * sizeof *side);
    goto done;
  }
  for (size_t m = 0; m < L; m++) {
    total[m] = &counts[m].total;
    k[m] = counts[m].lag / counts[0].lag;
    if (counts[m].lag % counts[0].lag != 0 || (m > 0 && k[m] <= k[m - 1])) {
      status =
          lisi_fail(err, LISI_ERR_INPUT, "Chapman-Kolmogorov test: %lld samples are no multiple of the lag of %lld",
                    counts[m].lag, counts[0].lag);
      goto done;
    }
  }
  for (int i = 0; i < model->n; i++)
    s.pi[model->state[i]] = model->pi[i];
  for (size_t c = 0; c < C; c++) {
    int members = 0;
    for (size_t i = 0; i < n && wave(&curve[c]); i++)
      members += s.member[c * n + i] = s.pi[i] > 0.0;
    for (int i = 0; i < curve[c].n; i++)
      members += s.member[c * n + (size_t)curve[c].state[i]] = s.pi[curve[c].state[i]] > 0.0;
    if (members == 0) {
      status = lisi_fail(err, LISI_ERR_INPUT, "set '%s': none of its states is in the model", curve[c].name);
      goto done;
    }
  }
  const int threads = one_thread_if_small(space->n);
  status = both_sides(&s, total, side, side + P, err);
  for (int kind = 0; kind < 2 && status == LISI_OK && options->bootstrap > 1; kind++)
    status = scatter_of(&s, counts, kind, error, smallest + (size_t)kind * B, &known[kind], err);
  one_thread_if_small_end(threads);
  if (status == LISI_OK)
    judge(&s, side, side + P, error, smallest, known, r);
done:
  free(k);
  free(s.pi);
  free(s.member);
  free(s.v);
  free(s.next);
  free(side);
  free(smallest);
  free(error);
  free(total);
  if (status != LISI_OK)
    ck_result_free(r);
  return status;
}
