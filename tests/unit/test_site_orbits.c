/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Orbits of known crystals: numbers, Wyckoff letters, exact positions, names; occupancies whose value and error are
 * known. */
#include "site_orbits.h"
#include "structure_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t random_state = 2718;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

static crystal host_of(double a, int n, const double (*frac)[3]) {
  const double H[3][3] = {{a, 0, 0}, {0, a, 0}, {0, 0, a}};
  crystal c = {0};
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &c.cell, &err), LISI_OK);
  for (int k = 0; k < n; k++)
    assert_int_equal(crystal_add(&c, "Fe", NULL, frac[k], &err), LISI_OK);
  return c;
}

static symmetry group_of(const crystal *c) {
  double(*frac)[3] = malloc((size_t)c->natoms * sizeof *frac);
  int *kind = malloc((size_t)c->natoms * sizeof *kind);
  for (int k = 0; k < c->natoms; k++) {
    memcpy(frac[k], c->atom[k].frac, sizeof *frac);
    kind[k] = 1;
  }
  symmetry s;
  lisi_error err = {0};
  assert_int_equal(symmetry_find(&c->cell, c->natoms, (const double(*)[3])frac, kind, 0.01, &s, &err), LISI_OK);
  free(frac);
  free(kind);
  return s;
}

/* All images of a position under the group, each once. */
static int expand(const symmetry *s, const lattice *cell, const double at[3], double (*out)[3]) {
  int n = 0;
  for (int o = 0; o < s->nops; o++) {
    double x[3];
    symmetry_apply(&s->op[o], at, x);
    int there = 0;
    for (int k = 0; k < n; k++) {
      const double d[3] = {x[0] - out[k][0], x[1] - out[k][1], x[2] - out[k][2]};
      int image[3];
      there += lattice_nearest(cell, d, image, NULL) < 1e-4;
    }
    if (!there)
      memcpy(out[n++], x, sizeof x);
  }
  return n;
}

/* Puts noisy copies of the orbits of some positions together and asks for orbits with these numbers and letters. */
static void find_orbits(const crystal *host, int norbits, const double (*at)[3], const int *size,
                        const char *const *letter) {
  symmetry s = group_of(host);
  double peak[400][3], clean[400][3];
  int n = 0, of[400];
  for (int k = 0; k < norbits; k++) {
    const int found = expand(&s, &host->cell, at[k], clean + n);
    assert_int_equal(found, size[k]);
    for (int m = n; m < n + found; m++) {
      of[m] = k;
      for (int i = 0; i < 3; i++)
        peak[m][i] = clean[m][i] + uniform(-0.1, 0.1) / host->cell.H[0][0];
    }
    n += found;
  }
  for (int k = n - 1; k > 0; k--) { /* in any order */
    const int j = (int)uniform(0, k + 1);
    double swap[3];
    memcpy(swap, peak[k], sizeof swap);
    memcpy(peak[k], peak[j], sizeof swap);
    memcpy(peak[j], swap, sizeof swap);
    const int o = of[k];
    of[k] = of[j];
    of[j] = o;
  }
  site_orbits list = {0};
  lisi_error err = {0};
  int member[400], number;
  char symbol[12];
  assert_int_equal(site_orbits_build(&s, &host->cell, n, (const double(*)[3])peak, 0.3, &list, member, &err), LISI_OK);
  assert_int_equal(list.norbits, norbits);
  assert_int_equal(site_orbits_wyckoff(&list, host, &number, symbol, &err), LISI_OK);
  assert_int_equal(number, s.number);
  site_orbits_name(&list);
  for (int k = 0; k < n; k++)
    for (int j = 0; j < n; j++)
      assert_int_equal(member[k] == member[j], of[k] == of[j]);
  for (int k = 0; k < norbits; k++) {
    int o = 0;
    while (of[o] != k)
      o++;
    const site_orbit *orbit = &list.orbit[member[o]];
    assert_int_equal(orbit->nsites, size[k]);
    char position[16];
    (void)snprintf(position, sizeof position, "%d%c", orbit->position.multiplicity, orbit->position.letter);
    assert_string_equal(position, letter[k]);
    assert_string_equal(orbit->label, letter[k]);
    /* exact: the operations take the sites to each other, and special positions are hit (0.1 A of noise averages out in
       the parameters that are free) */
    for (int p = 0; p < orbit->nsites; p++) {
      double x[3], nearest = INFINITY;
      symmetry_apply(&s.op[s.nops / 3], orbit->frac[p], x);
      for (int q = 0; q < orbit->nsites; q++) {
        const double d[3] = {x[0] - orbit->frac[q][0], x[1] - orbit->frac[q][1], x[2] - orbit->frac[q][2]};
        int image[3];
        nearest = fmin(nearest, lattice_nearest(&host->cell, d, image, NULL));
      }
      assert_true(sqrt(nearest) < 1e-9);
      double best = INFINITY;
      for (int q = 0; q < n; q++) {
        const double d[3] = {clean[q][0] - orbit->frac[p][0], clean[q][1] - orbit->frac[p][1],
                             clean[q][2] - orbit->frac[p][2]};
        int image[3];
        best = fmin(best, lattice_nearest(&host->cell, d, image, NULL));
      }
      assert_true(sqrt(best) < 0.06);
    }
  }
  assert_true(isfinite(site_orbits_closest(&list, &host->cell)));
  site_orbits_free(&list);
  symmetry_free(&s);
}

