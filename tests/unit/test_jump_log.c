/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump log: what is written is read back, a run in pieces leaves the file of a whole one, and damage is told with
 * file and line. */
#include "jump_log.h"

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

enum { ATOMS = 7, SAMPLES = 60, EVERY = 5, START = 35, FLUSH = 4, NSITES = 3 * 4 };

static const char site_text[] = "format: lisi-sites 1 # kept\n"
                                "cell: [[5, 0, 0], [0, 5, 0], [0, 0, 5]]\n"
                                "\n"
                                "sites:\n"
                                "  - {type: 1, label: Li1, frac: [0, 0, 0]}\n"
                                "  - {type: 1, label: Li1, frac: [0.5, 0.5, 0.5]}\n"
                                "  - {type: 2, frac: [0.5, 0, 0]}\n";

static char folder[64];
static char path[96], other[96];
static site_set *sites;

static int set_up(void **state) {
  (void)state;
  lisi_error err = {0};
  /* Thousands of small files: in memory where there is a place for it. */
  (void)snprintf(folder, sizeof folder, "%s/lisi-jumps-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(folder) == NULL)
    return 1;
  (void)snprintf(path, sizeof path, "%s/run.jumps", folder);
  (void)snprintf(other, sizeof other, "%s/other", folder);
  (void)signal(SIGXFSZ, SIG_IGN);
  return site_set_parse(site_text, strlen(site_text), "s.yaml", &sites, &err) != LISI_OK;
}

static int tear_down(void **state) {
  (void)state;
  site_set_free(sites);
  (void)unlink(path);
  (void)unlink(other);
  return rmdir(folder);
}

static jump_log_header header_of(track_mode mode, int dwell) {
  const jump_log_header header = {.timestep = 0.002,
                                  .every = EVERY,
                                  .start = START,
                                  .natoms = ATOMS,
                                  .rule = {mode, mode == TRACK_NEAREST ? 0.0 : 1.0 / 3.0, dwell},
                                  .framework = true,
                                  .replicate = {2, 2, 1},
                                  .cell = {{10.1, 0, 0}, {0.3, 10, 0}, {0, -1.0 / 3, 5}},
                                  .temperature = 800,
                                  .charge = 1,
                                  .sites = sites};
  return header;
}

/* ---- a run of a few atoms ---- */

typedef struct {
  jump_log_header header;
  atom_track track[ATOMS];
  jump_log *log;
} run;

static uint32_t mix(uint32_t x) {
  x ^= x >> 16, x *= 0x7feb352dU, x ^= x >> 15, x *= 0x846ca68bU, x ^= x >> 16;
  return x;
}

/* Where atom a is at sample k: stays for a while, then goes elsewhere. */
static site_hit hit_at(int a, int k) {
  const uint32_t stay = mix((uint32_t)(a * 1000 + k / 3)), now = mix((uint32_t)(a * 7919 + k));
  const uint32_t w = now % 4 == 0 ? now : stay;
  const site_hit hit = {
      .site = 1 + (int)(w % 4), .n = {(int)(w >> 8) % 2, -(int)(w >> 9) % 2, 3}, .distance = now % 5 ? 0.1 : 0.9};
  return hit;
}

static void box_at(int k, double H[3][3]) {
  const double h[3][3] = {{10.0 + 0.01 * k, 0, 0}, {0.3, 10 - 1.0 / (3 + k), 0}, {0, 0.1 * (k % 3), 5}};
  memcpy(H, h, sizeof h);
}

static void sample(run *r, int k) {
  const int64_t step = START + (int64_t)k * EVERY;
  lisi_error err = {0};
  double H[3][3];
  int64_t unknown = step + 1;
  box_at(k, H);
  if (k == 30) /* frames are missing before this one: every path starts anew */
    for (int a = 0; a < ATOMS; a++) {
      const jump_event gap = {.kind = JUMP_EVENT_BREAK, .r = {.step = step}};
      if (a == 0)
        assert_int_equal(jump_log_add(r->log, &gap, 1, &err), LISI_OK);
      memset(&r->track[a], 0, sizeof r->track[a]);
    }
  for (int a = ATOMS - 1; a >= 0; a--) {
    if (a == 3 && k >= 10 && k < 20) { /* gone for a while */
      const jump_event gone = {.kind = JUMP_EVENT_GONE, .r = {.step = step, .id = 103}};
      if (k == 10)
        assert_int_equal(jump_log_add(r->log, &gone, 1, &err), LISI_OK);
      memset(&r->track[a], 0, sizeof r->track[a]);
      continue;
    }
    const site_hit hit = hit_at(a, k);
    jump_event e = {.kind = JUMP_EVENT_JUMP};
    if (tracker_advance(&r->header.rule, step, &hit, &r->track[a], &e.r)) {
      e.r.id = 100 + a;
      assert_int_equal(jump_log_add(r->log, &e, 1, &err), LISI_OK);
    }
    const int64_t from = tracker_unknown_from(&r->track[a], step);
    if (from < unknown)
      unknown = from;
  }
  jump_log_sampled(r->log, (const double(*)[3])H);
  if (jump_log_flush_due(step, EVERY, FLUSH) || k == SAMPLES - 1)
    if (jump_log_flush(r->log, step, unknown, &err) != LISI_OK)
      fail_msg("%s", err.message);
}

static void begin(run *r, const char *file, track_mode mode, int dwell) {
  lisi_error err = {0};
  memset(r, 0, sizeof *r);
  r->header = header_of(mode, dwell);
  if (jump_log_create(file, &r->header, &r->log, &err) != LISI_OK)
    fail_msg("%s", err.message);
}

static void end(run *r) {
  lisi_error err = {0};
  assert_int_equal(jump_log_close(r->log, &err), LISI_OK);
}

static void whole_run(const char *file, track_mode mode, int dwell) {
  run r;
  begin(&r, file, mode, dwell);
  for (int k = 0; k < SAMPLES; k++)
    sample(&r, k);
  end(&r);
}

static char *contents(const char *file, size_t *size) {
  FILE *f = fopen(file, "rb");
  assert_non_null(f);
  char *bytes = malloc(1 << 20);
  assert_non_null(bytes);
  *size = fread(bytes, 1, (1 << 20) - 1, f);
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

static void read_good(const char *file, jump_log_data *data) {
  lisi_error err = {0};
  if (jump_log_read(file, data, &err) != LISI_OK)
    fail_msg("%s", err.message);
}

/* ---- tests ---- */

/* The sites of all atoms at all samples, made again from the log, are those that the tracker saw. */
static void the_log_holds_the_whole_run(void **state) {
  (void)state;
  const track_mode modes[] = {TRACK_NEAREST, TRACK_CORE, TRACK_SPHERE};
  for (int m = 0; m < 3; m++)
    for (int dwell = 1; dwell <= 3; dwell++) {
      whole_run(path, modes[m], dwell);
      jump_log_data data;
      read_good(path, &data);
      const jump_log_header *h = &data.header, want = header_of(modes[m], dwell);
      assert_true(h->timestep == 0.002 && h->every == EVERY && h->start == START && h->natoms == ATOMS && h->framework);
      assert_int_equal(h->rule.mode, modes[m]);
      assert_int_equal(h->rule.dwell, dwell);
      assert_true(h->rule.radius == want.rule.radius && h->temperature == 800 && h->charge == 1);
      assert_memory_equal(h->cell, want.cell, sizeof want.cell);
      assert_memory_equal(h->replicate, want.replicate, sizeof want.replicate);
      assert_string_equal(h->sites->text, site_text);
      assert_true(h->sites == data.sites);
      double mean[3][3] = {{0}};
      for (int k = 0; k < SAMPLES; k++) {
        double H[3][3];
        box_at(k, H);
        for (int c = 0; c < 9; c++)
          mean[c / 3][c % 3] += H[c / 3][c % 3] / SAMPLES;
      }
      for (int c = 0; c < 9; c++)
        assert_true(fabs(mean[c / 3][c % 3] - data.mean_cell[c / 3][c % 3]) < 1e-12);

      run r = {.header = want};
      int site[ATOMS] = {0}, nx[ATOMS] = {0};
      size_t next = 0, jumps = 0;
      for (int k = 0; START + k * EVERY <= data.last; k++) {
        const int64_t step = START + k * EVERY;
        /* What later samples say about this one (dwell) is what is logged: a tracker that has seen the future. */
        for (; next < data.n && data.event[next].r.step <= step; next++) {
          const jump_record *e = &data.event[next].r;
          assert_int_equal(e->step, step);
          if (data.event[next].kind == JUMP_EVENT_BREAK) {
            memset(site, 0, sizeof site);
            memset(nx, 0, sizeof nx);
            continue;
          }
          const int a = (int)e->id - 100;
          if (data.event[next].kind == JUMP_EVENT_GONE) {
            site[a] = nx[a] = 0;
            continue;
          }
          jumps++;
          assert_int_equal(e->from, site[a]);
          site[a] = e->to;
          nx[a] += e->n[0];
          assert_true((e->left >= 0) == (e->from != 0 && (modes[m] == TRACK_CORE || dwell > 1)));
          if (e->to != 0) { /* the record stands where the atom is */
            assert_int_equal(e->to, hit_at(a, k).site);
            assert_int_equal(nx[a], hit_at(a, k).n[0]);
          }
        }
        /* Without dwell the state at every sample is that of the tracker. */
        for (int a = 0; a < ATOMS && dwell == 1; a++) {
          if (k == 30 || (a == 3 && k >= 10 && k < 20))
            memset(&r.track[a], 0, sizeof r.track[a]);
          if (a == 3 && k >= 10 && k < 20)
            continue;
          jump_record unused;
          const site_hit hit = hit_at(a, k);
          (void)tracker_advance(&want.rule, step, &hit, &r.track[a], &unused);
          assert_int_equal(r.track[a].site, site[a]);
          if (site[a] != 0)
            assert_int_equal(r.track[a].n[0], nx[a]);
        }
      }
      assert_int_equal(next, data.n);
      assert_true(jumps > 30);
      assert_int_equal(data.nunknown, 0);
      assert_true(data.complete);
      if (dwell == 1)
        assert_int_equal(data.last, START + (SAMPLES - 1) * EVERY);
      jump_log_data_free(&data);
    }
}

/* Everything up to an F line is known: no line behind it may be earlier, with dwell or without. */
static void flushes_cover_what_they_say(void **state) {
  (void)state;
  for (int dwell = 1; dwell <= 4; dwell++) {
    whole_run(path, TRACK_NEAREST, dwell);
    size_t size;
    char *text = contents(path, &size), *line = strstr(text, "\ndata\n") + 6;
    long long known = START - 1, before = 0, step;
    int flushes = 0;
    for (; *line != '\0'; line = strchr(line, '\n') + 1) {
      const int flush = *line == 'F', other_kind = flush || *line == 'B' || *line == 'E';
      assert_int_equal(sscanf(line + (other_kind ? 1 : 0), "%lld", &step), 1);
      assert_true(step > known && step >= before);
      before = step;
      if (flush)
        known = step, flushes++;
    }
    assert_true(flushes > SAMPLES / FLUSH / 3);
    free(text);
  }
}

/* Saved at any sample, killed at any later one, gone on with: byte for byte the file of a run in one piece. */
static void pieces_make_the_same_file(void **state) {
  (void)state;
  for (int variant = 0; variant < 3; variant++) {
    const track_mode mode = variant == 2 ? TRACK_CORE : TRACK_NEAREST;
    const int dwell = variant == 1 ? 4 : 1;
    whole_run(other, mode, dwell);
    size_t want_size, size;
    char *want = contents(other, &want_size);
    for (int cut = 0; cut < SAMPLES; cut++) {
      const int killed = cut + (cut * 7 + variant) % 13;
      run r, saved;
      void *buffer = NULL;
      size_t bytes = 0, size_at_cut = 0;
      begin(&r, path, mode, dwell);
      for (int k = 0; k < SAMPLES && k <= killed; k++) {
        sample(&r, k);
        if (k == cut) {
          saved = r;
          bytes = jump_log_state(r.log, NULL);
          buffer = malloc(bytes);
          assert_non_null(buffer);
          assert_int_equal(jump_log_state(r.log, buffer), bytes);
          free(contents(path, &size_at_cut));
        }
      }
      end(&r);
      if (cut % 3 == 0) { /* the last line of the killed run is cut off */
        char *text = contents(path, &size);
        if (size > size_at_cut)
          write_file(path, text, size - 2);
        free(text);
      }
      r = saved;
      r.header.start = START;
      r.header.natoms = 99; /* may differ, as the box may */
      r.header.cell[0][0] = 77;
      lisi_error err = {0};
      const int64_t known = jump_log_state_known(buffer, bytes);
      if (jump_log_reopen(path, &r.header, known, &r.log, &err) != LISI_OK)
        fail_msg("cut %d: %s", cut, err.message);
      assert_int_equal(jump_log_restore(r.log, buffer, bytes, &err), LISI_OK);
      free(buffer);
      for (int k = cut + 1; k < SAMPLES; k++)
        sample(&r, k);
      if (cut == SAMPLES - 1) /* nothing new is known: no line */
        assert_int_equal(jump_log_flush(r.log, START + cut * EVERY, known + EVERY, &err), LISI_OK);
      end(&r);
      char *got = contents(path, &size);
      if (size != want_size || memcmp(got, want, size) != 0)
        fail_msg("variant %d, cut at sample %d, killed at %d: another file of %zu bytes, expected %zu", variant, cut,
                 killed, size, want_size);
      free(got);
    }
    free(want);
  }
}

static void going_on_is_refused(void **state) {
  (void)state;
  lisi_error err = {0};
  jump_log *log = NULL;
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  whole_run(path, TRACK_NEAREST, 1);
  size_t size, after;
  char *before = contents(path, &size);
  assert_int_equal(jump_log_reopen("/nowhere/x.jumps", &h, 35, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nowhere/x.jumps: cannot be opened"));
  err = (lisi_error){0};
  assert_int_equal(jump_log_reopen(path, &h, 41, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "expected a line 'F 41', where the restart goes on; found none"));
  for (int c = 0; c < 5; c++) {
    h = header_of(TRACK_NEAREST, 1);
    if (c == 0)
      h.every = 10;
    if (c == 1)
      h.rule.dwell = 2;
    if (c == 2)
      h.framework = false;
    if (c == 3)
      h.replicate[2] = 2;
    if (c == 4)
      h.timestep = 0.001;
    err = (lisi_error){0};
    assert_int_equal(jump_log_reopen(path, &h, START + EVERY, &log, &err), LISI_ERR_INPUT);
    assert_non_null(strstr(err.message, "was written with other sites, sampling or assignment"));
  }
  /* Nor onto a log whose lines end in CRLF; it can be read. */
  FILE *f = fopen(other, "wb");
  assert_non_null(f);
  for (size_t k = 0; k < size; k++) {
    if (before[k] == '\n')
      (void)fputc('\r', f);
    (void)fputc(before[k], f);
  }
  assert_int_equal(fclose(f), 0);
  h = header_of(TRACK_NEAREST, 1);
  err = (lisi_error){0};
  assert_int_equal(jump_log_reopen(other, &h, START + EVERY, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "other:1: the lines end in CRLF"));
  jump_log_data data;
  err = (lisi_error){0};
  assert_int_equal(jump_log_read(other, &data, &err), LISI_OK);
  jump_log_data_free(&data);
  /* And with other sites, be it a comment. */
  site_set *mine = sites, *changed = NULL;
  char text[sizeof site_text];
  memcpy(text, site_text, sizeof text);
  memcpy(strstr(text, "kept"), "lost", 4);
  err = (lisi_error){0};
  assert_int_equal(site_set_parse(text, strlen(text), "s.yaml", &changed, &err), LISI_OK);
  h = header_of(TRACK_NEAREST, 1);
  h.sites = changed;
  assert_int_equal(jump_log_reopen(path, &h, START + EVERY, &log, &err), LISI_ERR_INPUT);
  site_set_free(changed);
  sites = mine;
  /* None of it touched the file. */
  char *now = contents(path, &after);
  assert_int_equal(size, after);
  assert_memory_equal(before, now, size);
  free(before);
  free(now);
  assert_null(log);
  h = header_of(TRACK_NEAREST, 1);
  err = (lisi_error){0};
  assert_int_equal(jump_log_create("/nowhere/run.jumps.gz", &h, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "leave out .gz"));
  err = (lisi_error){0};
  assert_int_equal(jump_log_create("/nowhere/run.jumps", &h, &log, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nowhere/run.jumps: cannot be written"));
  /* Restart states that are cut off. */
  run r;
  begin(&r, path, TRACK_NEAREST, 1);
  sample(&r, 0);
  char state_bytes[4096];
  const size_t n = jump_log_state(r.log, NULL);
  assert_true(n < sizeof state_bytes);
  (void)jump_log_state(r.log, state_bytes);
  for (size_t k = 0; k < n; k += 5) {
    err = (lisi_error){0};
    assert_int_equal(jump_log_restore(r.log, state_bytes, k, &err), LISI_ERR_INPUT);
    (void)jump_log_state_known(state_bytes, k);
  }
  end(&r);
}

static void broken_logs_are_told(void **state) {
  (void)state;
  whole_run(path, TRACK_CORE, 1);
  size_t size;
  char *good = contents(path, &size);
  const struct {
    const char *from, *to, *message;
    lisi_status status;
  } cases[] = {
      {"lisi-jumps 1", "lisi-jumps 2", "other:1: this program reads 'lisi-jumps 1', found 'lisi-jumps 2'",
       LISI_ERR_VERSION},
      {"lisi-jumps 1", "ITEM: TIMESTEP", "other:1: expected a jump log, 'lisi-jumps 1', found 'ITEM: TIMESTEP'",
       LISI_ERR_INPUT},
      {"ps Angstrom", "fs Angstrom", "other:2: expected 'units ps Angstrom', found 'units fs Angstrom'",
       LISI_ERR_INPUT},
      {"units ps Angstrom\n", "", "the header has no line 'units'", LISI_ERR_INPUT},
      {"timestep 0.002", "timestep 0", "other:3: expected 'timestep' and a positive number of ps", LISI_ERR_INPUT},
      {"timestep ", "timestep nan", "other:3: expected 'timestep'", LISI_ERR_INPUT},
      {"every 5", "every 0", "other:4: expected 'every'", LISI_ERR_INPUT},
      {"every 5", "every 5\nevery 5", "other:5: expected each header key once, found 'every 5'", LISI_ERR_INPUT},
      {"every 5", "every 2.5", "other:4: expected 'every'", LISI_ERR_INPUT},
      {"start 35", "start -5", "other:5: expected 'start'", LISI_ERR_INPUT},
      {"start 35", "strat 35", "other:5: expected a header line", LISI_ERR_INPUT},
      {"atoms 7", "atoms seven", "other:6: expected 'atoms' and a number", LISI_ERR_INPUT},
      {"mode core", "mode voronoi", "other:7: expected 'mode nearest|core R|sphere R dwell N'", LISI_ERR_INPUT},
      {"dwell 1", "dwell 0", "other:7: expected 'mode", LISI_ERR_INPUT},
      {"framework yes", "framework maybe", "other:8: expected 'framework yes' or 'framework no'", LISI_ERR_INPUT},
      {"replicate 2 2 1", "replicate 2 0 1", "other:9: expected 'replicate nx ny nz'", LISI_ERR_INPUT},
      {"replicate 2 2 1", "replicate 10000 10000 10000", "more than 2147483647 sites in the box", LISI_ERR_INPUT},
      {"cell 10", "cell x", "other:10: expected 'cell' and nine numbers", LISI_ERR_INPUT},
      {"cell 10.1 0 0", "cell 0 0 0", "other:10: expected three independent cell vectors", LISI_ERR_INPUT},
      {"temperature 800", "temperature -3", "other:11: expected 'temperature'", LISI_ERR_INPUT},
      {"sites 7", "sites 8", "other:21: expected a line of the site file behind '|', found 'data'", LISI_ERR_INPUT},
      {"sites 7", "sites 6", "expected a header line", LISI_ERR_INPUT},
      {"sites 7", "sites 99999999999", "other:13: expected 'sites' and a number of lines", LISI_ERR_INPUT},
      {"|format: lisi-sites 1", "|format: lisi-sites 3", "other (sites from line 14)", LISI_ERR_VERSION},
      {"\ndata\n", "\ndata\n35 100 0 13 0 0 0\n",
       "other:22: expected 'step id from to nx ny nz [left]' with sites from 0 to 12", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 100 0 -1 0 0 0\n", "other:22: expected 'step id", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 100 0 1 0 0\n", "other:22: expected 'step id", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 100 0 1 0 0 0 35 9\n", "other:22: expected 'step id", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 100 0 1 0 0 0.5\n", "other:22: expected 'step id", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 999 0 0 0 0 0\n", "other:22: expected a change of site", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 999 0 2 0 0 0\n35 999 2 2 0 0 0\n", "other:23: expected a change of site",
       LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n35 999 2 3 0 0 0\n", "other:22: expected atom 999 to leave site 0, where it was",
       LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n30 999 0 3 0 0 0\n", "other:22: expected 'step id", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n37 999 0 3 0 0 0\n", "other:22: expected a step on the sampling grid", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n9000 999 0 3 0 0 0\n", "other:23: expected records in the order of their steps",
       LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nF 9000 1 0 0 0 1 0 0 0 1\n", "other:23: expected records in the order of their steps",
       LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nF 35 1 0 0 0 1 0 0 0\n", "other:22: expected 'F step' and nine numbers", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nF 35 1 0 0 0 1 0 0 0 1\nF 35 1 0 0 0 1 0 0 0 1\n",
       "other:23: expected an F line at a later sample", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nF 4611686018427387905 1 0 0 0 1 0 0 0 1\n", "other:22: expected 'F step'", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nF 36 1 0 0 0 1 0 0 0 1\n", "other:22: expected an F line", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\n\n", "other:22: expected a record, found ''", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nB\n", "other:22: expected 'B step', found 'B'", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nE 35\n", "other:22: expected 'E step id', found 'E 35'", LISI_ERR_INPUT},
      {"\ndata\n", "\ndata\nB 35\nE 35 7\n", "other:23: expected records in the order", LISI_ERR_INPUT},
      {"\ndata\n", "\n", "other:21: expected a header line", LISI_ERR_INPUT}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const char *at = strstr(good, cases[c].from);
    assert_non_null(at);
    FILE *f = fopen(other, "wb");
    assert_non_null(f);
    (void)fprintf(f, "%.*s%s%s", (int)(at - good), good, cases[c].to, at + strlen(cases[c].from));
    (void)fclose(f);
    jump_log_data data;
    lisi_error err = {0};
    const lisi_status status = jump_log_read(other, &data, &err);
    if (status != cases[c].status || strstr(err.message, cases[c].message) == NULL)
      fail_msg("'%s': expected '%s', found %d '%s'", cases[c].to, cases[c].message, (int)status, err.message);
    assert_null(data.event);
    assert_null(data.sites);
  }
  free(good);
  jump_log_data data;
  lisi_error err = {0};
  assert_int_equal(jump_log_read("/nowhere/x", &data, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nowhere/x: cannot be opened"));
  err = (lisi_error){0};
  assert_int_equal(jump_log_read(folder, &data, &err), LISI_ERR_INPUT);
}

/* A log that stops anywhere is read up to its last F, or refused where its header is not whole; no cut makes anything
 * up. */
static void cut_anywhere(void **state) {
  (void)state;
  whole_run(path, TRACK_NEAREST, 2);
  size_t size;
  char *good = contents(path, &size);
  jump_log_data whole;
  read_good(path, &whole);
  const size_t header = (size_t)(strstr(good, "\ndata\n") - good) + 6;
  for (size_t n = 0; n <= size; n += n < header + 400 ? 1 : 7) {
    write_file(other, good, n);
    jump_log_data data;
    lisi_error err = {0};
    const lisi_status status = jump_log_read(other, &data, &err);
    if ((status == LISI_OK) != (n >= header))
      fail_msg("cut at byte %zu of %zu: status %d '%s'", n, header, (int)status, err.message);
    if (status != LISI_OK)
      continue;
    assert_true(data.n <= whole.n && data.last <= whole.last);
    if (data.n > 0)
      assert_memory_equal(data.event, whole.event, data.n * sizeof *data.event);
    for (size_t k = 0; k < data.n; k++)
      assert_true(data.event[k].r.step <= data.last);
    if (data.n < whole.n)
      assert_true(whole.event[data.n].r.step > data.last);
    if (n > 0 && good[n - 1] != '\n')
      assert_false(data.complete);
    jump_log_data_free(&data);
  }
  jump_log_data_free(&whole);
  free(good);
}

static void compressed(void **state) {
  (void)state;
  whole_run(path, TRACK_CORE, 2);
  size_t size;
  char *good = contents(path, &size);
  gzFile z = gzopen(other, "wb");
  assert_non_null(z);
  assert_int_equal(gzwrite(z, good, (unsigned)size), (int)size);
  assert_int_equal(gzclose(z), Z_OK);
  free(good);
  jump_log_data plain, packed;
  read_good(path, &plain);
  read_good(other, &packed);
  assert_int_equal(plain.n, packed.n);
  assert_memory_equal(plain.event, packed.event, plain.n * sizeof *plain.event);
  assert_int_equal(plain.last, packed.last);
  jump_log_data_free(&plain);
  jump_log_data_free(&packed);
}

static void full_disk(void **state) {
  (void)state;
  jump_log_header h = header_of(TRACK_NEAREST, 1);
  jump_log *log = NULL;
  lisi_error err = {0};
  if (access("/dev/full", W_OK) == 0) {
    assert_int_equal(jump_log_create("/dev/full", &h, &log, &err), LISI_ERR_IO);
    assert_non_null(strstr(err.message, "/dev/full: writing failed: No space left on device"));
    assert_null(log);
  }
  struct rlimit before, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 2000;
  err = (lisi_error){0};
  assert_int_equal(jump_log_create(path, &h, &log, &err), LISI_OK);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  lisi_status status = LISI_OK;
  const double H[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  int64_t step = START;
  for (int k = 0; k < 1000 && status == LISI_OK; k++, step += EVERY) {
    jump_log_sampled(log, H);
    status = jump_log_flush(log, step, step + 1, &err);
  }
  const lisi_status closed = jump_log_close(log, &(lisi_error){0});
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, LISI_ERR_IO);
  assert_non_null(strstr(err.message, "run.jumps: writing failed: File too large"));
  assert_int_equal(closed, LISI_ERR_IO);
  assert_true(step < START + 100 * EVERY); /* told where it happened */
  assert_int_equal(jump_log_close(NULL, &err), LISI_OK);
}

static void due_on_a_grid_of_its_own(void **state) {
  (void)state;
  for (int64_t step = 0; step < 1000; step += 5)
    assert_true(jump_log_flush_due(step, 5, 4) == (step % 20 == 0));
  assert_false(jump_log_flush_due(0, 5, 0));
}

/* Site files without a last newline, and with those of other systems. */
static void site_text_survives(void **state) {
  (void)state;
  const char *texts[] = {
      "format: lisi-sites 1\ncell: [[5, 0, 0], [0, 5, 0], [0, 0, 5]]\nsites: [{type: 1, frac: [0, 0, 0]}]",
      "format: lisi-sites 1\r\ncell: [[5, 0, 0], [0, 5, 0], [0, 0, 5]]\r\nsites: [{type: 1, frac: [0, 0, 0]}]\r\n",
      "format: lisi-sites 1\ncell: [[5, 0, 0], [0, 5, 0], [0, 0, 5]]\nsites: [{type: 1, frac: [0, 0, 0]}]\n\n\n# "
      "|end|\n\n"};
  for (int t = 0; t < 3; t++) {
    site_set *set = NULL;
    lisi_error err = {0};
    assert_int_equal(site_set_parse(texts[t], strlen(texts[t]), "s.yaml", &set, &err), LISI_OK);
    jump_log_header h = header_of(TRACK_NEAREST, 1);
    h.sites = set;
    jump_log *log = NULL;
    assert_int_equal(jump_log_create(path, &h, &log, &err), LISI_OK);
    assert_int_equal(jump_log_close(log, &err), LISI_OK);
    jump_log_data data;
    read_good(path, &data);
    assert_int_equal(data.sites->nsites, 1);
    if (t == 2)
      assert_string_equal(data.sites->text, texts[t]);
    assert_int_equal(data.last, START - 1);
    assert_int_equal(data.n, 0);
    jump_log_data_free(&data);
    if (jump_log_reopen(path, &h, START - 1, &log, &err) != LISI_OK)
      fail_msg("text %d: %s", t, err.message);
    assert_int_equal(jump_log_close(log, &err), LISI_OK);
    site_set_free(set);
  }
}

static void fuzz(void **state) {
  (void)state;
  whole_run(path, TRACK_CORE, 2);
  size_t size;
  char *good = contents(path, &size), *text = malloc(size + 64);
  assert_non_null(text);
  const char alphabet[] = "0123456789.-+e FBE|\n\tnaif\x80\xff\x00\r";
  uint32_t seed = 1;
  int accepted = 0;
  enum { TRIALS = 4000 };
  const size_t header = (size_t)(strstr(good, "\ndata\n") - good) + 6;
  for (int trial = 0; trial < TRIALS; trial++) {
    size_t n = size;
    memcpy(text, good, n);
    const int edits = 1 + (int)(mix(seed++) % 3);
    for (int e = 0; e < edits; e++) {
      const size_t at = mix(seed++) % (trial % 2 ? header : n);
      const char c = alphabet[mix(seed++) % (sizeof alphabet - 1)];
      switch (mix(seed++) % 4) {
      case 0:
        text[at] = c;
        break;
      case 1:
        memmove(text + at + 1, text + at, n - at);
        text[at] = c;
        n++;
        break;
      case 2:
        memmove(text + at, text + at + 1, n - at - 1);
        n--;
        break;
      default:
        memmove(text + at, text + at + (n - at) / 3, n - at - (n - at) / 3);
        n -= (n - at) / 3; /* a hole */
      }
    }
    write_file(other, text, n);
    jump_log_data data;
    lisi_error err = {0};
    if (jump_log_read(other, &data, &err) == LISI_OK) {
      accepted++;
      for (size_t k = 0; k < data.n; k++)
        assert_true(data.event[k].r.step <= data.last && data.event[k].r.step >= data.header.start);
      jump_log_data_free(&data);
    } else {
      assert_non_null(strstr(err.message, "other"));
    }
    jump_log *log = NULL;
    const jump_log_header h = header_of(TRACK_CORE, 2);
    err = (lisi_error){0};
    if (trial % 4 == 0 && jump_log_reopen(other, &h, START - 1 + (int64_t)(mix(seed++) % 40), &log, &err) == LISI_OK)
      assert_int_equal(jump_log_close(log, &err), LISI_OK);
  }
  assert_true(accepted > TRIALS / 100 && accepted < TRIALS);
  free(text);
  free(good);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_log_holds_the_whole_run),
                                     cmocka_unit_test(flushes_cover_what_they_say),
                                     cmocka_unit_test(pieces_make_the_same_file),
                                     cmocka_unit_test(going_on_is_refused),
                                     cmocka_unit_test(broken_logs_are_told),
                                     cmocka_unit_test(cut_anywhere),
                                     cmocka_unit_test(compressed),
                                     cmocka_unit_test(full_disk),
                                     cmocka_unit_test(due_on_a_grid_of_its_own),
                                     cmocka_unit_test(site_text_survives),
                                     cmocka_unit_test(fuzz)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
