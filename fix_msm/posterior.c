/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "posterior.h"

#include "variates.h"

#include <lapacke.h>
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All elements (i, j, R) of one pair i, j: a range of `element`. */
typedef struct {
  int i, j;
  size_t first, end;
  double S;
} pair;

struct posterior {
  posterior_kind kind;
  int n;
  lisi_rng rng;
  size_t nelements, npairs;
  posterior_element *element; /* value: S_ij(R); row: C_ij(R) */
  pair *pair;
  double *c;                         /* [n] sum_j C_ij */
  double *log_v;                     /* [nelements] the flux of the last draw, not normalised */
  double *sum;                       /* [n] work */
  double *pi;                        /* fixed pi: [n] */
  double *x;                         /* fixed pi: [npairs] */
  double *stay;                      /* fixed pi: [n] what each row has left for x_ii; [n] C_ii behind it */
  double *factor;                    /* reversible: [n-1][n-1] Cholesky factor of the Hessian */
  double *z0, *z, *proposal, *shift; /* [n] */
  double *weight;                    /* [npairs] q_i/(q_i + q_j) at the minimum */
  double excess;                     /* f(z) - f(z0) - the quadratic form */
  double step;                       /* how far a proposal goes: z0 + sqrt(1 - step^2)(z - z0) + step * normal */
  int moves;                         /* proposals per draw */
  double tried, taken;
};

/* ln of a flux: e^LOWEST is still a number, so that a link of next to no counts does not vanish. */
#define LOWEST (-690.0)

/* ---- elements and pairs ---- */

static int compare_elements(const void *a, const void *b) {
  const posterior_element *x = a, *y = b;
  if (x->i != y->i)
    return x->i < y->i ? -1 : 1;
  if (x->j != y->j)
    return x->j < y->j ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (x->r[k] != y->r[k])
      return x->r[k] < y->r[k] ? -1 : 1;
  return 0;
}

/* (i, j, R) and (j, i, -R) become one: i < j, and R not below 0 where i = j. */
static posterior_element canonical(const count_entry *e) {
  posterior_element out = {e->i, e->j, {e->r[0], e->r[1], e->r[2]}, e->c};
  bool turn = e->i > e->j;
  for (int k = 0; k < 3 && e->i == e->j && !turn; k++) {
    if (e->r[k] > 0)
      break;
    turn = e->r[k] < 0;
  }
  if (turn)
    out = (posterior_element){e->j, e->i, {-e->r[0], -e->r[1], -e->r[2]}, e->c};
  return out;
}

static lisi_status list_elements(posterior *p, size_t m, const count_entry *entry, lisi_error *err) {
  p->element = malloc((m + 1) * sizeof *p->element);
  if (p->element == NULL)
    return lisi_no_memory(err, m * sizeof *p->element);
  size_t n = 0;
  for (size_t k = 0; k < m; k++) {
    const count_entry *e = &entry[k];
    if (!(e->c > 0.0))
      continue;
    p->c[e->i] += e->c;
    p->element[n++] =
        p->kind == POSTERIOR_ROW ? (posterior_element){e->i, e->j, {e->r[0], e->r[1], e->r[2]}, e->c} : canonical(e);
  }
  qsort(p->element, n, sizeof *p->element, compare_elements);
  size_t kept = 0;
  for (size_t k = 0; k < n; k++) {
    if (kept > 0 && compare_elements(&p->element[kept - 1], &p->element[k]) == 0)
      p->element[kept - 1].value += p->element[k].value;
    else
      p->element[kept++] = p->element[k];
  }
  p->nelements = kept;
  p->pair = malloc((kept + 1) * sizeof *p->pair);
  p->log_v = malloc((kept + 1) * sizeof *p->log_v);
  if (p->pair == NULL || p->log_v == NULL)
    return lisi_no_memory(err, kept * sizeof *p->pair);
  for (size_t k = 0; k < kept; k++) {
    const posterior_element *e = &p->element[k];
    if (p->npairs == 0 || p->pair[p->npairs - 1].i != e->i || p->pair[p->npairs - 1].j != e->j)
      p->pair[p->npairs++] = (pair){e->i, e->j, k, k, 0.0};
    p->pair[p->npairs - 1].S += e->value;
    p->pair[p->npairs - 1].end = k + 1;
  }
  return LISI_OK;
}

