/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the versions of Kokkos that the kernels are built for, 3.4 to 5, in one place. */
#ifndef LISI_ACE_KOKKOS_COMPAT_H
#define LISI_ACE_KOKKOS_COMPAT_H

#include <Kokkos_Core.hpp>

#if !defined(KOKKOS_VERSION)
#error "lisi: Kokkos_Core.hpp does not tell its version (KOKKOS_VERSION); Kokkos 3.4 or newer is needed"
#elif KOKKOS_VERSION < 30400
#error "lisi: the force field on Kokkos needs Kokkos 3.4 or newer"
#endif

namespace lisi {

/* Whether host code can read what lives in the memory of Space, and so whether Space runs on the host. The name of the
 * trait changed with Kokkos 4. */
template <class Space> constexpr bool kokkos_on_host() {
  return Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Space::memory_space>::accessible &&
         Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible;
}

/* Threads that may run at once; a static member up to Kokkos 3.7. */
template <class Space> int kokkos_concurrency() {
  return Space().concurrency();
}

} // namespace lisi

#endif
