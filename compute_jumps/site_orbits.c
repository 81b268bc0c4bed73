/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "site_orbits.h"

#include "site_index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void site_orbits_free(site_orbits *list) {
  for (int k = 0; k < list->norbits; k++)
    free(list->orbit[k].frac);
  free(list->orbit);
  memset(list, 0, sizeof *list);
}

lisi_status site_orbits_add(site_orbits *list, int n, site_orbit **orbit, lisi_error *err) {
  if (list->norbits == list->capacity) {
    const int capacity = list->capacity > 0 ? 2 * list->capacity : 16;
    site_orbit *larger = realloc(list->orbit, (size_t)capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (size_t)capacity * sizeof *larger);
    list->orbit = larger;
    list->capacity = capacity;
  }
  double(*frac)[3] = calloc((size_t)n + 1, sizeof *frac);
  if (frac == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *frac);
  *orbit = &list->orbit[list->norbits++];
  memset(*orbit, 0, sizeof **orbit);
  (*orbit)->frac = frac;
  (*orbit)->nsites = n;
  return LISI_OK;
}

/* ---- orbits ---- */

/* to[o]: the position nearest to where operation o takes position k; -1 where none is within the tolerance. */
static void images_of(const symmetry *group, const double (*frac)[3], int k, double tolerance, const site_index *index,
                      int *to) {
  for (int o = 0; o < group->nops; o++) {
    double y[3];
    symmetry_apply(&group->op[o], frac[k], y);
    site_hit hit;
    site_index_nearest(index, y, &hit);
    to[o] = hit.site > 0 && hit.distance <= tolerance ? hit.site - 1 : -1;
  }
}

/* The position x that all images agree on best: the mean of g^-1 x_g over the operations, x_g being the position to
 * which g takes it. Rather than inverting, the mean displacement d of g x from x_g is taken back through W^-1, which is
 * W^T in the metric of the cell; since the operations form a group it suffices to sum over g the displacement of
 * g x_(g^-1) from x, that is over positions j and operations that take j to k. */
static void average(const symmetry *group, const lattice *cell, const double (*frac)[3], int k, const int *to_of_all,
                    int n, double x[3]) {
  double sum[3] = {0.0, 0.0, 0.0};
  long terms = 0;
  for (int j = 0; j < n && group->nops > 1; j++)
    for (int o = 0; o < group->nops; o++) {
      if (to_of_all[(size_t)j * (size_t)group->nops + (size_t)o] != k)
        continue;
      double y[3], d[3];
      int image[3];
      symmetry_apply(&group->op[o], frac[j], y);
      for (int m = 0; m < 3; m++)
        d[m] = y[m] - frac[k][m];
      (void)lattice_nearest(cell, d, image, NULL);
      for (int m = 0; m < 3; m++)
        sum[m] += d[m] - image[m];
      terms++;
    }
  for (int m = 0; m < 3; m++)
    x[m] = frac[k][m] + (terms > 0 ? sum[m] / (double)terms : 0.0);
}

static lisi_status build_one(const symmetry *group, const lattice *cell, int n, const double (*frac)[3], int k,
                             const int *to, int number, int *member, site_orbits *list, lisi_error *err) {
  const size_t nops = (size_t)group->nops;
  int size = 0;
  for (int o = 0; o < group->nops; o++) {
    const int j = to[(size_t)k * nops + (size_t)o];
    if (j < 0 || member[j] >= 0)
      continue;
    member[j] = number;
    size++;
  }
  double x[3];
  average(group, cell, frac, k, to, n, x);
  site_orbit *orbit;
  const lisi_status status = site_orbits_add(list, size, &orbit, err);
  if (status != LISI_OK)
    return status;
  int found = 0;
  for (int j = 0; j < n; j++) {
    if (member[j] != number)
      continue;
    for (int o = 0; o < group->nops; o++)
      if (to[(size_t)k * nops + (size_t)o] == j) {
        int whole[3];
        symmetry_apply(&group->op[o], x, orbit->frac[found]);
        for (int m = 0; m < 3; m++) { /* -1e-17 is not the far side of the cell */
          const double near = rint(orbit->frac[found][m] * 24.0) / 24.0;
          if (fabs(orbit->frac[found][m] - near) < 1e-9)
            orbit->frac[found][m] = near;
        }
        lattice_wrap(orbit->frac[found++], whole);
        break;
      }
  }
  orbit->nsites = found;
  return LISI_OK;
}

