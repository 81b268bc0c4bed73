/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernels of a launch share: atoms of one element and what belongs to each of them. */
#ifndef LISI_ACE_KOKKOS_CHUNK_HPP
#define LISI_ACE_KOKKOS_CHUNK_HPP

#include "ace_kokkos_tables.hpp"

namespace lisi {

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
  Kokkos::View<Real *, Space> value, adjoint; /* see at() */
  size_t atom_step, place_step;
  Kokkos::View<double **, Space> state;  /* [chunk][KOKKOS_STATE] */
  Kokkos::View<int *, Space> nearest;    /* [chunk] place in the list of the nearest neighbour, zbl kind */
  Kokkos::View<double **, Space> virial; /* [chunk][6] */
  Kokkos::View<double **, Space> close;  /* [chunk][2 nbase_max] g and dg of a neighbour below the tables */
  Kokkos::View<int *, Space> bad;        /* [2] 1 + the largest central atom with a neighbour at the same place, or
                                            at a place that is no number */

  /* Where the value or adjoint of atom a at a place stands. */
  KOKKOS_INLINE_FUNCTION size_t at(int a, uint32_t place) const { return a * atom_step + place * place_step; }
};

/* The energy from the densities and the core, as combine() of ace_eval.c; by[]: dE/drho. */
template <class Space, class Real>
KOKKOS_INLINE_FUNCTION void kokkos_combine(const KokkosChunk<Space, Real> &chunk, int a, const ace_species &species,
                                           const double *rho, double *by) {
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

#endif
