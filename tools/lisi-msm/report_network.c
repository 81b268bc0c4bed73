/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump network drawn on the crystal: one unit cell seen along a short axis, sites coloured by type, lines as
 * wide as the flux. Jumps that leave the cell end in a pale copy of the site outside; jumps straight along the line of
 * sight are a ring round the site. */
#include "report.h"

#include "out_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_PER_ANGSTROM 46.0
#define MIN_FLUX 0.004 /* of the strongest line; weaker ones would only blur the picture */

typedef struct {
  int axis, u, v;      /* cell vectors: line of sight, across, up */
  double e1[3], e2[3]; /* unit vectors of the picture */
  const report_network *net;
} view;

static double dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Smallest distance between two sites (and their images) in the picture seen along a cell vector. */
static double separation(const report_network *net, int axis) {
  const double *p = net->cell + 3 * axis;
  const int u = (axis + 1) % 3, v = (axis + 2) % 3;
  double closest = INFINITY;
  for (int i = 0; i < net->nsites; i++)
    for (int j = 0; j < i; j++)
      for (int image = 0; image < 9; image++) {
        double f[3], r[3] = {0, 0, 0};
        for (int k = 0; k < 3; k++)
          f[k] = net->frac[3 * j + k] - net->frac[3 * i + k];
        f[u] += image / 3 - 1 - floor(f[u] + 0.5);
        f[v] += image % 3 - 1 - floor(f[v] + 0.5);
        for (int k = 0; k < 3; k++)
          for (int c = 0; c < 3; c++)
            r[c] += f[k] * net->cell[3 * k + c];
        const double along = dot(r, p) / dot(p, p);
        for (int c = 0; c < 3; c++)
          r[c] -= along * p[c];
        closest = fmin(closest, dot(r, r));
      }
  return sqrt(closest);
}

/* Along the shortest cell vector, unless sites would cover each other there. */
static view choose_view(const report_network *net) {
  view w = {.axis = 0, .net = net};
  double length[3], apart[3];
  for (int k = 0; k < 3; k++) {
    length[k] = sqrt(dot(net->cell + 3 * k, net->cell + 3 * k));
    apart[k] = net->nsites <= 400 ? separation(net, k) : 1;
  }
  for (int k = 1; k < 3; k++) {
    const bool clear = apart[k] > 0.7, best_clear = apart[w.axis] > 0.7;
    if (clear == best_clear ? (clear ? length[k] < length[w.axis] : apart[k] > apart[w.axis]) : clear)
      w.axis = k;
  }
  w.u = (w.axis + 1) % 3;
  w.v = (w.axis + 2) % 3;
  if (length[w.v] > length[w.u]) {
    const int swap = w.u;
    w.u = w.v;
    w.v = swap;
  }
  double p[3], e1[3], norm = 0;
  for (int k = 0; k < 3; k++)
    p[k] = net->cell[3 * w.axis + k] / length[w.axis];
  const double along = dot(net->cell + 3 * w.u, p);
  for (int k = 0; k < 3; k++)
    e1[k] = net->cell[3 * w.u + k] - along * p[k];
  norm = sqrt(dot(e1, e1));
  for (int k = 0; k < 3; k++)
    w.e1[k] = e1[k] / norm;
  w.e2[0] = p[1] * w.e1[2] - p[2] * w.e1[1];
  w.e2[1] = p[2] * w.e1[0] - p[0] * w.e1[2];
  w.e2[2] = p[0] * w.e1[1] - p[1] * w.e1[0];
  if (dot(net->cell + 3 * w.v, w.e2) < 0)
    for (int k = 0; k < 3; k++)
      w.e2[k] = -w.e2[k];
  return w;
}

static void project(const view *w, const double frac[3], double xy[2]) {
  double r[3] = {0, 0, 0};
  for (int k = 0; k < 3; k++)
    for (int c = 0; c < 3; c++)
      r[c] += frac[k] * w->net->cell[3 * k + c];
  xy[0] = dot(r, w->e1) * POINTS_PER_ANGSTROM;
  xy[1] = dot(r, w->e2) * POINTS_PER_ANGSTROM;
}

/* A line of the picture: fluxes of all jumps with the same projection, both directions, added up. */
typedef struct {
  int i, j, nu, nv;
  double flux;
} line;

