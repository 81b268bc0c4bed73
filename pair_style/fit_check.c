/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of reference data: what is measured of each frame, positions, and the order of the parts. */
#include "fit_check.h"

#include "fit_check_parts.h"
#include "fit_neighbors.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Angstrom (Cordero et al., Dalton Trans. 2008, 2832), 1.5 for an element that is not listed. */
static double covalent_radius(const char *symbol) {
  static const struct {
    char symbol[4];
    double radius;
  } table[] = {
      {"H", 0.31},  {"He", 0.28}, {"Li", 1.28}, {"Be", 0.96}, {"B", 0.84},  {"C", 0.76},  {"N", 0.71},  {"O", 0.66},
      {"F", 0.57},  {"Ne", 0.58}, {"Na", 1.66}, {"Mg", 1.41}, {"Al", 1.21}, {"Si", 1.11}, {"P", 1.07},  {"S", 1.05},
      {"Cl", 1.02}, {"Ar", 1.06}, {"K", 2.03},  {"Ca", 1.76}, {"Sc", 1.70}, {"Ti", 1.60}, {"V", 1.53},  {"Cr", 1.39},
      {"Mn", 1.39}, {"Fe", 1.32}, {"Co", 1.26}, {"Ni", 1.24}, {"Cu", 1.32}, {"Zn", 1.22}, {"Ga", 1.22}, {"Ge", 1.20},
      {"As", 1.19}, {"Se", 1.20}, {"Br", 1.20}, {"Kr", 1.16}, {"Rb", 2.20}, {"Sr", 1.95}, {"Y", 1.90},  {"Zr", 1.75},
      {"Nb", 1.64}, {"Mo", 1.54}, {"Tc", 1.47}, {"Ru", 1.46}, {"Rh", 1.42}, {"Pd", 1.39}, {"Ag", 1.45}, {"Cd", 1.44},
      {"In", 1.42}, {"Sn", 1.39}, {"Sb", 1.39}, {"Te", 1.38}, {"I", 1.39},  {"Xe", 1.40}, {"Cs", 2.44}, {"Ba", 2.15},
      {"La", 2.07}, {"Ce", 2.04}, {"Hf", 1.75}, {"Ta", 1.70}, {"W", 1.62},  {"Re", 1.51}, {"Os", 1.44}, {"Ir", 1.41},
      {"Pt", 1.36}, {"Au", 1.36}, {"Hg", 1.32}, {"Tl", 1.45}, {"Pb", 1.46}, {"Bi", 1.48},
  };
  for (size_t k = 0; k < sizeof table / sizeof *table; k++)
    if (!strcmp(table[k].symbol, symbol))
      return table[k].radius;
  return 1.5;
}

void check_warn(check *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vfprintf(c->warnings, format, list);
  va_end(list);
  fputc('\n', c->warnings);
}

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

double check_quantile(double *value, int n, double q) {
  qsort(value, (size_t)n, sizeof *value, by_value);
  return value[(int)lround(q * (n - 1))];
}

bool check_inverse(const double h[9], double inverse[9]) {
  const double c[3] = {h[4] * h[8] - h[5] * h[7], h[5] * h[6] - h[3] * h[8], h[3] * h[7] - h[4] * h[6]};
  const double det = h[0] * c[0] + h[1] * c[1] + h[2] * c[2];
  if (!(fabs(det) > 0))
    return false;
  const double adjugate[9] = {c[0], h[2] * h[7] - h[1] * h[8], h[1] * h[5] - h[2] * h[4],
                              c[1], h[0] * h[8] - h[2] * h[6], h[2] * h[3] - h[0] * h[5],
                              c[2], h[1] * h[6] - h[0] * h[7], h[0] * h[4] - h[1] * h[3]};
  for (int k = 0; k < 9; k++)
    inverse[k] = adjugate[k] / det;
  return true;
}

