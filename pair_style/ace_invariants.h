/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions B_v of a linear ACE model before they are contracted with its coefficients: what the extrapolation
 * grade and a fine-tuning need and a .yace file no longer holds. E_i = E0 + sum_v c_v B_v(i). */
#ifndef LISI_ACE_INVARIANTS_H
#define LISI_ACE_INVARIANTS_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rotation invariants of one multiset {(mu, n, l)}: B_v = sum_c coef[v][c] Re prod_t A_{mus[t] ns[t] ls[t] m_t},
 * with the m_t of product c; order 1 uses g_k with k = ns[0] directly, as ace_function does. */
typedef struct {
  int order, nms, ninv;
  int mus[ACE_MAX_RANK], ns[ACE_MAX_RANK], ls[ACE_MAX_RANK];
  size_t ms_first;   /* ms[ms_first + c * order + t], c < nms */
  size_t coef_first; /* coef[coef_first + v * nms + c], v < ninv */
} ace_multiset;

/* All functions of one central element, numbered in the order of the multisets. */
typedef struct {
  int nmultisets, ncolumns; /* ncolumns: functions B_v */
  ace_multiset *multiset;   /* [nmultisets] */
  size_t nms_total, ncoef;
  int8_t *ms;   /* [nms_total] */
  double *coef; /* [ncoef] */
} ace_invariants;

void ace_invariants_clear(ace_invariants *inv);

/* The first multisets with ncolumns functions in all, in the arrays of `all` (not to be cleared). Where no multiset
 * ends with that function it has no multisets. */
ace_invariants ace_invariants_first(const ace_invariants *all, int ncolumns);

/* Values of the functions: an ace_bvalues holds flat tables, read-only once made, so that threads share it; an
 * ace_bwork is one thread's scratch, whose size does not depend on the number of neighbours. */
typedef struct ace_bvalues ace_bvalues;
typedef struct ace_bwork ace_bwork;

/* Radial functions come from the bonds of `model`, which may be freed afterwards, as may inv[nelements]. A function
 * that asks for radial functions that a bond does not have is an error that names `name`. */
LISI_MUST_CHECK lisi_status ace_bvalues_create(const ace_model *model, const ace_invariants *inv, const char *name,
                                               ace_bvalues **values, lisi_error *err);
void ace_bvalues_free(ace_bvalues *values);
LISI_MUST_CHECK lisi_status ace_bwork_create(const ace_bvalues *values, ace_bwork **work, lisi_error *err);
void ace_bwork_free(ace_bwork *work);

/* Number of functions of an element, and the largest over all elements. */
int ace_bvalues_count(const ace_bvalues *values, int element);
int ace_bvalues_most(const ace_bvalues *values);

/* B[ace_bvalues_count(element)] of a central atom with nneigh neighbours of elements nelement[] at rij[] from it,
 * Angstrom; neighbours beyond the cut-off contribute nothing. Fails (LISI_ERR_NUMERIC) for two atoms at the same place
 * alone. */
LISI_MUST_CHECK lisi_status ace_bvalues_atom(const ace_bvalues *values, ace_bwork *work, int element, int nneigh,
                                             const int *nelement, const double (*rij)[3], double *B, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
