/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stays and jumps from paths, survival with censoring, strings, and the statistics by orbit, on small cases that can be
 * worked out by hand. */
#include "bootstrap.h"
#include "jump_stats.h"
#include "jump_strings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error failure = {0};                                                                                          \
    lisi_error *err = &failure;                                                                                        \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s:%d: %s", __FILE__, __LINE__, failure.message);                                                      \
  } while (0)
#define CLOSE(a, b, tol)                                                                                               \
  do {                                                                                                                 \
    const double got_ = (a), want_ = (b);                                                                              \
    if (!(fabs(got_ - want_) <= (tol)))                                                                                \
      fail_msg("%s:%d: %.17g is not %.17g", __FILE__, __LINE__, got_, want_);                                          \
  } while (0)

/* Sites on a line, 1 Angstrom apart, in a box of `n` by 10 by 10 Angstrom; labels A and B by turns, or all A. */
static path_set line(int n, bool two) {
  path_set p = {.dt = 0.5, .time_in_ps = true, .replicate = {1, 1, 1}, .nsites_unit = n, .nruns = 1};
  OK(state_space_new(n, true, &p.space, err));
  p.space.label = calloc((size_t)n, sizeof *p.space.label);
  assert_non_null(p.space.label);
  p.space.cell[0][0] = n;
  p.space.cell[1][1] = p.space.cell[2][2] = 10.0;
  for (int i = 0; i < n; i++) {
    p.space.x[3 * i] = (double)i / n;
    p.space.label[i][0] = two && i % 2 ? 'B' : 'A';
  }
  return p;
}

/* One walker: a sequence of states, one a sample, 'a' = state 0, '-' none; upper case: one image further. */
static void walk(path_set *p, int walker, const char *states) {
  OK(path_begin(p, walker, err));
  for (int t = 0; states[t] != '\0'; t++) {
    const char c = states[t];
    const int state = c == '-' ? -1 : c >= 'a' ? c - 'a' : c - 'A';
    const int image[3] = {c >= 'A' && c <= 'Z' ? 1 : 0, 0, 0};
    OK(path_add(p, t, state, image, err));
  }
  path_finish(p, (long long)strlen(states));
}

static void stays_and_jumps(void **state) {
  (void)state;
  path_set p = line(4, false);
  walk(&p, 0, "aab--bbcAA");
  walk(&p, 1, "ddd");
  walk(&p, 2, "--cc-a");
  jump_list l;
  OK(jump_list_make(&p, &l, err));
  const site_jump jump[] = {
      {.walker = 0, .from = 0, .to = 1, .left = 2, .t = 2, .end = 10, .goes_on = true},
      {.walker = 0, .from = 1, .to = 2, .left = 7, .t = 7, .end = 10, .goes_on = true},
      {.walker = 0, .from = 2, .to = 0, .r = {1, 0, 0}, .left = 8, .t = 8, .end = 10, .goes_on = false},
      {.walker = 2, .from = 2, .to = 0, .left = 4, .t = 5, .end = 6, .goes_on = false}};
  assert_int_equal(l.njumps, 4);
  for (int k = 0; k < 4; k++) {
    assert_int_equal(l.jump[k].walker, jump[k].walker);
    assert_int_equal(l.jump[k].from, jump[k].from);
    assert_int_equal(l.jump[k].to, jump[k].to);
    assert_int_equal(l.jump[k].r[0], jump[k].r[0]);
    assert_int_equal(l.jump[k].left, jump[k].left);
    assert_int_equal(l.jump[k].t, jump[k].t);
    assert_int_equal(l.jump[k].end, jump[k].end);
    assert_int_equal(l.jump[k].goes_on, jump[k].goes_on);
  }
  /* a 0-2, b 2-7 (the gap within), c 7-8, A 8-10 censored; d censored at both ends; c 2-4 (seen to come), a 5-6 */
  const long long begin[] = {0, 2, 7, 8, 0, 2, 5}, end[] = {2, 7, 8, 10, 3, 4, 6};
  const bool arrived[] = {false, true, true, true, false, true, true};
  const bool left[] = {true, true, true, false, false, true, false};
  assert_int_equal(l.nstays, 7);
  for (int k = 0; k < 7; k++) {
    assert_int_equal(l.stay[k].begin, begin[k]);
    assert_int_equal(l.stay[k].end, end[k]);
    assert_int_equal(l.stay[k].arrived, arrived[k]);
    assert_int_equal(l.stay[k].left, left[k]);
  }
  jump_list_free(&l);
  path_set_free(&p);
}

