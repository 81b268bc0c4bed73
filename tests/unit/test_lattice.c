/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Periodic cells: nearest images against brute force, wrapping at its edges, boxes from LAMMPS and from dumps to the
 * same bits. */
#include "lattice.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 12345;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

static lattice cell_of(const double H[3][3]) {
  lattice cell;
  lisi_error err = {0};
  if (lattice_from_rows(H, &cell, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return cell;
}

static double length2(const double d[3]) {
  return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
}

/* The shortest of f - n over all |n_k - round(f_k)| <= reach. */
static double brute_force(const lattice *cell, const double f[3], int reach, int n[3]) {
  double best = INFINITY;
  for (int i = -reach; i <= reach; i++)
    for (int j = -reach; j <= reach; j++)
      for (int k = -reach; k <= reach; k++) {
        const int m[3] = {(int)rint(f[0]) + i, (int)rint(f[1]) + j, (int)rint(f[2]) + k};
        const double g[3] = {f[0] - m[0], f[1] - m[1], f[2] - m[2]};
        double d[3];
        lattice_vector(cell, g, d);
        if (length2(d) < best) {
          best = length2(d);
          memcpy(n, m, 3 * sizeof *n);
        }
      }
  return best;
}

static void compare(const lattice *cell, const double f[3], int reach) {
  int n[3] = {99, 99, 99}, m[3];
  double d[3] = {99, 99, 99}, back[3];
  const double r2 = lattice_nearest(cell, f, n, d);
  const double expected = brute_force(cell, f, reach, m);
  if (!(fabs(r2 - expected) <= 1e-11 * expected))
    fail_msg("f %.17g %.17g %.17g: found %.17g, expected %.17g", f[0], f[1], f[2], r2, expected);
  /* n and d tell the same image. */
  const double g[3] = {f[0] - n[0], f[1] - n[1], f[2] - n[2]};
  lattice_vector(cell, g, back);
  for (int k = 0; k < 3; k++)
    assert_true(fabs(back[k] - d[k]) <= 1e-9 * sqrt(cell->volume + 1.0));
  assert_true(fabs(length2(d) - r2) <= 1e-12 * (r2 + 1e-300));
  assert_true(lattice_nearest(cell, f, m, NULL) == r2);
}

static void nearest_image_in_random_cells(void **state) {
  (void)state;
  for (int trial = 0; trial < 300; trial++) {
    /* LAMMPS' tilts reach one half of an edge; here up to 1.2 edges, and flat and long cells. */
    const double a = uniform(1, 20), b = uniform(1, 20), c = uniform(1, 20);
    const double skew = trial % 3 == 0 ? 0.0 : trial % 3 == 1 ? 0.5 : 1.2;
    const double H[3][3] = {
        {a, 0, 0}, {uniform(-skew, skew) * a, b, 0}, {uniform(-skew, skew) * a, uniform(-skew, skew) * b, c}};
    const lattice cell = cell_of(H);
    for (int k = 0; k < 20; k++) {
      const double f[3] = {uniform(-3, 3), uniform(-3, 3), uniform(-3, 3)};
      compare(&cell, f, 5);
    }
  }
}

/* A good cell, hidden behind a random change of basis: skew far beyond what component-wise rounding survives. */
static void nearest_image_after_a_change_of_basis(void **state) {
  (void)state;
  for (int trial = 0; trial < 300; trial++) {
    double H[3][3], plain[3][3];
    int U[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        plain[i][k] = uniform(-2, 2) + (i == k ? 6 : 0);
    for (int step = 0; step < 6; step++) {
      const int i = (int)uniform(0, 3), j = (i + 1 + (int)uniform(0, 2)) % 3, t = (int)uniform(-3, 4);
      for (int k = 0; k < 3; k++)
        U[i][k] += t * U[j][k];
    }
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        H[i][k] = U[i][0] * plain[0][k] + U[i][1] * plain[1][k] + U[i][2] * plain[2][k];
    const lattice cell = cell_of(H), simple = cell_of(plain);
    for (int q = 0; q < 20; q++) {
      const double f[3] = {uniform(-3, 3), uniform(-3, 3), uniform(-3, 3)};
      double x[3], g[3];
      int n[3];
      lattice_vector(&cell, f, x);
      lattice_frac(&simple, x, g);
      const double expected = brute_force(&simple, g, 3, n);
      const double found = lattice_nearest(&cell, f, n, NULL);
      if (!(fabs(found - expected) <= 1e-9 * (expected + 1)))
        fail_msg("trial %d: found %.17g, expected %.17g", trial, found, expected);
    }
  }
}

static void nearest_image_moves_with_the_cell(void **state) {
  (void)state;
  const double H[3][3] = {{4, 0, 0}, {3, 5, 0}, {-3, 4, 6}};
  const lattice cell = cell_of(H);
  for (int trial = 0; trial < 200; trial++) {
    /* Eighths, so that adding integers is exact. */
    const int shift[3] = {(int)uniform(-1e6, 1e6), (int)uniform(-1e6, 1e6), (int)uniform(-1e6, 1e6)};
    double f[3], g[3], d[3], e[3];
    int n[3], m[3];
    for (int k = 0; k < 3; k++) {
      f[k] = floor(uniform(-4, 4)) / 8;
      g[k] = f[k] + shift[k];
    }
    const double r2 = lattice_nearest(&cell, f, n, d);
    assert_true(lattice_nearest(&cell, g, m, e) == r2);
    assert_memory_equal(d, e, sizeof d);
    for (int k = 0; k < 3; k++)
      assert_int_equal(m[k] - n[k], shift[k]);
  }
}

static void ties_take_the_lowest_image(void **state) {
  (void)state;
  const double H[3][3] = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}};
  const lattice cell = cell_of(H);
  const double half[3] = {0.5, 0.5, 0.5}, minus[3] = {-0.5, 1.5, 0.25}, zero[3] = {0, 0, 0};
  int n[3];
  assert_true(lattice_nearest(&cell, half, n, NULL) == 12.0);
  assert_true(n[0] == 0 && n[1] == 0 && n[2] == 0);
  assert_true(lattice_nearest(&cell, minus, n, NULL) == 9.0);
  assert_true(n[0] == -1 && n[1] == 1 && n[2] == 0);
  assert_true(lattice_nearest(&cell, zero, n, NULL) == 0.0);
  assert_true(n[0] == 0 && n[1] == 0 && n[2] == 0);
}

static void no_number_is_nowhere(void **state) {
  (void)state;
  const double H[3][3] = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}};
  const lattice cell = cell_of(H);
  const double bad[] = {NAN, INFINITY, -INFINITY, 1e300};
  for (int k = 0; k < 4; k++) {
    double f[3] = {0.5, bad[k], 0.5};
    int n[3] = {7, 7, 7};
    assert_true(lattice_nearest(&cell, f, n, NULL) == INFINITY);
    assert_true(n[0] == 0 && n[1] == 0 && n[2] == 0);
    lattice_wrap(f, n);
    assert_true(n[1] == 0 && (isnan(f[1]) || f[1] == bad[k]));
    assert_true(f[0] == 0.5 && f[2] == 0.5);
  }
}

