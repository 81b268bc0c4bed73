/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rotate(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

void lisi_rng_seed(lisi_rng *rng, uint64_t seed) {
  for (int k = 0; k < 4; k++) {
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    rng->s[k] = x ^ (x >> 31);
  }
}

void lisi_rng_stream(lisi_rng *rng, uint64_t seed, uint64_t stream) {
  if (stream > 0) { /* a seed that no one gives by hand */
    lisi_rng other;
    lisi_rng_seed(&other, stream);
    seed ^= lisi_rng_next(&other);
  }
  lisi_rng_seed(rng, seed);
}

uint64_t lisi_rng_next(lisi_rng *rng) {
  uint64_t *s = rng->s;
  const uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double lisi_rng_uniform(lisi_rng *rng) {
  return (double)(lisi_rng_next(rng) >> 11) * 0x1p-53;
}

int lisi_rng_below(lisi_rng *rng, int n) {
  const uint64_t range = (uint64_t)n, limit = UINT64_MAX - UINT64_MAX % range;
  uint64_t x;
  do
    x = lisi_rng_next(rng);
  while (x >= limit);
  return (int)(x % range);
}

void bootstrap_weights(lisi_rng *rng, int nparts, double *weight) {
  memset(weight, 0, (size_t)nparts * sizeof *weight);
  for (int k = 0; k < nparts; k++)
    weight[lisi_rng_below(rng, nparts)] += 1.0;
}

static int rising(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double percentile(const double *sorted, int m, double p) {
  const double place = p * (m - 1);
  const int k = (int)floor(place);
  if (k >= m - 1)
    return sorted[m - 1];
  const double f = place - k;
  if (f <= 0.0 || sorted[k] == sorted[k + 1])
    return sorted[k]; /* also keeps inf - inf out */
  return sorted[k] + f * (sorted[k + 1] - sorted[k]);
}

void bootstrap_percentiles(int n, double *sample, double level, double *lo, double *hi) {
  int m = 0;
  for (int k = 0; k < n; k++) {
    if (!isnan(sample[k]))
      sample[m++] = sample[k];
  }
  for (int k = m; k < n; k++)
    sample[k] = NAN; /* so that it can be asked again */
  *lo = *hi = NAN;
  if (m == 0 || 2 * m < n)
    return;
  qsort(sample, (size_t)m, sizeof *sample, rising);
  *lo = percentile(sample, m, 0.5 * (1.0 - level));
  *hi = percentile(sample, m, 0.5 * (1.0 + level));
}

double bootstrap_expanded_level(double level, int nparts) {
  if (nparts < 2 || !(level > 0.0 && level < 1.0))
    return level;
  double lo = 0.0, hi = 40.0; /* z with P(|normal| < z) = level */
  for (int k = 0; k < 100; k++) {
    const double middle = 0.5 * (lo + hi);
    if (erf(middle * M_SQRT1_2) < level)
      lo = middle;
    else
      hi = middle;
  }
  /* the same quantile of Student's t (Abramowitz and Stegun 26.7.5), for the spread of nparts parts about their own
   * mean */
  const double z = lo, z2 = z * z, nu = nparts - 1.0;
  const double t = z * (1.0 + (z2 + 1.0) / (4.0 * nu) + ((5.0 * z2 + 16.0) * z2 + 3.0) / (96.0 * nu * nu) +
                        (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / (384.0 * nu * nu * nu));
  return erf(t * sqrt(nparts / nu) * M_SQRT1_2);
}
