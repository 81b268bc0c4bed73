/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extrapolation grades of all atoms of a frame, with the environments behind them, for the selection of frames
 * (fit_select.h). */
#ifndef LISI_FIT_GRADE_H
#define LISI_FIT_GRADE_H

#include "ace_model.h"
#include "fit_select.h"
#include "xyz_read.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fit_grader fit_grader;

/* Reads the sidecar of the model at `path` (ace_sidecar.h): missing, damaged, or of another model is an error. The
 * model may be freed afterwards. Free with fit_grader_close. */
LISI_MUST_CHECK lisi_status fit_grader_open(const ace_model *model, const char *path, fit_grader **grader,
                                            lisi_error *err);
void fit_grader_close(fit_grader *grader);
/* [nelements of the model] functions of each element. */
const int *fit_grader_functions(const fit_grader *grader);

typedef struct {
  double gamma;       /* the largest grade of an atom; INFINITY where numbers overflow */
  int atom;           /* which one, from 0 */
  fit_candidate rows; /* the environments with a grade above `keep` */
} fit_frame_grade;

/* mu: the element numbers of the set's species. Fails where an element has no active set, and for two atoms at one
 * place. Atoms are shared among threads; the result does not depend on how many there are. Free with
 * fit_frame_grade_free. */
LISI_MUST_CHECK lisi_status fit_grader_frame(fit_grader *grader, const xyz_set *set, const xyz_frame *frame,
                                             const int *mu, double keep, fit_frame_grade *grade, lisi_error *err);
void fit_frame_grade_free(fit_frame_grade *grade);

/* The shortest distance between two atoms, images included, Angstrom, and in *ratio the smallest distance as a share of
 * limit[nelements * nelements], the least that is expected of its pair of elements; pairs with limit 0 do not count
 * there. The frame has to be periodic in three directions; its cell must not be too skewed for lattice.h. */
LISI_MUST_CHECK lisi_status fit_shortest_distance(const xyz_set *set, const xyz_frame *frame, const int *mu,
                                                  int nelements, const double *limit, double *shortest, double *ratio,
                                                  lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
