/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Do the energies of all frames have one zero, and are they in eV? The energies per atom of condensed frames are
 * regressed on their compositions with absolute deviations, so that a minority of other zeros does not move the line.
 * What remains is energy of formation, pressure and temperature: below one or two eV per atom. A file or a group that
 * stands apart by more has another zero or another unit. */
#include "fit_check_parts.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ELEMENTS = 100, ROUNDS = 60 };

static const double apart = 2.5, surely_apart = 10; /* eV/atom */
static const double hartree = 27.211386245988;

typedef struct {
  int n, nelements;
  char symbol[MAX_ELEMENTS][4];
  const check_frame **frame;
  double *x; /* [n][nelements] shares of the elements */
  double *r; /* [n] residual, eV/atom */
  double zero[MAX_ELEMENTS];
} regression;

static int element_of(regression *g, const char *symbol) {
  for (int e = 0; e < g->nelements; e++)
    if (!strcmp(g->symbol[e], symbol))
      return e;
  if (g->nelements == MAX_ELEMENTS)
    return -1;
  strcpy(g->symbol[g->nelements], symbol);
  return g->nelements++;
}

/* Energies of the elements from the frames not left out: iteratively reweighted least squares, towards the smallest sum
 * of absolute deviations. Residuals of all frames. *reach is false where the compositions used do not decide the
 * energies of the frames left out. */
static lisi_status regress(regression *g, const bool *left_out, bool *reach, lisi_error *err) {
  const int m = g->nelements;
  double *a = malloc((size_t)m * (size_t)m * sizeof *a), mean[MAX_ELEMENTS] = {0};
  if (!a)
    return lisi_no_memory(err, (size_t)m * (size_t)m * sizeof *a);
  lisi_status status = LISI_OK;
  int n = 0;
  for (int k = 0; k < g->n; k++)
    for (int i = 0; i < m && left_out && left_out[k]; i++) {
      mean[i] += g->x[(size_t)k * (size_t)m + (size_t)i];
      n += i == 0;
    }
  for (int round = 0; round < ROUNDS && status == LISI_OK; round++) {
    memset(a, 0, (size_t)m * (size_t)m * sizeof *a);
    double b[MAX_ELEMENTS] = {0};
    for (int k = 0; k < g->n; k++) {
      if (left_out && left_out[k])
        continue;
      const double *x = &g->x[(size_t)k * (size_t)m], w = round ? 1 / fmax(fabs(g->r[k]), 0.02) : 1;
      const double e = g->frame[k]->frame->energy / g->frame[k]->frame->natoms;
      for (int i = 0; i < m; i++) {
        b[i] += w * x[i] * e;
        for (int j = 0; j < m; j++)
          a[i * m + j] += w * x[i] * x[j];
      }
    }
    for (int i = 0; i < m; i++) /* compositions that do not decide: the smallest zeros */
      a[i * m + i] += 1e-9 * (a[i * m + i] + 1);
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'U', m, a, m) != 0 ||
        LAPACKE_dpotrs(LAPACK_ROW_MAJOR, 'U', m, 1, a, m, b, 1) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "energies of the elements: the regression on the compositions failed");
    if (round == 0 && n && status == LISI_OK) {
      double solved[MAX_ELEMENTS], leverage = 0;
      for (int i = 0; i < m; i++)
        solved[i] = mean[i] /= n;
      (void)LAPACKE_dpotrs(LAPACK_ROW_MAJOR, 'U', m, 1, a, m, solved, 1);
      for (int i = 0; i < m; i++)
        leverage += mean[i] * solved[i];
      *reach = leverage < 4; /* below 1 within the compositions used */
    }
    memcpy(g->zero, b, sizeof b);
    for (int k = 0; k < g->n && status == LISI_OK; k++) {
      g->r[k] = g->frame[k]->frame->energy / g->frame[k]->frame->natoms;
      for (int i = 0; i < m; i++)
        g->r[k] -= g->x[(size_t)k * (size_t)m + (size_t)i] * b[i];
    }
  }
  free(a);
  return status;
}

/* Whether four of five frames not left out lie within `apart` of the regression. */
static bool agree(const regression *g, const bool *left_out, double *scratch) {
  int n = 0;
  for (int k = 0; k < g->n; k++)
    if (!left_out || !left_out[k])
      scratch[n++] = fabs(g->r[k]);
  return n > 0 && check_quantile(scratch, n, 0.8) < apart;
}

