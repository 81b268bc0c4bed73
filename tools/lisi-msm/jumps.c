/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm jumps: jump logs -> occupancies, residence times, rates, recrossings, strings. */
#include "jumps.h"

#include "analysis.h"
#include "cli.h"
#include "commands.h"
#include "input_files.h"
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A time window as a number of samples; at least the next sample. */
static lisi_status window_of(const path_set *paths, double ps, const char *option, long long *samples,
                             lisi_error *err) {
  if (!(ps > 0.0) || ps / paths->dt > 1e15)
    return lisi_fail(err, LISI_ERR_INPUT, "--%s: expected a time above 0 ps, found %g", option, ps);
  *samples = llround(ps / paths->dt);
  if (*samples < 1)
    *samples = 1;
  return LISI_OK;
}

static lisi_status analyse(jumps_result *r, orbit_kind kind, double shell, int blocks, int trials, long seed,
                           lisi_error *err) {
  jump_list list = {0};
  bool *use = NULL;
  long long recross = 0, window = 0;
  lisi_status status = paths_from_jump_logs(r->nfiles, (const char *const *)r->file, &r->paths, err);
  if (status != LISI_OK)
    return status;
  tell_cut_logs(&r->paths, r->file);
  status = window_of(&r->paths, r->recross, "recross", &recross, err);
  if (status == LISI_OK)
    status = window_of(&r->paths, r->window, "window", &window, err);
  r->recross = (double)recross * r->paths.dt;
  r->window = (double)window * r->paths.dt;
  if (status == LISI_OK)
    status = jump_list_make(&r->paths, &list, err);
  const jump_stats_options options = {.recross = recross, .shell = shell, .blocks = blocks};
  if (status == LISI_OK)
    status = jump_stats_make(&r->paths, &list, kind, &options, &r->stats, err);
  if (status == LISI_OK && r->lasting) {
    use = malloc((list.njumps + 1) * sizeof *use);
    if (use == NULL)
      status = lisi_no_memory(err, list.njumps + 1);
    for (size_t k = 0; use != NULL && k < list.njumps; k++)
      use[k] = true;
    for (size_t k = 0; use != NULL && k < list.njumps; k++)
      if (use[k] && jump_is_undone(&list, k, recross, NULL))
        use[k] = use[k + 1] = false; /* the way there and the way back */
  }
  if (status == LISI_OK) {
    progress bar = progress_start("strings");
    status = jump_strings_find(&r->paths, &list, use, window, trials, (uint64_t)seed, &bar, &r->strings, err);
    progress_end(&bar);
  }
  free(use);
  jump_list_free(&list);
  return status;
}

static lisi_status present(const jumps_result *r, const char *out, bool json, lisi_error *err) {
  lisi_status status = LISI_OK;
  bool drawn = false;
  if (out != NULL)
    status = jumps_write(r, out, &drawn, err);
  if (status != LISI_OK)
    return status;
  if (json) {
    doc_tree *doc = jumps_tree(r);
    status = doc_print_json(doc, stdout, err);
    doc_free(doc);
  } else {
    jumps_print(r);
  }
  if (out != NULL)
    cli_note("%s/jumps.yaml and survival.%s are written", out, drawn ? "svg" : "dat (no gnuplot, no picture)");
  if (r->stats.njumps < 1.0)
    cli_warn("no atom jumps: residence times are lower bounds only");
  return status;
}

int cmd_jumps(int argc, char **argv) {
  const char *out = NULL, *by = "label";
  double recross = 1.0, window = 1.0, shell = 0.1;
  long blocks = 10, trials = 20, seed = 1;
  bool json = false, lasting = false;
  const cli_option options[] = {
      {"by", CLI_TEXT, &by, "WHAT",
       "orbits: label (sites with one label together, default) or site (each of the unit cell)"},
      {"recross", CLI_DOUBLE, &recross, "PS", "a jump that goes back to where it came from within PS is undone (1)"},
      {"window", CLI_DOUBLE, &window, "PS",
       "strings: one atom enters the site that another leaves, at most PS apart (1)"},
      {"lasting", CLI_FLAG, &lasting, NULL, "strings: leave out jumps that are undone"},
      {"trials", CLI_INT, &trials, "N", "strings: shifted copies that tell how many there are by chance (20)"},
      {"shell", CLI_DOUBLE, &shell, "A", "jump distances closer than this belong together (0.1)"},
      {"blocks", CLI_INT, &blocks, "N", "time blocks of each log, and groups of atoms, that errors come from (10)"},
      {"seed", CLI_INT, &seed, "N", "of the shifted copies (1)"},
      {"o", CLI_TEXT, &out, "FOLDER", "write jumps.yaml and the survival curves there"},
      {"json", CLI_FLAG, &json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "jumps", "run.jumps[.gz] ... [-o out/] [options]",
      "What the jumps are: occupancies and residence times of each orbit, rates by pair of orbits and distance, the "
      "share of jumps that\n"
      "are undone, the transition matrix, and strings of atoms that jump together, each with one standard error.",
      "  lisi-msm jumps run.jumps -o out/\n"
      "  lisi-msm jumps a.jumps b.jumps.gz --window 0.5 --lasting --json\n",
      options};
  cli_args args;
  int exit_status;
  if (!cli_parse(&command, argc, argv, &args, &exit_status))
    return exit_status;
  lisi_error err = {0};
  lisi_status status = LISI_OK;
  char *line = command_line(argc, argv);
  jumps_result r = {.command = line != NULL ? line : "lisi-msm jumps",
                    .nfiles = args.npositional,
                    .file = args.positional,
                    .recross = recross,
                    .window = window,
                    .lasting = lasting};
  orbit_kind kind = ORBIT_LABEL;
  if (strcmp(by, "site") == 0)
    kind = ORBIT_SITE;
  else if (strcmp(by, "label") != 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--by: expected label or site, found '%.40s'", by);
  if (status == LISI_OK && args.npositional == 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "no jump log given");
  if (status == LISI_OK && !(shell >= 0.0))
    status = lisi_fail(&err, LISI_ERR_INPUT, "--shell: expected a length from 0 Angstrom, found %g", shell);
  if (status == LISI_OK && (blocks < 2 || blocks > 10000))
    status = lisi_fail(&err, LISI_ERR_INPUT, "--blocks: expected an integer from 2 to 10000, found %ld", blocks);
  if (status == LISI_OK && (trials < 0 || trials > 100000))
    status = lisi_fail(&err, LISI_ERR_INPUT, "--trials: expected an integer from 0 to 100000, found %ld", trials);
  if (status == LISI_OK)
    status = refuse_same_file(args.npositional, args.positional, &err);
  if (status == LISI_OK) {
    progress_catch_interrupt();
    status = analyse(&r, kind, shell, (int)blocks, (int)trials, seed, &err);
  }
  if (status == LISI_OK)
    status = present(&r, out, json, &err);
  jump_stats_free(&r.stats);
  path_set_free(&r.paths);
  free(line);
  return cli_end(&command, &args, status, &err);
}
