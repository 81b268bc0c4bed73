/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ck` and `paths` start from: a folder written by build (its model.yaml and model.counts), jump logs or .counts
 * files, or a jump network; and how a user names sets of sites. */
#ifndef LISI_MSM_MODEL_INPUT_H
#define LISI_MSM_MODEL_INPUT_H

#include "cli.h"
#include "msm.h"

typedef struct {
  const char *fold;      /* auto, yes or no; logs and .counts only */
  const char *estimator; /* NULL: that of the folder, else reversible */
  double lag;            /* 0: the reported one of the folder, else the shortest */
  long steps;            /* the counts at 1..steps lags are wanted; 0: no more than what is there, or 10 for logs */
  long blocks;
} input_options;

typedef struct {
  const char *folder; /* NULL for other inputs */
  const char *unit;   /* "ps" or "step" */
  double dt;          /* per sample */
  int replicate[3];   /* unit cells of the box along the axes of space.cell: 1 1 1 when unfolded */
  bool folded;
  state_space space; /* of the counts */
  int nlags;
  lag_counts *lag; /* [nlags] the model's lag and its multiples; NULL for a network */
  msm_options options;
  double *pi; /* of options, owned */
  msm_model model;
  network given; /* of a network input: all of it */
} model_input;

/* Reads, counts and makes the model at the lag (without its own errors). Errors name the file. */
LISI_MUST_CHECK lisi_status model_input_open(int n, char **file, const input_options *options, model_input *in,
                                             lisi_error *err);
/* A jump network as for `transport --network`. */
LISI_MUST_CHECK lisi_status model_input_network(const char *file, model_input *in, lisi_error *err);
void model_input_free(model_input *in);

/* The states that `word` names, rising: parts separated by commas, each a label (all sites that bear it), else a site
 * number; #3 is site number 3 whatever the labels are. state[space->n]. Errors name `option` and the part. */
LISI_MUST_CHECK lisi_status model_input_states(const state_space *space, const char *option, const char *word,
                                               int *state, int *n, lisi_error *err);
/* Sets by label: set[n] over `space`, -1 where there is no label; the first state of each in first[n]. Returns the
 * number of different labels. */
int model_input_labels(const state_space *space, int *set, int *first);

/* "Li3 12", or "12" without a label. */
void model_input_state_name(const state_space *space, int state, char text[64]);

#endif
