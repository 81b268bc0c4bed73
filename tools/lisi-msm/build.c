/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm build: jump logs, discrete trajectories or counts -> Markov state models. */
#include "analysis.h"
#include "commands.h"
#include "progress.h"

int cmd_build(int argc, char **argv) {
  build_options o = build_defaults();
  const cli_option options[] = {
      {"lags", CLI_LAGS, &o.lags, "LIST",
       "lag times: ps for jump logs, samples for --dtraj; auto (default): 1, 2, 5, 10, ...\nsamples up to a tenth "
       "of the run; auto:N: N a decade; A..B or A..B:N: a geometric\ngrid, to the nearest sample"},
      {"dtraj", CLI_TEXTS, &o.dtraj, "FILE ...",
       "plain discrete trajectories instead: one integer per line, -1 = in no state"},
      {"count-matrix", CLI_TEXT, &o.count_matrix, "FILE", "a count matrix instead: plain text or Matrix Market"},
      {"estimator", CLI_TEXT, &o.estimator, "NAME",
       "reversible (default), row, fixed-pi, rate (a rate matrix K, P = exp(K lag)), or\nplain (the published "
       "procedure)"},
      {"pi", CLI_TEXT, &o.pi_file, "FILE", "fixed-pi: the stationary distribution, a number for each state"},
      {"prior", CLI_DOUBLE, &o.prior, "ALPHA", "counts added to each pair of states that was seen, both ways (0)"},
      {"fold", CLI_TEXT, &o.fold, "WHEN",
       "average over the copies of a site in the supercell: auto (default: where they behave\nalike), yes, or no; "
       "symmetry: over the space group of framework and sites as well"},
      {"sites", CLI_TEXT, &o.sites, "FILE", "--fold symmetry of .counts files: the site file, which they do not hold"},
      {"compare-plain", CLI_FLAG, &o.compare_plain, NULL,
       "the published procedure on the same log beside the model, with what it gets wrong\n(nearest-site logs)"},
      {"begin", CLI_DOUBLE, &o.begin, "T",
       "leave out what was sampled before T (ps, or samples for --dtraj; from the start of each file)"},
      {"end", CLI_DOUBLE, &o.end, "T", "leave out what was sampled after T"},
      {"count-mode", CLI_TEXT, &o.count_mode, "MODE",
       "sliding (default), strided (every lag-th sample), or effective (sliding, scaled down\nto what they are worth "
       "as independent "
       "pairs)"},
      {"strided", CLI_FLAG, &o.strided, NULL, "--count-mode strided"},
      {"blocks", CLI_INT, &o.blocks, "N", "time blocks, and groups of walkers, that errors come from (20)"},
      {"errors", CLI_TEXT, &o.errors, "SOURCE",
       "where intervals come from: bootstrap (default; time blocks and groups of walkers), bayes\n(the posterior of "
       "the "
       "effective counts), or both"},
      {"samples", CLI_INT, &o.samples, "N",
       "resamples of each kind, 0 = no errors (200; fewer for more than 100 states)"},
      {"resamples", CLI_INT, &o.resamples, "N", "the same as --samples"},
      {"temperature", CLI_DOUBLE, &o.temperature, "K", "for the conductivity (the log's)"},
      {"charge", CLI_DOUBLE, &o.charge, "E", "of a lithium, for the conductivity (the log's, else 1)"},
      {"seed", CLI_INT, &o.seed, "N", "seed of the resamples (1)"},
      {"o", CLI_TEXT, &o.out, "FOLDER",
       "write model.yaml, matrices and the report there; without it nothing is written"},
      {"json", CLI_FLAG, &o.json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {"build", "run.jumps[.gz] ... | --dtraj FILE ... | --count-matrix FILE  [options]",
                               "Markov state models of the lithium jumps at each lag: stationary distribution, "
                               "relaxation times, diffusion tensor and\n"
                               "mean-square displacement, with errors from resampling.",
                               "  lisi-msm build run.jumps --lags 0.5,1,2,5,10 -o out/\n"
                               "  lisi-msm build a.jumps b.jumps.gz --json\n"
                               "  lisi-msm build --dtraj a.txt b.txt --lags 1,10,100\n"
                               "  lisi-msm build --count-matrix C.txt --estimator row\n",
                               options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  progress_catch_interrupt();
  lisi_error err = {0};
  const lisi_status result = build_and_show(args.npositional, args.positional, &o, command_line(argc, argv), &err);
  return cli_end(&command, &args, result, &err);
}
