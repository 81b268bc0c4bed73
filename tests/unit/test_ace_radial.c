/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Radial functions against their closed forms and finite differences, the core terms, the switch, the embedding
 * functions. */
#include "ace_core.h"
#include "ace_embed.h"
#include "ace_radial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { K = 7 };
static const double pi = 3.14159265358979323846;
static double abc[3 * K] = {1.1,  0.9, -1.2, 1.4, 0.8, 1.3,  1.0,  0.2,  -0.3, 0.4, 0.1,
                            -0.5, 0.6, 0.2,  0.0, 0.0, -0.8, -0.9, -1.1, -0.7, -0.6};

static ace_bond bond_of(ace_radial_kind kind) {
  ace_bond b = {.kind = kind,
                .nradmax = 0,
                .lmax = 0,
                .nradbase = K,
                .lambda = 3.3,
                .rcut = 5.5,
                .dcut = 0.8,
                .rcut_in = 1.5,
                .dcut_in = 0.5,
                .prehc = 30.0,
                .lambdahc = 0.7,
                .jl.n = K,
                .jl.p = 2.0,
                .jl.r0 = 2.6,
                .jl.xr = 3.0,
                .jl.pl = 2.0,
                .jl.pr = 1.0,
                .jl.abc = abc};
  b.jl.xl = pow(3.6 / 6.5, 2.0);
  return b;
}

