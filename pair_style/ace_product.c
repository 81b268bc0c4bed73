/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles the products of one central element; see the header. Which inner products a monomial is made of is chosen
 * greedily: what exists costs nothing, what is new costs the less the more monomials could share it. */
#include "ace_product.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- a hash table from a pair of factors to a number ---- */
typedef struct {
  uint64_t *key; /* 0: empty; keys are stored plus one */
  uint32_t *value;
  size_t size, used; /* size is a power of two */
} pair_map;

static size_t slot_of(const pair_map *map, uint64_t key) {
  uint64_t h = (key + 1) * 0x9e3779b97f4a7c15u;
  h ^= h >> 29;
  size_t s = (size_t)h & (map->size - 1);
  while (map->key[s] != 0 && map->key[s] != key + 1)
    s = (s + 1) & (map->size - 1);
  return s;
}

static bool map_resize(pair_map *map, size_t size) {
  pair_map bigger = {calloc(size, sizeof *bigger.key), calloc(size, sizeof *bigger.value), size, map->used};
  if (bigger.key == NULL || bigger.value == NULL) {
    free(bigger.key);
    free(bigger.value);
    return false;
  }
  for (size_t s = 0; s < map->size; s++)
    if (map->key[s] != 0) {
      const size_t t = slot_of(&bigger, map->key[s] - 1);
      bigger.key[t] = map->key[s];
      bigger.value[t] = map->value[s];
    }
  free(map->key);
  free(map->value);
  *map = bigger;
  return true;
}

/* The place of the value of `key`, made (with 0) where it is new; NULL without memory. */
static uint32_t *map_at(pair_map *map, uint64_t key) {
  if (2 * (map->used + 1) > map->size && !map_resize(map, map->size > 0 ? 2 * map->size : 1024))
    return NULL;
  const size_t s = slot_of(map, key);
  if (map->key[s] == 0) {
    map->key[s] = key + 1;
    map->used++;
  }
  return &map->value[s];
}

static uint32_t map_get(const pair_map *map, uint64_t key) {
  if (map->size == 0)
    return 0;
  const size_t s = slot_of(map, key);
  return map->key[s] == 0 ? 0 : map->value[s];
}

static void map_free(pair_map *map) {
  free(map->key);
  free(map->value);
}

/* ---- the graph while it grows ---- */
typedef struct {
  pair_map nodes;     /* pair of factors -> node, which is never 0 for a product */
  pair_map frequency; /* pair of factors -> number of monomials that hold it */
  unsigned char *real;
  uint32_t *x, *y;
  uint32_t nvar, nnode, capacity;
} builder;

/* The product of factors a and b as a key: the smaller node first and not conjugated. *conjugated: the product meant is
 * the conjugate of the key's. */
static uint64_t pair_key(const builder *b, uint32_t f, uint32_t g, bool *conjugated) {
  if (b->real[f >> 1])
    f &= ~1u;
  if (b->real[g >> 1])
    g &= ~1u;
  if ((f >> 1) > (g >> 1)) {
    const uint32_t t = f;
    f = g;
    g = t;
  }
  /* a real first factor cannot carry the conjugation: then the second one does not either, and the result does */
  *conjugated = b->real[f >> 1] ? (g & 1u) != 0 : (f & 1u) != 0;
  if (*conjugated) {
    if (!b->real[f >> 1])
      f ^= 1u;
    if (!b->real[g >> 1])
      g ^= 1u;
  }
  return ((uint64_t)f << 32) | g;
}

static bool find_pair(const builder *b, uint32_t f, uint32_t g, uint32_t *factor) {
  bool conjugated;
  const uint32_t node = map_get(&b->nodes, pair_key(b, f, g, &conjugated));
  if (node == 0)
    return false;
  *factor = 2 * node + (conjugated && !b->real[node] ? 1u : 0u);
  return true;
}

