/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the tables of an ace_eval from a model. */
#include "ace_eval.h"
#include "ace_eval_tables.h"
#include "ace_radial.h"
#include "ace_ylm.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILLING = INT_MIN };

static void *copy_of(const void *from, size_t bytes) {
  void *to = malloc(bytes > 0 ? bytes : 1);
  if (to != NULL && bytes > 0)
    memcpy(to, from, bytes);
  return to;
}

void ace_radial_row(const ace_pair_table *t, double r, double *value, double *derivative) {
  double g[1000], dg[1000];
  const ace_bond *bond = &t->bond;
  ace_radial_base(bond, t->inner, r, g, dg);
  for (int i = 0; i < t->ncol; i++) {
    value[i] = derivative[i] = 0.0;
    const int s = t->source[i];
    if (s == FILLING)
      continue;
    if (s < 0) {
      value[i] = g[-1 - s];
      derivative[i] = dg[-1 - s];
      continue;
    }
    const double *c = bond->crad + (size_t)s * (size_t)bond->nradbase;
    for (int k = 0; k < bond->nradbase; k++) {
      value[i] += c[k] * g[k];
      derivative[i] += c[k] * dg[k];
    }
  }
}

/* Which (n, l) and g_k the functions of element mu take from neighbours nu: used[n][l], and bare[k]. */
static void mark_channels(const ace_model *model, int mu, int nu, unsigned char *used, unsigned char *bare) {
  const ace_species *species = &model->species[mu];
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  for (int i = 0; i < species->nfunctions; i++) {
    const ace_function *f = &species->function[i];
    for (int t = 0; t < f->rank; t++) {
      if (f->mus[t] != nu)
        continue;
      if (f->rank == 1)
        bare[f->ns[t] - 1] = 1;
      else
        used[(f->ns[t] - 1) * (bond->lmax + 1) + f->ls[t]] = 1;
    }
  }
}

/* Lays out the row of one pair; *next is the first free place among the reals of A. */
static lisi_status lay_out_channels(const ace_model *model, int mu, int nu, ace_pair_table *t, int *next,
                                    lisi_error *err) {
  const ace_bond *bond = &t->bond;
  const size_t nl = (size_t)bond->nradmax * (size_t)(bond->lmax + 1);
  unsigned char *used = calloc(nl + 1, 1), *bare = calloc((size_t)bond->nradbase + 1, 1);
  t->source = calloc(nl + (size_t)bond->nradbase + 4 * (ACE_MAX_LMAX + 1), sizeof *t->source);
  if (used == NULL || bare == NULL || t->source == NULL) {
    free(used);
    free(bare);
    return lisi_no_memory(err, nl);
  }
  mark_channels(model, mu, nu, used, bare);
  t->lmax = -1;
  for (int l = 0; l <= bond->lmax; l++) {
    t->first[l] = t->ncol;
    t->aoff[l] = *next;
    for (int k = 0; l == 0 && k < bond->nradbase; k++)
      if (bare[k])
        t->source[t->ncol++] = -1 - k;
    for (int n = 0; n < bond->nradmax; n++)
      if (used[n * (bond->lmax + 1) + l])
        t->source[t->ncol++] = n * (bond->lmax + 1) + l;
    t->nch[l] = t->ncol - t->first[l];
    while (t->ncol % 4 != 0)
      t->source[t->ncol++] = FILLING;
    t->npad[l] = t->ncol - t->first[l];
    if (t->nch[l] > 0)
      t->lmax = l;
    *next += (2 * l + 1) * t->npad[l];
  }
  free(used);
  free(bare);
  return LISI_OK;
}

/* Cubic Hermite tables: N intervals of width h = rcut / N, with exact values and slopes at the knots, as the format's
 * deltaSplineBins asks. */
static lisi_status fill_table(double delta, ace_pair_table *t, lisi_error *err) {
  const ace_inner_kind inner = t->inner;
  const ace_bond *bond = &t->bond;
  const int N = (int)(bond->rcut / delta) > 1 ? (int)(bond->rcut / delta) : 1;
  t->nknots = N;
  t->h = bond->rcut / N;
  t->inv_h = N / bond->rcut;
  t->rcut2 = bond->rcut * bond->rcut;
  const size_t row = 2 * (size_t)t->ncol * sizeof(double),
               bytes = ((size_t)N + 1) * row; /* at most 5e6 times 2e5 bytes */
  if (bytes > (size_t)1 << 32)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "ACE: deltaSplineBins = %g asks for radial tables of more than 4 GiB",
                     delta);
  t->table = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
  const bool core = inner != ACE_INNER_ZBL && bond->prehc != 0.0;
  if (core)
    t->core = calloc(2 * ((size_t)N + 1), sizeof *t->core);
  if (t->table == NULL || (core && t->core == NULL)) {
    return lisi_no_memory(err, bytes);
  }
  memset(t->table, 0, row);
  for (int n = 1; n <= N; n++) {
    /* the last knot is the limit from inside: a basis may end with a step there */
    const double r = n < N ? n * t->h : nextafter(bond->rcut, 0.0);
    double *to = t->table + 2 * (size_t)t->ncol * (size_t)n, *slope = to + t->ncol;
    ace_radial_row(t, r, to, slope);
    for (int i = 0; i < t->ncol; i++)
      slope[i] *= t->h;
    if (core) {
      ace_core_pair(bond, inner, r, &t->core[2 * (size_t)n], &t->core[2 * (size_t)n + 1]);
      t->core[2 * (size_t)n + 1] *= t->h;
    }
  }
  return LISI_OK;
}

