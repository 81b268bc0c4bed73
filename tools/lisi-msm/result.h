/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one call of build (or run, or transport) knows at its end, and the ways to show it: the tree that becomes
 * model.yaml and --json, the files of the output folder, a table for people. */
#ifndef LISI_MSM_RESULT_H
#define LISI_MSM_RESULT_H

#include "counts_symmetry.h"
#include "doc_tree.h"
#include "msm.h"
#include "slow_modes.h"
#include "orbit_rates.h"
#include "plain_compare.h"

/* One row of a mean-square displacement measured in the run: time (ps), value, 95 % interval (A^2). */
typedef struct {
  double t, value, error; /* error: standard error, 0 where unknown */
  int parts;              /* time blocks that the error comes from */
} msd_row;

typedef struct diffusion_result diffusion_result; /* diffusion.h */
/* A lag without a model, and why. */
typedef struct {
  double lag;
  lisi_status status;
  char reason[200];
} failed_lag;

/* Folding over the space group, where asked for. */
typedef struct {
  site_symmetry group;
  fold_verdict *verdict; /* [nmodels] are the images of each jump alike? */
  symmetry_gain *gain;   /* [nmodels] */
  lag_counts *before;    /* [nmodels] the counts without it */
  msm_model without;     /* the reported lag without it, for its intervals; measured: it is there */
  bool measured;
} fold_symmetry;

typedef struct {
  int nmodels;
  msm_model *model;   /* [nmodels] by rising lag */
  lag_counts *counts; /* [nmodels] what they were made from (folded or not); NULL for a network */
  slow_modes *modes;  /* [nmodels] filled by msm_result_modes; NULL before */
  int nfailed;
  failed_lag *failed; /* [nfailed] */
  orbit_rates *rates; /* [nmodels]; NULL: not asked for */
  double box_time;    /* decay of the longest density wave of the supercell, by the reported model; 0 where unknown */
  state_space space;  /* states of the counts */
  const char *source; /* "jump log", "dtraj", "count matrix", "counts", "network" */
  bool time_in_ps;
  double dt, duration; /* ps per sample, and of the longest path; 0 unknown */
  int nwalkers, replicate[3];
  double temperature, charge; /* 0: unknown */
  long long njumps;
  bool folded;
  plain_compare *plain;    /* NULL: not asked for */
  fold_symmetry *symmetry; /* NULL: not over the space group */
  char assignment[64];
  int nframework;    /* host atoms of the unit cell, for the picture */
  double *framework; /* [nframework][3] fractional */
  char (*species)[8];
  double reference[3][3]; /* cell of the site file; zero where none is known */
  int nfiles;
  const char *const *file;
  char *command; /* the command line */
  long seed;     /* of all that is random */
  int reported;  /* index of the model whose D is the headline; -1 without geometry */
  bool plateau;  /* D does not change beyond its errors from there on */
  int nsites_msd, nmd;
  msd_row *sites_msd, *md_msd; /* of site positions; of the real coordinates */
  /* the comparison over the time range of the reported model */
  double largest_deviation; /* |MSM - site positions| in standard errors, the largest */
  double within_two;        /* share of points within two standard errors */
  double md_offset,
      md_rms; /* fitted constant (A^2), and the relative r.m.s. difference that remains; NaN without MD's own MSD */
  diffusion_result *diffusion; /* plateau, ranges, collective diffusion; NULL for a network */
  int nn;                      /* msd is printed at these n (in lags) for every model */
  double *n;
} msm_result;

void msm_result_free(msm_result *result);

/* A scan survives a bad lag. msm_result_fail notes it, with `status` and the message in err, which is emptied; errors
 * that any other lag would have too (no memory, interrupted, a file) come back. msm_result_drop takes model m out.
 * msm_result_single_states fails the lags whose largest connected set is a single state where another lag connects
 * more. msm_result_none: the error of a scan without a model. */
