/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do 95 % intervals hold the truth in 90 to 99 % of runs when lithium atoms jump together? A lattice whose places are
 * all taken by labelled atoms or vacancies; an event exchanges the occupants of two places, or moves those of three
 * places round in a ring. Events do not look at who sits where, so that every atom by itself makes a Markov chain that
 * is known exactly, while the atoms jump in twos and threes. States are sites with room for one, two or three atoms,
 * which gives them different weights; the network is anisotropic. */
#include "bootstrap.h"
#include "mfpt.h"
#include "msm.h"
#include "resample.h"

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

/* ---- the lattice ---- */

enum { SITES = 4, NX = 3, NY = 2, NZ = 2, CELLS = NX * NY * NZ, STATES = SITES * CELLS, ROOM = 3 };
static const int room[SITES] = {1, 2, 1, 3};
static const double place[3 * SITES] = {0, 0, 0, .5, .1, 0, .4, .5, .3, .1, .6, .8}; /* fractional */
static const double edge_length[3] = {4, 5, 6};
static const int replicate[3] = {NX, NY, NZ};

/* Events: along a bond i -> j, or round three sites i -> j -> k -> i (k's cell is counted from i's). */
typedef struct {
  int i, j, rj[3], k, rk[3]; /* k < 0: two sites */
  double weight;
} event;
static const event events[] = {
    {0, 1, {0, 0, 0}, -1, {0, 0, 0}, 3},   {1, 0, {1, 0, 0}, -1, {0, 0, 0}, 3},  {0, 2, {0, 0, 0}, -1, {0, 0, 0}, .6},
    {2, 3, {0, 0, 0}, -1, {0, 0, 0}, 1.5}, {2, 3, {0, 0, -1}, -1, {0, 0, 0}, 1}, {3, 0, {0, 1, 1}, -1, {0, 0, 0}, .4},
    {0, 1, {0, 0, 0}, 0, {1, 0, 0}, 4},    {1, 2, {0, 0, 0}, 3, {0, 0, -1}, .8}, {3, 2, {0, 0, 1}, 3, {0, 0, 1}, 1},
};
enum { EVENTS = sizeof events / sizeof *events };

static double all_weights(void) {
  double sum = 0;
  for (int e = 0; e < EVENTS; e++)
    sum += events[e].weight * CELLS;
  return sum;
}

/* One event as an atom sees it: P_ij(R) of the unit cell. */
static void truth_network(double lag, network *net) {
  network_edge edge[8 * EVENTS];
  state_space space;
  size_t m = 0;
  for (int e = 0; e < EVENTS; e++) {
    const event *v = &events[e];
    const double p = v->weight / all_weights();
    const int *r = v->rj, *q = v->rk;
    if (v->k < 0) {
      edge[m++] = (network_edge){v->i, v->j, {r[0], r[1], r[2]}, p / room[v->i]};
      edge[m++] = (network_edge){v->j, v->i, {-r[0], -r[1], -r[2]}, p / room[v->j]};
      continue;
    }
    /* either way round; an atom of i goes to j or to k, and so on */
    const int site[3] = {v->i, v->j, v->k}, cell[3][3] = {{0, 0, 0}, {r[0], r[1], r[2]}, {q[0], q[1], q[2]}};
    for (int a = 0; a < 3; a++)
      for (int way = 1; way < 3; way++) {
        const int b = (a + way) % 3;
        edge[m++] = (network_edge){site[a],
                                   site[b],
                                   {cell[b][0] - cell[a][0], cell[b][1] - cell[a][1], cell[b][2] - cell[a][2]},
                                   .5 * p / room[site[a]]};
      }
  }
  OK(state_space_new(SITES, true, &space, err));
  memcpy(space.x, place, sizeof place);
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = edge_length[a];
  OK(network_make(&space, lag, m, edge, "truth", net, err));
  state_space_free(&space);
}

typedef struct {
  int cell[3], site, slot;
} spot;

static int spot_index(const spot *s) {
  const int cell = s->cell[0] + NX * (s->cell[1] + NY * s->cell[2]);
  return (cell * SITES + s->site) * ROOM + s->slot;
}

/* Atom `who` goes from spot a to spot b, whose cells are not wrapped. */
static void move_atom(int (*image)[3], int who, const spot *a, const spot *b) {
  for (int c = 0; c < 3; c++) {
    const int from = a->cell[c] >= replicate[c] ? 1 : a->cell[c] < 0 ? -1 : 0;
    const int to = b->cell[c] >= replicate[c] ? 1 : b->cell[c] < 0 ? -1 : 0;
    image[who][c] += to - from;
  }
}

static spot wrapped(spot s) {
  for (int c = 0; c < 3; c++)
    s.cell[c] = (s.cell[c] + replicate[c]) % replicate[c];
  return s;
}

