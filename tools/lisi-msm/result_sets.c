/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connected sets, and what a model leaves out, in the user's own names. */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *label_of(const state_space *space, int i) {
  return space->label != NULL && space->label[i][0] != '\0' ? space->label[i] : NULL;
}

void msm_result_names(const state_space *space, const int *index, int n, char *text, size_t size) {
  enum { MOST = 12 };
  size_t used = 0;
  text[0] = '\0';
  for (int k = 0; k < n; k++) {
    if (used + 80 > size || k == MOST) {
      (void)snprintf(text + used, size - used, " and %d more", n - k);
      return;
    }
    const char *label = label_of(space, index[k]), *before = k > 0 ? label_of(space, index[k - 1]) : NULL;
    const bool same = k > 0 && (label == NULL ? before == NULL : before != NULL && strcmp(label, before) == 0);
    int wrote;
    if (same)
      wrote = snprintf(text + used, size - used, ", %lld", space->number[index[k]]);
    else
      wrote = snprintf(text + used, size - used, "%s%s%s%lld", k > 0 ? "; " : "", label != NULL ? label : "",
                       label != NULL ? " " : "", space->number[index[k]]);
    used += wrote > 0 ? (size_t)wrote : 0;
  }
}

/* The states that no set holds, into index (may be NULL); returns how many. */
static int unvisited(const msm_result *r, const msm_model *x, int *index) {
  bool *seen = calloc((size_t)r->space.n, sizeof *seen);
  int n = 0;
  if (seen == NULL)
    return 0;
  for (int c = 0; c < x->ncomponents; c++)
    for (int k = 0; k < x->component[c].n; k++)
      seen[x->component[c].state[k]] = true;
  for (int i = 0; i < r->space.n; i++)
    if (!seen[i] && n++ >= 0 && index != NULL)
      index[n - 1] = i;
  free(seen);
  return n;
}

static void add_labels(doc_tree *doc, doc_ref map, const state_space *space, const int *index, int n) {
  if (space->label == NULL)
    return;
  const doc_ref list = doc_list(doc, map, "labels");
  for (int k = 0; k < n; k++)
    doc_text(doc, list, NULL, space->label[index[k]]);
}

void msm_result_add_sets(doc_tree *doc, doc_ref map, const msm_result *r, const msm_model *x) {
  const doc_ref list = doc_list(doc, map, "components");
  for (int c = 0; c < x->ncomponents; c++) {
    const msm_component *part = &x->component[c];
    const doc_ref entry = doc_map(doc, list, NULL), states = doc_list(doc, entry, "states");
    for (int k = 0; k < part->n; k++)
      doc_integer(doc, states, NULL, r->space.number[part->state[k]]);
    if (x->ncomponents > 1) /* else it says what `states` says */
      add_labels(doc, entry, &r->space, part->state, part->n);
    doc_bool(doc, entry, "kept", c == 0);
    doc_number(doc, entry, "share", part->share);
    if (x->counts > 0)
      doc_number(doc, entry, "counts_inside", part->inside);
    if (x->geometry && x->estimator != MSM_PLAIN)
      doc_matrix(doc, entry, "D", 3, 3, &part->D[0][0]);
  }
  int *index = x->ncomponents > 0 && x->counts > 0 ? malloc((size_t)r->space.n * sizeof *index) : NULL;
  const int n = index != NULL ? unvisited(r, x, index) : 0;
  if (n > 0) {
    const doc_ref entry = doc_map(doc, map, "unvisited"), states = doc_list(doc, entry, "states");
    for (int k = 0; k < n; k++)
      doc_integer(doc, states, NULL, r->space.number[index[k]]);
    add_labels(doc, entry, &r->space, index, n);
  }
  free(index);
}

void msm_result_print_sets(const msm_result *r) {
  enum { MOST_SETS = 10 };
  if (r->nmodels == 0 || r->counts == NULL)
    return;
  const msm_model *x = &r->model[r->reported >= 0 ? r->reported : 0];
  int *index = malloc((size_t)r->space.n * sizeof *index);
  const int n = index != NULL && x->ncomponents > 0 ? unvisited(r, x, index) : 0;
  char names[400];
  if (x->ncomponents > 1) {
    printf("\n%d sets of sites without a way there and back between them, at lag %.6g; the model is of the first\n",
           x->ncomponents, x->lag);
    for (int c = 0; c < x->ncomponents && c < MOST_SETS; c++) {
      const msm_component *part = &x->component[c];
      msm_result_names(&r->space, part->state, part->n, names, sizeof names);
      printf("  %d: %.3g %% of the samples", c + 1, 100 * part->share);
      if (x->geometry)
        printf(", D = %.3g", (part->D[0][0] + part->D[1][1] + part->D[2][2]) / 3);
      printf(", %d site%s: %s\n", part->n, part->n > 1 ? "s" : "", names);
    }
    if (x->ncomponents > MOST_SETS)
      printf("  and %d more in model.yaml\n", x->ncomponents - MOST_SETS);
  }
  if (n > 0) {
    msm_result_names(&r->space, index, n, names, sizeof names);
    printf("\n%d site%s never visited: %s\n", n, n > 1 ? "s were" : " was", names);
  }
  free(index);
}
