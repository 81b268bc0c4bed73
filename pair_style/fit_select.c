/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With c = B A^-1 an exchange needs neither A nor its inverse: row c_i entering at place j of the active set multiplies
 * |det A| by |c_ij|, and turns every row c into c - c_j / c_ij (c_i - e_j). The row that leaves is e_j. */
#include "fit_select.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An exchange has to enlarge the volume by this factor: single precision of an active set in a sidecar is not better.
 */
static const double worth = 1.001;
/* An upper limit that rounding cannot pass. Each exchange enlarges the volume, so there is an end anyway. */
enum { MAX_EXCHANGES_PER_ROW = 100 };

/* One element: the environments that MaxVol chooses from beside those in its active set. */
typedef struct {
  int n, npool, room;
  double *pool; /* [npool][n] of frames taken, and those that have left the active set */
  int nexchanges, exchange_room;
  double *line;  /* [nexchanges][n] c_i - e_j of the exchanges of one choice */
  int *place;    /* [nexchanges] j */
  double *pivot; /* [nexchanges] c_ij */
} element;

struct fit_select {
  int nelements, ncandidates;
  element *of; /* [nelements] */
  fit_candidate *candidate;
  bool *taken;
  double *gamma; /* [ncandidates] */
};

size_t fit_candidate_size(int nelements, const int *n, const fit_candidate *c) {
  size_t size = 0;
  for (int mu = 0; mu < nelements; mu++)
    size += (size_t)c->count[mu] * (size_t)n[mu];
  return size;
}

static double grade(const double *row, size_t size) {
  double most = 0;
  for (size_t k = 0; k < size; k++)
    most = fmax(most, fabs(row[k]));
  return most;
}

static size_t size_of(const fit_select *s, int k) {
  size_t size = 0;
  for (int mu = 0; mu < s->nelements; mu++)
    size += (size_t)s->candidate[k].count[mu] * (size_t)s->of[mu].n;
  return size;
}

lisi_status fit_select_create(int nelements, const int *n, int ncandidates, fit_candidate *candidate, fit_select **out,
                              lisi_error *err) {
  *out = NULL;
  fit_select *s = calloc(1, sizeof *s);
  if (!s)
    return lisi_no_memory(err, sizeof *s);
  s->nelements = nelements;
  s->ncandidates = ncandidates;
  s->candidate = candidate;
  s->of = calloc((size_t)nelements + 1, sizeof *s->of);
  s->taken = calloc((size_t)ncandidates + 1, sizeof *s->taken);
  s->gamma = calloc((size_t)ncandidates + 1, sizeof *s->gamma);
  lisi_status status =
      s->of && s->taken && s->gamma ? LISI_OK : lisi_no_memory(err, (size_t)ncandidates * sizeof *s->gamma);
  for (int mu = 0; mu < nelements && status == LISI_OK; mu++)
    s->of[mu].n = n[mu];
  for (int k = 0; k < ncandidates && status == LISI_OK; k++) {
    const size_t size = size_of(s, k);
    for (size_t i = 0; i < size && status == LISI_OK; i++)
      if (!isfinite(candidate[k].row[i]))
        status = lisi_fail(err, LISI_ERR_NUMERIC, "selection: an environment of frame %d is not finite", k + 1);
    s->gamma[k] = grade(candidate[k].row, size);
  }
  if (status != LISI_OK) {
    fit_select_free(s);
    return status;
  }
  *out = s;
  return LISI_OK;
}

void fit_select_free(fit_select *s) {
  if (!s)
    return;
  for (int mu = 0; s->of && mu < s->nelements; mu++) {
    free(s->of[mu].pool);
    free(s->of[mu].line);
    free(s->of[mu].place);
    free(s->of[mu].pivot);
  }
  free(s->of);
  free(s->taken);
  free(s->gamma);
  free(s);
}

double fit_select_gamma(const fit_select *s, int k) {
  return s->gamma[k];
}

/* The environments of a frame join those that MaxVol chooses from. */
static lisi_status join(element *e, const double *row, int count, lisi_error *err) {
  size_t n = (size_t)e->n;
  if (e->npool + count > e->room) {
    int room = 2 * (e->npool + count);
    double *grown = realloc(e->pool, (size_t)room * n * sizeof *grown);
    if (!grown)
      return lisi_no_memory(err, (size_t)room * n * sizeof *grown);
    e->pool = grown;
    e->room = room;
  }
  if (count > 0)
    memcpy(e->pool + (size_t)e->npool * n, row, (size_t)count * n * sizeof *row);
  e->npool += count;
  return LISI_OK;
}

