/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "assign_run.h"

#include "assign_atoms.h"
#include "assign_grid.h"
#include "assign_msd.h"
#include "cli.h"
#include "framework.h"
#include "jump_log.h"
#include "progress.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const assign_options *o;
  assign_summary *sum;
  sample_grid grid;
  dump_reader *reader;
  site_set *sites;
  char *framework;       /* species, separated by commas; NULL: no drift is taken off */
  site_index *index, *references;
  atom_set atoms, frame_atoms;
  atom_track *track;     /* [atoms.n] */
  int *last_site;        /* [atoms.n] the last site an atom was in, 0: none yet */
  double (*f)[3];        /* [max(atoms.n, frame_atoms.n)] */
  double (*r)[3];        /* [atoms.n] Cartesian, for the MSD */
  jump_log *log;
  assign_msd *msd;
  lattice box;           /* of the last sample */
  double nearest_sum;    /* atoms in a site, over samples */
  char temporary[2][4096]; /* log, msd */
  char final_msd[4096];
} job;

/* Species of the framework: what the user says, else what the site file says. */
static lisi_status choose_framework(job *j, lisi_error *err) {
  const site_set *set = j->sites;
  const char *said = j->o->framework;
  if (said != NULL && strcmp(said, "none") == 0)
    return LISI_OK;
  if (set->nframework == 0) {
    if (said != NULL)
      return lisi_fail(err, LISI_ERR_INPUT, "--framework %s is given, but %s holds no framework positions", said,
                       j->o->sites);
    cli_note("%s holds no framework positions, so no drift is taken off", j->o->sites);
    return LISI_OK;
  }
  const size_t room = said != NULL ? strlen(said) + 1 : (size_t)set->nframework * sizeof set->species[0] + 1;
  j->framework = calloc(1, room);
  if (j->framework == NULL)
    return lisi_no_memory(err, room);
  if (said != NULL)
    memcpy(j->framework, said, room);
  for (int k = 0; said == NULL && k < set->nframework; k++)
    if (!name_in_list(j->framework, set->species[k])) {
      if (j->framework[0] != '\0')
        strcat(j->framework, ",");
      strcat(j->framework, set->species[k]);
    }
  if (name_in_list(j->framework, j->o->species))
    return lisi_fail(err, LISI_ERR_INPUT, "%s is tracked and framework (%s) at once; an atom is either", j->o->species,
                     j->framework);
  return LISI_OK;
}

static lisi_status make_references(job *j, lisi_error *err) {
  const site_set *set = j->sites;
  double(*frac)[3] = malloc((size_t)set->nframework * sizeof *frac);
  if (frac == NULL)
    return lisi_no_memory(err, (size_t)set->nframework * sizeof *frac);
  int n = 0;
  for (int k = 0; k < set->nframework; k++)
    if (name_in_list(j->framework, set->species[k]))
      memcpy(frac[n++], set->framework[k], sizeof *frac);
  lisi_status status =
      n == 0 ? lisi_fail(err, LISI_ERR_INPUT, "%s holds no framework positions of %s", j->o->sites, j->framework)
             : site_index_create(n, frac[0], 3, j->sum->replicate, &j->references, err);
  free(frac);
  if (status == LISI_OK)
    status = site_index_set_box(j->references, &j->box, err);
  return status;
}

/* ---- drift ------------------------------------------------------------------------------------------------------ */

static lisi_status find_drift(job *j, const dump_frame *frame, bool first, bool after_gap, lisi_error *err) {
  double rms = 0.0, *drift = j->sum->drift;
  if (j->references == NULL)
    return LISI_OK;
  const int n = j->frame_atoms.n;
  for (int k = 0; k < n; k++)
    memcpy(j->f[k], frame->f[j->frame_atoms.row[k]], sizeof j->f[k]);
  const double(*f)[3] = (const double(*)[3])j->f;
  lisi_status status;
  if (first) {
    status = framework_start(j->references, n, f, drift, &rms, err);
  } else {
    framework_sums sums = {{0}};
    for (int k = 0; k < n; k++)
      framework_add(j->references, drift, f[k], &sums);
    lisi_error why = {0};
    status = framework_finish(j->references, &sums, drift, &rms, &why);
    if (status != LISI_OK && after_gap) /* it may have drifted far meanwhile */
      status = framework_start(j->references, n, f, drift, &rms, err);
    else if (status != LISI_OK)
      status = lisi_fail(err, status, "%s:%ld: step %" PRId64 ": %s", frame->file, frame->line, frame->step, why.message);
  }
  if (rms > j->sum->rms)
    j->sum->rms = rms;
  return status;
}