/* Of the energies per atom less `zero`, times `unit`, of the frames chosen, the quartile that is nearer to zero; a set
 * is apart when most of it is. */
static double offset(const regression *g, const bool *chosen, const double *zero, double unit, double *scratch) {
  int n = 0;
  for (int k = 0; k < g->n; k++) {
    if (!chosen[k])
      continue;
    double r = unit * g->frame[k]->frame->energy / g->frame[k]->frame->natoms;
    for (int i = 0; i < g->nelements; i++)
      r -= g->x[(size_t)k * (size_t)g->nelements + (size_t)i] * zero[i];
    scratch[n++] = r;
  }
  const double lo = check_quantile(scratch, n, 0.25), hi = check_quantile(scratch, n, 0.75);
  return lo > 0 ? lo : hi < 0 ? hi : 0;
}

/* The name of the unit in which the energies chosen fit to `zero`, NULL where there is none. */
static const char *unit_that_fits(const regression *g, const bool *chosen, const double *zero, double lo, double hi,
                                  double *scratch) {
  static const struct {
    const char *name;
    double factor;
  } unit[] = {{"hartree", hartree}, {"rydberg", hartree / 2}};
  for (size_t k = 0; k < sizeof unit / sizeof *unit; k++) {
    const double d = offset(g, chosen, zero, unit[k].factor, scratch);
    if (d > lo && d < hi)
      return unit[k].name;
  }
  return NULL;
}

/* The frames under judgement. */
typedef struct {
  const char *what; /* "file" or "config_type" */
  const char *name;
  int first; /* number of its first frame in the regression */
} choice;

typedef enum { UNITS, ZEROS, ATOMS } question;

/* UNITS: an error, or a warning, where another unit makes them fit to `zero`. ZEROS: where they do not fit. ATOMS:
 * both, zero being the energies of isolated atoms, so that cohesion is what remains. */
static lisi_status judge(check *c, const regression *g, const choice *s, const bool *chosen, const double *zero,
                         question q, double *scratch, bool *bad) {
  const xyz_set *set = g->frame[s->first]->set;
  const int line = g->frame[s->first]->frame->line;
  const double d = offset(g, chosen, zero, 1, scratch);
  const double lo = q == ATOMS ? -15 : -apart, hi = q == ATOMS ? 5 : apart, sure = q == ATOMS ? 25 : surely_apart;
  *bad = d < lo || d > hi;
  const char *unit = *bad && q != ZEROS ? unit_that_fits(g, chosen, zero, lo, hi, scratch) : NULL;
  const char *than = q == ATOMS ? "those of the atoms in E0" : "those of the other frames";
  if (q == UNITS && !unit)
    *bad = false;
  if (!*bad)
    return LISI_OK;
  if (unit && fabs(d) > sure)
    return lisi_fail(
        c->err, LISI_ERR_INPUT,
        "%s:%d: the energies of %s '%s' look like %s instead of eV: they are %.2f eV/atom from %s, and near "
        "to them in that unit",
        set->name, line, s->what, s->name, unit, d, than);
  if (unit)
    check_warn(c,
               "%s:%d: the energies of %s '%s' may be in %s instead of eV: they are %.2f eV/atom from %s, and near to "
               "them in that unit",
               set->name, line, s->what, s->name, unit, d, than);
  else if (q == ATOMS || fabs(d) < surely_apart)
    check_warn(
        c,
        "%s:%d: the energies of %s '%s' are %.2f eV/atom from %s; if they have another zero, `zero: fit` for this "
        "data set in the recipe mends it",
        set->name, line, s->what, s->name, d, than);
  else
    return lisi_fail(
        c->err, LISI_ERR_INPUT,
        "%s:%d: the energies of %s '%s' and of the other frames have different zeros: no energies of the elements "
        "describe both, they are %.2f eV/atom apart (other pseudopotentials, another code? `zero: fit` for "
        "this data set in the recipe mends it)",
        set->name, line, s->what, s->name, d);
  return LISI_OK;
}

