/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Least squares from triangles against dense solutions of the same rows: blocks and threads, strengths of the prior,
 * cross-validation, evidence, relevance determination, free columns, and fine-tuning. */
#include "fit_ard.h"
#include "fit_free.h"
#include "fit_refine.h"
#include "fit_ridge.h"
#include "fit_solve.h"

#include <lapacke.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24) - 0.5;
}
static double normal(unsigned *seed) {
  double sum = 0;
  for (int k = 0; k < 12; k++)
    sum += uniform(seed);
  return sum;
}

/* Rows [a y], row after row; columns of very different size, as those of a basis are, and y a smooth function of them
 * with noise. */
typedef struct {
  int m, n;
  double *a; /* [m][n + 1] */
} rows;

static rows make_rows(int m, int n, unsigned seed) {
  rows r = {m, n, malloc((size_t)m * (size_t)(n + 1) * sizeof(double))};
  assert_non_null(r.a);
  for (int i = 0; i < m; i++) {
    double y = 0.5 * uniform(&seed);
    for (int k = 0; k < n; k++) {
      const double x = uniform(&seed);
      r.a[i * (n + 1) + k] = x * pow(10, k % 5 - 2);
      y += x / (1 + k * k);
    }
    r.a[i * (n + 1) + n] = y;
  }
  return r;
}

static double direct(const rows *r, int from, int to, const double *c) {
  double sum = 0;
  for (int i = from; i < to; i++) {
    double d = -r->a[i * (r->n + 1) + r->n];
    for (int k = 0; k < r->n; k++)
      d += c[k] * r->a[i * (r->n + 1) + k];
    sum += d * d;
  }
  return sum;
}

/* Adds rows from .. to-1, `block` at a time. */
static void add(fit_triangle *t, const rows *r, int from, int to, int block) {
  lisi_error err = {0};
  double *b = malloc((size_t)block * (size_t)(r->n + 1) * sizeof *b);
  assert_non_null(b);
  for (int at = from; at < to; at += block) {
    const int m = to - at < block ? to - at : block;
    for (int i = 0; i < m; i++)
      for (int k = 0; k <= r->n; k++)
        b[k * block + i] = r->a[(at + i) * (r->n + 1) + k];
    assert_int_equal(fit_triangle_rows(t, m, b, block, &err), LISI_OK);
  }
  free(b);
}

static fit_triangle triangle(const rows *r, int from, int to, int block) {
  fit_triangle t;
  lisi_error err = {0};
  assert_int_equal(fit_triangle_make(r->n, &t, &err), LISI_OK);
  add(&t, r, from, to, block);
  return t;
}

/* min |A c - y|^2 + sum (p_b (c_b - c0_b))^2 over rows with use[i], by LAPACK on all rows; c0 = NULL: 0. */
static void dense(const rows *r, const bool *use, const double *p, const double *c0, double *c) {
  const int m = r->m + r->n, n = r->n;
  double *a = calloc((size_t)m * (size_t)n, sizeof *a), *y = calloc((size_t)m, sizeof *y), *s = malloc((size_t)n * 8);
  assert_true(a && y && s);
  for (int i = 0; i < r->m; i++)
    for (int k = 0; k <= n; k++)
      if (!use || use[i])
        *(k < n ? &a[i * n + k] : &y[i]) = r->a[i * (n + 1) + k];
  for (int k = 0; k < n; k++) {
    a[(r->m + k) * n + k] = p ? p[k] : 0;
    y[r->m + k] = p && c0 ? p[k] * c0[k] : 0;
  }
  lapack_int rank;
  /* columns of unit size, or dgelsd takes small ones for zero */
  double *scale = malloc((size_t)n * sizeof *scale);
  assert_non_null(scale);
  for (int k = 0; k < n; k++) {
    double sum = 0;
    for (int i = 0; i < m; i++)
      sum += a[i * n + k] * a[i * n + k];
    scale[k] = sum > 0 ? 1 / sqrt(sum) : 1;
    for (int i = 0; i < m; i++)
      a[i * n + k] *= scale[k];
  }
  assert_int_equal(LAPACKE_dgelsd(LAPACK_ROW_MAJOR, m, n, 1, a, n, y, 1, s, 1e-13, &rank), 0);
  for (int k = 0; k < n; k++)
    c[k] = y[k] * scale[k];
  free(scale);
  free(a);
  free(y);
  free(s);
}

