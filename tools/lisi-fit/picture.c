/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data files and the gnuplot script of the pictures. */
#include "picture.h"

#include "out_file.h"
#include "predict.h"
#include "program.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NQUANTITIES = 3, MAX_COLOURS = 9, BINS = 61, DRAWN = 6000, FEW = 400 };

typedef struct {
  double reference, model;
  int group;
} point;

static const struct {
  const char *file, *title, *axis, *error_unit;
  double error_factor;
} quantity[NQUANTITIES] = {{"energy", "Energy", "less E0, eV/atom", "meV/atom", 1e3},
                           {"force", "Force components", "eV/\303\205", "meV/\303\205", 1e3},
                           {"virial", "Virial components", "eV/atom", "meV/atom", 1e3}};

typedef struct {
  char name[64];
  long nframes;
  int rank; /* 0 for the one with most frames */
} group;

struct picture {
  char *folder;
  const ace_model *model;
  int ngroups;
  group *group;
  size_t n[NQUANTITIES], room[NQUANTITIES];
  point *point[NQUANTITIES];
};

lisi_status picture_open(const char *folder, const ace_model *model, picture **out, lisi_error *err) {
  *out = NULL;
  lisi_status status = out_folder(folder, err);
  if (status != LISI_OK)
    return status;
  picture *p = calloc(1, sizeof *p);
  if (!p || !(p->folder = strdup(folder))) {
    free(p);
    return lisi_no_memory(err, sizeof *p);
  }
  p->model = model;
  *out = p;
  return LISI_OK;
}

void picture_free(picture *p) {
  if (!p)
    return;
  for (int q = 0; q < NQUANTITIES; q++)
    free(p->point[q]);
  free(p->group);
  free(p->folder);
  free(p);
}

static lisi_status add_point(picture *p, int q, int g, double reference, double model, lisi_error *err) {
  if (p->n[q] == p->room[q]) {
    const size_t room = p->room[q] ? 2 * p->room[q] : 1024;
    point *grown = realloc(p->point[q], room * sizeof *grown);
    if (!grown)
      return lisi_no_memory(err, room * sizeof *grown);
    p->point[q] = grown;
    p->room[q] = room;
  }
  p->point[q][p->n[q]++] = (point){reference, model, g};
  return LISI_OK;
}

static lisi_status find_group(picture *p, const char *name, int *index, lisi_error *err) {
  for (*index = 0; *index < p->ngroups; ++*index)
    if (!strcmp(p->group[*index].name, name))
      return LISI_OK;
  group *grown = realloc(p->group, ((size_t)p->ngroups + 1) * sizeof *grown);
  if (!grown)
    return lisi_no_memory(err, ((size_t)p->ngroups + 1) * sizeof *grown);
  p->group = grown;
  p->group[p->ngroups] = (group){.nframes = 0};
  snprintf(p->group[p->ngroups++].name, sizeof grown->name, "%s", name);
  return LISI_OK;
}

lisi_status picture_add(picture *p, const xyz_set *set, const xyz_frame *f, double energy, const double *force,
                        const double *virial, lisi_error *err) {
  static const int voigt[6] = {0, 4, 8, 5, 2, 1};
  int g = 0;
  lisi_status status = find_group(p, f->group, &g, err);
  if (status != LISI_OK)
    return status;
  p->group[g].nframes++;
  double zero = 0;
  for (int i = 0; i < f->natoms; i++) {
    const int e = ace_model_element(p->model, set->symbol[f->species[i]]);
    zero += e < 0 ? 0 : p->model->E0[e];
  }
  if (f->has_energy)
    status = add_point(p, 0, g, (f->energy - zero) / f->natoms, (energy - zero) / f->natoms, err);
  for (int k = 0; k < 3 * f->natoms && f->force && status == LISI_OK; k++)
    status = add_point(p, 1, g, f->force[k], force[k], err);
  for (int k = 0; k < 6 && f->has_virial && status == LISI_OK; k++)
    status = add_point(p, 2, g, f->virial[voigt[k]] / f->natoms, virial[k] / f->natoms, err);
  return status;
}

/* ---- files ---- */

static lisi_status open_in(const picture *p, const char *name, const char *ending, out_file **file, lisi_error *err) {
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/%s%s", p->folder, name, ending) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", p->folder);
  return out_file_open(path, file, err);
}

static double error_of(const point *x, int q) {
  return (x->model - x->reference) * quantity[q].error_factor;
}

/* What a script needs of one quantity. */
typedef struct {
  double lo, hi;    /* of both axes */
  double rmse, mae; /* in error units */
  double reach;     /* of the histogram */
  double width;     /* of a bin */
  long outside;
  int bin[BINS];
} summary;

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* A round number of one digit (1, 2 or 5) that is not below x. */
static double round_up(double x) {
  const double ten = pow(10, floor(log10(x)));
  return x <= ten ? ten : x <= 2 * ten ? 2 * ten : x <= 5 * ten ? 5 * ten : 10 * ten;
}

