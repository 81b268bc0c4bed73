/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign_run.h"

#include "box_flip.h"
#include "cli.h"
#include "framework.h"
#include "out_file.h"
#include "progress.h"
#include "site_index.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The atoms of one kind in the present frame, and the ids they must have. */
typedef struct {
  int n, capacity;
  int64_t *id;    /* [n] of the first sample */
  double (*f)[3]; /* [n] unwrapped fractional positions */
} atom_set;

typedef struct {
  const assign_options *o;
  assign_result *result;
  atom_set moving, host;
  bool has_host;
  site_index *sites, *references; /* references: NULL without a framework */
  atom_track *track;              /* [moving.n] */
  int32_t *last_site;             /* [moving.n] last site it was in, 0: none yet */
  int nlabels, *of_site;
  double drift[3], H[3][3];
  bool regular;   /* two frames were one sample apart */
  int64_t gap;    /* steps between the last two frames, where that is more than one sample */
  int gaps_alike; /* of that size one after the other */
  jump_log *log;
  msd_log *msd;
  double (*origin)[3];    /* [norigins][moving.n] positions at each origin, Angstrom */
  int64_t *origin_sample; /* [norigins], -1: empty */
  char *log_path, *msd_path, *log_temporary, *msd_temporary;
} assignment;

lisi_status assign_labels(const site_set *sites, int *n, const char ***label, int **count, int **of_site,
                          lisi_error *err) {
  const size_t total = (size_t)sites->nsites;
  *n = 0;
  *label = malloc(total * sizeof **label);
  *count = calloc(total, sizeof **count);
  *of_site = malloc(total * sizeof **of_site);
  if (*label == NULL || *count == NULL || *of_site == NULL)
    return lisi_no_memory(err, total * sizeof **label);
  for (int s = 0; s < sites->nsites; s++) {
    int k = 0;
    while (k < *n && strcmp((*label)[k], sites->site[s].label) != 0)
      k++;
    if (k == *n)
      (*label)[(*n)++] = sites->site[s].label;
    (*count)[k]++;
    (*of_site)[s] = k;
  }
  return LISI_OK;
}

/* ---- atoms of a frame
 * ---------------------------------------------------------------------------------------------------------------------------------
 */

static bool in_list(const char *list, const char *word) {
  const size_t n = strlen(word);
  for (const char *p = list; *p != '\0';) {
    const size_t m = strcspn(p, ",");
    if (m == n && memcmp(p, word, n) == 0)
      return true;
    p += m;
    if (*p == ',')
      p++;
  }
  return false;
}

static bool is_host(const assignment *a, const char *species) {
  if (a->o->framework != NULL)
    return in_list(a->o->framework, species);
  for (int k = 0; k < a->o->sites->nframework; k++)
    if (strcmp(a->o->sites->species[k], species) == 0)
      return true;
  return false;
}

static lisi_status add_atom(atom_set *set, int64_t id, lisi_error *err) {
  if (set->n == set->capacity) {
    const int capacity = set->capacity < 64 ? 64 : set->capacity <= 1 << 29 ? 2 * set->capacity : INT32_MAX;
    int64_t *ids = realloc(set->id, (size_t)capacity * sizeof *ids);
    if (ids != NULL)
      set->id = ids;
    double(*f)[3] = realloc(set->f, (size_t)capacity * sizeof *f);
    if (f != NULL)
      set->f = f;
    if (ids == NULL || f == NULL)
      return lisi_no_memory(err, (size_t)capacity * sizeof *f);
    set->capacity = capacity;
  }
  set->id[set->n++] = id;
  return LISI_OK;
}

/* Sorts the frame's atoms into the two sets. On the first sample (`learn`) the ids are learnt, later they must be the
 * same. */
