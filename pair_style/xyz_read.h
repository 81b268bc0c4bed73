/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reference data: frames of an extended XYZ file with energies, forces and virials. Units: eV, Angstrom, eV/Angstrom;
 * virials in eV, positive under compression (virial = -dE/d strain). */
#ifndef LISI_XYZ_READ_H
#define LISI_XYZ_READ_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int natoms;
  int line;       /* where its comment line stands, from 1 */
  double cell[9]; /* rows a, b, c */
  bool pbc[3];    /* all true where the file does not say */
  int *species;   /* [natoms] index into the set's species */
  double *pos;    /* [natoms][3] */
  double *force;  /* [natoms][3], NULL where the frame has none */
  bool has_energy, has_virial;
  double energy;
  double virial[9];
  char group[64]; /* config_type, "default" where there is none */
} xyz_frame;

typedef struct {
  char *name;
  int nframes;
  xyz_frame *frame;
  int nspecies;
  char (*symbol)[4]; /* [nspecies] in order of appearance */
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
 * Free with xyz_free. */
LISI_MUST_CHECK lisi_status xyz_parse(const char *bytes, size_t size, const char *name, const xyz_keys *keys,
                                      xyz_set **set, lisi_error *err);
/* The same from a file, plain or gzip-compressed. */
LISI_MUST_CHECK lisi_status xyz_load(const char *path, const xyz_keys *keys, xyz_set **set, lisi_error *err);
void xyz_free(xyz_set *set);

#ifdef __cplusplus
}
#endif
#endif
