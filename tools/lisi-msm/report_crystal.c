/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_crystal.h"

#include "out_file.h"
#include "report_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Angstrom: room round the cell for lines that leave it, host discs, sites this near to a border come on both sides. */
static const double margin = 1.15, host_radius = 0.52, border_reach = 0.3;

/* Of many sites: fewer and thinner lines, and smaller host atoms, or nothing would be seen behind them. */
static bool crowded(const crystal_scene *c) {
  return c->net->nsites > 60;
}

/* Of the strongest; weaker lines would only blur the picture. */
static double min_flux(const crystal_scene *c) {
  return crowded(c) ? 0.03 : 0.004;
}

/* ---- what there is to draw ---- */

/* Framework positions stand for the unit cell; where nothing was folded the picture shows the whole supercell. */
static lisi_status read_hosts(const report_data *data, crystal_scene *c, lisi_error *err) {
  const int unit = yaml_seq_size(data->doc, data->framework);
  int times[3] = {1, 1, 1}, copies = 1;
  const yaml_ref replicate = yaml_get(data->doc, data->root, "replicate");
  const char *folded = yaml_text(data->doc, yaml_get(data->doc, data->root, "folded"));
  for (int k = 0; k < 3 && folded != NULL && strcmp(folded, "false") == 0; k++) {
    const double n = report_item(data, replicate, k);
    times[k] = n >= 1 && n <= 1000 ? (int)n : 1;
    copies *= times[k];
  }
  if ((long long)unit * copies > 20000) /* a grey field */
    return LISI_OK;
  c->host = calloc((size_t)(unit * copies) * 3 + 1, sizeof *c->host);
  c->kind = calloc((size_t)(unit * copies) + 1, sizeof *c->kind);
  if (c->host == NULL || c->kind == NULL)
    return lisi_no_memory(err, (size_t)(unit * copies) * 32);
  for (int a = 0; a < unit; a++) {
    const yaml_ref atom = yaml_seq_at(data->doc, data->framework, a);
    const char *name = yaml_text(data->doc, yaml_get(data->doc, atom, "species"));
    double frac[3];
    for (int k = 0; k < 3; k++)
      frac[k] = report_item(data, yaml_get(data->doc, atom, "frac"), k);
    if (!isfinite(frac[0] + frac[1] + frac[2]))
      continue;
    char species[sizeof c->species[0]];
    snprintf(species, sizeof species, "%s", name != NULL ? name : "?");
    int kind = 0;
    while (kind < c->nspecies && strcmp(c->species[kind], species) != 0)
      kind++;
    if (kind == c->nspecies && kind < (int)(sizeof c->species / sizeof *c->species))
      memcpy(c->species[c->nspecies++], species, sizeof species);
    if (kind == c->nspecies)
      kind--;
    for (int copy = 0; copy < copies; copy++) {
      const int at[3] = {copy % times[0], copy / times[0] % times[1], copy / times[0] / times[1]};
      for (int k = 0; k < 3; k++)
        c->host[3 * c->nhosts + k] = (frac[k] - floor(frac[k]) + at[k]) / times[k];
      c->kind[c->nhosts++] = kind;
    }
  }
  return LISI_OK;
}

static int same_place(const void *a, const void *b) {
  const crystal_line *p = a, *q = b;
  if (p->i != q->i)
    return p->i < q->i ? -1 : 1;
  if (p->j != q->j)
    return p->j < q->j ? -1 : 1;
  for (int k = 0; k < 3; k++)
    if (p->n[k] != q->n[k])
      return p->n[k] < q->n[k] ? -1 : 1;
  return 0;
}

static int weakest_first(const void *a, const void *b) {
  const crystal_line *p = a, *q = b;
  return p->flux != q->flux ? (p->flux < q->flux ? -1 : 1) : same_place(a, b);
}

