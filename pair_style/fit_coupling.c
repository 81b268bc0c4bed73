/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every tree ((l1 l2) L12 l3) L123 ... -> 0 gives one invariant tensor. The tensors are written on the distinct real
 * products (equal factors exchanged and complex conjugates merged), where an SVD finds how many are independent. */
#include "fit_coupling.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static double factorial(int n) {
  double f = 1;
  for (int k = 2; k <= n; k++)
    f *= k;
  return f;
}

static int imax(int a, int b) {
  return a > b ? a : b;
}
static int imin(int a, int b) {
  return a < b ? a : b;
}

double fit_clebsch_gordan(int l1, int m1, int l2, int m2, int L, int M) {
  if (M != m1 + m2 || L < abs(l1 - l2) || L > l1 + l2 || abs(m1) > l1 || abs(m2) > l2 || abs(M) > L)
    return 0;
  double norm = (2 * L + 1) * factorial(L + l1 - l2) * factorial(L - l1 + l2) * factorial(l1 + l2 - L) /
                factorial(l1 + l2 + L + 1);
  norm *= factorial(L + M) * factorial(L - M) * factorial(l1 - m1) * factorial(l1 + m1) * factorial(l2 - m2) *
          factorial(l2 + m2);
  double sum = 0;
  int lo = imax(0, imax(l2 - L - m1, l1 - L + m2)), hi = imin(l1 + l2 - L, imin(l1 - m1, l2 + m2));
  for (int k = lo; k <= hi; k++) {
    double term = factorial(k) * factorial(l1 + l2 - L - k) * factorial(l1 - m1 - k) * factorial(l2 + m2 - k) *
                  factorial(L - l2 + m1 + k) * factorial(L - l1 - m2 + k);
    sum += (k % 2 ? -1 : 1) / term;
  }
  return sqrt(norm) * sum;
}

/* The work on one coupling: a list of distinct products, and the trees on them. */
typedef struct {
  int order, nms, room_ms, ntree, room_tree;
  const int *l, *channel;
  int8_t *ms;               /* [nms][order] canonical */
  double *mult;             /* [nms] how many plain m-tuples fall on it */
  double *tree;             /* [ntree][nms] */
  int inter[FIT_MAX_ORDER]; /* intermediate momenta of the current tree: inter[t] couples factors 0..t */
} work;

/* Sorts m within groups of equal factors, descending. */
static void sort_equal(const work *w, int8_t *m) {
  for (int a = 0; a < w->order; a++)
    for (int b = a + 1; b < w->order; b++)
      if (w->l[a] == w->l[b] && w->channel[a] == w->channel[b] && m[b] > m[a]) {
        int8_t t = m[a];
        m[a] = m[b];
        m[b] = t;
      }
}

/* The representative of m and of -m. */
static void canonical(const work *w, const int8_t *m, int8_t *out) {
  int8_t neg[FIT_MAX_ORDER];
  size_t n = (size_t)w->order;
  for (int t = 0; t < w->order; t++)
    neg[t] = (int8_t)-m[t];
  memcpy(out, m, n);
  sort_equal(w, out);
  sort_equal(w, neg);
  for (int t = 0; t < w->order; t++) {
    if (neg[t] == out[t])
      continue;
    if (neg[t] > out[t])
      memcpy(out, neg, n);
    break;
  }
}

static int find_ms(const work *w, const int8_t *m) {
  size_t n = (size_t)w->order;
  int lo = 0, hi = w->nms - 1; /* the list is sorted by memcmp once complete */
  while (lo <= hi) {
    int mid = (lo + hi) / 2, c = memcmp(m, w->ms + (size_t)mid * n, n);
    if (c == 0)
      return mid;
    if (c < 0)
      hi = mid - 1;
    else
      lo = mid + 1;
  }
  return -1;
}

/* Calls for every m-tuple with sum 0, in lexical order. */
static bool next_tuple(const work *w, int8_t *m, bool *started) {
  const int n = w->order;
  if (n < 1 || n > FIT_MAX_ORDER)
    return false; /* never, and the compiler sees it */
  if (!*started) {
    for (int t = 0; t < n; t++)
      m[t] = (int8_t)-w->l[t];
    *started = true;
  } else {
    int t = n - 2; /* the last m follows from the others */
    while (t >= 0 && m[t] == w->l[t]) {
      m[t] = (int8_t)-w->l[t];
      t--;
    }
    if (t < 0)
      return false;
    m[t]++;
  }
  return true;
}

