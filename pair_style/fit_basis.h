/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linear basis of a fit: the functions that a recipe selects, with their couplings, and the way back from
 * coefficients to a .yace model. */
#ifndef LISI_FIT_BASIS_H
#define LISI_FIT_BASIS_H

#include "fit_recipe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One multiset {(mu, n, l)} on one central element, and its ninv independent invariants, which are columns column ..
 * column + ninv - 1. */
typedef struct {
  int mu0, order;
  int mus[FIT_MAX_ORDER], ns[FIT_MAX_ORDER], ls[FIT_MAX_ORDER];
  fit_coupling coupling;
  int column;
} fit_block;

typedef struct {
  int nelements;
  char element[ACE_MAX_ELEMENTS][4];
  double E0[ACE_MAX_ELEMENTS];
  ace_bond *bond; /* [nelements][nelements], complete */
  int nmax, lmax; /* of R_nl, orders >= 2 */
  int nblocks, room;
  fit_block *block; /* grouped by mu0, those of the extrapolation grade first */
  int ncolumns;
  int ngraded[ACE_MAX_ELEMENTS]; /* functions of an element, the first of it, that the extrapolation grade is of */
  double *gamma; /* [ncolumns] the prior's stiffness: (1 + prior_n sum (n - 1) + prior_l sum l + prior_order (order -
                    1))^prior_power; order 1 has l = 0 */
  double cutoff; /* the largest, Angstrom */
  int ndensity;  /* E_i = E0 + sum_p w_p F(rho_p; m_p), rho_p = sum_b c_pb B_b; 1: linear */
  double fs[2 * ACE_MAX_DENSITY]; /* w_p, m_p */
  ace_embedding_kind embedding;
} fit_basis;

LISI_MUST_CHECK lisi_status fit_basis_make(const fit_recipe *recipe, fit_basis **basis, lisi_error *err);
void fit_basis_free(fit_basis *basis);

/* coefficient[ndensity][ncolumns] -> a model that any reader of .yace understands; one ace_function per block. meta is
 * left empty. Free with ace_model_free. */
LISI_MUST_CHECK lisi_status fit_basis_model(const fit_basis *basis, const double *coefficient, ace_model **model,
                                            lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
