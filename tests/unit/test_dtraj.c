/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers: discrete trajectories, count matrices, counts files, jump logs into paths; and what they refuse. */
#include "count_matrix.h"
#include "counts_file.h"
#include "jump_log.h"
#include "paths.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static char folder[] = "/tmp/lisi-test-XXXXXX", name[2][64];

static int make_folder(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL)
    return -1;
  for (int k = 0; k < 2; k++)
    (void)snprintf(name[k], sizeof name[k], "%s/f%d.txt", folder, k);
  return 0;
}

static int drop_folder(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++)
    (void)unlink(name[k]);
  return rmdir(folder);
}

static void put(int k, const char *text) {
  FILE *f = fopen(name[k], "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void expect(lisi_status status, const lisi_error *err, const char *words) {
  if (lisi_exit_status(status) != 2 || strstr(err->message, words) == NULL)
    fail_msg("status %d, '%s' does not hold '%s'", status, err->message, words);
}

static void trajectories(void **state) {
  (void)state;
  put(0, "# states\n7\n7\n-1\n-1\n12\r\n  7\n12\n12 # here\n");
  put(1, "-5\n7\n");
  const char *files[2] = {name[0], name[1]};
  path_set p;
  OK(paths_from_dtrajs(2, files, &p, err));
  assert_int_equal(p.space.n, 3);
  assert_int_equal(p.space.number[0], -5);
  assert_int_equal(p.space.number[1], 7);
  assert_int_equal(p.space.number[2], 12);
  assert_int_equal(p.nwalkers, 2);
  assert_false(p.time_in_ps);
  assert_int_equal(path_set_longest(&p), 8);
  lag_counts c;
  OK(counts_from_paths(&p, 1, 1, 1, 2, &c, err));
  /* 7 7 . . 12 7 12 12: (7,7) (12,7) (7,12) (12,12); -5 7 */
  CLOSE(count_table_sum(&c.total), 5, 0);
  lag_counts_free(&c);
  OK(counts_from_paths(&p, 3, 1, 1, 2, &c, err)); /* across the gap: (7 at 1 -> 12 at 4) and (12 at 4 -> 12 at 7) */
  CLOSE(count_table_sum(&c.total), 2, 0);
  lag_counts_free(&c);
  path_set_free(&p);
}

static void bad_trajectories(void **state) {
  (void)state;
  static const char *const bad[][2] = {{"", "empty"},
                                       {"# nothing\n\n", "empty"},
                                       {"1\n2.5\n", "f0.txt:2"},
                                       {"1\nx\n", "f0.txt:2"},
                                       {"1 2\n", "f0.txt:1"},
                                       {"-1\n-1\n", "-1"},
                                       {"1\nnan\n", "f0.txt:2"},
                                       {"99999999999999999999\n", "f0.txt:1"}};
  const char *files[1] = {name[0]};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    path_set p;
    lisi_error err = {0};
    put(0, bad[k][0]);
    expect(paths_from_dtrajs(1, files, &p, &err), &err, bad[k][1]);
  }
  const char *missing[1] = {"/no/such/file"};
  path_set p;
  lisi_error err = {0};
  expect(paths_from_dtrajs(1, missing, &p, &err), &err, "/no/such/file");
}

static void matrix(const char *text, lag_counts *c, state_space *s) {
  OK(count_matrix_parse(text, strlen(text), "C.txt", c, s, err));
}

static void matrices(void **state) {
  (void)state;
  static const char *const same[] = {
      "# counts\n1 2 0\n3,4,5\n\n0 1e1 6.5\n",
      "%%MatrixMarket matrix coordinate real general\n% note\n3 3 7\n1 1 1\n1 2 2\n2 1 3\n2 2 4\n2 3 5\n3 2 10\n3 3 "
      "6.5\n",
      "%%MatrixMarket matrix array real general\n3 3\n1\n3\n0\n2\n4\n10\n0\n5\n6.5\n",
  };
  static const double want[9] = {1, 2, 0, 3, 4, 5, 0, 10, 6.5};
  for (size_t k = 0; k < 3; k++) {
    lag_counts c;
    state_space s;
    matrix(same[k], &c, &s);
    assert_int_equal(s.n, 3);
    assert_int_equal(c.total.n, 7);
    for (size_t e = 0; e < c.total.n; e++)
      CLOSE(c.total.entry[e].c, want[3 * c.total.entry[e].i + c.total.entry[e].j], 0);
    lag_counts_free(&c);
    state_space_free(&s);
  }
  lag_counts c;
  state_space s;
  matrix("%%MatrixMarket matrix coordinate integer symmetric\n2 2 2\n1 1 4\n2 1 3\n", &c, &s);
  CLOSE(count_table_sum(&c.total), 10, 0);
  lag_counts_free(&c);
  state_space_free(&s);
}

