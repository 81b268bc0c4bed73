/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From jump logs, discrete trajectories or a count matrix to models, and their presentation. */
#include "analysis.h"

#include "count_matrix.h"
#include "counts_file.h"
#include "file_bytes.h"
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
                         .samples = -1};
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

/* ---- lags
 * ---------------------------------------------------------------------------------------------------------------- */

static int compare_longs(const void *a, const void *b) {
  const long long x = *(const long long *)a, y = *(const long long *)b;
  return x < y ? -1 : x > y;
}

/* 1, 2, 5, 10, ... samples up to a tenth of the longest path: beyond that too few independent pairs are left. */
static lisi_status automatic_lags(const path_set *paths, long long **lags, int *n, lisi_error *err) {
  const long long longest = path_set_longest(paths);
  long long limit = longest / 10;
  if (limit < 1)
    limit = 1;
  *lags = malloc(64 * sizeof **lags);
  *n = 0;
  if (*lags == NULL)
    return lisi_no_memory(err, 64 * sizeof **lags);
  for (long long decade = 1; decade <= limit && *n < 60; decade *= 10)
    for (int k = 0; k < 3; k++) {
      const long long lag = decade * (k == 0 ? 1 : k == 1 ? 2 : 5);
      if (lag <= limit && (lag < longest || lag == 1))
        (*lags)[(*n)++] = lag;
    }
  return LISI_OK;
}

