/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing jump logs. The file is plain text that only ever grows at its end, so that a killed run leaves a log that is
 * good up to its last F line. */
#include "jump_log.h"

#include "jump_log_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct jump_log {
  char *path;
  FILE *stream;
  int64_t every;
  int64_t known; /* last F; start - 1 before the first */
  bool with_left;
  double cell_sum[9];
  int64_t ncells;
  jump_event *waiting;
  size_t n, capacity;
};

static bool has_left(const jump_log_header *header) {
  return header->rule.mode == TRACK_CORE || header->rule.dwell > 1;
}

static lisi_status new_log(const char *path, const jump_log_header *header, jump_log **out, lisi_error *err) {
  *out = NULL;
  const size_t length = strlen(path);
  if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "%s: jump logs are written as plain text; leave out .gz and compress the finished log", path);
  jump_log *log = calloc(1, sizeof *log);
  if (log != NULL)
    log->path = malloc(length + 1);
  if (log == NULL || log->path == NULL) {
    free(log);
    return lisi_no_memory(err, sizeof *log + length);
  }
  memcpy(log->path, path, length + 1);
  log->every = header->every;
  log->known = header->start - 1;
  log->with_left = has_left(header);
  *out = log;
  return LISI_OK;
}

static void discard(jump_log *log) {
  if (log == NULL)
    return;
  if (log->stream != NULL)
    (void)fclose(log->stream);
  free(log->path);
  free(log->waiting);
  free(log);
}

static lisi_status write_failed(const jump_log *log, lisi_error *err) {
  return lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", log->path, strerror(errno != 0 ? errno : EIO));
}

/* Each sync point is checked, so that a full disk stops the run where it happens. */
static lisi_status sync_log(const jump_log *log, lisi_error *err) {
  errno = 0;
  return fflush(log->stream) != 0 || ferror(log->stream) ? write_failed(log, err) : LISI_OK;
}

lisi_status jump_log_create(const char *path, const jump_log_header *header, jump_log **out, lisi_error *err) {
  jump_log *log;
  lisi_status status = new_log(path, header, &log, err);
  *out = NULL;
  if (status != LISI_OK)
    return status;
  log->stream = fopen(path, "w");
  if (log->stream == NULL) {
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
  } else {
    jump_log_print_header(log->stream, header);
    status = sync_log(log, err);
  }
  if (status != LISI_OK) {
    discard(log);
    return status;
  }
  *out = log;
  return LISI_OK;
}

/* What has to be the same in a log that is gone on with: the printed header, but for the box and the number of atoms at
 * the first sample. */
static char *comparable(const jump_log_header *header) {
  jump_log_header h = *header;
  memset(h.cell, 0, sizeof h.cell);
  h.natoms = 0;
  h.start = 0;
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  if (stream == NULL)
    return NULL;
  jump_log_print_header(stream, &h);
  return fclose(stream) == 0 ? text : NULL;
}

lisi_status jump_log_reopen(const char *path, const jump_log_header *header, int64_t known, jump_log **out,
                            lisi_error *err) {
  *out = NULL;
  jump_log_header found;
  site_set *sites = NULL;
  int64_t offset = -1;
  lisi_status status = jump_log_find(path, known, &found, &sites, &offset, err);
  if (status == LISI_OK) {
    char *a = comparable(header), *b = comparable(&found);
    if (a == NULL || b == NULL)
      status = lisi_no_memory(err, sites->ntext);
    else if (strcmp(a, b) != 0)
      status = lisi_fail(err, LISI_ERR_INPUT,
                         "%s: was written with other sites, sampling or assignment than this run has; expected the "
                         "same, or another file name",
                         path);
    free(a);
    free(b);
  }
  site_set_free(sites);
  if (status == LISI_OK && offset < 0)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "%s: expected a line 'F %" PRId64 "', where the restart goes on; found none", path, known);
  jump_log *log = NULL;
  if (status == LISI_OK)
    status = new_log(path, header, &log, err);
  if (status != LISI_OK)
    return status;
  log->known = known;
  if (truncate(path, (off_t)offset) != 0 || (log->stream = fopen(path, "a")) == NULL) {
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    discard(log);
    return status;
  }
  *out = log;
  return LISI_OK;
}

lisi_status jump_log_add(jump_log *log, const jump_event *event, size_t n, lisi_error *err) {
  if (n > log->capacity - log->n) {
    size_t capacity = log->capacity > 0 ? 2 * log->capacity : 256;
    if (capacity < log->n + n)
      capacity = log->n + n;
    jump_event *larger = realloc(log->waiting, capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, capacity * sizeof *larger);
    log->waiting = larger;
    log->capacity = capacity;
  }
  for (size_t k = 0; k < n; k++) { /* field by field on zeros, so that no stray padding gets into restart files */
    jump_event *to = &log->waiting[log->n++];
    memset(to, 0, sizeof *to);
    to->kind = event[k].kind;
    to->r.step = event[k].r.step;
    to->r.id = event[k].r.id;
    to->r.from = event[k].r.from;
    to->r.to = event[k].r.to;
    memcpy(to->r.n, event[k].r.n, sizeof to->r.n);
    to->r.left = event[k].r.left;
  }
  return LISI_OK;
}

