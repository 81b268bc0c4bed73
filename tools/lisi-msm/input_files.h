/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said about input files before they are used. */
#ifndef LISI_MSM_INPUT_FILES_H
#define LISI_MSM_INPUT_FILES_H

#include "paths.h"

/* A warning where a log ends in the middle (a run that was killed, a copy that broke off). */
void tell_cut_logs(const path_set *paths, char *const *file);

/* The same file twice would pass for independent data and make every interval too narrow: LISI_ERR_INPUT where two of
 * the names stand for one file. */
LISI_MUST_CHECK lisi_status refuse_same_file(int n, char *const *file, lisi_error *err);

/* An output that would replace an input (or, given among the inputs, another output): LISI_ERR_INPUT. The output may
 * not be there yet. input[k] may be NULL. */
LISI_MUST_CHECK lisi_status refuse_overwriting(const char *output, int n, const char *const *input, lisi_error *err);

#endif
