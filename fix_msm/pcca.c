/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcca.h"

#include "spectrum.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void pcca_free(pcca *p) {
  free(p->chi);
  free(p->set);
  free(p->weight);
  free(p->P);
  memset(p, 0, sizeof *p);
}

int pcca_suggest(int n, const double *gap, int most) {
  int best = 1;
  double ratio = 1.0;
  for (int m = 2; m <= most && m < n && gap[m - 1] < 1.0; m++) {
    const double t = spectrum_timescale_gap(gap[m - 1], 1.0);
    const double next = gap[m] < 1.0 ? spectrum_timescale_gap(gap[m], 1.0) : 0.0;
    const double r = isinf(t) ? (isinf(next) ? 1.0 : INFINITY) : t / fmax(next, 1.0); /* below a lag all are one */
    if (r > ratio) {
      ratio = r;
      best = m;
    }
  }
  return best;
}

lisi_status pcca_natural(int n, const double *X, const double *pi, const double *gap, int most, pcca *r,
                         lisi_error *err) {
  memset(r, 0, sizeof *r);
  for (int m = pcca_suggest(n, gap, most < PCCA_MOST_SETS ? most : PCCA_MOST_SETS); m >= 2; m--) {
    lisi_error why = {0};
    const lisi_status status = pcca_sets(n, X, pi, m, r, &why);
    if (status == LISI_OK)
      return status;
    if (status != LISI_ERR_NUMERIC)
      return lisi_fail(err, status, "%s", why.message);
  }
  return LISI_OK;
}

/* Leading eigenvectors with the constant one first, psi[n][m], orthonormal under pi. Degenerate modes come in any
 * rotation: a reflection within the m of them puts sqrt(pi) first. */
static void leading(size_t N, size_t m, const double *u, const double *pi, double *psi) {
  double c[PCCA_MOST_SETS], v[PCCA_MOST_SETS], norm = 0.0, vv = 0.0;
  for (size_t k = 0; k < m; k++) {
    c[k] = 0.0;
    for (size_t i = 0; i < N; i++)
      c[k] += sqrt(pi[i]) * u[k * N + i];
    norm += c[k] * c[k];
  }
  norm = sqrt(norm);
  for (size_t k = 0; k < m; k++) { /* H = 1 - 2 v v^T/v^T v sends c to -+ norm e_0 */
    v[k] = c[k] + (k == 0 ? copysign(norm, c[0]) : 0.0);
    vv += v[k] * v[k];
  }
  const double sign = c[0] < 0.0 ? 1.0 : -1.0;
  for (size_t i = 0; i < N; i++) {
    double dot = 0.0;
    for (size_t k = 0; k < m; k++)
      dot += v[k] * u[k * N + i];
    for (size_t k = 0; k < m; k++)
      psi[i * m + k] = (u[k * N + i] - 2.0 * v[k] * dot / vv) / sqrt(pi[i]) * (k == 0 ? sign : 1.0);
    psi[i * m] = 1.0; /* what it is, to rounding */
  }
}

/* The m states whose psi span the largest simplex, one after the other by Gram and Schmidt. */
static lisi_status corners(size_t N, size_t m, const double *psi, size_t *corner, lisi_error *err) {
  double *work = malloc(N * m * sizeof *work), largest = -1.0;
  if (work == NULL)
    return lisi_no_memory(err, N * m * sizeof *work);
  for (size_t i = 0; i < N; i++) {
    double d = 0.0;
    for (size_t k = 1; k < m; k++)
      d += psi[i * m + k] * psi[i * m + k];
    if (d > largest) {
      largest = d;
      corner[0] = i;
    }
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t k = 0; k < m; k++)
      work[i * m + k] = psi[i * m + k] - psi[corner[0] * m + k];
  }
  for (size_t q = 1; q < m; q++) {
    largest = -1.0;
    for (size_t i = 0; i < N; i++) {
      double d = 0.0;
      for (size_t k = 0; k < m; k++)
        d += work[i * m + k] * work[i * m + k];
      if (d > largest) {
        largest = d;
        corner[q] = i;
      }
    }
    double axis[PCCA_MOST_SETS];
    const double length = sqrt(largest);
    for (size_t k = 0; k < m; k++)
      axis[k] = length > 0.0 ? work[corner[q] * m + k] / length : 0.0;
    for (size_t i = 0; i < N; i++) {
      double dot = 0.0;
      for (size_t k = 0; k < m; k++)
        dot += work[i * m + k] * axis[k];
      for (size_t k = 0; k < m; k++)
        work[i * m + k] -= dot * axis[k];
    }
  }
  free(work);
  return LISI_OK;
}

