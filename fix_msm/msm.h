/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From counts at one lag to a Markov state model: the one entry that tools and tests use.
 *   paths_from_jump_logs -> (counts_from_paths [-> counts_fold]) per lag -> msm_build -> msm_model
 * Units: the lag in ps (or steps), lengths in Angstrom, D in A^2/ps (x 1e-8 = m^2/s). */
#ifndef LISI_MSM_H
#define LISI_MSM_H

#include "counts.h"
#include "network.h"
#include "transport.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MSM_D_TO_M2_PER_S 1e-8

typedef enum { MSM_REVERSIBLE = 0, MSM_ROW, MSM_FIXED_PI, MSM_PLAIN, MSM_RATE } msm_estimator;
/* "reversible", "row", "fixed-pi", "plain", "rate" */
const char *msm_estimator_name(msm_estimator estimator);

/* How: dense algebra, or sparse for the reversible estimator and more than MSM_DENSE_STATES connected states. Sparse
 * models have no X and know their MSM_SLOW_MODES slowest modes; all else is the same to rounding. */
typedef enum { MSM_AUTO = 0, MSM_DENSE, MSM_SPARSE } msm_solver;
#define MSM_DENSE_STATES 1000
#define MSM_SLOW_MODES 20

/* Where intervals come from: parts of the run drawn anew (time blocks, groups of walkers), the posterior of the
 * effective counts, or all of them: the interval holds those of every kind. */
typedef enum { MSM_ERRORS_BOOTSTRAP = 0, MSM_ERRORS_BAYES, MSM_ERRORS_BOTH } msm_error_source;
const char *msm_error_source_name(msm_error_source source); /* "bootstrap", "bayes", "both" */

typedef struct {
  msm_estimator estimator;
  msm_solver solver;
  double prior;     /* counts_prior.h; 0 = none; not for plain */
  const double *pi; /* fixed-pi: [nstates of the counts] > 0 on the kept states */
  int bootstrap;    /* samples of each kind; 0 = no errors */
  msm_error_source errors;
  bool raw_posterior;  /* sample as if all counts were independent: intervals that are too narrow, for comparison */
  int nmsd;            /* intervals of the MSD are wanted at these numbers of lags */
  const double *msd_n; /* [nmsd] rising, from 1 */
  double level;        /* confidence of the intervals, 0 = 0.95 */
  uint64_t seed;
  void (*progress)(void *context, double done, double total); /* may be NULL */
  void *progress_context;
  bool (*interrupted)(void); /* may be NULL; true: LISI_ERR_CANCELLED */
} msm_options;

typedef struct {
  int n;
  int *state;     /* [n] index in the space of the counts, rising */
  double share;   /* of the samples (pair starts) */
  double inside;  /* counts inside the set */
  double D[3][3]; /* A^2/ps */
  bool isolated;  /* one state that never jumps */
} msm_component;

/* Rows of `replicate` below: nine of D, D_iso, D_all_iso, then the time scales. */
enum { MSM_Q_D = 0, MSM_Q_D_ALL = 9, MSM_Q_ISO = 18, MSM_Q_ALL = 19, MSM_Q_TIMES = 20 };

