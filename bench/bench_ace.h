/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the timings and counts of the force field share: a crystal with displaced atoms, and floating-point operations
 * of the evaluator. */
#ifndef LISI_BENCH_ACE_H
#define LISI_BENCH_ACE_H

#include "ace_eval_tables.h"
#include "bench.h"

#include <string.h>

/* ---- the system ---- */
typedef struct {
  int natoms, *element, *first, *nelement;
  double (*rij)[3];
} neighbours;

static inline neighbours make_system(int cells, double cutoff, int nelements) {
  const double a = 3.16, box = cells * a; /* 15.8 Angstrom^3 an atom, as Li13Si4 */
  neighbours s = {.natoms = 2 * cells * cells * cells};
  const size_t n = (size_t)s.natoms;
  double(*x)[3] = need(malloc(n * sizeof *x));
  s.element = need(malloc(n * sizeof *s.element));
  s.first = need(malloc((n + 1) * sizeof *s.first));
  for (int i = 0; i < s.natoms; i++) {
    const int c = i / 2;
    const int cell[3] = {c % cells, c / cells % cells, c / cells / cells};
    for (int k = 0; k < 3; k++)
      x[i][k] = a * (cell[k] + 0.5 * (i % 2)) + 0.3 * (uniform() - 0.5);
    s.element[i] = nelements < 2 || uniform() < 13.0 / 17.0 ? 0 : 1 + (int)(uniform() * (nelements - 1));
  }
  const int images = (int)(cutoff / box) + 1;
  size_t capacity = 0, count = 0;
  for (int i = 0; i < s.natoms; i++) {
    s.first[i] = (int)count;
    for (int j = 0; j < s.natoms; j++)
      for (int p = -images; p <= images; p++)
        for (int q = -images; q <= images; q++)
          for (int r = -images; r <= images; r++) {
            const double d[3] = {x[j][0] - x[i][0] + p * box, x[j][1] - x[i][1] + q * box, x[j][2] - x[i][2] + r * box};
            const double r2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            if (r2 > cutoff * cutoff || (i == j && p == 0 && q == 0 && r == 0))
              continue;
            if (count == capacity) {
              capacity = 2 * capacity + 1000;
              s.rij = need(realloc(s.rij, capacity * sizeof *s.rij));
              s.nelement = need(realloc(s.nelement, capacity * sizeof *s.nelement));
            }
            memcpy(s.rij[count], d, sizeof d);
            s.nelement[count++] = s.element[j];
          }
  }
  s.first[s.natoms] = (int)count;
  free(x);
  return s;
}

/* ---- floating-point operations ---- */

/* Multiplications and additions (a fused one counts as two) of the useful lanes and channels, per part: what fills up
 * lanes, slots and rows is not counted, nor are the harmonics that are made a second time on the way back, nor
 * distances, embedding and core. */
static inline double radial_flops(const ace_pair_table *t) {
  const double lm = (t->lmax + 1) * (t->lmax + 2) / 2.0, m0 = t->lmax + 1;
  return t->lmax < 0 ? 0.0 : 12.0 * t->nrow + 4.0 * lm + 2.0 * (lm - m0) + 6.0 * m0;
}
static inline double channels(const ace_pair_table *t) {
  double sum = 0.0;
  for (int l = 0; l <= t->lmax; l++)
    sum += (2 * l + 1) * t->nch[l];
  return sum;
}
static inline double force_flops(const ace_pair_table *t) {
  const double lm = (t->lmax + 1) * (t->lmax + 2) / 2.0, m0 = t->lmax + 1;
  return 4.0 * channels(t) + 2.0 * m0 * m0 + 9.0 * (lm - m0) + 3.0 * m0 + 14.0 * m0 + 25.0;
}
/* Making a product and handing its adjoint down, and adding a value's own adjoint. */
static inline double product_flops(ace_product_kind kind) {
  static const double flops[] = {
      [ACE_VALUE] = 2, [ACE_REAL_VALUE] = 1, [ACE_RR] = 5, [ACE_RC] = 10, [ACE_CC] = 22, [ACE_CJ] = 22, [ACE_ABS] = 9};
  return flops[kind];
}
static inline double central_flops(const ace_product *p) {
  const double nd = p->ndensity;
  double sum = (nd > 1 ? 4.0 * nd : 3.0) * p->nlinear;
  for (uint32_t r = 0; r < p->nrun; r++)
    sum += p->run[r].count * product_flops(p->run[r].kind);
  for (uint32_t r = 0; r < p->ngrouprun; r++) {
    const ace_run *g = &p->grouprun[r];
    const double n = g->terms, real = g->variety == 0 ? n : 0.0, full = n - real;
    double each = product_flops(g->kind) + (nd > 1 ? 0.0 : 4.0) + 4.0 * real + 8.0 * full;
    if (nd > 1)
      each += real * (1.0 + 2.0 * nd + 2.0 * nd - 1.0) + full * (3.0 + 2.0 * nd + 2.0 * nd - 1.0);
    sum += g->count * each;
  }
  return sum;
}

#endif
