/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The search for sites between its parts: the structure (sites_structure.c), the framework of the trajectory
 * (sites_host.c), the density (sites_density.c); sites_find.c calls them in turn. */
#ifndef LISI_MSM_SITES_SEARCH_H
#define LISI_MSM_SITES_SEARCH_H

#include "sites_find.h"
#include "sites_frames.h"

typedef struct {
  const sites_options *o;
  sites_result *r;
  sites_frames frames;
  symmetry group;
  crystal host;       /* framework of one cell, exact under the group */
  double (*mean)[3];  /* [nhost] mean positions in the box */
  long *block_frames; /* [blocks] */
  double (*peak)[3];  /* maxima that are no given sites */
} sites_search;

/* Cell, group, framework and given sites from the structure file. */
LISI_MUST_CHECK lisi_status sites_take_structure(sites_search *s, lisi_error *err);
/* Puts the atoms onto the group; each may move by `tolerance` Angstrom. */
LISI_MUST_CHECK lisi_status sites_take_exact(const symmetry *group, crystal *c, double tolerance, lisi_error *err);
/* The space group of a crystal; atoms of one species and label are alike. */
LISI_MUST_CHECK lisi_status sites_group_of(const crystal *c, double tolerance, symmetry *group, lisi_error *err);

/* First pass: the mean framework, and from it the cell (or the place on the structure's cell). */
LISI_MUST_CHECK lisi_status sites_find_host(sites_search *s, lisi_error *err);
/* Second pass: counts, maxima, sites, occupancies. */
LISI_MUST_CHECK lisi_status sites_find_maxima(sites_search *s, lisi_error *err);

LISI_MUST_CHECK lisi_status sites_interrupted(lisi_error *err); /* LISI_ERR_CANCELLED after Ctrl-C */
long sites_copies(const sites_result *r);                       /* unit cells in the box */

#endif
