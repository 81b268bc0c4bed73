/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Space groups of known crystals: number, operations that form a group, the nearest standard origin, subgroups, Wyckoff
 * letters. */
#include "symmetry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 4242;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

static const double diamond[8][3] = {{0, 0, 0},       {0, .5, .5},     {.5, 0, .5},     {.5, .5, 0},
                                     {.25, .25, .25}, {.25, .75, .75}, {.75, .25, .75}, {.75, .75, .25}};

static lattice cubic(double a) {
  const double H[3][3] = {{a, 0, 0}, {0, a, 0}, {0, 0, a}};
  lattice cell;
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  return cell;
}

/* Every product of two operations is one of them, to rounding. */
static void is_group(const symmetry *s) {
  for (int a = 0; a < s->nops; a++)
    for (int b = 0; b < s->nops; b++) {
      int W[3][3], found = 0;
      double w[3];
      for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
          W[i][k] = s->op[a].W[i][0] * s->op[b].W[0][k] + s->op[a].W[i][1] * s->op[b].W[1][k] +
                    s->op[a].W[i][2] * s->op[b].W[2][k];
      symmetry_apply(&s->op[a], s->op[b].w, w);
      for (int c = 0; c < s->nops; c++) {
        double off = 0.0;
        for (int k = 0; k < 3; k++) {
          const double d = w[k] - s->op[c].w[k];
          off = fmax(off, fabs(d - rint(d)));
        }
        found += memcmp(W, s->op[c].W, sizeof W) == 0 && off < 1e-9;
      }
      assert_int_equal(found, 1);
    }
}

/* Diamond, shaken and moved off its origin: the group and an origin at an inversion centre (setting 2 of the tables) or
 * an atom (setting 1) are found, and every operation there has 24ths. */
static void diamond_shaken_and_moved(void **state) {
  (void)state;
  const lattice cell = cubic(5.43);
  double frac[8][3];
  int kind[8];
  const double move[3] = {0.031, -0.047, 0.018};
  for (int a = 0; a < 8; a++) {
    kind[a] = 1;
    for (int k = 0; k < 3; k++)
      frac[a][k] = diamond[a][k] + move[k] + uniform(-0.004, 0.004);
  }
  symmetry s;
  lisi_error err = {0};
  assert_int_equal(symmetry_find(&cell, 8, (const double(*)[3])frac, kind, 0.3, &s, &err), LISI_OK);
  assert_int_equal(s.number, 227);
  assert_string_equal(s.symbol, "Fd-3m");
  assert_int_equal(s.nops, 192);
  assert_true(fabs(s.conventional - 1.0) < 1e-9);
  is_group(&s);
  /* 8a and 16c of the tables repeat every (1/8 1/8 1/8), so an origin is never far. */
  double r2 = 0.0;
  for (int k = 0; k < 3; k++)
    r2 += s.to_standard[k] * s.to_standard[k];
  assert_true(sqrt(r2) < 0.25);
  symmetry_move_origin(&s, s.to_standard);
  is_group(&s);
  for (int o = 0; o < s.nops; o++)
    for (int k = 0; k < 3; k++)
      assert_true(fabs(24.0 * s.op[o].w[k] - rint(24.0 * s.op[o].w[k])) < 1e-12);
  symmetry_free(&s);
}

/* Zinc blende with both atoms on their places, a little moved: the origin stays with the first atom although the one at
 * (1/4 1/4 1/4) would do as well, and so do the letters. */
static void nearest_origin_keeps_letters(void **state) {
  (void)state;
  const lattice cell = cubic(6.0);
  double frac[8][3];
  int kind[8];
  for (int shifted = 0; shifted < 2; shifted++) {
    for (int a = 0; a < 8; a++) {
      kind[a] = a < 4 ? 1 : 2;
      for (int k = 0; k < 3; k++)
        frac[a][k] = diamond[a][k] + 0.02 + (shifted ? 0.25 : 0.0);
    }
    symmetry s;
    lisi_error err = {0};
    assert_int_equal(symmetry_find(&cell, 8, (const double(*)[3])frac, kind, 0.01, &s, &err), LISI_OK);
    assert_int_equal(s.number, 216);
    for (int k = 0; k < 3; k++)
      assert_true(fabs(s.to_standard[k] + 0.02) < 1e-9);
    for (int a = 0; a < 8; a++)
      for (int k = 0; k < 3; k++)
        frac[a][k] += s.to_standard[k];
    int number;
    char symbol[12];
    wyckoff w[8];
    assert_int_equal(symmetry_wyckoff(&cell, 8, (const double(*)[3])frac, kind, &number, symbol, w, &err), LISI_OK);
    assert_string_equal(symbol, "F-43m");
    assert_int_equal(w[0].multiplicity, 4);
    assert_int_equal(w[0].letter, shifted ? 'c' : 'a');
    assert_int_equal(w[4].letter, shifted ? 'b' : 'c');
    symmetry_free(&s);
  }
}

