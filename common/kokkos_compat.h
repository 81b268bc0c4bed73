/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the KOKKOS packages of the LAMMPS versions that mlff/lisi/kk supports, 4 Feb 2025
 * (Kokkos 4.5.01) to 4 Jul 2026 (Kokkos 5.1), in one place. From 10 Sep 2025 on LAMMPS has KOKKOS in single and mixed
 * precision, for which its array types got other names and its dual views became TransformView. Glue code that is
 * compiled against Kokkos includes this after lammps_compat.h. */
#ifndef LISI_KOKKOS_COMPAT_H
#define LISI_KOKKOS_COMPAT_H

#include "lammps_compat.h"

#if LISI_LAMMPS_VERSION < 20250204
#error "mlff/lisi/kk needs LAMMPS 4 Feb 2025 or newer; without it (-DLISI_KOKKOS=OFF) lisi works from 2 Aug 2023 on"
#endif

#include "kokkos_type.h"

#if !defined(KOKKOS_VERSION) || KOKKOS_VERSION < 40501
#error "mlff/lisi/kk needs the KOKKOS package with Kokkos 4.5.01 or newer"
#endif
#if KOKKOS_VERSION >= 50000 && __cplusplus < 202002L
#error "Kokkos 5 needs C++20; take the compiler and the C++ standard that LAMMPS was built with"
#endif
#if defined(LMP_KOKKOS_SINGLE_SINGLE) || defined(LMP_KOKKOS_SINGLE_DOUBLE)
#error "mlff/lisi/kk needs positions and forces in double precision: a LAMMPS with -DKOKKOS_PREC=double"
#endif

namespace LisiCompat {

/* Views of LAMMPS' arrays in the memory of a device type, and the dual views of what a pair style allocates. */
template <class DeviceType> struct KokkosViews {
  typedef ArrayTypes<DeviceType> AT;
#if LISI_LAMMPS_VERSION >= 20250910
  typedef typename AT::t_kkfloat_1d_3_lr_randomread x;
  typedef typename AT::t_kkacc_1d_3 f;
  typedef typename AT::t_kkacc_1d eatom;
  typedef typename AT::t_kkacc_1d_6 vatom;
#else
  typedef typename AT::t_x_array_randomread x;
  typedef typename AT::t_f_array f;
  typedef typename AT::t_efloat_1d eatom;
  typedef typename AT::t_virial_array vatom;
#endif
};
#if LISI_LAMMPS_VERSION >= 20250910
typedef DAT::ttransform_kkacc_1d dual_eatom;
typedef DAT::ttransform_kkacc_1d_6 dual_vatom;
typedef DAT::tdual_double_2d_lr dual_buffer; /* what atoms that change ranks are packed into */
#else
typedef DAT::tdual_efloat_1d dual_eatom;
typedef DAT::tdual_virial_array dual_vatom;
typedef DAT::tdual_xfloat_2d dual_buffer;
#endif
/* LAMMPS has no centroid virial in KOKKOS: this one is ours, rows side by side as the host wants them. */
typedef Kokkos::DualView<double *[9], Kokkos::LayoutRight, LMPDeviceType> dual_cvatom;

} // namespace LisiCompat

#endif
