/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fit.yaml -> fit_recipe, every key checked. */
#include "fit_recipe.h"

#include "ace_core.h"
#include "yaml_doc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const yaml_doc *doc;
  const char *folder;
  fit_recipe *recipe;
  lisi_error *err;
} reader;

static bool known(const char *key, const char *const *list) {
  for (; *list; list++)
    if (!strcmp(key, *list))
      return true;
  return false;
}

/* A mapping holds only keys of the list. */
static lisi_status check_keys(reader *in, yaml_ref map, const char *what, const char *const *list) {
  if (yaml_kind_of(in->doc, map) != YAML_MAPPING)
    return yaml_fail(in->doc, map, in->err, "%s: expected a mapping", what);
  for (int k = 0; k < yaml_map_size(in->doc, map); k++) {
    const char *key = yaml_text(in->doc, yaml_map_key(in->doc, map, k));
    if (!key || !known(key, list))
      return yaml_fail(in->doc, yaml_map_key(in->doc, map, k), in->err, "%s: unknown key '%s'", what,
                       key ? key : "(no text)");
  }
  return LISI_OK;
}

/* An optional number of a mapping, in [lo, hi]. */
static lisi_status option(reader *in, yaml_ref map, const char *key, double lo, double hi, double *value) {
  yaml_ref node = yaml_get(in->doc, map, key);
  if (!node)
    return LISI_OK;
  lisi_status status = yaml_as_double(in->doc, node, key, value, in->err);
  if (status == LISI_OK && (*value < lo || *value > hi))
    return yaml_fail(in->doc, node, in->err, "%s: expected %g to %g, found %g", key, lo, hi, *value);
  return status;
}

static lisi_status copy_text(reader *in, const char *text, char **out) {
  *out = strdup(text);
  return *out ? LISI_OK : lisi_no_memory(in->err, strlen(text));
}

/* A file, or {file: x, zero: fit}. */
static lisi_status read_file(reader *in, yaml_ref node, const char *what, char **path, bool *zero) {
  const char *text = NULL, *word = NULL;
  if (yaml_kind_of(in->doc, node) == YAML_MAPPING) {
    lisi_status status = check_keys(in, node, what, (const char *const[]){"file", "zero", NULL});
    if (status == LISI_OK)
      status = yaml_need_text(in->doc, node, "file", &text, in->err);
    if (status == LISI_OK && yaml_get(in->doc, node, "zero"))
      status = yaml_need_text(in->doc, node, "zero", &word, in->err);
    if (status != LISI_OK)
      return status;
    if (word && strcmp(word, "fit") != 0 && strcmp(word, "model") != 0)
      return yaml_fail(in->doc, yaml_get(in->doc, node, "zero"), in->err,
                       "%s: zero: expected 'fit' (an energy zero of its own) or 'model', found '%.40s'", what, word);
    *zero = word && strcmp(word, "fit") == 0;
  } else
    text = yaml_text(in->doc, node);
  if (!text || !*text)
    return yaml_fail(in->doc, node, in->err, "%s: expected a file name, or {file: NAME, zero: fit}", what);
  size_t room = strlen(in->folder) + strlen(text) + 2;
  if (!(*path = malloc(room)))
    return lisi_no_memory(in->err, room);
  snprintf(*path, room, "%s%s", *text == '/' ? "" : in->folder, text);
  return LISI_OK;
}

static lisi_status read_paths(reader *in, yaml_ref node, const char *what, int *n, char **list, bool *zero) {
  bool one = yaml_kind_of(in->doc, node) != YAML_SEQUENCE;
  int count = one ? 1 : yaml_seq_size(in->doc, node);
  if (count < 1 || count > FIT_MAX_FILES)
    return yaml_fail(in->doc, node, in->err, "%s: expected a file or a list of 1 to %d files", what, FIT_MAX_FILES);
  for (int k = 0; k < count; k++) {
    lisi_status status = read_file(in, one ? node : yaml_seq_at(in->doc, node, k), what, &list[k], &zero[k]);
    if (status != LISI_OK)
      return status;
    (*n)++;
  }
  return LISI_OK;
}

