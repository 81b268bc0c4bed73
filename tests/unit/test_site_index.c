/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest site against a search over all sites and images, in cells of every shape, strained, and far from home. */
#include "site_index.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 4711;

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

static lattice box_of(const double H[3][3], const int replicate[3]) {
  double B[3][3];
  for (int k = 0; k < 3; k++)
    for (int m = 0; m < 3; m++)
      B[k][m] = H[k][m] * replicate[k];
  return cell_of((const double(*)[3])B);
}

/* Distance to the nearest of all sites of the supercell; images by the lattice of the box (which has its own tests). */
static double brute_force(const site_index *index, const lattice *box, const double p[3]) {
  double best = INFINITY;
  for (int number = 1; number <= site_index_sites(index); number++) {
    double at[3];
    site_index_position(index, number, at);
    const double f[3] = {p[0] - at[0], p[1] - at[1], p[2] - at[2]};
    int n[3];
    best = fmin(best, lattice_nearest(box, f, n, NULL));
  }
  return sqrt(best);
}

static void check(const site_index *index, const lattice *box, const double p[3]) {
  site_hit hit;
  site_index_nearest(index, p, &hit);
  const double expected = brute_force(index, box, p);
  const double size = fabs(p[0]) + fabs(p[1]) + fabs(p[2]) + 1;
  if (!(fabs(hit.distance - expected) <= 1e-11 * size * (1 + expected)))
    fail_msg("at %.17g %.17g %.17g: found %.17g (site %d), expected %.17g", p[0], p[1], p[2], hit.distance,
             (int)hit.site, expected);
  assert_in_range(hit.site, 1, (uintmax_t)site_index_sites(index));
  assert_int_equal(hit.s, (hit.site - 1) % site_index_unit_sites(index));
  /* Site, image and distance vector belong together: position = site + image + d. */
  double at[3], d[3];
  site_index_position(index, hit.site, at);
  const double f[3] = {p[0] - at[0] - hit.n[0], p[1] - at[1] - hit.n[1], p[2] - at[2] - hit.n[2]};
  lattice_vector(box, f, d);
  for (int k = 0; k < 3; k++) {
    assert_true(fabs(d[k] - hit.d[k]) <= 1e-10 * size);
    assert_true(at[k] >= 0.0 && at[k] < 1.0);
  }
  assert_true(fabs(hit.d[0] * hit.d[0] + hit.d[1] * hit.d[1] + hit.d[2] * hit.d[2] - hit.distance * hit.distance) <=
              1e-12 * hit.distance * hit.distance + 1e-300);
}

typedef enum { ORTHOGONAL, TRICLINIC, SKEWED, FLAT, LONG, SHAPES } shape;

static void random_cell(shape kind, double H[3][3]) {
  memset(H, 0, 9 * sizeof(double));
  for (int k = 0; k < 3; k++)
    H[k][k] = uniform(3, 12);
  if (kind == FLAT)
    H[2][2] = uniform(0.8, 1.2);
  if (kind == LONG)
    H[0][0] = uniform(40, 60);
  const double skew = kind == TRICLINIC ? 0.5 : kind == SKEWED ? 1.5 : 0.0;
  H[1][0] = uniform(-skew, skew) * H[0][0];
  H[2][0] = uniform(-skew, skew) * H[0][0];
  H[2][1] = uniform(-skew, skew) * H[1][1];
}

static site_index *random_index(int nsites, const int replicate[3]) {
  double(*frac)[5] = malloc((size_t)nsites * sizeof *frac);
  assert_non_null(frac);
  for (int s = 0; s < nsites; s++)
    for (int k = 0; k < 5; k++)
      frac[s][k] = k < 3 ? uniform(-1, 2) : NAN;
  site_index *index = NULL;
  lisi_error err = {0};
  if (site_index_create(nsites, frac[0], 5, replicate, &index, &err) != LISI_OK)
    fail_msg("%s", err.message);
  free(frac);
  return index;
}

static void set_box(site_index *index, const lattice *box) {
  lisi_error err = {0};
  if (site_index_set_box(index, box, &err) != LISI_OK)
    fail_msg("%s", err.message);
}

