/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_mean.h"

#include "site_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lisi_status host_mean_create(int natoms, host_mean *h, lisi_error *err) {
  memset(h, 0, sizeof *h);
  h->natoms = natoms;
  const size_t n = (size_t)natoms + 1;
  h->first = calloc(n, sizeof *h->first);
  h->sum = calloc(n, sizeof *h->sum);
  h->sum_r2 = calloc(n, sizeof *h->sum_r2);
  if (h->first == NULL || h->sum == NULL || h->sum_r2 == NULL) {
    host_mean_free(h);
    return lisi_no_memory(err, n * sizeof *h->sum);
  }
  return LISI_OK;
}

void host_mean_free(host_mean *h) {
  free(h->first);
  free(h->sum);
  free(h->sum_r2);
  memset(h, 0, sizeof *h);
}

void host_drift(int natoms, const double (*f)[3], const double (*frac)[3], double drift[3]) {
  for (int k = 0; k < 3; k++) {
    drift[k] = 0.0;
    for (int i = 0; i < natoms; i++)
      drift[k] += (f[i][k] - frac[i][k]) / natoms;
  }
}

void host_mean_add(host_mean *h, const lattice *box, const double (*f)[3]) {
  if (h->frames == 0 && h->natoms > 0)
    memcpy(h->first, f, (size_t)h->natoms * sizeof *h->first);
  double drift[3];
  host_drift(h->natoms, f, (const double(*)[3])h->first, drift);
  for (int i = 0; i < h->natoms; i++) {
    double d[3], r[3];
    for (int k = 0; k < 3; k++) {
      d[k] = f[i][k] - drift[k] - h->first[i][k];
      h->sum[i][k] += d[k];
    }
    lattice_vector(box, d, r);
    h->sum_r2[i] += r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
  }
  for (int i = 0; i < 3; i++) {
    h->sum_origin[i] += box->origin[i];
    for (int k = 0; k < 3; k++)
      h->sum_H[i][k] += box->H[i][k];
  }
  h->frames++;
}

lisi_status host_mean_finish(const host_mean *h, lattice *box, double (*frac)[3], double *rms, lisi_error *err) {
  double H[3][3];
  const double n = (double)h->frames;
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      H[i][k] = h->sum_H[i][k] / n;
  const lisi_status status = lattice_from_rows((const double(*)[3])H, box, err);
  if (status != LISI_OK)
    return status;
  double total = 0.0;
  for (int i = 0; i < h->natoms; i++) {
    double mean[3], r[3];
    for (int k = 0; k < 3; k++) {
      mean[k] = h->sum[i][k] / n;
      frac[i][k] = h->first[i][k] + mean[k];
    }
    lattice_vector(box, mean, r);
    total += fmax(0.0, h->sum_r2[i] / n - r[0] * r[0] - r[1] * r[1] - r[2] * r[2]);
  }
  for (int k = 0; k < 3; k++)
    box->origin[k] = h->sum_origin[k] / n;
  *rms = h->natoms > 0 ? sqrt(total / h->natoms) : 0.0;
  return LISI_OK;
}

/* ---- the unit cell ---- */

/* onto[i]: the atom on which atom i comes to lie when it is moved by 1/n of axis `axis`. False where two atoms come to
 * lie on one, or (same_kind) on one of another kind. rms of the distances, Angstrom. */
static int map_onto(const site_index *index, int natoms, const double (*frac)[3], const int *kind, int same_kind,
                    int axis, int n, int *onto, unsigned char *taken, double *rms) {
  double sum = 0.0;
  for (int i = 0; i < natoms; i++)
    taken[i] = 0;
  for (int i = 0; i < natoms; i++) {
    double p[3] = {frac[i][0], frac[i][1], frac[i][2]};
    p[axis] += 1.0 / n;
    site_hit hit;
    site_index_nearest(index, p, &hit);
    const int j = hit.site - 1;
    if (j < 0 || taken[j] || (same_kind && kind[j] != kind[i]))
      return 0;
    taken[j] = 1;
    onto[i] = j;
    sum += hit.distance * hit.distance;
  }
  *rms = sqrt(sum / natoms);
  return 1;
}

static lisi_status index_of(const lattice *box, int natoms, const double (*frac)[3], site_index **index,
                            lisi_error *err) {
  static const int one[3] = {1, 1, 1};
  lisi_status status = site_index_create(natoms, frac[0], 3, one, index, err);
  if (status == LISI_OK)
    status = site_index_set_box(*index, box, err);
  return status;
}

/* Every kind must have a whole number of atoms in each cell. */
static int divides(int natoms, const int *kind, int n) {
  if (natoms % n != 0)
    return 0;
  for (int i = 0; i < natoms; i++) {
    int first = 1, alike = 0;
    for (int j = 0; j < i && first; j++)
      first = kind[j] != kind[i];
    if (!first)
      continue;
    for (int j = i; j < natoms; j++)
      alike += kind[j] == kind[i];
    if (alike % n != 0)
      return 0;
  }
  return 1;
}

