/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often and how fast: rates between kinds of sites, and mean first passage times, as tables. */
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

/* ---- rates ---- */

static const char *text_under(const report_data *data, yaml_ref map, const char *key) {
  const char *text = yaml_text(data->doc, yaml_get(data->doc, map, key));
  return text != NULL ? text : "?";
}

enum { MOST_KINDS = 12 };

static int name_index(const char *const *name, int n, const char *text) {
  for (int k = 0; k < n; k++)
    if (strcmp(name[k], text) == 0)
      return k;
  return -1;
}

/* The pairs as a square table, where there are few kinds of sites. */
static bool rate_square(report_page *page, yaml_ref list) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const char *name[MOST_KINDS];
  yaml_ref cell[MOST_KINDS][MOST_KINDS] = {{0}};
  int n = 0;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k);
    int at[2];
    for (int end = 0; end < 2; end++) {
      const char *text = text_under(data, row, end == 0 ? "from" : "to");
      at[end] = name_index(name, n, text);
      if (at[end] < 0 && n == MOST_KINDS)
        return false;
      if (at[end] < 0) {
        at[end] = n;
        name[n++] = text;
      }
    }
    cell[at[0]][at[1]] = row;
  }
  fprintf(
      f,
      "<div class=\"scroll\"><table><caption>Rate (1/%s) per lithium on a site of the row's kind to any site of the "
      "column's, log(P)/lag at lag %.4g&nbsp;%s, with 95&nbsp;%% intervals.</caption><thead><tr><th "
      "scope=\"col\">from</th>",
      data->time_unit, report_number(data, page->model, "lag"), data->time_unit);
  for (int b = 0; b < n; b++) {
    fputs("<th scope=\"col\">to ", f);
    report_escaped(f, name[b]);
    fputs("</th>", f);
  }
  fputs("</tr></thead><tbody>\n", f);
  for (int a = 0; a < n; a++) {
    fputs("<tr><th scope=\"row\">", f);
    report_escaped(f, name[a]);
    fputs("</th>", f);
    for (int b = 0; b < n; b++) {
      const yaml_ref ci = yaml_get(data->doc, cell[a][b], "rate_ci");
      const double rate = report_number(data, cell[a][b], "rate");
      fputs("<td>", f);
      if (isnan(rate))
        fputs("&middot;", f);
      else
        report_value(f, rate, 3);
      if (isfinite(report_item(data, ci, 0))) {
        fputs("<br/><span class=\"ci\">", f);
        report_interval(f, report_item(data, ci, 0), report_item(data, ci, 1), 2);
        fputs("</span>", f);
      }
      fputs("</td>", f);
    }
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
  return true;
}

/* Why there is no rate matrix, where the model says so. */
static void rate_note(report_page *page) {
  const report_data *data = page->data;
  const yaml_ref matrix = yaml_get(data->doc, page->model, "rate_matrix");
  const char *exists = yaml_text(data->doc, yaml_get(data->doc, matrix, "exists")),
             *why = yaml_text(data->doc, yaml_get(data->doc, matrix, "why"));
  if (exists == NULL || strcmp(exists, "false") != 0)
    return;
  fputs("<p class=\"lead\">No rate matrix belongs to these probabilities", page->f);
  if (why != NULL) {
    fputs(": ", page->f);
    report_escaped(page->f, why);
  }
  fputs(".</p>\n", page->f);
}

/* Rates per pair of orbits as the model gives them, with errors. */
static bool rates_of_model(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref list = yaml_get(data->doc, page->model, "orbit_rates");
  const int n = yaml_seq_size(data->doc, list), most = 60;
  if (n == 0)
    return false;
  if (rate_square(page, list)) {
    rate_note(page);
    return true;
  }
  fprintf(
      f,
      "<div class=\"scroll\"><table><caption>Rate of jumps per lithium on a site of the first kind to any site of the "
      "second, at lag %.4g&nbsp;%s.</caption><thead><tr><th scope=\"col\">from</th><th scope=\"col\" "
      "style=\"text-align:left\">to</th><th scope=\"col\">rate (1/%s)</th><th scope=\"col\">95 %% interval</th><th "
      "scope=\"col\">probability per lag</th></tr></thead><tbody>\n",
      report_number(data, page->model, "lag"), data->time_unit, data->time_unit);
  for (int k = 0; k < n && k < most; k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k), ci = yaml_get(data->doc, row, "rate_ci");
    fputs("<tr><td>", f);
    report_escaped(f, text_under(data, row, "from"));
    fputs("</td><td style=\"text-align:left\">", f);
    report_escaped(f, text_under(data, row, "to"));
    fputs("</td><td>", f);
    report_value(f, report_number(data, row, "rate"), 3);
    fputs("</td><td>", f);
    if (!report_interval(f, report_item(data, ci, 0), report_item(data, ci, 1), 3))
      fputs("&ndash;", f);
    fputs("</td><td>", f);
    report_value(f, report_number(data, row, "P"), 3);
    fputs("</td></tr>\n", f);
  }
  if (n > most)
    fprintf(f, "<tr><td>and %d more</td><td></td><td></td><td></td><td></td></tr>\n", n - most);
  fputs("</tbody></table></div>\n", f);
  rate_note(page);
  return true;
}