/* Every jump as seen from i and, turned round, from j; those of the same projection add up. */
static lisi_status collect(crystal_scene *c, lisi_error *err) {
  const report_network *net = c->net;
  c->line = calloc(2 * (size_t)net->nedges + 1, sizeof *c->line);
  c->ring = calloc((size_t)net->nsites + 1, sizeof *c->ring);
  if (c->line == NULL || c->ring == NULL)
    return lisi_no_memory(err, 2 * (size_t)net->nedges * sizeof *c->line);
  int n = 0, m = 0;
  for (int e = 0; e < net->nedges; e++) {
    const report_edge *x = &net->edge[e];
    crystal_line there = {.i = x->i, .j = x->j, .flux = x->flux}, back = {.i = x->j, .j = x->i, .flux = x->flux};
    for (int k = 0; k < 3; k++) {
      there.n[k] = k == c->view.axis && !c->view.oblique ? 0 : x->n[k];
      back.n[k] = -there.n[k];
    }
    there.leaves = back.leaves = there.n[0] != 0 || there.n[1] != 0 || there.n[2] != 0;
    if (x->i == x->j && !there.leaves) {
      c->ring[x->i] += x->flux;
      continue;
    }
    c->line[n++] = there;
    c->line[n++] = back;
  }
  qsort(c->line, (size_t)n, sizeof *c->line, same_place);
  for (int k = 0; k < n; k++) {
    if (m > 0 && same_place(&c->line[m - 1], &c->line[k]) == 0)
      c->line[m - 1].flux += c->line[k].flux;
    else
      c->line[m++] = c->line[k];
  }
  for (int k = 0; k < m; k++)
    c->strongest = fmax(c->strongest, c->line[k].flux);
  for (int s = 0; s < net->nsites; s++)
    c->strongest = fmax(c->strongest, 2 * c->ring[s]);
  if (!(c->strongest > 0))
    c->strongest = 1;
  for (int k = 0; k < m; k++) /* inside the cell once is enough */
    if ((c->line[k].leaves || c->line[k].i < c->line[k].j) && c->line[k].flux >= min_flux(c) * c->strongest)
      c->line[c->nlines++] = c->line[k];
  qsort(c->line, (size_t)c->nlines, sizeof *c->line, weakest_first);
  return LISI_OK;
}

lisi_status crystal_scene_open(const report_data *data, const report_network *net, crystal_scene *c, lisi_error *err) {
  *c = (crystal_scene){.net = net, .view = cell_view_best(net->cell, net->nsites, net->frac)};
  lisi_status status = read_hosts(data, c, err);
  if (status == LISI_OK)
    status = collect(c, err);
  if (status != LISI_OK)
    crystal_scene_free(c);
  return status;
}

void crystal_scene_free(crystal_scene *c) {
  free(c->host);
  free(c->kind);
  free(c->line);
  free(c->ring);
  *c = (crystal_scene){0};
}

/* ---- drawing ---- */

double crystal_scale(const crystal_scene *c, double width, double height, double *used_width, double *used_height) {
  const double w = c->view.hi[0] - c->view.lo[0] + 2 * margin, h = c->view.hi[1] - c->view.lo[1] + 2 * margin;
  const double scale = fmin(width / w, height / h);
  *used_width = w * scale;
  *used_height = h * scale;
  return scale;
}

double crystal_radius(const crystal_scene *c, double share) {
  /* Crowded pictures get smaller discs. */
  const double area = (c->view.hi[0] - c->view.lo[0]) * (c->view.hi[1] - c->view.lo[1]) / (c->net->nsites + 1);
  const double most = c->view.apart > 0 ? 0.55 * c->view.apart : 0.2;
  const double largest = fmax(0.32, fmin(fmin(0.46, most), 0.34 * sqrt(area)));
  return fmax(0.3 * largest, largest * sqrt(fmin(1, fmax(0, share))));
}

typedef struct {
  const crystal_scene *c;
  double x, y, scale;
} frame;

static void place(const frame *f, const double frac[3], double xyz[3]) {
  cell_view_project(&f->c->view, frac, xyz);
  xyz[0] = f->x + (xyz[0] - f->c->view.lo[0] + margin) * f->scale;
  xyz[1] = f->y + (f->c->view.hi[1] - xyz[1] + margin) * f->scale;
}

/* The directions of the edges, in the lower left corner outside the cell. */
static void axes(FILE *f, const frame *p) {
  const cell_view *v = &p->c->view;
  const double aside = v->oblique && v->across[v->axis] < 0 ? 20 : 0; /* room for the third edge */
  const double x = p->x + 0.28 * margin * p->scale + aside, y = p->y + (v->hi[1] - v->lo[1] + 1.72 * margin) * p->scale;
  for (int k = 0; k < 3; k++) {
    const double length = hypot(v->across[k], v->above[k]), reach = fmin(26, 0.75 * margin * p->scale);
    if (length < 1e-9)
      continue;
    const double shorter = k == v->axis ? 0.6 : 1.0, u = v->across[k] / length * reach * shorter,
                 w = -v->above[k] / length * reach * shorter;
    fprintf(f,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#4a5560\" stroke-width=\"1.4\"/>"
            "<text x=\"%.1f\" y=\"%.1f\" font-size=\"14\" font-style=\"italic\" text-anchor=\"middle\" "
            "fill=\"#4a5560\">%c</text>\n",
            x, y, x + u, y + w, x + 1.32 * u, y + 1.32 * w + 4.5, 'a' + k);
  }
}

