/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fits of models with several densities, E_i = E0 + sum_p w_p F(rho_p; m_p), by Levenberg and Marquardt's method with
 * analytic derivatives (Marquardt, J. SIAM 11, 431 (1963); the embedding is that of Lysogorskiy et al., npj Comput.
 * Mater. 7, 97 (2021)). Minimised is what fit_solve.h says, with the energies of such a model and the prior
 *     lambda^2 rows sum_pb (gamma_b s_pb c_pb)^2,
 * s_pb the root mean square of the derivatives by c_pb over all weighted rows at the start. */
#ifndef LISI_FIT_NONLINEAR_H
#define LISI_FIT_NONLINEAR_H

#include "fit_design.h"
#include "progress.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const fit_basis *basis;
  int nframes;
  const xyz_set *const *set;     /* [nframes] where each frame stands */
  const xyz_frame *const *frame; /* [nframes] */
  const int *const *mu;          /* [nframes] of its set, see fit_species */
  const fit_weight *weight;      /* [nframes] */
  const int *fold;               /* [nframes] frames of fold `skip` are left out; skip = -1: none */
  int skip;
} fit_frames;

typedef struct {
  int steps;          /* taken */
  double first, last; /* the function minimised, per row */
  bool converged; /* the last step changed it by less than `tolerance` of itself, or no step made it smaller; otherwise
                     the limit of steps was met */
} fit_path;

/* Fills coefficient[ndensity][ncolumns]. The start: the first density as `linear`[ncolumns], every further one the sum
 * of the first functions g_1 of order 1 (as an embedded-atom density) scaled to 1, 2, .. on average. At most `steps`
 * steps; LISI_ERR_CANCELLED on Ctrl-C. Rows are made anew in each step, so memory does not grow with the data. */
LISI_MUST_CHECK lisi_status fit_nonlinear(const fit_frames *data, const double *linear, double ridge, int steps,
                                          double tolerance, const char *label, double *coefficient, fit_path *path,
                                          lisi_error *err);

/* What a model predicts for a frame: p[nrows], nrows = 1 + 3 natoms + 6, in the order of fit_rows, without E0; where j
 * is not NULL also its derivatives by the coefficients, j[ndensity][ncolumns][nrows]. */
LISI_MUST_CHECK lisi_status fit_predict(const fit_basis *basis, const xyz_set *set, const xyz_frame *frame,
                                        const int *mu, const double *coefficient, double *p, double *j,
                                        lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
