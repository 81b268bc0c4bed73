/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "count_matrix.h"

#include "file_bytes.h"
#include "text_lines.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MOST_STATES 20000

typedef struct {
  const char *name;
  count_hash *hash;
  int n;
} matrix;

static const int HOME[3] = {0, 0, 0};

static lisi_status take_count(matrix *m, int line, text_word word, int i, int j, lisi_error *err) {
  double c;
  if (!text_double(word, &c))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: row %d, column %d: a finite number is expected, found '%.*s'",
                     m->name, line, i + 1, j + 1, text_width(word), word.at);
  if (c < 0.0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: row %d, column %d: a count may not be negative, found %g", m->name,
                     line, i + 1, j + 1, c);
  if (c > LARGEST_COUNT)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: row %d, column %d: a count is at most 2^53, found %g", m->name, line,
                     i + 1, j + 1, c);
  return c > 0.0 ? count_hash_add(m->hash, 0, i, j, HOME, c, err) : LISI_OK;
}

static lisi_status read_dense(matrix *m, text_lines text, lisi_error *err) {
  const char *line;
  size_t length;
  int rows = 0, last = 0;
  while (text_next(&text, &line, &length)) {
    text_word word;
    int columns = 0;
    while (text_take(&line, &length, true, &word)) {
      if (word.at[0] == '#')
        break;
      if (columns == MOST_STATES)
        return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: more than %d columns", m->name, text.number, MOST_STATES);
      const lisi_status status = take_count(m, text.number, word, rows, columns, err);
      if (status != LISI_OK)
        return status;
      columns++;
    }
    if (columns == 0)
      continue;
    if (rows == 0)
      m->n = columns;
    if (columns != m->n)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: row %d has %d numbers where the first has %d", m->name, text.number,
                       rows + 1, columns, m->n);
    if (rows == m->n)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: a count matrix is square: %d columns, but a row %d follows",
                       m->name, text.number, m->n, rows + 1);
    rows++;
    last = text.number;
  }
  if (rows == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the file holds no count matrix: there is no row in it", m->name);
  if (rows != m->n)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: a count matrix is square: %d columns but %d rows", m->name, last,
                     m->n, rows);
  return LISI_OK;
}

/* Next line that is neither empty nor a comment. */
static bool next_data(text_lines *text, const char **line, size_t *length) {
  while (text_next(text, line, length)) {
    const char *l = *line;
    size_t n = *length;
    text_word word;
    if (text_take(&l, &n, false, &word) && word.at[0] != '%')
      return true;
  }
  return false;
}

static bool word_is(text_word word, const char *literal) {
  return strlen(literal) == word.length && strncasecmp(literal, word.at, word.length) == 0;
}