static void outline(FILE *f, const frame *p) {
  const cell_view *v = &p->c->view;
  double a[3], b[3];
  for (int k = 0; k < 3; k++)
    for (int corner = 0; corner < 4; corner++) {
      double from[3], to[3];
      const int u = (k + 1) % 3, w = (k + 2) % 3;
      from[k] = 0;
      to[k] = 1;
      from[u] = to[u] = corner & 1;
      from[w] = to[w] = corner >> 1;
      if (!v->oblique && (k == v->axis || from[v->axis] != 0))
        continue;
      place(p, from, a);
      place(p, to, b);
      fprintf(f,
              "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#8a94a0\" stroke-width=\"1\" "
              "stroke-dasharray=\"4 4\"/>\n",
              a[0], a[1], b[0], b[1]);
    }
  axes(f, p);
}

/* Calls draw for a position and, where it lies on a border, its images on the other sides. */
static int images(const crystal_scene *c, const double frac[3], double image[9][3]) {
  const cell_view *v = &c->view;
  const double reach[2] = {border_reach / hypot(v->across[v->right], v->above[v->right]),
                           border_reach / hypot(v->across[v->up], v->above[v->up])};
  int n = 0;
  memcpy(image[n++], frac, 3 * sizeof(double)); /* home first */
  for (int i = -1; i <= 1; i++)
    for (int j = -1; j <= 1; j++) {
      const double r = frac[v->right] + i, u = frac[v->up] + j;
      if ((i == 0 && j == 0) || r < -reach[0] || r > 1 + reach[0] || u < -reach[1] || u > 1 + reach[1])
        continue;
      memcpy(image[n], frac, 3 * sizeof(double));
      image[n][v->right] = r;
      image[n++][v->up] = u;
    }
  return n;
}

static double line_width(const crystal_scene *c, double flux, double scale) {
  return scale * (crowded(c) ? 0.6 : 1) * (0.018 + 0.20 * sqrt(fmin(1, flux / c->strongest)));
}

static void lines(FILE *f, const frame *p) {
  const crystal_scene *c = p->c;
  fputs("<g stroke=\"#5a6774\" stroke-linecap=\"round\">\n", f);
  for (int k = 0; k < c->nlines; k++) {
    const crystal_line *x = &c->line[k];
    double to[3], a[3], b[3];
    place(p, c->net->frac + 3 * x->i, a);
    for (int d = 0; d < 3; d++)
      to[d] = c->net->frac[3 * x->j + d] + x->n[d];
    place(p, to, b);
    const double part = x->leaves ? 0.5 : 1.0, strength = sqrt(x->flux / c->strongest);
    fprintf(f,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-width=\"%.2f\" stroke-opacity=\"%.2f\"/>\n",
            a[0], a[1], a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1]), line_width(c, x->flux, p->scale),
            (crowded(c) ? 0.15 : 0.25) + (crowded(c) ? 0.4 : 0.6) * strength);
  }
  fputs("</g>\n", f);
}

/* Black or white, whichever can be read on the colour. */
static const char *ink_on(const char *fill) {
  unsigned r = 0, g = 0, b = 0;
  if (sscanf(fill, "#%2x%2x%2x", &r, &g, &b) != 3)
    return "#1c2530";
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111820" : "#fdfdfd";
}

typedef struct {
  double depth;
  int site;
} nearness;

static int far_first(const void *a, const void *b) {
  const nearness *p = a, *q = b;
  return p->depth != q->depth ? (p->depth < q->depth ? -1 : 1) : p->site < q->site ? -1 : p->site > q->site;
}

