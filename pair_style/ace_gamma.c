/* SPDX-License-Identifier: GPL-2.0-or-later */
/* B by ace_invariants.h, then one product of a row with a matrix. */
#include "ace_gamma.h"

#include "ace_gamma_tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ace_gamma_work {
  ace_bwork *bwork;
  double *B, *sum; /* [most functions of an element] */
};

lisi_status ace_gamma_create(const ace_model *model, ace_sidecar *s, const char *name, ace_gamma **out,
                             lisi_error *err) {
  *out = NULL;
  size_t n = (size_t)s->nelements;
  ace_gamma *g = calloc(1, sizeof *g);
  ace_invariants *inv = malloc(n * sizeof *inv);
  lisi_status status = g && inv ? LISI_OK : lisi_no_memory(err, n * sizeof *inv);
  if (status == LISI_OK) {
    for (size_t mu = 0; mu < n; mu++)
      inv[mu] = ace_invariants_first(&s->of[mu].invariants, s->of[mu].ngraded);
    g->nelements = s->nelements;
    g->of = calloc(n, sizeof *g->of);
    g->name = strdup(name);
    status = g->of && g->name ? ace_bvalues_create(model, inv, name, &g->values, err)
                              : lisi_no_memory(err, n * sizeof *g->of);
  }
  free(inv);
  if (status != LISI_OK) {
    ace_gamma_free(g);
    return status;
  }
  for (size_t mu = 0; mu < n; mu++) {
    ace_active *a = &g->of[mu];
    memcpy(a->symbol, s->element[mu], sizeof a->symbol);
    a->n = s->of[mu].ngraded;
    a->rank = s->of[mu].rank;
    a->nenvironments = s->of[mu].nenvironments;
    a->inverse = s->of[mu].inverse;
    s->of[mu].inverse = (ace_inverse){0, NULL, NULL};
  }
  *out = g;
  return LISI_OK;
}

void ace_gamma_free(ace_gamma *g) {
  if (!g)
    return;
  for (int mu = 0; g->of && mu < g->nelements; mu++) {
    free(g->of[mu].inverse.f);
    free(g->of[mu].inverse.d);
  }
  ace_bvalues_free(g->values);
  free(g->of);
  free(g->name);
  free(g);
}

lisi_status ace_gamma_work_create(const ace_gamma *g, ace_gamma_work **out, lisi_error *err) {
  *out = NULL;
  size_t bytes = ((size_t)ace_bvalues_most(g->values) + 1) * sizeof(double);
  ace_gamma_work *w = calloc(1, sizeof *w);
  if (!w)
    return lisi_no_memory(err, sizeof *w);
  w->B = malloc(bytes);
  w->sum = malloc(bytes);
  lisi_status status = w->B && w->sum ? ace_bwork_create(g->values, &w->bwork, err) : lisi_no_memory(err, bytes);
  if (status != LISI_OK) {
    ace_gamma_work_free(w);
    return status;
  }
  *out = w;
  return LISI_OK;
}

void ace_gamma_work_free(ace_gamma_work *w) {
  if (!w)
    return;
  ace_bwork_free(w->bwork);
  free(w->B);
  free(w->sum);
  free(w);
}

lisi_status ace_gamma_require(const ace_gamma *g, int element, lisi_error *err) {
  const ace_active *a = &g->of[element];
  if (a->inverse.n > 0)
    return LISI_OK;
  if (a->n == 0)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: no extrapolation grade for %s, which has no functions", g->name,
                     a->symbol);
  return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                   "%s: no active set for %s: its %d environments in the training data gave %d independent ones for %d "
                   "functions; train with more data or fewer functions",
                   g->name, a->symbol, a->nenvironments, a->rank, a->n);
}

size_t ace_gamma_bytes(const ace_gamma *g) {
  size_t bytes = 0;
  for (int mu = 0; mu < g->nelements; mu++)
    bytes += (size_t)g->of[mu].inverse.n * (size_t)g->of[mu].inverse.n *
             (g->of[mu].inverse.d ? sizeof(double) : sizeof(float));
  return bytes;
}

double ace_grade(const ace_inverse *inverse, const double *B, double *sum) {
  size_t n = (size_t)inverse->n;
  memset(sum, 0, n * sizeof *sum);
  for (size_t v = 0; v < n; v++) {
    double b = B[v];
    if (inverse->f) {
      const float *row = inverse->f + v * n;
      for (size_t k = 0; k < n; k++)
        sum[k] += b * (double)row[k];
    } else {
      const double *row = inverse->d + v * n;
      for (size_t k = 0; k < n; k++)
        sum[k] += b * row[k];
    }
  }
  double most = 0;
  for (size_t k = 0; k < n; k++)
    most = isnan(sum[k]) ? INFINITY : fmax(most, fabs(sum[k])); /* overflow is no grade of 0 */
  return most;
}

int ace_gamma_count(const ace_gamma *g, int element) {
  return g->of[element].n;
}

lisi_status ace_gamma_coefficients(const ace_gamma *g, ace_gamma_work *w, int element, int nneigh, const int *nelement,
                                   const double (*rij)[3], double *coefficient, double *value, lisi_error *err) {
  lisi_status status = ace_gamma_require(g, element, err);
  if (status == LISI_OK)
    status = ace_bvalues_atom(g->values, w->bwork, element, nneigh, nelement, rij, w->B, err);
  if (status != LISI_OK)
    return status;
  const double grade = ace_grade(&g->of[element].inverse, w->B, coefficient);
  if (value)
    *value = grade;
  return LISI_OK;
}

lisi_status ace_gamma_atoms(const ace_gamma *g, ace_gamma_work *w, int natoms, const int *element, const int *first,
                            const int *nelement, const double (*rij)[3], double *value, lisi_error *err) {
  for (int i = 0; i < natoms; i++) {
    lisi_status status = ace_gamma_coefficients(g, w, element[i], first[i + 1] - first[i], nelement + first[i],
                                                rij + first[i], w->sum, &value[i], err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}
