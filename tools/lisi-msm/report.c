/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm report: makes the page of an output folder, again at any time. */
#include "report_page.h"

#include "checks.h"
#include "cli.h"
#include "commands.h"
#include "doc_tree.h"
#include "out_file.h"
#include "progress.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { QUICK_STATES = 60, MOST_CHECKED = 400, MOST_SETS_SITES = 1500 };

/* ---- what ck and paths have found, or find now ---- */

/* A file that another command has left in the folder belongs to this model when it is not older. */
static bool fresh(const report_data *data, const char *name) {
  char path[2][PATH_MAX];
  struct stat model, made;
  return snprintf(path[0], PATH_MAX, "%s/model.yaml", data->folder) < PATH_MAX &&
         snprintf(path[1], PATH_MAX, "%s/%s", data->folder, name) < PATH_MAX && stat(path[0], &model) == 0 &&
         stat(path[1], &made) == 0 &&
         (made.st_mtim.tv_sec != model.st_mtim.tv_sec ? made.st_mtim.tv_sec > model.st_mtim.tv_sec
                                                      : made.st_mtim.tv_nsec >= model.st_mtim.tv_nsec);
}

static bool exists(const report_data *data, const char *name) {
  char path[PATH_MAX];
  struct stat info;
  return snprintf(path, sizeof path, "%s/%s", data->folder, name) < PATH_MAX && stat(path, &info) == 0;
}

/* Loads name.yaml where it is fresh and of the format; makes it before where it is wanted. What cannot be done is no
 * error but a reason: the page does without. */
static lisi_status result_of(const report_data *data, const char *name, const char *format, bool make,
                             lisi_status (*run)(char *, lisi_error *), yaml_doc **doc, char *reason, size_t size,
                             lisi_error *err) {
  char path[PATH_MAX];
  lisi_error found = {0};
  lisi_status status = LISI_OK;
  reason[0] = '\0';
  *doc = NULL;
  if (snprintf(path, sizeof path, "%s/%s", data->folder, name) >= (int)sizeof path)
    return LISI_OK;
  if (!fresh(data, name)) {
    if (!exists(data, "model.counts")) {
      snprintf(reason, size, "There are no counts by time block in this folder to test against.");
      return LISI_OK;
    }
    if (!make)
      return LISI_OK;
    char *folder = strdup(data->folder);
    status = folder == NULL ? lisi_no_memory(&found, 16) : run(folder, &found);
    free(folder);
    if (status == LISI_ERR_CANCELLED || status == LISI_ERR_NOMEM || status == LISI_ERR_IO)
      return lisi_fail(err, status, "%s", found.message);
    if (status != LISI_OK) {
      snprintf(reason, size, "%s", found.message);
      return LISI_OK;
    }
  }
  status = yaml_doc_load(path, doc, &found);
  if (status == LISI_OK) {
    const char *text = yaml_text(*doc, yaml_get(*doc, yaml_root(*doc), "format"));
    if (text == NULL || strcmp(text, format) != 0) {
      snprintf(reason, size, "%s: expected the format '%s'", name, format);
      yaml_doc_free(*doc);
      *doc = NULL;
    }
  } else
    snprintf(reason, size, "%s", found.message);
  return LISI_OK;
}

/* ---- the page ---- */

/* Links to the sections that there are. */
static void links(FILE *f, const report_page *page, const char *sections) {
  const struct {
    const char *id, *name;
  } link[] = {{"verdicts", "Trust"},
              {"dynamics", "Relaxation"},
              {"diffusion", "Diffusion"},
              {"collective", "Collective transport"},
              {"crystal", page->crystal != NULL ? "On the crystal" : "States"},
              {"rates", "Rates"},
              {"models", "Models"},
              {"comparison", "Published procedure"},
              {"warnings", "Warnings"},
              {"provenance", "How it was made"}};
  fputs("<nav aria-label=\"Sections\">", f);
  for (size_t k = 0; k < sizeof link / sizeof *link; k++) {
    char tag[64];
    snprintf(tag, sizeof tag, "<section id=\"%s\"", link[k].id);
    if (strstr(sections, tag) != NULL)
      fprintf(f, "<a href=\"#%s\">%s</a>\n", link[k].id, link[k].name);
  }
  fputs("</nav>\n", f);
}

static lisi_status write_page(report_page *page, lisi_error *err) {
  struct out_file *file = NULL;
  char *sections = NULL, formula[80];
  size_t size = 0;
  page->f = open_memstream(&sections, &size);
  if (page->f == NULL)
    return lisi_no_memory(err, 4096);
  page_verdicts(page);
  page_dynamics(page);
  page_diffusion(page);
  page_collective(page);
  page_crystal(page);
  page_rates(page);
  page_passage(page);
  page_models(page);
  page_components(page);
  page_comparison(page);
  page_warnings(page);
  page_provenance(page);
  lisi_status status = fclose(page->f) != 0 ? lisi_no_memory(err, size) : LISI_OK;
  if (status == LISI_OK)
    status = report_out(page->data->folder, "report.html", &file, err);
  if (status == LISI_OK) {
    FILE *f = page->f = out_file_stream(file);
    page_formula(page, formula);
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
          "content=\"width=device-width, initial-scale=1\"/>\n<title>Lithium transport",
          f);
    if (formula[0] != '\0') {
      fputs(" in ", f);
      report_escaped(f, formula);
    }
    fprintf(f, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", report_style);
    page_headline(page);
    links(f, page, sections);
    fwrite(sections, 1, size, f);
    fputs("</main>\n</body>\n</html>\n", f);
    status = out_file_commit(file, err);
  }
  page->f = NULL;
  free(sections);
  return status;
}

