/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Energies and gradients, four atoms of one element at a time: neighbours -> A -> products -> densities -> energy, and
 * back by one reverse sweep. */
#include "ace_eval.h"

#include "ace_embed.h"
#include "ace_eval_tables.h"
#include "ace_radial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ace_work {
  double *A;       /* [ACE_LANES][nA] each atom's A */
  double *V;       /* [nA] dE/dA of one atom */
  double *value;   /* [nnode][2][ACE_LANES] */
  double *adjoint; /* [nnode][2][ACE_LANES] */
  double *row;     /* scratch of the kernels */
  int *start;      /* [ACE_LANES][nelements + 1] batches of atom a with neighbours of element nu: start[a][nu] ..
                      start[a][nu+1]-1 */
  ace_batch *batch;
  size_t nbatch; /* capacity */
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

static size_t padded(size_t n) {
  return (n + 7) / 8 * 8 + 8;
}
static double *doubles(size_t n) {
  return aligned_alloc(64, padded(n) * sizeof(double));
}

lisi_status ace_work_create(const ace_eval *e, ace_work **out, lisi_error *err) {
  *out = NULL;
  ace_work *w = calloc(1, sizeof *w);
  if (w == NULL)
    return lisi_no_memory(err, sizeof *w);
  const size_t nA = (size_t)e->nA_max, nodes = 2 * ACE_LANES * (size_t)e->nnode_max;
  w->A = doubles(ACE_LANES * nA);
  w->V = doubles(nA);
  w->value = doubles(nodes);
  w->adjoint = doubles(nodes);
  w->row = doubles(10 * (size_t)e->ncol_max);
  w->start = calloc((size_t)ACE_LANES * ((size_t)e->nelements + 1), sizeof *w->start);
  if (w->A == NULL || w->V == NULL || w->value == NULL || w->adjoint == NULL || w->row == NULL || w->start == NULL) {
    ace_work_free(w);
    return lisi_no_memory(err, nodes * sizeof(double));
  }
  *out = w;
  return LISI_OK;
}

void ace_work_free(ace_work *w) {
  if (w == NULL)
    return;
  free(w->A);
  free(w->V);
  free(w->value);
  free(w->adjoint);
  free(w->row);
  free(w->start);
  free(w->batch);
  free(w);
}

/* ---- core repulsion ---- */

/* The density and distance kinds: from the table, as the radial functions. */
static double core_pair(const ace_pair_table *t, double r, double *derivative) {
  *derivative = 0.0;
  if (t->core == NULL)
    return 0.0;
  const double x = r * t->inv_h;
  int n = (int)x;
  if (n >= t->nknots)
    n = t->nknots - 1;
  if (n < 1) {
    double phi;
    ace_core_pair(&t->bond, t->inner, r, &phi, derivative);
    return phi;
  }
  const double *k = t->core + 2 * (size_t)n, u = x - n, u2 = u * u, u3 = u2 * u, h01 = 3.0 * u2 - 2.0 * u3;
  *derivative =
      ((k[2] - k[0]) * 6.0 * (u - u2) + k[1] * (3.0 * u2 - 4.0 * u + 1.0) + k[3] * (3.0 * u2 - 2.0 * u)) * t->inv_h;
  return k[0] * (1.0 - h01) + k[1] * (u3 - 2.0 * u2 + u) + k[2] * h01 + k[3] * (u3 - u2);
}

static double repulsion(const ace_pair_table *t, double r, double *derivative) {
  *derivative = 0.0;
  if (t->inner != ACE_INNER_ZBL)
    return core_pair(t, r, derivative);
  return t->zbl.scale > 0.0 ? ace_zbl_pair(&t->zbl, r, derivative) : 0.0;
}

/* ---- neighbours ---- */

static lisi_status need_batches(ace_work *w, size_t n, lisi_error *err) {
  if (n <= w->nbatch)
    return LISI_OK;
  const size_t capacity = n + n / 2 + 16;
  ace_batch *batch = realloc(w->batch, capacity * sizeof *batch);
  if (batch == NULL)
    return lisi_no_memory(err, capacity * sizeof *batch);
  w->batch = batch;
  w->nbatch = capacity;
  return LISI_OK;
}

static double zbl_sum(const ace_eval *e, const ace_work *w, const ace_pair_table *pair, const int *start) {
  double sum = 0.0, derivative;
  for (int nu = 0; nu < e->nelements; nu++)
    for (int b = start[nu]; b < start[nu + 1]; b++)
      for (int k = 0; k < ACE_LANES && w->batch[b].source[k] >= 0; k++)
        sum += repulsion(&pair[nu], w->batch[b].r[k], &derivative);
  return sum;
}

