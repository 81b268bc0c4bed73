/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading back what build wrote: model.yaml and the network file of the shortest lag. */
#include "report.h"

#include "out_file.h"
#include "program.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lisi_status report_open(const char *folder, report_data *data, lisi_error *err) {
  *data = (report_data){.folder = folder, .time_unit = "ps"};
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/model.yaml", folder) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", folder);
  lisi_status status = yaml_doc_load(path, &data->doc, err);
  if (status != LISI_OK)
    return status;
  const char *format = NULL;
  data->root = yaml_root(data->doc);
  if (yaml_kind_of(data->doc, data->root) != YAML_MAPPING)
    status = yaml_fail(data->doc, data->root, err, "expected the mapping that lisi-msm build writes");
  if (status == LISI_OK)
    status = yaml_need_text(data->doc, data->root, "format", &format, err);
  if (status == LISI_OK && strcmp(format, "lisi-msm 1") != 0)
    status = yaml_fail(data->doc, data->root, err, "format: expected 'lisi-msm 1', found '%s'", format);
  if (status == LISI_OK)
    status = yaml_need(data->doc, data->root, "models", YAML_SEQUENCE, &data->models, err);
  if (status == LISI_OK && yaml_seq_size(data->doc, data->models) == 0)
    status = yaml_fail(data->doc, data->models, err, "models: the list is empty");
  if (status != LISI_OK) {
    report_close(data);
    return status;
  }
  data->sites = yaml_get(data->doc, data->root, "sites");
  data->framework = yaml_get(data->doc, data->root, "framework");
  data->cell = yaml_get(data->doc, data->root, "cell");
  data->geometry = data->sites != 0 && data->cell != 0;
  const char *unit = yaml_text(data->doc, yaml_get(data->doc, yaml_get(data->doc, data->root, "units"), "time"));
  if (unit != NULL)
    data->time_unit = unit;
  return LISI_OK;
}

void report_close(report_data *data) {
  yaml_doc_free(data->doc);
  data->doc = NULL;
}

static double number_of(const report_data *data, yaml_ref node) {
  double value = NAN;
  lisi_error ignored = {0};
  if (node != 0 && yaml_as_double(data->doc, node, "", &value, &ignored) == LISI_OK)
    return value;
  const char *text = yaml_text(data->doc, node);
  return text != NULL && strcmp(text, ".inf") == 0 ? INFINITY : NAN;
}

double report_number(const report_data *data, yaml_ref map, const char *key) {
  return number_of(data, yaml_get(data->doc, map, key));
}

double report_item(const report_data *data, yaml_ref list, int k) {
  return k < yaml_seq_size(data->doc, list) ? number_of(data, yaml_seq_at(data->doc, list, k)) : NAN;
}

double report_d(const report_data *data, yaml_ref model) {
  const double all = report_number(data, model, "D_all_iso");
  return isnan(all) ? report_number(data, model, "D_iso") : all;
}

yaml_ref report_d_ci(const report_data *data, yaml_ref model) {
  return yaml_get(data->doc, model, "D_all_iso_ci");
}

yaml_ref report_d_tensor(const report_data *data, yaml_ref model) {
  return yaml_get(data->doc, model, "D_all");
}

const char *report_colour(int type) {
  static const char *const colour[] = {"#2a78d6", "#e34948", "#1baf7a", "#eda100", "#4a3aa7",
                                       "#e87ba4", "#008300", "#eb6834", "#5a6f86", "#8a5a2b"};
  return colour[type % (int)(sizeof colour / sizeof *colour)];
}

/* ---- the network ---- */

static int type_of_label(report_network *net, const char *label) {
  for (int k = 0; k < net->ntypes; k++)
    if (strcmp(net->label[k], label) == 0)
      return k;
  net->label[net->ntypes] = strdup(label);
  if (net->label[net->ntypes] == NULL)
    return -1;
  return net->ntypes++;
}

