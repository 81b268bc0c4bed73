/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A model.yaml as `lisi-msm arrhenius` needs it: temperature, D, its tensor and the rates between orbits. */
#include "arrhenius_run.h"

#include "report.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static lisi_status open_model(const char *path, report_data *data, lisi_error *err) {
  struct stat what;
  if (stat(path, &what) == 0 && S_ISDIR(what.st_mode))
    return report_open(path, data, err);
  *data = (report_data){.folder = path, .time_unit = "ps"};
  const char *format = NULL;
  lisi_status status = yaml_doc_load(path, &data->doc, err);
  if (status != LISI_OK)
    return status;
  data->root = yaml_root(data->doc);
  status = yaml_need_text(data->doc, data->root, "format", &format, err);
  if (status == LISI_OK && strcmp(format, "lisi-msm 1") != 0)
    status = yaml_fail(data->doc, data->root, err, "format: expected 'lisi-msm 1', found '%s'", format);
  if (status == LISI_OK)
    status = yaml_need(data->doc, data->root, "models", YAML_SEQUENCE, &data->models, err);
  const yaml_ref units = yaml_get(data->doc, data->root, "units");
  const char *unit = yaml_text(data->doc, yaml_get(data->doc, units, "time"));
  if (unit != NULL)
    data->time_unit = unit;
  if (status != LISI_OK)
    report_close(data);
  return status;
}

/* Value and interval; what is absent, infinite or null is NaN. */
static void value_of(const report_data *data, yaml_ref map, const char *key, const char *ci, double *value, double *lo,
                     double *hi) {
  const yaml_ref pair = yaml_get(data->doc, map, ci);
  *value = report_number(data, map, key);
  *lo = report_item(data, pair, 0);
  *hi = report_item(data, pair, 1);
}

static lisi_status choose_lag(const report_data *data, double lag, yaml_ref *chosen, lisi_error *err) {
  const double reported = report_number(data, yaml_get(data->doc, data->root, "reported"), "lag");
  const double wish = lag > 0 ? lag : reported;
  const int n = yaml_seq_size(data->doc, data->models);
  *chosen = 0;
  for (int m = 0; m < n; m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m);
    if (fabs(report_number(data, model, "lag") - wish) < 1e-6 * wish || (isnan(wish) && n == 1))
      *chosen = model;
  }
  if (*chosen != 0)
    return LISI_OK;
  if (isnan(wish))
    return yaml_fail(data->doc, data->models, err, "no lag is reported and there are %d models; --lag chooses one", n);
  return yaml_fail(data->doc, data->models, err, "it holds no model at lag %g %s", wish, data->time_unit);
}

static void read_tensor(const report_data *data, yaml_ref model, arrhenius_model *m) {
  const yaml_ref D = yaml_get(data->doc, model, "D"), ci = yaml_get(data->doc, model, "D_ci");
  m->has_tensor = D != 0;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) {
      const yaml_ref pair = yaml_seq_at(data->doc, yaml_seq_at(data->doc, ci, a), b);
      m->tensor[a][b] = report_item(data, yaml_seq_at(data->doc, D, a), b);
      m->tensor_lo[a][b] = report_item(data, pair, 0);
      m->tensor_hi[a][b] = report_item(data, pair, 1);
      m->has_tensor = m->has_tensor && isfinite(m->tensor[a][b]);
    }
}

static lisi_status read_rates(const report_data *data, yaml_ref model, arrhenius_model *m, lisi_error *err) {
  yaml_ref list = yaml_get(data->doc, model, "orbit_rates");
  if (list == 0)
    list = yaml_get(data->doc, data->root, "orbit_rates");
  const int n = yaml_seq_size(data->doc, list);
  m->rate = calloc((size_t)n + 1, sizeof *m->rate);
  if (m->rate == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *m->rate);
  for (int k = 0; k < n; k++) {
    const yaml_ref entry = yaml_seq_at(data->doc, list, k);
    struct orbit_rate *x = &m->rate[m->nrates];
    const char *from = yaml_text(data->doc, yaml_get(data->doc, entry, "from"));
    const char *to = yaml_text(data->doc, yaml_get(data->doc, entry, "to"));
    value_of(data, entry, "rate", "rate_ci", &x->rate, &x->lo, &x->hi);
    if (from == NULL || to == NULL)
      return yaml_fail(data->doc, entry, err, "orbit_rates: expected from, to and rate in every entry");
    if (yaml_get(data->doc, entry, "rate") == 0) /* log(P)/lag does not exist at every lag */
      continue;
    if (isnan(x->rate))
      return yaml_fail(data->doc, entry, err, "orbit_rates: expected a number as the rate from %s to %s", from, to);
    snprintf(x->from, sizeof x->from, "%.47s", from);
    snprintf(x->to, sizeof x->to, "%.47s", to);
    m->nrates++;
  }
  return LISI_OK;
}

lisi_status arrhenius_read(const char *path, double lag, double T, arrhenius_model *m, lisi_error *err) {
  *m = (arrhenius_model){.file = path};
  report_data data;
  yaml_ref model = 0;
  lisi_status status = open_model(path, &data, err);
  if (status != LISI_OK)
    return status;
  const yaml_ref known = yaml_get(data.doc, data.root, "temperature");
  m->T = isnan(T) ? report_number(&data, data.root, "temperature") : T;
  if (strcmp(data.time_unit, "ps") != 0)
    status = yaml_fail(data.doc, data.root, err, "times are in units of '%s': expected a model with times in ps",
                       data.time_unit);
  else if (isnan(T) && known == 0)
    status = yaml_fail(data.doc, data.root, err,
                       "the temperature of this model is not known; give --temperature "
                       "LIST, a temperature (K) for each model in turn");
  else if (!(m->T > 0) || !isfinite(m->T))
    status = yaml_fail(data.doc, known, err, "temperature: expected a number above 0 (K), found %g", m->T);
  if (status == LISI_OK)
    status = choose_lag(&data, lag, &model, err);
  if (status == LISI_OK) {
    m->lag = report_number(&data, model, "lag");
    const yaml_ref plateau = yaml_get(data.doc, data.root, "D_plateau");
    value_of(&data, plateau, "value", "ci", &m->D, &m->D_lo, &m->D_hi);
    const char *found = yaml_text(data.doc, yaml_get(data.doc, plateau, "found"));
    m->plateau = !(lag > 0) && isfinite(m->D) && (found == NULL || strcmp(found, "true") == 0);
    if (!m->plateau) {
      const yaml_ref ci = report_d_ci(&data, model);
      m->D = report_d(&data, model);
      m->D_lo = report_item(&data, ci, 0);
      m->D_hi = report_item(&data, ci, 1);
      if (isnan(report_number(&data, model, "D_all_iso")))
        value_of(&data, model, "D_iso", "D_iso_ci", &m->D, &m->D_lo, &m->D_hi);
    }
    read_tensor(&data, model, m);
    status = read_rates(&data, model, m, err);
  }
  if (status == LISI_OK && isnan(m->D) && m->nrates == 0)
    status =
        yaml_fail(data.doc, model, err, "the model at lag %g has no D_iso and no orbit_rates: nothing to fit", m->lag);
  report_close(&data);
  return status;
}
