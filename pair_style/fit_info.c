/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fit_info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lisi_status fit_info_make(const fit_basis *b, const fit_recipe *r, const fit_solution *s, int nframes, ace_info **out,
                          lisi_error *err) {
  const size_t n = (size_t)b->ncolumns, k = (size_t)s->information.n, cells = k * (k + 1) / 2;
  *out = NULL;
  ace_info *info = calloc(1, sizeof *info);
  if (!info)
    return lisi_no_memory(err, sizeof *info);
  *info = (ace_info){.ncolumns = b->ncolumns,
                     .nkept = s->information.n,
                     .rows = s->information.rows,
                     .frames = nframes,
                     .ridge = s->ridge,
                     .energy = r->weight.energy,
                     .force = r->weight.force,
                     .virial = r->weight.virial,
                     .force_scale = r->force_scale,
                     .width = 4};
  info->group = calloc((size_t)r->ngroups + 1, sizeof *info->group);
  info->gamma = malloc((n + 1) * sizeof *info->gamma);
  info->stiffness = malloc((n + 1) * sizeof *info->stiffness);
  info->r = malloc((cells + 1) * sizeof *info->r);
  if (!info->group || !info->gamma || !info->stiffness || !info->r) {
    ace_info_free(info);
    return lisi_no_memory(err, cells * sizeof *info->r);
  }
  for (int g = 0; g < r->ngroups; g++) {
    ace_info_group *to = &info->group[info->ngroups];
    if (strlen(r->group[g].prefix) >= sizeof to->prefix)
      continue; /* longer than any config_type */
    strcpy(to->prefix, r->group[g].prefix);
    to->energy = r->group[g].weight.energy;
    to->force = r->group[g].weight.force;
    to->virial = r->group[g].weight.virial;
    info->ngroups++;
  }
  memcpy(info->gamma, b->gamma, n * sizeof *info->gamma);
  for (size_t c = 0; c < n; c++)
    info->stiffness[c] = isfinite(s->stiffness[c]) ? s->stiffness[c] : -1;
  for (size_t c = 0; c < k; c++)
    memcpy(info->r + c * (c + 1) / 2, s->information.r + c * (k + 1), (c + 1) * sizeof *info->r);
  *out = info;
  return LISI_OK;
}

lisi_status fit_info_triangle(const ace_info *info, fit_triangle *t, lisi_error *err) {
  const size_t k = (size_t)info->nkept;
  lisi_status status = fit_triangle_make(info->nkept, t, err);
  if (status != LISI_OK)
    return status;
  t->rows = (long)info->rows;
  for (size_t c = 0; c < k; c++)
    memcpy(t->r + c * (k + 1), info->r + c * (c + 1) / 2, (c + 1) * sizeof *t->r);
  return LISI_OK;
}

static lisi_status block_from(const ace_invariants *inv, const ace_multiset *m, int mu0, int column, fit_block *block,
                              lisi_error *err) {
  *block = (fit_block){.mu0 = mu0, .order = m->order, .column = column};
  fit_coupling *c = &block->coupling;
  const size_t nms = (size_t)m->nms, ncoef = nms * (size_t)m->ninv;
  for (int t = 0; t < m->order && t < FIT_MAX_ORDER; t++) {
    block->mus[t] = m->mus[t];
    block->ns[t] = m->ns[t];
    block->ls[t] = m->ls[t];
  }
  c->order = m->order;
  c->nms = m->nms;
  c->ninv = m->ninv;
  c->ms = malloc(nms * (size_t)m->order + 1);
  c->coef = malloc((ncoef + 1) * sizeof *c->coef);
  if (!c->ms || !c->coef)
    return lisi_no_memory(err, ncoef * sizeof *c->coef);
  memcpy(c->ms, inv->ms + m->ms_first, nms * (size_t)m->order);
  memcpy(c->coef, inv->coef + m->coef_first, ncoef * sizeof *c->coef);
  return LISI_OK;
}

