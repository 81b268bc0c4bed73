/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The products of one central element, compiled: rho_p = sum of c_p Re(A A ... A) over all functions becomes a graph of
 * shared complex products and a sum over pairs of its nodes. Equal products of different functions are merged, a
 * product and its complex conjugate are one, and inner products are shared. */
#ifndef LISI_ACE_PRODUCT_H
#define LISI_ACE_PRODUCT_H

#include "lisi_status.h"

#include <stdint.h>

/* A factor is a node number times two, plus one where its complex conjugate is meant. */
typedef struct {
  int ndensity;
  uint32_t nvar;   /* nodes 0 .. nvar-1 are the A_{mu n l m} with m >= 0 */
  uint32_t nnode;  /* nodes nvar .. nnode-1 are products */
  uint32_t *x, *y; /* [nnode - nvar] node k = x * (y / 2), conjugated where y is odd; x, y/2 < k */
  uint32_t ngroup; /* rho += Re(P * sum_Q c Q): one group for each P */
  uint32_t *group; /* [ngroup] the node P */
  uint32_t *first; /* [2 * ngroup + 1] terms first[2g] .. first[2g+1]-1 take Q as it is, first[2g+1] .. first[2g+2]-1
                      its conjugate */
  uint32_t nterm;
  uint32_t *term; /* [nterm] the node Q */
  double *coef;   /* [nterm][ndensity] */
  uint32_t nlinear;
  uint32_t *linear;    /* [nlinear] the variable of a rank-1 term */
  double *linear_coef; /* [nlinear][ndensity] */
} ace_product;

/* One term before it is compiled: c_p Re(prod of factors), the factors being variables (2 * variable + conjugated). */
typedef struct {
  int rank;
  uint32_t factor[6];
  double c[8];
} ace_monomial;

/* Compiles `n` monomials (the array is sorted and merged in place). real[nvar] tells which variables have no imaginary
 * part. */
LISI_MUST_CHECK lisi_status ace_product_compile(ace_monomial *monomial, size_t n, int ndensity, uint32_t nvar,
                                                const unsigned char *real, ace_product *out, lisi_error *err);
void ace_product_clear(ace_product *product);

#endif