static lisi_status take_atoms(assignment *a, const dump_reader *reader, const dump_frame *frame, bool learn,
                              lisi_error *err) {
  bool moves[1000], hosts[1000];
  const int nspecies = dump_reader_nspecies(reader);
  for (int k = 0; k < nspecies && k < 1000; k++) {
    moves[k] = strcmp(dump_reader_species(reader, k), a->o->species) == 0;
    hosts[k] = a->has_host && is_host(a, dump_reader_species(reader, k));
    if (moves[k] && hosts[k])
      return lisi_fail(err, LISI_ERR_INPUT, "%s is both the tracked species and part of the framework", a->o->species);
  }
  int at[2] = {0, 0};
  atom_set *set[2] = {&a->moving, &a->host};
  for (int k = 0; k < frame->natoms; k++) {
    const int which = moves[frame->species[k]] ? 0 : hosts[frame->species[k]] ? 1 : -1;
    if (which < 0)
      continue;
    atom_set *s = set[which];
    int *i = &at[which];
    if (learn) {
      const lisi_status status = add_atom(s, frame->id[k], err);
      if (status != LISI_OK)
        return status;
    }
    if (*i >= s->n || frame->id[k] < s->id[*i])
      return lisi_fail(
          err, LISI_ERR_INPUT, "%s:%ld: step %" PRId64 " holds atom %" PRId64 " (%s), which is not in the first frame",
          frame->file, frame->line, frame->step, frame->id[k], dump_reader_species(reader, frame->species[k]));
    if (frame->id[k] > s->id[*i])
      break; /* told below */
    memcpy(s->f[(*i)++], frame->f[k], sizeof frame->f[k]);
  }
  for (int which = 0; which < 2; which++)
    if (at[which] < set[which]->n)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom %" PRId64 " of the first frame is missing at step %" PRId64,
                       frame->file, frame->line, set[which]->id[at[which]], frame->step);
  return LISI_OK;
}

/* An element of --framework that no atom of the first frame has is a slip of the pen: its atoms would silently be left
 * out of the drift. */
static lisi_status refuse_unknown_hosts(const assignment *a, const dump_reader *reader, const dump_frame *frame,
                                        lisi_error *err) {
  for (const char *p = a->o->framework; p != NULL; p = *p == ',' ? p + 1 : NULL) {
    const size_t n = strcspn(p, ",");
    bool met = false;
    for (int k = 0; k < frame->natoms && !met; k++) {
      const char *name = dump_reader_species(reader, frame->species[k]);
      met = strlen(name) == n && memcmp(name, p, n) == 0;
    }
    if (!met)
      return lisi_fail(err, LISI_ERR_INPUT,
                       "%s:%ld: --framework %s: no atom of '%.*s'; expected elements of the dump (--map 1=Li,2=Si for "
                       "numeric types)",
                       frame->file, frame->line, a->o->framework, (int)n, p);
    p += n;
  }
  return LISI_OK;
}

/* ---- first sample
 * --------------------------------------------------------------------------------------------------------------------------------------
 */

static char *joined(const char *path, const char *suffix, bool temporary) {
  char *text = NULL;
  const int n =
      temporary ? asprintf(&text, "%s%s.tmp.%ld", path, suffix, (long)getpid()) : asprintf(&text, "%s%s", path, suffix);
  return n >= 0 ? text : NULL;
}

/* A plain message about an unwritable place, which names the file that the user named. */
static lisi_status try_path(const char *path, lisi_error *err) {
  out_file *file;
  const lisi_status status = out_file_open(path, &file, err);
  if (status == LISI_OK)
    out_file_discard(file);
  return status;
}

static lisi_status open_logs(assignment *a, const dump_frame *frame, lisi_error *err) {
  const assign_options *o = a->o;
  a->msd_path = joined(o->log, ".msd", false);
  a->log_path = joined(o->log, "", false);
  a->log_temporary = joined(o->log, "", true);
  a->msd_temporary = joined(o->log, ".msd", true);
  if (a->msd_path == NULL || a->log_path == NULL || a->log_temporary == NULL || a->msd_temporary == NULL)
    return lisi_no_memory(err, strlen(o->log));
  jump_log_header header = {.timestep = o->timestep,
                            .every = o->every,
                            .start = frame->step,
                            .natoms = a->moving.n,
                            .rule = o->rule,
                            .framework = a->has_host,
                            .temperature = o->temperature,
                            .sites = o->sites};
  memcpy(header.replicate, a->result->replicate, sizeof header.replicate);
  memcpy(header.cell, frame->box.H, sizeof header.cell);
  lisi_status status = try_path(a->log_path, err);
  if (status == LISI_OK)
    status = jump_log_create(a->log_temporary, &header, &a->log, err);
  if (status == LISI_OK && o->msd.spacing > 0) {
    status = try_path(a->msd_path, err);
    if (status == LISI_OK)
      status = msd_log_create(a->msd_temporary, o->timestep, o->every, &a->msd, err);
  }
  return status;
}

