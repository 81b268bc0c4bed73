/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orbit_rates.h"

#include "bootstrap.h"
#include "count_plan.h"
#include "msm_internal.h"
#include "one_thread.h"
#include "spectrum.h"

#include <complex.h>
#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void orbit_rates_free(orbit_rates *r) {
  free(r->name);
  free(r->pair);
  memset(r, 0, sizeof *r);
}

/* ---- orbits ---- */

/* of[n]: the orbit of each state. */
static lisi_status make_orbits(const state_space *space, int *of, orbit_rates *r, lisi_error *err) {
  const size_t N = (size_t)space->n;
  r->name = malloc(N * sizeof *r->name);
  if (r->name == NULL)
    return lisi_no_memory(err, N * sizeof *r->name);
  for (int i = 0; i < space->n; i++) {
    const char *label = space->label != NULL ? space->label[i] : "";
    int o = label[0] != '\0' ? 0 : r->norbits;
    while (o < r->norbits && strcmp(r->name[o], label) != 0)
      o++;
    if (o == r->norbits) {
      if (label[0] != '\0')
        memcpy(r->name[o], label, sizeof r->name[o]);
      else
        snprintf(r->name[o], sizeof r->name[o], "%lld", space->number[i]);
      r->norbits++;
    }
    of[i] = o;
  }
  return LISI_OK;
}

static bool nameless(const state_space *space) {
  for (int i = 0; i < space->n && space->label != NULL; i++)
    if (space->label[i][0] != '\0')
      return false;
  return true;
}

/* ---- K of one estimate ---- */

/* P of a periodic network is P(k) in the wave vector k, and so is its logarithm: K(R) is the mean of log P(k) e^{-ikR}.
 * Sums over R are K(k = 0); only jumps of a site to its own image need other k, on a grid of so many points along each
 * axis, which tells K(0) from every K(R) but those of whole multiples of it. */
enum { GRID = 3, SMALL_CELL = 8 };

typedef struct {
  int n, norbits;
  const int *orbit; /* [n] */
  const double *X, *pi;
  const network *net; /* NULL: jumps of a site to its own images are left out */
  double lag;
} problem;

/* staying[n] = log(P)_ii at R = 0, from the grid. *real: all eigenvalues are positive. */
static lisi_status staying_rates(const problem *p, double *staying, bool *real, lisi_error *err) {
  const size_t N = (size_t)p->n;
  int points[3] = {1, 1, 1};
  for (size_t e = 0; e < p->net->n; e++)
    for (int a = 0; a < 3; a++)
      if (p->net->edge[e].r[a] != 0)
        points[a] = GRID;
  lapack_complex_double *S = malloc(N * N * sizeof *S);
  double *lambda = malloc(N * sizeof *lambda);
  lisi_status status = S == NULL || lambda == NULL ? lisi_no_memory(err, N * N * sizeof *S) : LISI_OK;
  memset(staying, 0, N * sizeof *staying);
  const int all = points[0] * points[1] * points[2];
  for (int g = 0; g < all && status == LISI_OK && *real; g++) {
    const double k[3] = {(double)(g % points[0]) / points[0], (double)(g / points[0] % points[1]) / points[1],
                         (double)(g / points[0] / points[1]) / points[2]};
    memset(S, 0, N * N * sizeof *S);
    for (size_t e = 0; e < p->net->n; e++) {
      const network_edge *x = &p->net->edge[e];
      const double phase = 2.0 * M_PI * (k[0] * x->r[0] + k[1] * x->r[1] + k[2] * x->r[2]);
      const double s = sqrt(p->pi[x->i] / p->pi[x->j]) * x->p;
      S[(size_t)x->i + N * (size_t)x->j] += s * cos(phase) + s * sin(phase) * I;
    }
    const lapack_int info = LAPACKE_zheevd(LAPACK_COL_MAJOR, 'V', 'U', (lapack_int)N, S, (lapack_int)N, lambda);
    if (info != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "the eigenvalues of P(k) were not found (zheevd: %d)", (int)info);
    *real = *real && lambda[0] > 0.0;
    for (size_t m = 0; m < N && status == LISI_OK && *real; m++) {
      const double l = log(fmin(lambda[m], 1.0)) / all;
      for (size_t i = 0; i < N; i++)
        staying[i] += l * (creal(S[i + N * m]) * creal(S[i + N * m]) + cimag(S[i + N * m]) * cimag(S[i + N * m]));
    }
  }
  free(S);
  free(lambda);
  return status;
}