static void wrapping(void **state) {
  (void)state;
  const struct {
    double f, wrapped;
    int n;
  } cases[] = {{0.0, 0.0, 0},
               {-0.0, 0.0, 0},
               {1.0, 0.0, 1},
               {-1.0, 0.0, -1},
               {-1e-20, 0.0, 0},
               {1.0 - 1e-17, 0.0, 1},
               {0x1.fffffffffffffp-1, 0x1.fffffffffffffp-1, 0},
               {-0.25, 0.75, -1},
               {2.75, 0.75, 2},
               {-1e-10, 1.0 - 1e-10, -1},
               {1234567.5, 0.5, 1234567},
               {-1234567.25, 0.75, -1234568},
               {-5e-324, 0.0, 0}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    double f[3] = {cases[c].f, 0.5, cases[c].f};
    int n[3];
    lattice_wrap(f, n);
    if (f[0] != cases[c].wrapped || n[0] != cases[c].n || f[2] != f[0] || n[2] != n[0] || f[1] != 0.5 || n[1] != 0)
      fail_msg("wrap %.17g: found %.17g and %d, expected %.17g and %d", cases[c].f, f[0], n[0], cases[c].wrapped,
               cases[c].n);
  }
  for (int trial = 0; trial < 100000; trial++) {
    const double x = uniform(-1, 1) * pow(10, uniform(-25, 6));
    double f[3] = {x, x, x};
    int n[3];
    lattice_wrap(f, n);
    assert_true(f[0] >= 0.0 && f[0] < 1.0);
    assert_true(fabs(f[0] + n[0] - x) <= 1e-15 * (1.0 + fabs(x)));
  }
}

