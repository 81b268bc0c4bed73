/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm report: makes the page of an output folder again. */
#include "report.h"

#include "cli.h"
#include "commands.h"

#include <stdio.h>

lisi_status report_write(const char *folder, lisi_error *err) {
  report_data data;
  report_network net = {0};
  bool gnuplot = false, graphviz = false;
  lisi_status status = report_open(folder, &data, err);
  if (status != LISI_OK)
    return status;
  status = report_network_read(&data, &net, err);
  if (status == LISI_OK)
    status = report_plots(&data, &gnuplot, err);
  if (status == LISI_OK)
    status = report_draw_network(&data, &net, &graphviz, err);
  if (status == LISI_OK)
    status = report_html(&data, &net, gnuplot, graphviz, err);
  if (status == LISI_OK && !gnuplot)
    cli_warn("gnuplot could not draw everything: the report has tables, data files and scripts, but not all pictures");
  if (status == LISI_OK && net.nsites > 0 && !graphviz)
    cli_warn("neato (Graphviz) could not be run: the report has no picture of the network");
  report_network_free(&net);
  report_close(&data);
  return status;
}

int cmd_report(int argc, char **argv) {
  const cli_option options[] = {{0}};
  const cli_command command = {
      "report", "FOLDER",
      "Makes report.html and its pictures in a folder written by `lisi-msm build -o FOLDER`, from model.yaml and the "
      "network\n"
      "files there. Data files (.dat), gnuplot scripts (.gp) and network.dot stay beside the pictures.",
      "  lisi-msm report out/\n", options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  lisi_error err = {0};
  lisi_status result = args.npositional == 1
                           ? LISI_OK
                           : lisi_fail(&err, LISI_ERR_INPUT, "expected one folder, found %d", args.npositional);
  if (result == LISI_OK)
    result = report_write(args.positional[0], &err);
  if (result == LISI_OK)
    printf("written: %s/report.html\n", args.positional[0]);
  return cli_end(&command, &args, result, &err);
}
