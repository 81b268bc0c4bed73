/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connected sets and whole models from counts: what is kept, what is discarded, what every component adds, errors, and
 * the odd ends (no jump, one state). */
#include "bootstrap.h"
#include "components.h"
#include "msm.h"

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

static void make_counts(int n, const double *C, lag_counts *c) {
  memset(c, 0, sizeof *c);
  count_hash *hash;
  const int home[3] = {0, 0, 0};
  OK(count_hash_new(&hash, err));
  for (int k = 0; k < n * n; k++) {
    if (C[k] > 0)
      OK(count_hash_add(hash, 0, k / n, k % n, home, C[k], err));
  }
  OK(count_hash_table(hash, n, 1, &c->total, err));
  c->lag = 1;
  count_hash_free(hash);
}

/* Against reachability by powers of the adjacency matrix. */
static void against_reachability(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 21);
  for (int trial = 0; trial < 300; trial++) {
    enum { MOST = 14 };
    const int n = 1 + lisi_rng_below(&rng, MOST);
    double C[MOST * MOST] = {0};
    bool reach[MOST][MOST] = {{false}}, seen[MOST] = {false};
    for (int k = 0; k < n * n; k++)
      C[k] = lisi_rng_uniform(&rng) < 1.2 / n ? 1 + lisi_rng_below(&rng, 5) : 0;
    for (int k = 0; k < n * n; k++) {
      if (C[k] > 0)
        reach[k / n][k % n] = seen[k / n] = seen[k % n] = true;
    }
    for (int k = 0; k < n; k++)
      reach[k][k] = true;
    for (int m = 0; m < n; m++) {
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
          reach[i][j] |= reach[i][m] && reach[m][j];
      }
    }
    lag_counts c;
    components set;
    make_counts(n, C, &c);
    OK(components_find(&c.total, &set, err));
    double starts = 0;
    int states = 0;
    for (int s = 0; s < set.n; s++) {
      starts += set.starts[s];
      states += set.size[s];
      if (s > 0)
        assert_true(set.size[s - 1] > set.size[s] ||
                    (set.size[s - 1] == set.size[s] && set.inside[s - 1] >= set.inside[s]));
    }
    CLOSE(starts, count_table_sum(&c.total), 0);
    for (int i = 0; i < n; i++) {
      assert_int_equal(set.of[i] >= 0, seen[i]);
      states -= seen[i];
      for (int j = 0; j < n; j++) {
        if (seen[i] && seen[j])
          assert_int_equal(set.of[i] == set.of[j], reach[i][j] && reach[j][i]);
      }
    }
    assert_int_equal(states, 0);
    components_free(&set);
    lag_counts_free(&c);
  }
}

static void kept_and_discarded(void **state) {
  (void)state;
  /* {1, 2} connected; 3 only left; 4 only entered; 5 alone; 0 never seen */
  const double C[36] = {0, 0, 0, 0, 0, 0, 0, 10, 2, 0, 1, 0, 0, 3, 5, 0, 0, 0,
                        0, 1, 0, 4, 0, 0, 0, 0,  0, 0, 2, 0, 0, 0, 0, 0, 0, 7};
  lag_counts c;
  state_space space;
  msm_model m;
  make_counts(6, C, &c);
  OK(state_space_new(6, false, &space, err));
  for (int i = 0; i < 6; i++)
    space.number[i] = 100 + i;
  OK(msm_build(&space, &c, 1.0, &(msm_options){0}, &m, err));
  assert_int_equal(m.n, 2);
  assert_int_equal(m.state[0], 1);
  assert_int_equal(m.net.space.number[0], 101);
  assert_int_equal(m.net.space.number[1], 102);
  CLOSE(m.counts, 35, 0);
  CLOSE(m.discarded_fraction, 15 / 35., 1e-14);
  CLOSE(m.pi[0] / m.pi[1], (3 / 8.) / (2 / 12.),
        1e-12); /* rows normalised on the kept set; two states are always reversible */
  CLOSE(m.re[1], 1 - 3 / 8. - 2 / 12., 1e-14);
  assert_int_equal(m.ncomponents, 4);
  double share = 0;
  for (int k = 0; k < m.ncomponents; k++)
    share += m.component[k].share;
  CLOSE(share, 1, 1e-14);
  assert_false(m.geometry);
  CLOSE(m.D_iso, 0, 0);
  msm_model_free(&m);
  /* row and fixed-pi on the same counts */
  OK(msm_build(&space, &c, 1.0, &(msm_options){.estimator = MSM_ROW}, &m, err));
  CLOSE(m.re[1], 1 - 3 / 8. - 2 / 12., 1e-14);
  CLOSE(m.pi[0] / m.pi[1], 2.25, 1e-12);
  msm_model_free(&m);
  const double pi[6] = {1, 3, 1, 1, 1, 1};
  OK(msm_build(&space, &c, 1.0, &(msm_options){.estimator = MSM_FIXED_PI, .pi = pi}, &m, err));
  CLOSE(m.pi[0], .75, 1e-12);
  msm_model_free(&m);
  OK(msm_build(&space, &c, 1.0, &(msm_options){.estimator = MSM_PLAIN}, &m, err));
  assert_int_equal(m.n, 6);
  CLOSE(m.X[0] * 6, 1, 1e-14); /* never seen: identity */
  msm_model_free(&m);
  lisi_error err = {0};
  const double zero[6] = {1, 0, 1, 1, 1, 1};
  assert_int_equal(msm_build(&space, &c, 1.0, &(msm_options){.estimator = MSM_FIXED_PI, .pi = zero}, &m, &err),
                   LISI_ERR_INPUT);
  lag_counts_free(&c);
  state_space_free(&space);
  /* nothing counted at all */
  const double none[4] = {0};
  make_counts(2, none, &c);
  OK(state_space_new(2, false, &space, err));
  memset(&err, 0, sizeof err);
  assert_int_equal(msm_build(&space, &c, 1.0, &(msm_options){0}, &m, &err), LISI_ERR_INPUT);
  lag_counts_free(&c);
  state_space_free(&space);
}

