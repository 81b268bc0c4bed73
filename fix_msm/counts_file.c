/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "counts_file.h"

#include "file_bytes.h"
#include "out_file.h"
#include "text_lines.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SITES 10000000
#define MOST_LAGS 10000
#define MOST_BLOCKS 1000000

void counts_set_free(counts_set *set) {
  for (int k = 0; set->lag != NULL && k < set->nlags; k++)
    lag_counts_free(&set->lag[k]);
  free(set->lag);
  state_space_free(&set->space);
  memset(set, 0, sizeof *set);
}

lisi_status counts_file_write(const char *path, const counts_set *set, lisi_error *err) {
  out_file *out;
  lisi_status status = out_file_open(path, &out, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(out);
  const state_space *s = &set->space;
  (void)fprintf(f,
                "lisi-counts 1\nunits ps Angstrom\ndt %.17g\nwalkers %d\ntemperature %.17g\nnearest %d\nsites-unit "
                "%d\nreplicate %d %d %d\n",
                set->dt, set->nwalkers, set->temperature, set->nearest_site ? 1 : 0, set->nsites_unit,
                set->replicate[0], set->replicate[1], set->replicate[2]);
  if (s->geometry) {
    (void)fprintf(f, "cell");
    for (int k = 0; k < 9; k++)
      (void)fprintf(f, " %.17g", s->cell[k / 3][k % 3]);
    (void)fprintf(f, "\n");
  }
  (void)fprintf(f, "states %d\n", s->n);
  for (int i = 0; i < s->n; i++) {
    char label[STATE_LABEL] = "-";
    if (s->label != NULL && s->label[i][0] != '\0')
      memcpy(label, s->label[i], sizeof label);
    for (char *c = label; *c != '\0'; c++) {
      if ((unsigned char)*c <= ' ' || *c == ',')
        *c = '_';
    }
    (void)fprintf(f, "site %lld %s", s->number[i], label);
    for (int a = 0; a < 3 && s->geometry; a++)
      (void)fprintf(f, " %.17g", s->x[3 * i + a]);
    (void)fprintf(f, "\n");
  }
  for (int k = 0; k < set->nlags; k++) {
    const lag_counts *l = &set->lag[k];
    const count_table *t = l->blocks.nparts > 0 ? &l->blocks : &l->total;
    (void)fprintf(f, "lag %lld %d %zu\n", l->lag, t->nparts, t->n);
    for (size_t e = 0; e < t->n; e++) {
      const count_entry *c = &t->entry[e];
      (void)fprintf(f, "%d %d %d %d %d %d %.17g\n", c->part, c->i + 1, c->j + 1, c->r[0], c->r[1], c->r[2], c->c);
    }
  }
  (void)fprintf(f, "end\n");
  return out_file_commit(out, err);
}

/* ---- reading ---- */

typedef struct {
  const char *name;
  text_lines text;
  const char *line;
  size_t length;
} reader;

static lisi_status complain(const reader *r, lisi_error *err, const char *expected) {
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: %s is expected", r->name, r->text.number, expected);
}

/* The next line, which has to begin with `key`. */
static lisi_status want_key(reader *r, const char *key, lisi_error *err) {
  text_word word;
  if (!text_next(&r->text, &r->line, &r->length))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the file ends where a line '%s' is expected", r->name, key);
  if (!text_take(&r->line, &r->length, false, &word) || !text_is(word, key))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: a line '%s' is expected, found '%.*s'", r->name, r->text.number, key,
                     text_width(word), word.at);
  return LISI_OK;
}

static lisi_status integers(reader *r, int n, long long lo, long long hi, long long *value, const char *what,
                            lisi_error *err) {
  text_word word;
  for (int k = 0; k < n; k++) {
    if (!text_take(&r->line, &r->length, false, &word) || !text_integer(word, lo, hi, &value[k]))
      return complain(r, err, what);
  }
  return LISI_OK;
}

