/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples of transition matrices against posteriors that are known: two states in closed form, three by quadrature, a
 * Dirichlet row, one free number under a given stationary distribution; and what each single sample has to obey. */
#include "posterior.h"
#include "reversible.h"
#include "variates.h"

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

/* The entries of a plain matrix, all without displacement. */
static size_t entries(int n, const double *C, count_entry *entry) {
  size_t m = 0;
  for (int k = 0; k < n * n; k++) {
    if (C[k] > 0)
      entry[m++] = (count_entry){0, k / n, k % n, {0, 0, 0}, C[k]};
  }
  return m;
}

/* P[n][n] of one draw; R is summed over. */
static void matrix_of(const posterior *p, const posterior_element *e, int n, const double *pi, bool row, double *P) {
  memset(P, 0, (size_t)(n * n) * sizeof *P);
  for (size_t k = 0; k < posterior_size(p); k++) {
    P[e[k].i * n + e[k].j] += row ? e[k].value : e[k].value / pi[e[k].i];
    if (!row && e[k].i != e[k].j)
      P[e[k].j * n + e[k].i] += e[k].value / pi[e[k].j];
  }
}

/* Mean and variance of a series, and that they are what they should be within five standard errors of a chain with
 * this many independent values (of the variance: that of a normal variable, doubled). */
static void moments_are(const char *what, int n, const double *x, double mean, double variance) {
  double m = 0, v = 0;
  for (int k = 0; k < n; k++)
    m += x[k] / n;
  for (int k = 0; k < n; k++)
    v += (x[k] - m) * (x[k] - m) / (n - 1);
  const double ess = effective_sample_size(n, x);
  if (fabs(m - mean) > 5 * sqrt(variance / ess) || fabs(v / variance - 1) > 5 * 2 * sqrt(2 / ess))
    fail_msg("%s: mean %.6g, expected %.6g; variance %.6g, expected %.6g; %.0f independent of %d", what, m, mean, v,
             variance, ess, n);
  if (ess < n / 12.)
    fail_msg("%s: only %.0f independent values of %d", what, ess, n);
}

static void gamma_and_normal(void **state) {
  (void)state;
  enum { DRAWS = 40000 };
  static double x[DRAWS];
  lisi_rng rng;
  lisi_rng_seed(&rng, 4);
  for (int k = 0; k < DRAWS; k++)
    x[k] = lisi_rng_normal(&rng);
  moments_are("normal", DRAWS, x, 0, 1);
  const double shape[] = {.05, .7, 1, 3.5, 1e4};
  for (int s = 0; s < 5; s++) {
    for (int k = 0; k < DRAWS; k++)
      x[k] = exp(lisi_rng_log_gamma(&rng, shape[s]));
    double m = 0, v = 0;
    for (int k = 0; k < DRAWS; k++)
      m += x[k] / DRAWS;
    for (int k = 0; k < DRAWS; k++)
      v += (x[k] - shape[s]) * (x[k] - shape[s]) / DRAWS;
    CLOSE(m, shape[s], 5 * sqrt(shape[s] / DRAWS));
    /* fourth central moment of a gamma variate: 3 a^2 + 6 a */
    CLOSE(v, shape[s], 5 * sqrt((2 * shape[s] * shape[s] + 6 * shape[s]) / DRAWS));
  }
  /* far below the smallest double, and still a number */
  const double tiny = lisi_rng_log_gamma(&rng, 1e-5);
  assert_true(isfinite(tiny) && tiny < 0);
}

