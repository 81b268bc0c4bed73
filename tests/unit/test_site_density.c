/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Densities of which everything is known: what is counted is there, smoothing keeps the sum and the width that it must
 * have, the average over a group has the group, maxima are where they were put, and basins are merged where they must
 * be and nowhere else. */
#include "site_basins.h"
#include "site_density.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 99;

static double uniform(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (double)(random_state >> 11) * 0x1p-53;
}

static double normal(void) {
  return sqrt(-2.0 * log(1.0 - uniform())) * cos(6.283185307179586 * uniform());
}

static lattice make(double a, double b, double c, double xy, double xz, double yz) {
  const double H[3][3] = {{a, 0, 0}, {xy, b, 0}, {xz, yz, c}};
  lattice cell;
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  return cell;
}

static symmetry identity(void) {
  symmetry s;
  lisi_error err = {0};
  assert_int_equal(symmetry_identity(&s, &err), LISI_OK);
  return s;
}

/* n samples about a place with the same width (Angstrom) along x, y, z, blocks in turn. */
static void cloud(site_density *d, const double at[3], double width, int n) {
  for (int k = 0; k < n; k++) {
    const double r[3] = {width * normal(), width * normal(), width * normal()};
    double f[3];
    for (int m = 0; m < 3; m++)
      f[m] = at[m] + r[0] * d->cell.inv[0][m] + r[1] * d->cell.inv[1][m] + r[2] * d->cell.inv[2][m];
    site_density_add(d, k % d->nblocks, f);
  }
}

/* In a skewed cell: one cloud across a corner of the cell. The sum stays, and the variance of the smoothed density is
 * that of the cloud plus that of the kernel (cut at three standard deviations: 0.9166 of sigma^2 in three dimensions).
 */
static void smoothing(void **state) {
  (void)state;
  const lattice cell = make(7, 6, 8, 2.5, -1.5, 1);
  symmetry one = identity();
  site_density d;
  site_kernel kernel;
  lisi_error err = {0};
  assert_int_equal(site_density_create(&cell, 0.15, &one, 3, &d, &err), LISI_OK);
  const double at[3] = {0.01, 0.98, 0.0};
  enum { SAMPLES = 200000 };
  cloud(&d, at, 0.3, SAMPLES);
  double *total = malloc(d.npoints * sizeof *total), *smooth = malloc(d.npoints * sizeof *smooth), sum = 0.0,
         square = 0.0;
  double middle[3] = {0, 0, 0}, block[3];
  site_density_total(&d, total);
  assert_int_equal(site_kernel_create(&d, 0.25, &kernel, &err), LISI_OK);
  site_density_smooth(&d, &kernel, total, smooth);
  size_t highest = 0;
  for (size_t p = 0; p < d.npoints; p++) {
    double f[3], r[3];
    int n[3];
    site_density_position(&d, p, f);
    for (int k = 0; k < 3; k++)
      f[k] -= at[k];
    square += smooth[p] * lattice_nearest(&cell, f, n, r);
    for (int k = 0; k < 3; k++)
      middle[k] += smooth[p] * r[k] / SAMPLES;
    sum += smooth[p];
    highest = smooth[p] > smooth[highest] ? p : highest;
  }
  assert_true(fabs(sum - SAMPLES) < 1e-6 * SAMPLES);
  for (int k = 0; k < 3; k++)
    assert_true(fabs(middle[k]) < 0.003); /* 0.3/sqrt(2e5) = 0.0007, and the grid's corners */
  const double expected = 3 * (0.3 * 0.3 + 0.9166 * 0.25 * 0.25);
  assert_true(fabs(square / SAMPLES - expected) < 0.02 * expected + 3 * 0.15 * 0.15 / 12);
  /* the blocks add up to the whole at any point */
  site_density_smooth_blocks(&d, &kernel, highest, block);
  assert_true(fabs(block[0] + block[1] + block[2] - smooth[highest]) < 1e-9 * smooth[highest]);
  site_kernel_free(&kernel);
  site_density_free(&d);
  symmetry_free(&one);
  free(total);
  free(smooth);
}

