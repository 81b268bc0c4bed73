/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Effective counts: how many independent pairs the counted ones are worth. Pairs of a sliding window overlap, and
 * lithium atoms jump together; what that costs shows in how much the counts fluctuate from one time block to the next.
 * With P the rows of all counts and e^b = C^b - P c^b what block b has beyond its share, state i has
 *   c_i^eff = c_i min(1, c_i sum_o P_o (1 - P_o) / V_i),   V_i = B/(B-1) sum_bo (e_o^b)^2
 * where o runs over the outcomes (j, R) of a pair that starts in i (science.md, section 3). Independent pairs give a
 * ratio of 1 within its noise. */
#ifndef LISI_EFFECTIVE_H
#define LISI_EFFECTIVE_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ratio[nstates] = c_i^eff / c_i of every state, in (0, 1]; 1 where fewer than two blocks are known, where nothing
 * fluctuates or where nothing starts. */
LISI_MUST_CHECK lisi_status effective_ratio(const lag_counts *counts, double *ratio, lisi_error *err);

/* Multiplies what starts in state i by ratio[i], in place: the total, the blocks and the groups. Of counts scaled in
 * this way the ratios are 1. */
void effective_apply(lag_counts *counts, const double *ratio);

/* The sum of the effective counts, and the smallest ratio among states that something starts in. */
typedef struct {
  double total, smallest_ratio;
} effective_summary;
effective_summary effective_summarise(const lag_counts *counts, const double *ratio);

#ifdef __cplusplus
}
#endif
#endif
