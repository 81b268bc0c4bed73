/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow modes of each model as patterns on its sites: modes_LAG.mtx, and what model.yaml says about them. */
#include "result.h"

#include "bloch.h"
#include "out_file.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_MODES = 10, EVERY_LAG = 300, MOST_STATES = 3000, MOST_WAVES = 150 };

void msm_result_modes_free(msm_result *r) {
  for (int m = 0; m < r->nmodels && r->modes != NULL; m++)
    slow_modes_free(&r->modes[m]);
  free(r->modes);
  r->modes = NULL;
}

/* Two time scales are told apart when they differ by more than half a standard error of the slower one; where that is
 * large the spectrum itself decides, or everything would be one group. */
static void spreads(const msm_model *x, double *spread) {
  for (int k = 0; k < x->n - 1; k++) {
    spread[k] = 0.01;
    if (k < x->nci && x->timescale[k] > 0 && isfinite(x->timescale_hi[k]) && isfinite(x->timescale_lo[k])) {
      const double below = x->timescale[k] - x->timescale_lo[k], above = x->timescale_hi[k] - x->timescale[k];
      spread[k] = fmax(0.002, fmin(0.06, 0.5 * fmin(below, above) / 1.96 / x->timescale[k]));
    }
  }
}

lisi_status msm_result_modes(msm_result *r, lisi_error *err) {
  lisi_status status = LISI_OK;
  r->modes = calloc((size_t)(r->nmodels > 0 ? r->nmodels : 1), sizeof *r->modes);
  if (r->modes == NULL)
    return lisi_no_memory(err, (size_t)r->nmodels * sizeof *r->modes);
  /* Many states: at one lag alone. */
  const int chosen = r->reported >= 0 ? r->reported : r->nmodels / 2;
  for (int m = 0; m < r->nmodels && status == LISI_OK; m++) {
    const msm_model *x = &r->model[m];
    /* without detailed balance a mode may turn round in a circle, and has no picture */
    if (x->n < 2 || x->X == NULL || x->n > MOST_STATES || !x->tr.balanced || (x->n > EVERY_LAG && m != chosen))
      continue;
    double *spread = malloc((size_t)x->n * sizeof *spread);
    if (spread == NULL)
      return lisi_no_memory(err, (size_t)x->n * sizeof *spread);
    spreads(x, spread);
    status = slow_modes_find(x->n, x->X, x->pi, x->geometry ? x->tr.b : NULL, &x->net.space.cell[0][0], spread,
                             MOST_MODES, &r->modes[m], err);
    free(spread);
  }
  /* Folded, only what repeats in every cell is left of the modes: the slowest of the others is diffusion across the
   * box. */
  if (status == LISI_OK && r->folded && r->reported >= 0 && r->model[r->reported].n <= MOST_WAVES &&
      r->model[r->reported].estimator != MSM_PLAIN)
    status = bloch_slowest(&r->model[r->reported].net, r->replicate, &r->box_time, err);
  return status;
}

lisi_status msm_result_modes_write(const msm_result *r, int m, const char *folder, lisi_error *err) {
  if (r->modes == NULL || r->modes[m].m == 0)
    return LISI_OK;
  const slow_modes *modes = &r->modes[m];
  const state_space *space = &r->model[m].net.space;
  char name[64];
  struct out_file *file = NULL;
  snprintf(name, sizeof name, "modes_%g.mtx", r->model[m].lag);
  const lisi_status status = report_out(folder, name, &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f,
          "%%%%MatrixMarket matrix array real general\n"
          "%% slow modes at lag %g %s: column k is the right eigenvector psi_k of P, sum_i pi_i psi_k(i)^2 = 1;\n"
          "%% the left one is pi_i psi_k(i). Eigenvalues:\n%%",
          r->model[m].lag, r->time_in_ps ? "ps" : "steps");
  for (int k = 0; k < modes->m; k++)
    fprintf(f, " %.17g", 1 - modes->gap[k]);
  fputs("\n% rows stand for states", f);
  for (int k = 0; k < modes->n; k++)
    fprintf(f, "%s%lld", k % 20 == 0 ? "\n% " : " ", space->number[k]);
  fprintf(f, "\n%d %d\n", modes->n, modes->m);
  for (int k = 0; k < modes->m * modes->n; k++) /* by columns, as the format has it */
    fprintf(f, "%.17g\n", modes->right[k]);
  return out_file_commit(file, err);
}

void msm_result_modes_tree(const msm_result *r, int m, doc_tree *doc, doc_ref map) {
  static const char *const edge[] = {"a", "b", "c"};
  if (r->modes == NULL || r->modes[m].m == 0)
    return;
  const slow_modes *modes = &r->modes[m];
  const msm_model *x = &r->model[m];
  const doc_ref list = doc_list(doc, map, "modes");
  for (int k = 0, process = 0; k < modes->m; k++, process++) {
    while (process < x->ntimescales && x->negative[process]) /* not among the modes */
      process++;
    const doc_ref entry = doc_map(doc, list, NULL);
    doc_integer(doc, entry, "timescale", process + 1);
    doc_integer(doc, entry, "group", modes->group[k] + 1);
    if (modes->edge[k] >= 0)
      doc_text(doc, entry, "edge", edge[modes->edge[k]]);
    doc_bool(doc, entry, "settled", modes->settled[k]);
  }
}
