/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input_files.h"

#include "cli.h"

#include <string.h>
#include <sys/stat.h>

void tell_cut_logs(const path_set *paths, char *const *file) {
  if (paths->ncut > 0)
    cli_warn("%s: ends in the middle; what stands behind its last F line is left out%s", file[paths->cut],
             paths->ncut > 1 ? " (and other logs)" : "");
}

static bool same_file(const char *x, const char *y) {
  struct stat a, b;
  if (stat(x, &a) == 0 && stat(y, &b) == 0)
    return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  return strcmp(x, y) == 0;
}

lisi_status refuse_same_file(int n, char *const *file, lisi_error *err) {
  for (int k = 0; k < n; k++)
    for (int m = 0; m < k; m++)
      if (same_file(file[m], file[k]))
        return lisi_fail(err, LISI_ERR_INPUT, "%s and %s are the same file; expected each input once", file[m],
                         file[k]);
  return LISI_OK;
}

lisi_status refuse_overwriting(const char *output, int n, const char *const *input, lisi_error *err) {
  for (int k = 0; k < n; k++)
    if (input[k] != NULL && same_file(output, input[k]))
      return lisi_fail(err, LISI_ERR_INPUT, "%s would be written over %s; give another name for the output", output,
                       input[k]);
  return LISI_OK;
}
