/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discrete trajectories in run-length form: a path is a list of steps, "in state s, image n, from sample t on". */
#ifndef LISI_PATHS_H
#define LISI_PATHS_H

#include "state_space.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  long long t; /* first sample in this state */
  int state;   /* 0..nstates-1; -1: in no state */
  int n[3];    /* absolute image (the last known one while state is -1) */
} path_step;

/* A stretch without a break: samples step[0].t .. end-1. One walker may have several. */
typedef struct {
  int walker;
  int run; /* which of several jump logs it is from, from 0: only walkers of one run are in one box at one time */
  long long end;
  size_t n, cap;
  path_step *step; /* [n], t strictly rising, n >= 1 */
} path;

typedef struct {
  size_t n, cap;
  path *path; /* [n] */
  int nwalkers, nruns;
  state_space space;
  double dt;          /* time per sample, ps; 1 with time_unit step */
  bool time_in_ps;    /* false: dtrajs, the unit is a step */
  int replicate[3];   /* unit cells in the box along a, b, c; 1 1 1 without geometry */
  int nsites_unit;    /* states per unit cell */
  double temperature; /* K; 0 unknown */
  bool nearest_site;  /* assigned by nearest site, without core, sphere or dwell */
  int ncut, cut;      /* logs that end in the middle, and the first of them: number of the file, from 0 */
  long long unplaced; /* samples times walkers, where known, of atoms that have not been in any site yet: before the
                       * first core or sphere, from the beginning and anew behind a break. They are in no path. */
  long long njumps;   /* changes of state or image between two assigned steps */
} path_set;

void path_set_free(path_set *paths);

/* Building: begin a path for `walker`, then add steps in the order of time (equal neighbours are merged), then end it.
 * A path with no sample is dropped. */
LISI_MUST_CHECK lisi_status path_begin(path_set *paths, int walker, lisi_error *err);
LISI_MUST_CHECK lisi_status path_add(path_set *paths, long long t, int state, const int n[3], lisi_error *err);
void path_finish(path_set *paths, long long end);
/* Changes of state or image between two assigned steps of one path. */
long long path_jumps(const path *p);

/* Keeps what was sampled from `from` to `to`, both included, and forgets the rest; ps, or steps for dtrajs, counted
 * from the first sample of each file; to may be INFINITY. Images stay absolute. `unplaced` is that of the whole set
 * still. LISI_ERR_INPUT where nothing is left; the message tells what there is. */
LISI_MUST_CHECK lisi_status path_set_window(path_set *paths, double from, double to, lisi_error *err);

/* First sample and one past the last of all paths. */
void path_set_range(const path_set *paths, long long *begin, long long *end);
/* Samples of the longest path. A lag must be shorter. */
long long path_set_longest(const path_set *paths);

/* A lag in the set's unit of time (ps or steps) -> samples. Refuses what is not a positive multiple of dt (to 1e-6),
 * and what no path is long enough for; the message tells both numbers. */
LISI_MUST_CHECK lisi_status path_set_lag(const path_set *paths, double lag, long long *samples, lisi_error *err);

/* Visits every maximal run of pair starts t in [t0, t1) for which both ends stay put: in step *a at t and in step *b at
 * t+lag, both assigned. Return non-LISI_OK to stop. */
typedef lisi_status (*path_pair_visit)(void *context, int walker, const path_step *a, const path_step *b, long long t0,
                                       long long t1, lisi_error *err);
LISI_MUST_CHECK lisi_status path_set_pairs(const path_set *paths, long long lag, path_pair_visit visit, void *context,
                                           lisi_error *err);

/* Mean-square displacement of the site positions over all pairs at `lag` samples: tensor <d d^T> (A^2) and its standard
 * error from nblocks time blocks (0 for fewer than two). *pairs: how many. Trace: msd and msd_error. lag 0 gives zero.
 */
typedef struct {
  double tensor[3][3], msd, msd_error;
  double pairs;
} path_msd;
LISI_MUST_CHECK lisi_status path_set_msd(const path_set *paths, long long lag, int nblocks, path_msd *msd,
                                         lisi_error *err);

/* Jump logs (.jumps, .jumps.gz) into one set: the same sites, replicate, sampling and assignment are required; walkers
 * are told apart by file and atom id; the cell is the mean over the files. Only what an F line vouches for is taken. n
 * >= 1 files. Errors name file and line. An empty log (no sample at all) is LISI_ERR_INPUT; a log without a jump is
 * fine (njumps = 0). */
LISI_MUST_CHECK lisi_status paths_from_jump_logs(int n, const char *const *file, path_set *paths, lisi_error *err);

/* Plain discrete trajectories: one integer per line, -1 = in no state, '#' starts a comment; one walker per file.
 * States are the numbers that occur, in rising order (space.number). Errors name file and line: empty file, no state at
 * all, not an integer, more than one per line. */
LISI_MUST_CHECK lisi_status paths_from_dtrajs(int n, const char *const *file, path_set *paths, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
