/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the uncontracted functions, plainly: exact radial functions, A for all m of both signs, every product from
 * its factors. It is called on few steps only, so it has none of the evaluator's tables of shared products. */
#include "ace_gamma_tables.h"
#include "ace_radial.h"
#include "ace_ylm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ace_invariants_clear(ace_invariants *inv) {
  free(inv->multiset);
  free(inv->ms);
  free(inv->coef);
  memset(inv, 0, sizeof *inv);
}

ace_invariants ace_invariants_first(const ace_invariants *all, int ncolumns) {
  ace_invariants first = *all;
  first.nmultisets = first.ncolumns = 0;
  first.nms_total = first.ncoef = 0;
  while (first.nmultisets < all->nmultisets && first.ncolumns < ncolumns) {
    const ace_multiset *m = &all->multiset[first.nmultisets++];
    first.ncolumns += m->ninv;
    first.nms_total += (size_t)m->nms * (size_t)m->order;
    first.ncoef += (size_t)m->nms * (size_t)m->ninv;
  }
  if (first.ncolumns != ncolumns)
    first.nmultisets = first.ncolumns = 0;
  return first;
}

struct ace_bwork {
  double *are, *aim; /* [nelements][nmax][(lmax + 1)^2]: A of n, l, m at l^2 + l + m */
  double *sum_g;     /* [nelements][nbase] */
  double *g, *dg, *R, *dR, *yre, *yim;
};

static size_t per_n(const ace_bvalues *e) {
  return (size_t)(e->lmax + 1) * (size_t)(e->lmax + 1);
}

static lisi_status copy_doubles(const double *from, size_t n, double **to, lisi_error *err) {
  *to = malloc((n + 1) * sizeof **to);
  if (!*to)
    return lisi_no_memory(err, n * sizeof **to);
  if (n)
    memcpy(*to, from, n * sizeof **to);
  return LISI_OK;
}

static lisi_status copy_bonds(const ace_model *model, ace_bvalues *e, lisi_error *err) {
  size_t pairs = (size_t)(e->nelements * e->nelements);
  e->bond = calloc(pairs, sizeof *e->bond);
  if (!e->bond)
    return lisi_no_memory(err, pairs * sizeof *e->bond);
  lisi_status status = LISI_OK;
  for (size_t k = 0; k < pairs && status == LISI_OK; k++) {
    ace_bond *to = &e->bond[k];
    status = ace_bond_copy(&model->bond[k], to, err);
    e->nmax = to->nradmax > e->nmax ? to->nradmax : e->nmax;
    e->lmax = to->lmax > e->lmax ? to->lmax : e->lmax;
    e->nbase = to->nradbase > e->nbase ? to->nradbase : e->nbase;
  }
  return status;
}

/* Turns (mu, n, l, m) into places in the work arrays; what the bonds do not have is refused here. */
static lisi_status compile(const ace_bvalues *e, int mu, const ace_invariants *inv, const char *name, ace_bcentral *c,
                           lisi_error *err) {
  c->nblocks = inv->nmultisets;
  c->ncolumns = inv->ncolumns;
  c->block = malloc(((size_t)inv->nmultisets + 1) * sizeof *c->block);
  c->factor = malloc((inv->nms_total + 1) * sizeof *c->factor);
  if (!c->block || !c->factor)
    return lisi_no_memory(err, inv->nms_total * sizeof *c->factor);
  for (int k = 0; k < inv->nmultisets; k++) {
    const ace_multiset *s = &inv->multiset[k];
    c->block[k] = (ace_bblock){s->order, s->nms, s->ninv, s->ms_first, s->coef_first};
    for (int t = 0; t < s->order; t++) {
      const ace_bond *bond = &e->bond[mu * e->nelements + s->mus[t]];
      int most = s->order == 1 ? bond->nradbase : bond->nradmax;
      if (s->ns[t] > most || (s->order > 1 && s->ls[t] > bond->lmax))
        return lisi_fail(err, LISI_ERR_INPUT,
                         "%s: element %d, function %d: n = %d, l = %d, but the bond [%d, %d] of the model ends at n = "
                         "%d, l = %d",
                         name, mu, k + 1, s->ns[t], s->ls[t], mu, s->mus[t], most, bond->lmax);
      for (int i = 0; i < s->nms; i++) {
        size_t at = s->ms_first + (size_t)(i * s->order + t);
        size_t channel = (size_t)(s->mus[t] * e->nmax + s->ns[t] - 1);
        c->factor[at] = s->order == 1
                            ? (uint32_t)(s->mus[t] * e->nbase + s->ns[t] - 1)
                            : (uint32_t)(channel * per_n(e) + (size_t)(s->ls[t] * s->ls[t] + s->ls[t] + inv->ms[at]));
      }
    }
  }
  return copy_doubles(inv->coef, inv->ncoef, &c->coef, err);
}

