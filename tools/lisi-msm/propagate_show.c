/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of `lisi-msm propagate` as tree, as text, and as files with their pictures. */
#include "propagate_run.h"

#include "cli.h"
#include "out_file.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CURVES 6
#define MOST_PANELS 4
#define MOST_DRAWN 1500 /* points of a curve */

static const char note[] = "tracer diffusion: tagged lithium among lithium at equilibrium; not chemical diffusion";

static const char *ends_name(lattice_ends ends) {
  return ends == ENDS_PERIODIC ? "periodic" : ends == ENDS_REFLECTING ? "reflecting" : "absorbing";
}

static bool same_unit(const propagation *r) {
  return strcmp(r->unit, "step") != 0;
}

/* ---- tree ---- */

static void add_if_known(doc_tree *doc, doc_ref map, const char *key, double value) {
  if (!isnan(value))
    doc_number(doc, map, key, value);
}

static void add_times(doc_tree *doc, const propagation *r) {
  const bool planar = start_is_planar(&r->start);
  const doc_ref list = doc_list(doc, DOC_ROOT, "times");
  for (int k = 0; k < r->ntimes; k++) {
    const propagate_moment *m = &r->moment[k];
    const doc_ref map = doc_map(doc, list, NULL);
    doc_number(doc, map, "time", m->time);
    doc_integer(doc, map, "steps", m->steps);
    doc_number(doc, map, "total", m->total);
    if (!planar)
      doc_numbers(doc, map, "mean_position", 3, m->mean);
    add_if_known(doc, map, "mean", m->along);
    add_if_known(doc, map, "variance", m->variance);
    if (!planar)
      doc_matrix(doc, map, "covariance", 3, 3, &m->spread[0][0]);
    add_if_known(doc, map, "D_effective", m->D);
    if (!planar && !isnan(m->D))
      doc_matrix(doc, map, "D_effective_tensor", 3, 3, &m->D_tensor[0][0]);
    doc_bool(doc, map, "edge_reached", m->edge);
  }
}

lisi_status propagate_tree(const propagation *r, const char *command, doc_tree **out, lisi_error *err) {
  doc_tree *doc = *out = doc_new();
  if (doc == NULL)
    return lisi_no_memory(err, sizeof(void *));
  const bool planar = start_is_planar(&r->start);
  doc_text(doc, DOC_ROOT, "format", "lisi-propagate 1");
  const doc_ref units = doc_map(doc, DOC_ROOT, "units");
  doc_text(doc, units, "time", r->unit);
  doc_text(doc, units, "length", "Angstrom");
  doc_text(doc, DOC_ROOT, "program", "lisi-msm " LISI_VERSION);
  doc_text(doc, DOC_ROOT, "command", command);
  doc_text(doc, DOC_ROOT, "kind", note);
  doc_number(doc, DOC_ROOT, "lag", r->model->lag);
  doc_integer(doc, DOC_ROOT, "states", r->model->n);
  doc_number(doc, DOC_ROOT, "discarded_fraction", r->model->discarded_fraction);
  doc_text(doc, DOC_ROOT, "start", r->start.text);
  const doc_ref axis = doc_map(doc, DOC_ROOT, "axis");
  const doc_ref hkl = doc_list(doc, axis, "planes");
  for (int a = 0; a < 3; a++)
    doc_integer(doc, hkl, NULL, r->stack.hkl[a]);
  doc_number(doc, axis, "spacing", r->stack.spacing);
  doc_numbers(doc, axis, "normal", 3, r->stack.normal);
  const doc_ref cells = doc_list(doc, DOC_ROOT, planar ? "layers" : "cells");
  for (int a = 0; a < (planar ? 1 : 3); a++)
    doc_integer(doc, cells, NULL, r->cells[a]);
  doc_text(doc, DOC_ROOT, "ends", ends_name(r->ends));
  if (planar) {
    const double tagged[2] = {r->lo, r->hi};
    doc_numbers(doc, DOC_ROOT, "tagged", 2, tagged);
  } else {
    doc_integer(doc, DOC_ROOT, "sites", (long long)r->nseeds);
    doc_numbers(doc, DOC_ROOT, "centre", 3, r->centre);
  }
  doc_matrix(doc, DOC_ROOT, "D", 3, 3, &r->model->tr.D[0][0]);
  doc_number(doc, DOC_ROOT, "D_axis", r->D);
  if (r->drift != 0)
    doc_number(doc, DOC_ROOT, "drift_axis", r->drift);
  add_times(doc, r);
  return LISI_OK;
}

