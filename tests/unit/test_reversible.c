/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reversible estimates against closed forms, the fixed-point iteration of Prinz et al., and the conditions of the
 * maximum. */
#include "bootstrap.h"
#include "reversible.h"
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

static void random_counts(lisi_rng *rng, int n, double density, double *C) {
  for (int k = 0; k < n * n; k++)
    C[k] = lisi_rng_uniform(rng) < density ? floor(1 + 50 * pow(lisi_rng_uniform(rng), 3)) : 0;
  for (int i = 0; i < n; i++) { /* a cycle makes it connected */
    C[i * n + (i + 1) % n] += 1;
    C[i * n + i] += lisi_rng_below(rng, 200);
  }
}

static double likelihood(int n, const double *C, const double *P) {
  double l = 0;
  for (int k = 0; k < n * n; k++) {
    if (C[k] > 0)
      l += C[k] * log(P[k]);
  }
  return l;
}

static void against_fixed_point(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 3);
  for (int trial = 0; trial < 30; trial++) {
    enum { MOST = 12 };
    const int n = 2 + lisi_rng_below(&rng, MOST - 1);
    double C[MOST * MOST], X[MOST * MOST], x[MOST], next[MOST], c[MOST];
    random_counts(&rng, n, .4, C);
    reversible_info info;
    OK(reversible_ml(n, C, X, &info, err));
    assert_true(info.certificate < 1e-12 && info.steps < 30);
    for (int i = 0; i < n; i++) {
      c[i] = x[i] = 0;
      for (int j = 0; j < n; j++)
        c[i] += C[i * n + j];
      for (int j = 0; j < n; j++)
        x[i] += C[i * n + j] + C[j * n + i];
    }
    for (int it = 0; it < 200000; it++) { /* x_i <- sum_j (C_ij + C_ji)/(c_i/x_i + c_j/x_j) */
      double sum = 0;
      for (int i = 0; i < n; i++) {
        next[i] = 0;
        for (int j = 0; j < n; j++) {
          const double S = C[i * n + j] + C[j * n + i];
          if (S > 0)
            next[i] += S / (c[i] / x[i] + c[j] / x[j]);
        }
        sum += next[i];
      }
      for (int i = 0; i < n; i++)
        x[i] = next[i] / sum;
    }
    for (int i = 0; i < n; i++) {
      double pi = 0;
      for (int j = 0; j < n; j++) {
        pi += X[i * n + j];
        CLOSE(X[i * n + j], X[j * n + i], 1e-16);
      }
      CLOSE(pi, x[i], 1e-10);
    }
  }
}

/* No small reversible change of P may raise the likelihood. */
static void is_the_maximum(void **state) {
  (void)state;
  enum { n = 6 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 8);
  double C[n * n], X[n * n], Y[n * n], P[n * n];
  random_counts(&rng, n, .5, C);
  OK(reversible_ml(n, C, X, NULL, err));
  double best = 0;
  for (int trial = 0; trial <= 2000; trial++) {
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++)
        Y[i * n + j] = Y[j * n + i] = X[i * n + j] * (trial == 0 ? 1 : exp(.02 * (lisi_rng_uniform(&rng) - .5)));
    }
    for (int i = 0; i < n; i++) {
      double row = 0;
      for (int j = 0; j < n; j++)
        row += Y[i * n + j];
      for (int j = 0; j < n; j++)
        P[i * n + j] = Y[i * n + j] / row;
    }
    const double l = likelihood(n, C, P);
    if (trial == 0)
      best = l;
    else
      assert_true(l < best + 1e-9);
  }
}

/* On a tree every matrix is reversible, so P_ij = C_ij/c_i and pi follows by detailed balance: exact also when blocks
 * with 1e9 inner counts hang together by ten. */
static void metastable_blocks(void **state) {
  (void)state;
  enum { n = 6 };
  double C[n * n] = {0}, X[n * n], pi[n] = {1}, sum = 1;
  const double up[n - 1] = {1.0e9, 3.0e8, 7, 2.0e9, 5.0e8}, down[n - 1] = {0.9e9, 3.1e8, 11, 1.9e9, 5.5e8};
  for (int i = 0; i < n; i++)
    C[i * n + i] = 1e9 + i * 1e8;
  for (int i = 0; i + 1 < n; i++) {
    C[i * n + i + 1] = up[i];
    C[(i + 1) * n + i] = down[i];
  }
  double c[n] = {0};
  for (int k = 0; k < n * n; k++)
    c[k / n] += C[k];
  for (int i = 0; i + 1 < n; i++) {
    pi[i + 1] = pi[i] * (up[i] / c[i]) / (down[i] / c[i + 1]);
    sum += pi[i + 1];
  }
  reversible_info info;
  OK(reversible_ml(n, C, X, &info, err));
  for (int i = 0; i < n; i++) {
    double row = 0;
    for (int j = 0; j < n; j++)
      row += X[i * n + j];
    CLOSE(row, pi[i] / sum, 1e-10 * pi[i] / sum);
    for (int j = 0; j < n; j++)
      CLOSE(X[i * n + j] / row, C[i * n + j] / c[i], 1e-10 * C[i * n + j] / c[i]);
  }
}

