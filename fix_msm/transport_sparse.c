/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "transport_sparse.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_NODES 480   /* of the quadrature */
#define SOLVED 1e-13     /* relative error of the linear systems */
#define QUADRATURE 1e-10 /* of D, relative to the uncorrelated part A/(2 tau) */

lisi_status transport_sparse_d(const sparse_flux *f, transport *t, lisi_error *err) {
  const size_t N = (size_t)t->n;
  for (int a = 0; a < 3; a++) {
    for (int c = 0; c < 3; c++)
      t->D[a][c] = t->A[a][c] / (2.0 * t->lag);
  }
  if (t->n < 2)
    return LISI_OK;
  double *right = malloc(6 * N * sizeof *right), *y = right + 3 * N;
  if (right == NULL)
    return lisi_no_memory(err, 6 * N * sizeof *right);
  lisi_status status = LISI_OK;
  for (size_t a = 0; a < 3 && status == LISI_OK; a++) { /* Pi (I - P) y = Pi b */
    for (size_t i = 0; i < N; i++)
      right[a * N + i] = t->pi[i] * t->b[3 * i + a];
    status = laplacian_solve(f->solver, right + a * N, SOLVED, y + a * N, err);
  }
  for (size_t a = 0; a < 3 && status == LISI_OK; a++) {
    for (size_t c = 0; c < 3; c++) {
      double s = 0.0;
      for (size_t i = 0; i < N; i++)
        s += right[a * N + i] * y[c * N + i] + right[c * N + i] * y[a * N + i];
      t->D[a][c] -= s / (2.0 * t->lag);
    }
  }
  free(right);
  return status;
}

/* ---- block Lanczos with full reorthogonalisation ---- */

typedef struct {
  size_t n;
  int fixed;      /* the first columns of Q: the stationary mode and the slow ones, which all others stay away from */
  int start;      /* columns of the first block */
  int k;          /* columns in all */
  int done;       /* of the k - fixed, those whose column of T is known */
  double *Q;      /* [k][n] */
  double *T;      /* [WIDTH][WIDTH] symmetric, as far as j >= i; band of at most three */
  double R[3][3]; /* the first block is Q R: R[column][direction] */
  double *h, *x;  /* work */
} lanczos;

enum { WIDTH = MOST_NODES + 3 };

/* w made orthogonal to all columns; the coefficients are added up in h. Returns its norm. */
static double orthogonalise(lanczos *z, double *w) {
  const int n = (int)z->n;
  double norm = cblas_dnrm2(n, w, 1);
  memset(z->h, 0, (size_t)z->k * sizeof *z->h);
  for (int pass = 0; pass < 3; pass++) {
    cblas_dgemv(CblasRowMajor, CblasNoTrans, z->k, n, 1.0, z->Q, n, w, 1, 0.0, z->x, 1);
    cblas_dgemv(CblasRowMajor, CblasTrans, z->k, n, -1.0, z->Q, n, z->x, 1, 1.0, w, 1);
    for (int q = 0; q < z->k; q++)
      z->h[q] += z->x[q];
    const double left = cblas_dnrm2(n, w, 1);
    const bool enough = left > 0.3 * norm;
    norm = left;
    if (enough)
      break;
  }
  return norm;
}

/* The vector at Q[k] becomes a column if it is none of the others' combination: below `scale` it is rounding. */
static bool append(lanczos *z, double scale, double *norm) {
  double *w = z->Q + (size_t)z->k * z->n;
  *norm = orthogonalise(z, w);
  if (!(*norm > 1e-12 * scale))
    return false;
  cblas_dscal((int)z->n, 1.0 / *norm, w, 1);
  z->k++;
  return true;
}

/* The columns of the first block, from sqrt(pi) b. */
static void first_block(const transport *t, const double *root, lanczos *z) {
  double scale = 0.0;
  for (size_t i = 0; i < z->n; i++) {
    for (size_t a = 0; a < 3; a++)
      scale += t->pi[i] * t->b[3 * i + a] * t->b[3 * i + a];
  }
  scale = sqrt(scale);
  for (size_t a = 0; a < 3; a++) {
    double *w = z->Q + (size_t)z->k * z->n, norm;
    for (size_t i = 0; i < z->n; i++)
      w[i] = root[i] * t->b[3 * i + a];
    const int before = z->k;
    const bool taken = append(z, scale, &norm);
    for (int q = z->fixed; q < before; q++)
      z->R[q - z->fixed][a] = z->h[q];
    if (taken)
      z->R[before - z->fixed][a] = norm;
  }
  z->start = z->k - z->fixed;
}

