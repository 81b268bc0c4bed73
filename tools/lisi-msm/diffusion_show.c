/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diffusion.h for people and for model.yaml. */
#include "diffusion.h"

#include "cli.h"
#include "out_file.h"
#include "report.h"

#include <math.h>
#include <stdio.h>

/* ---- model.yaml ---- */

static void add_interval(doc_tree *doc, doc_ref map, const char *key, double lo, double hi) {
  const double pair[2] = {lo, hi};
  if (!isnan(lo) && !isnan(hi))
    doc_numbers(doc, map, key, 2, pair);
}

static void add_value(doc_tree *doc, doc_ref map, const char *key, const char *ci, collective_value v) {
  if (isnan(v.value))
    return;
  doc_number(doc, map, key, v.value);
  add_interval(doc, map, ci, v.lo, v.hi);
}

static void add_plateau(doc_tree *doc, const msm_result *r, const diffusion_result *d) {
  if (!d->has_plateau)
    return;
  const plateau_result *p = &d->plateau;
  const doc_ref map = doc_map(doc, DOC_ROOT, "D_plateau");
  doc_bool(doc, map, "found", p->found);
  doc_number(doc, map, "value", p->value);
  add_interval(doc, map, "ci", p->lo, p->hi);
  doc_number(doc, map, "value_m2_per_s", p->value * MSM_D_TO_M2_PER_S);
  add_interval(doc, map, "ci_m2_per_s", p->lo * MSM_D_TO_M2_PER_S, p->hi * MSM_D_TO_M2_PER_S);
  doc_number(doc, map, "from", d->lag[p->from]);
  doc_number(doc, map, "to", d->lag[p->to]);
  if (isfinite(p->limit)) {
    doc_number(doc, map, "extrapolated", p->limit);
    if (isfinite(p->error))
      doc_number(doc, map, "extrapolated_error", p->error);
  }
  doc_text(doc, map, "method", d->plateau_note);
  if (!d->has_axes)
    return;
  const doc_ref axes = doc_map(doc, DOC_ROOT, "D_principal");
  doc_number(doc, axes, "lag", r->model[r->reported].lag);
  doc_numbers(doc, axes, "values", 3, d->D);
  if (isfinite(d->D_lo[0])) {
    const doc_ref ci = doc_list(doc, axes, "values_ci");
    for (int k = 0; k < 3; k++)
      doc_numbers(doc, ci, NULL, 2, (const double[2]){d->D_lo[k], d->D_hi[k]});
  }
  doc_matrix(doc, axes, "axes", 3, 3, &d->axis[0][0]);
}

static void add_run(doc_tree *doc, doc_ref map, const diffusion_result *d, const lag_run *run) {
  doc_number(doc, map, "from", d->lag[run->from]);
  doc_number(doc, map, "to", d->lag[run->to]);
  doc_number(doc, map, "decades", run->decades);
  doc_number(doc, map, "p", run->p);
}

static void add_range(doc_tree *doc, const diffusion_result *d) {
  const doc_ref map = doc_map(doc, DOC_ROOT, "markovian_range");
  doc_bool(doc, map, "found", d->range.found);
  if (d->range.found)
    add_run(doc, map, d, &d->range);
  const doc_ref names = doc_list(doc, map, "quantities");
  for (int c = 0; c < d->ncurves; c++)
    doc_text(doc, names, NULL, d->curve[c].name);
  for (int c = 0; c < d->ncurves; c++)
    if (d->range.found && d->curve[c].name[0] == 't' && lag_curve_known(&d->curve[c], d->range.from)) {
      doc_number(doc, map, "slowest", d->curve[c].value[d->range.from]);
      break;
    }
  const doc_ref each = doc_list(doc, map, "each");
  for (int c = 0; c < d->ncurves; c++) {
    const doc_ref one = doc_map(doc, each, NULL);
    doc_text(doc, one, "name", d->curve[c].name);
    doc_bool(doc, one, "found", d->own[c].found);
    if (d->own[c].found) {
      add_run(doc, one, d, &d->own[c]);
      doc_number(doc, one, "value", d->curve[c].value[d->own[c].from]);
      doc_number(doc, one, "error", lag_curve_error(&d->curve[c], d->own[c].from));
    }
  }
  doc_text(doc, map, "note", d->range_note);
}

