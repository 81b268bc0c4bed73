/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The framework at rest: means under drift and noise, the cell that a supercell repeats, its average. */
#include "host_mean.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 31337;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

enum { UNIT = 3, NX = 2, NY = 3, NZ = 1, ATOMS = UNIT * NX * NY * NZ };
static const double unit_frac[UNIT][3] = {{0.1, 0.2, 0.3}, {0.6, 0.5, 0.8}, {0.3, 0.8, 0.55}};
static const int kinds[UNIT] = {1, 1, 2};
static const double H[3][3] = {{12, 0, 0}, {2, 15, 0}, {-1, 1, 7}}; /* of the box */

static lattice box_of(void) {
  lattice box;
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &box, &err), LISI_OK);
  return box;
}

static void supercell(double f[ATOMS][3], int kind[ATOMS]) {
  int a = 0;
  for (int s = 0; s < UNIT; s++)
    for (int i = 0; i < NX; i++)
      for (int j = 0; j < NY; j++)
        for (int k = 0; k < NZ; k++, a++) {
          f[a][0] = (unit_frac[s][0] + i) / NX;
          f[a][1] = (unit_frac[s][1] + j) / NY;
          f[a][2] = (unit_frac[s][2] + k) / NZ;
          kind[a] = kinds[s];
        }
}

/* Frames that drift and shake: the means are those of the shaking alone, within noise / sqrt(frames). */
static void means_without_drift(void **state) {
  (void)state;
  const lattice box = box_of();
  double f[ATOMS][3], now[ATOMS][3], mean[ATOMS][3], rms, drift[3];
  int kind[ATOMS];
  supercell(f, kind);
  host_mean h;
  lattice average;
  lisi_error err = {0};
  assert_int_equal(host_mean_create(ATOMS, &h, &err), LISI_OK);
  enum { FRAMES = 400 };
  for (int t = 0; t < FRAMES; t++) {
    for (int a = 0; a < ATOMS; a++)
      for (int k = 0; k < 3; k++)
        now[a][k] = f[a][k] + 0.01 * t * (k + 1) + uniform(-0.02, 0.02);
    host_mean_add(&h, &box, (const double(*)[3])now);
  }
  assert_int_equal(host_mean_finish(&h, &average, mean, &rms, &err), LISI_OK);
  host_drift(ATOMS, (const double(*)[3])mean, (const double(*)[3])f, drift);
  for (int a = 0; a < ATOMS; a++)
    for (int k = 0; k < 3; k++)
      assert_true(fabs(mean[a][k] - drift[k] - f[a][k]) < 6.0 * 0.0115 / sqrt(FRAMES));
  /* uniform in +-0.02 of the edges: variance 0.02^2/3 along each, less one in ATOMS that the drift takes */
  double square = 0.0;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      square += H[i][k] * H[i][k] * 0.02 * 0.02 / 3.0;
  square *= 1.0 - 1.0 / ATOMS;
  assert_true(fabs(rms - sqrt(square)) < 0.02 * sqrt(square));
  for (int k = 0; k < 9; k++)
    assert_true(fabs(average.H[k / 3][k % 3] - H[k / 3][k % 3]) < 1e-9);
  host_mean_free(&h);
}

static void cell_is_found_and_folded(void **state) {
  (void)state;
  const lattice box = box_of();
  double f[ATOMS][3], clean[ATOMS][3], rms;
  int kind[ATOMS], replicate[3], kind_of[ATOMS];
  lisi_error err = {0};
  supercell(clean, kind);
  for (int a = 0; a < ATOMS; a++)
    for (int k = 0; k < 3; k++)
      f[a][k] = clean[a][k] + uniform(-0.1, 0.1) * box.inv[k][k] + (double)(a % 3 - 1); /* any image */
  assert_int_equal(host_replicate(&box, ATOMS, (const double(*)[3])f, kind, 0.3, replicate, &err), LISI_OK);
  assert_true(replicate[0] == NX && replicate[1] == NY && replicate[2] == NZ);
  /* noise above the tolerance: nothing repeats */
  assert_int_equal(host_replicate(&box, ATOMS, (const double(*)[3])f, kind, 0.01, replicate, &err), LISI_OK);
  assert_true(replicate[0] == 1 && replicate[1] == 1 && replicate[2] == 1);
  const int want[3] = {NX, NY, NZ}, wrong[3] = {3, NY, NZ}, none[3] = {1, 1, 5};
  crystal unit;
  assert_int_equal(host_fold(&box, ATOMS, (const double(*)[3])f, kind, want, &unit, kind_of, &rms, &err), LISI_OK);
  assert_int_equal(unit.natoms, UNIT);
  assert_true(rms > 0.02 && rms < 0.2);
  assert_true(fabs(unit.cell.H[0][0] - 6.0) < 1e-12 && fabs(unit.cell.H[1][1] - 5.0) < 1e-12);
  int seen = 0;
  for (int a = 0; a < UNIT; a++)
    for (int s = 0; s < UNIT; s++) {
      double d[3], r[3];
      int n[3];
      for (int k = 0; k < 3; k++)
        d[k] = unit.atom[a].frac[k] - unit_frac[s][k];
      if (lattice_nearest(&unit.cell, d, n, r) < 0.15 * 0.15) {
        seen++;
        assert_int_equal(kind_of[a], kinds[s]);
      }
    }
  assert_int_equal(seen, UNIT);
  crystal_free(&unit);
  assert_int_equal(host_fold(&box, ATOMS, (const double(*)[3])f, kind, wrong, &unit, kind_of, &rms, &err),
                   LISI_ERR_INPUT);
  assert_int_equal(host_fold(&box, ATOMS, (const double(*)[3])f, kind, none, &unit, kind_of, &rms, &err),
                   LISI_ERR_INPUT);
}

/* Two kinds mixed on one sublattice: no translation of kinds, but a fold that is asked for takes the commoner kind. */
static void disorder_is_folded_on_request(void **state) {
  (void)state;
  const lattice box = box_of();
  double f[ATOMS][3], rms;
  int kind[ATOMS], replicate[3], kind_of[ATOMS];
  lisi_error err = {0};
  supercell(f, kind);
  kind[0] = 3;
  assert_int_equal(host_replicate(&box, ATOMS, (const double(*)[3])f, kind, 0.3, replicate, &err), LISI_OK);
  assert_true(replicate[0] == 1 && replicate[1] == 1);
  const int want[3] = {NX, NY, NZ};
  crystal unit;
  assert_int_equal(host_fold(&box, ATOMS, (const double(*)[3])f, kind, want, &unit, kind_of, &rms, &err), LISI_OK);
  assert_int_equal(kind_of[0], 1);
  assert_true(rms < 1e-6);
  crystal_free(&unit);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(means_without_drift), cmocka_unit_test(cell_is_found_and_folded),
                                     cmocka_unit_test(disorder_is_folded_on_request)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
