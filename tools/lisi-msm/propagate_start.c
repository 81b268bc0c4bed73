/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where tagged lithium is at time 0, and how large the lattice has to be. */
#include "propagate_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The distribution ends where 1e-10 of it is left outside. */
#define REACH 6.5
#define MOST_CELLS_CHOSEN 1000000
#define HAIR 1e-9

static lisi_status numbers_of(const char *text, size_t length, int least, int most, double *value, int *n,
                              lisi_error *err) {
  *n = 0;
  const char *end = text + length;
  for (const char *c = text; c < end;) {
    char *stop = NULL;
    if (*n == most)
      return lisi_fail(err, LISI_ERR_INPUT, "--start: expected at most %d numbers, found '%s'", most, text);
    value[*n] = strtod(c, &stop);
    if (stop == c || !isfinite(value[*n]) || (stop < end && *stop != ','))
      return lisi_fail(err, LISI_ERR_INPUT, "--start: expected numbers separated by commas, found '%s'", text);
    (*n)++;
    c = stop < end ? stop + 1 : end;
    if (stop + 1 == end)
      return lisi_fail(err, LISI_ERR_INPUT, "--start: expected a number at the end of '%s'", text);
  }
  if (*n < least)
    return lisi_fail(err, LISI_ERR_INPUT, "--start: expected %s%d numbers, found %d in '%s'",
                     least < most ? "at least " : "", least, *n, text);
  return LISI_OK;
}

