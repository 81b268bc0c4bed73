/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACE model in memory: its end, and simple questions to it. Reading and writing: ace_model_read.c,
 * ace_model_write.c. */
#include "ace_model.h"

#include <stdlib.h>
#include <string.h>

void ace_model_free(ace_model *model) {
  if (model == NULL)
    return;
  if (model->bond != NULL)
    for (int b = 0; b < model->nelements * model->nelements; b++) {
      free(model->bond[b].crad);
      free(model->bond[b].acejl_abc);
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
