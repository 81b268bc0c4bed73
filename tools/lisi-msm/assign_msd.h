/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mean-square displacement that stands beside a jump log, accumulated from the samples of a dump as fix msm does it
 * in a run. */
#ifndef LISI_MSM_ASSIGN_MSD_H
#define LISI_MSM_ASSIGN_MSD_H

#include "lisi_status.h"
#include "msd_log.h"

#include <stdint.h>

typedef struct assign_msd assign_msd;

/* Keeps plan->norigins sets of natoms positions. */
LISI_MUST_CHECK lisi_status assign_msd_open(const char *path, const msd_plan *plan, double timestep, int64_t every,
                                            int natoms, assign_msd **msd, lisi_error *err);
/* One sample at `step`: r[natoms][3], Angstrom, unwrapped and without the drift of the framework. */
LISI_MUST_CHECK lisi_status assign_msd_sample(assign_msd *msd, int64_t step, const double (*r)[3], lisi_error *err);
/* Frames are missing before the next sample: no displacement spans the gap. */
void assign_msd_break(assign_msd *msd);
/* Closes and frees; accepts NULL. */
LISI_MUST_CHECK lisi_status assign_msd_close(assign_msd *msd, lisi_error *err);

#endif
