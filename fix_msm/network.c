/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network.h"

#include "yaml_doc.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row may miss or exceed 1 by rounding of the numbers in a file. */
#define ROW_TOLERANCE 1e-12

void network_free(network *net) {
  state_space_free(&net->space);
  free(net->edge);
  memset(net, 0, sizeof *net);
}

static int compare_edges(const void *a, const void *b) {
  const network_edge *x = a, *y = b;
  if (x->i != y->i)
    return x->i < y->i ? -1 : 1;
  if (x->j != y->j)
    return x->j < y->j ? -1 : 1;
  for (int k = 0; k < 3; k++) {
    if (x->r[k] != y->r[k])
      return x->r[k] < y->r[k] ? -1 : 1;
  }
  return 0;
}

/* Puts n edges in the order of their columns, or of their rows; those of one keep their order. first[nstates + 2]
 * is for work. */
static void sort_by(bool row, int nstates, size_t n, const network_edge *edge, size_t *first, network_edge *sorted) {
  memset(first, 0, ((size_t)nstates + 2) * sizeof *first);
  for (size_t k = 0; k < n; k++)
    first[(row ? edge[k].i : edge[k].j) + 2]++;
  for (int i = 0; i < nstates; i++)
    first[i + 2] += first[i + 1];
  for (size_t k = 0; k < n; k++)
    sorted[first[(row ? edge[k].i : edge[k].j) + 1]++] = edge[k];
}

/* Sorts n edges between nstates states. By column and row in two passes; the few of a pair of states by comparison. */
static lisi_status sort_edges(int nstates, size_t n, network_edge *edge, lisi_error *err) {
  size_t *first = malloc(((size_t)nstates + 2) * sizeof *first);
  network_edge *work = malloc((n + 1) * sizeof *work);
  if (first == NULL || work == NULL) {
    free(first);
    free(work);
    return lisi_no_memory(err, n * sizeof *work);
  }
  sort_by(false, nstates, n, edge, first, work);
  sort_by(true, nstates, n, work, first, edge);
  for (size_t k = 0, end; k < n; k = end) {
    bool rising = true;
    for (end = k + 1; end < n && edge[end].i == edge[k].i && edge[end].j == edge[k].j; end++)
      rising = rising && compare_edges(&edge[end - 1], &edge[end]) <= 0;
    if (!rising)
      qsort(edge + k, end - k, sizeof *edge, compare_edges);
  }
  free(first);
  free(work);
  return LISI_OK;
}

lisi_status network_make(const state_space *space, double lag, size_t n, const network_edge *edge, const char *name,
                         network *net, lisi_error *err) {
  memset(net, 0, sizeof *net);
  const size_t N = (size_t)space->n;
  net->lag = lag;
  int *all = malloc(N * sizeof *all);
  double *sum = calloc(N, sizeof *sum);
  net->edge = malloc((n + N) * sizeof *net->edge);
  lisi_status status = LISI_OK;
  if (all == NULL || sum == NULL || net->edge == NULL) {
    status = lisi_no_memory(err, (n + N) * sizeof *net->edge);
    goto done;
  }
  for (int i = 0; i < space->n; i++)
    all[i] = i;
  status = state_space_pick(space, all, space->n, &net->space, err);
  if (status != LISI_OK)
    goto done;
  for (size_t k = 0; k < n; k++) {
    const network_edge *e = &edge[k];
    if (e->i < 0 || e->i >= space->n || e->j < 0 || e->j >= space->n || !(e->p >= 0.0) || !isfinite(e->p)) {
      status = lisi_fail(
          err, LISI_ERR_INPUT,
          "%s: jump %zu: states from 1 to %d and a probability from 0 to 1 are expected, found %d -> %d with %g", name,
          k + 1, space->n, e->i + 1, e->j + 1, e->p);
      goto done;
    }
    sum[e->i] += e->p;
    if (e->p > 0.0)
      net->edge[net->n++] = *e;
  }
  for (int i = 0; i < space->n; i++) {
    if (sum[i] > 1.0 + ROW_TOLERANCE) {
      status = lisi_fail(err, LISI_ERR_INPUT,
                         "%s: the probabilities of the jumps from site %lld add up to %.15g, more than 1", name,
                         space->number[i], sum[i]);
      goto done;
    }
    if (sum[i] < 1.0)
      net->edge[net->n++] = (network_edge){i, i, {0, 0, 0}, 1.0 - sum[i]};
  }
  status = sort_edges(space->n, net->n, net->edge, err);
  if (status != LISI_OK)
    goto done;
  size_t kept = 0;
  for (size_t k = 0; k < net->n; k++) {
    if (kept > 0 && compare_edges(&net->edge[kept - 1], &net->edge[k]) == 0)
      net->edge[kept - 1].p += net->edge[k].p;
    else
      net->edge[kept++] = net->edge[k];
  }
  net->n = kept;
done:
  free(all);
  free(sum);
  if (status != LISI_OK)
    network_free(net);
  return status;
}

