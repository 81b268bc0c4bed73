/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump log: its text to the letter, reading back, going on after a restart, and what a reader has to refuse. */
#include "jump_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static const char site_text[] = "format: lisi-sites 1\n"
                                "cell: [[4, 0, 0], [0, 5, 0], [0, 0, 6]]\n"
                                "sites:\n"
                                "  - {type: 1, label: A, frac: [0, 0, 0]}\n"
                                "  - {type: 2, label: B, frac: [0.5, 0.5, 0.5]}\n";
static const double box[3][3] = {{8, 0, 0}, {0, 5, 0}, {0, 0, 6}};

static char folder[] = "/tmp/lisi-jump-log-XXXXXX";
static char path[64], other[64];
static site_set *sites;

static int setup(void **state) {
  (void)state;
  lisi_error err = {0};
  if (mkdtemp(folder) == NULL) return 1;
  snprintf(path, sizeof path, "%s/a.jumps", folder);
  snprintf(other, sizeof other, "%s/b.jumps", folder);
  return site_set_parse(site_text, strlen(site_text), "test", &sites, &err) == LISI_OK ? 0 : 1;
}

static int teardown(void **state) {
  (void)state;
  site_set_free(sites);
  unlink(path);
  unlink(other);
  return rmdir(folder);
}

static jump_log_header header_of(track_mode mode, int dwell) {
  jump_log_header h = {.timestep = 0.002, .every = 10, .start = 20, .natoms = 2, .rule = {mode, mode == TRACK_NEAREST ? 0.0 : 0.75, dwell}, .replicate = {2, 1, 1}};
  memcpy(h.cell, box, sizeof h.cell);
  h.sites = sites;
  return h;
}

static jump_event jump(int64_t step, int64_t id, int from, int to, int nx, int64_t left) {
  const jump_event e = {JUMP_EVENT_JUMP, {step, id, from, to, {nx, 0, 0}, left}};
  return e;
}

#define FINE(call)                                                                                                                                              \
  do {                                                                                                                                                         \
    lisi_error err = {0};                                                                                                                                      \
    if ((call) != LISI_OK) fail_msg("%s", err.message);                                                                                                        \
  } while (0)

static char *contents(const char *name) {
  FILE *f = fopen(name, "r");
  assert_non_null(f);
  char *text = calloc(1, 1 << 16);
  assert_non_null(text);
  const size_t n = fread(text, 1, (1 << 16) - 1, f);
  text[n] = '\0';
  fclose(f);
  return text;
}

static void write_text(const char *name, const char *text, size_t n) {
  FILE *f = fopen(name, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, n, f), n);
  fclose(f);
}

#define HEAD(mode)                                                                                                                                             \
  "lisi-jumps 1\nunits ps Angstrom\ntimestep 0.002\nevery 10\nstart 20\natoms 2\nmode " mode "\nframework no\nreplicate 2 1 1\ncell 8 0 0 0 5 0 0 0 6\n"      \
  "sites 5\n|format: lisi-sites 1\n|cell: [[4, 0, 0], [0, 5, 0], [0, 0, 6]]\n|sites:\n|  - {type: 1, label: A, frac: [0, 0, 0]}\n"                            \
  "|  - {type: 2, label: B, frac: [0.5, 0.5, 0.5]}\ndata\n"

static void text_is_to_the_letter(void **state) {
  (void)state;
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  jump_log *log;
  const double wider[3][3] = {{8.5, 0, 0}, {0, 5, 0}, {0, 0, 6}};
  FINE(jump_log_create(path, &h, &log, &err));
  /* Events come in any order within a flush; the file has them by step, then kind, then id. */
  const jump_event first[] = {jump(20, 7, 0, 3, -1, -1), jump(20, 2, 0, 1, 0, -1)};
  FINE(jump_log_add(log, first, 2, &err));
  jump_log_sampled(log, box);
  FINE(jump_log_flush(log, 20, 21, &err));
  const jump_event late[] = {jump(40, 2, 2, 2, 1, 30), jump(30, 2, 1, 2, 0, 20)};
  FINE(jump_log_add(log, late, 2, &err));
  jump_log_sampled(log, wider);
  jump_log_sampled(log, box);
  FINE(jump_log_flush(log, 40, 41, &err));
  FINE(jump_log_flush(log, 40, 41, &err)); /* nothing new: no second F */
  FINE(jump_log_close(log, &err));
  char *text = contents(path);
  assert_string_equal(text, HEAD("nearest dwell 1") "20 2 0 1 0 0 0\n20 7 0 3 -1 0 0\nF 20 8 0 0 0 5 0 0 0 6\n"
                                                    "30 2 1 2 0 0 0\n40 2 2 2 1 0 0\nF 40 8.1666666666666661 0 0 0 5 0 0 0 6\n");
  free(text);
  assert_true(jump_log_flush_due(0, 10, 3) && !jump_log_flush_due(10, 10, 3) && jump_log_flush_due(30, 10, 3));

  jump_log_data data;
  FINE(jump_log_read(path, &data, &err));
  assert_int_equal(data.n, 4);
  assert_int_equal(data.last, 40);
  assert_true(data.complete);
  assert_true(data.header.timestep == 0.002);
  assert_int_equal(data.header.every, 10);
  assert_int_equal(data.header.start, 20);
  assert_int_equal(data.header.replicate[0], 2);
  assert_string_equal(data.sites->text, site_text);
  assert_true(data.mean_cell[0][0] == (8 + 8.5 + 8) / 3);
  assert_int_equal(data.event[1].r.id, 7);
  assert_int_equal(data.event[1].r.n[0], -1);
  assert_int_equal(data.event[3].r.from, 2);
  jump_log_data_free(&data);
}

