/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The diffusion tensor and the mean-square displacement of random networks in tilted cells against walkers that are
 * simply let go: nothing of the theory is used on that side. */
#include "bootstrap.h"
#include "msm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

enum { SITES = 5, WALKERS = 20000, SHORT = 150, LONG = 450, COMPONENTS = 6 };

/* Each site jumps to each other one in two random neighbouring cells. reversible: the rates of both directions are a
 * symmetric flux over a weight. */
static void random_network(lisi_rng *rng, bool reversible, network *net) {
  state_space space;
  OK(state_space_new(SITES, true, &space, err));
  const double cell[3][3] = {{4.1, 0.3, -0.2}, {1.7, 5.2, 0.4}, {-0.9, 1.1, 3.6}};
  memcpy(space.cell, cell, sizeof cell);
  double weight[SITES];
  for (int i = 0; i < SITES; i++) {
    weight[i] = 0.3 + lisi_rng_uniform(rng);
    for (int c = 0; c < 3; c++)
      space.x[3 * i + c] = lisi_rng_uniform(rng);
  }
  network_edge edge[2 * 2 * SITES * SITES];
  size_t n = 0;
  for (int i = 0; i < SITES; i++) {
    for (int j = 0; j <= i; j++) {
      for (int k = 0; k < 2; k++) {
        const int r[3] = {lisi_rng_below(rng, 3) - 1, lisi_rng_below(rng, 3) - 1, lisi_rng_below(rng, 3) - 1};
        const double flux = pow(lisi_rng_uniform(rng), 3.0);
        const double back = reversible ? flux : pow(lisi_rng_uniform(rng), 3.0);
        edge[n++] = (network_edge){i, j, {r[0], r[1], r[2]}, 0.025 * flux / weight[i]};
        edge[n++] = (network_edge){j, i, {-r[0], -r[1], -r[2]}, 0.025 * back / weight[j]};
      }
    }
  }
  OK(network_make(&space, 0.5, n, edge, "random", net, err));
  state_space_free(&space);
}

/* One lag of one walker. */
static void step(lisi_rng *rng, const network *net, const size_t *first, int *i, double at[3]) {
  double u = lisi_rng_uniform(rng);
  size_t k = first[*i];
  while (k + 1 < first[*i + 1] && u >= net->edge[k].p)
    u -= net->edge[k++].p;
  double d[3];
  state_space_step(&net->space, *i, net->edge[k].j, net->edge[k].r, d);
  for (int c = 0; c < 3; c++)
    at[c] += d[c];
  *i = net->edge[k].j;
}

static void walk(bool reversible, uint64_t seed) {
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  network net;
  random_network(&rng, reversible, &net);
  msm_model m;
  OK(msm_from_network(&net, &m, err));
  assert_int_equal(m.n, SITES);
  assert_int_equal(m.tr.balanced, reversible);
  size_t first[SITES + 1] = {0};
  for (size_t k = 0; k < net.n; k++)
    first[net.edge[k].i + 1] = k + 1;

  /* <r r^T> after SHORT and LONG lags, and the growth between: sums and squares */
  static const int row[COMPONENTS] = {0, 1, 2, 0, 0, 1}, column[COMPONENTS] = {0, 1, 2, 1, 2, 2};
  double sum[3][COMPONENTS] = {{0}}, square[3][COMPONENTS] = {{0}}, drift[3] = {0}, drift2[3] = {0};
  for (int w = 0; w < WALKERS; w++) {
    double u = lisi_rng_uniform(&rng), at[3] = {0}, early[3] = {0};
    int i = 0;
    while (i < SITES - 1 && u >= m.pi[i])
      u -= m.pi[i++];
    for (int t = 0; t < LONG; t++) {
      if (t == SHORT)
        memcpy(early, at, sizeof at);
      step(&rng, &net, first, &i, at);
    }
    for (int k = 0; k < COMPONENTS; k++) {
      const double a = early[row[k]] * early[column[k]], b = at[row[k]] * at[column[k]], v[3] = {a, b, b - a};
      for (int q = 0; q < 3; q++) {
        sum[q][k] += v[q];
        square[q][k] += v[q] * v[q];
      }
    }
    for (int c = 0; c < 3; c++) {
      drift[c] += at[c];
      drift2[c] += at[c] * at[c];
    }
  }
  double now[3][3], then[3][3];
  transport_msd(&m.tr, SHORT, then);
  transport_msd(&m.tr, LONG, now);
  for (int k = 0; k < COMPONENTS; k++) {
    const int a = row[k], b = column[k];
    /* between the two times the growth is 2 D t, the drift's part aside: the modes have died out by SHORT lags */
    const double t = (LONG - SHORT) * net.lag, T = LONG * net.lag, s = SHORT * net.lag;
    const double grown = 2.0 * m.tr.D[a][b] * t + m.tr.drift[a] * m.tr.drift[b] * (T * T - s * s);
    const double expect[3] = {then[a][b], now[a][b], now[a][b] - then[a][b]};
    const double rest = fabs(grown - expect[2]);
    for (int q = 0; q < 3; q++) {
      const double mean = sum[q][k] / WALKERS, error = sqrt((square[q][k] / WALKERS - mean * mean) / WALKERS);
      if (!(fabs(mean - expect[q]) < 3.5 * error))
        fail_msg("seed %d, component %d, number %d: %g +- %g by walking, %g by theory", (int)seed, k, q, mean, error,
                 expect[q]);
      if (q == 2 && !(fabs(mean - grown) < 3.5 * error + rest))
        fail_msg("seed %d, component %d: grows by %g +- %g, D says %g", (int)seed, k, mean, error, grown);
      if (q == 2 && !(rest < 0.3 * error))
        fail_msg("seed %d, component %d: the modes are not over after %d lags (%g)", (int)seed, k, SHORT, rest);
    }
  }
  for (int c = 0; c < 3; c++) {
    const double mean = drift[c] / WALKERS, error = sqrt((drift2[c] / WALKERS - mean * mean) / WALKERS);
    if (!(fabs(mean - m.tr.drift[c] * LONG * net.lag) < 3.5 * error))
      fail_msg("drift %d: %g +- %g, theory %g", c, mean, error, m.tr.drift[c] * LONG * net.lag);
    if (reversible && !(fabs(m.tr.drift[c]) < 1e-12))
      fail_msg("drift %g under detailed balance", m.tr.drift[c]);
  }
  msm_model_free(&m);
  network_free(&net);
}

static void reversible_networks(void **state) {
  (void)state;
  walk(true, 1);
  walk(true, 2);
}

static void driven_networks(void **state) {
  (void)state;
  walk(false, 3);
  walk(false, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reversible_networks), cmocka_unit_test(driven_networks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
