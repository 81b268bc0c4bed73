/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in the output of CP2K. The output is a sequence of lines from many places of the program; the energy line
 * opens an evaluation, and the tables that follow belong to it. */
#include "cp2k_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static cp2k_eval *last_eval(cp2k_run *run) {
  return run && run->neval ? &run->eval[run->neval - 1] : NULL;
}

static lisi_status new_run(cp2k_output *out, int line, cp2k_run **run, lisi_error *err) {
  lisi_status status = cp2k_grow(&out->run, out->nruns, &out->room, sizeof *out->run, err);
  if (status != LISI_OK)
    return status;
  *run = &out->run[out->nruns++];
  **run = (cp2k_run){.line = line, .pbc = {true, true, true}, .environments = 1};
  return LISI_OK;
}

/* The text after `key`, where the line begins with it. */
static bool value_of(const cp2k_lines *in, const char *key, char *value, size_t room) {
  if (!cp2k_begins(in, key))
    return false;
  const char *s = in->text + strlen(key);
  while (*s == ' ')
    s++;
  size_t n = strlen(s);
  if (n >= room)
    n = room - 1;
  memcpy(value, s, n);
  value[n] = '\0';
  return true;
}

/* The text between the first brackets that follow `after`. */
static bool unit_of(const char *text, const char *after, char unit[32]) {
  const char *s = strstr(text, after), *open = s ? strchr(s + strlen(after), '[') : NULL;
  const char *close = open ? strchr(open, ']') : NULL;
  if (!close || close - open > 31)
    return false;
  memcpy(unit, open + 1, (size_t)(close - open - 1));
  unit[close - open - 1] = '\0';
  return true;
}

static lisi_status read_energy(cp2k_lines *in, cp2k_run *run, lisi_error *err) {
  char unit[32];
  double factor, value;
  cp2k_split(in);
  if (!unit_of(in->text, ") energy", unit) || !cp2k_unit_energy(unit, &factor))
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "%s:%d: expected the energy in [hartree], [a.u.], [eV] or [Ry], found '%.100s'", in->name,
                     in->number, in->text);
  if (!cp2k_number(in->word[in->nwords - 1], &value))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the energy '%.40s' is no finite number", in->name, in->number,
                     in->word[in->nwords - 1]);
  lisi_status status = cp2k_grow(&run->eval, run->neval, &run->room, sizeof *run->eval, err);
  if (status != LISI_OK)
    return status;
  run->eval[run->neval] = (cp2k_eval){
      .line = in->number, .energy = value * factor, .unconverged = run->unconverged, .initial = run->neval == 0};
  run->neval++;
  run->unconverged = false;
  return LISI_OK;
}

static lisi_status add_vector(cp2k_lines *in, char *const *word, double factor, double **list, int n, int *room,
                              lisi_error *err) {
  lisi_status status = cp2k_grow(list, n, room, 3 * sizeof **list, err);
  for (int k = 0; k < 3 && status == LISI_OK; k++) {
    double *x = &(*list)[3 * (size_t)n + (size_t)k];
    if (!cp2k_number(word[k], x))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: '%.40s' is no finite number (too wide for its column?)", in->name,
                         in->number, word[k]);
    else
      *x *= factor;
  }
  return status;
}

/* "ATOMIC FORCES in [a.u.]" (number, kind, element, x, y, z a line, until "SUM OF ATOMIC FORCES"), or, from 2025.1 on,
 * "FORCES| Atomic forces [unit]" (number, x, y, z, norm a line, until "FORCES| Sum"). A table that breaks off is none.
 */
static lisi_status read_forces(cp2k_lines *in, cp2k_eval *eval, lisi_error *err) {
  const bool bar = cp2k_begins(in, "FORCES|");
  const int first = bar ? 2 : 3, wide = bar ? 6 : 6;
  char unit[32];
  double factor, *force = NULL;
  char(*symbol)[4] = NULL;
  int n = 0, room = 0, symbol_room = 0;
  bool whole = false;
  if (!unit_of(in->text, "orces", unit) && !unit_of(in->text, "ORCES", unit))
    unit[0] = '\0';
  if (!cp2k_unit_force(unit, &factor))
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: forces in a unit that is not known: '%.100s'", in->name,
                     in->number, in->text);
  lisi_status status = LISI_OK;
  while (status == LISI_OK && !whole) {
    const cp2k_lines before = *in;
    if (!cp2k_next(in))
      break;
    cp2k_split(in);
    double index;
    if (in->nwords == 0 || !strcmp(in->word[0], "#") || (bar && in->nwords > 1 && !strcmp(in->word[1], "Atom")))
      continue;
    if (cp2k_begins(in, bar ? "FORCES| Sum" : "SUM OF ATOMIC FORCES")) {
      whole = true;
      continue;
    }
    if ((bar && strcmp(in->word[0], "FORCES|")) || in->nwords != wide || !cp2k_number(in->word[bar ? 1 : 0], &index) ||
        index != n + 1) {
      *in = before; /* the table breaks off here */
      break;
    }
    if (!bar) {
      status = cp2k_grow(&symbol, n, &symbol_room, sizeof *symbol, err);
      if (status == LISI_OK && !cp2k_element(in->word[2], symbol[n]))
        status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected an element, found '%.20s'", in->name, in->number,
                           in->word[2]);
    }
    if (status == LISI_OK)
      status = add_vector(in, in->word + first, factor, &force, n, &room, err);
    if (status == LISI_OK)
      n++;
  }
  if (status == LISI_OK && whole && n && eval && !eval->force) {
    eval->force = force;
    eval->symbol = symbol;
    eval->nforces = n;
    return LISI_OK;
  }
  free(force);
  free(symbol);
  return status;
}

