/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit train: recipe + data -> .yace. */
#include "fit_basis.h"
#include "fit_design.h"
#include "fit_errors.h"
#include "fit_sidecar.h"
#include "fit_solve.h"
#include "file_bytes.h"
#include "lisi_fit.h"
#include "out_file.h"
#include "picture.h"
#include "progress.h"
#include "sha256.h"
#include "train.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "lisi-fit train RECIPE -o MODEL.yace [options]\n"
    "\n"
    "Fits an ACE model to energies, forces and virials as RECIPE (a YAML file, see doc/lisi-fit.md) says and "
    "prints the errors by config_type.\n"
    "\n"
    "  -o FILE       the model (required); FILE with .sidecar for .yace gets what is too large for it: active sets\n"
    "                (linear models only)\n"
    "  --ridge X     strength of the prior, instead of the recipe's\n"
    "  --cv          errors of cross-validation as well, each frame predicted by a fit that has not seen its fold\n"
    "  --plot DIR    pictures of model against reference in DIR/train and DIR/test, with data and gnuplot scripts\n"
    "  --quiet       print errors and warnings only\n"
    "  --help\n";

static void data_free(train_data *d) {
  for (int k = 0; k < d->nframes && d->rows; k++)
    fit_rows_free(&d->rows[k]);
  for (int k = 0; k < d->nsets; k++) {
    if (d->set)
      xyz_free(d->set[k]);
    if (d->mu)
      free(d->mu[k]);
  }
  free(d->set);
  free(d->mu);
  free(d->frame);
  free(d->frame_set);
  free(d->rows);
}

/* A training frame needs an energy or forces; silence about forces would be a fit to something else than the user
 * thinks. */
static lisi_status check_frame(const xyz_set *set, const xyz_frame *f, bool train, const fit_recipe *r,
                               lisi_error *err) {
  if (!f->force && (!train || r->weight.force > 0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the frame has no forces (column '%s' in Properties)", set->name,
                     f->line, r->key_forces ? r->key_forces : "forces");
  if (!f->has_energy && (!train || r->weight.energy > 0))
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the frame has no energy (key '%s')", set->name, f->line,
                     r->key_energy ? r->key_energy : "energy");
  return LISI_OK;
}

static lisi_status data_load(train_data *d, const fit_recipe *r, const fit_basis *basis, bool train, lisi_error *err) {
  int n = train ? r->ntrain : r->ntest;
  char *const *path = train ? r->train : r->test;
  xyz_keys keys = {r->key_energy, r->key_forces, r->key_virial, r->key_stress, r->key_group};
  sha256 sum;
  sha256_start(&sum);
  memset(d, 0, sizeof *d);
  d->set = calloc((size_t)n + 1, sizeof *d->set);
  d->mu = calloc((size_t)n + 1, sizeof *d->mu);
  if (!d->set || !d->mu)
    return lisi_no_memory(err, (size_t)n * sizeof *d->set);
  lisi_status status = LISI_OK;
  for (int k = 0; k < n && status == LISI_OK; k++) {
    char *bytes;
    size_t size;
    status = file_bytes_read(path[k], (size_t)1 << 32, &bytes, &size, err);
    if (status != LISI_OK)
      break;
    sha256_add(&sum, bytes, size);
    status = xyz_parse(bytes, size, path[k], &keys, &d->set[k], err);
    free(bytes);
    if (status != LISI_OK)
      break;
    d->nsets = k + 1;
    d->nframes += d->set[k]->nframes;
    d->mu[k] = malloc((size_t)d->set[k]->nspecies * sizeof **d->mu);
    if (!d->mu[k])
      status = lisi_no_memory(err, (size_t)d->set[k]->nspecies * sizeof **d->mu);
    if (status == LISI_OK)
      status = fit_species(basis, d->set[k], d->mu[k], err);
    for (int f = 0; f < d->set[k]->nframes && status == LISI_OK; f++)
      status = check_frame(d->set[k], &d->set[k]->frame[f], train, r, err);
  }
  if (status != LISI_OK)
    return status;
  sha256_hex(&sum, d->sha256);
  d->frame = malloc(((size_t)d->nframes + 1) * sizeof *d->frame);
  d->frame_set = malloc(((size_t)d->nframes + 1) * sizeof *d->frame_set);
  d->rows = calloc((size_t)d->nframes + 1, sizeof *d->rows);
  if (!d->frame || !d->frame_set || !d->rows)
    return lisi_no_memory(err, (size_t)d->nframes * sizeof *d->rows);
  int at = 0;
  for (int k = 0; k < d->nsets; k++)
    for (int f = 0; f < d->set[k]->nframes; f++) {
      d->frame_set[at] = k;
      d->frame[at++] = &d->set[k]->frame[f];
    }
  return LISI_OK;
}

