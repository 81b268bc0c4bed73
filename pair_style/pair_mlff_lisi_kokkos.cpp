/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS pair style mlff/lisi/kk; see pair_mlff_lisi_kokkos.h. */
#include "pair_mlff_lisi_kokkos.h"

#include "atom_kokkos.h"
#include "atom_masks.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "kokkos.h"
#include "memory_kokkos.h"
#include "neigh_list_kokkos.h"
#include "neigh_request.h"
#include "neighbor.h"
#include "update.h"
#include "utils.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace LAMMPS_NS;

/* ---------------------------------------------------------------------- */

template <class DeviceType>
PairMLFFLisiKokkos<DeviceType>::PairMLFFLisiKokkos(LAMMPS *lmp)
    : PairMLFFLisi(lmp), mixed(false), gamma_known(nullptr) {
  if (!lmp->kokkos)
    error->all(FLERR, "pair_style mlff/lisi/kk: KOKKOS is not in use; start LAMMPS with -kokkos on (and a number of "
                      "threads or GPUs)");
  respa_enable = 0;
  kokkosable = 1;
  atomKK = (AtomKokkos *)atom;
  execution_space = ExecutionSpaceFromDevice<DeviceType>::space;
  datamask_read = EMPTY_MASK; /* compute() says itself what it reads and changes */
  datamask_modify = EMPTY_MASK;

  const char *kernels = getenv("LISI_KOKKOS_KERNELS");
  if (kernels && strcmp(kernels, "portable") == 0)
    options.portable = true;
  else if (kernels && kernels[0] && strcmp(kernels, "native") != 0)
    error->all(FLERR,
               "pair_style mlff/lisi/kk: the environment variable LISI_KOKKOS_KERNELS has to be native or "
               "portable, found: {}",
               kernels);
}

