/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit train: recipe + data -> .yace. This file is the course of a fit; train.h lists its parts. */
#include "train.h"

#include "fit_info.h"
#include "fit_stream.h"
#include "lisi_fit.h"
#include "picture.h"
#include "progress.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "lisi-fit train RECIPE -o MODEL.yace [options]\n"
    "\n"
    "Fits an ACE model to energies, forces and virials as RECIPE (a YAML file, see doc/lisi-fit.md) says and "
    "prints the errors by config_type.\n"
    "\n"
    "  -o FILE       the model (required); FILE with .sidecar for .yace gets what is too large for it: active sets "
    "and,\n"
    "                of linear models, the information of the fit\n"
    "  --ridge X     strength of the prior, instead of the recipe's: a number, cv or evidence\n"
    "  --cv          errors of cross-validation as well, each frame predicted by a fit that has not seen its fold\n"
    "  --learning-curve FILE    fits to 1/16, 1/8, 1/4, 1/2 and all of the training frames as well, a table of their\n"
    "                errors in FILE and a picture in FILE.svg\n"
    "  --plot DIR    pictures of model against reference in DIR/train and DIR/test, with data and gnuplot scripts\n"
    "  --quiet       print errors and warnings only\n"
    "  --help\n";

void train_result_free(train_result *r) {
  fit_solution_free(&r->solution);
  free(r->several);
  free(r->several_heldout);
  free(r->test_zeros);
  free(r->test_zero_rank);
  fit_errors_free(&r->of_train);
  fit_errors_free(&r->of_test);
  fit_errors_free(&r->of_cv);
  memset(r, 0, sizeof *r);
}

lisi_status train_solve(const train_data *tr, const fit_basis *basis, const fit_weight *weight, const int *fold,
                        int nfolds, const fit_prior *prior, const char *label, fit_solution *s, lisi_error *err) {
  const int nfree = tr->nzeros * basis->nelements;
  fit_triangle *part = calloc((size_t)nfolds + 1, sizeof *part);
  if (!part)
    return lisi_no_memory(err, (size_t)nfolds * sizeof *part);
  fit_stream_frames frames = {basis, tr->nframes, tr->frame, weight, fold, nfolds, tr->zero, nfree};
  fit_system system = {basis->ncolumns, nfree, nfolds, part, basis->gamma};
  lisi_status status = fit_stream(&frames, label, part, err);
  if (status == LISI_OK)
    status = fit_solve(&system, prior, s, err);
  for (int f = 0; f < nfolds; f++)
    fit_triangle_free(&part[f]);
  free(part);
  return status;
}

/* The fit and all its error tables. */
static lisi_status fit(const fit_recipe *recipe, const fit_basis *basis, train_data *tr, const train_data *te,
                       const fit_weight *weight, const int *fold, const fit_prior *prior, bool quiet, train_result *r,
                       lisi_error *err) {
  const size_t nzeros = (size_t)(te->nzeros * basis->nelements);
  fit_solution *s = &r->solution;
  const double *c = NULL, *heldout = NULL, *zero = NULL, *heldout_zero = NULL;
  lisi_status status = train_solve(tr, basis, weight, fold, r->nfolds, prior, "training frames", s, err);
  if (status == LISI_OK && basis->ndensity == 1) {
    c = s->coefficient;
    heldout = s->heldout;
    zero = s->free;
    heldout_zero = s->heldout_free;
  } else if (status == LISI_OK) {
    train_frames frames = {tr, basis, weight, fold, r->nfolds};
    train_remove_zeros(tr, basis, s->free);
    status = train_densities(&frames, s, recipe->steps, prior->validate, quiet, &r->several, &r->several_heldout, err);
    c = r->several;
    heldout = r->several_heldout;
  }
  r->test_zeros = calloc(nzeros + 1, sizeof *r->test_zeros);
  r->test_zero_rank = calloc((size_t)te->nzeros + 1, sizeof *r->test_zero_rank);
  if (status == LISI_OK && (!r->test_zeros || !r->test_zero_rank))
    status = lisi_no_memory(err, nzeros * sizeof *r->test_zeros);
  if (status == LISI_OK && te->nzeros > 0)
    status = train_test_zeros(te, basis, c, r->test_zeros, r->test_zero_rank, err);
  if (status == LISI_OK)
    status = train_errors(tr, basis, c, 0, NULL, zero, &r->of_train, err);
  if (status == LISI_OK)
    status = train_errors(te, basis, c, 0, NULL, r->test_zeros, &r->of_test, err);
  if (status == LISI_OK && heldout)
    status = train_errors(tr, basis, heldout, r->nfolds, fold, heldout_zero, &r->of_cv, err);
  return status;
}