static void dwell_holds_back_what_is_unknown(void **state) {
  (void)state;
  jump_log_header h = header_of(TRACK_CORE, 3);
  h.temperature = 700;
  jump_log *log;
  FINE(jump_log_create(path, &h, &log, &err));
  const jump_event e = jump(20, 2, 0, 1, 0, -1), f = jump(30, 2, 1, 2, 0, 20), g = jump(50, 7, 0, 1, 0, -1);
  FINE(jump_log_add(log, &e, 1, &err));
  jump_log_sampled(log, box);
  FINE(jump_log_flush(log, 20, 20, &err)); /* a candidate of the very first sample: nothing is known */
  jump_log_sampled(log, box);
  jump_log_sampled(log, box);
  FINE(jump_log_flush(log, 40, 30, &err)); /* a candidate entered at 30: known up to 20 */
  FINE(jump_log_add(log, &g, 1, &err));
  FINE(jump_log_add(log, &f, 1, &err)); /* confirmed at 50, stamped 30 */
  jump_log_sampled(log, box);
  FINE(jump_log_flush(log, 50, 51, &err));
  FINE(jump_log_close(log, &err));
  char *text = contents(path);
  const char *data = strstr(text, "data\n") + 5;
  assert_string_equal(data, "20 2 0 1 0 0 0\nF 20 8 0 0 0 5 0 0 0 6\n30 2 1 2 0 0 0 20\n50 7 0 1 0 0 0\nF 50 8 0 0 0 5 0 0 0 6\n");
  assert_non_null(strstr(text, "\nmode core 0.75 dwell 3\n"));
  assert_non_null(strstr(text, "\ntemperature 700\n"));
  free(text);
}

/* A run of 60 samples with made jumps of two atoms; stopped after `stop` samples and gone on with from a state, or not (stop = 0). `again` samples are
 * done twice, as when a run is taken up from a restart file older than its end. */
static void made_run(const char *name, int stop, int again) {
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  jump_log *log;
  char saved[4096];
  size_t nsaved = 0;
  FINE(jump_log_create(name, &h, &log, &err));
  for (int round = 0; round < (stop > 0 ? 2 : 1); round++) {
    if (round == 1) {
      FINE(jump_log_close(log, &err));
      FINE(jump_log_reopen(name, &h, jump_log_state_known(saved, nsaved), &log, &err));
      FINE(jump_log_restore(log, saved, nsaved, &err));
    }
    const int from = round == 1 ? stop : 0, to = stop > 0 && round == 0 ? stop + again : 60;
    for (int k = from; k < to; k++) {
      const int64_t step = 20 + 10 * k;
      double H[3][3];
      memcpy(H, box, sizeof H);
      H[0][0] += 0.001 * k * k;
      if (k == 0) {
        const jump_event e[] = {jump(step, 1, 0, 1, 0, -1), jump(step, 2, 0, 2, 0, -1)};
        FINE(jump_log_add(log, e, 2, &err));
      } else if (k % 3 == 0) {
        const int i = k / 3 % 2;
        const jump_event e = jump(step, 1, 1 + !i, 1 + i, i, -1);
        FINE(jump_log_add(log, &e, 1, &err));
      }
      jump_log_sampled(log, H);
      if (jump_log_flush_due(step, 10, 7)) FINE(jump_log_flush(log, step, step + 1, &err));
      if (round == 0 && k + 1 == stop) {
        nsaved = jump_log_state(log, NULL);
        assert_true(nsaved <= sizeof saved);
        assert_int_equal(jump_log_state(log, saved), nsaved);
      }
    }
  }
  FINE(jump_log_flush(log, 20 + 10 * 59, 20 + 10 * 59 + 1, &err));
  FINE(jump_log_close(log, &err));
}

