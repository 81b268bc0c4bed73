/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self van Hove function: the model's side in closed form and path by path, the log's pair by pair, and a verdict
 * that agrees with what is Markovian and differs from what is not. */
#include "bootstrap.h"
#include "van_hove.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static bool near(double a, double b, double tolerance) {
  return fabs(a - b) <= tolerance;
}

/* One site in a cubic cell of edge 2: p/2 to each side along a. */
static void walk_on_a_line(double p, network *net) {
  state_space space;
  OK(state_space_new(1, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 2;
  const network_edge edge[2] = {{0, 0, {1, 0, 0}, p / 2}, {0, 0, {-1, 0, 0}, p / 2}};
  OK(network_make(&space, 1, 2, edge, "line", net, err));
  state_space_free(&space);
}

/* |x| = m after n steps: sum over k steps back and k + m steps on of the multinomial probabilities. */
static double multinomial(int n, int m, double p) {
  double sum = 0;
  for (int k = 0; 2 * k + m <= n; k++) {
    const int stay = n - 2 * k - m;
    sum += exp(lgamma(n + 1.) - lgamma(k + 1.) - lgamma(k + m + 1.) - lgamma(stay + 1.) + (2 * k + m) * log(p / 2) +
               stay * log(1 - p));
  }
  return m == 0 ? sum : 2 * sum;
}

static void closed_form(void **state) {
  (void)state;
  const double p = .3, one = 1;
  double density[80], lost;
  bool done;
  network net;
  walk_on_a_line(p, &net);
  for (int n = 1; n <= 30; n++) {
    OK(van_hove_model(&net, &one, n, .5, 80, 1e9, density, &lost, &done, err));
    assert_true(done);
    assert_true(lost < 1e-7);
    double sum = 0;
    for (int k = 0; k < 80; k++) {
      const double want = k % 4 == 0 && k / 4 <= n ? multinomial(n, k / 4, p) : 0;
      assert_true(near(density[k] * .5, want, 1e-8));
      sum += density[k] * .5;
    }
    if (2 * n < 40)
      assert_true(near(sum + lost, 1, 1e-12));
  }
  /* a budget that is too small */
  OK(van_hove_model(&net, &one, 30, .5, 80, 20, density, &lost, &done, err));
  assert_false(done);
  network_free(&net);
  /* Rare jumps: those of a walk in continuous time, exp(-x) I_m(x) with x = n p = 2, from the series of I_m. */
  walk_on_a_line(2e-4, &net);
  OK(van_hove_model(&net, &one, 10000, .5, 80, 1e9, density, &lost, &done, err));
  assert_true(done);
  for (int m = 0; m < 10; m++) {
    double bessel = 0;
    for (int k = 0; k < 40; k++)
      bessel += exp(-lgamma(k + 1.) - lgamma(k + m + 1.)); /* (x/2)^(2k+m) = 1 */
    assert_true(near(density[4 * m] * .5, (m == 0 ? 1 : 2) * exp(-2) * bessel, 2e-4));
  }
  network_free(&net);
}

/* Every path of four steps on a random network of three sites in a skewed cell, one by one. */
static void all_paths(const network *net, int start, int site, const int at[3], double p, int left, double width,
                      double *density) {
  if (left == 0) {
    double d[3];
    state_space_step(&net->space, start, site, at, d);
    density[(int)((sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) + 1e-7) / width)] += p / width;
    return;
  }
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    if (e->i == site)
      all_paths(net, start, e->j, (const int[3]){at[0] + e->r[0], at[1] + e->r[1], at[2] + e->r[2]}, p * e->p, left - 1,
                width, density);
  }
}

