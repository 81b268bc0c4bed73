/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model_input.h"

#include "counts_file.h"
#include "counts_prior.h"
#include "input_files.h"
#include "paths.h"
#include "report.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define USUAL_STEPS 10
#define MANY_STATES 2000

void model_input_free(model_input *in) {
  for (int k = 0; in->lag != NULL && k < in->nlags; k++)
    lag_counts_free(&in->lag[k]);
  free(in->lag);
  free(in->pi);
  state_space_free(&in->space);
  msm_model_free(&in->model);
  network_free(&in->given);
  *in = (model_input){0};
}

static lisi_status parse_estimator(const char *name, const char *where, msm_estimator *estimator, lisi_error *err) {
  for (int k = MSM_REVERSIBLE; k <= MSM_RATE; k++) {
    if (k != MSM_PLAIN && strcmp(name, msm_estimator_name((msm_estimator)k)) == 0) {
      *estimator = (msm_estimator)k;
      return LISI_OK;
    }
  }
  return lisi_fail(err, LISI_ERR_INPUT, "%s: expected estimator reversible, row, fixed-pi or rate, found '%s'", where,
                   name);
}

/* ---- a set of counts: choose, fold ---- */

/* The lag and those of its multiples that are in the file, up to options->steps lags; the others are dropped. reported:
 * 0 unknown. */
