/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `lisi-fit train` share. */
#ifndef LISI_FIT_TRAIN_H
#define LISI_FIT_TRAIN_H

#include "fit_errors.h"
#include "fit_solve.h"

/* All frames of the training (or test) files, and what belongs to them. */
typedef struct {
  int nsets, nframes;
  xyz_set **set;
  int **mu;                /* element numbers, by set */
  const xyz_frame **frame; /* [nframes] */
  int *frame_set;
  fit_rows *rows;
  char sha256[65]; /* of the files one after the other */
} train_data;

/* The training frames with their weights and folds, [nframes] each. */
typedef struct {
  const train_data *data;
  const fit_basis *basis;
  const fit_weight *weight;
  const int *fold;
  int nfolds;
} train_frames;

/* From the linear solution to a model with several densities: (*all)[ndensity * ncolumns], and with `cv`
 * (*heldout)[nfolds][the same], fitted without each fold (linear->heldout has to be there). Free both, also after a
 * failure. */
LISI_MUST_CHECK lisi_status train_densities(const train_frames *frames, const fit_solution *linear, int steps, bool cv,
                                            bool quiet, double **all, double **heldout, lisi_error *err);

/* Errors of such a model on all frames; with `fold`, frame k by the coefficients c[fold[k]]. */
LISI_MUST_CHECK lisi_status train_densities_errors(const train_data *d, const fit_basis *basis, const double *c,
                                                   const int *fold, fit_error_table *table, lisi_error *err);

#endif
