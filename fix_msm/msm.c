/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "msm.h"

#include "counts_prior.h"
#include "effective.h"
#include "msm_internal.h"
#include "one_thread.h"
#include "plain.h"
#include "rate_matrix.h"
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *msm_estimator_name(msm_estimator estimator) {
  switch (estimator) {
  case MSM_REVERSIBLE:
    return "reversible";
  case MSM_ROW:
    return "row";
  case MSM_FIXED_PI:
    return "fixed-pi";
  case MSM_PLAIN:
    return "plain";
  case MSM_RATE:
    return "rate";
  }
  return "unknown";
}

void msm_model_free(msm_model *m) {
  free(m->state);
  network_free(&m->net);
  free(m->pi);
  free(m->X);
  sparse_flux_free(&m->flux);
  free(m->K);
  free(m->re);
  free(m->im);
  free(m->timescale);
  free(m->negative);
  free(m->pi_lo);
  free(m->pi_hi);
  free(m->msd_lo);
  free(m->msd_hi);
  free(m->timescale_lo);
  free(m->timescale_hi);
  transport_free(&m->tr);
  for (int k = 0; k < m->ncomponents; k++) {
    if (m->component != NULL)
      free(m->component[k].state);
    if (m->component_tr != NULL)
      transport_free(&m->component_tr[k]);
  }
  free(m->component);
  free(m->component_tr);
  free(m->replicate[0]);
  free(m->replicate[1]);
  free(m->plain_d2);
  memset(m, 0, sizeof *m);
}

void set_estimate_free(set_estimate *e) {
  free(e->state);
  free(e->pi);
  free(e->X);
  free(e->W);
  network_free(&e->net);
  sparse_flux_free(&e->flux);
  memset(e, 0, sizeof *e);
}

lisi_status set_estimate_transport(const set_estimate *e, transport *tr, lisi_error *err) {
  return e->sparse ? transport_sparse(&e->net, &e->flux, false, 0, NULL, NULL, tr, err)
                   : transport_solve(&e->net, e->pi, e->balanced, false, tr, err);
}

/* P_ij(R) of the reversible estimates: X_ij(R) = X_ij [C_ij(R) + C_ji(-R)]/(C_ij + C_ji). */
static size_t split_reversible(const set_estimate *e, const count_table *table, const int *local, const double *C,
                               network_edge *edge) {
  const size_t N = (size_t)e->n;
  size_t m = 0;
  for (size_t k = 0; k < table->n; k++) {
    const count_entry *c = &table->entry[k];
    const int i = local[c->i], j = local[c->j];
    if (i < 0 || j < 0 || !(c->c > 0.0))
      continue;
    const size_t ij = (size_t)i * N + (size_t)j, ji = (size_t)j * N + (size_t)i;
    const double flux = e->X[ij] * c->c / (C[ij] + C[ji]);
    edge[m++] = (network_edge){i, j, {c->r[0], c->r[1], c->r[2]}, flux / e->pi[i]};
    edge[m++] = (network_edge){j, i, {-c->r[0], -c->r[1], -c->r[2]}, flux / e->pi[j]};
  }
  return m;
}

/* The rate estimate knows probabilities also between states that were not seen one lag apart; their displacement is the
 * shortest one. edge: room for these, below the n (n-1) of them. */
static size_t split_unseen(const set_estimate *e, const state_space *space, const double *C, network_edge *edge) {
  const size_t N = (size_t)e->n;
  size_t m = 0;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = i + 1; j < N; j++) {
      const double x = e->X[i * N + j];
      if (C[i * N + j] + C[j * N + i] > 0.0 || !(x > 1e-14 * fmin(e->pi[i], e->pi[j])))
        continue;
      int best[3] = {0, 0, 0};
      double shortest = INFINITY;
      for (int k = 0; k < 27 && space->geometry; k++) {
        const int r[3] = {k % 3 - 1, k / 3 % 3 - 1, k / 9 - 1};
        double d[3];
        state_space_step(space, e->state[i], e->state[j], r, d);
        const double length = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        if (length < shortest) {
          shortest = length;
          memcpy(best, r, sizeof best);
        }
      }
      edge[m++] = (network_edge){(int)i, (int)j, {best[0], best[1], best[2]}, x / e->pi[i]};
      edge[m++] = (network_edge){(int)j, (int)i, {-best[0], -best[1], -best[2]}, x / e->pi[j]};
    }
  }
  return m;
}