/* ---- reversible: all z at a time ---- */

/* ln(w e^d + 1 - w) - w d >= 0: what one pair adds to f(z) - f(z0), per count. The parts linear in z cancel in the sum
 * over pairs, for z0 is the minimum. */
static double pair_excess(double w, double d) {
  if (d > 0.0) /* so that the exponential stays below 1 */
    return log1p((1.0 - w) * expm1(-d)) + (1.0 - w) * d;
  return log1p(w * expm1(d)) - w * d;
}

static double excess_at(const posterior *p, const double *z, double *work) {
  double f = 0.0;
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    if (q->i == q->j)
      continue;
    f += q->S * pair_excess(p->weight[k], (z[q->i] - p->z0[q->i]) - (z[q->j] - p->z0[q->j]));
  }
  const int M = p->n - 1; /* the last z stays where it is: only differences matter */
  for (int i = 0; i < M; i++)
    work[i] = z[i] - p->z0[i];
  cblas_dtrmv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, M, p->factor, M, work, 1);
  double form = 0.0;
  for (int i = 0; i < M; i++)
    form += 0.5 * work[i] * work[i];
  return f - form;
}

/* One proposal: it would always be taken if f were its quadratic form. */
static void propose(posterior *p, double step) {
  const int M = p->n - 1;
  for (int i = 0; i < M; i++)
    p->shift[i] = lisi_rng_normal(&p->rng);
  cblas_dtrsv(CblasColMajor, CblasUpper, CblasNoTrans, CblasNonUnit, M, p->factor, M, p->shift, 1);
  const double keep = sqrt(1.0 - step * step);
  for (int i = 0; i < M; i++)
    p->proposal[i] = p->z0[i] + keep * (p->z[i] - p->z0[i]) + step * p->shift[i];
  p->proposal[M] = p->z0[M];
  const double excess = excess_at(p, p->proposal, p->shift), u = lisi_rng_uniform(&p->rng);
  p->tried += 1.0;
  if (!(log(u) < p->excess - excess)) /* also for NaN */
    return;
  p->taken += 1.0;
  p->excess = excess;
  memcpy(p->z, p->proposal, (size_t)p->n * sizeof *p->z);
}

/* ln v of every element, given z. */
static void draw_flux(posterior *p) {
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    const double zi = p->z[q->i], zj = p->z[q->j];
    const double rate = q->i == q->j ? zi : fmax(zi, zj) + log1p(exp(-fabs(zi - zj)));
    for (size_t e = q->first; e < q->end; e++)
      p->log_v[e] = fmax(lisi_rng_log_gamma(&p->rng, p->element[e].value) - rate, LOWEST);
  }
}

static void row_sums(const posterior *p, double *sum) {
  memset(sum, 0, (size_t)p->n * sizeof *sum);
  for (size_t e = 0; e < p->nelements; e++) {
    const posterior_element *x = &p->element[e];
    const double v = exp(p->log_v[e]);
    sum[x->i] += v;
    if (x->j != x->i)
      sum[x->j] += v;
  }
}

/* z given the flux: each by itself, exact, where a proposal for all may hang in the tails of a rarely visited state. */
static void refresh_z(posterior *p) {
  row_sums(p, p->sum);
  for (int i = 0; i < p->n; i++)
    p->z[i] = lisi_rng_log_gamma(&p->rng, p->c[i]) - log(p->sum[i]);
  const double last = p->z[p->n - 1] - p->z0[p->n - 1];
  for (int i = 0; i < p->n; i++)
    p->z[i] -= last;
  p->excess = excess_at(p, p->z, p->shift);
}