static bool close_tuple(const work *w, int8_t *m) {
  int sum = 0;
  for (int t = 0; t < w->order - 1; t++)
    sum += m[t];
  if (abs(sum) > w->l[w->order - 1])
    return false;
  m[w->order - 1] = (int8_t)-sum;
  return true;
}

static int compare_ms(const void *a, const void *b, void *n) {
  return memcmp(a, b, *(const size_t *)n);
}

static lisi_status list_products(work *w, lisi_error *err) {
  size_t n = (size_t)w->order, count = 0, room = 0;
  int8_t m[FIT_MAX_ORDER] = {0}, c[FIT_MAX_ORDER];
  int8_t *all = NULL;
  for (bool started = false; next_tuple(w, m, &started);) {
    if (!close_tuple(w, m)) {
      if (w->order == 1)
        break;
      continue;
    }
    if (count == room) {
      room = room ? 2 * room : 256;
      int8_t *grown = realloc(all, room * n);
      if (!grown) {
        free(all);
        return lisi_no_memory(err, room * n);
      }
      all = grown;
    }
    canonical(w, m, c);
    memcpy(all + count++ * n, c, n);
    if (w->order == 1)
      break;
  }
  if (count)
    qsort_r(all, count, n, compare_ms, &n);
  w->mult = calloc(count + 1, sizeof *w->mult);
  if (!w->mult) {
    free(all);
    return lisi_no_memory(err, count * sizeof *w->mult);
  }
  for (size_t k = 0; k < count; k++) {
    if (w->nms == 0 || memcmp(all + k * n, all + ((size_t)w->nms - 1) * n, n))
      memmove(all + (size_t)w->nms++ * n, all + k * n, n);
    w->mult[w->nms - 1] += 1;
  }
  w->ms = all;
  return LISI_OK;
}

/* Value of the current tree for one m-tuple. */
static double tree_value(const work *w, const int8_t *m) {
  double value = 1;
  int M = m[0];
  for (int t = 1; t < w->order && value != 0; t++) {
    value *= fit_clebsch_gordan(w->inter[t - 1], M, w->l[t], m[t], w->inter[t], M + m[t]);
    M += m[t];
  }
  return value;
}

static lisi_status add_tree(work *w, lisi_error *err) {
  if (w->ntree == w->room_tree) {
    w->room_tree = w->room_tree ? 2 * w->room_tree : 8;
    size_t bytes = (size_t)w->room_tree * (size_t)w->nms * sizeof(double);
    double *grown = realloc(w->tree, bytes);
    if (!grown)
      return lisi_no_memory(err, bytes);
    w->tree = grown;
  }
  double *row = w->tree + (size_t)w->ntree++ * (size_t)w->nms;
  memset(row, 0, (size_t)w->nms * sizeof *row);
  int8_t m[FIT_MAX_ORDER] = {0}, c[FIT_MAX_ORDER];
  for (bool started = false; next_tuple(w, m, &started);) {
    if (close_tuple(w, m)) {
      canonical(w, m, c);
      int k = find_ms(w, c);
      if (k >= 0)
        row[k] += tree_value(w, m);
    }
    if (w->order == 1)
      break;
  }
  return LISI_OK;
}

static lisi_status grow_tree(work *w, int t, lisi_error *err) {
  if (t == w->order)
    return w->inter[t - 1] == 0 ? add_tree(w, err) : LISI_OK;
  int a = w->inter[t - 1];
  lisi_status status = LISI_OK;
  for (int L = abs(a - w->l[t]); L <= a + w->l[t] && status == LISI_OK; L++) {
    w->inter[t] = L;
    status = grow_tree(w, t + 1, err);
  }
  return status;
}

