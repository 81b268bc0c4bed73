/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same file twice would pass for independent data and make every interval too narrow. */
#ifndef LISI_MSM_SAME_FILE_H
#define LISI_MSM_SAME_FILE_H

#include "lisi_status.h"

/* LISI_ERR_INPUT where two of the names stand for one file. */
LISI_MUST_CHECK lisi_status refuse_same_file(int n, char *const *file, lisi_error *err);

#endif
