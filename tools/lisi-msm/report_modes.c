/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow modes of a model drawn on the crystal. */
#include "report_pattern.h"

#include "out_file.h"
#include "report_colours.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pictures ---- */

static void colour_bar(FILE *f, const char *name, double x, double y, bool shared) {
  enum { STOPS = 17 };
  crystal_svg_text(f, x, y + 4, 12.5, "start", "#4a5560", "normal", shared ? "none" : "too little Li");
  x += shared ? 36 : 82;
  fprintf(f, "<linearGradient id=\"%s-scale\">", name);
  for (int k = 0; k < STOPS; k++) {
    char colour[8];
    const double at = k / (STOPS - 1.0);
    if (shared)
      report_sequential(at, colour);
    else
      report_diverging(2 * at - 1, colour);
    fprintf(f, "<stop offset=\"%.4f\" stop-color=\"%s\"/>", at, colour);
  }
  fprintf(f,
          "</linearGradient>\n<rect x=\"%.1f\" y=\"%.1f\" width=\"130\" height=\"11\" rx=\"2\" "
          "fill=\"url(#%s-scale)\" stroke=\"#8a94a0\" stroke-width=\"0.7\"/>\n",
          x, y - 6, name);
  crystal_svg_text(f, x + 138, y + 4, 12.5, "start", "#4a5560", "normal", shared ? "most" : "too much Li");
}

/* State of the model for a site of the picture, -1: none. */
static int state_of(const mode_pattern *p, long long number) {
  int lo = 0, hi = p->n - 1;
  while (lo <= hi) {
    const int middle = (lo + hi) / 2;
    if (p->number[middle] == number)
      return middle;
    if (p->number[middle] < number)
      lo = middle + 1;
    else
      hi = middle - 1;
  }
  return -1;
}

static lisi_status draw(const report_data *data, const mode_pattern *p, const double *psi, const report_mode *mode,
                        const crystal_scene *c, lisi_error *err) {
  const report_network *net = c->net;
  double w, h, most = 0, limit = 0;
  const double scale = crystal_scale(c, 520, 430, &w, &h), width = fmax(w, 480);
  crystal_site *site = calloc((size_t)net->nsites, sizeof *site);
  double *value = calloc((size_t)p->n, sizeof *value);
  struct out_file *file = NULL;
  if (site == NULL || value == NULL) {
    free(site);
    free(value);
    return lisi_no_memory(err, (size_t)net->nsites * sizeof *site);
  }
  for (int i = 0; i < p->n; i++) {
    most = fmax(most, p->pi[i]);
    for (int k = 0; k <= (mode->shared ? mode->last - mode->first : 0); k++)
      value[i] += mode->shared ? psi[k * p->n + i] * psi[k * p->n + i] : psi[i];
  }
  /* psi has a root mean square of one: a site far beyond it must not make all others pale */
  for (int i = 0; i < p->n; i++)
    limit = fmax(limit, fabs(value[i]));
  limit = fmax(1e-300, fmin(limit, mode->shared ? 4.0 * (mode->last - mode->first + 1) : 2.0));
  for (int s = 0; s < net->nsites; s++) {
    const int i = state_of(p, net->number[s]);
    site[s].radius = crystal_radius(c, i >= 0 && most > 0 ? p->pi[i] / most : 0);
    site[s].hollow = i < 0;
    if (i < 0) {
      snprintf(site[s].title, sizeof site[s].title, "site %lld: not in this model", net->number[s]);
      continue;
    }
    if (mode->shared)
      report_sequential(value[i] / limit, site[s].fill);
    else
      report_diverging(value[i] / limit, site[s].fill);
    snprintf(site[s].title, sizeof site[s].title, "site %lld (%.100s): %s%.2f, %.3g %% of the lithium", net->number[s],
             net->label[net->type[s]], mode->shared || value[i] < 0 ? "" : "+", value[i], 100 * p->pi[i]);
  }
  char interval[120] = "", end[2][32];
  report_plain(end[0], mode->lo, 3);
  report_plain(end[1], mode->hi, 3);
  if (!isnan(mode->lo) && !isnan(mode->hi))
    snprintf(interval, sizeof interval, "95 %% interval %s to %s %s", end[0], end[1], data->time_unit);
  lisi_status status =
      crystal_svg_open(data->folder, mode->name, width, h + 78, mode->title, mode->sentence, &file, err);
  if (status == LISI_OK) {
    FILE *f = out_file_stream(file);
    crystal_svg_text(f, 16, 27, 17, "start", "#1c2530", "bold", mode->title);
    crystal_svg_text(f, width - 16, 27, 12.5, "end", "#4a5560", "normal", interval);
    crystal_draw(f, c, (width - w) / 2, 34, scale, site);
    colour_bar(f, mode->name, 16, h + 52, mode->shared);
    if (width > 540)
      (void)crystal_svg_flux_key(f, c, width - 222, h + 52, scale);
    fputs("</svg>\n", f);
    status = out_file_commit(file, err);
  }
  free(site);
  free(value);
  return status;
}

/* ---- all of it ---- */

