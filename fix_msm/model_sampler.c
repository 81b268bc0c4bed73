/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws of a whole component from its posterior: the sampler of posterior.h between tables of counts and networks. */
#include "msm_internal.h"
#include "posterior.h"

#include <stdlib.h>
#include <string.h>

struct model_sampler {
  int n;
  double lag;
  msm_estimator estimator;
  int *state;
  state_space kept;
  posterior *posterior;
  posterior_element *element;
  network_edge *edge;
  double *row; /* [n] work */
};

void model_sampler_free(model_sampler *s) {
  if (s == NULL)
    return;
  free(s->state);
  state_space_free(&s->kept);
  posterior_free(s->posterior);
  free(s->element);
  free(s->edge);
  free(s->row);
  free(s);
}

double model_sampler_acceptance(const model_sampler *s) {
  return posterior_acceptance(s->posterior);
}

static lisi_status start(model_sampler *s, const state_space *space, const count_table *table, const components *sets,
                         int set, const msm_options *options, set_estimate *e, uint64_t stream, lisi_error *err) {
  const size_t N = (size_t)e->n;
  static const posterior_kind kind_of[] = {POSTERIOR_REVERSIBLE, POSTERIOR_ROW, POSTERIOR_FIXED_PI};
  int *local = malloc((size_t)space->n * sizeof *local);
  count_entry *entry = malloc((table->n + 1) * sizeof *entry);
  s->state = malloc(N * sizeof *s->state);
  lisi_status status = !local || !entry || !s->state ? lisi_no_memory(err, (table->n + 1) * sizeof *entry) : LISI_OK;
  if (status == LISI_OK) {
    int found = 0;
    for (int i = 0; i < space->n; i++)
      local[i] = sets->of[i] == set ? found++ : -1;
    memcpy(s->state, e->state, N * sizeof *s->state);
    size_t m = 0;
    for (size_t k = 0; k < table->n; k++) {
      count_entry c = table->entry[k];
      c.i = local[c.i];
      c.j = local[c.j];
      if (c.i >= 0 && c.j >= 0)
        entry[m++] = c;
    }
    status = posterior_new(kind_of[options->estimator], e->n, m, entry, e->X, e->pi, options->seed, stream,
                           &s->posterior, err);
  }
  if (status == LISI_OK) {
    const size_t size = posterior_size(s->posterior);
    s->element = malloc((size + 1) * sizeof *s->element);
    s->edge = malloc((2 * size + 1) * sizeof *s->edge);
    s->row = malloc(N * sizeof *s->row);
    if (!s->element || !s->edge || !s->row)
      status = lisi_no_memory(err, 2 * size * sizeof *s->edge);
  }
  if (status == LISI_OK)
    status = state_space_pick(space, s->state, s->n, &s->kept, err);
  free(local);
  free(entry);
  return status;
}

lisi_status model_sampler_new(const state_space *space, const count_table *table, const components *sets, int set,
                              double lag, const msm_options *options, uint64_t stream, model_sampler **out,
                              lisi_error *err) {
  *out = NULL;
  if (options->estimator == MSM_RATE || options->estimator == MSM_PLAIN)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "there is no sampler for the posterior of the estimator %s: take errors from the bootstrap, or "
                     "another estimator",
                     msm_estimator_name(options->estimator));
  model_sampler *s = calloc(1, sizeof *s);
  if (s == NULL)
    return lisi_no_memory(err, sizeof *s);
  set_estimate e = {0};
  msm_options dense = *options; /* the sampler begins at X */
  dense.solver = MSM_DENSE;
  lisi_status status = set_estimate_make(space, table, sets, set, lag, &dense, &e, err);
  if (status == LISI_OK) {
    s->n = e.n;
    s->lag = lag;
    s->estimator = options->estimator;
    status = start(s, space, table, sets, set, options, &e, stream, err);
  }
  set_estimate_free(&e);
  if (status != LISI_OK) {
    model_sampler_free(s);
    return status;
  }
  *out = s;
  return LISI_OK;
}

