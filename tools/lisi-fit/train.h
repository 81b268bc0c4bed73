/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `lisi-fit train` and `lisi-fit refine` share. */
#ifndef LISI_FIT_TRAIN_H
#define LISI_FIT_TRAIN_H

#include "ace_sidecar.h"
#include "fit_errors.h"
#include "fit_sidecar.h"
#include "fit_solve.h"

/* All frames of the training (or test) files, and what belongs to them. */
typedef struct {
  int nsets, nframes;
  xyz_set **set;
  int **mu;                     /* element numbers, by set */
  fit_environment_frame *frame; /* [nframes] */
  int *zero;                    /* [nframes] the energy zero of the frame's set, from 0; -1: that of the model */
  int nzeros;
  int *zero_set;   /* [nzeros] the set that it is of */
  char sha256[65]; /* of the files one after the other */
} train_data;

/* Reads the training files of a recipe, or its test files, and checks that the frames have what is needed. Free with
 * train_data_free, also after a failure. */
LISI_MUST_CHECK lisi_status train_data_load(train_data *d, const fit_recipe *r, const fit_basis *basis, bool train,
                                            lisi_error *err);
void train_data_free(train_data *d);

/* Positions 0 .. nframes-1 of the frames in order of config_type, within one in the order of the files:
 * order[position] = frame. */
void train_order(const train_data *d, int *order);
/* fold[nframes]: position modulo nfolds; with nfolds = 0 one fold for each config_type. *count gets their number. */
LISI_MUST_CHECK lisi_status train_folds(const train_data *d, int nfolds, int *fold, int *count, lisi_error *err);
/* The weights of a frame by the recipe. */
void train_weight(const fit_recipe *r, const xyz_frame *f, fit_weight *w);
/* E0: fit */
LISI_MUST_CHECK lisi_status train_offsets(const train_data *d, fit_basis *basis, lisi_error *err);

/* Takes the energy zeros zero[nzeros * nelements] out of the energies of the frames. */
void train_remove_zeros(train_data *d, const fit_basis *basis, const double *zero);

/* The linear fit; fold[k] < 0 leaves a frame out. */
LISI_MUST_CHECK lisi_status train_solve(const train_data *tr, const fit_basis *basis, const fit_weight *weight,
                                        const int *fold, int nfolds, const fit_prior *prior, const char *label,
                                        fit_solution *s, lisi_error *err);

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

/* Errors of models on frames, made with the evaluator of MD; a linear fit with coefficients c[ndensity * ncolumns] of
 * `basis`. With `fold`, frame k by those of its own fold (none where that is < 0), c + fold[k] * (their number).
 * free[nzeros * nelements] (by fold as well) are energy zeros of the sets, which are not part of the model; NULL: none.
 */
LISI_MUST_CHECK lisi_status train_errors(const train_data *d, const fit_basis *basis, const double *c, int nfolds,
                                         const int *fold, const double *free, fit_error_table *table, lisi_error *err);

/* Energy zeros of the sets of d that have one of their own, from the energies that a model (c, see above) leaves, by
 * least squares on the compositions: zeros[nzeros * nelements], of the smallest norm where these do not decide.
 * rank[nzeros] */
LISI_MUST_CHECK lisi_status train_test_zeros(const train_data *d, const fit_basis *basis, const double *c,
                                             double *zeros, int *rank, lisi_error *err);

/* Everything that one fit leaves for the printer and the files. */
typedef struct {
  fit_solution solution;
  int nfolds;
  double *several, *several_heldout; /* several densities; NULL for a linear model */
  double *test_zeros;
  int *test_zero_rank;
  fit_error_table of_train, of_test, of_cv; /* of_cv.ngroups = 0: no cross-validation */
} train_result;

void train_result_free(train_result *r);

/* Fits to nested subsets of the training frames, with folds by the rule of train_folds or, where group is not NULL, the
 * fold group[k] for frame k; a table of their errors in `path`, and path.gp, path.svg (the picture
 * where gnuplot is installed). */
LISI_MUST_CHECK lisi_status train_curve(const fit_basis *basis, const train_data *tr, const train_data *te,
                                        const fit_weight *weight, const int *group, int nfolds, const fit_prior *prior,
                                        const char *path, bool quiet, lisi_error *err);

/* ---- train_report.c: what is said ---- */
void train_print_basis(const fit_basis *b);
void train_print_active(const fit_basis *b, const fit_active_report *r, const char *side, size_t nbytes, bool quiet);
void train_print_no_sidecar(const char *side);
void train_print_result(const train_result *r, const fit_basis *b, const train_data *tr, const train_data *te,
                        bool by_group);
/* units, provenance, hash of the data and error table, with the energy zeros of sets, into m->meta */
LISI_MUST_CHECK lisi_status train_describe(ace_model *m, const char *provenance, const char *sha256,
                                           const train_result *r, const fit_basis *basis, const train_data *tr,
                                           lisi_error *err);

/* ---- train_files.c: what is written ---- */
/* MODEL.yace -> MODEL.sidecar; any other name with .sidecar at its end. free() it; NULL: no memory. */
char *train_sidecar_path(const char *model);
/* Whether a file can be made there: a fit of hours is not to find out at its end. */
LISI_MUST_CHECK lisi_status train_can_write(const char *path, lisi_error *err);
/* Both files, complete on disk, before either takes its name; the model, which tells the hash of the other, last. */
LISI_MUST_CHECK lisi_status train_write_files(ace_model *m, const ace_sidecar *sidecar, const char *path,
                                              const char *side, size_t *nbytes, lisi_error *err);
/* A model without a sidecar. */
LISI_MUST_CHECK lisi_status train_write_model(const ace_model *m, const char *path, lisi_error *err);

#endif
