/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often the mobile atoms are where: counts on a periodic grid over one unit cell, by blocks of time, in memory that
 * does not grow with the trajectory; averaged over a space group and smoothed. */
#ifndef LISI_SITE_DENSITY_H
#define LISI_SITE_DENSITY_H

#include "lattice.h"
#include "lisi_status.h"
#include "symmetry.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  lattice cell;
  int n[3]; /* points along a, b, c; point (i, j, k) is at (i/n0, j/n1, k/n2) and has the number i + n0 (j + n1 k) */
  size_t npoints; /* n0 n1 n2 */
  int nblocks;
  float *count; /* [nblocks][npoints]; whole numbers until they are averaged, exact up to 2^24 */
} site_density;

/* Points at most `spacing` Angstrom apart. Where `group` has more than the identity, the grid is one that the group
 * takes to itself: a multiple of 12 points along each axis, equally many along axes that an operation mixes. Error
 * (LISI_ERR_UNSUPPORTED): more than 2^28 counts. */
LISI_MUST_CHECK lisi_status site_density_create(const lattice *cell, double spacing, const symmetry *group, int nblocks,
                                                site_density *d, lisi_error *err);
void site_density_free(site_density *d);
/* One atom at fractional position f of the unit cell (any image) goes to the nearest point (by fractions). */
void site_density_add(site_density *d, int block, const double f[3]);
/* The point nearest to f. */
size_t site_density_point(const site_density *d, const double f[3]);
void site_density_position(const site_density *d, size_t point, double f[3]);

/* Replaces the counts of each point, in each block, by the mean over the points that the group takes it to. */
LISI_MUST_CHECK lisi_status site_density_average(site_density *d, const symmetry *group, lisi_error *err);
/* total[npoints]: the counts of all blocks. */
void site_density_total(const site_density *d, double *total);

/* A normalised Gaussian on the points of a grid, cut at three standard deviations. */
typedef struct {
  int n;
  int (*at)[3];   /* [n] points away */
  double *weight; /* [n], their sum is 1 */
} site_kernel;

LISI_MUST_CHECK lisi_status site_kernel_create(const site_density *d, double sigma, site_kernel *kernel,
                                               lisi_error *err);
void site_kernel_free(site_kernel *kernel);
/* smooth[npoints]: `counts` folded with the kernel. */
void site_density_smooth(const site_density *d, const site_kernel *kernel, const double *counts, double *smooth);
/* The same at one point, for each block: smooth[nblocks]. */
void site_density_smooth_blocks(const site_density *d, const site_kernel *kernel, size_t point, double *smooth);
/* The share of `smooth` that the operation breaks: of what lies on points with more than a tenth of the maximum, how
 * much is taken to points that have less than 0.3 times as much. 0 for a symmetry of the density. */
double site_density_broken(const site_density *d, const double *smooth, const symmetry_op *op);

#ifdef __cplusplus
}
#endif
#endif
