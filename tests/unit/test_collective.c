/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracer and collective diffusion: closed forms, sums by brute force, and whether the intervals hold the truth. */
#include "bootstrap.h"
#include "collective.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)
#define CLOSE(a, b, tolerance) assert_true(near(a, b, tolerance))

static bool near(double a, double b, double tolerance) {
  return fabs(a - b) <= tolerance * fmax(1.0, fabs(b));
}

/* A cubic box of edge L with one site, or L^3 sites of distance 1. */
static void begin_set(int L, bool lattice_sites, path_set *p) {
  memset(p, 0, sizeof *p);
  const int n = lattice_sites ? L * L * L : 1;
  OK(state_space_new(n, true, &p->space, err));
  for (int i = 0; i < n; i++) {
    p->space.x[3 * i] = i % L / (double)L;
    p->space.x[3 * i + 1] = i / L % L / (double)L;
    p->space.x[3 * i + 2] = i / L / L / (double)L;
  }
  for (int a = 0; a < 3; a++)
    p->space.cell[a][a] = L;
  p->dt = 1;
  p->time_in_ps = true;
  p->temperature = 300;
}

/* N walkers in strings of m that always move together: every string jumps with probability p a sample, by one box along
 * an axis. Each walker has its path in the box of one site. */
static void strings(int N, int m, double p, long long samples, int run, uint64_t seed, path_set *set) {
  const int n = N / m;
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int s = 0; s < n; s++) {
    const size_t first = set->n;
    for (int k = 0; k < m; k++) {
      OK(path_begin(set, run * N + s * m + k, err));
      set->path[set->n - 1].run = run;
      /* all walkers of a string see the same draws */
      lisi_rng own;
      lisi_rng_seed(&own, seed * 1000003 + (uint64_t)s);
      int at[3] = {k, -k, 7};
      OK(path_add(set, 0, 0, at, err));
      for (long long t = 1; t < samples; t++)
        if (lisi_rng_uniform(&own) < p) {
          at[lisi_rng_below(&own, 3)] += lisi_rng_below(&own, 2) ? 1 : -1;
          OK(path_add(set, t, 0, at, err));
        }
      path_finish(set, samples);
    }
    assert_int_equal(set->n, first + (size_t)m);
  }
  if (set->nruns <= run)
    set->nruns = run + 1;
}

static collective_options options(int resamples) {
  return (collective_options){.nblocks = 20, .resamples = resamples, .seed = 5};
}

static bool holds(collective_value v, double truth) {
  return v.lo <= truth && truth <= v.hi;
}

/* 200 runs of six walkers in strings of m: each of the three intervals holds the truth in 90 to 99 % of them. */
static void coverage_of(int m) {
  enum { RUNS = 200, N = 6 };
  const double p = .3, D = p / 6;
  int tracer = 0, collective = 0, haven = 0, plateau = 0;
  double mean = 0;
  for (int k = 0; k < RUNS; k++) {
    path_set set;
    collective_result r;
    collective_options o = options(200);
    begin_set(1, false, &set);
    strings(N, m, p, 6000, 0, (uint64_t)k + 1, &set);
    OK(collective_make(&set, &o, &r, err));
    assert_true(r.known);
    tracer += holds(r.tracer, D);
    collective += holds(r.collective, m * D);
    haven += holds(r.haven, 1. / m);
    plateau += r.plateau;
    mean += r.haven.value / RUNS;
    collective_free(&r);
    path_set_free(&set);
  }
  print_message("strings of %d, of %d runs: D_tracer %d, D_collective %d, Haven ratio %d (mean %.3f), plateau %d\n", m,
                RUNS, tracer, collective, haven, mean, plateau);
  assert_in_range(tracer, 180, 198);
  assert_in_range(collective, 180, 198);
  assert_in_range(haven, 180, 198);
  assert_true(plateau >= 180);
}

static void coverage(void **state) {
  (void)state;
  coverage_of(1);
  coverage_of(2);
}

/* One vacancy on an L^3 torus makes a move a sample: the atom next to it comes to its place. Q goes by minus the
 * vacancy's step, at random: 6 N D_collective = 1 per sample, and the Haven ratio is the correlation factor of the
 * tracer. */
