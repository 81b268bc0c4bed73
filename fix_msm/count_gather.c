/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "count_gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pairs that end where they start are added up as they come where that takes no more numbers than this. */
static const double most_stays = 4e6;

/* A pass may need so many bytes: where the pieces could take more, the starting sites are done in several passes. */
static const double largest_pass = 1e9;

/* Of a state of the supercell. */
typedef struct {
  int s, copy, cell[3];
} place;

/* What comes in: a list for each starting site, whose pieces are looked at together, when all have come. They are the
 * bulk of the memory that is touched, so they are small: displacements that do not fit stand in a list of their own
 * (r[0] is FAR then, and r[1], r[2] are the number in it), and a count that a float does not hold comes in parts. */
typedef struct {
  int copy, j;  /* folded */
  int16_t r[3]; /* folded */
  int16_t block, group;
  float c;
} incoming;

enum { FAR = INT16_MIN, MOST_PARTS = INT16_MAX };

typedef struct chunk {
  struct chunk *next;
  int n;
  incoming item[];
} chunk;

/* Where pairs that start in the site in work may end; `slot` is its place in the hash table. */
typedef struct {
  int j, r[3];
  size_t slot;
} outcome;

/* Open addressing; id + 1, 0: empty. The tag saves most looks at the outcome itself. */
typedef struct {
  uint32_t tag;
  int id;
} slot;

/* What the comparison of the copies has to keep of a piece. */
typedef struct {
  int id, block;
  float c;
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
  double pairs, variance, scale; /* over blocks; scale: p was fitted to the same counts */
} start_sums;

typedef struct {
  double excess, expected, squares;
} spread;

struct count_gather {
  int nunit, ncopies, rep[3], nblocks, ngroups;
  place *place;              /* [nstates] */
  int npasses, pass, lo, hi; /* starting sites of this pass */
  chunk **first, **last;     /* [hi - lo] lists */
  chunk *spare;
  int chunk_size;
  /* pairs that end where they start: [hi - lo][ncopies][nblocks] and [hi - lo][ngroups]; NULL: they go with the others
   */
  double *stay, *stay_group;
  bool *stays;   /* [hi - lo] whether there are any */
  int (*far)[3]; /* [far_cap] displacements of this pass that are too large for `incoming` */
  size_t nfar, far_cap;
  /* the starting site in work */
  outcome *outcome;
  int n, cap;
  slot *slot; /* all empty between sites */
  size_t nslots;
  double *total, **part; /* [cap]; [nblocks + ngroups][cap]: all 0 between sites */
  /* for the comparison of its copies */
  bool compares;
  piece_list *piece;  /* [ncopies] */
  double *row;        /* [ncopies][nblocks]: pairs that start there */
  start_sums *start;  /* [ncopies] */
  double *copy_block; /* [nblocks], all 0 between outcomes */
  int *touched;       /* [nblocks] */
  int *head, *next;   /* [head_cap], [next_cap] chains of pieces by outcome */
  size_t head_cap, next_cap;
  spread sum;
  entry_list all, *list; /* of all sites, sorted; [nblocks + ngroups] */
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
  if (nblocks > MOST_PARTS || ngroups > MOST_PARTS)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%d time blocks and %d groups: at most %d are possible", nblocks,
                     ngroups, (int)MOST_PARTS);
  bool good = true;
  count_gather *g = table(1, sizeof *g, &good);
  if (g == NULL)
    return lisi_no_memory(err, sizeof *g);
  g->ncopies = 1;
  for (int a = 0; a < 3; a++) {
    g->rep[a] = replicate[a];
    g->ncopies *= replicate[a];
  }
  g->nunit = nstates / g->ncopies;
  g->nblocks = nblocks;
  g->ngroups = ngroups;
  const int nparts = nblocks + ngroups;
  const double passes = ceil(expected * sizeof(incoming) / largest_pass);
  g->npasses = passes < 1.0 ? 1 : passes > g->nunit ? g->nunit : (int)passes;
  g->hi = g->nunit / g->npasses;
  const size_t lists = (size_t)(g->nunit / g->npasses) + 1, copies = (size_t)g->ncopies, blocks = (size_t)nblocks;
  const double each = expected / g->nunit / 8.0;
  g->chunk_size = each < 8.0 ? 8 : each > 1000.0 ? 1000 : (int)each;
  g->compares = g->ncopies > 1 && nblocks > 1;
  g->nslots = 256;
  g->place = table((size_t)nstates, sizeof *g->place, &good);
  g->first = table(lists, sizeof(chunk *), &good);
  g->last = table(lists, sizeof(chunk *), &good);
  g->slot = table(g->nslots, sizeof *g->slot, &good);
  g->part = table((size_t)nparts, sizeof(double *), &good);
  g->stays = table(lists, sizeof *g->stays, &good);
  if ((double)lists * ((double)g->ncopies * nblocks + ngroups) <= most_stays) {
    g->stay = table(lists * copies * blocks, sizeof *g->stay, &good);
    g->stay_group = table(lists * (size_t)ngroups, sizeof *g->stay_group, &good);
  }
  g->list = table((size_t)nparts, sizeof *g->list, &good);
  if (g->compares) {
    g->piece = table(copies, sizeof *g->piece, &good);
    g->row = table(copies * blocks, sizeof *g->row, &good);
    g->start = table(copies, sizeof *g->start, &good);
    g->copy_block = table(blocks, sizeof *g->copy_block, &good);
    g->touched = table(blocks, sizeof *g->touched, &good);
  }
  if (!good) {
    count_gather_free(g);
    return lisi_no_memory(err, ((size_t)nstates + copies * blocks) * sizeof(double));
  }
  for (int i = 0; i < nstates; i++) {
    const int k = i / g->nunit;
    g->place[i] = (place){i % g->nunit, k, {k % g->rep[0], k / g->rep[0] % g->rep[1], k / g->rep[0] / g->rep[1]}};
  }
  *out = g;
  return LISI_OK;
}