lisi_status site_orbits_build(const symmetry *group, const lattice *cell, int n, const double (*frac)[3],
                              double tolerance, site_orbits *list, int *members, lisi_error *err) {
  if (n == 0)
    return LISI_OK;
  static const int one[3] = {1, 1, 1};
  site_index *index = NULL;
  const size_t nops = (size_t)group->nops;
  int *to = malloc((size_t)n * nops * sizeof *to), *own = malloc((size_t)n * sizeof *own);
  lisi_status status = LISI_OK;
  if (to == NULL || own == NULL)
    status = lisi_no_memory(err, (size_t)n * nops * sizeof *to);
  if (status == LISI_OK)
    status = site_index_create(n, frac[0], 3, one, &index, err);
  if (status == LISI_OK)
    status = site_index_set_box(index, cell, err);
  int *member = members != NULL ? members : own;
  for (int k = 0; k < n && status == LISI_OK; k++) {
    images_of(group, frac, k, tolerance, index, to + (size_t)k * nops);
    member[k] = -1;
  }
  for (int k = 0; k < n && status == LISI_OK; k++)
    if (member[k] < 0) {
      to[(size_t)k * nops] = k; /* the identity */
      status = build_one(group, cell, n, frac, k, to, list->norbits, member, list, err);
    }
  free(to);
  free(own);
  site_index_free(index);
  return status;
}

/* ---- occupancies ---- */

static int total_sites(const site_orbits *list) {
  int n = 0;
  for (int k = 0; k < list->norbits; k++)
    n += list->orbit[k].nsites;
  return n;
}

/* All sites in a row, and the orbit of each. */
static lisi_status flatten(const site_orbits *list, double (**frac)[3], int **of, lisi_error *err) {
  const size_t n = (size_t)total_sites(list);
  *frac = malloc((n + 1) * sizeof **frac);
  *of = malloc((n + 1) * sizeof **of);
  if (*frac == NULL || *of == NULL)
    return lisi_no_memory(err, n * sizeof **frac);
  size_t at = 0;
  for (int k = 0; k < list->norbits; k++)
    for (int s = 0; s < list->orbit[k].nsites; s++, at++) {
      memcpy((*frac)[at], list->orbit[k].frac[s], sizeof **frac);
      (*of)[at] = k;
    }
  return LISI_OK;
}

static void add_counts(site_orbits *list, const site_density *d, const site_index *index, const int *of, double *atoms,
                       double *square) {
  const size_t no = (size_t)list->norbits;
  for (size_t p = 0; p < d->npoints; p++) {
    double here = 0.0;
    for (int b = 0; b < d->nblocks; b++)
      here += d->count[(size_t)b * d->npoints + p];
    if (here == 0.0)
      continue;
    double f[3];
    site_density_position(d, p, f);
    site_hit hit;
    site_index_nearest(index, f, &hit);
    const size_t k = (size_t)of[hit.s];
    for (int b = 0; b < d->nblocks; b++)
      atoms[(size_t)b * no + k] += d->count[(size_t)b * d->npoints + p];
    square[k] += here * hit.distance * hit.distance;
  }
}

lisi_status site_orbits_occupy(site_orbits *list, const site_density *d, const long *frames, long copies,
                               lisi_error *err) {
  static const int one[3] = {1, 1, 1};
  const int n = total_sites(list);
  if (n == 0)
    return LISI_OK;
  double(*frac)[3] = NULL, *atoms = NULL, *square = NULL;
  int *of = NULL;
  site_index *index = NULL;
  lisi_status status = flatten(list, &frac, &of, err);
  const size_t no = (size_t)list->norbits;
  atoms = calloc(no * (size_t)d->nblocks, sizeof *atoms);
  square = calloc(no, sizeof *square);
  if (status == LISI_OK && (atoms == NULL || square == NULL))
    status = lisi_no_memory(err, no * sizeof *atoms);
  if (status == LISI_OK)
    status = site_index_create(n, frac[0], 3, one, &index, err);
  if (status == LISI_OK)
    status = site_index_set_box(index, &d->cell, err);
  if (status == LISI_OK)
    add_counts(list, d, index, of, atoms, square);
  for (size_t k = 0; k < no && status == LISI_OK; k++) {
    site_orbit *o = &list->orbit[k];
    double sum = 0.0, mean = 0.0, variance = 0.0, weight = 0.0;
    int blocks = 0;
    for (int b = 0; b < d->nblocks; b++) {
      sum += atoms[(size_t)b * no + k];
      weight += (double)frames[b];
      blocks += frames[b] > 0;
    }
    const double places = (double)o->nsites * (double)copies;
    mean = weight > 0.0 ? sum / (weight * places) : 0.0;
    for (int b = 0; b < d->nblocks; b++)
      if (frames[b] > 0) {
        const double own = atoms[(size_t)b * no + k] / ((double)frames[b] * places) - mean;
        variance += own * own * (double)frames[b] / weight;
      }
    o->occupancy = mean;
    o->occupancy_error = blocks > 1 ? sqrt(variance / (blocks - 1)) : NAN;
    o->spread = sum > 0.0 ? sqrt(square[k] / sum) : 0.0;
  }
  free(frac);
  free(of);
  free(atoms);
  free(square);
  site_index_free(index);
  return status;
}

