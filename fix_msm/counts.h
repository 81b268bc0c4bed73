/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Displacement-resolved transition counts C_ij(R; lag): how often a walker seen in state i is in state j, R = n(t+lag)
 * - n(t) cells away, one lag later. Sparse, and resolved by part: a part is a time block (all walkers together; a pair
 * belongs to the block of its start) or a group of walkers, so that errors can be had from resampling parts. */
#ifndef LISI_COUNTS_H
#define LISI_COUNTS_H

#include "paths.h"
#include "state_space.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 2^53: up to here a double holds every whole number. */
#define LARGEST_COUNT 9007199254740992.0

typedef struct {
  int part, i, j, r[3];
  double c;
} count_entry;

/* Entries are unique and sorted by (part, i, j, r0, r1, r2). */
typedef struct {
  int nstates, nparts;
  size_t n;
  count_entry *entry; /* [n] */
} count_table;

/* The counts of one lag. blocks and groups have zero parts where nothing is known of them (a count matrix). */
typedef struct {
  long long lag;     /* samples */
  long long stride;  /* samples between pair starts; 0: not known, taken as 1 (a sliding window) */
  count_table total; /* one part */
  count_table blocks, groups;
} lag_counts;

void count_table_free(count_table *table);
void lag_counts_free(lag_counts *counts);
/* Sum of all entries. */
double count_table_sum(const count_table *table);
/* table -> one table of one part: sum over entries of weight[part] * c (weight NULL: 1). Entries with weight 0 are left
 * out. */
LISI_MUST_CHECK lisi_status count_table_collapse(const count_table *table, const double *weight, count_table *out,
                                                 lisi_error *err);

/* Accumulates counts in any order; a hash table underneath. */
typedef struct count_hash count_hash;
LISI_MUST_CHECK lisi_status count_hash_new(count_hash **hash, lisi_error *err);
void count_hash_free(count_hash *hash);
LISI_MUST_CHECK lisi_status count_hash_add(count_hash *hash, int part, int i, int j, const int r[3], double c,
                                           lisi_error *err);
/* The content, sorted; the hash stays as it is. */
LISI_MUST_CHECK lisi_status count_hash_table(const count_hash *hash, int nstates, int nparts, count_table *table,
                                             lisi_error *err);
size_t count_hash_size(const count_hash *hash);

/* Counts pairs (t, t+lag) of every path of `paths`; lag in samples, from 1. stride 1 is the sliding window, stride =
 * lag strided. Exact, at a cost that grows with the number of jumps and not with the number of samples. Unassigned
 * samples make no pair; a pair that spans an unassigned stretch counts; none spans a break. nblocks time blocks of
 * equal length over the pair starts, ngroups groups of walkers (walker number modulo ngroups; less where there are
 * fewer walkers). Errors: LISI_ERR_INPUT when no pair has that lag (the run is shorter). */
LISI_MUST_CHECK lisi_status counts_from_paths(const path_set *paths, long long lag, long long stride, int nblocks,
                                              int ngroups, lag_counts *counts, lisi_error *err);

/* How many time blocks, at most `wanted`, are to be asked for at this lag. Pairs that start in one block end up to a
 * lag later: where blocks are not much longer than the lag, neighbours share what they see, the spread between blocks
 * is too small for what their sum is uncertain by, and copies of a site seem to differ. So a block gets three lags at
 * least, and there is one block (none to compare with) where two of them do not fit. From five on the number divides
 * `wanted`, so that the blocks of one lag are made of those of another. */
int counts_time_blocks(const path_set *paths, long long lag, int wanted);

/* Folding over the translations of a supercell: state s + n_s (ix + nx (iy + ny iz)), R in boxes  ->  state s, R in
 * unit cells (replicate*n + the cell difference). Linear, so blocks and groups fold alike. `unit` gets the first n_s
 * states with the cell divided by replicate. The copies of a site are compared (science.md, Folding): ratio is the
 * spread of the copies' rows over what their block-to-block fluctuations explain (1 when they are equal), z its
 * distance from 1 in standard errors. */
typedef struct {
  bool done;   /* folding took place */
  bool tested; /* false: one copy, or fewer than two blocks */
  double ratio, z;
  bool homogeneous; /* verdict: not (z > 4 and ratio > 1.3) */
} fold_verdict;
LISI_MUST_CHECK lisi_status counts_fold(const lag_counts *counts, const state_space *super, const int replicate[3],
                                        lag_counts *out, state_space *unit, fold_verdict *verdict, lisi_error *err);

/* counts_from_paths and counts_fold in one go, without the tables of the supercell in between: much faster where pairs
 * of sites are many. The same result (the verdict to rounding). */
LISI_MUST_CHECK lisi_status counts_folded(const path_set *paths, const int replicate[3], long long lag,
                                          long long stride, int nblocks, int ngroups, lag_counts *out,
                                          state_space *unit, fold_verdict *verdict, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
