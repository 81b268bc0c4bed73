/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tracker: hand-written trajectories and the records that each rule has to make of them. */
#include "tracker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVERY = 10, MOST = 64 };

/* A sample: nearest site, its image along x, distance to it. */
typedef struct {
  int site, nx;
  double distance;
} place;

typedef struct {
  int64_t step;
  int from, to, nx;
  int64_t left;
} expected_record;

static site_hit hit_of(place p) {
  site_hit hit = {.site = p.site, .s = p.site - 1, .n = {p.nx, 5, -7}, .distance = p.distance};
  return hit;
}

static int run(const tracker_rule *rule, const place *path, int n, atom_track *track, jump_record *records) {
  int made = 0;
  for (int k = 0; k < n; k++) {
    const site_hit hit = hit_of(path[k]);
    if (tracker_advance(rule, (int64_t)k * EVERY, &hit, track, &records[made]))
      made++;
  }
  return made;
}

static void expect(const tracker_rule *rule, const place *path, int n, const expected_record *want, int nwant) {
  atom_track track = {0};
  jump_record got[MOST];
  const int made = run(rule, path, n, &track, got);
  int seen_first = 0;
  for (int k = 0; k < made && k < nwant; k++) {
    if (got[k].step != want[k].step || got[k].from != want[k].from || got[k].to != want[k].to ||
        got[k].n[0] != want[k].nx || got[k].left != want[k].left)
      fail_msg("record %d: found %d %d->%d nx %d left %d, expected %d %d->%d nx %d left %d", k, (int)got[k].step,
               got[k].from, got[k].to, got[k].n[0], (int)got[k].left, (int)want[k].step, want[k].from, want[k].to,
               want[k].nx, (int)want[k].left);
    /* Along y and z nothing ever changes: the absolute image first, then no shift. */
    assert_int_equal(got[k].n[1], seen_first || got[k].to == 0 ? 0 : 5);
    assert_int_equal(got[k].n[2], seen_first || got[k].to == 0 ? 0 : -7);
    if (got[k].to != 0)
      seen_first = 1;
  }
  assert_int_equal(made, nwant);
}

#define EXPECT(rule, path, want)                                                                                       \
  expect(&(rule), path, (int)(sizeof(path) / sizeof *(path)), want, (int)(sizeof(want) / sizeof *(want)))

static const tracker_rule nearest = {TRACK_NEAREST, 0.0, 1}, core = {TRACK_CORE, 1.0, 1},
                          sphere = {TRACK_SPHERE, 1.0, 1};
static const tracker_rule nearest3 = {TRACK_NEAREST, 0.0, 3}, core2 = {TRACK_CORE, 1.0, 2},
                          sphere2 = {TRACK_SPHERE, 1.0, 2};

static void nearest_site(void **state) {
  (void)state;
  const place path[] = {{4, 2, 3.0}, {4, 2, 0.1}, {5, 2, 1.9}, {4, 2, 1.9}, {4, 3, 0.2}, {4, 3, 0.2}, {1, -1, 9.0}};
  const expected_record want[] = {
      {0, 0, 4, 2, -1}, {20, 4, 5, 0, 10}, {30, 5, 4, 0, 20}, {40, 4, 4, 1, 30}, {60, 4, 1, -4, 50}};
  EXPECT(nearest, path, want);
}

static void core_sets_do_not_count_recrossings(void **state) {
  (void)state;
  const place path[] = {{4, 0, 1.5}, {5, 0, 1.2}, /* between cores: in no site yet */
                        {4, 0, 1.0},              /* on the rim is inside */
                        {4, 0, 1.4}, {5, 0, 1.4}, {4, 0, 1.2}, {5, 0, 1.01}, {4, 0, 0.9}, /* recrossings */
                        {4, 0, 1.3}, {5, 0, 1.3}, {5, 0, 0.5},                            /* a jump */
                        {5, 0, 1.2}, {5, 1, 1.2}, {5, 1, 0.5}, /* to the next image of the same site */
                        {6, 1, 0.2}};
  const expected_record want[] = {{20, 0, 4, 0, -1}, {100, 4, 5, 0, 70}, {130, 5, 5, 1, 100}, {140, 5, 6, 0, 130}};
  EXPECT(core, path, want);
}

