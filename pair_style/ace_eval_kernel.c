/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loops that take the time. Vectors of four doubles are spelled out, because sums must not be reordered behind our
 * back, and each function exists once for each level of the processor, chosen when the program starts. */
#include "ace_eval_tables.h"
#include "ace_ylm.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

typedef double v4 __attribute__((vector_size(32), may_alias, aligned(8)));
typedef long long i4 __attribute__((vector_size(32)));

#define LOAD(p) (*(const v4 *)(p))
#define STORE(p, v) (*(v4 *)(p) = (v))

/* Q_lm and the powers (x + i y)^m of four directions. */
INLINE void polynomials(const ace_lm_table *lm, int lmax, const ace_batch *b, double (*Q)[4], double (*er)[4],
                        double (*ei)[4]) {
  const v4 x = LOAD(b->u[0]), y = LOAD(b->u[1]), z = LOAD(b->u[2]);
  v4 pr = {1.0, 1.0, 1.0, 1.0}, pi = {0.0, 0.0, 0.0, 0.0};
  for (int m = 0; m <= lmax; m++) {
    STORE(er[m], pr);
    STORE(ei[m], pi);
    const v4 t = x * pr - y * pi;
    pi = x * pi + y * pr;
    pr = t;
    v4 q0 = {0.0, 0.0, 0.0, 0.0}, q1 = q0 + lm->qmm[m];
    STORE(Q[ace_lm(m, m)], q1);
    for (int l = m + 1; l <= lmax; l++) {
      const int k = ace_lm(l, m);
      const v4 q2 = lm->a[k] * z * q1 - lm->b[k] * q0;
      STORE(Q[k], q2);
      q0 = q1;
      q1 = q2;
    }
  }
}

/* Where the table's row for r starts, and the place between its knots; NULL below the first knot. */
INLINE const double *knot_of(const ace_pair_table *t, double r, double *u) {
  const double x = r * t->inv_h;
  int n = (int)x;
  if (n >= t->nknots)
    n = t->nknots - 1;
  *u = x - n;
  return n < 1 ? NULL : t->table + 2 * (size_t)t->ncol * (size_t)n;
}

/* Asks for the rows of four neighbours ahead of time: tables are larger than the caches near the core. */
INLINE void prefetch_rows(const ace_pair_table *t, const ace_batch *b) {
  for (int j = 0; j < 4; j++) {
    double u;
    const double *k = b->source[j] >= 0 ? knot_of(t, b->r[j], &u) : NULL;
    if (k == NULL)
      continue;
    for (int i = 0; i < 4 * t->ncol; i += 8)
      __builtin_prefetch(k + i);
  }
}

INLINE void values_row(const ace_pair_table *t, double r, double *row, double *spare) {
  double u;
  const double *k = knot_of(t, r, &u);
  if (k == NULL) {
    ace_radial_row(t, r, row, spare);
    return;
  }
  const int ncol = t->ncol;
  const double u2 = u * u, u3 = u2 * u, h01 = 3.0 * u2 - 2.0 * u3, h00 = 1.0 - h01, h11 = u3 - u2, h10 = h11 - u2 + u;
  for (int i = 0; i < ncol; i += 4)
    STORE(row + i,
          h00 * LOAD(k + i) + h10 * LOAD(k + ncol + i) + h01 * LOAD(k + 2 * ncol + i) + h11 * LOAD(k + 3 * ncol + i));
}

/* A[c][n] += R[j][n] Y[c][j] for the 2l+1 components of one l, kept in registers where `components` is a constant. */
INLINE void add_products(int components, int npad, int ncol, const double *R, const double (*Y)[4], double *A) {
  for (int q = 0; q < npad; q += 4) {
    v4 sum[2 * ACE_MAX_LMAX + 1];
    for (int c = 0; c < components; c++)
      sum[c] = LOAD(A + c * npad + q);
    for (int j = 0; j < 4; j++) {
      const v4 r = LOAD(R + j * ncol + q);
      for (int c = 0; c < components; c++)
        sum[c] += r * Y[c][j];
    }
    for (int c = 0; c < components; c++)
      STORE(A + c * npad + q, sum[c]);
  }
}

