/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fit_grade.h"

#include "ace_gamma.h"
#include "file_bytes.h"
#include "fit_neighbors.h"
#include "lattice.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

struct fit_grader {
  int nelements, nthreads;
  double cutoff;
  ace_gamma *gamma;
  int *n, most;          /* [nelements] functions, and the most of an element */
  ace_gamma_work **work; /* [nthreads] */
};

static lisi_status open_sidecar(const ace_model *model, const char *path, ace_gamma **gamma, lisi_error *err) {
  char *side = NULL, *bytes = NULL;
  size_t size;
  ace_sidecar *sidecar = NULL;
  lisi_status status = ace_sidecar_path(model, path, &side, err);
  if (status == LISI_OK)
    status = file_bytes_read(side, (size_t)1 << 32, &bytes, &size, err);
  if (status == LISI_OK)
    status = ace_sidecar_open(bytes, size, side, model, path, &sidecar, err);
  if (status == LISI_OK)
    status = ace_gamma_create(model, sidecar, side, gamma, err);
  ace_sidecar_free(sidecar);
  free(bytes);
  free(side);
  return status;
}

lisi_status fit_grader_open(const ace_model *model, const char *path, fit_grader **out, lisi_error *err) {
  *out = NULL;
  fit_grader *g = calloc(1, sizeof *g);
  if (!g)
    return lisi_no_memory(err, sizeof *g);
  g->nelements = model->nelements;
  g->cutoff = ace_model_cutoff(model);
  lisi_status status = open_sidecar(model, path, &g->gamma, err);
  const int nthreads = omp_get_max_threads();
  if (status == LISI_OK) {
    g->n = calloc((size_t)g->nelements, sizeof *g->n);
    g->work = calloc((size_t)nthreads, sizeof(ace_gamma_work *));
    if (!g->n || !g->work)
      status = lisi_no_memory(err, (size_t)nthreads * sizeof(ace_gamma_work *));
  }
  for (int mu = 0; mu < g->nelements && status == LISI_OK; mu++) {
    g->n[mu] = ace_gamma_count(g->gamma, mu);
    g->most = g->n[mu] > g->most ? g->n[mu] : g->most;
  }
  for (int t = 0; t < nthreads && status == LISI_OK; t++) {
    status = ace_gamma_work_create(g->gamma, &g->work[t], err);
    g->nthreads = t + 1;
  }
  if (status != LISI_OK) {
    fit_grader_close(g);
    return status;
  }
  *out = g;
  return LISI_OK;
}

void fit_grader_close(fit_grader *g) {
  if (!g)
    return;
  for (int t = 0; t < g->nthreads; t++)
    ace_gamma_work_free(g->work[t]);
  ace_gamma_free(g->gamma);
  free(g->work);
  free(g->n);
  free(g);
}

const int *fit_grader_functions(const fit_grader *g) {
  return g->n;
}

/* value[natoms] and row[natoms][most]. */
static lisi_status all_atoms(const fit_grader *g, const xyz_frame *f, const int *mu, const fit_neighbors *list,
                             const int *nelement, double *value, double *row, lisi_error *err) {
  lisi_status status = LISI_OK;
#pragma omp parallel for schedule(dynamic, 4) num_threads(g->nthreads)
  for (int i = 0; i < f->natoms; i++) {
    lisi_error own = {0};
    const int from = list->first[i];
    lisi_status s = ace_gamma_coefficients(
        g->gamma, g->work[omp_get_thread_num()], mu[f->species[i]], list->first[i + 1] - from, nelement + from,
        (const double(*)[3])list->rij + from, row + (size_t)i * (size_t)g->most, &value[i], &own);
    if (s != LISI_OK) {
#pragma omp critical
      if (status == LISI_OK)
        status = lisi_fail(err, s, "%s", own.message);
    }
  }
  return status;
}

