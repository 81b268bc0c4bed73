/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS text dumps (dump atom, dump custom), plain or .gz, several files in a row, frame by frame in memory that does
 * not grow with their length. */
#ifndef LISI_DUMP_READER_H
#define LISI_DUMP_READER_H

#include "lattice.h"
#include "lisi_status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dump_reader dump_reader;

typedef struct {
  int64_t step;
  bool has_time; /* the frame has an ITEM: TIME */
  double time;   /* ps */
  lattice box;   /* flips of a triclinic box are undone (box_flip.h): edge vectors that go on from frame to frame */
  int natoms;
  int64_t *id;    /* [natoms] rising */
  int *species;   /* [natoms] index of the name, see dump_reader_species */
  double (*f)[3]; /* [natoms] unwrapped fractional position in this frame's box: the same numbers that lattice_frac and
                     the image flags give in a run */
  const char *file;
  long line; /* where the frame begins */
} dump_frame;

/* nfiles >= 1 files in the order of time; where they overlap (restarts) the later file wins. ntypes names for the
 * numeric types 1..ntypes (0: the element column decides, or without one the species is the type's number as text).
 * Every file is opened and looked at; one of several without a whole frame is left out with a warning. Errors: a file
 * that cannot be read; no frame in any; files out of order. */
LISI_MUST_CHECK lisi_status dump_reader_open(int nfiles, const char *const *files, int ntypes,
                                             const char *const *type_name, dump_reader **reader, lisi_error *err);
void dump_reader_close(dump_reader *reader); /* accepts NULL */
/* For those to whom images mean nothing: wrapped positions stay as the file has them, and nobody is warned of large
 * steps. */
void dump_reader_leave_wrapped(dump_reader *reader);
/* Before the first frame: the box it is a flip of, where the run before has flipped it already. */
void dump_reader_goes_on_from(dump_reader *reader, const double H[3][3]);

/* The next frame in *frame (owned by the reader, good until the next call), NULL at the end. Positions: x, xs, xu or
 * xsu; image flags ix iy iz are used with x and xs; wrapped positions without them are unwrapped by the nearest image
 * of the same atom's last position. Errors name file and line: missing columns (ids, positions, type or element), an id
 * twice, anything that is not a number, a box that is no box or not periodic, units other than metal and real, steps
 * that go back. A cut-off last frame is dropped with a warning. */
LISI_MUST_CHECK lisi_status dump_reader_next(dump_reader *reader, dump_frame **frame, lisi_error *err);

int dump_reader_nspecies(const dump_reader *reader); /* names met so far */
const char *dump_reader_species(const dump_reader *reader, int k);

/* Warnings (cut-off frame; unwrapping steps above a quarter of the box), one a call, NULL when there are no more. */
const char *dump_reader_warning(dump_reader *reader);
/* How much has been read, 0..1, for progress. */
double dump_reader_progress(const dump_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
