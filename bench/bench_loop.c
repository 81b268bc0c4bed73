/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two cores of this machine give to a plain parallel loop: seconds of the same work on one thread and shared by
 * `threads`, without memory traffic, in turn, medians. Cores that are not physical, or busy with other work, show here.
 */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

enum { REPEATS = 9, ITEMS = 4000 };

static double work(int item) {
  double x = 1.0 + 1e-3 * item, sum = 0.0;
  for (int k = 0; k < 20000; k++) {
    x = 0.999 * x + 0.001 / x;
    sum += x;
  }
  return sum;
}

static double seconds(int threads, double *sum) {
  const double start = omp_get_wtime();
  double s = 0.0;
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads) reduction(+ : s)
  for (int i = 0; i < ITEMS; i++)
    s += work(i);
  *sum += s;
  return omp_get_wtime() - start;
}

static int compare(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 2;
  if (threads < 1 || threads > 1024) {
    fprintf(stderr, "usage: bench_loop [threads]\n");
    return 2;
  }
  double one[REPEATS], many[REPEATS], sum = 0.0;
  (void)seconds(threads, &sum);
  for (int r = 0; r < REPEATS; r++) {
    one[r] = seconds(1, &sum);
    many[r] = seconds(threads, &sum);
  }
  qsort(one, REPEATS, sizeof *one, compare);
  qsort(many, REPEATS, sizeof *many, compare);
  printf("plain loop: %.4f s on one thread, %.4f s on %d: efficiency %.1f %%  (sum %g)\n", one[REPEATS / 2],
         many[REPEATS / 2], threads, 100.0 * one[REPEATS / 2] / (threads * many[REPEATS / 2]), sum);
  return 0;
}
