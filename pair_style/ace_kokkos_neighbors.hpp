/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The neighbours of an atom, for the kernels that go from them to A and from the adjoints to forces: one atom per
 * thread of a team, whose vector lanes (a warp on a GPU) share the work. The list is read KOKKOS_WINDOW entries at a
 * time; those within the cut-off are sorted by element and taken KOKKOS_COLUMNS at a time, so that the scratch does not
 * depend on how many there are. Radial functions stand in scratch by [row][column]; rows are one longer than the
 * columns, so that lanes that read the same column of different rows meet different banks. */
#ifndef LISI_ACE_KOKKOS_NEIGHBORS_HPP
#define LISI_ACE_KOKKOS_NEIGHBORS_HPP

#include "ace_kokkos_chunk.hpp"

namespace lisi {

enum { KOKKOS_WINDOW = 128, KOKKOS_COLUMNS = 32, KOKKOS_STRIDE = KOKKOS_COLUMNS + 1 };

/* Scratch of one thread. */
template <class Real> struct KokkosScratch {
  Real *R, *dR;      /* [nrow_max][KOKKOS_STRIDE] */
  Real *Y;           /* [(lmax + 1)^2][KOKKOS_STRIDE], or none */
  double *sum;       /* [vars_max], or none */
  Real *V;           /* [vars_max], or none */
  double *r, *unit;  /* [KOKKOS_COLUMNS], [3][KOKKOS_COLUMNS] */
  int *start;        /* [nelements + 1] columns of element nu: start[nu] .. start[nu + 1] - 1 */
  short *nu, *order; /* [KOKKOS_WINDOW] element, -1: none; which entry of the window comes when */
  int *close;        /* whether a neighbour is below the tables */

  static size_t round(size_t bytes) { return (bytes + 7) / 8 * 8; }

  static size_t bytes(const KokkosTables<Real> &t, bool forces) {
    const size_t rows = (size_t)t.nrow_max * KOKKOS_STRIDE, l1 = (size_t)t.lmax + 1;
    return round((forces ? 2 * rows : rows + l1 * l1 * KOKKOS_STRIDE) * sizeof(Real)) +
           round((size_t)t.vars_max * (forces ? sizeof(Real) : sizeof(double))) + 4 * KOKKOS_COLUMNS * sizeof(double) +
           round(((size_t)t.nelements + 2) * sizeof(int)) + 2 * KOKKOS_WINDOW * sizeof(short) + 8;
  }

  KOKKOS_INLINE_FUNCTION KokkosScratch(char *at, const KokkosTables<Real> &t, bool forces) {
    const size_t rows = (size_t)t.nrow_max * KOKKOS_STRIDE, l1 = (size_t)t.lmax + 1;
    r = (double *)at;
    unit = r + KOKKOS_COLUMNS;
    at = (char *)(unit + 3 * KOKKOS_COLUMNS);
    sum = (double *)at;
    V = (Real *)at;
    at += ((size_t)t.vars_max * (forces ? sizeof(Real) : sizeof(double)) + 7) / 8 * 8;
    R = (Real *)at;
    dR = Y = R + rows;
    at += ((forces ? 2 * rows : rows + l1 * l1 * KOKKOS_STRIDE) * sizeof(Real) + 7) / 8 * 8;
    start = (int *)at;
    close = start + t.nelements + 1;
    at += (((size_t)t.nelements + 2) * sizeof(int) + 7) / 8 * 8;
    nu = (short *)at;
    order = nu + KOKKOS_WINDOW;
  }
};

/* The neighbours of one atom, window by window. */
template <class Member, class Atoms, class Real> struct KokkosNeighbors {
  const Member &team;
  const Atoms &atoms;
  const KokkosTables<Real> &tables;
  const ace_pair_table *pair;
  const KokkosScratch<Real> &s;
  int i, jnum;
  double xi[3];

  KOKKOS_INLINE_FUNCTION KokkosNeighbors(const Member &team_, const Atoms &atoms_, const KokkosTables<Real> &tables_,
                                         int mu, const KokkosScratch<Real> &s_, int i_)
      : team(team_), atoms(atoms_), tables(tables_), pair(tables_.pair + mu * tables_.nelements), s(s_), i(i_),
        jnum((int)atoms_.numneigh(i_)) {
    for (int k = 0; k < 3; k++)
      xi[k] = (double)atoms.x(i, k);
  }

  KOKKOS_INLINE_FUNCTION int index(int jj) const { return (int)(atoms.neighbors(i, jj) & atoms.mask); }

  KOKKOS_INLINE_FUNCTION double distance(int jj, double d[3]) const {
    const int j = index(jj);
    for (int k = 0; k < 3; k++)
      d[k] = (double)atoms.x(j, k) - xi[k];
    return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
  }

  /* Which of the entries from `base` on are within the cut-off, sorted by element. Returns their number. */
  KOKKOS_INLINE_FUNCTION int window(int base) const {
    const int n = jnum - base < KOKKOS_WINDOW ? jnum - base : KOKKOS_WINDOW;
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, n), [&](const int k) {
      double d[3];
      const int nu = (int)atoms.element(atoms.type(index(base + k)));
      /* not "<": a position that is no number has to be seen */
      const bool in = nu >= 0 && !(distance(base + k, d) >= pair[nu < 0 ? 0 : nu].rcut2);
      s.nu[k] = (short)(in ? nu : -1);
    });
    Kokkos::single(Kokkos::PerThread(team), [&]() { s.start[0] = 0; });
    for (int nu = 0; nu < tables.nelements; nu++) {
      const int from = s.start[nu];
      Kokkos::parallel_scan(Kokkos::ThreadVectorRange(team, n), [&](const int k, int &at, const bool final) {
        const bool in = s.nu[k] == nu;
        if (final && in)
          s.order[from + at] = (short)k;
        at += in;
        if (final && k == n - 1)
          s.start[nu + 1] = from + at;
      });
      kokkos_vector_sync(team);
    }
    return s.start[tables.nelements];
  }

  /* The element of what stands at `place` of the sorted window. */
  KOKKOS_INLINE_FUNCTION int element_of(int place) const { return s.nu[s.order[place]]; }

  /* Distance and unit vector of column c, from `place` of the window at `base`. A neighbour that cannot be is noted in
   * bad and put beyond the cut-off. */
  template <class Bad> KOKKOS_INLINE_FUNCTION void geometry(int base, int place, int c, const Bad &bad) const {
    double d[3];
    const double r2 = distance(base + s.order[place], d);
    const ace_pair_table &t = pair[element_of(place)];
    if (r2 > 0.0) {
      const double r = sqrt(r2);
      s.r[c] = r;
      for (int k = 0; k < 3; k++)
        s.unit[k * KOKKOS_COLUMNS + c] = d[k] / r;
      if (r * t.inv_h < 1.0)
        *s.close = 1;
      return;
    }
    kokkos_atomic_max(&bad(r2 <= 0.0 ? 0 : 1), 1 + i);
    s.r[c] = t.bond.rcut + 1.5 * t.h;
    for (int k = 0; k < 3; k++)
      s.unit[k * KOKKOS_COLUMNS + c] = k == 2 ? 1.0 : 0.0;
  }

  /* Radial functions, and with `slopes` their derivatives, of the columns that stand for places first .. first + n - 1
   * of the window. Lanes run along the rows of the tables. */
  KOKKOS_INLINE_FUNCTION void radial(int first, int n, bool slopes, double *spare) const {
    for (int nu = 0; nu < tables.nelements; nu++) {
      const int from = s.start[nu] > first ? s.start[nu] : first,
                to = s.start[nu + 1] < first + n ? s.start[nu + 1] : first + n;
      const ace_pair_table &t = pair[nu];
      const int nrow = t.nrow, ncol = t.ncol;
      if (from >= to || nrow == 0)
        continue;
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, (to - from) * nrow), [&](const int k) {
        const int column = k / nrow, row = k - column * nrow, c = from - first + column;
        const double x = s.r[c] * t.inv_h;
        const int knot = (int)x;
        const double *p = t.table + 2 * (size_t)ncol * (size_t)(knot < 1 ? t.nknots + 1 : knot) + row;
        const double u = x - knot, u2 = u * u, u3 = u2 * u;
        const double k0 = p[0], s0 = p[ncol], step = p[2 * ncol] - k0, s1 = p[3 * ncol];
        s.R[row * KOKKOS_STRIDE + c] =
            (Real)(k0 + (3.0 * u2 - 2.0 * u3) * step + (u3 - 2.0 * u2 + u) * s0 + (u3 - u2) * s1);
        if (slopes)
          s.dR[row * KOKKOS_STRIDE + c] =
              (Real)(t.inv_h * (6.0 * (u - u2) * step + (3.0 * u2 - 4.0 * u + 1.0) * s0 + (3.0 * u2 - 2.0 * u) * s1));
      });
    }
    if (*s.close)
      Kokkos::single(Kokkos::PerThread(team), [&]() { below_tables(first, n, slopes, spare); });
  }

  /* The same without the tables for those below the first knot, which are rare: ace_radial_row(). */
  KOKKOS_INLINE_FUNCTION void below_tables(int first, int n, bool slopes, double *g) const {
    for (int c = 0; c < n; c++) {
      const ace_pair_table &t = pair[element_of(first + c)];
      const int K = t.bond.nradbase;
      double *dg = g + K;
      if (s.r[c] * t.inv_h >= 1.0)
        continue;
      formula_radial_base(&t.bond, t.inner, s.r[c], g, dg);
      for (int i_row = 0; i_row < t.nrow; i_row++) {
        double value = 0.0, slope = 0.0;
        for (int k = 0; k < K; k++) {
          value += t.weight[i_row * K + k] * g[k];
          slope += t.weight[i_row * K + k] * dg[k];
        }
        s.R[i_row * KOKKOS_STRIDE + c] = (Real)value;
        if (slopes)
          s.dR[i_row * KOKKOS_STRIDE + c] = (Real)slope;
      }
    }
  }
};

} // namespace lisi

#endif