static lisi_status begin(assignment *a, const dump_frame *frame, lisi_error *err) {
  const assign_options *o = a->o;
  assign_result *r = a->result;
  if (a->moving.n == 0)
    return lisi_fail(
        err, LISI_ERR_INPUT,
        "%s:%ld: no atom of species %s; tell which it is (--species, or --map 1=Li,2=Si for numeric types)",
        frame->file, frame->line, o->species);
  if (a->has_host && a->host.n == 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: no atom of the framework (%s%s); tell its elements (--framework, or --map 1=Li,2=Si for "
                     "numeric types), or --framework none",
                     frame->file, frame->line, o->framework != NULL ? o->framework : o->sites->species[0],
                     o->framework != NULL ? "" : " ...");
  lisi_status status = site_set_replicate(o->sites, &frame->box, o->replicate, r->replicate, err);
  if (status == LISI_OK)
    status = site_index_create(o->sites->nsites, o->sites->site[0].frac, (int)(sizeof(site) / sizeof(double)),
                               r->replicate, &a->sites, err);
  if (status == LISI_OK)
    status = site_index_set_box(a->sites, &frame->box, err);
  if (status == LISI_OK)
    status = tracker_rule_check(&o->rule, site_index_closest(a->sites), err);
  if (status == LISI_OK && a->has_host)
    status = site_index_create(o->sites->nframework, o->sites->framework[0], 3, r->replicate, &a->references, err);
  if (status != LISI_OK)
    return status;
  r->natoms = a->moving.n;
  r->nframework = a->host.n;
  r->nsites = site_index_sites(a->sites);
  r->first = frame->step;
  const size_t n = (size_t)a->moving.n, m = (size_t)o->msd.norigins;
  a->track = calloc(n, sizeof *a->track);
  a->last_site = calloc(n, sizeof *a->last_site);
  if (a->track == NULL || a->last_site == NULL)
    return lisi_no_memory(err, n * sizeof *a->track);
  if (o->msd.spacing > 0) {
    a->origin = calloc(m * n, sizeof *a->origin);
    a->origin_sample = malloc(m * sizeof *a->origin_sample);
    if (a->origin == NULL || a->origin_sample == NULL)
      return lisi_no_memory(err, m * n * sizeof *a->origin);
    for (size_t k = 0; k < m; k++)
      a->origin_sample[k] = -1;
  }
  const char **label;
  int *count;
  status = assign_labels(o->sites, &a->nlabels, &label, &count, &a->of_site, err);
  free(label);
  free(count);
  r->occupancy = status == LISI_OK ? calloc((size_t)a->nlabels, sizeof *r->occupancy) : NULL;
  if (status == LISI_OK && r->occupancy == NULL)
    status = lisi_no_memory(err, (size_t)a->nlabels * sizeof *r->occupancy);
  return status;
}

/* ---- every sample
 * --------------------------------------------------------------------------------------------------------------------------------------
 */

/* Flips are undone by the reader; what is left is another box. */
static lisi_status refuse_other_box(const assignment *a, const dump_frame *frame, lisi_error *err) {
  int M[3][3];
  if (box_flip_find(a->H, &frame->box, M) && box_flip_is_none(M))
    return LISI_OK;
  double old[3], now[3], angle[3];
  lattice_lengths_angles(a->H, old, angle);
  lattice_lengths_angles(frame->box.H, now, angle);
  return lisi_fail(err, LISI_ERR_INPUT,
                   "%s:%ld: the box is another one: edges of %.6g %.6g %.6g A at step %" PRId64
                   " become %.6g %.6g %.6g A at step %" PRId64
                   "; expected one box that breathes or is flipped (another supercell is another trajectory: assign it "
                   "by itself)",
                   frame->file, frame->line, old[0], old[1], old[2], a->result->last, now[0], now[1], now[2],
                   frame->step);
}

/* A framework this far from its references, in units of their smallest distance, may be another one. Solids melt from
 * about a tenth on (Lindemann), but groups that turn go farther. */
static const double far_off = 0.25;

static lisi_status find_drift(assignment *a, const dump_frame *frame, bool first, lisi_error *err) {
  if (!a->has_host)
    return LISI_OK;
  lisi_error inner = {0};
  lisi_status status = site_index_set_box(a->references, &frame->box, err);
  if (status != LISI_OK)
    return status;
  if (first) {
    status =
        framework_start(a->references, a->host.n, (const double(*)[3])a->host.f, a->drift, &a->result->rms, &inner);
    if (status == LISI_OK && a->result->rms > far_off * site_index_closest(a->references))
      cli_warn(
          "%s:%ld: the framework's atoms are %.3g A (RMS) from their reference positions, %.3g A apart: is the site "
          "file that of this crystal?",
          frame->file, frame->line, a->result->rms, site_index_closest(a->references));
  } else {
    framework_sums sums = {{0}};
    for (int k = 0; k < a->host.n; k++)
      framework_add(a->references, a->drift, a->host.f[k], &sums);
    status = framework_finish(a->references, &sums, a->drift, &a->result->rms, &inner);
  }
  if (status != LISI_OK)
    return lisi_fail(err, status, "%s:%ld: step %" PRId64 ": %s", frame->file, frame->line, frame->step, inner.message);
  return LISI_OK;
}

static lisi_status take_msd(assignment *a, const dump_frame *frame, lisi_error *err) {
  const assign_options *o = a->o;
  if (o->msd.spacing == 0)
    return LISI_OK;
  const int64_t sample = frame->step / o->every;
  const int n = a->moving.n;
  for (int64_t back = o->msd.norigins; back >= 0; back--) { /* oldest origin first */
    const int64_t from = (sample / o->msd.spacing - back) * o->msd.spacing;
    if (from < 0 || !msd_is_lag(&o->msd, sample - from))
      continue;
    const int slot = msd_slot(&o->msd, from);
    if (a->origin_sample[slot] != from)
      continue;
    const double(*r0)[3] = (const double(*)[3])a->origin + (size_t)slot * (size_t)n;
    int64_t units[6] = {0};
    for (int i = 0; i < n; i++) {
      double r[3];
      lattice_vector(&frame->box, a->moving.f[i], r);
      const double x = r[0] - r0[i][0], y = r[1] - r0[i][1], z = r[2] - r0[i][2];
      const double product[6] = {x * x, y * y, z * z, x * y, x * z, y * z};
      for (int c = 0; c < 6; c++)
        units[c] += llrint(product[c] * MSD_UNIT);
    }
    double sum[6];
    for (int c = 0; c < 6; c++)
      sum[c] = (double)units[c] / MSD_UNIT;
    const lisi_status status =
        msd_log_line(a->msd, frame->step - (sample - from) * o->every, (sample - from) * o->every, n, sum, err);
    if (status != LISI_OK)
      return status;
  }
  if (msd_is_origin(&o->msd, sample)) {
    const int slot = msd_slot(&o->msd, sample);
    a->origin_sample[slot] = sample;
    double(*r0)[3] = a->origin + (size_t)slot * (size_t)n;
    for (int i = 0; i < n; i++)
      lattice_vector(&frame->box, a->moving.f[i], r0[i]);
  }
  return LISI_OK;
}

static int64_t unknown_from(const assignment *a, int64_t step) {
  int64_t from = step + 1;
  for (int i = 0; i < a->moving.n; i++) {
    const int64_t own = tracker_unknown_from(&a->track[i], step);
    if (own < from)
      from = own;
  }
  return from;
}

/* A frame that is missing makes a break; frames that are missing in the same measure again and again are another
 * stride. */
static lisi_status refuse_other_stride(assignment *a, const dump_frame *frame, lisi_error *err) {
  enum { ALIKE = 3 };
  const int64_t gap = frame->step - a->result->last;
  if (gap == a->o->every && a->gap > 0 && a->gaps_alike >= ALIKE)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: up to step %" PRId64 " frames are %" PRId64 " steps apart, from there on %" PRId64
                     "; expected one stride: give one that both hold with --every N, or assign the parts one by one",
                     frame->file, frame->line, a->result->last, a->gap, gap);
  if (gap == a->o->every) {
    a->regular = true;
    a->gap = 0;
    return LISI_OK;
  }
  a->gaps_alike = gap == a->gap ? a->gaps_alike + 1 : 1;
  a->gap = gap;
  if (!a->regular || a->gaps_alike < ALIKE)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT,
                   "%s:%ld: from step %" PRId64 " on frames are %" PRId64 " steps apart, before %" PRId64
                   "; expected one stride: give one that both hold with --every N, or assign the parts one by one",
                   frame->file, frame->line, frame->step - ALIKE * gap, gap, a->o->every);
}

