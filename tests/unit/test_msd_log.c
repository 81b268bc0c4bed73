/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of mean-square displacements: the grid of lags, means and errors by hand, going on after a restart, damage
 * told. */
#include "msd_log.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char folder[64];
static char path[96], other[96];

static int set_up(void **state) {
  (void)state;
  /* Thousands of small files: in memory where there is a place for it. */
  (void)snprintf(folder, sizeof folder, "%s/lisi-msd-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(folder) == NULL)
    return 1;
  (void)snprintf(path, sizeof path, "%s/run.msd", folder);
  (void)snprintf(other, sizeof other, "%s/other", folder);
  (void)signal(SIGXFSZ, SIG_IGN);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  (void)unlink(path);
  (void)unlink(other);
  return rmdir(folder);
}

static char *contents(const char *file, size_t *size) {
  FILE *f = fopen(file, "rb");
  assert_non_null(f);
  char *bytes = malloc(1 << 18);
  assert_non_null(bytes);
  *size = fread(bytes, 1, (1 << 18) - 1, f);
  bytes[*size] = '\0';
  (void)fclose(f);
  return bytes;
}

static void write_file(const char *file, const char *bytes, size_t size) {
  FILE *f = fopen(file, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, size, f), size);
  assert_int_equal(fclose(f), 0);
}

static void grid(void **state) {
  (void)state;
  const msd_plan plan = {.spacing = 20, .norigins = 7}, none = {.spacing = 0, .norigins = 7};
  const int lags[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100, 126};
  size_t next = 0;
  for (int64_t lag = -5; lag < 1000; lag++)
    if (msd_is_lag(&plan, lag)) {
      assert_true(next < sizeof lags / sizeof *lags);
      assert_int_equal(lag, lags[next++]);
    }
  assert_int_equal(next, sizeof lags / sizeof *lags);
  const msd_plan edge = {.spacing = 50, .norigins = 2}; /* 100 samples: the slot is taken again then */
  assert_true(msd_is_lag(&edge, 79));
  assert_false(msd_is_lag(&edge, 100));
  for (int64_t s = 0; s < 400; s++) {
    assert_true(msd_is_origin(&plan, s) == (s % 20 == 0));
    assert_false(msd_is_origin(&none, s));
    if (s % 20 == 0)
      assert_int_equal(msd_slot(&plan, s), s / 20 % 7);
  }
  assert_false(msd_is_lag(&none, 1));
  /* Ten per decade further up, each once. */
  const msd_plan large = {.spacing = 1000000, .norigins = 10};
  int count = 0;
  for (int64_t lag = 1000; lag < 10000; lag++)
    count += msd_is_lag(&large, lag);
  assert_int_equal(count, 10);
}

