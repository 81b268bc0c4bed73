/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "paths_show.h"

#include "out_file.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int *kept(const model_input *in) {
  return in->model.state;
}

static long long number(const model_input *in, int k) {
  return in->space.number[kept(in)[k]];
}

static const char *label(const model_input *in, int k) {
  return in->space.label != NULL ? in->space.label[kept(in)[k]] : "";
}

static void add_pair(doc_tree *doc, doc_ref parent, const char *key, double lo, double hi) {
  const double pair[2] = {lo, hi};
  doc_numbers(doc, parent, key, 2, pair);
}

static void add_network(doc_tree *doc, const model_input *in, const percolation *p) {
  const doc_ref map = doc_map(doc, DOC_ROOT, "network");
  doc_integer(doc, map, "dimension", p->dimension);
  doc_integer(doc, map, "parts", p->nparts);
  if (p->nets > 0)
    doc_integer(doc, map, "nets", p->nets);
  const doc_ref axes = doc_list(doc, map, "axes"), needed = doc_list(doc, map, "needed");
  for (int k = 0; k < p->dimension; k++) {
    const doc_ref axis = doc_list(doc, axes, NULL);
    for (int a = 0; a < 3; a++)
      doc_integer(doc, axis, NULL, p->axis[k][a]);
    const doc_ref jump = doc_map(doc, needed, NULL);
    doc_integer(doc, jump, "dimension", k + 1);
    doc_integer(doc, jump, "from", in->space.number[p->edge[k].i]);
    doc_integer(doc, jump, "to", in->space.number[p->edge[k].j]);
    const doc_ref shift = doc_list(doc, jump, "shift");
    for (int a = 0; a < 3; a++)
      doc_integer(doc, shift, NULL, p->edge[k].r[a]);
    doc_number(doc, jump, "rate", p->edge[k].p / in->model.lag);
    if (in->lag != NULL)
      doc_number(doc, jump, "flux", p->threshold[k] / in->model.lag);
  }
}

static void add_sets(doc_tree *doc, const model_input *in, const paths_result *r) {
  const pcca *s = &r->sets;
  if (s->m == 0)
    return;
  const doc_ref map = doc_map(doc, DOC_ROOT, "metastable");
  doc_integer(doc, map, "sets", s->m);
  doc_integer(doc, map, "suggested", r->suggested);
  doc_number(doc, map, "crispness", s->crispness);
  doc_numbers(doc, map, "timescales", (size_t)s->m - 1, in->model.timescale);
  doc_numbers(doc, map, "weights", (size_t)s->m, s->weight);
  doc_matrix(doc, map, "transitions", (size_t)s->m, (size_t)s->m, s->P);
  const doc_ref list = doc_list(doc, map, "states");
  for (int k = 0; k < s->n; k++) {
    const doc_ref state = doc_map(doc, list, NULL);
    doc_integer(doc, state, "site", number(in, k));
    if (label(in, k)[0] != '\0')
      doc_text(doc, state, "label", label(in, k));
    doc_integer(doc, state, "set", s->set[k] + 1);
    doc_numbers(doc, state, "memberships", (size_t)s->m, s->chi + (size_t)k * (size_t)s->m);
  }
}

static void add_times(doc_tree *doc, const paths_result *r) {
  const size_t S = (size_t)r->norbits;
  if (S < 2)
    return;
  const doc_ref map = doc_map(doc, DOC_ROOT, "mean_first_passage"), names = doc_list(doc, map, "orbits");
  for (size_t a = 0; a < S; a++)
    doc_text(doc, names, NULL, r->orbit_name[a]);
  doc_matrix(doc, map, "times", S, S, r->time);
  if (!r->has_ci)
    return;
  const doc_ref rows = doc_list(doc, map, "times_ci");
  for (size_t a = 0; a < S; a++) {
    const doc_ref row = doc_list(doc, rows, NULL);
    for (size_t b = 0; b < S; b++)
      add_pair(doc, row, NULL, a == b ? 0 : r->time_lo[a * S + b], a == b ? 0 : r->time_hi[a * S + b]);
  }
}

