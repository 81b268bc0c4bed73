/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork and exec. */
#include "program.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who had nothing to say leaves no file. */
static void remove_empty(const char *folder, const char *log) {
  char path[PATH_MAX];
  struct stat about;
  if (snprintf(path, sizeof path, "%s/%s", folder, log) < (int)sizeof path && stat(path, &about) == 0 &&
      about.st_size == 0)
    (void)unlink(path);
}

bool program_run(const char *folder, const char *log, char *const argv[]) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(folder) != 0)
      _exit(127);
    const int sink = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (sink < 0 || dup2(sink, 1) < 0 || dup2(sink, 2) < 0)
      _exit(127);
    execvp(argv[0], argv);
    _exit(127);
  }
  int result = 0;
  if (child < 0 || waitpid(child, &result, 0) != child)
    return false;
  const bool good = WIFEXITED(result) && WEXITSTATUS(result) == 0;
  if (good)
    remove_empty(folder, log);
  return good;
}
