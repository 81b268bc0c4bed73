/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the timing programs share: processor time, random numbers that are the same every time, and an end with a word.
 */
#ifndef LISI_BENCH_H
#define LISI_BENCH_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may use the machine, too */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t state = 88172645463325252u; /* xorshift64 */
static inline uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}
static inline double uniform(void) {
  return (double)(next_random() >> 11) / 9007199254740992.0;
}

static inline void die(const char *what) {
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
  exit(1);
}
static inline void *need(void *p) {
  if (p == NULL)
    die("no memory");
  return p;
}

#endif
