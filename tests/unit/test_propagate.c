/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distributions forward in time: closed forms, and step after step in a small box as the check that shares nothing. */
#include "layers.h"
#include "msm.h"
#include "propagate.h"

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

static uint64_t seed = 12345;
static double uniform(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (double)(seed >> 11) / 9007199254740992.0;
}

/* ---- all times, kept ---- */

typedef struct {
  size_t size;
  double *p; /* [ntimes][size] */
} kept;

static lisi_status keep(void *context, int k, const double *p, lisi_error *err) {
  (void)err;
  kept *all = context;
  memcpy(all->p + (size_t)k * all->size, p, all->size * sizeof *p);
  return LISI_OK;
}

static kept room(size_t size, int ntimes) {
  return (kept){size, calloc(size * (size_t)ntimes, sizeof(double))};
}

static propagate_job job_of(size_t nseeds, const propagate_seed *s, int ntimes, const long long *steps, kept *all) {
  return (propagate_job){.nseeds = nseeds, .seed = s, .ntimes = ntimes, .steps = steps, .visit = keep, .context = all};
}

/* ---- networks ---- */

static void make(int n, const double cell[3][3], const double *x, size_t nedges, const network_edge *edge,
                 network *net) {
  state_space space;
  OK(state_space_new(n, true, &space, err));
  memcpy(space.cell, cell, sizeof space.cell);
  memcpy(space.x, x, 3 * (size_t)n * sizeof *x);
  OK(network_make(&space, 0.5, nedges, edge, "net", net, err));
  state_space_free(&space);
}

static const double cubic[3][3] = {{3, 0, 0}, {0, 3, 0}, {0, 0, 3}};

/* One site in a row: p/2 each way. */
static void walk(double p, network *net) {
  const double x[3] = {0, 0, 0};
  const network_edge edge[2] = {{0, 0, {1, 0, 0}, p / 2}, {0, 0, {-1, 0, 0}, p / 2}};
  make(1, cubic, x, 2, edge, net);
}

/* Three sites of a tilted cell, jumps over up to two cells; with detailed balance (pi given) or without (pi solved by
 * the caller). */
static void random_network(bool balanced, network *net, double pi[3]) {
  static const double tilted[3][3] = {{4, 0, 0}, {1, 3, 0}, {-1, .5, 5}};
  const double x[9] = {.1, .2, .3, .6, .1, .9, .4, .8, .5};
  network_edge edge[40];
  size_t n = 0;
  double sum = 0;
  for (int i = 0; i < 3; i++)
    sum += pi[i] = .2 + uniform();
  for (int i = 0; i < 3; i++)
    pi[i] /= sum;
  for (int k = 0; k < 18; k++) {
    const int i = k < 3 ? k : (int)(3 * uniform()), j = k < 3 ? (k + 1) % 3 : (int)(3 * uniform());
    int r[3];
    for (int a = 0; a < 3; a++)
      r[a] = (int)(5 * uniform()) - 2;
    const double flux = .004 * uniform();
    edge[n++] = (network_edge){i, j, {r[0], r[1], r[2]}, flux / pi[i]};
    edge[n++] = (network_edge){j, i, {-r[0], -r[1], -r[2]}, balanced ? flux / pi[j] : .3 * flux / pi[j]};
  }
  make(3, tilted, x, n, edge, net);
}

/* ---- the plain way ---- */

static int wrapped(int m, int n) {
  return (m % n + n) % n;
}

static void plain_step(const network *net, const int c[3], const double *from, double *to) {
  const int S = net->space.n;
  memset(to, 0, (size_t)(c[0] * c[1] * c[2] * S) * sizeof *to);
  for (int m0 = 0; m0 < c[0]; m0++)
    for (int m1 = 0; m1 < c[1]; m1++)
      for (int m2 = 0; m2 < c[2]; m2++)
        for (size_t e = 0; e < net->n; e++) {
          const network_edge *x = &net->edge[e];
          const int at = ((m0 * c[1] + m1) * c[2] + m2) * S + x->i;
          const int k0 = wrapped(m0 + x->r[0], c[0]), k1 = wrapped(m1 + x->r[1], c[1]),
                    k2 = wrapped(m2 + x->r[2], c[2]);
          to[((k0 * c[1] + k1) * c[2] + k2) * S + x->j] += x->p * from[at];
        }
}

