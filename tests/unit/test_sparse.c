/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sparse solver against the dense one and against closed forms. */
#include "bootstrap.h"
#include "msm.h"
#include "reversible.h"
#include "sparse_flux.h"
#include "spectrum.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static const int home[3] = {0, 0, 0};

static void pairs_of(int n, const double *C, pair_counts *out) {
  const size_t N = (size_t)n;
  pair_entry *entry = malloc(N * N * sizeof *entry);
  size_t m = 0;
  for (size_t k = 0; k < N * N; k++) {
    if (C[k] > 0)
      entry[m++] = (pair_entry){(int)(k / N), (int)(k % N), C[k]};
  }
  for (size_t k = 0; k + 1 < m; k += 2) { /* any order, and in pieces */
    const pair_entry swap = entry[k];
    entry[k] = entry[k + 1];
    entry[k + 1] = swap;
  }
  OK(pair_counts_make(n, m, entry, out, err));
  free(entry);
}

/* X of the sparse estimate against the dense one, element by element. */
static void same_flux(int n, const double *C, double relative) {
  const size_t N = (size_t)n;
  double *X = malloc(N * N * sizeof *X);
  pair_counts pairs;
  sparse_flux flux;
  reversible_info info;
  OK(reversible_ml(n, C, X, NULL, err));
  pairs_of(n, C, &pairs);
  OK(reversible_ml_sparse(&pairs, NULL, &flux, NULL, &info, err));
  assert_true(info.certificate < 1e-12);
  double sum = 0;
  for (size_t k = 0; k < flux.m; k++) {
    const double x = X[(size_t)flux.i[k] * N + (size_t)flux.j[k]];
    CLOSE(flux.x[k], x, relative * x);
    sum += 2 * flux.x[k];
  }
  for (size_t i = 0; i < N; i++) {
    double pi = 0;
    for (size_t j = 0; j < N; j++)
      pi += X[i * N + j];
    CLOSE(flux.pi[i], pi, relative * pi);
    CLOSE(flux.stay[i], X[i * N + i], relative * pi);
    sum += flux.stay[i];
  }
  CLOSE(sum, 1, 1e-13);
  free(X);
  sparse_flux_free(&flux);
  pair_counts_free(&pairs);
}

static void same_estimate(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 12);
  for (int trial = 0; trial < 12; trial++) {
    const int n = 2 + lisi_rng_below(&rng, trial < 6 ? 8 : 120);
    double *C = calloc((size_t)(n * n), sizeof *C);
    for (int i = 0; i < n; i++) {
      C[i * n + (i + 1) % n] += 1;
      C[i * n + i] += lisi_rng_below(&rng, 3) * 1e4;
      for (int k = 0; k < 4; k++)
        C[i * n + lisi_rng_below(&rng, n)] += floor(exp(8 * lisi_rng_uniform(&rng)));
    }
    same_flux(n, C, 1e-10);
    free(C);
  }
}

/* Blocks with 1e9 inner counts that hang together by ten. */
static void metastable(void **state) {
  (void)state;
  enum { n = 8 };
  double C[n * n];
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++)
      C[i * n + j] = (i < 4) == (j < 4) ? 1e9 : 0;
  }
  C[0 * n + 4] = 30;
  C[4 * n + 0] = 10;
  pair_counts pairs;
  sparse_flux flux;
  pairs_of(n, C, &pairs);
  OK(reversible_ml_sparse(&pairs, NULL, &flux, NULL, NULL, err));
  double a = 0, b = 0;
  for (int i = 0; i < n; i++)
    *(i < 4 ? &a : &b) += flux.pi[i];
  CLOSE(b / a, (4e9 + 10) / (4e9 + 30) * 3.0, 1e-7);
  sparse_flux_free(&flux);
  pair_counts_free(&pairs);
  C[4 * n + 0] = 0; /* one way only */
  pairs_of(n, C, &pairs);
  lisi_error err = {0};
  assert_int_equal(reversible_ml_sparse(&pairs, NULL, &flux, NULL, NULL, &err), LISI_ERR_NUMERIC);
  pair_counts_free(&pairs);
}

