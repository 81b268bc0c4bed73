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
          "set terminal svg size %d,%d font 'Helvetica,15' name '%s' background '#ffffff'\n"
          "set output '%s.svg'\nset encoding utf8\n"
          "set datafile missing 'nan'\nset pointintervalbox 0\n"
          "set border 3 lc rgb '#8a94a0' lw 1\n"
          "set tics nomirror scale 0.6 tc rgb '#4a5560'\n"
          "set grid lc rgb '#e3e8ee' lw 1, lc rgb '#f1f4f7' lw 0.5\n"
          "set key tc rgb '#2b3440' samplen 2 spacing 1.15\n"
          "set xlabel tc rgb '#2b3440'\nset ylabel tc rgb '#2b3440'\n",
          name, name, width, height, name, name);
  for (int k = 0; k < REPORT_MAX_CURVES; k++)
    fprintf(gp, "set linetype %d lc rgb '%s' lw 2.2 pt 7 ps 0.55\n", k + 1, report_colour(k));
}

void report_quoted(FILE *gp, const char *text) {
  fputc('\'', gp);
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\'')
      fputc('\'', gp);
    if (strchr("_^{}@&~\\", *c) != NULL)
      fputc('\\', gp); /* its enhanced text */
    fputc((unsigned char)*c < 32 ? ' ' : *c, gp);
  }
  fputc('\'', gp);
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

