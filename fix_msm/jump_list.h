/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths as a list of jumps between sites and of the stays between them: what residence times, rates and strings are
 * counted from. Samples in no site belong to no stay; a stay goes on behind them when the atom is found in the same
 * site and image again, and a jump that crosses them takes that long. */
#ifndef LISI_JUMP_LIST_H
#define LISI_JUMP_LIST_H

#include "paths.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int walker, run;
  int from, to;   /* states; equal for a jump to another image of the same site */
  int r[3];       /* image shift */
  long long left; /* first sample out of the old site */
  long long t;    /* first sample in the new one */
  long long end;  /* one past the last sample of the path: what comes later was not seen */
  bool goes_on;   /* the next jump of the list is the same walker's, in the same path */
} site_jump;

typedef struct {
  int walker, run, state;
  long long begin, end; /* samples begin..end-1 */
  bool arrived;         /* its first sample was seen: it does not begin with the path */
  bool left;            /* the atom was seen in another site afterwards; else it is censored */
} site_stay;

typedef struct {
  size_t njumps, nstays;
  site_jump *jump; /* [njumps] by path, then by time */
  site_stay *stay; /* [nstays] likewise */
} jump_list;

LISI_MUST_CHECK lisi_status jump_list_make(const path_set *paths, jump_list *list, lisi_error *err);
void jump_list_free(jump_list *list);

/* Whether jump k is undone: the same walker's next jump goes back to the very site (and image) it came from, at most
 * `window` samples later. *known (may be NULL): false where the path ends before that could be seen. */
bool jump_is_undone(const jump_list *list, size_t k, long long window, bool *known);

#ifdef __cplusplus
}
#endif
#endif
