/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streamed QR of the weighted rows, then an SVD of the triangle, which gives the solution for every strength of the
 * prior at once. */
#include "fit_solve.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The triangle of the rows seen so far, with the right-hand side as the last column, and a buffer below it.
 * Column-major, `lead` rows. */
typedef struct {
  int ncolumns, lead, filled, top; /* top: rows of the triangle present */
  double *a;
  double *tau;
} stream;

static lisi_status stream_open(stream *q, int ncolumns, lisi_error *err) {
  q->ncolumns = ncolumns;
  q->lead = 3 * (ncolumns + 1) + 1024;
  q->filled = q->top = 0;
  size_t cells = (size_t)q->lead * (size_t)(ncolumns + 1);
  q->a = malloc(cells * sizeof *q->a);
  q->tau = malloc((size_t)(ncolumns + 1) * sizeof *q->tau);
  return q->a && q->tau ? LISI_OK : lisi_no_memory(err, cells * sizeof *q->a);
}

static void stream_close(stream *q) {
  free(q->a);
  free(q->tau);
}

/* Folds the buffer into the triangle. */
static lisi_status stream_reduce(stream *q, lisi_error *err) {
  int n = q->ncolumns + 1, m = q->filled, k = m < n ? m : n;
  if (m == q->top)
    return LISI_OK;
  if (LAPACKE_dgeqrf(LAPACK_COL_MAJOR, m, n, q->a, q->lead, q->tau) != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "least squares: QR failed");
  for (int c = 0; c < n; c++)
    for (int r = c + 1; r < k; r++)
      q->a[(size_t)c * (size_t)q->lead + (size_t)r] = 0;
  q->filled = q->top = k;
  return LISI_OK;
}

static double row_weight(const fit_rows *rows, const fit_weight *w, int r) {
  if (r == 0)
    return w->energy / rows->natoms;
  return r <= 3 * rows->natoms ? w->force : w->virial / rows->natoms;
}

static lisi_status stream_frame(stream *q, const fit_rows *rows, const fit_weight *w, const double *scale,
                                lisi_error *err) {
  for (int r = 0; r < rows->nrows; r++) {
    double weight = row_weight(rows, w, r);
    if (isnan(rows->y[r]) || weight == 0)
      continue;
    if (q->filled == q->lead) {
      lisi_status status = stream_reduce(q, err);
      if (status != LISI_OK)
        return status;
    }
    size_t to = (size_t)q->filled++;
    for (int c = 0; c < q->ncolumns; c++)
      q->a[(size_t)c * (size_t)q->lead + to] = weight * scale[c] * rows->a[(size_t)c * (size_t)rows->nrows + (size_t)r];
    q->a[(size_t)q->ncolumns * (size_t)q->lead + to] = weight * rows->y[r];
  }
  return LISI_OK;
}

/* min |R x - z|^2 + mu^2 |x|^2 for any mu: singular values, V^T and U^T z of the rows that are not in fold `skip` (-1:
 * all). */
typedef struct {
  int n;
  double *s, *vt, *utz;
} factors;

static void factors_free(factors *f) {
  free(f->s);
  free(f->vt);
  free(f->utz);
}

static lisi_status factorise(const fit_system *sys, const double *scale, int skip, factors *f, lisi_error *err) {
  stream q = {0};
  int n = sys->ncolumns;
  size_t cells = (size_t)n * (size_t)n;
  double *r = NULL, *u = NULL;
  memset(f, 0, sizeof *f);
  f->n = n;
  lisi_status status = stream_open(&q, n, err);
  for (int k = 0; k < sys->nframes && status == LISI_OK; k++)
    if (sys->fold[k] != skip)
      status = stream_frame(&q, &sys->rows[k], &sys->weight[k], scale, err);
  if (status == LISI_OK)
    status = stream_reduce(&q, err);
  if (status == LISI_OK) {
    r = calloc(cells, sizeof *r);
    u = malloc(cells * sizeof *u);
    f->s = malloc((size_t)n * sizeof *f->s);
    f->vt = malloc(cells * sizeof *f->vt);
    f->utz = calloc((size_t)n, sizeof *f->utz);
    if (!r || !u || !f->s || !f->vt || !f->utz)
      status = lisi_no_memory(err, cells * sizeof *r);
  }
  if (status == LISI_OK) {
    int top = q.top < n ? q.top : n;
    for (int c = 0; c < n; c++)
      memcpy(r + (size_t)c * (size_t)n, q.a + (size_t)c * (size_t)q.lead, (size_t)top * sizeof *r);
    const double *z = q.a + (size_t)n * (size_t)q.lead;
    if (LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'A', n, n, r, n, f->s, u, n, f->vt, n) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: the singular value decomposition did not converge");
    else
      for (int c = 0; c < n; c++)
        for (int k = 0; k < top; k++)
          f->utz[c] += u[(size_t)c * (size_t)n + (size_t)k] * z[k];
  }
  stream_close(&q);
  free(r);
  free(u);
  return status;
}

