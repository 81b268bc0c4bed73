/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rate matrices: gradients against differences, known matrices from exact counts, closed forms; priors. */
#include "bootstrap.h"
#include "counts_prior.h"
#include "msm.h"
#include "rate_matrix.h"

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

enum { n = 6 };

/* A ring with a chord; W symmetric. */
static void known(lisi_rng *rng, double *W, double *pi) {
  double sum = 0;
  memset(W, 0, n * n * sizeof *W);
  for (int i = 0; i < n; i++) {
    pi[i] = .2 + lisi_rng_uniform(rng);
    sum += pi[i];
  }
  for (int i = 0; i < n; i++)
    pi[i] /= sum;
  for (int i = 0; i < n; i++) {
    const int j = (i + 1) % n;
    W[i * n + j] = W[j * n + i] = .02 + .1 * lisi_rng_uniform(rng);
  }
  W[0 * n + 3] = W[3 * n + 0] = .05;
}

static double log_likelihood(const double *C, double lag, const double *W, const double *pi) {
  double time[n], jumps[n * n], l;
  OK(rate_matrix_expect(n, C, lag, W, pi, time, jumps, NULL, &l, err));
  return l;
}

static void gradient(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 4);
  double W[n * n], pi[n], C[n * n], time[n], jumps[n * n], P[n * n], l;
  const double lag = 1.7, h = 1e-5;
  known(&rng, W, pi);
  for (int k = 0; k < n * n; k++)
    C[k] = floor(100 * lisi_rng_uniform(&rng));
  OK(rate_matrix_expect(n, C, lag, W, pi, time, jumps, P, &l, err));
  double in_all = 0, counts = 0;
  for (int i = 0; i < n; i++) {
    double row = 0;
    for (int j = 0; j < n; j++) {
      row += P[i * n + j];
      counts += C[i * n + j];
    }
    CLOSE(row, 1, 1e-13);
    in_all += time[i];
  }
  CLOSE(in_all, lag * counts, 1e-9 * in_all); /* every pair spends its lag somewhere */
  for (int i = 0; i < n; i++) {
    double here = 0, out = 0;
    for (int j = 0; j < n; j++) {
      here += W[i * n + j] * time[i] / pi[i];
      out += jumps[i * n + j];
      if (j <= i || !(W[i * n + j] > 0))
        continue;
      const double w = W[i * n + j];
      W[i * n + j] = W[j * n + i] = w * exp(h);
      double slope = log_likelihood(C, lag, W, pi);
      W[i * n + j] = W[j * n + i] = w * exp(-h);
      slope = (slope - log_likelihood(C, lag, W, pi)) / (2 * h);
      W[i * n + j] = W[j * n + i] = w;
      const double g = jumps[i * n + j] + jumps[j * n + i] - w * (time[i] / pi[i] + time[j] / pi[j]);
      CLOSE(g, slope, 1e-6 * counts);
    }
    const double p = pi[i];
    pi[i] = p * exp(h);
    double slope = log_likelihood(C, lag, W, pi);
    pi[i] = p * exp(-h);
    slope = (slope - log_likelihood(C, lag, W, pi)) / (2 * h);
    pi[i] = p;
    CLOSE(here - out, slope, 1e-6 * counts);
  }
}

/* Counts that are exactly pi_i P_ij of a known K give K back, at short and long lags. All pairs are counted, most of
 * them without a rate: theirs must go to zero. */
static void known_matrix(void **state) {
  (void)state;
  const double lags[3] = {.1, .5, 3}, tolerance[3] = {1e-9, 1e-9, 2e-6}; /* of rates .02 to .12 */
  for (int k = 0; k < 3; k++) {
    lisi_rng rng;
    lisi_rng_seed(&rng, 11);
    double W[n * n], pi[n], C[n * n] = {0}, P[n * n], time[n], jumps[n * n], l, W2[n * n], pi2[n];
    known(&rng, W, pi);
    OK(rate_matrix_expect(n, C, lags[k], W, pi, time, jumps, P, &l, err));
    for (int q = 0; q < n * n; q++)
      C[q] = 1e6 * pi[q / n] * P[q];
    rate_info info;
    OK(rate_matrix_ml(n, C, lags[k], W2, pi2, &info, err));
    assert_true(info.certificate < 1e-11);
    for (int q = 0; q < n * n; q++)
      CLOSE(W2[q], W[q], tolerance[k]);
    for (int i = 0; i < n; i++)
      CLOSE(pi2[i], pi[i], 1e-7);
  }
}

