/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a CP2K trajectory, keyed by the step. Restarted runs append to them, and a run that was killed may leave
 * a frame that ends too early, at the end or before what a restart appended. */
#include "cp2k_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ATOMS = 10000000 };

/* "i = 3, time = 6.000, E = -11.1305018973", or the keys Step=3 Energy=... of the extended format. */
static bool read_title(const cp2k_lines *in, cp2k_step *s) {
  const char *i = strstr(in->text, "i ="), *e = strstr(in->text, "E =");
  int skip = 3;
  if (i != in->text) {
    i = strstr(in->text, "Step=");
    e = strstr(in->text, "Energy=");
    skip = 5;
  }
  *s = (cp2k_step){.line = s->line, .natoms = s->natoms};
  if (!i)
    return false;
  char *stop;
  s->step = strtol(i + skip, &stop, 10);
  if (stop == i + skip)
    return false;
  if (e) {
    const char *number = strchr(e, '=') + 1;
    s->energy = strtod(number, &stop);
    s->has_energy = stop != number && isfinite(s->energy);
  }
  return true;
}

static bool is_count(cp2k_lines *in, double *n) {
  cp2k_split(in);
  return in->nwords == 1 && cp2k_number(in->word[0], n) && *n >= 1 && *n <= MAX_ATOMS && *n == floor(*n);
}

static void step_free(cp2k_step *s) {
  free(s->symbol);
  free(s->value);
}

static int by_step(const void *a, const void *b) {
  const cp2k_step *x = a, *y = b;
  if (x->step != y->step)
    return x->step < y->step ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

/* In order of the step, of each the last one in the file. */
static void arrange(cp2k_steps *out) {
  int n = 0;
  if (out->nsteps == 0)
    return;
  qsort(out->step, (size_t)out->nsteps, sizeof *out->step, by_step);
  for (int k = 0; k < out->nsteps; k++) {
    if (k + 1 < out->nsteps && out->step[k + 1].step == out->step[k].step)
      step_free(&out->step[k]);
    else
      out->step[n++] = out->step[k];
  }
  out->nsteps = n;
}

static bool is_title(const cp2k_lines *in) {
  cp2k_step s = {0};
  return read_title(in, &s);
}

/* Whether the line after this one can begin a frame: a title where the count got stuck to a line cut short, or a count.
 */
static bool frame_follows(const cp2k_lines *in) {
  cp2k_lines ahead = *in;
  double n;
  return cp2k_next(&ahead) && (is_title(&ahead) || is_count(&ahead, &n));
}

/* The atoms of a frame whose title was read last. *whole is false where the frame ends too early; then the line read
 * last is the first one after it, or, where the frame broke off within a line, that line. */
static lisi_status read_atoms(cp2k_lines *in, cp2k_step *s, bool *whole, lisi_error *err) {
  *whole = false;
  if ((size_t)(in->end - in->at) / 8 < (size_t)s->natoms) { /* a line has four words */
    in->at = in->end;
    return LISI_OK;
  }
  s->symbol = malloc((size_t)s->natoms * sizeof *s->symbol);
  s->value = malloc((size_t)s->natoms * 3 * sizeof *s->value);
  if (!s->symbol || !s->value)
    return lisi_no_memory(err, (size_t)s->natoms * 3 * sizeof *s->value);
  for (int at = 0; at < s->natoms; at++) {
    double count;
    if (!cp2k_next(in) || is_count(in, &count) || is_title(in))
      return LISI_OK;
    bool good = in->nwords >= 4 && cp2k_element(in->word[0], s->symbol[at]);
    for (int k = 0; k < 3 && good; k++)
      good = cp2k_number(in->word[1 + k], &s->value[3 * (size_t)at + (size_t)k]);
    if (in->at >= in->end && in->end[-1] != '\n') /* the last number may lack digits */
      return LISI_OK;
    if (!good && (in->at >= in->end || frame_follows(in)))
      return LISI_OK;
    if (!good)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected an element and three finite numbers, found '%.80s'",
                       in->name, in->number, in->text);
  }
  *whole = true;
  return LISI_OK;
}

