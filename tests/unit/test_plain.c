/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published procedure: its matrix, its minimum-image MSD that saturates, its fitted slope. */
#include "msm.h"
#include "plain.h"

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

/* A ring of N sites 1 A apart in a box of N, hopping p to each side. */
static void ring(int N, double p, state_space *space, lag_counts *c) {
  OK(state_space_new(N, true, space, err));
  space->cell[0][0] = N;
  space->cell[1][1] = space->cell[2][2] = 50;
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (int i = 0; i < N; i++) {
    space->x[3 * i] = i / (double)N;
    const int stay[3] = {0, 0, 0}, up[3] = {i == N - 1, 0, 0}, down[3] = {-(i == 0), 0, 0};
    OK(count_hash_add(hash, 0, i, i, stay, 1000 * (1 - 2 * p), err));
    OK(count_hash_add(hash, 0, i, (i + 1) % N, up, 1000 * p, err));
    OK(count_hash_add(hash, 0, i, (i + N - 1) % N, down, 1000 * p, err));
  }
  memset(c, 0, sizeof *c);
  c->lag = 1;
  OK(count_hash_table(hash, N, 1, &c->total, err));
  count_hash_free(hash);
}

static void saturates(void **state) {
  (void)state;
  enum { N = 20 };
  const double p = .1;
  state_space space;
  lag_counts c;
  ring(N, p, &space, &c);
  msm_model plain, ours;
  OK(msm_build(&space, &c, 1.0, &(msm_options){.estimator = MSM_PLAIN}, &plain, err));
  OK(msm_build(&space, &c, 1.0, &(msm_options){0}, &ours, err));
  CLOSE(ours.tr.D[0][0], p, 1e-12);
  CLOSE(msm_msd(&ours, 100000), 2 * p * 100000, 1e-5);
  /* free at first, then mean of d^2 on the ring: (N^2 + 2)/12 */
  CLOSE(msm_msd(&plain, 1), 2 * p, 1e-12);
  CLOSE(msm_msd(&plain, 4), 2 * p * 4, 1e-12);
  CLOSE(msm_msd(&plain, 100000), (N * N + 2) / 12., 1e-9);
  assert_true(plain.plain_D > .8 * p / 3 && plain.plain_D < p / 3); /* isotropic: slope / 6; the fit is low */
  for (int k = 0; k < N; k++)
    CLOSE(fabs(plain.re[k]), fabs(ours.re[k]), 1e-10);
  msm_model_free(&plain);
  msm_model_free(&ours);
  lag_counts_free(&c);
  state_space_free(&space);
}

static void powers(void **state) {
  (void)state;
  const double T[4] = {.7, .3, .2, .8}, d2[4] = {0, 2, 2, 0};
  const long long n[5] = {0, 1, 2, 7, 7};
  double msd[5], M[4] = {1, 0, 0, 1};
  OK(plain_msd(2, T, d2, 5, n, msd, err));
  for (int k = 0, at = 0; k < 5; k++) {
    for (; at < n[k]; at++) {
      const double next[4] = {M[0] * T[0] + M[1] * T[2], M[0] * T[1] + M[1] * T[3], M[2] * T[0] + M[3] * T[2],
                              M[2] * T[1] + M[3] * T[3]};
      memcpy(M, next, sizeof M);
    }
    CLOSE(msd[k], .5 * (M[1] * 2 + M[2] * 2), 1e-14);
  }
}

static void nearest_image_in_a_skewed_cell(void **state) {
  (void)state;
  state_space space;
  OK(state_space_new(2, true, &space, err));
  const double cell[3][3] = {{4, 0, 0}, {10.2, 3, 0}, {0.5, 7.1, 5}};
  memcpy(space.cell, cell, sizeof cell);
  const double x[6] = {.1, .2, .3, .72, .55, .91};
  memcpy(space.x, x, sizeof x);
  double d2[4], best = INFINITY;
  OK(plain_distances(&space, d2, err));
  for (int a = -8; a <= 8; a++) {
    for (int b = -8; b <= 8; b++) {
      for (int c = -8; c <= 8; c++) {
        const int r[3] = {a, b, c};
        double d[3];
        state_space_step(&space, 0, 1, r, d);
        best = fmin(best, d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      }
    }
  }
  CLOSE(d2[1], best, 1e-12);
  CLOSE(d2[2], best, 1e-12);
  CLOSE(d2[0], 0, 0);
  state_space_free(&space);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(saturates), cmocka_unit_test(powers),
                                     cmocka_unit_test(nearest_image_in_a_skewed_cell)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
