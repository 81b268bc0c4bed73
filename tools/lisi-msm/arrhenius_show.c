/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fits of `lisi-msm arrhenius` as tree, as text, as a table over temperature, and drawn. */
#include "arrhenius_run.h"

#include "msm.h"
#include "out_file.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LINES 8
/* More are not read by anybody on a terminal. */
#define MOST_PRINTED 30

/* ---- tree ---- */

static void add_pair(doc_tree *doc, doc_ref map, const char *key, double lo, double hi) {
  const double pair[2] = {lo, hi};
  doc_numbers(doc, map, key, 2, pair);
}

static void add_fit(doc_tree *doc, doc_ref map, const arrhenius_quantity *q) {
  const arrhenius_fit *f = &q->fit;
  doc_number(doc, map, "Ea", f->Ea);
  if (f->has_ci)
    add_pair(doc, map, "Ea_ci", f->Ea_lo, f->Ea_hi);
  doc_number(doc, map, "prefactor", f->prefactor);
  if (f->has_ci)
    add_pair(doc, map, "prefactor_ci", f->prefactor_lo, f->prefactor_hi);
  if (q->kind != QUANTITY_RATE)
    doc_number(doc, map, "prefactor_m2_per_s", f->prefactor * MSM_D_TO_M2_PER_S);
  doc_bool(doc, map, "weighted", f->weighted);
  doc_integer(doc, map, "degrees_of_freedom", f->dof);
  if (!isnan(f->chi2)) {
    doc_number(doc, map, "chi2", f->chi2);
    doc_number(doc, map, "p", f->p);
  }
  const double line[5] = {f->x, f->level, f->slope, f->level_error, f->slope_error};
  doc_numbers(doc, map, "line", f->has_ci ? 5 : 3, line);
}

lisi_status arrhenius_tree(const arrhenius_result *r, const char *command, doc_tree **out, lisi_error *err) {
  doc_tree *doc = *out = doc_new();
  if (doc == NULL)
    return lisi_no_memory(err, sizeof(void *));
  doc_text(doc, DOC_ROOT, "format", "lisi-arrhenius 1");
  const doc_ref units = doc_map(doc, DOC_ROOT, "units");
  doc_text(doc, units, "time", "ps");
  doc_text(doc, units, "length", "Angstrom");
  doc_text(doc, units, "Ea", "eV");
  doc_text(doc, DOC_ROOT, "program", "lisi-msm " LISI_VERSION);
  doc_text(doc, DOC_ROOT, "command", command);
  const doc_ref models = doc_list(doc, DOC_ROOT, "models");
  for (int m = 0; m < r->nmodels; m++) {
    const doc_ref map = doc_map(doc, models, NULL);
    doc_text(doc, map, "file", r->model[m].file);
    doc_number(doc, map, "temperature", r->model[m].T);
    doc_number(doc, map, "lag", r->model[m].lag);
    doc_bool(doc, map, "plateau", r->model[m].plateau);
  }
  static const char *const kind[] = {"D", "component", "rate"};
  const doc_ref fits = doc_list(doc, DOC_ROOT, "fits");
  for (int k = 0; k < r->nquantities; k++) {
    const arrhenius_quantity *q = &r->quantity[k];
    if (!q->fitted)
      continue;
    const doc_ref map = doc_map(doc, fits, NULL);
    doc_text(doc, map, "name", q->name);
    doc_text(doc, map, "kind", kind[q->kind]);
    if (q->kind == QUANTITY_COMPONENT)
      doc_numbers(doc, map, "axis", 3, q->axis);
    if (q->kind == QUANTITY_RATE) {
      doc_text(doc, map, "from", q->from);
      doc_text(doc, map, "to", q->to);
    }
    add_fit(doc, map, q);
    const doc_ref points = doc_list(doc, map, "points");
    for (int p = 0; p < q->n; p++) {
      const double row[4] = {q->point[p].T, q->point[p].value, q->point[p].lo, q->point[p].hi};
      doc_numbers(doc, points, NULL, isnan(row[2]) ? 2 : 4, row);
    }
  }
  const doc_ref left = doc_list(doc, DOC_ROOT, "not_fitted");
  for (int k = 0; k < r->nquantities; k++) {
    if (r->quantity[k].fitted)
      continue;
    const doc_ref map = doc_map(doc, left, NULL);
    doc_text(doc, map, "name", r->quantity[k].name);
    doc_text(doc, map, "why", r->quantity[k].why_not);
  }
  return LISI_OK;
}