/* The factor that f * g is; UINT32_MAX without memory. */
static uint32_t make_pair(builder *b, uint32_t f, uint32_t g) {
  uint32_t found;
  if (find_pair(b, f, g, &found))
    return found;
  if (b->nnode == b->capacity) {
    const size_t capacity = 2 * (size_t)b->capacity;
    if (capacity > UINT32_MAX / 32) /* numbers of nodes times a width stay within 32 bits */
      return UINT32_MAX;
    unsigned char *real = realloc(b->real, capacity);
    if (real != NULL)
      b->real = real;
    uint32_t *x = realloc(b->x, capacity * sizeof *x);
    if (x != NULL)
      b->x = x;
    uint32_t *y = realloc(b->y, capacity * sizeof *y);
    if (y != NULL)
      b->y = y;
    if (real == NULL || x == NULL || y == NULL)
      return UINT32_MAX;
    b->capacity = (uint32_t)capacity;
  }
  bool conjugated;
  const uint64_t key = pair_key(b, f, g, &conjugated);
  uint32_t *value = map_at(&b->nodes, key);
  if (value == NULL)
    return UINT32_MAX;
  const uint32_t node = b->nnode++;
  *value = node;
  b->x[node] = (uint32_t)(key >> 33);
  b->y[node] = (uint32_t)key;
  b->real[node] = (b->real[b->x[node]] && b->real[b->y[node] >> 1]) || (b->y[node] == 2 * b->x[node] + 1);
  return 2 * node + (conjugated && !b->real[node] ? 1u : 0u);
}

/* Splits n factors into two parts: bit t of the mask says where factor t goes. The first factor stays in the first
 * part, so each split comes once. */
static int split(const uint32_t *factor, int n, unsigned mask, uint32_t *one, uint32_t *two) {
  int n1 = 0, n2 = 0;
  for (int t = 0; t < n; t++) {
    if (t == 0 || !((mask >> (t - 1)) & 1u))
      one[n1++] = factor[t];
    else
      two[n2++] = factor[t];
  }
  return n1;
}

/* What it would cost to have the product of n factors. */
static double cost_of(const builder *b, const uint32_t *factor, int n) {
  if (n == 1)
    return 0.0;
  if (n == 2) {
    uint32_t found;
    bool conjugated;
    if (find_pair(b, factor[0], factor[1], &found))
      return 0.0;
    return 1.0 / (1.0 + map_get(&b->frequency, pair_key(b, factor[0], factor[1], &conjugated)));
  }
  double best = 1e300;
  for (unsigned mask = 1; mask < 1u << (n - 1); mask++) {
    uint32_t one[6], two[6];
    const int n1 = split(factor, n, mask, one, two);
    const double cost = 1.0 + cost_of(b, one, n1) + cost_of(b, two, n - n1);
    if (cost < best)
      best = cost;
  }
  return best;
}

static bool best_split(const builder *b, const uint32_t *factor, int n, uint32_t *one, int *n1, uint32_t *two) {
  double best = 1e300;
  unsigned chosen = 1;
  for (unsigned mask = 1; mask < 1u << (n - 1); mask++) {
    *n1 = split(factor, n, mask, one, two);
    const double cost = cost_of(b, one, *n1) + cost_of(b, two, n - *n1);
    if (cost < best) {
      best = cost;
      chosen = mask;
    }
  }
  *n1 = split(factor, n, chosen, one, two);
  return true;
}

/* The factor that the product of n factors is; UINT32_MAX without memory. */
static uint32_t make_product(builder *b, const uint32_t *factor, int n) {
  if (n == 1)
    return factor[0];
  uint32_t one[6], two[6];
  int n1;
  best_split(b, factor, n, one, &n1, two);
  const uint32_t f = make_product(b, one, n1), g = f == UINT32_MAX ? f : make_product(b, two, n - n1);
  return g == UINT32_MAX ? g : make_pair(b, f, g);
}

/* ---- monomials ---- */
static void sort_factors(uint32_t *factor, int n) {
  for (int i = 1; i < n; i++)
    for (int j = i; j > 0 && factor[j - 1] > factor[j]; j--) {
      const uint32_t t = factor[j];
      factor[j] = factor[j - 1];
      factor[j - 1] = t;
    }
}

