/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reference data straight from the output of CP2K (https://www.cp2k.org; formats of 2023.1 to 2026.1): single points,
 * and the trajectories of MD and of optimisations. xyz_load() calls this where a file is such an output, so that every
 * place that takes extended XYZ takes it as well.
 *
 * Single points (RUN_TYPE ENERGY_FORCE): energy, forces and stress are those of the output. The positions are those of
 * the input file that the output names (&COORD, or the XYZ file of &TOPOLOGY), looked for in the folder of the output;
 * without it those of the table ATOMIC COORDINATES, which stands in the output from PRINT_LEVEL MEDIUM on.
 *
 * MD: PROJECT-pos-1.xyz, PROJECT-frc-1.xyz and PROJECT-1.cell in the folder of the output, frames by step; a step that
 * comes again in a file (after a restart) replaces the earlier one. A step is used when all files have it, and when the
 * output has an evaluation of its energy, because only the output says whether the SCF converged. The stress is that of
 * the output: PROJECT-1.stress has the kinetic part (the momenta of the atoms) in it, which belongs to no potential.
 * GEO_OPT, CELL_OPT: the same, but the forces are those of the output, too: at the end of a line search CP2K writes the
 * forces and the stress of the point before into its files.
 *
 * Units: 1 hartree = 27.211386245988 eV, 1 bohr = 0.529177210903 Angstrom (CODATA 2018, as the data that ship). CP2K
 * itself has CODATA 2006, 9e-8 below in the hartree. */
#ifndef LISI_CP2K_READ_H
#define LISI_CP2K_READ_H

#include "xyz_read.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the files beside an output come from. `get` gives the one called `name` (relative to the output's folder,
 * free() it), or *bytes = NULL where there is none. */
typedef struct {
  lisi_status (*get)(void *context, const char *name, char **bytes, size_t *size, lisi_error *err);
  void *context;
} cp2k_folder;

/* Whether these bytes are the output of CP2K, judged by what stands in them. */
bool cp2k_recognised(const char *bytes, size_t size);

/* Reads the outputs of one or more runs, one after the other in one file; `name` stands for the file in messages, and
 * the line of a frame is that of its energy. The group of a frame is config_type=... in the title of the coordinate
 * file, or else the name of the project. An SCF that did not converge, a single point that did not end, one without
 * forces, positions that are not to be found, files of other atoms, units that are not known: an error that names file
 * and line. With `skip` the frames that did not converge or did not end are left out. What is left out, and why a frame
 * has no virial, stands in (*set)->notes. A frame without printed stress has no virial. Free with xyz_free. */
LISI_MUST_CHECK lisi_status cp2k_parse(const char *bytes, size_t size, const char *name, const cp2k_folder *folder,
                                       bool skip, xyz_set **set, lisi_error *err);
/* The same, the other files from the folder of the path `name`, plain or gzip-compressed. */
LISI_MUST_CHECK lisi_status cp2k_parse_file(const char *bytes, size_t size, const char *name, bool skip, xyz_set **set,
                                            lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
