/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "site_index.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How far the box may be strained from the one the lists were made for, as a Frobenius norm. */
static const double strain_margin = 0.03;
/* Beyond these the cell is not one of a crystal, and lists of candidates would fill the memory. */
enum { MAX_CANDIDATES = 1 << 24, MAX_SPAN = 1000, MAX_IMAGES = 1000000 };

typedef struct {
  int32_t s;
  int32_t shift[3]; /* unit cells */
  double at[3];     /* frac + shift */
} candidate;

struct site_index {
  int nsites, replicate[3];
  double (*frac)[3]; /* [nsites] */
  double H[3][3];    /* unit cell of the current box, rows */
  lattice made_for;  /* unit cell that the lists were made for */
  bool made;
  int nbin[3];
  int *first;      /* [bins + 1] */
  candidate *list; /* [first[bins]] sorted by (s, shift) in each bin */
  double closest;
};

lisi_status site_index_create(int nsites, const double *frac, int stride, const int replicate[3], site_index **out,
                              lisi_error *err) {
  *out = NULL;
  double total = nsites;
  for (int k = 0; k < 3; k++)
    total *= replicate[k];
  if (nsites < 1 || replicate[0] < 1 || replicate[1] < 1 || replicate[2] < 1 || total > INT_MAX)
    return lisi_fail(err, LISI_ERR_INPUT, "sites: expected 1 to %d sites in the box, found %.0f", INT_MAX, total);
  site_index *index = calloc(1, sizeof *index);
  double(*copy)[3] = malloc((size_t)nsites * sizeof *copy);
  if (index == NULL || copy == NULL) {
    free(index);
    free(copy);
    return lisi_no_memory(err, (size_t)nsites * sizeof *copy);
  }
  for (int s = 0; s < nsites; s++) {
    int whole[3];
    memcpy(copy[s], frac + (size_t)s * (size_t)stride, sizeof copy[s]);
    lattice_wrap(copy[s], whole);
  }
  index->nsites = nsites;
  index->frac = copy;
  memcpy(index->replicate, replicate, sizeof index->replicate);
  *out = index;
  return LISI_OK;
}

void site_index_free(site_index *index) {
  if (index == NULL)
    return;
  free(index->frac);
  free(index->first);
  free(index->list);
  free(index);
}

typedef struct {
  candidate *item;
  size_t n, capacity;
} candidate_list;

static bool push(candidate_list *list, const candidate *c) {
  if (list->n == list->capacity) {
    if (list->n >= MAX_CANDIDATES)
      return false;
    const size_t capacity = list->capacity > 0 ? 2 * list->capacity : 1024;
    candidate *larger = realloc(list->item, capacity * sizeof *larger);
    if (larger == NULL)
      return false;
    list->item = larger;
    list->capacity = capacity;
  }
  list->item[list->n++] = *c;
  return true;
}

/* Every image of site s within `reach` of the unit-cell point `center`. height: of the cell along each axis; |f_k| <=
 * |d| / height_k. */
static bool collect(const site_index *index, int s, const double center[3], const double height[3], double reach,
                    candidate_list *list) {
  int lo[3], hi[3];
  double images = 1.0;
  for (int k = 0; k < 3; k++) {
    const double middle = center[k] - index->frac[s][k], half = reach / height[k] + 1e-9;
    if (!(half < MAX_SPAN))
      return false;
    lo[k] = (int)ceil(middle - half);
    hi[k] = (int)floor(middle + half);
    images *= hi[k] - lo[k] + 1;
  }
  if (images > MAX_IMAGES)
    return false;
  for (int i = lo[0]; i <= hi[0]; i++)
    for (int j = lo[1]; j <= hi[1]; j++)
      for (int k = lo[2]; k <= hi[2]; k++) {
        const candidate c = {s, {i, j, k}, {index->frac[s][0] + i, index->frac[s][1] + j, index->frac[s][2] + k}};
        const double f[3] = {c.at[0] - center[0], c.at[1] - center[1], c.at[2] - center[2]};
        double d[3];
        lattice_vector(&index->made_for, f, d);
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > reach * reach)
          continue;
        if (!push(list, &c))
          return false;
      }
  return true;
}

/* A block of the unit cell (in fractions) and what geometry needs of it. */
typedef struct {
  double center[3], half[3][3], radius; /* half edges and circumscribed radius, Angstrom */
} block;

