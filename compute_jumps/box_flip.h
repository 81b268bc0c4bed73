/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Box flips. When a triclinic box gets too skewed LAMMPS takes other edge vectors for the same lattice (fix npt, fix
 * deform with flip yes): H_flipped = M^-1 . H, M an integer matrix of determinant +-1. Atoms stay where they are, their
 * fractional coordinates and images are numbered anew. A trajectory is followed by undoing it, frame by frame: the box
 * H = M . H_flipped goes on where the last one was, and so do f = f_flipped . M^-1. */
#ifndef LISI_BOX_FLIP_H
#define LISI_BOX_FLIP_H

#include "lattice.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* M = round(H . H_now^-1), the flip that took place between the boxes with rows `H` (the last frame, flips undone) and
 * `now`. True where M is a flip: whole numbers of determinant 1 or -1 that fit within a quarter (a box may breathe
 * between two frames), M the unit matrix included. `whole` (may be NULL) receives M, also where it is none. */
bool box_flip_find(const double H[3][3], const lattice *now, int whole[3][3]);
bool box_flip_is_none(const int M[3][3]);

/* Undoes M on a box (same origin), and on the fractional positions f[n][3] in it; exact but for rounding. */
LISI_MUST_CHECK lisi_status box_flip_undo(const int M[3][3], lattice *box, int n, double (*f)[3], lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