static int compare_lines(const void *a, const void *b) {
  const line *p = a, *q = b;
  if (p->i != q->i)
    return p->i < q->i ? -1 : 1;
  if (p->j != q->j)
    return p->j < q->j ? -1 : 1;
  if (p->nu != q->nu)
    return p->nu < q->nu ? -1 : 1;
  return p->nv < q->nv ? -1 : p->nv > q->nv;
}

/* Every jump is entered once as seen from i and, turned round, as seen from j; lines inside the cell are later drawn
 * for i < j only. */
static int collect(const view *w, line *list, double *ring) {
  int n = 0;
  for (int e = 0; e < w->net->nedges; e++) {
    const report_edge *x = &w->net->edge[e];
    const int nu = x->n[w->u], nv = x->n[w->v];
    if (x->i == x->j && nu == 0 && nv == 0) {
      ring[x->i] += x->flux;
      continue;
    }
    list[n++] = (line){x->i, x->j, nu, nv, x->flux};
    list[n++] = (line){x->j, x->i, -nu, -nv, x->flux};
  }
  qsort(list, (size_t)n, sizeof *list, compare_lines);
  int m = 0;
  for (int k = 0; k < n; k++) {
    if (m > 0 && compare_lines(&list[m - 1], &list[k]) == 0)
      list[m - 1].flux += list[k].flux;
    else
      list[m++] = list[k];
  }
  return m;
}

static void corner(FILE *f, const view *w, int a, int b, const char *name) {
  double frac[3] = {0, 0, 0}, xy[2];
  frac[w->u] = a;
  frac[w->v] = b;
  project(w, frac, xy);
  fprintf(f, "  %s [shape=point width=0.01 color=\"#8a94a0\" pos=\"%.2f,%.2f!\"]\n", name, xy[0], xy[1]);
}

static void frame(FILE *f, const view *w) {
  corner(f, w, 0, 0, "c00");
  corner(f, w, 1, 0, "c10");
  corner(f, w, 1, 1, "c11");
  corner(f, w, 0, 1, "c01");
  fputs("  edge [color=\"#8a94a0\" style=dashed penwidth=1]\n  c00 -- c10 -- c11 -- c01 -- c00\n  edge [style=solid]\n",
        f);
  static const char name[] = "abc";
  double frac[3] = {0, 0, 0}, xy[2];
  frac[w->u] = 0.5;
  project(w, frac, xy);
  fprintf(f, "  la [shape=plain fontsize=22 fontcolor=\"#4a5560\" label=<<i>%c</i>> pos=\"%.2f,%.2f!\"]\n", name[w->u],
          xy[0], xy[1] - 100);
  frac[w->u] = 0;
  frac[w->v] = 0.5;
  project(w, frac, xy);
  fprintf(f, "  lb [shape=plain fontsize=22 fontcolor=\"#4a5560\" label=<<i>%c</i>> pos=\"%.2f,%.2f!\"]\n", name[w->v],
          xy[0] - 90, xy[1]);
}

static void hosts(FILE *f, const view *w, const report_data *data) {
  for (int k = 0; k < yaml_seq_size(data->doc, data->framework); k++) {
    const yaml_ref atom = yaml_seq_at(data->doc, data->framework, k);
    const char *species = yaml_text(data->doc, yaml_get(data->doc, atom, "species"));
    double frac[3], xy[2];
    for (int c = 0; c < 3; c++)
      frac[c] = report_item(data, yaml_get(data->doc, atom, "frac"), c);
    if (isnan(frac[0] + frac[1] + frac[2]))
      continue;
    project(w, frac, xy);
    fprintf(f,
            "  h%d [shape=circle width=0.62 fixedsize=true style=filled fillcolor=\"#e6ebf0\" color=\"#cfd7df\" "
            "label=\"%.4s\" fontsize=15 "
            "fontcolor=\"#8a94a0\" pos=\"%.2f,%.2f!\"]\n",
            k, species != NULL ? species : "", xy[0], xy[1]);
  }
}