static lisi_status make_pair_table(const ace_model *model, int mu, int nu, ace_pair_table *t, int *next,
                                   lisi_error *err) {
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  t->inner = model->inner;
  t->bond = *bond;
  t->bond.crad = NULL;
  t->bond.acejl_abc = NULL;
  const size_t ncrad = (size_t)bond->nradmax * (size_t)(bond->lmax + 1) * (size_t)bond->nradbase;
  t->bond.crad = copy_of(bond->crad, ncrad * sizeof(double));
  t->bond.acejl_abc =
      bond->acejl_abc != NULL ? copy_of(bond->acejl_abc, 3 * (size_t)bond->nradbase * sizeof(double)) : NULL;
  if (t->bond.crad == NULL || (bond->acejl_abc != NULL && t->bond.acejl_abc == NULL))
    return lisi_no_memory(err, ncrad * sizeof(double));
  if (model->inner == ACE_INNER_ZBL && bond->prehc > 0.0)
    t->zbl = ace_zbl_setup(bond, ace_atomic_number(model->element[mu]), ace_atomic_number(model->element[nu]));
  const lisi_status status = lay_out_channels(model, mu, nu, t, next, err);
  return status == LISI_OK ? fill_table(model->delta_spline_bins, t, err) : status;
}

/* ---- products ---- */

/* Numbers the variables (nu, l, m, channel) of a central element in the order in which their reals stand in A. */
static lisi_status number_variables(const ace_pair_table *pair, int nelements, ace_central *c, uint32_t *base,
                                    unsigned char **real, lisi_error *err) {
  uint32_t n = 0;
  for (int nu = 0; nu < nelements; nu++)
    for (int l = 0; l <= pair[nu].bond.lmax; l++) {
      base[nu * (ACE_MAX_LMAX + 1) + l] = n;
      n += (uint32_t)((l + 1) * pair[nu].nch[l]);
    }
  c->product.nvar = n;
  c->re = calloc((size_t)n + 1, sizeof *c->re);
  c->im = calloc((size_t)n + 1, sizeof *c->im);
  *real = calloc((size_t)n + 1, 1);
  if (c->re == NULL || c->im == NULL || *real == NULL)
    return lisi_no_memory(err, n * sizeof *c->re);
  n = 0;
  for (int nu = 0; nu < nelements; nu++)
    for (int l = 0; l <= pair[nu].bond.lmax; l++)
      for (int m = 0; m <= l; m++)
        for (int i = 0; i < pair[nu].nch[l]; i++, n++) {
          const int at = pair[nu].aoff[l] + i, step = pair[nu].npad[l];
          c->re[n] = m == 0 ? at : at + (2 * m - 1) * step;
          c->im[n] = m == 0 ? -1 : at + 2 * m * step;
          (*real)[n] = m == 0;
        }
  return LISI_OK;
}

static int channel_of(const ace_pair_table *t, int source, int l) {
  for (int i = 0; i < t->nch[l]; i++)
    if (t->source[t->first[l] + i] == source)
      return i;
  return 0; /* not reached: the same functions marked the channels */
}

