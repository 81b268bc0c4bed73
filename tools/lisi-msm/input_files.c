/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_files.h"

#include "cli.h"

#include <sys/stat.h>

void tell_cut_logs(const path_set *paths, char *const *file) {
  if (paths->ncut > 0)
    cli_warn("%s: ends in the middle; what stands behind its last F line is left out%s", file[paths->cut],
             paths->ncut > 1 ? " (and other logs)" : "");
}

lisi_status refuse_same_file(int n, char *const *file, lisi_error *err) {
  for (int k = 0; k < n; k++)
    for (int m = 0; m < k; m++) {
      struct stat a, b;
      if (stat(file[k], &a) == 0 && stat(file[m], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return lisi_fail(err, LISI_ERR_INPUT, "%s and %s are the same file; expected each input once", file[m],
                         file[k]);
    }
  return LISI_OK;
}