static lisi_status choose_lags(const material *m, const build_options *o, long long **lags, int *n, lisi_error *err) {
  *lags = NULL;
  *n = 0;
  if (!m->from_paths) {
    if (o->lags.n > 0 && !m->from_counts)
      return lisi_fail(err, LISI_ERR_INPUT, "--lags: a count matrix has no time; its lag is 1 step");
    *n = m->from_counts ? m->set.nlags : 1;
    *lags = malloc((size_t)*n * sizeof **lags);
    if (*lags == NULL)
      return lisi_no_memory(err, (size_t)*n * sizeof **lags);
    for (int k = 0; k < *n; k++)
      (*lags)[k] = k; /* the place in the file */
    if (o->lags.n == 0)
      return LISI_OK;
    int found = 0;
    for (int k = 0; k < o->lags.n; k++) {
      int at = -1;
      for (int q = 0; q < m->set.nlags; q++)
        if (fabs((double)m->set.lag[q].lag * m->set.dt - o->lags.value[k]) < 1e-6 * o->lags.value[k])
          at = q;
      if (at < 0)
        return lisi_fail(err, LISI_ERR_INPUT, "--lags: the counts files hold no lag of %g ps", o->lags.value[k]);
      if (found < *n)
        (*lags)[found++] = at;
    }
    *n = found;
    return LISI_OK;
  }
  if (o->lags.automatic || !o->lags.given)
    return automatic_lags(&m->paths, lags, n, err);
  *lags = malloc((size_t)o->lags.n * sizeof **lags);
  if (*lags == NULL)
    return lisi_no_memory(err, (size_t)o->lags.n * sizeof **lags);
  for (int k = 0; k < o->lags.n; k++) {
    const lisi_status status = path_set_lag(&m->paths, o->lags.value[k], &(*lags)[k], err);
    if (status != LISI_OK)
      return status;
  }
  qsort(*lags, (size_t)o->lags.n, sizeof **lags, compare_longs);
  for (int k = 0; k < o->lags.n; k++)
    if (*n == 0 || (*lags)[k] != (*lags)[*n - 1])
      (*lags)[(*n)++] = (*lags)[k];
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
  for (int k = MSM_REVERSIBLE; k <= MSM_PLAIN; k++)
    if (strcmp(name, msm_estimator_name((msm_estimator)k)) == 0) {
      *estimator = (msm_estimator)k;
      return LISI_OK;
    }
  return lisi_fail(err, LISI_ERR_INPUT, "--estimator: expected reversible, row, fixed-pi or plain, found '%s'", name);
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

/* Counts (folded where asked) of every lag into r->counts, and the space of their states. */
static lisi_status count_all(const material *m, const build_options *o, bool fold, int n, const long long *lags,
                             msm_result *r, fold_verdict *verdict, lisi_error *err) {
  const state_space *super = material_space(m);
  for (int k = 0; k < n; k++) {
    lag_counts raw = {0};
    state_space unit = {0};
    lisi_status status = LISI_OK;
    if (fold && m->from_paths) {
      status = counts_folded(&m->paths, r->replicate, lags[k], o->strided ? lags[k] : 1,
                             counts_time_blocks(&m->paths, lags[k], (int)o->blocks), (int)o->blocks, &r->counts[k],
                             &unit, &verdict[k], err);
    } else {
      status = counts_at(m, o, lags[k], &raw, err);
      if (status == LISI_OK && fold)
        status = counts_fold(&raw, super, r->replicate, &r->counts[k], &unit, &verdict[k], err);
      else
        r->counts[k] = raw;
    }
    if (fold)
      lag_counts_free(&raw);
    if (k == 0)
      r->space = unit;
    else
      state_space_free(&unit);
    if (status != LISI_OK)
      return status;
  }
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

static lisi_status models(const material *m, const build_options *o, int n, const long long *lags, msm_result *r,
                          lisi_error *err) {
  msm_options options = {.seed = (uint64_t)o->seed, .interrupted = progress_interrupted, .nmsd = r->nn, .msd_n = r->n};
  const bool effective = o->count_mode != NULL && strcmp(o->count_mode, "effective") == 0;
  lisi_status status = parse_estimator(o->estimator, &options.estimator, err);
  if (status == LISI_OK)
    status = parse_error_source(o->errors, &options.errors, err);
  if (status != LISI_OK)
    return status;
  const bool plain = options.estimator == MSM_PLAIN;
  if (options.estimator == MSM_FIXED_PI && o->pi_file == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "--estimator fixed-pi needs --pi FILE");
  if (o->pi_file != NULL && options.estimator != MSM_FIXED_PI)
    return lisi_fail(err, LISI_ERR_INPUT, "--pi is for --estimator fixed-pi, not %s", o->estimator);
  const bool nearest = m->from_paths    ? m->paths.nearest_site || !m->paths.time_in_ps
                       : m->from_counts ? m->set.nearest_site
                                        : true;
  if (plain && effective)
    return lisi_fail(err, LISI_ERR_INPUT, "--count-mode effective: the estimator plain knows sliding counts only");
  if (plain && !nearest)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--estimator plain is the published procedure, which knows the nearest site only; this log was "
                     "made with a core, a sphere or dwell");
  const int copies = r->replicate[0] * r->replicate[1] * r->replicate[2];
  const bool can_fold = material_space(m)->geometry && copies > 1;
  bool fold = can_fold && !plain && strcmp(o->fold, "no") != 0;
  if (strcmp(o->fold, "yes") == 0 && plain)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold yes: the estimator plain does not fold");
  fold_verdict *verdict = calloc((size_t)n, sizeof *verdict);
  double *pi = NULL;
  r->counts = calloc((size_t)n, sizeof *r->counts);
  r->model = calloc((size_t)n, sizeof *r->model);
  if (verdict == NULL || r->counts == NULL || r->model == NULL)
    status = lisi_no_memory(err, (size_t)n * sizeof *r->model);
  r->nmodels = status == LISI_OK ? n : 0;
  if (status == LISI_OK)
    status = count_all(m, o, fold, n, lags, r, verdict, err);
  r->folded = fold;
  if (status == LISI_OK && o->pi_file != NULL)
    status = read_pi(o->pi_file, r->space.n, &pi, err);
  options.pi = pi;
  const long samples = o->samples >= 0 ? o->samples : o->resamples;
  options.bootstrap = samples >= 0 ? (int)samples : r->space.n <= 100 ? 200 : r->space.n <= 400 ? 40 : 16;
  build_progress bar = {progress_start("models"), 0, n};
  options.progress = show_progress;
  options.progress_context = &bar;
  const double dt = m->from_paths ? m->paths.dt : m->from_counts ? m->set.dt : 1;
  for (int k = 0; k < n && status == LISI_OK; k++) {
    bar.model = k;
    if (effective)
      status = make_effective(&r->space, &r->counts[k], dt, options, err);
    if (status == LISI_OK)
      status = msm_build(&r->space, &r->counts[k], dt, &options, &r->model[k], err);
    /* yes: the user vouches for the copies */
    if (status == LISI_OK && strcmp(o->fold, "yes") != 0)
      r->model[k].fold = verdict[k];
  }
  progress_end(&bar.bar);
  free(verdict);
  free(pi);
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
    const lisi_status status = path_set_msd(paths, lags[k], blocks, &msd, err);
    if (status != LISI_OK)
      return status;
    r->sites_msd[r->nsites_msd++] = (msd_row){(double)lags[k] * paths->dt, msd.msd, msd.msd_error};
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
      status = report_write(out, NULL, err);
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
  if (strcmp(o->fold, "auto") != 0 && strcmp(o->fold, "yes") != 0 && strcmp(o->fold, "no") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--fold: expected auto, yes or no, found '%s'", o->fold);
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
  for (int k = 0; k < o->lags.n; k++)
    if (!(o->lags.value[k] > 0))
      return lisi_fail(err, LISI_ERR_INPUT, "--lags: a lag must be positive, found %g", o->lags.value[k]);
  return LISI_OK;
}

lisi_status build_and_show(int nlogs, char **logs, const build_options *o, char *command, lisi_error *err) {
  material m = {0};
  msm_result r = {.reported = -1, .command = command};
  long long *lags = NULL;
  int n = 0;
  lisi_status status = command == NULL ? lisi_no_memory(err, 256) : check_options(o, err);
  build_options use = *o;
  use.strided = o->strided || (o->count_mode != NULL && strcmp(o->count_mode, "strided") == 0);
  if (status == LISI_OK)
    status = read_material(nlogs, logs, o, &m, err);
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
    status = choose_lags(&m, o, &lags, &n, err);
  }
  if (status == LISI_OK && nlogs > 0 && m.from_paths)
    status = log_extras_read(logs[0], &r, err);
  /* where the MSD is told: up to the length of the run, in lags of the first model */
  if (status == LISI_OK && material_space(&m)->geometry)
    status = n_grid(r.duration > 0 ? r.duration / ((double)lags[0] * m.paths.dt) : 1000, &r.n, &r.nn, err);
  if (status == LISI_OK)
    status = models(&m, &use, n, lags, &r, err);
  if (status == LISI_OK) {
    if (r.space.geometry) {
      if (m.from_paths)
        status = sites_msd(&m.paths, (int)o->blocks, &r, err);
      if (status == LISI_OK && m.from_paths)
        status = log_extras_msd(nlogs, logs, &r, err);
    }
    msm_result_choose_lag(&r);
    msm_result_compare(&r);
  }
  if (status == LISI_OK)
    status = show_result(&r, o->json, o->out, err);
  free(lags);
  msm_result_free(&r);
  material_free(&m);
  return status;
}
