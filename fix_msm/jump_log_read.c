/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading jump logs, and the text of their header in both directions. */
#include "jump_log_text.h"

#include "line_reader.h"
#include "number_read.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELDS = 16, MAX_SITE_LINES = 1000000 };
static const int64_t max_step = (int64_t)1 << 62; /* sums of two steps fit */
enum { far_image = INT_MAX / 4 };                 /* no run goes that far; sums of some stay integers */

/* ---- the header as text
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

void jump_log_print_header(FILE *stream, const jump_log_header *h) {
  (void)fprintf(stream,
                "lisi-jumps 1\nunits ps Angstrom\ntimestep %.17g\nevery %" PRId64 "\nstart %" PRId64 "\natoms %" PRId64
                "\nmode %s",
                h->timestep, h->every, h->start, h->natoms, track_mode_name(h->rule.mode));
  if (h->rule.mode != TRACK_NEAREST)
    (void)fprintf(stream, " %.17g", h->rule.radius);
  (void)fprintf(stream, " dwell %d\nframework %s\nreplicate %d %d %d\ncell", h->rule.dwell, h->framework ? "yes" : "no",
                h->replicate[0], h->replicate[1], h->replicate[2]);
  for (int k = 0; k < 9; k++)
    (void)fprintf(stream, " %.17g", h->cell[k / 3][k % 3]);
  (void)fputc('\n', stream);
  if (h->temperature > 0.0)
    (void)fprintf(stream, "temperature %.17g\n", h->temperature);
  if (h->charge != 0.0)
    (void)fprintf(stream, "charge %.17g\n", h->charge);
  const char *text = h->sites->text, *end = text + h->sites->ntext;
  long lines = 0;
  for (const char *c = text; c < end; c++)
    lines += *c == '\n';
  if (end > text && end[-1] != '\n')
    lines++;
  (void)fprintf(stream, "sites %ld\n", lines);
  while (text < end) {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *stop = newline != NULL ? newline : end;
    (void)fputc('|', stream);
    (void)fwrite(text, 1, (size_t)(stop - text), stream);
    (void)fputc('\n', stream);
    text = stop + 1;
  }
  (void)fputs("data\n", stream);
}

/* ---- lines, from a plain file whose byte offsets are wanted, or from any file
 * ------------------------------------------------------------------------------- */

typedef struct {
  const char *path;
  line_reader *reader; /* any file */
  FILE *plain;         /* or a plain one, with offsets */
  char *buffer;
  size_t capacity;
  int64_t offset; /* plain: behind the line last given out */
  long number;
} source;

static lisi_status next_line(source *s, char **line, int *length, lisi_error *err) {
  if (s->reader != NULL) {
    const lisi_status status = line_reader_next(s->reader, line, length, err);
    s->number = line_reader_number(s->reader);
    if (line_reader_cut_off(s->reader))
      *line = NULL; /* half a line, of a run that was killed */
    return status;
  }
  const ssize_t n = getline(&s->buffer, &s->capacity, s->plain);
  *line = NULL;
  *length = 0;
  if (n <= 0 || n > INT_MAX || s->buffer[n - 1] != '\n')
    return LISI_OK; /* a line without its end is not there yet */
  s->offset += n;
  s->number++;
  s->buffer[n - 1] = '\0';
  *line = s->buffer;
  *length = (int)n - 1;
  return LISI_OK;
}

static void close_source(source *s) {
  line_reader_close(s->reader);
  if (s->plain != NULL)
    (void)fclose(s->plain);
  free(s->buffer);
}

static lisi_status bad(const source *s, lisi_error *err, const char *expected, const char *found) {
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s, found '%.80s'", s->path, s->number, expected, found);
}

/* Splits at single blanks and tabs; returns the number of fields, MAX_FIELDS + 1 for more. */
typedef struct {
  const char *text;
  int length;
} field;

static int split(const char *line, field f[MAX_FIELDS]) {
  int n = 0;
  while (true) {
    while (*line == ' ' || *line == '\t')
      line++;
    if (*line == '\0')
      return n;
    const char *end = line + strcspn(line, " \t");
    if (n == MAX_FIELDS)
      return MAX_FIELDS + 1;
    f[n].text = line;
    f[n++].length = (int)(end - line);
    line = end;
  }
}