static void vacancy_gas(int L, long long moves, int run, uint64_t seed, path_set *p) {
  const int sites = L * L * L;
  typedef struct {
    long long t;
    int state, n[3];
  } change;
  int *atom = malloc((size_t)sites * sizeof *atom);
  size_t *count = calloc((size_t)sites, sizeof *count), *cap = calloc((size_t)sites, sizeof *cap);
  change **list = calloc((size_t)sites, sizeof *list);
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int s = 0; s < sites; s++) {
    atom[s] = s - 1;
    if (s > 0) {
      list[s - 1] = malloc((cap[s - 1] = 64) * sizeof **list);
      list[s - 1][count[s - 1]++] = (change){0, s, {0, 0, 0}};
    }
  }
  int v[3] = {0, 0, 0};
  for (long long t = 1; t < moves; t++) {
    const int axis = lisi_rng_below(&rng, 3), sign = lisi_rng_below(&rng, 2) ? 1 : -1;
    int from[3] = {v[0], v[1], v[2]};
    from[axis] = (from[axis] + sign + L) % L;
    const int a = from[0] + L * (from[1] + L * from[2]), b = v[0] + L * (v[1] + L * v[2]), k = atom[a];
    change next = list[k][count[k] - 1];
    next.t = t;
    next.state = b;
    next.n[axis] += sign > 0 && v[axis] == L - 1 ? -1 : sign < 0 && v[axis] == 0 ? 1 : 0;
    if (count[k] == cap[k])
      list[k] = realloc(list[k], (cap[k] *= 2) * sizeof **list);
    list[k][count[k]++] = next;
    atom[b] = k;
    memcpy(v, from, sizeof v);
  }
  for (int k = 0; k + 1 < sites; k++) {
    OK(path_begin(p, run * (sites - 1) + k, err));
    p->path[p->n - 1].run = run;
    for (size_t q = 0; q < count[k]; q++)
      OK(path_add(p, list[k][q].t, list[k][q].state, list[k][q].n, err));
    path_finish(p, moves);
    free(list[k]);
  }
  if (p->nruns <= run)
    p->nruns = run + 1;
  free(list);
  free(cap);
  free(count);
  free(atom);
}

static void vacancy(void **state) {
  (void)state;
  const double f4 = .675393, N = 63;
  path_set set;
  collective_result r;
  collective_options o = options(200);
  begin_set(4, true, &set);
  for (int run = 0; run < 3; run++)
    vacancy_gas(4, 150000, run, 77 + (uint64_t)run, &set);
  OK(collective_make(&set, &o, &r, err));
  print_message(
      "%g to %g ps: N D_tracer %.4f (%.4f), N D_collective %.4f (%.4f), Haven ratio %.4f [%.4f, %.4f] (%.4f)\n", r.from,
      r.to, N * r.tracer.value, f4 / 6, N * r.collective.value, 1. / 6, r.haven.value, r.haven.lo, r.haven.hi, f4);
  assert_true(r.plateau);
  assert_true(r.from >= 4); /* the first jumps back are over */
  assert_true(holds(r.tracer, f4 / 6 / N) && holds(r.collective, 1 / (6 * N)) && holds(r.haven, f4));
  assert_true(r.haven.hi - r.haven.lo < .03);
  assert_true(6 * N * r.point[1].tracer.value > f4 + .015); /* a slope at 2 to 4 moves is wrong */
  collective_free(&r);
  path_set_free(&set);
}

