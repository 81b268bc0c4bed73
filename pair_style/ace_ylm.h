/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Complex spherical harmonics as ACE uses them: Condon-Shortley phase, times sqrt(4 pi), so that Y_00 = 1, Y_10 =
 * sqrt(3) z, Y_11 = -sqrt(3/2) (x + i y); Y_{l,-m} = (-1)^m conj(Y_lm), so only m >= 0 is kept. */
#ifndef LISI_ACE_YLM_H
#define LISI_ACE_YLM_H

#include "ace_shared.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Index of (l, m), 0 <= m <= l, in the flat arrays below, and their length for l <= lmax. */
LISI_SHARED int ace_lm(int l, int m) {
  return l * (l + 1) / 2 + m;
}
LISI_SHARED int ace_nlm(int lmax) {
  return (lmax + 1) * (lmax + 2) / 2;
}

/* For the unit vector u[3]: re[nlm], im[nlm], and, where dre is not NULL, the tangential gradient on the unit sphere,
 * dre[nlm][3], dim[nlm][3]: the gradient of Y(x/|x|) at x = u, so that d/dr_j of R(r) Y(rhat) = R' Y rhat + (R/r) grad
 * Y. */
void ace_ylm(int lmax, const double u[3], double *re, double *im, double (*dre)[3], double (*dim)[3]);

#ifdef __cplusplus
}
#endif
#endif