/* W, pi and X = Pi exp(K lag) of the rate estimate. */
static lisi_status estimate_rates(set_estimate *e, const double *C, double lag, lisi_error *err) {
  const size_t N = (size_t)e->n;
  e->W = malloc(N * N * sizeof *e->W);
  double *time = malloc(N * sizeof *time), *jumps = malloc(N * N * sizeof *jumps), likelihood;
  rate_info info = {0};
  lisi_status status = !e->W || !time || !jumps ? lisi_no_memory(err, N * N * sizeof *jumps) : LISI_OK;
  if (status == LISI_OK)
    status = rate_matrix_ml(e->n, C, lag, e->W, e->pi, &info, err);
  if (status == LISI_OK)
    status = rate_matrix_expect(e->n, C, lag, e->W, e->pi, time, jumps, e->X, &likelihood, err);
  e->info = (reversible_info){info.steps, info.certificate};
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    for (size_t j = i; j < N; j++)
      e->X[i * N + j] = e->X[j * N + i] = e->pi[i] * e->X[i * N + j];
  }
  free(time);
  free(jumps);
  return status;
}

static size_t split_row(const set_estimate *e, const count_table *table, const int *local, const double *row,
                        network_edge *edge) {
  (void)e;
  size_t m = 0;
  for (size_t k = 0; k < table->n; k++) {
    const count_entry *c = &table->entry[k];
    const int i = local[c->i], j = local[c->j];
    if (i < 0 || j < 0 || !(c->c > 0.0))
      continue;
    edge[m++] = (network_edge){i, j, {c->r[0], c->r[1], c->r[2]}, c->c / row[i]};
  }
  return m;
}

void set_edges_normalise(int n, size_t m, network_edge *edge, double *row) {
  memset(row, 0, (size_t)n * sizeof *row);
  for (size_t k = 0; k < m; k++)
    row[edge[k].i] += edge[k].p;
  for (size_t k = 0; k < m; k++) {
    if (row[edge[k].i] > 1.0)
      edge[k].p /= row[edge[k].i];
  }
}

/* e->state[n], and where each state of the counts is among them: local[space->n], -1 outside. */
static void number_states(const components *sets, int set, int nstates, set_estimate *e, int *local) {
  int found = 0;
  for (int i = 0; i < nstates; i++) {
    local[i] = -1;
    if (sets->of[i] == set) {
      e->state[found] = i;
      local[i] = found++;
    }
  }
}

static lisi_status make_network(const state_space *space, double lag, size_t m, network_edge *edge, double *row,
                                set_estimate *e, lisi_error *err) {
  state_space kept = {0};
  set_edges_normalise(e->n, m, edge, row);
  lisi_status status = state_space_pick(space, e->state, e->n, &kept, err);
  if (status == LISI_OK)
    status = network_make(&kept, lag, m, edge, "estimated network", &e->net, err);
  state_space_free(&kept);
  return status;
}

/* The reversible estimate of many states. */
static lisi_status make_sparse(const state_space *space, const count_table *table, const components *sets, int set,
                               double lag, set_estimate *e, lisi_error *err) {
  e->n = sets->size[set];
  e->balanced = e->sparse = true;
  const size_t N = (size_t)e->n;
  e->state = malloc(N * sizeof *e->state);
  e->pi = malloc(N * sizeof *e->pi);
  int *local = malloc((size_t)space->n * sizeof *local);
  double *q = malloc(N * sizeof *q);
  pair_entry *entry = malloc((table->n + 1) * sizeof *entry);
  network_edge *edge = malloc((2 * table->n + 1) * sizeof *edge);
  pair_counts pairs = {0};
  lisi_status status = LISI_OK;
  if (!e->state || !e->pi || !local || !q || !entry || !edge) {
    status = lisi_no_memory(err, (N + table->n) * sizeof *edge);
    goto done;
  }
  number_states(sets, set, space->n, e, local);
  size_t inside = 0;
  for (size_t k = 0; k < table->n; k++) {
    const count_entry *c = &table->entry[k];
    if (local[c->i] >= 0 && local[c->j] >= 0 && c->c > 0.0)
      entry[inside++] = (pair_entry){local[c->i], local[c->j], c->c};
  }
  status = pair_counts_make(e->n, inside, entry, &pairs, err);
  if (status == LISI_OK)
    status = reversible_ml_sparse(&pairs, NULL, &e->flux, q, &e->info, err);
  if (status != LISI_OK)
    goto done;
  memcpy(e->pi, e->flux.pi, N * sizeof *e->pi);
  size_t m = 0;
  for (size_t k = 0; k < table->n; k++) { /* X_ij(R) = [C_ij(R) + C_ji(-R)]/(q_i + q_j) */
    const count_entry *c = &table->entry[k];
    const int i = local[c->i], j = local[c->j];
    if (i < 0 || j < 0 || !(c->c > 0.0))
      continue;
    const double flux = c->c / (q[i] + q[j]);
    edge[m++] = (network_edge){i, j, {c->r[0], c->r[1], c->r[2]}, flux / e->pi[i]};
    edge[m++] = (network_edge){j, i, {-c->r[0], -c->r[1], -c->r[2]}, flux / e->pi[j]};
  }
  status = make_network(space, lag, m, edge, q, e, err);
done:
  free(local);
  free(q);
  free(entry);
  free(edge);
  pair_counts_free(&pairs);
  if (status != LISI_OK)
    set_estimate_free(e);
  return status;
}

