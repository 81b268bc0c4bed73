/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates between orbits from P = exp(K lag) with a known K, their intervals, and the P that has no logarithm. */
#include "bootstrap.h"
#include "orbit_rates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

/* A chain along a, with sites A and B1, B2 (one orbit) in a cell: A - B1 .8, B1 - B2 .5, B2 - A of the next cell .3
 * forth and back alike, and A - A of the next cell .2. */
enum { N = 3, REACH = 12, SPAN = 2 * REACH + 1 };
static const double ab = .8, bb = .5, ba = .3, aa = .2;

typedef struct {
  double p[SPAN][N][N];
} periodic;

static void multiply(const periodic *x, const periodic *y, periodic *z) {
  memset(z, 0, sizeof *z);
  for (int r = 0; r < SPAN; r++)
    for (int s = 0; s < SPAN; s++) {
      const int t = r + s - REACH;
      if (t < 0 || t >= SPAN)
        continue;
      for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
          for (int k = 0; k < N; k++)
            z->p[t][i][j] += x->p[r][i][k] * y->p[s][k][j];
    }
}

static void set_rate(periodic *K, int i, int j, int r, double k) {
  K->p[REACH + r][i][j] += k;
  K->p[REACH - r][j][i] += k;
  K->p[REACH][i][i] -= k;
  K->p[REACH][j][j] -= k;
}

/* exp(K lag) by squaring; what goes further than REACH cells (1e-13 here) stays. */
static void exponential(double lag, periodic *P) {
  enum { SQUARINGS = 10 };
  static periodic K, term, next;
  memset(&K, 0, sizeof K);
  set_rate(&K, 0, 1, 0, ab * lag);
  set_rate(&K, 1, 2, 0, bb * lag);
  set_rate(&K, 2, 0, 1, ba * lag);
  set_rate(&K, 0, 0, 1, aa * lag);
  for (int r = 0; r < SPAN; r++)
    for (int k = 0; k < N * N; k++)
      K.p[r][k / N][k % N] *= ldexp(1.0, -SQUARINGS);
  memset(P, 0, sizeof *P);
  memset(&term, 0, sizeof term);
  for (int i = 0; i < N; i++)
    P->p[REACH][i][i] = term.p[REACH][i][i] = 1.0;
  for (int n = 1; n < 8; n++) {
    multiply(&term, &K, &next);
    for (int r = 0; r < SPAN; r++)
      for (int k = 0; k < N * N; k++) {
        term.p[r][k / N][k % N] = next.p[r][k / N][k % N] / n;
        P->p[r][k / N][k % N] += term.p[r][k / N][k % N];
      }
  }
  for (int s = 0; s < SQUARINGS; s++) {
    multiply(P, P, &next);
    *P = next;
  }
}

static void make_space(state_space *space) {
  OK(state_space_new(N, true, space, err));
  space->label = calloc(N, sizeof *space->label);
  for (int i = 0; i < N; i++) {
    space->cell[i][i] = 4.0;
    space->x[3 * i] = .3 * i;
    (void)snprintf(space->label[i], sizeof space->label[i], "%s", i == 0 ? "A" : "B");
  }
}

static const orbit_rate *pair(const orbit_rates *r, int from, int to) {
  for (int k = 0; k < r->n; k++)
    if (r->pair[k].from == from && r->pair[k].to == to)
      return &r->pair[k];
  fail_msg("no pair %d %d", from, to);
  return NULL;
}

/* The counts that P gives exactly: the rates come back, whatever the lag. */
static void known_rates(void **state) {
  (void)state;
  static periodic P;
  state_space space;
  make_space(&space);
  for (int l = 0; l < 3; l++) {
    const double lag = l == 0 ? .1 : l == 1 ? .5 : 1.0;
    exponential(lag, &P);
    count_entry entry[SPAN * N * N];
    lag_counts counts = {.lag = 1, .total = {N, 1, 0, entry}};
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        for (int r = 0; r < SPAN; r++)
          if (P.p[r][i][j] > 1e-16)
            entry[counts.total.n++] = (count_entry){0, i, j, {r - REACH, 0, 0}, 1e6 * P.p[r][i][j]};
    msm_options options = {.estimator = MSM_REVERSIBLE};
    msm_model m;
    OK(msm_build(&space, &counts, lag, &options, &m, err));
    orbit_rates r;
    OK(orbit_rates_make(&space, &counts, &options, &m, &r, err));
    assert_true(r.exists);
    assert_int_equal(r.norbits, 2);
    assert_int_equal(r.n, 4);
    assert_string_equal(r.name[0], "A");
    CLOSE(r.negative, 0.0, 1e-8);
    CLOSE(pair(&r, 0, 0)->rate, 2 * aa, 1e-8); /* to the next cell on either side: seen through P(k) alone */
    CLOSE(pair(&r, 0, 1)->rate, ab + ba, 1e-8);
    CLOSE(pair(&r, 1, 0)->rate, (ab + ba) / 2, 1e-8);
    CLOSE(pair(&r, 1, 1)->rate, bb, 1e-8);
    double leave = 0.0; /* P adds up over all that is not staying */
    for (int i = 1; i < N; i++)
      leave += (1.0 - P.p[REACH][i][i]) / 2;
    CLOSE(pair(&r, 1, 0)->P + pair(&r, 1, 1)->P, leave, 1e-8);
    orbit_rates_free(&r);
    msm_model_free(&m);
  }
  state_space_free(&space);
}

