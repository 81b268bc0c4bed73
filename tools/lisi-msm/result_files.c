/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output folder: model.yaml, Matrix Market files of counts and transition probabilities, the jump networks, which
 * `lisi-msm transport --network` reads back, and the counts by time block, from which `ck` and `paths` go on. */
#include "result.h"

#include "cli.h"
#include "counts_file.h"
#include "diffusion.h"
#include "out_file.h"
#include "report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void market_header(FILE *f, const char *what, const state_space *space, int n, size_t entries) {
  fprintf(f, "%%%%MatrixMarket matrix coordinate real general\n%% %s; row and column k stand for state", what);
  for (int k = 0; k < n; k++)
    fprintf(f, "%s%lld", k % 20 == 0 ? "\n% " : " ", space->number[k]);
  fprintf(f, "\n%d %d %zu\n", n, n, entries);
}

static lisi_status write_counts(const msm_result *r, int m, const char *folder, lisi_error *err) {
  char name[64], title[96];
  struct out_file *file = NULL;
  const count_table *t = &r->counts[m].total;
  snprintf(name, sizeof name, "C_%g.mtx", r->model[m].lag);
  snprintf(title, sizeof title, "counted pairs at lag %g %s, summed over displacements", r->model[m].lag,
           r->time_in_ps ? "ps" : "steps");
  const lisi_status status = report_out(folder, name, &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  size_t entries = 0;
  for (size_t k = 0; k < t->n; k++)
    entries += k == 0 || t->entry[k].i != t->entry[k - 1].i || t->entry[k].j != t->entry[k - 1].j;
  market_header(f, title, &r->space, r->space.n, entries);
  for (size_t k = 0; k < t->n;) {
    const int i = t->entry[k].i, j = t->entry[k].j;
    double sum = 0;
    for (; k < t->n && t->entry[k].i == i && t->entry[k].j == j; k++)
      sum += t->entry[k].c;
    fprintf(f, "%d %d %.17g\n", i + 1, j + 1, sum);
  }
  return out_file_commit(file, err);
}

static lisi_status write_transitions(const msm_result *r, int m, const char *folder, lisi_error *err) {
  const msm_model *x = &r->model[m];
  const network *net = &x->net;
  char name[64], title[96];
  struct out_file *file = NULL;
  snprintf(name, sizeof name, "P_%g.mtx", x->lag);
  snprintf(title, sizeof title, "transition probabilities per lag of %g %s", x->lag, r->time_in_ps ? "ps" : "steps");
  const lisi_status status = report_out(folder, name, &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  size_t entries = 0; /* edges are sorted by (i, j) and have p > 0 */
  for (size_t k = 0; k < net->n; k++)
    entries += k == 0 || net->edge[k].i != net->edge[k - 1].i || net->edge[k].j != net->edge[k - 1].j;
  market_header(f, title, &net->space, x->n, entries);
  for (size_t k = 0; k < net->n;) {
    const int i = net->edge[k].i, j = net->edge[k].j;
    double sum = 0;
    for (; k < net->n && net->edge[k].i == i && net->edge[k].j == j; k++)
      sum += net->edge[k].p;
    fprintf(f, "%d %d %.17g\n", i + 1, j + 1, sum);
  }
  return out_file_commit(file, err);
}

static lisi_status write_rates(const msm_result *r, int m, const char *folder, lisi_error *err) {
  const msm_model *x = &r->model[m];
  const size_t n = (size_t)x->n;
  char name[64], title[96];
  struct out_file *file = NULL;
  snprintf(name, sizeof name, "K_%g.mtx", x->lag);
  snprintf(title, sizeof title, "rates per %s, from counts at lag %g %s", r->time_in_ps ? "ps" : "step", x->lag,
           r->time_in_ps ? "ps" : "steps");
  const lisi_status status = report_out(folder, name, &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  size_t entries = 0;
  for (size_t k = 0; k < n * n; k++)
    entries += x->K[k] != 0;
  market_header(f, title, &x->net.space, x->n, entries);
  for (size_t k = 0; k < n * n; k++)
    if (x->K[k] != 0)
      fprintf(f, "%zu %zu %.17g\n", k / n + 1, k % n + 1, x->K[k]);
  return out_file_commit(file, err);
}

static lisi_status write_network(const msm_result *r, int m, const char *folder, lisi_error *err) {
  const msm_model *x = &r->model[m];
  const state_space *space = &x->net.space;
  (void)r;
  doc_tree *doc = doc_new();
  doc_matrix(doc, DOC_ROOT, "cell", 3, 3, &space->cell[0][0]);
  doc_number(doc, DOC_ROOT, "lag", x->lag);
  const doc_ref sites = doc_list(doc, DOC_ROOT, "sites");
  for (int k = 0; k < x->n; k++) {
    const doc_ref site = doc_map(doc, sites, NULL);
    if (space->label != NULL)
      doc_text(doc, site, "label", space->label[k]);
    doc_numbers(doc, site, "frac", 3, space->x + 3 * k);
  }
  const doc_ref jumps = doc_list(doc, DOC_ROOT, "jumps");
  for (size_t e = 0; e < x->net.n; e++) {
    const network_edge *edge = &x->net.edge[e];
    if (edge->i == edge->j && edge->r[0] == 0 && edge->r[1] == 0 && edge->r[2] == 0)
      continue;
    const doc_ref row = doc_list(doc, jumps, NULL);
    doc_integer(doc, row, NULL, edge->i + 1);
    doc_integer(doc, row, NULL, edge->j + 1);
    for (int k = 0; k < 3; k++)
      doc_integer(doc, row, NULL, edge->r[k]);
    doc_number(doc, row, NULL, edge->p);
  }
  char name[64];
  struct out_file *file = NULL;
  snprintf(name, sizeof name, "network_%g.yaml", x->lag);
  lisi_status status = report_out(folder, name, &file, err);
  if (status == LISI_OK) {
    status = doc_print_yaml(doc, out_file_stream(file), err);
    if (status == LISI_OK)
      status = out_file_commit(file, err);
    else
      out_file_discard(file);
  }
  doc_free(doc);
  return status;
}

/* A line is some 30 bytes: beyond this the file would be larger than the trajectories that it saves reading. */
#define MOST_BLOCK_COUNTS 4000000

/* The counts of all lags, as they were used (folded or not), by time block. */
static lisi_status remove_old(const char *path, lisi_error *err) {
  if (unlink(path) != 0 && errno != ENOENT)
    return lisi_fail(err, LISI_ERR_IO, "%s: that of an earlier model cannot be removed: %s", path, strerror(errno));
  return LISI_OK;
}

/* Where none is written, that of an earlier model in the same folder goes. */
static lisi_status write_blocks(const msm_result *r, const char *folder, lisi_error *err) {
  size_t entries = 0;
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/model.counts", folder) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", folder);
  if (r->counts == NULL)
    return remove_old(path, err);
  for (int m = 0; m < r->nmodels; m++)
    entries += r->counts[m].blocks.n;
  if (entries > MOST_BLOCK_COUNTS) {
    cli_note("model.counts is not written: it would have %zu entries; ck and paths can read the logs instead", entries);
    return remove_old(path, err);
  }
  counts_set set = {.space = r->space,
                    .dt = r->dt > 0 ? r->dt : 1,
                    .nsites_unit = r->space.n,
                    .nwalkers = r->nwalkers,
                    .temperature = r->temperature,
                    .nlags = r->nmodels,
                    .lag = r->counts};
  for (int a = 0; a < 3; a++) {
    set.replicate[a] = r->folded || r->replicate[a] < 1 ? 1 : r->replicate[a];
    set.nsites_unit /= set.replicate[a];
  }
  return counts_file_write(path, &set, err);
}

lisi_status msm_result_write(const msm_result *r, const char *folder, lisi_error *err) {
  lisi_status status = out_folder(folder, err);
  for (int m = 0; m < r->nmodels && status == LISI_OK; m++) {
    if (r->counts != NULL)
      status = write_counts(r, m, folder, err);
    if (status == LISI_OK)
      status = write_transitions(r, m, folder, err);
    if (status == LISI_OK && r->model[m].K != NULL)
      status = write_rates(r, m, folder, err);
    if (status == LISI_OK && r->model[m].geometry)
      status = write_network(r, m, folder, err);
    if (status == LISI_OK)
      status = msm_result_modes_write(r, m, folder, err);
  }
  if (status == LISI_OK)
    status = write_blocks(r, folder, err);
  if (status != LISI_OK)
    return status;
  status = diffusion_write(r, folder, err);
  if (status != LISI_OK)
    return status;
  /* model.yaml last: where it is, the rest is, too */
  doc_tree *doc = NULL;
  struct out_file *file = NULL;
  status = msm_result_tree(r, true, &doc, err);
  if (status == LISI_OK)
    status = report_out(folder, "model.yaml", &file, err);
  if (status == LISI_OK) {
    status = doc_print_yaml(doc, out_file_stream(file), err);
    if (status == LISI_OK)
      status = out_file_commit(file, err);
    else
      out_file_discard(file);
  }
  doc_free(doc);
  return status;
}
