/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels: A of each atom, products and their adjoints, forces. All atoms of a launch are of one element.
 *
 * Neighbours -> A and adjoints -> forces: one atom per thread of a team, its vector lanes (a warp on a GPU) share the
 * work. The list is read KOKKOS_WINDOW entries at a time; those within the cut-off are sorted by element and taken
 * KOKKOS_COLUMNS at a time, so that the scratch does not depend on how many there are. Radial functions stand in
 * scratch by [row][column]; rows are one longer than the columns, so that lanes that read the same column of different
 * rows meet different banks.
 *
 * Products: one atom per lane of a range policy. Values stand by [atom][place] with the atom running fastest on a GPU,
 * so that all loads and stores of a warp are consecutive, and all lanes take the same way through the tables. */
#ifndef LISI_ACE_KOKKOS_KERNELS_HPP
#define LISI_ACE_KOKKOS_KERNELS_HPP

#include "ace_kokkos_tables.hpp"

namespace lisi {

enum { KOKKOS_WINDOW = 128, KOKKOS_COLUMNS = 32, KOKKOS_STRIDE = KOKKOS_COLUMNS + 1 };

/* What an atom has beside its values, state(atom, ..). */
enum {
  KOKKOS_CORE = 0, /* E_core, or rho_core of the zbl kind */
  KOKKOS_BLEND,    /* f of the zbl kind */
  KOKKOS_SLOPE,    /* df/dr */
  KOKKOS_ENERGY,   /* out */
  KOKKOS_SCALE,    /* what adjoints are to be multiplied with: dE/dF with one density, else 1 */
  KOKKOS_DCORE,    /* dE/dE_core */
  KOKKOS_DBLEND,   /* dE/df */
  KOKKOS_STATE
};

/* The atoms order(first) .. order(first + count - 1) of element mu, and what belongs to each of them. */
template <class Space, class Real> struct KokkosChunk {
  KokkosTables<Real> tables;
  Kokkos::View<int *, Space> order;
  int first, count, mu;
  Kokkos::View<Real **, Space> value, adjoint; /* [chunk][size_max] */
  Kokkos::View<double **, Space> state;        /* [chunk][KOKKOS_STATE] */
  Kokkos::View<int *, Space> nearest;          /* [chunk] place in the list of the nearest neighbour, zbl kind */
  Kokkos::View<double **, Space> virial;       /* [chunk][6] */
  Kokkos::View<double **, Space> close;        /* [chunk][2 nbase_max + 2 nrow_max] for neighbours below the tables */
  Kokkos::View<int *, Space> bad; /* [2] 1 + the largest central atom with a neighbour at the same place, or
                                     at a place that is no number */
};

/* ---- neighbours ---- */

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

/* ---- A ---- */

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
                         [&](const int v) { chunk.value(a, v) = (Real)s.sum[v]; });
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

/* ---- products ---- */

