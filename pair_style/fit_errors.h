/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors of a model on reference frames, by config_type and in all: what lisi-fit prints and what stands in a model
 * file. */
#ifndef LISI_FIT_ERRORS_H
#define LISI_FIT_ERRORS_H

#include "xyz_read.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sums over the frames of one group. Energies and virials per atom. */
typedef struct {
  char name[64];
  int nframes;
  long natoms, nenergy, nforce, nvirial; /* nforce, nvirial: components */
  double e2, e1, f2, f1, v2, v1;         /* sums of squared and absolute errors */
  double ref2;                           /* sum of squared reference forces */
} fit_error_group;

typedef struct {
  int ngroups;
  fit_error_group *group; /* [0] is "all" */
} fit_error_table;

/* Figures of one group, NaN where there was nothing to compare: eV/atom, eV/Angstrom, eV/atom; force_relative = force
 * RMSE / RMS of the reference forces. */
typedef struct {
  double energy_rmse, energy_mae, force_rmse, force_mae, force_rms, force_relative, virial_rmse, virial_mae;
} fit_error_figures;

LISI_MUST_CHECK lisi_status fit_errors_init(fit_error_table *table, lisi_error *err);
/* Adds a frame: predicted total energy, force[natoms][3], virial[6] xx yy zz yz xz xy; quantities that the frame lacks
 * are left out. */
LISI_MUST_CHECK lisi_status fit_errors_add(fit_error_table *table, const xyz_frame *frame, double energy,
                                           const double *force, const double *virial, lisi_error *err);
fit_error_figures fit_errors_figures(const fit_error_group *group);
/* A table for people (meV), the same as one YAML list item a line (eV; for `lisi:` of a model file), and as JSON.
 * `indent` goes before each line. */
void fit_errors_print(const fit_error_table *table, FILE *stream);
void fit_errors_yaml(const fit_error_table *table, const char *indent, FILE *stream);
void fit_errors_json(const fit_error_table *table, FILE *stream);
void fit_errors_free(fit_error_table *table);

#ifdef __cplusplus
}
#endif
#endif
