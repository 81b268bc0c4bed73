/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LISI_SHARED marks functions in headers that the C core and the kernels in Kokkos both use; those compile them for the
 * GPU too. */
#ifndef LISI_ACE_SHARED_H
#define LISI_ACE_SHARED_H

#if defined(KOKKOS_INLINE_FUNCTION)
#define LISI_SHARED KOKKOS_INLINE_FUNCTION
#else
#define LISI_SHARED static inline
#endif

#endif
