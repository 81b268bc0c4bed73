/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The radial functions of an ACE bond, exact: value and derivative of every kind of basis that a .yace file may name,
 * with the inner cut-off, and the pair term of the core repulsion. Chebyshev kinds: Drautz, PRB 99, 014104 (2019),
 * appendix; spherical Bessel kind: Kocer, Mason, Erturk, AIP Adv. 10, 015021 (2020); ACE.jl kind: polynomials
 * orthogonal in x by a three-term recursion.
 *
 * For the C core (ace_radial.c; callers use ace_radial.h) and for the kernels in Kokkos, so in what C and C++ have in
 * common, without static data and without arrays of their own. */
#ifndef LISI_ACE_RADIAL_FORMULAS_H
#define LISI_ACE_RADIAL_FORMULAS_H

#include "ace_model.h"
#include "ace_shared.h"

#include <math.h>

#define FORMULA_PI 3.14159265358979323846

LISI_SHARED double formula_switch(double x, double b, double D, double *derivative) {
  if (derivative != NULL)
    *derivative = 0.0;
  if (x >= b)
    return 0.0;
  if (x <= b - D)
    return 1.0;
  const double u = (x - b + D) / D;
  if (derivative != NULL)
    *derivative = -30.0 * u * u * (1.0 - u) * (1.0 - u) / D;
  return 1.0 - u * u * u * (10.0 - u * (15.0 - 6.0 * u));
}

/* T_1..T_n at x into t[0..n-1] with derivatives: T_k = 2 x T_{k-1} - T_{k-2}. */
LISI_SHARED void formula_chebyshev(int n, double x, double *t, double *dt) {
  double t0 = 1.0, t1 = x, d0 = 0.0, d1 = 1.0;
  for (int k = 0; k < n; k++) {
    t[k] = t1;
    dt[k] = d1;
    const double t2 = 2.0 * x * t1 - t0, d2 = 2.0 * t1 + 2.0 * x * d1 - d0;
    t0 = t1, t1 = t2, d0 = d1, d1 = d2;
  }
}

/* g_k = (1 - T_k(x)) / 2 in place of T_k, with dx = dx/dr. */
LISI_SHARED void formula_half_one_minus(int n, double dx, double *g, double *dg) {
  for (int k = 0; k < n; k++) {
    g[k] = 0.5 * (1.0 - g[k]);
    dg[k] *= -0.5 * dx;
  }
}

LISI_SHARED void formula_cheb_exp_cos(const ace_bond *bond, double r, double *g, double *dg) {
  const double rc = bond->rcut, lambda = bond->lambda;
  const double scale = -2.0 / -expm1(-lambda), ex = exp(-lambda * r / rc);
  const double x = 1.0 + scale * (ex - exp(-lambda)), dx = -scale * lambda / rc * ex;
  double e = 0.5 * (1.0 + cos(FORMULA_PI * r / rc)), de = -0.5 * FORMULA_PI / rc * sin(FORMULA_PI * r / rc);
  if (bond->dcut > 0.0 && r > rc - bond->dcut) {
    const double q = FORMULA_PI / bond->dcut, a = q * (r - rc + bond->dcut);
    const double s = 0.5 * (1.0 + cos(a)), ds = -0.5 * q * sin(a);
    de = de * s + e * ds;
    e *= s;
  }
  formula_chebyshev(bond->nradbase - 1, x, g + 1, dg + 1);
  formula_half_one_minus(bond->nradbase - 1, dx, g + 1, dg + 1);
  g[0] = 1.0;
  dg[0] = 0.0;
  for (int k = 0; k < bond->nradbase; k++) {
    dg[k] = dg[k] * e + g[k] * de;
    g[k] *= e;
  }
}

LISI_SHARED void formula_cheb_pow(const ace_bond *bond, double r, double *g, double *dg) {
  const double y = 1.0 - r / bond->rcut;
  const double x = 2.0 * (1.0 - pow(y, bond->lambda)) - 1.0;
  formula_chebyshev(bond->nradbase, x, g, dg);
  formula_half_one_minus(bond->nradbase, 2.0 * bond->lambda * pow(y, bond->lambda - 1.0) / bond->rcut, g, dg);
}

