/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strongly connected sets of a directed graph (Tarjan 1972, without recursion). */
#ifndef LISI_COMPONENTS_H
#define LISI_COMPONENTS_H

#include "counts.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int n;          /* number of sets of visited states */
  int *size;      /* [n] states in each */
  int *of;        /* [nstates] the set of a state; -1 for states that no count touches */
  double *starts; /* [n] counts that start in the set */
  double *inside; /* [n] counts that start and end in the set */
} components;

/* table has one part. Sets are sorted: more states first, then more counts inside, then the lowest state. Set 0 is the
 * one that a model is made of. */
LISI_MUST_CHECK lisi_status components_find(const count_table *table, components *set, lisi_error *err);
void components_free(components *set);

#ifdef __cplusplus
}
#endif
#endif
