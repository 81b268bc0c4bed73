/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One step: the derivatives of all rows frame by frame, their normal matrix, and a damped solution. The normal matrix
 * squares the condition number, which the prior bounds; a QR of the same rows would take twice the time. */
#include "fit_nonlinear.h"

#include "ace_embed.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  BATCH = 8,    /* frames whose derivatives are in memory at one time */
  COLUMNS = 64, /* of the normal matrix that a thread makes at one time */
  REFUSALS = 12 /* steps in a row that led nowhere, each shorter than the one before */
};

/* Of the rows, in the units of solver: what damps where there is no prior. */
static const double LEAST_DAMPING = 1e-9;

/* What a frame gives at some coefficients: weighted residuals and their derivatives, the rows without a reference or
 * weight left out. */
typedef struct {
  int nrows;
  double *j; /* [ndensity * ncolumns][nrows] d prediction; NULL where only residuals are asked for */
  double *r; /* [nrows] prediction - reference */
} frame_rows;

static void frame_rows_free(frame_rows *f) {
  free(f->j);
  free(f->r);
  memset(f, 0, sizeof *f);
}

lisi_status fit_predict(const fit_basis *b, const xyz_set *set, const xyz_frame *frame, const int *mu, const double *c,
                        double *p, double *j, lisi_error *err) {
  const int nd = b->ndensity;
  const size_t nrows = 1 + 3 * (size_t)frame->natoms + 6, ncol = (size_t)b->ncolumns;
  fit_atoms *atoms = NULL;
  double *t = malloc((size_t)nd * nrows * sizeof *t); /* [density][row] sum_b c_pb a_br: density, and its own force */
  lisi_status status = t ? LISI_OK : lisi_no_memory(err, (size_t)nd * nrows * sizeof *t);
  memset(p, 0, nrows * sizeof *p);
  if (j)
    memset(j, 0, (size_t)nd * ncol * nrows * sizeof *j);
  if (status == LISI_OK)
    status = fit_atoms_open(b, set, frame, mu, &atoms, err);
  for (int i = 0; i < frame->natoms && status == LISI_OK; i++) {
    const double *a;
    int begin, end;
    status = fit_atoms_get(atoms, i, &a, &begin, &end, err);
    if (status != LISI_OK)
      break;
    for (int d = 0; d < nd; d++) {
      double *td = t + (size_t)d * nrows, slope;
      cblas_dgemv(CblasColMajor, CblasNoTrans, (int)nrows, end - begin, 1.0, a + (size_t)begin * nrows, (int)nrows,
                  c + (size_t)d * ncol + begin, 1, 0.0, td, 1);
      const double w = b->fs[2 * d], m = b->fs[2 * d + 1], rho = td[0];
      const double F = w * ace_embed(b->embedding, m, rho, &slope);
      slope *= w;
      p[0] += F;
      for (size_t r = 1; r < nrows; r++)
        p[r] += slope * td[r];
      if (!j)
        continue;
      const double bend = w * ace_embed_curvature(b->embedding, m, rho);
      for (int k = begin; k < end; k++) {
        const double *ak = a + (size_t)k * nrows, f = bend * ak[0];
        double *jk = j + ((size_t)d * ncol + (size_t)k) * nrows;
        jk[0] += slope * ak[0];
        for (size_t r = 1; r < nrows; r++)
          jk[r] += slope * ak[r] + f * td[r];
      }
    }
  }
  fit_atoms_close(atoms);
  free(t);
  return status;
}

static double row_weight(const fit_weight *w, int natoms, int r) {
  if (r == 0)
    return w->energy / natoms;
  return r <= 3 * natoms ? w->force : w->virial / natoms;
}

