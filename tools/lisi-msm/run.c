/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm run: assign, build and report in one go. */
#include "analysis.h"
#include "commands.h"
#include "out_file.h"
#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls assign with the dumps and every option that is set, as --name=value. */
static lisi_status assign(const cli_args *dumps, int n, const char *const names[], const char *const values[],
                          const char *log, int *exit_status, lisi_error *err) {
  char name[] = "assign", o[] = "-o";
  char **argv = calloc((size_t)(dumps->npositional + n) + 5, sizeof *argv);
  if (argv == NULL)
    return lisi_no_memory(err, 64);
  int argc = 0;
  argv[argc++] = name;
  for (int k = 0; k < dumps->npositional; k++)
    argv[argc++] = dumps->positional[k];
  const int first = argc;
  bool complete = true;
  for (int k = 0; k < n; k++)
    if (values[k] != NULL) {
      complete = complete && asprintf(&argv[argc], "--%s=%s", names[k], values[k]) >= 0;
      argc++;
    }
  const int last = argc;
  argv[argc++] = o;
  argv[argc] = strdup(log);
  complete = complete && argv[argc++] != NULL;
  if (complete)
    *exit_status = cmd_assign(argc, argv);
  for (int k = first; k < last; k++)
    free(argv[k]);
  free(argv[last + 1]);
  free(argv);
  return complete ? LISI_OK : lisi_no_memory(err, 64);
}

int cmd_run(int argc, char **argv) {
  build_options o = build_defaults();
  const char *sites = NULL, *species = NULL, *map = NULL, *dt = NULL, *core = NULL, *sphere = NULL, *dwell = NULL,
             *timestep = NULL, *framework = NULL, *replicate = NULL, *temperature = NULL;
  const cli_option options[] = {
      {"sites", CLI_TEXT, &sites, "FILE", "the site file"},
      {"species", CLI_TEXT, &species, "NAME", "element that moves (as for assign)"},
      {"map", CLI_TEXT, &map, "LIST", "elements of numeric types, for example 1=Li,2=Si"},
      {"dt", CLI_TEXT, &dt, "PS", "time between frames, where the dump has no time"},
      {"timestep", CLI_TEXT, &timestep, "PS", "time step of the run, instead of --dt"},
      {"framework", CLI_TEXT, &framework, "LIST", "elements of the host; none: take no drift off"},
      {"replicate", CLI_TEXT, &replicate, "NX,NY,NZ", "unit cells in the box (found from the box)"},
      {"temperature", CLI_TEXT, &temperature, "K", "noted in the log"},
      {"core", CLI_TEXT, &core, "R", "a Li changes site only when it comes within R of another one (Angstrom)"},
      {"sphere", CLI_TEXT, &sphere, "R", "a Li is in a site only within R"},
      {"dwell", CLI_TEXT, &dwell, "N", "samples in the new site that confirm a jump"},
      {"lags", CLI_LAGS, &o.lags, "LIST", "lag times in ps, A..B:N, auto:N or auto (default), as for build"},
      {"estimator", CLI_TEXT, &o.estimator, "NAME", "reversible (default), row, fixed-pi, rate, or plain"},
      {"pi", CLI_TEXT, &o.pi_file, "FILE", "fixed-pi: the stationary distribution"},
      {"prior", CLI_DOUBLE, &o.prior, "ALPHA", "counts added to each pair of states that was seen, both ways (0)"},
      {"fold", CLI_TEXT, &o.fold, "WHEN", "auto (default), yes, no, or symmetry"},
      {"compare-plain", CLI_FLAG, &o.compare_plain, NULL, "the published procedure beside the model, as for build"},
      {"blocks", CLI_INT, &o.blocks, "N", "time blocks that errors come from (20)"},
      {"errors", CLI_TEXT, &o.errors, "SOURCE", "bootstrap (default), bayes, or both"},
      {"samples", CLI_INT, &o.samples, "N", "resamples of each kind, 0 = no errors"},
      {"resamples", CLI_INT, &o.resamples, "N", "the same as --samples"},
      {"charge", CLI_DOUBLE, &o.charge, "E", "of a lithium, for the conductivity (1)"},
      {"seed", CLI_INT, &o.seed, "N", "seed of the resamples (1)"},
      {"o", CLI_TEXT, &o.out, "FOLDER", "write run.jumps, model.yaml and the report there"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "run", "traj.dump[.gz] ... --sites FILE [options]",
      "From a trajectory to models in one go: `assign`, then `build`. See there for what the options mean.",
      "  lisi-msm run traj.dump --sites sites.yaml --core 1.0 --lags auto -o out/\n", options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  lisi_error err = {0};
  lisi_status result = LISI_OK;
  if (args.npositional == 0)
    result = lisi_fail(&err, LISI_ERR_INPUT, "no trajectory given");
  else if (sites == NULL)
    result = lisi_fail(&err, LISI_ERR_INPUT, "--sites FILE is missing");
  char log[4096] = "", folder[4000] = "";
  bool temporary = false;
  if (result == LISI_OK && o.out != NULL) {
    if (snprintf(log, sizeof log, "%s/run.jumps", o.out) >= (int)sizeof log)
      result = lisi_fail(&err, LISI_ERR_INPUT, "%s: the path is too long", o.out);
    else
      result = out_folder(o.out, &err);
  } else if (result == LISI_OK) {
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || *parent == '\0')
      parent = P_tmpdir;
    temporary =
        snprintf(folder, sizeof folder, "%s/lisi-msm.XXXXXX", parent) < (int)sizeof folder && mkdtemp(folder) != NULL;
    if (!temporary)
      result = lisi_fail(&err, LISI_ERR_IO, "no temporary folder can be made in %s", parent);
    snprintf(log, sizeof log, "%s/run.jumps", folder);
  }
  const char *const names[] = {"sites", "species",  "map",       "dt",        "core",       "sphere",
                               "dwell", "timestep", "framework", "replicate", "temperature"};
  const char *const values[] = {sites, species,  map,       dt,        core,       sphere,
                                dwell, timestep, framework, replicate, temperature};
  int assigned = 0;
  if (result == LISI_OK)
    result = assign(&args, 11, names, values, log, &assigned, &err);
  if (result == LISI_OK && assigned == 0) {
    progress_catch_interrupt();
    char *one[1] = {log};
    result = build_and_show(1, one, &o, command_line(argc, argv), &err);
  }
  if (temporary) {
    char beside[4200];
    snprintf(beside, sizeof beside, "%s.msd", log);
    (void)unlink(log);
    (void)unlink(beside);
    (void)rmdir(folder);
  }
  status = cli_end(&command, &args, result, &err);
  return status != 0 ? status : assigned;
}