/* A[m][m] made feasible from its lower right part: rows below the first sum to zero, the smallest membership of every
 * set is 0, the memberships of a state sum to 1. False where that is not possible. */
static bool make_feasible(size_t N, size_t m, const double *psi, double *A) {
  double total = 0.0;
  for (size_t l = 1; l < m; l++) {
    A[l * m] = 0.0;
    for (size_t k = 1; k < m; k++)
      A[l * m] -= A[l * m + k];
  }
  for (size_t k = 0; k < m; k++) {
    double least = INFINITY;
    for (size_t i = 0; i < N; i++) {
      double x = 0.0;
      for (size_t l = 1; l < m; l++)
        x += psi[i * m + l] * A[l * m + k];
      least = fmin(least, x);
    }
    A[k] = -least;
    total += A[k];
  }
  if (!(total > 0.0) || !isfinite(total))
    return false;
  for (size_t k = 0; k < m * m; k++)
    A[k] /= total;
  for (size_t k = 0; k < m; k++) {
    if (!(A[k] > 0.0))
      return false;
  }
  return true;
}

typedef struct {
  size_t N, m;
  const double *psi;
  double A[PCCA_MOST_SETS * PCCA_MOST_SETS];
} problem;

/* Whether each set has more than half of some state. Crispness alone may favour two sets with the same memberships,
 * which are one. */
static bool every_set_has_states(size_t N, size_t m, const double *psi, const double *A) {
  bool has[PCCA_MOST_SETS] = {false};
  size_t found = 0;
  for (size_t i = 0; i < N && found < m; i++) {
    for (size_t k = 0; k < m; k++) {
      double chi = 0.0;
      for (size_t l = 0; l < m; l++)
        chi += psi[i * m + l] * A[l * m + k];
      if (chi > 0.5 && !has[k]) {
        has[k] = true;
        found++;
      }
    }
  }
  return found == m;
}

/* Minus the crispness for the lower right part x of A; infinity where it is not feasible. */
static double objective(problem *p, const double *x) {
  const size_t m = p->m;
  for (size_t l = 1; l < m; l++) {
    for (size_t k = 1; k < m; k++)
      p->A[l * m + k] = x[(l - 1) * (m - 1) + k - 1];
  }
  if (!make_feasible(p->N, m, p->psi, p->A) || !every_set_has_states(p->N, m, p->psi, p->A))
    return INFINITY;
  double sum = 0.0;
  for (size_t k = 0; k < m; k++) {
    for (size_t l = 0; l < m; l++)
      sum += p->A[l * m + k] * p->A[l * m + k] / p->A[k];
  }
  return -sum;
}

/* Nelder and Mead on x[d], starting with steps of a tenth. */
static lisi_status minimise(problem *p, size_t d, double *x, lisi_error *err) {
  double *v = malloc((d + 4) * d * sizeof *v), *f = malloc((d + 1) * sizeof *f);
  if (v == NULL || f == NULL) {
    free(v);
    free(f);
    return lisi_no_memory(err, (d + 4) * d * sizeof *v);
  }
  double *middle = v + (d + 1) * d, *try = middle + d, *far = try + d, scale = 0.0;
  for (size_t k = 0; k < d; k++)
    scale = fmax(scale, fabs(x[k]));
  for (size_t q = 0; q <= d; q++) {
    memcpy(v + q * d, x, d * sizeof *x);
    if (q > 0)
      v[q * d + q - 1] += 0.1 * scale;
    f[q] = objective(p, v + q * d);
  }
  for (size_t round = 0; round < 400 * d; round++) {
    size_t best = 0, worst = 0, second = 0;
    for (size_t q = 0; q <= d; q++) {
      if (f[q] < f[best])
        best = q;
      if (f[q] > f[worst])
        worst = q;
    }
    for (size_t q = 0; q <= d; q++) {
      if (q != worst && (second == worst || f[q] > f[second]))
        second = q;
      if (second == worst)
        second = q == worst ? worst : q;
    }
    if (f[worst] - f[best] <= 1e-14 * fabs(f[best]))
      break;
    for (size_t k = 0; k < d; k++) {
      middle[k] = 0.0;
      for (size_t q = 0; q <= d; q++)
        middle[k] += q == worst ? 0.0 : v[q * d + k] / (double)d;
      try[k] = 2.0 * middle[k] - v[worst * d + k];
    }
    double value = objective(p, try);
    if (value < f[best]) {
      for (size_t k = 0; k < d; k++)
        far[k] = 3.0 * middle[k] - 2.0 * v[worst * d + k];
      const double further = objective(p, far);
      if (further < value) {
        memcpy(try, far, d * sizeof *far);
        value = further;
      }
    } else if (!(value < f[second])) {
      const double *side = value < f[worst] ? try : v
        +worst *d;
      for (size_t k = 0; k < d; k++)
        far[k] = 0.5 * (middle[k] + side[k]);
      const double nearer = objective(p, far);
      if (!(nearer < fmin(value, f[worst]))) { /* shrink towards the best */
        for (size_t q = 0; q <= d; q++) {
          for (size_t k = 0; k < d && q != best; k++)
            v[q * d + k] = 0.5 * (v[q * d + k] + v[best * d + k]);
          if (q != best)
            f[q] = objective(p, v + q * d);
        }
        continue;
      }
      memcpy(try, far, d * sizeof *far);
      value = nearer;
    }
    memcpy(v + worst * d, try, d * sizeof *try);
    f[worst] = value;
  }
  size_t best = 0;
  for (size_t q = 1; q <= d; q++)
    best = f[q] < f[best] ? q : best;
  memcpy(x, v + best * d, d * sizeof *x);
  free(v);
  free(f);
  return LISI_OK;
}

