/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two passes over the trajectory. The first averages the framework and finds the cell that it repeats and its space
 * group; the second counts the mobile atoms on a grid over that cell, whose maxima are the sites. */
#include "sites_find.h"

#include "cli.h"
#include "framework.h"
#include "host_mean.h"
#include "progress.h"
#include "site_basins.h"
#include "site_index.h"
#include "sites.h"
#include "sites_frames.h"
#include "structure_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double structure_tolerance = 0.05; /* Angstrom, of positions in a structure file */
static const double broken_share = 0.05;        /* of the density, from which on an operation is none of it */
static const double much_emptier = 0.25;        /* occupancy of an interstitial site against the fullest */
static const double wide_smooth = 0.6;          /* Angstrom */
static const double peak_tolerance = 0.5;       /* Angstrom between the image of a maximum and the maximum there */
static const double same_site = 0.75;           /* Angstrom: a maximum this close to a given site is that site */

typedef struct {
  const sites_options *o;
  sites_result *r;
  sites_frames frames;
  symmetry group;
  crystal host;       /* framework of one cell, exact under the group */
  double (*mean)[3];  /* [nhost] mean positions in the box */
  long *block_frames; /* [blocks] */
  double (*peak)[3];  /* maxima that are no given sites */
} search;

void sites_result_free(sites_result *r) {
  crystal_free(&r->framework);
  site_orbits_free(&r->sites);
  site_density_free(&r->density);
  free(r->smooth);
  memset(r, 0, sizeof *r);
}

/* ---- positions that are exact under the group ---- */

static lisi_status take_exact(const symmetry *group, crystal *c, double tolerance, lisi_error *err) {
  const size_t n = (size_t)c->natoms;
  double(*frac)[3] = malloc((n + 1) * sizeof *frac);
  int *member = malloc((n + 1) * sizeof *member), *used = calloc(n + 1, sizeof *used);
  site_orbits list = {0};
  lisi_status status = LISI_OK;
  if (frac == NULL || member == NULL || used == NULL)
    status = lisi_no_memory(err, n * sizeof *frac);
  for (size_t k = 0; k < n && status == LISI_OK; k++)
    memcpy(frac[k], c->atom[k].frac, sizeof *frac);
  if (status == LISI_OK)
    status = site_orbits_build(group, &c->cell, c->natoms, (const double(*)[3])frac, tolerance, &list, member, err);
  for (size_t k = 0; k < n && status == LISI_OK; k++) /* an orbit has its members in the order of the list */
    memcpy(c->atom[k].frac, list.orbit[member[k]].frac[used[member[k]]++], sizeof *frac);
  site_orbits_free(&list);
  free(frac);
  free(member);
  free(used);
  return status;
}

/* Number of atom k's kind: atoms of one species and label are alike. */
static void kinds_of(const crystal *c, int *kind) {
  for (int a = 0; a < c->natoms; a++) {
    int same = 0;
    while (strcmp(c->atom[same].species, c->atom[a].species) != 0 || strcmp(c->atom[same].label, c->atom[a].label) != 0)
      same++;
    kind[a] = same + 1;
  }
}

static lisi_status group_of(const crystal *c, double tolerance, symmetry *group, lisi_error *err) {
  const size_t n = (size_t)c->natoms;
  double(*frac)[3] = malloc((n + 1) * sizeof *frac);
  int *kind = malloc((n + 1) * sizeof *kind);
  lisi_status status = LISI_OK;
  if (frac == NULL || kind == NULL)
    status = lisi_no_memory(err, n * sizeof *frac);
  for (size_t k = 0; k < n && status == LISI_OK; k++)
    memcpy(frac[k], c->atom[k].frac, sizeof *frac);
  if (status == LISI_OK) {
    kinds_of(c, kind);
    status = symmetry_find(&c->cell, c->natoms, (const double(*)[3])frac, kind, tolerance, group, err);
  }
  free(frac);
  free(kind);
  return status;
}

/* ---- sites of a structure ---- */

static bool is_framework(const sites_options *o, const char *species) {
  if (o->framework == NULL)
    return strcmp(species, o->species) != 0;
  return crystal_in_list(o->framework, species) != 0;
}

