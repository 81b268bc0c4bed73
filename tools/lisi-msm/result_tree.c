/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of model.yaml and --json. */
#include "result.h"

#include "diffusion.h"
#include "fold_symmetry.h"

#include "sha256.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void add_pair(doc_tree *doc, doc_ref parent, const char *key, double lo, double hi) {
  const double pair[2] = {lo, hi};
  doc_numbers(doc, parent, key, 2, pair);
}

static void add_tensor_ci(doc_tree *doc, doc_ref map, const char *key, const double lo[3][3], const double hi[3][3]) {
  const doc_ref list = doc_list(doc, map, key);
  for (int a = 0; a < 3; a++) {
    const doc_ref row = doc_list(doc, list, NULL);
    for (int b = 0; b < 3; b++)
      add_pair(doc, row, NULL, lo[a][b], hi[a][b]);
  }
}

static void add_transport(doc_tree *doc, doc_ref map, const msm_model *x) {
  if (x->estimator == MSM_PLAIN) {
    /* the published procedure knows a fitted slope, not a tensor */
    doc_number(doc, map, "D_iso", x->plain_D);
    doc_number(doc, map, "D_iso_m2_per_s", x->plain_D * MSM_D_TO_M2_PER_S);
    return;
  }
  doc_matrix(doc, map, "D", 3, 3, &x->tr.D[0][0]);
  if (x->has_ci)
    add_tensor_ci(doc, map, "D_ci", x->D_lo, x->D_hi);
  doc_number(doc, map, "D_iso", x->D_iso);
  if (x->has_ci)
    add_pair(doc, map, "D_iso_ci", x->D_iso_lo, x->D_iso_hi);
  doc_number(doc, map, "D_iso_m2_per_s", x->D_iso_m2_per_s);
  if (x->has_ci)
    doc_text(doc, map, "ci_from", x->ci_from != NULL ? x->ci_from : "resampling");
  doc_numbers(doc, map, "drift", 3, x->tr.drift);
  doc_matrix(doc, map, "D_all", 3, 3, &x->D_all[0][0]);
  if (x->has_ci)
    add_tensor_ci(doc, map, "D_all_ci", x->D_all_lo, x->D_all_hi);
  doc_number(doc, map, "D_all_iso", x->D_all_iso);
  if (x->has_ci)
    add_pair(doc, map, "D_all_iso_ci", x->D_all_iso_lo, x->D_all_iso_hi);
}

