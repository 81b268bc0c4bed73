/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Effective counts: the formula by hand, independent pairs, walkers that do the same, windows that overlap. */
#include "bootstrap.h"
#include "effective.h"
#include "msm.h"

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

static const int here[3] = {0, 0, 0}, up[3] = {1, 0, 0};

static void counts_of(const count_hash *hash, int nstates, int nblocks, lag_counts *c) {
  *c = (lag_counts){.lag = 1};
  OK(count_hash_table(hash, nstates, nblocks, &c->blocks, err));
  OK(count_table_collapse(&c->blocks, NULL, &c->total, err));
}

/* State 0: blocks (3, 1) and (1, 3) of two outcomes, P = 1/2 each, e = +-(1, -1), V = 2 * 4, expected 8 * 2 * 1/4.
 * State 1: one outcome, nothing to fluctuate. State 2: R tells outcomes apart. State 3: blocks alike. */
static void by_hand(void **state) {
  (void)state;
  count_hash *hash;
  lag_counts c;
  double ratio[5];
  OK(count_hash_new(&hash, err));
  for (int b = 0; b < 2; b++) {
    OK(count_hash_add(hash, b, 0, 0, here, b ? 1 : 3, err));
    OK(count_hash_add(hash, b, 0, 1, here, b ? 3 : 1, err));
    OK(count_hash_add(hash, b, 1, 0, here, 5 + b, err));
    OK(count_hash_add(hash, b, 2, 2, here, b ? 12 : 4, err));
    if (b == 0)
      OK(count_hash_add(hash, b, 2, 2, up, 8, err));
    OK(count_hash_add(hash, b, 3, 0, here, 4, err));
    OK(count_hash_add(hash, b, 3, 2, here, 4, err));
  }
  counts_of(hash, 5, 2, &c);
  OK(effective_ratio(&c, NULL, ratio, err));
  CLOSE(ratio[0], .5, 1e-15);
  CLOSE(ratio[1], 1, 0);
  /* 24 pairs, P = (2/3, 1/3), e = -+(4, -4), V = 2 * 64, expected 24 * 4/9 */
  CLOSE(ratio[2], 24 * 4. / 9 / 128, 1e-15);
  CLOSE(ratio[3], 1, 0);
  CLOSE(ratio[4], 1, 0); /* nothing starts there */
  effective_summary s = effective_summarise(&c, ratio);
  CLOSE(s.total, 8 * .5 + 11 + 24 * ratio[2] + 16, 1e-12);
  CLOSE(s.smallest_ratio, ratio[2], 0);
  /* scaled counts are worth what they say */
  effective_apply(&c, ratio);
  CLOSE(count_table_sum(&c.total), s.total, 1e-12);
  CLOSE(count_table_sum(&c.blocks), s.total, 1e-12);
  OK(effective_ratio(&c, NULL, ratio, err));
  for (int i = 0; i < 5; i++)
    CLOSE(ratio[i], 1, 1e-12);
  lag_counts_free(&c);
  /* a quantity: F = 1 for the second outcome of state 0. Its rows: h = -+1 * pi/c, V = 4 (pi/c)^2, independent 8/4
   * (pi/c)^2: two pairs are worth one, and there is one row only */
  counts_of(hash, 5, 2, &c);
  double F[8] = {0}, pi[5] = {1};
  F[1] = 1;
  OK(effective_ratio(&c, &(effective_quantities){1, F, pi}, ratio, err));
  CLOSE(ratio[0], .5, 1e-15);
  CLOSE(ratio[2], 24 * 4. / 9 / 128, 1e-15);
  lag_counts_free(&c);
  count_hash_free(hash);
}

/* Two rows whose fluctuations are one: each by itself looks independent, their sum has twice the variance that the rows
 * explain. */
static void rows_together(void **state) {
  (void)state;
  enum { B = 400, EACH = 50 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 12);
  count_hash *hash;
  lag_counts c;
  OK(count_hash_new(&hash, err));
  for (int b = 0; b < B; b++)
    for (int k = 0; k < EACH; k++) {
      const bool leaves = lisi_rng_uniform(&rng) < .3;
      for (int i = 0; i < 2; i++)
        OK(count_hash_add(hash, b, i, leaves ? 1 - i : i, here, 1, err));
    }
  counts_of(hash, 2, B, &c);
  double ratio[2];
  OK(effective_ratio(&c, NULL, ratio, err));
  for (int i = 0; i < 2; i++)
    assert_true(ratio[i] > .85);
  const double F[4] = {0, 1, 1, 0}, pi[2] = {.5, .5};
  OK(effective_ratio(&c, &(effective_quantities){1, F, pi}, ratio, err));
  for (int i = 0; i < 2; i++)
    CLOSE(ratio[i], .5, .08);
  lag_counts_free(&c);
  count_hash_free(hash);
}