static void random_cells(void **state) {
  (void)state;
  const int sizes[] = {1, 2, 5, 34, 200};
  for (int kind = 0; kind < SHAPES; kind++)
    for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
      const int replicate[3] = {1 + (int)uniform(0, 3), 1 + (int)uniform(0, 3), 1 + (int)uniform(0, 3)};
      double H[3][3];
      random_cell((shape)kind, H);
      const lattice box = box_of((const double(*)[3])H, replicate);
      site_index *index = random_index(sizes[z], replicate);
      set_box(index, &box);
      double closest = INFINITY; /* all pairs; at 0 the next image of a site counts, not itself */
      for (int a = 1; a <= site_index_sites(index); a++)
        for (int b = 1; b < a && a <= sizes[z]; b++) {
          double at[3], to[3];
          int n[3];
          site_index_position(index, a, at);
          site_index_position(index, b, to);
          const double f[3] = {(at[0] - to[0]) * replicate[0], (at[1] - to[1]) * replicate[1],
                               (at[2] - to[2]) * replicate[2]};
          const lattice unit = cell_of((const double(*)[3])H);
          closest = fmin(closest, sqrt(lattice_nearest(&unit, f, n, NULL)));
        }
      if (sizes[z] >= 34) /* where no site is its own neighbour */
        assert_true(fabs(site_index_closest(index) - closest) < 1e-10);
      assert_int_equal(site_index_sites(index), sizes[z] * replicate[0] * replicate[1] * replicate[2]);
      for (int q = 0; q < (sizes[z] > 100 ? 30 : 150); q++) {
        const double p[3] = {uniform(-1.5, 2.5), uniform(-1.5, 2.5), uniform(-1.5, 2.5)};
        check(index, &box, p);
      }
      site_index_free(index);
    }
}

/* The lists are made for one box and used in strained ones: just inside the margin (lists kept) and outside (remade).
 */
static void strained_boxes(void **state) {
  (void)state;
  const double strains[] = {0.002, 0.012, 0.017, 0.03, 0.1};
  for (int trial = 0; trial < 15; trial++) {
    const int replicate[3] = {1 + trial % 3, 1, 2};
    double H[3][3];
    random_cell((shape)(trial % SHAPES), H);
    const lattice box = box_of((const double(*)[3])H, replicate);
    site_index *index = random_index(12, replicate);
    set_box(index, &box);
    for (size_t t = 0; t < sizeof strains / sizeof *strains; t++) {
      double B[3][3];
      for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
          const double e[3] = {uniform(-1, 1) * strains[t], uniform(-1, 1) * strains[t], uniform(-1, 1) * strains[t]};
          B[i][k] = box.H[i][k] + box.H[i][0] * e[0] + box.H[i][1] * e[1] + box.H[i][2] * e[2];
        }
      const lattice strained = cell_of((const double(*)[3])B);
      set_box(index, &strained);
      for (int q = 0; q < 100; q++) {
        const double p[3] = {uniform(-1, 2), uniform(-1, 2), uniform(-1, 2)};
        check(index, &strained, p);
      }
      /* An index that never saw another box says the same to the last bit: the answer has no history. */
      double frac[12][3];
      if (replicate[0] == 3)
        continue; /* thirds are not exact */
      for (int s = 0; s < 12; s++) {
        site_index_position(index, s + 1, frac[s]);
        for (int k = 0; k < 3; k++)
          frac[s][k] *= replicate[k];
      }
      site_index *fresh = NULL;
      lisi_error err = {0};
      assert_int_equal(site_index_create(12, frac[0], 3, replicate, &fresh, &err), LISI_OK);
      set_box(fresh, &strained);
      for (int q = 0; q < 200; q++) {
        const double p[3] = {uniform(-1, 2), uniform(-1, 2), uniform(-1, 2)};
        site_hit a, b;
        site_index_nearest(index, p, &a);
        site_index_nearest(fresh, p, &b);
        assert_int_equal(a.site, b.site);
        assert_memory_equal(a.n, b.n, sizeof a.n);
        assert_true(a.distance == b.distance);
      }
      site_index_free(fresh);
    }
    site_index_free(index);
  }
}

static void images_far_from_home(void **state) {
  (void)state;
  const int replicate[3] = {2, 1, 3};
  const double H[3][3] = {{5, 0, 0}, {2, 6, 0}, {-1, 2, 4}};
  const lattice box = box_of(H, replicate);
  site_index *index = random_index(7, replicate);
  set_box(index, &box);
  for (int trial = 0; trial < 2000; trial++) {
    double p[3], q[3];
    int shift[3];
    for (int k = 0; k < 3; k++) {
      p[k] = floor(uniform(-2048, 2048)) / 1024; /* adding the shift is exact */
      shift[k] = (int)uniform(-100000000, 100000000);
      q[k] = p[k] + shift[k];
    }
    site_hit a, b;
    site_index_nearest(index, p, &a);
    site_index_nearest(index, q, &b);
    assert_int_equal(a.site, b.site);
    for (int k = 0; k < 3; k++)
      assert_int_equal(b.n[k] - a.n[k], shift[k]);
  }
  site_index_free(index);
}