static void free_chunks(chunk *c) {
  while (c != NULL) {
    chunk *next = c->next;
    free(c);
    c = next;
  }
}

void count_gather_free(count_gather *g) {
  if (g == NULL)
    return;
  for (int k = 0; g->first != NULL && k <= g->nunit / g->npasses; k++)
    free_chunks(g->first[k]);
  free_chunks(g->spare);
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
  free(g->first);
  free(g->last);
  free(g->outcome);
  free(g->slot);
  free(g->total);
  free(g->part);
  free(g->list);
  free(g->piece);
  free(g->row);
  free(g->start);
  free(g->copy_block);
  free(g->touched);
  free(g->head);
  free(g->next);
  free(g->far);
  free(g->stay);
  free(g->stay_group);
  free(g->stays);
  free(g);
}

/* ---- pieces come in ---- */

static chunk *new_chunk(count_gather *g) {
  chunk *c = g->spare;
  if (c != NULL)
    g->spare = c->next;
  else
    c = malloc(sizeof *c + (size_t)g->chunk_size * sizeof c->item[0]);
  if (c != NULL) {
    c->next = NULL;
    c->n = 0;
  }
  return c;
}

/* Room for one more in a list; NULL: no memory. */
static incoming *next_in(count_gather *g, int list) {
  chunk *last = g->last[list];
  if (last == NULL || last->n == g->chunk_size) {
    chunk *more = new_chunk(g);
    if (more == NULL)
      return NULL;
    if (last == NULL)
      g->first[list] = more;
    else
      last->next = more;
    g->last[list] = last = more;
  }
  return &last->item[last->n++];
}

static bool keep_far(count_gather *g, const int r[3], int16_t packed[3]) {
  if (g->nfar == g->far_cap) {
    const size_t cap = g->far_cap > 0 ? 2 * g->far_cap : 256;
    int(*larger)[3] = cap <= UINT32_MAX ? realloc(g->far, cap * sizeof *larger) : NULL;
    if (larger == NULL)
      return false;
    g->far = larger;
    g->far_cap = cap;
  }
  const uint32_t n = (uint32_t)g->nfar;
  memcpy(g->far[g->nfar++], r, sizeof g->far[0]);
  packed[0] = FAR;
  memcpy(&packed[1], &n, sizeof n);
  return true;
}

static void displacement(const count_gather *g, const incoming *p, int r[3]) {
  if (p->r[0] != FAR) {
    for (int a = 0; a < 3; a++)
      r[a] = p->r[a];
    return;
  }
  uint32_t n;
  memcpy(&n, &p->r[1], sizeof n);
  memcpy(r, g->far[n], sizeof g->far[0]);
}

