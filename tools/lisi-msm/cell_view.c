/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cell_view.h"

#include <math.h>
#include <string.h>

/* Sites nearer than this to each other in the picture cover each other (Angstrom). */
static const double clear_of_each_other = 0.7;
enum { MOST_COMPARED = 300 };

static double dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void scale_to_one(double v[3]) {
  const double length = sqrt(dot(v, v));
  for (int k = 0; k < 3; k++)
    v[k] /= length;
}

/* Sight along `w`, the edge `right` across. */
static cell_view look(const double *cell, int axis, int right, int up, const double w[3]) {
  cell_view v = {.axis = axis, .right = right, .up = up};
  double u[3], t[3], e[3];
  const double *p = cell + 3 * right, *q = cell + 3 * up;
  for (int k = 0; k < 3; k++)
    u[k] = p[k] - w[k] * dot(p, w) / dot(w, w);
  scale_to_one(u);
  for (int k = 0; k < 3; k++)
    t[k] = q[k] - w[k] * dot(q, w) / dot(w, w) - u[k] * dot(q, u);
  scale_to_one(t);
  /* right, up and towards the eye are a right-handed system */
  for (int k = 0; k < 3; k++)
    e[k] = u[(k + 1) % 3] * t[(k + 2) % 3] - u[(k + 2) % 3] * t[(k + 1) % 3];
  for (int k = 0; k < 3; k++) {
    v.across[k] = dot(cell + 3 * k, u);
    v.above[k] = dot(cell + 3 * k, t);
    v.towards[k] = dot(cell + 3 * k, e);
  }
  return v;
}

static void find_extent(cell_view *v) {
  for (int k = 0; k < 2; k++)
    v->lo[k] = v->hi[k] = 0;
  for (int corner = 0; corner < 8; corner++) {
    const double frac[3] = {corner & 1, corner >> 1 & 1, corner >> 2};
    double at[3];
    cell_view_project(v, frac, at);
    for (int k = 0; k < 2; k++) {
      v->lo[k] = fmin(v->lo[k], at[k]);
      v->hi[k] = fmax(v->hi[k], at[k]);
    }
  }
}

cell_view cell_view_along(const double *cell, int axis, int right, int up) {
  cell_view v = look(cell, axis, right, up, cell + 3 * axis);
  v.across[axis] = v.above[axis] = 0; /* and not what rounding has left */
  find_extent(&v);
  return v;
}

void cell_view_project(const cell_view *v, const double frac[3], double xyz[3]) {
  xyz[0] = frac[0] * v->across[0] + frac[1] * v->across[1] + frac[2] * v->across[2];
  xyz[1] = frac[0] * v->above[0] + frac[1] * v->above[1] + frac[2] * v->above[2];
  xyz[2] = frac[0] * v->towards[0] + frac[1] * v->towards[1] + frac[2] * v->towards[2];
}

/* Smallest distance in the picture between two sites, images included. */
static double separation(const cell_view *v, int n, const double *frac) {
  double closest = INFINITY;
  if (n > MOST_COMPARED) /* of so many nobody tells one from another */
    return 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++)
      for (int image = 0; image < 9; image++) {
        double f[3], at[3];
        for (int k = 0; k < 3; k++)
          f[k] = frac[3 * j + k] - frac[3 * i + k];
        f[v->right] += image / 3 - 1 - floor(f[v->right] + 0.5);
        f[v->up] += image % 3 - 1 - floor(f[v->up] + 0.5);
        cell_view_project(v, f, at);
        closest = fmin(closest, hypot(at[0], at[1]));
      }
  return closest;
}

cell_view cell_view_best(const double *cell, int n, const double *frac) {
  cell_view best = {.axis = -1}, flat[3];
  double length[3], apart[3], most = -1;
  for (int k = 0; k < 3; k++)
    length[k] = sqrt(dot(cell + 3 * k, cell + 3 * k));
  for (int k = 0; k < 3; k++) {
    int right = (k + 1) % 3, up = (k + 2) % 3;
    if (length[up] > length[right] * (1 + 1e-6) || (right > up && length[right] < length[up] * (1 + 1e-6))) {
      const int swap = right;
      right = up;
      up = swap;
    }
    flat[k] = cell_view_along(cell, k, right, up);
    apart[k] = separation(&flat[k], n, frac);
    const bool clear = apart[k] > clear_of_each_other, best_clear = most > clear_of_each_other;
    if (best.axis < 0 || (clear == best_clear ? (clear || n > MOST_COMPARED ? length[k] < length[best.axis] * (1 - 1e-6)
                                                                            : apart[k] > most + 1e-6)
                                              : clear)) {
      best = flat[k];
      most = apart[k];
    }
  }
  best.apart = most;
  if (most > clear_of_each_other / 2 || n > MOST_COMPARED)
    return best;
  /* From the side: the edges across and upwards are mixed into the line of sight. */
  const cell_view straight = best;
  for (int step = 0; step < 25; step++) {
    const double across = 0.10 + 0.08 * (step % 5), above = 0.10 + 0.08 * (step / 5);
    const double *w = cell + 3 * straight.axis, *p = cell + 3 * straight.right, *q = cell + 3 * straight.up;
    double sight[3];
    for (int k = 0; k < 3; k++)
      sight[k] =
          w[k] / length[straight.axis] + across * p[k] / length[straight.right] + above * q[k] / length[straight.up];
    cell_view v = look(cell, straight.axis, straight.right, straight.up, sight);
    v.oblique = true;
    const double found = separation(&v, n, frac);
    if (found > most * 1.15 + 1e-6) { /* the less from the side the better */
      best = v;
      best.apart = most = found;
    }
  }
  if (best.oblique)
    find_extent(&best);
  return best;
}

const char *cell_view_host_colour(int species) {
  static const char *const grey[] = {"#c9b458", "#9aa5b1", "#6b7683", "#d6cfc4", "#46505a", "#b79f86"};
  return grey[species % (int)(sizeof grey / sizeof *grey)];
}
