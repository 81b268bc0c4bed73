/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a jump log, shared by its writer (jump_log.c) and its reader (jump_log_read.c); for these two only. */
#ifndef LISI_JUMP_LOG_TEXT_H
#define LISI_JUMP_LOG_TEXT_H

#include "jump_log.h"

#include <stdio.h>

/* From the first line to `data`. */
void jump_log_print_header(FILE *stream, const jump_log_header *header);

/* The header of a plain log, its sites (the caller frees them), and the byte offset just behind its line `F known`, or
 * behind `data` where known < start; -1 where there is none. */
LISI_MUST_CHECK lisi_status jump_log_find(const char *path, int64_t known, jump_log_header *header, site_set **sites,
                                          int64_t *offset, lisi_error *err);

#endif
