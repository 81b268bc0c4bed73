/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Chapman-Kolmogorov test: exact on expected counts, seldom wrong on samples of Markov chains, and not fooled by
 * processes with a memory. */
#include "bootstrap.h"
#include "ck.h"
#include "reversible.h"

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

static void student(void **state) {
  (void)state;
  for (double x = .01; x < 300; x *= 1.7) {
    CLOSE(ck_student_p(x, 1), 1 - 2 / M_PI * atan(x), 1e-13);
    CLOSE(ck_student_p(x, 2), 1 - x / sqrt(2 + x * x), 1e-13);
    CLOSE(ck_student_p(-x, 4), 1 - x / sqrt(4 + x * x) * (1 + 2 / (4 + x * x)), 1e-13);
    CLOSE(ck_student_p(x, 1e6), erfc(x * M_SQRT1_2), 1e-6);
  }
  CLOSE(ck_student_p(2.0930240544, 19), .05, 1e-10);
  CLOSE(ck_student_p(0, 5), 1, 0);
}

/* ---- expected counts ---- */

static void multiply(int n, const double *A, const double *B, double *C) {
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      C[i * n + j] = 0;
      for (int k = 0; k < n; k++)
        C[i * n + j] += A[i * n + k] * B[k * n + j];
    }
  }
}

/* Counts 1e6 pi_i T_ij at `lag` in one block; lumped by of[]. */
static void expected(int n, const double *pi, const double *T, const int *of, int nlumped, long long lag,
                     lag_counts *c) {
  memset(c, 0, sizeof *c);
  const int home[3] = {0, 0, 0};
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (int k = 0; k < n * n; k++) {
    if (T[k] > 0)
      OK(count_hash_add(hash, 0, of[k / n], of[k % n], home, 1e6 * pi[k / n] * T[k], err));
  }
  OK(count_hash_table(hash, nlumped, 1, &c->total, err));
  count_hash_free(hash);
  c->lag = lag;
}

/* A reversible chain of four states, itself and lumped to two: {0, 1} and {2, 3}. */
static void exact(void **state) {
  (void)state;
  enum { n = 4, L = 5 };
  static const long long k[L] = {1, 2, 3, 5, 8};
  static const int of[2][n] = {{0, 1, 2, 3}, {0, 0, 1, 1}};
  const double X[n * n] = {.25, .01, 0, .002, .01, .15, .08, 0, 0, .08, .15, .01, .002, 0, .01, .246};
  double pi[n] = {0}, P[n * n], T[n * n], next[n * n];
  for (int i = 0; i < n * n; i++)
    pi[i / n] += X[i];
  for (int i = 0; i < n * n; i++)
    P[i] = X[i] / pi[i / n];
  for (int lumped = 0; lumped < 2; lumped++) {
    const int m = lumped ? 2 : 4;
    lag_counts counts[L];
    state_space space;
    OK(state_space_new(m, false, &space, err));
    memcpy(T, P, sizeof T);
    double truth[L] = {0};
    for (int at = 0, power = 1; at < L; at++) {
      for (; power < k[at]; power++) {
        multiply(n, T, P, next);
        memcpy(T, next, sizeof T);
      }
      expected(n, pi, T, of[lumped], m, 3 * k[at], &counts[at]); /* the model's lag is three samples */
      for (int i = 0; i < 2; i++)
        truth[at] += pi[i] * (T[i * n] + T[i * n + 1]) / (pi[0] + pi[1]);
    }
    const msm_options options = {.estimator = MSM_REVERSIBLE, .bootstrap = 0};
    msm_model model;
    OK(msm_build(&space, &counts[0], 1, &options, &model, err));
    int set[2] = {0, 1};
    const ck_curve curve[1] = {{"A", lumped ? 1 : 2, set, {0}}};
    ck_result r;
    OK(ck_test(&space, L, counts, &model, 1, curve, &options, &r, err));
    assert_int_equal(r.verdict, CK_UNTESTED);
    assert_int_equal(r.npoints, L);
    const double stay = truth[0], w = pi[0] + pi[1], mode = (stay - w) / (1 - w); /* two states: one eigenvalue */
    for (int at = 0; at < L; at++) {
      assert_int_equal(r.point[at].k, k[at]);
      CLOSE(r.point[at].counted, truth[at], 1e-12);
      CLOSE(r.point[at].model, lumped ? w + (1 - w) * pow(mode, (double)k[at]) : truth[at], 1e-10);
    }
    if (lumped)
      assert_true(r.largest_difference > .01); /* the memory of the hidden states */
    else
      assert_true(r.largest_difference < 1e-10);
    ck_result_free(&r);
    msm_model_free(&model);
    state_space_free(&space);
    for (int at = 0; at < L; at++)
      lag_counts_free(&counts[at]);
  }
}

/* ---- samples ---- */

