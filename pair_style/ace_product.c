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
    if (capacity > UINT32_MAX / 4)
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
  uint32_t P, Q; /* nodes */
  uint32_t conj; /* of Q */
  uint32_t monomial;
} term;

static int compare_terms(const void *p, const void *q) {
  const term *a = p, *b = q;
  if (a->P != b->P)
    return a->P < b->P ? -1 : 1;
  if (a->conj != b->conj)
    return a->conj < b->conj ? -1 : 1;
  if (a->Q != b->Q)
    return a->Q < b->Q ? -1 : 1;
  return (a->monomial > b->monomial) - (a->monomial < b->monomial);
}

static lisi_status lay_out(builder *b, const ace_monomial *monomial, size_t nlinear, size_t n, term *terms,
                           ace_product *out, lisi_error *err) {
  const size_t nterm = n - nlinear, ndensity = (size_t)out->ndensity, nproduct = b->nnode - b->nvar;
  /* of the two nodes of a term the one that occurs more often leads the group */
  uint32_t *degree = calloc((size_t)b->nnode + 1, sizeof *degree);
  if (degree == NULL)
    return lisi_no_memory(err, b->nnode * sizeof *degree);
  for (size_t i = 0; i < nterm; i++) {
    degree[terms[i].P]++;
    degree[terms[i].Q]++;
  }
  for (size_t i = 0; i < nterm; i++)
    if (degree[terms[i].Q] > degree[terms[i].P]) {
      const uint32_t t = terms[i].P; /* Re(P conj Q) = Re(Q conj P) */
      terms[i].P = terms[i].Q;
      terms[i].Q = t;
    }
  free(degree);
  qsort(terms, nterm, sizeof *terms, compare_terms);
  uint32_t ngroup = 0;
  for (size_t i = 0; i < nterm; i++)
    if (i == 0 || terms[i].P != terms[i - 1].P)
      ngroup++;
  out->x = calloc(nproduct + 1, sizeof *out->x);
  out->y = calloc(nproduct + 1, sizeof *out->y);
  out->group = calloc((size_t)ngroup + 1, sizeof *out->group);
  out->first = calloc(2 * (size_t)ngroup + 1, sizeof *out->first);
  out->term = calloc(nterm + 1, sizeof *out->term);
  out->coef = calloc(nterm * ndensity + 1, sizeof *out->coef);
  out->linear = calloc(nlinear + 1, sizeof *out->linear);
  out->linear_coef = calloc(nlinear * ndensity + 1, sizeof *out->linear_coef);
  if (out->x == NULL || out->y == NULL || out->group == NULL || out->first == NULL || out->term == NULL ||
      out->coef == NULL || out->linear == NULL || out->linear_coef == NULL)
    return lisi_no_memory(err, nterm * ndensity * sizeof *out->coef);
  memcpy(out->x, b->x + b->nvar, nproduct * sizeof *out->x);
  memcpy(out->y, b->y + b->nvar, nproduct * sizeof *out->y);
  out->nvar = b->nvar;
  out->nnode = b->nnode;
  out->ngroup = ngroup;
  out->nterm = (uint32_t)nterm;
  out->nlinear = (uint32_t)nlinear;
  for (size_t i = 0; i < nlinear; i++) {
    out->linear[i] = monomial[i].factor[0] >> 1;
    memcpy(out->linear_coef + i * ndensity, monomial[i].c, ndensity * sizeof(double));
  }
  uint32_t g = 0;
  for (uint32_t i = 0; i < nterm;) {
    const uint32_t P = terms[i].P;
    out->group[g] = P;
    for (uint32_t part = 0; part < 2; part++) {
      out->first[2 * g + part] = i;
      for (; i < nterm && terms[i].P == P && terms[i].conj == part; i++) {
        out->term[i] = terms[i].Q;
        memcpy(out->coef + i * ndensity, monomial[terms[i].monomial].c, ndensity * sizeof(double));
      }
    }
    g++;
  }
  out->first[2 * (size_t)ngroup] = (uint32_t)nterm;
  return LISI_OK;
}

lisi_status ace_product_compile(ace_monomial *monomial, size_t n, int ndensity, uint32_t nvar,
                                const unsigned char *real, ace_product *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->ndensity = ndensity;
  n = merge(monomial, n, ndensity, real);
  if (n >= UINT32_MAX / 4)
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
    const uint32_t conj =
        b.real[P >> 1] || b.real[Q >> 1] ? 0u : (P ^ Q) & 1u; /* beside a real factor conjugation changes nothing */
    terms[i - nlinear] = (term){.P = P >> 1, .Q = Q >> 1, .conj = conj, .monomial = (uint32_t)i};
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

void ace_product_clear(ace_product *product) {
  free(product->x);
  free(product->y);
  free(product->group);
  free(product->first);
  free(product->term);
  free(product->coef);
  free(product->linear);
  free(product->linear_coef);
  memset(product, 0, sizeof *product);
}
