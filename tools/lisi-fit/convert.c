/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit convert: reference data of any kind that is read here -> one file of extended XYZ. */
#include "lisi_fit.h"
#include "out_file.h"
#include "progress.h"
#include "xyz_read.h"

#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "lisi-fit convert FILE ... -o DATA.xyz [options]\n"
                           "\n"
                           "Writes reference data as extended XYZ (eV, Angstrom; virial positive under compression). "
                           "FILE is the output of CP2K "
                           "(single points, or MD, GEO_OPT\n"
                           "and CELL_OPT with their files beside it) or extended XYZ, plain or gzip.\n"
                           "\n"
                           "  -o FILE               what to write (required)\n"
                           "  --config-type NAME    config_type of all frames, instead of that of the file (of CP2K: "
                           "the name of the project)\n"
                           "  --every K             of each file every K-th frame only, from its first on\n"
                           "  --from K, --to K      of each file the frames K to K only, counted from 1\n"
                           "  --skip-unconverged    leave out frames whose SCF did not converge, and single points "
                           "that did not end, instead of "
                           "ending with an error\n"
                           "  --energy-key NAME, --forces-key, --virial-key, --stress-key, --group-key    other names "
                           "of the quantities in FILE\n"
                           "  --help\n";

/* Keys that the writer sets itself. */
static bool reserved(const char *pair) {
  static const char *const key[] = {"energy", "virial", "stress", "config_type", "pbc", "Lattice", "Properties"};
  const size_t n = strcspn(pair, "= ");
  for (size_t k = 0; k < sizeof key / sizeof *key; k++)
    if (strlen(key[k]) == n && !strncmp(key[k], pair, n))
      return true;
  return false;
}

/* The other pairs of a frame, each after a blank. */
static void print_other(const char *other, FILE *out) {
  while (other && *other) {
    size_t n = 0;
    char quote = 0;
    for (; other[n] && (quote || other[n] != ' '); n++)
      if (other[n] == quote)
        quote = 0;
      else if (!quote && (other[n] == '"' || other[n] == '\''))
        quote = other[n];
    if (n && !reserved(other))
      fprintf(out, " %.*s", (int)n, other);
    other += n + (other[n] != '\0');
  }
}

static void print_frame(const xyz_set *set, const xyz_frame *f, const char *group, FILE *out) {
  fprintf(out, "%d\nLattice=\"", f->natoms);
  for (int k = 0; k < 9; k++)
    fprintf(out, "%s%.10f", k ? " " : "", f->cell[k]);
  fprintf(out, "\" Properties=species:S:1:pos:R:3%s", f->force ? ":forces:R:3" : "");
  if (f->has_energy)
    fprintf(out, " energy=%.8f", f->energy);
  if (f->has_virial) {
    fputs(" virial=\"", out);
    for (int k = 0; k < 9; k++)
      fprintf(out, "%s%.6f", k ? " " : "", f->virial[k]);
    fputc('"', out);
  }
  group = group ? group : f->group;
  const char *quote = strchr(group, '"') ? "'" : strpbrk(group, " \t'") ? "\"" : "";
  fprintf(out, " config_type=%s%s%s", quote, group, quote);
  print_other(f->other, out);
  fprintf(out, " pbc=\"%c %c %c\"\n", f->pbc[0] ? 'T' : 'F', f->pbc[1] ? 'T' : 'F', f->pbc[2] ? 'T' : 'F');
  for (int i = 0; i < f->natoms; i++) {
    const double *x = &f->pos[3 * i];
    fprintf(out, "%-2s %15.8f %15.8f %15.8f", set->symbol[f->species[i]], x[0], x[1], x[2]);
    if (f->force)
      for (int k = 0; k < 3; k++)
        fprintf(out, " %15.8f", f->force[3 * i + k]);
    fputc('\n', out);
  }
}

typedef struct {
  const char *group;
  int every, from, to;
  bool skip;
  xyz_keys keys;
} choice;