lisi_status model_sampler_draw(model_sampler *s, set_estimate *e, lisi_error *err) {
  memset(e, 0, sizeof *e);
  const size_t N = (size_t)s->n, size = posterior_size(s->posterior);
  const bool row = s->estimator == MSM_ROW;
  e->n = s->n;
  e->state = malloc(N * sizeof *e->state);
  e->pi = malloc(N * sizeof *e->pi);
  e->X = calloc(N * N, sizeof *e->X);
  lisi_status status = !e->state || !e->pi || !e->X ? lisi_no_memory(err, N * N * sizeof *e->X)
                                                    : posterior_draw(s->posterior, s->element, e->pi, err);
  if (status != LISI_OK)
    goto done;
  memcpy(e->state, s->state, N * sizeof *e->state);
  size_t m = 0;
  for (size_t k = 0; k < size; k++) {
    const posterior_element *x = &s->element[k];
    const size_t i = (size_t)x->i, j = (size_t)x->j;
    e->X[i * N + j] += x->value;
    if (row) {
      s->edge[m++] = (network_edge){x->i, x->j, {x->r[0], x->r[1], x->r[2]}, x->value};
      continue;
    }
    if (i != j)
      e->X[j * N + i] += x->value;
    /* on the diagonal R and -R share the flux */
    const bool stays = i == j && (x->r[0] | x->r[1] | x->r[2]) == 0;
    const double flux = i == j && !stays ? 0.5 * x->value : x->value;
    s->edge[m++] = (network_edge){x->i, x->j, {x->r[0], x->r[1], x->r[2]}, flux / e->pi[i]};
    if (!stays)
      s->edge[m++] = (network_edge){x->j, x->i, {-x->r[0], -x->r[1], -x->r[2]}, flux / e->pi[j]};
  }
  if (row) {
    status = stationary_distribution(s->n, e->X, e->pi, err);
    for (size_t k = 0; k < N * N && status == LISI_OK; k++)
      e->X[k] *= e->pi[k / N];
  } else if (s->estimator == MSM_FIXED_PI) { /* what is not on the list stays */
    for (size_t i = 0; i < N; i++) {
      double left = e->pi[i];
      for (size_t j = 0; j < N; j++)
        left -= j != i ? e->X[i * N + j] : 0.0;
      e->X[i * N + i] = left > 0.0 ? left : 0.0;
    }
  }
  if (status == LISI_OK) {
    set_edges_normalise(s->n, m, s->edge, s->row);
    status = network_make(&s->kept, s->lag, m, s->edge, "sampled network", &e->net, err);
  }
  if (status == LISI_OK)
    e->balanced = !row || network_imbalance(&e->net, e->pi) < 1e-12;
done:
  if (status != LISI_OK)
    set_estimate_free(e);
  return status;
}

void set_samplers_free(set_samplers *s) {
  for (int k = 0; k < s->sets.n && s->sampler != NULL; k++)
    model_sampler_free(s->sampler[k]);
  free(s->sampler);
  components_free(&s->sets);
  memset(s, 0, sizeof *s);
}

lisi_status set_samplers_new(const state_space *space, const lag_counts *counts, const msm_model *model,
                             const msm_options *options, set_samplers *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  double *ratio = malloc((size_t)space->n * sizeof *ratio);
  count_table table = {0};
  lisi_status status = ratio == NULL ? lisi_no_memory(err, (size_t)space->n * sizeof *ratio)
                                     : count_table_collapse(&counts->total, NULL, &table, err);
  if (status == LISI_OK && !options->raw_posterior) {
    status = model_effective_ratio(counts, model, ratio, err);
    for (size_t k = 0; k < table.n && status == LISI_OK; k++)
      table.entry[k].c *= ratio[table.entry[k].i];
  }
  if (status == LISI_OK)
    status = components_find(&table, &out->sets, err);
  if (status == LISI_OK) {
    out->sampler = calloc((size_t)out->sets.n + 1, sizeof *out->sampler);
    if (out->sampler == NULL)
      status = lisi_no_memory(err, (size_t)out->sets.n * sizeof *out->sampler);
  }
  for (int s = 0; s < out->sets.n && status == LISI_OK; s++) {
    /* streams 0 and 1 are those of the resampled parts */
    if (out->sets.inside[s] > 0.0)
      status =
          model_sampler_new(space, &table, &out->sets, s, model->lag, options, (uint64_t)s + 2, &out->sampler[s], err);
  }
  if (status != LISI_OK)
    set_samplers_free(out);
  count_table_free(&table);
  free(ratio);
  return status;
}
