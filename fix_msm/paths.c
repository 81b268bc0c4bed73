/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "paths.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void path_set_free(path_set *paths) {
  for (size_t k = 0; k < paths->n; k++)
    free(paths->path[k].step);
  free(paths->path);
  state_space_free(&paths->space);
  memset(paths, 0, sizeof *paths);
}

static void *grow(void *array, size_t *cap, size_t size) {
  const size_t more = *cap < 8 ? 8 : 2 * *cap;
  if (more > SIZE_MAX / size)
    return NULL;
  void *larger = realloc(array, more * size);
  if (larger != NULL)
    *cap = more;
  return larger;
}

lisi_status path_begin(path_set *paths, int walker, lisi_error *err) {
  if (paths->n == paths->cap) {
    path *larger = grow(paths->path, &paths->cap, sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, 2 * paths->cap * sizeof *larger);
    paths->path = larger;
  }
  paths->path[paths->n++] = (path){.walker = walker};
  if (walker >= paths->nwalkers)
    paths->nwalkers = walker + 1;
  return LISI_OK;
}

lisi_status path_add(path_set *paths, long long t, int state, const int n[3], lisi_error *err) {
  path *p = &paths->path[paths->n - 1];
  if (p->n > 0) {
    path_step *last = &p->step[p->n - 1];
    if (t < last->t)
      return lisi_fail(err, LISI_ERR_INTERNAL, "a path goes back in time (sample %lld after %lld)", t, last->t);
    const bool same = last->state == state && (state < 0 || memcmp(last->n, n, sizeof last->n) == 0);
    if (same)
      return LISI_OK;
    if (last->t == t)
      p->n--; /* replaced before a sample passed */
  }
  if (p->n > 0) {
    const path_step *last = &p->step[p->n - 1]; /* after a replacement the step before may be the same state */
    if (last->state == state && (state < 0 || memcmp(last->n, n, sizeof last->n) == 0))
      return LISI_OK;
  }
  if (p->n == p->cap) {
    path_step *larger = grow(p->step, &p->cap, sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, 2 * p->cap * sizeof *larger);
    p->step = larger;
  }
  p->step[p->n++] = (path_step){t, state, {n[0], n[1], n[2]}};
  return LISI_OK;
}

long long path_jumps(const path *p) {
  const path_step *last = NULL;
  long long jumps = 0;
  for (size_t k = 0; k < p->n; k++) {
    if (p->step[k].state < 0)
      continue;
    if (last != NULL && (last->state != p->step[k].state || memcmp(last->n, p->step[k].n, sizeof last->n) != 0))
      jumps++;
    last = &p->step[k];
  }
  return jumps;
}

void path_finish(path_set *paths, long long end) {
  path *p = &paths->path[paths->n - 1];
  while (p->n > 0 && p->step[p->n - 1].t >= end)
    p->n--;
  if (p->n == 0) {
    free(p->step);
    paths->n--;
    return;
  }
  p->end = end;
  paths->njumps += path_jumps(p);
}

void path_set_range(const path_set *paths, long long *begin, long long *end) {
  *begin = *end = 0;
  for (size_t k = 0; k < paths->n; k++) {
    const path *p = &paths->path[k];
    if (k == 0 || p->step[0].t < *begin)
      *begin = p->step[0].t;
    if (k == 0 || p->end > *end)
      *end = p->end;
  }
}

long long path_set_longest(const path_set *paths) {
  long long longest = 0;
  for (size_t k = 0; k < paths->n; k++) {
    const long long length = paths->path[k].end - paths->path[k].step[0].t;
    if (length > longest)
      longest = length;
  }
  return longest;
}

lisi_status path_set_lag(const path_set *paths, double lag, long long *samples, lisi_error *err) {
  const char *unit = paths->time_in_ps ? "ps" : "steps";
  *samples = 0;
  if (!isfinite(lag) || !(lag > 0.0))
    return lisi_fail(err, LISI_ERR_INPUT, "lag %g: a time above 0 is expected", lag);
  const double ratio = lag / paths->dt, nearest = round(ratio);
  if (nearest < 1.0 || fabs(ratio - nearest) > 1e-6 * fmax(1.0, nearest * 1e-3) || nearest > 9e15)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "lag %g %s is not a multiple of the sampling interval, %.10g %s; the nearest is %.10g %s", lag,
                     unit, paths->dt, unit, fmax(1.0, nearest) * paths->dt, unit);
  const long long longest = path_set_longest(paths);
  if (nearest >= (double)longest)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "lag %g %s is longer than the run: the longest stretch without a break is %lld samples, %g %s",
                     lag, unit, longest, (double)(longest > 0 ? longest - 1 : 0) * paths->dt, unit);
  *samples = (long long)nearest;
  return LISI_OK;
}

