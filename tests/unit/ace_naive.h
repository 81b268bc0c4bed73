/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests: an ACE model evaluated straight from the definition - complex A over all m, a plain sum over functions and
 * ms, exact radial functions, harmonics from Legendre functions of the angles - and random models to try it on. Slow on
 * purpose; shares nothing with the evaluator but the radial basis. */
#ifndef ACE_NAIVE_H
#define ACE_NAIVE_H

#include "ace_core.h"
#include "ace_model.h"
#include "ace_radial.h"

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- random numbers: xorshift, the same everywhere ---- */
static uint64_t naive_state = 88172645463325252u;
static inline double naive_uniform(void) {
  naive_state ^= naive_state << 13;
  naive_state ^= naive_state >> 7;
  naive_state ^= naive_state << 17;
  return (double)(naive_state >> 11) / 9007199254740992.0;
}
static inline double naive_between(double lo, double hi) {
  return lo + (hi - lo) * naive_uniform();
}
static inline int naive_int(int lo, int hi) {
  return lo + (int)(naive_uniform() * (hi - lo + 1));
}

/* ---- harmonics ---- */
static inline double naive_factorial(int n) {
  return n < 2 ? 1.0 : n * naive_factorial(n - 1);
}

/* P_l^m(x) without the Condon-Shortley sign, m >= 0 */
static inline double naive_legendre(int l, int m, double x) {
  double pmm = 1.0;
  for (int i = 1; i <= m; i++)
    pmm *= (2 * i - 1) * sqrt((1.0 - x) * (1.0 + x));
  if (l == m)
    return pmm;
  double p1 = x * (2 * m + 1) * pmm;
  for (int k = m + 2; k <= l; k++) {
    const double p2 = ((2 * k - 1) * x * p1 - (k + m - 1) * pmm) / (k - m);
    pmm = p1;
    p1 = p2;
  }
  return p1;
}

/* sqrt(4 pi) Y_lm(d / |d|), any m */
static inline double complex naive_ylm(int l, int m, const double d[3]) {
  const int am = abs(m);
  const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  const double n = sqrt((2 * l + 1) * naive_factorial(l - am) / naive_factorial(l + am)) * ((am % 2) ? -1.0 : 1.0);
  const double complex y = n * naive_legendre(l, am, d[2] / r) * cexp(I * am * atan2(d[1], d[0]));
  return m >= 0 ? y : ((am % 2) ? -1.0 : 1.0) * conj(y);
}

/* its gradient by d, by fourth-order differences of the exact function: good to about 1e-11 */
static inline void naive_dylm(int l, int m, const double d[3], double complex g[3]) {
  const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]), h = 2e-3 * r;
  for (int i = 0; i < 3; i++) {
    double complex f[6];
    const double step[6] = {-3, -2, -1, 1, 2, 3};
    for (int k = 0; k < 6; k++) {
      double e[3] = {d[0], d[1], d[2]};
      e[i] += step[k] * h;
      f[k] = naive_ylm(l, m, e);
    }
    g[i] = ((f[5] - f[0]) / 60.0 - 3.0 * (f[4] - f[1]) / 20.0 + 3.0 * (f[3] - f[2]) / 4.0) / h;
  }
}

/* ---- embedding ---- */
static inline double naive_F(ace_embedding_kind kind, double m, double rho) {
  if (m == 1.0)
    return rho;
  const double y = fabs(rho), s = rho < 0 ? -1.0 : 1.0;
  if (kind == ACE_FINNIS_SINCLAIR) {
    if (y <= 1e-10)
      return pow(1e6, 1.0 - m) * rho;
    const double g = exp(-pow(1e6 * y, 3.0));
    return s * ((1.0 - g) * pow(y, m) + pow(1e6, 1.0 - m) * g * y);
  }
  const double n = 1.0 / m;
  return s * (pow(pow(n, n / (1.0 - n)) * exp(-y) + y, m) - pow(n, 1.0 / (1.0 - n)) * exp(-y));
}

/* ---- radial functions: exact, or by the format's tables ---- */
static bool naive_exact = true;

