/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two passes over the trajectory. The first averages the framework and finds the cell that it repeats and its space
 * group; the second counts the mobile atoms on a grid over that cell, whose maxima are the sites. */
#include "sites_find.h"

#include "progress.h"
#include "sites_search.h"

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
