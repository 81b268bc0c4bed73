/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drift of the host framework: the mean displacement of its atoms from the reference positions of the site file, in
 * fractions of the box. Each atom is taken against the reference nearest to it once the last drift is subtracted, so no
 * atom carries state; sums are integers, so that they do not depend on the order or on the number of MPI ranks. */
#ifndef LISI_FRAMEWORK_H
#define LISI_FRAMEWORK_H

#include "lattice.h"
#include "lisi_status.h"
#include "site_index.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Partial sums; plain int64 so that MPI_Allreduce(MPI_INT64_T, MPI_SUM, FRAMEWORK_SUMS) adds them up. */
enum { FRAMEWORK_SUMS = 5 };
typedef struct {
  int64_t sum[FRAMEWORK_SUMS]; /* displacement x 2^40 (3), squared distance in A^2 x 2^20, atoms */
} framework_sums;

/* Adds one framework atom at fractional position f of the box (wrapped or not). `references` is a site_index over the
 * reference positions with the box set. */
void framework_add(const site_index *references, const double drift[3], const double f[3], framework_sums *sums);

/* From the sums over all atoms of all ranks: the new drift (drift[3] is updated) and the RMS distance of the atoms from
 * their references, Angstrom. Errors (LISI_ERR_INPUT, drift unchanged): the number of atoms is not that of the
 * references, or the RMS is larger than half the smallest distance between references
 * ("the framework has moved off its reference positions": it diffuses or melts). */
LISI_MUST_CHECK lisi_status framework_finish(const site_index *references, const framework_sums *sums, double drift[3],
                                             double *rms, lisi_error *err);

/* The drift at the first sample: no shift is tried first, then the rigid shifts that bring the first atom onto each
 * reference position of the unit cell; the one that gives every reference position exactly one atom with the smallest
 * RMS wins (no shift wins unless another one is better by a tenth). f[natoms][3]: all framework atoms in the order of
 * their ids, so that every rank and the offline tool decide alike. Errors: wrong number of atoms; no shift fits (the
 * message tells the best RMS). */
LISI_MUST_CHECK lisi_status framework_start(const site_index *references, int natoms, const double (*f)[3],
                                            double drift[3], double *rms, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