void jump_log_sampled(jump_log *log, const double H[3][3]) {
  for (int k = 0; k < 9; k++)
    log->cell_sum[k] += H[k / 3][k % 3];
  log->ncells++;
}

bool jump_log_flush_due(int64_t step, int64_t every, int64_t flush) {
  return flush > 0 && (step / every) % flush == 0;
}

static int compare_events(const void *a, const void *b) {
  const jump_event *x = a, *y = b;
  if (x->r.step != y->r.step)
    return x->r.step < y->r.step ? -1 : 1;
  if (x->kind != y->kind)
    return x->kind < y->kind ? -1 : 1;
  return (x->r.id > y->r.id) - (x->r.id < y->r.id);
}

static void print_event(FILE *stream, const jump_event *e, bool with_left) {
  const jump_record *r = &e->r;
  switch (e->kind) {
  case JUMP_EVENT_GONE:
    (void)fprintf(stream, "E %" PRId64 " %" PRId64 "\n", r->step, r->id);
    break;
  case JUMP_EVENT_BREAK:
    (void)fprintf(stream, "B %" PRId64 "\n", r->step);
    break;
  case JUMP_EVENT_JUMP:
    (void)fprintf(stream, "%" PRId64 " %" PRId64 " %d %d %d %d %d", r->step, r->id, r->from, r->to, r->n[0], r->n[1],
                  r->n[2]);
    if (with_left && r->left >= 0)
      (void)fprintf(stream, " %" PRId64, r->left);
    (void)fputc('\n', stream);
    break;
  }
}

lisi_status jump_log_flush(jump_log *log, int64_t step, int64_t unknown_from, lisi_error *err) {
  const int64_t known = unknown_from > step ? step : unknown_from - log->every;
  if (known <= log->known || log->ncells == 0)
    return LISI_OK;
  if (log->n > 0)
    qsort(log->waiting, log->n, sizeof *log->waiting, compare_events);
  size_t written = 0;
  while (written < log->n && log->waiting[written].r.step <= known)
    print_event(log->stream, &log->waiting[written++], log->with_left);
  log->n -= written;
  if (written > 0)
    memmove(log->waiting, log->waiting + written, log->n * sizeof *log->waiting);
  (void)fprintf(log->stream, "F %" PRId64, known);
  for (int k = 0; k < 9; k++)
    (void)fprintf(log->stream, " %.17g", log->cell_sum[k] / (double)log->ncells);
  (void)fputc('\n', log->stream);
  log->known = known;
  return sync_log(log, err);
}

lisi_status jump_log_close(jump_log *log, lisi_error *err) {
  if (log == NULL)
    return LISI_OK;
  lisi_status status = sync_log(log, err);
  FILE *stream = log->stream;
  log->stream = NULL;
  if (fclose(stream) != 0 && status == LISI_OK)
    status = write_failed(log, err);
  discard(log);
  return status;
}

/* The restart state: a fixed head and the waiting events. Read by the same build on the same kind of machine (as LAMMPS
 * restart files are). */
typedef struct {
  int64_t known, ncells, n;
  double cell_sum[9];
} saved_state;

size_t jump_log_state(const jump_log *log, void *buffer) {
  const size_t size = sizeof(saved_state) + log->n * sizeof(jump_event);
  if (buffer != NULL) {
    saved_state head = {log->known, log->ncells, (int64_t)log->n, {0}};
    memcpy(head.cell_sum, log->cell_sum, sizeof head.cell_sum);
    memcpy(buffer, &head, sizeof head);
    if (log->n > 0)
      memcpy((char *)buffer + sizeof head, log->waiting, log->n * sizeof(jump_event));
  }
  return size;
}

int64_t jump_log_state_known(const void *buffer, size_t size) {
  saved_state head = {0};
  if (size >= sizeof head)
    memcpy(&head, buffer, sizeof head);
  return head.known;
}

lisi_status jump_log_restore(jump_log *log, const void *buffer, size_t size, lisi_error *err) {
  saved_state head;
  if (size < sizeof head)
    return lisi_fail(err, LISI_ERR_INPUT, "restart: the state of the jump log is cut off");
  memcpy(&head, buffer, sizeof head);
  if (head.n < 0 || (uint64_t)head.n != (size - sizeof head) / sizeof(jump_event) ||
      (size - sizeof head) % sizeof(jump_event) != 0)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "restart: the state of the jump log has %zu bytes, expected %" PRId64 " events", size, head.n);
  log->n = 0;
  log->ncells = head.ncells;
  memcpy(log->cell_sum, head.cell_sum, sizeof head.cell_sum);
  for (int64_t k = 0; k < head.n; k++) {
    jump_event event;
    memcpy(&event, (const char *)buffer + sizeof head + (size_t)k * sizeof event, sizeof event);
    const lisi_status status = jump_log_add(log, &event, 1, err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}
