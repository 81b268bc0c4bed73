/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plateau.h"

#include <math.h>
#include <string.h>

/* The weighted straight line through D against 1/tau over the lags of the plateau, at 1/tau = 0. `sample` < 0: the
 * values themselves. */
static double intercept(const lag_curve *D, int from, int to, const double *weight, int kind, int sample) {
  double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (int k = from; k <= to; k++) {
    const double y = sample < 0 ? D->value[k] : D->sample[kind][(size_t)k * (size_t)D->nsamples[kind] + (size_t)sample];
    const double x = D->lag[from] / D->lag[k], w = weight[k - from];
    if (!(w > 0.0))
      continue;
    s += w;
    sx += w * x;
    sy += w * y;
    sxx += w * x * x;
    sxy += w * x * y;
  }
  const double det = s * sxx - sx * sx;
  return det > 1e-12 * s * sxx ? (sxx * sy - sx * sxy) / det : NAN;
}

enum { MOST = 256 };

static void extrapolate(const lag_curve *D, plateau_result *r) {
  double weight[MOST];
  const int n = r->to - r->from + 1;
  for (int k = 0; k < n; k++) {
    const double e = lag_curve_error(D, r->from + k);
    weight[k] = lag_curve_known(D, r->from + k) && e > 0.0 ? 1.0 / (e * e) : 0.0;
  }
  r->limit = intercept(D, r->from, r->to, weight, 0, -1);
  for (int kind = 0; kind < 2; kind++) {
    double sum = 0.0, squares = 0.0;
    int m = 0;
    for (int b = 0; b < D->nsamples[kind]; b++) {
      const double x = intercept(D, r->from, r->to, weight, kind, b) - r->limit;
      if (isfinite(x)) {
        sum += x;
        squares += x * x;
        m++;
      }
    }
    int parts = 0; /* the fewest that an extrapolated lag has */
    for (int k = r->from; k <= r->to && m > 1; k++)
      if (weight[k - r->from] > 0.0 && (parts == 0 || D->nparts[kind][k] < parts))
        parts = D->nparts[kind][k];
    if (parts < 2)
      continue;
    const double error = lag_widening(parts) * sqrt(fmax(squares - sum * sum / m, 0.0) / (m - 1));
    if (isfinite(error) && !(error <= r->error))
      r->error = error;
  }
}

lisi_status plateau_find(const lag_curve *D, const double *lo, const double *hi, int first, int instead,
                         plateau_result *r, lisi_error *err) {
  *r = (plateau_result){.value = NAN, .lo = NAN, .hi = NAN, .limit = NAN, .error = NAN, .p = NAN};
  if (D->nlags < 1)
    return LISI_OK;
  int last = D->nlags - 1;
  while (last >= 0 && !lag_curve_known(D, last))
    last--;
  for (int from = first; from < last && !r->found; from++) {
    lag_run run;
    if (!lag_curve_known(D, from))
      continue;
    const lisi_status status = lag_run_test(1, D, from, last, &run, err);
    if (status != LISI_OK)
      return status;
    r->found = run.p >= MARKOV_LEVEL;
    r->from = from;
    r->to = last;
    r->p = run.p;
  }
  if (!r->found) {
    r->from = r->to = instead;
    r->p = NAN;
  }
  r->value = D->value[r->from];
  r->lo = lo[r->from];
  r->hi = hi[r->from];
  if (r->found && r->to - r->from + 1 <= MOST)
    extrapolate(D, r);
  if (isfinite(r->limit) && isfinite(r->error)) {
    if (!(r->lo <= r->limit - 1.96 * r->error))
      r->lo = fmax(r->limit - 1.96 * r->error, 0.0);
    if (!(r->hi >= r->limit + 1.96 * r->error))
      r->hi = r->limit + 1.96 * r->error;
  }
  return LISI_OK;
}