static void lines(FILE *f, const view *w, const line *list, int n, double strongest) {
  for (int k = 0; k < n; k++) {
    const line *x = &list[k];
    if (x->flux < MIN_FLUX * strongest)
      continue;
    const double strength = sqrt(x->flux / strongest), width = 0.8 + 9 * strength;
    const int shade = (int)(0xd0 - 0x98 * strength);
    if (x->nu == 0 && x->nv == 0) {
      if (x->i > x->j)
        continue; /* the same line, turned round */
      fprintf(f, "  s%d -- s%d [penwidth=%.2f color=\"#%02x%02x%02x\"]\n", x->i, x->j, width, shade, shade + 6,
              shade + 14);
      continue;
    }
    /* The far end lies in another cell: a stub that stops halfway, where its copy on the other side goes on. */
    double here[2], there[2], frac[3];
    memcpy(frac, w->net->frac + 3 * x->j, sizeof frac);
    frac[w->u] += x->nu;
    frac[w->v] += x->nv;
    project(w, frac, there);
    project(w, w->net->frac + 3 * x->i, here);
    fprintf(f,
            "  g%d [shape=point width=0.01 color=\"#%02x%02x%02x\" pos=\"%.2f,%.2f!\"]\n  s%d -- g%d [penwidth=%.2f "
            "color=\"#%02x%02x%02x\"]\n",
            k, shade, shade + 6, shade + 14, 0.5 * (here[0] + there[0]), 0.5 * (here[1] + there[1]), x->i, k, width,
            shade, shade + 6, shade + 14);
  }
}

lisi_status report_draw_network(const report_data *data, const report_network *net, bool *graphviz, lisi_error *err) {
  *graphviz = false;
  if (net->nsites == 0)
    return LISI_OK;
  const view w = choose_view(net);
  line *list = calloc(2 * (size_t)net->nedges + 1, sizeof *list);
  double *ring = calloc((size_t)net->nsites, sizeof *ring);
  struct out_file *dot_file = NULL;
  lisi_status status = list == NULL || ring == NULL ? lisi_no_memory(err, (size_t)net->nedges * sizeof *list)
                                                    : report_out(data->folder, "network.dot", &dot_file, err);
  if (status == LISI_OK) {
    const int n = collect(&w, list, ring);
    double strongest = 0;
    for (int k = 0; k < n; k++)
      strongest = fmax(strongest, list[k].flux);
    for (int s = 0; s < net->nsites; s++)
      strongest = fmax(strongest, 2 * ring[s]);
    if (!(strongest > 0))
      strongest = 1;
    FILE *f = out_file_stream(dot_file);
    fputs("// neato -n2 -Tsvg network.dot -o network.svg draws this again\n"
          "graph network {\n  graph [bgcolor=white outputorder=edgesfirst notranslate=false pad=0.3 splines=line]\n"
          "  node [fontname=Helvetica]\n",
          f);
    frame(f, &w);
    hosts(f, &w, data);
    lines(f, &w, list, n, strongest);
    const double size = net->nsites > 80 ? 0.3 : 0.46;
    for (int s = 0; s < net->nsites; s++) {
      double xy[2];
      const double strength = sqrt(fmin(1, 2 * ring[s] / strongest));
      project(&w, net->frac + 3 * s, xy);
      fprintf(f,
              "  s%d [shape=circle width=%.2f fixedsize=true style=filled fillcolor=\"%s\" color=\"%s\" penwidth=%.2f "
              "label=\"%lld\" fontsize=%d "
              "fontcolor=white pos=\"%.2f,%.2f!\"]\n",
              s, size, report_colour(net->type[s]), ring[s] > MIN_FLUX * strongest ? "#38465c" : "white",
              ring[s] > MIN_FLUX * strongest ? 1.5 + 7 * strength : 1.5, net->number[s], net->nsites > 80 ? 9 : 13,
              xy[0], xy[1]);
    }
    fputs("}\n", f);
    status = out_file_commit(dot_file, err);
  }
  free(list);
  free(ring);
  if (status != LISI_OK)
    return status;
  char neato[] = "neato", n2[] = "-n2", svg[] = "-Tsvg", in[] = "network.dot", o[] = "-o", out[] = "network.svg";
  char *const argv[] = {neato, n2, svg, in, o, out, NULL};
  *graphviz = report_program(data->folder, "graphviz.log", argv);
  return LISI_OK;
}