#define NEAR(a, b, tol)                                                                                                \
  do {                                                                                                                 \
    const double near_a = (a), near_b = (b);                                                                           \
    if (!(fabs(near_a - near_b) <= (tol)))                                                                             \
      fail_msg("%s = %.16g, expected %.16g", #a, near_a, near_b);                                                      \
  } while (0)

/* A Chebyshev polynomial by its definition, |x| <= 1. */
static double T(int k, double x) {
  return cos(k * acos(fmin(1.0, fmax(-1.0, x))));
}

static void closed_forms(void **state) {
  (void)state;
  double g[K], dg[K];
  for (double r = 2.05; r < 5.5; r += 0.0931) {
    ace_bond b = bond_of(ACE_CHEB_EXP_COS);
    double x = 1.0 - 2.0 * (exp(-3.3 * r / 5.5) - exp(-3.3)) / (1.0 - exp(-3.3)), e = 0.5 * (1.0 + cos(pi * r / 5.5));
    if (r > 4.7)
      e *= 0.5 * (1.0 + cos(pi * (r - 4.7) / 0.8));
    ace_radial_base(&b, ACE_INNER_DENSITY, r, g, dg);
    NEAR(g[0], e, 1e-14);
    for (int k = 1; k < K; k++)
      NEAR(g[k], e * 0.5 * (1.0 - T(k, x)), 1e-13);

    b = bond_of(ACE_CHEB_POW);
    x = 2.0 * (1.0 - pow(1.0 - r / 5.5, 3.3)) - 1.0;
    ace_radial_base(&b, ACE_INNER_DENSITY, r, g, dg);
    for (int k = 0; k < K; k++)
      NEAR(g[k], 0.5 * (1.0 - T(k + 1, x)), 1e-12);

    b = bond_of(ACE_CHEB_LINEAR);
    ace_radial_base(&b, ACE_INNER_DENSITY, r, g, dg);
    for (int k = 0; k < K; k++)
      NEAR(g[k], 0.5 * (1.0 - T(k + 1, 1.0 - r / 5.5)), 1e-12);

    b = bond_of(ACE_ACEJL);
    ace_radial_base(&b, ACE_INNER_DENSITY, r, g, dg);
    x = pow(3.6 / (1.0 + r), 2.0);
    const double p0 = 1.1 * (x - b.jl.xl) * (x - b.jl.xl) * (x - 3.0), p1 = (0.9 * x - 0.3) * p0,
                 p2 = (-1.2 * x + 0.4) * p1 - 0.8 * p0;
    NEAR(g[0], p0, 1e-12);
    NEAR(g[1], p1, 1e-12);
    NEAR(g[2], p2, 1e-11);
  }
}

/* The spherical Bessel kind is orthonormal: int_0^rc g_n g_m r^2 dr = delta_nm (Simpson's rule, to which smooth
 * functions are exact here). */
static void bessel_orthonormal(void **state) {
  (void)state;
  const ace_bond b = bond_of(ACE_SBESSEL);
  enum { N = 4000 };
  double s[K][K] = {{0}};
  for (int i = 1; i <= N; i++) {
    double g[K], dg[K];
    const double r = 5.5 * i / N, w = (i == N ? 1.0 : (i % 2 ? 4.0 : 2.0)) * 5.5 / N / 3.0;
    ace_radial_base(&b, ACE_INNER_ZBL, r, g, dg);
    for (int n = 0; n < K; n++)
      for (int m = 0; m < K; m++)
        s[n][m] += w * g[n] * g[m] * r * r;
  }
  for (int n = 0; n < K; n++)
    for (int m = 0; m < K; m++)
      NEAR(s[n][m], n == m ? 1.0 : 0.0, 1e-9);
}

static void derivatives(void **state) {
  (void)state;
  const double h = 1e-5;
  for (int kind = 0; kind < 5; kind++)
    for (int inner = 0; inner < 3; inner++) {
      ace_bond b = bond_of((ace_radial_kind)kind);
      double g[K], dg[K], up[K], down[K], spare[K], phi, dphi, a, c, s;
      for (double r = 0.05; r < 5.49; r += 0.0137) {
        if (inner != ACE_INNER_ZBL && fabs(r - 1.0) < 2e-3)
          continue; /* where the file's definition steps */
        ace_radial_base(&b, (ace_inner_kind)inner, r, g, dg);
        ace_radial_base(&b, (ace_inner_kind)inner, r + h, up, spare);
        ace_radial_base(&b, (ace_inner_kind)inner, r - h, down, spare);
        for (int k = 0; k < K; k++)
          NEAR(dg[k], (up[k] - down[k]) / (2 * h), 3e-5 * (1.0 + fabs(dg[k])));
        if (inner != ACE_INNER_ZBL && r <= 1.0)
          for (int k = 0; k < K; k++)
            assert_true(g[k] == 0.0 && dg[k] == 0.0);
        ace_core_pair(&b, (ace_inner_kind)inner, r, &phi, &dphi);
        ace_core_pair(&b, (ace_inner_kind)inner, r + h, &a, &s);
        ace_core_pair(&b, (ace_inner_kind)inner, r - h, &c, &s);
        NEAR(dphi, (a - c) / (2 * h), 1e-4 * (1.0 + fabs(dphi)));
        double y = phi;
        if (inner == ACE_INNER_ZBL)
          y = 0.0;
        else
          y -= 30.0 * exp(-0.7 * r * r) / r * 0.5 * (1.0 + cos(pi * r / 5.5)) *
               (inner == ACE_INNER_DISTANCE ? ace_switch(r, 1.5, 0.5, NULL) : 1.0);
        NEAR(y, 0.0, 1e-11);
      }
      ace_radial_base(&b, (ace_inner_kind)inner, 5.5, g, dg);
      for (int k = 0; k < K; k++)
        assert_true(g[k] == 0.0 && dg[k] == 0.0);
    }
}

static void combinations(void **state) {
  (void)state;
  ace_bond b = bond_of(ACE_CHEB_EXP_COS);
  b.nradmax = 2;
  b.lmax = 1;
  double crad[2 * 2 * K], g[K], dg[K], R[4], dR[4];
  for (int i = 0; i < 4 * K; i++)
    crad[i] = sin(i + 1.0);
  b.crad = crad;
  ace_radial_base(&b, ACE_INNER_ZBL, 2.2, g, dg);
  ace_radial_nl(&b, g, dg, R, dR);
  for (int n = 0; n < 2; n++)
    for (int l = 0; l < 2; l++) {
      double s = 0.0, ds = 0.0;
      for (int k = 0; k < K; k++) {
        s += sin((n * 2 + l) * K + k + 1.0) * g[k];
        ds += sin((n * 2 + l) * K + k + 1.0) * dg[k];
      }
      NEAR(R[n * 2 + l], s, 1e-14);
      NEAR(dR[n * 2 + l], ds, 1e-13);
    }
}

static void switching(void **state) {
  (void)state;
  double d;
  assert_true(ace_switch(1.0, 3.0, 1.5, &d) == 1.0 && d == 0.0);
  assert_true(ace_switch(3.0, 3.0, 1.5, &d) == 0.0 && d == 0.0);
  NEAR(ace_switch(2.25, 3.0, 1.5, &d), 0.5, 1e-15);
  NEAR(d, -30.0 / 16.0 / 1.5, 1e-14);
  assert_true(ace_switch(2.0, 3.0, 0.0, &d) == 1.0 && ace_switch(3.0, 3.0, 0.0, &d) == 0.0);
  NEAR(ace_switch(1.5 + 1e-9, 3.0, 1.5, NULL), 1.0, 1e-15);
}

/* ZBL: Coulomb at short range, value, slope and curvature zero at the cut-off, the published screening between. */
static void zbl(void **state) {
  (void)state;
  ace_bond b = bond_of(ACE_CHEB_EXP_COS);
  b.prehc = 1.0;
  const ace_zbl z = ace_zbl_setup(&b, 3, 14);
  double d, up, down, spare;
  const double e2 = 14.399645351950543, a = 0.4685 / (pow(3, 0.23) + pow(14, 0.23));
  NEAR(ace_zbl_pair(&z, 1e-6, &d) * 2e-6 / (42 * e2), 1.0, 1e-4);
  const double r = 1.3, x = r / a;
  const double phi = 0.18175 * exp(-3.19980 * x) + 0.50986 * exp(-0.94229 * x) + 0.28022 * exp(-0.40290 * x) +
                     0.02817 * exp(-0.20162 * x);
  /* the additive constant S makes the smoothed curve end at zero; it is small at this cut-off */
  NEAR(ace_zbl_pair(&z, r, &d), 0.5 * 42 * e2 * phi / r, 0.02 * 0.5 * 42 * e2 * phi / r);
  for (double s = 0.2; s < 5.6; s += 0.0173) {
    const double h = 1e-5 * s;
    (void)ace_zbl_pair(&z, s, &d);
    up = ace_zbl_pair(&z, s + h, &spare);
    down = ace_zbl_pair(&z, s - h, &spare);
    NEAR(d, (up - down) / (2 * h), 1e-7 * (1.0 + fabs(d)));
  }
  NEAR(ace_zbl_pair(&z, 5.4999, &d), 0.0, 1e-9);
  /* the polynomial alone takes value, slope and curvature to zero: before the switch acts, the curve is continuous at
   * its start */
  NEAR(ace_zbl_pair(&z, 4.7 - 1e-9, &d), ace_zbl_pair(&z, 4.7 + 1e-9, &spare), 1e-8);
  NEAR(ace_zbl_blend(&b, 1.5, &d), 1.0, 0.0);
  NEAR(ace_zbl_blend(&b, 1.0, &d), 0.0, 0.0);
  NEAR(ace_zbl_blend(&b, 1.25, &d), 0.5, 1e-15);
  assert_true(d > 0.0);
  assert_int_equal(ace_atomic_number("Li"), 3);
  assert_int_equal(ace_atomic_number("Si"), 14);
  assert_int_equal(ace_atomic_number("Og"), 118);
  assert_int_equal(ace_atomic_number("Xx"), 0);
}

static void embedding(void **state) {
  (void)state;
  double d, s;
  for (int kind = 0; kind < 2; kind++) {
    const ace_embedding_kind e = (ace_embedding_kind)kind;
    assert_true(ace_embed(e, 1.0, -2.5, &d) == -2.5 && d == 1.0);
    for (double m = 0.3; m < 2.2; m += 0.25) {
      NEAR(ace_embed(e, m, 0.0, &d), 0.0, 1e-15);
      for (double rho = -3.0; rho < 3.0; rho += 0.0501) {
        const double h = 1e-6 * (1e-3 + fabs(rho)), F = ace_embed(e, m, rho, &d);
        NEAR(d, (ace_embed(e, m, rho + h, &s) - ace_embed(e, m, rho - h, &s)) / (2 * h), 1e-5 * (1.0 + fabs(d)));
        NEAR(ace_embed(e, m, -rho, &s), -F, 1e-15);
        if (e == ACE_FINNIS_SINCLAIR && fabs(rho) > 1e-5)
          NEAR(F, copysign(pow(fabs(rho), m), rho), 1e-12);
      }
      /* through the narrow part at zero */
      if (e == ACE_FINNIS_SINCLAIR)
        for (double rho = 1e-8; rho < 1e-5; rho *= 1.3) {
          (void)ace_embed(e, m, rho, &d);
          const double h = 1e-5 * rho;
          NEAR(d, (ace_embed(e, m, rho + h, &s) - ace_embed(e, m, rho - h, &s)) / (2 * h), 1e-5 * (1.0 + fabs(d)));
        }
    }
  }
  /* shifted and scaled, m = 1/2: X = 1/4 and Y = 1/2 at zero, so the slope there is 5/4; far out the power law */
  (void)ace_embed(ACE_FINNIS_SINCLAIR_SHIFTED_SCALED, 0.5, 0.0, &d);
  NEAR(d, 1.25, 1e-12);
  NEAR(ace_embed(ACE_FINNIS_SINCLAIR_SHIFTED_SCALED, 0.5, 40.0, &d), sqrt(40.0), 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(closed_forms), cmocka_unit_test(bessel_orthonormal),
                                     cmocka_unit_test(derivatives),  cmocka_unit_test(combinations),
                                     cmocka_unit_test(switching),    cmocka_unit_test(zbl),
                                     cmocka_unit_test(embedding)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
