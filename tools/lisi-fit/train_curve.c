/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learning curve: the same recipe on a sixteenth, an eighth, .. of the training frames, each set within the next.
 * Frame number k in order of config_type belongs to the part 1/2^j where 2^j divides k. */
#include "train.h"

#include "curve_files.h"

#include <stdlib.h>

enum { HALVINGS = 4 };

typedef struct {
  int part, frames; /* 1/part of all */
  long atoms;
  double ridge;
  int effective;
  fit_error_figures train, unseen;
} point;

static lisi_status fit_part(const fit_basis *basis, const train_data *tr, const train_data *te,
                            const fit_weight *weight, int nfolds, const fit_prior *prior, const int *fold,
                            const int *use, const int *used, point *to, lisi_error *err) {
  fit_solution s = {0};
  fit_error_table seen = {0}, unseen = {0};
  const size_t nzeros = (size_t)(te->nzeros * basis->nelements);
  double *zeros = calloc(nzeros + 1, sizeof *zeros);
  int *rank = calloc((size_t)te->nzeros + 1, sizeof *rank);
  char label[64];
  snprintf(label, sizeof label, "1/%d of the training frames", to->part);
  fit_prior mine = *prior;
  mine.validate = te->nframes == 0;
  lisi_status status = zeros && rank ? train_solve(tr, basis, weight, use, nfolds, &mine, label, &s, err)
                                     : lisi_no_memory(err, nzeros * sizeof *zeros);
  if (status == LISI_OK && te->nframes > 0) {
    status = train_test_zeros(te, basis, s.coefficient, zeros, rank, err);
    if (status == LISI_OK)
      status = train_errors(te, basis, s.coefficient, 0, NULL, zeros, &unseen, err);
  } else if (status == LISI_OK)
    status = train_errors(tr, basis, s.heldout, nfolds, fold, s.heldout_free, &unseen, err);
  if (status == LISI_OK)
    status = train_errors(tr, basis, s.coefficient, 1, used, s.free, &seen, err);
  if (status == LISI_OK) {
    to->ridge = s.ridge;
    to->effective = s.rank;
    to->train = fit_errors_figures(&seen.group[0]);
    to->unseen = fit_errors_figures(&unseen.group[0]);
  }
  fit_errors_free(&seen);
  fit_errors_free(&unseen);
  fit_solution_free(&s);
  free(zeros);
  free(rank);
  return status;
}

typedef struct {
  point p[HALVINGS + 1];
  int n, ntest, nfolds;
} curve;

static void print_table(FILE *f, const void *context) {
  const curve *c = context;
  if (c->ntest > 0)
    fprintf(f, "# learning curve: errors on %d test frames\n", c->ntest);
  else
    fprintf(f, "# learning curve: errors on the frames of each of %d folds, by fits without it\n", c->nfolds);
  fputs(
      "# share of the training frames, frames, atoms, ridge, effective parameters; RMSE of energies (meV/atom), forces "
      "(meV/Angstrom),\n# forces in per cent of the RMS force, virials (meV/atom); the same on the frames of the fit\n",
      f);
  for (const point *p = c->p; p < c->p + c->n; p++) {
    fprintf(f, "%-7.4g %6d %8ld %9.3g %6d", 1.0 / p->part, p->frames, p->atoms, p->ridge, p->effective);
    for (int side = 0; side < 2; side++) {
      const fit_error_figures *x = side ? &p->train : &p->unseen;
      fprintf(f, "  %8.2f %8.1f %7.2f %8.2f", 1e3 * x->energy_rmse, 1e3 * x->force_rmse, 100 * x->force_relative,
              1e3 * x->virial_rmse);
    }
    fputc('\n', f);
  }
}

static void print_script(FILE *f, const char *name, const void *context) {
  (void)context;
  fprintf(f,
          "# gnuplot %s.gp draws %s.svg; edit and run again to restyle\n"
          "set terminal svg size 720,420 dynamic font 'Helvetica,15' background '#ffffff'\n"
          "set output '%s.svg'\n"
          "set border 3 lc rgb '#8a94a0' lw 1\n"
          "set tics nomirror scale 0.6 tc rgb '#4a5560'\n"
          "set grid lc rgb '#e3e8ee' lw 1\n"
          "set logscale xy\n"
          "set xlabel 'training frames'\n"
          "set multiplot layout 1,2\n"
          "set ylabel 'energy RMSE, meV/atom'\n"
          "plot '%s' using 2:6 with linespoints lw 2 pt 7 lc rgb '#1f6fb4' title 'unseen frames', "
          "'' using 2:10 with linespoints lw 1.5 pt 6 dt 2 lc rgb '#8a94a0' title 'frames of the fit'\n"
          "set ylabel 'force RMSE, per cent of RMS force'\n"
          "plot '%s' using 2:8 with linespoints lw 2 pt 7 lc rgb '#1f6fb4' title 'unseen frames', "
          "'' using 2:12 with linespoints lw 1.5 pt 6 dt 2 lc rgb '#8a94a0' title 'frames of the fit'\n"
          "unset multiplot\n",
          name, name, name, name, name);
}

lisi_status train_curve(const fit_basis *basis, const train_data *tr, const train_data *te, const fit_weight *weight,
                        const int *group, int nfolds, const fit_prior *prior, const char *path, bool quiet,
                        lisi_error *err) {
  const size_t nframes = (size_t)tr->nframes;
  int *order = malloc(4 * (nframes + 1) * sizeof *order);
  curve c = {.ntest = te->nframes, .nfolds = nfolds};
  if (!order)
    return lisi_no_memory(err, 4 * nframes * sizeof *order);
  int *fold = order + nframes + 1, *use = fold + nframes + 1, *used = use + nframes + 1;
  lisi_status status = LISI_OK;
  train_order(tr, order);
  for (int j = HALVINGS; j >= 0 && status == LISI_OK; j--) {
    const int part = 1 << j;
    point *p = &c.p[c.n];
    *p = (point){.part = part};
    for (int k = 0; k < tr->nframes; k++) {
      /* in each part the folds are those of a fit to its frames alone; a frame outside of it is in that of the frame
       * of the part before it */
      fold[order[k]] = group ? group[order[k]] : k / part % nfolds;
      use[order[k]] = k % part == 0 ? fold[order[k]] : -1;
      used[order[k]] = k % part == 0 ? 0 : -1;
      if (k % part != 0)
        continue;
      p->frames++;
      p->atoms += tr->frame[order[k]].frame->natoms;
    }
    if (p->frames < 2 * nfolds) /* too few to choose anything with */
      continue;
    status = fit_part(basis, tr, te, weight, nfolds, prior, fold, use, used, p, err);
    c.n += status == LISI_OK;
  }
  free(order);
  if (status == LISI_OK && c.n == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "learning curve: %d training frames are too few for %d folds", tr->nframes,
                       nfolds);
  const curve_printer printer = {print_table, print_script, &c};
  if (status == LISI_OK)
    status = curve_write(path, &printer, err);
  if (status == LISI_OK && !quiet) {
    printf("\n");
    print_table(stdout, &c);
  }
  return status;
}
