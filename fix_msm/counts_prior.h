/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prior counts. */
#ifndef LISI_COUNTS_PRIOR_H
#define LISI_COUNTS_PRIOR_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

/* alpha > 0 is added to C_ij and to C_ji of every pair of states that was seen, whichever way (and to C_ii of a state
 * that was seen to stay), never to others. Over displacements it is divided as C_ij(R) + C_ji(-R) are. Parts get
 * alpha/nparts each of the pairs of the total. */
LISI_MUST_CHECK lisi_status counts_prior(const lag_counts *counts, double alpha, lag_counts *out, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
