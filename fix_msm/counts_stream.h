/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts at several lags while a run goes on, from a stream of jumps, with memory that does not grow with the length of
 * the run: a walker's jumps are kept for the longest lag only, and time blocks are merged in pairs when there get to be
 * too many. The result equals counts_from_paths on the same jumps (stride 1). */
#ifndef LISI_COUNTS_STREAM_H
#define LISI_COUNTS_STREAM_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct counts_stream counts_stream;

/* nstates sites (numbered from 1 in records), lags[nlags] in samples (from 1, any order). Time blocks start with
 * `block` samples (>= 1) and double whenever more than `max_blocks` (even, >= 2) would be needed. */
LISI_MUST_CHECK lisi_status counts_stream_new(int nstates, int nlags, const long long *lags, long long block,
                                              int max_blocks, counts_stream **stream, lisi_error *err);
void counts_stream_free(counts_stream *stream);

/* One record of the jump log: at `sample` (from 0, not falling per walker) walker `id` (any number > 0) goes from -> to
 * (1-based, 0 none) with the image shift n; the first record of a walker has from = 0 and its absolute image (see
 * jump_log.h). */
LISI_MUST_CHECK lisi_status counts_stream_record(counts_stream *stream, long long sample, long long id, int from,
                                                 int to, const int n[3], lisi_error *err);
/* Everything up to and including `sample` is known: pairs that end there are counted. */
LISI_MUST_CHECK lisi_status counts_stream_until(counts_stream *stream, long long sample, lisi_error *err);
/* No pair spans this point: all walkers end at the last counts_stream_until, and start anew with from = 0. */
void counts_stream_break(counts_stream *stream);
/* Walker gone at `sample` (not there any more at that sample). */
LISI_MUST_CHECK lisi_status counts_stream_gone(counts_stream *stream, long long sample, long long id, lisi_error *err);

/* The counts so far at lag number k: total and time blocks (groups is empty); *block_length in samples. */
LISI_MUST_CHECK lisi_status counts_stream_counts(const counts_stream *stream, int k, lag_counts *counts,
                                                 long long *block_length, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