static bool use_sparse(const msm_options *options, int n) {
  if (options->estimator != MSM_REVERSIBLE || n < 2 || options->solver == MSM_DENSE)
    return false;
  return options->solver == MSM_SPARSE || n > MSM_DENSE_STATES;
}

lisi_status set_estimate_make(const state_space *space, const count_table *table, const components *sets, int set,
                              double lag, const msm_options *options, set_estimate *e, lisi_error *err) {
  memset(e, 0, sizeof *e);
  const int n = sets->size[set];
  const size_t N = (size_t)n;
  if (use_sparse(options, n))
    return make_sparse(space, table, sets, set, lag, e, err);
  if (n > MSM_MAX_STATES)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "%d connected states are more than the dense solver takes (%d); fold the supercell%s", n,
                     MSM_MAX_STATES, options->estimator == MSM_REVERSIBLE ? "" : " or use --estimator reversible");
  e->n = n;
  e->state = malloc(N * sizeof *e->state);
  e->pi = malloc(N * sizeof *e->pi);
  e->X = calloc(N * N, sizeof *e->X);
  int *local = malloc((size_t)space->n * sizeof *local);
  double *C = calloc(N * N, sizeof *C), *row = calloc(N, sizeof *row);
  const size_t unseen = options->estimator == MSM_RATE && n <= RATE_MAX_STATES ? N * N : 0;
  network_edge *edge = malloc((2 * table->n + unseen + 1) * sizeof *edge);
  lisi_status status = LISI_OK;
  if (!e->state || !e->pi || !e->X || !local || !C || !row || !edge) {
    status = lisi_no_memory(err, (N * N + table->n) * sizeof(double));
    goto done;
  }
  number_states(sets, set, space->n, e, local);
  for (size_t k = 0; k < table->n; k++) {
    const int i = local[table->entry[k].i], j = local[table->entry[k].j];
    if (i < 0 || j < 0)
      continue;
    C[(size_t)i * N + (size_t)j] += table->entry[k].c;
    row[i] += table->entry[k].c;
  }
  size_t m = 0;
  if (options->estimator == MSM_ROW) {
    for (size_t i = 0; i < N; i++) {
      for (size_t j = 0; j < N; j++)
        C[i * N + j] = row[i] > 0.0 ? C[i * N + j] / row[i] : (i == j ? 1.0 : 0.0);
    }
    status = stationary_distribution(n, C, e->pi, err);
    if (status != LISI_OK)
      goto done;
    for (size_t i = 0; i < N; i++) {
      for (size_t j = 0; j < N; j++)
        e->X[i * N + j] = e->pi[i] * C[i * N + j];
    }
    m = split_row(e, table, local, row, edge);
  } else {
    if (options->estimator == MSM_FIXED_PI) {
      for (size_t i = 0; i < N; i++)
        row[i] = options->pi[e->state[i]];
      status = reversible_fixed_pi(n, C, row, e->X, &e->info, err);
    } else if (options->estimator == MSM_RATE) {
      status = estimate_rates(e, C, lag, err);
    } else {
      status = reversible_ml(n, C, e->X, &e->info, err);
    }
    if (status != LISI_OK)
      goto done;
    for (size_t i = 0; i < N; i++) {
      e->pi[i] = 0.0;
      for (size_t j = 0; j < N; j++)
        e->pi[i] += e->X[i * N + j];
    }
    m = split_reversible(e, table, local, C, edge);
    if (options->estimator == MSM_RATE)
      m += split_unseen(e, space, C, edge + m);
    e->balanced = true;
  }
  status = make_network(space, lag, m, edge, row, e, err);
  if (status == LISI_OK && !e->balanced)
    e->balanced = network_imbalance(&e->net, e->pi) < 1e-12;
