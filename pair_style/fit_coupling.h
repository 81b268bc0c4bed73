/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generalised Clebsch-Gordan coupling: the linearly independent rotation invariants of a product A_1 A_2 ... A_nu with
 * angular momenta l_1 .. l_nu (Dusson et al., JCP 454, 110946 (2022), section 3; Drautz, PRB 99, 014104 (2019), eq.
 * 28). */
#ifndef LISI_FIT_COUPLING_H
#define LISI_FIT_COUPLING_H

#include "lisi_status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FIT_MAX_ORDER = 6, FIT_MAX_L = 12 };

/* Invariant b is sum_c coef[b * nms + c] Re prod_t A_{t, ms[c * order + t]}. */
typedef struct {
  int order, nms, ninv;
  int8_t *ms;   /* [nms][order], every row sums to 0 */
  double *coef; /* [ninv][nms] */
} fit_coupling;

/* Clebsch-Gordan coefficient <l1 m1 l2 m2 | L M>, Condon-Shortley phase (Racah's formula); 0 where the triangle or M =
 * m1 + m2 is violated. */
double fit_clebsch_gordan(int l1, int m1, int l2, int m2, int L, int M);

/* Couplings for l[order]. channel[order] are numbers of the radial-species channels; factors with equal l and equal
 * channel are the same A, so products that differ by their exchange are merged, as are a product and its complex
 * conjugate (all m negated: the same real part), and what becomes linearly dependent is removed by SVD. Rows of coef
 * are orthonormal in the norm of the uncontracted, symmetrised tensor. The sum of l must be even (the real, parity-even
 * invariants); ninv may be 0. Free with fit_coupling_free. */
LISI_MUST_CHECK lisi_status fit_coupling_make(int order, const int *l, const int *channel, fit_coupling *out,
                                              lisi_error *err);
void fit_coupling_free(fit_coupling *coupling);

#ifdef __cplusplus
}
#endif
#endif
