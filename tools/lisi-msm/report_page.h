/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of report.html. Each writes its section, or nothing where there are no data for it. */
#ifndef LISI_MSM_REPORT_PAGE_H
#define LISI_MSM_REPORT_PAGE_H

#include "report_modes.h"
#include "report_text.h"

typedef struct {
  FILE *f;
  const report_data *data;
  const report_network *net;    /* nsites = 0 without geometry */
  const crystal_scene *crystal; /* NULL likewise */
  const report_modes *modes;
  yaml_ref model;         /* that the page is about */
  unsigned wanted, drawn; /* curves */
  bool network_drawn, sets_drawn;
  yaml_doc *ck, *paths;                 /* ck.yaml and paths.yaml where they belong to this model, else NULL */
  const char *ck_reason, *paths_reason; /* why there is none, where it was tried; else "" */
  int figures;                          /* numbered so far */
} report_page;

/* Style sheet: light and dark, narrow and wide, and on paper. */
extern const char report_style[];

/* Head line: system, temperature, D in three units, what was simulated. */
void page_headline(report_page *page);
/* Verdicts in words: what holds, what does not, what was not tested. */
void page_verdicts(report_page *page);
/* Pictures with captions, in the order of the page. */
void page_dynamics(report_page *page);
void page_diffusion(report_page *page);
void page_crystal(report_page *page);
/* Tables. */
void page_collective(report_page *page);
void page_rates(report_page *page);
void page_passage(report_page *page);
void page_models(report_page *page);
void page_components(report_page *page);
void page_comparison(report_page *page);
/* Warnings in full, and how all of this was made. */
void page_warnings(report_page *page);
void page_provenance(report_page *page);

/* <figure> with the picture NAME.svg inside and a numbered caption, of which `caption` is the HTML. False, and nothing
 * is written, where there is no such file. */
bool page_figure(report_page *page, const char *name, const char *classes, const char *caption);
/* "Li13Si4" from the numbers of mobile and host atoms in a cell; empty where it cannot be told. */
void page_formula(const report_page *page, char text[80]);
/* Number under a key of another document, NaN where absent. */
double page_number(const yaml_doc *doc, yaml_ref map, const char *key);
double page_item(const yaml_doc *doc, yaml_ref list, int k);

#endif
