/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The jump statistics as text on the terminal, as a tree, and as files. */
#include "jumps.h"

#include "out_file.h"
#include "program.h"
#include "report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- text ------------------------------------------------------------------------------------------------------ */

/* "12.3 +- 0.4": as many digits as the error has meaning for. */
static void put(char text[32], measured m) {
  if (isnan(m.value))
    (void)snprintf(text, 32, "-");
  else if (isinf(m.value))
    (void)snprintf(text, 32, "inf");
  else if (!(m.error > 1e-9 * fabs(m.value)))
    (void)snprintf(text, 32, "%.4g", m.value);
  else if (m.error < 1e-4 || m.error >= 1e4)
    (void)snprintf(text, 32, "%.3g +- %.1g", m.value, m.error);
  else {
    const int digits = (int)fmax(0.0, ceil(1.0 - log10(m.error)));
    (void)snprintf(text, 32, "%.*f +- %.*f", digits, m.value, digits, m.error);
  }
}

static void print_orbits(const jumps_result *r) {
  const jump_stats *s = &r->stats;
  printf("\n%-12s %7s %18s %18s %10s %20s %12s %10s %10s\n", "orbit", "sites", "atoms", "occupancy", "departures",
         "residence (ps)", "at least", "median", "seen/ended");
  for (int k = 0; k < s->orbits.n; k++) {
    const orbit_stats *o = &s->orbit[k];
    char atoms[32], occupancy[32], residence[32], least[32], median[32], seen[48];
    put(atoms, o->atoms);
    put(occupancy, o->occupancy);
    put(residence, o->li_time > 0.0 ? o->residence : (measured){NAN, NAN});
    put(least, (measured){o->li_time > 0.0 ? o->residence_low : NAN, 0.0});
    put(median, (measured){o->curve.median * r->paths.dt, 0.0});
    (void)snprintf(seen, sizeof seen, "%zu/%zu", o->curve.nstays, o->curve.nended);
    printf("%-12s %7d %18s %18s %10.0f %20s %12s %10s %10s\n", s->orbits.label[k], s->orbits.nsites[k], atoms,
           occupancy, o->departures, residence, least, median, seen);
  }
}

static void print_classes(const jumps_result *r) {
  const jump_stats *s = &r->stats;
  if (s->nclasses == 0)
    return;
  printf("\n%-12s %-12s %10s %8s %22s %16s %16s\n", "from", "to", "distance", "jumps", "rate (1/ps per Li)", "undone",
         "over a site");
  for (int k = 0; k < s->nclasses; k++) {
    const jump_class *c = &s->class[k];
    char rate[32], undone[32], multi[32];
    put(rate, c->rate);
    put(undone, c->undone);
    put(multi, c->multi);
    printf("%-12s %-12s %8.3f A %8.0f %22s %16s %16s\n", s->orbits.label[c->from], s->orbits.label[c->to], c->distance,
           c->jumps, rate, undone, multi);
  }
}

static void print_matrix(const jumps_result *r) {
  const jump_stats *s = &r->stats;
  const int n = s->orbits.n;
  if (n < 2 || n > 12 || s->njumps < 1.0)
    return;
  printf("\nwhere a jump out of the row's orbit ends\n%-12s", "");
  for (int k = 0; k < n; k++)
    printf(" %16s", s->orbits.label[k]);
  printf("\n");
  for (int i = 0; i < n; i++) {
    printf("%-12s", s->orbits.label[i]);
    for (int j = 0; j < n; j++) {
      char text[32];
      put(text, s->matrix[i * n + j]);
      printf(" %16s", text);
    }
    printf("\n");
  }
}

static void print_strings(const jumps_result *r) {
  const string_result *q = &r->strings;
  if (r->stats.njumps < 1.0)
    return;
  printf("\nstrings: one atom enters the site that another leaves within %g ps%s\n%-12s %10s %10s %24s\n", r->window,
         r->lasting ? " (undone jumps left out)" : "", "atoms", "strings", "jumps", "strings by chance");
  for (int k = 0; k < STRING_LENGTHS; k++) {
    char chance[32] = "-", name[16];
    if (!(q->found.strings[k] > 0.0 || q->expected.strings[k] > 0.0))
      continue;
    if (q->ntrials > 0)
      put(chance, (measured){q->expected.strings[k], q->spread.strings[k]});
    (void)snprintf(name, sizeof name, "%d%s", k + 1, k + 1 == STRING_LENGTHS ? " and more" : "");
    printf("%-12s %10.0f %10.0f %24s\n", name, q->found.strings[k], q->found.jumps[k], chance);
  }
  if (q->found.rings > 0.0)
    printf("%.0f of them are rings\n", q->found.rings);
}