static lisi_status note(element *e, const double *row, int place, lisi_error *err) {
  size_t n = (size_t)e->n;
  if (e->nexchanges == e->exchange_room) {
    int room = e->exchange_room ? 2 * e->exchange_room : 32;
    double *line = realloc(e->line, (size_t)room * n * sizeof *line);
    if (line)
      e->line = line;
    int *places = realloc(e->place, (size_t)room * sizeof *places);
    if (places)
      e->place = places;
    double *pivot = realloc(e->pivot, (size_t)room * sizeof *pivot);
    if (pivot)
      e->pivot = pivot;
    if (!line || !places || !pivot)
      return lisi_no_memory(err, (size_t)room * n * sizeof *line);
    e->exchange_room = room;
  }
  double *line = e->line + (size_t)e->nexchanges * n;
  memcpy(line, row, n * sizeof *line);
  line[place] -= 1;
  e->place[e->nexchanges] = place;
  e->pivot[e->nexchanges++] = row[place];
  return LISI_OK;
}

/* What exchange k makes of a row. */
static void apply(const element *e, int k, double *row) {
  size_t n = (size_t)e->n;
  const double *line = e->line + (size_t)k * n, f = row[e->place[k]] / e->pivot[k];
  if (f == 0)
    return;
  for (size_t i = 0; i < n; i++)
    row[i] -= f * line[i];
}

/* Exchanges until none is worth it; *volume grows by the logarithms of their factors. */
static lisi_status maxvol(element *e, double *volume, lisi_error *err) {
  size_t n = (size_t)e->n;
  e->nexchanges = 0;
  while (e->nexchanges < MAX_EXCHANGES_PER_ROW * e->n) {
    size_t at = 0, cells = (size_t)e->npool * n;
    for (size_t k = 1; k < cells; k++)
      if (fabs(e->pool[k]) > fabs(e->pool[at]))
        at = k;
    if (cells == 0 || !(fabs(e->pool[at]) > worth))
      break;
    const size_t i = at / n, j = at % n;
    *volume += log(fabs(e->pool[at]));
    lisi_status status = note(e, e->pool + i * n, (int)j, err);
    if (status != LISI_OK)
      return status;
    memset(e->pool + i * n, 0, n * sizeof *e->pool);
    e->pool[i * n + j] = 1; /* the one that leaves takes the place of the one that enters */
    for (int k = 0; k < e->npool; k++)
      apply(e, e->nexchanges - 1, e->pool + (size_t)k * n);
  }
  return LISI_OK;
}

/* Every candidate that is left, in terms of the new active sets. */
static void regrade(fit_select *s) {
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < s->ncandidates; k++) {
    if (s->taken[k])
      continue;
    double *row = s->candidate[k].row;
    s->gamma[k] = 0;
    for (int mu = 0; mu < s->nelements; mu++) {
      const element *e = &s->of[mu];
      for (int i = 0; i < s->candidate[k].count[mu]; i++, row += e->n) {
        for (int x = 0; x < e->nexchanges; x++)
          apply(e, x, row);
        s->gamma[k] = fmax(s->gamma[k], grade(row, (size_t)e->n));
      }
    }
  }
}

lisi_status fit_select_next(fit_select *s, double gamma_min, fit_choice *choice, lisi_error *err) {
  int best = -1;
  for (int k = 0; k < s->ncandidates; k++)
    if (!s->taken[k] && (best < 0 || s->gamma[k] > s->gamma[best]))
      best = k;
  *choice = (fit_choice){best, best < 0 ? 0 : s->gamma[best], 0, 0};
  if (best < 0 || !(s->gamma[best] >= gamma_min)) {
    choice->candidate = -1;
    return LISI_OK;
  }
  s->taken[best] = true;
  const double *row = s->candidate[best].row;
  for (int mu = 0; mu < s->nelements; mu++) {
    element *e = &s->of[mu];
    const int count = s->candidate[best].count[mu];
    lisi_status status = join(e, row, count, err);
    if (status == LISI_OK)
      status = maxvol(e, &choice->volume, err);
    if (status != LISI_OK)
      return status;
    choice->exchanges += e->nexchanges;
    row += (size_t)count * (size_t)e->n;
  }
  regrade(s);
  return LISI_OK;
}