static void undone(void **state) {
  (void)state;
  path_set p = line(4, false);
  walk(&p, 0, "abbbaCcaab");
  jump_list l;
  OK(jump_list_make(&p, &l, err));
  /* a->b at 1, b->a at 4, a->C at 5, C->c at 6 (an image back, another site's image: not undone), c->a at 7, a->b at 9
   */
  assert_int_equal(l.njumps, 6);
  bool known;
  assert_true(jump_is_undone(&l, 0, 3, &known) && known);
  assert_false(jump_is_undone(&l, 0, 2, &known));
  assert_true(known);
  assert_false(jump_is_undone(&l, 2, 9, &known)); /* a->C is followed by C->c: not the way back */
  assert_true(known);
  assert_false(jump_is_undone(&l, 4, 1, &known));
  assert_true(known);
  assert_false(jump_is_undone(&l, 5, 1, &known)); /* the path ends with it */
  assert_false(known);
  assert_false(jump_is_undone(&l, 5, 0, &known));
  assert_true(known);
  jump_list_free(&l);
  path_set_free(&p);
}

/* The example of Kaplan and Meier's kind: 1, 2+, 3, 3, 4+, 5 (+: censored). */
static void survival(void **state) {
  (void)state;
  residence_stay stay[] = {{5, true}, {2, false}, {3, true}, {1, true}, {4, false}, {3, true}};
  residence_curve c;
  OK(residence_estimate(6, stay, &c, err));
  assert_int_equal(c.nstays, 6);
  assert_int_equal(c.nended, 4);
  assert_int_equal(c.n, 3);
  CLOSE(c.point[0].survival, 5.0 / 6.0, 1e-15);
  CLOSE(c.point[1].survival, 5.0 / 6.0 * 0.5, 1e-15); /* two of four at risk */
  CLOSE(c.point[2].survival, 0.0, 0.0);
  assert_int_equal(c.point[1].at_risk, 4);
  CLOSE(c.point[0].se, 5.0 / 6.0 * sqrt(1.0 / 30.0), 1e-15);
  CLOSE(c.point[1].se, 5.0 / 12.0 * sqrt(1.0 / 30.0 + 2.0 / 8.0), 1e-15);
  CLOSE(c.median, 3.0, 0.0);
  assert_int_equal(c.horizon, 5);
  /* area: 1 to t=1, 5/6 to 3, 5/12 to 5 */
  CLOSE(c.mean_to_horizon, 1.0 + 5.0 / 3.0 + 5.0 / 6.0, 1e-14);
  CLOSE(c.mean_se, sqrt(pow(5.0 / 3.0 + 5.0 / 6.0, 2) / 30.0 + pow(5.0 / 6.0, 2) * 2.0 / 8.0), 1e-14);
  residence_curve_free(&c);
  /* nothing ended: no curve, no median */
  residence_stay open[] = {{7, false}, {4, false}};
  OK(residence_estimate(2, open, &c, err));
  assert_int_equal(c.n, 0);
  assert_true(isinf(c.median) && isinf(c.median_hi));
  CLOSE(c.mean_to_horizon, 7.0, 0.0);
  residence_curve_free(&c);
  OK(residence_estimate(0, open, &c, err));
  assert_int_equal(c.nstays, 0);
  residence_curve_free(&c);
}

/* Geometric stays cut off at random: the curve is the geometric law within its errors, though half of them are
 * censored. */
static void survival_of_a_known_law(void **state) {
  (void)state;
  enum { N = 20000 };
  residence_stay *stay = malloc(N * sizeof *stay);
  assert_non_null(stay);
  lisi_rng rng;
  lisi_rng_seed(&rng, 11);
  const double leave = 0.1;
  for (int k = 0; k < N; k++) {
    long long t = 1, cut = 1 + lisi_rng_below(&rng, 20);
    while (lisi_rng_uniform(&rng) >= leave)
      t++;
    stay[k] = (residence_stay){t < cut ? t : cut, t <= cut};
  }
  residence_curve c;
  OK(residence_estimate(N, stay, &c, err));
  assert_true(c.nended < N * 7 / 10 && c.nended > N * 3 / 10);
  for (size_t k = 0; k < c.n; k++)
    if (c.point[k].at_risk > 50)
      CLOSE(c.point[k].survival, pow(1.0 - leave, (double)c.point[k].t), 4.0 * c.point[k].se);
  CLOSE(c.median, 7.0, 0.0); /* 0.9^6 > 1/2 > 0.9^7 */
  assert_true(c.median_lo <= 7.0 && c.median_hi >= 7.0);
  residence_curve_free(&c);
  free(stay);
}