/* ---- samples ---------------------------------------------------------------------------------------------------- */

/* With the first sample the box is known, and with it all that a log's header needs. */
static lisi_status begin(job *j, const dump_frame *frame, lisi_error *err) {
  const assign_options *o = j->o;
  assign_summary *s = j->sum;
  j->box = frame->box;
  lisi_status status = site_set_replicate(j->sites, &frame->box, o->replicate, s->replicate, err);
  if (status == LISI_OK)
    status = site_index_create(j->sites->nsites, j->sites->site[0].frac, (int)(sizeof(site) / sizeof(double)),
                               s->replicate, &j->index, err);
  if (status == LISI_OK)
    status = site_index_set_box(j->index, &frame->box, err);
  if (status == LISI_OK)
    status = tracker_rule_check(&o->rule, site_index_closest(j->index), err);
  if (status == LISI_OK)
    status = atom_set_pick(j->reader, frame, o->species, &j->atoms, err);
  if (status == LISI_OK && j->framework != NULL)
    status = make_references(j, err);
  if (status == LISI_OK && j->framework != NULL)
    status = atom_set_pick(j->reader, frame, j->framework, &j->frame_atoms, err);
  if (status != LISI_OK)
    return status;
  s->natoms = j->atoms.n;
  s->nframework = j->frame_atoms.n;
  s->nsites = site_index_sites(j->index);
  s->start = frame->step;
  const size_t n = (size_t)j->atoms.n, m = (size_t)j->frame_atoms.n;
  j->track = calloc(n, sizeof *j->track);
  j->last_site = calloc(n, sizeof *j->last_site);
  j->r = malloc(n * sizeof *j->r);
  j->f = malloc((n > m ? n : m) * sizeof *j->f);
  if (j->track == NULL || j->last_site == NULL || j->r == NULL || j->f == NULL)
    return lisi_no_memory(err, n * sizeof *j->track);
  jump_log_header header = {.timestep = s->timestep,
                            .every = s->every,
                            .start = frame->step,
                            .natoms = j->atoms.n,
                            .rule = o->rule,
                            .framework = j->framework != NULL,
                            .temperature = o->temperature,
                            .charge = o->charge,
                            .sites = j->sites};
  memcpy(header.replicate, s->replicate, sizeof header.replicate);
  memcpy(header.cell, frame->box.H, sizeof header.cell);
  status = jump_log_create(j->temporary[0], &header, &j->log, err);
  if (status == LISI_OK && o->msd.spacing > 0)
    status = assign_msd_open(j->temporary[1], &o->msd, s->timestep, s->every, j->atoms.n, &j->msd, err);
  return status;
}

/* A box that is described by other lattice vectors than before would renumber sites. */
static lisi_status check_flip(const job *j, const dump_frame *frame, lisi_error *err) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      double m = 0.0;
      for (int c = 0; c < 3; c++)
        m += j->box.H[i][c] * frame->box.inv[c][k];
      if (lround(m) != (i == k))
        return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                         "%s:%ld: the box was flipped (or changed beyond recognition) between steps %" PRId64
                         " and %" PRId64 "; use flip no in fix npt or fix deform",
                         frame->file, frame->line, j->sum->last, frame->step);
    }
  return LISI_OK;
}

static void note_strain(job *j, const lattice *box) {
  double unit[3], edge[3], angle[3];
  lattice_lengths_angles(j->sites->cell.H, unit, angle);
  lattice_lengths_angles(box->H, edge, angle);
  for (int k = 0; k < 3; k++) {
    const double strain = edge[k] / (j->sum->replicate[k] * unit[k]) - 1.0;
    if (fabs(strain) > fabs(j->sum->strain))
      j->sum->strain = strain;
  }
}

static lisi_status gap(job *j, const dump_frame *frame, lisi_error *err) {
  const jump_event event = {.kind = JUMP_EVENT_BREAK, .r = {.step = frame->step}};
  if (j->sum->breaks++ < 3)
    cli_warn("%s:%ld: frames are missing between steps %" PRId64 " and %" PRId64 " (one every %" PRId64
             " is expected); paths begin anew",
             frame->file, frame->line, j->sum->last, frame->step, j->sum->every);
  memset(j->track, 0, (size_t)j->atoms.n * sizeof *j->track);
  memset(j->last_site, 0, (size_t)j->atoms.n * sizeof *j->last_site);
  if (j->msd != NULL)
    assign_msd_break(j->msd);
  return jump_log_add(j->log, &event, 1, err);
}

