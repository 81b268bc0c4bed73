/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every lisi function returns, and the message that goes with it. */
#ifndef LISI_STATUS_H
#define LISI_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LISI_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define LISI_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LISI_PRINTF(fmt, args)
#define LISI_MUST_CHECK
#endif

typedef enum {
  LISI_OK = 0,
  LISI_ERR_INPUT,       /* the call, a file or a value in it is wrong: the user can mend it */
  LISI_ERR_VERSION,     /* a file, or a program, of a version that this one does not know */
  LISI_ERR_UNSUPPORTED, /* valid, but not something that this program can do */
  LISI_ERR_IO,          /* the system refused to read or write */
  LISI_ERR_NOMEM,       /* no memory */
  LISI_ERR_NUMERIC,     /* a calculation did not converge, or its result is not finite */
  LISI_ERR_CANCELLED,   /* the user interrupted */
  LISI_ERR_INTERNAL     /* a fault of this program */
} lisi_status;

/* The place for a message. Zero-initialise; the first failure fills it and later ones leave it alone. */
typedef struct {
  lisi_status status;
  char message[1000];
} lisi_error;

/* The name of a status in words ("wrong input"); never NULL. */
const char *lisi_status_string(lisi_status status);

/* Notes a failure: stores `status` and the formatted message in *err (when err is not NULL and still empty), returns
 * `status`, so that a function can end with `return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: ...", file, line)`. */
lisi_status lisi_fail(lisi_error *err, lisi_status status, const char *format, ...) LISI_PRINTF(3, 4);

/* lisi_fail for the one message that needs no words of its own. */
lisi_status lisi_no_memory(lisi_error *err, size_t bytes);

/* The exit status of a command-line tool: 0 fine, 2 the call or the input is wrong (input, version, unsupported), 1
 * everything else. */
int lisi_exit_status(lisi_status status);

#ifdef __cplusplus
}
#endif
#endif
