/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit refine: a model and new frames -> a model that knows both, the base fit's information being the prior. */
#include "refine.h"

#include "file_bytes.h"
#include "fit_info.h"
#include "fit_refine.h"
#include "fit_stream.h"
#include "lisi_fit.h"
#include "progress.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "lisi-fit refine BASE.yace NEW.xyz ... -o OUT.yace [options]\n"
    "\n"
    "Fine-tunes a linear model of lisi-fit with new frames: the fit that made BASE, whose information is in its "
    "sidecar, "
    "is the prior.\nPrints the errors on the new frames before and after. OUT gets a sidecar of its own.\n"
    "\n"
    "  -o FILE         the model (required)\n"
    "  --strength X    weight of the base fit: 1 (default) is a joint fit to its data and the new ones, less forgets "
    "sooner;\n"
    "                  cv: chosen by cross-validation on the new frames\n"
    "  --ridge X       strength of the prior of functions of which the base data have nothing (default: that of BASE)\n"
    "  --cv            errors of cross-validation on the new frames as well, five folds (or one for each frame)\n"
    "  --check FILE    frames to look at before and after, for example of the base data; may be given several times\n"
    "  --learning-curve FILE   table and picture (FILE.svg) of the errors against the number of new frames: refined, "
    "and fitted from scratch;\n"
    "                  every third new frame is kept for it\n"
    "  --energy-key NAME, --forces-key, --virial-key, --stress-key, --group-key    other names of the quantities in "
    "the "
    "data\n"
    "  --quiet         print errors and warnings only\n"
    "  --help\n";

typedef struct {
  const char *base, *out, *curve;
  int nnew, ncheck;
  char *const *new_files;
  char *check[FIT_MAX_FILES];
  char *key[5];
  double strength; /* 0: cv */
  double ridge;    /* < 0: of the base fit */
  bool cv, quiet;
} arguments;

static void base_free(base_fit *b) {
  ace_model_free(b->model);
  ace_sidecar_free(b->sidecar);
  fit_basis_free(b->basis);
  free(b->coefficient);
  free(b->stiffness);
  fit_triangle_free(&b->information);
}

static lisi_status base_load(base_fit *b, const char *path, lisi_error *err) {
  char warnings[2000] = "", *side = NULL, *bytes = NULL;
  size_t size = 0;
  lisi_status status = ace_model_load(path, &b->model, warnings, sizeof warnings, err);
  if (status == LISI_OK && *warnings)
    fprintf(stderr, "lisi-fit: warning: %s\n", warnings);
  for (int mu = 0; status == LISI_OK && mu < b->model->nelements; mu++)
    if (b->model->species[mu].ndensity > 1)
      status = lisi_fail(err, LISI_ERR_UNSUPPORTED,
                         "%s: a model of several densities cannot be refined, only a linear one; train it again with "
                         "all data",
                         path);
  if (status == LISI_OK && !b->model->meta.sidecar)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "%s names no sidecar (key lisi/sidecar), the file with the information of its fit, which "
                       "`lisi-fit train` writes beside each linear model; without it there is nothing to refine from",
                       path);
  if (status == LISI_OK)
    status = ace_sidecar_path(b->model, path, &side, err);
  if (status == LISI_OK)
    status = file_bytes_read(side, (size_t)1 << 34, &bytes, &size, err);
  if (status == LISI_OK)
    status = ace_sidecar_open(bytes, size, side, b->model, path, &b->sidecar, err);
  if (status == LISI_OK)
    status = ace_sidecar_info(bytes, size, side, b->sidecar, err);
  free(bytes);
  free(side);
  if (status == LISI_OK)
    status = fit_info_basis(b->model, b->sidecar, path, &b->basis, err);
  if (status == LISI_OK)
    status = fit_info_triangle(b->sidecar->info, &b->information, err);
  if (status != LISI_OK)
    return status;
  const size_t n = (size_t)b->basis->ncolumns;
  b->coefficient = malloc(n * sizeof *b->coefficient);
  b->stiffness = malloc(n * sizeof *b->stiffness);
  if (!b->coefficient || !b->stiffness)
    return lisi_no_memory(err, n * sizeof *b->coefficient);
  double *to = b->coefficient;
  for (int mu = 0; mu < b->basis->nelements; mu++) {
    const size_t count = (size_t)b->sidecar->of[mu].invariants.ncolumns;
    memcpy(to, b->sidecar->of[mu].coefficient, count * sizeof *to);
    to += count;
  }
  for (size_t k = 0; k < n; k++)
    b->stiffness[k] = b->sidecar->info->stiffness[k] < 0 ? INFINITY : b->sidecar->info->stiffness[k];
  return LISI_OK;
}