/* ---- text ---- */

static void print_interval(double lo, double hi, bool known) {
  char text[48] = "";
  if (known)
    snprintf(text, sizeof text, "[%.4g, %.4g]", lo, hi);
  printf(" %-24s", text);
}

void arrhenius_print(const arrhenius_result *r) {
  printf("%d models from %g to %g K\n\n", r->nmodels, r->model[0].T, r->model[r->nmodels - 1].T);
  printf("%-22s %10s %-24s %14s %-24s %s\n", "", "Ea (eV)", " 95 %", "prefactor", " 95 %",
         "unit     points  chi^2/dof");
  int rates = 0, unfitted = 0;
  for (int k = 0; k < r->nquantities; k++) {
    const arrhenius_quantity *q = &r->quantity[k];
    const arrhenius_fit *f = &q->fit;
    if (q->kind == QUANTITY_RATE && !q->fitted) {
      unfitted++;
      continue;
    }
    if (q->kind == QUANTITY_RATE && rates++ >= MOST_PRINTED)
      continue;
    const double unit = q->kind == QUANTITY_RATE ? 1.0 : MSM_D_TO_M2_PER_S;
    printf("%-22s ", q->name);
    if (!q->fitted) {
      printf("  not fitted: %s\n", q->why_not);
      continue;
    }
    printf("%10.5f", f->Ea);
    print_interval(f->Ea_lo, f->Ea_hi, f->has_ci);
    printf(" %14.6g", f->prefactor * unit);
    print_interval(f->prefactor_lo * unit, f->prefactor_hi * unit, f->has_ci);
    printf(" %-8s %6d", q->kind == QUANTITY_RATE ? "1/ps" : "m^2/s", f->n);
    if (!isnan(f->chi2))
      printf("  %.3g (p = %.2g)", f->chi2 / f->dof, f->p);
    printf("\n");
  }
  if (rates > MOST_PRINTED)
    printf("and %d more rates (--json, arrhenius.yaml)\n", rates - MOST_PRINTED);
  if (unfitted > 0)
    printf("%d rates are above 0 in fewer than two models, or nowhere, and are not fitted\n", unfitted);
  if (r->ncomponents == 3 && !r->cartesian) {
    printf("\nprincipal axes (Cartesian):");
    for (int c = 1; c <= 3; c++) {
      const double *e = r->quantity[c].axis;
      printf("  %s (%.3f %.3f %.3f)", r->quantity[c].name, e[0], e[1], e[2]);
    }
    printf("\n");
  }
}

/* ---- the table ---- */

