/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Effective counts: how many independent pairs the counted ones are worth. Pairs of a sliding window overlap, and
 * lithium atoms jump together; what that costs shows in how much the counts fluctuate from one time block to the next.
 * With P the rows of all counts and e^b = C^b - P c^b what block b has beyond its share, state i has
 *   c_i^eff = c_i min(1, c_i sum_o P_o (1 - P_o) / V_i),   V_i = B/(B-1) sum_bo (e_o^b)^2
 * where o runs over the outcomes (j, R) of a pair that starts in i (science.md, section 3). Independent pairs give a
 * ratio of 1 within its noise.
 *
 * This is a mean over all outcomes. Overlap costs more where processes are slow (a rare crossing is seen in as many
 * windows as the lag has samples), and jumps of several atoms at once correlate rows, of which V_i knows nothing. So
 * what matters is asked as well: a quantity that changes by sum_i pi_i sum_o dP_o F_o when P does, as D and the
 * eigenvalues do. Its variance over blocks, row by row, over that of independent pairs is one factor; that of the sum
 * over rows over the sum of the rows' variances is another, of which the mean over the quantities is taken. The largest
 * product, where it is above 1, is the number of counted pairs that are worth one; c_i^eff is not above c_i over it. */
#ifndef LISI_EFFECTIVE_H
#define LISI_EFFECTIVE_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What has to be known with the right error: F[n][counts->total.n], one number for each outcome in the order of the
 * entries, and pi[nstates], 0 for states that are not meant. */
typedef struct {
  int n;
  const double *F, *pi;
} effective_quantities;

/* ratio[nstates] = c_i^eff / c_i of every state, in (0, 1]; 1 where nothing fluctuates or nothing starts. Where fewer
 * than two blocks are known: stride over lag, what the overlap of windows costs at most. ask NULL: by rows alone. */
LISI_MUST_CHECK lisi_status effective_ratio(const lag_counts *counts, const effective_quantities *ask, double *ratio,
                                            lisi_error *err);

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