/* g_k (which = 0) or the core's pair term (which = 1) as the format's tables have them: cubic Hermite interpolation
 * between exact values and slopes at r = n h, h = rcut / int(rcut / deltaSplineBins); exact below the first knot. A
 * pair potential has no table, and the polynomials of ACE.jl four times as many knots. */
static inline void naive_radial(const ace_model *model, int mu, int nu, int which, double r, double *f, double *df) {
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  const bool jl = bond->kind == ACE_ACEJL;
  const int count = which == 0 ? bond->nradbase : 1;
  const int N = bond->kind == ACE_ACEJL_SPLINE
                    ? bond->nbins
                    : (int)(bond->rcut / (jl ? 0.25 * model->delta_spline_bins : model->delta_spline_bins));
  const double h = bond->rcut / N;
  const int n = (int)(r / h);
  double knot[2][64], slope[2][64];
  for (int k = 0; k < count; k++)
    f[k] = df[k] = 0.0;
  if (r >= bond->rcut || (which == 1 && bond->prehc == 0.0 && bond->pairpot == NULL))
    return;
  const bool exact = naive_exact || n < 1 || (which == 1 && bond->pairpot != NULL);
  for (int i = 0; i < (exact ? 1 : 2); i++) {
    double at = exact ? r : 1.0 / (N / bond->rcut) * (n + i);
    if (jl && at >= bond->rcut)
      at = nextafter(bond->rcut, 0.0);
    if (which == 0)
      ace_radial_base(bond, model->inner, at, knot[i], slope[i]);
    else if (model->inner == ACE_INNER_ZBL) {
      const ace_zbl zbl =
          ace_zbl_setup(bond, ace_atomic_number(model->element[mu]), ace_atomic_number(model->element[nu]));
      knot[i][0] = ace_zbl_pair(&zbl, at, slope[i]);
    } else
      ace_core_pair(bond, model->inner, at, knot[i], slope[i]);
  }
  for (int k = 0; k < count; k++) {
    if (exact) {
      f[k] = knot[0][k];
      df[k] = slope[0][k];
      continue;
    }
    /* p(u) = a + b u + c u^2 + d u^3 through both ends */
    const double u = r / h - n, a = knot[0][k], b = h * slope[0][k], e = knot[1][k] - a - b, g = h * slope[1][k] - b;
    const double c = 3.0 * e - g, d = g - 2.0 * e;
    f[k] = a + u * (b + u * (c + u * d));
    df[k] = (b + u * (2.0 * c + 3.0 * u * d)) / h;
  }
}

/* ---- energy of one atom and its gradient ---- */
static inline double complex naive_phi(const ace_model *model, int mu, const ace_function *f, int t, int m, int nu,
                                       const double d[3], double complex grad[3]) {
  grad[0] = grad[1] = grad[2] = 0.0;
  if (nu != f->mus[t])
    return 0.0;
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  if (r >= bond->rcut)
    return 0.0;
  double g[64], dg[64], R = 0.0, dR = 0.0;
  naive_radial(model, mu, nu, 0, r, g, dg);
  if (f->rank == 1) {
    R = g[f->ns[t] - 1];
    dR = dg[f->ns[t] - 1];
  } else
    for (int k = 0; k < bond->nradbase; k++) {
      const double c = bond->crad[((f->ns[t] - 1) * (bond->lmax + 1) + f->ls[t]) * bond->nradbase + k];
      R += c * g[k];
      dR += c * dg[k];
    }
  const double complex y = naive_ylm(f->ls[t], m, d);
  naive_dylm(f->ls[t], m, d, grad);
  for (int i = 0; i < 3; i++)
    grad[i] = dR * d[i] / r * y + R * grad[i];
  return R * y;
}