static lisi_status start_reversible(posterior *p, const double *X, lisi_error *err) {
  const size_t N = (size_t)p->n, M = N - 1;
  p->z0 = malloc(N * sizeof(double));
  p->z = malloc(N * sizeof(double));
  p->proposal = malloc(N * sizeof(double));
  p->shift = malloc(N * sizeof(double));
  p->weight = malloc((p->npairs + 1) * sizeof(double));
  p->factor = calloc(M * M + 1, sizeof(double));
  if (!p->z0 || !p->z || !p->proposal || !p->shift || !p->weight || !p->factor)
    return lisi_no_memory(err, M * M * sizeof(double));
  for (size_t i = 0; i < N; i++) {
    double row = 0.0;
    for (size_t j = 0; j < N; j++)
      row += X[i * N + j];
    if (!(row > 0.0) || !(p->c[i] > 0.0))
      return lisi_fail(err, LISI_ERR_NUMERIC, "posterior: state %zu has no counts", i + 1);
    p->z0[i] = log(p->c[i] / row);
  }
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    const double w = 1.0 / (1.0 + exp(p->z0[q->j] - p->z0[q->i])), h = q->S * w * (1.0 - w);
    const size_t i = (size_t)q->i, j = (size_t)q->j;
    p->weight[k] = w;
    if (i == j)
      continue;
    if (i < M)
      p->factor[i * M + i] += h;
    if (j < M) {
      p->factor[j * M + j] += h;
      p->factor[j * M + i] = -h; /* column j, row i < j: upper triangle */
    }
  }
  if (M > 0 && LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'U', (lapack_int)M, p->factor, (lapack_int)M) != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "posterior: the counts of %d states do not hang together", p->n);
  memcpy(p->z, p->z0, N * sizeof(double));
  p->excess = 0.0;
  p->step = 1.0;
  p->moves = 1;
  if (M == 0)
    return LISI_OK;
  /* Tuning: shorter steps until enough of them are taken; then as many a draw as make it forget the last one. */
  enum { ROUNDS = 12, TRIES = 25 };
  for (int round = 0; round < ROUNDS; round++) {
    p->tried = p->taken = 0.0;
    for (int k = 0; k < TRIES; k++)
      propose(p, p->step);
    draw_flux(p);
    refresh_z(p);
    if (p->taken >= 0.4 * TRIES)
      continue;
    p->step *= p->taken >= 0.2 * TRIES ? 0.8 : 0.5;
  }
  p->moves = (int)fmin(fmax(ceil(4.0 / (p->step * p->step)), 3.0), 60.0);
  p->tried = p->taken = 0.0;
  return LISI_OK;
}

/* ---- fixed stationary distribution: one pair after the other ---- */

typedef struct {
  double S, most, left_i, left_j, stay_i, stay_j;
} slice_density;

/* Of y = ln(x/(most - x)): the density in x times dx/dy. */
static double log_density(const slice_density *d, double y) {
  const double down = y > 0.0 ? log1p(exp(-y)) : log1p(exp(y)) - y; /* -ln(x/most) */
  const double rest = d->most * exp(-down - y);                     /* most - x */
  double f = -d->S * down - (down + y);
  if (d->stay_i > 0.0)
    f += (d->stay_i - 1.0) * log(fmax(d->left_i - d->most + rest, 1e-300));
  if (d->stay_j > 0.0)
    f += (d->stay_j - 1.0) * log(fmax(d->left_j - d->most + rest, 1e-300));
  return f;
}

static double slice_move(lisi_rng *rng, const slice_density *d, double y) {
  const double level = log_density(d, y) + log(1.0 - lisi_rng_uniform(rng));
  const double width = 4.0 / sqrt(1.0 + d->S);
  double lo = y - width * lisi_rng_uniform(rng), hi = lo + width;
  for (int k = 0; k < 200 && log_density(d, lo) > level; k++)
    lo -= width;
  for (int k = 0; k < 200 && log_density(d, hi) > level; k++)
    hi += width;
  for (int k = 0; k < 200; k++) {
    const double next = lo + (hi - lo) * lisi_rng_uniform(rng);
    if (log_density(d, next) > level)
      return next;
    if (next < y)
      lo = next;
    else
      hi = next;
  }
  return y;
}

