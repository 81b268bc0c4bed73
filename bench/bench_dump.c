/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading LAMMPS dumps: nanoseconds of processor time per atom line for the forms that users write, in turn with the
 * plain reader that one would write (fgets, strtol, strtod, positions kept as they are). The files are written first,
 * into the folder for temporary files, and read from the page cache.
 *     bench_dump [-a atoms] [-f frames] [-r repeats] [-w FILE]     -w: only writes the first form to FILE, for dump.sh
 */
#include "bench.h"
#include "dump_reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FORMS = 5, MOST = 100 };
typedef struct {
  const char *name, *columns, *number; /* number: the format of a coordinate */
  int scaled, images, shuffled;
} form;
static const form forms[FORMS] = {
    {"id type x y z ix iy iz, as LAMMPS prints it, sorted", "id type x y z ix iy iz", "%g", 0, 1, 0},
    {"the same in the order of the cores (unsorted)", "id type x y z ix iy iz", "%g", 0, 1, 1},
    {"id type xs ys zs (dump atom), sorted", "id type xs ys zs", "%g", 1, 0, 0},
    {"id type x y z ix iy iz, format float %.17g, sorted", "id type x y z ix iy iz", "%.17g", 0, 1, 0},
    {"id type xu yu zu vx vy vz fx fy fz, sorted", "id type xu yu zu vx vy vz fx fy fz", "%g", 0, 0, 0},
};

static void numbers(FILE *out, const char *format, int n, double scale) {
  for (int k = 0; k < n; k++) {
    (void)fputc(' ', out);
    (void)fprintf(out, format, scale * (uniform() - 0.5));
  }
}

