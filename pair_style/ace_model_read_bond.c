/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of `bonds` of a .yace file: radial basis, its coefficients, cut-offs, core repulsion. */
#include "ace_model_read.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static lisi_status read_kind(ace_reader *in, yaml_ref map, ace_bond *bond, lisi_error *err) {
  static const struct {
    const char *name;
    ace_radial_kind kind;
  } known[] = {{"ChebExpCos", ACE_CHEB_EXP_COS},
               {"ChebPow", ACE_CHEB_POW},
               {"ChebLinear", ACE_CHEB_LINEAR},
               {"SBessel", ACE_SBESSEL}};
  const char *name;
  const lisi_status status = yaml_need_text(in->doc, map, "radbasename", &name, err);
  if (status != LISI_OK)
    return status;
  if (strlen(name) < sizeof bond->kind_text) {
    strcpy(bond->kind_text, name);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
      if (strcmp(name, known[k].name) == 0) {
        bond->kind = known[k].kind;
        return LISI_OK;
      }
    if (strncmp(name, "ACE.jl", 6) == 0 &&
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name)) {
      bond->kind = yaml_get(in->doc, map, "splinenodalvals") != 0 ? ACE_ACEJL_SPLINE : ACE_ACEJL;
      return LISI_OK;
    }
  }
  return yaml_fail(in->doc, yaml_get(in->doc, map, "radbasename"), err,
                   "radbasename: expected ChebExpCos, ChebPow, ChebLinear, SBessel or ACE.jl, found '%.60s'", name);
}

static lisi_status read_inner(ace_reader *in, yaml_ref map, ace_bond *bond, ace_inner_kind *inner, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  lisi_status status;
  const yaml_ref node = yaml_get(doc, map, "inner_cutoff_type");
  if (node != 0) {
    const char *text = yaml_text(doc, node);
    if (text != NULL && strcmp(text, "density") == 0)
      *inner = ACE_INNER_DENSITY;
    else if (text != NULL && strcmp(text, "distance") == 0)
      *inner = ACE_INNER_DISTANCE;
    else if (text != NULL && strcmp(text, "zbl") == 0)
      *inner = ACE_INNER_ZBL;
    else
      return yaml_fail(doc, node, err, "inner_cutoff_type: expected density, distance or zbl, found '%.60s'",
                       text != NULL ? text : "no single value");
  }
  if ((status = ace_optional_double(doc, map, "prehc", 0.0, &bond->prehc, err)) != LISI_OK)
    return status;
  if ((status = ace_optional_double(doc, map, "lambdahc", 1.0, &bond->lambdahc, err)) != LISI_OK)
    return status;
  if ((status = ace_optional_double(doc, map, "rcut_in", 0.0, &bond->rcut_in, err)) != LISI_OK)
    return status;
  if ((status = ace_optional_double(doc, map, "dcut_in", 0.0, &bond->dcut_in, err)) != LISI_OK)
    return status;
  if (!(bond->rcut_in >= 0.0 && bond->rcut_in < bond->rcut))
    return yaml_fail(doc, yaml_get(doc, map, "rcut_in"), err, "rcut_in: expected 0 <= rcut_in < rcut = %g, found %g",
                     bond->rcut, bond->rcut_in);
  if (!(bond->dcut_in >= 0.0 && bond->dcut_in <= ACE_MAX_RCUT))
    return yaml_fail(doc, yaml_get(doc, map, "dcut_in"), err, "dcut_in: expected a width from 0 to %d, found %g",
                     ACE_MAX_RCUT, bond->dcut_in);
  const yaml_ref dcut_in = yaml_get(doc, map, "dcut_in") != 0 ? yaml_get(doc, map, "dcut_in") : map;
  if (bond->dcut_in <= 0.0 && (*inner == ACE_INNER_ZBL || (*inner == ACE_INNER_DISTANCE && bond->rcut_in > 0.0)))
    return yaml_fail(doc, dcut_in, err, "dcut_in: expected a width > 0 for inner_cutoff_type %s, found %g",
                     *inner == ACE_INNER_ZBL ? "zbl" : "distance", bond->dcut_in);
  if (*inner == ACE_INNER_ZBL && !(bond->dcut > 0.0))
    return yaml_fail(doc, yaml_get(doc, map, "dcut"), err,
                     "dcut: expected a width > 0 for inner_cutoff_type zbl, found %g", bond->dcut);
  if (*inner == ACE_INNER_ZBL && bond->prehc < 0.0)
    return yaml_fail(doc, yaml_get(doc, map, "prehc"), err,
                     "prehc: expected a factor >= 0 for inner_cutoff_type zbl, found %g", bond->prehc);
  return LISI_OK;
}

