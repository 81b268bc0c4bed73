/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites.h"

#include "file_bytes.h"
#include "yaml_doc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SITES = 100000, MAX_REPLICATE = 10000 };
static const double closest = 0.1;     /* Angstrom between two positions of one list */
static const double max_strain = 0.05; /* of an edge of the box against the replicated cell */
static const double max_angle = 3.0;   /* degrees */

void site_set_free(site_set *set) {
  if (set == NULL)
    return;
  free(set->species);
  free(set->framework);
  free(set->site);
  free(set->text);
  free(set);
}

static lisi_status read_frac(const yaml_doc *doc, yaml_ref item, double frac[3], lisi_error *err) {
  yaml_ref node;
  lisi_status status = yaml_need(doc, item, "frac", YAML_SEQUENCE, &node, err);
  if (status == LISI_OK)
    status = yaml_as_doubles(doc, node, "frac", 3, frac, err);
  for (int k = 0; k < 3 && status == LISI_OK; k++)
    if (fabs(frac[k]) > 1e6)
      status = yaml_fail(doc, node, err, "frac: expected fractional coordinates, found %g", frac[k]);
  int whole[3];
  if (status == LISI_OK)
    lattice_wrap(frac, whole);
  return status;
}

static lisi_status read_cell(const yaml_doc *doc, site_set *set, lisi_error *err) {
  yaml_ref rows;
  double H[3][3];
  lisi_status status = yaml_need(doc, yaml_root(doc), "cell", YAML_SEQUENCE, &rows, err);
  if (status == LISI_OK && yaml_seq_size(doc, rows) != 3)
    status = yaml_fail(doc, rows, err, "cell: expected three rows a, b, c, found %d", yaml_seq_size(doc, rows));
  for (int k = 0; k < 3 && status == LISI_OK; k++)
    status = yaml_as_doubles(doc, yaml_seq_at(doc, rows, k), "cell", 3, H[k], err);
  lisi_error cell_err = {0};
  if (status == LISI_OK && lattice_from_rows(H, &set->cell, &cell_err) != LISI_OK)
    status = yaml_fail(doc, rows, err, "%s", cell_err.message);
  for (int k = 0; k < 3 && status == LISI_OK;
       k++) { /* the reduced vectors hold the shortest one: a site must not be close to its own image */
    const int *m = set->cell.reduced[k];
    const double f[3] = {m[0], m[1], m[2]};
    double d[3];
    lattice_vector(&set->cell, f, d);
    const double length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    if (length < closest)
      status = yaml_fail(doc, rows, err, "cell: expected images of a site to be at least %g A apart, found %.3g A",
                         closest, length);
  }
  return status;
}

