/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump network of one unit cell as GraphML, for networkx, igraph, Gephi and others: a directed multigraph, for two
 * sites may be joined by jumps through different sides of the cell. */
#include "report.h"

#include "out_file.h"

#include <math.h>
#include <stdio.h>

static void xml_text(FILE *f, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    switch (*c) {
    case '&':
      fputs("&amp;", f);
      break;
    case '<':
      fputs("&lt;", f);
      break;
    case '>':
      fputs("&gt;", f);
      break;
    default:
      fputc((unsigned char)*c < ' ' ? ' ' : *c, f); /* XML 1.0 has no control characters */
    }
  }
}

static void key(FILE *f, const char *of, const char *name, const char *type, const char *what) {
  fprintf(f, "  <key id=\"%c_%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"><desc>%s</desc></key>\n", of[0], name,
          of, name, type, what);
}

/* The orbit of a site, where the model knows orbits. */
static const char *orbit_of(const report_data *data, long long number) {
  for (int k = 0; k < yaml_seq_size(data->doc, data->sites); k++) {
    const yaml_ref site = yaml_seq_at(data->doc, data->sites, k);
    if (report_number(data, site, "site") == (double)number)
      return yaml_text(data->doc, yaml_get(data->doc, site, "orbit"));
  }
  return NULL;
}

static void nodes(FILE *f, const report_data *data, const report_network *net) {
  for (int s = 0; s < net->nsites; s++) {
    const double *x = net->frac + 3 * s;
    const char *label = net->label[net->type[s]], *orbit = orbit_of(data, net->number[s]);
    fprintf(f, "    <node id=\"s%lld\">\n      <data key=\"n_site\">%lld</data><data key=\"n_label\">", net->number[s],
            net->number[s]);
    xml_text(f, label);
    fputs("</data><data key=\"n_orbit\">", f);
    xml_text(f, orbit != NULL ? orbit : label);
    fprintf(f,
            "</data>\n      <data key=\"n_frac_a\">%.10g</data><data key=\"n_frac_b\">%.10g</data><data "
            "key=\"n_frac_c\">%.10g</data><data key=\"n_pi\">%.10g</data>\n    </node>\n",
            x[0], x[1], x[2], net->pi[s]);
  }
}

static void edges(FILE *f, const report_network *net) {
  for (int e = 0; e < net->nedges; e++) {
    const report_edge *x = &net->edge[e];
    double square = 0;
    for (int c = 0; c < 3; c++) {
      double d = 0;
      for (int k = 0; k < 3; k++)
        d += (x->n[k] + net->frac[3 * x->j + k] - net->frac[3 * x->i + k]) * net->cell[3 * k + c];
      square += d * d;
    }
    fprintf(
        f,
        "    <edge id=\"e%d\" source=\"s%lld\" target=\"s%lld\">\n      <data key=\"e_p\">%.10g</data><data "
        "key=\"e_rate\">%.10g</data><data key=\"e_flux\">%.10g</data>\n      <data key=\"e_shift_a\">%d</data><data "
        "key=\"e_shift_b\">%d</data><data key=\"e_shift_c\">%d</data><data key=\"e_distance\">%.10g</data>\n"
        "    </edge>\n",
        e, net->number[x->i], net->number[x->j], x->p, x->p / net->lag, x->flux / net->lag, x->n[0], x->n[1], x->n[2],
        sqrt(square));
  }
}

lisi_status report_graphml(const report_data *data, const report_network *net, lisi_error *err) {
  struct out_file *file = NULL;
  if (net->nsites == 0)
    return LISI_OK;
  const lisi_status status = report_out(data->folder, "network.graphml", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  char per[64];
  snprintf(per, sizeof per, "p over the lag, 1/%.16s", data->time_unit);
  fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\" "
        "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns "
        "http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n",
        f);
  fprintf(f, "  <desc>lithium jump network of one unit cell at lag %.10g %.16s; cell a b c (Angstrom):", net->lag,
          data->time_unit);
  for (int k = 0; k < 9; k++)
    fprintf(f, " %.10g", net->cell[k]);
  fputs("</desc>\n", f);
  key(f, "node", "site", "long", "site number");
  key(f, "node", "label", "string", "label of the site");
  key(f, "node", "orbit", "string", "sites of one orbit are alike");
  key(f, "node", "frac_a", "double", "fractional coordinate");
  key(f, "node", "frac_b", "double", "fractional coordinate");
  key(f, "node", "frac_c", "double", "fractional coordinate");
  key(f, "node", "pi", "double", "stationary probability");
  key(f, "edge", "p", "double", "probability per lag");
  key(f, "edge", "rate", "double", per);
  key(f, "edge", "flux", "double", "pi times rate");
  key(f, "edge", "shift_a", "int", "unit cells that the jump crosses along a");
  key(f, "edge", "shift_b", "int", "along b");
  key(f, "edge", "shift_c", "int", "along c");
  key(f, "edge", "distance", "double", "length of the jump, Angstrom");
  fputs("  <graph id=\"jumps\" edgedefault=\"directed\">\n", f);
  nodes(f, data, net);
  edges(f, net);
  fputs("  </graph>\n</graphml>\n", f);
  return out_file_commit(file, err);
}
