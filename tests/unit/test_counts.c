/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting from run-length paths against counting sample by sample, time blocks, folding. */
#include "bootstrap.h"
#include "count_gather.h"
#include "count_plan.h"
#include "counts.h"
#include "counts_prior.h"
#include "counts_stream.h"
#include "msm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define CLOSE(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))
#define OK(call)                                                                                                       \
  do {                                                                                                                 \
    lisi_error err_ = {0};                                                                                             \
    lisi_error *err = &err_;                                                                                           \
    if ((call) != LISI_OK)                                                                                             \
      fail_msg("%s", err_.message);                                                                                    \
  } while (0)

static double entry(const count_table *t, int part, int i, int j, const int *r) {
  for (size_t k = 0; k < t->n; k++) {
    const count_entry *e = &t->entry[k];
    if (e->part == part && e->i == i && e->j == j && (r == NULL || memcmp(e->r, r, sizeof e->r) == 0))
      return e->c;
  }
  return 0.0;
}

static void from_list(path_set *p, int nstates, int n, const int *s) {
  memset(p, 0, sizeof *p);
  OK(state_space_new(nstates, false, &p->space, err));
  p->dt = 1.0;
  OK(path_begin(p, 0, err));
  const int none[3] = {0, 0, 0};
  for (int t = 0; t < n; t++)
    OK(path_add(p, t, s[t], none, err));
  path_finish(p, n);
}

static void small_example(void **state) {
  (void)state;
  const int s[7] = {0, 0, 1, 0, 1, 1, 0};
  static const struct {
    int lag, stride;
    double c[4];
  } want[] = {{1, 1, {1, 2, 2, 1}}, {2, 1, {1, 2, 1, 1}}, {2, 2, {0, 1, 1, 1}}, {3, 1, {2, 1, 0, 1}}};
  path_set p;
  from_list(&p, 2, 7, s);
  assert_int_equal(p.njumps, 4);
  for (size_t w = 0; w < 4; w++) {
    lag_counts c;
    OK(counts_from_paths(&p, want[w].lag, want[w].stride, 1, 1, &c, err));
    for (int k = 0; k < 4; k++)
      CLOSE(entry(&c.total, 0, k / 2, k % 2, NULL), want[w].c[k], 0);
    lag_counts_free(&c);
  }
  lag_counts c;
  lisi_error err = {0};
  assert_int_equal(counts_from_paths(&p, 7, 1, 1, 1, &c, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "longer than the run"));
  path_set_free(&p);
}

enum { WALKERS = 4, LENGTH = 400, STATES = 5 };
typedef struct {
  int state[WALKERS][LENGTH], n[WALKERS][LENGTH][3];
  int piece[WALKERS][LENGTH]; /* -1 where the walker is not there */
} samples;

/* Random paths with long stays, unassigned stretches, image shifts, a break and a late start. */
static void random_samples(uint64_t seed, samples *s) {
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int w = 0; w < WALKERS; w++) {
    int state = lisi_rng_below(&rng, STATES), n[3] = {0, 0, 0}, piece = 0, away = 0;
    for (int t = 0; t < LENGTH; t++) {
      if (lisi_rng_uniform(&rng) < .2)
        state = lisi_rng_below(&rng, STATES);
      if (lisi_rng_uniform(&rng) < .1)
        n[lisi_rng_below(&rng, 3)] += lisi_rng_below(&rng, 3) - 1;
      if (away > 0)
        away--;
      else if (lisi_rng_uniform(&rng) < .03)
        away = lisi_rng_below(&rng, 6);
      if (w == 1 && t == 150)
        piece++;
      s->piece[w][t] = (w == 2 && t < 37) || (w == 3 && t >= 300) ? -1 : piece;
      s->state[w][t] = away > 0 ? -1 : state;
      memcpy(s->n[w][t], n, sizeof n);
    }
  }
}

static void make_paths(const samples *s, path_set *p) {
  memset(p, 0, sizeof *p);
  OK(state_space_new(STATES, false, &p->space, err));
  p->dt = 1.0;
  for (int w = 0; w < WALKERS; w++) {
    int open = -1;
    for (int t = 0; t < LENGTH; t++) {
      if (s->piece[w][t] != open) {
        if (open >= 0)
          path_finish(p, t);
        open = s->piece[w][t];
        if (open >= 0)
          OK(path_begin(p, w, err));
      }
      if (open >= 0)
        OK(path_add(p, t, s->state[w][t], s->n[w][t], err));
    }
    if (open >= 0)
      path_finish(p, LENGTH);
  }
}

