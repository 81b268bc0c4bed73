/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "van_hove.h"

#include "ck.h"
#include "counts.h"
#include "markov_range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A probability below this is let go of; the sum of what was is told. */
static const double smallest = 1e-10;
/* A group of bins that is tested holds at least this share. */
static const double group_share = 0.005;
/* Doubles in one of the two grids. */
static const double most_cells = 2e7;

void van_hove_free(van_hove_result *r) {
  for (int k = 0; k < r->ntimes; k++) {
    free(r->time[k].model);
    free(r->time[k].log);
    free(r->time[k].lo);
    free(r->time[k].hi);
  }
  free(r->time);
  memset(r, 0, sizeof *r);
}

/* Bin edges lie beside round lengths, so that rounding does not part what belongs together. */
static int bin_of(const double d[3], double width) {
  const double r = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
  return r / width < 1e8 ? (int)((r + 1e-7) / width) : 100000000;
}

/* ---- the model: convolution over sites and images ---- */

/* p[site][cell], cells in a window of -half..half images along each axis. */
typedef struct {
  const network *net;
  size_t *row;           /* [n + 1] first edge of each site */
  ptrdiff_t *step;       /* [edges] shift in the window */
  int half[3], reach[3]; /* window, and the longest image shift of an edge */
  size_t side[3], cells;
  double *now, *next; /* [n][cells] */
  int lo[3], hi[3];   /* images that hold something */
} grid;

static void grid_free(grid *g) {
  free(g->row);
  free(g->step);
  free(g->now);
  free(g->next);
}

/* How many images n steps reach: six standard deviations of the displacement and a jump more, no further than n jumps.
 */
static void choose_window(grid *g, long long n) {
  const network *net = g->net;
  double longest = 0.0;
  for (size_t k = 0; k < net->n; k++) {
    double d[3];
    const network_edge *e = &net->edge[k];
    state_space_step(&net->space, e->i, e->j, e->r, d);
    longest = fmax(longest, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
    for (int a = 0; a < 3; a++)
      g->reach[a] = abs(e->r[a]) > g->reach[a] ? abs(e->r[a]) : g->reach[a];
  }
  const double(*h)[3] = net->space.cell;
  for (int a = 0; a < 3; a++) {
    /* the distance of the planes that a cell lies between */
    const double *p = h[(a + 1) % 3], *q = h[(a + 2) % 3];
    const double x[3] = {p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]};
    const double height =
        fabs(h[a][0] * x[0] + h[a][1] * x[1] + h[a][2] * x[2]) / sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
    const double far = ceil(6.0 * longest * sqrt((double)n) / height) + 1.0 + g->reach[a];
    const double all = (double)n * g->reach[a];
    g->half[a] = (int)fmin(fmin(far, all), 1e6);
  }
}

static lisi_status grid_make(const network *net, long long n, grid *g, bool *fits, lisi_error *err) {
  memset(g, 0, sizeof *g);
  g->net = net;
  choose_window(g, n);
  const double size = (double)net->space.n * (2.0 * g->half[0] + 1) * (2.0 * g->half[1] + 1) * (2.0 * g->half[2] + 1);
  *fits = size <= most_cells;
  if (!*fits)
    return LISI_OK;
  g->cells = 1;
  for (int a = 0; a < 3; a++) {
    g->side[a] = (size_t)(2 * g->half[a] + 1);
    g->cells *= g->side[a];
  }
  const size_t N = (size_t)net->space.n;
  g->row = calloc(N + 1, sizeof *g->row);
  g->step = malloc((net->n + 1) * sizeof *g->step);
  g->now = calloc(N * g->cells, sizeof *g->now);
  g->next = calloc(N * g->cells, sizeof *g->next);
  if (g->row == NULL || g->step == NULL || g->now == NULL || g->next == NULL)
    return lisi_no_memory(err, 2 * N * g->cells * sizeof *g->now);
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    g->row[e->i + 1] = k + 1;
    g->step[k] = e->r[0] + (ptrdiff_t)g->side[0] * (e->r[1] + (ptrdiff_t)g->side[1] * e->r[2]);
  }
  for (size_t i = 1; i <= N; i++)
    if (g->row[i] < g->row[i - 1])
      g->row[i] = g->row[i - 1];
  return LISI_OK;
}

static size_t cell_at(const grid *g, int x, int y, int z) {
  return (size_t)(x + g->half[0]) + g->side[0] * ((size_t)(y + g->half[1]) + g->side[1] * (size_t)(z + g->half[2]));
}