template <class Space, class Real> struct KokkosProducts {
  KokkosChunk<Space, Real> chunk;

  /* The values or adjoints of one atom. */
  struct Places {
    Real *at;
    size_t stride;
    KOKKOS_INLINE_FUNCTION Real &operator[](uint32_t place) const { return at[place * stride]; }
  };

  static KOKKOS_INLINE_FUNCTION constexpr bool complex_kind(ace_product_kind kind) {
    return kind == ACE_VALUE || kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ;
  }

  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void multiply(const Places &v, uint32_t x, uint32_t y, Real &zr, Real &zi) {
    zi = 0;
    if (kind == ACE_VALUE) {
      zr = v[x];
      zi = v[x + 1];
    } else if (kind == ACE_REAL_VALUE) {
      zr = v[x];
    } else if (kind == ACE_RR) {
      zr = v[x] * v[y];
    } else if (kind == ACE_RC) {
      const Real r = v[x];
      zr = r * v[y];
      zi = r * v[y + 1];
    } else if (kind == ACE_ABS) {
      const Real r = v[x], i = v[x + 1];
      zr = r * r + i * i;
    } else {
      const Real xr = v[x], xi = v[x + 1], yr = v[y], yi = v[y + 1];
      zr = kind == ACE_CC ? xr * yr - xi * yi : xr * yr + xi * yi;
      zi = kind == ACE_CC ? xi * yr + xr * yi : xi * yr - xr * yi;
    }
  }

  /* The adjoint of a product (gr = dE/dRe z, gi = dE/dIm z) handed to its factors. */
  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void hand_down(const Places &v, const Places &d, uint32_t x, uint32_t y, Real gr,
                                               Real gi) {
    if (kind == ACE_VALUE) {
      d[x] += gr;
      d[x + 1] += gi;
    } else if (kind == ACE_REAL_VALUE) {
      d[x] += gr;
    } else if (kind == ACE_RR) {
      const Real xr = v[x], yr = v[y];
      d[x] += gr * yr;
      d[y] += gr * xr;
    } else if (kind == ACE_RC) {
      const Real xr = v[x];
      d[x] += gr * v[y] + gi * v[y + 1];
      d[y] += gr * xr;
      d[y + 1] += gi * xr;
    } else if (kind == ACE_ABS) {
      d[x] += 2 * (gr * v[x]);
      d[x + 1] += 2 * (gr * v[x + 1]);
    } else {
      const Real xr = v[x], xi = v[x + 1], yr = v[y], yi = v[y + 1];
      if (kind == ACE_CC) {
        d[x] += gr * yr + gi * yi;
        d[x + 1] += gi * yr - gr * yi;
        d[y] += gr * xr + gi * xi;
        d[y + 1] += gi * xr - gr * xi;
      } else {
        d[x] += gr * yr - gi * yi;
        d[x + 1] += gr * yi + gi * yr;
        d[y] += gr * xr + gi * xi;
        d[y + 1] += gr * xi - gi * xr;
      }
    }
  }

  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void products_run(const ace_product &p, uint32_t from, uint32_t to, const Places &v) {
    for (uint32_t k = from; k < to; k++) {
      Real zr, zi;
      multiply<kind>(v, p.x[k], p.y[k], zr, zi);
      v[p.z[k]] = zr;
      if (complex_kind(kind))
        v[p.z[k] + 1] = zi;
    }
  }

  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void reverse_run(const ace_product &p, uint32_t from, uint32_t to, const Places &v,
                                                 const Places &d) {
    for (uint32_t k = to; k-- > from;)
      hand_down<kind>(v, d, p.x[k], p.y[k], d[p.z[k]], complex_kind(kind) ? d[p.z[k] + 1] : Real(0));
  }

  static KOKKOS_INLINE_FUNCTION void products(const ace_product &p, const Places &v) {
    uint32_t at = 0;
    for (uint32_t r = 0; r < p.nrun; r++) {
      const uint32_t to = at + p.run[r].count;
      switch (p.run[r].kind) {
      case ACE_RR:
        products_run<ACE_RR>(p, at, to, v);
        break;
      case ACE_RC:
        products_run<ACE_RC>(p, at, to, v);
        break;
      case ACE_CC:
        products_run<ACE_CC>(p, at, to, v);
        break;
      case ACE_CJ:
        products_run<ACE_CJ>(p, at, to, v);
        break;
      default:
        products_run<ACE_ABS>(p, at, to, v);
        break;
      }
      at = to;
    }
  }

  static KOKKOS_INLINE_FUNCTION void reverse(const ace_product &p, const Places &v, const Places &d) {
    uint32_t at = p.nkept;
    for (uint32_t r = p.nrun; r-- > 0;) {
      const uint32_t from = at - p.run[r].count;
      switch (p.run[r].kind) {
      case ACE_RR:
        reverse_run<ACE_RR>(p, from, at, v, d);
        break;
      case ACE_RC:
        reverse_run<ACE_RC>(p, from, at, v, d);
        break;
      case ACE_CC:
        reverse_run<ACE_CC>(p, from, at, v, d);
        break;
      case ACE_CJ:
        reverse_run<ACE_CJ>(p, from, at, v, d);
        break;
      default:
        reverse_run<ACE_ABS>(p, from, at, v, d);
        break;
      }
      at = from;
    }
  }

  /* ---- densities: groups Re(P sum c Q), as in ace_kernel_body.h ---- */

  /* What a sweep over the groups is for: values of the densities, derivatives of their weighted sum, or both, which can
   * be had at once where there is one density and its weight comes later. */
  enum { VALUES = 1, GRADIENT = 2, ONE = 3 };

  struct Sweep {
    const KokkosCentral<Real> &central;
    Places v, d;
    double *rho;    /* [ndensity] */
    const Real *by; /* [ndensity] weights */
    size_t group, term;
  };

  template <int what, ace_product_kind kind, int variety>
  static KOKKOS_INLINE_FUNCTION void groups_of(Sweep &s, const ace_run &run) {
    const ace_product &p = s.central.product;
    const uint32_t n = run.terms;
    const int nd = what == ONE ? 1 : p.ndensity;
    const uint32_t *gx = p.gx + s.group, *gy = p.gy + s.group, *term = p.term + s.term;
    const Real *coef = s.central.coef + s.term * (size_t)nd;
    for (uint32_t k = 0; k < run.count; k++) {
      Real pr, pi, sr = 0, si = 0;
      multiply<kind>(s.v, gx[k], gy[k], pr, pi);
      for (uint32_t i = 0; i < n; i++, term++, coef += nd) {
        const uint32_t q = *term;
        const Real qr = s.v[q], qi = variety == 0 ? Real(0) : s.v[q + 1];
        if (what == VALUES) {
          const Real z = variety == 0 ? pr * qr : variety == 1 ? pr * qr - pi * qi : pr * qr + pi * qi;
          for (int k_rho = 0; k_rho < nd; k_rho++)
            s.rho[k_rho] += (double)(coef[k_rho] * z);
          continue;
        }
        Real w = coef[0];
        if (what == GRADIENT) {
          w *= s.by[0];
          for (int k_rho = 1; k_rho < nd; k_rho++)
            w += coef[k_rho] * s.by[k_rho];
        }
        sr += w * qr;
        s.d[q] += w * pr;
        if (variety == 1) { /* Re(P Q): derivatives conj(Q) by P, conj(P) by Q */
          si -= w * qi;
          s.d[q + 1] -= w * pi;
        }
        if (variety == 2) { /* Re(P conj Q): Q by P, P by Q */
          si += w * qi;
          s.d[q + 1] += w * pi;
        }
      }
      if (what == VALUES)
        continue;
      if (what == ONE)
        s.rho[0] += (double)(complex_kind(kind) ? pr * sr + pi * si : pr * sr);
      hand_down<kind>(s.v, s.d, gx[k], gy[k], sr, si);
    }
    s.group += run.count;
    s.term += run.count * (size_t)n;
  }

  template <int what, ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void groups_run(Sweep &s, const ace_run &run) {
    if (run.variety == 0)
      groups_of<what, kind, 0>(s, run);
    else if (run.variety == 1)
      groups_of<what, kind, 1>(s, run);
    else
      groups_of<what, kind, 2>(s, run);
  }

  /* With a real leader all terms are of variety 0. */
  template <int what> static KOKKOS_INLINE_FUNCTION void groups(Sweep s) {
    const ace_product &p = s.central.product;
    for (uint32_t r = 0; r < p.ngrouprun; r++) {
      const ace_run &run = p.grouprun[r];
      switch (run.kind) {
      case ACE_VALUE:
        groups_run<what, ACE_VALUE>(s, run);
        break;
      case ACE_REAL_VALUE:
        groups_of<what, ACE_REAL_VALUE, 0>(s, run);
        break;
      case ACE_RR:
        groups_of<what, ACE_RR, 0>(s, run);
        break;
      case ACE_RC:
        groups_run<what, ACE_RC>(s, run);
        break;
      case ACE_CC:
        groups_run<what, ACE_CC>(s, run);
        break;
      case ACE_CJ:
        groups_run<what, ACE_CJ>(s, run);
        break;
      case ACE_ABS:
        groups_of<what, ACE_ABS, 0>(s, run);
        break;
      }
    }
  }

  /* The energy from the densities and the core, as combine() of ace_eval.c; by[]: dE/drho. */
  KOKKOS_INLINE_FUNCTION void combine(int a, const ace_species &species, const double *rho, double *by) const {
    const double core = chunk.state(a, KOKKOS_CORE), E0 = chunk.tables.E0[chunk.mu];
    double F = 0.0, scale, energy, dcore, dblend = 0.0;
    for (int k = 0; k < species.ndensity; k++) {
      const double w = species.fs[2 * k];
      F += w * formula_embed(species.embedding, species.fs[2 * k + 1], rho[k], &by[k]);
      by[k] *= w;
    }
    if (chunk.tables.inner == ACE_INNER_ZBL) {
      scale = chunk.state(a, KOKKOS_BLEND);
      dcore = 1.0 - scale;
      energy = E0 + scale * F + dcore * core;
      dblend = F - core;
    } else {
      double slope;
      scale = formula_switch(core, species.rho_core_cutoff, species.drho_core_cutoff, &slope);
      dcore = 1.0 + slope * F;
      energy = E0 + scale * F + core;
    }
    for (int k = 0; k < species.ndensity; k++)
      by[k] *= scale;
    chunk.state(a, KOKKOS_ENERGY) = energy;
    chunk.state(a, KOKKOS_SCALE) = species.ndensity == 1 ? by[0] : 1.0;
    chunk.state(a, KOKKOS_DCORE) = dcore;
    chunk.state(a, KOKKOS_DBLEND) = dblend;
  }

  KOKKOS_INLINE_FUNCTION void operator()(const int a) const {
    const KokkosCentral<Real> &central = chunk.tables.central[chunk.mu];
    const ace_product &p = central.product;
    const int nd = p.ndensity;
    const Places v = {&chunk.value(a, 0), (size_t)chunk.value.stride(1)};
    const Places d = {&chunk.adjoint(a, 0), (size_t)chunk.adjoint.stride(1)};
    double rho[ACE_MAX_DENSITY], by[ACE_MAX_DENSITY];
    for (int k = 0; k < nd; k++)
      rho[k] = 0.0;
    for (uint32_t k = 0; k < p.size; k++)
      d[k] = 0;
    products(p, v);
    for (uint32_t k = 0; k < p.nlinear; k++)
      for (int i = 0; i < nd; i++)
        rho[i] += (double)(central.linear_coef[k * (uint32_t)nd + (uint32_t)i] * v[p.linear[k]]);
    const Sweep values = {central, v, d, rho, nullptr, 0, 0};
    if (nd == 1) {
      for (uint32_t k = 0; k < p.nlinear; k++)
        d[p.linear[k]] += central.linear_coef[k];
      groups<ONE>(values);
      combine(a, central.species, rho, by);
    } else {
      groups<VALUES>(values);
      combine(a, central.species, rho, by);
      Real weight[ACE_MAX_DENSITY];
      for (int k = 0; k < nd; k++)
        weight[k] = (Real)by[k];
      for (uint32_t k = 0; k < p.nlinear; k++)
        for (int i = 0; i < nd; i++)
          d[p.linear[k]] += central.linear_coef[k * (uint32_t)nd + (uint32_t)i] * weight[i];
      const Sweep gradient = {central, v, d, rho, weight, 0, 0};
      groups<GRADIENT>(gradient);
    }
    reverse(p, v, d);
  }
};

