/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mean first passage times: how long a walker takes on average to come to a set of states for the first time. In lags;
 * times the lag for ps. */
#ifndef LISI_MFPT_H
#define LISI_MFPT_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X[n][n] flux pi_i P_ij, pi[n]. steps[i]: mean number of lags from state i to the target; 0 inside it, infinity where
 * it is not always reached. Errors: LISI_ERR_INPUT for an empty target. */
LISI_MUST_CHECK lisi_status mfpt_steps(int n, const double *X, const double *pi, const bool *target, double *steps,
                                       lisi_error *err);

/* Between sets of states: set[i] = 0..nsets-1, or -1 for none. steps[nsets][nsets]: from set a (start drawn from pi
 * within it) to set b; 0 on the diagonal. NaN where pi of the set is 0. */
LISI_MUST_CHECK lisi_status mfpt_between(int n, const double *X, const double *pi, int nsets, const int *set,
                                         double *steps, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
