/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error sums and their tables. */
#include "fit_errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static lisi_status find_group(fit_error_table *t, const char *name, int *index, lisi_error *err) {
  for (int g = 1; g < t->ngroups; g++)
    if (!strcmp(t->group[g].name, name)) {
      *index = g;
      return LISI_OK;
    }
  fit_error_group *grown = realloc(t->group, (size_t)(t->ngroups + 1) * sizeof *grown);
  if (!grown)
    return lisi_no_memory(err, (size_t)(t->ngroups + 1) * sizeof *grown);
  t->group = grown;
  memset(&grown[t->ngroups], 0, sizeof *grown);
  snprintf(grown[t->ngroups].name, sizeof grown->name, "%s", name);
  *index = t->ngroups++;
  return LISI_OK;
}

lisi_status fit_errors_init(fit_error_table *t, lisi_error *err) {
  t->ngroups = 0;
  t->group = calloc(1, sizeof *t->group);
  if (!t->group)
    return lisi_no_memory(err, sizeof *t->group);
  t->ngroups = 1;
  strcpy(t->group[0].name, "all");
  return LISI_OK;
}

static void add(fit_error_group *g, const xyz_frame *f, double energy, const double *force, const double *virial) {
  static const int voigt[6] = {0, 4, 8, 5, 2, 1};
  g->nframes++;
  g->natoms += f->natoms;
  if (f->has_energy) {
    double d = (energy - f->energy) / f->natoms;
    g->e2 += d * d;
    g->e1 += fabs(d);
    g->nenergy++;
  }
  if (f->force)
    for (int k = 0; k < 3 * f->natoms; k++) {
      double d = force[k] - f->force[k];
      g->f2 += d * d;
      g->f1 += fabs(d);
      g->ref2 += f->force[k] * f->force[k];
      g->nforce++;
    }
  if (f->has_virial)
    for (int k = 0; k < 6; k++) {
      double d = (virial[k] - f->virial[voigt[k]]) / f->natoms;
      g->v2 += d * d;
      g->v1 += fabs(d);
      g->nvirial++;
    }
}

lisi_status fit_errors_add(fit_error_table *t, const xyz_frame *f, double energy, const double *force,
                           const double *virial, lisi_error *err) {
  int g = 0;
  lisi_status status = find_group(t, f->group, &g, err);
  if (status != LISI_OK)
    return status;
  add(&t->group[0], f, energy, force, virial);
  add(&t->group[g], f, energy, force, virial);
  return LISI_OK;
}

static double root(double sum, long n) {
  return n ? sqrt(sum / (double)n) : NAN;
}
static double mean(double sum, long n) {
  return n ? sum / (double)n : NAN;
}

fit_error_figures fit_errors_figures(const fit_error_group *g) {
  fit_error_figures x = {root(g->e2, g->nenergy), mean(g->e1, g->nenergy),  root(g->f2, g->nforce),
                         mean(g->f1, g->nforce),  root(g->ref2, g->nforce), 0,
                         root(g->v2, g->nvirial), mean(g->v1, g->nvirial)};
  x.force_relative = x.force_rms > 0 ? x.force_rmse / x.force_rms : NAN;
  return x;
}

/* A number of a table; "-" where there is none. */
static void cell(FILE *out, int width, int digits, double value, const char *unit) {
  if (isfinite(value))
    fprintf(out, " %*.*f%s", width, digits, value, unit);
  else
    fprintf(out, " %*s", width + (int)strlen(unit), "-");
}

void fit_errors_print(const fit_error_table *t, FILE *out) {
  fprintf(out, "%-22s %6s %6s %16s %16s %8s %16s\n", "", "", "", "energy meV/atom", "force meV/A", "of RMS",
          "virial meV/atom");
  fprintf(out, "%-22s %6s %6s %8s %7s %8s %7s %8s %8s %7s\n", "config_type", "frames", "atoms", "RMSE", "MAE", "RMSE",
          "MAE", "force", "RMSE", "MAE");
  for (int k = 1; k <= t->ngroups; k++) {
    const fit_error_group *g = &t->group[k % t->ngroups]; /* "all" last */
    fit_error_figures x = fit_errors_figures(g);
    fprintf(out, "%-22s %6d %6ld", g->name, g->nframes, g->natoms);
    cell(out, 8, 2, 1e3 * x.energy_rmse, "");
    cell(out, 7, 2, 1e3 * x.energy_mae, "");
    cell(out, 8, 1, 1e3 * x.force_rmse, "");
    cell(out, 7, 1, 1e3 * x.force_mae, "");
    cell(out, 7, 1, 100 * x.force_relative, "%");
    cell(out, 8, 2, 1e3 * x.virial_rmse, "");
    cell(out, 7, 2, 1e3 * x.virial_mae, "");
    fputc('\n', out);
  }
}

static void item(FILE *out, const char *key, double value, const char *null) {
  fprintf(out, ", \"%s\": ", key);
  if (isfinite(value))
    fprintf(out, "%.6g", value);
  else
    fputs(null, out);
}

/* A JSON object is a YAML flow mapping as well. */
static void object(const fit_error_group *g, FILE *out) {
  fit_error_figures x = fit_errors_figures(g);
  fputs("{\"config_type\": \"", out);
  for (const char *s = g->name; *s; s++) {
    if (*s == '"' || *s == '\\')
      fputc('\\', out);
    if ((unsigned char)*s >= 32)
      fputc(*s, out);
  }
  fprintf(out, "\", \"frames\": %d, \"atoms\": %ld", g->nframes, g->natoms);
  item(out, "energy_rmse", x.energy_rmse, "null");
  item(out, "energy_mae", x.energy_mae, "null");
  item(out, "force_rmse", x.force_rmse, "null");
  item(out, "force_mae", x.force_mae, "null");
  item(out, "force_rms", x.force_rms, "null");
  item(out, "force_relative", x.force_relative, "null");
  item(out, "virial_rmse", x.virial_rmse, "null");
  item(out, "virial_mae", x.virial_mae, "null");
  fputc('}', out);
}

void fit_errors_yaml(const fit_error_table *t, const char *indent, FILE *out) {
  for (int k = 1; k <= t->ngroups; k++) {
    fprintf(out, "%s- ", indent);
    object(&t->group[k % t->ngroups], out);
    fputc('\n', out);
  }
}

void fit_errors_json(const fit_error_table *t, FILE *out) {
  fputs("{\"units\": {\"energy\": \"eV/atom\", \"force\": \"eV/Angstrom\", \"virial\": \"eV/atom\"},\n \"groups\": [\n",
        out);
  for (int k = 1; k <= t->ngroups; k++) {
    fputs("  ", out);
    object(&t->group[k % t->ngroups], out);
    fputs(k < t->ngroups ? ",\n" : "\n ]}\n", out);
  }
}

void fit_errors_free(fit_error_table *t) {
  free(t->group);
  t->group = NULL;
  t->ngroups = 0;
}
