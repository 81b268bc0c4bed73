/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arrhenius.h"

#include "ck.h"

#include <math.h>

#define NORMAL 1.959963984540054 /* 97.5 % quantile */

double arrhenius_chi2_p(double x, int dof) {
  if (!(x > 0) || dof < 1)
    return 1.0;
  const double y = 0.5 * x;
  /* a finite sum for whole numbers: from a = 1/2 or 1 up in steps of one */
  double sum = dof % 2 ? erfc(sqrt(y)) : exp(-y);
  for (double a = dof % 2 ? 0.5 : 1.0; a < 0.5 * dof; a += 1.0)
    sum += exp(a * log(y) - y - lgamma(a + 1.0));
  return fmin(sum, 1.0);
}

static double student_quantile(int dof) {
  double lo = 0.0, hi = 1e4;
  for (int k = 0; k < 100; k++) {
    const double middle = 0.5 * (lo + hi);
    if (ck_student_p(middle, dof) > 0.05)
      lo = middle;
    else
      hi = middle;
  }
  return hi;
}

/* Standard error of ln value; 0: not known. */
static double log_error(const arrhenius_point *p) {
  if (!isfinite(p->hi) || isnan(p->lo) || !(p->hi > 0))
    return 0.0;
  return p->lo > 0 ? (log(p->hi) - log(p->lo)) / (2 * NORMAL) : (log(p->hi) - log(p->value)) / NORMAL;
}

lisi_status arrhenius_solve(int n, const arrhenius_point *point, arrhenius_fit *fit, lisi_error *err) {
  *fit = (arrhenius_fit){.n = n, .dof = n - 2, .weighted = n > 0, .T_lo = INFINITY, .T_hi = -INFINITY};
  for (int k = 0; k < n; k++) {
    const arrhenius_point *p = &point[k];
    if (!(p->T > 0) || !isfinite(p->T) || !(p->value > 0) || !isfinite(p->value))
      return lisi_fail(err, LISI_ERR_INPUT, "expected a temperature and a value above 0, found %g at %g K", p->value,
                       p->T);
    if (p->hi < p->value || p->lo > p->value)
      return lisi_fail(err, LISI_ERR_INPUT, "the interval [%g, %g] at %g K does not hold its value %g", p->lo, p->hi,
                       p->T, p->value);
    fit->T_lo = fmin(fit->T_lo, p->T);
    fit->T_hi = fmax(fit->T_hi, p->T);
    fit->weighted = fit->weighted && log_error(p) > 0;
  }
  if (n < 2 || !(fit->T_hi > fit->T_lo * (1 + 1e-9)))
    return lisi_fail(err, LISI_ERR_INPUT, "expected at least two temperatures");
  double weights = 0, mx = 0, my = 0, sxx = 0, sxy = 0;
  for (int k = 0; k < n; k++) {
    const double e = log_error(&point[k]), w = fit->weighted ? 1 / (e * e) : 1;
    weights += w;
    mx += w / (ARRHENIUS_KB * point[k].T);
    my += w * log(point[k].value);
  }
  fit->x = mx / weights;
  fit->level = my / weights;
  for (int k = 0; k < n; k++) {
    const double e = log_error(&point[k]), w = fit->weighted ? 1 / (e * e) : 1;
    const double dx = 1 / (ARRHENIUS_KB * point[k].T) - fit->x;
    sxx += w * dx * dx;
    sxy += w * dx * (log(point[k].value) - fit->level);
  }
  fit->slope = sxy / sxx;
  double squares = 0;
  for (int k = 0; k < n; k++) {
    const double e = log_error(&point[k]), w = fit->weighted ? 1 / (e * e) : 1;
    const double off = log(point[k].value) - fit->level - fit->slope * (1 / (ARRHENIUS_KB * point[k].T) - fit->x);
    squares += w * off * off;
  }
  fit->chi2 = fit->p = NAN;
  double scale = 1;
  fit->quantile = NORMAL;
  fit->has_ci = fit->weighted || fit->dof > 0;
  if (fit->weighted && fit->dof > 0) {
    fit->chi2 = squares;
    fit->p = arrhenius_chi2_p(squares, fit->dof);
  } else if (!fit->weighted && fit->dof > 0) {
    scale = sqrt(squares / fit->dof);
    fit->quantile = student_quantile(fit->dof);
  } else if (!fit->weighted) {
    scale = NAN;
  }
  fit->level_error = scale / sqrt(weights);
  fit->slope_error = scale / sqrt(sxx);
  fit->Ea = -fit->slope;
  fit->Ea_lo = fit->Ea - fit->quantile * fit->slope_error;
  fit->Ea_hi = fit->Ea + fit->quantile * fit->slope_error;
  const double constant = fit->level - fit->slope * fit->x;
  const double error = fit->quantile * hypot(fit->level_error, fit->slope_error * fit->x);
  fit->prefactor = exp(constant);
  fit->prefactor_lo = exp(constant - error);
  fit->prefactor_hi = exp(constant + error);
  return LISI_OK;
}

void arrhenius_at(const arrhenius_fit *fit, double T, double *value, double *lo, double *hi) {
  const double dx = 1 / (ARRHENIUS_KB * T) - fit->x, y = fit->level + fit->slope * dx;
  const double error = fit->quantile * hypot(fit->level_error, fit->slope_error * dx);
  *value = exp(y);
  *lo = exp(y - error);
  *hi = exp(y + error);
}
