/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long lithium stays in a site, from stays that are partly seen only. Stays whose beginning was seen and whose end
 * was not are censored: they enter the survival curve by the product-limit estimate (Kaplan and Meier, J. Am. Stat.
 * Assoc. 53, 457 (1958)) with Greenwood's variance. Stays that were going on when the run began have an unknown age and
 * are left out of it. */
#ifndef LISI_RESIDENCE_H
#define LISI_RESIDENCE_H

#include "lisi_status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  long long length; /* samples */
  bool ended;       /* false: censored */
} residence_stay;

typedef struct {
  long long t;         /* samples; survival is constant up to the next point */
  double survival, se; /* share of stays longer than t, standard error */
  size_t at_risk;      /* stays that reached t */
} residence_point;

typedef struct {
  size_t nstays, nended;
  size_t n;
  residence_point *point;          /* [n] at the lengths at which stays ended, rising; n = 0: none ended */
  double median;                   /* samples; INFINITY where the curve stays above 1/2 */
  double median_lo, median_hi;     /* 95 %, from the curve's bounds (log-log); hi may be INFINITY, lo 0 */
  long long horizon;               /* longest stay seen */
  double mean_to_horizon, mean_se; /* restricted mean: area under the curve up to the horizon, and standard error */
} residence_curve;

/* stay[n] is sorted in place. */
LISI_MUST_CHECK lisi_status residence_estimate(size_t n, residence_stay *stay, residence_curve *curve, lisi_error *err);
void residence_curve_free(residence_curve *curve);

#ifdef __cplusplus
}
#endif
#endif
