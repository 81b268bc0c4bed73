/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The radial functions of an ACE bond, exact: value and derivative of every kind of basis that a .yace file may name,
 * with the inner cut-off, and the pair term of the core repulsion. Chebyshev kinds: Drautz, PRB 99, 014104 (2019),
 * appendix; spherical Bessel kind: Kocer, Mason, Erturk, AIP Adv. 10, 015021 (2020); ACE.jl kind: polynomials
 * orthogonal in x by a three-term recursion. */
#include "ace_radial.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

double ace_switch(double x, double b, double D, double *derivative) {
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
static void chebyshev(int n, double x, double *t, double *dt) {
  double t0 = 1.0, t1 = x, d0 = 0.0, d1 = 1.0;
  for (int k = 0; k < n; k++) {
    t[k] = t1;
    dt[k] = d1;
    const double t2 = 2.0 * x * t1 - t0, d2 = 2.0 * t1 + 2.0 * x * d1 - d0;
    t0 = t1, t1 = t2, d0 = d1, d1 = d2;
  }
}

/* g_k = (1 - T_k(x)) / 2 in place of T_k, with dx = dx/dr. */
static void half_one_minus(int n, double dx, double *g, double *dg) {
  for (int k = 0; k < n; k++) {
    g[k] = 0.5 * (1.0 - g[k]);
    dg[k] *= -0.5 * dx;
  }
}

static void cheb_exp_cos(const ace_bond *bond, double r, double *g, double *dg) {
  const double rc = bond->rcut, lambda = bond->lambda;
  const double scale = -2.0 / -expm1(-lambda), ex = exp(-lambda * r / rc);
  const double x = 1.0 + scale * (ex - exp(-lambda)), dx = -scale * lambda / rc * ex;
  double e = 0.5 * (1.0 + cos(pi * r / rc)), de = -0.5 * pi / rc * sin(pi * r / rc);
  if (bond->dcut > 0.0 && r > rc - bond->dcut) {
    const double q = pi / bond->dcut, a = q * (r - rc + bond->dcut);
    const double s = 0.5 * (1.0 + cos(a)), ds = -0.5 * q * sin(a);
    de = de * s + e * ds;
    e *= s;
  }
  chebyshev(bond->nradbase - 1, x, g + 1, dg + 1);
  half_one_minus(bond->nradbase - 1, dx, g + 1, dg + 1);
  g[0] = 1.0;
  dg[0] = 0.0;
  for (int k = 0; k < bond->nradbase; k++) {
    dg[k] = dg[k] * e + g[k] * de;
    g[k] *= e;
  }
}

static void cheb_pow(const ace_bond *bond, double r, double *g, double *dg) {
  const double y = 1.0 - r / bond->rcut;
  const double x = 2.0 * (1.0 - pow(y, bond->lambda)) - 1.0;
  chebyshev(bond->nradbase, x, g, dg);
  half_one_minus(bond->nradbase, 2.0 * bond->lambda * pow(y, bond->lambda - 1.0) / bond->rcut, g, dg);
}

static void cheb_linear(const ace_bond *bond, double r, double *g, double *dg) {
  chebyshev(bond->nradbase, 1.0 - r / bond->rcut, g, dg);
  half_one_minus(bond->nradbase, -1.0 / bond->rcut, g, dg);
}

/* sin(a r) / (a r) and its derivative by r; the series where the closed form loses digits. */
static double sinc(double a, double r, double *derivative) {
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

static void sbessel(const ace_bond *bond, double r, double *g, double *dg) {
  const double rc = bond->rcut, norm = sqrt(2.0) * pi / (rc * sqrt(rc));
  double d_before = 1.0, s1, ds1, s0, ds0;
  s0 = sinc(pi / rc, r, &ds0);
  for (int n = 0; n < bond->nradbase; n++) {
    const double a = n + 1.0, b = n + 2.0;
    s1 = sinc(b * pi / rc, r, &ds1);
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

static void polynomials(const ace_polynomials *b, double r, double *g, double *dg) {
  const int n = b->n;
  const double *A = b->abc, *B = A + n, *C = B + n;
  const double x = pow((1.0 + b->r0) / (1.0 + r), b->p), dx = -b->p * x / (1.0 + r);
  const double l = x - b->xl, h = x - b->xr;
  if ((l < 0.0 && b->pl > 0.0) || (h > 0.0 && b->pr > 0.0)) {
    memset(g, 0, (size_t)n * sizeof *g);
    memset(dg, 0, (size_t)n * sizeof *dg);
    return;
  }
  const double left = b->pl > 0.0 ? pow(l, b->pl) : 1.0, right = b->pr > 0.0 ? pow(h, b->pr) : 1.0;
  const double dleft = b->pl > 0.0 ? b->pl * pow(l, b->pl - 1.0) : 0.0;
  const double dright = b->pr > 0.0 ? b->pr * pow(h, b->pr - 1.0) : 0.0;
  for (int k = 0; k < n; k++) {
    if (k == 0) {
      g[0] = A[0] * left * right;
      dg[0] = A[0] * (dleft * right + left * dright);
    } else {
      const double q = A[k] * x + B[k];
      g[k] = q * g[k - 1];
      dg[k] = A[k] * g[k - 1] + q * dg[k - 1];
      if (k >= 2) {
        g[k] += C[k] * g[k - 2];
        dg[k] += C[k] * dg[k - 2];
      }
    }
  }
  for (int k = 0; k < n; k++)
    dg[k] *= dx;
}

/* Cubic Hermite interpolation in the bin of r. */
static void spline(const ace_bond *bond, double r, double *g, double *dg) {
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

void ace_radial_base(const ace_bond *bond, ace_inner_kind inner, double r, double *g, double *dg) {
  const size_t bytes = (size_t)bond->nradbase * sizeof *g;
  memset(g, 0, bytes);
  memset(dg, 0, bytes);
  if (r >= bond->rcut || bond->nradbase < 1)
    return;
  if (inner != ACE_INNER_ZBL && r <= bond->rcut_in - bond->dcut_in)
    return;
  switch (bond->kind) {
  case ACE_CHEB_EXP_COS:
    cheb_exp_cos(bond, r, g, dg);
    break;
  case ACE_CHEB_POW:
    cheb_pow(bond, r, g, dg);
    break;
  case ACE_CHEB_LINEAR:
    cheb_linear(bond, r, g, dg);
    break;
  case ACE_SBESSEL:
    sbessel(bond, r, g, dg);
    break;
  case ACE_ACEJL:
    polynomials(&bond->jl, r, g, dg);
    break;
  case ACE_ACEJL_SPLINE:
    spline(bond, r, g, dg);
    break;
  }
  if (inner == ACE_INNER_DISTANCE && r < bond->rcut_in) {
    double dp;
    const double s = 1.0 - ace_switch(r, bond->rcut_in, bond->dcut_in, &dp);
    for (int k = 0; k < bond->nradbase; k++) {
      dg[k] = dg[k] * s - g[k] * dp;
      g[k] *= s;
    }
  }
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

/* Half of the pair potential, for each atom counts its own half. */
static void pair_potential(const ace_pairpot *pot, double r, double *phi, double *dphi) {
  if (r <= pot->ri) {
    const double e = 0.5 * pot->B * exp(-pot->A * (r / pot->ri - 1.0)) * pot->ri / r;
    *phi = 0.5 * pot->e0 + e;
    *dphi = -e * (pot->A / pot->ri + 1.0 / r);
    return;
  }
  double P[ACE_MAX_POLYNOMIALS], dP[ACE_MAX_POLYNOMIALS];
  if (r >= pot->rcut)
    return;
  polynomials(&pot->basis, r, P, dP);
  for (int k = 0; k < pot->basis.n; k++) {
    *phi += 0.5 * pot->c[k] * P[k];
    *dphi += 0.5 * pot->c[k] * dP[k];
  }
}

void ace_core_pair(const ace_bond *bond, ace_inner_kind inner, double r, double *phi, double *dphi) {
  *phi = *dphi = 0.0;
  if (bond->pairpot != NULL) {
    pair_potential(bond->pairpot, r, phi, dphi);
    return;
  }
  const double lambda = fabs(bond->lambdahc), rc = bond->rcut, l2 = lambda * r * r;
  if (inner == ACE_INNER_ZBL || bond->prehc == 0.0 || r >= rc || l2 >= 50.0)
    return;
  const double p = fabs(bond->prehc) * exp(-l2) / r, dp = -p * (1.0 / r + 2.0 * lambda * r);
  const double c = 0.5 * (1.0 + cos(pi * r / rc)), dc = -0.5 * pi / rc * sin(pi * r / rc);
  *phi = p * c;
  *dphi = dp * c + p * dc;
  if (inner == ACE_INNER_DISTANCE) {
    double ds;
    const double s = ace_switch(r, bond->rcut_in, bond->dcut_in, &ds);
    *dphi = *dphi * s + *phi * ds;
    *phi *= s;
  }
}