static lisi_status read_framework(const yaml_doc *doc, site_set *set, lisi_error *err) {
  const yaml_ref list = yaml_get(doc, yaml_root(doc), "framework");
  if (list == 0)
    return LISI_OK;
  if (yaml_kind_of(doc, list) != YAML_SEQUENCE)
    return yaml_fail(doc, list, err, "framework: expected a list of {species, frac}");
  const int n = yaml_seq_size(doc, list);
  if (n > MAX_SITES)
    return yaml_fail(doc, list, err, "framework: expected at most %d positions, found %d", MAX_SITES, n);
  set->species = calloc((size_t)n + 1, sizeof *set->species);
  set->framework = calloc((size_t)n + 1, sizeof *set->framework);
  if (set->species == NULL || set->framework == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *set->framework);
  set->nframework = n;
  for (int k = 0; k < n; k++) {
    const yaml_ref item = yaml_seq_at(doc, list, k);
    const char *species;
    lisi_status status = yaml_need_text(doc, item, "species", &species, err);
    if (status == LISI_OK && (strlen(species) == 0 || strlen(species) >= sizeof set->species[k]))
      status = yaml_fail(doc, item, err, "species: expected an element symbol, found '%.40s'", species);
    if (status == LISI_OK) {
      memcpy(set->species[k], species, strlen(species) + 1);
      status = read_frac(doc, item, set->framework[k], err);
    }
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

static lisi_status read_site(const yaml_doc *doc, yaml_ref item, site *s, lisi_error *err) {
  lisi_status status = yaml_need_int(doc, item, "type", 1, MAX_SITES, &s->type, err);
  if (status != LISI_OK)
    return status;
  (void)snprintf(s->label, sizeof s->label, "%d", s->type);
  yaml_ref node = yaml_get(doc, item, "label");
  if (node != 0) {
    const char *label = yaml_text(doc, node);
    if (label == NULL || *label == '\0' || strlen(label) >= sizeof s->label || strpbrk(label, " \t\r\n\"") != NULL)
      return yaml_fail(doc, node, err, "label: expected a word of at most %zu characters", sizeof s->label - 1);
    memcpy(s->label, label, strlen(label) + 1);
  }
  node = yaml_get(doc, item, "multiplicity");
  if (node != 0)
    status = yaml_as_int(doc, node, "multiplicity", 1, 1000, &s->multiplicity, err);
  node = yaml_get(doc, item, "radius");
  if (status == LISI_OK && node != 0)
    status = yaml_as_double(doc, node, "radius", &s->radius, err);
  if (status == LISI_OK && node != 0 && !(s->radius > 0.0))
    status = yaml_fail(doc, node, err, "radius: expected a positive number, found %g", s->radius);
  if (status == LISI_OK)
    status = read_frac(doc, item, s->frac, err);
  return status;
}

static lisi_status read_sites(const yaml_doc *doc, site_set *set, lisi_error *err) {
  yaml_ref list;
  lisi_status status = yaml_need(doc, yaml_root(doc), "sites", YAML_SEQUENCE, &list, err);
  if (status != LISI_OK)
    return status;
  const int n = yaml_seq_size(doc, list);
  if (n < 1 || n > MAX_SITES)
    return yaml_fail(doc, list, err, "sites: expected 1 to %d sites, found %d", MAX_SITES, n);
  set->site = calloc((size_t)n, sizeof *set->site);
  if (set->site == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *set->site);
  set->nsites = n;
  for (int k = 0; k < n && status == LISI_OK; k++)
    status = read_site(doc, yaml_seq_at(doc, list, k), &set->site[k], err);
  /* A file that gives one position an orbit and its multiplicity would leave most of the crystal without sites. */
  for (int k = 0; k < n && status == LISI_OK; k++) {
    const site *s = &set->site[k];
    int found = 0;
    for (int m = 0; m < n && s->multiplicity > 0 && found <= s->multiplicity; m++)
      found += set->site[m].type == s->type && strcmp(set->site[m].label, s->label) == 0;
    if (s->multiplicity > 0 && found != s->multiplicity)
      status = yaml_fail(doc, yaml_seq_at(doc, list, k), err,
                         "site %s: multiplicity %d, but %d entries of this type and label; every position of the cell "
                         "has to be listed",
                         s->label, s->multiplicity, found);
  }
  return status;
}

/* Sorting along one axis keeps the search for close pairs short for long lists. */
typedef struct {
  double f0;
  int k;
} along_axis;

static int compare_axis(const void *a, const void *b) {
  const along_axis *x = a, *y = b;
  return x->f0 != y->f0 ? (x->f0 > y->f0) - (x->f0 < y->f0) : (x->k > y->k) - (x->k < y->k);
}

static lisi_status refuse_close(const site_set *set, const yaml_doc *doc, const char *list, int n, const double *frac,
                                size_t stride, lisi_error *err) {
  along_axis *order = malloc((size_t)n * sizeof *order + 1);
  if (order == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *order);
  for (int k = 0; k < n; k++)
    order[k] = (along_axis){frac[(size_t)k * stride], k};
  qsort(order, (size_t)n, sizeof *order, compare_axis);
  /* |f_0| <= closest * |gradient of f_0| for two positions that close. */
  const double(*inv)[3] = set->cell.inv;
  const double reach = closest * sqrt(inv[0][0] * inv[0][0] + inv[1][0] * inv[1][0] + inv[2][0] * inv[2][0]);
  lisi_status status = LISI_OK;
  for (int a = 0; a < n && status == LISI_OK; a++)
    for (int step = 1; step < n; step++) {
      const int b = (a + step) % n;
      double gap = order[b].f0 - order[a].f0;
      if (gap < 0.0)
        gap += 1.0;
      if (gap > reach)
        break;
      const double *fa = frac + (size_t)order[a].k * stride, *fb = frac + (size_t)order[b].k * stride;
      const double d[3] = {fb[0] - fa[0], fb[1] - fa[1], fb[2] - fa[2]};
      int image[3];
      const double r2 = lattice_nearest(&set->cell, d, image, NULL);
      if (r2 < closest * closest) {
        const int i = order[a].k < order[b].k ? order[a].k : order[b].k, j = order[a].k + order[b].k - i;
        status = lisi_fail(err, LISI_ERR_INPUT, "%s: %s %d and %d are %.3g A apart; expected at least %g A",
                           yaml_doc_name(doc), list, i + 1, j + 1, sqrt(r2), closest);
        break;
      }
    }
  free(order);
  return status;
}

static double shortest_vector(const lattice *cell) {
  double shortest = INFINITY; /* it is among the reduced ones */
  for (int k = 0; k < 3; k++) {
    const double f[3] = {cell->reduced[k][0], cell->reduced[k][1], cell->reduced[k][2]};
    double v[3];
    lattice_vector(cell, f, v);
    shortest = fmin(shortest, sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]));
  }
  return shortest;
}

