/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slow modes where they are known: two states, a cube of independent flips (three modes of one time scale, one for each
 * edge), a ring (pairs of waves), and modes that couple to nothing. */
#include "slow_modes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

/* Whatever was turned: P psi = lambda psi, sum pi psi_k psi_l = delta_kl, lambda within the group. */
static void check_modes(const slow_modes *m, const double *X, const double *pi, double tol) {
  const int n = m->n;
  for (int k = 0; k < m->m; k++) {
    const double *psi = m->right + (size_t)k * (size_t)n;
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int j = 0; j < n; j++)
        sum += X[i * n + j] / pi[i] * psi[j];
      CLOSE(sum, (1 - m->gap[k]) * psi[i], tol);
    }
    for (int l = 0; l < m->m; l++) {
      double sum = 0;
      for (int i = 0; i < n; i++)
        sum += pi[i] * psi[i] * m->right[(size_t)l * (size_t)n + (size_t)i];
      CLOSE(sum, k == l ? 1 : 0, 1e-12);
    }
  }
}

static void two_states(void **state) {
  (void)state;
  const double X[4] = {.25 - .02, .02, .02, .75 - .02}, pi[2] = {.25, .75};
  slow_modes m;
  OK(slow_modes_find(2, X, pi, NULL, NULL, NULL, 5, &m, err));
  assert_int_equal(m.m, 1);
  assert_true(m.settled[0] && m.edge[0] < 0 && m.group[0] == 0);
  CLOSE(m.gap[0], .02 / .25 + .02 / .75, 1e-14);
  /* pi psi is the same on both but for the sign; the first is made positive */
  CLOSE(m.right[0], sqrt(3.), 1e-12);
  CLOSE(m.right[1], -sqrt(1 / 3.), 1e-12);
  slow_modes_free(&m);
  const double one[1] = {1};
  OK(slow_modes_find(1, one, one, NULL, NULL, NULL, 5, &m, err));
  assert_int_equal(m.m, 0);
  slow_modes_free(&m);
}

enum { CUBE = 8 };

/* Each of three coordinates flips with probability p_a per lag; moving along edge a by half of it. */
static void make_cube(const double p[3], double *X, double *pi, double *b) {
  memset(X, 0, CUBE * CUBE * sizeof *X);
  memset(b, 0, 3 * CUBE * sizeof *b);
  for (int i = 0; i < CUBE; i++) {
    pi[i] = 1. / CUBE;
    X[i * CUBE + i] = pi[i] * (1 - p[0] - p[1] - p[2]);
    for (int a = 0; a < 3; a++) {
      X[i * CUBE + (i ^ 1 << a)] = pi[i] * p[a];
      b[3 * i + a] = p[a] * (i >> a & 1 ? -2. : 2.);
    }
  }
}

static void cube(void **state) {
  (void)state;
  double X[CUBE * CUBE], pi[CUBE], b[3 * CUBE];
  const double cell[9] = {4, 0, 0, 0, 4, 0, 0, 0, 4};
  make_cube((double[3]){.05, .05, .05}, X, pi, b);
  slow_modes m;
  OK(slow_modes_find(CUBE, X, pi, b, cell, NULL, 7, &m, err));
  check_modes(&m, X, pi, 1e-12);
  assert_int_equal(m.m, 7);
  for (int k = 0; k < 3; k++) { /* one for each edge, +-1 on its sides whatever LAPACK had mixed */
    assert_int_equal(m.group[k], 0);
    assert_int_equal(m.edge[k], k);
    assert_true(m.settled[k]);
    CLOSE(m.gap[k], .1, 1e-14);
    for (int i = 0; i < CUBE; i++)
      CLOSE(m.right[k * CUBE + i] * m.right[k * CUBE], i >> k & 1 ? -1 : 1, 1e-12);
  }
  for (int k = 3; k < 6; k++) { /* products of two flips move nothing: no direction, no pattern of their own */
    assert_int_equal(m.group[k], 1);
    assert_int_equal(m.edge[k], -1);
    assert_false(m.settled[k]);
  }
  for (int i = 0; i < CUBE; i++) { /* but what they have in common is the same on every corner */
    double sum = 0;
    for (int k = 3; k < 6; k++)
      sum += m.right[k * CUBE + i] * m.right[k * CUBE + i];
    CLOSE(sum, 3, 1e-12);
  }
  assert_true(m.settled[6] && m.group[6] == 2);
  slow_modes_free(&m);
  /* three rates: three single modes, none of them turned */
  make_cube((double[3]){.05, .03, .04}, X, pi, b);
  OK(slow_modes_find(CUBE, X, pi, b, cell, NULL, 3, &m, err));
  check_modes(&m, X, pi, 1e-12);
  const int order[3] = {1, 2, 0};
  for (int k = 0; k < 3; k++) {
    assert_int_equal(m.group[k], k);
    assert_true(m.settled[k] && m.edge[k] == -1);
    for (int i = 0; i < CUBE; i++)
      CLOSE(m.right[k * CUBE + i] * m.right[k * CUBE], i >> order[k] & 1 ? -1 : 1, 1e-10);
  }
  slow_modes_free(&m);
  /* within wide errors they are one group again, the most mobile edge first */
  const double spread[CUBE - 1] = {1, 1, 1, 1, 1, 1, 1};
  OK(slow_modes_find(CUBE, X, pi, b, cell, spread, 3, &m, err));
  for (int k = 0; k < 3; k++)
    assert_int_equal(m.group[k], 0);
  assert_int_equal(m.edge[0], 0);
  assert_int_equal(m.edge[1], 2);
  assert_int_equal(m.edge[2], 1);
  slow_modes_free(&m);
}

/* Sites of a ring of cells along a, which the mean displacement from a site does not tell: pairs of waves stay
 * unsettled, without geometry as well as with it. */
static void ring(void **state) {
  (void)state;
  enum { N = 6 };
  double X[N * N] = {0}, pi[N], b[3 * N] = {0};
  const double cell[9] = {18, 0, 0, 0, 3, 0, 0, 0, 3};
  for (int i = 0; i < N; i++) {
    pi[i] = 1. / N;
    X[i * N + i] = .8 / N;
    X[i * N + (i + 1) % N] = X[i * N + (i + N - 1) % N] = .1 / N;
  }
  for (int geometry = 0; geometry < 2; geometry++) {
    slow_modes m;
    OK(slow_modes_find(N, X, pi, geometry ? b : NULL, geometry ? cell : NULL, NULL, 5, &m, err));
    check_modes(&m, X, pi, 1e-12);
    assert_int_equal(m.m, 5);
    for (int k = 0; k < 5; k++) {
      assert_int_equal(m.group[k], k / 2);
      assert_int_equal(m.edge[k], -1);
      assert_int_equal(m.settled[k], k == 4);
      CLOSE(m.gap[k], .2 * (1 - cos(2 * M_PI * (k / 2 + 1) / N)), 1e-14);
    }
    slow_modes_free(&m);
  }
}

/* A negative eigenvalue is an oscillation and no slow mode. */
static void oscillation(void **state) {
  (void)state;
  const double X[4] = {.05, .45, .45, .05}, pi[2] = {.5, .5};
  slow_modes m;
  OK(slow_modes_find(2, X, pi, NULL, NULL, NULL, 5, &m, err));
  assert_int_equal(m.m, 0);
  slow_modes_free(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(two_states), cmocka_unit_test(cube), cmocka_unit_test(ring),
                                     cmocka_unit_test(oscillation)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
