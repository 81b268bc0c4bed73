/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The greedy choice of frames against one that knows nothing but determinants of the environments themselves: grades
 * by Cramer's rule, exchanges by trying all of them. And the shortest distance against a sum over images. */
#include "fit_grade.h"
#include "fit_maxvol.h"
#include "fit_select.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAXN = 5, NTRAIN = 40, MAXPOOL = 200, NFRAMES = 14, MAXENV = 5, NELEMENTS = 2 };

static double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24) - 0.5;
}

static double determinant(int n, double a[MAXN][MAXN]) {
  double m[MAXN][MAXN], det = 1;
  memcpy(m, a, sizeof m);
  for (int k = 0; k < n; k++) {
    int p = k;
    for (int i = k; i < n; i++)
      if (fabs(m[i][k]) > fabs(m[p][k]))
        p = i;
    if (m[p][k] == 0)
      return 0;
    for (int j = 0; j < n; j++) {
      double t = m[k][j];
      m[k][j] = m[p][j];
      m[p][j] = t;
    }
    det *= p == k ? m[k][k] : -m[k][k];
    for (int i = k + 1; i < n; i++)
      for (int j = n - 1; j >= k; j--)
        m[i][j] -= m[i][k] / m[k][k] * m[k][j];
  }
  return det;
}

/* Environments as they are, and the naive choice among them. */
typedef struct {
  int n[NELEMENTS], nframes;
  double active[NELEMENTS][MAXN][MAXN];
  double inverse[NELEMENTS][MAXN * MAXN];
  int count[NFRAMES][NELEMENTS];
  double b[NFRAMES][NELEMENTS][MAXENV][MAXN];
  int npool[NELEMENTS];
  double pool[NELEMENTS][MAXPOOL][MAXN];
  bool taken[NFRAMES];
} world;

/* |det with row k replaced| / |det| */
static double cramer(const world *w, int mu, const double *b, int k) {
  double a[MAXN][MAXN];
  memcpy(a, w->active[mu], sizeof a);
  double whole = determinant(w->n[mu], a);
  memcpy(a[k], b, (size_t)w->n[mu] * sizeof *b);
  return fabs(determinant(w->n[mu], a) / whole);
}

static double naive_gamma(const world *w, int frame) {
  double most = 0;
  for (int mu = 0; mu < NELEMENTS; mu++)
    for (int i = 0; i < w->count[frame][mu]; i++)
      for (int k = 0; k < w->n[mu]; k++)
        most = fmax(most, cramer(w, mu, w->b[frame][mu][i], k));
  return most;
}

static fit_choice naive_next(world *w, double gamma_min) {
  fit_choice c = {-1, 0, 0, 0};
  for (int f = 0; f < w->nframes; f++) {
    double g = w->taken[f] ? -1 : naive_gamma(w, f);
    if (g > c.gamma || (c.candidate < 0 && g == 0)) {
      c.gamma = g;
      c.candidate = f;
    }
  }
  if (c.candidate < 0 || c.gamma < gamma_min) {
    c.candidate = -1;
    return c;
  }
  w->taken[c.candidate] = true;
  for (int mu = 0; mu < NELEMENTS; mu++) {
    const double before = fabs(determinant(w->n[mu], w->active[mu]));
    for (int i = 0; i < w->count[c.candidate][mu]; i++)
      memcpy(w->pool[mu][w->npool[mu]++], w->b[c.candidate][mu][i], sizeof w->pool[mu][0]);
    for (;;) {
      int at = 0, place = 0;
      double most = 0;
      for (int i = 0; i < w->npool[mu]; i++)
        for (int k = 0; k < w->n[mu]; k++) {
          double g = cramer(w, mu, w->pool[mu][i], k);
          if (g > most) {
            most = g;
            at = i;
            place = k;
          }
        }
      if (most <= 1.001)
        break;
      double leaves[MAXN];
      memcpy(leaves, w->active[mu][place], sizeof leaves);
      memcpy(w->active[mu][place], w->pool[mu][at], sizeof leaves);
      memcpy(w->pool[mu][at], leaves, sizeof leaves);
      c.exchanges++;
    }
    c.volume += log(fabs(determinant(w->n[mu], w->active[mu])) / before);
  }
  return c;
}