done:
  free(local);
  free(C);
  free(row);
  free(edge);
  if (status != LISI_OK)
    set_estimate_free(e);
  return status;
}

static double iso(double D[3][3]) {
  return (D[0][0] + D[1][1] + D[2][2]) / 3.0;
}

typedef struct {
  double re, im, time;
} mode;

static int by_modulus(const void *a, const void *b) {
  const mode *x = a, *y = b;
  const double mx = hypot(x->re, x->im), my = hypot(y->re, y->im);
  if (mx != my)
    return mx > my ? -1 : 1;
  return x->re > y->re ? -1 : x->re < y->re;
}

/* re, im, timescale, negative of a model whose pi, X, tr or P are there. P is used when the model is not balanced. */
static lisi_status fill_spectrum(msm_model *m, const double *P, lisi_error *err) {
  const size_t N = (size_t)m->n;
  m->ntimescales = m->n - 1;
  m->re = calloc(N, sizeof *m->re);
  m->im = calloc(N, sizeof *m->im);
  m->timescale = calloc(N, sizeof *m->timescale);
  m->negative = calloc(N, sizeof *m->negative);
  mode *modes = malloc(N * sizeof *modes);
  lisi_status status = LISI_OK;
  if (!m->re || !m->im || !m->timescale || !m->negative || !modes) {
    status = lisi_no_memory(err, N * 4 * sizeof(double));
  } else if (P == NULL) {
    for (size_t k = 0; k < N; k++)
      modes[k] = (mode){m->tr.lambda[k], 0.0, spectrum_timescale_gap(m->tr.gap[k], m->lag)};
    qsort(modes + 1, N - 1, sizeof *modes, by_modulus); /* the first is the stationary one */
  } else {
    status = spectrum_general(m->n, P, m->re, m->im, err);
    for (size_t k = 0; k < N && status == LISI_OK; k++)
      modes[k] = (mode){m->re[k], m->im[k], spectrum_timescale(m->re[k], m->im[k], m->lag)};
  }
  for (size_t k = 0; k < N && status == LISI_OK; k++) {
    m->re[k] = modes[k].re;
    m->im[k] = modes[k].im;
    if (k > 0) {
      m->timescale[k - 1] = modes[k].time;
      m->negative[k - 1] = modes[k].re < 0.0 && modes[k].im == 0.0;
    }
  }
  free(modes);
  return status;
}

/* tr, re, im, timescale, negative of a model from a sparse estimate. */
static lisi_status fill_sparse(msm_model *m, const sparse_flux *flux, lisi_error *err) {
  const size_t N = (size_t)m->n, most = MSM_SLOW_MODES;
  double *gap = malloc(most * sizeof *gap), *u = malloc(most * N * sizeof *u);
  m->re = calloc(most + 1, sizeof *m->re);
  m->im = calloc(most + 1, sizeof *m->im);
  m->timescale = calloc(most, sizeof *m->timescale);
  m->negative = calloc(most, sizeof *m->negative);
  lisi_status status = LISI_OK;
  if (!gap || !u || !m->re || !m->im || !m->timescale || !m->negative)
    status = lisi_no_memory(err, most * N * sizeof *u);
  if (status == LISI_OK)
    status = sparse_flux_modes(flux, MSM_SLOW_MODES, &m->ntimescales, gap, u, err);
  if (status == LISI_OK)
    status = transport_sparse(&m->net, flux, m->geometry, m->ntimescales, gap, u, &m->tr, err);
  if (status == LISI_OK)
    m->re[0] = 1.0;
  for (int k = 0; k < m->ntimescales && status == LISI_OK; k++) {
    m->re[k + 1] = 1.0 - gap[k];
    m->timescale[k] = spectrum_timescale_gap(gap[k], m->lag);
    m->negative[k] = gap[k] > 1.0;
  }
  free(gap);
  free(u);
  return status;
}