/* c and d agree in units of the sizes s of the columns. */
static void agree(int n, const double *c, const double *d, const double *size, double tolerance) {
  double big = 0, worst = 0;
  for (int k = 0; k < n; k++) {
    const double s = size ? size[k] : 1;
    big = fmax(big, fabs(d[k] * s));
    worst = fmax(worst, fabs((c[k] - d[k]) * s));
  }
  if (!(worst <= tolerance * big))
    fail_msg("differs by %g of %g", worst, big);
}

/* ---- triangles ---- */

static void triangles(void **state) {
  (void)state;
  enum { M = 700, N = 211 };
  rows r = make_rows(M, N, 3);
  lisi_error err = {0};
  double c[N];
  unsigned seed = 8;
  fit_triangle whole = triangle(&r, 0, M, 90), a = triangle(&r, 0, 130, 64), b = triangle(&r, 130, M, 700), few;
  assert_int_equal(whole.rows, M);
  assert_int_equal(fit_triangle_merge(&a, &b, &err), LISI_OK);
  assert_int_equal(a.rows, M);
  for (int trial = 0; trial < 5; trial++) {
    for (int k = 0; k < N; k++)
      c[k] = uniform(&seed) * pow(10, 2 - k % 5);
    const double want = direct(&r, 0, M, c);
    assert_true(fabs(fit_triangle_squares(&whole, c) - want) < 1e-12 * want);
    assert_true(fabs(fit_triangle_squares(&a, c) - want) < 1e-12 * want);
  }
  for (int k = 0; k < N; k++) {
    double sum = 0;
    for (int i = 0; i < M; i++)
      sum += r.a[i * (N + 1) + k] * r.a[i * (N + 1) + k];
    assert_true(fabs(fit_triangle_norm2(&a, k) - sum) < 1e-12 * sum);
  }
  int index[N], n = 0;
  for (int k = 0; k < N; k++) {
    if (k % 3 == 1)
      c[k] = 0;
    else
      index[n++] = k;
  }
  assert_int_equal(fit_triangle_select(&whole, n, index, &few, &err), LISI_OK);
  double d[N];
  for (int k = 0; k < n; k++)
    d[k] = c[index[k]];
  assert_true(fabs(fit_triangle_squares(&few, d) - direct(&r, 0, M, c)) < 1e-12 * direct(&r, 0, M, c));
  fit_triangle_free(&few);
  fit_triangle_free(&a);
  fit_triangle_free(&b);
  /* fewer rows than columns */
  a = triangle(&r, 0, 17, 5);
  assert_true(fabs(fit_triangle_squares(&a, c) - direct(&r, 0, 17, c)) < 1e-12 * direct(&r, 0, 17, c));
  fit_triangle_free(&a);
  fit_triangle_free(&whole);
  free(r.a);
}

/* ---- one ridge problem ---- */

