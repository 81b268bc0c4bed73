/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended XYZ: a count, a comment line of key=value pairs with Lattice and Properties, and one line per atom. */
#include "xyz_read.h"

#include "cp2k_read.h"
#include "file_bytes.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 256, MAX_ATOMS = 10000000 };

/* A cursor over lines. Lines are cut in place in a private copy of the file. */
typedef struct {
  char *at, *end;
  int number;
  const char *name;
  lisi_error *err;
} reader;

/* Where the columns of an atom line are. */
typedef struct {
  int ncolumns, species, pos, force; /* -1: none */
} layout;

static char *next_line(reader *in) {
  if (in->at >= in->end)
    return NULL;
  char *line = in->at;
  char *stop = memchr(line, '\n', (size_t)(in->end - line));
  if (!stop)
    stop = in->end;
  in->at = stop + 1;
  *stop = '\0';
  size_t n = strlen(line);
  if (n && line[n - 1] == '\r')
    line[n - 1] = '\0';
  in->number++;
  return line;
}

static bool blank(const char *s) {
  while (isspace((unsigned char)*s))
    s++;
  return *s == '\0';
}

static bool number(const char *text, double *value) {
  char *stop;
  *value = strtod(text, &stop);
  return stop != text && *stop == '\0' && isfinite(*value);
}

/* Takes one key and value off the comment line: key=value, key="quoted value", or a bare key, whose value is "". NULL
 * at the end. */
static char *take_pair(char **at, char **value, bool *bare) {
  char *s = *at;
  *bare = false;
  while (isspace((unsigned char)*s))
    s++;
  if (!*s)
    return NULL;
  char *key = s;
  while (*s && *s != '=' && !isspace((unsigned char)*s))
    s++;
  if (*s != '=') {
    if (*s)
      *s++ = '\0';
    *at = s;
    *value = s - 1 >= key && *(s - 1) == '\0' ? s - 1 : s;
    *bare = true;
    return key;
  }
  *s++ = '\0';
  if (*s == '"' || *s == '\'') {
    char quote = *s++;
    *value = s;
    while (*s && *s != quote)
      s++;
  } else {
    *value = s;
    while (*s && !isspace((unsigned char)*s))
      s++;
  }
  if (*s)
    *s++ = '\0';
  *at = s;
  return key;
}

/* Splits `text` into exactly n numbers. */
static bool numbers(char *text, int n, double *value) {
  char *state = NULL;
  int k = 0;
  for (char *word = strtok_r(text, " \t,", &state); word; word = strtok_r(NULL, " \t,", &state)) {
    if (k == n || !number(word, &value[k]))
      return false;
    k++;
  }
  return k == n;
}

static int count_words(const char *text) {
  int n = 0;
  for (bool in = false; *text; text++) {
    bool space = isspace((unsigned char)*text) || *text == ',';
    if (!space && !in)
      n++;
    in = !space;
  }
  return n;
}

/* Properties=species:S:1:pos:R:3:forces:R:3 -> columns. */
static lisi_status read_properties(reader *in, char *text, const char *forces, layout *out) {
  *out = (layout){0, -1, -1, -1};
  char *state = NULL;
  for (char *name = strtok_r(text, ":", &state); name; name = strtok_r(NULL, ":", &state)) {
    char *kind = strtok_r(NULL, ":", &state), *width = kind ? strtok_r(NULL, ":", &state) : NULL;
    double w;
    if (!width || !number(width, &w) || w < 1 || w > MAX_COLUMNS || w != floor(w))
      return lisi_fail(in->err, LISI_ERR_INPUT,
                       "%s:%d: Properties: expected name:type:width triples, found '%s' without them", in->name,
                       in->number, name);
    int n = (int)w;
    if (!strcmp(name, "species") && n == 1)
      out->species = out->ncolumns;
    if (!strcmp(name, "pos") && n == 3)
      out->pos = out->ncolumns;
    if (!strcmp(name, forces) && n == 3)
      out->force = out->ncolumns;
    out->ncolumns += n;
    if (out->ncolumns > MAX_COLUMNS)
      return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: Properties: more than %d columns", in->name, in->number,
                       MAX_COLUMNS);
  }
  if (out->species < 0 || out->pos < 0)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: Properties must name species:S:1 and pos:R:3", in->name,
                     in->number);
  return LISI_OK;
}

static double cell_volume(const double h[9]) {
  return h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) + h[2] * (h[3] * h[7] - h[4] * h[6]);
}

