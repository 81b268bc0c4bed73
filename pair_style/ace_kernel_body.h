/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loops that take the time, included once for each kind of processor with
 *   W     lanes of a vector (doubles)
 *   NAME  name of the table of functions, an ace_kernels
 *   TEXT  the same for people
 *   SQRT  square root of a vector
 * Vectors are spelled out, because sums must not be reordered behind our back. All arrays are aligned for them. */
#include "ace_eval_tables.h"
#include "ace_ylm.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef double vec __attribute__((vector_size(8 * W), may_alias));
typedef long long mask __attribute__((vector_size(8 * W)));

enum { CW = ACE_CHUNK * W };

INLINE vec load(const double *p) {
  return *(const vec *)p;
}
INLINE void store(double *p, vec v) {
  *(vec *)p = v;
}
INLINE void add(double *p, vec v) {
  *(vec *)p += v;
}
INLINE vec all(double x) {
  return x - (vec){0.0};
}

#if defined(__clang__) /* which knows only constants as the last argument; it finds the instruction by itself */
INLINE vec shuffle(vec a, vec b, mask from) {
  vec to;
  for (int i = 0; i < W; i++)
    to[i] = from[i] < W ? a[from[i]] : b[from[i] - W];
  return to;
}
#define __builtin_shuffle shuffle
#endif

/* ---- geometry ---- */

static void geometry(double *slot, int nslots) {
  for (int s = 0; s < nslots; s++, slot += ACE_SLOT * W) {
    const vec x = load(slot), y = load(slot + W), z = load(slot + 2 * W);
    const vec r = SQRT(x * x + y * y + z * z), inv = 1.0 / r;
    store(slot, x * inv);
    store(slot + W, y * inv);
    store(slot + 2 * W, z * inv);
    store(slot + ACE_R * W, r);
    store(slot + ACE_INV_R * W, inv);
  }
}

/* ---- radial functions ---- */

/* Transposes a W by W block: element a of to[i] is element i of from[a]. */
#if W == 2
INLINE void transpose(const vec *f, vec *to) {
  to[0] = __builtin_shuffle(f[0], f[1], (mask){0, 2});
  to[1] = __builtin_shuffle(f[0], f[1], (mask){1, 3});
}
#elif W == 4
INLINE void transpose(const vec *f, vec *to) {
  const mask even = {0, 4, 2, 6}, odd = {1, 5, 3, 7}, low = {0, 1, 4, 5}, high = {2, 3, 6, 7};
  const vec a = __builtin_shuffle(f[0], f[1], even), b = __builtin_shuffle(f[0], f[1], odd),
            c = __builtin_shuffle(f[2], f[3], even), d = __builtin_shuffle(f[2], f[3], odd);
  to[0] = __builtin_shuffle(a, c, low);
  to[1] = __builtin_shuffle(b, d, low);
  to[2] = __builtin_shuffle(a, c, high);
  to[3] = __builtin_shuffle(b, d, high);
}
#else
INLINE void transpose(const vec *f, vec *to) {
  const mask even = {0, 8, 2, 10, 4, 12, 6, 14}, odd = {1, 9, 3, 11, 5, 13, 7, 15};
  const mask even2 = {0, 1, 8, 9, 4, 5, 12, 13}, odd2 = {2, 3, 10, 11, 6, 7, 14, 15};
  const mask low = {0, 1, 2, 3, 8, 9, 10, 11}, high = {4, 5, 6, 7, 12, 13, 14, 15};
  vec a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shuffle(f[i], f[i + 1], even);
    a[i + 1] = __builtin_shuffle(f[i], f[i + 1], odd);
  }
  for (int i = 0; i < 8; i += 4)
    for (int k = 0; k < 2; k++) {
      b[i + k] = __builtin_shuffle(a[i + k], a[i + k + 2], even2);
      b[i + k + 2] = __builtin_shuffle(a[i + k], a[i + k + 2], odd2);
    }
  for (int k = 0; k < 4; k++) {
    to[k] = __builtin_shuffle(b[k], b[k + 4], low);
    to[k + 4] = __builtin_shuffle(b[k], b[k + 4], high);
  }
}
#endif

