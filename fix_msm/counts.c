/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts.h"

#include "count_gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void count_table_free(count_table *table) {
  free(table->entry);
  memset(table, 0, sizeof *table);
}

void lag_counts_free(lag_counts *counts) {
  count_table_free(&counts->total);
  count_table_free(&counts->blocks);
  count_table_free(&counts->groups);
  memset(counts, 0, sizeof *counts);
}

double count_table_sum(const count_table *table) {
  double sum = 0.0;
  for (size_t k = 0; k < table->n; k++)
    sum += table->entry[k].c;
  return sum;
}

/* ---- hash with open addressing ---- */

struct count_hash {
  size_t n, cap;     /* cap is a power of two, at most half full */
  count_entry *slot; /* part = -1: empty */
};

static int compare_keys(const count_entry *x, const count_entry *y) {
  if (x->part != y->part)
    return x->part < y->part ? -1 : 1;
  if (x->i != y->i)
    return x->i < y->i ? -1 : 1;
  if (x->j != y->j)
    return x->j < y->j ? -1 : 1;
  for (int k = 0; k < 3; k++) {
    if (x->r[k] != y->r[k])
      return x->r[k] < y->r[k] ? -1 : 1;
  }
  return 0;
}

static int compare_entries(const void *a, const void *b) {
  return compare_keys(a, b);
}

static uint64_t hash_key(const count_entry *e) {
  const int key[6] = {e->part, e->i, e->j, e->r[0], e->r[1], e->r[2]};
  uint64_t h = UINT64_C(0x9e3779b97f4a7c15);
  for (int k = 0; k < 6; k++) {
    h ^= (uint32_t)key[k];
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 29;
  }
  return h;
}

static count_entry *find_slot(count_entry *slot, size_t cap, const count_entry *key) {
  size_t k = (size_t)hash_key(key) & (cap - 1);
  while (slot[k].part >= 0 && compare_keys(&slot[k], key) != 0)
    k = (k + 1) & (cap - 1);
  return &slot[k];
}

static lisi_status resize(count_hash *hash, size_t cap, lisi_error *err) {
  count_entry *slot = cap <= SIZE_MAX / sizeof *slot ? malloc(cap * sizeof *slot) : NULL;
  if (slot == NULL)
    return lisi_no_memory(err, cap * sizeof *slot);
  for (size_t k = 0; k < cap; k++)
    slot[k].part = -1;
  for (size_t k = 0; k < hash->cap; k++) {
    if (hash->slot[k].part >= 0)
      *find_slot(slot, cap, &hash->slot[k]) = hash->slot[k];
  }
  free(hash->slot);
  hash->slot = slot;
  hash->cap = cap;
  return LISI_OK;
}

lisi_status count_hash_new(count_hash **out, lisi_error *err) {
  *out = calloc(1, sizeof **out);
  if (*out == NULL)
    return lisi_no_memory(err, sizeof **out);
  const lisi_status status = resize(*out, 64, err);
  if (status != LISI_OK) {
    free(*out);
    *out = NULL;
  }
  return status;
}

void count_hash_free(count_hash *hash) {
  if (hash == NULL)
    return;
  free(hash->slot);
  free(hash);
}

size_t count_hash_size(const count_hash *hash) {
  return hash->n;
}

lisi_status count_hash_add(count_hash *hash, int part, int i, int j, const int r[3], double c, lisi_error *err) {
  const count_entry key = {part, i, j, {r[0], r[1], r[2]}, c};
  if (2 * (hash->n + 1) > hash->cap) {
    const lisi_status status = resize(hash, 2 * hash->cap, err);
    if (status != LISI_OK)
      return status;
  }
  count_entry *slot = find_slot(hash->slot, hash->cap, &key);
  if (slot->part >= 0) {
    slot->c += c;
  } else {
    *slot = key;
    hash->n++;
  }
  return LISI_OK;
}

lisi_status count_hash_table(const count_hash *hash, int nstates, int nparts, count_table *table, lisi_error *err) {
  memset(table, 0, sizeof *table);
  table->entry = malloc((hash->n + 1) * sizeof *table->entry);
  if (table->entry == NULL)
    return lisi_no_memory(err, (hash->n + 1) * sizeof *table->entry);
  table->nstates = nstates;
  table->nparts = nparts;
  for (size_t k = 0; k < hash->cap; k++) {
    if (hash->slot[k].part >= 0)
      table->entry[table->n++] = hash->slot[k];
  }
  qsort(table->entry, table->n, sizeof *table->entry, compare_entries);
  return LISI_OK;
}

lisi_status count_table_collapse(const count_table *table, const double *weight, count_table *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  count_hash *hash;
  lisi_status status = count_hash_new(&hash, err);
  for (size_t k = 0; k < table->n && status == LISI_OK; k++) {
    const count_entry *e = &table->entry[k];
    const double w = weight != NULL ? weight[e->part] : 1.0;
    if (w != 0.0)
      status = count_hash_add(hash, 0, e->i, e->j, e->r, w * e->c, err);
  }
  if (status == LISI_OK)
    status = count_hash_table(hash, table->nstates, 1, out, err);
  count_hash_free(hash);
  return status;
}

/* ---- counting ---- */

