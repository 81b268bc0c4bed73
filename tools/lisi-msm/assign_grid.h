/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which frames of a dump are samples, and how long a step is: found from its first frames and from what the user says. */
#ifndef LISI_MSM_ASSIGN_GRID_H
#define LISI_MSM_ASSIGN_GRID_H

#include "assign_run.h"
#include "dump_reader.h"

#include <stdint.h>

typedef struct {
  int64_t every;   /* steps between samples */
  int64_t residue; /* samples lie at steps with step mod every = residue */
  double timestep; /* ps */
} sample_grid;

/* Opens the dumps of `options` for itself. Errors: no whole frame; nothing that tells the time or the spacing. */
LISI_MUST_CHECK lisi_status sample_grid_find(const assign_options *options, sample_grid *grid, lisi_error *err);
/* dump_reader_open with the options' files and map. */
LISI_MUST_CHECK lisi_status assign_open_dumps(const assign_options *options, dump_reader **reader, lisi_error *err);

#endif
