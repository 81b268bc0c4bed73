/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of reference data on frames of a pair potential, which are right, and with one thing made wrong: each check
 * with data on both sides of its limit. And on the data that ship: not a word. */
#include "fit_check.h"
#include "fit_neighbors.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double hartree = 27.211386245988, bohr = 0.529177210903;
static uint64_t random_state = 4711;

static double uniform(double lo, double hi) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return lo + (hi - lo) * ((double)(random_state >> 11) * 0x1p-53);
}

/* A Morse function that goes smoothly to zero at 6 Angstrom, and its derivative. */
static double pair(double r, double *slope) {
  const double d = 0.3, a = 1.2, r0 = 2.7, rc = 6, x = exp(-a * (r - r0)), u = 1 - r / rc;
  const double phi = d * (x * x - 2 * x), dphi = d * a * (2 * x - 2 * x * x);
  *slope = dphi * u * u * u - 3 * phi * u * u / rc;
  return phi * u * u * u;
}

/* Energy, forces, virial of a frame; an energy for each atom of its own, so that zeros matter. */
static void evaluate(const xyz_set *set, xyz_frame *f) {
  fit_neighbors list;
  lisi_error err = {0};
  assert_int_equal(fit_neighbors_find(set, f, 6, &list, &err), LISI_OK);
  f->energy = 0;
  memset(f->force, 0, 3 * (size_t)f->natoms * sizeof *f->force);
  memset(f->virial, 0, sizeof f->virial);
  for (int i = 0; i < f->natoms; i++) {
    f->energy += f->species[i] == 0 ? -203 : -106;
    for (int k = list.first[i]; k < list.first[i + 1]; k++) {
      const double *r = list.rij[k], d = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
      double slope;
      f->energy += 0.5 * pair(d, &slope);
      for (int c = 0; c < 3; c++) {
        f->force[3 * i + c] += slope * r[c] / d;
        for (int e = 0; e < 3; e++)
          f->virial[3 * c + e] -= 0.5 * slope * r[c] * r[e] / d;
      }
    }
  }
  f->has_energy = f->has_virial = true;
  fit_neighbors_free(&list);
}

/* n rattled body-centred cells of 16 atoms, nsi of them Si, strained at random by up to `strain`. */
static xyz_set *make(const char *name, const char *group, int n, int nsi, double strain) {
  xyz_set *set = calloc(1, sizeof *set);
  lisi_error err = {0};
  int li, si;
  set->name = strdup(name);
  assert_int_equal(xyz_set_species(set, "Li", &li, &err), LISI_OK);
  assert_int_equal(xyz_set_species(set, "Si", &si, &err), LISI_OK);
  set->nframes = n;
  set->frame = calloc((size_t)n, sizeof *set->frame);
  for (int k = 0; k < n; k++) {
    xyz_frame *f = &set->frame[k];
    f->natoms = 16;
    f->line = 2 + 18 * k;
    f->pbc[0] = f->pbc[1] = f->pbc[2] = true;
    strcpy(f->group, group);
    f->species = calloc(16, sizeof *f->species);
    f->pos = calloc(48, sizeof *f->pos);
    f->force = calloc(48, sizeof *f->force);
    for (int c = 0; c < 9; c++)
      f->cell[c] = 6.4 * ((c % 4 == 0) + uniform(-strain, strain));
    for (int i = 0; i < 16; i++) {
      const double frac[3] = {0.5 * (i & 1) + 0.25 * (i >> 3), 0.5 * (i >> 1 & 1) + 0.25 * (i >> 3),
                              0.5 * (i >> 2 & 1) + 0.25 * (i >> 3)};
      f->species[i] = i < nsi;
      for (int c = 0; c < 3; c++)
        f->pos[3 * i + c] =
            frac[0] * f->cell[c] + frac[1] * f->cell[3 + c] + frac[2] * f->cell[6 + c] + uniform(-0.08, 0.08);
    }
    evaluate(set, f);
  }
  return set;
}

/* Everything times a factor. */
typedef struct {
  double energy, shift, force, virial, length;
} factors;
static const factors as_it_is = {1, 0, 1, 1, 1};