/* A from the corners: chi is the unit matrix there. */
static lisi_status first_guess(problem *p, double *x, lisi_error *err) {
  const size_t m = p->m;
  size_t corner[PCCA_MOST_SETS] = {0};
  lisi_status status = corners(p->N, m, p->psi, corner, err);
  if (status != LISI_OK)
    return status;
  double B[PCCA_MOST_SETS * PCCA_MOST_SETS], A[PCCA_MOST_SETS * PCCA_MOST_SETS] = {0};
  lapack_int pivot[PCCA_MOST_SETS];
  for (size_t q = 0; q < m; q++) {
    memcpy(B + q * m, p->psi + corner[q] * m, m * sizeof *B);
    A[q * m + q] = 1.0;
  }
  const lapack_int M = (lapack_int)m, info = LAPACKE_dgesv(LAPACK_ROW_MAJOR, M, M, B, M, pivot, A, M);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "PCCA+: the %zu slow modes do not span %zu sets (dgesv: %d)", m, m,
                     (int)info);
  for (size_t l = 1; l < m; l++)
    memcpy(x + (l - 1) * (m - 1), A + l * m + 1, (m - 1) * sizeof *x);
  return LISI_OK;
}

/* The smallest eigenvalue of S_kl/sqrt(S_kk S_ll): 0 where the sets of a "crispest" partition are not m at all, because
 * one is a part of another or a mixture of others (the corners of a square are no three sets). */
static lisi_status independence(size_t m, const double *S, double *least, lisi_error *err) {
  double T[PCCA_MOST_SETS * PCCA_MOST_SETS], w[PCCA_MOST_SETS];
  *least = 0.0;
  for (size_t k = 0; k < m; k++) {
    if (!(S[k * m + k] > 0.0))
      return LISI_OK;
    for (size_t l = 0; l < m; l++)
      T[k * m + l] = S[k * m + l] / sqrt(S[k * m + k] * S[l * m + l]);
  }
  if (LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'N', 'U', (lapack_int)m, T, (lapack_int)m, w) != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "PCCA+: the overlap of the sets has no eigenvalues");
  *least = w[0];
  return LISI_OK;
}