static lisi_status data_design(train_data *d, const fit_basis *basis, const char *label, lisi_error *err) {
  progress bar = progress_start(label);
  lisi_status status = LISI_OK;
  int done = 0;
#pragma omp parallel for schedule(dynamic, 1)
  for (int k = 0; k < d->nframes; k++) {
    lisi_error own = {0};
    bool stop;
#pragma omp critical
    stop = status != LISI_OK;
    if (stop || progress_interrupted())
      continue;
    lisi_status s = fit_design(basis, d->set[d->frame_set[k]], d->frame[k], d->mu[d->frame_set[k]], &d->rows[k], &own);
#pragma omp critical
    {
      if (s != LISI_OK && status == LISI_OK)
        status = lisi_fail(err, s, "%s", own.message);
      progress_update(&bar, ++done, d->nframes);
    }
  }
  progress_end(&bar);
  if (status == LISI_OK && progress_interrupted())
    status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  return status;
}

/* Folds by the same rule as the hold-out of doc/lisi-fit.md: frames in order of config_type, every nfolds-th. */
static lisi_status make_folds(const train_data *d, int nfolds, int *fold, lisi_error *err) {
  int *order = malloc(((size_t)d->nframes + 1) * sizeof *order);
  if (!order)
    return lisi_no_memory(err, (size_t)d->nframes * sizeof *order);
  for (int k = 0; k < d->nframes; k++) { /* insertion sort: stable */
    int at = k;
    while (at > 0 && strcmp(d->frame[order[at - 1]]->group, d->frame[k]->group) > 0) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = k;
  }
  for (int k = 0; k < d->nframes; k++)
    fold[order[k]] = k % nfolds;
  free(order);
  return LISI_OK;
}

static void frame_weight(const fit_recipe *r, const xyz_frame *f, fit_weight *w) {
  *w = r->weight;
  for (int g = 0; g < r->ngroups; g++)
    if (!strncmp(f->group, r->group[g].prefix, strlen(r->group[g].prefix))) {
      w->energy *= r->group[g].weight.energy;
      w->force *= r->group[g].weight.force;
      w->virial *= r->group[g].weight.virial;
    }
  if (r->force_scale > 0 && f->force) {
    double sum = 0;
    for (int k = 0; k < 3 * f->natoms; k++)
      sum += f->force[k] * f->force[k];
    double damp = 1 / sqrt(1 + sum / (3 * f->natoms) / (r->force_scale * r->force_scale));
    w->energy *= damp;
    w->force *= damp;
    w->virial *= damp;
  }
}

/* Errors of the linear model on all frames; frame k with column fold[k] of the held-out coefficients where fold is
 * given. */