/* The orbits of the mobile atoms: named as the file names them, else by species and number. */
static lisi_status given_sites(search *s, const crystal *all, lisi_error *err) {
  site_orbits *list = &s->r->sites;
  const size_t n = (size_t)all->natoms;
  double(*frac)[3] = malloc((n + 1) * sizeof *frac);
  int *member = malloc((n + 1) * sizeof *member), *from = malloc((n + 1) * sizeof *from);
  lisi_status status = LISI_OK;
  if (frac == NULL || member == NULL || from == NULL)
    status = lisi_no_memory(err, n * sizeof *frac);
  int m = 0;
  for (int a = 0; a < all->natoms && status == LISI_OK; a++)
    if (strcmp(all->atom[a].species, s->o->species) == 0) {
      memcpy(frac[m], all->atom[a].frac, sizeof *frac);
      from[m++] = a;
    }
  if (status == LISI_OK && m == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: no atom of species %s (--species, or --map for numeric types)",
                       s->o->structure, s->o->species);
  if (status == LISI_OK)
    status = site_orbits_build(&s->group, &all->cell, m, (const double(*)[3])frac, 2.0 * structure_tolerance, list,
                               member, err);
  for (int k = 0; k < list->norbits && status == LISI_OK; k++) {
    site_orbit *o = &list->orbit[k];
    o->given = true;
    int first = 0;
    while (member[first] != k)
      first++;
    const char *label = all->atom[from[first]].label;
    bool taken = label[0] == '\0';
    for (int b = 0; b < k; b++)
      taken = taken || strcmp(list->orbit[b].label, label) == 0;
    if (!taken)
      (void)snprintf(o->label, sizeof o->label, "%s", label);
    for (int number = k + 1; o->label[0] == '\0'; number++) {
      char made[32];
      (void)snprintf(made, sizeof made, "%.15s%d", s->o->species, number);
      taken = false;
      for (int a = 0; a < all->natoms; a++)
        taken = taken || strcmp(all->atom[a].label, made) == 0;
      for (int b = 0; b < list->norbits; b++)
        taken = taken || strcmp(list->orbit[b].label, made) == 0;
      if (!taken)
        memcpy(o->label, made, sizeof made);
    }
  }
  free(frac);
  free(member);
  free(from);
  return status;
}

static lisi_status take_structure(search *s, lisi_error *err) {
  crystal all;
  lisi_status status = structure_load(s->o->structure, s->o->species, s->o->ntypes, s->o->type_name, &all, err);
  if (status != LISI_OK)
    return status;
  s->host.cell = all.cell;
  status = s->o->symmetry == SITES_SYMMETRY_NONE ? symmetry_identity(&s->group, err)
                                                 : group_of(&all, structure_tolerance, &s->group, err);
  if (status == LISI_OK)
    status = take_exact(&s->group, &all, 2.0 * structure_tolerance, err);
  for (int a = 0; a < all.natoms && status == LISI_OK; a++)
    if (is_framework(s->o, all.atom[a].species))
      status = crystal_add(&s->host, all.atom[a].species, NULL, all.atom[a].frac, err);
  if (status == LISI_OK)
    status = given_sites(s, &all, err);
  if (status == LISI_OK)
    (void)snprintf(s->r->host_symbol, sizeof s->r->host_symbol, "%s", s->group.symbol);
  crystal_free(&all);
  return status;
}

/* ---- first pass: the framework ---- */

static lisi_status interrupted(lisi_error *err) {
  return progress_interrupted() ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted; nothing is written") : LISI_OK;
}

