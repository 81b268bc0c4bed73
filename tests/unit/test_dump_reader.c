/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS dumps: every way to write the same trajectory gives the same frames, every broken one a message with file and
 * line. */
#include "dump_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/lisi-dump.XXXXXX";
static char path[4][64];

static int make_folder(void **unused) {
  (void)unused;
  if (mkdtemp(folder) == NULL)
    return -1;
  for (int k = 0; k < 4; k++)
    (void)snprintf(path[k], sizeof path[k], "%s/%d.dump", folder, k);
  return 0;
}

static int remove_folder(void **unused) {
  (void)unused;
  for (int k = 0; k < 4; k++)
    (void)unlink(path[k]);
  return rmdir(folder);
}

static void put_bytes(int k, const char *bytes, size_t n) {
  FILE *f = fopen(path[k], "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}
static void put(int k, const char *text) {
  put_bytes(k, text, strlen(text));
}

static void put_gz(int k, const char *text, size_t keep) {
  gzFile f = gzopen(path[k], "wb");
  assert_non_null(f);
  assert_int_equal(gzwrite(f, text, (unsigned)strlen(text)), (int)strlen(text));
  assert_int_equal(gzclose(f), Z_OK);
  if (keep > 0)
    assert_int_equal(truncate(path[k], (off_t)keep), 0);
}

/* ---- a trajectory whose positions are known ---- */

enum { ATOMS = 5, FRAMES = 4 };
/* Unwrapped fractional positions: atom 2 leaves the box in +a, atom 4 in -b and -c; steps stay below a quarter. */
static double at(int step, int atom, int k) {
  const double start[ATOMS][3] = {{.1, .2, .3}, {.9, .5, .5}, {.45, .55, .65}, {.3, .05, .1}, {.7, .8, .9}};
  const double move[ATOMS][3] = {{0, 0, 0}, {.2, 0, .01}, {.01, -.01, 0}, {0, -.15, -.2}, {.05, .05, -.05}};
  return start[atom][k] + step * move[atom][k];
}

typedef enum { X_IMAGE, X, XS_IMAGE, XS, XU, XSU, NSTYLES } style;

typedef struct {
  style style;
  bool triclinic, shuffle, element, timed, crlf;
  const char *units;
} variant;

static const double tilt[3] = {1.5, -2.0, 0.75};
/* A box that breathes with the steps. */
static void box_at(int step, bool triclinic, double lo[3], double hi[3], double t[3]) {
  for (int k = 0; k < 3; k++) {
    lo[k] = -1.0 - k;
    hi[k] = lo[k] + (10.0 + k) * (1.0 + 0.01 * step);
    t[k] = triclinic ? tilt[k] : 0.0;
  }
}

static char *write_frames(const variant *v, int first, int last) {
  char *text;
  size_t size;
  FILE *f = open_memstream(&text, &size);
  assert_non_null(f);
  const char *end = v->crlf ? "\r\n" : "\n";
  for (int s = first; s <= last; s++) {
    double lo[3], hi[3], t[3];
    box_at(s, v->triclinic, lo, hi, t);
    lattice box;
    lisi_error err = {0};
    assert_int_equal(lattice_from_box(lo, hi, t, &box, &err), LISI_OK);
    if (v->units != NULL && s == first)
      fprintf(f, "ITEM: UNITS%s%s%s", end, v->units, end);
    if (v->timed)
      fprintf(f, "ITEM: TIME%s%.17g%s", end, 0.05 * s, end);
    fprintf(f, "ITEM: TIMESTEP%s%d%sITEM: NUMBER OF ATOMS%s%d%s", end, 25 * s, end, end, ATOMS, end);
    if (v->triclinic) {
      const double x0 = fmin(fmin(0, t[0]), fmin(t[1], t[0] + t[1])), x1 = fmax(fmax(0, t[0]), fmax(t[1], t[0] + t[1]));
      fprintf(f, "ITEM: BOX BOUNDS xy xz yz pp pp pp%s%.17g %.17g %.17g%s%.17g %.17g %.17g%s%.17g %.17g %.17g%s", end,
              lo[0] + x0, hi[0] + x1, t[0], end, lo[1] + fmin(0, t[2]), hi[1] + fmax(0, t[2]), t[1], end, lo[2], hi[2],
              t[2], end);
    } else {
      fprintf(f, "ITEM: BOX BOUNDS pp pp pp%s", end);
      for (int k = 0; k < 3; k++)
        fprintf(f, "%.17g %.17g%s", lo[k], hi[k], end);
    }
    const char *const columns[NSTYLES] = {"x y z ix iy iz", "x y z",    "xs ys zs ix iy iz",
                                          "xs ys zs",       "xu yu zu", "xsu ysu zsu"};
    fprintf(f, "ITEM: ATOMS %s id mass %s%s", v->element ? "element" : "type", columns[v->style], end);
    for (int m = 0; m < ATOMS; m++) {
      const int i = v->shuffle ? (3 * m + s) % ATOMS : m; /* another order in each frame */
      double p[3], x[3];
      int n[3] = {0, 0, 0};
      for (int k = 0; k < 3; k++)
        p[k] = at(s, i, k);
      if (v->style != XU && v->style != XSU)
        lattice_wrap(p, n);
      lattice_cart(&box, p, x);
      const bool scaled = v->style == XS || v->style == XS_IMAGE || v->style == XSU;
      fprintf(f, "%s %d 6.94 %.17g %.17g %.17g",
              v->element ? (i < 3 ? "Li" : "Si")
              : i < 3    ? "1"
                         : "2",
              10 * (i + 1), scaled ? p[0] : x[0], scaled ? p[1] : x[1], scaled ? p[2] : x[2]);
      if (v->style == X_IMAGE || v->style == XS_IMAGE)
        fprintf(f, " %d %d %d", n[0], n[1], n[2]);
      fprintf(f, " %s", end); /* LAMMPS leaves a blank at the end of atom lines */
    }
  }
  assert_int_equal(fclose(f), 0);
  return text;
}

static dump_reader *open_files(int n, int ntypes) {
  const char *const names[] = {"Li", "Si"};
  const char *files[4] = {path[0], path[1], path[2], path[3]};
  dump_reader *reader = NULL;
  lisi_error err = {0};
  const lisi_status status = dump_reader_open(n, files, ntypes, names, &reader, &err);
  if (status != LISI_OK)
    fail_msg("%s", err.message);
  return reader;
}

static dump_frame *next(dump_reader *reader) {
  dump_frame *frame;
  lisi_error err = {0};
  if (dump_reader_next(reader, &frame, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return frame;
}

/* The frame of `step` as it must be. Without image flags in the first frame the absolute image is that of the wrapped
 * position. */
static void check_frame(const dump_reader *reader, const dump_frame *frame, int s, const variant *v,
                        const char *const species[2]) {
  assert_non_null(frame);
  assert_int_equal(frame->step, 25 * s);
  assert_int_equal(frame->natoms, ATOMS);
  assert_int_equal(frame->has_time, v->timed);
  if (v->timed)
    assert_true(fabs(frame->time - 0.05 * s * (v->units != NULL && strcmp(v->units, "real") == 0 ? 1e-3 : 1.0)) <
                1e-12);
  double lo[3], hi[3], t[3];
  box_at(s, v->triclinic, lo, hi, t);
  assert_true(fabs(frame->box.H[0][0] - (hi[0] - lo[0])) < 1e-12 &&
              fabs(frame->box.H[1][1] - (hi[1] - lo[1])) < 1e-12 && fabs(frame->box.H[2][2] - (hi[2] - lo[2])) < 1e-12);
  assert_true(frame->box.H[1][0] == t[0] && frame->box.H[2][0] == t[1] && frame->box.H[2][1] == t[2]);
  for (int i = 0; i < ATOMS; i++) {
    assert_int_equal(frame->id[i], 10 * (i + 1));
    assert_string_equal(dump_reader_species(reader, frame->species[i]), species[i < 3 ? 0 : 1]);
    for (int k = 0; k < 3; k++)
      if (!(fabs(frame->f[i][k] - at(s, i, k)) < 1e-12))
        fail_msg("style %d, frame %d, atom %d, axis %d: %.17g, expected %.17g", v->style, s, i, k, frame->f[i][k],
                 at(s, i, k));
  }
}

static void variants(void **unused) {
  (void)unused;
  for (int code = 0; code < NSTYLES * 64; code++) {
    const variant v = {.style = (style)(code / 64),
                       .triclinic = code & 1,
                       .shuffle = code & 2,
                       .element = code & 4,
                       .timed = code & 8,
                       .crlf = code & 16,
                       .units = code & 8 ? code & 16 ? "real" : "metal" : NULL};
    char *text = write_frames(&v, 0, FRAMES - 1);
    if (code & 32)
      put_gz(0, text, 0);
    else
      put(0, text);
    free(text);
    const bool mapped = !v.element && (code & 2);
    dump_reader *reader = open_files(1, mapped ? 2 : 0);
    const char *const words[2] = {v.element || mapped ? "Li" : "1", v.element || mapped ? "Si" : "2"};
    for (int s = 0; s < FRAMES; s++)
      check_frame(reader, next(reader), s, &v, words);
    assert_null(next(reader));
    assert_null(next(reader)); /* and stays at the end */
    assert_null(dump_reader_warning(reader));
    dump_reader_close(reader);
  }
}

/* x and images of one frame give the very bits of lattice_frac + image, as a run computes them. */
static void same_bits(void **unused) {
  (void)unused;
  const variant v = {.style = X_IMAGE, .triclinic = true, .element = true};
  char *text = write_frames(&v, 2, 2);
  put(0, text);
  free(text);
  dump_reader *reader = open_files(1, 0);
  const dump_frame *frame = next(reader);
  double lo[3], hi[3], t[3];
  box_at(2, true, lo, hi, t);
  lattice box;
  lisi_error err = {0};
  assert_int_equal(lattice_from_box(lo, hi, t, &box, &err), LISI_OK);
  assert_memory_equal(box.H, frame->box.H, sizeof box.H);
  assert_memory_equal(box.inv, frame->box.inv, sizeof box.inv);
  for (int i = 0; i < ATOMS; i++) {
    double p[3] = {at(2, i, 0), at(2, i, 1), at(2, i, 2)}, x[3], f[3];
    int n[3];
    lattice_wrap(p, n);
    lattice_cart(&box, p, x);
    lattice_frac(&box, x, f);
    for (int k = 0; k < 3; k++) {
      f[k] += n[k];
      assert_memory_equal(&f[k], &frame->f[i][k], sizeof f[k]);
    }
  }
  dump_reader_close(reader);
}

/* ---- several files ---- */

static void files_in_a_row(void **unused) {
  (void)unused;
  const char *const words[2] = {"Li", "Si"};
  const variant v = {.style = X, .element = true}, shuffled = {.style = X, .element = true, .shuffle = true};
  char *a = write_frames(&v, 0, 2), *b = write_frames(&shuffled, 2, 3);
  put(0, a);
  put_gz(1, b, 0);
  free(a);
  free(b);
  dump_reader *reader = open_files(2, 0);
  for (int s = 0; s < FRAMES; s++) {
    const dump_frame *frame = next(reader);
    check_frame(reader, frame, s, &v, words);
    assert_string_equal(frame->file, path[s < 2 ? 0 : 1]); /* step 50 is in both: the later file wins */
  }
  assert_null(next(reader));
  assert_true(dump_reader_progress(reader) == 1.0);
  dump_reader_close(reader);
  /* The other way round is no order in time. */
  const char *wrong[2] = {path[1], path[0]};
  lisi_error err = {0};
  assert_int_equal(dump_reader_open(2, wrong, 0, NULL, &reader, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, path[0]));
  assert_null(reader);
}

/* ---- frames that are cut off ---- */

static void cut_off(void **unused) {
  (void)unused;
  const char *const words[2] = {"Li", "Si"};
  const variant v = {.style = X_IMAGE, .element = true, .timed = true};
  char *whole = write_frames(&v, 0, 1), *one = write_frames(&v, 0, 0);
  const size_t begin = strlen(one), size = strlen(whole);
  for (size_t keep = begin; keep <= size; keep++) {
    put_bytes(0, whole, keep);
    dump_reader *reader = open_files(1, 0);
    check_frame(reader, next(reader), 0, &v, words);
    const dump_frame *second = next(reader);
    if (keep == size)
      check_frame(reader, second, 1, &v, words);
    else
      assert_null(second);
    const char *warning = dump_reader_warning(reader);
    if (keep == begin || keep == size)
      assert_null(warning);
    else if (warning == NULL || strstr(warning, "cut off") == NULL || strstr(warning, path[0]) == NULL)
      fail_msg("%zu bytes: no warning, or another one", keep);
    dump_reader_close(reader);
  }
  /* A compressed file that stops: frames before the end count. */
  put_gz(0, whole, 0);
  FILE *f = fopen(path[0], "rb");
  assert_int_equal(fseek(f, 0, SEEK_END), 0);
  const long packed = ftell(f);
  (void)fclose(f);
  put_gz(0, whole, (size_t)packed - 12);
  dump_reader *reader = open_files(1, 0);
  check_frame(reader, next(reader), 0, &v, words);
  assert_null(next(reader));
  assert_non_null(dump_reader_warning(reader));
  dump_reader_close(reader);
  /* A cut-off file before another one is a warning, too. */
  put_bytes(0, whole, size - 10);
  char *rest = write_frames(&v, 2, 3);
  put(1, rest);
  reader = open_files(2, 0);
  check_frame(reader, next(reader), 0, &v, words);
  check_frame(reader, next(reader), 2, &v, words);
  assert_non_null(strstr(dump_reader_warning(reader), path[0]));
  dump_reader_close(reader);
  free(whole);
  free(one);
  free(rest);
}

/* A later file that stops within its first frame, wherever, takes nothing from the one before it. */
static void file_without_a_frame(void **unused) {
  (void)unused;
  const char *const words[2] = {"Li", "Si"};
  const variant v = {.style = X_IMAGE, .element = true, .timed = true};
  char *before = write_frames(&v, 0, 2), *torn = write_frames(&v, 1, 1), *after = write_frames(&v, 3, 4);
  const size_t size = strlen(torn);
  put(0, before);
  put(2, after);
  for (size_t keep = 0; keep <= size; keep++) {
    put_bytes(1, torn, keep);
    for (int n = 2; n <= 3; n++) {
      dump_reader *reader = open_files(n, 0);
      check_frame(reader, next(reader), 0, &v, words);
      check_frame(reader, next(reader), 1, &v, words);
      if (keep < size)
        check_frame(reader, next(reader), 2, &v, words);
      if (n == 3) {
        check_frame(reader, next(reader), 3, &v, words);
        check_frame(reader, next(reader), 4, &v, words);
      }
      assert_null(next(reader));
      const char *warning = dump_reader_warning(reader);
      if (keep == size)
        assert_null(warning);
      else if (warning == NULL || strstr(warning, "no whole frame") == NULL || strstr(warning, path[1]) == NULL)
        fail_msg("%zu bytes: no warning, or another one", keep);
      dump_reader_close(reader);
    }
  }
  /* No frame in any. */
  put_bytes(0, torn, size / 2);
  put_bytes(1, torn, 3);
  const char *files[2] = {path[0], path[1]};
  dump_reader *reader;
  lisi_error err = {0};
  assert_int_equal(dump_reader_open(2, files, 0, NULL, &reader, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "empty"));
  free(before);
  free(torn);
  free(after);
}

/* ---- wrong input ---- */

/* Reads a dump to its end or its first failure, touching all there is. */
static lisi_status read_all(int n, int ntypes, int *nframes, lisi_error *err) {
  const char *const names[] = {"Li", "Si"};
  const char *files[4] = {path[0], path[1], path[2], path[3]};
  dump_reader *reader = NULL;
  *nframes = 0;
  lisi_status status = dump_reader_open(n, files, ntypes, names, &reader, err);
  if (status != LISI_OK) {
    assert_null(reader);
    return status;
  }
  for (;;) {
    dump_frame *frame;
    status = dump_reader_next(reader, &frame, err);
    while (dump_reader_warning(reader) != NULL)
      ;
    const double done = dump_reader_progress(reader);
    assert_true(done >= 0.0 && done <= 1.0);
    if (status != LISI_OK || frame == NULL)
      break;
    (*nframes)++;
    for (int k = 0; k < frame->natoms; k++) {
      assert_true(frame->species[k] >= 0 && frame->species[k] < dump_reader_nspecies(reader));
      assert_true(k == 0 || frame->id[k] > frame->id[k - 1]);
      assert_true(isfinite(frame->f[k][0]) && isfinite(frame->f[k][1]) && isfinite(frame->f[k][2]));
    }
    assert_true(frame->box.volume > 0.0);
  }
  dump_reader_close(reader);
  return status;
}

#define HEAD "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n2\n"
#define BOX "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\n"
#define ROWS "ITEM: ATOMS id type x y z\n1 1 1 2 3\n2 2 4 5 6\n"
#define GOOD HEAD BOX ROWS

typedef struct {
  const char *text;
  int line; /* that the message names; 0: the file alone */
  const char *says;
} wrong;

static void wrong_input(void **unused) {
  (void)unused;
  const wrong list[] = {
      {"", 0, "empty"},
      {"\n\n", 0, "expected a LAMMPS dump"},
      {"hello\n", 1, "expected a LAMMPS dump"},
      {"13\nLattice=\"1 0 0 0 1 0 0 0 1\"\nLi 0 0 0\n", 1, "expected a LAMMPS dump"},
      {"ITEM: TIMESTEP\n", 0, "empty"},
      {"ITEM: TIMESTEP\n1.5\n", 2, "a time step"},
      {"ITEM: TIMESTEP\n-4\n", 2, "a time step"},
      {"ITEM: TIMESTEP\n99999999999999999999\n", 2, "a time step"},
      {HEAD "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n", 0, "cut off"},
      {"ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n-2\n" BOX ROWS, 4, "a number of atoms"},
      {"ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n3000000000\n" BOX ROWS, 4, "a number of atoms"},
      {"ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n2 3\n" BOX ROWS, 4, "a number of atoms"},
      {"ITEM: TIMESTEP\n1\n" BOX ROWS, 7, "NUMBER OF ATOMS"},
      {HEAD ROWS, 5, "BOX BOUNDS"},
      {HEAD "ITEM: BOX BOUNDS pp pp ff\n0 10\n0 10\n0 10\n" ROWS, 5, "pp pp pp"},
      {HEAD "ITEM: BOX BOUNDS pp ss pp\n0 10\n0 10\n0 10\n" ROWS, 5, "pp pp pp"},
      {HEAD "ITEM: BOX BOUNDS abc origin pp pp pp\n1 0 0 0\n0 1 0 0\n0 0 1 0\n" ROWS, 5, "triclinic"},
      {HEAD "ITEM: BOX BOUNDS pp pp pp\n0 10\n10 0\n0 10\n" ROWS, 7, "lo < hi"},
      {HEAD "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 nan\n0 10\n" ROWS, 7, "box bounds"},
      {HEAD "ITEM: BOX BOUNDS pp pp pp\n0 10\n0\n0 10\n" ROWS, 7, "box bounds"},
      {HEAD "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 10 1\n0 10\n0 10 0\n" ROWS, 7, "box bounds"},
      {HEAD "ITEM: BOX BOUNDS pp pp pp\n0 0\n0 10\n0 10\n" ROWS, 6, "lo < hi"},
      {HEAD "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 10 20\n0 10 0\n0 10 0\n" ROWS, 8, "box"},
      {HEAD BOX "ITEM: ATOMS type x y z\n1 1 2 3\n2 4 5 6\n", 9, "'id'"},
      {HEAD BOX "ITEM: ATOMS id x y z\n1 1 2 3\n2 4 5 6\n", 9, "'type' or 'element'"},
      {HEAD BOX "ITEM: ATOMS id type x y\n1 1 1 2\n2 2 4 5\n", 9, "x y z"},
      {HEAD BOX "ITEM: ATOMS id type x ys zu\n1 1 1 2 3\n2 2 4 5 6\n", 9, "x y z"},
      {HEAD BOX "ITEM: ATOMS id type vx vy vz\n1 1 1 2 3\n2 2 4 5 6\n", 9, "x y z"},
      {HEAD BOX "ITEM: ATOMS\n", 9, "'id'"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3\n2 2 4 5\n", 11, "5 columns"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3 4\n2 2 4 5 6\n", 10, "5 columns"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3\n\n", 11, "5 columns"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3\n2 2 4 abc 6\n", 11, "abc"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 nan 3\n2 2 4 5 6\n", 10, "nan"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 -inf\n2 2 4 5 6\n", 10, "-inf"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 1e999 3\n2 2 4 5 6\n", 10, "1e999"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 1e300 3\n2 2 4 5 6\n", 10, "boxes away"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1.5 1 1 2 3\n2 2 4 5 6\n", 10, "an atom id"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n0 1 1 2 3\n2 2 4 5 6\n", 10, "an atom id"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n-1 1 1 2 3\n2 2 4 5 6\n", 10, "an atom id"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n2 1 1 2 3\n2 2 4 5 6\n", 1, "atom id 2 stands twice"},
      {HEAD BOX "ITEM: ATOMS id type x y z ix iy iz\n1 1 1 2 3 0 0 0.5\n2 2 4 5 6 0 0 0\n", 10, "image flag"},
      {HEAD BOX "ITEM: ATOMS id type x y z ix iy iz\n1 1 1 2 3 0 0 2000000000\n2 2 4 5 6 0 0 0\n", 10, "image flag"},
      {HEAD BOX "ITEM: ATOMS id element x y z\n1 Averyveryverylongname 1 2 3\n2 Si 4 5 6\n", 10, "element"},
      {HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3\n" GOOD, 11, "as the frame announces, found 1"},
      {HEAD BOX "ITEM: ATOMS type id x y z\n1 1 1 2 3\n" GOOD, 11, "as the frame announces, found 1"},
      {GOOD "3 1 7 8 9\n", 12, "ITEM:"},
      {GOOD "ITEM: TIMESTEP\n90\nITEM: NUMBER OF ATOMS\n2\n" BOX ROWS, 12, "step 90 comes after step 100"},
      {"ITEM: UNITS\nlj\n" GOOD, 2, "metal or real"},
      {"ITEM: UNITS\nelectron\n" GOOD, 2, "metal or real"},
      {"ITEM: TIME\nsoon\n" GOOD, 2, "a time"},
      {HEAD "ITEM: NUMBER OF ENTRIES\n3\n" BOX ROWS, 5, "expected a LAMMPS dump"},
  };
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    put(0, list[k].text);
    lisi_error err = {0};
    int nframes;
    const lisi_status status = read_all(1, 0, &nframes, &err);
    char place[100];
    if (list[k].line > 0)
      (void)snprintf(place, sizeof place, "%s:%d:", path[0], list[k].line);
    else
      (void)snprintf(place, sizeof place, "%s", path[0]);
    if (lisi_exit_status(status) != 2 || strstr(err.message, list[k].says) == NULL ||
        strstr(err.message, place) == NULL)
      fail_msg("case %zu: status %d, '%s'; expected '%s' at %s", k, (int)status, err.message, list[k].says, place);
  }
  lisi_error err = {0};
  int nframes;
  put(0, HEAD BOX "ITEM: ATOMS id type x y z\n1 1 1 2 3\n2 3 4 5 6\n");
  assert_int_equal(read_all(1, 2, &nframes, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "type 3"));
  err = (lisi_error){0};
  put(0, HEAD BOX "ITEM: ATOMS id element x y z\n1 Li 1 2 3\n2 Si 4 5 6\n");
  assert_int_equal(read_all(1, 2, &nframes, &err), LISI_ERR_INPUT); /* a map, but no types */
  assert_non_null(strstr(err.message, "'type'"));
  err = (lisi_error){0};
  put_bytes(0, GOOD "\0\n", sizeof GOOD + 1);
  assert_int_equal(read_all(1, 0, &nframes, &err), LISI_ERR_INPUT);
  err = (lisi_error){0};
  (void)unlink(path[3]);
  const char *missing[1] = {path[3]}, *folders[1] = {folder};
  dump_reader *reader;
  assert_int_equal(dump_reader_open(1, missing, 0, NULL, &reader, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, path[3]));
  err = (lisi_error){0};
  assert_int_equal(dump_reader_open(1, folders, 0, NULL, &reader, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "folder"));
}

/* What is unusual but right. */
static void odd_but_right(void **unused) {
  (void)unused;
  const struct {
    const char *text;
    int nframes;
  } list[] = {
      {GOOD, 1},
      {GOOD "\n", 1},
      {GOOD GOOD, 1}, /* two runs write the step between them twice */
      {HEAD "ITEM: BOX BOUNDS\n0 10\n0 10\n0 10\n" ROWS, 1},
      {HEAD "ITEM: BOX BOUNDS xy xz yz\n0 10 0\n0 10 0\n0 10 0\n" ROWS, 1},
      {HEAD BOX "ITEM: ATOMS id type vx x y z foo_1[2]\n  1 1 9 1 2 3 a\n2\t2 9 4 5 6 b \n", 1},
      {"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n0\n" BOX "ITEM: ATOMS id type x y z\n", 1},
      {"ITEM: UNITS\nmetal\nITEM: TIME\n1.5e-3\n" GOOD, 1},
      {GOOD "ITEM: TIMESTEP\n200\nITEM: NUMBER OF ATOMS\n1\n" BOX "ITEM: ATOMS type id zs ys xs\n1 7 .5 .5 .5\n", 2},
  };
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    put(0, list[k].text);
    lisi_error err = {0};
    int nframes;
    if (read_all(1, 0, &nframes, &err) != LISI_OK || nframes != list[k].nframes)
      fail_msg("case %zu: %d frames, '%s'", k, nframes, err.message);
  }
}

/* Wrapped positions without images are followed by the shortest way, with a warning where that is a guess. */
static void large_steps(void **unused) {
  (void)unused;
  put(0,
      GOOD "ITEM: TIMESTEP\n200\nITEM: NUMBER OF ATOMS\n2\n" BOX "ITEM: ATOMS id type x y z\n1 1 9 2 3\n2 2 7 5 6\n");
  dump_reader *reader = open_files(1, 0);
  (void)next(reader);
  const dump_frame *frame = next(reader);
  assert_true(fabs(frame->f[0][0] + 0.1) < 1e-12); /* 1 -> 9 of 10: the short way is -2 */
  assert_true(fabs(frame->f[1][0] - 0.7) < 1e-12); /* 4 -> 7: 0.3 of the box */
  const char *warning = dump_reader_warning(reader);
  assert_non_null(warning);
  assert_non_null(strstr(warning, "quarter"));
  assert_null(dump_reader_warning(reader));
  dump_reader_close(reader);
}

/* ---- garbage ---- */

static uint64_t state = 88172645463325252u;
static size_t draw(size_t n) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (size_t)(state % n);
}

static void mutations(void **unused) {
  (void)unused;
  const char *const scraps[] = {"ITEM:",
                                "ITEM: ATOMS ",
                                "\n",
                                " ",
                                "-",
                                "1e308",
                                "nan",
                                "99999999999",
                                "0",
                                ".",
                                "pp",
                                "\r",
                                "xy xz yz",
                                "ITEM: TIMESTEP\n",
                                "id",
                                "ix iy iz",
                                "x",
                                "\t",
                                "-1",
                                "1e-320",
                                "ITEM: BOX BOUNDS abc origin\n"};
  int good = 0, bad = 0;
  for (int round = 0; round < 6000; round++) {
    const variant v = {.style = (style)draw(NSTYLES),
                       .triclinic = draw(2),
                       .element = draw(2),
                       .timed = draw(2),
                       .units = draw(2) ? "metal" : NULL};
    char *text = write_frames(&v, 0, 2);
    size_t size = strlen(text);
    char *bytes = malloc(2 * size + 2000);
    assert_non_null(bytes);
    memcpy(bytes, text, size);
    free(text);
    for (size_t m = 1 + draw(4); m > 0; m--) {
      const size_t place = draw(size);
      switch (draw(5)) {
      case 0:
        bytes[place] = (char)draw(256);
        break;
      case 1:
        bytes[place] = "0123456789.-+e \n"[draw(16)];
        break;
      case 2: { /* a piece goes */
        const size_t n = draw(size - place < 60 ? size - place : 60);
        memmove(bytes + place, bytes + place + n, size - place - n);
        size -= n;
        break;
      }
      case 3: { /* a piece comes in */
        const char *scrap = scraps[draw(sizeof scraps / sizeof *scraps)];
        const size_t n = strlen(scrap);
        memmove(bytes + place + n, bytes + place, size - place);
        memcpy(bytes + place, scrap, n);
        size += n;
        break;
      }
      default:
        size = place + 1;
        break;
      }
    }
    put_bytes(0, bytes, size);
    free(bytes);
    lisi_error err = {0};
    int nframes;
    const lisi_status status = read_all(1, v.element ? 0 : 2 * (int)draw(2), &nframes, &err);
    if (status == LISI_OK) {
      good++;
    } else {
      bad++;
      if (lisi_exit_status(status) != 2 || strstr(err.message, path[0]) == NULL)
        fail_msg("round %d: status %d, message '%s'", round, (int)status, err.message);
    }
  }
  assert_true(good > 100 && bad > 1000); /* both happen, or the mutations are no test */
}

/* A long dump, read to its end. */
static void many_frames(void **unused) {
  (void)unused;
  FILE *f = fopen(path[0], "w");
  assert_non_null(f);
  for (int s = 0; s < 5000; s++)
    fprintf(f, "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n2\n%s%s", s, BOX, ROWS);
  assert_int_equal(fclose(f), 0);
  lisi_error err = {0};
  int nframes;
  assert_int_equal(read_all(1, 0, &nframes, &err), LISI_OK);
  assert_int_equal(nframes, 5000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(variants),
                                     cmocka_unit_test(same_bits),
                                     cmocka_unit_test(files_in_a_row),
                                     cmocka_unit_test(cut_off),
                                     cmocka_unit_test(file_without_a_frame),
                                     cmocka_unit_test(wrong_input),
                                     cmocka_unit_test(odd_but_right),
                                     cmocka_unit_test(large_steps),
                                     cmocka_unit_test(mutations),
                                     cmocka_unit_test(many_frames)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