static lisi_status read_data(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref data, train;
  lisi_status status = yaml_need(in->doc, root, "data", YAML_MAPPING, &data, in->err);
  if (status == LISI_OK)
    status = check_keys(in, data, "data", (const char *const[]){"train", "test", "keys", NULL});
  if (status != LISI_OK)
    return status;
  train = yaml_get(in->doc, data, "train");
  if (!train)
    return yaml_fail(in->doc, data, in->err, "data: key 'train' is missing");
  status = read_paths(in, train, "data/train", &r->ntrain, r->train, r->train_zero);
  yaml_ref test = yaml_get(in->doc, data, "test");
  if (status == LISI_OK && test)
    status = read_paths(in, test, "data/test", &r->ntest, r->test, r->test_zero);
  yaml_ref keys = yaml_get(in->doc, data, "keys");
  if (status != LISI_OK || !keys)
    return status;
  static const char *const names[] = {"energy", "forces", "virial", "stress", "config_type", NULL};
  char **place[] = {&r->key_energy, &r->key_forces, &r->key_virial, &r->key_stress, &r->key_group};
  status = check_keys(in, keys, "data/keys", names);
  for (int k = 0; names[k] && status == LISI_OK; k++) {
    if (!yaml_get(in->doc, keys, names[k]))
      continue;
    const char *text;
    status = yaml_need_text(in->doc, keys, names[k], &text, in->err);
    if (status == LISI_OK)
      status = copy_text(in, text, place[k]);
  }
  return status;
}

static lisi_status read_elements(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref seq;
  lisi_status status = yaml_need(in->doc, root, "elements", YAML_SEQUENCE, &seq, in->err);
  if (status != LISI_OK)
    return status;
  int n = yaml_seq_size(in->doc, seq);
  if (n < 1 || n > 8)
    return yaml_fail(in->doc, seq, in->err, "elements: expected 1 to 8 element symbols, found %d", n);
  for (int k = 0; k < n; k++) {
    const char *text = yaml_text(in->doc, yaml_seq_at(in->doc, seq, k));
    if (!text || strlen(text) > 3 || ace_atomic_number(text) == 0)
      return yaml_fail(in->doc, seq, in->err, "elements: expected element symbols, found '%.20s'", text ? text : "");
    for (int j = 0; j < k; j++)
      if (!strcmp(text, r->element[j]))
        return yaml_fail(in->doc, seq, in->err, "elements: %s stands twice", text);
    strcpy(r->element[k], text);
  }
  r->nelements = n;
  yaml_ref e0 = yaml_get(in->doc, root, "E0");
  const char *word = yaml_text(in->doc, e0);
  if (word && !strcmp(word, "fit")) {
    r->fit_E0 = true;
    return LISI_OK;
  }
  if (yaml_kind_of(in->doc, e0) != YAML_MAPPING || yaml_map_size(in->doc, e0) != n)
    return yaml_fail(in->doc, e0 ? e0 : root, in->err, "E0: expected 'fit', or one energy (eV) for each element");
  for (int k = 0; k < n && status == LISI_OK; k++)
    status = yaml_need_double(in->doc, e0, r->element[k], &r->E0[k], in->err);
  return status;
}

/* What only holds together with values given elsewhere (of a pair, in the lines for all pairs); readers of the model
 * insist on it. */
static lisi_status check_bond(reader *in, yaml_ref map, const ace_bond *bond) {
  if (bond->dcut > bond->rcut)
    return yaml_fail(in->doc, map, in->err, "dcut: expected at most the cutoff, %g, found %g", bond->rcut, bond->dcut);
  if (bond->kind == ACE_CHEB_POW && bond->lambda < 1)
    return yaml_fail(in->doc, map, in->err,
                     "lambda: expected at least 1 with ChebPow (below it forces diverge at the cut-off), found %g",
                     bond->lambda);
  if (bond->rcut_in >= bond->rcut)
    return yaml_fail(in->doc, map, in->err, "cutoff: expected more than %g, where ZBL takes over, found %g",
                     bond->rcut_in, bond->rcut);
  return LISI_OK;
}

