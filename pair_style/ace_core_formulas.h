/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The core repulsion of one neighbour, for the C core (callers use ace_core.h) and for the kernels in Kokkos; see
 * ace_radial_formulas.h. */
#ifndef LISI_ACE_CORE_FORMULAS_H
#define LISI_ACE_CORE_FORMULAS_H

#include "ace_eval_tables.h"
#include "ace_radial_formulas.h"

/* w(r) = phi(r/a)/r with its first two derivatives; phi is the universal screening function. */
LISI_SHARED void formula_screened(double a, double r, double w[3]) {
  const double c[4] = {0.18175, 0.50986, 0.28022, 0.02817}, d[4] = {3.19980, 0.94229, 0.40290, 0.20162};
  double p = 0.0, p1 = 0.0, p2 = 0.0;
  for (int k = 0; k < 4; k++) {
    const double q = d[k] / a, e = c[k] * exp(-q * r);
    p += e;
    p1 -= q * e;
    p2 += q * q * e;
  }
  w[0] = p / r;
  w[1] = (p1 - w[0]) / r;
  w[2] = (p2 - 2.0 * w[1]) / r;
}

LISI_SHARED double formula_zbl_pair(const ace_zbl *zbl, double r, double *derivative) {
  *derivative = 0.0;
  if (r >= zbl->rcut)
    return 0.0;
  double w[3], dp;
  formula_screened(zbl->a, r, w);
  double e = w[0] + zbl->sc, de = w[1];
  const double t = r - zbl->rin;
  if (t > 0.0) {
    e += t * t * t * (zbl->sa + zbl->sb * t);
    de += t * t * (3.0 * zbl->sa + 4.0 * zbl->sb * t);
  }
  const double p = formula_switch(r, zbl->rcut, zbl->dcut, &dp);
  *derivative = zbl->scale * (de * p + e * dp);
  return zbl->scale * e * p;
}

LISI_SHARED double formula_zbl_blend(const ace_bond *bond, double r, double *derivative) {
  double dp;
  const double f = formula_switch(bond->rcut_in - r, bond->dcut_in, bond->dcut_in, &dp);
  *derivative = -dp;
  return f;
}

LISI_SHARED bool formula_has_core(const ace_pair_table *t) {
  return t->core != NULL || t->bond.pairpot != NULL;
}

/* Its pair term, from the table as the radial functions; below the first knot exact. A pair potential is always exact,
 * for it may have a step where its core begins. */
LISI_SHARED double formula_repulsion(const ace_pair_table *t, double r, double *derivative) {
  double phi = 0.0;
  *derivative = 0.0;
  if (t->bond.pairpot != NULL) {
    formula_core_pair(&t->bond, t->inner, r, &phi, derivative);
    return phi;
  }
  if (r >= t->core_reach)
    return 0.0;
  const double x = r * t->inv_h;
  int n = (int)x;
  if (n >= t->nknots)
    n = t->nknots - 1;
  if (n < 1) {
    if (t->inner == ACE_INNER_ZBL)
      return formula_zbl_pair(&t->zbl, r, derivative);
    formula_core_pair(&t->bond, t->inner, r, &phi, derivative);
    return phi;
  }
  const double *k = t->core + 2 * (size_t)n, u = x - n, u2 = u * u, u3 = u2 * u, h01 = 3.0 * u2 - 2.0 * u3;
  *derivative =
      ((k[2] - k[0]) * 6.0 * (u - u2) + k[1] * (3.0 * u2 - 4.0 * u + 1.0) + k[3] * (3.0 * u2 - 2.0 * u)) * t->inv_h;
  return k[0] * (1.0 - h01) + k[1] * (u3 - 2.0 * u2 + u) + k[2] * h01 + k[3] * (u3 - u2);
}

#endif
