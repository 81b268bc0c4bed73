/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spherical harmonics on the unit sphere by recursion, without angles and so without poles: Y_lm = Q_lm(z) (x + i y)^m,
 * with Q_lm a polynomial in z: Q_mm = (-1)^m sqrt((2m+1)!!/(2m)!!), Q_{l+1,m} from Q_lm and Q_{l-1,m}, and dQ_lm/dz =
 * -sqrt((l-m)(l+m+1)) Q_{l,m+1} (Condon-Shortley sign). */
#include "ace_ylm.h"

#include <math.h>
#include <stddef.h>

void ace_ylm(int lmax, const double u[3], double *re, double *im, double (*dre)[3], double (*dim)[3]) {
  const double x = u[0], y = u[1], z = u[2];
  /* Q into re */
  double qmm = 1.0;
  for (int m = 0; m <= lmax; m++) {
    if (m > 0)
      qmm *= -sqrt((2.0 * m + 1.0) / (2.0 * m));
    re[ace_lm(m, m)] = qmm;
    for (int l = m + 1; l <= lmax; l++) {
      const double n = (double)l * l - (double)m * m, a = sqrt((4.0 * l * l - 1.0) / n);
      double q = a * z * re[ace_lm(l - 1, m)];
      if (l - 2 >= m) {
        const double n1 = (double)(l - 1) * (l - 1) - (double)m * m;
        q -= a * sqrt(n1 / (4.0 * (l - 1) * (l - 1) - 1.0)) * re[ace_lm(l - 2, m)];
      }
      re[ace_lm(l, m)] = q;
    }
  }
  /* times (x + i y)^m; e is that power, f the one before */
  double er = 1.0, ei = 0.0, fr = 0.0, fi = 0.0;
  for (int m = 0; m <= lmax; m++) {
    for (int l = m; l <= lmax; l++) {
      const int k = ace_lm(l, m);
      const double q = re[k];
      if (dre != NULL) {
        /* Q_{l,m+1} is still in place: columns are finished from m = 0 on */
        const double dq = m < l ? -sqrt((double)(l - m) * (l + m + 1)) * re[ace_lm(l, m + 1)] : 0.0;
        const double gr[3] = {m * q * fr, -m * q * fi, dq * er}, gi[3] = {m * q * fi, m * q * fr, dq * ei};
        const double nr = gr[0] * x + gr[1] * y + gr[2] * z, ni = gi[0] * x + gi[1] * y + gi[2] * z;
        for (int d = 0; d < 3; d++) {
          dre[k][d] = gr[d] - nr * u[d];
          dim[k][d] = gi[d] - ni * u[d];
        }
      }
      re[k] = q * er;
      im[k] = q * ei;
    }
    fr = er, fi = ei;
    er = x * fr - y * fi;
    ei = x * fi + y * fr;
  }
}
