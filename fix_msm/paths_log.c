/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths from jump logs: the events of a log are sorted by atom and followed, images are added up along the way. */
#include "jump_log.h"
#include "paths.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SITES 10000000

typedef struct {
  const jump_event *event;
  size_t order; /* in the file */
} atom_event;

static int by_atom(const void *a, const void *b) {
  const atom_event *x = a, *y = b;
  if (x->event->r.id != y->event->r.id)
    return x->event->r.id < y->event->r.id ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

static lisi_status make_space(const jump_log_data *log, const char *file, path_set *paths, lisi_error *err) {
  const jump_log_header *h = &log->header;
  const site_set *sites = log->sites;
  long long n = sites->nsites;
  for (int a = 0; a < 3; a++) {
    if (h->replicate[a] < 1 || n > MOST_SITES / h->replicate[a])
      return lisi_fail(err, LISI_ERR_INPUT, "%s: %d sites in %d x %d x %d unit cells are too many", file, sites->nsites,
                       h->replicate[0], h->replicate[1], h->replicate[2]);
    n *= h->replicate[a];
  }
  lisi_status status = state_space_new((int)n, true, &paths->space, err);
  if (status != LISI_OK)
    return status;
  paths->space.label = calloc((size_t)n, sizeof *paths->space.label);
  if (paths->space.label == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *paths->space.label);
  paths->nsites_unit = sites->nsites;
  paths->dt = h->timestep * (double)h->every;
  paths->time_in_ps = true;
  paths->temperature = h->temperature;
  paths->nearest_site = h->rule.mode == TRACK_NEAREST && h->rule.dwell <= 1;
  memcpy(paths->replicate, h->replicate, sizeof paths->replicate);
  for (int i = 0; i < (int)n; i++) {
    const site *s = &sites->site[i % sites->nsites];
    int k = i / sites->nsites;
    (void)snprintf(paths->space.label[i], STATE_LABEL, "%.*s", STATE_LABEL - 1, s->label);
    for (int a = 0; a < 3; a++) {
      paths->space.x[3 * i + a] = (s->frac[a] + k % h->replicate[a]) / h->replicate[a];
      k /= h->replicate[a];
    }
  }
  return LISI_OK;
}

static lisi_status same_run(const jump_log_data *log, const site_set *sites, const char *file, const char *first,
                            const path_set *paths, const tracker_rule *rule, lisi_error *err) {
  const jump_log_header *h = &log->header;
  if (log->sites->ntext != sites->ntext || memcmp(log->sites->text, sites->text, sites->ntext) != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: its site file is not that of %s", file, first);
  if (memcmp(h->replicate, paths->replicate, sizeof h->replicate) != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: replicate %d %d %d differs from %d %d %d in %s", file, h->replicate[0],
                     h->replicate[1], h->replicate[2], paths->replicate[0], paths->replicate[1], paths->replicate[2],
                     first);
  const double dt = h->timestep * (double)h->every;
  if (!(dt > paths->dt * (1.0 - 1e-9) && dt < paths->dt * (1.0 + 1e-9)))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: sampled every %.10g ps, %s every %.10g ps", file, dt, first, paths->dt);
  if (h->rule.mode != rule->mode || h->rule.dwell != rule->dwell ||
      (rule->mode != TRACK_NEAREST && !(h->rule.radius >= rule->radius && h->rule.radius <= rule->radius)))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: assigned by mode %s %g dwell %d, %s by mode %s %g dwell %d", file,
                     track_mode_name(h->rule.mode), h->rule.radius, h->rule.dwell, first, track_mode_name(rule->mode),
                     rule->radius, rule->dwell);
  return LISI_OK;
}

typedef struct {
  path_set *paths;
  long long start, every;
  bool open, known; /* a path is open; its image is known */
  int n[3];
  int walker;
  int run;
  const char *file;
} follower;

static long long sample_of(const follower *f, int64_t step) {
  return (step - f->start) / f->every;
}

static void close_path(follower *f, long long end) {
  if (f->open)
    path_finish(f->paths, end);
  f->open = f->known = false;
}

static lisi_status follow(follower *f, const jump_record *r, lisi_error *err) {
  lisi_status status = LISI_OK;
  if (!f->open) {
    status = path_begin(f->paths, f->walker, err);
    if (status != LISI_OK)
      return status;
    f->paths->path[f->paths->n - 1].run = f->run;
    f->open = true;
  }
  if (r->to > 0) {
    for (int a = 0; a < 3; a++) {
      const long long n = (f->known ? (long long)f->n[a] : 0LL) + r->n[a];
      if (n > INT_MAX / 4 || n < -INT_MAX / 4)
        return lisi_fail(err, LISI_ERR_INPUT, "%s: atom %lld at step %lld: its image number %lld is out of range",
                         f->file, (long long)r->id, (long long)r->step, n);
      f->n[a] = (int)n;
    }
    f->known = true;
  }
  return path_add(f->paths, sample_of(f, r->step), r->to - 1, f->n, err);
}

/* Samples that are known, times the atoms there are in all. */
static long long known_samples(const jump_log_data *log, const size_t *breaks, size_t nbreaks, const follower *f,
                               long long natoms) {
  long long begin = 0, sum = 0;
  for (size_t k = 0; k < nbreaks; k++) {
    const jump_record *r = &log->event[breaks[k]].r;
    sum += sample_of(f, r->left) + 1 - begin;
    begin = sample_of(f, r->step);
  }
  return (sum + sample_of(f, log->last) + 1 - begin) * natoms;
}

/* All atoms of one log. */
static lisi_status take_log(const jump_log_data *log, const char *file, path_set *paths, lisi_error *err) {
  atom_event *list = malloc((log->n + 1) * sizeof *list);
  size_t *breaks = malloc((log->n + 1) * sizeof *breaks); /* their events */
  lisi_status status = LISI_OK;
  size_t n = 0, nbreaks = 0;
  if (list == NULL || breaks == NULL) {
    status = lisi_no_memory(err, (log->n + 1) * sizeof *list);
    goto done;
  }
  for (size_t k = 0; k < log->n; k++) {
    if (log->event[k].kind == JUMP_EVENT_BREAK)
      breaks[nbreaks++] = k;
    else
      list[n++] = (atom_event){&log->event[k], k};
  }
  qsort(list, n, sizeof *list, by_atom);
  const size_t first_path = paths->n;
  const int first_walker = paths->nwalkers;
  bool any_gone = false;
  follower f = {.paths = paths,
                .file = file,
                .start = log->header.start,
                .every = log->header.every,
                .walker = paths->nwalkers - 1,
                .run = paths->nruns++};
  const long long end = sample_of(&f, log->last) + 1;
  size_t next_break = 0;
  for (size_t k = 0; k < n && status == LISI_OK; k++) {
    const jump_record *r = &list[k].event->r;
    if (k == 0 || r->id != list[k - 1].event->r.id) {
      f.walker++;
      next_break = 0;
      f.open = f.known = false;
      memset(f.n, 0, sizeof f.n);
    }
    /* The samples between the last known one and the break are nobody's. */
    while (next_break < nbreaks && log->event[breaks[next_break]].r.step <= r->step)
      close_path(&f, sample_of(&f, log->event[breaks[next_break++]].r.left) + 1);
    any_gone = any_gone || list[k].event->kind == JUMP_EVENT_GONE;
    if (list[k].event->kind == JUMP_EVENT_GONE)
      close_path(&f, sample_of(&f, r->step));
    else
      status = follow(&f, r, err);
    if (k + 1 == n || list[k + 1].event->r.id != r->id)
      close_path(&f, next_break < nbreaks ? sample_of(&f, log->event[breaks[next_break]].r.left) + 1 : end);
  }
  if (status == LISI_OK && paths->nwalkers <= f.walker)
    paths->nwalkers = f.walker + 1;
  /* Where atoms come and go nobody knows how many there were that had no site yet. */
  if (status == LISI_OK && !any_gone && paths->nwalkers - first_walker <= log->header.natoms) {
    paths->unplaced += known_samples(log, breaks, nbreaks, &f, log->header.natoms);
    for (size_t k = first_path; k < paths->n; k++)
      paths->unplaced -= paths->path[k].end - paths->path[k].step[0].t;
  }
done:
  free(list);
  free(breaks);
  return status;
}

lisi_status paths_from_jump_logs(int nfiles, const char *const *file, path_set *paths, lisi_error *err) {
  memset(paths, 0, sizeof *paths);
  if (nfiles < 1)
    return lisi_fail(err, LISI_ERR_INPUT, "no jump log is given");
  jump_log_data first = {0};
  double weight = 0.0, cell[3][3] = {{0}};
  lisi_status status = LISI_OK;
  for (int k = 0; k < nfiles && status == LISI_OK; k++) {
    jump_log_data log = {0};
    status = jump_log_read(file[k], &log, err);
    if (status != LISI_OK)
      break;
    if (log.last < log.header.start) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: the log is empty: no line F vouches for a sample", file[k]);
    } else if (k == 0) {
      status = make_space(&log, file[k], paths, err);
    } else {
      status = same_run(&log, first.sites, file[k], file[0], paths, &first.header.rule, err);
    }
    if (status == LISI_OK && !log.complete && paths->ncut++ == 0)
      paths->cut = k;
    if (status == LISI_OK) {
      const double samples = (double)((log.last - log.header.start) / log.header.every + 1);
      weight += samples;
      for (int a = 0; a < 3; a++) {
        for (int c = 0; c < 3; c++)
          cell[a][c] += samples * log.mean_cell[a][c];
      }
      status = take_log(&log, file[k], paths, err);
      if (status == LISI_OK && paths->n == 0)
        status = lisi_fail(err, LISI_ERR_INPUT, "%s: no atom was ever in a site", file[k]);
    }
    if (k == 0)
      first = log;
    else
      jump_log_data_free(&log);
  }
  for (int a = 0; a < 3 && status == LISI_OK; a++) {
    for (int c = 0; c < 3; c++)
      paths->space.cell[a][c] = cell[a][c] / weight;
  }
  jump_log_data_free(&first);
  if (status != LISI_OK)
    path_set_free(paths);
  return status;
}
