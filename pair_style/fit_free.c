/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The triangle is [R11 R12 z1; 0 R22 z2; 0 0 rho] with the free columns first. Rows of R11's range fix the free
 * coefficients; a row beyond its range says something about the others and goes into the problem that is left. */
#include "fit_free.h"

#include <lapacke.h>
#include <stdlib.h>
#include <string.h>

static const double rank_tolerance = 1e-10;

void fit_free_clear(fit_free *f) {
  free(f->top);
  free(f->s);
  free(f->v);
  memset(f, 0, sizeof *f);
}

lisi_status fit_free_eliminate(const fit_triangle *t, int nfree, fit_triangle *rest, fit_free *f, lisi_error *err) {
  const size_t k = (size_t)nfree, n = (size_t)(t->n - nfree), edge = (size_t)t->n + 1;
  *f = (fit_free){.n = (int)n, .nfree = nfree};
  lisi_status status = fit_triangle_make((int)n, rest, err);
  if (status != LISI_OK)
    return status;
  for (size_t c = 0; c <= n; c++)
    memcpy(rest->r + c * (n + 1), t->r + (k + c) * edge + k, (c + 1) * sizeof *rest->r);
  rest->rows = t->rows;
  if (nfree == 0)
    return LISI_OK;
  double *r = malloc(k * k * sizeof *r), *u = malloc(k * k * sizeof *u), *vt = malloc(k * k * sizeof *vt),
         *s = malloc(k * sizeof *s), *rows = malloc(k * (n + 1) * sizeof *rows);
  if (!r || !u || !vt || !s || !rows)
    status = lisi_no_memory(err, k * (n + 1) * sizeof *rows);
  if (status == LISI_OK) {
    for (size_t c = 0; c < k; c++)
      memcpy(r + c * k, t->r + c * edge, k * sizeof *r);
    if (LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'A', nfree, nfree, r, nfree, s, u, nfree, vt, nfree) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "energy zeros: the singular value decomposition did not converge");
  }
  while (status == LISI_OK && f->rank < nfree && s[f->rank] > rank_tolerance * s[0])
    f->rank++;
  const size_t rank = (size_t)f->rank, beyond = k - rank;
  if (status == LISI_OK) {
    f->top = malloc((rank * (n + 1) + 1) * sizeof *f->top);
    f->s = malloc((rank + 1) * sizeof *f->s);
    f->v = malloc((k * rank + 1) * sizeof *f->v);
    if (!f->top || !f->s || !f->v)
      status = lisi_no_memory(err, rank * (n + 1) * sizeof *f->top);
  }
  if (status == LISI_OK) {
    memcpy(f->s, s, rank * sizeof *s);
    for (size_t i = 0; i < k; i++)
      for (size_t j = 0; j < rank; j++)
        f->v[i * rank + j] = vt[i * k + j];
    for (size_t c = 0; c <= n; c++)
      for (size_t j = 0; j < k; j++) {
        const double *top = t->r + (k + c) * edge;
        double sum = 0;
        for (size_t i = 0; i < k; i++)
          sum += u[j * k + i] * top[i];
        if (j < rank)
          f->top[c * rank + j] = sum;
        else
          rows[c * beyond + j - rank] = sum;
      }
    if (beyond > 0)
      status = fit_triangle_rows(rest, (int)beyond, rows, (int)beyond, err);
    rest->rows = t->rows;
  }
  free(r);
  free(u);
  free(vt);
  free(s);
  free(rows);
  return status;
}

void fit_free_solve(const fit_free *f, const double *c, double *coefficient) {
  const size_t rank = (size_t)f->rank, n = (size_t)f->n;
  for (int i = 0; i < f->nfree; i++)
    coefficient[i] = 0;
  for (size_t j = 0; j < rank; j++) {
    double x = f->top[n * rank + j];
    for (size_t k = 0; k < n; k++)
      x -= f->top[k * rank + j] * c[k];
    for (int i = 0; i < f->nfree; i++)
      coefficient[i] += f->v[(size_t)i * rank + j] * x / f->s[j];
  }
}
