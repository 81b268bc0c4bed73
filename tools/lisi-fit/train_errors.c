/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error tables of fitted models, and the energy zeros of sets that took no part in the fit. */
#include "train.h"

#include "predict.h"

#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

static void predictions_free(double **p, int n) {
  for (int k = 0; k < n && p; k++)
    free(p[k]);
  free(p);
}

static lisi_status predict_with(const train_data *d, const fit_basis *basis, const double *c, const int *fold, int only,
                                double **p, lisi_error *err) {
  ace_model *model;
  lisi_status status = fit_basis_model(basis, c, &model, err);
  if (status != LISI_OK)
    return status;
  status = predict_frames(model, d->nframes, d->frame, fold, only, p, err);
  ace_model_free(model);
  return status;
}

/* sum of the energy zeros of the atoms of frame k */
static double zero_of(const train_data *d, int nelements, int k, const double *zero) {
  const fit_environment_frame *f = &d->frame[k];
  double sum = 0;
  for (int a = 0; zero && d->zero[k] >= 0 && a < f->frame->natoms; a++)
    sum += zero[d->zero[k] * nelements + f->mu[f->frame->species[a]]];
  return sum;
}

lisi_status train_errors(const train_data *d, const fit_basis *basis, const double *c, int nfolds, const int *fold,
                         const double *zero, fit_error_table *table, lisi_error *err) {
  const size_t n = (size_t)basis->ndensity * (size_t)basis->ncolumns, nzero = (size_t)(d->nzeros * basis->nelements);
  double **p = calloc((size_t)d->nframes + 1, sizeof *p);
  lisi_status status = p ? fit_errors_init(table, err) : lisi_no_memory(err, (size_t)d->nframes * sizeof *p);
  for (int f = 0; f < (fold ? nfolds : 1) && status == LISI_OK; f++)
    status = predict_with(d, basis, c + (size_t)f * n, fold, f, p, err);
  for (int k = 0; k < d->nframes && status == LISI_OK; k++) {
    if (fold && fold[k] < 0)
      continue;
    const double *z = zero && fold ? zero + (size_t)fold[k] * nzero : zero;
    status = fit_errors_add(table, d->frame[k].frame, p[k][0] + zero_of(d, basis->nelements, k, z), p[k] + 1,
                            p[k] + 1 + 3 * d->frame[k].frame->natoms, err);
  }
  predictions_free(p, d->nframes);
  return status;
}

lisi_status train_test_zeros(const train_data *d, const fit_basis *basis, const double *c, double *zeros, int *rank,
                             lisi_error *err) {
  const int n = basis->nelements;
  const size_t nframes = (size_t)d->nframes;
  double **p = calloc(nframes + 1, sizeof *p), *a = malloc((nframes + 1) * (size_t)n * sizeof *a),
         *y = calloc(nframes + (size_t)n, sizeof *y), *s = malloc((size_t)n * sizeof *s);
  lisi_status status = p && a && y && s ? LISI_OK : lisi_no_memory(err, nframes * (size_t)n * sizeof *a);
  if (status == LISI_OK)
    status = predict_with(d, basis, c, NULL, 0, p, err);
  for (int z = 0; z < d->nzeros && status == LISI_OK; z++) {
    int rows = 0;
    memset(zeros + z * n, 0, (size_t)n * sizeof *zeros);
    rank[z] = 0;
    for (int k = 0; k < d->nframes; k++) {
      const xyz_frame *f = d->frame[k].frame;
      if (d->zero[k] != z || !f->has_energy)
        continue;
      double *row = a + (size_t)rows * (size_t)n;
      memset(row, 0, (size_t)n * sizeof *row);
      for (int i = 0; i < f->natoms; i++)
        row[d->frame[k].mu[f->species[i]]] += 1.0 / f->natoms;
      y[rows++] = (f->energy - p[k][0]) / f->natoms;
    }
    if (rows == 0)
      continue;
    lapack_int found = 0;
    if (LAPACKE_dgelsd(LAPACK_ROW_MAJOR, rows, n, 1, a, n, y, 1, s, 1e-10, &found) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "energy zeros: least squares failed");
    memcpy(zeros + z * n, y, (size_t)n * sizeof *y);
    rank[z] = (int)found;
  }
  predictions_free(p, d->nframes);
  free(a);
  free(y);
  free(s);
  return status;
}