static string_result strings_of(path_set *p, long long window, int trials) {
  jump_list l;
  string_result r;
  OK(jump_list_make(p, &l, err));
  OK(jump_strings_find(p, &l, NULL, window, trials, 5, NULL, &r, err));
  jump_list_free(&l);
  return r;
}

static void strings(void **state) {
  (void)state;
  /* one after the other: d->e at 2, c->d at 3, b->c at 4: a string of three; and one alone, far off in time */
  path_set p = line(8, false);
  walk(&p, 0, "bbbbcccccc");
  walk(&p, 1, "cccddddddd");
  walk(&p, 2, "ddeeeeeeee");
  walk(&p, 3, "gggggggggh");
  string_result r = strings_of(&p, 1, 0);
  CLOSE(r.found.strings[0], 1.0, 0.0);
  CLOSE(r.found.strings[2], 1.0, 0.0);
  CLOSE(r.found.jumps[2], 3.0, 0.0);
  CLOSE(r.found.links, 2.0, 0.0);
  CLOSE(r.found.rings, 0.0, 0.0);
  r = strings_of(&p, 0, 0); /* not in the same sample */
  CLOSE(r.found.strings[0], 4.0, 0.0);
  CLOSE(r.found.links, 0.0, 0.0);
  /* in another run the same times mean nothing */
  p.nruns = 2;
  p.path[1].run = 1;
  r = strings_of(&p, 1, 0);
  CLOSE(r.found.strings[0], 4.0, 0.0);
  path_set_free(&p);

  /* three that change places at once are a ring; an atom that goes there and back is no string of two */
  p = line(4, false);
  walk(&p, 0, "aabb");
  walk(&p, 1, "bbcc");
  walk(&p, 2, "ccaa");
  walk(&p, 3, "dDdd");
  r = strings_of(&p, 1, 0);
  CLOSE(r.found.rings, 1.0, 0.0);
  CLOSE(r.found.strings[2], 1.0, 0.0);
  CLOSE(r.found.strings[0], 2.0, 0.0);
  path_set_free(&p);

  /* two could follow one: the nearer in time does */
  p = line(8, false);
  walk(&p, 0, "bbbbbbaa");
  walk(&p, 1, "ccccbbbb"); /* two samples before b is free */
  walk(&p, 2, "dddddddb"); /* one after */
  r = strings_of(&p, 5, 0);
  CLOSE(r.found.strings[0], 1.0, 0.0);
  CLOSE(r.found.strings[1], 1.0, 0.0);
  path_set_free(&p);

  /* the same atom twice in what hangs together counts once: 0 moves b->c->d, 1 follows into b */
  p = line(8, false);
  walk(&p, 0, "bbcd");
  walk(&p, 1, "aaab");
  walk(&p, 2, "eeec");
  r = strings_of(&p, 1, 0);
  CLOSE(r.found.strings[1], 2.0, 0.0); /* (b->c, a->b) and (c->d, e->c) */
  path_set_free(&p);
}

/* Atoms that hop on a ring without regard to each other make as many strings as their shifted copies; atoms that follow
 * each other make more. */
