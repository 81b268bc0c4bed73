/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A progress bar on stderr for long work, shown only when stderr is a terminal, and a clean answer to Ctrl-C. */
#ifndef LISI_PROGRESS_H
#define LISI_PROGRESS_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const char *label;
  double started, shown; /* seconds */
  bool terminal;
} progress;

/* `label` must outlive the bar. */
progress progress_start(const char *label);
/* done of total, any unit; redraws at most ten times a second. total <= 0 shows a count only. */
void progress_update(progress *bar, double done, double total);
/* Clears the bar. */
void progress_end(progress *bar);

/* After progress_catch_interrupt(), SIGINT and SIGTERM set a flag that long loops ask for with progress_interrupted(),
 * so that temporaries are removed before the program ends; a second signal ends it at once. For tools only: libraries
 * take no signals. */
void progress_catch_interrupt(void);
bool progress_interrupted(void);
/* LISI_ERR_CANCELLED, "interrupted", after such a signal. */
LISI_MUST_CHECK lisi_status progress_check(lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
