/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of CP2K's output on the runs kept in tests/data/cp2k, and on those with lines changed, cut or left out. */
#include "cp2k_read.h"
#include "file_bytes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder_path[] = LISI_SOURCE_DIR "/tests/data/cp2k/";
static const double hartree = 27.211386245988, bohr = 0.529177210903, gpa = 160.2176634, volume = 3.4 * 3.5 * 3.9;

/* A folder in memory: the files kept, with changes. */
enum { MAX_FILES = 10 };
typedef struct {
  char *name, *text; /* text NULL: not there */
} file;
typedef struct {
  int n;
  file file[MAX_FILES];
} folder;

static char *kept(const char *name) {
  char path[sizeof folder_path + 100], *bytes = NULL;
  size_t size;
  lisi_error err = {0};
  snprintf(path, sizeof path, "%s%s", folder_path, name);
  if (file_bytes_read(path, 1 << 20, &bytes, &size, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return bytes;
}

static void put(folder *f, const char *name, char *text) {
  for (int k = 0; k < f->n; k++)
    if (!strcmp(f->file[k].name, name)) {
      free(f->file[k].text);
      f->file[k].text = text;
      return;
    }
  assert_true(f->n < MAX_FILES);
  f->file[f->n++] = (file){strdup(name), text};
}

static void clear(folder *f) {
  for (int k = 0; k < f->n; k++) {
    free(f->file[k].name);
    free(f->file[k].text);
  }
  f->n = 0;
}

/* Every occurrence of `from`; at least one has to be there. Frees text. */
static char *changed(char *text, const char *from, const char *to) {
  char *result = NULL;
  size_t size;
  int count = 0;
  FILE *out = open_memstream(&result, &size);
  const char *at = text;
  for (const char *hit; (hit = strstr(at, from)) != NULL; at = hit + strlen(from), count++) {
    fwrite(at, 1, (size_t)(hit - at), out);
    fputs(to, out);
  }
  fputs(at, out);
  fclose(out);
  free(text);
  if (!count)
    fail_msg("nothing to change: '%s'", from);
  return result;
}

static char *joined(char *a, char *b) {
  char *text = malloc(strlen(a) + strlen(b) + 1);
  strcpy(text, a);
  strcat(text, b);
  free(a);
  free(b);
  return text;
}

/* The part before the n-th occurrence (from 1) of `mark`. Frees text. */
static char *cut(char *text, const char *mark, int n) {
  char *at = text - 1;
  for (int k = 0; k < n; k++)
    if ((at = strstr(at + 1, mark)) == NULL)
      fail_msg("no %d times '%s'", n, mark);
  *at = '\0';
  return text;
}

static lisi_status get(void *context, const char *name, char **bytes, size_t *size, lisi_error *err) {
  (void)err;
  const folder *f = context;
  *bytes = NULL;
  for (int k = 0; k < f->n; k++)
    if (!strcmp(f->file[k].name, name) && f->file[k].text) {
      *size = strlen(f->file[k].text);
      *bytes = malloc(*size + 1);
      memcpy(*bytes, f->file[k].text, *size + 1);
    }
  return LISI_OK;
}

static lisi_status parse(folder *f, const char *output, bool skip, xyz_set **set, lisi_error *err) {
  memset(err, 0, sizeof *err);
  char *bytes = NULL;
  size_t size = 0;
  const cp2k_folder beside = {get, f};
  assert_int_equal(get(f, output, &bytes, &size, err), LISI_OK);
  assert_non_null(bytes);
  assert_true(cp2k_recognised(bytes, size));
  char *exact = malloc(size ? size : 1); /* without the zero at the end */
  memcpy(exact, bytes, size);
  free(bytes);
  lisi_status status = cp2k_parse(exact, size, output, &beside, skip, set, err);
  free(exact);
  return status;
}

static xyz_set *good(folder *f, const char *output, bool skip) {
  xyz_set *set;
  lisi_error err;
  if (parse(f, output, skip, &set, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return set;
}

static void bad(folder *f, const char *output, bool skip, const char *expected) {
  xyz_set *set = (xyz_set *)&set;
  lisi_error err;
  lisi_status status = parse(f, output, skip, &set, &err);
  if (status != LISI_ERR_INPUT && status != LISI_ERR_UNSUPPORTED)
    fail_msg("status %d for what should say '%s'", status, expected);
  assert_null(set);
  if (!strstr(err.message, expected))
    fail_msg("'%s' does not say '%s'", err.message, expected);
}

#define near(a, b, tolerance)                                                                                          \
  do {                                                                                                                 \
    const double a_ = (a), b_ = (b);                                                                                   \
    if (!(fabs(a_ - b_) <= (tolerance)))                                                                               \
      fail_msg("line %d: %.12g is not %.12g", __LINE__, a_, b_);                                                       \
  } while (0)

static const double force_au[6] = {-0.03275455, 0.00011003, -0.00752633, -0.00112369, 0.00082362, 0.00555568};
static const double stress_gpa[9] = {-5.24030232924E+01, 5.77125734004E+00, -1.35093024010E-01,
                                     5.77125734004E+00,  1.17198675416E+01, 6.69299111742E-01,
                                     -1.35093024010E-01, 6.69299111742E-01, 5.79191003875E+01};

/* The frame of low.out, whatever it was read from; position digits as given. */
static void is_the_frame(const xyz_set *set, const xyz_frame *f, const char *group) {
  static const double pos[6] = {0.05, 0, 0.1, 1.75, 1.7, 1.95}, cell[9] = {3.4, 0, 0, 0.2, 3.5, 0, 0, 0.1, 3.9};
  assert_int_equal(f->natoms, 2);
  assert_string_equal(set->symbol[f->species[0]], "Li");
  assert_string_equal(set->symbol[f->species[1]], "Si");
  assert_string_equal(f->group, group);
  assert_true(f->has_energy && f->has_virial && f->pbc[0] && f->pbc[1] && f->pbc[2]);
  near(f->energy, -11.130934122993693 * hartree, 1e-10);
  for (int k = 0; k < 6; k++) {
    near(f->pos[k], pos[k], 1e-14);
    near(f->force[k], force_au[k] * hartree / bohr, 1e-12);
  }
  for (int k = 0; k < 9; k++) {
    near(f->cell[k], cell[k], 1e-14);
    near(f->virial[k], stress_gpa[k] * volume / gpa, 1e-10);
  }
}

/* ---- single points ---- */

static void single_point(void **state) {
  (void)state;
  folder f = {0};
  put(&f, "low.inp", kept("low.inp"));
  put(&f, "low.out", kept("low.out"));
  put(&f, "low2025.out", kept("low2025.out"));
  put(&f, "medium.out", kept("medium.out"));
  static const char *const name[] = {"low.out", "low2025.out", "medium.out"};
  for (int k = 0; k < 3; k++) {
    xyz_set *set = good(&f, name[k], false);
    assert_int_equal(set->nframes, 1);
    is_the_frame(set, &set->frame[0], "tiny");
    assert_true(set->notes[0] == '\0');
    xyz_free(set);
  }
  /* The same through the files themselves. */
  char path[sizeof folder_path + 20];
  snprintf(path, sizeof path, "%slow.out", folder_path);
  xyz_set *set;
  lisi_error err = {0};
  assert_int_equal(xyz_load(path, NULL, &set, &err), LISI_OK);
  is_the_frame(set, &set->frame[0], "tiny");
  xyz_free(set);
  /* Outputs one after the other; the frame's line is that of its energy. */
  put(&f, "both.out", joined(kept("low.out"), kept("low2025.out")));
  set = good(&f, "both.out", false);
  assert_int_equal(set->nframes, 2);
  is_the_frame(set, &set->frame[0], "tiny");
  is_the_frame(set, &set->frame[1], "tiny");
  assert_int_equal(set->frame[0].line, 9);
  assert_true(set->frame[1].line > set->frame[0].line + 10);
  xyz_free(set);
  clear(&f);
}

static void no_stress_and_units(void **state) {
  (void)state;
  folder f = {0};
  put(&f, "low.inp", kept("low.inp"));
  put(&f, "a.out", joined(cut(kept("low.out"), " STRESS|", 1), strdup(" PROGRAM ENDED AT\n")));
  xyz_set *set = good(&f, "a.out", false);
  assert_false(set->frame[0].has_virial);
  xyz_free(set);
  put(&f, "a.out", changed(changed(kept("low2025.out"), "[hartree/bohr]", "[eV/angstrom]"), "[hartree]", "[eV]"));
  set = good(&f, "a.out", false);
  near(set->frame[0].energy, -11.130934122993693, 1e-12);
  near(set->frame[0].force[0], force_au[0], 1e-15);
  near(set->frame[0].virial[4], stress_gpa[4] * volume / gpa, 1e-10);
  xyz_free(set);
  put(&f, "a.out", changed(kept("low2025.out"), "[hartree/bohr]", "[furlong]"));
  bad(&f, "a.out", false, "a.out:10: forces in a unit that is not known");
  put(&f, "a.out", changed(kept("low2025.out"), "[hartree]", "[kcalmol]"));
  bad(&f, "a.out", false, "a.out:9: expected the energy in [hartree]");
  put(&f, "a.out", changed(kept("low2025.out"), "[bar]", "[psi]"));
  bad(&f, "a.out", false, "stress in a unit");
  /* The gap and the free energy of newer versions are other lines. */
  put(&f, "a.out",
      changed(kept("low2025.out"), " FORCES| Atomic",
              " ENERGY| Total FORCE_EVAL ( QS ) gap [hartree]  1.0\n ENERGY| Total FORCE_EVAL ( QS ) free energy "
              "[hartree]  -12.0\n FORCES| Atomic"));
  set = good(&f, "a.out", false);
  is_the_frame(set, &set->frame[0], "tiny");
  xyz_free(set);
  clear(&f);
}

static void where_the_atoms_are(void **state) {
  (void)state;
  static const char xyz[] = "2\nconfig_type=rattled source=x\nLi 0.05 0.0 0.1\nSi 1.75 1.70 1.95\n";
  static const char coord[] = "    &COORD\n      Li 0.05 0.0 0.1\n      Si 1.75 1.70 1.95\n    &END COORD\n";
  folder f = {0};
  xyz_set *set;
  put(&f, "low.out", kept("low.out"));
  /* neither input nor table */
  bad(&f, "low.out", false, "low.out:9: no positions: there is no table ATOMIC COORDINATES");
  bad(&f, "low.out", false, "of the input 'low.inp': its input is not beside it");
  /* another file, of which CP2K takes the last frame; its config_type is that of the frame */
  put(&f, "low.inp",
      changed(kept("low.inp"), coord,
              "&topology\n coord_file_format xyz ! a comment\n COORD_FILE_NAME at.xyz\n&END\n"));
  bad(&f, "low.out", false, "its coordinate file 'at.xyz' is not there");
  put(&f, "at.xyz", strdup(xyz));
  set = good(&f, "low.out", false);
  is_the_frame(set, &set->frame[0], "rattled");
  xyz_free(set);
  put(&f, "at.xyz", joined(strdup("2\n\nLi 9 9 9\nSi 8 8 8\n"), strdup(xyz)));
  set = good(&f, "low.out", false);
  is_the_frame(set, &set->frame[0], "rattled");
  xyz_free(set);
  put(&f, "at.xyz", strdup("2\n\nSi 0.05 0.0 0.1\nLi 1.75 1.70 1.95\n"));
  bad(&f, "low.out", false, "atom 1 is Li in the table of forces and Si in at.xyz");
  put(&f, "at.xyz", strdup("1\n\nLi 0.05 0.0 0.1\n"));
  bad(&f, "low.out", false, "2 forces, but 1 atoms in at.xyz");
  put(&f, "at.xyz", strdup("2\n\nLi 0.05 0.0 0.1\nSi 1 2\n"));
  bad(&f, "low.out", false, "at.xyz:4: expected an element");
  put(&f, "low.inp", changed(strdup(f.file[1].text), "format xyz", "format cif"));
  bad(&f, "low.out", false, "is in the format 'CIF', only XYZ is read");
  clear(&f);
}

static void inputs(void **state) {
  (void)state;
  static const char li[] = "Li 0.05 0.0 0.1", si[] = "Si 1.75 1.70 1.95";
  folder f = {0};
  xyz_set *set;
  put(&f, "low.out", kept("low.out"));
  static const struct {
    const char *from, *to;
  } same[] = {
      {"    &CELL\n", "&cell\n PERIODIC XYZ\n SYMMETRY TRICLINIC\n"},
      {"A 3.4 0.0 0.0", "A [angstrom] 3.4 0.0 0.0"},
      {"A 3.4 0.0 0.0", "A [nm] 0.34 0.0D0 0.0"},
      {"Li 0.05 0.0 0.1", "UNIT angstrom\n Li 0.05 0.0 0.1 MOL1"},
      {"&GLOBAL", "@SET Z 0.1\n&GLOBAL"},
      {"Li 0.05 0.0 0.1", "@set Z 0.1\n Li 5.0E-2 0.0 ${Z}"},
      {"Li 0.05 0.0 0.1", "@set Z 0.1\n Li 5.0E-2 0.0 $Z"},
      {"Li 0.05 0.0 0.1", "LI1 5.0E-2 0.0 0.1"},
      {"&COORD", "&COORD # here they are"},
  };
  for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
    put(&f, "low.inp", changed(kept("low.inp"), same[k].from, same[k].to));
    set = good(&f, "low.out", false);
    is_the_frame(set, &set->frame[0], "tiny");
    xyz_free(set);
  }
  /* a kind that is called otherwise, in an included file */
  put(&f, "low.inp",
      changed(changed(changed(kept("low.inp"), li, "@include 'part.inc'"), si, ""), "&KIND Li",
              "&KIND ghost\n ELEMENT Li"));
  put(&f, "part.inc", strdup("ghost 0.05 0.0 0.1\nSi 1.75 1.70 1.95\n"));
  set = good(&f, "low.out", false);
  is_the_frame(set, &set->frame[0], "tiny");
  xyz_free(set);
  /* bohr */
  char line[100];
  snprintf(line, sizeof line, "UNIT bohr\n Li %.15g 0 %.15g", 0.05 / bohr, 0.1 / bohr);
  put(&f, "low.inp", changed(kept("low.inp"), li, line));
  snprintf(line, sizeof line, "Si %.15g %.15g %.15g", 1.75 / bohr, 1.70 / bohr, 1.95 / bohr);
  put(&f, "low.inp", changed(strdup(f.file[1].text), si, line));
  set = good(&f, "low.out", false);
  near(set->frame[0].pos[3], 1.75, 1e-13);
  near(set->frame[0].pos[2], 0.1, 1e-13);
  xyz_free(set);
  /* fractions of the cell: x = 0.5 a + 0.25 b + 0.1 c */
  put(&f, "low.inp", changed(kept("low.inp"), si, "SCALED\n Si 0.5 0.25 0.1"));
  set = good(&f, "low.out", false);
  near(set->frame[0].pos[3], 0.5 * 3.4 + 0.25 * 0.2, 1e-13);
  near(set->frame[0].pos[4], 0.25 * 3.5 + 0.1 * 0.1, 1e-13);
  near(set->frame[0].pos[5], 0.39, 1e-13);
  near(set->frame[0].pos[0], 0.05 * 3.4, 1e-13);
  xyz_free(set);
  /* lengths and angles: their scalar products */
  put(&f, "low.inp",
      changed(changed(changed(kept("low.inp"), "A 3.4 0.0 0.0", "ABC 3 4 5"), "B 0.2 3.5 0.0",
                      "ALPHA_BETA_GAMMA [deg] 80 75 110"),
              "C 0.0 0.1 3.9", "PERIODIC XY"));
  set = good(&f, "low.out", false);
  const double *h = set->frame[0].cell, degree = acos(-1.0) / 180;
  near(h[0] * h[0] + h[1] * h[1] + h[2] * h[2], 9, 1e-12);
  near(h[3] * h[3] + h[4] * h[4] + h[5] * h[5], 16, 1e-12);
  near(h[6] * h[6] + h[7] * h[7] + h[8] * h[8], 25, 1e-12);
  near(h[3] * h[6] + h[4] * h[7] + h[5] * h[8], 20 * cos(80 * degree), 1e-12);
  near(h[0] * h[6] + h[1] * h[7] + h[2] * h[8], 15 * cos(75 * degree), 1e-12);
  near(h[0] * h[3] + h[1] * h[4] + h[2] * h[5], 12 * cos(110 * degree), 1e-12);
  assert_true(h[1] == 0 && h[2] == 0 && h[5] == 0 && h[8] > 0 && !set->frame[0].pbc[2] && set->frame[0].pbc[1]);
  xyz_free(set);
  static const struct {
    const char *from, *to, *expected;
  } wrong[] = {
      {"Li 0.05 0.0 0.1", "Li 0.05 0.0", "low.inp:46: expected an element and three numbers"},
      {"Li 0.05 0.0 0.1", "Li 0.05 0.0 ${Z}", "low.inp:46: a variable that is not set"},
      {"Li 0.05 0.0 0.1", "@IF ( 1 == 1 )", "low.inp:46: a directive"},
      {"Li 0.05 0.0 0.1", "@INCLUDE other.inc", "low.inp:46: the file of this @INCLUDE"},
      {"Li 0.05 0.0 0.1", "UNIT parsec\nLi 0.05 0.0 0.1", "low.inp:46: a unit of length"},
      {"Li 0.05 0.0 0.1", "123 0.05 0.0 0.1", "'123' is no element"},
      {"A 3.4 0.0 0.0", "A 3.4 zero 0.0", "low.inp:41: expected three numbers"},
      {"A 3.4 0.0 0.0", "CELL_FILE_NAME cell.cif", "CELL_FILE_NAME"},
      {"A 3.4 0.0 0.0", "", "no cell"},
      {"A 3.4 0.0 0.0", "SYMMETRY HEXAGONAL\nA 3.4 0.0 0.0", "SYMMETRY"},
      {"A 3.4 0.0 0.0", "A 0.2 3.5 0.0", "low.out:9: the cell of this frame has no volume"},
      {"&FORCE_EVAL\n", "&EXT_RESTART\n RESTART_FILE_NAME x\n&END\n&FORCE_EVAL\n", "restart file"},
      {"&COORD", "&COORDS", "no &COORD"},
  };
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    char *text = kept("low.inp");
    /* what closes the last section has the same letters */
    text = changed(text, "&END FORCE_EVAL\n", "&END\n");
    text = changed(text, "&END COORD", "&END");
    put(&f, "low.inp", changed(text, wrong[k].from, wrong[k].to));
    bad(&f, "low.out", false, wrong[k].expected);
  }
  clear(&f);
}

/* The table of positions in the output: used without the input; the input's digits are finer, but only if it is the
 * same structure. */
/* medium.out with a cell along the axes, which is printed exactly enough to be used; not that of low.inp */
static char *along_axes(void) {
  char *text = changed(kept("medium.out"), "0.200     3.500     0.000   |b| =     3.505710",
                       "0.000     3.500     0.000   |b| =     3.499876");
  return changed(text, "0.000     0.100     3.900   |c| =     3.901282",
                 "0.000     0.000     3.900   |c| =     3.900123");
}

static void table_of_positions(void **state) {
  (void)state;
  folder f = {0};
  xyz_set *set;
  put(&f, "medium.out", kept("medium.out"));
  /* the cell is printed with three decimals, too few, unless its vectors lie along the axes */
  bad(&f, "medium.out", false, "no cell: the output has none that is printed exactly enough");
  put(&f, "medium.out", along_axes());
  set = good(&f, "medium.out", false);
  near(set->frame[0].cell[4], 3.499876, 1e-14);
  near(set->frame[0].cell[8], 3.900123, 1e-14);
  near(set->frame[0].pos[3], 1.75, 1e-14);
  xyz_free(set);
  put(&f, "medium.out", kept("medium.out"));
  put(&f, "low.inp", changed(kept("low.inp"), "Si 1.75 1.70", "Si 1.7500004 1.70"));
  set = good(&f, "medium.out", false);
  near(set->frame[0].pos[3], 1.7500004, 1e-14);
  assert_true(set->notes[0] == '\0');
  xyz_free(set);
  put(&f, "low.inp", changed(kept("low.inp"), "Si 1.75 1.70", "Si 1.76 1.70"));
  set = good(&f, "medium.out", false);
  near(set->frame[0].pos[3], 1.75, 1e-14);
  assert_non_null(strstr(set->notes, "the positions of low.inp are not those of the output"));
  xyz_free(set);
  /* Positions of another run, and nothing tells whether the cell is of this one. */
  put(&f, "medium.out", changed(kept("medium.out"), "CELL| Vector", "CELL| Side"));
  bad(&f, "medium.out", false, "its positions are not those of the output");
  /* The cell of another run. */
  put(&f, "medium.out", kept("medium.out"));
  put(&f, "low.inp", changed(kept("low.inp"), "B 0.2 3.5", "B 0.2 3.501"));
  bad(&f, "medium.out", false, "its cell is not that of the output");
  put(&f, "medium.out", along_axes());
  set = good(&f, "medium.out", false);
  near(set->frame[0].cell[4], 3.499876, 1e-14);
  assert_non_null(strstr(set->notes, "the cell and positions of low.inp are not those of the output"));
  xyz_free(set);
  clear(&f);
}

/* An input that was written anew for each run of a loop, whose outputs went into one file. */
static void one_input(void **state) {
  (void)state;
  folder f = {0};
  put(&f, "low.inp", kept("low.inp"));
  put(&f, "all.out", joined(kept("low.out"), changed(kept("low.out"), "-11.130934122993693", "-11.130934122993702")));
  xyz_set *set = good(&f, "all.out", false);
  assert_int_equal(set->nframes, 2);
  xyz_free(set);
  put(&f, "all.out", joined(kept("low.out"), changed(kept("low.out"), "-11.130934122993693", "-11.131034122993693")));
  bad(&f, "all.out", false, "the runs at lines 1 and 21 name the same input 'low.inp', but their energies differ");
  clear(&f);
}

static void refused(void **state) {
  (void)state;
  folder f = {0};
  xyz_set *set;
  put(&f, "low.inp", kept("low.inp"));
  put(&f, "u.out", kept("unconverged.out"));
  bad(&f, "u.out", false, "u.out:8: the SCF did not converge");
  bad(&f, "u.out", false, "--skip-unconverged");
  set = good(&f, "u.out", true);
  assert_int_equal(set->nframes, 0);
  assert_non_null(strstr(set->notes, "u.out: line 8: the SCF did not converge: left out"));
  xyz_free(set);
  put(&f, "u.out", joined(kept("unconverged.out"), kept("low.out")));
  bad(&f, "u.out", false, "u.out:8: the SCF did not converge");
  set = good(&f, "u.out", true);
  assert_int_equal(set->nframes, 1);
  is_the_frame(set, &set->frame[0], "tiny");
  xyz_free(set);
  /* newer versions end at once */
  put(&f, "u.out",
      changed(cut(kept("low.out"), " ENERGY|", 1), "*** SCF run converged in    13 steps ***",
              "* [ABORT]  SCF run NOT converged. To continue the calculation regardless,    *"));
  bad(&f, "u.out", false, "u.out:8: the SCF did not converge");
  /* one that was killed */
  put(&f, "u.out", cut(kept("low.out"), "PROGRAM ENDED", 1));
  bad(&f, "u.out", false, "u.out:9: the run did not end");
  set = good(&f, "u.out", true);
  assert_int_equal(set->nframes, 0);
  xyz_free(set);
  put(&f, "u.out", cut(kept("low.out"), "ENERGY|", 1));
  bad(&f, "u.out", false, "u.out:1: the run did not end");
  put(&f, "u.out", changed(kept("low.out"), "ATOMIC FORCES in", "ATOMIC in"));
  bad(&f, "u.out", false, "u.out:9: no table of forces follows");
  put(&f, "u.out", changed(kept("low.out"), "ENERGY|", "NRG|"));
  bad(&f, "u.out", true, "no line 'ENERGY|");
  put(&f, "u.out", changed(kept("low.out"), "0.00082362", "**********"));
  bad(&f, "u.out", true, "u.out:13: '**********' is no finite number");
  put(&f, "u.out", changed(kept("low.out"), "-11.130934122993693", "nan"));
  bad(&f, "u.out", true, "u.out:9: the energy 'nan'");
  put(&f, "u.out", changed(kept("low.out"), "ENERGY_FORCE", "BAND"));
  bad(&f, "u.out", true, "u.out:1: RUN_TYPE BAND");
  put(&f, "u.out",
      changed(kept("low.out"), "Environment number                                              1",
              "Environment number                                              2"));
  bad(&f, "u.out", true, "2 force environments");
  put(&f, "u.out", changed(kept("low.out"), "      2      2      Si  ", "      3      2      Si  "));
  bad(&f, "u.out", true, "no table of forces");
  /* the last line of the table is lost */
  put(&f, "u.out", changed(kept("low.out"), "      2      2      Si  ", " garbage "));
  bad(&f, "u.out", true, "no table of forces");
  clear(&f);
}

/* ---- trajectories ---- */

static const double md_energy[4] = {-11.130934122993693, -11.130277057626962, -11.130221566956259, -11.130501897305562};

static void put_md(folder *f) {
  static const char *const name[] = {"md.inp", "md.out", "tinymd-pos-1.xyz", "tinymd-frc-1.xyz", "tinymd-1.cell"};
  for (int k = 0; k < 5; k++)
    put(f, name[k], kept(name[k]));
}

static void md(void **state) {
  (void)state;
  folder f = {0};
  put_md(&f);
  xyz_set *set = good(&f, "md.out", false);
  assert_int_equal(set->nframes, 4);
  for (int k = 0; k < 4; k++)
    near(set->frame[k].energy, md_energy[k] * hartree, 1e-10);
  const xyz_frame *x = &set->frame[2];
  near(x->pos[0], 0.0871309457, 1e-15);
  near(x->pos[5], 1.9508016612, 1e-15);
  near(x->force[1], 0.0090529790 * hartree / bohr, 1e-13);
  near(x->force[5], 0.0052863117 * hartree / bohr, 1e-13);
  /* The static stress of the output, not that of the .stress file, which has the momenta in it. */
  near(x->virial[0], -5.45074756212E+01 * volume / gpa, 1e-10);
  near(x->virial[5], 5.25243747915E-01 * volume / gpa, 1e-10);
  near(x->cell[3], 0.2, 1e-15);
  assert_string_equal(x->group, "tinymd");
  assert_string_equal(x->other, "source=md.out step=2");
  assert_string_equal(set->symbol[x->species[1]], "Si");
  assert_true(set->notes[0] == '\0');
  xyz_free(set);
  /* Without the input and without the stress in the output: frames without virial, and the reason. */
  put(&f, "md.out", changed(kept("md.out"), "STRESS|", "STRAIN|"));
  put(&f, "md.inp", NULL);
  set = good(&f, "md.out", false);
  assert_int_equal(set->nframes, 4);
  assert_false(set->frame[1].has_virial);
  assert_non_null(strstr(set->notes, "4 steps have no virial"));
  assert_non_null(strstr(set->notes, "kinetic part"));
  xyz_free(set);
  /* Without the file of cells, the cell of the input; without both, an error; and with a varying cell always. */
  put(&f, "md.out", kept("md.out"));
  put(&f, "tinymd-1.cell", NULL);
  bad(&f, "md.out", false, "the file of cells 'tinymd-1.cell' is not beside the output, nor is the cell");
  put(&f, "md.inp", kept("md.inp"));
  set = good(&f, "md.out", false);
  near(set->frame[3].cell[7], 0.1, 1e-15);
  xyz_free(set);
  put(&f, "md.out", changed(kept("md.out"), "    NVT", "  NPT_F"));
  bad(&f, "md.out", false, "&MOTION/&PRINT/&CELL writes it");
  put(&f, "md.out", changed(kept("md.out"), "    NVT", "   MSST"));
  bad(&f, "md.out", false, "&MOTION/&PRINT/&CELL writes it");
  put(&f, "md.out", joined(kept("md.out"), changed(kept("md.out"), "    NVT", "  NPT_F")));
  bad(&f, "md.out", false, "&MOTION/&PRINT/&CELL writes it");
  put(&f, "md.out", changed(kept("md.out"), "    NVT", "REFTRAJ"));
  set = good(&f, "md.out", false);
  assert_int_equal(set->nframes, 4);
  xyz_free(set);
  put(&f, "md.inp", changed(kept("md.inp"), "ENSEMBLE NVT", "ENSEMBLE REFTRAJ\n&REFTRAJ\nVARIABLE_VOLUME\n&END"));
  bad(&f, "md.out", false, "&MOTION/&PRINT/&CELL writes it");
  clear(&f);
}

static void md_files(void **state) {
  (void)state;
  folder f = {0};
  xyz_set *set;
  put_md(&f);
  put(&f, "tinymd-frc-1.xyz", NULL);
  set = good(&f, "md.out", false); /* the output has them too, with fewer digits */
  assert_int_equal(set->nframes, 4);
  near(set->frame[2].force[1], 0.00905298 * hartree / bohr, 1e-12);
  xyz_free(set);
  put(&f, "md.out", changed(kept("md.out"), "ATOMIC FORCES", "ATOMIC"));
  bad(&f, "md.out", false, "the file of forces 'tinymd-frc-1.xyz' is not beside the output");
  put_md(&f);
  put(&f, "tinymd-pos-1.xyz", NULL);
  bad(&f, "md.out", false, "the file of positions 'tinymd-pos-1.xyz' is not beside");
  put_md(&f);
  static const char from[] = "&FORCES ON\n    &END FORCES\n    &CELL";
  put(&f, "md.inp", changed(kept("md.inp"), from, "&FORCES\n UNIT eV*angstrom^-1\n &END FORCES\n    &CELL"));
  bad(&f, "md.out", false,
      "step 0: the force on atom 1 is -1.684307 eV/Angstrom in the output and -0.032755 in the file");
  put(&f, "md.out", changed(kept("md.out"), "ATOMIC FORCES", "ATOMIC"));
  set = good(&f, "md.out", false);
  near(set->frame[2].force[1], 0.0090529790, 1e-15);
  xyz_free(set);
  put(&f, "md.inp", changed(kept("md.inp"), from, "&FORCES\n UNIT N\n &END FORCES\n    &CELL"));
  bad(&f, "md.out", false, "UNIT of positions or forces");
  /* A step that one file lacks is left out. */
  put_md(&f);
  put(&f, "tinymd-1.cell", cut(kept("tinymd-1.cell"), "       3 ", 1));
  set = good(&f, "md.out", false);
  assert_int_equal(set->nframes, 3);
  near(set->frame[2].energy, md_energy[2] * hartree, 1e-10);
  assert_non_null(strstr(set->notes, "1 steps of tinymd-pos-1.xyz are not in the file of cells"));
  xyz_free(set);
  clear(&f);
}

static void md_cut(void **state) {
  (void)state;
  folder f = {0};
  put_md(&f);
  put(&f, "md.out", changed(kept("md.out"), "ATOMIC FORCES", "ATOMIC"));
  char *whole = kept("tinymd-frc-1.xyz");
  /* Wherever it ends: the whole frames before, each as it was, never a number cut short. */
  for (size_t n = strlen(whole) - 1; n > 230; n--) {
    char *part = strdup(whole);
    part[n] = '\0';
    put(&f, "tinymd-frc-1.xyz", part);
    xyz_set *set = good(&f, "md.out", false);
    assert_int_equal(set->nframes, (int)(n / 200));
    near(set->frame[0].force[5], 0.0055556834 * hartree / bohr, 1e-13);
    xyz_free(set);
  }
  /* The same, and a restart appends step 3: the frame that was cut is not used, whether a line of its own follows or
   * the count sticks to what is left of a number. */
  const char *again = strstr(whole, "       2\n i =        2"), *third = strstr(whole, "       2\n i =        3");
  int used = 0;
  for (const char *stop = third - 1; stop > again; stop--)
    for (int newline = 0; newline < 1 + (*stop == '\n'); newline++) {
      char *text = NULL;
      size_t size;
      FILE *out = open_memstream(&text, &size);
      fwrite(whole, 1, (size_t)(stop - whole), out);
      fputs(newline ? "\n" : "", out);
      fputs(third, out);
      fclose(out);
      put(&f, "tinymd-frc-1.xyz", text);
      xyz_set *set;
      lisi_error err;
      /* Within the count or the title the file may be refused; other numbers it never gives. */
      if (parse(&f, "md.out", false, &set, &err) != LISI_OK) {
        assert_true(stop < strstr(again, "Li"));
        continue;
      }
      assert_true(set->nframes == 3 || (set->nframes == 4 && newline && stop == third - 1));
      near(set->frame[1].force[0], -0.0086566814 * hartree / bohr, 1e-13);
      near(set->frame[set->nframes - 1].force[5], 0.0049878312 * hartree / bohr, 1e-13);
      used++;
      xyz_free(set);
    }
  assert_true(used > 120);
  free(whole);
  put_md(&f);
  put(&f, "md.out", changed(kept("md.out"), "ATOMIC FORCES", "ATOMIC"));
  put(&f, "tinymd-frc-1.xyz", changed(kept("tinymd-frc-1.xyz"), "0.0090529790", "0.009052979O"));
  bad(&f, "md.out", false, "tinymd-frc-1.xyz:11: expected an element and three finite numbers");
  clear(&f);
}

/* A restarted run goes on in the same files: steps that come again are the later ones, an output knows its own. */
static void restarted(void **state) {
  (void)state;
  folder f = {0};
  put_md(&f);
  char *pos = kept("tinymd-pos-1.xyz"), *frc = kept("tinymd-frc-1.xyz");
  /* The later part has its steps 2 and 3 once more, with another energy, position and force for 3. */
  char *later_pos = strdup(strstr(pos, "       2\n i =        2")),
       *later_frc = strdup(strstr(frc, "       2\n i =        2"));
  later_pos = changed(changed(later_pos, "-11.1305018973", "-11.1305555555"), "0.1047322928", "0.2047322928");
  later_frc = changed(changed(later_frc, "-11.1305018973", "-11.1305555555"), "0.0153309129", "0.0163309129");
  /* The first part was killed in the middle of a frame. */
  frc[strlen(frc) - 30] = '\0';
  frc = joined(frc, strdup("\n"));
  char *restarted_pos = strdup(later_pos);
  put(&f, "tinymd-pos-1.xyz", joined(pos, later_pos));
  put(&f, "tinymd-frc-1.xyz", joined(frc, later_frc));
  xyz_set *set = good(&f, "md.out", false);
  assert_int_equal(set->nframes, 3); /* its step 3 is no longer in the files */
  assert_non_null(strstr(set->notes, "1 steps of tinymd-pos-1.xyz are not in this output"));
  xyz_free(set);
  char *later = changed(changed(kept("md.out"), "-11.130501897305562", "-11.130555555512345"), "ATOMIC FO", "ATOMIC ");
  put(&f, "both.out", joined(kept("md.out"), later));
  set = good(&f, "both.out", false);
  assert_int_equal(set->nframes, 4);
  near(set->frame[3].energy, -11.130555555512345 * hartree, 1e-10);
  near(set->frame[3].pos[0], 0.2047322928, 1e-15);
  near(set->frame[3].force[1], 0.0163309129 * hartree / bohr, 1e-13);
  xyz_free(set);
  /* The initial evaluation of a later part is the last step of the part before, and counts there. */
  put_md(&f);
  char *part = kept("md.out"),
       *third_eval = strstr(part, " ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:              -11.130221");
  char *head = kept("md.out");
  *strstr(head, " ENERGY|") = '\0';
  put(&f, "part2.out", joined(head, strdup(third_eval)));
  free(part);
  set = good(&f, "part2.out", false);
  assert_int_equal(set->nframes, 1);
  near(set->frame[0].energy, md_energy[3] * hartree, 1e-10);
  xyz_free(set);
  /* Positions of one run with forces of another. */
  put(&f, "tinymd-pos-1.xyz", joined(kept("tinymd-pos-1.xyz"), strdup(restarted_pos)));
  free(restarted_pos);
  put(&f, "tinymd-frc-1.xyz", kept("tinymd-frc-1.xyz"));
  set = good(&f, "both.out", false);
  assert_int_equal(set->nframes, 3);
  assert_non_null(strstr(set->notes, "1 steps of tinymd-pos-1.xyz have another energy"));
  xyz_free(set);
  put(&f, "md.out", changed(changed(kept("md.out"), "-11.130", "-12.130"), "Step number", "Step  number"));
  bad(&f, "md.out", false, "of the 4 steps of 'tinymd-pos-1.xyz' none is in all files");
  clear(&f);
}

static void md_unconverged(void **state) {
  (void)state;
  folder f = {0};
  put_md(&f);
  put(&f, "md.out",
      changed(kept("md.out"), " ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:              -11.130277",
              " *** WARNING in qs_scf.F:601 :: SCF run NOT converged ***\n ENERGY| Total FORCE_EVAL ( QS ) energy "
              "[a.u.]:              -11.130277"));
  bad(&f, "md.out", false, "the SCF of step 1 did not converge");
  xyz_set *set = good(&f, "md.out", true);
  assert_int_equal(set->nframes, 3);
  near(set->frame[1].energy, md_energy[2] * hartree, 1e-10);
  assert_non_null(strstr(set->notes, "the SCF of step 1 did not converge: left out"));
  xyz_free(set);
  clear(&f);
}

static void optimisation(void **state) {
  (void)state;
  static const double energy[3] = {-11.132825291210661, -11.133100480077477, -11.133202157334633};
  folder f = {0};
  put(&f, "geo.out", kept("geo.out"));
  put(&f, "tinygeo-pos-1.xyz", kept("tinygeo-pos-1.xyz"));
  put(&f, "tinygeo-1.cell", kept("tinygeo-1.cell"));
  xyz_set *set = good(&f, "geo.out", false);
  assert_int_equal(set->nframes, 3);
  for (int k = 0; k < 3; k++) {
    near(set->frame[k].energy, energy[k] * hartree, 2e-9);
    assert_true(set->frame[k].has_virial);
  }
  /* What the output says where it has that energy; the file of forces that CP2K wrote has 0.0039409598 here. */
  near(set->frame[0].force[0], 0.00332401 * hartree / bohr, 1e-12);
  near(set->frame[0].virial[0], -51.7751354522 * volume / gpa, 1e-9);
  xyz_free(set);
  /* Evaluations of the same point without tables, earlier and later, do not hide them. */
#define POOR " ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:  -11.133202157334633\n"
  put(&f, "geo.out", joined(changed(kept("geo.out"), " OPTIMIZATION STEP:      1\n", POOR), strdup(POOR)));
  set = good(&f, "geo.out", false);
  assert_int_equal(set->nframes, 3);
  assert_true(set->frame[2].has_virial);
  xyz_free(set);
  put(&f, "geo.out", changed(kept("geo.out"), "STRESS|", "STRAIN|"));
  set = good(&f, "geo.out", false);
  assert_false(set->frame[0].has_virial);
  xyz_free(set);
  put(&f, "geo.out", changed(kept("geo.out"), "ATOMIC FORCES", "ATOMIC"));
  bad(&f, "geo.out", false, "the output of this optimisation has no forces");
  put(&f, "geo.out", changed(kept("geo.out"), " GEO_OPT", "CELL_OPT"));
  set = good(&f, "geo.out", false);
  assert_int_equal(set->nframes, 3);
  xyz_free(set);
  put(&f, "tinygeo-1.cell", changed(kept("tinygeo-1.cell"), "Angstrom]", "bohr]"));
  bad(&f, "geo.out", false, "tinygeo-1.cell:1: expected columns in [Angstrom]");
  put(&f, "tinygeo-1.cell", NULL);
  bad(&f, "geo.out", false, "'tinygeo-1.cell' is not beside the output (&MOTION/&PRINT/&CELL");
  clear(&f);
}

static void not_cp2k(void **state) {
  (void)state;
  static const char *const text[] = {"", "\n", "2\nLattice=\"1 CP2K| ENERGY| Total FORCE_EVAL\"\n", "hello\n"};
  for (int k = 0; k < 4; k++)
    assert_false(cp2k_recognised(text[k], strlen(text[k])));
  /* A trajectory in place of the output: said so. */
  char path[sizeof folder_path + 40];
  snprintf(path, sizeof path, "%stinymd-pos-1.xyz", folder_path);
  xyz_set *set;
  lisi_error err = {0};
  assert_int_equal(xyz_load(path, NULL, &set, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "looks like a trajectory of CP2K; give the output"));
}

/* Any byte changed, anywhere in the files: frames or a message. */
static void damaged(void **state) {
  (void)state;
  unsigned seed = 1;
  int accepted = 0, refusals = 0;
  for (int k = 0; k < 3000; k++) {
    folder f = {0};
    put_md(&f);
    for (int c = 0; c < 1 + k % 3; c++) {
      char *text = f.file[(seed >> 5) % 5].text;
      assert_non_null(text);
      const size_t n = strlen(text);
      seed = seed * 1664525u + 1013904223u;
      text[(seed >> 8) % n] = (char)((seed >> 3) % 255 + 1);
      if (k % 7 == 0 && n > 10)
        text[(seed >> 9) % n] = '\0';
    }
    if (f.file[1].text[0] && cp2k_recognised(f.file[1].text, strlen(f.file[1].text))) {
      xyz_set *set;
      lisi_error err;
      if (parse(&f, "md.out", k % 2, &set, &err) == LISI_OK) {
        accepted++;
        for (int i = 0; i < set->nframes; i++)
          for (int a = 0; a < 3 * set->frame[i].natoms; a++)
            assert_true(isfinite(set->frame[i].pos[a]) && isfinite(set->frame[i].force[a]));
        xyz_free(set);
      } else {
        refusals++;
        assert_true(strlen(err.message) > 10 && err.status != LISI_ERR_INTERNAL);
      }
    }
    clear(&f);
  }
  assert_true(accepted > 500 && refusals > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_point),
      cmocka_unit_test(no_stress_and_units),
      cmocka_unit_test(where_the_atoms_are),
      cmocka_unit_test(inputs),
      cmocka_unit_test(table_of_positions),
      cmocka_unit_test(one_input),
      cmocka_unit_test(refused),
      cmocka_unit_test(md),
      cmocka_unit_test(md_files),
      cmocka_unit_test(md_cut),
      cmocka_unit_test(restarted),
      cmocka_unit_test(md_unconverged),
      cmocka_unit_test(optimisation),
      cmocka_unit_test(not_cp2k),
      cmocka_unit_test(damaged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
