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

/* 2 tau D_aa is the least of sum_ij X_ij(R) (d_a + y_j - y_i)^2 over all y; at it, y is held fixed. y = Z b = sum_k
 * B_k/(1 - lambda_k) psi_k. */
static void of_axis(const count_table *t, const msm_model *m, const int *local, const double *u, int a, double *F) {
  const size_t N = (size_t)m->n;
  double *y = calloc(N, sizeof *y);
  for (size_t k = 1; k < N && y != NULL; k++) {
    if (!(m->tr.gap[k] > 0.0))
      continue;
    const double c = m->tr.B[3 * k + (size_t)a] / m->tr.gap[k];
    for (size_t i = 0; i < N; i++)
      y[i] += c * u[k * N + i] / sqrt(m->pi[i]);
  }
  for (size_t k = 0; k < t->n; k++) {
    const count_entry *e = &t->entry[k];
    const int i = local[e->i], j = local[e->j];
    if (i < 0 || j < 0)
      continue;
    double d[3];
    state_space_step(&m->net.space, i, j, e->r, d);
    const double step = d[a] + (y != NULL ? y[j] - y[i] : 0.0);
    F[k] = step * step;
  }
  free(y);
}

lisi_status model_effective_ratio(const lag_counts *counts, const msm_model *m, double *ratio, lisi_error *err) {
  const count_table *t = &counts->total;
  const size_t N = (size_t)m->n, S = (size_t)t->nstates;
  if (counts->blocks.nparts < 2 || !m->tr.balanced || m->tr.gap == NULL)
    return effective_ratio(counts, NULL, ratio, err);
  double *pi = calloc(S, sizeof *pi), *F = calloc((TIMES + AXES) * t->n + 1, sizeof *F);
  double *u = malloc(N * N * sizeof *u), *gap = malloc(N * sizeof *gap);
  int *local = malloc(S * sizeof *local);
  lisi_status status = !pi || !F || !u || !gap || !local ? lisi_no_memory(err, (TIMES + AXES) * t->n * sizeof *F)
                                                         : spectrum_reversible(m->n, m->X, m->pi, gap, u, err);
  if (status == LISI_OK) {
    int nq = 0;
    for (size_t i = 0; i < S; i++)
      local[i] = -1;
    for (int k = 0; k < m->n; k++) {
      local[m->state[k]] = k;
      pi[m->state[k]] = m->pi[k];
    }
    for (size_t k = 1; k <= TIMES && k < N; k++)
      of_times(t, m, local, u + k * N, F + (size_t)nq++ * t->n);
    for (int a = 0; a < AXES && m->geometry; a++)
      of_axis(t, m, local, u, a, F + (size_t)nq++ * t->n);
    status = effective_ratio(counts, &(effective_quantities){nq, F, pi}, ratio, err);
  }
  free(pi);
  free(F);
  free(u);
  free(gap);
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
