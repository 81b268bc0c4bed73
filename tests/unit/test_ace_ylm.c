/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Harmonics against closed forms, Legendre functions of the angles, the addition theorem and finite differences; the
 * poles included. */
#include "ace_naive.h"
#include "ace_ylm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { LMAX = 12, NLM = (LMAX + 1) * (LMAX + 2) / 2 };

#define NEAR(a, b, tol)                                                                                                \
  do {                                                                                                                 \
    const double near_a = (a), near_b = (b);                                                                           \
    if (!(fabs(near_a - near_b) <= (tol)))                                                                             \
      fail_msg("%s = %.16g, expected %.16g", #a, near_a, near_b);                                                      \
  } while (0)

static void direction(double u[3]) {
  double n;
  do {
    n = 0.0;
    for (int i = 0; i < 3; i++) {
      u[i] = naive_between(-1, 1);
      n += u[i] * u[i];
    }
  } while (n > 1.0 || n < 0.01);
  for (int i = 0; i < 3; i++)
    u[i] /= sqrt(n);
}

static void low_orders(void **state) {
  (void)state;
  double u[3], re[NLM], im[NLM];
  for (int k = 0; k < 20; k++) {
    direction(u);
    const double x = u[0], y = u[1], z = u[2];
    ace_ylm(2, u, re, im, NULL, NULL);
    NEAR(re[0], 1.0, 0.0);
    NEAR(re[1], sqrt(3) * z, 1e-15);
    NEAR(re[2], -sqrt(1.5) * x, 1e-15);
    NEAR(im[2], -sqrt(1.5) * y, 1e-15);
    NEAR(re[3], sqrt(5) / 2 * (3 * z * z - 1), 1e-14);
    NEAR(re[4], -sqrt(7.5) * x * z, 1e-14);
    NEAR(im[4], -sqrt(7.5) * y * z, 1e-14);
    NEAR(re[5], sqrt(7.5) / 2 * (x * x - y * y), 1e-14);
    NEAR(im[5], sqrt(7.5) / 2 * 2 * x * y, 1e-14);
  }
}

static void against_legendre(void **state) {
  (void)state;
  double u[3], v[3], re[NLM], im[NLM], re2[NLM], im2[NLM];
  for (int k = 0; k < 50; k++) {
    direction(u);
    direction(v);
    ace_ylm(LMAX, u, re, im, NULL, NULL);
    ace_ylm(LMAX, v, re2, im2, NULL, NULL);
    const double c = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
    for (int l = 0; l <= LMAX; l++) {
      double sum = re[ace_lm(l, 0)] * re2[ace_lm(l, 0)];
      for (int m = 0; m <= l; m++) {
        const double complex y = naive_ylm(l, m, u);
        NEAR(re[ace_lm(l, m)], creal(y), 1e-11);
        NEAR(im[ace_lm(l, m)], cimag(y), 1e-11);
        if (m > 0)
          sum += 2.0 * (re[ace_lm(l, m)] * re2[ace_lm(l, m)] + im[ace_lm(l, m)] * im2[ace_lm(l, m)]);
      }
      NEAR(sum, (2 * l + 1) * naive_legendre(l, 0, c), 1e-10); /* addition theorem */
    }
  }
}

static void gradients(void **state) {
  (void)state;
  double u[3], re[NLM], im[NLM], dre[NLM][3], dim[NLM][3];
  for (int k = 0; k < 24; k++) {
    direction(u);
    if (k < 6) { /* the axes, poles among them */
      u[0] = u[1] = u[2] = 0.0;
      u[k % 3] = k < 3 ? 1.0 : -1.0;
    }
    ace_ylm(LMAX, u, re, im, dre, dim);
    for (int i = 0; i < 3; i++) {
      const double h = 1e-4;
      double f[4][NLM], g[4][NLM], along;
      for (int s = 0; s < 4; s++) {
        const double step[4] = {-2, -1, 1, 2};
        double e[3] = {u[0], u[1], u[2]};
        e[i] += step[s] * h;
        const double n = sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]);
        for (int d = 0; d < 3; d++)
          e[d] /= n;
        ace_ylm(LMAX, e, f[s], g[s], NULL, NULL);
      }
      for (int q = 0; q < NLM; q++) {
        NEAR(dre[q][i], (8 * (f[2][q] - f[1][q]) - (f[3][q] - f[0][q])) / (12 * h), 1e-8);
        NEAR(dim[q][i], (8 * (g[2][q] - g[1][q]) - (g[3][q] - g[0][q])) / (12 * h), 1e-8);
        along = dre[q][0] * u[0] + dre[q][1] * u[1] + dre[q][2] * u[2];
        NEAR(along, 0.0, 1e-10); /* tangential */
      }
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(low_orders), cmocka_unit_test(against_legendre),
                                     cmocka_unit_test(gradients)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