/* weight, set and order from chi, then P = (chi^T Pi chi)^-1 chi^T X chi. */
static lisi_status coarse(const double *X, const double *pi, pcca *r, lisi_error *err) {
  const size_t N = (size_t)r->n, m = (size_t)r->m;
  size_t order[PCCA_MOST_SETS];
  double weight[PCCA_MOST_SETS] = {0}, row[PCCA_MOST_SETS], S[PCCA_MOST_SETS * PCCA_MOST_SETS] = {0};
  for (size_t i = 0; i < N; i++) {
    for (size_t k = 0; k < m; k++)
      weight[k] += pi[i] * r->chi[i * m + k];
  }
  for (size_t k = 0; k < m; k++) { /* by falling weight */
    size_t at = k;
    for (; at > 0 && weight[k] > weight[order[at - 1]] * (1.0 + 1e-9); at--)
      order[at] = order[at - 1];
    order[at] = k;
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t k = 0; k < m; k++)
      row[k] = r->chi[i * m + order[k]];
    memcpy(r->chi + i * m, row, m * sizeof *row);
    r->set[i] = 0;
    for (size_t k = 1; k < m; k++) {
      if (row[k] > row[r->set[i]])
        r->set[i] = (int)k;
    }
  }
  for (size_t k = 0; k < m; k++)
    r->weight[k] = weight[order[k]];
  for (size_t i = 0; i < N; i++) {
    for (size_t k = 0; k < m; k++) {
      for (size_t l = 0; l < m; l++)
        S[k * m + l] += pi[i] * r->chi[i * m + k] * r->chi[i * m + l];
    }
    memset(row, 0, sizeof row);
    for (size_t j = 0; j < N; j++) {
      for (size_t l = 0; l < m; l++)
        row[l] += X[i * N + j] * r->chi[j * m + l];
    }
    for (size_t k = 0; k < m; k++) {
      for (size_t l = 0; l < m; l++)
        r->P[k * m + l] += r->chi[i * m + k] * row[l];
    }
  }
  double least;
  const lisi_status status = independence(m, S, &least, err);
  if (status != LISI_OK)
    return status;
  lapack_int pivot[PCCA_MOST_SETS];
  const lapack_int M = (lapack_int)m,
                   info = least > 1e-6 ? LAPACKE_dgesv(LAPACK_ROW_MAJOR, M, M, S, M, pivot, r->P, M) : 1;
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC,
                     "PCCA+: the %zu slowest modes do not make %zu different sets; ask for fewer", m, m);
  return LISI_OK;
}

lisi_status pcca_sets(int n, const double *X, const double *pi, int sets, pcca *r, lisi_error *err) {
  memset(r, 0, sizeof *r);
  const size_t N = (size_t)n, m = (size_t)sets;
  if (sets < 2 || sets > n || sets > PCCA_MOST_SETS)
    return lisi_fail(err, LISI_ERR_INPUT, "PCCA+: expected 2 to %d sets for %d states, found %d",
                     n < PCCA_MOST_SETS ? n : PCCA_MOST_SETS, n, sets);
  r->n = n;
  r->m = sets;
  r->chi = malloc(N * m * sizeof *r->chi);
  r->set = malloc(N * sizeof *r->set);
  r->weight = calloc(m, sizeof *r->weight);
  r->P = calloc(m * m, sizeof *r->P);
  double *gap = malloc(N * sizeof *gap), *u = malloc(N * N * sizeof *u), *psi = malloc(N * m * sizeof *psi);
  double x[PCCA_MOST_SETS * PCCA_MOST_SETS];
  problem p = {N, m, psi, {0}};
  lisi_status status = LISI_OK;
  if (!r->chi || !r->set || !r->weight || !r->P || !gap || !u || !psi)
    status = lisi_no_memory(err, N * N * sizeof *u);
  if (status == LISI_OK)
    status = spectrum_reversible(n, X, pi, gap, u, err);
  if (status == LISI_OK && !(gap[m - 1] < 1.0))
    status = lisi_fail(err, LISI_ERR_UNSUPPORTED,
                       "PCCA+: eigenvalue %d of the model is %.3g, not positive: it has fewer than %d slow modes", sets,
                       1.0 - gap[m - 1], sets);
  if (status == LISI_OK) {
    leading(N, m, u, pi, psi);
    status = first_guess(&p, x, err);
  }
  if (status == LISI_OK && m > 2) /* two sets: the feasible A is the only one */
    status = minimise(&p, (m - 1) * (m - 1), x, err);
  if (status == LISI_OK) {
    const double value = objective(&p, x);
    if (!isfinite(value))
      status = lisi_fail(err, LISI_ERR_NUMERIC,
                         "PCCA+: no %d sets were found that each have most of some state; ask for fewer", sets);
    r->crispness = -value / sets;
  }
  for (size_t i = 0; i < N && status == LISI_OK; i++) {
    for (size_t k = 0; k < m; k++) {
      double chi = 0.0;
      for (size_t l = 0; l < m; l++)
        chi += psi[i * m + l] * p.A[l * m + k];
      r->chi[i * m + k] = fmin(fmax(chi, 0.0), 1.0); /* rounding */
    }
  }
  if (status == LISI_OK)
    status = coarse(X, pi, r, err);
  free(gap);
  free(u);
  free(psi);
  if (status != LISI_OK)
    pcca_free(r);
  return status;
}