static void clear(grid *g, double *p) {
  for (int i = 0; i < g->net->space.n; i++)
    for (int z = g->lo[2]; z <= g->hi[2]; z++)
      for (int y = g->lo[1]; y <= g->hi[1]; y++)
        memset(p + (size_t)i * g->cells + cell_at(g, g->lo[0], y, z), 0, (size_t)(g->hi[0] - g->lo[0] + 1) * sizeof *p);
}

/* One step; *work counts products. */
static void convolve(grid *g, double *lost, double *work) {
  const network *net = g->net;
  int lo[3] = {g->half[0], g->half[1], g->half[2]}, hi[3] = {-g->half[0], -g->half[1], -g->half[2]};
  bool inside = true; /* no product leaves the window */
  for (int a = 0; a < 3; a++)
    inside = inside && g->lo[a] - g->reach[a] >= -g->half[a] && g->hi[a] + g->reach[a] <= g->half[a];
  for (int i = 0; i < net->space.n; i++)
    for (int z = g->lo[2]; z <= g->hi[2]; z++)
      for (int y = g->lo[1]; y <= g->hi[1]; y++)
        for (int x = g->lo[0]; x <= g->hi[0]; x++) {
          const size_t at = cell_at(g, x, y, z);
          const double p = g->now[(size_t)i * g->cells + at];
          if (p < smallest) {
            *lost += p;
            continue;
          }
          const int place[3] = {x, y, z};
          for (int a = 0; a < 3; a++) {
            lo[a] = place[a] < lo[a] ? place[a] : lo[a];
            hi[a] = place[a] > hi[a] ? place[a] : hi[a];
          }
          *work += (double)(g->row[i + 1] - g->row[i]);
          for (size_t k = g->row[i]; k < g->row[i + 1]; k++) {
            const network_edge *e = &net->edge[k];
            if (!inside &&
                (abs(x + e->r[0]) > g->half[0] || abs(y + e->r[1]) > g->half[1] || abs(z + e->r[2]) > g->half[2])) {
              *lost += p * e->p;
              continue;
            }
            g->next[(size_t)e->j * g->cells + (size_t)((ptrdiff_t)at + g->step[k])] += p * e->p;
          }
        }
  clear(g, g->now);
  double *swap = g->now;
  g->now = g->next;
  g->next = swap;
  /* What was let go of leaves the box small. */
  for (int a = 0; a < 3; a++) {
    g->lo[a] = lo[a] - g->reach[a] < -g->half[a] ? -g->half[a] : lo[a] - g->reach[a];
    g->hi[a] = hi[a] + g->reach[a] > g->half[a] ? g->half[a] : hi[a] + g->reach[a];
  }
}

/* Adds weight times what the grid holds to the histogram. */
static void read_out(const grid *g, int start, double weight, double width, int nbins, double *bins) {
  for (int j = 0; j < g->net->space.n; j++)
    for (int z = g->lo[2]; z <= g->hi[2]; z++)
      for (int y = g->lo[1]; y <= g->hi[1]; y++)
        for (int x = g->lo[0]; x <= g->hi[0]; x++) {
          const double p = g->now[(size_t)j * g->cells + cell_at(g, x, y, z)];
          if (!(p > 0.0))
            continue;
          const int r[3] = {x, y, z};
          double d[3];
          state_space_step(&g->net->space, start, j, r, d);
          const int bin = bin_of(d, width);
          if (bin < nbins)
            bins[bin] += weight * p / width;
        }
}

/* Densities after each of n[ntimes] steps into density[ntimes][nbins]. *ndone: how many of the times the window and the
 * budget allow. */
static lisi_status model_side(const network *net, const double *pi, int ntimes, const long long *n, double width,
                              int nbins, double budget, double *density, double *lost, int *ndone, lisi_error *err) {
  *ndone = ntimes;
  memset(density, 0, (size_t)ntimes * (size_t)nbins * sizeof *density);
  memset(lost, 0, (size_t)ntimes * sizeof *lost);
  double total = 0.0;
  for (int i = 0; i < net->space.n; i++)
    total += pi[i];
  grid g = {0};
  lisi_status status = LISI_OK;
  bool fits = false;
  while (*ndone > 0 && status == LISI_OK && !fits) {
    status = grid_make(net, n[*ndone - 1], &g, &fits, err);
    if (!fits)
      --*ndone;
  }
  for (int i = 0; i < net->space.n && status == LISI_OK && *ndone > 0; i++) {
    double work = 0.0, gone = 0.0;
    memset(g.lo, 0, sizeof g.lo);
    memset(g.hi, 0, sizeof g.hi);
    g.now[(size_t)i * g.cells + cell_at(&g, 0, 0, 0)] = 1.0;
    long long at = 0;
    for (int k = 0; k < *ndone; k++) {
      for (; at < n[k] && work <= budget / net->space.n; at++)
        convolve(&g, &gone, &work);
      if (at < n[k]) {
        *ndone = k;
        break;
      }
      read_out(&g, i, pi[i] / total, width, nbins, density + (size_t)k * (size_t)nbins);
      lost[k] += pi[i] / total * gone;
    }
    clear(&g, g.now);
  }
  grid_free(&g);
  return status;
}

