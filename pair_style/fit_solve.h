/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regularised linear least squares from the triangles of the folds (fit_stream.h). Minimised is
 *     sum_s w_E^2 (E_s - A_E c)^2 / N_s^2 + w_F^2 |F - A_F c|^2 + w_V^2 |V - A_V c|^2 / N_s^2 + lambda^2 rows sum_b
 * (gamma_b s_b c_b)^2 with s_b the root mean square of column b over all weighted rows, so that lambda has no unit and
 * does not depend on the amount of data. Free columns (energy zeros) have no prior. */
#ifndef LISI_FIT_SOLVE_H
#define LISI_FIT_SOLVE_H

#include "fit_basis.h"
#include "fit_triangle.h"
#include "xyz_read.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int ncolumns, nfree;      /* nfree columns come before those of the basis */
  int nparts;               /* folds */
  const fit_triangle *part; /* [nparts] of nfree + ncolumns columns */
  const double *gamma;      /* [ncolumns] */
} fit_system;

typedef struct {
  fit_choice choice;
  double ridge;  /* for FIT_RIDGE_GIVEN */
  bool ard;      /* afterwards a strength for each column, see fit_ard.h */
  bool validate; /* coefficients without each fold as well, also where the choice does not need them */
} fit_prior;

typedef struct {
  double *coefficient; /* [ncolumns] */
  double *free;        /* [nfree] */
  int free_rank;       /* independent ones among the free columns */
  fit_choice choice;
  double ridge; /* lambda used; with ard where it started */
  int ngrid;
  double grid[FIT_MAX_GRID], score[FIT_MAX_GRID]; /* the lambdas tried, and for FIT_RIDGE_CV the mean weighted squared
                      residual of held-out rows, for FIT_RIDGE_EVIDENCE the log evidence */
  double evidence, noise; /* of the solution: log evidence at its strength (lambda > 0), and the standard deviation of
                             the weighted residuals that goes with it */
  double *heldout;        /* [nparts][ncolumns] coefficients fitted without fold f; NULL without cross-validation */
  double *heldout_free;   /* [nparts][nfree] */
  int rank;               /* effective number of parameters, sum s^2/(s^2 + lambda^2), rounded */
  int nkept, rounds;      /* ard: columns that are left, and how many rounds it took */
  bool converged;
  double *stiffness;        /* [ncolumns] p_b, the prior being sum (p_b c_b)^2; INFINITY: pruned, 0: zero in all data */
  fit_triangle information; /* of the rows, the free columns eliminated, and the prior below them; the columns that are
                               not pruned, in order. Its solution is `coefficient`. */
} fit_solution;

/* FIT_RIDGE_CV chooses the strength with the smallest loss on held-out folds, FIT_RIDGE_EVIDENCE that with the largest
 * evidence, the noise at its maximum, too (MacKay, Neural Comput. 4, 415 (1992)). Same input, same result, bit for bit
 * on any number of threads. Free with fit_solution_free. */
LISI_MUST_CHECK lisi_status fit_solve(const fit_system *system, const fit_prior *prior, fit_solution *solution,
                                      lisi_error *err);
void fit_solution_free(fit_solution *solution);

/* E0 by least squares of the energies on the compositions of the frames: E0[basis->nelements]; the smallest norm where
 * compositions do not decide it. Sets with skip[s] (which may be NULL) are passed over. */
LISI_MUST_CHECK lisi_status fit_offsets(fit_basis *basis, const xyz_set *const *set, const int *const *mu,
                                        const bool *skip, int nsets, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