/* A reversible estimate of a driven system is reversible; the row estimate keeps its drift. */
static void row_keeps_the_drift(void **state) {
  (void)state;
  state_space space;
  OK(state_space_new(1, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 2.0;
  lag_counts c = {.lag = 5};
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  const int stay[3] = {0, 0, 0}, up[3] = {1, 0, 0}, down[3] = {-1, 0, 0};
  OK(count_hash_add(hash, 0, 0, 0, stay, 60, err));
  OK(count_hash_add(hash, 0, 0, 0, up, 30, err));
  OK(count_hash_add(hash, 0, 0, 0, down, 10, err));
  OK(count_hash_table(hash, 1, 1, &c.total, err));
  count_hash_free(hash);
  msm_model m;
  OK(msm_build(&space, &c, 0.1, &(msm_options){0}, &m, err));
  CLOSE(m.lag, .5, 1e-15);
  CLOSE(m.tr.drift[0], 0, 1e-15);
  CLOSE(m.tr.D[0][0], .4 * 4 / (2 * .5), 1e-12);
  msm_model_free(&m);
  OK(msm_build(&space, &c, 0.1, &(msm_options){.estimator = MSM_ROW}, &m, err));
  CLOSE(m.tr.drift[0], .2 * 2 / .5, 1e-12);
  CLOSE(m.tr.D[0][0], (.4 * 4 - .4 * .4) / (2 * .5), 1e-12);
  msm_model_free(&m);
  lag_counts_free(&c);
  state_space_free(&space);
}

static void no_jump(void **state) {
  (void)state;
  path_set p = {.dt = .1, .time_in_ps = true};
  const int home[3] = {0, 0, 0};
  OK(state_space_new(3, true, &p.space, err));
  for (int a = 0; a < 3; a++)
    p.space.cell[a][a] = 2.0;
  for (int w = 0; w < 2; w++) {
    OK(path_begin(&p, w, err));
    OK(path_add(&p, 0, 2 * w, home, err));
    path_finish(&p, 100);
  }
  assert_int_equal(p.njumps, 0);
  lag_counts c;
  OK(counts_from_paths(&p, 5, 1, 4, 2, &c, err));
  for (int e = 0; e < 4; e++) {
    msm_model m;
    const double pi[3] = {1, 1, 1};
    OK(msm_build(&p.space, &c, p.dt, &(msm_options){.estimator = (msm_estimator)e, .pi = pi, .bootstrap = 20}, &m,
                 err));
    assert_true(m.no_jump);
    CLOSE(m.D_iso, 0, 0);
    CLOSE(m.D_all_iso, 0, 0);
    CLOSE(msm_msd(&m, 7), 0, 0);
    CLOSE(msm_msd_all(&m, 7), 0, 0);
    if (e != MSM_PLAIN) {
      assert_int_equal(m.n, 1);
      assert_int_equal(m.ntimescales, 0);
      assert_int_equal(m.ncomponents, 2);
      assert_true(m.component[0].isolated && m.component[1].isolated);
      CLOSE(m.discarded_fraction, .5, 1e-15);
    }
    msm_model_free(&m);
  }
  path_msd msd;
  OK(path_set_msd(&p, 5, 4, &msd, err));
  CLOSE(msd.msd, 0, 0);
  lag_counts_free(&c);
  path_set_free(&p);
}

/* Intervals from time blocks: in most of many runs of a known two-state system they hold the truth. */
static void coverage(void **state) {
  (void)state;
  enum { RUNS = 60 };
  const double up = .02, down = .05;
  int inside = 0, inside_d = 0;
  for (int run = 0; run < RUNS; run++) {
    lisi_rng rng;
    lisi_rng_seed(&rng, (uint64_t)run + 1);
    path_set p = {.dt = 1, .time_in_ps = true};
    int home[3] = {0, 0, 0}, at = 0;
    OK(state_space_new(2, true, &p.space, err));
    for (int a = 0; a < 3; a++)
      p.space.cell[a][a] = 4.0;
    p.space.x[3] = .5;
    OK(path_begin(&p, 0, err));
    OK(path_add(&p, 0, 0, home, err));
    for (int t = 1; t < 40000; t++) {
      if (lisi_rng_uniform(&rng) >= (at == 0 ? up : down))
        continue;
      const int forward = lisi_rng_below(&rng, 2); /* to either neighbour */
      if (at == 0 && !forward)
        home[0]--;
      if (at == 1 && forward)
        home[0]++;
      at = 1 - at;
      OK(path_add(&p, t, at, home, err));
    }
    path_finish(&p, 40000);
    lag_counts c;
    msm_model m;
    OK(counts_from_paths(&p, 10, 1, 20, 1, &c, err));
    OK(msm_build(&p.space, &c, p.dt, &(msm_options){.bootstrap = 100, .seed = 7}, &m, err));
    const double t2 = -1 / log(1 - up - down);
    const double D =
        2.0 * 2.0 * up * down / (up + down); /* pi_0 up a^2 jumps, no correlation: sum over both states / 2 */
    assert_true(m.has_ci && m.nci == 1);
    assert_string_equal(m.ci_from, "time blocks");
    inside += m.timescale_lo[0] <= t2 && t2 <= m.timescale_hi[0];
    inside_d += m.D_lo[0][0] <= D && D <= m.D_hi[0][0];
    lag_counts_free(&c);
    msm_model_free(&m);
    path_set_free(&p);
  }
  print_message("coverage of the 95 %% intervals: time scale %d, D %d of %d\n", inside, inside_d, RUNS);
  assert_true(inside >= 51 && inside_d >= 51);
}

/* Many states and few data: the estimate of D is low because noise looks like traps, the resamples' lower still; the
 * interval has to allow for it. */
static void many_states(void **state) {
  (void)state;
  enum { N = 100, WALKERS = 6, LENGTH = 20000, RUNS = 12 };
  int inside = 0, low = 0;
  for (int run = 0; run < RUNS; run++) {
    path_set p = {.dt = 1, .time_in_ps = true};
    OK(state_space_new(N, true, &p.space, err));
    p.space.cell[0][0] = N;
    p.space.cell[1][1] = p.space.cell[2][2] = 9;
    lisi_rng rng;
    lisi_rng_seed(&rng, (uint64_t)run + 1);
    for (int i = 0; i < N; i++)
      p.space.x[3 * i] = i / (double)N;
    for (int w = 0; w < WALKERS; w++) {
      int at = lisi_rng_below(&rng, N), n[3] = {0, 0, 0};
      OK(path_begin(&p, w, err));
      OK(path_add(&p, 0, at, n, err));
      for (int t = 1; t < LENGTH; t++) {
        const double u = lisi_rng_uniform(&rng);
        if (u >= .2)
          continue;
        at += u < .1 ? 1 : -1;
        n[0] += at == N ? 1 : at < 0 ? -1 : 0;
        at = (at + N) % N;
        OK(path_add(&p, t, at, n, err));
      }
      path_finish(&p, LENGTH);
    }
    lag_counts c;
    msm_model m;
    OK(counts_from_paths(&p, 50, 1, 20, WALKERS, &c, err));
    OK(msm_build(&p.space, &c, p.dt, &(msm_options){.bootstrap = 40, .seed = 3}, &m, err));
    inside += m.D_lo[0][0] < .1 && .1 < m.D_hi[0][0];
    low += m.tr.D[0][0] < .1;
    msm_model_free(&m);
    lag_counts_free(&c);
    path_set_free(&p);
  }
  print_message("D = 0.1 inside %d of %d intervals; %d estimates below it\n", inside, RUNS, low);
  assert_true(inside >= RUNS - 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(against_reachability),
                                     cmocka_unit_test(kept_and_discarded),
                                     cmocka_unit_test(row_keeps_the_drift),
                                     cmocka_unit_test(no_jump),
                                     cmocka_unit_test(coverage),
                                     cmocka_unit_test(many_states)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