static lisi_status average_host(search *s, lattice *box, lisi_error *err) {
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
        status = interrupted(err);
    }
  }
  progress_end(&bar);
  if (status == LISI_OK && !begun)
    status = lisi_fail(err, LISI_ERR_INPUT, "the trajectory is empty (no frame%s)",
                       s->o->from > 0 ? " at or after the step given by --from" : "");
  if (status == LISI_OK) {
    s->r->nframes = s->frames.nframes;
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
static lisi_status refuse_diffusing(const search *s, const lattice *box, lisi_error *err) {
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

static const char *host_species(const search *s, int kind) {
  return dump_reader_species(s->frames.reader, kind);
}

/* The cell of a trajectory without a structure. */
static lisi_status find_cell(search *s, const lattice *box, lisi_error *err) {
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
  status = group_of(&s->host, o->tolerance, &s->group, err);
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
    status = take_exact(&s->group, &s->host, 2.0 * o->tolerance, err);
  return status;
}

/* How the trajectory lies on the cell of a structure. */
static lisi_status place_on_structure(search *s, const lattice *box, lisi_error *err) {
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

/* ---- second pass: the density ---- */

static lisi_status count_atoms(search *s, lisi_error *err) {
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
      status = interrupted(err);
    }
  }
  progress_end(&bar);
  if (status == LISI_OK && frame < r->nframes)
    status = lisi_fail(err, LISI_ERR_INPUT, "the trajectory has become shorter while it was read");
  if (status == LISI_OK)
    r->natoms = (int)lrint(atoms / (double)frame);
  return status;
}

static long copies_of(const sites_result *r) {
  return (long)r->replicate[0] * r->replicate[1] * r->replicate[2];
}

/* Operations of the framework that the mobile atoms do not share are left out. */
static lisi_status test_group(search *s, const double *smooth, lisi_error *err) {
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
static lisi_status mark_given(const search *s, const site_basins *basins, unsigned char *is_given, lisi_error *err) {
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
static lisi_status sites_of_basins(search *s, const site_basins *basins, const unsigned char *is_given,
                                   lisi_error *err) {
  sites_result *r = s->r;
  const double scale = 1.0 / ((double)r->nframes * (double)copies_of(r));
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
  r->dropped *= (double)copies_of(r) / r->natoms;
  site_orbits_free(&found);
  free(member);
  free(from);
  return status;
}

/* With a structure, what it does not give is interstitial. Without one the sites that the atoms fill are the regular
 * ones: in falling order of occupancy as many as there are atoms, and whatever is not much emptier than the fullest (in
 * a crystal where the atoms are disordered over more sites than they fill, no site is special). */
static void mark_interstitials(search *s) {
  sites_result *r = s->r;
  const double atoms = (double)r->natoms / (double)copies_of(r);
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
static lisi_status smooth_density(search *s, double *total, site_kernel *kernel, lisi_error *err) {
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

static lisi_status find_in_density(search *s, lisi_error *err) {
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
  const double scale = (double)d->npoints / (d->cell.volume * (double)r->nframes * (double)copies_of(r));
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
    status = site_orbits_occupy(&r->sites, d, s->block_frames, copies_of(r), err);
  if (status == LISI_OK)
    mark_interstitials(s);
  site_basins_free(&basins);
  site_kernel_free(&kernel);
  free(is_given);
  free(total);
  return status;
}

static lisi_status use_trajectory(search *s, lisi_error *err) {
  lattice box;
  sites_result *r = s->r;
  lisi_status status = average_host(s, &box, err);
  if (status == LISI_OK)
    status = refuse_diffusing(s, &box, err);
  if (status == LISI_OK)
    status = s->o->structure != NULL ? place_on_structure(s, &box, err) : find_cell(s, &box, err);
  if (status == LISI_OK) {
    s->block_frames = calloc((size_t)s->o->blocks, sizeof *s->block_frames);
    status = s->block_frames == NULL
                 ? lisi_no_memory(err, (size_t)s->o->blocks * sizeof *s->block_frames)
                 : site_density_create(&s->host.cell, s->o->grid, &s->group, s->o->blocks, &r->density, err);
  }
  if (status == LISI_OK)
    status = count_atoms(s, err);
  if (status == LISI_OK)
    status = find_in_density(s, err);
  return status;
}

lisi_status sites_find(const sites_options *options, sites_result *result, lisi_error *err) {
  memset(result, 0, sizeof *result);
  search s = {.o = options, .r = result};
  for (int k = 0; k < 3; k++)
    result->replicate[k] = 1;
  lisi_status status = options->structure != NULL ? take_structure(&s, err) : LISI_OK;
  if (status == LISI_OK && options->nfiles > 0)
    status = use_trajectory(&s, err);
  if (status == LISI_OK && !options->amorphous && options->symmetry != SITES_SYMMETRY_NONE &&
      (s.host.natoms > 0 || options->structure != NULL))
    status = site_orbits_wyckoff(&result->sites, &s.host, &result->number, result->symbol, err);
  if (status == LISI_OK)
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
