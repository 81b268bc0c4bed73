/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm propagate: a distribution of tagged lithium forward in time on the lattice of the crystal. */
#include "propagate_run.h"

#include "analysis.h"
#include "commands.h"
#include "out_file.h"
#include "progress.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TIMES 200
#define MOST_SITE_ROWS 20000
#define MOST_XYZ_LINES 500000
#define MOST_MAP_POINTS 4000
/* More than this at the edge of the lattice, and the edge is felt. */
#define AT_EDGE 1e-6

typedef struct {
  input_options input;
  const char *network, *start, *axis, *cells, *ends, *out;
  cli_numbers times;
  bool json;
} propagate_options;

void propagation_free(propagation *r) {
  layers_free(&r->stack);
  free(r->seed);
  free(r->moment);
  free(r->row);
  free(r->profile);
  free(r->map_xy);
  free(r->map);
  out_file_discard(r->xyz);
  memset(r, 0, sizeof *r);
}

/* ---- options ---- */

static int rising(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Times become whole numbers of lags; time 0 comes first. */
static lisi_status take_times(const cli_numbers *list, propagation *r, lisi_error *err) {
  const double lag = r->model->lag;
  if (!list->given || list->automatic || list->n == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--times LIST is missing (times in %s, separated by commas)", r->unit);
  if (list->n > MOST_TIMES)
    return lisi_fail(err, LISI_ERR_INPUT, "--times: at most %d, found %d", MOST_TIMES, list->n);
  r->moment = calloc((size_t)list->n + 1, sizeof *r->moment);
  if (r->moment == NULL)
    return lisi_no_memory(err, (size_t)list->n * sizeof *r->moment);
  qsort(list->value, (size_t)list->n, sizeof *list->value, rising);
  r->ntimes = 1;
  bool moved = false;
  for (int k = 0; k < list->n; k++) {
    const double t = list->value[k], steps = floor(t / lag + 0.5);
    if (!(t >= 0) || (t > 0 && steps < 1))
      return lisi_fail(err, LISI_ERR_INPUT, "--times: expected 0 or times from the lag on (%g %s), found %g", lag,
                       r->unit, t);
    if (steps > 1e15)
      return lisi_fail(err, LISI_ERR_INPUT, "--times: %g %s are more than 1e15 lags", t, r->unit);
    moved = moved || fabs(steps * lag - t) > 1e-6 * t;
    if ((long long)steps > r->moment[r->ntimes - 1].steps) {
      r->moment[r->ntimes++] = (propagate_moment){.time = steps * lag, .steps = (long long)steps};
    }
  }
  if (r->ntimes < 2)
    return lisi_fail(err, LISI_ERR_INPUT, "--times: expected a time above 0");
  if (moved)
    cli_note("times are whole numbers of lags (%g %s): the nearest are taken", lag, r->unit);
  return LISI_OK;
}

static lisi_status take_axis(const char *axis, propagation *r, lisi_error *err) {
  int hkl[3] = {0, 0, 0};
  char rest;
  const network *net = &r->model->net;
  if (axis == NULL) {
    double best = -1.0;
    r->axis_chosen = true;
    for (int a = 0; a < 3; a++) {
      layers one;
      const int unit[3] = {a == 0, a == 1, a == 2};
      const lisi_status status = layers_make(net, unit, &one, err);
      if (status != LISI_OK)
        return status;
      double D = 0.0;
      for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++)
          D += one.normal[k] * r->model->tr.D[k][l] * one.normal[l];
      layers_free(&one);
      if (D > best * (1 + 1e-9)) {
        best = D;
        memcpy(hkl, unit, sizeof hkl);
      }
    }
  } else if (strlen(axis) == 1 && axis[0] >= 'a' && axis[0] <= 'c') {
    hkl[axis[0] - 'a'] = 1;
  } else if (sscanf(axis, "%3d,%3d,%3d%c", &hkl[0], &hkl[1], &hkl[2], &rest) != 3) {
    return lisi_fail(err, LISI_ERR_INPUT, "--axis: expected a, b, c or plane indices h,k,l, found '%s'", axis);
  }
  const lisi_status status = layers_make(net, hkl, &r->stack, err);
  if (status != LISI_OK)
    return status;
  /* heights from the middle of the layer, so that what fills a layer is centred in it */
  double middle = 0.0, *x = r->stack.line.space.x;
  for (int i = 0; i < r->model->n; i++)
    middle += r->model->pi[i] * x[3 * i];
  for (int i = 0; i < r->model->n; i++)
    x[3 * i] += 0.5 - middle;
  for (int k = 0; k < 3; k++) {
    r->drift += r->stack.normal[k] * r->model->tr.drift[k];
    for (int l = 0; l < 3; l++)
      r->D += r->stack.normal[k] * r->model->tr.D[k][l] * r->stack.normal[l];
  }
  return LISI_OK;
}

static lisi_status take_cells(const char *cells, propagation *r, lisi_error *err) {
  const bool planar = start_is_planar(&r->start);
  int n[3] = {1, 1, 1}, used = 0;
  const int got = sscanf(cells, "%9d%n%*1[x,]%9d%n%*1[x,]%9d%n", &n[0], &used, &n[1], &used, &n[2], &used);
  if (got < 1 || cells[used] != '\0' || got != (planar ? 1 : 3))
    return lisi_fail(err, LISI_ERR_INPUT, "--cells: expected %s, found '%s'",
                     planar ? "a number of layers" : "three numbers of unit cells like 40x40x20", cells);
  double product = 1;
  for (int a = 0; a < 3; a++) {
    product *= n[a] > 0 ? (double)n[a] : (double)NAN;
    r->cells[a] = n[a];
  }
  if (!(product <= PROPAGATE_MOST_CELLS))
    return lisi_fail(err, LISI_ERR_INPUT, "--cells: expected 1 to %d in all, found '%s'", PROPAGATE_MOST_CELLS, cells);
  return LISI_OK;
}

static lisi_status take_ends(const char *ends, const char *cells, propagation *r, lisi_error *err) {
  if (ends == NULL || strcmp(ends, "periodic") == 0)
    r->ends = ENDS_PERIODIC;
  else if (strcmp(ends, "reflecting") == 0)
    r->ends = ENDS_REFLECTING;
  else if (strcmp(ends, "absorbing") == 0)
    r->ends = ENDS_ABSORBING;
  else
    return lisi_fail(err, LISI_ERR_INPUT, "--ends: expected periodic, reflecting or absorbing, found '%s'", ends);
  if (r->ends != ENDS_PERIODIC && !start_is_planar(&r->start))
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--ends: only slab, step and full have ends; a point starts on a periodic "
                     "lattice");
  if (r->ends != ENDS_PERIODIC && cells == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "--ends %s: --cells N is missing, the number of layers between the ends",
                     ends);
  return LISI_OK;
}