static lisi_status timescales(const report_data *data, bool *any, lisi_error *err) {
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
      double value = skip ? NAN : report_item(data, t, k);
      double lo = skip ? NAN : report_item(data, pair, 0), hi = skip ? NAN : report_item(data, pair, 1);
      if (!isfinite(value))
        value = NAN;
      if (!isfinite(lo) || !isfinite(hi))
        lo = hi = value;
      fprintf(f, " %.10g %.10g %.10g", value, lo, hi);
      if (value > 0 && k + 1 > curves)
        curves = k + 1;
      widen(&y, value);
      widen(&y, hi);
    }
    fputc('\n', f);
  }
  *any = curves > 0;
  if ((status = out_file_commit(dat, err)) != LISI_OK || !*any)
    return status;
  if ((status = report_out(data->folder, "timescales.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  spread(&x);
  report_preamble(f, "timescales", 560, 430);
  const yaml_ref markov = yaml_get(data->doc, data->root, "markovian_range");
  const double from = report_number(data, markov, "from"), to = report_number(data, markov, "to");
  const double bottom = y.lo * 0.6, top = y.hi * (from > 0 ? pow(y.hi / bottom, 0.18) * 1.5 : 2);
  fprintf(f,
          "set logscale xy\nset format '%%g'\nset xlabel 'lag time \317\204 (%s)'\nset ylabel 'relaxation time (%s)'\n"
          "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\nset key outside top center horizontal samplen 1.2 width 1\n"
          "set style fill transparent solid 0.18 noborder\nset samples 200\n",
          data->time_unit, data->time_unit, x.lo * 0.85, x.hi * 1.18, bottom, top);
  if (from > 0 && to > from)
    fprintf(f,
            "set object 2 rectangle from %.6g,graph 0.955 to %.6g,graph 0.975 fs solid 1 noborder fc rgb '#1baf7a' "
            "front\nset label 2 'Markovian range' at %.6g,graph 0.915 center tc rgb '#4a5560' font ',13' front\n",
            from, to, sqrt(from * to));
  const double at = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  if (at > 0)
    fprintf(f, "set arrow 3 from %.6g,graph 0 to %.6g,graph 0.9 nohead lc rgb '#8a94a0' lw 1.2 dt 3\n", at, at);
  if (bottom < x.hi)
    fprintf(f,
            "set label 4 't < \317\204: not resolved' at graph 0.97,graph 0.045 right tc rgb '#5a6774' font ',13'\n");
  fprintf(f,
          "plot '+' using 1:1 with filledcurves y1=%.6g lc rgb '#c9d1da' fs solid 0.45 notitle, \\\n"
          "     x with lines lc rgb '#8a94a0' lw 1.2 dt 2 notitle",
          bottom);
  for (int k = 0; k < curves; k++)
    fprintf(f,
            ", \\\n     'timescales.dat' using 1:%d:%d with filledcurves lt %d notitle, '' using 1:%d with linespoints "
            "lt %d title 't_{%d}'",
            3 * k + 3, 3 * k + 4, k + 1, 3 * k + 2, k + 1, k + 1);
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
  report_preamble(f, "diffusion", 560, 520);
  const yaml_ref reported = yaml_get(data->doc, data->root, "reported"), ci = yaml_get(data->doc, reported, "D_iso_ci"),
                 plateau = yaml_get(data->doc, data->root, "D_plateau"), band = yaml_get(data->doc, plateau, "ci");
  const double best = report_number(data, reported, "D_iso"), at = report_number(data, reported, "lag");
  const double level = report_number(data, plateau, "value"), from = report_number(data, plateau, "from"),
               to = report_number(data, plateau, "to");
  fprintf(f,
          "set logscale x\nset format '%%g'\nset xlabel 'lag time \317\204 (%s)'\nset ylabel 'D (\303\205^2/ps)'\n"
          "set xrange [%.6g:%.6g]\nset yrange [0:%.6g]\nset style fill transparent solid 0.18 noborder\n"
          "set key outside top center horizontal samplen 1.2 width 1\n",
          data->time_unit, x.lo * 0.85, x.hi * 1.18, y.hi * 1.25);
  const char *const green = "#1baf7a";
  const char *found = yaml_text(data->doc, yaml_get(data->doc, plateau, "found"));
  const bool flat = level > 0 && from > 0 && to >= from && (found == NULL || strcmp(found, "true") == 0);
  const double lo = report_item(data, flat ? band : ci, 0), hi = report_item(data, flat ? band : ci, 1),
               line = flat ? level : best, start = flat ? from : at;
  if (line > 0 && start > 0) {
    char end[40];
    snprintf(end, sizeof end, flat && to > from ? "%.6g" : "graph 1", to);
    if (isfinite(lo) && isfinite(hi))
      fprintf(f, "set object 1 rectangle from %.6g,%.6g to %s,first %.6g fs solid 0.14 noborder fc rgb '%s' behind\n",
              start, lo, end, hi, green);
    fprintf(f, "set arrow 1 from %.6g,%.6g to %s,first %.6g nohead lc rgb '%s' lw 1.6 dt 2\n", start, line, end, line,
            green);
  }
  fprintf(f,
          "plot 'diffusion.dat' using 1:3:4 with filledcurves lt 1 notitle, '' using 1:2 with linespoints lt 1 title "
          "'D(\317\204) and 95 %% band'");
  if (line > 0 && start > 0)
    fprintf(f, ", \\\n     NaN with lines lc rgb '%s' lw 1.6 dt 2 title '%s'", green, flat ? "plateau" : "reported");
  fputc('\n', f);
  return out_file_commit(script, err);
}

/* One block of a data file: rows of a list of lists, the first column scaled (samples to time) and the second shifted.
 */
static int rows(FILE *f, const report_data *data, yaml_ref list, yaml_ref ci, double scale, double shift, range *x,
                range *y) {
  int n = 0;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k);
    const double t = report_item(data, row, 0) * scale, value = report_item(data, row, 1) - shift;
    const yaml_ref pair = yaml_seq_at(data->doc, ci, k);
    double lo = report_item(data, row, 2) - shift, hi = report_item(data, row, 3) - shift;
    if (isnan(lo) || isnan(hi)) {
      lo = report_item(data, pair, 0);
      hi = report_item(data, pair, 1);
    }
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

/* (model - site positions)/standard error at the times at which both are known. */
static int residuals(FILE *f, const report_data *data, yaml_ref model, range *z) {
  const yaml_ref list = yaml_get(data->doc, model, "msd"), points = yaml_get(data->doc, data->root, "msd_sites");
  const double lag = report_number(data, model, "lag");
  int n = 0, p = 0;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k);
    const double t = report_item(data, row, 0) * lag, value = report_item(data, row, 1);
    for (; p < yaml_seq_size(data->doc, points); p++) /* both rise */
      if (!(report_item(data, yaml_seq_at(data->doc, points, p), 0) < t * (1 - 1e-6)))
        break;
    const yaml_ref point = yaml_seq_at(data->doc, points, p);
    const double error = (report_item(data, point, 3) - report_item(data, point, 2)) / (2 * 1.96);
    if (!(fabs(report_item(data, point, 0) - t) <= 1e-6 * t) || !(error > 0))
      continue;
    const double deviation = (value - report_item(data, point, 1)) / error;
    fprintf(f, "%.10g %.10g\n", t, deviation);
    z->hi = fmax(z->hi, fabs(deviation));
    n++;
  }
  return n;
}

