/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folding over the space group, on random networks in crystals of many groups: against the average written out, against
 * the truth of simulated walkers, and the test that tells where the run has not the symmetry. */
#include "bootstrap.h"
#include "counts_symmetry.h"
#include "msm.h"

#include <spglib.h>

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

typedef enum { TRICLINIC, ORTHORHOMBIC, TETRAGONAL, HEXAGONAL, CUBIC } metric;

static const struct {
  int hall, number;
  metric system;
  double site[2][3]; /* of the sites' orbits; the second begins with -1: there is one */
} crystal_case[] = {
    {2, 2, TRICLINIC, {{.11, .23, .37}, {0, 0, 0}}},           /* P-1 */
    {263, 55, ORTHORHOMBIC, {{.2, .15, 0}, {0, .5, 0}}},       /* Pbam */
    {419, 136, TETRAGONAL, {{0, 0, 0}, {.3, .3, 0}}},          /* P4_2/mnm */
    {440, 151, HEXAGONAL, {{.2, .4, .1}, {-1, 0, 0}}},         /* P3_112 */
    {488, 194, HEXAGONAL, {{0, 0, 0}, {1. / 3, 2. / 3, .25}}}, /* P6_3/mmc */
    {512, 216, CUBIC, {{0, 0, 0}, {.25, .25, .25}}},           /* F-43m */
    {523, 225, CUBIC, {{.5, .5, .5}, {.25, .25, .25}}},        /* Fm-3m: octahedra and tetrahedra */
};
enum { CASES = sizeof crystal_case / sizeof *crystal_case, MOST = 400 };

typedef struct {
  state_space space;
  int nhost;
  double host[3 * MOST];
  char species[MOST][4];
} crystal_of_sites;

/* Images of a point under all operations, each once. */
static int orbit_of(int nops, int (*W)[3][3], double (*w)[3], const double x[3], double (*out)[3]) {
  int n = 0;
  for (int o = 0; o < nops; o++) {
    double y[3];
    bool known = false;
    for (int a = 0; a < 3; a++) {
      y[a] = W[o][a][0] * x[0] + W[o][a][1] * x[1] + W[o][a][2] * x[2] + w[o][a];
      y[a] -= floor(y[a] + 1e-9);
    }
    for (int k = 0; k < n && !known; k++) {
      double most = 0.0;
      for (int a = 0; a < 3; a++)
        most = fmax(most, fabs(y[a] - out[k][a] - rint(y[a] - out[k][a])));
      known = most < 1e-6;
    }
    if (!known)
      memcpy(out[n++], y, sizeof y);
  }
  return n;
}

static void make_crystal(int c, lisi_rng *rng, crystal_of_sites *x) {
  static int W[192][3][3];
  static double w[192][3], point[MOST][3];
  const int nops = spg_get_symmetry_from_database(W, w, crystal_case[c].hall);
  assert_true(nops > 0);
  memset(x, 0, sizeof *x);
  double cell[3][3] = {{9.0, 0, 0}, {0, 10.0, 0}, {0, 0, 8.0}};
  if (crystal_case[c].system == TRICLINIC) {
    cell[1][0] = 1.3;
    cell[2][0] = -.8;
    cell[2][1] = 1.7;
  } else if (crystal_case[c].system == TETRAGONAL) {
    cell[1][1] = 9.0;
  } else if (crystal_case[c].system == HEXAGONAL) {
    cell[1][0] = -4.5;
    cell[1][1] = 9.0 * sqrt(.75);
  } else if (crystal_case[c].system == CUBIC) {
    cell[1][1] = cell[2][2] = 9.0;
  }
  int n = 0;
  for (int k = 0; k < 2 && crystal_case[c].site[k][0] >= 0; k++)
    n += orbit_of(nops, W, w, crystal_case[c].site[k], point + n);
  OK(state_space_new(n, true, &x->space, err));
  memcpy(x->space.cell, cell, sizeof cell);
  memcpy(x->space.x, point, (size_t)n * sizeof *point);
  /* a host without a symmetry of its own */
  double at[3];
  for (int a = 0; a < 3; a++)
    at[a] = .05 + .1 * a + .02 * lisi_rng_uniform(rng);
  x->nhost = orbit_of(nops, W, w, at, point);
  memcpy(x->host, point, (size_t)x->nhost * sizeof *point);
  for (int k = 0; k < x->nhost; k++)
    strcpy(x->species[k], "Si");
}

