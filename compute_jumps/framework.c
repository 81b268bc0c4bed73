/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "framework.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* 2^40 of a box: 1e-11 Angstrom in a box of 10 Angstrom, and room for 2^22 atoms at displacements of a whole box, far
 * more at real ones. */
static const double unit_disp = 1099511627776.0;
static const double unit_r2 = 1048576.0;
static const int max_rounds = 20;
/* At the first sample another shift than none has to be this much better: shifts that are symmetries of the framework
 * alone (not of the sites) fit it as well. */
static const double much_better = 0.9;

void framework_add(const site_index *references, const double drift[3], const double f[3], framework_sums *sums) {
  const double p[3] = {f[0] - drift[0], f[1] - drift[1], f[2] - drift[2]};
  site_hit hit;
  double at[3];
  site_index_nearest(references, p, &hit);
  sums->sum[4]++;
  if (hit.site == 0) { /* not a number: a distance that no check lets pass */
    if (sums->sum[3] < (int64_t)1 << 54)
      sums->sum[3] += (int64_t)1 << 46;
    return;
  }
  site_index_position(references, hit.site, at);
  for (int k = 0; k < 3; k++)
    sums->sum[k] += llrint((p[k] - (at[k] + hit.n[k])) * unit_disp);
  sums->sum[3] += llrint(hit.distance * hit.distance * unit_r2);
}

static double largest_rms(const site_index *references) {
  return 0.5 * site_index_closest(references);
}

static lisi_status check_number(const site_index *references, long long natoms, lisi_error *err) {
  const int n = site_index_sites(references);
  if (natoms != n)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "framework: the site file has %d reference positions in this box, found %lld framework atoms", n,
                     natoms);
  return LISI_OK;
}

lisi_status framework_finish(const site_index *references, const framework_sums *sums, double drift[3], double *rms,
                             lisi_error *err) {
  const int64_t *s = sums->sum;
  const lisi_status status = check_number(references, s[4], err);
  if (status != LISI_OK)
    return status;
  const double n = (double)s[4];
  *rms = sqrt((double)s[3] / unit_r2 / n);
  if (!(*rms <= largest_rms(references)))
    return lisi_fail(err, LISI_ERR_INPUT,
                     "framework: its atoms are %.3g A (RMS) from their reference positions, accepted is %.3g A (half "
                     "the smallest distance between them): the "
                     "framework diffuses or melts, or it is not the one of the site file",
                     *rms, largest_rms(references));
  for (int k = 0; k < 3; k++)
    drift[k] += (double)s[k] / unit_disp / n;
  return LISI_OK;
}

/* Tries one shift, letting the nearest references settle; true when every reference gets exactly one atom. rms is
 * measured at the settled drift. */
static bool fits(const site_index *references, int natoms, const double (*f)[3], double drift[3], double *rms,
                 unsigned char *taken) {
  /* Each round lowers the RMS or changes no pair of atom and reference, after which the drift stands still. */
  bool settled = false;
  for (int round = 0; round < max_rounds && !settled; round++) {
    framework_sums sums = {{0}};
    for (int a = 0; a < natoms; a++)
      framework_add(references, drift, f[a], &sums);
    *rms = sqrt((double)sums.sum[3] / unit_r2 / natoms);
    settled = true;
    for (int k = 0; k < 3; k++) {
      const double change = (double)sums.sum[k] / unit_disp / natoms;
      if (fabs(change) <= 1e-11)
        continue;
      drift[k] += change;
      settled = false;
    }
  }
  if (!(*rms <= largest_rms(references)))
    return false;
  memset(taken, 0, (size_t)site_index_sites(references) + 1);
  for (int a = 0; a < natoms; a++) {
    const double p[3] = {f[a][0] - drift[0], f[a][1] - drift[1], f[a][2] - drift[2]};
    site_hit hit;
    site_index_nearest(references, p, &hit);
    if (taken[hit.site])
      return false;
    taken[hit.site] = 1;
  }
  return true;
}

lisi_status framework_start(const site_index *references, int natoms, const double (*f)[3], double drift[3],
                            double *rms, lisi_error *err) {
  for (int k = 0; k < 3; k++)
    drift[k] = 0.0;
  *rms = 0.0;
  const lisi_status status = check_number(references, natoms, err);
  if (status != LISI_OK)
    return status;
  unsigned char *taken = malloc((size_t)natoms + 1);
  if (taken == NULL)
    return lisi_no_memory(err, (size_t)natoms + 1);
  double best = INFINITY, limit = INFINITY, seen = INFINITY, found[3] = {0.0, 0.0, 0.0};
  for (int k = -1; k < site_index_unit_sites(references); k++) {
    double trial[3] = {0.0, 0.0, 0.0}, trial_rms;
    if (k >= 0) {
      double at[3];
      int whole[3];
      site_index_position(references, k + 1, at);
      for (int m = 0; m < 3; m++)
        trial[m] = f[0][m] - at[m];
      lattice_wrap(trial, whole);
      /* The shift is defined up to a lattice vector of the box; the smallest keeps positions near the box. */
      for (int m = 0; m < 3; m++)
        if (trial[m] > 0.5)
          trial[m] -= 1.0;
    }
    const bool good = fits(references, natoms, f, trial, &trial_rms, taken);
    seen = fmin(seen, trial_rms);
    if (!good || trial_rms >= limit)
      continue;
    best = trial_rms;
    limit = k < 0 ? much_better * trial_rms : trial_rms - 1e-6;
    memcpy(found, trial, sizeof found);
  }
  free(taken);
  if (!isfinite(best))
    return lisi_fail(err, LISI_ERR_INPUT,
                     "framework: no rigid shift brings its %d atoms onto the reference positions of the site file one "
                     "by one; the closest fit is %.3g A (RMS), accepted "
                     "is %.3g A",
                     natoms, seen, largest_rms(references));
  memcpy(drift, found, sizeof found);
  *rms = best;
  return LISI_OK;
}