static void plain_stack(const network *net, int N, bool reflect, const double *from, double *to) {
  const int S = net->space.n;
  memset(to, 0, (size_t)(N * S) * sizeof *to);
  for (int m = 0; m < N; m++)
    for (size_t e = 0; e < net->n; e++) {
      const network_edge *x = &net->edge[e];
      const int k = m + x->r[0];
      if (k >= 0 && k < N)
        to[k * S + x->j] += x->p * from[m * S + x->i];
      else if (reflect)
        to[m * S + x->i] += x->p * from[m * S + x->i];
    }
}

static double sum_of(const double *p, size_t n) {
  double sum = 0;
  for (size_t k = 0; k < n; k++)
    sum += p[k];
  return sum;
}

static void stationary(const network *net, double *pi) {
  msm_model m;
  OK(msm_from_network(net, &m, err));
  memcpy(pi, m.pi, (size_t)m.n * sizeof *pi);
  msm_model_free(&m);
}

/* ---- tests ---- */

static void binomial(void **state) {
  (void)state;
  network net;
  walk(.5, &net); /* two fair coins a lag */
  const int cells[3] = {61, 1, 1};
  const long long steps[2] = {12, 25};
  const propagate_seed at = {30, 0, 1.0};
  const double pi = 1.0;
  kept all = room(61, 2), stack = room(61, 2);
  propagate_job job = job_of(1, &at, 2, steps, &all);
  OK(propagate_periodic(&net, &pi, cells, &job, err));
  job.context = &stack;
  OK(propagate_stack(&net, &pi, 61, PROPAGATE_REFLECTING, &job, err));
  for (int k = 0; k < 2; k++) {
    const int n = 2 * (int)steps[k];
    for (int m = -30; m <= 30; m++) {
      const double want =
          abs(m) > n / 2 ? 0 : exp(lgamma(n + 1) - lgamma(n / 2 + m + 1) - lgamma(n / 2 - m + 1) - n * log(2));
      CLOSE(all.p[61 * k + 30 + m], want, 1e-13);
      CLOSE(stack.p[61 * k + 30 + m], want, 1e-13);
    }
  }
  free(all.p);
  free(stack.p);
  network_free(&net);
}

/* Two-dimensional halving, odd and even lengths, all ways to multiply; times in one batch and one by one. */
static void step_by_step(void **state) {
  (void)state;
  const int boxes[4][3] = {{5, 4, 3}, {2, 1, 6}, {4, 5, 1}, {1, 1, 1}};
  const long long few[4] = {0, 1, 7, 20}, many[4] = {1, 30, 30, 257};
  for (int run = 0; run < 16; run++) {
    const bool balanced = run & 1;
    const long long *steps = run & 2 ? many : few;
    const int *c = boxes[run / 4];
    const size_t size = (size_t)(c[0] * c[1] * c[2] * 3);
    network net;
    double pi[3];
    random_network(balanced, &net, pi);
    if (!balanced)
      stationary(&net, pi);
    propagate_seed s[3];
    for (int k = 0; k < 3; k++)
      s[k] = (propagate_seed){(size_t)(uniform() * c[0] * c[1] * c[2]), k, .1 + uniform()};
    kept all = room(size, 4), single = room(size, 4);
    propagate_job job = job_of(3, s, 4, steps, &all);
    OK(propagate_periodic(&net, pi, c, &job, err));
    job.context = &single;
    job.memory = 1;
    OK(propagate_periodic(&net, pi, c, &job, err));
    double *p = calloc(size, sizeof *p), *q = calloc(size, sizeof *q);
    for (int k = 0; k < 3; k++)
      p[s[k].cell * 3 + (size_t)s[k].state] += s[k].p;
    const double total = sum_of(p, size);
    long long n = 0;
    for (int k = 0; k < 4; k++) {
      for (; n < steps[k]; n++) {
        plain_step(&net, c, p, q);
        double *swap = p;
        p = q;
        q = swap;
      }
      for (size_t x = 0; x < size; x++) {
        CLOSE(all.p[(size_t)k * size + x], p[x], 1e-13);
        CLOSE(single.p[(size_t)k * size + x], p[x], 1e-13);
      }
      CLOSE(sum_of(all.p + (size_t)k * size, size), total, 1e-13);
    }
    free(all.p);
    free(single.p);
    free(p);
    free(q);
    network_free(&net);
  }
}