static void against_brute_force(void **state) {
  (void)state;
  static samples s;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    random_samples(seed, &s);
    path_set p;
    make_paths(&s, &p);
    static const int lags[] = {1, 2, 3, 7, 50, 149, 399};
    for (size_t l = 0; l < sizeof lags / sizeof *lags; l++) {
      for (int strided = 0; strided < 2; strided++) {
        const int lag = lags[l], stride = strided ? lag : 1, nblocks = 4;
        lag_counts c;
        OK(counts_from_paths(&p, lag, stride, nblocks, 3, &c, err));
        double total = 0;
        const int span = LENGTH - lag;
        count_hash *brute;
        OK(count_hash_new(&brute, err));
        for (int w = 0; w < WALKERS; w++) {
          for (int t = 0; t + lag < LENGTH; t += stride) {
            if (s.piece[w][t] < 0 || s.piece[w][t] != s.piece[w][t + lag] || s.state[w][t] < 0 ||
                s.state[w][t + lag] < 0)
              continue;
            int r[3];
            for (int a = 0; a < 3; a++)
              r[a] = s.n[w][t + lag][a] - s.n[w][t][a];
            const int block = (int)((long long)t * c.blocks.nparts / span);
            OK(count_hash_add(brute, block, s.state[w][t], s.state[w][t + lag], r, 1, err));
            total += 1;
          }
        }
        count_table b;
        OK(count_hash_table(brute, STATES, c.blocks.nparts, &b, err));
        assert_int_equal(b.n, c.blocks.n);
        for (size_t k = 0; k < b.n; k++) {
          assert_memory_equal(&b.entry[k], &c.blocks.entry[k], offsetof(count_entry, c));
          CLOSE(b.entry[k].c, c.blocks.entry[k].c, 0);
        }
        CLOSE(count_table_sum(&c.total), total, 0);
        CLOSE(count_table_sum(&c.groups), total, 0);
        for (size_t k = 0; k < c.total.n; k++) { /* blocks and groups both add up, entry by entry */
          const count_entry *e = &c.total.entry[k];
          double sum = 0, groups = 0;
          for (int part = 0; part < c.blocks.nparts; part++)
            sum += entry(&c.blocks, part, e->i, e->j, e->r);
          for (int part = 0; part < c.groups.nparts; part++)
            groups += entry(&c.groups, part, e->i, e->j, e->r);
          CLOSE(sum, e->c, 0);
          CLOSE(groups, e->c, 0);
        }
        count_hash_free(brute);
        count_table_free(&b);
        lag_counts_free(&c);
      }
    }
    path_set_free(&p);
  }
}

/* A window of time gives what walkers give that are there in the window only. */
static void windows(void **state) {
  (void)state;
  static samples s;
  static const int window[][2] = {{0, 399}, {0, 120}, {149, 151}, {37, 305}, {200, 399}, {398, 398}};
  for (size_t k = 0; k < sizeof window / sizeof *window; k++) {
    random_samples(31 + k, &s);
    path_set p, q;
    make_paths(&s, &p);
    p.dt = 0.05;
    OK(path_set_window(&p, window[k][0] * 0.05, k == 4 ? INFINITY : window[k][1] * 0.05, err));
    for (int w = 0; w < WALKERS; w++) {
      for (int t = 0; t < LENGTH; t++) {
        if (t < window[k][0] || t > window[k][1])
          s.piece[w][t] = -1;
      }
    }
    make_paths(&s, &q);
    assert_int_equal(p.n, q.n);
    assert_int_equal(p.njumps, q.njumps);
    for (size_t i = 0; i < p.n; i++) {
      assert_int_equal(p.path[i].end, q.path[i].end);
      assert_int_equal(p.path[i].step[0].t, q.path[i].step[0].t);
      assert_int_equal(p.path[i].step[0].state, q.path[i].step[0].state);
    }
    for (int lag = 1; lag <= 100 && lag < window[k][1] - window[k][0]; lag += 9) {
      lag_counts a, b;
      OK(counts_from_paths(&p, lag, 1, 4, 3, &a, err));
      OK(counts_from_paths(&q, lag, 1, 4, 3, &b, err));
      assert_int_equal(a.blocks.n, b.blocks.n);
      for (size_t i = 0; i < a.blocks.n; i++) {
        assert_memory_equal(&a.blocks.entry[i], &b.blocks.entry[i], offsetof(count_entry, c));
        CLOSE(a.blocks.entry[i].c, b.blocks.entry[i].c, 0);
      }
      lag_counts_free(&a);
      lag_counts_free(&b);
    }
    path_set_free(&p);
    path_set_free(&q);
  }
  random_samples(31, &s);
  path_set p;
  make_paths(&s, &p);
  lisi_error err = {0};
  assert_int_equal(path_set_window(&p, 400.0, 1e300, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "from 0 to 399 ps") ? err.message : strstr(err.message, "from 0 to 399 steps"));
  assert_int_equal(path_set_window(&p, 7.0, 6.0, &err), LISI_ERR_INPUT);
  assert_int_equal(path_set_window(&p, NAN, 7.0, &err), LISI_ERR_INPUT);
  assert_int_equal(path_set_window(&p, -1.0, 7.0, &err), LISI_ERR_INPUT);
  path_set_free(&p);
}