static void bad_matrices(void **state) {
  (void)state;
  static const char *const bad[][2] = {
      {"", "C.txt"},
      {"\n# only\n", "no row"},
      {"1 2\n3 4\n5 6\n", "C.txt:3"},
      {"1 2 3\n3 4 5\n", "square"},
      {"1 2\n3\n", "C.txt:2"},
      {"1 2\n0 0\n", "row 2"},
      {"1 -2\n1 1\n", "negative"},
      {"1 nan\n1 1\n", "C.txt:1"},
      {"1 inf\n1 1\n", "C.txt:1"},
      {"1 2\n1 x\n", "C.txt:2"},
      {"1 2\n1 1e999\n", "C.txt:2"},
      {"%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1\n", "C.txt:1"},
      {"%%MatrixMarket matrix coordinate real\n", "C.txt:1"},
      {"%%MatrixMarket matrix coordinate real general\n", "size"},
      {"%%MatrixMarket matrix coordinate real general\n2 3 1\n1 1 1\n", "square"},
      {"%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n", "ends"},
      {"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n2 2 1\n", "C.txt:4"},
      {"%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n", "C.txt:3"},
      {"%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 -1\n", "negative"},
      {"%%MatrixMarket matrix array real general\n0 0\n", "C.txt:2"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    lag_counts c;
    state_space s;
    lisi_error err = {0};
    expect(count_matrix_parse(bad[k][0], strlen(bad[k][0]), "C.txt", &c, &s, &err), &err, bad[k][1]);
  }
}

static const char *const site_lines =
    "sites 8\n|format: lisi-sites 1\n|cell: [[4,0,0],[0,4,0],[0,0,4]]\n|framework: []\n|sites:\n|- {type: 1, label: A, "
    "frac: [0.0,0.0,0.0]}\n"
    "|- {type: 2, label: B, frac: [0.5,0.0,0.0]}\n|- {type: 2, label: C, frac: [0.5,0.5,0.0]}\n|# end\n";

static void put_log(int k, const char *every, const char *events) {
  char text[4000];
  (void)snprintf(text, sizeof text,
                 "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.002\nevery %s\nstart 100\natoms 2\nmode nearest dwell "
                 "1\nframework no\nreplicate 2 1 1\n"
                 "cell 8 0 0 0 4 0 0 0 4\ntemperature 800\n%sdata\n%s",
                 every, site_lines, events);
  put(k, text);
}

static void jump_logs(void **state) {
  (void)state;
  put_log(0, "50",
          "100 1 0 2 0 0 0\n100 7 0 4 1 -1 0\nF 100 8 0 0 0 4 0 0 0 4\n"
          "200 1 2 4 0 0 0\n300 1 4 0 0 0 0\n350 1 0 1 1 0 0\n400 7 4 1 1 0 0\n"
          "E 500 7\nF 550 8 0 0 0 4 0 0 0 4\nB 600\n600 1 0 2 3 0 0\nF 700 8.4 0 0 0 4 0 0 0 4\n750 1 2 1 0 0 0\n");
  const char *files[2] = {name[0], name[1]};
  path_set p;
  OK(paths_from_jump_logs(1, files, &p, err));
  assert_int_equal(p.space.n, 6);
  CLOSE(p.dt, .1, 1e-15);
  CLOSE(p.space.cell[0][0], 8.4, 1e-12);
  CLOSE(p.space.x[3 * 3], .5, 1e-12);
  CLOSE(p.space.x[3 * 4], .75, 1e-12);
  assert_string_equal(p.space.label[4], "B");
  CLOSE(p.temperature, 800, 0);
  assert_true(p.nearest_site);
  assert_int_equal(p.nwalkers, 2);
  assert_int_equal(p.n, 3); /* atom 1 twice (the break), atom 7 until it is gone */
  const path *a = &p.path[0], *b = &p.path[1], *c = &p.path[2];
  assert_int_equal(a->n, 4);
  assert_int_equal(a->step[2].state, -1);
  assert_int_equal(a->step[3].t, 5);
  assert_int_equal(a->step[3].state, 0);
  assert_int_equal(a->step[3].n[0], 1);
  assert_int_equal(a->end, 10);
  assert_int_equal(b->n, 1);
  assert_int_equal(b->step[0].n[0], 3);
  assert_int_equal(b->end, 13);
  assert_int_equal(c->walker, 1);
  assert_int_equal(c->step[0].n[1], -1);
  assert_int_equal(c->step[1].n[0], 2);
  assert_int_equal(c->end, 8);
  assert_int_equal(p.njumps, 3);
  /* the counts file of these paths reads back the same, and adds up */
  counts_set set = {.space = p.space,
                    .dt = p.dt,
                    .replicate = {2, 1, 1},
                    .nsites_unit = 3,
                    .nwalkers = 2,
                    .temperature = 800,
                    .nearest_site = true,
                    .nlags = 2};
  lag_counts lags[2];
  set.lag = lags;
  OK(counts_from_paths(&p, 1, 1, 3, 2, &lags[0], err));
  OK(counts_from_paths(&p, 4, 1, 2, 2, &lags[1], err));
  OK(counts_file_write(name[1], &set, err));
  counts_set back, more;
  OK(counts_file_read(name[1], &back, err));
  OK(counts_file_read(name[1], &more, err));
  assert_int_equal(back.nlags, 2);
  assert_string_equal(back.space.label[4], "B");
  CLOSE(back.space.cell[0][0], 8.4, 0);
  for (int k = 0; k < 2; k++) {
    assert_int_equal(back.lag[k].blocks.n, lags[k].blocks.n);
    assert_memory_equal(back.lag[k].blocks.entry, lags[k].blocks.entry, lags[k].blocks.n * sizeof(count_entry));
  }
  OK(counts_set_merge(&back, &more, "more", err));
  CLOSE(count_table_sum(&back.lag[1].total), 2 * count_table_sum(&lags[1].total), 0);
  assert_int_equal(back.lag[0].blocks.nparts, 6);
  more.lag[1].lag = 5;
  lisi_error err = {0};
  expect(counts_set_merge(&back, &more, "other", &err), &err, "other: its lags");
  more.lag[1].lag = 4;
  more.dt = .2;
  memset(&err, 0, sizeof err);
  expect(counts_set_merge(&back, &more, "other", &err), &err, "other: sampled");
  more.dt = .1;
  more.space.x[0] = .2;
  memset(&err, 0, sizeof err);
  expect(counts_set_merge(&back, &more, "other", &err), &err, "other: its sites");
  counts_set_free(&back);
  counts_set_free(&more);
  for (int k = 0; k < 2; k++)
    lag_counts_free(&lags[k]);
  /* every cut of the counts file is noticed */
  FILE *f = fopen(name[1], "rb");
  assert_non_null(f);
  static char bytes[20000];
  const size_t size = fread(bytes, 1, sizeof bytes - 1, f);
  assert_int_equal(fclose(f), 0);
  for (size_t cut = 0; cut + 4 < size; cut += 1 + cut / 40) {
    f = fopen(name[1], "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, cut, f), cut);
    assert_int_equal(fclose(f), 0);
    memset(&err, 0, sizeof err);
    expect(counts_file_read(name[1], &back, &err), &err, "f1.txt");
  }
  path_set_free(&p);
  /* two logs: walkers are told apart; another sampling does not fit */
  put_log(1, "50", "100 1 0 2 0 0 0\nF 100 8 0 0 0 4 0 0 0 4\n");
  OK(paths_from_jump_logs(2, files, &p, err));
  assert_int_equal(p.nwalkers, 3);
  assert_int_equal(p.n, 4);
  path_set_free(&p);
  put_log(1, "100", "100 1 0 2 0 0 0\nF 100 8 0 0 0 4 0 0 0 4\n");
  memset(&err, 0, sizeof err);
  expect(paths_from_jump_logs(2, files, &p, &err), &err, "f1.txt: sampled every 0.2 ps");
  put_log(1, "50", "100 1 0 2 0 0 0\n");
  files[0] = name[1];
  memset(&err, 0, sizeof err);
  expect(paths_from_jump_logs(1, files, &p, &err), &err, "f1.txt: the log is empty");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(trajectories), cmocka_unit_test(bad_trajectories),
                                     cmocka_unit_test(matrices), cmocka_unit_test(bad_matrices),
                                     cmocka_unit_test(jump_logs)};
  return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