static void path_by_path(void **state) {
  (void)state;
  state_space space;
  network net;
  OK(state_space_new(3, true, &space, err));
  const double cell[9] = {3, 0, 0, 1, 4, 0, -.5, .7, 5}, x[9] = {0, 0, 0, .3, .1, .6, .7, .5, .2}, pi[3] = {.5, .2, .3};
  memcpy(space.cell, cell, sizeof cell);
  memcpy(space.x, x, sizeof x);
  lisi_rng rng;
  lisi_rng_seed(&rng, 9);
  network_edge edge[15];
  for (int k = 0; k < 15; k++)
    edge[k] = (network_edge){k / 5,
                             lisi_rng_below(&rng, 3),
                             {lisi_rng_below(&rng, 3) - 1, lisi_rng_below(&rng, 4) - 2, lisi_rng_below(&rng, 3) - 1},
                             .19 * lisi_rng_uniform(&rng)};
  OK(network_make(&space, 1, 15, edge, "random", &net, err));
  enum { BINS = 300 };
  double want[BINS] = {0}, density[BINS], lost;
  bool done;
  for (int i = 0; i < 3; i++)
    all_paths(&net, i, i, (const int[3]){0, 0, 0}, pi[i], 4, .2, want);
  OK(van_hove_model(&net, pi, 4, .2, BINS, 1e9, density, &lost, &done, err));
  assert_true(done);
  for (int k = 0; k < BINS; k++)
    assert_true(near(density[k], want[k], 1e-7));
  network_free(&net);
  state_space_free(&space);
}

/* Walkers on the alternating chain with `cells` cells of 3 A, 1.1 A apart inside; memory: a jump is undone by the next
 * sample with this probability more; below 0: every other walker stays where it is. */
static void chain(int walkers, int samples, int cells, double memory, uint64_t seed, path_set *p) {
  memset(p, 0, sizeof *p);
  OK(state_space_new(2 * cells, true, &p->space, err));
  for (int a = 0; a < 3; a++)
    p->space.cell[a][a] = a == 0 ? 3 * cells : 3;
  for (int s = 0; s < 2 * cells; s++)
    p->space.x[3 * s] = (s / 2 + (s % 2) * 1.1 / 3) / cells;
  p->dt = 1;
  p->time_in_ps = true;
  p->nruns = 1;
  p->nsites_unit = 2;
  p->replicate[0] = cells;
  p->replicate[1] = p->replicate[2] = 1;
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int w = 0; w < walkers; w++) {
    int at = lisi_rng_below(&rng, 2 * cells), last = 0; /* place on the unfolded chain */
    OK(path_begin(p, w, err));
    for (int t = 0; t < samples; t++) {
      const int image = (int)floor((double)at / (2 * cells)), n[3] = {image, 0, 0};
      OK(path_add(p, t, at - 2 * cells * image, n, err));
      if (memory < 0 && w % 2 == 1)
        continue;
      const double u = lisi_rng_uniform(&rng);
      if (last != 0 && lisi_rng_uniform(&rng) < memory) {
        at -= last;
        last = 0;
        continue;
      }
      const int on = at % 2 == 0 ? 1 : -1; /* the other site of the cell */
      last = u < .2 ? on : u < .25 ? -on : 0;
      at += last;
    }
    path_finish(p, samples);
  }
}

static void make_model(const path_set *p, int cells, long long lag, msm_model *model) {
  const int replicate[3] = {cells, 1, 1};
  lag_counts counts = {0};
  state_space unit = {0};
  fold_verdict verdict;
  OK(counts_folded(p, replicate, lag, 1, 20, 20, &counts, &unit, &verdict, err));
  msm_options options = {.estimator = MSM_REVERSIBLE};
  OK(msm_build(&unit, &counts, p->dt, &options, model, err));
  lag_counts_free(&counts);
  state_space_free(&unit);
}

