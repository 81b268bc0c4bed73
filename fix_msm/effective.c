/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "effective.h"

#include <math.h>
#include <stdlib.h>

/* The range of entries of one row; entries are sorted by (part, i, ..). */
static size_t row_end(const count_table *t, size_t first) {
  size_t k = first;
  while (k < t->n && t->entry[k].part == t->entry[first].part && t->entry[k].i == t->entry[first].i)
    k++;
  return k;
}

static double row_sum(const count_table *t, size_t first, size_t end) {
  double sum = 0.0;
  for (size_t k = first; k < end; k++)
    sum += t->entry[k].c;
  return sum;
}

static int compare_outcomes(const count_entry *a, const count_entry *b) {
  if (a->j != b->j)
    return a->j < b->j ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (a->r[k] != b->r[k])
      return a->r[k] < b->r[k] ? -1 : 1;
  return 0;
}

/* sum_o (C_o^b - P_o c^b)^2 of one block. Outcomes that the block lacks add (P_o c^b)^2; all are gone through, for
 * taking them from a sum over all of them would lose the digits of rare ones. */
static double row_spread(const count_table *all, size_t first, size_t end, double pairs, const count_table *blocks,
                         size_t b_first, size_t b_end) {
  const double share = row_sum(blocks, b_first, b_end) / pairs;
  double sum = 0.0;
  for (size_t k = first, b = b_first; k < end; k++) {
    double e = -all->entry[k].c * share;
    if (b < b_end && compare_outcomes(&all->entry[k], &blocks->entry[b]) == 0)
      e += blocks->entry[b++].c;
    sum += e * e;
  }
  return sum;
}

/* By rows: expected over observed variance, into ratio; above 1 where the blocks fluctuate less than chance. */
static void by_rows(const count_table *all, const count_table *blocks, const size_t *first, const size_t *end,
                    const double *pairs, double *spread, double *ratio) {
  for (size_t k = 0; k < blocks->n;) {
    const size_t i = (size_t)blocks->entry[k].i, next = row_end(blocks, k);
    if (pairs[i] > 0.0)
      spread[i] += row_spread(all, first[i], end[i], pairs[i], blocks, k, next);
    k = next;
  }
  const double B = (double)blocks->nparts;
  for (int i = 0; i < all->nstates; i++) {
    double expected = 0.0;
    for (size_t k = first[i]; k < end[i] && pairs[i] > 0.0; k++)
      expected += all->entry[k].c * (1.0 - all->entry[k].c / pairs[i]);
    const double variance = B / (B - 1.0) * spread[i];
    if (expected > 0.0 && variance > expected)
      ratio[i] = expected / variance;
  }
}

/* sum_o e_o F_o of one row of one block: outcomes by outcome, less the block's share of the row's mean. */
static double row_residual(const count_table *all, const double *F, size_t first, size_t end, double pairs,
                           const count_table *blocks, size_t b_first, size_t b_end) {
  double mean = 0.0, sum = 0.0;
  for (size_t k = first; k < end; k++)
    mean += all->entry[k].c * F[k] / pairs;
  for (size_t k = first, b = b_first; k < end && b < b_end; k++)
    if (compare_outcomes(&all->entry[k], &blocks->entry[b]) == 0)
      sum += blocks->entry[b++].c * (F[k] - mean);
  return sum;
}

/* Variances of one quantity. */
typedef struct {
  double independent, rows, sum;
} quantity_variance;

