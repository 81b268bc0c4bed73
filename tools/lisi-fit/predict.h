/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model says about reference frames, through the evaluator that MD uses. */
#ifndef LISI_FIT_PREDICT_H
#define LISI_FIT_PREDICT_H

#include "ace_eval.h"
#include "fit_design.h"

/* Total energy, force[3 natoms] and virial[6] xx yy zz yz xz xy of one frame; mu: the model's element numbers of the
 * set's species. */
LISI_MUST_CHECK lisi_status predict_frame(const ace_model *model, const ace_eval *eval, ace_work *work,
                                          const xyz_set *set, const xyz_frame *f, const int *mu, double *energy,
                                          double *force, double *virial, lisi_error *err);

/* The same for the frames k with part[k] == only (part = NULL: for all), on all threads: p[k] = energy, forces, virial,
 * 1 + 3 natoms + 6 numbers; free() each, also after a failure. */
LISI_MUST_CHECK lisi_status predict_frames(const ace_model *model, int nframes, const fit_environment_frame *frame,
                                           const int *part, int only, double **p, lisi_error *err);

/* Called for each frame with its total energy, force[natoms][3] and virial[6] (xx yy zz yz xz xy). */
typedef lisi_status (*predict_visit)(void *context, const xyz_set *set, const xyz_frame *frame, double energy,
                                     const double *force, const double *virial, lisi_error *err);

/* All frames of the sets in their order, with a progress bar. An element that the model lacks is an error. */
LISI_MUST_CHECK lisi_status predict_sets(const ace_model *model, int nsets, xyz_set *const *set, predict_visit visit,
                                         void *context, lisi_error *err);

#endif
