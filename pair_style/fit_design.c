/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each basis function and its gradient, one central atom after the other, through the adjoints of its products. Written
 * apart from the evaluator in ace_eval.c on purpose: a fitted model is tested with that one, and the two have to agree.
 */
#include "fit_design.h"

#include "ace_radial.h"
#include "ace_ylm.h"
#include "fit_neighbors.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double complex zdouble;

/* What one neighbour adds to A and how that moves with it. */
typedef struct {
  int mu, index;
  double r[3];
  double *g, *dg; /* [nradbase], and dg in [3] components: dg[k] times rhat */
  double rhat[3];
  zdouble *phi;       /* [nmax][nlm] R_nl Y_lm */
  zdouble (*dphi)[3]; /* [nmax][nlm][3] its gradient by the neighbour's position */
} neighbor;

typedef struct {
  const fit_basis *basis;
  int nlm, nphi, nbase;
  int nneigh, room;
  neighbor *neigh;
  zdouble *A;    /* [nelements][nmax][nlm] */
  double *sum_g; /* [nelements][nbase] */
  double *R, *dR, *yre, *yim, (*dyre)[3], (*dyim)[3];
  zdouble *w; /* [max ninv][order][lmax + 1] adjoints of one block */
} scratch;

static void scratch_free(scratch *s) {
  for (int k = 0; k < s->room; k++) {
    free(s->neigh[k].g);
    free(s->neigh[k].dg);
    free(s->neigh[k].phi);
    free(s->neigh[k].dphi);
  }
  free(s->neigh);
  free(s->A);
  free(s->sum_g);
  free(s->R);
  free(s->dR);
  free(s->yre);
  free(s->yim);
  free(s->dyre);
  free(s->dyim);
  free(s->w);
}

static lisi_status scratch_make(const fit_basis *b, scratch *s, lisi_error *err) {
  memset(s, 0, sizeof *s);
  s->basis = b;
  s->nlm = ace_nlm(b->lmax);
  s->nphi = b->nmax * s->nlm;
  s->nbase = b->bond[0].nradbase;
  int ninv = 1;
  for (int k = 0; k < b->nblocks; k++)
    if (b->block[k].coupling.ninv > ninv)
      ninv = b->block[k].coupling.ninv;
  size_t nr = (size_t)(b->nmax * (b->lmax + 1)), nlm = (size_t)s->nlm;
  s->A = malloc((size_t)(b->nelements * s->nphi) * sizeof *s->A);
  s->sum_g = malloc((size_t)(b->nelements * s->nbase) * sizeof *s->sum_g);
  s->R = malloc(nr * sizeof *s->R);
  s->dR = malloc(nr * sizeof *s->dR);
  s->yre = malloc(nlm * sizeof *s->yre);
  s->yim = malloc(nlm * sizeof *s->yim);
  s->dyre = malloc(nlm * sizeof *s->dyre);
  s->dyim = malloc(nlm * sizeof *s->dyim);
  s->w = malloc((size_t)(ninv * FIT_MAX_ORDER * (b->lmax + 1)) * sizeof *s->w);
  if (!s->A || !s->sum_g || !s->R || !s->dR || !s->yre || !s->yim || !s->dyre || !s->dyim || !s->w)
    return lisi_no_memory(err, nr * sizeof *s->R);
  return LISI_OK;
}

static lisi_status grow(scratch *s, int need, lisi_error *err) {
  if (need <= s->room)
    return LISI_OK;
  neighbor *grown = realloc(s->neigh, (size_t)need * sizeof *grown);
  if (!grown)
    return lisi_no_memory(err, (size_t)need * sizeof *grown);
  s->neigh = grown;
  for (int k = s->room; k < need; k++) {
    neighbor *n = &s->neigh[k];
    memset(n, 0, sizeof *n);
    s->room = k + 1;
    n->g = malloc((size_t)s->nbase * sizeof *n->g);
    n->dg = malloc((size_t)s->nbase * sizeof *n->dg);
    n->phi = malloc((size_t)s->nphi * sizeof *n->phi);
    n->dphi = malloc((size_t)s->nphi * sizeof *n->dphi);
    if (!n->g || !n->dg || !n->phi || !n->dphi)
      return lisi_no_memory(err, (size_t)s->nphi * sizeof *n->dphi);
  }
  return LISI_OK;
}