LISI_MUST_CHECK lisi_status msm_result_fail(msm_result *result, double lag, lisi_status status, lisi_error *err);
void msm_result_drop(msm_result *result, int m);
LISI_MUST_CHECK lisi_status msm_result_single_states(msm_result *result, lisi_error *err);
LISI_MUST_CHECK lisi_status msm_result_none(const msm_result *result, lisi_error *err);
void msm_result_add_failed(doc_tree *doc, const msm_result *result);

/* The first so many models have lags of at most a tenth of the run; longer ones leave too few independent pairs for a
 * headline or a comparison of lags. All models where that is not known, or no lag is as short. */
int msm_result_trusted(const msm_result *result);
/* Which of these lags to report: the shortest whose D lies in the interval of every longer one and whose MSD is that of
 * the site positions (four of five points within two standard errors, where sites_msd is known); else the shortest with
 * the right MSD; else by D alone. plateau tells whether it is of the first kind. */
void msm_result_choose_lag(msm_result *result);
/* Fills the comparison from sites_msd, md_msd and the reported model. */
void msm_result_compare(msm_result *result);
/* MSD of all walkers by model m at time t (ps). */
double msm_result_msd(const msm_result *result, int m, double t);

/* Patterns of the slow modes of every model with detailed balance (of many states: of the reported lag alone); their
 * file modes_LAG.mtx, and their entry in the map of model m. */
LISI_MUST_CHECK lisi_status msm_result_modes(msm_result *result, lisi_error *err);
LISI_MUST_CHECK lisi_status msm_result_modes_write(const msm_result *result, int m, const char *folder,
                                                   lisi_error *err);
void msm_result_modes_tree(const msm_result *result, int m, doc_tree *doc, doc_ref map);
void msm_result_modes_free(msm_result *result);

/* The tree of interface.md. NULL members are left out. */
LISI_MUST_CHECK lisi_status msm_result_tree(const msm_result *result, bool with_files, doc_tree **doc, lisi_error *err);
/* model.yaml, count and transition matrices, networks, in a folder that is made when it is missing. */
LISI_MUST_CHECK lisi_status msm_result_write(const msm_result *result, const char *folder, lisi_error *err);
/* "Li5 3, 4; Li7 12", or numbers alone, with what does not fit counted. */
void msm_result_names(const state_space *space, const int *index, int n, char *text, size_t size);
/* components and unvisited of a model, into its map; those of the reported model (else the first) on stdout. */
void msm_result_add_sets(doc_tree *doc, doc_ref map, const msm_result *result, const msm_model *model);
void msm_result_print_sets(const msm_result *result);
/* --compare-plain: makes result->plain at the reported lag (else the first), once all else of the result is there;
 * plain_comparison of model.yaml; the table. */
LISI_MUST_CHECK lisi_status msm_result_compare_plain(msm_result *result, const path_set *paths, lisi_error *err);
void msm_result_add_plain(doc_tree *doc, const msm_result *result);
void msm_result_print_plain(const msm_result *result);
/* rate_matrix and orbit_rates of model m, into its map; the table of the reported model (else the first) on stdout. */
void msm_result_add_rates(doc_tree *doc, doc_ref map, const msm_result *result, int m);
void msm_result_print_rates(const msm_result *result);
/* A table on stdout. */
void msm_result_print(const msm_result *result);
/* Warnings on stderr: no jump, discarded counts, copies that differ, negative eigenvalues, no plateau. */
void msm_result_warn(const msm_result *result);
/* The same, one by one, to whom they concern. */
typedef void (*msm_result_teller)(void *context, const char *text);
void msm_result_warnings(const msm_result *result, msm_result_teller tell, void *context);
typedef struct {
  msm_result_teller tell;
  void *context;
} msm_result_listener;
void LISI_PRINTF(2, 3) msm_result_tell(const msm_result_listener *to, const char *format, ...);

#endif