static lisi_status convert_file(const char *path, const choice *c, FILE *out, int *total, lisi_error *err) {
  xyz_set *set;
  lisi_status status = c->skip ? xyz_load_converged(path, &c->keys, &set, err) : xyz_load(path, &c->keys, &set, err);
  if (status != LISI_OK)
    return status;
  lisi_fit_notes(set);
  int n = 0, virials = 0, forces = 0;
  for (long k = c->from - 1; k < set->nframes && k < c->to; k += c->every) {
    const xyz_frame *f = &set->frame[k];
    print_frame(set, f, c->group, out);
    n++;
    virials += f->has_virial;
    forces += f->force != NULL;
  }
  printf("%s: %d of %d frames", path, n, set->nframes);
  if (forces < n)
    printf(", %d without forces", n - forces);
  if (virials < n)
    printf(", %d without virial", n - virials);
  putchar('\n');
  *total += n;
  xyz_free(set);
  return LISI_OK;
}

static lisi_status convert(int nfiles, char **file, const char *path, const choice *c, lisi_error *err) {
  out_file *out = NULL;
  int total = 0;
  lisi_status status = out_file_open(path, &out, err);
  progress bar = progress_start("convert");
  for (int k = 0; k < nfiles && status == LISI_OK; k++) {
    status = convert_file(file[k], c, out_file_stream(out), &total, err);
    progress_update(&bar, k + 1, nfiles);
    if (status == LISI_OK && progress_interrupted())
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  }
  progress_end(&bar);
  if (status == LISI_OK && total == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "no frames are left, %s is not written", path);
  if (status != LISI_OK) {
    out_file_discard(out);
    return status;
  }
  status = out_file_commit(out, err);
  if (status == LISI_OK)
    printf("%s: %d frames\n", path, total);
  return status;
}

static bool whole(const char *text, int *value) {
  char *end;
  const long x = strtol(text, &end, 10);
  if (*end || end == text || x < 1 || x > INT_MAX)
    return false;
  *value = (int)x;
  return true;
}

int command_convert(int argc, char **argv) {
  static const struct option options[] = {{"config-type", required_argument, 0, 'c'},
                                          {"every", required_argument, 0, 'e'},
                                          {"from", required_argument, 0, 'f'},
                                          {"to", required_argument, 0, 't'},
                                          {"skip-unconverged", no_argument, 0, 's'},
                                          {"energy-key", required_argument, 0, 2000},
                                          {"forces-key", required_argument, 0, 2001},
                                          {"virial-key", required_argument, 0, 2002},
                                          {"stress-key", required_argument, 0, 2003},
                                          {"group-key", required_argument, 0, 2004},
                                          {"help", no_argument, 0, 'h'},
                                          {0, 0, 0, 0}};
  choice c = {.every = 1, .from = 1, .to = INT_MAX};
  const char **key[] = {&c.keys.energy, &c.keys.forces, &c.keys.virial, &c.keys.stress, &c.keys.group}, *out = NULL;
  for (int o; (o = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
    int *number = o == 'e' ? &c.every : o == 'f' ? &c.from : &c.to;
    switch (o) {
    case 'h':
      fputs(help, stdout);
      return 0;
    case 'o':
      out = optarg;
      break;
    case 'c':
      if (!*optarg || strlen(optarg) > 63 || strpbrk(optarg, "\"\n\r"))
        return lisi_fit_usage("convert", "--config-type: expected 1 to 63 characters without quotes");
      c.group = optarg;
      break;
    case 'e':
    case 'f':
    case 't':
      if (!whole(optarg, number))
        return lisi_fit_usage("convert", "--%s: expected a whole number > 0, found '%s'",
                              o == 'e'   ? "every"
                              : o == 'f' ? "from"
                                         : "to",
                              optarg);
      break;
    case 's':
      c.skip = true;
      break;
    default:
      if (o < 2000)
        return 2;
      *key[o - 2000] = optarg;
    }
  }
  if (optind == argc)
    return lisi_fit_usage("convert", "expected at least one data file");
  if (!out)
    return lisi_fit_usage("convert", "-o DATA.xyz is missing");
  lisi_error err = {0};
  progress_catch_interrupt();
  if (convert(argc - optind, argv + optind, out, &c, &err) != LISI_OK)
    return lisi_fit_report(&err);
  return fflush(stdout) == 0 ? 0 : 1;
}