lisi_status ace_bvalues_create(const ace_model *model, const ace_invariants *inv, const char *name, ace_bvalues **out,
                               lisi_error *err) {
  *out = NULL;
  ace_bvalues *e = calloc(1, sizeof *e);
  if (!e)
    return lisi_no_memory(err, sizeof *e);
  e->nelements = model->nelements;
  e->inner = model->inner;
  e->central = calloc((size_t)e->nelements, sizeof *e->central);
  lisi_status status = e->central ? copy_bonds(model, e, err) : lisi_no_memory(err, sizeof *e->central);
  for (int mu = 0; mu < e->nelements && status == LISI_OK; mu++) {
    status = compile(e, mu, &inv[mu], name, &e->central[mu], err);
    e->most = inv[mu].ncolumns > e->most ? inv[mu].ncolumns : e->most;
  }
  if (status != LISI_OK) {
    ace_bvalues_free(e);
    return status;
  }
  *out = e;
  return LISI_OK;
}

void ace_bvalues_free(ace_bvalues *e) {
  if (!e)
    return;
  for (int k = 0; e->bond && k < e->nelements * e->nelements; k++)
    ace_bond_clear(&e->bond[k]);
  for (int mu = 0; e->central && mu < e->nelements; mu++) {
    free(e->central[mu].block);
    free(e->central[mu].factor);
    free(e->central[mu].coef);
  }
  free(e->bond);
  free(e->central);
  free(e);
}

lisi_status ace_bwork_create(const ace_bvalues *e, ace_bwork **out, lisi_error *err) {
  *out = NULL;
  ace_bwork *w = calloc(1, sizeof *w);
  if (!w)
    return lisi_no_memory(err, sizeof *w);
  size_t na = (size_t)(e->nelements * e->nmax) * per_n(e), nr = (size_t)e->nmax * (size_t)(e->lmax + 1);
  size_t nb = (size_t)e->nbase, ny = (size_t)ace_nlm(e->lmax);
  w->are = malloc((na + 1) * sizeof(double));
  w->aim = malloc((na + 1) * sizeof(double));
  w->sum_g = malloc((nb * (size_t)e->nelements + 1) * sizeof(double));
  w->g = malloc((nb + 1) * sizeof(double));
  w->dg = malloc((nb + 1) * sizeof(double));
  w->R = malloc((nr + 1) * sizeof(double));
  w->dR = malloc((nr + 1) * sizeof(double));
  w->yre = malloc((ny + 1) * sizeof(double));
  w->yim = malloc((ny + 1) * sizeof(double));
  if (!w->are || !w->aim || !w->sum_g || !w->g || !w->dg || !w->R || !w->dR || !w->yre || !w->yim) {
    ace_bwork_free(w);
    return lisi_no_memory(err, na * sizeof(double));
  }
  *out = w;
  return LISI_OK;
}

void ace_bwork_free(ace_bwork *w) {
  if (!w)
    return;
  free(w->are);
  free(w->aim);
  free(w->sum_g);
  free(w->g);
  free(w->dg);
  free(w->R);
  free(w->dR);
  free(w->yre);
  free(w->yim);
  free(w);
}

