/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors of a model by resampling parts of its counts: time blocks with all walkers together, and groups of walkers;
 * the interval holds those of both. Percentiles, never the delta method. Deterministic by seed. Used by msm_build. */
#ifndef LISI_BOOTSTRAP_H
#define LISI_BOOTSTRAP_H

#include "lisi_status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* xoshiro256** (Blackman and Vigna), seeded by splitmix64. */
typedef struct {
  uint64_t s[4];
} lisi_rng;
void lisi_rng_seed(lisi_rng *rng, uint64_t seed);
/* Several generators for one seed: what the streams of different seeds give is unrelated. Stream 0 is lisi_rng_seed. */
void lisi_rng_stream(lisi_rng *rng, uint64_t seed, uint64_t stream);
uint64_t lisi_rng_next(lisi_rng *rng);
double lisi_rng_uniform(lisi_rng *rng);   /* [0, 1) */
int lisi_rng_below(lisi_rng *rng, int n); /* 0..n-1, n >= 1 */

/* weight[nparts] = how often each part is drawn in nparts draws with replacement. */
void bootstrap_weights(lisi_rng *rng, int nparts, double *weight);
/* The level to ask percentiles for so that an interval from nparts parts holds the truth at `level`: few parts scatter
 * too little (expanded percentile interval, Hesterberg, Am. Stat. 69, 371 (2015), by Student's t). */
double bootstrap_expanded_level(double level, int nparts);
/* lo, hi: the (1-level)/2 and (1+level)/2 percentiles of the finite-or-infinite values in sample[n] (sorted in place,
 * NaN left out, linear interpolation); NaN when fewer than half remain. */
void bootstrap_percentiles(int n, double *sample, double level, double *lo, double *hi);

#ifdef __cplusplus
}
#endif
#endif
