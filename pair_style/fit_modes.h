/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Radial functions for a fit on few data: combinations of the file format's g_k in order of roughness. */
#ifndef LISI_FIT_MODES_H
#define LISI_FIT_MODES_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills bond->crad[nradmax][lmax+1][nradbase] with R_n = sum_k crad g_k, the same for every l, such that the integral
 * of R_n R_m from `from` to rcut is delta_nm times (rcut - from), and the integral of (r/rcut)^q R_n''^2 from `core` to
 * rcut is stationary: the R_n are the smoothest functions that the g_k allow, smooth also between core and from, where
 * there are no data, n = 1 the smoothest. q > 0 lets them vary faster near the atom, where energies do. nradmax <=
 * nradbase, 0 < core <= from < rcut, q >= 0. */
LISI_MUST_CHECK lisi_status fit_modes(ace_bond *bond, double core, double from, double q, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
