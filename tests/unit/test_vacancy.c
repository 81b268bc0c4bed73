/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One vacancy on an L^3 simple-cubic torus: the tracer correlation factor from the paths of all atoms. A one-particle
 * model at a short lag does not see it; the paths do. */
#include "bootstrap.h"
#include "paths.h"

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

typedef struct {
  int walker;
  long long t;
  int state, n[3];
} change;

static int by_walker(const void *a, const void *b) {
  const change *x = a, *y = b;
  return x->walker != y->walker ? (x->walker < y->walker ? -1 : 1) : x->t < y->t ? -1 : x->t > y->t;
}

/* The vacancy makes one move per sample; site 0 of the lattice is vacant at first. */
static void lattice_gas(int L, long long moves, uint64_t seed, path_set *p) {
  const int sites = L * L * L;
  memset(p, 0, sizeof *p);
  OK(state_space_new(sites, true, &p->space, err));
  for (int i = 0; i < sites; i++) {
    p->space.x[3 * i] = i % L / (double)L;
    p->space.x[3 * i + 1] = i / L % L / (double)L;
    p->space.x[3 * i + 2] = i / L / L / (double)L;
  }
  for (int a = 0; a < 3; a++)
    p->space.cell[a][a] = L;
  p->dt = 1;
  p->time_in_ps = true;
  int *atom = malloc((size_t)sites * sizeof *atom), (*image)[3] = calloc((size_t)sites, sizeof *image);
  change *list = malloc((size_t)(moves + sites) * sizeof *list);
  size_t n = 0;
  for (int s = 0; s < sites; s++) {
    atom[s] = s - 1;
    if (s > 0)
      list[n++] = (change){s - 1, 0, s, {0, 0, 0}};
  }
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  int v[3] = {0, 0, 0};
  for (long long t = 1; t <= moves; t++) {
    const int axis = lisi_rng_below(&rng, 3), sign = lisi_rng_below(&rng, 2) ? 1 : -1;
    int from[3] = {v[0], v[1], v[2]};
    from[axis] = (from[axis] + sign + L) % L;
    const int a = from[0] + L * (from[1] + L * from[2]), b = v[0] + L * (v[1] + L * v[2]), k = atom[a];
    /* the atom goes the other way: across the border its image changes */
    if (sign > 0 && v[axis] == L - 1)
      image[k][axis]--;
    if (sign < 0 && v[axis] == 0)
      image[k][axis]++;
    atom[b] = k;
    list[n++] = (change){k, t, b, {image[k][0], image[k][1], image[k][2]}};
    memcpy(v, from, sizeof v);
  }
  qsort(list, n, sizeof *list, by_walker);
  for (size_t k = 0; k < n; k++) {
    if (k == 0 || list[k].walker != list[k - 1].walker)
      OK(path_begin(p, list[k].walker, err));
    OK(path_add(p, list[k].t, list[k].state, list[k].n, err));
    if (k + 1 == n || list[k + 1].walker != list[k].walker)
      path_finish(p, moves + 1);
  }
  free(list);
  free(atom);
  free(image);
}

/* f = MSD(t)/(jumps per atom in t) once t is long: every jump has length 1. The remaining drift with t is taken out by
 * the slope between two lags. */
static void correlation_factor(int L, double exact) {
  enum { RUNS = 12 };
  const int atoms = L * L * L - 1;
  const long long lag = 60LL * L * L * L;
  double sum = 0, squares = 0;
  for (int r = 0; r < RUNS; r++) {
    path_set p;
    const long long moves = 3000LL * 64 * (L > 4 ? 2 : 1);
    path_msd a, b;
    lattice_gas(L, moves, (uint64_t)(100 * L + r), &p);
    assert_int_equal(p.njumps, moves);
    assert_int_equal(p.nwalkers, atoms);
    OK(path_set_msd(&p, lag, 1, &a, err));
    OK(path_set_msd(&p, lag / 3, 1, &b, err));
    const double f = (a.msd - b.msd) / ((double)(lag - lag / 3) / atoms);
    sum += f;
    squares += f * f;
    path_set_free(&p);
  }
  const double f = sum / RUNS, error = sqrt((squares / RUNS - f * f) / (RUNS - 1));
  print_message("L = %d: f = %.4f +- %.4f (%.6f)\n", L, f, error, exact);
  assert_true(error < .02);
  assert_true(fabs(f - exact) < 3 * error);
}

static void vacancy_4(void **state) {
  (void)state;
  correlation_factor(4, .675393);
}
static void vacancy_6(void **state) {
  (void)state;
  correlation_factor(6, .658099);
}
static void vacancy_8(void **state) {
  (void)state;
  correlation_factor(8, .655040);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(vacancy_4), cmocka_unit_test(vacancy_6),
                                     cmocka_unit_test(vacancy_8)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