static void find(crystal_of_sites *x, site_symmetry *s) {
  double reference[3][3];
  memcpy(reference, x->space.cell, sizeof reference);
  OK(site_symmetry_find(&x->space, (const double(*)[3])reference, x->nhost, x->host, x->species[0],
                        sizeof x->species[0], 1e-3, s, err));
}

/* Some random jumps to near sites, and much staying. */
static void random_counts(const state_space *space, lisi_rng *rng, lag_counts *out) {
  lattice cell;
  OK(lattice_from_rows((const double(*)[3])space->cell, &cell, err));
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (int i = 0; i < space->n; i++) {
    const int none[3] = {0, 0, 0};
    OK(count_hash_add(hash, 0, i, i, none, 50.0 + lisi_rng_below(rng, 50), err));
    for (int k = 0; k < 3; k++) {
      const int j = lisi_rng_below(rng, space->n);
      double f[3];
      int n[3];
      for (int a = 0; a < 3; a++)
        f[a] = space->x[3 * j + a] - space->x[3 * i + a];
      lattice_nearest(&cell, f, n, NULL);
      for (int a = 0; a < 3; a++)
        n[a] = -n[a] + (j == i && a == k);
      OK(count_hash_add(hash, 0, i, j, n, 1.0 + lisi_rng_below(rng, 9), err));
    }
  }
  memset(out, 0, sizeof *out);
  out->lag = 1;
  OK(count_hash_table(hash, space->n, 1, &out->total, err));
  count_hash_free(hash);
}

/* The average of science.md, written out from positions alone. */
static void written_out(const crystal_of_sites *x, const site_symmetry *s, const count_table *t, count_table *out) {
  count_hash *hash;
  OK(count_hash_new(&hash, err));
  for (int o = 0; o < s->group.nops; o++)
    for (size_t k = 0; k < t->n; k++) {
      const count_entry *e = &t->entry[k];
      double from[3], to[3], y[3];
      int where[2] = {-1, -1}, cell[2][3], r[3];
      for (int a = 0; a < 3; a++)
        to[a] = x->space.x[3 * e->j + a] + e->r[a];
      memcpy(from, x->space.x + 3 * e->i, sizeof from);
      for (int end = 0; end < 2; end++) {
        symmetry_apply(&s->group.op[o], end == 0 ? from : to, y);
        for (int i = 0; i < x->space.n; i++) {
          double most = 0.0;
          for (int a = 0; a < 3; a++)
            most = fmax(most, fabs(y[a] - x->space.x[3 * i + a] - rint(y[a] - x->space.x[3 * i + a])));
          if (most > 1e-6)
            continue;
          where[end] = i;
          for (int a = 0; a < 3; a++)
            cell[end][a] = (int)lrint(y[a] - x->space.x[3 * i + a]);
        }
      }
      assert_true(where[0] >= 0 && where[1] >= 0);
      for (int a = 0; a < 3; a++)
        r[a] = cell[1][a] - cell[0][a];
      OK(count_hash_add(hash, 0, where[0], where[1], r, e->c / s->group.nops, err));
    }
  OK(count_hash_table(hash, x->space.n, 1, out, err));
  count_hash_free(hash);
}

