/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lisi-msm sites writes and prints. */
#ifndef LISI_MSM_SITES_FILES_H
#define LISI_MSM_SITES_FILES_H

#include "sites_find.h"

/* Before anything is read: LISI_ERR_INPUT where a file that sites_write(path) or sites_write_cube(density) makes would
 * replace an input or another output, or cannot be written. Both names may be NULL. */
LISI_MUST_CHECK lisi_status sites_check_outputs(const sites_options *o, const char *path, const char *density,
                                                lisi_error *err);
/* The site file `path`, and beside it (the ending .yaml replaced) .cif, .xyz and the picture: .svg, .gp and its data.
 */
LISI_MUST_CHECK lisi_status sites_write(const sites_options *o, const sites_result *r, const char *path,
                                        lisi_error *err);
LISI_MUST_CHECK lisi_status sites_write_cube(const sites_options *o, const sites_result *r, const char *path,
                                             lisi_error *err);
/* The picture (sites_picture.c): base.svg, base.gp, base.dat and, with a trajectory, base-density.dat. */
LISI_MUST_CHECK lisi_status sites_draw(const sites_options *o, const sites_result *r, const char *base,
                                       lisi_error *err);
/* The table or the JSON tree on standard output (sites_print.c). `out` may be NULL. */
LISI_MUST_CHECK lisi_status sites_show(const sites_options *o, const sites_result *r, bool json, const char *out,
                                       lisi_error *err);

#endif
