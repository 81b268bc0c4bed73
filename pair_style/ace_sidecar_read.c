/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a sidecar. The bytes may be anything: nothing is taken from them without a check of the place and of the value,
 * and what passes can be evaluated without further ones. */
#include "ace_sidecar.h"

#include "sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 32, ENTRY = 32, MAX_SECTIONS = 10000, MAX_COLUMNS = 100000 };

/* What is left of a section. */
typedef struct {
  const char *name, *section; /* of the file, and what is being read, for messages */
  int element;
  const char *at;
  size_t left;
} cursor;

static lisi_status wrong(const cursor *c, lisi_error *err, const char *what, long long expected, long long found) {
  return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d: %s: expected %lld, found %lld", c->name,
                   c->section, c->element, what, expected, found);
}

static lisi_status take(cursor *c, void *to, size_t size, lisi_error *err) {
  if (size > c->left)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d ends too early: %zu bytes left, %zu needed",
                     c->name, c->section, c->element, c->left, size);
  memcpy(to, c->at, size);
  c->at += size;
  c->left -= size;
  return LISI_OK;
}

/* count items of `size` bytes into fresh memory; the room for them is asked for only once they are known to be there.
 */
static lisi_status take_array(cursor *c, size_t count, size_t size, void **to, lisi_error *err) {
  if (count > c->left / size)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: section %s of element %d ends too early: %zu bytes left, %zu items of %zu needed", c->name,
                     c->section, c->element, c->left, count, size);
  *to = malloc(count * size + 1);
  if (!*to)
    return lisi_no_memory(err, count * size);
  return take(c, *to, count * size, err);
}

static lisi_status take_int(cursor *c, const char *what, int lo, int hi, int *value, lisi_error *err) {
  int32_t x = 0;
  lisi_status status = take(c, &x, sizeof x, err);
  if (status == LISI_OK && (x < lo || x > hi))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d: %s: expected %d to %d, found %d", c->name,
                     c->section, c->element, what, lo, hi, (int)x);
  *value = (int)x;
  return status;
}

static uint32_t u32_at(const char *bytes, size_t offset) {
  uint32_t x;
  memcpy(&x, bytes + offset, sizeof x);
  return x;
}
static uint64_t u64_at(const char *bytes, size_t offset) {
  uint64_t x;
  memcpy(&x, bytes + offset, sizeof x);
  return x;
}

static lisi_status check_header(const char *bytes, size_t size, const char *name, lisi_error *err) {
  if (size < 8 || memcmp(bytes, "lisiside", 8) != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: not a sidecar of a lisi model: expected 'lisiside' at its beginning",
                     name);
  if (size < HEADER)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cut off: expected at least %d bytes, found %zu", name, HEADER, size);
  uint32_t mark = u32_at(bytes, 8), version = u32_at(bytes, 12);
  if (mark == 0x04030201)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "%s: written on a machine with the other byte order; run lisi-fit train on one like this", name);
  if (mark != 0x01020304)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: byte order mark: expected 01020304, found %08x", name, (unsigned)mark);
  if (version != ACE_SIDECAR_VERSION)
    return lisi_fail(err, LISI_ERR_VERSION, "%s: version: this program knows %d, found %u", name, ACE_SIDECAR_VERSION,
                     (unsigned)version);
  uint64_t total = u64_at(bytes, 16);
  if (total != size)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: %s: expected %llu bytes, found %zu", name,
                     total > size ? "cut off" : "too long", (unsigned long long)total, size);
  uint32_t n = u32_at(bytes, 24);
  if (n > MAX_SECTIONS || n > (size - HEADER) / ENTRY)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: number of sections: expected at most %zu, found %u", name,
                     (size - HEADER) / ENTRY, (unsigned)n);
  return LISI_OK;
}

