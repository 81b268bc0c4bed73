/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm merge: counts of several trajectories -> the counts of all of them together. */
#include "cli.h"
#include "commands.h"
#include "counts_file.h"
#include "doc_tree.h"
#include "input_files.h"
#include "out_file.h"
#include "paths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end) {
  const size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

/* Counts a jump log at the lags given (ps); the paths' state space moves into the set. */
static lisi_status count_log(char *file, const cli_numbers *lags, int blocks, counts_set *set, lisi_error *err) {
  memset(set, 0, sizeof *set);
  path_set paths = {0};
  lisi_status status = paths_from_jump_logs(1, (const char *const *)&file, &paths, err);
  if (status != LISI_OK)
    return status;
  tell_cut_logs(&paths, &file);
  set->lag = calloc((size_t)lags->n, sizeof *set->lag);
  if (set->lag == NULL)
    status = lisi_no_memory(err, (size_t)lags->n * sizeof *set->lag);
  for (int k = 0; k < lags->n && status == LISI_OK; k++) {
    long long lag;
    status = path_set_lag(&paths, lags->value[k], &lag, err);
    if (status == LISI_OK)
      status = counts_from_paths(&paths, lag, 1, counts_time_blocks(&paths, lag, blocks), 1, &set->lag[k], err);
    set->nlags += status == LISI_OK;
  }
  set->space = paths.space;
  memset(&paths.space, 0, sizeof paths.space);
  set->dt = paths.dt;
  memcpy(set->replicate, paths.replicate, sizeof set->replicate);
  set->nsites_unit = paths.nsites_unit;
  set->nwalkers = paths.nwalkers;
  set->temperature = paths.temperature;
  set->nearest_site = paths.nearest_site;
  path_set_free(&paths);
  if (status != LISI_OK)
    counts_set_free(set);
  return status;
}

static lisi_status read_one(char *file, const cli_numbers *lags, int blocks, counts_set *set, lisi_error *err) {
  if (ends_with(file, ".counts"))
    return counts_file_read(file, set, err);
  if (lags->n == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a .counts file, or a jump log and --lags (ps) to count it at",
                     file);
  return count_log(file, lags, blocks, set, err);
}

static void show(const counts_set *set, int nfiles, const char *out) {
  printf("%s: %d file%s, %d states, %d atoms\n", out, nfiles, nfiles == 1 ? "" : "s", set->space.n, set->nwalkers);
  printf("%12s %16s %10s %8s\n", "lag (ps)", "pairs", "entries", "blocks");
  for (int k = 0; k < set->nlags; k++)
    printf("%12g %16.15g %10zu %8d\n", (double)set->lag[k].lag * set->dt, count_table_sum(&set->lag[k].total),
           set->lag[k].total.n, set->lag[k].blocks.nparts);
}

static lisi_status show_json(const counts_set *set, int nfiles, const char *out, lisi_error *err) {
  doc_tree *doc = doc_new();
  doc_text(doc, DOC_ROOT, "counts", out);
  doc_integer(doc, DOC_ROOT, "files", nfiles);
  doc_integer(doc, DOC_ROOT, "states", set->space.n);
  doc_integer(doc, DOC_ROOT, "n_Li", set->nwalkers);
  doc_number(doc, DOC_ROOT, "sampling", set->dt);
  const doc_ref lags = doc_list(doc, DOC_ROOT, "lags");
  for (int k = 0; k < set->nlags; k++) {
    const doc_ref item = doc_map(doc, lags, NULL);
    doc_number(doc, item, "lag", (double)set->lag[k].lag * set->dt);
    doc_number(doc, item, "pairs", count_table_sum(&set->lag[k].total));
    doc_integer(doc, item, "entries", (long long)set->lag[k].total.n);
    doc_integer(doc, item, "blocks", set->lag[k].blocks.nparts);
  }
  const lisi_status status = doc_print_json(doc, stdout, err);
  doc_free(doc);
  return status;
}

int cmd_merge(int argc, char **argv) {
  const char *out = NULL;
  cli_numbers lags = {0};
  long blocks = 20;
  bool json = false;
  const cli_option options[] = {
      {"o", CLI_TEXT, &out, "FILE", "the counts to write, a name in .counts"},
      {"lags", CLI_NUMBERS, &lags, "LIST", "jump logs: count them at these lag times (ps)"},
      {"blocks", CLI_INT, &blocks, "N", "jump logs: time blocks of each, which errors come from (20)"},
      {"json", CLI_FLAG, &json, NULL, "print the summary as JSON"},
      {0}};
  const cli_command command = {
      "merge", "a.counts b.counts ... -o all.counts | run.jumps[.gz] ... --lags LIST -o run.counts",
      "Adds up counts of transitions: one job per trajectory on a cluster, and one model of all of them. The sum is "
      "the "
      "count of all\n"
      "trajectories together, exactly; files with other sites, lags, sampling or assignment are refused. Jump logs are "
      "counted first.",
      "  lisi-msm merge job1.counts job2.counts job3.counts -o all.counts\n"
      "  lisi-msm merge run.jumps --lags 0.5,1,2,5 -o run.counts\n"
      "  lisi-msm build all.counts -o out/\n",
      options};
  cli_args args;
  int exit_status;
  if (!cli_parse(&command, argc, argv, &args, &exit_status))
    return exit_status;
  lisi_error err = {0};
  lisi_status status = LISI_OK;
  counts_set sum = {0};
  if (args.npositional == 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "no input: give .counts files or jump logs");
  else if (out == NULL)
    status = lisi_fail(&err, LISI_ERR_INPUT, "-o FILE, the counts to write, is missing");
  else if (!ends_with(out, ".counts")) /* what build and merge know the file by */
    status = lisi_fail(&err, LISI_ERR_INPUT, "-o %s: expected a name that ends in .counts", out);
  else if (lags.automatic)
    status = lisi_fail(&err, LISI_ERR_INPUT,
                       "--lags: expected lag times, found 'auto': logs of different length would "
                       "get different lags");
  else if (blocks < 1 || blocks > 100000)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--blocks: expected an integer from 1 to 100000, found %ld", blocks);
  if (status == LISI_OK)
    status = refuse_same_file(args.npositional, args.positional, &err);
  if (status == LISI_OK)
    status = refuse_overwriting(out, args.npositional, (const char *const *)args.positional, &err);
  for (int k = 0; k < args.npositional && status == LISI_OK; k++) {
    counts_set more = {0};
    counts_set *to = k == 0 ? &sum : &more;
    status = read_one(args.positional[k], &lags, (int)blocks, to, &err);
    if (status == LISI_OK && k > 0) {
      if (sum.temperature > 0.0 && more.temperature > 0.0 && fabs(sum.temperature - more.temperature) > 0.5)
        cli_warn("%s: a run at %g K is added to one at %g K", args.positional[k], more.temperature, sum.temperature);
      status = counts_set_merge(&sum, &more, args.positional[k], &err);
    }
    counts_set_free(&more);
  }
  if (status == LISI_OK)
    status = counts_file_write(out, &sum, &err);
  if (status == LISI_OK && json)
    status = show_json(&sum, args.npositional, out, &err);
  else if (status == LISI_OK)
    show(&sum, args.npositional, out);
  counts_set_free(&sum);
  return cli_end(&command, &args, status, &err);
}
