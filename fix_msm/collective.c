/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collective.h"

#include "bootstrap.h"
#include "ck.h"
#include "lattice.h"
#include "markov_range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAGS = 62, TRACER = 0, COLLECTIVE = 1 };

/* A place that changes at some samples: of one lithium, or the sum of all. */
typedef struct {
  long long t; /* from this sample on */
  double x[3];
} mark;

/* A run without a break: its paths, and where it stands in the time of all runs, one behind the other. */
typedef struct {
  size_t first, last; /* in `order` */
  long long begin, end, offset;
  double n_li; /* mean number of lithium that are in a path */
} stretch;

/* Sums over the pairs of one lag that start in one block: six components of the square, and how many. */
typedef struct {
  double square[6], pairs;
} block_sum;

typedef struct {
  const path_set *paths;
  size_t *order; /* [paths->n] paths by run, then by begin */
  size_t nstretches;
  stretch *stretch;
  long long length; /* samples of all stretches */
  double n_li;
  int nblocks, nlags;
  long long lag[MOST_LAGS]; /* 1, 2, 4, ... samples */
  block_sum *sum;           /* [nlags][2][nblocks] */
} work;

void collective_free(collective_result *r) {
  free(r->point);
  memset(r, 0, sizeof *r);
}

/* ---- stretches ---- */

static int by_begin(const void *a, const void *b, void *context) {
  const path *x = &((const path_set *)context)->path[*(const size_t *)a],
             *y = &((const path_set *)context)->path[*(const size_t *)b];
  if (x->run != y->run)
    return x->run < y->run ? -1 : 1;
  if (x->step[0].t != y->step[0].t)
    return x->step[0].t < y->step[0].t ? -1 : 1;
  return x->walker < y->walker ? -1 : x->walker > y->walker;
}

/* A stretch ends where no path of the run goes on: at a break all of them end. */
static void find_stretches(work *w) {
  const path_set *paths = w->paths;
  for (size_t k = 0; k < paths->n; k++)
    w->order[k] = k;
  qsort_r(w->order, paths->n, sizeof *w->order, by_begin, (void *)paths);
  double li_time = 0.0;
  for (size_t k = 0; k < paths->n; k++) {
    const path *p = &paths->path[w->order[k]];
    stretch *s = w->nstretches > 0 ? &w->stretch[w->nstretches - 1] : NULL;
    if (s == NULL || paths->path[w->order[s->first]].run != p->run || p->step[0].t >= s->end) {
      s = &w->stretch[w->nstretches++];
      *s = (stretch){.first = k, .begin = p->step[0].t, .end = p->end};
    }
    s->last = k + 1;
    if (p->end > s->end)
      s->end = p->end;
    s->n_li += (double)(p->end - p->step[0].t);
  }
  for (size_t k = 0; k < w->nstretches; k++) {
    stretch *s = &w->stretch[k];
    s->offset = w->length;
    w->length += s->end - s->begin;
    li_time += s->n_li;
    s->n_li /= (double)(s->end - s->begin);
  }
  w->n_li = w->length > 0 ? li_time / (double)w->length : 0.0;
}

/* ---- places against time ---- */

/* The marks of a path, its place relative to the first one. In no site: the last known one. */
static size_t path_marks(const path_set *paths, const path *p, mark *out) {
  const path_step *first = NULL;
  size_t n = 0;
  for (size_t k = 0; k < p->n; k++) {
    const path_step *s = &p->step[k];
    if (s->state < 0)
      continue;
    if (first == NULL)
      first = s;
    const int r[3] = {s->n[0] - first->n[0], s->n[1] - first->n[1], s->n[2] - first->n[2]};
    out[n] = (mark){.t = s->t};
    state_space_step(&paths->space, first->state, s->state, r, out[n].x);
    n++;
  }
  return n;
}