static lisi_status read_radial_kind(reader *in, yaml_ref map, ace_bond *bond) {
  static const char *const names[] = {"ChebExpCos", "ChebPow", "SBessel", NULL};
  static const ace_radial_kind kinds[] = {ACE_CHEB_EXP_COS, ACE_CHEB_POW, ACE_SBESSEL};
  if (yaml_get(in->doc, map, "kind")) {
    const char *text;
    lisi_status status = yaml_need_text(in->doc, map, "kind", &text, in->err);
    if (status != LISI_OK)
      return status;
    int k = 0;
    while (names[k] && strcmp(names[k], text))
      k++;
    if (!names[k])
      return yaml_fail(in->doc, yaml_get(in->doc, map, "kind"), in->err,
                       "kind: expected ChebExpCos, ChebPow or SBessel, found '%.40s'", text);
    bond->kind = kinds[k];
    snprintf(bond->kind_text, sizeof bond->kind_text, "%s", names[k]);
  }
  lisi_status status = option(in, map, "cutoff", 1, 20, &bond->rcut);
  if (status == LISI_OK)
    status = option(in, map, "lambda", 0.01, 50, &bond->lambda);
  if (status == LISI_OK)
    status = option(in, map, "dcut", 1e-3, 10, &bond->dcut);
  if (status == LISI_OK && yaml_get(in->doc, map, "zbl")) {
    double zbl[2];
    status = yaml_as_doubles(in->doc, yaml_get(in->doc, map, "zbl"), "zbl", 2, zbl, in->err);
    if (status == LISI_OK && !(zbl[1] > 0 && zbl[0] > zbl[1] && zbl[0] < bond->rcut))
      return yaml_fail(in->doc, yaml_get(in->doc, map, "zbl"), in->err,
                       "zbl: expected [r, d] with 0 < d < r < cutoff: the ACE energy from r on, ZBL below r - d");
    if (status == LISI_OK) {
      bond->rcut_in = zbl[0];
      bond->dcut_in = zbl[1];
    }
  }
  return status == LISI_OK ? check_bond(in, map, bond) : status;
}

static lisi_status read_radial(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  static const char *const keys[] = {"kind", "cutoff", "lambda", "dcut", "zbl", NULL};
  static const char *const top[] = {"kind", "cutoff", "lambda", "dcut", "zbl", "pairs", "nbase", "smooth", NULL};
  size_t n = (size_t)r->nelements;
  yaml_ref radial;
  lisi_status status = yaml_need(in->doc, root, "radial", YAML_MAPPING, &radial, in->err);
  if (status == LISI_OK)
    status = check_keys(in, radial, "radial", top);
  if (status != LISI_OK)
    return status;
  if (!(r->bond = calloc(n * n, sizeof *r->bond)))
    return lisi_no_memory(in->err, n * n * sizeof *r->bond);
  ace_bond base = {.kind = ACE_CHEB_EXP_COS,
                   .kind_text = "ChebExpCos",
                   .lambda = 5,
                   .rcut = 6,
                   .dcut = 0.01,
                   .rcut_in = 1.2,
                   .dcut_in = 0.4,
                   .prehc = 1,
                   .lambdahc = 1};
  status = read_radial_kind(in, radial, &base);
  for (size_t k = 0; k < n * n; k++)
    r->bond[k] = base;
  yaml_ref nbase = yaml_get(in->doc, radial, "nbase"), smooth = yaml_get(in->doc, radial, "smooth");
  if (status == LISI_OK && nbase)
    status = yaml_as_int(in->doc, nbase, "radial/nbase", 1, 40, &r->nbase, in->err);
  if (status == LISI_OK && smooth) {
    const int given = yaml_kind_of(in->doc, smooth) == YAML_SEQUENCE && yaml_seq_size(in->doc, smooth) == 3 ? 3 : 2;
    status = yaml_as_doubles(in->doc, smooth, "radial/smooth", given, r->smooth, in->err);
    if (status == LISI_OK && !(r->smooth[0] > 0 && r->smooth[0] <= r->smooth[1] && r->smooth[1] < 1 &&
                               r->smooth[2] >= 0 && r->smooth[2] <= 20))
      return yaml_fail(
          in->doc, smooth, in->err,
          "radial/smooth: expected [a, b] or [a, b, q] with 0 < a <= b < 1, parts of the cut-off, and 0 <= "
          "q <= 20");
  }
  yaml_ref pairs = yaml_get(in->doc, radial, "pairs");
  if (status != LISI_OK || !pairs)
    return status;
  if (yaml_kind_of(in->doc, pairs) != YAML_MAPPING)
    return yaml_fail(in->doc, pairs, in->err, "radial/pairs: expected a mapping");
  for (int p = 0; p < yaml_map_size(in->doc, pairs) && status == LISI_OK; p++) {
    const char *key = yaml_text(in->doc, yaml_map_key(in->doc, pairs, p));
    bool found = false;
    for (size_t a = 0; a < n && status == LISI_OK; a++)
      for (size_t b = 0; b < n && status == LISI_OK; b++) {
        char name[16];
        snprintf(name, sizeof name, "%s-%s", r->element[a], r->element[b]);
        if (!key || found || strcmp(name, key))
          continue;
        found = true;
        yaml_ref map = yaml_map_value(in->doc, pairs, p);
        status = check_keys(in, map, key, keys);
        if (status == LISI_OK)
          status = read_radial_kind(in, map, &r->bond[a * n + b]);
        r->bond[b * n + a] = r->bond[a * n + b];
      }
    if (!found)
      return yaml_fail(in->doc, yaml_map_key(in->doc, pairs, p), in->err,
                       "radial/pairs: expected a pair such as %s-%s, found '%.20s'", r->element[0], r->element[0],
                       key ? key : "");
  }
  return status;
}