static quantity_variance variance_of(const count_table *all, const count_table *blocks, const size_t *first,
                                     const size_t *end, const double *pairs, const double *F, const double *pi) {
  quantity_variance v = {0};
  for (int i = 0; i < all->nstates; i++) {
    if (!(pairs[i] > 0.0) || !(pi[i] > 0.0))
      continue;
    double mean = 0.0, square = 0.0;
    for (size_t k = first[i]; k < end[i]; k++)
      mean += all->entry[k].c * F[k] / pairs[i];
    for (size_t k = first[i]; k < end[i]; k++)
      square += all->entry[k].c * (F[k] - mean) * (F[k] - mean);
    v.independent += pi[i] * pi[i] / (pairs[i] * pairs[i]) * square;
  }
  const double B = (double)blocks->nparts, scale = B / (B - 1.0);
  for (size_t k = 0; k < blocks->n;) {
    const int part = blocks->entry[k].part;
    double sum = 0.0;
    while (k < blocks->n && blocks->entry[k].part == part) {
      const size_t i = (size_t)blocks->entry[k].i, next = row_end(blocks, k);
      if (pairs[i] > 0.0 && pi[i] > 0.0) {
        const double h = pi[i] / pairs[i] * row_residual(all, F, first[i], end[i], pairs[i], blocks, k, next);
        sum += h;
        v.rows += scale * h * h;
      }
      k = next;
    }
    v.sum += scale * sum * sum;
  }
  return v;
}

/* How many counted pairs are worth one, for the quantities asked for; at least 1. */
static double pairs_for_one(const count_table *all, const count_table *blocks, const size_t *first, const size_t *end,
                            const double *pairs, const effective_quantities *ask) {
  double worst = 0.0, between = 0.0;
  int n = 0;
  for (int q = 0; q < ask->n; q++) {
    const quantity_variance v = variance_of(all, blocks, first, end, pairs, ask->F + (size_t)q * all->n, ask->pi);
    if (!(v.independent > 0.0) || !(v.rows > 0.0))
      continue;
    worst = fmax(worst, v.rows / v.independent);
    between += v.sum / v.rows;
    n++;
  }
  return n > 0 ? fmax(1.0, worst * fmax(1.0, between / n)) : 1.0;
}

lisi_status effective_ratio(const lag_counts *counts, const effective_quantities *ask, double *ratio, lisi_error *err) {
  const count_table *all = &counts->total, *blocks = &counts->blocks;
  const size_t N = (size_t)all->nstates;
  const double stride = counts->stride > 0 ? (double)counts->stride : 1.0;
  for (size_t i = 0; i < N; i++)
    ratio[i] = blocks->nparts < 2 && counts->lag > 0 ? fmin(1.0, stride / (double)counts->lag) : 1.0;
  if (blocks->nparts < 2 || N == 0)
    return LISI_OK;
  size_t *first = calloc(N, sizeof *first), *end = calloc(N, sizeof *end);
  double *pairs = calloc(N, sizeof *pairs), *spread = calloc(N, sizeof *spread);
  lisi_status status = LISI_OK;
  if (first == NULL || end == NULL || pairs == NULL || spread == NULL) {
    status = lisi_no_memory(err, 4 * N * sizeof *pairs);
  } else {
    for (size_t k = 0; k < all->n;) {
      const size_t i = (size_t)all->entry[k].i;
      first[i] = k;
      end[i] = k = row_end(all, k);
      pairs[i] = row_sum(all, first[i], end[i]);
    }
    by_rows(all, blocks, first, end, pairs, spread, ratio);
    const double worth = ask != NULL ? pairs_for_one(all, blocks, first, end, pairs, ask) : 1.0;
    for (size_t i = 0; i < N; i++)
      if (ask != NULL && ask->pi[i] > 0.0)
        ratio[i] = fmin(ratio[i], 1.0 / worth);
  }
  free(first);
  free(end);
  free(pairs);
  free(spread);
  return status;
}

static void scale_rows(count_table *table, const double *ratio) {
  for (size_t k = 0; k < table->n; k++)
    table->entry[k].c *= ratio[table->entry[k].i];
}

void effective_apply(lag_counts *counts, const double *ratio) {
  scale_rows(&counts->total, ratio);
  scale_rows(&counts->blocks, ratio);
  scale_rows(&counts->groups, ratio);
  counts->stride = counts->lag; /* pairs do not overlap any more */
}

effective_summary effective_summarise(const lag_counts *counts, const double *ratio) {
  effective_summary s = {0.0, 1.0};
  for (size_t k = 0; k < counts->total.n; k++) {
    const count_entry *e = &counts->total.entry[k];
    s.total += e->c * ratio[e->i];
    if (e->c > 0.0)
      s.smallest_ratio = fmin(s.smallest_ratio, ratio[e->i]);
  }
  return s;
}
