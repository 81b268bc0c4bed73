/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A part of the time of a set of paths. */
#include "paths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Keeps the samples begin .. end-1 of one path; false: none is left. */
static bool cut(path *p, long long begin, long long end) {
  size_t first = 0, past = p->n;
  while (first + 1 < p->n && p->step[first + 1].t <= begin)
    first++;
  while (past > first && p->step[past - 1].t >= end)
    past--;
  if (p->end > end)
    p->end = end;
  if (past == first || p->end <= begin)
    return false;
  p->n = past - first;
  memmove(p->step, p->step + first, p->n * sizeof *p->step);
  if (p->step[0].t < begin)
    p->step[0].t = begin;
  return true;
}

lisi_status path_set_window(path_set *paths, double from, double to, lisi_error *err) {
  const char *unit = paths->time_in_ps ? "ps" : "steps";
  long long first, past;
  path_set_range(paths, &first, &past);
  if (!(from >= 0.0) || !(to >= from))
    return lisi_fail(err, LISI_ERR_INPUT, "times %g to %g %s: expected 0 <= begin <= end", from, to, unit);
  /* a time that is a sample's to rounding is that sample's */
  const double b = ceil(from / paths->dt - 1e-6), e = floor(to / paths->dt + 1e-6) + 1.0;
  const long long begin = b < (double)past ? (long long)b : past, end = e < (double)past ? (long long)e : past;
  size_t kept = 0;
  paths->njumps = 0;
  for (size_t k = 0; k < paths->n; k++) {
    path p = paths->path[k];
    if (!cut(&p, begin, end)) {
      free(p.step);
      continue;
    }
    paths->path[kept++] = p;
    paths->njumps += path_jumps(&p);
  }
  paths->n = kept;
  if (kept == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "nothing lies between %g and %g %s: the samples are from %g to %g %s", from,
                     to, unit, (double)first * paths->dt, (double)(past - 1) * paths->dt, unit);
  return LISI_OK;
}
