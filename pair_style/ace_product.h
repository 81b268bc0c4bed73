/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The products of one central element, compiled: rho_p = sum of c_p Re(A A ... A) over all functions becomes a graph of
 * shared complex products and a sum over pairs of its nodes. Equal products of different functions are merged, a
 * product and its complex conjugate are one, and inner products are shared.
 *
 * rho_p = sum over groups of Re(P sum_Q c_p Q). P, the group's leader, is a value that is kept, or a product that
 * nothing else needs and that is made on the spot. What is of one kind stands together, so that loops run straight. */
#ifndef LISI_ACE_PRODUCT_H
#define LISI_ACE_PRODUCT_H

#include "lisi_status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a product is made; real factors and results have no imaginary part and take one place, complex ones two. */
typedef enum {
  ACE_VALUE,      /* (leaders only) the value at x itself */
  ACE_REAL_VALUE, /* the same, real */
  ACE_RR,         /* real x times real y: real */
  ACE_RC,         /* real x times complex y */
  ACE_CC,         /* complex x times complex y */
  ACE_CJ,         /* x times the conjugate of y */
  ACE_ABS         /* x times its own conjugate: real */
} ace_product_kind;

/* `count` products, or leaders of groups, of one kind, which follow each other. */
typedef struct {
  ace_product_kind kind;
  uint32_t count;
  uint32_t terms;   /* leaders: terms of each group, */
  uint32_t variety; /* all of 0: Re P Re Q (P or Q is real), 1: P Q, or 2: P times the conjugate of Q */
} ace_run;

typedef struct {
  int ndensity;
  uint32_t nvar;  /* the A_{mu n l m} with m >= 0, */
  uint32_t nreal; /* of which so many are real */
  uint32_t vars;  /* places they take: value[0 .. vars-1] */
  uint32_t size;  /* places of all values that are kept */
  uint32_t nrun;  /* products that are kept, in an order in which each follows its factors */
  ace_run *run;
  uint32_t nkept;
  uint32_t *x, *y, *z; /* [nkept] places of the factors and of the product */
  uint32_t ngrouprun;
  ace_run *grouprun;
  uint32_t ngroup;
  uint32_t *gx, *gy; /* [ngroup] places of the leader's factors */
  uint32_t nterm;
  uint32_t *term; /* [nterm] place of Q, in the order of the groups */
  double *coef;   /* [nterm][ndensity] */
  uint32_t nlinear;
  uint32_t *linear;    /* [nlinear] place of the variable of a rank-1 term, all of them real */
  double *linear_coef; /* [nlinear][ndensity] */
} ace_product;

/* One term before it is compiled: c_p Re(prod of factors), a factor being a variable's number times two, plus one where
 * its complex conjugate is meant. */
typedef struct {
  int rank;
  uint32_t factor[6];
  double c[8];
} ace_monomial;

/* Compiles `n` monomials (the array is sorted and merged in place). real[nvar] tells which variables have no imaginary
 * part; the variables take their places in the order of their numbers. */
LISI_MUST_CHECK lisi_status ace_product_compile(ace_monomial *monomial, size_t n, int ndensity, uint32_t nvar,
                                                const unsigned char *real, ace_product *out, lisi_error *err);
/* Multiplies all places by `lanes`, so that they count doubles and not vectors. */
void ace_product_scale(ace_product *product, uint32_t lanes);
void ace_product_clear(ace_product *product);

#ifdef __cplusplus
}
#endif
#endif
