/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an input of CP2K says about where the atoms are. Sections are followed by name; of the preprocessor @SET,
 * variables and @INCLUDE are known. */
#include "cp2k_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 32, MAX_INCLUDES = 8, MAX_VARIABLES = 200 };

typedef struct {
  char name[64], value[256];
} variable;

typedef struct {
  cp2k_input *out;
  const cp2k_folder *folder;
  char section[MAX_DEPTH][64]; /* in capitals */
  int depth, includes;
  variable *variable;
  int nvariables;
  char (*label)[32]; /* [natoms] of &COORD; which kinds they are may follow below them */
  int rooms[3];      /* of the lists of &COORD */
  bool have_vector[3], have_abc;
  double abc[3], angle[3], coord_unit;
  double vector[9];
  lisi_error *err;
} reader;

static void unclear(reader *r, const cp2k_lines *in, const char *what) {
  if (!r->out->unclear[0])
    snprintf(r->out->unclear, sizeof r->out->unclear, "%.60s:%d: %.100s", in->name, in->number, what);
}

static void upper(char *to, const char *from, size_t room) {
  size_t k = 0;
  for (; from[k] && k + 1 < room; k++)
    to[k] = (char)toupper((unsigned char)from[k]);
  to[k] = '\0';
}

/* Whether the sections open are these, from the outermost on. */
static bool within(const reader *r, int n, const char *const *name) {
  if (r->depth != n)
    return false;
  for (int k = 0; k < n; k++)
    if (strcmp(r->section[k], name[k]))
      return false;
  return true;
}
#define WITHIN(r, ...)                                                                                                 \
  within(r, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static const char *value_of(const reader *r, const char *name, size_t n) {
  for (int k = r->nvariables - 1; k >= 0; k--)
    if (strlen(r->variable[k].name) == n && !strncasecmp(r->variable[k].name, name, n))
      return r->variable[k].value;
  return NULL;
}

/* ${X} and $X -> the value of X. False where X is not set, or the line grows too long. */
static bool substitute(const reader *r, char text[CP2K_LINE]) {
  for (int round = 0; round < 100; round++) {
    char *dollar = strchr(text, '$'), line[CP2K_LINE];
    if (!dollar)
      return true;
    const bool brace = dollar[1] == '{';
    const char *name = dollar + 1 + brace, *end = name;
    while (isalnum((unsigned char)*end) || *end == '_')
      end++;
    if (brace && *end != '}')
      return false;
    const char *value = value_of(r, name, (size_t)(end - name));
    if (!value)
      return false;
    const int n = snprintf(line, sizeof line, "%.*s%s%s", (int)(dollar - text), text, value, end + brace);
    if (n < 0 || n >= (int)sizeof line)
      return false;
    memcpy(text, line, (size_t)n + 1);
  }
  return false;
}

/* Three numbers after the keyword, with [unit] before them or without. */
static bool three(cp2k_lines *in, double factor, bool angles, double *out) {
  int at = 1;
  if (in->nwords > 1 && in->word[1][0] == '[') {
    char *unit = in->word[1] + 1, *close = strchr(unit, ']');
    if (!close || close[1] != '\0')
      return false;
    *close = '\0';
    if (angles ? strcasecmp(unit, "deg") != 0 : !cp2k_unit_length(unit, &factor))
      return false;
    at = 2;
  }
  if (in->nwords < at + 3)
    return false;
  for (int k = 0; k < 3; k++) {
    if (!cp2k_number(in->word[at + k], &out[k]))
      return false;
    out[k] *= factor;
  }
  return true;
}

static bool logical(const cp2k_lines *in) { /* a keyword alone is true */
  return in->nwords < 2 || strchr("TtYy", in->word[1][in->word[1][0] == '.']) != NULL;
}

static void cell_keyword(reader *r, cp2k_lines *in) {
  char key[64], value[64];
  upper(key, in->word[0], sizeof key);
  upper(value, in->nwords > 1 ? in->word[1] : "", sizeof value);
  bool good = true;
  if (!strcmp(key, "A") || !strcmp(key, "B") || !strcmp(key, "C")) {
    const int row = key[0] - 'A';
    good = three(in, 1, false, r->vector + 3 * row);
    r->have_vector[row] = good;
  } else if (!strcmp(key, "ABC")) {
    good = three(in, 1, false, r->abc);
    r->have_abc = good;
  } else if (!strcmp(key, "ALPHA_BETA_GAMMA") || !strcmp(key, "ANGLES"))
    good = three(in, 1, true, r->angle);
  else if (!strcmp(key, "PERIODIC")) {
    const bool none = !strcmp(value, "NONE");
    for (int k = 0; k < 3; k++)
      r->out->pbc[k] = !none && strchr(value, "XYZ"[k]) != NULL;
  } else if (!strcmp(key, "CELL_FILE_NAME"))
    unclear(r, in, "the cell comes from another file (CELL_FILE_NAME)");
  else if (!strcmp(key, "MULTIPLE_UNIT_CELL"))
    unclear(r, in, "MULTIPLE_UNIT_CELL");
  else if (!strcmp(key, "SYMMETRY") && strcmp(value, "NONE") && strcmp(value, "TRICLINIC") &&
           strcmp(value, "ORTHORHOMBIC") && strcmp(value, "CUBIC"))
    unclear(r, in, "SYMMETRY, for which CP2K may turn the cell");
  if (!good)
    unclear(r, in, "expected three numbers in a known unit");
}

static lisi_status coord_line(reader *r, cp2k_lines *in) {
  cp2k_input *out = r->out;
  char key[64];
  upper(key, in->word[0], sizeof key);
  if (!strcmp(key, "UNIT")) {
    if (in->nwords < 2 || !cp2k_unit_length(in->word[1], &r->coord_unit))
      unclear(r, in, "a unit of length that is not known");
    return LISI_OK;
  }
  if (!strcmp(key, "SCALED") && in->nwords < 4) {
    out->scaled = logical(in);
    return LISI_OK;
  }
  lisi_status status = cp2k_grow(&r->label, out->natoms, &r->rooms[0], sizeof *r->label, r->err);
  if (status == LISI_OK)
    status = cp2k_grow(&out->symbol, out->natoms, &r->rooms[1], sizeof *out->symbol, r->err);
  if (status == LISI_OK)
    status = cp2k_grow(&out->pos, out->natoms, &r->rooms[2], 3 * sizeof *out->pos, r->err);
  if (status != LISI_OK)
    return status;
  bool good = in->nwords >= 4 && strlen(in->word[0]) < sizeof *r->label;
  for (int k = 0; k < 3 && good; k++)
    good = cp2k_number(in->word[1 + k], &out->pos[3 * (size_t)out->natoms + (size_t)k]);
  if (good)
    strcpy(r->label[out->natoms++], in->word[0]);
  else
    unclear(r, in, "expected an element and three numbers");
  return LISI_OK;
}

static void other_keyword(reader *r, cp2k_lines *in) {
  cp2k_input *out = r->out;
  char key[64];
  upper(key, in->word[0], sizeof key);
  const char *value = in->nwords > 1 ? in->word[1] : "";
  if (WITHIN(r, "FORCE_EVAL", "SUBSYS", "TOPOLOGY")) {
    if (!strcmp(key, "COORD_FILE_NAME") || !strcmp(key, "COORDINATE_FILE_NAME"))
      snprintf(out->coord_file, sizeof out->coord_file, "%s", value);
    else if (!strcmp(key, "COORD_FILE_FORMAT") || !strcmp(key, "COORDINATE"))
      upper(out->coord_format, value, sizeof out->coord_format);
    else if (!strcmp(key, "MULTIPLE_UNIT_CELL"))
      unclear(r, in, "MULTIPLE_UNIT_CELL");
  } else if (WITHIN(r, "EXT_RESTART"))
    out->restart = true;
  else if (!strcmp(key, "UNIT") && WITHIN(r, "MOTION", "PRINT", "TRAJECTORY")) {
    if (!cp2k_unit_length(value, &out->pos_unit))
      out->pos_unit = NAN;
  } else if (!strcmp(key, "UNIT") && WITHIN(r, "MOTION", "PRINT", "FORCES")) {
    if (!cp2k_unit_force(value, &out->frc_unit))
      out->frc_unit = NAN;
  } else if (!strcmp(key, "VARIABLE_VOLUME") && WITHIN(r, "MOTION", "MD", "REFTRAJ"))
    out->reftraj_cell = logical(in);
  else if (!strcmp(key, "ELEMENT") && WITHIN(r, "FORCE_EVAL", "SUBSYS", "KIND") && out->nkinds)
    (void)cp2k_element(value, out->kind[out->nkinds - 1].element);
}

static void open_section(reader *r, cp2k_lines *in) {
  if (r->depth == MAX_DEPTH) {
    unclear(r, in, "sections too deep");
    return;
  }
  const char *name = in->word[0] + 1;
  if (*name == '\0' && in->nwords > 1) /* "& SECTION" */
    name = in->word[1];
  upper(r->section[r->depth++], name, sizeof r->section[0]);
  if (WITHIN(r, "FORCE_EVAL", "SUBSYS", "KIND") && in->nwords > 1 && r->out->nkinds < CP2K_KINDS) {
    const int k = r->out->nkinds++;
    snprintf(r->out->kind[k].label, sizeof r->out->kind[k].label, "%s", in->word[1]);
    (void)cp2k_element(in->word[1], r->out->kind[k].element);
  }
}

static lisi_status read_lines(reader *r, const char *bytes, size_t size, const char *name);

static lisi_status directive(reader *r, cp2k_lines *in) {
  char key[64];
  upper(key, in->word[0], sizeof key);
  if (!strcmp(key, "@SET") && in->nwords >= 2 && r->nvariables < MAX_VARIABLES) {
    variable *v = &r->variable[r->nvariables++];
    snprintf(v->name, sizeof v->name, "%s", in->word[1]);
    v->value[0] = '\0';
    for (int k = 2; k < in->nwords; k++) {
      const size_t n = strlen(v->value);
      snprintf(v->value + n, sizeof v->value - n, "%s%s", k > 2 ? " " : "", in->word[k]);
    }
    return LISI_OK;
  }
  if (strcmp(key, "@INCLUDE") || in->nwords < 2 || r->includes >= MAX_INCLUDES) {
    unclear(r, in, "a directive of the preprocessor that is not known here");
    return LISI_OK;
  }
  char file[256], *bytes = NULL;
  size_t size = 0, n;
  snprintf(file, sizeof file, "%s", in->word[1] + (strchr("'\"", in->word[1][0]) != NULL));
  if ((n = strlen(file)) && strchr("'\"", file[n - 1]))
    file[n - 1] = '\0';
  lisi_status status = file[0] ? r->folder->get(r->folder->context, file, &bytes, &size, r->err) : LISI_OK;
  if (status != LISI_OK)
    return status;
  if (!bytes) {
    unclear(r, in, "the file of this @INCLUDE is not there");
    return LISI_OK;
  }
  r->includes++;
  status = read_lines(r, bytes, size, file);
  free(bytes);
  return status;
}

static lisi_status read_lines(reader *r, const char *bytes, size_t size, const char *name) {
  cp2k_lines in = cp2k_lines_of(bytes, size, name);
  lisi_status status = LISI_OK;
  while (status == LISI_OK && cp2k_next(&in)) {
    char *comment = strpbrk(in.text, "!#");
    if (comment)
      *comment = '\0';
    if (!substitute(r, in.text)) {
      unclear(r, &in, "a variable that is not set");
      continue;
    }
    cp2k_split(&in);
    if (in.nwords == 0)
      continue;
    if (in.word[0][0] == '@')
      status = directive(r, &in);
    else if (!strncasecmp(in.word[0], "&END", 4)) {
      if (r->depth)
        r->depth--;
    } else if (in.word[0][0] == '&')
      open_section(r, &in);
    else if (WITHIN(r, "FORCE_EVAL", "SUBSYS", "COORD"))
      status = coord_line(r, &in);
    else if (WITHIN(r, "FORCE_EVAL", "SUBSYS", "CELL"))
      cell_keyword(r, &in);
    else
      other_keyword(r, &in);
  }
  return status;
}

/* The cell of lengths and angles: a along x, b in the xy plane. */
static void cell_of_lengths(const double abc[3], const double angle[3], double cell[9]) {
  const double degree = acos(-1.0) / 180;
  double cosine[3];
  for (int k = 0; k < 3; k++) /* exact for right angles */
    cosine[k] = angle[k] == 90 ? 0 : cos(angle[k] * degree);
  const double sine = sqrt(1 - cosine[2] * cosine[2]);
  memset(cell, 0, 9 * sizeof *cell);
  cell[0] = abc[0];
  cell[3] = abc[1] * cosine[2];
  cell[4] = abc[1] * sine;
  cell[6] = abc[2] * cosine[1];
  cell[7] = abc[2] * (cosine[0] - cosine[1] * cosine[2]) / sine;
  cell[8] = sqrt(abc[2] * abc[2] - cell[6] * cell[6] - cell[7] * cell[7]);
}

lisi_status cp2k_input_parse(const char *bytes, size_t size, const char *name, const cp2k_folder *folder,
                             cp2k_input *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->pbc[0] = out->pbc[1] = out->pbc[2] = true;
  out->pos_unit = 1;
  out->frc_unit = CP2K_HARTREE / CP2K_BOHR;
  reader *r = calloc(1, sizeof *r);
  if (!r)
    return lisi_no_memory(err, sizeof *r);
  r->out = out;
  r->folder = folder;
  r->err = err;
  r->coord_unit = 1;
  r->angle[0] = r->angle[1] = r->angle[2] = 90;
  r->variable = calloc(MAX_VARIABLES, sizeof *r->variable);
  lisi_status status = r->variable ? LISI_OK : lisi_no_memory(err, MAX_VARIABLES * sizeof *r->variable);
  if (status == LISI_OK)
    status = read_lines(r, bytes, size, name);
  for (int i = 0; i < out->natoms && status == LISI_OK && !out->unclear[0]; i++)
    if (!cp2k_input_element(out, r->label[i], out->symbol[i]))
      snprintf(out->unclear, sizeof out->unclear, "%.60s: &COORD: '%.30s' is no element", name, r->label[i]);
  if (status == LISI_OK) {
    if (!out->scaled)
      for (int k = 0; k < 3 * out->natoms; k++)
        out->pos[k] *= r->coord_unit;
    if (r->have_abc) {
      cell_of_lengths(r->abc, r->angle, out->cell);
      out->has_cell = true;
    } else if (r->have_vector[0] && r->have_vector[1] && r->have_vector[2]) {
      memcpy(out->cell, r->vector, sizeof r->vector);
      out->has_cell = true;
    }
    for (int k = 0; k < 9; k++)
      if (!isfinite(out->cell[k]))
        out->has_cell = false;
    for (int i = 0; i < out->natoms && out->scaled; i++) {
      double *x = &out->pos[3 * i], f[3] = {x[0], x[1], x[2]};
      for (int k = 0; k < 3; k++)
        x[k] = f[0] * out->cell[k] + f[1] * out->cell[3 + k] + f[2] * out->cell[6 + k];
    }
  } else
    cp2k_input_free(out);
  free(r->variable);
  free(r->label);
  free(r);
  return status;
}

bool cp2k_input_element(const cp2k_input *in, const char *label, char symbol[4]) {
  for (int k = 0; k < in->nkinds; k++)
    if (in->kind[k].element[0] && !strcasecmp(in->kind[k].label, label)) {
      memcpy(symbol, in->kind[k].element, sizeof in->kind[k].element);
      return true;
    }
  return cp2k_element(label, symbol);
}

void cp2k_input_free(cp2k_input *in) {
  free(in->symbol);
  free(in->pos);
  memset(in, 0, sizeof *in);
}
