/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lattice.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static double dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void rows_times(const int M[3][3], const double H[3][3], double out[3][3]) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      out[i][k] = M[i][0] * H[0][k] + M[i][1] * H[1][k] + M[i][2] * H[2][k];
}

/* Reduced vectors have coefficients up to this; products of two of them fit an int. */
enum { MAX_SKEW = 30000 };

/* row += t * other; false where a coefficient grows beyond MAX_SKEW. */
static bool add_row(int row[3], double t, const int other[3]) {
  for (int k = 0; k < 3; k++) {
    const double sum = row[k] + t * other[k];
    if (!(fabs(sum) <= MAX_SKEW))
      return false;
    row[k] = (int)sum;
  }
  return true;
}

/* Pairwise and triple reduction until no vector gets shorter by adding the others (Semaev's form of Minkowski reduction
 * in three dimensions). False: the cell is too skewed for it. */
static bool reduce(const double H[3][3], int M[3][3], double R[3][3]) {
  memset(M, 0, 9 * sizeof(int));
  for (int i = 0; i < 3; i++)
    M[i][i] = 1;
  for (int round = 0; round < 1000; round++) {
    rows_times(M, H, R);
    bool changed = false;
    for (int i = 0; i < 3 && !changed; i++)
      for (int j = 0; j < 3 && !changed; j++) {
        if (i == j)
          continue;
        const double t = rint(dot(R[i], R[j]) / dot(R[j], R[j]));
        /* Only a real gain counts, so that ties of symmetric cells do not flip for ever. */
        if (t == 0.0)
          continue;
        double v[3];
        for (int k = 0; k < 3; k++)
          v[k] = R[i][k] - t * R[j][k];
        if (dot(v, v) >= dot(R[i], R[i]) * (1.0 - 1e-12))
          continue;
        if (!add_row(M[i], -t, M[j]))
          return false;
        changed = true;
      }
    for (int s = 0; s < 4 && !changed; s++) {
      const int sign[3] = {1, (s & 1) ? -1 : 1, (s & 2) ? -1 : 1};
      double v[3];
      for (int k = 0; k < 3; k++)
        v[k] = R[0][k] + sign[1] * R[1][k] + sign[2] * R[2][k];
      int longest = 0;
      for (int i = 1; i < 3; i++)
        if (dot(R[i], R[i]) > dot(R[longest], R[longest]))
          longest = i;
      if (dot(v, v) >= dot(R[longest], R[longest]) * (1.0 - 1e-12))
        continue;
      for (int i = 0; i < 3; i++) /* v or -v, which are as long */
        if (i != longest && !add_row(M[longest], sign[i] * sign[longest], M[i]))
          return false;
      changed = true;
    }
    if (!changed)
      return true;
  }
  return false;
}

