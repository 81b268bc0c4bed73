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
  const xyz_frame **frame = calloc(nframes, sizeof *frame);
  const int **mu = calloc(nframes, sizeof *mu);
  double *start = malloc(ncol * sizeof *start);
  *all = malloc(n * sizeof **all);
  *heldout = cv ? malloc((size_t)t->nfolds * n * sizeof **heldout) : NULL;
  lisi_status status =
      set && frame && mu && start && *all && (*heldout || !cv) ? LISI_OK : lisi_no_memory(err, n * sizeof **all);
  for (int k = 0; k < d->nframes && status == LISI_OK; k++) {
    set[k] = d->frame[k].set;
    frame[k] = d->frame[k].frame;
    mu[k] = d->frame[k].mu;
  }
  fit_frames frames = {t->basis, d->nframes, set, frame, mu, t->weight, t->fold, -1};
  for (int f = -1; f < (cv ? t->nfolds : 0) && status == LISI_OK; f++) {
    fit_path path;
    char label[64];
    if (f < 0)
      snprintf(label, sizeof label, "non-linear fit");
    else
      snprintf(label, sizeof label, "non-linear fit without fold %d", f + 1);
    for (size_t k = 0; k < ncol; k++)
      start[k] = f < 0 ? s->coefficient[k] : s->heldout[(size_t)f * ncol + k];
    frames.skip = f;
    status = fit_nonlinear(&frames, start, s->ridge, steps, TOLERANCE, label, f < 0 ? *all : *heldout + (size_t)f * n,
                           &path, err);
    if (status == LISI_OK && !quiet)
      printf("%s: %d steps, %.6g -> %.6g per row%s\n", label, path.steps, path.first, path.last,
             path.converged ? "" : " (not converged: embedding/steps)");
  }
  free(set);
  free(frame);
  free(mu);
  free(start);
  return status;
}
