/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole file in memory. */
#ifndef LISI_FILE_BYTES_H
#define LISI_FILE_BYTES_H

#include "lisi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads `path` whole, plain or gzip-compressed, into *bytes (a zero byte is appended and not counted in *size; free()
 * it). Missing, a folder, unreadable or larger than `limit` bytes once unpacked: an error that names the file. */
LISI_MUST_CHECK lisi_status file_bytes_read(const char *path, size_t limit, char **bytes, size_t *size,
                                            lisi_error *err);

/* The `limit` for a file, such as YAML, that takes many times its size once it is read: at most 100 times what the file
 * takes on disk (or 1 MiB), so that a small .gz does not unpack to gigabytes; never more than `limit`. */
size_t file_bytes_limit(const char *path, size_t limit);

#ifdef __cplusplus
}
#endif
#endif