/* Sorts the neighbours of one atom within the cut-off into batches by element, from batch number *used on, and sums the
 * core terms. */
static lisi_status collect(const ace_eval *e, ace_work *w, int lane, int mu, int first, int last, const int *nelement,
                           const double (*rij)[3], size_t *used, lane_state *s, lisi_error *err) {
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  int count[ACE_MAX_ELEMENTS] = {0};
  for (int j = first; j < last; j++) {
    const double *d = rij[j], r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    if (!(r2 > 0.0 && r2 < HUGE_VAL)) {
      if (r2 > 0.0)
        continue; /* infinitely far */
      return lisi_fail(err, LISI_ERR_NUMERIC,
                       r2 <= 0.0 ? "ACE: two atoms at the same place (atom %d of the call)"
                                 : "ACE: a position is not a number (atom %d of the call)",
                       s->atom);
    }
    if (r2 < pair[nelement[j]].rcut2)
      count[nelement[j]]++;
  }
  int *start = w->start + lane * (e->nelements + 1);
  size_t at = *used;
  for (int nu = 0; nu < e->nelements; nu++) {
    start[nu] = (int)at;
    at += (size_t)((count[nu] + ACE_LANES - 1) / ACE_LANES);
  }
  start[e->nelements] = (int)at;
  const lisi_status status = need_batches(w, at, err);
  if (status != LISI_OK)
    return status;
  for (size_t b = *used; b < at; b++)
    for (int k = 0; k < ACE_LANES; k++) {
      ace_batch *batch = &w->batch[b];
      batch->u[0][k] = batch->u[1][k] = 0.0;
      batch->u[2][k] = batch->r[k] = 1.0;
      batch->source[k] = -1;
    }
  memset(count, 0, (size_t)e->nelements * sizeof *count);
  double nearest = HUGE_VAL, slope = 0.0;
  s->core = 0.0;
  s->blend = 1.0;
  s->nearest = -1;
  for (int j = first; j < last; j++) {
    const double *d = rij[j], r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    const int nu = nelement[j];
    const ace_pair_table *t = &pair[nu];
    if (!(r2 < t->rcut2))
      continue;
    ace_batch *batch = &w->batch[start[nu] + count[nu] / ACE_LANES];
    const int k = count[nu]++ % ACE_LANES;
    const double r = sqrt(r2), inv = 1.0 / r;
    for (int i = 0; i < 3; i++)
      batch->u[i][k] = d[i] * inv;
    batch->r[k] = r;
    batch->source[k] = j;
    if (t->core != NULL) {
      double dphi;
      s->core += repulsion(t, r, &dphi);
    }
    if (e->inner == ACE_INNER_ZBL && r - t->bond.rcut_in + t->bond.dcut_in < nearest) {
      nearest = r - t->bond.rcut_in + t->bond.dcut_in;
      s->nearest = j;
      s->blend = ace_zbl_blend(&t->bond, r, &slope);
      for (int i = 0; i < 3; i++)
        s->dblend[i] = slope * d[i] * inv;
    }
  }
  if (s->blend < 1.0 || slope != 0.0)
    s->core = zbl_sum(e, w, pair, start); /* elsewhere it has no weight */
  *used = at;
  return LISI_OK;
}

/* ---- one block of up to four atoms of one element ---- */

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

static void write_gradient(const ace_eval *e, const ace_work *w, int lane, int mu, const lane_state *s,
                           double (*dEdr)[3]) {
  const int *start = w->start + lane * (e->nelements + 1);
  for (int nu = 0; nu < e->nelements; nu++) {
    const ace_pair_table *t = &e->pair[mu * e->nelements + nu];
    const int core = t->core != NULL || t->zbl.scale > 0.0;
    for (int b = start[nu]; b < start[nu + 1]; b++) {
      const ace_batch *batch = &w->batch[b];
      for (int k = 0; k < ACE_LANES && batch->source[k] >= 0; k++) {
        double dphi = 0.0, *to = dEdr[batch->source[k]];
        if (core && s->dcore != 0.0)
          (void)repulsion(t, batch->r[k], &dphi);
        dphi *= s->dcore;
        for (int i = 0; i < 3; i++)
          to[i] = batch->g[i][k] + dphi * batch->u[i][k];
      }
    }
  }
  if (e->inner == ACE_INNER_ZBL && s->nearest >= 0)
    for (int i = 0; i < 3; i++)
      dEdr[s->nearest][i] += s->dblend[i] * (s->F - s->core);
}

