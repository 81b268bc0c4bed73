/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In how many directions a jump network leads through the crystal. Along a spanning tree every site gets an image; each
 * further jump i -> j closes a cycle with the shift R + R_i - R_j. The rank of the lattice of these shifts is the
 * dimension of the network: 0 caged, 1 channels, 2 layers, 3 all directions. Jumps are taken in the order of their flux
 * (or probability), so that the weakest jump needed for each dimension is found, too. */
#ifndef LISI_PERCOLATION_H
#define LISI_PERCOLATION_H

#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int dimension; /* of the best connected part: 0..3 */
  int nets;   /* 3 dimensions: how many separate copies of this part fill the crystal (index of the lattice); else 0 */
  int nparts; /* sets of sites that are connected in the unit cell */
  int axis[3][3];       /* [dimension] a basis of the shifts (Hermite form), in unit cells */
  double threshold[3];  /* [d-1] weight of the weakest jump needed for dimension d; 0 where it is not reached */
  network_edge edge[3]; /* that jump */
} percolation;

/* Edges with p > 0 that change site or cell; each jump counts with its way back. weight: NULL takes p, else [net->n].
 * Shifts beyond 1e6 cells are LISI_ERR_INPUT. */
LISI_MUST_CHECK lisi_status percolation_find(const network *net, const double *weight, percolation *result,
                                             lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