static void add_passage(doc_tree *doc, const model_input *in, const paths_result *r) {
  const size_t at = (size_t)r->norbits * (size_t)r->norbits, N = (size_t)in->model.n;
  if (r->from == NULL)
    return;
  const doc_ref map = doc_map(doc, DOC_ROOT, "passage");
  doc_text(doc, map, "from", r->from);
  doc_text(doc, map, "to", r->to);
  doc_number(doc, map, "flux", r->time[at]);
  if (isfinite(r->time_lo[at]))
    add_pair(doc, map, "flux_ci", r->time_lo[at], r->time_hi[at]);
  doc_number(doc, map, "rate", r->time[at + 1]);
  if (isfinite(r->time_lo[at + 1]))
    add_pair(doc, map, "rate_ci", r->time_lo[at + 1], r->time_hi[at + 1]);
  const doc_ref states = doc_list(doc, map, "states");
  for (int k = 0; k < in->model.n; k++) {
    const doc_ref state = doc_map(doc, states, NULL);
    doc_integer(doc, state, "site", number(in, k));
    if (label(in, k)[0] != '\0')
      doc_text(doc, state, "label", label(in, k));
    doc_number(doc, state, "committor", r->tpt.forward[k]);
    doc_number(doc, state, "backward", r->tpt.backward[k]);
  }
  const doc_ref net = doc_list(doc, map, "net_flux");
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      const double f = r->tpt.net[i * N + j];
      if (!(f > 1e-12 * r->tpt.flux)) /* rounding */
        continue;
      const doc_ref row = doc_list(doc, net, NULL);
      doc_integer(doc, row, NULL, number(in, (int)i));
      doc_integer(doc, row, NULL, number(in, (int)j));
      doc_number(doc, row, NULL, f / in->model.lag);
    }
  }
  const doc_ref list = doc_list(doc, map, "pathways");
  for (int p = 0; p < r->npaths; p++) {
    const doc_ref path = doc_map(doc, list, NULL), sites = doc_list(doc, path, "sites");
    for (int k = 0; k < r->path[p].n; k++)
      doc_integer(doc, sites, NULL, number(in, r->path[p].state[k]));
    doc_number(doc, path, "flux", r->path[p].flux / in->model.lag);
    doc_number(doc, path, "share", r->path[p].flux / r->tpt.flux);
  }
}

lisi_status paths_tree(const model_input *in, const paths_result *r, const char *command, doc_tree **out,
                       lisi_error *err) {
  doc_tree *doc = *out = doc_new();
  if (doc == NULL)
    return lisi_no_memory(err, sizeof(void *));
  doc_text(doc, DOC_ROOT, "format", "lisi-paths 1");
  doc_text(doc, doc_map(doc, DOC_ROOT, "units"), "time", in->unit);
  doc_text(doc, DOC_ROOT, "program", "lisi-msm " LISI_VERSION);
  doc_text(doc, DOC_ROOT, "command", command);
  doc_number(doc, DOC_ROOT, "lag", in->model.lag);
  doc_text(doc, DOC_ROOT, "estimator", in->lag != NULL ? msm_estimator_name(in->options.estimator) : "given");
  doc_number(doc, DOC_ROOT, "discarded_fraction", in->model.discarded_fraction);
  if (in->space.geometry)
    add_network(doc, in, &r->network);
  add_sets(doc, in, r);
  add_times(doc, r);
  add_passage(doc, in, r);
  return LISI_OK;
}

/* ---- for people ---- */

static void print_network(const model_input *in, const percolation *p) {
  static const char *const kind[4] = {"leads nowhere (caged)", "leads in one direction (channels)",
                                      "leads in two directions (layers)", "leads in all three directions"};
  printf("The jump network %s", kind[p->dimension]);
  if (p->nets > 1)
    printf("; %d separate copies of it fill the crystal", p->nets);
  printf("\n");
  for (int k = 0; k < p->dimension; k++) {
    char from[64], to[64];
    model_input_state_name(&in->space, p->edge[k].i, from);
    model_input_state_name(&in->space, p->edge[k].j, to);
    printf("  the weakest jump needed for %d: %s -> %s (cell %d %d %d), %.3g per %s\n", k + 1, from, to,
           p->edge[k].r[0], p->edge[k].r[1], p->edge[k].r[2], p->edge[k].p / in->model.lag, in->unit);
  }
}

static void print_sets(const model_input *in, const pcca *s) {
  if (s->m == 0)
    return;
  printf("\n%d metastable sets (crispness %.2f):\n", s->m, s->crispness);
  for (int k = 0; k < s->m; k++) {
    int shown = 0;
    printf("  %d  weight %.4f  ", k + 1, s->weight[k]);
    for (int i = 0; i < s->n; i++) {
      char name[64];
      if (s->set[i] != k)
        continue;
      model_input_state_name(&in->space, kept(in)[i], name);
      if (shown++ < 8)
        printf("%s%s", shown > 1 ? ", " : "", name);
    }
    printf(shown > 8 ? ", ... (%d sites)\n" : "\n", shown);
  }
}

static void print_times(const model_input *in, const paths_result *r) {
  const int S = r->norbits;
  if (S < 2)
    return;
  printf("\nMean first passage times (%s)%s:\n", in->unit, r->has_ci ? ", 95 % intervals" : "");
  for (int a = 0; a < S; a++) {
    for (int b = 0; b < S; b++) {
      const int q = a * S + b;
      if (a == b)
        continue;
      printf("  %-12s -> %-12s %12.5g", r->orbit_name[a], r->orbit_name[b], r->time[q]);
      if (!isnan(r->time_lo[q]))
        printf("  [%.4g, %.4g]", r->time_lo[q], r->time_hi[q]);
      printf("\n");
    }
  }
}