static block make_block(const lattice *cell, const size_t at[3], const int of[3]) {
  block b = {.radius = 0.0};
  for (int k = 0; k < 3; k++) {
    double edge[3] = {0.0, 0.0, 0.0};
    b.center[k] = ((double)at[k] + 0.5) / of[k];
    edge[k] = 0.5 / of[k] * (1.0 + 1e-6); /* a hair more, for rounding at the faces */
    lattice_vector(cell, edge, b.half[k]);
  }
  for (int corner = 0; corner < 4; corner++) {
    double r2 = 0.0;
    for (int m = 0; m < 3; m++) {
      const double d =
          b.half[0][m] + (corner & 1 ? -1.0 : 1.0) * b.half[1][m] + (corner & 2 ? -1.0 : 1.0) * b.half[2][m];
      r2 += d * d;
    }
    b.radius = fmax(b.radius, sqrt(r2));
  }
  return b;
}

/* By how much strain can change the ratio of two distances. */
static double stretch(void) {
  return (1.0 + strain_margin) / (1.0 - strain_margin);
}

/* Every image that can be nearest somewhere in the block: a site at distance D from the centre of a block of radius r
 * is between D - r and D + r from any point in it, so one with D - r > min (D + r) is nearest nowhere. distance[nsites]
 * is scratch. */
static bool gather(const site_index *index, const block *b, const double height[3], double *distance,
                   candidate_list *list) {
  double smallest = INFINITY;
  for (int s = 0; s < index->nsites; s++) {
    const double f[3] = {index->frac[s][0] - b->center[0], index->frac[s][1] - b->center[1],
                         index->frac[s][2] - b->center[2]};
    int image[3];
    distance[s] = sqrt(lattice_nearest(&index->made_for, f, image, NULL));
    smallest = fmin(smallest, distance[s]);
  }
  const double reach = (smallest + 2.0 * b->radius) * stretch();
  for (int s = 0; s < index->nsites; s++)
    if (distance[s] <= reach && !collect(index, s, b->center, height, reach, list))
      return false;
  return true;
}

/* Of from[n], those that can be nearest somewhere in the smaller block. With B the nearest to its centre, |p - A|^2 -
 * |p - B|^2 is linear in p, so its smallest value in the block is told by the half edges; A is nearest nowhere where
 * that is positive by more than strain can change. */
static bool narrow(const site_index *index, const block *b, const candidate *from, size_t n, candidate_list *list) {
  double smallest2 = INFINITY, nearest[3] = {0.0, 0.0, 0.0};
  for (size_t c = 0; c < n; c++) {
    const double f[3] = {b->center[0] - from[c].at[0], b->center[1] - from[c].at[1], b->center[2] - from[c].at[2]};
    double d[3];
    lattice_vector(&index->made_for, f, d);
    const double d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    if (d2 >= smallest2)
      continue;
    smallest2 = d2;
    memcpy(nearest, d, sizeof nearest);
  }
  const double farthest = sqrt(smallest2) + b->radius, slack = farthest * farthest * (stretch() * stretch() - 1.0);
  for (size_t c = 0; c < n; c++) {
    const double f[3] = {b->center[0] - from[c].at[0], b->center[1] - from[c].at[1], b->center[2] - from[c].at[2]};
    double d[3];
    lattice_vector(&index->made_for, f, d);
    double least = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] - smallest2;
    for (int k = 0; k < 3; k++) {
      double along = 0.0;
      for (int m = 0; m < 3; m++)
        along += (d[m] - nearest[m]) * b->half[k][m];
      least -= 2.0 * fabs(along);
    }
    if (least <= slack && !push(list, &from[c]))
      return false;
  }
  return true;
}

/* In two steps, because the first one looks at all sites: coarse blocks, and the bins inside them, FINE along each
 * axis. */
