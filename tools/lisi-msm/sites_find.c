/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two passes over the trajectory. The first averages the framework and finds the cell that it repeats and its space
 * group; the second counts the mobile atoms on a grid over that cell, whose maxima are the sites. */
#include "sites_find.h"

#include "cli.h"
#include "progress.h"
#include "site_index.h"
#include "sites_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sites_result_free(sites_result *r) {
  crystal_free(&r->framework);
  site_orbits_free(&r->sites);
  site_density_free(&r->density);
  free(r->smooth);
  memset(r, 0, sizeof *r);
}

lisi_status sites_interrupted(lisi_error *err) {
  return progress_interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted; nothing is written") : LISI_OK;
}

long sites_copies(const sites_result *r) {
  return (long)r->replicate[0] * r->replicate[1] * r->replicate[2];
}

/* Readers of the site file refuse positions of one list that are closer than this (compute_jumps/sites.c), Angstrom. */
static const double closest_readable = 0.1;
static const double closest_usual = 1.0; /* two sites nearer than this are mostly one that was split */

static lisi_status refuse_close(const char *what, double distance, const sites_options *o, lisi_error *err) {
  if (distance >= closest_readable)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT, "%s%stwo %s are %.3g A apart; expected at least %g A",
                   o->structure != NULL ? o->structure : "", o->structure != NULL ? ": " : "", what, distance,
                   closest_readable);
}

static lisi_status framework_closest(const crystal *host, double *closest, lisi_error *err) {
  static const int one[3] = {1, 1, 1};
  *closest = INFINITY;
  if (host->natoms == 0)
    return LISI_OK;
  double(*frac)[3] = malloc((size_t)host->natoms * sizeof *frac);
  if (frac == NULL)
    return lisi_no_memory(err, (size_t)host->natoms * sizeof *frac);
  for (int a = 0; a < host->natoms; a++)
    memcpy(frac[a], host->atom[a].frac, sizeof *frac);
  site_index *index = NULL;
  lisi_status status = site_index_create(host->natoms, frac[0], 3, one, &index, err);
  if (status == LISI_OK)
    status = site_index_set_box(index, &host->cell, err);
  if (status == LISI_OK)
    *closest = site_index_closest(index);
  site_index_free(index);
  free(frac);
  return status;
}

static lisi_status check_distances(const sites_search *s, lisi_error *err) {
  const double sites = site_orbits_closest(&s->r->sites, &s->host.cell);
  double host;
  lisi_status status = refuse_close("sites", sites, s->o, err);
  if (status == LISI_OK)
    status = framework_closest(&s->host, &host, err);
  if (status == LISI_OK)
    status = refuse_close("framework atoms", host, s->o, err);
  if (status == LISI_OK && sites < closest_usual)
    cli_warn("two sites are %.3g A apart: are they halves of one site?", sites);
  return status;
}

lisi_status sites_find(const sites_options *options, sites_result *result, lisi_error *err) {
  memset(result, 0, sizeof *result);
  sites_search s = {.o = options, .r = result};
  for (int k = 0; k < 3; k++)
    result->replicate[k] = 1;
  lisi_status status = options->structure != NULL ? sites_take_structure(&s, err) : LISI_OK;
  if (status == LISI_OK && options->nfiles > 0)
    status = sites_find_host(&s, err);
  if (status == LISI_OK && options->nfiles > 0)
    status = sites_find_maxima(&s, err);
  if (status == LISI_OK)
    status = check_distances(&s, err);
  if (status == LISI_OK && !options->amorphous && options->symmetry != SITES_SYMMETRY_NONE &&
      (s.host.natoms > 0 || options->structure != NULL))
    status = site_orbits_wyckoff(&result->sites, &s.host, &result->number, result->symbol, err);
  for (int k = 0; status == LISI_OK && options->amorphous && k < result->sites.norbits; k++)
    (void)snprintf(result->sites.orbit[k].label, sizeof result->sites.orbit[k].label, "s%d", k + 1);
  if (status == LISI_OK && !options->amorphous)
    site_orbits_name(&result->sites);
  result->framework = s.host;
  sites_frames_close(&s.frames);
  symmetry_free(&s.group);
  free(s.mean);
  free(s.block_frames);
  free(s.peak);
  if (status != LISI_OK)
    sites_result_free(result);
  return status;
}
