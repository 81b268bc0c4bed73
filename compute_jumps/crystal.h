/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A crystal: a cell with atoms in it, as a structure file gives it and as the search for sites makes it. */
#ifndef LISI_CRYSTAL_H
#define LISI_CRYSTAL_H

#include "lattice.h"
#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  char species[16];
  char label[32]; /* "Li1"; empty: none was given */
  double frac[3]; /* in [0, 1) */
} crystal_atom;

typedef struct {
  lattice cell;
  int natoms, capacity;
  crystal_atom *atom; /* [natoms] */
} crystal;

void crystal_free(crystal *c); /* the atoms; *c may be used again */
/* Adds an atom; the position is wrapped. label may be NULL. */
LISI_MUST_CHECK lisi_status crystal_add(crystal *c, const char *species, const char *label, const double frac[3],
                                        lisi_error *err);
/* Is `word` one of the words of `list`, which are separated by commas? */
int crystal_in_list(const char *list, const char *word);

#ifdef __cplusplus
}
#endif
#endif