/* Two dense blocks: the weights between them against exact two-state aggregation, by making the blocks symmetric
 * inside. */
static void dense_blocks(void **state) {
  (void)state;
  enum { n = 8 };
  double C[n * n], X[n * n];
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++)
      C[i * n + j] = (i < 4) == (j < 4) ? 1e9 : 0;
  }
  C[0 * n + 4] = 30;
  C[4 * n + 0] = 10;
  OK(reversible_ml(n, C, X, NULL, err));
  double a = 0, b = 0;
  for (int k = 0; k < n * n; k++)
    *(k / n < 4 ? &a : &b) += X[k];
  /* the flux between the blocks is the same seen from both: (30 + 10)/(q_0 + q_4) with x = c/q; stationarity of the
   * likelihood gives pi_a/pi_b = c_0/c_4 q_4/q_0, 30 q_4 = 10 q_0 */
  CLOSE(b / a, (4e9 + 10) / (4e9 + 30) * 3.0, 1e-7);
}

static void ring_of_300(void **state) {
  (void)state;
  enum { n = 300 };
  double *P = calloc(n * n, sizeof *P), *Q = calloc(n * n, sizeof *Q), *C = calloc(n * n, sizeof *C),
         *X = calloc(n * n, sizeof *X);
  for (int i = 0; i < n; i++) {
    P[i * n + i] = .7;
    P[i * n + (i + 1) % n] = .15;
    P[i * n + (i + n - 1) % n] = .15;
  }
  for (int it = 0; it < 5; it++) { /* lag 32 */
    memset(Q, 0, n * n * sizeof *Q);
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        for (int j = 0; P[i * n + k] > 0 && j < n; j++)
          Q[i * n + j] += P[i * n + k] * P[k * n + j];
      }
    }
    double *swap = P;
    P = Q;
    Q = swap;
  }
  lisi_rng rng;
  lisi_rng_seed(&rng, 4);
  for (int k = 0; k < n * n; k++)
    C[k] = floor(2000 * P[k] * (1 + .3 * lisi_rng_uniform(&rng)));
  reversible_info info;
  OK(reversible_ml(n, C, X, &info, err));
  assert_true(info.steps <= 10);
  assert_true(info.certificate < 1e-12);
  free(P);
  free(Q);
  free(C);
  free(X);
}

static void given_distribution(void **state) {
  (void)state;
  enum { n = 5 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 17);
  double C[n * n], X[n * n], Y[n * n], P[n * n], pi[n], row;
  random_counts(&rng, n, .6, C);
  OK(reversible_ml(n, C, X, NULL, err));
  for (int i = 0; i < n; i++) {
    pi[i] = 0;
    for (int j = 0; j < n; j++)
      pi[i] += X[i * n + j];
  }
  OK(reversible_fixed_pi(n, C, pi, Y, NULL, err)); /* the free estimate's own pi gives the free estimate */
  for (int k = 0; k < n * n; k++)
    CLOSE(X[k], Y[k], 1e-10);
  const double given[n] = {2, 1, 4, 3, 2}; /* not normalised */
  OK(reversible_fixed_pi(n, C, given, Y, NULL, err));
  for (int i = 0; i < n; i++) {
    row = 0;
    for (int j = 0; j < n; j++) {
      row += Y[i * n + j];
      CLOSE(Y[i * n + j], Y[j * n + i], 1e-16);
    }
    CLOSE(row, given[i] / 12, 1e-14);
    for (int j = 0; j < n; j++)
      P[i * n + j] = Y[i * n + j] / row;
  }
  const double best = likelihood(n, C, P);
  for (int trial = 0; trial < 2000; trial++) { /* symmetric changes that keep every row sum */
    double Z[n * n];
    memcpy(Z, Y, sizeof Z);
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        const double d = Y[i * n + j] * .01 * (lisi_rng_uniform(&rng) - .5);
        Z[i * n + j] += d;
        Z[j * n + i] += d;
        Z[i * n + i] -= d;
        Z[j * n + j] -= d;
      }
    }
    for (int k = 0; k < n * n; k++)
      P[k] = Z[k] * 12 / given[k / n];
    assert_true(likelihood(n, C, P) < best + 1e-9);
  }
  const double zero[n] = {1, 1, 0, 1, 1};
  lisi_error err = {0};
  assert_int_equal(reversible_fixed_pi(n, C, zero, Y, NULL, &err), LISI_ERR_INPUT);
}

