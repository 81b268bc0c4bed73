/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file, and the cell for crystal viewers. */
#include "sites_files.h"

#include "input_files.h"
#include "out_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lisi_status sites_outputs_open(sites_outputs *set, const char *path, FILE **f, lisi_error *err) {
  const lisi_status status = out_file_open(path, &set->file[set->n], err);
  if (status == LISI_OK)
    *f = out_file_stream(set->file[set->n++]);
  return status;
}

/* All or none: a full disk is found by flushing, before the first file is put in place. */
static lisi_status end_outputs(sites_outputs *set, lisi_status status, lisi_error *err) {
  for (int k = 0; k < set->n && status == LISI_OK; k++)
    status = out_file_flush(set->file[k], err);
  for (int k = 0; k < set->n; k++)
    if (status == LISI_OK)
      status = out_file_commit(set->file[k], err);
    else
      out_file_discard(set->file[k]);
  set->n = 0;
  return status;
}

static void position_of(const site_orbit *s, char text[16]) {
  text[0] = '\0';
  if (s->position.letter != 0)
    (void)snprintf(text, 16, "%d%c", s->position.multiplicity, s->position.letter);
}

static void write_head(FILE *f, const sites_options *o, const sites_result *r) {
  fprintf(f, "# Sites of %s, one cell. ", o->species);
  if (r->number > 0)
    fprintf(f, "Space group %s (%d). ", r->symbol, r->number);
  fprintf(f, "Written by lisi-msm sites %s; edit as you like.\n", LISI_VERSION);
  if (o->structure != NULL)
    fprintf(f, "# Structure: %s\n", o->structure);
  for (int k = 0; k < o->nfiles; k++)
    fprintf(f, "# Trajectory: %s\n", o->files[k]);
  if (o->nfiles > 0)
    fprintf(f,
            "# %" PRId64 " frames (steps %" PRId64 " to %" PRId64
            "), %d x %d x %d cells folded into one; density on a grid of %g A,\n"
            "# smoothed over %g A, maxima merged at a saddle of %g; sites of at least %g atoms.\n",
            r->nframes, r->first, r->last, r->replicate[0], r->replicate[1], r->replicate[2], o->grid, o->smooth,
            o->merge, o->least);
}

static void write_occupancy(FILE *f, const site_orbit *s) {
  if (isnan(s->occupancy_error)) /* one block of time */
    fprintf(f, "occupancy %.4f, error not known (one frame)", s->occupancy);
  else
    fprintf(f, "occupancy %.4f +- %.4f (standard error)", s->occupancy, s->occupancy_error);
}

static void write_orbit(FILE *f, const sites_options *o, const site_orbit *s, int type) {
  char position[16];
  if (o->amorphous) { /* no two sites are alike: one type, each with its own occupancy */
    fprintf(f, "  - {type: 1, label: %s, frac: [%.6f, %.6f, %.6f]}  # %d: ", o->species, s->frac[0][0], s->frac[0][1],
            s->frac[0][2], type);
    write_occupancy(f, s);
    fputc('\n', f);
    return;
  }
  position_of(s, position);
  fprintf(f, "  # %s", s->label);
  if (position[0] != '\0')
    fprintf(f, ": Wyckoff position %s, site symmetry %s", position, s->position.symmetry);
  if (s->interstitial)
    fprintf(f, ", interstitial");
  if (o->nfiles > 0) {
    fprintf(f, "\n  #   ");
    write_occupancy(f, s);
    fprintf(f, ", RMS distance of the atoms %.2f A", s->spread);
  }
  fputc('\n', f);
  for (int k = 0; k < s->nsites; k++)
    fprintf(f, "  - {type: %d, label: %s, multiplicity: %d, frac: [%.6f, %.6f, %.6f]}\n", type, s->label, s->nsites,
            s->frac[k][0], s->frac[k][1], s->frac[k][2]);
}

static lisi_status write_sites(const sites_options *o, const sites_result *r, const char *path, sites_outputs *set,
                               lisi_error *err) {
  FILE *f;
  const lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  const double(*H)[3] = r->framework.cell.H;
  write_head(f, o, r);
  fprintf(f, "format: lisi-sites 1\ncell:\n");
  for (int k = 0; k < 3; k++)
    fprintf(f, "  - [%.8g, %.8g, %.8g]\n", H[k][0], H[k][1], H[k][2]);
  if (o->nfiles > 0 && !o->amorphous)
    fprintf(f, "# the trajectory had %d x %d x %d of these cells; a box of other size is recognised by its edges\n",
            r->replicate[0], r->replicate[1], r->replicate[2]);
  if (r->framework.natoms > 0)
    fprintf(f, "framework:\n");
  for (int k = 0; k < r->framework.natoms; k++) {
    const crystal_atom *a = &r->framework.atom[k];
    fprintf(f, "  - {species: %s, frac: [%.6f, %.6f, %.6f]}\n", a->species, a->frac[0], a->frac[1], a->frac[2]);
  }
  fprintf(f, "sites:\n");
  for (int k = 0; k < r->sites.norbits; k++)
    write_orbit(f, o, &r->sites.orbit[k], k + 1);
  return LISI_OK;
}