static void spheres_leave_and_come_back(void **state) {
  (void)state;
  const place path[] = {{4, 0, 1.5}, {4, 0, 1.2}, {4, 1, 0.3}, {4, 1, 0.3}, {4, 1, 1.1}, {4, 2, 1.1}, {4, 2, 0.7},
                        {4, 2, 1.3}, {5, 2, 1.3}, {5, 2, 0.3}, {4, 2, 0.2}, {4, 2, 2.0}, {4, 2, 1.0}};
  const expected_record want[] = {{20, 0, 4, 1, -1}, {40, 4, 0, 0, 30},  {60, 0, 4, 1, -1},   {70, 4, 0, 0, 60},
                                  {90, 0, 5, 0, -1}, {100, 5, 4, 0, 90}, {110, 4, 0, 0, 100}, {120, 0, 4, 0, -1}};
  EXPECT(sphere, path, want);
  /* Never in a sphere: no record at all. */
  const place outside[] = {{1, 0, 2.0}, {2, 0, 2.0}, {1, 9, 1.5}};
  expect(&sphere, outside, 3, NULL, 0);
}

static void dwell_counts_from_the_entry(void **state) {
  (void)state;
  const place path[] = {{4, 0, 0},                       /* the first site is taken at its word */
                        {5, 0, 0}, {5, 0, 0}, {4, 0, 0}, /* two samples are not three */
                        {5, 0, 0}, {5, 0, 0}, {6, 0, 0}, /* a change of candidate starts anew */
                        {6, 0, 0}, {6, 1, 0},            /* and so does its image */
                        {6, 1, 0}, {6, 1, 0}, {6, 1, 0}};
  const expected_record want[] = {{0, 0, 4, 0, -1}, {80, 4, 6, 1, 30}};
  EXPECT(nearest3, path, want);
  atom_track track = {0};
  jump_record got[MOST];
  assert_int_equal(run(&nearest3, path, 12, &track, got), 2);
  assert_int_equal(track.since, 80);
  assert_int_equal(track.left, 110);

  /* Core sets: the samples in the new core have to follow one another. */
  const place cores[] = {{4, 0, 0.5}, {5, 0, 0.9}, {5, 0, 1.1}, {5, 0, 0.9}, {4, 0, 1.4}, {5, 0, 0.9}, {5, 0, 0.8}};
  const expected_record core_want[] = {{0, 0, 4, 0, -1}, {50, 4, 5, 0, 0}};
  EXPECT(core2, cores, core_want);

  /* Spheres: leaving needs it too, and so does coming back. */
  const place spheres[] = {{4, 0, 0.5}, {4, 0, 1.5}, {4, 0, 0.5}, {4, 0, 1.5}, {5, 1, 1.5}, {5, 1, 0.5},
                           {5, 1, 1.5}, {5, 1, 0.5}, {5, 1, 0.5}, {4, 1, 0.5}, {4, 1, 1.5}, {4, 1, 1.5}};
  const expected_record sphere_want[] = {{0, 0, 4, 0, -1}, {30, 4, 0, 0, 20}, {70, 0, 5, 1, -1}, {100, 5, 0, 0, 80}};
  EXPECT(sphere2, spheres, sphere_want);
}

/* What a log may say to be known while candidates wait. */
static void unknown_from(void **state) {
  (void)state;
  const place path[] = {{4, 0, 0}, {5, 0, 0}, {5, 0, 0}, {4, 0, 0}, {5, 0, 0},
                        {6, 0, 0}, {6, 0, 0}, {6, 0, 0}, {6, 0, 0}};
  const int64_t want[] = {1, 10, 10, 31, 40, 50, 50, 71, 81};
  atom_track track = {0};
  assert_int_equal(tracker_unknown_from(&track, 7), 8);
  int64_t before = 0;
  for (int k = 0; k < 9; k++) {
    const site_hit hit = hit_of(path[k]);
    jump_record record;
    const bool made = tracker_advance(&nearest3, (int64_t)k * EVERY, &hit, &track, &record);
    if (made)
      assert_true(record.step >= before); /* never earlier than what was said to be known */
    before = tracker_unknown_from(&track, (int64_t)k * EVERY);
    assert_int_equal(before, want[k]);
  }
}