static void restart_makes_the_same_log(void **state) {
  (void)state;
  made_run(path, 0, 0);
  char *whole = contents(path);
  for (int stop = 1; stop < 60; stop += 3)
    for (int again = 0; again <= 12 && stop + again < 60; again += 4) {
      made_run(other, stop, again);
      char *pieces = contents(other);
      assert_string_equal(pieces, whole);
      free(pieces);
    }
  free(whole);

  /* Not the same run. */
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  jump_log *log;
  lisi_error err = {0};
  assert_int_equal(jump_log_reopen(path, &h, 21, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "expected a line 'F 21'"));
  h.every = 20;
  err = (lisi_error){0};
  assert_int_equal(jump_log_reopen(path, &h, 70, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "other sites, sampling or assignment"));
  err = (lisi_error){0};
  assert_int_equal(jump_log_reopen("/nonexistent/x.jumps", &h, 70, &log, &err), LISI_ERR_INPUT);
  h.every = 10;
  err = (lisi_error){0};
  char broken[8] = {0};
  FINE(jump_log_create(other, &h, &log, &err));
  assert_int_equal(jump_log_restore(log, broken, sizeof broken, &err), LISI_ERR_INPUT);
  FINE(jump_log_close(log, &err));
}

static void writing_can_fail(void **state) {
  (void)state;
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  jump_log *log;
  lisi_error err = {0};
  assert_int_equal(jump_log_create("/nonexistent/x.jumps", &h, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nonexistent/x.jumps: cannot be written"));
  err = (lisi_error){0};
  assert_int_equal(jump_log_create("x.jumps.gz", &h, &log, &err), LISI_ERR_INPUT);
  if (access("/dev/full", W_OK) == 0) {
    err = (lisi_error){0};
    assert_int_equal(jump_log_create("/dev/full", &h, &log, &err), LISI_ERR_IO);
    assert_null(log);
    assert_non_null(strstr(err.message, "/dev/full: writing failed: No space left"));
  }
}

/* Every part of a log is either good as far as it is known, or refused with the name of the file. */
static void cut_off_anywhere(void **state) {
  (void)state;
  made_run(path, 0, 0);
  char *text = contents(path);
  const size_t n = strlen(text), data = (size_t)(strstr(text, "data\n") + 5 - text);
  jump_log_data whole;
  FINE(jump_log_read(path, &whole, &err));
  for (size_t cut = 0; cut < n; cut++) {
    write_text(other, text, cut);
    jump_log_data part;
    lisi_error err = {0};
    const lisi_status status = jump_log_read(other, &part, &err);
    if (cut + 1 < data) {
      assert_int_not_equal(status, LISI_OK);
      assert_non_null(strstr(err.message, other));
      continue;
    }
    if (status != LISI_OK) fail_msg("%s", err.message);
    assert_true(part.n <= whole.n && part.last < whole.last);
    for (size_t k = 0; k < part.n; k++) assert_memory_equal(&part.event[k], &whole.event[k], sizeof(jump_event));
    if (part.n > 0) assert_true(part.event[part.n - 1].r.step <= part.last);
    if (cut >= data && text[cut - 1] != '\n') assert_false(part.complete);
    jump_log_data_free(&part);
  }
  /* gz, whole and cut off */
  gzFile z = gzopen(other, "wb");
  assert_int_equal(gzwrite(z, text, (unsigned)n), n);
  gzclose(z);
  jump_log_data zipped;
  FINE(jump_log_read(other, &zipped, &err));
  assert_int_equal(zipped.n, whole.n);
  assert_memory_equal(zipped.event, whole.event, whole.n * sizeof(jump_event));
  jump_log_data_free(&zipped);
  jump_log_data_free(&whole);
  free(text);
}

static void refuses(const char *find, const char *replace, const char *message) {
  static const char good[] = HEAD("nearest dwell 1") "20 2 0 1 0 0 0\n20 7 0 3 -1 0 0\nF 20 8 0 0 0 5 0 0 0 6\n30 2 1 2 0 0 0\nB 60\n60 2 0 1 0 0 0\nE 80 2\n"
                                                     "F 90 8 0 0 0 5 0 0 0 6\n";
  char text[2000], expected[200];
  const char *at = strstr(good, find);
  assert_non_null(at);
  snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, replace, at + strlen(find));
  write_text(path, text, strlen(text));
  jump_log_data data;
  lisi_error err = {0};
  const lisi_status status = jump_log_read(path, &data, &err);
  if (*message == '\0') {
    if (status != LISI_OK) fail_msg("%s", err.message);
    jump_log_data_free(&data);
    return;
  }
  if (status == LISI_OK) fail_msg("'%s' for '%s' was taken", replace, find);
  snprintf(expected, sizeof expected, "%s:%s", path, message);
  if (*message == 'f') snprintf(expected, sizeof expected, "%s (sites from line 12):4: %s", path, message);
  if (strstr(err.message, expected) == NULL) fail_msg("expected '%s', found '%s'", expected, err.message);
}

static void wrong_lines_are_told(void **state) {
  (void)state;
  refuses("every 10", "every 10", "");
  refuses("lisi-jumps 1", "lisi-jumps 2", "1: this program reads 'lisi-jumps 1', found 'lisi-jumps 2'");
  refuses("lisi-jumps 1", "step,id", "1: expected a jump log");
  refuses("timestep 0.002", "timestep -1", "3: expected 'timestep' and a positive number");
  refuses("timestep 0.002", "timestep nan", "3: expected 'timestep'");
  refuses("every 10\n", "", "16: the header has no line 'every'");
  refuses("every 10", "every 10\nevery 10", "5: expected each header key once");
  refuses("every 10", "every 0", "4: expected 'every'");
  refuses("every 10", "colour blue", "4: expected a header line");
  refuses("mode nearest dwell 1", "mode nearest dwell 0", "7: expected 'mode");
  refuses("mode nearest dwell 1", "mode core dwell 1", "7: expected 'mode");
  refuses("mode nearest dwell 1", "mode core -1 dwell 1", "7: expected 'mode");
  refuses("replicate 2 1 1", "replicate 2 1 0", "9: expected 'replicate");
  refuses("replicate 2 1 1", "replicate 10000 10000 10000", " more than");
  refuses("cell 8 0 0 0 5 0 0 0 6", "cell 8 0 0 0 5 0 0 0 0", "10: expected three independent");
  refuses("sites 5", "sites 6", "17: expected a line of the site file behind '|', found 'data'");
  refuses("sites 5", "sites 4", "16: expected a header line");
  refuses("frac: [0, 0, 0]", "frac: [0, 0]", "frac");
}

static void wrong_records_are_told(void **state) {
  (void)state;
  refuses("30 2 1 2 0 0 0", "30 2 1 5 0 0 0", "21: expected 'step id from to nx ny nz [left]' with sites from 0 to 4");
  refuses("30 2 1 2 0 0 0", "30 2 1 2 0 0", "21: expected 'step id");
  refuses("30 2 1 2 0 0 0", "30 2 1 2 0 0 x", "21: expected 'step id");
  refuses("30 2 1 2 0 0 0", "30 2 1 2 0 0 1.5", "21: expected 'step id");
  refuses("30 2 1 2 0 0 0", "", "21: expected a record");
  refuses("30 2 1 2 0 0 0", "30 2 0 0 0 0 0", "21: expected a change of site");
  refuses("30 2 1 2 0 0 0", "30 2 2 1 0 0 0", "21: expected atom 2 to leave site 1, where it was");
  refuses("30 2 1 2 0 0 0", "33 2 1 2 0 0 0", "21: expected a step on the sampling grid");
  refuses("30 2 1 2 0 0 0", "20 2 1 2 0 0 0", "21: expected records in the order of their steps");
  refuses("30 2 1 2 0 0 0", "70 2 1 2 0 0 0", "22: expected records in the order of their steps");
  refuses("B 60", "B", "22: expected 'B step'");
  refuses("E 80 2", "E 80", "24: expected 'E step id'");
  refuses("F 90 8 0 0", "F 90 8 0", "25: expected 'F step' and nine numbers");
  refuses("F 90 8", "F 90 inf", "25: expected 'F step'");
  refuses("F 90", "F 50", "25: expected an F line at a later sample");
  refuses("F 90", "F 95", "25: expected an F line at a later sample");
  refuses("60 2 0 1 0 0 0", "60 2 2 1 0 0 0", "23: expected atom 2 to leave site 0");
  refuses("30 2 1 2 0 0 0", "99999999999999999999 2 1 2 0 0 0", "21: expected 'step id");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_to_the_letter),     cmocka_unit_test(dwell_holds_back_what_is_unknown),
                                     cmocka_unit_test(restart_makes_the_same_log), cmocka_unit_test(writing_can_fail),
                                     cmocka_unit_test(cut_off_anywhere),          cmocka_unit_test(wrong_lines_are_told),
                                     cmocka_unit_test(wrong_records_are_told)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
