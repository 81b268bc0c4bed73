/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "count_gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pass may need so many bytes: where the pieces could take more, the starting sites are done in several passes. */
static const double largest_pass = 1e9;

/* Of a state of the supercell. */
typedef struct {
  int s, copy, cell[3];
} place;

/* A starting site and where pairs that start there may end: one row of the tables. */
typedef struct {
  int s, j, r[3];
} outcome;

/* Open addressing; id + 1, 0: empty. The tag saves most looks at the outcome itself. */
typedef struct {
  uint32_t tag;
  int id;
} slot;

/* What the comparison of the copies has to keep of a piece. */
typedef struct {
  int id, block;
  double c;
} piece;

typedef struct {
  piece *item;
  size_t n, cap;
} piece_list;

typedef struct {
  count_entry *entry;
  size_t n, cap;
} entry_list;

typedef struct {
  double excess, expected, squares;
} spread;

struct count_gather {
  size_t nstates;
  int nunit, ncopies, rep[3], nblocks, ngroups;
  place *place;              /* [nstates] */
  int npasses, pass, lo, hi; /* starting sites of this pass */
  /* outcomes of this pass */
  outcome *outcome;
  int n, cap;
  int *stay; /* [nunit] id + 1 of s -> s in the same cell */
  slot *slot;
  size_t nslots;
  double *total, **part; /* [cap]; [nblocks + ngroups][cap] */
  /* for the comparison of the copies */
  bool compares;
  piece_list *piece;  /* [ncopies] */
  double *stays;      /* [nblocks][nstates]: pairs that end where they start */
  double *row;        /* [nstates][nblocks]: all pairs that start there */
  double *copy_block; /* [nblocks], all 0 between outcomes */
  int *touched;       /* [nblocks] */
  spread sum;
  entry_list all, *list; /* of all passes, sorted; [nblocks + ngroups] */
};

/* ---- making and freeing ---- */

static void *table(size_t n, size_t size, bool *good) {
  void *p = calloc(n > 0 ? n : 1, size);
  *good = *good && p != NULL;
  return p;
}

lisi_status count_gather_new(int nstates, const int replicate[3], int nblocks, int ngroups, double expected,
                             count_gather **out, lisi_error *err) {
  *out = NULL;
  bool good = true;
  count_gather *g = table(1, sizeof *g, &good);
  if (g == NULL)
    return lisi_no_memory(err, sizeof *g);
  g->nstates = (size_t)nstates;
  g->ncopies = 1;
  for (int a = 0; a < 3; a++) {
    g->rep[a] = replicate[a];
    g->ncopies *= replicate[a];
  }
  g->nunit = nstates / g->ncopies;
  g->nblocks = nblocks;
  g->ngroups = ngroups;
  const int nparts = nblocks + ngroups;
  const double each = sizeof(outcome) + sizeof(piece) + 4.0 * sizeof(slot) + (nparts + 1.0) * sizeof(double);
  const double passes = ceil(expected * each / largest_pass);
  g->npasses = passes < 1.0 ? 1 : passes > g->nunit ? g->nunit : (int)passes;
  g->hi = g->nunit / g->npasses;
  g->compares = g->ncopies > 1 && nblocks > 1;
  g->nslots = 1024;
  g->place = table((size_t)nstates, sizeof *g->place, &good);
  g->stay = table((size_t)g->nunit, sizeof *g->stay, &good);
  g->slot = table(g->nslots, sizeof *g->slot, &good);
  g->part = table((size_t)nparts, sizeof(double *), &good);
  g->list = table((size_t)nparts, sizeof *g->list, &good);
  if (g->compares) {
    g->piece = table((size_t)g->ncopies, sizeof *g->piece, &good);
    g->stays = table((size_t)nstates * (size_t)nblocks, sizeof *g->stays, &good);
    g->row = table((size_t)nstates * (size_t)nblocks, sizeof *g->row, &good);
    g->copy_block = table((size_t)nblocks, sizeof *g->copy_block, &good);
    g->touched = table((size_t)nblocks, sizeof *g->touched, &good);
  }
  if (!good) {
    count_gather_free(g);
    return lisi_no_memory(err, (size_t)nstates * (size_t)(nblocks + 4) * sizeof(double));
  }
  for (int i = 0; i < nstates; i++) {
    const int k = i / g->nunit;
    g->place[i] = (place){i % g->nunit, k, {k % g->rep[0], k / g->rep[0] % g->rep[1], k / g->rep[0] / g->rep[1]}};
  }
  *out = g;
  return LISI_OK;
}