static void to_and_fro(void **state) {
  (void)state;
  const double lo[3] = {-3, 2, 10}, hi[3] = {5, 12, 17}, tilt[3] = {3, -2, 4};
  lattice cell;
  lisi_error err = {0};
  assert_int_equal(lattice_from_box(lo, hi, tilt, &cell, &err), LISI_OK);
  assert_true(fabs(cell.volume - 8.0 * 10 * 7) < 1e-10);
  const double corner[3] = {1, 1, 1}, zero[3] = {0, 0, 0};
  double x[3], f[3], d[3];
  lattice_cart(&cell, zero, x);
  assert_true(x[0] == -3 && x[1] == 2 && x[2] == 10);
  lattice_cart(&cell, corner, x); /* a + b + c */
  assert_true(fabs(x[0] - (5 + 3 - 2)) < 1e-14 && fabs(x[1] - (12 + 4)) < 1e-14 && fabs(x[2] - 17) < 1e-14);
  lattice_vector(&cell, corner, d);
  assert_true(fabs(d[0] - 9) < 1e-14 && fabs(d[1] - 14) < 1e-14 && fabs(d[2] - 7) < 1e-14);
  for (int trial = 0; trial < 1000; trial++) {
    double g[3];
    for (int k = 0; k < 3; k++)
      f[k] = uniform(-5, 5);
    lattice_cart(&cell, f, x);
    lattice_frac(&cell, x, g);
    for (int k = 0; k < 3; k++)
      assert_true(fabs(f[k] - g[k]) < 1e-13);
  }
}

/* LAMMPS prints the bounding box of a triclinic box with 17 digits; what is read from it has to be the same cell to the
 * last bit. */
static void box_and_printed_bounds_agree(void **state) {
  (void)state;
  for (int trial = 0; trial < 20000; trial++) {
    double lo[3], hi[3], tilt[3], a[3], b[3];
    for (int k = 0; k < 3; k++) {
      lo[k] = uniform(-30, 30);
      hi[k] = lo[k] + uniform(2, 60);
      tilt[k] = trial % 7 == 0 ? 0.0 : uniform(-10, 10);
    }
    memcpy(a, lo, sizeof a);
    memcpy(b, hi, sizeof b);
    for (int k = 0; k < 2; k++) { /* Domain::set_global_box */
      a[0] = fmin(a[0], a[0] + tilt[k]);
      b[0] = fmax(b[0], b[0] + tilt[k]);
    }
    a[1] = fmin(a[1], a[1] + tilt[2]);
    b[1] = fmax(b[1], b[1] + tilt[2]);
    char text[64];
    for (int k = 0; k < 3; k++) {
      double *all[3] = {a, b, tilt};
      for (int m = 0; m < 3; m++) {
        (void)snprintf(text, sizeof text, "%-1.16e", all[m][k]);
        all[m][k] = strtod(text, NULL);
      }
    }
    lattice online, offline;
    lisi_error err = {0};
    assert_int_equal(lattice_from_box(lo, hi, tilt, &online, &err), LISI_OK);
    assert_int_equal(lattice_from_bounds(a, b, tilt, &offline, &err), LISI_OK);
    assert_memory_equal(online.H, offline.H, sizeof online.H);
    assert_memory_equal(online.inv, offline.inv, sizeof online.inv);
    assert_memory_equal(online.origin, offline.origin, sizeof online.origin);
    for (int k = 0; k < 3; k++) {
      assert_true(fabs(online.origin[k] - lo[k]) < 1e-13 * 100);
      assert_true(fabs(online.H[k][k] - (hi[k] - lo[k])) < 1e-13 * 100);
    }
  }
}

