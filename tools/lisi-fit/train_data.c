/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of a fit: read, checked, weighted, shared out to folds. */
#include "train.h"

#include "file_bytes.h"
#include "sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void train_data_free(train_data *d) {
  for (int k = 0; k < d->nsets; k++) {
    if (d->set)
      xyz_free(d->set[k]);
    if (d->mu)
      free(d->mu[k]);
  }
  free(d->set);
  free(d->mu);
  free(d->frame);
  free(d->zero);
  free(d->zero_set);
  memset(d, 0, sizeof *d);
}

/* A training frame needs an energy or forces; silence about forces would be a fit to something else than the user
 * thinks. */
static lisi_status check_frame(const xyz_set *set, const xyz_frame *f, bool train, const fit_recipe *r,
                               lisi_error *err) {
  if (!f->force && (!train || r->weight.force > 0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the frame has no forces (column '%s' in Properties)", set->name,
                     f->line, r->key_forces ? r->key_forces : "forces");
  if (!f->has_energy && (!train || r->weight.energy > 0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the frame has no energy (key '%s')", set->name, f->line,
                     r->key_energy ? r->key_energy : "energy");
  return LISI_OK;
}

lisi_status train_data_load(train_data *d, const fit_recipe *r, const fit_basis *basis, bool train, lisi_error *err) {
  int n = train ? r->ntrain : r->ntest;
  char *const *path = train ? r->train : r->test;
  xyz_keys keys = {r->key_energy, r->key_forces, r->key_virial, r->key_stress, r->key_group};
  sha256 sum;
  sha256_start(&sum);
  memset(d, 0, sizeof *d);
  d->set = calloc((size_t)n + 1, sizeof *d->set);
  d->mu = calloc((size_t)n + 1, sizeof *d->mu);
  if (!d->set || !d->mu)
    return lisi_no_memory(err, (size_t)n * sizeof *d->set);
  lisi_status status = LISI_OK;
  for (int k = 0; k < n && status == LISI_OK; k++) {
    char *bytes;
    size_t size;
    status = file_bytes_read(path[k], (size_t)1 << 32, &bytes, &size, err);
    if (status != LISI_OK)
      break;
    sha256_add(&sum, bytes, size);
    status = xyz_parse(bytes, size, path[k], &keys, &d->set[k], err);
    free(bytes);
    if (status != LISI_OK)
      break;
    d->nsets = k + 1;
    d->nframes += d->set[k]->nframes;
    d->mu[k] = malloc((size_t)d->set[k]->nspecies * sizeof **d->mu);
    if (!d->mu[k])
      status = lisi_no_memory(err, (size_t)d->set[k]->nspecies * sizeof **d->mu);
    if (status == LISI_OK)
      status = fit_species(basis, d->set[k], d->mu[k], err);
    for (int f = 0; f < d->set[k]->nframes && status == LISI_OK; f++)
      status = check_frame(d->set[k], &d->set[k]->frame[f], train, r, err);
  }
  if (status != LISI_OK)
    return status;
  sha256_hex(&sum, d->sha256);
  d->frame = malloc(((size_t)d->nframes + 1) * sizeof *d->frame);
  d->zero = malloc(((size_t)d->nframes + 1) * sizeof *d->zero);
  d->zero_set = malloc(((size_t)d->nsets + 1) * sizeof *d->zero_set);
  if (!d->frame || !d->zero || !d->zero_set)
    return lisi_no_memory(err, (size_t)d->nframes * sizeof *d->frame);
  for (int k = 0, at = 0; k < d->nsets; k++) {
    const bool own = train ? r->train_zero[k] : r->test_zero[k];
    if (own)
      d->zero_set[d->nzeros] = k;
    for (int f = 0; f < d->set[k]->nframes; f++) {
      d->zero[at] = own ? d->nzeros : -1;
      d->frame[at++] = (fit_environment_frame){d->set[k], &d->set[k]->frame[f], d->mu[k]};
    }
    d->nzeros += own;
  }
  return LISI_OK;
}

void train_order(const train_data *d, int *order) {
  for (int k = 0; k < d->nframes; k++) { /* insertion sort: stable */
    int at = k;
    while (at > 0 && strcmp(d->frame[order[at - 1]].frame->group, d->frame[k].frame->group) > 0) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = k;
  }
}

lisi_status train_folds(const train_data *d, int nfolds, int *fold, int *count, lisi_error *err) {
  int *order = malloc(((size_t)d->nframes + 1) * sizeof *order);
  lisi_status status = order ? LISI_OK : lisi_no_memory(err, (size_t)d->nframes * sizeof *order);
  if (nfolds > d->nframes && d->nframes > 0)
    nfolds = d->nframes;
  *count = nfolds;
  if (status == LISI_OK)
    train_order(d, order);
  if (status == LISI_OK && nfolds == 0)
    for (int k = 0; k < d->nframes; k++) {
      *count += k == 0 || strcmp(d->frame[order[k]].frame->group, d->frame[order[k - 1]].frame->group) != 0;
      fold[order[k]] = *count - 1;
    }
  for (int k = 0; k < d->nframes && status == LISI_OK && nfolds > 0; k++)
    fold[order[k]] = k % nfolds;
  free(order);
  if (status == LISI_OK && nfolds == 0 && *count < 2)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "prior/folds: group needs frames of at least two config_types; all training frames are '%s'",
                     d->nframes ? d->frame[0].frame->group : "");
  return status;
}

void train_weight(const fit_recipe *r, const xyz_frame *f, fit_weight *w) {
  *w = r->weight;
  for (int g = 0; g < r->ngroups; g++)
    if (!strncmp(f->group, r->group[g].prefix, strlen(r->group[g].prefix))) {
      w->energy *= r->group[g].weight.energy;
      w->force *= r->group[g].weight.force;
      w->virial *= r->group[g].weight.virial;
    }
  if (r->force_scale > 0 && f->force) {
    double sum = 0;
    for (int k = 0; k < 3 * f->natoms; k++)
      sum += f->force[k] * f->force[k];
    double damp = 1 / sqrt(1 + sum / (3 * f->natoms) / (r->force_scale * r->force_scale));
    w->energy *= damp;
    w->force *= damp;
    w->virial *= damp;
  }
}

lisi_status train_offsets(const train_data *d, fit_basis *basis, lisi_error *err) {
  bool *skip = calloc((size_t)d->nsets + 1, sizeof *skip);
  if (!skip)
    return lisi_no_memory(err, (size_t)d->nsets * sizeof *skip);
  /* Sets with an energy zero of their own say nothing about E0, unless there are no others. */
  for (int k = 0; k < d->nzeros && d->nzeros < d->nsets; k++)
    skip[d->zero_set[k]] = true;
  lisi_status status =
      fit_offsets(basis, (const xyz_set *const *)d->set, (const int *const *)d->mu, skip, d->nsets, err);
  free(skip);
  return status;
}

void train_remove_zeros(train_data *d, const fit_basis *basis, const double *zero) {
  for (int z = 0; z < d->nzeros; z++) {
    xyz_set *set = d->set[d->zero_set[z]];
    for (int k = 0; k < set->nframes; k++)
      for (int a = 0; a < set->frame[k].natoms; a++)
        set->frame[k].energy -= zero[z * basis->nelements + d->mu[d->zero_set[z]][set->frame[k].species[a]]];
  }
}
