/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symmetry.h"

#include <spglib.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void symmetry_free(symmetry *s) {
  free(s->op);
  memset(s, 0, sizeof *s);
}

void symmetry_apply(const symmetry_op *op, const double x[3], double y[3]) {
  for (int i = 0; i < 3; i++)
    y[i] = op->W[i][0] * x[0] + op->W[i][1] * x[1] + op->W[i][2] * x[2] + op->w[i];
}

static void wrap(double x[3]) {
  int whole[3];
  lattice_wrap(x, whole);
}

/* A translation is given to the 24ths that tables have where it is as close to one as rounding leaves it. */
static void tidy(double w[3]) {
  for (int k = 0; k < 3; k++) {
    const double near = rint(w[k] * 24.0) / 24.0;
    if (fabs(w[k] - near) < 1e-5)
      w[k] = near;
  }
  wrap(w);
}

static double apart(const double a[3], const double b[3]) {
  double most = 0.0;
  for (int k = 0; k < 3; k++) {
    const double d = a[k] - b[k];
    most = fmax(most, fabs(d - rint(d)));
  }
  return most;
}

static int is_identity(const int W[3][3]) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      if (W[i][k] != (i == k))
        return 0;
  return 1;
}

static double det3(const double M[3][3]) {
  return M[0][0] * (M[1][1] * M[2][2] - M[1][2] * M[2][1]) - M[0][1] * (M[1][0] * M[2][2] - M[1][2] * M[2][0]) +
         M[0][2] * (M[1][0] * M[2][1] - M[1][1] * M[2][0]);
}

static void solve3(const double M[3][3], const double b[3], double x[3]) {
  const double det = det3(M);
  for (int k = 0; k < 3; k++) {
    double N[3][3];
    memcpy(N, M, sizeof N);
    for (int i = 0; i < 3; i++)
      N[i][k] = b[i];
    x[k] = det3((const double(*)[3])N) / det;
  }
}

/* spglib has the basis vectors in columns. */
static void columns_of(const lattice *cell, double L[3][3]) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      L[i][k] = cell->H[k][i];
}

/* Moving the origin by q changes the translation of an operation by (1 - W) q; the group is the same where that is one
 * of its pure translations. */
static int same_group(const symmetry *s, const double q[3]) {
  static const double zero[3] = {0.0, 0.0, 0.0};
  for (int o = 0; o < s->nops; o++) {
    double d[3];
    for (int i = 0; i < 3; i++)
      d[i] = q[i] - s->op[o].W[i][0] * q[0] - s->op[o].W[i][1] * q[1] - s->op[o].W[i][2] * q[2];
    int pure = apart(d, zero) < 1e-6;
    for (int t = 0; t < s->nops && !pure; t++)
      pure = is_identity(s->op[t].W) && apart(d, s->op[t].w) < 1e-6;
    if (!pure)
      return 0;
  }
  return 1;
}

/* Of all origins that make the operations those of the tables, the one nearest to the present origin. Where the group
 * leaves the origin free along a line or a plane (or everywhere: P1), it stays there. */
static void nearest_standard_origin(const lattice *cell, const double P[3][3], const double p[3], symmetry *s) {
  enum { STEPS = 24 };
  double A[3][3] = {{0}}, best = INFINITY;
  for (int o = 0; o < s->nops; o++)
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        A[i][k] += (double)s->op[o].W[i][k] / s->nops; /* onto the directions that every operation leaves alone */
  double base[3], found[3] = {0.0, 0.0, 0.0};
  solve3(P, p, base);
  for (int a = 0; a < STEPS; a++)
    for (int b = 0; b < STEPS; b++)
      for (int c = 0; c < STEPS; c++) {
        const double q_std[3] = {(double)a / STEPS, (double)b / STEPS, (double)c / STEPS};
        double q[3], shift[3], free_part[3], d[3];
        int n[3];
        solve3(P, q_std, q);
        for (int k = 0; k < 3; k++)
          shift[k] = base[k] + q[k];
        for (int i = 0; i < 3; i++)
          free_part[i] = A[i][0] * shift[0] + A[i][1] * shift[1] + A[i][2] * shift[2];
        for (int k = 0; k < 3; k++)
          shift[k] -= free_part[k];
        const double r2 = lattice_nearest(cell, shift, n, d);
        if (!(r2 < best - 1e-6) || !same_group(s, q))
          continue;
        best = r2;
        for (int k = 0; k < 3; k++)
          found[k] = shift[k] - n[k];
      }
  memcpy(s->to_standard, found, sizeof found);
}