/* K from W, which is used up, and its own time scales: exp(K lag) would not tell those far below the lag. */
static lisi_status take_rates(msm_model *m, double *W, lisi_error *err) {
  const size_t N = (size_t)m->n;
  double *rate = malloc(N * sizeof *rate);
  m->K = W;
  lisi_status status = rate == NULL ? lisi_no_memory(err, N * sizeof *rate) : LISI_OK;
  if (status == LISI_OK)
    status = spectrum_reversible(m->n, W, m->pi, rate, NULL, err);
  for (size_t k = 1; k < N && status == LISI_OK; k++) {
    m->timescale[k - 1] = rate[k] > 0.0 ? 1.0 / rate[k] : INFINITY;
    m->negative[k - 1] = false;
    m->re[k] = exp(-rate[k] * m->lag);
  }
  free(rate);
  for (size_t i = 0; i < N; i++) {
    double leave = 0.0;
    for (size_t j = 0; j < N; j++) {
      if (j != i)
        leave += m->K[i * N + j] /= m->pi[i];
    }
    m->K[i * N + i] = -leave;
  }
  return status;
}

/* Moves an estimate into the model. */
static lisi_status take_kept(msm_model *m, set_estimate *e, lisi_error *err) {
  m->n = e->n;
  m->state = e->state;
  m->pi = e->pi;
  m->X = e->X;
  m->net = e->net;
  m->newton_steps = e->info.steps;
  m->certificate = e->info.certificate;
  const bool balanced = e->balanced;
  m->sparse = e->sparse;
  m->flux = e->flux;
  double *W = e->W;
  memset(e, 0, sizeof *e);
  lisi_status status;
  if (m->sparse) {
    status = fill_sparse(m, &m->flux, err);
  } else {
    status = transport_solve(&m->net, m->pi, balanced, true, &m->tr, err);
    if (status == LISI_OK)
      status = fill_spectrum(m, balanced ? NULL : m->tr.P, err);
  }
  if (status == LISI_OK && W != NULL)
    status = take_rates(m, W, err);
  else
    free(W);
  if (status != LISI_OK)
    return status;
  m->D_iso = iso(m->tr.D);
  m->D_iso_m2_per_s = m->D_iso * MSM_D_TO_M2_PER_S;
  return status;
}

static lisi_status component_states(const components *sets, int set, int nstates, msm_component *c, lisi_error *err) {
  c->n = 0;
  c->state = malloc((size_t)sets->size[set] * sizeof *c->state);
  if (c->state == NULL)
    return lisi_no_memory(err, (size_t)sets->size[set] * sizeof *c->state);
  for (int i = 0; i < nstates; i++) {
    if (sets->of[i] == set)
      c->state[c->n++] = i;
  }
  return LISI_OK;
}

static bool leaves(const network *net) {
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    if (e->i != e->j || e->r[0] != 0 || e->r[1] != 0 || e->r[2] != 0)
      return true;
  }
  return false;
}

static lisi_status make_room(msm_model *m, int ncomponents, lisi_error *err) {
  m->component = calloc((size_t)ncomponents, sizeof *m->component);
  m->component_tr = calloc((size_t)ncomponents, sizeof *m->component_tr);
  if (m->component == NULL || m->component_tr == NULL)
    return lisi_no_memory(err, (size_t)ncomponents * sizeof *m->component_tr);
  m->ncomponents = ncomponents;
  return LISI_OK;
}

/* Component number k of the model from an estimate, which is used up. */
static lisi_status add_component(msm_model *m, int k, set_estimate *e, lisi_error *err) {
  msm_component *c = &m->component[k];
  c->isolated = e->n == 1 && !leaves(&e->net);
  lisi_status status;
  if (k == 0) {
    status = take_kept(m, e, err);
    if (status == LISI_OK)
      memcpy(c->D, m->tr.D, sizeof c->D);
  } else {
    status = e->sparse ? transport_sparse(&e->net, &e->flux, m->geometry, 0, NULL, NULL, &m->component_tr[k], err)
                       : transport_solve(&e->net, e->pi, e->balanced, true, &m->component_tr[k], err);
    if (status == LISI_OK)
      memcpy(c->D, m->component_tr[k].D, sizeof c->D);
    set_estimate_free(e);
  }
  for (int a = 0; a < 3 && status == LISI_OK; a++) {
    for (int b = 0; b < 3; b++)
      m->D_all[a][b] += c->share * c->D[a][b];
  }
  m->D_all_iso = iso(m->D_all);
  return status;
}

