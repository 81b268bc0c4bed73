/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "site_basins.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  double density;
  size_t point;
} ranked;

static int falling(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return x->density != y->density ? (x->density < y->density) - (x->density > y->density)
                                  : (x->point > y->point) - (x->point < y->point);
}

/* The flood while it sinks. Basins are numbered as their maxima come up, so a lower number is a higher maximum. */
typedef struct {
  const site_density *d;
  const double *smooth;
  const site_basins_rule *rule;
  int32_t *of_point; /* basin as first given; -1: still above water */
  int32_t *parent;   /* [n] of the basin that it has become part of, itself where it stands alone */
  size_t *peak;      /* [n] */
  double *saddle;    /* [n] highest saddle to a basin that it does not join */
  int32_t n, capacity;
  uint64_t *met; /* [nmet_room] pairs of basins that were found to be two, by hash; 0: empty */
  size_t nmet, met_room;
  double *block[2]; /* [nblocks] */
} flood;

static int32_t root_of(flood *w, int32_t b) {
  while (w->parent[b] != b) {
    w->parent[b] = w->parent[w->parent[b]];
    b = w->parent[b];
  }
  return b;
}

static lisi_status new_basin(flood *w, size_t point, lisi_error *err) {
  if (w->n == w->capacity) {
    const int32_t capacity = w->capacity > 0 ? 2 * w->capacity : 256;
    const size_t n = (size_t)capacity;
    int32_t *parent = realloc(w->parent, n * sizeof *parent);
    if (parent != NULL)
      w->parent = parent;
    size_t *peak = realloc(w->peak, n * sizeof *peak);
    if (peak != NULL)
      w->peak = peak;
    double *saddle = realloc(w->saddle, n * sizeof *saddle);
    if (saddle != NULL)
      w->saddle = saddle;
    if (parent == NULL || peak == NULL || saddle == NULL)
      return lisi_no_memory(err, n * sizeof *peak);
    w->capacity = capacity;
  }
  w->parent[w->n] = w->n;
  w->peak[w->n] = point;
  w->saddle[w->n] = 0.0;
  w->of_point[point] = w->n++;
  return LISI_OK;
}

static int wrapped(int i, int n) {
  return i < 0 ? i + n : i >= n ? i - n : i;
}

/* The 26 points around one. On an axis of one or two points some of them come up twice, which does no harm. */
static void around(const site_density *d, size_t point, size_t neighbour[26]) {
  const int *n = d->n;
  const int at[3] = {(int)(point % (size_t)n[0]), (int)(point / (size_t)n[0] % (size_t)n[1]),
                     (int)(point / (size_t)n[0] / (size_t)n[1])};
  int found = 0;
  for (int k = -1; k <= 1; k++)
    for (int j = -1; j <= 1; j++)
      for (int i = -1; i <= 1; i++)
        if (i != 0 || j != 0 || k != 0)
          neighbour[found++] =
              (size_t)wrapped(at[0] + i, n[0]) +
              (size_t)n[0] * ((size_t)wrapped(at[1] + j, n[1]) + (size_t)n[1] * (size_t)wrapped(at[2] + k, n[2]));
}

/* Has this pair met before? Notes it if not. */
static lisi_status meet(flood *w, int32_t a, int32_t b, bool *before, lisi_error *err) {
  *before = false;
  if (2 * (w->nmet + 1) > w->met_room) {
    const size_t room = w->met_room > 0 ? 2 * w->met_room : 1024;
    uint64_t *larger = calloc(room, sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, room * sizeof *larger);
    for (size_t k = 0; k < w->met_room; k++) {
      size_t at = (size_t)(w->met[k] * UINT64_C(0x9E3779B97F4A7C15) >> 20) % room;
      while (w->met[k] != 0 && larger[at] != 0)
        at = (at + 1) % room;
      if (w->met[k] != 0)
        larger[at] = w->met[k];
    }
    free(w->met);
    w->met = larger;
    w->met_room = room;
  }
  const uint64_t pair = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) + 1;
  size_t at = (size_t)(pair * UINT64_C(0x9E3779B97F4A7C15) >> 20) % w->met_room;
  while (w->met[at] != 0 && w->met[at] != pair)
    at = (at + 1) % w->met_room;
  *before = w->met[at] == pair;
  if (!*before) {
    w->met[at] = pair;
    w->nmet++;
  }
  return LISI_OK;
}

