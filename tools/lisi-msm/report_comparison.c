/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The published procedure beside the model (plain_compare.c), on the page. */
#include "report_page.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>

static void cell(FILE *f, double value, int digits) {
  fputs("<td>", f);
  if (isfinite(value))
    report_value(f, value, digits);
  else
    fputs("&middot;", f);
  fputs("</td>", f);
}

static void coefficients(report_page *page, yaml_ref node) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref ci = yaml_get(data->doc, node, "D_iso_model_ci"),
                 plain = yaml_get(data->doc, node, "timescales_plain"),
                 model = yaml_get(data->doc, node, "timescales_model");
  fprintf(f,
          "<div class=\"scroll\"><table><thead><tr><th></th><th scope=\"col\">published</th><th scope=\"col\">this "
          "model</th></tr></thead><tbody>\n<tr><th scope=\"row\">D (&Aring;&sup2;/%s)</th>",
          data->time_unit);
  cell(f, report_number(data, node, "D_iso_plain"), 4);
  fputs("<td>", f);
  report_value(f, report_number(data, node, "D_iso_model"), 4);
  if (yaml_seq_size(data->doc, ci) == 2) {
    fputs(" <span class=\"ci\">[", f);
    (void)report_interval(f, report_item(data, ci, 0), report_item(data, ci, 1), 3);
    fputs("]</span>", f);
  }
  fputs("</td></tr>\n", f);
  const int n = yaml_seq_size(data->doc, plain), m = yaml_seq_size(data->doc, model);
  for (int k = 0; k < 3 && (k < n || k < m); k++) {
    fprintf(f, "<tr><th scope=\"row\">t<sub>%d</sub> (%s)</th>", k + 1, data->time_unit);
    cell(f, k < n ? report_item(data, plain, k) : NAN, 4);
    cell(f, k < m ? report_item(data, model, k) : NAN, 4);
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

static void displacements(report_page *page, yaml_ref list) {
  const report_data *data = page->data;
  FILE *f = page->f;
  fprintf(f,
          "<div class=\"scroll\"><table><caption><b>Mean-square displacement</b> "
          "(&Aring;&sup2;).</caption><thead><tr><th "
          "scope=\"col\">time (%s)</th><th scope=\"col\">published</th><th scope=\"col\">this model</th><th "
          "scope=\"col\">site positions of the run</th></tr></thead><tbody>\n",
          data->time_unit);
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref row = yaml_seq_at(data->doc, list, k);
    const bool run = yaml_seq_size(data->doc, row) == 5;
    fprintf(f, "<tr><td>%.5g</td>", report_item(data, row, 0));
    cell(f, report_item(data, row, 1), 4);
    cell(f, report_item(data, row, 2), 4);
    if (run) {
      fputs("<td>", f);
      report_value(f, report_item(data, row, 3), 4);
      fprintf(f, " <span class=\"ci\">&plusmn;&nbsp;%.2g</span></td>", report_item(data, row, 4));
    } else {
      fputs("<td>&middot;</td>", f);
    }
    fputs("</tr>\n", f);
  }
  fputs("</tbody></table></div>\n", f);
}

void page_comparison(report_page *page) {
  const report_data *data = page->data;
  FILE *f = page->f;
  const yaml_ref node = yaml_get(data->doc, data->root, "plain_comparison");
  const yaml_ref msd = yaml_get(data->doc, node, "msd");
  if (yaml_kind_of(data->doc, node) != YAML_MAPPING)
    return;
  fprintf(
      f,
      "<section id=\"comparison\"><h2>Beside the published procedure</h2>\n<p class=\"lead\">The same data at lag "
      "%.4g&nbsp;%s by the procedure of arXiv&nbsp;2511.20863: nearest sites of the whole box, no detailed balance, "
      "distances to the nearest image.</p>\n",
      report_number(data, node, "lag"), data->time_unit);
  coefficients(page, node);
  if (yaml_seq_size(data->doc, msd) > 0)
    displacements(page, msd);
  fprintf(f,
          "<ul><li>Distances to the nearest image: its mean-square displacement ends at %.4g&nbsp;&Aring;&sup2;, "
          "whatever D is; (L<sub>x</sub>&sup2; + L<sub>y</sub>&sup2; + L<sub>z</sub>&sup2;)/12 = %.4g.</li>\n",
          report_number(data, node, "msd_saturation"), report_number(data, node, "box_limit"));
  const double jumps = report_number(data, node, "jumps"), back = report_number(data, node, "recrossings");
  if (jumps > 0)
    fprintf(
        f,
        "<li>No hysteresis: of %.0f jumps between nearest sites %.0f (%.0f&nbsp;%%) are undone by the next one, %.0f "
        "of them within the lag.</li>\n",
        jumps, back, 100 * back / jumps, report_number(data, node, "recrossings_within_lag"));
  fprintf(f,
          "<li>All sites weigh the same in its mean-square displacement; half the sum of the differences from the "
          "shares of the samples is %.3g.</li>\n",
          report_number(data, node, "weights_distance"));
  const double imbalance = report_number(data, node, "imbalance");
  if (!isnan(imbalance))
    fprintf(f, "<li>Forward and backward counts of a pair of sites differ by up to %.2g&nbsp;%%.</li>\n",
            100 * imbalance);
  fputs("<li>It gives no errors, and its slow relaxations are those of the whole box, not of the cell.</li></ul>\n"
        "</section>\n",
        f);
}
