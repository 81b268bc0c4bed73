/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CIF as far as a crystal structure needs it: the cell, the symmetry operations as x,y,z texts, the atoms with labels.
 * The first data block counts. Text fields between semicolons are read over. */
#include "structure_read.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_TAGS = 64, MAX_OPS = 192, WORD = 128 };
static const double same_atom = 0.05; /* Angstrom: images that fall together are one atom */

typedef struct {
  const char *next, *end, *name;
  long line;
  bool at_start; /* of a line */
  char word[WORD];
  bool quoted;
} tokens;

/* The next word; false at the end. Longer words are cut: those that are used are short. */
static bool next_word(tokens *t) {
  t->quoted = false;
  for (;;) {
    while (t->next < t->end && isspace((unsigned char)*t->next)) {
      t->at_start = *t->next == '\n';
      t->line += *t->next == '\n';
      t->next++;
    }
    if (t->next >= t->end)
      return false;
    if (*t->next != '#')
      break;
    while (t->next < t->end && *t->next != '\n')
      t->next++;
  }
  const char *from = t->next, *to;
  if (*from == ';' && t->at_start) { /* up to a line that begins with ; */
    to = from + 1;
    while (to < t->end && !(to[0] == ';' && to[-1] == '\n')) {
      t->line += *to == '\n';
      to++;
    }
    from++;
    t->next = to < t->end ? to + 1 : to;
    t->quoted = true;
  } else if (*from == '\'' || *from == '"') {
    const char quote = *from++;
    to = from;
    while (to < t->end && *to != '\n' && !(*to == quote && (to + 1 == t->end || isspace((unsigned char)to[1]))))
      to++;
    t->next = to < t->end && *to != '\n' ? to + 1 : to;
    t->quoted = true;
  } else {
    to = from;
    while (to < t->end && !isspace((unsigned char)*to))
      to++;
    t->next = to;
  }
  t->at_start = false;
  const size_t n = (size_t)(to - from) < WORD - 1 ? (size_t)(to - from) : WORD - 1;
  memcpy(t->word, from, n);
  t->word[n] = '\0';
  return true;
}

static bool begins(const char *word, const char *with) {
  return strncasecmp(word, with, strlen(with)) == 0;
}

/* A number with its standard uncertainty, "0.1834(3)". */
static bool number(const char *word, double *value) {
  char *end;
  *value = strtod(word, &end);
  if (end == word || !isfinite(*value))
    return false;
  if (*end == '(') {
    while (*end != '\0' && *end != ')')
      end++;
    end += *end == ')';
  }
  return *end == '\0';
}

typedef struct {
  int W[3][3];
  double w[3];
} operation;

/* "x,y,z", "-y+1/2,x-y,z+.25" */
static bool parse_operation(const char *s, operation *op) {
  memset(op, 0, sizeof *op);
  int row = 0;
  double sign = 1.0;
  for (;;) {
    while (*s == ' ')
      s++;
    const int axis = *s != '\0' ? (tolower((unsigned char)*s) - 'x') : -1;
    if (axis >= 0 && axis < 3) {
      op->W[row][axis] = sign > 0.0 ? 1 : -1;
      sign = 1.0;
      s++;
    } else if (*s == '+' || *s == '-') {
      sign = *s == '-' ? -1.0 : 1.0;
      s++;
    } else if (isdigit((unsigned char)*s) || *s == '.') {
      char *end;
      double v = strtod(s, &end);
      if (end == s) /* a lone point */
        return false;
      if (*end == '/') {
        const double by = strtod(end + 1, &end);
        if (!(by > 0.0))
          return false;
        v /= by;
      }
      if (!(fabs(v) < 100.0))
        return false;
      op->w[row] += sign * v;
      sign = 1.0;
      s = end;
    } else if (*s == ',' && row < 2) {
      row++;
      sign = 1.0;
      s++;
    } else
      return *s == '\0' && row == 2;
  }
}

typedef struct {
  double length[3], angle[3];
  int nops;
  operation op[MAX_OPS];
  crystal unique; /* as listed, cell not set */
} cif;