/* Training environments, their active sets, and frames of which some lie far outside and some inside. With `twins`
 * frame 2k + 1 is frame 2k but for displacements of that size. */
static void make_world(world *w, unsigned seed, double twins) {
  memset(w, 0, sizeof *w);
  w->nframes = NFRAMES;
  for (int mu = 0; mu < NELEMENTS; mu++) {
    const int n = w->n[mu] = 2 + (int)((seed + (unsigned)mu) % (MAXN - 1));
    double b[NTRAIN * MAXN];
    for (int k = 0; k < NTRAIN * n; k++)
      b[k] = uniform(&seed) * pow(10, k % n);
    fit_active active;
    lisi_error err = {0};
    assert_int_equal(fit_maxvol(NTRAIN, n, b, 1e-9, &active, &err), LISI_OK);
    assert_int_equal(active.rank, n);
    for (int k = 0; k < n; k++)
      memcpy(w->active[mu][k], b + active.row[k] * n, (size_t)n * sizeof *b);
    memcpy(w->inverse[mu], active.inverse, (size_t)(n * n) * sizeof *b);
    fit_active_free(&active);
  }
  for (int f = 0; f < NFRAMES; f++) {
    const double size = 0.5 + 3.0 * (uniform(&seed) + 0.5);
    const bool twin = twins > 0 && f % 2;
    for (int mu = 0; mu < NELEMENTS; mu++) {
      w->count[f][mu] = twin ? w->count[f - 1][mu] : (int)(seed >> 10) % (MAXENV + 1);
      for (int i = 0; i < w->count[f][mu]; i++)
        for (int k = 0; k < w->n[mu]; k++) {
          double x = uniform(&seed);
          w->b[f][mu][i][k] = twin ? w->b[f - 1][mu][i][k] + twins * pow(10, k) * x : size * pow(10, k) * x;
        }
    }
  }
}

static void candidates(const world *w, fit_candidate *c) {
  for (int f = 0; f < w->nframes; f++) {
    c[f].count = malloc(NELEMENTS * sizeof(int));
    double *row = c[f].row = malloc(NELEMENTS * MAXENV * MAXN * sizeof(double));
    assert_true(c[f].count && row);
    for (int mu = 0; mu < NELEMENTS; mu++) {
      const int n = w->n[mu];
      c[f].count[mu] = w->count[f][mu];
      for (int i = 0; i < w->count[f][mu]; i++, row += n)
        for (int k = 0; k < n; k++) {
          row[k] = 0;
          for (int j = 0; j < n; j++)
            row[k] += w->b[f][mu][i][j] * w->inverse[mu][j * n + k];
        }
    }
  }
}

static void candidates_free(int n, fit_candidate *c) {
  for (int f = 0; f < n; f++) {
    free(c[f].count);
    free(c[f].row);
  }
}

static void close_to(double a, double b) {
  if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
    fail_msg("%.15g is not %.15g", a, b);
}

static void choices_are_those_of_determinants(void **state) {
  (void)state;
  int chosen = 0, exchanges = 0, refused = 0;
  for (unsigned seed = 1; seed <= 60; seed++) {
    world w;
    make_world(&w, seed, 0);
    fit_candidate c[NFRAMES];
    candidates(&w, c);
    fit_select *s;
    lisi_error err = {0};
    assert_int_equal(fit_select_create(NELEMENTS, w.n, NFRAMES, c, &s, &err), LISI_OK);
    for (int k = 0; k <= NFRAMES; k++) {
      for (int f = 0; f < NFRAMES; f++)
        if (!w.taken[f])
          close_to(fit_select_gamma(s, f), naive_gamma(&w, f));
      fit_choice got, want = naive_next(&w, 1.1);
      assert_int_equal(fit_select_next(s, 1.1, &got, &err), LISI_OK);
      assert_int_equal(got.candidate, want.candidate);
      close_to(got.gamma, want.gamma);
      if (want.candidate < 0) {
        refused++;
        break;
      }
      assert_int_equal(got.exchanges, want.exchanges);
      close_to(got.volume, want.volume);
      assert_true(got.volume >= log(want.gamma) - 1e-9);
      chosen++;
      exchanges += got.exchanges;
    }
    fit_select_free(s);
    candidates_free(NFRAMES, c);
  }
  assert_int_equal(refused, 60); /* each ends by itself */
  assert_true(chosen > 200 && exchanges > 2 * chosen);
}