/* Where the rows of the knots around the neighbours of a slot start, and the places between the knots. Lanes without a
 * neighbour are beyond the cut-off, where the table has rows of zeros; those below the first knot are sent there. */
INLINE vec knots_of(const ace_pair_table *t, vec r, const double *k[W]) {
  const vec x = r * t->inv_h;
  vec n;
  for (int a = 0; a < W; a++) {
    const int knot = (int)x[a];
    n[a] = (double)knot;
    k[a] = t->table + 2 * (size_t)t->ncol * (size_t)(knot < 1 ? t->nknots + 1 : knot);
  }
  return x - n;
}

/* Asks for the rows of a slot ahead of time: tables are larger than the caches near the core. */
INLINE void prefetch_rows(const ace_pair_table *t, vec r) {
  const double *k[W];
  const int n = 4 * t->ncol;
  (void)knots_of(t, r, k);
  for (int a = 0; a < W; a++)
    for (int i = 0; i < n; i += 8)
      __builtin_prefetch(k[a] + i);
}

/* R and dR/dr of one slot, channel by channel, R[channel][chunk][W]. */
INLINE void radial_slot(const ace_pair_table *t, vec r, double *R, double *dR) {
  const int ncol = t->ncol, nrow = t->nrow;
  const double *k[W];
  const vec u = knots_of(t, r, k), u2 = u * u, u3 = u2 * u;
  /* value: of the step to the next knot, of the slope here, of the slope there; then the same for the derivative */
  const vec w0 = 3.0 * u2 - 2.0 * u3, w1 = u3 - 2.0 * u2 + u, w2 = u3 - u2, w3 = 6.0 * t->inv_h * (u - u2),
            w4 = t->inv_h * (3.0 * u2 - 4.0 * u + 1.0), w5 = t->inv_h * (3.0 * u2 - 2.0 * u);
  for (int i = 0; i < ncol; i += W) {
    vec f[W], d[W], ft[W], dt[W];
    for (int a = 0; a < W; a++) {
      const double *p = k[a] + i;
      const vec k0 = load(p), s0 = load(p + ncol), step = load(p + 2 * ncol) - k0, s1 = load(p + 3 * ncol);
      f[a] = k0 + w0[a] * step + w1[a] * s0 + w2[a] * s1;
      d[a] = w3[a] * step + w4[a] * s0 + w5[a] * s1;
    }
    transpose(f, ft);
    transpose(d, dt);
    double *to = R + i * CW, *dto = dR + i * CW;
    const int n = nrow - i;
    for (int j = 0; j < W; j++)
      if (j < n) {
        store(to + j * CW, ft[j]);
        store(dto + j * CW, dt[j]);
      }
  }
}

/* The same without the table for neighbours below the first knot, which are rare. */
static __attribute__((noinline)) void radial_close(const ace_pair_table *t, const double *r, double *R, double *dR,
                                                   double *spare) {
  for (int a = 0; a < W; a++) {
    if (r[a] * t->inv_h >= 1.0)
      continue;
    ace_radial_row(t, r[a], spare, spare + t->ncol);
    for (int i = 0; i < t->nrow; i++) {
      R[i * CW + a] = spare[i];
      dR[i * CW + a] = spare[t->ncol + i];
    }
  }
}

/* ---- harmonics ---- */

