/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrhenius fits: exact data, errors that hold what they say, tables of chi squared, and what is refused. */
#include "arrhenius.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static uint64_t seed = 4711;
static double uniform(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}
static double normal(void) {
  return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static double law(double Ea, double D0, double T) {
  return D0 * exp(-Ea / (ARRHENIUS_KB * T));
}

static void exact(void **state) {
  (void)state;
  const double T[5] = {300, 450, 600, 900, 1100};
  for (int n = 2; n <= 5; n++) {
    for (int with = 0; with < 2; with++) {
      arrhenius_point p[5];
      arrhenius_fit fit;
      for (int k = 0; k < n; k++) {
        const double v = law(.367, 12.5, T[k]), width = exp(.1 + .05 * k);
        p[k] = (arrhenius_point){T[k], v, with ? v / width : NAN, with ? v * width : NAN};
      }
      OK(arrhenius_solve(n, p, &fit, err));
      CLOSE(fit.Ea, .367, 1e-12);
      CLOSE(fit.prefactor / 12.5, 1, 1e-11);
      assert_true(fit.weighted == (with == 1));
      assert_true(fit.has_ci == (with == 1 || n > 2));
      if (with)
        assert_true(fit.Ea_lo < fit.Ea - .001 && fit.Ea_hi > fit.Ea + .001);
      if (with && n > 2)
        assert_true(fit.chi2 < 1e-18 && fit.p > 1 - 1e-6);
      double v, lo, hi;
      arrhenius_at(&fit, 700, &v, &lo, &hi);
      CLOSE(v / law(.367, 12.5, 700), 1, 1e-11);
    }
  }
}

/* Two points: the errors of the difference of two logarithms. */
static void two_points(void **state) {
  (void)state;
  const double z = 1.959963984540054, e0 = .1, e1 = .3;
  const arrhenius_point p[2] = {{500, 2, 2 * exp(-z * e0), 2 * exp(z * e0)},
                                {1000, 9, 9 * exp(-z * e1), 9 * exp(z * e1)}};
  arrhenius_fit fit;
  OK(arrhenius_solve(2, p, &fit, err));
  const double dx = 1 / (ARRHENIUS_KB * 500) - 1 / (ARRHENIUS_KB * 1000);
  CLOSE(fit.Ea, log(4.5) / dx, 1e-14);
  CLOSE(fit.Ea_hi - fit.Ea, z * hypot(e0, e1) / dx, 1e-12);
  /* the fitted interval at a point is that of the point */
  double v, lo, hi;
  arrhenius_at(&fit, 500, &v, &lo, &hi);
  CLOSE(hi, p[0].hi, 1e-12);
  CLOSE(lo, p[0].lo, 1e-12);
  assert_true(isnan(fit.p));
}

/* 1000 repeats with errors of known size; 95 % of the intervals should hold the truth (three standard errors: 2.07 %).
 */
static void coverage(void **state) {
  (void)state;
  const double T[4] = {400, 500, 700, 1000}, e[4] = {.3, .2, .1, .05}, z = 1.959963984540054;
  int Ea[2] = {0, 0}, D0[2] = {0, 0}, at300[2] = {0, 0}, poor = 0;
  for (int run = 0; run < 1000; run++) {
    for (int with = 0; with < 2; with++) {
      arrhenius_point p[4];
      arrhenius_fit fit;
      for (int k = 0; k < 4; k++) {
        const double error = with ? e[k] : .2, v = law(.3, 5, T[k]) * exp(error * normal());
        p[k] = (arrhenius_point){T[k], v, with ? v * exp(-z * error) : NAN, with ? v * exp(z * error) : NAN};
      }
      OK(arrhenius_solve(4, p, &fit, err));
      double v, lo, hi;
      arrhenius_at(&fit, 300, &v, &lo, &hi);
      Ea[with] += fit.Ea_lo < .3 && fit.Ea_hi > .3;
      D0[with] += fit.prefactor_lo < 5 && fit.prefactor_hi > 5;
      at300[with] += lo < law(.3, 5, 300) && hi > law(.3, 5, 300);
      poor += with && fit.p < .05;
    }
  }
  for (int with = 0; with < 2; with++) {
    assert_in_range(Ea[with], 929, 971);
    assert_in_range(D0[with], 929, 971);
    assert_in_range(at300[with], 929, 971);
  }
  assert_in_range(poor, 29, 71);
}

static void chi_squared(void **state) {
  (void)state;
  /* 95 % points of the tables */
  const double x[6] = {3.841458820694124, 5.991464547107979, 7.814727903251179,
                       9.487729036781154, 11.07049769351635, 18.30703805327515};
  const int dof[6] = {1, 2, 3, 4, 5, 10};
  for (int k = 0; k < 6; k++)
    CLOSE(arrhenius_chi2_p(x[k], dof[k]), .05, 1e-12);
  CLOSE(arrhenius_chi2_p(0, 3), 1, 0);
  assert_true(arrhenius_chi2_p(1e4, 3) < 1e-300);
}

static void odd_intervals(void **state) {
  (void)state;
  /* open at the bottom; a point without an interval makes all count alike */
  arrhenius_point p[3] = {{300, 1, -1, 2}, {400, 2, 1, 4}, {500, 3, 2, 4.5}};
  arrhenius_fit fit;
  OK(arrhenius_solve(3, p, &fit, err));
  assert_true(fit.weighted && isfinite(fit.Ea_lo));
  p[1].hi = NAN;
  OK(arrhenius_solve(3, p, &fit, err));
  assert_false(fit.weighted);
  p[1].hi = INFINITY;
  OK(arrhenius_solve(3, p, &fit, err));
  assert_false(fit.weighted);
}

static void refused(void **state) {
  (void)state;
  arrhenius_fit fit;
  arrhenius_point p[2] = {{300, 1, NAN, NAN}, {300, 2, NAN, NAN}};
  assert_int_equal(arrhenius_solve(0, p, &fit, NULL), LISI_ERR_INPUT);
  assert_int_equal(arrhenius_solve(1, p, &fit, NULL), LISI_ERR_INPUT);
  assert_int_equal(arrhenius_solve(2, p, &fit, NULL), LISI_ERR_INPUT);
  p[1].T = 400;
  p[1].value = 0;
  assert_int_equal(arrhenius_solve(2, p, &fit, NULL), LISI_ERR_INPUT);
  p[1].value = 2;
  p[1].lo = 3;
  p[1].hi = 4;
  assert_int_equal(arrhenius_solve(2, p, &fit, NULL), LISI_ERR_INPUT);
  p[0].T = -5;
  assert_int_equal(arrhenius_solve(2, p, &fit, NULL), LISI_ERR_INPUT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact),       cmocka_unit_test(two_points),    cmocka_unit_test(coverage),
      cmocka_unit_test(chi_squared), cmocka_unit_test(odd_intervals), cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