/* Runs on any thread. */
static lisi_status frame_make(const fit_frames *data, int k, const double *c, bool derivatives, frame_rows *out,
                              lisi_error *err) {
  const fit_basis *b = data->basis;
  const xyz_frame *frame = data->frame[k];
  const int nrows = 1 + 3 * frame->natoms + 6;
  const size_t n = (size_t)b->ndensity * (size_t)b->ncolumns;
  double *y = malloc((size_t)nrows * sizeof *y);
  memset(out, 0, sizeof *out);
  out->r = malloc((size_t)nrows * sizeof *out->r);
  if (derivatives)
    out->j = malloc(n * (size_t)nrows * sizeof *out->j);
  lisi_status status =
      y && out->r && (out->j || !derivatives) ? LISI_OK : lisi_no_memory(err, n * (size_t)nrows * sizeof *y);
  if (status == LISI_OK)
    status = fit_predict(b, data->set[k], frame, data->mu[k], c, out->r, out->j, err);
  if (status == LISI_OK) {
    fit_reference(b, frame, data->mu[k], y);
    /* weighted, and a row without a reference as zeros: that changes no sum and keeps the layout */
    for (int r = 0; r < nrows; r++) {
      const double w = isnan(y[r]) ? 0.0 : row_weight(&data->weight[k], frame->natoms, r);
      out->r[r] = isnan(y[r]) ? 0.0 : w * (out->r[r] - y[r]);
      y[r] = w;
      out->nrows += w > 0.0;
    }
    for (size_t q = 0; out->j && q < n; q++)
      for (int r = 0; r < nrows; r++)
        out->j[q * (size_t)nrows + (size_t)r] *= y[r];
  }
  free(y);
  if (status != LISI_OK)
    frame_rows_free(out);
  return status;
}

/* H += J^T J (upper triangle), g += J^T r: a block of columns on one thread each. Inside a parallel region the BLAS
 * uses one thread, so that the number of threads changes no sum. */
static void add_products(const frame_rows *rows, int nrows, int n, double *H, double *g) {
#pragma omp parallel for schedule(dynamic, 1)
  for (int q = 0; q < n; q += COLUMNS) {
    const int width = n - q < COLUMNS ? n - q : COLUMNS;
    const double *jq = rows->j + (size_t)q * (size_t)nrows;
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, q + width, width, nrows, 1.0, rows->j, nrows, jq, nrows, 1.0,
                H + (size_t)q * (size_t)n, n);
    cblas_dgemv(CblasColMajor, CblasTrans, nrows, width, 1.0, jq, nrows, rows->r, 1, 1.0, g + q, 1);
  }
}

/* H = J^T J (upper triangle), g = J^T r, the sum of squares and the number of rows with a weight. H = NULL: the last
 * two alone. */
static lisi_status normal_equations(const fit_frames *data, const double *c, double *H, double *g, double *squares,
                                    long *count, lisi_error *err) {
  const int n = data->basis->ndensity * data->basis->ncolumns;
  lisi_status status = LISI_OK;
  *squares = 0.0;
  *count = 0;
  if (H) {
    memset(H, 0, (size_t)n * (size_t)n * sizeof *H);
    memset(g, 0, (size_t)n * sizeof *g);
  }
  for (int first = 0; first < data->nframes && status == LISI_OK; first += BATCH) {
    frame_rows rows[BATCH] = {{0}};
    lisi_error own[BATCH] = {{0}};
    lisi_status each[BATCH] = {LISI_OK};
    const int in = data->nframes - first < BATCH ? data->nframes - first : BATCH;
#pragma omp parallel for schedule(dynamic, 1)
    for (int k = 0; k < in; k++)
      if (data->skip < 0 || data->fold[first + k] != data->skip)
        each[k] = frame_make(data, first + k, c, H != NULL, &rows[k], &own[k]);
    for (int k = 0; k < in; k++) { /* in order: the same sums with any number of threads */
      if (status == LISI_OK && each[k] != LISI_OK)
        status = lisi_fail(err, each[k], "%s", own[k].message);
      const int nrows = 1 + 3 * data->frame[first + k]->natoms + 6;
      if (status == LISI_OK && rows[k].r) {
        *count += rows[k].nrows;
        for (int r = 0; r < nrows; r++)
          *squares += rows[k].r[r] * rows[k].r[r];
        if (H)
          add_products(&rows[k], nrows, n, H, g);
      }
      frame_rows_free(&rows[k]);
    }
    if (status == LISI_OK && progress_interrupted())
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  }
  return status;
}

