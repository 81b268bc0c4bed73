/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm: from lithium positions to jumps, Markov state models and transport coefficients. */
#include "commands.h"

#include <cblas.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  const char *name;
  int (*run)(int argc, char **argv);
  const char *what;
} subcommand;

static void print_help(FILE *stream, const subcommand *list, size_t n) {
  fputs("lisi-msm COMMAND [arguments]\n\n"
        "Lithium jumps, Markov state models and transport coefficients.\n\nCommands:\n",
        stream);
  for (size_t k = 0; k < n; k++)
    fprintf(stream, "  %-10s %s\n", list[k].name, list[k].what);
  fputs("\nlisi-msm COMMAND --help, or lisi-msm help COMMAND, tells more. Exit status: 0 fine, 1 the run failed, "
        "2 the call or the input is wrong.\n",
        stream);
}

int main(int argc, char **argv) {
  openblas_set_num_threads(
      1); /* matrices of some hundred states: threads that wait for each other cost ten times what they save */
  const subcommand list[] = {
      {"sites", cmd_sites, "LAMMPS dump(s), a structure file or both -> site file"},
      {"assign", cmd_assign, "LAMMPS dump(s) + site file -> jump log"},
      {"build", cmd_build, "jump logs, discrete trajectories or a count matrix -> Markov state models"},
      {"run", cmd_run, "assign + build + report in one go"},
      {"jumps", cmd_jumps, "jump logs -> residence times, rates, recrossings, strings, occupancies"},
      {"merge", cmd_merge, "counts of several runs -> their sum"},
      {"transport", cmd_transport, "jump network -> diffusion tensor, MSD, time scales"},
      {"ck", cmd_ck, "does a model foretell what is counted at longer lags? (Chapman-Kolmogorov test)"},
      {"paths", cmd_paths, "directions of the network, metastable sets, passage times, pathways from A to B"},
      {"propagate", cmd_propagate, "tagged lithium forward in time on the lattice: from a site, a region, a slab"},
      {"arrhenius", cmd_arrhenius, "models at several temperatures -> barriers and prefactors, D over temperature"},
      {"report", cmd_report, "a folder written by build -> a page with pictures"},
  };
  const size_t n = sizeof list / sizeof *list;
  if (argc < 2) {
    print_help(stderr, list, n);
    return 2;
  }
  /* help COMMAND is COMMAND --help */
  char ask[] = "--help", *question[] = {argc > 2 ? argv[2] : NULL, ask, NULL};
  for (size_t k = 0; argc > 2 && strcmp(argv[1], "help") == 0; k++) {
    if (k < n && strcmp(argv[2], list[k].name) == 0)
      return list[k].run(2, question);
    if (k == n) {
      fprintf(stderr, "lisi-msm: error: unknown command '%s' (lisi-msm --help lists them)\n", argv[2]);
      return 2;
    }
  }
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
    print_help(stdout, list, n);
    return 0;
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("lisi-msm %s\n", LISI_VERSION);
    return 0;
  }
  for (size_t k = 0; k < n; k++)
    if (strcmp(argv[1], list[k].name) == 0)
      return list[k].run(argc - 1, argv + 1);
  fprintf(stderr, "lisi-msm: error: unknown command '%s' (lisi-msm --help lists them)\n", argv[1]);
  return 2;
}
