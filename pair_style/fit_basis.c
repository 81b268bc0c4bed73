/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which functions a recipe selects, and their couplings. */
#include "fit_basis.h"

#include "fit_modes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 20000 };

typedef struct {
  int mu, n, l;
} channel;

static lisi_status setup_bonds(const fit_recipe *r, fit_basis *b, lisi_error *err) {
  size_t n2 = (size_t)(r->nelements * r->nelements);
  int base = r->nbase > 1 ? r->nbase : 1;
  b->nmax = 1;
  for (int k = 0; k < r->nlines; k++) {
    const fit_line *o = &r->line[k];
    if (o->nmax > base)
      base = o->nmax;
    if (o->order == 1)
      continue;
    if (o->nmax > b->nmax)
      b->nmax = o->nmax;
    if (o->lmax > b->lmax)
      b->lmax = o->lmax;
  }
  b->bond = calloc(n2, sizeof *b->bond);
  if (!b->bond)
    return lisi_no_memory(err, n2 * sizeof *b->bond);
  for (size_t k = 0; k < n2; k++) {
    ace_bond *bond = &b->bond[k];
    *bond = r->bond[k];
    bond->nradmax = b->nmax;
    bond->lmax = b->lmax;
    bond->nradbase = base;
    size_t L = (size_t)b->lmax + 1, K = (size_t)base, cells = (size_t)b->nmax * L * K;
    bond->crad = calloc(cells, sizeof *bond->crad);
    if (!bond->crad)
      return lisi_no_memory(err, cells * sizeof *bond->crad);
    for (size_t n = 0; n < (size_t)b->nmax; n++)
      for (size_t l = 0; l < L; l++)
        bond->crad[(n * L + l) * K + n] = 1;
    if (r->smooth[1] > 0) {
      lisi_status status = fit_modes(bond, r->smooth[0] * bond->rcut, r->smooth[1] * bond->rcut, r->smooth[2], err);
      if (status != LISI_OK)
        return status;
    }
    b->cutoff = fmax(b->cutoff, bond->rcut);
  }
  return LISI_OK;
}

static lisi_status add_block(fit_basis *b, int mu0, int order, const channel *c, const int *pick, lisi_error *err) {
  int l[FIT_MAX_ORDER], id[FIT_MAX_ORDER];
  fit_coupling coupling;
  for (int t = 0; t < order; t++) {
    l[t] = c[pick[t]].l;
    id[t] = c[pick[t]].mu * 1000 + c[pick[t]].n;
  }
  lisi_status status = fit_coupling_make(order, l, id, &coupling, err);
  if (status != LISI_OK)
    return status;
  if (coupling.ninv == 0) {
    fit_coupling_free(&coupling);
    return LISI_OK;
  }
  if (b->nblocks == b->room) {
    b->room = b->room ? 2 * b->room : 128;
    void *grown = realloc(b->block, (size_t)b->room * sizeof *b->block);
    if (!grown) {
      fit_coupling_free(&coupling);
      return lisi_no_memory(err, (size_t)b->room * sizeof *b->block);
    }
    b->block = grown;
  }
  fit_block *block = &b->block[b->nblocks++];
  *block = (fit_block){.mu0 = mu0, .order = order, .coupling = coupling, .column = b->ncolumns};
  for (int t = 0; t < order; t++) {
    block->mus[t] = c[pick[t]].mu;
    block->ns[t] = c[pick[t]].n;
    block->ls[t] = c[pick[t]].l;
  }
  b->ncolumns += coupling.ninv;
  if (b->ncolumns > MAX_COLUMNS)
    return lisi_fail(err, LISI_ERR_INPUT, "basis: more than %d functions; lower nmax, lmax or degree", MAX_COLUMNS);
  return LISI_OK;
}

/* Whether some line of the recipe, or some graded line, has functions that begin with these channels. */
static bool admits(const fit_recipe *r, int mu0, int order, const channel *c, const int *pick, int depth, bool graded) {
  for (int k = 0; k < r->nlines; k++) {
    const fit_line *o = &r->line[k];
    bool fits = o->order == order && o->centre & 1u << mu0 && (o->graded || !graded);
    double degree = 0;
    for (int t = 0; t < depth && fits; t++) {
      const channel *a = &c[pick[t]];
      degree += a->n - 1 + o->l_weight * a->l;
      fits = o->elements & 1u << a->mu && a->n <= o->nmax && a->l <= o->lmax;
    }
    if (fits && degree <= o->degree + 1e-9)
      return true;
  }
  return false;
}

