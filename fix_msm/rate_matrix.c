/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rate_matrix.h"

#include "reversible.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE 1e-11
#define SCORE 1e-6 /* sum g^2/J where rounding ends the descent: a thousandth of a standard error for known paths */
#define MOST_STEPS 3000
#define FIRST 10 /* of expectation maximisation: far from the maximum nothing is safer */

/* K = Pi^-1/2 U diag(kappa) U^T Pi^1/2: rows of U[n][n] are the eigenvectors. */
static lisi_status decompose(int n, const double *W, const double *root, double *kappa, double *U, lisi_error *err) {
  const size_t N = (size_t)n;
  for (size_t i = 0; i < N; i++) {
    double leave = 0.0;
    for (size_t j = 0; j < N; j++) {
      if (j == i)
        continue;
      leave += W[i * N + j];
      U[i * N + j] = W[i * N + j] / (root[i] * root[j]);
    }
    U[i * N + i] = -leave / (root[i] * root[i]);
  }
  const lapack_int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', n, U, n, kappa);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the eigenvalues of the rate matrix were not found (dsyevd: %d)",
                     (int)info);
  for (size_t k = 0; k < N; k++)
    kappa[k] = fmin(kappa[k], 0.0); /* rounding */
  return LISI_OK;
}

static void multiply(bool left_transposed, bool right_transposed, int n, const double *A, const double *B,
                     double *out) {
  cblas_dgemm(CblasRowMajor, left_transposed ? CblasTrans : CblasNoTrans, right_transposed ? CblasTrans : CblasNoTrans,
              n, n, n, 1.0, A, n, B, n, 0.0, out, n);
}

/* integral over s from 0 to lag of exp(a s) exp(b (lag - s)), a and b <= 0 */
static double overlap(double a, double b, double lag) {
  const double x = fabs(a - b) * lag;
  return exp(fmax(a, b) * lag) * lag * (x > 1e-8 ? -expm1(-x) / x : 1.0 - 0.5 * x);
}

lisi_status rate_matrix_expect(int n, const double *C, double lag, const double *W, const double *pi, double *time,
                               double *jumps, double *P_out, double *log_likelihood, lisi_error *err) {
  const size_t N = (size_t)n;
  double *U = malloc(3 * N * N * sizeof *U), *kappa = calloc(2 * N, sizeof *kappa);
  if (U == NULL || kappa == NULL) {
    free(U);
    free(kappa);
    return lisi_no_memory(err, 3 * N * N * sizeof *U);
  }
  double *G = U + N * N, *work = G + N * N, *root = kappa + N;
  for (size_t i = 0; i < N; i++)
    root[i] = sqrt(pi[i]);
  const lisi_status status = decompose(n, W, root, kappa, U, err);
  if (status != LISI_OK)
    goto done;
  /* exp(K lag), with which ln L; then G_ij = C_ij/P_ij */
  for (size_t k = 0; k < N; k++) {
    for (size_t i = 0; i < N; i++)
      work[k * N + i] = exp(kappa[k] * lag) * U[k * N + i];
  }
  multiply(true, false, n, U, work, G);
  double sum = 0.0;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      const size_t ij = i * N + j;
      const double p = fmax(G[ij] * root[j] / root[i], 1e-300);
      if (P_out != NULL)
        P_out[ij] = G[ij] > 0.0 ? p : 0.0;
      if (C[ij] > 0.0)
        sum += C[ij] * log(p);
      /* of Pi^-1/2 G Pi^1/2, which is what the eigenvectors want */
      G[ij] = C[ij] > 0.0 ? C[ij] / p * root[j] / root[i] : 0.0;
    }
  }
  *log_likelihood = sum;
  /* M_kl = sum_ij G_ij integral P_ik(s) P_lj(lag-s) ds = [Pi^1/2 U^T (U G U^T o overlap) U Pi^-1/2]_kl */
  multiply(false, false, n, U, G, work);
  multiply(false, true, n, work, U, G);
  for (size_t a = 0; a < N; a++) {
    for (size_t b = 0; b < N; b++)
      G[a * N + b] *= overlap(kappa[a], kappa[b], lag);
  }
  multiply(true, false, n, U, G, work);
  multiply(false, false, n, work, U, G);
  for (size_t k = 0; k < N; k++) {
    for (size_t l = 0; l < N; l++) {
      const double m = fmax(G[k * N + l], 0.0) * root[k] / root[l];
      if (k == l)
        time[k] = m;
      jumps[k * N + l] = k == l ? 0.0 : W[k * N + l] / pi[k] * m;
    }
  }
