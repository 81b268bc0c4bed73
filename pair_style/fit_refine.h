/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fine-tuning of a linear model, with the base model as the prior: minimised is
 *     |W (y - A c)|^2 + (c - c0)^T Lambda (c - c0),   Lambda = s T^T T,
 * T the triangle of the base fit's weighted rows and of its prior. With strength s = 1 that is, but for a constant,
 * what a joint fit to the old and the new rows with the base fit's prior minimises. */
#ifndef LISI_FIT_REFINE_H
#define LISI_FIT_REFINE_H

#include "fit_solve.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int ncolumns, nparts;
  const fit_triangle *part;  /* [nparts] of the new rows, by fold, ncolumns columns */
  const fit_triangle *base;  /* T of the columns that were kept; its right-hand side is not used */
  const double *stiffness;   /* [ncolumns] of the base fit's prior; INFINITY: pruned, stays at c0; 0: the base data have
                                nothing of this function */
  const double *coefficient; /* [ncolumns] c0 */
  const double *gamma; /* [ncolumns] and `ridge`: the prior of functions of which the base data have nothing, as in */
  double ridge;        /* fit_solve.h with the RMS over the new rows */
} fit_refine_system;

/* strength > 0 is used as it is, 0 is chosen by cross-validation over the parts, at least two. Of the solution are set:
 * coefficient, ridge (the strength), heldout (where it was chosen, or `validate`), ngrid, grid, score (mean squared
 * residual of held-out rows), stiffness and information (T of the refined model, from all rows). Free with
 * fit_solution_free. */
LISI_MUST_CHECK lisi_status fit_refine(const fit_refine_system *system, double strength, bool validate,
                                       fit_solution *solution, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
