/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals of anything that can be computed from a model: its counts are resampled by time block (all walkers
 * together) and by group of walkers and the model is made again each time, or matrices are drawn from its posterior, as
 * options->errors asks; the interval is the one that holds the percentile intervals of all kinds, as for the model's
 * own numbers (msm_errors.c).
 */
#ifndef LISI_RESAMPLE_H
#define LISI_RESAMPLE_H

#include "msm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The flux X[n][n] and pi[n] of the counts in `table` (one part) over the states of the model's kept set. Sets that are
 * connected in the model and not in the table stand beside each other, weighted by their counts; a state that is not in
 * the table has pi = 0. */
LISI_MUST_CHECK lisi_status resample_flux(const state_space *space, const count_table *table, const msm_model *model,
                                          const msm_options *options, double *X, double *pi, lisi_error *err);

/* Computes value[nq] from a model's flux; NaN for what it does not tell. All quantities are positive by nature. */
typedef lisi_status (*resample_function)(void *context, int n, const double *X, const double *pi, double *value,
                                         lisi_error *err);

/* lo[nq], hi[nq]: intervals at options->level (0: 0.95) around value[nq], the quantities of the model itself; NaN where
 * fewer than half of the resamples tell or where the counts have fewer than two blocks and groups (the posterior needs
 * none). options->bootstrap resamples of each kind; seed, progress and interrupted as for msm_build. */
LISI_MUST_CHECK lisi_status resample_intervals(const state_space *space, const lag_counts *counts,
                                               const msm_options *options, const msm_model *model, int nq,
                                               const double *value, resample_function function, void *context,
                                               double *lo, double *hi, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