static lisi_status draw_crystal(report_page *page, crystal_scene *c, report_modes *modes, lisi_error *err) {
  const report_data *data = page->data;
  lisi_status status = LISI_OK;
  if (page->net->nsites > 0) {
    status = crystal_scene_open(data, page->net, c, err);
    if (status == LISI_OK)
      status = report_draw_network(data, c, err);
    if (status != LISI_OK)
      return status;
    page->crystal = c;
    page->network_drawn = true;
  }
  status = report_modes_make(data, page->model, page->crystal, modes, err);
  if (status == LISI_OK && page->paths != NULL && page->crystal != NULL && page->net->nsites <= MOST_SETS_SITES)
    status = report_draw_sets(data, yaml_get(page->paths, yaml_root(page->paths), "metastable"), page->paths, c,
                              &page->sets_drawn, err);
  return status;
}

lisi_status report_write(const char *folder, report_checks checks, report_drawn *drawn, lisi_error *err) {
  report_data data;
  report_network net = {0};
  crystal_scene c = {0};
  report_modes modes = {0};
  char ck_reason[1000] = "", paths_reason[1000] = "";
  lisi_status status = report_open(folder, &data, err);
  if (status != LISI_OK)
    return status;
  report_page page = {.data = &data,
                      .net = &net,
                      .modes = &modes,
                      .model = report_chosen(&data),
                      .ck_reason = ck_reason,
                      .paths_reason = paths_reason};
  const int states = yaml_seq_size(data.doc, yaml_get(data.doc, page.model, "states"));
  const bool make = checks == CHECKS_ALL ? states <= MOST_CHECKED : checks == CHECKS_QUICK && states <= QUICK_STATES;
  status = result_of(&data, "ck.yaml", "lisi-ck 1", make, ck_on_folder, &page.ck, ck_reason, sizeof ck_reason, err);
  if (status == LISI_OK)
    status = result_of(&data, "paths.yaml", "lisi-paths 1", make, paths_on_folder, &page.paths, paths_reason,
                       sizeof paths_reason, err);
  if (status == LISI_OK)
    status = report_network_read(&data, &net, err);
  if (status == LISI_OK)
    status = report_graphml(&data, &net, err);
  if (status == LISI_OK)
    status = report_plots(&data, &page.wanted, &page.drawn, err);
  if (status == LISI_OK)
    status = draw_crystal(&page, &c, &modes, err);
  if (status == LISI_OK)
    status = write_page(&page, err);
  if (status == LISI_OK && page.wanted != page.drawn)
    cli_warn("gnuplot could not draw everything: the report has tables, data files and scripts, but not all curves");
  if (drawn != NULL)
    *drawn = (report_drawn){page.wanted == page.drawn, page.network_drawn, modes.n};
  crystal_scene_free(&c);
  report_network_free(&net);
  yaml_doc_free(page.ck);
  yaml_doc_free(page.paths);
  report_close(&data);
  return status;
}

int cmd_report(int argc, char **argv) {
  bool json = false, no_checks = false;
  const cli_option options[] = {{"no-checks", CLI_FLAG, &no_checks, NULL,
                                 "only what is there: do not run `ck` and `paths` (with their defaults) where "
                                 "the\nfolder has no result of theirs"},
                                {"json", CLI_FLAG, &json, NULL, "print what was made as JSON"},
                                {0}};
  const cli_command command = {"report", "FOLDER [options]",
                               "Makes report.html and its pictures in a folder written by `lisi-msm build -o FOLDER`: "
                               "verdicts, curves, the slow\n"
                               "modes on the crystal, tables, and how all of it was made. Pictures (.svg), data "
                               "(.dat), gnuplot scripts (.gp) and\n"
                               "network.dot and network.graphml stay beside the page, which itself needs none of them.",
                               "  lisi-msm report out/\n", options};
  cli_args args;
  int status;
  if (!cli_parse(&command, argc, argv, &args, &status))
    return status;
  progress_catch_interrupt();
  lisi_error err = {0};
  report_drawn drawn = {0};
  lisi_status result = LISI_OK;
  if (args.npositional != 1)
    result = lisi_fail(&err, LISI_ERR_INPUT, "expected one folder, found %d", args.npositional);
  if (result == LISI_OK)
    result = report_write(args.positional[0], no_checks ? CHECKS_NONE : CHECKS_ALL, &drawn, &err);
  if (result == LISI_OK && json) {
    doc_tree *doc = doc_new();
    doc_text(doc, DOC_ROOT, "folder", args.positional[0]);
    doc_text(doc, DOC_ROOT, "report", "report.html");
    doc_bool(doc, DOC_ROOT, "curves_drawn", drawn.gnuplot);
    doc_bool(doc, DOC_ROOT, "network_drawn", drawn.crystal);
    doc_integer(doc, DOC_ROOT, "modes", drawn.modes);
    result = doc_print_json(doc, stdout, &err);
    doc_free(doc);
  } else if (result == LISI_OK)
    printf("written: %s/report.html\n", args.positional[0]);
  return cli_end(&command, &args, result, &err);
}