/* Frames are missing: what is known so far ends here, and every atom starts anew. The drift goes on. */
static lisi_status start_anew(assignment *a, const dump_frame *frame, lisi_error *err) {
  if (a->result->nbreaks < 3)
    cli_warn("%s:%ld: no frame between steps %" PRId64 " and %" PRId64 " (expected one every %" PRId64
             "); no pair of samples spans this break",
             frame->file, frame->line, a->result->last, frame->step, a->o->every);
  lisi_status status = jump_log_flush(a->log, a->result->last, unknown_from(a, a->result->last), err);
  const jump_event event = {.kind = JUMP_EVENT_BREAK, .r = {.step = frame->step}};
  if (status == LISI_OK)
    status = jump_log_add(a->log, &event, 1, err);
  memset(a->track, 0, (size_t)a->moving.n * sizeof *a->track);
  memset(a->last_site, 0, (size_t)a->moving.n * sizeof *a->last_site);
  for (int k = 0; a->origin_sample != NULL && k < a->o->msd.norigins; k++)
    a->origin_sample[k] = -1;
  a->result->nbreaks++;
  return status;
}

static lisi_status track_atoms(assignment *a, const dump_frame *frame, lisi_error *err) {
  assign_result *r = a->result;
  for (int i = 0; i < a->moving.n; i++) {
    jump_event event = {.kind = JUMP_EVENT_JUMP};
    site_hit hit;
    for (int k = 0; k < 3; k++)
      a->moving.f[i][k] -= a->drift[k];
    site_index_nearest(a->sites, a->moving.f[i], &hit);
    if (hit.site == 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom %" PRId64 " is out of bounds at step %" PRId64, frame->file,
                       frame->line, a->moving.id[i], frame->step);
    const bool news = tracker_advance(&a->o->rule, frame->step, &hit, &a->track[i], &event.r);
    const int32_t now = a->track[i].site;
    if (now == 0)
      r->unassigned += 1.0;
    else
      r->occupancy[a->of_site[(now - 1) % a->o->sites->nsites]] += 1.0;
    if (!news)
      continue;
    event.r.id = a->moving.id[i];
    const lisi_status status = jump_log_add(a->log, &event, 1, err);
    if (status != LISI_OK)
      return status;
    if (event.r.to == 0)
      continue;
    if (a->last_site[i] != 0 &&
        (event.r.to != a->last_site[i] || event.r.n[0] != 0 || event.r.n[1] != 0 || event.r.n[2] != 0))
      r->njumps++;
    a->last_site[i] = event.r.to;
  }
  return LISI_OK;
}

