/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folding tables of counts over the translations of a supercell. */
#include "counts.h"

#include "count_gather.h"

#include <string.h>

/* Which part an entry of a table goes to. */
typedef enum { AS_TOTAL, AS_BLOCKS, AS_GROUPS } role;

static lisi_status add_table(count_gather *gather, const count_table *table, role as, lisi_error *err) {
  lisi_status status = LISI_OK;
  for (size_t k = 0; k < table->n && status == LISI_OK; k++) {
    const count_entry *e = &table->entry[k];
    const int block = as == AS_BLOCKS ? e->part : as == AS_TOTAL ? GATHER_NO_BLOCK : GATHER_NOT_IN_TOTAL;
    status = count_gather_add(gather, e->i, e->j, e->r, block, as == AS_GROUPS ? e->part : -1, e->c, err);
  }
  return status;
}

lisi_status counts_fold(const lag_counts *counts, const state_space *super, const int replicate[3], lag_counts *out,
                        state_space *unit, fold_verdict *verdict, lisi_error *err) {
  memset(out, 0, sizeof *out);
  memset(verdict, 0, sizeof *verdict);
  out->lag = counts->lag;
  out->stride = counts->stride;
  lisi_status status = state_space_fold(super, replicate, unit, err);
  if (status != LISI_OK)
    return status;
  /* The total is the sum of the blocks where there are blocks. */
  const bool blocks = counts->blocks.nparts > 0;
  const count_table *whole = blocks ? &counts->blocks : &counts->total;
  count_gather *gather;
  status = count_gather_new(super->n, replicate, counts->blocks.nparts, counts->groups.nparts,
                            (double)whole->n + (double)counts->groups.n, &gather, err);
  for (bool again = true; again && status == LISI_OK;) {
    status = add_table(gather, whole, blocks ? AS_BLOCKS : AS_TOTAL, err);
    if (status == LISI_OK)
      status = add_table(gather, &counts->groups, AS_GROUPS, err);
    if (status == LISI_OK)
      status = count_gather_pass(gather, &again, err);
  }
  if (status == LISI_OK)
    status = count_gather_tables(gather, out, verdict, err);
  count_gather_free(gather);
  if (status != LISI_OK) {
    lag_counts_free(out);
    state_space_free(unit);
  }
  return status;
}
