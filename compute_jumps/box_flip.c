/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "box_flip.h"

#include <math.h>
#include <string.h>

/* Whole numbers beyond this are no flip but another box. */
static const double most = 1000.0;
static const double breathes = 0.25;

static long long determinant(const int M[3][3]) {
  long long sum = 0;
  for (int k = 0; k < 3; k++) {
    const int a = (k + 1) % 3, b = (k + 2) % 3;
    sum += (long long)M[0][k] * ((long long)M[1][a] * M[2][b] - (long long)M[1][b] * M[2][a]);
  }
  return sum;
}

bool box_flip_find(const double H[3][3], const lattice *now, int whole[3][3]) {
  int M[3][3];
  bool fits = true;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      double m = 0.0;
      for (int c = 0; c < 3; c++)
        m += H[i][c] * now->inv[c][k];
      const double nearest = fabs(m) <= most ? rint(m) : 0.0;
      M[i][k] = (int)nearest;
      if (!(fabs(m - nearest) <= breathes))
        fits = false;
    }
  if (whole != NULL)
    memcpy(whole, M, sizeof M);
  const long long d = determinant(M);
  return fits && (d == 1 || d == -1);
}

bool box_flip_is_none(const int M[3][3]) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      if (M[i][k] != (i == k))
        return false;
  return true;
}

lisi_status box_flip_undo(const int M[3][3], lattice *box, int n, double (*f)[3], lisi_error *err) {
  double H[3][3];
  for (int i = 0; i < 3; i++)
    for (int c = 0; c < 3; c++)
      H[i][c] = M[i][0] * box->H[0][c] + M[i][1] * box->H[1][c] + M[i][2] * box->H[2][c];
  double origin[3];
  memcpy(origin, box->origin, sizeof origin);
  const lisi_status status = lattice_from_rows(H, box, err);
  if (status != LISI_OK)
    return status;
  memcpy(box->origin, origin, sizeof origin);
  /* The inverse of a whole matrix of determinant +-1 is whole: cofactors times the determinant. */
  double inverse[3][3];
  const double d = (double)determinant(M);
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      const int a = (k + 1) % 3, b = (k + 2) % 3, p = (i + 1) % 3, q = (i + 2) % 3;
      inverse[i][k] = d * (double)((long long)M[a][p] * M[b][q] - (long long)M[a][q] * M[b][p]);
    }
  for (int j = 0; j < n; j++) {
    double g[3];
    for (int k = 0; k < 3; k++)
      g[k] = f[j][0] * inverse[0][k] + f[j][1] * inverse[1][k] + f[j][2] * inverse[2][k];
    memcpy(f[j], g, sizeof g);
  }
  return LISI_OK;
}