static lisi_status build_plain(const state_space *space, const lag_counts *counts, msm_model *m, lisi_error *err) {
  const size_t N = (size_t)space->n;
  if (space->n > MSM_MAX_STATES)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%d states are more than the dense solver takes (%d)", space->n,
                     MSM_MAX_STATES);
  m->n = space->n;
  m->state = malloc(N * sizeof *m->state);
  m->pi = malloc(N * sizeof *m->pi);
  m->X = malloc(N * N * sizeof *m->X);
  double *T = malloc(N * N * sizeof *T), *row = calloc(N, sizeof *row);
  network_edge *edge = malloc((counts->total.n + 1) * sizeof *edge);
  lisi_status status = LISI_OK;
  if (!m->state || !m->pi || !m->X || !T || !row || !edge) {
    status = lisi_no_memory(err, N * N * sizeof *T);
    goto done;
  }
  const count_table *t = &counts->total;
  for (size_t k = 0; k < t->n; k++)
    row[t->entry[k].i] += t->entry[k].c;
  for (size_t k = 0; k < t->n; k++) {
    const count_entry *c = &t->entry[k];
    edge[k] = (network_edge){c->i, c->j, {c->r[0], c->r[1], c->r[2]}, c->c / row[c->i]};
  }
  set_edges_normalise(space->n, t->n, edge, row);
  status = network_make(space, m->lag, t->n, edge, "estimated network", &m->net, err);
  if (status != LISI_OK)
    goto done;
  plain_matrix(t, T);
  for (size_t i = 0; i < N; i++) {
    m->state[i] = (int)i;
    m->pi[i] = 1.0 / (double)N;
    for (size_t j = 0; j < N; j++)
      m->X[i * N + j] = T[i * N + j] / (double)N;
  }
  status = fill_spectrum(m, T, err);
  if (status != LISI_OK || !m->geometry)
    goto done;
  m->plain_d2 = malloc(N * N * sizeof *m->plain_d2);
  if (m->plain_d2 == NULL) {
    status = lisi_no_memory(err, N * N * sizeof *m->plain_d2);
    goto done;
  }
  status = plain_distances(space, m->plain_d2, err);
  if (status == LISI_OK)
    status = plain_slope(m->n, T, m->plain_d2, m->lag, &m->plain_D, err);
  for (int a = 0; a < 3; a++)
    m->tr.D[a][a] = m->D_all[a][a] = m->plain_D;
  m->D_iso = m->D_all_iso = m->plain_D;
  m->D_iso_m2_per_s = m->plain_D * MSM_D_TO_M2_PER_S;
done:
  free(T);
  free(row);
  free(edge);
  return status;
}

static lisi_status summarise_effective(const lag_counts *counts, msm_model *m, lisi_error *err) {
  double *ratio = malloc((size_t)counts->total.nstates * sizeof *ratio);
  if (ratio == NULL)
    return lisi_no_memory(err, (size_t)counts->total.nstates * sizeof *ratio);
  const lisi_status status = model_effective_ratio(counts, m, ratio, err);
  if (status == LISI_OK) {
    const effective_summary s = effective_summarise(counts, ratio);
    m->effective_counts = s.total;
    m->smallest_ratio = s.smallest_ratio;
  }
  free(ratio);
  return status;
}

static lisi_status build(const state_space *space, const lag_counts *counts, const msm_options *options, msm_model *m,
                         lisi_error *err) {
  m->counts = count_table_sum(&counts->total);
  if (!(m->counts > 0.0))
    return lisi_fail(err, LISI_ERR_INPUT, "there is no pair of samples at this lag (%g)", m->lag);
  m->no_jump = true;
  for (size_t k = 0; k < counts->total.n; k++) {
    const count_entry *e = &counts->total.entry[k];
    if (e->c > 0.0 && (e->i != e->j || e->r[0] != 0 || e->r[1] != 0 || e->r[2] != 0))
      m->no_jump = false;
  }
  if (options->estimator == MSM_PLAIN)
    return build_plain(space, counts, m, err);
  if (options->estimator == MSM_FIXED_PI && options->pi == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "estimator fixed-pi needs a stationary distribution");
  components sets;
  lisi_status status = components_find(&counts->total, &sets, err);
  if (status != LISI_OK)
    return status;
  status = make_room(m, sets.n, err);
  for (int s = 0; s < sets.n && status == LISI_OK; s++) {
    set_estimate e;
    m->component[s].share = sets.starts[s] / m->counts;
    m->component[s].inside = sets.inside[s];
    status = component_states(&sets, s, space->n, &m->component[s], err);
    if (status == LISI_OK)
      status = set_estimate_make(space, &counts->total, &sets, s, m->lag, options, &e, err);
    if (status == LISI_OK)
      status = add_component(m, s, &e, err);
  }
  if (status == LISI_OK)
    m->discarded_fraction = 1.0 - sets.inside[0] / m->counts;
  components_free(&sets);
  if (status == LISI_OK && counts->blocks.nparts > 1)
    status = summarise_effective(counts, m, err);
  if (status == LISI_OK && options->bootstrap > 0)
    status = msm_errors(space, counts, options, m, err);
  return status;
}