void jumps_print(const jumps_result *r) {
  const jump_stats *s = &r->stats;
  char rate[32], undone[32], multi[32], none[32];
  put(rate, s->rate);
  put(undone, s->undone);
  put(multi, s->multi);
  put(none, s->unassigned);
  printf("%s%s: %d atoms, %d sites, %.6g ps by samples of %g ps, %s\n", r->file[0], r->nfiles > 1 ? " ..." : "",
         r->paths.nwalkers, r->paths.space.n, (double)(path_set_longest(&r->paths) - 1) * r->paths.dt, r->paths.dt,
         r->paths.nearest_site ? "nearest site" : "core, sphere or dwell");
  printf("%.0f jumps, %s per atom and ps; undone within %g ps: %s; over a third site: %s; in no site: %s of the time\n",
         s->njumps, rate, r->recross, undone, multi, none);
  if (s->before_first > 0.0)
    printf("before the first core: %.3g %% of the atoms' time, which is left out of everything else\n",
           100.0 * s->before_first);
  print_orbits(r);
  print_classes(r);
  print_matrix(r);
  print_strings(r);
}

/* ---- tree ------------------------------------------------------------------------------------------------------ */

static void put_measured(doc_tree *doc, doc_ref at, const char *key, measured m) {
  char name[64];
  (void)snprintf(name, sizeof name, "%.50s_error", key);
  doc_number(doc, at, key, m.value);
  doc_number(doc, at, name, m.error);
}

static void put_survival(doc_tree *doc, doc_ref at, const residence_curve *c, double dt) {
  const doc_ref list = doc_list(doc, at, "survival");
  const size_t every = c->n / 200 + 1; /* a curve to draw, not every step */
  for (size_t k = 0; k < c->n; k += every) {
    const double point[3] = {(double)c->point[k].t * dt, c->point[k].survival, c->point[k].se};
    doc_numbers(doc, list, NULL, 3, point);
  }
}

static void put_orbits(doc_tree *doc, const jumps_result *r) {
  const jump_stats *s = &r->stats;
  const doc_ref list = doc_list(doc, DOC_ROOT, "orbits");
  for (int k = 0; k < s->orbits.n; k++) {
    const orbit_stats *o = &s->orbit[k];
    const doc_ref at = doc_map(doc, list, NULL);
    doc_text(doc, at, "label", s->orbits.label[k]);
    doc_integer(doc, at, "sites", s->orbits.nsites[k]);
    put_measured(doc, at, "atoms", o->atoms);
    put_measured(doc, at, "occupancy", o->occupancy);
    doc_integer(doc, at, "arrivals", (long long)o->arrivals);
    doc_integer(doc, at, "departures", (long long)o->departures);
    put_measured(doc, at, "residence", o->residence);
    doc_number(doc, at, "residence_lower_bound", o->residence_low);
    doc_integer(doc, at, "stays", (long long)o->curve.nstays);
    doc_integer(doc, at, "stays_censored", (long long)(o->curve.nstays - o->curve.nended));
    doc_number(doc, at, "median", o->curve.median * r->paths.dt);
    const double ci[2] = {o->curve.median_lo * r->paths.dt, o->curve.median_hi * r->paths.dt};
    doc_numbers(doc, at, "median_ci", 2, ci);
    doc_number(doc, at, "horizon", (double)o->curve.horizon * r->paths.dt);
    put_measured(doc, at, "mean_to_horizon",
                 (measured){o->curve.mean_to_horizon * r->paths.dt, o->curve.mean_se * r->paths.dt});
    put_survival(doc, at, &o->curve, r->paths.dt);
  }
}