lisi_status van_hove_model(const network *net, const double *pi, long long n, double width, int nbins, double budget,
                           double *density, double *lost, bool *done, lisi_error *err) {
  int ndone = 0;
  const lisi_status status = model_side(net, pi, 1, &n, width, nbins, budget, density, lost, &ndone, err);
  *done = ndone == 1;
  return status;
}

/* ---- the log ---- */

typedef struct {
  const path_set *paths;
  int nunit;
  const bool *kept; /* [nunit] */
  long long begin, span;
  int most, nblocks, nbins; /* nblocks: of the time at hand, most is room */
  double width;
  double *count; /* [nblocks][nbins + 1], the last one for all pairs */
} counting;

static lisi_status count_visit(void *context, int walker, const path_step *a, const path_step *b, long long t0,
                               long long t1, lisi_error *err) {
  (void)walker;
  (void)err;
  counting *c = context;
  if (!c->kept[a->state % c->nunit] || !c->kept[b->state % c->nunit])
    return LISI_OK;
  const int r[3] = {b->n[0] - a->n[0], b->n[1] - a->n[1], b->n[2] - a->n[2]};
  double d[3];
  state_space_step(&c->paths->space, a->state, b->state, r, d);
  const int bin = bin_of(d, c->width);
  while (t0 < t1) {
    const long long block = (long long)((__int128)(t0 - c->begin) * c->nblocks / c->span);
    long long until = c->begin + (long long)(((__int128)(block + 1) * c->span + c->nblocks - 1) / c->nblocks);
    if (until > t1)
      until = t1;
    double *row = c->count + (size_t)block * ((size_t)c->nbins + 1);
    const double starts = (double)(until - t0);
    if (bin < c->nbins)
      row[bin] += starts;
    row[c->nbins] += starts;
    t0 = until;
  }
  return LISI_OK;
}

/* The share of bins first..last-1 and its standard error from the residuals of the blocks. */
static void share_of(const counting *c, int first, int last, double *share, double *error) {
  const size_t row = (size_t)c->nbins + 1;
  double in = 0.0, all = 0.0, squares = 0.0;
  for (int b = 0; b < c->nblocks; b++) {
    for (int k = first; k < last; k++)
      in += c->count[(size_t)b * row + (size_t)k];
    all += c->count[(size_t)b * row + (size_t)c->nbins];
  }
  *share = all > 0.0 ? in / all : NAN;
  for (int b = 0; b < c->nblocks; b++) {
    double e = -*share * c->count[(size_t)b * row + (size_t)c->nbins];
    for (int k = first; k < last; k++)
      e += c->count[(size_t)b * row + (size_t)k];
    squares += e * e;
  }
  *error = all > 0.0 && c->nblocks > 1 ? sqrt(squares * c->nblocks / (c->nblocks - 1.0)) / all : NAN;
}

/* Groups of neighbouring bins, each with a share of the model worth testing. */
static void compare(const counting *c, van_hove_time *t) {
  double smallest_p = 1.0;
  for (int first = 0; first < c->nbins;) {
    double model = 0.0;
    int last = first;
    while (last < c->nbins && model < group_share)
      model += t->model[last++] * c->width;
    if (model < group_share)
      break;
    double share, error;
    share_of(c, first, last, &share, &error);
    first = last;
    if (!(error > 0.0))
      continue;
    const double floor = 0.5 * MARKOV_TOLERANCE * model, z = fabs(model - share) / sqrt(error * error + floor * floor);
    t->dof++;
    t->chi2 += z * z;
    t->largest = fmax(t->largest, z);
    smallest_p = fmin(smallest_p, ck_student_p(z, c->nblocks - 1.0));
  }
  t->tested = t->dof > 1;
  t->p = smallest_p * t->dof;
}