lisi_status symmetry_identity(symmetry *s, lisi_error *err) {
  memset(s, 0, sizeof *s);
  s->op = calloc(1, sizeof *s->op);
  if (s->op == NULL)
    return lisi_no_memory(err, sizeof *s->op);
  s->number = 1;
  memcpy(s->symbol, "P1", 3);
  s->conventional = 1.0;
  s->nops = 1;
  for (int k = 0; k < 3; k++)
    s->op[0].W[k][k] = 1;
  return LISI_OK;
}

static int closes(const symmetry *s);

static lisi_status take_dataset(const SpglibDataset *data, const lattice *cell, symmetry *s, lisi_error *err) {
  s->number = data->spacegroup_number;
  (void)snprintf(s->symbol, sizeof s->symbol, "%s", data->international_symbol);
  /* x_std = P x + p, so the volume of the standard cell is that of this one over det P. */
  s->conventional = 1.0 / fabs(det3((const double(*)[3])data->transformation_matrix));
  s->op = calloc((size_t)data->n_operations, sizeof *s->op);
  if (s->op == NULL)
    return lisi_no_memory(err, (size_t)data->n_operations * sizeof *s->op);
  s->nops = data->n_operations;
  int first = 0;
  for (int o = 0; o < s->nops; o++) {
    memcpy(s->op[o].W, data->rotations[o], sizeof s->op[o].W);
    memcpy(s->op[o].w, data->translations[o], sizeof s->op[o].w);
    tidy(s->op[o].w);
    static const double zero[3] = {0.0, 0.0, 0.0};
    if (is_identity((const int(*)[3])s->op[o].W) && apart(s->op[o].w, zero) < 1e-6)
      first = o;
  }
  const symmetry_op swap = s->op[0];
  s->op[0] = s->op[first];
  s->op[first] = swap;
  nearest_standard_origin(cell, (const double(*)[3])data->transformation_matrix, data->origin_shift, s);
  return LISI_OK;
}

lisi_status symmetry_find(const lattice *cell, int natoms, const double (*frac)[3], const int *kind, double tolerance,
                          symmetry *s, lisi_error *err) {
  memset(s, 0, sizeof *s);
  double L[3][3];
  columns_of(cell, L);
  double(*copy)[3] = malloc((size_t)natoms * sizeof *copy + 1);
  if (copy == NULL)
    return lisi_no_memory(err, (size_t)natoms * sizeof *copy);
  memcpy(copy, frac, (size_t)natoms * sizeof *copy);
  lisi_status status = LISI_OK;
  /* Too large a tolerance finds nothing, or a group that does not close. */
  for (int round = 0; round < 12 && s->nops == 0 && status == LISI_OK; round++, tolerance *= 0.6) {
    SpglibDataset *data = spg_get_dataset(L, copy, kind, natoms, tolerance);
    if (data == NULL)
      continue;
    if (data->spacegroup_number > 0)
      status = take_dataset(data, cell, s, err);
    spg_free_dataset(data);
    if (status == LISI_OK && s->nops > 0 && !closes(s))
      symmetry_free(s);
  }
  free(copy);
  if (status == LISI_OK && s->nops == 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "no space group was found for %d positions (%s)", natoms,
                       spg_get_error_message(spg_get_error_code()));
  if (status != LISI_OK)
    symmetry_free(s);
  return status;
}

/* ---- products ---- */

static void product(const symmetry_op *a, const symmetry_op *b, symmetry_op *ab) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      ab->W[i][k] = a->W[i][0] * b->W[0][k] + a->W[i][1] * b->W[1][k] + a->W[i][2] * b->W[2][k];
  symmetry_apply(a, b->w, ab->w);
  wrap(ab->w);
}

/* The number of an operation, -1: it is none of the group. */
static int number_of(const symmetry *s, const symmetry_op *op) {
  for (int o = 0; o < s->nops; o++)
    if (memcmp(s->op[o].W, op->W, sizeof op->W) == 0 && apart(s->op[o].w, op->w) < 1e-3)
      return o;
  return -1;
}

static int closes(const symmetry *s) {
  for (int a = 0; a < s->nops; a++)
    for (int b = 0; b < s->nops; b++) {
      symmetry_op ab;
      product(&s->op[a], &s->op[b], &ab);
      if (number_of(s, &ab) < 0)
        return 0;
    }
  return 1;
}

int symmetry_reduce(symmetry *s, const unsigned char *keep) {
  unsigned char *stay = malloc((size_t)s->nops);
  if (stay == NULL)
    return s->nops;
  for (int h = 0; h < s->nops; h++) {
    stay[h] = keep[h] || h == 0;
    for (int k = 0; k < s->nops && stay[h]; k++) {
      if (!keep[k] && k != 0)
        continue;
      symmetry_op hk;
      product(&s->op[h], &s->op[k], &hk);
      const int o = number_of(s, &hk);
      stay[h] = o >= 0 && (keep[o] || o == 0);
    }
  }
  int n = 0;
  for (int h = 0; h < s->nops; h++)
    if (stay[h])
      s->op[n++] = s->op[h];
  free(stay);
  s->nops = n;
  return n;
}