/* The files of the call and the weights of the base fit, in the form that the other parts of a fit take. */
static lisi_status recipe_of(const arguments *arg, const ace_info *info, fit_recipe *r, lisi_error *err) {
  char **key[] = {&r->key_energy, &r->key_forces, &r->key_virial, &r->key_stress, &r->key_group};
  bool good = true;
  for (; r->ntrain < arg->nnew && good; r->ntrain++)
    good = (r->train[r->ntrain] = strdup(arg->new_files[r->ntrain])) != NULL;
  for (; r->ntest < arg->ncheck && good; r->ntest++)
    good = (r->test[r->ntest] = strdup(arg->check[r->ntest])) != NULL;
  for (int k = 0; k < 5 && good; k++)
    good = !arg->key[k] || (*key[k] = strdup(arg->key[k])) != NULL;
  r->weight = (fit_weight){info->energy, info->force, info->virial};
  r->force_scale = info->force_scale;
  for (; r->ngroups < info->ngroups && r->ngroups < FIT_MAX_GROUPS && good; r->ngroups++) {
    const ace_info_group *g = &info->group[r->ngroups];
    good = (r->group[r->ngroups].prefix = strdup(g->prefix)) != NULL;
    r->group[r->ngroups].weight = (fit_weight){g->energy, g->force, g->virial};
  }
  return good ? LISI_OK : lisi_no_memory(err, sizeof *r);
}

lisi_status refine_solve(const base_fit *base, const refine_frames *f, const refine_settings *settings, fit_solution *s,
                         lisi_error *err) {
  fit_triangle *part = calloc((size_t)f->nfolds + 1, sizeof *part);
  if (!part)
    return lisi_no_memory(err, (size_t)f->nfolds * sizeof *part);
  fit_stream_frames frames = {base->basis, f->data->nframes, f->data->frame, f->weight, f->fold, f->nfolds, NULL, 0};
  fit_refine_system system = {.ncolumns = base->basis->ncolumns,
                              .nparts = f->nfolds,
                              .part = part,
                              .base = &base->information,
                              .stiffness = base->stiffness,
                              .coefficient = base->coefficient,
                              .gamma = base->basis->gamma,
                              .ridge = settings->ridge < 0 ? base->sidecar->info->ridge : settings->ridge};
  lisi_status status = fit_stream(&frames, settings->label, part, err);
  if (status == LISI_OK)
    status = fit_refine(&system, settings->strength, settings->validate, s, err);
  for (int k = 0; k < f->nfolds; k++)
    fit_triangle_free(&part[k]);
  free(part);
  return status;
}

static lisi_status make_sidecar(const fit_recipe *recipe, const base_fit *base, const train_data *d, const ace_model *m,
                                const fit_solution *s, ace_sidecar **sidecar, fit_active_report *report,
                                lisi_error *err) {
  ace_info *info;
  lisi_status status = fit_info_make(base->basis, recipe, s, (int)base->sidecar->info->frames + d->nframes, &info, err);
  if (status != LISI_OK)
    return status;
  info->ridge = base->sidecar->info->ridge;
  status = fit_sidecar(base->basis, m, s->coefficient, d->nframes, d->frame, base->sidecar, sidecar, report, err);
  if (status == LISI_OK)
    (*sidecar)->info = info;
  else
    ace_info_free(info);
  return status;
}

static void provenance_of(const base_fit *base, const arguments *arg, const train_data *d, double strength, char *text,
                          size_t size) {
  const char *slash = strrchr(arg->base, '/');
  snprintf(
      text, size,
      "lisi-fit %s: refined from %.100s (model %.16s.., data %.16s.., fit of %lld frames) with %d frames, strength "
      "%.3g; data_sha256 is that of the new ones",
      LISI_VERSION, slash ? slash + 1 : arg->base, base->sidecar->model_sha256,
      base->model->meta.data_sha256 ? base->model->meta.data_sha256 : "unknown", (long long)base->sidecar->info->frames,
      d->nframes, strength);
}

static void print_tables(const train_data *d, const train_data *check, const fit_error_table table[5], int nfolds) {
  printf("\n%d new frames, base model\n", d->nframes);
  fit_errors_print(&table[0], stdout);
  printf("\n%d new frames, refined model\n", d->nframes);
  fit_errors_print(&table[1], stdout);
  if (table[2].ngroups) {
    printf("\ncross-validation on the new frames, %d folds\n", nfolds);
    fit_errors_print(&table[2], stdout);
  }
  if (!check->nframes)
    return;
  printf("\n%d frames to check, base model\n", check->nframes);
  fit_errors_print(&table[3], stdout);
  printf("\n%d frames to check, refined model\n", check->nframes);
  fit_errors_print(&table[4], stdout);
}