/* Keeps a pair that has no place of its own. */
static lisi_status keep_pair(reader *in, xyz_frame *f, const char *key, const char *value, bool bare) {
  const size_t had = f->other ? strlen(f->other) : 0, room = had + strlen(key) + strlen(value) + 5;
  const char *quote = bare || (*value && !strpbrk(value, " \t\"'")) ? "" : strchr(value, '"') ? "'" : "\"";
  char *grown = realloc(f->other, room);
  if (!grown)
    return lisi_no_memory(in->err, room);
  f->other = grown;
  snprintf(grown + had, room - had, "%s%s%s%s%s%s", had ? " " : "", key, bare ? "" : "=", quote, bare ? "" : value,
           quote);
  return LISI_OK;
}

static bool is_false(const char *value) {
  return !strcmp(value, "F") || !strcmp(value, "False") || !strcmp(value, "false") || !strcmp(value, "0");
}

static lisi_status read_comment(reader *in, char *line, const xyz_keys *keys, xyz_frame *f, layout *columns,
                                bool *unconverged) {
  *unconverged = false;
  bool have_cell = false, have_properties = false, have_stress = false;
  double stress[9] = {0};
  char *value;
  bool bare, cp2k_title = strstr(line, "i =") && strstr(line, "E =");
  f->pbc[0] = f->pbc[1] = f->pbc[2] = true;
  strcpy(f->group, "default");
  for (char *at = line, *key; (key = take_pair(&at, &value, &bare));) {
    bool good = true;
    if (!strcmp(key, "Lattice")) {
      good = numbers(value, 9, f->cell);
      have_cell = good;
    } else if (!strcmp(key, "Properties")) {
      lisi_status status = read_properties(in, value, keys->forces, columns);
      if (status != LISI_OK)
        return status;
      have_properties = true;
    } else if (!strcmp(key, "pbc")) {
      int k = 0;
      for (const char *s = value; *s && good; s++) {
        if (isspace((unsigned char)*s))
          continue;
        good = k < 3 && strchr("TtFf10", *s);
        if (good)
          f->pbc[k++] = strchr("Tt1", *s) != NULL;
      }
      good = good && k == 3;
    } else if (!strcmp(key, keys->energy)) {
      good = number(value, &f->energy);
      f->has_energy = good;
    } else if (!strcmp(key, keys->virial)) {
      good = numbers(value, 9, f->virial);
      f->has_virial = good;
    } else if (!strcmp(key, keys->stress)) {
      int n = count_words(value);
      double s[9];
      good = (n == 6 || n == 9) && numbers(value, n, s);
      if (good) {
        static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
        for (int k = 0; k < 9; k++)
          stress[k] = n == 9 ? s[k] : s[voigt[k]];
        have_stress = true;
      }
    } else if (!strcmp(key, keys->group)) {
      size_t n = strlen(value);
      good = n > 0 && n < sizeof f->group;
      if (good)
        memcpy(f->group, value, n + 1);
    } else {
      if (!strcmp(key, "scf_converged") || !strcmp(key, "converged"))
        *unconverged = *unconverged || is_false(value);
      lisi_status status = keep_pair(in, f, key, value, bare);
      if (status != LISI_OK)
        return status;
    }
    if (!good)
      return lisi_fail(in->err, LISI_ERR_INPUT,
                       "%s:%d: %s: wrong value (not the expected number of finite numbers, or text that is too long)",
                       in->name, in->number, key);
  }
  if (!have_cell && cp2k_title)
    return lisi_fail(
        in->err, LISI_ERR_INPUT,
        "%s:%d: no Lattice: this looks like a trajectory of CP2K; give the output file of that run instead", in->name,
        in->number);
  if (!have_cell)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: no Lattice=\"...\" in the comment line", in->name, in->number);
  if (!have_properties)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: no Properties=... in the comment line", in->name, in->number);
  double volume = fabs(cell_volume(f->cell));
  if (!(volume > 1e-6))
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: Lattice has no volume", in->name, in->number);
  if (have_stress && !f->has_virial) {
    for (int k = 0; k < 9; k++)
      f->virial[k] = -volume * stress[k];
    f->has_virial = true;
  }
  return LISI_OK;
}