static void stationary(void **state) {
  (void)state;
  const double P[9] = {.5, .3, .2, .1, .9, 0, .25, .15, .6};
  double pi[3];
  OK(stationary_distribution(3, P, pi, err));
  for (int j = 0; j < 3; j++)
    CLOSE(pi[0] * P[j] + pi[1] * P[3 + j] + pi[2] * P[6 + j], pi[j], 1e-15);
  CLOSE(pi[0] + pi[1] + pi[2], 1, 1e-15);
  const double apart[4] = {1, 0, 0, 1};
  lisi_error err = {0};
  assert_int_equal(stationary_distribution(2, apart, pi, &err), LISI_ERR_NUMERIC);
}

static void not_connected(void **state) {
  (void)state;
  const double C[4] = {5, 2, 0, 3};
  double X[4];
  lisi_error err = {0};
  assert_int_equal(reversible_ml(2, C, X, NULL, &err), LISI_ERR_NUMERIC);
}

static void eigenvalues(void **state) {
  (void)state;
  /* two states with p, q: 1 - p - q; a small gap keeps its digits */
  const double p = 3e-13, q = 5e-13, pi[2] = {q / (p + q), p / (p + q)};
  const double X[4] = {pi[0] * (1 - p), pi[0] * p, pi[0] * p, pi[1] * (1 - q)};
  double gap[2], u[4];
  OK(spectrum_reversible(2, X, pi, gap, u, err));
  CLOSE(gap[1], p + q, 1e-14 * (p + q));
  CLOSE(fabs(u[0]), sqrt(pi[0]), 1e-12); /* row 0 is the stationary vector */
  CLOSE(spectrum_timescale_gap(gap[1], 2.0), 2.0 / (p + q), 1e-10 / (p + q));
  const double turn[9] = {0, 1, 0, 0, 0, 1, 1, 0, 0};
  double re[3], im[3];
  OK(spectrum_general(3, turn, re, im, err));
  CLOSE(re[0], 1, 1e-14);
  CLOSE(re[1], -.5, 1e-14);
  CLOSE(fabs(im[1]), sqrt(.75), 1e-14);
  assert_true(isinf(spectrum_timescale(1, 0, 1)) && spectrum_timescale(0, 0, 1) == 0);
  CLOSE(spectrum_timescale(-.5, 0, 3), 3 / log(2), 1e-12);
  CLOSE(spectrum_timescale_gap(1.5, 3), 3 / log(2), 1e-12);
}

static void percentiles(void **state) {
  (void)state;
  double s[6] = {3, INFINITY, 1, NAN, 2, 0}, lo, hi;
  bootstrap_percentiles(6, s, .5, &lo, &hi); /* 0 1 2 3 inf: places 1 and 3 */
  CLOSE(lo, 1, 1e-12);
  CLOSE(hi, 3, 1e-12);
  double gone[3] = {NAN, NAN, 1};
  bootstrap_percentiles(3, gone, .9, &lo, &hi);
  assert_true(isnan(lo) && isnan(hi));
  CLOSE(bootstrap_expanded_level(.95, 10), erf(2.2621572 * sqrt(10 / 9.) * M_SQRT1_2), 1e-4); /* t of 9 at .975 */
  CLOSE(bootstrap_expanded_level(.95, 1000000), .95, 1e-5);
  lisi_rng a, b;
  lisi_rng_seed(&a, 5);
  lisi_rng_seed(&b, 5);
  double mean = 0, w[7], sum = 0;
  for (int k = 0; k < 20000; k++) {
    const double u = lisi_rng_uniform(&a);
    assert_true(u == lisi_rng_uniform(&b) && u >= 0 && u < 1);
    mean += u / 20000;
  }
  CLOSE(mean, .5, 4 * sqrt(1 / 12. / 20000));
  bootstrap_weights(&a, 7, w);
  for (int k = 0; k < 7; k++)
    sum += w[k];
  CLOSE(sum, 7, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(against_fixed_point), cmocka_unit_test(is_the_maximum), cmocka_unit_test(metastable_blocks),
      cmocka_unit_test(dense_blocks),        cmocka_unit_test(ring_of_300),    cmocka_unit_test(given_distribution),
      cmocka_unit_test(stationary),          cmocka_unit_test(not_connected),  cmocka_unit_test(eigenvalues),
      cmocka_unit_test(percentiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