void count_gather_free(count_gather *g) {
  if (g == NULL)
    return;
  for (int k = 0; k < g->nblocks + g->ngroups; k++) {
    if (g->part != NULL)
      free(g->part[k]);
    if (g->list != NULL)
      free(g->list[k].entry);
  }
  for (int k = 0; g->piece != NULL && k < g->ncopies; k++)
    free(g->piece[k].item);
  free(g->all.entry);
  free(g->place);
  free(g->outcome);
  free(g->stay);
  free(g->slot);
  free(g->total);
  free(g->part);
  free(g->list);
  free(g->piece);
  free(g->stays);
  free(g->row);
  free(g->copy_block);
  free(g->touched);
  free(g);
}

/* ---- pieces come in ---- */

static uint32_t hash_of(const outcome *o) {
  uint64_t h = (uint64_t)(uint32_t)o->s << 32 | (uint32_t)o->j;
  h *= UINT64_C(0x9e3779b97f4a7c15);
  h ^= (uint64_t)(uint32_t)o->r[0] * UINT64_C(0xff51afd7ed558ccd) ^
       (uint64_t)(uint32_t)o->r[1] * UINT64_C(0xc4ceb9fe1a85ec53) ^
       (uint64_t)(uint32_t)o->r[2] * UINT64_C(0xd6e8feb86659fd93);
  return (uint32_t)(h >> 32 ^ h >> 9);
}

/* The arrays over outcomes, twice as long, zero behind what they held. */
static bool more_outcomes(count_gather *g) {
  const size_t cap = g->cap > 0 ? 2 * (size_t)g->cap : 256, old = (size_t)g->cap;
  if (cap > INT32_MAX / 2)
    return false;
  for (int k = -1; k < g->nblocks + g->ngroups; k++) {
    double **array = k < 0 ? &g->total : &g->part[k];
    double *larger = realloc(*array, cap * sizeof *larger);
    if (larger == NULL)
      return false;
    memset(larger + old, 0, (cap - old) * sizeof *larger);
    *array = larger;
  }
  outcome *larger = realloc(g->outcome, cap * sizeof *larger);
  if (larger == NULL)
    return false;
  g->outcome = larger;
  g->cap = (int)cap;
  return true;
}

static bool more_slots(count_gather *g) {
  const size_t nslots = 2 * g->nslots;
  slot *larger = calloc(nslots, sizeof *larger);
  if (larger == NULL)
    return false;
  for (size_t k = 0; k < g->nslots; k++) {
    if (g->slot[k].id == 0)
      continue;
    size_t to = g->slot[k].tag & (nslots - 1);
    while (larger[to].id != 0)
      to = (to + 1) & (nslots - 1);
    larger[to] = g->slot[k];
  }
  free(g->slot);
  g->slot = larger;
  g->nslots = nslots;
  return true;
}

/* The number of an outcome; a new one is added. -1: no memory. */
static int number_of(count_gather *g, const outcome *o) {
  const uint32_t tag = hash_of(o);
  size_t k = tag & (g->nslots - 1);
  for (; g->slot[k].id != 0; k = (k + 1) & (g->nslots - 1)) {
    if (g->slot[k].tag != tag)
      continue;
    const outcome *p = &g->outcome[g->slot[k].id - 1];
    if (p->s == o->s && p->j == o->j && p->r[0] == o->r[0] && p->r[1] == o->r[1] && p->r[2] == o->r[2])
      return g->slot[k].id - 1;
  }
  if (g->n == g->cap && !more_outcomes(g))
    return -1;
  g->outcome[g->n++] = *o;
  g->slot[k] = (slot){tag, g->n};
  const int id = g->n - 1;
  if (2 * (size_t)g->n > g->nslots && !more_slots(g))
    return -1;
  return id;
}

static bool keep(piece_list *list, int id, int block, double c) {
  if (list->n == list->cap) {
    const size_t cap = list->cap > 0 ? 2 * list->cap : 256;
    piece *larger = realloc(list->item, cap * sizeof *larger);
    if (larger == NULL)
      return false;
    list->item = larger;
    list->cap = cap;
  }
  list->item[list->n++] = (piece){id, block, c};
  return true;
}