static bool is(field f, const char *word) {
  return strlen(word) == (size_t)f.length && memcmp(f.text, word, (size_t)f.length) == 0;
}

static bool integer(field f, int64_t lo, int64_t hi, int64_t *value) {
  return number_read_int64(f.text, f.length, value) && *value >= lo && *value <= hi;
}

static bool integer32(field f, int lo, int hi, int32_t *value) {
  int64_t wide;
  if (!integer(f, lo, hi, &wide))
    return false;
  *value = (int32_t)wide;
  return true;
}

static bool reals(const field *f, int n, double *value) {
  for (int k = 0; k < n; k++)
    if (!number_read_double(f[k].text, f[k].length, &value[k]))
      return false;
  return true;
}

static lisi_status read_sites(source *s, int64_t lines, site_set **sites, lisi_error *err) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream == NULL)
    return lisi_no_memory(err, 1);
  lisi_status status = LISI_OK;
  const long first = s->number + 1;
  for (int64_t k = 0; k < lines && status == LISI_OK; k++) {
    char *line;
    int length;
    status = next_line(s, &line, &length, err);
    if (status == LISI_OK && (line == NULL || line[0] != '|'))
      status = line == NULL ? lisi_fail(err, LISI_ERR_INPUT, "%s: ends inside its header: the file is cut off", s->path)
                            : bad(s, err, "a line of the site file behind '|'", line);
    if (status == LISI_OK)
      (void)fprintf(stream, "%s\n", line + 1);
  }
  if (fclose(stream) != 0 && status == LISI_OK)
    status = lisi_no_memory(err, size);
  char name[600];
  (void)snprintf(name, sizeof name, "%.500s (sites from line %ld)", s->path, first);
  if (status == LISI_OK)
    status = site_set_parse(text, size, name, sites, err);
  free(text);
  return status;
}

static lisi_status read_mode(const source *s, const field *f, int n, const char *line, tracker_rule *rule,
                             lisi_error *err) {
  const char *expected = "'mode nearest|core R|sphere R dwell N'";
  int k = 2;
  if (n < 2)
    return bad(s, err, expected, line);
  if (is(f[1], "nearest"))
    rule->mode = TRACK_NEAREST;
  else if (is(f[1], "core") || is(f[1], "sphere")) {
    rule->mode = is(f[1], "core") ? TRACK_CORE : TRACK_SPHERE;
    if (n < 3 || !reals(&f[2], 1, &rule->radius) || !(rule->radius > 0.0))
      return bad(s, err, expected, line);
    k = 3;
  } else
    return bad(s, err, expected, line);
  if (n != k + 2 || !is(f[k], "dwell") || !integer32(f[k + 1], 1, INT_MAX, &rule->dwell))
    return bad(s, err, expected, line);
  return LISI_OK;
}

/* Which keys have been seen, so that none is missing and none stands twice. */
enum {
  K_UNITS,
  K_TIMESTEP,
  K_EVERY,
  K_START,
  K_ATOMS,
  K_MODE,
  K_FRAMEWORK,
  K_REPLICATE,
  K_CELL,
  K_SITES,
  K_REQUIRED,
  K_TEMPERATURE = K_REQUIRED,
  K_CHARGE,
  K_COUNT
};
static const char *const key_name[K_COUNT] = {"units",     "timestep",  "every", "start", "atoms",       "mode",
                                              "framework", "replicate", "cell",  "sites", "temperature", "charge"};

