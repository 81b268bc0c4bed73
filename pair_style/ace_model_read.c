/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a .yace file. A file that passes can be evaluated without further checks: every index is in range, every number
 * finite, every size the file's own. */
#include "ace_model.h"

#include "ace_core.h"
#include "ace_model_read.h"
#include "file_bytes.h"
#include "yaml_doc.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ace_warn(ace_reader *in, const char *format, ...) {
  if (in->warnings == NULL || in->nwarnings == 0)
    return;
  const size_t used = strlen(in->warnings);
  if (used + 2 >= in->nwarnings)
    return;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(in->warnings + used, in->nwarnings - used - 1, format, args);
  va_end(args);
  strcat(in->warnings, "\n");
}

lisi_status ace_optional_double(const yaml_doc *doc, yaml_ref map, const char *key, double otherwise, double *value,
                                lisi_error *err) {
  *value = otherwise;
  const yaml_ref node = yaml_get(doc, map, key);
  return node == 0 ? LISI_OK : yaml_as_double(doc, node, key, value, err);
}

/* A file of a related kind deserves to be called by its name. */
static lisi_status refuse_other_kinds(const yaml_doc *doc, lisi_error *err) {
  const yaml_ref root = yaml_root(doc);
  if (yaml_kind_of(doc, root) != YAML_MAPPING)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: not a .yace file: expected a mapping with the keys elements, embeddings, bonds and functions",
                     yaml_doc_name(doc));
  static const char *const bbasis[] = {"funcspecs_blocks", "species", "funcspecs"};
  for (size_t k = 0; k < sizeof bbasis / sizeof *bbasis; k++)
    if (yaml_get(doc, root, bbasis[k]) != 0)
      return yaml_fail(doc, yaml_get(doc, root, bbasis[k]), err,
                       "key '%s': this is a B-basis file (.yaml), expected a .yace file (C-basis); convert it first "
                       "(pace_yaml2yace)",
                       bbasis[k]);
  static const char *const grace[] = {"chemical_embedding", "chemical_embeddings",
                                      "radial_basis",       "radial",
                                      "cutoff_dict",        "emb_spec",
                                      "instructions",       "Z",
                                      "embedding_specs"};
  for (size_t k = 0; k < sizeof grace / sizeof *grace; k++)
    if (yaml_get(doc, root, grace[k]) != 0)
      return yaml_fail(doc, yaml_get(doc, root, grace[k]), err,
                       "key '%s': this looks like a GRACE model, expected a .yace file", grace[k]);
  static const char *const needed[] = {"elements", "embeddings", "bonds", "functions"};
  for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
    if (yaml_get(doc, root, needed[k]) == 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: key '%s' is missing: not a .yace file, or cut off", yaml_doc_name(doc),
                       needed[k]);
  return LISI_OK;
}