static void change(xyz_set *set, factors x) {
  for (int k = 0; k < set->nframes; k++) {
    xyz_frame *f = &set->frame[k];
    f->energy = f->energy * x.energy + x.shift * f->natoms;
    for (int i = 0; i < 3 * f->natoms; i++) {
      f->force[i] *= x.force;
      f->pos[i] *= x.length;
    }
    for (int c = 0; c < 9; c++) {
      f->virial[c] *= x.virial;
      f->cell[c] *= x.length;
    }
  }
}

static const double isolated[2] = {-201.5, -103.2};
static char names[2][4] = {"Li", "Si"};

static bool b_own_zero; /* of the second set */

/* The check of up to three sets (NULL: none; the last one is for testing), which are freed. `expected` has to stand in
 * the message of an error (fails) or among the warnings; NULL: nothing is to be said. */
static void checked(int line, xyz_set *a, xyz_set *b, xyz_set *test, const double *E0, bool fails,
                    const char *expected) {
  fit_check_set set[3];
  int n = 0;
  if (a)
    set[n++] = (fit_check_set){a, false, false};
  if (b)
    set[n++] = (fit_check_set){b, false, b_own_zero};
  if (test)
    set[n++] = (fit_check_set){test, true, false};
  const fit_check_atoms atoms = {2, names, E0};
  char *text = NULL;
  size_t size;
  FILE *warnings = open_memstream(&text, &size);
  lisi_error err = {0};
  const lisi_status status = fit_check(set, n, &atoms, warnings, &err);
  fclose(warnings);
  if ((status != LISI_OK) != fails)
    fail_msg("line %d: status %d: %s; warnings: %s", line, status, err.message, text);
  if (fails && !strstr(err.message, expected))
    fail_msg("line %d: '%s' does not say '%s'", line, err.message, expected);
  if (!fails && expected && !strstr(text, expected))
    fail_msg("line %d: '%s' does not say '%s'", line, text, expected);
  if (!fails && !expected && *text)
    fail_msg("line %d: false alarm: %s", line, text);
  free(text);
  for (int k = 0; k < n; k++)
    xyz_free((xyz_set *)set[k].set);
}
#define SILENT(a, b, test, E0) checked(__LINE__, a, b, test, E0, false, NULL)
#define WARNS(a, b, test, E0, text) checked(__LINE__, a, b, test, E0, false, text)
#define FAILS(a, b, test, E0, text) checked(__LINE__, a, b, test, E0, true, text)

static xyz_set *changed(xyz_set *set, factors x) {
  change(set, x);
  return set;
}
/* Three compositions in one file. */
static xyz_set *joined(xyz_set *a, xyz_set *b) {
  a->frame = realloc(a->frame, (size_t)(a->nframes + b->nframes) * sizeof *a->frame);
  memcpy(a->frame + a->nframes, b->frame, (size_t)b->nframes * sizeof *b->frame);
  for (int k = 0; k < b->nframes; k++)
    a->frame[a->nframes + k].line += 18 * a->nframes;
  a->nframes += b->nframes;
  b->nframes = 0;
  xyz_free(b);
  return a;
}
static xyz_set *mixture(const char *name) {
  return joined(joined(make(name, "Li", 4, 0, 0.02), make(name, "LiSi", 6, 8, 0.02)), make(name, "Si", 4, 16, 0.02));
}

static void good_data(void **state) {
  (void)state;
  SILENT(mixture("a.xyz"), NULL, NULL, NULL);
  SILENT(mixture("a.xyz"), mixture("b.xyz"), mixture("t.xyz"), isolated);
  SILENT(make("a.xyz", "Li", 5, 0, 0), make("b.xyz", "Si", 5, 16, 0), NULL, isolated);
  SILENT(make("a.xyz", "x", 1, 3, 0), NULL, NULL, isolated);
  SILENT(NULL, NULL, NULL, NULL);
}

