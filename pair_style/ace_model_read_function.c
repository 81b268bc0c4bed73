/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entries of `functions` of a .yace file, and `lisi:`. */
#include "ace_model_read.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static lisi_status list_of(const yaml_doc *doc, yaml_ref map, const char *key, int n, int lo, int hi, int *value,
                           lisi_error *err) {
  yaml_ref list;
  const lisi_status status = yaml_need(doc, map, key, YAML_SEQUENCE, &list, err);
  return status == LISI_OK ? yaml_as_ints(doc, list, key, n, lo, hi, value, err) : status;
}

/* Reads what has a fixed size, and checks it against the bonds. */
static lisi_status read_head(ace_reader *in, int mu, yaml_ref map, ace_function *f, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  const ace_model *model = in->model;
  lisi_status status;
  int mu0 = 0, ndensity = 0;
  if (yaml_kind_of(doc, map) != YAML_MAPPING)
    return yaml_fail(doc, map, err, "functions: expected a mapping for each function");
  if ((status = yaml_need_int(doc, map, "mu0", 0, model->nelements - 1, &mu0, err)) != LISI_OK)
    return status;
  if (mu0 != mu)
    return yaml_fail(doc, map, err, "functions: mu0 = %d under element %d", mu0, mu);
  if ((status = yaml_need_int(doc, map, "rank", 1, 1000, &f->rank, err)) != LISI_OK)
    return status;
  if (f->rank > ACE_MAX_RANK) {
    (void)yaml_fail(doc, map, err, "functions: rank %d: this program knows ranks up to %d", f->rank, ACE_MAX_RANK);
    if (err != NULL)
      err->status = LISI_ERR_UNSUPPORTED;
    return LISI_ERR_UNSUPPORTED;
  }
  if ((status = yaml_need_int(doc, map, "ndensity", 1, ACE_MAX_DENSITY, &ndensity, err)) != LISI_OK)
    return status;
  if (ndensity != model->species[mu].ndensity)
    return yaml_fail(doc, map, err, "functions: ndensity = %d, but the embedding of element %d has %d", ndensity, mu,
                     model->species[mu].ndensity);
  if ((status = yaml_need_int(doc, map, "num_ms_combs", 0, INT_MAX / (ACE_MAX_RANK * ACE_MAX_DENSITY), &f->nms, err)) !=
      LISI_OK)
    return status;
  if ((status = list_of(doc, map, "mus", f->rank, 0, model->nelements - 1, f->mus, err)) != LISI_OK)
    return status;
  if ((status = list_of(doc, map, "ns", f->rank, 1, ACE_MAX_NRADIAL, f->ns, err)) != LISI_OK)
    return status;
  if ((status = list_of(doc, map, "ls", f->rank, 0, ACE_MAX_LMAX, f->ls, err)) != LISI_OK)
    return status;
  for (int t = 0; t < f->rank; t++) {
    const ace_bond *bond = &model->bond[mu * model->nelements + f->mus[t]];
    const int nmax = f->rank == 1 ? bond->nradbase : bond->nradmax;
    if (f->ns[t] > nmax)
      return yaml_fail(doc, yaml_get(doc, map, "ns"), err, "ns: %d is out of range: the bond [%d, %d] has %s = %d",
                       f->ns[t], mu, f->mus[t], f->rank == 1 ? "nradbasemax" : "nradmax", nmax);
    if (f->rank == 1 && f->ls[t] != 0)
      return yaml_fail(doc, yaml_get(doc, map, "ls"), err, "ls: expected [0] for rank 1, found [%d]", f->ls[t]);
    if (f->ls[t] > bond->lmax)
      return yaml_fail(doc, yaml_get(doc, map, "ls"), err, "ls: %d is out of range: the bond [%d, %d] has lmax = %d",
                       f->ls[t], mu, f->mus[t], bond->lmax);
  }
  yaml_ref list;
  if ((status = yaml_need(doc, map, "ms_combs", YAML_SEQUENCE, &list, err)) != LISI_OK)
    return status;
  if (yaml_seq_size(doc, list) != f->nms * f->rank)
    return yaml_fail(doc, list, err, "ms_combs: expected num_ms_combs * rank = %d numbers, found %d", f->nms * f->rank,
                     yaml_seq_size(doc, list));
  if ((status = yaml_need(doc, map, "ctildes", YAML_SEQUENCE, &list, err)) != LISI_OK)
    return status;
  if (yaml_seq_size(doc, list) != f->nms * ndensity)
    return yaml_fail(doc, list, err, "ctildes: expected num_ms_combs * ndensity = %d numbers, found %d",
                     f->nms * ndensity, yaml_seq_size(doc, list));
  return LISI_OK;
}

