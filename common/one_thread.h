/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work in pieces too small for threads, which would wait for each other most of the time: OpenMP (and the BLAS that
 * follows it) uses one thread between the two calls. */
#ifndef LISI_ONE_THREAD_H
#define LISI_ONE_THREAD_H

#ifdef _OPENMP
#include <omp.h>
static inline int one_thread_begin(void) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  return before;
}
static inline void one_thread_end(int before) {
  omp_set_num_threads(before);
}
#else
static inline int one_thread_begin(void) {
  return 1;
}
static inline void one_thread_end(int before) {
  (void)before;
}
#endif
#endif
