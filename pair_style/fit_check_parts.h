/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the check of reference data share. */
#ifndef LISI_FIT_CHECK_PARTS_H
#define LISI_FIT_CHECK_PARTS_H

#include "fit_check.h"

/* A frame and what is measured of it. */
typedef struct {
  const xyz_set *set;
  const xyz_frame *frame;
  int part; /* number of its file */
  bool test, own_zero;
  double volume;
  double nearest;      /* shortest distance over the sum of the covalent radii; infinite where there is none */
  double coordination; /* neighbours per atom within 1.35 of that sum */
  bool condensed;
} check_frame;

typedef struct {
  const fit_check_set *set;
  int nsets, nframes;
  check_frame *frame; /* in the order of the files */
  const fit_check_atoms *atoms;
  FILE *warnings;
  lisi_error *err;
} check;

/* One warning, a line. */
void check_warn(check *c, const char *format, ...) LISI_PRINTF(2, 3);

LISI_MUST_CHECK lisi_status check_positions(check *c);
LISI_MUST_CHECK lisi_status check_energies(check *c);
LISI_MUST_CHECK lisi_status check_work(check *c);
LISI_MUST_CHECK lisi_status check_twins(check *c);

/* Can the energies of the two be compared? */
static inline bool check_one_zero(const check_frame *a, const check_frame *b) {
  return a->part == b->part || (!a->own_zero && !b->own_zero);
}

/* The q-quantile (0..1) of n values, which are sorted in place. */
double check_quantile(double *value, int n, double q);
/* h^-1 of a cell in rows; false where it has no volume. */
bool check_inverse(const double h[9], double inverse[9]);

#endif