/* Without them: fluxes of the network added up by kind of site. */
static void rates_of_network(report_page *page) {
  const report_network *net = page->net;
  FILE *f = page->f;
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
            "<div class=\"scroll\"><table><caption>Jumps per %s and lithium on a site of the row's kind, to the kind "
            "of the "
            "column, at lag %.4g&nbsp;%s; and where the lithium is.</caption><thead><tr><th scope=\"col\">from</th>",
            page->data->time_unit, net->lag, page->data->time_unit);
    for (int b = 0; b < nt; b++) {
      fputs("<th scope=\"col\">to ", f);
      report_escaped(f, net->label[b]);
      fputs("</th>", f);
    }
    fputs("<th scope=\"col\">sites</th><th scope=\"col\">share of Li</th></tr></thead><tbody>\n", f);
    for (int a = 0; a < nt; a++) {
      fprintf(f, "<tr><th scope=\"row\"><i class=\"dot\" style=\"background:%s\"></i>", report_colour(a));
      report_escaped(f, net->label[a]);
      fputs("</th>", f);
      for (int b = 0; b < nt; b++) {
        const double rate = share[a] > 0 ? flux[a * nt + b] / share[a] / net->lag : 0;
        fputs("<td>", f);
        if (rate > 0)
          report_value(f, rate, 3);
        else
          fputs("&middot;", f);
        fputs("</td>", f);
      }
      fprintf(f, "<td>%d</td><td>%.2f&nbsp;%%</td></tr>\n", sites[a], 100 * share[a]);
    }
    fputs("</tbody></table></div>\n", f);
  }
  free(flux);
  free(share);
  free(sites);
}

void page_rates(report_page *page) {
  const bool own = yaml_seq_size(page->data->doc, yaml_get(page->data->doc, page->model, "orbit_rates")) > 0,
             from_network = page->net->nsites > 0 && page->net->ntypes <= 24 && page->net->nedges > 0;
  if (!own && !from_network)
    return;
  fputs("<section id=\"rates\"><h2>Rates between kinds of sites</h2>\n", page->f);
  (void)rates_of_model(page);
  if (from_network)
    rates_of_network(page);
  fputs("</section>\n", page->f);
}

/* ---- first passage ---- */

void page_passage(report_page *page) {
  const yaml_doc *doc = page->paths;
  FILE *f = page->f;
  if (doc == NULL)
    return;
  const yaml_ref map = yaml_get(doc, yaml_root(doc), "mean_first_passage"), names = yaml_get(doc, map, "orbits"),
                 times = yaml_get(doc, map, "times"), ci = yaml_get(doc, map, "times_ci");
  const int n = yaml_seq_size(doc, names);
  if (n < 2 || n > 16)
    return;
  fprintf(
      f,
      "<section id=\"passage\"><h2>Mean first passage times</h2>\n<div class=\"scroll\"><table><caption>Mean time (%s) "
      "from the row's kind of site until the column's is reached, at lag %.4g&nbsp;%s%s.</caption><thead><tr><th "
      "scope=\"col\">from</th>",
      page->data->time_unit, page_number(doc, yaml_root(doc), "lag"), page->data->time_unit,
      ci != 0 ? ", with 95&nbsp;% intervals" : "");
  for (int b = 0; b < n; b++) {
    const char *name = yaml_text(doc, yaml_seq_at(doc, names, b));
    fputs("<th scope=\"col\">to ", f);
    report_escaped(f, name != NULL ? name : "?");
    fputs("</th>", f);
  }
  fputs("</tr></thead><tbody>\n", f);
  for (int a = 0; a < n; a++) {
    const char *name = yaml_text(doc, yaml_seq_at(doc, names, a));
    fputs("<tr><th scope=\"row\">", f);
    report_escaped(f, name != NULL ? name : "?");
    fputs("</th>", f);
    for (int b = 0; b < n; b++) {
      const yaml_ref pair = yaml_seq_at(doc, yaml_seq_at(doc, ci, a), b);
      fputs("<td>", f);
      if (a == b)
        fputs("&middot;", f);
      else
        with_interval(f, page_item(doc, yaml_seq_at(doc, times, a), b), 3, page_item(doc, pair, 0),
                      page_item(doc, pair, 1));
      fputs("</td>", f);
    }
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div></section>\n", f);
}