static void sweep_fixed(posterior *p) {
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    if (q->i == q->j)
      continue;
    slice_density d = {
        q->S, 0.0, p->stay[q->i] + p->x[k], p->stay[q->j] + p->x[k], p->stay[p->n + q->i], p->stay[p->n + q->j]};
    d.most = fmin(d.left_i, d.left_j);
    const double old = p->x[k];
    const double y = slice_move(&p->rng, &d, log(old) - log(fmax(d.most - old, 1e-300)));
    p->x[k] = fmax(d.most / (1.0 + exp(-y)), 1e-300);
    p->stay[q->i] = fmax(d.left_i - p->x[k], 0.0);
    p->stay[q->j] = fmax(d.left_j - p->x[k], 0.0);
  }
}

static lisi_status start_fixed(posterior *p, const double *X, const double *pi, lisi_error *err) {
  const size_t N = (size_t)p->n;
  p->pi = malloc(N * sizeof(double));
  p->stay = calloc(2 * N, sizeof(double));
  p->x = calloc(p->npairs + 1, sizeof(double));
  if (!p->pi || !p->stay || !p->x)
    return lisi_no_memory(err, p->npairs * sizeof(double));
  double norm = 0.0;
  for (size_t i = 0; i < N; i++)
    norm += pi[i];
  for (size_t i = 0; i < N; i++)
    p->pi[i] = p->stay[i] = pi[i] / norm;
  /* Begin a little inside: the estimate may leave a row nothing for staying. */
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    if (q->i == q->j) {
      p->stay[N + (size_t)q->i] = q->S;
      continue;
    }
    p->x[k] = 0.99 * fmax(X[(size_t)q->i * N + (size_t)q->j], 1e-12 * fmin(p->pi[q->i], p->pi[q->j]));
    p->stay[q->i] -= p->x[k];
    p->stay[q->j] -= p->x[k];
  }
  p->moves = 5;
  for (int k = 0; k < 50; k++)
    sweep_fixed(p);
  return LISI_OK;
}

/* ---- outside ---- */

lisi_status posterior_new(posterior_kind kind, int n, size_t m, const count_entry *entry, const double *X,
                          const double *pi, uint64_t seed, uint64_t stream, posterior **sampler, lisi_error *err) {
  *sampler = NULL;
  posterior *p = calloc(1, sizeof *p);
  if (p == NULL)
    return lisi_no_memory(err, sizeof *p);
  p->kind = kind;
  p->n = n;
  lisi_rng_stream(&p->rng, seed, stream);
  p->c = calloc((size_t)n, sizeof *p->c);
  p->sum = calloc((size_t)n, sizeof *p->sum);
  lisi_status status = p->c == NULL || p->sum == NULL ? lisi_no_memory(err, 2 * (size_t)n * sizeof *p->c) : LISI_OK;
  if (status == LISI_OK)
    status = list_elements(p, m, entry, err);
  if (status == LISI_OK && p->nelements == 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "posterior: there are no counts");
  if (status == LISI_OK && kind == POSTERIOR_REVERSIBLE)
    status = start_reversible(p, X, err);
  if (status == LISI_OK && kind == POSTERIOR_FIXED_PI)
    status = start_fixed(p, X, pi, err);
  if (status != LISI_OK) {
    posterior_free(p);
    p = NULL;
  }
  *sampler = p;
  return status;
}

void posterior_free(posterior *p) {
  if (p == NULL)
    return;
  free(p->element);
  free(p->pair);
  free(p->c);
  free(p->log_v);
  free(p->sum);
  free(p->pi);
  free(p->x);
  free(p->stay);
  free(p->factor);
  free(p->z0);
  free(p->z);
  free(p->proposal);
  free(p->shift);
  free(p->weight);
  free(p);
}

size_t posterior_size(const posterior *p) {
  return p->nelements;
}

double posterior_acceptance(const posterior *p) {
  return p->tried > 0.0 ? p->taken / p->tried : 1.0;
}

static void draw_reversible(posterior *p) {
  for (int k = 0; k < p->moves && p->n > 1; k++)
    propose(p, k % 3 == 2 ? p->step / 3.0 : p->step);
  draw_flux(p);
}