static lisi_status read_sites(const yaml_doc *doc, report_network *net, lisi_error *err) {
  yaml_ref sites, jumps;
  lisi_status status = yaml_need(doc, yaml_root(doc), "sites", YAML_SEQUENCE, &sites, err);
  if (status == LISI_OK)
    status = yaml_need(doc, yaml_root(doc), "jumps", YAML_SEQUENCE, &jumps, err);
  if (status == LISI_OK)
    status = yaml_need_double(doc, yaml_root(doc), "lag", &net->lag, err);
  if (status != LISI_OK)
    return status;
  const yaml_ref cell = yaml_get(doc, yaml_root(doc), "cell");
  for (int k = 0; k < 3 && status == LISI_OK; k++)
    status = yaml_as_doubles(doc, yaml_seq_at(doc, cell, k), "cell", 3, net->cell + 3 * k, err);
  if (status != LISI_OK)
    return status;
  const double *h = net->cell, volume = h[0] * (h[4] * h[8] - h[5] * h[7]) + h[1] * (h[5] * h[6] - h[3] * h[8]) +
                                        h[2] * (h[3] * h[7] - h[4] * h[6]);
  if (!(fabs(volume) > 1e-9))
    return yaml_fail(doc, cell, err, "cell: expected three independent vectors");
  const int n = yaml_seq_size(doc, sites), ne = yaml_seq_size(doc, jumps);
  net->frac = calloc((size_t)n * 3 + 1, sizeof *net->frac);
  net->type = calloc((size_t)n + 1, sizeof *net->type);
  net->pi = calloc((size_t)n + 1, sizeof *net->pi);
  net->number = calloc((size_t)n + 1, sizeof *net->number);
  net->label = calloc((size_t)n + 1, sizeof *net->label);
  net->edge = calloc((size_t)ne + 1, sizeof *net->edge);
  if (net->frac == NULL || net->type == NULL || net->pi == NULL || net->number == NULL || net->label == NULL ||
      net->edge == NULL)
    return lisi_no_memory(err, (size_t)n + (size_t)ne);
  for (int s = 0; s < n && status == LISI_OK; s++) {
    const yaml_ref site = yaml_seq_at(doc, sites, s);
    const char *label = yaml_text(doc, yaml_get(doc, site, "label"));
    yaml_ref frac;
    status = yaml_need(doc, site, "frac", YAML_SEQUENCE, &frac, err);
    if (status == LISI_OK)
      status = yaml_as_doubles(doc, frac, "frac", 3, net->frac + 3 * s, err);
    net->type[s] = type_of_label(net, label != NULL ? label : "Li");
    if (net->type[s] < 0)
      return lisi_no_memory(err, 16);
  }
  for (int e = 0; e < ne && status == LISI_OK; e++) {
    double row[6];
    status = yaml_as_doubles(doc, yaml_seq_at(doc, jumps, e), "jumps", 6, row, err);
    if (status != LISI_OK)
      break;
    if (!(row[0] >= 1 && row[0] <= n && row[1] >= 1 && row[1] <= n && fabs(row[2]) < 1e6 && fabs(row[3]) < 1e6 &&
          fabs(row[4]) < 1e6))
      return yaml_fail(doc, yaml_seq_at(doc, jumps, e), err, "jumps: site numbers must lie between 1 and %d", n);
    net->edge[e] = (report_edge){(int)row[0] - 1, (int)row[1] - 1, {(int)row[2], (int)row[3], (int)row[4]}, 0, row[5]};
  }
  net->nsites = n;
  net->nedges = ne;
  return status;
}

yaml_ref report_chosen(const report_data *data) {
  const double lag = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  const int n = yaml_seq_size(data->doc, data->models);
  for (int m = 0; m < n; m++)
    if (report_number(data, yaml_seq_at(data->doc, data->models, m), "lag") == lag)
      return yaml_seq_at(data->doc, data->models, m);
  return yaml_seq_at(data->doc, data->models, n / 2);
}

lisi_status report_network_read(const report_data *data, report_network *net, lisi_error *err) {
  *net = (report_network){0};
  if (!data->geometry)
    return LISI_OK;
  yaml_ref shortest = 0;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m);
    if (yaml_text(data->doc, yaml_get(data->doc, model, "network")) == NULL)
      continue;
    if (shortest == 0 || report_number(data, model, "lag") < report_number(data, shortest, "lag"))
      shortest = model;
  }
  const char *name = yaml_text(data->doc, yaml_get(data->doc, shortest, "network"));
  if (name == NULL)
    return LISI_OK;
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", data->folder, name) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s/%s: the path is too long", data->folder, name);
  yaml_doc *doc = NULL;
  lisi_status status = yaml_doc_load(path, &doc, err);
  if (status != LISI_OK)
    return status;
  status = read_sites(doc, net, err);
  yaml_doc_free(doc);
  if (status == LISI_OK) {
    /* Site k of the network file is the k-th kept state. */
    const yaml_ref states = yaml_get(data->doc, shortest, "states"), pi = yaml_get(data->doc, shortest, "stationary");
    for (int k = 0; k < net->nsites; k++) {
      const double number = report_item(data, states, k), value = report_item(data, pi, k);
      net->number[k] = fabs(number) < 1e15 ? (long long)number : k + 1;
      net->pi[k] = isfinite(value) ? value : 0;
    }
    for (int e = 0; e < net->nedges; e++)
      net->edge[e].flux = net->pi[net->edge[e].i] * net->edge[e].p;
  }
  if (status != LISI_OK)
    report_network_free(net);
  return status;
}

void report_network_free(report_network *net) {
  for (int k = 0; k < net->ntypes; k++)
    free(net->label[k]);
  free(net->label);
  free(net->frac);
  free(net->type);
  free(net->pi);
  free(net->number);
  free(net->edge);
  *net = (report_network){0};
}

/* ---- files and programs ---- */

lisi_status report_out(const char *folder, const char *name, struct out_file **file, lisi_error *err) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s/%s: the path is too long", folder, name);
  return out_file_open(path, file, err);
}

bool report_program(const char *folder, const char *log, char *const argv[]) {
  return program_run(folder, log, argv);
}