static void msd_script(FILE *f, const report_data *data, double offset, int sites, int md, int rest, int ncurves,
                       const double *lag, const int *colour, int last_block, range x, range y, range z) {
  const double left = x.lo * 0.85, right = x.hi * 1.18;
  report_preamble(f, "msd", 560, rest > 0 ? 520 : 430);
  fprintf(f,
          "set logscale xy\nset format '%%g'\nset ylabel 'MSD (\303\205^2)' offset -1\n"
          "set key top left Left reverse font ',13' spacing 1.1 samplen 1.5\nset xrange [%.6g:%.6g]\n"
          "set lmargin 10\nset rmargin 3\n",
          left, right);
  if (rest > 0)
    fprintf(f, "set multiplot\nset tmargin at screen 0.97\nset bmargin at screen 0.37\nset format x ''\n");
  else
    fprintf(f, "set xlabel 'time (%s)'\n", data->time_unit);
  fprintf(f, "set yrange [%.6g:%.6g]\n", y.lo * 0.6, y.hi * 1.8);
  const char *comma = "plot ";
  if (md > 0) {
    fprintf(f,
            "%s'msd.dat' index 1 using 1:2 with points pt 6 ps 0.75 lw 1.2 lc rgb '#8a94a0' title 'MD, minus %.2g "
            "\303\205^2'",
            comma, offset);
    comma = ", \\\n     ";
  }
  for (int k = 0; k < ncurves; k++) {
    fprintf(
        f,
        "%s'msd.dat' index %d using 1:3:4 with filledcurves lt %d fs transparent solid 0.18 noborder notitle, '' index "
        "%d using 1:2 with lines lt %d title 'model, \317\204 = %.4g %s'",
        comma, 2 + k, colour[k], 2 + k, colour[k], lag[k], data->time_unit);
    comma = ", \\\n     ";
  }
  if (sites > 0)
    fprintf(f,
            "%s'msd.dat' index 0 using 1:2:3:4 with yerrorbars pt 7 ps 0.5 lw 1.2 lc rgb '#1c2530' title 'site "
            "positions'",
            comma);
  fputc('\n', f);
  if (rest == 0)
    return;
  const double most = fmax(3.2, z.hi * 1.15);
  fprintf(
      f,
      "set tmargin at screen 0.325\nset bmargin at screen 0.13\nset format x '%%g'\nunset logscale y\nunset key\n"
      "set yrange [%.6g:%.6g]\nset ytics %d\nset xlabel 'time (%s)'\nset ylabel 'residual / \317\203' offset -1\n"
      "set object 7 rectangle from %.6g,-2 to %.6g,2 fs solid 0.13 noborder fc rgb '#1baf7a' behind\n"
      "plot 0 with lines lc rgb '#8a94a0' lw 1, 'msd.dat' index %d using 1:2 with linespoints pt 7 ps 0.5 lw 1.4 lc "
      "rgb '%s'\nunset multiplot\n",
      -most, most,
      most > 12  ? 10
      : most > 6 ? 4
                 : 2,
      data->time_unit, left, right, last_block, report_colour(0));
}