static void fill_neighbor(scratch *s, neighbor *n, const ace_bond *bond, double r) {
  const fit_basis *b = s->basis;
  for (int k = 0; k < 3; k++)
    n->rhat[k] = n->r[k] / r;
  ace_radial_base(bond, ACE_INNER_ZBL, r, n->g, n->dg);
  ace_radial_nl(bond, n->g, n->dg, s->R, s->dR);
  ace_ylm(b->lmax, n->rhat, s->yre, s->yim, s->dyre, s->dyim);
  for (int k = 0; k < b->nmax; k++)
    for (int l = 0; l <= b->lmax; l++) {
      double R = s->R[k * (b->lmax + 1) + l], dR = s->dR[k * (b->lmax + 1) + l];
      for (int m = 0; m <= l; m++) {
        int y = ace_lm(l, m), p = k * s->nlm + y;
        zdouble Y = s->yre[y] + I * s->yim[y];
        n->phi[p] = R * Y;
        for (int d = 0; d < 3; d++)
          n->dphi[p][d] = dR * Y * n->rhat[d] + R / r * (s->dyre[y][d] + I * s->dyim[y][d]);
      }
    }
}

/* A, sum_g and the neighbours of one atom. */
static lisi_status gather(scratch *s, const xyz_set *set, const xyz_frame *f, const int *mu, const fit_neighbors *list,
                          int atom, lisi_error *err) {
  const fit_basis *b = s->basis;
  memset(s->A, 0, (size_t)(b->nelements * s->nphi) * sizeof *s->A);
  memset(s->sum_g, 0, (size_t)(b->nelements * s->nbase) * sizeof *s->sum_g);
  lisi_status status = grow(s, list->first[atom + 1] - list->first[atom], err);
  if (status != LISI_OK)
    return status;
  s->nneigh = 0;
  for (int k = list->first[atom]; k < list->first[atom + 1]; k++) {
    neighbor *n = &s->neigh[s->nneigh];
    n->index = list->index[k];
    n->mu = mu[f->species[n->index]];
    memcpy(n->r, list->rij[k], sizeof n->r);
    const ace_bond *bond = &b->bond[mu[f->species[atom]] * b->nelements + n->mu];
    double r = sqrt(n->r[0] * n->r[0] + n->r[1] * n->r[1] + n->r[2] * n->r[2]);
    if (r >= bond->rcut)
      continue;
    if (r < bond->rcut_in)
      return lisi_fail(err, LISI_ERR_INPUT,
                       "%s:%d: atoms %d and %d are %.3f Angstrom apart, inside the inner cut-off %g of the recipe; "
                       "choose zbl below every distance in the data",
                       set->name, f->line, atom + 1, n->index + 1, r, bond->rcut_in);
    fill_neighbor(s, n, bond, r);
    for (int p = 0; p < s->nphi; p++)
      s->A[n->mu * s->nphi + p] += n->phi[p];
    for (int p = 0; p < s->nbase; p++)
      s->sum_g[n->mu * s->nbase + p] += n->g[p];
    s->nneigh++;
  }
  return LISI_OK;
}

/* Adds the gradient G of column's value by neighbour n, seen from `atom`. */
static void scatter(const fit_rows *rows, int column, int atom, const neighbor *n, const double G[3]) {
  double *a = rows->a + (size_t)column * (size_t)rows->nrows, *v = a + 1 + 3 * rows->natoms;
  for (int d = 0; d < 3; d++) {
    a[1 + 3 * n->index + d] -= G[d];
    a[1 + 3 * atom + d] += G[d];
  }
  v[0] -= n->r[0] * G[0];
  v[1] -= n->r[1] * G[1];
  v[2] -= n->r[2] * G[2];
  v[3] -= 0.5 * (n->r[1] * G[2] + n->r[2] * G[1]); /* symmetric in the sum over all neighbours */
  v[4] -= 0.5 * (n->r[0] * G[2] + n->r[2] * G[0]);
  v[5] -= 0.5 * (n->r[0] * G[1] + n->r[1] * G[0]);
}

static void do_pair_block(const scratch *s, const fit_block *block, const fit_rows *rows, int atom) {
  int k = block->ns[0] - 1;
  double c = block->coupling.coef[0];
  rows->a[(size_t)block->column * (size_t)rows->nrows] += c * s->sum_g[block->mus[0] * s->nbase + k];
  for (int j = 0; j < s->nneigh; j++) {
    const neighbor *n = &s->neigh[j];
    if (n->mu != block->mus[0])
      continue;
    double G[3] = {c * n->dg[k] * n->rhat[0], c * n->dg[k] * n->rhat[1], c * n->dg[k] * n->rhat[2]};
    scatter(rows, block->column, atom, n, G);
  }
}