/* Is the maximum m higher than the saddle s by more than chance? Two errors add up: that of the ratio s/m between the
 * blocks (of the ratio, not of m - s: an atom that sits there in one block only makes both rise), and that of counting,
 * without which a place seen in one block would have none. */
static bool stands_out(const flood *w, size_t peak, size_t saddle) {
  const site_basins_rule *rule = w->rule;
  const int nb = w->d->nblocks;
  if (rule->kernel == NULL || rule->sigmas <= 0.0)
    return true;
  double *m = w->block[0], *s = w->block[1], high = 0.0, low = 0.0, residual = 0.0, squares = 0.0;
  site_density_smooth_blocks(w->d, rule->kernel, peak, m);
  site_density_smooth_blocks(w->d, rule->kernel, saddle, s);
  for (int b = 0; b < nb; b++) {
    high += m[b];
    low += s[b];
  }
  for (int b = 0; b < nb; b++) {
    const double own = s[b] - low / high * m[b];
    residual += own * own;
  }
  for (int k = 0; k < rule->kernel->n; k++)
    squares += rule->kernel->weight[k] * rule->kernel->weight[k];
  const double between = nb > 1 ? residual * nb / (nb - 1.0) : 0.0, counting = (high + low) * squares / rule->images;
  return high - low >= rule->sigmas * sqrt(between + counting);
}

static lisi_status take_point(flood *w, size_t point, lisi_error *err) {
  size_t neighbour[26];
  around(w->d, point, neighbour);
  int32_t root[26], steepest = -1;
  int nroots = 0;
  double highest = -INFINITY;
  for (int m = 0; m < 26; m++) {
    const int32_t b = w->of_point[neighbour[m]];
    if (b < 0)
      continue;
    if (w->smooth[neighbour[m]] > highest) {
      highest = w->smooth[neighbour[m]];
      steepest = b;
    }
    const int32_t r = root_of(w, b);
    int k = 0;
    while (k < nroots && root[k] != r)
      k++;
    if (k == nroots)
      root[nroots++] = r;
  }
  if (nroots == 0)
    return new_basin(w, point, err);
  w->of_point[point] = steepest;
  /* Where basins meet for the first time is the saddle between them. The highest takes the others, or does not. */
  for (int k = 1; k < nroots; k++)
    if (root[k] < root[0]) {
      const int32_t swap = root[0];
      root[0] = root[k];
      root[k] = swap;
    }
  const double here = w->smooth[point];
  for (int k = 1; k < nroots; k++) {
    const size_t peak = w->peak[root[k]];
    bool before = false;
    const lisi_status status = meet(w, root[0], root[k], &before, err);
    if (status != LISI_OK)
      return status;
    if (!before && (here >= w->rule->merge * w->smooth[peak] || !stands_out(w, peak, point))) {
      w->parent[root[k]] = root[0];
      continue;
    }
    w->saddle[root[k]] = fmax(w->saddle[root[k]], here);
    w->saddle[root[0]] = fmax(w->saddle[root[0]], here);
  }
  return LISI_OK;
}

