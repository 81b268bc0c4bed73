/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of ace_radial_formulas.h for the C core. */
#include "ace_radial.h"

#include "ace_radial_formulas.h"

double ace_switch(double x, double b, double D, double *derivative) {
  return formula_switch(x, b, D, derivative);
}

void ace_radial_base(const ace_bond *bond, ace_inner_kind inner, double r, double *g, double *dg) {
  formula_radial_base(bond, inner, r, g, dg);
}

void ace_core_pair(const ace_bond *bond, ace_inner_kind inner, double r, double *phi, double *dphi) {
  formula_core_pair(bond, inner, r, phi, dphi);
}

void ace_radial_nl(const ace_bond *bond, const double *g, const double *dg, double *R, double *dR) {
  const int K = bond->nradbase, count = bond->nradmax * (bond->lmax + 1);
  for (int i = 0; i < count; i++) {
    const double *c = bond->crad + (size_t)i * (size_t)K;
    double s = 0.0, ds = 0.0;
    for (int k = 0; k < K; k++) {
      s += c[k] * g[k];
      ds += c[k] * dg[k];
    }
    R[i] = s;
    dR[i] = ds;
  }
}