static void average_is_that_of_the_group(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 3);
  for (int c = 0; c < CASES; c++) {
    crystal_of_sites x;
    site_symmetry s;
    lag_counts counts, sym, again;
    fold_verdict v;
    symmetry_gain gain;
    count_table want;
    make_crystal(c, &rng, &x);
    find(&x, &s);
    assert_int_equal(s.group.number, crystal_case[c].number);
    assert_false(s.mixed_labels);
    random_counts(&x.space, &rng, &counts);
    OK(counts_symmetrise(&counts, &s, &sym, &v, &gain, err));
    written_out(&x, &s, &counts.total, &want);
    assert_int_equal(sym.total.n, want.n);
    for (size_t k = 0; k < want.n; k++) {
      const count_entry *a = &want.entry[k], *b = &sym.total.entry[k];
      assert_true(a->i == b->i && a->j == b->j && memcmp(a->r, b->r, sizeof a->r) == 0);
      CLOSE(a->c, b->c, 1e-10);
    }
    CLOSE(count_table_sum(&sym.total), count_table_sum(&counts.total), 1e-8);
    assert_true(gain.classes <= gain.entries);
    /* once more changes nothing */
    OK(counts_symmetrise(&sym, &s, &again, &v, &gain, err));
    for (size_t k = 0; k < want.n; k++)
      CLOSE(sym.total.entry[k].c, again.total.entry[k].c, 1e-12 * sym.total.entry[k].c);
    count_table_free(&want);
    lag_counts_free(&counts);
    lag_counts_free(&sym);
    lag_counts_free(&again);
    site_symmetry_free(&s);
    state_space_free(&x.space);
  }
}

/* D of the whole obeys the point group: but for rounding before the projection, exactly after it. */
static void tensors_obey(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 4);
  for (int c = 0; c < CASES; c++) {
    crystal_of_sites x;
    site_symmetry s;
    lag_counts counts, sym;
    fold_verdict v;
    symmetry_gain gain;
    make_crystal(c, &rng, &x);
    find(&x, &s);
    random_counts(&x.space, &rng, &counts);
    OK(counts_symmetrise(&counts, &s, &sym, &v, &gain, err));
    const msm_options options = {.estimator = MSM_REVERSIBLE};
    msm_model m;
    OK(msm_build(&x.space, &sym, 1.0, &options, &m, err));
    double D[3][3];
    memcpy(D, m.D_all, sizeof D);
    site_symmetry_tensor(&s, NULL, D);
    const double size = D[0][0];
    assert_true(size > 0.0);
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++)
        CLOSE(D[a][b], m.D_all[a][b], 1e-11 * size);
    const metric system = crystal_case[c].system;
    for (int a = 0; a < 3 && system != TRICLINIC; a++)
      for (int b = 0; b < 3; b++)
        if (a != b)
          CLOSE(D[a][b], 0.0, 1e-14 * size);
    if (system >= TETRAGONAL)
      CLOSE(D[0][0], D[1][1], 1e-14 * size);
    if (system == CUBIC)
      CLOSE(D[0][0], D[2][2], 1e-14 * size);
    double drift[3] = {1, 2, 3};
    site_symmetry_vector(&s, NULL, drift);
    if (system == TRICLINIC) /* the inversion */
      CLOSE(fabs(drift[0]) + fabs(drift[1]) + fabs(drift[2]), 0.0, 1e-14);
    msm_model_free(&m);
    lag_counts_free(&counts);
    lag_counts_free(&sym);
    site_symmetry_free(&s);
    state_space_free(&x.space);
  }
}

