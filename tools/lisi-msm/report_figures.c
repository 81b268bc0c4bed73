/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures of the page, with captions that say what to see. */
#include "report_page.h"

#include "file_bytes.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double page_number(const yaml_doc *doc, yaml_ref map, const char *key) {
  double value = NAN;
  lisi_error ignored = {0};
  const yaml_ref node = yaml_get(doc, map, key);
  return node != 0 && yaml_as_double(doc, node, "", &value, &ignored) == LISI_OK ? value : NAN;
}

double page_item(const yaml_doc *doc, yaml_ref list, int k) {
  double value = NAN;
  lisi_error ignored = {0};
  return k < yaml_seq_size(doc, list) && yaml_as_double(doc, yaml_seq_at(doc, list, k), "", &value, &ignored) == LISI_OK
             ? value
             : NAN;
}

bool page_figure(report_page *page, const char *name, const char *classes, const char *caption) {
  char path[PATH_MAX], *bytes = NULL;
  size_t size = 0;
  lisi_error ignored = {0};
  if (snprintf(path, sizeof path, "%s/%s.svg", page->data->folder, name) >= (int)sizeof path ||
      file_bytes_read(path, (size_t)1 << 26, &bytes, &size, &ignored) != LISI_OK)
    return false;
  const char *svg = strstr(bytes, "<svg"); /* without its XML header */
  if (svg != NULL) {
    fprintf(page->f, "<figure id=\"fig-%s\" class=\"%s\"><div class=\"plot\">\n%s</div>\n", name, classes, svg);
    fprintf(page->f, "<figcaption><b>Figure %d.</b> %s</figcaption></figure>\n", ++page->figures, caption);
  }
  free(bytes);
  return svg != NULL;
}

/* A caption that is put together piece by piece. */
typedef struct {
  char *text;
  size_t size;
  FILE *f;
} caption;

static bool caption_open(caption *c) {
  *c = (caption){0};
  c->f = open_memstream(&c->text, &c->size);
  return c->f != NULL;
}

static void caption_figure(report_page *page, caption *c, const char *name, const char *classes) {
  if (fclose(c->f) == 0)
    (void)page_figure(page, name, classes, c->text);
  free(c->text);
}

void page_dynamics(report_page *page) {
  const report_data *data = page->data;
  const bool ck = page->ck != NULL;
  if (!(page->drawn & CURVE_TIMESCALES) && !ck)
    return;
  fprintf(page->f,
          "<section id=\"dynamics\"><h2>Relaxation</h2>\n<p class=\"lead\">How fast an uneven distribution of %s evens "
          "out, "
          "and whether a model of one lag time foretells the longer ones.</p><div class=\"grid\">\n",
          data->geometry ? "lithium" : "walkers");
  caption c;
  if (page->drawn & CURVE_TIMESCALES && caption_open(&c)) {
    fprintf(
        c.f,
        "Relaxation times of the slowest processes against the lag time &tau;, with 95&nbsp;%% bands. Flat lines above "
        "the shaded region, in which a process is shorter than the lag and cannot be resolved, mean that the model is "
        "Markovian there.");
    const yaml_ref range = yaml_get(data->doc, data->root, "markovian_range");
    if (report_number(data, range, "to") > report_number(data, range, "from"))
      fputs(" The green bar is the Markovian range.", c.f);
    if (yaml_get(data->doc, yaml_get(data->doc, data->root, "reported"), "lag") != 0)
      fputs(" Dotted: the reported lag.", c.f);
    caption_figure(page, &c, "timescales", "");
  }
  if (ck && caption_open(&c)) {
    const double lag = page_number(page->ck, yaml_root(page->ck), "lag");
    fprintf(
        c.f,
        "Chapman&ndash;Kolmogorov test at lag %.4g&nbsp;%s. Lines: what the model foretells for longer times, with "
        "its 95&nbsp;%% band; points: what is counted there. Sets: the probability to be there again; F(q): the self "
        "intermediate scattering function along a cell edge, which sees how far lithium has got.",
        lag, data->time_unit);
    caption_figure(page, &c, "ck", "");
  }
  fputs("</div></section>\n", page->f);
}

/* ---- diffusion ---- */