static void ridge_and_evidence(void **state) {
  (void)state;
  enum { M = 40, N = 9 };
  rows r = make_rows(M, N, 5);
  for (int i = 0; i < M; i++)
    for (int k = 0; k < N; k++) /* columns of about unit size, two of them nearly the same */
      r.a[i * (N + 1) + k] = k == 4 ? r.a[i * (N + 1) + 3] * (1 + 1e-5 * i) : r.a[i * (N + 1) + k] * pow(10, 2 - k % 5);
  fit_triangle t = triangle(&r, 0, M, 7);
  fit_ridge f;
  lisi_error err = {0};
  double *m = malloc(N * N * sizeof *m), x[N], want[N], p[N], residual, logdet;
  assert_non_null(m);
  for (int k = 0; k < N; k++)
    memcpy(m + k * N, t.r + k * (N + 1), N * sizeof *m);
  assert_int_equal(fit_ridge_make(N, m, t.r + N * (N + 1), &f, &err), LISI_OK);
  const double beyond = t.r[(N + 1) * (N + 1) - 1] * t.r[(N + 1) * (N + 1) - 1];
  static const double mus[] = {0, 1e-6, 1e-3, 0.1, 1, 30};
  for (int g = 0; g < 6; g++) {
    const double mu = mus[g];
    for (int k = 0; k < N; k++)
      p[k] = mu;
    dense(&r, NULL, p, NULL, want);
    assert_int_equal(fit_ridge_solve(&f, mu, x, &residual, mu > 0 ? &logdet : NULL, &err), LISI_OK);
    agree(N, x, want, NULL, 1e-9);
    assert_true(fabs(residual + beyond - direct(&r, 0, M, x)) < 1e-10 * direct(&r, 0, M, x));
    if (mu < 1e-3)
      continue;
    /* M^T M + mu^2: determinant and trace of its inverse by Cholesky */
    double h[N * N], evidence, beta, number;
    for (int a = 0; a < N; a++)
      for (int b = 0; b < N; b++) {
        h[a * N + b] = a == b ? mu * mu : 0;
        for (int i = 0; i < M; i++)
          h[a * N + b] += r.a[i * (N + 1) + a] * r.a[i * (N + 1) + b];
      }
    assert_int_equal(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', N, h, N), 0);
    double ln = 0, trace = 0;
    for (int k = 0; k < N; k++)
      ln += 2 * log(h[k * N + k]);
    assert_true(fabs(logdet - ln) < 1e-7);
    assert_int_equal(LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'U', N, h, N), 0);
    for (int k = 0; k < N; k++)
      trace += h[k * N + k];
    assert_int_equal(fit_ridge_effective(&f, mu, &number, &err), LISI_OK);
    assert_true(fabs(number - (N - mu * mu * trace)) < 1e-4);
    /* the evidence is the density of y in N(0, 1/beta + A A^T / alpha), and beta maximises it */
    assert_int_equal(fit_ridge_evidence(&f, M, beyond, mu, x, &evidence, &beta, &err), LISI_OK);
    double at[3];
    for (int s = 0; s < 3; s++) {
      const double b = beta * (1 + 0.01 * (s - 1)), alpha = b * mu * mu;
      double C[M * M], y[M], density = -0.5 * M * log(2 * M_PI);
      for (int i = 0; i < M; i++) {
        y[i] = r.a[i * (N + 1) + N];
        for (int j = 0; j < M; j++) {
          C[i * M + j] = i == j ? 1 / b : 0;
          for (int k = 0; k < N; k++)
            C[i * M + j] += r.a[i * (N + 1) + k] * r.a[j * (N + 1) + k] / alpha;
        }
      }
      assert_int_equal(LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', M, C, M), 0);
      for (int i = 0; i < M; i++) {
        for (int j = 0; j < i; j++)
          y[i] -= C[i * M + j] * y[j];
        y[i] /= C[i * M + i];
        density -= 0.5 * y[i] * y[i] + log(C[i * M + i]);
      }
      at[s] = density;
    }
    assert_true(fabs(evidence - at[1]) < 1e-6 * fabs(at[1]));
    assert_true(at[1] > at[0] && at[1] > at[2]);
  }
  fit_ridge_free(&f);
  fit_triangle_free(&t);
  free(r.a);
}

/* ln of the integral over both coefficients, by sums on a grid */
static void evidence_is_an_integral(void **state) {
  (void)state;
  enum { M = 5, N = 2, GRID = 400 };
  const double mu = 0.6;
  rows r = make_rows(M, N, 12);
  for (int i = 0; i < M; i++) {
    r.a[i * 3] = 1;
    r.a[i * 3 + 1] = i - 1.7;
    r.a[i * 3 + 2] = 0.4 + 0.3 * i + 0.2 * (i % 2);
  }
  fit_triangle t = triangle(&r, 0, M, M);
  fit_ridge f;
  lisi_error err = {0};
  double *m = malloc(N * N * sizeof *m), x[N], evidence, beta, sum = 0;
  assert_non_null(m);
  for (int k = 0; k < N; k++)
    memcpy(m + k * N, t.r + k * (N + 1), N * sizeof *m);
  assert_int_equal(fit_ridge_make(N, m, t.r + N * (N + 1), &f, &err), LISI_OK);
  assert_int_equal(fit_ridge_evidence(&f, M, t.r[8] * t.r[8], mu, x, &evidence, &beta, &err), LISI_OK);
  const double alpha = beta * mu * mu, h = 12 / sqrt(alpha) / GRID;
  for (int i = 0; i < GRID; i++)
    for (int j = 0; j < GRID; j++) {
      const double c[N] = {x[0] + (i - GRID / 2) * h, x[1] + (j - GRID / 2) * h};
      sum += exp(-0.5 * beta * direct(&r, 0, M, c) - 0.5 * alpha * (c[0] * c[0] + c[1] * c[1])) * h * h;
    }
  const double want = log(sum) + 0.5 * M * log(beta / (2 * M_PI)) + log(alpha / (2 * M_PI));
  assert_true(fabs(evidence - want) < 1e-6);
  fit_ridge_free(&f);
  fit_triangle_free(&t);
  free(r.a);
}

/* ---- fits ---- */

enum { M = 240, N = 30, PARTS = 5 };

typedef struct {
  rows r;
  fit_triangle part[PARTS];
  int first[PARTS + 1];
  double gamma[N], size[N]; /* gamma_b s_b */
} world;

static world *world_make(unsigned seed, int nfree) {
  world *w = malloc(sizeof *w);
  assert_non_null(w);
  w->r = make_rows(M, N, seed);
  for (int f = 0; f <= PARTS; f++)
    w->first[f] = f == PARTS ? M : f * 40 + 3 * f * f;
  for (int f = 0; f < PARTS; f++)
    w->part[f] = triangle(&w->r, w->first[f], w->first[f + 1], 33);
  for (int k = 0; k < N; k++) {
    double sum = 0;
    for (int i = 0; i < M; i++)
      sum += w->r.a[i * (N + 1) + k] * w->r.a[i * (N + 1) + k];
    w->gamma[k] = k < nfree ? 0 : 1 + 0.1 * k;
    w->size[k] = w->gamma[k] * sqrt(sum / M);
  }
  return w;
}

static void world_free(world *w) {
  for (int f = 0; f < PARTS; f++)
    fit_triangle_free(&w->part[f]);
  free(w->r.a);
  free(w);
}

static void without(const world *w, int f, double ridge, double *c) {
  bool use[M];
  double p[N];
  int count = 0;
  for (int i = 0; i < M; i++) {
    use[i] = f < 0 || i < w->first[f] || i >= w->first[f + 1];
    count += use[i];
  }
  for (int k = 0; k < N; k++)
    p[k] = ridge * sqrt(count) * w->size[k];
  dense(&w->r, use, p, NULL, c);
}

static void cross_validation(void **state) {
  (void)state;
  world *w = world_make(21, 0);
  fit_system sys = {N, 0, PARTS, w->part, w->gamma};
  fit_prior prior = {FIT_RIDGE_CV, 0, false, false};
  fit_solution s, again;
  lisi_error err = {0};
  double c[N];
  assert_int_equal(fit_solve(&sys, &prior, &s, &err), LISI_OK);
  int best = 0;
  for (int g = 0; g < s.ngrid; g++) {
    double loss = 0;
    for (int f = 0; f < PARTS; f++) {
      without(w, f, s.grid[g], c);
      loss += direct(&w->r, w->first[f], w->first[f + 1], c) / M;
    }
    assert_true(fabs(loss - s.score[g]) < 1e-8 * loss);
    if (s.score[g] < s.score[best])
      best = g;
  }
  assert_true(s.ridge == s.grid[best] && best > 0 && best + 1 < s.ngrid);
  without(w, -1, s.ridge, c);
  agree(N, s.coefficient, c, w->size, 1e-9);
  for (int f = 0; f < PARTS; f++) {
    without(w, f, s.ridge, c);
    agree(N, s.heldout + f * N, c, w->size, 1e-9);
  }
  /* the information has its minimum there, and the curvature of rows and prior */
  double up[N], value = fit_triangle_squares(&s.information, s.coefficient);
  for (int k = 0; k < N; k++) {
    memcpy(up, s.coefficient, sizeof up);
    const double h = 0.3 / w->size[k];
    up[k] += h;
    double want = direct(&w->r, 0, M, up) - direct(&w->r, 0, M, s.coefficient);
    for (int b = 0; b < N; b++)
      want += pow(s.stiffness[b], 2) * (up[b] * up[b] - s.coefficient[b] * s.coefficient[b]);
    assert_true(fabs(fit_triangle_squares(&s.information, up) - value - want) < 1e-8 * value);
  }
  /* a strength that is given, and held-out coefficients on demand: the same numbers */
  fit_prior given = {FIT_RIDGE_GIVEN, s.ridge, false, true};
  assert_int_equal(fit_solve(&sys, &given, &again, &err), LISI_OK);
  assert_memory_equal(again.coefficient, s.coefficient, sizeof c);
  assert_memory_equal(again.heldout, s.heldout, PARTS * sizeof c);
  fit_solution_free(&again);
  /* threads */
  const int threads = omp_get_max_threads();
  for (int n = 1; n <= 3; n += 2) {
    omp_set_num_threads(n);
    assert_int_equal(fit_solve(&sys, &prior, &again, &err), LISI_OK);
    assert_memory_equal(again.coefficient, s.coefficient, sizeof c);
    assert_memory_equal(again.score, s.score, sizeof s.score);
    assert_memory_equal(again.information.r, s.information.r, (N + 1) * (N + 1) * sizeof(double));
    fit_solution_free(&again);
  }
  omp_set_num_threads(threads);
  fit_solution_free(&s);
  /* nothing but a number is wrong with data that are not finite */
  w->part[2].r[0] = NAN;
  assert_int_equal(fit_solve(&sys, &prior, &s, &err), LISI_ERR_NUMERIC);
  assert_null(s.coefficient);
  world_free(w);
}

/* Bits do not depend on threads where there is enough to share out. */
static void threads_change_nothing(void **state) {
  (void)state;
  rows r = make_rows(600, 450, 77);
  const int threads = omp_get_max_threads();
  fit_triangle t[2];
  for (int k = 0; k < 2; k++) {
    omp_set_num_threads(k ? 3 : 1);
    t[k] = triangle(&r, 0, 600, 250);
  }
  omp_set_num_threads(threads);
  assert_memory_equal(t[0].r, t[1].r, 451 * 451 * sizeof(double));
  fit_triangle_free(&t[0]);
  fit_triangle_free(&t[1]);
  free(r.a);
}

static void evidence_is_largest(void **state) {
  (void)state;
  world *w = world_make(4, 0);
  fit_system sys = {N, 0, PARTS, w->part, w->gamma};
  fit_prior prior = {FIT_RIDGE_EVIDENCE, 0, false, false}, near = {FIT_RIDGE_GIVEN, 0, false, false};
  fit_solution s, t;
  lisi_error err = {0};
  assert_int_equal(fit_solve(&sys, &prior, &s, &err), LISI_OK);
  assert_null(s.heldout);
  for (int g = 0; g < s.ngrid; g++)
    assert_true(s.score[g] <= s.evidence);
  for (int side = -1; side <= 1; side++) {
    near.ridge = s.ridge * (1 + 0.02 * side);
    assert_int_equal(fit_solve(&sys, &near, &t, &err), LISI_OK);
    assert_true(side ? t.evidence < s.evidence : t.evidence == s.evidence);
    fit_solution_free(&t);
  }
  fit_solution_free(&s);
  world_free(w);
}

/* ---- free columns ---- */

static void free_columns(void **state) {
  (void)state;
  enum { FREE = 3 };
  world *w = world_make(91, FREE);
  /* the third is the sum of the first two: only two are determined */
  for (int dependent = 0; dependent < 2; dependent++) {
    for (int i = 0; i < M; i++)
      for (int k = 0; k < FREE; k++) {
        double *a = &w->r.a[i * (N + 1)];
        a[k] = i % 3 == 0 ? 1 + (i * (k + 2)) % 7 : 0; /* counts, in some rows */
        if (dependent && k == 2)
          a[2] = a[0] + a[1];
      }
    for (int f = 0; f < PARTS; f++) {
      fit_triangle_free(&w->part[f]);
      w->part[f] = triangle(&w->r, w->first[f], w->first[f + 1], 50);
    }
    fit_system sys = {N - FREE, FREE, PARTS, w->part, w->gamma + FREE};
    fit_prior prior = {FIT_RIDGE_GIVEN, 0.03, false, true};
    fit_solution s, moved;
    lisi_error err = {0};
    double c[N], all[N];
    assert_int_equal(fit_solve(&sys, &prior, &s, &err), LISI_OK);
    assert_int_equal(s.free_rank, dependent ? 2 : 3);
    without(w, -1, prior.ridge, c);
    agree(N - FREE, s.coefficient, c + FREE, w->size + FREE, 1e-9);
    if (!dependent)
      agree(FREE, s.free, c, NULL, 1e-9);
    else { /* what no row sees is zero: the part along (1, 1, -1) */
      double size = fabs(s.free[0]) + fabs(s.free[1]) + fabs(s.free[2]);
      assert_true(fabs(s.free[0] + s.free[1] - s.free[2]) < 1e-10 * size);
    }
    memcpy(all, s.free, sizeof s.free[0] * FREE);
    memcpy(all + FREE, s.coefficient, sizeof c[0] * (N - FREE));
    assert_true(fabs(direct(&w->r, 0, M, all) - direct(&w->r, 0, M, c)) < 1e-10 * direct(&w->r, 0, M, c));
    /* constants per free column change nothing but these */
    static const double constant[FREE] = {2.5, -4, 1};
    for (int i = 0; i < M; i++)
      for (int k = 0; k < FREE; k++)
        w->r.a[i * (N + 1) + N] += constant[k] * w->r.a[i * (N + 1) + k];
    fit_triangle shifted[PARTS];
    for (int f = 0; f < PARTS; f++)
      shifted[f] = triangle(&w->r, w->first[f], w->first[f + 1], 50);
    sys.part = shifted;
    assert_int_equal(fit_solve(&sys, &prior, &moved, &err), LISI_OK);
    agree(N - FREE, moved.coefficient, s.coefficient, w->size + FREE, 1e-10);
    for (int f = 0; f < PARTS; f++)
      agree(N - FREE, moved.heldout + f * (N - FREE), s.heldout + f * (N - FREE), w->size + FREE, 1e-9);
    for (int k = 0; k < FREE && !dependent; k++)
      assert_true(fabs(moved.free[k] - s.free[k] - constant[k]) < 1e-9);
    for (int f = 0; f < PARTS; f++)
      fit_triangle_free(&shifted[f]);
    fit_solution_free(&s);
    fit_solution_free(&moved);
  }
  world_free(w);
}

/* ---- relevance determination ---- */

static void relevance(void **state) {
  (void)state;
  enum { RM = 150, RN = 25, TRUE = 4 };
  static const int where[TRUE] = {2, 9, 10, 23};
  static const double value[TRUE] = {1.5, -0.7, 2, 0.4};
  const double noise = 0.05;
  rows r = make_rows(RM, RN, 0);
  unsigned seed = 66;
  for (int i = 0; i < RM; i++) {
    double *a = r.a + i * (RN + 1);
    for (int k = 0; k < RN; k++)
      a[k] = normal(&seed) + (k % 2 ? 0.5 * a[k - (k > 0)] : 0);
    a[7] = 0; /* a column of zeros */
    a[RN] = noise * normal(&seed);
    for (int k = 0; k < TRUE; k++)
      a[RN] += value[k] * a[where[k]];
  }
  fit_triangle t = triangle(&r, 0, RM, 60);
  double c[RN];
  fit_ard_result ard;
  lisi_error err = {0};
  assert_int_equal(fit_ard(&t, 1e-2, 1, 1e-9, 3000, c, &ard, &err), LISI_OK);
  assert_true(ard.converged);
  for (int k = 0; k < TRUE; k++)
    assert_true(isfinite(ard.alpha[where[k]]) && fabs(c[where[k]] - value[k]) < 4 * noise / sqrt(RM));
  assert_true(ard.nkept < RN / 2 && ard.nkept >= TRUE);
  assert_true(isinf(ard.alpha[7]) && c[7] == 0);
  assert_true(fabs(1 / sqrt(ard.beta) - noise) < 0.15 * noise);
  /* Stationary: with C = 1/beta + sum over the others of phi phi^T / alpha, each column's alpha is where the evidence
   * is largest: s^2 / (q^2 - s), or infinity where q^2 < s. */
  double *C = malloc(RM * RM * sizeof *C), *x = malloc(RM * 2 * sizeof *x), worst = 0;
  assert_true(C && x);
  double left = 0;
  for (int b = 0; b < RN; b++) {
    if (b == 7)
      continue;
    for (int i = 0; i < RM; i++) {
      for (int j = 0; j < RM; j++) {
        C[i * RM + j] = i == j ? 1 / ard.beta : 0;
        for (int k = 0; k < RN; k++)
          if (k != b && isfinite(ard.alpha[k]))
            C[i * RM + j] += r.a[i * (RN + 1) + k] * r.a[j * (RN + 1) + k] / ard.alpha[k];
      }
      x[2 * i] = r.a[i * (RN + 1) + b];
      x[2 * i + 1] = r.a[i * (RN + 1) + RN];
    }
    assert_int_equal(LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', RM, 2, C, RM, x, 2), 0);
    double s = 0, q = 0;
    for (int i = 0; i < RM; i++) {
      s += r.a[i * (RN + 1) + b] * x[2 * i];
      q += r.a[i * (RN + 1) + b] * x[2 * i + 1];
    }
    if (isfinite(ard.alpha[b])) {
      assert_true(q * q > s);
      worst = fmax(worst, fabs(log(ard.alpha[b] * (q * q - s) / (s * s))));
      left += s / (ard.alpha[b] + s);
    } else
      assert_true(q * q <= s * (1 + 1e-5));
  }
  assert_true(worst < 1e-5);
  assert_true(fabs(left - ard.number) < 1e-6);
  assert_true(fabs(ard.beta * direct(&r, 0, RM, c) / (RM - left) - 1) < 1e-6);
  /* From a start so stiff, and so noisy, that everything is pruned at once: what the data ask for comes back. */
  fit_ard_result stiff;
  double back[RN];
  assert_int_equal(fit_ard(&t, 1e6, 1e-6, 1e-9, 3000, back, &stiff, &err), LISI_OK);
  assert_true(stiff.converged && fabs(stiff.evidence - ard.evidence) < 1e-6 * fabs(ard.evidence));
  for (int k = 0; k < TRUE; k++)
    assert_true(isfinite(stiff.alpha[where[k]]) && fabs(back[where[k]] - value[k]) < 4 * noise / sqrt(RM));
  free(stiff.alpha);
  /* through fit_solve, with columns and gamma of any size; and what is pruned stays at zero in the fits of the folds */
  double gamma[RN];
  for (int k = 0; k < RN; k++)
    gamma[k] = 1 + k % 4;
  fit_triangle part[2] = {triangle(&r, 0, 80, 60), triangle(&r, 80, RM, 60)};
  fit_system sys = {RN, 0, 2, part, gamma};
  fit_prior prior = {FIT_RIDGE_EVIDENCE, 0, true, true};
  fit_solution sol;
  assert_int_equal(fit_solve(&sys, &prior, &sol, &err), LISI_OK);
  assert_true(sol.converged && sol.rounds > 0 && sol.heldout);
  int kept = 0;
  for (int k = 0; k < RN; k++) {
    assert_true(isfinite(sol.stiffness[k]) || sol.coefficient[k] == 0);
    kept += isfinite(sol.stiffness[k]) && k != 7;
    assert_true(fabs(sol.coefficient[k] - c[k]) < 1e-2);
  }
  assert_true(sol.nkept == kept && sol.information.n == kept + 1); /* the column of zeros is there, and empty */
  for (int f = 0; f < 2; f++)
    for (int k = 0; k < TRUE; k++)
      assert_true(fabs(sol.heldout[f * RN + where[k]] - value[k]) < 5 * noise / sqrt(70));
  fit_solution_free(&sol);
  fit_triangle_free(&part[0]);
  fit_triangle_free(&part[1]);
  free(C);
  free(x);
  free(ard.alpha);
  fit_triangle_free(&t);
  free(r.a);
}

/* ---- fine-tuning ---- */

static void fine_tuning(void **state) {
  (void)state;
  world *w = world_make(50, 0);
  lisi_error err = {0};
  /* the base has nothing of function 6; parts 0 and 1 are the base data, the others new */
  for (int i = 0; i < w->first[2]; i++)
    w->r.a[i * (N + 1) + 6] = 0;
  for (int f = 0; f < PARTS; f++) {
    fit_triangle_free(&w->part[f]);
    w->part[f] = triangle(&w->r, w->first[f], w->first[f + 1], 50);
  }
  fit_system sys = {N, 0, 2, w->part, w->gamma};
  fit_prior prior = {FIT_RIDGE_GIVEN, 1e-4, false, false};
  fit_solution base, s;
  assert_int_equal(fit_solve(&sys, &prior, &base, &err), LISI_OK);
  assert_true(base.stiffness[6] == 0 && base.coefficient[6] == 0);
  fit_triangle T;
  assert_int_equal(fit_triangle_copy(&base.information, &T, &err), LISI_OK);
  fit_refine_system refine = {N, PARTS - 2, w->part + 2, &T, base.stiffness, base.coefficient, w->gamma, 1e-4};
  double p[N], c[N], size6 = 0;
  for (int i = w->first[2]; i < M; i++)
    size6 += w->r.a[i * (N + 1) + 6] * w->r.a[i * (N + 1) + 6];
  for (int k = 0; k < N; k++)
    p[k] = k == 6 ? 1e-4 * w->gamma[6] * sqrt(size6) : base.stiffness[k];
  /* strength 1: the joint fit to all rows with the prior of the base fit */
  dense(&w->r, NULL, p, NULL, c);
  assert_int_equal(fit_refine(&refine, 1, false, &s, &err), LISI_OK);
  agree(N, s.coefficient, c, w->size, 1e-10);
  assert_null(s.heldout);
  assert_int_equal(s.information.rows, M);
  /* its information: once more refined, with the same rows twice, is the joint fit again */
  for (int k = 0; k < N; k++) {
    double up[N], want;
    memcpy(up, c, sizeof up);
    up[k] += 0.2 / w->size[k];
    want = direct(&w->r, 0, M, up) - direct(&w->r, 0, M, c);
    for (int b = 0; b < N; b++)
      want += p[b] * p[b] * (up[b] * up[b] - c[b] * c[b]);
    double d[N];
    for (int b = 0; b < N; b++)
      d[b] = up[b] - c[b];
    fit_triangle info = s.information;
    double *z = info.r + N * (N + 1), keep[N + 1];
    memcpy(keep, z, sizeof keep);
    memset(z, 0, sizeof keep);
    assert_true(fabs(fit_triangle_squares(&info, d) - want) < 1e-8 * fmax(1, want));
    memcpy(z, keep, sizeof keep);
  }
  fit_solution_free(&s);
  /* the triangle in single precision, as it stands in the file */
  for (int k = 0; k < (N + 1) * (N + 1); k++)
    T.r[k] = (double)(float)T.r[k];
  assert_int_equal(fit_refine(&refine, 1, false, &s, &err), LISI_OK);
  agree(N, s.coefficient, c, w->size, 1e-6);
  fit_solution_free(&s);
  memcpy(T.r, base.information.r, (N + 1) * (N + 1) * sizeof *T.r);
  /* other strengths: the rows of the base count s times as much */
  static const double strengths[] = {1e-3, 0.1, 50};
  rows weighted = make_rows(M, N, 1);
  for (int g = 0; g < 3; g++) {
    for (int i = 0; i < M; i++)
      for (int k = 0; k <= N; k++)
        weighted.a[i * (N + 1) + k] = w->r.a[i * (N + 1) + k] * (i < w->first[2] ? sqrt(strengths[g]) : 1);
    double q[N];
    for (int k = 0; k < N; k++)
      q[k] = p[k] * sqrt(strengths[g]);
    dense(&weighted, NULL, q, NULL, c);
    assert_int_equal(fit_refine(&refine, strengths[g], true, &s, &err), LISI_OK);
    agree(N, s.coefficient, c, w->size, 1e-9);
    for (int f = 2; f < PARTS; f++) { /* held out */
      bool use[M];
      for (int i = 0; i < M; i++)
        use[i] = i < w->first[f] || i >= w->first[f + 1];
      dense(&weighted, use, q, NULL, c);
      agree(N, s.heldout + (f - 2) * N, c, w->size, 1e-9);
    }
    fit_solution_free(&s);
  }
  /* the strength by cross-validation: losses as the held-out coefficients of that strength give them */
  assert_int_equal(fit_refine(&refine, 0, false, &s, &err), LISI_OK);
  assert_true(s.heldout && s.ngrid > 10);
  for (int g = 0; g < s.ngrid; g += 8) {
    fit_solution one;
    double loss = 0;
    assert_int_equal(fit_refine(&refine, s.grid[g], true, &one, &err), LISI_OK);
    for (int f = 2; f < PARTS; f++)
      loss += direct(&w->r, w->first[f], w->first[f + 1], one.heldout + (f - 2) * N) / (M - w->first[2]);
    assert_true(fabs(loss - s.score[g]) < 1e-7 * loss);
    fit_solution_free(&one);
  }
  for (int g = 0; g < s.ngrid; g++)
    assert_true(s.score[g] >= s.score[(int)lround(4 * log10(s.ridge)) + s.ngrid / 2]);
  fit_solution_free(&s);
  /* pruned functions stay */
  int index[N], n = 0;
  for (int k = 0; k < N; k++) {
    if (k % 4 == 1)
      base.stiffness[k] = INFINITY;
    else
      index[n++] = k;
    base.coefficient[k] = k % 4 == 1 ? 0 : base.coefficient[k];
  }
  fit_triangle_free(&T);
  assert_int_equal(fit_triangle_select(&base.information, n, index, &T, &err), LISI_OK);
  assert_int_equal(fit_refine(&refine, 1, false, &s, &err), LISI_OK);
  for (int k = 1; k < N; k += 4)
    assert_true(s.coefficient[k] == 0);
  assert_true(s.information.n == n && s.coefficient[2] != base.coefficient[2]);
  fit_solution_free(&s);
  fit_triangle_free(&T);
  free(weighted.a);
  fit_solution_free(&base);
  world_free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(triangles),          cmocka_unit_test(threads_change_nothing),
                                     cmocka_unit_test(ridge_and_evidence), cmocka_unit_test(evidence_is_an_integral),
                                     cmocka_unit_test(cross_validation),   cmocka_unit_test(evidence_is_largest),
                                     cmocka_unit_test(free_columns),       cmocka_unit_test(relevance),
                                     cmocka_unit_test(fine_tuning)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
