/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line by line through a text in memory, and numbers that fill a whole word. For the readers of plain text files in
 * this room. */
#ifndef LISI_TEXT_LINES_H
#define LISI_TEXT_LINES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  const char *at, *end; /* what is left of the text */
  int number;           /* of the current line, from 1 */
} text_lines;

/* One word of a line: not terminated by a zero byte. */
typedef struct {
  const char *at;
  size_t length;
} text_word;

/* The next line [*line, *line + *length) without its end; false at the end of the text. */
bool text_next(text_lines *text, const char **line, size_t *length);
/* The next word (separated by blanks, tabs, carriage returns, and commas where `commas`) of what is left of a line;
 * false where there is none. */
bool text_take(const char **line, size_t *length, bool commas, text_word *word);
/* The whole word as a finite double, or as an integer in [lo, hi]; false otherwise. */
bool text_double(text_word word, double *value);
bool text_integer(text_word word, long long lo, long long hi, long long *value);
/* For "%.*s" in messages: no longer than 40. */
int text_width(text_word word);
bool text_is(text_word word, const char *literal);

#endif