done:
  free(U);
  free(kappa);
  return status;
}

/* ---- expectation maximisation ---- */

typedef struct {
  int n;
  const double *C;
  double lag;
  double *time, *jumps, *X; /* [n], [n][n], [n][n] */
} chain;

/* One step from (W, pi) to (W2, pi2), which may be the same arrays. info is of (W, pi). */
static lisi_status step(chain *c, const double *W, const double *pi, double *W2, double *pi2, rate_info *info,
                        lisi_error *err) {
  const size_t N = (size_t)c->n;
  lisi_status status =
      rate_matrix_expect(c->n, c->C, c->lag, W, pi, c->time, c->jumps, NULL, &info->log_likelihood, err);
  if (status != LISI_OK)
    return status;
  double score = 0.0, all = 0.0;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = i + 1; j < N; j++) {
      const double J = c->jumps[i * N + j] + c->jumps[j * N + i];
      if (!(J > 0.0))
        continue;
      const double g = J - W[i * N + j] * (c->time[i] / pi[i] + c->time[j] / pi[j]);
      score += g * g / J;
      all += J;
    }
  }
  info->score = score;
  info->certificate = all > 0.0 ? sqrt(score / all) : 0.0;
  info->steps++;
  status = reversible_ml(c->n, c->jumps, c->X, NULL, err);
  if (status != LISI_OK)
    return status;
  /* with q_i = time_i/pi_i the maximum is that of reversible_ml: W = X, pi_i = time_i X_i/jumps_i */
  double total = 0.0;
  for (size_t i = 0; i < N; i++) {
    double out = 0.0, flux = 0.0;
    for (size_t j = 0; j < N; j++) {
      out += c->jumps[i * N + j];
      flux += c->X[i * N + j];
    }
    pi2[i] = c->time[i] * flux / out;
    total += pi2[i];
  }
  for (size_t i = 0; i < N; i++)
    pi2[i] /= total;
  for (size_t k = 0; k < N * N; k++)
    W2[k] = c->X[k] / total;
  return LISI_OK;
}

/* ---- quasi-Newton, where expectation maximisation gets slow ----
 * The variables are x = 2 sqrt(t_ij W_ij) for each pair and sqrt(J_i) ln pi_i for each state, with t_ij = time_i/pi_i +
 * time_j/pi_j and J_i the jumps from i at the start: for fully known paths all second derivatives of -ln L would be
 * about
 * 1. Rates may reach 0. */

typedef struct {
  size_t npairs, nx;
  int *i, *j;     /* [npairs] */
  double *unit;   /* [nx] */
  double *W, *pi; /* [n][n], [n] at x */
  chain *c;
} surface;

static void place(const surface *s, const double *x) {
  const size_t N = (size_t)s->c->n;
  double total = 0.0;
  for (size_t i = 0; i < N; i++)
    total += s->pi[i] = exp(x[s->npairs + i] / s->unit[s->npairs + i]);
  for (size_t k = 0; k < s->npairs; k++) {
    const double root = x[k] / s->unit[k];
    s->W[(size_t)s->i[k] * N + (size_t)s->j[k]] = s->W[(size_t)s->j[k] * N + (size_t)s->i[k]] = root * root / total;
  }
  for (size_t i = 0; i < N; i++)
    s->pi[i] /= total;
}

/* -ln L and its gradient at x; info is filled. */
static lisi_status slope(const surface *s, const double *x, double *g, rate_info *info, lisi_error *err) {
  const size_t N = (size_t)s->c->n;
  const chain *c = s->c;
  place(s, x);
  const lisi_status status =
      rate_matrix_expect(c->n, c->C, c->lag, s->W, s->pi, c->time, c->jumps, NULL, &info->log_likelihood, err);
  info->steps++;
  double all = 0.0, score = 0.0;
  for (size_t i = 0; i < N; i++) {
    double out = 0.0, leave = 0.0;
    for (size_t j = 0; j < N; j++) {
      out += c->jumps[i * N + j];
      leave += s->W[i * N + j];
    }
    g[s->npairs + i] = (out - leave * c->time[i] / s->pi[i]) / s->unit[s->npairs + i];
    all += out;
  }
  for (size_t k = 0; k < s->npairs; k++) {
    const size_t i = (size_t)s->i[k], j = (size_t)s->j[k];
    const double w = s->W[i * N + j], J = c->jumps[i * N + j] + c->jumps[j * N + i],
                 t = c->time[i] / s->pi[i] + c->time[j] / s->pi[j];
    g[k] = x[k] != 0.0 ? -2.0 * (J - w * t) / x[k] : 0.0;
    score += J > 0.0 ? (J - w * t) * (J - w * t) / J : 0.0;
  }
  info->score = score;
  info->certificate = all > 0.0 ? sqrt(score / all) : 0.0;
  return status;
}

