/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reference data: frames of an extended XYZ file, or of the output of CP2K (cp2k_read.h), with energies, forces and
 * virials. Units: eV, Angstrom, eV/Angstrom; virials in eV, positive under compression (virial = -dE/d strain). */
#ifndef LISI_XYZ_READ_H
#define LISI_XYZ_READ_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int natoms;
  int line;       /* where its comment line (of CP2K: its energy) stands, from 1 */
  double cell[9]; /* rows a, b, c */
  bool pbc[3];    /* all true where the file does not say */
  int *species;   /* [natoms] index into the set's species */
  double *pos;    /* [natoms][3] */
  double *force;  /* [natoms][3], NULL where the frame has none */
  bool has_energy, has_virial;
  double energy;
  double virial[9];
  char group[64]; /* config_type, "default" where there is none */
  char *other;    /* what else the comment line says, as key=value pairs with blanks between; NULL where nothing */
} xyz_frame;

typedef struct {
  char *name;
  int nframes;
  xyz_frame *frame;
  int nspecies;
  char (*symbol)[4]; /* [nspecies] in order of appearance */
  char *notes;       /* what the user should know of this file, a line each; NULL or "" where there is nothing */
} xyz_set;

/* The names under which the file keeps its quantities; NULL is the usual name: "energy", "forces", "virial", "stress"
 * (eV/Angstrom^3, positive under tension, 6 numbers xx yy zz yz xz xy or 9; used where a frame has no virial) and
 * "config_type". */
typedef struct {
  const char *energy, *forces, *virial, *stress, *group;
} xyz_keys;

/* Reads a file held in memory; `name` stands for it in messages. Every problem (missing Lattice, a wrong number of
 * columns, a number that is none or not finite, fewer atoms than announced, two atoms at the same place) is an error
 * with file and line. Energies, forces and virials may be absent: the caller asks for what it needs. keys may be NULL.
 * An output of CP2K, known by its content, is read by cp2k_parse_file(). Free with xyz_free. */
LISI_MUST_CHECK lisi_status xyz_parse(const char *bytes, size_t size, const char *name, const xyz_keys *keys,
                                      xyz_set **set, lisi_error *err);
/* The same from a file, plain or gzip-compressed. */
LISI_MUST_CHECK lisi_status xyz_load(const char *path, const xyz_keys *keys, xyz_set **set, lisi_error *err);
/* A frame whose SCF did not converge (in XYZ: the key scf_converged or converged is F) is an error for the above; this
 * one leaves it out, with a line in set->notes, so that a set may have no frames. */
LISI_MUST_CHECK lisi_status xyz_load_converged(const char *path, const xyz_keys *keys, xyz_set **set, lisi_error *err);
void xyz_free(xyz_set *set);

/* The index of an element in set->symbol, where it is added if it is new. */
LISI_MUST_CHECK lisi_status xyz_set_species(xyz_set *set, const char *symbol, int *index, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