/* Two states are always reversible: P_01 ~ Beta(C_01, C_00), P_10 ~ Beta(C_10, C_11), independent of each other. */
static void two_states(void **state) {
  (void)state;
  enum { DRAWS = 20000 };
  static double p[DRAWS], q[DRAWS], both[DRAWS];
  static const double counts[4][4] = {{50, 8, 5, 90}, {3, 2, 1, 4}, {1e6, 7, 9, 2e5}, {2.5, .8, .6, 1.4}};
  for (int c = 0; c < 4; c++) {
    const double *C = counts[c];
    double X[4], P[4], pi[2];
    count_entry entry[4];
    posterior_element element[4];
    posterior *sampler;
    OK(reversible_ml(2, C, X, NULL, err));
    OK(posterior_new(POSTERIOR_REVERSIBLE, 2, entries(2, C, entry), entry, X, NULL, 11, 0, &sampler, err));
    assert_int_equal(posterior_size(sampler), 3);
    for (int k = 0; k < DRAWS; k++) {
      OK(posterior_draw(sampler, element, pi, err));
      matrix_of(sampler, element, 2, pi, false, P);
      p[k] = P[1];
      q[k] = P[2];
    }
    double mean[2], variance[2];
    for (int s = 0; s < 2; s++) {
      const double a = C[s == 0 ? 1 : 2], b = C[3 * s];
      mean[s] = a / (a + b);
      variance[s] = a * b / ((a + b) * (a + b) * (a + b + 1));
    }
    moments_are("P_01", DRAWS, p, mean[0], variance[0]);
    moments_are("P_10", DRAWS, q, mean[1], variance[1]);
    for (int k = 0; k < DRAWS; k++)
      both[k] = (p[k] - mean[0]) / sqrt(variance[0]) + (q[k] - mean[1]) / sqrt(variance[1]);
    moments_are("independence", DRAWS, both, 0, 2);
    /* the whole distribution, not only its moments: the third central moment of a Beta variate */
    const double a = C[1], b = C[0], skew = 2 * (b - a) * sqrt(a + b + 1) / ((a + b + 2) * sqrt(a * b));
    double third = 0;
    for (int k = 0; k < DRAWS; k++)
      third += pow((p[k] - mean[0]) / sqrt(variance[0]), 3) / DRAWS;
    CLOSE(third, skew, .12 + .12 * fabs(skew));
    posterior_free(sampler);
  }
}

/* Three states in a triangle. With t_k = the staying share of row k, independent Beta(C_kk, c_k - C_kk) variates, what
 * is left is the density prod v_ij^(S_ij-1) prod s_k^-(c_k - C_kk) of the flux between states, s_k its row sums: two
 * integrals when its scale is fixed. */
typedef struct {
  double P01, P01_squared, lnpi, lnpi_squared;
} moments3;

static double digamma(double x) {
  double less = 0;
  for (; x < 20; x += 1)
    less += 1 / x;
  const double y = 1 / (x * x);
  return log(x) - .5 / x - y * (1. / 12 - y * (1. / 120 - y / 252)) - less;
}
static double trigamma(double x) {
  double more = 0;
  for (; x < 20; x += 1)
    more += 1 / (x * x);
  const double y = 1 / (x * x);
  return 1 / x + .5 * y + y / x * (1. / 6 - y * (1. / 30 - y / 42)) + more;
}

static moments3 quadrature(const double *C) {
  enum { GRID = 800 };
  const double S01 = C[1] + C[3], S02 = C[2] + C[6], S12 = C[5] + C[7];
  const double o0 = C[1] + C[2], o1 = C[3] + C[5], o2 = C[6] + C[7];
  double norm = 0, top = -INFINITY;
  moments3 m = {0};
  for (int pass = 0; pass < 2; pass++) { /* the largest value first */
    for (int a = 0; a < GRID; a++) {
      for (int b = 0; b < GRID; b++) {
        /* v12 = 1; ln v01 and ln v02 on a grid, where dv/v is even */
        const double y = 16 * ((a + .5) / GRID - .5), z = 16 * ((b + .5) / GRID - .5), v01 = exp(y), v02 = exp(z);
        const double s0 = v01 + v02, s1 = v01 + 1, s2 = v02 + 1;
        const double f = S01 * y + S02 * z + S12 * 0 - o0 * log(s0) - o1 * log(s1) - o2 * log(s2);
        if (pass == 0) {
          top = fmax(top, f);
          continue;
        }
        const double w = exp(f - top), share = v01 / s0, ln = log(s0 / s1);
        norm += w;
        m.P01 += w * share;
        m.P01_squared += w * share * share;
        m.lnpi += w * ln;
        m.lnpi_squared += w * ln * ln;
      }
    }
  }
  const double a = o0, b = C[0], go = a / (a + b), go_squared = a * (a + 1) / ((a + b) * (a + b + 1));
  m.P01 *= go / norm;
  m.P01_squared *= go_squared / norm;
  m.lnpi /= norm;
  m.lnpi_squared = m.lnpi_squared / norm - m.lnpi * m.lnpi; /* the variance */
  /* V_k = s_k/(1 - t_k): ln(pi_0/pi_1) has -ln(1 - t_0) + ln(1 - t_1) beside it */
  m.lnpi += -(digamma(o0) - digamma(o0 + C[0])) + (digamma(o1) - digamma(o1 + C[4]));
  m.lnpi_squared += trigamma(o0) - trigamma(o0 + C[0]) + trigamma(o1) - trigamma(o1 + C[4]);
  return m;
}

