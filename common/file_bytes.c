/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

size_t file_bytes_limit(const char *path, size_t limit) {
  const size_t least = (size_t)1 << 20, ratio = 100;
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || (size_t)info.st_size > limit / ratio)
    return limit;
  const size_t most = ratio * (size_t)info.st_size > least ? ratio * (size_t)info.st_size : least;
  return most < limit ? most : limit;
}

lisi_status file_bytes_read(const char *path, size_t limit, char **bytes, size_t *size, lisi_error *err) {
  *bytes = NULL;
  *size = 0;
  struct stat info;
  if (stat(path, &info) != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
  if (S_ISDIR(info.st_mode))
    return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a file, found a folder", path);
  gzFile file = gzopen(path, "rb");
  if (file == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(errno));

  size_t capacity = 1 << 16, used = 0;
  char *buffer = malloc(capacity + 1);
  lisi_status status = buffer != NULL ? LISI_OK : lisi_no_memory(err, capacity);
  while (status == LISI_OK) {
    const size_t room = capacity - used;
    const int got = gzread(file, buffer + used, room < (1 << 30) ? (unsigned)room : 1u << 30);
    if (got < 0) {
      int code;
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be read: %s", path, gzerror(file, &code));
      break;
    }
    used += (size_t)got;
    if (used > limit) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: larger than %zu bytes once unpacked", path, limit);
      break;
    }
    if (got == 0) {
      int code;
      const char *text = gzerror(file, &code);
      if (code != Z_OK && code != Z_STREAM_END)
        status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be read to its end: %s", path, text);
      break;
    }
    if (used == capacity) {
      char *larger = realloc(buffer, 2 * capacity + 1);
      if (larger == NULL) {
        status = lisi_no_memory(err, 2 * capacity);
        break;
      }
      buffer = larger;
      capacity *= 2;
    }
  }
  (void)gzclose(file);
  if (status != LISI_OK) {
    free(buffer);
    return status;
  }
  buffer[used] = '\0';
  *bytes = buffer;
  *size = used;
  return LISI_OK;
}
