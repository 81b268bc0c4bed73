/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm paths: which way lithium goes. Dimensionality of the jump network, metastable sets, first-passage times
 * between orbits, and the pathways from one set of sites to another. */
#include "paths_show.h"

#include "analysis.h"
#include "checks.h"
#include "commands.h"
#include "mfpt.h"
#include "out_file.h"
#include "progress.h"
#include "report.h"
#include "resample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  input_options input;
  const char *network, *from, *to, *out, *errors;
  long sets, resamples, seed, most;
  double share;
  bool json, quiet;
} paths_options;

void paths_result_free(paths_result *r) {
  free(r->orbit);
  free(r->orbit_name);
  free(r->time);
  free(r->time_lo);
  free(r->time_hi);
  pcca_free(&r->sets);
  tpt_free(&r->tpt);
  tpt_paths_free(r->path, r->npaths);
  memset(r, 0, sizeof *r);
}

/* Orbits of the kept states: the labels, where there are two; else single states where they are few; else the
 * metastable sets. */
static lisi_status choose_orbits(const model_input *in, paths_result *r, lisi_error *err) {
  const msm_model *model = &in->model;
  const size_t n = (size_t)in->space.n;
  int *label = malloc(n * sizeof *label), *first = malloc(n * sizeof *first), *kept = malloc(n * sizeof *kept);
  r->orbit = malloc((size_t)model->n * sizeof *r->orbit);
  r->orbit_name = calloc((size_t)model->n + PCCA_MOST_SETS, sizeof *r->orbit_name);
  lisi_status status = LISI_OK;
  if (!label || !first || !kept || !r->orbit || !r->orbit_name) {
    status = lisi_no_memory(err, n * sizeof *label);
    goto done;
  }
  const int labels = model_input_labels(&in->space, label, first);
  for (int l = 0; l < labels; l++)
    kept[l] = -1;
  bool all = true;
  for (int i = 0; i < model->n; i++) {
    const int l = label[model->state[i]];
    if (l >= 0 && kept[l] < 0) {
      snprintf(r->orbit_name[r->norbits], sizeof r->orbit_name[0], "%s", in->space.label[first[l]]);
      kept[l] = r->norbits++;
    }
    all = all && l >= 0;
    r->orbit[i] = l >= 0 ? kept[l] : -1;
  }
  if (all && r->norbits >= 2 && r->norbits <= PATHS_MOST_ORBITS)
    goto done;
  r->norbits = 0;
  if (model->n <= PATHS_MOST_ORBITS) {
    for (int i = 0; i < model->n; i++) {
      snprintf(r->orbit_name[i], sizeof r->orbit_name[0], "%lld", in->space.number[model->state[i]]);
      r->orbit[i] = r->norbits++;
    }
  } else if (r->sets.m > 0) {
    r->norbits = r->sets.m;
    for (int k = 0; k < r->sets.m; k++)
      snprintf(r->orbit_name[k], sizeof r->orbit_name[0], "set %d", k + 1);
    memcpy(r->orbit, r->sets.set, (size_t)model->n * sizeof *r->orbit);
  }
done:
  free(label);
  free(first);
  free(kept);
  return status;
}

/* Over all sites, whether or not they are in the model's connected set: the counts as they are. */
static lisi_status find_percolation(const model_input *in, paths_result *r, lisi_error *err) {
  if (in->lag == NULL)
    return percolation_find(&in->given, NULL, &r->network, err);
  const count_table *t = &in->lag[0].total;
  network net = {0};
  double *row = calloc((size_t)in->space.n, sizeof *row), *flux = NULL;
  network_edge *edge = malloc((t->n + 1) * sizeof *edge);
  lisi_status status = !row || !edge ? lisi_no_memory(err, t->n * sizeof *edge) : LISI_OK;
  for (size_t k = 0; k < t->n && status == LISI_OK; k++)
    row[t->entry[k].i] += t->entry[k].c;
  for (size_t k = 0; k < t->n && status == LISI_OK; k++) {
    const count_entry *c = &t->entry[k];
    /* a hair less, lest rounding takes the row over 1 */
    edge[k] = (network_edge){c->i, c->j, {c->r[0], c->r[1], c->r[2]}, c->c / row[c->i] * (1 - 1e-14)};
  }
  if (status == LISI_OK)
    status = network_make(&in->space, in->model.lag, t->n, edge, "counts", &net, err);
  flux = status == LISI_OK ? malloc((net.n + 1) * sizeof *flux) : NULL;
  if (status == LISI_OK && flux == NULL)
    status = lisi_no_memory(err, net.n * sizeof *flux);
  for (size_t e = 0; e < net.n && status == LISI_OK; e++)
    flux[e] = row[net.edge[e].i] / in->model.counts * net.edge[e].p;
  if (status == LISI_OK)
    status = percolation_find(&net, flux, &r->network, err);
  free(row);
  free(flux);
  free(edge);
  network_free(&net);
  return status;
}

