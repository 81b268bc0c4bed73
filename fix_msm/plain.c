/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain.h"

#include "lattice.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void plain_matrix(const count_table *total, double *T) {
  const size_t N = (size_t)total->nstates;
  memset(T, 0, N * N * sizeof *T);
  for (size_t k = 0; k < total->n; k++)
    T[(size_t)total->entry[k].i * N + (size_t)total->entry[k].j] += total->entry[k].c;
  for (size_t i = 0; i < N; i++) {
    double row = 0.0;
    for (size_t j = 0; j < N; j++)
      row += T[i * N + j];
    if (row > 0.0) {
      for (size_t j = 0; j < N; j++)
        T[i * N + j] /= row;
    } else {
      T[i * N + i] = 1.0;
    }
  }
}

static void multiply(int n, const double *a, const double *b, double *c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
}

lisi_status plain_msd(int nstates, const double *T, const double *d2, int count, const long long *n, double *msd,
                      lisi_error *err) {
  const size_t N = (size_t)nstates, size = N * N * sizeof(double);
  double *M = calloc(N * N, sizeof *M), *square = malloc(size), *work = malloc(size);
  if (M == NULL || square == NULL || work == NULL) {
    free(M);
    free(square);
    free(work);
    return lisi_no_memory(err, size);
  }
  for (size_t i = 0; i < N; i++)
    M[i * N + i] = 1.0;
  long long at = 0;
  for (int k = 0; k < count; k++) {
    if (n[k] > at)
      memcpy(square, T, size);
    for (long long left = n[k] - at; left > 0; left >>= 1) { /* M <- M T^(n - at) */
      double *swap;
      if (left & 1) {
        multiply(nstates, M, square, work);
        swap = M;
        M = work;
        work = swap;
      }
      if (left > 1) {
        multiply(nstates, square, square, work);
        swap = square;
        square = work;
        work = swap;
      }
    }
    if (n[k] > at)
      at = n[k];
    msd[k] = 0.0;
    for (size_t i = 0; i < N * N; i++)
      msd[k] += d2[i] * M[i];
    msd[k] /= (double)nstates;
  }
  free(M);
  free(square);
  free(work);
  return LISI_OK;
}

lisi_status plain_slope(int nstates, const double *T, const double *d2, double lag, double *D, lisi_error *err) {
  enum { MOST = 200 };
  *D = 0.0;
  const size_t N = (size_t)nstates;
  double mean = 0.0, value[MOST];
  long long n[MOST];
  for (size_t k = 0; k < N * N; k++)
    mean += d2[k];
  mean /= (double)N * (double)N;
  for (int k = 0; k < MOST; k++)
    n[k] = k + 1;
  const lisi_status status = plain_msd(nstates, T, d2, MOST, n, value, err);
  if (status != LISI_OK)
    return status;
  double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (int k = 0; k < MOST && value[k] < 0.5 * mean; k++) {
    const double x = (double)n[k] * lag;
    s += 1.0;
    sx += x;
    sy += value[k];
    sxx += x * x;
    sxy += x * value[k];
  }
  if (s >= 2.0)
    *D = (s * sxy - sx * sy) / (s * sxx - sx * sx) / 6.0;
  return LISI_OK;
}

lisi_status plain_distances(const state_space *space, double *d2, lisi_error *err) {
  const size_t N = (size_t)space->n;
  lattice cell;
  memset(d2, 0, N * N * sizeof *d2);
  if (!space->geometry)
    return LISI_OK;
  const lisi_status status = lattice_from_rows((const double(*)[3])space->cell, &cell, err);
  if (status != LISI_OK)
    return status;
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      double f[3];
      int n[3];
      for (size_t a = 0; a < 3; a++)
        f[a] = space->x[3 * j + a] - space->x[3 * i + a];
      d2[i * N + j] = lattice_nearest(&cell, f, n, NULL);
    }
  }
  return LISI_OK;
}
