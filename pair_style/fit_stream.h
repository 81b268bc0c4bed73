/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From frames to the triangles of fit_triangle.h: the rows of a few frames at a time are made, weighted and folded in,
 * and forgotten. The memory depends on the number of functions, of triangles and of atoms in the largest frame, not on
 * the number of frames. */
#ifndef LISI_FIT_STREAM_H
#define LISI_FIT_STREAM_H

#include "fit_design.h"
#include "fit_triangle.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns of the triangles: `nfree` counts of atoms first, then those of the basis. Count e of energy zero k is column
 * k * nelements + e: it stands in the energy rows of the frames with zero[frame] = k and nowhere else, and its
 * coefficient is what that data set's energies have more for each atom of element e, eV. */
typedef struct {
  const fit_basis *basis;
  int nframes;
  const fit_environment_frame *frame; /* [nframes] */
  const fit_weight *weight;           /* [nframes] */
  const int *part;                    /* [nframes] the triangle that a frame goes into; < 0: none */
  int nparts;
  const int *zero; /* [nframes] or NULL; < 0: the energy zero is that of the model */
  int nfree;       /* number of energy zeros times nelements */
} fit_stream_frames;

/* Makes part[nparts] (each with fit_triangle_make; free them with fit_triangle_free, also after a failure). `label` is
 * for the progress bar. Threads share the frames and the columns; their number changes no bit of the result. Ends with
 * LISI_ERR_CANCELLED when the user interrupts. */
LISI_MUST_CHECK lisi_status fit_stream(const fit_stream_frames *frames, const char *label, fit_triangle *part,
                                       lisi_error *err);

/* Adds the rows of one frame to a triangle of ncolumns = those of the rows, for callers that have them. */
LISI_MUST_CHECK lisi_status fit_stream_rows(const fit_rows *rows, const fit_weight *weight, fit_triangle *t,
                                            lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
