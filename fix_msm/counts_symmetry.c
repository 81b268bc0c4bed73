/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts_symmetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void site_symmetry_free(site_symmetry *s) {
  symmetry_free(&s->group);
  free(s->to);
  free(s->shift);
  free(s->orbit);
  free(s->turn);
  memset(s, 0, sizeof *s);
}

/* ---- the group ---- */

/* Where every operation takes every site. False: a site has no image, or two have one. */
static bool follow_sites(const lattice *cell, const state_space *space, double tolerance, site_symmetry *s) {
  const size_t N = (size_t)s->nsites;
  bool *hit = malloc(N * sizeof *hit);
  bool good = hit != NULL;
  for (int o = 0; o < s->group.nops && good; o++) {
    memset(hit, 0, N * sizeof *hit);
    for (size_t i = 0; i < N && good; i++) {
      double y[3], best = INFINITY;
      int *to = &s->to[(size_t)o * N + i], *shift = s->shift[(size_t)o * N + i];
      symmetry_apply(&s->group.op[o], space->x + 3 * i, y);
      for (size_t j = 0; j < N; j++) {
        double f[3], d[3];
        int n[3];
        for (size_t a = 0; a < 3; a++)
          f[a] = y[a] - space->x[3 * j + a];
        const double r2 = lattice_nearest(cell, f, n, d);
        if (r2 < best) {
          best = r2;
          *to = (int)j;
          for (int a = 0; a < 3; a++)
            shift[a] = n[a];
        }
      }
      good = best <= tolerance * tolerance && !hit[*to];
      hit[*to] = true;
    }
  }
  free(hit);
  return good;
}

/* Positions that the operations take to each other exactly: x_gi <- mean over g of W x_i + w - s_i. */
static lisi_status exact_positions(const site_symmetry *s, state_space *space, lisi_error *err) {
  const size_t N = (size_t)s->nsites;
  double *sum = calloc(3 * N, sizeof *sum);
  if (sum == NULL)
    return lisi_no_memory(err, 3 * N * sizeof *sum);
  for (int o = 0; o < s->group.nops; o++)
    for (size_t i = 0; i < N; i++) {
      const size_t at = (size_t)o * N + i;
      double y[3];
      symmetry_apply(&s->group.op[o], space->x + 3 * i, y);
      for (size_t a = 0; a < 3; a++)
        sum[3 * (size_t)s->to[at] + a] += (y[a] - s->shift[at][a]) / s->group.nops;
    }
  memcpy(space->x, sum, 3 * N * sizeof *sum);
  free(sum);
  return LISI_OK;
}

static void find_orbits(site_symmetry *s, const state_space *space) {
  for (int i = 0; i < s->nsites; i++)
    s->orbit[i] = -1;
  for (int i = 0; i < s->nsites; i++) {
    if (s->orbit[i] >= 0)
      continue;
    for (int o = 0; o < s->group.nops; o++) {
      const int j = s->to[(size_t)o * (size_t)s->nsites + (size_t)i];
      s->orbit[j] = s->norbits;
      if (space->label != NULL && strcmp(space->label[i], space->label[j]) != 0)
        s->mixed_labels = true;
    }
    s->norbits++;
  }
}

/* Fractions are f with r = H^T f, so r' = H^T W H^-T r. */
static void find_turns(site_symmetry *s, const lattice *cell) {
  for (int o = 0; o < s->group.nops; o++)
    for (int k = 0; k < 3; k++) {
      const double unit[3] = {k == 0, k == 1, k == 2};
      double f[3], g[3], r[3];
      lattice_frac(cell, unit, f);
      for (int a = 0; a < 3; a++)
        g[a] = s->group.op[o].W[a][0] * f[0] + s->group.op[o].W[a][1] * f[1] + s->group.op[o].W[a][2] * f[2];
      lattice_cart(cell, g, r);
      for (int a = 0; a < 3; a++)
        s->turn[o][a][k] = r[a];
    }
}

