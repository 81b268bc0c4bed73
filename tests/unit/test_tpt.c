/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Committors, reactive fluxes, pathways and first-passage times against closed forms: birth-death chains, parallel
 * channels, and identities that hold for every chain. */
#include "absorb.h"
#include "bootstrap.h"
#include "mfpt.h"
#include "reversible.h"
#include "tpt.h"

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
#define RELATIVE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol)*fabs(b))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

/* A chain 0..n-1 with the fluxes c[i] between i and i+1 and stationary weights pi. */
static void birth_death(int n, const double *pi, const double *c, double *X) {
  memset(X, 0, (size_t)(n * n) * sizeof *X);
  for (int i = 0; i < n; i++)
    X[i * n + i] = pi[i];
  for (int i = 0; i + 1 < n; i++) {
    X[i * n + i + 1] = X[(i + 1) * n + i] = c[i];
    X[i * n + i] -= c[i];
    X[(i + 1) * n + i + 1] -= c[i];
  }
}

/* q_i = sum_{k<i} 1/c_k / sum_k 1/c_k; flux 1/sum 1/c_k; T(0 -> n-1) = sum_k (pi_0 + .. + pi_k)/c_k. Fluxes over twelve
 * decades. */
static void chain(void **state) {
  (void)state;
  enum { n = 7 };
  const double pi[n] = {.3, .1, .05, 1e-3, .149, .2, .2}, c[n - 1] = {1e-3, 3e-7, 2e-13, 5e-5, 1e-9, 4e-3};
  double X[n * n], t[n], resistance = 0, expected = 0, below = 0, reached[n] = {0};
  birth_death(n, pi, c, X);
  tpt_side side[n] = {TPT_A, 0, 0, 0, 0, 0, TPT_B};
  bool target[n] = {false};
  target[n - 1] = true;
  for (int k = 0; k + 1 < n; k++) {
    resistance += 1 / c[k];
    reached[k + 1] = resistance;
    below += pi[k];
    expected += below / c[k];
  }
  tpt r;
  OK(tpt_solve(n, X, pi, side, &r, err));
  double spent = 0;
  for (int i = 0; i < n; i++) {
    RELATIVE(r.forward[i], reached[i] / resistance, 1e-13);
    RELATIVE(r.backward[i], (resistance - reached[i]) / resistance, 1e-10);
    spent += pi[i] * (resistance - reached[i]) / resistance;
  }
  RELATIVE(r.flux, 1 / resistance, 1e-12);
  RELATIVE(r.rate, 1 / resistance / spent, 1e-12);
  for (int i = 0; i + 1 < n; i++)
    RELATIVE(r.net[i * n + i + 1], 1 / resistance, 2e-4); /* differences of committors that are equal to 1e-13 */
  OK(mfpt_steps(n, X, pi, target, t, err));
  RELATIVE(t[0], expected, 1e-13);
  CLOSE(t[n - 1], 0, 0);
  RELATIVE(t[0] * r.rate, 1.0, 1e-12); /* one starting state: the rate is the inverse of the passage time */
  tpt_path *path;
  int npaths;
  OK(tpt_paths(&r, 5, 1, &path, &npaths, err));
  assert_int_equal(npaths, 1);
  assert_int_equal(path[0].n, n);
  for (int k = 0; k < n; k++)
    assert_int_equal(path[0].state[k], k);
  tpt_paths_free(path, npaths);
  tpt_free(&r);
}