static double dot(size_t n, const double *a, const double *b) {
  double sum = 0.0;
  for (size_t k = 0; k < n; k++)
    sum += a[k] * b[k];
  return sum;
}

enum { MEMORY = 30 };

typedef struct {
  int n, last; /* pairs kept, and the place of the newest */
  double *s, *y, rho[MEMORY];
} memory;

/* d = -(approximate inverse Hessian) g: the two loops of Nocedal (Math. Comput. 35, 773 (1980)). */
static void direction(const memory *m, size_t n, const double *g, double *d) {
  double a[MEMORY];
  for (size_t k = 0; k < n; k++)
    d[k] = -g[k];
  for (int q = 0; q < m->n; q++) {
    const size_t at = (size_t)((m->last + MEMORY - q) % MEMORY);
    a[at] = m->rho[at] * dot(n, m->s + at * n, d);
    for (size_t k = 0; k < n; k++)
      d[k] -= a[at] * m->y[at * n + k];
  }
  if (m->n > 0) {
    const size_t at = (size_t)m->last;
    const double scale = 1.0 / (m->rho[at] * dot(n, m->y + at * n, m->y + at * n));
    for (size_t k = 0; k < n; k++)
      d[k] *= scale;
  }
  for (int q = m->n - 1; q >= 0; q--) {
    const size_t at = (size_t)((m->last + MEMORY - q) % MEMORY);
    const double b = m->rho[at] * dot(n, m->y + at * n, d);
    for (size_t k = 0; k < n; k++)
      d[k] += (a[at] - b) * m->s[at * n + k];
  }
}

static void remember(memory *m, size_t n, const double *x0, const double *g0, const double *x, const double *g) {
  const int at = (m->last + 1) % MEMORY;
  double *s = m->s + (size_t)at * n, *y = m->y + (size_t)at * n;
  for (size_t k = 0; k < n; k++) {
    s[k] = x[k] - x0[k];
    y[k] = g[k] - g0[k];
  }
  const double sy = dot(n, s, y);
  if (!(sy > 1e-12 * dot(n, y, y)))
    return;
  m->rho[at] = 1.0 / sy;
  m->last = at;
  m->n += m->n < MEMORY;
}

/* Goes down until the certificate holds or rounding stops it. */
static lisi_status descend(const surface *s, double *x, double *room, rate_info *info, lisi_error *err) {
  const size_t n = s->nx;
  double *g = room, *d = g + n, *x0 = d + n, *g0 = x0 + n;
  memory m = {0, MEMORY - 1, g0 + n, g0 + n * (1 + MEMORY), {0}};
  lisi_status status = slope(s, x, g, info, err);
  while (status == LISI_OK && !(info->certificate < CERTIFICATE) && info->steps < MOST_STEPS) {
    const double before = -info->log_likelihood;
    memcpy(x0, x, n * sizeof *x);
    memcpy(g0, g, n * sizeof *g);
    direction(&m, n, g, d);
    double down = dot(n, g, d);
    if (!(down < 0.0)) {
      m.n = 0;
      direction(&m, n, g, d);
      down = dot(n, g, d);
    }
    if (!(down < 0.0))
      break;
    double t = m.n > 0 ? 1.0 : fmin(1.0, 1.0 / sqrt(-down));
    bool moved = false;
    for (int cut = 0; cut < 30 && status == LISI_OK && !moved; cut++, t *= 0.4) {
      for (size_t k = 0; k < n; k++)
        x[k] = x0[k] + t * d[k];
      status = slope(s, x, g, info, err);
      moved = status == LISI_OK && -info->log_likelihood <= before + 1e-4 * t * down + 1e-13 * fabs(before);
    }
    if (status != LISI_OK)
      break;
    if (!moved) { /* rounding; the best point counts */
      memcpy(x, x0, n * sizeof *x);
      status = slope(s, x, g, info, err);
      if (m.n == 0)
        break;
      m.n = 0;
      continue;
    }
    remember(&m, n, x0, g0, x, g);
  }
  return status;
}