/* Re(Z) = Re(conj Z): of a product and its conjugate the one that sorts first stands for both. */
static void normalise(ace_monomial *m, const unsigned char *real) {
  uint32_t other[6];
  for (int t = 0; t < m->rank; t++) {
    if (real[m->factor[t] >> 1])
      m->factor[t] &= ~1u;
    other[t] = real[m->factor[t] >> 1] ? m->factor[t] : m->factor[t] ^ 1u;
  }
  sort_factors(m->factor, m->rank);
  sort_factors(other, m->rank);
  for (int t = 0; t < m->rank; t++)
    if (other[t] != m->factor[t]) {
      if (other[t] < m->factor[t])
        memcpy(m->factor, other, sizeof other[0] * (size_t)m->rank);
      return;
    }
}

static int compare_factors(const ace_monomial *a, const ace_monomial *b) {
  if (a->rank != b->rank)
    return a->rank < b->rank ? -1 : 1;
  for (int t = 0; t < a->rank; t++)
    if (a->factor[t] != b->factor[t])
      return a->factor[t] < b->factor[t] ? -1 : 1;
  return 0;
}

/* Equal products are further ordered by their coefficients, so that their sum does not depend on the order of the file.
 */
static int compare_monomials(const void *p, const void *q) {
  const ace_monomial *a = p, *b = q;
  const int order = compare_factors(a, b);
  if (order != 0)
    return order;
  for (int k = 0; k < 8; k++)
    if (a->c[k] < b->c[k] || a->c[k] > b->c[k])
      return a->c[k] < b->c[k] ? -1 : 1;
  return 0;
}

static size_t merge(ace_monomial *monomial, size_t n, int ndensity, const unsigned char *real) {
  for (size_t i = 0; i < n; i++) {
    normalise(&monomial[i], real);
    for (int p = ndensity; p < 8; p++)
      monomial[i].c[p] = 0.0;
  }
  qsort(monomial, n, sizeof *monomial, compare_monomials);
  size_t kept = 0;
  for (size_t i = 0; i < n;) {
    ace_monomial m = monomial[i];
    size_t j = i + 1;
    for (; j < n && compare_factors(&m, &monomial[j]) == 0; j++)
      for (int p = 0; p < ndensity; p++)
        m.c[p] += monomial[j].c[p];
    bool zero = true;
    for (int p = 0; p < ndensity; p++)
      zero = zero && m.c[p] == 0.0;
    if (!zero)
      monomial[kept++] = m;
    i = j;
  }
  return kept;
}

/* ---- terms ---- */
typedef struct {
  uint32_t P, Q;         /* nodes; P leads */
  unsigned char conj;    /* of Q */
  unsigned char variety; /* as ace_run.terms */
  uint32_t place;        /* of Q */
  uint32_t monomial;
} term;

static int compare_terms(const void *p, const void *q) {
  const term *a = p, *b = q;
  if (a->P != b->P)
    return a->P < b->P ? -1 : 1;
  if (a->variety != b->variety)
    return a->variety < b->variety ? -1 : 1;
  if (a->place != b->place)
    return a->place < b->place ? -1 : 1;
  return (a->monomial > b->monomial) - (a->monomial < b->monomial);
}

typedef struct {
  ace_run shape;
  uint32_t x, y, first;
} group;

static int compare_shape(const ace_run *a, const ace_run *b) {
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  if (a->variety != b->variety)
    return a->variety < b->variety ? -1 : 1;
  return (a->terms > b->terms) - (a->terms < b->terms);
}

static int compare_groups(const void *p, const void *q) {
  const group *a = p, *b = q;
  const int order = compare_shape(&a->shape, &b->shape);
  return order != 0 ? order : (a->first > b->first) - (a->first < b->first);
}

/* A product that is kept. */
typedef struct {
  uint32_t node, depth;
  ace_product_kind kind;
} kept_product;

static int compare_kept(const void *p, const void *q) {
  const kept_product *a = p, *b = q;
  if (a->depth != b->depth)
    return a->depth < b->depth ? -1 : 1;
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  return (a->node > b->node) - (a->node < b->node);
}

