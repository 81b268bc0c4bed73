/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sparse_flux.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE 1e-12
#define MAX_NEWTON 1000

void pair_counts_free(pair_counts *c) {
  free(c->i);
  free(c->j);
  free(c->up);
  free(c->down);
  free(c->stay);
  memset(c, 0, sizeof *c);
}

void sparse_flux_free(sparse_flux *f) {
  free(f->i);
  free(f->j);
  free(f->x);
  free(f->pi);
  free(f->stay);
  laplacian_free(f->solver);
  memset(f, 0, sizeof *f);
}

static int lower(const pair_entry *e) {
  return e->i < e->j ? e->i : e->j;
}

static int upper(const pair_entry *e) {
  return e->i < e->j ? e->j : e->i;
}

static int by_pair(const void *a, const void *b) {
  const pair_entry *x = a, *y = b;
  if (lower(x) != lower(y))
    return lower(x) < lower(y) ? -1 : 1;
  if (upper(x) != upper(y))
    return upper(x) < upper(y) ? -1 : 1;
  return x->i < y->i ? -1 : x->i > y->i;
}

lisi_status pair_counts_make(int n, size_t entries, pair_entry *entry, pair_counts *c, lisi_error *err) {
  memset(c, 0, sizeof *c);
  c->n = n;
  qsort(entry, entries, sizeof *entry, by_pair);
  size_t pairs = 0;
  for (size_t k = 0; k < entries; k++) {
    const pair_entry *e = &entry[k];
    pairs += e->i != e->j && (k == 0 || lower(e) != lower(e - 1) || upper(e) != upper(e - 1));
  }
  c->i = malloc((pairs + 1) * sizeof *c->i);
  c->j = malloc((pairs + 1) * sizeof *c->j);
  c->up = calloc(pairs + 1, sizeof *c->up);
  c->down = calloc(pairs + 1, sizeof *c->down);
  c->stay = calloc((size_t)n, sizeof *c->stay);
  if (!c->i || !c->j || !c->up || !c->down || !c->stay) {
    pair_counts_free(c);
    return lisi_no_memory(err, pairs * 3 * sizeof(double));
  }
  for (size_t k = 0; k < entries; k++) {
    const pair_entry *e = &entry[k];
    if (e->i == e->j) {
      c->stay[e->i] += e->c;
      continue;
    }
    if (c->m == 0 || c->i[c->m - 1] != lower(e) || c->j[c->m - 1] != upper(e)) {
      c->i[c->m] = lower(e);
      c->j[c->m++] = upper(e);
    }
    *(e->i < e->j ? &c->up[c->m - 1] : &c->down[c->m - 1]) += e->c;
  }
  return LISI_OK;
}

/* As in reversible.c: every pair enters with both signs, so that sums over groups of states see only their border. */
static double gradient(const pair_counts *c, const double *q, const double *off, double *g) {
  memset(g, 0, (size_t)c->n * sizeof *g);
  for (size_t k = 0; k < c->m; k++) {
    const double qi = q[c->i[k]], qj = q[c->j[k]], s = 1.0 / (qi + qj);
    const double f = c->down[k] * (qi * s) - c->up[k] * (qj * s);
    g[c->i[k]] += f;
    g[c->j[k]] -= f;
  }
  double worst = 0.0;
  for (int i = 0; i < c->n; i++)
    worst = fmax(worst, fabs(g[i]) / off[i]);
  return worst;
}

/* off[n]: what leaves each state; z[n]: the start, x_i = the mean of what leaves and what arrives. */
static lisi_status begin(const pair_counts *c, double *off, double *in, double *z, lisi_error *err) {
  const size_t N = (size_t)c->n;
  memset(off, 0, N * sizeof *off);
  memset(in, 0, N * sizeof *in);
  for (size_t k = 0; k < c->m; k++) {
    off[c->i[k]] += c->up[k];
    in[c->j[k]] += c->up[k];
    off[c->j[k]] += c->down[k];
    in[c->i[k]] += c->down[k];
  }
  for (size_t i = 0; i < N; i++) {
    if (!(off[i] > 0.0) || !(in[i] > 0.0))
      return lisi_fail(err, LISI_ERR_NUMERIC, "reversible estimate: state %zu is not connected both ways", i + 1);
    z[i] = log((off[i] + c->stay[i]) / (0.5 * (off[i] + in[i]) + c->stay[i]));
  }
  return LISI_OK;
}

