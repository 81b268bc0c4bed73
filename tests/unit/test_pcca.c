/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCCA+ where its answer is known: separate blocks, blocks that hang together by little, two sets of any chain. */
#include "bootstrap.h"
#include "pcca.h"
#include "spectrum.h"

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

/* Row sums of a symmetric X that is scaled to sum 1. */
static void normalise(int n, double *X, double *pi) {
  double total = 0;
  for (int k = 0; k < n * n; k++)
    total += X[k];
  for (int i = 0; i < n; i++) {
    pi[i] = 0;
    for (int j = 0; j < n; j++) {
      X[i * n + j] /= total;
      pi[i] += X[i * n + j];
    }
  }
}

static void link(int n, double *X, int i, int j, double flux) {
  X[i * n + j] += flux;
  if (i != j)
    X[j * n + i] += flux;
}

/* A double well, symmetric about its middle. chi_i = (psi_i - min)/(max - min), both sets weigh 1/2. */
static void double_well(void **state) {
  (void)state;
  enum { n = 10 };
  double X[n * n] = {0}, pi[n], gap[n], u[n * n];
  for (int i = 0; i < n; i++)
    link(n, X, i, i, 5 + 40 * exp(-pow(fabs(i - 4.5) - 2.5, 2)));
  for (int i = 0; i + 1 < n; i++)
    link(n, X, i, i + 1, i == 4 ? .02 : 1 + .3 * fabs(i - 4.));
  for (int i = 0; i < n; i++) { /* exactly symmetric */
    for (int j = 0; j < n; j++)
      X[(n - 1 - i) * n + n - 1 - j] = X[i * n + j];
  }
  normalise(n, X, pi);
  pcca r;
  OK(pcca_sets(n, X, pi, 2, &r, err));
  OK(spectrum_reversible(n, X, pi, gap, u, err));
  double psi[n], lo = INFINITY, hi = -INFINITY;
  for (int i = 0; i < n; i++) {
    psi[i] = u[n + i] / sqrt(pi[i]);
    lo = fmin(lo, psi[i]);
    hi = fmax(hi, psi[i]);
  }
  const int first = r.set[0];
  for (int i = 0; i < n; i++) {
    assert_int_equal(r.set[i], i < n / 2 ? first : 1 - first);
    CLOSE(r.chi[i * 2] + r.chi[i * 2 + 1], 1, 1e-12);
    const double x = (psi[i] - lo) / (hi - lo), y = psi[0] > psi[n - 1] ? x : 1 - x;
    CLOSE(r.chi[i * 2 + first], y, 1e-11);
  }
  CLOSE(r.weight[0], .5, 1e-12);
  CLOSE(r.weight[1], .5, 1e-12);
  /* the coarse matrix has the eigenvalues 1 and 1 - gap */
  CLOSE(r.P[0] + r.P[1], 1, 1e-12);
  CLOSE(r.P[0] + r.P[3] - 1, 1 - gap[1], 1e-12);
  assert_int_equal(pcca_suggest(n, gap, 6), 2);
  pcca_free(&r);
}

/* Blocks of 3, 4 and 2 states in mixed order, joined by eps: crisp for eps = 0 whatever the eigenvectors of the triple
 * eigenvalue are, and by O(eps) for a small one. */
static void blocks(void **state) {
  (void)state;
  enum { n = 9, m = 3 };
  static const int block[n] = {0, 1, 1, 0, 2, 1, 0, 2, 1};
  static const double epsilon[4] = {0, 1e-9, 1e-5, 1e-3};
  for (int trial = 0; trial < 4; trial++) {
    const double eps = epsilon[trial];
    double X[n * n] = {0}, pi[n], gap[n], own[m] = {0};
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++)
        link(n, X, i, j, block[i] == block[j] ? 1 + .3 * ((i * j) % 3) + (block[i] == 1) : eps * (1 + (i + j) % 2));
    }
    normalise(n, X, pi);
    pcca r;
    OK(pcca_sets(n, X, pi, m, &r, err));
    for (int i = 0; i < n; i++)
      own[block[i]] += pi[i];
    for (int i = 0; i < n; i++) {
      double row = 0;
      for (int k = 0; k < m; k++) {
        assert_true(r.chi[i * m + k] >= 0 && r.chi[i * m + k] <= 1);
        row += r.chi[i * m + k];
        for (int j = 0; j < n; j++) {
          if (block[i] == block[j])
            CLOSE(r.chi[i * m + k], r.chi[j * m + k], 1e-10 + 10 * eps);
        }
      }
      CLOSE(row, 1, 1e-10);
      for (int j = 0; j < n; j++)
        assert_true((r.set[i] == r.set[j]) == (block[i] == block[j]));
      CLOSE(r.chi[i * m + r.set[i]], 1, 1e-10 + 10 * eps);
      CLOSE(r.weight[r.set[i]], own[block[i]], 1e-10 + 10 * eps);
    }
    assert_true(r.weight[0] >= r.weight[1] && r.weight[1] >= r.weight[2]);
    CLOSE(r.crispness, 1, 1e-10 + 20 * eps);
    OK(spectrum_reversible(n, X, pi, gap, NULL, err));
    double trace = 0, leading = 0;
    for (int k = 0; k < m; k++) {
      double row = 0;
      for (int l = 0; l < m; l++)
        row += r.P[k * m + l];
      CLOSE(row, 1, 1e-10);
      trace += r.P[k * m + k];
      leading += 1 - gap[k];
    }
    CLOSE(trace, leading, 1e-10);
    if (eps > 0)
      assert_int_equal(pcca_suggest(n, gap, 6), 3);
    pcca_free(&r);
  }
}

