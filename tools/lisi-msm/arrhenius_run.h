/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `lisi-msm arrhenius` reads from models and makes of it. */
#ifndef LISI_MSM_ARRHENIUS_RUN_H
#define LISI_MSM_ARRHENIUS_RUN_H

#include "arrhenius.h"
#include "cli.h"
#include "doc_tree.h"

#include <stddef.h>

/* One model. D in A^2/ps. */
typedef struct {
  const char *file; /* as given */
  double T, lag;    /* lag: of tensor and rates */
  bool plateau;     /* D is that of D_plateau, not of the lag */
  double D, D_lo, D_hi;
  bool has_tensor;
  double tensor[3][3], tensor_lo[3][3], tensor_hi[3][3];
  int nrates;
  struct orbit_rate {
    char from[48], to[48];
    double rate, lo, hi; /* 1/ps */
  } * rate;
} arrhenius_model;

typedef enum { QUANTITY_D, QUANTITY_COMPONENT, QUANTITY_RATE } quantity_kind;

/* One thing that is fitted. */
typedef struct {
  quantity_kind kind;
  char name[112];
  double axis[3];        /* component: its direction */
  const char *from, *to; /* rate */
  int n;
  arrhenius_point *point; /* [n] those above 0 */
  int nzero;              /* models in which it is 0 */
  bool fitted;
  char why_not[160];
  arrhenius_fit fit;
} arrhenius_quantity;

typedef struct {
  int nmodels;
  arrhenius_model *model; /* by rising temperature */
  bool cartesian;         /* axes are x, y, z: no component off the diagonal is told from 0 */
  int nquantities;
  arrhenius_quantity *quantity; /* D, then three components where there are tensors, then rates */
  int ncomponents;              /* 0 or 3 */
} arrhenius_result;

/* Reads a model.yaml or the folder that holds one. lag 0: the reported one. T: NaN where the file is to tell. */
LISI_MUST_CHECK lisi_status arrhenius_read(const char *path, double lag, double T, arrhenius_model *model,
                                           lisi_error *err);
void arrhenius_result_free(arrhenius_result *r);

/* D(T) as a tensor from the fitted components: value, and the interval that holds whatever theirs hold. False: a
 * component is not known. */
bool arrhenius_tensor_at(const arrhenius_result *r, double T, double value[3][3], double lo[3][3], double hi[3][3]);

LISI_MUST_CHECK lisi_status arrhenius_tree(const arrhenius_result *r, const char *command, doc_tree **doc,
                                           lisi_error *err);
void arrhenius_print(const arrhenius_result *r);
LISI_MUST_CHECK lisi_status arrhenius_files(const arrhenius_result *r, const char *folder, lisi_error *err);
/* table.csv at T[n]. */
LISI_MUST_CHECK lisi_status arrhenius_table(const arrhenius_result *r, const char *folder, int n, const double *T,
                                            lisi_error *err);

#endif