/* The stream gives what the paths give, however the stream is cut, for the total and for the blocks. */
static void stream_agrees(void **state) {
  (void)state;
  static samples s;
  for (uint64_t seed = 11; seed <= 13; seed++) {
    random_samples(seed, &s);
    for (int w = 0; w < WALKERS; w++) { /* a break is for all walkers at once */
      for (int t = 0; t < LENGTH; t++) {
        if (s.piece[w][t] >= 0)
          s.piece[w][t] = t >= 150;
      }
    }
    path_set p;
    make_paths(&s, &p);
    const long long lags[3] = {5, 1, 60};
    counts_stream *stream;
    OK(counts_stream_new(STATES, 3, lags, 10, 8, &stream, err));
    int last[WALKERS], n[WALKERS][3];
    bool here[WALKERS] = {false}, known[WALKERS] = {false};
    for (int t = 0; t < LENGTH; t++) {
      if (t == 150) {
        OK(counts_stream_until(stream, t - 1, err));
        counts_stream_break(stream);
        memset(known, 0, sizeof known);
        memset(here, 0, sizeof here);
      }
      for (int w = 0; w < WALKERS; w++) {
        if (s.piece[w][t] < 0) {
          if (here[w])
            OK(counts_stream_gone(stream, t, w + 1, err));
          here[w] = known[w] = false;
          continue;
        }
        const int now = s.state[w][t];
        if (!known[w]) {
          if (now >= 0) {
            OK(counts_stream_record(stream, t, w + 1, 0, now + 1, s.n[w][t], err));
            known[w] = true;
            last[w] = now;
            memcpy(n[w], s.n[w][t], sizeof n[w]);
          }
        } else if (now < 0) {
          const int none[3] = {0, 0, 0};
          if (last[w] >= 0)
            OK(counts_stream_record(stream, t, w + 1, last[w] + 1, 0, none, err));
          last[w] = -1;
        } else if (now != last[w] || memcmp(n[w], s.n[w][t], sizeof n[w]) != 0) {
          int shift[3];
          for (int a = 0; a < 3; a++)
            shift[a] = s.n[w][t][a] - n[w][a];
          OK(counts_stream_record(stream, t, w + 1, last[w] + 1, now + 1, shift, err));
          last[w] = now;
          memcpy(n[w], s.n[w][t], sizeof n[w]);
        }
        here[w] = true;
      }
      if (t % 7 == 0)
        OK(counts_stream_until(stream, t, err));
    }
    OK(counts_stream_until(stream, LENGTH - 1, err));
    for (int l = 0; l < 3; l++) {
      lag_counts a, b;
      long long block;
      OK(counts_from_paths(&p, lags[l], 1, 1, 1, &a, err));
      OK(counts_stream_counts(stream, l, &b, &block, err));
      assert_int_equal(a.total.n, b.total.n);
      for (size_t k = 0; k < a.total.n; k++) {
        assert_memory_equal(&a.total.entry[k], &b.total.entry[k], offsetof(count_entry, c));
        CLOSE(a.total.entry[k].c, b.total.entry[k].c, 0);
      }
      assert_int_equal(b.lag, lags[l]);
      assert_true(b.blocks.nparts >= 4 && b.blocks.nparts <= 8);
      assert_int_equal(block, 80); /* 10 * 2^3: 400 samples in at most 8 blocks */
      double sum = 0;
      for (size_t k = 0; k < b.blocks.n; k++)
        sum += b.blocks.entry[k].part == 0 ? b.blocks.entry[k].c : 0;
      double brute = 0;
      for (int w = 0; w < WALKERS; w++) {
        for (int t = 0; t < 80; t++) {
          const int u = t + (int)lags[l];
          brute += s.piece[w][t] >= 0 && s.piece[w][t] == s.piece[w][u] && s.state[w][t] >= 0 && s.state[w][u] >= 0;
        }
      }
      CLOSE(sum, brute, 0);
      lag_counts_free(&a);
      lag_counts_free(&b);
    }
    counts_stream_free(stream);
    path_set_free(&p);
  }
}

