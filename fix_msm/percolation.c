/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "percolation.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SHIFT 1000000

/* An integer lattice in three dimensions: rows in echelon form, row k has its first entry (positive) at column lead[k].
 */
typedef struct {
  int rank;
  long long row[3][3];
} shifts;

static int lead(const long long v[3]) {
  for (int a = 0; a < 3; a++) {
    if (v[a] != 0)
      return a;
  }
  return 3;
}

/* Adds the vector v to the lattice: Euclid's algorithm on the rows. */
static void shifts_add(shifts *s, const long long vector[3]) {
  long long v[3] = {vector[0], vector[1], vector[2]};
  for (int column = 0; column < 3; column++) {
    if (v[column] == 0)
      continue;
    int k = 0;
    while (k < s->rank && lead(s->row[k]) < column)
      k++;
    if (k == s->rank || lead(s->row[k]) > column) { /* a new row */
      for (int m = s->rank; m > k; m--)
        memcpy(s->row[m], s->row[m - 1], sizeof s->row[m]);
      for (int a = 0; a < 3; a++)
        s->row[k][a] = v[column] < 0 ? -v[a] : v[a];
      s->rank++;
      break;
    }
    long long *w = s->row[k];
    while (v[column] != 0) {
      const long long q = w[column] / v[column];
      for (int a = 0; a < 3; a++) {
        const long long rest = w[a] - q * v[a];
        w[a] = v[a];
        v[a] = rest;
      }
    }
    if (w[column] < 0) {
      for (int a = 0; a < 3; a++)
        w[a] = -w[a];
    }
  }
  for (int k = s->rank - 1; k >= 0;
       k--) { /* entries above a leading one: smaller than it, so that numbers stay small */
    const int column = lead(s->row[k]);
    for (int m = 0; m < k; m++) {
      const long long p = s->row[k][column];
      long long q = s->row[m][column] / p;
      if (s->row[m][column] - q * p < 0)
        q--;
      for (int a = 0; a < 3; a++)
        s->row[m][a] -= q * s->row[k][a];
    }
  }
}

typedef struct {
  int *parent;        /* [n] */
  long long (*at)[3]; /* [n] image relative to the parent's */
  shifts *cycles;     /* [n] of a root */
} forest;

/* The root of i and the image of i relative to it; paths are shortened. */
static int root_of(forest *f, int i, long long image[3]) {
  int root = i;
  memset(image, 0, 3 * sizeof *image);
  for (; f->parent[root] != root; root = f->parent[root]) {
    for (int a = 0; a < 3; a++)
      image[a] += f->at[root][a];
  }
  long long left[3] = {image[0], image[1], image[2]};
  while (f->parent[i] != root && i != root) {
    const int next = f->parent[i];
    long long step[3];
    memcpy(step, f->at[i], sizeof step);
    memcpy(f->at[i], left, sizeof left);
    f->parent[i] = root;
    for (int a = 0; a < 3; a++)
      left[a] -= step[a];
    i = next;
  }
  return root;
}

typedef struct {
  double weight;
  size_t edge;
} ranked;

static int falling(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->weight != y->weight)
    return x->weight > y->weight ? -1 : 1;
  return x->edge < y->edge ? -1 : x->edge > y->edge;
}

lisi_status percolation_find(const network *net, const double *weight, percolation *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  const size_t N = (size_t)net->space.n;
  forest f = {malloc(N * sizeof *f.parent), calloc(N, sizeof *f.at), calloc(N, sizeof *f.cycles)};
  ranked *list = malloc((net->n + 1) * sizeof *list);
  lisi_status status = LISI_OK;
  size_t m = 0;
  if (!f.parent || !f.at || !f.cycles || !list) {
    status = lisi_no_memory(err, (N + net->n) * sizeof *list);
    goto done;
  }
  for (size_t i = 0; i < N; i++)
    f.parent[i] = (int)i;
  r->nparts = net->space.n;
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    bool still = e->i == e->j;
    for (int a = 0; a < 3; a++) {
      still = still && e->r[a] == 0;
      if (e->r[a] > MOST_SHIFT || e->r[a] < -MOST_SHIFT) {
        status = lisi_fail(err, LISI_ERR_INPUT, "percolation: a jump over %d cells", e->r[a]);
        goto done;
      }
    }
    if (e->p > 0.0 && !still)
      list[m++] = (ranked){weight != NULL ? weight[k] : e->p, k};
  }
  qsort(list, m, sizeof *list, falling);
  int best = -1;
  for (size_t k = 0; k < m; k++) {
    const network_edge *e = &net->edge[list[k].edge];
    long long from[3], to[3], cycle[3];
    int i = root_of(&f, e->i, from);
    const int j = root_of(&f, e->j, to);
    for (int a = 0; a < 3; a++)
      cycle[a] = from[a] + e->r[a] - to[a];
    if (i == j) {
      shifts_add(&f.cycles[i], cycle);
    } else {
      f.parent[j] = i;
      memcpy(f.at[j], cycle, sizeof cycle);
      for (int c = 0; c < f.cycles[j].rank; c++)
        shifts_add(&f.cycles[i], f.cycles[j].row[c]);
      r->nparts--;
    }
    if (best < 0 || f.cycles[i].rank >= r->dimension)
      best = i;
    for (; r->dimension < f.cycles[i].rank; r->dimension++) {
      r->threshold[r->dimension] = list[k].weight;
      r->edge[r->dimension] = *e;
    }
  }
  if (best < 0)
    goto done;
  long long ignored[3];
  best = root_of(&f, best, ignored);
  /* the part with most dimensions */
  for (int i = 0; i < net->space.n; i++) {
    if (f.parent[i] == i && f.cycles[i].rank > f.cycles[best].rank)
      best = i;
  }
  const shifts *s = &f.cycles[best];
  double volume = 1.0;
  for (int k = 0; k < s->rank; k++) {
    volume *= (double)s->row[k][lead(s->row[k])];
    for (int a = 0; a < 3; a++)
      r->axis[k][a] = (int)s->row[k][a];
  }
  r->nets = s->rank < 3 ? 0 : volume < 1e9 ? (int)volume : 1000000000;
done:
  free(f.parent);
  free(f.at);
  free(f.cycles);
  free(list);
  return status;
}
