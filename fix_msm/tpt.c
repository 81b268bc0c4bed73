/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tpt.h"

#include "absorb.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void tpt_free(tpt *t) {
  free(t->side);
  free(t->forward);
  free(t->backward);
  free(t->net);
  memset(t, 0, sizeof *t);
}

/* q[i]: the chain (backward: the reversed chain) started in i comes to the states of side `aim` before those of the
 * other side. */
static lisi_status committor(int n, const double *X, bool backward, const tpt_side *side, tpt_side aim, double *q,
                             lisi_error *err) {
  const size_t N = (size_t)n;
  bool *ends = malloc(N), *inside = malloc(N);
  double *b = calloc(N, sizeof *b);
  lisi_status status = !ends || !inside || !b ? lisi_no_memory(err, N * sizeof *b) : LISI_OK;
  if (status == LISI_OK) {
    for (size_t i = 0; i < N; i++)
      ends[i] = side[i] != TPT_BETWEEN;
    status = absorb_reach(n, X, backward, ends, inside, err);
  }
  if (status == LISI_OK) {
    for (size_t i = 0; i < N; i++) {
      inside[i] = inside[i] && !ends[i];
      for (size_t j = 0; j < N && inside[i]; j++) {
        if (side[j] == aim)
          b[i] += backward ? X[j * N + i] : X[i * N + j];
      }
    }
    status = absorb_solve(n, X, backward, inside, b, q, err);
  }
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    if (side[i] == aim)
      q[i] = 1.0;
    if (q[i] > 1.0)
      q[i] = 1.0; /* rounding */
  }
  free(ends);
  free(inside);
  free(b);
  return status;
}

lisi_status tpt_solve(int n, const double *X, const double *pi, const tpt_side *side, tpt *t, lisi_error *err) {
  memset(t, 0, sizeof *t);
  const size_t N = (size_t)n;
  bool a = false, b = false;
  for (size_t i = 0; i < N; i++) {
    a = a || side[i] == TPT_A;
    b = b || side[i] == TPT_B;
  }
  if (!a || !b)
    return lisi_fail(err, LISI_ERR_INPUT, "transition paths: the %s set holds no state", a ? "target" : "starting");
  t->n = n;
  t->side = malloc(N * sizeof *t->side);
  t->forward = malloc(N * sizeof *t->forward);
  t->backward = malloc(N * sizeof *t->backward);
  t->net = calloc(N * N, sizeof *t->net);
  lisi_status status = LISI_OK;
  if (!t->side || !t->forward || !t->backward || !t->net) {
    status = lisi_no_memory(err, N * N * sizeof *t->net);
    goto done;
  }
  memcpy(t->side, side, N * sizeof *side);
  status = committor(n, X, false, side, TPT_B, t->forward, err);
  if (status == LISI_OK)
    status = committor(n, X, true, side, TPT_A, t->backward, err);
  if (status != LISI_OK)
    goto done;
  double from_a = 0.0;
  for (size_t i = 0; i < N; i++) {
    from_a += pi[i] * t->backward[i];
    for (size_t j = 0; j < N; j++) {
      if (j == i)
        continue;
      const double f = t->backward[i] * X[i * N + j] * t->forward[j], g = t->backward[j] * X[j * N + i] * t->forward[i];
      if (f > g)
        t->net[i * N + j] = f - g;
      if (side[i] == TPT_A)
        t->flux += f;
    }
  }
  t->rate = from_a > 0.0 ? t->flux / from_a : 0.0;
done:
  if (status != LISI_OK)
    tpt_free(t);
  return status;
}

/* ---- pathways ---- */

typedef struct {
  size_t N;
  double *net;      /* [N][N] what is left */
  bool uphill;      /* every net flux goes to a larger committor: no cycles, so the search may recurse */
  double *width;    /* [N] scratch of the search */
  int *previous;    /* [N] */
  bool *done;       /* [N] */
  int n, cap, *way; /* the path that is being put together */
} search;

/* The path from `from` to `to` whose weakest step is strongest, into path[]; its number of states, 0 when there is
 * none. */
static size_t widest(search *s, const bool *from, const bool *to, int *path) {
  const size_t N = s->N;
  for (size_t i = 0; i < N; i++) {
    s->width[i] = from[i] ? 1e300 : 0.0;
    s->previous[i] = -1;
    s->done[i] = false;
  }
  for (;;) {
    size_t best = N;
    for (size_t i = 0; i < N; i++) {
      if (!s->done[i] && s->width[i] > 0.0 && (best == N || s->width[i] > s->width[best]))
        best = i;
    }
    if (best == N)
      return 0;
    if (to[best]) {
      size_t length = 0;
      for (int i = (int)best; i >= 0; i = s->previous[i])
        path[length++] = i;
      for (size_t k = 0; k < length / 2; k++) {
        const int swap = path[k];
        path[k] = path[length - 1 - k];
        path[length - 1 - k] = swap;
      }
      return length;
    }
    s->done[best] = true;
    for (size_t j = 0; j < N; j++) {
      const double f = s->net[best * N + j], w = f < s->width[best] ? f : s->width[best];
      if (!s->done[j] && w > s->width[j]) {
        s->width[j] = w;
        s->previous[j] = (int)best;
      }
    }
  }
}

