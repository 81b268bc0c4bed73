/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm ck: the Chapman-Kolmogorov test of a model, as table, JSON and picture. */
#include "ck.h"

#include "analysis.h"
#include "checks.h"
#include "commands.h"
#include "doc_tree.h"
#include "model_input.h"
#include "out_file.h"
#include "pcca.h"
#include "progress.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LABELS 12 /* as many sets as one can look at */

typedef struct {
  int n, cap;
  ck_curve *curve;
  int *members; /* [cap][states] */
} curve_list;

static void curve_list_free(curve_list *list) {
  free(list->curve);
  free(list->members);
}

static lisi_status room(curve_list *list, int cap, int nstates, lisi_error *err) {
  list->cap = cap;
  list->curve = calloc((size_t)cap, sizeof *list->curve);
  list->members = malloc((size_t)cap * (size_t)nstates * sizeof *list->members);
  if (list->curve == NULL || list->members == NULL)
    return lisi_no_memory(err, (size_t)cap * (size_t)nstates * sizeof *list->members);
  for (int k = 0; k < cap; k++)
    list->curve[k].state = list->members + (size_t)k * (size_t)nstates;
  return LISI_OK;
}

/* A set of kept states is a test only where it is not all of them. */
static void finish_set(const msm_model *model, curve_list *list, const char *name, const bool *in) {
  ck_curve *c = &list->curve[list->n];
  snprintf(c->name, sizeof c->name, "%s", name);
  c->n = 0;
  for (int k = 0; k < model->n; k++) {
    if (in[model->state[k]])
      c->state[c->n++] = model->state[k];
  }
  if (c->n > 0 && c->n < model->n)
    list->n++;
}

static lisi_status metastable(const model_input *in, int m, curve_list *list, bool *in_set, lisi_error *err) {
  const msm_model *model = &in->model;
  if (!model->tr.balanced)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED,
                     "metastable sets need a model with detailed balance; name sets by --set");
  pcca sets;
  const lisi_status status =
      m > 0 ? pcca_sets(model->n, model->X, model->pi, m, &sets, err)
            : pcca_natural(model->n, model->X, model->pi, model->tr.gap, PCCA_MOST_SETS, &sets, err);
  if (status == LISI_OK)
    m = sets.m; /* 0: no slow mode, there is nothing but displacements to look at */
  for (int k = 0; k < m && status == LISI_OK; k++) {
    char name[CK_NAME];
    for (int i = 0; i < model->n; i++)
      in_set[model->state[i]] = sets.set[i] == k;
    snprintf(name, sizeof name, "set %d", k + 1);
    finish_set(model, list, name, in_set);
    for (int i = 0; i < model->n; i++)
      in_set[model->state[i]] = false;
  }
  if (status == LISI_OK)
    pcca_free(&sets);
  return status;
}

/* Half the smallest wave vector that fits the unit cell, or the smallest of the supercell: where F decays with time. */
static void wave_vectors(const model_input *in, curve_list *list) {
  const double(*h)[3] = in->space.cell;
  static const char axis[] = "abc";
  for (int a = 0; a < 3; a++) {
    const double *p = h[(a + 1) % 3], *q = h[(a + 2) % 3];
    const int cells = in->replicate[a] > 2 ? in->replicate[a] : 2;
    double recip[3], volume = 0;
    for (int k = 0; k < 3; k++) {
      recip[k] = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
      volume += h[a][k] * recip[k];
    }
    ck_curve *c = &list->curve[list->n];
    bool moves = false;
    for (int k = 0; k < 3; k++)
      c->q[k] = 2.0 * M_PI * recip[k] / volume / cells;
    for (size_t e = 0; e < in->model.net.n && !moves; e++) {
      const network_edge *edge = &in->model.net.edge[e];
      double d[3];
      state_space_step(&in->model.net.space, edge->i, edge->j, edge->r, d);
      moves = edge->p > 0 && fabs(c->q[0] * d[0] + c->q[1] * d[1] + c->q[2] * d[2]) > 1e-9;
    }
    if (!moves) /* F = 1 */
      continue;
    snprintf(c->name, sizeof c->name, "F(%c*/%d)", axis[a], cells);
    c->n = 0;
    list->n++;
  }
}

