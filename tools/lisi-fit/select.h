/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `lisi-fit select` share. */
#ifndef LISI_FIT_TOOL_SELECT_H
#define LISI_FIT_TOOL_SELECT_H

#include "ace_model.h"
#include "fit_select.h"
#include "xyz_read.h"

#include <stdint.h>
#include <stdio.h>

/* ---- frames of trajectories, one at a time: select_frames.c ---- */

/* Species of the numeric types of dumps: name[k] is that of type k + 1, its number as text where none was given. */
typedef struct {
  int n;
  char text[99][16];
  const char *name[99];
} select_map;
/* "1=Li,2=Si"; every element has to be one of the model. NULL is no map. */
LISI_MUST_CHECK lisi_status select_map_read(const char *text, const ace_model *model, select_map *map, lisi_error *err);

typedef struct select_source select_source;

/* A frame on its way, the source's until the next. Positions are wrapped into the cell. */
typedef struct {
  const xyz_set *set; /* for messages */
  const xyz_frame *frame;
  const int *mu;  /* elements of the model, by the species of the frame */
  int64_t number; /* time step of a dump, number of the frame (from 1) of an XYZ file */
  bool has_step;  /* it is a time step */
} select_view;

/* A LAMMPS dump or an extended XYZ file, told apart by their first line. */
LISI_MUST_CHECK lisi_status select_source_open(const char *path, const ace_model *model, const select_map *map,
                                               select_source **source, lisi_error *err);
/* NULL at the end. Dump frames without atoms are passed over. */
LISI_MUST_CHECK lisi_status select_source_next(select_source *source, const select_view **view, lisi_error *err);
double select_source_progress(const select_source *source); /* 0..1 */
void select_source_close(select_source *source);            /* accepts NULL */

/* ---- what is kept and told: select_report.c ---- */

/* A candidate, or (without atoms) a frame that was set aside. */
typedef struct {
  const char *file;
  int64_t number;
  bool has_step;
  double gamma;    /* against the model's active sets; NAN where none was computed */
  double shortest; /* shortest distance, Angstrom */
  int natoms;
  int *mu;     /* [natoms] */
  double *pos; /* [natoms][3] */
  double cell[9];
  char group[64]; /* config_type */
} select_frame;

typedef struct {
  const ace_model *model;
  const char *model_path;
  double gamma_min, gamma_max;
  long nread, nknown, nduplicates, nthinned;
  int ncandidates;
  select_frame *candidate; /* [ncandidates] */
  int naside;
  select_frame *aside; /* [naside] */
  int nchosen;
  fit_choice *choice; /* [nchosen] in order */
  double left;        /* the largest grade of those not chosen, against what was chosen as well; 0 without any */
} select_result;

void select_print(const select_result *r, FILE *out);
void select_json(const select_result *r, FILE *out);
/* The chosen frames as extended XYZ. */
void select_xyz(const select_result *r, FILE *out);

#endif
