/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums up counts that come in any order into sorted tables, folded over the translations of a supercell on the way, and
 * compares the copies of each site. Pieces wait in one list for each starting site; then the sites of the unit cell are
 * done one after the other, so that all that is touched at a time is small, whatever the number of sites, blocks and
 * displacements. */
#ifndef LISI_COUNT_GATHER_H
#define LISI_COUNT_GATHER_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct count_gather count_gather;

/* nstates states, in replicate[0] * replicate[1] * replicate[2] copies of a unit cell (1 1 1: nothing is folded);
 * nblocks and ngroups parts (0: none). `expected` pieces are about to come: where they would fill the memory, they are
 * taken in several passes. */
LISI_MUST_CHECK lisi_status count_gather_new(int nstates, const int replicate[3], int nblocks, int ngroups,
                                             double expected, count_gather **gather, lisi_error *err);
void count_gather_free(count_gather *gather);

/* What a piece adds to beside its block or group. */
enum { GATHER_NO_BLOCK = -1, GATHER_NOT_IN_TOTAL = -2 };

/* One piece: c pairs from state i to state j of the supercell, r boxes away. block: its time block, or
 * GATHER_NO_BLOCK, or GATHER_NOT_IN_TOTAL (a piece that only its group gets). group: its group, or -1. A
 * count below 0, above LARGEST_COUNT or no number is an error. */
LISI_MUST_CHECK lisi_status count_gather_add(count_gather *gather, int i, int j, const int r[3], int block, int group,
                                             double c, lisi_error *err);

/* Ends a pass. *again: the same pieces have to be added once more, since only a part of the sites was taken. */
LISI_MUST_CHECK lisi_status count_gather_pass(count_gather *gather, bool *again, lisi_error *err);

/* After the last pass: the tables, total, blocks and groups, and (may be NULL) the verdict. Call it once. */
LISI_MUST_CHECK lisi_status count_gather_tables(count_gather *gather, lag_counts *counts, fold_verdict *verdict,
                                                lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