/* ---- text ---- */

void propagate_print(const propagation *r) {
  const bool planar = start_is_planar(&r->start);
  const int *h = r->stack.hkl;
  printf("Model at lag %g %s, %d sites; %s\n", r->model->lag, r->unit, r->model->n, note);
  if (r->model->discarded_fraction > 0.001)
    printf("The model holds %.1f %% of the counts; the distribution is one on its sites alone.\n",
           100 * (1 - r->model->discarded_fraction));
  if (planar)
    printf("%d layers (%d %d %d) of %.6g A, %s; start: %s%s\n", r->cells[0], h[0], h[1], h[2], r->stack.spacing,
           r->ends == ENDS_PERIODIC     ? "periodic"
           : r->ends == ENDS_REFLECTING ? "reflecting ends"
                                        : "absorbing ends",
           r->start.text, r->axis_chosen ? " (the axis with the largest D)" : "");
  else
    printf("%d x %d x %d unit cells, periodic; start: %s (%zu sites); profile along (%d %d %d), slices of %.6g A\n",
           r->cells[0], r->cells[1], r->cells[2], r->start.text, r->nseeds, h[0], h[1], h[2], r->stack.spacing);
  const char *per = same_unit(r) ? "ps" : "step";
  printf("D of the model along it: %.6g A^2/%s", r->D, per);
  if (same_unit(r))
    printf(" (%.4g m^2/s)", r->D * MSM_D_TO_M2_PER_S);
  printf("\n\n%14s %16s %14s %16s %16s\n", "time", planar ? "total (layers)" : "total", "mean (A)", "variance (A^2)",
         "D from it");
  bool edge = false;
  for (int k = 0; k < r->ntimes; k++) {
    const propagate_moment *m = &r->moment[k];
    printf("%14.8g %16.12g ", m->time, m->total);
    if (isnan(m->along))
      printf("%14s ", "-");
    else
      printf("%14.6g ", fabs(m->along) < 1e-9 * r->stack.spacing ? 0.0 : m->along);
    if (isnan(m->variance))
      printf("%16s ", "-");
    else
      printf("%16.10g ", m->variance);
    if (isnan(m->D))
      printf("%16s\n", m->edge && r->start.kind != START_FULL ? "edge reached" : "-");
    else
      printf("%16.8g\n", m->D);
    edge = edge || m->edge;
  }
  if (edge && r->start.kind != START_FULL)
    printf("\nThe edge of the lattice is reached: from then on mean and variance are those of the lattice, not of the "
           "crystal.\n");
}

/* ---- files ---- */

/* Evenly chosen among the times after 0. */
static int choose_times(const propagation *r, int most, int *which) {
  const int n = r->ntimes - 1 < most ? r->ntimes - 1 : most;
  for (int q = 0; q < n; q++)
    which[q] = n == 1 ? r->ntimes - 1 : 1 + (int)((long long)q * (r->ntimes - 2) / (n - 1));
  return n;
}

static double shown(double value) {
  return fabs(value) < 1e-15 ? 0.0 : value;
}

static lisi_status write_profile(const propagation *r, const char *folder, lisi_error *err) {
  const bool planar = start_is_planar(&r->start);
  struct out_file *file = NULL;
  lisi_status status = report_out(folder, "profile.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f, "# %s\n# column 1: position along the normal of (%d %d %d), Angstrom; ", note, r->stack.hkl[0],
          r->stack.hkl[1], r->stack.hkl[2]);
  fprintf(f,
          planar ? "then tagged share of the lithium (%s) and\n# the solution of the diffusion equation with D of "
                   "the model, for each time (%s):"
                 : "then probability per Angstrom (%s) and the Gaussian\n# with D of the model, for each time (%s):",
          planar ? (r->by_site ? "by site" : "by layer") : "in slices of one layer", r->unit);
  for (int k = 0; k < r->ntimes; k++)
    fprintf(f, " %.10g", r->moment[k].time);
  fputc('\n', f);
  for (int q = 0; q < r->nrows; q++) {
    fprintf(f, "%.8g", r->row[q].x);
    for (int k = 0; k < r->ntimes; k++)
      fprintf(f, " %.10g %.6g", shown(r->profile[(size_t)k * (size_t)r->nrows + (size_t)q]),
              shown(propagate_continuum(r, r->row[q].x, r->moment[k].time)));
    fputc('\n', f);
  }
  return out_file_commit(file, err);
}