static lisi_status doubles(reader *r, int n, double *value, const char *what, lisi_error *err) {
  text_word word;
  for (int k = 0; k < n; k++) {
    if (!text_take(&r->line, &r->length, false, &word) || !text_double(word, &value[k]))
      return complain(r, err, what);
  }
  return LISI_OK;
}

static lisi_status read_header(reader *r, counts_set *set, lisi_error *err) {
  text_word word;
  long long v[3];
  lisi_status status;
  if (!text_next(&r->text, &r->line, &r->length) || !text_take(&r->line, &r->length, false, &word) ||
      !text_is(word, "lisi-counts"))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:1: a counts file begins with 'lisi-counts 1'", r->name);
  if (!text_take(&r->line, &r->length, false, &word) || !text_is(word, "1"))
    return lisi_fail(err, LISI_ERR_VERSION, "%s:1: version 1 of lisi-counts is known, not '%.*s'", r->name,
                     text_width(word), word.at);
  if ((status = want_key(r, "units", err)) != LISI_OK)
    return status;
  if ((status = want_key(r, "dt", err)) != LISI_OK ||
      (status = doubles(r, 1, &set->dt, "a time above 0", err)) != LISI_OK)
    return status;
  if (!(set->dt > 0.0))
    return complain(r, err, "a time above 0");
  if ((status = want_key(r, "walkers", err)) != LISI_OK ||
      (status = integers(r, 1, 0, INT_MAX, v, "a number of walkers", err)) != LISI_OK)
    return status;
  set->nwalkers = (int)v[0];
  if ((status = want_key(r, "temperature", err)) != LISI_OK ||
      (status = doubles(r, 1, &set->temperature, "a temperature", err)) != LISI_OK)
    return status;
  if ((status = want_key(r, "nearest", err)) != LISI_OK || (status = integers(r, 1, 0, 1, v, "0 or 1", err)) != LISI_OK)
    return status;
  set->nearest_site = v[0] == 1;
  if ((status = want_key(r, "sites-unit", err)) != LISI_OK ||
      (status = integers(r, 1, 1, MOST_SITES, v, "a number of sites", err)) != LISI_OK)
    return status;
  set->nsites_unit = (int)v[0];
  if ((status = want_key(r, "replicate", err)) != LISI_OK ||
      (status = integers(r, 3, 1, MOST_SITES, v, "three numbers of unit cells", err)) != LISI_OK)
    return status;
  for (int a = 0; a < 3; a++)
    set->replicate[a] = (int)v[a];
  return LISI_OK;
}

static lisi_status read_states(reader *r, counts_set *set, lisi_error *err) {
  text_word word;
  long long n;
  double cell[9];
  bool geometry = false;
  lisi_status status = LISI_OK;
  if (!text_next(&r->text, &r->line, &r->length) || !text_take(&r->line, &r->length, false, &word))
    return complain(r, err, "a line 'cell' or 'states'");
  if (text_is(word, "cell")) {
    geometry = true;
    status = doubles(r, 9, cell, "nine numbers", err);
    if (status == LISI_OK)
      status = want_key(r, "states", err);
  } else if (!text_is(word, "states")) {
    status = complain(r, err, "a line 'cell' or 'states'");
  }
  if (status == LISI_OK)
    status = integers(r, 1, 1, MOST_SITES, &n, "a number of states", err);
  if (status != LISI_OK)
    return status;
  if (n > r->text.end - r->text.at)
    return complain(r, err, "a number of states that the file has lines for"); /* before memory is taken */
  status = state_space_new((int)n, geometry, &set->space, err);
  if (status != LISI_OK)
    return status;
  set->space.label = calloc((size_t)n, sizeof *set->space.label);
  if (set->space.label == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *set->space.label);
  if (geometry)
    memcpy(set->space.cell, cell, sizeof cell);
  for (int i = 0; i < (int)n; i++) {
    status = want_key(r, "site", err);
    if (status == LISI_OK)
      status = integers(r, 1, -LLONG_MAX, LLONG_MAX, &set->space.number[i], "the number of a site", err);
    if (status == LISI_OK && (!text_take(&r->line, &r->length, false, &word) || word.length >= STATE_LABEL))
      status = complain(r, err, "the label of a site");
    if (status == LISI_OK && !text_is(word, "-"))
      memcpy(set->space.label[i], word.at, word.length);
    if (status == LISI_OK && geometry)
      status = doubles(r, 3, set->space.x + 3 * (size_t)i, "a fractional position", err);
    if (status != LISI_OK)
      return status;
  }
  if ((long long)set->nsites_unit * set->replicate[0] * set->replicate[1] % INT_MAX * set->replicate[2] != n)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: %lld states are not %d sites times replicate %d %d %d", r->name, n,
                     set->nsites_unit, set->replicate[0], set->replicate[1], set->replicate[2]);
  return LISI_OK;
}

