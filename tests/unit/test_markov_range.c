/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Markovian range and the plateau of D, on estimates made up of blocks whose truth is known. */
#include "bootstrap.h"
#include "plateau.h"

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

enum { LAGS = 8, BLOCKS = 20, RESAMPLES = 200 };
static const double lag[LAGS] = {1, 2, 5, 10, 20, 50, 100, 200};

static double normal(lisi_rng *rng) {
  const double u = 1.0 - lisi_rng_uniform(rng), v = lisi_rng_uniform(rng);
  return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

typedef struct {
  double value[LAGS], lo[LAGS], hi[LAGS], sample[LAGS * RESAMPLES];
  int parts[LAGS];
  lag_curve curve;
} made_up;

/* An estimate at each lag that is the mean over blocks, truth[k] + noise; the noise of a longer lag is that of the
 * shorter one and more. Resamples draw the same blocks at every lag. */
static void make_up(const double *truth, double noise, uint64_t seed, made_up *m) {
  double block[LAGS][BLOCKS];
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int b = 0; b < BLOCKS; b++) {
    double sum = 0, variance = 0;
    for (int k = 0; k < LAGS; k++) {
      const double now = lag[k];
      sum += sqrt(now - variance) * normal(&rng);
      variance = now;
      block[k][b] = truth[k] + noise * sum * sqrt(BLOCKS);
    }
  }
  for (int k = 0; k < LAGS; k++) {
    m->parts[k] = BLOCKS;
    m->value[k] = 0;
    for (int b = 0; b < BLOCKS; b++)
      m->value[k] += block[k][b] / BLOCKS;
  }
  for (int r = 0; r < RESAMPLES; r++) {
    double weight[BLOCKS];
    bootstrap_weights(&rng, BLOCKS, weight);
    for (int k = 0; k < LAGS; k++) {
      double mean = 0;
      for (int b = 0; b < BLOCKS; b++)
        mean += weight[b] * block[k][b] / BLOCKS;
      m->sample[k * RESAMPLES + r] = mean;
    }
  }
  m->curve = (lag_curve){"D", LAGS, lag, m->value, {RESAMPLES, 0}, {m->parts, NULL}, {m->sample, NULL}};
  for (int k = 0; k < LAGS; k++) {
    const double e = lag_curve_error(&m->curve, k);
    m->lo[k] = m->value[k] - 1.96 * e;
    m->hi[k] = m->value[k] + 1.96 * e;
  }
}

/* One constant: the whole scan is the range in about 95 of 100 cases, for one quantity and for two together. */
static void size(void **state) {
  (void)state;
  enum { RUNS = 400 };
  const double same[LAGS] = {1, 1, 1, 1, 1, 1, 1, 1};
  int whole = 0, both = 0, holds = 0, found = 0;
  made_up *a = malloc(sizeof *a), *b = malloc(sizeof *b);
  for (int r = 0; r < RUNS; r++) {
    make_up(same, .008, (uint64_t)(2 * r + 1), a);
    make_up(same, .005, (uint64_t)(2 * r + 2), b);
    lag_run run;
    OK(markov_range_find(1, &a->curve, &run, err));
    whole += run.found && run.from == 0 && run.to == LAGS - 1;
    const lag_curve two[2] = {a->curve, b->curve};
    OK(markov_range_find(2, two, &run, err));
    both += run.found && run.from == 0 && run.to == LAGS - 1;
    plateau_result p;
    OK(plateau_find(&a->curve, a->lo, a->hi, 0, 0, &p, err));
    found += p.found;
    holds += p.lo <= 1 && p.hi >= 1;
  }
  print_message("of %d: whole range %d, of two quantities %d; plateau %d, its interval holds the truth %d\n", RUNS,
                whole, both, found, holds);
  assert_in_range(whole, 366, 396); /* 95 % of 400, and three standard errors of it */
  assert_in_range(both, 360, 396);
  assert_true(found >= RUNS - 4);
  assert_in_range(holds, 366, 400);
  free(a);
  free(b);
}

/* D(lag) = 1 + 1/lag, as with a memory that is over at once: the lags that differ by more than the errors tell are not
 * in the range, and the interval of the plateau holds 1 nevertheless. */
