/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jump_strings.h"

#include "bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Followers that are looked at for one jump: the nearest in time. A site that is left and entered more often than this
 * within the window is a window that is too long. */
enum { MOST_CANDIDATES = 32 };

typedef struct {
  int run, site;
  long long t;
  size_t jump;
} visit;

typedef struct {
  long long apart;
  size_t leader, follower;
} candidate;

typedef struct {
  size_t n; /* jumps that are used */
  const site_jump **jump;
  long long *t;          /* [n] times, moved in trials */
  visit *leave, *enter;  /* [n] */
  size_t *next, *before; /* [n] follower and leader, NONE */
  bool *seen;
  size_t ncandidates, capacity;
  candidate *candidate;
} work;

static const size_t NONE = (size_t)-1;

static int by_site(const void *a, const void *b) {
  const visit *x = a, *y = b;
  if (x->run != y->run)
    return x->run < y->run ? -1 : 1;
  if (x->site != y->site)
    return x->site < y->site ? -1 : 1;
  if (x->t != y->t)
    return x->t < y->t ? -1 : 1;
  return (x->jump > y->jump) - (x->jump < y->jump);
}

static int by_time_apart(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->apart != y->apart)
    return x->apart < y->apart ? -1 : 1;
  if (x->leader != y->leader)
    return x->leader < y->leader ? -1 : 1;
  return (x->follower > y->follower) - (x->follower < y->follower);
}

static lisi_status add_candidate(work *w, long long apart, size_t leader, size_t follower, lisi_error *err) {
  if (w->ncandidates == w->capacity) {
    const size_t capacity = w->capacity > 0 ? 2 * w->capacity : 1024;
    candidate *larger = realloc(w->candidate, capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, capacity * sizeof *larger);
    w->candidate = larger;
    w->capacity = capacity;
  }
  w->candidate[w->ncandidates++] = (candidate){apart, leader, follower};
  return LISI_OK;
}

/* Every pair "leaves the site" and "enters it" within the window, of two atoms. */
static lisi_status find_candidates(work *w, long long window, lisi_error *err) {
  w->ncandidates = 0;
  for (size_t k = 0; k < w->n; k++) {
    const site_jump *j = w->jump[k];
    w->leave[k] = (visit){j->run, j->from, w->t[k], k};
    w->enter[k] = (visit){j->run, j->to, w->t[k], k};
  }
  qsort(w->leave, w->n, sizeof *w->leave, by_site);
  qsort(w->enter, w->n, sizeof *w->enter, by_site);
  size_t first = 0; /* the first leave that is not before the window of this enter */
  for (size_t k = 0; k < w->n; k++) {
    const visit *e = &w->enter[k];
    const visit from = {e->run, e->site, e->t - window, 0};
    while (first < w->n && by_site(&w->leave[first], &from) < 0)
      first++;
    /* The nearest in time: outwards from the first one at e->t or later. */
    size_t up = first;
    while (up < w->n && w->leave[up].run == e->run && w->leave[up].site == e->site && w->leave[up].t < e->t)
      up++;
    size_t down = up;
    for (int taken = 0; taken < MOST_CANDIDATES; taken++) {
      const bool above =
          up < w->n && w->leave[up].run == e->run && w->leave[up].site == e->site && w->leave[up].t <= e->t + window;
      const bool below = down > first;
      if (!above && !below)
        break;
      const bool take_up = above && (!below || w->leave[up].t - e->t <= e->t - w->leave[down - 1].t);
      const visit *l = take_up ? &w->leave[up++] : &w->leave[--down];
      if (w->jump[l->jump]->walker == w->jump[e->jump]->walker)
        continue;
      const long long apart = l->t > e->t ? l->t - e->t : e->t - l->t;
      const lisi_status status = add_candidate(w, apart, l->jump, e->jump, err);
      if (status != LISI_OK)
        return status;
    }
  }
  return LISI_OK;
}

/* Different atoms among the jumps of a string that begins at k; marks them as seen. */
static int measure(work *w, size_t k, int *jumps) {
  int atoms = 0;
  *jumps = 0;
  const size_t start = k;
  do {
    bool again = false;
    size_t m = start;
    for (int back = 0; back < *jumps && back < 64 && !again; back++, m = w->next[m])
      again = w->jump[m]->walker == w->jump[k]->walker;
    atoms += !again;
    (*jumps)++;
    w->seen[k] = true;
    k = w->next[k];
  } while (k != NONE && k != start);
  return atoms;
}

static void add_string(work *w, size_t k, string_counts *c) {
  int jumps;
  const int atoms = measure(w, k, &jumps);
  const int at = atoms < STRING_LENGTHS ? atoms - 1 : STRING_LENGTHS - 1;
  c->strings[at] += 1.0;
  c->jumps[at] += jumps;
}

