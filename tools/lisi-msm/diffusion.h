/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build says about diffusion over all its lags: the plateau of D and its principal axes, the Markovian range,
 * the van Hove function and the MSD against the log, and tracer and collective diffusion from the jumps of all lithium.
 */
#ifndef LISI_MSM_DIFFUSION_H
#define LISI_MSM_DIFFUSION_H

#include "collective.h"
#include "plateau.h"
#include "result.h"
#include "van_hove.h"

typedef struct {
  long seed, blocks, resamples; /* resamples 0: no intervals, -1: by default */
  double temperature, charge;   /* of --temperature and --charge; 0: the log's, else none and 1 */
} diffusion_options;

#define DIFFUSION_MODES 3 /* slowest time scales that the Markovian range looks at */

/* A comparison of mean-square displacements: of the reported model and of the run. */
typedef struct {
  int points;
  double largest, p; /* standard errors; Bonferroni */
  bool tested, agrees;
} msd_verdict;

struct diffusion_result {
  int nlags, ncurves;                      /* the first models: msm_result_trusted */
  double *lag;                             /* [nlags] */
  int *parts[2];                           /* [nlags] time blocks, groups of walkers */
  double *table;                           /* what the curves point to */
  lag_curve curve[DIFFUSION_MODES + 1];    /* D of all lithium first, where there is geometry */
  lag_run range, own[DIFFUSION_MODES + 1]; /* of all together, and of each curve by itself */
  char range_note[512];
  bool has_plateau; /* there is geometry: `plateau` is filled */
  plateau_result plateau;
  char plateau_note[256];
  bool has_axes;
  double D[3], D_lo[3], D_hi[3], axis[3][3]; /* largest first; unit vectors, Cartesian; intervals NaN: not known */
  collective_result collective;              /* known = false: `why` */
  van_hove_result van_hove;
  int van_hove_model; /* the model it is of */
  msd_verdict sites, md;
  double md_offset, check_from, check_to; /* ps */
};

/* Fills result->diffusion and moves `reported` to the beginning of the plateau. paths: NULL where there are only
 * counts. */
LISI_MUST_CHECK lisi_status diffusion_make(msm_result *result, const path_set *paths, const diffusion_options *options,
                                           lisi_error *err);
void diffusion_free(diffusion_result *d);

/* Their parts of model.yaml and --json, of the output folder, of the table and of the warnings; nothing without a
 * result->diffusion. */
void diffusion_tree(doc_tree *doc, const msm_result *result);
void diffusion_msd_check(doc_tree *doc, doc_ref map, const msm_result *result); /* more keys of msd_check */
LISI_MUST_CHECK lisi_status diffusion_write(const msm_result *result, const char *folder, lisi_error *err);
/* The interval of the plateau where there is one. */
void diffusion_interval(const msm_result *result, double *lo, double *hi);
void diffusion_print(const msm_result *result);
void diffusion_print_check(const msm_result *result); /* the verdict behind the table of the MSD */
void diffusion_warn(const msm_result *result, const msm_result_listener *to);

#endif
