/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites_search.h"

#include "structure_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double structure_tolerance = 0.05; /* Angstrom, of positions in a structure file */

lisi_status sites_take_exact(const symmetry *group, crystal *c, double tolerance, lisi_error *err) {
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

lisi_status sites_group_of(const crystal *c, double tolerance, symmetry *group, lisi_error *err) {
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
static lisi_status given_sites(sites_search *s, const crystal *all, lisi_error *err) {
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

/* As for the frames of a trajectory: each element of --framework is in the file. */
static lisi_status check_framework(const sites_options *o, const crystal *all, lisi_error *err) {
  const char *list = o->framework;
  if (list == NULL || strcmp(list, "none") == 0)
    return LISI_OK;
  for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
    n = strcspn(list, ",");
    bool there = n == 0;
    for (int a = 0; a < all->natoms && !there; a++)
      there = strlen(all->atom[a].species) == n && memcmp(all->atom[a].species, list, n) == 0;
    if (!there)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: --framework: no atom of species %.*s", o->structure, (int)n, list);
  }
  return LISI_OK;
}

lisi_status sites_take_structure(sites_search *s, lisi_error *err) {
  crystal all;
  lisi_status status = structure_load(s->o->structure, s->o->species, s->o->ntypes, s->o->type_name, &all, err);
  if (status != LISI_OK)
    return status;
  s->host.cell = all.cell;
  status = check_framework(s->o, &all, err);
  if (status == LISI_OK)
    status = s->o->symmetry == SITES_SYMMETRY_NONE ? symmetry_identity(&s->group, err)
                                                   : sites_group_of(&all, structure_tolerance, &s->group, err);
  if (status == LISI_OK)
    status = sites_take_exact(&s->group, &all, 2.0 * structure_tolerance, err);
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