static lisi_status write_moments(const propagation *r, const char *folder, lisi_error *err) {
  const bool planar = start_is_planar(&r->start);
  struct out_file *file = NULL;
  const lisi_status status = report_out(folder, "moments.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f,
          "# %s\n# time (%s), total, mean (A), variance (A^2) along the normal, D from its growth (A^2/%s), edge of "
          "the lattice reached\n",
          note, r->unit, r->unit);
  if (!planar)
    fputs("# then mean x y z (A), covariance xx yy zz yz xz xy (A^2)\n", f);
  for (int k = 0; k < r->ntimes; k++) {
    const propagate_moment *m = &r->moment[k];
    fprintf(f, "%.10g %.17g %.12g %.12g %.10g %d", m->time, m->total, m->along, m->variance, m->D, m->edge);
    if (!planar)
      fprintf(f, " %.12g %.12g %.12g %.12g %.12g %.12g %.12g %.12g %.12g", m->mean[0], m->mean[1], m->mean[2],
              m->spread[0][0], m->spread[1][1], m->spread[2][2], m->spread[1][2], m->spread[0][2], m->spread[0][1]);
    fputc('\n', f);
  }
  return out_file_commit(file, err);
}

/* What of the axis is worth seeing. */
static void range_of(const propagation *r, double *lo, double *hi) {
  const propagate_moment *last = &r->moment[r->ntimes - 1];
  double half = 4.5 * sqrt(2 * fmax(r->D, 0) * last->time) + 2 * r->stack.spacing;
  if (start_is_planar(&r->start)) {
    *lo = -r->width / 2;
    *hi = r->width / 2;
    if (r->ends != ENDS_PERIODIC)
      return;
    if (r->start.kind == START_SLAB)
      half += r->hi;
    *lo = fmax(*lo, -half);
    *hi = fmin(*hi, half);
    return;
  }
  half = fmax(half, 4.5 * sqrt(fmax(last->variance, 0)));
  const double at = last->along;
  *lo = fmin(0, at) - half;
  *hi = fmax(0, at) + half;
}

static lisi_status write_profile_script(const propagation *r, const char *folder, lisi_error *err) {
  const bool planar = start_is_planar(&r->start);
  struct out_file *file = NULL;
  const lisi_status status = report_out(folder, "profile.gp", &file, err);
  if (status != LISI_OK)
    return status;
  double lo, hi;
  int which[MOST_CURVES], inside = 0;
  range_of(r, &lo, &hi);
  const int n = choose_times(r, MOST_CURVES, which);
  for (int q = 0; q < r->nrows; q++)
    inside += r->row[q].x >= lo && r->row[q].x <= hi;
  const int every = inside / MOST_DRAWN + 1;
  FILE *f = out_file_stream(file);
  report_preamble(f, "profile", 800, 420);
  const int *h = r->stack.hkl;
  fprintf(f,
          "set encoding utf8\nset xlabel 'position along the normal of (%d %d %d) (\303\205)'\nset ylabel '%s'\n"
          "set xrange [%.6g:%.6g]\nset yrange [0:%s]\nset rmargin at screen 0.76\nset key at screen 0.99, graph 1 "
          "right top font ',13'\nset samples 2\n",
          h[0], h[1], h[2], planar ? "tagged share of the lithium" : "probability (1/\303\205)", lo, hi,
          planar ? "1.06" : "*");
  fprintf(f, "plot ");
  if (planar)
    fprintf(f, "'profile.dat' every %d using 1:2 with steps lc rgb '#b8c2cc' lw 1.5 title 'start', \\\n     ", every);
  for (int q = 0; q < n; q++) {
    const int column = 2 * which[q] + 2;
    fprintf(f,
            "%s'profile.dat' every %d using 1:%d with points lt %d pt 7 ps %s title '%.6g %s', '' every %d using 1:%d "
            "with lines lt %d lw 1.4 notitle",
            q > 0 ? ", \\\n     " : "", every, column, q + 1, inside > 300 ? "0.3" : "0.5", r->moment[which[q]].time,
            r->unit, every, column + 1, q + 1);
  }
  fprintf(f,
          ", \\\n     NaN with lines lc rgb '#4a5560' lw 1.4 title 'diffusion equation,', NaN with lines lc rgb "
          "'#ffffff' title 'D = %.3g \303\205^2/%s'\n",
          r->D, r->unit);
  return out_file_commit(file, err);
}

