/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks with known answers: diffusion tensor, MSD, drift, spectrum, Bloch form. */
#include "bloch.h"
#include "msm.h"
#include "network.h"
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

static void parse(const char *text, network *net) {
  OK(network_parse(text, strlen(text), "net.yaml", net, err));
}

static void build(const char *text, msm_model *m) {
  network net;
  parse(text, &net);
  OK(msm_from_network(&net, m, err));
  network_free(&net);
}

static const char *chain =
    "cell: [[3,0,0],[0,10,0],[0,0,10]]\n"
    "sites: [{frac: [0.0,0,0], type: 1, label: A}, {frac: [0.36666666666666667,0,0], label: B}]\n"
    "jumps: [[1,2,0,0,0,0.2],[2,1,0,0,0,0.2],[2,1,1,0,0,0.05],[1,2,-1,0,0,0.05]]\n"
    "lag: 1.0\n";

static void alternating_chain(void **state) {
  (void)state;
  msm_model m;
  build(chain, &m);
  CLOSE(m.tr.D[0][0], 0.18, 1e-12);
  CLOSE(m.D_iso, 0.06, 1e-12);
  CLOSE(m.D_all[0][0], 0.18, 1e-12);
  CLOSE(m.tr.D[1][1], 0.0, 1e-14);
  CLOSE(m.re[1], 0.5, 1e-12);
  CLOSE(m.timescale[0], -1.0 / log(0.5), 1e-12);
  assert_false(m.negative[0]);
  assert_true(m.tr.balanced);
  const double n[5] = {1, 2, 3, 10, 50}, msd[5] = {.4225, .81375, 1.189375, 3.7248779296875, 18.125};
  for (int k = 0; k < 5; k++)
    CLOSE(msm_msd(&m, n[k]), msd[k], 1e-10);
  double D[3][3];
  OK(bloch_diffusion(&m.net, D, err));
  CLOSE(D[0][0], 0.18, 1e-7);
  CLOSE(D[0][1], 0.0, 1e-7);
  assert_string_equal(m.net.space.label[1], "B");
  msm_model_free(&m);
}

/* the same network, solved without the help of detailed balance */
static void general_form_agrees(void **state) {
  (void)state;
  msm_model m;
  build(chain, &m);
  transport g;
  OK(transport_solve(&m.net, m.pi, false, true, &g, err));
  CLOSE(g.D[0][0], 0.18, 1e-12);
  for (int n = 1; n < 60; n++)
    CLOSE(transport_msd_trace(&g, n), msm_msd(&m, n), 1e-10);
  transport_free(&g);
  msm_model_free(&m);
}

