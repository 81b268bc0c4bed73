/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracer and collective diffusion from the jumps of all lithium. With r_i(t) the site of lithium i along its unwrapped
 * path and Q(t) = sum_i r_i(t), both are slopes of mean squares over one range of time, t1 to t2,
 *   D_tracer     = d/dt <|r_i(t) - r_i(0)|^2> / 6      (mean over lithium)
 *   D_collective = d/dt <|Q(t) - Q(0)|^2> / (6 N)
 *   Haven ratio  H = D_tracer/D_collective,   conductivity  sigma = N z^2 e^2 D_collective/(V kB T)
 * (Nernst-Einstein with H: Murch, Solid State Ionics 7, 177 (1982)). Sites stand still, so this is the frame of the
 * host. A one-particle model cannot give D_collective: it takes all lithium at a time.
 *
 * Time is cut into blocks; a pair of samples belongs to the block of its first one, all lithium together, and the same
 * resampled blocks make both coefficients, so that what their errors have in common leaves the ratio. No pair spans a
 * break or two logs. The cost grows with the number of jumps, not with the length of the run. Units: ps, A, A^2/ps, e,
 * K, S/m. */
#ifndef LISI_COLLECTIVE_H
#define LISI_COLLECTIVE_H

#include "paths.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int nblocks;   /* >= 4; lags go up to half a block */
  int resamples; /* 0: no intervals */
  double level;  /* 0: 0.95 */
  uint64_t seed;
  double temperature; /* K; 0: the log's */
  double charge;      /* e; 0: 1 */
} collective_options;

typedef struct {
  double value, lo, hi; /* NaN: not known */
} collective_value;

/* The slopes between the lags t and 2 t. */
typedef struct {
  double t;
  collective_value tracer, collective;
} collective_point;

typedef struct {
  bool known;      /* false: the paths are too short for one slope (`why`), or have no geometry */
  const char *why; /* NULL where known */
  double from, to; /* the range of the slopes: the shortest lag from which on the slopes stay the same, and four times
                      it (or what the run has) */
  bool plateau;    /* the slopes do stay the same: at least one longer lag agrees */
  int nblocks;
  double tracer_tensor[3][3], collective_tensor[3][3];
  collective_value tracer, collective, haven, conductivity; /* haven: NaN where nothing moves */
  double temperature, charge, n_li, volume;                 /* n_li: lithium in the box; volume of the box, A^3 */
  int npoints;
  collective_point *point; /* [npoints] */
} collective_result;

/* Errors: LISI_ERR_NOMEM alone; paths that tell nothing give known = false. */
LISI_MUST_CHECK lisi_status collective_make(const path_set *paths, const collective_options *options,
                                            collective_result *result, lisi_error *err);
void collective_free(collective_result *result);

#ifdef __cplusplus
}
#endif
#endif
