/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of `lisi-fit train` that models with several densities need. */
#include "train.h"

#include "fit_nonlinear.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>

/* A step that gains less than this share of the function minimised ends the fit. */
static const double TOLERANCE = 1e-4;

lisi_status train_densities(const train_frames *t, const fit_solution *s, int steps, bool cv, bool quiet, double **all,
                            double **heldout, lisi_error *err) {
  const train_data *d = t->data;
  const size_t ncol = (size_t)t->basis->ncolumns, n = (size_t)t->basis->ndensity * ncol,
               nframes = (size_t)d->nframes + 1;
  const xyz_set **set = calloc(nframes, sizeof *set);
  const int **mu = calloc(nframes, sizeof *mu);
  double *start = malloc(ncol * sizeof *start);
  *all = malloc(n * sizeof **all);
  *heldout = cv ? malloc((size_t)t->nfolds * n * sizeof **heldout) : NULL;
  lisi_status status =
      set && mu && start && *all && (*heldout || !cv) ? LISI_OK : lisi_no_memory(err, n * sizeof **all);
  for (int k = 0; k < d->nframes && status == LISI_OK; k++) {
    set[k] = d->set[d->frame_set[k]];
    mu[k] = d->mu[d->frame_set[k]];
  }
  fit_frames frames = {t->basis, d->nframes, set, (const xyz_frame *const *)d->frame, mu, t->weight, t->fold, -1};
  for (int f = -1; f < (cv ? t->nfolds : 0) && status == LISI_OK; f++) {
    fit_path path;
    char label[64];
    if (f < 0)
      snprintf(label, sizeof label, "non-linear fit");
    else
      snprintf(label, sizeof label, "non-linear fit without fold %d", f + 1);
    for (size_t k = 0; k < ncol; k++)
      start[k] = f < 0 ? s->coefficient[k] : s->heldout[k * (size_t)t->nfolds + (size_t)f];
    frames.skip = f;
    status = fit_nonlinear(&frames, start, s->ridge, steps, TOLERANCE, label, f < 0 ? *all : *heldout + (size_t)f * n,
                           &path, err);
    if (status == LISI_OK && !quiet)
      printf("%s: %d steps, %.6g -> %.6g per row%s\n", label, path.steps, path.first, path.last,
             path.converged ? "" : " (not converged: embedding/steps)");
  }
  free(set);
  free(mu);
  free(start);
  return status;
}

lisi_status train_densities_errors(const train_data *d, const fit_basis *basis, const double *c, const int *fold,
                                   fit_error_table *table, lisi_error *err) {
  const size_t n = (size_t)basis->ndensity * (size_t)basis->ncolumns;
  lisi_status status = fit_errors_init(table, err);
  if (status != LISI_OK)
    return status;
  double **p = calloc((size_t)d->nframes + 1, sizeof *p);
  if (!p)
    return lisi_no_memory(err, (size_t)d->nframes * sizeof *p);
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < d->nframes; k++) {
    lisi_error own = {0};
    const xyz_frame *f = d->frame[k];
    p[k] = malloc((size_t)(1 + 3 * f->natoms + 6) * sizeof **p);
    lisi_status s = p[k] ? fit_predict(basis, d->set[d->frame_set[k]], f, d->mu[d->frame_set[k]],
                                       c + (fold ? (size_t)fold[k] * n : 0), p[k], NULL, &own)
                         : lisi_no_memory(&own, (size_t)f->natoms * sizeof **p);
    if (s != LISI_OK)
#pragma omp critical
      status = lisi_fail(err, s, "%s", own.message);
  }
  for (int k = 0; k < d->nframes && status == LISI_OK; k++) {
    const xyz_frame *f = d->frame[k];
    double e = p[k][0];
    for (int a = 0; a < f->natoms; a++)
      e += basis->E0[d->mu[d->frame_set[k]][f->species[a]]];
    status = fit_errors_add(table, f, e, p[k] + 1, p[k] + 1 + 3 * f->natoms, err);
  }
  for (int k = 0; k < d->nframes; k++)
    free(p[k]);
  free(p);
  return status;
}