static lisi_status log_side(counting *c, long long lag, van_hove_time *t, lisi_error *err) {
  long long begin, end;
  path_set_range(c->paths, &begin, &end);
  c->begin = begin;
  c->span = end - lag - begin;
  c->nblocks = counts_time_blocks(c->paths, lag, c->most);
  memset(c->count, 0, (size_t)c->nblocks * ((size_t)c->nbins + 1) * sizeof *c->count);
  const lisi_status status = c->span > 0 ? path_set_pairs(c->paths, lag, count_visit, c, err) : LISI_OK;
  if (status != LISI_OK)
    return status;
  for (int b = 0; b < c->nblocks; b++)
    t->pairs += c->count[(size_t)b * ((size_t)c->nbins + 1) + (size_t)c->nbins];
  for (int k = 0; k < c->nbins; k++) {
    double share, error;
    share_of(c, k, k + 1, &share, &error);
    t->log[k] = share / c->width;
    t->lo[k] = fmax(0.0, t->log[k] - 1.96 * error / c->width);
    t->hi[k] = t->log[k] + 1.96 * error / c->width;
  }
  compare(c, t);
  return LISI_OK;
}

/* 0.05, 0.1, 0.2, 0.5, ...: about sixty bins over the range. */
static double round_width(double range) {
  double width = 0.05;
  for (int k = 0; width * 60.0 < range && k < 60; k++)
    width *= k % 3 == 2 ? 2.5 : 2.0;
  return width;
}

lisi_status van_hove_make(const path_set *paths, const int replicate[3], const msm_model *model, int ntimes,
                          const long long *n, int most_blocks, double budget, van_hove_result *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  const int copies = replicate[0] * replicate[1] * replicate[2], nunit = paths->space.n / (copies > 0 ? copies : 1);
  if (!model->geometry || ntimes < 1 || model->n < 1 || model->estimator == MSM_PLAIN)
    return LISI_OK;
  const double far = sqrt(fmax(msm_msd(model, (double)n[ntimes - 1]), 0.0));
  if (!isfinite(far))
    return LISI_OK;
  double longest = 0.0;
  for (size_t k = 0; k < model->net.n; k++) {
    double d[3];
    state_space_step(&model->net.space, model->net.edge[k].i, model->net.edge[k].j, model->net.edge[k].r, d);
    longest = fmax(longest, sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  }
  const double range = fmax(4.0 * far, longest);
  r->width = round_width(range);
  r->nbins = (int)ceil(range / r->width) + 1;
  const size_t bins = (size_t)r->nbins, T = (size_t)ntimes;
  bool *kept = calloc((size_t)nunit + 1, sizeof *kept);
  double *density = malloc(T * bins * sizeof *density), *lost = malloc(T * sizeof *lost);
  const int most = most_blocks > 1 ? most_blocks : 1;
  counting c = {paths, nunit, kept, 0, 0, most, most, r->nbins, r->width, NULL};
  c.count = malloc((size_t)c.nblocks * (bins + 1) * sizeof *c.count);
  r->time = calloc(T, sizeof *r->time);
  lisi_status status = LISI_OK;
  int ndone = 0;
  if (kept == NULL || density == NULL || lost == NULL || c.count == NULL || r->time == NULL)
    status = lisi_no_memory(err, T * bins * sizeof *density);
  if (status == LISI_OK)
    status = model_side(&model->net, model->pi, ntimes, n, r->width, r->nbins, budget, density, lost, &ndone, err);
  for (int k = 0; k < model->n && status == LISI_OK; k++)
    kept[model->state[k]] = true;
  for (int k = 0; k < ndone && status == LISI_OK; k++) {
    van_hove_time *t = &r->time[k];
    *t = (van_hove_time){.n = n[k], .time = (double)n[k] * model->lag, .lost = lost[k]};
    t->model = malloc(bins * sizeof(double));
    t->log = malloc(bins * sizeof(double));
    t->lo = malloc(bins * sizeof(double));
    t->hi = malloc(bins * sizeof(double));
    r->ntimes = k + 1;
    if (t->model == NULL || t->log == NULL || t->lo == NULL || t->hi == NULL) {
      status = lisi_no_memory(err, bins * sizeof(double));
      break;
    }
    memcpy(t->model, density + (size_t)k * bins, bins * sizeof(double));
    status = log_side(&c, n[k] * model->lag_samples, t, err);
  }
  for (int k = 0; k < r->ntimes && status == LISI_OK; k++) {
    van_hove_time *t = &r->time[k];
    t->p = fmin(1.0, t->p * r->ntimes);
    t->agrees = t->tested && t->p >= MARKOV_LEVEL;
  }
  free(kept);
  free(density);
  free(lost);
  free(c.count);
  if (status != LISI_OK)
    van_hove_free(r);
  return status;
}