static spot beside(const int cell[3], int site, const int r[3], lisi_rng *rng) {
  return (spot){{cell[0] + r[0], cell[1] + r[1], cell[2] + r[2]}, site, lisi_rng_below(rng, room[site])};
}

static double slower; /* share of the events in cells with x = 0 that do not take place */

/* `samples` samples, `per_sample` events between two of them, a share of `filled` of the places taken by atoms. */
static void simulate(uint64_t seed, int samples, int per_sample, double filled, path_set *paths) {
  enum { PLACES = STATES * ROOM };
  static int occupant[PLACES], of_atom[PLACES], image[PLACES][3];
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  memset(image, 0, sizeof image);
  memset(paths, 0, sizeof *paths);
  int natoms = 0, free_places[PLACES], nplaces = 0;
  for (int s = 0; s < PLACES; s++) {
    occupant[s] = -1;
    if (s % ROOM < room[s / ROOM % SITES])
      free_places[nplaces++] = s;
  }
  for (int k = nplaces; k > (int)((1 - filled) * nplaces); k--) {
    const int pick = lisi_rng_below(&rng, k), s = free_places[pick];
    free_places[pick] = free_places[k - 1];
    occupant[s] = natoms;
    of_atom[natoms++] = s;
  }
  double cumulated[EVENTS], sum = 0;
  for (int e = 0; e < EVENTS; e++)
    cumulated[e] = sum += events[e].weight;
  /* all changes, to be sorted by atom */
  path_set *of = calloc((size_t)natoms, sizeof *of);
  for (int a = 0; a < natoms; a++) {
    OK(path_begin(&of[a], a, err));
    OK(path_add(&of[a], 0, of_atom[a] / ROOM, image[a], err));
  }
  for (int t = 1; t < samples; t++) {
    int moved[64], nmoved = 0;
    for (int k = 0; k < per_sample; k++) {
      const double u = lisi_rng_uniform(&rng) * sum;
      int e = 0;
      while (e + 1 < EVENTS && u >= cumulated[e])
        e++;
      const event *v = &events[e];
      const int cell[3] = {lisi_rng_below(&rng, NX), lisi_rng_below(&rng, NY), lisi_rng_below(&rng, NZ)},
                here[3] = {0, 0, 0}, n = v->k < 0 ? 2 : 3;
      if (slower > 0 && cell[0] == 0 && lisi_rng_uniform(&rng) < slower)
        continue;
      spot s[3] = {beside(cell, v->i, here, &rng), beside(cell, v->j, v->rj, &rng)};
      if (n == 3)
        s[2] = beside(cell, v->k, v->rk, &rng);
      int who[3], index[3];
      for (int a = 0; a < n; a++) {
        const spot w = wrapped(s[a]);
        index[a] = spot_index(&w);
        who[a] = occupant[index[a]];
      }
      assert_true(index[0] != index[1] && (n == 2 || (index[2] != index[0] && index[2] != index[1])));
      const int way = n == 3 ? 1 + lisi_rng_below(&rng, 2) : 1;
      for (int a = 0; a < n; a++) {
        const int b = (a + way) % n;
        occupant[index[b]] = who[a];
        if (who[a] < 0)
          continue;
        move_atom(image, who[a], &s[a], &s[b]);
        of_atom[who[a]] = index[b];
        moved[nmoved++] = who[a];
      }
    }
    for (int k = 0; k < nmoved; k++)
      if (of[moved[k]].path[0].step[of[moved[k]].path[0].n - 1].t < t)
        OK(path_add(&of[moved[k]], t, of_atom[moved[k]] / ROOM, image[moved[k]], err));
  }
  OK(state_space_new(STATES, true, &paths->space, err));
  for (int s = 0; s < STATES; s++) {
    const int cell[3] = {s / SITES % NX, s / SITES / NX % NY, s / SITES / NX / NY};
    for (int c = 0; c < 3; c++)
      paths->space.x[3 * s + c] = (place[3 * (s % SITES) + c] + cell[c]) / replicate[c];
  }
  for (int c = 0; c < 3; c++)
    paths->space.cell[c][c] = edge_length[c] * replicate[c];
  paths->dt = 1;
  paths->time_in_ps = true;
  for (int a = 0; a < natoms; a++) {
    const path *one = &of[a].path[0];
    OK(path_begin(paths, a, err));
    for (size_t k = 0; k < one->n; k++)
      OK(path_add(paths, one->step[k].t, one->step[k].state, one->step[k].n, err));
    path_finish(paths, samples);
    path_finish(&of[a], samples);
    path_set_free(&of[a]);
  }
  free(of);
  paths->nwalkers = natoms;
}

/* ---- what is asked ---- */

