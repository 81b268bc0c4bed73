/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump log, `lisi-jumps 1`: every change of site of every tracked atom, as text, with all that is needed to make a
 * Markov model of it.
 *
 *   lisi-jumps 1
 *   units ps Angstrom
 *   timestep 0.002               ps
 *   every 25                     steps between samples
 *   start 0                      step of the first sample
 *   atoms 156                    tracked at the first sample
 *   mode core 1 dwell 1          nearest | core R | sphere R, and the dwell in samples
 *   framework yes                drift of the framework subtracted
 *   replicate 2 1 3              unit cells in the box
 *   cell ax ay az bx by bz cx cy cz        box at the first sample
 *   temperature 800              (optional)
 *   charge 1                     (optional)
 *   sites N                      the site file follows, N lines, each behind one '|'
 *   |...
 *   data
 *   step id from to nx ny nz [left]        a change of site (tracker.h); left stands in logs of core mode and of dwell
 * > 1 E step id                    the atom is gone at this step B step                       a break: every path ends
 * at the last F before it, and starts anew (from = 0, absolute image) at this step F step ax .. cz everything up to
 * this sample is known; mean cell over all samples so far
 *
 * Lines are in the order of (step; E, B, changes; id). What stands behind the last F is not counted. */
#ifndef LISI_JUMP_LOG_H
#define LISI_JUMP_LOG_H

#include "lisi_status.h"
#include "sites.h"
#include "tracker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  double timestep; /* ps */
  int64_t every;   /* steps */
  int64_t start;   /* step of the first sample */
  int64_t natoms;
  tracker_rule rule;
  bool framework;
  int replicate[3];
  double cell[3][3];  /* rows, box at the first sample */
  double temperature; /* K; 0: unknown */
  double charge;      /* e; 0: unknown */
  const site_set *sites;
} jump_log_header;

typedef enum { JUMP_EVENT_GONE = 0, JUMP_EVENT_BREAK = 1, JUMP_EVENT_JUMP = 2 } jump_event_kind;
typedef struct {
  jump_event_kind kind;
  jump_record
      r; /* GONE: step and id; BREAK: step, and (read) left = the last step known before it, where the paths end */
} jump_event;

/* ---- writing
 * -------------------------------------------------------------------------------------------------------------------------------------------
 */
typedef struct jump_log jump_log;

/* Opens `path` for writing (an old file is replaced) and writes the header. A name in .gz is refused: logs are written
 * plain. */
LISI_MUST_CHECK lisi_status jump_log_create(const char *path, const jump_log_header *header, jump_log **log,
                                            lisi_error *err);
/* Opens an existing log to go on behind its line `F known`, cutting off what comes later. The header in the file has to
 * agree with `header` but for the first cell and the number of atoms. known < header->start: cuts behind the header.
 * Errors: the file is missing (LISI_ERR_INPUT), another header, no such F line. */
LISI_MUST_CHECK lisi_status jump_log_reopen(const char *path, const jump_log_header *header, int64_t known,
                                            jump_log **log, lisi_error *err);
/* Takes events in any order; they wait in memory until a flush covers them. */
LISI_MUST_CHECK lisi_status jump_log_add(jump_log *log, const jump_event *event, size_t n, lisi_error *err);
/* One sample was taken in a box with rows H: goes into the mean cell. Call it once a sample, before a flush at that
 * sample. */
void jump_log_sampled(jump_log *log, const double H[3][3]);
/* Whether the sample at `step` ends with an F line: every `flush` samples, counted from step 0, so that a run in pieces
 * has the same lines as a whole one. */
bool jump_log_flush_due(int64_t step, int64_t every, int64_t flush);
/* Writes the events that are now known, and F. unknown_from: the smallest tracker_unknown_from of all atoms (`step` + 1
 * without dwell). No line when nothing new is known. Write errors (a full disk) are errors here, not at the end. */
LISI_MUST_CHECK lisi_status jump_log_flush(jump_log *log, int64_t step, int64_t unknown_from, lisi_error *err);
/* Closes and frees; `log` may be NULL. Nothing is flushed. */
LISI_MUST_CHECK lisi_status jump_log_close(jump_log *log, lisi_error *err);

/* What a restart file has to keep so that the log can go on: the last F, the mean cell and the waiting events, as
 * bytes. *size = bytes needed; fills `buffer` where it is not NULL. */
size_t jump_log_state(const jump_log *log, void *buffer);
/* The reverse, after jump_log_reopen with known = jump_log_state_known(buffer). */
int64_t jump_log_state_known(const void *buffer, size_t size);
LISI_MUST_CHECK lisi_status jump_log_restore(jump_log *log, const void *buffer, size_t size, lisi_error *err);

/* ---- reading
 * -------------------------------------------------------------------------------------------------------------------------------------------
 */
typedef struct {
  jump_log_header header; /* header.sites is owned by this struct */
  site_set *sites;
  size_t n;
  jump_event *event; /* [n] in the order of the file, all with step <= last */
  int64_t last;      /* step of the last F; header.start - 1 where there is none (no sample is known) */
  double mean_cell[3][3];
  size_t nunknown; /* events behind the last F, dropped */
  bool complete;   /* false: the file ends in the middle of a line, or behind its last F */
} jump_log_data;

/* Reads a whole log, plain or gzip. Messages name file and line. Checks: version, header keys, site numbers in range,
 * order of the steps, steps on the sampling grid, `from` equal to the atom's last site (the state that the log itself
 * gives). */
LISI_MUST_CHECK lisi_status jump_log_read(const char *path, jump_log_data *data, lisi_error *err);
void jump_log_data_free(jump_log_data *data);

#ifdef __cplusplus
}
#endif
#endif