/* The further densities at the start. Order 1 has one function for each element of the neighbour and each g_k. */
static lisi_status start_densities(const fit_frames *data, double *c, lisi_error *err) {
  const fit_basis *b = data->basis;
  const size_t ncol = (size_t)b->ncolumns;
  double sum[ACE_MAX_ELEMENTS] = {0}, n[ACE_MAX_ELEMENTS] = {0};
  double *one = c + ncol; /* the second density with weights of one, its average over all atoms of each element */
  for (int k = 0; k < b->nblocks; k++)
    if (b->block[k].order == 1 && b->block[k].ns[0] == 1)
      one[b->block[k].column] = 1.0;
  for (int k = 0; k < data->nframes; k++) {
    fit_atoms *atoms = NULL;
    if (data->skip >= 0 && data->fold[k] == data->skip)
      continue;
    lisi_status status = fit_atoms_open(b, data->set[k], data->frame[k], data->mu[k], &atoms, err);
    const size_t nrows = 1 + 3 * (size_t)data->frame[k]->natoms + 6;
    for (int i = 0; i < data->frame[k]->natoms && status == LISI_OK; i++) {
      const double *a;
      int begin, end, mu = data->mu[k][data->frame[k]->species[i]];
      status = fit_atoms_get(atoms, i, &a, &begin, &end, err);
      for (int q = begin; q < end && status == LISI_OK; q++)
        sum[mu] += one[q] * a[(size_t)q * nrows];
      n[mu] += 1.0;
    }
    fit_atoms_close(atoms);
    if (status != LISI_OK)
      return status;
  }
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *block = &b->block[k];
    if (block->order != 1 || block->ns[0] != 1)
      continue;
    for (int d = b->ndensity - 1; d > 0; d--) /* different sizes, or equal densities would stay equal */
      c[(size_t)d * ncol + (size_t)block->column] =
          sum[block->mu0] != 0.0 ? (double)d * n[block->mu0] / sum[block->mu0] : 0.0;
  }
  return LISI_OK;
}

/* Everything in units of scale: x = c / scale, so that the prior is ridge^2 rows |x|^2. */
typedef struct {
  int n;
  double *H, *g, *work, *scale, *c, *trial, *step;
} solver;

static void solver_free(solver *s) {
  free(s->H);
  free(s->g);
  free(s->work);
  free(s->scale);
  free(s->trial);
  free(s->step);
}

static lisi_status solver_make(solver *s, const fit_basis *b, lisi_error *err) {
  memset(s, 0, sizeof *s);
  s->n = b->ndensity * b->ncolumns;
  const size_t n = (size_t)s->n;
  s->H = malloc(n * n * sizeof *s->H);
  s->work = malloc(n * n * sizeof *s->work);
  s->g = malloc(n * sizeof *s->g);
  s->scale = malloc(n * sizeof *s->scale);
  s->trial = malloc(n * sizeof *s->trial);
  s->step = malloc(n * sizeof *s->step);
  return s->H && s->work && s->g && s->scale && s->trial && s->step ? LISI_OK
                                                                    : lisi_no_memory(err, 2 * n * n * sizeof *s->H);
}

static double prior_of(const solver *s, const double *c, double strength) {
  double sum = 0.0;
  for (int k = 0; k < s->n; k++)
    if (s->scale[k] > 0.0)
      sum += c[k] / s->scale[k] * (c[k] / s->scale[k]);
  return strength * sum;
}

/* trial = c + the step that minimises the quadratic model plus damping |step|^2; false where the matrix is not positive
 * definite. */