static lisi_status make_lists(site_index *index, lisi_error *err) {
  enum { FINE = 3 };
  const lattice *cell = &index->made_for;
  double length[3], angle[3], height[3]; /* height: of the cell along each axis */
  lattice_lengths_angles(cell->H, length, angle);
  for (int k = 0; k < 3; k++)
    height[k] = 1.0 / sqrt(cell->inv[0][k] * cell->inv[0][k] + cell->inv[1][k] * cell->inv[1][k] +
                           cell->inv[2][k] * cell->inv[2][k]);
  double wanted = (double)index->nsites / 4.0; /* coarse blocks */
  wanted = wanted < 16.0 ? 16.0 : wanted > 2048.0 ? 2048.0 : wanted;
  double edge = cbrt(length[0] * length[1] * length[2] / wanted);
  int coarse[3];
  size_t nbins;
  for (;; edge *= 1.25) { /* of a flat cell the plain estimate makes far more than wanted */
    double total = 1.0;
    for (int k = 0; k < 3; k++) {
      const double blocks = ceil(length[k] / edge);
      coarse[k] = blocks < 1.0 ? 1 : blocks > 4096.0 ? 4096 : (int)blocks;
      index->nbin[k] = FINE * coarse[k];
      total *= coarse[k];
    }
    nbins = (size_t)total * FINE * FINE * FINE;
    if (total <= 4.0 * wanted)
      break;
  }

  free(index->first);
  free(index->list);
  index->list = NULL;
  index->first = malloc((nbins + 1) * sizeof *index->first);
  /* The bins of one block do not follow one another, so the lists of all blocks are kept until the bins are done. */
  candidate_list *block_list = calloc((size_t)coarse[0] * (size_t)coarse[1] * (size_t)coarse[2], sizeof *block_list);
  double *distance = malloc((size_t)index->nsites * sizeof *distance);
  candidate_list list = {0};
  lisi_status status = index->first == NULL || distance == NULL || block_list == NULL
                           ? lisi_no_memory(err, nbins * sizeof(int))
                           : LISI_OK;
  size_t nblocks = 0;
  for (size_t b = 0; b < nbins && status == LISI_OK; b++) {
    const size_t x = (size_t)index->nbin[0], y = (size_t)index->nbin[1], at[3] = {b % x, b / x % y, b / x / y};
    const size_t in[3] = {at[0] / FINE, at[1] / FINE, at[2] / FINE};
    const size_t which = in[0] + (size_t)coarse[0] * (in[1] + (size_t)coarse[1] * in[2]);
    bool good = true;
    if (which >= nblocks) { /* blocks are met first in their own order */
      const block large = make_block(cell, in, coarse);
      good = gather(index, &large, height, distance, &block_list[which]);
      nblocks = which + 1;
    }
    const block small = make_block(cell, at, index->nbin);
    index->first[b] = (int)list.n;
    if (!good || !narrow(index, &small, block_list[which].item, block_list[which].n, &list))
      status = lisi_fail(
          err, LISI_ERR_UNSUPPORTED,
          "sites: the cell (edges %g, %g, %g A) is too flat or has too many sites for a list of nearest sites",
          length[0], length[1], length[2]);
  }
  if (status == LISI_OK) {
    index->first[nbins] = (int)list.n;
    index->list = list.item;
  } else {
    free(list.item);
  }
  for (size_t k = 0; k < nblocks; k++)
    free(block_list[k].item);
  free(block_list);
  free(distance);
  return status;
}

typedef struct {
  double along;
  int s;
} along_axis;

static int compare_axis(const void *a, const void *b) {
  const along_axis *x = a, *y = b;
  return x->along != y->along ? (x->along > y->along) - (x->along < y->along) : (x->s > y->s) - (x->s < y->s);
}

