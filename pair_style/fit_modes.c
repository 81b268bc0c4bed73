/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generalised eigenproblem (integral of (r/rcut)^q g'' g'') v = mu (integral of g g) v. */
#include "fit_modes.h"

#include "ace_radial.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* rough and size [K][K], by the midpoint rule; second derivatives are differences of the exact first ones. */
static void integrals(const ace_bond *bond, double core, double from, double q, double *work, double *rough,
                      double *size) {
  int K = bond->nradbase, steps = 4000;
  double h = (bond->rcut - core) / steps, *g = work, *low = work + K, *high = work + 2 * K, *unused = work + 3 * K;
  size_t n = (size_t)K;
  memset(rough, 0, n * n * sizeof *rough);
  memset(size, 0, n * n * sizeof *size);
  for (int s = 0; s < steps; s++) {
    double r = core + (s + 0.5) * h, stiff = pow(r / bond->rcut, q);
    ace_radial_base(bond, ACE_INNER_ZBL, r - 0.5 * h, unused, low);
    ace_radial_base(bond, ACE_INNER_ZBL, r + 0.5 * h, unused, high);
    ace_radial_base(bond, ACE_INNER_ZBL, r, g, unused);
    for (size_t a = 0; a < n; a++)
      for (size_t b = 0; b < n; b++) {
        rough[a * n + b] += stiff * (high[a] - low[a]) * (high[b] - low[b]) / h;
        if (r >= from)
          size[a * n + b] += g[a] * g[b] * h / (bond->rcut - from);
      }
  }
}

lisi_status fit_modes(ace_bond *bond, double core, double from, double q, lisi_error *err) {
  int K = bond->nradbase;
  size_t n = (size_t)K, L = (size_t)bond->lmax + 1;
  double *rough = malloc(n * n * sizeof *rough), *size = malloc(n * n * sizeof *size), *mu = malloc(n * sizeof *mu),
         *work = malloc(4 * n * sizeof *work);
  lisi_status status = rough && size && mu && work ? LISI_OK : lisi_no_memory(err, n * n * sizeof *rough);
  if (status == LISI_OK) {
    integrals(bond, core, from, q, work, rough, size);
    double trace = 0;
    for (size_t k = 0; k < n; k++)
      trace += size[k * n + k];
    for (size_t k = 0; k < n; k++)
      size[k * n + k] += 1e-10 * trace; /* what hardly differs beyond `from` counts as one */
    if (LAPACKE_dsygv(LAPACK_COL_MAJOR, 1, 'V', 'U', K, rough, K, size, K, mu) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC,
                         "radial functions: the %d g_k are too alike from %g to %g Angstrom; use fewer", K, from,
                         bond->rcut);
  }
  if (status == LISI_OK)
    for (size_t m = 0; m < (size_t)bond->nradmax; m++) {
      double *v = rough + m * n, at_from = 0;
      ace_radial_base(bond, ACE_INNER_ZBL, from, work, work + n);
      for (size_t k = 0; k < n; k++)
        at_from += v[k] * work[k];
      for (size_t l = 0; l < L; l++)
        for (size_t k = 0; k < n; k++)
          bond->crad[(m * L + l) * n + k] = at_from < 0 ? -v[k] : v[k];
    }
  free(rough);
  free(size);
  free(mu);
  free(work);
  return status;
}
