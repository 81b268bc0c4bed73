/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the page, warnings, and how it was made. */
#include "report_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void with_interval(FILE *f, double value, int digits, double lo, double hi) {
  report_value(f, value, digits);
  if (!isnan(lo) && !isnan(hi)) {
    fputs(" <span class=\"ci\">[", f);
    report_interval(f, lo, hi, 3);
    fputs("]</span>", f);
  }
}

/* ---- collective diffusion ---- */

void page_collective(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref map = yaml_get(data->doc, data->root, "collective");
  static const struct {
    const char *key, *ci, *name, *unit;
  } row[] = {{"D_tracer", "D_tracer_ci", "tracer diffusion, D*", "&Aring;&sup2;/ps"},
             {"D_collective", "D_collective_ci", "collective diffusion, D<sub>&sigma;</sub>", "&Aring;&sup2;/ps"},
             {"haven_ratio", "haven_ratio_ci", "Haven ratio, D*/D<sub>&sigma;</sub>", ""},
             {"conductivity_S_per_m", "conductivity_ci", "ionic conductivity &sigma;", "S/m"}};
  bool any = false;
  for (int k = 0; k < 4; k++)
    any = any || !isnan(report_number(data, map, row[k].key));
  if (!any)
    return;
  fputs("<section id=\"collective\"><h2>Collective transport</h2>\n<p class=\"lead\">From the displacement of all "
        "lithium "
        "together: what an electric field would move. The Haven ratio compares it with single atoms (1: they move "
        "independently).</p>\n",
        f);
  if (page->drawn & CURVE_COLLECTIVE) {
    fputs("<div class=\"grid\">", f);
    page_figure(
        page, "collective", "",
        "Diffusion coefficients from the slope of the mean-square displacement between a time and twice that time: "
        "single atoms, and the sum of all (times 1/N). Shaded: where both slopes are read off.");
  }
  fputs("<div><div class=\"scroll\"><table><thead><tr><th></th><th scope=\"col\">value</th><th "
        "scope=\"col\">95 % interval</th><th scope=\"col\">unit</th></tr></thead><tbody>\n",
        f);
  for (int k = 0; k < 4; k++) {
    const double value = report_number(data, map, row[k].key);
    const yaml_ref ci = yaml_get(data->doc, map, row[k].ci);
    if (isnan(value))
      continue;
    fprintf(f, "<tr><th scope=\"row\">%s</th><td>", row[k].name);
    report_value(f, value, 3);
    fputs("</td><td>", f);
    if (!report_interval(f, report_item(data, ci, 0), report_item(data, ci, 1), 3))
      fputs("&ndash;", f);
    fprintf(f, "</td><td>%s</td></tr>\n", row[k].unit);
  }
  fputs("</tbody></table></div>\n", f);
  const char *flat = yaml_text(data->doc, yaml_get(data->doc, map, "plateau"));
  const double temperature = report_number(data, map, "temperature"), charge = report_number(data, map, "charge");
  fputs("<p class=\"lead\">", f);
  if (flat != NULL && strcmp(flat, "false") == 0)
    fputs("No longer time confirms these slopes: the run is too short for them. ", f);
  if (!isnan(report_number(data, map, "conductivity_S_per_m"))) {
    fputs("The conductivity is that of lithium with the charge", f);
    if (!isnan(charge))
      fprintf(f, " %+.3g e", charge);
    if (!isnan(temperature))
      fprintf(f, " at %.4g&nbsp;K", temperature);
    fputs(
        " relative to a host at rest. In a metal or a Zintl phase electrons carry the current: there it is a transport "
        "coefficient of lithium and not what an ohmmeter shows.",
        f);
  }
  fputs(page->drawn & CURVE_COLLECTIVE ? "</p></div></div></section>\n" : "</p></div></section>\n", f);
}

/* ---- models ---- */