static void add_model(doc_tree *doc, doc_ref list, const msm_result *r, int m, bool with_files) {
  const msm_model *x = &r->model[m];
  const doc_ref map = doc_map(doc, list, NULL);
  doc_number(doc, map, "lag", x->lag);
  if (x->lag_samples > 0)
    doc_integer(doc, map, "lag_samples", x->lag_samples);
  /* a network given by the user was estimated by nobody */
  doc_text(doc, map, "estimator", r->counts != NULL ? msm_estimator_name(x->estimator) : "given");
  if (x->prior > 0)
    doc_number(doc, map, "prior", x->prior);
  if (x->sparse) /* then timescales are the slowest alone */
    doc_text(doc, map, "solver", "sparse");
  const doc_ref states = doc_list(doc, map, "states");
  for (int k = 0; k < x->n; k++)
    doc_integer(doc, states, NULL, x->net.space.number[k]);
  doc_number(doc, map, "discarded_fraction", x->discarded_fraction);
  if (x->counts > 0)
    doc_number(doc, map, "counts", x->counts);
  if (x->effective_counts > 0) {
    const doc_ref effective = doc_map(doc, map, "effective_counts");
    doc_number(doc, effective, "total", x->effective_counts);
    doc_number(doc, effective, "smallest_ratio", x->smallest_ratio);
  }
  if (x->posterior_samples > 0) {
    const doc_ref posterior = doc_map(doc, map, "posterior");
    doc_integer(doc, posterior, "samples", x->posterior_samples);
    doc_number(doc, posterior, "independent", x->posterior_ess);
    doc_number(doc, posterior, "acceptance", x->posterior_acceptance);
  }
  doc_numbers(doc, map, "stationary", (size_t)x->n, x->pi);
  if (x->pi_lo != NULL) {
    const doc_ref ci = doc_list(doc, map, "stationary_ci");
    for (int k = 0; k < x->n; k++)
      add_pair(doc, ci, NULL, x->pi_lo[k], x->pi_hi[k]);
  }
  doc_numbers(doc, map, "timescales", (size_t)x->ntimescales, x->timescale);
  if (x->nci > 0) {
    const doc_ref ci = doc_list(doc, map, "timescales_ci");
    for (int k = 0; k < x->nci; k++)
      add_pair(doc, ci, NULL, x->timescale_lo[k], x->timescale_hi[k]);
  }
  const doc_ref negative = doc_list(doc, map, "negative");
  for (int k = 0; k < x->ntimescales; k++)
    if (x->negative[k])
      doc_integer(doc, negative, NULL, k + 1);
  const int neigenvalues = x->ntimescales + 1;
  doc_numbers(doc, map, "eigenvalues", (size_t)neigenvalues, x->re);
  bool complex_pairs = false;
  for (int k = 0; k < neigenvalues && x->im != NULL; k++)
    complex_pairs = complex_pairs || x->im[k] != 0;
  if (complex_pairs)
    doc_numbers(doc, map, "eigenvalues_imaginary", (size_t)neigenvalues, x->im);
  if (x->geometry)
    add_transport(doc, map, x);
  msm_result_add_sets(doc, map, r, x);
  msm_result_modes_tree(r, m, doc, map);
  fold_symmetry_add_lag(doc, map, r, m);
  msm_result_add_rates(doc, map, r, m);
  if (x->no_jump)
    doc_bool(doc, map, "no_jump", true);
  if (x->fold.tested) {
    const doc_ref fold = doc_map(doc, map, "folding");
    doc_bool(doc, fold, "homogeneous", x->fold.homogeneous);
    doc_number(doc, fold, "ratio", x->fold.ratio);
    doc_number(doc, fold, "z", x->fold.z);
  }
  if (x->geometry && r->nn > 0) {
    const doc_ref msd = doc_list(doc, map, "msd");
    for (int k = 0; k < r->nn; k++) {
      /* for a run: up to the times at which the run itself can be asked */
      if (r->duration > 0 && r->n[k] * x->lag > r->duration * (1 + 1e-9))
        break;
      const doc_ref row = doc_list(doc, msd, NULL);
      doc_integer(doc, row, NULL, (long long)r->n[k]);
      doc_number(doc, row, NULL, r->duration > 0 ? msm_msd_all(x, r->n[k]) : msm_msd(x, r->n[k]));
    }
  }
  if (x->geometry && r->nn > 0 && x->nmsd == r->nn) {
    const doc_ref ci = doc_list(doc, map, "msd_ci");
    const int first = r->duration > 0 ? 0 : x->nmsd;
    for (int k = 0; k < r->nn; k++) {
      if (r->duration > 0 && r->n[k] * x->lag > r->duration * (1 + 1e-9))
        break;
      add_pair(doc, ci, NULL, x->msd_lo[first + k], x->msd_hi[first + k]);
    }
  }
  if (with_files) {
    char name[64];
    const doc_ref files = doc_map(doc, map, "files");
    if (r->counts != NULL) {
      snprintf(name, sizeof name, "C_%g.mtx", x->lag);
      doc_text(doc, files, "counts", name);
    }
    snprintf(name, sizeof name, "P_%g.mtx", x->lag);
    doc_text(doc, files, "transitions", name);
    if (r->modes != NULL && r->modes[m].m > 0) {
      snprintf(name, sizeof name, "modes_%g.mtx", x->lag);
      doc_text(doc, files, "modes", name);
    }
    if (x->K != NULL) {
      snprintf(name, sizeof name, "K_%g.mtx", x->lag);
      doc_text(doc, files, "rates", name);
    }
    if (x->geometry) {
      snprintf(name, sizeof name, "network_%g.yaml", x->lag);
      doc_text(doc, map, "network", name);
    }
  }
}

static void add_points(doc_tree *doc, const char *key, const msd_row *p, int n) {
  if (n == 0)
    return;
  const doc_ref list = doc_list(doc, DOC_ROOT, key);
  for (int k = 0; k < n; k++) {
    const double row[4] = {p[k].t, p[k].value, p[k].value - 1.96 * p[k].error, p[k].value + 1.96 * p[k].error};
    doc_numbers(doc, list, NULL, p[k].error > 0 ? 4 : 2, row);
  }
}

static void add_files(doc_tree *doc, const msm_result *r) {
  const doc_ref list = doc_list(doc, DOC_ROOT, "inputs");
  for (int k = 0; k < r->nfiles; k++) {
    const doc_ref entry = doc_map(doc, list, NULL);
    doc_text(doc, entry, "file", r->file[k]);
    FILE *f = fopen(r->file[k], "rb");
    if (f == NULL)
      continue;
    sha256 sum;
    sha256_start(&sum);
    unsigned char buffer[65536];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, f)) > 0)
      sha256_add(&sum, buffer, got);
    (void)fclose(f);
    char text[65];
    sha256_hex(&sum, text);
    doc_text(doc, entry, "sha256", text);
  }
}

