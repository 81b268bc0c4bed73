/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the frames of a trajectory to a jump log: what compute lijump and fix msm do during a run, after it. Memory does
 * not grow with the trajectory. */
#ifndef LISI_MSM_ASSIGN_RUN_H
#define LISI_MSM_ASSIGN_RUN_H

#include "dump_reader.h"
#include "jump_log.h"
#include "msd_log.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  const char *log;       /* path; "<log>.msd" stands beside it */
  const char *species;   /* of the tracked atoms */
  const char *framework; /* species of the host, separated by commas; NULL: those of the site file; "none": no drift is
                            taken off */
  const site_set *sites;
  tracker_rule rule;
  int replicate[3];    /* all 0: from the site file or the box */
  int64_t every, base; /* samples are the frames with step = base + k every */
  bool pick;           /* frames at other steps are passed over; else they are an error */
  int64_t interval; /* steps between frames that the time step comes from: gaps are multiples of it, others an error; 0:
                       any */
  double timestep;  /* ps */
  double temperature; /* K; 0: unknown */
  int64_t flush;      /* samples between F lines */
  msd_plan msd;
} assign_options;

typedef struct {
  int natoms, nframework, nsites; /* tracked, of the host, sites in the box */
  int replicate[3];
  int64_t nsamples, first, last;
  long nbreaks;
  long long njumps;
  double *occupancy; /* [number of labels] mean number of tracked atoms in the sites of a label; free() it */
  double unassigned; /* mean number of atoms in no site */
  double drift[3];   /* of the host at the end, Angstrom */
  double rms;        /* of the host atoms from their references at the end, Angstrom */
} assign_result;

/* The labels of a site set in the order of their first site: *label[n] points into the set, *count the sites of each in
 * one unit cell, *of_site[nsites] the label of each. free() the three. */
LISI_MUST_CHECK lisi_status assign_labels(const site_set *sites, int *n, const char ***label, int **count,
                                          int **of_site, lisi_error *err);

/* Reads `reader` to its end. Nothing is left behind on failure; an older log at the path is then untouched. Errors: no
 * sample at all, atoms that come or go, a framework that does not fit, a box that does not or that becomes another one,
 * a step off the grid. */
LISI_MUST_CHECK lisi_status assign_run(const assign_options *options, dump_reader *reader, assign_result *result,
                                       lisi_error *err);

#endif
