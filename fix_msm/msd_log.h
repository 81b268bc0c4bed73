/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mean-square displacement of the real coordinates during a run, beside the jump log: origins are set every W samples,
 * the last M of them are kept, and at a grid of lags (every sample up to 10, then ten per decade) the tensor of
 * displacements from each origin is written:
 *
 *   lisi-msd 1
 *   timestep 0.002
 *   every 25
 *   data
 *   origin_step lag_steps natoms xx yy zz xy xz yz      means over the atoms, A^2
 *   ...
 * Lines are in the order of (origin + lag, origin). */
#ifndef LISI_MSD_LOG_H
#define LISI_MSD_LOG_H

#include "lisi_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Displacement products are summed as integers of 2^-24 A^2, so that neither the order of the atoms nor the number of
 * ranks changes a bit. */
#define MSD_UNIT 16777216.0

typedef struct {
  int64_t spacing; /* W, samples between origins; 0: no MSD at all */
  int norigins;    /* M */
} msd_plan;

/* Origins lie at samples (step / every) that are multiples of W, so that runs in pieces agree; origin k of the ring is
 * (sample / W) mod M. */
bool msd_is_origin(const msd_plan *plan, int64_t sample);
int msd_slot(const msd_plan *plan, int64_t origin_sample);
/* Whether a line is due for an origin that is `lag` samples old: 1..10, then the rounded ten-per-decade grid, up to W *
 * M (exclusive: the slot is reused). */
bool msd_is_lag(const msd_plan *plan, int64_t lag);

typedef struct msd_log msd_log;
LISI_MUST_CHECK lisi_status msd_log_create(const char *path, double timestep, int64_t every, msd_log **log,
                                           lisi_error *err);
/* To go on after a restart: keeps the lines with origin + lag <= step. A missing file is made anew; one with another
 * header, or with a line that is none, is an error (LISI_ERR_INPUT). */
LISI_MUST_CHECK lisi_status msd_log_reopen(const char *path, double timestep, int64_t every, int64_t step,
                                           msd_log **log, lisi_error *err);
/* sum[6]: xx yy zz xy xz yz summed over natoms. No atoms, no line. */
LISI_MUST_CHECK lisi_status msd_log_line(msd_log *log, int64_t origin_step, int64_t lag_steps, int64_t natoms,
                                         const double sum[6], lisi_error *err);
LISI_MUST_CHECK lisi_status msd_log_flush(msd_log *log, lisi_error *err);
LISI_MUST_CHECK lisi_status msd_log_close(msd_log *log, lisi_error *err);

/* Reading: per lag the mean over origins and, from their spread, the standard error (origins that overlap are not
 * independent: the error is that of blocks of consecutive origins at least one lag apart, at most 10 of them). */
typedef struct {
  double lag;            /* ps */
  int norigins, nblocks; /* nblocks: those that the error comes from, 0 where there is none */
  double tensor[6];      /* A^2 */
  double msd, error;     /* A^2; error 0 where fewer than two blocks */
} msd_point;
LISI_MUST_CHECK lisi_status msd_log_read(const char *path, int *n, msd_point **point, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
