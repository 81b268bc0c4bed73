/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fit leaves beside its model: the functions before contraction, and for each element the active set of its
 * environments in the training frames. */
#ifndef LISI_FIT_SIDECAR_H
#define LISI_FIT_SIDECAR_H

#include "ace_sidecar.h"
#include "fit_design.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The functions of the central element mu, without coefficients. Free with ace_invariants_clear. */
LISI_MUST_CHECK lisi_status fit_invariants(const fit_basis *basis, int mu, ace_invariants *inv, lisi_error *err);

/* How the active set of an element came about, for the user. */
typedef struct {
  int nenvironments, rank, ncolumns, nswaps;
  double largest; /* gamma over all training environments with the inverse as the file has it */
} fit_active_report;

/* `model` is the one that fit_basis_model made of these coefficients; report[basis->nelements]. With `base` (else NULL;
 * a sidecar of the same functions) its active environments, which the inverse of its active set gives back, stand
 * beside those of the frames. Free with ace_sidecar_free. */
LISI_MUST_CHECK lisi_status fit_sidecar(const fit_basis *basis, const ace_model *model, const double *coefficient,
                                        int nframes, const fit_environment_frame *frame, const ace_sidecar *base,
                                        ace_sidecar **sidecar, fit_active_report *report, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
