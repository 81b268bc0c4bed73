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
/* The model that the page is about: the reported one, else the middle one of the list. */
yaml_ref report_chosen(const report_data *data);
/* Value of a number under `key` (infinity is one), NaN where it is absent. */
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
/* The colour of a site type or of a set, "#rrggbb". */
const char *report_colour(int type);

/* Writes folder/network.graphml: sites and single jumps with all their numbers; nothing where there is no network. */
LISI_MUST_CHECK lisi_status report_graphml(const report_data *data, const report_network *net, lisi_error *err);

/* Which curves there are: bits of report_curves. */
typedef enum {
  CURVE_TIMESCALES = 1,
  CURVE_DIFFUSION = 2,
  CURVE_MSD = 4,
  CURVE_STATIONARY = 8,
  CURVE_VAN_HOVE = 16,
  CURVE_COLLECTIVE = 32
} report_curve;

/* Writes data files and gnuplot scripts into the folder and runs gnuplot on them. *wanted: what there are data for;
 * *drawn: what gnuplot has drawn of it (a missing program is no error). */
LISI_MUST_CHECK lisi_status report_plots(const report_data *data, unsigned *wanted, unsigned *drawn, lisi_error *err);
/* The distribution of lithium over the sites, tracer and collective diffusion over time, and the van Hove function of
 * vanhove.dat: data and script. *any is false
 * where there is nothing to draw. */
LISI_MUST_CHECK lisi_status report_plot_stationary(const report_data *data, bool *any, lisi_error *err);
LISI_MUST_CHECK lisi_status report_plot_collective(const report_data *data, bool *any, lisi_error *err);
LISI_MUST_CHECK lisi_status report_plot_van_hove(const report_data *data, bool *any, lisi_error *err);

/* What all gnuplot scripts share: terminal, output NAME.svg, colours. */
void report_preamble(FILE *gp, const char *name, int width, int height);
/* A text between gnuplot's single quotes, its markup taken away. */
void report_quoted(FILE *gp, const char *text);
/* Finishes NAME.svg of another program for the page (report_svg.c). */
LISI_MUST_CHECK lisi_status report_svg_finish(const char *folder, const char *name, const char *title,
                                              const char *description, lisi_error *err);

/* What a report has to go by and what was made of it. */
typedef struct {
  bool gnuplot; /* every curve that there are data for was drawn */
  bool crystal; /* pictures of the crystal */
  int modes;
} report_drawn;

/* Which of `ck` and `paths` are run with their defaults where the folder has no result of its model yet. */
typedef enum {
  CHECKS_NONE,  /* none */
  CHECKS_QUICK, /* where they take no time */
  CHECKS_ALL
} report_checks;

/* All of it; `drawn` (may be NULL) tells which pictures there are. */
LISI_MUST_CHECK lisi_status report_write(const char *folder, report_checks checks, report_drawn *drawn,
                                         lisi_error *err);

/* Opens folder/name for writing through out_file. */
struct out_file;
LISI_MUST_CHECK lisi_status report_out(const char *folder, const char *name, struct out_file **file, lisi_error *err);
/* Runs a program with its working folder, standard output and error going to `log` in that folder; true where it ended
 * with 0. */
bool report_program(const char *folder, const char *log, char *const argv[]);

#endif