static void three_states(void **state) {
  (void)state;
  enum { DRAWS = 20000 };
  static double p[DRAWS], ln[DRAWS];
  static const double counts[3][9] = {
      {30, 12, 4, 9, 44, 6, 7, 3, 25}, {200, 3, 2, 6, 150, 8, 1, 9, 90}, {6, 2, 3, 1.5, 4, 2, 3, 2.5, 5}};
  for (int c = 0; c < 3; c++) {
    const double *C = counts[c];
    const moments3 exact = quadrature(C);
    double X[9], P[9], pi[3];
    count_entry entry[9];
    posterior_element element[9];
    posterior *sampler;
    OK(reversible_ml(3, C, X, NULL, err));
    OK(posterior_new(POSTERIOR_REVERSIBLE, 3, entries(3, C, entry), entry, X, NULL, 5, 0, &sampler, err));
    for (int k = 0; k < DRAWS; k++) {
      OK(posterior_draw(sampler, element, pi, err));
      matrix_of(sampler, element, 3, pi, false, P);
      p[k] = P[1];
      ln[k] = log(pi[0] / pi[1]);
    }
    moments_are("P_01", DRAWS, p, exact.P01, exact.P01_squared - exact.P01 * exact.P01);
    moments_are("ln pi_0/pi_1", DRAWS, ln, exact.lnpi, exact.lnpi_squared);
    assert_true(posterior_acceptance(sampler) > .2);
    print_message("three states, case %d: acceptance %.2f, %.0f independent samples of ln pi of %d\n", c,
                  posterior_acceptance(sampler), effective_sample_size(DRAWS, ln), DRAWS);
    posterior_free(sampler);
  }
}

/* Every sample: rows sum to 1, detailed balance, the pattern of the counts, the split over R. */
static void each_sample(void **state) {
  (void)state;
  enum { N = 20 };
  count_entry entry[4 * N];
  double C[N * N] = {0}, X[N * N], P[N * N], pi[N];
  size_t m = 0;
  for (int i = 0; i < N; i++) { /* a ring, with a displacement across its border and two ways to stay */
    const int j = (i + 1) % N, r = j == 0 ? 1 : 0;
    entry[m++] = (count_entry){0, i, j, {r, 0, 0}, 3 + i % 4};
    entry[m++] = (count_entry){0, j, i, {-r, 0, 0}, 2 + i % 3};
    entry[m++] = (count_entry){0, i, i, {0, 0, 0}, 20};
    entry[m++] = (count_entry){0, i, i, {0, i % 2 ? 1 : -1, 0}, 1 + i % 2};
  }
  for (size_t k = 0; k < m; k++)
    C[entry[k].i * N + entry[k].j] += entry[k].c;
  OK(reversible_ml(N, C, X, NULL, err));
  double given[N];
  for (int i = 0; i < N; i++)
    given[i] = 1 + i % 3;
  for (int kind = POSTERIOR_REVERSIBLE; kind <= POSTERIOR_FIXED_PI; kind += POSTERIOR_FIXED_PI) {
    posterior *sampler;
    posterior_element element[4 * N];
    if (kind == POSTERIOR_FIXED_PI)
      OK(reversible_fixed_pi(N, C, given, X, NULL, err));
    OK(posterior_new((posterior_kind)kind, N, m, entry, X, given, 3, 0, &sampler, err));
    assert_int_equal(posterior_size(sampler), 3 * N);
    for (int k = 0; k < 200; k++) {
      OK(posterior_draw(sampler, element, pi, err));
      matrix_of(sampler, element, N, pi, false, P);
      for (int i = 0; i < N; i++) {
        double row = 0;
        for (int j = 0; j < N; j++) {
          row += P[i * N + j];
          assert_true((P[i * N + j] > 0) == (C[i * N + j] + C[j * N + i] > 0));
          CLOSE(pi[i] * P[i * N + j], pi[j] * P[j * N + i], 1e-12 * pi[i]);
        }
        CLOSE(row, 1, 1e-12);
        if (kind == POSTERIOR_FIXED_PI)
          CLOSE(pi[i], given[i] / 39, 1e-14);
      }
    }
    posterior_free(sampler);
  }
}

