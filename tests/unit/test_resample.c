/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals of passage times, fluxes and rates: do they hold the truth as often as they say when walkers jump together,
 * and what becomes of resamples that fall apart. */
#include "bootstrap.h"
#include "mfpt.h"
#include "resample.h"
#include "reversible.h"
#include "tpt.h"

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

enum { N = 3, NQ = 4 };

/* T(0 -> 2), T(2 -> 0), flux and rate 0 -> 2. */
static lisi_status ask(void *context, int n, const double *X, const double *pi, double *value, lisi_error *err) {
  const int set[N] = {0, -1, 1};
  const tpt_side side[N] = {TPT_A, TPT_BETWEEN, TPT_B};
  double T[4];
  tpt t;
  (void)context;
  lisi_status status = mfpt_between(n, X, pi, 2, set, T, err);
  if (status == LISI_OK)
    status = tpt_solve(n, X, pi, side, &t, err);
  if (status != LISI_OK)
    return status;
  value[0] = T[1];
  value[1] = T[2];
  value[2] = t.flux;
  value[3] = t.rate;
  tpt_free(&t);
  return LISI_OK;
}

/* Pairs of walkers that do the same: half as many independent ones as it seems. */
static void sample(lisi_rng *rng, const double *P, int npairs, int samples, path_set *paths) {
  const int home[3] = {0, 0, 0};
  int *seen = malloc((size_t)samples * sizeof *seen);
  for (int w = 0; w < npairs; w++) {
    for (int t = 0, s = lisi_rng_below(rng, N); t < samples; t++) {
      seen[t] = s;
      double u = lisi_rng_uniform(rng);
      int j = 0;
      while (j + 1 < N && u >= P[s * N + j])
        u -= P[s * N + j++];
      s = j;
    }
    for (int twin = 0; twin < 2; twin++) {
      OK(path_begin(paths, 2 * w + twin, err));
      for (int t = 0; t < samples; t++)
        OK(path_add(paths, t, seen[t], home, err));
      path_finish(paths, samples);
    }
  }
  paths->nwalkers = 2 * npairs;
  paths->dt = 1;
  free(seen);
}

/* 95 % intervals over 200 runs: 90 to 99 % of them hold the truth. */
static void coverage(void **state) {
  (void)state;
  const double X[N * N] = {.27, .03, 0, .03, .33, .02, 0, .02, .30};
  double P[N * N], pi[N] = {0}, truth[NQ];
  for (int k = 0; k < N * N; k++)
    pi[k / N] += X[k];
  for (int k = 0; k < N * N; k++)
    P[k] = X[k] / pi[k / N];
  OK(ask(NULL, N, X, pi, truth, err));
  lisi_rng rng;
  lisi_rng_seed(&rng, 90);
  enum { RUNS = 200 };
  int inside[NQ] = {0};
  for (int run = 0; run < RUNS; run++) {
    path_set paths = {0};
    lag_counts counts;
    OK(state_space_new(N, false, &paths.space, err));
    sample(&rng, P, 8, 1500, &paths);
    OK(counts_from_paths(&paths, 1, 1, 20, 8, &counts, err));
    msm_options options = {.estimator = MSM_REVERSIBLE};
    msm_model model;
    OK(msm_build(&paths.space, &counts, 1, &options, &model, err));
    double value[NQ], lo[NQ], hi[NQ];
    OK(ask(NULL, model.n, model.X, model.pi, value, err));
    options.bootstrap = 100;
    options.seed = (uint64_t)run;
    OK(resample_intervals(&paths.space, &counts, &options, &model, NQ, value, ask, NULL, lo, hi, err));
    for (int q = 0; q < NQ; q++) {
      assert_true(lo[q] < value[q] && value[q] < hi[q]);
      inside[q] += lo[q] <= truth[q] && truth[q] <= hi[q];
    }
    msm_model_free(&model);
    lag_counts_free(&counts);
    path_set_free(&paths);
  }
  print_message("intervals hold T(0->2) %d, T(2->0) %d, flux %d, rate %d times of %d\n", inside[0], inside[1],
                inside[2], inside[3], RUNS);
  for (int q = 0; q < NQ; q++)
    assert_true(inside[q] >= .9 * RUNS && inside[q] <= .99 * RUNS);
}

/* Blocks without the only crossing: two sets beside each other, weighted by their counts, and an infinite passage time.
 */
static void falls_apart(void **state) {
  (void)state;
  count_hash *hash;
  lag_counts counts = {.lag = 1};
  const int home[3] = {0, 0, 0};
  static const double C[2][N * N] = {{50, 10, 0, 10, 30, 0, 0, 0, 100}, {40, 5, 0, 5, 40, 5, 0, 5, 100}};
  OK(count_hash_new(&hash, err));
  for (int b = 0; b < 2; b++) {
    for (int k = 0; k < N * N; k++) {
      if (C[b][k] > 0)
        OK(count_hash_add(hash, b, k / N, k % N, home, C[b][k], err));
    }
  }
  OK(count_hash_table(hash, N, 2, &counts.blocks, err));
  OK(count_table_collapse(&counts.blocks, NULL, &counts.total, err));
  count_hash_free(hash);
  state_space space;
  OK(state_space_new(N, false, &space, err));
  msm_options options = {.estimator = MSM_REVERSIBLE, .bootstrap = 0, .seed = 3};
  msm_model model;
  OK(msm_build(&space, &counts, 1, &options, &model, err));
  assert_int_equal(model.n, N);
  const double weight[2] = {1, 0};
  count_table table;
  double X[N * N], pi[N], value[NQ], lo[NQ], hi[NQ];
  OK(count_table_collapse(&counts.blocks, weight, &table, err));
  OK(resample_flux(&space, &table, &model, &options, X, pi, err));
  CLOSE(pi[0] + pi[1], .5, 1e-12);
  CLOSE(pi[2], .5, 1e-12);
  CLOSE(X[0 * N + 1], X[1 * N + 0], 1e-15);
  CLOSE(X[0 * N + 1], 10. / 200, 1e-12); /* symmetric counts */
  CLOSE(X[1 * N + 2], 0, 0);
  OK(ask(NULL, N, X, pi, value, err));
  assert_true(isinf(value[0]) && isinf(value[1]) && value[2] == 0);
  count_table_free(&table);
  /* every fourth resample is without the crossing: the interval is open at the top */
  OK(ask(NULL, N, model.X, model.pi, value, err));
  options.bootstrap = 400;
  OK(resample_intervals(&space, &counts, &options, &model, NQ, value, ask, NULL, lo, hi, err));
  assert_true(isfinite(lo[0]) && isinf(hi[0]));
  /* no errors without resamples */
  options.bootstrap = 0;
  OK(resample_intervals(&space, &counts, &options, &model, NQ, value, ask, NULL, lo, hi, err));
  assert_true(isnan(lo[0]) && isnan(hi[0]));
  msm_model_free(&model);
  state_space_free(&space);
  lag_counts_free(&counts);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(coverage),
      cmocka_unit_test(falls_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
