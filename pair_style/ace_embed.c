/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ace_embed.h"

#include "ace_embed_formulas.h"

#include <math.h>

double ace_embed(ace_embedding_kind kind, double m, double rho, double *derivative) {
  return formula_embed(kind, m, rho, derivative);
}

double ace_embed_curvature(ace_embedding_kind kind, double m, double rho) {
  const double y = fabs(rho);
  if (m == 1.0)
    return 0.0;
  double second;
  if (kind == ACE_FINNIS_SINCLAIR) {
    if (y <= 1e-10)
      return 0.0;
    const double s = 1e6, slope = pow(s, 1.0 - m), z = s * y, g = exp(-z * z * z);
    const double dg = -3.0 * s * z * z * g, ddg = (9.0 * z * z * z - 6.0) * s * s * z * g;
    const double p = pow(y, m), dp = m * p / y, ddp = (m - 1.0) * dp / y;
    second = (1.0 - g) * ddp - 2.0 * dg * dp - ddg * p + slope * (2.0 * dg + ddg * y);
  } else {
    const double n = 1.0 / m, e = exp(-y);
    const double X = pow(n, n / (1.0 - n)) * e, Y = pow(n, 1.0 / (1.0 - n)) * e;
    const double S = X + y, p = m * pow(S, m - 1.0);
    second = (m - 1.0) * p / S * (1.0 - X) * (1.0 - X) + p * X - Y;
  }
  return rho < 0.0 ? -second : second;
}

double ace_embed_all(const ace_species *species, const double *rho, double *derivative) {
  double sum = 0.0;
  for (int p = 0; p < species->ndensity; p++) {
    const double w = species->fs[2 * p];
    sum += w * ace_embed(species->embedding, species->fs[2 * p + 1], rho[p], &derivative[p]);
    derivative[p] *= w;
  }
  return sum;
}
