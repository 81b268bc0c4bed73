/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.html: one page that carries its pictures inside and needs nothing else. */
#include "report.h"

#include "file_bytes.h"
#include "out_file.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char style[] =
    ":root{--ink:#1c2530;--soft:#5a6774;--line:#e3e8ee;--blue:#2a78d6}"
    "*{box-sizing:border-box}body{margin:0;background:#f5f7f9;color:var(--ink);font:16px/1.55 -apple-system,'Segoe "
    "UI',Helvetica,Arial,sans-serif}"
    "main{max-width:1080px;margin:0 auto;padding:36px 28px 60px}h1{font-size:30px;margin:0 0 4px;letter-spacing:-.01em}"
    "h2{font-size:19px;margin:0 0 6px}.sub{color:var(--soft);margin:0 0 24px}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(215px,1fr));gap:14px;margin-bottom:18px}"
    ".card,section{background:#fff;border:1px solid var(--line);border-radius:10px}.card{padding:16px 18px}"
    ".card b{display:block;font-size:27px;font-weight:600;letter-spacing:-.01em;white-space:nowrap}.card b "
    "small{font-size:15px;color:var(--soft);font-weight:400}"
    ".card span{color:var(--soft);font-size:14px}section{padding:20px 22px;margin-bottom:18px}"
    ".two{display:grid;grid-template-columns:1fr 1fr;gap:18px}"
    "section p{margin:0 0 12px;color:var(--soft);font-size:15px}svg{max-width:100%;height:auto;display:block;margin:0 "
    "auto}"
    "#network "
    "svg{max-height:640px}table{border-collapse:collapse;width:100%;font-size:14.5px;font-variant-numeric:tabular-nums}"
    "th{text-align:right;color:var(--soft);font-weight:500;border-bottom:1px solid var(--line);padding:5px 8px}"
    "td{text-align:right;border-bottom:1px solid #f0f3f6;padding:5px 8px}td:first-child,th:first-child{text-align:left}"
    "tr.best td{background:#eef7f2;font-weight:600}.ci{color:var(--soft);font-size:13px;white-space:nowrap}"
    ".dot{display:inline-block;width:11px;height:11px;border-radius:50%;margin:0 5px 0 12px}.scroll{overflow-x:auto}"
    "sup{line-height:0;font-size:.66em}.wide{grid-template-columns:1.65fr "
    "1fr}"
    "pre{background:#f5f7f9;border-radius:6px;padding:10px "
    "12px;overflow-x:auto;font-size:13.5px;margin:0}.note{color:#a05a00}";

static void escaped(FILE *f, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '<')
      fputs("&lt;", f);
    else if (*c == '>')
      fputs("&gt;", f);
    else if (*c == '&')
      fputs("&amp;", f);
    else
      fputc(*c, f);
  }
}

/* 1.23e-09 -> 1.23 x 10^-9 */
static void power(FILE *f, double value) {
  char text[40];
  snprintf(text, sizeof text, "%.3g", value);
  char *e = strchr(text, 'e');
  if (e == NULL) {
    fputs(text, f);
    return;
  }
  *e = '\0';
  fprintf(f, "%s&#8201;&times;&#8201;10<sup>%d</sup>", text, atoi(e + 1));
}

static void value_ci(FILE *f, double value, double lo, double hi) {
  if (isnan(value))
    fputs("&infin;", f);
  else
    fprintf(f, "%.4g", value);
  if (!isnan(lo) && !isnan(hi))
    fprintf(f, " <span class=ci>[%.3g, %.3g]</span>", lo, hi);
}

/* Puts an SVG file into the page, without its XML header. False where there is none. */
static bool picture(FILE *f, const report_data *data, const char *name) {
  char path[PATH_MAX], *bytes = NULL;
  size_t size = 0;
  lisi_error ignored = {0};
  if (snprintf(path, sizeof path, "%s/%s", data->folder, name) >= (int)sizeof path)
    return false;
  if (file_bytes_read(path, (size_t)1 << 26, &bytes, &size, &ignored) != LISI_OK)
    return false;
  const char *svg = strstr(bytes, "<svg");
  if (svg != NULL)
    fputs(svg, f);
  free(bytes);
  return svg != NULL;
}

/* A picture that another command has left in the folder belongs to this model when it is not older. */
static bool fresh(const report_data *data, const char *name) {
  char path[2][PATH_MAX];
  struct stat model, made;
  return snprintf(path[0], PATH_MAX, "%s/model.yaml", data->folder) < PATH_MAX &&
         snprintf(path[1], PATH_MAX, "%s/%s", data->folder, name) < PATH_MAX && stat(path[0], &model) == 0 &&
         stat(path[1], &made) == 0 &&
         (made.st_mtim.tv_sec != model.st_mtim.tv_sec ? made.st_mtim.tv_sec > model.st_mtim.tv_sec
                                                      : made.st_mtim.tv_nsec >= model.st_mtim.tv_nsec);
}