/* Two states: exp(K lag) can be any matrix with lambda > 0, so it is the counted one: k_12 + k_21 = -ln(1-p-q)/lag. */
static void two_states(void **state) {
  (void)state;
  const double C[4] = {80, 20, 10, 90}, lag = .5, sum = -log(1 - .2 - .1) / lag;
  double W[4], pi[2];
  OK(rate_matrix_ml(2, C, lag, W, pi, NULL, err));
  CLOSE(pi[0], 1. / 3, 1e-8);
  CLOSE(W[1] / pi[0], sum * 2 / 3, 1e-8);
  CLOSE(W[2] / pi[1], sum / 3, 1e-8);
}

static void what_cannot_be(void **state) {
  (void)state;
  double W[9], pi[3];
  lisi_error err = {0};
  OK(rate_matrix_ml(1, (const double[]){5}, 1, W, pi, NULL, err));
  assert_true(pi[0] == 1 && W[0] == 0);
  assert_int_equal(rate_matrix_ml(2, (const double[]){5, 1, 0, 5}, 1, W, pi, NULL, &err), LISI_ERR_NUMERIC);
  assert_int_equal(rate_matrix_ml(RATE_MAX_STATES + 1, NULL, 1, W, pi, NULL, &err), LISI_ERR_UNSUPPORTED);
}

/* ---- the model: chain with alternating barriers, seen at lag 2, counts by displacement ---- */

static void table_of(int states, size_t m, const count_entry *e, lag_counts *counts) {
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (size_t k = 0; k < m; k++)
    OK(count_hash_add(hash, e[k].part, e[k].i, e[k].j, e[k].r, e[k].c, err));
  memset(counts, 0, sizeof *counts);
  counts->lag = 2;
  OK(count_hash_table(hash, states, 1, &counts->total, err));
  count_hash_free(hash);
}