/* Positions and cell that are off come back. */
static void made_exact(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 5);
  crystal_of_sites x;
  site_symmetry s;
  make_crystal(6, &rng, &x);
  double reference[3][3];
  memcpy(reference, x.space.cell, sizeof reference);
  for (int k = 0; k < 3 * x.space.n; k++)
    x.space.x[k] += 2e-3 * (lisi_rng_uniform(&rng) - .5);
  x.space.cell[0][0] *= 1.01; /* the mean over a run */
  x.space.cell[1][0] = .02;
  OK(site_symmetry_find(&x.space, (const double(*)[3])reference, x.nhost, x.host, x.species[0], sizeof x.species[0], .1,
                        &s, err));
  assert_int_equal(s.group.number, 225);
  CLOSE(x.space.cell[0][0], x.space.cell[1][1], 1e-12);
  CLOSE(x.space.cell[1][0], 0.0, 1e-12);
  CLOSE(x.space.cell[0][0], 9.0 * sqrt((1.01 * 1.01 + 1.0 + (.02 * .02) / 81.0 + 1.0) / 3.0), 1e-9);
  for (int o = 0; o < s.group.nops; o++)
    for (int i = 0; i < s.nsites; i++) {
      const size_t at = (size_t)(o * s.nsites + i);
      double y[3];
      symmetry_apply(&s.group.op[o], x.space.x + 3 * i, y);
      for (int a = 0; a < 3; a++)
        CLOSE(y[a], x.space.x[3 * s.to[at] + a] + s.shift[at][a], 1e-12);
    }
  assert_int_equal(s.norbits, 2);
  site_symmetry_free(&s);
  state_space_free(&x.space);
}

/* Walkers on the network of a model; odd: jumps out of state 0 have .3 of their probability. */
static void walk(const msm_model *m, const state_space *space, int walkers, int steps, bool odd, lisi_rng *rng,
                 path_set *p) {
  memset(p, 0, sizeof *p);
  int *all = malloc((size_t)space->n * sizeof *all);
  size_t *first = malloc(((size_t)m->n + 1) * sizeof *first);
  for (int i = 0; i < space->n; i++)
    all[i] = i;
  OK(state_space_pick(space, all, space->n, &p->space, err));
  p->dt = 1.0;
  p->nwalkers = walkers;
  size_t e = 0;
  for (int i = 0; i <= m->n; i++) {
    while (e < m->net.n && m->net.edge[e].i < i)
      e++;
    first[i] = e;
  }
  for (int k = 0; k < walkers; k++) {
    int i = 0, n[3] = {0, 0, 0};
    double u = lisi_rng_uniform(rng);
    while (i + 1 < m->n && u >= m->pi[i])
      u -= m->pi[i++];
    OK(path_begin(p, k, err));
    for (int t = 0; t < steps; t++) {
      OK(path_add(p, t, m->state[i], n, err));
      u = lisi_rng_uniform(rng);
      const int from = i;
      for (size_t q = first[from]; q < first[from + 1]; q++) {
        const network_edge *x = &m->net.edge[q];
        const bool stays = x->j == from && (x->r[0] | x->r[1] | x->r[2]) == 0;
        u -= odd && from == 0 && !stays ? .3 * x->p : x->p;
        if (u < 0.0) {
          i = x->j;
          for (int a = 0; a < 3; a++)
            n[a] += x->r[a];
          break;
        }
      }
    }
    path_finish(p, steps);
  }
  free(all);
  free(first);
}