/* Two states, rates 1/100 a sample; `copies` walkers do the same. */
static void walk(lisi_rng *rng, int walkers, int copies, int samples, path_set *p) {
  *p = (path_set){.dt = 1, .nwalkers = walkers * copies};
  OK(state_space_new(2, false, &p->space, err));
  int *seen = malloc((size_t)samples * sizeof *seen);
  for (int w = 0; w < walkers; w++) {
    for (int t = 0, s = lisi_rng_below(rng, 2); t < samples; t++) {
      seen[t] = s;
      s = lisi_rng_uniform(rng) < .01 ? 1 - s : s;
    }
    for (int k = 0; k < copies; k++) {
      OK(path_begin(p, w * copies + k, err));
      for (int t = 0; t < samples; t++)
        OK(path_add(p, t, seen[t], here, err));
      path_finish(p, samples);
    }
  }
  free(seen);
}

/* 1 over the mean number of pairs that are worth one. */
static double mean_ratio(int copies, long long lag, long long stride) {
  enum { RUNS = 20 };
  double mean = 0;
  lisi_rng rng;
  lisi_rng_seed(&rng, 77);
  for (int run = 0; run < RUNS; run++) {
    path_set p;
    lag_counts c;
    double ratio[2];
    walk(&rng, 10, copies, 4000, &p);
    OK(counts_from_paths(&p, lag, stride, 40, 5, &c, err));
    OK(effective_ratio(&c, NULL, ratio, err));
    mean += (1 / ratio[0] + 1 / ratio[1]) / 2 / RUNS;
    lag_counts_free(&c);
    path_set_free(&p);
  }
  return 1 / mean;
}

static void walks(void **state) {
  (void)state;
  const double single = mean_ratio(1, 1, 1), twins = mean_ratio(2, 1, 1), sliding = mean_ratio(1, 10, 1),
               strided = mean_ratio(1, 10, 10), both = mean_ratio(3, 10, 1);
  print_message(
      "pairs at lag 1: %.3f; of twins %.3f; sliding over 10: %.3f; every tenth: %.3f; triplets, sliding: %.3f\n",
      single, twins, sliding, strided, both);
  /* Residuals of windows s samples apart have the correlation mu^s (1 - mu^(2 (10 - s)))/(1 - mu^20), mu the eigenvalue
   * of one sample: so many windows are worth one. */
  double worth = 1;
  for (int s = 1; s < 10; s++)
    worth += 2 * pow(.98, s) * (1 - pow(.98, 2 * (10 - s))) / (1 - pow(.98, 20));
  /* the ratio is capped at 1, so its mean is a little lower where all pairs are independent */
  assert_true(single > .9 && single <= 1);
  assert_true(strided > .9 && strided <= 1);
  CLOSE(twins, .5, .08);
  CLOSE(sliding * worth, 1, .15);
  CLOSE(both * worth * 3, 1, .15);
}

/* Without blocks there is nothing to compare; msm_build says nothing then. */
static void without_blocks(void **state) {
  (void)state;
  count_hash *hash;
  lag_counts c = {.lag = 1};
  double ratio[2] = {0};
  OK(count_hash_new(&hash, err));
  for (int k = 0; k < 4; k++)
    OK(count_hash_add(hash, 0, k / 2, k % 2, here, 10 + k, err));
  OK(count_hash_table(hash, 2, 1, &c.total, err));
  OK(effective_ratio(&c, NULL, ratio, err));
  CLOSE(ratio[0], 1, 0);
  CLOSE(ratio[1], 1, 0);
  /* windows over ten samples: a tenth, once; strided ones: all */
  c.lag = 10;
  OK(effective_ratio(&c, NULL, ratio, err));
  CLOSE(ratio[0], .1, 1e-15);
  c.stride = 10;
  OK(effective_ratio(&c, NULL, ratio, err));
  CLOSE(ratio[0], 1, 0);
  c.stride = 1;
  effective_apply(&c, (const double[]){.1, .1});
  CLOSE(c.total.entry[0].c, 1, 1e-15);
  OK(effective_ratio(&c, NULL, ratio, err));
  CLOSE(ratio[0], 1, 0);
  effective_apply(&c, (const double[]){10, 10});
  c.lag = 1;
  state_space space;
  msm_model m;
  OK(state_space_new(2, false, &space, err));
  OK(msm_build(&space, &c, 1, &(msm_options){.bootstrap = 100, .errors = MSM_ERRORS_BAYES, .seed = 1}, &m, err));
  CLOSE(m.effective_counts, 0, 0);
  /* the posterior of the counts as they are: P_01 ~ Beta(11, 10), P_10 ~ Beta(12, 13) */
  assert_true(m.has_ci && m.posterior_samples == 100);
  assert_string_equal(msm_error_source_name(MSM_ERRORS_BAYES), "bayes");
  assert_true(m.pi_lo[0] > .2 && m.pi_hi[0] < .75 && m.pi_hi[0] - m.pi_lo[0] > .2);
  msm_model_free(&m);
  OK(msm_build(&space, &c, 1, &(msm_options){.bootstrap = 100, .seed = 1}, &m, err));
  assert_false(m.has_ci);
  assert_null(m.pi_lo);
  msm_model_free(&m);
  state_space_free(&space);
  lag_counts_free(&c);
  count_hash_free(hash);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(rows_together),
                                     cmocka_unit_test(walks), cmocka_unit_test(without_blocks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