void symmetry_move_origin(symmetry *s, const double shift[3]) {
  for (int o = 0; o < s->nops; o++) {
    symmetry_op *op = &s->op[o];
    for (int i = 0; i < 3; i++)
      op->w[i] += shift[i] - op->W[i][0] * shift[0] - op->W[i][1] * shift[1] - op->W[i][2] * shift[2];
    wrap(op->w);
    tidy(op->w);
  }
  for (int k = 0; k < 3; k++)
    s->to_standard[k] -= shift[k];
}

/* ---- the cell ---- */

static int cholesky3(const double G[3][3], double L[3][3]) {
  memset(L, 0, 9 * sizeof(double));
  for (int i = 0; i < 3; i++)
    for (int k = 0; k <= i; k++) {
      double sum = G[i][k];
      for (int m = 0; m < k; m++)
        sum -= L[i][m] * L[k][m];
      if (i == k && !(sum > 0.0))
        return 0;
      L[i][k] = i == k ? sqrt(sum) : sum / L[k][k];
    }
  return 1;
}

lisi_status symmetry_of_cell(const symmetry *s, const lattice *cell, lattice *averaged, lisi_error *err) {
  /* Columns of fractions: |H^T x|^2 = x^T G x with G = H H^T, and under x -> W x the metric becomes W^T G W. */
  double G[3][3], mean[3][3] = {{0}}, L[3][3], M[3][3];
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      G[i][k] = cell->H[i][0] * cell->H[k][0] + cell->H[i][1] * cell->H[k][1] + cell->H[i][2] * cell->H[k][2];
  for (int o = 0; o < s->nops; o++)
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
          for (int b = 0; b < 3; b++)
            mean[i][k] += s->op[o].W[a][i] * G[a][b] * s->op[o].W[b][k] / s->nops;
  if (!cholesky3((const double(*)[3])G, L) || !cholesky3((const double(*)[3])mean, M))
    return lisi_fail(err, LISI_ERR_NUMERIC, "the cell has no volume");
  /* H = L Q with a rotation Q; the new cell is M Q. */
  double Q[3][3], H[3][3];
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < 3; i++) {
      double sum = cell->H[i][k];
      for (int m = 0; m < i; m++)
        sum -= L[i][m] * Q[m][k];
      Q[i][k] = sum / L[i][i];
    }
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      H[i][k] = M[i][0] * Q[0][k] + M[i][1] * Q[1][k] + M[i][2] * Q[2][k];
      if (fabs(H[i][k]) < 1e-12 * cell->H[0][0])
        H[i][k] = 0.0;
    }
  return lattice_from_rows((const double(*)[3])H, averaged, err);
}

lisi_status symmetry_wyckoff(const lattice *cell, int natoms, const double (*frac)[3], const int *kind, int *number,
                             char symbol[12], wyckoff *position, lisi_error *err) {
  double L[3][3];
  columns_of(cell, L);
  double(*copy)[3] = malloc((size_t)natoms * sizeof *copy + 1);
  if (copy == NULL)
    return lisi_no_memory(err, (size_t)natoms * sizeof *copy);
  memcpy(copy, frac, (size_t)natoms * sizeof *copy);
  SpglibDataset *data = NULL;
  for (double tolerance = 0.01; data == NULL && tolerance > 1e-6; tolerance *= 0.3) {
    data = spg_get_dataset(L, copy, kind, natoms, tolerance);
    if (data != NULL && data->spacegroup_number < 1) {
      spg_free_dataset(data);
      data = NULL;
    }
  }
  free(copy);
  if (data == NULL)
    return lisi_fail(err, LISI_ERR_NUMERIC, "no space group was found for framework and sites (%s)",
                     spg_get_error_message(spg_get_error_code()));
  *number = data->spacegroup_number;
  (void)snprintf(symbol, 12, "%s", data->international_symbol);
  const double conventional = 1.0 / fabs(det3((const double(*)[3])data->transformation_matrix));
  for (int a = 0; a < natoms; a++) {
    int alike = 0;
    for (int b = 0; b < natoms; b++)
      alike += data->crystallographic_orbits[b] == data->crystallographic_orbits[a];
    position[a].letter = (char)(data->wyckoffs[a] < 26 ? 'a' + data->wyckoffs[a] : 'A');
    position[a].multiplicity = (int)lrint(alike * conventional);
    (void)snprintf(position[a].symmetry, sizeof position[a].symmetry, "%s", data->site_symmetry_symbols[a]);
  }
  spg_free_dataset(data);
  return LISI_OK;
}
