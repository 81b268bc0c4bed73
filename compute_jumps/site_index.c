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
  int *first;          /* [bins + 1] */
  candidate *list;     /* [first[bins]] sorted by (s, shift) in each bin */
  double closest;
};

lisi_status site_index_create(int nsites, const double *frac, int stride, const int replicate[3], site_index **out, lisi_error *err) {
  *out = NULL;
  double total = nsites;
  for (int k = 0; k < 3; k++) total *= replicate[k];
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
  if (index == NULL) return;
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
    if (list->n >= MAX_CANDIDATES) return false;
    const size_t capacity = list->capacity > 0 ? 2 * list->capacity : 1024;
    candidate *larger = realloc(list->item, capacity * sizeof *larger);
    if (larger == NULL) return false;
    list->item = larger;
    list->capacity = capacity;
  }
  list->item[list->n++] = *c;
  return true;
}

/* Every image of site s within `reach` of the unit-cell point `center`. height: of the cell along each axis; |f_k| <= |d| / height_k. */
static bool collect(const site_index *index, int s, const double center[3], const double height[3], double reach, candidate_list *list) {
  int lo[3], hi[3];
  double images = 1.0;
  for (int k = 0; k < 3; k++) {
    const double middle = center[k] - index->frac[s][k], half = reach / height[k] + 1e-9;
    if (!(half < MAX_SPAN)) return false;
    lo[k] = (int)ceil(middle - half);
    hi[k] = (int)floor(middle + half);
    images *= hi[k] - lo[k] + 1;
  }
  if (images > MAX_IMAGES) return false;
  for (int i = lo[0]; i <= hi[0]; i++)
    for (int j = lo[1]; j <= hi[1]; j++)
      for (int k = lo[2]; k <= hi[2]; k++) {
        const candidate c = {s, {i, j, k}, {index->frac[s][0] + i, index->frac[s][1] + j, index->frac[s][2] + k}};
        const double f[3] = {c.at[0] - center[0], c.at[1] - center[1], c.at[2] - center[2]};
        double d[3];
        lattice_vector(&index->made_for, f, d);
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > reach * reach) continue;
        if (!push(list, &c)) return false;
      }
  return true;
}