/* table: new frames before, after, cross-validated; frames to check before, after */
static lisi_status tabulate(const base_fit *base, const train_data *d, const train_data *check, const fit_solution *s,
                            int nfolds, const int *fold, fit_error_table table[5], lisi_error *err) {
  const fit_basis *b = base->basis;
  lisi_status status = train_errors(d, b, base->coefficient, 0, NULL, NULL, &table[0], err);
  if (status == LISI_OK)
    status = train_errors(d, b, s->coefficient, 0, NULL, NULL, &table[1], err);
  if (status == LISI_OK && s->heldout)
    status = train_errors(d, b, s->heldout, nfolds, fold, NULL, &table[2], err);
  if (status == LISI_OK)
    status = train_errors(check, b, base->coefficient, 0, NULL, NULL, &table[3], err);
  if (status == LISI_OK)
    status = train_errors(check, b, s->coefficient, 0, NULL, NULL, &table[4], err);
  return status;
}

static lisi_status refine(const arguments *arg, lisi_error *err) {
  base_fit base = {0};
  train_data d = {0}, check = {0};
  train_result result = {0}; /* for the file: errors on the new frames and on those to check */
  fit_solution *s = &result.solution;
  fit_error_table table[5] = {{0}};
  ace_model *model = NULL;
  ace_sidecar *sidecar = NULL;
  fit_active_report *report = NULL;
  fit_recipe *recipe = calloc(1, sizeof *recipe);
  char *side = train_sidecar_path(arg->out), provenance[512];
  size_t nbytes = 0;
  int *fold = NULL, nfolds = 5;
  fit_weight *weight = NULL;
  const refine_settings settings = {arg->strength, arg->ridge, arg->cv, "new frames"};
  lisi_status status = recipe && side ? base_load(&base, arg->base, err) : lisi_no_memory(err, sizeof *recipe);
  if (status == LISI_OK)
    status = recipe_of(arg, base.sidecar->info, recipe, err);
  if (status == LISI_OK)
    status = train_can_write(arg->out, err);
  if (status == LISI_OK)
    status = train_data_load(&d, recipe, base.basis, true, err);
  if (status == LISI_OK)
    status = train_data_load(&check, recipe, base.basis, false, err);
  for (int k = 0; k < d.nsets && status == LISI_OK; k++)
    lisi_fit_notes(d.set[k]);
  for (int k = 0; k < check.nsets && status == LISI_OK; k++)
    lisi_fit_notes(check.set[k]);
  if (status == LISI_OK) {
    fold = calloc((size_t)d.nframes + 1, sizeof *fold);
    weight = calloc((size_t)d.nframes + 1, sizeof *weight);
    nfolds = d.nframes < 5 ? (d.nframes > 1 ? d.nframes : 1) : 5;
    status = fold && weight ? train_folds(&d, nfolds, fold, &nfolds, err)
                            : lisi_no_memory(err, (size_t)d.nframes * sizeof *weight);
  }
  if (status == LISI_OK && arg->cv && nfolds < 2)
    status = lisi_fail(err, LISI_ERR_INPUT, "--cv needs at least two new frames");
  if (status == LISI_OK && arg->curve && d.nframes < REFINE_CURVE_LEAST)
    status = lisi_fail(err, LISI_ERR_INPUT,
                       "--learning-curve keeps every third new frame for the test: expected at least %d, found %d",
                       REFINE_CURVE_LEAST, d.nframes);
  for (int k = 0; k < d.nframes && status == LISI_OK; k++)
    train_weight(recipe, d.frame[k].frame, &weight[k]);
  if (status == LISI_OK)
    status = refine_solve(&base, &(refine_frames){&d, weight, fold, nfolds}, &settings, s, err);
  if (status == LISI_OK)
    status = tabulate(&base, &d, &check, s, nfolds, fold, table, err);
  if (status == LISI_OK)
    status = fit_basis_model(base.basis, s->coefficient, &model, err);
  if (status == LISI_OK) {
    model->delta_spline_bins = base.model->delta_spline_bins;
    report = calloc((size_t)base.basis->nelements, sizeof *report);
    status =
        report ? make_sidecar(recipe, &base, &d, model, s, &sidecar, report, err) : lisi_no_memory(err, sizeof *report);
  }
  if (status == LISI_OK) {
    provenance_of(&base, arg, &d, s->ridge, provenance, sizeof provenance);
    result.of_train = table[1];
    result.of_test = table[4];
    status = train_describe(model, provenance, d.sha256, &result, base.basis, &d, err);
    memset(&result.of_train, 0, sizeof result.of_train);
    memset(&result.of_test, 0, sizeof result.of_test);
  }
  if (status == LISI_OK)
    status = progress_check(err);
  if (status == LISI_OK)
    status = train_write_files(model, sidecar, arg->out, side, &nbytes, err);
  if (status == LISI_OK)
    train_print_active(base.basis, report, side, nbytes, arg->quiet);
  if (status == LISI_OK && !arg->quiet) {
    for (int g = 0; g < s->ngrid; g++)
      printf("strength %9.3g: cross-validation loss %.6g%s\n", s->grid[g], s->score[g],
             s->grid[g] == s->ridge ? "  <-" : "");
    printf("%s: fit of %lld frames; %d new frames, strength %.3g\n", arg->base, (long long)base.sidecar->info->frames,
           d.nframes, s->ridge);
    print_tables(&d, &check, table, nfolds);
  }
  if (status == LISI_OK && arg->curve)
    status = refine_curve(&base, &d, &check, weight, &settings, arg->curve, arg->quiet, err);
  for (int k = 0; k < 5; k++)
    fit_errors_free(&table[k]);
  ace_model_free(model);
  ace_sidecar_free(sidecar);
  free(report);
  free(side);
  free(fold);
  free(weight);
  train_result_free(&result);
  train_data_free(&d);
  train_data_free(&check);
  base_free(&base);
  fit_recipe_free(recipe);
  return status;
}