/* rho[ndensity] and drho[ndensity][n][3] */
static inline void naive_densities(const ace_model *model, int mu, int n, const int *nelement, const double (*d)[3],
                                   double *rho, double *drho) {
  const ace_species *s = &model->species[mu];
  const int nd = s->ndensity;
  for (int i = 0; i < nd; i++)
    rho[i] = 0.0;
  memset(drho, 0, sizeof(double) * 3 * (size_t)nd * (size_t)n);
  double complex(*dA)[3] = calloc((size_t)n * ACE_MAX_RANK + 1, sizeof *dA);
  for (int i = 0; i < s->nfunctions; i++) {
    const ace_function *f = &s->function[i];
    for (int c = 0; c < f->nms; c++) {
      double complex A[ACE_MAX_RANK];
      for (int t = 0; t < f->rank; t++) {
        A[t] = 0.0;
        for (int j = 0; j < n; j++)
          A[t] += naive_phi(model, mu, f, t, s->ms[f->ms_first + (size_t)(c * f->rank + t)], nelement[j], d[j],
                            dA[t * n + j]);
      }
      double complex all = 1.0;
      for (int t = 0; t < f->rank; t++)
        all *= A[t];
      const double *ct = s->ctilde + f->ct_first + (size_t)(c * nd);
      for (int p = 0; p < nd; p++)
        rho[p] += ct[p] * creal(all);
      for (int t = 0; t < f->rank; t++) {
        double complex rest = 1.0;
        for (int u = 0; u < f->rank; u++)
          if (u != t)
            rest *= A[u];
        for (int j = 0; j < n; j++)
          for (int k = 0; k < 3; k++)
            for (int p = 0; p < nd; p++)
              drho[(p * n + j) * 3 + k] += ct[p] * creal(rest * dA[t * n + j][k]);
      }
    }
  }
  free(dA);
}

static inline double naive_energy(const ace_model *model, int mu, int n, const int *nelement, const double (*d)[3],
                                  double (*dE)[3]) {
  const ace_species *s = &model->species[mu];
  const int nd = s->ndensity;
  double rho[ACE_MAX_DENSITY], *drho = calloc(3 * (size_t)nd * (size_t)n + 1, sizeof *drho), F = 0.0;
  naive_densities(model, mu, n, nelement, d, rho, drho);
  memset(dE, 0, (size_t)n * sizeof *dE);
  double(*dF)[3] = calloc((size_t)n + 1, sizeof *dF);
  for (int p = 0; p < nd; p++) {
    const double w = s->fs[2 * p], m = s->fs[2 * p + 1], h = 1e-3 * (fabs(rho[p]) + 1e-3);
    F += w * naive_F(s->embedding, m, rho[p]);
    double slope = 0.0; /* sixth order */
    slope += 45.0 * (naive_F(s->embedding, m, rho[p] + h) - naive_F(s->embedding, m, rho[p] - h));
    slope -= 9.0 * (naive_F(s->embedding, m, rho[p] + 2 * h) - naive_F(s->embedding, m, rho[p] - 2 * h));
    slope += naive_F(s->embedding, m, rho[p] + 3 * h) - naive_F(s->embedding, m, rho[p] - 3 * h);
    slope /= 60.0 * h;
    for (int j = 0; j < n; j++)
      for (int k = 0; k < 3; k++)
        dF[j][k] += w * slope * drho[(p * n + j) * 3 + k];
  }
  double core = 0.0, f = 1.0, df[3] = {0}, best = 1e300;
  int nearest = -1;
  double(*dcore)[3] = calloc((size_t)n + 1, sizeof *dcore);
  for (int j = 0; j < n; j++) {
    const ace_bond *bond = &model->bond[mu * model->nelements + nelement[j]];
    const double r = sqrt(d[j][0] * d[j][0] + d[j][1] * d[j][1] + d[j][2] * d[j][2]);
    if (r >= bond->rcut)
      continue;
    double e, de;
    naive_radial(model, mu, nelement[j], 1, r, &e, &de);
    if (model->inner == ACE_INNER_ZBL) {
      if (r - bond->rcut_in + bond->dcut_in < best) {
        best = r - bond->rcut_in + bond->dcut_in;
        nearest = j;
        double slope;
        f = ace_switch(bond->rcut_in - r, bond->dcut_in, bond->dcut_in, &slope);
        for (int k = 0; k < 3; k++)
          df[k] = -slope * d[j][k] / r;
      }
    }
    core += e;
    for (int k = 0; k < 3; k++)
      dcore[j][k] = de * d[j][k] / r;
  }
  double energy;
  if (model->inner == ACE_INNER_ZBL) {
    energy = model->E0[mu] + f * F + (1.0 - f) * core;
    for (int j = 0; j < n; j++)
      for (int k = 0; k < 3; k++)
        dE[j][k] = f * dF[j][k] + (1.0 - f) * dcore[j][k] + (j == nearest ? df[k] * (F - core) : 0.0);
  } else {
    double slope;
    const double cut = ace_switch(core, s->rho_core_cutoff, s->drho_core_cutoff, &slope);
    energy = model->E0[mu] + cut * F + core;
    for (int j = 0; j < n; j++)
      for (int k = 0; k < 3; k++)
        dE[j][k] = cut * dF[j][k] + (1.0 + slope * F) * dcore[j][k];
  }
  free(drho);
  free(dF);
  free(dcore);
  return energy;
}