lisi_status site_symmetry_find(state_space *space, const double reference[3][3], int nhost, const double *host,
                               const char *species, size_t width, double tolerance, site_symmetry *s, lisi_error *err) {
  memset(s, 0, sizeof *s);
  if (!space->geometry)
    return lisi_fail(err, LISI_ERR_INPUT, "the space group needs the positions of the sites");
  lattice cell, mean, exact;
  lisi_status status = lattice_from_rows(reference, &cell, err);
  if (status == LISI_OK)
    status = lattice_from_rows((const double(*)[3])space->cell, &mean, err);
  if (status != LISI_OK)
    return status;
  const size_t n = (size_t)(space->n + nhost);
  double(*frac)[3] = malloc(n * sizeof *frac);
  int *kind = malloc(n * sizeof *kind);
  if (frac == NULL || kind == NULL)
    status = lisi_no_memory(err, n * sizeof *frac);
  for (int k = 0; k < nhost && status == LISI_OK; k++) {
    memcpy(frac[k], host + 3 * k, sizeof frac[k]);
    kind[k] = k + 1;
    for (int l = 0; l < k; l++)
      if (strncmp(species + (size_t)l * width, species + (size_t)k * width, width) == 0) {
        kind[k] = kind[l];
        break;
      }
  }
  for (int k = 0; k < space->n && status == LISI_OK; k++) {
    memcpy(frac[nhost + k], space->x + 3 * k, sizeof frac[0]);
    kind[nhost + k] = 0; /* sites differ by where they are alone */
  }
  if (status == LISI_OK)
    status = symmetry_find(&cell, (int)n, (const double(*)[3])frac, kind, tolerance, &s->group, err);
  free(frac);
  free(kind);
  if (status != LISI_OK)
    return status;
  const size_t N = (size_t)space->n, ops = (size_t)s->group.nops;
  s->nsites = space->n;
  s->to = malloc(ops * N * sizeof *s->to);
  s->shift = malloc(ops * N * sizeof *s->shift);
  s->orbit = malloc(N * sizeof *s->orbit);
  s->turn = malloc(ops * sizeof *s->turn);
  if (!s->to || !s->shift || !s->orbit || !s->turn)
    status = lisi_no_memory(err, ops * N * sizeof *s->shift);
  /* the group's own operations are ideal, so an image is off by no more than twice what an atom may be */
  if (status == LISI_OK && !follow_sites(&cell, space, 3.0 * tolerance, s))
    status = lisi_fail(err, LISI_ERR_NUMERIC, "the operations of %s (%d) do not take the sites to each other",
                       s->group.symbol, s->group.number);
  if (status == LISI_OK)
    status = exact_positions(s, space, err);
  if (status == LISI_OK)
    status = symmetry_of_cell(&s->group, &mean, &exact, err);
  if (status == LISI_OK) {
    memcpy(space->cell, exact.H, sizeof space->cell);
    find_orbits(s, space);
    find_turns(s, &exact);
  } else {
    site_symmetry_free(s);
  }
  return status;
}

/* ---- classes of jumps ---- */

typedef struct {
  int i, j, r[3];
} jump;

static int compare_jumps(const void *a, const void *b) {
  const jump *x = a, *y = b;
  if (x->i != y->i)
    return x->i < y->i ? -1 : 1;
  if (x->j != y->j)
    return x->j < y->j ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (x->r[k] != y->r[k])
      return x->r[k] < y->r[k] ? -1 : 1;
  return 0;
}

static int compare_entries(const void *a, const void *b) {
  const count_entry *x = a, *y = b;
  const jump p = {x->i, x->j, {x->r[0], x->r[1], x->r[2]}}, q = {y->i, y->j, {y->r[0], y->r[1], y->r[2]}};
  return compare_jumps(&p, &q);
}

static void image(const site_symmetry *s, int op, const count_entry *e, jump *to) {
  const size_t i = (size_t)op * (size_t)s->nsites + (size_t)e->i, j = (size_t)op * (size_t)s->nsites + (size_t)e->j;
  const int(*W)[3] = (const int(*)[3])s->group.op[op].W;
  to->i = s->to[i];
  to->j = s->to[j];
  for (int a = 0; a < 3; a++)
    to->r[a] = W[a][0] * e->r[0] + W[a][1] * e->r[1] + W[a][2] * e->r[2] + s->shift[j][a] - s->shift[i][a];
}

/* Jumps that the group takes to each other; every class with all its members, counted or not. */
typedef struct {
  size_t n;
  size_t *first; /* [n + 1] into member */
  jump *member;  /* sorted within a class */
  size_t cap;
  size_t *of; /* [entries of the total table] */
} classes;