CLONES void ace_kernel_gather(const ace_pair_table *t, const ace_lm_table *lm, const ace_batch *batch, int nbatch,
                              double *A, double *row) {
  double Q[ACE_NLM_MAX][4], Y[ACE_NY_MAX][4], er[ACE_MAX_LMAX + 1][4], ei[ACE_MAX_LMAX + 1][4];
  const int lmax = t->lmax, ncol = t->ncol;
  if (lmax < 0)
    return;
  double *spare = row + 4 * ncol;
  for (int b = 0; b < nbatch; b++) {
    if (b + 1 < nbatch)
      prefetch_rows(t, &batch[b + 1]);
    polynomials(lm, lmax, &batch[b], Q, er, ei);
    for (int l = 0; l <= lmax; l++) {
      double(*y)[4] = Y + l * l;
      STORE(y[0], LOAD(Q[ace_lm(l, 0)]));
      for (int m = 1; m <= l; m++) {
        const v4 q = LOAD(Q[ace_lm(l, m)]);
        STORE(y[2 * m - 1], q * LOAD(er[m]));
        STORE(y[2 * m], q * LOAD(ei[m]));
      }
    }
    for (int j = 0; j < 4; j++) {
      if (batch[b].source[j] >= 0)
        values_row(t, batch[b].r[j], row + j * ncol, spare);
      else
        memset(row + j * ncol, 0, (size_t)ncol * sizeof *row);
    }
    for (int l = 0; l <= lmax; l++) {
      const double(*y)[4] = (const double(*)[4])(Y + l * l);
      const double *R = row + t->first[l];
      double *a = A + t->aoff[l];
      switch (l) {
      case 0:
        add_products(1, t->npad[l], ncol, R, y, a);
        break;
      case 1:
        add_products(3, t->npad[l], ncol, R, y, a);
        break;
      case 2:
        add_products(5, t->npad[l], ncol, R, y, a);
        break;
      case 3:
        add_products(7, t->npad[l], ncol, R, y, a);
        break;
      case 4:
        add_products(9, t->npad[l], ncol, R, y, a);
        break;
      case 5:
        add_products(11, t->npad[l], ncol, R, y, a);
        break;
      default:
        add_products(2 * l + 1, t->npad[l], ncol, R, y, a);
        break;
      }
    }
  }
}

INLINE void transpose_store(const v4 *f, double *to) {
  const v4 a = f[0], b = f[1], c = f[2], d = f[3];
  const v4 ab0 = __builtin_shuffle(a, b, (i4){0, 4, 2, 6}), ab1 = __builtin_shuffle(a, b, (i4){1, 5, 3, 7});
  const v4 cd0 = __builtin_shuffle(c, d, (i4){0, 4, 2, 6}), cd1 = __builtin_shuffle(c, d, (i4){1, 5, 3, 7});
  STORE(to, __builtin_shuffle(ab0, cd0, (i4){0, 1, 4, 5}));
  STORE(to + 4, __builtin_shuffle(ab1, cd1, (i4){0, 1, 4, 5}));
  STORE(to + 8, __builtin_shuffle(ab0, cd0, (i4){2, 3, 6, 7}));
  STORE(to + 12, __builtin_shuffle(ab1, cd1, (i4){2, 3, 6, 7}));
}