void network_matrix(const network *net, double *P) {
  const size_t N = (size_t)net->space.n;
  memset(P, 0, N * N * sizeof *P);
  for (size_t k = 0; k < net->n; k++)
    P[(size_t)net->edge[k].i * N + (size_t)net->edge[k].j] += net->edge[k].p;
}

double network_imbalance(const network *net, const double *pi) {
  double worst = 0.0, scale = 0.0;
  for (size_t k = 0; k < net->n; k++) {
    const network_edge *e = &net->edge[k];
    if (e->i == e->j && e->r[0] == 0 && e->r[1] == 0 && e->r[2] == 0)
      continue;
    const network_edge back = {e->j, e->i, {-e->r[0], -e->r[1], -e->r[2]}, 0.0};
    const network_edge *found = bsearch(&back, net->edge, net->n, sizeof *net->edge, compare_edges);
    const double flow = pi[e->i] * e->p, counter = found != NULL ? pi[e->j] * found->p : 0.0;
    if (flow > scale)
      scale = flow;
    if (fabs(flow - counter) > worst)
      worst = fabs(flow - counter);
  }
  return scale > 0.0 ? worst / scale : 0.0;
}

/* ---- net.yaml ---- */

static lisi_status read_cell(const yaml_doc *doc, yaml_ref root, double cell[3][3], lisi_error *err) {
  yaml_ref node;
  lisi_status status = yaml_need(doc, root, "cell", YAML_SEQUENCE, &node, err);
  if (status != LISI_OK)
    return status;
  if (yaml_seq_size(doc, node) != 3)
    return yaml_fail(doc, node, err, "cell: three rows of three numbers are expected, found %d rows",
                     yaml_seq_size(doc, node));
  double norm = 1.0;
  for (int a = 0; a < 3; a++) {
    status = yaml_as_doubles(doc, yaml_seq_at(doc, node, a), "cell", 3, cell[a], err);
    if (status != LISI_OK)
      return status;
    norm *= sqrt(cell[a][0] * cell[a][0] + cell[a][1] * cell[a][1] + cell[a][2] * cell[a][2]);
  }
  const double volume = cell[0][0] * (cell[1][1] * cell[2][2] - cell[1][2] * cell[2][1]) -
                        cell[0][1] * (cell[1][0] * cell[2][2] - cell[1][2] * cell[2][0]) +
                        cell[0][2] * (cell[1][0] * cell[2][1] - cell[1][1] * cell[2][0]);
  if (!isfinite(norm) || !(fabs(volume) > 1e-9 * norm))
    return yaml_fail(doc, node, err, "cell: the three vectors are not independent (volume %g A^3)", volume);
  return LISI_OK;
}

static lisi_status read_sites(const yaml_doc *doc, yaml_ref root, state_space *space, lisi_error *err) {
  yaml_ref sites;
  lisi_status status = yaml_need(doc, root, "sites", YAML_SEQUENCE, &sites, err);
  if (status != LISI_OK)
    return status;
  const int n = yaml_seq_size(doc, sites);
  if (n < 1)
    return yaml_fail(doc, sites, err, "sites: at least one site is expected");
  status = state_space_new(n, true, space, err);
  if (status != LISI_OK)
    return status;
  space->label = calloc((size_t)n, sizeof *space->label);
  if (space->label == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *space->label);
  for (int k = 0; k < n; k++) {
    const yaml_ref site = yaml_seq_at(doc, sites, k);
    yaml_ref frac = site;
    if (yaml_kind_of(doc, site) == YAML_MAPPING) {
      status = yaml_need(doc, site, "frac", YAML_SEQUENCE, &frac, err);
      if (status != LISI_OK)
        return status;
      const char *text = yaml_text(doc, yaml_get(doc, site, "label"));
      if (text == NULL)
        text = yaml_text(doc, yaml_get(doc, site, "type"));
      if (text != NULL && strlen(text) >= STATE_LABEL)
        return yaml_fail(doc, site, err, "label: expected at most %d characters, found '%s'", STATE_LABEL - 1, text);
      if (text != NULL)
        (void)snprintf(space->label[k], STATE_LABEL, "%s", text);
    }
    status = yaml_as_doubles(doc, frac, "sites/frac", 3, space->x + 3 * (size_t)k, err);
    if (status != LISI_OK)
      return status;
  }
  return LISI_OK;
}

