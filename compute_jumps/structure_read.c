/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "structure_read.h"

#include "dump_reader.h"
#include "file_bytes.h"
#include "number_read.h"
#include "sites.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 64, MAX_LINE = 65536 };

/* The text line by line; the words of the present line. */
typedef struct {
  const char *next, *end, *name;
  long number;
  const char *line;
  int length, nwords;
  const char *word[MAX_WORDS];
  int size[MAX_WORDS];
} text;

static bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/* The next line; a comment after # stays, since data files say things in theirs. */
static bool next_line(text *t) {
  if (t->next >= t->end)
    return false;
  const char *stop = memchr(t->next, '\n', (size_t)(t->end - t->next));
  if (stop == NULL)
    stop = t->end;
  t->line = t->next;
  t->length = stop - t->next > MAX_LINE ? MAX_LINE : (int)(stop - t->next);
  t->next = stop + 1;
  t->number++;
  t->nwords = 0;
  const char *p = t->line, *last = t->line + t->length;
  while (p < last && t->nwords < MAX_WORDS) {
    while (p < last && blank(*p))
      p++;
    if (p == last)
      break;
    t->word[t->nwords] = p;
    while (p < last && !blank(*p))
      p++;
    t->size[t->nwords] = (int)(p - t->word[t->nwords]);
    t->nwords++;
  }
  return true;
}

static bool is_word(const text *t, int k, const char *word) {
  return k < t->nwords && (size_t)t->size[k] == strlen(word) && memcmp(t->word[k], word, strlen(word)) == 0;
}

static bool number(const text *t, int k, double *value) {
  return k < t->nwords && number_read_double(t->word[k], t->size[k], value);
}

static lisi_status wrong(const text *t, const char *expected, lisi_error *err) {
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s, found '%.*s'", t->name, t->number, expected,
                   t->length < 60 ? t->length : 60, t->line != NULL ? t->line : "");
}

/* Adds an atom at a position in the cell; its place in the file goes into messages. */
static lisi_status add(const text *t, crystal *c, const char *species, int size, const double x[3], lisi_error *err) {
  char word[64];
  lisi_error inner = {0};
  double f[3];
  if (size >= (int)sizeof word)
    return wrong(t, "an element symbol", err);
  memcpy(word, species, (size_t)size);
  word[size] = '\0';
  lattice_frac(&c->cell, x, f);
  for (int k = 0; k < 3; k++)
    if (!(fabs(f[k]) < 1e6))
      return wrong(t, "a position in or near the cell", err);
  const lisi_status status = crystal_add(c, word, NULL, f, &inner);
  return status == LISI_OK ? LISI_OK : lisi_fail(err, status, "%s:%ld: %s", t->name, t->number, inner.message);
}

static lisi_status set_cell(const text *t, crystal *c, const double H[3][3], lisi_error *err) {
  lisi_error inner = {0};
  if (lattice_from_rows(H, &c->cell, &inner) == LISI_OK)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: %s", t->name, t->number, inner.message);
}

/* ---- extended XYZ ---- */

/* Where the value of key= begins in the comment line and how long it is; quotes are taken off. */
static bool value_of(const text *t, const char *key, const char **value, int *size) {
  const size_t n = strlen(key);
  const char *end = t->line + t->length;
  for (const char *p = t->line; p + n < end; p++) {
    if ((p != t->line && !blank(p[-1])) || strncasecmp(p, key, n) != 0 || p[n] != '=')
      continue;
    const char *from = p + n + 1;
    const char quote = from < end && (*from == '"' || *from == '\'') ? *from++ : '\0';
    const char *to = from;
    while (to < end && (quote != '\0' ? *to != quote : !blank(*to)))
      to++;
    *value = from;
    *size = (int)(to - from);
    return true;
  }
  return false;
}

/* The columns of species and pos in "species:S:1:pos:R:3:...". */
static bool columns_of(const char *value, int size, int *species, int *pos) {
  int column = 0;
  *species = *pos = -1;
  const char *p = value, *end = value + size;
  while (p < end) {
    const char *field[3];
    int length[3];
    for (int k = 0; k < 3; k++) {
      field[k] = p;
      while (p < end && *p != ':')
        p++;
      length[k] = (int)(p - field[k]);
      if (p < end)
        p++;
    }
    int64_t width;
    if (!number_read_int64(field[2], length[2], &width) || width < 1 || width > MAX_WORDS)
      return false;
    if (length[0] == 7 && memcmp(field[0], "species", 7) == 0 && width == 1)
      *species = column;
    if (length[0] == 3 && memcmp(field[0], "pos", 3) == 0 && width == 3)
      *pos = column;
    column += (int)width;
    if (column > MAX_WORDS)
      return false;
  }
  return *species >= 0 && *pos >= 0;
}