/* A ring has equal eigenvalues in pairs: none may be missed. lambda = 1 - 2p (1 - cos(2 pi k/n)). */
static void ring(void **state) {
  (void)state;
  enum { n = 600, wanted = 20 };
  const double p = .1;
  sparse_flux f = {.n = n, .m = n};
  f.i = malloc(n * sizeof *f.i);
  f.j = malloc(n * sizeof *f.j);
  f.x = malloc(n * sizeof *f.x);
  f.pi = malloc(n * sizeof *f.pi);
  f.stay = malloc(n * sizeof *f.stay);
  f.i[0] = 0;
  f.j[0] = 1;
  f.i[1] = 0;
  f.j[1] = n - 1;
  for (int k = 2; k < n; k++) {
    f.i[k] = k - 1;
    f.j[k] = k;
  }
  for (int k = 0; k < n; k++) {
    f.x[k] = p / n;
    f.pi[k] = 1. / n;
    f.stay[k] = (1 - 2 * p) / n;
  }
  OK(laplacian_new(n, n, f.i, f.j, &f.solver, err));
  laplacian_weights(f.solver, f.x);
  double gap[wanted], *u = malloc(wanted * n * sizeof *u);
  int found;
  OK(sparse_flux_modes(&f, wanted, &found, gap, u, err));
  assert_int_equal(found, wanted);
  for (int k = 0; k < wanted; k++) {
    const double exact = 2 * p * (1 - cos(2 * M_PI * (k / 2 + 1) / n));
    CLOSE(gap[k], exact, 1e-10 * exact);
    for (int q = 0; q <= k; q++) {
      double s = 0;
      for (int i = 0; i < n; i++)
        s += u[k * n + i] * u[q * n + i];
      CLOSE(s, k == q, 1e-6);
    }
  }
  free(u);
  sparse_flux_free(&f);
}

/* Counts of a walker on an nx x ny x nz lattice with random barriers and wells, displacements included, and a few
 * longer hops. */
static void hop_counts(const int size[3], double wells, uint64_t seed, state_space *space, lag_counts *counts) {
  const int n = size[0] * size[1] * size[2];
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  OK(state_space_new(n, true, space, err));
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (int a = 0; a < 3; a++)
    space->cell[a][a] = 2.5 * size[a];
  for (int i = 0; i < n; i++) {
    const int at[3] = {i % size[0], i / size[0] % size[1], i / (size[0] * size[1])};
    for (int a = 0; a < 3; a++)
      space->x[3 * i + a] = (at[a] + .3 * lisi_rng_uniform(&rng)) / size[a];
    OK(count_hash_add(hash, 0, i, i, home, floor(wells * exp(3 * lisi_rng_uniform(&rng))), err));
    for (int a = 0; a < 3; a++) {
      int to[3] = {at[0], at[1], at[2]}, r[3] = {0, 0, 0};
      if (++to[a] == size[a]) {
        to[a] = 0;
        r[a] = 1;
      }
      const int j = to[0] + size[0] * (to[1] + size[1] * to[2]), back[3] = {-r[0], -r[1], -r[2]};
      const double c = exp(4 * lisi_rng_uniform(&rng));
      OK(count_hash_add(hash, 0, i, j, r, 1 + floor(c * (1 + lisi_rng_uniform(&rng))), err));
      OK(count_hash_add(hash, 0, j, i, back, 1 + floor(c * (1 + lisi_rng_uniform(&rng))), err));
    }
  }
  memset(counts, 0, sizeof *counts);
  counts->lag = 2;
  OK(count_hash_table(hash, n, 1, &counts->total, err));
  count_hash_free(hash);
}

/* Everything that a model tells, dense and sparse: D, time scales, MSD, the network. Returns the negative eigenvalues
 * among the slow ones. */
