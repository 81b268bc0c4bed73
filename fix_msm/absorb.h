/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains that end in a set of target states: the linear equations behind first-passage times and committors, solved
 * without a subtraction (the elimination of Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985)), so that times of
 * 1e12 lags keep their digits. X[n][n], row-major, is the flux pi_i P_ij of any chain, reversible or not; its diagonal
 * is not used. */
#ifndef LISI_ABSORB_H
#define LISI_ABSORB_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* reach[i]: target can be reached from i along positive fluxes (true in the target itself). backward: along them
 * against their direction, that is, i can be reached from the target. */
LISI_MUST_CHECK lisi_status absorb_reach(int n, const double *X, bool backward, const bool *target, bool *reach,
                                         lisi_error *err);

/* For every state with inside[i]:  sum_j X_ij (x_i - x_j) = b_i,  with x_j = 0 outside; b >= 0. backward: with X_ji in
 * place of X_ij. x[n] comes back with zeros outside. From each inside state the outside must be reachable, else
 * LISI_ERR_NUMERIC. O(m^3), m states inside. */
LISI_MUST_CHECK lisi_status absorb_solve(int n, const double *X, bool backward, const bool *inside, const double *b,
                                         double *x, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