static void add_reported(doc_tree *doc, const msm_result *r) {
  if (r->reported < 0 || r->nmodels == 0)
    return;
  const msm_model *x = &r->model[r->reported];
  const doc_ref map = doc_map(doc, DOC_ROOT, "reported");
  doc_number(doc, map, "lag", x->lag);
  doc_bool(doc, map, "plateau", r->plateau);
  if (x->estimator == MSM_PLAIN) {
    doc_number(doc, map, "D_iso", x->plain_D);
    return;
  }
  doc_number(doc, map, "D_iso", x->D_all_iso);
  if (x->has_ci) { /* as it is printed */
    double lo = x->D_all_iso_lo, hi = x->D_all_iso_hi;
    diffusion_interval(r, &lo, &hi);
    add_pair(doc, map, "D_iso_ci", lo, hi);
  }
  doc_number(doc, map, "D_iso_m2_per_s", x->D_all_iso * MSM_D_TO_M2_PER_S);
  if (r->box_time > 0)
    doc_number(doc, map, "box_timescale", r->box_time);
  if (isfinite(r->largest_deviation) || isfinite(r->md_offset)) {
    const doc_ref check = doc_map(doc, DOC_ROOT, "msd_check");
    if (isfinite(r->largest_deviation)) {
      doc_number(doc, check, "largest_deviation", r->largest_deviation);
      doc_number(doc, check, "within_two_errors", r->within_two);
    }
    if (isfinite(r->md_offset)) {
      doc_number(doc, check, "md_offset", r->md_offset);
      doc_number(doc, check, "md_relative_rms", r->md_rms);
    }
    diffusion_msd_check(doc, check, r);
  }
}

typedef struct {
  doc_tree *doc;
  doc_ref list;
} warning_list;

static void add_warning(void *context, const char *text) {
  warning_list *to = context;
  if (to->list == DOC_ROOT)
    to->list = doc_list(to->doc, DOC_ROOT, "warnings");
  doc_text(to->doc, to->list, NULL, text);
}

lisi_status msm_result_tree(const msm_result *r, bool with_files, doc_tree **out, lisi_error *err) {
  *out = NULL;
  doc_tree *doc = doc_new();
  if (doc == NULL)
    return lisi_no_memory(err, sizeof(void *));
  doc_text(doc, DOC_ROOT, "format", "lisi-msm 1");
  const doc_ref units = doc_map(doc, DOC_ROOT, "units");
  doc_text(doc, units, "time", r->time_in_ps ? "ps" : "step");
  doc_text(doc, units, "length", "Angstrom");
  doc_text(doc, DOC_ROOT, "program", "lisi-msm " LISI_VERSION);
  if (r->command != NULL)
    doc_text(doc, DOC_ROOT, "command", r->command);
  if (r->nfiles > 0 && r->counts != NULL)
    doc_integer(doc, DOC_ROOT, "seed", r->seed);
  add_files(doc, r);
  doc_text(doc, DOC_ROOT, "source", r->source);
  if (r->assignment[0] != '\0')
    doc_text(doc, DOC_ROOT, "assignment", r->assignment);
  if (r->nwalkers > 0)
    doc_integer(doc, DOC_ROOT, r->time_in_ps ? "n_Li" : "n_trajectories", r->nwalkers);
  if (r->dt > 0)
    doc_number(doc, DOC_ROOT, "sampling", r->dt);
  if (r->duration > 0) {
    doc_number(doc, DOC_ROOT, "duration", r->duration);
    doc_integer(doc, DOC_ROOT, "jumps", r->njumps);
  }
  if (r->temperature > 0)
    doc_number(doc, DOC_ROOT, "temperature", r->temperature);
  if (r->space.geometry) {
    if (r->replicate[0] > 0) {
      const doc_ref list = doc_list(doc, DOC_ROOT, "replicate");
      for (int k = 0; k < 3; k++)
        doc_integer(doc, list, NULL, r->replicate[k]);
      doc_bool(doc, DOC_ROOT, "folded", r->folded);
    }
    doc_matrix(doc, DOC_ROOT, "cell", 3, 3, &r->space.cell[0][0]);
    if (with_files) {
      const doc_ref hosts = r->nframework > 0 ? doc_list(doc, DOC_ROOT, "framework") : -1;
      for (int k = 0; k < r->nframework; k++) {
        const doc_ref atom = doc_map(doc, hosts, NULL);
        doc_text(doc, atom, "species", r->species[k]);
        doc_numbers(doc, atom, "frac", 3, r->framework + 3 * k);
      }
      const doc_ref sites = doc_list(doc, DOC_ROOT, "sites");
      for (int k = 0; k < r->space.n; k++) {
        const doc_ref site = doc_map(doc, sites, NULL);
        doc_integer(doc, site, "site", r->space.number[k]);
        if (r->space.label != NULL)
          doc_text(doc, site, "label", r->space.label[k]);
        doc_numbers(doc, site, "frac", 3, r->space.x + 3 * k);
      }
    }
  }
  warning_list warnings = {doc, DOC_ROOT};
  msm_result_warnings(r, add_warning, &warnings);
  add_reported(doc, r);
  diffusion_tree(doc, r);
  fold_symmetry_add(doc, r);
  const doc_ref models = doc_list(doc, DOC_ROOT, "models");
  for (int m = 0; m < r->nmodels; m++)
    add_model(doc, models, r, m, with_files);
  msm_result_add_failed(doc, r);
  msm_result_add_plain(doc, r);
  add_points(doc, "msd_sites", r->sites_msd, r->nsites_msd);
  add_points(doc, "msd_md", r->md_msd, r->nmd);
  *out = doc;
  return LISI_OK;
}