/* ---- names ---- */

lisi_status site_orbits_wyckoff(site_orbits *list, const crystal *framework, int *number, char symbol[12],
                                lisi_error *err) {
  const size_t n = (size_t)framework->natoms + (size_t)total_sites(list);
  double(*frac)[3] = malloc((n + 1) * sizeof *frac);
  int *kind = malloc((n + 1) * sizeof *kind);
  wyckoff *position = malloc((n + 1) * sizeof *position);
  lisi_status status = LISI_OK;
  if (frac == NULL || kind == NULL || position == NULL)
    status = lisi_no_memory(err, n * sizeof *frac);
  int at = 0;
  for (int a = 0; a < framework->natoms && status == LISI_OK; a++, at++) {
    int same = 0;
    while (strcmp(framework->atom[same].species, framework->atom[a].species) != 0)
      same++;
    memcpy(frac[at], framework->atom[a].frac, sizeof *frac);
    kind[at] = same + 1;
  }
  for (int k = 0; k < list->norbits && status == LISI_OK; k++)
    for (int s = 0; s < list->orbit[k].nsites; s++, at++) {
      memcpy(frac[at], list->orbit[k].frac[s], sizeof *frac);
      kind[at] = framework->natoms + 1 + k;
    }
  if (status == LISI_OK)
    status = symmetry_wyckoff(&framework->cell, at, (const double(*)[3])frac, kind, number, symbol, position, err);
  at = framework->natoms;
  for (int k = 0; k < list->norbits && status == LISI_OK; k++) {
    if (list->orbit[k].nsites > 0)
      list->orbit[k].position = position[at];
    at += list->orbit[k].nsites;
  }
  free(frac);
  free(kind);
  free(position);
  return status;
}

static void base_name(const site_orbit *o, char name[24]) {
  if (o->position.letter == 0)
    (void)snprintf(name, 24, "%ss", o->interstitial ? "i" : "");
  else
    (void)snprintf(name, 24, "%s%d%c", o->interstitial ? "i" : "", o->position.multiplicity, o->position.letter);
}

static bool is_taken(const site_orbits *list, const char *label) {
  for (int k = 0; k < list->norbits; k++)
    if (strcmp(list->orbit[k].label, label) == 0)
      return true;
  return false;
}

void site_orbits_name(site_orbits *list) {
  for (int k = 0; k < list->norbits; k++) {
    site_orbit *o = &list->orbit[k];
    if (o->label[0] != '\0')
      continue;
    char name[24], other[24];
    int alike = 0;
    base_name(o, name);
    for (int m = 0; m < list->norbits; m++) {
      base_name(&list->orbit[m], other);
      alike += !list->orbit[m].given && strcmp(name, other) == 0;
    }
    if (alike == 1 && !is_taken(list, name)) {
      (void)snprintf(o->label, sizeof o->label, "%s", name);
      continue;
    }
    for (int number = 1;; number++) {
      char label[48];
      (void)snprintf(label, sizeof label, "%s%s%d", name, o->position.letter == 0 ? "" : "-", number);
      if (is_taken(list, label))
        continue;
      memcpy(o->label, label, sizeof o->label - 1);
      break;
    }
  }
}

/* ---- order ---- */

