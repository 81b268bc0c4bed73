/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Estimators: seconds of processor time for a reversible model from a count matrix file, in parts (the estimate; its
 * slow modes; D where made here), and for counting a discrete trajectory. `make` writes the inputs, so that other
 * programs can be timed on the same ones (estimators.sh). */
#include "bench.h"
#include "count_matrix.h"
#include "counts.h"
#include "msm.h"
#include "reversible.h"
#include "sparse_flux.h"
#include "spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    die(err->message);
}

static FILE *create(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen(path, "w");
  if (f == NULL)
    die("a file cannot be written");
  return f;
}

/* ---- inputs ---- */

/* Counts of a 300-site ring at lag 100: 2000 starts a site, with noise. */
static void make_ring(const char *folder) {
  enum { n = 300, lag = 100 };
  double *row = need(calloc(n, sizeof *row)), *next = need(malloc(n * sizeof *next));
  row[0] = 1.0;
  for (int t = 0; t < lag; t++) {
    for (int i = 0; i < n; i++)
      next[i] = 0.7 * row[i] + 0.15 * (row[(i + 1) % n] + row[(i + n - 1) % n]);
    memcpy(row, next, n * sizeof *row);
  }
  FILE *f = create(folder, "ring.txt");
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      fprintf(f, "%.0f%c", floor(2000.0 * row[(j - i + n) % n] * (0.7 + 0.6 * uniform())), j + 1 < n ? ' ' : '\n');
  fclose(f);
  free(row);
  free(next);
}

/* Hops between neighbours on a lattice with random barriers and wells, and some longer ones. */
static void make_lattice(const char *folder, const char *name, const int size[3], int far) {
  const int n = size[0] * size[1] * size[2];
  FILE *f = create(folder, name);
  fprintf(f, "%%%%MatrixMarket matrix coordinate integer general\n%d %d %d\n", n, n, n * (1 + 6 + 2 * far));
  for (int i = 0; i < n; i++) {
    const int at[3] = {i % size[0], i / size[0] % size[1], i / (size[0] * size[1])};
    fprintf(f, "%d %d %.0f\n", i + 1, i + 1, 1 + floor(200.0 * exp(3.0 * uniform())));
    for (int k = 0; k < 3 + far; k++) {
      int to[3];
      for (int a = 0; a < 3; a++) {
        const int step = k < 3 ? a == k : (int)(next_random() % 5) - 2;
        to[a] = (at[a] + step + size[a]) % size[a];
      }
      const int j = to[0] + size[0] * (to[1] + size[1] * to[2]);
      const double c = exp(3.0 * uniform()) * (k < 3 ? 5.0 : 1.0);
      fprintf(f, "%d %d %.0f\n%d %d %.0f\n", i + 1, j + 1, 1 + floor(c * (1 + uniform())), j + 1, i + 1,
              1 + floor(c * (1 + uniform())));
    }
  }
  fclose(f);
}

/* A walker that stays `stay` samples on average on a ring of 100. */
static void make_dtraj(const char *folder, const char *name, int samples, double stay) {
  FILE *f = create(folder, name);
  int s = 0;
  for (int t = 0; t < samples; t++) {
    if (uniform() < 1.0 / stay)
      s = (s + (next_random() % 2 ? 1 : 99)) % 100;
    fprintf(f, "%d\n", s);
  }
  fclose(f);
}

/* ---- timings ---- */

static void time_counts(const char *path, int nlags, char **lags) {
  lisi_error err = {0};
  path_set paths;
  must(paths_from_dtrajs(1, &path, &paths, &err), &err);
  for (int k = 0; k < nlags; k++) {
    lag_counts counts;
    const double start = now();
    must(counts_from_paths(&paths, atoll(lags[k]), 1, 1, 1, &counts, &err), &err);
    printf("count_%s %.6g\n", lags[k], now() - start);
    lag_counts_free(&counts);
  }
  path_set_free(&paths);
}