/* A string of m is m charges at one place: H = 1/m, exactly where there is one string alone; a single carrier has 1. */
static void strings_together(void **state) {
  (void)state;
  for (int m = 1; m <= 3; m++) {
    path_set set;
    collective_result r;
    collective_options o = options(50);
    begin_set(1, false, &set);
    strings(m, m, .2, 4000, 0, 11, &set);
    OK(collective_make(&set, &o, &r, err));
    assert_true(r.known);
    CLOSE(r.haven.value, 1. / m, 1e-12);
    CLOSE(r.haven.lo, 1. / m, 1e-9);
    CLOSE(r.haven.hi, 1. / m, 1e-9);
    CLOSE(r.n_li, m, 0);
    assert_true(holds(r.tracer, .2 / 6));
    collective_free(&r);
    path_set_free(&set);
  }
  path_set set;
  collective_result r;
  collective_options o = options(200);
  begin_set(1, false, &set);
  strings(12, 3, .2, 20000, 0, 12, &set);
  OK(collective_make(&set, &o, &r, err));
  assert_true(holds(r.haven, 1. / 3) && r.haven.hi < .5);
  assert_true(holds(r.collective, 3 * .2 / 6));
  /* sigma = N e^2 D/(V kB T), by hand for N = 12 in 1 A^3 at 300 K */
  CLOSE(r.conductivity.value /
            (r.collective.value * 12 * 1.602176634e-19 * 1.602176634e-19 * 1e22 / (1.380649e-23 * 300)),
        1, 1e-12);
  CLOSE(r.volume, 1, 1e-12);
  const double sigma = r.conductivity.value;
  collective_free(&r);
  o.temperature = 600;
  o.charge = -2;
  OK(collective_make(&set, &o, &r, err));
  CLOSE(r.conductivity.value / sigma, 2, 1e-12);
  collective_free(&r);
  set.temperature = o.temperature = 0;
  OK(collective_make(&set, &o, &r, err));
  assert_true(isnan(r.conductivity.value) && r.tracer.value > 0);
  collective_free(&r);
  path_set_free(&set);
}

/* Random paths in a skewed cell of three sites, with samples in no site, late starters and breaks, against sums over
 * all pairs of samples one by one. */
enum { WALKERS = 4, SAMPLES = 400 };
typedef struct {
  bool there; /* in a path */
  double x[3];
} moment;

static void random_paths(path_set *set, moment where[2][WALKERS][SAMPLES], int piece[2][SAMPLES]) {
  const double cell[3][3] = {{3, 0, 0}, {1, 4, 0}, {-.5, .7, 5}}, x[9] = {0, 0, 0, .3, .1, .6, .7, .5, .2};
  memset(set, 0, sizeof *set);
  OK(state_space_new(3, true, &set->space, err));
  memcpy(set->space.cell, cell, sizeof cell);
  memcpy(set->space.x, x, sizeof x);
  set->dt = .5;
  set->time_in_ps = true;
  lisi_rng rng;
  lisi_rng_seed(&rng, 3);
  for (int run = 0; run < 2; run++) {
    const int cut = run == 0 ? 150 : SAMPLES; /* a break */
    for (int t = 0; t < SAMPLES; t++)
      piece[run][t] = 2 * run + (t >= cut);
    for (int w = 0; w < WALKERS; w++) {
      for (int part = 0; part < (cut < SAMPLES ? 2 : 1); part++) {
        const int begin = part == 0 ? (w == 1 ? 20 : 0) : cut, end = part == 0 ? cut : SAMPLES;
        int at[3] = {w, 0, part}, s = w % 3, last_s = s, last_at[3];
        memcpy(last_at, at, sizeof at);
        OK(path_begin(set, run * WALKERS + w, err));
        set->path[set->n - 1].run = run;
        for (int t = begin; t < end; t++) {
          const double u = lisi_rng_uniform(&rng);
          if (t > begin && u < .1) {
            s = lisi_rng_below(&rng, 3);
            at[lisi_rng_below(&rng, 3)] += lisi_rng_below(&rng, 3) - 1;
          }
          const bool none = t > begin && lisi_rng_uniform(&rng) < .05;
          OK(path_add(set, t, none ? -1 : s, at, err));
          if (!none) {
            last_s = s;
            memcpy(last_at, at, sizeof at);
          }
          moment *m = &where[run][w][t];
          m->there = true;
          for (int a = 0; a < 3; a++)
            m->x[a] = (x[3 * last_s] + last_at[0]) * cell[0][a] + (x[3 * last_s + 1] + last_at[1]) * cell[1][a] +
                      (x[3 * last_s + 2] + last_at[2]) * cell[2][a];
        }
        path_finish(set, end);
      }
    }
  }
  set->nruns = 2;
}

