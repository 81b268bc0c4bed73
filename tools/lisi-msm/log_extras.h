/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a jump log carries besides jumps: how sites were assigned, the host atoms, and the MSD of the real coordinates
 * beside it. */
#ifndef LISI_MSM_LOG_EXTRAS_H
#define LISI_MSM_LOG_EXTRAS_H

#include "result.h"

/* Sets assignment, charge, framework and species of the result from the header of a log. */
LISI_MUST_CHECK lisi_status log_extras_read(const char *log, msm_result *result, lisi_error *err);
/* Sets md_msd from <log>.msd of every log, averaged over origins; logs without such a file are left out. */
LISI_MUST_CHECK lisi_status log_extras_msd(int nlogs, char **logs, msm_result *result, lisi_error *err);

#endif
