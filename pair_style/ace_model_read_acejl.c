/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files of ACE.jl have and others have not: radial functions as polynomials or as splines, and a pair potential
 * beside the bonds. */
#include "ace_model_read.h"

#include <math.h>
#include <stdlib.h>

static lisi_status read_size(const yaml_doc *doc, yaml_ref map, int *n, lisi_error *err) {
  return yaml_need_int(doc, map, "maxn", 1, ACE_MAX_POLYNOMIALS, n, err);
}

static lisi_status read_power(const yaml_doc *doc, yaml_ref map, const char *key, double *value, lisi_error *err) {
  int power;
  const lisi_status status = yaml_need_int(doc, map, key, 0, 100, &power, err);
  *value = power;
  return status;
}

/* All but the size, into p->abc [3][p->n]. */
static lisi_status read_polynomials(const yaml_doc *doc, yaml_ref map, ace_polynomials *p, lisi_error *err) {
  lisi_status status;
  yaml_ref abc, list;
  const struct {
    const char *key;
    double *value;
  } numbers[] = {{"p", &p->p}, {"r0", &p->r0}, {"xl", &p->xl}, {"xr", &p->xr}};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    if ((status = yaml_need_double(doc, map, numbers[k].key, numbers[k].value, err)) != LISI_OK)
      return status;
  if ((status = read_power(doc, map, "pl", &p->pl, err)) != LISI_OK)
    return status;
  if ((status = read_power(doc, map, "pr", &p->pr, err)) != LISI_OK)
    return status;
  if (!(fabs(p->p) <= 100.0 && p->r0 >= 0.0 && p->r0 <= ACE_MAX_RCUT))
    return yaml_fail(doc, map, err, "p, r0: expected |p| <= 100 and 0 <= r0 <= %d, found %g and %g", ACE_MAX_RCUT, p->p,
                     p->r0);
  if ((status = yaml_need(doc, map, "recursion_coefficients", YAML_MAPPING, &abc, err)) != LISI_OK)
    return status;
  static const char *const name[3] = {"A", "B", "C"};
  for (size_t i = 0; i < 3; i++) {
    if ((status = yaml_need(doc, abc, name[i], YAML_SEQUENCE, &list, err)) != LISI_OK)
      return status;
    if ((status = yaml_as_doubles(doc, list, name[i], p->n, p->abc + i * (size_t)p->n, err)) != LISI_OK)
      return status;
  }
  return LISI_OK;
}

lisi_status ace_read_basis(const yaml_doc *doc, yaml_ref map, ace_bond *bond, lisi_error *err) {
  const lisi_status status = read_size(doc, map, &bond->jl.n, err);
  if (status != LISI_OK)
    return status;
  const size_t n = (size_t)bond->jl.n;
  bond->nradbase = bond->jl.n;
  bond->jl.abc = calloc(3 * n, sizeof *bond->jl.abc);
  if (bond->jl.abc == NULL)
    return lisi_no_memory(err, 3 * n * sizeof *bond->jl.abc);
  return read_polynomials(doc, map, &bond->jl, err);
}

/* Column k of one of the two tables: {0: [..], 1: [..], ..}, each list with a number for every knot. */
static lisi_status read_table(const yaml_doc *doc, yaml_ref map, const char *key, ace_bond *bond, int which,
                              double *list, lisi_error *err) {
  yaml_ref table;
  lisi_status status = yaml_need(doc, map, key, YAML_MAPPING, &table, err);
  if (status != LISI_OK)
    return status;
  const int K = bond->nradbase;
  if (yaml_map_size(doc, table) != K)
    return yaml_fail(doc, table, err, "%s: expected %d lists, found %d", key, K, yaml_map_size(doc, table));
  unsigned char seen[ACE_MAX_POLYNOMIALS] = {0};
  for (int i = 0; i < K; i++) {
    int k = 0;
    if ((status = yaml_as_int(doc, yaml_map_key(doc, table, i), key, 0, K - 1, &k, err)) != LISI_OK)
      return status;
    if (seen[k]++)
      return yaml_fail(doc, yaml_map_key(doc, table, i), err, "%s: list %d stands twice", key, k);
    if ((status = yaml_as_doubles(doc, yaml_map_value(doc, table, i), key, bond->nbins + 1, list, err)) != LISI_OK)
      return status;
    for (size_t n = 0; n <= (size_t)bond->nbins; n++)
      bond->node[(2 * n + (size_t)which) * (size_t)K + (size_t)k] = list[n];
  }
  return LISI_OK;
}