static lisi_status choose_curves(const model_input *in, const cli_texts *given, long sets, curve_list *list,
                                 lisi_error *err) {
  const int n = in->space.n;
  int *label = malloc((size_t)n * sizeof *label), *first = malloc((size_t)n * sizeof *first), labels = 0, kept = 0;
  bool *in_set = calloc((size_t)n, sizeof *in_set), seen[MOST_LABELS] = {false};
  lisi_status status = !label || !first || !in_set ? lisi_no_memory(err, (size_t)n * sizeof *label) : LISI_OK;
  if (status == LISI_OK)
    status = room(list, given->n + (n < MOST_LABELS ? n : MOST_LABELS) + PCCA_MOST_SETS + 3, n, err);
  if (status != LISI_OK)
    goto done;
  labels = model_input_labels(&in->space, label, first);
  for (int k = 0; k < in->model.n && labels <= MOST_LABELS; k++) {
    const int l = label[in->model.state[k]];
    if (l >= 0 && !seen[l]) {
      seen[l] = true;
      kept++;
    }
  }
  for (int k = 0; k < given->n && status == LISI_OK; k++) {
    int count;
    status = model_input_states(&in->space, "--set", given->value[k], first, &count, err);
    memset(in_set, 0, (size_t)n * sizeof *in_set);
    for (int i = 0; i < count && status == LISI_OK; i++)
      in_set[first[i]] = true;
    const int before = list->n;
    if (status == LISI_OK)
      finish_set(&in->model, list, given->value[k], in_set);
    if (status == LISI_OK && list->n == before)
      status = lisi_fail(err, LISI_ERR_INPUT, "--set: '%s' holds none of the model's states, or all of them",
                         given->value[k]);
  }
  memset(in_set, 0, (size_t)n * sizeof *in_set);
  if (status != LISI_OK || given->n > 0) {
    /* the user's own */
  } else if (sets > 0 || kept < 2) {
    if (sets > 0 || (in->model.n > 1 && in->model.tr.balanced))
      status = metastable(in, (int)sets, list, in_set, err);
    const bool single = list->n == 0;
    for (int k = 0; k < in->model.n && status == LISI_OK && single && in->model.n <= MOST_LABELS; k++) {
      char name[64];
      memset(in_set, 0, (size_t)n * sizeof *in_set);
      in_set[in->model.state[k]] = true;
      model_input_state_name(&in->space, in->model.state[k], name);
      finish_set(&in->model, list, name, in_set); /* no slow modes: every state for itself */
    }
  } else {
    for (int l = 0; l < labels; l++) {
      for (int i = 0; i < n; i++)
        in_set[i] = label[i] == l;
      finish_set(&in->model, list, in->space.label[first[l]], in_set);
    }
  }
  if (status == LISI_OK && in->space.geometry)
    wave_vectors(in, list);
  if (status == LISI_OK && list->n == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "there is nothing to test: no sets, and nobody moves; name sets by --set");
done:
  free(label);
  free(first);
  free(in_set);
  return status;
}

/* ---- showing ---- */

static lisi_status make_tree(const model_input *in, const curve_list *list, const ck_result *r, const char *command,
                             doc_tree **out, lisi_error *err) {
  doc_tree *doc = *out = doc_new();
  if (doc == NULL)
    return lisi_no_memory(err, sizeof(void *));
  const double lag = in->model.lag;
  doc_text(doc, DOC_ROOT, "format", "lisi-ck 1");
  doc_text(doc, doc_map(doc, DOC_ROOT, "units"), "time", in->unit);
  doc_text(doc, DOC_ROOT, "program", "lisi-msm " LISI_VERSION);
  doc_text(doc, DOC_ROOT, "command", command);
  doc_number(doc, DOC_ROOT, "lag", lag);
  doc_text(doc, DOC_ROOT, "estimator", msm_estimator_name(in->options.estimator));
  doc_text(doc, DOC_ROOT, "verdict", ck_verdict_name(r->verdict));
  doc_number(doc, DOC_ROOT, "p", r->p);
  doc_number(doc, DOC_ROOT, "level", r->level);
  doc_integer(doc, DOC_ROOT, "tests", r->tests);
  doc_number(doc, DOC_ROOT, "largest_difference", r->largest_difference);
  if (r->worst >= 0) {
    const ck_point *w = &r->point[r->worst];
    const doc_ref worst = doc_map(doc, DOC_ROOT, "worst");
    doc_text(doc, worst, "curve", list->curve[w->curve].name);
    doc_integer(doc, worst, "k", w->k);
    doc_number(doc, worst, "time", w->k * lag);
    doc_number(doc, worst, "difference", w->difference);
    doc_number(doc, worst, "error", w->error);
    doc_number(doc, worst, "deviation", w->deviation);
  }
  const doc_ref curves = doc_list(doc, DOC_ROOT, "curves");
  for (int c = 0; c < list->n; c++) {
    const ck_curve *curve = &list->curve[c];
    const doc_ref map = doc_map(doc, curves, NULL);
    doc_text(doc, map, "name", curve->name);
    doc_text(doc, map, "kind", curve->n > 0 ? "set" : "wave");
    if (curve->n > 0) {
      const doc_ref states = doc_list(doc, map, "states");
      for (int k = 0; k < curve->n; k++)
        doc_integer(doc, states, NULL, in->space.number[curve->state[k]]);
    } else
      doc_numbers(doc, map, "q", 3, curve->q);
    const doc_ref points = doc_list(doc, map, "points");
    for (int p = 0; p < r->npoints; p++) {
      const ck_point *x = &r->point[p];
      if (x->curve != c)
        continue;
      const doc_ref point = doc_map(doc, points, NULL);
      doc_integer(doc, point, "k", x->k);
      doc_number(doc, point, "time", x->k * lag);
      doc_number(doc, point, "model", x->model);
      doc_number(doc, point, "counted", x->counted);
      doc_number(doc, point, "difference", x->difference);
      doc_number(doc, point, "error", x->error);
      doc_number(doc, point, "deviation", x->deviation);
      doc_number(doc, point, "p", x->p);
    }
  }
  return LISI_OK;
}

