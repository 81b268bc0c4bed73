/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the parts of a table of counts add up. A bootstrap adds the same parts up hundreds of times with other weights;
 * which entries fall together is found once, and no resample searches or sorts again. */
#ifndef LISI_COUNT_PLAN_H
#define LISI_COUNT_PLAN_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const count_table *table;
  count_table sum; /* of all parts */
  size_t *to;      /* [table->n] the entry of sum that each entry adds to */
} count_plan;

/* The table is not copied: it has to outlive the plan. */
LISI_MUST_CHECK lisi_status count_plan_make(const count_table *table, count_plan *plan, lisi_error *err);
void count_plan_free(count_plan *plan);
/* What count_table_collapse gives, to the last bit. */
LISI_MUST_CHECK lisi_status count_plan_collapse(const count_plan *plan, const double *weight, count_table *out,
                                                lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