/* The entries behind a line 'lag'. */
static lisi_status read_lag(reader *r, const counts_set *set, lag_counts *l, lisi_error *err) {
  long long lag, blocks, entries, v[6];
  lisi_status status = integers(r, 1, 1, LLONG_MAX / 4, &lag, "a lag in samples", err);
  if (status == LISI_OK)
    status = integers(r, 1, 1, MOST_BLOCKS, &blocks, "a number of blocks", err);
  if (status == LISI_OK)
    status =
        integers(r, 1, 0, r->text.end - r->text.at, &entries, "a number of entries that the file has room for", err);
  if (status != LISI_OK)
    return status;
  count_hash *hash;
  status = count_hash_new(&hash, err);
  for (long long k = 0; k < entries && status == LISI_OK; k++) {
    double c = 0.0;
    if (!text_next(&r->text, &r->line, &r->length)) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: the file ends after %lld of %lld entries of lag %lld", r->name, k,
                         entries, lag);
      break;
    }
    status = integers(r, 1, 0, blocks - 1, v, "a block number", err);
    if (status == LISI_OK)
      status = integers(r, 2, 1, set->space.n, v + 1, "a state number", err);
    if (status == LISI_OK)
      status = integers(r, 3, -1000000000, 1000000000, v + 3, "an image shift", err);
    if (status == LISI_OK)
      status = doubles(r, 1, &c, "a count", err);
    if (status == LISI_OK && !(c >= 0.0 && c <= LARGEST_COUNT))
      status = complain(r, err, "a count from 0 to 2^53");
    const int shift[3] = {(int)v[3], (int)v[4], (int)v[5]};
    if (status == LISI_OK && c > 0.0) /* an entry is a connection */
      status = count_hash_add(hash, (int)v[0], (int)v[1] - 1, (int)v[2] - 1, shift, c, err);
  }
  l->lag = lag;
  if (status == LISI_OK)
    status = count_hash_table(hash, set->space.n, (int)blocks, &l->blocks, err);
  if (status == LISI_OK)
    status = count_table_collapse(&l->blocks, NULL, &l->total, err);
  count_hash_free(hash);
  return status;
}

static lisi_status read_all(reader *r, counts_set *set, lisi_error *err) {
  lisi_status status = read_header(r, set, err);
  if (status == LISI_OK)
    status = read_states(r, set, err);
  set->lag = status == LISI_OK ? calloc(MOST_LAGS, sizeof *set->lag) : NULL;
  if (status == LISI_OK && set->lag == NULL)
    status = lisi_no_memory(err, MOST_LAGS * sizeof *set->lag);
  while (status == LISI_OK) {
    text_word word;
    if (!text_next(&r->text, &r->line, &r->length) || !text_take(&r->line, &r->length, false, &word))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: the file is cut off: no line 'end'", r->name);
    if (text_is(word, "end"))
      break;
    if (!text_is(word, "lag"))
      return complain(r, err, "a line 'lag' or 'end'");
    if (set->nlags == MOST_LAGS)
      return complain(r, err, "a smaller number of lags");
    set->nlags++;
    status = read_lag(r, set, &set->lag[set->nlags - 1], err);
  }
  return status;
}