static lisi_status read_jumps(const yaml_doc *doc, yaml_ref root, int nsites, size_t *count, network_edge **edges,
                              lisi_error *err) {
  yaml_ref jumps;
  lisi_status status = yaml_need(doc, root, "jumps", YAML_SEQUENCE, &jumps, err);
  if (status != LISI_OK)
    return status;
  const int n = yaml_seq_size(doc, jumps);
  double *sum = calloc((size_t)nsites, sizeof *sum);
  *edges = calloc((size_t)n + 1, sizeof **edges);
  if (sum == NULL || *edges == NULL) {
    free(sum);
    return lisi_no_memory(err, ((size_t)n + 1) * sizeof **edges);
  }
  for (int k = 0; k < n && status == LISI_OK; k++) {
    const yaml_ref row = yaml_seq_at(doc, jumps, k);
    network_edge *e = &(*edges)[k];
    if (yaml_kind_of(doc, row) != YAML_SEQUENCE || yaml_seq_size(doc, row) != 6) {
      status = yaml_fail(doc, row, err, "jumps: [i, j, nx, ny, nz, p] is expected");
      break;
    }
    status = yaml_as_int(doc, yaml_seq_at(doc, row, 0), "jumps: i", 1, nsites, &e->i, err);
    if (status == LISI_OK)
      status = yaml_as_int(doc, yaml_seq_at(doc, row, 1), "jumps: j", 1, nsites, &e->j, err);
    for (int a = 0; a < 3 && status == LISI_OK; a++)
      status = yaml_as_int(doc, yaml_seq_at(doc, row, 2 + a), "jumps: image shift", -1000000, 1000000, &e->r[a], err);
    if (status == LISI_OK)
      status = yaml_as_double(doc, yaml_seq_at(doc, row, 5), "jumps: p", &e->p, err);
    if (status != LISI_OK)
      break;
    e->i--;
    e->j--;
    sum[e->i] += e->p;
    if (e->p < 0.0 || e->p > 1.0)
      status = yaml_fail(doc, row, err, "jumps: a probability per lag from 0 to 1 is expected, found %g", e->p);
    else if (sum[e->i] > 1.0 + ROW_TOLERANCE)
      status =
          yaml_fail(doc, row, err, "jumps: the probabilities of the jumps from site %d add up to %.15g, more than 1",
                    e->i + 1, sum[e->i]);
  }
  free(sum);
  *count = (size_t)n;
  return status;
}

static lisi_status network_read(const yaml_doc *doc, network *net, lisi_error *err) {
  memset(net, 0, sizeof *net);
  const yaml_ref root = yaml_root(doc);
  if (yaml_kind_of(doc, root) != YAML_MAPPING)
    return yaml_fail(doc, root, err, "a mapping with cell, sites, jumps and lag is expected");
  state_space space = {0};
  network_edge *edges = NULL;
  size_t n = 0;
  double cell[3][3] = {{0}}, lag = 0.0;
  lisi_status status = read_cell(doc, root, cell, err);
  if (status == LISI_OK)
    status = read_sites(doc, root, &space, err);
  if (status == LISI_OK) {
    memcpy(space.cell, cell, sizeof cell);
    status = read_jumps(doc, root, space.n, &n, &edges, err);
  }
  if (status == LISI_OK)
    status = yaml_need_double(doc, root, "lag", &lag, err);
  if (status == LISI_OK && !(lag > 0.0))
    status = yaml_fail(doc, yaml_get(doc, root, "lag"), err, "lag: a time above 0 is expected, found %g", lag);
  if (status == LISI_OK)
    status = network_make(&space, lag, n, edges, yaml_doc_name(doc), net, err);
  free(edges);
  state_space_free(&space);
  return status;
}

lisi_status network_parse(const char *bytes, size_t size, const char *name, network *net, lisi_error *err) {
  memset(net, 0, sizeof *net);
  yaml_doc *doc;
  lisi_status status = yaml_doc_parse(bytes, size, name, &doc, err);
  if (status != LISI_OK)
    return status;
  status = network_read(doc, net, err);
  yaml_doc_free(doc);
  return status;
}

lisi_status network_load(const char *path, network *net, lisi_error *err) {
  memset(net, 0, sizeof *net);
  yaml_doc *doc;
  lisi_status status = yaml_doc_load(path, &doc, err);
  if (status != LISI_OK)
    return status;
  status = network_read(doc, net, err);
  yaml_doc_free(doc);
  return status;
}