lisi_status start_parse(const char *text, start_spec *s, lisi_error *err) {
  static const char *const name[] = {"site", "box", "sphere", "slab", "step", "full"};
  *s = (start_spec){.text = text};
  const size_t length = strcspn(text, ":");
  int kind = 0, n = 0;
  while (kind < 6 && !(strlen(name[kind]) == length && memcmp(name[kind], text, length) == 0))
    kind++;
  if (kind == 6)
    return lisi_fail(err, LISI_ERR_INPUT, "--start: expected site:, box:, sphere:, slab:, step or full, found '%s'",
                     text);
  s->kind = (start_kind)kind;
  const bool bare = s->kind == START_STEP || s->kind == START_FULL;
  const char *rest = text + length + (text[length] == ':');
  size_t left = strlen(rest);
  if (bare && text[length] != '\0')
    return lisi_fail(err, LISI_ERR_INPUT, "--start: %s takes no values, found '%s'", name[kind], text);
  if (!bare && left == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--start: the values of %s: are missing, found '%s'", name[kind], text);
  if (s->kind == START_SITE) {
    s->site = rest;
    return LISI_OK;
  }
  if (bare)
    return LISI_OK;
  if (rest[left - 1] == 'A' || (rest[left - 1] == 'L' && s->kind == START_SLAB)) {
    s->angstrom = rest[left - 1] == 'A';
    s->layers = !s->angstrom;
    left--;
  }
  lisi_status status = LISI_OK;
  if (s->kind == START_BOX) {
    status = numbers_of(rest, left, 6, 6, s->value, &n, err);
    for (int a = 0; a < 3 && status == LISI_OK; a++) {
      if (!(s->value[2 * a] < s->value[2 * a + 1]))
        status = lisi_fail(err, LISI_ERR_INPUT,
                           "--start: a box is lo,hi along each of three directions with lo < hi, "
                           "found %g,%g",
                           s->value[2 * a], s->value[2 * a + 1]);
    }
  } else if (s->kind == START_SPHERE) {
    status = numbers_of(rest, left, 1, 4, s->value, &n, err);
    if (status == LISI_OK && n != 1 && n != 4)
      status = lisi_fail(err, LISI_ERR_INPUT, "--start: a sphere is a radius, or radius,x,y,z; found %d numbers", n);
    if (status == LISI_OK && n == 1) {
      s->value[1] = s->value[2] = s->value[3] = 0.5;
      s->angstrom = false; /* the middle of the central cell */
    }
  } else {
    status = numbers_of(rest, left, 1, 1, s->value, &n, err);
  }
  if (status == LISI_OK && s->kind != START_BOX && !(s->value[0] > 0))
    status = lisi_fail(err, LISI_ERR_INPUT, "--start: expected a %s above 0, found %g",
                       s->kind == START_SPHERE ? "radius" : "thickness", s->value[0]);
  return status;
}

/* ---- points ---- */

static void to_cart(const state_space *space, const double f[3], double x[3]) {
  for (int k = 0; k < 3; k++)
    x[k] = f[0] * space->cell[0][k] + f[1] * space->cell[1][k] + f[2] * space->cell[2][k];
}

static bool within(const start_spec *s, const state_space *space, const double f[3]) {
  double x[3];
  to_cart(space, f, x);
  if (s->kind == START_BOX) {
    for (int a = 0; a < 3; a++) {
      const double at = s->angstrom ? x[a] : f[a];
      if (at < s->value[2 * a] - HAIR || at >= s->value[2 * a + 1] - HAIR)
        return false;
    }
    return true;
  }
  double centre[3] = {s->value[1], s->value[2], s->value[3]};
  if (!s->angstrom)
    to_cart(space, s->value + 1, centre);
  const double d[3] = {x[0] - centre[0], x[1] - centre[1], x[2] - centre[2]};
  return d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= s->value[0] * s->value[0] * (1 + HAIR);
}

static lisi_status add_seed(propagation *r, size_t *cap, propagate_seed seed, lisi_error *err) {
  if (r->nseeds == *cap) {
    const size_t larger = *cap < 64 ? 64 : 2 * *cap;
    propagate_seed *list = realloc(r->seed, larger * sizeof *list);
    if (list == NULL)
      return lisi_no_memory(err, larger * sizeof *list);
    r->seed = list;
    *cap = larger;
  }
  r->seed[r->nseeds++] = seed;
  return LISI_OK;
}

/* The kept states that a name means. */
static lisi_status named_sites(const model_input *in, const char *word, bool *chosen, lisi_error *err) {
  const msm_model *m = &in->model;
  int *state = malloc((size_t)in->space.n * sizeof *state), n = 0, kept = 0;
  if (state == NULL)
    return lisi_no_memory(err, (size_t)in->space.n * sizeof *state);
  lisi_status status = model_input_states(&in->space, "--start", word, state, &n, err);
  for (int q = 0; q < n && status == LISI_OK; q++) {
    for (int k = 0; k < m->n; k++) {
      if (m->state[k] == state[q]) {
        chosen[k] = true;
        kept++;
      }
    }
  }
  if (status == LISI_OK && kept == 0)
    status =
        lisi_fail(err, LISI_ERR_INPUT, "--start: none of the sites of '%s' is in the model (its connected set)", word);
  free(state);
  return status;
}

static lisi_status point_seeds(const model_input *in, propagation *r, lisi_error *err) {
  const msm_model *m = r->model;
  const state_space *space = &m->net.space;
  bool *chosen = calloc((size_t)m->n, sizeof *chosen);
  size_t cap = 0;
  double sum = 0.0;
  lisi_status status = chosen == NULL ? lisi_no_memory(err, (size_t)m->n) : LISI_OK;
  if (status == LISI_OK && r->start.kind == START_SITE)
    status = named_sites(in, r->start.site, chosen, err);
  const int *N = r->cells;
  for (int m0 = 0; m0 < N[0] && status == LISI_OK; m0++)
    for (int m1 = 0; m1 < N[1] && status == LISI_OK; m1++)
      for (int m2 = 0; m2 < N[2] && status == LISI_OK; m2++) {
        const int at[3] = {m0 - N[0] / 2, m1 - N[1] / 2, m2 - N[2] / 2};
        const bool central = at[0] == 0 && at[1] == 0 && at[2] == 0;
        if (r->start.kind == START_SITE && !central)
          continue;
        for (int i = 0; i < m->n && status == LISI_OK; i++) {
          double f[3], x[3];
          for (int a = 0; a < 3; a++)
            f[a] = at[a] + space->x[3 * i + a];
          if (!(r->start.kind == START_SITE ? chosen[i] : within(&r->start, space, f)))
            continue;
          to_cart(space, f, x);
          for (int a = 0; a < 3; a++)
            r->centre[a] += m->pi[i] * x[a];
          sum += m->pi[i];
          const size_t cell = ((size_t)m0 * (size_t)N[1] + (size_t)m1) * (size_t)N[2] + (size_t)m2;
          status = add_seed(r, &cap, (propagate_seed){cell, i, m->pi[i]}, err);
        }
      }
  if (status == LISI_OK && r->nseeds == 0)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "--start: no site of the model lies in '%s' (on a lattice of %d x %d x %d "
                       "cells round the central one)",
                       r->start.text, N[0], N[1], N[2]);
  for (size_t s = 0; s < r->nseeds && status == LISI_OK; s++)
    r->seed[s].p /= sum;
  for (int a = 0; a < 3; a++)
    r->centre[a] /= sum;
  free(chosen);
  return status;
}

