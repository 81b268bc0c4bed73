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

/* Edges are products and quotients that add up to 1 per row only to rounding; network_make wants no more than 1. row[n]
 * is for work. */
void set_edges_normalise(int n, size_t m, network_edge *edge, double *row);

/* Estimates of one set drawn from the posterior of its counts (posterior.h), by the kind that options->estimator stands
 * for. `table` has effective counts; stream tells samplers of one seed apart. Fixed pi: options->pi. */
typedef struct model_sampler model_sampler;
LISI_MUST_CHECK lisi_status model_sampler_new(const state_space *space, const count_table *table,
                                              const components *sets, int set, double lag, const msm_options *options,
                                              uint64_t stream, model_sampler **sampler, lisi_error *err);
void model_sampler_free(model_sampler *sampler);
LISI_MUST_CHECK lisi_status model_sampler_draw(model_sampler *sampler, set_estimate *e, lisi_error *err);
double model_sampler_acceptance(const model_sampler *sampler);

/* ratio[nstates of the counts]: effective over counted pairs, with the right errors of the model's D and its slowest
 * times (effective.h). The model needs no intervals yet. */
LISI_MUST_CHECK lisi_status model_effective_ratio(const lag_counts *counts, const msm_model *model, double *ratio,
                                                  lisi_error *err);

/* The samplers of all sets of a table. */
typedef struct {
  components sets;
  model_sampler **sampler; /* [sets.n] */
} set_samplers;
/* From counts: effective ones, unless options->raw_posterior. */
LISI_MUST_CHECK lisi_status set_samplers_new(const state_space *space, const lag_counts *counts, const msm_model *model,
                                             const msm_options *options, set_samplers *out, lisi_error *err);
void set_samplers_free(set_samplers *samplers);

/* Fills the intervals of a model that is otherwise complete. */
LISI_MUST_CHECK lisi_status msm_errors(const state_space *space, const lag_counts *counts, const msm_options *options,
                                       msm_model *model, lisi_error *err);
#endif
