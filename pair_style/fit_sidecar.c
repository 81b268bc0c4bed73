/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects B of all training environments, which fit_maxvol.h reduces to an active set, and hands it on with the
 * couplings. */
#include "fit_sidecar.h"

#include "ace_gamma.h"
#include "fit_maxvol.h"
#include "fit_neighbors.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Single precision in the file where it moves nothing that a grade of a training environment is made of by more than
 * this. */
static const double single_is_enough = 5e-4;
/* gamma of training environments may be above 1 by this: little enough to be 1 in single precision. */
static const double tolerance = 1e-7;

lisi_status fit_invariants(const fit_basis *b, int mu, ace_invariants *inv, lisi_error *err) {
  memset(inv, 0, sizeof *inv);
  int sets = 0;
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *block = &b->block[k];
    if (block->mu0 != mu)
      continue;
    sets++;
    inv->nms_total += (size_t)block->coupling.nms * (size_t)block->order;
    inv->ncoef += (size_t)block->coupling.nms * (size_t)block->coupling.ninv;
  }
  inv->multiset = calloc((size_t)sets + 1, sizeof *inv->multiset);
  inv->ms = malloc(inv->nms_total + 1);
  inv->coef = malloc((inv->ncoef + 1) * sizeof *inv->coef);
  if (!inv->multiset || !inv->ms || !inv->coef) {
    ace_invariants_clear(inv);
    return lisi_no_memory(err, inv->ncoef * sizeof *inv->coef);
  }
  size_t ms = 0, coef = 0;
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *block = &b->block[k];
    if (block->mu0 != mu)
      continue;
    const fit_coupling *c = &block->coupling;
    ace_multiset *m = &inv->multiset[inv->nmultisets++];
    *m = (ace_multiset){.order = block->order, .nms = c->nms, .ninv = c->ninv, .ms_first = ms, .coef_first = coef};
    for (int t = 0; t < block->order; t++) {
      m->mus[t] = block->mus[t];
      m->ns[t] = block->ns[t];
      m->ls[t] = block->ls[t];
    }
    size_t products = (size_t)c->nms;
    memcpy(inv->ms + ms, c->ms, products * (size_t)c->order);
    memcpy(inv->coef + coef, c->coef, products * (size_t)c->ninv * sizeof *c->coef);
    ms += products * (size_t)c->order;
    coef += products * (size_t)c->ninv;
    inv->ncolumns += c->ninv;
  }
  return LISI_OK;
}

/* B of all atoms of one element in the training frames, after those of an active set that was there before. */
typedef struct {
  int m, n, before;
  int *first; /* [nframes + 1] rows of a frame */
  double *b;  /* [m][n] */
} environments;

static lisi_status frame_rows(const ace_bvalues *values, double cutoff, const fit_environment_frame *f, int mu,
                              double *b, lisi_error *err) {
  fit_neighbors list;
  ace_bwork *work = NULL;
  lisi_status status = fit_neighbors_find(f->set, f->frame, cutoff, &list, err);
  if (status != LISI_OK)
    return status;
  int most = 0;
  for (int i = 0; i < list.natoms; i++)
    most = list.first[i + 1] - list.first[i] > most ? list.first[i + 1] - list.first[i] : most;
  int *nelement = malloc(((size_t)most + 1) * sizeof *nelement);
  status = nelement ? ace_bwork_create(values, &work, err) : lisi_no_memory(err, (size_t)most * sizeof *nelement);
  for (int i = 0; i < list.natoms && status == LISI_OK; i++) {
    if (f->mu[f->frame->species[i]] != mu)
      continue;
    int from = list.first[i], count = list.first[i + 1] - from;
    for (int k = 0; k < count; k++)
      nelement[k] = f->mu[f->frame->species[list.index[from + k]]];
    status = ace_bvalues_atom(values, work, mu, count, nelement, (const double(*)[3])list.rij + from, b, err);
    b += ace_bvalues_count(values, mu);
  }
  ace_bwork_free(work);
  free(nelement);
  fit_neighbors_free(&list);
  return status;
}

