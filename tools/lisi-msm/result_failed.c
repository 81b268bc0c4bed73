/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lags of a scan that give no model. */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool of_this_lag(lisi_status status) {
  return status == LISI_ERR_INPUT || status == LISI_ERR_NUMERIC || status == LISI_ERR_UNSUPPORTED;
}

lisi_status msm_result_fail(msm_result *r, double lag, lisi_status status, lisi_error *err) {
  if (status == LISI_OK || !of_this_lag(status))
    return status;
  failed_lag *larger = realloc(r->failed, (size_t)(r->nfailed + 1) * sizeof *larger);
  if (larger == NULL)
    return lisi_no_memory(err, sizeof *larger);
  r->failed = larger;
  failed_lag *f = &r->failed[r->nfailed++];
  f->lag = lag;
  f->status = status;
  snprintf(f->reason, sizeof f->reason, "%.199s", err->message);
  *err = (lisi_error){0};
  return LISI_OK;
}

void msm_result_drop(msm_result *r, int m) {
  const size_t rest = (size_t)(r->nmodels - m - 1);
  msm_model_free(&r->model[m]);
  memmove(&r->model[m], &r->model[m + 1], rest * sizeof *r->model);
  if (r->counts != NULL) {
    lag_counts_free(&r->counts[m]);
    memmove(&r->counts[m], &r->counts[m + 1], rest * sizeof *r->counts);
  }
  if (r->rates != NULL) {
    orbit_rates_free(&r->rates[m]);
    memmove(&r->rates[m], &r->rates[m + 1], rest * sizeof *r->rates);
  }
  if (r->symmetry != NULL) {
    fold_symmetry *f = r->symmetry;
    lag_counts_free(&f->before[m]);
    memmove(&f->before[m], &f->before[m + 1], rest * sizeof *f->before);
    memmove(&f->verdict[m], &f->verdict[m + 1], rest * sizeof *f->verdict);
    memmove(&f->gain[m], &f->gain[m + 1], rest * sizeof *f->gain);
  }
  r->nmodels--;
  /* what moved is freed where it is now */
  memset(&r->model[r->nmodels], 0, sizeof *r->model);
  if (r->counts != NULL)
    memset(&r->counts[r->nmodels], 0, sizeof *r->counts);
  if (r->rates != NULL)
    memset(&r->rates[r->nmodels], 0, sizeof *r->rates);
}

lisi_status msm_result_single_states(msm_result *r, lisi_error *err) {
  int most = 0;
  for (int m = 0; m < r->nmodels; m++)
    most = r->model[m].n > most ? r->model[m].n : most;
  for (int m = r->nmodels - 1; m >= 0 && most > 1; m--) {
    if (r->model[m].n > 1)
      continue;
    const double lag = r->model[m].lag;
    lisi_status status = lisi_fail(err, LISI_ERR_INPUT,
                                   "its counts fall apart into single states, %d are connected at another lag", most);
    msm_result_drop(r, m);
    status = msm_result_fail(r, lag, status, err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

lisi_status msm_result_none(const msm_result *r, lisi_error *err) {
  if (r->nfailed == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "there is no lag to make a model of");
  const failed_lag *f = &r->failed[0];
  if (r->nfailed == 1)
    return lisi_fail(err, f->status, "%s", f->reason);
  return lisi_fail(err, f->status, "none of %d lags gives a model; lag %g: %s", r->nfailed, f->lag, f->reason);
}

void msm_result_add_failed(doc_tree *doc, const msm_result *r) {
  if (r->nfailed == 0)
    return;
  const doc_ref list = doc_list(doc, DOC_ROOT, "failed_lags");
  for (int k = 0; k < r->nfailed; k++) {
    const doc_ref entry = doc_map(doc, list, NULL);
    doc_number(doc, entry, "lag", r->failed[k].lag);
    doc_text(doc, entry, "failed", r->failed[k].reason);
  }
}
