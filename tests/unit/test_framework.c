/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of the framework: exact under rigid shifts and noise, the same bits in any order and partition, refused
 * where there is none. */
#include "framework.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 777;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

/* Five atoms without symmetry, at least 2.2 A apart, in 2 x 1 x 3 triclinic cells. */
enum { UNIT = 5, ATOMS = UNIT * 6 };
static const double unit_frac[UNIT][3] = {
    {0.05, 0.10, 0.02}, {0.45, 0.20, 0.60}, {0.80, 0.60, 0.25}, {0.30, 0.65, 0.90}, {0.95, 0.85, 0.70}};
static const int replicate[3] = {2, 1, 3};
static lattice box;

static site_index *references(void) {
  const double H[3][3] = {{12, 0, 0}, {1.5, 7, 0}, {-2, 3, 21}};
  lisi_error err = {0};
  site_index *index = NULL;
  assert_int_equal(lattice_from_rows(H, &box, &err), LISI_OK);
  assert_int_equal(site_index_create(UNIT, unit_frac[0], 3, replicate, &index, &err), LISI_OK);
  assert_int_equal(site_index_set_box(index, &box, &err), LISI_OK);
  assert_true(site_index_closest(index) > 2.0);
  return index;
}

/* The reference positions, shifted and shaken (noise in Angstrom, uniform in a cube of that half edge), some in other
 * images; mean: that of the noise, in fractions. */
static void shaken(const site_index *index, const double shift[3], double noise, double f[ATOMS][3], double mean[3]) {
  memset(mean, 0, 3 * sizeof *mean);
  for (int a = 0; a < ATOMS; a++) {
    const double u[3] = {uniform(-noise, noise), uniform(-noise, noise), uniform(-noise, noise)};
    double at[3];
    site_index_position(index, a + 1, at);
    for (int k = 0; k < 3; k++) {
      const double g = u[0] * box.inv[0][k] + u[1] * box.inv[1][k] + u[2] * box.inv[2][k];
      f[a][k] = at[k] + shift[k] + g + floor(uniform(-2, 3));
      mean[k] += g / ATOMS;
    }
  }
}

static void add_all(const site_index *index, const double drift[3], double f[ATOMS][3], framework_sums *sums) {
  memset(sums, 0, sizeof *sums);
  for (int a = 0; a < ATOMS; a++)
    framework_add(index, drift, f[a], sums);
}

static void drift_is_the_mean_displacement(void **state) {
  (void)state;
  site_index *index = references();
  for (int trial = 0; trial < 50; trial++) {
    /* In small steps through more than two boxes: the drift follows and is not folded back. */
    double drift[3] = {0, 0, 0};
    for (int step = 0; step <= 120; step++) {
      const double shift[3] = {0.02 * step, -0.03 * step, 0.01 * step};
      double f[ATOMS][3], mean[3], rms;
      shaken(index, shift, 0.25, f, mean);
      framework_sums sums;
      lisi_error err = {0};
      add_all(index, drift, f, &sums);
      if (framework_finish(index, &sums, drift, &rms, &err) != LISI_OK)
        fail_msg("step %d: %s", step, err.message);
      for (int k = 0; k < 3; k++)
        assert_true(fabs(drift[k] - shift[k] - mean[k]) < 1e-11);
      assert_true(rms > 0.1 && rms < 0.9);
    }
  }
  site_index_free(index);
}

static void order_and_partition_change_no_bit(void **state) {
  (void)state;
  site_index *index = references();
  const double shift[3] = {0.01, -0.02, 0.005}, drift[3] = {0.004, -0.01, 0};
  double f[ATOMS][3], mean[3];
  shaken(index, shift, 0.3, f, mean);
  framework_sums whole;
  add_all(index, drift, f, &whole);
  for (int trial = 0; trial < 200; trial++) {
    int order[ATOMS];
    for (int a = 0; a < ATOMS; a++)
      order[a] = a;
    for (int a = ATOMS - 1; a > 0; a--) {
      const int b = (int)uniform(0, a + 1), t = order[a];
      order[a] = order[b];
      order[b] = t;
    }
    framework_sums part[4] = {{{0}}}, total = {{0}};
    for (int a = 0; a < ATOMS; a++)
      framework_add(index, drift, f[order[a]], &part[(int)uniform(0, 4)]);
    for (int r = 0; r < 4; r++)
      for (int k = 0; k < FRAMEWORK_SUMS; k++)
        total.sum[k] += part[r].sum[k];
    assert_memory_equal(&total, &whole, sizeof whole);
  }
  assert_int_equal(whole.sum[4], ATOMS);
  site_index_free(index);
}

