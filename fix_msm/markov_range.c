/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "markov_range.h"

#include "ck.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How much wider than a normal distribution's an interval from nparts parts has to be: Student's t at 95 %, and the
 * spread of resamples, which lacks a factor of sqrt((nparts - 1)/nparts). */
double lag_widening(int nparts) {
  if (nparts < 2)
    return INFINITY;
  return ck_student_quantile(0.05, nparts - 1.0) / 1.959963984540054 * sqrt((double)nparts / (nparts - 1.0));
}

/* Mean and standard deviation of a[k] - b[k] (b NULL: of a) over the resamples that tell; false for fewer than half. */
static bool moments(int n, const double *a, const double *b, double *mean, double *spread) {
  double sum = 0.0, squares = 0.0, first = 0.0;
  int m = 0;
  for (int k = 0; k < n; k++) {
    const double x = a[k] - (b != NULL ? b[k] : 0.0);
    if (!isfinite(x))
      continue;
    if (m == 0)
      first = x; /* taken off, so that squares lose nothing */
    sum += x - first;
    squares += (x - first) * (x - first);
    m++;
  }
  if (m < 2 || 2 * m < n)
    return false;
  *mean = first + sum / m;
  *spread = sqrt(fmax(squares - sum * sum / m, 0.0) / (m - 1));
  return true;
}

static const double *samples_at(const lag_curve *c, int kind, int k) {
  return c->sample[kind] + (size_t)k * (size_t)c->nsamples[kind];
}

double lag_curve_error(const lag_curve *c, int k) {
  double error = NAN;
  for (int kind = 0; kind < 2; kind++) {
    double mean, spread;
    if (c->nsamples[kind] > 0 && c->nparts[kind][k] > 1 &&
        moments(c->nsamples[kind], samples_at(c, kind, k), NULL, &mean, &spread)) {
      spread *= lag_widening(c->nparts[kind][k]);
      if (!(spread <= error))
        error = spread;
    }
  }
  return error;
}

bool lag_curve_known(const lag_curve *c, int k) {
  return isfinite(c->value[k]) && c->value[k] > 0.0 && lag_curve_error(c, k) < 0.5 * c->value[k];
}

typedef struct {
  bool known;       /* the pair can be compared */
  double z;         /* |difference| in standard errors, as of a normal distribution: the same p as of Student's t */
  double p;         /* of this pair alone, two-sided */
  double shift[2];  /* mean of the resamples' differences */
  double spread[2]; /* and their standard deviation; NaN: this kind does not tell */
} comparison;

/* The z with P(|normal| > z) = p. */
static double normal_quantile(double p) {
  double lo = 0.0, hi = 38.0;
  for (int k = 0; k < 60; k++) {
    const double middle = 0.5 * (lo + hi);
    if (erfc(middle * M_SQRT1_2) > p)
      lo = middle;
    else
      hi = middle;
  }
  return lo;
}

static comparison compare(const lag_curve *c, int a, int b) {
  comparison r = {.p = 1.0, .spread = {NAN, NAN}};
  const double raw = c->value[a] - c->value[b], floor = 0.5 * MARKOV_TOLERANCE * fmin(c->value[a], c->value[b]);
  bool first = true;
  for (int kind = 0; kind < 2; kind++) {
    double spread;
    if (c->nsamples[kind] < 2)
      continue;
    const int parts = c->nparts[kind][a] < c->nparts[kind][b] ? c->nparts[kind][a] : c->nparts[kind][b];
    if (parts < 2 ||
        !moments(c->nsamples[kind], samples_at(c, kind, a), samples_at(c, kind, b), &r.shift[kind], &spread))
      continue;
    r.spread[kind] = spread;
    /* What noise does to the estimates on average, the resamples show once more: taken off. */
    const double n = parts, t = fabs(2.0 * raw - r.shift[kind]) / hypot(spread, floor) * sqrt((n - 1.0) / n);
    const double p = ck_student_p(t, n - 1.0), z = normal_quantile(p);
    if (first || z < r.z) {
      r.z = z;
      r.p = p;
    }
    first = false;
    r.known = true;
  }
  return r;
}

/* All pairs of a curve, once. */
typedef struct {
  int nlags;
  bool *known;      /* [curves][nlags] */
  comparison *pair; /* [curves][nlags][nlags], a < b */
} table;

static void table_free(table *t) {
  free(t->known);
  free(t->pair);
}

static comparison *pair_of(const table *t, int c, int a, int b) {
  return &t->pair[((size_t)c * (size_t)t->nlags + (size_t)a) * (size_t)t->nlags + (size_t)b];
}

static lisi_status table_make(int ncurves, const lag_curve *curve, table *t, lisi_error *err) {
  const size_t n = (size_t)curve[0].nlags, C = (size_t)ncurves;
  t->nlags = curve[0].nlags;
  t->known = calloc(C * n + 1, sizeof *t->known);
  t->pair = calloc(C * n * n + 1, sizeof *t->pair);
  if (t->known == NULL || t->pair == NULL)
    return lisi_no_memory(err, C * n * n * sizeof *t->pair);
  for (int c = 0; c < ncurves; c++)
    for (int b = 0; b < t->nlags; b++) {
      t->known[c * t->nlags + b] = lag_curve_known(&curve[c], b);
      for (int a = 0; a < b && t->known[c * t->nlags + b]; a++)
        if (t->known[c * t->nlags + a])
          *pair_of(t, c, a, b) = compare(&curve[c], a, b);
    }
  return LISI_OK;
}