lisi_status arrhenius_table(const arrhenius_result *r, const char *folder, int n, const double *T, lisi_error *err) {
  static const int element[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
  struct out_file *file = NULL;
  const lisi_status status = report_out(folder, "table.csv", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  double value[3][3], lo[3][3], hi[3][3];
  const bool tensor = arrhenius_tensor_at(r, T[0], value, lo, hi);
  fputs("T_K,D_m2_per_s,D_lo,D_hi", f);
  for (int k = 0; k < 6 && tensor; k++) {
    const char a = "xyz"[element[k][0]], b = "xyz"[element[k][1]];
    fprintf(f, ",D%c%c,D%c%c_lo,D%c%c_hi", a, b, a, b, a, b);
  }
  fputs(",extrapolated\n", f);
  for (int row = 0; row < n; row++) {
    double v, l, h;
    arrhenius_at(&r->quantity[0].fit, T[row], &v, &l, &h);
    const double u = MSM_D_TO_M2_PER_S;
    fprintf(f, "%.10g,%.8g", T[row], v * u);
    if (r->quantity[0].fit.has_ci)
      fprintf(f, ",%.8g,%.8g", l * u, h * u);
    else
      fputs(",,", f);
    if (tensor) {
      (void)arrhenius_tensor_at(r, T[row], value, lo, hi);
      for (int k = 0; k < 6; k++) {
        const int a = element[k][0], b = element[k][1];
        fprintf(f, ",%.8g", value[a][b] * u);
        if (isnan(lo[a][b]) || isnan(hi[a][b]))
          fputs(",,", f);
        else
          fprintf(f, ",%.8g,%.8g", lo[a][b] * u, hi[a][b] * u);
      }
    }
    const arrhenius_fit *D = &r->quantity[0].fit;
    fprintf(f, ",%d\n", T[row] < D->T_lo * (1 - 1e-9) || T[row] > D->T_hi * (1 + 1e-9));
  }
  return out_file_commit(file, err);
}

/* ---- pictures ---- */

static lisi_status draw(const arrhenius_result *r, const char *folder, const char *name, bool rates, bool *drawn,
                        lisi_error *err) {
  char file_name[64];
  const arrhenius_quantity *shown[MOST_LINES];
  int n = 0;
  /* of many rates those that are the fastest at the highest temperature */
  for (int k = 0; k < r->nquantities; k++) {
    const arrhenius_quantity *q = &r->quantity[k];
    if (!q->fitted || (q->kind == QUANTITY_RATE) != rates)
      continue;
    int at = n < MOST_LINES ? n : MOST_LINES - 1;
    if (n == MOST_LINES && q->point[q->n - 1].value <= shown[at]->point[shown[at]->n - 1].value)
      continue;
    while (rates && at > 0 && q->point[q->n - 1].value > shown[at - 1]->point[shown[at - 1]->n - 1].value) {
      shown[at] = shown[at - 1];
      at--;
    }
    shown[at] = q;
    n += n < MOST_LINES;
  }
  if (n == 0)
    return LISI_OK;
  struct out_file *file = NULL;
  snprintf(file_name, sizeof file_name, "%s.dat", name);
  lisi_status status = report_out(folder, file_name, &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  const double unit = rates ? 1.0 : MSM_D_TO_M2_PER_S;
  fprintf(f,
          "# 1000/T (1/K), value, lower and upper end of its 95 %% interval (%s), T (K); a block for each quantity\n",
          rates ? "1/ps" : "m^2/s");
  double x_lo = INFINITY, x_hi = -INFINITY, y_lo = INFINITY, y_hi = 0;
  for (int k = 0; k < n; k++) {
    fprintf(f, "%s# %s\n", k > 0 ? "\n\n" : "", shown[k]->name);
    for (int p = 0; p < shown[k]->n; p++) {
      const arrhenius_point *x = &shown[k]->point[p];
      const bool known = !isnan(x->lo), open = known && !(x->lo > 0);
      fprintf(f, "%.8g %.8g %.8g %.8g %.8g\n", 1000 / x->T, x->value * unit,
              (!known ? x->value
               : open ? 1e-3 * x->value
                      : x->lo) *
                  unit,
              (known ? x->hi : x->value) * unit, x->T);
      x_lo = fmin(x_lo, 1000 / x->T);
      x_hi = fmax(x_hi, 1000 / x->T);
      y_lo = fmin(y_lo, (known && !open ? x->lo : x->value) * unit);
      y_hi = fmax(y_hi, (known ? x->hi : x->value) * unit);
    }
  }
  if ((status = out_file_commit(file, err)) != LISI_OK)
    return status;
  snprintf(file_name, sizeof file_name, "%s.gp", name);
  if ((status = report_out(folder, file_name, &file, err)) != LISI_OK)
    return status;
  f = out_file_stream(file);
  const double pad = 0.12 * (x_hi - x_lo);
  report_preamble(f, name, 760, 460);
  fprintf(f,
          "set encoding utf8\nset logscale y\nset format y '10^{%%L}'\nset xlabel '1000/T (1/K)'\nset ylabel '%s'\n"
          "set xrange [%.6g:%.6g]\nset yrange [%.4g:%.4g]\nset rmargin at screen 0.64\nset key at screen 0.99, graph 1 "
          "right top\nset samples 200\n"
          "set border 7\nset xtics nomirror\nset x2label 'T (K)' tc rgb '#2b3440'\n"
          "set link x2 via x inverse x\nset x2tics nomirror scale 0.6 tc rgb '#4a5560' (",
          rates ? "rate (1/ps)" : "D (m^2/s)", x_lo - pad, x_hi + pad, y_lo * 0.5, y_hi * 2);
  double last = INFINITY;
  bool comma = false;
  for (int m = 0; m < r->nmodels; m++) { /* not where two labels would touch */
    const double x = 1000 / r->model[m].T;
    if (last - x < 0.07 * (x_hi - x_lo + 2 * pad))
      continue;
    fprintf(f, "%s'%.4g' %.8g", comma ? ", " : "", r->model[m].T, x);
    comma = true;
    last = x;
  }
  fputs(")\nplot ", f);
  for (int k = 0; k < n; k++) {
    const arrhenius_fit *q = &shown[k]->fit;
    /* b + a x in 1000/T; drawn as such so that the line is exact at any range */
    const double a = q->slope / (ARRHENIUS_KB * 1000), b = q->level - q->slope * q->x + log(unit);
    char title[160], *put = title;
    for (const char *c = shown[k]->name; *c != '\0' && put < title + 100; c++) {
      if (strncmp(c, "->", 2) == 0) {
        memcpy(put, "\342\206\222", 3);
        put += 3;
        c++;
      } else if (*c == '_' && !rates) {
        *put++ = '_';
        *put++ = '{';
      } else {
        if (strchr("'_^{}@&~\\", *c) != NULL)
          *put++ = ' ';
        else
          *put++ = *c;
      }
    }
    if (!rates && strchr(shown[k]->name, '_') != NULL)
      *put++ = '}';
    *put = '\0';
    char error[32] = "";
    if (q->has_ci)
      snprintf(error, sizeof error, " \302\261 %.3f", 0.5 * (q->Ea_hi - q->Ea_lo));
    fprintf(
        f,
        "%sexp(%.15g + %.15g * x) with lines lt %d lw %s notitle, '%s.dat' index %d using 1:2:3:4 with yerrorbars lt "
        "%d pt 7 ps 0.7 lw 1.4 title '%s, %.3f%s eV'",
        k > 0 ? ", \\\n     " : "", b, a, k + 1, k == 0 && !rates ? "2.4" : "1.3", name, k, k + 1, title, q->Ea, error);
  }
  fputc('\n', f);
  if ((status = out_file_commit(file, err)) != LISI_OK)
    return status;
  char program[] = "gnuplot", *const argv[] = {program, file_name, NULL};
  *drawn = report_program(folder, "gnuplot.log", argv) && *drawn;
  return LISI_OK;
}

lisi_status arrhenius_files(const arrhenius_result *r, const char *folder, lisi_error *err) {
  bool drawn = true;
  lisi_status status = draw(r, folder, "arrhenius", false, &drawn, err);
  if (status == LISI_OK)
    status = draw(r, folder, "arrhenius_rates", true, &drawn, err);
  if (status == LISI_OK && !drawn)
    cli_warn("gnuplot could not draw everything: data and scripts are there, but not all pictures");
  return status;
}
