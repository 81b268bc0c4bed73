/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts_stream.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A walker's recent steps, oldest first, in a ring that grows when it has to; steps older than the longest lag are
 * dropped. */
typedef struct {
  long long id;
  bool alive;      /* has steps since its last start */
  bool known;      /* the image is known: records may give shifts */
  int n[3];        /* image of the last record */
  long long *from; /* [nlags] first pair start not yet counted */
  path_step *step;
  size_t first, count, cap;
} walker;

typedef struct {
  count_hash *hash; /* part = block */
} lag_slot;

struct counts_stream {
  int nstates, nlags, max_blocks;
  long long *lag, longest, block;
  long long origin; /* sample of the first record: block 0 begins here */
  bool started;
  long long known; /* everything up to here is known */
  lag_slot *slot;  /* [nlags] */
  walker *walker;
  size_t nwalkers, cap;
  size_t *table, table_size; /* id -> walker + 1, open addressing */
};

void counts_stream_free(counts_stream *s) {
  if (s == NULL)
    return;
  for (size_t k = 0; k < s->nwalkers; k++) {
    free(s->walker[k].step);
    free(s->walker[k].from);
  }
  for (int k = 0; s->slot != NULL && k < s->nlags; k++)
    count_hash_free(s->slot[k].hash);
  free(s->lag);
  free(s->slot);
  free(s->walker);
  free(s->table);
  free(s);
}

lisi_status counts_stream_new(int nstates, int nlags, const long long *lags, long long block, int max_blocks,
                              counts_stream **out, lisi_error *err) {
  *out = NULL;
  if (nstates < 1 || nlags < 1 || block < 1 || max_blocks < 2 || max_blocks % 2 != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "counts: at least one site, one lag and an even number of blocks are needed");
  counts_stream *s = calloc(1, sizeof *s);
  if (s == NULL)
    return lisi_no_memory(err, sizeof *s);
  s->nstates = nstates;
  s->nlags = nlags;
  s->max_blocks = max_blocks;
  s->block = block;
  s->known = LLONG_MIN;
  s->lag = calloc((size_t)nlags, sizeof *s->lag);
  s->slot = calloc((size_t)nlags, sizeof *s->slot);
  s->table_size = 64;
  s->table = calloc(s->table_size, sizeof *s->table);
  lisi_status status = (s->lag && s->slot && s->table) ? LISI_OK : lisi_no_memory(err, (size_t)nlags * sizeof *s->slot);
  for (int k = 0; k < nlags && status == LISI_OK; k++) {
    if (lags[k] < 1 || lags[k] > LLONG_MAX / 4)
      status = lisi_fail(err, LISI_ERR_INPUT, "counts: a lag of at least one sample is expected, found %lld", lags[k]);
    s->lag[k] = lags[k];
    if (lags[k] > s->longest)
      s->longest = lags[k];
    if (status == LISI_OK)
      status = count_hash_new(&s->slot[k].hash, err);
  }
  if (status == LISI_OK)
    *out = s;
  else
    counts_stream_free(s);
  return status;
}

