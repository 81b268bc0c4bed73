/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Radial functions of an ACE bond, exact (no tables): Lysogorskiy et al. (2021) and the list in the format's
 * documentation; formulas in ace_radial.c. */
#ifndef LISI_ACE_RADIAL_H
#define LISI_ACE_RADIAL_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* g_k(r) and dg_k/dr for k = 1..nradbase into g[nradbase], dg[nradbase] (index k - 1), inner cut-off included as the
 * model's `inner` kind asks. Zero for r >= rcut. r in Angstrom, > 0. */
void ace_radial_base(const ace_bond *bond, ace_inner_kind inner, double r, double *g, double *dg);
/* R_nl(r) and its derivative: R[nradmax][lmax+1] = sum_k crad g_k, from the g and dg of ace_radial_base. */
void ace_radial_nl(const ace_bond *bond, const double *g, const double *dg, double *R, double *dR);
/* The pair term of the core repulsion and its derivative (eV, eV/Angstrom) as the density and distance kinds define it;
 * zero for the ZBL kind (see ace_core.h). Where the bond has a pair potential, that takes its place. */
void ace_core_pair(const ace_bond *bond, ace_inner_kind inner, double r, double *phi, double *dphi);
/* The switch P(x; b, D) = 1 below b - D, 0 above b, 1 - u^3 (10 - 15 u + 6 u^2) between, and its derivative. */
double ace_switch(double x, double b, double D, double *derivative);

#ifdef __cplusplus
}
#endif
#endif
