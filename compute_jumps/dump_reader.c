/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump_reader.h"

#include "box_flip.h"
#include "line_reader.h"
#include "number_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 256, MAX_WARNINGS = 4, NAME = 16, MAX_SPECIES = 1000 };

/* How the three coordinates of an atom are given. */
typedef struct {
  int ncolumns;
  int id, type, element; /* column, -1 where absent */
  int x[3];
  int image[3];   /* all -1 where absent */
  bool scaled;    /* xs, xsu */
  bool unwrapped; /* xu, xsu, or image flags are there */
  /* column by column, for the atom lines: what is there, up to the last that is needed */
  int nused;
  unsigned char kind[MAX_COLUMNS];
} layout;

/* What a column holds; COORDINATE and IMAGE + 0, 1, 2. */
enum { UNUSED, ID, MAPPED_TYPE, TYPE, ELEMENT, COORDINATE, IMAGE = COORDINATE + 3 };

typedef struct {
  int64_t id;
  int species;
  double f[3];
} atom;

struct dump_reader {
  int nfiles, current; /* the file being read */
  char **file;
  int64_t *first;     /* [nfiles] step of each file's first frame */
  line_reader *lines; /* NULL between files */
  bool metal;         /* units: metal (or not given); false: real */
  long used;          /* frames of the current file that were given out */
  int ntypes, nspecies;
  char (*species)[NAME]; /* [nspecies <= MAX_SPECIES]; the first ntypes are the map's */
  int natoms, capacity, previous;
  bool any; /* a frame has been given out */
  bool leave_wrapped;
  atom *atoms;  /* [capacity], as read */
  atom *sorted; /* [room], for sorting; room is 0 or capacity */
  int *place;   /* [4 room + 1] where each id stands */
  int room;
  int64_t *last_id; /* [previous] and the positions of the last frame, for unwrapping */
  double (*last_f)[3];
  bool has_H;
  double last_H[3][3]; /* the last frame's box, flips undone */
  dump_frame frame;
  int nwarnings, told;
  char warning[MAX_WARNINGS][500];
  bool warned_large;
};

LISI_PRINTF(2, 3) static void warn(dump_reader *reader, const char *format, ...) {
  if (reader->nwarnings == MAX_WARNINGS)
    return;
  va_list args;
  va_start(args, format);
  (void)vsnprintf(reader->warning[reader->nwarnings++], sizeof reader->warning[0], format, args);
  va_end(args);
}

const char *dump_reader_warning(dump_reader *reader) {
  if (reader->told < reader->nwarnings)
    return reader->warning[reader->told++];
  reader->told = reader->nwarnings = 0;
  return NULL;
}

#define PLACE(reader) line_reader_path((reader)->lines), line_reader_number((reader)->lines)

/* ---- header items
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

static bool starts(const char *line, const char *with) {
  return strncmp(line, with, strlen(with)) == 0;
}

/* The words of a line: pointers and lengths; returns how many (at most max are stored). */
static int split(const char *line, int max, const char **word, int *length) {
  int n = 0;
  const char *p = line;
  for (;;) {
    while (*p == ' ' || *p == '\t')
      p++;
    if (*p == '\0')
      return n;
    const char *start = p;
    while (*p != ' ' && *p != '\t' && *p != '\0')
      p++;
    if (n < max) {
      word[n] = start;
      length[n] = (int)(p - start);
    }
    n++;
  }
}

/* One line that holds exactly n numbers. *end: the file stopped. */
static lisi_status numbers_line(dump_reader *reader, int n, const char *what, double *value, bool *end,
                                lisi_error *err) {
  char *line;
  int length, len[4];
  const char *word[4];
  lisi_status status = line_reader_next(reader->lines, &line, &length, err);
  if (status != LISI_OK)
    return status;
  *end = line == NULL || line_reader_cut_off(reader->lines);
  if (*end)
    return LISI_OK;
  const int found = split(line, 4, word, len);
  bool fine = found == n;
  for (int k = 0; fine && k < n; k++)
    fine = number_read_double(word[k], len[k], &value[k]);
  if (!fine)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s (%d number%s), found '%.60s'", PLACE(reader), what, n,
                     n == 1 ? "" : "s", line);
  return LISI_OK;
}