static lisi_status tabulate(const train_data *d, const fit_basis *basis, const double *c, int stride, const int *fold,
                            fit_error_table *table, lisi_error *err) {
  lisi_status status = fit_errors_init(table, err);
  for (int k = 0; k < d->nframes && status == LISI_OK; k++) {
    const fit_rows *rows = &d->rows[k];
    double *p = calloc((size_t)rows->nrows, sizeof *p);
    if (!p)
      return lisi_no_memory(err, (size_t)rows->nrows * sizeof *p);
    for (int i = 0; i < basis->ncolumns; i++) {
      double ci = c[(size_t)i * (size_t)stride + (size_t)(fold ? fold[k] : 0)];
      for (int r = 0; r < rows->nrows; r++)
        p[r] += ci * rows->a[(size_t)i * (size_t)rows->nrows + (size_t)r];
    }
    double e = p[0];
    for (int a = 0; a < d->frame[k]->natoms; a++)
      e += basis->E0[d->mu[d->frame_set[k]][d->frame[k]->species[a]]];
    status = fit_errors_add(table, d->frame[k], e, p + 1, p + 1 + 3 * rows->natoms, err);
    free(p);
  }
  return status;
}

static char *text_of_table(const fit_error_table *train, const fit_error_table *test) {
  char *text = NULL;
  size_t size;
  FILE *s = open_memstream(&text, &size);
  if (!s)
    return NULL;
  fputs("units: {energy: eV/atom, force: eV/Angstrom, virial: eV/atom}\ntrain:\n", s);
  fit_errors_yaml(train, "  ", s);
  if (test->ngroups > 1) {
    fputs("test:\n", s);
    fit_errors_yaml(test, "  ", s);
  }
  if (fclose(s) != 0) {
    free(text);
    return NULL;
  }
  return text;
}

static lisi_status describe(ace_model *m, const train_data *train, const fit_basis *basis, const fit_solution *s,
                            const fit_error_table *et, const fit_error_table *es, lisi_error *err) {
  char provenance[512];
  m->meta.format = 1;
  if (basis->ndensity == 1)
    snprintf(provenance, sizeof provenance,
             "lisi-fit %s: linear ACE, %d functions, least squares on %d frames, ridge %.3g, %d effective parameters",
             LISI_VERSION, basis->ncolumns, train->nframes, s->ridge, s->rank);
  else
    snprintf(provenance, sizeof provenance,
             "lisi-fit %s: ACE, %d functions, %d densities, non-linear least squares on %d frames, ridge %.3g",
             LISI_VERSION, basis->ncolumns, basis->ndensity, train->nframes, s->ridge);
  m->meta.units = strdup("metal");
  m->meta.provenance = strdup(provenance);
  m->meta.data_sha256 = strdup(train->sha256);
  m->meta.error_table = text_of_table(et, es);
  return m->meta.units && m->meta.provenance && m->meta.data_sha256 && m->meta.error_table
             ? LISI_OK
             : lisi_no_memory(err, sizeof provenance);
}

static lisi_status make_sidecar(const train_data *d, const fit_basis *basis, const ace_model *m,
                                const double *coefficient, ace_sidecar **sidecar, fit_active_report *report,
                                lisi_error *err) {
  fit_environment_frame *frame = malloc(((size_t)d->nframes + 1) * sizeof *frame);
  if (!frame)
    return lisi_no_memory(err, (size_t)d->nframes * sizeof *frame);
  for (int k = 0; k < d->nframes; k++)
    frame[k] = (fit_environment_frame){d->set[d->frame_set[k]], d->frame[k], d->mu[d->frame_set[k]]};
  lisi_status status = fit_sidecar(basis, m, coefficient, d->nframes, frame, sidecar, report, err);
  free(frame);
  return status;
}

/* All error tables of the linear model: training frames, test frames, and held-out ones where cross-validation was
 * made. */
static lisi_status tabulate_all(const train_data *tr, const train_data *te, const fit_basis *basis,
                                const fit_solution *s, int nfolds, const int *fold, fit_error_table *et,
                                fit_error_table *es, fit_error_table *ev, lisi_error *err) {
  lisi_status status = tabulate(tr, basis, s->coefficient, 1, NULL, et, err);
  if (status == LISI_OK)
    status = tabulate(te, basis, s->coefficient, 1, NULL, es, err);
  if (status == LISI_OK && s->heldout)
    status = tabulate(tr, basis, s->heldout, nfolds, fold, ev, err);
  return status;
}

