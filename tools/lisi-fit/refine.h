/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `lisi-fit refine` share. */
#ifndef LISI_FIT_REFINE_TOOL_H
#define LISI_FIT_REFINE_TOOL_H

#include "train.h"

/* The base model with what its fit left. */
typedef struct {
  ace_model *model;
  ace_sidecar *sidecar;
  fit_basis *basis;
  double *coefficient, *stiffness; /* [ncolumns] */
  fit_triangle information;
} base_fit;

/* The new frames with their weights and folds, [nframes] each; fold[k] < 0 leaves frame k out. */
typedef struct {
  const train_data *data;
  const fit_weight *weight;
  const int *fold;
  int nfolds;
} refine_frames;

/* strength 0: chosen by cross-validation; ridge < 0: that of the base fit; `validate`: solution->heldout is wanted.
 * `label` is for the progress bar. */
typedef struct {
  double strength, ridge;
  bool validate;
  const char *label;
} refine_settings;

LISI_MUST_CHECK lisi_status refine_solve(const base_fit *base, const refine_frames *frames,
                                         const refine_settings *settings, fit_solution *s, lisi_error *err);

enum { REFINE_CURVE_LEAST = 3 }; /* frames that refine_curve needs */

/* Errors against the number of new frames. Every third new frame, in the order of the files, is kept for the test; of
 * the others 1, 2, 4, .. and all are used, spread over their order: by refining with the strength of the settings and
 * with one chosen by cross-validation, and by a fit of the same functions to these frames alone, with the ridge of the
 * largest evidence. Errors are those on the frames kept and on `check` (none: left out). Files as curve_write says; the
 * table is printed as well unless `quiet`. */
LISI_MUST_CHECK lisi_status refine_curve(const base_fit *base, const train_data *d, const train_data *check,
                                         const fit_weight *weight, const refine_settings *settings, const char *path,
                                         bool quiet, lisi_error *err);

#endif