/* A site at distance D from the centre of a bin of radius r is between D - r and D + r from any point in it, so one with D - r > min (D + r) is nearest nowhere. */
static lisi_status make_lists(site_index *index, lisi_error *err) {
  const lattice *cell = &index->made_for;
  const int n = index->nsites;
  double length[3], angle[3];
  lattice_lengths_angles(cell->H, length, angle);
  double wanted = 4.0 * n;
  wanted = wanted < 512.0 ? 512.0 : wanted > 32768.0 ? 32768.0 : wanted;
  double height[3]; /* of the cell along each axis */
  for (int k = 0; k < 3; k++)
    height[k] = 1.0 / sqrt(cell->inv[0][k] * cell->inv[0][k] + cell->inv[1][k] * cell->inv[1][k] + cell->inv[2][k] * cell->inv[2][k]);
  double edge = cbrt(length[0] * length[1] * length[2] / wanted);
  size_t nbins;
  for (;; edge *= 1.25) { /* of a flat cell the plain estimate makes far more bins than wanted */
    nbins = 1;
    for (int k = 0; k < 3; k++) {
      const double bins = ceil(length[k] / edge);
      index->nbin[k] = bins < 1.0 ? 1 : bins > 4096.0 ? 4096 : (int)bins;
      nbins *= (size_t)index->nbin[k];
    }
    if ((double)nbins <= 4.0 * wanted) break;
  }
  double radius = 0.0;
  for (int corner = 0; corner < 4; corner++) {
    const double f[3] = {0.5 / index->nbin[0], (corner & 1 ? -0.5 : 0.5) / index->nbin[1], (corner & 2 ? -0.5 : 0.5) / index->nbin[2]};
    double d[3];
    lattice_vector(cell, f, d);
    radius = fmax(radius, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  }
  const double stretch = (1.0 + strain_margin) / (1.0 - strain_margin);

  free(index->first);
  free(index->list);
  index->list = NULL;
  index->first = malloc((nbins + 1) * sizeof *index->first);
  double *distance = malloc((size_t)n * sizeof *distance);
  candidate_list list = {0};
  lisi_status status = index->first == NULL || distance == NULL ? lisi_no_memory(err, nbins * sizeof(int)) : LISI_OK;
  for (size_t b = 0; b < nbins && status == LISI_OK; b++) {
    const size_t bin[3] = {b % (size_t)index->nbin[0], b / (size_t)index->nbin[0] % (size_t)index->nbin[1], b / (size_t)index->nbin[0] / (size_t)index->nbin[1]};
    double center[3];
    for (int k = 0; k < 3; k++) center[k] = ((double)bin[k] + 0.5) / index->nbin[k];
    double smallest = INFINITY;
    for (int s = 0; s < n; s++) {
      const double f[3] = {index->frac[s][0] - center[0], index->frac[s][1] - center[1], index->frac[s][2] - center[2]};
      int image[3];
      distance[s] = sqrt(lattice_nearest(cell, f, image, NULL));
      smallest = fmin(smallest, distance[s]);
    }
    /* A hair more than the bound, for rounding at the faces of the bin. */
    const double reach = (smallest + 2.0 * radius) * stretch * (1.0 + 1e-9);
    index->first[b] = (int)list.n;
    for (int s = 0; s < n && status == LISI_OK; s++)
      if (distance[s] <= reach && !collect(index, s, center, height, reach, &list))
        status = lisi_fail(err, LISI_ERR_UNSUPPORTED, "sites: the cell (edges %g, %g, %g A) is too flat or has too many sites for a list of nearest sites", length[0],
                           length[1], length[2]);
  }
  if (status == LISI_OK) {
    index->first[nbins] = (int)list.n;
    index->list = list.item;
  } else {
    free(list.item);
  }
  free(distance);
  return status;
}

/* Nearest neighbour distance of any two site images; n^2 once in a box's life. */
static void find_closest(site_index *index) {
  const lattice *cell = &index->made_for;
  double best = INFINITY;
  for (int i = 0; i < 3; i++) { /* images of one site: the shortest lattice vectors are the reduced ones */
    const double f[3] = {cell->reduced[i][0], cell->reduced[i][1], cell->reduced[i][2]};
    double d[3];
    lattice_vector(cell, f, d);
    best = fmin(best, d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  }
  for (int a = 0; a < index->nsites; a++)
    for (int b = 0; b < a; b++) {
      const double f[3] = {index->frac[a][0] - index->frac[b][0], index->frac[a][1] - index->frac[b][1], index->frac[a][2] - index->frac[b][2]};
      int image[3];
      best = fmin(best, lattice_nearest(cell, f, image, NULL));
    }
  index->closest = sqrt(best);
}

lisi_status site_index_set_box(site_index *index, const lattice *box, lisi_error *err) {
  for (int k = 0; k < 3; k++)
    for (int m = 0; m < 3; m++) index->H[k][m] = box->H[k][m] / index->replicate[k];
  if (index->made) {
    /* F = H_made^-1 H_now - 1 */
    double norm = 0.0;
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) {
        double f = i == j ? -1.0 : 0.0;
        for (int k = 0; k < 3; k++) f += index->made_for.inv[i][k] * index->H[k][j];
        norm += f * f;
      }
    if (sqrt(norm) < strain_margin) return LISI_OK;
  }
  index->made = false;
  double rows[3][3];
  memcpy(rows, index->H, sizeof rows);
  lisi_status status = lattice_from_rows(rows, &index->made_for, err);
  if (status == LISI_OK) status = make_lists(index, err);
  if (status != LISI_OK) return status;
  find_closest(index);
  index->made = true;
  return LISI_OK;
}

static int floor_div(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

void site_index_nearest(const site_index *index, const double p[3], site_hit *hit) {
  double f[3];
  int whole[3], bin[3];
  memset(hit, 0, sizeof *hit);
  hit->distance = INFINITY;
  for (int k = 0; k < 3; k++) {
    f[k] = p[k] * index->replicate[k];
    if (!(fabs(f[k]) < 1e9)) return; /* not a number, or beyond any image count */
  }
  lattice_wrap(f, whole);
  for (int k = 0; k < 3; k++) {
    bin[k] = (int)(f[k] * index->nbin[k]);
    if (bin[k] >= index->nbin[k]) bin[k] = index->nbin[k] - 1;
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
    for (int k = 0; k < 3; k++) hit->d[m] += (f[k] - best->at[k]) * index->H[k][m];
  }
  hit->s = best->s;
  hit->site = best->s + 1 + index->nsites * (cell[0] + index->replicate[0] * (cell[1] + index->replicate[1] * cell[2]));
  hit->distance = sqrt(best2);
}

int site_index_unit_sites(const site_index *index) { return index->nsites; }

int site_index_sites(const site_index *index) { return index->nsites * index->replicate[0] * index->replicate[1] * index->replicate[2]; }

double site_index_closest(const site_index *index) { return index->closest; }

void site_index_position(const site_index *index, int number, double p[3]) {
  const int s = (number - 1) % index->nsites;
  int cell = (number - 1) / index->nsites;
  for (int k = 0; k < 3; k++) {
    p[k] = (cell % index->replicate[k] + index->frac[s][k]) / index->replicate[k];
    cell /= index->replicate[k];
  }
}