static int same_model(const int size[3], double wells, uint64_t seed) {
  int negative = 0;
  state_space space;
  lag_counts counts;
  hop_counts(size, wells, seed, &space, &counts);
  msm_model dense, sparse;
  OK(msm_build(&space, &counts, .5, &(msm_options){.solver = MSM_DENSE}, &dense, err));
  OK(msm_build(&space, &counts, .5, &(msm_options){.solver = MSM_SPARSE}, &sparse, err));
  assert_true(sparse.sparse && sparse.X == NULL && !dense.sparse);
  assert_int_equal(sparse.n, dense.n);
  assert_int_equal(sparse.ntimescales, dense.n - 1 < MSM_SLOW_MODES ? dense.n - 1 : MSM_SLOW_MODES);
  for (int i = 0; i < dense.n; i++)
    CLOSE(sparse.pi[i], dense.pi[i], 1e-10 * dense.pi[i]);
  for (int k = 0; k < sparse.ntimescales; k++) {
    CLOSE(sparse.timescale[k], dense.timescale[k], 1e-9 * dense.timescale[k]);
    CLOSE(sparse.re[k + 1], dense.re[k + 1], 1e-11);
    assert_int_equal(sparse.negative[k], dense.negative[k]);
    negative += sparse.negative[k];
  }
  for (int a = 0; a < 9; a++)
    CLOSE(sparse.tr.D[a / 3][a % 3], dense.tr.D[a / 3][a % 3], 1e-10 * dense.D_iso);
  for (double n = 1; n < 3e5; n = floor(n * 1.7) + 1)
    CLOSE(msm_msd_all(&sparse, n), msm_msd_all(&dense, n), 1e-9 * msm_msd_all(&dense, n));
  size_t q = 0; /* probabilities to stay of 1e-16 are rounding of a row's sum */
  for (size_t k = 0; k < dense.net.n; k++) {
    const network_edge *e = &dense.net.edge[k];
    while (q < sparse.net.n && sparse.net.edge[q].p < 1e-14)
      q++;
    if (e->p < 1e-14)
      continue;
    assert_true(q < sparse.net.n && sparse.net.edge[q].i == e->i && sparse.net.edge[q].j == e->j);
    CLOSE(sparse.net.edge[q++].p, e->p, 1e-10 * e->p);
  }
  msm_model_free(&dense);
  msm_model_free(&sparse);
  lag_counts_free(&counts);
  state_space_free(&space);
  return negative;
}

static void same_models(void **state) {
  (void)state;
  assert_int_equal(same_model((const int[3]){7, 6, 5}, 300, 3), 0);  /* three dimensions */
  assert_int_equal(same_model((const int[3]){150, 1, 1}, 30, 4), 0); /* a chain: slow modes */
  assert_true(same_model((const int[3]){9, 4, 4}, 0, 5) > 3);        /* never at rest: slow negative eigenvalues */
  (void)same_model((const int[3]){3, 1, 1}, 40, 6);                  /* three states */
}

/* Four blocks that are equal but for a bit of noise. */
static void make_blocks(const state_space *space, lag_counts *counts) {
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  lisi_rng rng;
  lisi_rng_seed(&rng, 9);
  for (size_t k = 0; k < counts->total.n; k++) {
    const count_entry *e = &counts->total.entry[k];
    for (int b = 0; b < 4; b++)
      OK(count_hash_add(hash, b, e->i, e->j, e->r, e->c * (.8 + .4 * lisi_rng_uniform(&rng)), err));
  }
  OK(count_hash_table(hash, space->n, 4, &counts->blocks, err));
  count_hash_free(hash);
  count_table_free(&counts->total);
  OK(count_table_collapse(&counts->blocks, NULL, &counts->total, err));
}

/* Effective counts, and the posterior that is made of them, do not depend on the solver. */
static void same_errors(void **state) {
  (void)state;
  const int size[3] = {5, 4, 3};
  state_space space;
  lag_counts counts;
  hop_counts(size, 200, 8, &space, &counts);
  make_blocks(&space, &counts);
  msm_options options = {.solver = MSM_DENSE, .errors = MSM_ERRORS_BAYES, .bootstrap = 20, .seed = 3};
  msm_model dense, sparse;
  OK(msm_build(&space, &counts, .5, &options, &dense, err));
  options.solver = MSM_SPARSE;
  OK(msm_build(&space, &counts, .5, &options, &sparse, err));
  assert_true(sparse.sparse && !dense.sparse && dense.effective_counts > 0);
  assert_true(dense.smallest_ratio < .9);
  CLOSE(sparse.effective_counts, dense.effective_counts, 1e-7 * dense.effective_counts);
  CLOSE(sparse.smallest_ratio, dense.smallest_ratio, 1e-7 * dense.smallest_ratio);
  assert_true(sparse.has_ci && dense.has_ci);
  CLOSE(sparse.D_iso_lo, dense.D_iso_lo, 1e-5 * dense.D_iso);
  CLOSE(sparse.D_iso_hi, dense.D_iso_hi, 1e-5 * dense.D_iso);
  CLOSE(sparse.timescale_lo[0], dense.timescale_lo[0], 1e-5 * dense.timescale[0]);
  CLOSE(sparse.timescale_hi[0], dense.timescale_hi[0], 1e-5 * dense.timescale[0]);
  msm_model_free(&dense);
  msm_model_free(&sparse);
  lag_counts_free(&counts);
  state_space_free(&space);
}

