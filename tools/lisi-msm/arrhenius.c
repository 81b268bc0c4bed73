/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm arrhenius: barriers and prefactors from models at several temperatures. */
#include "arrhenius_run.h"

#include "analysis.h"
#include "commands.h"
#include "out_file.h"
#include "report.h"

#include <lapacke.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROWS 100000

typedef struct {
  double lag;
  cli_numbers temperature;
  const char *table, *out;
  bool json;
} arrhenius_options;

void arrhenius_result_free(arrhenius_result *r) {
  for (int m = 0; r->model != NULL && m < r->nmodels; m++)
    free(r->model[m].rate);
  for (int q = 0; r->quantity != NULL && q < r->nquantities; q++)
    free(r->quantity[q].point);
  free(r->model);
  free(r->quantity);
  memset(r, 0, sizeof *r);
}

static int by_temperature(const void *a, const void *b) {
  const arrhenius_model *x = a, *y = b;
  return (x->T > y->T) - (x->T < y->T);
}

/* ---- axes ---- */

/* Can all that is off the diagonal be 0? */
static bool diagonal(const arrhenius_result *r) {
  for (int m = 0; m < r->nmodels; m++) {
    const arrhenius_model *x = &r->model[m];
    const double trace = x->tensor[0][0] + x->tensor[1][1] + x->tensor[2][2];
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < a; b++) {
        const bool told =
            !(fabs(x->tensor[a][b]) <= 1e-6 * trace) && !(x->tensor_lo[a][b] <= 0 && x->tensor_hi[a][b] >= 0);
        if (told)
          return false;
      }
  }
  return true;
}

/* One frame for all temperatures: that of the mean of the tensors, each divided by its trace. */
static lisi_status choose_axes(arrhenius_result *r, double axis[3][3], lisi_error *err) {
  double mean[9] = {0}, value[3];
  r->cartesian = diagonal(r);
  memset(axis, 0, 9 * sizeof(double));
  for (int a = 0; a < 3; a++)
    axis[a][a] = 1.0;
  if (r->cartesian)
    return LISI_OK;
  for (int m = 0; m < r->nmodels; m++) {
    const arrhenius_model *x = &r->model[m];
    const double trace = x->tensor[0][0] + x->tensor[1][1] + x->tensor[2][2];
    for (int k = 0; k < 9 && trace > 0; k++)
      mean[k] += x->tensor[k / 3][k % 3] / trace;
  }
  const lapack_int info = LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', 3, mean, 3, value);
  if (info != 0)
    return lisi_fail(err, LISI_ERR_NUMERIC, "the principal axes were not found (dsyev: %d)", (int)info);
  for (int a = 0; a < 3; a++) { /* largest first; the largest part points forward */
    int big = 0;
    for (int k = 0; k < 3; k++) {
      axis[a][k] = mean[3 * k + 2 - a];
      big = fabs(axis[a][k]) > fabs(axis[a][big]) + 1e-9 ? k : big;
    }
    const double sign = axis[a][big] < 0 ? -1.0 : 1.0;
    for (int k = 0; k < 3; k++)
      axis[a][k] *= sign;
  }
  return LISI_OK;
}

/* e.D.e and an interval that holds it if those of the elements hold theirs: deviations add up in size. */
static void along(const arrhenius_model *m, const double e[3], double *value, double *lo, double *hi) {
  double down = 0, up = 0;
  *value = 0;
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) {
      const double w = e[a] * e[b], low = m->tensor[a][b] - m->tensor_lo[a][b],
                   high = m->tensor_hi[a][b] - m->tensor[a][b];
      if (fabs(w) < 1e-12)
        continue;
      *value += w * m->tensor[a][b];
      down += w > 0 ? w * low : -w * high;
      up += w > 0 ? w * high : -w * low;
    }
  *lo = *value - down;
  *hi = *value + up;
}

/* ---- quantities ---- */

static void add_point(arrhenius_quantity *q, double T, double value, double lo, double hi) {
  if (isnan(value))
    return;
  if (!(value > 0)) {
    q->nzero++;
    return;
  }
  /* an interval moved by a bias may miss its value by a hair: it counts as touching */
  q->point[q->n++] = (arrhenius_point){T, value, fmin(lo, value), fmax(hi, value)};
  if (isnan(lo) || isnan(hi))
    q->point[q->n - 1].lo = q->point[q->n - 1].hi = NAN;
}

