/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "propagate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BALANCED 1e-14
/* What the expansion leaves out, of a distribution of total 1. */
#define NEGLECTED 1e-18
#define MOST_PRODUCTS 20000000

/* Distributions here are [states][layers], so that a jump is one long addition. */
typedef struct {
  const network *line;
  int layers;
  propagate_end ends;
} stack;

static void step(const stack *s, const double *from, double *to) {
  const size_t N = (size_t)s->layers;
  memset(to, 0, N * (size_t)s->line->space.n * sizeof *to);
  for (size_t e = 0; e < s->line->n; e++) {
    const network_edge *x = &s->line->edge[e];
    const double p = x->p, *a = from + (size_t)x->i * N;
    double *b = to + (size_t)x->j * N, *stay = to + (size_t)x->i * N;
    const int up = x->r[0];
    /* layers first .. last-1 jump to one inside */
    int first = up < 0 ? -up : 0, last = up > 0 ? s->layers - up : s->layers;
    if (first >= last)
      first = last = 0;
    if (up >= 0) {
      double *c = b + up;
      for (int m = first; m < last; m++)
        c[m] += p * a[m];
    } else {
      const double *c = a - up;
      for (int m = 0; m < last - first; m++)
        b[m] += p * c[m];
    }
    if (s->ends == PROPAGATE_REFLECTING) {
      for (int m = 0; m < first; m++)
        stay[m] += p * a[m];
      for (int m = last; m < s->layers; m++)
        stay[m] += p * a[m];
    }
  }
}

/* c_m of x^n = sum c_m T_m(x) for m = n, n-2, ..., in c[0..most]; the largest m that matters. Ratios of neighbours are
 * exact, and the sum is 1. */
static long long expansion_length(long long n) {
  const double most = sqrt(2.0 * (double)n * log(2.0 / NEGLECTED)) + 2.0;
  return most < (double)n ? (long long)most : n;
}

static void expansion(long long n, long long most, double *c) {
  double sum = 0.0, value = 1.0;
  for (long long m = n % 2; m <= most; m += 2) {
    /* m = 0 stands for itself, every other m for m and -m */
    c[m] = m == 0 ? value : 2.0 * value;
    sum += c[m];
    value *= (double)(n - m) / (double)(n + m + 2);
  }
  for (long long m = n % 2; m <= most; m += 2)
    c[m] /= sum;
}

typedef struct {
  size_t size;
  double *now, *next, *last; /* [states][layers] */
  double *sum;               /* [ntimes][..] */
  double *show;              /* [layers][states] */
} fields;

static lisi_status show(const stack *s, const propagate_job *job, int k, const double *p, double total, fields *f,
                        lisi_error *err) {
  const size_t N = (size_t)s->layers, S = (size_t)s->line->space.n;
  double sum = 0.0;
  for (size_t x = 0; x < f->size; x++)
    sum += p[x];
  const double factor = s->ends == PROPAGATE_REFLECTING && sum != 0.0 ? total / sum : 1.0;
  for (size_t i = 0; i < S; i++) {
    for (size_t m = 0; m < N; m++)
      f->show[m * S + i] = factor * p[i * N + m];
  }
  return job->visit(job->context, k, f->show, err);
}

static lisi_status tell(const propagate_job *job, double done, double total, lisi_error *err) {
  if (job->progress != NULL)
    job->progress(job->progress_context, done, total);
  return job->interrupted != NULL && job->interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted") : LISI_OK;
}

static void swap(double **a, double **b) {
  double *c = *a;
  *a = *b;
  *b = c;
}

static lisi_status by_steps(const stack *s, const propagate_job *job, double total, fields *f, lisi_error *err) {
  lisi_status status = LISI_OK;
  long long n = 0;
  for (int k = 0; k < job->ntimes && status == LISI_OK; k++) {
    for (; n < job->steps[k] && status == LISI_OK; n++) {
      step(s, f->now, f->next);
      swap(&f->now, &f->next);
      if (n % 64 == 0)
        status = tell(job, (double)n, (double)job->steps[job->ntimes - 1], err);
    }
    if (status == LISI_OK)
      status = show(s, job, k, f->now, total, f, err);
  }
  return status;
}

