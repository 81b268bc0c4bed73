/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make models and their errors share (msm.c, msm_errors.c, resample.c, ck.c). Not for others. */
#ifndef LISI_MSM_INTERNAL_H
#define LISI_MSM_INTERNAL_H

#include "components.h"
#include "msm.h"
#include "reversible.h"
#include "sparse_flux.h"

/* The estimate on one strongly connected set of states. */
typedef struct {
  int n;
  int *state;     /* [n] rising */
  double *pi, *X; /* X: NULL when sparse */
  network net;
  bool balanced, sparse;
  sparse_flux flux; /* when sparse */
  double *W;        /* rate: [n][n] symmetric, pi_i K_ij; else NULL */
  reversible_info info;
} set_estimate;

/* table has one part, sorted by i; `set` is a set number of `of`. */
LISI_MUST_CHECK lisi_status set_estimate_make(const state_space *space, const count_table *table,
                                              const components *sets, int set, double lag, const msm_options *options,
                                              set_estimate *out, lisi_error *err);
void set_estimate_free(set_estimate *e);
/* D alone (transport_solve without its spectrum, or transport_sparse). */
LISI_MUST_CHECK lisi_status set_estimate_transport(const set_estimate *e, transport *tr, lisi_error *err);

/* Fills the intervals of a model that is otherwise complete. */
LISI_MUST_CHECK lisi_status msm_errors(const state_space *space, const lag_counts *counts, const msm_options *options,
                                       msm_model *model, lisi_error *err);
#endif