/* Walkers on hidden states 0..n-1; state s is seen as of[s] and step[i*n+j] cells are taken along a. */
static void walk(lisi_rng *rng, int n, const double *P, const int *of, const int *step, int nwalkers, int samples,
                 path_set *paths) {
  for (int w = 0; w < nwalkers; w++) {
    int s = lisi_rng_below(rng, n), image[3] = {0, 0, 0};
    OK(path_begin(paths, w, err));
    for (int t = 0; t < samples; t++) {
      OK(path_add(paths, t, of[s], image, err));
      double u = lisi_rng_uniform(rng);
      int j = 0;
      while (j + 1 < n && u >= P[s * n + j])
        u -= P[s * n + j++];
      image[0] += step != NULL ? step[s * n + j] : 0;
      s = j;
    }
    path_finish(paths, samples);
  }
  paths->nwalkers = nwalkers;
  paths->dt = 1;
}

enum { MOST_LAGS = 6 };

static ck_result sampled(lisi_rng *rng, int n, const double *P, const int *of, const int *step, int nseen, int ncurves,
                         const ck_curve *curve, int nwalkers, int samples) {
  static const long long k[MOST_LAGS] = {1, 2, 3, 4, 6, 8};
  path_set paths = {0};
  OK(state_space_new(nseen, true, &paths.space, err));
  for (int a = 0; a < 3; a++)
    paths.space.cell[a][a] = 3;
  walk(rng, n, P, of, step, nwalkers, samples, &paths);
  lag_counts counts[MOST_LAGS];
  for (int m = 0; m < MOST_LAGS; m++)
    OK(counts_from_paths(&paths, k[m], 1, 20, 20, &counts[m], err));
  const msm_options options = {.estimator = MSM_REVERSIBLE, .bootstrap = 100, .seed = 5};
  msm_options plain = options;
  plain.bootstrap = 0;
  msm_model model;
  OK(msm_build(&paths.space, &counts[0], 1, &plain, &model, err));
  ck_result r;
  OK(ck_test(&paths.space, MOST_LAGS, counts, &model, ncurves, curve, &options, &r, err));
  msm_model_free(&model);
  for (int m = 0; m < MOST_LAGS; m++)
    lag_counts_free(&counts[m]);
  path_set_free(&paths);
  return r;
}

/* A true Markov chain fails at most as often as the level says: 5 % of 100, with room for chance (P(X > 11) = .4 %). */
static void markov_passes(void **state) {
  (void)state;
  const double P[9] = {.9, .08, .02, .1, .8, .1, .04, .16, .8};
  const int seen[3] = {0, 1, 2};
  int first[1] = {0}, last[2] = {1, 2};
  const ck_curve curve[2] = {{"first", 1, first, {0}}, {"rest", 2, last, {0}}};
  lisi_rng rng;
  lisi_rng_seed(&rng, 31);
  int failed = 0;
  for (int trial = 0; trial < 100; trial++) {
    ck_result r = sampled(&rng, 3, P, seen, NULL, 3, 2, curve, 20, 400);
    assert_int_equal(r.npoints, 2 * MOST_LAGS);
    assert_int_equal(r.tests, 2 * (MOST_LAGS - 1));
    failed += r.verdict == CK_FAILED;
    assert_true(r.verdict != CK_UNTESTED);
    ck_result_free(&r);
  }
  print_message("a Markov chain failed %d times of 100\n", failed);
  assert_true(failed <= 11);
}

/* Two hidden states each seen as one: a slow and a fast way out. */
static void memory_fails(void **state) {
  (void)state;
  const double P[16] = {.6, .05, .35, 0, .05, .94, 0, .01, .35, 0, .6, .05, 0, .01, .05, .94};
  const int seen[4] = {0, 0, 1, 1};
  int first[1] = {0};
  const ck_curve curve[1] = {{"first", 1, first, {0}}};
  lisi_rng rng;
  lisi_rng_seed(&rng, 32);
  for (int trial = 0; trial < 10; trial++) {
    ck_result r = sampled(&rng, 4, P, seen, NULL, 2, 1, curve, 20, 1500);
    assert_int_equal(r.verdict, CK_FAILED);
    assert_true(r.worst >= 0 && r.point[r.worst].k > 1 && r.point[r.worst].deviation > 3);
    assert_true(r.p < .05);
    ck_result_free(&r);
  }
}

/* A walker that likes to go on in its direction, all cells seen as one site: populations say nothing, the scattering
 * function does. Without the memory it passes and is what the closed form says: F = (1 - 2p + 2p cos qa)^k. */