static void as_a_model(void **state) {
  (void)state;
  const count_entry e[] = {{0, 0, 0, {0, 0, 0}, 750}, {0, 1, 1, {0, 0, 0}, 750}, {0, 0, 1, {0, 0, 0}, 200},
                           {0, 1, 0, {0, 0, 0}, 200}, {0, 1, 0, {1, 0, 0}, 50},  {0, 0, 1, {-1, 0, 0}, 50}};
  state_space space;
  OK(state_space_new(2, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 3;
  space.x[3] = 1.1 / 3;
  lag_counts counts;
  table_of(2, 6, e, &counts);
  msm_model m, r;
  OK(msm_build(&space, &counts, .5, &(msm_options){.estimator = MSM_RATE}, &m, err));
  OK(msm_build(&space, &counts, .5, &(msm_options){.estimator = MSM_REVERSIBLE}, &r, err));
  const double rate = -log(.5) / 1.0 / 2; /* p + q = .25 each way at lag 1 ps */
  CLOSE(m.K[1], rate, 1e-7);
  CLOSE(m.K[0], -rate, 1e-7);
  CLOSE(m.timescale[0], 1 / (2 * rate), 1e-6);
  CLOSE(m.D_iso, r.D_iso, 1e-8);
  CLOSE(m.tr.D[0][0], .18, 1e-8);
  /* the same counts are those of the chain itself: its known numbers come back from the estimate */
  const double lags[5] = {1, 2, 3, 10, 50}, msd[5] = {.4225, .81375, 1.189375, 3.7248779296875, 18.125};
  CLOSE(r.tr.D[0][0], .18, 1e-10);
  CLOSE(r.re[1], .5, 1e-10);
  for (int k = 0; k < 5; k++)
    CLOSE(msm_msd(&r, lags[k]), msd[k], 1e-10);
  msm_model_free(&m);
  msm_model_free(&r);
  lag_counts_free(&counts);
  state_space_free(&space);
}

/* ---- priors ---- */

static void priors(void **state) {
  (void)state;
  /* 0 -> 1 five times with one shift and three with another, never back; 1 -> 1 twice; 2 alone. alpha = 4. */
  const count_entry e[] = {
      {0, 0, 1, {0, 0, 0}, 5}, {0, 0, 1, {1, 0, 0}, 3}, {0, 1, 1, {0, 0, 0}, 2}, {0, 2, 2, {0, 1, 0}, 7}};
  lag_counts counts, with;
  table_of(3, 4, e, &counts);
  OK(counts_prior(&counts, 4, &with, err));
  const count_entry expected[] = {{0, 0, 1, {0, 0, 0}, 7.5}, {0, 0, 1, {1, 0, 0}, 4.5}, {0, 1, 0, {-1, 0, 0}, 1.5},
                                  {0, 1, 0, {0, 0, 0}, 2.5}, {0, 1, 1, {0, 0, 0}, 6},   {0, 2, 2, {0, -1, 0}, 2},
                                  {0, 2, 2, {0, 1, 0}, 9}};
  assert_int_equal(with.total.n, 7); /* no pair that was not seen */
  for (size_t k = 0; k < 7; k++) {
    assert_int_equal(with.total.entry[k].i, expected[k].i);
    assert_int_equal(with.total.entry[k].j, expected[k].j);
    assert_memory_equal(with.total.entry[k].r, expected[k].r, sizeof expected[k].r);
    CLOSE(with.total.entry[k].c, expected[k].c, 1e-14);
  }
  lag_counts_free(&with);
  lag_counts_free(&counts);

  /* The estimators on 2 x 2 counts [[8, 2], [3, 7]] with alpha = 1: [[9, 3], [4, 8]]. */
  const count_entry two[] = {{0, 0, 0, {0}, 8}, {0, 0, 1, {0}, 2}, {0, 1, 0, {0}, 3}, {0, 1, 1, {0}, 7}};
  state_space space;
  OK(state_space_new(2, false, &space, err));
  table_of(2, 4, two, &counts);
  const msm_estimator which[3] = {MSM_ROW, MSM_REVERSIBLE, MSM_RATE};
  for (int k = 0; k < 3; k++) { /* with two states all of them find the rows */
    msm_model m;
    OK(msm_build(&space, &counts, 1, &(msm_options){.estimator = which[k], .prior = 1}, &m, err));
    CLOSE(m.X[1] / m.pi[0], .25, 1e-8);
    CLOSE(m.X[2] / m.pi[1], 1. / 3, 1e-8);
    CLOSE(m.pi[0], 4. / 7, 1e-8);
    CLOSE(m.counts, 20, 0); /* those of the run */
    msm_model_free(&m);
  }
  lag_counts_free(&counts);
  state_space_free(&space);
}

/* Given pi on two states: x = X_12 solves (C_12 + C_21)/x = C_11/(pi_1 - x) + C_22/(pi_2 - x), a quadratic equation;
 * also where the iteration would crawl, with 1e9 counts inside and ten between. */
static void given_pi(void **state) {
  (void)state;
  const double cases[3][5] = {{8, 2, 3, 7, .5}, {1e9, 6, 4, 2e9, .3}, {5, 400, 300, 2, .45}};
  state_space space;
  OK(state_space_new(2, false, &space, err));
  for (int k = 0; k < 3; k++) {
    const double *c = cases[k], p0 = c[4], p1 = 1 - p0, s = c[1] + c[2];
    const count_entry e[] = {{0, 0, 0, {0}, c[0]}, {0, 0, 1, {0}, c[1]}, {0, 1, 0, {0}, c[2]}, {0, 1, 1, {0}, c[3]}};
    const double pi[2] = {p0, p1};
    /* (s + a + d) x^2 - [s + a p1 + d p0] x + s p0 p1 = 0, s (p0 + p1) = s */
    const double A = s + c[0] + c[3], B = s + c[0] * p1 + c[3] * p0,
                 x = 2 * s * p0 * p1 / (B + sqrt(B * B - 4 * A * s * p0 * p1));
    lag_counts counts;
    msm_model m;
    table_of(2, 4, e, &counts);
    OK(msm_build(&space, &counts, 1, &(msm_options){.estimator = MSM_FIXED_PI, .pi = pi}, &m, err));
    CLOSE(m.X[1], x, 1e-8 * x);
    CLOSE(m.pi[0], p0, 1e-14);
    msm_model_free(&m);
    lag_counts_free(&counts);
  }
  state_space_free(&space);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient),       cmocka_unit_test(known_matrix), cmocka_unit_test(two_states),
      cmocka_unit_test(what_cannot_be), cmocka_unit_test(as_a_model),   cmocka_unit_test(priors),
      cmocka_unit_test(given_pi),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
