/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "curve_files.h"

#include "out_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* gnuplot on NAME.gp in its folder; false where there is none, or it fails. */
static bool draw(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("."), *script = NULL;
  if (!folder || asprintf(&script, "%s.gp", slash ? slash + 1 : path) < 0) {
    free(folder);
    return false;
  }
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    const int sink = open("/dev/null", O_WRONLY);
    if (chdir(folder) != 0 || sink < 0 || dup2(sink, 1) < 0 || dup2(sink, 2) < 0)
      _exit(127);
    execlp("gnuplot", "gnuplot", script, (char *)NULL);
    _exit(127);
  }
  int result = 1;
  const bool ran = child > 0 && waitpid(child, &result, 0) == child;
  free(folder);
  free(script);
  return ran && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

lisi_status curve_write(const char *path, const curve_printer *printer, lisi_error *err) {
  char *script = NULL;
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  out_file *file;
  if (asprintf(&script, "%s.gp", path) < 0)
    return lisi_no_memory(err, strlen(path));
  lisi_status status = out_file_open(path, &file, err);
  if (status == LISI_OK) {
    printer->table(out_file_stream(file), printer->context);
    status = out_file_commit(file, err);
  }
  if (status == LISI_OK)
    status = out_file_open(script, &file, err);
  if (status == LISI_OK) {
    printer->script(out_file_stream(file), name, printer->context);
    status = out_file_commit(file, err);
  }
  free(script);
  if (status == LISI_OK && !draw(path))
    fprintf(stderr, "lisi-fit: warning: gnuplot did not draw %s.svg; the script %s.gp is there\n", path, path);
  return status;
}
