/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fold_symmetry.h"

#include "cli.h"
#include "sites.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Angstrom: a site file holds positions to a few digits, or means over a run. */
static const double tolerance = 0.1;

/* Beyond this many states a second model with its intervals is not cheap. */
enum { MOST_STATES = 200 };

/* The framework of a site file that is given by hand. */
static lisi_status read_sites(const char *file, msm_result *r, lisi_error *err) {
  site_set *set = NULL;
  lisi_status status = site_set_load(file, &set, err);
  if (status != LISI_OK)
    return status;
  if (set->nsites != r->space.n)
    status = lisi_fail(err, LISI_ERR_INPUT, "--sites: %s has %d sites, the counts have %d in a unit cell", file,
                       set->nsites, r->space.n);
  for (int i = 0; i < set->nsites && status == LISI_OK; i++) {
    double f[3];
    int n[3];
    for (int a = 0; a < 3; a++)
      f[a] = set->site[i].frac[a] - r->space.x[3 * i + a];
    if (lattice_nearest(&set->cell, f, n, NULL) > tolerance * tolerance)
      status = lisi_fail(err, LISI_ERR_INPUT, "--sites: %s: site %d is not at the place that it has in the counts",
                         file, i + 1);
  }
  const size_t n = (size_t)set->nframework;
  if (status == LISI_OK) {
    r->framework = malloc((3 * n + 1) * sizeof *r->framework);
    r->species = calloc(n + 1, sizeof *r->species);
    if (r->framework == NULL || r->species == NULL)
      status = lisi_no_memory(err, n * 32);
  }
  for (size_t k = 0; k < n && status == LISI_OK; k++) {
    memcpy(r->framework + 3 * k, set->framework[k], 3 * sizeof(double));
    snprintf(r->species[k], sizeof r->species[k], "%.7s", set->species[k]);
    r->nframework = (int)k + 1;
  }
  memcpy(r->reference, set->cell.H, sizeof r->reference);
  site_set_free(set);
  return status;
}

static bool known(const double cell[3][3]) {
  return fabs(cell[0][0]) + fabs(cell[0][1]) + fabs(cell[0][2]) > 0;
}

lisi_status fold_symmetry_make(msm_result *r, const char *sites, lisi_error *err) {
  lisi_status status = sites != NULL ? read_sites(sites, r, err) : LISI_OK;
  if (status == LISI_OK && !known((const double(*)[3])r->reference))
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "--fold symmetry: counts do not hold the framework that the space group comes from; give the "
                       "site file with --sites FILE");
  if (status != LISI_OK)
    return status;
  const size_t n = (size_t)r->nmodels;
  fold_symmetry *f = r->symmetry = calloc(1, sizeof *f);
  if (f == NULL)
    return lisi_no_memory(err, sizeof *f);
  f->verdict = calloc(n, sizeof *f->verdict);
  f->gain = calloc(n, sizeof *f->gain);
  f->before = calloc(n, sizeof *f->before);
  if (f->verdict == NULL || f->gain == NULL || f->before == NULL)
    return lisi_no_memory(err, n * sizeof *f->before);
  status = site_symmetry_find(&r->space, (const double(*)[3])r->reference, r->nframework, r->framework,
                              (const char *)r->species, sizeof *r->species, tolerance, &f->group, err);
  for (size_t k = 0; k < n && status == LISI_OK; k++) {
    if (r->counts[k].total.n == 0) /* a lag that has failed */
      continue;
    f->before[k] = r->counts[k];
    r->counts[k] = (lag_counts){0};
    status = counts_symmetrise(&f->before[k], &f->group, &r->counts[k], &f->verdict[k], &f->gain[k], err);
  }
  return status;
}

/* An element of a tensor that the symmetry makes zero has an interval of rounding. */
static void clean(const site_symmetry *s, const bool *keeps, double lo[3][3], double hi[3][3]) {
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) {
      double one[3][3] = {{0}};
      one[a][b] = one[b][a] = 1.0;
      site_symmetry_tensor(s, keeps, one);
      if (a != b && fabs(one[a][b]) < 1e-9)
        lo[a][b] = hi[a][b] = 0.0;
    }
}

