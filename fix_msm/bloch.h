/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network seen at a wave vector: P(k)_ij = sum_R P_ij(R) exp(i k.d). Its leading eigenvalue gives the decay of a
 * density wave and, by its second derivative at k = 0, the diffusion tensor: an independent check of transport.h. */
#ifndef LISI_BLOCH_H
#define LISI_BLOCH_H

#include "network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All eigenvalues of P(k), k in 1/Angstrom (Cartesian), by falling modulus: re[n], im[n]. */
LISI_MUST_CHECK lisi_status bloch_eigenvalues(const network *net, const double k[3], double *re, double *im,
                                              lisi_error *err);
/* D = -(1/2 tau) d^2 ln lambda_0/dk dk at k = 0 by differences (Richardson); about 1e-8 accurate. */
LISI_MUST_CHECK lisi_status bloch_diffusion(const network *net, double D[3][3], lisi_error *err);
/* Decay time -tau/ln|lambda_0(k)| at the smallest wave vector of a supercell of replicate unit cells: the largest over
 * those of its three directions in which anything moves; 0 where nothing does, or without geometry. */
LISI_MUST_CHECK lisi_status bloch_slowest(const network *net, const int replicate[3], double *time, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
