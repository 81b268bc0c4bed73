/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A signal reaches a process, not an object, so this one flag is global. */
static volatile sig_atomic_t interrupted;

static double now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

progress progress_start(const char *label) {
  progress bar = {label, now(), 0.0, isatty(STDERR_FILENO) == 1};
  return bar;
}

void progress_update(progress *bar, double done, double total) {
  if (!bar->terminal)
    return;
  const double time = now();
  if (time - bar->shown < 0.1)
    return;
  bar->shown = time;
  if (total <= 0.0) {
    (void)fprintf(stderr, "\r%s: %.0f\033[K", bar->label, done);
  } else {
    enum { WIDTH = 30 };
    const double share = done < total ? done / total : 1.0;
    const int filled = (int)(share * WIDTH);
    const double spent = time - bar->started;
    (void)fprintf(stderr, "\r%s [", bar->label);
    for (int k = 0; k < WIDTH; k++)
      (void)fputc(k < filled ? '#' : '.', stderr);
    (void)fprintf(stderr, "] %3.0f %%", 100.0 * share);
    if (share > 0.02)
      (void)fprintf(stderr, ", %.0f s left", spent * (1.0 - share) / share);
    (void)fputs("\033[K", stderr);
  }
  (void)fflush(stderr);
}

void progress_end(progress *bar) {
  if (bar->terminal && bar->shown > 0.0) {
    (void)fputs("\r\033[K", stderr);
    (void)fflush(stderr);
  }
}

static void on_signal(int number) {
  if (interrupted) {
    (void)signal(number, SIG_DFL);
    (void)raise(number);
  }
  interrupted = 1;
}

void progress_catch_interrupt(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
}

bool progress_interrupted(void) {
  return interrupted != 0;
}

lisi_status progress_check(lisi_error *err) {
  return interrupted ? lisi_fail(err, LISI_ERR_CANCELLED, "interrupted") : LISI_OK;
}
