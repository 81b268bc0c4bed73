/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum { LONGEST = 1 << 20, BUFFER = 2 * LONGEST };

struct line_reader {
  gzFile file;
  char *path;
  char *buffer;      /* [BUFFER + 1] */
  size_t begin, end; /* what is unread */
  long number;
  double size;   /* bytes in the file system */
  bool finished; /* the file holds no more */
  bool damaged;  /* a compressed file that stops in its middle */
  bool cut_off;
};

lisi_status line_reader_open(const char *path, line_reader **out, lisi_error *err) {
  *out = NULL;
  struct stat info;
  if (stat(path, &info) != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
  if (S_ISDIR(info.st_mode))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a file, found a folder", path);
  line_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL)
    return lisi_no_memory(err, sizeof *reader);
  reader->path = strdup(path);
  reader->buffer = malloc(BUFFER + 1);
  if (reader->path == NULL || reader->buffer == NULL) {
    line_reader_close(reader);
    return lisi_no_memory(err, BUFFER + 1);
  }
  errno = 0;
  reader->file = gzopen(path, "rb");
  if (reader->file == NULL) {
    const lisi_status status = errno != 0
                                   ? lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno))
                                   : lisi_no_memory(err, BUFFER);
    line_reader_close(reader);
    return status;
  }
  (void)gzbuffer(reader->file, 1u << 17);
  reader->size = (double)info.st_size;
  *out = reader;
  return LISI_OK;
}

void line_reader_close(line_reader *reader) {
  if (reader == NULL)
    return;
  if (reader->file != NULL)
    (void)gzclose(reader->file);
  free(reader->path);
  free(reader->buffer);
  free(reader);
}

/* Moves what is unread to the front and reads on. */
static lisi_status refill(line_reader *reader, lisi_error *err) {
  memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
  reader->end -= reader->begin;
  reader->begin = 0;
  const int got = gzread(reader->file, reader->buffer + reader->end, (unsigned)(BUFFER - reader->end));
  int code = Z_OK;
  const char *text = gzerror(reader->file, &code);
  if (got > 0)
    reader->end += (size_t)got;
  if (got > 0 && (code == Z_OK || code == Z_STREAM_END))
    return LISI_OK;
  reader->finished = true;
  if (code == Z_BUF_ERROR) { /* what came before is good */
    reader->damaged = true;
    return LISI_OK;
  }
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
    return lisi_fail(err, code == Z_DATA_ERROR ? LISI_ERR_INPUT : LISI_ERR_IO,
                     "%s: cannot be read on after line %ld: %s", reader->path, reader->number,
                     code == Z_ERRNO ? strerror(errno) : text);
  return LISI_OK;
}

lisi_status line_reader_next(line_reader *reader, char **line, int *length, lisi_error *err) {
  *line = NULL;
  *length = 0;
  size_t looked = 0;
  for (;;) {
    char *start = reader->buffer + reader->begin;
    const size_t unread = reader->end - reader->begin;
    char *newline = unread > looked ? memchr(start + looked, '\n', unread - looked) : NULL;
    if (newline == NULL && !reader->finished && unread <= LONGEST) {
      looked = unread;
      const lisi_status status = refill(reader, err);
      if (status != LISI_OK)
        return status;
      continue;
    }
    if (newline == NULL && unread == 0) {
      reader->cut_off = reader->damaged;
      return LISI_OK;
    }
    size_t n = newline != NULL ? (size_t)(newline - start) : unread;
    reader->number++;
    if (n > LONGEST)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: a line of more than %d bytes", reader->path, reader->number,
                       LONGEST);
    reader->begin += n + (newline != NULL);
    if (newline == NULL)
      reader->cut_off = true;
    if (memchr(start, '\0', n) != NULL)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%ld: a zero byte: not a text file", reader->path, reader->number);
    if (n > 0 && start[n - 1] == '\r')
      n--;
    start[n] = '\0';
    *line = start;
    *length = (int)n;
    return LISI_OK;
  }
}

bool line_reader_cut_off(const line_reader *reader) {
  return reader->cut_off;
}
long line_reader_number(const line_reader *reader) {
  return reader->number;
}
const char *line_reader_path(const line_reader *reader) {
  return reader->path;
}

double line_reader_fraction(const line_reader *reader) {
  const double fraction = reader->size > 0.0 ? (double)gzoffset(reader->file) / reader->size : 1.0;
  return fraction < 1.0 ? fraction : 1.0;
}
