/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lisi-msm paths` has found, and the ways to show it. */
#ifndef LISI_MSM_PATHS_SHOW_H
#define LISI_MSM_PATHS_SHOW_H

#include "doc_tree.h"
#include "model_input.h"
#include "pcca.h"
#include "percolation.h"
#include "tpt.h"

#define PATHS_MOST_ORBITS 12

typedef struct {
  percolation network; /* of all sites; by flux, a given network by p; edges count sites of in->space */
  int suggested;       /* sets by the spectral gap; 0: no detailed balance */
  pcca sets;           /* m = 0: none */
  int norbits, *orbit; /* [kept states] */
  char (*orbit_name)[STATE_LABEL];
  /* [norbits][norbits] mean first passage times, then flux and rate of the passage, and their intervals (NaN: unknown);
   * ps and 1/ps, or steps */
  double *time, *time_lo, *time_hi;
  bool has_ci;
  const char *from, *to; /* NULL: no passage */
  tpt tpt;
  tpt_path *path;
  int npaths;
} paths_result;

void paths_result_free(paths_result *r);
LISI_MUST_CHECK lisi_status paths_tree(const model_input *in, const paths_result *r, const char *command,
                                       doc_tree **doc, lisi_error *err);
void paths_print(const model_input *in, const paths_result *r);
/* paths.dot and, by Graphviz, paths.svg: the states of the pathways from left to right, arrows as thick as their flux.
 */
LISI_MUST_CHECK lisi_status paths_draw(const model_input *in, const paths_result *r, const char *folder,
                                       lisi_error *err);

#endif