/* elements or centre of a line of the basis: one symbol or a list, among those of *mask; *mask stays if there is no
 * such key */
static lisi_status read_line_elements(reader *in, yaml_ref item, const char *key, unsigned *mask) {
  const fit_recipe *r = in->recipe;
  yaml_ref node = yaml_get(in->doc, item, key);
  const unsigned among = *mask;
  if (!node)
    return LISI_OK;
  bool one = yaml_kind_of(in->doc, node) == YAML_SCALAR;
  int n = one ? 1 : yaml_seq_size(in->doc, node);
  *mask = 0;
  for (int k = 0; k < n; k++) {
    const char *text = yaml_text(in->doc, one ? node : yaml_seq_at(in->doc, node, k));
    int e = 0;
    while (e < r->nelements && (!text || strcmp(text, r->element[e]) != 0))
      e++;
    if (e == r->nelements)
      return yaml_fail(in->doc, node, in->err, "basis/%s: expected elements of the recipe, found '%.20s'", key,
                       text ? text : "");
    if (!(among & 1u << e))
      return yaml_fail(in->doc, node, in->err, "basis/%s: %s is not among the elements of this line", key,
                       r->element[e]);
    *mask |= 1u << e;
  }
  if (!*mask)
    return yaml_fail(in->doc, node, in->err, "basis/%s: expected an element or a list of elements", key);
  return LISI_OK;
}

/* gamma: yes or no, whether the functions of a line are part of the extrapolation grade */
static lisi_status read_line_graded(reader *in, yaml_ref item, bool *graded) {
  yaml_ref node = yaml_get(in->doc, item, "gamma");
  const char *text = node ? yaml_text(in->doc, node) : "yes";
  *graded = text && strcmp(text, "yes") == 0;
  if (!*graded && (!text || strcmp(text, "no") != 0))
    return yaml_fail(in->doc, node, in->err, "basis/gamma: expected yes or no, found '%.20s'", text ? text : "");
  return LISI_OK;
}

