/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "site_density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEP = 12, MAX_POINTS = 1 << 28 };
static const double dense_part = 0.1, much_less = 0.3;

lisi_status site_density_create(const lattice *cell, double spacing, const symmetry *group, int nblocks,
                                site_density *d, lisi_error *err) {
  memset(d, 0, sizeof *d);
  d->cell = *cell;
  d->nblocks = nblocks;
  double length[3], angle[3], points = nblocks;
  lattice_lengths_angles(cell->H, length, angle);
  for (int k = 0; k < 3; k++) {
    const int step = group->nops > 1 ? STEP : 1;
    const double n = fmax(1.0, ceil(length[k] / (spacing * step) - 1e-9)) * step;
    points *= n;
    if (!(points <= MAX_POINTS))
      return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                       "a grid of %g A over a cell of %.4g x %.4g x %.4g A has too many points (%d blocks); take a "
                       "wider one",
                       spacing, length[0], length[1], length[2], nblocks);
    d->n[k] = (int)n;
  }
  for (int round = 0; round < 3; round++)
    for (int o = 0; o < group->nops; o++)
      for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
          if (i != k && group->op[o].W[i][k] != 0 && d->n[i] < d->n[k])
            d->n[i] = d->n[k];
          else if (i != k && group->op[o].W[i][k] != 0)
            d->n[k] = d->n[i];
  d->npoints = (size_t)d->n[0] * (size_t)d->n[1] * (size_t)d->n[2];
  if ((double)d->npoints * nblocks > MAX_POINTS)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "a grid of %g A has too many points; take a wider one", spacing);
  d->count = calloc(d->npoints * (size_t)nblocks, sizeof *d->count);
  if (d->count == NULL)
    return lisi_no_memory(err, d->npoints * (size_t)nblocks * sizeof *d->count);
  return LISI_OK;
}

void site_density_free(site_density *d) {
  free(d->count);
  memset(d, 0, sizeof *d);
}

/* i modulo n, for any sign. */
static int modulo(int i, int n) {
  const int r = i % n;
  return r < 0 ? r + n : r;
}

static size_t number_of(const site_density *d, const int at[3]) {
  return (size_t)modulo(at[0], d->n[0]) +
         (size_t)d->n[0] * ((size_t)modulo(at[1], d->n[1]) + (size_t)d->n[1] * (size_t)modulo(at[2], d->n[2]));
}

static void place_of(const site_density *d, size_t point, int at[3]) {
  at[0] = (int)(point % (size_t)d->n[0]);
  at[1] = (int)(point / (size_t)d->n[0] % (size_t)d->n[1]);
  at[2] = (int)(point / (size_t)d->n[0] / (size_t)d->n[1]);
}

size_t site_density_point(const site_density *d, const double f[3]) {
  int at[3];
  for (int k = 0; k < 3; k++)
    at[k] = (int)lrint((f[k] - floor(f[k])) * d->n[k]);
  return number_of(d, at);
}

void site_density_position(const site_density *d, size_t point, double f[3]) {
  int at[3];
  place_of(d, point, at);
  for (int k = 0; k < 3; k++)
    f[k] = (double)at[k] / d->n[k];
}

void site_density_add(site_density *d, int block, const double f[3]) {
  d->count[(size_t)block * d->npoints + site_density_point(d, f)] += 1.0f;
}

/* The operation between points: at -> M at + t, in points. n_i W_ik / n_k is whole where n_i = n_k, and the translation
 * is where it is a multiple of 1/12; elsewhere the nearest point is taken. */
typedef struct {
  double M[3][3], t[3];
} point_map;

static point_map map_of(const site_density *d, const symmetry_op *op) {
  point_map m;
  for (int i = 0; i < 3; i++) {
    m.t[i] = op->w[i] * d->n[i];
    for (int k = 0; k < 3; k++)
      m.M[i][k] = (double)op->W[i][k] * d->n[i] / d->n[k];
  }
  return m;
}

static size_t image_of(const site_density *d, const point_map *m, const int at[3]) {
  int to[3];
  for (int i = 0; i < 3; i++)
    to[i] = (int)lrint(m->M[i][0] * at[0] + m->M[i][1] * at[1] + m->M[i][2] * at[2] + m->t[i]);
  return number_of(d, to);
}

lisi_status site_density_average(site_density *d, const symmetry *group, lisi_error *err) {
  if (group->nops <= 1)
    return LISI_OK;
  point_map *map = malloc((size_t)group->nops * sizeof *map);
  size_t *orbit = malloc((size_t)group->nops * sizeof *orbit);
  unsigned char *done = calloc(d->npoints, 1);
  lisi_status status = LISI_OK;
  if (map == NULL || orbit == NULL || done == NULL)
    status = lisi_no_memory(err, d->npoints);
  for (int o = 0; o < group->nops && status == LISI_OK; o++)
    map[o] = map_of(d, &group->op[o]);
  for (size_t p = 0; p < d->npoints && status == LISI_OK; p++) {
    if (done[p])
      continue;
    int at[3];
    place_of(d, p, at);
    for (int o = 0; o < group->nops; o++) {
      orbit[o] = image_of(d, &map[o], at);
      done[orbit[o]] = 1;
    }
    /* Every point of an orbit comes up equally often, so that the mean needs no list without doubles. */
    for (int b = 0; b < d->nblocks; b++) {
      float *count = d->count + (size_t)b * d->npoints;
      double sum = 0.0;
      for (int o = 0; o < group->nops; o++)
        sum += count[orbit[o]];
      for (int o = 0; o < group->nops; o++)
        count[orbit[o]] = (float)(sum / group->nops);
    }
  }
  free(map);
  free(orbit);
  free(done);
  return status;
}

