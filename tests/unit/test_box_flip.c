/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flips of a box: found, told from other changes, and undone. */
#include "bootstrap.h"
#include "box_flip.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static lattice box_of(const double H[3][3]) {
  lattice box;
  lisi_error err = {0};
  if (lattice_from_rows(H, &box, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return box;
}

static void random_flips(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 1);
  for (int trial = 0; trial < 2000; trial++) {
    double H[3][3], strained[3][3], flipped[3][3];
    int A[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, M[3][3];
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        H[i][k] = i == k ? 5.0 + 10.0 * lisi_rng_uniform(&rng) : k < i ? 5.0 * lisi_rng_uniform(&rng) - 2.5 : 0.0;
    for (int k = 0; k < 3; k++) /* as LAMMPS does it: whole edges onto later ones */
      A[k == 2 ? 1 : 2][k == 2 ? 0 : k] = lisi_rng_below(&rng, 3) - 1;
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        strained[i][k] = H[i][k] * (1.0 + 0.02 * (lisi_rng_uniform(&rng) - 0.5));
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        flipped[i][k] = A[i][0] * strained[0][k] + A[i][1] * strained[1][k] + A[i][2] * strained[2][k];
    lattice now = box_of((const double(*)[3])flipped), want = box_of((const double(*)[3])strained);
    now.origin[0] = 3.0;
    assert_true(box_flip_find((const double(*)[3])H, &now, M));
    /* M A = 1 */
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        assert_int_equal(M[i][0] * A[0][k] + M[i][1] * A[1][k] + M[i][2] * A[2][k], i == k);
    /* an atom stays where it is, and its fractions are those of the box without flips */
    double f[1][3], x[3], g[3];
    for (int k = 0; k < 3; k++)
      g[k] = 6.0 * lisi_rng_uniform(&rng) - 3.0;
    lattice_vector(&want, g, x);
    for (int k = 0; k < 3; k++)
      f[0][k] = x[0] * now.inv[0][k] + x[1] * now.inv[1][k] + x[2] * now.inv[2][k];
    lisi_error err = {0};
    assert_int_equal(box_flip_undo((const int(*)[3])M, &now, 1, f, &err), LISI_OK);
    for (int i = 0; i < 3; i++) {
      assert_true(fabs(f[0][i] - g[i]) < 1e-12);
      for (int k = 0; k < 3; k++)
        assert_true(fabs(now.H[i][k] - strained[i][k]) < 1e-12);
    }
    assert_true(now.origin[0] == 3.0 && now.origin[1] == 0.0);
  }
}

static void no_flip(void **state) {
  (void)state;
  const double H[3][3] = {{10, 0, 0}, {2, 9, 0}, {-1, 1, 8}};
  int M[3][3];
  lattice same = box_of(H);
  assert_true(box_flip_find(H, &same, M) && box_flip_is_none((const int(*)[3])M));
  /* breathing is none; twice an edge, a reflected box of half the size, edges in another order are other things */
  const double breath[3][3] = {{10.8, 0, 0}, {2.1, 9.5, 0}, {-1, 1, 7.5}};
  lattice now = box_of(breath);
  assert_true(box_flip_find(H, &now, M) && box_flip_is_none((const int(*)[3])M));
  const double twice[3][3] = {{20, 0, 0}, {2, 9, 0}, {-1, 1, 8}}, half[3][3] = {{5, 0, 0}, {2, 9, 0}, {-1, 1, 8}};
  now = box_of(twice);
  assert_false(box_flip_find(H, &now, M));
  now = box_of(half);
  assert_false(box_flip_find(H, &now, M));
  const double other[3][3] = {{13, 0, 0}, {2, 13, 0}, {-1, 1, 13}};
  now = box_of(other);
  assert_false(box_flip_find(H, &now, NULL));
  const double swapped[3][3] = {{2, 9, 0}, {10, 0, 0}, {-1, 1, 8}};
  now = box_of(swapped);
  assert_true(box_flip_find(H, &now, M) && !box_flip_is_none((const int(*)[3])M));
  const double tiny[3][3] = {{1e-4, 0, 0}, {0, 1e-4, 0}, {0, 0, 1e-4}};
  now = box_of(tiny);
  assert_false(box_flip_find(H, &now, M));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_flips), cmocka_unit_test(no_flip)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
