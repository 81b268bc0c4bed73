/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jump_stats.h"

#include "site_index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shells of one pair of orbits; in a disordered host distances make a continuum, and what lies beyond goes with the
 * last. */
enum { MOST_SHELLS = 12 };
/* Orbits that are shown as a matrix; its sums by part take 100 MB here. */
enum { MOST_IN_MATRIX = 400 };
/* A third site this much nearer to the middle of a hop than its ends stands in its way. */
static const double in_the_way = 0.9;

/* ---- orbits ---------------------------------------------------------------------------------------------------- */

void orbit_set_free(orbit_set *orbits) {
  free(orbits->label);
  free(orbits->nsites);
  free(orbits->of_state);
  memset(orbits, 0, sizeof *orbits);
}

static void name_of(const path_set *paths, int state, orbit_kind kind, char name[STATE_LABEL]) {
  const int s = state % paths->nsites_unit;
  const char *label = paths->space.label != NULL ? paths->space.label[state] : "";
  if (kind == ORBIT_LABEL && label[0] != '\0')
    memcpy(name, label, STATE_LABEL);
  else if (label[0] != '\0')
    (void)snprintf(name, STATE_LABEL, "%.19s#%d", label, s + 1);
  else
    (void)snprintf(name, STATE_LABEL, "%lld", paths->space.number[s]);
}

lisi_status orbit_set_make(const path_set *paths, orbit_kind kind, orbit_set *orbits, lisi_error *err) {
  memset(orbits, 0, sizeof *orbits);
  const int nunit = paths->nsites_unit, n = paths->space.n;
  orbits->label = calloc((size_t)nunit, sizeof *orbits->label);
  orbits->nsites = calloc((size_t)nunit, sizeof *orbits->nsites);
  orbits->of_state = malloc((size_t)n * sizeof *orbits->of_state);
  if (orbits->label == NULL || orbits->nsites == NULL || orbits->of_state == NULL) {
    orbit_set_free(orbits);
    return lisi_no_memory(err, (size_t)n * sizeof *orbits->of_state);
  }
  for (int i = 0; i < n; i++) {
    int k = 0;
    if (i < nunit) {
      char name[STATE_LABEL];
      name_of(paths, i, kind, name);
      while (k < orbits->n && strcmp(orbits->label[k], name) != 0)
        k++;
      if (k == orbits->n)
        memcpy(orbits->label[orbits->n++], name, sizeof name);
    } else {
      k = orbits->of_state[i % nunit];
    }
    orbits->of_state[i] = k;
    orbits->nsites[k]++;
  }
  return LISI_OK;
}

/* ---- sums by part ---------------------------------------------------------------------------------------------- */

/* Time blocks of every run, then groups of walkers: a quantity is a row of nblocks + ngroups sums. */
typedef struct {
  int per_run, nblocks, ngroups;
  long long *range; /* [runs][2] */
} parts;

static int columns(const parts *p) {
  return p->nblocks + p->ngroups;
}

static int block_of(const parts *p, int run, long long t) {
  const long long *r = p->range + 2 * run;
  return run * p->per_run + (int)((__int128)(t - r[0]) * p->per_run / (r[1] - r[0]));
}

static int group_of(const parts *p, int walker) {
  return p->nblocks + walker % p->ngroups;
}

static void add_event(const parts *p, double *row, const site_jump *j) {
  row[block_of(p, j->run, j->t)] += 1.0;
  row[group_of(p, j->walker)] += 1.0;
}

static void add_time(const parts *p, double *row, int run, int walker, long long t0, long long t1, double dt) {
  const long long *r = p->range + 2 * run, span = r[1] - r[0];
  if (t1 > t0)
    row[group_of(p, walker)] += (double)(t1 - t0) * dt;
  while (t0 < t1) {
    const int block = block_of(p, run, t0);
    const long long next = block - run * p->per_run + 1;
    long long until = r[0] + (long long)(((__int128)next * span + p->per_run - 1) / p->per_run);
    if (until > t1)
      until = t1;
    row[block] += (double)(until - t0) * dt;
    t0 = until;
  }
}