/* All atoms are written in P1, so that any viewer shows them where the site file has them. */
static lisi_status write_cif(const sites_options *o, const sites_result *r, const char *path, sites_outputs *set,
                             lisi_error *err) {
  FILE *f;
  const lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  double length[3], angle[3];
  lattice_lengths_angles(r->framework.cell.H, length, angle);
  if (r->number > 0)
    fprintf(f, "# space group of framework and sites: %s (%d); listed without symmetry\n", r->symbol, r->number);
  fprintf(f,
          "data_sites\n_cell_length_a %.6f\n_cell_length_b %.6f\n_cell_length_c %.6f\n_cell_angle_alpha "
          "%.4f\n_cell_angle_beta %.4f\n_cell_angle_gamma %.4f\n"
          "_symmetry_space_group_name_H-M 'P 1'\n_symmetry_Int_Tables_number 1\nloop_\n_symmetry_equiv_pos_as_xyz\n "
          "'x, y, z'\n",
          length[0], length[1], length[2], angle[0], angle[1], angle[2]);
  fprintf(f, "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_"
             "fract_z\n_atom_site_occupancy\n");
  for (int k = 0; k < r->framework.natoms; k++) {
    const crystal_atom *a = &r->framework.atom[k];
    fprintf(f, "%s %s %.6f %.6f %.6f 1.0\n", a->species, a->species, a->frac[0], a->frac[1], a->frac[2]);
  }
  for (int k = 0; k < r->sites.norbits; k++) {
    const site_orbit *s = &r->sites.orbit[k];
    for (int m = 0; m < s->nsites; m++)
      fprintf(f, "%s %s %.6f %.6f %.6f %.4f\n", s->label, o->species, s->frac[m][0], s->frac[m][1], s->frac[m][2],
              o->nfiles > 0 ? fmin(1.0, s->occupancy) : 1.0);
  }
  return LISI_OK;
}

static void write_atom(FILE *f, const lattice *cell, const char *species, const char *label, int type, double occupancy,
                       const double frac[3]) {
  double x[3];
  lattice_vector(cell, frac, x);
  fprintf(f, "%-3s %12.6f %12.6f %12.6f %3d %-10s %8.4f\n", species, x[0], x[1], x[2], type, label, occupancy);
}

static lisi_status write_xyz(const sites_options *o, const sites_result *r, const char *path, sites_outputs *set,
                             lisi_error *err) {
  FILE *f;
  const lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  const lattice *cell = &r->framework.cell;
  int n = r->framework.natoms;
  for (int k = 0; k < r->sites.norbits; k++)
    n += r->sites.orbit[k].nsites;
  fprintf(f, "%d\nLattice=\"", n);
  for (int k = 0; k < 9; k++)
    fprintf(f, "%s%.8g", k > 0 ? " " : "", cell->H[k / 3][k % 3]);
  fprintf(f, "\" Properties=species:S:1:pos:R:3:site_type:I:1:label:S:1:occupancy:R:1 pbc=\"T T T\"\n");
  for (int k = 0; k < r->framework.natoms; k++)
    write_atom(f, cell, r->framework.atom[k].species, r->framework.atom[k].species, 0, 1.0, r->framework.atom[k].frac);
  for (int k = 0; k < r->sites.norbits; k++) {
    const site_orbit *s = &r->sites.orbit[k];
    for (int m = 0; m < s->nsites; m++)
      write_atom(f, cell, o->species, s->label, k + 1, o->nfiles > 0 ? s->occupancy : 1.0, s->frac[m]);
  }
  return LISI_OK;
}

/* "dir/sites.yaml" + ".cif" -> "dir/sites.cif" */
static char *beside(const char *path, const char *ending) {
  size_t n = strlen(path);
  if (n > 5 && strcmp(path + n - 5, ".yaml") == 0)
    n -= 5;
  else if (n > 4 && strcmp(path + n - 4, ".yml") == 0)
    n -= 4;
  char *text = malloc(n + strlen(ending) + 1);
  if (text == NULL)
    return NULL;
  memcpy(text, path, n);
  memcpy(text + n, ending, strlen(ending) + 1);
  return text;
}

