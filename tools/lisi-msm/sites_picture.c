/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cell seen along its three edges, all at one scale: framework, sites, and behind them the density added up along
 * the line of sight. */
#include "sites_files.h"

#include "cell_view.h"
#include "cli.h"
#include "program.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VIEWS = 3, RASTER = 150, COLUMNS = 3, COLUMN = 210 /* pixels, of the legend */ };
static const double gap = 2.2, edge = 1.0, border_reach = 0.35; /* Angstrom */
/* Of a disc that lies over others as much is left uncovered, and drawn itself at least so large (Angstrom). */
static const double uncovered = 0.13, smallest = 0.1, rim = 0.04;
static const double host_radius = 0.45;
static const double point_radius = 5.75; /* pixels of a point of size 1 in gnuplot's SVG at this font size */

static double dot(const double a[3], const double b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static cell_view view_along(const lattice *cell, int axis) {
  static const int right[3] = {1, 0, 0}, up[3] = {2, 2, 1};
  const double a = sqrt(dot(cell->H[0], cell->H[0])), b = sqrt(dot(cell->H[1], cell->H[1])),
               c = sqrt(dot(cell->H[2], cell->H[2]));
  /* beside two flat views a tall one would stand alone in the height */
  const bool lay = axis == 2 && b > 1.3 * a && b > 1.3 * c;
  return cell_view_along(&cell->H[0][0], axis, lay ? 1 : right[axis], lay ? 0 : up[axis]);
}

static double radius_of(const sites_options *o, const site_orbit *s) {
  return o->nfiles > 0 ? 0.15 + 0.25 * sqrt(fmin(1.0, s->occupancy)) : 0.36;
}

/* Which framework species come up, in the order of the list. */
static int species_list(const crystal *c, const char *name[], int max) {
  int n = 0;
  for (int a = 0; a < c->natoms; a++) {
    int k = 0;
    while (k < n && strcmp(name[k], c->atom[a].species) != 0)
      k++;
    if (k == n && n < max)
      name[n++] = c->atom[a].species;
  }
  return n;
}

enum { MAX_SPECIES = 6 };

typedef struct {
  double x, y, depth, radius; /* Angstrom; the nearer to the eye the larger the depth */
  int kind;                   /* the framework species, then the kinds of sites */
} disc;

typedef struct {
  disc *d;
  size_t n, room;
} disc_list;

static bool add_disc(disc_list *list, disc d) {
  if (list->n == list->room) {
    const size_t room = list->room < 64 ? 64 : 2 * list->room;
    disc *larger = realloc(list->d, room * sizeof *larger);
    if (larger == NULL)
      return false;
    list->d = larger;
    list->room = room;
  }
  list->d[list->n++] = d;
  return true;
}

/* A position, and its images on the other side of the border where it lies on one. */
static bool put(disc_list *list, const cell_view *v, const double frac[3], int kind, double radius) {
  const double reach[2] = {border_reach / hypot(v->across[v->right], v->above[v->right]),
                           border_reach / hypot(v->across[v->up], v->above[v->up])};
  for (int i = -1; i <= 1; i++)
    for (int j = -1; j <= 1; j++) {
      const double r = frac[v->right] + i, u = frac[v->up] + j;
      const bool there =
          (i == 0 && j == 0) || (r >= -reach[0] && r <= 1.0 + reach[0] && u >= -reach[1] && u <= 1.0 + reach[1]);
      double image[3] = {frac[0], frac[1], frac[2]}, at[3];
      image[v->right] = r;
      image[v->up] = u;
      cell_view_project(v, image, at);
      const disc d = {.x = at[0], .y = at[1], .depth = at[2], .radius = radius, .kind = kind};
      if (there && !add_disc(list, d))
        return false;
    }
  return true;
}

static int far_first(const void *a, const void *b) {
  const disc *p = a, *q = b;
  if (p->depth != q->depth)
    return p->depth < q->depth ? -1 : 1;
  return p->kind != q->kind ? (p->kind < q->kind ? -1 : 1) : p->x < q->x ? -1 : p->x > q->x;
}

/* What a nearer disc of its own kind covers is left out, and a disc over others is made so small that a ring of each of
 * them stays to be seen. */
static void uncover(disc_list *list) {
  enum { MOST = 5000 }; /* of so many nobody tells one from another */
  disc *d = list->d;
  qsort(d, list->n, sizeof *d, far_first);
  if (list->n > MOST)
    return;
  size_t n = 0;
  for (size_t k = 0; k < list->n; k++) {
    bool covered = false;
    for (size_t m = k + 1; m < list->n && !covered; m++)
      covered = d[m].kind == d[k].kind && d[m].radius >= d[k].radius &&
                hypot(d[m].x - d[k].x, d[m].y - d[k].y) < 0.5 * uncovered;
    if (!covered)
      d[n++] = d[k];
  }
  list->n = n;
  for (size_t k = 0; k < n; k++)
    for (size_t m = 0; m < k; m++) {
      const double apart = hypot(d[m].x - d[k].x, d[m].y - d[k].y), most = apart + d[m].radius - uncovered;
      if (d[k].radius > most)
        d[k].radius = fmax(most, fmin(smallest, d[k].radius));
    }
}

static lisi_status find_discs(const sites_options *o, const sites_result *r, const cell_view *v, disc_list *list,
                              lisi_error *err) {
  const char *name[MAX_SPECIES];
  const int ns = species_list(&r->framework, name, MAX_SPECIES);
  bool room = true;
  for (int a = 0; a < r->framework.natoms && room; a++)
    for (int s = 0; s < ns; s++)
      if (strcmp(r->framework.atom[a].species, name[s]) == 0)
        room = room && put(list, v, r->framework.atom[a].frac, s, host_radius);
  for (int m = 0; m < r->sites.norbits; m++) {
    const site_orbit *s = &r->sites.orbit[m];
    for (int n = 0; n < s->nsites && room; n++)
      room = put(list, v, s->frac[n], o->amorphous ? ns : ns + m, radius_of(o, s));
  }
  if (!room)
    return lisi_no_memory(err, list->room * sizeof *list->d);
  uncover(list);
  return LISI_OK;
}

/* "#rrggbb" as the number that gnuplot's rgb variable takes */
static long rgb(const char *colour) {
  return strtol(colour + 1, NULL, 16);
}

static lisi_status write_positions(const sites_options *o, const sites_result *r, const cell_view *v, const char *path,
                                   sites_outputs *set, lisi_error *err) {
  FILE *f;
  lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  const char *name[MAX_SPECIES];
  const int ns = species_list(&r->framework, name, MAX_SPECIES);
  fprintf(f,
          "# x y radius (A) colour kind. A block for each view (along a, b, c), the farthest first, each with a white "
          "rim below it.\n# Discs over others are smaller than they would be alone. Kinds:\n");
  for (int s = 0; s < ns; s++)
    fprintf(f, "#   %d %s\n", s + 1, name[s]);
  for (int m = 0; m < (o->amorphous ? 1 : r->sites.norbits); m++)
    fprintf(f, "#   %d %s\n", ns + m + 1, o->amorphous ? "sites" : r->sites.orbit[m].label);
  for (int k = 0; k < VIEWS && status == LISI_OK; k++) {
    disc_list list = {0};
    status = find_discs(o, r, &v[k], &list, err);
    if (status == LISI_OK)
      fprintf(f, "# along %c\n", 'a' + k);
    for (size_t m = 0; m < list.n && status == LISI_OK; m++) {
      const disc *d = &list.d[m];
      const char *colour = d->kind < ns ? cell_view_host_colour(d->kind) : report_colour(d->kind - ns);
      fprintf(f, "%.4f %.4f %.3f %ld %d\n", d->x, d->y, d->radius + rim, rgb("#ffffff"), d->kind + 1);
      fprintf(f, "%.4f %.4f %.3f %ld %d\n", d->x, d->y, d->radius, rgb(colour), d->kind + 1);
    }
    fputs("\n\n", f);
    free(list.d);
  }
  return status;
}

/* The density added up along the line of sight, at fractions (r, u) of the view's two edges: linear between columns. */
static double column(const site_density *d, const cell_view *v, const double *sum, double r, double u) {
  const int n = d->n[v->right], m = d->n[v->up];
  const double x = (r - floor(r)) * n, y = (u - floor(u)) * m;
  const int i = (int)x % n, j = (int)y % m, i1 = (i + 1) % n, j1 = (j + 1) % m;
  const double a = x - floor(x), b = y - floor(y);
  return (1 - a) * (1 - b) * sum[i + n * j] + a * (1 - b) * sum[i1 + n * j] + (1 - a) * b * sum[i + n * j1] +
         a * b * sum[i1 + n * j1];
}

static lisi_status write_density(const sites_result *r, const cell_view *v, double step, const char *path, double *most,
                                 sites_outputs *set, lisi_error *err) {
  FILE *f;
  lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  const site_density *d = &r->density;
  fprintf(f, "# x y (A), atoms per A^2 along the line of sight; one block for each view (along a, b, c)\n");
  *most = 0.0;
  for (int k = 0; k < VIEWS && status == LISI_OK; k++) {
    const int n = d->n[v[k].right], m = d->n[v[k].up], depth = d->n[v[k].axis];
    double *sum = calloc((size_t)n * (size_t)m, sizeof *sum);
    if (sum == NULL) {
      status = lisi_no_memory(err, (size_t)n * (size_t)m * sizeof *sum);
      break;
    }
    /* Volume over area of the cell's shadow: what one layer of points stands for. */
    const double area =
        fabs(v[k].across[v[k].right] * v[k].above[v[k].up] - v[k].above[v[k].right] * v[k].across[v[k].up]);
    const double layer = d->cell.volume / area / depth;
    for (size_t p = 0; p < d->npoints; p++) {
      const size_t at[3] = {p % (size_t)d->n[0], p / (size_t)d->n[0] % (size_t)d->n[1],
                            p / (size_t)d->n[0] / (size_t)d->n[1]};
      sum[at[v[k].right] + (size_t)n * at[v[k].up]] += r->smooth[p] * layer;
    }
    /* Pixels to fractions: the inverse of (r, u) -> (x, y). */
    const double det = v[k].across[v[k].right] * v[k].above[v[k].up] - v[k].above[v[k].right] * v[k].across[v[k].up];
    for (double y = v[k].lo[1] + 0.5 * step; y < v[k].hi[1]; y += step) {
      for (double x = v[k].lo[0] + 0.5 * step; x < v[k].hi[0]; x += step) {
        const double right = (x * v[k].above[v[k].up] - y * v[k].across[v[k].up]) / det;
        const double up = (y * v[k].across[v[k].right] - x * v[k].above[v[k].right]) / det;
        const bool inside = right >= 0.0 && right <= 1.0 && up >= 0.0 && up <= 1.0;
        const double value = inside ? column(d, &v[k], sum, right, up) : NAN;
        if (inside)
          *most = fmax(*most, value);
        fprintf(f, "%.4f %.4f %.5g\n", x, y, value);
      }
      fputc('\n', f);
    }
    fputc('\n', f);
    free(sum);
  }
  return status;
}

static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* gnuplot reads _ ^ { @ & ~ \ in labels as markup and ' as the end: species and labels may hold any of them. */
static void plain(FILE *f, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (strchr("_^{}@&~\\", *c) != NULL)
      fputs("\\\\", f);
    if (*c == '\'' || *c == '"')
      continue;
    fputc(*c, f);
  }
}

static void write_legend(FILE *f, const sites_options *o, const sites_result *r, int width, int height, int left,
                         int per_column) {
  const char *name[MAX_SPECIES];
  const int ns = species_list(&r->framework, name, MAX_SPECIES);
  const int kinds = o->amorphous ? 1 : r->sites.norbits, most = per_column * COLUMNS;
  int line = 0;
  for (int k = 0; k < ns + kinds && line < most; k++, line++) {
    const site_orbit *s = k < ns ? NULL : &r->sites.orbit[k - ns];
    const double x = (double)(left + COLUMN * (line / per_column)) / width;
    const double y = 1.0 - (46.0 + 24.0 * (line % per_column)) / height;
    fprintf(f, "set label %d \"", k + 10);
    if (line == most - 1 && k < ns + kinds - 1)
      fprintf(f, "and %d more kinds", ns + kinds - k);
    else if (s == NULL)
      plain(f, name[k]);
    else {
      plain(f, o->amorphous ? o->species : s->label);
      if (o->amorphous)
        fprintf(f, ", %d sites", r->sites.norbits);
      else if (s->position.letter != 0 && s->given)
        fprintf(f, " (%d%c)", s->position.multiplicity, s->position.letter);
      if (o->nfiles > 0 && !o->amorphous)
        fprintf(f, "  %.3f", s->occupancy);
      if (s->interstitial)
        fprintf(f, " *");
    }
    fprintf(f, "\" at screen %.4f,%.4f left offset 1.6,-0.3 tc rgb '#2b3440' point pt 7 ps %.2f lc rgb '%s'\n", x, y,
            s == NULL ? 1.1 : 0.9, s == NULL ? cell_view_host_colour(k) : report_colour(o->amorphous ? 0 : k - ns));
  }
  if (o->nfiles > 0)
    fprintf(f, "set label 5 \"%s\" at screen %.4f,%.4f left tc rgb '#4a5560' font ',12'\n",
            o->amorphous ? "framework and sites" : "site and occupancy", (double)left / width, 1.0 - 22.0 / height);
  bool interstitial = false;
  for (int k = 0; k < r->sites.norbits; k++)
    interstitial = interstitial || r->sites.orbit[k].interstitial;
  if (interstitial)
    fprintf(f, "set label 6 \"* interstitial\" at screen %.4f,%.4f left tc rgb '#4a5560' font ',12'\n",
            (double)left / width, 1.0 - (46.0 + 24.0 * (line < per_column ? line : per_column)) / height);
}

static lisi_status write_script(const sites_options *o, const sites_result *r, const cell_view *v, double most,
                                const char *base, const char *path, sites_outputs *set, lisi_error *err) {
  FILE *f;
  const lisi_status status = sites_outputs_open(set, path, &f, err);
  if (status != LISI_OK)
    return status;
  double across = edge, tallest = 0.0;
  for (int k = 0; k < VIEWS; k++) {
    across += v[k].hi[0] - v[k].lo[0] + gap;
    tallest = fmax(tallest, v[k].hi[1] - v[k].lo[1]);
  }
  tallest += 2.0 * edge;
  const double scale = fmin(960.0 / across, 560.0 / tallest);
  const char *name[MAX_SPECIES];
  const int ns = species_list(&r->framework, name, MAX_SPECIES), kinds = o->amorphous ? 1 : r->sites.norbits;
  const int panels = (int)((across + edge - gap) * scale) + 30, drawn = (int)(tallest * scale) + 70;
  /* The legend takes a second and a third column before it makes the canvas taller than the cells. */
  int columns = 1, per_column = ns + kinds;
  while (columns < COLUMNS && 90 + 24 * per_column > drawn)
    per_column = (ns + kinds + columns) / (columns + 1), columns++;
  if (per_column > 16)
    per_column = 16;
  if (per_column < 1)
    per_column = 1;
  const int width = panels + COLUMN * columns;
  const int height = drawn > 90 + 24 * per_column ? drawn : 90 + 24 * per_column;
  fprintf(f,
          "# gnuplot %s.gp draws %s.svg; edit and run again to restyle\n"
          "set terminal svg size %d,%d dynamic font 'Helvetica,14' name 'sites' background '#ffffff'\n"
          "set output '%s.svg'\nset encoding utf8\nset datafile missing 'nan'\n"
          "unset key\nunset border\nunset tics\nunset colorbox\n"
          "set palette defined (0 '#ffffff', 0.25 '#d8e7f7', 0.6 '#9dc3ea', 1 '#5b93cf')\n",
          name_of(base), name_of(base), width, height, name_of(base));
  if (most > 0.0)
    fprintf(f, "set cbrange [0:%.5g]\n", sqrt(most));
  write_legend(f, o, r, width, height, panels + 20, per_column);
  fprintf(f, "set multiplot\n");
  double x = edge;
  for (int k = 0; k < VIEWS; k++) {
    const double w = v[k].hi[0] - v[k].lo[0], h = v[k].hi[1] - v[k].lo[1];
    const double left = (x - edge) * scale + 20.0, right = (x + w + edge) * scale + 20.0;
    const double bottom = 45.0 + 0.5 * (height - 70.0 - (h + 2.0 * edge) * scale),
                 top = bottom + (h + 2.0 * edge) * scale;
    fprintf(f,
            "set lmargin at screen %.5f\nset rmargin at screen %.5f\nset bmargin at screen %.5f\nset tmargin at "
            "screen %.5f\n",
            left / width, right / width, bottom / height, top / height);
    fprintf(f, "set xrange [%.4f:%.4f]\nset yrange [%.4f:%.4f]\n", v[k].lo[0] - edge, v[k].hi[0] + edge,
            v[k].lo[1] - edge, v[k].hi[1] + edge);
    /* The outline, and the names of the two edges that are seen in full. */
    const double c[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    for (int m = 0; m < 4; m++)
      fprintf(f, "set arrow %d from %.4f,%.4f to %.4f,%.4f nohead lc rgb '#4a5560' lw 1.2 front\n", m + 1,
              c[m][0] * v[k].across[v[k].right] + c[m][1] * v[k].across[v[k].up],
              c[m][0] * v[k].above[v[k].right] + c[m][1] * v[k].above[v[k].up],
              c[m + 1][0] * v[k].across[v[k].right] + c[m + 1][1] * v[k].across[v[k].up],
              c[m + 1][0] * v[k].above[v[k].right] + c[m + 1][1] * v[k].above[v[k].up]);
    fprintf(f, "set label 1 '%c' at %.4f,%.4f center offset 0,-1.3 tc rgb '#2b3440' font ',15'\n", 'a' + v[k].right,
            0.5 * v[k].across[v[k].right], 0.5 * v[k].above[v[k].right]);
    fprintf(f, "set label 2 '%c' at %.4f,%.4f center offset -1.9,0 tc rgb '#2b3440' font ',15'\n", 'a' + v[k].up,
            0.5 * v[k].across[v[k].up], 0.5 * v[k].above[v[k].up]);
    fprintf(f, "set label 3 'along %c' at screen %.5f,%.5f center tc rgb '#4a5560'\n", 'a' + k,
            0.5 * (left + right) / width, (bottom - 31.0) / height);
    fprintf(f, "plot ");
    if (most > 0.0)
      fprintf(f, "'%s-density.dat' index %d using 1:2:(sqrt($3)) with image, \\\n     ", name_of(base), k);
    fprintf(f, "'%s.dat' index %d using 1:2:($3*%.4f):4 with points pt 7 ps variable lc rgb variable", name_of(base), k,
            scale / point_radius);
    fputc('\n', f);
    for (int m = 0; k == 0 && m < ns + kinds; m++)
      fprintf(f, "unset label %d\n", m + 10); /* the legend is drawn once */
    if (k == 0)
      fprintf(f, "unset label 5\nunset label 6\n");
    x += w + gap;
  }
  fprintf(f, "unset multiplot\n");
  return LISI_OK;
}

static char *joined(const char *a, const char *b) {
  char *text = malloc(strlen(a) + strlen(b) + 1);
  if (text != NULL) {
    memcpy(text, a, strlen(a));
    memcpy(text + strlen(a), b, strlen(b) + 1);
  }
  return text;
}

void sites_draw_picture(const char *base) {
  char *folder = joined(base, ""), *script = joined(name_of(base), ".gp"), *log = joined(name_of(base), ".gnuplot.log"),
       *whole = joined(base, ".gnuplot.log");
  if (folder != NULL && script != NULL && log != NULL && whole != NULL) {
    char *slash = strrchr(folder, '/');
    if (slash == folder)
      slash++;
    if (slash != NULL)
      *slash = '\0';
    char gnuplot[] = "gnuplot";
    char *const argv[] = {gnuplot, script, NULL};
    if (program_run(slash != NULL ? folder : ".", log, argv))
      (void)unlink(whole);
    else
      cli_warn("no picture: gnuplot is not installed or failed (%s, %s.gp)", whole, base);
  }
  free(folder);
  free(script);
  free(log);
  free(whole);
}

lisi_status sites_write_picture(const sites_options *o, const sites_result *r, const char *base, sites_outputs *set,
                                lisi_error *err) {
  cell_view v[VIEWS];
  double longest = 0.0, most = 0.0;
  for (int k = 0; k < VIEWS; k++) {
    v[k] = view_along(&r->framework.cell, k);
    longest = fmax(longest, fmax(v[k].hi[0] - v[k].lo[0], v[k].hi[1] - v[k].lo[1]));
  }
  char *dat = joined(base, ".dat"), *density = joined(base, "-density.dat"), *script = joined(base, ".gp");
  lisi_status status = dat == NULL || density == NULL || script == NULL ? lisi_no_memory(err, strlen(base))
                                                                        : write_positions(o, r, v, dat, set, err);
  if (status == LISI_OK && r->smooth != NULL)
    status = write_density(r, v, longest / RASTER, density, &most, set, err);
  if (status == LISI_OK)
    status = write_script(o, r, v, most, base, script, set, err);
  free(dat);
  free(density);
  free(script);
  return status;
}