/* Varying A makes memberships crisper than those of the corners alone, and never leaves the simplex. Random networks of
 * five blocks. */
static void many_sets(void **state) {
  (void)state;
  enum { n = 40, m = 5 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 4);
  for (int trial = 0; trial < 5; trial++) {
    double *X = calloc(n * n, sizeof *X), pi[n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++)
        link(n, X, i, j, i % m == j % m ? lisi_rng_uniform(&rng) : .003 * lisi_rng_uniform(&rng));
    }
    normalise(n, X, pi);
    pcca r;
    OK(pcca_sets(n, X, pi, m, &r, err));
    assert_true(r.crispness > .9 && r.crispness <= 1 + 1e-12);
    for (int i = 0; i < n; i++) {
      double row = 0;
      for (int k = 0; k < m; k++)
        row += r.chi[i * m + k];
      CLOSE(row, 1, 1e-9);
      for (int j = 0; j < n; j++)
        assert_true((r.set[i] == r.set[j]) == (i % m == j % m));
    }
    pcca_free(&r);
    free(X);
  }
}

/* Two double wells side by side make a square of four sets with two equal slow modes: four sets are found, three are
 * not there, and whoever asks for the natural number gets one that is. */
static void square(void **state) {
  (void)state;
  enum { n = 16 };
  static const double well[4] = {4, 4, 4, 4}, way[3] = {1, .01, 1};
  double X[n * n] = {0}, pi[n], gap[n], u[n * n];
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 4; j++) {
      link(n, X, 4 * i + j, 4 * i + j, well[i] * well[j]);
      if (j < 3)
        link(n, X, 4 * i + j, 4 * i + j + 1, way[j]);
      if (i < 3)
        link(n, X, 4 * i + j, 4 * i + 4 + j, way[i]);
    }
  }
  normalise(n, X, pi);
  OK(spectrum_reversible(n, X, pi, gap, u, err));
  CLOSE(gap[1], gap[2], 1e-12);
  pcca r;
  OK(pcca_sets(n, X, pi, 4, &r, err));
  for (int i = 0; i < n; i++)
    assert_int_equal(r.set[i] == r.set[0], i / 8 == 0 && i % 4 < 2);
  pcca_free(&r);
  lisi_error why = {0};
  const lisi_status three = pcca_sets(n, X, pi, 3, &r, &why);
  if (three == LISI_OK) { /* fuzzy ones; then they are three */
    for (int k = 0; k < 9; k++)
      assert_true(isfinite(r.P[k]));
    pcca_free(&r);
  } else {
    assert_int_equal(three, LISI_ERR_NUMERIC);
    assert_non_null(strstr(why.message, "ask for fewer"));
  }
  const double flat[n] = {0, .001, .001, .5, .6}; /* the largest ratio is at three */
  assert_int_equal(pcca_suggest(n, flat, 4), 3);
  OK(pcca_natural(n, X, pi, flat, 4, &r, err));
  assert_int_equal(r.m, three == LISI_OK ? 3 : 2);
  pcca_free(&r);
}

static void refused(void **state) {
  (void)state;
  const double X[4] = {.05, .45, .45, .05}, pi[2] = {.5, .5}; /* lambda_2 = -.8 */
  pcca r;
  lisi_error err = {0};
  assert_int_equal(pcca_sets(2, X, pi, 2, &r, &err), LISI_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "-0.8"));
  memset(&err, 0, sizeof err);
  assert_int_equal(pcca_sets(2, X, pi, 3, &r, &err), LISI_ERR_INPUT);
  memset(&err, 0, sizeof err);
  assert_int_equal(pcca_sets(2, X, pi, 1, &r, &err), LISI_ERR_INPUT);
  const double gap[2] = {0, 1.8};
  assert_int_equal(pcca_suggest(2, gap, 5), 1);
}

/* Chains without a clear number of sets: every set still has states of its own, and P is a transition matrix. */
static void unclear(void **state) {
  (void)state;
  enum { n = 12 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 7);
  int none = 0;
  for (int round = 0; round < 60; round++) {
    double X[n * n] = {0}, pi[n];
    for (int i = 0; i < n; i++) {
      link(n, X, i, (i + 1) % n, round == 0 ? 1.0 : exp(3.0 * lisi_rng_uniform(&rng)));
      link(n, X, i, i, round == 0 ? 10.0 : exp(5.0 * lisi_rng_uniform(&rng)));
    }
    normalise(n, X, pi);
    for (int m = 2; m <= 4; m++) {
      pcca r;
      lisi_error err = {0};
      const lisi_status status = pcca_sets(n, X, pi, m, &r, &err);
      if (status == LISI_ERR_UNSUPPORTED) /* fewer slow modes */
        continue;
      if (status == LISI_ERR_NUMERIC && strstr(err.message, "ask for fewer") != NULL) {
        none++;
        continue;
      }
      if (status != LISI_OK)
        fail_msg("round %d, %d sets: %s", round, m, err.message);
      int states[4] = {0};
      for (int i = 0; i < n; i++)
        states[r.set[i]]++;
      for (int k = 0; k < m; k++) {
        double row = 0.0;
        for (int l = 0; l < m; l++)
          row += r.P[k * m + l];
        CLOSE(row, 1.0, 1e-9);
        if (states[k] == 0)
          fail_msg("round %d: set %d of %d has no state", round, k, m);
      }
      pcca_free(&r);
    }
  }
  if (none > 18)
    fail_msg("no sets in %d of 180 cases", none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unclear),   cmocka_unit_test(double_well), cmocka_unit_test(blocks),
      cmocka_unit_test(many_sets), cmocka_unit_test(square),      cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
