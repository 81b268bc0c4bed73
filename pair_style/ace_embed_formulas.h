/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The embedding functions, for the C core (callers use ace_embed.h) and for the kernels in Kokkos; see
 * ace_radial_formulas.h. */
#ifndef LISI_ACE_EMBED_FORMULAS_H
#define LISI_ACE_EMBED_FORMULAS_H

#include "ace_model.h"
#include "ace_shared.h"

#include <math.h>

LISI_SHARED double formula_finnis_sinclair(double m, double rho, double *derivative) {
  const double s = 1e6, y = fabs(rho), slope = pow(s, 1.0 - m);
  if (y <= 1e-10) {
    *derivative = slope;
    return slope * rho;
  }
  const double z = s * y, g = exp(-z * z * z), dg = -3.0 * s * z * z * g;
  const double p = pow(y, m), dp = m * p / y;
  *derivative = (1.0 - g) * dp - dg * p + slope * (g + dg * y);
  return copysign((1.0 - g) * p + slope * g * y, rho);
}

LISI_SHARED double formula_shifted_scaled(double m, double rho, double *derivative) {
  const double y = fabs(rho), n = 1.0 / m, e = exp(-y);
  const double X = pow(n, n / (1.0 - n)) * e, Y = pow(n, 1.0 / (1.0 - n)) * e;
  const double p = pow(X + y, m);
  *derivative = m * p / (X + y) * (1.0 - X) + Y;
  return copysign(p - Y, rho);
}

LISI_SHARED double formula_embed(ace_embedding_kind kind, double m, double rho, double *derivative) {
  if (m == 1.0) {
    *derivative = 1.0;
    return rho;
  }
  return kind == ACE_FINNIS_SINCLAIR ? formula_finnis_sinclair(m, rho, derivative)
                                     : formula_shifted_scaled(m, rho, derivative);
}

#endif