static lisi_status write_data(const report_data *data, const mode_pattern *p, const report_modes *modes,
                              lisi_error *err) {
  struct out_file *file = NULL;
  const lisi_status status = report_out(data->folder, "modes.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f, "# slow modes at lag %g %s: state, stationary weight, then psi of each mode (right eigenvectors)\n",
          modes->lag, data->time_unit);
  for (int i = 0; i < p->n; i++) {
    fprintf(f, "%lld %.10g", p->number[i], p->pi[i]);
    for (int k = 0; k < p->m; k++)
      fprintf(f, " %.10g", p->psi[(size_t)k * (size_t)p->n + (size_t)i]);
    fputc('\n', f);
  }
  return out_file_commit(file, err);
}

static void subscript(int number, char text[32]) {
  text[0] = '\0';
  char digits[16];
  snprintf(digits, sizeof digits, "%d", number);
  for (const char *c = digits; *c != '\0'; c++) { /* U+2080 .. U+2089 */
    const char one[4] = {'\342', '\202', (char)('\200' + (*c - '0')), '\0'};
    strncat(text, one, 31 - strlen(text));
  }
}

/* "t1 = 120 ps"; of a group its range, and the edge that the mode was turned to. */
static void name_times(const report_data *data, yaml_ref list, yaml_ref t, double group, report_mode *x) {
  int first = x->first, last = x->last;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref entry = yaml_seq_at(data->doc, list, k);
    const double process = report_number(data, entry, "timescale");
    if (report_number(data, entry, "group") != group || !(process >= 1 && process < 1e6))
      continue;
    first = (int)process - 1 < first ? (int)process - 1 : first;
    last = (int)process - 1 > last ? (int)process - 1 : last;
  }
  char low[32], high[32], along[16] = "";
  subscript(first + 1, low);
  subscript(last + 1, high);
  const double slow = report_item(data, t, first), fast = report_item(data, t, last);
  if (x->edge != 0)
    snprintf(along, sizeof along, ", along %c", x->edge);
  char time[2][32];
  report_plain(time[0], fast, 3);
  report_plain(time[1], isnan(slow) ? INFINITY : slow, 3);
  const char *unit = isfinite(slow) ? data->time_unit : "";
  if (last > first && fabs(slow - fast) > 0.005 * slow)
    snprintf(x->title, sizeof x->title, "t%s \342\200\223 t%s = %s to %s %s%s", low, high, time[0], time[1], unit,
             along);
  else if (last > first)
    snprintf(x->title, sizeof x->title, "t%s \342\200\223 t%s = %s %s%s", low, high, time[1], unit, along);
  else
    snprintf(x->title, sizeof x->title, "t%s = %s %s", low, time[1], unit);
}

lisi_status report_modes_make(const report_data *data, yaml_ref model, const crystal_scene *c, report_modes *modes,
                              lisi_error *err) {
  mode_pattern p;
  *modes = (report_modes){.lag = report_number(data, model, "lag")};
  lisi_status status = mode_pattern_read(data, model, &p, err);
  const yaml_ref list = yaml_get(data->doc, model, "modes"), t = yaml_get(data->doc, model, "timescales"),
                 ci = yaml_get(data->doc, model, "timescales_ci");
  double before = NAN; /* lower end of the interval of the mode before */
  for (int k = 0; k < p.m && k < yaml_seq_size(data->doc, list) && status == LISI_OK && modes->n < REPORT_MODES;) {
    const yaml_ref entry = yaml_seq_at(data->doc, list, k);
    const double group = report_number(data, entry, "group"), process = report_number(data, entry, "timescale");
    const char *settled = yaml_text(data->doc, yaml_get(data->doc, entry, "settled")),
               *edge = yaml_text(data->doc, yaml_get(data->doc, entry, "edge"));
    report_mode *x = &modes->mode[modes->n++];
    *x = (report_mode){.first = process >= 1 && process < 1e6 ? (int)process - 1 : k};
    x->edge = edge != NULL && edge[0] >= 'a' && edge[0] <= 'c' ? edge[0] : 0;
    x->shared = settled != NULL && strcmp(settled, "false") == 0;
    int columns = 1;
    /* what was not settled of a group comes last in it and makes one picture */
    while (x->shared && k + columns < p.m && k + columns < yaml_seq_size(data->doc, list) &&
           report_number(data, yaml_seq_at(data->doc, list, k + columns), "group") == group)
      columns++;
    x->last = x->first + columns - 1;
    x->time = report_item(data, t, x->first);
    x->lo = report_item(data, yaml_seq_at(data->doc, ci, x->first), 0);
    x->hi = report_item(data, yaml_seq_at(data->doc, ci, x->first), 1);
    if (before < x->hi)
      modes->overlap = true;
    before = x->lo;
    snprintf(x->name, sizeof x->name, "mode_%d", x->first + 1);
    name_times(data, list, t, group, x);
    const double *psi = p.psi + (size_t)k * (size_t)p.n;
    mode_pattern_describe(data, &p, psi, x);
    if (c != NULL && c->net != NULL && c->net->nsites > 0)
      status = draw(data, &p, psi, x, c, err);
    k += columns;
  }
  if (status == LISI_OK && modes->n > 0)
    status = write_data(data, &p, modes, err);
  mode_pattern_free(&p);
  return status;
}