void page_models(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const double lag = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  int nt = 0;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const int n = yaml_seq_size(data->doc, yaml_get(data->doc, yaml_seq_at(data->doc, data->models, m), "timescales"));
    nt = n > nt ? n : nt;
  }
  nt = nt > 3 ? 3 : nt;
  fprintf(f,
          "<section id=\"models\"><h2>Models at each lag</h2>\n<div class=\"scroll\"><table><caption>One model for "
          "each lag "
          "time%s.</caption><thead><tr><th scope=\"col\">lag (%s)</th><th scope=\"col\">states</th>",
          lag > 0 ? "; the reported one is marked" : "", data->time_unit);
  if (data->geometry)
    fputs("<th scope=\"col\">D (&Aring;&sup2;/ps)</th><th scope=\"col\">xx</th><th scope=\"col\">yy</th><th "
          "scope=\"col\">zz</th>",
          f);
  for (int k = 0; k < nt; k++)
    fprintf(f, "<th scope=\"col\">t<sub>%d</sub> (%s)</th>", k + 1, data->time_unit);
  fputs("<th scope=\"col\">counts left out</th></tr></thead><tbody>\n", f);
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m);
    fprintf(f, "<tr%s><td>%.5g</td><td>%d</td>", report_number(data, model, "lag") == lag ? " class=\"best\"" : "",
            report_number(data, model, "lag"), yaml_seq_size(data->doc, yaml_get(data->doc, model, "states")));
    if (data->geometry) {
      const yaml_ref ci = report_d_ci(data, model), tensor = report_d_tensor(data, model);
      fputs("<td>", f);
      with_interval(f, report_d(data, model), 4, report_item(data, ci, 0), report_item(data, ci, 1));
      fputs("</td>", f);
      for (int k = 0; k < 3; k++) {
        fputs("<td>", f);
        report_value(f, report_item(data, yaml_seq_at(data->doc, tensor, k), k), 3);
        fputs("</td>", f);
      }
    }
    const yaml_ref t = yaml_get(data->doc, model, "timescales"), ci = yaml_get(data->doc, model, "timescales_ci"),
                   negative = yaml_get(data->doc, model, "negative");
    for (int k = 0; k < nt; k++) {
      fputs("<td>", f);
      if (k < yaml_seq_size(data->doc, t)) {
        const yaml_ref pair = yaml_seq_at(data->doc, ci, k);
        with_interval(f, report_item(data, t, k), 4, report_item(data, pair, 0), report_item(data, pair, 1));
        for (int q = 0; q < yaml_seq_size(data->doc, negative); q++)
          if (report_item(data, negative, q) == k + 1)
            fputs(" (-)", f); /* as on the terminal */
      }
      fputs("</td>", f);
    }
    fprintf(f, "<td>%.3g&nbsp;%%</td></tr>\n", 100 * report_number(data, model, "discarded_fraction"));
  }
  fputs("</tbody></table></div></section>\n", f);
}

static const char *label_of(const report_data *data, double number) {
  for (int s = 0; s < yaml_seq_size(data->doc, data->sites); s++) {
    const yaml_ref site = yaml_seq_at(data->doc, data->sites, s);
    if (report_number(data, site, "site") == number)
      return yaml_text(data->doc, yaml_get(data->doc, site, "label"));
  }
  return NULL;
}

void page_components(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref list = yaml_get(data->doc, page->model, "components");
  const int n = yaml_seq_size(data->doc, list), most = 16, shown = 16;
  if (n < 2)
    return;
  fprintf(f,
          "<section id=\"components\"><h2>Disconnected sets</h2>\n<p class=\"lead\">At lag %.4g&nbsp;%s there are %d "
          "sets of "
          "states between which nothing was seen to go both ways. The first makes the model; the others are left out "
          "of its "
          "times and modes. %s</p><div class=\"scroll\"><table><thead><tr><th scope=\"col\">set</th><th scope=\"col\" "
          "style=\"text-align:left\">states</th><th scope=\"col\">share of the samples</th>",
          report_number(data, page->model, "lag"), data->time_unit, n,
          data->geometry ? "D of the headline is the sum over all, weighted by their share." : "");
  if (data->geometry)
    fputs("<th scope=\"col\">D (&Aring;&sup2;/ps)</th>", f);
  fputs("</tr></thead><tbody>\n", f);
  for (int c = 0; c < n && c < most; c++) {
    const yaml_ref part = yaml_seq_at(data->doc, list, c), states = yaml_get(data->doc, part, "states"),
                   d = yaml_get(data->doc, part, "D");
    double trace = 0;
    for (int k = 0; k < 3; k++)
      trace += report_item(data, yaml_seq_at(data->doc, d, k), k);
    fprintf(f, "<tr><td>%d%s</td><td class=\"words\">", c + 1, c == 0 ? " (the model)" : "");
    const int size = yaml_seq_size(data->doc, states);
    for (int k = 0; k < size && k < shown; k++) {
      const double number = report_item(data, states, k);
      const char *label = label_of(data, number);
      fputs(k > 0 ? ", " : "", f);
      if (label != NULL) {
        report_escaped(f, label);
        fputc(' ', f);
      }
      fprintf(f, "%.0f", number);
    }
    if (size > shown)
      fprintf(f, ", &hellip; (%d)", size);
    fprintf(f, "</td><td>%.3g&nbsp;%%</td>", 100 * report_number(data, part, "share"));
    if (data->geometry) {
      fputs("<td>", f);
      report_value(f, trace / 3, 4);
      fputs("</td>", f);
    }
    fputs("</tr>\n", f);
  }
  if (n > most)
    fprintf(f, "<tr><td>and %d more</td><td></td><td></td>%s</tr>", n - most, data->geometry ? "<td></td>" : "");
  fputs("</tbody></table></div></section>\n", f);
}

