/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of lisi-fit. Each gets argc, argv from its own name on and returns the exit status: 0 fine, 1 the run
 * failed, 2 the call or the input is wrong. */
#ifndef LISI_FIT_H
#define LISI_FIT_H

#include "lisi_status.h"
#include "fit_check.h"

int command_convert(int argc, char **argv);
int command_train(int argc, char **argv);
int command_refine(int argc, char **argv);
int command_test(int argc, char **argv);
int command_select(int argc, char **argv);

/* Prints the message of err, removes it, and returns the exit status. */
int lisi_fit_report(const lisi_error *err);
/* A message about the call, and exit status 2. */
int lisi_fit_usage(const char *command, const char *format, ...) LISI_PRINTF(2, 3);

/* Prints what the reader noted of a file, as warnings. */
void lisi_fit_notes(const xyz_set *set);
/* fit_check() of all files of a fit or a test, its warnings on stderr, the notes of the reader among them.
 * E0[nelements] is NULL where it is not known. */
LISI_MUST_CHECK lisi_status lisi_fit_check(const fit_check_set *set, int nsets, int nelements, char (*element)[4],
                                           const double *E0, lisi_error *err);

#endif