lisi_status xyz_set_species(xyz_set *set, const char *symbol, int *index, lisi_error *err) {
  for (int s = 0; s < set->nspecies; s++)
    if (!strcmp(set->symbol[s], symbol)) {
      *index = s;
      return LISI_OK;
    }
  void *grown = realloc(set->symbol, (size_t)(set->nspecies + 1) * sizeof *set->symbol);
  if (!grown)
    return lisi_no_memory(err, (size_t)(set->nspecies + 1) * sizeof *set->symbol);
  set->symbol = grown;
  snprintf(set->symbol[set->nspecies], sizeof *set->symbol, "%s", symbol);
  *index = set->nspecies++;
  return LISI_OK;
}

static lisi_status species_index(reader *in, xyz_set *set, const char *symbol, int *index) {
  if (strlen(symbol) > 3 || !isupper((unsigned char)symbol[0]))
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: expected an element symbol, found '%.20s'", in->name, in->number,
                     symbol);
  return xyz_set_species(set, symbol, index, in->err);
}

static lisi_status read_atom(reader *in, xyz_set *set, xyz_frame *f, const layout *columns, int atom) {
  char *line = next_line(in), *word[MAX_COLUMNS], *state = NULL;
  if (!line)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: the file ends after %d of %d atoms", in->name, in->number, atom,
                     f->natoms);
  int n = 0;
  for (char *w = strtok_r(line, " \t", &state); w; w = strtok_r(NULL, " \t", &state)) {
    if (n < columns->ncolumns)
      word[n] = w;
    n++;
  }
  if (n != columns->ncolumns)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: Properties announces %d columns, the line has %d", in->name,
                     in->number, columns->ncolumns, n);
  lisi_status status = species_index(in, set, word[columns->species], &f->species[atom]);
  if (status != LISI_OK)
    return status;
  for (int k = 0; k < 3; k++) {
    if (!number(word[columns->pos + k], &f->pos[3 * atom + k]))
      return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: position '%.40s' is no finite number", in->name, in->number,
                       word[columns->pos + k]);
    if (f->force && !number(word[columns->force + k], &f->force[3 * atom + k]))
      return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: force '%.40s' is no finite number", in->name, in->number,
                       word[columns->force + k]);
  }
  return LISI_OK;
}

/* The same atom twice in a file is a broken file (images further away are found with the neighbours). */
static lisi_status check_duplicates(reader *in, const xyz_frame *f) {
  if (f->natoms > 20000)
    return LISI_OK;
  for (int i = 0; i < f->natoms; i++)
    for (int j = 0; j < i; j++) {
      double d2 = 0;
      for (int k = 0; k < 3; k++)
        d2 += (f->pos[3 * i + k] - f->pos[3 * j + k]) * (f->pos[3 * i + k] - f->pos[3 * j + k]);
      if (d2 < 1e-6)
        return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: atoms %d and %d (line %d) stand at the same place", in->name,
                         f->line + 1 + i, j + 1, i + 1, f->line + 1 + j);
    }
  return LISI_OK;
}

static lisi_status read_frame(reader *in, char *count, const xyz_keys *keys, xyz_set *set, xyz_frame *f,
                              bool *unconverged) {
  double n;
  char *state = NULL, *word = strtok_r(count, " \t", &state);
  if (!word || strtok_r(NULL, " \t", &state) || !number(word, &n) || n < 1 || n > MAX_ATOMS || n != floor(n))
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: expected the number of atoms of a frame, found '%.40s'", in->name,
                     in->number, word ? word : "");
  char *comment = next_line(in);
  if (!comment)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: the file ends before the comment line", in->name, in->number);
  f->natoms = (int)n;
  f->line = in->number;
  layout columns;
  lisi_status status = read_comment(in, comment, keys, f, &columns, unconverged);
  if (status != LISI_OK)
    return status;
  if ((size_t)(in->end - in->at) / 2 < (size_t)f->natoms && in->at < in->end + 1)
    return lisi_fail(in->err, LISI_ERR_INPUT, "%s:%d: %d atoms announced, more than the rest of the file can hold",
                     in->name, f->line - 1, f->natoms);
  size_t na = (size_t)f->natoms;
  f->species = malloc(na * sizeof *f->species);
  f->pos = malloc(3 * na * sizeof *f->pos);
  if (columns.force >= 0)
    f->force = malloc(3 * na * sizeof *f->force);
  if (!f->species || !f->pos || (columns.force >= 0 && !f->force))
    return lisi_no_memory(in->err, 6 * na * sizeof(double));
  for (int a = 0; a < f->natoms && status == LISI_OK; a++)
    status = read_atom(in, set, f, &columns, a);
  return status == LISI_OK ? check_duplicates(in, f) : status;
}

