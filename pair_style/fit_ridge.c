/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reduction to a bidiagonal matrix, and rotations that fold mu times the unit matrix into it. */
#include "fit_ridge.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Singular values below this share of the largest are rounding. */
static const double zero_value = 1e-14;

lisi_status fit_ridge_make(int n, double *m, const double *z, fit_ridge *f, lisi_error *err) {
  const size_t count = (size_t)n;
  *f = (fit_ridge){.n = n, .m = m};
  f->tauq = malloc(count * sizeof *f->tauq);
  f->taup = malloc(count * sizeof *f->taup);
  f->d = malloc(count * sizeof *f->d);
  f->e = malloc(count * sizeof *f->e);
  f->g = malloc(count * sizeof *f->g);
  if (!f->tauq || !f->taup || !f->d || !f->e || !f->g)
    return lisi_no_memory(err, count * sizeof *f->d);
  memcpy(f->g, z, count * sizeof *z);
  if (LAPACKE_dgebrd(LAPACK_COL_MAJOR, n, n, m, n, f->d, f->e, f->tauq, f->taup) != 0 ||
      LAPACKE_dormbr(LAPACK_COL_MAJOR, 'Q', 'L', 'T', n, 1, n, m, n, f->tauq, f->g, n) != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "least squares: a number is not finite");
  return LISI_OK;
}

void fit_ridge_free(fit_ridge *f) {
  free(f->m);
  free(f->tauq);
  free(f->taup);
  free(f->d);
  free(f->e);
  free(f->g);
  memset(f, 0, sizeof *f);
}

/* min |B w - g|^2 + mu^2 |w|^2, mu > 0. One extra row at a time is rotated into B: `t` its only number, in column i,
 * `q` its right-hand side; what it leaves in column i + 1 goes together with the mu of that column. w and above[n] hold
 * the right-hand side and the second diagonal of the triangle on the way. */
static void regularised(const fit_ridge *f, double mu, double *w, double *above, double *diagonal, double *logdet) {
  const int n = f->n;
  double t = mu, q = 0, sum = 0;
  for (int i = 0; i < n; i++) {
    const double r = hypot(f->d[i], t), c = f->d[i] / r, s = t / r, e = i + 1 < n ? f->e[i] : 0;
    diagonal[i] = r;
    above[i] = c * e;
    w[i] = c * f->g[i] + s * q;
    sum += 2 * log(r);
    const double rest = c * q - s * f->g[i], fill = -s * e;
    t = hypot(fill, mu);
    q = fill / t * rest;
  }
  for (int i = n - 1; i >= 0; i--)
    w[i] = (w[i] - (i + 1 < n ? above[i] * w[i + 1] : 0)) / diagonal[i];
  if (logdet)
    *logdet = sum;
}

/* The solution of smallest norm, from the singular values of B. */
static lisi_status smallest(const fit_ridge *f, double *w, lisi_error *err) {
  const size_t n = (size_t)f->n;
  double *s = malloc(n * sizeof *s), *e = malloc(n * sizeof *e), *u = malloc(n * n * sizeof *u),
         *vt = malloc(n * n * sizeof *vt);
  lisi_status status = s && e && u && vt ? LISI_OK : lisi_no_memory(err, 2 * n * n * sizeof *u);
  if (status == LISI_OK) {
    memcpy(s, f->d, n * sizeof *s);
    memcpy(e, f->e, n * sizeof *e);
    if (LAPACKE_dbdsdc(LAPACK_COL_MAJOR, 'U', 'I', f->n, s, e, u, f->n, vt, f->n, NULL, NULL) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: the singular value decomposition did not converge");
  }
  memset(w, 0, n * sizeof *w);
  for (size_t k = 0; k < n && status == LISI_OK; k++) {
    double sum = 0;
    if (!(s[k] > zero_value * s[0]))
      break;
    for (size_t i = 0; i < n; i++)
      sum += u[k * n + i] * f->g[i];
    for (size_t i = 0; i < n; i++)
      w[i] += sum / s[k] * vt[i * n + k];
  }
  free(s);
  free(e);
  free(u);
  free(vt);
  return status;
}

lisi_status fit_ridge_solve(const fit_ridge *f, double mu, double *x, double *residual, double *logdet,
                            lisi_error *err) {
  const size_t n = (size_t)f->n;
  double *work = malloc(2 * n * sizeof *work);
  lisi_status status = work ? LISI_OK : lisi_no_memory(err, 2 * n * sizeof *work);
  if (status == LISI_OK && mu > 0)
    regularised(f, mu, x, work, work + n, logdet);
  else if (status == LISI_OK)
    status = smallest(f, x, err);
  if (status == LISI_OK && residual) {
    *residual = 0;
    for (size_t i = 0; i < n; i++) {
      const double r = f->d[i] * x[i] + (i + 1 < n ? f->e[i] * x[i + 1] : 0) - f->g[i];
      *residual += r * r;
    }
  }
  if (status == LISI_OK &&
      LAPACKE_dormbr(LAPACK_COL_MAJOR, 'P', 'L', 'N', f->n, 1, f->n, f->m, f->n, f->taup, x, f->n) != 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: a number is not finite");
  free(work);
  return status;
}

lisi_status fit_ridge_effective(const fit_ridge *f, double mu, double *number, lisi_error *err) {
  const size_t n = (size_t)f->n;
  double *s = malloc(2 * n * sizeof *s);
  if (!s)
    return lisi_no_memory(err, 2 * n * sizeof *s);
  memcpy(s, f->d, n * sizeof *s);
  memcpy(s + n, f->e, n * sizeof *s);
  lisi_status status = LISI_OK;
  if (LAPACKE_dbdsdc(LAPACK_COL_MAJOR, 'U', 'N', f->n, s, s + n, NULL, 1, NULL, 1, NULL, NULL) != 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: the singular values did not converge");
  *number = 0;
  for (size_t k = 0; k < n && status == LISI_OK; k++)
    if (s[k] > zero_value * s[0])
      *number += s[k] * s[k] / (s[k] * s[k] + mu * mu);
  free(s);
  return status;
}

lisi_status fit_ridge_evidence(const fit_ridge *f, long rows, double beyond, double mu, double *x, double *evidence,
                               double *beta, lisi_error *err) {
  double residual = 0, logdet = 0, norm2 = 0;
  lisi_status status = fit_ridge_solve(f, mu, x, &residual, &logdet, err);
  for (int k = 0; k < f->n; k++)
    norm2 += x[k] * x[k];
  const double n = (double)rows;
  *beta = n / (residual + beyond + mu * mu * norm2);
  *evidence = 0.5 * n * (log(*beta / (2 * M_PI)) - 1) + f->n * log(mu) - 0.5 * logdet;
  return status;
}