static void displacements(void **state) {
  (void)state;
  int all[1] = {0};
  const ck_curve curve[2] = {{"q", 0, NULL, {M_PI / 6, 0, 0}}, {"all", 1, all, {0}}};
  /* hidden: resting, going right, going left */
  const int seen[3] = {0, 0, 0}, step[9] = {0, 1, -1, 0, 1, -1, 0, 1, -1};
  lisi_rng rng;
  lisi_rng_seed(&rng, 33);
  int failed[2] = {0, 0};
  for (int trial = 0; trial < 20; trial++) {
    for (int memory = 0; memory < 2; memory++) {
      const double go = memory ? .4 : .1;
      const double P[9] = {.8, .1, .1, .9 - go, go, .1, .9 - go, .1, go};
      ck_result r = sampled(&rng, 3, P, seen, step, 1, 2, curve, 20, 500);
      assert_int_equal(r.tests, MOST_LAGS - 1); /* k = 1 agrees by construction, and so does what is always 1 */
      failed[memory] += r.verdict == CK_FAILED;
      if (!memory)
        CLOSE(r.point[3].model, pow(.8 + .2 * cos(M_PI / 2), 4), .05);
      ck_result_free(&r);
    }
  }
  assert_int_equal(failed[1], 20);
  assert_true(failed[0] <= 4);
}

/* A long lag comes in few blocks; the points at shorter lags keep theirs, and a lag of one block is not tested. */
static void few_blocks(void **state) {
  (void)state;
  enum { L = 4 };
  const double P[16] = {.6, .05, .35, 0, .05, .94, 0, .01, .35, 0, .6, .05, 0, .01, .05, .94};
  const int of[4] = {0, 0, 1, 1};
  const long long k[L] = {1, 4, 50, 100};
  const int nblocks[L] = {20, 20, 2, 1};
  int first[1] = {0};
  const ck_curve curve[1] = {{"first", 1, first, {0}}};
  lisi_rng rng;
  lisi_rng_seed(&rng, 34);
  path_set paths = {0};
  OK(state_space_new(2, true, &paths.space, err));
  for (int a = 0; a < 3; a++)
    paths.space.cell[a][a] = 3;
  walk(&rng, 4, P, of, NULL, 20, 1500, &paths);
  lag_counts counts[L];
  for (int m = 0; m < L; m++)
    OK(counts_from_paths(&paths, k[m], 1, nblocks[m], 1, &counts[m], err));
  const msm_options options = {.estimator = MSM_REVERSIBLE, .bootstrap = 100, .seed = 5}, plain = {.seed = 5};
  msm_model model;
  OK(msm_build(&paths.space, &counts[0], 1, &plain, &model, err));
  ck_result some, all;
  OK(ck_test(&paths.space, 2, counts, &model, 1, curve, &options, &some, err));
  OK(ck_test(&paths.space, L, counts, &model, 1, curve, &options, &all, err));
  assert_int_equal(some.tests, 1);
  assert_int_equal(all.tests, 2);
  CLOSE(all.point[1].error, some.point[1].error, 1e-14);
  CLOSE(all.point[1].p, some.point[1].p, 1e-14);
  CLOSE(all.point[2].p, ck_student_p(all.point[2].deviation, 1), 1e-12);
  assert_true(all.point[3].error == 0 && all.point[3].p == 1);
  assert_true(some.verdict == CK_FAILED && all.verdict == CK_FAILED);
  ck_result_free(&some);
  ck_result_free(&all);
  msm_model_free(&model);
  for (int m = 0; m < L; m++)
    lag_counts_free(&counts[m]);
  path_set_free(&paths);
}

static void refused(void **state) {
  (void)state;
  const double T[4] = {.9, .1, .1, .9}, pi[2] = {.5, .5};
  const int of[2] = {0, 1};
  lag_counts counts[2];
  expected(2, pi, T, of, 2, 2, &counts[0]);
  expected(2, pi, T, of, 2, 3, &counts[1]);
  state_space space;
  OK(state_space_new(2, false, &space, err));
  msm_options options = {.estimator = MSM_REVERSIBLE};
  msm_model model;
  OK(msm_build(&space, &counts[0], 1, &options, &model, err));
  int set[1] = {1};
  const ck_curve curve = {"A", 1, set, {0}};
  ck_result r;
  lisi_error err = {0};
  assert_int_equal(ck_test(&space, 2, counts, &model, 1, &curve, &options, &r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "3 samples"));
  options.estimator = MSM_PLAIN;
  memset(&err, 0, sizeof err);
  assert_int_equal(ck_test(&space, 1, counts, &model, 1, &curve, &options, &r, &err), LISI_ERR_UNSUPPORTED);
  msm_model_free(&model);
  state_space_free(&space);
  lag_counts_free(&counts[0]);
  lag_counts_free(&counts[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(student),      cmocka_unit_test(exact),         cmocka_unit_test(markov_passes),
      cmocka_unit_test(memory_fails), cmocka_unit_test(displacements), cmocka_unit_test(refused),
      cmocka_unit_test(few_blocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