static bool has(const char *bytes, const char *section) {
  char label[8] = {0};
  memcpy(label, section, strlen(section));
  for (uint32_t k = 0, n = u32_at(bytes, 24); k < n; k++)
    if (memcmp(bytes + HEADER + (size_t)k * ENTRY, label, sizeof label) == 0)
      return true;
  return false;
}

/* The one section of that name and element. */
static lisi_status find(const char *bytes, size_t size, const char *name, const char *section, int element, cursor *c,
                        lisi_error *err) {
  char label[8] = {0};
  memcpy(label, section, strlen(section));
  *c = (cursor){name, section, element, NULL, 0};
  uint32_t n = u32_at(bytes, 24);
  for (uint32_t k = 0; k < n; k++) {
    size_t at = HEADER + (size_t)k * ENTRY;
    if (memcmp(bytes + at, label, sizeof label) != 0 || u32_at(bytes, at + 8) != (uint32_t)element)
      continue;
    if (c->at)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d stands twice", name, section, element);
    uint64_t offset = u64_at(bytes, at + 16), length = u64_at(bytes, at + 24);
    if (offset > size || length > size - offset || offset % 8)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d lies outside of the file", name, section,
                       element);
    c->at = bytes + offset;
    c->left = (size_t)length;
  }
  if (!c->at)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d is missing", name, section, element);
  return LISI_OK;
}

static lisi_status at_end(const cursor *c, lisi_error *err) {
  return c->left ? wrong(c, err, "bytes after its end", 0, (long long)c->left) : LISI_OK;
}

static lisi_status read_model(cursor *c, ace_sidecar *s, lisi_error *err) {
  int n = 0;
  uint32_t zero;
  void *element = NULL;
  lisi_status status = take_int(c, "number of elements", 1, ACE_MAX_ELEMENTS, &n, err);
  if (status == LISI_OK)
    status = take(c, &zero, sizeof zero, err);
  if (status == LISI_OK)
    status = take(c, s->model_sha256, 64, err);
  if (status == LISI_OK && strspn(s->model_sha256, "0123456789abcdef") != 64)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: section model: expected a SHA-256 of 64 hexadecimal digits", c->name);
  if (status == LISI_OK)
    status = take_array(c, (size_t)n, sizeof *s->element, &element, err);
  s->element = element;
  for (int mu = 0; mu < n && status == LISI_OK; mu++)
    if (!memchr(s->element[mu], '\0', sizeof *s->element) || !*s->element[mu])
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section model: element %d has no symbol", c->name, mu);
  if (status == LISI_OK)
    status = at_end(c, err);
  if (status != LISI_OK)
    return status;
  s->of = calloc((size_t)n, sizeof *s->of);
  if (!s->of)
    return lisi_no_memory(err, (size_t)n * sizeof *s->of);
  s->nelements = n;
  return LISI_OK;
}

static lisi_status read_multiset(cursor *c, int nelements, ace_multiset *m, lisi_error *err) {
  lisi_status status = take_int(c, "order", 1, ACE_MAX_RANK, &m->order, err);
  if (status == LISI_OK)
    status = take_int(c, "number of products", 1, 1 << 20, &m->nms, err);
  if (status == LISI_OK)
    status = take_int(c, "number of invariants", 1, MAX_COLUMNS, &m->ninv, err);
  for (int t = 0; t < ACE_MAX_RANK && status == LISI_OK; t++) {
    int lo = t < m->order;
    status = take_int(c, "mus", 0, lo ? nelements - 1 : 0, &m->mus[t], err);
    if (status == LISI_OK)
      status = take_int(c, "ns", lo, lo ? 10000 : 0, &m->ns[t], err);
    if (status == LISI_OK)
      status = take_int(c, "ls", 0, lo && m->order > 1 ? ACE_MAX_LMAX : 0, &m->ls[t], err);
  }
  int zero;
  return status == LISI_OK ? take_int(c, "filling", 0, 0, &zero, err) : status;
}