static bool damped_step(solver *s, const double *c, double strength, double damping) {
  const size_t n = (size_t)s->n;
  for (size_t q = 0; q < n; q++)
    for (size_t k = 0; k <= q; k++)
      s->work[q * n + k] = s->scale[k] * s->scale[q] * s->H[q * n + k];
  for (size_t k = 0; k < n; k++) {
    if (s->scale[k] == 0.0) /* a function that the data do not have: it stays where it is */
      s->work[k * n + k] = 1.0;
    s->work[k * n + k] += strength + damping;
    s->step[k] = -s->scale[k] * s->g[k] - (s->scale[k] > 0.0 ? strength * c[k] / s->scale[k] : 0.0);
  }
  int info = 0;
  /* In a parallel region LAPACK uses one thread, and the number of threads changes no bit; the time is in the rows. */
#pragma omp parallel
#pragma omp single
  info = LAPACKE_dposv(LAPACK_COL_MAJOR, 'U', s->n, 1, s->work, s->n, s->step, s->n);
  if (info != 0)
    return false;
  for (size_t k = 0; k < n; k++)
    s->trial[k] = c[k] + s->scale[k] * s->step[k];
  return true;
}

lisi_status fit_nonlinear(const fit_frames *data, const double *linear, double ridge, int steps, double tolerance,
                          const char *label, double *c, fit_path *path, lisi_error *err) {
  const fit_basis *b = data->basis;
  solver s;
  double squares, value = 0.0, damping = 0.0, strength = 0.0;
  long count;
  memset(path, 0, sizeof *path);
  memset(c, 0, (size_t)b->ndensity * (size_t)b->ncolumns * sizeof *c);
  progress bar = progress_start(label);
  lisi_status status = solver_make(&s, b, err);
  if (status == LISI_OK)
    status = b->ndensity > 1 ? start_densities(data, c, err) : LISI_OK;
  memcpy(c, linear, (size_t)b->ncolumns * sizeof *c);
  if (status == LISI_OK)
    status = normal_equations(data, c, s.H, s.g, &squares, &count, err);
  if (status == LISI_OK && count == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "no energies, forces or virials to fit");
  if (status == LISI_OK) {
    for (int k = 0; k < s.n; k++) {
      const double h = s.H[(size_t)k * (size_t)s.n + (size_t)k];
      s.scale[k] = h > 0.0 ? 1.0 / (b->gamma[k % b->ncolumns] * sqrt(h / (double)count)) : 0.0;
    }
    strength = ridge * ridge * (double)count;
    /* One density is a quadratic problem, which the first step solves. */
    if (b->ndensity > 1)
      damping = fmax(100.0 * strength, LEAST_DAMPING * (double)count);
    value = squares + prior_of(&s, c, strength);
    path->first = path->last = value / (double)count;
  }
  int refused = 0;
  while (status == LISI_OK && path->steps < steps && !path->converged) {
    double trial_squares, trial = NAN;
    const bool solved = damped_step(&s, c, strength, damping);
    if (solved)
      status = normal_equations(data, s.trial, NULL, NULL, &trial_squares, &count, err);
    if (status != LISI_OK)
      break;
    if (solved)
      trial = trial_squares + prior_of(&s, s.trial, strength);
    if (!(trial < value)) { /* also where it is not a number */
      damping = fmax(5.0 * damping, LEAST_DAMPING * (double)count);
      if (++refused == REFUSALS && !solved)
        status = lisi_fail(err, LISI_ERR_NUMERIC,
                           "non-linear fit: the normal matrix is not positive definite; a larger ridge or fewer "
                           "functions are needed");
      else if (refused == REFUSALS)
        path->converged = true; /* no direction leads further down */
      continue;
    }
    refused = 0;
    path->converged = value - trial < tolerance * value;
    value = trial;
    damping /= 4.0;
    memcpy(c, s.trial, (size_t)s.n * sizeof *c);
    path->last = value / (double)count;
    progress_update(&bar, ++path->steps, steps);
    if (path->steps < steps && !path->converged)
      status = normal_equations(data, c, s.H, s.g, &squares, &count, err);
  }
  progress_end(&bar);
  solver_free(&s);
  return status;
}