lisi_status count_gather_add(count_gather *g, int i, int j, const int r[3], int block, int group, double c,
                             lisi_error *err) {
  const place *from = &g->place[i], *to = &g->place[j];
  if (!(c >= 0.0 && c <= LARGEST_COUNT))
    return lisi_fail(err, LISI_ERR_INPUT, "a count of %g; expected 0 to 2^53", c);
  if (from->s < g->lo || from->s >= g->hi)
    return LISI_OK;
  const int list = from->s - g->lo;
  if (i == j && (r[0] | r[1] | r[2]) == 0 && block >= 0 && g->stay != NULL) {
    g->stays[list] = true;
    g->stay[((size_t)list * (size_t)g->ncopies + (size_t)from->copy) * (size_t)g->nblocks + (size_t)block] += c;
    if (group >= 0)
      g->stay_group[(size_t)list * (size_t)g->ngroups + (size_t)group] += c;
    return LISI_OK;
  }
  int folded[3];
  bool near = true;
  for (int a = 0; a < 3; a++) {
    folded[a] = g->rep[a] * r[a] + to->cell[a] - from->cell[a];
    near = near && folded[a] > FAR && folded[a] <= INT16_MAX;
  }
  do { /* once for whole numbers below 2^24 */
    const float part = (float)c;
    c -= (double)part;
    incoming *p = next_in(g, list);
    if (p == NULL)
      return lisi_no_memory(err, (size_t)g->chunk_size * sizeof *p);
    /* field by field: a copy of the whole would wait for these stores */
    p->copy = from->copy;
    p->j = to->s;
    for (int a = 0; a < 3; a++)
      p->r[a] = (int16_t)folded[a];
    p->block = (int16_t)block;
    p->group = (int16_t)group;
    p->c = part;
    if (!near && !keep_far(g, folded, p->r))
      return lisi_no_memory(err, g->far_cap * sizeof *g->far);
  } while ((float)c != 0.0F); /* what is left then, less than 1e-45, is nothing beside any other count */
  return LISI_OK;
}

/* ---- one starting site: its outcomes are numbered, and its pieces added up ---- */

static uint32_t hash_of(int j, const int r[3]) {
  const uint64_t h =
      (uint64_t)(uint32_t)j * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uint32_t)r[0] * UINT64_C(0xff51afd7ed558ccd) ^
      (uint64_t)(uint32_t)r[1] * UINT64_C(0xc4ceb9fe1a85ec53) ^ (uint64_t)(uint32_t)r[2] * UINT64_C(0xd6e8feb86659fd93);
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
    g->outcome[larger[to].id - 1].slot = to;
  }
  free(g->slot);
  g->slot = larger;
  g->nslots = nslots;
  return true;
}

/* The number of an outcome; a new one is added. -1: no memory. */
static int number_of(count_gather *g, int j, const int r[3]) {
  const uint32_t tag = hash_of(j, r);
  size_t k = tag & (g->nslots - 1);
  for (; g->slot[k].id != 0; k = (k + 1) & (g->nslots - 1)) {
    if (g->slot[k].tag != tag)
      continue;
    const outcome *p = &g->outcome[g->slot[k].id - 1];
    if (p->j == j && p->r[0] == r[0] && p->r[1] == r[1] && p->r[2] == r[2])
      return g->slot[k].id - 1;
  }
  if (g->n == g->cap && !more_outcomes(g))
    return -1;
  g->outcome[g->n++] = (outcome){j, {r[0], r[1], r[2]}, k};
  g->slot[k] = (slot){tag, g->n};
  const int id = g->n - 1;
  if (2 * (size_t)g->n > g->nslots && !more_slots(g))
    return -1;
  return id;
}