static lisi_status wrong(const tokens *t, const char *expected, lisi_error *err) {
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected %s, found '%.60s'", t->name, t->line, expected, t->word);
}

/* "Li1+" as a type symbol or "Li2A" as a label -> "Li" */
static void element_of(const char *word, char element[16]) {
  size_t n = 0;
  while (n < 15 && isalpha((unsigned char)word[n]) && (n == 0 || islower((unsigned char)word[n])))
    n++;
  memcpy(element, word, n);
  element[n] = '\0';
}

static lisi_status add_atom(const tokens *t, const char *label, const char *symbol, const double f[3], cif *c,
                            lisi_error *err) {
  char element[16], name[32];
  element_of(symbol[0] != '\0' ? symbol : label, element);
  if (element[0] == '\0' || !(fabs(f[0]) < 1e6 && fabs(f[1]) < 1e6 && fabs(f[2]) < 1e6))
    return wrong(t, "an atom with an element symbol and fractional coordinates", err);
  size_t n = 0;
  for (const char *p = label; *p != '\0' && n < sizeof name - 1; p++)
    if (isgraph((unsigned char)*p) && *p != '"')
      name[n++] = *p;
  name[n] = '\0';
  return crystal_add(&c->unique, element, name, f, err);
}

/* A loop: its tags, then rows of values. Leaves the word after it in t->word; *more is false at the end of the file. */
static lisi_status read_loop(tokens *t, cif *c, bool *more, lisi_error *err) {
  char tag[MAX_TAGS][WORD];
  int ntags = 0, operations = -1, label = -1, symbol = -1, xyz[3] = {-1, -1, -1};
  while ((*more = next_word(t)) && !t->quoted && t->word[0] == '_') {
    if (ntags == MAX_TAGS)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%ld: a loop of more than %d columns", t->name, t->line, MAX_TAGS);
    memcpy(tag[ntags++], t->word, WORD);
  }
  for (int k = 0; k < ntags; k++) {
    static const char *const axis[3] = {"_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"};
    if (strcasecmp(tag[k], "_symmetry_equiv_pos_as_xyz") == 0 ||
        strcasecmp(tag[k], "_space_group_symop_operation_xyz") == 0)
      operations = k;
    if (strcasecmp(tag[k], "_atom_site_label") == 0)
      label = k;
    if (strcasecmp(tag[k], "_atom_site_type_symbol") == 0)
      symbol = k;
    for (int m = 0; m < 3; m++)
      if (strcasecmp(tag[k], axis[m]) == 0)
        xyz[m] = k;
  }
  const bool atoms = xyz[0] >= 0 && xyz[1] >= 0 && xyz[2] >= 0 && (label >= 0 || symbol >= 0);
  char names[2][WORD] = {"", ""};
  double f[3] = {0.0, 0.0, 0.0};
  int column = 0;
  while (*more && ntags > 0 &&
         (t->quoted || !(t->word[0] == '_' || begins(t->word, "loop_") || begins(t->word, "data_")))) {
    if (column == operations) {
      if (c->nops == MAX_OPS || !parse_operation(t->word, &c->op[c->nops]))
        return wrong(t, "a symmetry operation such as -x,y+1/2,z (at most 192)", err);
      c->nops++;
    }
    for (int m = 0; m < 3; m++)
      if (atoms && column == xyz[m] && !number(t->word, &f[m]))
        return wrong(t, "a fractional coordinate", err);
    if (column == label)
      memcpy(names[0], t->word, WORD);
    if (column == symbol)
      memcpy(names[1], t->word, WORD);
    if (++column == ntags) {
      column = 0;
      const lisi_status status = atoms ? add_atom(t, names[0], names[1], f, c, err) : LISI_OK;
      if (status != LISI_OK)
        return status;
    }
    *more = next_word(t);
  }
  return LISI_OK;
}

