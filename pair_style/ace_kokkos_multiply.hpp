/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A product of two values of an atom, and its adjoint handed to its factors, as in ace_kernel_body.h. */
#ifndef LISI_ACE_KOKKOS_MULTIPLY_HPP
#define LISI_ACE_KOKKOS_MULTIPLY_HPP

#include "ace_kokkos_compat.h"

#include "ace_product.h"

namespace lisi {

/* The values or adjoints of one atom. */
template <class Real> struct KokkosPlaces {
  Real *at;
  size_t stride;
  KOKKOS_INLINE_FUNCTION Real &operator[](uint32_t place) const { return at[place * stride]; }
};

KOKKOS_INLINE_FUNCTION constexpr bool kokkos_complex(ace_product_kind kind) {
  return kind == ACE_VALUE || kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ;
}

template <ace_product_kind kind, class Real>
KOKKOS_INLINE_FUNCTION void kokkos_multiply(const KokkosPlaces<Real> &v, uint32_t x, uint32_t y, Real &zr, Real &zi) {
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
template <ace_product_kind kind, class Real>
KOKKOS_INLINE_FUNCTION void kokkos_hand_down(const KokkosPlaces<Real> &v, const KokkosPlaces<Real> &d, uint32_t x,
                                             uint32_t y, Real gr, Real gi) {
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

} // namespace lisi

#endif
