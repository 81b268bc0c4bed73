/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sites_frames.h"

#include "cli.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SPECIES = 1000 };

static lisi_status open_reader(sites_frames *s, lisi_error *err) {
  return dump_reader_open(s->o->nfiles, s->o->files, s->o->ntypes, s->o->type_name, &s->reader, err);
}

lisi_status sites_frames_open(const sites_options *o, sites_frames *frames, lisi_error *err) {
  memset(frames, 0, sizeof *frames);
  frames->o = o;
  return open_reader(frames, err);
}

lisi_status sites_frames_rewind(sites_frames *frames, lisi_error *err) {
  dump_reader_close(frames->reader);
  frames->reader = NULL;
  frames->nframes = 0;
  frames->again = true;
  return open_reader(frames, err);
}

void sites_frames_close(sites_frames *frames) {
  dump_reader_close(frames->reader);
  free(frames->host_id);
  free(frames->host_kind);
  free(frames->host);
  free(frames->mobile);
  free(frames->mobile_id);
  memset(frames, 0, sizeof *frames);
}

static bool is_host(const sites_options *o, const char *species) {
  if (o->framework == NULL)
    return strcmp(species, o->species) != 0;
  return crystal_in_list(o->framework, species) != 0;
}

static lisi_status learn_host(sites_frames *s, int64_t id, int kind, lisi_error *err) {
  if (s->nhost == s->capacity) {
    const int capacity = s->capacity < 64 ? 64 : 2 * s->capacity;
    const size_t n = (size_t)capacity;
    int64_t *ids = realloc(s->host_id, n * sizeof *ids);
    if (ids != NULL)
      s->host_id = ids;
    int *kinds = realloc(s->host_kind, n * sizeof *kinds);
    if (kinds != NULL)
      s->host_kind = kinds;
    double(*f)[3] = realloc(s->host, n * sizeof *f);
    if (f != NULL)
      s->host = f;
    if (ids == NULL || kinds == NULL || f == NULL)
      return lisi_no_memory(err, n * sizeof *f);
    s->capacity = capacity;
  }
  s->host_id[s->nhost] = id;
  s->host_kind[s->nhost++] = kind;
  return LISI_OK;
}

/* The mobile atoms of all frames are those of the first: one that vanishes would make all sites emptier. */
static lisi_status take_mobile(sites_frames *s, const dump_frame *frame, int k, int at, bool learn, lisi_error *err) {
  const int64_t id = frame->id[k];
  if (learn)
    s->mobile_id[s->nmobile++] = id;
  if (at >= s->nmobile || id < s->mobile_id[at])
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: step %" PRId64 " holds atom %" PRId64 " (%s), which is not in the first frame",
                     frame->file, frame->line, frame->step, id, s->o->species);
  if (id > s->mobile_id[at])
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom %" PRId64 " of the first frame is missing at step %" PRId64,
                     frame->file, frame->line, s->mobile_id[at], frame->step);
  memcpy(s->mobile[at], frame->f[k], sizeof frame->f[k]);
  return LISI_OK;
}

static lisi_status sort_atoms(sites_frames *s, const dump_frame *frame, bool learn, lisi_error *err) {
  char what[MAX_SPECIES];
  const int nspecies = dump_reader_nspecies(s->reader);
  for (int k = 0; k < nspecies && k < MAX_SPECIES; k++) {
    const char *name = dump_reader_species(s->reader, k);
    const bool moves = strcmp(name, s->o->species) == 0, host = is_host(s->o, name);
    if (moves && host)
      return lisi_fail(err, LISI_ERR_INPUT, "%s is both the mobile species and part of the framework", name);
    what[k] = moves ? 'm' : host ? 'h' : '-';
  }
  if (learn && s->mobile == NULL) {
    const size_t n = (size_t)frame->natoms + 1;
    s->mobile = malloc(n * sizeof *s->mobile);
    s->mobile_id = malloc(n * sizeof *s->mobile_id);
    if (s->mobile == NULL || s->mobile_id == NULL)
      return lisi_no_memory(err, n * sizeof *s->mobile);
  }
  int host = 0, mobile = 0;
  for (int k = 0; k < frame->natoms; k++) {
    lisi_status status = LISI_OK;
    if (what[frame->species[k]] == 'm')
      status = take_mobile(s, frame, k, mobile++, learn, err);
    else if (what[frame->species[k]] == 'h' && learn)
      status = learn_host(s, frame->id[k], frame->species[k], err);
    if (status != LISI_OK)
      return status;
    if (what[frame->species[k]] != 'h')
      continue;
    if (host >= s->nhost || frame->id[k] != s->host_id[host])
      return lisi_fail(err, LISI_ERR_INPUT,
                       "%s:%ld: step %" PRId64 ": the framework atoms are not those of the first frame (atom %" PRId64
                       " is out of place)",
                       frame->file, frame->line, frame->step, frame->id[k]);
    memcpy(s->host[host++], frame->f[k], sizeof frame->f[k]);
  }
  if (host < s->nhost)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: step %" PRId64 ": expected %d framework atoms as in the first frame, found %d",
                     frame->file, frame->line, frame->step, s->nhost, host);
  if (mobile < s->nmobile)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: atom %" PRId64 " of the first frame is missing at step %" PRId64,
                     frame->file, frame->line, s->mobile_id[mobile], frame->step);
  return LISI_OK;
}

