/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From jump logs, discrete trajectories or a count matrix to models, and their presentation. */
#include "analysis.h"

#include "count_matrix.h"
#include "counts_file.h"
#include "counts_prior.h"
#include "diffusion.h"
#include "file_bytes.h"
#include "fold_symmetry.h"
#include "input_files.h"
#include "log_extras.h"
#include "out_file.h"
#include "paths.h"
#include "progress.h"
#include "report.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

build_options build_defaults(void) {
  return (build_options){.estimator = "reversible",
                         .fold = "auto",
                         .errors = "bootstrap",
                         .seed = 1,
                         .blocks = 20,
                         .resamples = -1,
                         .samples = -1,
                         .end = INFINITY};
}

char *command_line(int argc, char **argv) {
  size_t size = 16;
  for (int k = 0; k < argc; k++)
    size += 2 * strlen(argv[k]) + 4;
  char *line = malloc(size), *to = line;
  if (line == NULL)
    return NULL;
  to += sprintf(to, "lisi-msm");
  for (int k = 0; k < argc; k++) {
    const bool plain =
        argv[k][0] != '\0' &&
        strspn(argv[k], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=+-%@") == strlen(argv[k]);
    *to++ = ' ';
    if (!plain)
      *to++ = '\'';
    for (const char *c = argv[k]; *c != '\0'; c++)
      if (*c != '\'')
        *to++ = *c;
    if (!plain)
      *to++ = '\'';
  }
  *to = '\0';
  return line;
}

/* ---- what is analysed
 * ------------------------------------------------------------------------------------------------ */

typedef struct {
  bool from_paths, from_counts; /* neither: one count matrix */
  path_set paths;
  counts_set set;
  lag_counts matrix;
  state_space matrix_space;
} material;

static void material_free(material *m) {
  if (m->from_paths)
    path_set_free(&m->paths);
  if (m->from_counts)
    counts_set_free(&m->set);
  lag_counts_free(&m->matrix);
  state_space_free(&m->matrix_space);
}

static const state_space *material_space(const material *m) {
  return m->from_paths ? &m->paths.space : m->from_counts ? &m->set.space : &m->matrix_space;
}

static bool ends_with(const char *text, const char *end) {
  const size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

static lisi_status read_material(int nlogs, char **logs, const build_options *o, material *m, lisi_error *err) {
  const int doors = (nlogs > 0) + (o->dtraj.n > 0) + (o->count_matrix != NULL);
  if (doors == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "no input: give jump logs, --dtraj FILE ... or --count-matrix FILE");
  if (doors > 1)
    return lisi_fail(err, LISI_ERR_INPUT, "give only one of: jump logs, --dtraj, --count-matrix");
  lisi_status status =
      nlogs > 0 ? refuse_same_file(nlogs, logs, err) : refuse_same_file(o->dtraj.n, o->dtraj.value, err);
  if (status != LISI_OK)
    return status;
  if (o->count_matrix != NULL)
    return count_matrix_load(o->count_matrix, &m->matrix, &m->matrix_space, err);
  if (o->dtraj.n > 0) {
    status = paths_from_dtrajs(o->dtraj.n, (const char *const *)o->dtraj.value, &m->paths, err);
    m->from_paths = status == LISI_OK;
    return status;
  }
  int ncounts = 0;
  for (int k = 0; k < nlogs; k++)
    ncounts += ends_with(logs[k], ".counts");
  if (ncounts == 0) {
    status = paths_from_jump_logs(nlogs, (const char *const *)logs, &m->paths, err);
    m->from_paths = status == LISI_OK;
    if (m->from_paths)
      tell_cut_logs(&m->paths, logs);
    return status;
  }
  if (ncounts < nlogs)
    return lisi_fail(err, LISI_ERR_INPUT, "jump logs and .counts files cannot be mixed");
  status = counts_file_read(logs[0], &m->set, err);
  m->from_counts = status == LISI_OK;
  for (int k = 1; k < nlogs && status == LISI_OK; k++) {
    counts_set more = {0};
    status = counts_file_read(logs[k], &more, err);
    if (status == LISI_OK)
      status = counts_set_merge(&m->set, &more, logs[k], err);
    counts_set_free(&more);
  }
  return status;
}

static bool whole_time(const build_options *o) {
  return !(o->begin > 0.0) && isinf(o->end);
}

static lisi_status take_window(material *m, const build_options *o, lisi_error *err) {
  if (o->begin >= 0.0 && whole_time(o))
    return LISI_OK;
  if (!(o->begin >= 0.0) || !(o->end >= o->begin))
    return lisi_fail(err, LISI_ERR_INPUT, "--begin %g, --end %g: expected 0 <= begin <= end", o->begin, o->end);
  if (!m->from_paths)
    return lisi_fail(err, LISI_ERR_INPUT, "--begin and --end: counts have no time any more; give the jump logs");
  return path_set_window(&m->paths, o->begin, o->end, err);
}

/* ---- lags
 * ---------------------------------------------------------------------------------------------------------------- */

static int compare_longs(const void *a, const void *b) {
  const long long x = *(const long long *)a, y = *(const long long *)b;
  return x < y ? -1 : x > y;
}

/* A list of lags in samples, or of places in a file. */
typedef struct {
  long long *value;
  int n, cap;
} lag_list;

static lisi_status add_lag(lag_list *list, long long lag, lisi_error *err) {
  if (list->n == list->cap) {
    const int cap = list->cap > 0 ? 2 * list->cap : 64;
    long long *larger = realloc(list->value, (size_t)cap * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (size_t)cap * sizeof *larger);
    list->value = larger;
    list->cap = cap;
  }
  list->value[list->n++] = lag;
  return LISI_OK;
}

/* Lags from `from` to `to` samples, per_decade of them in each decade, both ends among them; rounded to samples, so
 * that several may be one. */
static lisi_status add_grid(lag_list *list, double from, double to, int per_decade, lisi_error *err) {
  lisi_status status = LISI_OK;
  for (int k = 0; status == LISI_OK; k++) {
    const double lag = from * pow(10.0, (double)k / per_decade);
    if (lag > to * (1 - 1e-9))
      break;
    status = add_lag(list, lag < 1 ? 1 : llrint(lag), err);
  }
  return status == LISI_OK ? add_lag(list, to < 1 ? 1 : llrint(to), err) : status;
}

/* Up to a tenth of the longest path: beyond that too few independent pairs are left. 1, 2, 5, 10, ... samples, or
 * per_decade of them in each decade. */
static lisi_status automatic_lags(const path_set *paths, int per_decade, lag_list *list, lisi_error *err) {
  const long long longest = path_set_longest(paths);
  const long long limit = longest / 10 < 1 ? 1 : longest / 10;
  lisi_status status = LISI_OK;
  if (per_decade > 0)
    return add_grid(list, 1, (double)limit, per_decade, err);
  for (long long decade = 1; decade <= limit && status == LISI_OK; decade *= 10)
    for (int k = 0; k < 3 && status == LISI_OK; k++) {
      const long long lag = decade * (k == 0 ? 1 : k == 1 ? 2 : 5);
      if (lag <= limit && (lag < longest || lag == 1))
        status = add_lag(list, lag, err);
    }
  return status;
}

/* The lags of a file of counts that the list names, by their places. */
static lisi_status lags_in_file(const counts_set *set, const cli_lags *lags, lag_list *list, lisi_error *err) {
  lisi_status status = LISI_OK;
  for (int k = 0; k < lags->n && status == LISI_OK; k++) {
    const cli_lag_part *part = &lags->part[k];
    const bool automatic = !(part->from > 0);
    int found = 0;
    for (int q = 0; q < set->nlags && status == LISI_OK; q++) {
      const double lag = (double)set->lag[q].lag * set->dt;
      if (!automatic && (lag < part->from * (1 - 1e-6) || lag > part->to * (1 + 1e-6)))
        continue;
      status = add_lag(list, q, err);
      found++;
    }
    if (found == 0 && status == LISI_OK && part->to > part->from)
      status =
          lisi_fail(err, LISI_ERR_INPUT, "--lags: the counts files hold no lag from %g to %g ps", part->from, part->to);
    else if (found == 0 && status == LISI_OK)
      status = lisi_fail(err, LISI_ERR_INPUT, "--lags: the counts files hold no lag of %g ps", part->from);
  }
  return status;
}

/* A lag of its own that the run is too short for fails alone; one between samples is a slip in the call. */
static lisi_status single_lag(const path_set *paths, double lag, lag_list *list, msm_result *r, lisi_error *err) {
  const double samples = lag / paths->dt;
  long long whole = 0;
  lisi_status status = path_set_lag(paths, lag, &whole, err);
  if (status == LISI_OK)
    return add_lag(list, whole, err);
  if (status == LISI_ERR_INPUT && fabs(samples - rint(samples)) < 1e-6 * samples &&
      samples > (double)path_set_longest(paths) - 0.5)
    status = msm_result_fail(r, lag, status, err);
  return status;
}

static lisi_status lags_of_run(const path_set *paths, const cli_lags *lags, lag_list *list, msm_result *r,
                               lisi_error *err) {
  const double longest = (double)path_set_longest(paths);
  lisi_status status = LISI_OK;
  for (int k = 0; k < lags->n && status == LISI_OK; k++) {
    const cli_lag_part *part = &lags->part[k];
    const int per_decade = part->per_decade > 0 ? part->per_decade : 5;
    if (!(part->from > 0)) {
      status = automatic_lags(paths, part->per_decade, list, err);
    } else if (part->to > part->from) {
      double from = part->from / paths->dt, to = part->to / paths->dt;
      if (from > longest - 1 && longest > 1)
        status = lisi_fail(err, LISI_ERR_INPUT, "--lags: %g..%g begins behind the end of the run (%g %s)", part->from,
                           part->to, (longest - 1) * paths->dt, paths->time_in_ps ? "ps" : "samples");
      if (status == LISI_OK && to > longest - 1) {
        to = fmax(from, longest - 1);
        cli_note("--lags: %g..%g ends behind the run; it goes to %g", part->from, part->to, to * paths->dt);
      }
      if (status == LISI_OK)
        status = add_grid(list, from, to, per_decade, err);
    } else {
      status = single_lag(paths, part->from, list, r, err);
    }
  }
  return status;
}

static lisi_status choose_lags(const material *m, const build_options *o, msm_result *r, long long **lags, int *n,
                               lisi_error *err) {
  lag_list list = {0};
  lisi_status status = LISI_OK;
  if (o->lags.n > 0 && !m->from_paths && !m->from_counts)
    return lisi_fail(err, LISI_ERR_INPUT, "--lags: a count matrix has no time; its lag is 1 step");
  if (m->from_paths && o->lags.n > 0)
    status = lags_of_run(&m->paths, &o->lags, &list, r, err);
  else if (m->from_paths)
    status = automatic_lags(&m->paths, 0, &list, err);
  else if (o->lags.n > 0)
    status = lags_in_file(&m->set, &o->lags, &list, err);
  else
    for (int k = 0; k < (m->from_counts ? m->set.nlags : 1) && status == LISI_OK; k++)
      status = add_lag(&list, k, err); /* the place in the file */
  *lags = list.value;
  *n = 0;
  if (status != LISI_OK || list.n == 0)
    return status;
  qsort(list.value, (size_t)list.n, sizeof *list.value, compare_longs);
  for (int k = 0; k < list.n; k++)
    if (*n == 0 || list.value[k] != list.value[*n - 1])
      list.value[(*n)++] = list.value[k];
  return LISI_OK;
}

/* ---- models
 * -------------------------------------------------------------------------------------------------------------- */

lisi_status parse_error_source(const char *name, msm_error_source *source, lisi_error *err) {
  for (int k = MSM_ERRORS_BOOTSTRAP; k <= MSM_ERRORS_BOTH; k++)
    if (strcmp(name, msm_error_source_name((msm_error_source)k)) == 0) {
      *source = (msm_error_source)k;
      return LISI_OK;
    }
  return lisi_fail(err, LISI_ERR_INPUT, "--errors: expected bootstrap, bayes or both, found '%s'", name);
}

/* Counts at one lag made effective, in place. The ratio comes from a model of the sliding counts, without intervals. */
static lisi_status make_effective(const state_space *space, lag_counts *counts, double dt, msm_options options,
                                  lisi_error *err) {
  msm_model m;
  options.bootstrap = 0;
  lisi_status status = msm_build(space, counts, dt, &options, &m, err);
  if (status != LISI_OK)
    return status;
  status = msm_effective_counts(counts, &m, err);
  msm_model_free(&m);
  return status;
}

static lisi_status parse_estimator(const char *name, msm_estimator *estimator, lisi_error *err) {
  for (int k = MSM_REVERSIBLE; k <= MSM_RATE; k++)
    if (strcmp(name, msm_estimator_name((msm_estimator)k)) == 0) {
      *estimator = (msm_estimator)k;
      return LISI_OK;
    }
  return lisi_fail(err, LISI_ERR_INPUT, "--estimator: expected reversible, row, fixed-pi, rate or plain, found '%s'",
                   name);
}

/* A stationary distribution: one number per state, blanks or new lines between. */
static lisi_status read_pi(const char *path, int n, double **pi, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  lisi_status status = file_bytes_read(path, (size_t)1 << 28, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  *pi = malloc((size_t)n * sizeof **pi);
  if (*pi == NULL)
    status = lisi_no_memory(err, (size_t)n * sizeof **pi);
  int found = 0, line = 1;
  for (char *at = bytes; status == LISI_OK && *at != '\0';) {
    if (isspace((unsigned char)*at) || *at == ',') {
      line += *at++ == '\n';
      continue;
    }
    if (*at == '#') {
      while (*at != '\0' && *at != '\n')
        at++;
      continue;
    }
    char *end = NULL;
    const double value = strtod(at, &end);
    if (end == at || !isfinite(value) || value < 0)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected a probability, found '%.20s'", path, line, at);
    else if (found == n)
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%d: more than %d numbers, one for each state", path, line, n);
    else
      (*pi)[found++] = value;
    at = end;
  }
  if (status == LISI_OK && found < n)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: %d numbers for %d states", path, found, n);
  free(bytes);
  return status;
}

static lisi_status counts_at(const material *m, const build_options *o, long long lag, lag_counts *counts,
                             lisi_error *err) {
  if (m->from_paths)
    return counts_from_paths(&m->paths, lag, o->strided ? lag : 1, counts_time_blocks(&m->paths, lag, (int)o->blocks),
                             (int)o->blocks, counts, err);
  const lag_counts *from = m->from_counts ? &m->set.lag[lag] : &m->matrix;
  *counts = (lag_counts){.lag = from->lag, .stride = from->stride};
  const count_table *source[3] = {&from->total, &from->blocks, &from->groups};
  count_table *target[3] = {&counts->total, &counts->blocks, &counts->groups};
  for (int k = 0; k < 3; k++) {
    *target[k] = *source[k];
    if (source[k]->entry == NULL)
      continue;
    target[k]->entry = malloc((source[k]->n + 1) * sizeof *target[k]->entry);
    if (target[k]->entry == NULL)
      return lisi_no_memory(err, source[k]->n * sizeof *target[k]->entry);
    memcpy(target[k]->entry, source[k]->entry, source[k]->n * sizeof *target[k]->entry);
  }
  return LISI_OK;
}

typedef struct {
  progress bar;
  int model, nmodels;
} build_progress;

static void show_progress(void *context, double done, double total) {
  build_progress *p = context;
  progress_update(&p->bar, p->model + (total > 0 ? done / total : 0), p->nmodels);
}

/* Counts (folded where asked) of every lag into r->counts, and the space of their states. A lag that cannot be counted
 * is left out of both (r->nmodels) and noted. */
static lisi_status count_all(const material *m, const build_options *o, bool fold, int n, const long long *lags,
                             msm_result *r, fold_verdict *verdict, lisi_error *err) {
  const state_space *super = material_space(m);
  int good = 0;
  for (int k = 0; k < n; k++) {
    lag_counts raw = {0};
    state_space unit = {0};
    lisi_status status = LISI_OK;
    if (fold && m->from_paths) {
      status = counts_folded(&m->paths, r->replicate, lags[k], o->strided ? lags[k] : 1,
                             counts_time_blocks(&m->paths, lags[k], (int)o->blocks), (int)o->blocks, &r->counts[good],
                             &unit, &verdict[good], err);
    } else {
      status = counts_at(m, o, lags[k], &raw, err);
      if (status == LISI_OK && fold)
        status = counts_fold(&raw, super, r->replicate, &r->counts[good], &unit, &verdict[good], err);
      else
        r->counts[good] = raw;
    }
    if (fold)
      lag_counts_free(&raw);
    if (status == LISI_OK && r->space.n == 0)
      r->space = unit;
    else
      state_space_free(&unit);
    if (status == LISI_OK) {
      good++;
      continue;
    }
    lag_counts_free(&r->counts[good]);
    const double lag = m->from_paths ? (double)lags[k] * m->paths.dt
                                     : (m->from_counts ? (double)m->set.lag[lags[k]].lag * m->set.dt : 1);
    if ((status = msm_result_fail(r, lag, status, err)) != LISI_OK)
      return status;
  }
  r->nmodels = good;
  if (fold)
    return LISI_OK;
  int *all = malloc((size_t)super->n * sizeof *all);
  if (all == NULL)
    return lisi_no_memory(err, (size_t)super->n * sizeof *all);
  for (int k = 0; k < super->n; k++)
    all[k] = k;
  const lisi_status status = state_space_pick(super, all, super->n, &r->space, err);
  free(all);
  return status;
}

/* Counts of every lag; --fold auto averages where the copies of a site are alike at all of them, and keeps them apart
 * elsewhere. verdict[] tells of the copies in both cases. */
static lisi_status count_or_fold(const material *m, const build_options *o, bool *fold, int n, const long long *lags,
                                 msm_result *r, fold_verdict *verdict, lisi_error *err) {
  lisi_status status = count_all(m, o, *fold, n, lags, r, verdict, err);
  if (status != LISI_OK || !*fold || strcmp(o->fold, "auto") != 0)
    return status;
  bool alike = true;
  for (int k = 0; k < r->nmodels; k++)
    alike = alike && (!verdict[k].tested || verdict[k].homogeneous);
  if (alike)
    return LISI_OK;
  for (int k = 0; k < r->nmodels; k++)
    lag_counts_free(&r->counts[k]);
  state_space_free(&r->space);
  r->nmodels = r->nfailed = 0;
  *fold = false;
  for (int k = 0; k < n; k++)
    verdict[k].done = false;
  return count_all(m, o, false, n, lags, r, verdict, err);
}

/* Rates between orbits, whose resamples have to know the prior as the model does. */
static lisi_status rates_of(const msm_result *r, int k, const msm_options *options, lisi_error *err) {
  lag_counts with = {0};
  lisi_status status = LISI_OK;
  if (options->prior > 0.0)
    status = counts_prior(&r->counts[k], options->prior, &with, err);
  if (status == LISI_OK)
    status = orbit_rates_make(&r->space, options->prior > 0.0 ? &with : &r->counts[k], options, &r->model[k],
                              &r->rates[k], err);
  lag_counts_free(&with);
  return status;
}

/* *given are the options of the models, with *pi, which is the caller's to free. */
static lisi_status models(const material *m, const build_options *o, int n, const long long *lags, msm_result *r,
                          msm_options *given, double **pi, lisi_error *err) {
  msm_options options = {
      .seed = (uint64_t)o->seed, .prior = o->prior, .interrupted = progress_interrupted, .nmsd = r->nn, .msd_n = r->n};
  const bool effective = o->count_mode != NULL && strcmp(o->count_mode, "effective") == 0;
  lisi_status status = parse_estimator(o->estimator, &options.estimator, err);
  if (status == LISI_OK)
    status = parse_error_source(o->errors, &options.errors, err);
  if (status != LISI_OK)
    return status;
  const bool plain = options.estimator == MSM_PLAIN;
  if (plain && o->prior > 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--prior: the estimator plain knows no prior");
  if (options.estimator == MSM_FIXED_PI && o->pi_file == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "--estimator fixed-pi needs --pi FILE");
  if (o->pi_file != NULL && options.estimator != MSM_FIXED_PI)
    return lisi_fail(err, LISI_ERR_INPUT, "--pi is for --estimator fixed-pi, not %s", o->estimator);
  if (options.estimator == MSM_RATE && options.errors != MSM_ERRORS_BOOTSTRAP)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--errors %s: there is no sampler for the posterior of a rate matrix; --estimator rate takes "
                     "--errors bootstrap",
                     o->errors);
  const bool nearest = m->from_paths    ? m->paths.nearest_site || !m->paths.time_in_ps
                       : m->from_counts ? m->set.nearest_site
                                        : true;
  if (plain && effective)
    return lisi_fail(err, LISI_ERR_INPUT, "--count-mode effective: the estimator plain knows sliding counts only");
  if (plain && !nearest)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--estimator plain is the published procedure, which knows the nearest site only; this log was "
                     "made with a core, a sphere or dwell");
  if (o->compare_plain && (plain || !m->from_paths || !m->paths.time_in_ps))
    return lisi_fail(err, LISI_ERR_INPUT, "--compare-plain: %s",
                     plain ? "the estimator is plain already" : "it needs jump logs");
  if (o->compare_plain && !nearest)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--compare-plain: the published procedure knows the nearest site only; this log was made with a "
                     "core, a sphere or dwell");
  const int copies = r->replicate[0] * r->replicate[1] * r->replicate[2];
  const bool can_fold = material_space(m)->geometry && copies > 1;
  bool fold = can_fold && !plain && strcmp(o->fold, "no") != 0;
  if (strcmp(o->fold, "yes") == 0 && plain)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold yes: the estimator plain does not fold");
  const bool symmetry = strcmp(o->fold, "symmetry") == 0;
  if (symmetry && plain)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold symmetry: the estimator plain does not fold");
  if (symmetry && !material_space(m)->geometry)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold symmetry needs sites with positions: jump logs, or .counts files");
  if (o->sites != NULL && !(symmetry && m->from_counts))
    return lisi_fail(err, LISI_ERR_INPUT, "--sites is for --fold symmetry of .counts files; a jump log has its own");
  const double dt = m->from_paths ? m->paths.dt : m->from_counts ? m->set.dt : 1;
  fold_verdict *verdict = calloc((size_t)n + 1, sizeof *verdict);
  r->counts = calloc((size_t)n + 1, sizeof *r->counts);
  r->model = calloc((size_t)n + 1, sizeof *r->model);
  r->rates = calloc((size_t)n + 1, sizeof *r->rates);
  if (verdict == NULL || r->counts == NULL || r->model == NULL || r->rates == NULL)
    status = lisi_no_memory(err, (size_t)n * sizeof *r->model);
  if (status == LISI_OK && n > 0)
    status = count_or_fold(m, o, &fold, n, lags, r, verdict, err);
  r->folded = fold;
  if (status == LISI_OK && r->nmodels == 0)
    status = msm_result_none(r, err);
  if (status == LISI_OK && symmetry)
    status = fold_symmetry_make(r, m->from_counts ? o->sites : NULL, err);
  if (status == LISI_OK && o->pi_file != NULL)
    status = read_pi(o->pi_file, r->space.n, pi, err);
  options.pi = *pi;
  const long samples = o->samples >= 0 ? o->samples : o->resamples;
  options.bootstrap = samples >= 0 ? (int)samples : r->space.n <= 100 ? 200 : r->space.n <= 400 ? 40 : 16;
  if (options.estimator == MSM_RATE && samples < 0) /* each one is a search of its own */
    options.bootstrap = r->space.n <= 30 ? 100 : 20;
  build_progress bar = {progress_start("models"), 0, n};
  options.progress = show_progress;
  options.progress_context = &bar;
  for (int k = 0; k < r->nmodels && status == LISI_OK;) {
    bar.model = k + r->nfailed;
    if (effective)
      status = make_effective(&r->space, &r->counts[k], dt, options, err);
    if (status == LISI_OK)
      status = msm_build(&r->space, &r->counts[k], dt, &options, &r->model[k], err);
    if (status == LISI_OK && symmetry)
      status = fold_symmetry_model(r, &r->model[k], err);
    if (status == LISI_OK)
      status = rates_of(r, k, &options, err);
    if (status != LISI_OK) {
      const double lag = dt * (double)r->counts[k].lag;
      msm_result_drop(r, k);
      memmove(verdict + k, verdict + k + 1, (size_t)(r->nmodels - k) * sizeof *verdict);
      status = msm_result_fail(r, lag, status, err);
      continue;
    }
    /* yes: the user vouches for the copies */
    if (strcmp(o->fold, "yes") != 0)
      r->model[k].fold = verdict[k];
    k++;
  }
  if (status == LISI_OK)
    status = msm_result_single_states(r, err);
  if (status == LISI_OK && r->nmodels == 0)
    status = msm_result_none(r, err);
  progress_end(&bar.bar);
  free(verdict);
  options.progress = NULL;
  options.progress_context = NULL;
  *given = options;
  return status;
}

/* ---- mean-square displacements
 * ------------------------------------------------------------------------------------------- */

/* 1-2-3-5-7 per decade. */
static lisi_status n_grid(double limit, double **n, int *nn, lisi_error *err) {
  static const double step[] = {1, 2, 3, 5, 7};
  *n = malloc(128 * sizeof **n);
  *nn = 0;
  if (*n == NULL)
    return lisi_no_memory(err, 128 * sizeof **n);
  for (double decade = 1; decade <= limit && *nn < 120; decade *= 10)
    for (int k = 0; k < 5; k++)
      if (step[k] * decade <= limit)
        (*n)[(*nn)++] = step[k] * decade;
  return LISI_OK;
}

/* MSD of site positions up to half the run, at 1-2-3-5-7 samples a decade and at 1-2-5 multiples of every lag, where
 * the models speak. */
static lisi_status sites_msd(const path_set *paths, int blocks, msm_result *r, lisi_error *err) {
  static const int step[] = {1, 2, 3, 5, 7};
  enum { ROOM = 400 };
  const long long half = path_set_longest(paths) / 2;
  long long lags[ROOM];
  int n = 0;
  for (int m = -1; m < r->nmodels; m++)
    for (long long decade = m < 0 ? 1 : r->model[m].lag_samples; decade <= half; decade *= 10)
      for (int k = 0; k < 5; k++)
        if (n < ROOM && step[k] * decade <= half && (m < 0 || (step[k] != 3 && step[k] != 7)))
          lags[n++] = step[k] * decade;
  qsort(lags, (size_t)n, sizeof *lags, compare_longs);
  r->sites_msd = malloc(ROOM * sizeof *r->sites_msd);
  if (r->sites_msd == NULL)
    return lisi_no_memory(err, ROOM * sizeof *r->sites_msd);
  for (int k = 0; k < n; k++) {
    path_msd msd;
    if (k > 0 && lags[k] == lags[k - 1])
      continue;
    /* pairs of a long lag reach over many short blocks and make them alike */
    const int parts = counts_time_blocks(paths, lags[k], blocks);
    const lisi_status status = path_set_msd(paths, lags[k], parts, &msd, err);
    if (status != LISI_OK)
      return status;
    r->sites_msd[r->nsites_msd++] = (msd_row){(double)lags[k] * paths->dt, msd.msd, msd.msd_error, parts};
  }
  return LISI_OK;
}

/* ---- all of it
 * ----------------------------------------------------------------------------------------------------------- */

lisi_status show_result(const msm_result *r, bool json, const char *out, lisi_error *err) {
  lisi_status status = LISI_OK;
  msm_result_warn(r);
  if (out != NULL) {
    status = msm_result_write(r, out, err);
    if (status == LISI_OK)
      status = report_write(out, CHECKS_QUICK, NULL, err);
    if (status != LISI_OK)
      return status;
  }
  if (json) {
    doc_tree *doc = NULL;
    status = msm_result_tree(r, false, &doc, err);
    if (status == LISI_OK)
      status = doc_print_json(doc, stdout, err);
    doc_free(doc);
  } else {
    msm_result_print(r);
    if (out != NULL)
      printf("\nwritten: %s/model.yaml, report.html and their data\n", out);
  }
  if (status == LISI_OK && fflush(stdout) != 0)
    status = lisi_fail(err, LISI_ERR_IO, "standard output cannot be written");
  return status;
}

static lisi_status check_options(const build_options *o, lisi_error *err) {
  if (strcmp(o->fold, "auto") != 0 && strcmp(o->fold, "yes") != 0 && strcmp(o->fold, "no") != 0 &&
      strcmp(o->fold, "symmetry") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold: expected auto, yes, no or symmetry, found '%s'", o->fold);
  if (o->count_mode != NULL && strcmp(o->count_mode, "sliding") != 0 && strcmp(o->count_mode, "strided") != 0 &&
      strcmp(o->count_mode, "effective") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--count-mode: expected sliding, strided or effective, found '%s'",
                     o->count_mode);
  if (o->count_mode != NULL && o->strided && strcmp(o->count_mode, "strided") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--strided and --count-mode %s contradict each other", o->count_mode);
  if (o->seed < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--seed: expected 0 or more, found %ld", o->seed);
  if (o->samples != -1 && o->resamples != -1)
    return lisi_fail(err, LISI_ERR_INPUT, "--samples and --resamples are two names of one option");
  if (o->samples != -1 && o->samples != 0 && (o->samples < 20 || o->samples > 100000))
    return lisi_fail(err, LISI_ERR_INPUT, "--samples: expected 0 (no intervals) or 20 to 100000, found %ld",
                     o->samples);
  if (o->blocks < 1 || o->blocks > 10000)
    return lisi_fail(err, LISI_ERR_INPUT, "--blocks: expected 1 to 10000, found %ld", o->blocks);
  /* -1: not given */
  if (o->resamples != -1 && o->resamples != 0 && (o->resamples < 20 || o->resamples > 100000))
    return lisi_fail(err, LISI_ERR_INPUT, "--resamples: expected 0 (no intervals) or 20 to 100000, found %ld",
                     o->resamples);
  if (o->temperature < 0 || o->temperature > 1e6)
    return lisi_fail(err, LISI_ERR_INPUT, "--temperature: expected kelvin above 0, found %g", o->temperature);
  if (fabs(o->charge) > 100)
    return lisi_fail(err, LISI_ERR_INPUT, "--charge: expected elementary charges, found %g", o->charge);
  if (o->prior < 0 || o->prior > 1e6)
    return lisi_fail(err, LISI_ERR_INPUT, "--prior: expected 0 to 1e6 counts, found %g", o->prior);
  return LISI_OK;
}

lisi_status build_and_show(int nlogs, char **logs, const build_options *o, char *command, lisi_error *err) {
  material m = {0};
  msm_result r = {.reported = -1, .command = command, .seed = o->seed};
  long long *lags = NULL;
  double *pi = NULL;
  msm_options options = {0};
  int n = 0;
  lisi_status status = command == NULL ? lisi_no_memory(err, 256) : check_options(o, err);
  build_options use = *o;
  use.strided = o->strided || (o->count_mode != NULL && strcmp(o->count_mode, "strided") == 0);
  if (status == LISI_OK)
    status = read_material(nlogs, logs, o, &m, err);
  if (status == LISI_OK)
    status = take_window(&m, o, err);
  if (status == LISI_OK) {
    r.source = m.from_counts ? "counts" : !m.from_paths ? "count matrix" : m.paths.time_in_ps ? "jump log" : "dtraj";
    r.time_in_ps = m.from_counts || (m.from_paths && m.paths.time_in_ps);
    r.file = (const char *const *)(nlogs > 0 ? logs : o->dtraj.n > 0 ? o->dtraj.value : (char **)&o->count_matrix);
    r.nfiles = nlogs > 0 ? nlogs : o->dtraj.n > 0 ? o->dtraj.n : 1;
    for (int k = 0; k < 3; k++)
      r.replicate[k] = m.from_paths ? m.paths.replicate[k] : m.from_counts ? m.set.replicate[k] : 1;
    if (m.from_paths) {
      r.dt = m.paths.dt;
      r.duration = (double)(path_set_longest(&m.paths) - 1) * m.paths.dt;
      r.nwalkers = m.paths.nwalkers;
      r.temperature = m.paths.temperature;
      r.njumps = m.paths.njumps;
    } else if (m.from_counts) {
      r.dt = m.set.dt;
      r.nwalkers = m.set.nwalkers;
      r.temperature = m.set.temperature;
    }
    status = choose_lags(&m, o, &r, &lags, &n, err);
  }
  if (status == LISI_OK && nlogs > 0 && m.from_paths)
    status = log_extras_read(logs[0], &r, err);
  /* where the MSD is told: up to the length of the run, in lags of the first model */
  if (status == LISI_OK && material_space(&m)->geometry)
    status = n_grid(r.duration > 0 && n > 0 ? r.duration / ((double)lags[0] * m.paths.dt) : 1000, &r.n, &r.nn, err);
  if (status == LISI_OK)
    status = models(&m, &use, n, lags, &r, &options, &pi, err);
  if (status == LISI_OK) {
    if (r.space.geometry) {
      if (m.from_paths)
        status = sites_msd(&m.paths, (int)o->blocks, &r, err);
      /* the MSD of the real coordinates beside a log is that of the whole run */
      if (status == LISI_OK && m.from_paths && whole_time(o))
        status = log_extras_msd(nlogs, logs, &r, err);
    }
  }
  if (status == LISI_OK) {
    msm_result_choose_lag(&r);
    if (o->temperature > 0)
      r.temperature = o->temperature;
    const diffusion_options about = {o->seed, o->blocks, o->samples >= 0 ? o->samples : o->resamples, r.temperature,
                                     fabs(o->charge) > 0 ? o->charge : r.charge};
    status = diffusion_make(&r, m.from_paths ? &m.paths : NULL, &about, err);
    /* at the lag that is reported, which has been chosen by now */
    if (status == LISI_OK)
      status = fold_symmetry_measure(&r, &options, err);
    msm_result_compare(&r);
    if (status == LISI_OK && o->compare_plain)
      status = msm_result_compare_plain(&r, &m.paths, err);
  }
  if (status == LISI_OK)
    status = msm_result_modes(&r, err);
  if (status == LISI_OK)
    status = show_result(&r, o->json, o->out, err);
  free(lags);
  free(pi);
  msm_result_free(&r);
  material_free(&m);
  return status;
}