lisi_status count_gather_add(count_gather *g, int i, int j, const int r[3], int block, int group, double c,
                             lisi_error *err) {
  const place *from = &g->place[i], *to = &g->place[j];
  if (from->s < g->lo || from->s >= g->hi)
    return LISI_OK;
  const bool stays = i == j && (r[0] | r[1] | r[2]) == 0;
  int id = stays ? g->stay[from->s] - 1 : -1;
  if (id < 0) {
    outcome o = {from->s, to->s, {0, 0, 0}};
    for (int a = 0; a < 3; a++)
      o.r[a] = g->rep[a] * r[a] + to->cell[a] - from->cell[a];
    id = number_of(g, &o);
    if (id < 0)
      return lisi_no_memory(err, (size_t)g->cap * (size_t)(g->nblocks + g->ngroups) * sizeof(double));
    if (stays)
      g->stay[from->s] = id + 1;
  }
  if (group >= 0)
    g->part[g->nblocks + group][id] += c;
  if (block == GATHER_NOT_IN_TOTAL)
    return LISI_OK;
  if (block == GATHER_NO_BLOCK) {
    g->total[id] += c;
    return LISI_OK;
  }
  g->part[block][id] += c;
  if (!g->compares)
    return LISI_OK;
  /* staying is what the other outcomes leave over: it is not compared, its sum is enough */
  if (stays)
    g->stays[(size_t)block * g->nstates + (size_t)i] += c;
  else if (!keep(&g->piece[from->copy], id, block, c))
    return lisi_no_memory(err, 2 * g->piece[from->copy].cap * sizeof(piece));
  return LISI_OK;
}

/* ---- are the copies alike? ---- */

/* What a copy of a site adds that has none of an outcome is the square of p, the outcome's share of all pairs of the
 * site, times sums that all outcomes share. */
typedef struct {
  double all;     /* pairs that start in any copy */
  double zero[3]; /* over the copies: squares of the pairs, variances, squares of these */
  bool several;   /* outcomes */
} site_sums;

typedef struct {
  double pairs, variance, scale; /* over blocks; scale: p was fitted to the same counts */
} start_sums;

static start_sums *sum_starts(count_gather *g, site_sums *site) {
  const size_t nstates = g->nstates;
  const double B = (double)g->nblocks;
  start_sums *sums = calloc(nstates, sizeof *sums);
  if (sums == NULL)
    return NULL;
  for (size_t i = 0; i < nstates; i++)
    for (size_t b = 0; b < (size_t)g->nblocks; b++)
      g->row[i * (size_t)g->nblocks + b] = g->stays[b * nstates + i];
  for (int copy = 0; copy < g->ncopies; copy++)
    for (size_t k = 0; k < g->piece[copy].n; k++) {
      const piece *p = &g->piece[copy].item[k];
      const size_t i = (size_t)copy * (size_t)g->nunit + (size_t)g->outcome[p->id].s;
      g->row[i * (size_t)g->nblocks + (size_t)p->block] += p->c;
    }
  for (size_t i = 0; i < nstates; i++) {
    const double *row = g->row + i * (size_t)g->nblocks;
    for (int b = 0; b < g->nblocks; b++)
      sums[i].pairs += row[b];
    for (int b = 0; b < g->nblocks; b++)
      sums[i].variance += (row[b] - sums[i].pairs / B) * (row[b] - sums[i].pairs / B);
    site[i % (size_t)g->nunit].all += sums[i].pairs;
  }
  for (size_t i = 0; i < nstates; i++) {
    site_sums *s = &site[i % (size_t)g->nunit];
    sums[i].scale = s->all > 0.0 ? B / (B - 1.0) * (1.0 - sums[i].pairs / s->all) : 0.0;
    const double v = sums[i].variance * sums[i].scale;
    s->zero[0] += sums[i].pairs * sums[i].pairs;
    s->zero[1] += v;
    s->zero[2] += v * v;
  }
  return sums;
}

/* One outcome in one copy: its pieces are a chain through `next`. With z the pairs that start there, by block, less
 * their mean, and c those that have this outcome, the variance over blocks of c - p z needs only blocks where c is not
 * zero beside the variance of z. */
