/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites_search.h"

#include "cli.h"
#include "framework.h"
#include "host_mean.h"
#include "progress.h"
#include "site_index.h"
#include "sites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lisi_status average_host(sites_search *s, lattice *box, lisi_error *err) {
  host_mean mean = {0};
  progress bar = progress_start("sites, framework");
  bool more = true, begun = false;
  lisi_status status = sites_frames_open(s->o, &s->frames, err);
  while (status == LISI_OK) {
    status = sites_frames_next(&s->frames, &more, err);
    if (status != LISI_OK || !more)
      break;
    if (!begun)
      status = host_mean_create(s->frames.nhost, &mean, err);
    begun = true;
    if (status == LISI_OK)
      host_mean_add(&mean, &s->frames.box, (const double(*)[3])s->frames.host);
    if (s->frames.nframes % 16 == 0) {
      progress_update(&bar, dump_reader_progress(s->frames.reader), 1.0);
      if (status == LISI_OK)
        status = sites_interrupted(err);
    }
  }
  progress_end(&bar);
  if (status == LISI_OK && !begun)
    status = lisi_fail(err, LISI_ERR_INPUT, "the trajectory is empty (no frame%s)",
                       s->o->from > 0 ? " at or after the step given by --from" : "");
  if (status == LISI_OK) {
    s->r->nframes = s->frames.nframes;
    if (s->frames.nframes == 1)
      cli_warn("one frame%s: the errors of the occupancies are not known",
               s->o->from > 0 ? " at or after the step given by --from" : "");
    s->r->first = s->frames.first;
    s->r->last = s->frames.last;
    s->r->nhost = s->frames.nhost;
    s->r->natoms = s->frames.nmobile;
    s->mean = calloc((size_t)s->frames.nhost + 1, sizeof *s->mean);
    status = s->mean == NULL ? lisi_no_memory(err, (size_t)s->frames.nhost * sizeof *s->mean)
                             : host_mean_finish(&mean, box, s->mean, &s->r->host_rms, err);
  }
  host_mean_free(&mean);
  return status;
}

/* A framework whose atoms wander by half their distances has no mean positions. */
static lisi_status refuse_diffusing(const sites_search *s, const lattice *box, lisi_error *err) {
  static const int one[3] = {1, 1, 1};
  if (s->r->nhost < 2)
    return LISI_OK;
  site_index *index = NULL;
  lisi_status status = site_index_create(s->r->nhost, s->mean[0], 3, one, &index, err);
  if (status == LISI_OK)
    status = site_index_set_box(index, box, err);
  if (status == LISI_OK && s->r->host_rms > 0.5 * site_index_closest(index))
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "the framework does not stay in place: its atoms are %.3g A (RMS) from their means, which are "
                       "down to %.3g A apart; it diffuses, or --framework has to name only the atoms that do not",
                       s->r->host_rms, site_index_closest(index));
  site_index_free(index);
  return status;
}

static const char *host_species(const sites_search *s, int kind) {
  return dump_reader_species(s->frames.reader, kind);
}

/* The cell of a trajectory without a structure. */
static lisi_status find_cell(sites_search *s, const lattice *box, lisi_error *err) {
  sites_result *r = s->r;
  const sites_options *o = s->o;
  int *kind_of = malloc(((size_t)r->nhost + 1) * sizeof *kind_of);
  lisi_status status = kind_of == NULL ? lisi_no_memory(err, (size_t)r->nhost * sizeof *kind_of) : LISI_OK;
  for (int k = 0; k < 3; k++)
    r->replicate[k] = o->replicate[k] > 0 ? o->replicate[k] : 1;
  if (status == LISI_OK && o->replicate[0] == 0 && !o->amorphous)
    status = host_replicate(box, r->nhost, (const double(*)[3])s->mean, s->frames.host_kind, o->tolerance, r->replicate,
                            err);
  if (status == LISI_OK)
    status = host_fold(box, r->nhost, (const double(*)[3])s->mean, s->frames.host_kind, r->replicate, &s->host, kind_of,
                       &r->copies_rms, err);
  for (int a = 0; a < s->host.natoms && status == LISI_OK; a++)
    (void)snprintf(s->host.atom[a].species, sizeof s->host.atom[a].species, "%s", host_species(s, kind_of[a]));
  free(kind_of);
  if (status != LISI_OK)
    return status;
  r->folded = !o->amorphous;
  if (o->amorphous || o->symmetry == SITES_SYMMETRY_NONE || s->host.natoms == 0)
    return symmetry_identity(&s->group, err);
  status = sites_group_of(&s->host, o->tolerance, &s->group, err);
  if (status != LISI_OK)
    return status;
  (void)snprintf(r->host_symbol, sizeof r->host_symbol, "%s", s->group.symbol);
  memcpy(r->shift, s->group.to_standard, sizeof r->shift);
  symmetry_move_origin(&s->group, r->shift);
  for (int a = 0; a < s->host.natoms; a++) {
    int whole[3];
    for (int k = 0; k < 3; k++)
      s->host.atom[a].frac[k] += r->shift[k];
    lattice_wrap(s->host.atom[a].frac, whole);
  }
  const lattice cell = s->host.cell;
  status = symmetry_of_cell(&s->group, &cell, &s->host.cell, err);
  if (status == LISI_OK)
    status = sites_take_exact(&s->group, &s->host, 2.0 * o->tolerance, err);
  return status;
}

/* How the trajectory lies on the cell of a structure. */
static lisi_status place_on_structure(sites_search *s, const lattice *box, lisi_error *err) {
  sites_result *r = s->r;
  site_set set = {.cell = s->host.cell};
  lisi_status status = site_set_replicate(&set, box, s->o->replicate, r->replicate, err);
  if (status != LISI_OK || r->nhost == 0)
    return status;
  if (s->host.natoms == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: no framework atom (%s), on which the trajectory could be placed",
                     s->o->structure, s->o->framework != NULL ? s->o->framework : "any other species");
  site_index *references = NULL;
  double drift[3], rms;
  double(*frac)[3] = malloc((size_t)s->host.natoms * sizeof *frac);
  if (frac == NULL)
    return lisi_no_memory(err, (size_t)s->host.natoms * sizeof *frac);
  for (int a = 0; a < s->host.natoms; a++)
    memcpy(frac[a], s->host.atom[a].frac, sizeof *frac);
  status = site_index_create(s->host.natoms, frac[0], 3, r->replicate, &references, err);
  if (status == LISI_OK)
    status = site_index_set_box(references, box, err);
  if (status == LISI_OK)
    status = framework_start(references, r->nhost, (const double(*)[3])s->mean, drift, &rms, err);
  for (int k = 0; k < 3 && status == LISI_OK; k++)
    r->shift[k] = -drift[k] * r->replicate[k];
  r->copies_rms = status == LISI_OK ? rms : 0.0;
  site_index_free(references);
  free(frac);
  return status;
}

lisi_status sites_find_host(sites_search *s, lisi_error *err) {
  lattice box;
  lisi_status status = average_host(s, &box, err);
  if (status == LISI_OK)
    status = refuse_diffusing(s, &box, err);
  if (status == LISI_OK)
    status = s->o->structure != NULL ? place_on_structure(s, &box, err) : find_cell(s, &box, err);
  return status;
}
