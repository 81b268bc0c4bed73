/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linear system of a fit: energy, forces and virial of one frame as linear functions of the coefficients. */
#ifndef LISI_FIT_DESIGN_H
#define LISI_FIT_DESIGN_H

#include "fit_basis.h"
#include "xyz_read.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A frame, the set that it stands in, and the element numbers of the set's species in the basis (fit_species). */
typedef struct {
  const xyz_set *set;
  const xyz_frame *frame;
  const int *mu;
} fit_environment_frame;

/* Rows of one frame: row 0 the energy (eV, without E0), rows 1 .. 3N the forces x1 y1 z1 x2 .., the last six the virial
 * xx yy zz yz xz xy (eV). */
typedef struct {
  int natoms, nrows;
  double *a; /* [ncolumns][nrows], column after column as LAPACK wants it */
  double *y; /* [nrows] the reference; NaN where the frame does not give it */
} fit_rows;

/* Element numbers of the frames of a set in the basis: mu[nspecies]. An element that the recipe does not list is an
 * error that names the first frame with it. */
LISI_MUST_CHECK lisi_status fit_species(const fit_basis *basis, const xyz_set *set, int *mu, lisi_error *err);

/* Fills rows (free with fit_rows_free). A pair nearer than the inner cut-off of its bond is an error: there the energy
 * is not linear in the coefficients, and the recipe has to choose its zbl radius below every distance in the data. Safe
 * to call from several threads. */
LISI_MUST_CHECK lisi_status fit_design(const fit_basis *basis, const xyz_set *set, const xyz_frame *frame,
                                       const int *mu, fit_rows *rows, lisi_error *err);
void fit_rows_free(fit_rows *rows);

/* The same atom by atom: what the functions of one central atom add to the rows of its frame. Energies that are not
 * linear in the coefficients need it. */
typedef struct fit_atoms fit_atoms;
LISI_MUST_CHECK lisi_status fit_atoms_open(const fit_basis *basis, const xyz_set *set, const xyz_frame *frame,
                                           const int *mu, fit_atoms **atoms, lisi_error *err);
/* Rows of central atom `atom` alone: (*a)[ncolumns][nrows], where columns *begin .. *end-1 belong to its element and
 * the others stand at zero. Row 0 holds the functions B_b of the atom. Valid until the next call. */
LISI_MUST_CHECK lisi_status fit_atoms_get(fit_atoms *atoms, int atom, const double **a, int *begin, int *end,
                                          lisi_error *err);
void fit_atoms_close(fit_atoms *atoms);

/* The reference of a frame, y[1 + 3 natoms + 6], without E0; NaN where the frame does not give a number. */
void fit_reference(const fit_basis *basis, const xyz_frame *frame, const int *mu, double *y);

#ifdef __cplusplus
}
#endif
#endif
