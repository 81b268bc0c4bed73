/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "predict.h"

#include "fit_neighbors.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>

lisi_status predict_frame(const ace_model *model, const ace_eval *eval, ace_work *work, const xyz_set *set,
                          const xyz_frame *f, const int *mu, double *energy, double *force, double *virial,
                          lisi_error *err) {
  fit_neighbors list;
  lisi_status status = fit_neighbors_find(set, f, ace_model_cutoff(model), &list, err);
  if (status != LISI_OK)
    return status;
  size_t n = (size_t)f->natoms, nn = (size_t)list.first[f->natoms];
  int *element = malloc((n + 1) * sizeof *element), *nelement = malloc((nn + 1) * sizeof *nelement);
  double *e = malloc((n + 1) * sizeof *e), (*dEdr)[3] = malloc((nn + 1) * sizeof *dEdr);
  if (!element || !nelement || !e || !dEdr)
    status = lisi_no_memory(err, nn * sizeof *dEdr);
  if (status == LISI_OK) {
    for (size_t i = 0; i < n; i++)
      element[i] = mu[f->species[i]];
    for (size_t k = 0; k < nn; k++)
      nelement[k] = mu[f->species[list.index[k]]];
    status = ace_eval_atoms(eval, work, f->natoms, element, list.first, nelement, (const double(*)[3])list.rij, e, dEdr,
                            err);
  }
  if (status == LISI_OK) {
    *energy = 0;
    memset(force, 0, 3 * n * sizeof *force);
    memset(virial, 0, 6 * sizeof *virial);
    for (int i = 0; i < f->natoms; i++) {
      *energy += e[i];
      for (int k = list.first[i]; k < list.first[i + 1]; k++) {
        const double *r = list.rij[k], *g = dEdr[k];
        for (int d = 0; d < 3; d++) {
          force[3 * list.index[k] + d] -= g[d];
          force[3 * i + d] += g[d];
          virial[d] -= r[d] * g[d];
        }
        virial[3] -= 0.5 * (r[1] * g[2] + r[2] * g[1]);
        virial[4] -= 0.5 * (r[0] * g[2] + r[2] * g[0]);
        virial[5] -= 0.5 * (r[0] * g[1] + r[1] * g[0]);
      }
    }
  }
  fit_neighbors_free(&list);
  free(element);
  free(nelement);
  free(e);
  free(dEdr);
  return status;
}

lisi_status predict_frames(const ace_model *model, int nframes, const fit_environment_frame *frame, const int *part,
                           int only, double **p, lisi_error *err) {
  ace_eval *eval;
  lisi_status status = ace_eval_create(model, &eval, err);
  if (status != LISI_OK)
    return status;
#pragma omp parallel
  {
    lisi_error own = {0};
    ace_work *work = NULL;
    lisi_status s = ace_work_create(eval, &work, &own);
#pragma omp for schedule(dynamic, 1)
    for (int k = 0; k < nframes; k++) {
      const xyz_frame *f = frame[k].frame;
      if (s != LISI_OK || (part && part[k] != only) || progress_interrupted())
        continue;
      const size_t n = 1 + 3 * (size_t)f->natoms;
      p[k] = malloc((n + 6) * sizeof **p);
      s = p[k] ? predict_frame(model, eval, work, frame[k].set, f, frame[k].mu, p[k], p[k] + 1, p[k] + n, &own)
               : lisi_no_memory(&own, n * sizeof **p);
    }
#pragma omp critical
    if (s != LISI_OK && status == LISI_OK)
      status = lisi_fail(err, s, "%s", own.message);
    ace_work_free(work);
  }
  if (status == LISI_OK && progress_interrupted())
    status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  ace_eval_free(eval);
  return status;
}

static lisi_status map_species(const ace_model *model, const xyz_set *set, int *mu, lisi_error *err) {
  for (int s = 0; s < set->nspecies; s++)
    if ((mu[s] = ace_model_element(model, set->symbol[s])) < 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: element %s is not in the model", set->name, set->symbol[s]);
  return LISI_OK;
}

static lisi_status predict_set(const ace_model *model, const ace_eval *eval, ace_work *work, const xyz_set *set,
                               predict_visit visit, void *context, lisi_error *err) {
  int *mu = malloc(((size_t)set->nspecies + 1) * sizeof *mu);
  lisi_status status = mu ? map_species(model, set, mu, err) : lisi_no_memory(err, (size_t)set->nspecies * sizeof *mu);
  progress bar = progress_start(set->name);
  for (int k = 0; k < set->nframes && status == LISI_OK; k++) {
    const xyz_frame *f = &set->frame[k];
    double energy = 0.0, virial[6] = {0}, *force = malloc(3 * (size_t)f->natoms * sizeof *force);
    status = force ? predict_frame(model, eval, work, set, f, mu, &energy, force, virial, err)
                   : lisi_no_memory(err, 3 * (size_t)f->natoms * sizeof *force);
    if (status == LISI_OK)
      status = visit(context, set, f, energy, force, virial, err);
    free(force);
    progress_update(&bar, k + 1, set->nframes);
    if (status == LISI_OK && progress_interrupted())
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  }
  progress_end(&bar);
  free(mu);
  return status;
}

lisi_status predict_sets(const ace_model *model, int nsets, xyz_set *const *set, predict_visit visit, void *context,
                         lisi_error *err) {
  ace_eval *eval = NULL;
  ace_work *work = NULL;
  lisi_status status = ace_eval_create(model, &eval, err);
  if (status == LISI_OK)
    status = ace_work_create(eval, &work, err);
  for (int k = 0; k < nsets && status == LISI_OK; k++)
    status = predict_set(model, eval, work, set[k], visit, context, err);
  ace_work_free(work);
  ace_eval_free(eval);
  return status;
}
