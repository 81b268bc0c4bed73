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

lisi_status effective_ratio(const lag_counts *counts, double *ratio, lisi_error *err) {
  const count_table *all = &counts->total, *blocks = &counts->blocks;
  const size_t N = (size_t)all->nstates;
  for (size_t i = 0; i < N; i++)
    ratio[i] = 1.0;
  if (blocks->nparts < 2 || N == 0)
    return LISI_OK;
  size_t *first = calloc(N, sizeof *first), *end = calloc(N, sizeof *end);
  double *pairs = calloc(N, sizeof *pairs), *spread = calloc(N, sizeof *spread);
  lisi_status status = LISI_OK;
  if (first == NULL || end == NULL || pairs == NULL || spread == NULL) {
    status = lisi_no_memory(err, 4 * N * sizeof *pairs);
    goto done;
  }
  for (size_t k = 0; k < all->n;) {
    const size_t i = (size_t)all->entry[k].i;
    first[i] = k;
    end[i] = k = row_end(all, k);
    pairs[i] = row_sum(all, first[i], end[i]);
  }
  for (size_t k = 0; k < blocks->n;) {
    const size_t i = (size_t)blocks->entry[k].i, next = row_end(blocks, k);
    if (pairs[i] > 0.0)
      spread[i] += row_spread(all, first[i], end[i], pairs[i], blocks, k, next);
    k = next;
  }
  const double B = (double)blocks->nparts;
  for (size_t i = 0; i < N; i++) {
    double expected = 0.0;
    for (size_t k = first[i]; k < end[i] && pairs[i] > 0.0; k++)
      expected += all->entry[k].c * (1.0 - all->entry[k].c / pairs[i]);
    const double variance = B / (B - 1.0) * spread[i];
    if (expected > 0.0 && variance > expected)
      ratio[i] = expected / variance;
  }
done:
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