static int compare_orbits(const void *a, const void *b) {
  const site_orbit *x = a, *y = b;
  if (x->given != y->given)
    return x->given ? -1 : 1;
  if (x->interstitial != y->interstitial)
    return x->interstitial ? 1 : -1;
  if (x->occupancy != y->occupancy)
    return x->occupancy > y->occupancy ? -1 : 1;
  return memcmp(x->frac[0], y->frac[0], sizeof x->frac[0]);
}

/* Rounded, so that equal distances are equal. */
typedef struct {
  long far, key[3];
  int beyond; /* coordinates in the far half of the cell */
  double frac[3];
} placed;

/* As tables give a position: near the origin, with positive coordinates, small ones first. */
static int compare_sites(const void *a, const void *b) {
  const placed *x = a, *y = b;
  if (x->far != y->far)
    return x->far > y->far ? 1 : -1;
  if (x->beyond != y->beyond)
    return x->beyond > y->beyond ? 1 : -1;
  const int equal_x = labs(x->key[0] - x->key[1]) < 2, equal_y = labs(y->key[0] - y->key[1]) < 2;
  if (equal_x != equal_y) /* x,x,z */
    return equal_x ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (x->key[k] != y->key[k])
      return x->key[k] > y->key[k] ? 1 : -1;
  return 0;
}

void site_orbits_sort(site_orbits *list, const lattice *cell) {
  for (int k = 0; k < list->norbits; k++) {
    site_orbit *o = &list->orbit[k];
    placed *sites = o->given ? NULL : malloc((size_t)o->nsites * sizeof *sites);
    if (sites == NULL) /* as they are: the order is for the reader's eye */
      continue;
    for (int s = 0; s < o->nsites; s++) {
      int image[3];
      memcpy(sites[s].frac, o->frac[s], sizeof sites[s].frac);
      sites[s].far = lrint(1e3 * sqrt(lattice_nearest(cell, o->frac[s], image, NULL)));
      sites[s].beyond = 0;
      for (int m = 0; m < 3; m++) {
        sites[s].key[m] = lrint(1e4 * o->frac[s][m]);
        sites[s].beyond += sites[s].key[m] > 5000;
      }
    }
    qsort(sites, (size_t)o->nsites, sizeof *sites, compare_sites);
    for (int s = 0; s < o->nsites; s++)
      memcpy(o->frac[s], sites[s].frac, sizeof sites[s].frac);
    free(sites);
  }
  int given = 0;
  while (given < list->norbits && list->orbit[given].given)
    given++;
  qsort(list->orbit + given, (size_t)(list->norbits - given), sizeof *list->orbit, compare_orbits);
}

double site_orbits_closest(const site_orbits *list, const lattice *cell) {
  static const int one[3] = {1, 1, 1};
  double(*frac)[3] = NULL;
  int *of = NULL;
  lisi_error err = {0};
  site_index *index = NULL;
  double closest = INFINITY;
  lisi_status status = flatten(list, &frac, &of, &err);
  if (status == LISI_OK && total_sites(list) > 0)
    status = site_index_create(total_sites(list), frac[0], 3, one, &index, &err);
  if (status == LISI_OK && index != NULL)
    status = site_index_set_box(index, cell, &err);
  if (status == LISI_OK && index != NULL)
    closest = site_index_closest(index);
  site_index_free(index);
  free(frac);
  free(of);
  return closest;
}

int site_neighbours(const crystal *framework, const double frac[3], int n, const char **species, double *distance) {
  enum { IMAGES = 2 };
  int found = 0;
  for (int a = 0; a < framework->natoms; a++)
    for (int i = -IMAGES; i <= IMAGES; i++)
      for (int j = -IMAGES; j <= IMAGES; j++)
        for (int k = -IMAGES; k <= IMAGES; k++) {
          const double *at = framework->atom[a].frac;
          const double f[3] = {at[0] - frac[0] + i, at[1] - frac[1] + j, at[2] - frac[2] + k};
          double r[3];
          lattice_vector(&framework->cell, f, r);
          const double d = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
          int place = found;
          while (place > 0 && distance[place - 1] > d)
            place--;
          if (place >= n)
            continue;
          found = found < n ? found + 1 : n;
          for (int m = found - 1; m > place; m--) {
            distance[m] = distance[m - 1];
            species[m] = species[m - 1];
          }
          distance[place] = d;
          species[place] = framework->atom[a].species;
        }
  return found;
}
