/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transition path theory of a Markov chain (E and Vanden-Eijnden, J. Stat. Phys. 123, 503 (2006); Metzner, Schuette,
 * Vanden-Eijnden, Multiscale Model. Simul. 7, 1192 (2009); Noe et al., PNAS 106, 19011 (2009)): what goes from a set A
 * to a set B without turning back to A, through which states, and how often. Any irreducible chain; detailed balance is
 * not required. X[n][n] is the flux pi_i P_ij, row-major. Fluxes and rates are per lag. */
#ifndef LISI_TPT_H
#define LISI_TPT_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TPT_BETWEEN = 0, TPT_A, TPT_B } tpt_side;

typedef struct {
  int n;
  tpt_side *side;   /* [n] */
  double *forward;  /* [n] committor q+: from here, B is reached before A; 0 in A, 1 in B */
  double *backward; /* [n] q-: on the way here, A was the last visited of the two; 1 in A, 0 in B */
  double *net;      /* [n][n] net reactive flux max(0, f_ij - f_ji), f_ij = q-_i X_ij q+_j */
  double flux;      /* reactive passages A -> B per lag (of one walker) */
  double rate;      /* flux / sum_i pi_i q-_i: passages per lag that is spent coming from A */
} tpt;

/* Errors: LISI_ERR_INPUT when A or B is empty. States from which neither A nor B is reached count as q+ = 0; states
 * that neither leads to as q- = 0 (both only in reducible chains). */
LISI_MUST_CHECK lisi_status tpt_solve(int n, const double *X, const double *pi, const tpt_side *side, tpt *result,
                                      lisi_error *err);
void tpt_free(tpt *result);

/* One pathway from a state of A to one of B and the flux that it carries. */
typedef struct {
  int n, *state; /* [n] */
  double flux;
} tpt_path;

/* Takes the net flux apart into pathways: each time the one whose weakest step is strongest and, before and after that
 * step, again the strongest; its flux is taken off and the next is looked for, until `share` of the total flux is
 * explained or there are `most`. Free with tpt_paths_free. */
LISI_MUST_CHECK lisi_status tpt_paths(const tpt *result, int most, double share, tpt_path **path, int *npaths,
                                      lisi_error *err);
void tpt_paths_free(tpt_path *path, int npaths);

#ifdef __cplusplus
}
#endif
#endif
