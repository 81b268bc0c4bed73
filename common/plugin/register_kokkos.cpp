/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells LAMMPS the names of our styles that run through Kokkos. Called by the shim lisiplugin.c after register.cpp. */
#include "lammps.h"
#include "lammpsplugin.h"

#include "compute_lijump.h"
#include "fix_msm.h"
#include "host_exchange_kokkos.h"
#include "pair_mlff_lisi_kokkos.h"

using namespace LAMMPS_NS;

namespace {

template <class Style> void *create1(void *lmp) {
  return new Style((LAMMPS *)lmp);
}

template <class Style> void *create2(void *lmp, int narg, char **arg) {
  return new Style((LAMMPS *)lmp, narg, arg);
}

} // namespace

extern "C" {
extern void *(*lisi_kokkos_msm)(void *, int, char **); /* register.cpp */
extern void *(*lisi_kokkos_state)(void *, int, char **);
}

extern "C" __attribute__((visibility("default"))) void lisi_kokkos_init(void *lmp, void *handle, void *regfunc) {
  auto add = (lammpsplugin_regfunc)regfunc;
  lammpsplugin_t plugin = {};

  plugin.version = LISI_LAMMPS_VERSION_TEXT;
  plugin.author = "lisi";
  plugin.handle = handle;
  plugin.style = "pair";
  plugin.info = "lisi " LISI_VERSION " pair style mlff/lisi/kk: atomic cluster expansion force field, through Kokkos";
  plugin.creator.v1 = &create1<PairMLFFLisiKokkos<LMPDeviceType>>;
  plugin.name = "mlff/lisi/kk";
  add(&plugin, lmp);
  plugin.name = "mlff/lisi/kk/device";
  add(&plugin, lmp);
  plugin.creator.v1 = &create1<PairMLFFLisiKokkos<LMPHostType>>;
  plugin.name = "mlff/lisi/kk/host";
  add(&plugin, lmp);

  lisi_kokkos_msm = &create2<HostExchangeKokkos<FixMSM>>;
  lisi_kokkos_state = &create2<HostExchangeKokkos<FixLiJumpState>>;
}
