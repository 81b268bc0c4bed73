/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All kernels of ace_kokkos.h for the default space of a Kokkos, in both precisions, with views as LAMMPS has them: for
 * a compiler to try (tests/cli/kokkos_cuda.sh). */
#include "ace_kokkos.h"

typedef Kokkos::DefaultExecutionSpace Space;
typedef Kokkos::View<double *[3], Kokkos::LayoutRight, Space> Vectors;
typedef Kokkos::View<const double *[3], Kokkos::LayoutRight, Space, Kokkos::MemoryTraits<Kokkos::RandomAccess>>
    Positions;
typedef Kokkos::View<const int *, Space, Kokkos::MemoryTraits<Kokkos::RandomAccess>> Types;
typedef Kokkos::View<int *, Space> Integers;
typedef Kokkos::View<int **, Space> Lists;

template <class Real> static lisi_status check(const ace_eval *eval, const ace_gamma *gamma, int n) {
  lisi::AceKokkos<Space, Real> ace;
  lisi_error err = {};
  const Vectors f("f", (size_t)n);
  const Kokkos::View<double *, Space> eatom, grade("gamma", (size_t)n);
  const Kokkos::View<double *[6], Space> vatom;
  const Kokkos::View<double *[9], Space> cvatom;
  const auto atoms = lisi::kokkos_atoms(Positions(f), Types(Integers("type", (size_t)n)), Integers("element", 3), n,
                                        Integers("ilist", (size_t)n), Integers("numneigh", (size_t)n),
                                        Lists("neighbors", (size_t)n, 1), n, 0x1FFFFFFF);
  auto sums = lisi::kokkos_sums(f, eatom, vatom, cvatom);
  int bad;
  lisi_status status = ace.create(eval, lisi::KokkosOptions(), &err);
  if (status == LISI_OK)
    status = ace.create_gamma(gamma, &err);
  if (status == LISI_OK)
    status = ace.compute(atoms, sums, &err);
  return status == LISI_OK ? ace.gamma(atoms, grade, &bad, &err) : status;
}

lisi_status compile_check(const ace_eval *eval, const ace_gamma *gamma, int n);
lisi_status compile_check(const ace_eval *eval, const ace_gamma *gamma, int n) {
  const lisi_status status = check<double>(eval, gamma, n);
  return status == LISI_OK ? check<float>(eval, gamma, n) : status;
}
