/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm sites: from trajectories and structures to the sites of one cell. */
#ifndef LISI_MSM_SITES_FIND_H
#define LISI_MSM_SITES_FIND_H

#include "crystal.h"
#include "lisi_status.h"
#include "site_density.h"
#include "site_orbits.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum { SITES_SYMMETRY_AUTO, SITES_SYMMETRY_FRAMEWORK, SITES_SYMMETRY_NONE } sites_symmetry;

typedef struct {
  int nfiles; /* 0: the structure alone */
  const char *const *files;
  int ntypes; /* names for numeric types, as for dump_reader_open */
  const char *const *type_name;
  const char *species, *framework; /* framework NULL: all other species; "none": no framework */
  const char *structure;           /* NULL: none */
  int replicate[3];                /* 0: found */
  bool amorphous;
  sites_symmetry symmetry;
  double tolerance;                          /* Angstrom: copies of the framework, positions against the space group */
  double grid, smooth, merge, sigmas, least; /* spacing, Gaussian width (A); saddle ratio, errors; least
                                              occupancy of a site */
  int blocks;
  int64_t from; /* first step */
} sites_options;

typedef struct {
  crystal framework; /* of one cell; its cell */
  site_orbits sites;
  int number; /* space group of framework and sites; 0: not looked for */
  char symbol[12];
  char host_symbol[12]; /* of the framework alone */
  int nbroken;          /* its operations that the density does not have */
  int replicate[3];
  bool folded;                  /* replicate, space group and origin were found from the trajectory */
  double shift[3];              /* fractions of the cell: a position of the trajectory + shift is one of the file */
  int64_t nframes, first, last; /* steps */
  int natoms, nhost;
  double host_rms, copies_rms; /* Angstrom: host atoms about their means, copies of a host atom about theirs */
  double dropped;              /* share of the mobile atoms in basins that were too little occupied to be sites */
  int ndropped;
  site_density density; /* freed by sites_result_free */
  double *smooth;       /* [density.npoints] atoms per A^3; NULL without a trajectory */
} sites_result;

LISI_MUST_CHECK lisi_status sites_find(const sites_options *options, sites_result *result, lisi_error *err);
void sites_result_free(sites_result *result);

#endif
