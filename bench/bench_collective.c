/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracer and collective displacements from the run-length form of paths, as `lisi-msm build` takes them. The peer is
 * the plain loop over all samples, with the same lags, on the same paths; it has to find the same numbers. Seconds of
 * processor time on one core, the best of three, interleaved. Then four times as many samples with the same number of
 * jumps, and four times as many jumps. */
#include "bench.h"
#include "collective.h"

#include <math.h>
#include <string.h>

enum { WALKERS = 100, REPEATS = 3, MOST = 32 };

static void must(lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    die(err->message);
}

static void make_paths(long long samples, int jumps, path_set *p) {
  lisi_error err = {0};
  memset(p, 0, sizeof *p);
  must(state_space_new(1, true, &p->space, &err), &err);
  for (int a = 0; a < 3; a++)
    p->space.cell[a][a] = 3;
  p->dt = 1;
  p->time_in_ps = true;
  p->nruns = 1;
  for (int w = 0; w < WALKERS; w++) {
    int n[3] = {0, 0, 0};
    must(path_begin(p, w, &err), &err);
    must(path_add(p, 0, 0, n, &err), &err);
    for (int k = 0; k < jumps; k++) { /* one in each of as many pieces of time */
      const long long begin = 1 + k * (samples - 1) / jumps, end = 1 + (k + 1) * (samples - 1) / jumps;
      n[next_random() % 3] += next_random() % 2 ? 1 : -1;
      must(path_add(p, begin + (long long)(uniform() * (double)(end - begin)), 0, n, &err), &err);
    }
    path_finish(p, samples);
  }
}

/* Slopes between neighbouring lags by the loop over samples: every walker unrolled, and their sum. */
static void plain(const path_set *p, long long samples, int npoints, double *tracer, double *collective) {
  double(*x)[3] = need(malloc((size_t)samples * sizeof *x)), (*Q)[3] = need(calloc((size_t)samples, sizeof *Q));
  double one[MOST + 1] = {0}, all[MOST + 1] = {0};
  for (size_t w = 0; w <= p->n; w++) {
    if (w < p->n) {
      const path *q = &p->path[w];
      size_t at = 0;
      for (long long t = 0; t < samples; t++) {
        while (at + 1 < q->n && q->step[at + 1].t <= t)
          at++;
        for (int a = 0; a < 3; a++) {
          x[t][a] = 3. * q->step[at].n[a];
          Q[t][a] += x[t][a];
        }
      }
    }
    const double(*r)[3] = (const double(*)[3])(w < p->n ? x : Q);
    for (int k = 0; k <= npoints; k++) {
      const long long lag = 1LL << k;
      double sum = 0;
      for (long long t = 0; t + lag < samples; t++)
        for (int a = 0; a < 3; a++)
          sum += (r[t + lag][a] - r[t][a]) * (r[t + lag][a] - r[t][a]);
      *(w < p->n ? &one[k] : &all[k]) += sum / (double)(samples - lag) / (double)p->n;
    }
  }
  for (int k = 0; k < npoints; k++) {
    tracer[k] = (one[k + 1] - one[k]) / (6. * (double)(1LL << k));
    collective[k] = (all[k + 1] - all[k]) / (6. * (double)(1LL << k));
  }
  free(x);
  free(Q);
}

static void time_it(long long samples, int jumps, bool with_plain) {
  const collective_options options = {.nblocks = 20, .resamples = 0};
  path_set p;
  lisi_error err = {0};
  make_paths(samples, jumps, &p);
  double best = INFINITY, best_plain = INFINITY, tracer[MOST], collective[MOST], worst = 0;
  int lags = 0;
  for (int r = 0; r < REPEATS; r++) {
    collective_result result;
    double start = now();
    must(collective_make(&p, &options, &result, &err), &err);
    best = fmin(best, now() - start);
    lags = result.npoints + 1;
    if (with_plain) {
      start = now();
      plain(&p, samples, result.npoints, tracer, collective);
      best_plain = fmin(best_plain, now() - start);
      for (int k = 0; k < result.npoints; k++) {
        worst = fmax(worst, fabs(result.point[k].tracer.value / tracer[k] - 1));
        worst = fmax(worst, fabs(result.point[k].collective.value / collective[k] - 1));
      }
    }
    collective_free(&result);
  }
  printf("%9lld samples, %7lld jumps, %2d lags: %.3f s", samples, (long long)WALKERS * jumps, lags, best);
  if (with_plain)
    printf("; plain loop %.3f s, %.1f times as long; the same to %.1e", best_plain, best_plain / best, worst);
  printf("\n");
  path_set_free(&p);
}

int main(void) {
  time_it(200000, 1000, true);
  time_it(800000, 1000, false);
  time_it(800000, 4000, false);
  return 0;
}