static lisi_status summarise(const picture *p, int q, summary *s, double *large, lisi_error *err) {
  const size_t n = p->n[q];
  *s = (summary){.lo = INFINITY, .hi = -INFINITY};
  double *size = malloc((n + 1) * sizeof *size);
  if (!size)
    return lisi_no_memory(err, n * sizeof *size);
  for (size_t k = 0; k < n; k++) {
    const point *x = &p->point[q][k];
    const double e = error_of(x, q);
    s->lo = fmin(s->lo, fmin(x->reference, x->model));
    s->hi = fmax(s->hi, fmax(x->reference, x->model));
    s->rmse += e * e / (double)n;
    s->mae += fabs(e) / (double)n;
    size[k] = fabs(e);
  }
  s->rmse = sqrt(s->rmse);
  qsort(size, n, sizeof *size, by_size);
  *large = size[n < FEW ? n - 1 : (size_t)(0.995 * (double)(n - 1))];
  const double margin = s->hi > s->lo ? 0.05 * (s->hi - s->lo) : fmax(1e-3, 0.1 * fabs(s->hi));
  s->lo -= margin;
  s->hi += margin;
  s->reach = *large > 0 ? 1.1 * *large : 1;
  s->width = 2 * s->reach / BINS;
  if (n < FEW) { /* few points: wider bins, an odd number of them */
    const double wide = round_up(s->reach / 10);
    s->width = wide;
    s->reach = (floor(*large / wide + 0.5) + 0.5) * wide;
  }
  for (size_t k = 0; k < n; k++) {
    const double at = (error_of(&p->point[q][k], q) + s->reach) / s->width;
    if (at >= 0 && at < BINS && at < 2 * s->reach / s->width)
      s->bin[(int)at]++;
    else
      s->outside++;
  }
  free(size);
  return LISI_OK;
}

/* Blocks of one config_type, in order of rank. The last column says which points the script draws: of very many some,
 * and those with a large error. */