lisi_status msm_build(const state_space *space, const lag_counts *counts, double dt, const msm_options *options,
                      msm_model *m, lisi_error *err) {
  memset(m, 0, sizeof *m);
  if (counts->total.nstates != space->n)
    return lisi_fail(err, LISI_ERR_INTERNAL, "counts over %d states do not belong to %d states", counts->total.nstates,
                     space->n);
  m->lag_samples = counts->lag;
  m->lag = dt * (double)counts->lag;
  m->geometry = space->geometry;
  m->estimator = options->estimator;
  m->prior = options->prior;
  lag_counts with = {0};
  lisi_status status = LISI_OK;
  if (options->prior > 0.0 && options->estimator != MSM_PLAIN)
    status = counts_prior(counts, options->prior, &with, err);
  if (status == LISI_OK) {
    const int threads = one_thread_if_small(space->n);
    status = build(space, with.total.entry != NULL ? &with : counts, options, m, err);
    one_thread_if_small_end(threads);
  }
  if (status == LISI_OK)
    m->counts = count_table_sum(&counts->total);
  lag_counts_free(&with);
  if (status != LISI_OK)
    msm_model_free(m);
  return status;
}

/* ---- given networks ---- */

/* Many states with detailed balance are solved sparsely: pi and the flux of e->net, if it has it. */
static lisi_status balanced_network(set_estimate *e, bool *balanced, lisi_error *err) {
  pair_entry *entry = malloc((e->net.n + 1) * sizeof *entry);
  pair_counts p = {0};
  *balanced = false;
  if (entry == NULL)
    return lisi_no_memory(err, e->net.n * sizeof *entry);
  for (size_t k = 0; k < e->net.n; k++)
    entry[k] = (pair_entry){e->net.edge[k].i, e->net.edge[k].j, e->net.edge[k].p};
  lisi_status status = pair_counts_make(e->n, e->net.n, entry, &p, err);
  if (status == LISI_OK)
    status = sparse_flux_given(&p, &e->flux, balanced, err);
  if (status == LISI_OK && *balanced) {
    memcpy(e->pi, e->flux.pi, (size_t)e->n * sizeof *e->pi);
    if (!(network_imbalance(&e->net, e->pi) < 1e-12)) { /* of each displacement, too */
      sparse_flux_free(&e->flux);
      *balanced = false;
    }
  }
  e->balanced = e->sparse = *balanced;
  free(entry);
  pair_counts_free(&p);
  return status;
}

/* The edges of the states of one set, as an estimate. */
static lisi_status network_part(const network *net, const components *sets, int set, msm_solver solver, set_estimate *e,
                                lisi_error *err) {
  memset(e, 0, sizeof *e);
  e->n = sets->size[set];
  const size_t N = (size_t)e->n;
  e->state = malloc(N * sizeof *e->state);
  e->pi = malloc(N * sizeof *e->pi);
  int *local = malloc((size_t)net->space.n * sizeof *local);
  network_edge *edge = malloc((net->n + 1) * sizeof *edge);
  state_space kept = {0};
  lisi_status status = LISI_OK;
  if (!e->state || !e->pi || !local || !edge) {
    status = lisi_no_memory(err, (N + net->n) * sizeof *edge);
    goto done;
  }
  int found = 0;
  for (int i = 0; i < net->space.n; i++) {
    local[i] = -1;
    if (sets->of[i] == set) {
      e->state[found] = i;
      local[i] = found++;
    }
  }
  size_t m = 0;
  for (size_t k = 0; k < net->n; k++) {
    network_edge copy = net->edge[k];
    copy.i = local[copy.i];
    copy.j = local[copy.j];
    if (copy.i >= 0 && copy.j >= 0)
      edge[m++] = copy;
  }
  status = state_space_pick(&net->space, e->state, e->n, &kept, err);
  if (status == LISI_OK)
    status = network_make(&kept, net->lag, m, edge, "network", &e->net, err);
  bool balanced = false;
  if (status == LISI_OK && solver != MSM_DENSE && (e->n > MSM_DENSE_STATES || solver == MSM_SPARSE))
    status = balanced_network(e, &balanced, err);
  if (status != LISI_OK || balanced)
    goto done;
  if (e->n > MSM_MAX_STATES) {
    status = lisi_fail(err, LISI_ERR_UNSUPPORTED, "%d connected sites are more than the dense solver takes (%d)%s",
                       e->n, MSM_MAX_STATES, solver == MSM_DENSE ? "" : ", which they need without detailed balance");
    goto done;
  }
  e->X = malloc(N * N * sizeof *e->X);
  if (e->X == NULL) {
    status = lisi_no_memory(err, N * N * sizeof *e->X);
    goto done;
  }
  network_matrix(&e->net, e->X);
  status = stationary_distribution(e->n, e->X, e->pi, err);
  if (status != LISI_OK)
    goto done;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++)
      e->X[i * N + j] *= e->pi[i];
  }
  e->balanced = network_imbalance(&e->net, e->pi) < 1e-12;
