/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frames of a trajectory, sorted into mobile atoms and framework. */
#ifndef LISI_MSM_SITES_FRAMES_H
#define LISI_MSM_SITES_FRAMES_H

#include "dump_reader.h"
#include "sites_find.h"

typedef struct {
  const sites_options *o;
  dump_reader *reader;
  bool again; /* not the first time: warnings were given */
  int nhost, capacity;
  int64_t *host_id;  /* [nhost] of the first frame */
  int *host_kind;    /* [nhost] species, see dump_reader_species */
  double (*host)[3]; /* [nhost] present unwrapped fractional positions */
  int nmobile;
  double (*mobile)[3]; /* [nmobile] present positions */
  int64_t *mobile_id;  /* [nmobile] of the first frame */
  lattice box, last_box;
  int64_t nframes, first, last;
} sites_frames;

LISI_MUST_CHECK lisi_status sites_frames_open(const sites_options *o, sites_frames *frames, lisi_error *err);
/* Back to the first frame; the ids of the framework stay. */
LISI_MUST_CHECK lisi_status sites_frames_rewind(sites_frames *frames, lisi_error *err);
/* False in *more at the end. */
LISI_MUST_CHECK lisi_status sites_frames_next(sites_frames *frames, bool *more, lisi_error *err);
void sites_frames_close(sites_frames *frames);

#endif