/* Dirichlet rows, and the split of one element over R. */
static void rows_and_split(void **state) {
  (void)state;
  enum { DRAWS = 20000 };
  static double x[DRAWS], y[DRAWS];
  const count_entry entry[] = {{0, 0, 0, {0, 0, 0}, 12}, {0, 0, 1, {0, 0, 0}, 5},  {0, 0, 1, {1, 0, 0}, 2},
                               {0, 1, 0, {0, 0, 0}, 4},  {0, 1, 0, {-1, 0, 0}, 3}, {0, 1, 1, {0, 0, 0}, 9}};
  posterior *sampler;
  posterior_element element[6];
  double pi[2] = {0};
  OK(posterior_new(POSTERIOR_ROW, 2, 6, entry, NULL, NULL, 8, 0, &sampler, err));
  for (int k = 0; k < DRAWS; k++) {
    OK(posterior_draw(sampler, element, pi, err));
    x[k] = element[2].value;
    CLOSE(element[0].value + element[1].value + element[2].value, 1, 1e-12);
  }
  moments_are("Dirichlet row", DRAWS, x, 2. / 19, 2. * 17 / (19. * 19 * 20));
  posterior_free(sampler);
  const double C[4] = {12, 7, 7, 9};
  double X[4];
  OK(reversible_ml(2, C, X, NULL, err));
  OK(posterior_new(POSTERIOR_REVERSIBLE, 2, 6, entry, X, NULL, 8, 0, &sampler, err));
  assert_int_equal(posterior_size(sampler), 4); /* (0,1,0) with (1,0,0), (0,1,+) with (1,0,-) */
  for (int k = 0; k < DRAWS; k++) {
    OK(posterior_draw(sampler, element, pi, err));
    y[k] = element[2].value / (element[1].value + element[2].value);
  }
  moments_are("split over R", DRAWS, y, 5. / 14, 5. * 9 / (14. * 14 * 15));
  posterior_free(sampler);
}

/* Two states with pi = (1/3, 2/3): one free number x = X_01 in (0, 1/3) with the density x^(S-1) (1/3 - x)^(C_00 - 1)
 * (2/3 - x)^(C_11 - 1); without C_00 the second factor is not there. */
static void given_pi(void **state) {
  (void)state;
  enum { DRAWS = 20000, GRID = 200000 };
  static double x[DRAWS];
  static const double counts[3][4] = {{20, 9, 6, 40}, {0, 9, 6, 40}, {2, 1, .5, 3}};
  const double pi_in[2] = {1, 2};
  for (int c = 0; c < 3; c++) {
    const double *C = counts[c], S = C[1] + C[2];
    double norm = 0, mean = 0, variance = 0;
    for (int pass = 0; pass < 2; pass++) {
      for (int k = 0; k < GRID; k++) {
        const double v = (k + .5) / GRID / 3, a = 1. / 3 - v, b = 2. / 3 - v;
        const double w =
            exp((S - 1) * log(3 * v) + (C[0] > 0 ? (C[0] - 1) * log(3 * a) : 0) + (C[3] - 1) * log(1.5 * b));
        if (pass == 0) {
          norm += w;
          mean += w * v;
        } else {
          variance += w * (v - mean) * (v - mean) / norm;
        }
      }
      if (pass == 0)
        mean /= norm;
    }
    double X[4], pi[2];
    count_entry entry[4];
    posterior_element element[4];
    posterior *sampler;
    OK(reversible_fixed_pi(2, C, pi_in, X, NULL, err));
    OK(posterior_new(POSTERIOR_FIXED_PI, 2, entries(2, C, entry), entry, X, pi_in, 2, 0, &sampler, err));
    for (int k = 0; k < DRAWS; k++) {
      OK(posterior_draw(sampler, element, pi, err));
      CLOSE(pi[0], 1. / 3, 1e-15);
      x[k] = element[C[0] > 0 ? 1 : 0].value;
    }
    moments_are("X_01 with pi given", DRAWS, x, mean, variance);
    posterior_free(sampler);
  }
}

