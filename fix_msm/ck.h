/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chapman-Kolmogorov test: does the model at one lag foretell what is counted at its multiples (Prinz et al., J. Chem.
 * Phys. 134, 174105 (2011))? Two kinds of curve are compared at k = 1, 2, ... lags:
 *  - a set A of states: the probability to be in A after k lags when started from the stationary distribution within A;
 *  - a wave vector q: the self intermediate scattering function Re <exp(i q.d)> of the displacement d after k lags,
 *    which sees how far walkers get and not only in which states they are.
 * Model: P(tau)^k of the estimate at tau. Counted: rows of the counts at k tau divided by their sums, with the same
 * stationary weights. Both come from the same run, so the error is that of their difference: both are made again from
 * resampled time blocks and from resampled groups of walkers, and the larger standard error is taken, with Student's t
 * for its number of parts. The verdict is on the worst of all points: how often is the worst
 * point of a resample as unlikely (Westfall and Young 1993), and never more than Bonferroni's correction allows. */
#ifndef LISI_CK_H
#define LISI_CK_H

#include "msm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CK_NAME 48
typedef struct {
  char name[CK_NAME];
  int n, *state; /* [n] indices in the space of the counts; n = 0: a wave vector */
  double q[3];   /* 1/Angstrom, Cartesian */
} ck_curve;

typedef struct {
  int curve, k;                                      /* at k lags */
  double model, counted;                             /* p_A or F(q) */
  double difference;                                 /* model - counted, freed of the bias that the resamples show */
  double error;                                      /* its standard error; 0: not known or not tested */
  double deviation;                                  /* |difference|/error; 0 where the error is 0 */
  double p;                                          /* two-sided, of this point alone; 1 where the error is 0 */
  double model_lo, model_hi, counted_lo, counted_hi; /* +- the Student quantile of the level, for pictures */
} ck_point;

typedef enum { CK_UNTESTED = 0, CK_PASSED, CK_FAILED } ck_verdict;
const char *ck_verdict_name(ck_verdict verdict); /* "untested", "passed", "failed" */

typedef struct {
  int ncurves, npoints;
  ck_point *point; /* [npoints] by curve, then k */
  int tests;       /* points with an error */
  int worst;       /* the point of smallest p; -1 without tests */
  double p; /* of all points together, from the smallest p; no finer than 1/resamples unless Bonferroni's is smaller */
  double largest_difference;
  double level; /* a verdict is `failed` when p < 1 - level */
  ck_verdict verdict;
} ck_result;

/* counts[0] is the lag tau of the model, counts[1..nlags-1] are multiples of it, rising; k = counts[m].lag / tau.
 * Points: every lag; k = 1 is shown and not tested, for the model was made of these counts. `model` was made of
 * counts[0]. States of a curve outside the model's kept set are left out; a curve without states left is
 * LISI_ERR_INPUT. options: bootstrap (resamples of each kind; 0: untested), level (0: 0.95), seed, progress,
 * interrupted. plain is not supported. */
LISI_MUST_CHECK lisi_status ck_test(const state_space *space, int nlags, const lag_counts *counts,
                                    const msm_model *model, int ncurves, const ck_curve *curve,
                                    const msm_options *options, ck_result *result, lisi_error *err);
void ck_result_free(ck_result *result);

/* P(|t| > x) of Student's t with nu degrees of freedom. */
double ck_student_p(double x, double nu);
/* The x with P(|t| > x) = p. */
double ck_student_quantile(double p, double nu);

#ifdef __cplusplus
}
#endif
#endif