static void classes_free(classes *c) {
  free(c->first);
  free(c->member);
  free(c->of);
}

static size_t place_of(const count_table *t, const count_entry *e) {
  const count_entry *at = t->n > 0 ? bsearch(e, t->entry, t->n, sizeof *t->entry, compare_entries) : NULL;
  return at != NULL ? (size_t)(at - t->entry) : SIZE_MAX;
}

static lisi_status find_classes(const count_table *total, const site_symmetry *s, classes *c, lisi_error *err) {
  const size_t ops = (size_t)s->group.nops;
  memset(c, 0, sizeof *c);
  c->first = malloc((total->n + 1) * sizeof *c->first);
  c->of = malloc((total->n + 1) * sizeof *c->of);
  jump *images = malloc(ops * sizeof *images);
  lisi_status status = !c->first || !c->of || !images ? lisi_no_memory(err, total->n * sizeof *c->of) : LISI_OK;
  for (size_t k = 0; k < total->n && status == LISI_OK; k++)
    c->of[k] = SIZE_MAX;
  size_t used = 0;
  for (size_t k = 0; k < total->n && status == LISI_OK; k++) {
    if (c->of[k] != SIZE_MAX)
      continue;
    for (size_t o = 0; o < ops; o++)
      image(s, (int)o, &total->entry[k], &images[o]);
    qsort(images, ops, sizeof *images, compare_jumps);
    if (used + ops > c->cap) {
      const size_t cap = 2 * (used + ops);
      jump *larger = realloc(c->member, cap * sizeof *larger);
      if (larger == NULL) {
        status = lisi_no_memory(err, cap * sizeof *larger);
        break;
      }
      c->member = larger;
      c->cap = cap;
    }
    c->first[c->n] = used;
    for (size_t o = 0; o < ops; o++) {
      if (o > 0 && compare_jumps(&images[o - 1], &images[o]) == 0)
        continue;
      c->member[used++] = images[o];
      const count_entry e = {0, images[o].i, images[o].j, {images[o].r[0], images[o].r[1], images[o].r[2]}, 0.0};
      const size_t at = place_of(total, &e);
      if (at != SIZE_MAX)
        c->of[at] = c->n;
    }
    c->n++;
  }
  if (c->first != NULL)
    c->first[c->n] = used;
  free(images);
  return status;
}

/* ---- averaging ---- */

/* One table: the counts of a class, part by part, in equal shares to all its members. */
static lisi_status average(const count_table *table, const count_table *total, const classes *c, count_table *out,
                           lisi_error *err) {
  *out = (count_table){table->nstates, table->nparts, 0, NULL};
  double *sum = calloc(c->n + 1, sizeof *sum);
  size_t *touched = malloc((c->n + 1) * sizeof *touched), cap = 0;
  lisi_status status = !sum || !touched ? lisi_no_memory(err, c->n * sizeof *sum) : LISI_OK;
  for (size_t from = 0; from < table->n && status == LISI_OK;) {
    const int part = table->entry[from].part;
    size_t ntouched = 0, room = 0;
    for (; from < table->n && table->entry[from].part == part; from++) {
      const size_t at = place_of(total, &table->entry[from]);
      if (at == SIZE_MAX) {
        status = lisi_fail(err, LISI_ERR_INTERNAL, "a part of the counts is not in their total");
        break;
      }
      const size_t k = c->of[at];
      if (!(sum[k] > 0.0) && table->entry[from].c > 0.0) {
        touched[ntouched++] = k;
        room += c->first[k + 1] - c->first[k];
      }
      sum[k] += table->entry[from].c;
    }
    if (out->n + room > cap || out->entry == NULL) {
      cap = out->n + room + (out->n + room) / 2 + 16;
      count_entry *larger = realloc(out->entry, cap * sizeof *larger);
      if (larger == NULL) {
        status = lisi_no_memory(err, cap * sizeof *larger);
        break;
      }
      out->entry = larger;
    }
    count_entry *part_entry = out->entry + out->n;
    for (size_t t = 0; t < ntouched; t++) {
      const size_t k = touched[t], a = c->first[k], b = c->first[k + 1];
      const double share = sum[k] / (double)(b - a);
      sum[k] = 0.0;
      for (size_t m = a; m < b; m++) {
        const jump *x = &c->member[m];
        out->entry[out->n++] = (count_entry){part, x->i, x->j, {x->r[0], x->r[1], x->r[2]}, share};
      }
    }
    if (room > 0)
      qsort(part_entry, room, sizeof *part_entry, compare_entries);
  }
  free(sum);
  free(touched);
  if (status != LISI_OK)
    count_table_free(out);
  return status;
}

