/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A periodic cell laid flat: seen along one of its edges, or a little from the side where sites would cover each other.
 * Lengths in Angstrom, x to the right, y upwards, depth towards the eye. Used by every picture of the crystal. */
#ifndef LISI_MSM_CELL_VIEW_H
#define LISI_MSM_CELL_VIEW_H

#include <stdbool.h>

typedef struct {
  int axis, right, up;                    /* edges: the line of sight, across, upwards */
  bool oblique;                           /* seen from the side: the edge `axis` is not a point */
  double across[3], above[3], towards[3]; /* of the edges a, b, c */
  double lo[2], hi[2];                    /* of the cell's shadow */
  double apart; /* cell_view_best: smallest distance between two sites in the picture; 0 for too many sites to say */
} cell_view;

/* Along the edge `axis`; `right` lies across as far as it can. cell[9]: rows a, b, c. */
cell_view cell_view_along(const double *cell, int axis, int right, int up);
/* The view that shows n sites best: along the shortest edge unless sites cover each other there; else along another
 * one; else from the side. The longer edge lies across. frac[n][3]. */
cell_view cell_view_best(const double *cell, int n, const double *frac);
void cell_view_project(const cell_view *view, const double frac[3], double xyz[3]);

/* The colour of the k-th framework species, "#rrggbb". */
const char *cell_view_host_colour(int species);

#endif