static lisi_status msd(const report_data *data, bool *any, lisi_error *err) {
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = report_out(data->folder, "msd.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  range x = {NAN, NAN}, y = {NAN, NAN}, z = {0, 0};
  fprintf(
      f,
      "# time (%s), MSD (A^2), lower and upper end of its 95 %% interval. Blocks: site positions of the trajectory;\n"
      "# the real coordinates (MD) minus the fitted constant; the model at up to three lags; then time and (model -\n"
      "# site positions)/standard error at the reported lag\n",
      data->time_unit);
  const double offset = report_number(data, yaml_get(data->doc, data->root, "msd_check"), "md_offset");
  const int sites = rows(f, data, yaml_get(data->doc, data->root, "msd_sites"), 0, 1, 0, &x, &y);
  if (sites == 0)
    fputs("nan nan nan nan\n", f);
  fputs("\n\n", f);
  const int md = isnan(offset) ? 0 : rows(f, data, yaml_get(data->doc, data->root, "msd_md"), 0, 1, offset, &x, &y);
  if (md == 0)
    fputs("nan nan nan nan\n", f);
  const int nmodels = yaml_seq_size(data->doc, data->models);
  double lag[3];
  int ncurves = 0, colour[3], rest = 0;
  const double chosen = report_number(data, report_chosen(data), "lag");
  for (int m = 0; m < nmodels && ncurves < 3; m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m), list = yaml_get(data->doc, model, "msd");
    lag[ncurves] = report_number(data, model, "lag");
    /* the first, the last and the reported lag: enough to see whether they agree */
    if (yaml_seq_size(data->doc, list) == 0 || !(m == 0 || m == nmodels - 1 || lag[ncurves] == chosen))
      continue;
    fputs("\n\n", f);
    rows(f, data, list, yaml_get(data->doc, model, "msd_ci"), lag[ncurves], 0, &x, &y);
    colour[ncurves] = lag[ncurves] == chosen ? 1 : m == 0 ? 4 : 3;
    ncurves++;
  }
  if (ncurves > 0) {
    fputs("\n\n", f);
    rest = residuals(f, data, report_chosen(data), &z);
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK)
    return status;
  *any = ncurves > 0 && y.hi > 0;
  if (!*any)
    return LISI_OK;
  if ((status = report_out(data->folder, "msd.gp", &script, err)) != LISI_OK)
    return status;
  msd_script(out_file_stream(script), data, offset, sites, md, rest, ncurves, lag, colour, 2 + ncurves, x, y, z);
  return out_file_commit(script, err);
}

lisi_status report_plots(const report_data *data, unsigned *wanted, unsigned *drawn, lisi_error *err) {
  static const struct {
    unsigned bit;
    lisi_status (*write)(const report_data *, bool *, lisi_error *);
    bool geometry;
    const char *name, *title, *description;
  } curve[] = {
      {CURVE_TIMESCALES, timescales, false, "timescales", "Relaxation times against lag time",
       "Implied time scales of the slowest processes with 95 % bands on logarithmic axes; the region in which a time "
       "scale is shorter than the lag is shaded."},
      {CURVE_DIFFUSION, diffusion, true, "diffusion", "Diffusion coefficient against lag time",
       "D of the model at each lag with its 95 % band, and the reported value or plateau."},
      {CURVE_MSD, msd, true, "msd", "Mean-square displacement",
       "Mean-square displacement over time: model, site positions and molecular dynamics on logarithmic axes; below, "
       "the difference of model and site positions in standard errors."},
      {CURVE_STATIONARY, report_plot_stationary, false, "stationary", "Stationary distribution",
       "Share of the walkers on each site with its 95 % interval."},
      {CURVE_COLLECTIVE, report_plot_collective, true, "collective", "Tracer and collective diffusion over time",
       "Slope of the mean-square displacement of single lithium atoms and of the sum of all, with 95 % bands."},
      {CURVE_VAN_HOVE, report_plot_van_hove, true, "vanhove", "Self part of the van Hove function",
       "Distribution of the distance travelled after several times: model and trajectory."}};
  *wanted = *drawn = 0;
  for (size_t k = 0; k < sizeof curve / sizeof *curve; k++) {
    bool any = false;
    if (curve[k].geometry && !data->geometry)
      continue;
    lisi_status status = curve[k].write(data, &any, err);
    if (status != LISI_OK)
      return status;
    if (!any)
      continue;
    *wanted |= curve[k].bit;
    char script[40], program[] = "gnuplot", *const argv[] = {program, script, NULL};
    snprintf(script, sizeof script, "%s.gp", curve[k].name);
    if (!report_program(data->folder, "gnuplot.log", argv))
      continue;
    status = report_svg_finish(data->folder, curve[k].name, curve[k].title, curve[k].description, err);
    if (status != LISI_OK)
      return status;
    *drawn |= curve[k].bit;
  }
  return LISI_OK;
}
