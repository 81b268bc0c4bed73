/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damaged site files, jump logs and MSD logs: whatever stands in them, the readers end with a result that keeps its
 * promises or with a message that names the file. Runs under the sanitizers in the builds that have them. */
#include "jump_log.h"
#include "msd_log.h"
#include "sites.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LARGEST = 1 << 15 };
static char folder[] = "/tmp/lisi-jumps-fuzz-XXXXXX";
static char path[64];

static int setup(void **state) {
  (void)state;
  if (mkdtemp(folder) == NULL)
    return 1;
  snprintf(path, sizeof path, "%s/file", folder);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  unlink(path);
  return rmdir(folder);
}

static uint64_t seed = 20240611;
static unsigned below(unsigned n) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)((seed >> 20) % n);
}

/* One to four of: a byte changed, a piece left out, a piece doubled, a number put in place of another, the end cut off.
 */
static size_t damage(const char *good, char *bad) {
  static const char *const number[] = {"0",          "-1",
                                       "1e400",      "nan",
                                       "-inf",       "99999999999999999999",
                                       "2147483648", "4294967297",
                                       "1e-320",     "9007199254740993",
                                       ".",          "-",
                                       "1e9",        "[",
                                       "}",          "|"};
  size_t n = strlen(good);
  memcpy(bad, good, n);
  for (unsigned k = 1 + below(4); k > 0 && n > 0; k--) {
    const size_t at = below((unsigned)n), span = 1 + below(60) % (n - at);
    switch (below(5)) {
    case 0:
      bad[at] = (char)below(256);
      break;
    case 1:
      memmove(bad + at, bad + at + span, n - at - span);
      n -= span;
      break;
    case 2:
      if (n + span > LARGEST)
        break;
      memmove(bad + at + span, bad + at, n - at);
      n += span;
      break;
    case 3: {
      const char *text = number[below(sizeof number / sizeof *number)];
      size_t from = at;
      while (from < n && strchr("0123456789.-", bad[from]) == NULL)
        from++;
      size_t to = from;
      while (to < n && bad[to] != '\0' && strchr("0123456789.-", bad[to]) != NULL)
        to++;
      const size_t length = strlen(text);
      if (n - (to - from) + length > LARGEST)
        break;
      memmove(bad + from + length, bad + to, n - to);
      memcpy(bad + from, text, length);
      n = n - (to - from) + length;
      break;
    }
    default:
      n = below(3) == 0 ? at : n;
      break;
    }
  }
  return n;
}