static lisi_status find_sets(const model_input *in, long given, paths_result *r, lisi_error *err) {
  const msm_model *model = &in->model;
  if (!model->tr.balanced || model->n < 2) {
    if (given > 0)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED, "--sets: metastable sets need %s",
                       model->n < 2 ? "at least two states" : "a model with detailed balance");
    return LISI_OK;
  }
  r->suggested = pcca_suggest(model->n, model->tr.gap, PCCA_MOST_SETS);
  if (given > 0)
    return given < 2 ? LISI_OK : pcca_sets(model->n, model->X, model->pi, (int)given, &r->sets, err);
  const lisi_status status = pcca_natural(model->n, model->X, model->pi, model->tr.gap, PCCA_MOST_SETS, &r->sets, err);
  if (status == LISI_OK && r->suggested > 1 && r->sets.m < r->suggested)
    cli_warn("the %d slowest modes do not make as many different sets; %d are taken", r->suggested, r->sets.m);
  return status;
}

static lisi_status sides(const model_input *in, const char *from, const char *to, tpt_side *side, lisi_error *err) {
  const char *const word[2] = {from, to}, *const option[2] = {"--from", "--to"};
  const msm_model *model = &in->model;
  int *state = malloc((size_t)in->space.n * sizeof *state), n;
  if (state == NULL)
    return lisi_no_memory(err, (size_t)in->space.n * sizeof *state);
  lisi_status status = LISI_OK;
  for (int k = 0; k < model->n; k++)
    side[k] = TPT_BETWEEN;
  for (int w = 0; w < 2 && status == LISI_OK; w++) {
    int kept = 0;
    status = model_input_states(&in->space, option[w], word[w], state, &n, err);
    for (int q = 0; q < n && status == LISI_OK; q++) {
      for (int k = 0; k < model->n; k++) {
        if (model->state[k] != state[q])
          continue;
        if (side[k] != TPT_BETWEEN && w == 1)
          status = lisi_fail(err, LISI_ERR_INPUT, "--from and --to share site %lld", in->space.number[state[q]]);
        side[k] = w == 0 ? TPT_A : TPT_B;
        kept++;
      }
    }
    if (status == LISI_OK && kept == 0)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: none of the sites of '%s' is in the model (its connected set)",
                         option[w], word[w]);
  }
  free(state);
  return status;
}

/* What is asked of every resample: times between orbits, then flux and rate. */
typedef struct {
  int norbits;
  const int *orbit;
  const tpt_side *side; /* NULL: no passage */
} question;

static lisi_status answer(void *context, int n, const double *X, const double *pi, double *value, lisi_error *err) {
  const question *q = context;
  const int S = q->norbits;
  lisi_status status = S > 0 ? mfpt_between(n, X, pi, S, q->orbit, value, err) : LISI_OK;
  if (status != LISI_OK || q->side == NULL)
    return status;
  tpt t;
  status = tpt_solve(n, X, pi, q->side, &t, err);
  if (status != LISI_OK)
    return status;
  value[S * S] = t.flux;
  value[S * S + 1] = t.rate;
  tpt_free(&t);
  return LISI_OK;
}

static void show_progress(void *context, double done, double total) {
  progress_update(context, done, total);
}

