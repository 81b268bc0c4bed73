/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "count_plan.h"

#include <stdlib.h>
#include <string.h>

void count_plan_free(count_plan *plan) {
  count_table_free(&plan->sum);
  free(plan->to);
  memset(plan, 0, sizeof *plan);
}

/* By everything but the part. */
static int compare_transitions(const void *a, const void *b) {
  const count_entry *x = a, *y = b;
  if (x->i != y->i)
    return x->i < y->i ? -1 : 1;
  if (x->j != y->j)
    return x->j < y->j ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (x->r[k] != y->r[k])
      return x->r[k] < y->r[k] ? -1 : 1;
  return 0;
}

lisi_status count_plan_make(const count_table *table, count_plan *plan, lisi_error *err) {
  memset(plan, 0, sizeof *plan);
  plan->table = table;
  lisi_status status = count_table_collapse(table, NULL, &plan->sum, err);
  if (status != LISI_OK)
    return status;
  plan->to = malloc((table->n + 1) * sizeof *plan->to);
  if (plan->to == NULL) {
    count_plan_free(plan);
    return lisi_no_memory(err, table->n * sizeof *plan->to);
  }
  for (size_t k = 0; k < table->n; k++) {
    const count_entry *at = bsearch(&table->entry[k], plan->sum.entry, plan->sum.n, sizeof *at, compare_transitions);
    plan->to[k] = (size_t)(at - plan->sum.entry);
  }
  return LISI_OK;
}

lisi_status count_plan_collapse(const count_plan *plan, const double *weight, count_table *out, lisi_error *err) {
  const count_table *table = plan->table;
  memset(out, 0, sizeof *out);
  count_entry *entry = malloc((plan->sum.n + 1) * sizeof *entry);
  if (entry == NULL)
    return lisi_no_memory(err, plan->sum.n * sizeof *entry);
  memcpy(entry, plan->sum.entry, plan->sum.n * sizeof *entry);
  for (size_t k = 0; k < plan->sum.n; k++) {
    entry[k].part = -1; /* nothing was added */
    entry[k].c = 0.0;
  }
  for (size_t k = 0; k < table->n; k++) {
    const double w = weight != NULL ? weight[table->entry[k].part] : 1.0;
    if (w != 0.0) {
      count_entry *e = &entry[plan->to[k]];
      e->c += w * table->entry[k].c;
      e->part = 0;
    }
  }
  *out = (count_table){table->nstates, 1, 0, entry};
  for (size_t k = 0; k < plan->sum.n; k++)
    if (entry[k].part == 0)
      entry[out->n++] = entry[k];
  return LISI_OK;
}
