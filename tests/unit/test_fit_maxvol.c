/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MaxVol against brute force on small matrices, and what it says where there is no active set. */
#include "fit_maxvol.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAXN = 6, MAXM = 60 };
static const double tolerance = 1e-8;

static double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24) - 0.5;
}

/* |det| of the rows chosen, by elimination with full pivoting. */
static double volume(int n, const double *b, const int *row) {
  double a[MAXN][MAXN], det = 1;
  for (int i = 0; i < n; i++)
    memcpy(a[i], b + row[i] * n, (size_t)n * sizeof(double));
  for (int k = 0; k < n; k++) {
    int pi = k, pj = k;
    for (int i = k; i < n; i++)
      for (int j = k; j < n; j++)
        if (fabs(a[i][j]) > fabs(a[pi][pj]))
          pi = i, pj = j;
    if (a[pi][pj] == 0)
      return 0;
    for (int j = 0; j < n; j++) {
      double t = a[k][j];
      a[k][j] = a[pi][j];
      a[pi][j] = t;
    }
    for (int i = 0; i < n; i++) {
      double t = a[i][k];
      a[i][k] = a[i][pj];
      a[i][pj] = t;
    }
    det *= fabs(a[k][k]);
    for (int i = k + 1; i < n; i++)
      for (int j = n - 1; j >= k; j--)
        a[i][j] -= a[i][k] / a[k][k] * a[k][j];
  }
  return det;
}

/* Columns of very different size, as the functions of an expansion have them. */
static void fill(int m, int n, unsigned *seed, double *b) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++)
      b[i * n + j] = pow(10, 3 * (j % 3) - 3) * (uniform(seed) + (j ? 0.4 * b[i * n] / 1e-3 : 1));
}

static void no_exchange_is_better(void **state) {
  (void)state;
  unsigned seed = 7;
  double b[MAXM * MAXN];
  for (int n = 1; n <= MAXN; n++)
    for (int m = n; m <= MAXM; m += 9) {
      fill(m, n, &seed, b);
      fit_active active, again;
      lisi_error err = {0};
      assert_int_equal(fit_maxvol(m, n, b, tolerance, &active, &err), LISI_OK);
      assert_int_equal(active.rank, n);
      assert_true(active.largest <= 1 + tolerance);
      double best = volume(n, b, active.row);
      assert_true(best > 0);
      for (int k = 0; k < n; k++) {
        int kept = active.row[k];
        for (int i = 0; i < m; i++) {
          active.row[k] = i;
          assert_true(volume(n, b, active.row) <= best * (1 + 1e-7));
        }
        active.row[k] = kept;
      }
      /* the inverse is that of the rows, and |b a^-1| says the same as the determinants */
      for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++) {
          double c = 0;
          for (int j = 0; j < n; j++)
            c += b[i * n + j] * active.inverse[j * n + k];
          assert_true(fabs(c) <= 1 + 1e-7);
          for (int q = 0; q < n; q++)
            if (active.row[q] == i)
              assert_true(fabs(c - (q == k)) < 1e-9);
        }
      assert_int_equal(fit_maxvol(m, n, b, tolerance, &again, &err), LISI_OK);
      assert_memory_equal(active.row, again.row, (size_t)n * sizeof *active.row);
      assert_memory_equal(active.inverse, again.inverse, (size_t)(n * n) * sizeof *active.inverse);
      fit_active_free(&active);
      fit_active_free(&again);
    }
}

/* All choices of 3 of 12: with |b a^-1| <= 1 no volume is above n^(n/2) times that of a (Hadamard). */
static void near_the_global_maximum(void **state) {
  (void)state;
  unsigned seed = 3;
  double b[12 * 3];
  for (int trial = 0; trial < 50; trial++) {
    for (int k = 0; k < 36; k++)
      b[k] = uniform(&seed);
    fit_active active;
    lisi_error err = {0};
    assert_int_equal(fit_maxvol(12, 3, b, tolerance, &active, &err), LISI_OK);
    double got = volume(3, b, active.row), most = 0;
    for (int i = 0; i < 12; i++)
      for (int j = i + 1; j < 12; j++)
        for (int k = j + 1; k < 12; k++)
          most = fmax(most, volume(3, b, (int[]){i, j, k}));
    assert_true(got <= most * (1 + 1e-9) && got >= most / pow(3, 1.5));
    fit_active_free(&active);
  }
}

/* Exchanges are needed where the greedy start is not the end. */
static void exchanges_happen(void **state) {
  (void)state;
  unsigned seed = 5;
  double b[MAXM * MAXN];
  int swaps = 0;
  for (int trial = 0; trial < 20; trial++) {
    for (int k = 0; k < MAXM * MAXN; k++)
      b[k] = uniform(&seed);
    fit_active active;
    lisi_error err = {0};
    assert_int_equal(fit_maxvol(MAXM, MAXN, b, tolerance, &active, &err), LISI_OK);
    swaps += active.nswaps;
    fit_active_free(&active);
  }
  assert_true(swaps > 0);
}

static void too_few_rows(void **state) {
  (void)state;
  unsigned seed = 11;
  double b[MAXM * MAXN];
  fit_active active;
  lisi_error err = {0};
  fill(4, 6, &seed, b);
  assert_int_equal(fit_maxvol(4, 6, b, tolerance, &active, &err), LISI_OK);
  assert_int_equal(active.rank, 4);
  assert_null(active.inverse);
  fit_active_free(&active);
  /* many rows, but one column is a combination of two others, or zero */
  for (int kind = 0; kind < 2; kind++) {
    fill(MAXM, MAXN, &seed, b);
    for (int i = 0; i < MAXM; i++)
      b[i * MAXN + 4] = kind ? 0 : 2 * b[i * MAXN + 1] - b[i * MAXN + 2];
    assert_int_equal(fit_maxvol(MAXM, MAXN, b, tolerance, &active, &err), LISI_OK);
    assert_int_equal(active.rank, MAXN - 1);
    assert_null(active.inverse);
    fit_active_free(&active);
  }
  memset(b, 0, sizeof b);
  assert_int_equal(fit_maxvol(MAXM, MAXN, b, tolerance, &active, &err), LISI_OK);
  assert_int_equal(active.rank, 0);
  fit_active_free(&active);
  assert_int_equal(fit_maxvol(0, 3, b, tolerance, &active, &err), LISI_OK);
  assert_int_equal(active.rank, 0);
  fit_active_free(&active);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_exchange_is_better), cmocka_unit_test(near_the_global_maximum),
                                     cmocka_unit_test(exchanges_happen), cmocka_unit_test(too_few_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
