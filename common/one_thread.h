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

/* Matrices with fewer rows are small: the same, unless there are `rows` or more, where nothing changes. */
enum { ONE_THREAD_ROWS = 300 };
static inline int one_thread_if_small(int rows) {
  return rows < ONE_THREAD_ROWS ? one_thread_begin() : 0;
}
static inline void one_thread_if_small_end(int before) {
  if (before > 0)
    one_thread_end(before);
}
#endif
