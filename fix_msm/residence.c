/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "residence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_length(const void *a, const void *b) {
  const residence_stay *x = a, *y = b;
  return x->length != y->length ? (x->length > y->length) - (x->length < y->length) : y->ended - x->ended;
}

void residence_curve_free(residence_curve *curve) {
  free(curve->point);
  memset(curve, 0, sizeof *curve);
}

/* The bounds of a point by the log(-log) transformation, which keeps them within [0, 1]. */
static double bound(const residence_point *p, double z) {
  if (!(p->survival > 0.0 && p->survival < 1.0))
    return p->survival;
  const double l = log(p->survival), se = p->se / (p->survival * fabs(l));
  return exp(l * exp(z * se));
}

static double first_below(const residence_curve *c, double z) {
  for (size_t k = 0; k < c->n; k++)
    if (bound(&c->point[k], z) <= 0.5)
      return (double)c->point[k].t;
  return INFINITY;
}

/* Area under the curve up to the horizon, and its variance: sum of (area to the right)^2 d / (n (n - d)). */
static void restricted_mean(residence_curve *c, const size_t *ended) {
  double area = 0.0, variance = 0.0;
  for (size_t k = c->n; k-- > 0;) {
    const double to = k + 1 < c->n ? (double)c->point[k + 1].t : (double)c->horizon;
    area += c->point[k].survival * (to - (double)c->point[k].t);
    const double n = (double)c->point[k].at_risk, d = (double)ended[k];
    if (n > d)
      variance += area * area * d / (n * (n - d));
  }
  c->mean_to_horizon = area + (double)(c->n > 0 ? c->point[0].t : c->horizon);
  c->mean_se = sqrt(variance);
}

lisi_status residence_estimate(size_t n, residence_stay *stay, residence_curve *curve, lisi_error *err) {
  memset(curve, 0, sizeof *curve);
  curve->median = curve->median_hi = INFINITY;
  curve->nstays = n;
  if (n == 0)
    return LISI_OK;
  qsort(stay, n, sizeof *stay, by_length);
  curve->horizon = stay[n - 1].length;
  curve->point = malloc(n * sizeof *curve->point);
  size_t *ended = malloc(n * sizeof *ended);
  if (curve->point == NULL || ended == NULL) {
    free(ended);
    residence_curve_free(curve);
    return lisi_no_memory(err, n * sizeof *curve->point);
  }
  double survival = 1.0, greenwood = 0.0;
  for (size_t k = 0; k < n;) {
    const size_t at_risk = n - k;
    const long long t = stay[k].length;
    size_t d = 0;
    for (; k < n && stay[k].length == t; k++)
      d += stay[k].ended;
    if (d == 0)
      continue;
    const double m = (double)at_risk, e = (double)d;
    survival *= (m - e) / m;
    greenwood += at_risk > d ? e / (m * (m - e)) : 0.0;
    ended[curve->n] = d;
    curve->point[curve->n++] = (residence_point){t, survival, survival * sqrt(greenwood), at_risk};
    curve->nended += d;
  }
  const double z = 1.959963984540054;
  curve->median = first_below(curve, 0.0);
  curve->median_lo = first_below(curve, z);
  curve->median_hi = first_below(curve, -z);
  restricted_mean(curve, ended);
  free(ended);
  return LISI_OK;
}