/* MODEL.yace -> MODEL.sidecar; any other name with .sidecar at its end. */
static char *sidecar_path(const char *model) {
  size_t n = strlen(model);
  if (n > 5 && !strcmp(model + n - 5, ".yace") && model[n - 6] != '/')
    n -= 5;
  char *path = malloc(n + sizeof ".sidecar");
  if (path) {
    memcpy(path, model, n);
    strcpy(path + n, ".sidecar");
  }
  return path;
}

/* Both files, complete, before either takes its name; the model, which tells the hash of the other, last. */
static lisi_status write_files(ace_model *m, const ace_sidecar *sidecar, const char *path, const char *side,
                               size_t *nbytes, lisi_error *err) {
  char *bytes = NULL, hex[65];
  const char *slash = strrchr(side, '/');
  out_file *file[2] = {NULL, NULL};
  lisi_status status = ace_sidecar_bytes(sidecar, &bytes, nbytes, err);
  if (status != LISI_OK)
    return status;
  sha256 sum;
  sha256_start(&sum);
  sha256_add(&sum, bytes, *nbytes);
  sha256_hex(&sum, hex);
  m->meta.sidecar = strdup(slash ? slash + 1 : side);
  m->meta.sidecar_sha256 = strdup(hex);
  if (!m->meta.sidecar || !m->meta.sidecar_sha256)
    status = lisi_no_memory(err, sizeof hex);
  if (status == LISI_OK)
    status = out_file_open(side, &file[0], err);
  if (status == LISI_OK)
    status = out_file_open(path, &file[1], err);
  if (status == LISI_OK) {
    (void)!fwrite(bytes, 1, *nbytes, out_file_stream(file[0])); /* commit finds the error */
    ace_model_print(m, out_file_stream(file[1]));
    status = out_file_commit(file[0], err);
    file[0] = NULL;
  }
  if (status == LISI_OK) {
    status = out_file_commit(file[1], err);
    file[1] = NULL;
  }
  out_file_discard(file[0]);
  out_file_discard(file[1]);
  free(bytes);
  return status;
}

/* A model without a sidecar. */
static lisi_status write_model(const ace_model *m, const char *path, lisi_error *err) {
  out_file *file;
  lisi_status status = out_file_open(path, &file, err);
  if (status != LISI_OK)
    return status;
  ace_model_print(m, out_file_stream(file)); /* commit finds the error */
  return out_file_commit(file, err);
}

/* The model names no sidecar, so one of an earlier fit is never read for it; the user should know whose it is. */
static void print_no_sidecar(const char *side, bool quiet) {
  if (!quiet)
    printf("several densities: no sidecar, so no extrapolation grade\n");
  if (access(side, F_OK) == 0)
    fprintf(stderr, "lisi-fit: warning: %s is of another model and does not belong to this one\n", side);
}

static void print_active(const fit_basis *b, const fit_active_report *r, const char *side, size_t nbytes, bool quiet) {
  for (int mu = 0; mu < b->nelements; mu++) {
    if (r[mu].ncolumns == 0)
      continue;
    if (r[mu].rank < r[mu].ncolumns)
      fprintf(stderr,
              "lisi-fit: warning: no active set for %s: %d environments in the training frames, %d of them "
              "independent, for "
              "%d functions; there will be no extrapolation grade for this element\n",
              b->element[mu], r[mu].nenvironments, r[mu].rank, r[mu].ncolumns);
    else if (!quiet)
      printf("%-2s active set: %d of %d environments, %d exchanges, gamma of the training frames <= %.6f\n",
             b->element[mu], r[mu].rank, r[mu].nenvironments, r[mu].nswaps, r[mu].largest);
  }
  if (!quiet)
    printf("%s: %.2f MB\n", side, (double)nbytes * 1e-6);
}

