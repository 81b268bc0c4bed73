/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metastable sets (PCCA+) of paths.yaml on the crystal: a site has the colours of its sets, mixed by membership. */
#include "report_modes.h"

#include "out_file.h"
#include "report_colours.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_SETS = 12 };

static double item(const yaml_doc *doc, yaml_ref list, int k) {
  double value = NAN;
  lisi_error ignored = {0};
  if (k >= yaml_seq_size(doc, list) || yaml_as_double(doc, yaml_seq_at(doc, list, k), "", &value, &ignored) != LISI_OK)
    return NAN;
  return value;
}

static double number(const yaml_doc *doc, yaml_ref map, const char *key) {
  double value = NAN;
  lisi_error ignored = {0};
  const yaml_ref node = yaml_get(doc, map, key);
  return node != 0 && yaml_as_double(doc, node, "", &value, &ignored) == LISI_OK ? value : NAN;
}

lisi_status report_draw_sets(const report_data *data, yaml_ref metastable, const yaml_doc *doc, const crystal_scene *c,
                             bool *drawn, lisi_error *err) {
  *drawn = false;
  const yaml_ref states = yaml_get(doc, metastable, "states"), weights = yaml_get(doc, metastable, "weights");
  const int sets = yaml_seq_size(doc, weights), nstates = yaml_seq_size(doc, states);
  if (sets < 2 || sets > MOST_SETS || c->net == NULL || c->net->nsites == 0)
    return LISI_OK;
  double w, h, most = 0;
  const report_network *net = c->net;
  const double scale = crystal_scale(c, 760, 540, &w, &h), width = fmax(w, 460) + 40;
  crystal_site *site = calloc((size_t)net->nsites, sizeof *site);
  struct out_file *file = NULL;
  if (site == NULL)
    return lisi_no_memory(err, (size_t)net->nsites * sizeof *site);
  for (int s = 0; s < net->nsites; s++)
    most = fmax(most, net->pi[s]);
  for (int s = 0; s < net->nsites; s++) {
    site[s].radius = crystal_radius(c, most > 0 ? net->pi[s] / most : 1);
    site[s].hollow = true;
    snprintf(site[s].title, sizeof site[s].title, "site %lld: in no set", net->number[s]);
    for (int k = 0; k < nstates; k++) {
      const yaml_ref state = yaml_seq_at(doc, states, k);
      if (number(doc, state, "site") != (double)net->number[s])
        continue;
      double chi[MOST_SETS];
      for (int m = 0; m < sets; m++) {
        chi[m] = item(doc, yaml_get(doc, state, "memberships"), m);
        chi[m] = isfinite(chi[m]) ? chi[m] : 0;
      }
      const double set = number(doc, state, "set");
      report_mixed(sets, chi, site[s].fill);
      site[s].hollow = false;
      snprintf(site[s].title, sizeof site[s].title, "site %lld (%.100s): set %.0f, membership %.2f", net->number[s],
               net->label[net->type[s]], set, set >= 1 && set <= sets ? chi[(int)set - 1] : 0);
      break;
    }
  }
  char description[120];
  snprintf(description, sizeof description, "Sites of one cell coloured by %d metastable sets, mixed by membership.",
           sets);
  lisi_status status = crystal_svg_open(data->folder, "sets", width, h + 50 + 22 * ((sets - 1) / 4), "Metastable sets",
                                        description, &file, err);
  if (status == LISI_OK) {
    FILE *f = out_file_stream(file);
    crystal_draw(f, c, (width - w) / 2, 0, scale, site);
    for (int k = 0; k < sets; k++) {
      char text[48];
      const double x = 20 + (width - 40) / 4 * (k % 4), y = h + 16 + 22 * (k / 4);
      snprintf(text, sizeof text, "set %d: %.3g %%", k + 1, 100 * item(doc, weights, k));
      fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"%s\"/>\n", x + 6, y, report_colour(k));
      crystal_svg_text(f, x + 18, y + 4.5, 13, "start", "#2b3440", "normal", text);
    }
    fputs("</svg>\n", f);
    status = out_file_commit(file, err);
  }
  free(site);
  *drawn = status == LISI_OK;
  return status;
}
