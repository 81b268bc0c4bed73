/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "out_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct out_file {
  FILE *stream;
  char *path;
  char *temporary;
};

static void release(out_file *file) {
  free(file->path);
  free(file->temporary);
  free(file);
}

lisi_status out_file_open(const char *path, out_file **out, lisi_error *err) {
  *out = NULL;
  const size_t length = strlen(path) + 32;
  out_file *file = calloc(1, sizeof *file);
  if (file == NULL)
    return lisi_no_memory(err, sizeof *file);
  file->path = malloc(length);
  file->temporary = malloc(length);
  if (file->path == NULL || file->temporary == NULL) {
    release(file);
    return lisi_no_memory(err, length);
  }
  (void)snprintf(file->path, length, "%s", path);
  (void)snprintf(file->temporary, length, "%s.tmp.%ld", path, (long)getpid());
  struct stat info;
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    release(file);
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: it is a folder", path);
  }
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) { /* renaming would replace a device or a pipe by a file */
    release(file);
    return lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: it is not an ordinary file", path);
  }
  file->stream = fopen(file->temporary, "w");
  if (file->stream == NULL) {
    const lisi_status status = lisi_fail(err, LISI_ERR_INPUT, "%s: cannot be written: %s", path, strerror(errno));
    release(file);
    return status;
  }
  *out = file;
  return LISI_OK;
}

FILE *out_file_stream(out_file *file) {
  return file->stream;
}

lisi_status out_file_flush(out_file *file, lisi_error *err) {
  errno = 0;
  const int bad = ferror(file->stream) | fflush(file->stream);
  const int reason = errno;
  if (bad == 0 && fsync(fileno(file->stream)) == 0)
    return LISI_OK;
  const int why = bad != 0 ? reason : errno;
  /* Some file systems have no fsync; that is no failure to write. */
  if (bad == 0 && (why == EINVAL || why == EROFS))
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", file->path, strerror(why));
}

lisi_status out_file_commit(out_file *file, lisi_error *err) {
  lisi_status status = out_file_flush(file, err);
  if (fclose(file->stream) != 0 && status == LISI_OK)
    status = lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", file->path, strerror(errno));
  if (status == LISI_OK && rename(file->temporary, file->path) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "%s: cannot be put in place: %s", file->path, strerror(errno));
  if (status != LISI_OK)
    (void)unlink(file->temporary);
  release(file);
  return status;
}

void out_file_discard(out_file *file) {
  if (file == NULL)
    return;
  (void)fclose(file->stream);
  (void)unlink(file->temporary);
  release(file);
}

lisi_status out_folder(const char *path, lisi_error *err) {
  const size_t length = strlen(path);
  char *part = malloc(length + 1);
  if (part == NULL)
    return lisi_no_memory(err, length + 1);
  memcpy(part, path, length + 1);
  lisi_status status = LISI_OK;
  for (size_t k = 1; k <= length && status == LISI_OK; k++) {
    if (part[k] != '/' && part[k] != '\0')
      continue;
    const char kept = part[k];
    part[k] = '\0';
    struct stat info;
    if (mkdir(part, 0777) != 0 && !(errno == EEXIST && stat(part, &info) == 0 && S_ISDIR(info.st_mode)))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: the folder cannot be made: %s", part,
                         strerror(errno == EEXIST ? ENOTDIR : errno));
    part[k] = kept;
  }
  free(part);
  return status;
}