/* Adds the squares of all pairs of one curve that lie `lag` apart. */
static void add_pairs(const work *w, const stretch *s, const mark *m, size_t n, long long end, long long lag,
                      double weight, block_sum *sum) {
  const long long last = end - lag; /* starts are below this */
  size_t a = 0, b = 0;
  if (n == 0)
    return;
  for (long long t = m[0].t; t < last;) {
    while (a + 1 < n && m[a + 1].t <= t)
      a++;
    while (b + 1 < n && m[b + 1].t <= t + lag)
      b++;
    long long until = last;
    if (a + 1 < n && m[a + 1].t < until)
      until = m[a + 1].t;
    if (b + 1 < n && m[b + 1].t - lag < until)
      until = m[b + 1].t - lag;
    const double d[3] = {m[b].x[0] - m[a].x[0], m[b].x[1] - m[a].x[1], m[b].x[2] - m[a].x[2]};
    const double product[6] = {d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[1], d[0] * d[2], d[1] * d[2]};
    while (t < until) {
      const long long place = t - s->begin + s->offset;
      const long long block = (long long)((__int128)place * w->nblocks / w->length);
      /* first start of the next block: ceil((block + 1) length / nblocks) */
      const long long next =
          (long long)(((__int128)(block + 1) * w->length + w->nblocks - 1) / w->nblocks) - s->offset + s->begin;
      const long long stop = next < until ? next : until;
      const double starts = (double)(stop - t);
      for (int k = 0; k < 6; k++)
        sum[block].square[k] += weight * starts * product[k];
      sum[block].pairs += starts;
      t = stop;
    }
  }
}

static int by_time(const void *a, const void *b) {
  const mark *x = a, *y = b;
  return x->t < y->t ? -1 : x->t > y->t;
}

static block_sum *sums(const work *w, int lag, int which) {
  return w->sum + ((size_t)lag * 2 + (size_t)which) * (size_t)w->nblocks;
}

/* One stretch: each of its lithium by itself, then the sum of all. */
static void take_stretch(work *w, const stretch *s, mark *one, mark *all) {
  size_t n = 1;
  all[0] = (mark){.t = s->begin};
  for (size_t k = s->first; k < s->last; k++) {
    const path *p = &w->paths->path[w->order[k]];
    const size_t m = path_marks(w->paths, p, one);
    for (int lag = 0; lag < w->nlags; lag++)
      add_pairs(w, s, one, m, p->end, w->lag[lag], 1.0, sums(w, lag, TRACER));
    for (size_t q = 1; q < m; q++) {
      all[n].t = one[q].t;
      for (int c = 0; c < 3; c++)
        all[n].x[c] = one[q].x[c] - one[q - 1].x[c];
      n++;
    }
  }
  /* Jumps into their sum; those of one sample together. */
  qsort(all + 1, n - 1, sizeof *all, by_time);
  size_t m = 1;
  for (size_t k = 1; k < n; k++) {
    if (all[m - 1].t != all[k].t || m == 1) {
      all[m] =
          (mark){.t = all[k].t,
                 .x = {all[m - 1].x[0] + all[k].x[0], all[m - 1].x[1] + all[k].x[1], all[m - 1].x[2] + all[k].x[2]}};
      m++;
    } else {
      for (int c = 0; c < 3; c++)
        all[m - 1].x[c] += all[k].x[c];
    }
  }
  for (int lag = 0; lag < w->nlags; lag++)
    add_pairs(w, s, all, m, s->end, w->lag[lag], 1.0 / s->n_li, sums(w, lag, COLLECTIVE));
}

