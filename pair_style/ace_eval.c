/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Energies and gradients, a block of atoms of one element at a time (one in each lane): neighbours -> A -> products ->
 * densities -> energy, and back by one reverse sweep. */
#include "ace_eval.h"

#include "ace_core_formulas.h"
#include "ace_embed.h"
#include "ace_eval_tables.h"
#include "ace_radial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LANES = ACE_LANES_MAX };

struct ace_work {
  double *value, *adjoint; /* [size_max][lanes] */
  double *scratch;         /* of the kernels */
  int *start;              /* [nelements + 1] slots with neighbours of element nu: start[nu] .. start[nu+1]-1 */
  int *count;              /* [nelements][LANES] neighbours within the cut-off */
  double *slot;            /* [capacity][ACE_SLOT][lanes] */
  int *source;             /* [capacity][lanes] */
  double *radial;          /* [chunks][2][nrow][ACE_CHUNK][lanes] */
  size_t capacity;         /* slots */
  double *seconds;         /* [ACE_PARTS] where the parts are timed */
};

/* What one atom has beside its densities. */
typedef struct {
  int atom;
  double core;      /* E_core, or rho_core of the zbl kind */
  double blend;     /* f of the zbl kind */
  double dblend[3]; /* df/dr of the neighbour `nearest` */
  int nearest;      /* -1 without */
  double F;         /* sum w_p F(rho_p) */
  double scale;     /* dE/dF */
  double dcore;     /* dE/dE_core */
} lane_state;

static double *doubles(size_t n) {
  return aligned_alloc(64, (n + 8) / 8 * 64);
}

lisi_status ace_work_create(const ace_eval *e, ace_work **out, lisi_error *err) {
  *out = NULL;
  ace_work *w = calloc(1, sizeof *w);
  if (w == NULL)
    return lisi_no_memory(err, sizeof *w);
  const size_t values = (size_t)e->kernels->lanes * (size_t)e->size_max;
  w->value = doubles(values);
  w->adjoint = doubles(values);
  w->scratch = doubles(ace_scratch_size(e));
  w->start = calloc((size_t)e->nelements + 1, sizeof *w->start);
  w->count = calloc((size_t)e->nelements * LANES, sizeof *w->count);
  if (w->value == NULL || w->adjoint == NULL || w->scratch == NULL || w->start == NULL || w->count == NULL) {
    ace_work_free(w);
    return lisi_no_memory(err, 2 * values * sizeof(double));
  }
  *out = w;
  return LISI_OK;
}

void ace_work_free(ace_work *w) {
  if (w == NULL)
    return;
  free(w->value);
  free(w->adjoint);
  free(w->scratch);
  free(w->start);
  free(w->count);
  free(w->slot);
  free(w->source);
  free(w->radial);
  free(w);
}

size_t ace_work_bytes(const ace_eval *e, const ace_work *w) {
  const size_t lanes = (size_t)e->kernels->lanes, slot = lanes * (ACE_SLOT * sizeof(double) + sizeof(int)),
               radial = 2 * (size_t)e->nrow_max * lanes * sizeof(double);
  return sizeof *w + (2 * lanes * (size_t)e->size_max + ace_scratch_size(e)) * sizeof(double) +
         w->capacity * (slot + radial);
}

size_t ace_eval_bytes(const ace_eval *e) {
  const size_t n = (size_t)e->nelements;
  size_t sum = sizeof *e + n * (sizeof *e->E0 + sizeof *e->central) + n * n * sizeof *e->pair;
  for (size_t b = 0; b < n * n; b++) {
    const ace_pair_table *t = &e->pair[b];
    const size_t K = (size_t)t->bond.nradbase, nl = (size_t)t->bond.nradmax * (size_t)(t->bond.lmax + 1);
    sum += ((size_t)t->nknots + 3) * (size_t)(2 * t->ncol) * sizeof(double);
    sum += t->core != NULL ? ((size_t)t->nknots + 1) * 2 * sizeof(double) : 0;
    sum += 2 * nl * K * sizeof(double) + nl * sizeof(int); /* weights, coefficients, sources */
  }
  for (size_t mu = 0; mu < n; mu++) {
    const ace_product *p = &e->central[mu].product;
    const size_t nd = (size_t)p->ndensity;
    sum += (size_t)p->nterm * (sizeof *p->term + nd * sizeof *p->coef) +
           (size_t)p->nlinear * (sizeof *p->linear + nd * sizeof *p->linear_coef) +
           (size_t)p->nkept * (3 * sizeof *p->x + sizeof *p->run) +
           (size_t)p->ngroup * (2 * sizeof *p->gx + sizeof *p->grouprun);
  }
  return sum;
}

const char *ace_eval_simd(const ace_eval *e) {
  return e->kernels->name;
}