static lisi_status integer_line(dump_reader *reader, const char *what, int64_t lo, int64_t hi, int64_t *value,
                                bool *end, lisi_error *err) {
  char *line;
  int length, len[2];
  const char *word[2];
  lisi_status status = line_reader_next(reader->lines, &line, &length, err);
  if (status != LISI_OK)
    return status;
  *end = line == NULL || line_reader_cut_off(reader->lines);
  if (*end)
    return LISI_OK;
  if (split(line, 2, word, len) != 1 || !number_read_int64(word[0], len[0], value) || *value < lo || *value > hi)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s (an integer from %lld to %lld), found '%.60s'",
                     PLACE(reader), what, (long long)lo, (long long)hi, line);
  return LISI_OK;
}

static lisi_status units_line(dump_reader *reader, bool *end, lisi_error *err) {
  char *line;
  int length;
  lisi_status status = line_reader_next(reader->lines, &line, &length, err);
  if (status != LISI_OK)
    return status;
  *end = line == NULL || line_reader_cut_off(reader->lines);
  if (*end)
    return LISI_OK;
  if (strcmp(line, "metal") != 0 && strcmp(line, "real") != 0)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "%s:%ld: expected units metal or real (lengths in Angstrom), found '%.40s'", PLACE(reader), line);
  reader->metal = strcmp(line, "metal") == 0;
  return LISI_OK;
}

/* "ITEM: BOX BOUNDS [xy xz yz] [pp pp pp]" and its three lines. */
static lisi_status box_lines(dump_reader *reader, const char *head, lattice *box, bool *end, lisi_error *err) {
  const char *word[12];
  int length[12];
  const int n = split(head, 12, word, length);
  bool tilted = false;
  for (int k = 3; k < n && k < 12; k++) {
    if (length[k] == 2 && (starts(word[k], "xy") || starts(word[k], "xz") || starts(word[k], "yz"))) {
      tilted = true;
    } else if (length[k] == 3 && starts(word[k], "abc")) {
      return lisi_fail(
          err, LISI_ERR_UNSUPPORTED,
          "%s:%ld: a general triclinic box (dump_modify triclinic/general yes) is not read; dump without it",
          PLACE(reader));
    } else if (!(length[k] == 2 && starts(word[k], "pp"))) {
      return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                       "%s:%ld: expected a box that is periodic in all directions (pp pp pp), found '%.60s'",
                       PLACE(reader), head);
    }
  }
  double lo[3], hi[3], tilt[3] = {0.0, 0.0, 0.0};
  for (int k = 0; k < 3; k++) {
    double value[3] = {0.0, 0.0, 0.0};
    const lisi_status status = numbers_line(reader, tilted ? 3 : 2, "box bounds", value, end, err);
    if (status != LISI_OK || *end)
      return status;
    lo[k] = value[0];
    hi[k] = value[1];
    tilt[k] = value[2];
    if (!(hi[k] > lo[k]))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected box bounds lo < hi, found %g %g", PLACE(reader), lo[k],
                       hi[k]);
  }
  lisi_error inner = {0};
  if (lattice_from_bounds(lo, hi, tilt, box, &inner) != LISI_OK || !(box->H[0][0] > 0.0) || !(box->H[1][1] > 0.0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: the bounds make no box: %s", PLACE(reader),
                     inner.message[0] ? inner.message : "an edge is not positive");
  return LISI_OK;
}

static bool three(const int *found) {
  return found[0] >= 0 && found[1] >= 0 && found[2] >= 0;
}