static void lengths_and_angles(void **state) {
  (void)state;
  const double H[3][3] = {{2, 0, 0}, {1.5, 1.5 * 1.7320508075688772, 0}, {0, 0, 5}};
  double length[3], angle[3];
  lattice_lengths_angles(H, length, angle);
  assert_true(fabs(length[0] - 2) < 1e-14 && fabs(length[1] - 3) < 1e-14 && fabs(length[2] - 5) < 1e-14);
  assert_true(fabs(angle[0] - 90) < 1e-12 && fabs(angle[1] - 90) < 1e-12 && fabs(angle[2] - 60) < 1e-12);
}

static void bad_cells(void **state) {
  (void)state;
  const struct {
    double H[3][3];
    const char *message;
  } cases[] = {{{{1, 2, 3}, {2, 4, 6}, {0, 0, 1}}, "cell: expected three independent vectors, found a volume of 0"},
               {{{0, 0, 0}, {0, 1, 0}, {0, 0, 1}}, "three independent vectors"},
               {{{1, 0, 0}, {1, 1e-9, 0}, {0, 0, 1}}, "three independent vectors"},
               {{{1e200, 0, 0}, {0, 1e200, 0}, {0, 0, 1e200}}, "three independent vectors"},
               {{{1e-200, 0, 0}, {0, 1e-200, 0}, {0, 0, 1e-200}}, "three independent vectors"},
               {{{1, 0, 0}, {0, NAN, 0}, {0, 0, 1}}, "cell: expected nine finite numbers, found nan"},
               {{{1, 0, 0}, {0, 1, 0}, {0, -INFINITY, 1}}, "cell: expected nine finite numbers, found -inf"},
               {{{1, 0, 0}, {123456, 1, 0}, {0, 0, 1}}, "skewed"}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    lattice cell;
    lisi_error err = {0};
    assert_int_equal(lattice_from_rows(cases[c].H, &cell, &err), LISI_ERR_INPUT);
    if (strstr(err.message, cases[c].message) == NULL)
      fail_msg("expected '%s', found '%s'", cases[c].message, err.message);
  }
}

/* Anything goes in: no cell may overflow an integer on the way, and what is accepted has to work. */
static void wild_cells(void **state) {
  (void)state;
  int accepted = 0;
  for (int trial = 0; trial < 20000; trial++) {
    double H[3][3];
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        H[i][k] = uniform(-1, 1) * pow(10, uniform(-6, 6));
    lattice cell;
    lisi_error err = {0};
    if (lattice_from_rows(H, &cell, &err) != LISI_OK)
      continue;
    accepted++;
    const double f[3] = {uniform(-1e3, 1e3), uniform(-1, 1), uniform(-1e6, 1e6)};
    int n[3];
    double d[3];
    const double r2 = lattice_nearest(&cell, f, n, d);
    double longest = 0.0; /* no nearest image is longer than half the sum of the edges */
    for (int i = 0; i < 3; i++)
      longest += 0.5 * sqrt(length2(H[i]));
    assert_true(sqrt(r2) <= longest * (1 + 1e-6));
  }
  assert_true(accepted > 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nearest_image_in_random_cells),
                                     cmocka_unit_test(nearest_image_after_a_change_of_basis),
                                     cmocka_unit_test(nearest_image_moves_with_the_cell),
                                     cmocka_unit_test(ties_take_the_lowest_image),
                                     cmocka_unit_test(no_number_is_nowhere),
                                     cmocka_unit_test(wrapping),
                                     cmocka_unit_test(to_and_fro),
                                     cmocka_unit_test(box_and_printed_bounds_agree),
                                     cmocka_unit_test(lengths_and_angles),
                                     cmocka_unit_test(bad_cells),
                                     cmocka_unit_test(wild_cells)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