lisi_status fold_symmetry_model(const msm_result *r, msm_model *m, lisi_error *err) {
  const site_symmetry *s = &r->symmetry->group;
  bool *keeps = malloc((size_t)s->nsites * sizeof *keeps);
  if (keeps == NULL)
    return lisi_no_memory(err, (size_t)s->nsites);
  for (int c = 0; c < m->ncomponents; c++) {
    memset(keeps, 0, (size_t)s->nsites * sizeof *keeps);
    for (int k = 0; k < m->component[c].n; k++)
      keeps[m->component[c].state[k]] = true;
    site_symmetry_tensor(s, keeps, m->component[c].D);
    if (c > 0) {
      site_symmetry_tensor(s, keeps, m->component_tr[c].D);
      continue;
    }
    site_symmetry_tensor(s, keeps, m->tr.D);
    site_symmetry_tensor(s, keeps, m->tr.A);
    site_symmetry_vector(s, keeps, m->tr.drift);
    if (m->has_ci)
      clean(s, keeps, m->D_lo, m->D_hi);
  }
  site_symmetry_tensor(s, NULL, m->D_all);
  if (m->has_ci)
    clean(s, NULL, m->D_all_lo, m->D_all_hi);
  free(keeps);
  return LISI_OK;
}

lisi_status fold_symmetry_measure(msm_result *r, const msm_options *options, lisi_error *err) {
  if (r->symmetry == NULL || r->nmodels == 0 || r->space.n > MOST_STATES || options->bootstrap == 0 ||
      options->estimator == MSM_FIXED_PI || r->symmetry->group.group.nops < 2)
    return LISI_OK;
  const int m = r->reported >= 0 ? r->reported : 0;
  const double dt = r->model[m].lag / (double)r->model[m].lag_samples;
  const lisi_status status = msm_build(&r->space, &r->symmetry->before[m], dt, options, &r->symmetry->without, err);
  r->symmetry->measured = status == LISI_OK;
  return status;
}

/* ---- presentation ---- */

static double width(double value, double lo, double hi) {
  return value > 0 && isfinite(lo) && isfinite(hi) ? 0.5 * (hi - lo) / value : NAN;
}

/* Half the interval over the value, without and with the group: D, and the slowest time scale. */
static void widths(const msm_result *r, double before[2], double after[2]) {
  const msm_model *a = &r->symmetry->without, *b = &r->model[r->reported >= 0 ? r->reported : 0];
  before[0] = a->has_ci ? width(a->D_all_iso, a->D_all_iso_lo, a->D_all_iso_hi) : NAN;
  after[0] = b->has_ci ? width(b->D_all_iso, b->D_all_iso_lo, b->D_all_iso_hi) : NAN;
  before[1] = a->nci > 0 ? width(a->timescale[0], a->timescale_lo[0], a->timescale_hi[0]) : NAN;
  after[1] = b->nci > 0 ? width(b->timescale[0], b->timescale_lo[0], b->timescale_hi[0]) : NAN;
}

void fold_symmetry_add(doc_tree *doc, const msm_result *r) {
  if (r->symmetry == NULL)
    return;
  const site_symmetry *s = &r->symmetry->group;
  const doc_ref map = doc_map(doc, DOC_ROOT, "symmetry");
  doc_text(doc, map, "space_group", s->group.symbol);
  doc_integer(doc, map, "number", s->group.number);
  doc_integer(doc, map, "operations", s->group.nops);
  const doc_ref orbits = doc_list(doc, map, "orbits");
  for (int o = 0; o < s->norbits; o++) {
    const doc_ref entry = doc_map(doc, orbits, NULL);
    bool first = true;
    doc_ref sites = -1;
    for (int i = 0; i < s->nsites; i++) {
      if (s->orbit[i] != o)
        continue;
      if (first && r->space.label != NULL)
        doc_text(doc, entry, "label", r->space.label[i]);
      if (first)
        sites = doc_list(doc, entry, "sites");
      doc_integer(doc, sites, NULL, r->space.number[i]);
      first = false;
    }
  }
  if (!r->symmetry->measured)
    return;
  double before[2], after[2];
  widths(r, before, after);
  const doc_ref gain = doc_map(doc, map, "gain");
  doc_number(doc, gain, "lag", r->model[r->reported >= 0 ? r->reported : 0].lag);
  static const char *const name[2] = {"D_relative_halfwidth", "slowest_timescale_relative_halfwidth"};
  for (int k = 0; k < 2; k++)
    if (isfinite(before[k]) && isfinite(after[k])) {
      const doc_ref entry = doc_map(doc, gain, name[k]);
      doc_number(doc, entry, "without", before[k]);
      doc_number(doc, entry, "with", after[k]);
    }
}