/* Same seed, same samples; another seed or stream, others. A ring of 100 states does not slow the sampler down. */
static void seeds_and_rings(void **state) {
  (void)state;
  enum { N = 100, DRAWS = 300 };
  static double C[N * N], X[N * N], value[3][DRAWS];
  static count_entry entry[3 * N];
  double pi[N];
  for (int i = 0; i < N; i++) {
    C[i * N + i] = 500;
    C[i * N + (i + 1) % N] = 20 + i % 5;
    C[(i + 1) % N * N + i] = 22;
  }
  const size_t m = entries(N, C, entry);
  OK(reversible_ml(N, C, X, NULL, err));
  for (int run = 0; run < 4; run++) {
    posterior *sampler;
    OK(posterior_new(POSTERIOR_REVERSIBLE, N, m, entry, X, NULL, run == 2 ? 2 : 1, run == 3, &sampler, err));
    posterior_element element[2 * N];
    assert_int_equal(posterior_size(sampler), 2 * N);
    for (int k = 0; k < DRAWS; k++) {
      OK(posterior_draw(sampler, element, pi, err));
      const double ratio = log(pi[0] / pi[N / 2]); /* what moves of one element change last */
      if (run == 0)
        value[0][k] = ratio;
      else if (run == 1)
        assert_true(ratio == value[0][k]);
      else
        value[run - 1][k] = ratio;
    }
    if (run == 0)
      print_message("ring of %d: acceptance %.2f, %.0f independent samples of ln pi_0/pi_%d of %d\n", N,
                    posterior_acceptance(sampler), effective_sample_size(DRAWS, value[0]), N / 2, DRAWS);
    posterior_free(sampler);
  }
  assert_true(effective_sample_size(DRAWS, value[0]) > DRAWS / 4.);
  for (int other = 1; other < 3; other++) {
    double mean[2] = {0}, variance = 0;
    for (int k = 0; k < DRAWS; k++) {
      assert_true(value[0][k] != value[other][k]);
      mean[0] += value[0][k] / DRAWS;
      mean[1] += value[other][k] / DRAWS;
    }
    for (int k = 0; k < DRAWS; k++)
      variance += (value[0][k] - mean[0]) * (value[0][k] - mean[0]) / DRAWS;
    CLOSE(mean[0], mean[1], 4 * sqrt(2 * variance / (DRAWS / 4.)));
  }
}

static void independent_values(void **state) {
  (void)state;
  enum { N = 20000 };
  static double x[N];
  lisi_rng rng;
  lisi_rng_seed(&rng, 1);
  for (int k = 0; k < N; k++)
    x[k] = lisi_rng_normal(&rng);
  assert_true(effective_sample_size(N, x) > .9 * N);
  /* first-order autoregression: (1 - a)/(1 + a) of them */
  for (int k = 1; k < N; k++)
    x[k] = .8 * x[k - 1] + .6 * x[k];
  CLOSE(effective_sample_size(N, x) / N, .2 / 1.8, .02);
  for (int k = 0; k < N; k++)
    x[k] = 3;
  CLOSE(effective_sample_size(N, x), N, 0);
  assert_true(effective_sample_size(0, x) == 0);
}

static void refused(void **state) {
  (void)state;
  const double X[9] = {.3, 0, 0, 0, .3, 0, 0, 0, .4};
  const count_entry apart[] = {{0, 0, 0, {0, 0, 0}, 5}, {0, 1, 1, {0, 0, 0}, 5}, {0, 2, 2, {0, 0, 0}, 5}};
  posterior *sampler;
  lisi_error err = {0};
  assert_int_equal(posterior_new(POSTERIOR_REVERSIBLE, 3, 3, apart, X, NULL, 1, 0, &sampler, &err), LISI_ERR_NUMERIC);
  assert_null(sampler);
  assert_int_equal(posterior_new(POSTERIOR_REVERSIBLE, 3, 0, apart, X, NULL, 1, 0, &sampler, &err), LISI_ERR_NUMERIC);
  /* one state is fine: nothing is left to chance but the split over R */
  posterior_element element[1];
  double pi[1];
  OK(posterior_new(POSTERIOR_REVERSIBLE, 1, 1, apart, (const double[]){1}, NULL, 1, 0, &sampler, err));
  OK(posterior_draw(sampler, element, pi, err));
  CLOSE(element[0].value, 1, 1e-15);
  CLOSE(pi[0], 1, 1e-15);
  posterior_free(sampler);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gamma_and_normal), cmocka_unit_test(two_states),         cmocka_unit_test(three_states),
      cmocka_unit_test(each_sample),      cmocka_unit_test(rows_and_split),     cmocka_unit_test(given_pi),
      cmocka_unit_test(seeds_and_rings),  cmocka_unit_test(independent_values), cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
