/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output files that are either whole or not there: written beside their place under a temporary name and renamed when
 * complete. */
#ifndef LISI_OUT_FILE_H
#define LISI_OUT_FILE_H

#include "lisi_status.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct out_file out_file;

/* Opens "<path>.tmp.<pid>" for writing. An unwritable folder is an error that names the path, and so is a path that is
 * there and no ordinary file (a device, a pipe). */
LISI_MUST_CHECK lisi_status out_file_open(const char *path, out_file **file, lisi_error *err);
/* Where to print; write errors are found by out_file_commit. */
FILE *out_file_stream(out_file *file);
/* Flushes and checks for write errors without renaming: where several files belong together, all are flushed before the
 * first is committed. After an error the file is still to be discarded. */
LISI_MUST_CHECK lisi_status out_file_flush(out_file *file, lisi_error *err);
/* Flushes, checks for write errors (a full disk), renames onto the final path and frees. On failure the temporary is
 * removed and an old file at the path is untouched. */
LISI_MUST_CHECK lisi_status out_file_commit(out_file *file, lisi_error *err);
/* Removes the temporary and frees. Accepts NULL. */
void out_file_discard(out_file *file);

/* Makes a folder with its parents, like mkdir -p. */
LISI_MUST_CHECK lisi_status out_folder(const char *path, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