static lisi_status quasi_newton(chain *c, double *W, double *pi, rate_info *info, lisi_error *err) {
  const size_t N = (size_t)c->n, most = N * (N - 1) / 2, room_for = most + N;
  surface s = {.W = W, .pi = pi, .c = c};
  s.i = malloc(most * sizeof *s.i);
  s.j = malloc(most * sizeof *s.j);
  s.unit = malloc(room_for * sizeof *s.unit);
  double *x = malloc(room_for * sizeof *x), *room = malloc((4 + 2 * MEMORY) * room_for * sizeof *room);
  lisi_status status = LISI_OK;
  if (!s.i || !s.j || !s.unit || !x || !room) {
    status = lisi_no_memory(err, 2 * MEMORY * room_for * sizeof *room);
    goto done;
  }
  status = rate_matrix_expect(c->n, c->C, c->lag, W, pi, c->time, c->jumps, NULL, &info->log_likelihood, err);
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    for (size_t j = i + 1; j < N; j++) {
      if (!(W[i * N + j] > 0.0))
        continue;
      s.i[s.npairs] = (int)i;
      s.j[s.npairs] = (int)j;
      s.unit[s.npairs] = 2.0 * sqrt(c->time[i] / pi[i] + c->time[j] / pi[j]);
      x[s.npairs] = s.unit[s.npairs] * sqrt(W[i * N + j]);
      s.npairs++;
    }
  }
  s.nx = s.npairs + N;
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    double out = 0.0;
    for (size_t j = 0; j < N; j++)
      out += c->jumps[i * N + j];
    s.unit[s.npairs + i] = sqrt(out);
    x[s.npairs + i] = s.unit[s.npairs + i] * log(pi[i]);
  }
  if (status == LISI_OK)
    status = descend(&s, x, room, info, err);
done:
  free(s.i);
  free(s.j);
  free(s.unit);
  free(x);
  free(room);
  return status;
}

lisi_status rate_matrix_ml(int n, const double *C, double lag, double *W, double *pi, rate_info *info,
                           lisi_error *err) {
  const size_t N = (size_t)n;
  rate_info local;
  if (info == NULL)
    info = &local;
  *info = (rate_info){0};
  if (n > RATE_MAX_STATES)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%d states are more than the rate matrix is made for (%d)", n,
                     RATE_MAX_STATES);
  if (n == 1) {
    W[0] = 0.0;
    pi[0] = 1.0;
    return LISI_OK;
  }
  chain c = {n, C, lag, malloc(N * sizeof(double)), malloc(N * N * sizeof(double)), malloc(N * N * sizeof(double))};
  lisi_status status = LISI_OK;
  if (!c.time || !c.jumps || !c.X)
    status = lisi_no_memory(err, 2 * N * N * sizeof(double));
  if (status == LISI_OK) /* the start: K = (P - 1)/lag */
    status = reversible_ml(n, C, W, NULL, err);
  if (status == LISI_OK) {
    for (size_t i = 0; i < N; i++) {
      pi[i] = 0.0;
      for (size_t j = 0; j < N; j++)
        pi[i] += W[i * N + j];
      W[i * N + i] = 0.0;
    }
    for (size_t k = 0; k < N * N; k++)
      W[k] /= lag;
    for (int k = 0; k < FIRST && status == LISI_OK; k++)
      status = step(&c, W, pi, W, pi, info, err);
    if (status == LISI_OK && !(info->certificate < CERTIFICATE))
      status = quasi_newton(&c, W, pi, info, err);
    if (status == LISI_OK && !(info->certificate < CERTIFICATE) && !(info->score < SCORE))
      status = lisi_fail(err, LISI_ERR_NUMERIC,
                         "the rate matrix did not converge (relative gradient %.2g after %d steps): at this lag the "
                         "counts hardly hold the rates; take a shorter one",
                         info->certificate, info->steps);
  }
  free(c.time);
  free(c.jumps);
  free(c.X);
  return status;
}