/* Each element of --framework has an atom in the frame: a misspelt one would be left out in silence. */
static lisi_status check_framework(const sites_frames *s, const dump_frame *frame, lisi_error *err) {
  const char *list = s->o->framework;
  if (list == NULL || strcmp(list, "none") == 0)
    return LISI_OK;
  for (size_t n; *list != '\0'; list += n + (list[n] == ',')) {
    n = strcspn(list, ",");
    bool there = n == 0;
    for (int k = 0; k < frame->natoms && !there; k++) {
      const char *name = dump_reader_species(s->reader, frame->species[k]);
      there = strlen(name) == n && memcmp(name, list, n) == 0;
    }
    if (!there)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: --framework: no atom of species %.*s", frame->file, frame->line,
                       (int)n, list);
  }
  return LISI_OK;
}

static lisi_status check_first(const sites_frames *s, const dump_frame *frame, lisi_error *err) {
  if (s->nmobile == 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: no atom of species %s (--species, or --map 1=Li,2=Si for numeric "
                     "types)",
                     frame->file, frame->line, s->o->species);
  if (s->nhost == 0 && (s->o->framework == NULL || strcmp(s->o->framework, "none") != 0))
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%ld: no atom of the framework (%s): without it the drift cannot be taken off; dump these "
                     "atoms as well, tell their elements (--framework, or --map for numeric types), or say "
                     "--framework none",
                     frame->file, frame->line, s->o->framework != NULL ? s->o->framework : "any other species");
  return check_framework(s, frame, err);
}

/* Sites are fixed in fractions of the box vectors: other vectors would be another numbering. */
static lisi_status check_box(const sites_frames *s, const dump_frame *frame, lisi_error *err) {
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 3; k++) {
      double m = 0.0;
      for (int c = 0; c < 3; c++)
        m += s->last_box.H[i][c] * frame->box.inv[c][k];
      if (fabs(m - (i == k)) >= 0.5)
        return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%ld: the box changed beyond recognition before step %" PRId64,
                         frame->file, frame->line, frame->step);
    }
  return LISI_OK;
}

lisi_status sites_frames_next(sites_frames *s, bool *more, lisi_error *err) {
  for (;;) {
    dump_frame *frame;
    lisi_status status = dump_reader_next(s->reader, &frame, err);
    for (const char *text; (text = dump_reader_warning(s->reader)) != NULL;)
      if (!s->again)
        cli_warn("%s", text);
    *more = frame != NULL;
    if (status != LISI_OK || frame == NULL)
      return status;
    if (frame->step < s->o->from)
      continue;
    const bool first = s->nframes == 0;
    status = sort_atoms(s, frame, first && !s->again, err);
    if (status == LISI_OK && first)
      status = check_first(s, frame, err);
    if (status == LISI_OK && !first)
      status = check_box(s, frame, err);
    if (status != LISI_OK)
      return status;
    s->box = s->last_box = frame->box;
    if (first)
      s->first = frame->step;
    s->last = frame->step;
    s->nframes++;
    return LISI_OK;
  }
}