static lisi_status sample(assignment *a, const dump_reader *reader, const dump_frame *frame, lisi_error *err) {
  const assign_options *o = a->o;
  assign_result *r = a->result;
  const bool first = r->nsamples == 0;
  lisi_status status = first ? LISI_OK : refuse_other_box(a, frame, err);
  if (status == LISI_OK)
    status = take_atoms(a, reader, frame, first, err);
  if (status == LISI_OK && first && a->has_host)
    status = refuse_unknown_hosts(a, reader, frame, err);
  if (status == LISI_OK && first)
    status = begin(a, frame, err);
  if (status == LISI_OK)
    status = site_index_set_box(a->sites, &frame->box, err);
  if (status == LISI_OK)
    status = find_drift(a, frame, first, err);
  if (status == LISI_OK && first)
    status = open_logs(a, frame, err);
  if (status == LISI_OK && !first)
    status = refuse_other_stride(a, frame, err);
  if (status == LISI_OK && !first && frame->step != r->last + o->every)
    status = start_anew(a, frame, err);
  if (status == LISI_OK)
    status = track_atoms(a, frame, err);
  if (status == LISI_OK)
    status = take_msd(a, frame, err);
  if (status != LISI_OK)
    return status;
  jump_log_sampled(a->log, frame->box.H);
  if (jump_log_flush_due(frame->step, o->every, o->flush))
    status = jump_log_flush(a->log, frame->step, unknown_from(a, frame->step), err);
  memcpy(a->H, frame->box.H, sizeof a->H);
  r->last = frame->step;
  r->nsamples++;
  if (status == LISI_OK)
    lattice_vector(&frame->box, a->drift, r->drift);
  return status;
}

static void report_warnings(dump_reader *reader) {
  for (const char *text; (text = dump_reader_warning(reader)) != NULL;)
    cli_warn("%s", text);
}

static lisi_status put_in_place(const char *temporary, const char *path, lisi_error *err) {
  if (rename(temporary, path) == 0)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_IO, "%s: cannot be put in place", path);
}

