/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void layers_free(layers *out) {
  network_free(&out->line);
  free(out->shift);
  memset(out, 0, sizeof *out);
}

/* g = gcd(a, b) >= 0 = a u + b v. */
static int bezout(int a, int b, int *u, int *v) {
  int r0 = a, r1 = b, u0 = 1, u1 = 0, v0 = 0, v1 = 1;
  while (r1 != 0) {
    const int q = r0 / r1, r = r0 - q * r1, s = u0 - q * u1, t = v0 - q * v1;
    r0 = r1;
    r1 = r;
    u0 = u1;
    u1 = s;
    v0 = v1;
    v1 = t;
  }
  *u = r0 < 0 ? -u0 : u0;
  *v = r0 < 0 ? -v0 : v0;
  return abs(r0);
}

/* Three cell vectors of determinant 1, the first of which climbs one layer and the others none. */
static void choose_basis(const int h[3], int basis[3][3]) {
  int u, v, s, t;
  const int g = bezout(h[0], h[1], &u, &v);
  if (g == 0) {
    const int rows[3][3] = {{0, 0, h[2]}, {1, 0, 0}, {0, h[2], 0}};
    memcpy(basis, rows, sizeof rows);
    return;
  }
  (void)bezout(g, h[2], &s, &t);
  const int rows[3][3] = {{u * s, v * s, t}, {-h[1] / g, h[0] / g, 0}, {-h[2] * u, -h[2] * v, g}};
  memcpy(basis, rows, sizeof rows);
}

lisi_status layers_make(const network *net, const int hkl[3], layers *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  int u, v;
  const int divisor = bezout(bezout(hkl[0], hkl[1], &u, &v), hkl[2], &u, &v);
  if (!net->space.geometry)
    return lisi_fail(err, LISI_ERR_INPUT, "layers need the positions of the sites");
  if (divisor == 0 || abs(hkl[0]) > 20 || abs(hkl[1]) > 20 || abs(hkl[2]) > 20)
    return lisi_fail(err, LISI_ERR_INPUT, "expected plane indices from -20 to 20, not all 0, found %d %d %d", hkl[0],
                     hkl[1], hkl[2]);
  const double(*h)[3] = net->space.cell;
  double volume = 0.0, up[3] = {0.0, 0.0, 0.0};
  for (int a = 0; a < 3; a++) {
    const double *p = h[(a + 1) % 3], *q = h[(a + 2) % 3];
    out->hkl[a] = hkl[a] / divisor;
    volume = 0.0;
    for (int k = 0; k < 3; k++) {
      const double cross = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
      up[k] += out->hkl[a] * cross;
      volume += h[a][k] * cross;
    }
  }
  for (int k = 0; k < 3; k++)
    up[k] /= volume;
  out->spacing = 1.0 / sqrt(up[0] * up[0] + up[1] * up[1] + up[2] * up[2]);
  for (int k = 0; k < 3; k++)
    out->normal[k] = up[k] * out->spacing;
  choose_basis(out->hkl, out->basis);

  const size_t n = (size_t)net->space.n;
  state_space space = {0};
  network_edge *edge = malloc((net->n + 1) * sizeof *edge);
  int *all = malloc(n * sizeof *all);
  out->shift = malloc(n * sizeof *out->shift);
  for (size_t i = 0; all != NULL && i < n; i++)
    all[i] = (int)i;
  lisi_status status = edge == NULL || all == NULL || out->shift == NULL
                           ? lisi_no_memory(err, (net->n + 1) * sizeof *edge)
                           : state_space_pick(&net->space, all, (int)n, &space, err);
  if (status != LISI_OK)
    goto done;
  memset(space.cell, 0, sizeof space.cell);
  space.cell[0][0] = out->spacing;
  space.cell[1][1] = space.cell[2][2] = 1.0;
  for (size_t i = 0; i < n; i++) {
    double f = 0.0;
    for (size_t a = 0; a < 3; a++)
      f += out->hkl[a] * net->space.x[3 * i + a];
    /* a site on the plane itself belongs to the layer above, also where rounding puts it a hair below */
    out->shift[i] = (int)floor(f + 1e-9);
    space.x[3 * i] = fmax(f - out->shift[i], 0.0);
    space.x[3 * i + 1] = space.x[3 * i + 2] = 0.0;
  }
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    int level = out->shift[e->j] - out->shift[e->i];
    for (int a = 0; a < 3; a++)
      level += out->hkl[a] * e->r[a];
    edge[k] = (network_edge){e->i, e->j, {level, 0, 0}, e->p};
  }
  status = network_make(&space, net->lag, net->n, edge, "layers", &out->line, err);
done:
  state_space_free(&space);
  free(edge);
  free(all);
  if (status != LISI_OK)
    layers_free(out);
  return status;
}
