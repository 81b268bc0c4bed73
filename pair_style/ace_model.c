/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACE model in memory: its end, and simple questions to it. Reading and writing: ace_model_read.c,
 * ace_model_write.c. */
#include "ace_model.h"

#include <stdlib.h>
#include <string.h>

ace_pairpot *ace_pairpot_new(int n) {
  ace_pairpot *pot = calloc(1, sizeof *pot + 4 * (size_t)n * sizeof(double));
  if (pot == NULL)
    return NULL;
  pot->basis.n = n;
  pot->basis.abc = (double *)(pot + 1);
  pot->c = pot->basis.abc + 3 * (size_t)n;
  return pot;
}

ace_pairpot *ace_pairpot_copy(const ace_pairpot *from) {
  ace_pairpot *pot = ace_pairpot_new(from->basis.n);
  if (pot == NULL)
    return NULL;
  double *const abc = pot->basis.abc, *const c = pot->c;
  memcpy(abc, from->basis.abc, 3 * (size_t)from->basis.n * sizeof *abc);
  memcpy(c, from->c, (size_t)from->basis.n * sizeof *c);
  *pot = *from;
  pot->basis.abc = abc;
  pot->c = c;
  return pot;
}

static double *copy_doubles(const double *from, size_t n) {
  double *to = from != NULL ? malloc((n + 1) * sizeof *to) : NULL;
  if (to != NULL)
    memcpy(to, from, n * sizeof *to);
  return to;
}

lisi_status ace_bond_copy(const ace_bond *from, ace_bond *to, lisi_error *err) {
  const size_t base = (size_t)from->nradbase, ncrad = (size_t)from->nradmax * (size_t)(from->lmax + 1) * base,
               nnode = 2 * ((size_t)from->nbins + 1) * base;
  *to = *from;
  to->crad = copy_doubles(from->crad, ncrad);
  to->jl.abc = copy_doubles(from->jl.abc, 3 * base);
  to->node = copy_doubles(from->node, nnode);
  to->pairpot = from->pairpot != NULL ? ace_pairpot_copy(from->pairpot) : NULL;
  if ((from->crad == NULL || to->crad != NULL) && (from->jl.abc == NULL || to->jl.abc != NULL) &&
      (from->node == NULL || to->node != NULL) && (from->pairpot == NULL || to->pairpot != NULL))
    return LISI_OK;
  ace_bond_clear(to);
  return lisi_no_memory(err, (ncrad + nnode) * sizeof(double));
}

void ace_bond_clear(ace_bond *bond) {
  free(bond->crad);
  free(bond->jl.abc);
  free(bond->pairpot);
  free(bond->node);
  memset(bond, 0, sizeof *bond);
}

void ace_model_free(ace_model *model) {
  if (model == NULL)
    return;
  if (model->bond != NULL)
    for (int b = 0; b < model->nelements * model->nelements; b++)
      ace_bond_clear(&model->bond[b]);
  if (model->species != NULL)
    for (int s = 0; s < model->nelements; s++) {
      free(model->species[s].fs);
      free(model->species[s].function);
      free(model->species[s].ms);
      free(model->species[s].ctilde);
    }
  free(model->element);
  free(model->E0);
  free(model->bond);
  free(model->species);
  free(model->meta.units);
  free(model->meta.provenance);
  free(model->meta.data_sha256);
  free(model->meta.error_table);
  free(model->meta.sidecar);
  free(model->meta.sidecar_sha256);
  free(model);
}

int ace_model_element(const ace_model *model, const char *symbol) {
  for (int mu = 0; mu < model->nelements; mu++)
    if (strcmp(model->element[mu], symbol) == 0)
      return mu;
  return -1;
}

double ace_model_cutoff(const ace_model *model) {
  double cutoff = 0.0;
  for (int b = 0; b < model->nelements * model->nelements; b++)
    if (model->bond[b].rcut > cutoff)
      cutoff = model->bond[b].rcut;
  return cutoff;
}