template <class DeviceType> PairMLFFLisiKokkos<DeviceType>::~PairMLFFLisiKokkos() {
  if (copymode)
    return;
  memoryKK->destroy_kokkos(k_eatom, eatom);
  memoryKK->destroy_kokkos(k_vatom, vatom);
  memoryKK->destroy_kokkos(k_cvatom, cvatom);
}

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::free_kernels() {
  ace.reset();
  ace_mixed.reset();
  gamma_known = nullptr;
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::settings(int narg, char **arg) {
  require_metal();
  mixed = false;
  options.chunk = 0;
  for (int i = 0; i < narg; i += 2) {
    const std::string key = arg[i];
    if (key != "precision" && key != "chunksize")
      error->all(FLERR, "pair_style mlff/lisi/kk: unknown keyword {}; expected precision or chunksize", key);
    if (i + 1 == narg)
      utils::missing_cmd_args(FLERR, "pair_style mlff/lisi/kk " + key, error);
    if (key == "precision") {
      mixed = strcmp(arg[i + 1], "mixed") == 0;
      if (!mixed && strcmp(arg[i + 1], "double") != 0)
        error->all(FLERR, "pair_style mlff/lisi/kk: precision has to be double or mixed, found: {}", arg[i + 1]);
    } else {
      options.chunk = utils::inumeric(FLERR, arg[i + 1], false, lmp);
      if (options.chunk < 1)
        error->all(FLERR, "pair_style mlff/lisi/kk: chunksize has to be a number of atoms from 1, found: {}",
                   arg[i + 1]);
    }
  }
}

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::coeff(int narg, char **arg) {
  free_kernels(); /* they refer to the model that goes */
  PairMLFFLisi::coeff(narg, arg);
}

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::init_style() {
  if (force->newton_pair == 0)
    error->all(FLERR, "pair_style mlff/lisi/kk needs newton pair on; with GPUs KOKKOS switches it off unless told "
                      "otherwise: -package kokkos newton on neigh half");
  PairMLFFLisi::init_style();
  auto request = neighbor->find_request(this);
  request->set_kokkos_host(std::is_same_v<DeviceType, LMPHostType> && !std::is_same_v<DeviceType, LMPDeviceType>);
  request->set_kokkos_device(std::is_same_v<DeviceType, LMPDeviceType>);

  d_element = Kokkos::View<int *, DeviceType>("mlff/lisi:element", (size_t)atom->ntypes + 1);
  auto h_element = Kokkos::create_mirror_view(d_element);
  h_element(0) = -1;
  for (int t = 1; t <= atom->ntypes; t++)
    h_element(t) = map[t];
  Kokkos::deep_copy(d_element, h_element);

  if (ace || ace_mixed)
    return;
  if (mixed)
    create(ace_mixed);
  else
    create(ace);
}

template <class DeviceType>
template <class Ace>
void PairMLFFLisiKokkos<DeviceType>::create(std::unique_ptr<Ace> &kernels) {
  lisi_error err = {};
  kernels.reset(new Ace);
  const lisi_status status = kernels->create(eval, options, &err);
  if (!all_ok(status, err)) {
    kernels.reset();
    error->all(FLERR, "pair_style mlff/lisi/kk: {}", err.message);
  }
}

/* A failure during a run; `bad` is the local index of the atom where it happened, or -1. */
template <class DeviceType>
void PairMLFFLisiKokkos<DeviceType>::require(lisi_status status, const lisi_error &err, int bad) {
  if (status == LISI_OK)
    return;
  if (bad < 0)
    error->one(FLERR, "pair_style mlff/lisi, step {}: {}", update->ntimestep, err.message);
  atomKK->sync(Host, TAG_MASK);
  error->one(FLERR, "pair_style mlff/lisi, step {}, near atom {}: {}", update->ntimestep, atom->tag[bad], err.message);
}

/* ---------------------------------------------------------------------- */

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::compute(int eflag, int vflag) {
  ev_init(eflag, vflag, 0);
  if (eflag_atom) {
    memoryKK->destroy_kokkos(k_eatom, eatom);
    memoryKK->create_kokkos(k_eatom, eatom, maxeatom, "pair:eatom");
  }
  if (vflag_atom) {
    memoryKK->destroy_kokkos(k_vatom, vatom);
    memoryKK->create_kokkos(k_vatom, vatom, maxvatom, "pair:vatom");
  }
  if (cvflag_atom) {
    memoryKK->destroy_kokkos(k_cvatom, cvatom);
    memoryKK->create_kokkos(k_cvatom, cvatom, maxcvatom, "pair:cvatom");
  }
  atomKK->sync(execution_space, X_MASK | F_MASK | TYPE_MASK);
  if (mixed)
    compute_with(*ace_mixed);
  else
    compute_with(*ace);
  atomKK->modified(execution_space, F_MASK);

  gamma_stale = true;
  if (gamma_flag)
    compute_gamma();
}

template <class DeviceType> template <class Ace> void PairMLFFLisiKokkos<DeviceType>::compute_with(Ace &kernels) {
  const auto *k_list = static_cast<NeighListKokkos<DeviceType> *>(list);
  const typename Views::x x = atomKK->k_x.template view<DeviceType>();
  const typename Views::f f = atomKK->k_f.template view<DeviceType>();
  const auto type = atomKK->k_type.template view<DeviceType>();
  const auto atoms = lisi::kokkos_atoms(x, type, d_element, list->inum, k_list->d_ilist, k_list->d_numneigh,
                                        k_list->d_neighbors, atom->nlocal + atom->nghost, NEIGHMASK);
  auto sums = lisi::kokkos_sums(f, k_eatom.template view<DeviceType>(), k_vatom.template view<DeviceType>(),
                                k_cvatom.template view<DeviceType>());
  sums.want_virial = vflag_global;
  sums.want_eatom = eflag_atom;
  sums.want_vatom = vflag_atom;
  sums.want_cvatom = cvflag_atom;

  lisi_error err = {};
  const lisi_status status = kernels.compute(atoms, sums, &err);
  require(status, err, sums.bad_atom);

  if (eflag_global)
    eng_vdwl += sums.energy;
  if (vflag_global)
    for (int c = 0; c < 6; c++)
      virial[c] += sums.virial[c];
  /* hybrid styles and computes take these from the host */
  if (eflag_atom) {
    k_eatom.template modify<DeviceType>();
    k_eatom.sync_host();
  }
  if (vflag_atom) {
    k_vatom.template modify<DeviceType>();
    k_vatom.sync_host();
  }
  if (cvflag_atom) {
    k_cvatom.template modify<DeviceType>();
    k_cvatom.sync_host();
  }
}

template <class DeviceType> void PairMLFFLisiKokkos<DeviceType>::compute_gamma() {
  if (!gamma)
    load_gamma(); /* pair_coeff was given again after fix pair */
  atomKK->sync(execution_space, X_MASK | TYPE_MASK);
  if (mixed)
    gamma_with(*ace_mixed);
  else
    gamma_with(*ace);
  gamma_stale = false;
}

template <class DeviceType> template <class Ace> void PairMLFFLisiKokkos<DeviceType>::gamma_with(Ace &kernels) {
  lisi_error err = {};
  if (gamma_known != gamma) {
    const lisi_status status = kernels.create_gamma(gamma, &err);
    require(status, err, -1);
    gamma_known = gamma;
  }
  const size_t n = (size_t)std::max(atom->nmax, 1);
  if (d_gamma.extent(0) != n)
    d_gamma = Doubles("mlff/lisi:gamma", n);
  Kokkos::deep_copy(d_gamma, 0.0);

  const auto *k_list = static_cast<NeighListKokkos<DeviceType> *>(list);
  const typename Views::x x = atomKK->k_x.template view<DeviceType>();
  const auto type = atomKK->k_type.template view<DeviceType>();
  const auto atoms = lisi::kokkos_atoms(x, type, d_element, list->inum, k_list->d_ilist, k_list->d_numneigh,
                                        k_list->d_neighbors, atom->nlocal + atom->nghost, NEIGHMASK);
  int bad = -1;
  const lisi_status status = kernels.gamma(atoms, d_gamma, &bad, &err);
  require(status, err, bad);

  gamma_atom.resize(n);
  Kokkos::View<double *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(gamma_atom.data(), n);
  Kokkos::deep_copy(host, d_gamma);
}

template <class DeviceType> double PairMLFFLisiKokkos<DeviceType>::memory_usage() {
  double bytes = PairMLFFLisi::memory_usage() + (double)(d_gamma.span() * sizeof(double));
  if (ace)
    bytes += (double)ace->bytes();
  if (ace_mixed)
    bytes += (double)ace_mixed->bytes();
  return bytes;
}

namespace LAMMPS_NS {
template class PairMLFFLisiKokkos<LMPDeviceType>;
#ifdef LMP_KOKKOS_GPU
template class PairMLFFLisiKokkos<LMPHostType>;
#endif
} // namespace LAMMPS_NS
