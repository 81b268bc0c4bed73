/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a learning curve. */
#ifndef LISI_FIT_CURVE_FILES_H
#define LISI_FIT_CURVE_FILES_H

#include "lisi_status.h"

#include <stdio.h>

/* What is written, from `context`. The script draws <name>.svg from <name>, both in its own folder. */
typedef struct {
  void (*table)(FILE *f, const void *context);
  void (*script)(FILE *f, const char *name, const void *context);
  const void *context;
} curve_printer;

/* The table in `path`, the gnuplot script in path.gp and what gnuplot makes of it in path.svg; without gnuplot a
 * warning on stderr. */
LISI_MUST_CHECK lisi_status curve_write(const char *path, const curve_printer *printer, lisi_error *err);

#endif
