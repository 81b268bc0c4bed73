/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi/kk (also /kk/host and /kk/device): mlff/lisi through LAMMPS' KOKKOS package, on threads
 * and on GPUs. Positions, forces and the neighbour list are used where KOKKOS keeps them; nothing but energies, virials
 * and gamma, where LAMMPS wants them, comes to the host.
 *
 *     pair_style mlff/lisi/kk keyword value ...
 *         precision double|mixed     mixed: A, products and their adjoints in single precision (ace_kokkos.h)
 *         chunksize N                central atoms at a time; bounds the scratch
 *
 * Reading of the force field, units, elements and messages are those of mlff/lisi, from which it inherits; the kernels
 * are in ace_kokkos.h. Compiled into a library of its own against the Kokkos of the LAMMPS that loads it. */
#ifndef LISI_PAIR_MLFF_LISI_KOKKOS_H
#define LISI_PAIR_MLFF_LISI_KOKKOS_H

#include "pair_mlff_lisi.h"

#include "kokkos_compat.h"

#include "ace_kokkos.h"

#include <memory>

namespace LAMMPS_NS {

template <class DeviceType> class PairMLFFLisiKokkos : public PairMLFFLisi {
public:
  typedef DeviceType device_type;

  PairMLFFLisiKokkos(class LAMMPS *);
  ~PairMLFFLisiKokkos() override;
  void compute(int, int) override;
  void settings(int, char **) override;
  void coeff(int, char **) override;
  void init_style() override;
  double memory_usage() override;

private:
  typedef LisiCompat::KokkosViews<DeviceType> Views;
  typedef Kokkos::View<double *, DeviceType> Doubles;

  lisi::KokkosOptions options;
  bool mixed;
  std::unique_ptr<lisi::AceKokkos<DeviceType, double>> ace;      /* of these two one is there, once a run was set up */
  std::unique_ptr<lisi::AceKokkos<DeviceType, float>> ace_mixed; /* .. */
  const struct ace_gamma *gamma_known;                           /* what they were told of gamma */

  Kokkos::View<int *, DeviceType> d_element; /* [ntypes + 1] map[] */
  LisiCompat::dual_eatom k_eatom;
  LisiCompat::dual_vatom k_vatom;
  LisiCompat::dual_cvatom k_cvatom;
  Doubles d_gamma; /* [nmax] */

  void free_kernels();
  void compute_gamma() override;
  template <class Ace> void compute_with(Ace &);
  template <class Ace> void gamma_with(Ace &);
  template <class Ace> void create(std::unique_ptr<Ace> &);
  void require(lisi_status, const lisi_error &, int);
};

} // namespace LAMMPS_NS

#endif