static lisi_status read_xyz(text *t, crystal *c, lisi_error *err) {
  int64_t natoms;
  if (!next_line(t) || t->nwords != 1 || !number_read_int64(t->word[0], t->size[0], &natoms) || natoms < 1)
    return wrong(t, "a structure: extended XYZ (a number of atoms), CIF, LAMMPS data or dump, or a site file", err);
  const char *value;
  int size, species = 0, pos = 1;
  if (!next_line(t) || !value_of(t, "Lattice", &value, &size))
    return wrong(t, "Lattice=\"ax ay az bx by bz cx cy cz\" in the second line of an extended XYZ file", err);
  double H[3][3];
  text in = {.next = value, .end = value + size, .name = t->name};
  bool fine = next_line(&in) && in.nwords == 9;
  for (int k = 0; k < 9 && fine; k++)
    fine = number(&in, k, &H[k / 3][k % 3]);
  if (!fine)
    return wrong(t, "nine numbers in Lattice", err);
  lisi_status status = set_cell(t, c, (const double(*)[3])H, err);
  if (status == LISI_OK && value_of(t, "Properties", &value, &size) && !columns_of(value, size, &species, &pos))
    return wrong(t, "Properties with species:S:1 and pos:R:3", err);
  for (int64_t a = 0; a < natoms && status == LISI_OK; a++) {
    double x[3];
    if (!next_line(t))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected %lld atoms, found %lld (the file is cut off)", t->name,
                       (long long)natoms, (long long)a);
    if (species >= t->nwords || !number(t, pos, &x[0]) || !number(t, pos + 1, &x[1]) || !number(t, pos + 2, &x[2]))
      return wrong(t, "an atom: species and three coordinates", err);
    status = add(t, c, t->word[species], t->size[species], x, err);
  }
  return status;
}

/* ---- LAMMPS data ---- */

typedef struct {
  int64_t natoms;
  double lo[3], hi[3], tilt[3];
  bool have[3];
  char species[100][16]; /* by type, from the comments in Masses */
} data_head;

/* Is this a line such as "34 atoms" or "0.0 7.949 xlo xhi"? */
static bool head_line(const text *t, data_head *h) {
  static const char *const lo[3] = {"xlo", "ylo", "zlo"}, *const hi[3] = {"xhi", "yhi", "zhi"};
  if (is_word(t, 1, "atoms"))
    return number_read_int64(t->word[0], t->size[0], &h->natoms);
  for (int k = 0; k < 3; k++)
    if (is_word(t, 2, lo[k]) && is_word(t, 3, hi[k]))
      return h->have[k] = number(t, 0, &h->lo[k]) && number(t, 1, &h->hi[k]);
  if (is_word(t, 3, "xy") && is_word(t, 4, "xz") && is_word(t, 5, "yz"))
    return number(t, 0, &h->tilt[0]) && number(t, 1, &h->tilt[1]) && number(t, 2, &h->tilt[2]);
  return false;
}

static void take_mass(const text *t, data_head *h) {
  int64_t type;
  for (int k = 2; k + 1 < t->nwords; k++)
    if (is_word(t, k, "#") && number_read_int64(t->word[0], t->size[0], &type) && type >= 1 && type <= 100 &&
        t->size[k + 1] < 16) {
      memset(h->species[type - 1], 0, sizeof h->species[0]);
      memcpy(h->species[type - 1], t->word[k + 1], (size_t)t->size[k + 1]);
    }
}

/* Columns of type and x for an atom style; without a style, by the number of columns (with or without image flags). */
static bool style_columns(const text *t, int words, int *type, int *x) {
  static const struct {
    const char *name;
    int type, x;
  } style[] = {{"atomic", 1, 2}, {"charge", 1, 3}, {"molecular", 2, 3}, {"bond", 2, 3}, {"full", 2, 4}};
  for (size_t k = 0; k < sizeof style / sizeof *style; k++)
    if (is_word(t, 2, style[k].name)) {
      *type = style[k].type;
      *x = style[k].x;
      return true;
    }
  *type = 1;
  *x = words == 6 || words == 9 ? 3 : 2;
  return t->nwords == 1;
}

static lisi_status data_atoms(text *t, const data_head *h, int ntypes, const char *const *type_name, crystal *c,
                              lisi_error *err) {
  const text head = *t;
  int type = 1, x = 2;
  for (int64_t a = 0; a < h->natoms;) {
    if (!next_line(t))
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected %lld atoms, found %lld (the file is cut off)", t->name,
                       (long long)h->natoms, (long long)a);
    if (t->nwords == 0)
      continue;
    if (a == 0 && !style_columns(&head, t->nwords, &type, &x))
      return wrong(&head, "Atoms # atomic, charge, molecular, bond or full", err);
    double r[3];
    int64_t kind;
    if (type >= t->nwords || !number_read_int64(t->word[type], t->size[type], &kind) || kind < 1 || kind > 100 ||
        !number(t, x, &r[0]) || !number(t, x + 1, &r[1]) || !number(t, x + 2, &r[2]))
      return wrong(t, "an atom (id, type from 1 to 100, coordinates)", err);
    char digits[16];
    (void)snprintf(digits, sizeof digits, "%d", (int)kind);
    const char *species = kind <= ntypes                    ? type_name[kind - 1]
                          : h->species[kind - 1][0] != '\0' ? h->species[kind - 1]
                                                            : digits;
    const lisi_status status = add(t, c, species, (int)strlen(species), r, err);
    if (status != LISI_OK)
      return status;
    a++;
  }
  return LISI_OK;
}

