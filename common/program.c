/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork and exec. */
#include "program.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

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
  return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}