static void print_table(const model_input *in, const curve_list *list, const ck_result *r) {
  printf("Chapman-Kolmogorov test of the model at lag %g %s (%s, %d states)\n\n", in->model.lag, in->unit,
         msm_estimator_name(in->options.estimator), in->model.n);
  printf("%-16s %6s %10s %10s %10s %11s %9s %9s\n", "set or wave", "k", in->unit, "model", "counted", "difference",
         "error", "deviation");
  for (int p = 0; p < r->npoints; p++) {
    const ck_point *x = &r->point[p];
    printf("%-16.16s %6d %10g %10.5f %10.5f %11.2g ", list->curve[x->curve].name, x->k, x->k * in->model.lag, x->model,
           x->counted, x->difference);
    if (x->error > 0)
      printf("%9.2g %9.2f\n", x->error, x->deviation);
    else
      printf("%9s %9s\n", "-", "-");
  }
  if (r->worst < 0) {
    printf("\nverdict: untested (no errors: the counts are of one block, or --resamples 0)\n");
    return;
  }
  const ck_point *w = &r->point[r->worst];
  printf("\nverdict: %s (p = %.2g for all %d points together; the worst is %s at %g %s, %.2f standard errors)\n",
         ck_verdict_name(r->verdict), r->p, r->tests, list->curve[w->curve].name, w->k * in->model.lag, in->unit,
         w->deviation);
}

