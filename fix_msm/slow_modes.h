/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow modes of a reversible chain as patterns on its states: which sites exchange lithium on which time scale.
 * Right eigenvectors, P psi_k = lambda_k psi_k, with sum_i pi_i psi_k(i)^2 = 1; the left ones are phi_k(i) = pi_i
 * psi_k(i): an excess of walkers shaped like phi_k decays as a whole with time t_k. The sign is free: here the state
 * with the largest |phi_k| is positive.
 *
 * Modes with the same time scale have no patterns of their own: any turn within them serves as well. They make one
 * group, and its modes are turned so that the first couples to motion along one cell edge and no other does, the second
 * to the next edge, and so on (B_k = sum_i pi_i psi_k(i) b_i, b_i the mean displacement per lag from state i). What
 * couples to no edge stays undetermined: there only the sum over the group, sum_k pi_i psi_k(i)^2, has a meaning. */
#ifndef LISI_SLOW_MODES_H
#define LISI_SLOW_MODES_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLOW_MODES_MOST 20

typedef struct {
  int n, m;      /* states, modes: the m slowest after the stationary one */
  double *right; /* [m][n] psi_k */
  double *gap;   /* [m] 1 - lambda_k, rising; of the modes as they were before the turn */
  int *group;    /* [m] number of the group, from 0 */
  int *edge;     /* [m] the cell edge 0, 1, 2 that it was turned to; -1: not turned */
  bool *settled; /* [m] false: one of several with the same time scale, with an arbitrary turn */
} slow_modes;

/* X[n][n] symmetric flux with row sums pi. b: [n][3] (transport.h), cell: [9] rows a, b, c; both NULL without geometry.
 * spread[n - 1]: modes belong together when their gaps differ by less than this share of the smaller one (NULL: 1e-6).
 * At most `most` modes, and none with a negative eigenvalue. m = 0 for one state. */
LISI_MUST_CHECK lisi_status slow_modes_find(int n, const double *X, const double *pi, const double *b,
                                            const double *cell, const double *spread, int most, slow_modes *modes,
                                            lisi_error *err);
void slow_modes_free(slow_modes *modes);

#ifdef __cplusplus
}
#endif
#endif