static lisi_status read_basis(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref seq;
  lisi_status status = yaml_need(in->doc, root, "basis", YAML_SEQUENCE, &seq, in->err);
  if (status == LISI_OK && yaml_seq_size(in->doc, seq) < 1)
    return yaml_fail(in->doc, seq, in->err, "basis: no orders");
  if (status == LISI_OK && yaml_seq_size(in->doc, seq) > FIT_MAX_LINES)
    return yaml_fail(in->doc, seq, in->err, "basis: more than %d lines", FIT_MAX_LINES);
  for (int k = 0; k < yaml_seq_size(in->doc, seq) && status == LISI_OK; k++) {
    yaml_ref item = yaml_seq_at(in->doc, seq, k), node = 0;
    fit_line *o = &r->line[k];
    *o = (fit_line){.degree = 1e9, .l_weight = 1, .elements = (1u << r->nelements) - 1, .graded = true};
    status = check_keys(
        in, item, "basis",
        (const char *const[]){"order", "nmax", "lmax", "degree", "l_weight", "elements", "centre", "gamma", NULL});
    if (status == LISI_OK)
      status = yaml_need(in->doc, item, "order", YAML_SCALAR, &node, in->err);
    if (status == LISI_OK)
      status = yaml_as_int(in->doc, node, "basis/order", 1, FIT_MAX_ORDER, &o->order, in->err);
    if (status == LISI_OK)
      status = read_line_elements(in, item, "elements", &o->elements);
    o->centre = o->elements;
    if (status == LISI_OK)
      status = read_line_elements(in, item, "centre", &o->centre);
    if (status == LISI_OK)
      status = read_line_graded(in, item, &o->graded);
    if (status != LISI_OK)
      return status;
    for (int j = 0; j < k; j++)
      if (r->line[j].order == o->order && r->line[j].elements == o->elements && r->line[j].centre == o->centre &&
          r->line[j].graded == o->graded)
        return yaml_fail(
            in->doc, item, in->err, "basis: order %d stands twice%s", o->order,
            yaml_get(in->doc, item, "elements") || yaml_get(in->doc, item, "centre") ? " for these elements" : "");
    status = yaml_need(in->doc, item, "nmax", YAML_SCALAR, &node, in->err);
    if (status == LISI_OK)
      status = yaml_as_int(in->doc, node, "basis/nmax", 1, 40, &o->nmax, in->err);
    if (status == LISI_OK && o->order > 1)
      status = yaml_need(in->doc, item, "lmax", YAML_SCALAR, &node, in->err);
    if (status == LISI_OK && o->order > 1)
      status = yaml_as_int(in->doc, node, "basis/lmax", 0, FIT_MAX_L, &o->lmax, in->err);
    if (status == LISI_OK)
      status = option(in, item, "degree", 0, 1e9, &o->degree);
    if (status == LISI_OK)
      status = option(in, item, "l_weight", 0, 100, &o->l_weight);
    r->nlines = k + 1;
  }
  return status;
}

static lisi_status read_weight(reader *in, yaml_ref map, fit_weight *w) {
  lisi_status status = option(in, map, "energy", 0, 1e6, &w->energy);
  if (status == LISI_OK)
    status = option(in, map, "force", 0, 1e6, &w->force);
  if (status == LISI_OK)
    status = option(in, map, "virial", 0, 1e6, &w->virial);
  return status;
}

static lisi_status read_weights(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref map = yaml_get(in->doc, root, "weights"), groups;
  r->weight = (fit_weight){10, 1, 5};
  if (!map)
    return LISI_OK;
  lisi_status status =
      check_keys(in, map, "weights", (const char *const[]){"energy", "force", "virial", "force_scale", "groups", NULL});
  if (status == LISI_OK)
    status = read_weight(in, map, &r->weight);
  if (status == LISI_OK)
    status = option(in, map, "force_scale", 0, 1e6, &r->force_scale);
  groups = yaml_get(in->doc, map, "groups");
  if (status != LISI_OK || !groups)
    return status;
  if (yaml_kind_of(in->doc, groups) != YAML_MAPPING || yaml_map_size(in->doc, groups) > FIT_MAX_GROUPS)
    return yaml_fail(in->doc, groups, in->err, "weights/groups: expected a mapping of at most %d config_types",
                     FIT_MAX_GROUPS);
  for (int k = 0; k < yaml_map_size(in->doc, groups) && status == LISI_OK; k++) {
    const char *prefix = yaml_text(in->doc, yaml_map_key(in->doc, groups, k));
    yaml_ref value = yaml_map_value(in->doc, groups, k);
    if (!prefix)
      return yaml_fail(in->doc, groups, in->err, "weights/groups: expected the beginning of a config_type");
    r->group[k].weight = (fit_weight){1, 1, 1};
    status = check_keys(in, value, prefix, (const char *const[]){"energy", "force", "virial", NULL});
    if (status == LISI_OK)
      status = read_weight(in, value, &r->group[k].weight);
    if (status == LISI_OK)
      status = copy_text(in, prefix, &r->group[k].prefix);
    r->ngroups = k + 1;
  }
  return status;
}