/* One walker on a ring of cells: rates per site, images followed exactly. */
static void walk_on_ring(int ncells, int per_cell, const double *left, const double *right, long long steps,
                         int walkers, uint64_t seed, path_set *p) {
  memset(p, 0, sizeof *p);
  const int n = ncells * per_cell;
  OK(state_space_new(n, true, &p->space, err));
  p->space.cell[0][0] = 3.0 * ncells;
  p->space.cell[1][1] = p->space.cell[2][2] = 3.0;
  for (int i = 0; i < n; i++)
    p->space.x[3 * i] = (double)i / n;
  p->dt = 1.0;
  p->time_in_ps = true;
  lisi_rng rng;
  lisi_rng_seed(&rng, seed);
  for (int w = 0; w < walkers; w++) {
    int at = lisi_rng_below(&rng, n), image[3] = {0, 0, 0};
    OK(path_begin(p, w, err));
    OK(path_add(p, 0, at, image, err));
    for (long long t = 1; t < steps; t++) {
      const double u = lisi_rng_uniform(&rng);
      if (u < right[at]) {
        if (++at == n) {
          at = 0;
          image[0]++;
        }
      } else if (u < right[at] + left[at]) {
        if (--at < 0) {
          at = n - 1;
          image[0]--;
        }
      } else {
        continue;
      }
      OK(path_add(p, t, at, image, err));
    }
    path_finish(p, steps);
  }
}

static void folding(void **state) {
  (void)state;
  /* twelve cells of the alternating chain folded to the right unit: as one cell, and homogeneous */
  enum { CELLS = 12 };
  double left[2 * CELLS], right[2 * CELLS];
  for (int i = 0; i < 2 * CELLS; i++) {
    right[i] = i % 2 ? .05 : .2;
    left[i] = i % 2 ? .2 : .05;
  }
  path_set p;
  walk_on_ring(CELLS, 2, left, right, 60000, 4, 5, &p);
  const int rep[3] = {CELLS, 1, 1}, wrong[3] = {2 * CELLS, 1, 1};
  lag_counts c, f, g;
  state_space unit, site;
  fold_verdict v, w;
  OK(counts_from_paths(&p, 1, 1, 10, 4, &c, err));
  OK(counts_fold(&c, &p.space, rep, &f, &unit, &v, err));
  assert_int_equal(unit.n, 2);
  CLOSE(unit.cell[0][0], 3.0, 1e-12);
  CLOSE(unit.x[3], 0.5, 1e-12);
  CLOSE(count_table_sum(&f.total), count_table_sum(&c.total), 0);
  assert_true(v.tested && v.homogeneous);
  assert_true(v.ratio > .5 && v.ratio < 1.5);
  const msm_options opt = {.bootstrap = 100, .seed = 1};
  msm_model m;
  OK(msm_build(&unit, &f, 1.0, &opt, &m, err));
  assert_int_equal(m.n, 2);
  CLOSE(m.tr.D[0][0], .18, .01);
  assert_true(m.has_ci && m.D_lo[0][0] < m.tr.D[0][0] && m.D_hi[0][0] > m.tr.D[0][0]);
  assert_true(m.D_lo[0][0] < .18 && m.D_hi[0][0] > .18 && m.D_hi[0][0] - m.D_lo[0][0] < .02);
  assert_true(m.timescale_lo[0] < m.timescale[0] && m.timescale_hi[0] > m.timescale[0]);
  msm_model again;
  OK(msm_build(&unit, &f, 1.0, &opt, &again, err)); /* same seed, same result */
  assert_true(memcmp(again.D_lo, m.D_lo, sizeof m.D_lo) == 0 && again.timescale_hi[0] == m.timescale_hi[0]);
  msm_model_free(&again);
  msm_model_free(&m);
  /* folded to one site per cell: wrong (.281), and found out */
  OK(counts_fold(&c, &p.space, wrong, &g, &site, &w, err));
  assert_int_equal(site.n, 1);
  assert_true(w.tested && !w.homogeneous);
  OK(msm_build(&site, &g, 1.0, &(msm_options){0}, &m, err));
  CLOSE(m.tr.D[0][0], .28125, .01);
  assert_int_equal(m.n, 1);
  assert_false(m.no_jump);
  msm_model_free(&m);
  lag_counts_free(&c);
  lag_counts_free(&f);
  lag_counts_free(&g);
  state_space_free(&unit);
  state_space_free(&site);
  path_set_free(&p);
}

