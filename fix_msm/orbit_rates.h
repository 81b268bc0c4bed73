/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jump rates between orbits of sites (all sites of one label) from a model: K = log(P)/lag, with displacements, where
 * this logarithm exists. K_ij(R) sums up over the sites of the orbits, so that rate is the number of jumps that a
 * walker in orbit `from` makes to (other) sites of orbit `to` in a unit of time. A walker that comes back within the
 * lag is accounted for, which P/lag does not do. */
#ifndef LISI_ORBIT_RATES_H
#define LISI_ORBIT_RATES_H

#include "msm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int from, to;        /* orbits; equal ones: jumps between sites of one orbit */
  double P;            /* to be, one lag later, in a site of `to` that is not the one it was in */
  double rate, lo, hi; /* 1/time; NaN where the logarithm does not exist, or the resamples do not tell */
} orbit_rate;

typedef struct {
  int norbits;
  char (*name)[STATE_LABEL]; /* [norbits] in the order of the first site of each; without labels the state's number */
  int n;
  orbit_rate *pair; /* [n] by from and to; pairs without any transition are left out */
  bool exists;      /* log(P) is real */
  const char *why;  /* where it does not exist: a static text */
  double negative;  /* exists: share of its flux between sites that is negative; 0 for the P of a jump process, above
                     * where noise, or a hidden state, makes of P what no jump process gives */
} orbit_rates;

/* The rates of a model that msm_build has made from `counts`; options as for it (bootstrap 0: no intervals). Models
 * without detailed balance, of more than ORBIT_RATES_STATES states, or with eigenvalues that are not positive have
 * exists = false and P alone. More than ORBIT_RATES_NAMELESS states without labels give no pairs. Intervals are
 * percentiles over resamples as for the model itself. */
#define ORBIT_RATES_STATES 1500
#define ORBIT_RATES_NAMELESS 60
LISI_MUST_CHECK lisi_status orbit_rates_make(const state_space *space, const lag_counts *counts,
                                             const msm_options *options, const msm_model *model, orbit_rates *out,
                                             lisi_error *err);
void orbit_rates_free(orbit_rates *rates);

#ifdef __cplusplus
}
#endif
#endif