static lisi_status write_map(const propagation *r, const char *folder, lisi_error *err) {
  struct out_file *file = NULL;
  int which[MOST_PANELS];
  const int n = choose_times(r, MOST_PANELS, which);
  lisi_status status = report_out(folder, "map.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f,
          "# %s\n# seen along cell vector %c: x, y (Angstrom from the start), probability %s; a block for each time\n",
          note, "abc"[r->w], r -> block > 0 ? "in a block of cells" : "of the sites behind each other");
  double reach = 2.0, top[MOST_PANELS];
  for (int q = 0; q < n; q++) {
    const double *map = r->map + (size_t)which[q] * (size_t)r->nmap;
    top[q] = 0;
    for (int k = 0; k < r->nmap; k++)
      top[q] = fmax(top[q], map[k]);
    fprintf(f, "%s# time %.10g\n", q > 0 ? "\n\n" : "", r->moment[which[q]].time);
    for (int k = 0; k < r->nmap; k++) {
      fprintf(f, "%.6g %.6g %.6g\n", r->map_xy[2 * k], r->map_xy[2 * k + 1], shown(fmax(0, map[k])));
      if (map[k] > 1e-3 * top[q])
        reach = fmax(reach, fmax(fabs(r->map_xy[2 * k]), fabs(r->map_xy[2 * k + 1])));
    }
  }
  status = out_file_commit(file, err);
  if (status == LISI_OK)
    status = report_out(folder, "map.gp", &file, err);
  if (status != LISI_OK)
    return status;
  f = out_file_stream(file);
  report_preamble(f, "map", 340 * n, 350);
  reach *= 1.08;
  const double base = pow(10, floor(log10(reach))), many = reach / base;
  const double tick = base * (many < 1.5 ? 1 : many < 3.5 ? 2 : 5);
  /* points as far apart as what they stand for */
  double area = 0;
  for (int k = 0; k < r->nmap; k++)
    area += fabs(r->map_xy[2 * k]) < reach && fabs(r->map_xy[2 * k + 1]) < reach;
  const double size = fmin(2.2, fmax(0.25, (r->block > 0 ? 1.25 : 0.9) * 230 / sqrt(fmax(area, 1)) / 11.5));
  fprintf(f,
          "set encoding utf8\nset multiplot\nset tmargin at screen 0.86\nset bmargin at screen 0.2\nset size ratio -1\n"
          "set xlabel '\303\205' offset 0,0.4\nunset key\nunset grid\nset logscale cb\nset format cb '10^{%%T}'\n"
          "set palette defined (0 '#f3f6fa', 0.3 '#a9cdf3', 0.65 '#2a78d6', 1 '#10305c')\n"
          "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\nset border 15\nset xtics %.6g font ',12'\n"
          "set ytics %.6g font ',12'\nset cbtics font ',11'\n",
          -reach, reach, -reach, reach, tick, tick);
  for (int q = 0; q < n; q++) {
    const double high = top[q] > 0 ? top[q] : 1;
    fprintf(f,
            "set lmargin at screen %.4f\nset rmargin at screen %.4f\nset title '%.6g %s' tc rgb '#2b3440'\nset cbrange "
            "[%.4g:%.4g]\n"
            "plot 'map.dat' index %d using 1:2:($3 > %.4g ? $3 : %.4g) with points pt %d ps %.3g lc palette\n",
            (q + 0.16) / n, (q + 0.80) / n, r->moment[which[q]].time, r->unit, 1e-4 * high, high, q, 1e-4 * high,
            1e-4 * high, r->block > 0 ? 5 : 7, size);
  }
  fprintf(f, "unset multiplot\n");
  return out_file_commit(file, err);
}

lisi_status propagate_files(const propagation *r, const char *folder, lisi_error *err) {
  const bool has_map = r->map != NULL && r->w >= 0;
  lisi_status status = write_profile(r, folder, err);
  if (status == LISI_OK)
    status = write_profile_script(r, folder, err);
  if (status == LISI_OK)
    status = write_moments(r, folder, err);
  if (status == LISI_OK && has_map)
    status = write_map(r, folder, err);
  bool drawn = true;
  for (int k = 0; k < (has_map ? 2 : 1) && status == LISI_OK; k++) {
    char program[] = "gnuplot", profile[] = "profile.gp", map[] = "map.gp";
    char *const argv[] = {program, k == 0 ? profile : map, NULL};
    drawn = report_program(folder, "gnuplot.log", argv) && drawn;
  }
  if (status == LISI_OK && !drawn)
    cli_warn("gnuplot could not draw everything: data and scripts are there, but not all pictures");
  return status;
}