/* Forty sites in a ring through the cell: sparse products for few steps, eigenvectors for many. */
static void many_sites(void **state) {
  (void)state;
  enum { S = 40, SIZE = 2 * 3 * 2 * S };
  double x[3 * S] = {0}, pi[S];
  network_edge edge[2 * S];
  for (int i = 0; i < S; i++) {
    const int j = (i + 1) % S, up = j == 0;
    const double p = .1 + .3 * uniform();
    x[3 * i] = i / (double)S;
    pi[i] = 1.0 / S;
    edge[2 * i] = (network_edge){i, j, {up, up, 0}, p};
    edge[2 * i + 1] = (network_edge){j, i, {-up, -up, 0}, p};
  }
  network net;
  make(S, cubic, x, 2 * S, edge, &net);
  const int c[3] = {2, 3, 2};
  const long long few[2] = {3, 300}, many[2] = {300, 2000};
  for (int run = 0; run < 2; run++) {
    const long long *steps = run ? many : few;
    const propagate_seed at = {7, 11, 1.0};
    kept all = room(SIZE, 2);
    propagate_job job = job_of(1, &at, 2, steps, &all);
    OK(propagate_periodic(&net, pi, c, &job, err));
    double p[SIZE] = {0}, q[SIZE];
    p[7 * S + 11] = 1.0;
    long long n = 0;
    for (int k = 0; k < 2; k++) {
      for (; n < steps[k]; n++) {
        plain_step(&net, c, p, q);
        memcpy(p, q, sizeof p);
      }
      for (int y = 0; y < SIZE; y++)
        CLOSE(all.p[SIZE * k + y], p[y], 1e-13);
    }
    free(all.p);
  }
  network_free(&net);
}

/* What is stationary stays, and nothing is lost in 10^9 lags, where everything has become uniform. */
static void stationary_stays(void **state) {
  (void)state;
  for (int balanced = 0; balanced < 2; balanced++) {
    network net;
    double pi[3];
    random_network(balanced, &net, pi);
    if (!balanced)
      stationary(&net, pi);
    const int c[3] = {3, 4, 5};
    propagate_seed s[180];
    for (int m = 0; m < 60; m++)
      for (int i = 0; i < 3; i++)
        s[3 * m + i] = (propagate_seed){(size_t)m, i, pi[i]};
    const long long steps[3] = {3, 1000, 1000000000};
    kept all = room(180, 3);
    propagate_job job = job_of(180, s, 3, steps, &all);
    OK(propagate_periodic(&net, pi, c, &job, err));
    for (int k = 0; k < 3; k++)
      for (int x = 0; x < 180; x++)
        CLOSE(all.p[180 * k + x], pi[x % 3], 1e-13);
    const propagate_seed one = {7, 1, 60.0};
    job = job_of(1, &one, 3, steps, &all);
    OK(propagate_periodic(&net, pi, c, &job, err));
    for (int k = 0; k < 3; k++)
      CLOSE(sum_of(all.p + 180 * k, 180), 60.0, 1e-12);
    for (int x = 0; x < 180; x++)
      CLOSE(all.p[360 + x], pi[x % 3], 1e-12);
    free(all.p);
    network_free(&net);
  }
}

/* The second moment about the start (no jump goes beyond two cells, so none comes round), averaged over the stationary
 * distribution of starts, is the MSD of the model. */
static void second_moment(void **state) {
  (void)state;
  network net;
  double pi[3];
  random_network(true, &net, pi);
  msm_model m;
  OK(msm_from_network(&net, &m, err));
  const int c[3] = {45, 45, 45};
  const long long steps[3] = {2, 7, 11};
  const size_t size = (size_t)c[0] * 45 * 45 * 3;
  double msd[3] = {0, 0, 0};
  for (int i = 0; i < 3; i++) {
    const propagate_seed s = {(size_t)((22 * 45 + 22) * 45 + 22), i, 1.0};
    kept all = room(size, 3);
    propagate_job job = job_of(1, &s, 3, steps, &all);
    OK(propagate_periodic(&net, pi, c, &job, err));
    for (int k = 0; k < 3; k++)
      for (size_t x = 0; x < size; x++) {
        const int cell = (int)(x / 3), j = (int)(x % 3);
        const int r[3] = {cell / 2025 - 22, cell / 45 % 45 - 22, cell % 45 - 22};
        double d[3];
        state_space_step(&net.space, i, j, r, d);
        msd[k] += pi[i] * all.p[(size_t)k * size + x] * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      }
    free(all.p);
  }
  for (int k = 0; k < 3; k++)
    CLOSE(msd[k], msm_msd(&m, (double)steps[k]), 1e-9);
  msm_model_free(&m);
  network_free(&net);
}