/* Times, flux and rate with their intervals, in the unit of the lag. */
static lisi_status with_errors(const model_input *in, const paths_options *o, const tpt_side *side, paths_result *r,
                               lisi_error *err) {
  const size_t S = (size_t)r->norbits, Q = S * S + 2;
  const double lag = in->model.lag;
  r->time = calloc(Q, sizeof *r->time);
  r->time_lo = malloc(Q * sizeof *r->time_lo);
  r->time_hi = malloc(Q * sizeof *r->time_hi);
  if (!r->time || !r->time_lo || !r->time_hi)
    return lisi_no_memory(err, 3 * Q * sizeof *r->time);
  for (size_t q = 0; q < Q; q++)
    r->time_lo[q] = r->time_hi[q] = NAN;
  question ask = {r->norbits, r->orbit, side};
  const int nq = (int)(side != NULL ? Q : S * S);
  lisi_status status = answer(&ask, in->model.n, in->model.X, in->model.pi, r->time, err);
  msm_error_source source = MSM_ERRORS_BOOTSTRAP;
  if (status == LISI_OK)
    status = parse_error_source(o->errors, &source, NULL);
  if (status == LISI_OK && in->lag != NULL && o->resamples > 0) {
    progress bar = progress_start("resamples");
    msm_options options = in->options;
    options.bootstrap = (int)o->resamples;
    options.seed = (uint64_t)o->seed;
    options.errors = source;
    options.progress = show_progress;
    options.progress_context = &bar;
    options.interrupted = progress_interrupted;
    status = resample_intervals(&in->space, &in->lag[0], &options, &in->model, nq, r->time, answer, &ask, r->time_lo,
                                r->time_hi, err);
    progress_end(&bar);
  }
  for (size_t q = 0; q < Q; q++) {
    const double unit = q < S * S ? lag : 1 / lag;
    r->time[q] *= unit;
    r->time_lo[q] *= unit;
    r->time_hi[q] *= unit;
    r->has_ci = r->has_ci || (q % (S + 1) != 0 && isfinite(r->time_lo[q]));
  }
  return status;
}