static int64_t unknown_from(const job *j, int64_t step) {
  int64_t from = step + 1;
  for (int k = 0; k < j->atoms.n; k++) {
    const int64_t mine = tracker_unknown_from(&j->track[k], step);
    if (mine < from)
      from = mine;
  }
  return from;
}

/* Position, site and state of every tracked atom. */
static lisi_status advance(job *j, const dump_frame *frame, lisi_error *err) {
  const double *drift = j->sum->drift;
  for (int i = 0; i < j->atoms.n; i++) {
    double p[3];
    memcpy(p, frame->f[j->atoms.row[i]], sizeof p);
    for (int k = 0; k < 3; k++)
      p[k] -= drift[k];
    if (j->msd != NULL)
      lattice_vector(&frame->box, p, j->r[i]);
    site_hit hit;
    jump_event event = {.kind = JUMP_EVENT_JUMP};
    site_index_nearest(j->index, p, &hit);
    const bool news = tracker_advance(&j->o->rule, frame->step, &hit, &j->track[i], &event.r);
    j->nearest_sum += j->track[i].site != 0;
    if (!news)
      continue;
    event.r.id = j->atoms.id[i];
    const lisi_status status = jump_log_add(j->log, &event, 1, err);
    if (status != LISI_OK)
      return status;
    const jump_record *r = &event.r;
    if (r->to == 0)
      continue;
    if (j->last_site[i] != 0 && (r->to != j->last_site[i] || r->n[0] != 0 || r->n[1] != 0 || r->n[2] != 0))
      j->sum->jumps++;
    j->last_site[i] = r->to;
  }
  return LISI_OK;
}

static lisi_status sample(job *j, const dump_frame *frame, lisi_error *err) {
  assign_summary *s = j->sum;
  const bool first = s->samples == 0, after_gap = !first && frame->step - s->last != s->every;
  lisi_status status = LISI_OK;
  if (first) {
    status = begin(j, frame, err);
  } else {
    status = check_flip(j, frame, err);
    if (status == LISI_OK)
      status = site_index_set_box(j->index, &frame->box, err);
    if (status == LISI_OK && j->references != NULL)
      status = site_index_set_box(j->references, &frame->box, err);
    if (status == LISI_OK)
      status = atom_set_find(&j->atoms, j->reader, frame, err);
    if (status == LISI_OK && j->references != NULL)
      status = atom_set_find(&j->frame_atoms, j->reader, frame, err);
  }
  if (status == LISI_OK)
    status = find_drift(j, frame, first, after_gap, err);
  if (status == LISI_OK && after_gap)
    status = gap(j, frame, err);
  if (status == LISI_OK)
    status = advance(j, frame, err);
  if (status != LISI_OK)
    return status;
  jump_log_sampled(j->log, frame->box.H);
  if (jump_log_flush_due(frame->step, s->every, j->o->flush))
    status = jump_log_flush(j->log, frame->step, unknown_from(j, frame->step), err);
  if (status == LISI_OK && j->msd != NULL)
    status = assign_msd_sample(j->msd, frame->step, (const double(*)[3])j->r, err);
  note_strain(j, &frame->box);
  j->box = frame->box;
  s->last = frame->step;
  s->samples++;
  return status;
}