lisi_status lattice_from_rows(const double H[3][3], lattice *cell, lisi_error *err) {
  memset(cell, 0, sizeof *cell);
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      if (!isfinite(H[i][k]))
        return lisi_fail(err, LISI_ERR_INPUT, "cell: expected nine finite numbers, found %g", H[i][k]);
      cell->H[i][k] = H[i][k];
    }
  const double *a = cell->H[0], *b = cell->H[1], *c = cell->H[2];
  const double bc[3] = {b[1] * c[2] - b[2] * c[1], b[2] * c[0] - b[0] * c[2], b[0] * c[1] - b[1] * c[0]};
  const double ca[3] = {c[1] * a[2] - c[2] * a[1], c[2] * a[0] - c[0] * a[2], c[0] * a[1] - c[1] * a[0]};
  const double ab[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  const double det = dot(a, bc), scale = sqrt(dot(a, a) * dot(b, b) * dot(c, c));
  if (!isfinite(det) || !(fabs(det) > 1e-8 * scale) || !(scale < 1e30))
    return lisi_fail(err, LISI_ERR_INPUT,
                     "cell: expected three independent vectors, found a volume of %g A^3 (edges %g, %g, %g A)", det,
                     sqrt(dot(a, a)), sqrt(dot(b, b)), sqrt(dot(c, c)));
  for (int k = 0; k < 3; k++) {
    cell->inv[k][0] = bc[k] / det;
    cell->inv[k][1] = ca[k] / det;
    cell->inv[k][2] = ab[k] / det;
  }
  cell->volume = fabs(det);
  double R[3][3];
  if (!reduce((const double(*)[3])cell->H, cell->reduced, R))
    return lisi_fail(err, LISI_ERR_INPUT, "cell: too skewed (edges %g, %g, %g A, volume %g A^3)", sqrt(dot(a, a)),
                     sqrt(dot(b, b)), sqrt(dot(c, c)), fabs(det));
  /* Of a difference with components in [-1/2, 1/2] of a reduced cell, the nearest image differs from zero by at most
   * one along each vector; two is taken so that a cell that is reduced only to rounding is safe as well. */
  cell->nshift = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int i = -2; i <= 2; i++)
      for (int j = -2; j <= 2; j++)
        for (int k = -2; k <= 2; k++) {
          const bool zero = i == 0 && j == 0 && k == 0;
          if (zero != (pass == 0))
            continue;
          /* A difference f = sum g_k R_k with |g_k| <= 1/2 gets shorter by t only where t.t < 2 t.f, which is at most
           * sum |t.R_k|. */
          double t[3], most = 0.0;
          for (int m = 0; m < 3; m++)
            t[m] = i * R[0][m] + j * R[1][m] + k * R[2][m];
          for (int m = 0; m < 3; m++)
            most += fabs(dot(t, R[m]));
          if (!zero && dot(t, t) > most * (1.0 + 1e-9))
            continue;
          int *shift = cell->shift[cell->nshift++];
          shift[0] = i;
          shift[1] = j;
          shift[2] = k;
        }
  return LISI_OK;
}

/* What LAMMPS adds to the corners of a triclinic box to get the bounding box that dumps print. */
static void bounding_box(const double tilt[3], double below[3], double above[3]) {
  const double xy = tilt[0], xz = tilt[1], yz = tilt[2];
  below[0] = fmin(fmin(0.0, xy), fmin(xz, xy + xz));
  above[0] = fmax(fmax(0.0, xy), fmax(xz, xy + xz));
  below[1] = fmin(0.0, yz);
  above[1] = fmax(0.0, yz);
  below[2] = above[2] = 0.0;
}

lisi_status lattice_from_bounds(const double lo[3], const double hi[3], const double tilt[3], lattice *cell,
                                lisi_error *err) {
  double below[3], above[3], a[3], b[3];
  bounding_box(tilt, below, above);
  for (int k = 0; k < 3; k++) {
    a[k] = lo[k] - below[k];
    b[k] = hi[k] - above[k];
  }
  const double H[3][3] = {{b[0] - a[0], 0.0, 0.0}, {tilt[0], b[1] - a[1], 0.0}, {tilt[1], tilt[2], b[2] - a[2]}};
  const lisi_status status = lattice_from_rows(H, cell, err);
  for (int k = 0; k < 3; k++)
    cell->origin[k] = a[k];
  return status;
}

lisi_status lattice_from_box(const double lo[3], const double hi[3], const double tilt[3], lattice *cell,
                             lisi_error *err) {
  /* By way of the bounding box, worked out in the order that LAMMPS does: a dump prints that, and lo + below - below is
   * not always lo to the last bit. */
  double a[3] = {lo[0], lo[1], lo[2]}, b[3] = {hi[0], hi[1], hi[2]};
  for (int k = 0; k < 2; k++) {
    a[0] = fmin(a[0], a[0] + tilt[k]);
    b[0] = fmax(b[0], b[0] + tilt[k]);
  }
  a[1] = fmin(a[1], a[1] + tilt[2]);
  b[1] = fmax(b[1], b[1] + tilt[2]);
  return lattice_from_bounds(a, b, tilt, cell, err);
}

void lattice_frac(const lattice *cell, const double x[3], double f[3]) {
  const double d[3] = {x[0] - cell->origin[0], x[1] - cell->origin[1], x[2] - cell->origin[2]};
  for (int k = 0; k < 3; k++)
    f[k] = d[0] * cell->inv[0][k] + d[1] * cell->inv[1][k] + d[2] * cell->inv[2][k];
}

