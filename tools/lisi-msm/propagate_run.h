/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lisi-msm propagate` starts from and what it finds. */
#ifndef LISI_MSM_PROPAGATE_RUN_H
#define LISI_MSM_PROPAGATE_RUN_H

#include "doc_tree.h"
#include "layers.h"
#include "model_input.h"
#include "propagate.h"

/* Points: probabilities of one atom on a lattice of cells. Planes: the tagged share of the lithium in a stack of
 * layers, 0 to 1; the sum of a layer is its share. */
typedef enum { START_SITE, START_BOX, START_SPHERE, START_SLAB, START_STEP, START_FULL } start_kind;

typedef struct {
  start_kind kind;
  const char *text; /* as given */
  const char *site; /* SITE: labels or numbers */
  double value[6];  /* BOX: lo, hi along each direction; SPHERE: radius (Angstrom), centre; SLAB: thickness */
  bool angstrom;    /* BOX, and the centre of SPHERE: Cartesian from the corner of the central cell; else in cells */
  bool layers;      /* SLAB: thickness in layers */
} start_spec;

static inline bool start_is_planar(const start_spec *s) {
  return s->kind >= START_SLAB;
}

typedef enum { ENDS_PERIODIC, ENDS_REFLECTING, ENDS_ABSORBING } lattice_ends;

/* At one time. Lengths in Angstrom from the middle of the start. */
typedef struct {
  double time;
  long long steps;
  double total;
  double mean[3], spread[3][3]; /* points: Cartesian, <dr dr> about the mean */
  double along, variance;       /* along the normal; NaN where it says nothing (a film that is tagged all over) */
  double D;                     /* from the growth of the variance since the time before; NaN */
  double D_tensor[3][3];        /* points */
  bool edge;                    /* it has come to the edge of the lattice: moments and D mean nothing */
} propagate_moment;

/* A row of the profile: a site of a layer, a layer, or (points) a slice one layer thick. */
typedef struct {
  double x;      /* Angstrom */
  double weight; /* planes: stationary weight of the sites in it */
} profile_row;

typedef struct {
  start_spec start;
  const msm_model *model; /* its net and pi */
  const char *unit;
  layers stack;
  bool axis_chosen; /* by the program */
  lattice_ends ends;
  int cells[3]; /* planes: layers, 1, 1 */
  size_t nseeds;
  propagate_seed *seed;
  double lo, hi;    /* planes: what is tagged, Angstrom from the middle of the lattice */
  double width;     /* planes: of the lattice */
  double centre[3]; /* points: mean of the start, Cartesian, from the corner of the central cell */
  double D, drift;  /* of the model along the normal */
  int ntimes;
  propagate_moment *moment; /* [ntimes], time 0 first */
  int nrows;
  profile_row *row;
  double *profile; /* [ntimes][nrows] */
  int layer_lo;    /* points: number of the lowest slice */
  bool by_site;    /* rows are sites */
  int u, v, w;     /* points: the map is seen along cell vector w; w < 0: none */
  int block, nmap; /* cells to a side of a block, 0: single sites; points of the map */
  double *map_xy;  /* [nmap][2] */
  double *map;     /* [ntimes][nmap] */
  struct out_file *xyz;
  bool xyz_last; /* the last time alone */
} propagation;

/* "site:Li1", "box:0,1,0,1,0,1", ...; messages name --start. */
LISI_MUST_CHECK lisi_status start_parse(const char *text, start_spec *start, lisi_error *err);
/* Seeds of a start on the lattice r->cells; sets lo, hi, width or centre. */
LISI_MUST_CHECK lisi_status start_seeds(const model_input *in, propagation *r, lisi_error *err);
/* A lattice that holds the distribution up to the last time. */
LISI_MUST_CHECK lisi_status start_choose_cells(const model_input *in, propagation *r, lisi_error *err);

/* What solves the diffusion equation with D of the model from the same start: as a row of the profile shows it. */
double propagate_continuum(const propagation *r, double x, double time);

void propagation_free(propagation *r);
LISI_MUST_CHECK lisi_status propagate_tree(const propagation *r, const char *command, doc_tree **doc, lisi_error *err);
void propagate_print(const propagation *r);
/* profile, moments and map: data, gnuplot scripts and pictures. */
LISI_MUST_CHECK lisi_status propagate_files(const propagation *r, const char *folder, lisi_error *err);

#endif
