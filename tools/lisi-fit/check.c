/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of reference data as the subcommands call it: warnings on stderr. */
#include "fit_check.h"
#include "lisi_fit.h"

#include <stdlib.h>
#include <string.h>

static void print_warnings(const char *text) {
  for (const char *s = text; s && *s;) {
    const size_t n = strcspn(s, "\n");
    fprintf(stderr, "lisi-fit: warning: %.*s\n", (int)n, s);
    s += n + (s[n] != '\0');
  }
}

void lisi_fit_notes(const xyz_set *set) {
  print_warnings(set->notes);
}

lisi_status lisi_fit_check(const fit_check_set *set, int nsets, int nelements, char (*element)[4], const double *E0,
                           lisi_error *err) {
  const fit_check_atoms atoms = {nelements, element, E0};
  char *text = NULL;
  size_t size = 0;
  FILE *warnings = open_memstream(&text, &size);
  if (!warnings)
    return lisi_no_memory(err, 1);
  lisi_status status = fit_check(set, nsets, &atoms, warnings, err);
  if (fclose(warnings) == 0)
    print_warnings(text);
  free(text);
  return status;
}