/* "ITEM: ATOMS id type x y z ..." */
static lisi_status columns_of(dump_reader *reader, const char *head, layout *l, lisi_error *err) {
  static const char *const name[5][3] = {
      {"x", "y", "z"}, {"xs", "ys", "zs"}, {"xu", "yu", "zu"}, {"xsu", "ysu", "zsu"}, {"ix", "iy", "iz"}};
  const char *word[MAX_COLUMNS + 2];
  int length[MAX_COLUMNS + 2];
  const int n = split(head, MAX_COLUMNS + 2, word, length) - 2;
  if (n > MAX_COLUMNS)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%ld: more than %d columns", PLACE(reader), MAX_COLUMNS);
  int at[5][3];
  memset(at, -1, sizeof at);
  memset(l, 0, sizeof *l);
  l->ncolumns = n;
  l->id = l->type = l->element = -1;
  for (int k = 0; k < n; k++) {
    const char *w = word[k + 2];
    const size_t m = (size_t)length[k + 2];
#define IS(text) (m == strlen(text) && memcmp(w, text, m) == 0)
    if (IS("id"))
      l->id = k;
    if (IS("type"))
      l->type = k;
    if (IS("element"))
      l->element = k;
    for (int a = 0; a < 5; a++)
      for (int b = 0; b < 3; b++)
        if (IS(name[a][b]))
          at[a][b] = k;
#undef IS
  }
  if (l->id < 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: expected a column 'id', found '%.80s': without ids atoms cannot be followed",
                     PLACE(reader), head);
  if (reader->ntypes > 0 && l->type < 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: expected a column 'type', which the map of types to species needs, found '%.80s'",
                     PLACE(reader), head);
  if (l->type < 0 && l->element < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected a column 'type' or 'element', found '%.80s'", PLACE(reader),
                     head);
  if (reader->ntypes > 0 || l->element < 0)
    l->element = -1;
  else
    l->type = -1;
  const bool images = three(at[4]);
  const int form = images && three(at[0])   ? 0
                   : images && three(at[1]) ? 1
                   : three(at[2])           ? 2
                   : three(at[3])           ? 3
                   : three(at[0])           ? 0
                   : three(at[1])           ? 1
                                            : -1;
  if (form < 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: expected columns x y z, xs ys zs, xu yu zu or xsu ysu zsu, found '%.80s'", PLACE(reader),
                     head);
  memcpy(l->x, at[form], sizeof l->x);
  l->scaled = form == 1 || form == 3;
  l->unwrapped = form >= 2 || images;
  for (int k = 0; k < 3; k++)
    l->image[k] = form < 2 && images ? at[4][k] : -1;
  l->kind[l->id] = ID;
  if (l->type >= 0)
    l->kind[l->type] = reader->ntypes > 0 ? MAPPED_TYPE : TYPE;
  else
    l->kind[l->element] = ELEMENT;
  for (int k = 0; k < 3; k++) {
    l->kind[l->x[k]] = (unsigned char)(COORDINATE + k);
    if (l->image[k] >= 0)
      l->kind[l->image[k]] = (unsigned char)(IMAGE + k);
  }
  for (int k = 0; k < n; k++)
    if (l->kind[k] != UNUSED)
      l->nused = k + 1;
  return LISI_OK;
}

/* ---- atoms
 * --------------------------------------------------------------------------------------------------------------------------------------------
 */

/* The number of a species name; a new one is added. */
static int species_number(dump_reader *reader, const char *word, ptrdiff_t length) {
  if (length >= NAME)
    return -1;
  for (int k = reader->ntypes; k < reader->nspecies; k++)
    if (reader->species[k][0] == word[0] && reader->species[k][length] == '\0' &&
        memcmp(reader->species[k], word, (size_t)length) == 0)
      return k;
  if (reader->nspecies == MAX_SPECIES)
    return -1;
  memcpy(reader->species[reader->nspecies], word, (size_t)length);
  reader->species[reader->nspecies][length] = '\0';
  return reader->nspecies++;
}

static bool blank(char c) {
  return c == ' ' || c == '\t';
}

static const char *word_end(const char *p) {
  while (!blank(*p) && *p != '\0')
    p++;
  return p;
}

/* Words in p[0..n-1], where p[-1] belongs to the line; a loop without branches. */
static int count_words(const char *p, ptrdiff_t n) {
  int words = 0;
  for (ptrdiff_t k = 0; k < n; k++)
    words += !blank(p[k]) & blank(p[k - 1]);
  return words;
}

static lisi_status bad_word(const dump_reader *reader, const char *expected, int column, const char *w,
                            lisi_error *err) {
  const ptrdiff_t n = word_end(w) - w;
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s in column %d, found '%.*s'", PLACE(reader), expected,
                   column + 1, n < 40 ? (int)n : 40, w);
}