/* R and dR/dr of four neighbours, channel by channel: rt[channel][4], drt[channel][4]. */
INLINE void rows_by_channel(const ace_pair_table *t, const ace_batch *b, double *rt, double *drt, double *spare) {
  const int ncol = t->ncol;
  const double *k[4];
  double w[4][8];
  for (int j = 0; j < 4; j++) {
    double u = 0.0;
    memset(w[j], 0, sizeof w[j]);
    k[j] = t->table; /* with weights of zero where there is no neighbour, or none in the table */
    if (b->source[j] < 0)
      continue;
    const double *row = knot_of(t, b->r[j], &u);
    if (row == NULL)
      continue;
    k[j] = row;
    const double u2 = u * u, u3 = u2 * u;
    w[j][2] = 3.0 * u2 - 2.0 * u3;
    w[j][0] = 1.0 - w[j][2];
    w[j][3] = u3 - u2;
    w[j][1] = w[j][3] - u2 + u;
    w[j][6] = 6.0 * (u - u2) * t->inv_h;
    w[j][4] = -w[j][6];
    w[j][7] = (3.0 * u2 - 2.0 * u) * t->inv_h;
    w[j][5] = (3.0 * u2 - 4.0 * u + 1.0) * t->inv_h;
  }
  for (int i = 0; i < ncol; i += 4) {
    v4 f[4], d[4];
    for (int j = 0; j < 4; j++) {
      const v4 a0 = LOAD(k[j] + i), a1 = LOAD(k[j] + ncol + i), a2 = LOAD(k[j] + 2 * ncol + i),
               a3 = LOAD(k[j] + 3 * ncol + i);
      f[j] = w[j][0] * a0 + w[j][1] * a1 + w[j][2] * a2 + w[j][3] * a3;
      d[j] = w[j][4] * a0 + w[j][5] * a1 + w[j][6] * a2 + w[j][7] * a3;
    }
    transpose_store(f, rt + 4 * i);
    transpose_store(d, drt + 4 * i);
  }
  for (int j = 0; j < 4; j++) {
    double u;
    if (b->source[j] < 0 || knot_of(t, b->r[j], &u) != NULL)
      continue;
    ace_radial_row(t, b->r[j], spare, spare + ncol);
    for (int i = 0; i < ncol; i++) {
      rt[4 * i + j] = spare[i];
      drt[4 * i + j] = spare[ncol + i];
    }
  }
}

CLONES void ace_kernel_scatter(const ace_pair_table *t, const ace_lm_table *lm, ace_batch *batch, int nbatch,
                               const double *V, double *rt) {
  double Q[ACE_NLM_MAX][4], er[ACE_MAX_LMAX + 1][4], ei[ACE_MAX_LMAX + 1][4];
  const int lmax = t->lmax, ncol = t->ncol;
  const v4 zero = {0.0, 0.0, 0.0, 0.0};
  double *drt = rt + 4 * ncol, *spare = drt + 4 * ncol;
  for (int b = 0; b < nbatch; b++) {
    v4 gx = zero, gy = zero, gz = zero, radial = zero;
    if (lmax >= 0) {
      polynomials(lm, lmax, &batch[b], Q, er, ei);
      rows_by_channel(t, &batch[b], rt, drt, spare);
    }
    for (int m = 0; m <= lmax; m++) {
      /* sums over l: U of s Q, W of s dQ/dz, T of t Q, with s = sum_n V R and t = sum_n V dR */
      v4 Ur = zero, Ui = zero, Wr = zero, Wi = zero, Tr = zero, Ti = zero;
      for (int l = m; l <= lmax; l++) {
        const int n = t->nch[l], at = 4 * t->first[l], k = ace_lm(l, m);
        const double *vr = V + t->aoff[l] + (m > 0 ? 2 * m - 1 : 0) * t->npad[l], *vi = vr + t->npad[l];
        const v4 q = LOAD(Q[k]);
        v4 dq = zero;
        if (l > m)
          dq = lm->d[k] * LOAD(Q[k + 1]);
        v4 sr = zero, tr = zero;
        if (m == 0) {
          for (int i = 0; i < n; i++) {
            sr += vr[i] * LOAD(rt + at + 4 * i);
            tr += vr[i] * LOAD(drt + at + 4 * i);
          }
        } else {
          v4 si = zero, ti = zero;
          for (int i = 0; i < n; i++) {
            const v4 R = LOAD(rt + at + 4 * i), dR = LOAD(drt + at + 4 * i);
            sr += vr[i] * R;
            tr += vr[i] * dR;
            si += vi[i] * R;
            ti += vi[i] * dR;
          }
          Ui += si * q;
          Wi += si * dq;
          Ti += ti * q;
        }
        Ur += sr * q;
        Wr += sr * dq;
        Tr += tr * q;
      }
      const v4 e = LOAD(er[m]), f = LOAD(ei[m]);
      gz += Wr * e + Wi * f;
      radial += Tr * e + Ti * f;
      if (m > 0) {
        const v4 e1 = LOAD(er[m - 1]) * (double)m, f1 = LOAD(ei[m - 1]) * (double)m;
        gx += Ur * e1 + Ui * f1;
        gy += Ui * e1 - Ur * f1;
      }
    }
    const v4 x = LOAD(batch[b].u[0]), y = LOAD(batch[b].u[1]), z = LOAD(batch[b].u[2]), inv = 1.0 / LOAD(batch[b].r);
    const v4 along = radial - (gx * x + gy * y + gz * z) * inv;
    STORE(batch[b].g[0], gx * inv + along * x);
    STORE(batch[b].g[1], gy * inv + along * y);
    STORE(batch[b].g[2], gz * inv + along * z);
  }
}