static bool keep(piece_list *list, int id, int block, float c) {
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

static bool take(count_gather *g, int s, const incoming *p) {
  int r[3];
  displacement(g, p, r);
  const int id = number_of(g, p->j, r);
  if (id < 0)
    return false;
  if (p->group >= 0)
    g->part[g->nblocks + p->group][id] += p->c;
  if (p->block == GATHER_NO_BLOCK)
    g->total[id] += p->c;
  if (p->block < 0)
    return true;
  g->part[p->block][id] += p->c;
  if (!g->compares)
    return true;
  g->row[p->copy * g->nblocks + p->block] += p->c;
  /* staying is what the other outcomes leave over, and is not compared */
  const bool stays = p->j == s && (r[0] | r[1] | r[2]) == 0;
  return stays || keep(&g->piece[p->copy], id, p->block, p->c);
}

/* ---- are the copies alike? ---- */

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

static bool room_for(int **array, size_t *cap, size_t n) {
  if (n <= *cap)
    return true;
  free(*array);
  *cap = n + n / 4;
  *array = *cap < INT32_MAX ? malloc(*cap * sizeof **array) : NULL;
  if (*array == NULL)
    *cap = 0;
  return *array != NULL;
}

/* The sums over blocks of what starts in each copy; returns all of it. */
static double sum_starts(count_gather *g) {
  const double B = (double)g->nblocks;
  double all = 0.0;
  for (int copy = 0; copy < g->ncopies; copy++) {
    const double *row = g->row + (size_t)copy * (size_t)g->nblocks;
    start_sums *start = &g->start[copy];
    *start = (start_sums){0};
    for (int b = 0; b < g->nblocks; b++)
      start->pairs += row[b];
    for (int b = 0; b < g->nblocks; b++)
      start->variance += (row[b] - start->pairs / B) * (row[b] - start->pairs / B);
    all += start->pairs;
  }
  for (int copy = 0; copy < g->ncopies && all > 0.0; copy++)
    g->start[copy].scale = B / (B - 1.0) * (1.0 - g->start[copy].pairs / all);
  return all;
}

/* A copy that has none of an outcome adds p^2, with p the outcome's share of all pairs of the site, times sums that all
 * outcomes share: these come first, for all copies, and the copies that have some are corrected. */
static bool compare_copies(count_gather *g, int s) {
  const double all = sum_starts(g);
  if (g->n < 2 || !(all > 0.0)) {
    for (int copy = 0; copy < g->ncopies; copy++)
      g->piece[copy].n = 0;
    return true;
  }
  double pairs = 0.0, variances = 0.0, squares = 0.0;
  for (int copy = 0; copy < g->ncopies; copy++) {
    const double v = g->start[copy].variance * g->start[copy].scale;
    pairs += g->start[copy].pairs * g->start[copy].pairs;
    variances += v;
    squares += v * v;
  }
  if (!room_for(&g->head, &g->head_cap, (size_t)g->n))
    return false;
  for (int id = 0; id < g->n; id++) {
    const outcome *o = &g->outcome[id];
    g->head[id] = -1;
    if (o->j == s && (o->r[0] | o->r[1] | o->r[2]) == 0)
      continue;
    const double p = g->total[id] / all;
    g->sum.excess += p * p * pairs;
    g->sum.expected += p * p * variances;
    g->sum.squares += p * p * p * p * squares;
  }
  for (int copy = 0; copy < g->ncopies; copy++) {
    piece_list *list = &g->piece[copy];
    if (!room_for(&g->next, &g->next_cap, list->n))
      return false;
    for (size_t k = 0; k < list->n; k++) {
      g->next[k] = g->head[list->item[k].id];
      g->head[list->item[k].id] = (int)k;
    }
    for (size_t k = 0; k < list->n; k++) {
      const int id = list->item[k].id;
      if (g->head[id] >= 0)
        compare_outcome(g, list->item, g->next, g->head[id], g->row + (size_t)copy * (size_t)g->nblocks,
                        &g->start[copy], g->total[id] / all);
      g->head[id] = -1;
    }
    list->n = 0;
  }
  return true;
}

/* ---- results ---- */

typedef struct {
  uint64_t high, low; /* (j, r0) and (r1, r2), biased so that they order */
  int id;
} order_key;

static int compare_keys(const void *a, const void *b) {
  const order_key *x = a, *y = b;
  if (x->high != y->high)
    return x->high < y->high ? -1 : 1;
  return (x->low > y->low) - (x->low < y->low);
}

/* Appends what is not zero of one array, in the order of `key`, and makes it zero. */
static bool append(entry_list *list, const count_gather *g, int s, const order_key *key, double *c, int part) {
  size_t n = 0;
  for (int k = 0; k < g->n; k++)
    n += c[k] > 0.0;
  if (list->n + n > list->cap) {
    const size_t cap = list->n + n > 2 * list->cap ? list->n + n : 2 * list->cap;
    count_entry *larger = realloc(list->entry, cap * sizeof *larger);
    if (larger == NULL)
      return false;
    list->entry = larger;
    list->cap = cap;
  }
  for (int k = 0; n > 0 && k < g->n; k++) {
    const int id = key[k].id;
    if (!(c[id] > 0.0))
      continue;
    const outcome *o = &g->outcome[id];
    list->entry[list->n++] = (count_entry){part, s, o->j, {o->r[0], o->r[1], o->r[2]}, c[id]};
    c[id] = 0.0;
  }
  return true;
}

/* What was added up as it came. */
static bool take_stays(count_gather *g, int s) {
  static const int none[3] = {0, 0, 0};
  const size_t list = (size_t)(s - g->lo), blocks = (size_t)g->nblocks, groups = (size_t)g->ngroups;
  const int id = number_of(g, s, none);
  if (id < 0)
    return false;
  double *row = g->stay + list * (size_t)g->ncopies * blocks, *of_group = g->stay_group + list * groups;
  for (size_t copy = 0; copy < (size_t)g->ncopies; copy++)
    for (size_t b = 0; b < blocks; b++) {
      const double c = row[copy * blocks + b];
      row[copy * blocks + b] = 0.0;
      g->part[b][id] += c;
      if (g->compares)
        g->row[copy * blocks + b] += c;
    }
  for (size_t k = 0; k < groups; k++) {
    g->part[blocks + k][id] += of_group[k];
    of_group[k] = 0.0;
  }
  g->stays[list] = false;
  return true;
}

static bool do_site(count_gather *g, int s) {
  const int nparts = g->nblocks + g->ngroups;
  g->n = 0;
  if (g->compares)
    memset(g->row, 0, (size_t)g->ncopies * (size_t)g->nblocks * sizeof *g->row);
  if (g->stays[s - g->lo] && !take_stays(g, s))
    return false;
  for (const chunk *c = g->first[s - g->lo]; c != NULL; c = c->next)
    for (int k = 0; k < c->n; k++)
      if (!take(g, s, &c->item[k]))
        return false;
  for (int b = 0; b < g->nblocks; b++)
    for (int k = 0; k < g->n; k++)
      g->total[k] += g->part[b][k];
  if (g->compares && !compare_copies(g, s))
    return false;
  order_key *key = malloc(((size_t)g->n + 1) * sizeof *key);
  if (key == NULL)
    return false;
  for (int k = 0; k < g->n; k++) {
    const outcome *o = &g->outcome[k];
    const uint32_t bias = UINT32_C(1) << 31;
    key[k] = (order_key){(uint64_t)(uint32_t)o->j << 32 | ((uint32_t)o->r[0] ^ bias),
                         (uint64_t)((uint32_t)o->r[1] ^ bias) << 32 | ((uint32_t)o->r[2] ^ bias), k};
    g->slot[o->slot] = (slot){0, 0};
  }
  qsort(key, (size_t)g->n, sizeof *key, compare_keys);
  bool good = append(&g->all, g, s, key, g->total, 0);
  for (int k = 0; good && k < nparts; k++)
    good = append(&g->list[k], g, s, key, g->part[k], k < g->nblocks ? k : k - g->nblocks);
  free(key);
  return good;
}

lisi_status count_gather_pass(count_gather *g, bool *again, lisi_error *err) {
  *again = false;
  for (int s = g->lo; s < g->hi; s++) {
    const int list = s - g->lo;
    if (g->first[list] == NULL && !g->stays[list])
      continue;
    if (!do_site(g, s))
      return lisi_no_memory(err, (size_t)g->cap * (size_t)(g->nblocks + g->ngroups + 1) * sizeof(double));
    if (g->first[list] == NULL)
      continue;
    g->last[list]->next = g->spare;
    g->spare = g->first[list];
    g->first[list] = g->last[list] = NULL;
  }
  g->nfar = 0;
  if (++g->pass == g->npasses)
    return LISI_OK;
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
    verdict->homogeneous = !(verdict->z > 4.0 && verdict->ratio > 1.3);
  }
  return status;
}