static void measure(const site_density *d, const double *smooth, site_basins *out, double (*sum)[3], double *weight) {
  for (int b = 0; b < out->nbasins; b++)
    site_density_position(d, out->basin[b].peak, out->basin[b].centre);
  for (size_t p = 0; p < d->npoints; p++) {
    const int32_t b = out->of_point[p];
    if (b < 0)
      continue;
    site_basin *basin = &out->basin[b];
    for (int k = 0; k < d->nblocks; k++)
      basin->population += d->count[(size_t)k * d->npoints + p];
    if (smooth[p] < 0.5 * basin->height)
      continue;
    double f[3];
    int image[3];
    site_density_position(d, p, f);
    for (int k = 0; k < 3; k++)
      f[k] -= basin->centre[k];
    (void)lattice_nearest(&d->cell, f, image, NULL);
    const double above = smooth[p] - 0.5 * basin->height; /* goes to zero at the edge: the grid matters little */
    for (int k = 0; k < 3; k++)
      sum[b][k] += above * (f[k] - image[k]);
    weight[b] += above;
  }
  for (int b = 0; b < out->nbasins; b++) {
    int whole[3];
    double centre[3];
    for (int k = 0; k < 3; k++)
      centre[k] = out->basin[b].centre[k] + sum[b][k] / weight[b];
    if (smooth[site_density_point(d, centre)] < 0.5 * out->basin[b].height)
      continue; /* a ring or a shell, round what is no place for an atom: the maximum itself */
    memcpy(out->basin[b].centre, centre, sizeof centre);
    lattice_wrap(out->basin[b].centre, whole);
  }
}

/* From the flood to the basins that stand alone, numbered in falling order of their maxima. */
static lisi_status collect(flood *w, site_basins *out, lisi_error *err) {
  int32_t *number = malloc((size_t)w->n * sizeof *number + 1);
  double(*sum)[3] = calloc((size_t)w->n + 1, sizeof *sum), *weight = calloc((size_t)w->n + 1, sizeof *weight);
  out->basin = calloc((size_t)w->n + 1, sizeof *out->basin);
  lisi_status status = LISI_OK;
  if (number == NULL || sum == NULL || weight == NULL || out->basin == NULL)
    status = lisi_no_memory(err, (size_t)w->n * sizeof *sum);
  for (int32_t b = 0; b < w->n && status == LISI_OK; b++) {
    if (root_of(w, b) != b)
      continue;
    number[b] = out->nbasins;
    out->basin[out->nbasins++] =
        (site_basin){.peak = w->peak[b], .height = w->smooth[w->peak[b]], .saddle = w->saddle[b]};
  }
  for (size_t p = 0; p < w->d->npoints && status == LISI_OK; p++)
    if (w->of_point[p] >= 0)
      w->of_point[p] = number[root_of(w, w->of_point[p])];
  if (status == LISI_OK) {
    out->of_point = w->of_point;
    w->of_point = NULL;
    measure(w->d, w->smooth, out, sum, weight);
  }
  free(number);
  free(sum);
  free(weight);
  return status;
}

lisi_status site_basins_find(const site_density *d, const double *smooth, const site_basins_rule *rule,
                             site_basins *basins, lisi_error *err) {
  memset(basins, 0, sizeof *basins);
  flood w = {.d = d, .smooth = smooth, .rule = rule};
  for (int k = 0; k < 2; k++)
    w.block[k] = malloc((size_t)d->nblocks * sizeof *w.block[k]);
  ranked *order = malloc(d->npoints * sizeof *order);
  w.of_point = malloc(d->npoints * sizeof *w.of_point);
  lisi_status status = LISI_OK;
  if (order == NULL || w.of_point == NULL || w.block[0] == NULL || w.block[1] == NULL)
    status = lisi_no_memory(err, d->npoints * sizeof *order);
  size_t n = 0;
  for (size_t p = 0; p < d->npoints && status == LISI_OK; p++) {
    w.of_point[p] = -1;
    if (smooth[p] > 0.0)
      order[n++] = (ranked){smooth[p], p};
  }
  if (status == LISI_OK)
    qsort(order, n, sizeof *order, falling);
  for (size_t k = 0; k < n && status == LISI_OK; k++)
    status = take_point(&w, order[k].point, err);
  free(order);
  if (status == LISI_OK)
    status = collect(&w, basins, err);
  free(w.of_point);
  free(w.parent);
  free(w.peak);
  free(w.saddle);
  free(w.met);
  free(w.block[0]);
  free(w.block[1]);
  if (status != LISI_OK)
    site_basins_free(basins);
  return status;
}

void site_basins_free(site_basins *basins) {
  free(basins->basin);
  free(basins->of_point);
  memset(basins, 0, sizeof *basins);
}