/* Smallest distance of any two site images; sorted along the longest axis, so that only neighbours are looked at. */
static lisi_status find_closest(site_index *index, lisi_error *err) {
  const lattice *cell = &index->made_for;
  const size_t n = (size_t)index->nsites;
  double best = INFINITY, height = 0.0;
  int axis = 0;
  for (int i = 0; i < 3; i++) { /* images of one site: the shortest lattice vectors are the reduced ones */
    const double f[3] = {cell->reduced[i][0], cell->reduced[i][1], cell->reduced[i][2]};
    const double h = 1.0 / sqrt(cell->inv[0][i] * cell->inv[0][i] + cell->inv[1][i] * cell->inv[1][i] +
                                cell->inv[2][i] * cell->inv[2][i]);
    double d[3];
    lattice_vector(cell, f, d);
    best = fmin(best, d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    if (h > height)
      axis = i;
    height = fmax(height, h);
  }
  along_axis *order = malloc(n * sizeof *order);
  if (order == NULL)
    return lisi_no_memory(err, n * sizeof *order);
  for (size_t s = 0; s < n; s++)
    order[s] = (along_axis){index->frac[s][axis], (int)s};
  qsort(order, n, sizeof *order, compare_axis);
  for (size_t a = 0; a < n; a++)
    for (size_t step = 1; step < n; step++) {
      const along_axis *x = &order[a], *y = &order[(a + step) % n];
      double gap = y->along - x->along;
      if (gap < 0.0)
        gap += 1.0;
      if (gap * height * gap * height > best)
        break;
      const double *p = index->frac[x->s], *q = index->frac[y->s], f[3] = {q[0] - p[0], q[1] - p[1], q[2] - p[2]};
      int image[3];
      best = fmin(best, lattice_nearest(cell, f, image, NULL));
    }
  free(order);
  index->closest = sqrt(best);
  return LISI_OK;
}

lisi_status site_index_set_box(site_index *index, const lattice *box, lisi_error *err) {
  for (int k = 0; k < 3; k++)
    for (int m = 0; m < 3; m++)
      index->H[k][m] = box->H[k][m] / index->replicate[k];
  if (index->made) {
    /* F = H_made^-1 H_now - 1 */
    double norm = 0.0;
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) {
        double f = i == j ? -1.0 : 0.0;
        for (int k = 0; k < 3; k++)
          f += index->made_for.inv[i][k] * index->H[k][j];
        norm += f * f;
      }
    if (sqrt(norm) < strain_margin)
      return LISI_OK;
  }
  index->made = false;
  double rows[3][3];
  memcpy(rows, index->H, sizeof rows);
  lisi_status status = lattice_from_rows(rows, &index->made_for, err);
  if (status == LISI_OK)
    status = make_lists(index, err);
  if (status == LISI_OK)
    status = find_closest(index, err);
  if (status != LISI_OK)
    return status;
  index->made = true;
  return LISI_OK;
}

static int floor_div(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

void site_index_nearest(const site_index *index, const double p[3], site_hit *hit) {
  double f[3];
  int whole[3], bin[3];
  memset(hit, 0, sizeof *hit);
  hit->distance = INFINITY;
  for (int k = 0; k < 3; k++) {
    f[k] = p[k] * index->replicate[k];
    if (!(fabs(f[k]) < 1e9))
      return; /* not a number, or beyond any image count */
  }
  lattice_wrap(f, whole);
  for (int k = 0; k < 3; k++) {
    bin[k] = (int)(f[k] * index->nbin[k]);
    if (bin[k] >= index->nbin[k])
      bin[k] = index->nbin[k] - 1;
  }
  const size_t b = (size_t)bin[0] + (size_t)index->nbin[0] * ((size_t)bin[1] + (size_t)index->nbin[1] * (size_t)bin[2]);
  const candidate *best = NULL;
  double best2 = INFINITY;
  for (int c = index->first[b]; c < index->first[b + 1]; c++) {
    const candidate *try = &index->list[c];
    double d2 = 0.0;
    const double g[3] = {f[0] - try->at[0], f[1] - try->at[1], f[2] - try->at[2]};
    for (int m = 0; m < 3; m++) {
      const double d = g[0] * index->H[0][m] + g[1] * index->H[1][m] + g[2] * index->H[2][m];
      d2 += d * d;
    }
    if (d2 < best2) {
      best2 = d2;
      best = try;
    }
  }
  int cell[3];
  for (int k = 0; k < 3; k++) {
    const int unit = whole[k] + best->shift[k];
    hit->n[k] = floor_div(unit, index->replicate[k]);
    cell[k] = unit - hit->n[k] * index->replicate[k];
  }
  for (int m = 0; m < 3; m++) {
    hit->d[m] = 0.0;
    for (int k = 0; k < 3; k++)
      hit->d[m] += (f[k] - best->at[k]) * index->H[k][m];
  }
  hit->s = best->s;
  hit->site = best->s + 1 + index->nsites * (cell[0] + index->replicate[0] * (cell[1] + index->replicate[1] * cell[2]));
  hit->distance = sqrt(best2);
}

int site_index_unit_sites(const site_index *index) {
  return index->nsites;
}

int site_index_sites(const site_index *index) {
  return index->nsites * index->replicate[0] * index->replicate[1] * index->replicate[2];
}

double site_index_closest(const site_index *index) {
  return index->closest;
}

void site_index_position(const site_index *index, int number, double p[3]) {
  const int s = (number - 1) % index->nsites;
  int cell = (number - 1) / index->nsites;
  for (int k = 0; k < 3; k++) {
    p[k] = (cell % index->replicate[k] + index->frac[s][k]) / index->replicate[k];
    cell /= index->replicate[k];
  }
}