/* One more column of T, and the next vector. False: the space is exhausted. */
static bool grow(const sparse_flux *f, const double *root, lanczos *z) {
  const int column = z->done;
  if (z->fixed + column >= z->k || z->k - z->fixed >= MOST_NODES)
    return false;
  const double *q = z->Q + (size_t)(z->fixed + column) * z->n;
  double *w = z->Q + (size_t)z->k * z->n, norm;
  double *scaled = w + z->n; /* the column after is free, too */
  for (size_t i = 0; i < z->n; i++)
    scaled[i] = q[i] / root[i];
  (void)laplacian_apply(f->solver, scaled, w);
  for (size_t i = 0; i < z->n; i++)
    w[i] /= root[i];
  const int before = z->k;
  const bool taken = append(z, 1.0, &norm);
  for (int p = z->fixed; p < before; p++)
    z->T[(size_t)column * WIDTH + (size_t)(p - z->fixed)] = z->h[p];
  if (taken)
    z->T[(size_t)column * WIDTH + (size_t)(before - z->fixed)] = norm;
  z->done++;
  return true;
}

/* gap[done] and B[done][3] of the quadrature. */
static lisi_status nodes(const lanczos *z, double *gap, double *B, lisi_error *err) {
  const size_t m = (size_t)z->done;
  double *S = malloc((m * m + 1) * sizeof *S);
  if (S == NULL)
    return lisi_no_memory(err, m * m * sizeof *S);
  for (size_t i = 0; i < m; i++) {
    for (size_t j = i; j < m; j++)
      S[i * m + j] = S[j * m + i] = z->T[i * WIDTH + j];
  }
  const lapack_int info = m > 0 ? LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', (lapack_int)m, S, (lapack_int)m, gap) : 0;
  for (size_t k = 0; k < m && info == 0; k++) {
    for (size_t a = 0; a < 3; a++) {
      B[3 * k + a] = 0.0;
      for (size_t s = 0; s < (size_t)z->start && s < m; s++)
        B[3 * k + a] += S[k * m + s] * z->R[s][a];
    }
  }
  free(S);
  return info == 0 ? LISI_OK
                   : lisi_fail(err, LISI_ERR_NUMERIC, "the quadrature of the MSD failed (dsyevd: %d)", (int)info);
}

/* How far D from the modes is from D. */
static double missing(const transport *t) {
  double worst = 0.0, scale = 0.0;
  for (size_t a = 0; a < 3; a++) {
    double s = t->A[a][a];
    for (size_t k = 1; k < (size_t)t->nmodes; k++) {
      if (t->gap[k] > 0.0)
        s -= 2.0 * t->B[3 * k + a] * t->B[3 * k + a] / t->gap[k];
    }
    worst = fmax(worst, fabs(s - 2.0 * t->lag * t->D[a][a]));
    scale = fmax(scale, t->A[a][a]);
  }
  return scale > 0.0 ? worst / scale : 0.0;
}

lisi_status transport_sparse_modes(const sparse_flux *f, int nslow, const double *slow_gap, const double *slow_vectors,
                                   transport *t, lisi_error *err) {
  const size_t N = (size_t)t->n, most = (size_t)nslow + 1 + MOST_NODES;
  lanczos z = {.n = N, .fixed = nslow + 1, .k = nslow + 1};
  double *root = malloc(N * sizeof *root);
  z.Q = malloc((most + 5) * N * sizeof *z.Q);
  z.T = calloc((size_t)WIDTH * WIDTH, sizeof *z.T);
  z.h = malloc((most + 5) * sizeof *z.h);
  z.x = malloc((most + 5) * sizeof *z.x);
  t->lambda = malloc(most * sizeof *t->lambda);
  t->gap = calloc(most, sizeof *t->gap);
  t->B = calloc(3 * most, sizeof *t->B);
  lisi_status status = LISI_OK;
  if (!root || !z.Q || !z.T || !z.h || !z.x || !t->lambda || !t->gap || !t->B) {
    status = lisi_no_memory(err, most * N * sizeof *z.Q);
    goto done;
  }
  for (size_t i = 0; i < N; i++)
    z.Q[i] = root[i] = sqrt(t->pi[i]);
  if (nslow > 0)
    memcpy(z.Q + N, slow_vectors, (size_t)nslow * N * sizeof *z.Q);
  for (size_t k = 1; k <= (size_t)nslow; k++) {
    t->gap[k] = slow_gap[k - 1];
    for (size_t i = 0; i < N; i++) {
      for (size_t a = 0; a < 3; a++)
        t->B[3 * k + a] += root[i] * t->b[3 * i + a] * z.Q[k * N + i];
    }
  }
  first_block(t, root, &z);
  for (int next = 60; status == LISI_OK; next *= 2) {
    bool more = true;
    while (z.done < next && more)
      more = grow(f, root, &z);
    status = nodes(&z, t->gap + z.fixed, t->B + 3 * (size_t)z.fixed, err);
    t->nmodes = z.fixed + z.done;
    if (!more || missing(t) < QUADRATURE)
      break;
  }
  for (int k = 0; k < t->nmodes && status == LISI_OK; k++) {
    t->gap[k] = fmax(t->gap[k], 0.0);
    t->lambda[k] = 1.0 - t->gap[k];
  }
done:
  free(root);
  free(z.Q);
  free(z.T);
  free(z.h);
  free(z.x);
  return status;
}
