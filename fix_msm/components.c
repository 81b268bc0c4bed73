/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "components.h"

#include <stdlib.h>
#include <string.h>

void components_free(components *set) {
  free(set->size);
  free(set->of);
  free(set->starts);
  free(set->inside);
  memset(set, 0, sizeof *set);
}

typedef struct {
  int old, size, lowest;
  double inside;
} rank_entry;

static int by_rank(const void *a, const void *b) {
  const rank_entry *x = a, *y = b;
  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  if (x->inside != y->inside)
    return x->inside > y->inside ? -1 : 1;
  return x->lowest < y->lowest ? -1 : 1;
}

/* Tarjan's algorithm with its own stack. first[i]..first[i+1] are the targets of i. of[] comes in as -1, goes out as a
 * set number in order of discovery. */
static int tarjan(int n, const size_t *first, const int *target, int *of, int *index, int *low, int *stack, int *call,
                  size_t *next) {
  int nsets = 0, count = 0, top = 0;
  for (int i = 0; i < n; i++)
    index[i] = -1;
  for (int root = 0; root < n; root++) {
    if (index[root] >= 0)
      continue;
    int depth = 0;
    call[0] = root;
    while (depth >= 0) {
      const int v = call[depth];
      if (index[v] < 0) {
        index[v] = low[v] = count++;
        stack[top++] = v;
        next[v] = first[v];
      }
      int child = -1;
      while (next[v] < first[v + 1]) {
        const int w = target[next[v]++];
        if (index[w] < 0) {
          child = w;
          break;
        }
        if (of[w] < 0 && index[w] < low[v])
          low[v] = index[w]; /* still on the stack */
      }
      if (child >= 0) {
        call[++depth] = child;
        continue;
      }
      if (low[v] == index[v]) {
        int w;
        do {
          w = stack[--top];
          of[w] = nsets;
        } while (w != v);
        nsets++;
      }
      if (--depth >= 0 && low[v] < low[call[depth]])
        low[call[depth]] = low[v];
    }
  }
  return nsets;
}

lisi_status components_find(const count_table *table, components *set, lisi_error *err) {
  memset(set, 0, sizeof *set);
  const int n = table->nstates;
  const size_t N = (size_t)n;
  size_t *first = calloc(N + 1, sizeof *first), *next = calloc(N + 1, sizeof *next);
  int *target = malloc((table->n + 1) * sizeof *target), *work = malloc(4 * N * sizeof *work),
      *map = malloc(N * sizeof *map);
  char *visited = calloc(N, 1);
  rank_entry *rank = calloc(N, sizeof *rank);
  set->of = malloc(N * sizeof *set->of);
  set->size = calloc(N, sizeof *set->size);
  set->starts = calloc(N, sizeof *set->starts);
  set->inside = calloc(N, sizeof *set->inside);
  lisi_status status = LISI_OK;
  if (!first || !next || !target || !work || !map || !visited || !rank || !set->of || !set->size || !set->starts ||
      !set->inside) {
    status = lisi_no_memory(err, (N + table->n) * sizeof(double));
    goto done;
  }
  for (int i = 0; i < n; i++)
    set->of[i] = -1;
  for (size_t k = 0; k < table->n; k++) { /* entries are sorted by i */
    first[table->entry[k].i + 1]++;
    target[k] = table->entry[k].j;
    visited[table->entry[k].i] = visited[table->entry[k].j] = 1;
  }
  for (size_t i = 0; i < N; i++)
    first[i + 1] += first[i];
  const int nsets = tarjan(n, first, target, set->of, work, work + N, work + 2 * N, work + 3 * N, next);
  for (int s = 0; s < nsets; s++)
    rank[s] = (rank_entry){s, 0, n, 0.0};
  for (int i = 0; i < n; i++) {
    if (!visited[i]) {
      set->of[i] = -1;
      continue;
    }
    rank_entry *r = &rank[set->of[i]];
    r->size++;
    if (i < r->lowest)
      r->lowest = i;
  }
  for (size_t k = 0; k < table->n; k++) {
    const count_entry *e = &table->entry[k];
    if (set->of[e->i] == set->of[e->j])
      rank[set->of[e->i]].inside += e->c;
  }
  qsort(rank, (size_t)nsets, sizeof *rank, by_rank);
  for (int s = 0; s < nsets; s++) {
    map[rank[s].old] = s;
    if (rank[s].size > 0)
      set->n = s + 1;
    set->size[s] = rank[s].size;
    set->inside[s] = rank[s].inside;
  }
  for (int i = 0; i < n; i++) {
    if (set->of[i] >= 0)
      set->of[i] = map[set->of[i]];
  }
  for (size_t k = 0; k < table->n; k++)
    set->starts[set->of[table->entry[k].i]] += table->entry[k].c;
done:
  free(first);
  free(next);
  free(target);
  free(work);
  free(map);
  free(visited);
  free(rank);
  if (status != LISI_OK)
    components_free(set);
  return status;
}
