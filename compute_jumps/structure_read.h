/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Structure files: extended XYZ, CIF, LAMMPS data, the first frame of a LAMMPS dump, and site files. */
#ifndef LISI_STRUCTURE_READ_H
#define LISI_STRUCTURE_READ_H

#include "crystal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads `path` (.gz allowed) as what it looks like. mobile: the species that the sites of a site file are given; ntypes
 * names for the numeric types of data files and dumps, as in dump_reader_open (0: data files take the comments of
 * their Masses section, or the number as text). Atoms of a CIF are those of the whole cell; labels come from CIF and
 * site files. Errors name file, line, what was expected and what was found. */
LISI_MUST_CHECK lisi_status structure_load(const char *path, const char *mobile, int ntypes,
                                           const char *const *type_name, crystal *c, lisi_error *err);
/* The same from bytes in memory (all but dumps); bytes[size] must be 0. `name` stands for the file in messages. */
LISI_MUST_CHECK lisi_status structure_parse(const char *bytes, size_t size, const char *name, const char *mobile,
                                            int ntypes, const char *const *type_name, crystal *c, lisi_error *err);
/* One CIF data block (structure_cif.c); structure_parse calls it. */
LISI_MUST_CHECK lisi_status structure_parse_cif(const char *bytes, size_t size, const char *name, crystal *c,
                                                lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
