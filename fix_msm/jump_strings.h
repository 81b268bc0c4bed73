/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collective jumps: strings of lithium in which one atom enters the site that another one leaves, both within a time
 * window (the interstitialcy mechanism moves two or three at once). A jump has at most one follower, the jump of
 * another atom into the site it left, and at most one leader; where several fit, the closest in time are taken first.
 * What hangs together is one string; its length is the number of different atoms in it.
 *
 * By chance independent jumps make strings, too. How many is found by moving the jumps of each atom by a time of its
 * own, round the ends of the run: every atom keeps its own jumps and waiting times, and what they have to do with each
 * other is gone. */
#ifndef LISI_JUMP_STRINGS_H
#define LISI_JUMP_STRINGS_H

#include "jump_list.h"
#include "progress.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { STRING_LENGTHS = 8 }; /* counted apart; longer ones go with the last */

typedef struct {
  double strings[STRING_LENGTHS]; /* [k] number of strings of k + 1 atoms; the last: of that many and more */
  double jumps[STRING_LENGTHS];   /* jumps in them */
  double links;                   /* pairs of leader and follower */
  double rings;                   /* strings that bite their tail: every atom takes the place of another */
} string_counts;

typedef struct {
  string_counts found;
  int ntrials;
  string_counts expected, spread; /* mean over the trials, and standard deviation from one to the next */
} string_result;

/* window in samples (0: in the same sample). use[njumps] (may be NULL): false leaves a jump out. ntrials >= 0 shifted
 * copies (none: expected and spread are zero); `bar` (may be NULL) shows how many are done, and an interrupt ends the
 * work with LISI_ERR_CANCELLED. */
LISI_MUST_CHECK lisi_status jump_strings_find(const path_set *paths, const jump_list *list, const bool *use,
                                              long long window, int ntrials, uint64_t seed, progress *bar,
                                              string_result *result, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
