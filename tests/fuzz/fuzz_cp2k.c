/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See the header. */
#include "fuzz_cp2k.h"

#include "cp2k_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void promise(int kept) {
  if (!kept)
    abort();
}

typedef struct {
  const char *bytes;
  size_t size;
} whole;

/* The section called `name`; of the output where name is "". */
static int section(const whole *w, const char *name, const char **begin, size_t *size) {
  const char *end = w->bytes + w->size, *at = w->bytes;
  int inside = name[0] == '\0';
  *begin = at;
  while (at < end) {
    const char *stop = memchr(at, '\n', (size_t)(end - at)), *next = stop ? stop + 1 : end;
    const size_t n = (size_t)((stop ? stop : end) - at);
    if (n >= 4 && !memcmp(at, "@@@ ", 4)) {
      if (inside)
        break;
      inside = n - 4 == strlen(name) && !memcmp(at + 4, name, n - 4);
      *begin = next;
    }
    at = next;
  }
  *size = (size_t)(at - *begin);
  return inside;
}

static char *exact(const char *bytes, size_t size) { /* so that reading past the end shows */
  char *copy = malloc(size > 0 ? size : 1);
  promise(copy != NULL);
  if (size > 0)
    memcpy(copy, bytes, size);
  return copy;
}

static lisi_status get(void *context, const char *name, char **bytes, size_t *size, lisi_error *err) {
  const char *begin;
  (void)err;
  *bytes = name[0] && section(context, name, &begin, size) ? exact(begin, *size) : NULL;
  return LISI_OK;
}

lisi_status fuzz_cp2k(const uint8_t *bytes, size_t size) {
  whole w = {(const char *)bytes, size};
  const cp2k_folder folder = {get, &w};
  const char *begin;
  size_t n = 0;
  section(&w, "", &begin, &n);
  char *text = exact(begin, n);
  lisi_status status = LISI_OK;
  (void)cp2k_recognised(text, n);
  for (int skip = 1; skip >= 0; skip--) {
    lisi_error err = {0};
    xyz_set *set = NULL;
    status = cp2k_parse(text, n, "fuzz.out", &folder, skip, &set, &err);
    promise((status == LISI_OK) == (set != NULL));
    promise(status == LISI_OK || (status == err.status && strlen(err.message) > 10));
    promise(status != LISI_ERR_INTERNAL);
    for (int k = 0; set && k < set->nframes; k++) {
      const xyz_frame *f = &set->frame[k];
      promise(f->natoms > 0 && f->has_energy && isfinite(f->energy) && f->line > 0 && f->group[0] && f->other);
      for (int i = 0; i < 3 * f->natoms; i++)
        promise(f->species[i / 3] < set->nspecies && isfinite(f->pos[i]) && isfinite(f->force[i]));
    }
    xyz_free(set);
  }
  free(text);
  return status;
}

#if defined(LISI_FUZZER)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  (void)fuzz_cp2k(bytes, size);
  return 0;
}
#endif