static lisi_status read_data(text *t, int ntypes, const char *const *type_name, crystal *c, lisi_error *err) {
  data_head h = {.natoms = -1};
  bool masses = false;
  while (next_line(t)) {
    if (t->nwords > 0 && (is_word(t, 0, "Masses") || is_word(t, 0, "Atoms")))
      masses = is_word(t, 0, "Masses");
    else if (masses)
      take_mass(t, &h);
    else
      (void)head_line(t, &h);
    if (!is_word(t, 0, "Atoms"))
      continue;
    if (h.natoms < 1 || !h.have[0] || !h.have[1] || !h.have[2])
      return wrong(t, "a number of atoms and the bounds xlo xhi, ylo yhi, zlo zhi before the section Atoms", err);
    lisi_error inner = {0};
    if (lattice_from_box(h.lo, h.hi, h.tilt, &c->cell, &inner) != LISI_OK)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: %s", t->name, inner.message);
    return data_atoms(t, &h, ntypes, type_name, c, err);
  }
  return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a LAMMPS data file with a section Atoms, found none", t->name);
}

/* ---- the others ---- */

static lisi_status read_sites(const char *bytes, size_t size, const char *name, const char *mobile, crystal *c,
                              lisi_error *err) {
  site_set *set = NULL;
  lisi_status status = site_set_parse(bytes, size, name, &set, err);
  if (status != LISI_OK)
    return status;
  c->cell = set->cell;
  for (int k = 0; k < set->nframework && status == LISI_OK; k++)
    status = crystal_add(c, set->species[k], NULL, set->framework[k], err);
  for (int k = 0; k < set->nsites && status == LISI_OK; k++)
    status = crystal_add(c, mobile, set->site[k].label, set->site[k].frac, err);
  site_set_free(set);
  return status;
}

static lisi_status read_dump(const char *path, int ntypes, const char *const *type_name, crystal *c, lisi_error *err) {
  dump_reader *reader = NULL;
  dump_frame *frame = NULL;
  lisi_status status = dump_reader_open(1, &path, ntypes, type_name, &reader, err);
  if (status == LISI_OK)
    status = dump_reader_next(reader, &frame, err);
  if (status == LISI_OK && frame == NULL)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: the dump has no frame", path);
  if (status == LISI_OK)
    c->cell = frame->box;
  for (int k = 0; status == LISI_OK && k < frame->natoms; k++)
    status = crystal_add(c, dump_reader_species(reader, frame->species[k]), NULL, frame->f[k], err);
  dump_reader_close(reader);
  return status;
}

/* Does a line of the first part of the text have these two words side by side? */
static bool has_words(const char *bytes, size_t size, const char *first, const char *second) {
  text t = {.next = bytes, .end = bytes + (size < 100000 ? size : 100000)};
  while (next_line(&t))
    for (int k = 0; k + 1 < t.nwords; k++)
      if (is_word(&t, k, first) && is_word(&t, k + 1, second))
        return true;
  return false;
}

static bool has_start(const char *bytes, size_t size, const char *start) {
  const size_t n = strlen(start);
  for (size_t k = 0; k + n <= size && k < 100000; k++)
    if ((k == 0 || bytes[k - 1] == '\n') && memcmp(bytes + k, start, n) == 0)
      return true;
  return false;
}

lisi_status structure_parse(const char *bytes, size_t size, const char *name, const char *mobile, int ntypes,
                            const char *const *type_name, crystal *c, lisi_error *err) {
  memset(c, 0, sizeof *c);
  text t = {.next = bytes, .end = bytes + size, .name = name};
  lisi_status status;
  if (has_start(bytes, size, "format:"))
    status = read_sites(bytes, size, name, mobile, c, err);
  else if (has_start(bytes, size, "data_"))
    status = structure_parse_cif(bytes, size, name, c, err);
  else if (has_words(bytes, size, "xlo", "xhi"))
    status = read_data(&t, ntypes, type_name, c, err);
  else
    status = read_xyz(&t, c, err);
  if (status == LISI_OK && c->natoms == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected atoms, found none", name);
  if (status != LISI_OK)
    crystal_free(c);
  return status;
}

lisi_status structure_load(const char *path, const char *mobile, int ntypes, const char *const *type_name, crystal *c,
                           lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  memset(c, 0, sizeof *c);
  lisi_status status = file_bytes_read(path, file_bytes_limit(path, (size_t)1 << 28), &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  if (size >= 5 && memcmp(bytes, "ITEM:", 5) == 0)
    status = read_dump(path, ntypes, type_name, c, err);
  else
    status = structure_parse(bytes, size, path, mobile, ntypes, type_name, c, err);
  free(bytes);
  if (status != LISI_OK)
    crystal_free(c);
  return status;
}
