/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Periodic cells: the one place of fractional coordinates, wrapping and nearest images. A cell is H[3][3] with the rows
 * a, b, c, Angstrom; Cartesian x = origin + f_0 a + f_1 b + f_2 c. */
#ifndef LISI_LATTICE_H
#define LISI_LATTICE_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double H[3][3];    /* rows a, b, c */
  double inv[3][3];  /* f_k = sum_m (x - origin)_m inv[m][k] */
  double origin[3];  /* corner of the box */
  double volume;     /* > 0 */
  int reduced[3][3]; /* rows: the reduced lattice vectors in units of a, b, c; H_red = reduced . H */
  int nshift;        /* lattice vectors among which the nearest image of a reduced difference is found */
  int shift[125][3]; /* [nshift] in units of the reduced vectors, shift 0 first */
} lattice;

/* From the rows of H. Refuses a cell with a volume that is zero or not finite, and one whose reduced vectors need
 * coefficients beyond 30000. */
LISI_MUST_CHECK lisi_status lattice_from_rows(const double H[3][3], lattice *cell, lisi_error *err);
/* From the box of LAMMPS as dumps and domain give it: lo and hi (not the bounding box), tilt xy, xz, yz (0 for an
 * orthogonal box). Online and offline use this one function, so that the same box gives the same bits. */
LISI_MUST_CHECK lisi_status lattice_from_box(const double lo[3], const double hi[3], const double tilt[3],
                                             lattice *cell, lisi_error *err);
/* The same box from the bounds that a dump prints (ITEM: BOX BOUNDS xy xz yz: the corners of the bounding box): the
 * same bits as lattice_from_box for the box that LAMMPS printed. */
LISI_MUST_CHECK lisi_status lattice_from_bounds(const double lo[3], const double hi[3], const double tilt[3],
                                                lattice *cell, lisi_error *err);

void lattice_frac(const lattice *cell, const double x[3], double f[3]); /* position -> fractional */
void lattice_cart(const lattice *cell, const double f[3], double x[3]); /* fractional -> position, with origin */
void lattice_vector(const lattice *cell, const double f[3],
                    double d[3]); /* fractional difference -> Cartesian, without origin */

/* f -> f - n in [0, 1), n = floor(f) exact also where rounding would give 1. A component that is no number, or beyond
 * 2^31, stays as it is with n = 0. */
void lattice_wrap(double f[3], int n[3]);
/* The image n that makes |H (f - n)| smallest, for a fractional difference f; exact in skewed cells (lattice reduction,
 * Nguyen and Stehle, ACM Trans. Algorithms 5, 46 (2009)). d (may be NULL) receives the Cartesian vector of f - n;
 * returns its length squared. Ties: the lowest (n0, n1, n2) of those closer than 1e-12 of the squared length. A
 * difference that is no number (or 1e9 cells long) gives n = 0 and INFINITY. */
double lattice_nearest(const lattice *cell, const double f[3], int n[3], double d[3]);

/* Edge lengths and angles (degrees: alpha between b and c, ...). */
void lattice_lengths_angles(const double H[3][3], double length[3], double angle[3]);

#ifdef __cplusplus
}
#endif
#endif