static lisi_status by_expansion(const stack *s, const propagate_job *job, double total, fields *f, lisi_error *err) {
  const long long most = expansion_length(job->steps[job->ntimes - 1]);
  const size_t width = (size_t)most + 1;
  double *c = calloc((size_t)job->ntimes * width, sizeof *c);
  f->last = malloc(f->size * sizeof *f->last);
  f->sum = calloc((size_t)job->ntimes * f->size, sizeof *f->sum);
  lisi_status status = LISI_OK;
  if (c == NULL || f->last == NULL || f->sum == NULL)
    status = lisi_no_memory(err, (size_t)job->ntimes * f->size * sizeof *f->sum);
  for (int k = 0; k < job->ntimes && status == LISI_OK; k++)
    expansion(job->steps[k], expansion_length(job->steps[k]), c + (size_t)k * width);
  for (long long m = 0; m <= most && status == LISI_OK; m++) {
    for (int k = 0; k < job->ntimes; k++) {
      const double weight = c[(size_t)k * width + (size_t)m];
      double *y = f->sum + (size_t)k * f->size;
      for (size_t x = 0; weight != 0.0 && x < f->size; x++)
        y[x] += weight * f->now[x];
    }
    /* T_1 = x, T_(m+1) = 2 x T_m - T_(m-1) */
    step(s, f->now, f->next);
    for (size_t x = 0; m > 0 && x < f->size; x++)
      f->next[x] = 2.0 * f->next[x] - f->last[x];
    swap(&f->last, &f->now);
    swap(&f->now, &f->next);
    if (m % 64 == 0)
      status = tell(job, (double)m, (double)most, err);
  }
  for (int k = 0; k < job->ntimes && status == LISI_OK; k++)
    status = show(s, job, k, f->sum + (size_t)k * f->size, total, f, err);
  free(c);
  return status;
}

lisi_status propagate_stack(const network *line, const double *pi, int nlayers, propagate_end ends,
                            const propagate_job *job, lisi_error *err) {
  if (nlayers < 1 || nlayers > PROPAGATE_MOST_CELLS)
    return lisi_fail(err, LISI_ERR_INPUT, "expected 1 to %d layers, found %d", PROPAGATE_MOST_CELLS, nlayers);
  const stack s = {line, nlayers, ends};
  const size_t N = (size_t)nlayers;
  fields f = {.size = N * (size_t)line->space.n};
  double total = 0.0;
  lisi_status status = LISI_OK;
  if (job->ntimes == 0)
    return LISI_OK;
  f.now = calloc(f.size, sizeof *f.now);
  f.next = malloc(f.size * sizeof *f.next);
  f.show = malloc(f.size * sizeof *f.show);
  if (f.now == NULL || f.next == NULL || f.show == NULL)
    status = lisi_no_memory(err, f.size * sizeof *f.now);
  for (int k = 0; k < job->ntimes && status == LISI_OK; k++) {
    if (job->steps[k] < (k > 0 ? job->steps[k - 1] : 0) || job->steps[k] > 1LL << 52)
      status = lisi_fail(err, LISI_ERR_INPUT, "times must be rising, from 0 to 2^52 lags");
  }
  for (size_t k = 0; k < job->nseeds && status == LISI_OK; k++) {
    const propagate_seed *x = &job->seed[k];
    if (x->cell >= N || x->state < 0 || x->state >= line->space.n || !isfinite(x->p)) {
      status = lisi_fail(err, LISI_ERR_INPUT, "seed %zu lies outside the stack, or is no number", k);
    } else {
      f.now[(size_t)x->state * N + x->cell] += x->p;
      total += x->p;
    }
  }
  if (status == LISI_OK) {
    const long long n = job->steps[job->ntimes - 1];
    const bool expand = expansion_length(n) < n / 2 && network_imbalance(line, pi) < BALANCED;
    const long long products = expand ? expansion_length(n) : n;
    status = products > MOST_PRODUCTS
                 ? lisi_fail(err, LISI_ERR_UNSUPPORTED,
                             "%lld lags between ends take %lld products of the whole stack, more than %d: give earlier "
                             "times or a longer lag",
                             n, products, MOST_PRODUCTS)
             : expand ? by_expansion(&s, job, total, &f, err)
                      : by_steps(&s, job, total, &f, err);
  }
  free(f.now);
  free(f.next);
  free(f.last);
  free(f.sum);
  free(f.show);
  return status;
}