static void sites(FILE *f, const frame *p, const crystal_site *site) {
  const crystal_scene *c = p->c;
  nearness *order = calloc((size_t)c->net->nsites, sizeof *order);
  if (order == NULL)
    return;
  for (int s = 0; s < c->net->nsites; s++) {
    double at[3];
    place(p, c->net->frac + 3 * s, at);
    order[s] = (nearness){at[2], s};
  }
  qsort(order, (size_t)c->net->nsites, sizeof *order, far_first);
  for (int k = 0; k < c->net->nsites; k++) {
    const int s = order[k].site;
    const crystal_site *x = &site[s];
    double image[9][3];
    const int n = images(c, c->net->frac + 3 * s, image);
    fputs("<g><title>", f);
    report_escaped(f, x->title);
    fputs("</title>", f);
    for (int m = 0; m < n; m++) {
      double at[3];
      place(p, image[m], at);
      const double r = x->radius * p->scale, around = c->ring[s] / c->strongest;
      if (around > min_flux(c))
        fprintf(f,
                "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"none\" stroke=\"#5a6774\" stroke-width=\"%.1f\" "
                "stroke-opacity=\"%.2f\"/>",
                at[0], at[1], r + 0.6 + line_width(c, 2 * c->ring[s], p->scale) / 2,
                line_width(c, 2 * c->ring[s], p->scale), 0.35 + 0.6 * sqrt(2 * around));
      fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1\"/>", at[0],
              at[1], r, x->hollow ? "#ffffff" : x->fill, x->hollow ? "#8a94a0" : "#38465c");
      const int digits = snprintf(NULL, 0, "%lld", c->net->number[s]);
      const double size = fmin(12.5, 2 * r / (0.62 * digits + 0.35));
      if (size >= 6.5)
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"middle\" fill=\"%s\">%lld</text>",
                at[0], at[1] + 0.355 * size, size, x->hollow ? "#5a6774" : ink_on(x->fill), c->net->number[s]);
    }
    fputs("</g>\n", f);
  }
  free(order);
}

static void hosts(FILE *f, const frame *p) {
  const crystal_scene *c = p->c;
  const double r = (crowded(c) ? 0.6 : 1) * host_radius * p->scale;
  for (int h = 0; h < c->nhosts; h++) {
    double image[9][3];
    const int n = images(c, c->host + 3 * h, image);
    for (int m = 0; m < n; m++) {
      double at[3];
      place(p, image[m], at);
      fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#e6ebf0\" stroke=\"#cfd7df\"/>", at[0], at[1], r);
      if (r >= 8) {
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"middle\" fill=\"#8a94a0\">", at[0],
                at[1] + 0.3 * r, fmin(13, 0.95 * r));
        report_escaped(f, c->species[c->kind[h]]);
        fputs("</text>", f);
      }
      fputc('\n', f);
    }
  }
}

void crystal_draw(FILE *f, const crystal_scene *c, double x, double y, double scale, const crystal_site *site) {
  const frame p = {c, x, y, scale};
  hosts(f, &p);
  outline(f, &p);
  lines(f, &p);
  sites(f, &p, site);
}

/* ---- the file ---- */

lisi_status crystal_svg_open(const char *folder, const char *name, double width, double height, const char *title,
                             const char *description, struct out_file **file, lisi_error *err) {
  char whole[80];
  snprintf(whole, sizeof whole, "%s.svg", name);
  const lisi_status status = report_out(folder, whole, file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(*file);
  fprintf(f,
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
          "height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-title %s-desc\" "
          "font-family=\"Helvetica,Arial,sans-serif\">\n<title id=\"%s-title\">",
          width, height, width, height, name, name, name);
  report_escaped(f, title);
  fprintf(f, "</title>\n<desc id=\"%s-desc\">", name);
  report_escaped(f, description);
  fprintf(f, "</desc>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n", width, height);
  return LISI_OK;
}

void crystal_svg_text(FILE *f, double x, double y, double size, const char *anchor, const char *colour,
                      const char *weight, const char *text) {
  fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\" fill=\"%s\" font-weight=\"%s\">", x, y,
          size, anchor, colour, weight);
  report_escaped(f, text);
  fputs("</text>\n", f);
}

double crystal_svg_flux_key(FILE *f, const crystal_scene *c, double x, double y, double scale) {
  static const double part[] = {0.02, 0.2, 1};
  crystal_svg_text(f, x, y + 4, 12.5, "start", "#4a5560", "normal", "jumps: rare");
  double at = x + 72;
  for (int k = 0; k < 3; k++) { /* round ends reach out by half the width */
    const double width = line_width(c, part[k] * c->strongest, scale), half = 0.5 * width;
    at += half;
    fprintf(f,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#5a6774\" stroke-width=\"%.2f\" "
            "stroke-opacity=\"%.2f\" stroke-linecap=\"round\"/>\n",
            at, y, at + 18, y, width, 0.25 + 0.6 * sqrt(part[k]));
    at += 18 + half + 7;
  }
  crystal_svg_text(f, at, y + 4, 12.5, "start", "#4a5560", "normal", "frequent");
  return at - x + 52;
}