CLONES void ace_kernel_products(const ace_product *p, double *value) {
  const uint32_t n = p->nnode - p->nvar;
  double *z = value + 8 * (size_t)p->nvar;
  for (uint32_t k = 0; k < n; k++, z += 8) {
    const double *x = value + 8 * (size_t)p->x[k], *y = value + 8 * (size_t)(p->y[k] >> 1);
    const v4 xr = LOAD(x), xi = LOAD(x + 4), yr = LOAD(y), yi = LOAD(y + 4);
    if (p->y[k] & 1u) {
      STORE(z, xr * yr + xi * yi);
      STORE(z + 4, xi * yr - xr * yi);
    } else {
      STORE(z, xr * yr - xi * yi);
      STORE(z + 4, xi * yr + xr * yi);
    }
  }
}

CLONES void ace_kernel_densities(const ace_product *p, const double *value, double *rho, double *adjoint) {
  const int nd = p->ndensity;
  v4 sum[8];
  for (int d = 0; d < nd; d++)
    sum[d] = (v4){0.0, 0.0, 0.0, 0.0};
  for (uint32_t i = 0; i < p->nlinear; i++) {
    const size_t at = 8 * (size_t)p->linear[i];
    for (int d = 0; d < nd; d++)
      sum[d] += p->linear_coef[i * (size_t)nd + (size_t)d] * LOAD(value + at);
    if (nd == 1)
      STORE(adjoint + at, LOAD(adjoint + at) + p->linear_coef[i]);
  }
  for (uint32_t g = 0; g < p->ngroup; g++) {
    const double *P = value + 8 * (size_t)p->group[g];
    const v4 pr = LOAD(P), pi = LOAD(P + 4);
    const uint32_t a = p->first[2 * g], b = p->first[2 * g + 1], c = p->first[2 * g + 2];
    if (nd == 1) {
      /* Re(P Q): derivatives conj(Q) by P, conj(P) by Q; Re(P conj Q): Q by P, P by Q */
      v4 sr = {0.0, 0.0, 0.0, 0.0}, si = sr;
      for (uint32_t i = a; i < b; i++) {
        const size_t q = 8 * (size_t)p->term[i];
        const double w = p->coef[i];
        sr += w * LOAD(value + q);
        si += w * LOAD(value + q + 4);
        STORE(adjoint + q, LOAD(adjoint + q) + w * pr);
        STORE(adjoint + q + 4, LOAD(adjoint + q + 4) - w * pi);
      }
      for (uint32_t i = b; i < c; i++) {
        const size_t q = 8 * (size_t)p->term[i];
        const double w = p->coef[i];
        sr += w * LOAD(value + q);
        si -= w * LOAD(value + q + 4);
        STORE(adjoint + q, LOAD(adjoint + q) + w * pr);
        STORE(adjoint + q + 4, LOAD(adjoint + q + 4) + w * pi);
      }
      double *to = adjoint + 8 * (size_t)p->group[g];
      STORE(to, LOAD(to) + sr);
      STORE(to + 4, LOAD(to + 4) - si);
      sum[0] += pr * sr - pi * si;
    } else {
      for (uint32_t i = a; i < c; i++) {
        const double *q = value + 8 * (size_t)p->term[i];
        const v4 im = pi * LOAD(q + 4), re = i < b ? pr * LOAD(q) - im : pr * LOAD(q) + im;
        for (int d = 0; d < nd; d++)
          sum[d] += p->coef[(size_t)i * (size_t)nd + (size_t)d] * re;
      }
    }
  }
  for (int d = 0; d < nd; d++)
    STORE(rho + 4 * d, sum[d]);
}