static lisi_status take_all(work *w, lisi_error *err) {
  size_t most = 1, room = 1;
  for (size_t k = 0; k < w->nstretches; k++) {
    size_t steps = 2;
    for (size_t q = w->stretch[k].first; q < w->stretch[k].last; q++) {
      const size_t n = w->paths->path[w->order[q]].n;
      steps += n;
      most = n > most ? n : most;
    }
    room = steps > room ? steps : room;
  }
  mark *one = malloc(most * sizeof *one), *all = malloc(room * sizeof *all);
  lisi_status status = one == NULL || all == NULL ? lisi_no_memory(err, room * sizeof *all) : LISI_OK;
  for (size_t k = 0; k < w->nstretches && status == LISI_OK; k++)
    take_stretch(w, &w->stretch[k], one, all);
  free(one);
  free(all);
  return status;
}

/* ---- slopes ---- */

/* <d d^T> at a lag from weighted blocks (weight NULL: 1); NaN without a pair. */
static void mean_square(const work *w, int lag, int which, const double *weight, double m[6]) {
  const block_sum *s = sums(w, lag, which);
  double pairs = 0.0;
  memset(m, 0, 6 * sizeof *m);
  for (int b = 0; b < w->nblocks; b++) {
    const double u = weight != NULL ? weight[b] : 1.0;
    pairs += u * s[b].pairs;
    for (int k = 0; k < 6; k++)
      m[k] += u * s[b].square[k];
  }
  for (int k = 0; k < 6; k++)
    m[k] = pairs > 0.0 ? m[k] / pairs : NAN;
}

static double trace(const double m[6]) {
  return m[0] + m[1] + m[2];
}

/* D between two lags. */
static double slope(const work *w, int first, int last, int which, const double *weight) {
  double a[6], b[6];
  mean_square(w, first, which, weight, a);
  mean_square(w, last, which, weight, b);
  return (trace(b) - trace(a)) / (6.0 * w->paths->dt * (double)(w->lag[last] - w->lag[first]));
}

static void slope_tensor(const work *w, int first, int last, int which, double D[3][3]) {
  static const int place[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
  double a[6], b[6];
  mean_square(w, first, which, NULL, a);
  mean_square(w, last, which, NULL, b);
  for (int k = 0; k < 6; k++)
    D[place[k][0]][place[k][1]] = D[place[k][1]][place[k][0]] =
        (b[k] - a[k]) / (2.0 * w->paths->dt * (double)(w->lag[last] - w->lag[first]));
}

/* weight[resamples][nblocks], the same for everything that is compared. */
static lisi_status draw_weights(const work *w, int resamples, uint64_t seed, double **weight, lisi_error *err) {
  const size_t size = (size_t)resamples * (size_t)w->nblocks;
  *weight = malloc((size + 1) * sizeof **weight);
  if (*weight == NULL)
    return lisi_no_memory(err, size * sizeof **weight);
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int r = 0; r < resamples; r++)
    bootstrap_weights(&rng, w->nblocks, *weight + (size_t)r * (size_t)w->nblocks);
  return LISI_OK;
}

/* The interval of a quantity that is positive by nature and a sum of squares: even about its logarithm, where
 * percentiles of resampled blocks fall short above. */
static collective_value interval(double value, int n, const double *sample, double level, int nparts) {
  collective_value v = {value, NAN, NAN};
  double sum = 0.0, squares = 0.0;
  int m = 0;
  for (int k = 0; k < n; k++) {
    const double x = sample[k] / value > 0.0 ? log(sample[k] / value) : NAN;
    if (!isfinite(x))
      continue;
    sum += x;
    squares += x * x;
    m++;
  }
  if (m < 2 || 2 * m < n)
    return v;
  const double spread = sqrt(fmax(squares - sum * sum / m, 0.0) / (m - 1) * nparts / (nparts - 1.0));
  const double reach = ck_student_quantile(1.0 - level, nparts - 1.0) * spread;
  v.lo = value * exp(-reach);
  v.hi = value * exp(reach);
  return v;
}

/* Searching for the beginning of a plateau costs coverage: where chance says no at the right lag, a later and by then
 * unusual slope is taken. At one percent that is next to nothing; a rest of the memory is cut by the range of the
 * slopes, which begin with the shortest lag and end at four times this. */