static lisi_status read_key(source *s, const char *line, unsigned *seen, jump_log_header *h, site_set **sites,
                            lisi_error *err) {
  field f[MAX_FIELDS];
  const int n = split(line, f);
  int key = 0;
  while (key < K_COUNT && !(n >= 1 && is(f[0], key_name[key])))
    key++;
  if (key == K_COUNT || n > MAX_FIELDS)
    return bad(s, err, "a header line (units, timestep, every, ..., sites, data)", line);
  if (*seen & 1u << key)
    return bad(s, err, "each header key once", line);
  *seen |= 1u << key;
  int64_t lines;
  lattice cell;
  double value[9];
  switch (key) {
  case K_UNITS:
    return n == 3 && is(f[1], "ps") && is(f[2], "Angstrom") ? LISI_OK : bad(s, err, "'units ps Angstrom'", line);
  case K_TIMESTEP:
    return n == 2 && reals(&f[1], 1, &h->timestep) && h->timestep > 0.0
               ? LISI_OK
               : bad(s, err, "'timestep' and a positive number of ps", line);
  case K_EVERY:
    return n == 2 && integer(f[1], 1, INT64_MAX / 4, &h->every)
               ? LISI_OK
               : bad(s, err, "'every' and a number of steps from 1", line);
  case K_START:
    return n == 2 && integer(f[1], 0, max_step, &h->start) ? LISI_OK : bad(s, err, "'start' and a step from 0", line);
  case K_ATOMS:
    return n == 2 && integer(f[1], 0, INT64_MAX, &h->natoms) ? LISI_OK : bad(s, err, "'atoms' and a number", line);
  case K_MODE:
    return read_mode(s, f, n, line, &h->rule, err);
  case K_FRAMEWORK:
    h->framework = n == 2 && is(f[1], "yes");
    return h->framework || (n == 2 && is(f[1], "no")) ? LISI_OK
                                                      : bad(s, err, "'framework yes' or 'framework no'", line);
  case K_REPLICATE:
    for (int k = 0; k < 3; k++)
      if (n != 4 || !integer32(f[k + 1], 1, 10000, &h->replicate[k]))
        return bad(s, err, "'replicate nx ny nz', each from 1 to 10000", line);
    return LISI_OK;
  case K_CELL:
    if (n != 10 || !reals(&f[1], 9, value))
      return bad(s, err, "'cell' and nine numbers", line);
    memcpy(h->cell, value, sizeof h->cell);
    lisi_error cell_err = {0};
    return lattice_from_rows(h->cell, &cell, &cell_err) == LISI_OK
               ? LISI_OK
               : bad(s, err, "three independent cell vectors", line);
  case K_TEMPERATURE:
    return n == 2 && reals(&f[1], 1, &h->temperature) && h->temperature > 0.0
               ? LISI_OK
               : bad(s, err, "'temperature' and a positive number of K", line);
  case K_CHARGE:
    return n == 2 && reals(&f[1], 1, &h->charge) ? LISI_OK : bad(s, err, "'charge' and a number", line);
  default: /* K_SITES */
    if (n != 2 || !integer(f[1], 1, MAX_SITE_LINES, &lines))
      return bad(s, err, "'sites' and a number of lines", line);
    return read_sites(s, lines, sites, err);
  }
}

static lisi_status read_header(source *s, jump_log_header *h, site_set **sites, lisi_error *err) {
  memset(h, 0, sizeof *h);
  *sites = NULL;
  char *line;
  int length;
  lisi_status status = next_line(s, &line, &length, err);
  if (status != LISI_OK)
    return status;
  if (line == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: empty: expected a jump log, 'lisi-jumps 1'", s->path);
  if (strncmp(line, "lisi-jumps ", 11) != 0)
    return bad(s, err, "a jump log, 'lisi-jumps 1'", line);
  if (line[length - 1] == '\r') /* a plain file is read byte by byte, since it is cut back to one of them */
    return lisi_fail(
        err, LISI_ERR_INPUT,
        "%s:1: the lines end in CRLF; expected LF alone: a log that a run goes on with has to be as it was "
        "written",
        s->path);
  if (strcmp(line, "lisi-jumps 1") != 0)
    return lisi_fail(err, LISI_ERR_VERSION, "%s:1: this program reads 'lisi-jumps 1', found '%.40s'", s->path, line);
  unsigned seen = 0;
  while (status == LISI_OK) {
    status = next_line(s, &line, &length, err);
    if (status != LISI_OK)
      break;
    if (line == NULL) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: ends inside its header: the file is cut off", s->path);
    } else if (strcmp(line, "data") == 0) {
      for (int k = 0; k < K_REQUIRED && status == LISI_OK; k++)
        if (!(seen & 1u << k))
          status =
              lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: the header has no line '%s'", s->path, s->number, key_name[k]);
      break;
    } else {
      status = read_key(s, line, &seen, h, sites, err);
    }
  }
  if (status == LISI_OK && (double)h->replicate[0] * h->replicate[1] * h->replicate[2] * (*sites)->nsites > INT_MAX)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: more than %d sites in the box", s->path, INT_MAX);
  h->sites = *sites;
  return status;
}

