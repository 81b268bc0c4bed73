/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this reference data what it is taken for? Looks at all files of a fit or a test together, after they are loaded
 * and before anything is made of them. What is certainly wrong is an error, what may be wrong a warning:
 *
 *   energies     in hartree or rydberg; files or groups whose energies have different zeros
 *   forces       in other units or with the other sign than the energies say; the same for virials
 *   positions    in bohr, or fractions of the cell
 *   frames       the same structure twice; a test frame that is a training frame
 *
 * What is judged by comparison needs something to compare with: frames of condensed matter (mean coordination of 2 or
 * more, no distance below 0.6 of the sum of covalent radii) for energies, pairs of similar structures for forces. */
#ifndef LISI_FIT_CHECK_H
#define LISI_FIT_CHECK_H

#include "xyz_read.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const xyz_set *set;
  bool test;     /* not part of the fit */
  bool own_zero; /* its energies have a zero of their own, so they are not compared with those of other sets */
} fit_check_set;

/* Energies of isolated atoms by element; NULL E0 where they are not known (they are to be fitted). */
typedef struct {
  int nelements;
  char (*element)[4];
  const double *E0;
} fit_check_atoms;

/* Warnings go to `warnings`, each a line without a prefix; the notes of the reader are among them. The first thing that
 * is certainly wrong is an error that names file and line. Frames without energy or forces are passed over. atoms may
 * be NULL. */
LISI_MUST_CHECK lisi_status fit_check(const fit_check_set *set, int nsets, const fit_check_atoms *atoms, FILE *warnings,
                                      lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