typedef struct {
  double lag;            /* ps, or steps */
  long long lag_samples; /* 0 for networks */
  bool geometry;
  msm_estimator estimator;
  double prior;
  int n;                               /* states kept */
  int *state;                          /* [n] index in the space of the counts */
  network net;                         /* the kept states with their user numbers and labels (net.space) and P_ij(R) */
  double *pi;                          /* [n] */
  bool sparse;                         /* the kept set was solved sparsely */
  double *X;                           /* [n][n] flux pi_i P_ij; NULL when sparse */
  sparse_flux flux;                    /* the same when sparse */
  double *K;                           /* rate: [n][n] rates, 1/ps (or 1/step), rows sum to 0; else NULL */
  int ntimescales;                     /* n - 1; sparse: at most MSM_SLOW_MODES */
  double *re, *im;                     /* [ntimescales+1] eigenvalues by falling modulus, the first is 1 */
  double *timescale;                   /* [ntimescales] slowest first; infinity possible */
  bool *negative;                      /* [ntimescales] from a negative (real) eigenvalue */
  int nci;                             /* how many time scales have intervals (<= ntimescales; the slowest) */
  double *timescale_lo, *timescale_hi; /* [nci]; NaN where the resamples do not tell */
  double *pi_lo, *pi_hi;               /* [n] where has_ci, else NULL */
  int nmsd;                            /* as in the options, where has_ci, else 0 */
  double *msd_lo, *msd_hi;             /* [2][nmsd] of msm_msd_all, then of msm_msd; NaN where not known */
  transport tr;                        /* D, drift, MSD(n) of the kept set; plain: D = plain_D * 1 and nothing else */
  double D_iso, D_iso_m2_per_s;
  /* Intervals: percentiles over resamples, widened for few parts and moved back by the bias that the resamples show;
   * they hold those of all kinds asked for (msm_errors.c). */
  bool has_ci;          /* resampling took place */
  int nreplicates;      /* resamples of each kind that are kept below; the same draw of parts at every lag */
  double *replicate[2]; /* time blocks, walkers: [MSM_Q_TIMES + nci][nreplicates], NaN where one does not tell; NULL */
  int nparts[2];        /* blocks, groups of walkers */
  int nboot;            /* resamples of each kind that gave a model */
  const char *ci_from;  /* "time blocks", "walkers" or "posterior": the widest for D_iso; NULL without */
  int posterior_samples;
  double posterior_ess, posterior_acceptance; /* fewest independent samples among the slowest times, D and pi */
  double effective_counts, smallest_ratio;    /* effective.h; 0 where blocks are not known */
  double D_lo[3][3], D_hi[3][3], D_iso_lo, D_iso_hi;
  double D_all_lo[3][3], D_all_hi[3][3];
  double D_all[3][3], D_all_iso, D_all_iso_lo, D_all_iso_hi; /* sum over components of share * D */
  int ncomponents;
  msm_component *component;  /* [ncomponents]; 0 is the kept set */
  transport *component_tr;   /* [ncomponents], for MSD_all; component_tr[0] is not filled (tr is it) */
  double discarded_fraction; /* of the counted pairs */
  double counts;             /* pairs counted, all */
  bool no_jump;              /* no count leaves its state: D = 0, a warning */
  fold_verdict fold;         /* copied by the caller after msm_build; all zero otherwise */
  int newton_steps;
  double certificate; /* max |g_i|/c_i of the estimator */
  double plain_D;     /* estimator plain: fitted slope / 6 */
  double *plain_d2;   /* estimator plain: [n][n] */
} msm_model;

/* One model. `space` describes the states of `counts` (kept states are copied); dt is the time per sample, or 1 for
 * steps. plain: all states are kept. Errors: LISI_ERR_INPUT for counts without a single pair or pi that does not fit;
 * LISI_ERR_UNSUPPORTED above MSM_MAX_STATES kept states where the algebra is dense. */
#define MSM_MAX_STATES 6000
LISI_MUST_CHECK lisi_status msm_build(const state_space *space, const lag_counts *counts, double dt,
                                      const msm_options *options, msm_model *model, lisi_error *err);
/* Makes the counts that `model` was built from effective ones (effective.h), in place, so that D and the slowest times
 * get the right errors when they are taken for independent. Without blocks nothing changes. */
LISI_MUST_CHECK lisi_status msm_effective_counts(lag_counts *counts, const msm_model *model, lisi_error *err);
/* The model of a given network (lisi-msm transport --network): closed strongly connected sets are the components,
 * weighted by their number of states; the largest is kept; discarded_fraction is the share of the states outside it.
 * estimator is MSM_ROW. More than MSM_DENSE_STATES connected states with detailed balance are solved sparsely. */
LISI_MUST_CHECK lisi_status msm_from_network(const network *net, msm_model *model, lisi_error *err);
LISI_MUST_CHECK lisi_status msm_from_network_by(const network *net, msm_solver solver, msm_model *model,
                                                lisi_error *err);
void msm_model_free(msm_model *model);

/* <r_n r_n^T> of the kept set, and of all components weighted by share (what the MSD of all walkers is compared with);
 * n in lags. Estimator plain: only msm_msd, minimum image. */
double msm_msd(const msm_model *model, double n);
double msm_msd_all(const msm_model *model, double n);

#ifdef __cplusplus
}
#endif
#endif