/* Three channels 0 -> (1), (2,3), (4,5,6) -> 7: fluxes in series and in parallel, strongest first. */
static void channels(void **state) {
  (void)state;
  enum { n = 8 };
  double X[n * n] = {0}, pi[n];
  static const int link[][2] = {{0, 1}, {1, 7}, {0, 2}, {2, 3}, {3, 7}, {0, 4}, {4, 5}, {5, 6}, {6, 7}};
  static const double c[] = {.001, .002, .004, .003, .006, .0001, .002, .0005, .003};
  for (int k = 0; k < 9; k++)
    X[link[k][0] * n + link[k][1]] = X[link[k][1] * n + link[k][0]] = c[k];
  for (int i = 0; i < n; i++) {
    pi[i] = 1. / n;
    X[i * n + i] = pi[i];
    for (int j = 0; j < n; j++)
      X[i * n + i] -= j == i ? 0 : X[i * n + j];
  }
  const double g[3] = {1 / (1 / .004 + 1 / .003 + 1 / .006), 1 / (1 / .001 + 1 / .002),
                       1 / (1 / .0001 + 1 / .002 + 1 / .0005 + 1 / .003)};
  const tpt_side side[n] = {TPT_A, 0, 0, 0, 0, 0, 0, TPT_B};
  tpt r;
  OK(tpt_solve(n, X, pi, side, &r, err));
  RELATIVE(r.flux, g[0] + g[1] + g[2], 1e-12);
  tpt_path *path;
  int npaths;
  OK(tpt_paths(&r, 10, 1, &path, &npaths, err));
  assert_int_equal(npaths, 3);
  for (int k = 0; k < 3; k++)
    RELATIVE(path[k].flux, g[k], 1e-11);
  const int middle[4] = {0, 2, 3, 7};
  assert_int_equal(path[0].n, 4);
  assert_memory_equal(path[0].state, middle, sizeof middle);
  tpt_paths_free(path, npaths);
  OK(tpt_paths(&r, 10, .9, &path, &npaths, err)); /* two of them make 90 % */
  assert_int_equal(npaths, 2);
  tpt_paths_free(path, npaths);
  OK(tpt_paths(&r, 1, 1, &path, &npaths, err));
  assert_int_equal(npaths, 1);
  tpt_paths_free(path, npaths);
  tpt_free(&r);
}

/* Beside the weakest step the strongest way is taken, not just any that is no weaker. */
static void strongest_on_both_sides(void **state) {
  (void)state;
  enum { n = 5 }; /* 0 -> 1 or 2 -> 3 -> 4, the last step being the weak one */
  tpt r = {.n = n};
  tpt_side side[n] = {TPT_A, 0, 0, 0, TPT_B};
  double forward[n] = {0, .4, .4, .6, 1}, net[n * n] = {0};
  net[0 * n + 1] = net[1 * n + 3] = 2;
  net[0 * n + 2] = net[2 * n + 3] = 3;
  net[3 * n + 4] = 1; /* what is beyond 1 would not be conserved: only the choice matters here */
  r.side = side;
  r.forward = forward;
  r.net = net;
  r.flux = 1;
  tpt_path *path;
  int npaths;
  OK(tpt_paths(&r, 1, 1, &path, &npaths, err));
  assert_int_equal(npaths, 1);
  assert_int_equal(path[0].state[1], 2);
  CLOSE(path[0].flux, 1, 0);
  tpt_paths_free(path, npaths);
}

static void random_chain(lisi_rng *rng, int n, double *P) {
  for (int i = 0; i < n; i++) {
    double row = 0;
    for (int j = 0; j < n; j++) {
      P[i * n + j] = lisi_rng_uniform(rng) < .4 || j == (i + 1) % n ? pow(lisi_rng_uniform(rng), 4) : 0;
      row += P[i * n + j];
    }
    for (int j = 0; j < n; j++)
      P[i * n + j] /= row;
  }
}

/* Without detailed balance: T solves T = 1 + P T; the flux of single states is 1/(T_AB + T_BA); the net flux is
 * conserved between A and B; the pathways add up to no more than the flux, and to all of it where nothing circles. */