static const double plateau_level = 0.01;

/* The shortest lag from which on the slopes of both kinds stay the same, by the test of markov_range.h; *from = K - 1
 * where no longer lag is known well enough to agree with. */
static lisi_status find_from(const work *w, const double value[2][MOST_LAGS], const double *sample, int n, int *from,
                             bool *plateau, lisi_error *err) {
  const int K = w->nlags - 1;
  double lag[MOST_LAGS];
  int parts[MOST_LAGS];
  for (int k = 0; k < K; k++) {
    lag[k] = (double)w->lag[k];
    parts[k] = w->nblocks;
  }
  lag_curve curve[2];
  for (int which = 0; which < 2; which++)
    curve[which] = (lag_curve){.nlags = K,
                               .lag = lag,
                               .value = value[which],
                               .nsamples = {n, 0},
                               .nparts = {parts, NULL},
                               .sample = {sample + (size_t)which * (size_t)K * (size_t)n, NULL}};
  *plateau = false;
  for (*from = 0; *from < K - 1; ++*from) {
    bool known = false; /* something longer, of the less certain one, too */
    for (int k = *from + 1; k < K; k++)
      known = known || lag_curve_known(&curve[COLLECTIVE], k);
    lag_run run;
    const lisi_status status = lag_run_test(2, curve, *from, K - 1, &run, err);
    if (status != LISI_OK)
      return status;
    *plateau = known && run.p >= plateau_level;
    if (*plateau)
      return LISI_OK;
  }
  return LISI_OK;
}

static const double elementary_charge = 1.602176634e-19, boltzmann = 1.380649e-23; /* C, J/K: exact (SI 2019) */

static lisi_status evaluate(work *w, const collective_options *o, collective_result *r, lisi_error *err) {
  const double level = o->level > 0.0 && o->level < 1.0 ? o->level : 0.95;
  const int n = o->resamples, K = w->nlags - 1;
  const size_t N = (size_t)n;
  double *weight = NULL, *sample = malloc((2 * (size_t)K * N + 2 * N + 1) * sizeof *sample);
  double value[2][MOST_LAGS];
  r->point = calloc((size_t)K, sizeof *r->point);
  lisi_status status = sample == NULL || r->point == NULL ? lisi_no_memory(err, 2 * (size_t)K * N * sizeof *sample)
                                                          : draw_weights(w, n, o->seed, &weight, err);
  if (status != LISI_OK)
    goto done;
  for (int which = 0; which < 2; which++)
    for (int k = 0; k < K; k++) {
      value[which][k] = slope(w, k, k + 1, which, NULL);
      for (int b = 0; b < n; b++)
        sample[((size_t)which * (size_t)K + (size_t)k) * N + (size_t)b] =
            slope(w, k, k + 1, which, weight + (size_t)b * (size_t)w->nblocks);
    }
  int from = K / 2;
  if (n > 0)
    status = find_from(w, value, sample, n, &from, &r->plateau, err);
  if (status != LISI_OK)
    goto done;
  const int to = from + 2 < K ? from + 2 : K;
  r->npoints = K;
  for (int k = 0; k < K; k++) {
    r->point[k].t = (double)w->lag[k] * w->paths->dt;
    r->point[k].tracer = interval(value[TRACER][k], n, sample + (size_t)k * N, level, w->nblocks);
    r->point[k].collective = interval(value[COLLECTIVE][k], n, sample + ((size_t)K + (size_t)k) * N, level, w->nblocks);
  }
  r->from = (double)w->lag[from] * w->paths->dt;
  r->to = (double)w->lag[to] * w->paths->dt;
  slope_tensor(w, from, to, TRACER, r->tracer_tensor);
  slope_tensor(w, from, to, COLLECTIVE, r->collective_tensor);
  double *tracer = sample, *collective = sample + N, *ratio = sample + 2 * N;
  for (int b = 0; b < n; b++) {
    const double *u = weight + (size_t)b * (size_t)w->nblocks;
    tracer[b] = slope(w, from, to, TRACER, u);
    collective[b] = slope(w, from, to, COLLECTIVE, u);
    ratio[b] = collective[b] > 0.0 ? tracer[b] / collective[b] : NAN;
  }
  const double dt = slope(w, from, to, TRACER, NULL), dc = slope(w, from, to, COLLECTIVE, NULL);
  r->tracer = interval(dt, n, tracer, level, w->nblocks);
  r->collective = interval(dc, n, collective, level, w->nblocks);
  r->haven = interval(dc > 0.0 ? dt / dc : NAN, dc > 0.0 ? n : 0, ratio, level, w->nblocks);
  r->conductivity = (collective_value){NAN, NAN, NAN};
  if (r->temperature > 0.0 && r->volume > 0.0) {
    /* A^2/ps = 1e-8 m^2/s, A^3 = 1e-30 m^3 */
    const double q = r->charge * elementary_charge,
                 f = r->n_li * q * q * 1e-8 / (r->volume * 1e-30 * boltzmann * r->temperature);
    r->conductivity = (collective_value){f * r->collective.value, f * r->collective.lo, f * r->collective.hi};
  }
done:
  free(weight);
  free(sample);
  return status;
}