/* What `ck` and `paths` have drawn. */
static void further(FILE *f, const report_data *data) {
  if (fresh(data, "ck.svg")) {
    fputs(
        "<section id=ck><h2>Chapman-Kolmogorov test</h2><p>Lines: what the model at its lag foretells; points: what is "
        "counted at its multiples.</p>",
        f);
    picture(f, data, "ck.svg");
    fputs("</section>\n", f);
  }
  if (fresh(data, "paths.svg")) {
    fputs("<section id=paths><h2>Pathways</h2><p>Sites from the start to the target with their committor q; arrows are "
          "as "
          "thick as the share of the net flux that they carry.</p>",
          f);
    picture(f, data, "paths.svg");
    fputs("</section>\n", f);
  }
}

static void cards(FILE *f, const report_data *data) {
  const yaml_ref reported = yaml_get(data->doc, data->root, "reported"), ci = yaml_get(data->doc, reported, "D_iso_ci");
  const double d = report_number(data, reported, "D_iso"), lag = report_number(data, reported, "lag");
  yaml_ref model = 0;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref at = yaml_seq_at(data->doc, data->models, m);
    if (model == 0 || report_number(data, at, "lag") == lag)
      model = at;
  }
  fputs("<div class=cards>", f);
  if (!isnan(d)) {
    const double lo = report_item(data, ci, 0), hi = report_item(data, ci, 1);
    fputs("<div class=card><b>", f);
    power(f, d * 1e-8);
    fputs(" <small>m&sup2;/s</small></b><span>diffusion coefficient", f);
    if (!isnan(lo) && !isnan(hi)) {
      fputs(", 95 %: ", f);
      power(f, lo * 1e-8);
      fputs(" to ", f);
      power(f, hi * 1e-8);
    }
    fprintf(f, "</span></div><div class=card><b>%.4g <small>&Aring;&sup2;/ps</small></b><span>", d);
    if (!isnan(lo) && !isnan(hi))
      fprintf(f, "95 %%: %.3g to %.3g, ", lo, hi);
    fprintf(f, "at lag&nbsp;%.4g&nbsp;%s</span></div>", lag, data->time_unit);
  }
  const yaml_ref t = yaml_get(data->doc, model, "timescales");
  if (yaml_seq_size(data->doc, t) > 0) {
    const double slow = report_item(data, t, 0);
    const yaml_ref pair = yaml_seq_at(data->doc, yaml_get(data->doc, model, "timescales_ci"), 0);
    if (isnan(slow))
      fputs("<div class=card><b>&infin;", f);
    else
      fprintf(f, "<div class=card><b>%.3g", slow);
    fprintf(f, " <small>%s</small></b><span>slowest relaxation", data->time_unit);
    if (!isnan(report_item(data, pair, 0)))
      fprintf(f, ", 95 %%: %.3g to %.3g", report_item(data, pair, 0), report_item(data, pair, 1));
    fputs("</span></div>", f);
  }
  const double jumps = report_number(data, data->root, "jumps");
  if (!isnan(jumps)) {
    fprintf(f, "<div class=card><b>%.0f</b><span>jumps of %.0f %s in %.5g %s</span></div>", jumps,
            report_number(data, data->root, data->time_unit[0] == 'p' ? "n_Li" : "n_trajectories"),
            data->time_unit[0] == 'p' ? "Li" : "walkers", report_number(data, data->root, "duration"), data->time_unit);
  }
  fputs("</div>", f);
}