/* <r^2> and <Q^2>/N one lag apart. */
static void by_brute_force(moment where[2][WALKERS][SAMPLES], int piece[2][SAMPLES], int lag, double *one,
                           double *all) {
  double pairs = 0, starts = 0;
  *one = *all = 0;
  /* mean number of lithium in each piece */
  double n_li[3] = {0}, length[3] = {0};
  for (int run = 0; run < 2; run++)
    for (int t = 0; t < SAMPLES; t++) {
      length[piece[run][t]]++;
      for (int w = 0; w < WALKERS; w++)
        n_li[piece[run][t]] += where[run][w][t].there;
    }
  for (int run = 0; run < 2; run++)
    for (int t = 0; t + lag < SAMPLES; t++) {
      if (piece[run][t] != piece[run][t + lag])
        continue;
      double Q[3] = {0};
      for (int w = 0; w < WALKERS; w++) {
        const moment *a = &where[run][w][t], *b = &where[run][w][t + lag];
        int first = t; /* who comes later has not moved yet */
        while (first < t + lag && !where[run][w][first].there)
          first++;
        for (int k = 0; k < 3 && b->there; k++)
          Q[k] += b->x[k] - where[run][w][first].x[k];
        if (!a->there || !b->there)
          continue;
        pairs++;
        for (int k = 0; k < 3; k++)
          *one += (b->x[k] - a->x[k]) * (b->x[k] - a->x[k]);
      }
      starts++;
      *all += (Q[0] * Q[0] + Q[1] * Q[1] + Q[2] * Q[2]) / (n_li[piece[run][t]] / length[piece[run][t]]);
    }
  *one /= pairs;
  *all /= starts;
}

static void brute_force(void **state) {
  (void)state;
  static moment where[2][WALKERS][SAMPLES];
  static int piece[2][SAMPLES];
  path_set set;
  collective_result r;
  collective_options o = {.nblocks = 7, .resamples = 100, .seed = 1};
  random_paths(&set, where, piece);
  OK(collective_make(&set, &o, &r, err));
  assert_true(r.known);
  assert_int_equal(r.npoints, 5); /* lags 1, 2, 4, ... 32 of at most 800/14 */
  double one[7], all[7];
  for (int k = 0; k <= r.npoints; k++)
    by_brute_force(where, piece, 1 << k, &one[k], &all[k]);
  for (int k = 0; k < r.npoints; k++) {
    const double t = .5 * (1 << k);
    CLOSE(r.point[k].t, t, 0);
    CLOSE(r.point[k].tracer.value, (one[k + 1] - one[k]) / (6 * t), 1e-10);
    CLOSE(r.point[k].collective.value, (all[k + 1] - all[k]) / (6 * t), 1e-10);
  }
  for (int which = 0; which < 2; which++) {
    const double(*D)[3] = which == 0 ? (const double(*)[3])r.tracer_tensor : (const double(*)[3])r.collective_tensor;
    const collective_value v = which == 0 ? r.tracer : r.collective;
    CLOSE((D[0][0] + D[1][1] + D[2][2]) / 3, v.value, 1e-12);
    CLOSE(D[0][1], D[1][0], 0);
  }
  const collective_value H = r.haven;
  /* Other images, other order of the paths, another place for the numbers of walkers: the same. */
  for (size_t k = 0; k < set.n; k++)
    for (size_t q = 0; q < set.path[k].n; q++)
      for (int a = 0; a < 3; a++)
        set.path[k].step[q].n[a] += 5 * (int)k - 7 * a;
  for (size_t k = 0; k < set.n / 2; k++) {
    const path swap = set.path[k];
    set.path[k] = set.path[set.n - 1 - k];
    set.path[set.n - 1 - k] = swap;
  }
  collective_result again;
  OK(collective_make(&set, &o, &again, err));
  CLOSE(again.haven.value, H.value, 1e-10);
  CLOSE(again.haven.lo, H.lo, 1e-9);
  CLOSE(again.haven.hi, H.hi, 1e-9);
  collective_free(&again);
  collective_free(&r);
  path_set_free(&set);
}