static lisi_status read_couplings(ace_reader *in, yaml_ref map, const ace_function *f, int8_t *ms, double *ctilde,
                                  int ndensity, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  const yaml_ref list = yaml_get(doc, map, "ms_combs");
  for (int c = 0; c < f->nms; c++) {
    int sum = 0;
    for (int t = 0; t < f->rank; t++) {
      int m;
      const yaml_ref node = yaml_seq_at(doc, list, c * f->rank + t);
      const lisi_status status = yaml_as_int(doc, node, "ms_combs", -f->ls[t], f->ls[t], &m, err);
      if (status != LISI_OK)
        return status;
      ms[c * f->rank + t] = (int8_t)m;
      sum += m;
    }
    if (sum != 0)
      return yaml_fail(doc, yaml_seq_at(doc, list, c * f->rank), err,
                       "ms_combs: combination %d: expected the sum of m to be 0, found %d", c + 1, sum);
  }
  return yaml_as_doubles(doc, yaml_get(doc, map, "ctildes"), "ctildes", f->nms * ndensity, ctilde, err);
}

lisi_status ace_read_species_functions(ace_reader *in, int mu, yaml_ref list, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_species *species = &in->model->species[mu];
  if (yaml_kind_of(doc, list) != YAML_SEQUENCE)
    return yaml_fail(doc, list, err, "functions: %d: expected a list", mu);
  const int n = yaml_seq_size(doc, list);
  species->function = calloc(n > 0 ? (size_t)n : 1, sizeof *species->function);
  if (species->function == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *species->function);
  species->nfunctions = n;
  lisi_status status = LISI_OK;
  for (int i = 0; i < n; i++) {
    ace_function *f = &species->function[i];
    if ((status = read_head(in, mu, yaml_seq_at(doc, list, i), f, err)) != LISI_OK)
      return status;
    f->ms_first = species->nms_total;
    f->ct_first = species->nctilde;
    species->nms_total += (size_t)f->nms * (size_t)f->rank;
    species->nctilde += (size_t)f->nms * (size_t)species->ndensity;
  }
  /* no larger than the file: the lengths of its lists have been compared */
  species->ms = calloc(species->nms_total + 1, sizeof *species->ms);
  species->ctilde = calloc(species->nctilde + 1, sizeof *species->ctilde);
  if (species->ms == NULL || species->ctilde == NULL)
    return lisi_no_memory(err, species->nctilde * sizeof *species->ctilde);
  for (int i = 0; i < n && status == LISI_OK; i++) {
    const ace_function *f = &species->function[i];
    status = read_couplings(in, yaml_seq_at(doc, list, i), f, species->ms + f->ms_first, species->ctilde + f->ct_first,
                            species->ndensity, err);
  }
  return status;
}

static lisi_status optional_text(const yaml_doc *doc, yaml_ref map, const char *key, char **value, lisi_error *err) {
  const yaml_ref node = yaml_get(doc, map, key);
  if (node == 0)
    return LISI_OK;
  const char *text = yaml_text(doc, node);
  if (text == NULL)
    return yaml_fail(doc, node, err, "lisi/%s: expected a text", key);
  const size_t size = strlen(text) + 1;
  *value = malloc(size);
  if (*value == NULL)
    return lisi_no_memory(err, size);
  memcpy(*value, text, size);
  return LISI_OK;
}

lisi_status ace_read_meta(ace_reader *in, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_meta *meta = &in->model->meta;
  const yaml_ref map = yaml_get(doc, yaml_root(doc), "lisi");
  if (map == 0)
    return LISI_OK;
  lisi_status status;
  if ((status = yaml_need_int(doc, map, "format", INT_MIN, INT_MAX, &meta->format, err)) != LISI_OK)
    return status;
  if (meta->format != ACE_LISI_FORMAT) {
    (void)yaml_fail(doc, yaml_get(doc, map, "format"), err, "lisi/format: this program knows version %d, found %d",
                    ACE_LISI_FORMAT, meta->format);
    if (err != NULL)
      err->status = LISI_ERR_VERSION;
    return LISI_ERR_VERSION;
  }
  const struct {
    const char *key;
    char **text;
  } texts[] = {{"units", &meta->units},
               {"provenance", &meta->provenance},
               {"data_sha256", &meta->data_sha256},
               {"error_table", &meta->error_table},
               {"sidecar", &meta->sidecar},
               {"sidecar_sha256", &meta->sidecar_sha256}};
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    if ((status = optional_text(doc, map, texts[k].key, texts[k].text, err)) != LISI_OK)
      return status;
  if (meta->units != NULL && strcmp(meta->units, "metal") != 0)
    return yaml_fail(doc, yaml_get(doc, map, "units"), err, "lisi/units: expected metal, found '%.60s'", meta->units);
  /* a file cut off between two functions is still valid YAML; the counts tell */
  const yaml_ref counts = yaml_get(doc, map, "nfunctions");
  if (counts == 0)
    return LISI_OK;
  int n[ACE_MAX_ELEMENTS];
  if ((status = yaml_as_ints(doc, counts, "lisi/nfunctions", in->model->nelements, 0, INT_MAX, n, err)) != LISI_OK)
    return status;
  for (int mu = 0; mu < in->model->nelements; mu++)
    if (n[mu] != in->model->species[mu].nfunctions)
      return yaml_fail(doc, counts, err,
                       "lisi/nfunctions: expected %d functions of element %d, found %d (is the file cut off?)", n[mu],
                       mu, in->model->species[mu].nfunctions);
  return LISI_OK;
}
