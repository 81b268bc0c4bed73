/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crystal as a picture: host atoms, sites as discs, jumps as lines as wide as their flux. SVG is written straight
 * from here, so that each site can carry a title (shown by browsers, read out by screen readers). */
#ifndef LISI_MSM_REPORT_CRYSTAL_H
#define LISI_MSM_REPORT_CRYSTAL_H

#include "cell_view.h"
#include "report.h"

/* A jump, both directions together, of one projection: from i to the image n of j. A jump out of the picture's cell is
 * there twice, as seen from both ends, and is drawn halfway from each. */
typedef struct {
  int i, j, n[3];
  double flux;
  bool leaves; /* its ends lie in different cells of the picture */
} crystal_line;

typedef struct {
  const report_network *net;
  cell_view view;
  int nhosts, nspecies;
  double *host; /* [nhosts][3] fractional in the cell of the network */
  int *kind;    /* [nhosts] */
  char species[6][8];
  int nlines;
  crystal_line *line; /* [nlines] weakest first */
  double *ring;       /* [nsites] flux of jumps along the line of sight */
  double strongest;
} crystal_scene;

/* How a site is drawn. */
typedef struct {
  double radius; /* Angstrom */
  char fill[8];
  bool hollow;
  char title[256];
} crystal_site;

LISI_MUST_CHECK lisi_status crystal_scene_open(const report_data *data, const report_network *net, crystal_scene *c,
                                               lisi_error *err);
void crystal_scene_free(crystal_scene *c);

/* Pixels per Angstrom at which the cell and the stubs round it fit into width x height, and what it then takes. */
double crystal_scale(const crystal_scene *c, double width, double height, double *used_width, double *used_height);
/* The crystal with its upper left corner at (x, y). site[nsites]. */
void crystal_draw(FILE *f, const crystal_scene *c, double x, double y, double scale, const crystal_site *site);
/* Disc radius for a stationary weight (relative to the largest), by area. */
double crystal_radius(const crystal_scene *c, double share);

/* Opens folder/name.svg and writes the head: title and description for those who cannot see it, a white ground. */
LISI_MUST_CHECK lisi_status crystal_svg_open(const char *folder, const char *name, double width, double height,
                                             const char *title, const char *description, struct out_file **file,
                                             lisi_error *err);
/* Text at (x, y); anchor "start", "middle" or "end". */
void crystal_svg_text(FILE *f, double x, double y, double size, const char *anchor, const char *colour,
                      const char *weight, const char *text);
/* Line-width legend "jumps: weak - strong" from (x, y) on; returns its width. */
double crystal_svg_flux_key(FILE *f, const crystal_scene *c, double x, double y, double scale);

/* Writes network.dot and network.svg. */
LISI_MUST_CHECK lisi_status report_draw_network(const report_data *data, const crystal_scene *c, lisi_error *err);

#endif
