/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which quantities of a model its effective counts have to serve: the two slowest relaxation times and the diffusion
 * along the axes. */
#include "effective.h"
#include "msm_internal.h"
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 2, AXES = 3 };

/* The change of 1 - lambda_k with the flux is that of (1/2) sum_ij X_ij (psi_i - psi_j)^2, psi = u / sqrt(pi) held
 * fixed. */
static void of_times(const count_table *t, const msm_model *m, const int *local, const double *u, double *F) {
  for (size_t k = 0; k < t->n; k++) {
    const int i = local[t->entry[k].i], j = local[t->entry[k].j];
    if (i < 0 || j < 0)
      continue;
    const double d = u[i] / sqrt(m->pi[i]) - u[j] / sqrt(m->pi[j]);
    F[k] = d * d;
  }
}

/* y = Z b along axis a: sum_k B_k/(1 - lambda_k) psi_k, or the solution of Pi (I - P) y = Pi b. u: all eigenvectors of
 * a dense model. */
static lisi_status relaxation(const msm_model *m, const double *u, int a, double *y, lisi_error *err) {
  const size_t N = (size_t)m->n;
  memset(y, 0, N * sizeof *y);
  if (m->sparse) {
    double *right = malloc(N * sizeof *right);
    if (right == NULL)
      return lisi_no_memory(err, N * sizeof *right);
    for (size_t i = 0; i < N; i++)
      right[i] = m->pi[i] * m->tr.b[3 * i + (size_t)a];
    const lisi_status status = laplacian_solve(m->flux.solver, right, 1e-10, y, err);
    free(right);
    return status;
  }
  for (size_t k = 1; k < N; k++) {
    if (!(m->tr.gap[k] > 0.0))
      continue;
    const double c = m->tr.B[3 * k + (size_t)a] / m->tr.gap[k];
    for (size_t i = 0; i < N; i++)
      y[i] += c * u[k * N + i] / sqrt(m->pi[i]);
  }
  return LISI_OK;
}

/* 2 tau D_aa is the least of sum_ij X_ij(R) (d_a + y_j - y_i)^2 over all y; at it, y is held fixed. */
static void of_axis(const count_table *t, const msm_model *m, const int *local, const double *y, int a, double *F) {
  for (size_t k = 0; k < t->n; k++) {
    const count_entry *e = &t->entry[k];
    const int i = local[e->i], j = local[e->j];
    if (i < 0 || j < 0)
      continue;
    double d[3];
    state_space_step(&m->net.space, i, j, e->r, d);
    const double step = d[a] + y[j] - y[i];
    F[k] = step * step;
  }
}

/* The eigenvectors that are needed: all, or of a sparse model those after the stationary one. *found: how many of these
 * there are. */
static lisi_status modes_of(const msm_model *m, double *gap, double *u, int *found, lisi_error *err) {
  if (m->sparse)
    return sparse_flux_modes(&m->flux, TIMES, found, gap, u + m->n, err);
  *found = m->n - 1 < TIMES ? m->n - 1 : TIMES;
  return spectrum_reversible(m->n, m->X, m->pi, gap, u, err);
}

lisi_status model_effective_ratio(const lag_counts *counts, const msm_model *m, double *ratio, lisi_error *err) {
  const count_table *t = &counts->total;
  const size_t N = (size_t)m->n, S = (size_t)t->nstates;
  if (counts->blocks.nparts < 2 || !m->tr.balanced || m->tr.gap == NULL)
    return effective_ratio(counts, NULL, ratio, err);
  double *pi = calloc(S, sizeof *pi), *F = calloc((TIMES + AXES) * t->n + 1, sizeof *F);
  const size_t vectors = m->sparse ? TIMES + 1 : N;
  double *u = malloc(vectors * N * sizeof *u), *gap = malloc((N + TIMES) * sizeof *gap), *y = malloc(N * sizeof *y);
  int *local = malloc(S * sizeof *local), found = 0;
  lisi_status status = !pi || !F || !u || !gap || !y || !local ? lisi_no_memory(err, (TIMES + AXES) * t->n * sizeof *F)
                                                               : modes_of(m, gap, u, &found, err);
  if (status == LISI_OK) {
    int nq = 0;
    for (size_t i = 0; i < S; i++)
      local[i] = -1;
    for (int k = 0; k < m->n; k++) {
      local[m->state[k]] = k;
      pi[m->state[k]] = m->pi[k];
    }
    for (size_t k = 1; k <= (size_t)found; k++)
      of_times(t, m, local, u + k * N, F + (size_t)nq++ * t->n);
    for (int a = 0; a < AXES && m->geometry && status == LISI_OK; a++) {
      status = relaxation(m, u, a, y, err);
      of_axis(t, m, local, y, a, F + (size_t)nq++ * t->n);
    }
    if (status == LISI_OK)
      status = effective_ratio(counts, &(effective_quantities){nq, F, pi}, ratio, err);
  }
  free(pi);
  free(F);
  free(u);
  free(gap);
  free(y);
  free(local);
  return status;
}

lisi_status msm_effective_counts(lag_counts *counts, const msm_model *m, lisi_error *err) {
  double *ratio = malloc((size_t)counts->total.nstates * sizeof *ratio);
  if (ratio == NULL)
    return lisi_no_memory(err, (size_t)counts->total.nstates * sizeof *ratio);
  const lisi_status status = model_effective_ratio(counts, m, ratio, err);
  if (status == LISI_OK)
    effective_apply(counts, ratio);
  free(ratio);
  return status;
}