static void write_dump(const char *path, const form *f, int natoms, int nframes) {
  FILE *out = fopen(path, "w");
  if (out == NULL)
    die("a temporary file cannot be written");
  int *order = need(malloc((size_t)natoms * sizeof *order));
  double(*x)[3] = need(malloc((size_t)natoms * sizeof *x));
  const double edge = 40.0;
  for (int i = 0; i < natoms; i++) {
    order[i] = i;
    for (int k = 0; k < 3; k++)
      x[i][k] = edge * uniform();
  }
  for (int i = natoms - 1; f->shuffled && i > 0; i--) {
    const int j = (int)(uniform() * (i + 1)), swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
  for (int s = 0; s < nframes; s++) {
    fprintf(out, "ITEM: TIMESTEP\n%d\nITEM: NUMBER OF ATOMS\n%d\nITEM: BOX BOUNDS pp pp pp\n0 40\n0 40\n0 40\n", 10 * s,
            natoms);
    fprintf(out, "ITEM: ATOMS %s\n", f->columns);
    for (int m = 0; m < natoms; m++) {
      const int i = order[m];
      fprintf(out, "%d %d", i + 1, 1 + (i % 4 == 0));
      for (int k = 0; k < 3; k++) {
        x[i][k] = fmod(x[i][k] + 0.2 * (uniform() - 0.5) + edge, edge);
        (void)fputc(' ', out);
        (void)fprintf(out, f->number, f->scaled ? x[i][k] / edge : x[i][k]);
      }
      if (f->images)
        fprintf(out, " %d %d %d", i % 3 - 1, 0, i % 2);
      if (strstr(f->columns, "vx") != NULL)
        numbers(out, f->number, 6, 7.0);
      (void)fputc('\n', out);
    }
  }
  if (fclose(out) != 0)
    die("a temporary file cannot be written");
  free(order);
  free(x);
}

/* What one writes first. Sums are kept so that nothing is optimised away. */
static double plain_reader(const char *path, const form *f, long *lines, double *sum) {
  static char line[1024];
  int image = f->images;
  FILE *in = fopen(path, "r");
  if (in == NULL)
    die("a temporary file cannot be read");
  const double start = now();
  *lines = 0;
  while (fgets(line, sizeof line, in) != NULL) {
    int natoms = 0;
    for (int k = 0; k < 3; k++)
      if (fgets(line, sizeof line, in) == NULL)
        die("a file is cut off");
    natoms = atoi(line);
    for (int k = 0; k < 5; k++)
      if (fgets(line, sizeof line, in) == NULL)
        die("a file is cut off");
    for (int i = 0; i < natoms; i++, ++*lines) {
      if (fgets(line, sizeof line, in) == NULL)
        die("a file is cut off");
      char *p = line;
      const long id = strtol(p, &p, 10), type = strtol(p, &p, 10);
      double x[3];
      for (int k = 0; k < 3; k++)
        x[k] = strtod(p, &p);
      for (int k = 0; image && k < 3; k++)
        x[k] += 40.0 * (double)strtol(p, &p, 10);
      *sum += (double)(id + type) + x[0] + x[1] + x[2];
    }
  }
  const double seconds = now() - start;
  (void)fclose(in);
  return seconds;
}

static double our_reader(const char *path, long *lines, double *sum) {
  lisi_error err = {0};
  dump_reader *reader;
  dump_frame *frame;
  const double start = now();
  *lines = 0;
  if (dump_reader_open(1, &path, 0, NULL, &reader, &err) != LISI_OK)
    die(err.message);
  for (;;) {
    if (dump_reader_next(reader, &frame, &err) != LISI_OK)
      die(err.message);
    if (frame == NULL)
      break;
    *lines += frame->natoms;
    *sum += frame->f[0][0];
  }
  dump_reader_close(reader);
  return now() - start;
}

static int compare(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  int natoms = 2000, nframes = 200, repeats = 9;
  const char *only = NULL;
  for (int option; (option = getopt(argc, argv, "a:f:r:w:")) != -1;) {
    switch (option) {
    case 'a':
      natoms = atoi(optarg);
      break;
    case 'f':
      nframes = atoi(optarg);
      break;
    case 'r':
      repeats = atoi(optarg);
      break;
    case 'w':
      only = optarg;
      break;
    default:
      fputs("usage: bench_dump [-a atoms] [-f frames] [-r repeats] [-w FILE]\n", stderr);
      return 2;
    }
  }
  if (natoms < 1 || nframes < 1 || repeats < 1 || repeats > MOST)
    die("an option is out of range");
  if (only != NULL) {
    write_dump(only, &forms[0], natoms, nframes);
    return 0;
  }
  char path[600];
  const char *folder = getenv("TMPDIR");
  (void)snprintf(path, sizeof path, "%.500s/lisi-bench.XXXXXX", folder != NULL ? folder : "/tmp");
  const int file = mkstemp(path);
  if (file < 0)
    die("a temporary file cannot be made");
  (void)close(file);
  double sum = 0.0;
  printf("%d atoms, %d frames; nanoseconds per atom line, medians of %d (best)\n", natoms, nframes, repeats);
  for (int k = 0; k < FORMS; k++) {
    double ours[MOST], plain[MOST];
    long lines = 0;
    write_dump(path, &forms[k], natoms, nframes);
    (void)our_reader(path, &lines, &sum);
    for (int r = 0; r < repeats; r++) {
      plain[r] = plain_reader(path, &forms[k], &lines, &sum);
      ours[r] = our_reader(path, &lines, &sum);
    }
    qsort(ours, (size_t)repeats, sizeof *ours, compare);
    qsort(plain, (size_t)repeats, sizeof *plain, compare);
    const double unit = 1e9 / (double)lines;
    printf("%-55s %6.1f (%.1f)   plain reader %6.1f (%.1f)   %.1f times\n", forms[k].name, ours[repeats / 2] * unit,
           ours[0] * unit, plain[repeats / 2] * unit, plain[0] * unit, plain[repeats / 2] / ours[repeats / 2]);
  }
  (void)unlink(path);
  if (!isfinite(sum))
    die("what was read is no number");
  return 0;
}