/* Opens and closes it: an unwritable place is told before the trajectory is read. */
static lisi_status try_path(const char *path, lisi_error *err) {
  out_file *file;
  const lisi_status status = out_file_open(path, &file, err);
  if (status == LISI_OK)
    out_file_discard(file);
  return status;
}

lisi_status sites_check_outputs(const sites_options *o, const char *path, const char *density, lisi_error *err) {
  /* Endings that sites_write puts in the place of .yaml. */
  static const char *const ending[] = {".cif", ".xyz", ".dat", "-density.dat", ".gp", ".svg", ".gnuplot.log"};
  enum { ENDINGS = sizeof ending / sizeof *ending };
  lisi_status status = path != NULL ? refuse_overwriting(path, o->nfiles, o->files, err) : LISI_OK;
  if (status == LISI_OK && path != NULL)
    status = refuse_overwriting(path, 1, &o->structure, err);
  if (status == LISI_OK && density != NULL)
    status = refuse_overwriting(density, o->nfiles, o->files, err);
  if (status == LISI_OK && density != NULL) {
    const char *const others[] = {o->structure, path};
    status = refuse_overwriting(density, 2, others, err);
  }
  if (status == LISI_OK && path != NULL)
    status = try_path(path, err);
  for (int k = 0; path != NULL && k < ENDINGS && status == LISI_OK; k++) {
    char *name = beside(path, ending[k]);
    if (name == NULL)
      return lisi_no_memory(err, strlen(path));
    for (int m = -2; m < o->nfiles && status == LISI_OK; m++) {
      const char *const other = m == -2 ? density : m == -1 ? o->structure : o->files[m];
      lisi_error plain = {0}; /* told in words that say where the name comes from */
      if (refuse_overwriting(name, 1, &other, &plain) != LISI_OK)
        status =
            lisi_fail(err, LISI_ERR_INPUT, "%s, which is written beside %s, would replace %s; choose another -o name",
                      name, path, other);
    }
    if (status == LISI_OK)
      status = try_path(name, err);
    free(name);
  }
  if (status == LISI_OK && density != NULL)
    status = try_path(density, err);
  return status;
}

static lisi_status write_cube(const sites_options *o, const sites_result *r, const char *path, sites_outputs *set,
                              lisi_error *err) {
  static const double bohr = 0.529177210903; /* Angstrom; cube files are in atomic units of length */
  FILE *f;
  const lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  const site_density *d = &r->density;
  fprintf(f, "density of %s, atoms per A^3\n%" PRId64 " frames; lengths in bohr\n1 0.0 0.0 0.0\n", o->species,
          r->nframes);
  for (int k = 0; k < 3; k++)
    fprintf(f, "%d %.10f %.10f %.10f\n", d->n[k], d->cell.H[k][0] / d->n[k] / bohr, d->cell.H[k][1] / d->n[k] / bohr,
            d->cell.H[k][2] / d->n[k] / bohr);
  fprintf(f, "3 0.0 0.0 0.0 0.0\n"); /* the format wants an atom: the mobile species is told by the picture */
  size_t column = 0;
  for (int i = 0; i < d->n[0]; i++)
    for (int j = 0; j < d->n[1]; j++)
      for (int k = 0; k < d->n[2]; k++) {
        const size_t p = (size_t)i + (size_t)d->n[0] * ((size_t)j + (size_t)d->n[1] * (size_t)k);
        fprintf(f, "%.5e%c", r->smooth[p], ++column % 6 == 0 ? '\n' : ' ');
      }
  fputc('\n', f);
  return LISI_OK;
}

lisi_status sites_write(const sites_options *o, const sites_result *r, const char *path, const char *density,
                        lisi_error *err) {
  sites_outputs set = {0};
  char *cif = NULL, *xyz = NULL, *base = NULL;
  lisi_status status = LISI_OK;
  if (path != NULL) {
    cif = beside(path, ".cif");
    xyz = beside(path, ".xyz");
    base = beside(path, "");
    status = cif == NULL || xyz == NULL || base == NULL ? lisi_no_memory(err, strlen(path))
                                                        : write_sites(o, r, path, &set, err);
    if (status == LISI_OK)
      status = write_cif(o, r, cif, &set, err);
    if (status == LISI_OK)
      status = write_xyz(o, r, xyz, &set, err);
    if (status == LISI_OK)
      status = sites_write_picture(o, r, base, &set, err);
  }
  if (status == LISI_OK && density != NULL)
    status = write_cube(o, r, density, &set, err);
  status = end_outputs(&set, status, err);
  if (status == LISI_OK && base != NULL)
    sites_draw_picture(base);
  free(cif);
  free(xyz);
  free(base);
  return status;
}
