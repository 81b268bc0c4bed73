/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that all commands that read dumps have. Errors (LISI_ERR_INPUT) name the option and what was found. */
#ifndef LISI_MSM_DUMP_OPTIONS_H
#define LISI_MSM_DUMP_OPTIONS_H

#include "cli.h"

enum { MAX_TYPES = 256 };

typedef struct {
  int n;
  char text[MAX_TYPES][16];
  const char *name[MAX_TYPES];
} type_map;

/* "1=Li,2=Si" (NULL: no names) into the names of types 1 .. n; a type in between that has none gets its number. The
 * names point into the map, which has to stay where it is. */
LISI_MUST_CHECK lisi_status read_type_map(const char *text, type_map *map, lisi_error *err);

/* A list of n whole numbers from `lo` to 1e6; value stays as it is where the option was not given. */
LISI_MUST_CHECK lisi_status read_whole_numbers(const cli_numbers *list, int n, long lo, const char *option, int *value,
                                               lisi_error *err);

#endif