static uint32_t draw(uint32_t *x) {
  *x ^= *x << 13, *x ^= *x >> 17, *x ^= *x << 5;
  return *x;
}

/* Random walks: packing and unpacking at any sample changes nothing, records chain, and what was called known stays so.
 */
static void any_split_goes_on_alike(void **state) {
  (void)state;
  const tracker_rule *rules[] = {&nearest, &core, &sphere, &nearest3, &core2, &sphere2};
  uint32_t x = 12345;
  for (size_t r = 0; r < 6; r++)
    for (int trial = 0; trial < 60; trial++) {
      enum { LENGTH = 60 };
      place path[LENGTH];
      for (int k = 0; k < LENGTH; k++) {
        if (k > 0 && draw(&x) % 2)
          path[k] = path[k - 1];
        else
          path[k] = (place){1 + (int)(draw(&x) % 3), (int)(draw(&x) % 3) - 1, 0};
        path[k].distance = 0.25 * (draw(&x) % 7);
      }
      atom_track whole = {0};
      jump_record want[LENGTH], got[LENGTH];
      memset(want, 0, sizeof want);
      const int nwant = run(rules[r], path, LENGTH, &whole, want);

      int site = 0;
      int64_t last = -1;
      for (int k = 0; k < nwant; k++) {
        assert_int_equal(want[k].from, site);
        assert_true(want[k].to != site || want[k].n[0] != 0); /* a change of site, or of image */
        assert_true(want[k].step > last || (k > 0 && want[k].step >= last));
        assert_true(want[k].left < want[k].step);
        assert_true(want[k].from != 0 ? want[k].left >= 0 : want[k].left == -1);
        if (rules[r]->mode != TRACK_SPHERE)
          assert_true(want[k].to != 0);
        site = want[k].to;
        last = want[k].step;
      }

      for (int split = 0; split <= LENGTH; split++) {
        atom_track track = {0};
        memset(got, 0, sizeof got);
        int made = 0;
        int64_t known = 0;
        for (int k = 0; k < LENGTH; k++) {
          if (k == split) {
            double buffer[ATOM_TRACK_DOUBLES];
            atom_track_pack(&track, buffer);
            memset(&track, 0xff, sizeof track);
            atom_track_unpack(buffer, &track);
          }
          const site_hit hit = hit_of(path[k]);
          if (tracker_advance(rules[r], (int64_t)k * EVERY, &hit, &track, &got[made]))
            assert_true(got[made++].step >= known);
          known = tracker_unknown_from(&track, (int64_t)k * EVERY);
        }
        assert_int_equal(made, nwant);
        assert_memory_equal(got, want, sizeof want);
        assert_memory_equal(&track, &whole, sizeof whole);
      }
    }
}

/* Steps and images at the ends of what a double carries. */
static void large_numbers_travel(void **state) {
  (void)state;
  atom_track a = {.site = INT32_MAX,
                  .n = {INT32_MIN, INT32_MAX, -1},
                  .known = 1,
                  .candidate = INT32_MAX,
                  .candidate_n = {1, INT32_MIN, INT32_MAX},
                  .seen = INT32_MAX,
                  .since = ((int64_t)1 << 53) - 1,
                  .entered = ((int64_t)1 << 53) - 2,
                  .left = -1,
                  .started = 1};
  atom_track b;
  double buffer[ATOM_TRACK_DOUBLES];
  memset(&b, 0, sizeof b);
  atom_track_pack(&a, buffer);
  atom_track_unpack(buffer, &b);
  assert_int_equal(b.site, a.site);
  assert_memory_equal(b.n, a.n, sizeof a.n);
  assert_memory_equal(b.candidate_n, a.candidate_n, sizeof a.n);
  assert_true(b.known == 1 && b.started == 1 && b.candidate == a.candidate && b.seen == a.seen);
  assert_true(b.since == a.since && b.entered == a.entered && b.left == -1);
  const atom_track never = {0};
  atom_track_pack(&never, buffer);
  atom_track_unpack(buffer, &b);
  assert_true(b.known == 0 && b.started == 0 && b.site == 0 && b.left == 0);
}

