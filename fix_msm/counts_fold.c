/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folding counts over the translations of a supercell, and whether the copies of a site may be taken for one. */
#include "counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  int nunit, rep[3];
} folding;

static void cell_of(const folding *f, int state, int cell[3]) {
  const int k = state / f->nunit;
  cell[0] = k % f->rep[0];
  cell[1] = k / f->rep[0] % f->rep[1];
  cell[2] = k / f->rep[0] / f->rep[1];
}

/* The folded entry; part stays. */
static count_entry fold_entry(const folding *f, const count_entry *e) {
  int from[3], to[3];
  cell_of(f, e->i, from);
  cell_of(f, e->j, to);
  count_entry out = {e->part, e->i % f->nunit, e->j % f->nunit, {0, 0, 0}, e->c};
  for (int a = 0; a < 3; a++)
    out.r[a] = f->rep[a] * e->r[a] + to[a] - from[a];
  return out;
}

static lisi_status fold_table(const folding *f, const count_table *table, count_table *out, lisi_error *err) {
  count_hash *hash;
  lisi_status status = count_hash_new(&hash, err);
  for (size_t k = 0; k < table->n && status == LISI_OK; k++) {
    const count_entry e = fold_entry(f, &table->entry[k]);
    status = count_hash_add(hash, e.part, e.i, e.j, e.r, e.c, err);
  }
  if (status == LISI_OK)
    status = count_hash_table(hash, f->nunit, table->nparts, out, err);
  count_hash_free(hash);
  return status;
}

/* ---- are the copies alike? ---- */

