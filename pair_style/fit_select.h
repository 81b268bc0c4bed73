/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of many frames add most to what a model knows: greedy D-optimality. The active set of an element is the square
 * matrix A of environments that spans the largest volume |det A| among those in the training data (fit_maxvol.h). The
 * frame with the largest extrapolation grade is taken, its environments are exchanged into the active sets as long as
 * that makes a volume larger (MaxVol, Goreinov et al. 2010), and all other frames are graded anew. A frame like one
 * that has been taken then has a grade of about 1 and is not taken again. The same criterion selects training
 * configurations in Podryabinkin and Shapeev, Comput. Mater. Sci. 140, 171 (2017) and Lysogorskiy et al., Phys. Rev.
 * Mater. 7, 043801 (2023). */
#ifndef LISI_FIT_SELECT_H
#define LISI_FIT_SELECT_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What counts of a frame: environments as combinations of those in the active set of their element, c = B A^-1
 * (ace_gamma_coefficients). Those with a grade of at most 1 may be left out. */
typedef struct {
  int *count;  /* [nelements] environments of each element */
  double *row; /* those of element 0, then 1, ...; one of element mu is n[mu] numbers */
} fit_candidate;

typedef struct fit_select fit_select;

typedef struct {
  int candidate; /* -1: none is left with a grade of at least gamma_min */
  double gamma;  /* its grade when it is chosen; with candidate = -1 the largest of those left */
  int exchanges; /* environments that went into active sets */
  double volume; /* natural logarithm of the factor by which the product of all volumes grew */
} fit_choice;

/* n[nelements] functions of each element. The candidates stay the caller's, but their rows are changed in place: they
 * always refer to the present active sets. All numbers have to be finite. Free with fit_select_free. */
LISI_MUST_CHECK lisi_status fit_select_create(int nelements, const int *n, int ncandidates, fit_candidate *candidate,
                                              fit_select **select, lisi_error *err);
void fit_select_free(fit_select *select);

/* The grade of a candidate against the present active sets; 0 for one that has no environments. */
double fit_select_gamma(const fit_select *select, int candidate);
/* Takes the candidate with the largest grade, the first of equals, if that is at least gamma_min (> 1), and updates the
 * active sets. Afterwards no environment of a frame taken, and none that has left an active set, is above 1.001. */
LISI_MUST_CHECK lisi_status fit_select_next(fit_select *select, double gamma_min, fit_choice *choice, lisi_error *err);

/* The number of numbers in the rows of a candidate. */
size_t fit_candidate_size(int nelements, const int *n, const fit_candidate *candidate);

#ifdef __cplusplus
}
#endif
#endif
