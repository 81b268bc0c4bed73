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

/* MiB of radial tables: for one ordered pair of elements; in all; and in all for each pair, where the elements are
 * many. What users have takes 1 to 7 MiB for a pair. */
enum { MAX_TABLE = 256, MAX_TABLES = 1024, MAX_TABLES_PAIR = 8 };

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
  for (int i = 0; i < t->nrow; i++) {
    const double *c = t->weight + (size_t)i * (size_t)bond->nradbase;
    value[i] = derivative[i] = 0.0;
    for (int k = 0; k < bond->nradbase; k++) {
      value[i] += c[k] * g[k];
      derivative[i] += c[k] * dg[k];
    }
  }
}

/* Which (n, l) the functions of element mu take from neighbours nu, used[n][l]; where there are functions of rank 1,
 * *bare is set and their sums over g_k are added to linear[density][k]. */
static void mark_channels(const ace_model *model, int mu, int nu, unsigned char *used, bool *bare, double *linear) {
  const ace_species *species = &model->species[mu];
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  const int nd = species->ndensity;
  for (int i = 0; i < species->nfunctions; i++) {
    const ace_function *f = &species->function[i];
    for (int t = 0; t < f->rank; t++)
      if (f->mus[t] == nu && f->rank > 1)
        used[(f->ns[t] - 1) * (bond->lmax + 1) + f->ls[t]] = 1;
    if (f->rank > 1 || f->mus[0] != nu)
      continue;
    *bare = true;
    for (int c = 0; c < f->nms; c++)
      for (int p = 0; p < nd; p++)
        linear[p * bond->nradbase + f->ns[0] - 1] += species->ctilde[f->ct_first + (size_t)(c * nd + p)];
  }
}

/* Lays out the row of one pair; *next is the first free place among the values. */
static lisi_status lay_out_channels(const ace_model *model, int mu, int nu, int lanes, ace_pair_table *t, int *next,
                                    lisi_error *err) {
  const ace_bond *bond = &t->bond;
  const int nd = model->species[mu].ndensity;
  const size_t nl = (size_t)bond->nradmax * (size_t)(bond->lmax + 1), K = (size_t)bond->nradbase;
  unsigned char *used = calloc(nl + 1, 1);
  double *linear = calloc((size_t)nd * K + 1, sizeof *linear);
  bool bare = false;
  t->source = calloc(nl + (size_t)nd + 1, sizeof *t->source);
  t->weight = calloc((nl + (size_t)nd) * K + 1, sizeof *t->weight);
  if (used == NULL || linear == NULL || t->source == NULL || t->weight == NULL) {
    free(used);
    free(linear);
    return lisi_no_memory(err, nl * K * sizeof(double));
  }
  mark_channels(model, mu, nu, used, &bare, linear);
  t->lmax = -1;
  for (int l = 0; l <= bond->lmax; l++) {
    t->first[l] = t->nrow;
    t->at[l] = *next;
    for (int p = 0; l == 0 && bare && p < nd; p++) {
      memcpy(t->weight + (size_t)t->nrow * K, linear + (size_t)p * K, K * sizeof(double));
      t->source[t->nrow++] = -1 - p;
    }
    for (int n = 0; n < bond->nradmax; n++) {
      const int s = n * (bond->lmax + 1) + l;
      if (!used[s])
        continue;
      memcpy(t->weight + (size_t)t->nrow * K, bond->crad + (size_t)s * K, K * sizeof(double));
      t->source[t->nrow++] = s;
    }
    t->nch[l] = t->nrow - t->first[l];
    if (t->nch[l] > 0)
      t->lmax = l;
    *next += (2 * l + 1) * t->nch[l];
  }
  t->ncol = (t->nrow + lanes - 1) / lanes * lanes;
  free(used);
  free(linear);
  return LISI_OK;
}

/* The number of intervals of a table. Other programs tabulate what the format's deltaSplineBins is for, and evaluate
 * the polynomials of ACE.jl exactly: there the table has to be so fine that it does not show. */
static int table_size(const ace_bond *bond, double delta) {
  if (bond->kind == ACE_ACEJL_SPLINE)
    return bond->nbins; /* the file's own knots */
  const int n = (int)(bond->rcut / (bond->kind == ACE_ACEJL ? 0.25 * delta : delta));
  return n > 1 ? n : 1;
}

/* Where knot n stands. Whether the last one, rounded this way, comes out inside the cut-off or on it decides whether a
 * basis that ends with a step (ChebLinear) is there or has gone: as others round, for the step is wider than a bin. */