static lisi_status read_tags(tokens *t, cif *c, lisi_error *err) {
  static const char *const cell[6] = {"_cell_length_a",    "_cell_length_b",   "_cell_length_c",
                                      "_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
  int blocks = 0;
  bool more = next_word(t);
  while (more) {
    if (!t->quoted && begins(t->word, "data_") && ++blocks > 1)
      break;
    if (!t->quoted && begins(t->word, "loop_")) {
      const lisi_status status = read_loop(t, c, &more, err);
      if (status != LISI_OK)
        return status;
      continue;
    }
    for (int k = 0; k < 6; k++)
      if (!t->quoted && strcasecmp(t->word, cell[k]) == 0 &&
          (!next_word(t) || !number(t->word, k < 3 ? &c->length[k] : &c->angle[k - 3])))
        return wrong(t, "a cell length or angle", err);
    more = next_word(t);
  }
  return LISI_OK;
}

static lisi_status make_cell(const tokens *t, const cif *c, lattice *cell, lisi_error *err) {
  const double degree = 3.14159265358979323846 / 180.0;
  double cosine[3];
  for (int k = 0; k < 3; k++) {
    if (!(c->length[k] > 0.0) || !(c->angle[k] > 0.0 && c->angle[k] < 180.0))
      return lisi_fail(
          err, LISI_ERR_INPUT,
          "%s: expected _cell_length_a, b, c and _cell_angle_alpha, beta, gamma, found lengths %g %g %g and "
          "angles %g %g %g",
          t->name, c->length[0], c->length[1], c->length[2], c->angle[0], c->angle[1], c->angle[2]);
    cosine[k] = c->angle[k] == 90.0 ? 0.0 : cos(c->angle[k] * degree);
  }
  const double sine = c->angle[2] == 90.0 ? 1.0 : sin(c->angle[2] * degree);
  const double y = (cosine[0] - cosine[1] * cosine[2]) / sine, z2 = 1.0 - cosine[1] * cosine[1] - y * y;
  const double H[3][3] = {{c->length[0], 0.0, 0.0},
                          {c->length[1] * cosine[2], c->length[1] * sine, 0.0},
                          {c->length[2] * cosine[1], c->length[2] * y, c->length[2] * (z2 > 0.0 ? sqrt(z2) : 0.0)}};
  lisi_error inner = {0};
  if (lattice_from_rows((const double(*)[3])H, cell, &inner) == LISI_OK)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT, "%s: %s", t->name, inner.message);
}

static lisi_status add_images(const cif *c, const crystal_atom *a, crystal *out, lisi_error *err) {
  const int first = out->natoms;
  for (int o = 0; o < c->nops; o++) {
    double f[3];
    for (int i = 0; i < 3; i++)
      f[i] =
          c->op[o].W[i][0] * a->frac[0] + c->op[o].W[i][1] * a->frac[1] + c->op[o].W[i][2] * a->frac[2] + c->op[o].w[i];
    bool there = false;
    for (int b = first; b < out->natoms && !there; b++) {
      const double d[3] = {f[0] - out->atom[b].frac[0], f[1] - out->atom[b].frac[1], f[2] - out->atom[b].frac[2]};
      int image[3];
      there = lattice_nearest(&out->cell, d, image, NULL) < same_atom * same_atom;
    }
    const lisi_status status = there ? LISI_OK : crystal_add(out, a->species, a->label, f, err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

lisi_status structure_parse_cif(const char *bytes, size_t size, const char *name, crystal *out, lisi_error *err) {
  tokens t = {.next = bytes, .end = bytes + size, .name = name, .line = 1, .at_start = true};
  cif *c = calloc(1, sizeof *c);
  if (c == NULL)
    return lisi_no_memory(err, sizeof *c);
  for (int k = 0; k < 3; k++)
    c->angle[k] = 90.0;
  lisi_status status = read_tags(&t, c, err);
  if (status == LISI_OK)
    status = make_cell(&t, c, &out->cell, err);
  if (status == LISI_OK && c->nops == 0) {
    (void)parse_operation("x,y,z", &c->op[0]);
    c->nops = 1;
  }
  for (int a = 0; a < c->unique.natoms && status == LISI_OK; a++)
    status = add_images(c, &c->unique.atom[a], out, err);
  crystal_free(&c->unique);
  free(c);
  return status;
}
