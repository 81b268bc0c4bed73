/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text file, plain or gzip-compressed, line by line in constant memory. */
#ifndef LISI_LINE_READER_H
#define LISI_LINE_READER_H

#include "lisi_status.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct line_reader line_reader;

/* Missing, a folder or unreadable: an error that names the file. */
LISI_MUST_CHECK lisi_status line_reader_open(const char *path, line_reader **reader, lisi_error *err);
void line_reader_close(line_reader *reader); /* accepts NULL */

/* The next line, without its end ("\n" or "\r\n") and zero-terminated, in *line and *length until the next call; *line
 * = NULL at the end of the file. A line longer than 1 MiB, or with a zero byte in it, is an error. A last line without
 * a newline, and the end of a gzip file that was cut off, are no errors here: line_reader_cut_off tells. */
LISI_MUST_CHECK lisi_status line_reader_next(line_reader *reader, char **line, int *length, lisi_error *err);

bool line_reader_cut_off(const line_reader *reader); /* the line last given out, or the end of the file, was cut off */
long line_reader_number(const line_reader *reader);  /* of the line last given out, from 1 */
double
line_reader_fraction(const line_reader *reader); /* of the file's bytes that have been read, 0..1, for progress */
const char *line_reader_path(const line_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