/* The rows above `keep`, element by element. */
static lisi_status keep_rows(const fit_grader *g, const xyz_frame *f, const int *mu, const double *value,
                             const double *row, double keep, fit_candidate *to, lisi_error *err) {
  to->count = calloc((size_t)g->nelements, sizeof *to->count);
  if (!to->count)
    return lisi_no_memory(err, (size_t)g->nelements * sizeof *to->count);
  for (int i = 0; i < f->natoms; i++)
    to->count[mu[f->species[i]]] += value[i] > keep;
  const size_t size = fit_candidate_size(g->nelements, g->n, to);
  to->row = malloc((size + 1) * sizeof *to->row);
  if (!to->row)
    return lisi_no_memory(err, size * sizeof *to->row);
  double *at = to->row;
  for (int e = 0; e < g->nelements; e++)
    for (int i = 0; i < f->natoms; i++)
      if (mu[f->species[i]] == e && value[i] > keep) {
        memcpy(at, row + (size_t)i * (size_t)g->most, (size_t)g->n[e] * sizeof *at);
        at += g->n[e];
      }
  return LISI_OK;
}

lisi_status fit_grader_frame(fit_grader *g, const xyz_set *set, const xyz_frame *f, const int *mu, double keep,
                             fit_frame_grade *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  for (int i = 0; i < f->natoms; i++) { /* in words, before any work */
    lisi_status status = ace_gamma_require(g->gamma, mu[f->species[i]], err);
    if (status != LISI_OK)
      return status;
  }
  fit_neighbors list;
  lisi_status status = fit_neighbors_find(set, f, g->cutoff, &list, err);
  if (status != LISI_OK)
    return status;
  const size_t n = (size_t)f->natoms, nn = (size_t)list.first[f->natoms], cells = n * (size_t)g->most;
  int *nelement = malloc((nn + 1) * sizeof *nelement);
  double *value = malloc((n + 1) * sizeof *value), *row = malloc((cells + 1) * sizeof *row);
  if (!nelement || !value || !row)
    status = lisi_no_memory(err, cells * sizeof *row);
  if (status == LISI_OK) {
    for (size_t k = 0; k < nn; k++)
      nelement[k] = mu[f->species[list.index[k]]];
    status = all_atoms(g, f, mu, &list, nelement, value, row, err);
  }
  if (status == LISI_OK) {
    for (int i = 0; i < f->natoms; i++)
      if (value[i] > out->gamma) {
        out->gamma = value[i];
        out->atom = i;
      }
    status = keep_rows(g, f, mu, value, row, keep, &out->rows, err);
  }
  fit_neighbors_free(&list);
  free(nelement);
  free(value);
  free(row);
  if (status != LISI_OK)
    fit_frame_grade_free(out);
  return status;
}

void fit_frame_grade_free(fit_frame_grade *grade) {
  free(grade->rows.count);
  free(grade->rows.row);
  memset(grade, 0, sizeof *grade);
}

lisi_status fit_shortest_distance(const xyz_set *set, const xyz_frame *f, const int *mu, int nelements,
                                  const double *limit, double *shortest, double *ratio, lisi_error *err) {
  double H[3][3], (*frac)[3] = malloc(((size_t)f->natoms + 1) * sizeof *frac);
  lattice cell;
  lisi_error own = {0};
  if (!frac)
    return lisi_no_memory(err, (size_t)f->natoms * sizeof *frac);
  memcpy(H, f->cell, sizeof H);
  if (lattice_from_rows((const double(*)[3])H, &cell, &own) != LISI_OK) {
    free(frac);
    return lisi_fail(err, own.status, "%s:%d: %s", set->name, f->line, own.message);
  }
  for (int i = 0; i < f->natoms; i++)
    lattice_frac(&cell, f->pos + 3 * i, frac[i]);
  double self = INFINITY; /* to an atom's own images: the shortest vector of the reduced cell */
  for (int k = 0; k < 3; k++) {
    const double m[3] = {cell.reduced[k][0], cell.reduced[k][1], cell.reduced[k][2]};
    double v[3];
    lattice_vector(&cell, m, v);
    self = fmin(self, sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
  }
  *shortest = f->natoms > 0 ? self : INFINITY;
  *ratio = INFINITY;
  for (int i = 0; i < f->natoms; i++)
    for (int j = 0; j <= i; j++) {
      double d = self;
      if (j < i) {
        const double difference[3] = {frac[j][0] - frac[i][0], frac[j][1] - frac[i][1], frac[j][2] - frac[i][2]};
        int image[3];
        d = sqrt(lattice_nearest(&cell, difference, image, NULL));
      }
      *shortest = fmin(*shortest, d);
      const double least = limit[mu[f->species[i]] * nelements + mu[f->species[j]]];
      if (least > 0)
        *ratio = fmin(*ratio, d / least);
    }
  free(frac);
  return LISI_OK;
}