static lisi_status overlap(const site_set *set, const yaml_doc *doc, int i, int j, double r, lisi_error *err) {
  const site *a = &set->site[i], *b = &set->site[j];
  if (r >= (a->radius + b->radius) * (1.0 - 1e-6))
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT,
                   "%s: sites %d and %d%s are %.4g A apart, closer than the sum of their radii, %g + %g A",
                   yaml_doc_name(doc), i + 1, j + 1, i == j ? " (its image)" : "", r, a->radius, b->radius);
}

/* Spheres that are given for sites may touch but not overlap: a position would be in two sites. Only sites with a
 * radius are looked at; the image of a site counts, too. */
static lisi_status refuse_overlap(const site_set *set, const yaml_doc *doc, lisi_error *err) {
  along_axis *order = malloc((size_t)set->nsites * sizeof *order + 1);
  if (order == NULL)
    return lisi_no_memory(err, (size_t)set->nsites * sizeof *order);
  const double shortest = shortest_vector(&set->cell);
  double largest = 0.0;
  lisi_status status = LISI_OK;
  int n = 0;
  for (int k = 0; k < set->nsites && status == LISI_OK; k++)
    if (set->site[k].radius > 0.0) {
      order[n++] = (along_axis){set->site[k].frac[0], k};
      largest = fmax(largest, set->site[k].radius);
      status = overlap(set, doc, k, k, shortest, err);
    }
  qsort(order, (size_t)n, sizeof *order, compare_axis);
  const double(*inv)[3] = set->cell.inv;
  const double reach = 2.0 * largest * sqrt(inv[0][0] * inv[0][0] + inv[1][0] * inv[1][0] + inv[2][0] * inv[2][0]);
  for (int a = 0; a < n && status == LISI_OK; a++)
    for (int step = 1; step < n && status == LISI_OK; step++) {
      const int b = (a + step) % n;
      const double gap = order[b].f0 - order[a].f0 + (order[b].f0 < order[a].f0 ? 1.0 : 0.0);
      if (gap > reach)
        break;
      const int i = order[a].k < order[b].k ? order[a].k : order[b].k, j = order[a].k + order[b].k - i;
      const double *fa = set->site[i].frac, *fb = set->site[j].frac;
      const double d[3] = {fb[0] - fa[0], fb[1] - fa[1], fb[2] - fa[2]};
      int image[3];
      status = overlap(set, doc, i, j, sqrt(lattice_nearest(&set->cell, d, image, NULL)), err);
    }
  free(order);
  return status;
}