/* The solver picks the sparse way by size, and the errors by resampling come with it. */
static void by_size(void **state) {
  (void)state;
  const int size[3] = {11, 11, 9};
  state_space space;
  lag_counts counts;
  hop_counts(size, 200, 7, &space, &counts);
  make_blocks(&space, &counts);
  msm_model m;
  OK(msm_build(&space, &counts, .5, &(msm_options){.bootstrap = 20, .seed = 3}, &m, err));
  assert_true(m.sparse && m.n == 1089 && m.has_ci);
  assert_int_equal(m.nci, MSM_SLOW_MODES);
  assert_true(m.D_iso_lo < m.D_iso && m.D_iso < m.D_iso_hi && m.D_iso_hi < 1.2 * m.D_iso);
  for (int k = 0; k < m.nci; k++)
    assert_true(m.timescale_lo[k] < m.timescale_hi[k] && m.timescale_lo[k] > .7 * m.timescale[k] &&
                m.timescale_hi[k] < 1.4 * m.timescale[k]);
  msm_model_free(&m);
  lag_counts_free(&counts);
  state_space_free(&space);
}

/* A network with detailed balance is solved sparsely, too; D of an equal-barrier lattice is p a^2/tau. */
static void given_network(void **state) {
  (void)state;
  enum { side = 11, n = side * side * side };
  const double p = .05, a = 2, lag = .5;
  state_space space;
  OK(state_space_new(n, true, &space, err));
  network_edge *edge = malloc(6 * n * sizeof *edge);
  for (int k = 0; k < 3; k++)
    space.cell[k][k] = a * side;
  size_t m = 0;
  for (int i = 0; i < n; i++) {
    const int at[3] = {i % side, i / side % side, i / (side * side)};
    for (int k = 0; k < 3; k++) {
      space.x[3 * i + k] = at[k] / (double)side;
      int to[3] = {at[0], at[1], at[2]}, r[3] = {0, 0, 0};
      if (++to[k] == side) {
        to[k] = 0;
        r[k] = 1;
      }
      const int j = to[0] + side * (to[1] + side * to[2]);
      edge[m++] = (network_edge){i, j, {r[0], r[1], r[2]}, p};
      edge[m++] = (network_edge){j, i, {-r[0], -r[1], -r[2]}, p};
    }
  }
  network net;
  msm_model model;
  OK(network_make(&space, lag, m, edge, "lattice", &net, err));
  OK(msm_from_network(&net, &model, err));
  assert_true(model.sparse && model.n == n);
  const double gap = 2 * p * (1 - cos(2 * M_PI / side));
  for (int k = 0; k < 6; k++)
    CLOSE(model.re[k + 1], 1 - gap, 1e-11);
  assert_true(model.re[7] < 1 - 1.5 * gap);
  for (int k = 0; k < 9; k++)
    CLOSE(model.tr.D[k / 3][k % 3], k % 4 == 0 ? p * a * a / lag : 0, 1e-10);
  CLOSE(msm_msd(&model, 1000), 1000 * 6 * p * a * a, 1e-7);
  msm_model_free(&model);
  network_free(&net);
  free(edge);
  state_space_free(&space);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_estimate), cmocka_unit_test(metastable),  cmocka_unit_test(ring),
      cmocka_unit_test(same_models),   cmocka_unit_test(same_errors), cmocka_unit_test(by_size),
      cmocka_unit_test(given_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
