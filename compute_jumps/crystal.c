/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crystal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ATOMS = 10000000 };

void crystal_free(crystal *c) {
  free(c->atom);
  memset(c, 0, sizeof *c);
}

lisi_status crystal_add(crystal *c, const char *species, const char *label, const double frac[3], lisi_error *err) {
  if (c->natoms == c->capacity) {
    if (c->natoms >= MAX_ATOMS)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED, "more than %d atoms", MAX_ATOMS);
    const int capacity = c->capacity < 64 ? 64 : 2 * c->capacity;
    crystal_atom *larger = realloc(c->atom, (size_t)capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (size_t)capacity * sizeof *larger);
    c->atom = larger;
    c->capacity = capacity;
  }
  crystal_atom *a = &c->atom[c->natoms];
  memset(a, 0, sizeof *a);
  const size_t n = strlen(species), m = label != NULL ? strlen(label) : 0;
  if (n == 0 || n >= sizeof a->species)
    return lisi_fail(err, LISI_ERR_INPUT, "expected an element symbol of less than %zu letters, found '%.40s'",
                     sizeof a->species, species);
  memcpy(a->species, species, n + 1);
  if (m > 0 && m < sizeof a->label)
    memcpy(a->label, label, m + 1);
  int whole[3];
  memcpy(a->frac, frac, sizeof a->frac);
  lattice_wrap(a->frac, whole);
  c->natoms++;
  return LISI_OK;
}

int crystal_in_list(const char *list, const char *word) {
  const size_t n = strlen(word);
  for (const char *p = list; *p != '\0';) {
    const size_t m = strcspn(p, ",");
    if (m == n && memcmp(p, word, n) == 0)
      return 1;
    p += m;
    if (*p == ',')
      p++;
  }
  return 0;
}
