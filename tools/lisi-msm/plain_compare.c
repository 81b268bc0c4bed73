/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plain_compare.h"

#include "plain.h"
#include "result.h"
#include "spectrum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Powers of a dense matrix over all sites of the box. */
enum { MOST_SITES = 1500 };

/* Jumps whose next one leads back: a -> b -> a in the same image, nothing unassigned in between. */
static void count_returns(const path_set *paths, long long lag, plain_compare *c) {
  c->jumps = paths->njumps;
  for (size_t k = 0; k < paths->n; k++) {
    const path *p = &paths->path[k];
    for (size_t s = 2; s < p->n; s++) {
      const path_step *a = &p->step[s - 2], *b = &p->step[s - 1], *d = &p->step[s];
      if (a->state < 0 || b->state < 0 || a->state != d->state || memcmp(a->n, d->n, sizeof a->n) != 0)
        continue;
      c->back++;
      c->back_in_lag += d->t - b->t <= lag;
    }
  }
}

static void weigh(const lag_counts *counts, const path_set *paths, plain_compare *c) {
  const size_t N = (size_t)paths->space.n;
  double *share = calloc(N, sizeof *share), all = 0;
  for (size_t k = 0; k < counts->total.n && share != NULL; k++) {
    share[counts->total.entry[k].i] += counts->total.entry[k].c;
    all += counts->total.entry[k].c;
  }
  for (size_t i = 0; i < N && share != NULL; i++)
    c->weights += 0.5 * fabs(share[i] / all - 1.0 / (double)N);
  free(share);
}

static void balance(int n, const double *C, plain_compare *c) {
  c->imbalance = NAN;
  const size_t N = (size_t)n;
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < i; j++) {
      const double a = C[i * N + j], b = C[j * N + i], most = fmax(a, b);
      if (most >= 100 && !(fabs(a - b) / most <= c->imbalance))
        c->imbalance = fabs(a - b) / most;
    }
}

static lisi_status msd_rows(const msm_result *r, int m, int nsites, const double *T, const double *d2, plain_compare *c,
                            lisi_error *err) {
  static const int step[] = {1, 2, 5};
  enum { ROOM = 60 };
  const double lag = r->model[m].lag;
  long long n[ROOM];
  double value[ROOM];
  int count = 0;
  /* as far as the run goes, where the log can still be asked: half of it */
  for (long long decade = 1; decade <= 1000000 && count + 3 < ROOM; decade *= 10)
    for (int k = 0; k < 3; k++)
      if (step[k] * decade == 1 || (double)(step[k] * decade) * lag <= r->duration / 2)
        n[count++] = step[k] * decade;
  const lisi_status status = plain_msd(nsites, T, d2, count, n, value, err);
  if (status != LISI_OK)
    return status;
  c->row = malloc((size_t)count * sizeof *c->row);
  if (c->row == NULL)
    return lisi_no_memory(err, (size_t)count * sizeof *c->row);
  for (int k = 0; k < count; k++) {
    plain_msd_row *row = &c->row[c->nrows++];
    *row = (plain_msd_row){(double)n[k] * lag, value[k], msm_msd_all(&r->model[m], (double)n[k]), NAN, NAN};
    for (int q = 0; q < r->nsites_msd; q++)
      if (fabs(r->sites_msd[q].t - row->t) < 1e-6 * row->t) {
        row->log = r->sites_msd[q].value;
        row->log_error = r->sites_msd[q].error;
      }
  }
  return LISI_OK;
}

lisi_status msm_result_compare_plain(msm_result *r, const path_set *paths, lisi_error *err) {
  const int m = r->reported >= 0 ? r->reported : 0, n = paths->space.n;
  const size_t N = (size_t)n;
  if (n > MOST_SITES)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "--compare-plain: the published procedure multiplies matrices over all %d sites of the box; at "
                     "most %d are possible",
                     n, (int)MOST_SITES);
  plain_compare *c = r->plain = calloc(1, sizeof *c);
  double *T = malloc(N * N * sizeof *T), *C = calloc(N * N, sizeof *C), *d2 = malloc(N * N * sizeof *d2),
         *re = malloc(N * sizeof *re), *im = malloc(N * sizeof *im);
  lag_counts counts = {0};
  lisi_status status = LISI_OK;
  if (!c || !T || !C || !d2 || !re || !im)
    status = lisi_no_memory(err, N * N * sizeof *T);
  if (status == LISI_OK)
    status = counts_from_paths(paths, r->model[m].lag_samples, 1, 1, 1, &counts, err);
  if (status == LISI_OK) {
    c->lag = r->model[m].lag;
    plain_matrix(&counts.total, T);
    for (size_t k = 0; k < counts.total.n; k++)
      C[(size_t)counts.total.entry[k].i * N + (size_t)counts.total.entry[k].j] += counts.total.entry[k].c;
    balance(n, C, c);
    weigh(&counts, paths, c);
    count_returns(paths, r->model[m].lag_samples, c);
    status = spectrum_general(n, T, re, im, err);
  }
  for (size_t k = 1; k < N && status == LISI_OK && c->ntimes < 5; k++)
    c->time[c->ntimes++] = spectrum_timescale(re[k], im[k], c->lag);
  if (status == LISI_OK)
    status = plain_distances(&paths->space, d2, err);
  if (status == LISI_OK) {
    for (size_t k = 0; k < N * N; k++)
      c->saturation += d2[k] / (double)N / (double)N;
    for (int k = 0; k < 9; k++)
      c->box += paths->space.cell[k / 3][k % 3] * paths->space.cell[k / 3][k % 3] / 12;
    status = plain_slope(n, T, d2, c->lag, &c->D, err);
  }
  if (status == LISI_OK)
    status = msd_rows(r, m, n, T, d2, c, err);
  free(T);
  free(C);
  free(d2);
  free(re);
  free(im);
  lag_counts_free(&counts);
  return status;
}

