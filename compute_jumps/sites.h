/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file, `format: lisi-sites 1`: one unit cell with the sites that lithium can take and the reference positions
 * of the framework. */
#ifndef LISI_SITES_H
#define LISI_SITES_H

#include "lattice.h"

#include <stdbool.h>
#include "lisi_status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SITE_LABEL 32 /* with its end */

typedef struct {
  int type;               /* >= 1 */
  char label[SITE_LABEL]; /* "Li3"; the type as text where the file gives none */
  double frac[3];         /* in [0, 1) of the unit cell */
  int multiplicity;       /* 0: not given */
  double radius;          /* Angstrom; 0: not given */
} site;

typedef struct {
  lattice cell;           /* unit cell */
  int nframework;         /* may be 0 */
  char (*species)[16];    /* [nframework] */
  double (*framework)[3]; /* [nframework] fractional, in [0, 1) */
  int nsites;             /* >= 1 */
  site *site;             /* [nsites] */
  int replicate[3];       /* of the file; all 0 where it gives none */
  char *text;             /* the file, verbatim, zero-terminated */
  size_t ntext;
} site_set;

/* From bytes in memory; `name` stands for the file in messages. Refuses a wrong format or version, a cell without
 * volume, no sites, positions that are not finite, two sites (or two framework positions) closer than 0.1 Angstrom,
 * sites whose radii, where both are given, add up to more than their distance. */
LISI_MUST_CHECK lisi_status site_set_parse(const char *bytes, size_t size, const char *name, site_set **set,
                                           lisi_error *err);
LISI_MUST_CHECK lisi_status site_set_load(const char *path, site_set **set, lisi_error *err);
void site_set_free(site_set *set);

/* How many unit cells the box holds along a, b, c. `given` (may be NULL; all 0 counts as none) is what the user says,
 * else what the file says, else it is found from the lengths. Edges that differ by more than 5 %, or angles by more
 * than 3 degrees, from the replicated cell are an error that tells both. */
LISI_MUST_CHECK lisi_status site_set_replicate(const site_set *set, const lattice *box, const int given[3],
                                               int replicate[3], lisi_error *err);
/* A first box that does not fit the cell may be a flip of one that does (a run that goes on in a new dump, or from a
 * restart file): true, and that box in H. `given` as above. */
bool site_set_unflip(const site_set *set, const int given[3], const lattice *box, double H[3][3]);

#ifdef __cplusplus
}
#endif
#endif