/* radcoefficients[n][l][k]. The lengths are compared with the file before memory is asked for. */
static lisi_status read_coefficients(ace_reader *in, yaml_ref map, ace_bond *bond, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  yaml_ref outer;
  lisi_status status = yaml_need(doc, map, "radcoefficients", YAML_SEQUENCE, &outer, err);
  if (status != LISI_OK)
    return status;
  const int N = bond->nradmax, L = bond->lmax + 1, K = bond->nradbase;
  if (yaml_seq_size(doc, outer) != N)
    return yaml_fail(doc, outer, err, "radcoefficients: expected nradmax = %d lists, found %d", N,
                     yaml_seq_size(doc, outer));
  for (int n = 0; n < N; n++) {
    const yaml_ref middle = yaml_seq_at(doc, outer, n);
    if (yaml_kind_of(doc, middle) != YAML_SEQUENCE || yaml_seq_size(doc, middle) != L)
      return yaml_fail(doc, middle, err, "radcoefficients[%d]: expected lmax + 1 = %d lists, found %d", n, L,
                       yaml_seq_size(doc, middle));
    for (int l = 0; l < L; l++) {
      const yaml_ref row = yaml_seq_at(doc, middle, l);
      if (yaml_kind_of(doc, row) != YAML_SEQUENCE || yaml_seq_size(doc, row) != K)
        return yaml_fail(doc, row, err, "radcoefficients[%d][%d]: expected nradbasemax = %d numbers, found %d", n, l, K,
                         yaml_seq_size(doc, row));
    }
  }
  const size_t count = (size_t)N * (size_t)L * (size_t)K;
  bond->crad = calloc(count > 0 ? count : 1, sizeof *bond->crad);
  if (bond->crad == NULL)
    return lisi_no_memory(err, count * sizeof *bond->crad);
  for (int n = 0; n < N; n++)
    for (int l = 0; l < L; l++) {
      double *row = bond->crad + ((size_t)n * (size_t)L + (size_t)l) * (size_t)K;
      status = yaml_as_doubles(doc, yaml_seq_at(doc, yaml_seq_at(doc, outer, n), l), "radcoefficients", K, row, err);
      if (status != LISI_OK)
        return status;
    }
  return LISI_OK;
}

static lisi_status read_chebyshev(ace_reader *in, yaml_ref map, ace_bond *bond, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  lisi_status status;
  if ((status = yaml_need_int(doc, map, "nradmax", 0, ACE_MAX_NRADIAL, &bond->nradmax, err)) != LISI_OK)
    return status;
  if ((status = yaml_need_int(doc, map, "lmax", 0, ACE_MAX_LMAX, &bond->lmax, err)) != LISI_OK)
    return status;
  if ((status = yaml_need_int(doc, map, "nradbasemax", 1, ACE_MAX_NRADIAL, &bond->nradbase, err)) != LISI_OK)
    return status;
  const bool needs_lambda = bond->kind == ACE_CHEB_EXP_COS || bond->kind == ACE_CHEB_POW;
  const yaml_ref list = yaml_get(doc, map, "radparameters");
  if (needs_lambda && yaml_seq_size(doc, list) < 1)
    return yaml_fail(doc, list != 0 ? list : map, err, "radparameters: expected a list with lambda first, found none");
  if (yaml_seq_size(doc, list) > 0 &&
      (status = yaml_as_double(doc, yaml_seq_at(doc, list, 0), "radparameters", &bond->lambda, err)) != LISI_OK)
    return status;
  if (bond->kind == ACE_CHEB_EXP_COS &&
      (bond->lambda == 0.0 || fabs(bond->lambda) < 1e-8 || fabs(bond->lambda) > 500.0))
    return yaml_fail(doc, list, err, "radparameters: lambda = %g: expected a number other than 0, at most 500 in size",
                     bond->lambda);
  if (bond->kind == ACE_CHEB_POW && !(bond->lambda >= 1.0 && bond->lambda <= 500.0))
    return yaml_fail(
        doc, list, err,
        "radparameters: lambda = %g: expected a number from 1 to 500 (below 1 forces diverge at the cut-off)",
        bond->lambda);
  return read_coefficients(in, map, bond, err);
}