static lisi_status read_elements(ace_reader *in, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_model *model = in->model;
  yaml_ref list;
  lisi_status status = yaml_need(doc, yaml_root(doc), "elements", YAML_SEQUENCE, &list, err);
  if (status != LISI_OK)
    return status;
  const int n = yaml_seq_size(doc, list);
  if (n < 1 || n > ACE_MAX_ELEMENTS)
    return yaml_fail(doc, list, err, "elements: expected 1 to %d element symbols, found %d", ACE_MAX_ELEMENTS, n);
  model->element = calloc((size_t)n, sizeof *model->element);
  model->E0 = calloc((size_t)n, sizeof *model->E0);
  model->bond = calloc((size_t)n * (size_t)n, sizeof *model->bond);
  model->species = calloc((size_t)n, sizeof *model->species);
  if (model->element == NULL || model->E0 == NULL || model->bond == NULL || model->species == NULL)
    return lisi_no_memory(err, (size_t)n * (size_t)n * sizeof *model->bond);
  model->nelements = n;
  for (int mu = 0; mu < n; mu++) {
    const yaml_ref node = yaml_seq_at(doc, list, mu);
    const char *text = yaml_text(doc, node);
    if (text == NULL || *text == '\0' || strlen(text) > 3)
      return yaml_fail(doc, node != 0 ? node : list, err,
                       "elements: expected an element symbol of 1 to 3 letters, found '%.60s'",
                       text != NULL ? text : "a list");
    for (const char *c = text; *c != '\0'; c++)
      if (!((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')))
        return yaml_fail(doc, node, err, "elements: expected an element symbol, found '%.60s'", text);
    for (int nu = 0; nu < mu; nu++)
      if (strcmp(model->element[nu], text) == 0)
        return yaml_fail(doc, node, err, "elements: '%s' stands twice", text);
    strcpy(model->element[mu], text);
  }
  const yaml_ref E0 = yaml_get(doc, yaml_root(doc), "E0");
  if (E0 == 0) {
    ace_warn(in, "%s: no E0: energies of single atoms are taken as zero", yaml_doc_name(doc));
    return LISI_OK;
  }
  return yaml_as_doubles(doc, E0, "E0", n, model->E0, err);
}

static lisi_status read_embedding(ace_reader *in, int mu, yaml_ref map, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_species *species = &in->model->species[mu];
  const char *npoti;
  yaml_ref fs;
  lisi_status status;
  if ((status = yaml_need_int(doc, map, "ndensity", 1, ACE_MAX_DENSITY, &species->ndensity, err)) != LISI_OK)
    return status;
  if ((status = yaml_need(doc, map, "FS_parameters", YAML_SEQUENCE, &fs, err)) != LISI_OK)
    return status;
  if ((status = yaml_need_text(doc, map, "npoti", &npoti, err)) != LISI_OK)
    return status;
  if (strcmp(npoti, "FinnisSinclair") == 0)
    species->embedding = ACE_FINNIS_SINCLAIR;
  else if (strcmp(npoti, "FinnisSinclairShiftedScaled") == 0)
    species->embedding = ACE_FINNIS_SINCLAIR_SHIFTED_SCALED;
  else
    return yaml_fail(doc, yaml_get(doc, map, "npoti"), err,
                     "npoti: expected FinnisSinclair or FinnisSinclairShiftedScaled, found '%.60s'", npoti);
  const int n = 2 * species->ndensity;
  species->fs = calloc((size_t)n, sizeof *species->fs);
  if (species->fs == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *species->fs);
  if ((status = yaml_as_doubles(doc, fs, "FS_parameters", n, species->fs, err)) != LISI_OK)
    return status;
  for (int p = 0; p < species->ndensity; p++)
    if (!(species->fs[2 * p + 1] >= 0.01 && species->fs[2 * p + 1] <= 10.0))
      return yaml_fail(doc, fs, err, "FS_parameters: expected exponents from 0.01 to 10, found %g",
                       species->fs[2 * p + 1]);
  if ((status = ace_optional_double(doc, map, "rho_core_cutoff", 100000.0, &species->rho_core_cutoff, err)) != LISI_OK)
    return status;
  if ((status = ace_optional_double(doc, map, "drho_core_cutoff", 250.0, &species->drho_core_cutoff, err)) != LISI_OK)
    return status;
  if (species->drho_core_cutoff < 0.0)
    return yaml_fail(doc, yaml_get(doc, map, "drho_core_cutoff"), err,
                     "drho_core_cutoff: expected a number >= 0, found %g", species->drho_core_cutoff);
  return LISI_OK;
}

/* The value of `map` for the element index mu, whose key is an integer; 0 where absent. Any key that is no element
 * index is an error. */
static lisi_status by_element(const yaml_doc *doc, yaml_ref map, const char *what, int nelements, yaml_ref *value,
                              lisi_error *err) {
  for (int mu = 0; mu < nelements; mu++)
    value[mu] = 0;
  for (int k = 0; k < yaml_map_size(doc, map); k++) {
    int mu;
    const yaml_ref key = yaml_map_key(doc, map, k);
    const lisi_status status = yaml_as_int(doc, key, what, 0, nelements - 1, &mu, err);
    if (status != LISI_OK)
      return status;
    if (value[mu] != 0)
      return yaml_fail(doc, key, err, "%s: element %d stands twice", what, mu);
    value[mu] = yaml_map_value(doc, map, k);
  }
  return LISI_OK;
}

static lisi_status read_embeddings(ace_reader *in, lisi_error *err) {
  yaml_ref map, value[ACE_MAX_ELEMENTS];
  lisi_status status = yaml_need(in->doc, yaml_root(in->doc), "embeddings", YAML_MAPPING, &map, err);
  if (status == LISI_OK)
    status = by_element(in->doc, map, "embeddings", in->model->nelements, value, err);
  for (int mu = 0; mu < in->model->nelements && status == LISI_OK; mu++) {
    if (value[mu] == 0)
      return yaml_fail(in->doc, map, err, "embeddings: element %d (%s) is missing", mu, in->model->element[mu]);
    if (yaml_kind_of(in->doc, value[mu]) != YAML_MAPPING)
      return yaml_fail(in->doc, value[mu], err, "embeddings: %d: expected a mapping", mu);
    status = read_embedding(in, mu, value[mu], err);
  }
  return status;
}

static lisi_status read_bonds(ace_reader *in, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_model *model = in->model;
  const int n = model->nelements;
  yaml_ref map;
  lisi_status status = yaml_need(doc, yaml_root(doc), "bonds", YAML_MAPPING, &map, err);
  if (status != LISI_OK)
    return status;
  ace_inner_kind inner = ACE_INNER_DENSITY;
  for (int k = 0; k < yaml_map_size(doc, map); k++) {
    const yaml_ref key = yaml_map_key(doc, map, k), value = yaml_map_value(doc, map, k);
    int pair[2];
    if ((status = yaml_as_ints(doc, key, "bonds: key", 2, 0, n - 1, pair, err)) != LISI_OK)
      return status;
    ace_bond *bond = &model->bond[pair[0] * n + pair[1]];
    if (bond->rcut > 0.0)
      return yaml_fail(doc, key, err, "bonds: the pair [%d, %d] stands twice", pair[0], pair[1]);
    if (yaml_kind_of(doc, value) != YAML_MAPPING)
      return yaml_fail(doc, value, err, "bonds: [%d, %d]: expected a mapping", pair[0], pair[1]);
    if ((status = ace_read_bond(in, value, bond, &inner, err)) != LISI_OK)
      return status;
    if (k > 0 && inner != model->inner)
      return yaml_fail(doc, value, err,
                       "bonds: [%d, %d]: inner_cutoff_type differs from that of the other bonds, expected one for all",
                       pair[0], pair[1]);
    model->inner = inner;
  }
  for (int b = 0; b < n * n; b++)
    if (!(model->bond[b].rcut > 0.0))
      return yaml_fail(doc, map, err,
                       "bonds: the pair [%d, %d] (%s %s) is missing: expected all %d ordered pairs, found %d", b / n,
                       b % n, model->element[b / n], model->element[b % n], n * n, yaml_map_size(doc, map));
  if ((status = ace_read_pairpot(in, err)) != LISI_OK)
    return status;
  ace_settle_acejl_cutoffs(model);
  for (int b = 0; b < n * n; b++) {
    const ace_bond *bond = &model->bond[b];
    if (bond->prehc != 0.0 || (bond->pairpot != NULL && bond->pairpot->ri > 0.0 && bond->pairpot->B > 0.0))
      continue;
    ace_warn(in, "%s: no core repulsion for %s %s (prehc = 0): atoms that come close may collapse", yaml_doc_name(doc),
             model->element[b / n], model->element[b % n]);
    break;
  }
  if (model->inner == ACE_INNER_ZBL)
    for (int mu = 0; mu < n; mu++)
      if (ace_atomic_number(model->element[mu]) == 0)
        return lisi_fail(err, LISI_ERR_INPUT,
                         "%s: inner_cutoff_type zbl needs the atomic number of '%s', which is no known element",
                         yaml_doc_name(doc), model->element[mu]);
  return LISI_OK;
}

static lisi_status read_functions(ace_reader *in, lisi_error *err) {
  yaml_ref map, value[ACE_MAX_ELEMENTS];
  lisi_status status = yaml_need(in->doc, yaml_root(in->doc), "functions", YAML_MAPPING, &map, err);
  if (status == LISI_OK)
    status = by_element(in->doc, map, "functions", in->model->nelements, value, err);
  for (int mu = 0; mu < in->model->nelements && status == LISI_OK; mu++) {
    if (value[mu] == 0)
      return yaml_fail(in->doc, map, err, "functions: element %d (%s) is missing (is the file cut off?)", mu,
                       in->model->element[mu]);
    status = ace_read_species_functions(in, mu, value[mu], err);
  }
  return status;
}

/* Files of ACE.jl alone may leave it out. */
static lisi_status read_bins(ace_reader *in, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_model *model = in->model;
  const yaml_ref node = yaml_get(doc, yaml_root(doc), "deltaSplineBins");
  model->delta_spline_bins = 0.001;
  if (node == 0) {
    for (int b = 0; b < model->nelements * model->nelements; b++)
      if (model->bond[b].kind != ACE_ACEJL && model->bond[b].kind != ACE_ACEJL_SPLINE)
        return lisi_fail(err, LISI_ERR_INPUT, "%s: key 'deltaSplineBins' is missing: not a .yace file, or cut off",
                         yaml_doc_name(doc));
    return LISI_OK;
  }
  const lisi_status status = yaml_as_double(doc, node, "deltaSplineBins", &model->delta_spline_bins, err);
  if (status == LISI_OK && !(model->delta_spline_bins >= 1e-5 && model->delta_spline_bins <= 0.1))
    return yaml_fail(doc, node, err, "deltaSplineBins: expected a width from 1e-5 to 0.1 Angstrom, found %g",
                     model->delta_spline_bins);
  return status;
}

lisi_status ace_model_parse(const char *bytes, size_t size, const char *name, ace_model **out, char *warnings,
                            size_t nwarnings, lisi_error *err) {
  *out = NULL;
  yaml_doc *doc = NULL;
  lisi_status status = yaml_doc_parse(bytes, size, name, &doc, err);
  if (status != LISI_OK)
    return status;
  ace_model *model = calloc(1, sizeof *model);
  if (model == NULL) {
    yaml_doc_free(doc);
    return lisi_no_memory(err, sizeof *model);
  }
  ace_reader in = {.doc = doc, .model = model, .warnings = warnings, .nwarnings = nwarnings};
  status = refuse_other_kinds(doc, err);
  if (status == LISI_OK)
    status = read_elements(&in, err);
  if (status == LISI_OK)
    status = read_embeddings(&in, err);
  if (status == LISI_OK)
    status = read_bonds(&in, err);
  if (status == LISI_OK)
    status = read_bins(&in, err);
  if (status == LISI_OK)
    status = read_functions(&in, err);
  if (status == LISI_OK)
    status = ace_read_meta(&in, err);
  yaml_doc_free(doc);
  if (status != LISI_OK) {
    ace_model_free(model);
    return status;
  }
  *out = model;
  return LISI_OK;
}

lisi_status ace_model_load(const char *path, ace_model **model, char *warnings, size_t nwarnings, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  *model = NULL;
  lisi_status status = file_bytes_read(path, file_bytes_limit(path, (size_t)1 << 30), &bytes, &size, err);
  if (status == LISI_OK)
    status = ace_model_parse(bytes, size, path, model, warnings, nwarnings, err);
  free(bytes);
  return status;
}