static lisi_status read_prior(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref map = yaml_get(in->doc, root, "prior");
  r->prior_n = r->prior_l = 0.5;
  r->prior_order = 0;
  r->prior_power = 2;
  r->choice = FIT_RIDGE_CV;
  r->folds = 5;
  if (!map)
    return LISI_OK;
  lisi_status status =
      check_keys(in, map, "prior", (const char *const[]){"kind", "n", "l", "order", "power", "ridge", "folds", NULL});
  if (status == LISI_OK)
    status = option(in, map, "n", 0, 100, &r->prior_n);
  if (status == LISI_OK)
    status = option(in, map, "l", 0, 100, &r->prior_l);
  if (status == LISI_OK)
    status = option(in, map, "order", 0, 100, &r->prior_order);
  if (status == LISI_OK)
    status = option(in, map, "power", 0, 20, &r->prior_power);
  const char *kind = "ridge";
  if (status == LISI_OK && yaml_get(in->doc, map, "kind"))
    status = yaml_need_text(in->doc, map, "kind", &kind, in->err);
  if (status == LISI_OK && strcmp(kind, "ridge") != 0 && strcmp(kind, "ard") != 0)
    return yaml_fail(in->doc, yaml_get(in->doc, map, "kind"), in->err,
                     "prior/kind: expected ridge or ard, found '%.40s'", kind);
  r->ard = strcmp(kind, "ard") == 0;
  if (r->ard) /* where it starts, and cross-validation is not needed for that */
    r->choice = FIT_RIDGE_EVIDENCE;
  const char *ridge = yaml_text(in->doc, yaml_get(in->doc, map, "ridge"));
  if (status == LISI_OK && ridge && strcmp(ridge, "cv") == 0)
    r->choice = FIT_RIDGE_CV;
  else if (status == LISI_OK && ridge && strcmp(ridge, "evidence") == 0)
    r->choice = FIT_RIDGE_EVIDENCE;
  else if (status == LISI_OK && yaml_get(in->doc, map, "ridge")) {
    r->choice = FIT_RIDGE_GIVEN;
    if (!ridge || strspn(ridge, "0123456789.+-eE") != strlen(ridge))
      return yaml_fail(in->doc, yaml_get(in->doc, map, "ridge"), in->err,
                       "prior/ridge: expected cv, evidence or a number, found '%.40s'", ridge ? ridge : "");
    status = option(in, map, "ridge", 0, 1e6, &r->ridge);
    if (status == LISI_OK && r->ard && r->ridge == 0)
      return yaml_fail(in->doc, yaml_get(in->doc, map, "ridge"), in->err,
                       "prior/ridge: kind ard needs a number above 0 to start from");
  }
  yaml_ref folds = yaml_get(in->doc, map, "folds");
  const char *word = yaml_text(in->doc, folds);
  if (status == LISI_OK && word && strcmp(word, "group") == 0)
    r->folds = 0;
  else if (status == LISI_OK && folds)
    status = yaml_as_int(in->doc, folds, "prior/folds", 2, 100, &r->folds, in->err);
  return status;
}

static bool has_order_1(const fit_recipe *r) {
  for (int k = 0; k < r->nlines; k++)
    if (r->line[k].order == 1 && r->line[k].elements == (1u << r->nelements) - 1)
      return true;
  return false;
}