LISI_SHARED void formula_cheb_linear(const ace_bond *bond, double r, double *g, double *dg) {
  formula_chebyshev(bond->nradbase, 1.0 - r / bond->rcut, g, dg);
  formula_half_one_minus(bond->nradbase, -1.0 / bond->rcut, g, dg);
}

/* sin(a r) / (a r) and its derivative by r; the series where the closed form loses digits. */
LISI_SHARED double formula_sinc(double a, double r, double *derivative) {
  const double x = a * r;
  if (fabs(x) < 1e-3) {
    const double x2 = x * x;
    *derivative = a * x * (-1.0 / 3.0 + x2 * (1.0 / 30.0 - x2 / 840.0));
    return 1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0));
  }
  const double s = sin(x) / x;
  *derivative = (cos(x) - s) / r;
  return s;
}

LISI_SHARED void formula_sbessel(const ace_bond *bond, double r, double *g, double *dg) {
  const double rc = bond->rcut, norm = sqrt(2.0) * FORMULA_PI / (rc * sqrt(rc));
  double d_before = 1.0, s1, ds1, s0, ds0;
  s0 = formula_sinc(FORMULA_PI / rc, r, &ds0);
  for (int n = 0; n < bond->nradbase; n++) {
    const double a = n + 1.0, b = n + 2.0;
    s1 = formula_sinc(b * FORMULA_PI / rc, r, &ds1);
    const double c = ((n % 2) ? -norm : norm) * a * b / sqrt(a * a + b * b);
    const double f = c * (s0 + s1), df = c * (ds0 + ds1);
    s0 = s1, ds0 = ds1;
    if (n == 0) {
      g[0] = f;
      dg[0] = df;
      continue;
    }
    const double n2 = (double)n * n, a4 = a * a * a * a;
    const double e = n2 * b * b / (4.0 * a4 + 1.0), d = 1.0 - e / d_before, q = sqrt(e / d_before);
    g[n] = (f + q * g[n - 1]) / sqrt(d);
    dg[n] = (df + q * dg[n - 1]) / sqrt(d);
    d_before = d;
  }
}

/* Where the recursion of the polynomials stands: x, dx/dr, P_k and dP_k/dx of the last two k. */
typedef struct {
  double x, dx, p, dp, before, dbefore;
  int k;
} formula_recursion;

/* Begins with P_0; zero beyond the ends of the range, where all others are zero as well. */
LISI_SHARED formula_recursion formula_polynomial_first(const ace_polynomials *b, double r) {
  formula_recursion s = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0};
  s.x = pow((1.0 + b->r0) / (1.0 + r), b->p);
  s.dx = -b->p * s.x / (1.0 + r);
  const double l = s.x - b->xl, h = s.x - b->xr;
  if ((l < 0.0 && b->pl > 0.0) || (h > 0.0 && b->pr > 0.0))
    return s;
  const double left = b->pl > 0.0 ? pow(l, b->pl) : 1.0, right = b->pr > 0.0 ? pow(h, b->pr) : 1.0;
  const double dleft = b->pl > 0.0 ? b->pl * pow(l, b->pl - 1.0) : 0.0;
  const double dright = b->pr > 0.0 ? b->pr * pow(h, b->pr - 1.0) : 0.0;
  s.p = b->abc[0] * left * right;
  s.dp = b->abc[0] * (dleft * right + left * dright);
  return s;
}

LISI_SHARED void formula_polynomial_next(const ace_polynomials *b, formula_recursion *s) {
  const int n = b->n, k = ++s->k;
  const double A = b->abc[k], q = A * s->x + b->abc[n + k], C = k >= 2 ? b->abc[2 * n + k] : 0.0;
  const double p = q * s->p + C * s->before, dp = A * s->p + q * s->dp + C * s->dbefore;
  s->before = s->p;
  s->dbefore = s->dp;
  s->p = p;
  s->dp = dp;
}

LISI_SHARED void formula_polynomials(const ace_polynomials *b, double r, double *g, double *dg) {
  formula_recursion s = formula_polynomial_first(b, r);
  for (int k = 0; k < b->n; k++) {
    if (k > 0)
      formula_polynomial_next(b, &s);
    g[k] = s.p;
    dg[k] = s.dp * s.dx;
  }
}

