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

void ace_model_free(ace_model *model) {
  if (model == NULL)
    return;
  if (model->bond != NULL)
    for (int b = 0; b < model->nelements * model->nelements; b++) {
      free(model->bond[b].crad);
      free(model->bond[b].jl.abc);
      free(model->bond[b].pairpot);
      free(model->bond[b].node);
    }
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