static lisi_status new_quantity(arrhenius_result *r, int *room, arrhenius_quantity **q, lisi_error *err) {
  if (r->nquantities == *room) {
    const int larger = *room < 8 ? 8 : 2 * *room;
    arrhenius_quantity *list = realloc(r->quantity, (size_t)larger * sizeof *list);
    if (list == NULL)
      return lisi_no_memory(err, (size_t)larger * sizeof *list);
    r->quantity = list;
    *room = larger;
  }
  *q = &r->quantity[r->nquantities];
  **q = (arrhenius_quantity){.point = calloc((size_t)r->nmodels, sizeof(arrhenius_point))};
  if ((*q)->point == NULL)
    return lisi_no_memory(err, (size_t)r->nmodels * sizeof(arrhenius_point));
  r->nquantities++;
  return LISI_OK;
}

static void fit(arrhenius_quantity *q) {
  lisi_error err = {0};
  if (q->n == 0 && q->nzero > 0)
    snprintf(q->why_not, sizeof q->why_not, "it is 0 in every model");
  else if (arrhenius_solve(q->n, q->point, &q->fit, &err) == LISI_OK)
    q->fitted = true;
  else
    snprintf(q->why_not, sizeof q->why_not, "%.150s",
             q->n < 2 ? "it is above 0 in fewer than two models" : err.message);
}

static lisi_status collect(arrhenius_result *r, lisi_error *err) {
  int room = 0;
  arrhenius_quantity *q;
  lisi_status status = new_quantity(r, &room, &q, err);
  if (status != LISI_OK)
    return status;
  snprintf(q->name, sizeof q->name, "D");
  bool tensors = true;
  for (int m = 0; m < r->nmodels; m++) {
    const arrhenius_model *x = &r->model[m];
    add_point(q, x->T, x->D, x->D_lo, x->D_hi);
    tensors = tensors && x->has_tensor;
  }
  if (tensors) {
    double axis[3][3];
    status = choose_axes(r, axis, err);
    r->ncomponents = 3;
    for (int a = 0; a < 3 && status == LISI_OK; a++) {
      status = new_quantity(r, &room, &q, err);
      if (status != LISI_OK)
        return status;
      q->kind = QUANTITY_COMPONENT;
      memcpy(q->axis, axis[a], sizeof q->axis);
      if (r->cartesian)
        snprintf(q->name, sizeof q->name, "D_%c%c", "xyz"[a], "xyz"[a]);
      else
        snprintf(q->name, sizeof q->name, "D_%d", a + 1);
      for (int m = 0; m < r->nmodels; m++) {
        const arrhenius_model *x = &r->model[m];
        double value, lo, hi;
        along(x, axis[a], &value, &lo, &hi);
        /* the rounding of a direction in which nothing moves */
        const double trace = x->tensor[0][0] + x->tensor[1][1] + x->tensor[2][2];
        add_point(q, x->T, value > 1e-12 * trace ? value : 0.0, lo, hi);
      }
    }
  }
  for (int m = 0; m < r->nmodels && status == LISI_OK; m++)
    for (int k = 0; k < r->model[m].nrates && status == LISI_OK; k++) {
      const struct orbit_rate *x = &r->model[m].rate[k];
      bool known = false;
      for (int p = 0; p < r->nquantities; p++)
        known = known || (r->quantity[p].kind == QUANTITY_RATE && strcmp(r->quantity[p].from, x->from) == 0 &&
                          strcmp(r->quantity[p].to, x->to) == 0);
      if (known)
        continue;
      status = new_quantity(r, &room, &q, err);
      if (status != LISI_OK)
        return status;
      q->kind = QUANTITY_RATE;
      q->from = x->from;
      q->to = x->to;
      snprintf(q->name, sizeof q->name, "%s -> %s", x->from, x->to);
      for (int l = m; l < r->nmodels; l++)
        for (int j = 0; j < r->model[l].nrates; j++) {
          const struct orbit_rate *y = &r->model[l].rate[j];
          if (strcmp(y->from, x->from) != 0 || strcmp(y->to, x->to) != 0)
            continue;
          add_point(q, r->model[l].T, y->rate, y->lo, y->hi);
          break;
        }
    }
  for (int p = 0; p < r->nquantities && status == LISI_OK; p++)
    fit(&r->quantity[p]);
  return status;
}

bool arrhenius_tensor_at(const arrhenius_result *r, double T, double value[3][3], double lo[3][3], double hi[3][3]) {
  memset(value, 0, 9 * sizeof(double));
  memset(lo, 0, 9 * sizeof(double));
  memset(hi, 0, 9 * sizeof(double));
  for (int c = 0; c < r->ncomponents; c++) {
    const arrhenius_quantity *q = &r->quantity[1 + c];
    double v = 0, l = 0, h = 0;
    if (q->fitted)
      arrhenius_at(&q->fit, T, &v, &l, &h);
    else if (q->n > 0 || q->nzero < r->nmodels)
      return false;
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++) {
        const double w = q->axis[a] * q->axis[b];
        value[a][b] += w * v;
        lo[a][b] += w == 0 ? 0 : w > 0 ? w * l : w * h;
        hi[a][b] += w == 0 ? 0 : w > 0 ? w * h : w * l;
      }
  }
  return r->ncomponents == 3;
}

