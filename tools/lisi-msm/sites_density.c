/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites_search.h"

#include "host_mean.h"
#include "progress.h"
#include "site_basins.h"
#include "site_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double broken_share = 0.05;  /* of the density, from which on an operation is none of it */
static const double much_emptier = 0.25;  /* occupancy of an interstitial site against the fullest */
static const double wide_smooth = 0.6;    /* Angstrom */
static const double peak_tolerance = 0.5; /* Angstrom between the image of a maximum and the maximum there */
static const double same_site = 0.75;     /* Angstrom: a maximum this close to a given site is that site */

static lisi_status count_atoms(sites_search *s, lisi_error *err) {
  sites_result *r = s->r;
  const sites_options *o = s->o;
  progress bar = progress_start("sites, density");
  bool more = true;
  double atoms = 0.0;
  int64_t frame = 0;
  lisi_status status = sites_frames_rewind(&s->frames, err);
  while (status == LISI_OK) {
    status = sites_frames_next(&s->frames, &more, err);
    if (status != LISI_OK || !more)
      break;
    if (frame >= r->nframes) {
      status = lisi_fail(err, LISI_ERR_INPUT, "the trajectory has grown while it was read; wait for its end");
      break;
    }
    double drift[3] = {0.0, 0.0, 0.0};
    if (r->nhost > 0)
      host_drift(r->nhost, (const double(*)[3])s->frames.host, (const double(*)[3])s->mean, drift);
    const int block = (int)(frame * o->blocks / r->nframes);
    for (int i = 0; i < s->frames.nmobile; i++) {
      double f[3];
      for (int k = 0; k < 3; k++)
        f[k] = (s->frames.mobile[i][k] - drift[k]) * r->replicate[k] + r->shift[k];
      site_density_add(&r->density, block, f);
    }
    atoms += s->frames.nmobile;
    s->block_frames[block]++;
    frame++;
    if (frame % 16 == 0) {
      progress_update(&bar, dump_reader_progress(s->frames.reader), 1.0);
      status = sites_interrupted(err);
    }
  }
  progress_end(&bar);
  if (status == LISI_OK && frame < r->nframes)
    status = lisi_fail(err, LISI_ERR_INPUT, "the trajectory has become shorter while it was read");
  if (status == LISI_OK)
    r->natoms = (int)lrint(atoms / (double)frame);
  return status;
}

/* Operations of the framework that the mobile atoms do not share are left out. */
static lisi_status test_group(sites_search *s, const double *smooth, lisi_error *err) {
  if (s->o->symmetry != SITES_SYMMETRY_AUTO || s->group.nops <= 1 || s->o->structure != NULL)
    return LISI_OK;
  unsigned char *keep = malloc((size_t)s->group.nops);
  if (keep == NULL)
    return lisi_no_memory(err, (size_t)s->group.nops);
  for (int op = 0; op < s->group.nops; op++) {
    keep[op] = site_density_broken(&s->r->density, smooth, &s->group.op[op]) <= broken_share;
    s->r->nbroken += !keep[op];
  }
  if (s->r->nbroken > 0)
    (void)symmetry_reduce(&s->group, keep);
  free(keep);
  return LISI_OK;
}

