/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit test: errors of any .yace model on reference data, through the evaluator that MD uses. */
#include "fit_errors.h"
#include "lisi_fit.h"
#include "picture.h"
#include "predict.h"
#include "progress.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "lisi-fit test MODEL.yace DATA.xyz ... [options]\n"
    "\n"
    "Prints RMSE and MAE of energies, forces and virials by config_type. DATA is extended XYZ "
    "(eV, Angstrom), plain or gzip.\n"
    "\n"
    "  --max-energy-rmse X     exit 1 if the energy RMSE of all frames is above X meV/atom\n"
    "  --max-energy-mae X      the same for the MAE\n"
    "  --max-force-rmse X      force RMSE, meV/Angstrom\n"
    "  --max-force-mae X\n"
    "  --max-force-relative X  force RMSE in per cent of the RMS reference force\n"
    "  --max-virial-rmse X     meV/atom\n"
    "  --energy-key NAME, --forces-key, --virial-key, --stress-key, --group-key    other names "
    "of the quantities in DATA\n"
    "  --plot DIR              pictures of model against reference in the folder DIR, with their "
    "data and gnuplot scripts\n"
    "  --json                  the table as JSON on stdout (eV, Angstrom)\n"
    "  --help\n";

enum { NLIMITS = 6 };
static const char *const limit_name[NLIMITS] = {"energy-rmse", "energy-mae",     "force-rmse",
                                                "force-mae",   "force-relative", "virial-rmse"};
static const char *const limit_unit[NLIMITS] = {"meV/atom",     "meV/atom", "meV/Angstrom",
                                                "meV/Angstrom", "%",        "meV/atom"};

/* Where the predictions go: the table of errors and, with --plot, the pictures. */
typedef struct {
  fit_error_table *table;
  picture *picture;
} sink;

static lisi_status compare(void *context, const xyz_set *set, const xyz_frame *f, double energy, const double *force,
                           const double *virial, lisi_error *err) {
  const sink *to = context;
  lisi_status status = fit_errors_add(to->table, f, energy, force, virial, err);
  if (status == LISI_OK && to->picture)
    status = picture_add(to->picture, set, f, energy, force, virial, err);
  return status;
}

static lisi_status check_frames(const xyz_set *set, lisi_error *err) {
  for (int k = 0; k < set->nframes; k++) {
    const xyz_frame *f = &set->frame[k];
    if (!f->force || !f->has_energy)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the frame has no %s to compare with (is the key's name another?)",
                       set->name, f->line, f->has_energy ? "forces" : "energy");
  }
  return LISI_OK;
}

static lisi_status run(int nfiles, char **file, const xyz_keys *keys, const char *folder, fit_error_table *table,
                       lisi_error *err) {
  ace_model *model;
  sink to = {table, NULL};
  char warnings[2000] = "";
  int nsets = 0;
  lisi_status status = ace_model_load(file[0], &model, warnings, sizeof warnings, err);
  if (status != LISI_OK)
    return status;
  if (*warnings)
    fprintf(stderr, "lisi-fit: warning: %s\n", warnings);
  xyz_set **set = calloc((size_t)nfiles, sizeof *set);
  status = set ? fit_errors_init(table, err) : lisi_no_memory(err, (size_t)nfiles * sizeof *set);
  for (; nsets + 1 < nfiles && status == LISI_OK; nsets += status == LISI_OK)
    status = xyz_load(file[nsets + 1], keys, &set[nsets], err);
  for (int k = 0; k < nsets && status == LISI_OK; k++)
    status = check_frames(set[k], err);
  fit_check_set *looked = malloc((size_t)nfiles * sizeof *looked);
  if (status == LISI_OK && !looked)
    status = lisi_no_memory(err, (size_t)nfiles * sizeof *looked);
  if (status == LISI_OK) {
    for (int k = 0; k < nsets; k++)
      looked[k] = (fit_check_set){set[k], true, false};
    status = lisi_fit_check(looked, nsets, model->nelements, model->element, model->E0, err);
  }
  free(looked);
  if (status == LISI_OK && folder)
    status = picture_open(folder, model, &to.picture, err);
  if (status == LISI_OK)
    status = predict_sets(model, nsets, set, compare, &to, err);
  if (status == LISI_OK && folder)
    status = picture_draw(to.picture, err);
  picture_free(to.picture);
  for (int k = 0; k < nsets; k++)
    xyz_free(set[k]);
  free(set);
  ace_model_free(model);
  return status;
}