static lisi_status count(work *w, long long window, string_counts *c, lisi_error *err) {
  memset(c, 0, sizeof *c);
  const lisi_status status = find_candidates(w, window, err);
  if (status != LISI_OK)
    return status;
  if (w->ncandidates > 0)
    qsort(w->candidate, w->ncandidates, sizeof *w->candidate, by_time_apart);
  for (size_t k = 0; k < w->n; k++) {
    w->next[k] = w->before[k] = NONE;
    w->seen[k] = false;
  }
  for (size_t k = 0; k < w->ncandidates; k++) {
    const candidate *p = &w->candidate[k];
    if (w->next[p->leader] != NONE || w->before[p->follower] != NONE)
      continue;
    w->next[p->leader] = p->follower;
    w->before[p->follower] = p->leader;
    c->links += 1.0;
  }
  for (size_t k = 0; k < w->n; k++)
    if (w->before[k] == NONE)
      add_string(w, k, c);
  for (size_t k = 0; k < w->n; k++) /* what has no beginning is a ring */
    if (!w->seen[k]) {
      add_string(w, k, c);
      c->rings += 1.0;
    }
  return LISI_OK;
}

/* As plain numbers, for mean and spread. */
enum { COUNTS = sizeof(string_counts) / sizeof(double) };

static void add_trial(const string_counts *c, double sum[COUNTS], double square[COUNTS]) {
  double v[COUNTS];
  memcpy(v, c, sizeof v);
  for (int k = 0; k < COUNTS; k++) {
    sum[k] += v[k];
    square[k] += v[k] * v[k];
  }
}

static void finish_trials(int n, double sum[COUNTS], double square[COUNTS], string_result *r) {
  for (int k = 0; k < COUNTS && n > 0; k++) {
    sum[k] /= n;
    const double variance = n > 1 ? (square[k] - n * sum[k] * sum[k]) / (n - 1) : 0.0;
    square[k] = variance > 0.0 ? sqrt(variance) : 0.0;
  }
  memcpy(&r->expected, sum, sizeof r->expected);
  memcpy(&r->spread, square, sizeof r->spread);
}

static lisi_status trials(const path_set *paths, work *w, long long window, int ntrials, uint64_t seed, progress *bar,
                          string_result *result, lisi_error *err) {
  const int nruns = paths->nruns > 0 ? paths->nruns : 1;
  long long *range = malloc((size_t)nruns * 2 * sizeof *range), *shift = NULL;
  if (range == NULL)
    return lisi_no_memory(err, (size_t)nruns * 2 * sizeof *range);
  for (int k = 0; k < nruns; k++) {
    range[2 * k] = 0;
    range[2 * k + 1] = -1;
  }
  for (size_t k = 0; k < paths->n; k++) {
    const path *p = &paths->path[k];
    long long *r = range + 2 * p->run;
    if (r[1] < 0 || p->step[0].t < r[0])
      r[0] = p->step[0].t;
    if (p->end > r[1])
      r[1] = p->end;
  }
  lisi_status status = LISI_OK;
  shift = malloc(((size_t)paths->nwalkers + 1) * sizeof *shift);
  if (shift == NULL)
    status = lisi_no_memory(err, ((size_t)paths->nwalkers + 1) * sizeof *shift);
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  double sum[COUNTS] = {0.0}, square[COUNTS] = {0.0};
  for (int trial = 0; trial < ntrials && status == LISI_OK; trial++) {
    for (int k = 0; k < paths->nwalkers; k++)
      shift[k] = (long long)(lisi_rng_next(&rng) >> 2); /* taken modulo the length of the run */
    for (size_t k = 0; k < w->n; k++) {
      const long long *r = range + 2 * w->jump[k]->run, span = r[1] - r[0];
      w->t[k] = r[0] + (w->jump[k]->t - r[0] + shift[w->jump[k]->walker] % span) % span;
    }
    string_counts c;
    status = progress_interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted") : count(w, window, &c, err);
    if (bar != NULL)
      progress_update(bar, trial + 1, ntrials);
    if (status == LISI_OK)
      add_trial(&c, sum, square);
  }
  finish_trials(ntrials, sum, square, result);
  result->ntrials = ntrials;
  free(shift);
  free(range);
  return status;
}

lisi_status jump_strings_find(const path_set *paths, const jump_list *list, const bool *use, long long window,
                              int ntrials, uint64_t seed, progress *bar, string_result *result, lisi_error *err) {
  memset(result, 0, sizeof *result);
  work w = {0};
  const size_t room = list->njumps + 1;
  w.jump = malloc(room * sizeof *w.jump);
  w.t = malloc(room * sizeof *w.t);
  w.leave = malloc(room * sizeof *w.leave);
  w.enter = malloc(room * sizeof *w.enter);
  w.next = malloc(room * sizeof *w.next);
  w.before = malloc(room * sizeof *w.before);
  w.seen = malloc(room * sizeof *w.seen);
  lisi_status status = LISI_OK;
  if (w.jump == NULL || w.t == NULL || w.leave == NULL || w.enter == NULL || w.next == NULL || w.before == NULL ||
      w.seen == NULL)
    status = lisi_no_memory(err, room * 120);
  for (size_t k = 0; k < list->njumps && status == LISI_OK; k++)
    if (use == NULL || use[k]) {
      w.t[w.n] = list->jump[k].t;
      w.jump[w.n++] = &list->jump[k];
    }
  if (status == LISI_OK && w.n > 0)
    status = count(&w, window, &result->found, err);
  if (status == LISI_OK && w.n > 0 && ntrials > 0)
    status = trials(paths, &w, window, ntrials, seed, bar, result, err);
  free(w.jump);
  free(w.t);
  free(w.leave);
  free(w.enter);
  free(w.next);
  free(w.before);
  free(w.seen);
  free(w.candidate);
  return status;
}