static void no_logarithm(void **state) {
  (void)state;
  const double c[4] = {10, 90, 90, 10};
  count_entry entry[4];
  for (int k = 0; k < 4; k++)
    entry[k] = (count_entry){0, k / 2, k % 2, {0, 0, 0}, c[k]};
  const lag_counts counts = {.lag = 1, .total = {2, 1, 4, entry}};
  state_space space;
  OK(state_space_new(2, false, &space, err));
  for (int e = 0; e < 2; e++) {
    msm_options options = {.estimator = e == 0 ? MSM_REVERSIBLE : MSM_PLAIN, .bootstrap = 20};
    msm_model m;
    OK(msm_build(&space, &counts, 1.0, &options, &m, err));
    orbit_rates r;
    OK(orbit_rates_make(&space, &counts, &options, &m, &r, err));
    assert_false(r.exists);
    assert_non_null(r.why);
    assert_string_equal(r.name[1], "2"); /* states without labels are orbits of their own */
    CLOSE(pair(&r, 0, 1)->P, .9, 1e-12);
    assert_true(isnan(pair(&r, 0, 1)->rate) && isnan(pair(&r, 0, 1)->lo));
    orbit_rates_free(&r);
    msm_model_free(&m);
  }
  state_space_free(&space);
}

static void one_state(void **state) {
  (void)state;
  count_entry entry[1] = {{0, 0, 0, {0, 0, 0}, 100}};
  const lag_counts counts = {.lag = 1, .total = {1, 1, 1, entry}};
  state_space space;
  OK(state_space_new(1, false, &space, err));
  msm_options options = {0};
  msm_model m;
  OK(msm_build(&space, &counts, 1.0, &options, &m, err));
  orbit_rates r;
  OK(orbit_rates_make(&space, &counts, &options, &m, &r, err));
  assert_int_equal(r.n, 0);
  orbit_rates_free(&r);
  msm_model_free(&m);
  state_space_free(&space);
}

/* Nominal 95 % intervals hold the truth in 90 to 99 % of 200 runs of walkers that go in pairs. */
static void coverage(void **state) {
  (void)state;
  enum { RUNS = 200, PAIRS = 12, STEPS = 300 };
  static periodic P;
  const double lag = .25, truth[4] = {2 * aa, ab + ba, (ab + ba) / 2, bb};
  exponential(lag, &P);
  int held[4] = {0};
  lisi_rng rng;
  lisi_rng_seed(&rng, 20);
  for (int run = 0; run < RUNS; run++) {
    path_set paths = {.dt = lag, .nwalkers = 2 * PAIRS, .replicate = {1, 1, 1}};
    make_space(&paths.space);
    for (int w = 0; w < PAIRS; w++) {
      static int seen[STEPS][2];
      for (int t = 0, i = lisi_rng_below(&rng, N), n = 0; t < STEPS; t++) {
        seen[t][0] = i;
        seen[t][1] = n;
        double u = lisi_rng_uniform(&rng);
        for (int k = 0; k < SPAN * N; k++) {
          u -= P.p[k / N][i][k % N];
          if (u < 0.0) {
            n += k / N - REACH;
            i = k % N;
            break;
          }
        }
      }
      for (int twin = 0; twin < 2; twin++) {
        OK(path_begin(&paths, 2 * w + twin, err));
        for (int t = 0; t < STEPS; t++)
          OK(path_add(&paths, t, seen[t][0], (const int[3]){seen[t][1], 0, 0}, err));
        path_finish(&paths, STEPS);
      }
    }
    lag_counts counts;
    OK(counts_from_paths(&paths, 1, 1, 15, 12, &counts, err));
    msm_options options = {.seed = (uint64_t)run}, with = options;
    with.bootstrap = 50;
    msm_model m;
    OK(msm_build(&paths.space, &counts, lag, &options, &m, err));
    orbit_rates r;
    OK(orbit_rates_make(&paths.space, &counts, &with, &m, &r, err));
    for (int k = 0; k < 4; k++)
      held[k] += r.pair[k].lo <= truth[k] && truth[k] <= r.pair[k].hi;
    orbit_rates_free(&r);
    msm_model_free(&m);
    lag_counts_free(&counts);
    path_set_free(&paths);
  }
  for (int k = 0; k < 4; k++) {
    print_message("rate %d: the interval holds the truth in %.1f %% of the runs\n", k, 100.0 * held[k] / RUNS);
    assert_in_range(held[k], RUNS * 90 / 100, RUNS * 99 / 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_rates),
      cmocka_unit_test(no_logarithm),
      cmocka_unit_test(one_state),
      cmocka_unit_test(coverage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
