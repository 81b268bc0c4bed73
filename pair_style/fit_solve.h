/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regularised linear least squares over frames, the strength of the prior by cross-validation. Minimised is
 *     sum_s w_E^2 (E_s - A_E c)^2 / N_s^2 + w_F^2 |F - A_F c|^2 + w_V^2 |V - A_V c|^2 / N_s^2 + lambda^2 rows sum_b
 * (gamma_b s_b c_b)^2 with s_b the root mean square of column b over all weighted rows, so that lambda has no unit and
 * does not depend on the amount of data. */
#ifndef LISI_FIT_SOLVE_H
#define LISI_FIT_SOLVE_H

#include "fit_design.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int nframes, ncolumns;
  const fit_rows *rows;     /* [nframes] */
  const fit_weight *weight; /* [nframes] */
  const int *fold;          /* [nframes] 0 .. nfolds-1 */
  int nfolds;
  const double *gamma; /* [ncolumns] */
} fit_system;

typedef struct {
  double *coefficient; /* [ncolumns] */
  double ridge;        /* lambda used */
  int ngrid;
  double grid[FIT_MAX_GRID],
      loss[FIT_MAX_GRID]; /* the lambdas tried, and the mean weighted squared residual of held-out rows */
  double *heldout; /* [ncolumns][nfolds] coefficients fitted without fold f at the ridge chosen, column f; NULL without
                      cross-validation */
  int rank;        /* effective number of parameters, sum s^2/(s^2 + lambda^2), rounded */
} fit_solution;

/* ridge >= 0 is used as it is, and then held-out coefficients are made only for `validate`; ridge < 0 is chosen by
 * cross-validation over the folds. Same input, same result. Free with fit_solution_free. */
LISI_MUST_CHECK lisi_status fit_solve(const fit_system *system, double ridge, bool validate, fit_solution *solution,
                                      lisi_error *err);
void fit_solution_free(fit_solution *solution);

/* E0 by least squares of the energies on the compositions of the frames: E0[basis->nelements]; the smallest norm where
 * compositions do not decide it. */
LISI_MUST_CHECK lisi_status fit_offsets(fit_basis *basis, const xyz_set *const *set, const int *const *mu, int nsets,
                                        lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