/* Coefficients of the unscaled columns at ridge mu. */
static void coefficients(const factors *f, const double *scale, double mu, double *c) {
  int n = f->n;
  memset(c, 0, (size_t)n * sizeof *c);
  for (int k = 0; k < n; k++) {
    double d = f->s[k] * f->s[k] + mu * mu;
    if (f->s[k] <= 1e-14 * f->s[0] || d <= 0)
      continue;
    double g = f->s[k] / d * f->utz[k];
    for (int i = 0; i < n; i++)
      c[i] += g * f->vt[(size_t)i * (size_t)n + (size_t)k];
  }
  for (int i = 0; i < n; i++)
    c[i] *= scale[i];
}

static long used_rows(const fit_system *sys, int only) {
  long count = 0;
  for (int k = 0; k < sys->nframes; k++) {
    if (only >= 0 && sys->fold[k] != only)
      continue;
    for (int r = 0; r < sys->rows[k].nrows; r++)
      if (!isnan(sys->rows[k].y[r]) && row_weight(&sys->rows[k], &sys->weight[k], r) != 0)
        count++;
  }
  return count;
}

/* Squared weighted residuals of the frames of one fold. */
static double heldout_loss(const fit_system *sys, int fold, const double *c) {
  double sum = 0;
  for (int k = 0; k < sys->nframes; k++) {
    const fit_rows *rows = &sys->rows[k];
    if (sys->fold[k] != fold)
      continue;
    for (int r = 0; r < rows->nrows; r++) {
      double weight = row_weight(rows, &sys->weight[k], r);
      if (isnan(rows->y[r]) || weight == 0)
        continue;
      double d = -rows->y[r];
      for (int i = 0; i < sys->ncolumns; i++)
        d += c[i] * rows->a[(size_t)i * (size_t)rows->nrows + (size_t)r];
      sum += weight * weight * d * d;
    }
  }
  return sum;
}

/* 1 / (gamma_b s_b). A column that is zero in all data stays at coefficient zero. */
static void column_scale(const fit_system *sys, long count, double *scale) {
  for (int c = 0; c < sys->ncolumns; c++) {
    double sum = 0;
    for (int k = 0; k < sys->nframes; k++) {
      const fit_rows *rows = &sys->rows[k];
      const double *a = rows->a + (size_t)c * (size_t)rows->nrows;
      for (int r = 0; r < rows->nrows; r++) {
        double weight = row_weight(rows, &sys->weight[k], r);
        if (!isnan(rows->y[r]))
          sum += weight * weight * a[r] * a[r];
      }
    }
    scale[c] = sum > 0 ? 1 / (sys->gamma[c] * sqrt(sum / (double)count)) : 0;
  }
}

