/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slow modes and metastable sets on the crystal, one picture each. */
#ifndef LISI_MSM_REPORT_MODES_H
#define LISI_MSM_REPORT_MODES_H

#include "report_crystal.h"

enum { REPORT_MODES = 6, MODE_NAME = 24, MODE_SENTENCE = 900 };

/* One picture: a mode, or what a group of modes with the same time scale has in common. */
typedef struct {
  int first, last;              /* time scales, from 0; the same for a single mode */
  bool shared;                  /* colours show the whole group, without signs */
  char edge;                    /* 'a', 'b', 'c' where it was turned to a cell edge, else 0 */
  double time, lo, hi;          /* of the first; lo, hi NaN where unknown */
  char name[MODE_NAME];         /* mode_1: the picture is name.svg, where there is geometry */
  char title[256];              /* "t1 = 120 ps" */
  char sentence[MODE_SENTENCE]; /* which sites exchange; labels as the user wrote them */
} report_mode;

typedef struct {
  int n;
  report_mode mode[REPORT_MODES];
  double lag;
  bool overlap; /* intervals of neighbours overlap: their patterns may be mixed */
} report_modes;

/* Reads the modes of the model (its file, and what model.yaml says of them); n = 0 where there are none. With a crystal
 * their pictures and modes.dat are written. Errors name a file that does not fit. */
LISI_MUST_CHECK lisi_status report_modes_make(const report_data *data, yaml_ref model, const crystal_scene *c,
                                              report_modes *modes, lisi_error *err);
/* Draws the metastable sets of folder/paths.yaml as sets.svg; *drawn tells whether there was something to draw. */
LISI_MUST_CHECK lisi_status report_draw_sets(const report_data *data, yaml_ref metastable, const yaml_doc *paths,
                                             const crystal_scene *c, bool *drawn, lisi_error *err);

#endif