done:
  free(local);
  free(edge);
  state_space_free(&kept);
  if (status != LISI_OK)
    set_estimate_free(e);
  return status;
}

static lisi_status from_network(const network *net, msm_solver solver, msm_model *m, lisi_error *err) {
  count_table table = {net->space.n, 1, 0, calloc(net->n + 1, sizeof(count_entry))};
  if (table.entry == NULL)
    return lisi_no_memory(err, (net->n + 1) * sizeof(count_entry));
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    if (e->p > 0.0)
      table.entry[table.n++] = (count_entry){0, e->i, e->j, {e->r[0], e->r[1], e->r[2]}, e->p};
  }
  components sets = {0};
  lisi_status status = components_find(&table, &sets, err);
  bool *open = status == LISI_OK ? calloc((size_t)sets.n + 1, sizeof *open) : NULL;
  if (status == LISI_OK && open == NULL)
    status = lisi_no_memory(err, (size_t)sets.n + 1);
  if (status != LISI_OK)
    goto done;
  for (size_t k = 0; k < table.n; k++) {
    const int from = sets.of[table.entry[k].i];
    if (from != sets.of[table.entry[k].j])
      open[from] = true;
  }
  int nclosed = 0, states = 0;
  for (int s = 0; s < sets.n; s++) {
    if (open[s])
      continue;
    nclosed++;
    states += sets.size[s];
  }
  status = make_room(m, nclosed, err);
  m->no_jump = true;
  for (int s = 0, k = 0; s < sets.n && status == LISI_OK; s++) {
    if (open[s])
      continue;
    set_estimate e;
    m->component[k].share = (double)sets.size[s] / states;
    m->component[k].inside = sets.inside[s];
    status = component_states(&sets, s, net->space.n, &m->component[k], err);
    if (status == LISI_OK)
      status = network_part(net, &sets, s, solver, &e, err);
    if (status == LISI_OK && leaves(&e.net))
      m->no_jump = false;
    if (status == LISI_OK)
      status = add_component(m, k, &e, err);
    k++;
  }
  if (status == LISI_OK)
    m->discarded_fraction = 1.0 - (double)m->n / net->space.n;
done:
  free(open);
  components_free(&sets);
  count_table_free(&table);
  return status;
}

lisi_status msm_from_network(const network *net, msm_model *m, lisi_error *err) {
  return msm_from_network_by(net, MSM_AUTO, m, err);
}

lisi_status msm_from_network_by(const network *net, msm_solver solver, msm_model *m, lisi_error *err) {
  memset(m, 0, sizeof *m);
  m->lag = net->lag;
  m->geometry = net->space.geometry;
  m->estimator = MSM_ROW;
  const lisi_status status = from_network(net, solver, m, err);
  if (status != LISI_OK)
    msm_model_free(m);
  return status;
}

double msm_msd(const msm_model *m, double n) {
  if (m->estimator != MSM_PLAIN)
    return transport_msd_trace(&m->tr, n);
  if (m->plain_d2 == NULL)
    return 0.0;
  const size_t N = (size_t)m->n;
  double *T = malloc(N * N * sizeof *T), value = NAN;
  if (T == NULL)
    return NAN;
  for (size_t k = 0; k < N * N; k++)
    T[k] = m->X[k] * (double)N;
  const long long lags = llround(n);
  if (plain_msd(m->n, T, m->plain_d2, 1, &lags, &value, NULL) != LISI_OK)
    value = NAN;
  free(T);
  return value;
}

double msm_msd_all(const msm_model *m, double n) {
  if (m->estimator == MSM_PLAIN)
    return msm_msd(m, n);
  double sum = 0.0;
  for (int k = 0; k < m->ncomponents; k++)
    sum += m->component[k].share * transport_msd_trace(k == 0 ? &m->tr : &m->component_tr[k], n);
  return sum;
}