static lisi_status write_points(const picture *p, int q, const int *order, const summary *s, double large,
                                lisi_error *err) {
  out_file *file;
  lisi_status status = open_in(p, quantity[q].file, ".dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *out = out_file_stream(file);
  fprintf(out, "# %s: reference, model (%s), error (%s), 1 where it is drawn; a block for each config_type\n",
          quantity[q].title, quantity[q].axis, quantity[q].error_unit);
  const size_t step = p->n[q] / DRAWN + 1;
  const double lo = s->lo + 0.3 * (s->hi - s->lo), hi = s->hi - 0.3 * (s->hi - s->lo);
  for (int r = 0; r < p->ngroups; r++) {
    fprintf(out, "\n\n# %s\n", p->group[order[r]].name);
    size_t count = 0;
    for (size_t k = 0; k < p->n[q]; k++) {
      const point *x = &p->point[q][k];
      if (x->group != order[r])
        continue;
      const double e = error_of(x, q);
      fprintf(out, "%.8g %.8g %.6g %d\n", x->reference, x->model, e,
              count++ % step == 0 || fabs(e) > large || x->reference < lo || x->reference > hi);
    }
    if (count == 0)
      fputs("0 0 0 0\n", out); /* keeps the number of the block */
  }
  return out_file_commit(file, err);
}

static lisi_status write_histogram(const picture *p, const summary *s, lisi_error *err) {
  out_file *file;
  lisi_status status = open_in(p, "histogram", ".dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *out = out_file_stream(file);
  fputs("# middle of the bin, number of errors in it; blocks: energy, force, virial\n", out);
  for (int q = 0; q < NQUANTITIES; q++) {
    fprintf(out, "\n\n# %s, %s\n", quantity[q].title, quantity[q].error_unit);
    if (p->n[q] == 0)
      fputs("nan nan\n", out);
    for (int b = 0; p->n[q] && b < BINS && b < 2 * s[q].reach / s[q].width - 0.01; b++)
      fprintf(out, "%.6g %d\n", -s[q].reach + (b + 0.5) * s[q].width, s[q].bin[b]);
  }
  return out_file_commit(file, err);
}

/* A name in quotes for gnuplot, without what it would take for markup. */
static void quoted(FILE *out, const char *name) {
  fputc('\'', out);
  for (; *name; name++)
    if (*name == '\'')
      fputs("''", out);
    else if ((unsigned char)*name >= 32)
      fputc(*name, out);
  fputc('\'', out);
}

static void panel(FILE *gp, int column, bool top) {
  static const double left[NQUANTITIES] = {0.062, 0.346, 0.630};
  fprintf(gp,
          "set lmargin at screen %.3f\nset rmargin at screen %.3f\nset bmargin at screen %.3f\nset tmargin at "
          "screen %.3f\n",
          left[column], left[column] + 0.212, top ? 0.455 : 0.085, top ? 0.945 : 0.335);
}

static void parity_panel(const picture *p, int q, const summary *s, FILE *gp) {
  panel(gp, q, true);
  fprintf(gp,
          "set title '%s' offset 0,-0.4 tc rgb '#2b3440' font ',16'\nset xlabel 'reference (%s)' offset 0,0.4\nset "
          "ylabel 'model (%s)' offset 1,0\n"
          "set format '%%g'\nset xrange [%.8g:%.8g]\nset yrange [%.8g:%.8g]\nset xtics autofreq\nset ytics autofreq\n"
          "set label 1 \"RMSE %.3g %s\\nMAE %.3g %s\" at graph 0.05,0.93 tc rgb '#2b3440'\n",
          quantity[q].title, quantity[q].axis, quantity[q].axis, s->lo, s->hi, s->lo, s->hi, s->rmse,
          quantity[q].error_unit, s->mae, quantity[q].error_unit);
  const int ncolours = p->ngroups <= MAX_COLOURS + 1 ? p->ngroups : MAX_COLOURS;
  fputs("plot x with lines lc rgb '#8a94a0' lw 1.2 notitle", gp);
  if (ncolours < p->ngroups)
    fprintf(gp, ", \\\n  for [k=%d:%d] '%s.dat' index k using ($4 == 1 ? $1 : NaN):2 with points lt %d notitle",
            ncolours, p->ngroups - 1, quantity[q].file, MAX_COLOURS + 1);
  fprintf(
      gp,
      ", \\\n  for [k=0:%d] '%s.dat' index k using ($4 == 1 ? $1 : NaN):2 with points lt k+1 notitle\nunset label 1\n",
      ncolours - 1, quantity[q].file);
}

static void histogram_panel(int q, size_t n, const summary *s, FILE *gp) {
  panel(gp, q, false);
  char outside[60] = "";
  int most = 0;
  for (int b = 0; b < BINS; b++)
    most = s->bin[b] > most ? s->bin[b] : most;
  if (s->outside)
    snprintf(outside, sizeof outside, "%ld of %zu outside", s->outside, n);
  fprintf(gp,
          "unset title\nset xlabel 'error (%s)' offset 0,0.4\nset ylabel 'number' offset 1,0\n"
          "set xrange [%.6g:%.6g]\nset yrange [0:%.6g]\nset xtics autofreq %.6g\nset ytics %s\n"
          "set label 1 '%s' at graph 0.98,0.95 right tc rgb '#6a7580'\n"
          "set arrow 1 from 0,graph 0 to 0,graph 1 nohead lc rgb '#8a94a0' lw 1.2 front\n"
          "plot 'histogram.dat' index %d using 1:2 with boxes lc rgb '#5a8fc8' notitle\n"
          "unset label 1\nunset arrow 1\n",
          quantity[q].error_unit, -s->reach, s->reach, most > 0 ? 1.18 * most : 1.0, round_up(s->reach / 3),
          most < 6 ? "1" : "autofreq", outside, q);
}

static void empty_panel(int q, bool top, FILE *gp) {
  panel(gp, q, top);
  fprintf(gp,
          "set title '%s' offset 0,-0.4 tc rgb '#2b3440' font ',16'\nunset xlabel\nunset ylabel\nunset xtics\nunset "
          "ytics\nset xrange [0:1]\n"
          "set yrange [0:1]\nset label 1 'none in the data' at graph 0.5,0.5 center tc rgb '#6a7580'\n"
          "plot NaN notitle\nunset label 1\n",
          top ? quantity[q].title : "");
}

static void legend(const picture *p, const int *order, FILE *gp) {
  const int ncolours = p->ngroups <= MAX_COLOURS + 1 ? p->ngroups : MAX_COLOURS;
  fputs("set lmargin at screen 0.86\nset rmargin at screen 0.995\nset bmargin at screen 0.085\nset tmargin at screen "
        "0.945\nunset title\nunset xlabel\nunset ylabel\nunset tics\nunset border\nunset grid\nset xrange [0:1]\nset "
        "yrange [0:1]\nset key at screen 0.862,0.945 left top Left reverse noenhanced samplen 0.6 spacing 1.25\nplot ",
        gp);
  for (int k = 0; k < ncolours; k++) {
    fprintf(gp, "%sNaN with points lt %d ps 1.1 title ", k ? ", \\\n  " : "", k + 1);
    quoted(gp, p->group[order[k]].name);
  }
  if (ncolours < p->ngroups)
    fprintf(gp, ", \\\n  NaN with points lt %d ps 1.1 title '%d others'", MAX_COLOURS + 1, p->ngroups - ncolours);
  fputc('\n', gp);
}

static lisi_status write_script(const picture *p, const summary *s, const int *order, lisi_error *err) {
  static const char *const colour[MAX_COLOURS + 1] = {"#2a78d6", "#e34948", "#1baf7a", "#eda100", "#7a4fc0",
                                                      "#e87ba4", "#17a2b8", "#8a5a2b", "#3f5a1f", "#a9b2bc"};
  out_file *file;
  lisi_status status = open_in(p, "parity", ".gp", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *gp = out_file_stream(file);
  fputs("# gnuplot parity.gp draws parity.svg; edit and run again to restyle\n"
        "set terminal svg size 1360,760 dynamic font 'Helvetica,14' name 'parity' background '#ffffff'\n"
        "set output 'parity.svg'\nset encoding utf8\nset datafile missing 'nan'\n"
        "set border 3 lc rgb '#8a94a0' lw 1\nset tics nomirror scale 0.6 tc rgb '#4a5560'\n"
        "set grid lc rgb '#e3e8ee' lw 1\nset xlabel tc rgb '#2b3440'\n"
        "set ylabel tc rgb '#2b3440'\nset style fill solid 0.85 border lc rgb '#ffffff'\nset boxwidth 1 relative\n"
        "unset key\n",
        gp);
  for (int k = 0; k <= MAX_COLOURS; k++)
    fprintf(gp, "set linetype %d lc rgb '%s' pt 7 ps %s\n", k + 1, colour[k], "0.35");
  fputs("set multiplot\n", gp);
  for (int q = 0; q < NQUANTITIES; q++) {
    if (p->n[q]) {
      parity_panel(p, q, &s[q], gp);
      histogram_panel(q, p->n[q], &s[q], gp);
    } else {
      empty_panel(q, true, gp);
      empty_panel(q, false, gp);
    }
  }
  legend(p, order, gp);
  fputs("unset multiplot\n", gp);
  return out_file_commit(file, err);
}

lisi_status picture_draw(picture *p, lisi_error *err) {
  summary s[NQUANTITIES] = {{.lo = 0}};
  double large[NQUANTITIES] = {0};
  lisi_status status = LISI_OK;
  int *order = malloc(((size_t)p->ngroups + 1) * sizeof *order);
  if (!order)
    return lisi_no_memory(err, (size_t)p->ngroups * sizeof *order);
  for (int g = 0; g < p->ngroups; g++) { /* by number of frames, the order of appearance where that is the same */
    int at = g;
    while (at > 0 && p->group[order[at - 1]].nframes < p->group[g].nframes) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = g;
  }
  for (int q = 0; q < NQUANTITIES && status == LISI_OK; q++) {
    if (p->n[q])
      status = summarise(p, q, &s[q], &large[q], err);
    if (status == LISI_OK)
      status = write_points(p, q, order, &s[q], large[q], err);
  }
  if (status == LISI_OK)
    status = write_histogram(p, s, err);
  if (status == LISI_OK)
    status = write_script(p, s, order, err);
  free(order);
  if (status != LISI_OK)
    return status;
  char program[] = "gnuplot", script[] = "parity.gp", *const argv[] = {program, script, NULL};
  if (!program_run(p->folder, "gnuplot.log", argv))
    fprintf(
        stderr,
        "lisi-fit: warning: gnuplot could not be run or failed (%s/gnuplot.log): there is no picture, but its data and "
        "script parity.gp are in %s\n",
        p->folder, p->folder);
  return LISI_OK;
}

static lisi_status visit(void *context, const xyz_set *set, const xyz_frame *frame, double energy, const double *force,
                         const double *virial, lisi_error *err) {
  return picture_add(context, set, frame, energy, force, virial, err);
}

static lisi_status picture_of(const char *folder, const char *part, const ace_model *model, int nsets,
                              xyz_set *const *set, lisi_error *err) {
  picture *p = NULL;
  char path[PATH_MAX];
  int n = 0;
  for (int k = 0; k < nsets; k++)
    n += set[k]->nframes;
  if (n == 0)
    return LISI_OK;
  if (snprintf(path, sizeof path, "%s/%s", folder, part) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", folder);
  lisi_status status = picture_open(path, model, &p, err);
  if (status == LISI_OK)
    status = predict_sets(model, nsets, set, visit, p, err);
  if (status == LISI_OK)
    status = picture_draw(p, err);
  picture_free(p);
  return status;
}

lisi_status picture_of_fit(const char *folder, const ace_model *model, int ntrain, xyz_set *const *train, int ntest,
                           xyz_set *const *test, lisi_error *err) {
  lisi_status status = picture_of(folder, "train", model, ntrain, train, err);
  return status == LISI_OK ? picture_of(folder, "test", model, ntest, test, err) : status;
}