/* All non-decreasing sequences of channels, depth first, that are part of the extrapolation grade, or that are not. */
static lisi_status choose(const fit_recipe *r, fit_basis *b, int mu0, int order, bool graded, int nchannels,
                          const channel *c, int *pick, int depth, lisi_error *err) {
  int suml = 0;
  if (!admits(r, mu0, order, c, pick, depth, graded))
    return LISI_OK;
  for (int t = 0; t < depth; t++)
    suml += c[pick[t]].l;
  if (depth >= order || depth >= FIT_MAX_ORDER) {
    const bool other = !graded && admits(r, mu0, order, c, pick, depth, true);
    return suml % 2 || other ? LISI_OK : add_block(b, mu0, order, c, pick, err);
  }
  lisi_status status = LISI_OK;
  for (int k = depth ? pick[depth - 1] : 0; k < nchannels && status == LISI_OK; k++) {
    pick[depth] = k;
    status = choose(r, b, mu0, order, graded, nchannels, c, pick, depth + 1, err);
  }
  return status;
}

static lisi_status select_order(const fit_recipe *r, fit_basis *b, int mu0, int order, bool graded, lisi_error *err) {
  int nmax = 0, lmax = 0, pick[FIT_MAX_ORDER], count = 0;
  for (int k = 0; k < r->nlines; k++)
    if (r->line[k].order == order) {
      nmax = r->line[k].nmax > nmax ? r->line[k].nmax : nmax;
      lmax = r->line[k].lmax > lmax ? r->line[k].lmax : lmax;
    }
  if (!nmax)
    return LISI_OK;
  size_t most = (size_t)(r->nelements * nmax * (lmax + 1));
  channel *c = malloc(most * sizeof *c);
  if (!c)
    return lisi_no_memory(err, most * sizeof *c);
  for (int mu = 0; mu < r->nelements; mu++)
    for (int n = 1; n <= nmax; n++)
      for (int l = 0; l <= lmax; l++)
        c[count++] = (channel){mu, n, l};
  lisi_status status = choose(r, b, mu0, order, graded, count, c, pick, 0, err);
  free(c);
  return status;
}

static lisi_status make_gamma(const fit_recipe *r, fit_basis *b, lisi_error *err) {
  b->gamma = malloc(((size_t)b->ncolumns + 1) * sizeof *b->gamma);
  if (!b->gamma)
    return lisi_no_memory(err, (size_t)b->ncolumns * sizeof *b->gamma);
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *block = &b->block[k];
    double x = 1 + r->prior_order * (block->order - 1);
    for (int t = 0; t < block->order; t++)
      x += r->prior_n * (block->ns[t] - 1) + r->prior_l * block->ls[t];
    for (int v = 0; v < block->coupling.ninv; v++)
      b->gamma[block->column + v] = pow(x, r->prior_power);
  }
  return LISI_OK;
}

static lisi_status make(const fit_recipe *r, fit_basis **out, lisi_error *err) {
  fit_basis *b = calloc(1, sizeof *b);
  if (!b)
    return lisi_no_memory(err, sizeof *b);
  b->nelements = r->nelements;
  memcpy(b->element, r->element, sizeof b->element);
  memcpy(b->E0, r->E0, sizeof b->E0);
  b->ndensity = r->ndensity;
  memcpy(b->fs, r->fs, sizeof b->fs);
  b->embedding = r->embedding;
  lisi_status status = setup_bonds(r, b, err);
  for (int mu = 0; mu < r->nelements && status == LISI_OK; mu++) {
    const int before = b->ncolumns;
    for (int o = 1; o <= FIT_MAX_ORDER && status == LISI_OK; o++)
      status = select_order(r, b, mu, o, true, err);
    b->ngraded[mu] = b->ncolumns - before;
    for (int o = 1; o <= FIT_MAX_ORDER && status == LISI_OK; o++)
      status = select_order(r, b, mu, o, false, err);
    if (status == LISI_OK && b->ncolumns > before && b->ngraded[mu] == 0)
      status = lisi_fail(err, LISI_ERR_INPUT, "basis: all functions of %s are on lines with gamma: no", r->element[mu]);
  }
  if (status == LISI_OK && b->ncolumns == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "basis: the recipe selects no function");
  if (status == LISI_OK)
    status = make_gamma(r, b, err);
  if (status != LISI_OK) {
    fit_basis_free(b);
    return status;
  }
  *out = b;
  return LISI_OK;
}

lisi_status fit_basis_make(const fit_recipe *r, fit_basis **out, lisi_error *err) {
  lisi_status status = LISI_OK;
  *out = NULL;
  /* In a parallel region LAPACK uses one thread: the radial functions and couplings do not depend on their number. */
#pragma omp parallel
#pragma omp single
  status = make(r, out, err);
  return status;
}

