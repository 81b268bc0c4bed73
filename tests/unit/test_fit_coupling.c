/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Couplings: Clebsch-Gordan values, numbers of invariants from characters, rotation invariance and independence on real
 * A. */
#include "ace_ylm.h"
#include "fit_coupling.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24);
}

static void clebsch_gordan_values(void **state) {
  (void)state;
  assert_true(fabs(fit_clebsch_gordan(1, 1, 1, -1, 0, 0) - sqrt(1. / 3)) < 1e-14);
  assert_true(fabs(fit_clebsch_gordan(1, 0, 1, 0, 0, 0) + sqrt(1. / 3)) < 1e-14);
  assert_true(fabs(fit_clebsch_gordan(1, 0, 1, 0, 2, 0) - sqrt(2. / 3)) < 1e-14);
  assert_true(fabs(fit_clebsch_gordan(2, 1, 1, 0, 3, 1) - sqrt(8. / 15)) < 1e-14);
  assert_true(fabs(fit_clebsch_gordan(2, 2, 2, -1, 1, 1) - sqrt(1. / 5)) < 1e-14);
  assert_true(fit_clebsch_gordan(1, 1, 1, 1, 1, 2) == 0);
  /* Columns are orthonormal. */
  for (int L = 1; L <= 7; L++)
    for (int K = 1; K <= 7; K++) {
      double sum = 0;
      for (int m = -4; m <= 4; m++)
        sum += fit_clebsch_gordan(4, m, 3, 1 - m, L, 1) * fit_clebsch_gordan(4, m, 3, 1 - m, K, 1);
      assert_true(fabs(sum - (L == K)) < 1e-12);
    }
}

/* Number of ways to choose m for the factors with sum M, equal factors unordered: the weight multiplicity of the
 * symmetrised product. */
static long weight_count(int order, const int *l, const int *channel, int t, const int *m_before, int M) {
  if (t == order)
    return M == 0;
  int m[FIT_MAX_ORDER];
  memcpy(m, m_before, sizeof m);
  int hi = l[t];
  if (t > 0 && l[t] == l[t - 1] && channel[t] == channel[t - 1])
    hi = m[t - 1]; /* equal factors stand together */
  long count = 0;
  for (m[t] = -l[t]; m[t] <= hi; m[t]++)
    count += weight_count(order, l, channel, t + 1, m, M - m[t]);
  return count;
}

static void number_of_invariants(void **state) {
  (void)state;
  /* order, l, channels, and the number where it is known from the literature or by hand (-1: character formula only) */
  static const struct {
    int order, l[6], channel[6], known;
  } cases[] = {
      {1, {0}, {0}, 1},
      {2, {3, 3}, {0, 0}, 1},
      {2, {3, 3}, {0, 1}, 1},
      {2, {1, 3}, {0, 0}, 0},
      {3, {1, 1, 2}, {0, 0, 0}, 1},
      {3, {1, 1, 4}, {0, 1, 2}, 0},
      {3, {2, 2, 2}, {0, 0, 0}, 1},
      {3, {2, 2, 4}, {0, 1, 0}, 1},
      {4, {1, 1, 1, 1}, {0, 0, 0, 0}, 1},
      {4, {1, 1, 1, 1}, {0, 0, 1, 1}, 2},
      {4, {1, 1, 1, 1}, {0, 1, 2, 3}, 3},
      {4, {2, 2, 2, 2}, {0, 0, 0, 0}, 1}, /* invariants of a quadrupole: tr Q^2 and det Q generate all */
      {4, {2, 2, 2, 2}, {0, 1, 2, 3}, 5},
      {4, {3, 3, 3, 3}, {0, 0, 0, 0}, 2}, /* invariants of an octupole: degrees 2, 4, 6, 10 (and 15) */
      {4, {1, 1, 2, 2}, {0, 0, 0, 0}, -1},
      {4, {1, 1, 2, 2}, {0, 1, 0, 1}, -1},
      {4, {0, 1, 2, 3}, {0, 0, 0, 0}, -1},
      {5, {1, 1, 1, 1, 2}, {0, 0, 0, 0, 0}, -1},
      {5, {2, 2, 2, 2, 2}, {0, 0, 0, 0, 0}, 1}, /* tr Q^2 det Q */
      {6, {2, 2, 2, 2, 2, 2}, {0, 0, 0, 0, 0, 0}, 2},
      {6, {3, 3, 3, 3, 3, 3}, {0, 0, 0, 0, 0, 0}, -1},
  };
  lisi_error err = {0};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    fit_coupling c;
    int none[FIT_MAX_ORDER] = {0};
    assert_int_equal(fit_coupling_make(cases[k].order, cases[k].l, cases[k].channel, &c, &err), LISI_OK);
    long expected = weight_count(cases[k].order, cases[k].l, cases[k].channel, 0, none, 0) -
                    weight_count(cases[k].order, cases[k].l, cases[k].channel, 0, none, 1);
    /* The formula needs equal factors side by side; (2,2,4) on channels 0,1,0 has none equal. */
    assert_int_equal(c.ninv, expected);
    if (cases[k].known >= 0)
      assert_int_equal(c.ninv, cases[k].known);
    for (int i = 0; i < c.nms; i++) {
      int sum = 0;
      for (int t = 0; t < c.order; t++) {
        sum += c.ms[i * c.order + t];
        assert_true(abs(c.ms[i * c.order + t]) <= cases[k].l[t]);
      }
      assert_int_equal(sum, 0);
    }
    fit_coupling_free(&c);
  }
}