/* Adds weight * pi_i K_ij, summed over the sites of each pair of orbits, to flux[norbits][norbits]. negative (may be
 * NULL): see orbit_rates. *real false: log(P) does not exist, nothing is added. */
static lisi_status add_flux(const problem *p, double weight, double *flux, double *negative, bool *real,
                            lisi_error *err) {
  const size_t N = (size_t)p->n, O = (size_t)p->norbits;
  double *gap = malloc(N * sizeof *gap), *u = malloc(N * N * sizeof *u), *amplitude = malloc(N * O * sizeof *amplitude),
         *staying = calloc(N, sizeof *staying), *full = negative != NULL ? calloc(N * N, sizeof *full) : NULL;
  lisi_status status = LISI_OK;
  if (!gap || !u || !amplitude || !staying || (negative != NULL && !full))
    status = lisi_no_memory(err, N * (N + O) * sizeof *u);
  if (status == LISI_OK)
    status = spectrum_reversible(p->n, p->X, p->pi, gap, u, err);
  *real = status == LISI_OK && gap[N - 1] < 1.0;
  if (*real && p->net != NULL)
    status = staying_rates(p, staying, real, err);
  if (status != LISI_OK || !*real)
    goto done;
  /* With a_kO = sum over i in O of pi_i^1/2 u_k(i), the sum of pi_i log(P)_ij over two orbits is sum_k log(lambda_k)
   * a_kO a_kO'. */
  memset(amplitude, 0, N * O * sizeof *amplitude);
  for (size_t k = 0; k < N; k++) {
    const double l = log1p(-gap[k]);
    for (size_t i = 0; i < N; i++) {
      const double v = u[k * N + i];
      amplitude[k * O + (size_t)p->orbit[i]] += sqrt(p->pi[i]) * v;
      if (p->net == NULL)
        staying[i] += l * v * v;
      for (size_t j = 0; j < N && full != NULL; j++)
        full[i * N + j] += l * v * u[k * N + j] * sqrt(p->pi[i] * p->pi[j]);
    }
    for (size_t a = 0; a < O; a++)
      for (size_t b = 0; b < O; b++)
        flux[a * O + b] += weight / p->lag * l * amplitude[k * O + a] * amplitude[k * O + b];
  }
  for (size_t i = 0; i < N; i++) {
    const size_t o = (size_t)p->orbit[i];
    flux[o * O + o] -= weight / p->lag * p->pi[i] * staying[i];
  }
  if (full != NULL) {
    double wrong = 0.0, all = 0.0;
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        wrong += i != j ? fmax(0.0, -full[i * N + j]) : 0.0;
        all += i != j ? fabs(full[i * N + j]) : 0.0;
      }
    *negative = all > 0.0 && wrong > 1e-12 * all ? wrong / all : 0.0;
  }
done:
  free(gap);
  free(u);
  free(amplitude);
  free(staying);
  free(full);
  return status;
}

/* ---- intervals ---- */

typedef struct {
  const state_space *space;
  const msm_options *options;
  const msm_model *model;
  const int *orbit;  /* [space->n] */
  bool images;       /* jumps of a site to its own image are resampled */
  const double *add; /* [norbits][norbits] to every rate */
} question;

/* rate[norbits][norbits] of one resample; NaN where it does not tell. Sets that have fallen apart stand beside each
 * other, weighted by what starts in them. */
static lisi_status resampled(const question *q, int norbits, const count_table *table, double *rate, double *share,
                             lisi_error *err) {
  const size_t O = (size_t)norbits;
  components sets;
  lisi_status status = components_find(table, &sets, err);
  if (status != LISI_OK)
    return status;
  bool *kept = calloc((size_t)q->space->n, sizeof *kept), real = true;
  int *orbit = malloc((size_t)q->space->n * sizeof *orbit);
  if (kept == NULL || orbit == NULL)
    status = lisi_no_memory(err, (size_t)q->space->n * sizeof *orbit);
  for (int k = 0; k < q->model->n && kept != NULL; k++)
    kept[q->model->state[k]] = true;
  memset(rate, 0, O * O * sizeof *rate);
  memset(share, 0, O * sizeof *share);
  for (int s = 0; s < sets.n && status == LISI_OK && real; s++) {
    int first = 0;
    while (sets.of[first] != s)
      first++;
    if (!kept[first] || !(sets.starts[s] > 0.0))
      continue;
    set_estimate e;
    status = set_estimate_make(q->space, table, &sets, s, q->model->lag, q->options, &e, err);
    if (status != LISI_OK)
      break;
    for (int i = 0; i < e.n; i++) {
      orbit[i] = q->orbit[e.state[i]];
      share[orbit[i]] += sets.starts[s] * e.pi[i];
    }
    const problem p = {e.n, norbits, orbit, e.X, e.pi, q->images ? &e.net : NULL, q->model->lag};
    status = add_flux(&p, sets.starts[s], rate, NULL, &real, err);
    set_estimate_free(&e);
  }
  for (size_t a = 0; a < O; a++)
    for (size_t b = 0; b < O; b++)
      rate[a * O + b] = real && share[a] > 0.0 ? rate[a * O + b] / share[a] + q->add[a * O + b] : NAN;
  free(kept);
  free(orbit);
  components_free(&sets);
  return status;
}