lisi_status collective_make(const path_set *paths, const collective_options *o, collective_result *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  work w = {.paths = paths, .nblocks = o->nblocks};
  r->tracer = r->collective = r->haven = r->conductivity = (collective_value){NAN, NAN, NAN};
  if (!paths->space.geometry) {
    r->why = "the states have no positions";
    return LISI_OK;
  }
  if (o->nblocks < 4) {
    r->why = "fewer than four time blocks";
    return LISI_OK;
  }
  w.order = malloc((paths->n + 1) * sizeof *w.order);
  w.stretch = malloc((paths->n + 1) * sizeof *w.stretch);
  lisi_status status = LISI_OK;
  if (w.order == NULL || w.stretch == NULL) {
    status = lisi_no_memory(err, paths->n * sizeof *w.stretch);
    goto done;
  }
  find_stretches(&w);
  long long longest = 0;
  for (size_t k = 0; k < w.nstretches; k++)
    if (w.stretch[k].end - w.stretch[k].begin > longest)
      longest = w.stretch[k].end - w.stretch[k].begin;
  /* Half a block, so that neighbouring blocks share little; and half of the longest stretch. */
  long long limit = w.length / (2 * w.nblocks);
  if (limit > longest / 2)
    limit = longest / 2;
  for (long long lag = 1; lag <= limit && w.nlags < MOST_LAGS; lag *= 2)
    w.lag[w.nlags++] = lag;
  r->nblocks = w.nblocks;
  r->n_li = w.n_li;
  r->temperature = o->temperature > 0.0 ? o->temperature : paths->temperature;
  r->charge = fabs(o->charge) > 0.0 ? o->charge : 1.0;
  lattice cell;
  lisi_error local = {0};
  r->volume = lattice_from_rows(paths->space.cell, &cell, &local) == LISI_OK ? cell.volume : 0.0;
  if (w.nlags < 2) {
    r->why = "the run is shorter than four samples for each time block";
    goto done;
  }
  w.sum = calloc((size_t)w.nlags * 2 * (size_t)w.nblocks, sizeof *w.sum);
  if (w.sum == NULL) {
    status = lisi_no_memory(err, (size_t)w.nlags * 2 * (size_t)w.nblocks * sizeof *w.sum);
    goto done;
  }
  status = take_all(&w, err);
  if (status == LISI_OK)
    status = evaluate(&w, o, r, err);
  r->known = status == LISI_OK;
done:
  free(w.order);
  free(w.stretch);
  free(w.sum);
  if (status != LISI_OK)
    collective_free(r);
  return status;
}