lisi_status fit_info_basis(const ace_model *model, const ace_sidecar *sidecar, const char *name, fit_basis **out,
                           lisi_error *err) {
  *out = NULL;
  const size_t n2 = (size_t)(model->nelements * model->nelements);
  if (model->nelements > 8 || model->inner != ACE_INNER_ZBL)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: not a model that lisi-fit train makes (elements, core)", name);
  for (int mu = 0; mu < model->nelements; mu++)
    if (model->species[mu].ndensity != 1 || model->species[mu].fs[0] != 1 || model->species[mu].fs[1] != 1)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                       "%s: element %s has several densities or one that is not linear; only linear models can be "
                       "refined",
                       name, model->element[mu]);
  fit_basis *b = calloc(1, sizeof *b);
  if (!b)
    return lisi_no_memory(err, sizeof *b);
  b->nelements = model->nelements;
  b->ndensity = 1;
  b->fs[0] = b->fs[1] = 1;
  b->embedding = model->species[0].embedding;
  memcpy(b->element, model->element, (size_t)model->nelements * sizeof *b->element);
  memcpy(b->E0, model->E0, (size_t)model->nelements * sizeof *b->E0);
  for (int mu = 0; mu < b->nelements; mu++)
    b->room += sidecar->of[mu].invariants.nmultisets;
  b->bond = calloc(n2, sizeof *b->bond);
  b->block = calloc((size_t)b->room + 1, sizeof *b->block);
  lisi_status status = b->bond && b->block ? LISI_OK : lisi_no_memory(err, (size_t)b->room * sizeof *b->block);
  b->nmax = model->bond[0].nradmax;
  b->lmax = model->bond[0].lmax;
  b->cutoff = ace_model_cutoff(model);
  for (size_t k = 0; k < n2 && status == LISI_OK; k++) {
    const ace_bond *bond = &model->bond[k];
    if (bond->nradmax != b->nmax || bond->lmax != b->lmax || bond->nradbase != model->bond[0].nradbase ||
        bond->pairpot || (bond->kind != ACE_CHEB_EXP_COS && bond->kind != ACE_CHEB_POW && bond->kind != ACE_SBESSEL))
      status =
          lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: not a model that lisi-fit train makes (radial functions)", name);
    else
      status = ace_bond_copy(bond, &b->bond[k], err);
  }
  for (int mu = 0; mu < b->nelements && status == LISI_OK; mu++) {
    const ace_invariants *inv = &sidecar->of[mu].invariants;
    for (int k = 0; k < inv->nmultisets && status == LISI_OK; k++) {
      const ace_multiset *m = &inv->multiset[k];
      if (m->order > FIT_MAX_ORDER)
        status = lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: functions of order %d, the most here is %d", name, m->order,
                           FIT_MAX_ORDER);
      for (int t = 0; t < m->order && status == LISI_OK; t++)
        if (m->ns[t] > (m->order == 1 ? model->bond[0].nradbase : b->nmax) || m->ls[t] > b->lmax)
          status =
              lisi_fail(err, LISI_ERR_INPUT, "%s: its sidecar asks for a radial function that it does not have", name);
      if (status == LISI_OK)
        status = block_from(inv, m, mu, b->ncolumns, &b->block[b->nblocks++], err);
      b->ncolumns += m->ninv;
    }
    b->ngraded[mu] = sidecar->of[mu].ngraded;
  }
  if (status == LISI_OK && !(b->gamma = malloc(((size_t)b->ncolumns + 1) * sizeof *b->gamma)))
    status = lisi_no_memory(err, (size_t)b->ncolumns * sizeof *b->gamma);
  if (status == LISI_OK)
    memcpy(b->gamma, sidecar->info->gamma, (size_t)b->ncolumns * sizeof *b->gamma);
  if (status != LISI_OK) {
    fit_basis_free(b);
    return status;
  }
  *out = b;
  return LISI_OK;
}
