/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign_msd.h"

#include <stdlib.h>
#include <string.h>

struct assign_msd {
  msd_log *log;
  msd_plan plan;
  int64_t every;
  int natoms;
  int64_t *step;   /* [norigins] step of the origin in a slot, -1: none */
  double (*r)[3];  /* [norigins][natoms] */
  int64_t *oldest; /* [norigins] slots that have a line at this sample, by the age of their origin */
};

static void discard(assign_msd *msd) {
  free(msd->step);
  free(msd->r);
  free(msd->oldest);
  free(msd);
}

lisi_status assign_msd_open(const char *path, const msd_plan *plan, double timestep, int64_t every, int natoms,
                            assign_msd **out, lisi_error *err) {
  *out = NULL;
  const size_t slots = (size_t)plan->norigins, positions = slots * (size_t)natoms;
  assign_msd *msd = calloc(1, sizeof *msd);
  if (msd == NULL)
    return lisi_no_memory(err, sizeof *msd);
  msd->plan = *plan;
  msd->every = every;
  msd->natoms = natoms;
  msd->step = malloc(slots * sizeof *msd->step);
  msd->oldest = malloc(slots * sizeof *msd->oldest);
  msd->r = malloc(positions * sizeof *msd->r);
  lisi_status status = LISI_OK;
  if (msd->step == NULL || msd->oldest == NULL || msd->r == NULL)
    status = lisi_no_memory(err, positions * sizeof *msd->r);
  if (status == LISI_OK)
    status = msd_log_create(path, timestep, every, &msd->log, err);
  if (status != LISI_OK) {
    discard(msd);
    return status;
  }
  assign_msd_break(msd);
  *out = msd;
  return LISI_OK;
}

void assign_msd_break(assign_msd *msd) {
  for (int k = 0; k < msd->plan.norigins; k++)
    msd->step[k] = -1;
}

static lisi_status line(assign_msd *msd, int slot, int64_t step, const double (*r)[3], lisi_error *err) {
  const double(*from)[3] = (const double(*)[3])msd->r + (size_t)slot * (size_t)msd->natoms;
  double sum[6] = {0.0};
  for (int i = 0; i < msd->natoms; i++) {
    const double d[3] = {r[i][0] - from[i][0], r[i][1] - from[i][1], r[i][2] - from[i][2]};
    sum[0] += d[0] * d[0];
    sum[1] += d[1] * d[1];
    sum[2] += d[2] * d[2];
    sum[3] += d[0] * d[1];
    sum[4] += d[0] * d[2];
    sum[5] += d[1] * d[2];
  }
  return msd_log_line(msd->log, msd->step[slot], step - msd->step[slot], msd->natoms, sum, err);
}

lisi_status assign_msd_sample(assign_msd *msd, int64_t step, const double (*r)[3], lisi_error *err) {
  const int64_t sample = step / msd->every;
  int n = 0;
  for (int slot = 0; slot < msd->plan.norigins; slot++) {
    if (msd->step[slot] < 0 || !msd_is_lag(&msd->plan, (step - msd->step[slot]) / msd->every))
      continue;
    int at = n++;
    for (; at > 0 && msd->step[msd->oldest[at - 1]] > msd->step[slot]; at--)
      msd->oldest[at] = msd->oldest[at - 1];
    msd->oldest[at] = slot;
  }
  for (int k = 0; k < n; k++) {
    const lisi_status status = line(msd, (int)msd->oldest[k], step, r, err);
    if (status != LISI_OK)
      return status;
  }
  if (msd_is_origin(&msd->plan, sample)) {
    const int slot = msd_slot(&msd->plan, sample);
    memcpy(msd->r + (size_t)slot * (size_t)msd->natoms, r, (size_t)msd->natoms * sizeof *r);
    msd->step[slot] = step;
  }
  return LISI_OK;
}

lisi_status assign_msd_close(assign_msd *msd, lisi_error *err) {
  if (msd == NULL)
    return LISI_OK;
  const lisi_status status = msd_log_close(msd->log, err);
  discard(msd);
  return status;
}
