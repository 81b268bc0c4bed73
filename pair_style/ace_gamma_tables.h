/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ace_bvalues and an ace_gamma hold: flat tables, read-only once made. For ace_invariants.c, ace_gamma.c and
 * the kernels in Kokkos alone. */
#ifndef LISI_ACE_GAMMA_TABLES_H
#define LISI_ACE_GAMMA_TABLES_H

#include "ace_gamma.h"
#include "ace_invariants.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A multiset: ninv functions, each a sum over the same nms products. */
typedef struct {
  int order, nms, ninv;
  size_t factor_first, coef_first;
} ace_bblock;

typedef struct {
  int nblocks, ncolumns;
  ace_bblock *block;
  uint32_t *factor; /* [nms][order] of each block, one after the other: where the factor stands among A (order 1: among
                       the sums of g_k) */
  double *coef;     /* [ninv][nms] of each block */
} ace_bcentral;

/* A of an atom: [nelements][nmax][(lmax + 1)^2], n, l, m at l^2 + l + m; sums of g_k: [nelements][nbase]. */
struct ace_bvalues {
  int nelements, nmax, lmax, nbase, most;
  ace_inner_kind inner;
  ace_bond *bond;        /* [nelements][nelements] with copies of the arrays */
  ace_bcentral *central; /* [nelements] */
};

/* The active set of one element. */
typedef struct {
  char symbol[4];
  int n, rank, nenvironments;
  ace_inverse inverse;
} ace_active;

struct ace_gamma {
  int nelements;
  ace_bvalues *values;
  ace_active *of; /* [nelements] */
  char *name;     /* of the sidecar */
};

#ifdef __cplusplus
}
#endif
#endif
