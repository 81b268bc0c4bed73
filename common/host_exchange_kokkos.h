/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fix that keeps a state for each atom on the host, made fit for KOKKOS: HostExchangeKokkos<Fix> is that fix.
 *
 * Where a fix has such a state and does not know KOKKOS, LAMMPS brings all arrays of all atoms to the host whenever
 * atoms change ranks or are sorted, and back. Here the atoms stay where they are: the few that leave or arrive have
 * their states packed on the host by the fix's own pack_exchange(), and only these go through LAMMPS' buffer; a sort
 * sends its permutation. */
#ifndef LISI_HOST_EXCHANGE_KOKKOS_H
#define LISI_HOST_EXCHANGE_KOKKOS_H

#include "kokkos_compat.h"

#include "atom.h"
#include "kokkos_base.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace LAMMPS_NS {

template <class Base> class HostExchangeKokkos : public Base, public KokkosBase {
public:
  HostExchangeKokkos(class LAMMPS *lmp, int narg, char **arg) : Base(lmp, narg, arg) {
    this->exchange_comm_device = this->sort_device = 1;
  }

  int pack_exchange_kokkos(const int &nsend, LisiCompat::dual_buffer &k_buf, DAT::tdual_int_1d k_sendlist,
                           DAT::tdual_int_1d k_copylist, ExecutionSpace space) override {
    const std::vector<int> send = ints(k_sendlist, nsend, space), copy = ints(k_copylist, nsend, space);
    std::vector<double> values;
    for (int n = 0; n < nsend; n++)
      pack(send[n], values);
    for (int n = 0; n < nsend; n++)
      if (copy[n] >= 0)
        this->copy_arrays(copy[n], send[n], 0); /* the last atoms fill the gaps */
    Doubles host(values.data(), values.size());
    if (space == Device)
      Kokkos::deep_copy(flat<LMPDeviceType>(k_buf, values.size()), host);
    else
      Kokkos::deep_copy(flat<LMPHostType>(k_buf, values.size()), host);
    return (int)values.size();
  }

  /* indices: of the atoms that arrived, -1 for those that are another rank's */
  void unpack_exchange_kokkos(LisiCompat::dual_buffer &k_buf, DAT::tdual_int_1d &k_indices, int nrecv, int, int,
                              ExecutionSpace space) override {
    const std::vector<int> index = ints(k_indices, nrecv, space);
    std::vector<double> values((size_t)nrecv * (size_t)this->maxexchange);
    Doubles host(values.data(), values.size());
    if (space == Device)
      Kokkos::deep_copy(host, flat<LMPDeviceType>(k_buf, values.size()));
    else
      Kokkos::deep_copy(host, flat<LMPHostType>(k_buf, values.size()));
    for (int n = 0; n < nrecv; n++)
      if (index[n] >= 0)
        this->unpack_exchange(index[n], &values[(size_t)n * (size_t)this->maxexchange]);
  }

  void sort_kokkos(Kokkos::BinSort<KeyViewType, BinOp> &sorter) override {
    const auto d_order = sorter.get_permute_vector();
    const auto order = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), d_order);
    const int n = std::min((int)order.extent(0), this->atom->nlocal);
    std::vector<double> values;
    for (int i = 0; i < n; i++)
      pack((int)order(i), values);
    for (int i = 0; i < n; i++)
      this->unpack_exchange(i, &values[(size_t)i * (size_t)this->maxexchange]);
  }

private:
  typedef Kokkos::View<double *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> Doubles;

  /* The state of atom i, maxexchange numbers, behind those that are there already. */
  void pack(int i, std::vector<double> &values) {
    const size_t used = values.size();
    values.resize(used + (size_t)this->maxexchange);
    this->pack_exchange(i, &values[used]);
  }

  template <class DeviceType>
  static Kokkos::View<double *, typename KKDevice<DeviceType>::value, Kokkos::MemoryTraits<Kokkos::Unmanaged>>
  flat(LisiCompat::dual_buffer &k_buf, size_t n) {
    return Kokkos::View<double *, typename KKDevice<DeviceType>::value, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
        k_buf.template view<DeviceType>().data(), n);
  }

  /* The first n of a list, from where LAMMPS made it. */
  static std::vector<int> ints(DAT::tdual_int_1d &list, int n, ExecutionSpace space) {
    std::vector<int> values((size_t)n);
    Kokkos::View<int *, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>> host(values.data(), (size_t)n);
    const auto range = std::make_pair((size_t)0, (size_t)n);
    if (space == Device)
      Kokkos::deep_copy(host, Kokkos::subview(list.template view<LMPDeviceType>(), range));
    else
      Kokkos::deep_copy(host, Kokkos::subview(list.template view<LMPHostType>(), range));
    return values;
  }
};

} // namespace LAMMPS_NS

#endif
