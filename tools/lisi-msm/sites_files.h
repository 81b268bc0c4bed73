/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lisi-msm sites writes and prints. */
#ifndef LISI_MSM_SITES_FILES_H
#define LISI_MSM_SITES_FILES_H

#include "out_file.h"
#include "sites_find.h"

#include <stdio.h>

/* Before anything is read: LISI_ERR_INPUT where a file that sites_write makes would
 * replace an input or another output, or cannot be written. Both names may be NULL. */
LISI_MUST_CHECK lisi_status sites_check_outputs(const sites_options *o, const char *path, const char *density,
                                                lisi_error *err);
/* The site file `path`, and beside it (the ending .yaml replaced) .cif, .xyz and the picture: .svg, .gp and its data;
 * the density as a Gaussian cube file. Either name may be NULL. All files or, after an error, none. */
LISI_MUST_CHECK lisi_status sites_write(const sites_options *o, const sites_result *r, const char *path,
                                        const char *density, lisi_error *err);

/* Files that are put in place together. */
typedef struct {
  int n;
  out_file *file[8];
} sites_outputs;
/* The next of them; *f is where to print. */
LISI_MUST_CHECK lisi_status sites_outputs_open(sites_outputs *set, const char *path, FILE **f, lisi_error *err);

/* The picture (sites_picture.c): base.gp, base.dat and, with a trajectory, base-density.dat are written, then, when
 * they are in place, base.svg is drawn. */
LISI_MUST_CHECK lisi_status sites_write_picture(const sites_options *o, const sites_result *r, const char *base,
                                                sites_outputs *set, lisi_error *err);
void sites_draw_picture(const char *base);
/* The table or the JSON tree on standard output (sites_print.c). `out` may be NULL. */
LISI_MUST_CHECK lisi_status sites_show(const sites_options *o, const sites_result *r, bool json, const char *out,
                                       lisi_error *err);

#endif