static void write_file(const char *text, size_t n) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_int_equal(fwrite(text, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

static const char site_text[] = "format: lisi-sites 1\n"
                                "cell: [[4.0, 0, 0], [0.5, 5.0, 0], [0, -0.25, 6.0]]\n"
                                "framework:\n"
                                "  - {species: Si, frac: [0.25, 0.25, 0.75]}\n"
                                "replicate: [2, 1, 1]\n"
                                "sites:\n"
                                "  - {type: 1, label: A, frac: [0.0, 0.0, 0.0], multiplicity: 1, radius: 0.9}\n"
                                "  - {type: 2, label: B, frac: [0.5, 0.5, 0.5]}\n"
                                "  - {type: 2, frac: [0.5, 0.0, 0.5]}\n";

static void site_files(void **state) {
  (void)state;
  static char bad[LARGEST];
  int good = 0;
  for (int round = 0; round < 20000; round++) {
    const size_t n = damage(site_text, bad);
    site_set *set = NULL;
    lisi_error err = {0};
    if (site_set_parse(bad, n, "sites.yaml", &set, &err) != LISI_OK) {
      assert_null(set);
      if (strstr(err.message, "sites.yaml") == NULL)
        fail_msg("no file in: %s", err.message);
      continue;
    }
    good++;
    assert_true(set->nsites >= 1 && set->cell.volume > 0.0);
    for (int k = 0; k < set->nsites; k++) {
      assert_true(set->site[k].type >= 1 && set->site[k].label[0] != '\0');
      for (int m = 0; m < 3; m++)
        assert_true(set->site[k].frac[m] >= 0.0 && set->site[k].frac[m] < 1.0);
    }
    for (int k = 0; k < set->nframework; k++)
      for (int m = 0; m < 3; m++)
        assert_true(set->framework[k][m] >= 0.0 && set->framework[k][m] < 1.0);
    int replicate[3];
    err = (lisi_error){0};
    if (site_set_replicate(set, &set->cell, NULL, replicate, &err) != LISI_OK)
      assert_true(err.message[0] != '\0');
    site_set_free(set);
  }
  assert_true(good > 500 && good < 15000); /* neither harmless nor hopeless */
}

static void jump_logs(void **state) {
  (void)state;
  static char text[LARGEST], bad[LARGEST];
  site_set *sites;
  lisi_error err = {0};
  assert_int_equal(site_set_parse(site_text, strlen(site_text), "x", &sites, &err), LISI_OK);
  jump_log_header h = {.timestep = 0.002,
                       .every = 50,
                       .start = 100,
                       .natoms = 3,
                       .rule = {TRACK_CORE, 0.8, 2},
                       .framework = true,
                       .replicate = {2, 1, 1},
                       .temperature = 650,
                       .sites = sites};
  memcpy(h.cell, sites->cell.H, sizeof h.cell);
  jump_log *log;
  assert_int_equal(jump_log_create(path, &h, &log, &err), LISI_OK);
  for (int k = 0; k < 30; k++) {
    const int64_t step = 100 + 50 * k;
    const jump_event e[2] = {
        {JUMP_EVENT_JUMP,
         {step, 4, k == 0 ? 0 : 1 + (k - 1) % 6, 1 + k % 6, {k % 3 - 1, 0, 0}, k == 0 ? -1 : step - 50}},
        {JUMP_EVENT_JUMP, {step, 9, k == 0 || k == 20 ? 0 : 6 - (k - 1) % 6, 6 - k % 6, {0, k % 2, 0}, -1}}};
    const jump_event gone = {JUMP_EVENT_GONE, {.step = step, .id = 9}};
    if (k == 20)
      assert_int_equal(jump_log_add(log, &gone, 1, &err), LISI_OK);
    assert_int_equal(jump_log_add(log, e, 2, &err), LISI_OK);
    jump_log_sampled(log, h.cell);
    if (k % 7 == 0)
      assert_int_equal(jump_log_flush(log, step, step + 1, &err), LISI_OK);
  }
  assert_int_equal(jump_log_close(log, &err), LISI_OK);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  fclose(f);

  int good = 0;
  for (int round = 0; round < 2500; round++) {
    write_file(bad, damage(text, bad));
    jump_log_data data;
    err = (lisi_error){0};
    if (jump_log_read(path, &data, &err) != LISI_OK) {
      if (strstr(err.message, path) == NULL)
        fail_msg("no file in: %s", err.message);
    } else {
      good++;
      const int nsites =
          data.sites->nsites * data.header.replicate[0] * data.header.replicate[1] * data.header.replicate[2];
      for (size_t k = 0; k < data.n; k++) {
        const jump_record *r = &data.event[k].r;
        assert_true(r->step >= data.header.start && r->step <= data.last);
        assert_true(r->from >= 0 && r->from <= nsites && r->to >= 0 && r->to <= nsites);
      }
      for (int m = 0; m < 9; m++)
        assert_true(isfinite(data.mean_cell[m / 3][m % 3]));
      jump_log_data_free(&data);
    }
    /* Going on with it: refused, or cut back to what stands before. */
    err = (lisi_error){0};
    if (jump_log_reopen(path, &h, 100 + 50 * 14, &log, &err) != LISI_OK)
      assert_true(err.message[0] != '\0');
    else
      assert_int_equal(jump_log_close(log, &err), LISI_OK);
  }
  assert_true(good > 100 && good < 2200);
  site_set_free(sites);
}

static void msd_logs(void **state) {
  (void)state;
  static char text[LARGEST], bad[LARGEST];
  msd_log *log;
  lisi_error err = {0};
  assert_int_equal(msd_log_create(path, 0.002, 50, &log, &err), LISI_OK);
  for (int k = 0; k < 40; k++) {
    const double sum[6] = {k, 2 * k, 0.5 * k, -k, 0, 1e-9 * k};
    assert_int_equal(msd_log_line(log, 100 * (k / 4), 50 * (1 + k % 4), 3, sum, &err), LISI_OK);
  }
  assert_int_equal(msd_log_close(log, &err), LISI_OK);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  fclose(f);
  int good = 0;
  for (int round = 0; round < 2500; round++) {
    write_file(bad, damage(text, bad));
    int n = 0;
    msd_point *point = NULL;
    err = (lisi_error){0};
    if (msd_log_read(path, &n, &point, &err) != LISI_OK) {
      if (strstr(err.message, path) == NULL)
        fail_msg("no file in: %s", err.message);
    } else {
      good++;
      for (int k = 0; k < n; k++) {
        assert_true(point[k].lag > 0.0 && point[k].norigins > 0);
        assert_true(k == 0 || point[k].lag > point[k - 1].lag);
      }
    }
    free(point);
    err = (lisi_error){0};
    if (msd_log_reopen(path, 0.002, 50, 600, &log, &err) == LISI_OK)
      assert_int_equal(msd_log_close(log, &err), LISI_OK);
  }
  assert_true(good > 100 && good < 2400);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(site_files), cmocka_unit_test(jump_logs),
                                     cmocka_unit_test(msd_logs)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
