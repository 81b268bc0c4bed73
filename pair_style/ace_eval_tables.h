/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ace_eval holds: flat tables, read-only once made. For ace_eval*.c alone. Four atoms, or four neighbours, are
 * always handled together (one per lane). */
#ifndef LISI_ACE_EVAL_TABLES_H
#define LISI_ACE_EVAL_TABLES_H

#include "ace_core.h"
#include "ace_model.h"
#include "ace_product.h"

enum {
  ACE_LANES = 4,
  ACE_NLM_MAX = (ACE_MAX_LMAX + 1) * (ACE_MAX_LMAX + 2) / 2,
  ACE_NY_MAX = (ACE_MAX_LMAX + 1) * (ACE_MAX_LMAX + 1)
};

/* Radial functions of an ordered pair: the channels (n, l) that the functions of the central element use, and for l = 0
 * also the bare g_k of rank-1 functions. Channels of one l stand together, each group filled up with zeros to a
 * multiple of four. */
typedef struct {
  ace_inner_kind inner;
  int lmax;                    /* of the channels in use; -1 without any */
  int nch[ACE_MAX_LMAX + 1];   /* channels of this l */
  int npad[ACE_MAX_LMAX + 1];  /* the same, rounded up to a multiple of four */
  int first[ACE_MAX_LMAX + 1]; /* where they start in a row */
  int aoff[ACE_MAX_LMAX + 1];  /* where their A start: A[aoff[l] + c * npad[l] + n], with c = 0 for m = 0, 2m-1 and 2m
                                  for Re and Im of m > 0 */
  int ncol;                    /* length of a row */
  int *source;                 /* [ncol] n * (lmax_bond + 1) + l of R_nl, or -1 - k of g_k, or INT_MIN for filling */
  int nknots;                  /* N: knots at r = 0, h, .., N h = rcut */
  double inv_h, h;
  double rcut2;
  double *table; /* [N + 1][2][ncol] value, and h times the derivative, at each knot; knot 0 is not used */
  double *core;  /* [N + 1][2] the same for the core's pair term (density, distance); NULL without */
  ace_zbl zbl;   /* for the zbl kind, where prehc > 0 */
  ace_bond bond; /* with copies of the arrays */
} ace_pair_table;

/* Recursions of the harmonics: Q_lm = a z Q_{l-1,m} - b Q_{l-2,m}; dQ_lm/dz = d Q_{l,m+1}. Indexed by ace_lm. */
typedef struct {
  double qmm[ACE_MAX_LMAX + 1];
  double a[ACE_NLM_MAX], b[ACE_NLM_MAX], d[ACE_NLM_MAX];
} ace_lm_table;

typedef struct {
  ace_species species; /* embedding alone: functions and couplings are in `product` */
  int nA;              /* reals of all A */
  int *re, *im;        /* [product.nvar] where the variable's parts stand in A; im = -1 where there is none */
  ace_product product;
} ace_central;

struct ace_eval {
  int nelements;
  ace_inner_kind inner;
  double *E0;
  ace_pair_table *pair; /* [nelements][nelements] */
  ace_central *central; /* [nelements] */
  ace_lm_table lm;
  int nA_max, ncol_max;
  uint32_t nnode_max;
};

/* Four neighbours of one atom. A place without a neighbour has source -1 and a harmless direction. */
typedef struct {
  double u[3][ACE_LANES]; /* unit vectors from the central atom */
  double r[ACE_LANES];
  double g[3][ACE_LANES]; /* out: dE/dr_j */
  int source[ACE_LANES];  /* index in the caller's list */
} ace_batch;

/* ---- ace_eval_kernel.c: the loops that take the time ---- */

/* A += sum over the neighbours of R_nl Y_lm. row: scratch of 4 ncol doubles. */
void ace_kernel_gather(const ace_pair_table *t, const ace_lm_table *lm, const ace_batch *batch, int nbatch, double *A,
                       double *row);
/* batch->g = gradient of sum V A, for V = dE/dA laid out as A. rt: scratch of 8 ncol doubles. */
void ace_kernel_scatter(const ace_pair_table *t, const ace_lm_table *lm, ace_batch *batch, int nbatch, const double *V,
                        double *rt);
/* value[node][2][4] of the product nodes from those of the variables. */
void ace_kernel_products(const ace_product *p, double *value);
/* rho[ndensity][4]; for one density also its derivatives, adjoint[node][2][4], which stand at zero before. */
void ace_kernel_densities(const ace_product *p, const double *value, double *rho, double *adjoint);
/* For several densities: adjoint += derivatives of sum_p weight[p][4] rho_p. */
void ace_kernel_weighted(const ace_product *p, const double *value, const double *weight, double *adjoint);
/* Hands the adjoints of the product nodes down to the variables. */
void ace_kernel_reverse(const ace_product *p, const double *value, double *adjoint);

/* A row of radial functions without the table, for r below the first knot: value[ncol] and derivative[ncol]. */
void ace_radial_row(const ace_pair_table *t, double r, double *value, double *derivative);

#endif