static lisi_status make_products(const ace_model *model, int mu, const ace_pair_table *pair, ace_central *c,
                                 lisi_error *err) {
  const ace_species *species = &model->species[mu];
  const int nd = species->ndensity;
  size_t n = 0;
  for (int i = 0; i < species->nfunctions; i++)
    n += (size_t)species->function[i].nms;
  uint32_t *base = calloc((size_t)model->nelements * (ACE_MAX_LMAX + 1), sizeof *base);
  ace_monomial *monomial = calloc(n + 1, sizeof *monomial);
  unsigned char *real = NULL;
  lisi_status status = LISI_OK;
  if (base == NULL || monomial == NULL)
    status = lisi_no_memory(err, n * sizeof *monomial);
  else
    status = number_variables(pair, model->nelements, c, base, &real, err);
  n = 0;
  for (int i = 0; i < species->nfunctions && status == LISI_OK; i++) {
    const ace_function *f = &species->function[i];
    for (int k = 0; k < f->nms; k++) {
      ace_monomial *q = &monomial[n++];
      double sign = 1.0;
      q->rank = f->rank;
      for (int t = 0; t < f->rank; t++) {
        const int nu = f->mus[t], l = f->ls[t], m = species->ms[f->ms_first + (size_t)(k * f->rank + t)];
        const ace_pair_table *tab = &pair[nu];
        const int source = f->rank == 1 ? -f->ns[t] : (f->ns[t] - 1) * (tab->bond.lmax + 1) + l;
        const uint32_t variable =
            base[nu * (ACE_MAX_LMAX + 1) + l] + (uint32_t)(abs(m) * tab->nch[l] + channel_of(tab, source, l));
        q->factor[t] = 2 * variable + (m < 0 ? 1u : 0u);
        if (m < 0 && m % 2 != 0)
          sign = -sign; /* A_{l,-m} = (-1)^m conj A_lm */
      }
      for (int p = 0; p < nd; p++)
        q->c[p] = sign * species->ctilde[f->ct_first + (size_t)(k * nd + p)];
    }
  }
  const uint32_t nvar = c->product.nvar;
  if (status == LISI_OK)
    status = ace_product_compile(monomial, n, nd, nvar, real, &c->product, err);
  free(base);
  free(monomial);
  free(real);
  return status;
}

static void make_lm(ace_lm_table *lm) {
  double q = 1.0;
  for (int m = 0; m <= ACE_MAX_LMAX; m++) {
    if (m > 0)
      q *= -sqrt((2.0 * m + 1.0) / (2.0 * m));
    lm->qmm[m] = q;
    for (int l = m; l <= ACE_MAX_LMAX; l++) {
      const int k = ace_lm(l, m);
      lm->a[k] = lm->b[k] = lm->d[k] = 0.0;
      if (l == m)
        continue;
      lm->d[k] = -sqrt((double)(l - m) * (l + m + 1));
      lm->a[k] = sqrt((4.0 * l * l - 1.0) / ((double)l * l - (double)m * m));
      if (l - 2 >= m)
        lm->b[k] = lm->a[k] * sqrt(((double)(l - 1) * (l - 1) - (double)m * m) / (4.0 * (l - 1) * (l - 1) - 1.0));
    }
  }
}

lisi_status ace_eval_create(const ace_model *model, ace_eval **out, lisi_error *err) {
  *out = NULL;
  const int n = model->nelements;
  ace_eval *e = calloc(1, sizeof *e);
  if (e == NULL)
    return lisi_no_memory(err, sizeof *e);
  e->nelements = n;
  e->inner = model->inner;
  e->E0 = copy_of(model->E0, (size_t)n * sizeof *e->E0);
  e->pair = calloc((size_t)n * (size_t)n, sizeof *e->pair);
  e->central = calloc((size_t)n, sizeof *e->central);
  lisi_status status = e->E0 == NULL || e->pair == NULL || e->central == NULL
                           ? lisi_no_memory(err, (size_t)n * (size_t)n * sizeof *e->pair)
                           : LISI_OK;
  make_lm(&e->lm);
  for (int mu = 0; mu < n && status == LISI_OK; mu++) {
    ace_central *c = &e->central[mu];
    ace_pair_table *pair = &e->pair[mu * n];
    for (int nu = 0; nu < n && status == LISI_OK; nu++) {
      status = make_pair_table(model, mu, nu, &pair[nu], &c->nA, err);
      if (pair[nu].ncol > e->ncol_max)
        e->ncol_max = pair[nu].ncol;
    }
    c->species = model->species[mu];
    c->species.nfunctions = 0;
    c->species.function = NULL;
    c->species.ms = NULL;
    c->species.ctilde = NULL;
    c->species.fs = NULL;
    if (status != LISI_OK)
      break;
    c->species.fs = copy_of(model->species[mu].fs, 2 * (size_t)c->species.ndensity * sizeof(double));
    status = c->species.fs == NULL ? lisi_no_memory(err, 2 * sizeof(double)) : make_products(model, mu, pair, c, err);
    if (c->nA > e->nA_max)
      e->nA_max = c->nA;
    if (c->product.nnode > e->nnode_max)
      e->nnode_max = c->product.nnode;
  }
  if (status != LISI_OK) {
    ace_eval_free(e);
    return status;
  }
  *out = e;
  return LISI_OK;
}

void ace_eval_free(ace_eval *e) {
  if (e == NULL)
    return;
  for (int b = 0; e->pair != NULL && b < e->nelements * e->nelements; b++) {
    free(e->pair[b].source);
    free(e->pair[b].table);
    free(e->pair[b].core);
    free(e->pair[b].bond.crad);
    free(e->pair[b].bond.acejl_abc);
  }
  for (int mu = 0; e->central != NULL && mu < e->nelements; mu++) {
    free(e->central[mu].species.fs);
    free(e->central[mu].re);
    free(e->central[mu].im);
    ace_product_clear(&e->central[mu].product);
  }
  free(e->E0);
  free(e->pair);
  free(e->central);
  free(e);
}