static void provenance_of(const fit_basis *basis, const train_data *train, const fit_solution *s, char *text,
                          size_t size) {
  if (basis->ndensity > 1)
    snprintf(text, size,
             "lisi-fit %s: ACE, %d functions, %d densities, non-linear least squares on %d frames, ridge %.3g",
             LISI_VERSION, basis->ncolumns, basis->ndensity, train->nframes, s->ridge);
  else if (s->rounds > 0)
    snprintf(text, size,
             "lisi-fit %s: linear ACE, %d of %d functions by relevance determination, least squares on %d frames, %d "
             "effective parameters",
             LISI_VERSION, s->nkept, basis->ncolumns, train->nframes, s->rank);
  else
    snprintf(text, size,
             "lisi-fit %s: linear ACE, %d functions, least squares on %d frames, ridge %.3g, %d effective parameters",
             LISI_VERSION, basis->ncolumns, train->nframes, s->ridge, s->rank);
}

/* Active sets and, of linear models, information of the fit. With several densities the active sets are those of the
 * functions that all densities are sums of, and `coefficient` begins with those of the first. A failure costs the
 * extrapolation grade, not the fit: it is told, and *sidecar is NULL. */
static lisi_status make_sidecar(const fit_recipe *recipe, const train_data *d, const fit_basis *basis,
                                const ace_model *m, const fit_solution *s, const double *coefficient,
                                ace_sidecar **sidecar, fit_active_report *report, lisi_error *err) {
  lisi_error own = {0};
  ace_info *info = NULL;
  *sidecar = NULL;
  lisi_status status = basis->ndensity == 1 ? fit_info_make(basis, recipe, s, d->nframes, &info, &own) : LISI_OK;
  if (status == LISI_OK)
    status = fit_sidecar(basis, m, coefficient, d->nframes, d->frame, NULL, sidecar, report, &own);
  if (status == LISI_OK) {
    (*sidecar)->info = info;
    return LISI_OK;
  }
  ace_info_free(info);
  if (status != LISI_ERR_NOMEM && status != LISI_ERR_NUMERIC)
    return lisi_fail(err, status, "%s", own.message);
  fprintf(stderr,
          "lisi-fit: warning: no sidecar: %s; the model is written without it: no extrapolation grade, and it cannot "
          "be refined\n",
          own.message);
  return LISI_OK;
}

typedef struct {
  const char *recipe, *out, *curve, *plot;
  bool prior_given; /* choice and ridge instead of the recipe's */
  fit_choice choice;
  double ridge;
  bool cv, quiet;
} arguments;

/* Both kinds of frames together, so that a test frame among the training frames is seen. */
static lisi_status check_data(const train_data *tr, const train_data *te, const fit_recipe *recipe, fit_basis *basis,
                              lisi_error *err) {
  const int n = tr->nsets + te->nsets;
  fit_check_set *set = malloc(((size_t)n + 1) * sizeof *set);
  if (!set)
    return lisi_no_memory(err, (size_t)n * sizeof *set);
  for (int k = 0; k < tr->nsets; k++)
    set[k] = (fit_check_set){tr->set[k], false, recipe->train_zero[k]};
  for (int k = 0; k < te->nsets; k++)
    set[tr->nsets + k] = (fit_check_set){te->set[k], true, recipe->test_zero[k]};
  lisi_status status = lisi_fit_check(set, n, basis->nelements, basis->element, recipe->fit_E0 ? NULL : basis->E0, err);
  free(set);
  return status;
}

