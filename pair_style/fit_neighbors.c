/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain search over atom pairs and images: training frames have at most some hundred atoms, and each is searched once.
 */
#include "fit_neighbors.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void cross(const double a[3], const double b[3], double c[3]) {
  c[0] = a[1] * b[2] - a[2] * b[1];
  c[1] = a[2] * b[0] - a[0] * b[2];
  c[2] = a[0] * b[1] - a[1] * b[0];
}

/* recip[k] . x is the fractional coordinate k of x. */
static void reciprocal(const double h[9], double recip[3][3]) {
  for (int k = 0; k < 3; k++)
    cross(&h[3 * ((k + 1) % 3)], &h[3 * ((k + 2) % 3)], recip[k]);
  double volume = h[0] * recip[0][0] + h[1] * recip[0][1] + h[2] * recip[0][2];
  for (int k = 0; k < 3; k++)
    for (int d = 0; d < 3; d++)
      recip[k][d] /= volume;
}

static lisi_status append(fit_neighbors *out, size_t *n, size_t *room, int j, const double r[3], lisi_error *err) {
  if (*n == *room) {
    size_t more = *room ? 2 * *room : 4096;
    int *index = realloc(out->index, more * sizeof *index);
    if (index)
      out->index = index;
    double(*rij)[3] = realloc(out->rij, more * sizeof *rij);
    if (rij)
      out->rij = rij;
    if (!index || !rij || more > INT_MAX)
      return lisi_no_memory(err, more * sizeof *rij);
    *room = more;
  }
  out->index[*n] = j;
  memcpy(out->rij[*n], r, 3 * sizeof *r);
  ++*n;
  return LISI_OK;
}

lisi_status fit_neighbors_find(const xyz_set *set, const xyz_frame *frame, double cutoff, fit_neighbors *out,
                               lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->natoms = frame->natoms;
  out->first = malloc(((size_t)frame->natoms + 1) * sizeof *out->first);
  if (!out->first)
    return lisi_no_memory(err, ((size_t)frame->natoms + 1) * sizeof *out->first);
  double recip[3][3], height[3];
  reciprocal(frame->cell, recip);
  for (int k = 0; k < 3; k++)
    height[k] = 1 / sqrt(recip[k][0] * recip[k][0] + recip[k][1] * recip[k][1] + recip[k][2] * recip[k][2]);
  size_t n = 0, room = 0;
  lisi_status status = LISI_OK;
  for (int i = 0; i < frame->natoms && status == LISI_OK; i++) {
    out->first[i] = (int)n;
    for (int j = 0; j < frame->natoms && status == LISI_OK; j++) {
      double d[3];
      int lo[3] = {0}, hi[3] = {0};
      for (int k = 0; k < 3; k++)
        d[k] = frame->pos[3 * j + k] - frame->pos[3 * i + k];
      for (int k = 0; k < 3; k++) {
        /* |frac + n| height <= |r| < cutoff bounds n. */
        double frac = recip[k][0] * d[0] + recip[k][1] * d[1] + recip[k][2] * d[2], reach = cutoff / height[k];
        if (!frame->pbc[k])
          continue;
        if (fabs(frac) + reach > 1000) {
          status = lisi_fail(err, LISI_ERR_INPUT,
                             "%s:%d: cell of height %g Angstrom, or an atom far outside of it, is more than the "
                             "cut-off of %g can handle",
                             set->name, frame->line, height[k], cutoff);
          break;
        }
        lo[k] = (int)ceil(-frac - reach);
        hi[k] = (int)floor(-frac + reach);
      }
      if (status != LISI_OK)
        break;
      for (int a = lo[0]; a <= hi[0]; a++)
        for (int b = lo[1]; b <= hi[1]; b++)
          for (int c = lo[2]; c <= hi[2]; c++) {
            if (i == j && !a && !b && !c)
              continue;
            double r[3], r2 = 0;
            for (int k = 0; k < 3; k++) {
              r[k] = d[k] + a * frame->cell[k] + b * frame->cell[3 + k] + c * frame->cell[6 + k];
              r2 += r[k] * r[k];
            }
            if (r2 >= cutoff * cutoff)
              continue;
            if (r2 < 1e-6)
              status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: atoms %d and %d of this frame stand at the same place",
                                 set->name, frame->line, i + 1, j + 1);
            if (status == LISI_OK)
              status = append(out, &n, &room, j, r, err);
            if (status != LISI_OK)
              goto done;
          }
    }
  }
done:
  if (status != LISI_OK) {
    fit_neighbors_free(out);
    return status;
  }
  out->first[frame->natoms] = (int)n;
  return LISI_OK;
}

void fit_neighbors_free(fit_neighbors *list) {
  free(list->first);
  free(list->index);
  free(list->rij);
  memset(list, 0, sizeof *list);
}
