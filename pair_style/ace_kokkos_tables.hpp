/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of an ace_eval and an ace_gamma in the memory of an execution space: one block of bytes that holds all
 * arrays, and structs whose pointers lead into it, so that kernels read them as the C core does. */
#ifndef LISI_ACE_KOKKOS_TABLES_HPP
#define LISI_ACE_KOKKOS_TABLES_HPP

#include "ace_kokkos_compat.h"
#include "ace_kokkos_gifts.hpp"

#include "ace_core_formulas.h"
#include "ace_embed_formulas.h"
#include "ace_eval_tables.h"
#include "ace_gamma_tables.h"
#include "ace_ylm.h"

#include <cstring>
#include <string>
#include <vector>

namespace lisi {

/* A place among the variables: A as a sum over the neighbours of element nu of row * harmonic. */
struct KokkosVariable {
  int nu, row, component; /* row of the pair's radial functions; component l^2, or l^2 + 2m - 1 and l^2 + 2m */
};

/* ace_central with places that count values, not lanes, and coefficients in the precision of the products. */
template <class Real> struct KokkosCentral {
  ace_species species;
  ace_product product; /* without coef and linear_coef */
  const Real *coef, *linear_coef;
  const KokkosVariable *variable; /* [product.vars] */
  const KokkosGroup *group;       /* [product.ngroup] and the rest of KokkosReverse */
  const KokkosTile *tile;         /* [ntiles] */
  const KokkosTarget *target;
  const KokkosGift *gift;
  int ntiles;
};

template <class Real> struct KokkosTables {
  int nelements, lmax, nrow_max, nbase_max, vars_max, size_max, ndensity_max;
  ace_inner_kind inner;
  const double *E0;                   /* [nelements] */
  const ace_pair_table *pair;         /* [nelements][nelements] */
  const KokkosCentral<Real> *central; /* [nelements] */
  const ace_lm_table *lm;
};

struct KokkosBlock {
  int order, nms, ninv, column;
  size_t factor_first, coef_first;
};

struct KokkosActive {
  int nblocks, ncolumns, n;
  const KokkosBlock *block;
  const uint32_t *factor;
  const double *coef;
  ace_inverse inverse;
};

/* What ace_gamma.h needs. */
struct KokkosGamma {
  int nelements, nmax, lmax, nbase, most;
  ace_inner_kind inner;
  const ace_bond *bond;       /* [nelements][nelements] */
  const KokkosActive *active; /* [nelements] */
  const ace_lm_table *lm;
};

/* Lays out arrays for memory that begins at `base`: with no buffer it only measures, with one it fills it. put() gives
 * the address that an array will have there. */
class KokkosImage {
public:
  KokkosImage(char *base_, std::vector<char> *buffer_) : base(base_), buffer(buffer_), size(0) {}

  template <class T> T *put(const T *from, size_t n) {
    if (from == nullptr)
      return nullptr;
    const size_t at = size;
    size += (n * sizeof(T) + 63) / 64 * 64;
    if (buffer != nullptr && n > 0)
      memcpy(buffer->data() + at, (const void *)from, n * sizeof(T));
    return (T *)(base + at);
  }
  template <class T> T *put(const std::vector<T> &from) {
    T none = {};
    return put(from.empty() ? &none : from.data(), from.size());
  }

