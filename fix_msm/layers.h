/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A crystal as a stack of lattice planes (hkl): what is uniform within the planes stays so, and only the number of the
 * layer counts. */
#ifndef LISI_LAYERS_H
#define LISI_LAYERS_H

#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int hkl[3];       /* without a common divisor */
  double spacing;   /* of the planes, Angstrom */
  double normal[3]; /* unit vector towards rising layers */
  int basis[3][3];  /* rows in cell vectors: one layer up, and two within the plane; a cell of the crystal again */
  network line;     /* along the normal: cell diag(spacing, 1, 1), x = (0..1, 0, 0), R = (layers, 0, 0) */
  int *shift;       /* [n] site i of the line is site i of the crystal `shift` layers lower */
} layers;

/* P_ij(L) = sum of P_ij(R) with hkl . R = L. A common divisor of hkl is taken out; 0 0 0, an index beyond 20 and a
 * network without geometry are LISI_ERR_INPUT. */
LISI_MUST_CHECK lisi_status layers_make(const network *net, const int hkl[3], layers *out, lisi_error *err);
void layers_free(layers *out);

#ifdef __cplusplus
}
#endif
#endif
