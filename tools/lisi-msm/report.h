/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of a folder written by `lisi-msm build`: everything comes from model.yaml and the network files beside it,
 * so it can be made again at any time, restyled, or copied to another machine. */
#ifndef LISI_MSM_REPORT_H
#define LISI_MSM_REPORT_H

#include "lisi_status.h"
#include "yaml_doc.h"

#include <stdbool.h>
#include <stdio.h>

#define REPORT_MAX_CURVES 5 /* time scales shown in the picture */

/* A folder's model.yaml, opened. Nodes are 0 where the file has no such part. */
typedef struct {
  const char *folder;
  yaml_doc *doc;
  yaml_ref root, models, sites, framework, cell;
  const char *time_unit; /* "ps" or "step" */
  bool geometry;         /* sites and cell are known */
} report_data;

/* One site-to-site connection of the network file of the shortest lag. */
typedef struct {
  int i, j;    /* from 0 */
  int n[3];    /* shift of the cell */
  double flux; /* pi_i p per lag */
  double p;
} report_edge;

typedef struct {
  int nsites, nedges, ntypes;
  double lag;
  double cell[9];
  double *frac;      /* [nsites][3] */
  int *type;         /* [nsites] from 0 to ntypes-1, in order of appearance */
  char **label;      /* [ntypes] */
  double *pi;        /* [nsites] */
  long long *number; /* [nsites] the user's numbers */
  report_edge *edge;
} report_network;

/* Opens folder/model.yaml; a missing, foreign or newer file is an error that names it. */
LISI_MUST_CHECK lisi_status report_open(const char *folder, report_data *data, lisi_error *err);
void report_close(report_data *data);
/* Value of a number under `key`, NaN where it is absent or infinite. */
double report_number(const report_data *data, yaml_ref map, const char *key);
/* Number k of a list, NaN where absent. */
double report_item(const report_data *data, yaml_ref list, int k);

/* D of all lithium in a model: value (NaN: none), its interval and its tensor (0: none); the estimator plain has its
 * own. */
double report_d(const report_data *data, yaml_ref model);
yaml_ref report_d_ci(const report_data *data, yaml_ref model);
yaml_ref report_d_tensor(const report_data *data, yaml_ref model);

/* Reads the network file of the model with the shortest lag. No geometry or no such file: nsites = 0. */
LISI_MUST_CHECK lisi_status report_network_read(const report_data *data, report_network *net, lisi_error *err);
void report_network_free(report_network *net);
/* The colour of a site type, "#rrggbb". */
const char *report_colour(int type);

/* Writes data files, gnuplot scripts and network.dot into the folder and runs gnuplot and neato on them. *gnuplot and
 * *graphviz tell whether the pictures were drawn (a missing program is no error). */
LISI_MUST_CHECK lisi_status report_plots(const report_data *data, bool *gnuplot, lisi_error *err);
LISI_MUST_CHECK lisi_status report_draw_network(const report_data *data, const report_network *net, bool *graphviz,
                                                lisi_error *err);
/* Writes folder/network.graphml: sites and single jumps with all their numbers; nothing where there is no network. */
LISI_MUST_CHECK lisi_status report_graphml(const report_data *data, const report_network *net, lisi_error *err);
/* Writes folder/report.html around the pictures that are there. */
LISI_MUST_CHECK lisi_status report_html(const report_data *data, const report_network *net, bool gnuplot, bool graphviz,
                                        lisi_error *err);

/* What all gnuplot scripts share: terminal, output NAME.svg, colours; NAME is put into the ids of the SVG so that
 * several fit into one page. */
void report_preamble(FILE *gp, const char *name, int width, int height);

/* All of the above; `drawn` (may be NULL) tells which pictures there are. */
typedef struct {
  bool gnuplot, graphviz;
} report_drawn;
LISI_MUST_CHECK lisi_status report_write(const char *folder, report_drawn *drawn, lisi_error *err);

/* Opens folder/name for writing through out_file. */
struct out_file;
LISI_MUST_CHECK lisi_status report_out(const char *folder, const char *name, struct out_file **file, lisi_error *err);
/* Runs a program with its working folder, standard output and error going to `log` in that folder; true where it ended
 * with 0. */
bool report_program(const char *folder, const char *log, char *const argv[]);

#endif