/* ---- warnings, provenance ---- */

static const char *text_under(const report_data *data, yaml_ref map, const char *key) {
  const char *text = yaml_text(data->doc, yaml_get(data->doc, map, key));
  return text != NULL ? text : "?";
}

void page_warnings(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref list = yaml_get(data->doc, data->root, "warnings");
  const int n = yaml_seq_size(data->doc, list);
  const yaml_ref failed = yaml_get(data->doc, data->root, "failed_lags");
  const int nfailed = yaml_seq_size(data->doc, failed);
  const bool missing = page->wanted != page->drawn;
  if (n + nfailed == 0 && !missing)
    return;
  fputs("<section id=\"warnings\"><h2>Warnings</h2>\n<div class=\"box\"><ul class=\"warnings\">\n", f);
  for (int k = 0; k < n; k++) {
    const char *text = yaml_text(data->doc, yaml_seq_at(data->doc, list, k));
    fputs("<li>", f);
    report_escaped(f, text != NULL ? text : "?");
    fputs("</li>\n", f);
  }
  for (int k = 0; k < nfailed; k++) {
    const yaml_ref entry = yaml_seq_at(data->doc, failed, k);
    fprintf(f, "<li>lag %.6g&nbsp;%s gave no model: ", report_number(data, entry, "lag"), data->time_unit);
    report_escaped(f, text_under(data, entry, "failed"));
    fputs("</li>\n", f);
  }
  if (missing)
    fputs("<li>Some curves are missing because gnuplot could not draw them; their data files and scripts are in this "
          "folder.</li>\n",
          f);
  fputs("</ul></div></section>\n", f);
}

static void command_of(FILE *f, const char *line) {
  if (line != NULL) {
    report_escaped(f, line);
    fputc('\n', f);
  }
}

void page_provenance(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const char *command = yaml_text(data->doc, yaml_get(data->doc, data->root, "command")),
             *program = yaml_text(data->doc, yaml_get(data->doc, data->root, "program"));
  const yaml_ref inputs = yaml_get(data->doc, data->root, "inputs");
  fputs("<section id=\"provenance\"><h2>How this was made</h2>\n<pre>", f);
  command_of(f, command);
  if (page->ck != NULL)
    command_of(f, yaml_text(page->ck, yaml_get(page->ck, yaml_root(page->ck), "command")));
  if (page->paths != NULL)
    command_of(f, yaml_text(page->paths, yaml_get(page->paths, yaml_root(page->paths), "command")));
  fputs("lisi-msm report ", f);
  report_escaped(f, data->folder);
  fputs("</pre>\n", f);
  const int n = yaml_seq_size(data->doc, inputs);
  if (n > 0) {
    fputs("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">input</th><th scope=\"col\" "
          "style=\"text-align:left\">SHA-256</th></tr></thead><tbody>\n",
          f);
    for (int k = 0; k < n && k < 200; k++) {
      const yaml_ref entry = yaml_seq_at(data->doc, inputs, k);
      const char *sum = yaml_text(data->doc, yaml_get(data->doc, entry, "sha256"));
      fputs("<tr><td>", f);
      report_escaped(f, text_under(data, entry, "file"));
      fputs("</td><td class=\"words\"><code>", f);
      report_escaped(f, sum != NULL ? sum : "");
      fputs("</code></td></tr>\n", f);
    }
    if (n > 200)
      fprintf(f, "<tr><td>and %d more, in model.yaml</td><td></td></tr>\n", n - 200);
    fputs("</tbody></table></div>\n", f);
  }
  const char *estimator = yaml_text(data->doc, yaml_get(data->doc, page->model, "estimator"));
  fputs("<p>Made by ", f);
  report_escaped(f, program != NULL ? program : "lisi-msm");
  if (estimator != NULL) {
    fputs(", estimator ", f);
    report_escaped(f, estimator);
  }
  const double seed = report_number(data, data->root, "seed"), sampling = report_number(data, data->root, "sampling");
  if (!isnan(seed))
    fprintf(f, ", seed %.0f", seed);
  if (!isnan(sampling))
    fprintf(f, ", sampled every %.6g&nbsp;%s", sampling, data->time_unit);
  fputs(". All figures stand as SVG beside this page, with their data (.dat) and, where gnuplot drew them, scripts "
        "(.gp); every "
        "number is in model.yaml.</p></section>\n",
        f);
}