enum { NP = 7, LMAX = 3 };

/* A of channel c (weights differ by channel) for NP points. */
static void make_A(const double p[NP][3], double complex A[6][16]) {
  double re[16], im[16];
  memset(A, 0, 6 * sizeof *A);
  for (int j = 0; j < NP; j++) {
    ace_ylm(LMAX, p[j], re, im, NULL, NULL);
    for (int c = 0; c < 6; c++)
      for (int y = 0; y < ace_nlm(LMAX); y++)
        A[c][y] += cos(1.7 * c + 0.9 * j + c * j) * (re[y] + I * im[y]);
  }
}

static double value(const fit_coupling *c, const int *l, const int *channel, int b, double complex A[6][16]) {
  double sum = 0;
  for (int i = 0; i < c->nms; i++) {
    double complex product = 1;
    for (int t = 0; t < c->order; t++) {
      int m = c->ms[i * c->order + t];
      double complex a = A[channel[t]][ace_lm(l[t], abs(m))];
      product *= m >= 0 ? a : (m % 2 ? -conj(a) : conj(a));
    }
    sum += c->coef[b * c->nms + i] * creal(product);
  }
  return sum;
}

static void random_points(double p[NP][3], unsigned *seed) {
  for (int j = 0; j < NP; j++) {
    double r = 0;
    for (int d = 0; d < 3; d++) {
      p[j][d] = uniform(seed) - 0.5;
      r += p[j][d] * p[j][d];
    }
    for (int d = 0; d < 3; d++)
      p[j][d] /= sqrt(r);
  }
}

static void rotate(double p[NP][3], double a, double b) {
  for (int j = 0; j < NP; j++) {
    double x = p[j][0], y = p[j][1];
    p[j][0] = cos(a) * x - sin(a) * y;
    p[j][1] = sin(a) * x + cos(a) * y;
    y = p[j][1];
    double z = p[j][2];
    p[j][1] = cos(b) * y - sin(b) * z;
    p[j][2] = sin(b) * y + cos(b) * z;
  }
}

static void invariant_and_independent(void **state) {
  (void)state;
  static const struct {
    int order, l[6], channel[6];
  } cases[] = {{2, {3, 3}, {0, 1}},
               {3, {1, 2, 3}, {0, 1, 2}},
               {3, {2, 2, 2}, {0, 0, 1}},
               {4, {1, 1, 2, 2}, {0, 0, 1, 1}},
               {4, {2, 2, 2, 2}, {0, 1, 2, 3}},
               {4, {3, 3, 3, 3}, {0, 0, 0, 0}},
               {5, {1, 1, 2, 2, 2}, {0, 0, 1, 2, 2}},
               {6, {1, 1, 1, 1, 2, 2}, {0, 0, 1, 1, 2, 3}}};
  lisi_error err = {0};
  unsigned seed = 7;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    fit_coupling c;
    assert_int_equal(fit_coupling_make(cases[k].order, cases[k].l, cases[k].channel, &c, &err), LISI_OK);
    assert_true(c.ninv > 0);
    int n = c.ninv + 6;
    double *sample = malloc((size_t)(n * c.ninv) * sizeof *sample), *s = malloc((size_t)c.ninv * sizeof *s),
           *super = malloc((size_t)c.ninv * sizeof *super);
    assert_true(sample && s && super);
    for (int i = 0; i < n; i++) {
      double p[NP][3];
      double complex A[6][16], B[6][16];
      random_points(p, &seed);
      make_A((const double(*)[3])p, A);
      rotate(p, 6 * uniform(&seed), 6 * uniform(&seed));
      make_A((const double(*)[3])p, B);
      for (int b = 0; b < c.ninv; b++) {
        double x = value(&c, cases[k].l, cases[k].channel, b, A), y = value(&c, cases[k].l, cases[k].channel, b, B);
        assert_true(fabs(x - y) < 1e-10 * (1 + fabs(x)));
        sample[i * c.ninv + b] = x;
      }
    }
    double dummy;
    assert_int_equal(
        LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'N', n, c.ninv, sample, c.ninv, s, &dummy, 1, &dummy, 1, super), 0);
    assert_true(s[c.ninv - 1] > 1e-6 * s[0]);
    free(sample);
    free(s);
    free(super);
    fit_coupling_free(&c);
  }
}

static void wrong_calls(void **state) {
  (void)state;
  fit_coupling c;
  lisi_error err = {0};
  assert_int_equal(fit_coupling_make(3, (int[]){1, 1, 1}, (int[]){0, 0, 0}, &c, &err), LISI_ERR_INPUT);
  assert_int_equal(fit_coupling_make(0, (int[]){1}, (int[]){0}, &c, &err), LISI_ERR_INPUT);
  assert_int_equal(fit_coupling_make(2, (int[]){99, 99}, (int[]){0, 0}, &c, &err), LISI_ERR_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(clebsch_gordan_values), cmocka_unit_test(number_of_invariants),
                                     cmocka_unit_test(invariant_and_independent), cmocka_unit_test(wrong_calls)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
