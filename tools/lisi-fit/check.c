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

lisi_status lisi_fit_check(int ntrain, xyz_set *const *train, int ntest, xyz_set *const *test, int nelements,
                           char (*element)[4], const double *E0, lisi_error *err) {
  fit_check_set *set = malloc(((size_t)(ntrain + ntest) + 1) * sizeof *set);
  const fit_check_atoms atoms = {nelements, element, E0};
  char *text = NULL;
  size_t size = 0;
  FILE *warnings = set ? open_memstream(&text, &size) : NULL;
  if (!warnings) {
    free(set);
    return lisi_no_memory(err, (size_t)(ntrain + ntest) * sizeof *set);
  }
  for (int k = 0; k < ntrain + ntest; k++)
    set[k] = (fit_check_set){k < ntrain ? train[k] : test[k - ntrain], k >= ntrain};
  lisi_status status = fit_check(set, ntrain + ntest, &atoms, warnings, err);
  if (fclose(warnings) == 0)
    print_warnings(text);
  free(text);
  free(set);
  return status;
}
