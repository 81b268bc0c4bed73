/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign_atoms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool name_in_list(const char *list, const char *name) {
  const size_t length = strlen(name);
  for (;;) {
    const size_t n = strcspn(list, ",");
    if (n == length && memcmp(list, name, n) == 0)
      return true;
    if (list[n] == '\0')
      return false;
    list += n + 1;
  }
}

static bool belongs(const atom_set *set, const dump_reader *reader, const dump_frame *frame, int row) {
  return name_in_list(set->names, dump_reader_species(reader, frame->species[row]));
}

static lisi_status none_found(const dump_reader *reader, const dump_frame *frame, const char *names, lisi_error *err) {
  char found[300] = "";
  size_t used = 0;
  bool numbers = true;
  for (int k = 0; k < dump_reader_nspecies(reader) && used < sizeof found - 20; k++) {
    const char *name = dump_reader_species(reader, k);
    numbers = numbers && strspn(name, "0123456789") == strlen(name);
    used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", k > 0 ? ", " : "", name);
  }
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: expected atoms of species %s, found only %s%s", frame->file,
                   frame->line, names, used > 0 ? found : "an empty frame",
                   used > 0 && numbers ? ": give the elements of the numeric types, for example --map 1=Li,2=Si" : "");
}

lisi_status atom_set_pick(const dump_reader *reader, const dump_frame *frame, const char *names, atom_set *set,
                          lisi_error *err) {
  *set = (atom_set){.names = names};
  for (int k = 0; k < frame->natoms; k++)
    set->n += belongs(set, reader, frame, k);
  if (set->n == 0)
    return none_found(reader, frame, names, err);
  set->id = malloc((size_t)set->n * sizeof *set->id);
  set->row = malloc((size_t)set->n * sizeof *set->row);
  if (set->id == NULL || set->row == NULL) {
    atom_set_free(set);
    return lisi_no_memory(err, (size_t)set->n * sizeof *set->id);
  }
  for (int k = 0, m = 0; k < frame->natoms; k++)
    if (belongs(set, reader, frame, k)) {
      set->id[m] = frame->id[k];
      set->row[m++] = k;
    }
  return LISI_OK;
}

void atom_set_free(atom_set *set) {
  free(set->id);
  free(set->row);
  *set = (atom_set){0};
}

/* Ids rise in both lists, so one walk finds all. */
lisi_status atom_set_find(atom_set *set, const dump_reader *reader, const dump_frame *frame, lisi_error *err) {
  int k = 0;
  for (int row = 0; row < frame->natoms; row++) {
    const bool expected = k < set->n && frame->id[row] == set->id[k], member = belongs(set, reader, frame, row);
    if (k < set->n && frame->id[row] > set->id[k])
      break;
    if (!expected && !member)
      continue;
    if (expected != member)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: step %lld: atom %lld is %s, %s (%s)", frame->file, frame->line,
                       (long long)frame->step, (long long)frame->id[row],
                       dump_reader_species(reader, frame->species[row]),
                       expected ? "but was another species before" : "but was not there before", set->names);
    set->row[k++] = row;
  }
  if (k < set->n)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: step %lld: atom %lld (%s) has vanished from the dump", frame->file,
                     frame->line, (long long)frame->step, (long long)set->id[k], set->names);
  return LISI_OK;
}