static void energy_units(void **state) {
  (void)state;
  factors x = as_it_is;
  x.energy = 1 / hartree;
  x.force = 0; /* so that the work of the forces has no say */
  x.virial = 0;
  FAILS(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL,
        "b.xyz:2: the energies of file 'b.xyz' look like hartree");
  FAILS(changed(mixture("a.xyz"), x), mixture("b.xyz"), mixture("t.xyz"), isolated,
        "of file 'a.xyz' look like hartree");
  FAILS(changed(mixture("a.xyz"), x), NULL, NULL, isolated,
        "of file 'a.xyz' look like hartree instead of eV: they are ");
  FAILS(mixture("a.xyz"), NULL, changed(mixture("t.xyz"), x), NULL, "of file 't.xyz' look like hartree");
  /* one group of a file */
  FAILS(joined(mixture("a.xyz"), changed(make("a.xyz", "ha", 2, 8, 0), x)), NULL, NULL, NULL,
        "a.xyz:254: the energies of config_type 'ha' look like hartree");
  x.energy *= 2;
  FAILS(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL, "of file 'b.xyz' look like rydberg");
  /* Another factor is another zero. */
  x.energy = 0.8;
  FAILS(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL, "different zeros");
}

static void zeros(void **state) {
  (void)state;
  factors x = as_it_is;
  static const struct {
    double shift;
    int level;
  } cases[] = {{1.5, 0}, {-1.5, 0}, {3.5, 1}, {-3.5, 1}, {9, 1}, {11.5, 2}, {-100, 2}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    x.shift = cases[k].shift;
    if (cases[k].level == 0)
      SILENT(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL);
    else if (cases[k].level == 1)
      WARNS(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL, "`zero: fit` for this data set");
    else
      FAILS(mixture("a.xyz"), changed(mixture("b.xyz"), x), NULL, NULL, "have different zeros");
  }
  /* Three files: the one that stands apart is named, not the others. */
  x.shift = 30;
  FAILS(mixture("a.xyz"), mixture("b.xyz"), changed(mixture("t.xyz"), x), NULL,
        "of file 't.xyz' and of the other frames");
  FAILS(changed(mixture("a.xyz"), x), mixture("b.xyz"), mixture("t.xyz"), NULL,
        "of file 'a.xyz' and of the other frames");
  /* where that is known, nothing is to be said */
  b_own_zero = true;
  SILENT(mixture("a.xyz"), changed(mixture("b.xyz"), (factors){1, 6.0, 1, 1, 1}), NULL, NULL);
  b_own_zero = false;
  /* Files without a common element, or without enough compositions, have no common zero to be compared. */
  SILENT(make("a.xyz", "Li", 5, 0, 0), changed(make("b.xyz", "Si", 5, 16, 0), x), NULL, NULL);
  SILENT(make("a.xyz", "x", 5, 4, 0), changed(make("b.xyz", "Si", 5, 16, 0), x), NULL, NULL);
  /* against E0: cohesion of 1.6 eV, and of 31 */
  SILENT(mixture("a.xyz"), NULL, NULL, isolated);
  x.shift = -30;
  WARNS(changed(mixture("a.xyz"), x), NULL, NULL, isolated, "eV/atom from those of the atoms in E0");
  SILENT(changed(mixture("a.xyz"), x), NULL, NULL, NULL);
  /* Isolated atoms and close pairs are anywhere, and are not compared. */
  xyz_set *atoms = make("b.xyz", "atom", 2, 0, 0);
  for (int k = 0; k < 2; k++) {
    xyz_frame *f = &atoms->frame[k];
    f->natoms = 1;
    f->force[0] = f->force[1] = f->force[2] = 0;
    f->energy = -190 + k;
    for (int c = 0; c < 9; c++)
      f->cell[c] = c % 4 == 0 ? 20 + k : 0;
  }
  SILENT(mixture("a.xyz"), atoms, NULL, isolated);
}