/* The nodes of a product's factors, the real one first, and its kind. */
static ace_product_kind kind_of(const builder *b, uint32_t node, uint32_t *x, uint32_t *y) {
  *x = b->x[node];
  *y = b->y[node] >> 1;
  if (b->real[*y] && !b->real[*x]) {
    const uint32_t t = *x;
    *x = *y;
    *y = t;
  }
  if (b->real[*x])
    return b->real[*y] ? ACE_RR : ACE_RC;
  if ((b->y[node] & 1u) == 0)
    return ACE_CC;
  return *x == *y ? ACE_ABS : ACE_CJ;
}

/* Of the two nodes of a term one leads its group: a product rather than a variable (if nothing else needs it, it is
 * never stored), else the one that occurs more often (Re(P conj Q) = Re(Q conj P)). */
static void choose_leaders(const builder *b, term *terms, size_t nterm, uint32_t *degree) {
  for (size_t i = 0; i < nterm; i++) {
    degree[terms[i].P]++;
    degree[terms[i].Q]++;
  }
  for (size_t i = 0; i < nterm; i++) {
    const uint32_t P = terms[i].P, Q = terms[i].Q;
    const bool p = P >= b->nvar, q = Q >= b->nvar;
    if (p == q ? degree[Q] > degree[P] : q) {
      terms[i].P = Q;
      terms[i].Q = P;
    }
  }
}

/* Which products are kept (as a Q, or as a factor of another product), sorted by depth and kind. */
static size_t choose_kept(const builder *b, const term *terms, size_t nterm, unsigned char *kept, uint32_t *depth,
                          kept_product *list) {
  for (size_t i = 0; i < nterm; i++)
    kept[terms[i].Q] = 1;
  for (uint32_t k = b->nnode; k-- > b->nvar;) { /* every product is needed by something */
    kept[b->x[k]] = 1;
    kept[b->y[k] >> 1] = 1;
  }
  size_t n = 0;
  for (uint32_t k = b->nvar; k < b->nnode; k++) {
    uint32_t x, y;
    const ace_product_kind kind = kind_of(b, k, &x, &y);
    depth[k] = 1 + (depth[x] > depth[y] ? depth[x] : depth[y]);
    if (kept[k])
      list[n++] = (kept_product){.node = k, .depth = depth[k], .kind = kind};
  }
  qsort(list, n, sizeof *list, compare_kept);
  return n;
}

static bool allocate_kept(ace_product *out, size_t nkept) {
  out->run = calloc(nkept + 1, sizeof *out->run);
  out->x = calloc(nkept + 1, sizeof *out->x);
  out->y = calloc(nkept + 1, sizeof *out->y);
  out->z = calloc(nkept + 1, sizeof *out->z);
  return out->run != NULL && out->x != NULL && out->y != NULL && out->z != NULL;
}

static bool allocate_groups(ace_product *out, size_t ngroup, size_t nterm, size_t nlinear) {
  const size_t nd = (size_t)out->ndensity;
  out->grouprun = calloc(ngroup + 1, sizeof *out->grouprun);
  out->gx = calloc(ngroup + 1, sizeof *out->gx);
  out->gy = calloc(ngroup + 1, sizeof *out->gy);
  out->term = calloc(nterm + 1, sizeof *out->term);
  out->coef = calloc(nterm * nd + 1, sizeof *out->coef);
  out->linear = calloc(nlinear + 1, sizeof *out->linear);
  out->linear_coef = calloc(nlinear * nd + 1, sizeof *out->linear_coef);
  return out->grouprun != NULL && out->gx != NULL && out->gy != NULL && out->term != NULL && out->coef != NULL &&
         out->linear != NULL && out->linear_coef != NULL;
}

/* Gives every value that is kept its place. */
static void write_kept(const builder *b, const kept_product *list, size_t nkept, uint32_t *place, ace_product *out) {
  uint32_t next = 0;
  for (uint32_t v = 0; v < b->nvar; v++) {
    place[v] = next;
    next += b->real[v] ? 1 : 2;
    out->nreal += b->real[v];
  }
  out->nvar = b->nvar;
  out->vars = next;
  for (size_t i = 0; i < nkept; i++) {
    uint32_t x, y;
    const uint32_t k = list[i].node;
    (void)kind_of(b, k, &x, &y);
    out->x[i] = place[x];
    out->y[i] = place[y];
    out->z[i] = place[k] = next;
    next += b->real[k] ? 1 : 2;
    if (i == 0 || list[i].kind != list[i - 1].kind || list[i].depth != list[i - 1].depth)
      out->run[out->nrun++].kind = list[i].kind;
    out->run[out->nrun - 1].count++;
  }
  out->nkept = (uint32_t)nkept;
  out->size = next;
}