static void same_table(const count_table *a, const count_table *b) {
  assert_int_equal(a->nstates, b->nstates);
  assert_int_equal(a->nparts, b->nparts);
  assert_int_equal(a->n, b->n);
  for (size_t k = 0; k < a->n; k++) {
    assert_memory_equal(&a->entry[k], &b->entry[k], sizeof a->entry[k]);
    const count_entry *x = &a->entry[k], *y = x - 1;
    if (k > 0) /* sorted, each once */
      assert_true(y->part < x->part ||
                  (y->part == x->part &&
                   (y->i < x->i || (y->i == x->i && (y->j < x->j || (y->j == x->j && y->r[0] < x->r[0]))))));
  }
}

/* The verdict by its definition: the spread of the copies' rows over what their blocks explain, all pairs written out.
 */
static double spread_of_copies(const lag_counts *c, int nunit, int ncells, int nblocks, const count_table *total) {
  double excess = 0.0, expected = 0.0;
  for (int s = 0; s < nunit; s++) {
    double all = 0.0, *row = calloc((size_t)ncells * (size_t)nblocks, sizeof *row);
    for (size_t k = 0; k < c->blocks.n; k++) {
      const count_entry *e = &c->blocks.entry[k];
      if (e->i % nunit == s) {
        row[e->i / nunit * nblocks + e->part] += e->c;
        all += e->c;
      }
    }
    for (size_t t = 0; t < total->n; t++) {
      const count_entry *o = &total->entry[t];
      if (o->i != s || (o->j == s && o->r[0] == 0))
        continue;
      for (int copy = 0; copy < ncells; copy++) {
        double e[64] = {0.0}, sum = 0.0, starts = 0.0, variance = 0.0;
        for (size_t k = 0; k < c->blocks.n; k++) {
          const count_entry *x = &c->blocks.entry[k];
          const int r = ncells * x->r[0] + x->j / nunit - x->i / nunit;
          if (x->i == s + nunit * copy && x->j % nunit == o->j && r == o->r[0])
            e[x->part] += x->c;
        }
        for (int b = 0; b < nblocks; b++) {
          e[b] -= o->c / all * row[copy * nblocks + b];
          sum += e[b];
          starts += row[copy * nblocks + b];
        }
        for (int b = 0; b < nblocks; b++)
          variance += (e[b] - sum / nblocks) * (e[b] - sum / nblocks);
        excess += sum * sum;
        expected += variance * nblocks / (nblocks - 1.0) * (1.0 - starts / all);
      }
    }
    free(row);
  }
  return excess / expected;
}