static void time_dense(const lag_counts *counts, int n) {
  lisi_error err = {0};
  const size_t N = (size_t)n;
  double *C = need(calloc(N * N, sizeof *C)), *X = need(malloc(N * N * sizeof *X)), *pi = need(calloc(N, sizeof *pi)),
         *gap = need(malloc(N * sizeof *gap));
  for (size_t k = 0; k < counts->total.n; k++)
    C[(size_t)counts->total.entry[k].i * N + (size_t)counts->total.entry[k].j] = counts->total.entry[k].c;
  const double start = now();
  must(reversible_ml(n, C, X, NULL, &err), &err);
  const double estimated = now();
  for (size_t k = 0; k < N * N; k++)
    pi[k / N] += X[k];
  must(spectrum_reversible(n, X, pi, gap, NULL, &err), &err);
  printf("mle %.6g\nmodes %.6g\nt2 %.12g\n", estimated - start, now() - estimated, spectrum_timescale_gap(gap[1], 1.0));
  free(C);
  free(X);
  free(pi);
  free(gap);
}

static void time_sparse(const lag_counts *counts, int n) {
  lisi_error err = {0};
  const size_t N = (size_t)n;
  pair_entry *entry = need(malloc((counts->total.n + 1) * sizeof *entry));
  double gap[MSM_SLOW_MODES], *b = need(malloc(2 * N * sizeof *b)), *y = b + N;
  int found;
  const double start = now();
  for (size_t k = 0; k < counts->total.n; k++)
    entry[k] = (pair_entry){counts->total.entry[k].i, counts->total.entry[k].j, counts->total.entry[k].c};
  pair_counts pairs;
  sparse_flux flux;
  must(pair_counts_make(n, counts->total.n, entry, &pairs, &err), &err);
  reversible_info info;
  must(reversible_ml_sparse(&pairs, NULL, &flux, NULL, &info, &err), &err);
  const double estimated = now();
  /* D needs one solution for each direction; any right-hand side will do */
  for (int a = 0; a < 3; a++) {
    double sum = 0.0;
    for (size_t i = 0; i < N; i++)
      sum += b[i] = flux.pi[i] * (uniform() - 0.5);
    for (size_t i = 0; i < N; i++)
      b[i] -= flux.pi[i] * sum;
    must(laplacian_solve(flux.solver, b, 1e-13, y, &err), &err);
  }
  const double solved = now();
  must(sparse_flux_modes(&flux, MSM_SLOW_MODES, &found, gap, NULL, &err), &err);
  printf("mle %.6g\nD %.6g\nmodes %.6g\nt2 %.12g\nsteps %d\n", estimated - start, solved - estimated, now() - solved,
         spectrum_timescale_gap(gap[0], 1.0), info.steps);
  sparse_flux_free(&flux);
  pair_counts_free(&pairs);
  free(entry);
  free(b);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "make") == 0) {
    make_ring(argv[2]);
    make_lattice(argv[2], "lattice.mtx", (const int[3]){25, 20, 10}, 0);
    make_lattice(argv[2], "far.mtx", (const int[3]){25, 20, 10}, 20);
    make_lattice(argv[2], "chain.mtx", (const int[3]){5000, 1, 1}, 0);
    make_dtraj(argv[2], "rare.txt", 1000000, 1000.0);
    make_dtraj(argv[2], "often.txt", 1000000, 2.0);
    return 0;
  }
  if (argc >= 4 && strcmp(argv[1], "count") == 0) {
    time_counts(argv[2], argc - 3, argv + 3);
    return 0;
  }
  if (argc == 3 && (strcmp(argv[1], "dense") == 0 || strcmp(argv[1], "sparse") == 0)) {
    lisi_error err = {0};
    lag_counts counts;
    state_space space;
    must(count_matrix_load(argv[2], &counts, &space, &err), &err);
    if (argv[1][0] == 'd')
      time_dense(&counts, space.n);
    else
      time_sparse(&counts, space.n);
    lag_counts_free(&counts);
    state_space_free(&space);
    return 0;
  }
  fputs("usage: bench_estimate make FOLDER | count DTRAJ LAG ... | dense MATRIX | sparse MATRIX\n", stderr);
  return 2;
}