/* ---- forces ---- */

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
    Kokkos::parallel_for(Kokkos::ThreadVectorRange(team, vars), [&](const int v) { s.V[v] = chunk.adjoint(a, v); });
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

/* Energy and virial of a chunk. */
template <class Space, class Real> struct KokkosTotal {
  typedef double value_type[];
  typedef int size_type;
  const unsigned value_count = 7;
  Kokkos::View<double **, Space> state, virial;

  KOKKOS_INLINE_FUNCTION void operator()(const int a, value_type sum) const {
    sum[0] += state(a, KOKKOS_ENERGY);
    for (int k = 0; k < 6; k++)
      sum[1 + k] += virial(a, k);
  }
  KOKKOS_INLINE_FUNCTION void init(value_type sum) const {
    for (int k = 0; k < 7; k++)
      sum[k] = 0.0;
  }
  KOKKOS_INLINE_FUNCTION void join(LISI_JOIN double *sum, const LISI_JOIN double *other) const {
    for (int k = 0; k < 7; k++)
      sum[k] += other[k];
  }
};

/* Central atoms of element mu into order, from `first` on. */
template <class Space, class Atoms> struct KokkosOrder {
  Atoms atoms;
  Kokkos::View<int *, Space> order;
  int mu, first;

  KOKKOS_INLINE_FUNCTION void operator()(const int ii, int &at, const bool final) const {
    const int i = (int)atoms.ilist(ii);
    const bool in = (int)atoms.element(atoms.type(i)) == mu;
    if (final && in)
      order(first + at) = i;
    at += in;
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