static bool stays(const jump *x) {
  return x->i == x->j && (x->r[0] | x->r[1] | x->r[2]) == 0;
}

/* Are the images of each jump alike? e = c - p z for each member of a class, with z the pairs that start where it
 * starts, p what the class as a whole has for each of them; its variance comes from the time blocks (count_gather.c has
 * the same for the copies of a site). */
static lisi_status compare_images(const lag_counts *counts, const site_symmetry *s, const classes *c,
                                  fold_verdict *verdict, lisi_error *err) {
  const count_table *t = &counts->blocks;
  const size_t B = (size_t)t->nparts, N = (size_t)s->nsites, M = c->first[c->n];
  *verdict = (fold_verdict){.done = s->group.nops > 1, .ratio = 1.0, .homogeneous = true};
  if (B < 2 || s->group.nops < 2)
    return LISI_OK;
  double *row = calloc(B * N, sizeof *row); /* [N][B] pairs that start in a site */
  double *cell = calloc(B, sizeof *cell);   /* of one member */
  size_t *start = calloc(M + 1, sizeof *start), *list = malloc((t->n + 1) * sizeof *list),
         *member = malloc((t->n + 1) * sizeof *member);
  lisi_status status =
      !row || !cell || !start || !list || !member ? lisi_no_memory(err, (B * N + M) * sizeof *row) : LISI_OK;
  /* the pieces of each member: list[start[m] .. start[m + 1]) are entries of the table */
  for (size_t k = 0; k < t->n && status == LISI_OK; k++) {
    const count_entry *e = &t->entry[k];
    row[(size_t)e->i * B + (size_t)e->part] += e->c;
    const size_t at = place_of(&counts->total, e), q = at != SIZE_MAX ? c->of[at] : 0;
    const jump x = {e->i, e->j, {e->r[0], e->r[1], e->r[2]}};
    const jump *found = bsearch(&x, c->member + c->first[q], c->first[q + 1] - c->first[q], sizeof x, compare_jumps);
    if (at == SIZE_MAX || found == NULL) {
      status = lisi_fail(err, LISI_ERR_INTERNAL, "a time block of the counts is not in their total");
      break;
    }
    member[k] = (size_t)(found - c->member);
    start[member[k] + 1]++;
  }
  for (size_t m = 0; m < M && status == LISI_OK; m++)
    start[m + 1] += start[m];
  for (size_t k = 0; k < t->n && status == LISI_OK; k++)
    list[start[member[k]]++] = k;
  for (size_t m = M; m > 0 && status == LISI_OK; m--)
    start[m] = start[m - 1];
  if (status == LISI_OK)
    start[0] = 0;
  double excess = 0.0, expected = 0.0, squares = 0.0;
  for (size_t k = 0; k < c->n && status == LISI_OK; k++) {
    const size_t a = c->first[k], b = c->first[k + 1];
    double have = 0.0, visits = 0.0;
    if (b - a < 2 || stays(&c->member[a])) /* staying is what the others leave over */
      continue;
    for (size_t m = a; m < b; m++) {
      for (size_t l = start[m]; l < start[m + 1]; l++)
        have += t->entry[list[l]].c;
      for (size_t p = 0; p < B; p++)
        visits += row[(size_t)c->member[m].i * B + p];
    }
    if (!(visits > 0.0))
      continue;
    const double p = have / visits;
    for (size_t m = a; m < b; m++) {
      const double *z = row + (size_t)c->member[m].i * B;
      double e = 0.0, zs = 0.0, sum = 0.0, sum2 = 0.0;
      memset(cell, 0, B * sizeof *cell);
      for (size_t l = start[m]; l < start[m + 1]; l++)
        cell[t->entry[list[l]].part] += t->entry[list[l]].c;
      for (size_t q = 0; q < B; q++) {
        const double x = cell[q] - p * z[q];
        zs += z[q];
        sum += x;
        sum2 += x * x;
      }
      e = sum;
      const double scale = (double)B / ((double)B - 1.0) * (1.0 - zs / visits);
      const double variance = fmax(0.0, sum2 - sum * sum / (double)B) * scale;
      excess += e * e;
      expected += variance;
      squares += variance * variance;
    }
  }
  if (status == LISI_OK && expected > 0.0 && squares > 0.0) {
    const double terms = expected * expected / squares;
    verdict->tested = true;
    verdict->ratio = excess / expected;
    /* a jump and its way back, often images of each other, come in equal numbers: half as many terms as it seems */
    verdict->z = (verdict->ratio - 1.0) / sqrt(4.0 / terms + 4.0 / (terms * ((double)B - 1.0)));
    verdict->homogeneous = !(verdict->z > 4.0 && verdict->ratio > 1.5);
  }
  free(row);
  free(cell);
  free(start);
  free(list);
  free(member);
  return status;
}