static void unbiased_and_fair(void **state) {
  (void)state;
  enum { RUNS = 60, WALKERS = 20, STEPS = 1500 };
  static const int chosen[3] = {1, 2, 6};
  int alarms = 0, runs = 0, found = 0;
  double z_sum = 0.0, z_squares = 0.0;
  lisi_rng rng;
  lisi_rng_seed(&rng, 6);
  for (int q = 0; q < 3; q++) {
    crystal_of_sites x;
    site_symmetry s;
    lag_counts counts, truth;
    fold_verdict v;
    symmetry_gain gain;
    make_crystal(chosen[q], &rng, &x);
    find(&x, &s);
    random_counts(&x.space, &rng, &counts);
    OK(counts_symmetrise(&counts, &s, &truth, &v, &gain, err));
    const msm_options options = {.estimator = MSM_REVERSIBLE};
    msm_model m;
    OK(msm_build(&x.space, &truth, 1.0, &options, &m, err));
    double sum[2][3] = {{0}}, squares[2][3] = {{0}};
    for (int run = 0; run < RUNS; run++) {
      for (int odd = 0; odd < (run < 10 ? 2 : 1); odd++) {
        path_set p;
        lag_counts raw, sym;
        walk(&m, &x.space, WALKERS, STEPS, odd, &rng, &p);
        OK(counts_from_paths(&p, 1, 1, 20, 10, &raw, err));
        OK(counts_symmetrise(&raw, &s, &sym, &v, &gain, err));
        assert_true(v.tested);
        if (odd) {
          found += !v.homogeneous;
        } else {
          alarms += !v.homogeneous;
          z_sum += v.z;
          z_squares += v.z * v.z;
          runs++;
          msm_model fit[2];
          OK(msm_build(&x.space, &raw, 1.0, &options, &fit[0], err));
          OK(msm_build(&x.space, &sym, 1.0, &options, &fit[1], err));
          for (int a = 0; a < 3; a++) {
            for (int f = 0; f < 2; f++) {
              sum[f][a] += fit[f].D_all[a][a];
              squares[f][a] += fit[f].D_all[a][a] * fit[f].D_all[a][a];
            }
          }
          msm_model_free(&fit[0]);
          msm_model_free(&fit[1]);
        }
        lag_counts_free(&raw);
        lag_counts_free(&sym);
        path_set_free(&p);
      }
    }
    double spread[2] = {0};
    for (int a = 0; a < 3; a++) {
      double mean[2], deviation[2];
      for (int f = 0; f < 2; f++) {
        mean[f] = sum[f][a] / RUNS;
        deviation[f] = sqrt(fmax(0.0, squares[f][a] / RUNS - mean[f] * mean[f]));
        spread[f] += deviation[f];
      }
      print_message("group %d, D_%d%d: truth %.5f, with the group %.5f +- %.5f, without %.5f +- %.5f\n",
                    crystal_case[chosen[q]].number, a, a, m.D_all[a][a], mean[1], deviation[1] / sqrt(RUNS), mean[0],
                    deviation[0] / sqrt(RUNS));
      /* with the group: the truth, within three standard errors of the mean of all runs */
      CLOSE(mean[1], m.D_all[a][a], 3.0 * deviation[1] / sqrt(RUNS));
      CLOSE(mean[1], mean[0], 3.0 * deviation[0] / sqrt(RUNS));
    }
    /* three axes that are one: up to 3^1/2 less scatter. (Where the axes differ, D was their mean over the group
     * without being asked.) */
    if (crystal_case[chosen[q]].system == CUBIC)
      assert_true(spread[1] < .8 * spread[0]);
    msm_model_free(&m);
    lag_counts_free(&counts);
    lag_counts_free(&truth);
    site_symmetry_free(&s);
    state_space_free(&x.space);
  }
  const double mean = z_sum / runs;
  print_message("%d alarms in %d runs that have the symmetry (z %.2f +- %.2f), %d in 30 that have not\n", alarms, runs,
                mean, sqrt(z_squares / runs - mean * mean), found);
  assert_true(alarms * 100 <= runs * 2);
  assert_true(fabs(mean) < 0.5);
  assert_true(found >= 27);
}

static void refused(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 7);
  crystal_of_sites x;
  site_symmetry s;
  lisi_error err = {0};
  const double none[3][3] = {{0}};
  make_crystal(1, &rng, &x);
  assert_int_not_equal(site_symmetry_find(&x.space, none, x.nhost, x.host, x.species[0], 4, .1, &s, &err), LISI_OK);
  state_space_free(&x.space);
  OK(state_space_new(3, false, &x.space, err));
  assert_int_equal(site_symmetry_find(&x.space, none, 0, NULL, NULL, 4, .1, &s, &err), LISI_ERR_INPUT);
  state_space_free(&x.space);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(average_is_that_of_the_group),
      cmocka_unit_test(tensors_obey),
      cmocka_unit_test(made_exact),
      cmocka_unit_test(unbiased_and_fair),
      cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
