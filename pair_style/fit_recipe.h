/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recipe of a fit, fit.yaml: which data, which basis, which weights. doc/lisi-fit.md describes every key. */
#ifndef LISI_FIT_RECIPE_H
#define LISI_FIT_RECIPE_H

#include "ace_model.h"
#include "fit_coupling.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FIT_MAX_FILES = 32, FIT_MAX_LINES = 64, FIT_MAX_GROUPS = 64, FIT_MAX_GRID = 64 };

/* How the strength of the prior is found: see fit_solve.h. */
typedef enum { FIT_RIDGE_GIVEN, FIT_RIDGE_CV, FIT_RIDGE_EVIDENCE } fit_choice;

/* One line of the basis: functions of an order (number of neighbours) with n <= nmax, l <= lmax, and sum (n - 1) +
 * l_weight sum l <= degree, whose central atom and neighbours are all of some elements, the central atom of one of
 * `centre`. Functions are in the basis if any line has them, and in the extrapolation grade if any graded line has. */
typedef struct {
  int order, nmax, lmax;
  double degree, l_weight;
  unsigned elements; /* bit k: element k may occur */
  unsigned centre;   /* and may be the central atom; a part of elements */
  bool graded;       /* false for `gamma: no` */
} fit_line;

typedef struct {
  double energy, force, virial;
} fit_weight;

typedef struct {
  int nelements;
  char element[ACE_MAX_ELEMENTS][4];
  bool fit_E0;                 /* offsets by least squares on the compositions, otherwise E0 */
  double E0[ACE_MAX_ELEMENTS]; /* eV, for example the energies of isolated atoms */
  int ntrain, ntest;
  char *train[FIT_MAX_FILES], *test[FIT_MAX_FILES]; /* paths, relative ones already joined with the recipe's folder */
  bool train_zero[FIT_MAX_FILES], test_zero[FIT_MAX_FILES]; /* the file has an energy zero of its own, to be fitted */
  char *key_energy, *key_forces, *key_virial, *key_stress, *key_group; /* NULL: the usual names */
  ace_bond *bond; /* [nelements][nelements], radial kind, cut-offs and ZBL; nradmax, lmax, nradbase and crad still to be
                     set */
  int nbase;      /* number of g_k, at least what the orders ask for */
  double smooth[3]; /* core and from of fit_modes as parts of the cut-off, and q; smooth[1] = 0: R_nl = g_n */
  int ndensity;     /* 1: linear */
  double fs[2 * ACE_MAX_DENSITY]; /* w_p, m_p */
  ace_embedding_kind embedding;
  int steps; /* at most so many of the non-linear fit */
  int nlines;
  fit_line line[FIT_MAX_LINES];
  fit_weight weight;
  int ngroups;
  struct {
    char *prefix;
    fit_weight weight; /* factors on the above for frames whose config_type starts with prefix */
  } group[FIT_MAX_GROUPS];
  double force_scale; /* rows of a frame are divided by sqrt(1 + (F_rms / force_scale)^2), so that violent frames do not
                         rule; 0: off */
  double prior_n, prior_l, prior_order, prior_power; /* see fit_basis.h, gamma */
  fit_choice choice;
  double ridge; /* for FIT_RIDGE_GIVEN */
  bool ard;     /* relevance determination, see fit_ard.h */
  int folds;    /* 0: one for each config_type */
} fit_recipe;

/* Reads a recipe; `path` also gives the folder for relative data paths. Unknown keys are errors. Free with
 * fit_recipe_free. */
LISI_MUST_CHECK lisi_status fit_recipe_load(const char *path, fit_recipe **recipe, lisi_error *err);
void fit_recipe_free(fit_recipe *recipe);

#ifdef __cplusplus
}
#endif
#endif
