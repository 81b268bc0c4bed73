/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Energies, forces and extrapolation grades of an ACE model through Kokkos, for any execution space and any LAMMPS: no
 * LAMMPS in here. The tables are those of ace_eval.h and ace_gamma.h, copied once into the memory of the space.
 *
 * Two ways to the same numbers:
 *   - kernels written in Kokkos (ace_kokkos_a.hpp, _tiles, _forces, _gamma), which is what a GPU runs; and
 *   - in host spaces (Serial, OpenMP) with double precision the vector kernels of ace_eval.h, each thread with its own
 *     scratch, unless `portable` asks for the other ones.
 * Everything that ace_eval_atoms() does is done: all radial bases, core repulsions and embeddings, any number of
 * elements, densities and ranks; atom types without an element.
 *
 * Units: eV, Angstrom. Not for use from several threads at once. Objects hold Kokkos views: destroy them before
 * Kokkos::finalize(). They are not to be copied into kernels. */
#ifndef LISI_ACE_KOKKOS_H
#define LISI_ACE_KOKKOS_H

#include "ace_kokkos_compat.h"

#include "ace_eval.h"
#include "ace_gamma.h"

#include <memory>

namespace lisi {

/* How products are made: by teams that hold the values of a few atoms in their scratch (ace_kokkos_tiles.hpp), which a
 * GPU does where they fit, or by a thread for each atom in memory (ace_kokkos_products.hpp). Either is for any space.
 */
enum KokkosProductsBy { KOKKOS_BY_SPACE, KOKKOS_BY_THREADS, KOKKOS_BY_TEAMS };

struct KokkosOptions {
  int chunk = 0;         /* central atoms at a time, which bounds the scratch; 0: as suits the space */
  bool portable = false; /* the kernels written in Kokkos also in host spaces */
  KokkosProductsBy products = KOKKOS_BY_SPACE;
};

/* The atoms and their full neighbour list. Every view is only ever indexed with (), in the space's kernels, so any
 * layout and any number type will do; what LAMMPS has fits:
 *   x(i, 0..2), i < nall     positions, those of ghost atoms included
 *   type(i), i < nall
 *   element(type)            mu of the atom type, -1: none, atoms of which neither have energy nor count as neighbours
 *   ilist(ii), ii < inum     central atoms
 *   numneigh(i)              length of the list of atom i (not ii)
 *   neighbors(i, jj)         index of a neighbour after & mask (LAMMPS: NEIGHMASK); those beyond the cut-off do no harm
 */
template <class X, class Type, class Element, class List, class Count, class Neighbors> struct KokkosAtoms {
  X x;
  Type type;
  Element element;
  int inum;
  List ilist;
  Count numneigh;
  Neighbors neighbors;
  int nall;
  int mask;
};

template <class X, class Type, class Element, class List, class Count, class Neighbors>
KokkosAtoms<X, Type, Element, List, Count, Neighbors> kokkos_atoms(const X &x, const Type &type, const Element &element,
                                                                   int inum, const List &ilist, const Count &numneigh,
                                                                   const Neighbors &neighbors, int nall, int mask) {
  return {x, type, element, inum, ilist, numneigh, neighbors, nall, mask};
}

/* What a call adds to, each where it is wanted (views in the memory of the space, of float or double):
 *   f(i, 0..2), i < nall       forces, on ghost atoms too (newton on)
 *   eatom(i)                   E_i, central atoms only
 *   vatom(i, 0..5), i < nall   half of each pair's virial to either atom, order xx yy zz xy xz yz
 *   cvatom(i, 0..8), i < nall  the whole to the atom that the force acts on, order xx yy zz xy xz yz yx zx zy
 * Views that are not wanted may be empty. energy and virial are set, not added to. */
template <class F, class Eatom, class Vatom, class Cvatom> struct KokkosSums {
  F f;
  Eatom eatom;
  Vatom vatom;
  Cvatom cvatom;
  bool want_virial, want_eatom, want_vatom, want_cvatom;
  double energy;    /* out: sum of E_i over the central atoms */
  double virial[6]; /* out, where wanted: sum of r_ij f_j, xx yy zz xy xz yz */
  int bad_atom;     /* out: for LISI_ERR_NUMERIC the central atom where it happened, else -1 */
};

template <class F, class Eatom, class Vatom, class Cvatom>
KokkosSums<F, Eatom, Vatom, Cvatom> kokkos_sums(const F &f, const Eatom &eatom, const Vatom &vatom,
                                                const Cvatom &cvatom) {
  return {f, eatom, vatom, cvatom, false, false, false, false, 0.0, {0.0, 0.0, 0.0, 0.0, 0.0, 0.0}, -1};
}

/* Space: an execution space. Real: the numbers of A, the products and their adjoints; float halves the memory traffic,
 * and distances, radial tables, sums over neighbours and atoms, densities and energies stay double. */
template <class Space, class Real = double> class AceKokkos {
public:
  AceKokkos();
  ~AceKokkos();
  AceKokkos(const AceKokkos &) = delete;
  AceKokkos &operator=(const AceKokkos &) = delete;

  /* Copies the tables of an evaluator, which must outlive this object. */
  LISI_MUST_CHECK lisi_status create(const ace_eval *eval, const KokkosOptions &options, lisi_error *err);
  /* Copies what gamma() needs; the ace_gamma must outlive this object. After create(). */
  LISI_MUST_CHECK lisi_status create_gamma(const ace_gamma *gamma, lisi_error *err);

  /* Forces, energy and what else `sums` wants. LISI_ERR_NUMERIC: two atoms at the same place, or a position that is no
   * number; forces are then undefined. The call returns when all is done. */
  template <class Atoms, class Sums>
  LISI_MUST_CHECK lisi_status compute(const Atoms &atoms, Sums &sums, lisi_error *err);

  /* The extrapolation grade of each central atom into value(i), 0 where its type has no element. Every element among
   * them needs an active set (ace_gamma_require). Always in double precision. *bad_atom as in KokkosSums. */
  template <class Atoms, class Value>
  LISI_MUST_CHECK lisi_status gamma(const Atoms &atoms, const Value &value, int *bad_atom, lisi_error *err);

  /* Whether compute() takes the vector kernels of ace_eval.h. */
  bool uses_host_kernels() const;
  /* Whether it takes teams for the products. */
  bool uses_teams() const;
  /* Bytes held, in the memory of the space. */
  size_t bytes() const;

private:
  struct Parts;
  std::unique_ptr<Parts> parts;
};

} // namespace lisi

#include "ace_kokkos_impl.hpp"

#endif
