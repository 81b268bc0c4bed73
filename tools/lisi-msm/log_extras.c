/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a jump log carries besides jumps. */
#include "log_extras.h"

#include "jump_log.h"
#include "msd_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

lisi_status log_extras_read(const char *log, msm_result *r, lisi_error *err) {
  jump_log_data data = {0};
  lisi_status status = jump_log_read(log, &data, err);
  if (status != LISI_OK)
    return status;
  const tracker_rule *rule = &data.header.rule;
  r->charge = data.header.charge;
  int used = 0;
  if (rule->mode == TRACK_NEAREST)
    used = snprintf(r->assignment, sizeof r->assignment, "nearest site");
  else
    used = snprintf(r->assignment, sizeof r->assignment, "%s %g", track_mode_name(rule->mode), rule->radius);
  if (rule->dwell > 1 && used > 0 && (size_t)used < sizeof r->assignment)
    snprintf(r->assignment + used, sizeof r->assignment - (size_t)used, ", dwell %d", rule->dwell);
  memcpy(r->reference, data.sites->cell.H, sizeof r->reference);
  const int n = data.sites->nframework;
  r->framework = malloc(((size_t)n * 3 + 1) * sizeof *r->framework);
  r->species = calloc((size_t)n + 1, sizeof *r->species);
  if (r->framework == NULL || r->species == NULL)
    status = lisi_no_memory(err, (size_t)n * 32);
  for (int k = 0; k < n && status == LISI_OK; k++) {
    memcpy(r->framework + 3 * k, data.sites->framework[k], 3 * sizeof(double));
    snprintf(r->species[k], sizeof r->species[k], "%.7s", data.sites->species[k]);
    r->nframework = k + 1;
  }
  jump_log_data_free(&data);
  return status;
}

/* Adds the curve of one file to the mean over files; files add up by their number of origins. The error is known where
 * that of every file is, with the blocks of the file that has the fewest. */
static lisi_status add_curve(msm_result *r, double **weight, const msd_point *point, int n, lisi_error *err) {
  const size_t room = (size_t)(r->nmd + n) + 1;
  msd_row *rows = realloc(r->md_msd, room * sizeof *rows);
  if (rows != NULL)
    r->md_msd = rows;
  double *larger = realloc(*weight, room * sizeof *larger);
  if (larger != NULL)
    *weight = larger;
  if (rows == NULL || larger == NULL)
    return lisi_no_memory(err, room * sizeof *rows);
  for (int k = 0; k < n; k++) {
    int at = 0;
    while (at < r->nmd && fabs(rows[at].t - point[k].lag) > 1e-6 * point[k].lag)
      at++;
    if (at == r->nmd) {
      rows[r->nmd] = (msd_row){.t = point[k].lag};
      larger[r->nmd++] = 0;
    }
    const double w = point[k].norigins, sum = larger[at] + w;
    if (!(sum > 0))
      continue;
    rows[at].value += (point[k].msd - rows[at].value) * w / sum;
    const bool first = !(larger[at] > 0), known = point[k].nblocks > 1 && (first || rows[at].parts > 1);
    rows[at].error = known ? sqrt(pow(rows[at].error * larger[at], 2) + pow(point[k].error * w, 2)) / sum : 0;
    rows[at].parts = !known ? 0 : first || point[k].nblocks < rows[at].parts ? point[k].nblocks : rows[at].parts;
    larger[at] = sum;
  }
  return LISI_OK;
}

static int by_time(const void *a, const void *b) {
  const msd_row *x = a, *y = b;
  return x->t < y->t ? -1 : x->t > y->t;
}

/* The MSD beside a log: run.jumps.msd, plain or .gz; that of run.jumps.gz as well. Empty: there is none. */
static void msd_beside(const char *log, char *path, size_t size) {
  const size_t n = strlen(log), stem = n > 3 && strcmp(log + n - 3, ".gz") == 0 ? n - 3 : n;
  const size_t length[2] = {n, stem};
  for (int k = 0; k < 4; k++) {
    snprintf(path, size, "%.*s.msd%s", (int)length[k / 2], log, k % 2 == 0 ? "" : ".gz");
    if (access(path, F_OK) == 0)
      return;
  }
  path[0] = '\0';
}

lisi_status log_extras_msd(int nlogs, char **logs, msm_result *r, lisi_error *err) {
  lisi_status status = LISI_OK;
  double *weight = NULL;
  for (int k = 0; k < nlogs && status == LISI_OK; k++) {
    const size_t size = strlen(logs[k]) + 16;
    char *path = malloc(size);
    if (path == NULL) {
      status = lisi_no_memory(err, size);
      break;
    }
    msd_beside(logs[k], path, size);
    msd_point *point = NULL;
    int n = 0;
    if (path[0] != '\0') {
      status = msd_log_read(path, &n, &point, err);
      if (status == LISI_OK)
        status = add_curve(r, &weight, point, n, err);
    }
    free(point);
    free(path);
  }
  free(weight);
  if (r->nmd > 0)
    qsort(r->md_msd, (size_t)r->nmd, sizeof *r->md_msd, by_time);
  return status;
}
