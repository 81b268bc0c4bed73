/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates between orbits of sites, in model.yaml and as a table. */
#include "result.h"

#include <math.h>
#include <stdio.h>

void msm_result_add_rates(doc_tree *doc, doc_ref map, const msm_result *r, int m) {
  if (r->rates == NULL)
    return;
  const orbit_rates *x = &r->rates[m];
  const doc_ref matrix = doc_map(doc, map, "rate_matrix");
  doc_bool(doc, matrix, "exists", x->exists);
  if (x->why != NULL)
    doc_text(doc, matrix, "why", x->why);
  if (x->exists)
    doc_number(doc, matrix, "negative_share", x->negative);
  const doc_ref list = doc_list(doc, map, "orbit_rates");
  for (int k = 0; k < x->n; k++) {
    const orbit_rate *p = &x->pair[k];
    const doc_ref entry = doc_map(doc, list, NULL);
    doc_text(doc, entry, "from", x->name[p->from]);
    doc_text(doc, entry, "to", x->name[p->to]);
    if (!isnan(p->rate))
      doc_number(doc, entry, "rate", p->rate);
    if (!isnan(p->lo) && !isnan(p->hi)) {
      const double ci[2] = {p->lo, p->hi};
      doc_numbers(doc, entry, "rate_ci", 2, ci);
    }
    doc_number(doc, entry, "P", p->P);
  }
}

void msm_result_print_rates(const msm_result *r) {
  /* More are not read by anybody on a terminal; the file holds them all. */
  enum { MOST_LINES = 30 };
  if (r->rates == NULL || r->nmodels == 0)
    return;
  const int m = r->reported >= 0 ? r->reported : 0;
  const orbit_rates *x = &r->rates[m];
  const char *unit = r->time_in_ps ? "ps" : "step";
  if (x->n == 0)
    return;
  if (!x->exists) {
    printf("\nno rates between orbits at lag %.6g: %s\n", r->model[m].lag, x->why);
    return;
  }
  printf("\nrates between orbits, log(P)/lag at lag %.6g (1/%s) [95 %%]\n", r->model[m].lag, unit);
  for (int k = 0; k < x->n && k < MOST_LINES; k++) {
    const orbit_rate *p = &x->pair[k];
    printf("  %-10s -> %-10s %11.4g", x->name[p->from], x->name[p->to], p->rate);
    if (!isnan(p->lo) && !isnan(p->hi))
      printf(" [%.3g, %.3g]", p->lo, p->hi);
    putchar('\n');
  }
  if (x->n > MOST_LINES)
    printf("  and %d more in model.yaml\n", x->n - MOST_LINES);
  if (x->negative > 0.05)
    printf(
        "  of the rates between single sites, %.0f %% (by flux) are negative: noise, or a lag at which hidden states "
        "still show\n",
        100 * x->negative);
}