CLONES void ace_kernel_weighted(const ace_product *p, const double *value, const double *weight, double *adjoint) {
  const int nd = p->ndensity;
  v4 by[8];
  for (int d = 0; d < nd; d++)
    by[d] = LOAD(weight + 4 * d);
  for (uint32_t i = 0; i < p->nlinear; i++) {
    double *to = adjoint + 8 * (size_t)p->linear[i];
    v4 sum = LOAD(to);
    for (int d = 0; d < nd; d++)
      sum += p->linear_coef[i * (size_t)nd + (size_t)d] * by[d];
    STORE(to, sum);
  }
  for (uint32_t g = 0; g < p->ngroup; g++) {
    const double *P = value + 8 * (size_t)p->group[g];
    const v4 pr = LOAD(P), pi = LOAD(P + 4);
    const uint32_t b = p->first[2 * g + 1], c = p->first[2 * g + 2];
    v4 sr = {0.0, 0.0, 0.0, 0.0}, si = sr;
    for (uint32_t i = p->first[2 * g]; i < c; i++) {
      const size_t q = 8 * (size_t)p->term[i];
      const double *coef = p->coef + (size_t)i * (size_t)nd;
      v4 w = coef[0] * by[0];
      for (int d = 1; d < nd; d++)
        w += coef[d] * by[d];
      const v4 wi = i < b ? -w : w;
      sr += w * LOAD(value + q);
      si += wi * LOAD(value + q + 4);
      STORE(adjoint + q, LOAD(adjoint + q) + w * pr);
      STORE(adjoint + q + 4, LOAD(adjoint + q + 4) + wi * pi);
    }
    double *to = adjoint + 8 * (size_t)p->group[g];
    STORE(to, LOAD(to) + sr);
    STORE(to + 4, LOAD(to + 4) + si);
  }
}

CLONES void ace_kernel_reverse(const ace_product *p, const double *value, double *adjoint) {
  for (uint32_t k = p->nnode - p->nvar; k-- > 0;) {
    const double *g = adjoint + 8 * (size_t)(p->nvar + k);
    const size_t x = 8 * (size_t)p->x[k], y = 8 * (size_t)(p->y[k] >> 1);
    const v4 gr = LOAD(g), gi = LOAD(g + 4), xr = LOAD(value + x), xi = LOAD(value + x + 4), yr = LOAD(value + y),
             yi = LOAD(value + y + 4);
    if (p->y[k] & 1u) { /* z = x conj(y): g_x += g y, g_y += conj(g) x */
      STORE(adjoint + x, LOAD(adjoint + x) + gr * yr - gi * yi);
      STORE(adjoint + x + 4, LOAD(adjoint + x + 4) + gr * yi + gi * yr);
      STORE(adjoint + y, LOAD(adjoint + y) + gr * xr + gi * xi);
      STORE(adjoint + y + 4, LOAD(adjoint + y + 4) + gr * xi - gi * xr);
    } else { /* z = x y: g_x += g conj(y), g_y += g conj(x) */
      STORE(adjoint + x, LOAD(adjoint + x) + gr * yr + gi * yi);
      STORE(adjoint + x + 4, LOAD(adjoint + x + 4) + gi * yr - gr * yi);
      STORE(adjoint + y, LOAD(adjoint + y) + gr * xr + gi * xi);
      STORE(adjoint + y + 4, LOAD(adjoint + y + 4) + gi * xr - gr * xi);
    }
  }
}
