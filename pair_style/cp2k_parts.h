/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the CP2K reader share: lines of text, units, and what stands in an output, in an input and in the
 * files of a trajectory. All lengths are Angstrom, energies eV, forces eV/Angstrom, stresses eV/Angstrom^3 (positive
 * under compression, as CP2K prints them). */
#ifndef LISI_CP2K_PARTS_H
#define LISI_CP2K_PARTS_H

#include "cp2k_read.h"

#define CP2K_HARTREE 27.211386245988 /* eV */
#define CP2K_BOHR 0.529177210903     /* Angstrom */
#define CP2K_GPA 160.2176634         /* GPa in 1 eV/Angstrom^3 */

/* ---- lines ---- */

enum { CP2K_LINE = 1024, CP2K_WORDS = 16 };

/* A cursor over the lines of a text; longer lines are cut. */
typedef struct {
  const char *at, *end, *name;
  int number;           /* of the line in `text`, from 1 */
  char text[CP2K_LINE]; /* without white space at both ends */
  char copy[CP2K_LINE]; /* what `word` points into */
  int nwords;
  char *word[CP2K_WORDS];
} cp2k_lines;

cp2k_lines cp2k_lines_of(const char *bytes, size_t size, const char *name);
/* The next line, or false. */
bool cp2k_next(cp2k_lines *in);
/* Splits the line at white space into `word`; words past CP2K_WORDS are dropped. */
void cp2k_split(cp2k_lines *in);
/* Whether the line begins with `text`. */
bool cp2k_begins(const cp2k_lines *in, const char *text);
/* A finite number and nothing else; also with Fortran's D in the exponent. */
bool cp2k_number(const char *text, double *value);
/* An element from an atom's label: its letters, at most two (Li, Li1, SI, Si_a). */
bool cp2k_element(const char *label, char symbol[4]);
/* Room for one more item of `size` bytes in a list that holds n; doubles. */
LISI_MUST_CHECK lisi_status cp2k_grow(void *list, int n, int *room, size_t size, lisi_error *err);

/* ---- units; false where a name is not known ---- */
bool cp2k_unit_energy(const char *name, double *factor);
bool cp2k_unit_force(const char *name, double *factor);
bool cp2k_unit_pressure(const char *name, double *factor);
bool cp2k_unit_length(const char *name, double *factor);

/* ---- the output ---- */

typedef struct {
  int line;
  double energy;
  bool unconverged;
  bool initial; /* the first one of its run */
  int nforces;
  double *force;     /* [nforces][3] */
  char (*symbol)[4]; /* [nforces], NULL where the table has none */
  bool has_stress;
  double stress[9];
} cp2k_eval;

/* What the output of one run says. */
typedef struct {
  int line; /* where it begins */
  char type[32], project[256], input[256], ensemble[32];
  bool ended, unconverged; /* unconverged: after the last evaluation, so that the run ended for it */
  int unconverged_line;
  int environments;
  int natoms; /* table ATOMIC COORDINATES, 0 where there is none */
  char (*symbol)[4];
  double *pos;
  bool has_printed, along_axes; /* cell as printed: components to three decimals, lengths to six */
  double printed[9], length[3];
  bool has_cell; /* exact enough to be used */
  double cell[9];
  bool has_pbc, pbc[3];
  int neval, room;
  cp2k_eval *eval;
} cp2k_run;

typedef struct {
  int nruns, room;
  cp2k_run *run;
} cp2k_output;

LISI_MUST_CHECK lisi_status cp2k_output_parse(const char *bytes, size_t size, const char *name, cp2k_output *out,
                                              lisi_error *err);
void cp2k_output_free(cp2k_output *out);

/* ---- the input ---- */

enum { CP2K_KINDS = 100 };

typedef struct {
  bool has_cell, pbc[3];
  double cell[9];
  int natoms; /* of &COORD */
  char (*symbol)[4];
  double *pos;
  bool scaled;
  bool restart;              /* positions and cell come from a restart file */
  char coord_file[256];      /* of &TOPOLOGY, "" where there is none */
  char coord_format[32];     /* in capitals */
  char group[64];            /* config_type of that file, "" where it has none */
  double pos_unit, frc_unit; /* factors of the trajectory files, NaN where the unit is not known */
  int nkinds;
  struct {
    char label[32], element[4];
  } kind[CP2K_KINDS];
  bool reftraj_cell;         /* &MD/&REFTRAJ/VARIABLE_VOLUME */
  char unclear[200];         /* why positions or cell of this input are not to be used; "" where they are */
} cp2k_input;

/* Sections that have no part in where the atoms are may hold anything. @SET, variables and @INCLUDE are followed; other
 * directives make the input unclear. */
LISI_MUST_CHECK lisi_status cp2k_input_parse(const char *bytes, size_t size, const char *name,
                                             const cp2k_folder *folder, cp2k_input *out, lisi_error *err);
/* The element of an atom's label: that of its &KIND, or its letters. */
bool cp2k_input_element(const cp2k_input *in, const char *label, char symbol[4]);
void cp2k_input_free(cp2k_input *in);

/* ---- trajectory files ---- */

/* One frame of a file of vectors (positions or forces) by atom, or of a file of numbers by step. */
typedef struct {
  long step;
  int line;
  bool has_energy;
  double energy; /* hartree, as printed */
  int natoms;
  char (*symbol)[4];
  double *value; /* [natoms][3], or [9] */
} cp2k_step;

typedef struct {
  int nsteps, room, cut; /* cut: frames that end too early, left out */
  cp2k_step *step;       /* in order of the step, each once: the later of two in the file */
} cp2k_steps;

/* PROJECT-pos-1.xyz or -frc-1.xyz, numbers as they stand there. */
LISI_MUST_CHECK lisi_status cp2k_steps_xyz(const char *bytes, size_t size, const char *name, cp2k_steps *out,
                                           lisi_error *err);
/* PROJECT-1.cell: step, time and nine numbers (Angstrom) a line, below a line of headings. */
LISI_MUST_CHECK lisi_status cp2k_steps_cell(const char *bytes, size_t size, const char *name, cp2k_steps *out,
                                            lisi_error *err);
const cp2k_step *cp2k_steps_find(const cp2k_steps *in, long step);
void cp2k_steps_free(cp2k_steps *in);

#endif
