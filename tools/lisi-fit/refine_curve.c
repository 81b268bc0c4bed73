/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learning curve of refining: what new frames buy, against a fit that knows nothing else, and what of the base
 * model is forgotten for it. */
#include "refine.h"

#include "curve_files.h"

#include <stdlib.h>

enum { MOST_ROWS = 40 };            /* more than powers of two in an int */
enum { KEEP = REFINE_CURVE_LEAST }; /* one frame in KEEP is for the test */
enum { GIVEN, CHOSEN, SCRATCH, WAYS };

typedef struct {
  fit_error_figures unseen, check;
  bool there;
} outcome;

typedef struct {
  int frames;
  long atoms;
  outcome way[WAYS];
} row;

typedef struct {
  row row[MOST_ROWS];
  int nrows, nunseen, ncheck;
  double strength; /* 0: column GIVEN is empty */
} curve;

typedef struct {
  const base_fit *base;
  const train_data *d, *check;
  const fit_weight *weight;
  const refine_settings *settings;
  const int *unseen; /* [nframes] 0: kept for the test, else -1 */
  const int *order;  /* train_order */
} task;

static lisi_status errors_of(const task *t, const double *c, outcome *to, lisi_error *err) {
  fit_error_table unseen = {0}, check = {0};
  lisi_status status = train_errors(t->d, t->base->basis, c, 1, t->unseen, NULL, &unseen, err);
  if (status == LISI_OK)
    status = train_errors(t->check, t->base->basis, c, 0, NULL, NULL, &check, err);
  if (status == LISI_OK) {
    to->unseen = fit_errors_figures(&unseen.group[0]);
    to->check = fit_errors_figures(&check.group[0]);
    to->there = true;
  }
  fit_errors_free(&unseen);
  fit_errors_free(&check);
  return status;
}

/* One model from the frames with used[k] = 0 (the others: -1). */
static lisi_status one_way(const task *t, int way, int nused, const int *used, int *fold, outcome *to,
                           lisi_error *err) {
  fit_solution s = {0};
  char label[64];
  lisi_status status;
  snprintf(label, sizeof label, "%d new frames", nused);
  if (way == SCRATCH) {
    const fit_prior prior = {.choice = FIT_RIDGE_EVIDENCE};
    status = train_solve(t->d, t->base->basis, t->weight, used, 1, &prior, label, &s, err);
  } else {
    const int nfolds = nused < 5 ? nused : 5;
    const refine_frames frames = {t->d, t->weight, fold, nfolds};
    refine_settings settings = *t->settings;
    settings.label = label;
    settings.validate = false;
    if (way == CHOSEN)
      settings.strength = 0;
    for (int k = 0, n = 0; k < t->d->nframes; k++) /* by the rule of train_folds, for these frames alone */
      fold[t->order[k]] = used[t->order[k]] == 0 ? n++ % nfolds : -1;
    status = refine_solve(t->base, &frames, &settings, &s, err);
  }
  if (status == LISI_OK)
    status = errors_of(t, s.coefficient, to, err);
  fit_solution_free(&s);
  return status;
}

/* m of the `have` frames that are not kept, spread over what there is, so that each kind comes early. */
static void choose(const task *t, int m, int have, row *r, int *used) {
  int at = 0;
  *r = (row){.frames = m};
  for (int k = 0; k < t->d->nframes; k++) {
    used[k] = -1;
    if (t->unseen[k] == 0)
      continue;
    if ((long)(at + 1) * m / have > (long)at * m / have) {
      used[k] = 0;
      r->atoms += t->d->frame[k].frame->natoms;
    }
    at++;
  }
}

static void print_table(FILE *f, const void *context) {
  const curve *c = context;
  fprintf(f,
          "# learning curve: errors on the %d new frames that are kept for it%s\n"
          "# new frames, atoms; then three times: refined with strength %.3g, refined with a strength chosen by "
          "cross-validation, from scratch,\n"
          "# each: RMSE of energies (meV/atom), RMSE of forces in per cent of the RMS force; the same on the frames to "
          "check. -: none\n",
          c->nunseen, c->ncheck ? ", and on frames to check" : "", c->strength);
  for (const row *r = c->row; r < c->row + c->nrows; r++) {
    fprintf(f, "%-5d %7ld", r->frames, r->atoms);
    for (int way = 0; way < WAYS; way++)
      for (int side = 0; side < 2; side++) {
        const fit_error_figures *x = side ? &r->way[way].check : &r->way[way].unseen;
        const char *space = side ? " " : "   ";
        if (r->way[way].there && (side == 0 || c->ncheck))
          fprintf(f, "%s%8.2f %6.2f", space, 1e3 * x->energy_rmse, 100 * x->force_relative);
        else
          fprintf(f, "%s%8s %6s", space, "-", "-");
      }
    fputc('\n', f);
  }
}