  size_t bytes() const { return size; }

private:
  char *base;
  std::vector<char> *buffer;
  size_t size;
};

inline ace_bond image_bond(KokkosImage &image, const ace_bond &bond) {
  ace_bond b = bond;
  const size_t K = (size_t)bond.nradbase;
  b.crad = image.put(bond.crad, (size_t)bond.nradmax * (size_t)(bond.lmax + 1) * K);
  b.jl.abc = image.put(bond.jl.abc, 3 * (size_t)bond.jl.n);
  b.node = image.put(bond.node, 2 * ((size_t)bond.nbins + 1) * K);
  if (bond.pairpot != nullptr) {
    ace_pairpot pot = *bond.pairpot;
    pot.basis.abc = image.put(bond.pairpot->basis.abc, 3 * (size_t)pot.basis.n);
    pot.c = image.put(bond.pairpot->c, (size_t)pot.basis.n);
    b.pairpot = image.put(&pot, 1);
  }
  return b;
}

inline ace_pair_table image_pair(KokkosImage &image, const ace_pair_table &table) {
  ace_pair_table t = table;
  t.weight = image.put(table.weight, (size_t)table.nrow * (size_t)table.bond.nradbase);
  t.source = nullptr;
  t.table = image.put(table.table, ((size_t)table.nknots + 3) * 2 * (size_t)table.ncol);
  t.core = image.put(table.core, 2 * ((size_t)table.nknots + 1));
  t.bond = image_bond(image, table.bond);
  return t;
}

/* The lists of a product with places that count values, not lanes. */
struct KokkosPlaceLists {
  std::vector<uint32_t> x, y, z, gx, gy, term, linear;
  KokkosPlaceLists(const ace_product &p, uint32_t lanes)
      : x(unscaled(p.x, p.nkept, lanes)), y(unscaled(p.y, p.nkept, lanes)), z(unscaled(p.z, p.nkept, lanes)),
        gx(unscaled(p.gx, p.ngroup, lanes)), gy(unscaled(p.gy, p.ngroup, lanes)),
        term(unscaled(p.term, p.nterm, lanes)), linear(unscaled(p.linear, p.nlinear, lanes)) {}

private:
  static std::vector<uint32_t> unscaled(const uint32_t *places, size_t n, uint32_t lanes) {
    std::vector<uint32_t> v(places, places + n);
    for (uint32_t &place : v)
      place /= lanes;
    v.resize(n + 1);
    return v;
  }
};

template <class Real> const Real *image_numbers(KokkosImage &image, const double *from, size_t n) {
  std::vector<Real> numbers(from, from + n);
  numbers.resize(n + 1);
  return image.put(numbers);
}

inline std::vector<KokkosVariable> variables_of(const ace_pair_table *pair, int nelements, const ace_product &p) {
  std::vector<KokkosVariable> v((size_t)p.vars + 1);
  for (int nu = 0; nu < nelements; nu++) {
    const ace_pair_table &t = pair[nu];
    for (int l = 0; l <= t.lmax; l++)
      for (int c = 0; c <= 2 * l; c++)
        for (int i = 0; i < t.nch[l]; i++) { /* as variable() of ace_kernel_body.h */
          const int place = c == 0 ? i : ((c - 1) | 1) * t.nch[l] + 2 * i + ((c - 1) & 1);
          v[(size_t)(t.at[l] + place)] = {nu, t.first[l] + i, l * l + c};
        }
  }
  return v;
}

template <class Real>
KokkosCentral<Real> image_central(KokkosImage &image, const ace_eval &e, const ace_central &central,
                                  const ace_pair_table *pair) {
  const ace_product &from = central.product;
  const size_t nd = (size_t)from.ndensity;
  KokkosCentral<Real> c = {};
  c.species = central.species;
  c.species.fs = image.put(central.species.fs, 2 * nd);
  KokkosPlaceLists lists(from, (uint32_t)e.kernels->lanes);
  ace_product host = from;
  host.x = lists.x.data();
  host.y = lists.y.data();
  host.z = lists.z.data();
  host.gx = lists.gx.data();
  host.gy = lists.gy.data();
  host.term = lists.term.data();
  host.linear = lists.linear.data();
  const KokkosReverse reverse = KokkosReverseBuilder(host).result();
  c.group = image.put(reverse.group);
  c.tile = image.put(reverse.tile);
  c.target = image.put(reverse.target);
  c.gift = image.put(reverse.gift);
  c.ntiles = (int)reverse.tile.size();
  c.product = from;
  c.product.run = image.put(from.run, from.nrun);
  c.product.x = image.put(lists.x);
  c.product.y = image.put(lists.y);
  c.product.z = image.put(lists.z);
  c.product.grouprun = image.put(from.grouprun, from.ngrouprun);
  c.product.gx = image.put(lists.gx);
  c.product.gy = image.put(lists.gy);
  c.product.term = image.put(lists.term);
  c.product.linear = image.put(lists.linear);
  c.product.coef = c.product.linear_coef = nullptr;
  c.coef = image_numbers<Real>(image, from.coef, from.nterm * nd);
  c.linear_coef = image_numbers<Real>(image, from.linear_coef, from.nlinear * nd);
  c.variable = image.put(variables_of(pair, e.nelements, from));
  return c;
}

template <class Real> KokkosTables<Real> image_eval(KokkosImage &image, const ace_eval &e) {
  const size_t n = (size_t)e.nelements;
  KokkosTables<Real> t = {};
  std::vector<ace_pair_table> pair(n * n);
  std::vector<KokkosCentral<Real>> central(n);
  for (size_t b = 0; b < n * n; b++) {
    pair[b] = image_pair(image, e.pair[b]);
    t.nbase_max = pair[b].bond.nradbase > t.nbase_max ? pair[b].bond.nradbase : t.nbase_max;
  }
  for (size_t mu = 0; mu < n; mu++) {
    central[mu] = image_central<Real>(image, e, e.central[mu], e.pair + mu * n);
    t.ndensity_max = e.central[mu].product.ndensity > t.ndensity_max ? e.central[mu].product.ndensity : t.ndensity_max;
    t.vars_max = (int)central[mu].product.vars > t.vars_max ? (int)central[mu].product.vars : t.vars_max;
  }
  t.nelements = e.nelements;
  t.lmax = e.lmax;
  t.nrow_max = e.nrow_max;
  t.size_max = (int)e.size_max;
  t.inner = e.inner;
  t.E0 = image.put(e.E0, n);
  t.pair = image.put(pair);
  t.central = image.put(central);
  t.lm = image.put(&e.lm, 1);
  return t;
}

inline KokkosActive image_active(KokkosImage &image, const ace_bcentral &c, const ace_active &active) {
  std::vector<KokkosBlock> block((size_t)c.nblocks + 1);
  size_t nfactor = 0, ncoef = 0;
  int column = 0;
  for (int k = 0; k < c.nblocks; k++) {
    const ace_bblock &b = c.block[k];
    block[(size_t)k] = {b.order, b.nms, b.ninv, column, b.factor_first, b.coef_first};
    column += b.ninv;
    nfactor += (size_t)b.nms * (size_t)b.order;
    ncoef += (size_t)b.nms * (size_t)b.ninv;
  }
  KokkosActive a = {};
  a.nblocks = c.nblocks;
  a.ncolumns = c.ncolumns;
  a.n = active.inverse.n;
  a.block = image.put(block);
  a.factor = image.put(c.factor, nfactor);
  a.coef = image.put(c.coef, ncoef);
  const size_t n2 = (size_t)a.n * (size_t)a.n;
  a.inverse = active.inverse;
  a.inverse.f = image.put(active.inverse.f, n2);
  a.inverse.d = image.put(active.inverse.d, n2);
  return a;
}

inline KokkosGamma image_gamma(KokkosImage &image, const ace_gamma &gamma, const ace_lm_table &lm) {
  const ace_bvalues &v = *gamma.values;
  const size_t n = (size_t)v.nelements;
  std::vector<ace_bond> bond(n * n);
  std::vector<KokkosActive> active(n);
  for (size_t b = 0; b < n * n; b++)
    bond[b] = image_bond(image, v.bond[b]);
  for (size_t mu = 0; mu < n; mu++)
    active[mu] = image_active(image, v.central[mu], gamma.of[mu]);
  KokkosGamma g = {};
  g.nelements = v.nelements;
  g.nmax = v.nmax;
  g.lmax = v.lmax;
  g.nbase = v.nbase;
  g.most = v.most;
  g.inner = v.inner;
  g.bond = image.put(bond);
  g.active = image.put(active);
  g.lm = image.put(&lm, 1);
  return g;
}

/* Measures with `lay_out`, a function of a KokkosImage, allocates, fills and copies. Returns what lay_out returns. */
template <class Space, class LayOut>
auto image_in(const char *label, Kokkos::View<char *, Space> &memory, LayOut lay_out)
    -> decltype(lay_out(*(KokkosImage *)nullptr)) {
  KokkosImage measure(nullptr, nullptr);
  lay_out(measure);
  memory = Kokkos::View<char *, Space>(Kokkos::view_alloc(Kokkos::WithoutInitializing, std::string(label)),
                                       measure.bytes() + 64);
  std::vector<char> buffer(memory.extent(0));
  char *const base = memory.data();
  KokkosImage fill(base, &buffer);
  const auto tables = lay_out(fill);
  Kokkos::View<char *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(buffer.data(), buffer.size());
  Kokkos::deep_copy(memory, host);
  return tables;
}

} // namespace lisi

#endif