/* 1 when a limit is exceeded (or its quantity is missing), with a line for each. */
static int judge(const fit_error_table *table, const double *limit) {
  fit_error_figures x = fit_errors_figures(&table->group[0]);
  double value[NLIMITS] = {1e3 * x.energy_rmse, 1e3 * x.energy_mae,     1e3 * x.force_rmse,
                           1e3 * x.force_mae,   100 * x.force_relative, 1e3 * x.virial_rmse};
  int worst = 0;
  for (int k = 0; k < NLIMITS; k++)
    if (!isnan(limit[k]) && !(value[k] <= limit[k])) {
      fprintf(stderr, "lisi-fit: %s is %.4g %s, above the limit of %.4g\n", limit_name[k], value[k], limit_unit[k],
              limit[k]);
      worst = 1;
    }
  return worst;
}

int command_test(int argc, char **argv) {
  static const struct option options[] = {{"max-energy-rmse", required_argument, 0, 1000},
                                          {"max-energy-mae", required_argument, 0, 1001},
                                          {"max-force-rmse", required_argument, 0, 1002},
                                          {"max-force-mae", required_argument, 0, 1003},
                                          {"max-force-relative", required_argument, 0, 1004},
                                          {"max-virial-rmse", required_argument, 0, 1005},
                                          {"energy-key", required_argument, 0, 2000},
                                          {"forces-key", required_argument, 0, 2001},
                                          {"virial-key", required_argument, 0, 2002},
                                          {"stress-key", required_argument, 0, 2003},
                                          {"group-key", required_argument, 0, 2004},
                                          {"plot", required_argument, 0, 'p'},
                                          {"json", no_argument, 0, 'j'},
                                          {"help", no_argument, 0, 'h'},
                                          {0, 0, 0, 0}};
  double limit[NLIMITS] = {NAN, NAN, NAN, NAN, NAN, NAN};
  xyz_keys keys = {0};
  const char **key[] = {&keys.energy, &keys.forces, &keys.virial, &keys.stress, &keys.group};
  const char *folder = NULL;
  bool json = false;
  for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
    if (c == 'h') {
      fputs(help, stdout);
      return 0;
    }
    if (c == 'j')
      json = true;
    else if (c == 'p')
      folder = optarg;
    else if (c >= 2000)
      *key[c - 2000] = optarg;
    else if (c >= 1000) {
      char *end;
      double x = strtod(optarg, &end);
      if (*end || end == optarg || !(x >= 0) || !isfinite(x))
        return lisi_fit_usage("test", "--max-%s: expected a number >= 0, found '%s'", limit_name[c - 1000], optarg);
      limit[c - 1000] = x;
    } else
      return 2;
  }
  if (argc - optind < 2)
    return lisi_fit_usage("test", "expected a model and at least one data file");
  lisi_error err = {0};
  fit_error_table table = {0};
  progress_catch_interrupt();
  int result = 0;
  if (run(argc - optind, argv + optind, &keys, folder, &table, &err) != LISI_OK)
    result = lisi_fit_report(&err);
  else {
    if (json)
      fit_errors_json(&table, stdout);
    else
      fit_errors_print(&table, stdout);
    result = judge(&table, limit);
    if (fflush(stdout) != 0 && result == 0)
      result = 1;
  }
  fit_errors_free(&table);
  return result;
}