static void folded_at_once(void **state) {
  (void)state;
  enum { CELLS = 6, UNIT = 3, BLOCKS = 7 };
  double left[UNIT * CELLS], right[UNIT * CELLS];
  for (int i = 0; i < UNIT * CELLS; i++) {
    right[i] = i % 2 ? .05 : .2;
    left[i] = i % UNIT ? .2 : .03;
  }
  path_set p;
  walk_on_ring(CELLS, UNIT, left, right, 3000, 5, 11, &p);
  const int rep[3] = {CELLS, 1, 1};
  static const long long lags[] = {1, 7, 300};
  for (size_t l = 0; l < 3; l++)
    for (int strided = 0; strided < 2; strided++) {
      lag_counts c, f, g;
      state_space a, b;
      fold_verdict v, w;
      const long long stride = strided ? lags[l] : 1;
      OK(counts_from_paths(&p, lags[l], stride, BLOCKS, 4, &c, err));
      OK(counts_fold(&c, &p.space, rep, &f, &a, &v, err));
      OK(counts_folded(&p, rep, lags[l], stride, BLOCKS, 4, &g, &b, &w, err));
      assert_int_equal(a.n, b.n);
      assert_int_equal(f.lag, g.lag);
      same_table(&f.total, &g.total);
      same_table(&f.blocks, &g.blocks);
      same_table(&f.groups, &g.groups);
      assert_true(v.tested && w.tested && v.homogeneous == w.homogeneous);
      CLOSE(v.ratio, w.ratio, 1e-9 * v.ratio);
      CLOSE(v.z, w.z, 1e-9 * (1.0 + fabs(v.z)));
      CLOSE(v.ratio, spread_of_copies(&c, UNIT, CELLS, BLOCKS, &f.total), 1e-9 * v.ratio);
      lag_counts_free(&c);
      lag_counts_free(&f);
      lag_counts_free(&g);
      state_space_free(&a);
      state_space_free(&b);
    }
  path_set_free(&p);
}

/* So many pieces announced that the starting sites are taken in several passes: the same tables. */
static void in_several_passes(void **state) {
  (void)state;
  enum { CELLS = 5, UNIT = 4, PIECES = 3000 };
  const int rep[3] = {CELLS, 1, 1};
  count_gather *one, *many;
  OK(count_gather_new(CELLS * UNIT, rep, 6, 3, PIECES, &one, err));
  OK(count_gather_new(CELLS * UNIT, rep, 6, 3, 1e8, &many, err));
  count_gather *const gather[2] = {one, many};
  lag_counts c[2] = {{0}};
  fold_verdict v[2];
  for (int k = 0; k < 2; k++) {
    bool again = true;
    int passes = 0;
    for (; again; passes++) {
      lisi_rng rng;
      lisi_rng_seed(&rng, 5);
      for (int n = 0; n < PIECES; n++) {
        const int i = lisi_rng_below(&rng, CELLS * UNIT), j = lisi_rng_below(&rng, CELLS * UNIT);
        const int r[3] = {lisi_rng_below(&rng, 3) - 1, 0, 0};
        OK(count_gather_add(gather[k], i, j, r, lisi_rng_below(&rng, 6), lisi_rng_below(&rng, 3), 1.0 + n % 4, err));
      }
      OK(count_gather_pass(gather[k], &again, err));
    }
    assert_true(k == 0 ? passes == 1 : passes > 1 && passes <= UNIT);
    OK(count_gather_tables(gather[k], &c[k], &v[k], err));
    count_gather_free(gather[k]);
  }
  same_table(&c[0].total, &c[1].total);
  same_table(&c[0].blocks, &c[1].blocks);
  same_table(&c[0].groups, &c[1].groups);
  CLOSE(v[0].ratio, v[1].ratio, 1e-9);
  CLOSE(v[0].z, v[1].z, 1e-9);
  CLOSE(count_table_sum(&c[0].total), 2.5 * PIECES, 0);
  lag_counts_free(&c[0]);
  lag_counts_free(&c[1]);
}

/* Displacements and numbers that the packed pieces do not hold, beside ones at the edge of what they hold. */
static void large_pieces(void **state) {
  (void)state;
  static const int rep[3] = {1, 1, 1};
  static const int shift[][3] = {{32767, -32767, 0},    {-32768, 1, 2},      {0, 0, 32768},           {40000, 7, -1},
                                 {2000000000, -5, -10}, {0, -2000000000, 0}, {-32768, -32768, -32768}};
  static const double number[] = {1.0, 16777217.0, 9007199254740991.0, 0.1, 3e9 + 1.0, 16777216.0, 1e-30};
  enum { N = sizeof number / sizeof *number };
  count_gather *gather;
  OK(count_gather_new(1, rep, 2, 1, 100, &gather, err));
  for (int k = 0; k < N; k++)
    OK(count_gather_add(gather, 0, 0, shift[k], k % 2, 0, number[k], err));
  bool again;
  OK(count_gather_pass(gather, &again, err));
  assert_false(again);
  lag_counts c;
  OK(count_gather_tables(gather, &c, NULL, err));
  count_gather_free(gather);
  assert_int_equal(c.total.n, N);
  for (int k = 0; k < N; k++) {
    assert_true(entry(&c.total, 0, 0, 0, shift[k]) == number[k]);
    assert_true(entry(&c.blocks, k % 2, 0, 0, shift[k]) == number[k]);
    assert_true(entry(&c.groups, 0, 0, 0, shift[k]) == number[k]);
  }
  lag_counts_free(&c);
  lisi_error err = {0};
  assert_int_equal(count_gather_new(1, rep, 40000, 1, 1, &gather, &err), LISI_ERR_UNSUPPORTED);
}

