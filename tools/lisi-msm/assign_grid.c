/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign_grid.h"

#include "cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

lisi_status assign_open_dumps(const assign_options *options, dump_reader **reader, lisi_error *err) {
  *reader = NULL;
  const char **name = malloc(((size_t)options->ntypes + 1) * sizeof *name);
  if (name == NULL)
    return lisi_no_memory(err, (size_t)options->ntypes * sizeof *name);
  for (int k = 0; k < options->ntypes; k++)
    name[k] = options->type_name[k];
  const lisi_status status = dump_reader_open(options->nfiles, options->files, options->ntypes, name, reader, err);
  free(name);
  return status;
}

/* A quotient of printed numbers, without the noise of its last bits, so that 0.1 ps in 50 steps are 0.002 ps a step. */
static double tidy(double value) {
  char text[40];
  (void)snprintf(text, sizeof text, "%.12g", value);
  return strtod(text, NULL);
}

enum { LOOK = 3 };

/* Spacing of the frames. A run's first frame may lie off the grid (dump_modify first yes), and one of the first gaps
 * may be a hole. */
static int64_t spacing(int n, const int64_t step[LOOK]) {
  if (n < 3)
    return step[1] - step[0];
  const int64_t a = step[1] - step[0], b = step[2] - step[1];
  if (a < b && step[1] % b == 0 && step[0] % b != 0)
    return b;
  return a < b ? a : b;
}

static lisi_status time_step(const assign_options *o, int n, const int64_t *step, const double *time, bool timed,
                             sample_grid *grid, lisi_error *err) {
  const double own =
      timed && n > 1 ? tidy((time[n - 1] - time[0]) / (double)(step[n - 1] - step[0])) : 0.0; /* that of the dump */
  double said = o->timestep;
  if (o->dt > 0.0) {
    if (n < 2)
      return lisi_fail(err, LISI_ERR_INPUT, "--dt is the time between frames, but %s holds one frame: give --timestep",
                       o->files[0]);
    said = tidy(o->dt / (double)spacing(n, step));
  }
  if (said <= 0.0 && own <= 0.0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s has no ITEM: TIME: give --dt PS (between frames) or --timestep PS (of the MD)", o->files[0]);
  if (said > 0.0 && own > 0.0 && fabs(said / own - 1.0) > 1e-3)
    cli_warn("the times in %s make a step %g ps long, the command line says %g ps, which is used", o->files[0], own,
             said);
  grid->timestep = said > 0.0 ? said : own;
  return LISI_OK;
}

lisi_status sample_grid_find(const assign_options *o, sample_grid *grid, lisi_error *err) {
  int64_t step[LOOK] = {0};
  double time[LOOK] = {0.0};
  bool timed = true;
  int n = 0;
  dump_reader *reader;
  lisi_status status = assign_open_dumps(o, &reader, err);
  while (status == LISI_OK && n < LOOK) {
    dump_frame *frame;
    status = dump_reader_next(reader, &frame, err);
    if (status != LISI_OK || frame == NULL)
      break;
    step[n] = frame->step;
    time[n] = frame->time;
    timed = timed && frame->has_time;
    n++;
  }
  dump_reader_close(reader);
  if (status != LISI_OK)
    return status;
  if (n == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the trajectory is empty (no whole frame)", o->files[0]);
  if (n == 1 && o->every == 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: the trajectory has one frame, so the spacing of samples is unknown: give --every N",
                     o->files[0]);
  grid->every = o->every > 0 ? o->every : spacing(n, step);
  /* As in a run, samples are multiples of `every`, unless the dump counts its steps from elsewhere. */
  const int64_t first = step[0] % grid->every, second = step[n > 1 ? 1 : 0] % grid->every;
  grid->residue = o->every > 0 && (first == 0 || second == 0) ? 0 : o->every > 0 ? first : second;
  return time_step(o, n, step, time, timed, grid, err);
}