static void any_chain(void **state) {
  (void)state;
  lisi_rng rng;
  lisi_rng_seed(&rng, 12);
  for (int trial = 0; trial < 200; trial++) {
    enum { MOST = 12 };
    const int n = 3 + lisi_rng_below(&rng, MOST - 2);
    double P[MOST * MOST], X[MOST * MOST], pi[MOST], t[MOST], back[MOST];
    random_chain(&rng, n, P);
    OK(stationary_distribution(n, P, pi, err));
    for (int k = 0; k < n * n; k++)
      X[k] = pi[k / n] * P[k];
    tpt_side side[MOST] = {TPT_BETWEEN};
    bool target[MOST] = {false}, source[MOST] = {false};
    side[0] = TPT_A;
    side[n - 1] = TPT_B;
    target[n - 1] = source[0] = true;
    OK(mfpt_steps(n, X, pi, target, t, err));
    OK(mfpt_steps(n, X, pi, source, back, err));
    for (int i = 0; i + 1 < n; i++) {
      double s = 1;
      for (int j = 0; j < n; j++)
        s += P[i * n + j] * t[j];
      RELATIVE(s, t[i], 1e-11);
    }
    tpt r;
    OK(tpt_solve(n, X, pi, side, &r, err));
    RELATIVE(r.flux, 1 / (t[0] + back[n - 1]), 1e-10);
    RELATIVE(r.rate, 1 / t[0], 1e-10);
    double arrives = 0;
    for (int i = 0; i < n; i++) {
      double in = 0, out = 0, q = 0;
      for (int j = 0; j < n; j++) {
        in += r.net[j * n + i];
        out += r.net[i * n + j];
        q += P[i * n + j] * r.forward[j];
      }
      if (side[i] == TPT_BETWEEN) {
        CLOSE(in, out, 1e-12);
        CLOSE(q, r.forward[i], 1e-12);
      } else if (side[i] == TPT_B)
        arrives = in;
    }
    RELATIVE(arrives, r.flux, 1e-10);
    tpt_path *path;
    int npaths;
    OK(tpt_paths(&r, 1000, 1, &path, &npaths, err));
    double sum = 0;
    for (int k = 0; k < npaths; k++) {
      assert_int_equal(path[k].state[0], 0);
      assert_int_equal(path[k].state[path[k].n - 1], n - 1);
      sum += path[k].flux;
    }
    RELATIVE(sum, r.flux, 1e-9);
    tpt_paths_free(path, npaths);
    tpt_free(&r);
  }
}

/* Sets, and what cannot be reached. */
static void sets_and_traps(void **state) {
  (void)state;
  enum { n = 5 };
  const double pi[n] = {.1, .3, .2, .3, .1}, c[n - 1] = {.01, .02, .03, .005};
  double X[n * n], T[9], t[n];
  birth_death(n, pi, c, X);
  const int set[n] = {0, 0, -1, 2, 1};
  OK(mfpt_between(n, X, pi, 3, set, T, err));
  /* from {0, 1} to {3}: t_1 = (.4/.02 + .6/.03), t_0 = t_1 + .1/.01 */
  const double t1 = .4 / .02 + .6 / .03, t0 = t1 + .1 / .01;
  RELATIVE(T[0 * 3 + 2], (.1 * t0 + .3 * t1) / .4, 1e-12);
  CLOSE(T[0], 0, 0);
  RELATIVE(T[1 * 3 + 2], pi[4] / .005, 1e-12);
  /* cut 4 off, make 2 lead to it one way: everything that may fall in never comes to 0 on average */
  X[3 * n + 4] = X[4 * n + 3] = 0;
  X[2 * n + 4] = .001;
  bool target[n] = {true};
  OK(mfpt_steps(n, X, pi, target, t, err));
  for (int i = 1; i < n; i++)
    assert_true(isinf(t[i]));
  target[4] = true;
  OK(mfpt_steps(n, X, pi, target, t, err));
  for (int i = 1; i < 4; i++)
    assert_true(isfinite(t[i]));
  const bool none[n] = {false};
  const tpt_side nothing[n] = {TPT_A};
  tpt r;
  lisi_error err = {0};
  assert_int_equal(mfpt_steps(n, X, pi, none, t, &err), LISI_ERR_INPUT);
  memset(&err, 0, sizeof err);
  assert_int_equal(tpt_solve(n, X, pi, nothing, &r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "target"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chain),     cmocka_unit_test(channels),       cmocka_unit_test(strongest_on_both_sides),
      cmocka_unit_test(any_chain), cmocka_unit_test(sets_and_traps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