static void strings_by_chance(void **state) {
  (void)state;
  enum { SITES = 12, LENGTH = 6000, ATOMS = 6 };
  for (int follow = 0; follow < 2; follow++) {
    path_set p = line(SITES, false);
    lisi_rng rng;
    lisi_rng_seed(&rng, 3);
    int at[ATOMS][LENGTH];
    for (int a = 0; a < ATOMS; a++) {
      int site = 2 * a;
      for (int t = 0; t < LENGTH; t++) {
        if (lisi_rng_uniform(&rng) < 0.02)
          site = (site + (lisi_rng_below(&rng, 2) ? 1 : SITES - 1)) % SITES;
        at[a][t] = site;
        if (follow && a % 2 == 1 && t > 0) /* goes to where its partner was, when that moves */
          at[a][t] = at[a - 1][t] != at[a - 1][t - 1] ? at[a - 1][t - 1] : at[a][t - 1];
      }
    }
    for (int a = 0; a < ATOMS; a++) {
      OK(path_begin(&p, a, err));
      for (int t = 0; t < LENGTH; t++) {
        const int image[3] = {0, 0, 0};
        OK(path_add(&p, t, at[a][t], image, err));
      }
      path_finish(&p, LENGTH);
    }
    const string_result r = strings_of(&p, 1, 40);
    assert_int_equal(r.ntrials, 40);
    assert_true(r.expected.links > 10.0 && r.spread.links > 0.0);
    const double z = (r.found.links - r.expected.links) / r.spread.links;
    if (follow ? z < 10.0 : fabs(z) > 4.0)
      fail_msg("follow %d: %g links, %g +- %g by chance", follow, r.found.links, r.expected.links, r.spread.links);
    path_set_free(&p);
  }
}

static void statistics(void **state) {
  (void)state;
  /* A at 0 and 2, B at 1 and 3, 1 A apart; over ten samples of 0.5 ps */
  path_set p = line(4, true);
  walk(&p, 0, "aaaabbbbbb");
  walk(&p, 1, "ccbbccccaa"); /* c->b->c (undone), c->a: 2 A, over b or d */
  jump_list l;
  jump_stats s;
  OK(jump_list_make(&p, &l, err));
  const jump_stats_options o = {.recross = 2, .shell = 0.1, .blocks = 2};
  OK(jump_stats_make(&p, &l, ORBIT_LABEL, &o, &s, err));
  assert_int_equal(s.orbits.n, 2);
  assert_string_equal(s.orbits.label[1], "B");
  assert_int_equal(s.orbits.nsites[0], 2);
  CLOSE(s.njumps, 4.0, 0.0);
  CLOSE(s.li_time, 10.0, 0.0);
  CLOSE(s.rate.value, 0.4, 1e-15);
  CLOSE(s.orbit[0].li_time, 6.0, 1e-15);
  CLOSE(s.orbit[0].atoms.value, 1.2, 1e-14);
  CLOSE(s.orbit[0].occupancy.value, 0.6, 1e-14);
  CLOSE(s.orbit[0].departures, 3.0, 0.0);
  CLOSE(s.orbit[0].residence.value, 2.0, 1e-15);
  CLOSE(s.orbit[1].arrivals, 2.0, 0.0);
  assert_true(s.orbit[0].residence_low < 2.0 && s.orbit[0].residence_low > 0.0);
  /* seen from the beginning: b 6+ and b 2; c 4 and a 2+ */
  assert_int_equal(s.orbit[1].curve.nstays, 2);
  assert_int_equal(s.orbit[1].curve.nended, 1);
  assert_int_equal(s.orbit[0].curve.nstays, 2);
  assert_int_equal(s.nclasses, 3); /* A->A 2 A, A->B 1 A, B->A 1 A */
  assert_true(s.class[0].from == 0 && s.class[0].to == 0 && s.class[1].to == 1 && s.class[2].from == 1);
  CLOSE(s.class[0].distance, 2.0, 1e-12);
  CLOSE(s.class[0].multi.value, 1.0, 0.0);
  CLOSE(s.class[1].multi.value, 0.0, 0.0);
  CLOSE(s.class[1].jumps, 2.0, 0.0);
  CLOSE(s.class[1].rate.value, 2.0 / 6.0, 1e-15);
  CLOSE(s.class[1].undone.value, 0.5, 1e-15);
  CLOSE(s.class[2].undone.value, 0.0, 0.0);
  CLOSE(s.matrix[0].value, 1.0 / 3.0, 1e-15);
  CLOSE(s.matrix[1].value, 2.0 / 3.0, 1e-15);
  CLOSE(s.matrix[2].value, 1.0, 0.0);
  assert_true(s.class[1].rate.error >= sqrt(2.0) / 6.0 - 1e-15); /* never less than counting allows */
  CLOSE(s.unassigned.value, 0.0, 0.0);
  jump_stats_free(&s);
  /* each site by itself */
  OK(jump_stats_make(&p, &l, ORBIT_SITE, &o, &s, err));
  assert_int_equal(s.orbits.n, 4);
  assert_string_equal(s.orbits.label[3], "B#4");
  CLOSE(s.orbit[3].li_time, 0.0, 0.0);
  assert_true(isinf(s.orbit[3].residence.value));
  jump_stats_free(&s);
  jump_list_free(&l);
  path_set_free(&p);
}

