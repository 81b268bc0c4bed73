/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The curves of the report: data file and gnuplot script for each, and the pictures where gnuplot is installed. */
#include "report.h"

#include "out_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void report_preamble(FILE *gp, const char *name, int width, int height) {
  fprintf(gp,
          "# gnuplot %s.gp draws %s.svg; edit and run again to restyle\n"
          "set terminal svg size %d,%d dynamic font 'Helvetica,15' name '%s' background '#ffffff'\n"
          "set output '%s.svg'\n"
          "set datafile missing 'nan'\n"
          "set border 3 lc rgb '#8a94a0' lw 1\n"
          "set tics nomirror scale 0.6 tc rgb '#4a5560'\n"
          "set grid lc rgb '#e3e8ee' lw 1, lc rgb '#f1f4f7' lw 0.5\n"
          "set key tc rgb '#2b3440' samplen 2 spacing 1.15\n"
          "set xlabel tc rgb '#2b3440'\nset ylabel tc rgb '#2b3440'\n",
          name, name, width, height, name, name);
  for (int k = 0; k < REPORT_MAX_CURVES; k++)
    fprintf(gp, "set linetype %d lc rgb '%s' lw 2.2 pt 7 ps 0.55\n", k + 1, report_colour(k));
}

typedef struct {
  double lo, hi;
} range;

static void widen(range *r, double value) {
  if (!(value > 0) || !isfinite(value))
    return;
  if (!(r->lo <= value))
    r->lo = value;
  if (!(r->hi >= value))
    r->hi = value;
}

/* A single lag needs some axis round it. */
static void spread(range *r) {
  if (r->hi > 1.5 * r->lo)
    return;
  r->lo /= 4;
  r->hi *= 4;
}

static bool is_negative(const report_data *data, yaml_ref model, int k) {
  const yaml_ref list = yaml_get(data->doc, model, "negative");
  for (int m = 0; m < yaml_seq_size(data->doc, list); m++)
    if (report_item(data, list, m) == k)
      return true;
  return false;
}

