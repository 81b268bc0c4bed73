/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines, numbers, names of elements and units, as CP2K writes them. */
#include "cp2k_parts.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

cp2k_lines cp2k_lines_of(const char *bytes, size_t size, const char *name) {
  return (cp2k_lines){.at = bytes, .end = bytes + size, .name = name};
}

bool cp2k_next(cp2k_lines *in) {
  if (in->at >= in->end || in->number == INT_MAX)
    return false;
  const char *stop = memchr(in->at, '\n', (size_t)(in->end - in->at)), *next = stop ? stop + 1 : in->end;
  if (!stop)
    stop = in->end;
  while (in->at < stop && isspace((unsigned char)*in->at))
    in->at++;
  while (stop > in->at && isspace((unsigned char)stop[-1]))
    stop--;
  size_t n = (size_t)(stop - in->at);
  if (n >= sizeof in->text)
    n = sizeof in->text - 1;
  memcpy(in->text, in->at, n);
  in->text[n] = '\0';
  in->at = next;
  in->number++;
  in->nwords = 0;
  return true;
}

void cp2k_split(cp2k_lines *in) {
  memcpy(in->copy, in->text, sizeof in->copy);
  in->nwords = 0;
  char *state = NULL;
  for (char *w = strtok_r(in->copy, " \t", &state); w && in->nwords < CP2K_WORDS; w = strtok_r(NULL, " \t", &state))
    in->word[in->nwords++] = w;
}

bool cp2k_begins(const cp2k_lines *in, const char *text) {
  return !strncmp(in->text, text, strlen(text));
}

bool cp2k_number(const char *text, double *value) {
  char copy[64], *stop;
  size_t n = strlen(text);
  if (n == 0 || n >= sizeof copy || strpbrk(text, "xXnN")) /* hexadecimal numbers, inf and nan are no data */
    return false;
  for (size_t k = 0; k <= n; k++)
    copy[k] = (char)(text[k] == 'd' || text[k] == 'D' ? 'e' : text[k]);
  *value = strtod(copy, &stop);
  return *stop == '\0' && isfinite(*value);
}

bool cp2k_element(const char *label, char symbol[4]) {
  if (!isalpha((unsigned char)label[0]))
    return false;
  memset(symbol, 0, 4);
  symbol[0] = (char)toupper((unsigned char)label[0]);
  if (isalpha((unsigned char)label[1]))
    symbol[1] = (char)tolower((unsigned char)label[1]);
  return symbol[1] == '\0' || !isalpha((unsigned char)label[2]);
}

lisi_status cp2k_grow(void *list, int n, int *room, size_t size, lisi_error *err) {
  void **p = list;
  if (n < *room)
    return LISI_OK;
  const int more = *room ? 2 * *room : 16;
  void *grown = *room > INT_MAX / 2 ? NULL : realloc(*p, (size_t)more * size);
  if (!grown)
    return lisi_no_memory(err, 2 * (size_t)*room * size);
  *p = grown;
  *room = more;
  return LISI_OK;
}

typedef struct {
  const char *name;
  double factor;
} unit;

static bool find(const unit *table, const char *name, double *factor) {
  for (; table->name; table++)
    if (!strcasecmp(table->name, name)) {
      *factor = table->factor;
      return true;
    }
  return false;
}

bool cp2k_unit_energy(const char *name, double *factor) {
  static const unit table[] = {
      {"a.u.", CP2K_HARTREE}, {"hartree", CP2K_HARTREE}, {"Ry", CP2K_HARTREE / 2}, {"eV", 1}, {NULL, 0}};
  return find(table, name, factor);
}

bool cp2k_unit_force(const char *name, double *factor) {
  static const unit table[] = {{"a.u.", CP2K_HARTREE / CP2K_BOHR},
                               {"hartree/bohr", CP2K_HARTREE / CP2K_BOHR},
                               {"hartree*bohr^-1", CP2K_HARTREE / CP2K_BOHR},
                               {"bohr^-1*hartree", CP2K_HARTREE / CP2K_BOHR},
                               {"hartree/angstrom", CP2K_HARTREE},
                               {"hartree*angstrom^-1", CP2K_HARTREE},
                               {"angstrom^-1*hartree", CP2K_HARTREE},
                               {"eV/angstrom", 1},
                               {"eV*angstrom^-1", 1},
                               {"angstrom^-1*eV", 1},
                               {NULL, 0}};
  return find(table, name, factor);
}

bool cp2k_unit_pressure(const char *name, double *factor) {
  static const unit table[] = {{"GPa", 1 / CP2K_GPA},
                               {"bar", 1e-4 / CP2K_GPA},
                               {"kbar", 0.1 / CP2K_GPA},
                               {"MPa", 1e-3 / CP2K_GPA},
                               {"Pa", 1e-9 / CP2K_GPA},
                               {"atm", 1.01325e-4 / CP2K_GPA},
                               {NULL, 0}};
  return find(table, name, factor);
}

bool cp2k_unit_length(const char *name, double *factor) {
  static const unit table[] = {{"angstrom", 1}, {"bohr", CP2K_BOHR}, {"a.u.", CP2K_BOHR},
                               {"nm", 10},      {"pm", 0.01},        {NULL, 0}};
  return find(table, name, factor);
}