enum { T2, T3, D_ISO, D_ZZ, MFPT, PI0, MSD10, NQ };
static const char *const name[NQ] = {"t_2", "t_3", "D_iso", "D_zz", "MFPT", "pi_1", "MSD(10)"};

static lisi_status passage(void *context, int n, const double *X, const double *pi, double *value, lisi_error *err) {
  const bool target[SITES] = {false, false, false, true};
  double steps[SITES];
  (void)context;
  const lisi_status status = mfpt_steps(n, X, pi, target, steps, err);
  if (status == LISI_OK)
    *value = steps[0];
  return status;
}

#if defined(__SANITIZE_ADDRESS__)
enum { RUNS = 10 }; /* slow; what is looked for there shows in a few */
#else
enum { RUNS = 200 };
#endif
enum { SAMPLES = 5000, PER_SAMPLE = 3, LAG = 10 };

static void truth(double value[NQ]) {
  network net;
  msm_model m;
  truth_network(1. / PER_SAMPLE, &net);
  OK(msm_from_network(&net, &m, err));
  value[T2] = m.timescale[0];
  value[T3] = m.timescale[1];
  value[D_ISO] = m.D_iso;
  value[D_ZZ] = m.tr.D[2][2];
  value[PI0] = m.pi[0];
  value[MSD10] = msm_msd(&m, 10. * LAG * PER_SAMPLE);
  /* the passage is looked for once a lag only */
  double P[SITES * SITES], one[SITES * SITES], next[SITES * SITES], X[SITES * SITES];
  network_matrix(&net, one);
  memcpy(P, one, sizeof P);
  for (int k = 1; k < LAG * PER_SAMPLE; k++) {
    memset(next, 0, sizeof next);
    for (int i = 0; i < SITES; i++)
      for (int j = 0; j < SITES; j++)
        for (int l = 0; l < SITES; l++)
          next[i * SITES + j] += P[i * SITES + l] * one[l * SITES + j];
    memcpy(P, next, sizeof P);
  }
  for (int k = 0; k < SITES * SITES; k++)
    X[k] = m.pi[k / SITES] * P[k];
  OK(passage(NULL, SITES, X, m.pi, &value[MFPT], err));
  msm_model_free(&m);
  network_free(&net);
}

typedef struct {
  const char *name;
  msm_options options;
  int inside[NQ];
  double width[NQ];
} method;

/* The estimates go to `value`. */
static void ask(method *how, const state_space *space, const lag_counts *counts, const double *exact, uint64_t seed,
                double value[NQ]) {
  const double n10 = 10;
  msm_options options = how->options;
  options.seed = seed;
  options.nmsd = 1;
  options.msd_n = &n10;
  msm_model m;
  OK(msm_build(space, counts, 1, &options, &m, err));
  assert_int_equal(m.n, SITES);
  double lo[NQ] = {m.timescale_lo[0], m.timescale_lo[1], m.D_iso_lo, m.D_lo[2][2], 0, m.pi_lo[0], m.msd_lo[0]};
  double hi[NQ] = {m.timescale_hi[0], m.timescale_hi[1], m.D_iso_hi, m.D_hi[2][2], 0, m.pi_hi[0], m.msd_hi[0]};
  const double own[NQ] = {m.timescale[0], m.timescale[1], m.D_iso, m.tr.D[2][2], 0, m.pi[0], msm_msd_all(&m, n10)};
  memcpy(value, own, sizeof own);
  OK(passage(NULL, m.n, m.X, m.pi, &value[MFPT], err));
  OK(resample_intervals(space, counts, &options, &m, 1, &value[MFPT], passage, NULL, &lo[MFPT], &hi[MFPT], err));
  for (int q = 0; q < NQ; q++) {
    assert_true(lo[q] <= value[q] && value[q] <= hi[q]);
    how->inside[q] += lo[q] <= exact[q] && exact[q] <= hi[q];
    how->width[q] += (hi[q] - lo[q]) / exact[q] / RUNS;
  }
  msm_model_free(&m);
}

