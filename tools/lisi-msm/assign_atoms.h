/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of atoms picked by species from the first sample of a dump, and found again in every later one: atoms do not
 * come or go. */
#ifndef LISI_MSM_ASSIGN_ATOMS_H
#define LISI_MSM_ASSIGN_ATOMS_H

#include "dump_reader.h"

typedef struct {
  const char *names; /* species, separated by commas */
  int n;
  int64_t *id; /* [n] rising */
  int *row;    /* [n] where they stand in the frame last looked at */
} atom_set;

/* The atoms of `names` (which must outlive the set). None at all is an error that tells which species there are. */
LISI_MUST_CHECK lisi_status atom_set_pick(const dump_reader *reader, const dump_frame *frame, const char *names,
                                          atom_set *set, lisi_error *err);
/* Finds them in another frame: sets row. Errors name the atom and the step: it has vanished, is of another species, or
 * there are more atoms of the species than before. */
LISI_MUST_CHECK lisi_status atom_set_find(atom_set *set, const dump_reader *reader, const dump_frame *frame,
                                          lisi_error *err);
void atom_set_free(atom_set *set);

/* Whether `name` is one of a list of words separated by commas. */
bool name_in_list(const char *list, const char *name);

#endif