/* Is this maximum one of the sites that the structure gives? */
static lisi_status mark_given(const sites_search *s, const site_basins *basins, unsigned char *is_given,
                              lisi_error *err) {
  static const int one[3] = {1, 1, 1};
  const site_orbits *list = &s->r->sites;
  const site_density *d = &s->r->density;
  memset(is_given, 0, (size_t)basins->nbasins + 1);
  int n = 0;
  for (int k = 0; k < list->norbits; k++)
    n += list->orbit[k].nsites;
  if (n == 0)
    return LISI_OK;
  double(*frac)[3] = malloc((size_t)n * sizeof *frac);
  site_index *index = NULL;
  lisi_status status = frac == NULL ? lisi_no_memory(err, (size_t)n * sizeof *frac) : LISI_OK;
  n = 0;
  for (int k = 0; k < list->norbits && status == LISI_OK; k++)
    for (int m = 0; m < list->orbit[k].nsites; m++)
      memcpy(frac[n++], list->orbit[k].frac[m], sizeof *frac);
  if (status == LISI_OK)
    status = site_index_create(n, frac[0], 3, one, &index, err);
  if (status == LISI_OK)
    status = site_index_set_box(index, &d->cell, err);
  for (int m = 0; m < n && status == LISI_OK; m++) {
    const int32_t b = basins->of_point[site_density_point(d, frac[m])];
    if (b >= 0)
      is_given[b] = 1;
  }
  for (int b = 0; b < basins->nbasins && status == LISI_OK; b++) {
    site_hit hit;
    site_index_nearest(index, basins->basin[b].centre, &hit);
    if (hit.distance < same_site)
      is_given[b] = 1;
  }
  site_index_free(index);
  free(frac);
  return status;
}

/* Maxima to orbits; those with too few atoms are dropped. */
static lisi_status sites_of_basins(sites_search *s, const site_basins *basins, const unsigned char *is_given,
                                   lisi_error *err) {
  sites_result *r = s->r;
  const double scale = 1.0 / ((double)r->nframes * (double)sites_copies(r));
  const size_t nb = (size_t)basins->nbasins;
  int *member = malloc((nb + 1) * sizeof *member), *from = malloc((nb + 1) * sizeof *from);
  s->peak = malloc((nb + 1) * sizeof *s->peak);
  if (member == NULL || from == NULL || s->peak == NULL) {
    free(member);
    free(from);
    return lisi_no_memory(err, nb * sizeof *s->peak);
  }
  int n = 0;
  for (int b = 0; b < basins->nbasins; b++)
    if (!is_given[b]) {
      memcpy(s->peak[n], basins->basin[b].centre, sizeof *s->peak);
      from[n++] = b;
    }
  site_orbits found = {0};
  lisi_status status = site_orbits_build(&s->group, &r->density.cell, n, (const double(*)[3])s->peak, peak_tolerance,
                                         &found, member, err);
  for (int k = 0; k < found.norbits && status == LISI_OK; k++) {
    double population = 0.0, height = 0.0, saddle = 0.0;
    for (int p = 0; p < n; p++)
      if (member[p] == k) {
        population += basins->basin[from[p]].population * scale;
        height = fmax(height, basins->basin[from[p]].height);
        saddle = fmax(saddle, basins->basin[from[p]].saddle);
      }
    const site_orbit *have = &found.orbit[k];
    if (population < s->o->least * have->nsites) {
      r->dropped += population;
      r->ndropped += have->nsites;
      continue;
    }
    site_orbit *orbit;
    status = site_orbits_add(&r->sites, have->nsites, &orbit, err);
    if (status != LISI_OK)
      break;
    memcpy(orbit->frac, have->frac, (size_t)have->nsites * sizeof *orbit->frac);
    orbit->height = height;
    orbit->saddle = saddle / height;
  }
  r->dropped *= (double)sites_copies(r) / r->natoms;
  site_orbits_free(&found);
  free(member);
  free(from);
  return status;
}

/* With a structure, what it does not give is interstitial. Without one the sites that the atoms fill are the regular
 * ones: in falling order of occupancy as many as there are atoms, and whatever is not much emptier than the fullest (in
 * a crystal where the atoms are disordered over more sites than they fill, no site is special). */
static void mark_interstitials(sites_search *s) {
  sites_result *r = s->r;
  const double atoms = (double)r->natoms / (double)sites_copies(r);
  site_orbits_sort(&r->sites, &s->host.cell);
  double places = 0.0, fullest = 0.0;
  for (int k = 0; k < r->sites.norbits; k++) {
    site_orbit *o = &r->sites.orbit[k];
    fullest = fmax(fullest, o->occupancy);
    if (s->o->structure != NULL)
      o->interstitial = !o->given;
    else
      o->interstitial = !s->o->amorphous && places > atoms - 0.5 && o->occupancy < much_emptier * fullest;
    places += o->nsites;
  }
}