/* The worst pair of each resample of one kind, of the pairs of curve c that end at lag b, into worst[nsamples]. */
static void resampled_worst(const lag_curve *curve, const table *t, int c, int kind, int from, int b, double *worst) {
  const lag_curve *x = &curve[c];
  for (int a = from; a < b; a++) {
    const comparison *p = pair_of(t, c, a, b);
    if (!p->known || !(p->spread[kind] > 0.0))
      continue;
    const double *u = samples_at(x, kind, a), *v = samples_at(x, kind, b);
    for (int k = 0; k < x->nsamples[kind]; k++) {
      const double z = fabs(u[k] - v[k] - p->shift[kind]) / p->spread[kind];
      if (z > worst[k])
        worst[k] = z;
    }
  }
}

static int most_samples(int ncurves, const lag_curve *curve, int kind) {
  int most = 0;
  for (int c = 0; c < ncurves; c++)
    most = curve[c].nsamples[kind] > most ? curve[c].nsamples[kind] : most;
  return most;
}

/* Grows a run from `from` lag by lag up to `last`; calls back with p at each end. */
typedef struct {
  double z, smallest;
  int pairs, worst[2], curve;
} run_state;

static void extend(int ncurves, const lag_curve *curve, const table *t, int from, int b, run_state *s,
                   double *worst[2]) {
  for (int c = 0; c < ncurves; c++) {
    for (int a = from; a < b; a++) {
      const comparison *p = pair_of(t, c, a, b);
      if (!p->known)
        continue;
      s->pairs++;
      s->smallest = fmin(s->smallest, p->p);
      if (p->z > s->z || s->curve < 0) {
        s->z = p->z;
        s->worst[0] = a;
        s->worst[1] = b;
        s->curve = c;
      }
    }
    for (int kind = 0; kind < 2; kind++)
      if (curve[c].nsamples[kind] > 0)
        resampled_worst(curve, t, c, kind, from, b, worst[kind]);
  }
}

static double run_p(int ncurves, const lag_curve *curve, const run_state *s, double *const worst[2]) {
  if (s->pairs == 0)
    return 1.0;
  double p = 0.0;
  for (int kind = 0; kind < 2; kind++) {
    const int n = most_samples(ncurves, curve, kind);
    int as_bad = 0;
    for (int k = 0; k < n; k++)
      as_bad += worst[kind][k] >= s->z;
    if (n > 0)
      p = fmax(p, (1.0 + as_bad) / (1.0 + n));
  }
  return fmin(p, fmin(1.0, s->smallest * s->pairs));
}

static lisi_status worst_new(int ncurves, const lag_curve *curve, double *worst[2], lisi_error *err) {
  for (int kind = 0; kind < 2; kind++)
    worst[kind] = calloc((size_t)most_samples(ncurves, curve, kind) + 1, sizeof(double));
  return worst[0] == NULL || worst[1] == NULL ? lisi_no_memory(err, sizeof(double)) : LISI_OK;
}

static void fill(const lag_curve *curve, int from, int to, double p, const run_state *s, lag_run *run) {
  *run =
      (lag_run){true, from, to, log10(curve[0].lag[to] / curve[0].lag[from]), p, {s->worst[0], s->worst[1]}, s->curve};
}

lisi_status lag_run_test(int ncurves, const lag_curve *curve, int from, int to, lag_run *run, lisi_error *err) {
  memset(run, 0, sizeof *run);
  table t = {0};
  double *worst[2] = {NULL, NULL};
  lisi_status status = table_make(ncurves, curve, &t, err);
  if (status == LISI_OK)
    status = worst_new(ncurves, curve, worst, err);
  if (status == LISI_OK) {
    run_state s = {.smallest = 1.0, .curve = -1};
    for (int b = from + 1; b <= to; b++)
      extend(ncurves, curve, &t, from, b, &s, worst);
    fill(curve, from, to, run_p(ncurves, curve, &s, worst), &s, run);
  }
  free(worst[0]);
  free(worst[1]);
  table_free(&t);
  return status;
}

lisi_status markov_range_find(int ncurves, const lag_curve *curve, lag_run *run, lisi_error *err) {
  memset(run, 0, sizeof *run);
  if (ncurves < 1 || curve[0].nlags < 2)
    return LISI_OK;
  table t = {0};
  double *worst[2] = {NULL, NULL};
  lisi_status status = table_make(ncurves, curve, &t, err);
  if (status == LISI_OK)
    status = worst_new(ncurves, curve, worst, err);
  for (int from = 0; from + 1 < curve[0].nlags && status == LISI_OK; from++) {
    run_state s = {.smallest = 1.0, .curve = -1};
    for (int kind = 0; kind < 2; kind++)
      memset(worst[kind], 0, (size_t)most_samples(ncurves, curve, kind) * sizeof(double));
    for (int to = from; to < curve[0].nlags; to++) {
      bool any = false;
      for (int c = 0; c < ncurves; c++)
        any = any || t.known[c * t.nlags + to];
      if (!any)
        break;
      if (to == from)
        continue;
      extend(ncurves, curve, &t, from, to, &s, worst);
      if (s.pairs == 0)
        continue;
      const double p = run_p(ncurves, curve, &s, worst);
      if (p >= MARKOV_LEVEL && (!run->found || log10(curve[0].lag[to] / curve[0].lag[from]) > run->decades + 1e-9))
        fill(curve, from, to, p, &s, run);
    }
  }
  free(worst[0]);
  free(worst[1]);
  table_free(&t);
  return status;
}
