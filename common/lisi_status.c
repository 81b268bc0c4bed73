/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lisi_status.h"

#include <stdarg.h>
#include <stdio.h>

const char *lisi_status_string(lisi_status status) {
  switch (status) {
  case LISI_OK:
    return "fine";
  case LISI_ERR_INPUT:
    return "wrong input";
  case LISI_ERR_VERSION:
    return "unknown version";
  case LISI_ERR_UNSUPPORTED:
    return "not supported";
  case LISI_ERR_IO:
    return "input/output failed";
  case LISI_ERR_NOMEM:
    return "out of memory";
  case LISI_ERR_NUMERIC:
    return "no numerical result";
  case LISI_ERR_CANCELLED:
    return "interrupted";
  case LISI_ERR_INTERNAL:
    return "internal error";
  }
  return "unknown status";
}

lisi_status lisi_fail(lisi_error *err, lisi_status status, const char *format, ...) {
  if (err != NULL && err->status == LISI_OK) {
    va_list args;
    va_start(args, format);
    err->status = status;
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
  }
  return status;
}

lisi_status lisi_no_memory(lisi_error *err, size_t bytes) {
  return lisi_fail(err, LISI_ERR_NOMEM, "out of memory (asked for %zu bytes)", bytes);
}

int lisi_exit_status(lisi_status status) {
  switch (status) {
  case LISI_OK:
    return 0;
  case LISI_ERR_INPUT:
  case LISI_ERR_VERSION:
  case LISI_ERR_UNSUPPORTED:
    return 2;
  default:
    return 1;
  }
}