/* Newton's method in z = ln q, as in reversible.c. weight[m], work[5n]; z is the start and the result. */
static lisi_status newton(const pair_counts *c, laplacian *solver, double *weight, double *z, double *work,
                          const double *off, reversible_info *info, lisi_error *err) {
  const size_t N = (size_t)c->n;
  double *q = work, *g = work + N, *step = work + 2 * N;
  double before = 1.0;
  for (int k = 0;; k++) {
    for (size_t i = 0; i < N; i++)
      q[i] = exp(z[i]);
    info->certificate = gradient(c, q, off, g);
    info->steps = k;
    if (k >= MAX_NEWTON)
      return LISI_OK;
    for (size_t e = 0; e < c->m; e++) {
      const double qi = q[c->i[e]], qj = q[c->j[e]], s = 1.0 / (qi + qj);
      weight[e] = (c->up[e] + c->down[e]) * (qi * s) * (qj * s);
    }
    laplacian_weights(solver, weight);
    for (size_t i = 0; i < N; i++)
      g[i] = -g[i];
    /* An inexact step is as good as the next one needs it. */
    const lisi_status status = laplacian_solve(solver, g, fmin(fmax(before, 1e-8), 1e-2), step, err);
    if (status != LISI_OK)
      return status;
    double lo = 0.0, hi = 0.0;
    for (size_t i = 0; i < N; i++) {
      lo = fmin(lo, step[i]);
      hi = fmax(hi, step[i]);
    }
    const double size = hi - lo;
    if (!isfinite(size))
      return LISI_OK;
    const double damping = size > 1e-8 ? log1p(size) / size : 1.0;
    double mean = 0.0;
    for (size_t i = 0; i < N; i++) {
      z[i] += damping * step[i];
      mean += z[i] / c->n;
    }
    for (size_t i = 0; i < N; i++)
      z[i] -= mean;
    if (size < 1e-9) {
      for (size_t i = 0; i < N; i++)
        q[i] = exp(z[i]);
      info->certificate = gradient(c, q, off, g);
      info->steps = k + 1;
      return LISI_OK;
    }
    before = size;
  }
}

static lisi_status one_state(sparse_flux *f, double *q, double stay, lisi_error *err) {
  f->pi = malloc(sizeof *f->pi);
  f->stay = malloc(sizeof *f->stay);
  if (f->pi == NULL || f->stay == NULL)
    return lisi_no_memory(err, sizeof *f->pi);
  f->pi[0] = f->stay[0] = 1.0;
  if (q != NULL)
    q[0] = stay;
  return LISI_OK;
}

/* The flux from q = e^z, and q scaled so that X_ij = S_ij/(q_i + q_j) sums to 1. */
static void fill(const pair_counts *c, double *q, sparse_flux *f) {
  const size_t N = (size_t)c->n;
  double total = 0.0;
  for (size_t i = 0; i < N; i++)
    total += f->pi[i] = f->stay[i] = c->stay[i] / q[i];
  for (size_t k = 0; k < c->m; k++) {
    f->x[k] = (c->up[k] + c->down[k]) / (q[c->i[k]] + q[c->j[k]]);
    f->pi[c->i[k]] += f->x[k];
    f->pi[c->j[k]] += f->x[k];
    total += 2.0 * f->x[k];
  }
  for (size_t k = 0; k < c->m; k++)
    f->x[k] /= total;
  for (size_t i = 0; i < N; i++) {
    f->pi[i] /= total;
    f->stay[i] /= total;
    q[i] *= total;
  }
}

lisi_status reversible_ml_sparse(const pair_counts *c, const double *q_start, sparse_flux *f, double *q_out,
                                 reversible_info *info, lisi_error *err) {
  const size_t N = (size_t)c->n, m = c->m;
  reversible_info local = {0, 0.0};
  if (info == NULL)
    info = &local;
  *info = local;
  memset(f, 0, sizeof *f);
  f->n = c->n;
  if (c->n == 1)
    return one_state(f, q_out, c->stay[0], err);
  f->m = m;
  f->i = malloc((m + 1) * sizeof *f->i);
  f->j = malloc((m + 1) * sizeof *f->j);
  f->x = malloc((m + 1) * sizeof *f->x);
  f->pi = malloc(N * sizeof *f->pi);
  f->stay = malloc(N * sizeof *f->stay);
  double *z = malloc(N * sizeof *z), *off = malloc(N * sizeof *off), *work = malloc(3 * N * sizeof *work);
  lisi_status status = LISI_OK;
  if (!f->i || !f->j || !f->x || !f->pi || !f->stay || !z || !off || !work) {
    status = lisi_no_memory(err, (m + N) * 4 * sizeof(double));
    goto done;
  }
  memcpy(f->i, c->i, m * sizeof *f->i);
  memcpy(f->j, c->j, m * sizeof *f->j);
  status = begin(c, off, work, z, err);
  for (size_t i = 0; i < N && q_start != NULL && status == LISI_OK; i++)
    z[i] = log(q_start[i]);
  if (status == LISI_OK)
    status = laplacian_new(c->n, m, f->i, f->j, &f->solver, err);
  if (status == LISI_OK)
    status = newton(c, f->solver, f->x, z, work, off, info, err);
  if (status == LISI_OK && !(info->certificate < CERTIFICATE))
    status = lisi_fail(err, LISI_ERR_NUMERIC,
                       "reversible estimate: after %d steps the relative gradient is %.2g, not below %.0e", info->steps,
                       info->certificate, CERTIFICATE);
  if (status != LISI_OK)
    goto done;
  fill(c, work, f);
  laplacian_weights(f->solver, f->x);
  if (q_out != NULL)
    memcpy(q_out, work, N * sizeof *q_out);
done:
  free(z);
  free(off);
  free(work);
  if (status != LISI_OK)
    sparse_flux_free(f);
  return status;
}

