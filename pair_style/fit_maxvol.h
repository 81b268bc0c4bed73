/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A square submatrix of largest volume: of many rows those that span most (D-optimality). */
#ifndef LISI_FIT_MAXVOL_H
#define LISI_FIT_MAXVOL_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int rank;        /* of the rows, numerically; below n there is no active set, and the rest is empty */
  int nswaps;      /* that it took */
  double largest;  /* max |b a^-1| over all rows, <= 1 + tolerance */
  int *row;        /* [n] the rows chosen */
  double *inverse; /* [n][n] row after row: of the chosen rows a */
} fit_active;

/* Rows b[m][n], row after row: chooses n of them such that no exchange with one of the others makes |det| larger by
 * more than the factor 1 + tolerance, which is the same as max |b a^-1| <= 1 + tolerance. Starts from the rows that a
 * pivoted QR factorisation takes and exchanges the worst one at a time (Goreinov, Oseledets, Savostyanov,
 * Tyrtyshnikov, Zamarashkin 2010). Same input, same result. Fewer rows than n, or rows that do not span all of
 * n, leave active->rank < n and are no failure. Free with fit_active_free. */
LISI_MUST_CHECK lisi_status fit_maxvol(int m, int n, const double *b, double tolerance, fit_active *active,
                                       lisi_error *err);
void fit_active_free(fit_active *active);

#ifdef __cplusplus
}
#endif
#endif