static lisi_status read_embedding(reader *in, yaml_ref root) {
  fit_recipe *r = in->recipe;
  yaml_ref map = yaml_get(in->doc, root, "embedding"), list, steps;
  r->ndensity = 1;
  r->fs[0] = r->fs[1] = 1;
  r->embedding = ACE_FINNIS_SINCLAIR;
  r->steps = 15;
  if (!map)
    return LISI_OK;
  lisi_status status = check_keys(in, map, "embedding", (const char *const[]){"kind", "densities", "steps", NULL});
  const char *kind = NULL;
  if (status == LISI_OK)
    status = yaml_need_text(in->doc, map, "kind", &kind, in->err);
  if (status == LISI_OK && strcmp(kind, "FinnisSinclair") != 0 && strcmp(kind, "FinnisSinclairShiftedScaled") != 0)
    return yaml_fail(in->doc, yaml_get(in->doc, map, "kind"), in->err,
                     "embedding/kind: expected FinnisSinclair or FinnisSinclairShiftedScaled, found '%.40s'", kind);
  if (status == LISI_OK)
    status = yaml_need(in->doc, map, "densities", YAML_SEQUENCE, &list, in->err);
  if (status != LISI_OK)
    return status;
  if (strcmp(kind, "FinnisSinclairShiftedScaled") == 0)
    r->embedding = ACE_FINNIS_SINCLAIR_SHIFTED_SCALED;
  r->ndensity = yaml_seq_size(in->doc, list);
  if (r->ndensity < 1 || r->ndensity > ACE_MAX_DENSITY)
    return yaml_fail(in->doc, list, in->err, "embedding/densities: expected 1 to %d pairs [weight, exponent], found %d",
                     ACE_MAX_DENSITY, r->ndensity);
  for (int p = 0; p < r->ndensity && status == LISI_OK; p++) {
    status = yaml_as_doubles(in->doc, yaml_seq_at(in->doc, list, p), "embedding/densities", 2, &r->fs[2 * p], in->err);
    if (status == LISI_OK && !(r->fs[2 * p] != 0 && r->fs[2 * p + 1] >= 0.01 && r->fs[2 * p + 1] <= 2))
      return yaml_fail(
          in->doc, list, in->err,
          "embedding/densities: expected [weight, exponent] with weight not 0 and .01 <= exponent <= 2, found "
          "[%g, %g]",
          r->fs[2 * p], r->fs[2 * p + 1]);
  }
  if (status == LISI_OK && (r->fs[0] != 1 || r->fs[1] != 1)) /* the linear fit, where a fit starts, is of this form */
    return yaml_fail(in->doc, list, in->err,
                     "embedding/densities: the first density has to be linear, [1, 1], found [%g, %g]", r->fs[0],
                     r->fs[1]);
  steps = yaml_get(in->doc, map, "steps");
  if (status == LISI_OK && steps)
    status = yaml_as_int(in->doc, steps, "embedding/steps", 1, 1000, &r->steps, in->err);
  if (status == LISI_OK && r->ndensity > 1 && r->ard)
    return yaml_fail(in->doc, map, in->err, "embedding: more than one density and prior/kind: ard do not go together");
  if (status == LISI_OK && r->ndensity > 1 && !has_order_1(r))
    return yaml_fail(in->doc, map, in->err,
                     "embedding: more than one density needs functions of order 1 in the basis, where they start");
  return status;
}

lisi_status fit_recipe_load(const char *path, fit_recipe **out, lisi_error *err) {
  *out = NULL;
  yaml_doc *doc;
  lisi_status status = yaml_doc_load(path, &doc, err);
  if (status != LISI_OK)
    return status;
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("");
  fit_recipe *recipe = calloc(1, sizeof *recipe);
  if (!folder || !recipe)
    status = lisi_no_memory(err, sizeof *recipe);
  if (status == LISI_OK) {
    reader in = {doc, folder, recipe, err};
    yaml_ref root = yaml_root(doc);
    const char *format = NULL;
    static const char *const keys[] = {"format", "elements",  "E0",      "data",  "radial",
                                       "basis",  "embedding", "weights", "prior", NULL};
    status = check_keys(&in, root, "recipe", keys);
    if (status == LISI_OK)
      status = yaml_need_text(doc, root, "format", &format, err);
    if (status == LISI_OK && strcmp(format, "lisi-fit 1"))
      status = lisi_fail(err, LISI_ERR_VERSION, "%s:%d: expected 'format: lisi-fit 1', found '%.40s'", path,
                         yaml_line(doc, yaml_get(doc, root, "format")), format);
    if (status == LISI_OK)
      status = read_elements(&in, root);
    if (status == LISI_OK)
      status = read_data(&in, root);
    if (status == LISI_OK)
      status = read_radial(&in, root);
    if (status == LISI_OK)
      status = read_basis(&in, root);
    if (status == LISI_OK)
      status = read_weights(&in, root);
    if (status == LISI_OK)
      status = read_prior(&in, root);
    if (status == LISI_OK)
      status = read_embedding(&in, root);
  }
  yaml_doc_free(doc);
  free(folder);
  if (status != LISI_OK) {
    fit_recipe_free(recipe);
    return status;
  }
  *out = recipe;
  return LISI_OK;
}

void fit_recipe_free(fit_recipe *r) {
  if (!r)
    return;
  for (int k = 0; k < r->ntrain; k++)
    free(r->train[k]);
  for (int k = 0; k < r->ntest; k++)
    free(r->test[k]);
  for (int k = 0; k < r->ngroups; k++)
    free(r->group[k].prefix);
  free(r->key_energy);
  free(r->key_forces);
  free(r->key_virial);
  free(r->key_stress);
  free(r->key_group);
  free(r->bond);
  free(r);
}
