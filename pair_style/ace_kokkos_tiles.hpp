/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Products, densities, energy and adjoints with all values of a few atoms in the scratch of a team, so that only A and
 * its adjoints pass through memory. Vector lanes are atoms, the threads of the team share the work on each of them.
 *
 * The reverse sweep goes tile by tile, a tile being KOKKOS_TILE groups or products that do not need each other. First
 * P and S of each are put into scratch (P: the leader of a group, S: the derivative by it; of a product: its adjoint),
 * then each value that gets something from the tile is the work of one thread, which goes through all that it gets: no
 * two threads write to the same place, nothing is atomic, and sums do not depend on the number of threads. */
#ifndef LISI_ACE_KOKKOS_TILES_HPP
#define LISI_ACE_KOKKOS_TILES_HPP

#include "ace_kokkos_chunk.hpp"
#include "ace_kokkos_multiply.hpp"

namespace lisi {

/* One tile: P (2), S (2) of each of its members, [KOKKOS_TILE][4][lanes]. */
enum { KOKKOS_P = 0, KOKKOS_S = 2, KOKKOS_MEMBER = 4 };

/* lanes(): atoms that a team takes, the largest power of two up to `most` whose values fit into `room` bytes; 0 where
 * those of a single atom do not. */
template <class Real> struct KokkosTileScratch {
  static size_t bytes(const KokkosTables<Real> &t, int lanes, int threads) {
    const size_t numbers = 2 * (size_t)t.size_max + (size_t)KOKKOS_TILE * KOKKOS_MEMBER + ACE_MAX_DENSITY;
    return ((size_t)lanes * numbers * sizeof(Real) + 7) / 8 * 8 +
           (size_t)lanes * (size_t)threads * (size_t)t.ndensity_max * sizeof(double) + 64;
  }
  static int lanes(const KokkosTables<Real> &t, int most, int threads_and_lanes, size_t room) {
    int n = most;
    while (n > 0 && bytes(t, n, threads_and_lanes / n) > room)
      n /= 2;
    return n;
  }
};

template <class Space, class Real> struct KokkosTiles {
  typedef typename Kokkos::TeamPolicy<Space>::member_type Member;
  typedef KokkosPlaces<Real> Places;
  KokkosChunk<Space, Real> chunk;
  size_t bytes;
  int level, lanes;

  /* Scratch of a team, by [place][lane]. */
  struct Scratch {
    Real *v, *d, *tile, *by;
    double *rho; /* [team size][ndensity][lane] */
  };

  /* The value of a product or leader of any kind. */
  static KOKKOS_INLINE_FUNCTION void make(int kind, const Places &v, uint32_t x, uint32_t y, Real &zr, Real &zi) {
    switch (kind) {
    case ACE_VALUE:
      kokkos_multiply<ACE_VALUE>(v, x, y, zr, zi);
      break;
    case ACE_REAL_VALUE:
      kokkos_multiply<ACE_REAL_VALUE>(v, x, y, zr, zi);
      break;
    case ACE_RR:
      kokkos_multiply<ACE_RR>(v, x, y, zr, zi);
      break;
    case ACE_RC:
      kokkos_multiply<ACE_RC>(v, x, y, zr, zi);
      break;
    case ACE_CC:
      kokkos_multiply<ACE_CC>(v, x, y, zr, zi);
      break;
    case ACE_CJ:
      kokkos_multiply<ACE_CJ>(v, x, y, zr, zi);
      break;
    default:
      kokkos_multiply<ACE_ABS>(v, x, y, zr, zi);
      break;
    }
  }

  /* Runs work(n, lane) for all n < count and all lanes, and waits for all of them. */
  template <class Work>
  static KOKKOS_INLINE_FUNCTION void each(const Member &team, int count, int lanes, const Work &work) {
    Kokkos::parallel_for(Kokkos::TeamThreadRange(team, count), [&](const int n) {
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, lanes), [&](const int a) { work(n, a); });
    });
    team.team_barrier();
  }

  /* What a coefficient of a term is multiplied with: one density's, or the weighted sum of all of them. */
  KOKKOS_INLINE_FUNCTION Real coefficient(const KokkosCentral<Real> &central, const Scratch &s, uint32_t term,
                                          int density, int a) const {
    const int nd = central.product.ndensity;
    const Real *c = central.coef + (size_t)term * (size_t)nd;
    if (density >= 0)
      return c[density];
    Real w = c[0] * s.by[a];
    for (int k = 1; k < nd; k++)
      w += c[k] * s.by[k * lanes + a];
    return w;
  }

  /* The derivative of a density (or their weighted sum) by the leader of a group. */
  KOKKOS_INLINE_FUNCTION void derivative(const KokkosCentral<Real> &central, const Scratch &s, const KokkosGroup &g,
                                         int density, int a, Real &sr, Real &si) const {
    const Places v = {s.v + a, (size_t)lanes};
    sr = si = 0;
    for (uint32_t k = g.first; k < g.first + g.terms; k++) {
      const uint32_t q = central.product.term[k];
      const Real w = coefficient(central, s, k, density, a);
      sr += w * v[q];
      if (g.variety != 0)
        si += w * v[q + 1];
    }
    if (g.variety == 1)
      si = -si;
  }

  /* Gives a value all that it gets from the tile. */
  KOKKOS_INLINE_FUNCTION void gather(const KokkosCentral<Real> &central, const Scratch &s, const KokkosTarget &to,
                                     int density, int a) const {
    const Places v = {s.v + a, (size_t)lanes};
    Real re = 0, im = 0;
    for (uint32_t e = to.first; e < to.first + to.count; e++) {
      const KokkosGift gift = central.gift[e];
      const Real *member = s.tile + (size_t)(gift.op >> 8) * (size_t)(KOKKOS_MEMBER * lanes) + a;
      const int op = (int)(gift.op & 255u);
      if (op <= KOKKOS_TERM_CONJ) {
        const Real w = coefficient(central, s, gift.from, density, a);
        re += w * member[KOKKOS_P * lanes];
        if (op == KOKKOS_TERM)
          im -= w * member[(KOKKOS_P + 1) * lanes];
        else if (op == KOKKOS_TERM_CONJ)
          im += w * member[(KOKKOS_P + 1) * lanes];
        continue;
      }
      const Real sr = member[KOKKOS_S * lanes], si = member[(KOKKOS_S + 1) * lanes];
      if (op == KOKKOS_SAME_REAL) {
        re += sr;
        continue;
      }
      if (op == KOKKOS_SAME) {
        re += sr;
        im += si;
        continue;
      }
      const Real r = v[gift.from];
      if (op == KOKKOS_REAL_BY_REAL) {
        re += sr * r;
        continue;
      }
      if (op == KOKKOS_COMPLEX_BY_REAL) {
        re += sr * r;
        im += si * r;
        continue;
      }
      const Real i = v[gift.from + 1];
      switch (op) {
      case KOKKOS_REAL_BY_COMPLEX:
        re += sr * r + si * i;
        break;
      case KOKKOS_ABSOLUTE:
        re += 2 * (sr * r);
        im += 2 * (sr * i);
        break;
      case KOKKOS_BY_CONJ: /* S conj y */
        re += sr * r + si * i;
        im += si * r - sr * i;
        break;
      case KOKKOS_BY_VALUE: /* S y */
        re += sr * r - si * i;
        im += sr * i + si * r;
        break;
      default: /* conj S x */
        re += sr * r + si * i;
        im += sr * i - si * r;
        break;
      }
    }
    const Places d = {s.d + a, (size_t)lanes};
    d[to.place] += re;
    if (to.complex)
      d[to.place + 1] += im;
  }

  /* P and S of the members of a tile; `density` as in coefficient(). With one density its value is summed as well. */
  KOKKOS_INLINE_FUNCTION void fill(const Member &team, const KokkosCentral<Real> &central, const Scratch &s,
                                   const KokkosTile &tile, int density, int n, int a) const {
    const ace_product &p = central.product;
    const Places v = {s.v + a, (size_t)lanes}, d = {s.d + a, (size_t)lanes};
    Real *const member = s.tile + (size_t)n * (size_t)(KOKKOS_MEMBER * lanes) + a;
    Real pr = 0, pi = 0, sr = 0, si = 0;
    if (tile.products) {
      const uint32_t z = p.z[tile.first + (uint32_t)n];
      sr = d[z];
      if (tile.complex)
        si = d[z + 1];
    } else {
      const KokkosGroup &g = central.group[tile.first + (uint32_t)n];
      make(g.kind, v, g.x, g.y, pr, pi);
      derivative(central, s, g, density, a, sr, si);
      if (density == 0)
        s.rho[team.team_rank() * lanes + a] += (double)(pr * sr + pi * si);
    }
    member[KOKKOS_P * lanes] = pr;
    member[(KOKKOS_P + 1) * lanes] = pi;
    member[KOKKOS_S * lanes] = sr;
    member[(KOKKOS_S + 1) * lanes] = si;
  }

  /* Values of several densities, which their derivatives need. */
  KOKKOS_INLINE_FUNCTION void densities(const Member &team, const KokkosCentral<Real> &central, const Scratch &s,
                                        int n_lanes) const {
    const ace_product &p = central.product;
    const int nd = p.ndensity;
    double *const own = s.rho + team.team_rank() * nd * lanes;
    each(team, (int)p.nlinear, n_lanes, [&](const int k, const int a) {
      for (int i = 0; i < nd; i++)
        own[i * lanes + a] +=
            (double)(central.linear_coef[k * nd + i] * s.v[p.linear[k] * (uint32_t)lanes + (uint32_t)a]);
    });
    if (nd == 1)
      return;
    each(team, (int)p.ngroup, n_lanes, [&](const int k, const int a) {
      const KokkosGroup &g = central.group[k];
      const Places v = {s.v + a, (size_t)lanes};
      Real pr, pi, sr, si;
      make(g.kind, v, g.x, g.y, pr, pi);
      for (int i = 0; i < nd; i++) {
        derivative(central, s, g, i, a, sr, si);
        own[i * lanes + a] += (double)(pr * sr + pi * si);
      }
    });
  }

  KOKKOS_INLINE_FUNCTION void combine(const Member &team, const KokkosCentral<Real> &central, const Scratch &s,
                                      int first, int n_lanes) const {
    const int nd = central.product.ndensity;
    if (team.team_rank() == 0)
      Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, n_lanes), [&](const int a) {
        double rho[ACE_MAX_DENSITY], by[ACE_MAX_DENSITY];
        for (int k = 0; k < nd; k++) {
          rho[k] = 0.0;
          for (int t = 0; t < team.team_size(); t++)
            rho[k] += s.rho[(t * nd + k) * lanes + a];
        }
        kokkos_combine(chunk, first + a, central.species, rho, by);
        for (int k = 0; k < nd; k++)
          s.by[k * lanes + a] = (Real)by[k];
      });
    team.team_barrier();
  }

  KOKKOS_INLINE_FUNCTION void operator()(const Member &team) const {
    const KokkosTables<Real> &t = chunk.tables;
    const KokkosCentral<Real> &central = t.central[chunk.mu];
    const ace_product &p = central.product;
    const int first = team.league_rank() * lanes, nd = p.ndensity;
    const int n_lanes = chunk.count - first < lanes ? chunk.count - first : lanes;
    Scratch s;
    s.rho = (double *)team.team_scratch(level).get_shmem(bytes);
    s.v = (Real *)(s.rho + team.team_size() * t.ndensity_max * lanes);
    s.d = s.v + (size_t)t.size_max * (size_t)lanes;
    s.tile = s.d + (size_t)t.size_max * (size_t)lanes;
    s.by = s.tile + (size_t)KOKKOS_TILE * KOKKOS_MEMBER * (size_t)lanes;

    each(team, (int)p.vars, n_lanes,
         [&](const int k, const int a) { s.v[k * lanes + a] = chunk.value(chunk.at(first + a, (uint32_t)k)); });
    each(team, (int)p.size, n_lanes, [&](const int k, const int a) { s.d[k * lanes + a] = 0; });
    each(team, team.team_size(), n_lanes, [&](const int k, const int a) {
      for (int i = 0; i < nd; i++)
        s.rho[(k * nd + i) * lanes + a] = 0.0;
    });
    uint32_t at = 0;
    for (uint32_t r = 0; r < p.nrun; r++) {
      const int kind = p.run[r].kind;
      each(team, (int)p.run[r].count, n_lanes, [&](const int n, const int a) {
        const uint32_t k = at + (uint32_t)n, z = p.z[k];
        const Places v = {s.v + a, (size_t)lanes};
        Real zr, zi;
        make(kind, v, p.x[k], p.y[k], zr, zi);
        v[z] = zr;
        if (kind != ACE_RR && kind != ACE_ABS)
          v[z + 1] = zi;
      });
      at += p.run[r].count;
    }
    densities(team, central, s, n_lanes);
    if (nd > 1)
      combine(team, central, s, first, n_lanes);
    const int density = nd > 1 ? -1 : 0;
    each(team, (int)p.nlinear, n_lanes, [&](const int k, const int a) {
      Real w = central.linear_coef[k * nd];
      if (nd > 1) {
        w *= s.by[a];
        for (int i = 1; i < nd; i++)
          w += central.linear_coef[k * nd + i] * s.by[i * lanes + a];
      }
      s.d[p.linear[k] * (uint32_t)lanes + (uint32_t)a] += w;
    });
    for (int k = 0; k < central.ntiles; k++) {
      const KokkosTile &tile = central.tile[k];
      each(team, (int)tile.count, n_lanes,
           [&](const int n, const int a) { fill(team, central, s, tile, density, n, a); });
      each(team, (int)tile.ntargets, n_lanes, [&](const int n, const int a) {
        gather(central, s, central.target[tile.target + (uint32_t)n], density, a);
      });
    }
    if (nd == 1)
      combine(team, central, s, first, n_lanes);
    each(team, (int)p.vars, n_lanes,
         [&](const int k, const int a) { chunk.adjoint(chunk.at(first + a, (uint32_t)k)) = s.d[k * lanes + a]; });
  }
};

} // namespace lisi

#endif
