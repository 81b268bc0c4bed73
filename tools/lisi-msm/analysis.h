/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps between input files and a finished msm_result, shared by `build` and `run`. */
#ifndef LISI_MSM_ANALYSIS_H
#define LISI_MSM_ANALYSIS_H

#include "cli.h"
#include "result.h"

typedef struct {
  cli_lags lags;
  const char *estimator, *pi_file, *fold, *out, *sites;
  cli_texts dtraj;
  const char *count_matrix;
  long seed, blocks, resamples;
  bool json, strided, compare_plain;
  double begin, end; /* of the time to use, ps or steps; 0 and infinity: all of it */
} build_options;

/* The defaults: reversible, fold auto, seed 1, 20 blocks, resamples by size. */
build_options build_defaults(void);
/* The whole of `build`: reads, counts, estimates, prints, and writes the folder and its report where asked. `command`
 * is the command line to note (taken over, freed). */
LISI_MUST_CHECK lisi_status build_and_show(int nlogs, char **logs, const build_options *options, char *command,
                                           lisi_error *err);

/* "lisi-msm build a.jumps --lags 1,2", quoted as a shell needs it; NULL without memory. Free it. */
char *command_line(int argc, char **argv);
/* Prints the result as asked: JSON or table, and the folder with its report. */
LISI_MUST_CHECK lisi_status show_result(const msm_result *result, bool json, const char *out, lisi_error *err);

#endif
