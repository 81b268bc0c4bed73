/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maxima of a density on a periodic grid and the basins that belong to them: watershed from the top, two basins
 * being one where the saddle between them is nearly as high as the lower maximum, or where the difference is no larger
 * than chance makes it. */
#ifndef LISI_SITE_BASINS_H
#define LISI_SITE_BASINS_H

#include "site_density.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  size_t peak;       /* point of the maximum */
  double height;     /* density there */
  double saddle;     /* the highest saddle to another basin; 0: none */
  double population; /* sum of the counts over the basin */
  double centre[3];  /* fractions, in [0, 1): the centre of the part of the basin that has at least half the height,
                        weighted by what it has above that; the maximum where that centre is not in this part (a ring) */
} site_basin;

typedef struct {
  int nbasins;
  site_basin *basin; /* [nbasins] in falling order of height */
  int32_t *of_point; /* [npoints] basin of each point, -1 where the density is zero */
} site_basins;

typedef struct {
  double merge;              /* 0 < merge <= 1: two basins are one where saddle >= merge * lower maximum, */
  double sigmas;             /* >= 0: or where lower maximum - saddle < sigmas standard errors of it */
  const site_kernel *kernel; /* with which the density was smoothed; NULL: no errors */
  int images;                /* number of operations over which the counts were averaged, for the errors */
} site_basins_rule;

/* smooth[npoints]: the smoothed counts, in any unit. The result depends on nothing but the input: equal values are
 * taken in the order of the points. */
LISI_MUST_CHECK lisi_status site_basins_find(const site_density *d, const double *smooth, const site_basins_rule *rule,
                                             site_basins *basins, lisi_error *err);
void site_basins_free(site_basins *basins);

#ifdef __cplusplus
}
#endif
#endif