static lisi_status all_frames(job *j, lisi_error *err) {
  assign_summary *s = j->sum;
  progress bar = progress_start("assign");
  lisi_status status = LISI_OK;
  while (status == LISI_OK) {
    dump_frame *frame;
    status = dump_reader_next(j->reader, &frame, err);
    if (status != LISI_OK)
      break;
    for (const char *text; (text = dump_reader_warning(j->reader)) != NULL;) {
      progress_end(&bar);
      cli_warn("%s", text);
    }
    if (frame == NULL)
      break;
    s->frames++;
    if (frame->step % s->every == j->grid.residue)
      status = sample(j, frame, err);
    else
      s->skipped++;
    progress_update(&bar, dump_reader_progress(j->reader), 1.0);
    if (status == LISI_OK && progress_interrupted())
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted; nothing was written");
  }
  progress_end(&bar);
  return status;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static lisi_status finish(job *j, lisi_error *err) {
  assign_summary *s = j->sum;
  if (s->samples == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: no frame lies at a step that is a multiple of %" PRId64 " (--every)",
                     j->o->files[0], s->every);
  if (s->samples > 1 && s->breaks == s->samples - 1)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: no two frames are %" PRId64 " steps apart; give --every N",
                     j->o->files[0], s->every);
  if (s->breaks > 3)
    cli_warn("frames are missing in %" PRId64 " places in all", s->breaks);
  if (s->skipped > 0)
    cli_note("%" PRId64 " of %" PRId64 " frames are off the grid of one sample every %" PRId64 " steps and were left out",
             s->skipped, s->frames, s->every);
  s->in_site = j->nearest_sum / ((double)s->samples * (double)s->natoms);
  lisi_status status = jump_log_flush(j->log, s->last, unknown_from(j, s->last), err);
  const lisi_status closed = jump_log_close(j->log, err), closed_msd = assign_msd_close(j->msd, err);
  const bool with_msd = j->msd != NULL;
  j->log = NULL;
  j->msd = NULL;
  if (status == LISI_OK)
    status = closed != LISI_OK ? closed : closed_msd;
  if (status != LISI_OK)
    return status;
  /* An old file of another log must not stay beside the new one. */
  if (with_msd ? rename(j->temporary[1], j->final_msd) != 0 : unlink(j->final_msd) != 0 && errno != ENOENT)
    return lisi_fail(err, LISI_ERR_IO, "%s: cannot be written: %s", j->final_msd, strerror(errno));
  if (rename(j->temporary[0], j->o->out) != 0)
    return lisi_fail(err, LISI_ERR_IO, "%s: cannot be written: %s", j->o->out, strerror(errno));
  return LISI_OK;
}

static lisi_status name_files(job *j, lisi_error *err) {
  const char *out = j->o->out;
  const size_t length = strlen(out);
  if (length > 3 && strcmp(out + length - 3, ".gz") == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "-o %s: logs are written as plain text; leave out .gz", out);
  if (length > sizeof j->final_msd - 40)
    return lisi_fail(err, LISI_ERR_INPUT, "-o: the name is too long");
  (void)snprintf(j->final_msd, sizeof j->final_msd, "%s.msd", out);
  (void)snprintf(j->temporary[0], sizeof j->temporary[0], "%s.tmp.%ld", out, (long)getpid());
  (void)snprintf(j->temporary[1], sizeof j->temporary[1], "%s.msd.tmp.%ld", out, (long)getpid());
  return LISI_OK;
}

lisi_status assign_run(const assign_options *options, assign_summary *summary, lisi_error *err) {
  *summary = (assign_summary){0};
  job *j = calloc(1, sizeof *j);
  if (j == NULL)
    return lisi_no_memory(err, sizeof *j);
  j->o = options;
  j->sum = summary;
  lisi_status status = name_files(j, err);
  if (status == LISI_OK)
    status = site_set_load(options->sites, &j->sites, err);
  if (status == LISI_OK)
    status = choose_framework(j, err);
  if (status == LISI_OK)
    status = sample_grid_find(options, &j->grid, err);
  if (status == LISI_OK) {
    summary->every = j->grid.every;
    summary->timestep = j->grid.timestep;
    status = assign_open_dumps(options, &j->reader, err);
  }
  if (status == LISI_OK)
    status = all_frames(j, err);
  if (status == LISI_OK)
    status = finish(j, err);
  lisi_error after = {0}; /* closing what failed before cannot tell more */
  if (jump_log_close(j->log, &after) != LISI_OK || assign_msd_close(j->msd, &after) != LISI_OK)
    status = status != LISI_OK ? status : lisi_fail(err, after.status, "%s", after.message);
  if (j->temporary[0][0] != '\0') {
    (void)unlink(j->temporary[0]);
    (void)unlink(j->temporary[1]);
  }
  dump_reader_close(j->reader);
  site_set_free(j->sites);
  site_index_free(j->index);
  site_index_free(j->references);
  atom_set_free(&j->atoms);
  atom_set_free(&j->frame_atoms);
  free(j->framework);
  free(j->track);
  free(j->last_site);
  free(j->f);
  free(j->r);
  free(j);
  return status;
}