static size_t *place_of(size_t *table, size_t size, const walker *walkers, long long id) {
  size_t k = (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (size - 1);
  while (table[k] != 0 && walkers[table[k] - 1].id != id)
    k = (k + 1) & (size - 1);
  return &table[k];
}

static lisi_status find_walker(counts_stream *s, long long id, walker **out, lisi_error *err) {
  size_t *place = place_of(s->table, s->table_size, s->walker, id);
  if (*place == 0) {
    if (2 * (s->nwalkers + 1) > s->table_size) {
      size_t *larger = calloc(2 * s->table_size, sizeof *larger);
      if (larger == NULL)
        return lisi_no_memory(err, 2 * s->table_size * sizeof *larger);
      for (size_t k = 0; k < s->nwalkers; k++)
        *place_of(larger, 2 * s->table_size, s->walker, s->walker[k].id) = k + 1;
      free(s->table);
      s->table = larger;
      s->table_size *= 2;
      place = place_of(s->table, s->table_size, s->walker, id);
    }
    if (s->nwalkers == s->cap) {
      const size_t cap = s->cap < 16 ? 16 : 2 * s->cap;
      walker *larger = realloc(s->walker, cap * sizeof *larger);
      if (larger == NULL)
        return lisi_no_memory(err, cap * sizeof *larger);
      s->walker = larger;
      s->cap = cap;
    }
    walker *w = &s->walker[s->nwalkers];
    memset(w, 0, sizeof *w);
    w->id = id;
    w->from = calloc((size_t)s->nlags, sizeof *w->from);
    if (w->from == NULL)
      return lisi_no_memory(err, (size_t)s->nlags * sizeof *w->from);
    *place = ++s->nwalkers;
  }
  *out = &s->walker[*place - 1];
  return LISI_OK;
}

static path_step *step_at(const walker *w, size_t k) {
  return &w->step[(w->first + k) & (w->cap - 1)];
}

static lisi_status push(walker *w, path_step step, lisi_error *err) {
  if (w->count > 0 && step_at(w, w->count - 1)->t == step.t) {
    *step_at(w, w->count - 1) = step;
    return LISI_OK;
  }
  if (w->count == w->cap) {
    const size_t cap = w->cap < 8 ? 8 : 2 * w->cap;
    path_step *larger = malloc(cap * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, cap * sizeof *larger);
    for (size_t k = 0; k < w->count; k++)
      larger[k] = *step_at(w, k);
    free(w->step);
    w->step = larger;
    w->cap = cap;
    w->first = 0;
  }
  *step_at(w, w->count++) = step;
  return LISI_OK;
}

/* Merges time blocks in pairs. */
static lisi_status double_blocks(counts_stream *s, lisi_error *err) {
  for (int l = 0; l < s->nlags; l++) {
    count_table table;
    count_hash *merged = NULL;
    lisi_status status = count_hash_table(s->slot[l].hash, s->nstates, s->max_blocks, &table, err);
    if (status == LISI_OK)
      status = count_hash_new(&merged, err);
    for (size_t k = 0; k < table.n && status == LISI_OK; k++) {
      const count_entry *e = &table.entry[k];
      status = count_hash_add(merged, e->part / 2, e->i, e->j, e->r, e->c, err);
    }
    count_table_free(&table);
    if (status != LISI_OK) {
      count_hash_free(merged);
      return status;
    }
    count_hash_free(s->slot[l].hash);
    s->slot[l].hash = merged;
  }
  s->block *= 2;
  return LISI_OK;
}

/* Counts the pairs of one lag with starts from w->from[l] up to those that end at sample `last`. */
static lisi_status count_walker(counts_stream *s, walker *w, int l, long long last, lisi_error *err) {
  const long long lag = s->lag[l];
  long long t = w->from[l];
  if (t < step_at(w, 0)->t)
    t = step_at(w, 0)->t;
  const long long stop = last - lag + 1; /* starts are below this */
  size_t a = 0, b = 0;
  while (t < stop) {
    while (a + 1 < w->count && step_at(w, a + 1)->t <= t)
      a++;
    if (b < a)
      b = a;
    while (b + 1 < w->count && step_at(w, b + 1)->t <= t + lag)
      b++;
    long long until = stop;
    if (a + 1 < w->count && step_at(w, a + 1)->t < until)
      until = step_at(w, a + 1)->t;
    if (b + 1 < w->count && step_at(w, b + 1)->t - lag < until)
      until = step_at(w, b + 1)->t - lag;
    const path_step *x = step_at(w, a), *y = step_at(w, b);
    if (x->state >= 0 && y->state >= 0) {
      const int r[3] = {y->n[0] - x->n[0], y->n[1] - x->n[1], y->n[2] - x->n[2]};
      for (long long u = t; u < until;) {
        const long long block = (u - s->origin) / s->block;
        long long end = s->origin + (block + 1) * s->block;
        if (end > until)
          end = until;
        const lisi_status status =
            count_hash_add(s->slot[l].hash, (int)block, x->state, y->state, r, (double)(end - u), err);
        if (status != LISI_OK)
          return status;
        u = end;
      }
    }
    t = until;
  }
  w->from[l] = t;
  return LISI_OK;
}

static lisi_status advance(counts_stream *s, walker *w, long long last, lisi_error *err) {
  if (!w->alive || w->count == 0)
    return LISI_OK;
  for (int l = 0; l < s->nlags; l++) {
    const lisi_status status = count_walker(s, w, l, last, err);
    if (status != LISI_OK)
      return status;
  }
  /* the step that holds at last - longest + 1 is still needed */
  while (w->count > 1 && step_at(w, 1)->t <= last - s->longest + 1) {
    w->first = (w->first + 1) & (w->cap - 1);
    w->count--;
  }
  return LISI_OK;
}

/* Room for pair starts up to `sample`. */
static lisi_status make_blocks(counts_stream *s, long long sample, lisi_error *err) {
  while (s->started && (sample - s->origin) / s->block >= s->max_blocks) {
    const lisi_status status = double_blocks(s, err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

lisi_status counts_stream_until(counts_stream *s, long long sample, lisi_error *err) {
  if (sample <= s->known)
    return LISI_OK;
  lisi_status status = make_blocks(s, sample, err);
  for (size_t k = 0; k < s->nwalkers && status == LISI_OK; k++)
    status = advance(s, &s->walker[k], sample, err);
  s->known = sample;
  return status;
}

lisi_status counts_stream_record(counts_stream *s, long long sample, long long id, int from, int to, const int n[3],
                                 lisi_error *err) {
  if (from < 0 || from > s->nstates || to < 0 || to > s->nstates || sample <= s->known || sample > LLONG_MAX / 4 ||
      sample < -LLONG_MAX / 4)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "counts: record of atom %lld at sample %lld (%d -> %d) does not fit: sites are 0 to %d, samples "
                     "come after %lld",
                     id, sample, from, to, s->nstates, s->known);
  if (!s->started) {
    s->started = true;
    s->origin = sample;
  }
  if (sample < s->origin)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "counts: record of atom %lld at sample %lld comes before the first sample %lld", id, sample,
                     s->origin);
  walker *w;
  lisi_status status = find_walker(s, id, &w, err);
  if (status != LISI_OK)
    return status;
  if (!w->alive) {
    w->alive = true;
    w->known = false;
    w->count = w->first = 0;
    for (int l = 0; l < s->nlags; l++)
      w->from[l] = sample;
  } else if (sample < step_at(w, w->count - 1)->t) {
    return lisi_fail(err, LISI_ERR_INPUT, "counts: the records of atom %lld go back in time (sample %lld after %lld)",
                     id, sample, step_at(w, w->count - 1)->t);
  }
  path_step step = {sample, to - 1, {w->n[0], w->n[1], w->n[2]}};
  if (to > 0) {
    for (int a = 0; a < 3; a++)
      step.n[a] = w->known ? step.n[a] + n[a] : n[a];
    w->known = true;
    memcpy(w->n, step.n, sizeof w->n);
  }
  return push(w, step, err);
}

void counts_stream_break(counts_stream *s) {
  for (size_t k = 0; k < s->nwalkers; k++)
    s->walker[k].alive = s->walker[k].known = false;
}

lisi_status counts_stream_gone(counts_stream *s, long long sample, long long id, lisi_error *err) {
  walker *w;
  lisi_status status = find_walker(s, id, &w, err);
  if (status != LISI_OK)
    return status;
  if (w->alive)
    status = make_blocks(s, sample, err);
  if (status == LISI_OK)
    status = advance(s, w, sample - 1, err);
  w->alive = w->known = false;
  return status;
}

lisi_status counts_stream_counts(const counts_stream *s, int k, lag_counts *counts, long long *block_length,
                                 lisi_error *err) {
  memset(counts, 0, sizeof *counts);
  counts->lag = s->lag[k];
  if (block_length != NULL)
    *block_length = s->block;
  lisi_status status = count_hash_table(s->slot[k].hash, s->nstates, 1, &counts->blocks, err);
  for (size_t e = 0; e < counts->blocks.n; e++) {
    if (counts->blocks.entry[e].part >= counts->blocks.nparts)
      counts->blocks.nparts = counts->blocks.entry[e].part + 1;
  }
  if (status == LISI_OK)
    status = count_table_collapse(&counts->blocks, NULL, &counts->total, err);
  if (status != LISI_OK)
    lag_counts_free(counts);
  return status;
}
