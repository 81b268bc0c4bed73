/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "slow_modes.h"

#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the coupling of a whole group: what is weaker is rounding or noise and tells no direction. */
static const double weakest = 1e-3;

void slow_modes_free(slow_modes *modes) {
  free(modes->right);
  free(modes->gap);
  free(modes->group);
  free(modes->edge);
  free(modes->settled);
  *modes = (slow_modes){0};
}

/* B_k.e for a unit vector e along a cell edge. */
static double coupling(const slow_modes *modes, int k, const double *pi, const double *b, const double e[3]) {
  double sum = 0;
  for (int i = 0; i < modes->n; i++)
    sum += pi[i] * modes->right[(size_t)k * (size_t)modes->n + (size_t)i] *
           (b[3 * i] * e[0] + b[3 * i + 1] * e[1] + b[3 * i + 2] * e[2]);
  return sum;
}

/* Householder: reflects the modes first..last so that all of the coupling `w` (one number for each) goes to the first.
 */
static void reflect(slow_modes *modes, int first, int last, const double *w) {
  const size_t n = (size_t)modes->n;
  const int g = last - first + 1;
  double norm = 0, vv = 0, v[SLOW_MODES_MOST];
  for (int k = 0; k < g; k++)
    norm += w[k] * w[k];
  norm = sqrt(norm);
  for (int k = 0; k < g; k++)
    v[k] = w[k] + (k == 0 ? copysign(norm, w[0]) : 0.0);
  for (int k = 0; k < g; k++)
    vv += v[k] * v[k];
  for (size_t i = 0; i < n && vv > 0; i++) {
    double s = 0;
    for (int k = 0; k < g; k++)
      s += v[k] * modes->right[(size_t)(first + k) * n + i];
    for (int k = 0; k < g; k++)
      modes->right[(size_t)(first + k) * n + i] -= 2 * s / vv * v[k];
  }
}

/* Turns the modes first..last to the cell edges, the one with the strongest coupling first. */
static void turn(slow_modes *modes, int first, int last, const double *pi, const double *b, const double *cell) {
  bool used[3] = {false, false, false};
  double whole = 0;
  for (int at = first; at <= last && b != NULL; at++) {
    double best = 0, w[3][SLOW_MODES_MOST];
    int edge = -1;
    for (int a = 0; a < 3; a++) {
      const double *h = cell + 3 * a, length = sqrt(h[0] * h[0] + h[1] * h[1] + h[2] * h[2]);
      const double e[3] = {h[0] / length, h[1] / length, h[2] / length};
      double norm = 0;
      for (int k = at; k <= last; k++) {
        w[a][k - at] = coupling(modes, k, pi, b, e);
        norm += w[a][k - at] * w[a][k - at];
      }
      if (at == first)
        whole = fmax(whole, norm);
      if (!used[a] && norm > best * (1 + 1e-9)) { /* equal edges: the first */
        best = norm;
        edge = a;
      }
    }
    if (edge < 0 || !(best > weakest * weakest * whole) || !(whole > 1e-24))
      break;
    used[edge] = true;
    reflect(modes, at, last, w[edge]);
    modes->edge[at] = edge;
    modes->settled[at] = true;
  }
  /* one that is left over has no freedom but its sign */
  for (int k = first; k <= last; k++)
    if (!modes->settled[k] && k == last && (k == first || modes->settled[k - 1]))
      modes->settled[k] = true;
}

static void fix_sign(slow_modes *modes, int k, const double *pi) {
  double *psi = modes->right + (size_t)k * (size_t)modes->n, largest = 0, sign = 1;
  for (int i = 0; i < modes->n; i++)
    if (fabs(pi[i] * psi[i]) > largest * (1 + 1e-6)) { /* equals: the first */
      largest = fabs(pi[i] * psi[i]);
      sign = psi[i] < 0 ? -1 : 1;
    }
  for (int i = 0; i < modes->n; i++)
    psi[i] *= sign;
}

lisi_status slow_modes_find(int n, const double *X, const double *pi, const double *b, const double *cell,
                            const double *spread, int most, slow_modes *modes, lisi_error *err) {
  *modes = (slow_modes){.n = n};
  const size_t N = (size_t)n;
  if (most > SLOW_MODES_MOST)
    most = SLOW_MODES_MOST;
  if (n < 2 || most < 1)
    return LISI_OK;
  double *gap = malloc(N * sizeof *gap), *u = malloc(N * N * sizeof *u);
  lisi_status status =
      gap == NULL || u == NULL ? lisi_no_memory(err, N * N * sizeof *u) : spectrum_reversible(n, X, pi, gap, u, err);
  int m = 0;
  while (status == LISI_OK && m < most && m < n - 1 && gap[m + 1] < 1)
    m++;
  if (status == LISI_OK && m > 0) {
    modes->right = malloc((size_t)m * N * sizeof *modes->right);
    modes->gap = malloc((size_t)m * sizeof *modes->gap);
    modes->group = calloc((size_t)m, sizeof *modes->group);
    modes->edge = malloc((size_t)m * sizeof *modes->edge);
    modes->settled = calloc((size_t)m, sizeof *modes->settled);
    if (!modes->right || !modes->gap || !modes->group || !modes->edge || !modes->settled)
      status = lisi_no_memory(err, (size_t)m * N * sizeof *modes->right);
  }
  if (status == LISI_OK && m > 0) {
    modes->m = m;
    for (int k = 0; k < m; k++) {
      modes->gap[k] = gap[k + 1];
      modes->edge[k] = -1;
      for (size_t i = 0; i < N; i++)
        modes->right[(size_t)k * N + i] = pi[i] > 0 ? u[(size_t)(k + 1) * N + i] / sqrt(pi[i]) : 0;
    }
    for (int first = 0, group = 0; first < m; group++) {
      int last = first;
      /* each is compared with the first of the group, so that a long row of close ones does not all run together */
      const double width = spread != NULL && spread[first] > 1e-6 ? spread[first] : 1e-6;
      while (last + 1 < m && modes->gap[last + 1] - modes->gap[first] <= width * fabs(modes->gap[first]))
        last++;
      for (int k = first; k <= last; k++)
        modes->group[k] = group;
      if (first == last)
        modes->settled[first] = true;
      else
        turn(modes, first, last, pi, b, cell);
      first = last + 1;
    }
    for (int k = 0; k < m; k++)
      fix_sign(modes, k, pi);
  }
  free(gap);
  free(u);
  if (status != LISI_OK)
    slow_modes_free(modes);
  return status;
}