static lisi_status check_ms(const cursor *c, const ace_multiset *m, const int8_t *ms, lisi_error *err) {
  for (int i = 0; i < m->nms; i++) {
    int sum = 0;
    for (int t = 0; t < m->order; t++) {
      int x = ms[i * m->order + t];
      if (abs(x) > m->ls[t])
        return lisi_fail(err, LISI_ERR_INPUT, "%s: section %s of element %d: m: expected %d to %d, found %d", c->name,
                         c->section, c->element, -m->ls[t], m->ls[t], x);
      sum += x;
    }
    if (sum != 0)
      return wrong(c, err, "sum of m", 0, sum);
  }
  return LISI_OK;
}

static lisi_status read_basis(cursor *c, int nelements, ace_invariants *inv, lisi_error *err) {
  int nmultisets = 0, ncolumns = 0;
  uint64_t nms = 0, ncoef = 0;
  void *memory = NULL;
  lisi_status status = take_int(c, "number of multisets", 0, MAX_COLUMNS, &nmultisets, err);
  if (status == LISI_OK)
    status = take_int(c, "number of functions", 0, MAX_COLUMNS, &ncolumns, err);
  if (status == LISI_OK)
    status = take(c, &nms, sizeof nms, err);
  if (status == LISI_OK)
    status = take(c, &ncoef, sizeof ncoef, err);
  if (status != LISI_OK)
    return status;
  if ((size_t)nmultisets > c->left / (3 * sizeof(int32_t)))
    return wrong(c, err, "bytes", (long long)nmultisets * 3 * (long long)sizeof(int32_t), (long long)c->left);
  inv->multiset = calloc((size_t)nmultisets + 1, sizeof *inv->multiset);
  if (!inv->multiset)
    return lisi_no_memory(err, (size_t)nmultisets * sizeof *inv->multiset);
  inv->nmultisets = nmultisets;
  int columns = 0;
  for (int k = 0; k < nmultisets; k++) {
    ace_multiset *m = &inv->multiset[k];
    if ((status = read_multiset(c, nelements, m, err)) != LISI_OK)
      return status;
    m->ms_first = inv->nms_total;
    m->coef_first = inv->ncoef;
    inv->nms_total += (size_t)m->nms * (size_t)m->order;
    inv->ncoef += (size_t)m->nms * (size_t)m->ninv;
    columns += m->ninv;
    if (columns > ncolumns)
      break;
  }
  if (columns != ncolumns)
    return wrong(c, err, "functions in all", ncolumns, columns);
  if (inv->nms_total != nms)
    return wrong(c, err, "length of ms", (long long)inv->nms_total, (long long)nms);
  if (inv->ncoef != ncoef)
    return wrong(c, err, "length of coef", (long long)inv->ncoef, (long long)ncoef);
  inv->ncolumns = ncolumns;
  if ((status = take_array(c, inv->nms_total, 1, &memory, err)) != LISI_OK)
    return free(memory), status;
  inv->ms = memory;
  for (int k = 0; k < nmultisets && status == LISI_OK; k++)
    status = check_ms(c, &inv->multiset[k], inv->ms + inv->multiset[k].ms_first, err);
  char zero[8];
  if (status == LISI_OK)
    status = take(c, zero, (8 - inv->nms_total % 8) % 8, err);
  memory = NULL;
  if (status == LISI_OK)
    status = take_array(c, inv->ncoef, sizeof *inv->coef, &memory, err);
  inv->coef = memory;
  for (size_t k = 0; k < inv->ncoef && status == LISI_OK; k++)
    if (!isfinite(inv->coef[k]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section basis of element %d: coupling %zu is not finite", c->name,
                         c->element, k + 1);
  return status == LISI_OK ? at_end(c, err) : status;
}

static lisi_status read_coefficients(cursor *c, ace_sidecar_element *e, lisi_error *err) {
  void *memory = NULL;
  lisi_status status = take_array(c, (size_t)e->invariants.ncolumns, sizeof *e->coefficient, &memory, err);
  e->coefficient = memory;
  for (int k = 0; k < e->invariants.ncolumns && status == LISI_OK; k++)
    if (!isfinite(e->coefficient[k]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section coeff of element %d: number %d is not finite", c->name,
                         c->element, k + 1);
  return status == LISI_OK ? at_end(c, err) : status;
}

/* How many functions of each element gamma is of: whole multisets, the first of all. */
static lisi_status read_graded(cursor *c, ace_sidecar *s, lisi_error *err) {
  lisi_status status = LISI_OK;
  for (int mu = 0; mu < s->nelements && status == LISI_OK; mu++) {
    const ace_invariants *inv = &s->of[mu].invariants;
    status = take_int(c, "functions of the extrapolation grade", 0, inv->ncolumns, &s->of[mu].ngraded, err);
    if (status == LISI_OK && ace_invariants_first(inv, s->of[mu].ngraded).ncolumns != s->of[mu].ngraded)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section graded: no multiset of element %d ends with function %d",
                         c->name, mu, s->of[mu].ngraded);
  }
  return status == LISI_OK ? at_end(c, err) : status;
}

static lisi_status read_active(cursor *c, ace_sidecar_element *e, lisi_error *err) {
  int n = 0, width = 0;
  lisi_status status = take_int(c, "size of the active set", 0, MAX_COLUMNS, &n, err);
  if (status == LISI_OK)
    status = take_int(c, "number of environments", 0, INT32_MAX, &e->nenvironments, err);
  if (status == LISI_OK)
    status = take_int(c, "rank", 0, e->ngraded, &e->rank, err);
  if (status == LISI_OK)
    status = take_int(c, "bytes of a number", 4, 8, &width, err);
  if (status != LISI_OK)
    return status;
  if (width != 4 && width != 8)
    return wrong(c, err, "bytes of a number (4 or 8)", 4, width);
  if (n != (e->rank == e->ngraded ? e->rank : 0))
    return wrong(c, err, "size of the active set", e->ngraded, n);
  if (n == 0)
    return at_end(c, err);
  size_t cells = (size_t)n * (size_t)n;
  void *memory = NULL;
  status = take_array(c, cells, (size_t)width, &memory, err);
  e->inverse = (ace_inverse){n, width == 4 ? memory : NULL, width == 8 ? memory : NULL};
  for (size_t k = 0; k < cells && status == LISI_OK; k++)
    if (!isfinite(width == 4 ? (double)e->inverse.f[k] : e->inverse.d[k]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section active of element %d: number %zu is not finite", c->name,
                         c->element, k + 1);
  return status == LISI_OK ? at_end(c, err) : status;
}

lisi_status ace_sidecar_parse(const char *bytes, size_t size, const char *name, ace_sidecar **out, lisi_error *err) {
  *out = NULL;
  lisi_status status = check_header(bytes, size, name, err);
  if (status != LISI_OK)
    return status;
  ace_sidecar *s = calloc(1, sizeof *s);
  if (!s)
    return lisi_no_memory(err, sizeof *s);
  cursor c;
  status = find(bytes, size, name, "model", 0, &c, err);
  if (status == LISI_OK)
    status = read_model(&c, s, err);
  for (int mu = 0; mu < s->nelements && status == LISI_OK; mu++) {
    status = find(bytes, size, name, "basis", mu, &c, err);
    if (status == LISI_OK)
      status = read_basis(&c, s->nelements, &s->of[mu].invariants, err);
    if (status == LISI_OK)
      status = find(bytes, size, name, "coeff", mu, &c, err);
    if (status == LISI_OK)
      status = read_coefficients(&c, &s->of[mu], err);
    s->of[mu].ngraded = s->of[mu].invariants.ncolumns;
  }
  if (status == LISI_OK && has(bytes, "graded")) {
    status = find(bytes, size, name, "graded", 0, &c, err);
    if (status == LISI_OK)
      status = read_graded(&c, s, err);
  }
  for (int mu = 0; mu < s->nelements && status == LISI_OK; mu++) {
    status = find(bytes, size, name, "active", mu, &c, err);
    if (status == LISI_OK)
      status = read_active(&c, &s->of[mu], err);
  }
  if (status != LISI_OK) {
    ace_sidecar_free(s);
    return status;
  }
  *out = s;
  return LISI_OK;
}

static lisi_status take_doubles(cursor *c, size_t count, double **to, lisi_error *err) {
  void *memory = NULL;
  lisi_status status = take_array(c, count, sizeof **to, &memory, err);
  *to = memory;
  for (size_t k = 0; k < count && status == LISI_OK; k++)
    if (!isfinite((*to)[k]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section info: number %zu is not finite", c->name, k + 1);
  return status;
}

static lisi_status read_info(cursor *c, ace_info *info, int ncolumns, lisi_error *err) {
  double head[5] = {0};
  int pruned = 0;
  lisi_status status = take_int(c, "number of functions", ncolumns, ncolumns, &info->ncolumns, err);
  if (status == LISI_OK)
    status = take_int(c, "number of functions that were kept", 0, ncolumns, &info->nkept, err);
  if (status == LISI_OK)
    status = take(c, &info->rows, sizeof info->rows, err);
  if (status == LISI_OK)
    status = take(c, &info->frames, sizeof info->frames, err);
  if (status == LISI_OK)
    status = take(c, head, sizeof head, err);
  if (status == LISI_OK)
    status = take_int(c, "number of groups", 0, 10000, &info->ngroups, err);
  if (status == LISI_OK)
    status = take_int(c, "bytes of a number", 4, 8, &info->width, err);
  if (status == LISI_OK && info->width != 4 && info->width != 8)
    return wrong(c, err, "bytes of a number (4 or 8)", 4, info->width);
  for (int k = 0; k < 5 && status == LISI_OK; k++)
    if (!isfinite(head[k]) || head[k] < 0)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: section info: expected weights >= 0, found %g", c->name, head[k]);
  if (status == LISI_OK && (info->rows < 1 || info->frames < 0))
    return wrong(c, err, "number of rows (from 1)", 1, (long long)info->rows);
  if (status != LISI_OK)
    return status;
  info->ridge = head[0];
  info->energy = head[1];
  info->force = head[2];
  info->virial = head[3];
  info->force_scale = head[4];
  if ((size_t)info->ngroups > c->left / (sizeof info->group->prefix + 3 * sizeof(double)))
    return wrong(c, err, "number of groups (at most what the section holds)", 0, info->ngroups);
  info->group = calloc((size_t)info->ngroups + 1, sizeof *info->group);
  if (!info->group)
    return lisi_no_memory(err, (size_t)info->ngroups * sizeof *info->group);
  for (int k = 0; k < info->ngroups && status == LISI_OK; k++) {
    ace_info_group *g = &info->group[k];
    double w[3] = {0};
    status = take(c, g->prefix, sizeof g->prefix, err);
    if (status == LISI_OK)
      status = take(c, w, sizeof w, err);
    if (status == LISI_OK && (memchr(g->prefix, 0, sizeof g->prefix) == NULL ||
                              !(w[0] >= 0 && w[1] >= 0 && w[2] >= 0) || !isfinite(w[0] + w[1] + w[2])))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: section info: group %d is not a text and three weights", c->name,
                       k + 1);
    g->energy = w[0];
    g->force = w[1];
    g->virial = w[2];
  }
  if (status == LISI_OK)
    status = take_doubles(c, (size_t)ncolumns, &info->gamma, err);
  if (status == LISI_OK)
    status = take_doubles(c, (size_t)ncolumns, &info->stiffness, err);
  for (int k = 0; k < ncolumns && status == LISI_OK; k++) {
    if (!(info->gamma[k] > 0) || !(info->stiffness[k] >= 0 || info->stiffness[k] == -1))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: section info: prior of function %d is out of range", c->name, k + 1);
    pruned += info->stiffness[k] < 0;
  }
  if (status == LISI_OK && pruned != ncolumns - info->nkept)
    return wrong(c, err, "functions that were pruned", ncolumns - info->nkept, pruned);
  const size_t cells = (size_t)info->nkept * (size_t)(info->nkept + 1) / 2;
  if (status == LISI_OK && info->width == 8)
    status = take_doubles(c, cells, &info->r, err);
  else if (status == LISI_OK) {
    void *memory = NULL;
    status = take_array(c, cells, sizeof(float), &memory, err);
    const float *x = memory;
    if (status == LISI_OK && !(info->r = malloc((cells + 1) * sizeof *info->r)))
      status = lisi_no_memory(err, cells * sizeof *info->r);
    for (size_t k = 0; k < cells && status == LISI_OK; k++) {
      info->r[k] = (double)x[k];
      if (!isfinite(info->r[k]))
        status = lisi_fail(err, LISI_ERR_INPUT, "%s: section info: number %zu is not finite", c->name, k + 1);
    }
    free(memory);
  }
  return status == LISI_OK ? at_end(c, err) : status;
}

lisi_status ace_sidecar_info(const char *bytes, size_t size, const char *name, ace_sidecar *s, lisi_error *err) {
  cursor c;
  int ncolumns = 0;
  for (int mu = 0; mu < s->nelements; mu++)
    ncolumns += s->of[mu].invariants.ncolumns;
  lisi_error none = {0};
  if (find(bytes, size, name, "info", 0, &c, &none) != LISI_OK && c.at == NULL)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s holds no information of its fit (section info): it is of an older version; train the model "
                     "again with `lisi-fit train`",
                     name);
  if (none.status != LISI_OK)
    return lisi_fail(err, none.status, "%s", none.message);
  ace_info_free(s->info);
  s->info = calloc(1, sizeof *s->info);
  if (!s->info)
    return lisi_no_memory(err, sizeof *s->info);
  lisi_status status = read_info(&c, s->info, ncolumns, err);
  if (status != LISI_OK) {
    ace_info_free(s->info);
    s->info = NULL;
  }
  return status;
}

lisi_status ace_sidecar_open(const char *bytes, size_t size, const char *name, const ace_model *model,
                             const char *model_name, ace_sidecar **out, lisi_error *err) {
  *out = NULL;
  char hex[65];
  lisi_status status = check_header(bytes, size, name, err); /* first what says most */
  if (status != LISI_OK)
    return status;
  sha256 sum;
  sha256_start(&sum);
  sha256_add(&sum, bytes, size);
  sha256_hex(&sum, hex);
  if (!model->meta.sidecar_sha256 || strcmp(hex, model->meta.sidecar_sha256) != 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: damaged, or made with another model than %s: expected SHA-256 %.64s (lisi/sidecar_sha256), "
                     "found %s",
                     name, model_name, model->meta.sidecar_sha256 ? model->meta.sidecar_sha256 : "of the model", hex);
  if ((status = ace_sidecar_hash(model, hex, err)) != LISI_OK)
    return status;
  if ((status = ace_sidecar_parse(bytes, size, name, out, err)) != LISI_OK)
    return status;
  if (strcmp(hex, (*out)->model_sha256) != 0 || (*out)->nelements != model->nelements) {
    (void)lisi_fail(
        err, LISI_ERR_INPUT,
        "%s: does not belong to %s, whose numbers were changed after lisi-fit train made both: expected the "
        "model %s, found %s",
        name, model_name, (*out)->model_sha256, hex);
    ace_sidecar_free(*out);
    *out = NULL;
    return LISI_ERR_INPUT;
  }
  return LISI_OK;
}
