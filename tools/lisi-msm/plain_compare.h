/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published procedure (fix_msm/plain.h) beside a model, on the same log and at the same lag, with what it gets
 * wrong: minimum-image displacements, recrossings counted as jumps, equal weights of all sites. */
#ifndef LISI_MSM_PLAIN_COMPARE_H
#define LISI_MSM_PLAIN_COMPARE_H

#include "doc_tree.h"
#include "msm.h"
#include "paths.h"

typedef struct {
  double t, plain, model, log, log_error; /* log: of site positions, NaN where not measured */
} plain_msd_row;

typedef struct {
  double lag;
  double D;   /* fitted slope, A^2/ps */
  int ntimes; /* slowest relaxation times, at most 5 */
  double time[5];
  double saturation;     /* what its MSD tends to: the mean squared minimum-image distance of two sites */
  double box;            /* (Lx^2 + Ly^2 + Lz^2)/12 of the box */
  double weights;        /* half the sum of |share of the samples - 1/number of sites|: 0 equal, 1 all in one */
  double imbalance;      /* largest |C_ij - C_ji| over the larger of both, of pairs with at least 100 counts; NaN */
  long long jumps;       /* in the log */
  long long back;        /* whose next jump leads back to where it came from */
  long long back_in_lag; /* and that within the lag */
  int nrows;
  plain_msd_row *row;
} plain_compare;

#endif