static void compare_outcome(count_gather *g, const piece *item, const int *next, int first, const double *row,
                            const start_sums *start, double p) {
  const double B = (double)g->nblocks;
  int ntouched = 0;
  for (int k = first; k >= 0; k = next[k]) {
    if (!(g->copy_block[item[k].block] > 0.0))
      g->touched[ntouched++] = item[k].block;
    g->copy_block[item[k].block] += item[k].c;
  }
  double c = 0.0, squares = 0.0, cross = 0.0;
  for (int t = 0; t < ntouched; t++) {
    const int b = g->touched[t];
    const double x = g->copy_block[b];
    g->copy_block[b] = 0.0;
    c += x;
    squares += x * x;
    cross += x * (row[b] - start->pairs / B);
  }
  const double none = p * p * start->variance * start->scale, e = c - p * start->pairs;
  const double variance = fmax(0.0, squares - c * c / B - 2.0 * p * cross + p * p * start->variance) * start->scale;
  g->sum.excess += e * e - p * p * start->pairs * start->pairs;
  g->sum.expected += variance - none;
  g->sum.squares += variance * variance - none * none;
}

/* The pieces of one copy, outcome by outcome. head[n] is -1 before and after. */
static bool compare_copy(count_gather *g, int copy, const start_sums *sums, const site_sums *site, int *head,
                         int **next, size_t *cap) {
  piece_list *list = &g->piece[copy];
  if (list->n > *cap) {
    free(*next);
    *cap = list->n + list->n / 4;
    *next = *cap < INT32_MAX ? malloc(*cap * sizeof **next) : NULL;
    if (*next == NULL)
      return false;
  }
  for (size_t k = 0; k < list->n; k++) {
    (*next)[k] = head[list->item[k].id];
    head[list->item[k].id] = (int)k;
  }
  for (size_t k = 0; k < list->n; k++) {
    const int id = list->item[k].id;
    if (head[id] < 0)
      continue;
    const int s = g->outcome[id].s;
    const size_t i = (size_t)copy * (size_t)g->nunit + (size_t)s;
    if (site[s].several)
      compare_outcome(g, list->item, *next, head[id], g->row + i * (size_t)g->nblocks, &sums[i],
                      g->total[id] / site[s].all);
    head[id] = -1;
  }
  list->n = 0;
  return true;
}

static bool compare_copies(count_gather *g) {
  bool good = true;
  site_sums *site = table((size_t)g->nunit, sizeof *site, &good);
  int *head = malloc(((size_t)g->n + 1) * sizeof *head), *next = NULL,
      *met = table((size_t)g->nunit, sizeof *met, &good);
  start_sums *sums = good ? sum_starts(g, site) : NULL;
  good = good && head != NULL && sums != NULL;
  for (int id = 0; good && id < g->n; id++) {
    head[id] = -1;
    site[g->outcome[id].s].several = met[g->outcome[id].s]++ > 0;
  }
  for (int id = 0; good && id < g->n; id++) {
    const outcome *o = &g->outcome[id];
    const site_sums *s = &site[o->s];
    if (!s->several || !(s->all > 0.0) || g->stay[o->s] == id + 1)
      continue;
    const double p = g->total[id] / s->all;
    g->sum.excess += p * p * s->zero[0];
    g->sum.expected += p * p * s->zero[1];
    g->sum.squares += p * p * p * p * s->zero[2];
  }
  size_t cap = 0;
  for (int copy = 0; good && copy < g->ncopies; copy++)
    good = compare_copy(g, copy, sums, site, head, &next, &cap);
  free(site);
  free(sums);
  free(head);
  free(next);
  free(met);
  return good;
}

/* ---- results ---- */

typedef struct {
  uint64_t high, low; /* (s, j) and (r0, r1), biased so that they order */
  uint32_t last;      /* r2 */
  int id;
} order_key;

static int compare_keys(const void *a, const void *b) {
  const order_key *x = a, *y = b;
  if (x->high != y->high)
    return x->high < y->high ? -1 : 1;
  if (x->low != y->low)
    return x->low < y->low ? -1 : 1;
  return (x->last > y->last) - (x->last < y->last);
}

/* Appends what is not zero of one array, in the order of `key`. */
static bool append(entry_list *list, const count_gather *g, const order_key *key, const double *c, int part) {
  size_t n = 0;
  for (int k = 0; k < g->n; k++)
    n += c[k] > 0.0;
  if (list->n + n > list->cap || list->entry == NULL) {
    const size_t cap = list->n + n + 1;
    count_entry *larger = realloc(list->entry, cap * sizeof *larger);
    if (larger == NULL)
      return false;
    list->entry = larger;
    list->cap = cap;
  }
  for (int k = 0; k < g->n; k++) {
    const int id = key[k].id;
    if (!(c[id] > 0.0))
      continue;
    const outcome *o = &g->outcome[id];
    list->entry[list->n++] = (count_entry){part, o->s, o->j, {o->r[0], o->r[1], o->r[2]}, c[id]};
  }
  return true;
}