/* ACE.jl bonds have a radial basis and nothing else: other readers pass over a core or an inner cut-off, so must we. */
static void warn_of_unused(ace_reader *in, yaml_ref map) {
  static const char *const keys[] = {"prehc", "rcut_in"};
  for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
    const char *text = yaml_text(in->doc, yaml_get(in->doc, map, keys[k]));
    if (text != NULL && strtod(text, NULL) != 0.0)
      ace_warn(in, "%s:%d: %s: not used with radbasename ACE.jl", yaml_doc_name(in->doc), yaml_line(in->doc, map),
               keys[k]);
  }
}

static lisi_status read_acejl(ace_reader *in, yaml_ref map, ace_bond *bond, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  lisi_status status;
  const yaml_ref lmax =
      yaml_get(doc, map, "lmax") != 0 ? yaml_get(doc, map, "lmax") : yaml_get(doc, yaml_root(doc), "lmax");
  if (lmax == 0)
    return yaml_fail(doc, map, err, "key 'lmax' is missing, here and at the top of the file");
  if ((status = yaml_as_int(doc, lmax, "lmax", 0, ACE_MAX_LMAX, &bond->lmax, err)) != LISI_OK)
    return status;
  warn_of_unused(in, map);
  status = bond->kind == ACE_ACEJL ? ace_read_basis(doc, map, bond, err) : ace_read_splines(doc, map, bond, err);
  if (status != LISI_OK)
    return status;
  const size_t K = (size_t)bond->nradbase, L = (size_t)bond->lmax + 1;
  bond->nradmax = bond->nradbase;
  /* R_nl = P_n for every l, said in the words of the other kinds */
  bond->crad = calloc(K * L * K, sizeof *bond->crad);
  if (bond->crad == NULL)
    return lisi_no_memory(err, K * L * K * sizeof *bond->crad);
  for (size_t k = 0; k < K; k++)
    for (size_t l = 0; l < L; l++)
      bond->crad[(k * L + l) * K + k] = 1.0;
  return LISI_OK;
}

lisi_status ace_read_bond(ace_reader *in, yaml_ref map, ace_bond *bond, ace_inner_kind *inner, lisi_error *err) {
  const yaml_doc *doc = in->doc;
  double rcut;
  lisi_status status;
  if ((status = yaml_need_double(doc, map, "rcut", &rcut, err)) != LISI_OK)
    return status;
  if (!(rcut >= 0.5 && rcut <= ACE_MAX_RCUT))
    return yaml_fail(doc, yaml_get(doc, map, "rcut"), err, "rcut: expected a cut-off from 0.5 to %d Angstrom, found %g",
                     ACE_MAX_RCUT, rcut);
  bond->rcut = rcut;
  if ((status = ace_optional_double(doc, map, "dcut", 0.0, &bond->dcut, err)) != LISI_OK)
    return status;
  if (!(bond->dcut >= 0.0 && bond->dcut <= rcut))
    return yaml_fail(doc, yaml_get(doc, map, "dcut"), err, "dcut: expected 0 <= dcut <= rcut = %g, found %g", rcut,
                     bond->dcut);
  if ((status = read_kind(in, map, bond, err)) != LISI_OK)
    return status;
  *inner = ACE_INNER_DENSITY;
  if (bond->kind == ACE_ACEJL || bond->kind == ACE_ACEJL_SPLINE)
    return read_acejl(in, map, bond, err);
  if ((status = read_inner(in, map, bond, inner, err)) != LISI_OK)
    return status;
  if (bond->kind == ACE_CHEB_LINEAR)
    ace_warn(
        in,
        "%s:%d: radbasename ChebLinear does not vanish at the cut-off: energies jump and forces are no exact gradient",
        yaml_doc_name(doc), yaml_line(doc, map));
  return read_chebyshev(in, map, bond, err);
}
