/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The eigenvectors of a model's slow modes, read back from modes_LAG.mtx, and what they say in words. */
#ifndef LISI_MSM_REPORT_PATTERN_H
#define LISI_MSM_REPORT_PATTERN_H

#include "report_modes.h"

/* What is needed of a model's states, in the order of its list. */
typedef struct {
  int n, m;
  double *psi; /* [m][n] */
  double *pi;
  long long *number;
  const char **label; /* NULL where there is none */
  const double *frac; /* [n][3], NULL without geometry; NaN where unknown */
  double *place;
} mode_pattern;

/* m = 0 where the model has no modes. A file that does not fit the model is an error that names it. */
LISI_MUST_CHECK lisi_status mode_pattern_read(const report_data *data, yaml_ref model, mode_pattern *pattern,
                                              lisi_error *err);
void mode_pattern_free(mode_pattern *pattern);
/* Fills mode->sentence: which sites exchange; for a supercell that was not folded, with which wave vector. psi: the
 * first column of the mode. */
void mode_pattern_describe(const report_data *data, const mode_pattern *pattern, const double *psi, report_mode *mode);

#endif