static void coverage(void **state) {
  (void)state;
  method how[] = {
      {.name = "bootstrap", .options = {.bootstrap = 120}},
      {.name = "posterior, effective counts", .options = {.bootstrap = 100, .errors = MSM_ERRORS_BAYES}},
      {.name = "posterior, sliding counts",
       .options = {.bootstrap = 40, .errors = MSM_ERRORS_BAYES, .raw_posterior = true}},
  };
  enum { METHODS = sizeof how / sizeof *how };
  double exact[NQ], value[NQ], mean[NQ] = {0}, square[NQ] = {0};
  truth(exact);
  for (int run = 0; run < RUNS; run++) {
    path_set paths;
    lag_counts counts;
    state_space unit;
    fold_verdict verdict;
    simulate((uint64_t)run + 1, SAMPLES, PER_SAMPLE, .7, &paths);
    OK(counts_folded(&paths, replicate, LAG, 1, 20, 20, &counts, &unit, &verdict, err));
    for (int k = 0; k < METHODS; k++)
      ask(&how[k], &unit, &counts, exact, (uint64_t)run + 1, value);
    for (int q = 0; q < NQ; q++) {
      mean[q] += value[q] / exact[q] / RUNS;
      square[q] += value[q] * value[q] / (exact[q] * exact[q]) / RUNS;
    }
    lag_counts_free(&counts);
    state_space_free(&unit);
    path_set_free(&paths);
  }
  print_message("share of 95 %% intervals that hold the truth, and their mean relative width, in %d runs\n%-28s", RUNS,
                "");
  for (int q = 0; q < NQ; q++)
    print_message("%16s", name[q]);
  print_message("\n%-28s", "3.92 standard deviations");
  for (int q = 0; q < NQ; q++)
    print_message("%16.3f", 3.92 * sqrt(square[q] - mean[q] * mean[q]));
  for (int k = 0; k < METHODS; k++) {
    print_message("\n%-28s", how[k].name);
    for (int q = 0; q < NQ; q++)
      print_message("  %5.1f %% (%.3f)", 100. * how[k].inside[q] / RUNS, how[k].width[q]);
  }
  print_message("\n");
  if (RUNS < 200)
    return;
  for (int q = T2; q <= MFPT; q++) {
    assert_true(how[0].inside[q] >= .9 * RUNS && how[0].inside[q] <= .99 * RUNS);
    assert_true(how[1].inside[q] >= .9 * RUNS);
    assert_true(how[2].inside[q] < .7 * RUNS); /* pairs that overlap, taken for independent */
  }
  for (int k = 0; k < 2; k++) /* beside what is asked for */
    assert_true(how[k].inside[PI0] >= .9 * RUNS && how[k].inside[MSD10] >= .9 * RUNS);
}

/* Are the copies of a site called different where they are alike? Even when blocks would be shorter than the lag. */
static void homogeneity(void **state) {
  (void)state;
  static const struct { int samples, lag; } cases[] = {{300, 1}, {300, 20}, {300, 60}, {1500, 5}, {1500, 60}};
  enum { CASES = sizeof cases / sizeof *cases, FOLDS = RUNS / 2 };
  int alarms[CASES] = {0};
  for (int run = 0; run < FOLDS; run++)
    for (int c = 0; c < CASES; c++) {
      path_set paths;
      lag_counts counts;
      state_space unit;
      fold_verdict verdict;
      simulate((uint64_t)run + 1, cases[c].samples, PER_SAMPLE, .7, &paths);
      const int blocks = counts_time_blocks(&paths, cases[c].lag, 20);
      assert_true(blocks <= 20 && (blocks == 1 || blocks * 3 * cases[c].lag <= cases[c].samples));
      OK(counts_folded(&paths, replicate, cases[c].lag, 1, blocks, 20, &counts, &unit, &verdict, err));
      assert_true(verdict.done && verdict.tested == (blocks > 1));
      alarms[c] += !verdict.homogeneous;
      lag_counts_free(&counts);
      state_space_free(&unit);
      path_set_free(&paths);
    }
  for (int c = 0; c < CASES; c++) {
    print_message("%d samples, lag %d: copies that are alike are called different in %d of %d runs\n", cases[c].samples,
                  cases[c].lag, alarms[c], FOLDS);
    assert_true(alarms[c] <= .05 * FOLDS);
  }
}

/* And are they, where events in one third of the box are slower by two fifths? */
static void difference(void **state) {
  (void)state;
  enum { FOLDS = RUNS / 4, LAGS = 3 };
  const int lags[LAGS] = {1, 5, 20};
  int seen[LAGS] = {0};
  slower = .4;
  for (int run = 0; run < FOLDS; run++) {
    path_set paths;
    simulate((uint64_t)run + 1, 3000, PER_SAMPLE, .7, &paths);
    for (int l = 0; l < LAGS; l++) {
      lag_counts counts;
      state_space unit;
      fold_verdict verdict;
      OK(counts_folded(&paths, replicate, lags[l], 1, counts_time_blocks(&paths, lags[l], 20), 20, &counts, &unit,
                       &verdict, err));
      seen[l] += !verdict.homogeneous;
      lag_counts_free(&counts);
      state_space_free(&unit);
    }
    path_set_free(&paths);
  }
  slower = 0;
  for (int l = 0; l < LAGS; l++) {
    print_message("lag %d: the difference is seen in %d of %d runs\n", lags[l], seen[l], FOLDS);
    assert_true(seen[l] >= .8 * FOLDS);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(coverage), cmocka_unit_test(homogeneity),
                                     cmocka_unit_test(difference)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