/* From one site: the variance along a direction grows by 2 D t, apart from a constant. */
static void spreading(void **state) {
  (void)state;
  network net;
  double pi[3];
  random_network(true, &net, pi);
  const int hkl[3] = {1, -1, 2}, cells[3] = {4001, 1, 1};
  layers l;
  msm_model m;
  OK(layers_make(&net, hkl, &l, err));
  OK(msm_from_network(&l.line, &m, err));
  const long long steps[2] = {2000, 6000};
  const propagate_seed at = {2000, 1, 1.0};
  kept all = room(4001 * 3, 2);
  propagate_job job = job_of(1, &at, 2, steps, &all);
  OK(propagate_periodic(&l.line, pi, cells, &job, err));
  double variance[2];
  for (int k = 0; k < 2; k++) {
    double first = 0, second = 0;
    for (int x = 0; x < 4001 * 3; x++) {
      const double p = all.p[12003 * k + x], r = (x / 3 - 2000 + l.line.space.x[3 * (x % 3)]) * l.spacing;
      first += p * r;
      second += p * r * r;
    }
    variance[k] = second - first * first;
  }
  CLOSE((variance[1] - variance[0]) / (2 * 4000 * net.lag) / m.tr.D[0][0], 1.0, 1e-9);
  free(all.p);
  msm_model_free(&m);
  layers_free(&l);
  network_free(&net);
}

static void gaussian(void **state) {
  (void)state;
  network net;
  walk(.5, &net);
  const int cells[3] = {3001, 1, 1};
  const long long steps[1] = {20000};
  const propagate_seed at = {1500, 0, 1.0};
  const double pi = 1.0, variance = 10000.0;
  kept all = room(3001, 1);
  propagate_job job = job_of(1, &at, 1, steps, &all);
  OK(propagate_periodic(&net, &pi, cells, &job, err));
  const double top = 1 / sqrt(2 * M_PI * variance);
  for (int m = -500; m <= 500; m++)
    CLOSE(all.p[1500 + m], top * exp(-m * m / (2 * variance)), 2e-5 * top); /* the next term: top/(8 variance) */
  free(all.p);
  network_free(&net);
}

static void ends(void **state) {
  (void)state;
  for (int run = 0; run < 8; run++) {
    const bool balanced = run & 1, reflect = run & 2;
    const long long few[3] = {0, 1, 9}, many[3] = {41, 700, 3000};
    const long long *steps = run & 4 ? many : few;
    network net;
    double pi[3];
    random_network(balanced, &net, pi);
    if (!balanced)
      stationary(&net, pi);
    layers l;
    const int hkl[3] = {1, 1, 0};
    OK(layers_make(&net, hkl, &l, err));
    const int N = 9;
    const propagate_seed s[2] = {{4, 1, .6}, {5, 2, .4}};
    kept all = room(27, 3);
    propagate_job job = job_of(2, s, 3, steps, &all);
    OK(propagate_stack(&l.line, pi, N, reflect ? PROPAGATE_REFLECTING : PROPAGATE_ABSORBING, &job, err));
    double p[27] = {0}, q[27];
    p[13] = .6;
    p[17] = .4;
    long long n = 0;
    for (int k = 0; k < 3; k++) {
      for (; n < steps[k]; n++) {
        plain_stack(&l.line, N, reflect, p, q);
        memcpy(p, q, sizeof p);
      }
      for (int x = 0; x < 27; x++)
        CLOSE(all.p[27 * k + x], p[x], 1e-12);
      if (reflect)
        CLOSE(sum_of(all.p + 27 * k, 27), 1.0, 1e-12);
    }
    free(all.p);
    layers_free(&l);
    network_free(&net);
  }
}

/* sin(pi (m+1)/(N+1)) between absorbing ends decays as a whole. */
static void absorbing_mode(void **state) {
  (void)state;
  network net;
  walk(.5, &net);
  enum { N = 30 };
  propagate_seed s[N];
  for (int m = 0; m < N; m++)
    s[m] = (propagate_seed){(size_t)m, 0, sin(M_PI * (m + 1) / (N + 1))};
  const long long steps[2] = {10, 1000};
  const double pi = 1.0, lambda = .5 + .5 * cos(M_PI / (N + 1));
  kept all = room(N, 2);
  propagate_job job = job_of(N, s, 2, steps, &all);
  OK(propagate_stack(&net, &pi, N, PROPAGATE_ABSORBING, &job, err));
  for (int k = 0; k < 2; k++)
    for (int m = 0; m < N; m++)
      CLOSE(all.p[N * k + m], pow(lambda, (double)steps[k]) * s[m].p, 1e-13);
  free(all.p);
  network_free(&net);
}

