/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model and the file beside it, written so that no failure leaves one of them new and the other old. */
#include "train.h"

#include "out_file.h"
#include "sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* MODEL.yace -> MODEL.sidecar; any other name with .sidecar at its end. */
char *train_sidecar_path(const char *model) {
  size_t n = strlen(model);
  if (n > 5 && !strcmp(model + n - 5, ".yace") && model[n - 6] != '/')
    n -= 5;
  char *path = malloc(n + sizeof ".sidecar");
  if (path) {
    memcpy(path, model, n);
    strcpy(path + n, ".sidecar");
  }
  return path;
}

/* What has been printed so far is on disk: a full disk shows before the first file takes its name. */
static lisi_status flushed(out_file *file, const char *path, lisi_error *err) {
  FILE *stream = out_file_stream(file);
  errno = 0;
  if (fflush(stream) != 0 || ferror(stream))
    return lisi_fail(err, LISI_ERR_IO, "%s: writing failed: %s", path, strerror(errno));
  return LISI_OK;
}

lisi_status train_can_write(const char *path, lisi_error *err) {
  out_file *file;
  lisi_status status = out_file_open(path, &file, err);
  if (status == LISI_OK)
    out_file_discard(file);
  return status;
}

lisi_status train_write_files(ace_model *m, const ace_sidecar *sidecar, const char *path, const char *side,
                              size_t *nbytes, lisi_error *err) {
  char *bytes = NULL, hex[65];
  const char *slash = strrchr(side, '/');
  out_file *file[2] = {NULL, NULL};
  lisi_status status = ace_sidecar_bytes(sidecar, &bytes, nbytes, err);
  if (status != LISI_OK)
    return status;
  sha256 sum;
  sha256_start(&sum);
  sha256_add(&sum, bytes, *nbytes);
  sha256_hex(&sum, hex);
  m->meta.sidecar = strdup(slash ? slash + 1 : side);
  m->meta.sidecar_sha256 = strdup(hex);
  if (!m->meta.sidecar || !m->meta.sidecar_sha256)
    status = lisi_no_memory(err, sizeof hex);
  if (status == LISI_OK)
    status = out_file_open(side, &file[0], err);
  if (status == LISI_OK)
    status = out_file_open(path, &file[1], err);
  if (status == LISI_OK) {
    (void)!fwrite(bytes, 1, *nbytes, out_file_stream(file[0])); /* flushing finds the error */
    ace_model_print(m, out_file_stream(file[1]));
    status = flushed(file[0], side, err);
  }
  if (status == LISI_OK)
    status = flushed(file[1], path, err);
  if (status == LISI_OK) {
    status = out_file_commit(file[0], err);
    file[0] = NULL;
  }
  if (status == LISI_OK) {
    status = out_file_commit(file[1], err);
    file[1] = NULL;
  }
  out_file_discard(file[0]);
  out_file_discard(file[1]);
  free(bytes);
  return status;
}

lisi_status train_write_model(const ace_model *m, const char *path, lisi_error *err) {
  out_file *file;
  lisi_status status = out_file_open(path, &file, err);
  if (status != LISI_OK)
    return status;
  ace_model_print(m, out_file_stream(file)); /* commit finds the error */
  return out_file_commit(file, err);
}
