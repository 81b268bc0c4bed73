/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extrapolation grade as ace_invariants.c and ace_gamma.c compute it: exact radial functions, A for all m of both
 * signs, every product from its factors, the row of functions times the inverse of the active set. It is asked for on
 * few steps only. All atoms of a launch are of one element. */
#ifndef LISI_ACE_KOKKOS_GAMMA_HPP
#define LISI_ACE_KOKKOS_GAMMA_HPP

#include "ace_kokkos_tables.hpp"

namespace lisi {

template <class Space> struct KokkosGammaChunk {
  KokkosGamma tables;
  Kokkos::View<int *, Space> order;
  int first, count, mu;
  Kokkos::View<double **, Space> re, im; /* [chunk][A] as ace_bvalues has them */
  Kokkos::View<double **, Space> sum_g;  /* [chunk][nelements * nbase] */
  Kokkos::View<double **, Space> B;      /* [chunk][functions] */
  Kokkos::View<double *, Space> grade;   /* [chunk] */
  Kokkos::View<int *, Space> bad;        /* [2] as in KokkosChunk */

  KOKKOS_INLINE_FUNCTION int per_n() const { return (tables.lmax + 1) * (tables.lmax + 1); }
};

/* A of one atom by one thread; its lanes share n, l and m. */
template <class Space, class Atoms> struct KokkosGammaA {
  typedef typename Kokkos::TeamPolicy<Space>::member_type Member;
  KokkosGammaChunk<Space> chunk;
  Atoms atoms;
  size_t bytes;
  int level;

  /* g, dg [nbase], Y [nlm][2] */
  static size_t scratch(const KokkosGamma &t) {
    return (2 * (size_t)t.nbase + 2 * (size_t)ace_nlm(t.lmax)) * sizeof(double);
  }

  KOKKOS_INLINE_FUNCTION void operator()(const Member &team) const {
    const KokkosGamma &t = chunk.tables;
    const int a = team.league_rank() * team.team_size() + team.team_rank(), nlm = ace_nlm(t.lmax);
    if (a >= chunk.count)
      return;
    double *const g = (double *)team.thread_scratch(level).get_shmem(bytes), *const dg = g + t.nbase;
    double *const re = dg + t.nbase, *const im = re + nlm;
    const int i = chunk.order(chunk.first + a), jnum = (int)atoms.numneigh(i);
    const double xi[3] = {(double)atoms.x(i, 0), (double)atoms.x(i, 1), (double)atoms.x(i, 2)};
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, t.nelements * t.nmax * chunk.per_n()), [&](const int k) {
      chunk.re(a, k) = 0.0;
      chunk.im(a, k) = 0.0;
    });
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, t.nelements * t.nbase),
                         [&](const int k) { chunk.sum_g(a, k) = 0.0; });
    for (int jj = 0; jj < jnum; jj++) {
      const int j = (int)(atoms.neighbors(i, jj) & atoms.mask), nu = (int)atoms.element(atoms.type(j));
      if (nu < 0)
        continue;
      const ace_bond &bond = t.bond[chunk.mu * t.nelements + nu];
      double d[3];
      for (int k = 0; k < 3; k++)
        d[k] = (double)atoms.x(j, k) - xi[k];
      const double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2], r = sqrt(r2);
      if (r >= bond.rcut)
        continue;
      if (!(r > 0.0)) {
        Kokkos::single(Kokkos::PerThread(team), [&]() { kokkos_atomic_max(&chunk.bad(r2 <= 0.0 ? 0 : 1), 1 + i); });
        continue;
      }
      Kokkos::single(Kokkos::PerThread(team), [&]() {
        formula_radial_base(&bond, t.inner, r, g, dg);
        harmonics(bond.lmax, d[0] / r, d[1] / r, d[2] / r, re, im);
      });
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, bond.nradbase),
                           [&](const int k) { chunk.sum_g(a, nu * t.nbase + k) += g[k]; });
      const int nl = bond.lmax + 1;
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, bond.nradmax * nl), [&](const int k) {
        const int n = k / nl, l = k - n * nl;
        const int to = (nu * t.nmax + n) * chunk.per_n() + l * l + l;
        double R = 0.0;
        for (int b = 0; b < bond.nradbase; b++)
          R += bond.crad[k * bond.nradbase + b] * g[b];
        for (int m = 0; m <= l; m++) {
          chunk.re(a, to + m) += R * re[ace_lm(l, m)];
          chunk.im(a, to + m) += R * im[ace_lm(l, m)];
        }
      });
    }
    /* A_{l,-m} = (-1)^m conj(A_lm) */
    const int nl = t.lmax + 1;
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, t.nelements * t.nmax * nl), [&](const int k) {
      const int n = k / nl, l = k - n * nl, zero = n * chunk.per_n() + l * l + l;
      for (int m = 1; m <= l; m++) {
        const double sign = m % 2 != 0 ? -1.0 : 1.0;
        chunk.re(a, zero - m) = sign * chunk.re(a, zero + m);
        chunk.im(a, zero - m) = -sign * chunk.im(a, zero + m);
      }
    });
    Kokkos::single(Kokkos::PerThread(team), [&]() { chunk.grade(a) = 0.0; });
  }

  KOKKOS_INLINE_FUNCTION void harmonics(int lmax, double x, double y, double z, double *re, double *im) const {
    const ace_lm_table &lm = *chunk.tables.lm;
    double er = 1.0, ei = 0.0;
    for (int m = 0; m <= lmax; m++) {
      double q0 = 0.0, q1 = lm.qmm[m];
      for (int l = m; l <= lmax; l++) {
        re[ace_lm(l, m)] = q1 * er;
        im[ace_lm(l, m)] = q1 * ei;
        if (l < lmax) {
          const int next = ace_lm(l + 1, m);
          const double q2 = lm.a[next] * z * q1 - lm.b[next] * q0;
          q0 = q1;
          q1 = q2;
        }
      }
      const double next = x * er - y * ei;
      ei = x * ei + y * er;
      er = next;
    }
  }
};

