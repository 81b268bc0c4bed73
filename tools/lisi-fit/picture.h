/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of a model against its reference: energies, force components and virials with their errors, coloured by
 * config_type. Written are the data, a gnuplot script and what gnuplot makes of it. */
#ifndef LISI_FIT_PICTURE_H
#define LISI_FIT_PICTURE_H

#include "ace_model.h"
#include "xyz_read.h"

typedef struct picture picture;

/* Makes the folder. Energies are shown per atom, less E0 of the model. */
LISI_MUST_CHECK lisi_status picture_open(const char *folder, const ace_model *model, picture **p, lisi_error *err);
/* One frame; quantities that it lacks are left out. */
LISI_MUST_CHECK lisi_status picture_add(picture *p, const xyz_set *set, const xyz_frame *frame, double energy,
                                        const double *force, const double *virial, lisi_error *err);
/* Writes energy.dat, force.dat, virial.dat, histogram.dat and parity.gp, and runs gnuplot for parity.svg; a warning on
 * stderr where gnuplot cannot be run. */
LISI_MUST_CHECK lisi_status picture_draw(picture *p, lisi_error *err);
void picture_free(picture *p);

/* All of it for the frames of a fit, in FOLDER/train, and of a test, in FOLDER/test; nothing where there are none. */
LISI_MUST_CHECK lisi_status picture_of_fit(const char *folder, const ace_model *model, int ntrain,
                                           xyz_set *const *train, int ntest, xyz_set *const *test, lisi_error *err);

#endif