/* ---- what is kept of each time ---- */

static void cart(const state_space *space, const double f[3], double x[3]) {
  for (int k = 0; k < 3; k++)
    x[k] = f[0] * space->cell[0][k] + f[1] * space->cell[1][k] + f[2] * space->cell[2][k];
}

static double dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static int compare_sites(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Rows of a planar profile: single sites of every layer, those at the same height together, or layers. */
static lisi_status plane_rows(propagation *r, lisi_error *err) {
  const msm_model *m = r->model;
  const int S = m->n, N = r->cells[0];
  const double d = r->stack.spacing;
  double(*site)[2] = malloc((size_t)S * sizeof *site); /* height, weight */
  if (site == NULL)
    return lisi_no_memory(err, (size_t)S * sizeof *site);
  int levels = 0;
  r->by_site = (double)S * N <= MOST_SITE_ROWS;
  for (int i = 0; i < S; i++) {
    site[i][0] = r->stack.line.space.x[3 * i];
    site[i][1] = m->pi[i];
  }
  qsort(site, (size_t)S, sizeof *site, compare_sites);
  for (int i = 0; i < S; i++) {
    if (levels > 0 && site[i][0] - site[levels - 1][0] < 1e-6)
      site[levels - 1][1] += site[i][1];
    else
      memmove(site[levels++], site[i], sizeof site[i]);
  }
  if (!r->by_site) {
    site[0][0] = 0.5;
    site[0][1] = 1.0;
    levels = 1;
  }
  r->nrows = levels * N;
  r->row = malloc((size_t)r->nrows * sizeof *r->row);
  for (int l = 0; r->row != NULL && l < N; l++)
    for (int q = 0; q < levels; q++)
      r->row[l * levels + q] = (profile_row){(l - 0.5 * N + site[q][0]) * d, site[q][1]};
  free(site);
  return r->row == NULL ? lisi_no_memory(err, (size_t)r->nrows * sizeof *r->row) : LISI_OK;
}

static void plane_profile(propagation *r, int k, const double *p) {
  const msm_model *m = r->model;
  const int S = m->n, N = r->cells[0], levels = r->nrows / N;
  double *out = r->profile + (size_t)k * (size_t)r->nrows;
  for (int l = 0; l < N; l++)
    for (int i = 0; i < S; i++) {
      int q = 0;
      const double x = (l - 0.5 * N + r->stack.line.space.x[3 * i]) * r->stack.spacing;
      /* the last level that is not above the site */
      while (q + 1 < levels && r->row[l * levels + q + 1].x <= x + 1e-9)
        q++;
      out[l * levels + q] += p[(size_t)l * (size_t)S + (size_t)i] / r->row[l * levels + q].weight;
    }
}

/* Variance of a slab about its mean; of a step: of its front, 2 sum x (c - c0). Both grow by 2 D t. */
static void plane_moment(propagation *r, int k, const double *p) {
  const msm_model *m = r->model;
  const size_t S = (size_t)m->n, N = (size_t)r->cells[0];
  propagate_moment *at = &r->moment[k];
  const double d = r->stack.spacing;
  double first = 0, second = 0, edge = 0;
  size_t seed = 0;
  for (size_t l = 0; l < N; l++)
    for (size_t i = 0; i < S; i++) {
      const double x = ((double)l - 0.5 * (double)N + r->stack.line.space.x[3 * i]) * d;
      const double value = p[l * S + i];
      double before = 0.0; /* seeds stand in this order, too */
      if (seed < r->nseeds && r->seed[seed].cell == l && r->seed[seed].state == (int)i)
        before = r->seed[seed++].p;
      at->total += value;
      first += value * x;
      if (r->start.kind != START_STEP)
        second += value * x * x;
      else if (r->ends != ENDS_PERIODIC || fabs(x) < r->width / 4)
        second += 2 * x * (value - before) * d;
      const bool near_edge = r->start.kind == START_STEP && r->ends == ENDS_PERIODIC ? fabs(fabs(x) - r->width / 4) < d
                                                                                     : l == 0 || l + 1 == N;
      if (near_edge)
        edge = fmax(edge, fabs(value - before) / m->pi[i]);
    }
  at->along = at->total > 0 ? first / at->total : NAN;
  at->edge = edge > AT_EDGE;
  at->variance = r->start.kind == START_STEP ? second : second / at->total - at->along * at->along;
  if (k == 0) { /* where a continuum with the same amount and middle begins and ends */
    r->lo = at->along - 0.5 * at->total * d;
    r->hi = at->along + 0.5 * at->total * d;
  }
  if (r->start.kind == START_STEP)
    at->along = NAN;
  if (r->start.kind == START_FULL || !(at->total > 0))
    at->variance = NAN;
}

/* ---- points ---- */

/* Slices: the layers that the lattice reaches into. */
static lisi_status point_rows(propagation *r, lisi_error *err) {
  int lo = 0, hi = 0;
  for (int a = 0; a < 3; a++) {
    const int h = r->stack.hkl[a], from = -(r->cells[a] / 2), to = r->cells[a] - 1 + from;
    lo += h > 0 ? h * from : h * to;
    hi += h > 0 ? h * to : h * from;
  }
  int down = 0, up = 0;
  for (int i = 0; i < r->model->n; i++) {
    down = r->stack.shift[i] < down ? r->stack.shift[i] : down;
    up = r->stack.shift[i] > up ? r->stack.shift[i] : up;
  }
  r->layer_lo = lo + down;
  r->nrows = hi + up - r->layer_lo + 1;
  r->row = malloc((size_t)r->nrows * sizeof *r->row);
  if (r->row == NULL)
    return lisi_no_memory(err, (size_t)r->nrows * sizeof *r->row);
  const double middle = dot(r->centre, r->stack.normal);
  for (int q = 0; q < r->nrows; q++)
    r->row[q] = (profile_row){(r->layer_lo + q + 0.5) * r->stack.spacing - middle, 1.0};
  return LISI_OK;
}

/* The map: seen along the cell vector with the fewest cells; single sites where they are few, else blocks of cells. */
static lisi_status prepare_map(propagation *r, lisi_error *err) {
  const int *N = r->cells;
  r->w = N[0] < N[1] ? (N[0] < N[2] ? 0 : 2) : N[1] < N[2] ? 1 : 2;
  r->u = r->w == 0 ? 1 : 0;
  r->v = r->w == 2 ? 1 : 2;
  if (N[r->u] == 1 || N[r->v] == 1) {
    r->w = -1;
    return LISI_OK;
  }
  const double plane = (double)N[r->u] * N[r->v];
  r->block = 0;
  if (plane * r->model->n > MOST_MAP_POINTS) {
    r->block = 1;
    while (ceil((double)N[r->u] / r->block) * ceil((double)N[r->v] / r->block) > MOST_MAP_POINTS)
      r->block++;
  }
  const int b = r->block > 0 ? r->block : 1, nu = (N[r->u] + b - 1) / b, nv = (N[r->v] + b - 1) / b;
  const int per = r->block > 0 ? 1 : r->model->n;
  r->nmap = nu * nv * per;
  r->map_xy = malloc(2 * (size_t)r->nmap * sizeof *r->map_xy);
  r->map = calloc((size_t)r->ntimes * (size_t)r->nmap, sizeof *r->map);
  if (r->map_xy == NULL || r->map == NULL)
    return lisi_no_memory(err, (size_t)r->ntimes * (size_t)r->nmap * sizeof *r->map);
  const state_space *space = &r->model->net.space;
  const double *along = space->cell[r->w], *right = space->cell[r->u];
  double e1[3], e2[3];
  for (int k = 0; k < 3; k++)
    e1[k] = right[k] - along[k] * dot(right, along) / dot(along, along);
  const double length = sqrt(dot(e1, e1)), depth = sqrt(dot(along, along));
  for (int k = 0; k < 3; k++)
    e1[k] /= length;
  for (int k = 0; k < 3; k++)
    e2[k] = (along[(k + 1) % 3] * e1[(k + 2) % 3] - along[(k + 2) % 3] * e1[(k + 1) % 3]) / depth;
  if (dot(e2, space->cell[r->v]) < 0)
    for (int k = 0; k < 3; k++)
      e2[k] = -e2[k];
  for (int q = 0; q < r->nmap; q++) {
    const int cell = q / per, i = q % per;
    double f[3] = {0, 0, 0}, x[3];
    f[r->u] = cell / nv * b - N[r->u] / 2 + (r->block > 0 ? 0.5 * b : 0);
    f[r->v] = cell % nv * b - N[r->v] / 2 + (r->block > 0 ? 0.5 * b : 0);
    for (int a = 0; r->block == 0 && a < 3; a++)
      f[a] += space->x[3 * i + a];
    cart(space, f, x);
    for (int k = 0; k < 3; k++)
      x[k] -= r->centre[k];
    r->map_xy[2 * q] = dot(x, e1);
    r->map_xy[2 * q + 1] = dot(x, e2);
  }
  return LISI_OK;
}

static void point_moment(propagation *r, int k, const double *p) {
  const msm_model *m = r->model;
  const size_t S = (size_t)m->n;
  const int *N = r->cells;
  propagate_moment *at = &r->moment[k];
  double *slice = r->profile + (size_t)k * (size_t)r->nrows;
  double second[3][3] = {{0}}, mean[3] = {0};
  double edge[3] = {0};
  const int b = r->block > 0 ? r->block : 1, nv = r->w >= 0 ? (N[r->v] + b - 1) / b : 0;
  double *map = r->w >= 0 ? r->map + (size_t)k * (size_t)r->nmap : NULL;
  for (int m0 = 0; m0 < N[0]; m0++)
    for (int m1 = 0; m1 < N[1]; m1++)
      for (int m2 = 0; m2 < N[2]; m2++) {
        const int at0[3] = {m0, m1, m2};
        const double *here = p + (((size_t)m0 * (size_t)N[1] + (size_t)m1) * (size_t)N[2] + (size_t)m2) * S;
        double f[3], cell[3], sum = 0;
        int layer = 0;
        for (int a = 0; a < 3; a++) {
          f[a] = at0[a] - N[a] / 2;
          layer += r->stack.hkl[a] * (at0[a] - N[a] / 2);
        }
        cart(&m->net.space, f, cell);
        for (int c = 0; c < 3; c++)
          cell[c] -= r->centre[c];
        const size_t block = map != NULL ? (size_t)(at0[r->u] / b * nv + at0[r->v] / b) : 0;
        for (size_t i = 0; i < S; i++) {
          double x[3];
          if (here[i] == 0.0)
            continue;
          cart(&m->net.space, m->net.space.x + 3 * i, x);
          sum += here[i];
          for (int c = 0; c < 3; c++)
            x[c] += cell[c];
          for (int c = 0; c < 3; c++) {
            mean[c] += here[i] * x[c];
            for (int e = c; e < 3; e++)
              second[c][e] += here[i] * x[c] * x[e];
          }
          slice[layer + r->stack.shift[i] - r->layer_lo] += here[i] / r->stack.spacing;
          if (map != NULL && r->block == 0)
            map[block * S + i] += here[i];
        }
        if (map != NULL && r->block > 0)
          map[block] += sum;
        at->total += sum;
        for (int a = 0; a < 3; a++)
          edge[a] += at0[a] == 0 || at0[a] + 1 == N[a] ? sum : 0;
      }
  bool moves[3] = {false, false, false};
  for (size_t e = 0; e < m->net.n; e++)
    for (int a = 0; a < 3; a++)
      moves[a] = moves[a] || m->net.edge[e].r[a] != 0;
  for (int a = 0; a < 3; a++) {
    at->mean[a] = mean[a] / at->total;
    at->edge = at->edge || (moves[a] && k > 0 && edge[a] > AT_EDGE);
  }
  at->variance = 0;
  for (int c = 0; c < 3; c++)
    for (int e = c; e < 3; e++)
      at->spread[c][e] = at->spread[e][c] = second[c][e] / at->total - at->mean[c] * at->mean[e];
  at->along = dot(at->mean, r->stack.normal);
  for (int c = 0; c < 3; c++)
    at->variance += r->stack.normal[c] * dot(at->spread[c], r->stack.normal);
}

/* ---- every site, for OVITO and others ---- */

static void xyz_frame(propagation *r, int k, const double *p) {
  const msm_model *m = r->model;
  const bool planar = start_is_planar(&r->start);
  const state_space *space = &m->net.space;
  FILE *f = out_file_stream(r->xyz);
  const int *N = r->cells;
  double box[3][3];
  for (int a = 0; a < 3; a++) {
    double v[3] = {0, 0, 0};
    for (int b = 0; b < 3; b++)
      v[b] = planar ? r->stack.basis[a][b] : a == b;
    cart(space, v, box[a]);
    for (int c = 0; c < 3; c++)
      box[a][c] *= N[a];
  }
  fprintf(f, "%lld\nLattice=\"", (long long)N[0] * N[1] * N[2] * m->n);
  for (int a = 0; a < 9; a++)
    fprintf(f, "%s%.10g", a > 0 ? " " : "", box[a / 3][a % 3]);
  fprintf(f, "\" Properties=species:S:1:pos:R:3:site:I:1:%s:R:1 Time=%.10g pbc=\"%c T T\"\n",
          planar ? "tagged" : "probability", r->moment[k].time, r->ends == ENDS_PERIODIC ? 'T' : 'F');
  for (int m0 = 0; m0 < N[0]; m0++)
    for (int m1 = 0; m1 < N[1]; m1++)
      for (int m2 = 0; m2 < N[2]; m2++)
        for (int i = 0; i < m->n; i++) {
          const double value =
              p[(((size_t)m0 * (size_t)N[1] + (size_t)m1) * (size_t)N[2] + (size_t)m2) * (size_t)m->n + (size_t)i];
          double g[3], x[3];
          for (int b = 0; b < 3; b++) {
            const int *up = r->stack.basis[0];
            g[b] = space->x[3 * i + b] + (planar ? (m0 - r->stack.shift[i]) * up[b] : b == 0 ? m0 : b == 1 ? m1 : m2);
          }
          cart(space, g, x);
          fprintf(f, "Li %.6f %.6f %.6f %lld %.6g\n", x[0], x[1], x[2], space->number[i],
                  fmax(0, planar ? value / m->pi[i] : value));
        }
}

/* ---- the run ---- */

static lisi_status at_time(void *context, int k, const double *p, lisi_error *err) {
  (void)err;
  propagation *r = context;
  if (start_is_planar(&r->start)) {
    plane_moment(r, k, p);
    plane_profile(r, k, p);
  } else {
    point_moment(r, k, p);
  }
  propagate_moment *at = &r->moment[k];
  at->D = NAN;
  for (int a = 0; a < 9; a++)
    at->D_tensor[a / 3][a % 3] = NAN;
  if (k > 0 && !at->edge) {
    const propagate_moment *last = at - 1;
    at->D = (at->variance - last->variance) / (2 * (at->time - last->time));
    for (int a = 0; a < 9 && !start_is_planar(&r->start); a++)
      at->D_tensor[a / 3][a % 3] =
          (at->spread[a / 3][a % 3] - last->spread[a / 3][a % 3]) / (2 * (at->time - last->time));
  }
  if (r->xyz != NULL && (!r->xyz_last || k + 1 == r->ntimes))
    xyz_frame(r, k, p);
  return LISI_OK;
}

static void show_progress(void *context, double done, double total) {
  progress_update(context, done, total);
}

static lisi_status calculate(propagation *r, const char *folder, lisi_error *err) {
  const bool planar = start_is_planar(&r->start);
  const double sites = (double)r->cells[0] * r->cells[1] * r->cells[2] * r->model->n;
  lisi_status status = planar ? plane_rows(r, err) : point_rows(r, err);
  if (status == LISI_OK && !planar)
    status = prepare_map(r, err);
  if (status != LISI_OK)
    return status;
  long long *steps = malloc((size_t)r->ntimes * sizeof *steps);
  r->profile = calloc((size_t)r->ntimes * (size_t)r->nrows, sizeof *r->profile);
  if (steps == NULL || r->profile == NULL) {
    free(steps);
    return lisi_no_memory(err, (size_t)r->ntimes * (size_t)r->nrows * sizeof *r->profile);
  }
  for (int k = 0; k < r->ntimes; k++)
    steps[k] = r->moment[k].steps;
  if (folder != NULL && sites <= MOST_XYZ_LINES) {
    r->xyz_last = sites * r->ntimes > MOST_XYZ_LINES;
    status = report_out(folder, "occupation.xyz", &r->xyz, err);
  }
  progress bar = progress_start("propagate");
  const propagate_job job = {.nseeds = r->nseeds,
                             .seed = r->seed,
                             .ntimes = r->ntimes,
                             .steps = steps,
                             .visit = at_time,
                             .context = r,
                             .progress = show_progress,
                             .progress_context = &bar,
                             .interrupted = progress_interrupted};
  const network *net = planar ? &r->stack.line : &r->model->net;
  if (status == LISI_OK)
    status = r->ends == ENDS_PERIODIC
                 ? propagate_periodic(net, r->model->pi, r->cells, &job, err)
                 : propagate_stack(net, r->model->pi, r->cells[0],
                                   r->ends == ENDS_REFLECTING ? PROPAGATE_REFLECTING : PROPAGATE_ABSORBING, &job, err);
  progress_end(&bar);
  free(steps);
  if (status == LISI_OK && r->xyz != NULL) {
    status = out_file_commit(r->xyz, err);
    r->xyz = NULL;
  }
  return status;
}

static lisi_status run(int n, char **file, propagate_options *o, const char *command, lisi_error *err) {
  model_input in = {0};
  propagation r = {0};
  doc_tree *doc = NULL;
  lisi_status status = LISI_OK;
  o->input.steps = 1;
  if (o->start == NULL)
    status =
        lisi_fail(err, LISI_ERR_INPUT, "--start is missing: site:NAME, box:, sphere:R, slab:THICKNESS, step or full");
  else
    status = start_parse(o->start, &r.start, err);
  if (status == LISI_OK && o->network != NULL && n > 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "give only one of: --network FILE, a folder, logs");
  if (status == LISI_OK)
    status =
        o->network != NULL ? model_input_network(o->network, &in, err) : model_input_open(n, file, &o->input, &in, err);
  if (status == LISI_OK && !in.model.geometry)
    status = lisi_fail(err, LISI_ERR_INPUT, "the model knows no positions of its states: there is no lattice to go on");
  if (status == LISI_OK) {
    r.model = &in.model;
    r.unit = in.unit;
    status = take_times(&o->times, &r, err);
  }
  if (status == LISI_OK)
    status = take_axis(o->axis, &r, err);
  if (status == LISI_OK)
    status = take_ends(o->ends, o->cells, &r, err);
  if (status == LISI_OK)
    status = o->cells != NULL ? take_cells(o->cells, &r, err) : start_choose_cells(&in, &r, err);
  if (status == LISI_OK)
    status = start_seeds(&in, &r, err);
  if (status == LISI_OK && o->out != NULL)
    status = out_folder(o->out, err);
  if (status == LISI_OK)
    status = calculate(&r, o->out, err);
  if (status == LISI_OK)
    status = propagate_tree(&r, command, &doc, err);
  if (status == LISI_OK && o->out != NULL) {
    struct out_file *yaml = NULL;
    status = propagate_files(&r, o->out, err);
    if (status == LISI_OK)
      status = report_out(o->out, "propagate.yaml", &yaml, err);
    if (status == LISI_OK)
      status = doc_print_yaml(doc, out_file_stream(yaml), err);
    if (status == LISI_OK)
      status = out_file_commit(yaml, err);
    else
      out_file_discard(yaml);
  }
  if (status == LISI_OK && o->json)
    status = doc_print_json(doc, stdout, err);
  else if (status == LISI_OK) {
    propagate_print(&r);
    if (o->out != NULL)
      printf("\nwritten: %s/propagate.yaml, profile.svg%s, data and scripts\n", o->out,
             r.w >= 0 && r.map ? ", map.svg" : "");
  }
  if (status == LISI_OK && fflush(stdout) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "standard output cannot be written");
  doc_free(doc);
  propagation_free(&r);
  model_input_free(&in);
  return status;
}

int cmd_propagate(int argc, char **argv) {
  propagate_options o = {.input = {.fold = "auto", .blocks = 1}};
  const cli_option options[] = {
      {"start", CLI_TEXT, &o.start, "WHERE",
       "site:NAME (label or number, in the central cell), box:x0,x1,y0,y1,z0,z1[A] and\n"
       "sphere:R[,x,y,z[A]] (fractional coordinates, 0 to 1 in the central cell; A: Angstrom),\n"
       "slab:THICKNESS[L] (Angstrom; L: layers), step (one half of the lattice), full"},
      {"times", CLI_NUMBERS, &o.times, "LIST", "times, separated by commas, in the unit of the lag"},
      {"lag", CLI_DOUBLE, &o.input.lag, "TIME", "lag of the model (the reported one; logs: one sample)"},
      {"axis", CLI_TEXT, &o.axis, "AXIS",
       "the profile's: a, b or c (normal to the planes of the other two), or plane\n"
       "indices h,k,l (the one of a, b, c with the largest D)"},
      {"cells", CLI_TEXT, &o.cells, "N",
       "layers (slab, step, full), or unit cells like 40x40x20 (as many as the last time needs)"},
      {"ends", CLI_TEXT, &o.ends, "KIND", "of the layers: periodic (default), reflecting or absorbing"},
      {"network", CLI_TEXT, &o.network, "FILE", "a jump network instead, as for transport"},
      {"estimator", CLI_TEXT, &o.input.estimator, "NAME",
       "reversible, row, fixed-pi or rate (that of the folder; reversible)"},
      {"fold", CLI_TEXT, &o.input.fold, "WHEN", "logs and .counts: auto (default), yes or no, as for build"},
      {"o", CLI_TEXT, &o.out, "FOLDER", "where data and pictures go (nowhere)"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "propagate",
      "FOLDER | run.jumps[.gz] ... | all.counts ... | --network FILE  --start WHERE --times LIST [options]",
      "Tagged lithium forward in time on the lattice of the crystal: from a site, a region, a slab or a step, on up "
      "to\n"
      "10 million unit cells. This is tracer diffusion in a crystal at equilibrium; a gradient of the lithium content\n"
      "spreads by chemical diffusion, which is another coefficient.",
      "  lisi-msm propagate out/ --start slab:40 --axis c --times 100,1000,10000 -o profile/\n"
      "  lisi-msm propagate out/ --start site:Li3 --times 10,100,1000 -o spot/\n"
      "  lisi-msm propagate out/ --start full --ends absorbing --cells 200 --times 1e4,1e5 -o film/\n",
      options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  progress_catch_interrupt();
  lisi_error err = {0};
  char *line = command_line(argc, argv);
  const lisi_status result =
      line == NULL ? lisi_no_memory(&err, 256) : run(args.npositional, args.positional, &o, line, &err);
  free(line);
  return cli_end(&command, &args, result, &err);
}
