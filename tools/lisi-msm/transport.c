/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm transport: what a given jump network adds up to. */
#include "analysis.h"
#include "commands.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static lisi_status take_msd_list(const cli_numbers *list, msm_result *result, lisi_error *err) {
  static const double usual[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
  const double *from = list->given && !list->automatic ? list->value : usual;
  const int n = list->given && !list->automatic ? list->n : (int)(sizeof usual / sizeof *usual);
  result->n = malloc((size_t)n * sizeof *result->n);
  if (result->n == NULL)
    return lisi_no_memory(err, (size_t)n * sizeof *result->n);
  for (int k = 0; k < n; k++) {
    if (from[k] < 0 || from[k] != floor(from[k]) || from[k] > 1e12)
      return lisi_fail(err, LISI_ERR_INPUT, "--msd: expected whole numbers of lags (0 to 1e12), found %g", from[k]);
    result->n[k] = from[k];
  }
  result->nn = n;
  return LISI_OK;
}

static void print_msd(const msm_result *r) {
  printf("\n%12s %16s\n", "n (lags)", "MSD (A^2)");
  for (int k = 0; k < r->nn; k++)
    printf("%12.0f %16.10g\n", r->n[k], msm_msd(&r->model[0], r->n[k]));
}

int cmd_transport(int argc, char **argv) {
  const char *file = NULL, *out = NULL;
  cli_numbers msd = {0};
  bool json = false;
  const cli_option options[] = {
      {"network", CLI_TEXT, &file, "FILE", "the jump network: {cell, sites, jumps: [[i,j,nx,ny,nz,p],...], lag}"},
      {"msd", CLI_NUMBERS, &msd, "LIST", "print the MSD after these numbers of lags"},
      {"o", CLI_TEXT, &out, "FOLDER", "also write model.yaml, the matrix and a report there"},
      {"json", CLI_FLAG, &json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "transport", "--network FILE [options]",
      "Diffusion tensor, mean-square displacement and time scales of a jump network: sites of a periodic cell and the\n"
      "probabilities p per lag of going from site i to site j, (nx,ny,nz) cells away. i and j count from 1; entries "
      "that\n"
      "repeat add up; what is missing to 1 stays. Detailed balance is not required.",
      "  lisi-msm transport --network net.yaml --msd 1,2,3,10,50 --json\n"
      "  lisi-msm transport --network out/network_1.yaml        # a model that build has written\n",
      options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  lisi_error err = {0};
  msm_result r = {.source = "network", .time_in_ps = true, .reported = -1};
  const char *const input[1] = {file};
  network net = {0};
  lisi_status result = LISI_OK;
  if (args.npositional > 0)
    result = lisi_fail(&err, LISI_ERR_INPUT, "unexpected argument '%s' (the network is given by --network FILE)",
                       args.positional[0]);
  else if (file == NULL)
    result = lisi_fail(&err, LISI_ERR_INPUT, "--network FILE is missing");
  if (result == LISI_OK)
    result = take_msd_list(&msd, &r, &err);
  if (result == LISI_OK)
    result = network_load(file, &net, &err);
  if (result == LISI_OK) {
    r.model = calloc(1, sizeof *r.model);
    r.command = command_line(argc, argv);
    r.file = input;
    r.nfiles = 1;
    result = r.model == NULL || r.command == NULL ? lisi_no_memory(&err, sizeof *r.model)
                                                  : msm_from_network(&net, r.model, &err);
  }
  if (result == LISI_OK) {
    r.nmodels = 1;
    int *all = malloc((size_t)net.space.n * sizeof *all);
    for (int k = 0; all != NULL && k < net.space.n; k++)
      all[k] = k;
    result = all == NULL ? lisi_no_memory(&err, sizeof *all)
                         : state_space_pick(&net.space, all, net.space.n, &r.space, &err);
    free(all);
  }
  if (result == LISI_OK) {
    msm_result_choose_lag(&r);
    msm_result_compare(&r);
    result = show_result(&r, json, out, &err);
    if (result == LISI_OK && !json)
      print_msd(&r);
  }
  network_free(&net);
  msm_result_free(&r);
  return cli_end(&command, &args, result, &err);
}