/* Independent rows of w->tree -> out. */
static lisi_status reduce(work *w, fit_coupling *out, lisi_error *err) {
  int nt = w->ntree, nm = w->nms, nsv = imin(nt, nm);
  size_t n = (size_t)w->order, cells = (size_t)nsv * (size_t)nm;
  double *s = malloc((size_t)nsv * sizeof *s), *vt = malloc(cells * sizeof *vt),
         *super = malloc((size_t)nsv * sizeof *super);
  lisi_status status = LISI_OK;
  if (!s || !vt || !super)
    status = lisi_no_memory(err, cells * sizeof *vt);
  if (status == LISI_OK) {
    /* On sqrt(multiplicity)-scaled products the norm is that of the full symmetric tensor. */
    for (int t = 0; t < nt; t++)
      for (int k = 0; k < nm; k++)
        w->tree[(size_t)t * (size_t)nm + (size_t)k] /= sqrt(w->mult[k]);
    double dummy;
    if (LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'S', nt, nm, w->tree, nm, s, &dummy, 1, vt, nm, super) != 0)
      status = lisi_fail(err, LISI_ERR_NUMERIC, "coupling: the singular value decomposition did not converge");
  }
  int rank = 0;
  if (status == LISI_OK)
    while (rank < nsv && s[rank] > 1e-8)
      rank++; /* tree rows have norm <= 1 */
  if (status == LISI_OK && rank > 0) {
    /* Products that no invariant uses are dropped. */
    int used = 0;
    out->ms = malloc((size_t)nm * n);
    out->coef = malloc((size_t)rank * (size_t)nm * sizeof *out->coef);
    if (!out->ms || !out->coef)
      status = lisi_no_memory(err, (size_t)rank * (size_t)nm * sizeof *out->coef);
    int *keep = malloc((size_t)nm * sizeof *keep);
    if (!keep && status == LISI_OK)
      status = lisi_no_memory(err, (size_t)nm * sizeof *keep);
    if (status == LISI_OK) {
      for (int k = 0; k < nm; k++) {
        double big = 0;
        for (int b = 0; b < rank; b++)
          big = fmax(big, fabs(vt[(size_t)b * (size_t)nm + (size_t)k]));
        if (big > 1e-12)
          keep[used++] = k;
      }
      for (int u = 0; u < used; u++)
        memcpy(out->ms + (size_t)u * n, w->ms + (size_t)keep[u] * n, n);
      for (int b = 0; b < rank; b++) {
        double *row = out->coef + (size_t)b * (size_t)used, big = 0;
        for (int u = 0; u < used; u++) {
          row[u] = vt[(size_t)b * (size_t)nm + (size_t)keep[u]] * sqrt(w->mult[keep[u]]);
          if (fabs(row[u]) > fabs(big) + 1e-9)
            big = row[u];
        }
        if (big < 0) /* an SVD leaves the sign open */
          for (int u = 0; u < used; u++)
            row[u] = -row[u];
      }
      out->nms = used;
      out->ninv = rank;
    }
    free(keep);
  }
  free(s);
  free(vt);
  free(super);
  return status;
}

lisi_status fit_coupling_make(int order, const int *l, const int *channel, fit_coupling *out, lisi_error *err) {
  memset(out, 0, sizeof *out);
  out->order = order;
  if (order < 1 || order > FIT_MAX_ORDER)
    return lisi_fail(err, LISI_ERR_INPUT, "coupling: order %d is not in 1..%d", order, FIT_MAX_ORDER);
  int sum = 0;
  for (int t = 0; t < order; t++) {
    if (l[t] < 0 || l[t] > FIT_MAX_L)
      return lisi_fail(err, LISI_ERR_INPUT, "coupling: l = %d is not in 0..%d", l[t], FIT_MAX_L);
    sum += l[t];
  }
  if (sum % 2)
    return lisi_fail(err, LISI_ERR_INPUT, "coupling: the sum of l, %d, is odd", sum);
  work w = {.order = order, .l = l, .channel = channel};
  w.inter[0] = l[0];
  lisi_status status = list_products(&w, err);
  if (status == LISI_OK && w.nms > 0)
    status = grow_tree(&w, 1, err);
  if (status == LISI_OK && w.ntree > 0 && w.nms > 0)
    status = reduce(&w, out, err);
  free(w.ms);
  free(w.mult);
  free(w.tree);
  if (status != LISI_OK)
    fit_coupling_free(out);
  return status;
}

void fit_coupling_free(fit_coupling *coupling) {
  free(coupling->ms);
  free(coupling->coef);
  int order = coupling->order;
  memset(coupling, 0, sizeof *coupling);
  coupling->order = order;
}