static lisi_status parse_atom(dump_reader *reader, const layout *l, const lattice *box, const char *line, int length,
                              atom *a, lisi_error *err) {
  const char *p = line;
  double x[3];
  int64_t image[3] = {0, 0, 0}, type;
  int column = 0;
  for (; column < l->nused; column++) {
    while (blank(*p))
      p++;
    if (*p == '\0')
      break;
    const char *w = p;
    const int kind = l->kind[column];
    switch (kind) {
    case UNUSED:
      p = word_end(p);
      break;
    case ID:
      if (!number_scan_int64(w, &p, &a->id) || a->id < 1)
        return bad_word(reader, "an atom id (an integer from 1)", column, w, err);
      break;
    case MAPPED_TYPE:
      if (!number_scan_int64(w, &p, &type) || type < 1)
        return bad_word(reader, "an atom type (an integer from 1)", column, w, err);
      if (type > reader->ntypes)
        return lisi_fail(err, LISI_ERR_INPUT,
                         "%s:%ld: type %lld has no name in the map of types to species (1 to %d have)", PLACE(reader),
                         (long long)type, reader->ntypes);
      a->species = (int)type - 1;
      break;
    case TYPE:
    case ELEMENT:
      p = word_end(p);
      if ((a->species = species_number(reader, w, p - w)) < 0)
        return bad_word(reader, kind == TYPE ? "an atom type" : "an element of less than 16 letters", column, w, err);
      break;
    case COORDINATE:
    case COORDINATE + 1:
    case COORDINATE + 2:
      if (!number_scan_double(w, &p, &x[kind - COORDINATE]))
        return bad_word(reader, "a coordinate", column, w, err);
      break;
    default: /* IMAGE + 0, 1, 2 */
      if (!number_scan_int64(w, &p, &image[kind - IMAGE]) || image[kind - IMAGE] > 1000000 ||
          image[kind - IMAGE] < -1000000)
        return bad_word(reader, "an image flag", column, w, err);
    }
  }
  if (p > line && column == l->nused)
    column += count_words(p, line + length - p);
  if (column != l->ncolumns)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %d columns, found %d", PLACE(reader), l->ncolumns, column);
  if (l->scaled)
    memcpy(a->f, x, sizeof x);
  else
    lattice_frac(box, x, a->f);
  for (int k = 0; k < 3; k++) {
    a->f[k] += (double)image[k];
    if (!(fabs(a->f[k]) < 2.0e6))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom %lld is %g boxes away", PLACE(reader), (long long)a->id,
                       a->f[k]);
  }
  return LISI_OK;
}

static lisi_status reserve(dump_reader *reader, int n, lisi_error *err) {
  if (n <= reader->capacity)
    return LISI_OK;
  int larger = reader->capacity < 1024 ? 1024 : reader->capacity;
  while (larger < n)
    larger = larger < 1 << 29 ? 2 * larger : n;
  atom *atoms = realloc(reader->atoms, (size_t)larger * sizeof *atoms);
  if (atoms == NULL)
    return lisi_no_memory(err, (size_t)larger * sizeof *atoms);
  reader->atoms = atoms;
  reader->capacity = larger;
  return LISI_OK;
}

/* Room for the sorted arrays; the old ones become those of the last frame. */
static lisi_status turn_over(dump_reader *reader, int n, lisi_error *err) {
  free(reader->last_id);
  free(reader->last_f);
  free(reader->frame.species);
  reader->last_id = reader->frame.id;
  reader->last_f = reader->frame.f;
  reader->previous = reader->frame.natoms;
  const size_t room = n > 0 ? (size_t)n : 1;
  reader->frame.id = malloc(room * sizeof *reader->frame.id);
  reader->frame.species = malloc(room * sizeof *reader->frame.species);
  reader->frame.f = malloc(room * sizeof *reader->frame.f);
  reader->frame.natoms = 0;
  if (reader->frame.id == NULL || reader->frame.species == NULL || reader->frame.f == NULL)
    return lisi_no_memory(err, room * sizeof *reader->frame.f);
  return LISI_OK;
}