static void measure(const count_table *total, const classes *c, symmetry_gain *gain) {
  *gain = (symmetry_gain){0};
  for (size_t k = 0; k < c->n; k++)
    gain->classes += !stays(&c->member[c->first[k]]);
  for (size_t k = 0; k < total->n; k++) {
    const count_entry *e = &total->entry[k];
    const jump x = {e->i, e->j, {e->r[0], e->r[1], e->r[2]}};
    if (!stays(&x)) {
      gain->entries += 1.0;
      gain->counts += e->c;
    }
  }
}

lisi_status counts_symmetrise(const lag_counts *counts, const site_symmetry *s, lag_counts *out, fold_verdict *verdict,
                              symmetry_gain *gain, lisi_error *err) {
  memset(out, 0, sizeof *out);
  memset(verdict, 0, sizeof *verdict);
  out->lag = counts->lag;
  out->stride = counts->stride;
  if (counts->total.nstates != s->nsites)
    return lisi_fail(err, LISI_ERR_INTERNAL, "counts over %d states, a space group of %d sites", counts->total.nstates,
                     s->nsites);
  classes c;
  lisi_status status = find_classes(&counts->total, s, &c, err);
  if (status == LISI_OK)
    status = compare_images(counts, s, &c, verdict, err);
  if (status == LISI_OK) {
    measure(&counts->total, &c, gain);
    status = average(&counts->total, &counts->total, &c, &out->total, err);
  }
  if (status == LISI_OK)
    status = average(&counts->blocks, &counts->total, &c, &out->blocks, err);
  if (status == LISI_OK)
    status = average(&counts->groups, &counts->total, &c, &out->groups, err);
  classes_free(&c);
  if (status != LISI_OK)
    lag_counts_free(out);
  return status;
}

/* ---- tensors ---- */

static bool keeps_all(const site_symmetry *s, int op, const bool *keeps) {
  for (int i = 0; i < s->nsites && keeps != NULL; i++)
    if (keeps[i] != keeps[s->to[(size_t)op * (size_t)s->nsites + (size_t)i]])
      return false;
  return true;
}

void site_symmetry_tensor(const site_symmetry *s, const bool *keeps, double D[3][3]) {
  double sum[3][3] = {{0}};
  int n = 0;
  for (int o = 0; o < s->group.nops; o++) {
    if (!keeps_all(s, o, keeps))
      continue;
    const double(*t)[3] = (const double(*)[3])s->turn[o];
    n++;
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++)
        for (int k = 0; k < 3; k++)
          for (int l = 0; l < 3; l++)
            sum[a][b] += t[a][k] * D[k][l] * t[b][l];
  }
  double size = 0.0;
  for (int a = 0; a < 3; a++)
    size = fmax(size, fabs(sum[a][a]) / n);
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) {
      D[a][b] = sum[a][b] / n;
      /* the rotations themselves are exact to rounding */
      if (fabs(D[a][b]) < 1e-15 * size)
        D[a][b] = 0.0;
    }
}

void site_symmetry_vector(const site_symmetry *s, const bool *keeps, double v[3]) {
  double sum[3] = {0};
  int n = 0;
  for (int o = 0; o < s->group.nops; o++) {
    if (!keeps_all(s, o, keeps))
      continue;
    n++;
    for (int a = 0; a < 3; a++)
      for (int k = 0; k < 3; k++)
        sum[a] += s->turn[o][a][k] * v[k];
  }
  for (int a = 0; a < 3; a++)
    v[a] = sum[a] / n;
}
