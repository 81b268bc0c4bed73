/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folding counts over the space group of a crystal: with W x_i + w = x_gi + s_i, C_ij(R) is averaged over all (gi, gj,
 * W R + s_j - s_i). The states stay what they are; their counts, positions and cell are symmetrised, so that every
 * model of them has the symmetry of the crystal. Linear, so blocks and groups fold alike and the errors still come from
 * them. Unbiased where the host has the symmetry; whether the run agrees is tested. */
#ifndef LISI_COUNTS_SYMMETRY_H
#define LISI_COUNTS_SYMMETRY_H

#include "counts.h"
#include "symmetry.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  symmetry group; /* its operations in fractions of the cell */
  int nsites;
  int *to;         /* [nops][nsites] gi */
  int (*shift)[3]; /* [nops][nsites] s_i */
  int norbits;
  int *orbit;           /* [nsites] sites that the group takes to each other */
  double (*turn)[3][3]; /* [nops] the rotation in Cartesian coordinates: v' = turn v (columns) */
  bool mixed_labels;    /* an orbit holds sites of different labels */
} site_symmetry;

/* The space group of a crystal in a cell that is ideal, reference (that of the site file; the cell of `space`, a mean
 * over the run, is only near it): the states of `space` (one unit cell, with geometry) and nhost framework atoms,
 * host[nhost][3] fractional, species[nhost] of `width` bytes each. Positions may be `tolerance` Angstrom off. The cell
 * and the positions of `space` are made exact under the group. Errors: LISI_ERR_INPUT without geometry,
 * LISI_ERR_NUMERIC where no group is found. */
LISI_MUST_CHECK lisi_status site_symmetry_find(state_space *space, const double reference[3][3], int nhost,
                                               const double *host, const char *species, size_t width, double tolerance,
                                               site_symmetry *s, lisi_error *err);
void site_symmetry_free(site_symmetry *s);

/* How much there is to learn from: jumps (entries that do not stay) with their mean number of counts. */
typedef struct {
  double entries, classes; /* different (i, j, R) as counted; different under the group */
  double counts;           /* of all of them */
} symmetry_gain;

/* counts -> out, averaged over the group. verdict: as for the copies of a supercell (counts.h), here of the images of
 * each jump: equal numbers per visit of their starting sites. */
LISI_MUST_CHECK lisi_status counts_symmetrise(const lag_counts *counts, const site_symmetry *s, lag_counts *out,
                                              fold_verdict *verdict, symmetry_gain *gain, lisi_error *err);

/* The mean of a tensor (a vector) over those operations that take the sites marked in `keeps` (NULL: every site) to
 * themselves: what rounding has left of the symmetry comes off. [a][b], Cartesian. */
void site_symmetry_tensor(const site_symmetry *s, const bool *keeps, double D[3][3]);
void site_symmetry_vector(const site_symmetry *s, const bool *keeps, double v[3]);

#ifdef __cplusplus
}
#endif
#endif