/* One run, and the same run in four logs: no pair spans two of them, little else changes. */
static void in_pieces(void **state) {
  (void)state;
  path_set whole, parts;
  collective_result a, b;
  collective_options o = options(200);
  begin_set(1, false, &whole);
  begin_set(1, false, &parts);
  strings(8, 2, .25, 8000, 0, 22, &whole);
  for (int run = 0; run < 4; run++)
    for (size_t k = 0; k < whole.n; k++) {
      const path *p = &whole.path[k];
      OK(path_begin(&parts, run * 8 + (int)k, err));
      parts.path[parts.n - 1].run = run;
      size_t q = 0;
      while (q + 1 < p->n && p->step[q + 1].t <= 2000 * run)
        q++;
      for (; q < p->n && p->step[q].t < 2000 * (run + 1); q++)
        OK(path_add(&parts, p->step[q].t > 2000 * run ? p->step[q].t - 2000 * run : 0, 0, p->step[q].n, err));
      path_finish(&parts, 2000);
    }
  parts.nruns = 4;
  OK(collective_make(&whole, &o, &a, err));
  OK(collective_make(&parts, &o, &b, err));
  assert_true(a.known && b.known && a.npoints == b.npoints);
  CLOSE(b.n_li, 8, 1e-12);
  assert_int_equal(b.nblocks, 20);
  /* at lag 1 and 2 all but 3 of 8000 pairs are the same ones */
  CLOSE(b.point[0].tracer.value / a.point[0].tracer.value, 1, .01);
  CLOSE(b.point[0].collective.value / a.point[0].collective.value, 1, .02);
  CLOSE(b.haven.value / a.haven.value, 1, .05);
  print_message("whole: Haven ratio %.3f [%.3f, %.3f] from %g; in pieces: %.3f [%.3f, %.3f] from %g (0.5)\n",
                a.haven.value, a.haven.lo, a.haven.hi, a.from, b.haven.value, b.haven.lo, b.haven.hi, b.from);
  assert_true(holds(a.haven, .5) && holds(b.haven, .5));
  collective_free(&a);
  collective_free(&b);
  path_set_free(&whole);
  path_set_free(&parts);
}

static void nothing_to_tell(void **state) {
  (void)state;
  path_set set;
  collective_result r;
  collective_options o = options(50);
  /* nobody jumps: zero, and no ratio */
  begin_set(1, false, &set);
  strings(3, 1, 0, 1000, 0, 1, &set);
  OK(collective_make(&set, &o, &r, err));
  assert_true(r.known && !(fabs(r.tracer.value) > 0) && !(fabs(r.collective.value) > 0) && isnan(r.haven.value));
  assert_true(!(fabs(r.conductivity.value) > 0) && !r.plateau);
  collective_free(&r);
  /* no errors asked for */
  o.resamples = 0;
  OK(collective_make(&set, &o, &r, err));
  assert_true(r.known && isnan(r.tracer.lo) && !r.plateau);
  collective_free(&r);
  path_set_free(&set);
  /* too short, too few blocks, no positions, no path */
  o = options(50);
  begin_set(1, false, &set);
  strings(3, 1, .3, 79, 0, 1, &set);
  OK(collective_make(&set, &o, &r, err));
  assert_true(!r.known && r.why != NULL);
  o.nblocks = 3;
  OK(collective_make(&set, &o, &r, err));
  assert_true(!r.known && r.why != NULL);
  set.space.geometry = false;
  o.nblocks = 4;
  OK(collective_make(&set, &o, &r, err));
  assert_true(!r.known && r.why != NULL);
  path_set_free(&set);
  begin_set(1, false, &set);
  OK(collective_make(&set, &o, &r, err));
  assert_true(!r.known && r.why != NULL);
  path_set_free(&set);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(coverage),         cmocka_unit_test(vacancy),
                                     cmocka_unit_test(strings_together), cmocka_unit_test(brute_force),
                                     cmocka_unit_test(in_pieces),        cmocka_unit_test(nothing_to_tell)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