lisi_status fit_solve(const fit_system *sys, double ridge, bool validate, fit_solution *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  size_t n = (size_t)sys->ncolumns;
  long count = used_rows(sys, -1);
  if (count == 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "no energies, forces or virials to fit (all weights zero, or the data have none)");
  bool choose = ridge < 0, folds = choose || validate;
  int nf = folds ? sys->nfolds : 0;
  double *scale = malloc(n * sizeof *scale), *c = malloc(n * sizeof *c);
  factors *part = calloc((size_t)nf + 1, sizeof *part);
  out->coefficient = malloc(n * sizeof *out->coefficient);
  if (folds)
    out->heldout = malloc(n * (size_t)nf * sizeof *out->heldout);
  lisi_status status = LISI_OK;
  if (!scale || !c || !part || !out->coefficient || (folds && !out->heldout))
    status = lisi_no_memory(err, n * n * sizeof *c);
  if (status == LISI_OK) {
    column_scale(sys, count, scale);
    for (int f = 0; f <= nf && status == LISI_OK; f++)
      status = factorise(sys, scale, f < nf ? f : -1, &part[f], err);
  }
  if (status == LISI_OK) {
    double best = ridge;
    if (choose) {
      out->ngrid = 25;
      for (int g = 0; g < out->ngrid; g++) {
        out->grid[g] = pow(10, -6.0 + 0.25 * g);
        for (int f = 0; f < nf; f++) {
          coefficients(&part[f], scale, out->grid[g] * sqrt((double)(count - used_rows(sys, f))), c);
          out->loss[g] += heldout_loss(sys, f, c) / (double)count;
        }
        if (g == 0 || out->loss[g] < out->loss[0]) {
          bool least = true;
          for (int h = 0; h < g; h++)
            least = least && out->loss[g] < out->loss[h];
          if (least)
            best = out->grid[g];
        }
      }
    }
    out->ridge = best;
    double mu = best * sqrt((double)count), effective = 0;
    coefficients(&part[nf], scale, mu, out->coefficient);
    for (size_t k = 0; k < n; k++) {
      double s2 = part[nf].s[k] * part[nf].s[k];
      if (s2 + mu * mu > 0)
        effective += s2 / (s2 + mu * mu);
      if (!isfinite(out->coefficient[k]))
        status = lisi_fail(err, LISI_ERR_NUMERIC, "least squares: a coefficient is not finite");
    }
    out->rank = (int)lround(effective);
    for (int f = 0; f < nf; f++) {
      coefficients(&part[f], scale, best * sqrt((double)(count - used_rows(sys, f))), c);
      for (size_t k = 0; k < n; k++)
        out->heldout[k * (size_t)nf + (size_t)f] = c[k];
    }
  }
  if (part)
    for (int f = 0; f <= nf; f++)
      factors_free(&part[f]);
  free(part);
  free(scale);
  free(c);
  if (status != LISI_OK)
    fit_solution_free(out);
  return status;
}

void fit_solution_free(fit_solution *s) {
  free(s->coefficient);
  free(s->heldout);
  memset(s, 0, sizeof *s);
}

lisi_status fit_offsets(fit_basis *b, const xyz_set *const *set, const int *const *mu, int nsets, lisi_error *err) {
  int rows = 0, n = b->nelements, rank, at = 0;
  for (int s = 0; s < nsets; s++)
    rows += set[s]->nframes;
  int lead = rows > n ? rows : n;
  double *a = calloc((size_t)lead * (size_t)n, sizeof *a), *y = calloc((size_t)lead, sizeof *y),
         *sv = malloc((size_t)n * sizeof *sv);
  lisi_status status = a && y && sv ? LISI_OK : lisi_no_memory(err, (size_t)lead * sizeof *a);
  for (int s = 0; s < nsets && status == LISI_OK; s++)
    for (int k = 0; k < set[s]->nframes; k++) {
      const xyz_frame *f = &set[s]->frame[k];
      if (!f->has_energy)
        continue;
      for (int i = 0; i < f->natoms; i++)
        a[(size_t)mu[s][f->species[i]] * (size_t)lead + (size_t)at] += 1.0 / f->natoms;
      y[at++] = f->energy / f->natoms;
    }
  if (status == LISI_OK && at == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "E0: fit needs energies, and no frame has one");
  if (status == LISI_OK && LAPACKE_dgelsd(LAPACK_COL_MAJOR, at, n, 1, a, lead, y, lead, sv, 1e-10, &rank) != 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "E0: least squares failed");
  if (status == LISI_OK)
    memcpy(b->E0, y, (size_t)n * sizeof *y);
  free(a);
  free(y);
  free(sv);
  return status;
}