/* Two clouds at a known distance, of 2 : 1 atoms: two basins with these populations, centres within 0.01 A. */
static void two_sites(void **state) {
  (void)state;
  const lattice cell = make(6, 6, 6, 0, 0, 0);
  symmetry one = identity();
  site_density d;
  site_kernel kernel;
  site_basins basins;
  lisi_error err = {0};
  assert_int_equal(site_density_create(&cell, 0.2, &one, 10, &d, &err), LISI_OK);
  const double a[3] = {0.02, 0.5, 0.97}, b[3] = {0.35, 0.55, 0.03};
  cloud(&d, a, 0.3, 40000);
  cloud(&d, b, 0.3, 20000);
  double *total = malloc(d.npoints * sizeof *total), *smooth = malloc(d.npoints * sizeof *smooth);
  site_density_total(&d, total);
  assert_int_equal(site_kernel_create(&d, 0.2, &kernel, &err), LISI_OK);
  site_density_smooth(&d, &kernel, total, smooth);
  const site_basins_rule rule = {.merge = 0.9, .sigmas = 3.0, .kernel = &kernel, .images = 1};
  assert_int_equal(site_basins_find(&d, smooth, &rule, &basins, &err), LISI_OK);
  int large = 0;
  double all = 0.0;
  for (int k = 0; k < basins.nbasins; k++) {
    all += basins.basin[k].population;
    large += basins.basin[k].population > 100;
  }
  assert_int_equal(large, 2);
  assert_true(fabs(all - 60000) < 1e-6);
  const double *want[2] = {a, b}, atoms[2] = {40000, 20000};
  for (int k = 0; k < 2; k++) {
    double f[3], r[3];
    int n[3];
    for (int m = 0; m < 3; m++)
      f[m] = basins.basin[k].centre[m] - want[k][m];
    assert_true(sqrt(lattice_nearest(&cell, f, n, r)) < 0.01);
    assert_true(fabs(basins.basin[k].population - atoms[k]) < 0.005 * atoms[k]);
    assert_true(basins.of_point[basins.basin[k].peak] == k);
  }
  site_basins_free(&basins);
  site_kernel_free(&kernel);
  site_density_free(&d);
  symmetry_free(&one);
  free(total);
  free(smooth);
}

/* Heights that are set, along a line of points: 4 2 3 1 5 with basins apart or not, as the saddles say. */
static int basins_of(const double *heights, int n, double merge, double populations[8]) {
  const lattice cell = make(n, 1, 1, 0, 0, 0);
  symmetry one = identity();
  site_density d;
  site_basins basins;
  lisi_error err = {0};
  assert_int_equal(site_density_create(&cell, 1.0, &one, 1, &d, &err), LISI_OK);
  assert_int_equal(d.npoints, (size_t)n);
  double *smooth = malloc(d.npoints * sizeof *smooth);
  for (int k = 0; k < n; k++) {
    d.count[k] = 1.0f;
    smooth[k] = heights[k];
  }
  const site_basins_rule rule = {.merge = merge};
  assert_int_equal(site_basins_find(&d, smooth, &rule, &basins, &err), LISI_OK);
  const int found = basins.nbasins;
  for (int k = 0; k < found && k < 8; k++)
    populations[k] = basins.basin[k].population;
  site_basins_free(&basins);
  site_density_free(&d);
  symmetry_free(&one);
  free(smooth);
  return found;
}

static void merging(void **state) {
  (void)state;
  /* a ring: maxima 4, 3, 5; saddles 2 (between 4 and 3), 1 (3 and 5), 0.5 (5 and 4) */
  const double ring[6] = {4, 2, 3, 1, 5, 0.5};
  double p[8];
  assert_int_equal(basins_of(ring, 6, 0.99, p), 3);
  assert_int_equal(basins_of(ring, 6, 0.67, p), 3); /* 2/3 = 0.667 */
  assert_int_equal(basins_of(ring, 6, 0.66, p), 2);
  assert_true(p[0] + p[1] == 6.0 && (p[0] == 2.0 || p[0] == 3.0)); /* 5 with one or both of its saddles' sides */
  assert_int_equal(basins_of(ring, 6, 0.12, p), 1);                /* 0.5/4 = 0.125, 1/3 */
  assert_true(p[0] == 6.0);
  /* a plateau is one maximum, whatever the ratio */
  const double flat[5] = {3, 3, 3, 1, 1};
  assert_int_equal(basins_of(flat, 5, 1.0, p), 1);
}