static int by_id(const void *a, const void *b) {
  const atom *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

/* A box that was flipped goes on as the one before, and the atoms' fractions with it. */
static lisi_status undo_flip(dump_reader *reader, lisi_error *err) {
  dump_frame *frame = &reader->frame;
  int M[3][3];
  if (!reader->has_H || !box_flip_find(reader->last_H, &frame->box, M) || box_flip_is_none(M))
    return LISI_OK;
  return box_flip_undo(M, &frame->box, frame->natoms, frame->f, err);
}

/* Puts each atom into the image nearest to where it was. */
static void unwrap(dump_reader *reader) {
  dump_frame *frame = &reader->frame;
  double shortest = INFINITY;
  for (int k = 0; k < 3; k++) {
    double v[3], f[3];
    for (int m = 0; m < 3; m++)
      f[m] = frame->box.reduced[k][m];
    lattice_vector(&frame->box, f, v);
    shortest = fmin(shortest, v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  }
  long large = 0;
  int first = -1;
  for (int i = 0, j = 0; i < frame->natoms; i++) {
    while (j < reader->previous && reader->last_id[j] < frame->id[i])
      j++;
    if (j == reader->previous)
      break;
    if (reader->last_id[j] != frame->id[i])
      continue;
    double step[3], d[3];
    int n[3];
    for (int k = 0; k < 3; k++) {
      step[k] = frame->f[i][k] - reader->last_f[j][k];
      n[k] = (int)lrint(step[k]);
      step[k] -= n[k];
    }
    lattice_vector(&frame->box, step, d);
    if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] >
        0.24 * shortest) { /* closer than half the shortest lattice vector: surely the nearest */
      int m[3];
      (void)lattice_nearest(&frame->box, step, m, NULL);
      for (int k = 0; k < 3; k++) {
        n[k] += m[k];
        step[k] -= m[k];
      }
    }
    for (int k = 0; k < 3; k++)
      frame->f[i][k] -= n[k];
    if (fabs(step[0]) > 0.25 || fabs(step[1]) > 0.25 || fabs(step[2]) > 0.25) {
      if (large++ == 0)
        first = i;
    }
  }
  if (large > 0 && !reader->warned_large) {
    reader->warned_large = true;
    warn(reader,
         "%s:%ld: %ld atom(s) move by more than a quarter of the box between two frames (atom %lld first): the dump "
         "holds wrapped positions, and their "
         "unwrapping is a guess there. Dump image flags (ix iy iz) or more often. Told once.",
         frame->file, frame->line, large, (long long)frame->id[first]);
  }
}

/* Sorts by id in one go where the ids leave few gaps, as they do. False: they do not, or one stands twice. */
static bool sort_dense(dump_reader *reader, int natoms, int64_t largest) {
  if (largest > 4 * (int64_t)natoms)
    return false;
  if (reader->room != reader->capacity) {
    free(reader->sorted);
    free(reader->place);
    const size_t room = (size_t)reader->capacity;
    reader->sorted = malloc(room * sizeof *reader->sorted);
    reader->place = malloc((4 * room + 1) * sizeof *reader->place);
    reader->room = reader->sorted != NULL && reader->place != NULL ? reader->capacity : 0;
    if (reader->room == 0)
      return false; /* the other way needs no memory */
  }
  int *place = reader->place;
  memset(place, 0, ((size_t)largest + 1) * sizeof *place);
  for (int k = 0; k < natoms; k++) {
    int *at = &place[reader->atoms[k].id];
    if (*at != 0)
      return false;
    *at = k + 1;
  }
  int n = 0;
  for (int64_t id = 1; id <= largest; id++)
    if (place[id] != 0)
      reader->sorted[n++] = reader->atoms[place[id] - 1];
  atom *swap = reader->atoms;
  reader->atoms = reader->sorted;
  reader->sorted = swap;
  return true;
}

/* Reads the atoms of one frame. *end: the file stopped before the last. */
static lisi_status atoms_of(dump_reader *reader, const layout *l, int natoms, bool *end, lisi_error *err) {
  bool sorted = true;
  int64_t largest = 0;
  for (int k = 0; k < natoms; k++) {
    char *line;
    int length;
    lisi_status status = line_reader_next(reader->lines, &line, &length, err);
    if (status != LISI_OK)
      return status;
    if (line == NULL || line_reader_cut_off(reader->lines)) {
      *end = true;
      return LISI_OK;
    }
    if (line[0] == 'I' && starts(line, "ITEM:"))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %d atoms as the frame announces, found %d", PLACE(reader),
                       natoms, k);
    status = reserve(reader, k + 1, err);
    if (status == LISI_OK)
      status = parse_atom(reader, l, &reader->frame.box, line, length, &reader->atoms[k], err);
    if (status != LISI_OK)
      return status;
    if (reader->atoms[k].id <= largest)
      sorted = false;
    else
      largest = reader->atoms[k].id;
  }
  if (!sorted && !sort_dense(reader, natoms, largest))
    qsort(reader->atoms, (size_t)natoms, sizeof *reader->atoms, by_id);
  for (int k = 1; k < natoms; k++)
    if (reader->atoms[k].id == reader->atoms[k - 1].id)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom id %lld stands twice in the frame that begins here",
                       reader->frame.file, reader->frame.line, (long long)reader->atoms[k].id);
  return LISI_OK;
}