/* The functions of one block (multiset) of one atom: `a` runs fastest, so that a warp reads consecutive A. */
template <class Space> struct KokkosGammaB {
  KokkosGammaChunk<Space> chunk;

  KOKKOS_INLINE_FUNCTION void operator()(const int index) const {
    const KokkosActive &active = chunk.tables.active[chunk.mu];
    const int a = index % chunk.count;
    const KokkosBlock &b = active.block[index / chunk.count];
    const uint32_t *f = active.factor + b.factor_first;
    const double *coef = active.coef + b.coef_first;
    for (int v = 0; v < b.ninv; v++)
      chunk.B(a, b.column + v) = 0.0;
    for (int i = 0; i < b.nms; i++, f += b.order) {
      double re, im = 0.0;
      if (b.order == 1) {
        re = chunk.sum_g(a, f[0]);
      } else {
        re = chunk.re(a, f[0]);
        im = chunk.im(a, f[0]);
        for (int t = 1; t < b.order; t++) {
          const double x = chunk.re(a, f[t]), y = chunk.im(a, f[t]), p = re * x - im * y;
          im = re * y + im * x;
          re = p;
        }
      }
      for (int v = 0; v < b.ninv; v++)
        chunk.B(a, b.column + v) += coef[v * b.nms + i] * re;
    }
  }
};

/* The largest component of B A^-1: one component of KOKKOS_ROWS atoms at a time, so that the inverse is read once for
 * them; neighbouring threads take neighbouring components. */
enum { KOKKOS_ROWS = 8 };

template <class Space> struct KokkosGammaGrade {
  KokkosGammaChunk<Space> chunk;

  KOKKOS_INLINE_FUNCTION void operator()(const int index) const {
    const KokkosActive &active = chunk.tables.active[chunk.mu];
    const int n = active.n, k = index % n, first = index / n * KOKKOS_ROWS;
    const int rows = chunk.count - first < KOKKOS_ROWS ? chunk.count - first : KOKKOS_ROWS;
    double sum[KOKKOS_ROWS];
    for (int i = 0; i < KOKKOS_ROWS; i++)
      sum[i] = 0.0;
    for (int v = 0; v < n; v++) {
      const size_t at = (size_t)v * (size_t)n + (size_t)k;
      const double x = active.inverse.f != nullptr ? (double)active.inverse.f[at] : active.inverse.d[at];
      for (int i = 0; i < KOKKOS_ROWS; i++)
        sum[i] += chunk.B(first + (i < rows ? i : 0), v) * x;
    }
    for (int i = 0; i < rows; i++) {
      const double most = sum[i] == sum[i] ? fabs(sum[i]) : HUGE_VAL; /* overflow is no grade of 0 */
      kokkos_atomic_max(&chunk.grade(first + i), most);
    }
  }
};

/* Grades to where the caller wants them. */
template <class Space, class Value> struct KokkosGammaStore {
  KokkosGammaChunk<Space> chunk;
  Value value;

  KOKKOS_INLINE_FUNCTION void operator()(const int a) const { value(chunk.order(chunk.first + a)) = chunk.grade(a); }
};

/* 0 for all central atoms, those without an element included. */
template <class Atoms, class Value> struct KokkosGammaZero {
  Atoms atoms;
  Value value;

  KOKKOS_INLINE_FUNCTION void operator()(const int ii) const { value(atoms.ilist(ii)) = 0.0; }
};

} // namespace lisi

#endif