/* Cubic Hermite interpolation in the bin of r. */
LISI_SHARED void formula_spline(const ace_bond *bond, double r, double *g, double *dg) {
  const int K = bond->nradbase, bin = (int)(r * (bond->nbins / bond->rcut));
  const int n = bin < bond->nbins ? bin : bond->nbins - 1;
  const double h = bond->rcut / bond->nbins, u = r / h - n;
  const double *f = bond->node + 2 * (size_t)n * (size_t)K, *s = f + K, *next = s + K, *snext = next + K;
  for (int k = 0; k < K; k++) {
    const double step = next[k] - f[k], a = h * s[k], b = h * snext[k];
    const double c2 = 3.0 * step - 2.0 * a - b, c3 = a + b - 2.0 * step;
    g[k] = f[k] + u * (a + u * (c2 + u * c3));
    dg[k] = (a + u * (2.0 * c2 + 3.0 * u * c3)) / h;
  }
}

LISI_SHARED void formula_radial_base(const ace_bond *bond, ace_inner_kind inner, double r, double *g, double *dg) {
  for (int k = 0; k < bond->nradbase; k++)
    g[k] = dg[k] = 0.0;
  if (r >= bond->rcut || bond->nradbase < 1)
    return;
  if (inner != ACE_INNER_ZBL && r <= bond->rcut_in - bond->dcut_in)
    return;
  switch (bond->kind) {
  case ACE_CHEB_EXP_COS:
    formula_cheb_exp_cos(bond, r, g, dg);
    break;
  case ACE_CHEB_POW:
    formula_cheb_pow(bond, r, g, dg);
    break;
  case ACE_CHEB_LINEAR:
    formula_cheb_linear(bond, r, g, dg);
    break;
  case ACE_SBESSEL:
    formula_sbessel(bond, r, g, dg);
    break;
  case ACE_ACEJL:
    formula_polynomials(&bond->jl, r, g, dg);
    break;
  case ACE_ACEJL_SPLINE:
    formula_spline(bond, r, g, dg);
    break;
  }
  if (inner == ACE_INNER_DISTANCE && r < bond->rcut_in) {
    double dp;
    const double s = 1.0 - formula_switch(r, bond->rcut_in, bond->dcut_in, &dp);
    for (int k = 0; k < bond->nradbase; k++) {
      dg[k] = dg[k] * s - g[k] * dp;
      g[k] *= s;
    }
  }
}

/* Half of the pair potential, for each atom counts its own half. */
LISI_SHARED void formula_pair_potential(const ace_pairpot *pot, double r, double *phi, double *dphi) {
  if (r <= pot->ri) {
    const double e = 0.5 * pot->B * exp(-pot->A * (r / pot->ri - 1.0)) * pot->ri / r;
    *phi = 0.5 * pot->e0 + e;
    *dphi = -e * (pot->A / pot->ri + 1.0 / r);
    return;
  }
  if (r >= pot->rcut)
    return;
  formula_recursion s = formula_polynomial_first(&pot->basis, r);
  for (int k = 0; k < pot->basis.n; k++) {
    if (k > 0)
      formula_polynomial_next(&pot->basis, &s);
    *phi += 0.5 * pot->c[k] * s.p;
    *dphi += 0.5 * pot->c[k] * (s.dp * s.dx);
  }
}

LISI_SHARED void formula_core_pair(const ace_bond *bond, ace_inner_kind inner, double r, double *phi, double *dphi) {
  *phi = *dphi = 0.0;
  if (bond->pairpot != NULL) {
    formula_pair_potential(bond->pairpot, r, phi, dphi);
    return;
  }
  const double lambda = fabs(bond->lambdahc), rc = bond->rcut, l2 = lambda * r * r;
  if (inner == ACE_INNER_ZBL || bond->prehc == 0.0 || r >= rc || l2 >= 50.0)
    return;
  const double p = fabs(bond->prehc) * exp(-l2) / r, dp = -p * (1.0 / r + 2.0 * lambda * r);
  const double c = 0.5 * (1.0 + cos(FORMULA_PI * r / rc)), dc = -0.5 * FORMULA_PI / rc * sin(FORMULA_PI * r / rc);
  *phi = p * c;
  *dphi = dp * c + p * dc;
  if (inner == ACE_INNER_DISTANCE) {
    double ds;
    const double s = formula_switch(r, bond->rcut_in, bond->dcut_in, &ds);
    *dphi = *dphi * s + *phi * ds;
    *phi *= s;
  }
}

#endif