/* lo and hi of every pair: time blocks and groups of walkers, the wider; the shift of the resamples is taken off as for
 * the model (msm_errors.c). */
static lisi_status intervals(const question *q, const lag_counts *counts, orbit_rates *r, lisi_error *err) {
  const msm_options *o = q->options;
  const double level = o->level > 0.0 && o->level < 1.0 ? o->level : 0.95;
  const count_table *kind[2] = {&counts->blocks, &counts->groups};
  const int most = kind[0]->nparts > kind[1]->nparts ? kind[0]->nparts : kind[1]->nparts;
  const size_t B = (size_t)o->bootstrap, O = (size_t)r->norbits, n = (size_t)r->n;
  double *weight = malloc(((size_t)most + 1) * sizeof *weight), *sample = malloc((n * B + 1) * sizeof *sample),
         *rate = malloc(O * O * sizeof *rate), *share = malloc(O * sizeof *share);
  lisi_status status = LISI_OK;
  if (!weight || !sample || !rate || !share)
    status = lisi_no_memory(err, (n * B + O * O) * sizeof *sample);
  for (int w = 0; w < 2 && status == LISI_OK; w++) {
    if (kind[w]->nparts < 2)
      continue;
    const double expanded = bootstrap_expanded_level(level, kind[w]->nparts);
    lisi_rng rng;
    lisi_rng_seed(&rng, o->seed + (uint64_t)w);
    count_plan plan;
    status = count_plan_make(kind[w], &plan, err);
    for (size_t b = 0; b < B && status == LISI_OK; b++) {
      if (o->interrupted != NULL && o->interrupted()) {
        status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
        break;
      }
      bootstrap_weights(&rng, kind[w]->nparts, weight);
      count_table table;
      status = count_plan_collapse(&plan, weight, &table, err);
      if (status != LISI_OK)
        break;
      lisi_error local = {0};
      const lisi_status fit = table.n > 0 ? resampled(q, r->norbits, &table, rate, share, &local) : LISI_ERR_NUMERIC;
      count_table_free(&table);
      if (fit == LISI_ERR_NOMEM)
        status = lisi_fail(err, fit, "%s", local.message);
      for (size_t k = 0; k < n; k++)
        sample[k * B + b] = fit == LISI_OK ? rate[(size_t)r->pair[k].from * O + (size_t)r->pair[k].to] : NAN;
    }
    count_plan_free(&plan);
    for (size_t k = 0; k < n && status == LISI_OK; k++) {
      orbit_rate *x = &r->pair[k];
      double lo, hi, median, same;
      bootstrap_percentiles((int)B, sample + k * B, expanded, &lo, &hi);
      bootstrap_percentiles((int)B, sample + k * B, 0.0, &median, &same);
      if (x->rate > 0.0 && median > 0.0) {
        const double factor = fmin(fmax(x->rate / median, 0.5), 2.0);
        lo *= factor * factor;
        hi *= factor * factor;
      }
      if (!isnan(lo) && (isnan(x->lo) || hi - lo > x->hi - x->lo)) {
        x->lo = fmin(lo, x->rate);
        x->hi = fmax(hi, x->rate);
      }
    }
  }
  free(weight);
  free(sample);
  free(rate);
  free(share);
  return status;
}

/* ---- all of it ---- */