static void refusals(void **state) {
  (void)state;
  site_index *index = references();
  const double none[3] = {0, 0, 0};
  double f[ATOMS][3], mean[3], drift[3] = {0.25, 0.5, 0.75}, rms;
  framework_sums sums;
  shaken(index, drift, 0.1, f, mean);
  add_all(index, drift, f, &sums);

  sums.sum[4]--; /* an atom short */
  lisi_error err = {0};
  assert_int_equal(framework_finish(index, &sums, drift, &rms, &err), LISI_ERR_INPUT);
  assert_string_equal(err.message,
                      "framework: the site file has 30 reference positions in this box, found 29 framework atoms");
  assert_true(drift[0] == 0.25 && drift[1] == 0.5 && drift[2] == 0.75);

  /* Molten: anywhere. */
  for (int a = 0; a < ATOMS; a++)
    for (int k = 0; k < 3; k++)
      f[a][k] = uniform(0, 1);
  err = (lisi_error){0};
  add_all(index, drift, f, &sums);
  assert_int_equal(framework_finish(index, &sums, drift, &rms, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "diffuses or melts"));
  assert_true(drift[0] == 0.25 && drift[1] == 0.5 && drift[2] == 0.75);
  err = (lisi_error){0};
  assert_int_equal(framework_start(index, ATOMS, (const double(*)[3])f, drift, &rms, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "no rigid shift brings its 30 atoms onto the reference positions"));

  /* One atom that is no number, wherever it stands in the list. */
  const double bad[] = {NAN, INFINITY, 1e12};
  for (int c = 0; c < 3; c++)
    for (int at = 0; at < ATOMS; at += ATOMS - 1) {
      shaken(index, none, 0.1, f, mean);
      f[at][1] = bad[c];
      memset(drift, 0, sizeof drift);
      add_all(index, drift, f, &sums);
      err = (lisi_error){0};
      assert_int_equal(framework_finish(index, &sums, drift, &rms, &err), LISI_ERR_INPUT);
      assert_true(drift[0] == 0.0 && drift[1] == 0.0);
      err = (lisi_error){0};
      assert_int_equal(framework_start(index, ATOMS, (const double(*)[3])f, drift, &rms, &err), LISI_ERR_INPUT);
    }

  err = (lisi_error){0};
  assert_int_equal(framework_start(index, ATOMS - 1, (const double(*)[3])f, drift, &rms, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "found 29 framework atoms"));
  err = (lisi_error){0};
  assert_int_equal(framework_start(index, 0, NULL, drift, &rms, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "found 0 framework atoms"));

  /* Right number and small distances, but a reference with two atoms. */
  shaken(index, none, 0.0, f, mean);
  memcpy(f[0], f[1], sizeof f[0]);
  err = (lisi_error){0};
  assert_int_equal(framework_start(index, ATOMS, (const double(*)[3])f, drift, &rms, &err), LISI_ERR_INPUT);
  site_index_free(index);
}

static double to_nearest_integer(double x) {
  return x - rint(x);
}

static void start_finds_any_shift(void **state) {
  (void)state;
  site_index *index = references();
  for (int trial = 0; trial < 60; trial++) {
    const double size = trial < 10 ? 0.0 : 3.0;
    const double shift[3] = {uniform(-size, size), uniform(-size, size), uniform(-size, size)};
    double f[ATOMS][3], mean[3], drift[3] = {9, 9, 9}, rms;
    shaken(index, shift, 0.2, f, mean);
    lisi_error err = {0};
    if (framework_start(index, ATOMS, (const double(*)[3])f, drift, &rms, &err) != LISI_OK)
      fail_msg("shift %g %g %g: %s", shift[0], shift[1], shift[2], err.message);
    /* Known up to a lattice vector of the unit cell, which leaves the crystal as it is. */
    for (int k = 0; k < 3; k++) {
      const double left = to_nearest_integer((drift[k] - shift[k] - mean[k]) * replicate[k]) / replicate[k];
      if (fabs(left) > 1e-11)
        fail_msg("shift %g: found %.17g, expected %.17g", shift[k], drift[k], shift[k] + mean[k]);
      assert_true(fabs(drift[k]) < 0.6); /* positions stay near the box */
    }
    assert_true(rms < 0.35);
    if (trial < 10) /* as it stands, no shift is looked for */
      for (int k = 0; k < 3; k++)
        assert_true(fabs(drift[k] - mean[k]) < 1e-11);
    /* The next sample goes on from there and changes nothing. */
    framework_sums sums;
    double next[3];
    memcpy(next, drift, sizeof next);
    add_all(index, drift, f, &sums);
    assert_int_equal(framework_finish(index, &sums, next, &rms, &err), LISI_OK);
    for (int k = 0; k < 3; k++)
      assert_true(fabs(next[k] - drift[k]) < 1e-11);
  }
  site_index_free(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(drift_is_the_mean_displacement),
                                     cmocka_unit_test(order_and_partition_change_no_bit), cmocka_unit_test(refusals),
                                     cmocka_unit_test(start_finds_any_shift)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