lisi_status ace_read_splines(const yaml_doc *doc, yaml_ref map, ace_bond *bond, lisi_error *err) {
  yaml_ref values;
  lisi_status status = yaml_need(doc, map, "splinenodalvals", YAML_MAPPING, &values, err);
  if (status != LISI_OK)
    return status;
  bond->nradbase = yaml_map_size(doc, values);
  if (bond->nradbase < 1 || bond->nradbase > ACE_MAX_POLYNOMIALS)
    return yaml_fail(doc, values, err, "splinenodalvals: expected 1 to %d lists, found %d", ACE_MAX_POLYNOMIALS,
                     bond->nradbase);
  if ((status = yaml_need_int(doc, map, "nbins", 1, 10000000, &bond->nbins, err)) != LISI_OK)
    return status;
  /* compared with the file before memory is asked for */
  const yaml_ref first = yaml_map_value(doc, values, 0);
  if (yaml_seq_size(doc, first) != bond->nbins + 1)
    return yaml_fail(doc, first != 0 ? first : values, err,
                     "splinenodalvals: expected nbins + 1 = %d numbers, found %d", bond->nbins + 1,
                     yaml_seq_size(doc, first));
  const size_t count = 2 * ((size_t)bond->nbins + 1) * (size_t)bond->nradbase;
  double *list = malloc(((size_t)bond->nbins + 1) * sizeof *list);
  bond->node = calloc(count, sizeof *bond->node);
  if (list == NULL || bond->node == NULL)
    status = lisi_no_memory(err, count * sizeof *bond->node);
  if (status == LISI_OK)
    status = read_table(doc, map, "splinenodalvals", bond, 0, list, err);
  if (status == LISI_OK)
    status = read_table(doc, map, "splinenodalderivs", bond, 1, list, err);
  free(list);
  return status;
}

/* The values under keys [i, j]; value[i * n + j] = 0 where there is none. */
static lisi_status by_pair(const yaml_doc *doc, yaml_ref map, const char *what, int n, yaml_ref *value,
                           lisi_error *err) {
  for (int k = 0; k < n * n; k++)
    value[k] = 0;
  for (int k = 0; k < yaml_map_size(doc, map); k++) {
    int pair[2];
    const yaml_ref key = yaml_map_key(doc, map, k);
    const lisi_status status = yaml_as_ints(doc, key, what, 2, 0, n - 1, pair, err);
    if (status != LISI_OK)
      return status;
    if (value[pair[0] * n + pair[1]] != 0)
      return yaml_fail(doc, key, err, "%s: the pair [%d, %d] stands twice", what, pair[0], pair[1]);
    value[pair[0] * n + pair[1]] = yaml_map_value(doc, map, k);
  }
  return LISI_OK;
}

static lisi_status read_core(const yaml_doc *doc, yaml_ref map, ace_pairpot *pot, lisi_error *err) {
  lisi_status status;
  const struct {
    const char *key;
    double *value;
  } numbers[] = {{"ri", &pot->ri}, {"e0", &pot->e0}, {"A", &pot->A}, {"B", &pot->B}};
  if (yaml_kind_of(doc, map) != YAML_MAPPING)
    return yaml_fail(doc, map, err, "reppot/coefficients: expected a mapping with ri, e0, A and B");
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    if ((status = yaml_need_double(doc, map, numbers[k].key, numbers[k].value, err)) != LISI_OK)
      return status;
  if (!(pot->ri >= 0.0 && pot->ri <= ACE_MAX_RCUT))
    return yaml_fail(doc, map, err, "reppot/coefficients: ri: expected 0 <= ri <= %d Angstrom, found %g", ACE_MAX_RCUT,
                     pot->ri);
  return LISI_OK;
}

