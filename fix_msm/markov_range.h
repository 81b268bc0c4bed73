/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over which lags does a model say the same? In a Markov process a relaxation time or D is one number, whatever the
 * lag; at a lag that is too short, or in states that hide something, it drifts. The Markovian range is the longest run
 * of lags, in decades, over which every quantity agrees with itself within the errors.
 *
 * Estimates at several lags come from the same run and scatter together, so the error is that of their differences: all
 * lags are made again from the same resampled blocks (sample[..][b] belongs to the same draw at each lag). The
 * statistic of a run is the worst pair of lags, |difference|/(its standard error), of all quantities; its p value is
 * how often the worst pair of a resample, centred, is as bad (Westfall and Young 1993), and no larger than Bonferroni's
 * with Student's t. Differences of less than MARKOV_TOLERANCE of the value count as none, however small the errors. A
 * quantity takes part at the lags where it is known: its error is below half of its value. */
#ifndef LISI_MARKOV_RANGE_H
#define LISI_MARKOV_RANGE_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MARKOV_TOLERANCE 0.01
#define MARKOV_LEVEL 0.05 /* a run with a smaller p is no run */
#define MARKOV_NAME 24

typedef struct {
  char name[MARKOV_NAME];
  int nlags;
  const double *lag;    /* [nlags] rising */
  const double *value;  /* [nlags]; NaN: none at this lag */
  int nsamples[2];      /* of time blocks, of groups of walkers; 0: none */
  const int *nparts[2]; /* [nlags] blocks, groups at each lag: draws of two lags are the same where these are equal */
  const double *sample[2]; /* [nlags][nsamples] */
} lag_curve;

/* The run from lag `from` to lag `to` (places, from 0). */
typedef struct {
  bool found;
  int from, to;
  double decades; /* log10(lag[to]/lag[from]) */
  double p;       /* of the run */
  int worst[2];   /* the worst pair of lags in it, and of which curve */
  int worst_curve;
} lag_run;

/* What 1.96 standard deviations of resamples from nparts parts are multiplied by to make a 95 % interval of Student's
 * t; infinity for one part. */
double lag_widening(int nparts);
/* Standard error of value[k], the larger of the two kinds of resamples, widened as Student's t asks for; NaN without.
 */
double lag_curve_error(const lag_curve *curve, int k);
/* The value is finite, positive, and its error below half of it. */
bool lag_curve_known(const lag_curve *curve, int k);

/* p of the hypothesis that each curve is one number from lag `from` to lag `to`; 1 where there is nothing to compare.
 * *run is filled (found = true). */
LISI_MUST_CHECK lisi_status lag_run_test(int ncurves, const lag_curve *curve, int from, int to, lag_run *run,
                                         lisi_error *err);
/* The longest run, in decades, of at least two lags with p >= MARKOV_LEVEL in which something is known at every lag;
 * the earlier one of equals. found = false where there is none. All curves have the same lags. */
LISI_MUST_CHECK lisi_status markov_range_find(int ncurves, const lag_curve *curve, lag_run *run, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