lisi_status path_set_pairs(const path_set *paths, long long lag, path_pair_visit visit, void *context,
                           lisi_error *err) {
  for (size_t k = 0; k < paths->n; k++) {
    const path *p = &paths->path[k];
    if (p->end - p->step[0].t <= lag)
      continue;
    const long long last = p->end - lag; /* starts are below this */
    size_t a = 0, b = 0;
    for (long long t = p->step[0].t; t < last;) {
      while (a + 1 < p->n && p->step[a + 1].t <= t)
        a++;
      while (b + 1 < p->n && p->step[b + 1].t <= t + lag)
        b++;
      long long until = last;
      if (a + 1 < p->n && p->step[a + 1].t < until)
        until = p->step[a + 1].t;
      if (b + 1 < p->n && p->step[b + 1].t - lag < until)
        until = p->step[b + 1].t - lag;
      if (p->step[a].state >= 0 && p->step[b].state >= 0) {
        const lisi_status status = visit(context, p->walker, &p->step[a], &p->step[b], t, until, err);
        if (status != LISI_OK)
          return status;
      }
      t = until;
    }
  }
  return LISI_OK;
}

typedef struct {
  const path_set *paths;
  long long begin, span; /* of the pair starts */
  int nblocks;
  double *sum; /* [nblocks][7]: 6 tensor components, pairs */
} msd_context;

static lisi_status msd_visit(void *context, int walker, const path_step *a, const path_step *b, long long t0,
                             long long t1, lisi_error *err) {
  (void)walker;
  (void)err;
  msd_context *m = context;
  const int r[3] = {b->n[0] - a->n[0], b->n[1] - a->n[1], b->n[2] - a->n[2]};
  double d[3];
  state_space_step(&m->paths->space, a->state, b->state, r, d);
  const double product[6] = {d[0] * d[0], d[1] * d[1], d[2] * d[2], d[0] * d[1], d[0] * d[2], d[1] * d[2]};
  while (t0 < t1) {
    const long long block = (long long)((__int128)(t0 - m->begin) * m->nblocks / m->span);
    /* first start of the next block: ceil((block+1) span / nblocks) */
    long long until = m->begin + (long long)(((__int128)(block + 1) * m->span + m->nblocks - 1) / m->nblocks);
    if (until > t1)
      until = t1;
    const double w = (double)(until - t0);
    double *s = m->sum + 7 * block;
    for (int k = 0; k < 6; k++)
      s[k] += w * product[k];
    s[6] += w;
    t0 = until;
  }
  return LISI_OK;
}

lisi_status path_set_msd(const path_set *paths, long long lag, int nblocks, path_msd *msd, lisi_error *err) {
  memset(msd, 0, sizeof *msd);
  if (lag <= 0)
    return LISI_OK;
  long long begin, end;
  path_set_range(paths, &begin, &end);
  if (nblocks < 1)
    nblocks = 1;
  msd_context m = {paths, begin, end - lag - begin, nblocks, calloc((size_t)nblocks, 7 * sizeof(double))};
  if (m.sum == NULL)
    return lisi_no_memory(err, (size_t)nblocks * 7 * sizeof(double));
  lisi_status status = m.span > 0 ? path_set_pairs(paths, lag, msd_visit, &m, err) : LISI_OK;
  double total[7] = {0};
  for (int b = 0; b < nblocks; b++) {
    for (int k = 0; k < 7; k++)
      total[k] += m.sum[7 * b + k];
  }
  if (status == LISI_OK && !(total[6] > 0.0))
    status =
        lisi_fail(err, LISI_ERR_INPUT, "a lag of %lld samples is longer than the run: no pair of samples has it", lag);
  if (status == LISI_OK) {
    static const int place[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
    for (int k = 0; k < 6; k++)
      msd->tensor[place[k][0]][place[k][1]] = msd->tensor[place[k][1]][place[k][0]] = total[k] / total[6];
    msd->msd = (total[0] + total[1] + total[2]) / total[6];
    msd->pairs = total[6];
    double variance = 0.0; /* of the ratio, from the residuals of the blocks */
    for (int b = 0; b < nblocks; b++) {
      const double *s = m.sum + 7 * b, e = s[0] + s[1] + s[2] - msd->msd * s[6];
      variance += e * e;
    }
    if (nblocks > 1)
      msd->msd_error = sqrt(variance * nblocks / (nblocks - 1)) / total[6];
  }
  free(m.sum);
  return status;
}