/* ---- given probabilities ---- */

/* ln pi along a spanning tree: pi_j = pi_i P_ij/P_ji. False where a jump has no way back. */
static bool tree(const pair_counts *p, double *z, size_t *first, int *queue, size_t *edge) {
  const size_t N = (size_t)p->n;
  memset(first, 0, (N + 2) * sizeof *first);
  for (size_t k = 0; k < p->m; k++) {
    if (!(p->up[k] > 0.0) || !(p->down[k] > 0.0))
      return false;
    first[p->i[k] + 2]++;
    first[p->j[k] + 2]++;
  }
  for (size_t i = 2; i < N + 2; i++)
    first[i] += first[i - 1];
  for (size_t k = 0; k < p->m; k++) {
    edge[first[p->i[k] + 1]++] = k;
    edge[first[p->j[k] + 1]++] = k;
  }
  for (size_t i = 0; i < N; i++)
    z[i] = NAN;
  size_t met = 1;
  z[0] = 0.0;
  queue[0] = 0;
  for (size_t at = 0; at < met; at++) {
    const int i = queue[at];
    for (size_t e = first[i]; e < first[i + 1]; e++) {
      const size_t k = edge[e];
      const int j = p->i[k] == i ? p->j[k] : p->i[k];
      if (!isnan(z[j]))
        continue;
      z[j] = z[i] + (p->i[k] == i ? log(p->up[k] / p->down[k]) : log(p->down[k] / p->up[k]));
      queue[met++] = j;
    }
  }
  return met == N;
}

lisi_status sparse_flux_given(const pair_counts *p, sparse_flux *f, bool *balanced, lisi_error *err) {
  const size_t N = (size_t)p->n, m = p->m;
  memset(f, 0, sizeof *f);
  *balanced = false;
  f->n = p->n;
  f->m = m;
  f->i = malloc((m + 1) * sizeof *f->i);
  f->j = malloc((m + 1) * sizeof *f->j);
  f->x = malloc((m + 1) * sizeof *f->x);
  f->pi = malloc(N * sizeof *f->pi);
  f->stay = malloc(N * sizeof *f->stay);
  size_t *first = malloc((N + 2) * sizeof *first), *edge = malloc((2 * m + 1) * sizeof *edge);
  int *queue = malloc(N * sizeof *queue);
  lisi_status status = LISI_OK;
  if (!f->i || !f->j || !f->x || !f->pi || !f->stay || !first || !edge || !queue)
    status = lisi_no_memory(err, (m + N) * 4 * sizeof(double));
  if (status == LISI_OK && p->n > 1 && tree(p, f->pi, first, queue, edge)) {
    double top = -INFINITY, total = 0.0, worst = 0.0, scale = 0.0;
    for (size_t i = 0; i < N; i++)
      top = fmax(top, f->pi[i]);
    for (size_t i = 0; i < N; i++)
      total += f->pi[i] = exp(f->pi[i] - top);
    for (size_t i = 0; i < N; i++) {
      f->pi[i] /= total;
      f->stay[i] = f->pi[i] * p->stay[i];
    }
    memcpy(f->i, p->i, m * sizeof *f->i);
    memcpy(f->j, p->j, m * sizeof *f->j);
    for (size_t k = 0; k < m; k++) {
      const double up = f->pi[f->i[k]] * p->up[k], down = f->pi[f->j[k]] * p->down[k];
      f->x[k] = 0.5 * (up + down);
      worst = fmax(worst, fabs(up - down));
      scale = fmax(scale, f->x[k]);
    }
    *balanced = worst <= 1e-12 * scale && scale > 0.0;
    for (size_t i = 0; i < N; i++)
      *balanced = *balanced && f->pi[i] > 0.0;
  }
  if (status == LISI_OK && *balanced) {
    status = laplacian_new(f->n, m, f->i, f->j, &f->solver, err);
    if (status == LISI_OK)
      laplacian_weights(f->solver, f->x);
  }
  free(first);
  free(edge);
  free(queue);
  if (status != LISI_OK || !*balanced)
    sparse_flux_free(f);
  return status;
}