/* ---- frames
 * -------------------------------------------------------------------------------------------------------------------------------------------
 */

typedef enum { FRAME_READ, FRAME_SKIPPED, FRAME_LAST, FRAME_CUT_OFF } outcome;

/* One frame from reader->lines. `limit`: a frame of that step or later is not this file's any more (FRAME_LAST). */
static lisi_status read_frame(dump_reader *reader, int64_t limit, outcome *what, lisi_error *err) {
  dump_frame *frame = &reader->frame;
  int64_t natoms = -1, step = -1;
  bool have_box = false, begun = false, end = false;
  frame->has_time = false;
  lisi_status status = LISI_OK;
  while (status == LISI_OK && !end) {
    char *line;
    int length;
    status = line_reader_next(reader->lines, &line, &length, err);
    if (status != LISI_OK)
      break;
    if (line == NULL || line_reader_cut_off(reader->lines)) {
      if (line == NULL && !begun && !line_reader_cut_off(reader->lines)) {
        *what = FRAME_LAST;
        return LISI_OK;
      }
      end = true;
      break;
    }
    if (length == 0 && !begun)
      continue;
    if (!begun) {
      frame->line = line_reader_number(reader->lines);
      frame->file = line_reader_path(reader->lines);
      begun = true;
    }
    if (strcmp(line, "ITEM: TIMESTEP") == 0) {
      status = integer_line(reader, "a time step", 0, INT64_C(9007199254740992), &step, &end, err);
      if (status == LISI_OK && !end && step >= limit) {
        *what = FRAME_LAST;
        return LISI_OK;
      }
    } else if (strcmp(line, "ITEM: TIME") == 0) {
      status = numbers_line(reader, 1, "a time", &frame->time, &end, err);
      frame->has_time = true;
    } else if (strcmp(line, "ITEM: UNITS") == 0) {
      status = units_line(reader, &end, err);
    } else if (strcmp(line, "ITEM: NUMBER OF ATOMS") == 0) {
      status = integer_line(reader, "a number of atoms", 0, 2000000000, &natoms, &end, err);
    } else if (starts(line, "ITEM: BOX BOUNDS")) {
      status = box_lines(reader, line, &frame->box, &end, err);
      have_box = !end;
    } else if (starts(line, "ITEM: ATOMS")) {
      if (step < 0 || natoms < 0 || !have_box)
        return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected ITEM: %s before ITEM: ATOMS", PLACE(reader),
                         step < 0     ? "TIMESTEP"
                         : natoms < 0 ? "NUMBER OF ATOMS"
                                      : "BOX BOUNDS");
      layout l;
      status = columns_of(reader, line, &l, err);
      if (status == LISI_OK)
        status = atoms_of(reader, &l, (int)natoms, &end, err);
      if (status != LISI_OK || end)
        break;
      if (reader->any && step == frame->step) { /* two runs in one dump write the step between them twice */
        *what = FRAME_SKIPPED;
        return LISI_OK;
      }
      if (reader->any && step < frame->step)
        return lisi_fail(err, LISI_ERR_INPUT,
                         "%s:%ld: step %lld comes after step %lld; give the runs as files in the order of their steps",
                         frame->file, frame->line, (long long)step, (long long)frame->step);
      status = turn_over(reader, (int)natoms, err);
      if (status != LISI_OK)
        return status;
      frame->natoms = (int)natoms;
      frame->step = step;
      if (frame->has_time && !reader->metal)
        frame->time *= 1e-3;
      for (int k = 0; k < frame->natoms; k++) {
        frame->id[k] = reader->atoms[k].id;
        frame->species[k] = reader->atoms[k].species;
        memcpy(frame->f[k], reader->atoms[k].f, sizeof frame->f[k]);
      }
      status = undo_flip(reader, err);
      if (status != LISI_OK)
        return status;
      if (!l.unwrapped && reader->any && !reader->leave_wrapped)
        unwrap(reader);
      dump_reader_goes_on_from(reader, frame->box.H);
      reader->any = true;
      *what = FRAME_READ;
      return LISI_OK;
    } else {
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected a LAMMPS dump (ITEM: ...), found '%.60s'", PLACE(reader),
                       line);
    }
  }
  *what = FRAME_CUT_OFF;
  return status;
}