/* ---- random models ---- */
typedef struct {
  ace_radial_kind kind;
  ace_inner_kind inner;
  ace_embedding_kind embedding;
  int nelements, ndensity, maxrank, nfunctions, lmax;
  double prehc, rho_core_cutoff, drho_core_cutoff, delta;
  bool pairpot; /* ACE.jl only */
} naive_recipe;

static inline ace_model *naive_model(naive_recipe q) {
  static const char *const names[4] = {"Li", "Si", "O", "H"};
  static const char *const kinds[6] = {"ChebExpCos", "ChebPow", "ChebLinear", "SBessel", "ACE.jl.base", "ACE.jl"};
  const bool jl = q.kind == ACE_ACEJL || q.kind == ACE_ACEJL_SPLINE;
  const int N = 3, K = 5, n = q.nelements;
  ace_model *model = calloc(1, sizeof *model);
  model->nelements = n;
  model->element = calloc((size_t)n, sizeof *model->element);
  model->E0 = calloc((size_t)n, sizeof *model->E0);
  model->bond = calloc((size_t)(n * n), sizeof *model->bond);
  model->species = calloc((size_t)n, sizeof *model->species);
  model->delta_spline_bins = q.delta;
  model->inner = q.inner;
  for (int b = 0; b < n * n; b++) {
    ace_bond *bond = &model->bond[b];
    bond->kind = q.kind;
    strcpy(bond->kind_text, kinds[q.kind]);
    bond->nradmax = jl ? K : N;
    bond->nradbase = K;
    bond->lmax = q.lmax;
    bond->lambda = naive_between(2.0, 5.0);
    bond->rcut = naive_between(4.5, 5.5);
    bond->dcut = 0.5;
    bond->rcut_in = q.inner == ACE_INNER_DENSITY ? 0.0 : 1.9;
    bond->dcut_in = q.inner == ACE_INNER_DENSITY ? 0.0 : 0.7;
    bond->prehc = q.prehc;
    bond->lambdahc = 0.9;
    bond->jl.n = K;
    bond->jl.p = 2;
    bond->jl.r0 = 2.5;
    bond->jl.xl = pow((1 + 2.5) / (1 + bond->rcut), 2);
    bond->jl.xr = pow((1 + 2.5) / (1 + 0.5), 2);
    bond->jl.pl = 2;
    bond->jl.pr = 0;
    const size_t count = (size_t)(bond->nradmax * (q.lmax + 1) * K);
    bond->crad = calloc(count, sizeof(double));
    for (size_t i = 0; i < count; i++) {
      const size_t k = i % (size_t)K, m = i / (size_t)K / (size_t)(q.lmax + 1);
      bond->crad[i] = jl ? (k == m ? 1.0 : 0.0) : naive_between(-0.7, 0.7);
    }
    if (q.kind == ACE_ACEJL_SPLINE) {
      bond->nbins = 30;
      bond->node = calloc(2 * (size_t)(bond->nbins + 1) * (size_t)K, sizeof(double));
      for (int n = 0; n < bond->nbins; n++) /* zero at the cut-off */
        for (int k = 0; k < 2 * K; k++)
          bond->node[2 * n * K + k] = naive_between(-0.5, 0.5) * (bond->nbins - n) / bond->nbins;
    }
    if (q.kind == ACE_ACEJL) {
      bond->jl.abc = calloc(3 * (size_t)K, sizeof(double));
      for (int i = 0; i < 3 * K; i++)
        bond->jl.abc[i] = naive_between(-0.9, 0.9);
      bond->jl.abc[0] = 1.0;
      if (q.pairpot) {
        ace_pairpot *pot = bond->pairpot = ace_pairpot_new(4);
        const ace_polynomials basis = {4, 2.0, 2.5, pow(3.5 / 5.4, 2), pow(3.5 / 2.2, 2), 2.0, 2.0, pot->basis.abc};
        pot->basis = basis;
        pot->rcut = 4.4;
        for (int i = 0; i < 12; i++)
          pot->basis.abc[i] = 0.1 * (i + 1); /* one basis for all bonds */
        for (int i = 0; i < 4; i++)
          pot->c[i] = naive_between(-1.0, 1.0);
        pot->ri = naive_between(1.5, 1.7);
        pot->e0 = naive_between(-0.2, 0.2);
        pot->A = naive_between(2.0, 3.0);
        pot->B = naive_between(0.2, 0.6);
      }
    }
  }
  for (int mu = 0; mu < n; mu++) {
    strcpy(model->element[mu], names[mu]);
    model->E0[mu] = naive_between(-4.0, 1.0);
    ace_species *s = &model->species[mu];
    s->ndensity = q.ndensity;
    s->fs = calloc(2 * (size_t)q.ndensity, sizeof(double));
    for (int p = 0; p < q.ndensity; p++) {
      s->fs[2 * p] = p == 0 ? 1.0 : naive_between(0.3, 1.5);
      s->fs[2 * p + 1] = p == 0 ? 1.0 : (p == 1 ? 0.5 : 0.8);
    }
    s->embedding = q.embedding;
    s->rho_core_cutoff = q.rho_core_cutoff;
    s->drho_core_cutoff = q.drho_core_cutoff;
    s->nfunctions = q.nfunctions;
    s->function = calloc((size_t)q.nfunctions, sizeof *s->function);
    s->ms = calloc((size_t)(q.nfunctions * 12 * ACE_MAX_RANK), 1);
    s->ctilde = calloc((size_t)(q.nfunctions * 12 * q.ndensity), sizeof(double));
    for (int i = 0; i < q.nfunctions; i++) {
      ace_function *f = &s->function[i];
      f->rank = i < K ? 1 : naive_int(1, q.maxrank);
      f->ms_first = s->nms_total;
      f->ct_first = s->nctilde;
      for (int t = 0; t < f->rank; t++) {
        f->mus[t] = naive_int(0, n - 1);
        f->ns[t] = naive_int(1, f->rank == 1 ? K : N);
        f->ls[t] = f->rank == 1 ? 0 : naive_int(0, q.lmax);
      }
      /* any m with sum zero: the last one closes the sum where it can */
      const int want = f->rank == 1 ? 1 : naive_int(1, 8);
      for (int tries = 0; tries < 40 && f->nms < want; tries++) {
        int8_t *m = s->ms + f->ms_first + f->nms * f->rank;
        int sum = 0;
        for (int t = 0; t < f->rank - 1; t++) {
          m[t] = (int8_t)naive_int(-f->ls[t], f->ls[t]);
          sum += m[t];
        }
        if (abs(sum) > f->ls[f->rank - 1])
          continue;
        m[f->rank - 1] = (int8_t)-sum;
        for (int p = 0; p < q.ndensity; p++)
          s->ctilde[f->ct_first + (size_t)(f->nms * q.ndensity + p)] = naive_between(-0.1, 0.1);
        f->nms++;
      }
      s->nms_total += (size_t)(f->nms * f->rank);
      s->nctilde += (size_t)(f->nms * q.ndensity);
    }
  }
  return model;
}

/* n neighbours at random between rmin and rmax, no two closer than 0.7 rmin */
static inline void naive_neighbours(int n, int nelements, double rmin, double rmax, int *nelement, double (*d)[3]) {
  for (int j = 0; j < n; j++) {
    nelement[j] = naive_int(0, nelements - 1);
    for (;;) {
      double r2 = 0.0;
      for (int k = 0; k < 3; k++) {
        d[j][k] = naive_between(-rmax, rmax);
        r2 += d[j][k] * d[j][k];
      }
      if (r2 > rmin * rmin && r2 < rmax * rmax)
        break;
    }
  }
}

#endif
