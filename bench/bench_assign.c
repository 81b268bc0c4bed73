/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigning atoms to sites: microseconds of processor time per frame (reading apart) with the lists of the site index,
 * as `lisi-msm assign` and compute lijump do it: box, drift of the framework, nearest site and track of every atom. The
 * peer is a plain loop over all sites with the minimum image in the same cell, which has to find the same sites. The
 * number of atoms stays, the number of sites grows: in one cell (amorphous hosts), and as unit cells of a crystal.
 *     bench_assign [-a atoms] [-f frames] [-r repeats] */
#include "bench.h"
#include "framework.h"
#include "site_index.h"
#include "tracker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 100, HOST = 64 };

static void must(lisi_status status, const lisi_error *err) {
  if (status != LISI_OK)
    die(err->message);
}

typedef struct {
  int natoms, nhost, nframes, nsites;
  lattice box;
  site_index *sites, *references;
  double (*f)[3];    /* [nframes][natoms] */
  double (*host)[3]; /* [nframes][nhost] */
  double (*at)[3];   /* [nsites] in the box, for the plain loop */
} world;

/* Sites 2.4 A apart on average; a framework of 64 atoms (or one a cell) that trembles; atoms that walk. */
static void make_world(int natoms, int nframes, int unit, const int replicate[3], world *w) {
  lisi_error err = {0};
  const int copies = replicate[0] * replicate[1] * replicate[2];
  const double edge = 2.4 * cbrt((double)unit);
  const double H[3][3] = {{edge * replicate[0], 0.0, 0.0},
                          {0.1 * edge * replicate[1], edge * replicate[1], 0.0},
                          {-0.1 * edge * replicate[2], 0.2 * edge * replicate[2], edge * replicate[2]}};
  memset(w, 0, sizeof *w);
  must(lattice_from_rows(H, &w->box, &err), &err);
  const int nref = HOST / copies > 1 ? HOST / copies : 1;
  double(*site)[3] = need(malloc((size_t)unit * sizeof *site)), (*ref)[3] = need(malloc((size_t)nref * sizeof *ref));
  /* places of a jittered grid, so that no two are on top of each other */
  const int grid = (int)ceil(cbrt((double)unit));
  for (int s = 0; s < unit; s++) {
    const int cell[3] = {s % grid, s / grid % grid, s / grid / grid};
    for (int k = 0; k < 3; k++) {
      site[s][k] = (cell[k] + 0.3 + 0.4 * uniform()) / grid;
      if (s < nref)
        ref[s][k] = (cell[k] + 0.8) / grid;
    }
  }
  must(site_index_create(unit, site[0], 3, replicate, &w->sites, &err), &err);
  must(site_index_create(nref, ref[0], 3, replicate, &w->references, &err), &err);
  must(site_index_set_box(w->sites, &w->box, &err), &err);
  must(site_index_set_box(w->references, &w->box, &err), &err);
  w->natoms = natoms;
  w->nhost = nref * copies;
  w->nframes = nframes;
  w->nsites = unit * copies;
  w->f = need(malloc((size_t)nframes * (size_t)natoms * sizeof *w->f));
  w->host = need(malloc((size_t)nframes * (size_t)w->nhost * sizeof *w->host));
  w->at = need(malloc((size_t)w->nsites * sizeof *w->at));
  for (int s = 0; s < w->nsites; s++)
    site_index_position(w->sites, s + 1, w->at[s]);
  for (int i = 0; i < natoms; i++)
    for (int k = 0; k < 3; k++)
      w->f[i][k] = uniform();
  for (int t = 1; t < nframes; t++)
    for (int i = 0; i < natoms; i++)
      for (int k = 0; k < 3; k++)
        w->f[(size_t)t * (size_t)natoms + (size_t)i][k] =
            w->f[(size_t)(t - 1) * (size_t)natoms + (size_t)i][k] + 0.6 * (uniform() - 0.5) / edge / replicate[k];
  for (int t = 0; t < nframes; t++)
    for (int i = 0; i < w->nhost; i++) {
      double p[3];
      site_index_position(w->references, i + 1, p);
      for (int k = 0; k < 3; k++)
        w->host[(size_t)t * (size_t)w->nhost + (size_t)i][k] = p[k] + 0.2 * (uniform() - 0.5) / edge / replicate[k];
    }
  free(site);
  free(ref);
}

static void free_world(world *w) {
  site_index_free(w->sites);
  site_index_free(w->references);
  free(w->f);
  free(w->host);
  free(w->at);
}

/* The drift of every frame; seconds a frame. */
static double follow_framework(const world *w, double (*drift)[3]) {
  lisi_error err = {0};
  double now_at[3] = {0.0, 0.0, 0.0}, rms;
  const double start = now();
  for (int t = 0; t < w->nframes; t++) {
    must(site_index_set_box(w->references, &w->box, &err), &err);
    framework_sums sums = {{0}};
    for (int i = 0; i < w->nhost; i++)
      framework_add(w->references, now_at, w->host[(size_t)t * (size_t)w->nhost + (size_t)i], &sums);
    must(framework_finish(w->references, &sums, now_at, &rms, &err), &err);
    memcpy(drift[t], now_at, sizeof now_at);
  }
  return (now() - start) / w->nframes;
}