static void against_the_log(void **state) {
  (void)state;
  enum { CELLS = 3, WALKERS = 5, SAMPLES = 300 };
  const int replicate[3] = {CELLS, 1, 1};
  const long long n[2] = {2, 5};
  path_set p;
  msm_model model;
  van_hove_result r;
  chain(WALKERS, SAMPLES, CELLS, 0, 4, &p);
  make_model(&p, CELLS, 2, &model);
  OK(van_hove_make(&p, replicate, &model, 2, n, 10, 1e9, &r, err));
  assert_int_equal(r.ntimes, 2);
  for (int k = 0; k < 2; k++) {
    const long long lag = 2 * n[k];
    double *want = calloc((size_t)r.nbins, sizeof *want), pairs = 0, model_sum = 0;
    for (size_t w = 0; w < p.n; w++)
      for (int t = 0; t + lag < SAMPLES; t++) {
        const path_step *a = p.path[w].step, *b = a;
        while (a + 1 < p.path[w].step + p.path[w].n && a[1].t <= t)
          a++;
        while (b + 1 < p.path[w].step + p.path[w].n && b[1].t <= t + lag)
          b++;
        const double xa = 3 * (a->state / 2 + CELLS * a->n[0]) + 1.1 * (a->state % 2),
                     xb = 3 * (b->state / 2 + CELLS * b->n[0]) + 1.1 * (b->state % 2);
        pairs++;
        const int bin = (int)((fabs(xb - xa) + 1e-7) / r.width);
        if (bin < r.nbins)
          want[bin]++;
      }
    assert_true(near(r.time[k].pairs, pairs, 0));
    assert_true(near(r.time[k].time, (double)lag, 1e-12));
    for (int b = 0; b < r.nbins; b++) {
      assert_true(near(r.time[k].log[b] * r.width, want[b] / pairs, 1e-12));
      assert_true(r.time[k].lo[b] <= r.time[k].log[b] && r.time[k].hi[b] >= r.time[k].log[b]);
      model_sum += r.time[k].model[b] * r.width;
    }
    assert_true(near(model_sum, 1, 1e-3));
    free(want);
  }
  van_hove_free(&r);
  /* nothing fits into no budget; nothing to do */
  OK(van_hove_make(&p, replicate, &model, 2, n, 10, 0, &r, err));
  assert_int_equal(r.ntimes, 0);
  van_hove_free(&r);
  OK(van_hove_make(&p, replicate, &model, 0, n, 10, 1e9, &r, err));
  assert_int_equal(r.ntimes, 0);
  van_hove_free(&r);
  msm_model_free(&model);
  path_set_free(&p);
}

/* Chains: at most 5 of 60 are said to differ. With a memory all of them are. */
static void verdicts(void **state) {
  (void)state;
  enum { RUNS = 60 };
  const long long n[3] = {2, 5, 10};
  const int replicate[3] = {4, 1, 1};
  int wrong = 0, points = 0, found = 0;
  double chi2 = 0;
  for (int k = 0; k < 2 * RUNS; k++) {
    const bool memory = k >= RUNS;
    path_set p;
    msm_model model;
    van_hove_result r;
    chain(20, 2000, 4, memory ? .3 : 0, (uint64_t)k + 1, &p);
    make_model(&p, 4, 1, &model);
    OK(van_hove_make(&p, replicate, &model, 3, n, 20, 1e9, &r, err));
    assert_int_equal(r.ntimes, 3);
    bool differs = false;
    for (int q = 0; q < 3; q++) {
      assert_true(r.time[q].tested);
      differs = differs || !r.time[q].agrees;
      if (!memory) {
        chi2 += r.time[q].chi2;
        points += r.time[q].dof;
      }
    }
    wrong += !memory && differs;
    found += memory && differs;
    van_hove_free(&r);
    msm_model_free(&model);
    path_set_free(&p);
  }
  print_message("of %d chains %d differ; of those with a memory %d; chi2 per group %.2f\n", RUNS, wrong, found,
                chi2 / points);
  assert_true(wrong <= 5);
  assert_int_equal(found, RUNS);
  assert_true(chi2 / points < 1.5); /* the model has seen the same run: less than one */
}

/* Half of the walkers move, the others rest: the mean-square displacement of the model is right, how it is spread is
 * not. */
static void two_kinds(void **state) {
  (void)state;
  const long long n[2] = {5, 20};
  const int replicate[3] = {4, 1, 1};
  path_set p;
  msm_model model;
  van_hove_result r;
  path_msd msd;
  chain(40, 4000, 4, -1, 6, &p);
  make_model(&p, 4, 1, &model);
  OK(path_set_msd(&p, 20, 20, &msd, err));
  assert_true(near(msm_msd(&model, 20) / msd.msd, 1, .05));
  OK(van_hove_make(&p, replicate, &model, 2, n, 20, 1e9, &r, err));
  assert_int_equal(r.ntimes, 2);
  for (int k = 0; k < 2; k++) {
    assert_true(r.time[k].tested && !r.time[k].agrees);
    assert_true(r.time[k].log[0] > r.time[k].model[0]); /* those that rest */
  }
  van_hove_free(&r);
  msm_model_free(&model);
  path_set_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(closed_form), cmocka_unit_test(path_by_path),
                                     cmocka_unit_test(against_the_log), cmocka_unit_test(verdicts),
                                     cmocka_unit_test(two_kinds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