/* Passes over the rest of a frame, behind its time step. *whole: it is all there, or there is something in it that
 * read_frame refuses. */
static lisi_status pass_over(dump_reader *reader, bool *whole, lisi_error *err) {
  int64_t left = -1; /* atoms still to come; -1: not known yet */
  bool counts = false, rows = false;
  *whole = true;
  while (left != 0 || !rows) {
    char *line;
    int length;
    const lisi_status status = line_reader_next(reader->lines, &line, &length, err);
    if (status != LISI_OK)
      return status;
    if (line == NULL || line_reader_cut_off(reader->lines)) {
      *whole = false;
      return LISI_OK;
    }
    if (rows) {
      if (starts(line, "ITEM:"))
        return LISI_OK;
      left--;
    } else if (counts) {
      const char *word;
      int n;
      counts = false;
      if (split(line, 1, &word, &n) != 1 || !number_read_int64(word, n, &left) || left < 0)
        return LISI_OK;
    } else if (strcmp(line, "ITEM: NUMBER OF ATOMS") == 0) {
      counts = true;
    } else if (starts(line, "ITEM: ATOMS")) {
      rows = true;
      if (left < 0)
        return LISI_OK;
    } else if (starts(line, "ITEM: TIMESTEP")) {
      return LISI_OK;
    }
  }
  return LISI_OK;
}

/* The step of a file's first frame; -1: the file stops before that frame ends, and has none. */
static lisi_status first_step(dump_reader *reader, int k, int ngiven, lisi_error *err) {
  lisi_status status = line_reader_open(reader->file[k], &reader->lines, err);
  if (status != LISI_OK)
    return status;
  bool whole = false, found = false;
  reader->first[k] = -1;
  while (status == LISI_OK && !found) {
    char *line;
    int length;
    status = line_reader_next(reader->lines, &line, &length, err);
    if (status != LISI_OK || line == NULL || (line_reader_cut_off(reader->lines) && starts("ITEM: TIMESTEP", line)))
      break;
    const long number = line_reader_number(reader->lines);
    if (number == 1 && !starts(line, "ITEM:"))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:1: expected a LAMMPS dump (ITEM: TIMESTEP), found '%.60s'",
                         reader->file[k], line);
    else if (strcmp(line, "ITEM: TIMESTEP") == 0) {
      int64_t step = -1;
      bool end = false;
      status = integer_line(reader, "a time step", 0, INT64_C(9007199254740992), &step, &end, err);
      found = true;
      if (status == LISI_OK && !end && ngiven > 1)
        status = pass_over(reader, &whole, err);
      else
        whole = !end; /* of a single file the frame is read anyway */
      if (whole)
        reader->first[k] = step;
    } else if (number > 20) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected a LAMMPS dump, found no ITEM: TIMESTEP in its first lines",
                         reader->file[k]);
    }
  }
  line_reader_close(reader->lines);
  reader->lines = NULL;
  return status;
}

/* Opens file k and looks at it. One without a whole frame is left out: it must not end the file before it. */
static lisi_status take_file(dump_reader *reader, const char *file, int ngiven, lisi_error *err) {
  const int k = reader->nfiles++;
  reader->file[k] = strdup(file);
  if (reader->file[k] == NULL)
    return lisi_no_memory(err, strlen(file) + 1);
  const lisi_status status = first_step(reader, k, ngiven, err);
  if (status != LISI_OK || reader->first[k] >= 0)
    return status;
  if (ngiven == 1)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the trajectory is empty (no frame)", file);
  warn(reader, "%s: no whole frame; the file is left out", file);
  free(reader->file[k]);
  reader->file[k] = NULL;
  reader->nfiles--;
  return LISI_OK;
}