static lisi_status check_options(const paths_options *o, int nfiles, lisi_error *err) {
  if ((o->from == NULL) != (o->to == NULL))
    return lisi_fail(err, LISI_ERR_INPUT, "%s is missing (--from and --to go together)",
                     o->from == NULL ? "--from" : "--to");
  if (o->network != NULL && nfiles > 0)
    return lisi_fail(err, LISI_ERR_INPUT, "give only one of: --network FILE, a folder, logs");
  if (o->sets != 0 && (o->sets < 2 || o->sets > PCCA_MOST_SETS))
    return lisi_fail(err, LISI_ERR_INPUT, "--sets: expected 2 to %d, found %ld", PCCA_MOST_SETS, o->sets);
  if (o->resamples != -1 && o->resamples != 0 && (o->resamples < 20 || o->resamples > 100000))
    return lisi_fail(err, LISI_ERR_INPUT, "--resamples: expected 0 (no intervals) or 20 to 100000, found %ld",
                     o->resamples);
  msm_error_source source;
  const lisi_status known = parse_error_source(o->errors, &source, err);
  if (known != LISI_OK)
    return known;
  if (o->seed < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--seed: expected 0 or more, found %ld", o->seed);
  if (o->most < 1 || o->most > 10000)
    return lisi_fail(err, LISI_ERR_INPUT, "--paths: expected 1 to 10000, found %ld", o->most);
  if (!(o->share > 0 && o->share <= 1))
    return lisi_fail(err, LISI_ERR_INPUT, "--share: expected a number above 0, at most 1, found %g", o->share);
  return LISI_OK;
}

static lisi_status write_files(const model_input *in, const paths_result *r, const doc_tree *doc, const char *folder,
                               lisi_error *err) {
  struct out_file *file = NULL;
  lisi_status status = out_folder(folder, err);
  if (status == LISI_OK && r->from != NULL)
    status = paths_draw(in, r, folder, err);
  if (status == LISI_OK)
    status = report_out(folder, "paths.yaml", &file, err);
  if (status != LISI_OK)
    return status;
  status = doc_print_yaml(doc, out_file_stream(file), err);
  if (status == LISI_OK)
    return out_file_commit(file, err);
  out_file_discard(file);
  return status;
}

static lisi_status run(int n, char **file, paths_options *o, const char *command, lisi_error *err) {
  model_input in = {0};
  paths_result r = {.from = o->from, .to = o->to};
  doc_tree *doc = NULL;
  tpt_side *side = NULL;
  lisi_status status = check_options(o, n, err);
  o->input.steps = 1;
  if (status == LISI_OK)
    status =
        o->network != NULL ? model_input_network(o->network, &in, err) : model_input_open(n, file, &o->input, &in, err);
  if (status == LISI_OK && o->resamples < 0) /* as many as build takes */
    o->resamples = in.model.n <= 100 ? 200 : in.model.n <= 400 ? 40 : 16;
  if (status == LISI_OK)
    status = find_percolation(&in, &r, err);
  if (status == LISI_OK)
    status = find_sets(&in, o->sets, &r, err);
  if (status == LISI_OK)
    status = choose_orbits(&in, &r, err);
  if (status == LISI_OK && o->from != NULL) {
    side = malloc((size_t)in.model.n * sizeof *side);
    status =
        side == NULL ? lisi_no_memory(err, (size_t)in.model.n * sizeof *side) : sides(&in, o->from, o->to, side, err);
    if (status == LISI_OK)
      status = tpt_solve(in.model.n, in.model.X, in.model.pi, side, &r.tpt, err);
    if (status == LISI_OK)
      status = tpt_paths(&r.tpt, (int)o->most, o->share, &r.path, &r.npaths, err);
  }
  if (status == LISI_OK)
    status = with_errors(&in, o, side, &r, err);
  if (status == LISI_OK)
    status = paths_tree(&in, &r, command, &doc, err);
  const char *folder = o->out != NULL ? o->out : in.folder;
  if (status == LISI_OK && folder != NULL)
    status = write_files(&in, &r, doc, folder, err);
  if (status == LISI_OK && o->json)
    status = doc_print_json(doc, stdout, err);
  else if (status == LISI_OK && !o->quiet) {
    paths_print(&in, &r);
    if (folder != NULL)
      printf("\nwritten: %s/paths.yaml%s\n", folder, r.from != NULL ? ", paths.dot and paths.svg" : "");
  }
  if (status == LISI_OK && fflush(stdout) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "standard output cannot be written");
  free(side);
  doc_free(doc);
  paths_result_free(&r);
  model_input_free(&in);
  return status;
}

static paths_options defaults(void) {
  return (paths_options){.input = {.fold = "auto", .blocks = 20},
                         .errors = "bootstrap",
                         .resamples = -1,
                         .seed = 1,
                         .most = 10,
                         .share = 0.99};
}

lisi_status paths_on_folder(char *folder, lisi_error *err) {
  char name[] = "paths", *argv[] = {name, folder, NULL}, *line = command_line(2, argv);
  paths_options o = defaults();
  o.quiet = true;
  const lisi_status status = line == NULL ? lisi_no_memory(err, 256) : run(1, &folder, &o, line, err);
  free(line);
  return status;
}

int cmd_paths(int argc, char **argv) {
  paths_options o = defaults();
  const cli_option options[] = {
      {"from", CLI_TEXT, &o.from, "A", "where pathways begin: labels or site numbers, separated by commas"},
      {"to", CLI_TEXT, &o.to, "B", "where they end"},
      {"lag", CLI_DOUBLE, &o.input.lag, "TIME", "lag of the model (the reported one; logs: one sample)"},
      {"paths", CLI_INT, &o.most, "N", "list at most N pathways (10)"},
      {"share", CLI_DOUBLE, &o.share, "X", "stop when they carry this share of the flux (0.99)"},
      {"sets", CLI_INT, &o.sets, "M", "M metastable sets (as many as the largest gap of time scales suggests)"},
      {"network", CLI_TEXT, &o.network, "FILE", "a jump network instead, as for transport; no intervals"},
      {"estimator", CLI_TEXT, &o.input.estimator, "NAME",
       "reversible, row, fixed-pi or rate (that of the folder; reversible)"},
      {"fold", CLI_TEXT, &o.input.fold, "WHEN", "logs and .counts: auto (default), yes or no, as for build"},
      {"blocks", CLI_INT, &o.input.blocks, "N", "logs: time blocks, and groups of walkers, that errors come from (20)"},
      {"errors", CLI_TEXT, &o.errors, "SOURCE", "bootstrap (default), bayes or both, as for build"},
      {"samples", CLI_INT, &o.resamples, "N", "resamples of each kind, 0 = no intervals (as for build)"},
      {"resamples", CLI_INT, &o.resamples, "N", "the same as --samples"},
      {"seed", CLI_INT, &o.seed, "N", "seed of the resamples (1)"},
      {"o", CLI_TEXT, &o.out, "FOLDER", "where paths.yaml and the picture go (the model's folder; else nowhere)"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "paths", "FOLDER | run.jumps[.gz] ... | all.counts ... | --network FILE  [--from A --to B] [options]",
      "Which way lithium goes: in how many directions the jump network leads and the jump that each hangs on, "
      "metastable\n"
      "sets of the slow modes (PCCA+), mean first passage times between orbits, and from A to B the committor, the "
      "flux,\n"
      "the rate and the pathways that carry it (transition path theory).",
      "  lisi-msm paths out/\n"
      "  lisi-msm paths out/ --lag 1 --from Li1 --to Li4\n"
      "  lisi-msm paths run.jumps --fold no --from 3 --to 17,18 --json\n",
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