static lisi_status draw(const model_input *in, const curve_list *list, const ck_result *r, const char *folder,
                        lisi_error *err) {
  struct out_file *dat = NULL, *script = NULL;
  lisi_status status = report_out(folder, "ck.dat", &dat, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(dat);
  fprintf(f, "# one block for each curve: time (%s), model, its %g %% interval, counted, its interval\n", in->unit,
          100 * r->level);
  for (int c = 0; c < list->n; c++) {
    fprintf(f, "%s# %s\n", c > 0 ? "\n\n" : "", list->curve[c].name);
    fprintf(f, "0 1 1 1 1 1 1\n"); /* both begin with certainty */
    for (int p = 0; p < r->npoints; p++) {
      const ck_point *x = &r->point[p];
      if (x->curve == c)
        fprintf(f, "%.10g %.10g %.10g %.10g %.10g %.10g %.10g\n", x->k * in->model.lag, x->model, x->model_lo,
                x->model_hi, x->counted, x->counted_lo, x->counted_hi);
    }
  }
  if ((status = out_file_commit(dat, err)) != LISI_OK)
    return status;
  if ((status = report_out(folder, "ck.gp", &script, err)) != LISI_OK)
    return status;
  f = out_file_stream(script);
  report_preamble(f, "ck", 560, 430);
  fprintf(f,
          "set xlabel 'time (%s)'\nset ylabel 'probability to be in the set, or F(q)'\nset xrange [0:*]\n"
          "set key outside top center horizontal font ',13' samplen 1.2 width 1\nset style fill transparent solid 0.18 "
          "noborder\n"
          "set label 1 'lag %g %s: %s (p = %.2g)' at graph 0.03,graph 0.05 left tc rgb '#4a5560' font ',13'\n",
          in->unit, in->model.lag, in->unit, ck_verdict_name(r->verdict), r->p);
  for (int c = 0; c < list->n; c++) {
    const char *colour = report_colour(c);
    fprintf(
        f,
        "%s'ck.dat' index %d using 1:3:4 with filledcurves lc rgb '%s' notitle, '' index %d using 1:2 with lines lw "
        "2.2 lc rgb '%s' title ",
        c == 0 ? "plot " : ", \\\n     ", c, colour, c, colour);
    report_quoted(f, list->curve[c].name);
    fprintf(f, ", '' index %d every ::1 using 1:5:6:7 with yerrorbars pt 7 ps 0.55 lw 1.2 lc rgb '%s' notitle", c,
            colour);
  }
  fprintf(f, ", \\\n     NaN with lines lw 2.2 lc rgb '#8a94a0' title 'model', NaN with points pt 7 ps 0.55 lc rgb "
             "'#8a94a0' title 'counted'\n");
  if ((status = out_file_commit(script, err)) != LISI_OK)
    return status;
  char program[] = "gnuplot", name[] = "ck.gp", *const argv[] = {program, name, NULL};
  if (!report_program(folder, "gnuplot.log", argv))
    cli_warn("gnuplot could not be run: ck.dat and ck.gp are there, but no picture");
  else
    return report_svg_finish(
        folder, "ck", "Chapman-Kolmogorov test",
        "Probability to be in a set again, and intermediate scattering functions, against time: lines "
        "are foretold by the model, points are counted.",
        err);
  return LISI_OK;
}

static lisi_status write_files(const model_input *in, const curve_list *list, const ck_result *r, const doc_tree *doc,
                               const char *folder, lisi_error *err) {
  struct out_file *file = NULL;
  lisi_status status = out_folder(folder, err);
  if (status == LISI_OK)
    status = draw(in, list, r, folder, err);
  if (status == LISI_OK)
    status = report_out(folder, "ck.yaml", &file, err);
  if (status != LISI_OK)
    return status;
  status = doc_print_yaml(doc, out_file_stream(file), err);
  if (status == LISI_OK)
    return out_file_commit(file, err);
  out_file_discard(file);
  return status;
}

static void show_progress(void *context, double done, double total) {
  progress_update(context, done, total);
}

typedef struct {
  input_options input;
  cli_texts set;
  long sets, resamples, seed;
  double level;
  const char *out;
  bool json, strict, quiet;
} ck_options;

static lisi_status check_options(const ck_options *o, lisi_error *err) {
  if (o->sets != 0 && (o->sets < 2 || o->sets > PCCA_MOST_SETS))
    return lisi_fail(err, LISI_ERR_INPUT, "--sets: expected 2 to %d, found %ld", PCCA_MOST_SETS, o->sets);
  if (o->sets != 0 && o->set.n > 0)
    return lisi_fail(err, LISI_ERR_INPUT, "give only one of --set and --sets");
  if (o->resamples != 0 && (o->resamples < 20 || o->resamples > 100000))
    return lisi_fail(err, LISI_ERR_INPUT, "--resamples: expected 0 (no verdict) or 20 to 100000, found %ld",
                     o->resamples);
  if (!(o->level >= 0.5 && o->level < 1))
    return lisi_fail(err, LISI_ERR_INPUT, "--level: expected 0.5 to below 1, found %g", o->level);
  return LISI_OK;
}

static lisi_status run(int n, char **file, const ck_options *o, const char *command, lisi_error *err) {
  model_input in = {0};
  curve_list list = {0};
  ck_result r = {0};
  doc_tree *doc = NULL;
  lisi_status status = check_options(o, err);
  if (status == LISI_OK)
    status = model_input_open(n, file, &o->input, &in, err);
  if (status == LISI_OK && in.nlags < 2)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: there are no counts at multiples of the lag of %g %s to compare with",
                       file[0], in.model.lag, in.unit);
  if (status == LISI_OK)
    status = choose_curves(&in, &o->set, o->sets, &list, err);
  if (status == LISI_OK) {
    progress bar = progress_start("resamples");
    msm_options options = in.options;
    options.bootstrap = (int)o->resamples;
    options.level = o->level;
    options.seed = (uint64_t)o->seed;
    options.progress = show_progress;
    options.progress_context = &bar;
    options.interrupted = progress_interrupted;
    status = ck_test(&in.space, in.nlags, in.lag, &in.model, list.n, list.curve, &options, &r, err);
    progress_end(&bar);
  }
  if (status == LISI_OK)
    status = make_tree(&in, &list, &r, command, &doc, err);
  const char *folder = o->out != NULL ? o->out : in.folder;
  if (status == LISI_OK && folder != NULL)
    status = write_files(&in, &list, &r, doc, folder, err);
  if (status == LISI_OK && o->json)
    status = doc_print_json(doc, stdout, err);
  else if (status == LISI_OK && !o->quiet) {
    print_table(&in, &list, &r);
    if (folder != NULL)
      printf("written: %s/ck.yaml, ck.dat, ck.gp and ck.svg\n", folder);
  }
  if (status == LISI_OK && fflush(stdout) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "standard output cannot be written");
  if (status == LISI_OK && o->strict && r.verdict != CK_PASSED)
    status = lisi_fail(err, LISI_ERR_NUMERIC, "the verdict is '%s'", ck_verdict_name(r.verdict));
  doc_free(doc);
  ck_result_free(&r);
  curve_list_free(&list);
  model_input_free(&in);
  return status;
}