lisi_status dump_reader_open(int nfiles, const char *const *files, int ntypes, const char *const *type_name,
                             dump_reader **out, lisi_error *err) {
  *out = NULL;
  if (nfiles < 1)
    return lisi_fail(err, LISI_ERR_INPUT, "no dump file is given");
  if (ntypes > MAX_SPECIES / 2)
    return lisi_fail(err, LISI_ERR_INPUT, "more than %d atom types are mapped", MAX_SPECIES / 2);
  dump_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL)
    return lisi_no_memory(err, sizeof *reader);
  reader->metal = true;
  reader->file = calloc((size_t)nfiles, sizeof *reader->file);
  reader->first = calloc((size_t)nfiles, sizeof *reader->first);
  reader->species = calloc(MAX_SPECIES, sizeof *reader->species);
  lisi_status status = LISI_OK;
  if (reader->file == NULL || reader->first == NULL || reader->species == NULL)
    status = lisi_no_memory(err, (size_t)nfiles * sizeof *reader->file);
  for (int k = 0; status == LISI_OK && k < nfiles; k++)
    status = take_file(reader, files[k], nfiles, err);
  if (status == LISI_OK && reader->nfiles == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: the trajectory is empty (no whole frame, and none in the other files)",
                       files[0]);
  for (int k = 0; status == LISI_OK && k < ntypes; k++) {
    const size_t n = strlen(type_name[k]);
    if (n >= NAME)
      status = lisi_fail(err, LISI_ERR_INPUT, "the species '%.40s' of type %d has more than 15 letters", type_name[k],
                         k + 1);
    else
      memcpy(reader->species[k], type_name[k], n + 1);
    reader->ntypes = reader->nspecies = k + 1;
  }
  for (int k = 1; status == LISI_OK && k < reader->nfiles; k++)
    if (reader->first[k] <= reader->first[k - 1])
      status =
          lisi_fail(err, LISI_ERR_INPUT,
                    "%s begins at step %lld, %s, given before it, at step %lld; give the files in the order of time",
                    reader->file[k], (long long)reader->first[k], reader->file[k - 1], (long long)reader->first[k - 1]);
  if (status != LISI_OK) {
    dump_reader_close(reader);
    return status;
  }
  *out = reader;
  return LISI_OK;
}

void dump_reader_close(dump_reader *reader) {
  if (reader == NULL)
    return;
  line_reader_close(reader->lines);
  for (int k = 0; k < reader->nfiles; k++)
    free(reader->file[k]);
  free(reader->file);
  free(reader->first);
  free(reader->species);
  free(reader->atoms);
  free(reader->sorted);
  free(reader->place);
  free(reader->last_id);
  free(reader->last_f);
  free(reader->frame.id);
  free(reader->frame.species);
  free(reader->frame.f);
  free(reader);
}

void dump_reader_leave_wrapped(dump_reader *reader) {
  reader->leave_wrapped = true;
}

void dump_reader_goes_on_from(dump_reader *reader, const double H[3][3]) {
  memcpy(reader->last_H, H, sizeof reader->last_H);
  reader->has_H = true;
}

lisi_status dump_reader_next(dump_reader *reader, dump_frame **frame, lisi_error *err) {
  *frame = NULL;
  while (reader->current < reader->nfiles) {
    const int k = reader->current;
    lisi_status status = LISI_OK;
    if (reader->lines == NULL) {
      reader->used = 0;
      status = line_reader_open(reader->file[k], &reader->lines, err);
    }
    outcome what = FRAME_LAST;
    if (status == LISI_OK)
      status = read_frame(reader, k + 1 < reader->nfiles ? reader->first[k + 1] : INT64_MAX, &what, err);
    if (status != LISI_OK)
      return status;
    if (what == FRAME_READ) {
      reader->used++;
      reader->frame.file = reader->file[k];
      *frame = &reader->frame;
      return LISI_OK;
    }
    if (what == FRAME_SKIPPED)
      continue;
    if (what == FRAME_CUT_OFF) {
      warn(reader, "%s:%ld: the last frame is cut off and is left out", reader->file[k],
           line_reader_number(reader->lines));
      if (reader->used == 0 && reader->nfiles == 1)
        return lisi_fail(err, LISI_ERR_INPUT, "%s: the trajectory is empty (its only frame is cut off)",
                         reader->file[k]);
    }
    line_reader_close(reader->lines);
    reader->lines = NULL;
    reader->current++;
  }
  return LISI_OK;
}

int dump_reader_nspecies(const dump_reader *reader) {
  return reader->nspecies;
}
const char *dump_reader_species(const dump_reader *reader, int k) {
  return k >= 0 && k < reader->nspecies ? reader->species[k] : "";
}

double dump_reader_progress(const dump_reader *reader) {
  const double within = reader->lines != NULL ? line_reader_fraction(reader->lines) : 0.0;
  return (reader->current + within) / reader->nfiles;
}