static void lag_table(FILE *f, const report_data *data) {
  const double lag = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  fprintf(f, "<section><h2>Models</h2><div class=scroll><table><tr><th>lag (%s)</th><th>states</th>", data->time_unit);
  if (data->geometry)
    fputs("<th>D (&Aring;&sup2;/ps)</th><th>xx</th><th>yy</th><th>zz</th>", f);
  fprintf(f, "<th>t<sub>2</sub> (%s)</th><th>t<sub>3</sub></th><th>t<sub>4</sub></th><th>counts left out</th></tr>\n",
          data->time_unit);
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m);
    fprintf(f, "<tr%s><td>%.5g</td><td>%d</td>", report_number(data, model, "lag") == lag ? " class=best" : "",
            report_number(data, model, "lag"), yaml_seq_size(data->doc, yaml_get(data->doc, model, "states")));
    if (data->geometry) {
      const yaml_ref ci = report_d_ci(data, model), tensor = report_d_tensor(data, model);
      fputs("<td>", f);
      value_ci(f, report_d(data, model), report_item(data, ci, 0), report_item(data, ci, 1));
      fputs("</td>", f);
      for (int k = 0; k < 3; k++) {
        const double value = report_item(data, yaml_seq_at(data->doc, tensor, k), k);
        if (isnan(value))
          fputs("<td>&ndash;</td>", f);
        else
          fprintf(f, "<td>%.3g</td>", value);
      }
    }
    const yaml_ref t = yaml_get(data->doc, model, "timescales"), ci = yaml_get(data->doc, model, "timescales_ci");
    for (int k = 0; k < 3; k++) {
      fputs("<td>", f);
      if (k < yaml_seq_size(data->doc, t)) {
        const yaml_ref pair = yaml_seq_at(data->doc, ci, k);
        value_ci(f, report_item(data, t, k), report_item(data, pair, 0), report_item(data, pair, 1));
      }
      fputs("</td>", f);
    }
    fprintf(f, "<td>%.3g %%</td></tr>\n", 100 * report_number(data, model, "discarded_fraction"));
  }
  fputs("</table></div></section>\n", f);
}

static void rate_table(FILE *f, const report_network *net, const char *unit) {
  const int nt = net->ntypes;
  double *flux = calloc((size_t)nt * (size_t)nt, sizeof *flux), *share = calloc((size_t)nt, sizeof *share);
  int *sites = calloc((size_t)nt, sizeof *sites);
  if (flux != NULL && share != NULL && sites != NULL) {
    for (int s = 0; s < net->nsites; s++) {
      share[net->type[s]] += net->pi[s];
      sites[net->type[s]]++;
    }
    for (int e = 0; e < net->nedges; e++)
      flux[net->type[net->edge[e].i] * nt + net->type[net->edge[e].j]] += net->edge[e].flux;
    fprintf(f,
            "<section><h2>Jump rates between site types</h2><p>Jumps per Li on a site of the row's type and %s, to the "
            "type of the column, at lag "
            "%.4g %s; and where the lithium is.</p><div class=scroll><table><tr><th>from</th>",
            unit, net->lag, unit);
    for (int b = 0; b < nt; b++) {
      fputs("<th>to ", f);
      escaped(f, net->label[b]);
      fputs("</th>", f);
    }
    fputs("<th>sites</th><th>share of Li</th></tr>\n", f);
    for (int a = 0; a < nt; a++) {
      fprintf(f, "<tr><td><i class=dot style=\"background:%s;margin-left:0\"></i>", report_colour(a));
      escaped(f, net->label[a]);
      fputs("</td>", f);
      for (int b = 0; b < nt; b++) {
        const double rate = share[a] > 0 ? flux[a * nt + b] / share[a] / net->lag : 0;
        if (rate > 0)
          fprintf(f, "<td>%.3g</td>", rate);
        else
          fputs("<td>&middot;</td>", f);
      }
      fprintf(f, "<td>%d</td><td>%.2f %%</td></tr>\n", sites[a], 100 * share[a]);
    }
    fputs("</table></div></section>\n", f);
  }
  free(flux);
  free(share);
  free(sites);
}

static void components(FILE *f, const report_data *data) {
  const yaml_ref last = yaml_seq_at(data->doc, data->models, 0), list = yaml_get(data->doc, last, "components");
  const int n = yaml_seq_size(data->doc, list);
  if (n < 2)
    return;
  fprintf(f,
          "<section><h2>Connected sets</h2><p>%d sets of states are not connected with each other in both directions "
          "at the shortest lag; "
          "D in the headline is the sum over them, weighted by their share.</p><div "
          "class=scroll><table><tr><th>states</th><th>share</th><th>D "
          "(&Aring;&sup2;/ps)</th></tr>\n",
          n);
  for (int c = 0; c < n && c < 12; c++) {
    const yaml_ref part = yaml_seq_at(data->doc, list, c), states = yaml_get(data->doc, part, "states"),
                   d = yaml_get(data->doc, part, "D");
    double trace = 0;
    for (int k = 0; k < 3; k++)
      trace += report_item(data, yaml_seq_at(data->doc, d, k), k);
    fputs("<tr><td>", f);
    const int size = yaml_seq_size(data->doc, states);
    for (int k = 0; k < size && k < 12; k++)
      fprintf(f, "%s%.0f", k > 0 ? ", " : "", report_item(data, states, k));
    if (size > 12)
      fprintf(f, ", &hellip; (%d)", size);
    fprintf(f, "</td><td>%.3g %%</td><td>", 100 * report_number(data, part, "share"));
    if (!isnan(trace))
      fprintf(f, "%.4g", trace / 3);
    fputs("</td></tr>\n", f);
  }
  if (n > 12)
    fprintf(f, "<tr><td>and %d more</td><td></td><td></td></tr>", n - 12);
  fputs("</table></div></section>\n", f);
}

