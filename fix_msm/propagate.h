/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution of tagged walkers forward in time on a lattice of unit cells: p_j(m + R) += p_i(m) P_ij(R) at every
 * lag. This is tracer motion: each walker goes its way by P, whatever the others do.
 *
 * Periodic lattices: the Bloch form. The Fourier transform over cells turns the convolution into one matrix for each
 * wave vector, p(q) -> p(q) P(q), P_ij(q) = sum_R P_ij(R) exp(-i q.R), so that n steps cost as much as one: by the
 * eigenvectors of P(q) under detailed balance, by repeated squaring without, by n products where n is small. The total
 * is kept exactly (q = 0 is set to it); the error is some n x 1e-16 of the largest value at most.
 *
 * Stacks of layers with ends: products, or under detailed balance the Chebyshev expansion of P^n, x^n = sum_m c_m
 * T_m(x), where c_m is the probability that a simple random walk of n steps ends m away from its start: about 9 sqrt(n)
 * products. */
#ifndef LISI_PROPAGATE_H
#define LISI_PROPAGATE_H

#include "network.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROPAGATE_MOST_CELLS 10000000

typedef struct {
  size_t cell; /* (m0 n1 + m1) n2 + m2; of a stack: the layer */
  int state;
  double p;
} propagate_seed;

/* Called for each time in turn with the distribution p[cells][states]. Return other than LISI_OK to stop. */
typedef lisi_status (*propagate_visit)(void *context, int k, const double *p, lisi_error *err);

typedef struct {
  size_t nseeds;
  const propagate_seed *seed; /* seeds at the same place add up */
  int ntimes;
  const long long *steps; /* [ntimes] >= 0, not falling */
  propagate_visit visit;
  void *context;
  void (*progress)(void *context, double done, double total); /* may be NULL */
  void *progress_context;
  bool (*interrupted)(void); /* may be NULL; true: LISI_ERR_CANCELLED */
  size_t memory;             /* bytes that spectra may take, more times at once; 0: 1.5 GiB */
} propagate_job;

/* cells: unit cells along the cell vectors of net, periodic. pi[n] (> 0): stationary distribution; with detailed
 * balance (network_imbalance) the Hermitian form is used. */
LISI_MUST_CHECK lisi_status propagate_periodic(const network *net, const double *pi, const int cells[3],
                                               const propagate_job *job, lisi_error *err);

typedef enum {
  PROPAGATE_REFLECTING, /* a jump out of the stack does not take place */
  PROPAGATE_ABSORBING   /* who jumps out is gone */
} propagate_end;

/* LISI_ERR_UNSUPPORTED above 2e7 products. nlayers layers along the first cell vector; jumps along the others must not
 * matter (layers.h makes such networks). */
LISI_MUST_CHECK lisi_status propagate_stack(const network *line, const double *pi, int nlayers, propagate_end ends,
                                            const propagate_job *job, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