/* Along a line through many cells the site number and the image change where they must. */
static void numbering(void **state) {
  (void)state;
  const int replicate[3] = {2, 3, 1};
  const double H[3][3] = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}}, frac[2][3] = {{0, 0, 0}, {0.5, 0.5, 0.5}};
  const lattice box = box_of(H, replicate);
  site_index *index = NULL;
  lisi_error err = {0};
  assert_int_equal(site_index_create(2, frac[0], 3, replicate, &index, &err), LISI_OK);
  set_box(index, &box);
  assert_true(fabs(site_index_closest(index) - 1.5 * sqrt(3.0)) < 1e-12);
  for (int x = -5; x < 5; x++)
    for (int y = -5; y < 5; y++)
      for (int s = 0; s < 2; s++) {
        const double p[3] = {(x + 0.5 * s + 0.04) / 2.0, (y + 0.5 * s - 0.04) / 3.0, 0.5 * s - 0.01};
        const int ix = ((x % 2) + 2) % 2, iy = ((y % 3) + 3) % 3;
        site_hit hit;
        site_index_nearest(index, p, &hit);
        assert_int_equal(hit.site, s + 1 + 2 * (ix + 2 * iy));
        assert_int_equal(hit.n[0], (x - ix) / 2);
        assert_int_equal(hit.n[1], (y - iy) / 3);
        assert_int_equal(hit.n[2], 0);
      }
  /* At a place as far from several sites as can be: the lowest number of the unit cell. */
  const double face[3] = {0.125, 0.25 / 3, 0.25};
  site_hit hit;
  site_index_nearest(index, face, &hit);
  assert_int_equal(hit.site, 1);
  site_index_free(index);
}

static void closest_sites(void **state) {
  (void)state;
  lisi_error err = {0};
  const int one[3] = {1, 1, 1}, many[3] = {4, 5, 6};
  const double alone[3] = {0.3, 0.3, 0.3};
  const double skewed[3][3] = {{9, 0, 0}, {8, 2, 0}, {0, 0, 30}}; /* shortest lattice vector b - a */
  for (int k = 0; k < 2; k++) {
    const lattice box = box_of(skewed, k ? many : one);
    site_index *index = NULL;
    assert_int_equal(site_index_create(1, alone, 3, k ? many : one, &index, &err), LISI_OK);
    set_box(index, &box);
    assert_true(fabs(site_index_closest(index) - sqrt(5.0)) < 1e-12);
    site_index_free(index);
  }
  const double pair[2][3] = {{0.05, 0, 0}, {0.95, 0, 0}}; /* across the face */
  const double cube[3][3] = {{10, 0, 0}, {0, 10, 0}, {0, 0, 10}};
  const lattice box = cell_of(cube);
  site_index *index = NULL;
  assert_int_equal(site_index_create(2, pair[0], 3, one, &index, &err), LISI_OK);
  set_box(index, &box);
  assert_true(fabs(site_index_closest(index) - 1.0) < 1e-12);
  site_index_free(index);
}

static void no_number_is_nowhere(void **state) {
  (void)state;
  const int replicate[3] = {2, 2, 2};
  const double H[3][3] = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}};
  const lattice box = box_of(H, replicate);
  site_index *index = random_index(3, replicate);
  set_box(index, &box);
  const double bad[] = {NAN, INFINITY, -INFINITY, 1e9, -1e300};
  for (int c = 0; c < 5; c++)
    for (int k = 0; k < 3; k++) {
      double p[3] = {0.2, 0.2, 0.2};
      p[k] = bad[c];
      site_hit hit;
      site_index_nearest(index, p, &hit);
      assert_int_equal(hit.site, 0);
      assert_true(hit.distance == INFINITY);
      assert_true(hit.n[0] == 0 && hit.n[1] == 0 && hit.n[2] == 0);
    }
  const double edge[3] = {-1e-20, 1.0, 0x1.fffffffffffffp-1};
  check(index, &box, edge);
  site_index_free(index);
}

static void refusals(void **state) {
  (void)state;
  site_index *index = NULL;
  lisi_error err = {0};
  const double frac[3] = {0, 0, 0};
  const int zero[3] = {1, 0, 1}, huge[3] = {10000, 10000, 10000}, one[3] = {1, 1, 1};
  assert_int_equal(site_index_create(1, frac, 3, zero, &index, &err), LISI_ERR_INPUT);
  assert_null(index);
  err = (lisi_error){0};
  assert_int_equal(site_index_create(1, frac, 3, huge, &index, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "found 1000000000000"));
  assert_int_equal(site_index_create(0, frac, 3, one, &index, &err), LISI_ERR_INPUT);
  site_index_free(NULL);
  /* Sheets a thousand times wider than thick: said, not tried until the memory is full. */
  const double sheet[3][3] = {{1000, 0, 0}, {0, 1000, 0}, {0, 0, 0.01}}, good[3][3] = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}};
  const lattice flat = cell_of(sheet), cube = cell_of(good);
  err = (lisi_error){0};
  assert_int_equal(site_index_create(1, frac, 3, one, &index, &err), LISI_OK);
  assert_int_equal(site_index_set_box(index, &flat, &err), LISI_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "too flat"));
  set_box(index, &cube); /* and it works again with a good one */
  const double p[3] = {0.4, -0.3, 7.2};
  check(index, &cube, p);
  site_index_free(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_cells), cmocka_unit_test(strained_boxes), cmocka_unit_test(images_far_from_home),
      cmocka_unit_test(numbering),    cmocka_unit_test(closest_sites),  cmocka_unit_test(no_number_is_nowhere),
      cmocka_unit_test(refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