static void write_groups(group *groups, size_t ngroup, const term *terms, const ace_monomial *monomial,
                         ace_product *out) {
  const size_t nd = (size_t)out->ndensity;
  qsort(groups, ngroup, sizeof *groups, compare_groups);
  size_t at = 0;
  for (size_t g = 0; g < ngroup; g++) {
    const group *p = &groups[g];
    if (g == 0 || compare_shape(&p->shape, &out->grouprun[out->ngrouprun - 1]) != 0)
      out->grouprun[out->ngrouprun++] = p->shape;
    out->grouprun[out->ngrouprun - 1].count++;
    out->gx[g] = p->x;
    out->gy[g] = p->y;
    for (uint32_t i = 0; i < p->shape.terms; i++, at++) {
      const term *t = &terms[p->first + i];
      out->term[at] = t->place;
      memcpy(out->coef + at * nd, monomial[t->monomial].c, nd * sizeof(double));
    }
  }
  out->ngroup = (uint32_t)ngroup;
  out->nterm = (uint32_t)at;
}

/* Terms are sorted by leader and variety; a group is of one variety. */
static bool new_group(const term *terms, size_t i) {
  return i == 0 || terms[i].P != terms[i - 1].P || terms[i].variety != terms[i - 1].variety;
}

static lisi_status lay_out(builder *b, const ace_monomial *monomial, size_t nlinear, size_t n, term *terms,
                           ace_product *out, lisi_error *err) {
  const size_t nterm = n - nlinear, nnode = (size_t)b->nnode + 1, nd = (size_t)out->ndensity;
  uint32_t *degree = calloc(nnode, sizeof *degree), *depth = calloc(nnode, sizeof *depth),
           *place = calloc(nnode, sizeof *place);
  unsigned char *kept = calloc(nnode, 1);
  kept_product *list = calloc(nnode, sizeof *list);
  group *groups = NULL;
  lisi_status status = LISI_OK;
  if (degree == NULL || depth == NULL || place == NULL || kept == NULL || list == NULL) {
    status = lisi_no_memory(err, nnode * sizeof *list);
    goto done;
  }
  choose_leaders(b, terms, nterm, degree);
  const size_t nkept = choose_kept(b, terms, nterm, kept, depth, list);
  for (size_t i = 0; i < nterm; i++)
    terms[i].variety = b->real[terms[i].P] || b->real[terms[i].Q] ? 0 : terms[i].conj ? 2 : 1;
  if (!allocate_kept(out, nkept)) {
    status = lisi_no_memory(err, nkept * sizeof *out->run);
    goto done;
  }
  write_kept(b, list, nkept, place, out);
  for (size_t i = 0; i < nterm; i++)
    terms[i].place = place[terms[i].Q];
  qsort(terms, nterm, sizeof *terms, compare_terms);
  size_t ngroup = 0;
  for (size_t i = 0; i < nterm; i++)
    ngroup += new_group(terms, i);
  groups = calloc(ngroup + 1, sizeof *groups);
  if (groups == NULL || !allocate_groups(out, ngroup, nterm, nlinear)) {
    status = lisi_no_memory(err, nterm * nd * sizeof(double));
    goto done;
  }
  size_t g = 0;
  for (size_t i = 0; i < nterm; i++) {
    const uint32_t P = terms[i].P;
    if (new_group(terms, i)) {
      group *p = &groups[g++];
      p->first = (uint32_t)i;
      p->shape.variety = terms[i].variety;
      if (P < b->nvar || kept[P]) {
        p->shape.kind = b->real[P] ? ACE_REAL_VALUE : ACE_VALUE;
        p->x = p->y = place[P];
      } else {
        uint32_t x, y;
        p->shape.kind = kind_of(b, P, &x, &y);
        p->x = place[x];
        p->y = place[y];
      }
    }
    groups[g - 1].shape.terms++;
  }
  write_groups(groups, ngroup, terms, monomial, out);
  out->nlinear = (uint32_t)nlinear;
  for (size_t i = 0; i < nlinear; i++) {
    out->linear[i] = place[monomial[i].factor[0] >> 1];
    memcpy(out->linear_coef + i * nd, monomial[i].c, nd * sizeof(double));
  }
done:
  free(degree);
  free(depth);
  free(place);
  free(kept);
  free(list);
  free(groups);
  return status;
}

