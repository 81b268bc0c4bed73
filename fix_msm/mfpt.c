/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mfpt.h"

#include "absorb.h"

#include <math.h>
#include <stdlib.h>

lisi_status mfpt_steps(int n, const double *X, const double *pi, const bool *target, double *steps, lisi_error *err) {
  const size_t N = (size_t)n;
  bool *reach = malloc(N), *doomed = malloc(N), *inside = malloc(N), any = false;
  lisi_status status = LISI_OK;
  if (!reach || !doomed || !inside) {
    status = lisi_no_memory(err, 3 * N);
    goto done;
  }
  for (size_t i = 0; i < N; i++)
    any = any || target[i];
  if (!any) {
    status = lisi_fail(err, LISI_ERR_INPUT, "first passage: the target holds no state");
    goto done;
  }
  status = absorb_reach(n, X, false, target, reach, err);
  if (status != LISI_OK)
    goto done;
  /* A state from which one can get lost for ever has an infinite mean, too. Paths end in the target, so they are
   * followed back from the lost states without entering it. */
  for (size_t i = 0; i < N; i++)
    doomed[i] = !reach[i];
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < N; i++) {
      for (size_t j = 0; j < N && !doomed[i] && !target[i]; j++) {
        if (j != i && doomed[j] && X[i * N + j] > 0.0)
          doomed[i] = more = true;
      }
    }
  }
  for (size_t i = 0; i < N; i++)
    inside[i] = !target[i] && !doomed[i];
  status = absorb_solve(n, X, false, inside, pi, steps, err);
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    if (doomed[i] && !target[i])
      steps[i] = INFINITY;
  }
done:
  free(reach);
  free(doomed);
  free(inside);
  return status;
}

lisi_status mfpt_between(int n, const double *X, const double *pi, int nsets, const int *set, double *steps,
                         lisi_error *err) {
  const size_t N = (size_t)n, S = (size_t)nsets;
  bool *target = malloc(N);
  double *t = malloc(N * sizeof *t);
  lisi_status status = target == NULL || t == NULL ? lisi_no_memory(err, N * sizeof *t) : LISI_OK;
  for (size_t b = 0; b < S && status == LISI_OK; b++) {
    for (size_t i = 0; i < N; i++)
      target[i] = set[i] == (int)b;
    status = mfpt_steps(n, X, pi, target, t, err);
    for (size_t a = 0; a < S && status == LISI_OK; a++) {
      double weight = 0.0, sum = 0.0;
      for (size_t i = 0; i < N; i++) {
        if (set[i] == (int)a && pi[i] > 0.0) {
          weight += pi[i];
          sum += pi[i] * t[i];
        }
      }
      steps[a * S + b] = a == b ? 0.0 : weight > 0.0 ? sum / weight : NAN;
    }
  }
  free(target);
  free(t);
  return status;
}
