/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self part of the van Hove function: how far lithium has come after a time. P(r) dr = 4 pi r^2 G_s(r) dr is the
 * share of the displacements between sites whose length lies in a bin, spherically averaged; what stays in its site is
 * in the first bin.
 *
 * Model: the displacement after n lags has the probabilities of P_ij(R) convolved n times, started from the stationary
 * distribution: sites and images are followed, so nothing is lost at the edges of a box. Log: all pairs of samples that
 * lie n lags apart and have both ends in the model's states, with errors from time blocks. The model was made of the
 * same run, at its lag; what is tested is whether it is right at longer times. A block is at least three times as long
 * as the time; a time with fewer than two such blocks has no error and is not tested. */
#ifndef LISI_VAN_HOVE_H
#define LISI_VAN_HOVE_H

#include "msm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  long long n;                   /* lags */
  double time;                   /* ps */
  double *model, *log, *lo, *hi; /* [nbins] 1/A; log NaN: too few pairs */
  double lost;                   /* probability that the convolution has let go of (below 1e-10 each) */
  double pairs;                  /* counted in the log */
  int dof;                       /* groups of neighbouring bins that are tested */
  double chi2;                   /* over them, with the errors of the log */
  double largest;                /* largest deviation of a group, standard errors */
  double p;                      /* of the largest: Student's t for the number of blocks, times the groups and the times
                                    that are compared (Bonferroni) */
  bool tested, agrees;           /* agrees: p >= 0.05 */
} van_hove_time;

typedef struct {
  double width; /* of a bin, A; bin k holds lengths from k width to (k + 1) width */
  int nbins, ntimes;
  van_hove_time *time;
} van_hove_result;

/* paths of the supercell `replicate` (1 1 1: as it is) whose unit cell's states are the model's; the kept set is
 * compared. n[ntimes] lags, rising; times for which the convolution would take more than `budget` steps are left out.
 */
LISI_MUST_CHECK lisi_status van_hove_make(const path_set *paths, const int replicate[3], const msm_model *model,
                                          int ntimes, const long long *n, int most_blocks, double budget,
                                          van_hove_result *result, lisi_error *err);
void van_hove_free(van_hove_result *result);

/* P(|d|) of a network after n steps into density[nbins] (1/A) from starts pi: the model's side by itself. */
LISI_MUST_CHECK lisi_status van_hove_model(const network *net, const double *pi, long long n, double width, int nbins,
                                           double budget, double *density, double *lost, bool *done, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
