/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ZBL core repulsion of an ACE model (Ziegler, Biersack, Littmark 1985), smoothed to zero at the cut-off as LAMMPS'
 * pair style zbl does, and its blending with the ACE energy: E_i = E0 + f F + (1 - f) rho_core, with f from the nearest
 * neighbour j* (the smallest r - rcut_in + dcut_in). */
#ifndef LISI_ACE_CORE_H
#define LISI_ACE_CORE_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The atomic number of an element symbol ("Li": 3), 0 where there is none such. */
int ace_atomic_number(const char *symbol);

/* Constants of one ordered pair, made once. */
typedef struct {
  double scale; /* prehc (K / 2) Zi Zj, eV Angstrom: half a pair, for each atom counts its own half */
  double a;     /* screening length, Angstrom */
  double rin, rcut, dcut;
  double sa, sb, sc; /* S(r) = sa (r - rin)^3 + sb (r - rin)^4 + sc, the first two only for r > rin */
} ace_zbl;

ace_zbl ace_zbl_setup(const ace_bond *bond, int Zi, int Zj);
/* The pair's share of rho_core of one atom and its derivative, eV and eV/Angstrom; zero for r >= rcut. */
double ace_zbl_pair(const ace_zbl *zbl, double r, double *derivative);
/* The blending factor f of a neighbour at r, and its derivative: 1 for r >= rcut_in, 0 for r <= rcut_in - dcut_in. */
double ace_zbl_blend(const ace_bond *bond, double r, double *derivative);

#ifdef __cplusplus
}
#endif
#endif