/* The smoothed density, from which operations that it does not have are told (with a wide kernel: what chance makes of
 * few atoms is narrower), then averaged over the group that is left. */
static lisi_status smooth_density(sites_search *s, double *total, site_kernel *kernel, lisi_error *err) {
  site_density *d = &s->r->density;
  site_kernel wide = {0};
  site_density_total(d, total);
  lisi_status status = LISI_OK;
  if (s->group.nops > 1) {
    status = site_kernel_create(d, fmax(wide_smooth, s->o->smooth), &wide, err);
    if (status == LISI_OK) {
      site_density_smooth(d, &wide, total, s->r->smooth);
      status = test_group(s, s->r->smooth, err);
    }
    site_kernel_free(&wide);
    if (status == LISI_OK)
      status = site_density_average(d, &s->group, err);
    if (status == LISI_OK)
      site_density_total(d, total);
  }
  if (status == LISI_OK)
    status = site_kernel_create(d, s->o->smooth, kernel, err);
  if (status == LISI_OK)
    site_density_smooth(d, kernel, total, s->r->smooth);
  return status;
}

static lisi_status find_in_density(sites_search *s, lisi_error *err) {
  sites_result *r = s->r;
  site_density *d = &r->density;
  double *total = malloc(d->npoints * sizeof *total);
  unsigned char *is_given = NULL;
  site_basins basins = {0};
  site_kernel kernel = {0};
  r->smooth = malloc(d->npoints * sizeof *r->smooth);
  lisi_status status = total == NULL || r->smooth == NULL ? lisi_no_memory(err, d->npoints * sizeof *total)
                                                          : smooth_density(s, total, &kernel, err);
  const site_basins_rule rule = {
      .merge = s->o->merge, .sigmas = s->o->sigmas, .kernel = &kernel, .images = s->group.nops};
  if (status == LISI_OK)
    status = site_basins_find(d, r->smooth, &rule, &basins, err);
  const double scale = (double)d->npoints / (d->cell.volume * (double)r->nframes * (double)sites_copies(r));
  for (size_t p = 0; p < d->npoints && status == LISI_OK; p++)
    r->smooth[p] *= scale; /* atoms per A^3 */
  for (int b = 0; b < basins.nbasins; b++) {
    basins.basin[b].height *= scale;
    basins.basin[b].saddle *= scale;
  }
  if (status == LISI_OK && (is_given = malloc((size_t)basins.nbasins + 1)) == NULL)
    status = lisi_no_memory(err, (size_t)basins.nbasins);
  if (status == LISI_OK)
    status = mark_given(s, &basins, is_given, err);
  if (status == LISI_OK)
    status = sites_of_basins(s, &basins, is_given, err);
  if (status == LISI_OK && r->sites.norbits == 0)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "no maximum of the density holds %g atoms or more (--min-occupancy)",
                       s->o->least);
  if (status == LISI_OK)
    status = site_orbits_occupy(&r->sites, d, s->block_frames, sites_copies(r), err);
  if (status == LISI_OK)
    mark_interstitials(s);
  site_basins_free(&basins);
  site_kernel_free(&kernel);
  free(is_given);
  free(total);
  return status;
}

lisi_status sites_find_maxima(sites_search *s, lisi_error *err) {
  s->block_frames = calloc((size_t)s->o->blocks, sizeof *s->block_frames);
  if (s->block_frames == NULL)
    return lisi_no_memory(err, (size_t)s->o->blocks * sizeof *s->block_frames);
  lisi_status status = site_density_create(&s->host.cell, s->o->grid, &s->group, s->o->blocks, &s->r->density, err);
  if (status == LISI_OK)
    status = count_atoms(s, err);
  if (status == LISI_OK)
    status = find_in_density(s, err);
  return status;
}
