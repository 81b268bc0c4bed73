/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between a fit and the section "info" of a sidecar, and from a sidecar back to the basis that it was made with. */
#ifndef LISI_FIT_INFO_H
#define LISI_FIT_INFO_H

#include "ace_sidecar.h"
#include "fit_solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From a solution, the weights of its recipe and the number of frames. Numbers of the triangle take 4 bytes in the
 * file. Free with ace_info_free. */
LISI_MUST_CHECK lisi_status fit_info_make(const fit_basis *basis, const fit_recipe *recipe,
                                          const fit_solution *solution, int nframes, ace_info **info, lisi_error *err);

/* The triangle T of the kept columns, with zeros as right-hand side (c0 is the origin); free with fit_triangle_free. */
LISI_MUST_CHECK lisi_status fit_info_triangle(const ace_info *info, fit_triangle *t, lisi_error *err);

/* The basis of a linear model: radial functions, cut-offs and E0 from the model, functions and couplings from the
 * sidecar, gamma from its information. `name` stands for the model in messages. Free with fit_basis_free. */
LISI_MUST_CHECK lisi_status fit_info_basis(const ace_model *model, const ace_sidecar *sidecar, const char *name,
                                           fit_basis **basis, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
