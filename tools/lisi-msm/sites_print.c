/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doc_tree.h"
#include "sites_files.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { NEIGHBOURS = 4 };

/* "S 2.38 Cl 2.58 S 2.70 S 2.70": the framework atoms nearest to the first site. */
static void print_neighbours(const sites_result *r, const site_orbit *s) {
  const char *species[NEIGHBOURS];
  double distance[NEIGHBOURS];
  const int n = site_neighbours(&r->framework, s->frac[0], NEIGHBOURS, species, distance);
  for (int k = 0; k < n; k++)
    printf("%s%s %.2f", k > 0 ? " " : "  ", species[k], distance[k]);
}

static void print_text(const sites_options *o, const sites_result *r, const char *out) {
  double length[3], angle[3];
  lattice_lengths_angles(r->framework.cell.H, length, angle);
  printf("%s: cell %.4g x %.4g x %.4g A", out != NULL ? out : "sites", length[0], length[1], length[2]);
  if (fabs(angle[0] - 90.0) > 0.01 || fabs(angle[1] - 90.0) > 0.01 || fabs(angle[2] - 90.0) > 0.01)
    printf(", %.4g %.4g %.4g degrees", angle[0], angle[1], angle[2]);
  if (r->number > 0)
    printf(", space group %s (%d)", r->symbol, r->number);
  printf(", %d framework atoms\n", r->framework.natoms);
  if (o->nfiles > 0) {
    printf("%" PRId64 " frames (steps %" PRId64 " to %" PRId64 "), %d %s, %d x %d x %d cells\n", r->nframes, r->first,
           r->last, r->natoms, o->species, r->replicate[0], r->replicate[1], r->replicate[2]);
    if (r->nhost > 0)
      printf("framework: %d atoms, %.3g A (RMS) about their means, which lie %.3g A (RMS) about those of the cell\n",
             r->nhost, r->host_rms, r->copies_rms);
    else
      printf("framework: none, no drift is taken off\n");
    if (r->nbroken > 0)
      printf("%d operations of the framework's space group %s are none of the density\n", r->nbroken, r->host_symbol);
  }
  printf("%-12s %-8s %-10s %6s %-26s", "site", "wyckoff", "symmetry", "number", "first position");
  if (o->nfiles > 0)
    printf(" %-19s %10s %7s", "occupancy", "spread (A)", "saddle");
  if (r->framework.natoms > 0)
    printf("  nearest framework (A)");
  printf("\n");
  for (int k = 0; k < r->sites.norbits; k++) {
    if (o->amorphous && k == 10) {
      printf("... and %d more\n", r->sites.norbits - k);
      break;
    }
    const site_orbit *s = &r->sites.orbit[k];
    char position[16] = "-";
    if (s->position.letter != 0)
      (void)snprintf(position, sizeof position, "%d%c", s->position.multiplicity, s->position.letter);
    printf("%-12s %-8s %-10s %6d %8.4f %8.4f %8.4f", s->label, position,
           s->position.letter != 0 ? s->position.symmetry : "-", s->nsites, s->frac[0][0], s->frac[0][1],
           s->frac[0][2]);
    if (o->nfiles > 0 && isnan(s->occupancy_error))
      printf(" %8.4f +- %-7s %10.3f", s->occupancy, "?", s->spread);
    else if (o->nfiles > 0)
      printf(" %8.4f +- %-7.4f %10.3f", s->occupancy, s->occupancy_error, s->spread);
    if (o->nfiles > 0 && s->height > 0.0)
      printf(" %7.2f", s->saddle);
    else if (o->nfiles > 0)
      printf(" %7s", "");
    print_neighbours(r, s);
    printf("%s\n", s->interstitial ? "  interstitial" : "");
  }
  printf("closest sites: %.3f A apart", site_orbits_closest(&r->sites, &r->framework.cell));
  if (r->ndropped > 0)
    printf("; %d smaller maxima, in all %.2g %% of the atoms, are no sites", r->ndropped, 100.0 * r->dropped);
  printf("\n");
}

static lisi_status print_json(const sites_options *o, const sites_result *r, const char *out, lisi_error *err) {
  doc_tree *doc = doc_new();
  if (out != NULL)
    doc_text(doc, DOC_ROOT, "file", out);
  doc_matrix(doc, DOC_ROOT, "cell", 3, 3, r->framework.cell.H[0]);
  doc_integer(doc, DOC_ROOT, "space_group_number", r->number);
  doc_text(doc, DOC_ROOT, "space_group", r->symbol);
  doc_integer(doc, DOC_ROOT, "framework_atoms", r->framework.natoms);
  const doc_ref replicate = doc_list(doc, DOC_ROOT, "replicate");
  for (int k = 0; k < 3; k++)
    doc_integer(doc, replicate, NULL, r->replicate[k]);
  if (o->nfiles > 0) {
    doc_integer(doc, DOC_ROOT, "frames", r->nframes);
    doc_integer(doc, DOC_ROOT, "first_step", r->first);
    doc_integer(doc, DOC_ROOT, "last_step", r->last);
    doc_text(doc, DOC_ROOT, "species", o->species);
    doc_integer(doc, DOC_ROOT, "atoms", r->natoms);
    doc_number(doc, DOC_ROOT, "framework_rms", r->host_rms);
    doc_number(doc, DOC_ROOT, "copies_rms", r->copies_rms);
    doc_numbers(doc, DOC_ROOT, "shift", 3, r->shift);
    doc_integer(doc, DOC_ROOT, "broken_operations", r->nbroken);
    doc_number(doc, DOC_ROOT, "dropped", r->dropped);
  }
  doc_number(doc, DOC_ROOT, "closest", site_orbits_closest(&r->sites, &r->framework.cell));
  const doc_ref list = doc_list(doc, DOC_ROOT, "orbits");
  for (int k = 0; k < r->sites.norbits; k++) {
    const site_orbit *s = &r->sites.orbit[k];
    const doc_ref item = doc_map(doc, list, NULL);
    doc_text(doc, item, "label", s->label);
    if (s->position.letter != 0) {
      char position[16];
      (void)snprintf(position, sizeof position, "%d%c", s->position.multiplicity, s->position.letter);
      doc_text(doc, item, "wyckoff", position);
      doc_text(doc, item, "symmetry", s->position.symmetry);
    }
    doc_bool(doc, item, "interstitial", s->interstitial);
    doc_integer(doc, item, "sites", s->nsites);
    if (o->nfiles > 0) {
      doc_number(doc, item, "occupancy", s->occupancy);
      doc_number(doc, item, "occupancy_error", s->occupancy_error);
      doc_number(doc, item, "spread", s->spread);
    }
    const char *species[NEIGHBOURS];
    double distance[NEIGHBOURS];
    const int n = site_neighbours(&r->framework, s->frac[0], NEIGHBOURS, species, distance);
    const doc_ref near = doc_list(doc, item, "nearest_framework");
    for (int m = 0; m < n; m++) {
      const doc_ref atom = doc_map(doc, near, NULL);
      doc_text(doc, atom, "species", species[m]);
      doc_number(doc, atom, "distance", distance[m]);
    }
    doc_matrix(doc, item, "frac", (size_t)s->nsites, 3, s->frac[0]);
  }
  const lisi_status status = doc_print_json(doc, stdout, err);
  doc_free(doc);
  return status;
}

lisi_status sites_show(const sites_options *o, const sites_result *r, bool json, const char *out, lisi_error *err) {
  if (json)
    return print_json(o, r, out, err);
  print_text(o, r, out);
  return LISI_OK;
}