/* bcc: octahedral sites 6b, tetrahedral 12d. */
static void body_centred(void **state) {
  (void)state;
  const double bcc[2][3] = {{0, 0, 0}, {.5, .5, .5}}, at[2][3] = {{0, .5, .5}, {.25, 0, .5}};
  const int size[2] = {6, 12};
  const char *const letter[2] = {"6b", "12d"};
  crystal host = host_of(4.0, 2, bcc);
  find_orbits(&host, 2, at, size, letter);
  crystal_free(&host);
}

/* Diamond with the atoms on 8a (the first origin of the tables): the tetrahedral void 8b, the hexagonal one 16d, the
 * middle of a bond 16c. */
static void diamond(void **state) {
  (void)state;
  const double si[8][3] = {{0, 0, 0},       {0, .5, .5},     {.5, 0, .5},     {.5, .5, 0},
                           {.25, .25, .25}, {.25, .75, .75}, {.75, .25, .75}, {.75, .75, .25}};
  const double at[3][3] = {{.5, .5, .5}, {.625, .625, .625}, {.125, .125, .125}};
  const int size[3] = {8, 16, 16};
  const char *const letter[3] = {"8b", "16d", "16c"};
  crystal host = host_of(5.43, 8, si);
  find_orbits(&host, 3, at, size, letter);
  crystal_free(&host);
}