static lisi_status parts_make(const path_set *paths, int blocks, parts *p, lisi_error *err) {
  const int nruns = paths->nruns > 0 ? paths->nruns : 1;
  memset(p, 0, sizeof *p);
  p->per_run = blocks;
  p->nblocks = blocks * nruns;
  p->ngroups = paths->nwalkers < blocks ? paths->nwalkers : blocks;
  p->range = malloc((size_t)nruns * 2 * sizeof *p->range);
  if (p->range == NULL)
    return lisi_no_memory(err, (size_t)nruns * 2 * sizeof *p->range);
  for (int k = 0; k < nruns; k++) {
    p->range[2 * k] = 0;
    p->range[2 * k + 1] = -1;
  }
  for (size_t k = 0; k < paths->n; k++) {
    const path *q = &paths->path[k];
    long long *r = p->range + 2 * q->run;
    if (r[1] < 0 || q->step[0].t < r[0])
      r[0] = q->step[0].t;
    if (q->end > r[1])
      r[1] = q->end;
  }
  return LISI_OK;
}

static double total(const parts *p, const double *row) {
  double sum = 0.0;
  for (int k = 0; k < p->nblocks; k++)
    sum += row[k];
  return sum;
}

double ratio_error(int nparts, const double *x, const double *y) {
  double sx = 0.0, sy = 0.0, variance = 0.0;
  for (int k = 0; k < nparts; k++) {
    sx += x[k];
    sy += y[k];
  }
  if (nparts < 2 || !(sy > 0.0))
    return NAN;
  for (int k = 0; k < nparts; k++) {
    const double e = x[k] - sx / sy * y[k];
    variance += e * e;
  }
  return sqrt(variance * nparts / (nparts - 1)) / sy;
}

/* x/y with the widest of its errors; `least`: an error it has at least (0: none). */
static measured ratio(const parts *p, const double *x, const double *y, double least) {
  const double sy = total(p, y);
  measured m = {sy > 0.0 ? total(p, x) / sy : NAN, NAN};
  m.error = fmax(ratio_error(p->nblocks, x, y), ratio_error(p->ngroups, x + p->nblocks, y + p->nblocks));
  if (sy > 0.0 && (least > 0.0 || isnan(m.error)))
    m.error = fmax(m.error, least);
  return m;
}

/* A number of events over a time. Where nothing was counted the error is that of one event. */
static measured rate_of(const parts *p, const double *events, const double *time) {
  const double n = total(p, events), t = total(p, time);
  return ratio(p, events, time, t > 0.0 ? sqrt(fmax(n, 1.0)) / t : 0.0);
}

/* A share of n events; the binomial error is the least, with (n f + 1)/(n + 2) for f so that none and all have one. */
static measured share_of(const parts *p, const double *some, const double *all) {
  const double n = total(p, all);
  const double f = n > 0.0 ? (total(p, some) + 1.0) / (n + 2.0) : 0.0;
  return ratio(p, some, all, n > 0.0 ? sqrt(f * (1.0 - f) / n) : 0.0);
}

/* ---- classes of jumps ------------------------------------------------------------------------------------------ */

typedef struct {
  int from, to, shell;
  double d;
  size_t jump;
} classed;

static int by_pair_and_distance(const void *a, const void *b) {
  const classed *x = a, *y = b;
  if (x->from != y->from)
    return x->from < y->from ? -1 : 1;
  if (x->to != y->to)
    return x->to < y->to ? -1 : 1;
  if (x->d != y->d)
    return x->d < y->d ? -1 : 1;
  return (x->jump > y->jump) - (x->jump < y->jump);
}

/* Sorts the jumps into classes: class_of[njumps], and the table of classes in s. */
static lisi_status classify(const path_set *paths, const jump_list *list, const jump_stats_options *o, jump_stats *s,
                            int *class_of, lisi_error *err) {
  const size_t n = list->njumps;
  classed *c = malloc((n + 1) * sizeof *c);
  s->class = malloc((n + 1) * sizeof *s->class);
  if (c == NULL || s->class == NULL) {
    free(c);
    return lisi_no_memory(err, (n + 1) * sizeof *c);
  }
  for (size_t k = 0; k < n; k++) {
    const site_jump *j = &list->jump[k];
    double d[3];
    state_space_step(&paths->space, j->from, j->to, j->r, d);
    c[k] = (classed){s->orbits.of_state[j->from], s->orbits.of_state[j->to], 0,
                     sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), k};
  }
  qsort(c, n, sizeof *c, by_pair_and_distance);
  jump_class *now = NULL;
  for (size_t k = 0; k < n; k++) {
    const bool same_pair = now != NULL && now->from == c[k].from && now->to == c[k].to;
    if (!same_pair || (c[k].d - c[k - 1].d > o->shell && now->shell + 1 < MOST_SHELLS)) {
      const int shell = same_pair ? now->shell + 1 : 0;
      now = &s->class[s->nclasses++];
      *now = (jump_class){.from = c[k].from, .to = c[k].to, .shell = shell, .distance_min = c[k].d};
    }
    now->jumps += 1.0;
    now->distance += c[k].d;
    now->distance_max = c[k].d;
    class_of[c[k].jump] = s->nclasses - 1;
  }
  for (int k = 0; k < s->nclasses; k++)
    s->class[k].distance /= s->class[k].jumps;
  free(c);
  return LISI_OK;
}

