/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Space groups of cells with atoms, through spglib: operations in the fractions of the given cell, the standard origin
 * nearest to the given one, Wyckoff letters. */
#ifndef LISI_SYMMETRY_H
#define LISI_SYMMETRY_H

#include "lattice.h"
#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x' = W x + w, x a column of fractions of the cell. */
typedef struct {
  int W[3][3];
  double w[3]; /* in [0, 1) */
} symmetry_op;

typedef struct {
  int number;            /* 1..230 */
  char symbol[12];       /* short Hermann-Mauguin, "F-43m" */
  double conventional;   /* volume of the conventional cell / volume of this cell */
  double to_standard[3]; /* fractions: x + to_standard has its origin at a standard origin of the group, the one that
                            is nearest to the origin of the cell */
  int nops;
  symmetry_op *op; /* [nops] a group (with the centring translations of the cell), the identity first */
} symmetry;

void symmetry_free(symmetry *s); /* the operations; *s may be used again */

/* The space group of natoms >= 1 atoms: frac[natoms][3], kind[natoms] (atoms of one kind are alike). Atoms may be
 * `tolerance` Angstrom off the positions of the group that is found; where spglib finds none at this tolerance, smaller
 * ones are tried. The operations are those of the ideal group, so that they close to rounding. Error
 * (LISI_ERR_NUMERIC): none found at any tolerance. */
LISI_MUST_CHECK lisi_status symmetry_find(const lattice *cell, int natoms, const double (*frac)[3], const int *kind,
                                          double tolerance, symmetry *s, lisi_error *err);
/* P1: the identity alone. */
LISI_MUST_CHECK lisi_status symmetry_identity(symmetry *s, lisi_error *err);
/* Only those operations for which keep[op] is not 0 and that form a group: the largest set H of them with h K = K for
 * the kept set K. number, symbol and conventional stay those of the larger group. Returns the number of operations. */
int symmetry_reduce(symmetry *s, const unsigned char *keep);
/* The operations after the origin has moved: positions x become x + shift. Translations within 1e-5 of a multiple of
 * 1/24 become that. */
void symmetry_move_origin(symmetry *s, const double shift[3]);
void symmetry_apply(const symmetry_op *op, const double x[3], double y[3]);

/* A cell that the operations leave unchanged: the metric averaged over them, in the orientation of `cell`. */
LISI_MUST_CHECK lisi_status symmetry_of_cell(const symmetry *s, const lattice *cell, lattice *averaged,
                                             lisi_error *err);

typedef struct {
  char letter;      /* 'a'... ('A' for the 27th) */
  int multiplicity; /* in the conventional cell */
  char symmetry[8]; /* of the site, "2.mm" */
} wyckoff;

/* Wyckoff positions of all atoms of a cell whose positions are exact (within 0.01 Angstrom) and whose origin is a
 * standard one; number and symbol (12 bytes) of the group. */
LISI_MUST_CHECK lisi_status symmetry_wyckoff(const lattice *cell, int natoms, const double (*frac)[3], const int *kind,
                                             int *number, char symbol[12], wyckoff *position, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
