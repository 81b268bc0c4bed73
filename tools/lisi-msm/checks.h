/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ck` and `paths` with their defaults on a folder of build, for the report: ck.yaml, paths.yaml and their pictures are
 * left there, nothing is printed. */
#ifndef LISI_MSM_CHECKS_H
#define LISI_MSM_CHECKS_H

#include "lisi_status.h"

LISI_MUST_CHECK lisi_status ck_on_folder(char *folder, lisi_error *err);
LISI_MUST_CHECK lisi_status paths_on_folder(char *folder, lisi_error *err);

#endif