static lisi_status timescales(const report_data *data, lisi_error *err) {
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = report_out(data->folder, "timescales.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  range x = {NAN, NAN}, y = {NAN, NAN};
  FILE *f = out_file_stream(dat);
  fprintf(f, "# lag, then for each process: time scale, lower and upper end of its 95 %% interval (%s)\n",
          data->time_unit);
  int curves = 0;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m);
    const double lag = report_number(data, model, "lag");
    const yaml_ref t = yaml_get(data->doc, model, "timescales"), ci = yaml_get(data->doc, model, "timescales_ci");
    fprintf(f, "%.10g", lag);
    widen(&x, lag);
    widen(&y, lag);
    for (int k = 0; k < REPORT_MAX_CURVES; k++) {
      /* A negative eigenvalue has no time scale: a hole in the curve. */
      const bool skip = is_negative(data, model, k + 1);
      const yaml_ref pair = yaml_seq_at(data->doc, ci, k);
      const double value = skip ? NAN : report_item(data, t, k);
      double lo = skip ? NAN : report_item(data, pair, 0), hi = skip ? NAN : report_item(data, pair, 1);
      if (isnan(lo) || isnan(hi))
        lo = hi = value;
      fprintf(f, " %.10g %.10g %.10g", value, lo, hi);
      if (value > 0 && k + 1 > curves)
        curves = k + 1;
      widen(&y, value);
    }
    fputc('\n', f);
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK)
    return status;
  if ((status = report_out(data->folder, "timescales.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  spread(&x);
  report_preamble(f, "timescales", 540, 380);
  fprintf(f,
          "set logscale xy\nset format '%%g'\nset xlabel 'lag time (%s)'\nset ylabel 'relaxation time (%s)'\n"
          "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\nset key outside right center samplen 1.2\n"
          "set style fill transparent solid 0.18 noborder\nset samples 200\n"
          "plot '+' using 1:1 with filledcurves y1=%.6g lc rgb '#c9d1da' fs solid 0.45 notitle, \\\n"
          "     x with lines lc rgb '#8a94a0' lw 1.2 dt 2 title 't = lag'",
          data->time_unit, data->time_unit, x.lo * 0.85, x.hi * 1.18, y.lo * 0.6, y.hi * 2.0, y.lo * 0.6);
  for (int k = 0; k < curves; k++)
    fprintf(f,
            ", \\\n     'timescales.dat' using 1:%d:%d with filledcurves lt %d notitle, '' using 1:%d with linespoints "
            "lt %d title 't_{%d}'",
            3 * k + 3, 3 * k + 4, k + 1, 3 * k + 2, k + 1, k + 2);
  fputc('\n', f);
  return out_file_commit(script, err);
}

static lisi_status diffusion(const report_data *data, bool *any, lisi_error *err) {
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = report_out(data->folder, "diffusion.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  fprintf(f, "# lag (%s), D = trace/3 (A^2/ps), lower and upper end of its 95 %% interval\n", data->time_unit);
  range x = {NAN, NAN}, y = {NAN, NAN};
  *any = false;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m), ci = report_d_ci(data, model);
    const double lag = report_number(data, model, "lag"), d = report_d(data, model);
    double lo = report_item(data, ci, 0), hi = report_item(data, ci, 1);
    if (isnan(d))
      continue;
    if (isnan(lo) || isnan(hi))
      lo = hi = d;
    *any = *any || d > 0;
    widen(&x, lag);
    widen(&y, d);
    widen(&y, hi);
    fprintf(f, "%.10g %.10g %.10g %.10g\n", lag, d, lo, hi);
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK || !*any)
    return status;
  if ((status = report_out(data->folder, "diffusion.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  spread(&x);
  report_preamble(f, "diffusion", 400, 400);
  const yaml_ref reported = yaml_get(data->doc, data->root, "reported"), ci = yaml_get(data->doc, reported, "D_iso_ci");
  const double best = report_number(data, reported, "D_iso"), at = report_number(data, reported, "lag");
  fprintf(f,
          "set logscale x\nset format '%%g'\nset xlabel 'lag time (%s)'\nset ylabel 'D (\303\205^2/ps)'\nset encoding "
          "utf8\n"
          "set xrange [%.6g:%.6g]\nset yrange [0:%.6g]\nset style fill transparent solid 0.18 noborder\nset key top "
          "right\n",
          data->time_unit, x.lo * 0.85, x.hi * 1.18, y.hi * 1.4);
  if (best > 0 && at > 0) {
    if (isfinite(report_item(data, ci, 0)))
      fprintf(f,
              "set object 1 rectangle from %.6g,%.6g to graph 1,first %.6g fs solid 0.12 noborder fc rgb '#1baf7a' "
              "behind\n",
              at, report_item(data, ci, 0), report_item(data, ci, 1));
    fprintf(f, "set arrow 1 from %.6g,%.6g to graph 1,first %.6g nohead lc rgb '#1baf7a' lw 1.6 dt 2\n", at, best,
            best);
  }
  fputs("plot 'diffusion.dat' using 1:3:4 with filledcurves lt 1 notitle, '' using 1:2 with linespoints lt 1 title "
        "'D(lag), 95 % band', \\\n"
        "     NaN with lines lc rgb '#1baf7a' lw 1.6 dt 2 title 'reported'\n",
        f);
  return out_file_commit(script, err);
}

/* One block of a data file: rows of a list of lists, the first column scaled (samples to time) and the second shifted.
 */
static int rows(FILE *f, const report_data *data, yaml_ref list, double scale, double shift, range *x, range *y) {
  int n = 0;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k);
    const double t = report_item(data, row, 0) * scale, value = report_item(data, row, 1) - shift;
    double lo = report_item(data, row, 2) - shift, hi = report_item(data, row, 3) - shift;
    if (!(t > 0) || isnan(value))
      continue;
    if (isnan(lo) || isnan(hi))
      lo = hi = value;
    fprintf(f, "%.10g %.10g %.10g %.10g\n", t, value, lo, hi);
    widen(x, t);
    widen(y, value);
    n++;
  }
  return n;
}

static lisi_status msd(const report_data *data, bool *any, lisi_error *err) {
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = report_out(data->folder, "msd.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  range x = {NAN, NAN}, y = {NAN, NAN};
  fprintf(
      f,
      "# time (%s), MSD (A^2), lower and upper end of its 95 %% interval. Blocks: site positions of the trajectory;\n"
      "# the real coordinates (MD) minus the fitted constant; then the model at each lag\n",
      data->time_unit);
  const double offset = report_number(data, yaml_get(data->doc, data->root, "msd_check"), "md_offset");
  const int sites = rows(f, data, yaml_get(data->doc, data->root, "msd_sites"), 1, 0, &x, &y);
  if (sites == 0)
    fputs("nan nan nan nan\n", f);
  fputs("\n\n", f);
  const int md = isnan(offset) ? 0 : rows(f, data, yaml_get(data->doc, data->root, "msd_md"), 1, offset, &x, &y);
  if (md == 0)
    fputs("nan nan nan nan\n", f);
  struct {
    int block;
    double lag;
  } curve[REPORT_MAX_CURVES];
  const int nmodels = yaml_seq_size(data->doc, data->models);
  int ncurves = 0, block = 2;
  const double reported = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  for (int m = 0; m < nmodels; m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m), list = yaml_get(data->doc, model, "msd");
    const double lag = report_number(data, model, "lag");
    /* the first, the last and the reported lag: enough to see whether they agree */
    if (yaml_seq_size(data->doc, list) == 0 || !(m == 0 || m == nmodels - 1 || lag == reported))
      continue;
    fputs("\n\n", f);
    rows(f, data, list, lag, 0, &x, &y);
    curve[ncurves].block = block++;
    curve[ncurves++].lag = lag;
    if (ncurves == 3)
      break;
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK)
    return status;
  *any = ncurves > 0 && y.hi > 0;
  if (!*any)
    return LISI_OK;
  if ((status = report_out(data->folder, "msd.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  report_preamble(f, "msd", 540, 380);
  fprintf(f,
          "set encoding utf8\nset logscale xy\nset format '%%g'\nset xlabel 'time (%s)'\nset ylabel 'MSD "
          "(\303\205^2)'\nset key top left Left reverse font ',13' spacing 1.05 samplen 1.3\n"
          "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n",
          data->time_unit, x.lo * 0.85, x.hi * 1.18, y.lo * 0.6, y.hi * 1.8);
  const char *comma = "plot ";
  if (md > 0) {
    fprintf(f,
            "%s'msd.dat' index 1 using 1:2 with points pt 6 ps 0.75 lw 1.2 lc rgb '#8a94a0' title 'MD - %.2g "
            "\303\205^2'",
            comma, offset);
    comma = ", \\\n     ";
  }
  for (int k = 0; k < ncurves; k++) {
    fprintf(f, "%s'msd.dat' index %d using 1:2 with lines lt %d title 'MSM %.4g %s'", comma, curve[k].block, k + 1,
            curve[k].lag, data->time_unit);
    comma = ", \\\n     ";
  }
  if (sites > 0)
    fprintf(f,
            "%s'msd.dat' index 0 using 1:2:3:4 with yerrorbars pt 7 ps 0.5 lw 1.2 lc rgb '#1c2530' title 'site "
            "positions'",
            comma);
  fputc('\n', f);
  return out_file_commit(script, err);
}

lisi_status report_plots(const report_data *data, bool *gnuplot, lisi_error *err) {
  bool has_d = false, has_msd = false;
  *gnuplot = false;
  lisi_status status = timescales(data, err);
  if (status == LISI_OK && data->geometry)
    status = diffusion(data, &has_d, err);
  if (status == LISI_OK && data->geometry)
    status = msd(data, &has_msd, err);
  if (status != LISI_OK)
    return status;
  const char *const script[] = {"timescales.gp", has_d ? "diffusion.gp" : NULL, has_msd ? "msd.gp" : NULL};
  *gnuplot = true;
  for (int k = 0; k < 3; k++) {
    char name[32];
    if (script[k] == NULL)
      continue;
    snprintf(name, sizeof name, "%s", script[k]);
    char program[] = "gnuplot", *const argv[] = {program, name, NULL};
    if (!report_program(data->folder, "gnuplot.log", argv))
      *gnuplot = false;
  }
  return LISI_OK;
}
