/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state_space.h"

#include <stdlib.h>
#include <string.h>

lisi_status state_space_new(int n, bool geometry, state_space *space, lisi_error *err) {
  memset(space, 0, sizeof *space);
  if (n < 1)
    return lisi_fail(err, LISI_ERR_INTERNAL, "a state space needs at least one state, not %d", n);
  space->n = n;
  space->geometry = geometry;
  space->number = calloc((size_t)n, sizeof *space->number);
  if (geometry)
    space->x = calloc((size_t)n, 3 * sizeof *space->x);
  if (space->number == NULL || (geometry && space->x == NULL)) {
    state_space_free(space);
    return lisi_no_memory(err, (size_t)n * 4 * sizeof(double));
  }
  for (int i = 0; i < n; i++)
    space->number[i] = i + 1;
  return LISI_OK;
}

lisi_status state_space_pick(const state_space *from, const int *index, int n, state_space *space, lisi_error *err) {
  lisi_status status = state_space_new(n, from->geometry, space, err);
  if (status != LISI_OK)
    return status;
  if (from->label != NULL) {
    space->label = calloc((size_t)n, sizeof *space->label);
    if (space->label == NULL) {
      state_space_free(space);
      return lisi_no_memory(err, (size_t)n * sizeof *space->label);
    }
  }
  memcpy(space->cell, from->cell, sizeof space->cell);
  for (int k = 0; k < n; k++) {
    space->number[k] = from->number[index[k]];
    if (space->label != NULL)
      memcpy(space->label[k], from->label[index[k]], sizeof space->label[k]);
    if (space->x != NULL)
      memcpy(space->x + 3 * (size_t)k, from->x + 3 * (size_t)index[k], 3 * sizeof(double));
  }
  return LISI_OK;
}

lisi_status state_space_fold(const state_space *super, const int replicate[3], state_space *unit, lisi_error *err) {
  memset(unit, 0, sizeof *unit);
  long long copies = 1;
  for (int a = 0; a < 3; a++) {
    if (replicate[a] < 1 || replicate[a] > super->n)
      return lisi_fail(err, LISI_ERR_INPUT, "replicate %d %d %d does not fit %d sites", replicate[0], replicate[1],
                       replicate[2], super->n);
    copies *= replicate[a];
  }
  if (!super->geometry || copies > super->n || super->n % copies != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%d states are no supercell of %d x %d x %d unit cells", super->n,
                     replicate[0], replicate[1], replicate[2]);
  const int n = super->n / (int)copies;
  int *first = malloc((size_t)n * sizeof *first);
  if (first == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *first);
  for (int s = 0; s < n; s++)
    first[s] = s;
  const lisi_status status = state_space_pick(super, first, n, unit, err);
  free(first);
  if (status != LISI_OK)
    return status;
  for (int a = 0; a < 3; a++) {
    for (int k = 0; k < 3; k++)
      unit->cell[a][k] /= replicate[a];
    for (int s = 0; s < n; s++)
      unit->x[3 * s + a] *= replicate[a];
  }
  return LISI_OK;
}

void state_space_free(state_space *space) {
  free(space->number);
  free(space->label);
  free(space->x);
  memset(space, 0, sizeof *space);
}

void state_space_step(const state_space *space, int i, int j, const int r[3], double d[3]) {
  d[0] = d[1] = d[2] = 0.0;
  if (!space->geometry)
    return;
  for (int a = 0; a < 3; a++) {
    const double f = r[a] + (space->x[3 * (size_t)j + (size_t)a] - space->x[3 * (size_t)i + (size_t)a]);
    for (int k = 0; k < 3; k++)
      d[k] += f * space->cell[a][k];
  }
}