lisi_status cp2k_steps_xyz(const char *bytes, size_t size, const char *name, cp2k_steps *out, lisi_error *err) {
  cp2k_lines in = cp2k_lines_of(bytes, size, name);
  lisi_status status = LISI_OK;
  int natoms = 0;
  bool last_whole = false, have;
  memset(out, 0, sizeof *out);
  for (have = cp2k_next(&in); have && status == LISI_OK;) {
    double n;
    if (in.text[0] == '\0') {
      have = cp2k_next(&in);
      continue;
    }
    if (is_count(&in, &n)) {
      natoms = (int)n;
      last_whole = false;
      if (!(have = cp2k_next(&in))) {
        out->cut++;
        break;
      }
    } else if (natoms && is_title(&in)) { /* the line before holds the count, and what is left of a number */
      if (last_whole) {
        step_free(&out->step[--out->nsteps]);
        out->cut++;
      }
    } else {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected the number of atoms of a frame, found '%.40s'", name,
                         in.number, in.text);
      break;
    }
    cp2k_step s = {.line = in.number, .natoms = natoms};
    if (!read_title(&in, &s)) {
      if (in.at >= in.end)
        out->cut++;
      else
        status = lisi_fail(err, LISI_ERR_INPUT,
                           "%s:%d: expected the title of a CP2K trajectory (i = ..., E = ...), found '%.60s'", name,
                           in.number, in.text);
      break;
    }
    bool whole;
    status = read_atoms(&in, &s, &whole, err);
    if (status == LISI_OK && whole)
      status = cp2k_grow(&out->step, out->nsteps, &out->room, sizeof *out->step, err);
    last_whole = status == LISI_OK && whole;
    if (last_whole)
      out->step[out->nsteps++] = s;
    else
      step_free(&s);
    out->cut += status == LISI_OK && !whole;
    double count;
    if (whole || !(is_count(&in, &count) || is_title(&in)))
      have = cp2k_next(&in);
    else
      have = in.at < in.end;
  }
  if (status == LISI_OK)
    arrange(out);
  else
    cp2k_steps_free(out);
  return status;
}

lisi_status cp2k_steps_cell(const char *bytes, size_t size, const char *name, cp2k_steps *out, lisi_error *err) {
  cp2k_lines in = cp2k_lines_of(bytes, size, name);
  lisi_status status = LISI_OK;
  bool header = false;
  memset(out, 0, sizeof *out);
  while (status == LISI_OK && cp2k_next(&in)) {
    if (in.text[0] == '#') {
      header = true;
      if (!strstr(in.text, "[Angstrom]"))
        status = lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: expected columns in [Angstrom], found '%.80s'", name,
                           in.number, in.text);
      continue;
    }
    if (in.text[0] == '\0')
      continue;
    cp2k_split(&in);
    double value[11];
    bool good = header && in.nwords >= 11;
    for (int k = 0; k < 11 && good; k++)
      good = cp2k_number(in.word[k], &value[k]);
    good = good && value[0] == floor(value[0]) && fabs(value[0]) < 1e15;
    if (!good && in.at >= in.end) { /* the last line of a run that was killed */
      out->cut++;
      break;
    }
    if (!good) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected step, time and nine numbers%s, found '%.80s'", name,
                         in.number, header ? "" : " below a line of headings", in.text);
      break;
    }
    cp2k_step s = {.step = (long)value[0], .line = in.number, .value = malloc(9 * sizeof *s.value)};
    status = s.value ? cp2k_grow(&out->step, out->nsteps, &out->room, sizeof *out->step, err)
                     : lisi_no_memory(err, 9 * sizeof *s.value);
    if (status == LISI_OK) {
      memcpy(s.value, value + 2, 9 * sizeof *value);
      out->step[out->nsteps++] = s;
    } else
      step_free(&s);
  }
  if (status == LISI_OK)
    arrange(out);
  else
    cp2k_steps_free(out);
  return status;
}

const cp2k_step *cp2k_steps_find(const cp2k_steps *in, long step) {
  int lo = 0, hi = in->nsteps;
  while (lo < hi) {
    const int mid = lo + (hi - lo) / 2;
    if (in->step[mid].step < step)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo < in->nsteps && in->step[lo].step == step ? &in->step[lo] : NULL;
}

void cp2k_steps_free(cp2k_steps *in) {
  for (int k = 0; k < in->nsteps; k++)
    step_free(&in->step[k]);
  free(in->step);
  memset(in, 0, sizeof *in);
}