static void print_passage(const model_input *in, const paths_result *r) {
  const int at = r->norbits * r->norbits;
  if (r->from == NULL)
    return;
  printf("\nFrom %s to %s:\n  flux %.5g passages per %s and atom", r->from, r->to, r->time[at], in->unit);
  if (!isnan(r->time_lo[at]))
    printf("  [%.4g, %.4g]", r->time_lo[at], r->time_hi[at]);
  printf("\n  rate %.5g per %s", r->time[at + 1], in->unit);
  if (!isnan(r->time_lo[at + 1]))
    printf("  [%.4g, %.4g]", r->time_lo[at + 1], r->time_hi[at + 1]);
  printf("\n  pathways:\n");
  for (int p = 0; p < r->npaths; p++) {
    printf("  %6.2f %%  ", 100 * r->path[p].flux / r->tpt.flux);
    for (int k = 0; k < r->path[p].n; k++) {
      char name[64];
      model_input_state_name(&in->space, kept(in)[r->path[p].state[k]], name);
      printf("%s%s", k > 0 ? " -> " : "", name);
    }
    printf("\n");
  }
}

void paths_print(const model_input *in, const paths_result *r) {
  printf("Model at lag %g %s, %d states\n\n", in->model.lag, in->unit, in->model.n);
  if (in->model.discarded_fraction > 0.001)
    printf("Its connected set holds %.1f %% of %s; sets, times and pathways are about this set alone.\n\n",
           100 * (1 - in->model.discarded_fraction), in->lag != NULL ? "the counts" : "the sites");
  if (in->space.geometry)
    print_network(in, &r->network);
  print_sets(in, &r->sets);
  print_times(in, r);
  print_passage(in, r);
}

/* ---- picture ---- */

static void dot_text(FILE *f, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      fputc('\\', f);
    fputc(*c, f);
  }
}

lisi_status paths_draw(const model_input *in, const paths_result *r, const char *folder, lisi_error *err) {
  const size_t N = (size_t)in->model.n;
  struct out_file *file = NULL;
  double *carried = calloc(N * N, sizeof *carried); /* by the pathways */
  bool *used = calloc(N, sizeof *used);
  lisi_status status =
      !carried || !used ? lisi_no_memory(err, N * N * sizeof *carried) : report_out(folder, "paths.dot", &file, err);
  if (status != LISI_OK)
    goto done;
  for (int p = 0; p < r->npaths; p++) {
    const tpt_path *path = &r->path[p];
    for (int k = 0; k < path->n; k++) {
      used[path->state[k]] = true;
      if (k + 1 < path->n)
        carried[(size_t)path->state[k] * N + (size_t)path->state[k + 1]] += path->flux / r->tpt.flux;
    }
  }
  FILE *f = out_file_stream(file);
  fprintf(f, "// dot -Tsvg paths.dot draws it; edit and run again to restyle\ndigraph paths {\n"
             "  rankdir=LR; bgcolor=\"#ffffff\"; nodesep=0.35; ranksep=0.9;\n"
             "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=13, color=\"#8a94a0\", "
             "fontcolor=\"#1c2530\"];\n"
             "  edge [fontname=\"Helvetica\", fontsize=11, fontcolor=\"#4a5560\", color=\"#2a78d6\"];\n");
  for (size_t i = 0; i < N; i++) {
    char name[64];
    if (!used[i])
      continue;
    model_input_state_name(&in->space, kept(in)[i], name);
    fprintf(f, "  s%zu [label=\"", i);
    dot_text(f, name);
    fprintf(f, "\\nq = %.3g\", fillcolor=\"%s\"];\n", r->tpt.forward[i],
            r->tpt.side[i] == TPT_A   ? "#d9ecfb"
            : r->tpt.side[i] == TPT_B ? "#fbdcdc"
                                      : "#f5f7f9");
  }
  for (size_t i = 0; i < N; i++) {
    for (size_t j = 0; j < N; j++) {
      const double share = carried[i * N + j];
      if (share > 0)
        fprintf(f, "  s%zu -> s%zu [penwidth=%.2f, label=\"%.3g %%\"];\n", i, j, 0.6 + 7 * share, 100 * share);
    }
  }
  for (int end = 0; end < 2; end++) {
    fprintf(f, "  { rank=%s;", end == 0 ? "source" : "sink");
    for (size_t i = 0; i < N; i++) {
      if (used[i] && r->tpt.side[i] == (end == 0 ? TPT_A : TPT_B))
        fprintf(f, " s%zu;", i);
    }
    fprintf(f, " }\n");
  }
  fprintf(f, "}\n");
  status = out_file_commit(file, err);
  char program[] = "dot", svg[] = "-Tsvg", o[] = "-o", to[] = "paths.svg",
       from[] = "paths.dot", *const argv[] = {program, svg, o, to, from, NULL};
  if (status == LISI_OK && !report_program(folder, "graphviz.log", argv))
    cli_warn("dot (Graphviz) could not be run: paths.dot is there, but no picture");
  else if (status == LISI_OK)
    status = report_svg_finish(
        folder, "paths", "Pathways",
        "Sites on the way from the start to the target, joined by arrows as thick as the share of the "
        "flux that they carry.",
        err);
done:
  free(carried);
  free(used);
  return status;
}