lisi_status host_replicate(const lattice *box, int natoms, const double (*frac)[3], const int *kind, double tolerance,
                           int replicate[3], lisi_error *err) {
  enum { SHORTEST = 2 }; /* Angstrom: no cell has a shorter edge */
  for (int k = 0; k < 3; k++)
    replicate[k] = 1;
  if (natoms == 0)
    return LISI_OK;
  site_index *index = NULL;
  lisi_status status = index_of(box, natoms, frac, &index, err);
  int *onto = malloc((size_t)natoms * sizeof *onto);
  unsigned char *taken = malloc((size_t)natoms);
  if (status == LISI_OK && (onto == NULL || taken == NULL))
    status = lisi_no_memory(err, (size_t)natoms * sizeof *onto);
  double length[3], angle[3];
  lattice_lengths_angles(box->H, length, angle);
  for (int axis = 0; axis < 3 && status == LISI_OK; axis++)
    for (int n = (int)(length[axis] / SHORTEST); n > 1; n--) {
      double rms;
      if (!divides(natoms, kind, n) || !map_onto(index, natoms, frac, kind, 1, axis, n, onto, taken, &rms) ||
          rms > tolerance)
        continue;
      replicate[axis] = n;
      break;
    }
  free(onto);
  free(taken);
  site_index_free(index);
  return status;
}

/* The kind that most of the copies have; the smallest of those where several do. */
static int commonest(const int *kind, const int *copy, int ncopies) {
  int best = kind[copy[0]], most = 0;
  for (int a = 0; a < ncopies; a++) {
    int alike = 0;
    for (int b = 0; b < ncopies; b++)
      alike += kind[copy[b]] == kind[copy[a]];
    if (alike > most || (alike == most && kind[copy[a]] < best)) {
      most = alike;
      best = kind[copy[a]];
    }
  }
  return best;
}

static lisi_status fold(const lattice *box, int natoms, const double (*frac)[3], const int *kind, const int n[3],
                        int *const onto[3], unsigned char *taken, int *copy, crystal *unit, int *kind_of, double *rms,
                        lisi_error *err) {
  const int ncopies = n[0] * n[1] * n[2];
  double sum = 0.0;
  for (int i = 0; i < natoms; i++)
    taken[i] = 0;
  for (int base = 0; base < natoms; base++) {
    if (taken[base])
      continue;
    double mean[3] = {0.0, 0.0, 0.0}, square = 0.0;
    int found = 0;
    for (int i = 0, a = base; i < n[0]; i++, a = onto[0][a])
      for (int j = 0, b = a; j < n[1]; j++, b = onto[1][b])
        for (int k = 0, c = b; k < n[2]; k++, c = onto[2][c]) {
          if (taken[c])
            return lisi_fail(err, LISI_ERR_INPUT, "the framework does not repeat %d x %d x %d times in the box", n[0],
                             n[1], n[2]);
          taken[c] = 1;
          copy[found++] = c;
          const double cell[3] = {(double)i / n[0], (double)j / n[1], (double)k / n[2]};
          double f[3], d[3];
          int image[3];
          for (int m = 0; m < 3; m++)
            f[m] = frac[c][m] - cell[m] - frac[base][m];
          square += lattice_nearest(box, f, image, d);
          for (int m = 0; m < 3; m++)
            mean[m] += (f[m] - image[m]) / ncopies;
        }
    double r[3], at[3];
    lattice_vector(box, mean, r);
    sum += fmax(0.0, square / ncopies - r[0] * r[0] - r[1] * r[1] - r[2] * r[2]);
    for (int m = 0; m < 3; m++)
      at[m] = (frac[base][m] + mean[m]) * n[m];
    kind_of[unit->natoms] = commonest(kind, copy, ncopies);
    const lisi_status status = crystal_add(unit, "X", NULL, at, err);
    if (status != LISI_OK)
      return status;
  }
  *rms = sqrt(sum / (natoms / ncopies));
  return LISI_OK;
}

lisi_status host_fold(const lattice *box, int natoms, const double (*frac)[3], const int *kind, const int replicate[3],
                      crystal *unit, int *kind_of, double *rms, lisi_error *err) {
  memset(unit, 0, sizeof *unit);
  *rms = 0.0;
  double H[3][3];
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++)
      H[i][k] = box->H[i][k] / replicate[i];
  lisi_status status = lattice_from_rows((const double(*)[3])H, &unit->cell, err);
  if (status != LISI_OK || natoms == 0)
    return status;
  site_index *index = NULL;
  int *onto[3] = {NULL, NULL, NULL}, *copy = malloc((size_t)natoms * sizeof *copy);
  unsigned char *taken = malloc((size_t)natoms);
  for (int k = 0; k < 3; k++)
    onto[k] = malloc((size_t)natoms * sizeof *onto[k]);
  if (copy == NULL || taken == NULL || onto[0] == NULL || onto[1] == NULL || onto[2] == NULL)
    status = lisi_no_memory(err, (size_t)natoms * sizeof *copy);
  if (status == LISI_OK)
    status = index_of(box, natoms, frac, &index, err);
  const double cells = (double)replicate[0] * replicate[1] * replicate[2];
  if (status == LISI_OK && (cells > natoms || fmod(natoms, cells) != 0.0))
    status = lisi_fail(err, LISI_ERR_INPUT, "%d framework atoms make no whole number in each of %d x %d x %d cells",
                       natoms, replicate[0], replicate[1], replicate[2]);
  for (int k = 0; k < 3 && status == LISI_OK; k++) {
    double distance;
    if (!map_onto(index, natoms, frac, kind, 0, k, replicate[k], onto[k], taken, &distance))
      status = lisi_fail(err, LISI_ERR_INPUT, "the framework does not repeat %d times along %c", replicate[k], 'a' + k);
  }
  if (status == LISI_OK)
    status = fold(box, natoms, frac, kind, replicate, onto, taken, copy, unit, kind_of, rms, err);
  for (int k = 0; k < 3; k++)
    free(onto[k]);
  free(copy);
  free(taken);
  site_index_free(index);
  if (status != LISI_OK)
    crystal_free(unit);
  return status;
}
