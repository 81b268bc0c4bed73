/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of one tracked atom, and how a sample changes it. What is a jump depends on the rule:
 *   nearest   the atom is always in the site nearest to it (Voronoi)
 *   core      it changes site only when it enters the core (a sphere of the given radius) of another one, so that
 * recrossings of a boundary do not count (milestoning: Schuette, Noe, Lu, Sarich, Vanden-Eijnden, J. Chem. Phys. 134,
 * 204105 (2011)); before its first core it is in no site sphere    it is in a site only within its radius, else in none
 * and on dwell: a change counts once the atom has been found in the new place in that many samples one after the other.
 */
#ifndef LISI_TRACKER_H
#define LISI_TRACKER_H

#include "site_index.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { TRACK_NEAREST = 0, TRACK_CORE = 1, TRACK_SPHERE = 2 } track_mode;

typedef struct {
  track_mode mode;
  double radius; /* Angstrom; core and sphere */
  int dwell;     /* >= 1; 1: at once */
} tracker_rule;

const char *track_mode_name(track_mode mode); /* "nearest", "core", "sphere" */
/* Refuses a radius that is not positive, or (core, sphere) larger than half the smallest distance between sites, so
 * that a point is in one core at most (with a tenth to spare, because a box under pressure control breathes); a dwell
 * below 1. `closest` from site_index_closest. */
LISI_MUST_CHECK lisi_status tracker_rule_check(const tracker_rule *rule, double closest, lisi_error *err);

/* Zero-initialise for an atom that was never seen. All fields are integers below 2^53 and travel as doubles. */
typedef struct {
  int32_t site;           /* supercell number of its state, 0 = in none */
  int32_t n[3];           /* image of the last site it was in (absolute) */
  int32_t known;          /* 1 once it has been in any site */
  int32_t candidate;      /* dwell: the place it may be changing to (-1: none, 0: no site) */
  int32_t candidate_n[3]; /* its image */
  int32_t seen;           /* dwell: samples in the candidate one after the other */
  int64_t since;          /* step of arrival in the present state */
  int64_t entered;        /* dwell: step of the candidate's first sample */
  int64_t left;           /* last step at which it was inside the core (sphere, cell) of its state */
  int32_t started;        /* 1 once it has been sampled */
} atom_track;

enum { ATOM_TRACK_DOUBLES = 14 };
void atom_track_pack(const atom_track *track, double *buffer); /* [ATOM_TRACK_DOUBLES] */
void atom_track_unpack(const double *buffer, atom_track *track);

/* One line of the jump log (jump_log.h tells how to read it). */
typedef struct {
  int64_t step;
  int64_t id;
  int32_t from, to; /* supercell numbers, 0 = none */
  int32_t n[3];     /* image shift; absolute image for an atom's first site */
  int64_t left;     /* last step in the old core; -1 where there is no old one */
} jump_record;

/* One sample at `step` of the atom whose nearest site is `hit` (position corrected for drift). Changes the track;
 * returns true and fills *record (all but id) when a change is established now (record->step is the step of entry,
 * earlier than `step` under a dwell of more than 1). */
bool tracker_advance(const tracker_rule *rule, int64_t step, const site_hit *hit, atom_track *track,
                     jump_record *record);

/* The first step that this atom's coming records can bear: everything before it is known. `step` + 1 unless a candidate
 * waits. */
int64_t tracker_unknown_from(const atom_track *track, int64_t step);

#ifdef __cplusplus
}
#endif
#endif