static lisi_status train(const arguments *arg, lisi_error *err) {
  fit_recipe *recipe = NULL;
  fit_basis *basis = NULL;
  train_data tr = {0}, te = {0};
  train_result r = {0};
  ace_model *model = NULL;
  ace_sidecar *sidecar = NULL;
  fit_active_report *report = NULL;
  char *side = train_sidecar_path(arg->out), provenance[512];
  size_t nbytes = 0;
  int *fold = NULL;
  fit_weight *weight = NULL;
  fit_prior prior = {0};
  lisi_status status = side ? fit_recipe_load(arg->recipe, &recipe, err) : lisi_no_memory(err, strlen(arg->out));
  if (status == LISI_OK && arg->curve && recipe->ndensity > 1)
    status = lisi_fail(err, LISI_ERR_UNSUPPORTED,
                       "%s: --learning-curve is for linear models, not for several densities", arg->recipe);
  if (status == LISI_OK && arg->prior_given && arg->choice == FIT_RIDGE_GIVEN && arg->ridge == 0 && recipe->ard)
    status = lisi_fail(err, LISI_ERR_INPUT, "--ridge: kind ard needs a number above 0 to start from");
  if (status == LISI_OK)
    status = fit_basis_make(recipe, &basis, err);
  if (status == LISI_OK)
    status = train_can_write(arg->out, err);
  if (status == LISI_OK)
    status = train_data_load(&tr, recipe, basis, true, err);
  if (status == LISI_OK)
    status = train_data_load(&te, recipe, basis, false, err);
  if (status == LISI_OK)
    status = check_data(&tr, &te, recipe, basis, err);
  if (status == LISI_OK && recipe->fit_E0)
    status = train_offsets(&tr, basis, err);
  if (status == LISI_OK && !arg->quiet)
    train_print_basis(basis);
  if (status == LISI_OK) {
    fold = calloc((size_t)tr.nframes + 1, sizeof *fold);
    weight = calloc((size_t)tr.nframes + 1, sizeof *weight);
    status = fold && weight ? train_folds(&tr, recipe->folds, fold, &r.nfolds, err)
                            : lisi_no_memory(err, (size_t)tr.nframes * sizeof *weight);
  }
  if (status == LISI_OK) {
    for (int k = 0; k < tr.nframes; k++)
      train_weight(recipe, tr.frame[k].frame, &weight[k]);
    prior = (fit_prior){recipe->choice, recipe->ridge, recipe->ard, arg->cv};
    if (arg->prior_given) {
      prior.choice = arg->choice;
      prior.ridge = arg->ridge;
    }
    if (tr.nframes < 2 && (prior.choice == FIT_RIDGE_CV || prior.validate))
      status = lisi_fail(err, LISI_ERR_INPUT, "cross-validation (%s) needs at least two training frames, found %d",
                         prior.validate ? "--cv" : "ridge: cv", tr.nframes);
  }
  if (status == LISI_OK)
    status = fit(recipe, basis, &tr, &te, weight, fold, &prior, arg->quiet, &r, err);
  const double *coefficient = r.several ? r.several : r.solution.coefficient;
  if (status == LISI_OK)
    status = fit_basis_model(basis, coefficient, &model, err);
  if (status == LISI_OK) {
    report = calloc((size_t)basis->nelements, sizeof *report);
    status = report ? make_sidecar(recipe, &tr, basis, model, &r.solution, coefficient, &sidecar, report, err)
                    : lisi_no_memory(err, sizeof *report);
  }
  if (status == LISI_OK) {
    provenance_of(basis, &tr, &r.solution, provenance, sizeof provenance);
    status = train_describe(model, provenance, tr.sha256, &r, basis, &tr, err);
  }
  if (status == LISI_OK)
    status = progress_check(err);
  if (status == LISI_OK)
    status = sidecar ? train_write_files(model, sidecar, arg->out, side, &nbytes, err)
                     : train_write_model(model, arg->out, err);
  if (status == LISI_OK && sidecar)
    train_print_active(basis, report, side, nbytes, arg->quiet);
  else if (status == LISI_OK)
    train_print_no_sidecar(side);
  if (status == LISI_OK && !arg->quiet)
    train_print_result(&r, basis, &tr, &te, recipe->folds == 0);
  if (status == LISI_OK && arg->curve)
    status = train_curve(basis, &tr, &te, weight, recipe->folds == 0 ? fold : NULL, r.nfolds, &prior, arg->curve,
                         arg->quiet, err);
  if (status == LISI_OK && arg->plot) { /* the picture shows energies above the zeros that were fitted */
    if (!r.several)
      train_remove_zeros(&tr, basis, r.solution.free);
    train_remove_zeros(&te, basis, r.test_zeros);
  }
  if (status == LISI_OK && arg->plot)
    status = picture_of_fit(arg->plot, model, tr.nsets, tr.set, te.nsets, te.set, err);
  ace_model_free(model);
  ace_sidecar_free(sidecar);
  free(report);
  free(side);
  free(fold);
  free(weight);
  train_result_free(&r);
  train_data_free(&tr);
  train_data_free(&te);
  fit_basis_free(basis);
  fit_recipe_free(recipe);
  return status;
}

int command_train(int argc, char **argv) {
  static const struct option options[] = {{"help", no_argument, 0, 'h'},
                                          {"ridge", required_argument, 0, 'r'},
                                          {"cv", no_argument, 0, 'c'},
                                          {"learning-curve", required_argument, 0, 'l'},
                                          {"plot", required_argument, 0, 'p'},
                                          {"quiet", no_argument, 0, 'q'},
                                          {0, 0, 0, 0}};
  arguments arg = {0};
  for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
    char *end;
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
    case 'l':
      arg.curve = optarg;
      break;
    case 'p':
      arg.plot = optarg;
      break;
    case 'q':
      arg.quiet = true;
      break;
    case 'r':
      arg.prior_given = true;
      arg.choice = !strcmp(optarg, "cv")         ? FIT_RIDGE_CV
                   : !strcmp(optarg, "evidence") ? FIT_RIDGE_EVIDENCE
                                                 : FIT_RIDGE_GIVEN;
      if (arg.choice != FIT_RIDGE_GIVEN)
        break;
      arg.ridge = strtod(optarg, &end);
      if (*end || end == optarg || !(arg.ridge >= 0) || !isfinite(arg.ridge))
        return lisi_fit_usage("train", "--ridge: expected a number >= 0, cv or evidence, found '%s'", optarg);
      break;
    default:
      return 2;
    }
  }
  if (argc - optind != 1)
    return lisi_fit_usage("train", "expected one recipe, found %d", argc - optind);
  if (!arg.out)
    return lisi_fit_usage("train", "-o MODEL.yace is missing");
  arg.recipe = argv[optind];
  lisi_error err = {0};
  progress_catch_interrupt();
  if (train(&arg, &err) != LISI_OK)
    return lisi_fit_report(&err);
  return 0;
}