static double knot_at(const ace_bond *bond, int N, int n) {
  if (n == N && (bond->kind == ACE_ACEJL || bond->kind == ACE_ACEJL_SPLINE))
    return nextafter(bond->rcut, 0.0);
  return 1.0 / (N / bond->rcut) * n;
}

/* The pair term of the core as the table has it. */
static void core_at(const ace_pair_table *t, double r, double *phi, double *dphi) {
  if (t->inner == ACE_INNER_ZBL)
    *phi = ace_zbl_pair(&t->zbl, r, dphi);
  else
    ace_core_pair(&t->bond, t->inner, r, phi, dphi);
}

/* Cubic Hermite tables: N intervals of width h = rcut / N, with exact values and slopes at the knots, as the format's
 * deltaSplineBins asks. */
static lisi_status fill_table(double delta, ace_pair_table *t, size_t *left, lisi_error *err) {
  const ace_bond *bond = &t->bond;
  const int N = table_size(bond, delta);
  t->nknots = N;
  t->h = bond->rcut / N;
  t->inv_h = N / bond->rcut;
  t->rcut2 = bond->rcut * bond->rcut;
  const size_t row = 2 * (size_t)t->ncol * sizeof(double),
               bytes = ((size_t)N + 3) * row; /* at most 5e6 times 2e5 bytes */
  if (bytes > (size_t)MAX_TABLE << 20 || bytes > *left)
    return lisi_fail(
        err, LISI_ERR_UNSUPPORTED,
        "ACE: deltaSplineBins = %g asks for radial tables of more than %d MiB for two elements, or %d MiB in all",
        delta, MAX_TABLE, MAX_TABLES);
  *left -= bytes;
  t->table = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
  const bool core = bond->prehc != 0.0 && bond->pairpot == NULL;
  if (core)
    t->core = calloc(2 * ((size_t)N + 1), sizeof *t->core);
  if (t->table == NULL || (core && t->core == NULL)) {
    return lisi_no_memory(err, bytes);
  }
  memset(t->table, 0, bytes);
  for (int n = 1; n <= N; n++) {
    const double r = knot_at(bond, N, n);
    double *to = t->table + 2 * (size_t)t->ncol * (size_t)n, *slope = to + t->ncol;
    ace_radial_row(t, r, to, slope);
    for (int i = 0; i < t->nrow; i++)
      slope[i] *= t->h;
    if (core) {
      core_at(t, r, &t->core[2 * (size_t)n], &t->core[2 * (size_t)n + 1]);
      t->core[2 * (size_t)n + 1] *= t->h;
      if (t->core[2 * (size_t)n] != 0.0 || t->core[2 * (size_t)n + 1] != 0.0)
        t->core_reach = n < N ? (n + 1) * t->h : bond->rcut;
    }
  }
  return LISI_OK;
}

static lisi_status make_pair_table(const ace_model *model, int mu, int nu, int lanes, ace_pair_table *t, int *next,
                                   size_t *left, lisi_error *err) {
  const ace_bond *bond = &model->bond[mu * model->nelements + nu];
  t->inner = model->inner;
  lisi_status status = ace_bond_copy(bond, &t->bond, err);
  if (status != LISI_OK)
    return status;
  if (model->inner == ACE_INNER_ZBL && bond->prehc > 0.0)
    t->zbl = ace_zbl_setup(bond, ace_atomic_number(model->element[mu]), ace_atomic_number(model->element[nu]));
  status = lay_out_channels(model, mu, nu, lanes, t, next, err);
  return status == LISI_OK ? fill_table(model->delta_spline_bins, t, left, err) : status;
}

/* ---- products ---- */

/* Numbers the variables (nu, l, m, channel) of a central element in the order in which they stand among the values. */
static lisi_status number_variables(const ace_pair_table *pair, int nelements, ace_central *c, uint32_t *base,
                                    unsigned char **real, lisi_error *err) {
  uint32_t n = 0;
  for (int nu = 0; nu < nelements; nu++)
    for (int l = 0; l <= pair[nu].bond.lmax; l++) {
      base[nu * (ACE_MAX_LMAX + 1) + l] = n;
      n += (uint32_t)((l + 1) * pair[nu].nch[l]);
    }
  c->product.nvar = n;
  *real = calloc((size_t)n + 1, 1);
  if (*real == NULL)
    return lisi_no_memory(err, n);
  n = 0;
  for (int nu = 0; nu < nelements; nu++)
    for (int l = 0; l <= pair[nu].bond.lmax; l++)
      for (int m = 0; m <= l; m++)
        for (int i = 0; i < pair[nu].nch[l]; i++)
          (*real)[n++] = m == 0;
  return LISI_OK;
}

