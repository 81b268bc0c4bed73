/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A of each atom, and what its core needs. */
#ifndef LISI_ACE_KOKKOS_A_HPP
#define LISI_ACE_KOKKOS_A_HPP

#include "ace_kokkos_neighbors.hpp"

namespace lisi {

template <class Space, class Real, class Atoms> struct KokkosA {
  typedef typename Kokkos::TeamPolicy<Space>::member_type Member;
  KokkosChunk<Space, Real> chunk;
  Atoms atoms;
  size_t bytes;
  int level; /* of the scratch */

  /* Y_lm of one column: m = 0, then Re and Im of m = 1, 2, .., for each l. */
  KOKKOS_INLINE_FUNCTION void harmonics(const KokkosScratch<Real> &s, int lmax, int c) const {
    const ace_lm_table &lm = *chunk.tables.lm;
    const Real x = (Real)s.unit[c], y = (Real)s.unit[KOKKOS_COLUMNS + c], z = (Real)s.unit[2 * KOKKOS_COLUMNS + c];
    Real pr = 1, pi = 0;
    for (int m = 0; m <= lmax; m++) {
      Real q0 = 0, q1 = (Real)lm.qmm[m];
      for (int l = m; l <= lmax; l++) {
        Real *to = s.Y + (l * l + (m > 0 ? 2 * m - 1 : 0)) * KOKKOS_STRIDE + c;
        to[0] = q1 * pr;
        if (m > 0)
          to[KOKKOS_STRIDE] = q1 * pi;
        if (l < lmax) {
          const int next = ace_lm(l + 1, m);
          const Real q2 = (Real)lm.a[next] * z * q1 - (Real)lm.b[next] * q0;
          q0 = q1;
          q1 = q2;
        }
      }
      const Real next = x * pr - y * pi;
      pi = x * pi + y * pr;
      pr = next;
    }
  }

  KOKKOS_INLINE_FUNCTION void operator()(const Member &team) const {
    const KokkosTables<Real> &t = chunk.tables;
    const int a = team.league_rank() * team.team_size() + team.team_rank();
    if (a >= chunk.count)
      return;
    const KokkosScratch<Real> s((char *)team.thread_scratch(level).get_shmem(bytes), t, false);
    const KokkosNeighbors<Member, Atoms, Real> near(team, atoms, t, chunk.mu, s, chunk.order(chunk.first + a));
    const KokkosCentral<Real> &central = t.central[chunk.mu];
    const int vars = (int)central.product.vars;
    const bool zbl = t.inner == ACE_INNER_ZBL;
    double core = 0.0, shortest = HUGE_VAL;
    int nearest = -1;
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, vars), [&](const int v) { s.sum[v] = 0.0; });
    for (int base = 0; base < near.jnum; base += KOKKOS_WINDOW) {
      const int count = near.window(base);
      for (int first = 0; first < count; first += KOKKOS_COLUMNS) {
        const int n = count - first < KOKKOS_COLUMNS ? count - first : KOKKOS_COLUMNS;
        Kokkos::single(Kokkos::PerThread(team), [&]() { *s.close = 0; });
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, n), [&](const int c) {
          near.geometry(base, first + c, c, chunk.bad);
          harmonics(s, near.pair[near.element_of(first + c)].lmax, c);
        });
        near.radial(first, n, false, &chunk.close(a, 0));
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, vars), [&](const int v) {
          const KokkosVariable w = central.variable[v];
          const int from = s.start[w.nu] > first ? s.start[w.nu] - first : 0,
                    to = s.start[w.nu + 1] < first + n ? s.start[w.nu + 1] - first : n;
          const Real *R = s.R + w.row * KOKKOS_STRIDE, *Y = s.Y + w.component * KOKKOS_STRIDE;
          double sum = s.sum[v];
          for (int c = from; c < to; c++)
            sum += (double)R[c] * (double)Y[c];
          s.sum[v] = sum;
        });
        double part = 0.0;
        Kokkos::parallel_reduce(
            Kokkos::ThreadVectorRange(team, n),
            [&](const int c, double &sum) {
              const ace_pair_table &p = near.pair[near.element_of(first + c)];
              double slope;
              if (formula_has_core(&p))
                sum += formula_repulsion(&p, s.r[c], &slope);
            },
            part);
        core += part;
        if (zbl)
          closest(team, near, base, first, n, shortest, nearest);
      }
    }
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, vars),
                         [&](const int v) { chunk.value(chunk.at(a, (uint32_t)v)) = (Real)s.sum[v]; });
    Kokkos::single(Kokkos::PerThread(team), [&]() {
      double blend = 1.0, slope = 0.0, d[3];
      if (nearest >= 0) {
        const double r = sqrt(near.distance(nearest, d));
        blend = formula_zbl_blend(&near.pair[atoms.element(atoms.type(near.index(nearest)))].bond, r, &slope);
      }
      chunk.state(a, KOKKOS_CORE) = core;
      chunk.state(a, KOKKOS_BLEND) = blend;
      chunk.state(a, KOKKOS_SLOPE) = slope;
      chunk.nearest(a) = nearest;
    });
  }

  /* The neighbour with the smallest r - rcut_in + dcut_in; of several the first one. */
  template <class Neighbors>
  KOKKOS_INLINE_FUNCTION void closest(const Member &team, const Neighbors &near, int base, int first, int n,
                                      double &shortest, int &nearest) const {
    const KokkosScratch<Real> &s = near.s;
    double least = HUGE_VAL;
    int place = KOKKOS_WINDOW;
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, n),
        [&](const int c, double &smallest) {
          const ace_bond &bond = near.pair[near.element_of(first + c)].bond;
          const double r = s.r[c] + (bond.dcut_in - bond.rcut_in);
          smallest = r < smallest ? r : smallest;
        },
        Kokkos::Min<double>(least));
    if (!(least < shortest))
      return;
    Kokkos::parallel_reduce(
        Kokkos::ThreadVectorRange(team, n),
        [&](const int c, int &smallest) {
          const ace_bond &bond = near.pair[near.element_of(first + c)].bond;
          if (s.r[c] + (bond.dcut_in - bond.rcut_in) == least && first + c < smallest)
            smallest = first + c;
        },
        Kokkos::Min<int>(place));
    shortest = least;
    nearest = base + s.order[place];
  }
};

} // namespace lisi

#endif