static void add_collective(doc_tree *doc, const collective_result *c) {
  if (!c->known)
    return;
  const doc_ref map = doc_map(doc, DOC_ROOT, "collective");
  add_value(doc, map, "D_tracer", "D_tracer_ci", c->tracer);
  add_value(doc, map, "D_collective", "D_collective_ci", c->collective);
  add_value(doc, map, "haven_ratio", "haven_ratio_ci", c->haven);
  add_value(doc, map, "conductivity_S_per_m", "conductivity_ci", c->conductivity);
  if (c->temperature > 0.0)
    doc_number(doc, map, "temperature", c->temperature);
  doc_number(doc, map, "charge", c->charge);
  doc_number(doc, map, "fit_from", c->from);
  doc_number(doc, map, "fit_to", c->to);
  doc_bool(doc, map, "plateau", c->plateau);
  doc_number(doc, map, "n_Li", c->n_li);
  doc_number(doc, map, "volume", c->volume);
  doc_integer(doc, map, "blocks", c->nblocks);
  doc_matrix(doc, map, "D_tracer_tensor", 3, 3, &c->tracer_tensor[0][0]);
  doc_matrix(doc, map, "D_collective_tensor", 3, 3, &c->collective_tensor[0][0]);
  /* [t, D_tracer, lo, hi, D_collective, lo, hi] of the slopes between t and 2 t */
  const doc_ref curve = doc_list(doc, map, "curve");
  for (int k = 0; k < c->npoints; k++) {
    const collective_point *p = &c->point[k];
    const double row[7] = {
        p->t, p->tracer.value, p->tracer.lo, p->tracer.hi, p->collective.value, p->collective.lo, p->collective.hi};
    doc_numbers(doc, curve, NULL, 7, row);
  }
}

static const char *van_hove_verdict(const van_hove_result *v) {
  bool tested = false, agrees = true;
  for (int k = 0; k < v->ntimes; k++) {
    tested = tested || v->time[k].tested;
    agrees = agrees && (v->time[k].agrees || !v->time[k].tested);
  }
  return !tested ? "untested" : agrees ? "agrees" : "differs";
}

static void add_van_hove(doc_tree *doc, const msm_result *r, const diffusion_result *d) {
  const van_hove_result *v = &d->van_hove;
  if (v->ntimes == 0)
    return;
  const doc_ref map = doc_map(doc, DOC_ROOT, "van_hove");
  doc_number(doc, map, "lag", r->model[d->van_hove_model].lag);
  doc_text(doc, map, "file", "vanhove.dat");
  doc_text(doc, map, "verdict", van_hove_verdict(v));
  doc_number(doc, map, "bin", v->width);
  const doc_ref times = doc_list(doc, map, "times");
  for (int k = 0; k < v->ntimes; k++) {
    const van_hove_time *t = &v->time[k];
    const doc_ref one = doc_map(doc, times, NULL);
    doc_number(doc, one, "time", t->time);
    doc_number(doc, one, "chi2", t->chi2);
    doc_integer(doc, one, "groups", t->dof);
    doc_number(doc, one, "largest_deviation", t->largest);
    doc_number(doc, one, "p", t->p);
    doc_text(doc, one, "verdict", !t->tested ? "untested" : t->agrees ? "agrees" : "differs");
  }
}

void diffusion_tree(doc_tree *doc, const msm_result *r) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL)
    return;
  add_plateau(doc, r, d);
  add_range(doc, d);
  add_collective(doc, &d->collective);
  add_van_hove(doc, r, d);
}

static const char *verdict_name(const msd_verdict *v) {
  return !v->tested ? "untested" : v->agrees ? "agrees" : "differs";
}

void diffusion_msd_check(doc_tree *doc, doc_ref map, const msm_result *r) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL || !(d->check_to > 0.0))
    return;
  doc_number(doc, map, "from", d->check_from);
  doc_number(doc, map, "to", d->check_to);
  doc_text(doc, map, "verdict", verdict_name(&d->sites));
  if (d->sites.tested)
    doc_number(doc, map, "p", d->sites.p);
  if (r->nmd > 0) {
    doc_text(doc, map, "md_verdict", verdict_name(&d->md));
    if (d->md.tested) {
      doc_number(doc, map, "md_constant", d->md_offset);
      doc_number(doc, map, "md_largest_deviation", d->md.largest);
      doc_number(doc, map, "md_p", d->md.p);
    }
  }
}

/* ---- the folder ---- */

lisi_status diffusion_write(const msm_result *r, const char *folder, lisi_error *err) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL || d->van_hove.ntimes == 0)
    return LISI_OK;
  const van_hove_result *v = &d->van_hove;
  struct out_file *file = NULL;
  const lisi_status status = report_out(folder, "vanhove.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f,
          "# self van Hove function 4 pi r^2 G_s(r,t) (1/A) of site displacements, bins of %g A; model at lag %g ps\n"
          "# t(ps) r(A) model log log_lo log_hi\n",
          v->width, r->model[d->van_hove_model].lag);
  for (int k = 0; k < v->ntimes; k++) {
    const van_hove_time *t = &v->time[k];
    for (int b = 0; b < v->nbins; b++)
      fprintf(f, "%.10g %.10g %.10g %.10g %.10g %.10g\n", t->time, (b + 0.5) * v->width, t->model[b], t->log[b],
              t->lo[b], t->hi[b]);
    fprintf(f, "\n\n"); /* an index of gnuplot's */
  }
  return out_file_commit(file, err);
}