/* Distances and coordination. The search goes three radii far, so that sparse structures are measured as well. */
static lisi_status measure(check_frame *f, lisi_error *err) {
  const double *h = f->frame->cell;
  f->volume = fabs(h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) +
                   h[2] * (h[3] * h[7] - h[4] * h[6]));
  f->nearest = INFINITY;
  double largest = 0;
  for (int i = 0; i < f->frame->natoms; i++)
    largest = fmax(largest, covalent_radius(f->set->symbol[f->frame->species[i]]));
  fit_neighbors list;
  lisi_status status = fit_neighbors_find(f->set, f->frame, 2.6 * 2 * largest, &list, err);
  if (status != LISI_OK)
    return status;
  int bonds = 0;
  for (int i = 0; i < f->frame->natoms; i++)
    for (int k = list.first[i]; k < list.first[i + 1]; k++) {
      const double *r = list.rij[k];
      const double sum = covalent_radius(f->set->symbol[f->frame->species[i]]) +
                         covalent_radius(f->set->symbol[f->frame->species[list.index[k]]]);
      const double d = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]) / sum;
      f->nearest = fmin(f->nearest, d);
      bonds += d < 1.35;
    }
  fit_neighbors_free(&list);
  f->coordination = (double)bonds / f->frame->natoms;
  f->condensed = f->coordination >= 2 && f->nearest > 0.6;
  return LISI_OK;
}

/* Positions that are fractions of the cell: all between 0 and 1 in a cell that is larger, and far too close. */
static bool fractions(const check_frame *f) {
  if (f->frame->natoms < 3 || f->nearest > 0.5 || f->volume < 15)
    return false;
  for (int k = 0; k < 3 * f->frame->natoms; k++)
    if (f->frame->pos[k] < -0.01 || f->frame->pos[k] > 1.01)
      return false;
  return true;
}

lisi_status check_positions(check *c) {
  double *nearest = malloc(((size_t)c->nframes + 1) * sizeof *nearest);
  if (!nearest)
    return lisi_no_memory(c->err, (size_t)c->nframes * sizeof *nearest);
  lisi_status status = LISI_OK;
  for (int p = 0; p < c->nsets && status == LISI_OK; p++) {
    int n = 0;
    for (int k = 0; k < c->nframes && status == LISI_OK; k++) {
      const check_frame *f = &c->frame[k];
      if (f->part != p)
        continue;
      if (fractions(f))
        status =
            lisi_fail(c->err, LISI_ERR_INPUT,
                      "%s:%d: the positions look like fractions of the cell (all are between 0 and 1, and atoms are "
                      "%.2f of the sum of their covalent radii apart); expected: Angstrom",
                      f->set->name, f->frame->line, f->nearest);
      if (isfinite(f->nearest))
        nearest[n++] = f->nearest;
    }
    if (n == 0 || status != LISI_OK)
      continue;
    const double median = check_quantile(nearest, n, 0.5);
    const char *name = c->set[p].set->name;
    if (median > 1.4)
      check_warn(c,
                 "%s: the shortest distance of a frame is %.2f times the sum of the covalent radii (median over the "
                 "frames)%s",
                 name, median, median < 2.4 ? "; this looks like positions and cell in bohr instead of Angstrom" : "");
    else if (median < 0.5)
      check_warn(c,
                 "%s: the shortest distance of a frame is %.2f times the sum of the covalent radii (median over the "
                 "frames); are the positions, and the cell, in Angstrom?",
                 name, median);
  }
  free(nearest);
  return status;
}

static void print_notes(const xyz_set *set, FILE *out) {
  if (set->notes)
    fputs(set->notes, out);
}

lisi_status fit_check(const fit_check_set *set, int nsets, const fit_check_atoms *atoms, FILE *warnings,
                      lisi_error *err) {
  check c = {.set = set, .nsets = nsets, .atoms = atoms, .warnings = warnings, .err = err};
  int n = 0, at = 0;
  for (int p = 0; p < nsets; p++) {
    print_notes(set[p].set, warnings);
    n += set[p].set->nframes;
  }
  c.frame = calloc((size_t)n + 1, sizeof *c.frame);
  if (!c.frame)
    return lisi_no_memory(err, (size_t)n * sizeof *c.frame);
  c.nframes = n;
  for (int p = 0; p < nsets; p++)
    for (int k = 0; k < set[p].set->nframes; k++)
      c.frame[at++] = (check_frame){.set = set[p].set,
                                    .frame = &set[p].set->frame[k],
                                    .part = p,
                                    .test = set[p].test,
                                    .own_zero = set[p].own_zero};
  lisi_status status = LISI_OK;
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < n; k++) {
    lisi_error own = {0};
    const lisi_status s = measure(&c.frame[k], &own);
    if (s == LISI_OK)
      continue;
#pragma omp critical
    if (status == LISI_OK)
      status = lisi_fail(err, s, "%s", own.message);
  }
  if (status == LISI_OK)
    status = check_positions(&c);
  if (status == LISI_OK)
    status = check_energies(&c);
  if (status == LISI_OK)
    status = check_work(&c);
  if (status == LISI_OK)
    status = check_twins(&c);
  free(c.frame);
  return status;
}