/* Counts that no file should hold end with an error, those below the range of a float soon. */
static void odd_counts(void **state) {
  (void)state;
  static const int rep[3] = {1, 1, 1}, far[3] = {5, 0, 0};
  static const double small[] = {0.0, 1e-60, 4e-46, 5e-324, 3e-45, 0.1 + 1e-17};
  static const double wrong[] = {-1.0, -1e-300, LARGEST_COUNT + 2.0, 1e39, 1e300, INFINITY, NAN};
  enum { N = sizeof small / sizeof *small };
  count_gather *gather;
  OK(count_gather_new(1, rep, 1, 0, 100, &gather, err));
  for (int k = 0; k < N; k++) {
    const int shift[3] = {k, 0, 0};
    OK(count_gather_add(gather, 0, 0, shift, 0, -1, small[k], err));
  }
  OK(count_gather_add(gather, 0, 0, far, 0, -1, LARGEST_COUNT, err));
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    lisi_error err = {0};
    assert_int_equal(count_gather_add(gather, 0, 0, far, 0, -1, wrong[k], &err), LISI_ERR_INPUT);
    assert_non_null(strstr(err.message, "expected 0 to 2^53"));
  }
  bool again;
  OK(count_gather_pass(gather, &again, err));
  assert_false(again);
  lag_counts c;
  OK(count_gather_tables(gather, &c, NULL, err));
  count_gather_free(gather);
  for (int k = 0; k < N - 1; k++) {
    const int shift[3] = {k, 0, 0};
    CLOSE(entry(&c.total, 0, 0, 0, shift), small[k], 1e-45);
  }
  assert_true(entry(&c.total, 0, 0, 0, far) == LARGEST_COUNT); /* 0.1 is lost beside it, in a double as well */
  lag_counts_free(&c);
}

/* Many homogeneous systems must hardly ever be called otherwise. */
static void homogeneity_is_fair(void **state) {
  (void)state;
  enum { CELLS = 6 };
  double rate[2 * CELLS];
  for (int i = 0; i < 2 * CELLS; i++)
    rate[i] = .01;
  int refused = 0;
  for (uint64_t seed = 1; seed <= 40; seed++) {
    path_set p;
    walk_on_ring(CELLS, 2, rate, rate, 4000, 3, seed, &p);
    const int rep[3] = {CELLS, 1, 1};
    lag_counts c, f;
    state_space unit;
    fold_verdict v;
    OK(counts_from_paths(&p, 20, 1, 10, 3, &c, err));
    OK(counts_fold(&c, &p.space, rep, &f, &unit, &v, err));
    refused += !v.homogeneous;
    lag_counts_free(&c);
    lag_counts_free(&f);
    state_space_free(&unit);
    path_set_free(&p);
  }
  assert_true(refused <= 1);
}

static void site_msd(void **state) {
  (void)state;
  double rate[6] = {.1, .1, .1, .1, .1, .1};
  path_set p;
  walk_on_ring(3, 2, rate, rate, 20000, 5, 9, &p);
  for (long long lag = 1; lag <= 100; lag *= 10) {
    path_msd m;
    OK(path_set_msd(&p, lag, 10, &m, err));
    const double exact = .2 * 1.5 * 1.5 * (double)lag; /* a free walk: 2 D t with D = k a^2 */
    assert_true(m.msd_error > 0 && fabs(m.msd - exact) < 4 * m.msd_error);
    assert_true(m.msd_error < .2 * exact);
    double d2 = 0, pairs = 0;
    lag_counts c;
    OK(counts_from_paths(&p, lag, 1, 1, 1, &c, err));
    for (size_t k = 0; k < c.total.n; k++) {
      double d[3];
      state_space_step(&p.space, c.total.entry[k].i, c.total.entry[k].j, c.total.entry[k].r, d);
      d2 += c.total.entry[k].c * d[0] * d[0];
      pairs += c.total.entry[k].c;
    }
    CLOSE(m.tensor[0][0], d2 / pairs, 1e-10 * d2 / pairs);
    CLOSE(m.pairs, pairs, 0);
    lag_counts_free(&c);
  }
  path_set_free(&p);
}