/* Columns of the table: 3 + 4 * way are energy and force on the frames kept, and two more on those to check. */
static void print_script(FILE *f, const char *name, const void *context) {
  static const char *const colour[WAYS] = {"#1f6fb4", "#2a9d5c", "#c8553d"};
  const curve *c = context;
  char given[40];
  snprintf(given, sizeof given, "strength %.3g", c->strength);
  const char *const title[WAYS] = {given, "strength cv", "from scratch"};
  fprintf(f,
          "# gnuplot %s.gp draws %s.svg; edit and run again to restyle\n"
          "set terminal svg size 900,%d dynamic font 'Helvetica,15' background '#ffffff'\n"
          "set output '%s.svg'\n"
          "set datafile missing '-'\n"
          "set border 3 lc rgb '#8a94a0' lw 1\n"
          "set tics nomirror scale 0.6 tc rgb '#4a5560'\n"
          "set grid lc rgb '#e3e8ee' lw 1\n"
          "set logscale xy\n"
          "set key below samplen 1.5\n"
          "at(n) = n > 0 ? n : 0.5 # the base model\n"
          "set xtics ('0' 0.5",
          name, name, c->ncheck ? 720 : 400, name);
  for (const row *r = c->row; r < c->row + c->nrows; r++)
    if (r->frames > 0)
      fprintf(f, ", '%d' %d", r->frames, r->frames);
  fprintf(f, ")\nset xrange [0.4:%g]\nset xlabel 'new frames'\nset multiplot layout %d,2\n",
          1.25 * c->row[c->nrows - 1].frames, c->ncheck ? 2 : 1);
  for (int side = 0; side < (c->ncheck ? 2 : 1); side++)
    for (int force = 0; force < 2; force++) {
      fprintf(f, "set title '%s'\nset ylabel '%s'\nplot ", side ? "frames to check" : "unseen new frames",
              force ? "force RMSE, per cent of RMS force" : "energy RMSE, meV/atom");
      bool first = true;
      for (int way = 0; way < WAYS; way++) {
        if (way == GIVEN && c->strength == 0)
          continue;
        fprintf(f, "%s'%s' using (at($1)):%d with linespoints lw 2 pt 7 lc rgb '%s' title '%s'", first ? "" : ", ",
                name, 3 + 4 * way + 2 * side + force, colour[way], title[way]);
        first = false;
      }
      fputc('\n', f);
    }
  fputs("unset multiplot\n", f);
}

lisi_status refine_curve(const base_fit *base, const train_data *d, const train_data *check, const fit_weight *weight,
                         const refine_settings *settings, const char *path, bool quiet, lisi_error *err) {
  const size_t n = (size_t)d->nframes;
  const int have = d->nframes - d->nframes / KEEP;
  int *order = malloc(4 * n * sizeof *order);
  if (!order)
    return lisi_no_memory(err, 4 * n * sizeof *order);
  int *unseen = order + n, *used = unseen + n, *fold = used + n;
  curve c = {.nunseen = d->nframes / KEEP, .ncheck = check->nframes, .strength = settings->strength};
  const task t = {base, d, check, weight, settings, unseen, order};
  train_order(d, order);
  for (int k = 0; k < d->nframes; k++)
    unseen[k] = k % KEEP == KEEP - 1 ? 0 : -1;
  c.nrows = 1;
  const int base_column = c.strength > 0 ? GIVEN : CHOSEN;
  lisi_status status = errors_of(&t, base->coefficient, &c.row[0].way[base_column], err);
  for (long m = 1; m / 2 < have && status == LISI_OK; m *= 2) {
    row *r = &c.row[c.nrows++];
    const int count = m < have ? (int)m : have;
    choose(&t, count, have, r, used);
    for (int way = 0; way < WAYS && status == LISI_OK; way++)
      if (!(way == GIVEN && c.strength == 0) && !(way == CHOSEN && count < 2))
        status = one_way(&t, way, count, used, fold, &r->way[way], err);
  }
  const curve_printer printer = {print_table, print_script, &c};
  if (status == LISI_OK)
    status = curve_write(path, &printer, err);
  if (status == LISI_OK && !quiet) {
    printf("\n");
    print_table(stdout, &c);
  }
  free(order);
  return status;
}
