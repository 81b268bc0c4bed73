/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs (gnuplot, Graphviz), started in a folder. */
#ifndef LISI_PROGRAM_H
#define LISI_PROGRAM_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs argv[0], found on PATH, with `folder` as working folder and what it prints in the file `log` there (none if it
 * succeeds and prints nothing); waits for it. False where it is not there or ends with another status than 0. */
bool program_run(const char *folder, const char *log, char *const argv[]);

#ifdef __cplusplus
}
#endif
#endif