static void do_block(const scratch *s, const fit_block *block, const fit_rows *rows, int atom) {
  int order = block->order, L = s->basis->lmax + 1, ninv = block->coupling.ninv, nms = block->coupling.nms;
  const zdouble *A[FIT_MAX_ORDER];
  memset(s->w, 0, (size_t)(ninv * FIT_MAX_ORDER * L) * sizeof *s->w);
  for (int t = 0; t < order; t++)
    A[t] = s->A + block->mus[t] * s->nphi + (block->ns[t] - 1) * s->nlm + ace_lm(block->ls[t], 0);
  for (int c = 0; c < nms; c++) {
    const int8_t *ms = block->coupling.ms + c * order;
    zdouble value[FIT_MAX_ORDER], before[FIT_MAX_ORDER + 1], after = 1;
    before[0] = 1;
    for (int t = 0; t < order; t++) {
      int m = abs(ms[t]);
      value[t] = ms[t] >= 0 ? A[t][m] : (m % 2 ? -conj(A[t][m]) : conj(A[t][m]));
      before[t + 1] = before[t] * value[t];
    }
    for (int v = 0; v < ninv; v++)
      rows->a[(size_t)(block->column + v) * (size_t)rows->nrows] +=
          block->coupling.coef[v * nms + c] * creal(before[order]);
    for (int t = order - 1; t >= 0; t--) {
      zdouble q = before[t] * after;
      int m = abs(ms[t]);
      if (ms[t] < 0)
        q = m % 2 ? -conj(q) : conj(q); /* Re q dA_{-m} = Re (+-conj q) dA_m */
      for (int v = 0; v < ninv; v++)
        s->w[(v * FIT_MAX_ORDER + t) * L + m] += block->coupling.coef[v * nms + c] * q;
      after *= value[t];
    }
  }
  for (int j = 0; j < s->nneigh; j++) {
    const neighbor *n = &s->neigh[j];
    for (int v = 0; v < ninv; v++) {
      double G[3] = {0, 0, 0};
      bool any = false;
      for (int t = 0; t < order; t++) {
        if (block->mus[t] != n->mu)
          continue;
        any = true;
        const zdouble *w = s->w + (v * FIT_MAX_ORDER + t) * L;
        zdouble(*dphi)[3] = n->dphi + (block->ns[t] - 1) * s->nlm + ace_lm(block->ls[t], 0);
        for (int m = 0; m <= block->ls[t]; m++)
          for (int d = 0; d < 3; d++)
            G[d] += creal(w[m]) * creal(dphi[m][d]) - cimag(w[m]) * cimag(dphi[m][d]);
      }
      if (any)
        scatter(rows, block->column + v, atom, n, G);
    }
  }
}

lisi_status fit_species(const fit_basis *b, const xyz_set *set, int *mu, lisi_error *err) {
  for (int s = 0; s < set->nspecies; s++) {
    mu[s] = -1;
    for (int e = 0; e < b->nelements; e++)
      if (!strcmp(b->element[e], set->symbol[s]))
        mu[s] = e;
    if (mu[s] >= 0)
      continue;
    for (int k = 0; k < set->nframes; k++)
      for (int a = 0; a < set->frame[k].natoms; a++)
        if (set->frame[k].species[a] == s)
          return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: element %s is not among the elements of the fit", set->name,
                           set->frame[k].line + 1 + a, set->symbol[s]);
    return lisi_fail(err, LISI_ERR_INPUT, "%s: element %s is not among the elements of the fit", set->name,
                     set->symbol[s]);
  }
  return LISI_OK;
}

void fit_reference(const fit_basis *b, const xyz_frame *f, const int *mu, double *y) {
  double e = f->has_energy ? f->energy : NAN;
  for (int a = 0; a < f->natoms; a++)
    e -= b->E0[mu[f->species[a]]];
  y[0] = e;
  for (int k = 0; k < 3 * f->natoms; k++)
    y[1 + k] = f->force ? f->force[k] : NAN;
  static const int voigt[6] = {0, 4, 8, 5, 2, 1};
  for (int k = 0; k < 6; k++)
    y[1 + 3 * f->natoms + k] = f->has_virial ? f->virial[voigt[k]] : NAN;
}

static void do_atom(const scratch *s, int mu0, const fit_rows *rows, int atom) {
  for (int k = 0; k < s->basis->nblocks; k++) {
    const fit_block *block = &s->basis->block[k];
    if (block->mu0 != mu0)
      continue;
    if (block->order == 1)
      do_pair_block(s, block, rows, atom);
    else
      do_block(s, block, rows, atom);
  }
}