static void print_basis(const fit_basis *b) {
  for (int mu = 0; mu < b->nelements; mu++) {
    int columns[FIT_MAX_ORDER + 1] = {0}, blocks = 0, products = 0;
    for (int k = 0; k < b->nblocks; k++)
      if (b->block[k].mu0 == mu) {
        columns[b->block[k].order] += b->block[k].coupling.ninv;
        products += b->block[k].coupling.nms;
        blocks++;
      }
    printf("%-2s E0 %.6f eV; functions by order", b->element[mu], b->E0[mu]);
    for (int o = 1; o <= FIT_MAX_ORDER; o++)
      if (columns[o])
        printf(" %d:%d", o, columns[o]);
    printf("; %d in the file, %d products\n", blocks, products);
  }
}

static lisi_status train(const char *recipe_path, const char *out, const char *plot, double ridge, bool cv, bool quiet,
                         lisi_error *err) {
  fit_recipe *recipe = NULL;
  fit_basis *basis = NULL;
  train_data tr = {0}, te = {0};
  fit_solution s = {0};
  fit_error_table et = {0}, es = {0}, ev = {0};
  ace_model *model = NULL;
  ace_sidecar *sidecar = NULL;
  fit_active_report *report = NULL;
  char *side = sidecar_path(out);
  size_t nbytes = 0;
  int *fold = NULL;
  fit_weight *weight = NULL;
  double *several = NULL, *several_heldout = NULL;
  lisi_status status = side ? fit_recipe_load(recipe_path, &recipe, err) : lisi_no_memory(err, strlen(out));
  if (status == LISI_OK)
    status = fit_basis_make(recipe, &basis, err);
  if (status == LISI_OK)
    status = data_load(&tr, recipe, basis, true, err);
  if (status == LISI_OK)
    status = data_load(&te, recipe, basis, false, err);
  if (status == LISI_OK)
    status = lisi_fit_check(tr.nsets, tr.set, te.nsets, te.set, basis->nelements, basis->element,
                            recipe->fit_E0 ? NULL : basis->E0, err);
  if (status == LISI_OK && recipe->fit_E0)
    status = fit_offsets(basis, (const xyz_set *const *)tr.set, (const int *const *)tr.mu, tr.nsets, err);
  if (status == LISI_OK && !quiet)
    print_basis(basis);
  if (status == LISI_OK)
    status = data_design(&tr, basis, "training frames", err);
  if (status == LISI_OK)
    status = data_design(&te, basis, "test frames", err);
  if (status == LISI_OK) {
    fold = calloc((size_t)tr.nframes + 1, sizeof *fold);
    weight = calloc((size_t)tr.nframes + 1, sizeof *weight);
    status = fold && weight ? make_folds(&tr, recipe->folds, fold, err)
                            : lisi_no_memory(err, (size_t)tr.nframes * sizeof *weight);
  }
  if (status == LISI_OK) {
    for (int k = 0; k < tr.nframes; k++)
      frame_weight(recipe, tr.frame[k], &weight[k]);
    fit_system system = {tr.nframes, basis->ncolumns, tr.rows, weight, fold, recipe->folds, basis->gamma};
    status = fit_solve(&system, ridge >= 0 ? ridge : recipe->ridge, cv, &s, err);
  }
  const bool linear = basis && basis->ndensity == 1;
  if (status == LISI_OK && linear)
    status = tabulate_all(&tr, &te, basis, &s, recipe->folds, fold, &et, &es, &ev, err);
  else if (status == LISI_OK) {
    train_frames frames = {&tr, basis, weight, fold, recipe->folds};
    status = train_densities(&frames, &s, recipe->steps, cv, quiet, &several, &several_heldout, err);
    if (status == LISI_OK)
      status = train_densities_errors(&tr, basis, several, NULL, &et, err);
    if (status == LISI_OK)
      status = train_densities_errors(&te, basis, several, NULL, &es, err);
    if (status == LISI_OK && cv)
      status = train_densities_errors(&tr, basis, several_heldout, fold, &ev, err);
  }
  if (status == LISI_OK)
    status = fit_basis_model(basis, linear ? s.coefficient : several, &model, err);
  if (status == LISI_OK && linear) { /* active sets are those of a linear model */
    report = calloc((size_t)basis->nelements, sizeof *report);
    status = report ? make_sidecar(&tr, basis, model, s.coefficient, &sidecar, report, err)
                    : lisi_no_memory(err, sizeof *report);
  }
  if (status == LISI_OK)
    status = describe(model, &tr, basis, &s, &et, &es, err);
  if (status == LISI_OK)
    status = sidecar ? write_files(model, sidecar, out, side, &nbytes, err) : write_model(model, out, err);
  if (status == LISI_OK && sidecar)
    print_active(basis, report, side, nbytes, quiet);
  else if (status == LISI_OK)
    print_no_sidecar(side, quiet);
  if (status == LISI_OK && !quiet) {
    for (int g = 0; g < s.ngrid; g++)
      printf("ridge %9.3g: cross-validation loss %.6g%s\n", s.grid[g], s.loss[g], s.grid[g] == s.ridge ? "  <-" : "");
    printf("\n%d training frames, ridge %.3g, ", tr.nframes, s.ridge);
    if (linear)
      printf("%d effective parameters of %d\n", s.rank, basis->ncolumns);
    else
      printf("%d coefficients\n", basis->ndensity * basis->ncolumns);
    fit_errors_print(&et, stdout);
    if (linear ? s.heldout != NULL : cv) {
      printf("\ncross-validation on the training frames, %d folds\n", recipe->folds);
      fit_errors_print(&ev, stdout);
    }
    if (te.nframes) {
      printf("\n%d test frames, not in the fit\n", te.nframes);
      fit_errors_print(&es, stdout);
    }
  }
  if (status == LISI_OK && plot)
    status = picture_of_fit(plot, model, tr.nsets, tr.set, te.nsets, te.set, err);
  ace_model_free(model);
  ace_sidecar_free(sidecar);
  free(report);
  free(side);
  fit_errors_free(&et);
  fit_errors_free(&es);
  fit_errors_free(&ev);
  fit_solution_free(&s);
  free(several);
  free(several_heldout);
  free(fold);
  free(weight);
  data_free(&tr);
  data_free(&te);
  fit_basis_free(basis);
  fit_recipe_free(recipe);
  return status;
}

