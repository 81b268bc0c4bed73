/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jumps and stays by orbit: occupancies, residence times, rates by pair of orbits and distance, recrossings, hops over
 * a site, and the transition matrix, each with one standard error.
 *
 * Errors: a run is cut into time blocks, all lithium together (neighbouring jumps depend on each other), and lithium
 * into groups; the scatter of a ratio over the parts gives its error, and the widest of blocks, groups and, for counted
 * jumps, 1/sqrt(number) is reported. */
#ifndef LISI_JUMP_STATS_H
#define LISI_JUMP_STATS_H

#include "jump_list.h"
#include "residence.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double value, error; /* NAN: not known */
} measured;

/* Sites taken together. */
typedef struct {
  int n;
  char (*label)[STATE_LABEL]; /* [n] in the order of their first site */
  int *nsites;                /* [n] in the box */
  int *of_state;              /* [states] */
} orbit_set;

typedef enum { ORBIT_LABEL, ORBIT_SITE } orbit_kind; /* by label; each site of the unit cell by itself ("Li1#3") */
LISI_MUST_CHECK lisi_status orbit_set_make(const path_set *paths, orbit_kind kind, orbit_set *orbits, lisi_error *err);
void orbit_set_free(orbit_set *orbits);

typedef struct {
  long long recross; /* samples: a jump that goes back within it is undone */
  double shell;      /* Angstrom: distances that lie closer than this are one shell */
  int blocks;        /* time blocks of each run, and groups of lithium; >= 2 */
} jump_stats_options;

typedef struct {
  double li_time;     /* lithium x ps seen in its sites */
  measured atoms;     /* mean number */
  measured occupancy; /* per site */
  double arrivals, departures;
  measured residence;    /* ps per visit: time in the sites over departures; INFINITY without a departure */
  double residence_low;  /* ps: 95 % lower bound from the number of departures (Poisson) */
  residence_curve curve; /* stays whose beginning was seen; in samples */
} orbit_stats;

typedef struct {
  int from, to; /* orbits */
  int shell;    /* of this pair, from 0: rising distance */
  double jumps;
  double distance, distance_min, distance_max; /* Angstrom, between the sites; 0 without geometry */
  measured rate;                               /* per lithium in an orbit `from`, 1/ps */
  measured undone;                             /* share that goes back within the window, of those that could be seen */
  measured multi;                              /* share of hops over a third site; NAN without geometry */
} jump_class;

typedef struct {
  orbit_set orbits;
  orbit_stats *orbit; /* [orbits.n] */
  int nclasses;
  jump_class *class; /* [nclasses] by from, to, shell */
  measured *matrix; /* [orbits.n][orbits.n] share of the jumps out of a row's orbit that end in the column's; NULL where
                       there are more than 400 orbits */
  double njumps;
  double li_time; /* lithium x ps, in sites or not */
  measured rate;  /* jumps per lithium and ps */
  measured undone, multi;
  measured unassigned; /* share of the time in no site, between two of them */
  double
      before_first; /* share of the atoms' whole time before their first core or sphere, which is in no other number */
} jump_stats;

LISI_MUST_CHECK lisi_status jump_stats_make(const path_set *paths, const jump_list *list, orbit_kind kind,
                                            const jump_stats_options *options, jump_stats *stats, lisi_error *err);
void jump_stats_free(jump_stats *stats);

/* The standard error of sum(x)/sum(y) from its parts; NAN for fewer than two parts or sum(y) = 0. */
double ratio_error(int nparts, const double *x, const double *y);

#ifdef __cplusplus
}
#endif
#endif