lisi_status ace_product_compile(ace_monomial *monomial, size_t n, int ndensity, uint32_t nvar,
                                const unsigned char *real, ace_product *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->ndensity = ndensity;
  n = merge(monomial, n, ndensity, real);
  if (n >= UINT32_MAX / 64)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "ACE: %zu products in one element are more than this program can hold",
                     n);
  size_t nlinear = 0;
  while (nlinear < n && monomial[nlinear].rank == 1)
    nlinear++;
  builder b = {.nvar = nvar, .nnode = nvar, .capacity = nvar + 1024};
  b.real = calloc(b.capacity, 1);
  b.x = calloc(b.capacity, sizeof *b.x);
  b.y = calloc(b.capacity, sizeof *b.y);
  term *terms = calloc(n - nlinear + 1, sizeof *terms);
  bool ok = b.real != NULL && b.x != NULL && b.y != NULL && terms != NULL;
  if (ok)
    memcpy(b.real, real, nvar);
  for (size_t i = nlinear; ok && i < n; i++)
    for (int s = 0; ok && monomial[i].rank > 2 && s < monomial[i].rank; s++)
      for (int t = s + 1; ok && t < monomial[i].rank; t++) {
        bool conjugated;
        uint32_t *count = map_at(&b.frequency, pair_key(&b, monomial[i].factor[s], monomial[i].factor[t], &conjugated));
        ok = count != NULL;
        if (ok)
          (*count)++;
      }
  for (size_t i = n; ok && i-- > nlinear;) { /* the highest ranks first: what they need the others can use */
    uint32_t one[6], two[6];
    int n1;
    best_split(&b, monomial[i].factor, monomial[i].rank, one, &n1, two);
    uint32_t P = make_product(&b, one, n1), Q = P == UINT32_MAX ? P : make_product(&b, two, monomial[i].rank - n1);
    ok = Q != UINT32_MAX;
    if (!ok)
      break;
    terms[i - nlinear] = (term){.P = P >> 1, .Q = Q >> 1, .conj = (P ^ Q) & 1u, .monomial = (uint32_t)i};
  }
  lisi_status status =
      ok ? lay_out(&b, monomial, nlinear, n, terms, out, err) : lisi_no_memory(err, n * sizeof *monomial);
  if (status != LISI_OK)
    ace_product_clear(out);
  map_free(&b.nodes);
  map_free(&b.frequency);
  free(b.real);
  free(b.x);
  free(b.y);
  free(terms);
  return status;
}

static void scale(uint32_t *place, size_t n, uint32_t lanes) {
  for (size_t i = 0; i < n; i++)
    place[i] *= lanes;
}

void ace_product_scale(ace_product *p, uint32_t lanes) {
  scale(p->x, p->nkept, lanes);
  scale(p->y, p->nkept, lanes);
  scale(p->z, p->nkept, lanes);
  scale(p->gx, p->ngroup, lanes);
  scale(p->gy, p->ngroup, lanes);
  scale(p->term, p->nterm, lanes);
  scale(p->linear, p->nlinear, lanes);
}

void ace_product_clear(ace_product *product) {
  free(product->run);
  free(product->x);
  free(product->y);
  free(product->z);
  free(product->grouprun);
  free(product->gx);
  free(product->gy);
  free(product->term);
  free(product->coef);
  free(product->linear);
  free(product->linear_coef);
  memset(product, 0, sizeof *product);
}