static void headline(FILE *f, const report_data *data) {
  const double temperature = report_number(data, data->root, "temperature");
  const char *assignment = yaml_text(data->doc, yaml_get(data->doc, data->root, "assignment"));
  const yaml_ref replicate = yaml_get(data->doc, data->root, "replicate");
  fputs("<h1>Lithium transport</h1><p class=sub>Markov state models of the jump network", f);
  if (!isnan(temperature))
    fprintf(f, " &middot; %.0f K", temperature);
  if (replicate != 0 && data->time_unit[0] == 'p')
    fprintf(f, " &middot; %.0f &times; %.0f &times; %.0f supercell", report_item(data, replicate, 0),
            report_item(data, replicate, 1), report_item(data, replicate, 2));
  if (assignment != NULL) {
    fputs(" &middot; sites by ", f);
    escaped(f, assignment);
  }
  fputs("</p>\n", f);
}

lisi_status report_html(const report_data *data, const report_network *net, bool gnuplot, bool graphviz,
                        lisi_error *err) {
  struct out_file *file = NULL;
  lisi_status status = report_out(data->folder, "report.html", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f,
          "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
          "content=\"width=device-width\"><title>Lithium transport</title>"
          "<style>%s</style></head><body><main>\n",
          style);
  headline(f, data);
  cards(f, data);
  if (!gnuplot || (net->nsites > 0 && !graphviz))
    fprintf(f,
            "<p class=note>Some pictures are missing because %s could not be run; the data files and scripts are in "
            "this folder.</p>\n",
            !gnuplot ? "gnuplot" : "neato (Graphviz)");
  if (gnuplot) {
    fputs("<div class=two><section><h2>Relaxation times</h2><p>Flat lines above the grey wedge: the model is Markovian "
          "there and the process is "
          "resolved.</p>",
          f);
    picture(f, data, "timescales.svg");
    fputs("</section>\n", f);
    if (data->geometry) {
      fputs("<section><h2>Mean-square displacement</h2><p>", f);
      const yaml_ref check = yaml_get(data->doc, data->root, "msd_check");
      const double within = report_number(data, check, "within_two_errors"),
                   rms = report_number(data, check, "md_relative_rms");
      if (!isnan(within))
        fprintf(f, "MSM and site positions of the run differ by at most %.1f standard errors. ",
                report_number(data, check, "largest_deviation"));
      if (!isnan(rms))
        fprintf(f, "MD's own MSD follows within %.1f %% after one constant.", 100 * rms);
      fputs("</p>", f);
      picture(f, data, "msd.svg");
      fputs("</section>\n", f);
    }
    fputs("</div>\n", f);
  }
  if (graphviz || (gnuplot && data->geometry)) {
    fprintf(f, "<div class=\"two%s\">", graphviz ? " wide" : "");
    if (graphviz) {
      fputs("<section id=network><h2>Jump network</h2><p>One unit cell along an axis. Lines: flux between "
            "sites; rings: jumps along the line of "
            "sight.<br>",
            f);
      for (int t = 0; t < net->ntypes && t < 12; t++) {
        fprintf(f, "<i class=dot style=\"background:%s\"></i>", report_colour(t));
        escaped(f, net->label[t]);
      }
      fputs("</p>", f);
      picture(f, data, "network.svg");
      fputs("</section>\n", f);
    }
    if (gnuplot && data->geometry) {
      fputs("<section><h2>Diffusion coefficient against lag</h2><p>A short lag misses the correlation between jumps "
            "and gives too much; the plateau "
            "counts.</p>",
            f);
      picture(f, data, "diffusion.svg");
      fputs("</section>", f);
    }
    fputs("</div>\n", f);
  }
  further(f, data);
  if (net->nsites > 0)
    rate_table(f, net, data->time_unit);
  lag_table(f, data);
  components(f, data);
  const char *command = yaml_text(data->doc, yaml_get(data->doc, data->root, "command"));
  if (command != NULL) {
    fputs("<section><h2>Made with</h2><pre>", f);
    escaped(f, command);
    fputs("</pre></section>\n", f);
  }
  fputs("</main></body></html>\n", f);
  return out_file_commit(file, err);
}
