/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sites by orbits of a space group: positions that the group takes to each other, exact under it, with Wyckoff letters,
 * names and occupancies. */
#ifndef LISI_SITE_ORBITS_H
#define LISI_SITE_ORBITS_H

#include "crystal.h"
#include "site_density.h"
#include "symmetry.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int nsites;        /* in the cell */
  double (*frac)[3]; /* [nsites] in [0, 1) */
  char label[32];    /* empty until site_orbits_name */
  wyckoff position;  /* letter 0 where no symmetry is known */
  bool given;        /* from a structure file */
  bool interstitial;
  double height;          /* density at the maximum, atoms per A^3; 0 for a site that is given */
  double saddle;          /* the highest saddle to another basin, as a share of height */
  double occupancy;       /* mean number of atoms on a site (the nearest one counts) */
  double occupancy_error; /* standard error from blocks of time */
  double spread;          /* RMS distance of its atoms from the site, Angstrom */
} site_orbit;

typedef struct {
  int norbits, capacity;
  site_orbit *orbit;
} site_orbits;

void site_orbits_free(site_orbits *list);
/* Adds an orbit with room for n sites. */
LISI_MUST_CHECK lisi_status site_orbits_add(site_orbits *list, int n, site_orbit **orbit, lisi_error *err);

/* One orbit for each set of positions frac[n][3] that the group takes to each other within `tolerance` Angstrom. The
 * sites of an orbit are the images of one position, averaged over all of them, so that they are exact under the group;
 * a position that an operation leaves where it is within the tolerance is put on that element of symmetry. members[k]
 * (may be NULL, [n]): number of the orbit, from the ones that were in the list before on, that position k has gone to.
 */
LISI_MUST_CHECK lisi_status site_orbits_build(const symmetry *group, const lattice *cell, int n,
                                              const double (*frac)[3], double tolerance, site_orbits *list,
                                              int *members, lisi_error *err);

/* Occupancies, errors and spreads of all orbits from the counts, each point's going to the site nearest to it. frames:
 * [d->nblocks] frames in each block; copies: unit cells that were folded into one. */
LISI_MUST_CHECK lisi_status site_orbits_occupy(site_orbits *list, const site_density *d, const long *frames,
                                               long copies, lisi_error *err);

/* Wyckoff letters and the space group (number, symbol[12]) of the framework and all sites together. */
LISI_MUST_CHECK lisi_status site_orbits_wyckoff(site_orbits *list, const crystal *framework, int *number,
                                                char symbol[12], lisi_error *err);
/* Labels for the orbits that have none, no two alike: Wyckoff symbol ("48h"; "48h1", "48h2" where several have it; "s"
 * without symmetry), with an i before it for interstitial sites. */
void site_orbits_name(site_orbits *list);
/* Given orbits as they stand, then regular ones and interstitial ones in falling order of occupancy; the sites of an
 * orbit by their distance from the origin. */
void site_orbits_sort(site_orbits *list, const lattice *cell);
/* Smallest distance between two sites, Angstrom; infinite for one without neighbours. */
double site_orbits_closest(const site_orbits *list, const lattice *cell);
/* The n framework atoms nearest to a position, nearest first (within two cells; points into framework). Returns how
 * many there are. */
int site_neighbours(const crystal *framework, const double frac[3], int n, const char **species, double *distance);

#ifdef __cplusplus
}
#endif
#endif
