/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Curves of the report that not every model has: where the lithium is, and how far it has got. */
#include "report.h"

#include "file_bytes.h"
#include "out_file.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SITES = 120, MOST_TYPES = MOST_SITES, MOST_TIMES = 5 };

typedef struct {
  int order, type;
  double pi, lo, hi;
  long long number;
} weight;

static int by_type(const void *a, const void *b) {
  const weight *p = a, *q = b;
  return p->type != q->type ? (p->type < q->type ? -1 : 1) : p->order - q->order;
}

static const char *label_of(const report_data *data, double number) {
  for (int s = 0; s < yaml_seq_size(data->doc, data->sites); s++) {
    const yaml_ref site = yaml_seq_at(data->doc, data->sites, s);
    if (report_number(data, site, "site") == number)
      return yaml_text(data->doc, yaml_get(data->doc, site, "label"));
  }
  return NULL;
}

lisi_status report_plot_stationary(const report_data *data, bool *any, lisi_error *err) {
  const yaml_ref model = report_chosen(data), states = yaml_get(data->doc, model, "states"),
                 pi = yaml_get(data->doc, model, "stationary"), ci = yaml_get(data->doc, model, "stationary_ci");
  const int n = yaml_seq_size(data->doc, states);
  const char *type[MOST_TYPES];
  int ntypes = 0;
  double most = 0;
  weight w[MOST_SITES];
  struct out_file *dat = NULL, *script = NULL;
  *any = false;
  if (n < 2 || n > MOST_SITES)
    return LISI_OK;
  for (int k = 0; k < n; k++) {
    const double number = report_item(data, states, k);
    const yaml_ref pair = yaml_seq_at(data->doc, ci, k);
    const char *label = label_of(data, number);
    w[k] = (weight){.order = k,
                    .pi = report_item(data, pi, k),
                    .lo = report_item(data, pair, 0),
                    .hi = report_item(data, pair, 1),
                    .number = fabs(number) < 1e15 ? (long long)number : k + 1};
    while (label != NULL && w[k].type < ntypes && strcmp(type[w[k].type], label) != 0)
      w[k].type++;
    if (label != NULL && w[k].type == ntypes && ntypes < MOST_TYPES)
      type[ntypes++] = label;
    if (isnan(w[k].pi))
      return LISI_OK;
    if (isnan(w[k].lo) || isnan(w[k].hi))
      w[k].lo = w[k].hi = w[k].pi;
    most = fmax(most, w[k].hi);
  }
  qsort(w, (size_t)n, sizeof *w, by_type);
  lisi_status status = report_out(data->folder, "stationary.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  fprintf(
      f,
      "# place in the picture, share (%%), lower and upper end of its 95 %% interval, site; a block for each kind\n");
  for (int k = 0; k < n; k++)
    fprintf(f, "%s%d %.10g %.10g %.10g %lld\n", k > 0 && w[k].type != w[k - 1].type ? "\n\n" : "", k + 1, 100 * w[k].pi,
            100 * w[k].lo, 100 * w[k].hi, w[k].number);
  if ((status = out_file_commit(dat, err)) != LISI_OK)
    return status;
  if ((status = report_out(data->folder, "stationary.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  report_preamble(f, "stationary", 1040, 330);
  fprintf(f,
          "set xrange [0.3:%.1f]\nset yrange [0:%.6g]\nset ylabel 'share of the %s (%%)'\nset xlabel '%s'\n"
          "set xtics scale 0 font ',%d'\nunset grid\nset grid y\nset key outside top center horizontal samplen 0.5 "
          "width 1\n"
          "set label 1 'equal shares' at graph 0.995,first %.6g right offset 0,0.6 tc rgb '#5a6774' font ',12'\n",
          n + 0.7, 112 * most, data->time_unit[0] == 'p' ? "lithium" : "time", data->geometry ? "site" : "state",
          n > 60   ? 8
          : n > 30 ? 11
                   : 13,
          100.0 / n);
  fprintf(f, "set xtics (");
  for (int k = 0; k < n; k++)
    fprintf(f, "%s\"%lld\" %d", k > 0 ? ", " : "", w[k].number, k + 1);
  fprintf(f, ")%s\nplot %.8g with lines lc rgb '#8a94a0' lw 1.2 dt 2 notitle", n > 60 ? " rotate by 90 right" : "",
          100.0 / n);
  for (int t = 0, block = 0; t < (ntypes > 0 ? ntypes : 1); t++, block++) {
    fprintf(f, ", \\\n     'stationary.dat' index %d using 1:2:3:4 with yerrorbars pt 7 ps 0.8 lw 1.8 lc rgb '%s' ",
            block, report_colour(t));
    if (ntypes > 1 && ntypes <= 12) {
      fprintf(f, "title ");
      report_quoted(f, type[t]);
    } else
      fprintf(f, "notitle");
  }
  fputc('\n', f);
  *any = true;
  return out_file_commit(script, err);
}

/* collective.curve: [t, D_tracer, lo, hi, D_collective, lo, hi] of the slopes between t and 2 t. */
lisi_status report_plot_collective(const report_data *data, bool *any, lisi_error *err) {
  const yaml_ref map = yaml_get(data->doc, data->root, "collective"), curve = yaml_get(data->doc, map, "curve");
  const int n = yaml_seq_size(data->doc, curve);
  struct out_file *dat = NULL, *script = NULL;
  double left = INFINITY, right = 0, top = 0;
  *any = false;
  if (n < 2)
    return LISI_OK;
  lisi_status status = report_out(data->folder, "collective.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  fprintf(f,
          "# time (%s), D_tracer (A^2/ps), lower and upper end of its 95 %% interval, D_collective and its interval\n",
          data->time_unit);
  for (int k = 0; k < n; k++) {
    const yaml_ref row = yaml_seq_at(data->doc, curve, k);
    const double t = report_item(data, row, 0);
    if (!(t > 0) || !isfinite(t))
      continue;
    fprintf(f, "%.10g", t);
    for (int c = 1; c < 7; c++) {
      const double value = report_item(data, row, c);
      fprintf(f, " %.10g", isfinite(value) ? value : NAN);
      if (c == 1 || c == 4)
        top = isfinite(value) ? fmax(top, value) : top;
    }
    fputc('\n', f);
    left = fmin(left, t);
    right = fmax(right, t);
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK || !(top > 0) || !(right > left))
    return status;
  if ((status = report_out(data->folder, "collective.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  report_preamble(f, "collective", 560, 400);
  fprintf(
      f,
      "set logscale x\nset format '%%g'\nset xlabel 'time (%s)'\nset ylabel 'D (\303\205^2/ps)'\nset xrange "
      "[%.6g:%.6g]\nset yrange [0:%.6g]\nset style fill transparent solid 0.18 noborder\nset key outside top center "
      "horizontal samplen 1.2 width 1\n",
      data->time_unit, left * 0.85, right * 1.18, top * 1.5);
  const double from = report_number(data, map, "fit_from"), to = report_number(data, map, "fit_to");
  if (from > 0 && to > from)
    fprintf(f,
            "set object 1 rectangle from %.6g,graph 0 to %.6g,graph 1 fs solid 0.1 noborder fc rgb '#1baf7a' behind\n",
            from, to);
  fputs(
      "plot 'collective.dat' using 1:6:7 with filledcurves lt 2 notitle, '' using 1:3:4 with filledcurves lt 1 "
      "notitle, \\\n"
      "     '' using 1:5 with linespoints lt 2 title 'all together', '' using 1:2 with linespoints lt 1 title 'single "
      "atoms'\n",
      f);
  *any = true;
  return out_file_commit(script, err);
}

/* vanhove.dat: rows of t, r, model, log, its interval. Rewritten as one block for each of a few times. */
lisi_status report_plot_van_hove(const report_data *data, bool *any, lisi_error *err) {
  char path[PATH_MAX], *bytes = NULL;
  size_t size = 0;
  lisi_error ignored = {0};
  *any = false;
  if (yaml_get(data->doc, data->root, "van_hove") == 0 ||
      snprintf(path, sizeof path, "%s/vanhove.dat", data->folder) >= (int)sizeof path ||
      file_bytes_read(path, (size_t)1 << 28, &bytes, &size, &ignored) != LISI_OK)
    return LISI_OK;
  /* the times in it, then those that are shown: spread evenly over them */
  double time[1000];
  int ntimes = 0;
  for (char *line = bytes; line != NULL && *line != '\0';
       line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
    double t;
    if (*line != '#' && *line != '\n' && sscanf(line, "%lf", &t) == 1 && isfinite(t) && ntimes < 1000 &&
        (ntimes == 0 || time[ntimes - 1] != t))
      time[ntimes++] = t;
  }
  const int shown = ntimes < MOST_TIMES ? ntimes : MOST_TIMES;
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = shown > 0 ? report_out(data->folder, "vanhove_plot.dat", &dat, err) : LISI_OK;
  double at[MOST_TIMES], right = 0, top = 0;
  if (status == LISI_OK && shown > 0) {
    FILE *f = out_file_stream(dat);
    fprintf(f, "# r (A), model, trajectory, lower and upper end of its interval; a block for each time\n");
    for (int k = 0; k < shown; k++) {
      at[k] = time[shown > 1 ? k * (ntimes - 1) / (shown - 1) : 0];
      fprintf(f, "%s# t = %g\n", k > 0 ? "\n\n" : "", at[k]);
      for (char *line = bytes; line != NULL && *line != '\0';
           line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1 : NULL) {
        double t, r, model, run, lo = NAN, hi = NAN;
        if (*line == '#' || *line == '\n')
          continue;
        const int n = sscanf(line, "%lf %lf %lf %lf %lf %lf", &t, &r, &model, &run, &lo, &hi);
        if (n < 4 || t != at[k])
          continue;
        if (n < 6 || isnan(lo) || isnan(hi))
          lo = hi = run;
        fprintf(f, "%.10g %.10g %.10g %.10g %.10g\n", r, model, run, lo, hi);
        /* the peak of what has not moved yet would hide the rest, and so would a long empty tail */
        top = isfinite(model) && r > 0.5 ? fmax(top, fmax(model, run)) : top;
        right = isfinite(r) && fmax(model, run) > 0.004 * top ? fmax(right, r) : right;
      }
    }
    status = out_file_commit(dat, err);
  }
  free(bytes);
  if (status != LISI_OK || !(top > 0) || !(right > 0))
    return status;
  if ((status = report_out(data->folder, "vanhove.gp", &script, err)) != LISI_OK)
    return status;
  FILE *f = out_file_stream(script);
  report_preamble(f, "vanhove", 1040, 400);
  fprintf(
      f,
      "set xlabel 'distance r (\303\205)'\nset ylabel '4\317\200r^2 G_s(r,t) (1/\303\205)'\nset xrange [0:%.6g]\nset "
      "yrange [0:%.6g]\nset key outside top center horizontal samplen 1.2 width 1\n",
      right, top * 1.2);
  for (int k = 0; k < shown; k++)
    fprintf(f,
            "%s'vanhove_plot.dat' index %d using 1:2 with lines lt %d lw 2 title '%.4g %s', '' index %d using 1:3:4:5 "
            "with yerrorbars lt %d pt 7 ps 0.4 lw 1 notitle",
            k == 0 ? "plot " : ", \\\n     ", k, k % REPORT_MAX_CURVES + 1, at[k], data->time_unit, k,
            k % REPORT_MAX_CURVES + 1);
  fputc('\n', f);
  *any = true;
  return out_file_commit(script, err);
}