static lisi_status block(const ace_eval *e, ace_work *w, int mu, int nlanes, lane_state *s, const int *first,
                         const int *nelement, const double (*rij)[3], double *energy, double (*dEdr)[3],
                         lisi_error *err) {
  const ace_central *c = &e->central[mu];
  const ace_product *p = &c->product;
  const ace_pair_table *pair = &e->pair[mu * e->nelements];
  const size_t nA = (size_t)c->nA;
  size_t used = 0;
  memset(w->A, 0, ACE_LANES * nA * sizeof *w->A);
  for (int a = 0; a < nlanes; a++) {
    const int i = s[a].atom;
    const lisi_status status = collect(e, w, a, mu, first[i], first[i + 1], nelement, rij, &used, &s[a], err);
    if (status != LISI_OK)
      return status;
    const int *start = w->start + a * (e->nelements + 1);
    for (int nu = 0; nu < e->nelements; nu++)
      if (start[nu + 1] > start[nu])
        ace_kernel_gather(&pair[nu], &e->lm, w->batch + start[nu], start[nu + 1] - start[nu], w->A + (size_t)a * nA,
                          w->row);
  }

  for (uint32_t v = 0; v < p->nvar; v++)
    for (size_t a = 0; a < ACE_LANES; a++) {
      w->value[8 * (size_t)v + a] = w->A[a * nA + (size_t)c->re[v]];
      w->value[8 * (size_t)v + 4 + a] = c->im[v] >= 0 ? w->A[a * nA + (size_t)c->im[v]] : 0.0;
    }
  memset(w->adjoint, 0, 8 * (size_t)p->nnode * sizeof *w->adjoint);
  double rho[ACE_MAX_DENSITY][ACE_LANES], weight[ACE_MAX_DENSITY][ACE_LANES], scale[ACE_LANES] = {0.0};
  memset(weight, 0, sizeof weight);
  ace_kernel_products(p, w->value);
  ace_kernel_densities(p, w->value, rho[0], w->adjoint);
  const int nd = p->ndensity;
  for (int a = 0; a < nlanes; a++) {
    double lane_rho[ACE_MAX_DENSITY], lane_weight[ACE_MAX_DENSITY];
    for (int d = 0; d < nd; d++)
      lane_rho[d] = rho[d][a];
    s[a].F = ace_embed_all(&c->species, lane_rho, lane_weight);
    energy[s[a].atom] = combine(e, &c->species, mu, &s[a]);
    for (int d = 0; d < nd; d++)
      weight[d][a] = s[a].scale * lane_weight[d];
    scale[a] = nd == 1 ? weight[0][a] : 1.0;
  }
  if (nd > 1)
    ace_kernel_weighted(p, w->value, weight[0], w->adjoint);
  ace_kernel_reverse(p, w->value, w->adjoint);

  memset(w->V, 0, nA * sizeof *w->V); /* places that only fill up the channels stay zero */
  for (int a = 0; a < nlanes; a++) {
    for (uint32_t v = 0; v < p->nvar; v++) {
      w->V[c->re[v]] = scale[a] * w->adjoint[8 * (size_t)v + (size_t)a];
      if (c->im[v] >= 0)
        w->V[c->im[v]] = scale[a] * w->adjoint[8 * (size_t)v + 4 + (size_t)a];
    }
    const int *start = w->start + a * (e->nelements + 1);
    for (int nu = 0; nu < e->nelements; nu++)
      if (start[nu + 1] > start[nu])
        ace_kernel_scatter(&pair[nu], &e->lm, w->batch + start[nu], start[nu + 1] - start[nu], w->V, w->row);
    write_gradient(e, w, a, mu, &s[a], dEdr);
  }
  return LISI_OK;
}

lisi_status ace_eval_atoms(const ace_eval *e, ace_work *w, int natoms, const int *element, const int *first,
                           const int *nelement, const double (*rij)[3], double *energy, double (*dEdr)[3],
                           lisi_error *err) {
  if (natoms > 0 && first[natoms] > first[0])
    memset(dEdr + first[0], 0, (size_t)(first[natoms] - first[0]) * sizeof *dEdr);
  for (int mu = 0; mu < e->nelements; mu++) {
    lane_state s[ACE_LANES];
    int n = 0;
    for (int i = 0; i < natoms; i++) {
      if (element[i] == mu)
        s[n++].atom = i;
      if (n == ACE_LANES || (i == natoms - 1 && n > 0)) {
        const lisi_status status = block(e, w, mu, n, s, first, nelement, rij, energy, dEdr, err);
        if (status != LISI_OK)
          return status;
        n = 0;
      }
    }
  }
  return LISI_OK;
}