void msm_result_add_plain(doc_tree *doc, const msm_result *r) {
  const plain_compare *c = r->plain;
  if (c == NULL)
    return;
  const msm_model *x = &r->model[r->reported >= 0 ? r->reported : 0];
  const doc_ref map = doc_map(doc, DOC_ROOT, "plain_comparison");
  doc_number(doc, map, "lag", c->lag);
  doc_number(doc, map, "D_iso_plain", c->D);
  doc_number(doc, map, "D_iso_model", x->D_all_iso);
  if (x->has_ci) {
    const double ci[2] = {x->D_all_iso_lo, x->D_all_iso_hi};
    doc_numbers(doc, map, "D_iso_model_ci", 2, ci);
  }
  doc_numbers(doc, map, "timescales_plain", (size_t)c->ntimes, c->time);
  doc_numbers(doc, map, "timescales_model", (size_t)(x->ntimescales < 5 ? x->ntimescales : 5), x->timescale);
  doc_number(doc, map, "msd_saturation", c->saturation);
  doc_number(doc, map, "box_limit", c->box);
  doc_integer(doc, map, "jumps", c->jumps);
  doc_integer(doc, map, "recrossings", c->back);
  doc_integer(doc, map, "recrossings_within_lag", c->back_in_lag);
  doc_number(doc, map, "weights_distance", c->weights);
  if (!isnan(c->imbalance))
    doc_number(doc, map, "imbalance", c->imbalance);
  const doc_ref list = doc_list(doc, map, "msd"); /* t, plain, model[, of the log, its standard error] */
  for (int k = 0; k < c->nrows; k++) {
    const plain_msd_row *p = &c->row[k];
    const double row[5] = {p->t, p->plain, p->model, p->log, p->log_error};
    doc_numbers(doc, list, NULL, isnan(p->log) ? 3 : 5, row);
  }
}

void msm_result_print_plain(const msm_result *r) {
  const plain_compare *c = r->plain;
  if (c == NULL)
    return;
  const msm_model *x = &r->model[r->reported >= 0 ? r->reported : 0];
  printf("\nthe published procedure on the same log, at lag %.6g ps\n%28s %14s %14s\n", c->lag, "", "published",
         "model");
  printf("%28s %14.4g %14.4g", "D (A^2/ps)", c->D, x->D_all_iso);
  if (x->has_ci)
    printf(" [%.3g, %.3g]", x->D_all_iso_lo, x->D_all_iso_hi);
  putchar('\n');
  for (int k = 0; k < 3 && (k < c->ntimes || k < x->ntimescales); k++) {
    printf("%28s", k == 0 ? "slowest relaxation (ps)" : "");
    if (k < c->ntimes)
      printf(" %14.4g", c->time[k]);
    else
      printf(" %14s", "-");
    if (k < x->ntimescales)
      printf(" %14.4g", x->timescale[k]);
    putchar('\n');
  }
  printf("%28s %14s %14s %14s\n", "time (ps)", "MSD published", "MSD model", "MSD of the log");
  for (int k = 0; k < c->nrows; k++) {
    const plain_msd_row *p = &c->row[k];
    printf("%28.6g %14.4g %14.4g", p->t, p->plain, p->model);
    if (!isnan(p->log))
      printf(" %14.4g", p->log);
    if (!isnan(p->log) && p->log_error > 0)
      printf(" +- %.2g", p->log_error);
    putchar('\n');
  }
  printf("  its displacements are those to the nearest image: its MSD ends at %.4g A^2, whatever D is "
         "((Lx^2 + Ly^2 + Lz^2)/12 = %.4g)\n",
         c->saturation, c->box);
  if (c->jumps > 0)
    printf("  of %lld jumps between nearest sites, %lld (%.0f %%) are undone by the next one, %lld within the lag: no "
           "hysteresis\n",
           c->jumps, c->back, 100.0 * (double)c->back / (double)c->jumps, c->back_in_lag);
  printf("  all sites weigh the same in its MSD; the samples are shared out otherwise (distance %.3g of 1)\n",
         c->weights);
  if (!isnan(c->imbalance))
    printf("  forward and backward counts of a pair differ by up to %.2g %%; it does not ask for detailed balance\n",
           100 * c->imbalance);
  printf("  it gives no errors, and the slow relaxations of the whole box, not of the cell\n");
}