/* Ballistic: every atom moves by v t, so that each tensor is natoms v v^T lag^2; read back to ten digits. */
static void what_is_written_is_read(void **state) {
  (void)state;
  const double v[3] = {0.5, -1.0, 2.0};
  lisi_error err = {0};
  msd_log *log = NULL;
  assert_int_equal(msd_log_create(path, 0.002, 5, &log, &err), LISI_OK);
  for (int64_t now = 0; now <= 600; now += 5)
    for (int64_t origin = 0; origin < now; origin += 100)
      if ((now - origin) % 50 == 0) {
        const double t = 0.002 * (double)(now - origin), w = 12.0 * t * t;
        const double sum[6] = {w * v[0] * v[0], w * v[1] * v[1], w * v[2] * v[2],
                               w * v[0] * v[1], w * v[0] * v[2], w * v[1] * v[2]};
        assert_int_equal(msd_log_line(log, origin, now - origin, 12, sum, &err), LISI_OK);
        assert_int_equal(msd_log_line(log, origin, now - origin, 0, sum, &err), LISI_OK); /* no atoms, no line */
      }
  assert_int_equal(msd_log_flush(log, &err), LISI_OK);
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  assert_int_equal(msd_log_close(NULL, &err), LISI_OK);
  int n = 0;
  msd_point *point = NULL;
  if (msd_log_read(path, &n, &point, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_int_equal(n, 12);
  for (int k = 0; k < n; k++) {
    const double t = 0.1 * (k + 1), tt[6] = {0.25, 1, 4, -0.5, 1, -2};
    assert_true(fabs(point[k].lag - t) < 1e-12);
    assert_int_equal(point[k].norigins, 6 - k / 2);
    for (int m = 0; m < 6; m++)
      assert_true(fabs(point[k].tensor[m] - tt[m] * t * t) < 1e-9 * t * t * 4);
    assert_true(fabs(point[k].msd - 5.25 * t * t) < 1e-8 * t * t);
    assert_true(point[k].error < 1e-4 * t * t); /* all origins say the same */
  }
  free(point);
  /* Compressed, the same. */
  size_t size;
  char *text = contents(path, &size);
  gzFile z = gzopen(other, "wb");
  assert_int_equal(gzwrite(z, text, (unsigned)size), (int)size);
  assert_int_equal(gzclose(z), Z_OK);
  free(text);
  assert_int_equal(msd_log_read(other, &n, &point, &err), LISI_OK);
  assert_int_equal(n, 12);
  free(point);
}

/* Twenty origins two lags apart, alternately in pairs 1 and 3: ten blocks of 1 and 3, mean 2, error sqrt(1 / 9). */
static void errors_come_from_blocks(void **state) {
  (void)state;
  lisi_error err = {0};
  msd_log *log = NULL;
  assert_int_equal(msd_log_create(path, 1.0, 1, &log, &err), LISI_OK);
  for (int k = 0; k < 20; k++) {
    const double sum[6] = {k / 2 % 2 ? 3.0 : 1.0, 0, 0, 0, 0, 0};
    assert_int_equal(msd_log_line(log, 20 * k, 10, 1, sum, &err), LISI_OK);
  }
  const double alone[6] = {7, 8, 9, 0, 0, 0};
  assert_int_equal(msd_log_line(log, 0, 1000, 2, alone, &err), LISI_OK);
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  int n = 0;
  msd_point *point = NULL;
  assert_int_equal(msd_log_read(path, &n, &point, &err), LISI_OK);
  assert_int_equal(n, 2);
  assert_true(point[0].norigins == 20 && fabs(point[0].msd - 2.0) < 1e-12 && fabs(point[0].error - 1.0 / 3) < 1e-12);
  assert_true(point[1].norigins == 1 && point[1].msd == 12.0 && point[1].error == 0.0);
  free(point);
}

static void lines_up_to(msd_log *log, int64_t from, int64_t to) {
  const msd_plan plan = {.spacing = 8, .norigins = 3};
  lisi_error err = {0};
  for (int64_t s = from; s <= to; s++)
    for (int64_t origin = s - 24 > 0 ? s - 24 : 0; origin < s; origin++)
      if (msd_is_origin(&plan, origin) && msd_is_lag(&plan, s - origin)) {
        const double x = (double)(s * 37 % 11) + 1.0 / 3, sum[6] = {x, x + 1, x + 2, -x, 0, 1e-7 * x};
        assert_int_equal(msd_log_line(log, origin * 5, (s - origin) * 5, 3, sum, &err), LISI_OK);
      }
}

static void pieces_make_the_same_file(void **state) {
  (void)state;
  lisi_error err = {0};
  msd_log *log = NULL;
  size_t want_size, size;
  assert_int_equal(msd_log_create(other, 0.002, 5, &log, &err), LISI_OK);
  lines_up_to(log, 0, 60);
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  char *want = contents(other, &want_size);
  for (int cut = 0; cut <= 60; cut++) {
    const int killed = cut + cut * 7 % 9;
    assert_int_equal(msd_log_create(path, 0.002, 5, &log, &err), LISI_OK);
    lines_up_to(log, 0, killed);
    assert_int_equal(msd_log_close(log, &err), LISI_OK);
    if (cut % 2 == 1) { /* half a line at the end */
      FILE *f = fopen(path, "a");
      assert_non_null(f);
      (void)fputs("100 5 3 0.12", f);
      (void)fclose(f);
    }
    if (msd_log_reopen(path, 0.002, 5, cut * 5, &log, &err) != LISI_OK)
      fail_msg("%s", err.message);
    lines_up_to(log, cut + 1, 60);
    assert_int_equal(msd_log_close(log, &err), LISI_OK);
    char *got = contents(path, &size);
    assert_int_equal(size, want_size);
    assert_memory_equal(got, want, size);
    free(got);
  }
  /* A missing file is made anew. */
  assert_int_equal(unlink(path), 0);
  assert_int_equal(msd_log_reopen(path, 0.002, 5, 100, &log, &err), LISI_OK);
  lines_up_to(log, 0, 60);
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  char *got = contents(path, &size);
  assert_int_equal(size, want_size);
  assert_memory_equal(got, want, size);
  free(got);
  free(want);
}

static void refusals(void **state) {
  (void)state;
  lisi_error err = {0};
  msd_log *log = NULL;
  int n = 5;
  msd_point *point = (msd_point *)&err;
  assert_int_equal(msd_log_create("/nowhere/x.msd", 0.002, 5, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nowhere/x.msd: cannot be written"));
  err = (lisi_error){0};
  assert_int_equal(msd_log_read("/nowhere/x.msd", &n, &point, &err), LISI_ERR_INPUT);
  assert_true(n == 0 && point == NULL);
  const struct {
    const char *text, *message;
    lisi_status status;
  } cases[] = {
      {"", "ends inside its header", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 0.002\nevery 5\n", "ends inside its header", LISI_ERR_INPUT},
      {"lisi-msd 1\nevery 5\ndata\n", "other: ", LISI_ERR_INPUT},
      {"lisi-msd 2\n", "other:1: this program reads 'lisi-msd 1', found 'lisi-msd 2'", LISI_ERR_VERSION},
      {"lisi-jumps 1\n", "other:1: expected 'lisi-msd 1', found 'lisi-jumps 1'", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep -1\n", "other:2: timestep: expected a positive number, found '-1'", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 5 3 1 2 3 4 5\n", "other:5: expected 'origin lag atoms",
       LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 5 3 1 2 3 4 5 6 7\n", "other:5: expected 'origin", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 5 3 1 2 nan 4 5 6\n", "other:5: expected 'origin", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 0 3 1 2 3 4 5 6\n", "other:5: expected 'origin", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n-5 5 3 1 2 3 4 5 6\n", "other:5: expected 'origin", LISI_ERR_INPUT},
      {"lisi-msd 1\ntimestep 1\nevery 5\ndata\n\n", "other:5: expected 'origin", LISI_ERR_INPUT}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    write_file(other, cases[c].text, strlen(cases[c].text));
    err = (lisi_error){0};
    const lisi_status status = msd_log_read(other, &n, &point, &err);
    if (status != cases[c].status || strstr(err.message, cases[c].message) == NULL)
      fail_msg("case %zu: expected '%s', found %d '%s'", c, cases[c].message, (int)status, err.message);
    assert_true(n == 0 && point == NULL);
  }
  /* Half a line at the end is that of a killed run; no line at all is no error. */
  const char half[] = "lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 5 3 1 2 3 4 5 6\n0 10 3 1";
  write_file(other, half, strlen(half));
  err = (lisi_error){0};
  assert_int_equal(msd_log_read(other, &n, &point, &err), LISI_OK);
  assert_int_equal(n, 1);
  free(point);
  /* Going on in a file of another run, or in a damaged one, touches nothing. */
  const char *files[] = {"lisi-msd 1\ntimestep 1\nevery 6\ndata\n", "lisi-msd 1\ntimestep 2\nevery 5\ndata\n", "",
                         "lisi-jumps 1\ndata\n",
                         "lisi-msd 1\ntimestep 1\nevery 5\ndata\n0 5 3 1 2 3 x 5 6\n0 10 3 1 2 3 4 5 6\n"};
  for (int c = 0; c < 5; c++) {
    write_file(other, files[c], strlen(files[c]));
    err = (lisi_error){0};
    assert_int_equal(msd_log_reopen(other, 1.0, 5, 1000, &log, &err), LISI_ERR_INPUT);
    assert_non_null(
        strstr(err.message, c < 4 ? "other: expected an MSD log of this run" : "other:5: expected 'origin"));
    assert_null(log);
    size_t size;
    char *after = contents(other, &size);
    assert_string_equal(after, files[c]);
    free(after);
  }
}

static void full_disk(void **state) {
  (void)state;
  msd_log *log = NULL;
  lisi_error err = {0};
  if (access("/dev/full", W_OK) == 0) {
    assert_int_equal(msd_log_create("/dev/full", 0.002, 5, &log, &err), LISI_ERR_IO);
    assert_non_null(strstr(err.message, "/dev/full: writing failed"));
    assert_null(log);
    assert_int_equal(access("/dev/full", W_OK), 0); /* still there, even for root */
  }
  struct rlimit before, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 1000;
  err = (lisi_error){0};
  assert_int_equal(msd_log_create(path, 0.002, 5, &log, &err), LISI_OK);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  lisi_status status = LISI_OK;
  const double sum[6] = {1, 2, 3, 4, 5, 6};
  int k = 0;
  for (; k < 1000 && status == LISI_OK; k++) {
    status = msd_log_line(log, 0, k + 1, 1, sum, &err);
    if (status == LISI_OK)
      status = msd_log_flush(log, &err);
  }
  const lisi_status closed = msd_log_close(log, &(lisi_error){0});
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, LISI_ERR_IO);
  assert_int_equal(closed, LISI_ERR_IO);
  assert_true(k < 100);
}

static void fuzz(void **state) {
  (void)state;
  lisi_error err = {0};
  msd_log *log = NULL;
  assert_int_equal(msd_log_create(path, 0.002, 5, &log, &err), LISI_OK);
  lines_up_to(log, 0, 20);
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  size_t size;
  char *good = contents(path, &size), *text = malloc(size + 64);
  assert_non_null(text);
  const char alphabet[] = "0123456789.-+e \n\tnaif\x80\xff\x00\r9999";
  uint32_t x = 88172645u;
  int accepted = 0;
  for (int trial = 0; trial < 3000; trial++) {
    size_t n = size;
    memcpy(text, good, n);
    for (int e = 0; e <= trial % 3; e++) {
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      const size_t at = x % n;
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      const char c = alphabet[x % (sizeof alphabet - 1)];
      if ((x >> 20) % 3 == 0)
        text[at] = c;
      else if ((x >> 20) % 3 == 1) {
        memmove(text + at + 1, text + at, n - at);
        text[at] = c;
        n++;
      } else {
        memmove(text + at, text + at + 1, n - at - 1);
        n--;
      }
    }
    write_file(other, text, n);
    int points = 0;
    msd_point *point = NULL;
    err = (lisi_error){0};
    if (msd_log_read(other, &points, &point, &err) == LISI_OK) {
      accepted++;
      for (int k = 0; k < points; k++)
        assert_true(point[k].lag > 0.0 && point[k].norigins > 0 && (k == 0 || point[k].lag > point[k - 1].lag));
    } else {
      assert_non_null(strstr(err.message, "other"));
    }
    free(point);
    err = (lisi_error){0};
    if (msd_log_reopen(other, 0.002, 5, trial % 120, &log, &err) == LISI_OK)
      assert_int_equal(msd_log_close(log, &err), LISI_OK);
  }
  assert_true(accepted > 300 && accepted < 3000);
  free(text);
  free(good);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(grid),
                                     cmocka_unit_test(what_is_written_is_read),
                                     cmocka_unit_test(errors_come_from_blocks),
                                     cmocka_unit_test(pieces_make_the_same_file),
                                     cmocka_unit_test(refusals),
                                     cmocka_unit_test(full_disk),
                                     cmocka_unit_test(fuzz)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