/* A position that is no number has no nearest site: the atom is in none, and comes back with its shift. */
static void lost_and_found(void **state) {
  (void)state;
  const place path[] = {{4, 1, 0.1}, {0, 0, INFINITY}, {0, 0, INFINITY}, {4, 2, 0.1}};
  atom_track track = {0};
  jump_record r[MOST];
  assert_int_equal(run(&core, path, 4, &track, r), 2); /* between cores as far as core sets can tell */
  assert_true(r[1].from == 4 && r[1].to == 4 && r[1].n[0] == 1 && r[1].left == 0);
  memset(&track, 0, sizeof track);
  assert_int_equal(run(&nearest, path, 4, &track, r), 3);
  assert_true(r[1].to == 0 && r[2].from == 0 && r[2].to == 4 && r[2].n[0] == 1);
}

static void rules_are_checked(void **state) {
  (void)state;
  const struct {
    tracker_rule rule;
    const char *message;
  } cases[] = {{{TRACK_NEAREST, 0, 0}, "dwell: expected a number of samples from 1, found 0"},
               {{TRACK_CORE, 1, -5}, "dwell: expected a number of samples from 1, found -5"},
               {{TRACK_CORE, 0, 1}, "core: expected a positive radius, found 0 A"},
               {{TRACK_SPHERE, -1, 1}, "sphere: expected a positive radius, found -1 A"},
               {{TRACK_SPHERE, NAN, 1}, "sphere: expected a positive radius, found nan A"},
               {{TRACK_CORE, INFINITY, 1}, "core: a radius of inf A"},
               {{TRACK_CORE, 1.6, 1},
                "core: a radius of 1.6 A makes the two sites that are 2.8 A apart overlap; expected at most 1.4 A"}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    lisi_error err = {0};
    assert_int_equal(tracker_rule_check(&cases[c].rule, 2.8, &err), LISI_ERR_INPUT);
    if (strstr(err.message, cases[c].message) == NULL)
      fail_msg("expected '%s', found '%s'", cases[c].message, err.message);
  }
  lisi_error err = {0};
  const tracker_rule fits = {TRACK_CORE, 1.4, 1}, spared = {TRACK_CORE, 1.539, 1}, beyond = {TRACK_SPHERE, 1.541, 1};
  assert_int_equal(tracker_rule_check(&fits, 2.8, &err), LISI_OK);
  assert_int_equal(tracker_rule_check(&spared, 2.8, &err), LISI_OK); /* the tenth for a box that breathes */
  assert_int_equal(tracker_rule_check(&beyond, 2.8, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "a tenth more passes"));
  assert_int_equal(tracker_rule_check(&nearest3, 0.1, &err), LISI_OK);
  assert_string_equal(track_mode_name(TRACK_NEAREST), "nearest");
  assert_string_equal(track_mode_name(TRACK_CORE), "core");
  assert_string_equal(track_mode_name(TRACK_SPHERE), "sphere");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nearest_site),
                                     cmocka_unit_test(core_sets_do_not_count_recrossings),
                                     cmocka_unit_test(spheres_leave_and_come_back),
                                     cmocka_unit_test(dwell_counts_from_the_entry),
                                     cmocka_unit_test(unknown_from),
                                     cmocka_unit_test(any_split_goes_on_alike),
                                     cmocka_unit_test(large_numbers_travel),
                                     cmocka_unit_test(lost_and_found),
                                     cmocka_unit_test(rules_are_checked)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