void lattice_vector(const lattice *cell, const double f[3], double d[3]) {
  for (int k = 0; k < 3; k++)
    d[k] = f[0] * cell->H[0][k] + f[1] * cell->H[1][k] + f[2] * cell->H[2][k];
}

void lattice_cart(const lattice *cell, const double f[3], double x[3]) {
  lattice_vector(cell, f, x);
  for (int k = 0; k < 3; k++)
    x[k] += cell->origin[k];
}

void lattice_wrap(double f[3], int n[3]) {
  for (int k = 0; k < 3; k++) {
    const double whole = floor(f[k]);
    n[k] = 0;
    if (!(fabs(whole) < 2147483647.0))
      continue; /* no number, or no image that can be counted: left as it is */
    f[k] -= whole;
    n[k] = (int)whole;
    if (f[k] >= 1.0) { /* -1e-20 - (-1) rounds to 1 */
      f[k] = 0.0;
      n[k]++;
    }
  }
}

double lattice_nearest(const lattice *cell, const double f[3], int n[3], double d[3]) {
  /* Whole cells off first: exact, and what is left is small. */
  double near[3], rest[3];
  for (int k = 0; k < 3; k++) {
    near[k] = rint(f[k]);
    rest[k] = f[k] - near[k];
  }
  if (!(fabs(near[0]) < 1e9 && fabs(near[1]) < 1e9 && fabs(near[2]) < 1e9)) {
    for (int k = 0; k < 3; k++) {
      n[k] = 0;
      if (d != NULL)
        d[k] = INFINITY;
    }
    return INFINITY;
  }
  /* To reduced coordinates g (row vectors: rest = g . reduced; reduced is unimodular, so its inverse is its adjugate
   * times det = +-1). */
  const int(*M)[3] = cell->reduced;
  int adj[3][3];
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      const int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
      adj[i][j] = M[r0][c0] * M[r1][c1] - M[r0][c1] * M[r1][c0];
    }
  const double det = (double)M[0][0] * adj[0][0] + (double)M[0][1] * adj[1][0] + (double)M[0][2] * adj[2][0];
  double whole[3];
  for (int k = 0; k < 3; k++)
    whole[k] = rint(det * (rest[0] * adj[0][k] + rest[1] * adj[1][k] + rest[2] * adj[2][k]));
  double best = INFINITY, chosen[3] = {0.0, 0.0, 0.0};
  for (int s = 0; s < cell->nshift; s++) {
    double m[3], v[3], left[3];
    for (int k = 0; k < 3; k++) {
      m[k] = 0.0; /* integers far below 2^53: exact */
      for (int i = 0; i < 3; i++)
        m[k] += (whole[i] + cell->shift[s][i]) * M[i][k];
      left[k] = rest[k] - m[k];
    }
    lattice_vector(cell, left, v);
    const double r2 = dot(v, v), margin = s == 0 ? 0.0 : 1e-12 * best;
    bool better = s == 0 || r2 < best - margin;
    if (!better && r2 <= best + margin)
      for (int k = 0; k < 3; k++)
        if (m[k] != chosen[k]) {
          better = m[k] < chosen[k];
          break;
        }
    if (!better)
      continue;
    best = r2;
    memcpy(chosen, m, sizeof chosen);
    if (d != NULL)
      memcpy(d, v, sizeof v);
  }
  for (int k = 0; k < 3; k++)
    n[k] = (int)(near[k] + chosen[k]);
  return best;
}

void lattice_lengths_angles(const double H[3][3], double length[3], double angle[3]) {
  for (int k = 0; k < 3; k++)
    length[k] = sqrt(dot(H[k], H[k]));
  for (int k = 0; k < 3; k++) {
    const int i = (k + 1) % 3, j = (k + 2) % 3;
    const double c = dot(H[i], H[j]) / (length[i] * length[j]);
    angle[k] = acos(c > 1.0 ? 1.0 : c < -1.0 ? -1.0 : c) * 180.0 / 3.14159265358979323846;
  }
}
