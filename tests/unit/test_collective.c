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
#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol) * fmax(1.0, fabs(b)))

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

/* 200 runs of six independent walkers: each of the three intervals holds the truth in 90 to 99 % of them. */
static void coverage(void **state) {
  (void)state;
  enum { RUNS = 200, N = 6 };
  const double p = .3, D = p / 6;
  int tracer = 0, collective = 0, haven = 0, plateau = 0;
  double mean = 0;
  for (int k = 0; k < RUNS; k++) {
    path_set set;
    collective_result r;
    collective_options o = options(200);
    begin_set(1, false, &set);
    strings(N, 1, p, 6000, 0, (uint64_t)k + 1, &set);
    OK(collective_make(&set, &o, &r, err));
    assert_true(r.known);
    tracer += holds(r.tracer, D);
    collective += holds(r.collective, D);
    haven += holds(r.haven, 1);
    plateau += r.plateau;
    mean += r.haven.value / RUNS;
    collective_free(&r);
    path_set_free(&set);
  }
  print_message("of %d: D_tracer %d, D_collective %d, Haven ratio %d (mean %.3f), plateau %d\n", RUNS, tracer,
                collective, haven, mean, plateau);
  assert_in_range(tracer, 180, 198);
  assert_in_range(collective, 180, 198);
  assert_in_range(haven, 180, 198);
  assert_true(plateau >= 180);
}

/* One vacancy on an L^3 torus makes a move a sample: the atom next to it comes to its place. Q goes by minus the vacancy's
 * step, at random: 6 N D_collective = 1 per sample, and the Haven ratio is the correlation factor of the tracer. */
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
  print_message("from %g to %g plateau %d: N D_tracer %.4f [%.4f, %.4f] (%.4f), N D_collective %.4f [%.4f, %.4f] (%.4f), H %.3f [%.3f, %.3f]\n",
                r.from, r.to, r.plateau, N * r.tracer.value, N * r.tracer.lo, N * r.tracer.hi, f4 / 6,
                N * r.collective.value, N * r.collective.lo, N * r.collective.hi, 1. / 6, r.haven.value, r.haven.lo,
                r.haven.hi);
  for (int k = 0; k < r.npoints; k++)
    print_message("%6g %.4f [%.4f, %.4f]  %.4f [%.4f, %.4f]\n", r.point[k].t, 6*N * r.point[k].tracer.value, 6*N * r.point[k].tracer.lo, 6*N * r.point[k].tracer.hi, 6*N * r.point[k].collective.value, 6*N * r.point[k].collective.lo, 6*N * r.point[k].collective.hi);
  collective_free(&r);
  path_set_free(&set);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(coverage), cmocka_unit_test(vacancy)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
