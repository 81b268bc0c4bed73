/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The embedding functions F(rho; m) of an ACE model: non-linear in the densities, so that many-body terms beyond the
 * basis' rank come in (Lysogorskiy et al. 2021). */
#ifndef LISI_ACE_EMBED_H
#define LISI_ACE_EMBED_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* F(rho; m) and dF/drho. FinnisSinclair: sign(rho) |rho|^m, made linear below |rho| of about 1e-6 so that the slope
 * stays finite; ShiftedScaled: the same power, shifted by a part that decays as e^{-|rho|}, so that F(0) = 0 with a
 * finite slope. m = 1 is rho itself for both. */
double ace_embed(ace_embedding_kind kind, double m, double rho, double *derivative);

/* d2F/drho2; odd in rho, so it jumps at rho = 0 where m is not 1 (FinnisSinclairShiftedScaled). */
double ace_embed_curvature(ace_embedding_kind kind, double m, double rho);

/* sum_p w_p F(rho_p; m_p), with its derivatives by rho_p in derivative[ndensity]. */
double ace_embed_all(const ace_species *species, const double *rho, double *derivative);

#ifdef __cplusplus
}
#endif
#endif