lisi_status fit_design(const fit_basis *b, const xyz_set *set, const xyz_frame *f, const int *mu, fit_rows *rows,
                       lisi_error *err) {
  memset(rows, 0, sizeof *rows);
  rows->natoms = f->natoms;
  rows->nrows = 1 + 3 * f->natoms + 6;
  size_t cells = (size_t)rows->nrows * (size_t)b->ncolumns;
  rows->a = calloc(cells, sizeof *rows->a);
  rows->y = malloc((size_t)rows->nrows * sizeof *rows->y);
  scratch s = {0};
  fit_neighbors list = {0};
  lisi_status status = rows->a && rows->y ? LISI_OK : lisi_no_memory(err, cells * sizeof *rows->a);
  if (status == LISI_OK)
    status = scratch_make(b, &s, err);
  if (status == LISI_OK)
    status = fit_neighbors_find(set, f, b->cutoff, &list, err);
  for (int i = 0; i < f->natoms && status == LISI_OK; i++) {
    status = gather(&s, set, f, mu, &list, i, err);
    if (status == LISI_OK)
      do_atom(&s, mu[f->species[i]], rows, i);
  }
  if (status == LISI_OK)
    fit_reference(b, f, mu, rows->y);
  fit_neighbors_free(&list);
  scratch_free(&s);
  if (status != LISI_OK)
    fit_rows_free(rows);
  return status;
}

struct fit_atoms {
  const fit_basis *basis;
  const xyz_set *set;
  const xyz_frame *frame;
  const int *mu;
  scratch s;
  fit_neighbors list;
  fit_rows rows;  /* of one atom; y is not used */
  int begin, end; /* columns of the atom before, to be cleared */
};

lisi_status fit_atoms_open(const fit_basis *b, const xyz_set *set, const xyz_frame *f, const int *mu, fit_atoms **out,
                           lisi_error *err) {
  *out = NULL;
  fit_atoms *at = calloc(1, sizeof *at);
  if (!at)
    return lisi_no_memory(err, sizeof *at);
  at->basis = b;
  at->set = set;
  at->frame = f;
  at->mu = mu;
  at->rows.natoms = f->natoms;
  at->rows.nrows = 1 + 3 * f->natoms + 6;
  size_t cells = (size_t)at->rows.nrows * (size_t)b->ncolumns;
  at->rows.a = calloc(cells, sizeof *at->rows.a);
  lisi_status status = at->rows.a ? LISI_OK : lisi_no_memory(err, cells * sizeof *at->rows.a);
  if (status == LISI_OK)
    status = scratch_make(b, &at->s, err);
  if (status == LISI_OK)
    status = fit_neighbors_find(set, f, b->cutoff, &at->list, err);
  if (status != LISI_OK) {
    fit_atoms_close(at);
    return status;
  }
  *out = at;
  return LISI_OK;
}

lisi_status fit_atoms_get(fit_atoms *at, int atom, const double **a, int *begin, int *end, lisi_error *err) {
  const fit_basis *b = at->basis;
  size_t nrows = (size_t)at->rows.nrows;
  int mu0 = at->mu[at->frame->species[atom]];
  memset(at->rows.a + (size_t)at->begin * nrows, 0, (size_t)(at->end - at->begin) * nrows * sizeof *at->rows.a);
  at->begin = b->ncolumns;
  at->end = 0;
  for (int k = 0; k < b->nblocks; k++) { /* grouped by mu0, so that the columns of an element stand together */
    const fit_block *block = &b->block[k];
    if (block->mu0 != mu0)
      continue;
    if (block->column < at->begin)
      at->begin = block->column;
    if (block->column + block->coupling.ninv > at->end)
      at->end = block->column + block->coupling.ninv;
  }
  if (at->end == 0)
    at->begin = 0;
  lisi_status status = gather(&at->s, at->set, at->frame, at->mu, &at->list, atom, err);
  if (status == LISI_OK)
    do_atom(&at->s, mu0, &at->rows, atom);
  *a = at->rows.a;
  *begin = at->begin;
  *end = at->end;
  return status;
}

void fit_atoms_close(fit_atoms *at) {
  if (!at)
    return;
  fit_neighbors_free(&at->list);
  scratch_free(&at->s);
  fit_rows_free(&at->rows);
  free(at);
}

void fit_rows_free(fit_rows *rows) {
  free(rows->a);
  free(rows->y);
  memset(rows, 0, sizeof *rows);
}
