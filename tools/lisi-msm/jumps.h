/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lisi-msm jumps` finds in jump logs, and its presentation: as text, as a tree (jumps.yaml, --json) and as a
 * picture. */
#ifndef LISI_MSM_JUMPS_H
#define LISI_MSM_JUMPS_H

#include "doc_tree.h"
#include "jump_stats.h"
#include "jump_strings.h"

#include <stdbool.h>

typedef struct {
  const char *command; /* the command line */
  int nfiles;
  char *const *file;
  path_set paths;
  jump_stats stats;
  double recross, window; /* ps */
  bool lasting;           /* strings: undone jumps were left out */
  string_result strings;
} jumps_result;

void jumps_print(const jumps_result *result);
/* The tree of jumps.yaml; free it with doc_free. */
doc_tree *jumps_tree(const jumps_result *result);
/* Writes jumps.yaml, survival.dat, survival.gp and, where gnuplot is there (*drawn), survival.svg into the folder,
 * which is made. */
LISI_MUST_CHECK lisi_status jumps_write(const jumps_result *result, const char *folder, bool *drawn, lisi_error *err);

#endif