/* Of two frames that are nearly the same only one is taken, and the other has a grade of about 1 from then on. */
static void twins_are_left_out(void **state) {
  (void)state;
  int chosen = 0;
  for (unsigned seed = 1; seed <= 40; seed++) {
    world w;
    make_world(&w, seed, 1e-3);
    fit_candidate c[NFRAMES];
    candidates(&w, c);
    fit_select *s;
    lisi_error err = {0};
    assert_int_equal(fit_select_create(NELEMENTS, w.n, NFRAMES, c, &s, &err), LISI_OK);
    bool taken[NFRAMES] = {false};
    for (fit_choice choice;;) {
      assert_int_equal(fit_select_next(s, 1.1, &choice, &err), LISI_OK);
      if (choice.candidate < 0)
        break;
      const int twin = choice.candidate ^ 1;
      assert_false(taken[twin]);
      taken[choice.candidate] = true;
      assert_true(fit_select_gamma(s, twin) < 1.05);
      chosen++;
    }
    fit_select_free(s);
    candidates_free(NFRAMES, c);
  }
  assert_true(chosen > 80);
}

static void order_of_the_frames_does_not_matter(void **state) {
  (void)state;
  world w;
  make_world(&w, 5, 0);
  fit_candidate c[NFRAMES], turned[NFRAMES], back[NFRAMES];
  candidates(&w, c);
  candidates(&w, turned);
  for (int f = 0; f < NFRAMES; f++)
    back[f] = turned[NFRAMES - 1 - f];
  fit_select *a, *b;
  lisi_error err = {0};
  assert_int_equal(fit_select_create(NELEMENTS, w.n, NFRAMES, c, &a, &err), LISI_OK);
  assert_int_equal(fit_select_create(NELEMENTS, w.n, NFRAMES, back, &b, &err), LISI_OK);
  int chosen = 0;
  for (fit_choice x, y;; chosen++) {
    assert_int_equal(fit_select_next(a, 1.1, &x, &err), LISI_OK);
    assert_int_equal(fit_select_next(b, 1.1, &y, &err), LISI_OK);
    if (x.candidate < 0)
      break;
    assert_int_equal(y.candidate, NFRAMES - 1 - x.candidate);
    assert_true(x.gamma == y.gamma && x.volume == y.volume);
  }
  assert_true(chosen > 2);
  fit_select_free(a);
  fit_select_free(b);
  candidates_free(NFRAMES, c);
  candidates_free(NFRAMES, turned);
}