lisi_status site_set_parse(const char *bytes, size_t size, const char *name, site_set **out, lisi_error *err) {
  *out = NULL;
  yaml_doc *doc = NULL;
  lisi_status status = yaml_doc_parse(bytes, size, name, &doc, err);
  if (status != LISI_OK)
    return status;
  site_set *set = calloc(1, sizeof *set);
  if (set == NULL)
    status = lisi_no_memory(err, sizeof *set);
  const char *format = NULL;
  if (status == LISI_OK)
    status = yaml_need_text(doc, yaml_root(doc), "format", &format, err);
  if (status == LISI_OK && strncmp(format, "lisi-sites ", 11) != 0)
    status = yaml_fail(doc, yaml_get(doc, yaml_root(doc), "format"), err,
                       "format: expected 'lisi-sites 1', found '%.40s'", format);
  if (status == LISI_OK && strcmp(format, "lisi-sites 1") != 0)
    status =
        lisi_fail(err, LISI_ERR_VERSION, "%s: format: this program reads 'lisi-sites 1', found '%.40s'", name, format);
  if (status == LISI_OK)
    status = read_cell(doc, set, err);
  if (status == LISI_OK)
    status = read_framework(doc, set, err);
  if (status == LISI_OK)
    status = read_sites(doc, set, err);
  if (status == LISI_OK) {
    const yaml_ref node = yaml_get(doc, yaml_root(doc), "replicate");
    if (node != 0)
      status = yaml_as_ints(doc, node, "replicate", 3, 1, MAX_REPLICATE, set->replicate, err);
  }
  if (status == LISI_OK)
    status = refuse_close(set, doc, "sites", set->nsites, set->site[0].frac, sizeof(site) / sizeof(double), err);
  if (status == LISI_OK)
    status = refuse_overlap(set, doc, err);
  if (status == LISI_OK && set->nframework > 0)
    status = refuse_close(set, doc, "framework positions", set->nframework, set->framework[0], 3, err);
  if (status == LISI_OK) {
    set->text = malloc(size + 1);
    if (set->text == NULL)
      status = lisi_no_memory(err, size + 1);
  }
  if (status == LISI_OK) {
    memcpy(set->text, bytes, size);
    set->text[size] = '\0';
    set->ntext = size;
    if (memchr(bytes, '\0', size) != NULL)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected text, found a zero byte", name);
  }
  yaml_doc_free(doc);
  if (status != LISI_OK) {
    site_set_free(set);
    return status;
  }
  *out = set;
  return LISI_OK;
}

lisi_status site_set_load(const char *path, site_set **set, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  *set = NULL;
  lisi_status status = file_bytes_read(path, file_bytes_limit(path, (size_t)1 << 28), &bytes, &size, err);
  if (status == LISI_OK)
    status = site_set_parse(bytes, size, path, set, err);
  free(bytes);
  return status;
}

lisi_status site_set_replicate(const site_set *set, const lattice *box, const int given[3], int replicate[3],
                               lisi_error *err) {
  double unit[3], unit_angle[3], edge[3], angle[3];
  lattice_lengths_angles(set->cell.H, unit, unit_angle);
  lattice_lengths_angles(box->H, edge, angle);
  const int *want = given != NULL && (given[0] != 0 || given[1] != 0 || given[2] != 0) ? given : set->replicate;
  for (int k = 0; k < 3; k++) {
    if (want[0] != 0 || want[1] != 0 || want[2] != 0) {
      if (want[k] < 1 || want[k] > MAX_REPLICATE)
        return lisi_fail(err, LISI_ERR_INPUT, "replicate: expected three integers from 1 to %d, found %d",
                         MAX_REPLICATE, want[k]);
      replicate[k] = want[k];
    } else {
      const double ratio = rint(edge[k] / unit[k]);
      replicate[k] = ratio >= 1.0 && ratio <= MAX_REPLICATE ? (int)ratio : 1;
    }
  }
  for (int k = 0; k < 3; k++) {
    const double strain = edge[k] / (replicate[k] * unit[k]) - 1.0;
    if (!(fabs(strain) <= max_strain))
      return lisi_fail(err, LISI_ERR_INPUT,
                       "the box does not fit the cell of the site file: edge %c is %.6g A, expected %d x %.6g = %.6g A "
                       "within %g %% (box %.6g %.6g %.6g, cell "
                       "%.6g %.6g %.6g)",
                       'a' + k, edge[k], replicate[k], unit[k], replicate[k] * unit[k], 100.0 * max_strain, edge[0],
                       edge[1], edge[2], unit[0], unit[1], unit[2]);
    if (!(fabs(angle[k] - unit_angle[k]) <= max_angle))
      return lisi_fail(
          err, LISI_ERR_INPUT,
          "the box does not fit the cell of the site file: angle %s is %.6g degrees, expected %.6g within %g",
          k == 0   ? "alpha"
          : k == 1 ? "beta"
                   : "gamma",
          angle[k], unit_angle[k], max_angle);
  }
  return LISI_OK;
}