static void fcc_oct_tet(void **state) {
  (void)state;
  /* conventional cell: 4 octahedral and 8 tetrahedral sites; each oct has 8 tet neighbours, each tet 4 oct neighbours
   */
  static const double oct[4][3] = {{.5, .5, .5}, {.5, 0, 0}, {0, .5, 0}, {0, 0, .5}};
  state_space space;
  OK(state_space_new(12, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 3.0;
  memcpy(space.x, oct, sizeof oct);
  for (int t = 0; t < 8; t++) {
    for (int a = 0; a < 3; a++)
      space.x[3 * (4 + t) + a] = (t >> a & 1) ? .75 : .25;
  }
  network_edge edge[64];
  size_t m = 0;
  for (int o = 0; o < 4; o++) {
    for (int t = 0; t < 8; t++) { /* from oct o along (+-1/4, +-1/4, +-1/4) */
      int r[3], target = 0;
      for (int a = 0; a < 3; a++) {
        const double f = oct[o][a] + ((t >> a & 1) ? .25 : -.25);
        r[a] = (int)floor(f);
        target |= (f - r[a] > .5) << a;
      }
      edge[m++] = (network_edge){o, 4 + target, {r[0], r[1], r[2]}, .1};
      edge[m++] = (network_edge){4 + target, o, {-r[0], -r[1], -r[2]}, .1};
    }
  }
  assert_int_equal(m, 64);
  network net;
  OK(network_make(&space, 0.1, m, edge, "fcc", &net, err));
  msm_model model;
  OK(msm_from_network(&net, &model, err));
  assert_int_equal(model.n, 12);
  for (int a = 0; a < 3; a++) {
    for (int b = 0; b < 3; b++)
      CLOSE(model.tr.D[a][b], a == b ? 1.5 : 0.0, 1e-10);
  }
  CLOSE(model.D_iso_m2_per_s, 1.5e-8, 1e-18);
  double D[3][3];
  OK(bloch_diffusion(&net, D, err));
  for (int a = 0; a < 3; a++) {
    for (int b = 0; b < 3; b++)
      CLOSE(D[a][b], a == b ? 1.5 : 0.0, 1e-6);
  }
  msm_model_free(&model);
  network_free(&net);
  state_space_free(&space);
}

/* Ring 0 -> 1 -> 2 driven one way; positions chosen so that the displacements are those of science.md (+1, +.5, +1.5).
 */
static void driven(double shift1, double shift2, msm_model *m) {
  state_space space;
  OK(state_space_new(3, true, &space, err));
  for (int a = 0; a < 3; a++)
    space.cell[a][a] = 3.0;
  space.x[3] = 1.0 / 3.0 + shift1;
  space.x[6] = 1.5 / 3.0 + shift2;
  const network_edge edge[6] = {{0, 1, {0, 0, 0}, .3},  {1, 0, {0, 0, 0}, .1},  {1, 2, {0, 0, 0}, .2},
                                {2, 1, {0, 0, 0}, .15}, {2, 0, {1, 0, 0}, .25}, {0, 2, {-1, 0, 0}, .05}};
  network net;
  OK(network_make(&space, 1.0, 6, edge, "ring", &net, err));
  OK(msm_from_network(&net, m, err));
  network_free(&net);
  state_space_free(&space);
}

static void driven_ring(void **state) {
  (void)state;
  msm_model m;
  driven(0, 0, &m);
  assert_false(m.tr.balanced);
  CLOSE(msm_msd(&m, 1), .3461538, 5e-8);
  CLOSE(msm_msd(&m, 2), .7282692, 5e-8);
  CLOSE(msm_msd(&m, 10), 5.2654239, 5e-8);
  /* against brute force: sum over all paths by propagating the first two moments */
  double p[3] = {m.pi[0], m.pi[1], m.pi[2]}, first[3] = {0}, second[3] = {0};
  for (int n = 1; n <= 300; n++) {
    double np[3] = {0}, nf[3] = {0}, ns[3] = {0};
    for (size_t k = 0; k < m.net.n; k++) {
      const network_edge *e = &m.net.edge[k];
      double d[3];
      state_space_step(&m.net.space, e->i, e->j, e->r, d);
      np[e->j] += p[e->i] * e->p;
      nf[e->j] += e->p * (first[e->i] + p[e->i] * d[0]);
      ns[e->j] += e->p * (second[e->i] + 2 * d[0] * first[e->i] + d[0] * d[0] * p[e->i]);
    }
    memcpy(p, np, sizeof p);
    memcpy(first, nf, sizeof first);
    memcpy(second, ns, sizeof second);
    const double exact = ns[0] + ns[1] + ns[2];
    CLOSE(msm_msd(&m, n), exact, 1e-10 * (1 + exact));
    CLOSE(m.tr.drift[0] * n, nf[0] + nf[1] + nf[2], 1e-10);
  }
  double D[3][3];
  OK(bloch_diffusion(&m.net, D, err));
  CLOSE(D[0][0], m.tr.D[0][0], 1e-7);
  msm_model_free(&m);
}

/* Where the sites are thought to be changes the MSD by a bounded term and neither D nor the drift. */
static void moving_sites(void **state) {
  (void)state;
  msm_model a, b;
  driven(0, 0, &a);
  driven(0.07, -0.11, &b);
  CLOSE(a.tr.D[0][0], b.tr.D[0][0], 1e-12);
  CLOSE(a.tr.drift[0], b.tr.drift[0], 1e-12);
  const double c1 = msm_msd(&b, 200) - msm_msd(&a, 200), c2 = msm_msd(&b, 400) - msm_msd(&a, 400);
  CLOSE(c1, c2, 1e-9);
  assert_true(fabs(c1) > 1e-3);
  msm_model_free(&a);
  msm_model_free(&b);
}

static void ring_eigenvalues(void **state) {
  (void)state;
  enum { N = 8 };
  const double p = .2, q = .05;
  state_space space;
  OK(state_space_new(2 * N, true, &space, err));
  space.cell[0][0] = 3.0 * N;
  space.cell[1][1] = space.cell[2][2] = 10.0;
  network_edge edge[4 * N];
  size_t m = 0;
  for (int c = 0; c < N; c++) {
    space.x[6 * c] = (double)c / N;
    space.x[6 * c + 3] = (c + 1.1 / 3) / N;
    const int wrap = c == N - 1;
    edge[m++] = (network_edge){2 * c, 2 * c + 1, {0, 0, 0}, p};
    edge[m++] = (network_edge){2 * c + 1, 2 * c, {0, 0, 0}, p};
    edge[m++] = (network_edge){2 * c + 1, (2 * c + 2) % (2 * N), {wrap, 0, 0}, q};
    edge[m++] = (network_edge){(2 * c + 2) % (2 * N), 2 * c + 1, {-wrap, 0, 0}, q};
  }
  network net;
  OK(network_make(&space, 1.0, m, edge, "ring", &net, err));
  msm_model model;
  OK(msm_from_network(&net, &model, err));
  double exact[2 * N];
  for (int k = 0; k < N; k++) {
    const double root = sqrt(p * p + q * q + 2 * p * q * cos(2 * M_PI * k / N));
    exact[2 * k] = 1 - p - q + root;
    exact[2 * k + 1] = 1 - p - q - root;
  }
  for (int k = 0; k < 2 * N; k++) { /* selection sort, by modulus */
    for (int l = k + 1; l < 2 * N; l++) {
      if (fabs(exact[l]) > fabs(exact[k])) {
        const double s = exact[k];
        exact[k] = exact[l];
        exact[l] = s;
      }
    }
    CLOSE(model.re[k], exact[k], 1e-12);
  }
  CLOSE(model.tr.D[0][0], .18, 1e-10);
  CLOSE(msm_msd(&model, 10), 3.7248779296875, 1e-10);
  /* the long wave of the ring is the slowest mode of the network without folding */
  msm_model folded;
  build(chain, &folded);
  const int replicate[3] = {N, 1, 1};
  double slowest;
  OK(bloch_slowest(&folded.net, replicate, &slowest, err));
  CLOSE(slowest, model.timescale[0], 1e-9 * slowest);
  msm_model_free(&folded);
  msm_model_free(&model);
  network_free(&net);
  state_space_free(&space);
}

/* D = a^2/(sum w_i sum 1/(w_i k_i,i+1)), weights and rates at random. */
static void general_chain(void **state) {
  (void)state;
  enum { N = 7 };
  const double w[N] = {1.0, .3, 2.2, .8, .05, 1.7, .6},
               cond[N] = {.01, .004, .02, .003, .002, .013, .009}; /* w_i k_i,i+1 */
  const double a = 4.2, lag = .25;
  state_space space;
  OK(state_space_new(N, true, &space, err));
  space.cell[0][0] = a;
  space.cell[1][1] = space.cell[2][2] = 5.0;
  network_edge edge[2 * N];
  double sum_w = 0, sum_r = 0;
  for (int i = 0; i < N; i++) {
    space.x[3 * i] = i / (double)N + .03 * sin(i);
    const int wrap = i == N - 1;
    edge[2 * i] = (network_edge){i, (i + 1) % N, {wrap, 0, 0}, cond[i] / w[i]};
    edge[2 * i + 1] = (network_edge){(i + 1) % N, i, {-wrap, 0, 0}, cond[i] / w[(i + 1) % N]};
    sum_w += w[i];
    sum_r += 1 / (cond[i] / lag);
  }
  network net;
  OK(network_make(&space, lag, 2 * N, edge, "chain", &net, err));
  msm_model m;
  OK(msm_from_network(&net, &m, err));
  CLOSE(m.tr.D[0][0], a * a / (sum_w * sum_r), 1e-10);
  for (int i = 0; i < N; i++)
    CLOSE(m.pi[i], w[i] / sum_w, 1e-12);
  /* the spectral MSD against the moment sum, at every n and for a slow mode too */
  transport g;
  OK(transport_solve(&m.net, m.pi, false, false, &g, err));
  for (int n = 1; n < 2000; n = n * 3 / 2 + 1)
    CLOSE(msm_msd(&m, n), transport_msd_trace(&g, n), 1e-10 * (1 + msm_msd(&m, n)));
  transport_free(&g);
  msm_model_free(&m);
  network_free(&net);
  state_space_free(&space);
}

static void several_sets(void **state) {
  (void)state;
  msm_model m;
  /* sites 1-2 diffuse along a, 3 hops along b onto its own image, 4 never moves, 5 drains into 1 */
  build("cell: [[3,0,0],[0,2,0],[0,0,10]]\n"
        "sites: [[0,0,0],[0.5,0,0],[0,0.5,0.5],[0.5,0.5,0.5],[0.2,0,0]]\n"
        "jumps: "
        "[[1,2,0,0,0,0.1],[2,1,0,0,0,0.1],[2,1,1,0,0,0.1],[1,2,-1,0,0,0.1],[3,3,0,1,0,0.25],[3,3,0,-1,0,0.25],[5,1,0,0,"
        "0,0.5]]\n"
        "lag: 0.5\n",
        &m);
  assert_int_equal(m.ncomponents, 3);
  assert_int_equal(m.n, 2);
  CLOSE(m.tr.D[0][0], 1.5 * 1.5 * .2 / (2 * .5), 1e-12);
  CLOSE(m.component[1].D[1][1] + m.component[2].D[1][1], .5 * 4 / (2 * .5), 1e-12);
  assert_true(m.component[1].isolated + m.component[2].isolated == 1);
  CLOSE(m.D_all[1][1], .25 * 2.0, 1e-12);
  CLOSE(msm_msd_all(&m, 1), .5 * msm_msd(&m, 1) + .25 * .5 * 4, 1e-12);
  CLOSE(m.discarded_fraction, .6, 1e-12);
  msm_model_free(&m);
  build("cell: [[3,0,0],[0,2,0],[0,0,10]]\nsites: [[0,0,0]]\njumps: []\nlag: 0.5\n", &m);
  assert_int_equal(m.n, 1);
  assert_true(m.no_jump);
  CLOSE(m.D_iso, 0, 0);
  assert_int_equal(m.ntimescales, 0);
  msm_model_free(&m);
}

static void oscillator(void **state) {
  (void)state;
  msm_model m;
  build("cell: [[3,0,0],[0,2,0],[0,0,10]]\nsites: [[0,0,0],[0.5,0,0]]\njumps: [[1,2,0,0,0,1],[2,1,0,0,0,1]]\nlag: 1\n",
        &m);
  assert_true(m.negative[0]);
  assert_true(isinf(m.timescale[0]));
  CLOSE(m.tr.D[0][0], 0, 1e-12);
  CLOSE(msm_msd(&m, 1), 2.25, 1e-12);
  CLOSE(msm_msd(&m, 4), 0, 1e-12);
  msm_model_free(&m);
}

/* Jumps of 1 and 3 A in turn never forget where they began: the MSD of n jumps is (2 n)^2, and 1 more where n is odd.
 */
static void periodic_drift(void **state) {
  (void)state;
  msm_model m;
  build("cell: [[4,0,0],[0,9,0],[0,0,9]]\nsites: [[0,0,0],[0.25,0,0]]\njumps: [[1,2,0,0,0,1],[2,1,1,0,0,1]]\nlag: 1\n",
        &m);
  static const double many[] = {1, 2, 17, 5000, 5001, 5002, 123457, 1e9, 1e12};
  for (size_t k = 0; k < sizeof many / sizeof *many; k++) {
    const double n = many[k], exact = 4 * n * n + fmod(n, 2);
    CLOSE(msm_msd(&m, n), exact, 1e-12 * exact);
  }
  msm_model_free(&m);
}

static void bad_networks(void **state) {
  (void)state;
  static const struct {
    const char *text, *expect;
  } bad[] = {
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: [[1,1,1,0,0,-0.1]]\nlag: 1\n", "net.yaml:3"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps:\n- [1,1,1,0,0,0.6]\n- [1,1,-1,0,0,0.6]\nlag: 1\n",
       "net.yaml:5"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: [[1,2,1,0,0,0.1]]\nlag: 1\n", "net.yaml:3"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: [[0,1,1,0,0,0.1]]\nlag: 1\n", "net.yaml:3"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: [[1,1,1,0,0]]\nlag: 1\n", "net.yaml:3"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: [[1,1,1,0,0,.nan]]\nlag: 1\n", "net.yaml:3"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: []\nlag: 0\n", "net.yaml:4"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: [[0,0,0]]\njumps: []\n", "lag"},
      {"cell: [[1,0,0],[0,1,0],[1,1,0]]\nsites: [[0,0,0]]\njumps: []\nlag: 1\n", "net.yaml:1"},
      {"cell: [[1,0,0],[0,1,0],[0,0,1]]\nsites: []\njumps: []\nlag: 1\n", "net.yaml:2"},
      {"sites: [[0,0,0]]\njumps: []\nlag: 1\n", "cell"},
      {"[1,2,3]\n", "net.yaml:1"},
      {"", "net.yaml"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    network net;
    lisi_error err = {0};
    const lisi_status status = network_parse(bad[k].text, strlen(bad[k].text), "net.yaml", &net, &err);
    if (lisi_exit_status(status) != 2 || strstr(err.message, bad[k].expect) == NULL)
      fail_msg("case %zu: status %d, '%s' does not hold '%s'", k, status, err.message, bad[k].expect);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(alternating_chain), cmocka_unit_test(general_form_agrees), cmocka_unit_test(fcc_oct_tet),
      cmocka_unit_test(driven_ring),       cmocka_unit_test(moving_sites),        cmocka_unit_test(ring_eigenvalues),
      cmocka_unit_test(general_chain),     cmocka_unit_test(several_sets),        cmocka_unit_test(oscillator),
      cmocka_unit_test(periodic_drift),    cmocka_unit_test(bad_networks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
