/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbours of every atom of a small periodic frame, all images included, so that a cell may be far smaller than the
 * cut-off. */
#ifndef LISI_FIT_NEIGHBORS_H
#define LISI_FIT_NEIGHBORS_H

#include "xyz_read.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int natoms;
  int *first;       /* [natoms + 1] neighbours of atom i are first[i] .. first[i+1]-1 */
  int *index;       /* [first[natoms]] the atom of which it is an image */
  double (*rij)[3]; /* [first[natoms]] its position minus that of atom i, Angstrom */
} fit_neighbors;

/* All neighbours nearer than `cutoff`. Two atoms (or an atom and an image) nearer than 0.001 Angstrom are an error that
 * names file and line. */
LISI_MUST_CHECK lisi_status fit_neighbors_find(const xyz_set *set, const xyz_frame *frame, double cutoff,
                                               fit_neighbors *out, lisi_error *err);
void fit_neighbors_free(fit_neighbors *list);

#ifdef __cplusplus
}
#endif
#endif