static void lags(void **state) {
  (void)state;
  const int s[7] = {0, 0, 1, 0, 1, 1, 0};
  path_set p;
  from_list(&p, 2, 7, s);
  p.dt = 0.1;
  p.time_in_ps = true;
  long long n;
  OK(path_set_lag(&p, 0.3, &n, err));
  assert_int_equal(n, 3);
  const double bad[] = {0.25, 0.0, -1.0, NAN, INFINITY, 0.7, 1e300, 1e-9};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    lisi_error err = {0};
    assert_int_equal(path_set_lag(&p, bad[k], &n, &err), LISI_ERR_INPUT);
    assert_non_null(strstr(err.message, "lag"));
  }
  path_set_free(&p);
}

/* A plan adds parts up as the table itself does, to the last bit, also where weights leave parts out. */
static void plan_agrees(void **state) {
  (void)state;
  count_hash *hash;
  lisi_rng rng;
  lisi_rng_seed(&rng, 11);
  OK(count_hash_new(&hash, err));
  for (int k = 0; k < 3000; k++) {
    const int r[3] = {(int)(3 * lisi_rng_uniform(&rng)) - 1, (int)(2 * lisi_rng_uniform(&rng)), 0};
    OK(count_hash_add(hash, (int)(7 * lisi_rng_uniform(&rng)), (int)(5 * lisi_rng_uniform(&rng)),
                      (int)(5 * lisi_rng_uniform(&rng)), r, lisi_rng_uniform(&rng), err));
  }
  count_table table;
  OK(count_hash_table(hash, 5, 7, &table, err));
  count_hash_free(hash);
  count_plan plan;
  OK(count_plan_make(&table, &plan, err));
  static const double weight[4][7] = {{1, 1, 1, 1, 1, 1, 1}, {0, 2, 0, 0, 3, 1, 1}, {0}, {0, 0, 0, 0, 0, 0, .3}};
  for (int w = -1; w < 4; w++) {
    count_table a, b;
    OK(count_table_collapse(&table, w < 0 ? NULL : weight[w], &a, err));
    OK(count_plan_collapse(&plan, w < 0 ? NULL : weight[w], &b, err));
    assert_int_equal(a.n, b.n);
    assert_true(w == 2 ? a.n == 0 : a.n > 0);
    assert_int_equal(a.nstates, b.nstates);
    assert_int_equal(a.nparts, b.nparts);
    for (size_t k = 0; k < a.n; k++) {
      const count_entry *x = &a.entry[k], *y = &b.entry[k];
      assert_true(x->part == y->part && x->i == y->i && x->j == y->j && memcmp(x->r, y->r, sizeof x->r) == 0);
      assert_true(x->c >= y->c && x->c <= y->c);
    }
    count_table_free(&a);
    count_table_free(&b);
  }
  count_plan_free(&plan);
  count_table_free(&table);
}

/* Strided counts stay strided with a prior, which the errors of few blocks are made of. */
static void prior_keeps(void **state) {
  (void)state;
  const int s[7] = {0, 0, 1, 0, 1, 1, 0};
  path_set p;
  lag_counts c, with;
  from_list(&p, 2, 7, s);
  OK(counts_from_paths(&p, 2, 2, 1, 1, &c, err));
  OK(counts_prior(&c, 0.5, &with, err));
  assert_int_equal(with.lag, 2);
  assert_int_equal(with.stride, 2);
  lag_counts_free(&with);
  lag_counts_free(&c);
  path_set_free(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_example),  cmocka_unit_test(against_brute_force),
      cmocka_unit_test(windows),        cmocka_unit_test(stream_agrees),
      cmocka_unit_test(folding),        cmocka_unit_test(homogeneity_is_fair),
      cmocka_unit_test(folded_at_once), cmocka_unit_test(in_several_passes),
      cmocka_unit_test(large_pieces),   cmocka_unit_test(odd_counts),
      cmocka_unit_test(site_msd),       cmocka_unit_test(lags),
      cmocka_unit_test(plan_agrees),    cmocka_unit_test(prior_keeps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
