/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command-line options, the same way for every subcommand: `--name value`, `--name=value`, `-o value`; `--help` and
 * `--version` are understood everywhere; `--` ends the options. Messages name the option and what was found.
 *
 *   double dt = 0;  const char *out = NULL;  bool json = false;  cli_numbers lags = {0};
 *   const cli_option options[] = {
 *       {"dt", CLI_DOUBLE, &dt, "PS", "time between frames"},
 *       {"lags", CLI_NUMBERS, &lags, "LIST", "lag times, separated by commas"},
 *       {"o", CLI_TEXT, &out, "FILE", "the jump log to write"},
 *       {"json", CLI_FLAG, &json, NULL, "print the result as JSON"},
 *       {0}};
 *   const cli_command command = {"assign", "traj.dump[.gz] ... --sites FILE -o FILE", "what it does", "an example\n",
 * options}; cli_args args; int status; if (!cli_parse(&command, argc, argv, &args, &status)) return status;
 *   ... args.positional[0 .. args.npositional-1] ...
 *   return cli_end(&command, &args, result, &err);
 */
#ifndef LISI_MSM_CLI_H
#define LISI_MSM_CLI_H

#include "lisi_status.h"

#include <stdbool.h>

typedef enum {
  CLI_FLAG,    /* bool: set true */
  CLI_TEXT,    /* const char *: points into argv */
  CLI_DOUBLE,  /* double: finite */
  CLI_INT,     /* long */
  CLI_NUMBERS, /* cli_numbers: finite numbers separated by commas; "auto" leaves n = 0 and sets automatic */
  CLI_LAGS,    /* cli_lags: numbers, auto, auto:N, A..B, A..B:N, separated by commas */
  CLI_TEXTS    /* cli_texts: this argument and those that follow, up to the next option */
} cli_kind;

typedef struct {
  double *value; /* [n], owned */
  int n;
  bool automatic; /* the word "auto" was given */
  bool given;
} cli_numbers;

/* A lag (from = to), a geometric grid of per_decade lags from one to another, or (from = to = 0) one chosen by the run;
 * per_decade 0: as usual. */
typedef struct {
  double from, to;
  int per_decade;
} cli_lag_part;

typedef struct {
  cli_lag_part *part; /* [n], owned; every from > 0 and to >= from but for the automatic one */
  int n;              /* 0: the option was not given */
} cli_lags;

typedef struct {
  char **value; /* [n], pointers into argv; the array is owned */
  int n;
} cli_texts;

typedef struct {
  const char *name; /* one letter: -o; longer: --lags. NULL ends the list */
  cli_kind kind;
  void *target;         /* where the value goes; keeps its default when the option is not given */
  const char *argument; /* how the help calls the value */
  const char *help;
} cli_option;

typedef struct {
  const char *name;       /* "build" */
  const char *usage;      /* what follows `lisi-msm build` */
  const char *purpose;    /* lines of text */
  const char *examples;   /* lines of text */
  const cli_option *list; /* ends with {0} */
} cli_command;

typedef struct {
  char **positional; /* [npositional] pointers into argv; the array is owned */
  int npositional;
} cli_args;

/* Reads argv[1..]. True: go on. False: *exit_status is what the program must return (help was printed, or the call is
 * wrong and the message has been written to stderr). */
bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *args, int *exit_status);
/* Frees what cli_parse allocated (positional, lists in the options' targets), prints "lisi-msm NAME: error: MESSAGE"
 * where status is a failure, and returns the exit status. */
int cli_end(const cli_command *command, cli_args *args, lisi_status status, const lisi_error *err);

/* A warning or a note on stderr, "lisi-msm: warning: ..."; libraries return theirs as text. */
void cli_warn(const char *format, ...) LISI_PRINTF(1, 2);
void cli_note(const char *format, ...) LISI_PRINTF(1, 2);

#endif