lisi_status assign_run(const assign_options *options, dump_reader *reader, assign_result *result, lisi_error *err) {
  memset(result, 0, sizeof *result);
  assignment a = {.o = options, .result = result};
  a.has_host = options->framework != NULL ? strcmp(options->framework, "none") != 0 : options->sites->nframework > 0;
  lisi_status status = LISI_OK;
  if (a.has_host && options->sites->nframework == 0)
    status =
        lisi_fail(err, LISI_ERR_INPUT, "--framework %s: the site file has no framework positions", options->framework);
  progress bar = progress_start("assign");
  int64_t nframes = 0, before = 0;
  while (status == LISI_OK) {
    dump_frame *frame;
    status = dump_reader_next(reader, &frame, err);
    report_warnings(reader);
    if (status != LISI_OK || frame == NULL)
      break;
    if (nframes++ > 0 && options->interval > 0 && (frame->step - before) % options->interval != 0) {
      status =
          lisi_fail(err, LISI_ERR_INPUT,
                    "%s:%ld: steps %" PRId64 " and %" PRId64 " are %" PRId64 " apart, frames at the beginning %" PRId64
                    ", which --dt was taken for; give the time step with --timestep instead",
                    frame->file, frame->line, before, frame->step, frame->step - before, options->interval);
      break;
    }
    before = frame->step;
    if (progress_interrupted()) {
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted; nothing is written");
      break;
    }
    if ((frame->step - options->base) % options->every != 0) {
      if (options->pick)
        continue;
      status = lisi_fail(err, LISI_ERR_INPUT,
                         "%s:%ld: step %" PRId64 " does not continue %" PRId64 " + k x %" PRId64
                         "; tell the sampling with --every N",
                         frame->file, frame->line, frame->step, options->base, options->every);
      break;
    }
    status = sample(&a, reader, frame, err);
    report_warnings(reader);
    if (nframes % 16 == 0)
      progress_update(&bar, dump_reader_progress(reader), 1.0);
  }
  progress_end(&bar);
  if (status == LISI_OK && result->nsamples == 0)
    status = nframes == 0
                 ? lisi_fail(err, LISI_ERR_INPUT, "the trajectory is empty (no frame)")
                 : lisi_fail(err, LISI_ERR_INPUT,
                             "none of the %" PRId64 " frames has a step that is a multiple of %" PRId64 " (--every)",
                             nframes, options->every);
  if (status == LISI_OK && result->nsamples > 1 && result->nbreaks == result->nsamples - 1)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "no two frames are %" PRId64
                       " steps apart: a sample every so many steps (--every) is not what the dump holds",
                       options->every);
  if (status == LISI_OK && result->nbreaks > 3)
    cli_warn("frames are missing in %ld places in all", result->nbreaks);
  if (status == LISI_OK) {
    for (int k = 0; k < a.nlabels; k++)
      result->occupancy[k] /= (double)result->nsamples;
    result->unassigned /= (double)result->nsamples;
    status = jump_log_flush(a.log, result->last, unknown_from(&a, result->last), err);
  }
  lisi_status closing = jump_log_close(a.log, err);
  if (status == LISI_OK)
    status = closing;
  closing = a.msd != NULL ? msd_log_close(a.msd, err) : LISI_OK;
  if (status == LISI_OK)
    status = closing;
  if (status == LISI_OK)
    status = put_in_place(a.log_temporary, a.log_path, err);
  if (status == LISI_OK && a.msd != NULL)
    status = put_in_place(a.msd_temporary, a.msd_path, err);
  else if (status == LISI_OK)
    (void)unlink(a.msd_path); /* one of an older log would be taken for this one's */
  if (status != LISI_OK) {
    if (a.log_temporary != NULL)
      (void)unlink(a.log_temporary);
    if (a.msd_temporary != NULL)
      (void)unlink(a.msd_temporary);
    free(result->occupancy);
    result->occupancy = NULL;
  }
  site_index_free(a.sites);
  site_index_free(a.references);
  free(a.moving.id);
  free(a.moving.f);
  free(a.host.id);
  free(a.host.f);
  free(a.track);
  free(a.last_site);
  free(a.of_site);
  free(a.origin);
  free(a.origin_sample);
  free(a.log_path);
  free(a.msd_path);
  free(a.log_temporary);
  free(a.msd_temporary);
  return status;
}