static void environments_free(environments *e) {
  free(e->first);
  free(e->b);
}

/* The rows whose inverse this is. */
static lisi_status active_rows(const ace_inverse *inverse, double *b, lisi_error *err) {
  const int n = inverse->n;
  lapack_int *pivot = malloc((size_t)n * sizeof *pivot);
  if (!pivot)
    return lisi_no_memory(err, (size_t)n * sizeof *pivot);
  for (size_t k = 0; k < (size_t)n * (size_t)n; k++)
    b[k] = inverse->d ? inverse->d[k] : (double)inverse->f[k];
  /* row after row is for LAPACK the transpose, whose inverse is the inverse row after row */
  const int bad =
      LAPACKE_dgetrf(LAPACK_COL_MAJOR, n, n, b, n, pivot) != 0 || LAPACKE_dgetri(LAPACK_COL_MAJOR, n, b, n, pivot) != 0;
  free(pivot);
  return bad ? lisi_fail(err, LISI_ERR_NUMERIC, "active set: the inverse of the base model is singular") : LISI_OK;
}

static lisi_status environments_make(const ace_bvalues *values, double cutoff, int mu, int nframes,
                                     const fit_environment_frame *frame, const ace_inverse *base, environments *e,
                                     lisi_error *err) {
  memset(e, 0, sizeof *e);
  e->n = ace_bvalues_count(values, mu);
  e->first = calloc((size_t)nframes + 1, sizeof *e->first);
  if (!e->first)
    return lisi_no_memory(err, (size_t)nframes * sizeof *e->first);
  e->before = e->first[0] = base ? base->n : 0;
  for (int k = 0; k < nframes; k++) {
    e->first[k + 1] = e->first[k];
    for (int i = 0; i < frame[k].frame->natoms; i++)
      e->first[k + 1] += frame[k].mu[frame[k].frame->species[i]] == mu;
  }
  e->m = e->first[nframes];
  size_t cells = (size_t)e->m * (size_t)e->n;
  e->b = malloc((cells + 1) * sizeof *e->b);
  if (!e->b)
    return lisi_no_memory(err, cells * sizeof *e->b);
  lisi_status status = e->before > 0 ? active_rows(base, e->b, err) : LISI_OK;
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < nframes; k++) {
    lisi_error own = {0};
    if (e->first[k + 1] == e->first[k])
      continue;
    lisi_status s = frame_rows(values, cutoff, &frame[k], mu, e->b + (size_t)e->first[k] * (size_t)e->n, &own);
#pragma omp critical
    if (s != LISI_OK && status == LISI_OK)
      status = lisi_fail(err, s, "%s", own.message);
  }
  return status;
}

/* The largest gamma of all environments with this inverse, and the largest difference of any number that gamma is the
 * maximum of from those with another inverse. */
static lisi_status largest_grade(const environments *e, const ace_inverse *inverse, const ace_inverse *other,
                                 double *most, double *difference, lisi_error *err) {
  size_t n = (size_t)e->n;
  double *sum = malloc(2 * n * sizeof *sum);
  if (!sum)
    return lisi_no_memory(err, 2 * n * sizeof *sum);
  *most = *difference = 0;
  for (int i = 0; i < e->m; i++) {
    *most = fmax(*most, ace_grade(inverse, e->b + (size_t)i * n, sum));
    (void)ace_grade(other, e->b + (size_t)i * n, sum + n);
    for (size_t k = 0; k < n; k++) {
      const double d = fabs(sum[k] - sum[n + k]);
      *difference = isnan(d) ? INFINITY : fmax(*difference, d); /* single precision may overflow */
    }
  }
  free(sum);
  return LISI_OK;
}