/* Atoms about 0 alone: averaged over the group of a face-centred cell they are about all four places, with the same
 * sum; every operation then keeps the density, while before most broke it. */
static void average_over_a_group(void **state) {
  (void)state;
  const lattice cell = make(6, 6, 6, 0, 0, 0);
  const double fcc[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
  const int kind[4] = {1, 1, 1, 1};
  symmetry s;
  site_density d;
  site_kernel kernel;
  lisi_error err = {0};
  assert_int_equal(symmetry_find(&cell, 4, fcc, kind, 0.01, &s, &err), LISI_OK);
  assert_int_equal(s.nops, 192);
  assert_int_equal(site_density_create(&cell, 0.25, &s, 4, &d, &err), LISI_OK);
  assert_true(d.n[0] == 24 && d.n[1] == 24 && d.n[2] == 24);
  cloud(&d, fcc[0], 0.3, 20000);
  double *total = malloc(d.npoints * sizeof *total), *smooth = malloc(d.npoints * sizeof *smooth);
  assert_int_equal(site_kernel_create(&d, 0.5, &kernel, &err), LISI_OK);
  site_density_total(&d, total);
  site_density_smooth(&d, &kernel, total, smooth);
  int broken = 0;
  for (int o = 0; o < s.nops; o++)
    broken += site_density_broken(&d, smooth, &s.op[o]) > 0.05;
  assert_int_equal(broken, 144); /* all but the 48 that leave 0 where it is */
  assert_int_equal(site_density_average(&d, &s, &err), LISI_OK);
  site_density_total(&d, total);
  site_density_smooth(&d, &kernel, total, smooth);
  double sum = 0.0;
  for (size_t p = 0; p < d.npoints; p++)
    sum += total[p];
  assert_true(fabs(sum - 20000) < 0.01);
  const double h = smooth[site_density_point(&d, fcc[0])];
  for (int k = 1; k < 4; k++)
    assert_true(fabs(smooth[site_density_point(&d, fcc[k])] - h) < 1e-6 * h);
  for (int o = 0; o < s.nops; o++)
    assert_true(site_density_broken(&d, smooth, &s.op[o]) == 0.0);
  site_kernel_free(&kernel);
  site_density_free(&d);
  symmetry_free(&s);
  free(total);
  free(smooth);
}

/* Few samples of one broad cloud: without errors many maxima, with them one. */
static void chance_makes_no_sites(void **state) {
  (void)state;
  const lattice cell = make(8, 8, 8, 0, 0, 0);
  symmetry one = identity();
  site_density d;
  site_kernel kernel;
  site_basins basins;
  lisi_error err = {0};
  assert_int_equal(site_density_create(&cell, 0.2, &one, 10, &d, &err), LISI_OK);
  const double at[3] = {0.5, 0.5, 0.5};
  cloud(&d, at, 0.9, 600);
  double *total = malloc(d.npoints * sizeof *total), *smooth = malloc(d.npoints * sizeof *smooth);
  site_density_total(&d, total);
  assert_int_equal(site_kernel_create(&d, 0.2, &kernel, &err), LISI_OK);
  site_density_smooth(&d, &kernel, total, smooth);
  site_basins_rule rule = {.merge = 0.9, .kernel = &kernel, .images = 1};
  for (int with = 0; with < 2; with++) {
    rule.sigmas = with ? 3.0 : 0.0;
    assert_int_equal(site_basins_find(&d, smooth, &rule, &basins, &err), LISI_OK);
    int large = 0;
    for (int k = 0; k < basins.nbasins; k++)
      large += basins.basin[k].population > 12;
    if (with)
      assert_int_equal(large, 1);
    else
      assert_true(large > 1);
    site_basins_free(&basins);
  }
  site_kernel_free(&kernel);
  site_density_free(&d);
  symmetry_free(&one);
  free(total);
  free(smooth);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(smoothing),
      cmocka_unit_test(two_sites),
      cmocka_unit_test(merging),
      cmocka_unit_test(average_over_a_group),
      cmocka_unit_test(chance_makes_no_sites),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