/* All frames; found[nframes][natoms] receives the sites. */
static double with_lists(const world *w, const double (*drift)[3], int32_t *found, long *njumps) {
  const tracker_rule rule = {TRACK_NEAREST, 0.0, 1};
  lisi_error err = {0};
  atom_track *track = need(calloc((size_t)w->natoms, sizeof *track));
  *njumps = 0;
  const double start = now();
  for (int t = 0; t < w->nframes; t++) {
    must(site_index_set_box(w->sites, &w->box, &err), &err);
    for (int i = 0; i < w->natoms; i++) {
      const double *f = w->f[(size_t)t * (size_t)w->natoms + (size_t)i];
      const double p[3] = {f[0] - drift[t][0], f[1] - drift[t][1], f[2] - drift[t][2]};
      site_hit hit;
      jump_record record;
      site_index_nearest(w->sites, p, &hit);
      *njumps += tracker_advance(&rule, t, &hit, &track[i], &record);
      found[(size_t)t * (size_t)w->natoms + (size_t)i] = hit.site;
    }
  }
  const double seconds = now() - start;
  free(track);
  return seconds / w->nframes;
}

/* The first frames only; the nearest of all sites with each fraction rounded. Returns how many sites differ. */
static double plain_loop(const world *w, const double (*drift)[3], int nframes, const int32_t *found, long *different) {
  *different = 0;
  const double start = now();
  for (int t = 0; t < nframes; t++)
    for (int i = 0; i < w->natoms; i++) {
      const double *f = w->f[(size_t)t * (size_t)w->natoms + (size_t)i];
      double best = INFINITY;
      int site = 0;
      for (int s = 0; s < w->nsites; s++) {
        double d[3] = {0.0, 0.0, 0.0}, g[3];
        for (int k = 0; k < 3; k++) {
          g[k] = f[k] - drift[t][k] - w->at[s][k];
          g[k] -= floor(g[k] + 0.5);
        }
        for (int k = 0; k < 3; k++)
          d[k] = g[0] * w->box.H[0][k] + g[1] * w->box.H[1][k] + g[2] * w->box.H[2][k];
        const double d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        if (d2 < best) {
          best = d2;
          site = s + 1;
        }
      }
      *different += site != found[(size_t)t * (size_t)w->natoms + (size_t)i];
    }
  return (now() - start) / nframes;
}

static int compare(const void *p, const void *q) {
  const double a = *(const double *)p, b = *(const double *)q;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  int natoms = 200, nframes = 500, repeats = 9;
  for (int option; (option = getopt(argc, argv, "a:f:r:")) != -1;) {
    switch (option) {
    case 'a':
      natoms = atoi(optarg);
      break;
    case 'f':
      nframes = atoi(optarg);
      break;
    case 'r':
      repeats = atoi(optarg);
      break;
    default:
      fputs("usage: bench_assign [-a atoms] [-f frames] [-r repeats]\n", stderr);
      return 2;
    }
  }
  if (natoms < 1 || nframes < 2 || repeats < 1 || repeats > MOST)
    die("an option is out of range");
  static const struct {
    int unit, replicate[3];
  } worlds[] = {{125, {1, 1, 1}}, {1000, {1, 1, 1}}, {8000, {1, 1, 1}}, {27, {2, 2, 2}},
                {27, {3, 3, 4}},  {27, {6, 7, 7}},   {27, {13, 13, 14}}};
  printf("%d atoms, %d frames; medians of %d (best)\n", natoms, nframes, repeats);
  for (size_t k = 0; k < sizeof worlds / sizeof *worlds; k++) {
    world w;
    make_world(natoms, nframes, worlds[k].unit, worlds[k].replicate, &w);
    int32_t *found = need(malloc((size_t)nframes * (size_t)natoms * sizeof *found));
    double(*drift)[3] = need(malloc((size_t)nframes * sizeof *drift));
    double ours[MOST], host[MOST], plain[MOST];
    long njumps, different;
    const int some = 1 + 400000 / w.nsites / natoms < nframes ? 1 + 400000 / w.nsites / natoms : nframes;
    for (int r = 0; r < repeats; r++) {
      host[r] = follow_framework(&w, drift);
      ours[r] = with_lists(&w, (const double(*)[3])drift, found, &njumps);
      plain[r] = plain_loop(&w, (const double(*)[3])drift, some, found, &different);
      if (different > 0)
        die("the two ways find other sites");
    }
    qsort(ours, (size_t)repeats, sizeof *ours, compare);
    qsort(host, (size_t)repeats, sizeof *host, compare);
    qsort(plain, (size_t)repeats, sizeof *plain, compare);
    const double a = 1e6 * ours[repeats / 2], b = 1e6 * plain[repeats / 2];
    printf(
        "%6d sites (%4d in %4d cells): %6.1f us a frame (%.1f), plain loop %8.0f, %5.0f times; drift of %4d framework "
        "atoms %6.1f us\n",
        w.nsites, worlds[k].unit, w.nsites / worlds[k].unit, a, 1e6 * ours[0], b, b / a, w.nhost,
        1e6 * host[repeats / 2]);
    free(drift);
    free(found);
    free_world(&w);
  }
  return 0;
}