static ck_options defaults(void) {
  return (ck_options){.input = {.fold = "auto", .blocks = 20}, .resamples = 200, .seed = 1, .level = 0.95};
}

lisi_status ck_on_folder(char *folder, lisi_error *err) {
  char name[] = "ck", *argv[] = {name, folder, NULL}, *line = command_line(2, argv);
  ck_options o = defaults();
  o.quiet = true;
  const lisi_status status = line == NULL ? lisi_no_memory(err, 256) : run(1, &folder, &o, line, err);
  free(line);
  return status;
}

int cmd_ck(int argc, char **argv) {
  ck_options o = defaults();
  const cli_option options[] = {
      {"lag", CLI_DOUBLE, &o.input.lag, "TIME", "lag of the model that is tested (the reported one; logs: one sample)"},
      {"steps", CLI_INT, &o.input.steps, "K",
       "compare up to K lags; folders and .counts: at the multiples that are there\n(all), logs: at 1..K (10)"},
      {"set", CLI_TEXTS, &o.set, "A B ...", "sets of sites: labels or site numbers, separated by commas within a set"},
      {"sets", CLI_INT, &o.sets, "M", "M metastable sets of the model (PCCA+) instead of the sites' labels"},
      {"estimator", CLI_TEXT, &o.input.estimator, "NAME",
       "reversible, row, fixed-pi or rate (that of the folder; reversible)"},
      {"fold", CLI_TEXT, &o.input.fold, "WHEN", "logs and .counts: auto (default), yes or no, as for build"},
      {"blocks", CLI_INT, &o.input.blocks, "N", "logs: time blocks, and groups of walkers, that errors come from (20)"},
      {"samples", CLI_INT, &o.resamples, "N", "resamples of each kind (200)"},
      {"resamples", CLI_INT, &o.resamples, "N", "the same as --samples"},
      {"level", CLI_DOUBLE, &o.level, "P", "confidence of the verdict and of the intervals (0.95)"},
      {"seed", CLI_INT, &o.seed, "N", "seed of the bootstrap (1)"},
      {"strict", CLI_FLAG, &o.strict, NULL, "exit status 1 unless the test is passed"},
      {"o", CLI_TEXT, &o.out, "FOLDER", "where ck.yaml and the picture go (the model's folder; logs: nowhere)"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "ck", "FOLDER | run.jumps[.gz] ... | all.counts ...  [options]",
      "Chapman-Kolmogorov test: does the model at one lag foretell what is counted at its multiples? Compared are the\n"
      "probability to be in a set of sites again, and the self intermediate scattering function along each cell axis,\n"
      "with errors of the difference from resampling and a verdict on all points together.",
      "  lisi-msm ck out/ --lag 1\n"
      "  lisi-msm ck run.jumps --lag 1 --steps 10 -o out/\n"
      "  lisi-msm ck run.jumps --lag 2 --set Li1 Li2,Li3 --json\n",
      options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  progress_catch_interrupt();
  lisi_error err = {0};
  char *line = command_line(argc, argv);
  const lisi_status result =
      line == NULL ? lisi_no_memory(&err, 256) : run(args.npositional, args.positional, &o, line, &err);
  free(line);
  return cli_end(&command, &args, result, &err);
}