/* ---- the run ---- */

/* T1:T2:dT, both ends included. */
static lisi_status table_of(const char *text, double **T, int *n, lisi_error *err) {
  double from, to, step = 0;
  char rest;
  const int got = sscanf(text, "%lf:%lf:%lf%c", &from, &to, &step, &rest);
  *n = 0;
  if (got != 3 || !isfinite(from) || !isfinite(to) || !isfinite(step))
    return lisi_fail(err, LISI_ERR_INPUT, "--table: expected T1:T2:dT like 300:1000:50, found '%s'", text);
  if (!(from > 0) || !(to >= from) || !(step > 0) || (to - from) / step > MOST_ROWS)
    return lisi_fail(err, LISI_ERR_INPUT, "--table: expected 0 < T1 <= T2 and at most %d steps dT > 0, found '%s'",
                     MOST_ROWS, text);
  const int rows = (int)floor((to - from) / step * (1 + 1e-12) + 1e-9) + 1;
  *T = malloc((size_t)rows * sizeof **T);
  if (*T == NULL)
    return lisi_no_memory(err, (size_t)rows * sizeof **T);
  for (; *n < rows; (*n)++)
    (*T)[*n] = from + *n * step;
  return LISI_OK;
}

static lisi_status read_models(int n, char **file, const arrhenius_options *o, arrhenius_result *r, lisi_error *err) {
  const cli_numbers *given = &o->temperature;
  if (n < 2)
    return lisi_fail(err, LISI_ERR_INPUT, "expected at least two models (model.yaml or its folder), found %d", n);
  if (given->given && (given->automatic || given->n != n))
    return lisi_fail(err, LISI_ERR_INPUT, "--temperature: expected %d numbers, one for each model, found %d", n,
                     given->n);
  r->model = calloc((size_t)n, sizeof *r->model);
  if (r->model == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *r->model);
  for (int m = 0; m < n; m++) {
    if (given->given && !(given->value[m] > 0))
      return lisi_fail(err, LISI_ERR_INPUT, "--temperature: expected numbers above 0 (K), found %g", given->value[m]);
    r->nmodels = m + 1;
    const lisi_status status =
        arrhenius_read(file[m], o->lag, given->given ? given->value[m] : (double)NAN, &r->model[m], err);
    if (status != LISI_OK)
      return status;
  }
  qsort(r->model, (size_t)n, sizeof *r->model, by_temperature);
  if (!(r->model[n - 1].T > r->model[0].T * (1 + 1e-9)))
    return lisi_fail(err, LISI_ERR_INPUT, "all models are at %g K: at least two temperatures are needed",
                     r->model[0].T);
  return LISI_OK;
}

static void warn(const arrhenius_result *r, int ntable, const double *T) {
  const arrhenius_quantity *D = &r->quantity[0];
  bool plateau = false, no_plateau = false;
  for (int m = 0; m < r->nmodels; m++) {
    plateau = plateau || r->model[m].plateau;
    no_plateau = no_plateau || !r->model[m].plateau;
  }
  if (plateau && no_plateau)
    cli_warn("some models tell the plateau of D and some do not: for these D is that of the lag");
  if (D->nzero > 0)
    cli_warn("D is 0 in %d of %d models, which are left out", D->nzero, r->nmodels);
  for (int q = 0; q < r->nquantities; q++) {
    const arrhenius_fit *f = &r->quantity[q].fit;
    if (r->quantity[q].fitted && f->p < 0.01)
      cli_warn("%s does not lie on a straight line (chi^2 %.3g for %d degrees of freedom, p = %.2g): more than one "
               "process, or errors that are too small",
               r->quantity[q].name, f->chi2, f->dof, f->p);
  }
  if (D->fitted && D->fit.dof == 0)
    cli_note("two temperatures: the line goes through both points, so nothing tells whether Arrhenius' law holds");
  if (D->fitted && !D->fit.weighted)
    cli_note("not every model has an interval of D: all count alike, and errors come from the scatter about the line");
  for (int k = 0; k < ntable; k++) {
    if (T[k] < r->model[0].T * (1 - 1e-9) || T[k] > r->model[r->nmodels - 1].T * (1 + 1e-9)) {
      cli_note("--table: rows outside %g to %g K are extrapolated (column extrapolated)", r->model[0].T,
               r->model[r->nmodels - 1].T);
      break;
    }
  }
}