/* In a primitive cell the multiplicity is still that of the conventional one. */
static void primitive_cell(void **state) {
  (void)state;
  const double H[3][3] = {{0, 2.7, 2.7}, {2.7, 0, 2.7}, {2.7, 2.7, 0}};
  const double frac[2][3] = {{0, 0, 0}, {.25, .25, .25}};
  const int kind[2] = {1, 2};
  lattice cell;
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  symmetry s;
  assert_int_equal(symmetry_find(&cell, 2, frac, kind, 0.01, &s, &err), LISI_OK);
  assert_int_equal(s.number, 216);
  assert_int_equal(s.nops, 24);
  assert_true(fabs(s.conventional - 4.0) < 1e-9);
  is_group(&s);
  wyckoff w[2];
  int number;
  char symbol[12];
  assert_int_equal(symmetry_wyckoff(&cell, 2, frac, kind, &number, symbol, w, &err), LISI_OK);
  assert_int_equal(w[1].multiplicity, 4);
  symmetry_free(&s);
}

/* P4mm has a free origin along z: it stays there. P1 (four atoms anywhere) does not move at all. */
static void free_origins_stay(void **state) {
  (void)state;
  const double H[3][3] = {{4, 0, 0}, {0, 4, 0}, {0, 0, 7}};
  const double polar[2][3] = {{0.05, 0.05, 0.11}, {0.55, 0.55, 0.37}};
  const double none[4][3] = {{0.1, 0.2, 0.31}, {0.45, 0.63, 0.05}, {0.71, 0.11, 0.52}, {0.9, 0.8, 0.83}};
  const int kind[4] = {1, 2, 3, 4};
  lattice cell;
  lisi_error err = {0};
  symmetry s;
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  assert_int_equal(symmetry_find(&cell, 2, polar, kind, 0.01, &s, &err), LISI_OK);
  assert_int_equal(s.number, 99);
  assert_true(fabs(s.to_standard[0] + 0.05) < 1e-9 && fabs(s.to_standard[1] + 0.05) < 1e-9);
  assert_true(fabs(s.to_standard[2]) < 1e-9);
  symmetry_free(&s);
  assert_int_equal(symmetry_find(&cell, 4, none, kind, 0.01, &s, &err), LISI_OK);
  assert_int_equal(s.number, 1);
  for (int k = 0; k < 3; k++)
    assert_true(fabs(s.to_standard[k]) < 1e-9);
  symmetry_free(&s);
}

/* Of a kept set that is no group, the largest part that is one stays: {1, 2, m} of 2/m keeps 1 alone; all of mm2's
 * mirror parts stay. */
static void reduced_to_a_subgroup(void **state) {
  (void)state;
  const lattice cell = cubic(6.0);
  const double frac[1][3] = {{0, 0, 0}};
  const int kind[1] = {1};
  lisi_error err = {0};
  symmetry s;
  assert_int_equal(symmetry_find(&cell, 1, frac, kind, 0.01, &s, &err), LISI_OK);
  assert_int_equal(s.nops, 48);
  unsigned char keep[48];
  /* those that leave z alone: 4mm, with 8 operations, and one more that does not belong */
  int n = 0, odd = -1;
  for (int o = 0; o < 48; o++) {
    const int stays = s.op[o].W[2][0] == 0 && s.op[o].W[2][1] == 0 && s.op[o].W[2][2] == 1;
    keep[o] = (unsigned char)stays;
    n += stays;
    if (!stays && odd < 0)
      odd = o;
  }
  assert_int_equal(n, 8);
  keep[odd] = 1;
  assert_int_equal(symmetry_reduce(&s, keep), 1);
  symmetry_free(&s);
  assert_int_equal(symmetry_find(&cell, 1, frac, kind, 0.01, &s, &err), LISI_OK);
  keep[odd] = 0;
  assert_int_equal(symmetry_reduce(&s, keep), 8);
  is_group(&s);
  symmetry_free(&s);
}

/* A cell that a barostat left slightly off becomes cubic again, in its orientation. */
static void cell_of_the_group(void **state) {
  (void)state;
  const double H[3][3] = {{5.99, 0, 0}, {0.01, 6.0, 0}, {-0.02, 0.015, 6.01}};
  const double frac[1][3] = {{0, 0, 0}};
  const int kind[1] = {1};
  lattice cell, exact;
  lisi_error err = {0};
  symmetry s;
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  assert_int_equal(symmetry_find(&cell, 1, frac, kind, 0.3, &s, &err), LISI_OK);
  assert_int_equal(s.number, 221);
  assert_int_equal(symmetry_of_cell(&s, &cell, &exact, &err), LISI_OK);
  double length[3], angle[3];
  lattice_lengths_angles((const double(*)[3])exact.H, length, angle);
  for (int k = 0; k < 3; k++) {
    assert_true(fabs(length[k] - length[0]) < 1e-12);
    assert_true(fabs(angle[k] - 90.0) < 1e-10);
  }
  assert_true(fabs(length[0] - 6.0) < 1e-3);
  assert_true(exact.H[0][1] == 0.0 && exact.H[0][2] == 0.0);
  symmetry_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(diamond_shaken_and_moved), cmocka_unit_test(nearest_origin_keeps_letters),
      cmocka_unit_test(primitive_cell),           cmocka_unit_test(free_origins_stay),
      cmocka_unit_test(reduced_to_a_subgroup),    cmocka_unit_test(cell_of_the_group),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