static void stacks_of_layers(void **state) {
  (void)state;
  network net;
  double pi[3];
  random_network(true, &net, pi);
  msm_model m, along;
  OK(msm_from_network(&net, &m, err));
  const int planes[6][3] = {{1, 0, 0}, {0, 0, -1}, {1, 1, 0}, {2, -3, 1}, {0, 2, 4}, {6, 10, 15}};
  for (int k = 0; k < 6; k++) {
    layers l;
    OK(layers_make(&net, planes[k], &l, err));
    int determinant = 0;
    for (int a = 0; a < 3; a++) {
      int climb = 0;
      for (int b = 0; b < 3; b++)
        climb += l.hkl[b] * l.basis[a][b];
      assert_int_equal(climb, a == 0);
      const int *p = l.basis[1], *q = l.basis[2];
      determinant += l.basis[0][a] * (p[(a + 1) % 3] * q[(a + 2) % 3] - p[(a + 2) % 3] * q[(a + 1) % 3]);
    }
    assert_int_equal(abs(determinant), 1);
    OK(msm_from_network(&l.line, &along, err));
    double want = 0;
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++)
        want += l.normal[a] * m.tr.D[a][b] * l.normal[b];
    CLOSE(along.tr.D[0][0], want, 1e-12);
    for (int i = 0; i < 3; i++)
      assert_true(l.line.space.x[3 * i] >= 0 && l.line.space.x[3 * i] < 1);
    msm_model_free(&along);
    layers_free(&l);
  }
  msm_model_free(&m);
  network_free(&net);
}

static void refused(void **state) {
  (void)state;
  network net;
  walk(.5, &net);
  layers l;
  lisi_error err = {0};
  const int zero[3] = {0, 0, 0}, large[3] = {21, 0, 0}, none[3] = {0, 1, 1}, much[3] = {1000, 1000, 1000};
  const int fine[3] = {4, 1, 1};
  const double pi = 1.0;
  assert_int_equal(layers_make(&net, zero, &l, &err), LISI_ERR_INPUT);
  assert_int_equal(layers_make(&net, large, &l, NULL), LISI_ERR_INPUT);
  const long long steps[2] = {5, 4};
  const propagate_seed outside = {4, 0, 1.0}, no_number = {0, 0, NAN}, good = {0, 0, 1.0};
  kept all = room(4, 2);
  propagate_job job = job_of(1, &good, 2, steps, &all);
  assert_int_equal(propagate_periodic(&net, &pi, fine, &job, NULL), LISI_ERR_INPUT);
  assert_int_equal(propagate_stack(&net, &pi, 4, PROPAGATE_REFLECTING, &job, NULL), LISI_ERR_INPUT);
  job.ntimes = 1;
  assert_int_equal(propagate_periodic(&net, &pi, none, &job, NULL), LISI_ERR_INPUT);
  assert_int_equal(propagate_periodic(&net, &pi, much, &job, NULL), LISI_ERR_INPUT);
  assert_int_equal(propagate_stack(&net, &pi, 0, PROPAGATE_REFLECTING, &job, NULL), LISI_ERR_INPUT);
  job.seed = &outside;
  assert_int_equal(propagate_periodic(&net, &pi, fine, &job, NULL), LISI_ERR_INPUT);
  assert_int_equal(propagate_stack(&net, &pi, 4, PROPAGATE_ABSORBING, &job, NULL), LISI_ERR_INPUT);
  const long long endless[1] = {1LL << 50};
  job.steps = endless;
  job.seed = &good;
  assert_int_equal(propagate_stack(&net, &pi, 4, PROPAGATE_ABSORBING, &job, NULL), LISI_ERR_UNSUPPORTED);
  job.steps = steps;
  job.seed = &no_number;
  assert_int_equal(propagate_periodic(&net, &pi, fine, &job, NULL), LISI_ERR_INPUT);
  free(all.p);
  network_free(&net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(binomial),         cmocka_unit_test(step_by_step),  cmocka_unit_test(many_sites),
      cmocka_unit_test(stationary_stays), cmocka_unit_test(second_moment), cmocka_unit_test(spreading),
      cmocka_unit_test(gaussian),         cmocka_unit_test(ends),          cmocka_unit_test(absorbing_mode),
      cmocka_unit_test(stacks_of_layers), cmocka_unit_test(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
