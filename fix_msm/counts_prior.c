/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts_prior.h"

#include <stdlib.h>
#include <string.h>

static const int home[3] = {0, 0, 0};

/* C_ij + C_ji of every pair, by (i <= j). */
static lisi_status pair_sums(const count_table *total, count_table *sums, lisi_error *err) {
  count_hash *hash;
  lisi_status status = count_hash_new(&hash, err);
  for (size_t k = 0; k < total->n && status == LISI_OK; k++) {
    const count_entry *e = &total->entry[k];
    const int i = e->i < e->j ? e->i : e->j, j = e->i < e->j ? e->j : e->i;
    status = count_hash_add(hash, 0, i, j, home, i == j ? 2.0 * e->c : e->c, err);
  }
  if (status == LISI_OK)
    status = count_hash_table(hash, total->nstates, 1, sums, err);
  count_hash_free(hash);
  return status;
}

static int by_states(const void *a, const void *b) {
  const count_entry *x = a, *y = b;
  return x->i != y->i ? (x->i > y->i) - (x->i < y->i) : (x->j > y->j) - (x->j < y->j);
}

/* table with the prior of every entry of `total` in each of its parts. */
static lisi_status add(const count_table *table, const count_table *total, const count_table *sums, double alpha,
                       count_table *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->nstates = table->nstates;
  if (table->nparts < 1)
    return LISI_OK;
  count_hash *hash;
  lisi_status status = count_hash_new(&hash, err);
  for (size_t k = 0; k < table->n && status == LISI_OK; k++) {
    const count_entry *e = &table->entry[k];
    status = count_hash_add(hash, e->part, e->i, e->j, e->r, e->c, err);
  }
  for (size_t k = 0; k < total->n && status == LISI_OK; k++) {
    const count_entry *e = &total->entry[k];
    count_entry key = *e;
    if (e->j < e->i) {
      key.i = e->j;
      key.j = e->i;
    }
    const count_entry *sum = bsearch(&key, sums->entry, sums->n, sizeof *sums->entry, by_states);
    const int back[3] = {-e->r[0], -e->r[1], -e->r[2]};
    const double c = sum != NULL && sum->c > 0.0 ? alpha * e->c / sum->c / table->nparts : 0.0;
    for (int part = 0; part < table->nparts && status == LISI_OK && c > 0.0; part++) {
      status = count_hash_add(hash, part, e->i, e->j, e->r, c, err);
      if (status == LISI_OK)
        status = count_hash_add(hash, part, e->j, e->i, back, c, err);
    }
  }
  if (status == LISI_OK)
    status = count_hash_table(hash, table->nstates, table->nparts, out, err);
  count_hash_free(hash);
  return status;
}

lisi_status counts_prior(const lag_counts *counts, double alpha, lag_counts *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->lag = counts->lag;
  out->stride = counts->stride;
  count_table sums = {0};
  lisi_status status = pair_sums(&counts->total, &sums, err);
  if (status == LISI_OK)
    status = add(&counts->total, &counts->total, &sums, alpha, &out->total, err);
  if (status == LISI_OK)
    status = add(&counts->blocks, &counts->total, &sums, alpha, &out->blocks, err);
  if (status == LISI_OK)
    status = add(&counts->groups, &counts->total, &sums, alpha, &out->groups, err);
  count_table_free(&sums);
  if (status != LISI_OK)
    lag_counts_free(out);
  return status;
}
