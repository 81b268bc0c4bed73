/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells LAMMPS the names of our styles. Called by the shim lisiplugin.c once it has checked that this LAMMPS is the one
 * that the library was built for. */
#include "lammps.h"
#include "lammpsplugin.h"

#ifdef HAVE_PAIR_MLFF_LISI
#include "pair_mlff_lisi.h"
#endif
#ifdef HAVE_COMPUTE_LIJUMP
#include "compute_lijump.h"
#endif
#ifdef HAVE_FIX_MSM
#include "fix_msm.h"
#endif

using namespace LAMMPS_NS;

namespace {

template <class Style> void *create1(void *lmp) {
  return new Style((LAMMPS *)lmp);
}
template <class Style> void *create2(void *lmp, int narg, char **arg) {
  return new Style((LAMMPS *)lmp, narg, arg);
}

/* Set by liblisi_kokkos.so: the same fixes, fit for atoms that KOKKOS holds. Not styles of their own: LAMMPS looks for
 * the state of an atom in a restart file by the name of the fix, which has to be the same with KOKKOS and without. */
typedef void *create_fix(void *, int, char **);

} // namespace

extern "C" {
__attribute__((visibility("default"))) create_fix *lisi_kokkos_msm = nullptr;
__attribute__((visibility("default"))) create_fix *lisi_kokkos_state = nullptr;
}

namespace {

#ifdef HAVE_COMPUTE_LIJUMP
void *create_state(void *lmp, int narg, char **arg) {
  const bool kk = lisi_kokkos_state && ((LAMMPS *)lmp)->kokkos;
  return kk ? lisi_kokkos_state(lmp, narg, arg) : create2<FixLiJumpState>(lmp, narg, arg);
}
#endif
#ifdef HAVE_FIX_MSM
void *create_msm(void *lmp, int narg, char **arg) {
  const bool kk = lisi_kokkos_msm && ((LAMMPS *)lmp)->kokkos;
  return kk ? lisi_kokkos_msm(lmp, narg, arg) : create2<FixMSM>(lmp, narg, arg);
}
#endif

} // namespace

extern "C" __attribute__((visibility("default"))) void lisi_lammps_init(void *lmp, void *handle, void *regfunc) {
  auto add = (lammpsplugin_regfunc)regfunc;
  lammpsplugin_t plugin = {};

  plugin.version = LISI_LAMMPS_VERSION_TEXT;
  plugin.author = "lisi";
  plugin.handle = handle;

#ifdef HAVE_PAIR_MLFF_LISI
  plugin.style = "pair";
  plugin.name = "mlff/lisi";
  plugin.info = "lisi " LISI_VERSION " pair style mlff/lisi: atomic cluster expansion force field";
  plugin.creator.v1 = &create1<PairMLFFLisi>;
  add(&plugin, lmp);
#endif
#ifdef HAVE_COMPUTE_LIJUMP
  plugin.style = "compute";
  plugin.name = "lijump";
  plugin.info = "lisi " LISI_VERSION " compute lijump: site of each atom and jumps between sites";
  plugin.creator.v2 = &create2<ComputeLiJump>;
  add(&plugin, lmp);
  plugin.style = "fix";
  plugin.name = "lijump/state";
  plugin.info = "lisi " LISI_VERSION " fix lijump/state: internal, holds the state of compute lijump";
  plugin.creator.v2 = &create_state;
  add(&plugin, lmp);
#endif
#ifdef HAVE_FIX_MSM
  plugin.style = "fix";
  plugin.name = "msm";
  plugin.info = "lisi " LISI_VERSION " fix msm: jump log and counts for a Markov state model";
  plugin.creator.v2 = &create_msm;
  add(&plugin, lmp);
#endif
  (void)plugin;
  (void)add;
  (void)lmp;
}