/* ln of the elements' flux: the pair's x split by a Dirichlet variate in S_ij(R). */
static void draw_fixed(posterior *p) {
  for (int k = 0; k < p->moves; k++)
    sweep_fixed(p);
  for (size_t k = 0; k < p->npairs; k++) {
    const pair *q = &p->pair[k];
    const double x = q->i == q->j ? p->stay[q->i] : p->x[k];
    double top = -INFINITY, sum = 0.0;
    for (size_t e = q->first; e < q->end; e++) {
      p->log_v[e] = lisi_rng_log_gamma(&p->rng, p->element[e].value);
      top = fmax(top, p->log_v[e]);
    }
    for (size_t e = q->first; e < q->end; e++)
      sum += exp(p->log_v[e] - top);
    for (size_t e = q->first; e < q->end; e++)
      p->log_v[e] += log(x) - top - log(sum);
  }
}

/* Elements are in the order of their rows. */
static void draw_row(posterior *p, posterior_element *element) {
  for (size_t first = 0, end; first < p->nelements; first = end) {
    double top = -INFINITY, sum = 0.0;
    for (end = first; end < p->nelements && element[end].i == element[first].i; end++) {
      p->log_v[end] = lisi_rng_log_gamma(&p->rng, element[end].value);
      top = fmax(top, p->log_v[end]);
    }
    for (size_t e = first; e < end; e++)
      sum += element[e].value = exp(fmax(p->log_v[e] - top, LOWEST));
    for (size_t e = first; e < end; e++)
      element[e].value /= sum;
  }
}

lisi_status posterior_draw(posterior *p, posterior_element *element, double *pi, lisi_error *err) {
  memcpy(element, p->element, p->nelements * sizeof *element);
  if (p->kind == POSTERIOR_ROW) {
    draw_row(p, element);
    return LISI_OK;
  }
  double total = 1.0;
  if (p->kind == POSTERIOR_FIXED_PI) {
    draw_fixed(p);
    memcpy(pi, p->pi, (size_t)p->n * sizeof *pi);
  } else {
    draw_reversible(p);
    row_sums(p, p->sum);
    total = 0.0;
    for (int i = 0; i < p->n; i++)
      total += p->sum[i];
    for (int i = 0; i < p->n; i++)
      pi[i] = p->sum[i] / total;
  }
  for (size_t e = 0; e < p->nelements; e++)
    element[e].value = exp(p->log_v[e]) / total;
  for (int i = 0; i < p->n; i++) {
    if (!isfinite(pi[i]) || !(pi[i] > 0.0))
      return lisi_fail(err, LISI_ERR_NUMERIC, "posterior: a sample is not finite");
  }
  if (p->kind == POSTERIOR_REVERSIBLE && p->n > 1)
    refresh_z(p);
  return LISI_OK;
}

double effective_sample_size(int n, const double *x) {
  double mean = 0.0;
  int m = 0;
  for (int k = 0; k < n; k++) {
    if (isfinite(x[k])) {
      mean += x[k];
      m++;
    }
  }
  if (m < 2)
    return m;
  mean /= m;
  double variance = 0.0;
  for (int k = 0; k < n; k++)
    variance += isfinite(x[k]) ? (x[k] - mean) * (x[k] - mean) : 0.0;
  if (!(variance > 1e-28 * mean * mean * m))
    return m;
  /* ratio of the variance of the mean to that of independent values: -1 + 2 (rho_0 + rho_1) + 2 (rho_2 + rho_3) ... */
  double ratio = -1.0;
  for (int lag = 0; lag + 1 < n; lag += 2) {
    double pair_sum = 0.0;
    for (int two = 0; two < 2; two++) {
      for (int k = 0; k + lag + two < n; k++) {
        const double a = x[k], b = x[k + lag + two];
        pair_sum += isfinite(a) && isfinite(b) ? (a - mean) * (b - mean) / variance : 0.0;
      }
    }
    if (!(pair_sum > 0.0))
      break;
    ratio += 2.0 * pair_sum;
  }
  return m / fmax(ratio, 1.0);
}