/* Li13Si4 from the examples: Pbam, and its seven sites where the comment of the file has them. */
static void li13si4(void **state) {
  (void)state;
  static const char *const letter[7] = {"2c", "4g", "4g", "4g", "4h", "4h", "4h"};
  crystal all, host = {0};
  lisi_error err = {0};
  char path[1000];
  (void)snprintf(path, sizeof path, "%s/examples/Li13Si4/sites.yaml", LISI_SOURCE_DIR);
  assert_int_equal(structure_load(path, "Li", 0, NULL, &all, &err), LISI_OK);
  assert_int_equal(all.natoms, 34);
  host.cell = all.cell;
  double li[26][3], frac[34][3];
  int n = 0, kind[34];
  for (int k = 0; k < all.natoms; k++) {
    memcpy(frac[k], all.atom[k].frac, sizeof frac[k]);
    kind[k] = strcmp(all.atom[k].species, "Li") == 0;
    if (kind[k])
      memcpy(li[n++], all.atom[k].frac, sizeof li[0]);
    else
      assert_int_equal(crystal_add(&host, all.atom[k].species, NULL, all.atom[k].frac, &err), LISI_OK);
  }
  assert_int_equal(n, 26);
  symmetry s;
  site_orbits list = {0};
  int number;
  char symbol[12];
  assert_int_equal(symmetry_find(&all.cell, 34, (const double(*)[3])frac, kind, 0.05, &s, &err), LISI_OK);
  assert_int_equal(s.number, 55);
  assert_int_equal(site_orbits_build(&s, &all.cell, n, (const double(*)[3])li, 0.1, &list, NULL, &err), LISI_OK);
  assert_int_equal(list.norbits, 7);
  assert_int_equal(site_orbits_wyckoff(&list, &host, &number, symbol, &err), LISI_OK);
  assert_string_equal(symbol, "Pbam");
  for (int k = 0; k < 7; k++) {
    char position[16];
    (void)snprintf(position, sizeof position, "%d%c", list.orbit[k].position.multiplicity,
                   list.orbit[k].position.letter);
    assert_string_equal(position, letter[k]);
    assert_int_equal(list.orbit[k].nsites, k == 0 ? 2 : 4);
  }
  site_orbits_name(&list);
  assert_string_equal(list.orbit[0].label, "2c");
  assert_string_equal(list.orbit[1].label, "4g-1");
  assert_string_equal(list.orbit[6].label, "4h-3");
  const char *species[2];
  double distance[2];
  assert_int_equal(site_neighbours(&host, list.orbit[0].frac[0], 2, species, distance), 2);
  assert_string_equal(species[0], "Si");
  assert_true(fabs(distance[0] - distance[1]) < 1e-9 && fabs(distance[0] - 2.51) < 0.05); /* 2/m: two alike */
  site_orbits_free(&list);
  symmetry_free(&s);
  crystal_free(&all);
  crystal_free(&host);
}

/* Two sites, four blocks of 10 frames, two cells folded into one: site 1 has 1.5 atoms in each frame of the first two
 * blocks and 2 later; site 2 the rest of 2 atoms in all. */
static void occupancies(void **state) {
  (void)state;
  const double H[3][3] = {{6, 0, 0}, {0, 3, 0}, {0, 0, 3}};
  symmetry one;
  site_density d;
  site_orbits list = {0};
  lisi_error err = {0};
  lattice cell;
  assert_int_equal(lattice_from_rows(H, &cell, &err), LISI_OK);
  assert_int_equal(symmetry_identity(&one, &err), LISI_OK);
  assert_int_equal(site_density_create(&cell, 0.25, &one, 4, &d, &err), LISI_OK);
  const double place[2][3] = {{0, 0, 0}, {0.5, 0, 0}}, near[2][3] = {{0.0833333333, 0, 0}, {0.5, 0, 0}};
  assert_int_equal(site_orbits_build(&one, &cell, 2, place, 0.1, &list, NULL, &err), LISI_OK);
  assert_int_equal(list.norbits, 2);
  for (int b = 0; b < 4; b++)
    for (int k = 0; k < 20; k++)
      site_density_add(&d, b, near[b < 2 && k >= 15]);
  const long frames[4] = {10, 10, 10, 10};
  assert_int_equal(site_orbits_occupy(&list, &d, frames, 2, &err), LISI_OK);
  /* atoms per frame, cell and site: 15/10/2 = .75 and 1 */
  assert_true(fabs(list.orbit[0].occupancy - 0.875) < 1e-12);
  assert_true(fabs(list.orbit[1].occupancy - 0.125) < 1e-12);
  const double error = sqrt(4 * 0.125 * 0.125 / 4 / 3);
  assert_true(fabs(list.orbit[0].occupancy_error - error) < 1e-12);
  assert_true(fabs(list.orbit[1].occupancy_error - error) < 1e-12);
  assert_true(fabs(list.orbit[0].spread - 0.5) < 1e-6 && list.orbit[1].spread == 0.0);
  site_orbits_free(&list);
  site_density_free(&d);
  symmetry_free(&one);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(body_centred), cmocka_unit_test(diamond),
                                     cmocka_unit_test(li13si4), cmocka_unit_test(occupancies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
