/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A jump network: states and the probabilities P_ij(R) of one lag, rows summing to one. Every model is one; net.yaml is
 * one, too. */
#ifndef LISI_NETWORK_H
#define LISI_NETWORK_H

#include "state_space.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int i, j, r[3];
  double p;
} network_edge;

typedef struct {
  state_space space;
  double lag; /* ps (or steps) */
  size_t n;
  network_edge *edge; /* [n] sorted by (i, j, R), unique, with the staying probability (i, i, 0) */
} network;

/* net.yaml: {cell: 3x3, sites: [{frac: [a,b,c], type, label}, ..] or [[a,b,c], ..], jumps: [[i,j,nx,ny,nz,p], ..],
 * lag}: i, j from 1, p per lag; repeated entries add up, what is missing to 1 stays. Errors name file and line (p < 0,
 * a row over 1, i or j out of range, a singular cell, lag <= 0, not finite). */
LISI_MUST_CHECK lisi_status network_load(const char *path, network *net, lisi_error *err);
LISI_MUST_CHECK lisi_status network_parse(const char *bytes, size_t size, const char *name, network *net,
                                          lisi_error *err);
/* From edges (copied; summed; completed to row sum 1 by staying). `name` stands in messages. */
LISI_MUST_CHECK lisi_status network_make(const state_space *space, double lag, size_t n, const network_edge *edge,
                                         const char *name, network *net, lisi_error *err);
void network_free(network *net);

/* P[n][n] = sum_R P_ij(R). */
void network_matrix(const network *net, double *P);
/* Largest |pi_i P_ij(R) - pi_j P_ji(-R)|, relative to the largest pi_i P_ij(R) off the diagonal. */
double network_imbalance(const network *net, const double *pi);

#ifdef __cplusplus
}
#endif
#endif