/* "STRESS| Analytical stress tensor [GPa]", a line of x y z, and three lines of numbers. */
static lisi_status read_stress(cp2k_lines *in, cp2k_eval *eval, lisi_error *err) {
  char unit[32];
  double factor, value[9];
  if (!unit_of(in->text, "tensor", unit) || !cp2k_unit_pressure(unit, &factor))
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: stress in a unit that is not known: '%.100s'", in->name,
                     in->number, in->text);
  if (!cp2k_next(in))
    return LISI_OK;
  for (int row = 0; row < 3; row++) {
    if (!cp2k_next(in))
      return LISI_OK;
    cp2k_split(in);
    if (in->nwords != 5 || strcmp(in->word[0], "STRESS|"))
      return in->at >= in->end ? LISI_OK
                               : lisi_fail(err, LISI_ERR_INPUT,
                                           "%s:%d: expected a line 'STRESS| %c' with three numbers, found '%.100s'",
                                           in->name, in->number, "xyz"[row], in -> text);
    for (int k = 0; k < 3; k++) {
      if (!cp2k_number(in->word[2 + k], &value[3 * row + k]))
        return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: stress '%.40s' is no finite number", in->name, in->number,
                         in->word[2 + k]);
      value[3 * row + k] *= factor;
    }
  }
  if (eval && !eval->has_stress) {
    memcpy(eval->stress, value, sizeof value);
    eval->has_stress = true;
  }
  return LISI_OK;
}

/* "MODULE QUICKSTEP: ATOMIC COORDINATES IN ANGSTROM": number, kind, element, Z, x, y, z, Z(eff), mass a line. */
static lisi_status read_coordinates(cp2k_lines *in, cp2k_run *run, lisi_error *err) {
  const char *unit = strstr(in->text, " IN ");
  double factor;
  int room = 0, symbol_room = 0, n = 0;
  double *pos = NULL;
  char(*symbol)[4] = NULL;
  lisi_status status = LISI_OK;
  if (!unit || !cp2k_unit_length(unit + 4, &factor))
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: positions in a unit that is not known: '%.100s'", in->name,
                     in->number, in->text);
  while (status == LISI_OK) {
    const cp2k_lines before = *in;
    double index;
    if (!cp2k_next(in))
      break;
    cp2k_split(in);
    if (in->nwords == 0 && n == 0)
      continue;
    if (n == 0 && in->nwords && !strcmp(in->word[0], "Atom"))
      continue;
    if (in->nwords != 9 || !cp2k_number(in->word[0], &index) || index != n + 1) {
      *in = before;
      break;
    }
    status = cp2k_grow(&symbol, n, &symbol_room, sizeof *symbol, err);
    if (status == LISI_OK && !cp2k_element(in->word[2], symbol[n]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected an element, found '%.20s'", in->name, in->number,
                         in->word[2]);
    if (status == LISI_OK)
      status = add_vector(in, in->word + 4, factor, &pos, n, &room, err);
    n++;
  }
  if (status != LISI_OK || run->natoms || n == 0) { /* the first table is that of the input */
    free(pos);
    free(symbol);
    return status;
  }
  run->natoms = n;
  run->pos = pos;
  run->symbol = symbol;
  return LISI_OK;
}

/* "CELL| Vector a [angstrom]:  3.400  0.000  0.000  |a| =  3.400000". The components have three decimals only, the
 * length six; so what is exact enough to be used are vectors along x, y and z. */