void fold_symmetry_add_lag(doc_tree *doc, doc_ref map, const msm_result *r, int m) {
  if (r->symmetry == NULL)
    return;
  const symmetry_gain *g = &r->symmetry->gain[m];
  const fold_verdict *v = &r->symmetry->verdict[m];
  const doc_ref entry = doc_map(doc, map, "symmetry_folding");
  if (v->tested) {
    doc_bool(doc, entry, "homogeneous", v->homogeneous);
    doc_number(doc, entry, "ratio", v->ratio);
    doc_number(doc, entry, "z", v->z);
  }
  doc_number(doc, entry, "jumps_counted", g->counts);
  doc_integer(doc, entry, "different_without", (long long)g->entries);
  doc_integer(doc, entry, "different_with", (long long)g->classes);
  if (g->classes > 0) {
    doc_number(doc, entry, "counts_each_without", g->counts / g->entries);
    doc_number(doc, entry, "counts_each_with", g->counts / g->classes);
  }
}

void fold_symmetry_print(const msm_result *r) {
  if (r->symmetry == NULL || r->nmodels == 0)
    return;
  const site_symmetry *s = &r->symmetry->group;
  const int m = r->reported >= 0 ? r->reported : 0;
  const symmetry_gain *g = &r->symmetry->gain[m];
  printf("\nfolded over the space group %s (%d): %d operations take %d sites to each other in %d orbits\n",
         s->group.symbol, s->group.number, s->group.nops, s->nsites, s->norbits);
  if (g->classes > 0)
    printf("at lag %.6g, %.0f different jumps are %.0f: %.4g counts for each, %.4g without\n", r->model[m].lag,
           g->entries, g->classes, g->counts / g->classes, g->counts / g->entries);
  if (!r->symmetry->measured)
    return;
  double before[2], after[2];
  widths(r, before, after);
  if (isfinite(before[0]) && isfinite(after[0]))
    printf("interval of D: +- %.3g %%, without +- %.3g %%\n", 100 * after[0], 100 * before[0]);
  if (isfinite(before[1]) && isfinite(after[1]))
    printf("interval of the slowest relaxation time: +- %.3g %%, without +- %.3g %%\n", 100 * after[1],
           100 * before[1]);
}

void fold_symmetry_warn(const msm_result *r, const msm_result_listener *to) {
  if (r->symmetry == NULL)
    return;
  const site_symmetry *s = &r->symmetry->group;
  if (s->group.nops < 2)
    msm_result_tell(to, "--fold symmetry: framework and sites have no symmetry (%s): nothing is averaged",
                    s->group.symbol);
  else if (r->nframework == 0)
    msm_result_tell(
        to,
        "--fold symmetry: the site file has no framework; %s (%d) is the group of the sites alone and may be "
        "higher than that of the crystal",
        s->group.symbol, s->group.number);
  if (s->mixed_labels)
    msm_result_tell(to, "--fold symmetry: %s (%d) takes sites of different labels to each other", s->group.symbol,
                    s->group.number);
  for (int m = 0; m < r->nmodels; m++) {
    const fold_verdict *v = &r->symmetry->verdict[m];
    if (!v->tested || v->homogeneous)
      continue;
    msm_result_tell(
        to,
        "lag %g: jumps that are alike under %s (%d) are not in the run (spread %.2f times what chance between time "
        "blocks explains, %.1f standard errors): a short run, or a host of lower symmetry; --fold auto averages "
        "over the supercell alone",
        r->model[m].lag, s->group.symbol, s->group.number, v->ratio, v->z);
    return; /* the shortest is told */
  }
}

void fold_symmetry_free(msm_result *r) {
  fold_symmetry *f = r->symmetry;
  if (f == NULL)
    return;
  for (int m = 0; m < r->nmodels && f->before != NULL; m++)
    lag_counts_free(&f->before[m]);
  site_symmetry_free(&f->group);
  if (f->measured)
    msm_model_free(&f->without);
  free(f->verdict);
  free(f->gain);
  free(f->before);
  free(f);
  r->symmetry = NULL;
}
