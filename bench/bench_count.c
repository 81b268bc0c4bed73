/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting transitions from the run-length form, as `lisi-msm build` does it: displacement-resolved counts at many
 * lags, in time blocks and in groups of walkers, folded into the unit cell, with the comparison of the copies. The peer
 * is the plain loop over all samples (a count matrix without displacements) on a part of the same walkers, which also
 * has to find the same numbers. Seconds of processor time on one core. */
#include "bench.h"
#include "counts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { UNIT = 20, CELLS = 4, NEIGHBOURS = 6, BLOCKS = 20 };

static void must(lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    die(err->message);
}

/* A random network: every site has NEIGHBOURS ways out, each to a site of its own cell or of one beside it. */
typedef struct {
  int to, shift[3];
} way;
static way ways[UNIT][NEIGHBOURS];

static void make_network(void) {
  for (int s = 0; s < UNIT; s++)
    for (int k = 0; k < NEIGHBOURS; k++) {
      way *w = &ways[s][k];
      w->to = (s + 1 + (int)(next_random() % (UNIT - 1))) % UNIT;
      for (int a = 0; a < 3; a++)
        w->shift[a] = k < 3 ? 0 : (int)(next_random() % 3) - 1;
    }
}

static int floor_div(int a, int b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static void make_paths(int walkers, long long samples, double stay, path_set *p) {
  lisi_error err = {0};
  memset(p, 0, sizeof *p);
  must(state_space_new(UNIT * CELLS * CELLS * CELLS, true, &p->space, &err), &err);
  for (int a = 0; a < 3; a++) {
    p->space.cell[a][a] = 10.0 * CELLS;
    p->replicate[a] = CELLS;
  }
  p->nsites_unit = UNIT;
  p->dt = 0.1;
  p->time_in_ps = true;
  for (int w = 0; w < walkers; w++) {
    int s = (int)(next_random() % UNIT), cell[3];
    for (int a = 0; a < 3; a++)
      cell[a] = (int)(next_random() % CELLS);
    must(path_begin(p, w, &err), &err);
    for (long long t = 0; t < samples;) {
      int n[3], in[3];
      for (int a = 0; a < 3; a++) {
        n[a] = floor_div(cell[a], CELLS);
        in[a] = cell[a] - n[a] * CELLS;
      }
      must(path_add(p, t, s + UNIT * (in[0] + CELLS * (in[1] + CELLS * in[2])), n, &err), &err);
      t += 1 + (long long)floor(-log(1.0 - uniform()) * stay);
      const way *go = &ways[s][next_random() % NEIGHBOURS];
      s = go->to;
      for (int a = 0; a < 3; a++)
        cell[a] += go->shift[a];
    }
    path_finish(p, samples);
  }
}

/* The first walkers alone; the steps belong to `all`. */
static path_set part_of(const path_set *all, size_t walkers) {
  path_set part = *all;
  if (part.n > walkers)
    part.n = walkers;
  part.nwalkers = (int)part.n;
  return part;
}

/* What users write first: every sample, one lag. */
static double plain_loop(const path_set *p, long long samples, int nlags, const long long *lag, long long *matrix) {
  int *s = need(malloc((size_t)samples * sizeof *s));
  double seconds = 0.0;
  memset(matrix, 0, (size_t)nlags * UNIT * UNIT * sizeof *matrix);
  for (size_t w = 0; w < p->n; w++) {
    const path *q = &p->path[w];
    for (size_t k = 0; k < q->n; k++)
      for (long long t = q->step[k].t; t < (k + 1 < q->n ? q->step[k + 1].t : q->end); t++)
        s[t] = q->step[k].state % UNIT;
    const double start = now();
    for (int l = 0; l < nlags; l++) {
      long long *m = matrix + (size_t)l * UNIT * UNIT;
      for (long long t = 0; t + lag[l] < samples; t++)
        m[s[t] * UNIT + s[t + lag[l]]]++;
    }
    seconds += now() - start;
  }
  free(s);
  return seconds;
}

/* All lags as the tool does them. matrix (may be NULL): the folded counts without displacements. */
static double run_length(const path_set *p, int nlags, const long long *lag, long long *matrix, size_t *entries) {
  lisi_error err = {0};
  double seconds = 0.0;
  *entries = 0;
  for (int l = 0; l < nlags; l++) {
    lag_counts folded;
    state_space unit;
    fold_verdict verdict;
    const double start = now();
    must(counts_folded(p, p->replicate, lag[l], 1, BLOCKS, BLOCKS, &folded, &unit, &verdict, &err), &err);
    seconds += now() - start;
    *entries += folded.total.n;
    for (size_t k = 0; matrix != NULL && k < folded.total.n; k++) {
      const count_entry *e = &folded.total.entry[k];
      matrix[((size_t)l * UNIT + (size_t)e->i) * UNIT + (size_t)e->j] -= (long long)e->c;
    }
    lag_counts_free(&folded);
    state_space_free(&unit);
  }
  return seconds;
}

static int compare(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  int walkers = 1000, nlags = 20, repeats = 5;
  double samples = 1e6, stay = 1000.0, longest = 1e4;
  for (int option; (option = getopt(argc, argv, "w:n:s:l:m:r:")) != -1;) {
    switch (option) {
    case 'w':
      walkers = atoi(optarg);
      break;
    case 'n':
      samples = atof(optarg);
      break;
    case 's':
      stay = atof(optarg);
      break;
    case 'l':
      nlags = atoi(optarg);
      break;
    case 'm':
      longest = atof(optarg);
      break;
    case 'r':
      repeats = atoi(optarg);
      break;
    default:
      fputs(
          "usage: bench_count [-w walkers] [-n samples of each] [-s samples between jumps] [-l lags] [-m longest lag, "
          "samples] [-r repeats]\n",
          stderr);
      return 2;
    }
  }
  if (walkers < 1 || samples < 10 || samples > 1e8 || stay < 1 || nlags < 1 || nlags > 1000 || longest < 1 ||
      longest >= samples || repeats < 1 || repeats > 100)
    die("an option is out of range");
  long long *lag = need(malloc((size_t)nlags * sizeof *lag));
  for (int l = 0; l < nlags; l++) {
    lag[l] = llround(pow(longest, nlags > 1 ? (double)l / (nlags - 1) : 1.0));
    if (l > 0 && lag[l] <= lag[l - 1])
      lag[l] = lag[l - 1] + 1;
  }
  make_network();
  path_set all;
  make_paths(walkers, (long long)samples, stay, &all);
  const path_set part = part_of(&all, 5);
  printf("%d walkers, %.3g samples in all, %lld jumps, %d sites in %d cells; %d lags from %lld to %lld samples\n",
         walkers, samples * walkers, all.njumps, UNIT, CELLS * CELLS * CELLS, nlags, lag[0], lag[nlags - 1]);

  long long *matrix = need(calloc((size_t)nlags * UNIT * UNIT, sizeof *matrix));
  double ours[100], plain[100];
  size_t entries;
  for (int r = 0; r < repeats; r++) {
    plain[r] = plain_loop(&part, (long long)samples, nlags, lag, matrix) * (double)all.n / (double)part.n;
    ours[r] = run_length(&all, nlags, lag, NULL, &entries);
  }
  const size_t in_all = entries;
  (void)run_length(&part, nlags, lag, matrix, &entries);
  for (size_t k = 0; k < (size_t)nlags * UNIT * UNIT; k++)
    if (matrix[k] != 0)
      die("the two ways of counting disagree");
  qsort(ours, (size_t)repeats, sizeof *ours, compare);
  qsort(plain, (size_t)repeats, sizeof *plain, compare);
  const double a = ours[repeats / 2], b = plain[repeats / 2];
  printf("from the run-length form  %8.3f s (best %.3f), %.0f ns a jump and lag, %zu entries (i, j, R)\n", a, ours[0],
         1e9 * a / (double)all.njumps / nlags, in_all);
  printf("plain loop over samples   %8.1f s (from %zu walkers, scaled), %.2f ns a sample and lag: %.0f times as long\n",
         b, part.n, 1e9 * b / (samples * walkers) / nlags, b / a);
  path_set_free(&all);
  free(matrix);
  free(lag);
  return 0;
}