lisi_status count_gather_pass(count_gather *g, bool *again, lisi_error *err) {
  *again = false;
  for (int b = 0; b < g->nblocks; b++)
    for (int k = 0; k < g->n; k++)
      g->total[k] += g->part[b][k];
  const size_t n = (size_t)g->n;
  order_key *key = malloc((n + 1) * sizeof *key);
  bool good = key != NULL && (!g->compares || compare_copies(g));
  for (size_t k = 0; good && k < n; k++) {
    const outcome *o = &g->outcome[k];
    const uint32_t bias = UINT32_C(1) << 31;
    key[k] = (order_key){(uint64_t)(uint32_t)o->s << 32 | (uint32_t)o->j,
                         (uint64_t)((uint32_t)o->r[0] ^ bias) << 32 | ((uint32_t)o->r[1] ^ bias),
                         (uint32_t)o->r[2] ^ bias, (int)k};
  }
  if (good) {
    qsort(key, n, sizeof *key, compare_keys);
    good = append(&g->all, g, key, g->total, 0);
  }
  for (int k = 0; good && k < g->nblocks + g->ngroups; k++)
    good = append(&g->list[k], g, key, g->part[k], k < g->nblocks ? k : k - g->nblocks);
  free(key);
  if (!good)
    return lisi_no_memory(err, n * sizeof(count_entry));
  if (++g->pass == g->npasses)
    return LISI_OK;
  for (int k = -1; k < g->nblocks + g->ngroups; k++)
    if (n > 0)
      memset(k < 0 ? g->total : g->part[k], 0, n * sizeof(double));
  memset(g->slot, 0, g->nslots * sizeof *g->slot);
  memset(g->stay, 0, (size_t)g->nunit * sizeof *g->stay);
  if (g->compares)
    memset(g->stays, 0, g->nstates * (size_t)g->nblocks * sizeof *g->stays);
  g->n = 0;
  g->lo = g->hi;
  g->hi = (int)((long long)g->nunit * (g->pass + 1) / g->npasses);
  *again = true;
  return LISI_OK;
}

/* One table of the lists of its parts, which are freed. */
static lisi_status join(entry_list *list, int nparts, int nstates, count_table *out, lisi_error *err) {
  *out = (count_table){nstates, nparts, 0, NULL};
  for (int k = 0; k < nparts; k++)
    out->n += list[k].n;
  if (nparts == 1) { /* as it is */
    out->entry = list->entry;
    *list = (entry_list){0};
  }
  if (out->entry == NULL)
    out->entry = malloc((out->n + 1) * sizeof *out->entry);
  if (out->entry == NULL)
    return lisi_no_memory(err, out->n * sizeof *out->entry);
  count_entry *to = out->entry;
  for (int k = 0; k < nparts; k++) {
    if (list[k].n > 0)
      memcpy(to, list[k].entry, list[k].n * sizeof *to);
    to += list[k].n;
    free(list[k].entry);
    list[k] = (entry_list){0};
  }
  return LISI_OK;
}

lisi_status count_gather_tables(count_gather *g, lag_counts *counts, fold_verdict *verdict, lisi_error *err) {
  lisi_status status = join(&g->all, 1, g->nunit, &counts->total, err);
  if (status == LISI_OK)
    status = join(g->list, g->nblocks, g->nunit, &counts->blocks, err);
  if (status == LISI_OK)
    status = join(g->list + g->nblocks, g->ngroups, g->nunit, &counts->groups, err);
  if (status != LISI_OK)
    lag_counts_free(counts);
  if (verdict == NULL)
    return status;
  *verdict = (fold_verdict){.done = g->ncopies > 1, .ratio = 1.0, .homogeneous = true};
  const spread *sum = &g->sum;
  if (sum->expected > 0.0 && sum->squares > 0.0) {
    const double terms = sum->expected * sum->expected / sum->squares;
    verdict->tested = true;
    verdict->ratio = sum->excess / sum->expected;
    verdict->z = (verdict->ratio - 1.0) / sqrt(2.0 / terms + 2.0 / (terms * (g->nblocks - 1)));
    verdict->homogeneous = !(verdict->z > 4.0 && verdict->ratio > 1.5);
  }
  return status;
}
