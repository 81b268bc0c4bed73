/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .counts files: displacement-resolved counts at several lags by time block, with what they were counted on, so that
 * files add up. Text: `lisi-counts 1`, lines `key value...`, `site NUMBER LABEL a b c` for each state, `lag SAMPLES
 * BLOCKS ENTRIES` followed by its entries `block i j rx ry rz count` (i, j from 1), `end`. */
#ifndef LISI_COUNTS_FILE_H
#define LISI_COUNTS_FILE_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  state_space space;
  double dt; /* ps per sample */
  int replicate[3];
  int nsites_unit;
  int nwalkers;
  double temperature;
  bool nearest_site;
  int nlags;
  lag_counts *lag; /* [nlags], groups empty */
} counts_set;

void counts_set_free(counts_set *set);
LISI_MUST_CHECK lisi_status counts_file_write(const char *path, const counts_set *set, lisi_error *err);
LISI_MUST_CHECK lisi_status counts_file_read(const char *path, counts_set *set, lisi_error *err);
/* Adds `more` to `set`: blocks are appended, walkers add up, the cell becomes the mean weighted by the pairs of the
 * first lag. Other states, cell (beyond 5 %), lags, sampling or assignment are LISI_ERR_INPUT; `name` is the file that
 * did not fit. */
LISI_MUST_CHECK lisi_status counts_set_merge(counts_set *set, const counts_set *more, const char *name,
                                             lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