typedef struct {
  long long begin, span, stride;
  int nblocks, ngroups;
  int block; /* the block met last, and its pair starts */
  long long from, until;
  int walker, group; /* the one met last */
  count_gather *gather;
} count_context;

/* Multiples of stride in [t0, t1), seen from the start of the whole set. */
static long long strided(const count_context *c, long long t0, long long t1) {
  if (c->stride == 1)
    return t1 - t0;
  const long long a = t0 - c->begin, b = t1 - c->begin; /* both >= 0 */
  return (b + c->stride - 1) / c->stride - (a + c->stride - 1) / c->stride;
}

static long long block_start(const count_context *c, int block) {
  return c->begin + (long long)(((__int128)block * c->span + c->nblocks - 1) / c->nblocks);
}

static lisi_status count_visit(void *context, int walker, const path_step *a, const path_step *b, long long t0,
                               long long t1, lisi_error *err) {
  count_context *c = context;
  const int r[3] = {b->n[0] - a->n[0], b->n[1] - a->n[1], b->n[2] - a->n[2]};
  lisi_status status = LISI_OK;
  if (walker != c->walker) { /* a division for each piece would show */
    c->walker = walker;
    c->group = walker % c->ngroups;
  }
  while (t0 < t1 && status == LISI_OK) {
    if (t0 < c->from || t0 >= c->until) {
      c->block = (int)((__int128)(t0 - c->begin) * c->nblocks / c->span);
      c->from = block_start(c, c->block);
      c->until = block_start(c, c->block + 1);
    }
    const long long until = t1 < c->until ? t1 : c->until;
    const long long here = strided(c, t0, until);
    if (here > 0)
      status = count_gather_add(c->gather, a->state, b->state, r, c->block, c->group, (double)here, err);
    t0 = until;
  }
  return status;
}

int counts_time_blocks(const path_set *paths, long long lag, int wanted) {
  enum { LAGS = 3 };
  long long begin, end;
  path_set_range(paths, &begin, &end);
  const long long span = end - begin - lag; /* of pair starts */
  const long long most = lag > 0 ? span / LAGS / lag : 0;
  if (most < 2)
    return 1;
  if (most >= wanted)
    return wanted;
  int n = (int)most;
  while (wanted % n != 0)
    n--;
  return n >= 5 ? n : (int)most;
}

static const int unfolded[3] = {1, 1, 1};

/* Counts of all paths, folded by `replicate`. verdict may be NULL. */
static lisi_status gather_paths(const path_set *paths, const int replicate[3], long long lag, long long stride,
                                int nblocks, int ngroups, lag_counts *counts, fold_verdict *verdict, lisi_error *err) {
  memset(counts, 0, sizeof *counts);
  counts->lag = lag;
  counts->stride = stride;
  long long begin, end;
  path_set_range(paths, &begin, &end);
  count_context c = {.begin = begin,
                     .span = end - lag - begin,
                     .stride = stride,
                     .nblocks = nblocks,
                     .ngroups = ngroups,
                     .walker = -1};
  if (lag < 1 || stride < 1)
    return lisi_fail(err, LISI_ERR_INTERNAL, "counting needs a lag and a stride of at least one sample");
  if (c.nblocks > c.span)
    c.nblocks = (int)c.span;
  if (c.nblocks < 1)
    c.nblocks = 1;
  if (c.ngroups > paths->nwalkers)
    c.ngroups = paths->nwalkers;
  if (c.ngroups < 1)
    c.ngroups = 1;
  double expected = 0.0; /* a pair of places lasts until one of its ends moves, or a block ends */
  for (size_t k = 0; k < paths->n; k++)
    expected += 2.0 * (double)paths->path[k].n + c.nblocks;
  lisi_status status = count_gather_new(paths->space.n, replicate, c.nblocks, c.ngroups, expected, &c.gather, err);
  for (bool again = c.span > 0; again && status == LISI_OK;) {
    status = path_set_pairs(paths, lag, count_visit, &c, err);
    if (status == LISI_OK)
      status = count_gather_pass(c.gather, &again, err);
  }
  if (status == LISI_OK)
    status = count_gather_tables(c.gather, counts, verdict, err);
  if (status == LISI_OK && counts->total.n == 0)
    status =
        lisi_fail(err, LISI_ERR_INPUT, "a lag of %lld samples is longer than the run: no pair of samples has it", lag);
  count_gather_free(c.gather);
  if (status != LISI_OK)
    lag_counts_free(counts);
  return status;
}

lisi_status counts_from_paths(const path_set *paths, long long lag, long long stride, int nblocks, int ngroups,
                              lag_counts *counts, lisi_error *err) {
  return gather_paths(paths, unfolded, lag, stride, nblocks, ngroups, counts, NULL, err);
}

lisi_status counts_folded(const path_set *paths, const int replicate[3], long long lag, long long stride, int nblocks,
                          int ngroups, lag_counts *counts, state_space *unit, fold_verdict *verdict, lisi_error *err) {
  memset(counts, 0, sizeof *counts);
  memset(verdict, 0, sizeof *verdict);
  lisi_status status = state_space_fold(&paths->space, replicate, unit, err);
  if (status == LISI_OK)
    status = gather_paths(paths, replicate, lag, stride, nblocks, ngroups, counts, verdict, err);
  if (status != LISI_OK)
    state_space_free(unit);
  return status;
}