static void put_classes(doc_tree *doc, const jumps_result *r) {
  const jump_stats *s = &r->stats;
  const doc_ref list = doc_list(doc, DOC_ROOT, "jumps_by_pair");
  for (int k = 0; k < s->nclasses; k++) {
    const jump_class *c = &s->class[k];
    const doc_ref at = doc_map(doc, list, NULL);
    doc_text(doc, at, "from", s->orbits.label[c->from]);
    doc_text(doc, at, "to", s->orbits.label[c->to]);
    if (r->paths.space.geometry) {
      const double range[2] = {c->distance_min, c->distance_max};
      doc_number(doc, at, "distance", c->distance);
      doc_numbers(doc, at, "distance_range", 2, range);
    }
    doc_integer(doc, at, "count", (long long)c->jumps);
    put_measured(doc, at, "rate", c->rate);
    put_measured(doc, at, "undone", c->undone);
    put_measured(doc, at, "over_a_site", c->multi);
  }
}

static lisi_status put_matrix(doc_tree *doc, const jumps_result *r) {
  const jump_stats *s = &r->stats;
  const size_t n = (size_t)s->orbits.n;
  if (s->matrix == NULL)
    return LISI_OK;
  double *value = malloc(n * n * sizeof *value), *error = malloc(n * n * sizeof *error);
  if (value == NULL || error == NULL) {
    free(value);
    free(error);
    return LISI_ERR_NOMEM;
  }
  for (size_t k = 0; k < n * n; k++) {
    value[k] = s->matrix[k].value;
    error[k] = s->matrix[k].error;
  }
  const doc_ref at = doc_map(doc, DOC_ROOT, "transition_matrix");
  const doc_ref labels = doc_list(doc, at, "orbits");
  for (size_t k = 0; k < n; k++)
    doc_text(doc, labels, NULL, s->orbits.label[k]);
  doc_matrix(doc, at, "probability", n, n, value);
  doc_matrix(doc, at, "error", n, n, error);
  free(value);
  free(error);
  return LISI_OK;
}

static void put_strings(doc_tree *doc, const jumps_result *r) {
  const string_result *q = &r->strings;
  const doc_ref at = doc_map(doc, DOC_ROOT, "strings");
  doc_number(doc, at, "window", r->window);
  doc_bool(doc, at, "undone_left_out", r->lasting);
  doc_integer(doc, at, "trials", q->ntrials);
  double jumps = 0.0;
  const doc_ref list = doc_list(doc, at, "lengths");
  for (int k = 0; k < STRING_LENGTHS; k++) {
    const doc_ref item = doc_map(doc, list, NULL);
    jumps += q->found.jumps[k];
    doc_integer(doc, item, "atoms", k + 1);
    doc_integer(doc, item, "strings", (long long)q->found.strings[k]);
    doc_integer(doc, item, "jumps", (long long)q->found.jumps[k]);
    if (q->ntrials > 0) {
      doc_number(doc, item, "expected", q->expected.strings[k]);
      doc_number(doc, item, "expected_spread", q->spread.strings[k]);
    }
  }
  doc_integer(doc, at, "links", (long long)q->found.links);
  if (q->ntrials > 0) {
    doc_number(doc, at, "links_expected", q->expected.links);
    doc_number(doc, at, "links_expected_spread", q->spread.links);
  }
  doc_integer(doc, at, "rings", (long long)q->found.rings);
  doc_number(doc, at, "share_of_jumps", jumps > 0.0 ? 1.0 - q->found.jumps[0] / jumps : NAN);
}