static void tensor(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref d = report_d_tensor(data, page->model), own = yaml_get(data->doc, page->model, "D_ci");
  const bool alone = report_number(data, page->model, "discarded_fraction") <= 0 &&
                     yaml_seq_size(data->doc, yaml_get(data->doc, page->model, "components")) < 2;
  if (d == 0 || isnan(report_item(data, yaml_seq_at(data->doc, d, 0), 0)))
    return;
  static const char *const axis[] = {"x", "y", "z"};
  fprintf(f,
          "<div class=\"scroll\"><table><caption><b>Diffusion tensor</b> at lag %.4g&nbsp;%s, &Aring;&sup2;/ps, in the "
          "Cartesian "
          "axes of the cell%s.</caption><thead><tr><th></th><th scope=\"col\">x</th>"
          "<th scope=\"col\">y</th><th scope=\"col\">z</th></tr></thead><tbody>\n",
          report_number(data, page->model, "lag"), data->time_unit, alone && own != 0 ? "; 95&nbsp;% intervals" : "");
  for (int a = 0; a < 3; a++) {
    fprintf(f, "<tr><th scope=\"row\">%s</th>", axis[a]);
    for (int b = 0; b < 3; b++) {
      const yaml_ref pair = yaml_seq_at(data->doc, yaml_seq_at(data->doc, own, a), b);
      fputs("<td>", f);
      report_value(f, report_item(data, yaml_seq_at(data->doc, d, a), b), 3);
      /* intervals are those of the connected set: they belong here where it is all there is */
      if (alone && isfinite(report_item(data, pair, 0))) {
        fputs(" <span class=\"ci\">[", f);
        report_interval(f, report_item(data, pair, 0), report_item(data, pair, 1), 2);
        fputs("]</span>", f);
      }
      fputs("</td>", f);
    }
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

static void principal(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref map = yaml_get(data->doc, data->root, "D_principal");
  if (map == 0)
    return;
  /* a list of {value, ci, axis}, or a map of lists: values, axes */
  const bool rows = yaml_kind_of(data->doc, map) == YAML_SEQUENCE;
  const yaml_ref values = rows ? map : yaml_get(data->doc, map, "values"), axes = yaml_get(data->doc, map, "axes"),
                 cis = yaml_get(data->doc, map, "values_ci") != 0 ? yaml_get(data->doc, map, "values_ci")
                                                                  : yaml_get(data->doc, map, "ci");
  const int n = yaml_seq_size(data->doc, values);
  if (n < 1 || n > 3)
    return;
  fputs("<div class=\"scroll\"><table><caption><b>Principal axes</b> of the diffusion tensor.</caption><thead><tr><th "
        "scope=\"col\">D (&Aring;&sup2;/ps)</th><th scope=\"col\">direction (x, y, z)</th></tr></thead><tbody>\n",
        f);
  for (int k = 0; k < n; k++) {
    const yaml_ref entry = rows ? yaml_seq_at(data->doc, map, k) : 0,
                   axis = rows ? yaml_get(data->doc, entry, "axis") : yaml_seq_at(data->doc, axes, k),
                   ci = rows ? yaml_get(data->doc, entry, "ci") : yaml_seq_at(data->doc, cis, k);
    fputs("<tr><td>", f);
    report_value(f, rows ? report_number(data, entry, "value") : report_item(data, values, k), 3);
    if (isfinite(report_item(data, ci, 0))) {
      fputs(" <span class=\"ci\">[", f);
      report_interval(f, report_item(data, ci, 0), report_item(data, ci, 1), 3);
      fputs("]</span>", f);
    }
    fputs("</td><td>", f);
    for (int c = 0; c < 3; c++) {
      const double along = report_item(data, axis, c);
      fprintf(f, "%s%s%.3f", c > 0 ? ", " : "", along <= -5e-4 ? "&minus;" : "", fabs(along));
    }
    fputs("</td></tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

void page_diffusion(report_page *page) {
  const report_data *data = page->data;
  if (!data->geometry || !(page->drawn & (CURVE_DIFFUSION | CURVE_MSD | CURVE_VAN_HOVE)))
    if (report_d_tensor(data, page->model) == 0)
      return;
  fputs("<section id=\"diffusion\"><h2>Diffusion</h2>\n<p class=\"lead\">How far lithium gets: model against the run "
        "it was "
        "made from.</p><div class=\"grid\">\n",
        page->f);
  caption c;
  if (page->drawn & CURVE_MSD && caption_open(&c)) {
    const yaml_ref check = yaml_get(data->doc, data->root, "msd_check");
    const double within = report_number(data, check, "within_two_errors"),
                 offset = report_number(data, check, "md_offset");
    const bool run = yaml_seq_size(data->doc, yaml_get(data->doc, data->root, "msd_sites")) > 0;
    fprintf(c.f, "Mean-square displacement. %s the model",
            run ? "Points: site positions of the run with 95&nbsp;% intervals; lines:" : "Lines:");
    if (isfinite(offset))
      fprintf(c.f, "; circles: the real coordinates less the vibration round the sites (%.2g&nbsp;&Aring;&sup2;)",
              offset);
    fputs(".", c.f);
    if (run)
      fputs(
          " Below: model at the reported lag minus site positions, in standard errors &sigma; of the run; the band is "
          "&plusmn;2&sigma;.",
          c.f);
    if (isfinite(within))
      fprintf(c.f, " Up to a quarter of the run %.0f&nbsp;%% of the tested points lie in it.", 100 * within);
    caption_figure(page, &c, "msd", "");
  }
  if (page->drawn & CURVE_DIFFUSION)
    page_figure(page, "diffusion", "",
                "Diffusion coefficient of the model against its lag time, with 95&nbsp;% band. A short lag misses the "
                "correlation between successive jumps and gives too much: the plateau counts (green).");
  if (page->drawn & CURVE_VAN_HOVE)
    page_figure(
        page, "vanhove", "wide",
        "Self part of the van Hove function: the probability to be found at a distance r after a time t. Lines: "
        "model; points: the run. The peak at r&nbsp;=&nbsp;0, lithium that has not moved, may be cut off.");
  fputs("</div>\n", page->f);
  tensor(page);
  principal(page);
  fputs("</section>\n", page->f);
}

/* ---- the crystal ---- */

static void modes(report_page *page) {
  const report_modes *list = page->modes;
  const report_data *data = page->data;
  FILE *f = page->f;
  if (list->n == 0)
    return;
  fprintf(
      f,
      "<h3 id=\"modes\">Slow modes</h3>\n<p class=\"lead\">Eigenvectors of the model at lag %.4g&nbsp;%s. %s relaxes "
      "with the time of the mode: what is too much on one side moves to the other. The sign is free.%s</p>\n",
      list->lag, data->time_unit,
      data->geometry ? "A distribution of lithium with such an excess (orange) and lack (blue)"
                     : "An excess on the first states and a lack on the others",
      list->overlap ? " Where intervals of successive times overlap, their patterns may be mixed with each other."
                    : "");
  if (page->crystal != NULL) {
    fputs("<div class=\"grid\">\n", f);
    for (int k = 0; k < list->n; k++) {
      const report_mode *m = &list->mode[k];
      caption c;
      if (!caption_open(&c))
        continue;
      fputs("<span class=\"sentence\">", c.f);
      report_escaped(c.f, m->title);
      if (isfinite(m->lo) && isfinite(m->hi)) {
        fputs(" <span class=\"ci\">[", c.f);
        report_interval(c.f, m->lo, m->hi, 3);
        fputs("]</span>", c.f);
      }
      fputs(". ", c.f);
      report_escaped(c.f, m->sentence);
      fputs("</span>", c.f);
      if (k == 0)
        fputs(" Disc area: share of the lithium in equilibrium; grey discs: host atoms; lines: jumps, as wide as their "
              "flux.",
              c.f);
      caption_figure(page, &c, m->name, "");
    }
    fputs("</div>\n", f);
    return;
  }
  fprintf(
      f,
      "<div class=\"scroll\"><table><caption><b>Slow modes</b> in words.</caption><thead><tr><th scope=\"col\">time "
      "(%s)</th><th scope=\"col\">95 %% interval</th><th scope=\"col\" style=\"text-align:left\">what "
      "exchanges</th></tr></thead><tbody>\n",
      data->time_unit);
  for (int k = 0; k < list->n; k++) {
    const report_mode *m = &list->mode[k];
    fputs("<tr><td>", f);
    report_value(f, m->time, 3);
    fputs("</td><td>", f);
    if (!report_interval(f, m->lo, m->hi, 3))
      fputs("&ndash;", f);
    fputs("</td><td class=\"words\">", f);
    report_escaped(f, m->sentence);
    fputs("</td></tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

static void sets(report_page *page) {
  const yaml_doc *doc = page->paths;
  FILE *f = page->f;
  if (doc == NULL)
    return;
  const yaml_ref map = yaml_get(doc, yaml_root(doc), "metastable"), weights = yaml_get(doc, map, "weights"),
                 states = yaml_get(doc, map, "states"), P = yaml_get(doc, map, "transitions");
  const int n = yaml_seq_size(doc, weights);
  if (n < 2)
    return;
  fprintf(f,
          "<h3 id=\"sets\">Metastable sets</h3>\n<p class=\"lead\">PCCA+ groups the states into %d sets between which "
          "%s change rarely (crispness %.2f; 1 means no overlap).</p>\n",
          n, page->data->geometry ? "lithium atoms" : "walkers", page_number(doc, map, "crispness"));
  if (page->sets_drawn) {
    fputs("<div class=\"grid\">", f);
    page_figure(page, "sets", "wide",
                "Sites coloured by their metastable set, colours mixed by membership. Disc area: "
                "share of the lithium.");
    fputs("</div>", f);
  }
  fputs("<div class=\"scroll\"><table><caption><b>Sets</b> with their share, their sites and the probability to go to "
        "each set "
        "within one lag.</caption><thead><tr><th scope=\"col\">set</th><th scope=\"col\">share</th><th scope=\"col\" "
        "style=\"text-align:left\">members</th>",
        f);
  for (int k = 0; k < n; k++)
    fprintf(f, "<th scope=\"col\">to %d</th>", k + 1);
  fputs("</tr></thead><tbody>\n", f);
  for (int k = 0; k < n; k++) {
    fprintf(f, "<tr><td><i class=\"dot\" style=\"background:%s\"></i>%d</td><td>%.3g&nbsp;%%</td><td class=\"words\">",
            report_colour(k), k + 1, 100 * page_item(doc, weights, k));
    int shown = 0;
    for (int s = 0; s < yaml_seq_size(doc, states); s++) {
      const yaml_ref state = yaml_seq_at(doc, states, s);
      if (page_number(doc, state, "set") != k + 1)
        continue;
      if (shown++ >= 24)
        continue;
      const char *label = yaml_text(doc, yaml_get(doc, state, "label"));
      fputs(shown > 1 ? ", " : "", f);
      if (label != NULL) {
        report_escaped(f, label);
        fputc(' ', f);
      }
      fprintf(f, "%.0f", page_number(doc, state, "site"));
    }
    if (shown > 24)
      fprintf(f, ", &hellip; (%d)", shown);
    if (shown == 0)
      fputs("none belongs to it more than to another", f);
    fputs("</td>", f);
    for (int j = 0; j < n; j++) {
      fputs("<td>", f);
      report_value(f, page_item(doc, yaml_seq_at(doc, P, k), j), 3);
      fputs("</td>", f);
    }
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

static void pathways(report_page *page) {
  const yaml_doc *doc = page->paths;
  const yaml_ref passage = doc != NULL ? yaml_get(doc, yaml_root(doc), "passage") : 0;
  const char *from = doc != NULL ? yaml_text(doc, yaml_get(doc, passage, "from")) : NULL,
             *to = doc != NULL ? yaml_text(doc, yaml_get(doc, passage, "to")) : NULL;
  caption c;
  if (from == NULL || to == NULL || !caption_open(&c))
    return;
  fputs("Pathways from ", c.f);
  report_escaped(c.f, from);
  fputs(" to ", c.f);
  report_escaped(c.f, to);
  fputs(": sites from the start to the target with their committor q, the chance to reach the target first; arrows are "
        "as "
        "thick as the share of the net flux that they carry. Flux ",
        c.f);
  report_value(c.f, page_number(doc, passage, "flux"), 3);
  fprintf(c.f, " passages per %s and atom, rate ", page->data->time_unit);
  report_value(c.f, page_number(doc, passage, "rate"), 3);
  fprintf(c.f, " per %s.", page->data->time_unit);
  fputs("<h3 id=\"paths\">Pathways</h3><div class=\"grid\">", page->f);
  caption_figure(page, &c, "paths", "wide big");
  fputs("</div>\n", page->f);
}

void page_crystal(report_page *page) {
  FILE *f = page->f;
  const report_data *data = page->data;
  const bool geometry = page->crystal != NULL;
  if (!geometry && page->modes->n == 0 && !(page->drawn & CURVE_STATIONARY) && page->paths == NULL)
    return;
  fprintf(
      f,
      "<section id=\"crystal\"><h2>%s</h2>\n<p class=\"lead\">Where lithium is, which jumps it takes and what is slow "
      "about them.</p>\n<div class=\"grid\">\n",
      geometry ? "On the crystal" : "States");
  caption c;
  if (page->network_drawn && caption_open(&c)) {
    fprintf(c.f,
            "Jump network of %s seen %s %c, at a lag of %.3g&nbsp;%s. Discs: sites, numbered and coloured by kind, "
            "their area the "
            "share of the lithium; lines: jumps, as wide as their flux; rings: jumps along the line of sight; lines "
            "that end "
            "outside the cell go on at the opposite side.",
            "the cell", page->crystal->view.oblique ? "roughly along" : "along", 'a' + page->crystal->view.axis,
            page->net->lag, data->time_unit);
    caption_figure(page, &c, "network", "wide big");
  }
  if (page->drawn & CURVE_STATIONARY)
    page_figure(page, "stationary", "wide big",
                yaml_get(data->doc, page->model, "stationary_ci") != 0
                    ? "Stationary distribution: the share of each site with its 95&nbsp;% interval."
                    : "Stationary distribution: the share of each site.");
  fputs("</div>\n", f);
  modes(page);
  sets(page);
  pathways(page);
  fputs("</section>\n", f);
}