/* Calls `function` with lmax as a constant, so that loops over l and m are unrolled. */
#define BY_LMAX(lmax, function, ...)                                                                                   \
  switch (lmax) {                                                                                                      \
  case -1:                                                                                                             \
    function(-1, __VA_ARGS__);                                                                                         \
    break;                                                                                                             \
  case 0:                                                                                                              \
    function(0, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 1:                                                                                                              \
    function(1, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 2:                                                                                                              \
    function(2, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 3:                                                                                                              \
    function(3, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 4:                                                                                                              \
    function(4, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 5:                                                                                                              \
    function(5, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  case 6:                                                                                                              \
    function(6, __VA_ARGS__);                                                                                          \
    break;                                                                                                             \
  default:                                                                                                             \
    function(lmax, __VA_ARGS__);                                                                                       \
    break;                                                                                                             \
  }

/* Y_lm of one slot, Y[component][step]: m = 0, then Re and Im of m = 1, 2, .., for each l. Where Q is not NULL also the
 * Q_lm, Q[lm][W], and the powers (x + i y)^m, e[m][2][W]. */
INLINE void harmonics(int lmax, const ace_lm_table *lm, const double *slot, double *Y, int step, double *Q, double *e) {
  const vec x = load(slot), y = load(slot + W), z = load(slot + 2 * W);
  vec pr = all(1.0), pi = all(0.0);
#pragma GCC unroll 8
  for (int m = 0; m <= lmax; m++) {
    vec q0 = all(0.0), q1 = all(lm->qmm[m]);
    if (Q != NULL) {
      store(e + 2 * m * W, pr);
      store(e + (2 * m + 1) * W, pi);
    }
#pragma GCC unroll 8
    for (int l = m; l <= lmax; l++) {
      if (Q != NULL)
        store(Q + ace_lm(l, m) * W, q1);
      double *to = Y + (l * l + (m > 0 ? 2 * m - 1 : 0)) * step;
      if (m == 0)
        store(to, q1);
      else {
        store(to, q1 * pr);
        store(to + step, q1 * pi);
      }
      if (l < lmax) {
        const int next = ace_lm(l + 1, m);
        const vec q2 = (lm->a[next] * z) * q1 - lm->b[next] * q0;
        q0 = q1;
        q1 = q2;
      }
    }
    const vec r = x * pr - y * pi;
    pi = x * pi + y * pr;
    pr = r;
  }
}

INLINE int slots_in(const ace_slots *s, int chunk) {
  const int n = s->nslots - chunk * ACE_CHUNK;
  return n < ACE_CHUNK ? n : ACE_CHUNK;
}

INLINE void radial_chunk(int lmax, const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk,
                         double *Y, double *spare) {
  const int n = slots_in(s, chunk);
  double *R = s->radial + (size_t)chunk * 2 * (size_t)t->nrow * CW, *dR = R + t->nrow * CW;
  const double *slot = s->slot + (size_t)chunk * ACE_CHUNK * ACE_SLOT * W;
  for (int j = 0; j < n; j++, slot += ACE_SLOT * W) {
    const vec r = load(slot + ACE_R * W);
    if (chunk * ACE_CHUNK + j + 1 < s->nslots)
      prefetch_rows(t, load(slot + (ACE_SLOT + ACE_R) * W));
    harmonics(lmax, lm, slot, Y + j * W, CW, NULL, NULL);
    radial_slot(t, r, R + j * W, dR + j * W);
    int close = 0;
    for (int a = 0; a < W; a++)
      close |= r[a] * t->inv_h < 1.0; /* as knots_of and radial_close have it, to the last bit */
    if (close)
      radial_close(t, slot + ACE_R * W, R + j * W, dR + j * W, spare);
  }
}

/* scratch: Y[(lmax+1)^2][chunk][W], a row of values and derivatives */
static void radial(const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk, double *scratch) {
  double *spare = scratch + (t->lmax + 1) * (t->lmax + 1) * CW;
  BY_LMAX(t->lmax, radial_chunk, t, lm, s, chunk, scratch, spare)
}

/* ---- A ---- */

/* Where component c (0: m = 0, 2m - 1 and 2m: Re and Im of m) of channel i of one l stands among the variables. */
INLINE int variable(int nch, int c, int i) {
  return c == 0 ? i : ((c - 1) | 1) * nch + 2 * i + ((c - 1) & 1);
}

/* A of `nc` components and `ni` channels of one l, from component c and channel i on, kept in registers. */
INLINE void tile_A(int nc, int ni, int n, int nch, int c, int i, const double *R, const double *Y, double *A) {
  vec sum[12];
  for (int k = 0; k < nc * ni; k++)
    sum[k] = all(0.0);
  R += i * CW;
  Y += c * CW;
  for (int j = 0; j < n; j++)
    for (int p = 0; p < nc; p++)
      for (int q = 0; q < ni; q++)
        sum[p * ni + q] += load(Y + p * CW + j * W) * load(R + q * CW + j * W);
  for (int p = 0; p < nc; p++)
    for (int q = 0; q < ni; q++)
      add(A + variable(nch, c + p, i + q) * W, sum[p * ni + q]);
}

INLINE void channels_A(int nc, int n, int nch, int c, const double *R, const double *Y, double *A) {
  int i = 0;
  for (; i + 3 <= nch; i += 3)
    tile_A(nc, 3, n, nch, c, i, R, Y, A);
  if (nch - i == 2)
    tile_A(nc, 2, n, nch, c, i, R, Y, A);
  else if (nch - i == 1)
    tile_A(nc, 1, n, nch, c, i, R, Y, A);
}

static void accumulate(const ace_pair_table *t, const ace_slots *s, int chunk, const double *scratch, double *value) {
  const int n = slots_in(s, chunk);
  const double *R = s->radial + (size_t)chunk * 2 * (size_t)t->nrow * CW;
  for (int l = 0; l <= t->lmax; l++) {
    const int nch = t->nch[l], components = 2 * l + 1;
    const double *Rl = R + t->first[l] * CW, *Y = scratch + l * l * CW;
    double *A = value + t->at[l] * W;
    int c = 0;
    if (nch == 0)
      continue;
    if (components % 4 == 1) {
      channels_A(1, n, nch, 0, Rl, Y, A);
      c = 1;
    } else {
      channels_A(3, n, nch, 0, Rl, Y, A);
      c = 3;
    }
    for (; c < components; c += 4)
      channels_A(4, n, nch, c, Rl, Y, A);
  }
}

/* ---- products ---- */

INLINE void multiply(ace_product_kind kind, const double *x, const double *y, vec *zr, vec *zi) {
  *zi = all(0.0);
  switch (kind) {
  case ACE_VALUE:
    *zr = load(x);
    *zi = load(x + W);
    break;
  case ACE_REAL_VALUE:
    *zr = load(x);
    break;
  case ACE_RR:
    *zr = load(x) * load(y);
    break;
  case ACE_RC:
    *zr = load(x) * load(y);
    *zi = load(x) * load(y + W);
    break;
  case ACE_CC:
    *zr = load(x) * load(y) - load(x + W) * load(y + W);
    *zi = load(x + W) * load(y) + load(x) * load(y + W);
    break;
  case ACE_CJ:
    *zr = load(x) * load(y) + load(x + W) * load(y + W);
    *zi = load(x + W) * load(y) - load(x) * load(y + W);
    break;
  case ACE_ABS:
    *zr = load(x) * load(x) + load(x + W) * load(x + W);
    break;
  }
}

/* The adjoint of a product (gr = dE/dRe z, gi = dE/dIm z) handed to its factors with values x, y and adjoints ax, ay.
 */
INLINE void hand_down(ace_product_kind kind, vec gr, vec gi, const double *x, const double *y, double *ax, double *ay) {
  if (kind == ACE_VALUE) {
    add(ax, gr);
    add(ax + W, gi);
    return;
  }
  if (kind == ACE_REAL_VALUE) {
    add(ax, gr);
    return;
  }
  const vec xr = load(x), yr = load(y);
  if (kind == ACE_RR) {
    add(ax, gr * yr);
    add(ay, gr * xr);
    return;
  }
  if (kind == ACE_RC) {
    add(ax, gr * yr + gi * load(y + W));
    add(ay, gr * xr);
    add(ay + W, gi * xr);
    return;
  }
  const vec xi = load(x + W);
  if (kind == ACE_ABS) {
    add(ax, 2.0 * (gr * xr));
    add(ax + W, 2.0 * (gr * xi));
    return;
  }
  const vec yi = load(y + W);
  if (kind == ACE_CC) {
    add(ax, gr * yr + gi * yi);
    add(ax + W, gi * yr - gr * yi);
    add(ay, gr * xr + gi * xi);
    add(ay + W, gi * xr - gr * xi);
  } else {
    add(ax, gr * yr - gi * yi);
    add(ax + W, gr * yi + gi * yr);
    add(ay, gr * xr + gi * xi);
    add(ay + W, gr * xi - gi * xr);
  }
}

INLINE void products_run(ace_product_kind kind, const ace_product *p, uint32_t from, uint32_t to, double *value) {
  for (uint32_t k = from; k < to; k++) {
    vec zr, zi;
    multiply(kind, value + p->x[k], value + p->y[k], &zr, &zi);
    double *z = value + p->z[k];
    store(z, zr);
    if (kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ)
      store(z + W, zi);
  }
}

static void products(const ace_product *p, double *value) {
  uint32_t at = 0;
  for (uint32_t r = 0; r < p->nrun; r++) {
    const uint32_t to = at + p->run[r].count;
    switch (p->run[r].kind) {
    case ACE_RR:
      products_run(ACE_RR, p, at, to, value);
      break;
    case ACE_RC:
      products_run(ACE_RC, p, at, to, value);
      break;
    case ACE_CC:
      products_run(ACE_CC, p, at, to, value);
      break;
    case ACE_CJ:
      products_run(ACE_CJ, p, at, to, value);
      break;
    default:
      products_run(ACE_ABS, p, at, to, value);
      break;
    }
    at = to;
  }
}

INLINE void reverse_run(ace_product_kind kind, const ace_product *p, uint32_t from, uint32_t to, const double *value,
                        double *adjoint) {
  for (uint32_t k = to; k-- > from;) {
    const size_t x = p->x[k], y = p->y[k], z = p->z[k];
    const int imaginary = kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ;
    hand_down(kind, load(adjoint + z), imaginary ? load(adjoint + z + W) : all(0.0), value + x, value + y, adjoint + x,
              adjoint + y);
  }
}

static void reverse(const ace_product *p, const double *value, double *adjoint) {
  uint32_t at = p->nkept;
  for (uint32_t r = p->nrun; r-- > 0;) {
    const uint32_t from = at - p->run[r].count;
    switch (p->run[r].kind) {
    case ACE_RR:
      reverse_run(ACE_RR, p, from, at, value, adjoint);
      break;
    case ACE_RC:
      reverse_run(ACE_RC, p, from, at, value, adjoint);
      break;
    case ACE_CC:
      reverse_run(ACE_CC, p, from, at, value, adjoint);
      break;
    case ACE_CJ:
      reverse_run(ACE_CJ, p, from, at, value, adjoint);
      break;
    default:
      reverse_run(ACE_ABS, p, from, at, value, adjoint);
      break;
    }
    at = from;
  }
}

/* ---- densities: groups Re(P sum c Q) ---- */

/* What a sweep over the groups is for. */
typedef enum {
  ONE,     /* one density: its value and its derivatives */
  VALUES,  /* several: their values */
  GRADIENT /* several: the derivatives of their weighted sum */
} purpose;

typedef struct {
  const ace_product *p;
  const double *value;
  double *adjoint;
  vec *rho;           /* [ndensity] */
  const vec *by;      /* [ndensity] weights */
  size_t group, term; /* the next ones */
} sweep;

/* One group: P = pr + i pi times the sum of n terms of one variety. *sr and *si: the derivatives by P. */
INLINE void group(const sweep *s, purpose what, int variety, int nd, const uint32_t *term, const double *coef,
                  uint32_t n, vec pr, vec pi, vec *sr, vec *si) {
  vec r = all(0.0), i = all(0.0);
  for (uint32_t k = 0; k < n; k++, coef += nd) {
    const double *q = s->value + term[k];
    double *a = s->adjoint + term[k];
    if (what == VALUES) {
      vec z = pr * load(q);
      if (variety == 1)
        z -= pi * load(q + W);
      if (variety == 2)
        z += pi * load(q + W);
      for (int d = 0; d < nd; d++)
        s->rho[d] += coef[d] * z;
      continue;
    }
    vec w;
    if (what == ONE)
      w = all(coef[0]);
    else {
      w = coef[0] * s->by[0];
      for (int d = 1; d < nd; d++)
        w += coef[d] * s->by[d];
    }
    r += w * load(q);
    add(a, w * pr);
    if (variety == 1) { /* Re(P Q): derivatives conj(Q) by P, conj(P) by Q */
      i -= w * load(q + W);
      *(vec *)(a + W) -= w * pi;
    }
    if (variety == 2) { /* Re(P conj Q): Q by P, P by Q */
      i += w * load(q + W);
      add(a + W, w * pi);
    }
  }
  *sr = r;
  *si = i;
}

INLINE void groups_of(sweep *s, purpose what, ace_product_kind kind, int variety, int nd, const ace_run *run) {
  const ace_product *p = s->p;
  const int imaginary = kind == ACE_VALUE || kind == ACE_RC || kind == ACE_CC || kind == ACE_CJ;
  const uint32_t n = run->terms;
  const uint32_t *gx = p->gx + s->group, *gy = p->gy + s->group, *term = p->term + s->term;
  const double *coef = p->coef + s->term * (size_t)nd;
  vec rho = all(0.0);
  for (uint32_t k = 0; k < run->count; k++, term += n, coef += n * (size_t)nd) {
    const uint32_t x = gx[k], y = gy[k];
    vec pr, pi, sr, si;
    multiply(kind, s->value + x, s->value + y, &pr, &pi);
    group(s, what, variety, nd, term, coef, n, pr, pi, &sr, &si);
    if (what == VALUES)
      continue;
    if (what == ONE)
      rho += imaginary ? pr * sr + pi * si : pr * sr;
    hand_down(kind, sr, si, s->value + x, s->value + y, s->adjoint + x, s->adjoint + y);
  }
  if (what == ONE)
    s->rho[0] += rho;
  s->group += run->count;
  s->term += run->count * (size_t)n;
}

/* With a real leader all terms are of variety 0. */
INLINE void groups_run(sweep *s, purpose what, ace_product_kind kind, int nd, const ace_run *run) {
  if (run->variety == 0)
    groups_of(s, what, kind, 0, nd, run);
  else if (run->variety == 1)
    groups_of(s, what, kind, 1, nd, run);
  else
    groups_of(s, what, kind, 2, nd, run);
}

INLINE void groups(sweep *s, purpose what, int nd) {
  for (uint32_t r = 0; r < s->p->ngrouprun; r++) {
    const ace_run *run = &s->p->grouprun[r];
    switch (run->kind) {
    case ACE_VALUE:
      groups_run(s, what, ACE_VALUE, nd, run);
      break;
    case ACE_REAL_VALUE:
      groups_of(s, what, ACE_REAL_VALUE, 0, nd, run);
      break;
    case ACE_RR:
      groups_of(s, what, ACE_RR, 0, nd, run);
      break;
    case ACE_RC:
      groups_run(s, what, ACE_RC, nd, run);
      break;
    case ACE_CC:
      groups_run(s, what, ACE_CC, nd, run);
      break;
    case ACE_CJ:
      groups_run(s, what, ACE_CJ, nd, run);
      break;
    case ACE_ABS:
      groups_of(s, what, ACE_ABS, 0, nd, run);
      break;
    }
  }
}

static void densities(const ace_product *p, const double *value, double *rho, double *adjoint) {
  const int nd = p->ndensity;
  vec sum[ACE_MAX_DENSITY];
  for (int d = 0; d < nd; d++)
    sum[d] = all(0.0);
  for (uint32_t i = 0; i < p->nlinear; i++) {
    const size_t at = p->linear[i];
    for (int d = 0; d < nd; d++)
      sum[d] += p->linear_coef[i * (size_t)nd + (size_t)d] * load(value + at);
    if (nd == 1)
      add(adjoint + at, all(p->linear_coef[i]));
  }
  sweep s = {.p = p, .value = value, .adjoint = adjoint, .rho = sum};
  if (nd == 1)
    groups(&s, ONE, 1);
  else if (nd == 2)
    groups(&s, VALUES, 2);
  else
    groups(&s, VALUES, nd);
  for (int d = 0; d < nd; d++)
    store(rho + W * d, sum[d]);
}

static void weighted(const ace_product *p, const double *value, const double *weight, double *adjoint) {
  const int nd = p->ndensity;
  vec by[ACE_MAX_DENSITY];
  for (int d = 0; d < nd; d++)
    by[d] = load(weight + W * d);
  for (uint32_t i = 0; i < p->nlinear; i++) {
    double *to = adjoint + p->linear[i];
    for (int d = 0; d < nd; d++)
      add(to, p->linear_coef[i * (size_t)nd + (size_t)d] * by[d]);
  }
  sweep s = {.p = p, .value = value, .adjoint = adjoint, .by = by};
  if (nd == 2)
    groups(&s, GRADIENT, 2);
  else
    groups(&s, GRADIENT, nd);
}

/* ---- forces ---- */

/* S[c] = sum_n V[c][n] R[n], and T += Y[c] sum_n V[c][n] dR[n], for `nc` components and `ns` slots: V[n] at v and the
 * next component one vector further, Y[c] and S[c] at [c][ns][W]. */
INLINE void tile_forces(int nc, int ns, int nch, const double *R, const double *dR, const double *v, int step,
                        const double *Y, double *S, vec *T) {
  vec s[4], d[4];
  for (int k = 0; k < nc * ns; k++)
    s[k] = d[k] = all(0.0);
  for (int i = 0; i < nch; i++)
    for (int q = 0; q < ns; q++) {
      const vec r = load(R + i * CW + q * W), dr = load(dR + i * CW + q * W);
      for (int k = 0; k < nc; k++) {
        s[k * ns + q] += load(v + i * step + k * W) * r;
        d[k * ns + q] += load(v + i * step + k * W) * dr;
      }
    }
  for (int k = 0; k < nc; k++)
    for (int q = 0; q < ns; q++) {
      store(S + (k * ns + q) * W, s[k * ns + q]);
      T[q] += d[k * ns + q] * load(Y + (k * ns + q) * W);
    }
}

/* All components of one l. */
INLINE void forces_l(int l, int ns, int nch, const double *R, const double *dR, const double *v, const double *Y,
                     double *S, vec *T) {
  tile_forces(1, ns, nch, R, dR, v, W, Y, S, T);
  v += nch * W;
  for (int m = 1; m <= l; m++, v += 2 * nch * W)
    tile_forces(2, ns, nch, R, dR, v, 2 * W, Y + (2 * m - 1) * ns * W, S + (2 * m - 1) * ns * W, T);
}

/* The gradient of one slot from S[component][ns][W] and T. */
INLINE void gradient_slot(int lmax, int ns, const ace_lm_table *lm, double *slot, const vec scale, const double *S,
                          const double *Q, const double *e, vec T) {
  const int step = ns * W;
  const vec zero = all(0.0);
  vec gx = zero, gy = zero, gz = zero;
#pragma GCC unroll 8
  for (int l = 1; l <= lmax; l++)
    gz += load(S + l * l * step) * (lm->d[ace_lm(l, 0)] * load(Q + ace_lm(l, 1) * W));
#pragma GCC unroll 8
  for (int m = 1; m <= lmax; m++) {
    vec q = all(lm->qmm[m]), Wr = zero, Wi = zero;
    const double *s = S + (m * m + 2 * m - 1) * step;
    vec Ur = load(s) * q, Ui = load(s + step) * q;
#pragma GCC unroll 8
    for (int l = m + 1; l <= lmax; l++) {
      const int k = ace_lm(l, m);
      const vec sr = load(S + (l * l + 2 * m - 1) * step), si = load(S + (l * l + 2 * m) * step);
      const vec dq = lm->d[k] * load(Q + (k + 1) * W);
      q = load(Q + k * W);
      Ur += sr * q;
      Ui += si * q;
      Wr += sr * dq;
      Wi += si * dq;
    }
    const vec er = load(e + 2 * m * W), ei = load(e + (2 * m + 1) * W);
    const vec fr = load(e + (2 * m - 2) * W) * (double)m, fi = load(e + (2 * m - 1) * W) * (double)m;
    gz += Wr * er + Wi * ei;
    gx += Ur * fr + Ui * fi;
    gy += Ui * fr - Ur * fi;
  }
  const vec x = load(slot), y = load(slot + W), z = load(slot + 2 * W), inv = load(slot + ACE_INV_R * W);
  const vec along = T - (gx * x + gy * y + gz * z) * inv;
  store(slot + ACE_G * W, scale * (gx * inv + along * x));
  store(slot + (ACE_G + 1) * W, scale * (gy * inv + along * y));
  store(slot + (ACE_G + 2) * W, scale * (gz * inv + along * z));
}

/* `ns` slots from j on. scratch: Y and S [(lmax+1)^2][ns][W], Q [ns][nlm][W], e [ns][lmax+1][2][W]. */
INLINE void forces_slots(int lmax, int ns, const ace_pair_table *t, const ace_lm_table *lm, const double *R,
                         const double *dR, double *slot, const double *V, const double *scale, double *scratch) {
  const int l1 = lmax + 1, nq = l1 * (l1 + 1) / 2 * W, ne = 2 * l1 * W;
  double *Y = scratch, *S = Y + l1 * l1 * ns * W, *Q = S + l1 * l1 * ns * W, *e = Q + ns * nq;
  vec T[2] = {all(0.0), all(0.0)};
  for (int q = 0; q < ns; q++)
    harmonics(lmax, lm, slot + q * ACE_SLOT * W, Y + q * W, ns * W, Q + q * nq, e + q * ne);
  for (int l = 0; l <= lmax; l++) {
    const int nch = t->nch[l], at = t->first[l] * CW, c = l * l * ns * W;
    const double *v = V + t->at[l] * W;
    switch (nch) {
    case 1:
      forces_l(l, ns, 1, R + at, dR + at, v, Y + c, S + c, T);
      break;
    case 2:
      forces_l(l, ns, 2, R + at, dR + at, v, Y + c, S + c, T);
      break;
    case 3:
      forces_l(l, ns, 3, R + at, dR + at, v, Y + c, S + c, T);
      break;
    case 4:
      forces_l(l, ns, 4, R + at, dR + at, v, Y + c, S + c, T);
      break;
    case 5:
      forces_l(l, ns, 5, R + at, dR + at, v, Y + c, S + c, T);
      break;
    case 6:
      forces_l(l, ns, 6, R + at, dR + at, v, Y + c, S + c, T);
      break;
    default:
      forces_l(l, ns, nch, R + at, dR + at, v, Y + c, S + c, T);
      break;
    }
  }
  for (int q = 0; q < ns; q++)
    gradient_slot(lmax, ns, lm, slot + q * ACE_SLOT * W, load(scale), S + q * W, Q + q * nq, e + q * ne, T[q]);
}

INLINE void forces_chunk(int lmax, const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk,
                         const double *V, const double *scale, double *scratch) {
  const int n = slots_in(s, chunk);
  const double *R = s->radial + (size_t)chunk * 2 * (size_t)t->nrow * CW, *dR = R + t->nrow * CW;
  double *slot = s->slot + (size_t)chunk * ACE_CHUNK * ACE_SLOT * W;
  int j = 0;
  for (; j + 2 <= n; j += 2)
    forces_slots(lmax, 2, t, lm, R + j * W, dR + j * W, slot + j * ACE_SLOT * W, V, scale, scratch);
  if (j < n)
    forces_slots(lmax, 1, t, lm, R + j * W, dR + j * W, slot + j * ACE_SLOT * W, V, scale, scratch);
}

static void forces(const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk, const double *V,
                   const double *scale, double *scratch) {
  BY_LMAX(t->lmax, forces_chunk, t, lm, s, chunk, V, scale, scratch)
}

const ace_kernels NAME = {
    .name = TEXT,
    .lanes = W,
    .geometry = geometry,
    .radial = radial,
    .accumulate = accumulate,
    .products = products,
    .densities = densities,
    .weighted = weighted,
    .reverse = reverse,
    .forces = forces,
};