int command_train(int argc, char **argv) {
  static const struct option options[] = {{"help", no_argument, 0, 'h'},  {"ridge", required_argument, 0, 'r'},
                                          {"cv", no_argument, 0, 'c'},    {"plot", required_argument, 0, 'p'},
                                          {"quiet", no_argument, 0, 'q'}, {0, 0, 0, 0}};
  const char *out = NULL, *plot = NULL;
  double ridge = -1;
  bool cv = false, quiet = false;
  for (int c; (c = getopt_long(argc, argv, "o:h", options, NULL)) != -1;) {
    char *end;
    switch (c) {
    case 'h':
      fputs(help, stdout);
      return 0;
    case 'o':
      out = optarg;
      break;
    case 'c':
      cv = true;
      break;
    case 'p':
      plot = optarg;
      break;
    case 'q':
      quiet = true;
      break;
    case 'r':
      ridge = strtod(optarg, &end);
      if (*end || end == optarg || !(ridge >= 0) || !isfinite(ridge))
        return lisi_fit_usage("train", "--ridge: expected a number >= 0, found '%s'", optarg);
      break;
    default:
      return 2;
    }
  }
  if (argc - optind != 1)
    return lisi_fit_usage("train", "expected one recipe, found %d", argc - optind);
  if (!out)
    return lisi_fit_usage("train", "-o MODEL.yace is missing");
  lisi_error err = {0};
  progress_catch_interrupt();
  if (train(argv[optind], out, plot, ridge, cv, quiet, &err) != LISI_OK)
    return lisi_fit_report(&err);
  return 0;
}