/* All files (or all groups) one after the other; against the others, or against E0. What is bad is `done`. */
static lisi_status judge_all(check *c, regression *g, bool groups, question q, const double *E0, bool *done,
                             double *scratch) {
  bool *chosen = malloc(((size_t)g->n + 1) * sizeof *chosen), *seen = calloc((size_t)g->n + 1, sizeof *seen);
  bool *aside = malloc(((size_t)g->n + 1) * sizeof *aside);
  lisi_status status = chosen && seen && aside ? LISI_OK : lisi_no_memory(c->err, (size_t)g->n);
  for (int k = 0; k < g->n && status == LISI_OK; k++) {
    if (seen[k] || done[k])
      continue;
    choice s = {groups ? "config_type" : "file", groups ? g->frame[k]->frame->group : g->frame[k]->set->name, k};
    int others = 0;
    for (int j = 0; j < g->n; j++) {
      chosen[j] =
          !done[j] && (groups ? !strcmp(g->frame[j]->frame->group, s.name) : g->frame[j]->part == g->frame[k]->part);
      seen[j] = seen[j] || chosen[j];
      aside[j] = chosen[j] || done[j];
      others += !aside[j];
    }
    bool bad = false, reach = true;
    if (q != ATOMS && others == 0)
      continue;
    if (q != ATOMS)
      status = regress(g, aside, &reach, c->err);
    if (status == LISI_OK && (q == ATOMS || (reach && agree(g, aside, scratch))))
      status = judge(c, g, &s, chosen, q == ATOMS ? E0 : g->zero, q, scratch, &bad);
    for (int j = 0; j < g->n && bad; j++)
      done[j] = done[j] || chosen[j];
  }
  free(chosen);
  free(seen);
  free(aside);
  return status;
}

static bool atoms_known(const check *c, const regression *g, double *E0) {
  if (!c->atoms || !c->atoms->E0)
    return false;
  for (int i = 0; i < g->nelements; i++) {
    int e = 0;
    while (e < c->atoms->nelements && strcmp(c->atoms->element[e], g->symbol[i]))
      e++;
    if (e == c->atoms->nelements)
      return false;
    E0[i] = c->atoms->E0[e];
  }
  return true;
}

lisi_status check_energies(check *c) {
  regression g = {0};
  bool known = true;
  for (int k = 0; k < c->nframes; k++) {
    const check_frame *f = &c->frame[k];
    g.n += f->condensed && f->frame->has_energy && !f->own_zero;
    for (int s = 0; s < f->set->nspecies; s++)
      known = element_of(&g, f->set->symbol[s]) >= 0 && known;
  }
  if (g.n == 0 || !known)
    return LISI_OK;
  const size_t m = (size_t)g.nelements, n = (size_t)g.n;
  g.frame = malloc(n * sizeof *g.frame);
  g.x = calloc(n * m, sizeof *g.x);
  g.r = malloc(n * sizeof *g.r);
  bool *done = calloc(n, sizeof *done);
  double *scratch = malloc(n * sizeof *scratch), E0[MAX_ELEMENTS];
  lisi_status status = g.frame && g.x && g.r && done && scratch ? LISI_OK : lisi_no_memory(c->err, n * m * 8);
  int at = 0;
  for (int k = 0; k < c->nframes && status == LISI_OK; k++) {
    const check_frame *f = &c->frame[k];
    if (!f->condensed || !f->frame->has_energy || f->own_zero)
      continue;
    for (int i = 0; i < f->frame->natoms; i++)
      g.x[(size_t)at * m + (size_t)element_of(&g, f->set->symbol[f->frame->species[i]])] += 1.0 / f->frame->natoms;
    g.frame[at++] = f;
  }
  for (int groups = 0; groups < 2 && status == LISI_OK; groups++)
    for (question q = UNITS; q <= ZEROS && status == LISI_OK; q++)
      status = judge_all(c, &g, groups, q, NULL, done, scratch);
  /* Several that do not agree, of which none can be told to be the wrong one. */
  bool reach, any = false;
  for (size_t k = 0; k < n && done; k++)
    any = any || done[k];
  if (status == LISI_OK && !any)
    status = regress(&g, NULL, &reach, c->err);
  if (status == LISI_OK && !any && !agree(&g, NULL, scratch))
    check_warn(
        c,
        "%s: one energy for each element describes the energies of all frames badly: a fifth of them are more than "
        "%.1f eV/atom off (several zeros or units of energy?)",
        g.frame[0]->set->name, apart);
  if (status == LISI_OK && atoms_known(c, &g, E0))
    status = judge_all(c, &g, false, ATOMS, E0, done, scratch);
  free(g.frame);
  free(g.x);
  free(g.r);
  free(done);
  free(scratch);
  return status;
}
