/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the states of a Markov model are: their numbers as the user knows them and, where known, their places in a
 * periodic cell. States are 0..n-1 inside the program. A walker is at (state i, integer image R): position (x_i + R) .
 * cell, Angstrom. */
#ifndef LISI_STATE_SPACE_H
#define LISI_STATE_SPACE_H

#include "lisi_status.h"
#include "sites.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STATE_LABEL SITE_LABEL /* with its end; as long as in site files, so that labels stay apart */

typedef struct {
  int n;
  long long *number; /* [n] the user's number of each state (sites and networks: from 1; dtrajs: as in the files) */
  char (*label)[STATE_LABEL]; /* [n] site label or type; NULL where there is none */
  bool geometry;              /* cell and x are known */
  double cell[3][3];          /* rows a, b, c, Angstrom */
  double *x;                  /* [n][3] fractional; NULL without geometry */
} state_space;

/* n states numbered 1..n, at the origin when `geometry`, without labels. n >= 1. */
LISI_MUST_CHECK lisi_status state_space_new(int n, bool geometry, state_space *space, lisi_error *err);
/* The states index[0..n) of `from`, in that order. */
LISI_MUST_CHECK lisi_status state_space_pick(const state_space *from, const int *index, int n, state_space *space,
                                             lisi_error *err);
/* The unit cell of a supercell whose state s + n_s (ix + nx (iy + ny iz)) is site s of unit cell (ix, iy, iz): the
 * first n_s states, the cell divided by replicate. LISI_ERR_INPUT where the numbers do not fit. */
LISI_MUST_CHECK lisi_status state_space_fold(const state_space *super, const int replicate[3], state_space *unit,
                                             lisi_error *err);
/* Frees what is inside; fine on a zeroed struct. */
void state_space_free(state_space *space);
/* The displacement d = R.cell + x_j - x_i in Angstrom; zero without geometry. */
void state_space_step(const state_space *space, int i, int j, const int r[3], double d[3]);

#ifdef __cplusplus
}
#endif
#endif
