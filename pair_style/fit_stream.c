/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches of frames with about as many rows as make the factorisation efficient. Which frames make a batch depends on
 * the data alone. */
#include "fit_stream.h"

#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_ROWS = 1024 };

static double row_weight(const fit_weight *w, int natoms, int r) {
  if (r == 0)
    return w->energy / natoms;
  return r <= 3 * natoms ? w->force : w->virial / natoms;
}

/* Rows that a frame gives: with a reference and a weight. */
static int count_rows(const xyz_frame *f, const fit_weight *w) {
  int n = 0;
  if (f->has_energy && w->energy != 0)
    n += 1;
  if (f->force && w->force != 0)
    n += 3 * f->natoms;
  if (f->has_virial && w->virial != 0)
    n += 6;
  return n;
}

/* Weighted rows of a frame from row `at` of b on; columns from `first` on, y last. */
static int put_rows(const fit_rows *rows, int ncolumns, const fit_weight *w, double *b, int lead, int first, int at) {
  int n = 0;
  for (int r = 0; r < rows->nrows; r++)
    n += !isnan(rows->y[r]) && row_weight(w, rows->natoms, r) != 0;
  for (int c = 0; c <= ncolumns; c++) {
    double *to = b + (size_t)(first + c) * (size_t)lead + (size_t)at;
    const double *from = c < ncolumns ? rows->a + (size_t)c * (size_t)rows->nrows : rows->y;
    for (int r = 0; r < rows->nrows; r++) {
      const double weight = row_weight(w, rows->natoms, r);
      if (!isnan(rows->y[r]) && weight != 0)
        *to++ = weight * from[r];
    }
  }
  return n;
}

lisi_status fit_stream_rows(const fit_rows *rows, const fit_weight *w, fit_triangle *t, lisi_error *err) {
  double *b = malloc((size_t)rows->nrows * (size_t)(t->n + 1) * sizeof *b);
  if (!b)
    return lisi_no_memory(err, (size_t)rows->nrows * (size_t)(t->n + 1) * sizeof *b);
  lisi_status status = fit_triangle_rows(t, put_rows(rows, t->n, w, b, rows->nrows, 0, 0), b, rows->nrows, err);
  free(b);
  return status;
}

/* The rows of frame k in rows at .. of b. Runs on any thread. */
static lisi_status frame_rows(const fit_stream_frames *s, int k, double *b, int lead, int at, lisi_error *err) {
  const fit_environment_frame *f = &s->frame[k];
  fit_rows rows;
  lisi_status status = fit_design(s->basis, f->set, f->frame, f->mu, &rows, err);
  if (status != LISI_OK)
    return status;
  (void)put_rows(&rows, s->basis->ncolumns, &s->weight[k], b, lead, s->nfree, at);
  const int n = count_rows(f->frame, &s->weight[k]);
  for (int c = 0; c < s->nfree; c++)
    memset(b + (size_t)c * (size_t)lead + (size_t)at, 0, (size_t)n * sizeof *b);
  if (s->nfree > 0 && s->zero[k] >= 0 && f->frame->has_energy && s->weight[k].energy != 0)
    for (int a = 0; a < f->frame->natoms; a++)
      b[(size_t)(s->zero[k] * s->basis->nelements + f->mu[f->frame->species[a]]) * (size_t)lead + (size_t)at] +=
          row_weight(&s->weight[k], f->frame->natoms, 0);
  fit_rows_free(&rows);
  return LISI_OK;
}

/* Frames of one triangle, list[0 .. n-1]. *room is the size of *b. */
static lisi_status batch(const fit_stream_frames *s, const int *list, int n, int *at, fit_triangle *t, double **b,
                         size_t *room, lisi_error *err) {
  lisi_status status = LISI_OK;
  int rows = 0;
  for (int k = 0; k < n; k++) {
    at[k] = rows;
    rows += count_rows(s->frame[list[k]].frame, &s->weight[list[k]]);
  }
  const size_t cells = (size_t)rows * (size_t)(t->n + 1);
  if (cells > *room) {
    free(*b);
    *b = malloc(cells * sizeof **b);
    *room = *b ? cells : 0;
    if (!*b)
      return lisi_no_memory(err, cells * sizeof **b);
  }
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < n; k++) {
    lisi_error own = {0};
    if (progress_interrupted())
      continue;
    lisi_status each = frame_rows(s, list[k], *b, rows, at[k], &own);
#pragma omp critical
    if (each != LISI_OK && status == LISI_OK)
      status = lisi_fail(err, each, "%s", own.message);
  }
  if (status == LISI_OK && progress_interrupted())
    status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  return status == LISI_OK ? fit_triangle_rows(t, rows, *b, rows, err) : status;
}

lisi_status fit_stream(const fit_stream_frames *s, const char *label, fit_triangle *part, lisi_error *err) {
  lisi_status status = LISI_OK;
  memset(part, 0, (size_t)s->nparts * sizeof *part);
  int *list = malloc(2 * ((size_t)s->nframes + 1) * sizeof *list), *at = list ? list + s->nframes + 1 : NULL, done = 0;
  if (!list)
    return lisi_no_memory(err, 2 * (size_t)s->nframes * sizeof *list);
  double *b = NULL;
  size_t room = 0;
  progress bar = progress_start(label);
  for (int p = 0; p < s->nparts && status == LISI_OK; p++) {
    status = fit_triangle_make(s->nfree + s->basis->ncolumns, &part[p], err);
    int n = 0, rows = 0;
    for (int k = 0; k < s->nframes && status == LISI_OK; k++) {
      const bool mine = s->part[k] == p;
      if (mine) {
        list[n++] = k;
        rows += count_rows(s->frame[k].frame, &s->weight[k]);
      }
      if (n == 0 || (rows < BATCH_ROWS && k + 1 < s->nframes))
        continue;
      status = batch(s, list, n, at, &part[p], &b, &room, err);
      done += n;
      n = rows = 0;
      progress_update(&bar, done, s->nframes);
    }
  }
  progress_end(&bar);
  free(list);
  free(b);
  return status;
}
