/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text_lines.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool text_next(text_lines *text, const char **line, size_t *length) {
  if (text->at >= text->end)
    return false;
  const char *stop = memchr(text->at, '\n', (size_t)(text->end - text->at));
  *line = text->at;
  *length = (size_t)((stop != NULL ? stop : text->end) - text->at);
  text->at = stop != NULL ? stop + 1 : text->end;
  text->number++;
  return true;
}

static bool is_blank(char c, bool commas) {
  return c == ' ' || c == '\t' || c == '\r' || (commas && c == ',');
}

bool text_take(const char **line, size_t *length, bool commas, text_word *word) {
  while (*length > 0 && is_blank(**line, commas)) {
    ++*line;
    --*length;
  }
  word->at = *line;
  word->length = 0;
  while (*length > 0 && !is_blank(**line, commas)) {
    ++*line;
    --*length;
    word->length++;
  }
  return word->length > 0;
}

/* strtod and strtoll want a zero byte behind the number. */
static bool copy_word(text_word word, char buffer[64]) {
  if (word.length == 0 || word.length > 63)
    return false;
  memcpy(buffer, word.at, word.length);
  buffer[word.length] = '\0';
  return strlen(buffer) == word.length;
}

bool text_double(text_word word, double *value) {
  char buffer[64], *end;
  if (!copy_word(word, buffer))
    return false;
  *value = strtod(buffer, &end);
  return end == buffer + word.length && isfinite(*value) && strpbrk(buffer, "xX") == NULL;
}

bool text_integer(text_word word, long long lo, long long hi, long long *value) {
  char buffer[64], *end;
  if (!copy_word(word, buffer))
    return false;
  errno = 0;
  *value = strtoll(buffer, &end, 10);
  return errno == 0 && end == buffer + word.length && *value >= lo && *value <= hi;
}

int text_width(text_word word) {
  return word.length < 40 ? (int)word.length : 40;
}

bool text_is(text_word word, const char *literal) {
  return strlen(literal) == word.length && memcmp(literal, word.at, word.length) == 0;
}