int ace_eval_lanes(const ace_eval *e) {
  return e->kernels->lanes;
}

void ace_work_time(ace_work *w, double *seconds) {
  w->seconds = seconds;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Ends a part that began at *since, where parts are timed. */
static inline void lap(ace_work *w, ace_part part, double *since) {
  if (w->seconds == NULL)
    return;
  const double t = now();
  w->seconds[part] += t - *since;
  *since = t;
}

/* ---- neighbours ---- */

static lisi_status need_slots(const ace_eval *e, ace_work *w, size_t n, lisi_error *err) {
  if (n <= w->capacity && w->slot != NULL)
    return LISI_OK;
  const size_t capacity = (n + n / 2 + ACE_CHUNK) / ACE_CHUNK * ACE_CHUNK, lanes = (size_t)e->kernels->lanes;
  free(w->slot);
  free(w->source);
  free(w->radial);
  w->capacity = 0;
  w->slot = doubles(capacity * ACE_SLOT * lanes);
  w->source = malloc(capacity * lanes * sizeof *w->source);
  w->radial = doubles(capacity * 2 * (size_t)e->nrow_max * lanes);
  if (w->slot == NULL || w->source == NULL || w->radial == NULL)
    return lisi_no_memory(err, capacity * 2 * (size_t)e->nrow_max * lanes * sizeof(double));
  w->capacity = capacity;
  return LISI_OK;
}

static inline double square(const double d[3]) {
  return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
}

/* Neighbours of one atom within the cut-off, by element: count[nu][lane]. */
static lisi_status count_neighbours(const ace_eval *e, ace_work *w, int lane, int mu, int atom, int first, int last,
                                    const int *nelement, const double (*rij)[3], lisi_error *err) {
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  for (int j = first; j < last; j++) {
    const double r2 = square(rij[j]);
    if (!(r2 > 0.0))
      return lisi_fail(err, LISI_ERR_NUMERIC,
                       r2 <= 0.0 ? "ACE: two atoms at the same place (atom %d of the call)"
                                 : "ACE: a position is not a number (atom %d of the call)",
                       atom);
    w->count[nelement[j] * LANES + lane] += r2 < pair[nelement[j]].rcut2;
  }
  return LISI_OK;
}

/* Sorts the neighbours of a block into slots: the k-th neighbour of element nu of each atom into slot start[nu] + k.
 * Each element's slots begin with a chunk of their own. */
static lisi_status collect(const ace_eval *e, ace_work *w, int mu, int natoms, const lane_state *s, const int *first,
                           const int *nelement, const double (*rij)[3], lisi_error *err) {
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  const size_t lanes = (size_t)e->kernels->lanes;
  memset(w->count, 0, (size_t)e->nelements * LANES * sizeof *w->count);
  for (int a = 0; a < natoms; a++) {
    const int i = s[a].atom;
    const lisi_status status = count_neighbours(e, w, a, mu, i, first[i], first[i + 1], nelement, rij, err);
    if (status != LISI_OK)
      return status;
  }
  int at = 0;
  for (int nu = 0; nu < e->nelements; nu++) {
    int most = 0;
    for (int a = 0; a < natoms; a++)
      most = w->count[nu * LANES + a] > most ? w->count[nu * LANES + a] : most;
    w->start[nu] = at;
    at += (most + ACE_CHUNK - 1) / ACE_CHUNK * ACE_CHUNK;
  }
  w->start[e->nelements] = at;
  const lisi_status status = need_slots(e, w, (size_t)at, err);
  if (status != LISI_OK)
    return status;
  for (int nu = 0; nu < e->nelements; nu++) {
    int least = natoms < (int)lanes ? 0 : w->count[nu * LANES];
    for (int a = 0; a < natoms; a++)
      least = w->count[nu * LANES + a] < least ? w->count[nu * LANES + a] : least;
    for (size_t k = (size_t)(w->start[nu] + least); k < (size_t)w->start[nu + 1]; k++)
      for (size_t a = 0; a < lanes; a++) {
        double *slot = w->slot + k * ACE_SLOT * lanes + a;
        slot[0] = slot[lanes] = 0.0;
        slot[2 * lanes] = pair[nu].bond.rcut + 1.5 * pair[nu].h;
        w->source[k * lanes + a] = -1;
      }
  }
  for (int a = 0; a < natoms; a++) {
    int count[ACE_MAX_ELEMENTS];
    memcpy(count, w->start, (size_t)e->nelements * sizeof *count);
    for (int j = first[s[a].atom]; j < first[s[a].atom + 1]; j++) {
      const int nu = nelement[j];
      if (!(square(rij[j]) < pair[nu].rcut2))
        continue;
      const size_t k = (size_t)count[nu]++;
      double *slot = w->slot + k * ACE_SLOT * lanes + (size_t)a;
      slot[0] = rij[j][0];
      slot[lanes] = rij[j][1];
      slot[2 * lanes] = rij[j][2];
      w->source[k * lanes + (size_t)a] = j;
    }
  }
  return LISI_OK;
}

/* The slots with neighbours of element nu. */
static ace_slots slots_of(const ace_eval *e, const ace_work *w, int nu, int natoms) {
  const size_t lanes = (size_t)e->kernels->lanes, at = (size_t)w->start[nu];
  ace_slots s = {.slot = w->slot + at * ACE_SLOT * lanes,
                 .source = w->source + at * lanes,
                 .radial = w->radial + at * 2 * (size_t)e->nrow_max * lanes};
  for (int a = 0; a < natoms; a++)
    s.nslots = w->count[nu * LANES + a] > s.nslots ? w->count[nu * LANES + a] : s.nslots;
  return s;
}

static int chunks_of(const ace_slots *s) {
  return (s->nslots + ACE_CHUNK - 1) / ACE_CHUNK;
}

/* The core terms of one atom, after the distances are known. */
static void core_terms(const ace_eval *e, const ace_work *w, int lane, int mu, lane_state *s) {
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  const size_t lanes = (size_t)e->kernels->lanes;
  double derivative, nearest = HUGE_VAL, slope = 0.0;
  const ace_pair_table *by = NULL;
  const double *closest = NULL;
  s->core = 0.0;
  s->blend = 1.0;
  s->nearest = -1;
  for (int nu = 0; nu < e->nelements; nu++) {
    const ace_pair_table *t = &pair[nu];
    const double shift = t->bond.dcut_in - t->bond.rcut_in;
    const double *slot = w->slot + (size_t)w->start[nu] * ACE_SLOT * lanes + (size_t)lane;
    const int n = w->count[nu * LANES + lane];
    if (e->inner != ACE_INNER_ZBL) {
      for (int k = 0; formula_has_core(t) && k < n; k++)
        s->core += formula_repulsion(t, slot[((size_t)k * ACE_SLOT + ACE_R) * lanes], &derivative);
      continue;
    }
    for (int k = 0; k < n; k++) {
      const double r = slot[((size_t)k * ACE_SLOT + ACE_R) * lanes];
      if (r + shift < nearest) {
        nearest = r + shift;
        closest = slot + (size_t)k * ACE_SLOT * lanes;
        by = t;
        s->nearest = w->source[((size_t)w->start[nu] + (size_t)k) * lanes + (size_t)lane];
      }
    }
  }
  if (closest == NULL)
    return;
  s->blend = ace_zbl_blend(&by->bond, closest[ACE_R * lanes], &slope);
  for (size_t i = 0; i < 3; i++)
    s->dblend[i] = slope * closest[i * lanes];
  if (s->blend < 1.0 || slope != 0.0) /* elsewhere it has no weight */
    for (int nu = 0; nu < e->nelements; nu++)
      for (int k = 0; k < w->count[nu * LANES + lane]; k++)
        s->core += formula_repulsion(
            &pair[nu], w->slot[((size_t)(w->start[nu] + k) * ACE_SLOT + ACE_R) * lanes + (size_t)lane], &derivative);
}

/* ---- one block ---- */

static double combine(const ace_eval *e, const ace_species *species, int mu, lane_state *s) {
  if (e->inner == ACE_INNER_ZBL) {
    s->scale = s->blend;
    s->dcore = 1.0 - s->blend;
    return e->E0[mu] + s->blend * s->F + (1.0 - s->blend) * s->core;
  }
  double df;
  const double f = ace_switch(s->core, species->rho_core_cutoff, species->drho_core_cutoff, &df);
  s->scale = f;
  s->dcore = 1.0 + df * s->F;
  return e->E0[mu] + f * s->F + s->core;
}

/* Adds the derivative of the core terms to what the slots hold, and writes the gradient of one atom's neighbours. */
static void write_gradient(const ace_eval *e, const ace_work *w, int lane, int mu, const lane_state *s,
                           double (*dEdr)[3]) {
  const size_t lanes = (size_t)e->kernels->lanes;
  for (int nu = 0; nu < e->nelements; nu++) {
    const ace_pair_table *t = &e->pair[mu * e->nelements + nu];
    const bool core = formula_has_core(t) && s->dcore != 0.0;
    const double *slot = w->slot + (size_t)w->start[nu] * ACE_SLOT * lanes + (size_t)lane;
    const int *source = w->source + (size_t)w->start[nu] * lanes + (size_t)lane;
    for (int k = 0; k < w->count[nu * LANES + lane]; k++, slot += ACE_SLOT * lanes, source += lanes) {
      double *to = dEdr[*source];
      for (size_t i = 0; i < 3; i++)
        to[i] = slot[(ACE_G + i) * lanes];
      if (!core)
        continue;
      double dphi;
      (void)formula_repulsion(t, slot[ACE_R * lanes], &dphi);
      for (size_t i = 0; i < 3; i++)
        to[i] += s->dcore * dphi * slot[i * lanes];
    }
  }
  if (e->inner == ACE_INNER_ZBL && s->nearest >= 0)
    for (int i = 0; i < 3; i++)
      dEdr[s->nearest][i] += s->dblend[i] * (s->F - s->core);
}

static lisi_status block(const ace_eval *e, ace_work *w, int mu, int natoms, lane_state *s, const int *first,
                         const int *nelement, const double (*rij)[3], double *energy, double (*dEdr)[3],
                         lisi_error *err) {
  const ace_kernels *kernel = e->kernels;
  const ace_product *p = &e->central[mu].product;
  const ace_species *species = &e->central[mu].species;
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  const size_t lanes = (size_t)kernel->lanes;
  double since = w->seconds != NULL ? now() : 0.0;
  const lisi_status status = collect(e, w, mu, natoms, s, first, nelement, rij, err);
  if (status != LISI_OK)
    return status;
  kernel->geometry(w->slot, w->start[e->nelements]);
  for (int a = 0; a < natoms; a++)
    core_terms(e, w, a, mu, &s[a]);
  lap(w, ACE_PART_NEIGHBOURS, &since);

  memset(w->value, 0, lanes * p->vars * sizeof *w->value);
  for (int nu = 0; nu < e->nelements; nu++) {
    const ace_slots slots = slots_of(e, w, nu, natoms);
    for (int c = 0; c < chunks_of(&slots); c++) {
      kernel->radial(&pair[nu], &e->lm, &slots, c, w->scratch);
      lap(w, ACE_PART_RADIAL, &since);
      kernel->accumulate(&pair[nu], &slots, c, w->scratch, w->value);
      lap(w, ACE_PART_A, &since);
    }
  }

  memset(w->adjoint, 0, lanes * p->size * sizeof *w->adjoint);
  _Alignas(64) double rho[ACE_MAX_DENSITY * LANES], weight[ACE_MAX_DENSITY * LANES] = {0.0}, scale[LANES] = {0.0};
  kernel->products(p, w->value);
  kernel->densities(p, w->value, rho, w->adjoint);
  const int nd = p->ndensity;
  for (int a = 0; a < natoms; a++) {
    double lane_rho[ACE_MAX_DENSITY], lane_weight[ACE_MAX_DENSITY];
    for (int d = 0; d < nd; d++)
      lane_rho[d] = rho[(size_t)d * lanes + (size_t)a];
    s[a].F = ace_embed_all(species, lane_rho, lane_weight);
    energy[s[a].atom] = combine(e, species, mu, &s[a]);
    for (int d = 0; d < nd; d++)
      weight[(size_t)d * lanes + (size_t)a] = s[a].scale * lane_weight[d];
    scale[a] = nd == 1 ? weight[a] : 1.0;
  }
  if (nd > 1)
    kernel->weighted(p, w->value, weight, w->adjoint);
  kernel->reverse(p, w->value, w->adjoint);
  lap(w, ACE_PART_PRODUCTS, &since);

  for (int nu = 0; nu < e->nelements; nu++) {
    const ace_slots slots = slots_of(e, w, nu, natoms);
    for (int c = 0; c < chunks_of(&slots); c++)
      kernel->forces(&pair[nu], &e->lm, &slots, c, w->adjoint, scale, w->scratch);
  }
  lap(w, ACE_PART_FORCES, &since);
  for (int a = 0; a < natoms; a++)
    write_gradient(e, w, a, mu, &s[a], dEdr);
  lap(w, ACE_PART_NEIGHBOURS, &since);
  return LISI_OK;
}

lisi_status ace_eval_atoms(const ace_eval *e, ace_work *w, int natoms, const int *element, const int *first,
                           const int *nelement, const double (*rij)[3], double *energy, double (*dEdr)[3],
                           lisi_error *err) {
  const int lanes = e->kernels->lanes;
  if (natoms > 0 && first[natoms] > first[0])
    memset(dEdr + first[0], 0, (size_t)(first[natoms] - first[0]) * sizeof *dEdr);
  for (int mu = 0; mu < e->nelements; mu++) {
    lane_state s[LANES];
    int n = 0;
    for (int i = 0; i < natoms; i++) {
      if (element[i] == mu)
        s[n++].atom = i;
      if (n == lanes || (i == natoms - 1 && n > 0)) {
        const lisi_status status = block(e, w, mu, n, s, first, nelement, rij, energy, dEdr, err);
        if (status != LISI_OK)
          return status;
        n = 0;
      }
    }
  }
  return LISI_OK;
}
