/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm report: makes the page of an output folder again. */
#include "report.h"

#include "cli.h"
#include "commands.h"
#include "doc_tree.h"

#include <stdio.h>

lisi_status report_write(const char *folder, report_drawn *drawn, lisi_error *err) {
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
    status = report_graphml(&data, &net, err);
  if (status == LISI_OK)
    status = report_html(&data, &net, gnuplot, graphviz, err);
  if (status == LISI_OK && !gnuplot)
    cli_warn("gnuplot could not draw everything: the report has tables, data files and scripts, but not all pictures");
  if (status == LISI_OK && net.nsites > 0 && !graphviz)
    cli_warn("neato (Graphviz) could not be run: the report has no picture of the network");
  if (drawn != NULL)
    *drawn = (report_drawn){gnuplot, graphviz};
  report_network_free(&net);
  report_close(&data);
  return status;
}

int cmd_report(int argc, char **argv) {
  bool json = false;
  const cli_option options[] = {{"json", CLI_FLAG, &json, NULL, "print what was made as JSON"}, {0}};
  const cli_command command = {
      "report", "FOLDER [options]",
      "Makes report.html and its pictures in a folder written by `lisi-msm build -o FOLDER`, from model.yaml and the "
      "network\n"
      "files there. Data files (.dat), gnuplot scripts (.gp), network.dot and network.graphml stay beside\nthe "
      "pictures.",
      "  lisi-msm report out/\n", options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  lisi_error err = {0};
  report_drawn drawn = {false, false};
  lisi_status result = LISI_OK;
  if (args.npositional != 1)
    result = lisi_fail(&err, LISI_ERR_INPUT, "expected one folder, found %d", args.npositional);
  if (result == LISI_OK)
    result = report_write(args.positional[0], &drawn, &err);
  if (result == LISI_OK && json) {
    doc_tree *doc = doc_new();
    doc_text(doc, DOC_ROOT, "folder", args.positional[0]);
    doc_text(doc, DOC_ROOT, "report", "report.html");
    doc_bool(doc, DOC_ROOT, "curves_drawn", drawn.gnuplot);
    doc_bool(doc, DOC_ROOT, "network_drawn", drawn.graphviz);
    result = doc_print_json(doc, stdout, &err);
    doc_free(doc);
  } else if (result == LISI_OK)
    printf("written: %s/report.html\n", args.positional[0]);
  return cli_end(&command, &args, result, &err);
}
