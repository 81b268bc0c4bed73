/* SPDX-License-Identifier: GPL-2.0-or-later */
/* D against lag, and the D to report. At lags shorter than the memory of the jumps (an atom that has changed places
 * with a vacancy goes back more often than on) a one-particle model overestimates D; beyond it D(tau) = D + c/tau
 * settles on a plateau. The plateau begins at the shortest lag from which on all D agree within the errors of their
 * differences (markov_range.h). Its D is that of this lag. At the edge of a plateau a rest of the memory, several
 * errors of the first lag, can hide within the errors of the long ones; so the interval also takes in what the lags of
 * the plateau extrapolate to at 1/tau = 0, with its own interval. */
#ifndef LISI_PLATEAU_H
#define LISI_PLATEAU_H

#include "markov_range.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  bool found;
  int from, to;         /* places of the lags; not found: both the one that is given in its stead */
  double value, lo, hi; /* NaN intervals: not known */
  double limit, error;  /* extrapolated to 1/tau = 0 over the plateau, and its standard error; NaN: not known */
  double p;             /* of the plateau */
} plateau_result;

/* lo, hi [nlags]: the intervals of the curve's values. A plateau begins at lag `first` or later and has at least two
 * lags at which D is known. Where there is none the D of lag `instead` is given. */
LISI_MUST_CHECK lisi_status plateau_find(const lag_curve *D, const double *lo, const double *hi, int first, int instead,
                                         plateau_result *result, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
