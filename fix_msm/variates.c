/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "variates.h"

#include <math.h>

/* (0, 1]: a logarithm can be taken of it. */
static double above_zero(lisi_rng *rng) {
  return 1.0 - lisi_rng_uniform(rng);
}

double lisi_rng_normal(lisi_rng *rng) {
  const double radius = sqrt(-2.0 * log(above_zero(rng)));
  return radius * cos(2.0 * M_PI * lisi_rng_uniform(rng));
}

double lisi_rng_log_gamma(lisi_rng *rng, double shape) {
  double less = 0.0;
  if (shape < 1.0) {
    less = log(above_zero(rng)) / shape;
    shape += 1.0;
  }
  const double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
  for (;;) {
    const double x = lisi_rng_normal(rng), root = 1.0 + c * x;
    if (root <= 0.0)
      continue;
    const double v = root * root * root, u = above_zero(rng);
    if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
      return log(d * v) + less;
  }
}
