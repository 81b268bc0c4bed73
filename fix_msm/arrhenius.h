/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrhenius' law, value = prefactor exp(-Ea / k_B T), fitted to values at several temperatures: weighted least squares
 * of ln value against 1/k_B T, solved exactly, with its covariance. */
#ifndef LISI_ARRHENIUS_H
#define LISI_ARRHENIUS_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARRHENIUS_KB 8.617333262145179e-5 /* eV/K (SI 2019, exact) */

typedef struct {
  double T;      /* K, > 0 */
  double value;  /* > 0 */
  double lo, hi; /* its 95 % interval; NaN: not known */
} arrhenius_point;

typedef struct {
  int n, dof;              /* points; n - 2 */
  bool weighted;           /* every point has an interval; else all count alike and errors come from the scatter */
  bool has_ci;             /* unweighted points on a line through two of them tell no errors */
  double Ea, Ea_lo, Ea_hi; /* eV */
  double prefactor, prefactor_lo, prefactor_hi; /* in the unit of the values */
  double chi2, p;    /* weighted, dof > 0: sum of squared deviations over errors, and the chance of more; else NaN */
  double T_lo, T_hi; /* range of the points, K */
  /* ln value = level + slope (1/k_B T - x), uncorrelated errors; quantile: of their interval */
  double x, level, slope, level_error, slope_error, quantile;
} arrhenius_fit;

/* Intervals are taken for normal in ln value: error = (ln hi - ln lo) / 3.92; where lo <= 0, (ln hi - ln value) / 1.96.
 * LISI_ERR_INPUT: fewer than two temperatures, a value or T that is not positive, hi < value or lo > value. */
LISI_MUST_CHECK lisi_status arrhenius_solve(int n, const arrhenius_point *point, arrhenius_fit *fit, lisi_error *err);
/* The fitted value at T, and its 95 % interval (NaN without). */
void arrhenius_at(const arrhenius_fit *fit, double T, double *value, double *lo, double *hi);

/* P(chi^2 with dof degrees of freedom > x). */
double arrhenius_chi2_p(double x, int dof);

#ifdef __cplusplus
}
#endif
#endif