static int channel_of(const ace_pair_table *t, int source, int l) {
  for (int i = 0; i < t->nch[l]; i++)
    if (t->source[t->first[l] + i] == source)
      return i;
  return 0; /* not reached: the same functions marked the channels */
}

static lisi_status make_products(const ace_model *model, int mu, int lanes, const ace_pair_table *pair, ace_central *c,
                                 lisi_error *err) {
  const ace_species *species = &model->species[mu];
  const int nd = species->ndensity;
  size_t n = 0;
  for (int i = 0; i < species->nfunctions; i++)
    n += species->function[i].rank > 1 ? (size_t)species->function[i].nms : 0;
  n += (size_t)(model->nelements * nd);
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
    for (int k = 0; k < f->nms && f->rank > 1; k++) { /* rank 1 is in the channels */
      ace_monomial *q = &monomial[n++];
      double sign = 1.0;
      q->rank = f->rank;
      for (int t = 0; t < f->rank; t++) {
        const int nu = f->mus[t], l = f->ls[t], m = species->ms[f->ms_first + (size_t)(k * f->rank + t)];
        const ace_pair_table *tab = &pair[nu];
        const int source = (f->ns[t] - 1) * (tab->bond.lmax + 1) + l;
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
  for (int nu = 0; nu < model->nelements && status == LISI_OK; nu++)
    for (int p = 0; p < nd && pair[nu].nrow > 0 && pair[nu].source[0] == -1; p++) {
      ace_monomial *q = &monomial[n++];
      q->rank = 1;
      q->factor[0] = 2 * (base[nu * (ACE_MAX_LMAX + 1)] + (uint32_t)p);
      q->c[p] = 1.0;
    }
  const uint32_t nvar = c->product.nvar;
  if (status == LISI_OK)
    status = ace_product_compile(monomial, n, nd, nvar, real, &c->product, err);
  if (status == LISI_OK)
    ace_product_scale(&c->product, (uint32_t)lanes);
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

static int larger(int a, int b) {
  return a > b ? a : b;
}

lisi_status ace_eval_create(const ace_model *model, ace_eval **out, lisi_error *err) {
  const ace_kernels *kernels;
  *out = NULL;
  const lisi_status status = ace_kernels_choose(&kernels, err);
  return status == LISI_OK ? ace_eval_create_for(model, kernels, out, err) : status;
}

lisi_status ace_eval_create_for(const ace_model *model, const ace_kernels *kernels, ace_eval **out, lisi_error *err) {
  *out = NULL;
  const int n = model->nelements;
  ace_eval *e = calloc(1, sizeof *e);
  if (e == NULL)
    return lisi_no_memory(err, sizeof *e);
  e->kernels = kernels;
  e->nelements = n;
  e->inner = model->inner;
  e->E0 = copy_of(model->E0, (size_t)n * sizeof *e->E0);
  e->pair = calloc((size_t)n * (size_t)n, sizeof *e->pair);
  e->central = calloc((size_t)n, sizeof *e->central);
  lisi_status status = e->E0 == NULL || e->pair == NULL || e->central == NULL
                           ? lisi_no_memory(err, (size_t)n * (size_t)n * sizeof *e->pair)
                           : LISI_OK;
  make_lm(&e->lm);
  size_t left = (size_t)(larger(MAX_TABLES, n * n * MAX_TABLES_PAIR)) << 20;
  for (int mu = 0; mu < n && status == LISI_OK; mu++) {
    ace_central *c = &e->central[mu];
    ace_pair_table *pair = &e->pair[mu * n];
    int next = 0;
    for (int nu = 0; nu < n && status == LISI_OK; nu++) {
      status = make_pair_table(model, mu, nu, kernels->lanes, &pair[nu], &next, &left, err);
      e->ncol_max = larger(e->ncol_max, pair[nu].ncol);
      e->nrow_max = larger(e->nrow_max, pair[nu].nrow);
      e->lmax = larger(e->lmax, pair[nu].lmax);
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
    status = c->species.fs == NULL ? lisi_no_memory(err, 2 * sizeof(double))
                                   : make_products(model, mu, kernels->lanes, pair, c, err);
    if (c->product.size > e->size_max)
      e->size_max = c->product.size;
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
    free(e->pair[b].weight);
    free(e->pair[b].table);
    free(e->pair[b].core);
    ace_bond_clear(&e->pair[b].bond);
  }
  for (int mu = 0; e->central != NULL && mu < e->nelements; mu++) {
    free(e->central[mu].species.fs);
    ace_product_clear(&e->central[mu].product);
  }
  free(e->E0);
  free(e->pair);
  free(e->central);
  free(e);
}
