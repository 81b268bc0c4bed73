/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Products, densities, energy and adjoints of all values, one atom per thread. Values stand with the atom running
 * fastest on a GPU, so that all loads and stores of a warp are consecutive, and all lanes take the same way through the
 * tables. The values of an atom go through memory again and again: this is for hosts, and for models whose values do
 * not fit into the scratch that ace_kokkos_tiles.hpp needs. */
#ifndef LISI_ACE_KOKKOS_PRODUCTS_HPP
#define LISI_ACE_KOKKOS_PRODUCTS_HPP

#include "ace_kokkos_chunk.hpp"
#include "ace_kokkos_multiply.hpp"

namespace lisi {

template <class Space, class Real> struct KokkosProducts {
  typedef KokkosPlaces<Real> Places;
  KokkosChunk<Space, Real> chunk;

  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void products_run(const ace_product &p, uint32_t from, uint32_t to, const Places &v) {
    for (uint32_t k = from; k < to; k++) {
      Real zr, zi;
      kokkos_multiply<kind>(v, p.x[k], p.y[k], zr, zi);
      v[p.z[k]] = zr;
      if (kokkos_complex(kind))
        v[p.z[k] + 1] = zi;
    }
  }

  template <ace_product_kind kind>
  static KOKKOS_INLINE_FUNCTION void reverse_run(const ace_product &p, uint32_t from, uint32_t to, const Places &v,
                                                 const Places &d) {
    for (uint32_t k = to; k-- > from;)
      kokkos_hand_down<kind>(v, d, p.x[k], p.y[k], d[p.z[k]], kokkos_complex(kind) ? d[p.z[k] + 1] : Real(0));
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
      kokkos_multiply<kind>(s.v, gx[k], gy[k], pr, pi);
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
        s.rho[0] += (double)(kokkos_complex(kind) ? pr * sr + pi * si : pr * sr);
      kokkos_hand_down<kind>(s.v, s.d, gx[k], gy[k], sr, si);
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

  KOKKOS_INLINE_FUNCTION void operator()(const int a) const {
    const KokkosCentral<Real> &central = chunk.tables.central[chunk.mu];
    const ace_product &p = central.product;
    const int nd = p.ndensity;
    const Places v = {&chunk.value(chunk.at(a, 0)), chunk.place_step};
    const Places d = {&chunk.adjoint(chunk.at(a, 0)), chunk.place_step};
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
      kokkos_combine(chunk, a, central.species, rho, by);
    } else {
      groups<VALUES>(values);
      kokkos_combine(chunk, a, central.species, rho, by);
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

} // namespace lisi

#endif
