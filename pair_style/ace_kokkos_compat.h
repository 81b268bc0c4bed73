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

/* The arguments of a functor's join() are volatile before Kokkos 4, and must not be afterwards. */
#if KOKKOS_VERSION < 40000
#define LISI_JOIN volatile
#else
#define LISI_JOIN
#endif

namespace lisi {

/* Whether host code can read the memory of Space and kernels of Space the memory of the host: Space runs on the host.
 */
template <class Space> constexpr bool kokkos_on_host() {
  return Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename Space::memory_space>::accessible &&
         Kokkos::SpaceAccessibility<Space, Kokkos::HostSpace>::accessible;
}

/* Threads that may run at once; a static member up to Kokkos 3.7. */
template <class Space> int kokkos_concurrency() {
  return (int)Space().concurrency();
}

/* What one vector lane of a thread has written is seen by the others afterwards. A scan over lanes does not see to it.
 */
template <class Member> KOKKOS_INLINE_FUNCTION void kokkos_vector_sync(const Member &team) {
  Kokkos::single(Kokkos::PerThread(team), []() {});
}

/* Larger of *to and x into *to, atomically: Kokkos::atomic_max is newer than 3.4 in this form. */
KOKKOS_INLINE_FUNCTION void kokkos_atomic_max(int *to, int x) {
  Kokkos::atomic_fetch_max(to, x);
}
KOKKOS_INLINE_FUNCTION void kokkos_atomic_max(double *to, double x) {
  Kokkos::atomic_fetch_max(to, x);
}

} // namespace lisi

#endif