void site_density_total(const site_density *d, double *total) {
  memset(total, 0, d->npoints * sizeof *total);
  for (int b = 0; b < d->nblocks; b++)
    for (size_t p = 0; p < d->npoints; p++)
      total[p] += d->count[(size_t)b * d->npoints + p];
}

lisi_status site_kernel_create(const site_density *d, double sigma, site_kernel *kernel, lisi_error *err) {
  memset(kernel, 0, sizeof *kernel);
  const double reach = 3.0 * sigma;
  int half[3];
  double points = 1.0;
  for (int k = 0; k < 3; k++) {
    /* |f_k| <= |r| |gradient of f_k| */
    const double(*inv)[3] = d->cell.inv;
    const double g = sqrt(inv[0][k] * inv[0][k] + inv[1][k] * inv[1][k] + inv[2][k] * inv[2][k]);
    half[k] = (int)ceil(reach * g * d->n[k]);
    points *= 2.0 * half[k] + 1.0;
  }
  if (points > 1e7)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "smoothing over %g A on this grid takes too many points", sigma);
  kernel->at = malloc((size_t)points * sizeof *kernel->at);
  kernel->weight = malloc((size_t)points * sizeof *kernel->weight);
  if (kernel->at == NULL || kernel->weight == NULL) {
    site_kernel_free(kernel);
    return lisi_no_memory(err, (size_t)points * sizeof *kernel->at);
  }
  double sum = 0.0;
  for (int k = -half[2]; k <= half[2]; k++)
    for (int j = -half[1]; j <= half[1]; j++)
      for (int i = -half[0]; i <= half[0]; i++) {
        const double f[3] = {(double)i / d->n[0], (double)j / d->n[1], (double)k / d->n[2]};
        double r[3];
        lattice_vector(&d->cell, f, r);
        const double r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
        if (r2 > reach * reach)
          continue;
        const int at[3] = {i, j, k};
        memcpy(kernel->at[kernel->n], at, sizeof at);
        kernel->weight[kernel->n] = sigma > 0.0 ? exp(-0.5 * r2 / (sigma * sigma)) : 1.0;
        sum += kernel->weight[kernel->n++];
      }
  for (int k = 0; k < kernel->n; k++)
    kernel->weight[k] /= sum;
  return LISI_OK;
}

void site_kernel_free(site_kernel *kernel) {
  free(kernel->at);
  free(kernel->weight);
  memset(kernel, 0, sizeof *kernel);
}

void site_density_smooth(const site_density *d, const site_kernel *kernel, const double *counts, double *smooth) {
  memset(smooth, 0, d->npoints * sizeof *smooth);
  for (size_t p = 0; p < d->npoints; p++) {
    if (counts[p] == 0.0)
      continue;
    int at[3];
    place_of(d, p, at);
    for (int k = 0; k < kernel->n; k++) {
      const int to[3] = {at[0] + kernel->at[k][0], at[1] + kernel->at[k][1], at[2] + kernel->at[k][2]};
      smooth[number_of(d, to)] += kernel->weight[k] * counts[p];
    }
  }
}

void site_density_smooth_blocks(const site_density *d, const site_kernel *kernel, size_t point, double *smooth) {
  int at[3];
  place_of(d, point, at);
  for (int b = 0; b < d->nblocks; b++)
    smooth[b] = 0.0;
  for (int k = 0; k < kernel->n; k++) {
    const int to[3] = {at[0] + kernel->at[k][0], at[1] + kernel->at[k][1], at[2] + kernel->at[k][2]};
    const size_t p = number_of(d, to);
    for (int b = 0; b < d->nblocks; b++)
      smooth[b] += kernel->weight[k] * d->count[(size_t)b * d->npoints + p];
  }
}

double site_density_broken(const site_density *d, const double *smooth, const symmetry_op *op) {
  const point_map m = map_of(d, op);
  double most = 0.0, all = 0.0, broken = 0.0;
  for (size_t p = 0; p < d->npoints; p++)
    most = fmax(most, smooth[p]);
  for (size_t p = 0; p < d->npoints; p++) {
    if (!(smooth[p] > dense_part * most))
      continue;
    int at[3];
    place_of(d, p, at);
    all += smooth[p];
    if (smooth[image_of(d, &m, at)] < much_less * smooth[p])
      broken += smooth[p];
  }
  return all > 0.0 ? broken / all : 0.0;
}