static lisi_status choose_lags(counts_set *set, const input_options *o, double reported, const char *name,
                               const char *unit, lisi_error *err) {
  const double wish = o->lag > 0 ? o->lag : reported;
  int base = -1, shortest = 0;
  bool multiples = false;
  for (int k = 0; k < set->nlags; k++) {
    if (set->lag[k].lag < set->lag[shortest].lag)
      shortest = k;
    if (fabs((double)set->lag[k].lag * set->dt - wish) < 1e-6 * wish)
      base = k;
  }
  if (set->nlags == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: it holds no counts", name);
  if (o->lag > 0 && base < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--lag: %s holds no lag of %g %s", name, o->lag, unit);
  for (int k = 0; k < set->nlags && base >= 0; k++)
    multiples = multiples || (set->lag[k].lag > set->lag[base].lag && set->lag[k].lag % set->lag[base].lag == 0);
  if (base < 0 || (!(o->lag > 0) && !multiples && o->steps != 1))
    base = shortest;
  const long long lag = set->lag[base].lag;
  int kept = 0;
  for (int k = 0; k < set->nlags; k++) {
    const bool wanted = set->lag[k].lag % lag == 0 && (o->steps == 0 || set->lag[k].lag / lag <= o->steps);
    if (wanted) { /* insertion keeps them rising */
      lag_counts one = set->lag[k];
      int at = kept++;
      for (; at > 0 && set->lag[at - 1].lag > one.lag; at--)
        set->lag[at] = set->lag[at - 1];
      set->lag[at] = one;
    } else
      lag_counts_free(&set->lag[k]);
  }
  set->nlags = kept;
  return LISI_OK;
}

typedef enum { FOLD_NO, FOLD_WHERE_ALIKE, FOLD_YES } fold_wish;

/* Moves counts at several lags into the input, folded where asked. */
static lisi_status take(model_input *in, const state_space *super, const int replicate[3], fold_wish fold, int n,
                        lag_counts *lag, lisi_error *err) {
  in->lag = calloc((size_t)n, sizeof *in->lag);
  if (in->lag == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *in->lag);
  in->nlags = n;
  in->folded = fold != FOLD_NO;
  bool alike = true;
  for (int k = 0; k < n; k++) {
    if (fold == FOLD_NO) {
      in->lag[k] = lag[k];
      lag[k] = (lag_counts){0};
      continue;
    }
    state_space unit = {0};
    fold_verdict verdict = {0};
    const lisi_status status = counts_fold(&lag[k], super, replicate, &in->lag[k], &unit, &verdict, err);
    alike = alike && (!verdict.tested || verdict.homogeneous);
    if (k == 0 && status == LISI_OK)
      in->space = unit;
    else
      state_space_free(&unit);
    if (status != LISI_OK)
      return status;
  }
  if (fold == FOLD_WHERE_ALIKE && !alike) {
    cli_warn("the copies of a site in the supercell behave differently: they are kept apart; --fold yes averages over "
             "them all the same");
    for (int k = 0; k < n; k++)
      lag_counts_free(&in->lag[k]);
    free(in->lag);
    in->lag = NULL;
    state_space_free(&in->space);
    return take(in, super, replicate, FOLD_NO, n, lag, err);
  }
  for (int a = 0; a < 3; a++)
    in->replicate[a] = fold != FOLD_NO ? replicate[a] : 1;
  if (fold != FOLD_NO)
    return LISI_OK;
  int *all = malloc((size_t)super->n * sizeof *all);
  if (all == NULL)
    return lisi_no_memory(err, (size_t)super->n * sizeof *all);
  for (int k = 0; k < super->n; k++)
    all[k] = k;
  const lisi_status status = state_space_pick(super, all, super->n, &in->space, err);
  free(all);
  return status;
}

static lisi_status wants_fold(const input_options *o, const state_space *space, const int replicate[3], fold_wish *fold,
                              lisi_error *err) {
  if (strcmp(o->fold, "auto") != 0 && strcmp(o->fold, "yes") != 0 && strcmp(o->fold, "no") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold: expected auto, yes or no, found '%s'%s", o->fold,
                     strcmp(o->fold, "symmetry") == 0 ? "; give the folder that build --fold symmetry -o has written"
                                                      : "");
  const bool copies = space->geometry && replicate[0] * replicate[1] * replicate[2] > 1;
  *fold = !copies || strcmp(o->fold, "no") == 0 ? FOLD_NO : strcmp(o->fold, "yes") == 0 ? FOLD_YES : FOLD_WHERE_ALIKE;
  return LISI_OK;
}

/* ---- jump logs ---- */

static lisi_status from_logs(int n, char **file, const input_options *o, model_input *in, lisi_error *err) {
  path_set paths = {0};
  fold_wish fold = FOLD_NO;
  long long base = 1, longest = 0;
  lisi_status status = paths_from_jump_logs(n, (const char *const *)file, &paths, err);
  if (status != LISI_OK)
    return status;
  tell_cut_logs(&paths, file);
  in->dt = paths.dt;
  in->unit = paths.time_in_ps ? "ps" : "step";
  longest = path_set_longest(&paths);
  status = wants_fold(o, &paths.space, paths.replicate, &fold, err);
  if (status == LISI_OK && o->lag > 0)
    status = path_set_lag(&paths, o->lag, &base, err);
  /* beyond a quarter of the run there are too few independent pairs to say anything */
  int steps = (int)o->steps;
  if (status == LISI_OK && steps == 0) {
    const long long most = longest / 4 / base;
    steps = most < 1 ? 1 : most < USUAL_STEPS ? (int)most : USUAL_STEPS;
  }
  if (status == LISI_OK && steps * base >= longest)
    status = lisi_fail(err, LISI_ERR_INPUT, "--steps: %d lags of %g %s are longer than the run (%g %s)", steps,
                       (double)base * paths.dt, in->unit, (double)(longest - 1) * paths.dt, in->unit);
  lag_counts *lag = status == LISI_OK ? calloc((size_t)steps, sizeof *lag) : NULL;
  if (status == LISI_OK && lag == NULL)
    status = lisi_no_memory(err, (size_t)steps * sizeof *lag);
  /* the same blocks at all lags, for what is compared is resampled together */
  const int blocks = counts_time_blocks(&paths, base * steps, (int)o->blocks);
  for (int k = 0; k < steps && status == LISI_OK; k++)
    status = counts_from_paths(&paths, base * (k + 1), 1, blocks, (int)o->blocks, &lag[k], err);
  if (status == LISI_OK)
    status = take(in, &paths.space, paths.replicate, fold, steps, lag, err);
  for (int k = 0; k < steps && lag != NULL; k++)
    lag_counts_free(&lag[k]);
  free(lag);
  path_set_free(&paths);
  return status;
}

/* ---- counts files and folders ---- */

static lisi_status from_counts(int n, char **file, const input_options *o, double reported, model_input *in,
                               lisi_error *err) {
  counts_set set = {0};
  fold_wish fold = FOLD_NO;
  lisi_status status = counts_file_read(file[0], &set, err);
  if (status != LISI_OK)
    return status;
  for (int k = 1; k < n && status == LISI_OK; k++) {
    counts_set more = {0};
    status = counts_file_read(file[k], &more, err);
    if (status == LISI_OK)
      status = counts_set_merge(&set, &more, file[k], err);
    counts_set_free(&more);
  }
  in->dt = set.dt;
  if (status == LISI_OK)
    status = choose_lags(&set, o, reported, file[0], in->unit, err);
  if (status == LISI_OK && in->folder == NULL) /* the counts of a folder are as its build has left them */
    status = wants_fold(o, &set.space, set.replicate, &fold, err);
  if (status == LISI_OK)
    status = take(in, &set.space, set.replicate, fold, set.nlags, set.lag, err);
  counts_set_free(&set);
  return status;
}

/* The stationary distribution of the folder's model nearest to the lag, by state number. It has none of states that the
 * model does not keep; these form sets of their own, in which any value does, for each set is normalised. */
static lisi_status folder_pi(const report_data *data, const state_space *space, double lag, double **pi,
                             lisi_error *err) {
  *pi = malloc((size_t)space->n * sizeof **pi);
  if (*pi == NULL)
    return lisi_no_memory(err, (size_t)space->n * sizeof **pi);
  for (int i = 0; i < space->n; i++)
    (*pi)[i] = 1.0;
  for (int m = 0; m < yaml_seq_size(data->doc, data->models); m++) {
    const yaml_ref model = yaml_seq_at(data->doc, data->models, m), states = yaml_get(data->doc, model, "states"),
                   values = yaml_get(data->doc, model, "stationary");
    if (!(fabs(report_number(data, model, "lag") - lag) < 1e-6 * lag))
      continue;
    for (int k = 0; k < yaml_seq_size(data->doc, states); k++) {
      for (int i = 0; i < space->n; i++) {
        if ((double)space->number[i] == report_item(data, states, k))
          (*pi)[i] = report_item(data, values, k);
      }
    }
  }
  return LISI_OK;
}

static lisi_status from_folder(const char *folder, const input_options *o, model_input *in, lisi_error *err) {
  report_data data;
  lisi_status status = report_open(folder, &data, err);
  if (status != LISI_OK)
    return status;
  in->folder = folder;
  in->unit = strcmp(data.time_unit, "step") == 0 ? "step" : "ps";
  char path[PATH_MAX], *file[1] = {path};
  struct stat there;
  if (snprintf(path, sizeof path, "%s/model.counts", folder) >= (int)sizeof path)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: the path is too long", folder);
  else if (stat(path, &there) != 0)
    status =
        lisi_fail(err, LISI_ERR_INPUT,
                  "%s: there is no such file (lisi-msm build -o writes it); build again or give the jump logs", path);
  const double reported = report_number(&data, yaml_get(data.doc, data.root, "reported"), "lag");
  if (status == LISI_OK)
    status = from_counts(1, file, o, isnan(reported) ? 0 : reported, in, err);
  const char *name = yaml_text(data.doc, yaml_get(data.doc, yaml_seq_at(data.doc, data.models, 0), "estimator"));
  if (status == LISI_OK && o->estimator == NULL && name != NULL)
    status = parse_estimator(name, folder, &in->options.estimator, err);
  const double prior = report_number(&data, yaml_seq_at(data.doc, data.models, 0), "prior");
  in->options.prior = prior > 0 ? prior : 0;
  if (status == LISI_OK && in->options.estimator == MSM_FIXED_PI) {
    status = folder_pi(&data, &in->space, (double)in->lag[0].lag * in->dt, &in->pi, err);
    in->options.pi = in->pi;
  }
  const yaml_ref replicate = yaml_get(data.doc, data.root, "replicate");
  const char *folded = yaml_text(data.doc, yaml_get(data.doc, data.root, "folded"));
  in->folded = folded != NULL && strcmp(folded, "true") == 0;
  for (int a = 0; a < 3 && in->folded; a++) {
    const double value = report_item(&data, replicate, a);
    in->replicate[a] = value >= 1 && value < 1e6 ? (int)value : 1;
  }
  report_close(&data);
  return status;
}

static bool ends_with(const char *text, const char *end) {
  const size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

/* The prior becomes a part of the counts at the model's lag, blocks and groups, so that all that is made of them later
 * knows it: the model, its resamples, and the sets that are compared. */
static lisi_status add_prior(model_input *in, lisi_error *err) {
  if (!(in->options.prior > 0.0) || in->options.estimator == MSM_PLAIN)
    return LISI_OK;
  lag_counts with;
  const lisi_status status = counts_prior(&in->lag[0], in->options.prior, &with, err);
  if (status != LISI_OK)
    return status;
  lag_counts_free(&in->lag[0]);
  in->lag[0] = with;
  in->options.prior = 0.0;
  return LISI_OK;
}

lisi_status model_input_open(int n, char **file, const input_options *o, model_input *in, lisi_error *err) {
  /* dense at every size: paths and sets need all of P */
  *in = (model_input){.unit = "ps", .replicate = {1, 1, 1}, .options = {.solver = MSM_DENSE}};
  struct stat what;
  int folders = 0, counts = 0;
  for (int k = 0; k < n; k++) {
    folders += stat(file[k], &what) == 0 && S_ISDIR(what.st_mode);
    counts += ends_with(file[k], ".counts");
  }
  lisi_status status = LISI_OK;
  if (n == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "no input: give a folder written by build, jump logs or .counts files");
  if (folders > 0 && n > 1)
    return lisi_fail(err, LISI_ERR_INPUT, "expected one folder, or jump logs, found %d arguments", n);
  if (counts > 0 && counts < n)
    return lisi_fail(err, LISI_ERR_INPUT, "jump logs and .counts files cannot be mixed");
  if (o->lag < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--lag: a lag must be positive, found %g", o->lag);
  if (o->steps < 0 || o->steps > 10000)
    return lisi_fail(err, LISI_ERR_INPUT, "--steps: expected 1 to 10000, found %ld", o->steps);
  if (o->blocks < 1 || o->blocks > 10000)
    return lisi_fail(err, LISI_ERR_INPUT, "--blocks: expected 1 to 10000, found %ld", o->blocks);
  status = refuse_same_file(n, file, err);
  if (status == LISI_OK && o->estimator != NULL) {
    status = parse_estimator(o->estimator, "--estimator", &in->options.estimator, err);
    if (status == LISI_OK && in->options.estimator == MSM_FIXED_PI && folders == 0)
      status = lisi_fail(err, LISI_ERR_INPUT, "--estimator fixed-pi: give the folder that build has made with --pi");
  }
  if (status == LISI_OK)
    status = folders > 0  ? from_folder(file[0], o, in, err)
             : counts > 0 ? from_counts(n, file, o, 0, in, err)
                          : from_logs(n, file, o, in, err);
  if (status == LISI_OK && in->space.n > MANY_STATES)
    cli_note("%d states: what follows is dense algebra and takes minutes (build alone is fast)", in->space.n);
  if (status == LISI_OK)
    status = add_prior(in, err);
  if (status == LISI_OK) {
    msm_options plain = in->options;
    plain.bootstrap = 0;
    status = msm_build(&in->space, &in->lag[0], in->dt, &plain, &in->model, err);
  }
  if (status != LISI_OK)
    model_input_free(in);
  return status;
}

lisi_status model_input_network(const char *file, model_input *in, lisi_error *err) {
  *in = (model_input){.unit = "ps", .replicate = {1, 1, 1}, .options = {.estimator = MSM_ROW}};
  lisi_status status = network_load(file, &in->given, err);
  if (status != LISI_OK)
    return status;
  const state_space *space = &in->given.space;
  int *all = malloc((size_t)space->n * sizeof *all);
  for (int k = 0; all != NULL && k < space->n; k++)
    all[k] = k;
  status = all == NULL ? lisi_no_memory(err, (size_t)space->n * sizeof *all)
                       : state_space_pick(space, all, space->n, &in->space, err);
  if (status == LISI_OK)
    status = msm_from_network_by(&in->given, MSM_DENSE, &in->model, err);
  in->dt = in->given.lag;
  free(all);
  if (status != LISI_OK)
    model_input_free(in);
  return status;
}

/* ---- names of sites ---- */

static const char *label_of(const state_space *space, int i) {
  return space->label != NULL && space->label[i][0] != '\0' ? space->label[i] : NULL;
}

lisi_status model_input_states(const state_space *space, const char *option, const char *word, int *state, int *n,
                               lisi_error *err) {
  *n = 0;
  bool *in = calloc((size_t)space->n, sizeof *in);
  if (in == NULL)
    return lisi_no_memory(err, (size_t)space->n);
  lisi_status status = LISI_OK;
  for (const char *from = word; status == LISI_OK; from++) {
    const size_t length = strcspn(from, ",");
    char part[64], *end = NULL;
    bool found = false;
    snprintf(part, sizeof part, "%.*s", (int)(length < 63 ? length : 63), from);
    for (int i = 0; i < space->n; i++) {
      const char *label = label_of(space, i);
      if (label != NULL && strcmp(label, part) == 0)
        in[i] = found = true;
    }
    const char *digits = part[0] == '#' ? part + 1 : part;
    const long long number = strtoll(digits, &end, 10);
    for (int i = 0; i < space->n && !found && *digits != '\0' && *end == '\0'; i++)
      in[i] = in[i] || space->number[i] == number;
    for (int i = 0; i < space->n && !found; i++)
      found = *digits != '\0' && *end == '\0' && space->number[i] == number;
    if (!found)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected labels or numbers of sites, found '%s'", option, part);
    from += length;
    if (*from == '\0')
      break;
  }
  for (int i = 0; i < space->n; i++) {
    if (in[i])
      state[(*n)++] = i;
  }
  free(in);
  return status;
}

int model_input_labels(const state_space *space, int *set, int *first) {
  int n = 0;
  for (int i = 0; i < space->n; i++) {
    const char *label = label_of(space, i);
    set[i] = -1;
    for (int k = 0; k < n && label != NULL && set[i] < 0; k++) {
      if (strcmp(label, space->label[first[k]]) == 0)
        set[i] = k;
    }
    if (label != NULL && set[i] < 0) {
      set[i] = n;
      first[n++] = i;
    }
  }
  return n;
}

void model_input_state_name(const state_space *space, int state, char text[64]) {
  const char *label = label_of(space, state);
  snprintf(text, 64, "%s%s%lld", label != NULL ? label : "", label != NULL ? " " : "", space->number[state]);
}