static int outcome_of(const count_table *total, size_t first, size_t last, int j, const int r[3]) {
  size_t lo = first, hi = last; /* entries of one row, sorted by (j, R) */
  while (lo < hi) {
    const size_t mid = lo + (hi - lo) / 2;
    const count_entry *e = &total->entry[mid];
    int order = e->j != j ? (e->j < j ? -1 : 1) : 0;
    for (int a = 0; a < 3 && order == 0; a++)
      order = e->r[a] != r[a] ? (e->r[a] < r[a] ? -1 : 1) : 0;
    if (order == 0)
      return (int)(mid - first);
    if (order < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  return -1;
}

typedef struct {
  double excess, expected, squares;
} spread;

/* One folded row: entries [first, last) of the folded total; blocks are the unfolded block counts that start in a copy
 * of this row, given as a list. */
static lisi_status compare_row(const folding *f, const count_table *total, size_t first, size_t last,
                               const count_entry *const *entry, size_t n, int ncopies, int nblocks, spread *sum,
                               lisi_error *err) {
  const size_t O = last - first, K = (size_t)ncopies, B = (size_t)nblocks;
  if (O < 2)
    return LISI_OK;
  if (O > SIZE_MAX / sizeof(double) / K / B)
    return lisi_no_memory(err, SIZE_MAX);
  double *c = calloc(O * K * B, sizeof *c), *row = calloc(K * B, sizeof *row);
  if (c == NULL || row == NULL) {
    free(c);
    free(row);
    return lisi_no_memory(err, O * K * B * sizeof *c);
  }
  double all = 0.0;
  for (size_t k = 0; k < n; k++) {
    const count_entry folded = fold_entry(f, entry[k]);
    const size_t copy = (size_t)(entry[k]->i / f->nunit), block = (size_t)entry[k]->part;
    const int o = outcome_of(total, first, last, folded.j, folded.r);
    if (o >= 0)
      c[((size_t)o * K + copy) * B + block] += folded.c;
    row[copy * B + block] += folded.c;
    all += folded.c;
  }
  for (size_t o = 0; o < O; o++) {
    const count_entry *e = &total->entry[first + o];
    if (e->i == e->j && e->r[0] == 0 && e->r[1] == 0 && e->r[2] == 0)
      continue; /* staying is what the others leave over */
    const double p = e->c / all;
    for (size_t k = 0; k < K; k++) {
      double total_e = 0.0, variance = 0.0, share = 0.0;
      for (size_t b = 0; b < B; b++) {
        total_e += c[(o * K + k) * B + b] - p * row[k * B + b];
        share += row[k * B + b] / all;
      }
      for (size_t b = 0; b < B; b++) {
        const double d = c[(o * K + k) * B + b] - p * row[k * B + b] - total_e / (double)B;
        variance += d * d;
      }
      variance *= (double)B / (double)(B - 1) * (1.0 - share); /* p was fitted to the same counts */
      sum->excess += total_e * total_e;
      sum->expected += variance;
      sum->squares += variance * variance;
    }
  }
  free(c);
  free(row);
  return LISI_OK;
}

static lisi_status compare_copies(const folding *f, const lag_counts *counts, const count_table *total,
                                  fold_verdict *verdict, lisi_error *err) {
  const int ncopies = f->rep[0] * f->rep[1] * f->rep[2], nblocks = counts->blocks.nparts;
  verdict->homogeneous = true;
  verdict->ratio = 1.0;
  if (ncopies < 2 || nblocks < 2)
    return LISI_OK;
  /* the unfolded block entries, gathered by folded row */
  const size_t n = counts->blocks.n;
  size_t *start = calloc((size_t)f->nunit + 2, sizeof *start);
  const count_entry **entry = malloc((n + 1) * sizeof *entry);
  lisi_status status = LISI_OK;
  spread sum = {0.0, 0.0, 0.0};
  if (start == NULL || entry == NULL) {
    status = lisi_no_memory(err, (n + 1) * sizeof *entry);
    goto done;
  }
  for (size_t k = 0; k < n; k++)
    start[counts->blocks.entry[k].i % f->nunit + 2]++;
  for (int s = 0; s < f->nunit; s++)
    start[s + 2] += start[s + 1];
  for (size_t k = 0; k < n; k++)
    entry[start[counts->blocks.entry[k].i % f->nunit + 1]++] = &counts->blocks.entry[k];
  for (size_t first = 0; first < total->n && status == LISI_OK;) {
    size_t last = first;
    const int s = total->entry[first].i;
    while (last < total->n && total->entry[last].i == s)
      last++;
    status = compare_row(f, total, first, last, entry + start[s], start[s + 1] - start[s], ncopies, nblocks, &sum, err);
    first = last;
  }
  if (status == LISI_OK && sum.expected > 0.0) {
    const double terms = sum.expected * sum.expected / sum.squares;
    verdict->tested = true;
    verdict->ratio = sum.excess / sum.expected;
    verdict->z = (verdict->ratio - 1.0) / sqrt(2.0 / terms + 2.0 / (terms * (nblocks - 1)));
    verdict->homogeneous = !(verdict->z > 4.0 && verdict->ratio > 1.5);
  }
done:
  free(start);
  free(entry);
  return status;
}

lisi_status counts_fold(const lag_counts *counts, const state_space *super, const int replicate[3], lag_counts *out,
                        state_space *unit, fold_verdict *verdict, lisi_error *err) {
  memset(out, 0, sizeof *out);
  memset(unit, 0, sizeof *unit);
  memset(verdict, 0, sizeof *verdict);
  folding f = {0, {replicate[0], replicate[1], replicate[2]}};
  long long copies = 1;
  for (int a = 0; a < 3; a++) {
    if (replicate[a] < 1 || replicate[a] > super->n)
      return lisi_fail(err, LISI_ERR_INPUT, "replicate %d %d %d does not fit %d sites", replicate[0], replicate[1],
                       replicate[2], super->n);
    copies *= replicate[a];
  }
  if (!super->geometry || copies > super->n || super->n % copies != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%d states are no supercell of %d x %d x %d unit cells", super->n,
                     replicate[0], replicate[1], replicate[2]);
  f.nunit = super->n / (int)copies;
  out->lag = counts->lag;
  int *first = malloc((size_t)f.nunit * sizeof *first);
  if (first == NULL)
    return lisi_no_memory(err, (size_t)f.nunit * sizeof *first);
  for (int s = 0; s < f.nunit; s++)
    first[s] = s;
  lisi_status status = state_space_pick(super, first, f.nunit, unit, err);
  free(first);
  if (status == LISI_OK) {
    for (int a = 0; a < 3; a++) {
      for (int k = 0; k < 3; k++)
        unit->cell[a][k] /= replicate[a];
      for (int s = 0; s < f.nunit; s++)
        unit->x[3 * s + a] *= replicate[a];
    }
    status = fold_table(&f, &counts->total, &out->total, err);
  }
  if (status == LISI_OK)
    status = fold_table(&f, &counts->blocks, &out->blocks, err);
  if (status == LISI_OK)
    status = fold_table(&f, &counts->groups, &out->groups, err);
  if (status == LISI_OK)
    status = compare_copies(&f, counts, &out->total, verdict, err);
  verdict->done = copies > 1;
  if (status != LISI_OK) {
    lag_counts_free(out);
    state_space_free(unit);
  }
  return status;
}
