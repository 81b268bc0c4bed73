/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The framework at rest, from a trajectory: mean positions of its atoms with the drift taken off, and the unit cell
 * that they repeat. */
#ifndef LISI_HOST_MEAN_H
#define LISI_HOST_MEAN_H

#include "crystal.h"
#include "lattice.h"
#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int natoms;
  long frames;
  double (*first)[3]; /* [natoms] fractional positions of the first frame */
  double (*sum)[3];   /* [natoms] of displacements from there, drift taken off */
  double *sum_r2;     /* [natoms] of their squares, A^2 */
  double sum_H[3][3], sum_origin[3];
} host_mean;

/* natoms may be 0: then only the cell is averaged. */
LISI_MUST_CHECK lisi_status host_mean_create(int natoms, host_mean *h, lisi_error *err);
void host_mean_free(host_mean *h);
/* f[natoms][3]: unwrapped fractional positions of the framework atoms, always in the same order. */
void host_mean_add(host_mean *h, const lattice *box, const double (*f)[3]);
/* The mean box, the mean positions frac[natoms][3] (not wrapped, in the first frame's drift) and the RMS distance of an
 * atom from its mean, Angstrom. h->frames >= 1. */
LISI_MUST_CHECK lisi_status host_mean_finish(const host_mean *h, lattice *box, double (*frac)[3], double *rms,
                                             lisi_error *err);
/* The drift of a frame: the mean displacement of the framework atoms from frac. */
void host_drift(int natoms, const double (*f)[3], const double (*frac)[3], double drift[3]);

/* The largest numbers of equal cells along a, b, c into which the box can be cut: every atom, moved by one cell, comes
 * to lie on an atom of the same kind, each on another one, with an RMS distance of at most `tolerance` Angstrom.
 * natoms = 0 gives 1 1 1. */
LISI_MUST_CHECK lisi_status host_replicate(const lattice *box, int natoms, const double (*frac)[3], const int *kind,
                                           double tolerance, int replicate[3], lisi_error *err);
/* One cell of replicate[]: its atoms are averages over the copies, of the kind that most copies have (kinds may be
 * mixed). unit->atom[].species is left to the caller, who finds the atom's kind in kind_of[] (room for natoms). rms: of
 * the copies about their average, Angstrom. Error (LISI_ERR_INPUT): the box does not repeat like this. */
LISI_MUST_CHECK lisi_status host_fold(const lattice *box, int natoms, const double (*frac)[3], const int *kind,
                                      const int replicate[3], crystal *unit, int *kind_of, double *rms,
                                      lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