static lisi_status read_pairs(ace_reader *in, yaml_ref map, yaml_ref *pairs, yaml_ref *cores, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  ace_model *model = in->model;
  const int n = model->nelements;
  lisi_status status;
  yaml_ref list;
  int size;
  if ((status = read_size(doc, map, &size, err)) != LISI_OK)
    return status;
  if ((status = yaml_need(doc, map, "coefficients", YAML_MAPPING, &list, err)) != LISI_OK)
    return status;
  if ((status = by_pair(doc, list, "polypairpot/coefficients: key", n, pairs, err)) != LISI_OK)
    return status;
  const yaml_ref core = yaml_get(doc, yaml_get(doc, yaml_root(doc), "reppot"), "coefficients");
  if ((status = by_pair(doc, core, "reppot/coefficients: key", n, cores, err)) != LISI_OK)
    return status;
  for (int b = 0; b < n * n; b++) {
    ace_bond *bond = &model->bond[b];
    if (bond->kind != ACE_ACEJL)
      return yaml_fail(doc, map, err, "polypairpot: expected radbasename ACE.jl for all bonds, found %s for [%d, %d]",
                       bond->kind_text, b / n, b % n);
    ace_pairpot *pot = bond->pairpot = ace_pairpot_new(size);
    if (pot == NULL)
      return lisi_no_memory(err, 4 * (size_t)size * sizeof(double));
    if ((status = read_polynomials(doc, map, &pot->basis, err)) != LISI_OK)
      return status;
    if ((status = yaml_need_double(doc, map, "rcut", &pot->rcut, err)) != LISI_OK)
      return status;
    if (!(pot->rcut >= 0.5 && pot->rcut <= ACE_MAX_RCUT))
      return yaml_fail(doc, map, err, "polypairpot/rcut: expected a cut-off from 0.5 to %d Angstrom, found %g",
                       ACE_MAX_RCUT, pot->rcut);
    if (pairs[b] == 0)
      return yaml_fail(doc, list, err, "polypairpot/coefficients: the pair [%d, %d] is missing", b / n, b % n);
    if ((status = yaml_as_doubles(doc, pairs[b], "polypairpot/coefficients", size, pot->c, err)) != LISI_OK)
      return status;
    if (cores[b] != 0 && (status = read_core(doc, cores[b], pot, err)) != LISI_OK)
      return status;
  }
  return LISI_OK;
}

lisi_status ace_read_pairpot(ace_reader *in, lisi_error *err) {
  yaml_ref map;
  const yaml_ref root = yaml_root(in->doc);
  if (yaml_get(in->doc, root, "polypairpot") == 0)
    return LISI_OK;
  lisi_status status = yaml_need(in->doc, root, "polypairpot", YAML_MAPPING, &map, err);
  if (status != LISI_OK)
    return status;
  const size_t count = (size_t)in->model->nelements * (size_t)in->model->nelements;
  yaml_ref *pairs = malloc(2 * count * sizeof *pairs);
  if (pairs == NULL)
    return lisi_no_memory(err, 2 * count * sizeof *pairs);
  status = read_pairs(in, map, pairs, pairs + count, err);
  free(pairs);
  return status;
}

/* Whether the polynomials are zero from `rcut` on. */
static bool end_at(const ace_polynomials *p, double rcut) {
  return p->p > 0.0 && p->pl > 0.0 && pow((1.0 + p->r0) / (1.0 + rcut), p->p) <= p->xl * (1.0 + 1e-12);
}

/* Other readers know one cut-off for all pairs, the largest of the file, and leave it to the polynomials to end before.
 * Where they do end at the cut-off that is written beside them, that one gives the same numbers from fewer neighbours.
 */
void ace_settle_acejl_cutoffs(ace_model *model) {
  const int n = model->nelements * model->nelements;
  double most = 0.0;
  for (int b = 0; b < n; b++) {
    const ace_bond *bond = &model->bond[b];
    if (bond->kind != ACE_ACEJL)
      continue;
    most = fmax(most, bond->rcut);
    if (bond->pairpot != NULL)
      most = fmax(most, bond->pairpot->rcut);
  }
  for (int b = 0; b < n; b++) {
    ace_bond *bond = &model->bond[b];
    if (bond->kind != ACE_ACEJL)
      continue;
    if (!end_at(&bond->jl, bond->rcut))
      bond->rcut = most;
    ace_pairpot *pot = bond->pairpot;
    if (pot == NULL)
      continue;
    if (!end_at(&pot->basis, pot->rcut))
      pot->rcut = most;
    bond->rcut = fmax(bond->rcut, pot->rcut);
  }
}