/* ---- planes ---- */

static lisi_status plane_seeds(propagation *r, lisi_error *err) {
  const msm_model *m = r->model;
  const int N = r->cells[0];
  const double d = r->stack.spacing;
  size_t cap = 0;
  lisi_status status = LISI_OK;
  r->width = N * d;
  r->lo = -r->width / 2;
  r->hi = r->start.kind == START_STEP ? 0.0 : r->width / 2;
  if (r->start.kind == START_SLAB) {
    r->hi = r->start.value[0] / 2 * (r->start.layers ? d : 1.0);
    r->lo = -r->hi;
    if (2 * r->hi > r->width * (1 - HAIR))
      return lisi_fail(err, LISI_ERR_INPUT,
                       "--start: a slab of %g Angstrom is as thick as the lattice (%d layers of "
                       "%g Angstrom); full means that",
                       2 * r->hi, N, d);
  }
  for (int l = 0; l < N && status == LISI_OK; l++)
    for (int i = 0; i < m->n && status == LISI_OK; i++) {
      const double x = (l - 0.5 * N + r->stack.line.space.x[3 * i]) * d;
      if (r->start.kind == START_FULL || (x >= r->lo - HAIR && x < r->hi - HAIR))
        status = add_seed(r, &cap, (propagate_seed){(size_t)l, i, m->pi[i]}, err);
    }
  if (status == LISI_OK && r->nseeds == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "--start: no site of the model lies in a slab of %g Angstrom", 2 * r->hi);
  return status;
}

lisi_status start_seeds(const model_input *in, propagation *r, lisi_error *err) {
  return start_is_planar(&r->start) ? plane_seeds(r, err) : point_seeds(in, r, err);
}

/* ---- the size of the lattice ---- */

/* How far, in cells along cell vector a, the start itself reaches from the central cell. */
static double start_reach(const propagation *r, int a, const double recip[3]) {
  const start_spec *s = &r->start;
  const state_space *space = &r->model->net.space;
  const double size = sqrt(recip[0] * recip[0] + recip[1] * recip[1] + recip[2] * recip[2]);
  if (s->kind == START_SITE)
    return 0.0;
  double far = 0.0;
  if (s->kind == START_SPHERE) {
    double centre[3] = {s->value[1], s->value[2], s->value[3]};
    if (!s->angstrom)
      to_cart(space, s->value + 1, centre);
    return fabs(centre[0] * recip[0] + centre[1] * recip[1] + centre[2] * recip[2]) + s->value[0] * size;
  }
  if (!s->angstrom)
    return fmax(fabs(s->value[2 * a]), fabs(s->value[2 * a + 1]));
  for (int b = 0; b < 3; b++)
    far += fabs(recip[b]) * fmax(fabs(s->value[2 * b]), fabs(s->value[2 * b + 1]));
  return far;
}