static bool number(const char *text, double least, double *x) {
  char *end;
  *x = strtod(text, &end);
  return end != text && !*end && isfinite(*x) && *x >= least;
}

int command_refine(int argc, char **argv) {
  static const struct option options[] = {{"help", no_argument, 0, 'h'},
                                          {"strength", required_argument, 0, 's'},
                                          {"ridge", required_argument, 0, 'r'},
                                          {"cv", no_argument, 0, 'c'},
                                          {"check", required_argument, 0, 'k'},
                                          {"learning-curve", required_argument, 0, 'l'},
                                          {"quiet", no_argument, 0, 'q'},
                                          {"energy-key", required_argument, 0, 2000},
                                          {"forces-key", required_argument, 0, 2001},
                                          {"virial-key", required_argument, 0, 2002},
                                          {"stress-key", required_argument, 0, 2003},
                                          {"group-key", required_argument, 0, 2004},
                                          {0, 0, 0, 0}};
  arguments arg = {.strength = 1, .ridge = -1};
  for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
    switch (c) {
    case 'h':
      fputs(help, stdout);
      return 0;
    case 'o':
      arg.out = optarg;
      break;
    case 'c':
      arg.cv = true;
      break;
    case 'q':
      arg.quiet = true;
      break;
    case 'k':
      if (arg.ncheck == FIT_MAX_FILES)
        return lisi_fit_usage("refine", "--check: at most %d files", FIT_MAX_FILES);
      arg.check[arg.ncheck++] = optarg;
      break;
    case 's':
      if (!strcmp(optarg, "cv"))
        arg.strength = 0;
      else if (!number(optarg, 1e-12, &arg.strength) || arg.strength > 1e12)
        return lisi_fit_usage("refine", "--strength: expected cv or a number from 1e-12 to 1e12, found '%s'", optarg);
      break;
    case 'l':
      arg.curve = optarg;
      break;
    case 'r':
      if (!number(optarg, 0, &arg.ridge) || arg.ridge == 0)
        return lisi_fit_usage("refine", "--ridge: expected a number above 0, found '%s'", optarg);
      break;
    case 2000:
    case 2001:
    case 2002:
    case 2003:
    case 2004:
      arg.key[c - 2000] = optarg;
      break;
    default:
      return 2;
    }
  }
  if (argc - optind < 2)
    return lisi_fit_usage("refine", "expected a base model and at least one file of new frames");
  if (!arg.out)
    return lisi_fit_usage("refine", "-o OUT.yace is missing");
  arg.base = argv[optind];
  arg.nnew = argc - optind - 1;
  arg.new_files = argv + optind + 1;
  if (arg.nnew > FIT_MAX_FILES)
    return lisi_fit_usage("refine", "at most %d files of new frames", FIT_MAX_FILES);
  lisi_error err = {0};
  progress_catch_interrupt();
  return refine(&arg, &err) == LISI_OK ? 0 : lisi_fit_report(&err);
}
