/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nearest site of a position, at a cost that does not depend on the number of sites: the unit cell is cut into
 * bins, and each bin knows the few site images that can be nearest to any point in it. Exact under the metric of the
 * current box: the lists carry a margin for strain and are remade when the box leaves it. */
#ifndef LISI_SITE_INDEX_H
#define LISI_SITE_INDEX_H

#include "lattice.h"
#include "lisi_status.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct site_index site_index;

typedef struct {
  int32_t site;    /* number in the supercell: s + nsites (ix + nx (iy + ny iz)), s from 1 */
  int32_t s;       /* number in the unit cell, from 0 */
  int32_t n[3];    /* image of the box in which that site is nearest */
  double distance; /* Angstrom */
  double d[3];     /* position minus site, Angstrom */
} site_hit;

/* frac[nsites][stride doubles apart]: fractional positions in the unit cell, copied. replicate: unit cells in the box.
 * At most 2^31 - 1 sites in the supercell. */
LISI_MUST_CHECK lisi_status site_index_create(int nsites, const double *frac, int stride, const int replicate[3],
                                              site_index **index, lisi_error *err);
void site_index_free(site_index *index);

/* Takes the box of the coming queries. Has to be called before the first query and after each change of the box; cheap
 * unless the strain leaves the margin. A cell so flat or skewed that the lists would fill the memory is an error
 * (LISI_ERR_UNSUPPORTED); after an error the index is good only for another set_box or free. */
LISI_MUST_CHECK lisi_status site_index_set_box(site_index *index, const lattice *box, lisi_error *err);

/* The site nearest to the fractional position p of the box (unwrapped: any cell). Ties go to the lowest number in the
 * unit cell. Read-only, so threads may share the index between two calls of site_index_set_box. A position that is no
 * number (or 1e9 cells away) gives site 0 at an infinite distance. */
void site_index_nearest(const site_index *index, const double p[3], site_hit *hit);

int site_index_unit_sites(const site_index *index);
/* Sites in the supercell. */
int site_index_sites(const site_index *index);
/* The smallest distance between two sites (images of one site too), Angstrom, in the box that the lists were last made
 * for: within 3 % of the present one. */
double site_index_closest(const site_index *index);
/* Fractional position in the box, in [0, 1), of supercell site `number` (from 1). */
void site_index_position(const site_index *index, int number, double p[3]);

#ifdef __cplusplus
}
#endif
#endif