lisi_status start_choose_cells(const model_input *in, propagation *r, lisi_error *err) {
  (void)in;
  const msm_model *m = r->model;
  const propagate_moment *last = &r->moment[r->ntimes - 1];
  if (start_is_planar(&r->start)) {
    const double d = r->stack.spacing, sigma = sqrt(2 * fmax(r->D, 0) * last->time);
    const double thick = r->start.kind == START_SLAB ? r->start.value[0] * (r->start.layers ? d : 1.0) : 0.0;
    /* a periodic step has two faces, half a lattice apart */
    double layers = (thick + 2 * REACH * sigma) / d * (r->start.kind == START_STEP ? 2 : 1);
    layers = 2 * ceil(layers / 2 + 2);
    if (layers > MOST_CELLS_CHOSEN)
      return lisi_fail(err, LISI_ERR_INPUT,
                       "at %g %s the profile would need %.3g layers, more than %d; give --cells, "
                       "or earlier --times",
                       last->time, r->unit, layers, MOST_CELLS_CHOSEN);
    r->cells[0] = (int)layers;
    r->cells[1] = r->cells[2] = 1;
    return LISI_OK;
  }
  const double(*h)[3] = m->net.space.cell;
  double product = 1.0, wanted[3];
  for (int a = 0; a < 3; a++) {
    const double *p = h[(a + 1) % 3], *q = h[(a + 2) % 3];
    double recip[3], volume = 0.0, variance = 0.0;
    int reach = 0;
    for (int k = 0; k < 3; k++) {
      recip[k] = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
      volume += h[a][k] * recip[k];
    }
    for (int k = 0; k < 3; k++)
      recip[k] /= volume;
    for (int k = 0; k < 3; k++)
      for (int l = 0; l < 3; l++)
        variance += 2 * recip[k] * m->tr.D[k][l] * recip[l] * last->time;
    for (size_t e = 0; e < m->net.n; e++)
      reach = abs(m->net.edge[e].r[a]) > reach ? abs(m->net.edge[e].r[a]) : reach;
    double drift = 0.0;
    for (int k = 0; k < 3; k++)
      drift += recip[k] * m->tr.drift[k] * last->time;
    const double far = fmin(REACH * sqrt(fmax(variance, 0)) + fabs(drift) + 1 + reach, (double)last->steps * reach);
    wanted[a] = 2 * ceil(far + start_reach(r, a, recip)) + 1;
    product *= wanted[a];
  }
  if (product > MOST_CELLS_CHOSEN)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "at %g %s the distribution would need a lattice of %.0f x %.0f x %.0f unit "
                     "cells, more than %d; give --cells, or earlier --times",
                     last->time, r->unit, wanted[0], wanted[1], wanted[2], MOST_CELLS_CHOSEN);
  for (int a = 0; a < 3; a++)
    r->cells[a] = (int)wanted[a];
  return LISI_OK;
}

/* ---- the continuum ---- */

/* Concentration at x of what was 1 over lo..hi. spread = sqrt(4 D t). */
static double slab_at(double x, double lo, double hi, double spread) {
  if (!(spread > 0))
    return x >= lo && x < hi ? 1.0 : 0.0;
  return 0.5 * (erf((x - lo) / spread) - erf((x - hi) / spread));
}

double propagate_continuum(const propagation *r, double x, double time) {
  const double spread = sqrt(4 * fmax(r->D, 0) * time);
  /* the first layer that is not there any more takes up what comes */
  const double L = r->width + (r->ends == ENDS_ABSORBING ? r->stack.spacing : 0.0);
  if (!start_is_planar(&r->start)) {
    const double half = 0.5 * r->stack.spacing;
    const double at = x - r->drift * time;
    /* the variance of the start itself widens the curve */
    const double wide = sqrt(4 * fmax(r->D, 0) * time + 2 * fmax(r->moment[0].variance, 0));
    if (!(wide > 0))
      return fabs(at) <= half ? 1 / (2 * half) : 0.0;
    return (erf((at + half) / wide) - erf((at - half) / wide)) / (4 * half);
  }
  if (r->ends != ENDS_PERIODIC && r->drift != 0)
    return NAN; /* no closed form */
  x -= r->drift * time;
  x -= L * floor(x / L + 0.5);
  if (spread > 20 * L) /* even, or gone */
    return r->ends == ENDS_ABSORBING ? 0.0 : (r->hi - r->lo) / L;
  const int images = (int)ceil(REACH * spread / L) + 1;
  double sum = 0.0;
  for (int m = -images; m <= images; m++) {
    if (r->ends == ENDS_PERIODIC) {
      sum += slab_at(x, r->lo + m * L, r->hi + m * L, spread);
      continue;
    }
    /* mirrored at both ends: period 2 L */
    const double image = slab_at(x, (2 * m + 1) * L - r->hi, (2 * m + 1) * L - r->lo, spread);
    sum += slab_at(x, r->lo + 2 * m * L, r->hi + 2 * m * L, spread) + (r->ends == ENDS_ABSORBING ? -image : image);
  }
  return sum;
}