lisi_status counts_file_read(const char *path, counts_set *set, lisi_error *err) {
  memset(set, 0, sizeof *set);
  char *bytes;
  size_t size;
  lisi_status status = file_bytes_read(path, (size_t)4 << 30, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  reader r = {path, {bytes, bytes + size, 0}, NULL, 0};
  status = read_all(&r, set, err);
  free(bytes);
  if (status != LISI_OK)
    counts_set_free(set);
  return status;
}

/* ---- adding up ---- */

static bool same_states(const counts_set *a, const counts_set *b) {
  const state_space *x = &a->space, *y = &b->space;
  if (x->n != y->n || x->geometry != y->geometry || a->nsites_unit != b->nsites_unit ||
      memcmp(a->replicate, b->replicate, sizeof a->replicate) != 0)
    return false;
  for (int i = 0; i < x->n; i++) {
    if (x->number[i] != y->number[i])
      return false;
    for (int k = 3 * i; x->geometry && k < 3 * i + 3; k++) {
      if (fabs(x->x[k] - y->x[k]) > 1e-6)
        return false;
    }
  }
  return true;
}

/* The mean of the two cells, weighted by what was counted in them. */
static void merge_cells(counts_set *set, const counts_set *more) {
  const double a = set->nlags > 0 ? count_table_sum(&set->lag[0].total) : 0.0;
  const double b = set->nlags > 0 ? count_table_sum(&more->lag[0].total) : 0.0;
  for (int k = 0; a + b > 0.0 && k < 9; k++) {
    double *to = &set->space.cell[k / 3][k % 3];
    *to = (a * *to + b * more->space.cell[k / 3][k % 3]) / (a + b);
  }
}

lisi_status counts_set_merge(counts_set *set, const counts_set *more, const char *name, lisi_error *err) {
  if (!same_states(set, more))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: its sites are not those of the other files", name);
  if (fabs(set->dt - more->dt) > 1e-9 * set->dt)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: sampled every %.10g ps, the other files every %.10g ps", name, more->dt,
                     set->dt);
  for (int a = 0; a < 3; a++) {
    double d2 = 0.0, l2 = 0.0;
    for (int k = 0; k < 3; k++) {
      const double d = set->space.cell[a][k] - more->space.cell[a][k];
      d2 += d * d;
      l2 += set->space.cell[a][k] * set->space.cell[a][k];
    }
    if (d2 > 0.05 * 0.05 * l2)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: its cell differs by more than 5 %% from that of the other files",
                       name);
  }
  if (set->nearest_site != more->nearest_site)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: its sites were assigned %s, those of the other files %s; expected one assignment", name,
                     more->nearest_site ? "by the nearest site" : "with a core, a sphere or a dwell",
                     set->nearest_site ? "by the nearest site" : "with a core, a sphere or a dwell");
  bool same_lags = set->nlags == more->nlags;
  for (int k = 0; same_lags && k < set->nlags; k++)
    same_lags = set->lag[k].lag == more->lag[k].lag;
  if (!same_lags)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: its lags are not those of the other files", name);
  merge_cells(set, more);
  for (int k = 0; k < set->nlags; k++) {
    lag_counts *l = &set->lag[k];
    const count_table *t = &more->lag[k].blocks;
    if (l->blocks.nparts > INT_MAX - t->nparts)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: too many blocks", name);
    count_entry *larger = realloc(l->blocks.entry, (l->blocks.n + t->n + 1) * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (l->blocks.n + t->n + 1) * sizeof *larger);
    l->blocks.entry = larger;
    for (size_t e = 0; e < t->n; e++) { /* later blocks: the order stays sorted */
      larger[l->blocks.n] = t->entry[e];
      larger[l->blocks.n++].part += l->blocks.nparts;
    }
    l->blocks.nparts += t->nparts;
    count_table total;
    const lisi_status status = count_table_collapse(&l->blocks, NULL, &total, err);
    if (status != LISI_OK)
      return status;
    count_table_free(&l->total);
    l->total = total;
  }
  set->nwalkers = more->nwalkers > INT_MAX - set->nwalkers ? INT_MAX : set->nwalkers + more->nwalkers;
  return LISI_OK;
}