lisi_status jump_log_find(const char *path, int64_t known, jump_log_header *header, site_set **sites, int64_t *offset,
                          lisi_error *err) {
  *offset = -1;
  *sites = NULL;
  source s = {.path = path, .plain = fopen(path, "r")};
  if (s.plain == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
  lisi_status status = read_header(&s, header, sites, err);
  if (status == LISI_OK && known < header->start)
    *offset = s.offset;
  while (status == LISI_OK && *offset < 0) {
    char *line;
    int length;
    status = next_line(&s, &line, &length, err);
    if (status != LISI_OK || line == NULL)
      break;
    field f[MAX_FIELDS];
    int64_t step;
    const int n = split(line, f);
    if (n == 11 && is(f[0], "F") && integer(f[1], 0, INT64_MAX, &step) && step == known)
      *offset = s.offset;
  }
  close_source(&s);
  return status;
}

/* ---- the whole log
 * --------------------------------------------------------------------------------------------------------------------------------------------
 */

/* The last site of each atom, to check `from`: an open hash table on the id. */
typedef struct {
  int64_t *id; /* -1 free */
  int32_t *site;
  size_t capacity, used;
} atom_table;

static int32_t *site_of(atom_table *t, int64_t id) {
  if (2 * (t->used + 1) > t->capacity) {
    atom_table larger = {.capacity = t->capacity > 0 ? 2 * t->capacity : 1024};
    larger.id = malloc(larger.capacity * sizeof *larger.id);
    larger.site = malloc(larger.capacity * sizeof *larger.site);
    if (larger.id == NULL || larger.site == NULL) {
      free(larger.id);
      free(larger.site);
      return NULL;
    }
    for (size_t k = 0; k < larger.capacity; k++)
      larger.id[k] = -1;
    for (size_t k = 0; k < t->capacity; k++)
      if (t->id[k] >= 0)
        *site_of(&larger, t->id[k]) = t->site[k];
    free(t->id);
    free(t->site);
    *t = larger;
  }
  size_t k = ((uint64_t)id * 0x9E3779B97F4A7C15u >> 20) & (t->capacity - 1);
  while (t->id[k] >= 0 && t->id[k] != id)
    k = (k + 1) & (t->capacity - 1);
  if (t->id[k] < 0) {
    t->id[k] = id;
    t->site[k] = 0;
    t->used++;
  }
  return &t->site[k];
}

static void forget_all(atom_table *t) {
  for (size_t k = 0; k < t->capacity; k++)
    t->site[k] = 0;
}

static lisi_status read_event(const source *s, const char *line, const field *f, int n, const jump_log_header *h,
                              atom_table *atoms, jump_event *e, lisi_error *err) {
  const int nsites = h->sites->nsites * h->replicate[0] * h->replicate[1] * h->replicate[2];
  jump_record *r = &e->r;
  memset(e, 0, sizeof *e);
  r->left = -1;
  int32_t *site;
  if (is(f[0], "B")) {
    e->kind = JUMP_EVENT_BREAK;
    if (n != 2 || !integer(f[1], h->start, max_step, &r->step))
      return bad(s, err, "'B step'", line);
    forget_all(atoms);
    return LISI_OK;
  }
  if (is(f[0], "E")) {
    e->kind = JUMP_EVENT_GONE;
    if (n != 3 || !integer(f[1], h->start, max_step, &r->step) || !integer(f[2], 0, INT64_MAX, &r->id))
      return bad(s, err, "'E step id'", line);
    if ((site = site_of(atoms, r->id)) == NULL)
      return lisi_no_memory(err, atoms->capacity * 24);
    *site = 0;
    return LISI_OK;
  }
  e->kind = JUMP_EVENT_JUMP;
  if ((n != 7 && n != 8) || !integer(f[0], h->start, max_step, &r->step) || !integer(f[1], 0, INT64_MAX, &r->id) ||
      !integer32(f[2], 0, nsites, &r->from) || !integer32(f[3], 0, nsites, &r->to) ||
      !integer32(f[4], -far_image, far_image, &r->n[0]) || !integer32(f[5], -far_image, far_image, &r->n[1]) ||
      !integer32(f[6], -far_image, far_image, &r->n[2]) || (n == 8 && !integer(f[7], 0, r->step, &r->left))) {
    char expected[160];
    (void)snprintf(expected, sizeof expected,
                   "'step id from to nx ny nz [left]' with sites from 0 to %d, steps from %" PRId64 ", images to %d",
                   nsites, h->start, far_image);
    return bad(s, err, expected, line);
  }
  if (r->from == r->to && (r->to == 0 || (r->n[0] == 0 && r->n[1] == 0 && r->n[2] == 0)))
    return bad(s, err, "a change of site", line);
  if ((site = site_of(atoms, r->id)) == NULL)
    return lisi_no_memory(err, atoms->capacity * 24);
  if (*site != r->from) {
    char expected[120];
    (void)snprintf(expected, sizeof expected, "atom %" PRId64 " to leave site %d, where it was", r->id, *site);
    return bad(s, err, expected, line);
  }
  *site = r->to;
  return LISI_OK;
}

static lisi_status read_records(source *s, jump_log_data *data, lisi_error *err) {
  const jump_log_header *h = &data->header;
  atom_table atoms = {0};
  size_t capacity = 0, total = 0;
  int64_t step = h->start;
  int kind = -1;
  lisi_status status = LISI_OK;
  data->last = h->start - 1;
  data->complete = true;
  memcpy(data->mean_cell, h->cell, sizeof data->mean_cell);
  while (status == LISI_OK) {
    char *line;
    int length;
    status = next_line(s, &line, &length, err);
    if (status != LISI_OK)
      break;
    if (line == NULL) {
      if (line_reader_cut_off(s->reader))
        data->complete = false;
      break;
    }
    field f[MAX_FIELDS];
    const int n = split(line, f);
    if (n == 0 || n > MAX_FIELDS) {
      status = bad(s, err, "a record", line);
      break;
    }
    jump_event e;
    if (is(f[0], "F")) {
      double cell[9];
      int64_t at;
      if (n != 11 || !integer(f[1], h->start, max_step, &at) || !reals(&f[2], 9, cell)) {
        status = bad(s, err, "'F step' and nine numbers", line);
      } else if (at <= data->last || at < step || (at - h->start) % h->every != 0) {
        status = bad(s, err, "an F line at a later sample than the one before", line);
      } else {
        data->last = at;
        data->n = total;
        step = at + 1; /* what follows is later */
        kind = -1;
        memcpy(data->mean_cell, cell, sizeof cell);
      }
      continue;
    }
    status = read_event(s, line, f, n, h, &atoms, &e, err);
    if (status != LISI_OK)
      break;
    if (e.r.step < step || (e.r.step == step && (int)e.kind < kind)) {
      status = bad(s, err, "records in the order of their steps", line);
    } else if ((e.r.step - h->start) % h->every != 0) {
      status = bad(s, err, "a step on the sampling grid (start + a multiple of every)", line);
    } else {
      kind = (int)e.kind;
      step = e.r.step;
      if (total == capacity) {
        capacity = capacity > 0 ? 2 * capacity : 1024;
        jump_event *larger = realloc(data->event, capacity * sizeof *larger);
        if (larger == NULL) {
          status = lisi_no_memory(err, capacity * sizeof *larger);
          break;
        }
        data->event = larger;
      }
      if (e.kind == JUMP_EVENT_BREAK) { /* what was known before it: the last F, or a record behind that */
        e.r.left = data->last;
        if (total > 0 && data->event[total - 1].r.step > e.r.left)
          e.r.left = data->event[total - 1].r.step;
      }
      data->event[total++] = e;
    }
  }
  data->nunknown = total - data->n;
  if (data->nunknown > 0)
    data->complete = false;
  free(atoms.id);
  free(atoms.site);
  return status;
}

lisi_status jump_log_read(const char *path, jump_log_data *data, lisi_error *err) {
  memset(data, 0, sizeof *data);
  source s = {.path = path};
  lisi_status status = line_reader_open(path, &s.reader, err);
  if (status == LISI_OK)
    status = read_header(&s, &data->header, &data->sites, err);
  if (status == LISI_OK)
    status = read_records(&s, data, err);
  close_source(&s);
  if (status != LISI_OK)
    jump_log_data_free(data);
  return status;
}

void jump_log_data_free(jump_log_data *data) {
  site_set_free(data->sites);
  free(data->event);
  memset(data, 0, sizeof *data);
}