static void forces(void **state) {
  (void)state;
  factors x = as_it_is;
  static const struct {
    double factor;
    const char *text;
    bool fails;
  } cases[] = {
      {-1, "b.xyz:2: the forces of this file have the wrong sign", true},
      {0, NULL, false},
      {0.85, NULL, false},
      {1.2, NULL, false},
      {2.5, "b.xyz: the forces do not belong to the energies", false},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    x.force = cases[k].factor;
    xyz_set *b = changed(make("b.xyz", "x", 12, 5, 0), x);
    if (cases[k].fails)
      FAILS(mixture("a.xyz"), b, NULL, isolated, cases[k].text);
    else if (cases[k].text)
      WARNS(mixture("a.xyz"), b, NULL, isolated, cases[k].text);
    else
      SILENT(mixture("a.xyz"), b, NULL, isolated);
  }
  x.force = bohr / hartree;
  FAILS(changed(make("b.xyz", "x", 12, 5, 0), x), NULL, NULL, NULL, "look like hartree/bohr instead of eV/Angstrom");
  x.force = 2 * bohr / hartree;
  FAILS(changed(make("b.xyz", "x", 12, 5, 0), x), NULL, NULL, NULL, "look like rydberg/bohr");
  x.energy = 1 / hartree;
  x.force = 1;
  FAILS(changed(make("b.xyz", "x", 12, 5, 0), x), NULL, NULL, NULL, "fit to energies in hartree");
  x.force = bohr / hartree;
  FAILS(changed(make("b.xyz", "x", 12, 5, 0), x), NULL, NULL, NULL, "energies in hartree, and look like hartree/bohr");
  /* Too few pairs to say anything: 3 of 3 frames. */
  x = as_it_is;
  x.force = -1;
  SILENT(changed(make("b.xyz", "x", 3, 5, 0), x), NULL, NULL, NULL);
  FAILS(changed(make("b.xyz", "x", 4, 5, 0), x), NULL, NULL, NULL, "wrong sign");
}

static void virials(void **state) {
  (void)state;
  factors x = as_it_is;
  SILENT(make("b.xyz", "x", 12, 5, 0.02), NULL, NULL, NULL);
  x.virial = 1.15;
  SILENT(changed(make("b.xyz", "x", 12, 5, 0.02), x), NULL, NULL, NULL);
  x.virial = -1;
  FAILS(changed(make("b.xyz", "x", 12, 5, 0.02), x), NULL, NULL, NULL,
        "b.xyz:2: the virials of this file have the wrong sign");
  x.virial = 10;
  WARNS(changed(make("b.xyz", "x", 12, 5, 0.02), x), NULL, NULL, NULL, "the virials do not belong to the energies");
}

static void positions(void **state) {
  (void)state;
  factors x = as_it_is;
  x.length = 1 / bohr;
  WARNS(changed(make("b.xyz", "x", 3, 5, 0), x), NULL, NULL, NULL, "b.xyz: the shortest distance of a frame is 1.");
  x.length = 1.2;
  SILENT(changed(make("b.xyz", "x", 3, 5, 0), x), NULL, NULL, NULL);
  x.length = 0.1;
  WARNS(changed(make("b.xyz", "x", 3, 5, 0), x), NULL, NULL, NULL, "are the positions, and the cell, in Angstrom?");
  /* One frame of fractions; and one that is compressed but not within 1 Angstrom. */
  for (int k = 0; k < 2; k++) {
    xyz_set *set = make("b.xyz", "x", 4, 5, 0);
    for (int i = 0; i < 48; i++)
      set->frame[2].pos[i] = fabs(set->frame[2].pos[i]) / (k ? 4.4 : 6.4);
    if (k)
      SILENT(set, NULL, NULL, NULL);
    else
      FAILS(set, NULL, NULL, NULL, "b.xyz:38: the positions look like fractions of the cell");
  }
  /* Two atoms of a small cell may well lie between 0 and 1. */
  xyz_set *small = make("b.xyz", "x", 1, 0, 0);
  small->frame[0].natoms = 2;
  for (int c = 0; c < 9; c++)
    small->frame[0].cell[c] = c % 4 == 0 ? 3.4 : 0;
  for (int i = 0; i < 6; i++)
    small->frame[0].pos[i] = i < 3 ? 0 : 1;
  evaluate(small, &small->frame[0]);
  SILENT(small, NULL, NULL, NULL);
}

static void copy_frame(xyz_frame *to, const xyz_frame *from, double moved) {
  for (int i = 0; i < 48; i++) {
    to->pos[i] = from->pos[i];
    to->force[i] = from->force[i];
  }
  memcpy(to->cell, from->cell, sizeof to->cell);
  memcpy(to->virial, from->virial, sizeof to->virial);
  to->energy = from->energy;
  to->pos[20] += moved;
}

