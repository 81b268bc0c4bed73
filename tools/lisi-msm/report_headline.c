/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The top of the page: which system, and its numbers at one glance. */
#include "report_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int divisor(int a, int b) {
  while (b != 0) {
    const int rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

void page_formula(const report_page *page, char text[80]) {
  const report_data *data = page->data;
  char name[6][8];
  int count[7], n = 0;
  text[0] = '\0';
  const double walkers = report_number(data, data->root, "n_Li");
  double copies = 1;
  const yaml_ref replicate = yaml_get(data->doc, data->root, "replicate");
  for (int k = 0; k < 3; k++)
    copies *= report_item(data, replicate, k);
  if (!(walkers >= 1 && walkers < 1e9 && copies >= 1) || !data->geometry)
    return;
  /* atoms that move in one unit cell, where that is a whole number */
  const double per_cell = walkers / copies;
  if (fabs(per_cell - round(per_cell)) > 1e-9)
    return;
  for (int a = 0; a < yaml_seq_size(data->doc, data->framework); a++) {
    const char *species =
        yaml_text(data->doc, yaml_get(data->doc, yaml_seq_at(data->doc, data->framework, a), "species"));
    int k = 0;
    char one[8];
    snprintf(one, sizeof one, "%s", species != NULL ? species : "?");
    while (k < n && strcmp(name[k], one) != 0)
      k++;
    if (k == n && n == 6)
      return;
    if (k == n) {
      memcpy(name[n], one, sizeof one);
      count[n++] = 0;
    }
    count[k]++;
  }
  if (n == 0)
    return;
  int common = (int)per_cell;
  for (int k = 0; k < n; k++)
    common = divisor(common, count[k]);
  size_t used = 0;
  for (int k = -1; k < n && used < 60; k++) {
    const int times = (k < 0 ? (int)per_cell : count[k]) / common;
    used += (size_t)snprintf(text + used, 80 - used, times > 1 ? "%s%d" : "%s", k < 0 ? "Li" : name[k], times);
  }
}

/* Li13Si4 with the numbers below the line. */
static void formula_html(FILE *f, const char *text) {
  bool below = false;
  for (const char *c = text; *c != '\0'; c++) {
    const bool digit = *c >= '0' && *c <= '9';
    if (digit != below)
      fputs(digit ? "<sub>" : "</sub>", f);
    below = digit;
    const char one[2] = {*c, '\0'};
    report_escaped(f, one);
  }
  if (below)
    fputs("</sub>", f);
}

static void title(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  char formula[80];
  page_formula(page, formula);
  const double temperature = report_number(data, data->root, "temperature"),
               n_li = report_number(data, data->root, "n_Li"),
               trajectories = report_number(data, data->root, "n_trajectories"),
               jumps = report_number(data, data->root, "jumps"), duration = report_number(data, data->root, "duration");
  fputs("<h1>", f);
  if (!data->geometry && isnan(n_li))
    fputs("Markov state model", f);
  else {
    fputs("Lithium transport", f);
    if (formula[0] != '\0') {
      fputs(" in ", f);
      formula_html(f, formula);
    }
  }
  if (!isnan(temperature))
    fprintf(f, " at %.4g&nbsp;K", temperature);
  fputs("</h1>\n<p class=\"sub\">Markov state models", f);
  if (!isnan(jumps)) {
    const double walkers = isnan(n_li) ? trajectories : n_li;
    fprintf(f, " from %.0f jumps of %.0f %s in %.5g&nbsp;%s%s", jumps, walkers,
            !isnan(n_li)   ? "Li"
            : walkers == 1 ? "trajectory"
                           : "trajectories",
            duration, data->time_unit, data->time_unit[0] == 's' ? "s" : "");
  }
  const yaml_ref replicate = yaml_get(data->doc, data->root, "replicate");
  const char *folded = yaml_text(data->doc, yaml_get(data->doc, data->root, "folded")),
             *assignment = yaml_text(data->doc, yaml_get(data->doc, data->root, "assignment"));
  if (replicate != 0 &&
      report_item(data, replicate, 0) * report_item(data, replicate, 1) * report_item(data, replicate, 2) > 1)
    fprintf(f, " &middot; %.0f&#8239;&times;&#8239;%.0f&#8239;&times;&#8239;%.0f supercell%s",
            report_item(data, replicate, 0), report_item(data, replicate, 1), report_item(data, replicate, 2),
            folded != NULL && strcmp(folded, "true") == 0 ? ", folded onto one cell" : "");
  if (assignment != NULL) {
    fputs(" &middot; sites by ", f);
    report_escaped(f, assignment);
    if (strncmp(assignment, "core", 4) == 0 || strncmp(assignment, "sphere", 6) == 0)
      fputs("&nbsp;&Aring;", f);
  }
  fputs("</p>\n", f);
}

/* D large in m2/s, and small in the other units. */
static void hero(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref reported = yaml_get(data->doc, data->root, "reported"), ci = yaml_get(data->doc, reported, "D_iso_ci");
  const yaml_ref plateau = yaml_get(data->doc, data->root, "D_plateau"), wide = yaml_get(data->doc, plateau, "ci");
  const double d = report_number(data, reported, "D_iso");
  /* that of the plateau also holds what the lags extrapolate to */
  const bool own = report_number(data, plateau, "value") == d && isfinite(report_item(data, wide, 0));
  const double lo = report_item(data, own ? wide : ci, 0), hi = report_item(data, own ? wide : ci, 1);
  if (isnan(d))
    return;
  static const struct {
    double factor;
    const char *unit;
  } other[] = {{1e-4, "cm&sup2;/s"}, {1, "&Aring;&sup2;/ps"}};
  fputs("<section class=\"hero\" aria-label=\"Diffusion coefficient\"><div><p class=\"what\">tracer diffusion "
        "coefficient "
        "D of lithium</p><p class=\"value\">",
        f);
  report_value(f, d * 1e-8, 3);
  fputs(" <small>m&sup2;/s</small></p><p class=\"error\">", f);
  if (!isnan(lo) && !isnan(hi)) {
    fputs("95&nbsp;% interval ", f);
    report_interval_like(f, d * 1e-8, lo * 1e-8, hi * 1e-8, 3);
    fputs("&nbsp;m&sup2;/s", f);
  } else
    fputs("no interval: the errors are not known", f);
  fputs("</p></div><dl>", f);
  for (int k = 0; k < 2; k++) {
    fputs("<dt>", f);
    report_value(f, d * other[k].factor, 4);
    fprintf(f, "</dt><dd>%s ", other[k].unit);
    if (!isnan(lo) && !isnan(hi)) {
      fputs("<span class=\"ci\">", f);
      report_interval_like(f, d * other[k].factor, lo * other[k].factor, hi * other[k].factor, 3);
      fputs("</span>", f);
    }
    fputs("</dd>", f);
  }
  fprintf(f, "<dt>%.4g&nbsp;%s</dt><dd>lag time of the model</dd></dl></section>\n",
          report_number(data, reported, "lag"), data->time_unit);
}

static void card(FILE *f, double value, int digits, const char *unit, const char *what) {
  fputs("<div class=\"card\"><b>", f);
  report_value(f, value, digits);
  fprintf(f, " <small>%s</small></b><span>%s", unit, what);
}

static void card_end(FILE *f, double lo, double hi) {
  if (!isnan(lo) && !isnan(hi)) {
    fputs(", 95&nbsp;%: ", f);
    report_interval(f, lo, hi, 3);
  }
  fputs("</span></div>\n", f);
}

static void cards(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref t = yaml_get(data->doc, page->model, "timescales"),
                 pair = yaml_seq_at(data->doc, yaml_get(data->doc, page->model, "timescales_ci"), 0),
                 collective = yaml_get(data->doc, data->root, "collective");
  fputs("<div class=\"cards\">\n", f);
  if (yaml_seq_size(data->doc, t) > 0) {
    card(f, report_item(data, t, 0), 3, data->time_unit, "slowest relaxation");
    card_end(f, report_item(data, pair, 0), report_item(data, pair, 1));
  }
  const double box = report_number(data, yaml_get(data->doc, data->root, "reported"), "box_timescale");
  if (!isnan(box)) {
    card(f, box, 3, data->time_unit, "decay of the longest density wave in the box, by diffusion");
    card_end(f, NAN, NAN);
  }
  static const struct {
    const char *key, *ci, *unit, *what;
  } more[] = {{"haven_ratio", "haven_ratio_ci", "", "Haven ratio"},
              {"conductivity_S_per_m", "conductivity_ci", "S/m", "ionic conductivity"}};
  for (int k = 0; k < 2; k++) {
    const double value = report_number(data, collective, more[k].key);
    if (isnan(value))
      continue;
    const yaml_ref ci = yaml_get(data->doc, collective, more[k].ci);
    card(f, value, 3, more[k].unit, more[k].what);
    card_end(f, report_item(data, ci, 0), report_item(data, ci, 1));
  }
  const double jumps = report_number(data, data->root, "jumps"), duration = report_number(data, data->root, "duration");
  double walkers = report_number(data, data->root, "n_Li");
  if (isnan(walkers))
    walkers = report_number(data, data->root, "n_trajectories");
  if (!isnan(jumps)) {
    fprintf(f, "<div class=\"card\"><b>%.0f</b><span>jumps seen", jumps);
    if (jumps > 0 && walkers > 0 && duration > 0)
      fprintf(f, ": one each %.3g&nbsp;%s for every %s", walkers * duration / jumps, data->time_unit,
              data->time_unit[0] == 'p' ? "Li" : "walker");
    fputs("</span></div>\n", f);
  }
  if (page->paths != NULL) {
    static const char *const way[4] = {"0D", "1D", "2D", "3D"}, *const meaning[4] = {"lithium is caged", "in channels",
                                                                                     "in layers", "in all directions"};
    const double dimension =
        page_number(page->paths, yaml_get(page->paths, yaml_root(page->paths), "network"), "dimension");
    if (dimension >= 0 && dimension <= 3)
      fprintf(f, "<div class=\"card\"><b>%s</b><span>jump network: %s</span></div>\n", way[(int)dimension],
              meaning[(int)dimension]);
  }
  fputs("</div>\n", f);
}

void page_headline(report_page *page) {
  title(page);
  hero(page);
  cards(page);
}