static void read_cell(cp2k_lines *in, cp2k_run *run, int *seen) {
  static const char axis[] = "abc";
  char unit[32], *colon;
  double factor, value[3], length;
  const char *a = strstr(in->text, "Vector ");
  const int row = a ? (int)(strchr(axis, a[7]) ? strchr(axis, a[7]) - axis : 3) : 3;
  if (row > 2 || *seen != row || !unit_of(in->text, "Vector", unit) || !cp2k_unit_length(unit, &factor))
    return;
  if ((colon = strchr(in->text, ':')) != NULL)
    memset(in->text, ' ', (size_t)(colon + 1 - in->text));
  cp2k_split(in);
  if (in->nwords < 6 || !cp2k_number(in->word[5], &length))
    return;
  for (int k = 0; k < 3; k++)
    if (!cp2k_number(in->word[k], &value[k]))
      return;
  bool along = *seen == 0 || run->along_axes;
  for (int k = 0; k < 3; k++) {
    run->printed[3 * row + k] = value[k] * factor;
    run->cell[3 * row + k] = k != row ? 0 : value[k] < 0 ? -length * factor : length * factor;
    along = along && (k == row || value[k] == 0);
  }
  run->along_axes = along;
  run->length[row] = length * factor;
  if (++*seen == 3) {
    run->has_printed = true;
    run->has_cell = along;
  }
}

static void read_periodicity(const cp2k_lines *in, cp2k_run *run) {
  char value[32];
  if (!value_of(in, "CELL| Periodicity", value, sizeof value) || run->has_pbc)
    return;
  for (int k = 0; k < 3; k++)
    run->pbc[k] = strchr(value, "XYZ"[k]) != NULL;
  run->has_pbc = true;
}

lisi_status cp2k_output_parse(const char *bytes, size_t size, const char *name, cp2k_output *out, lisi_error *err) {
  cp2k_lines in = cp2k_lines_of(bytes, size, name);
  cp2k_run *run = NULL;
  lisi_status status = LISI_OK;
  int cell_rows = 0;
  memset(out, 0, sizeof *out);
  while (status == LISI_OK && cp2k_next(&in)) {
    char text[32];
    if (in.text[0] == '\0')
      continue;
    if (strstr(in.text, "PROGRAM STARTED AT")) {
      status = new_run(out, in.number, &run, err);
      cell_rows = 0;
      continue;
    }
    if (!run && (cp2k_begins(&in, "CP2K|") || cp2k_begins(&in, "GLOBAL|") || cp2k_begins(&in, "ENERGY|")))
      status = new_run(out, in.number, &run, err); /* an output without its head */
    if (!run || status != LISI_OK)
      continue;
    if (cp2k_begins(&in, "ENERGY| Total FORCE_EVAL")) {
      if (strstr(in.text, ") energy"))
        status = read_energy(&in, run, err);
    } else if (cp2k_begins(&in, "ATOMIC FORCES in") || cp2k_begins(&in, "FORCES| Atomic forces"))
      status = read_forces(&in, last_eval(run), err);
    else if (cp2k_begins(&in, "STRESS| Analytical stress tensor") ||
             cp2k_begins(&in, "STRESS| Numerical stress tensor"))
      status = read_stress(&in, last_eval(run), err);
    else if (cp2k_begins(&in, "MODULE QUICKSTEP") && strstr(in.text, "ATOMIC COORDINATES IN"))
      status = read_coordinates(&in, run, err);
    else if (strstr(in.text, "SCF run NOT converged")) {
      run->unconverged = true;
      run->unconverged_line = in.number;
    } else if (cp2k_begins(&in, "CELL| Vector"))
      read_cell(&in, run, &cell_rows);
    else if (cp2k_begins(&in, "CELL| Periodicity"))
      read_periodicity(&in, run);
    else if (strstr(in.text, "PROGRAM ENDED AT"))
      run->ended = true;
    else if (value_of(&in, "GLOBAL| Force Environment number", text, sizeof text))
      run->environments = atoi(text);
    else if (!value_of(&in, "GLOBAL| Run type", run->type, sizeof run->type) &&
             !value_of(&in, "GLOBAL| Project name", run->project, sizeof run->project) &&
             !value_of(&in, "CP2K| Input file name", run->input, sizeof run->input))
      (void)value_of(&in, "MD_PAR| Ensemble type", run->ensemble, sizeof run->ensemble);
  }
  if (status != LISI_OK)
    cp2k_output_free(out);
  return status;
}

void cp2k_output_free(cp2k_output *out) {
  for (int r = 0; r < out->nruns; r++) {
    cp2k_run *run = &out->run[r];
    for (int k = 0; k < run->neval; k++) {
      free(run->eval[k].force);
      free(run->eval[k].symbol);
    }
    free(run->eval);
    free(run->symbol);
    free(run->pos);
  }
  free(out->run);
  memset(out, 0, sizeof *out);
}