static lisi_status run(int n, char **file, const arrhenius_options *o, const char *command, lisi_error *err) {
  arrhenius_result r = {0};
  doc_tree *doc = NULL;
  double *T = NULL;
  int ntable = 0;
  lisi_status status = LISI_OK;
  if (o->lag < 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "--lag: a lag must be positive, found %g", o->lag);
  if (status == LISI_OK && o->table != NULL)
    status = o->out == NULL ? lisi_fail(err, LISI_ERR_INPUT, "--table: -o FOLDER is missing, where table.csv goes")
                            : table_of(o->table, &T, &ntable, err);
  if (status == LISI_OK)
    status = read_models(n, file, o, &r, err);
  if (status == LISI_OK)
    status = collect(&r, err);
  bool any = false;
  for (int q = 0; q < r.nquantities && status == LISI_OK; q++)
    any = any || r.quantity[q].fitted;
  if (status == LISI_OK && !any)
    status = lisi_fail(err, LISI_ERR_INPUT, "nothing can be fitted: %s: %s", r.quantity[0].name, r.quantity[0].why_not);
  if (status == LISI_OK && ntable > 0 && !r.quantity[0].fitted)
    status = lisi_fail(err, LISI_ERR_INPUT, "--table: D cannot be fitted: %s", r.quantity[0].why_not);
  if (status == LISI_OK) {
    warn(&r, ntable, T);
    status = arrhenius_tree(&r, command, &doc, err);
  }
  if (status == LISI_OK && o->out != NULL) {
    struct out_file *yaml = NULL;
    status = out_folder(o->out, err);
    if (status == LISI_OK)
      status = arrhenius_files(&r, o->out, err);
    if (status == LISI_OK && ntable > 0)
      status = arrhenius_table(&r, o->out, ntable, T, err);
    if (status == LISI_OK)
      status = report_out(o->out, "arrhenius.yaml", &yaml, err);
    if (status == LISI_OK)
      status = doc_print_yaml(doc, out_file_stream(yaml), err);
    if (status == LISI_OK)
      status = out_file_commit(yaml, err);
    else
      out_file_discard(yaml);
  }
  if (status == LISI_OK && o->json)
    status = doc_print_json(doc, stdout, err);
  else if (status == LISI_OK) {
    arrhenius_print(&r);
    if (o->out != NULL)
      printf("\nwritten: %s/arrhenius.yaml, arrhenius.svg%s, data and scripts\n", o->out,
             ntable > 0 ? ", table.csv" : "");
  }
  if (status == LISI_OK && fflush(stdout) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "standard output cannot be written");
  free(T);
  doc_free(doc);
  arrhenius_result_free(&r);
  return status;
}

int cmd_arrhenius(int argc, char **argv) {
  arrhenius_options o = {0};
  const cli_option options[] = {
      {"lag", CLI_DOUBLE, &o.lag, "TIME",
       "take D, its tensor and the rates at this lag (the plateau of D, else the\n"
       "reported lag of each model)"},
      {"temperature", CLI_NUMBERS, &o.temperature, "LIST", "temperatures (K) of the models, in their order (theirs)"},
      {"table", CLI_TEXT, &o.table, "T1:T2:dT", "also table.csv: the D tensor over temperature in m^2/s, from the fit"},
      {"o", CLI_TEXT, &o.out, "FOLDER", "where arrhenius.yaml, the table and the pictures go (nowhere)"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {"arrhenius", "a/model.yaml b/model.yaml ... [options]",
                               "Barriers and prefactors from models at several temperatures (files, or the folders "
                               "that build has written): ln D\n"
                               "against 1/T for D, each component along common principal axes, and the rate of each "
                               "pair of orbits, weighted by\n"
                               "the intervals of the models; with errors and a test whether the points lie on a line.",
                               "  lisi-msm arrhenius 600K/ 750K/ 900K/ -o arrhenius/\n"
                               "  lisi-msm arrhenius 600K/ 750K/ 900K/ --table 250:1000:25 -o arrhenius/\n"
                               "  lisi-msm arrhenius a/model.yaml b/model.yaml --temperature 650,900 --lag 10 --json\n",
                               options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  lisi_error err = {0};
  char *line = command_line(argc, argv);
  const lisi_status result =
      line == NULL ? lisi_no_memory(&err, 256) : run(args.npositional, args.positional, &o, line, &err);
  free(line);
  return cli_end(&command, &args, result, &err);
}
