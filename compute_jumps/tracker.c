/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tracker.h"

#include <string.h>

const char *track_mode_name(track_mode mode) {
  switch (mode) {
  case TRACK_NEAREST:
    return "nearest";
  case TRACK_CORE:
    return "core";
  case TRACK_SPHERE:
    return "sphere";
  }
  return "unknown";
}

lisi_status tracker_rule_check(const tracker_rule *rule, double closest, lisi_error *err) {
  if (rule->dwell < 1)
    return lisi_fail(err, LISI_ERR_INPUT, "dwell: expected a number of samples from 1, found %d", rule->dwell);
  if (rule->mode == TRACK_NEAREST)
    return LISI_OK;
  if (!(rule->radius > 0.0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a positive radius, found %g A", track_mode_name(rule->mode),
                     rule->radius);
  /* A tenth of strain is let pass, because a box under pressure control breathes. */
  if (rule->radius > 0.5 * closest * 1.1)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: a radius of %g A makes the two sites that are %g A apart overlap; expected at most %g A (a "
                     "tenth more passes, because a box may breathe)",
                     track_mode_name(rule->mode), rule->radius, closest, 0.5 * closest);
  return LISI_OK;
}

void atom_track_pack(const atom_track *t, double *b) {
  b[0] = t->site;
  b[1] = t->n[0];
  b[2] = t->n[1];
  b[3] = t->n[2];
  b[4] = t->known + 2 * t->started;
  b[5] = t->candidate;
  b[6] = t->candidate_n[0];
  b[7] = t->candidate_n[1];
  b[8] = t->candidate_n[2];
  b[9] = t->seen;
  b[10] = (double)t->since;
  b[11] = (double)t->entered;
  b[12] = (double)t->left;
  b[13] = 0.0; /* spare */
}

void atom_track_unpack(const double *b, atom_track *t) {
  memset(t, 0, sizeof *t);
  t->site = (int32_t)b[0];
  t->n[0] = (int32_t)b[1];
  t->n[1] = (int32_t)b[2];
  t->n[2] = (int32_t)b[3];
  t->known = (int32_t)b[4] & 1;
  t->started = (int32_t)b[4] >> 1;
  t->candidate = (int32_t)b[5];
  t->candidate_n[0] = (int32_t)b[6];
  t->candidate_n[1] = (int32_t)b[7];
  t->candidate_n[2] = (int32_t)b[8];
  t->seen = (int32_t)b[9];
  t->since = (int64_t)b[10];
  t->entered = (int64_t)b[11];
  t->left = (int64_t)b[12];
}

static bool same_place(int32_t site, const int32_t n[3], int32_t other, const int32_t m[3]) {
  return site == other && (site == 0 || (n[0] == m[0] && n[1] == m[1] && n[2] == m[2]));
}

bool tracker_advance(const tracker_rule *rule, int64_t step, const site_hit *hit, atom_track *t, jump_record *record) {
  /* Where this sample says the atom is: `place` (0: no site). Core sets know a third answer, "between cores": no news.
   */
  int32_t place = hit->site;
  if (rule->mode != TRACK_NEAREST && hit->distance > rule->radius)
    place = 0;
  const bool between = rule->mode == TRACK_CORE && place == 0;

  if (!t->started) {
    t->started = 1;
    t->since = step;
    t->left = -1;
    t->candidate = -1;
  }
  const bool here = !between && same_place(t->site, t->n, place, hit->n);
  if (here) {
    if (place != 0)
      t->left = step;
    t->candidate = -1;
    return false;
  }
  if (between) {
    t->candidate = -1; /* the samples in the new core have to follow each other */
    return false;
  }

  /* A new place. An atom that was in none so far is taken at its word; otherwise it has to dwell. */
  if (t->candidate < 0 || !same_place(t->candidate, t->candidate_n, place, hit->n)) {
    t->candidate = place;
    memcpy(t->candidate_n, hit->n, sizeof t->candidate_n);
    t->seen = 0;
    t->entered = step;
  }
  t->seen++;
  if (t->known && t->seen < rule->dwell)
    return false;

  memset(record, 0, sizeof *record);
  record->step = t->entered;
  record->from = t->site;
  record->to = place;
  record->left = t->site != 0 ? t->left : -1;
  if (place != 0)
    for (int k = 0; k < 3; k++)
      record->n[k] = t->known ? hit->n[k] - t->n[k] : hit->n[k];
  t->site = place;
  t->since = t->entered;
  if (place != 0) {
    memcpy(t->n, hit->n, sizeof t->n);
    t->known = 1;
    t->left = step;
  }
  t->candidate = -1;
  return true;
}

int64_t tracker_unknown_from(const atom_track *track, int64_t step) {
  return track->started && track->candidate >= 0 ? track->entered : step + 1;
}