static void ends_and_refusals(void **state) {
  (void)state;
  const int n[1] = {2};
  int one[1] = {1}, none[1] = {0};
  double inside[2] = {0.5, -0.2}, equal[2][2] = {{3, 0.5}, {3, 0.5}}, wrong[2] = {1, NAN};
  fit_select *s;
  fit_choice choice;
  lisi_error err = {0};
  /* nothing to choose from */
  assert_int_equal(fit_select_create(1, n, 0, NULL, &s, &err), LISI_OK);
  assert_int_equal(fit_select_next(s, 1.1, &choice, &err), LISI_OK);
  assert_int_equal(choice.candidate, -1);
  fit_select_free(s);
  /* nothing that is new; and a frame without environments */
  fit_candidate known[2] = {{none, NULL}, {one, inside}};
  assert_int_equal(fit_select_create(1, n, 2, known, &s, &err), LISI_OK);
  assert_int_equal(fit_select_next(s, 1.1, &choice, &err), LISI_OK);
  assert_int_equal(choice.candidate, -1);
  assert_true(choice.gamma == 0.5 && fit_select_gamma(s, 0) == 0);
  fit_select_free(s);
  /* of equals the first */
  fit_candidate same[2] = {{one, equal[0]}, {one, equal[1]}};
  assert_int_equal(fit_select_create(1, n, 2, same, &s, &err), LISI_OK);
  assert_int_equal(fit_select_next(s, 3.5, &choice, &err), LISI_OK);
  assert_int_equal(choice.candidate, -1);
  assert_int_equal(fit_select_next(s, 3, &choice, &err), LISI_OK);
  assert_int_equal(choice.candidate, 0);
  assert_true(choice.exchanges == 1 && fabs(choice.volume - log(3)) < 1e-15);
  assert_true(fit_select_gamma(s, 1) == 1);
  fit_select_free(s);
  fit_candidate bad[1] = {{one, wrong}};
  assert_int_equal(fit_select_create(1, n, 1, bad, &s, &err), LISI_ERR_NUMERIC);
  assert_null(s);
}

static void shortest_distance(void **state) {
  (void)state;
  unsigned seed = 9;
  for (int trial = 0; trial < 40; trial++) {
    char text[1000];
    double h[9], x[4][3];
    for (int k = 0; k < 9; k++)
      h[k] = (k % 4 ? 4.5 : 3.5) * uniform(&seed) + (k % 4 ? 0 : 4);
    const int natoms = trial % 4 ? 4 : 1; /* one alone sees its images */
    int at = snprintf(text, sizeof text, "%d\nLattice=\"", natoms);
    for (int k = 0; k < 9; k++)
      at += snprintf(text + at, sizeof text - (size_t)at, "%.17g ", h[k]);
    at += snprintf(text + at, sizeof text - (size_t)at, "\" Properties=species:S:1:pos:R:3\n");
    for (int i = 0; i < natoms; i++) {
      for (int k = 0; k < 3; k++)
        x[i][k] = 9 * uniform(&seed);
      at += snprintf(text + at, sizeof text - (size_t)at, "%s %.17g %.17g %.17g\n", i < natoms / 2 ? "Si" : "Li",
                     x[i][0], x[i][1], x[i][2]);
    }
    xyz_set *set;
    lisi_error err = {0};
    assert_int_equal(xyz_parse(text, strlen(text), "frame", NULL, &set, &err), LISI_OK);
    const double limit[4] = {2.0, 1.5, 1.5, 0};
    double want = 1e9, ratio = 1e9;
    for (int i = 0; i < natoms; i++)
      for (int j = 0; j < natoms; j++)
        for (int c = 0; c < 41 * 41 * 41; c++) {
          const int n[3] = {c / (41 * 41) - 20, c / 41 % 41 - 20, c % 41 - 20};
          if (i == j && !n[0] && !n[1] && !n[2])
            continue;
          double d2 = 0;
          for (int k = 0; k < 3; k++) {
            double d = x[j][k] - x[i][k] + n[0] * h[k] + n[1] * h[3 + k] + n[2] * h[6 + k];
            d2 += d * d;
          }
          want = fmin(want, sqrt(d2));
          const double least = limit[2 * (i < natoms / 2) + (j < natoms / 2)];
          if (least > 0)
            ratio = fmin(ratio, sqrt(d2) / least);
        }
    const int mu[2] = {natoms > 1, 0}; /* in order of appearance */
    double got, got_ratio;
    assert_int_equal(fit_shortest_distance(set, &set->frame[0], mu, 2, limit, &got, &got_ratio, &err), LISI_OK);
    close_to(got, want);
    close_to(got_ratio, ratio);
    xyz_free(set);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(choices_are_those_of_determinants),
                                     cmocka_unit_test(twins_are_left_out),
                                     cmocka_unit_test(order_of_the_frames_does_not_matter),
                                     cmocka_unit_test(ends_and_refusals), cmocka_unit_test(shortest_distance)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
