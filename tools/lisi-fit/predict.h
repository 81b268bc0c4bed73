/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model says of reference frames, through the evaluator that MD uses. */
#ifndef LISI_FIT_PREDICT_H
#define LISI_FIT_PREDICT_H

#include "ace_model.h"
#include "xyz_read.h"

/* Called for each frame with its total energy, force[natoms][3] and virial[6] (xx yy zz yz xz xy). */
typedef lisi_status (*predict_visit)(void *context, const xyz_set *set, const xyz_frame *frame, double energy,
                                     const double *force, const double *virial, lisi_error *err);

/* All frames of the sets in their order, with a progress bar. An element that the model lacks is an error. */
LISI_MUST_CHECK lisi_status predict_sets(const ace_model *model, int nsets, xyz_set *const *set, predict_visit visit,
                                         void *context, lisi_error *err);

#endif
