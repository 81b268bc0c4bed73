/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forces and virials from the adjoints of A. */
#ifndef LISI_ACE_KOKKOS_FORCES_HPP
#define LISI_ACE_KOKKOS_FORCES_HPP

#include "ace_kokkos_neighbors.hpp"

namespace lisi {

/* Force on the central atom, and the virial. */
struct KokkosNine {
  double v[9];
  KOKKOS_INLINE_FUNCTION KokkosNine() {
    for (int k = 0; k < 9; k++)
      v[k] = 0.0;
  }
  KOKKOS_INLINE_FUNCTION KokkosNine &operator+=(const KokkosNine &other) {
    for (int k = 0; k < 9; k++)
      v[k] += other.v[k];
    return *this;
  }
};

template <class Space, class Real, class Atoms, class Sums> struct KokkosForces {
  typedef typename Kokkos::TeamPolicy<Space>::member_type Member;
  KokkosChunk<Space, Real> chunk;
  Atoms atoms;
  Sums sums;
  size_t bytes;
  int level;

  /* dE/dr_j / scale of the neighbour in column c, its radial functions and V being in scratch: Y_lm = Q_lm(z) (x + i
   * y)^m, with Q and dQ/dz by recursion in l. */
  KOKKOS_INLINE_FUNCTION void gradient(const KokkosScratch<Real> &s, const ace_pair_table &t, int c, double *g) const {
    const ace_lm_table &lm = *chunk.tables.lm;
    const double unit[3] = {s.unit[c], s.unit[KOKKOS_COLUMNS + c], s.unit[2 * KOKKOS_COLUMNS + c]};
    const Real x = (Real)unit[0], y = (Real)unit[1], z = (Real)unit[2];
    Real T = 0, gx = 0, gy = 0, gz = 0, er = 1, ei = 0, fr = 0, fi = 0;
    for (int m = 0; m <= t.lmax; m++) {
      Real q0 = 0, q1 = (Real)lm.qmm[m], d0 = 0, d1 = 0, Ur = 0, Ui = 0, Wr = 0, Wi = 0;
      for (int l = m; l <= t.lmax; l++) {
        const int nch = t.nch[l];
        const Real *R = s.R + t.first[l] * KOKKOS_STRIDE + c, *dR = s.dR + t.first[l] * KOKKOS_STRIDE + c;
        const Real *V = s.V + t.at[l] + (m > 0 ? (2 * m - 1) * nch : 0);
        Real sr = 0, si = 0, tr = 0, ti = 0;
        if (m == 0)
          for (int n = 0; n < nch; n++) {
            sr += V[n] * R[n * KOKKOS_STRIDE];
            tr += V[n] * dR[n * KOKKOS_STRIDE];
          }
        else
          for (int n = 0; n < nch; n++) {
            const Real r = R[n * KOKKOS_STRIDE], dr = dR[n * KOKKOS_STRIDE];
            sr += V[2 * n] * r;
            tr += V[2 * n] * dr;
            si += V[2 * n + 1] * r;
            ti += V[2 * n + 1] * dr;
          }
        T += q1 * (tr * er + ti * ei);
        Ur += sr * q1;
        Ui += si * q1;
        Wr += sr * d1;
        Wi += si * d1;
        if (l < t.lmax) {
          const int next = ace_lm(l + 1, m);
          const Real a = (Real)lm.a[next], b = (Real)lm.b[next];
          const Real q2 = a * z * q1 - b * q0, d2 = a * (q1 + z * d1) - b * d0;
          q0 = q1;
          q1 = q2;
          d0 = d1;
          d1 = d2;
        }
      }
      gz += Wr * er + Wi * ei;
      gx += (Real)m * (Ur * fr + Ui * fi);
      gy += (Real)m * (Ui * fr - Ur * fi);
      fr = er;
      fi = ei;
      er = x * fr - y * fi;
      ei = x * fi + y * fr;
    }
    const double inv = 1.0 / s.r[c];
    const double along = (double)T - ((double)gx * unit[0] + (double)gy * unit[1] + (double)gz * unit[2]) * inv;
    g[0] = (double)gx * inv + along * unit[0];
    g[1] = (double)gy * inv + along * unit[1];
    g[2] = (double)gz * inv + along * unit[2];
  }

  /* Adds what belongs to the pair to the sums. */
  KOKKOS_INLINE_FUNCTION void add_pair(int i, int j, const double d[3], const double g[3], KokkosNine &own) const {
    typedef typename std::decay<decltype(sums.f(0, 0))>::type Force;
    for (int k = 0; k < 3; k++) {
      own.v[k] += g[k];
      Kokkos::atomic_add(&sums.f(j, k), (Force)-g[k]);
    }
    if (!(sums.want_virial || sums.want_vatom || sums.want_cvatom))
      return;
    const double v[6] = {-d[0] * g[0],
                         -d[1] * g[1],
                         -d[2] * g[2],
                         -0.5 * (d[0] * g[1] + d[1] * g[0]),
                         -0.5 * (d[0] * g[2] + d[2] * g[0]),
                         -0.5 * (d[1] * g[2] + d[2] * g[1])};
    for (int k = 0; k < 6; k++)
      own.v[3 + k] += v[k];
    if (sums.want_vatom) {
      typedef typename std::decay<decltype(sums.vatom(0, 0))>::type Number;
      for (int k = 0; k < 6; k++)
        Kokkos::atomic_add(&sums.vatom(j, k), (Number)(0.5 * v[k]));
    }
    if (sums.want_cvatom) {
      typedef typename std::decay<decltype(sums.cvatom(0, 0))>::type Number;
      const double w[9] = {d[0] * g[0], d[1] * g[1], d[2] * g[2], d[0] * g[1], d[0] * g[2],
                           d[1] * g[2], d[1] * g[0], d[2] * g[0], d[2] * g[1]};
      for (int k = 0; k < 9; k++)
        Kokkos::atomic_add(&sums.cvatom(j, k), (Number)-w[k]);
    }
    (void)i;
  }

  KOKKOS_INLINE_FUNCTION void operator()(const Member &team) const {
    const KokkosTables<Real> &t = chunk.tables;
    const int a = team.league_rank() * team.team_size() + team.team_rank();
    if (a >= chunk.count)
      return;
    const KokkosScratch<Real> s((char *)team.thread_scratch(level).get_shmem(bytes), t, true);
    const int i = chunk.order(chunk.first + a), vars = (int)t.central[chunk.mu].product.vars;
    const KokkosNeighbors<Member, Atoms, Real> near(team, atoms, t, chunk.mu, s, i);
    const double scale = chunk.state(a, KOKKOS_SCALE), dcore = chunk.state(a, KOKKOS_DCORE);
    const double dblend = chunk.state(a, KOKKOS_DBLEND) * chunk.state(a, KOKKOS_SLOPE);
    const int nearest = chunk.nearest(a);
    KokkosNine own;
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, vars),
                         [&](const int v) { s.V[v] = chunk.adjoint(chunk.at(a, (uint32_t)v)); });
    for (int base = 0; base < near.jnum; base += KOKKOS_WINDOW) {
      const int count = near.window(base);
      for (int first = 0; first < count; first += KOKKOS_COLUMNS) {
        const int n = count - first < KOKKOS_COLUMNS ? count - first : KOKKOS_COLUMNS;
        Kokkos::single(Kokkos::PerThread(team), [&]() { *s.close = 0; });
        Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, n),
                             [&](const int c) { near.geometry(base, first + c, c, chunk.bad); });
        near.radial(first, n, true, &chunk.close(a, 0));
        KokkosNine part;
        Kokkos::parallel_reduce(
            Kokkos::ThreadVectorRange(team, n),
            [&](const int c, KokkosNine &sum) {
              const ace_pair_table &p = near.pair[near.element_of(first + c)];
              const int jj = base + s.order[first + c];
              double g[3], d[3], along = 0.0, slope;
              gradient(s, p, c, g);
              if (dcore != 0.0 && formula_has_core(&p)) {
                (void)formula_repulsion(&p, s.r[c], &slope);
                along = dcore * slope;
              }
              if (jj == nearest)
                along += dblend;
              for (int k = 0; k < 3; k++) {
                const double u = s.unit[k * KOKKOS_COLUMNS + c];
                g[k] = scale * g[k] + along * u;
                d[k] = s.r[c] * u;
              }
              add_pair(i, near.index(jj), d, g, sum);
            },
            part);
        own += part;
        kokkos_vector_sync(team);
      }
    }
    Kokkos::single(Kokkos::PerThread(team), [&]() { add_own(a, i, own); });
  }

  KOKKOS_INLINE_FUNCTION void add_own(int a, int i, const KokkosNine &own) const {
    typedef typename std::decay<decltype(sums.f(0, 0))>::type Force;
    for (int k = 0; k < 3; k++)
      Kokkos::atomic_add(&sums.f(i, k), (Force)own.v[k]);
    for (int k = 0; k < 6; k++)
      chunk.virial(a, k) = own.v[3 + k];
    if (sums.want_vatom) {
      typedef typename std::decay<decltype(sums.vatom(0, 0))>::type Number;
      for (int k = 0; k < 6; k++)
        Kokkos::atomic_add(&sums.vatom(i, k), (Number)(0.5 * own.v[3 + k]));
    }
    if (sums.want_eatom) {
      typedef typename std::decay<decltype(sums.eatom(0))>::type Number;
      sums.eatom(i) += (Number)chunk.state(a, KOKKOS_ENERGY);
    }
  }
};

} // namespace lisi

/* Sums of this type begin with zeros. */
namespace Kokkos {
template <> struct reduction_identity<lisi::KokkosNine> {
  KOKKOS_FORCEINLINE_FUNCTION static lisi::KokkosNine sum() { return lisi::KokkosNine(); }
};
} // namespace Kokkos

#endif
