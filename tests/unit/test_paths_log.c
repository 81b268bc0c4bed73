/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a jump log to paths: what is known counts, what is not known (a break, an unassigned stretch, the tail behind
 * the last F) does not. */
#include "counts.h"
#include "jump_log.h"
#include "paths.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char head[] =
    "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.002\nevery 10\nstart 0\natoms 1\nmode nearest dwell 1\n"
    "framework no\nreplicate 1 1 1\ncell 6 0 0 0 6 0 0 0 6\nsites 5\n|format: lisi-sites 1\n"
    "|cell: [[6, 0, 0], [0, 6, 0], [0, 0, 6]]\n|sites:\n|  - {type: 1, frac: [0, 0, 0]}\n"
    "|  - {type: 1, frac: [0.5, 0.5, 0.5]}\ndata\n";
#define CELL " 6 0 0 0 6 0 0 0 6\n"

/* The number of pairs i -> j (states from 0) at one sample of lag, and the sum of everything. */
static double counted(const char *records, int i, int j, double *sum) {
  char path[] = "/tmp/lisi-paths-XXXXXX";
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *stream = fdopen(fd, "w");
  assert_non_null(stream);
  (void)fputs(head, stream);
  (void)fputs(records, stream);
  assert_int_equal(fclose(stream), 0);
  lisi_error err = {0};
  path_set paths;
  lag_counts counts = {0};
  const char *file = path;
  if (paths_from_jump_logs(1, &file, &paths, &err) != LISI_OK)
    fail_msg("%s", err.message);
  if (counts_from_paths(&paths, 1, 1, 1, 1, &counts, &err) != LISI_OK)
    fail_msg("%s", err.message);
  double found = 0.0;
  for (size_t k = 0; k < counts.total.n; k++)
    if (counts.total.entry[k].i == i && counts.total.entry[k].j == j)
      found += counts.total.entry[k].c;
  *sum = count_table_sum(&counts.total);
  lag_counts_free(&counts);
  path_set_free(&paths);
  assert_int_equal(unlink(path), 0);
  return found;
}

static void one_jump(void **state) {
  (void)state;
  double sum;
  const char *records = "0 1 0 1 0 0 0\n50 1 1 2 0 0 0\nF 100" CELL;
  assert_true(counted(records, 0, 0, &sum) == 4.0);
  assert_true(counted(records, 0, 1, &sum) == 1.0);
  assert_true(counted(records, 1, 1, &sum) == 5.0);
  assert_true(sum == 10.0);
}

/* Samples 0..100 and 200..300 are known, 110..190 are not: ten pairs on each side, none across, and none in the gap. */
static void nothing_in_a_break(void **state) {
  (void)state;
  double sum;
  const char *records = "0 1 0 1 0 0 0\nF 100" CELL "B 200\n200 1 0 2 0 0 0\nF 300" CELL;
  assert_true(counted(records, 0, 0, &sum) == 10.0);
  assert_true(counted(records, 1, 1, &sum) == 10.0);
  assert_true(sum == 20.0);
}

static void tail_behind_last_flush_is_dropped(void **state) {
  (void)state;
  double sum;
  const char *records = "0 1 0 1 0 0 0\nF 100" CELL "150 1 1 2 0 0 0\n";
  assert_true(counted(records, 0, 0, &sum) == 10.0);
  assert_true(sum == 10.0);
}

static void gone_atoms_end(void **state) {
  (void)state;
  double sum;
  const char *records = "0 1 0 1 0 0 0\nE 60 1\nF 100" CELL;
  assert_true(counted(records, 0, 0, &sum) == 5.0);
  assert_true(sum == 5.0);
}

/* Unassigned from 40 to 70: pairs that begin or end there do not count. */
static void unassigned_samples(void **state) {
  (void)state;
  double sum;
  const char *records = "0 1 0 1 0 0 0\n40 1 1 0 0 0 0\n70 1 0 2 0 0 0\nF 100" CELL;
  assert_true(counted(records, 0, 0, &sum) == 3.0);
  assert_true(counted(records, 1, 1, &sum) == 3.0);
  assert_true(sum == 6.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_jump),
      cmocka_unit_test(nothing_in_a_break),
      cmocka_unit_test(tail_behind_last_flush_is_dropped),
      cmocka_unit_test(gone_atoms_end),
      cmocka_unit_test(unassigned_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