doc_tree *jumps_tree(const jumps_result *r) {
  const jump_stats *s = &r->stats;
  doc_tree *doc = doc_new();
  doc_text(doc, DOC_ROOT, "format", "lisi-jump-statistics 1");
  const doc_ref units = doc_map(doc, DOC_ROOT, "units");
  doc_text(doc, units, "time", r->paths.time_in_ps ? "ps" : "step");
  doc_text(doc, units, "length", "Angstrom");
  doc_text(doc, DOC_ROOT, "command", r->command);
  const doc_ref inputs = doc_list(doc, DOC_ROOT, "inputs");
  for (int k = 0; k < r->nfiles; k++)
    doc_text(doc, inputs, NULL, r->file[k]);
  doc_integer(doc, DOC_ROOT, "n_Li", r->paths.nwalkers);
  doc_integer(doc, DOC_ROOT, "sites", r->paths.space.n);
  doc_number(doc, DOC_ROOT, "sampling", r->paths.dt);
  doc_number(doc, DOC_ROOT, "duration", (double)(path_set_longest(&r->paths) - 1) * r->paths.dt);
  if (r->paths.temperature > 0.0)
    doc_number(doc, DOC_ROOT, "temperature", r->paths.temperature);
  doc_integer(doc, DOC_ROOT, "jumps", (long long)s->njumps);
  put_measured(doc, DOC_ROOT, "rate", s->rate);
  doc_number(doc, DOC_ROOT, "recross_window", r->recross);
  put_measured(doc, DOC_ROOT, "undone", s->undone);
  put_measured(doc, DOC_ROOT, "over_a_site", s->multi);
  put_measured(doc, DOC_ROOT, "unassigned", s->unassigned);
  doc_number(doc, DOC_ROOT, "before_first", s->before_first);
  put_orbits(doc, r);
  put_classes(doc, r);
  if (put_matrix(doc, r) != LISI_OK) {
    doc_free(doc);
    return NULL;
  }
  put_strings(doc, r);
  return doc;
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static lisi_status write_tree(const jumps_result *r, const char *folder, lisi_error *err) {
  out_file *file;
  lisi_status status = report_out(folder, "jumps.yaml", &file, err);
  if (status != LISI_OK)
    return status;
  doc_tree *doc = jumps_tree(r);
  status = doc_print_yaml(doc, out_file_stream(file), err);
  doc_free(doc);
  if (status != LISI_OK) {
    out_file_discard(file);
    return status;
  }
  return out_file_commit(file, err);
}

/* The survival curves as steps: a block for each orbit. */
static lisi_status write_survival(const jumps_result *r, const char *folder, lisi_error *err) {
  const jump_stats *s = &r->stats;
  out_file *file;
  lisi_status status = report_out(folder, "survival.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  (void)fprintf(f,
                "# for each orbit: time (ps), share of stays that last longer, standard error, stays that got there\n");
  for (int k = 0; k < s->orbits.n; k++) {
    const residence_curve *c = &s->orbit[k].curve;
    (void)fprintf(f, "\n\n# %s\n0 1 0 %zu\n", s->orbits.label[k], c->nstays);
    for (size_t m = 0; m < c->n; m++)
      (void)fprintf(f, "%.10g %.10g %.10g %zu\n", (double)c->point[m].t * r->paths.dt, c->point[m].survival,
                    c->point[m].se, c->point[m].at_risk);
  }
  status = out_file_commit(file, err);
  if (status == LISI_OK)
    status = report_out(folder, "survival.gp", &file, err);
  if (status != LISI_OK)
    return status;
  f = out_file_stream(file);
  (void)fprintf(f,
                "# gnuplot survival.gp draws survival.svg; edit and run again to restyle\n"
                "set terminal svg size 540,380 dynamic font 'Helvetica,15' background '#ffffff'\n"
                "set output 'survival.svg'\nset border 3 lc rgb '#8a94a0'\nset tics nomirror scale 0.6\n"
                "set grid lc rgb '#e3e8ee'\nset xlabel 'time in the site (ps)'\nset ylabel 'stays that last longer'\n"
                "set yrange [0:1.02]\nset key top right noenhanced\nplot ");
  const char *separator = "";
  for (int k = 0; k < s->orbits.n && k < 10; k++) {
    (void)fprintf(f, "%s'survival.dat' index %d using 1:2 with steps lw 2 lc rgb '%s' title '%s'", separator, k,
                  report_colour(k), s->orbits.label[k]);
    separator = ", \\\n  ";
  }
  (void)fprintf(f, "\n");
  return out_file_commit(file, err);
}

lisi_status jumps_write(const jumps_result *r, const char *folder, bool *drawn, lisi_error *err) {
  *drawn = false;
  lisi_status status = out_folder(folder, err);
  if (status == LISI_OK)
    status = write_tree(r, folder, err);
  if (status == LISI_OK)
    status = write_survival(r, folder, err);
  if (status == LISI_OK) {
    char program[] = "gnuplot", script[] = "survival.gp", *argv[] = {program, script, NULL};
    *drawn = program_run(folder, "gnuplot.log", argv);
  }
  return status;
}