static void frame_free(xyz_frame *f) {
  free(f->species);
  free(f->pos);
  free(f->force);
  free(f->other);
}

static lisi_status parse(const char *bytes, size_t size, const char *name, const xyz_keys *given, bool skip,
                         xyz_set **out, lisi_error *err) {
  xyz_keys keys = given ? *given : (xyz_keys){0};
  if (!keys.energy)
    keys.energy = "energy";
  if (!keys.forces)
    keys.forces = "forces";
  if (!keys.virial)
    keys.virial = "virial";
  if (!keys.stress)
    keys.stress = "stress";
  if (!keys.group)
    keys.group = "config_type";
  if (cp2k_recognised(bytes, size))
    return cp2k_parse_file(bytes, size, name, skip, out, err);
  *out = NULL;
  char *copy = malloc(size + 1), *notes = NULL;
  size_t notes_size = 0;
  FILE *notes_stream = open_memstream(&notes, &notes_size);
  xyz_set *set = calloc(1, sizeof *set);
  bool left_out = false;
  lisi_status status = LISI_OK;
  if (!copy || !notes_stream || !set || !(set->name = strdup(name)))
    status = lisi_no_memory(err, size);
  if (status == LISI_OK) {
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    for (size_t k = 0; k < size; k++)
      if (!copy[k])
        copy[k] = '?'; /* a zero byte must not hide the rest of a line */
    reader in = {copy, copy + size, 0, name, err};
    int room = 0;
    for (char *line; status == LISI_OK && (line = next_line(&in));) {
      if (blank(line)) {
        if (in.at >= in.end || set->nframes > 0)
          continue;
      }
      if (set->nframes == room) {
        room = room ? 2 * room : 16;
        void *grown = realloc(set->frame, (size_t)room * sizeof *set->frame);
        if (!grown) {
          status = lisi_no_memory(err, (size_t)room * sizeof *set->frame);
          break;
        }
        set->frame = grown;
      }
      memset(&set->frame[set->nframes], 0, sizeof *set->frame);
      xyz_frame *f = &set->frame[set->nframes++];
      bool unconverged = false;
      status = read_frame(&in, line, &keys, set, f, &unconverged);
      if (status != LISI_OK || !unconverged)
        continue;
      if (!skip)
        status = lisi_fail(err, LISI_ERR_INPUT,
                           "%s:%d: the SCF of this frame did not converge (scf_converged=F), so its energy and forces "
                           "are not to be used (lisi-fit convert --skip-unconverged leaves it out)",
                           name, f->line);
      else {
        fprintf(notes_stream, "%s: line %d: the SCF did not converge: left out\n", name, f->line);
        left_out = true;
        frame_free(f);
        set->nframes--;
      }
    }
    if (status == LISI_OK && set->nframes == 0 && !left_out)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: no frames", name);
  }
  if (notes_stream && fclose(notes_stream) != 0 && status == LISI_OK)
    status = lisi_no_memory(err, notes_size);
  if (set)
    set->notes = notes;
  else
    free(notes);
  free(copy);
  if (status != LISI_OK) {
    xyz_free(set);
    return status;
  }
  *out = set;
  return LISI_OK;
}

lisi_status xyz_parse(const char *bytes, size_t size, const char *name, const xyz_keys *keys, xyz_set **set,
                      lisi_error *err) {
  return parse(bytes, size, name, keys, false, set, err);
}

static lisi_status load(const char *path, const xyz_keys *keys, bool skip, xyz_set **set, lisi_error *err) {
  char *bytes;
  size_t size;
  *set = NULL;
  lisi_status status = file_bytes_read(path, (size_t)1 << 32, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  status = parse(bytes, size, path, keys, skip, set, err);
  free(bytes);
  return status;
}

lisi_status xyz_load(const char *path, const xyz_keys *keys, xyz_set **set, lisi_error *err) {
  return load(path, keys, false, set, err);
}

lisi_status xyz_load_converged(const char *path, const xyz_keys *keys, xyz_set **set, lisi_error *err) {
  return load(path, keys, true, set, err);
}

void xyz_free(xyz_set *set) {
  if (!set)
    return;
  for (int k = 0; k < set->nframes; k++)
    frame_free(&set->frame[k]);
  free(set->frame);
  free(set->symbol);
  free(set->notes);
  free(set->name);
  free(set);
}
