/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit: trains, refines and tests ACE force fields. This file only finds the subcommand. */
#include "lisi_fit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "lisi-fit: train, refine and test ACE force fields for pair_style mlff/lisi\n"
    "\n"
    "  lisi-fit convert FILE ... -o data.xyz                 output of CP2K, or extended XYZ, to one data file\n"
    "  lisi-fit train fit.yaml -o model.yace                 fit a model by linear least squares\n"
    "  lisi-fit refine base.yace new.xyz ... -o model.yace   fine-tune a model with new frames\n"
    "  lisi-fit test model.yace data.xyz ...                 errors of a model by config_type\n"
    "  lisi-fit select model.yace run.dump ...               the frames most worth a reference calculation\n"
    "\n"
    "lisi-fit COMMAND --help says more. --version prints the version.\n"
    "Exit status: 0 fine, 1 the run failed or a limit was exceeded, 2 the call or the input is wrong.\n";

int lisi_fit_report(const lisi_error *err) {
  fprintf(stderr, "lisi-fit: %s: %s\n", lisi_status_string(err->status), err->message);
  return lisi_exit_status(err->status);
}

int lisi_fit_usage(const char *command, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(stderr, "lisi-fit %s: ", command);
  vfprintf(stderr, format, list);
  fprintf(stderr, " (lisi-fit %s --help)\n", command);
  va_end(list);
  return 2;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fputs(help, stderr);
    return 2;
  }
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
    fputs(help, stdout);
    return 0;
  }
  if (!strcmp(argv[1], "--version")) {
    puts("lisi-fit " LISI_VERSION);
    return 0;
  }
  if (!strcmp(argv[1], "convert"))
    return command_convert(argc - 1, argv + 1);
  if (!strcmp(argv[1], "train"))
    return command_train(argc - 1, argv + 1);
  if (!strcmp(argv[1], "refine"))
    return command_refine(argc - 1, argv + 1);
  if (!strcmp(argv[1], "test"))
    return command_test(argc - 1, argv + 1);
  if (!strcmp(argv[1], "select"))
    return command_select(argc - 1, argv + 1);
  fprintf(stderr, "lisi-fit: unknown command '%s' (lisi-fit --help lists them)\n", argv[1]);
  return 2;
}