int ace_bvalues_count(const ace_bvalues *e, int element) {
  return e->central[element].ncolumns;
}

int ace_bvalues_most(const ace_bvalues *e) {
  return e->most;
}

static void add_neighbor(const ace_bvalues *e, ace_bwork *w, int mu, const ace_bond *bond, const double u[3],
                         double r) {
  ace_radial_base(bond, e->inner, r, w->g, w->dg);
  ace_radial_nl(bond, w->g, w->dg, w->R, w->dR);
  ace_ylm(bond->lmax, u, w->yre, w->yim, NULL, NULL);
  for (int k = 0; k < bond->nradbase; k++)
    w->sum_g[mu * e->nbase + k] += w->g[k];
  for (int n = 0; n < bond->nradmax; n++) {
    double *re = w->are + (size_t)(mu * e->nmax + n) * per_n(e), *im = w->aim + (re - w->are);
    for (int l = 0; l <= bond->lmax; l++) {
      double R = w->R[n * (bond->lmax + 1) + l];
      for (int m = 0; m <= l; m++) {
        re[l * l + l + m] += R * w->yre[ace_lm(l, m)];
        im[l * l + l + m] += R * w->yim[ace_lm(l, m)];
      }
    }
  }
}

/* A_{l,-m} = (-1)^m conj(A_lm). */
static void mirror(const ace_bvalues *e, ace_bwork *w) {
  for (int c = 0; c < e->nelements * e->nmax; c++) {
    double *re = w->are + (size_t)c * per_n(e), *im = w->aim + (size_t)c * per_n(e);
    for (int l = 0; l <= e->lmax; l++)
      for (int m = 1; m <= l; m++) {
        int zero = l * l + l, sign = m % 2 ? -1 : 1;
        re[zero - m] = sign * re[zero + m];
        im[zero - m] = -sign * im[zero + m];
      }
  }
}

lisi_status ace_bvalues_atom(const ace_bvalues *e, ace_bwork *w, int element, int nneigh, const int *nelement,
                             const double (*rij)[3], double *B, lisi_error *err) {
  const ace_bcentral *c = &e->central[element];
  size_t na = (size_t)(e->nelements * e->nmax) * per_n(e);
  memset(w->are, 0, na * sizeof(double));
  memset(w->aim, 0, na * sizeof(double));
  memset(w->sum_g, 0, (size_t)(e->nelements * e->nbase) * sizeof(double));
  for (int j = 0; j < nneigh; j++) {
    const ace_bond *bond = &e->bond[element * e->nelements + nelement[j]];
    double r = sqrt(rij[j][0] * rij[j][0] + rij[j][1] * rij[j][1] + rij[j][2] * rij[j][2]);
    if (r >= bond->rcut)
      continue;
    if (!(r > 0))
      return lisi_fail(err, LISI_ERR_NUMERIC, "two atoms at the same place");
    const double u[3] = {rij[j][0] / r, rij[j][1] / r, rij[j][2] / r};
    add_neighbor(e, w, nelement[j], bond, u, r);
  }
  mirror(e, w);
  int column = 0;
  for (int k = 0; k < c->nblocks; k++) {
    const ace_bblock *b = &c->block[k];
    const uint32_t *f = c->factor + b->factor_first;
    const double *coef = c->coef + b->coef_first;
    for (int v = 0; v < b->ninv; v++)
      B[column + v] = 0;
    for (int i = 0; i < b->nms; i++, f += b->order) {
      double re, im = 0;
      if (b->order == 1) {
        re = w->sum_g[f[0]];
      } else {
        re = w->are[f[0]];
        im = w->aim[f[0]];
        for (int t = 1; t < b->order; t++) {
          double x = w->are[f[t]], y = w->aim[f[t]], p = re * x - im * y;
          im = re * y + im * x;
          re = p;
        }
      }
      for (int v = 0; v < b->ninv; v++)
        B[column + v] += coef[v * b->nms + i] * re;
    }
    column += b->ninv;
  }
  return LISI_OK;
}