/* ---- for people ---- */

void diffusion_interval(const msm_result *r, double *lo, double *hi) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL || !d->has_plateau || isnan(d->plateau.lo) || isnan(d->plateau.hi))
    return;
  *lo = d->plateau.lo;
  *hi = d->plateau.hi;
}

static void print_value(const char *name, collective_value v, const char *unit) {
  printf("%s %.4g", name, v.value);
  if (!isnan(v.lo) && !isnan(v.hi))
    printf(" [%.3g, %.3g]", v.lo, v.hi);
  printf("%s", unit);
}

static void print_collective(const collective_result *c) {
  if (!c->known || c->npoints == 0)
    return;
  printf("\nall lithium together (slopes from %.4g to %.4g ps%s):\n", c->from, c->to,
         c->plateau            ? ""
         : isnan(c->tracer.lo) ? "; without errors no plateau can be told"
                               : "; no plateau");
  print_value("  D_tracer", c->tracer, " A^2/ps,");
  print_value(" D_collective", c->collective, " A^2/ps\n");
  if (!isnan(c->haven.value))
    print_value("  Haven ratio D_tracer/D_collective", c->haven, "\n");
  if (!isnan(c->conductivity.value)) {
    print_value("  ionic conductivity at", (collective_value){c->temperature, NAN, NAN}, " K:");
    print_value("", c->conductivity, " S/m (host at rest)\n");
  }
}

void diffusion_print(const msm_result *r) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL)
    return;
  const char *unit = r->time_in_ps ? "ps" : "steps";
  if (d->has_axes) {
    printf("principal axes (A^2/ps):");
    for (int k = 0; k < 3; k++) {
      printf("  %.4g", d->D[k]);
      if (isfinite(d->D_lo[k]))
        printf(" [%.3g, %.3g]", d->D_lo[k], d->D_hi[k]);
      printf(" along (%.3f %.3f %.3f)", d->axis[k][0], d->axis[k][1], d->axis[k][2]);
    }
    printf("\n");
  }
  if (d->has_plateau && d->plateau.found)
    printf("plateau of D from lag %.6g to %.6g %s\n", d->lag[d->plateau.from], d->lag[d->plateau.to], unit);
  else if (d->has_plateau && r->nmodels > 1)
    printf("%s\n", d->plateau_note);
  if (d->range.found)
    printf("Markovian from lag %.6g to %.6g %s: %s\n", d->lag[d->range.from], d->lag[d->range.to], unit, d->range_note);
  else if (r->nmodels > 1)
    printf("no Markovian range: %s\n", d->range_note);
  print_collective(&d->collective);
  const van_hove_result *v = &d->van_hove;
  if (v->ntimes > 0) {
    static const char *const name[] = {"agrees with the log at", "differs from the log at", "is not tested at"};
    printf("self van Hove function of the model");
    const char *between = " ";
    for (int kind = 0; kind < 3; kind++) {
      int n = 0;
      for (int k = 0; k < v->ntimes; k++) {
        const van_hove_time *t = &v->time[k];
        if ((!t->tested ? 2 : t->agrees ? 0 : 1) != kind)
          continue;
        printf("%s%s %.4g", n == 0 ? between : ",", n == 0 ? name[kind] : "", t->time);
        n++;
      }
      if (n > 0) {
        printf(" ps");
        between = ", ";
      }
    }
    printf("\n");
  }
}

void diffusion_print_check(const msm_result *r) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL || !d->sites.tested)
    return;
  printf("from %.4g to %.4g ps the model's MSD %s that of the site positions", d->check_from, d->check_to,
         d->sites.agrees ? "agrees with" : "differs from");
  if (d->md.tested)
    printf(", and with one constant (%.3g A^2) it %s MD's own", d->md_offset,
           d->md.agrees ? "agrees with" : "differs from");
  printf("\n");
}

void diffusion_warn(const msm_result *r, const msm_result_listener *to) {
  const diffusion_result *d = r->diffusion;
  if (d == NULL || r->nmodels == 0 || r->model[0].no_jump)
    return;
  if (d->collective.known && !d->collective.plateau && !isnan(d->collective.tracer.lo))
    msm_result_tell(
        to,
        "tracer or collective diffusion still changes with time at %.4g ps, half a time block: a longer run, or "
        "fewer --blocks, tells more",
        d->collective.to);
}