/* The pairs that have transitions, with P. */
static lisi_status make_pairs(const msm_model *m, const int *orbit, orbit_rates *r, lisi_error *err) {
  const size_t O = (size_t)r->norbits;
  double *P = calloc(O * O, sizeof *P), *share = calloc(O, sizeof *share);
  r->pair = malloc(O * O * sizeof *r->pair);
  if (P == NULL || share == NULL || r->pair == NULL) {
    free(P);
    free(share);
    return lisi_no_memory(err, O * O * sizeof *r->pair);
  }
  for (int k = 0; k < m->n; k++)
    share[orbit[m->state[k]]] += m->pi[k];
  for (size_t e = 0; e < m->net.n; e++) {
    const network_edge *x = &m->net.edge[e];
    if (x->i != x->j || x->r[0] != 0 || x->r[1] != 0 || x->r[2] != 0)
      P[(size_t)orbit[m->state[x->i]] * O + (size_t)orbit[m->state[x->j]]] += m->pi[x->i] * x->p;
  }
  for (size_t a = 0; a < O; a++)
    for (size_t b = 0; b < O; b++)
      if (P[a * O + b] > 0.0)
        r->pair[r->n++] = (orbit_rate){(int)a, (int)b, P[a * O + b] / share[a], NAN, NAN, NAN};
  free(P);
  free(share);
  return LISI_OK;
}

lisi_status orbit_rates_make(const state_space *space, const lag_counts *counts, const msm_options *options,
                             const msm_model *m, orbit_rates *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  if (nameless(space) && space->n > ORBIT_RATES_NAMELESS) {
    r->why = "the states have no labels";
    return LISI_OK;
  }
  const size_t N = (size_t)space->n;
  int *orbit = malloc(N * sizeof *orbit), *kept = malloc(N * sizeof *kept);
  double *flux = NULL, *share = NULL;
  const int threads = one_thread_if_small(m->n);
  lisi_status status = orbit == NULL || kept == NULL ? lisi_no_memory(err, 2 * N * sizeof *orbit) : LISI_OK;
  if (status == LISI_OK)
    status = make_orbits(space, orbit, r, err);
  if (status == LISI_OK)
    status = make_pairs(m, orbit, r, err);
  if (status != LISI_OK)
    goto done;
  if (m->estimator == MSM_PLAIN || !m->tr.balanced)
    r->why = "the model has no detailed balance";
  else if (m->n > ORBIT_RATES_STATES)
    r->why = "the model has too many states";
  if (r->why != NULL)
    goto done;
  const size_t O = (size_t)r->norbits;
  flux = calloc(O * O, sizeof *flux);
  share = calloc(O, sizeof *share);
  if (flux == NULL || share == NULL) {
    status = lisi_no_memory(err, O * O * sizeof *flux);
    goto done;
  }
  for (int k = 0; k < m->n; k++) {
    kept[k] = orbit[m->state[k]];
    share[kept[k]] += m->pi[k];
  }
  bool images = false, real = true;
  for (size_t e = 0; e < m->net.n; e++) {
    const network_edge *x = &m->net.edge[e];
    images = images || (x->i == x->j && (x->r[0] != 0 || x->r[1] != 0 || x->r[2] != 0));
  }
  const problem p = {m->n, r->norbits, kept, m->X, m->pi, images ? &m->net : NULL, m->lag};
  status = add_flux(&p, 1.0, flux, &r->negative, &real, err);
  if (status == LISI_OK && !real)
    r->why = "P has eigenvalues that are not positive: the lag is too long, or the counts are too few";
  if (status != LISI_OK || !real)
    goto done;
  r->exists = true;
  for (int k = 0; k < r->n; k++)
    r->pair[k].rate = flux[(size_t)r->pair[k].from * O + (size_t)r->pair[k].to] / share[r->pair[k].from];
  if (options->bootstrap > 0 && counts != NULL) {
    /* The grid costs far more than all else. Jumps to the next image matter in small cells, where it is cheap;
     * elsewhere the resamples go without, and what these jumps add to a rate is taken for certain. */
    const bool grid = images && m->n <= SMALL_CELL;
    const problem without = {m->n, r->norbits, kept, m->X, m->pi, NULL, m->lag};
    memset(flux, 0, O * O * sizeof *flux);
    if (images && !grid)
      status = add_flux(&without, 1.0, flux, NULL, &real, err);
    for (int k = 0; k < r->n && images && !grid; k++) {
      const orbit_rate *x = &r->pair[k];
      double *at = &flux[(size_t)x->from * O + (size_t)x->to];
      *at = x->rate - *at / share[x->from];
    }
    const question q = {space, options, m, orbit, grid, flux};
    if (status == LISI_OK)
      status = intervals(&q, counts, r, err);
    for (int k = 0; k < r->n; k++) { /* too much of it was taken for certain */
      orbit_rate *x = &r->pair[k];
      if (fabs(flux[(size_t)x->from * O + (size_t)x->to]) > 0.2 * fabs(x->rate))
        x->lo = x->hi = NAN;
    }
  }
done:
  one_thread_if_small_end(threads);
  free(orbit);
  free(kept);
  free(flux);
  free(share);
  if (status != LISI_OK)
    orbit_rates_free(r);
  return status;
}
