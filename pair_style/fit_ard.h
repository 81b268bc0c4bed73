/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Automatic relevance determination: a prior strength for each column, all at the maximum of the evidence. Columns that
 * the data do not ask for get an infinite one and fall out (MacKay, Neural Comput. 4, 415 (1992); Tipping, J. Mach.
 * Learn. Res. 1, 211 (2001)). */
#ifndef LISI_FIT_ARD_H
#define LISI_FIT_ARD_H

#include "fit_triangle.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double *alpha;   /* [n] prior N(c_b; 0, 1/alpha_b); INFINITY: pruned */
  double beta;     /* 1 / variance of the noise */
  double evidence; /* ln p(data | alpha, beta) */
  double number;   /* sum of the gamma_b = 1 - alpha_b Sigma_bb, the well-determined parameters */
  int nkept, rounds;
  bool converged; /* no ln alpha or ln beta moves by more than the tolerance, and no pruned column would raise the
                     evidence again */
} fit_ard_result;

/* From alpha_b = beta strength for all columns and `beta`, MacKay's fixed point alpha_b = gamma_b / c_b^2, beta = (rows
 * - sum gamma) / |residual|^2. A column is pruned when the evidence, as a function of its alpha_b alone, has no maximum
 * at a finite one and hardly anything of it is left; pruned ones that would raise the evidence in the end come back.
 * c[n] gets the means, zeros for the pruned. Ends after `most` rounds. Free result->alpha, also after a failure. */
LISI_MUST_CHECK lisi_status fit_ard(const fit_triangle *t, double strength, double beta, double tolerance, int most,
                                    double *c, fit_ard_result *result, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