void fit_basis_free(fit_basis *b) {
  if (!b)
    return;
  for (int k = 0; k < b->nblocks; k++)
    fit_coupling_free(&b->block[k].coupling);
  if (b->bond)
    for (int k = 0; k < b->nelements * b->nelements; k++)
      free(b->bond[k].crad);
  free(b->block);
  free(b->bond);
  free(b->gamma);
  free(b);
}

static lisi_status fill_species(const fit_basis *b, int mu, const double *coefficient, ace_species *s,
                                lisi_error *err) {
  size_t nf = 0, nms = 0, entries = 0;
  for (int k = 0; k < b->nblocks; k++)
    if (b->block[k].mu0 == mu) {
      nf++;
      nms += (size_t)b->block[k].coupling.nms;
      entries += (size_t)b->block[k].coupling.nms * (size_t)b->block[k].order;
    }
  const size_t nd = (size_t)b->ndensity;
  s->ndensity = b->ndensity;
  s->embedding = b->embedding;
  s->rho_core_cutoff = 1e5;
  s->drho_core_cutoff = 250;
  s->fs = malloc(2 * nd * sizeof *s->fs);
  s->function = calloc(nf + 1, sizeof *s->function);
  s->ms = malloc(entries + 1);
  s->ctilde = malloc((nms * nd + 1) * sizeof *s->ctilde);
  if (!s->fs || !s->function || !s->ms || !s->ctilde)
    return lisi_no_memory(err, nms * sizeof *s->ctilde);
  memcpy(s->fs, b->fs, 2 * nd * sizeof *s->fs);
  s->nfunctions = (int)nf;
  s->nms_total = entries;
  s->nctilde = nms * nd;
  nf = nms = entries = 0;
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *block = &b->block[k];
    if (block->mu0 != mu)
      continue;
    ace_function *f = &s->function[nf++];
    f->rank = block->order;
    f->nms = block->coupling.nms;
    for (int t = 0; t < block->order; t++) {
      f->mus[t] = block->mus[t];
      f->ns[t] = block->ns[t];
      f->ls[t] = block->ls[t];
    }
    f->ms_first = entries;
    f->ct_first = nms * nd;
    size_t count = (size_t)block->coupling.nms;
    memcpy(s->ms + entries, block->coupling.ms, count * (size_t)block->order);
    for (size_t c = 0; c < count; c++)
      for (size_t p = 0; p < nd; p++) {
        const double *cp = coefficient + p * (size_t)b->ncolumns + block->column;
        double sum = 0;
        for (int v = 0; v < block->coupling.ninv; v++)
          sum += cp[v] * block->coupling.coef[(size_t)v * count + c];
        s->ctilde[(nms + c) * nd + p] = sum;
      }
    nms += count;
    entries += count * (size_t)block->order;
  }
  return LISI_OK;
}

lisi_status fit_basis_model(const fit_basis *b, const double *coefficient, ace_model **out, lisi_error *err) {
  *out = NULL;
  ace_model *m = calloc(1, sizeof *m);
  if (!m)
    return lisi_no_memory(err, sizeof *m);
  size_t n = (size_t)b->nelements;
  m->nelements = b->nelements;
  m->delta_spline_bins = 0.001;
  m->inner = ACE_INNER_ZBL;
  m->element = calloc(n, sizeof *m->element);
  m->E0 = calloc(n, sizeof *m->E0);
  m->bond = calloc(n * n, sizeof *m->bond);
  m->species = calloc(n, sizeof *m->species);
  lisi_status status = LISI_OK;
  if (!m->element || !m->E0 || !m->bond || !m->species)
    status = lisi_no_memory(err, n * n * sizeof *m->bond);
  if (status == LISI_OK) {
    memcpy(m->element, b->element, n * sizeof *m->element);
    memcpy(m->E0, b->E0, n * sizeof *m->E0);
    for (size_t k = 0; k < n * n && status == LISI_OK; k++) {
      m->bond[k] = b->bond[k];
      size_t cells = (size_t)b->bond[k].nradmax * (size_t)(b->bond[k].lmax + 1) * (size_t)b->bond[k].nradbase;
      m->bond[k].jl.abc = NULL;
      m->bond[k].crad = malloc(cells * sizeof(double));
      if (m->bond[k].crad)
        memcpy(m->bond[k].crad, b->bond[k].crad, cells * sizeof(double));
      else
        status = lisi_no_memory(err, cells * sizeof(double));
    }
    for (int mu = 0; mu < b->nelements && status == LISI_OK; mu++)
      status = fill_species(b, mu, coefficient, &m->species[mu], err);
  }
  if (status != LISI_OK) {
    ace_model_free(m);
    return status;
  }
  *out = m;
  return LISI_OK;
}