static void nobody_jumps(void **state) {
  (void)state;
  path_set p = line(4, true);
  walk(&p, 0, "aaaaaaaaaa");
  walk(&p, 1, "cc--------");
  jump_list l;
  jump_stats s;
  OK(jump_list_make(&p, &l, err));
  const jump_stats_options o = {.recross = 1, .shell = 0.1, .blocks = 5};
  OK(jump_stats_make(&p, &l, ORBIT_LABEL, &o, &s, err));
  assert_int_equal(s.nclasses, 0);
  CLOSE(s.rate.value, 0.0, 0.0);
  assert_true(s.rate.error >= 0.1 - 1e-15); /* one event in 10 ps */
  assert_true(isinf(s.orbit[0].residence.value));
  CLOSE(s.orbit[0].residence_low, 2.0, 1e-15); /* 6 ps without a departure */
  CLOSE(s.unassigned.value, 0.4, 1e-15);
  assert_true(isnan(s.matrix[0].value));
  const string_result r = strings_of(&p, 1, 3);
  CLOSE(r.found.links, 0.0, 0.0);
  jump_stats_free(&s);
  jump_list_free(&l);
  path_set_free(&p);
}

/* The error of a ratio from its parts, against the scatter over many repeats. */
static void errors(void **state) {
  (void)state;
  const double x[3] = {1.0, 2.0, 3.0}, y[3] = {2.0, 2.0, 2.0};
  CLOSE(ratio_error(3, x, y), sqrt(2.0 * 3.0 / 2.0) / 6.0, 1e-15);
  assert_true(isnan(ratio_error(1, x, y)));
  enum { REPEATS = 300, LENGTH = 2000, ATOMS = 4 };
  lisi_rng rng;
  lisi_rng_seed(&rng, 21);
  double sum = 0.0, square = 0.0, told = 0.0;
  for (int k = 0; k < REPEATS; k++) {
    path_set p = line(2, true);
    for (int a = 0; a < ATOMS; a++) {
      int site = 0;
      OK(path_begin(&p, a, err));
      for (int t = 0; t < LENGTH; t++) {
        const int image[3] = {0, 0, 0};
        if (lisi_rng_uniform(&rng) < (site ? 0.06 : 0.02))
          site = !site;
        OK(path_add(&p, t, site, image, err));
      }
      path_finish(&p, LENGTH);
    }
    jump_list l;
    jump_stats s;
    OK(jump_list_make(&p, &l, err));
    const jump_stats_options o = {.recross = 1, .shell = 0.1, .blocks = 10};
    OK(jump_stats_make(&p, &l, ORBIT_LABEL, &o, &s, err));
    sum += s.orbit[1].occupancy.value;
    square += s.orbit[1].occupancy.value * s.orbit[1].occupancy.value;
    told += s.orbit[1].occupancy.error;
    if (k == 0) {
      CLOSE(s.orbit[0].residence.value, 25.0, 4.0 * s.orbit[0].residence.error); /* 50 samples of 0.5 ps */
      CLOSE(s.class[0].rate.value, 0.04, 4.0 * s.class[0].rate.error);
    }
    jump_stats_free(&s);
    jump_list_free(&l);
    path_set_free(&p);
  }
  const double mean = sum / REPEATS, spread = sqrt(square / REPEATS - mean * mean);
  CLOSE(mean, 1.0, 0.02); /* four atoms, a quarter of the time */
  if (!(told / REPEATS > 0.8 * spread && told / REPEATS < 1.25 * spread))
    fail_msg("the errors are %g on average, the scatter is %g", told / REPEATS, spread);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(stays_and_jumps), cmocka_unit_test(undone),
                                     cmocka_unit_test(survival),        cmocka_unit_test(survival_of_a_known_law),
                                     cmocka_unit_test(strings),         cmocka_unit_test(strings_by_chance),
                                     cmocka_unit_test(statistics),      cmocka_unit_test(nobody_jumps),
                                     cmocka_unit_test(errors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
