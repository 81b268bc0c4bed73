/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "absorb.h"

#include <stdlib.h>

static double flux(size_t N, const double *X, bool backward, size_t i, size_t j) {
  return backward ? X[j * N + i] : X[i * N + j];
}

lisi_status absorb_reach(int n, const double *X, bool backward, const bool *target, bool *reach, lisi_error *err) {
  const size_t N = (size_t)n;
  size_t *queue = malloc((N + 1) * sizeof *queue), head = 0, tail = 0;
  if (queue == NULL)
    return lisi_no_memory(err, N * sizeof *queue);
  for (size_t i = 0; i < N; i++) {
    reach[i] = target[i];
    if (target[i])
      queue[tail++] = i;
  }
  while (head < tail) {
    const size_t j = queue[head++];
    for (size_t i = 0; i < N; i++) {
      if (!reach[i] && flux(N, X, backward, i, j) > 0.0) {
        reach[i] = true;
        queue[tail++] = i;
      }
    }
  }
  free(queue);
  return LISI_OK;
}

lisi_status absorb_solve(int n, const double *X, bool backward, const bool *inside, const double *b, double *x,
                         lisi_error *err) {
  const size_t N = (size_t)n;
  size_t m = 0;
  for (size_t i = 0; i < N; i++) {
    m += inside[i];
    x[i] = 0.0;
  }
  if (m == 0)
    return LISI_OK;
  size_t *state = malloc(m * sizeof *state);
  double *Q = malloc(m * m * sizeof *Q), *out = calloc(m, sizeof *out), *rhs = malloc(m * sizeof *rhs),
         *sum = malloc(m * sizeof *sum);
  lisi_status status = LISI_OK;
  if (!state || !Q || !out || !rhs || !sum) {
    status = lisi_no_memory(err, m * m * sizeof *Q);
    goto done;
  }
  m = 0;
  for (size_t i = 0; i < N; i++) {
    if (inside[i])
      state[m++] = i;
  }
  for (size_t i = 0; i < m; i++) {
    rhs[i] = b[state[i]];
    for (size_t j = 0; j < m; j++)
      Q[i * m + j] = flux(N, X, backward, state[i], state[j]);
    for (size_t j = 0; j < N; j++) {
      if (!inside[j])
        out[i] += flux(N, X, backward, state[i], j);
    }
  }
  for (size_t k = m; k-- > 0;) { /* take state k out: what goes to it goes on to where it leads */
    double s = out[k];
    for (size_t j = 0; j < k; j++)
      s += Q[k * m + j];
    sum[k] = s;
    if (!(s > 0.0)) {
      status = lisi_fail(err, LISI_ERR_NUMERIC, "a state does not lead to the target: its passage time is infinite");
      goto done;
    }
    for (size_t i = 0; i < k; i++) {
      const double f = Q[i * m + k] / s;
      if (!(f > 0.0))
        continue;
      for (size_t j = 0; j < k; j++) {
        if (j != i)
          Q[i * m + j] += f * Q[k * m + j];
      }
      out[i] += f * out[k];
      rhs[i] += f * rhs[k];
    }
  }
  for (size_t k = 0; k < m; k++) {
    double value = rhs[k];
    for (size_t j = 0; j < k; j++)
      value += Q[k * m + j] * x[state[j]];
    x[state[k]] = value / sum[k];
  }
done:
  free(state);
  free(Q);
  free(out);
  free(rhs);
  free(sum);
  return status;
}
