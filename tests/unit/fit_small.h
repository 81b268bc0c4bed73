/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the fit: a small recipe and small random frames. */
#ifndef FIT_SMALL_H
#define FIT_SMALL_H

#include "fit_basis.h"
#include "xyz_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 6 };

static inline double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24);
}

/* A recipe as text, read back through the reader; `orders` is the list under basis and what may follow it. */
static inline fit_recipe *recipe(const char *kind, const char *orders) {
  char path[] = "/tmp/lisi-fit-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *f = fdopen(fd, "w");
  fprintf(f,
          "format: lisi-fit 1\nelements: [Li, Si]\nE0: {Li: -1.5, Si: -2.5}\ndata: {train: none.xyz}\n"
          "radial: {kind: %s, cutoff: 4.5, lambda: 2.5, zbl: [1.0, 0.3], pairs: {Li-Si: {cutoff: 4.0}}}\nbasis:\n%s",
          kind, orders);
  fclose(f);
  fit_recipe *r;
  lisi_error err = {0};
  if (fit_recipe_load(path, &r, &err) != LISI_OK)
    fail_msg("%s", err.message);
  unlink(path);
  return r;
}

/* A small triclinic frame, six atoms on displaced lattice points. */
static inline xyz_set *make_set(unsigned seed) {
  char text[2000];
  int at =
      snprintf(text, sizeof text,
               "%d\nLattice=\"5.1 0.2 -0.1 0.4 4.8 0.3 -0.2 0.5 5.6\" Properties=species:S:1:pos:R:3 energy=1\n", N);
  for (int k = 0; k < N; k++)
    at += snprintf(text + at, sizeof text - (size_t)at, "%s %.12f %.12f %.12f\n", k % 3 ? "Li" : "Si",
                   2.5 * (k % 2) + 0.4 * uniform(&seed), 2.3 * (k / 2 % 2) + 0.4 * uniform(&seed),
                   2.6 * (k / 4) + 0.4 * uniform(&seed));
  xyz_set *set;
  lisi_error err = {0};
  if (xyz_parse(text, strlen(text), "frame", NULL, &set, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return set;
}

#endif
