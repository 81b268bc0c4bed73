/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain discrete trajectories: one integer per line. */
#include "file_bytes.h"
#include "paths.h"
#include "text_lines.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NONE (-1LL)

typedef struct {
  size_t n, cap;
  long long *value;
} numbers;

static lisi_status append(numbers *list, long long value, lisi_error *err) {
  if (list->n == list->cap) {
    const size_t cap = list->cap < 1024 ? 1024 : 2 * list->cap;
    long long *larger = cap <= SIZE_MAX / sizeof *larger ? realloc(list->value, cap * sizeof *larger) : NULL;
    if (larger == NULL)
      return lisi_no_memory(err, cap * sizeof *larger);
    list->value = larger;
    list->cap = cap;
  }
  list->value[list->n++] = value;
  return LISI_OK;
}

static lisi_status read_one(const char *path, numbers *list, lisi_error *err) {
  char *bytes;
  size_t size;
  lisi_status status = file_bytes_read(path, (size_t)4 << 30, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  text_lines text = {bytes, bytes + size, 0};
  const char *line;
  size_t length;
  while (status == LISI_OK && text_next(&text, &line, &length)) {
    text_word word, more;
    long long value;
    if (!text_take(&line, &length, false, &word) || word.at[0] == '#')
      continue;
    if (!text_integer(word, -LLONG_MAX, LLONG_MAX, &value))
      status = lisi_fail(err, LISI_ERR_INPUT,
                         "%s:%d: one integer state per line is expected (-1 = in no state), found '%.*s'", path,
                         text.number, text_width(word), word.at);
    else if (text_take(&line, &length, false, &more) && more.at[0] != '#')
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: one integer per line is expected, found a second word '%.*s'",
                         path, text.number, text_width(more), more.at);
    else
      status = append(list, value, err);
  }
  free(bytes);
  if (status == LISI_OK && list->n == 0)
    status =
        lisi_fail(err, LISI_ERR_INPUT, "%s: the trajectory is empty (one integer state per line is expected)", path);
  return status;
}

static int rising(const void *a, const void *b) {
  const long long x = *(const long long *)a, y = *(const long long *)b;
  return x < y ? -1 : x > y;
}

static void sort_unique(numbers *list) {
  if (list->n < 2)
    return;
  qsort(list->value, list->n, sizeof *list->value, rising);
  size_t m = 1;
  for (size_t i = 1; i < list->n; i++) {
    if (list->value[i] != list->value[m - 1])
      list->value[m++] = list->value[i];
  }
  list->n = m;
}

/* The distinct states of all lists but NONE, sorted. Duplicates are thrown out whenever the list has doubled, so that
 * it stays short. */
static lisi_status distinct(int n, const numbers *list, numbers *states, lisi_error *err) {
  size_t limit = 1024;
  for (int k = 0; k < n; k++) {
    long long last = NONE;
    for (size_t t = 0; t < list[k].n; t++) {
      const long long value = list[k].value[t];
      if (value != NONE && value != last) {
        const lisi_status status = append(states, value, err);
        if (status != LISI_OK)
          return status;
        if (states->n >= limit) {
          sort_unique(states);
          limit = 2 * states->n > 1024 ? 2 * states->n : 1024;
        }
      }
      last = value;
    }
  }
  sort_unique(states);
  return LISI_OK;
}

static lisi_status fill(int n, const numbers *list, const numbers *states, path_set *paths, lisi_error *err) {
  static const int home[3] = {0, 0, 0};
  lisi_status status = state_space_new((int)states->n, false, &paths->space, err);
  if (status != LISI_OK)
    return status;
  for (size_t k = 0; k < states->n; k++)
    paths->space.number[k] = states->value[k];
  paths->dt = 1.0;
  paths->replicate[0] = paths->replicate[1] = paths->replicate[2] = 1;
  paths->nsites_unit = paths->space.n;
  paths->nearest_site = true;
  for (int k = 0; k < n && status == LISI_OK; k++) {
    status = path_begin(paths, k, err);
    long long last = NONE;
    int state = -1;
    for (size_t t = 0; t < list[k].n && status == LISI_OK; t++) {
      const long long value = list[k].value[t];
      if (t > 0 && value == last)
        continue;
      if (value == NONE) {
        state = -1;
      } else {
        const long long *found = bsearch(&value, states->value, states->n, sizeof value, rising);
        state = (int)(found - states->value);
      }
      last = value;
      status = path_add(paths, (long long)t, state, home, err);
    }
    path_finish(paths, (long long)list[k].n);
  }
  return status;
}

lisi_status paths_from_dtrajs(int n, const char *const *file, path_set *paths, lisi_error *err) {
  memset(paths, 0, sizeof *paths);
  if (n < 1)
    return lisi_fail(err, LISI_ERR_INPUT, "no discrete trajectory is given");
  numbers *list = calloc((size_t)n, sizeof *list), states = {0, 0, NULL};
  if (list == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *list);
  lisi_status status = LISI_OK;
  for (int k = 0; k < n && status == LISI_OK; k++)
    status = read_one(file[k], &list[k], err);
  if (status == LISI_OK)
    status = distinct(n, list, &states, err);
  if (status == LISI_OK && states.n == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: there is no sample in any state (all are -1)", file[0]);
  if (status == LISI_OK && states.n > (size_t)10000000)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: %zu different states are too many", file[0], states.n);
  if (status == LISI_OK)
    status = fill(n, list, &states, paths, err);
  for (int k = 0; k < n; k++)
    free(list[k].value);
  free(list);
  free(states.value);
  if (status != LISI_OK)
    path_set_free(paths);
  return status;
}