static lisi_status read_market(matrix *m, text_lines text, lisi_error *err) {
  const char *line;
  size_t length;
  text_word word[5], extra;
  (void)text_next(&text, &line, &length);
  for (int k = 0; k < 5; k++) {
    if (!text_take(&line, &length, false, &word[k]))
      return lisi_fail(err, LISI_ERR_INPUT,
                       "%s:1: '%%%%MatrixMarket matrix coordinate|array real|integer general|symmetric' is expected",
                       m->name);
  }
  const bool coordinate = word_is(word[2], "coordinate"), symmetric = word_is(word[4], "symmetric");
  if (!word_is(word[1], "matrix") || (!coordinate && !word_is(word[2], "array")) ||
      (!word_is(word[3], "real") && !word_is(word[3], "integer")) || (!symmetric && !word_is(word[4], "general")))
    return lisi_fail(
        err, LISI_ERR_INPUT,
        "%s:1: a Matrix Market matrix, coordinate or array, real or integer, general or symmetric is expected",
        m->name);
  long long size[3] = {0, 0, 0};
  if (!next_data(&text, &line, &length))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the line with the size of the matrix is missing", m->name);
  for (int k = 0; k < (coordinate ? 3 : 2); k++) {
    if (!text_take(&line, &length, false, &word[0]) || !text_integer(word[0], 0, 1000000000, &size[k]))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the size of the matrix is expected (%s)", m->name, text.number,
                       coordinate ? "rows, columns, entries" : "rows, columns");
  }
  if (size[0] != size[1] || size[0] < 1 || size[0] > MOST_STATES)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s:%d: a count matrix is square with 1 to %d states, found %lld rows and %lld columns", m->name,
                     text.number, MOST_STATES, size[0], size[1]);
  m->n = (int)size[0];
  const long long want = coordinate ? size[2] : symmetric ? size[0] * (size[0] + 1) / 2 : size[0] * size[0];
  int i = 0, j = 0; /* array: column by column */
  for (long long k = 0; k < want; k++) {
    if (!next_data(&text, &line, &length))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the file ends after %lld of %lld entries", m->name, text.number, k,
                       want);
    if (coordinate) {
      long long a, b;
      if (!text_take(&line, &length, false, &word[0]) || !text_integer(word[0], 1, size[0], &a) ||
          !text_take(&line, &length, false, &word[1]) || !text_integer(word[1], 1, size[0], &b) ||
          !text_take(&line, &length, false, &word[2]))
        return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: row, column (1 to %d) and count are expected", m->name,
                         text.number, m->n);
      i = (int)a - 1;
      j = (int)b - 1;
    } else if (!text_take(&line, &length, false, &word[2])) {
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: a count is expected", m->name, text.number);
    }
    if (text_take(&line, &length, false, &extra))
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: '%.*s' is one word too many", m->name, text.number,
                       text_width(extra), extra.at);
    lisi_status status = take_count(m, text.number, word[2], i, j, err);
    if (status == LISI_OK && symmetric && i != j)
      status = take_count(m, text.number, word[2], j, i, err);
    if (status != LISI_OK)
      return status;
    if (!coordinate && ++i == m->n) {
      j++;
      i = symmetric ? j : 0;
    }
  }
  if (next_data(&text, &line, &length))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: more than the %lld entries announced", m->name, text.number, want);
  return LISI_OK;
}

/* A state that is never left has no row to estimate. */
static lisi_status refuse_zero_rows(const matrix *m, const count_table *table, lisi_error *err) {
  size_t k = 0;
  for (int i = 0; i < m->n; i++) {
    if (k >= table->n || table->entry[k].i != i)
      return lisi_fail(
          err, LISI_ERR_INPUT,
          "%s: row %d of the count matrix is zero: the state was never visited or never followed; leave it out",
          m->name, i + 1);
    while (k < table->n && table->entry[k].i == i)
      k++;
  }
  return LISI_OK;
}

lisi_status count_matrix_parse(const char *bytes, size_t size, const char *name, lag_counts *counts, state_space *space,
                               lisi_error *err) {
  memset(counts, 0, sizeof *counts);
  memset(space, 0, sizeof *space);
  matrix m = {name, NULL, 0};
  lisi_status status = count_hash_new(&m.hash, err);
  if (status != LISI_OK)
    return status;
  const text_lines text = {bytes, bytes + size, 0};
  const bool market = size >= 14 && strncasecmp(bytes, "%%MatrixMarket", 14) == 0;
  status = market ? read_market(&m, text, err) : read_dense(&m, text, err);
  if (status == LISI_OK)
    status = count_hash_table(m.hash, m.n, 1, &counts->total, err);
  if (status == LISI_OK)
    status = refuse_zero_rows(&m, &counts->total, err);
  if (status == LISI_OK)
    status = state_space_new(m.n, false, space, err);
  counts->lag = 1;
  count_hash_free(m.hash);
  if (status != LISI_OK)
    lag_counts_free(counts);
  return status;
}

lisi_status count_matrix_load(const char *path, lag_counts *counts, state_space *space, lisi_error *err) {
  memset(counts, 0, sizeof *counts);
  memset(space, 0, sizeof *space);
  char *bytes;
  size_t size;
  lisi_status status = file_bytes_read(path, (size_t)4 << 30, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  status = count_matrix_parse(bytes, size, path, counts, space, err);
  free(bytes);
  return status;
}