static lisi_status active_set(const environments *e, int nbefore, ace_sidecar_element *to, fit_active_report *report,
                              lisi_error *err) {
  fit_active active;
  lisi_status status = fit_maxvol(e->m, e->n, e->b, tolerance, &active, err);
  if (status != LISI_OK)
    return status;
  to->nenvironments = e->m - e->before + nbefore;
  to->rank = active.rank;
  *report = (fit_active_report){to->nenvironments, active.rank, e->n, active.nswaps, 0};
  if (active.inverse) {
    size_t cells = (size_t)e->n * (size_t)e->n;
    double difference = 0;
    ace_inverse *inverse = &to->inverse, exact = {e->n, NULL, active.inverse};
    inverse->n = e->n;
    inverse->f = malloc(cells * sizeof *inverse->f);
    if (!inverse->f)
      status = lisi_no_memory(err, cells * sizeof *inverse->f);
    for (size_t k = 0; k < cells && status == LISI_OK; k++)
      inverse->f[k] = (float)active.inverse[k];
    if (status == LISI_OK)
      status = largest_grade(e, inverse, &exact, &report->largest, &difference, err);
    if (status == LISI_OK && !(difference <= single_is_enough)) {
      free(inverse->f);
      *inverse = exact;
      active.inverse = NULL;
      report->largest = active.largest;
    }
  }
  fit_active_free(&active);
  return status;
}

lisi_status fit_sidecar(const fit_basis *basis, const ace_model *model, const double *coefficient, int nframes,
                        const fit_environment_frame *frame, const ace_sidecar *base, ace_sidecar **out,
                        fit_active_report *report, lisi_error *err) {
  *out = NULL;
  size_t n = (size_t)basis->nelements;
  ace_sidecar *s = calloc(1, sizeof *s);
  ace_invariants *inv = calloc(n, sizeof *inv);
  ace_bvalues *values = NULL;
  lisi_status status = s && inv ? ace_sidecar_hash(model, s->model_sha256, err) : lisi_no_memory(err, n * sizeof *inv);
  if (status == LISI_OK) {
    s->nelements = basis->nelements;
    s->element = calloc(n, sizeof *s->element);
    s->of = calloc(n, sizeof *s->of);
    if (!s->element || !s->of)
      status = lisi_no_memory(err, n * sizeof *s->of);
  }
  for (int mu = 0, column = 0; mu < basis->nelements && status == LISI_OK; mu++) {
    ace_sidecar_element *e = &s->of[mu];
    memcpy(s->element[mu], basis->element[mu], sizeof *s->element);
    status = fit_invariants(basis, mu, &e->invariants, err);
    if (status != LISI_OK)
      break;
    e->ngraded = basis->ngraded[mu];
    inv[mu] = ace_invariants_first(&e->invariants, e->ngraded);
    size_t columns = (size_t)e->invariants.ncolumns;
    e->coefficient = malloc((columns + 1) * sizeof *e->coefficient);
    if (e->coefficient)
      memcpy(e->coefficient, coefficient + column, columns * sizeof *e->coefficient);
    else
      status = lisi_no_memory(err, columns * sizeof *e->coefficient);
    column += e->invariants.ncolumns;
  }
  if (status == LISI_OK)
    status = ace_bvalues_create(model, inv, "basis", &values, err);
  for (int mu = 0; mu < basis->nelements && status == LISI_OK; mu++) {
    environments e;
    status = environments_make(values, basis->cutoff, mu, nframes, frame, base ? &base->of[mu].inverse : NULL, &e, err);
    if (status == LISI_OK)
      status = active_set(&e, base ? base->of[mu].nenvironments : 0, &s->of[mu], &report[mu], err);
    environments_free(&e);
  }
  ace_bvalues_free(values);
  free(inv);
  if (status != LISI_OK) {
    ace_sidecar_free(s);
    return status;
  }
  *out = s;
  return LISI_OK;
}