/* Appends the strongest path from -> to, each part beside its weakest step the strongest again. */
static lisi_status append(search *s, const bool *from, const bool *to, lisi_error *err) {
  const size_t N = s->N;
  int *path = malloc(N * sizeof *path);
  bool *one = calloc(N, 1);
  lisi_status status = !path || !one ? lisi_no_memory(err, N * sizeof *path) : LISI_OK;
  const size_t length = status == LISI_OK ? widest(s, from, to, path) : 0;
  if (length > 0 && (length <= 2 || !s->uphill)) {
    for (size_t k = 0; k < length; k++)
      s->way[s->n++] = path[k];
  } else if (length > 2) {
    size_t weak = 0;
    for (size_t k = 1; k + 1 < length; k++) {
      if (s->net[(size_t)path[k] * N + (size_t)path[k + 1]] < s->net[(size_t)path[weak] * N + (size_t)path[weak + 1]])
        weak = k;
    }
    const size_t i = (size_t)path[weak], j = (size_t)path[weak + 1];
    one[i] = true;
    status = append(s, from, one, err);
    one[i] = false;
    one[j] = true;
    if (status == LISI_OK)
      status = append(s, one, to, err);
  }
  free(path);
  free(one);
  return status;
}

void tpt_paths_free(tpt_path *path, int npaths) {
  for (int k = 0; path != NULL && k < npaths; k++)
    free(path[k].state);
  free(path);
}

lisi_status tpt_paths(const tpt *t, int most, double share, tpt_path **path, int *npaths, lisi_error *err) {
  const size_t N = (size_t)t->n;
  search s = {.N = N, .uphill = true};
  bool *from = malloc(N), *to = malloc(N);
  *npaths = 0;
  *path = calloc((size_t)(most > 0 ? most : 1), sizeof **path);
  s.net = malloc(N * N * sizeof *s.net);
  s.width = malloc(N * sizeof *s.width);
  s.previous = malloc(N * sizeof *s.previous);
  s.done = malloc(N);
  s.way = malloc(2 * N * sizeof *s.way);
  lisi_status status = LISI_OK;
  if (!from || !to || !*path || !s.net || !s.width || !s.previous || !s.done || !s.way) {
    status = lisi_no_memory(err, N * N * sizeof *s.net);
    goto done;
  }
  memcpy(s.net, t->net, N * N * sizeof *s.net);
  for (size_t i = 0; i < N; i++) {
    from[i] = t->side[i] == TPT_A;
    to[i] = t->side[i] == TPT_B;
    for (size_t j = 0; j < N; j++) {
      if (s.net[i * N + j] > 0.0 && !(t->forward[j] > t->forward[i]))
        s.uphill = false;
    }
  }
  double explained = 0.0;
  /* the last crumbs are rounding of what was taken off */
  while (*npaths < most && explained < share * t->flux && t->flux - explained > 1e-12 * t->flux) {
    s.n = 0;
    status = append(&s, from, to, err);
    if (status != LISI_OK || s.n < 2)
      break;
    double flux = 1e300;
    for (int k = 0; k + 1 < s.n; k++) {
      const double f = s.net[(size_t)s.way[k] * N + (size_t)s.way[k + 1]];
      flux = f < flux ? f : flux;
    }
    for (int k = 0; k + 1 < s.n; k++) {
      double *f = &s.net[(size_t)s.way[k] * N + (size_t)s.way[k + 1]];
      *f = *f - flux > 1e-14 * t->flux ? *f - flux : 0.0;
    }
    tpt_path *p = &(*path)[*npaths];
    p->state = malloc((size_t)s.n * sizeof *p->state);
    if (p->state == NULL) {
      status = lisi_no_memory(err, (size_t)s.n * sizeof *p->state);
      break;
    }
    memcpy(p->state, s.way, (size_t)s.n * sizeof *p->state);
    p->n = s.n;
    p->flux = flux;
    explained += flux;
    ++*npaths;
  }
done:
  free(from);
  free(to);
  free(s.net);
  free(s.width);
  free(s.previous);
  free(s.done);
  free(s.way);
  if (status != LISI_OK) {
    tpt_paths_free(*path, *npaths);
    *path = NULL;
    *npaths = 0;
  }
  return status;
}