static void twins(void **state) {
  (void)state;
  static const struct {
    double moved;
    bool same;
  } cases[] = {{0, true}, {5e-5, true}, {3e-4, false}};
  for (int k = 0; k < 3; k++) {
    xyz_set *a = make("a.xyz", "x", 5, 5, 0.01), *b = make("b.xyz", "x", 5, 5, 0.01),
            *t = make("t.xyz", "x", 5, 5, 0.01);
    copy_frame(&a->frame[3], &a->frame[1], cases[k].moved);
    checked(__LINE__, a, NULL, NULL, NULL, false,
            cases[k].same ? "a.xyz:56: the same structure as a.xyz:20; 1 such pairs in all" : NULL);
    a = make("a.xyz", "x", 5, 5, 0.01);
    copy_frame(&b->frame[0], &a->frame[4], cases[k].moved);
    checked(__LINE__, a, b, NULL, NULL, false, cases[k].same ? "b.xyz:2: the same structure as a.xyz:74" : NULL);
    a = make("a.xyz", "x", 5, 5, 0.01);
    copy_frame(&t->frame[2], &a->frame[1], cases[k].moved);
    checked(__LINE__, a, NULL, t, NULL, false,
            cases[k].same ? "t.xyz:38: this test frame is a training frame as well (a.xyz:20);" : NULL);
  }
  /* One structure, two energies. */
  for (int k = 0; k < 2; k++) {
    xyz_set *a = make("a.xyz", "x", 5, 5, 0.01);
    copy_frame(&a->frame[3], &a->frame[1], 0);
    a->frame[3].energy += k ? 0.0208 : 0.0144; /* of 16 atoms, limit 0.016 */
    WARNS(a, NULL, NULL, NULL, k ? "but an energy that differs by 0.0013 eV/atom" : "1 such pairs in all\n");
  }
  /* Other elements at the same places are another structure. */
  xyz_set *a = make("a.xyz", "x", 2, 5, 0.01);
  copy_frame(&a->frame[1], &a->frame[0], 0);
  a->frame[1].species[0] = 0;
  a->frame[1].energy -= 97;
  SILENT(a, NULL, NULL, NULL);
}

static void notes(void **state) {
  (void)state;
  xyz_set *a = make("a.xyz", "x", 2, 5, 0.01);
  a->notes = strdup("a.xyz: line 3: what the reader noted\n");
  WARNS(a, NULL, NULL, NULL, "what the reader noted\n");
}

/* The data of this project, and, where they are, of others. */
static void shipped(void **state) {
  (void)state;
  lisi_error err = {0};
  xyz_set *set[3];
  static const char *const name[] = {"train", "extra", "test"};
  for (int k = 0; k < 3; k++) {
    char path[500];
    snprintf(path, sizeof path, "%s/potentials/data/%s.xyz", LISI_SOURCE_DIR, name[k]);
    assert_int_equal(xyz_load(path, NULL, &set[k], &err), LISI_OK);
  }
  static const double E0[2] = {-201.715539, -102.424584}; /* of potentials/fit.yaml */
  SILENT(set[0], set[1], set[2], E0);
  for (int k = 0; k < 2; k++) {
    char path[500];
    snprintf(path, sizeof path, "%s/li-vasp-pbe/%s.xyz",
             getenv("LISI_DATA") ? getenv("LISI_DATA") : LISI_SOURCE_DIR "/../shared/data", k ? "train" : "test");
    FILE *there = fopen(path, "r");
    if (!there)
      continue;
    fclose(there);
    xyz_set *vasp;
    assert_int_equal(xyz_load(path, NULL, &vasp, &err), LISI_OK);
    SILENT(vasp, NULL, NULL, NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_data), cmocka_unit_test(energy_units), cmocka_unit_test(zeros),
      cmocka_unit_test(forces),    cmocka_unit_test(virials),      cmocka_unit_test(positions),
      cmocka_unit_test(twins),     cmocka_unit_test(notes),        cmocka_unit_test(shipped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