static void memory(void **state) {
  (void)state;
  enum { RUNS = 200 };
  const double noises[3] = {.002, .005, .01};
  made_up *m = malloc(sizeof *m);
  for (int n = 0; n < 3; n++) {
    double truth[LAGS];
    for (int k = 0; k < LAGS; k++)
      truth[k] = 1 + 1 / lag[k];
    int late = 0, holds = 0, naive = 0;
    for (int r = 0; r < RUNS; r++) {
      make_up(truth, noises[n], (uint64_t)(1000 * n + r), m);
      lag_run run;
      plateau_result p;
      OK(markov_range_find(1, &m->curve, &run, err));
      OK(plateau_find(&m->curve, m->lo, m->hi, 0, 0, &p, err));
      late += run.found && run.from > 0 && p.from > 0;
      holds += p.lo <= 1 && p.hi >= 1;
      naive += m->lo[p.from] <= 1 && m->hi[p.from] >= 1;
    }
    print_message("noise %g: of %d, %d begin late, the interval holds the truth %d (that of the first lag %d)\n",
                  noises[n], RUNS, late, holds, naive);
    assert_true(late >= 190);
    assert_true(holds >= 180);
    assert_true(naive < 150); /* why the interval takes in the limit */
  }
  free(m);
}

/* Drops out of the range: a lag at which nothing is known, differences below a percent, what begins late or ends early.
 */
static void edges(void **state) {
  (void)state;
  made_up *m = malloc(sizeof *m);
  lag_run run;
  double truth[LAGS] = {1, 1, 1, 1, 1, 1, 1, 1};
  /* ends early: noise at the end */
  make_up(truth, .01, 1, m);
  for (int r = 0; r < RESAMPLES; r++)
    m->sample[(LAGS - 1) * RESAMPLES + r] = m->value[LAGS - 1] + (r % 2 ? .7 : -.7);
  assert_true(lag_curve_known(&m->curve, 0) && !lag_curve_known(&m->curve, LAGS - 1));
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_true(run.found && run.from == 0 && run.to < LAGS - 1);
  /* begins late, ends early: a step up at both ends, far beyond the errors */
  truth[0] = truth[1] = 2;
  truth[LAGS - 1] = 2;
  make_up(truth, .002, 2, m);
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_true(run.found && run.from == 2 && run.to == LAGS - 2);
  assert_true(fabs(run.decades - log10(20)) < 1e-12);
  OK(lag_run_test(1, &m->curve, 1, LAGS - 2, &run, err));
  assert_true(run.p < MARKOV_LEVEL && run.worst_curve == 0 && run.worst[0] == 1);
  /* the plateau has to go to the end */
  plateau_result p;
  OK(plateau_find(&m->curve, m->lo, m->hi, 0, 3, &p, err));
  assert_true(!p.found && p.from == 3 && p.to == 3 && fabs(p.value - m->value[3]) <= 0 && isnan(p.limit));
  /* no two lags agree */
  for (int k = 0; k < LAGS; k++)
    truth[k] = pow(1.3, k);
  make_up(truth, .0005, 3, m);
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_false(run.found);
  /* a drift of less than a percent is none, however small the errors; one of two percent is */
  for (int k = 0; k < LAGS; k++)
    truth[k] = 1 + .004 * k / (LAGS - 1);
  make_up(truth, 1e-6, 4, m);
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_true(run.found && run.to - run.from == LAGS - 1);
  for (int k = 0; k < LAGS; k++)
    truth[k] = 1 + .04 * k / (LAGS - 1);
  make_up(truth, 1e-6, 4, m);
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_true(run.to - run.from < LAGS - 1);
  /* a lag without a value in the middle: known on both sides, a hole for one quantity alone */
  for (int k = 0; k < LAGS; k++)
    truth[k] = 1;
  make_up(truth, .002, 5, m);
  m->value[3] = NAN;
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_true(run.found && (run.to < 3 || run.from > 3));
  /* no errors, one lag, nothing at all */
  lag_curve bare = m->curve;
  bare.nsamples[0] = 0;
  OK(markov_range_find(1, &bare, &run, err));
  assert_false(run.found);
  OK(plateau_find(&bare, m->lo, m->hi, 0, 0, &p, err));
  assert_true(!p.found && p.value > 0);
  bare = m->curve;
  bare.nlags = 1;
  OK(markov_range_find(1, &bare, &run, err));
  assert_false(run.found);
  OK(markov_range_find(0, &bare, &run, err));
  assert_false(run.found);
  OK(plateau_find(&bare, m->lo, m->hi, 0, 0, &p, err));
  assert_true(!p.found);
  memset(m->value, 0, sizeof m->value);
  memset(m->sample, 0, sizeof m->sample);
  OK(markov_range_find(1, &m->curve, &run, err));
  assert_false(run.found);
  free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(size), cmocka_unit_test(memory), cmocka_unit_test(edges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