/* The sites as an index in the mean cell; NULL without geometry. */
static lisi_status index_sites(const path_set *paths, site_index **index, lattice *box, lisi_error *err) {
  *index = NULL;
  if (!paths->space.geometry)
    return LISI_OK;
  double *unit = malloc((size_t)paths->nsites_unit * 3 * sizeof *unit);
  if (unit == NULL)
    return lisi_no_memory(err, (size_t)paths->nsites_unit * 3 * sizeof *unit);
  for (int i = 0; i < 3 * paths->nsites_unit; i++)
    unit[i] = paths->space.x[i] * paths->replicate[i % 3];
  lisi_status status = lattice_from_rows(paths->space.cell, box, err);
  if (status == LISI_OK)
    status = site_index_create(paths->nsites_unit, unit, 3, paths->replicate, index, err);
  if (status == LISI_OK)
    status = site_index_set_box(*index, box, err);
  free(unit);
  return status;
}

/* Whether a third site is nearest to the middle of the hop: then samples are too far apart to see each step. */
static bool passes_a_site(const path_set *paths, const site_index *index, const site_jump *j) {
  double middle[3], d[3];
  state_space_step(&paths->space, j->from, j->to, j->r, d);
  for (int a = 0; a < 3; a++)
    middle[a] = 0.5 * (paths->space.x[3 * j->from + a] + paths->space.x[3 * j->to + a] + j->r[a]);
  site_hit hit;
  site_index_nearest(index, middle, &hit);
  return hit.distance < in_the_way * 0.5 * sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

void jump_stats_free(jump_stats *s) {
  for (int k = 0; s->orbit != NULL && k < s->orbits.n; k++)
    residence_curve_free(&s->orbit[k].curve);
  free(s->orbit);
  free(s->class);
  free(s->matrix);
  orbit_set_free(&s->orbits);
  memset(s, 0, sizeof *s);
}

/* Stays whose beginning was seen, sorted into their orbits. */
static lisi_status survival(const jump_list *list, jump_stats *s, lisi_error *err) {
  const int norbits = s->orbits.n;
  residence_stay *stay = malloc((list->nstays + 1) * sizeof *stay);
  size_t *first = calloc((size_t)norbits + 2, sizeof *first); /* [k + 1]: where orbit k begins, then where it ends */
  lisi_status status = LISI_OK;
  if (stay == NULL || first == NULL)
    status = lisi_no_memory(err, (list->nstays + 1) * sizeof *stay);
  for (size_t m = 0; status == LISI_OK && m < list->nstays; m++)
    if (list->stay[m].arrived)
      first[s->orbits.of_state[list->stay[m].state] + 2]++;
  for (int k = 0; status == LISI_OK && k < norbits; k++)
    first[k + 2] += first[k + 1];
  for (size_t m = 0; status == LISI_OK && m < list->nstays; m++) {
    const site_stay *q = &list->stay[m];
    if (q->arrived)
      stay[first[s->orbits.of_state[q->state] + 1]++] = (residence_stay){q->end - q->begin, q->left};
  }
  for (int k = 0; k < norbits && status == LISI_OK; k++)
    status = residence_estimate(first[k + 1] - first[k], stay + first[k], &s->orbit[k].curve, err);
  free(stay);
  free(first);
  return status;
}

/* Rows of sums by part; row 0 of each kind at its offset. */
typedef struct {
  parts p;
  double *sum;
  int width;
  int time, unassigned, jumps, undone, judged, multi; /* single rows */
  int orbit_time, orbit_atoms, orbit_out, pair, class_jumps, class_undone, class_judged, class_multi;
} table;

static double *row(const table *t, int k) {
  return t->sum + (size_t)k * (size_t)t->width;
}

static lisi_status table_make(const path_set *paths, int blocks, int norbits, int nclasses, table *t, lisi_error *err) {
  const lisi_status status = parts_make(paths, blocks, &t->p, err);
  if (status != LISI_OK)
    return status;
  t->width = columns(&t->p);
  int *const single[] = {&t->time, &t->unassigned, &t->jumps, &t->undone, &t->judged, &t->multi};
  int n = 0;
  for (size_t k = 0; k < sizeof single / sizeof *single; k++)
    *single[k] = n++;
  t->orbit_time = n;
  t->orbit_atoms = n += norbits;
  t->orbit_out = n += norbits;
  t->pair = n += norbits;
  t->class_jumps = n += norbits <= MOST_IN_MATRIX ? norbits * norbits : 0;
  t->class_undone = n += nclasses;
  t->class_judged = n += nclasses;
  t->class_multi = n += nclasses;
  n += nclasses;
  t->sum = calloc((size_t)n * (size_t)t->width, sizeof *t->sum);
  return t->sum != NULL ? LISI_OK : lisi_no_memory(err, (size_t)n * (size_t)t->width * sizeof *t->sum);
}

static void sum_times(const path_set *paths, const jump_list *list, const jump_stats *s, const table *t) {
  for (size_t k = 0; k < paths->n; k++) {
    const path *q = &paths->path[k];
    add_time(&t->p, row(t, t->time), q->run, q->walker, q->step[0].t, q->end, paths->dt);
    for (size_t m = 0; m < q->n; m++) {
      const path_step *a = &q->step[m];
      const long long end = m + 1 < q->n ? q->step[m + 1].t : q->end;
      const int to = a->state < 0 ? t->unassigned : t->orbit_atoms + s->orbits.of_state[a->state];
      add_time(&t->p, row(t, to), q->run, q->walker, a->t, end, paths->dt);
    }
  }
  for (size_t k = 0; k < list->nstays; k++) {
    const site_stay *q = &list->stay[k];
    add_time(&t->p, row(t, t->orbit_time + s->orbits.of_state[q->state]), q->run, q->walker, q->begin, q->end,
             paths->dt);
  }
}

static void sum_jumps(const path_set *paths, const jump_list *list, const jump_stats *s, const int *class_of,
                      const site_index *index, const jump_stats_options *o, const table *t) {
  for (size_t k = 0; k < list->njumps; k++) {
    const site_jump *j = &list->jump[k];
    const int from = s->orbits.of_state[j->from], to = s->orbits.of_state[j->to], c = class_of[k];
    bool judged;
    const bool undone = jump_is_undone(list, k, o->recross, &judged);
    const bool multi = index != NULL && passes_a_site(paths, index, j);
    add_event(&t->p, row(t, t->jumps), j);
    add_event(&t->p, row(t, t->orbit_out + from), j);
    if (s->matrix != NULL)
      add_event(&t->p, row(t, t->pair + from * s->orbits.n + to), j);
    add_event(&t->p, row(t, t->class_jumps + c), j);
    s->orbit[from].departures += 1.0;
    s->orbit[to].arrivals += 1.0;
    if (judged) {
      add_event(&t->p, row(t, t->judged), j);
      add_event(&t->p, row(t, t->class_judged + c), j);
    }
    if (undone) {
      add_event(&t->p, row(t, t->undone), j);
      add_event(&t->p, row(t, t->class_undone + c), j);
    }
    if (multi) {
      add_event(&t->p, row(t, t->multi), j);
      add_event(&t->p, row(t, t->class_multi + c), j);
    }
  }
}

/* Mean number of lithium in an orbit: its share of the time, times the mean number there is. */
static void finish_orbits(const path_set *paths, jump_stats *s, const table *t, double samples) {
  const double li = samples > 0.0 ? s->li_time / (samples * paths->dt) : 0.0;
  for (int k = 0; k < s->orbits.n; k++) {
    orbit_stats *q = &s->orbit[k];
    const double *time = row(t, t->orbit_time + k), *out = row(t, t->orbit_out + k);
    /* Not by groups of lithium: they keep each other out of the sites, so that their sum scatters less. */
    const double *seen = row(t, t->orbit_atoms + k), *all = row(t, t->time);
    const measured share = {total(&t->p, seen) / s->li_time, ratio_error(t->p.nblocks, seen, all)};
    q->li_time = total(&t->p, time);
    q->atoms = (measured){share.value * li, share.error * li};
    q->occupancy = (measured){q->atoms.value / s->orbits.nsites[k], q->atoms.error / s->orbits.nsites[k]};
    q->residence = (measured){INFINITY, NAN};
    if (q->departures > 0.0)
      q->residence = ratio(&t->p, time, out, q->li_time / q->departures / sqrt(q->departures));
    /* 95 %: at most this many departures were to be expected (normal approximation of the Poisson law; 3 for none). */
    const double n = q->departures;
    q->residence_low = q->li_time / (n > 0.0 ? n + 1.645 * sqrt(n) + 1.0 : 3.0);
    for (int m = 0; s->matrix != NULL && m < s->orbits.n; m++)
      s->matrix[k * s->orbits.n + m] = share_of(&t->p, row(t, t->pair + k * s->orbits.n + m), out);
  }
}

static void finish(const path_set *paths, bool geometry, jump_stats *s, const table *t) {
  const parts *p = &t->p;
  double samples = 0.0;
  for (int k = 0; k * p->per_run < p->nblocks; k++)
    samples += (double)(p->range[2 * k + 1] - p->range[2 * k]);
  s->njumps = total(p, row(t, t->jumps));
  s->li_time = total(p, row(t, t->time));
  s->rate = rate_of(p, row(t, t->jumps), row(t, t->time));
  s->undone = share_of(p, row(t, t->undone), row(t, t->judged));
  s->multi = geometry ? share_of(p, row(t, t->multi), row(t, t->jumps)) : (measured){NAN, NAN};
  s->unassigned = ratio(p, row(t, t->unassigned), row(t, t->time), 0.0);
  const double before = (double)paths->unplaced * paths->dt;
  s->before_first = before > 0.0 ? before / (before + s->li_time) : 0.0;
  finish_orbits(paths, s, t, samples);
  for (int c = 0; c < s->nclasses; c++) {
    jump_class *q = &s->class[c];
    q->rate = rate_of(p, row(t, t->class_jumps + c), row(t, t->orbit_time + q->from));
    q->undone = share_of(p, row(t, t->class_undone + c), row(t, t->class_judged + c));
    q->multi = geometry ? share_of(p, row(t, t->class_multi + c), row(t, t->class_jumps + c)) : (measured){NAN, NAN};
  }
}

lisi_status jump_stats_make(const path_set *paths, const jump_list *list, orbit_kind kind, const jump_stats_options *o,
                            jump_stats *s, lisi_error *err) {
  memset(s, 0, sizeof *s);
  table t;
  memset(&t, 0, sizeof t);
  site_index *index = NULL;
  lattice box;
  int *class_of = NULL;
  lisi_status status = orbit_set_make(paths, kind, &s->orbits, err);
  if (status == LISI_OK) {
    const size_t n = (size_t)s->orbits.n;
    class_of = malloc((list->njumps + 1) * sizeof *class_of);
    s->orbit = calloc(n, sizeof *s->orbit);
    if (n <= MOST_IN_MATRIX)
      s->matrix = calloc(n * n, sizeof *s->matrix);
    if (class_of == NULL || s->orbit == NULL || (n <= MOST_IN_MATRIX && s->matrix == NULL))
      status = lisi_no_memory(err, n * sizeof *s->orbit + list->njumps * sizeof *class_of);
  }
  if (status == LISI_OK)
    status = classify(paths, list, o, s, class_of, err);
  if (status == LISI_OK)
    status = table_make(paths, o->blocks, s->orbits.n, s->nclasses, &t, err);
  if (status == LISI_OK)
    status = index_sites(paths, &index, &box, err);
  if (status == LISI_OK) {
    sum_times(paths, list, s, &t);
    sum_jumps(paths, list, s, class_of, index, o, &t);
    finish(paths, index != NULL, s, &t);
    status = survival(list, s, err);
  }
  site_index_free(index);
  free(class_of);
  free(t.sum);
  free(t.p.range);
  if (status != LISI_OK)
    jump_stats_free(s);
  return status;
}
