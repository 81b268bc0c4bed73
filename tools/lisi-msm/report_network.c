/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump network on the crystal: network.svg, and network.dot for who wants another picture of it. */
#include "report_crystal.h"

#include "out_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_ANGSTROM 46.0

/* ---- network.dot ---- */

static void dot_text(FILE *f, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      fputc('\\', f);
    fputc((unsigned char)*c < 32 ? ' ' : *c, f);
  }
}

static void dot_place(const crystal_scene *c, const double frac[3], double xyz[3]) {
  cell_view_project(&c->view, frac, xyz);
  for (int k = 0; k < 2; k++)
    xyz[k] *= POINTS_PER_ANGSTROM;
}

static lisi_status write_dot(const report_data *data, const crystal_scene *c, lisi_error *err) {
  struct out_file *file = NULL;
  const lisi_status status = report_out(data->folder, "network.dot", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  double at[3], end[3];
  fputs("// neato -n2 -Tsvg network.dot draws it; penwidth follows the flux\n"
        "graph network {\n  graph [bgcolor=white outputorder=edgesfirst notranslate=false pad=0.3 splines=line]\n"
        "  node [fontname=Helvetica]\n",
        f);
  for (int h = 0; h < c->nhosts; h++) {
    dot_place(c, c->host + 3 * h, at);
    fprintf(f,
            "  h%d [shape=circle width=0.6 fixedsize=true style=filled fillcolor=\"#e6ebf0\" color=\"#cfd7df\" "
            "fontcolor=\"#8a94a0\" label=\"",
            h);
    dot_text(f, c->species[c->kind[h]]);
    fprintf(f, "\" pos=\"%.2f,%.2f!\"]\n", at[0], at[1]);
  }
  for (int s = 0; s < c->net->nsites; s++) {
    dot_place(c, c->net->frac + 3 * s, at);
    fprintf(f,
            "  s%d [shape=circle width=0.46 fixedsize=true style=filled fillcolor=\"%s\" color=white fontcolor=white "
            "fontsize=13 label=\"%lld\" pos=\"%.2f,%.2f!\"]\n",
            s, report_colour(c->net->type[s]), c->net->number[s], at[0], at[1]);
  }
  for (int k = 0; k < c->nlines; k++) {
    const crystal_line *x = &c->line[k];
    const double width = 0.8 + 9 * sqrt(x->flux / c->strongest);
    if (!x->leaves) {
      fprintf(f, "  s%d -- s%d [penwidth=%.2f color=\"#5a6774\"]\n", x->i, x->j, width);
      continue;
    }
    double to[3];
    for (int d = 0; d < 3; d++)
      to[d] = c->net->frac[3 * x->j + d] + x->n[d];
    dot_place(c, c->net->frac + 3 * x->i, at);
    dot_place(c, to, end);
    fprintf(f,
            "  g%d [shape=point width=0.01 color=\"#5a6774\" pos=\"%.2f,%.2f!\"]\n  s%d -- g%d [penwidth=%.2f "
            "color=\"#5a6774\"]\n",
            k, 0.5 * (at[0] + end[0]), 0.5 * (at[1] + end[1]), x->i, k, width);
  }
  fputs("}\n", f);
  return out_file_commit(file, err);
}

/* ---- network.svg ---- */

/* Site types with their colours, in a row that is broken where it gets too long; returns the height. */
static double type_key(FILE *f, const report_network *net, double x0, double y, double width) {
  double x = x0;
  const int most = 24;
  for (int t = 0; t < net->ntypes && t < most; t++) {
    char text[48];
    if (t == most - 1 && net->ntypes > most)
      snprintf(text, sizeof text, "and %d more", net->ntypes - t);
    else
      snprintf(text, sizeof text, "%.40s", net->label[t]);
    const double take = 26 + 7.6 * (double)strlen(text);
    if (x + take > x0 + width && x > x0) {
      x = x0;
      y += 22;
    }
    fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"%s\"/>\n", x + 6, y, report_colour(t));
    crystal_svg_text(f, x + 17, y + 4.5, 13, "start", "#2b3440", "normal", text);
    x += take;
  }
  return y;
}

static lisi_status write_svg(const report_data *data, const crystal_scene *c, lisi_error *err) {
  const report_network *net = c->net;
  double w, h, most = 0;
  const double scale = crystal_scale(c, 900, 620, &w, &h), width = fmax(w, 460) + 40;
  crystal_site *site = calloc((size_t)net->nsites, sizeof *site);
  struct out_file *file = NULL;
  if (site == NULL)
    return lisi_no_memory(err, (size_t)net->nsites * sizeof *site);
  for (int s = 0; s < net->nsites; s++)
    most = fmax(most, net->pi[s]);
  for (int s = 0; s < net->nsites; s++) {
    site[s].radius = crystal_radius(c, most > 0 ? net->pi[s] / most : 1);
    snprintf(site[s].fill, sizeof site[s].fill, "%s", report_colour(net->type[s]));
    snprintf(site[s].title, sizeof site[s].title, "site %lld (%.100s): %.3g %% of the lithium", net->number[s],
             net->label[net->type[s]], 100 * net->pi[s]);
  }
  double total = 0; /* key rows are only known once they are laid out: room for as many as there can be */
  for (int t = 0; t < net->ntypes && t < 24; t++)
    total += 26 + 7.6 * fmin(40, (double)strlen(net->label[t]));
  const double height = h + 60 + 22 * floor(total / (width - 40));
  char description[200];
  snprintf(description, sizeof description,
           "One cell with %d sites of %d kinds and the jumps between them at a lag of %.4g %s; lines as wide as the "
           "flux.",
           net->nsites, net->ntypes, net->lag, data->time_unit);
  lisi_status status =
      crystal_svg_open(data->folder, "network", width, height, "Jump network of lithium", description, &file, err);
  if (status == LISI_OK) {
    FILE *f = out_file_stream(file);
    crystal_draw(f, c, (width - w) / 2, 0, scale, site);
    const double y = type_key(f, net, 20, h + 14, width - 40);
    (void)crystal_svg_flux_key(f, c, 20, y + 26, scale);
    fputs("</svg>\n", f);
    status = out_file_commit(file, err);
  }
  free(site);
  return status;
}

lisi_status report_draw_network(const report_data *data, const crystal_scene *c, lisi_error *err) {
  const lisi_status status = write_dot(data, c, err);
  return status == LISI_OK ? write_svg(data, c, err) : status;
}
