/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm assign: a LAMMPS dump and a site file -> the jump log that fix msm writes during a run. */
#include "assign_run.h"
#include "cli.h"
#include "commands.h"
#include "doc_tree.h"
#include "dump_options.h"
#include "input_files.h"
#include "progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Twelve digits: what a time step is given to, and what a quotient of two printed times holds. */
static double rounded(double value, int digits) {
  char text[64];
  (void)snprintf(text, sizeof text, "%.*g", digits, value);
  return strtod(text, NULL);
}

/* The gap that most of n have, of several the smallest: frames may be missing, and one may stand where none belongs. */
static int64_t usual_gap(int n, const int64_t *gap) {
  int64_t best = 0;
  int most = 0;
  for (int k = 0; k < n; k++) {
    int alike = 0;
    for (int m = 0; m < n; m++)
      alike += gap[m] == gap[k];
    if (alike > most || (alike == most && gap[k] < best)) {
      most = alike;
      best = gap[k];
    }
  }
  return best;
}

/* What the first frames tell: the sampling interval, which is the gap that most of them have, where the dump has times
 * the time step, and the box that the first one is a flip of. */
static lisi_status look_ahead(dump_reader *reader, long every, double dt, double timestep, assign_options *o,
                              bool *flipped, double H[3][3], lisi_error *err) {
  dump_frame *frame;
  lisi_status status = dump_reader_next(reader, &frame, err);
  if (status != LISI_OK)
    return status;
  if (frame == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "the trajectory is empty (no frame)");
  *flipped = site_set_unflip(o->sites, o->replicate, &frame->box, H);
  const int64_t first = frame->step;
  const bool timed = frame->has_time;
  const double time = frame->time;
  enum { FRAMES = 100 };
  int64_t gap[FRAMES], last = first;
  int ngaps = 0;
  double own = 0.0;
  for (int k = 1; k < FRAMES; k++) {
    status = dump_reader_next(reader, &frame, err);
    if (status != LISI_OK)
      return status;
    if (frame == NULL)
      break;
    if (k == 1 && timed && frame->has_time)
      own = rounded((frame->time - time) / (double)(frame->step - first), 10);
    gap[ngaps++] = frame->step - last;
    last = frame->step;
  }
  const int64_t interval = ngaps > 0 ? usual_gap(ngaps, gap) : every > 0 ? every : 1;
  o->every = every > 0 ? every : interval;
  o->pick = every > 0;
  o->base = every > 0 ? 0 : first % interval;
  o->interval = dt > 0.0 && every > 0 ? interval : 0; /* without --every, the grid of steps is watched */
  const double given = timestep > 0.0 ? timestep : dt > 0.0 ? rounded(dt / (double)interval, 12) : 0.0;
  if (given > 0.0 && own > 0.0 && fabs(given - own) > 1e-6 * own)
    cli_warn("the dump's own times make a time step of %g ps; going on with %g ps as given", own, given);
  o->timestep = given > 0.0 ? given : own;
  if (!(o->timestep > 0.0))
    return lisi_fail(err, LISI_ERR_INPUT, "the dump tells no times: give --dt (ps between frames) or --timestep (ps)");
  return LISI_OK;
}

static void print_text(const assign_options *o, const assign_result *r, int n, const char **label, const int *count) {
  const double ps = o->timestep * (double)o->every;
  const int ncells = r->replicate[0] * r->replicate[1] * r->replicate[2];
  printf("%s: %" PRId64 " samples every %g ps (steps %" PRId64 " to %" PRId64
         ", time step %g ps), %d x %d x %d unit cells\n",
         o->log, r->nsamples, ps, r->first, r->last, o->timestep, r->replicate[0], r->replicate[1], r->replicate[2]);
  printf("%d %s in %d sites, %lld jumps", r->natoms, o->species, r->nsites, r->njumps);
  if (r->njumps > 0 && r->nsamples > 1)
    printf(" (one per atom in %.4g ps)", ps * (double)(r->nsamples - 1) * r->natoms / (double)r->njumps);
  if (r->nbreaks > 0)
    printf(", %ld break%s", r->nbreaks, r->nbreaks == 1 ? "" : "s");
  printf("\n");
  if (r->nframework > 0)
    printf("framework: %d atoms, %.3g A (RMS) from their references, drift %.3g %.3g %.3g A\n", r->nframework, r->rms,
           r->drift[0], r->drift[1], r->drift[2]);
  else
    printf("framework: none, no drift is taken off\n");
  printf("%-16s %8s %12s %12s\n", "site", "number", "mean atoms", "occupancy");
  for (int k = 0; k < n; k++)
    printf("%-16s %8d %12.3f %12.4f\n", label[k], count[k] * ncells, r->occupancy[k],
           r->occupancy[k] / ((double)count[k] * ncells));
  if (r->unassigned > 0.0)
    printf("%-16s %8s %12.3f\n", "(none)", "", r->unassigned);
}

static lisi_status print_json(const assign_options *o, const assign_result *r, int n, const char **label,
                              const int *count, lisi_error *err) {
  const int ncells = r->replicate[0] * r->replicate[1] * r->replicate[2];
  doc_tree *doc = doc_new();
  doc_text(doc, DOC_ROOT, "log", o->log);
  doc_text(doc, DOC_ROOT, "mode", track_mode_name(o->rule.mode));
  doc_number(doc, DOC_ROOT, "radius", o->rule.mode == TRACK_NEAREST ? 0.0 : o->rule.radius);
  doc_integer(doc, DOC_ROOT, "dwell", o->rule.dwell);
  doc_integer(doc, DOC_ROOT, "samples", r->nsamples);
  doc_number(doc, DOC_ROOT, "timestep", o->timestep);
  doc_integer(doc, DOC_ROOT, "every", o->every);
  doc_integer(doc, DOC_ROOT, "first_step", r->first);
  doc_integer(doc, DOC_ROOT, "last_step", r->last);
  doc_integer(doc, DOC_ROOT, "breaks", r->nbreaks);
  const doc_ref replicate = doc_list(doc, DOC_ROOT, "replicate");
  for (int k = 0; k < 3; k++)
    doc_integer(doc, replicate, NULL, r->replicate[k]);
  doc_text(doc, DOC_ROOT, "species", o->species);
  doc_integer(doc, DOC_ROOT, "atoms", r->natoms);
  doc_integer(doc, DOC_ROOT, "framework_atoms", r->nframework);
  doc_number(doc, DOC_ROOT, "framework_rms", r->rms);
  doc_numbers(doc, DOC_ROOT, "drift", 3, r->drift);
  doc_integer(doc, DOC_ROOT, "sites", r->nsites);
  doc_integer(doc, DOC_ROOT, "jumps", r->njumps);
  const doc_ref types = doc_list(doc, DOC_ROOT, "labels");
  for (int k = 0; k < n; k++) {
    const doc_ref item = doc_map(doc, types, NULL);
    doc_text(doc, item, "label", label[k]);
    doc_integer(doc, item, "sites", (long long)count[k] * ncells);
    doc_number(doc, item, "atoms", r->occupancy[k]);
  }
  doc_number(doc, DOC_ROOT, "unassigned", r->unassigned);
  const lisi_status status = doc_print_json(doc, stdout, err);
  doc_free(doc);
  return status;
}

static lisi_status show(const assign_options *o, const assign_result *r, bool json, lisi_error *err) {
  int n, *count = NULL, *of_site = NULL;
  const char **label = NULL;
  lisi_status status = assign_labels(o->sites, &n, &label, &count, &of_site, err);
  if (status == LISI_OK && json)
    status = print_json(o, r, n, label, count, err);
  else if (status == LISI_OK)
    print_text(o, r, n, label, count);
  free(label);
  free(count);
  free(of_site);
  if (status == LISI_OK && r->njumps == 0)
    cli_warn("no atom jumps in %" PRId64 " samples", r->nsamples);
  return status;
}

/* The log and FILE.msd beside it: neither takes the place of an input. */
static lisi_status refuse_outputs(const char *log, const char *sites, int n, const char *const *file, lisi_error *err) {
  char *msd = NULL;
  if (asprintf(&msd, "%s.msd", log) < 0)
    return lisi_no_memory(err, strlen(log) + 5);
  const char *const output[2] = {log, msd};
  lisi_status status = LISI_OK;
  for (int k = 0; k < 2 && status == LISI_OK; k++) {
    status = refuse_overwriting(output[k], 1, &sites, err);
    if (status == LISI_OK)
      status = refuse_overwriting(output[k], n, file, err);
  }
  free(msd);
  return status;
}

static void tell_unused_radius(const site_set *set, const char *name) {
  for (int k = 0; k < set->nsites; k++)
    if (set->site[k].radius > 0.0) {
      cli_warn(
          "%s: the radius of site %d (%s) is looked at for overlap only; --core R and --sphere R hold for all sites",
          name, k + 1, set->site[k].label);
      return;
    }
}

int cmd_assign(int argc, char **argv) {
  assign_options o = {.species = "Li", .rule = {.mode = TRACK_NEAREST, .dwell = 1}, .flush = 100};
  const char *sites = NULL, *map_text = NULL;
  double core = NAN, sphere = NAN /* not given */, dt = 0.0, timestep = 0.0;
  long every = 0, dwell = 1, flush = 100;
  cli_numbers replicate = {0}, msd = {0};
  bool json = false;
  const cli_option options[] = {
      {"sites", CLI_TEXT, &sites, "FILE", "the site file"},
      {"o", CLI_TEXT, &o.log, "FILE", "the jump log to write (FILE.msd is written beside it)"},
      {"dt", CLI_DOUBLE, &dt, "PS", "time between frames; not needed where the dump tells times"},
      {"timestep", CLI_DOUBLE, &timestep, "PS", "time step of the run, instead of --dt"},
      {"species", CLI_TEXT, &o.species, "NAME", "element that moves (Li)"},
      {"map", CLI_TEXT, &map_text, "LIST", "elements of numeric types, for example 1=Li,2=Si"},
      {"framework", CLI_TEXT, &o.framework, "LIST",
       "elements of the host (those of the site file); none: take no drift off"},
      {"core", CLI_DOUBLE, &core, "R", "an atom changes site only when it comes within R of another one (Angstrom)"},
      {"sphere", CLI_DOUBLE, &sphere, "R", "an atom is in a site only within R, else in none"},
      {"dwell", CLI_INT, &dwell, "N", "samples in the new site that confirm a jump (1)"},
      {"replicate", CLI_NUMBERS, &replicate, "NX,NY,NZ", "unit cells in the box (found from the box)"},
      {"every", CLI_INT, &every, "N", "take the frames whose step is a multiple of N (all frames)"},
      {"temperature", CLI_DOUBLE, &o.temperature, "K", "noted in the log"},
      {"flush", CLI_INT, &flush, "N", "samples between the lines that say what is known (100)"},
      {"msd", CLI_NUMBERS, &msd, "W,M",
       "mean-square displacement: an origin every W samples, the last M kept (50,20); 0,0: none"},
      {"json", CLI_FLAG, &json, NULL, "print the summary as JSON"},
      {0}};
  const cli_command command = {
      "assign", "traj.dump[.gz] ... --sites FILE -o run.jumps [options]",
      "Finds the site of every atom in every frame and writes each change of site to a jump log, the one that fix msm "
      "writes\n"
      "during a run. Dumps need ids and x y z (best with ix iy iz), xu, xs or xsu, and type (with --map) or element; "
      "several files\n"
      "follow each other, and where they overlap the later one wins.",
      "  lisi-msm assign run.lammpstrj.gz --sites sites.yaml --map 1=Li,2=Si --dt 0.1 --core 1.0 -o run.jumps\n",
      options};
  cli_args args;
  int exit_status;
  if (!cli_parse(&command, argc, argv, &args, &exit_status))
    return exit_status;
  lisi_error err = {0};
  lisi_status status = LISI_OK;
  type_map map;
  site_set *set = NULL;
  dump_reader *reader = NULL;
  assign_result result = {0};
  int msd_numbers[2] = {50, 20};
  bool flipped = false;
  double unflipped[3][3];

  if (args.npositional == 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "no trajectory given");
  else if (sites == NULL)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--sites FILE is missing");
  else if (o.log == NULL)
    status = lisi_fail(&err, LISI_ERR_INPUT, "-o FILE, the jump log to write, is missing");
  else if (strlen(o.log) > 3 && strcmp(o.log + strlen(o.log) - 3, ".gz") == 0)
    status = lisi_fail(&err, LISI_ERR_INPUT,
                       "%s: jump logs are written as plain text; leave out .gz and compress the finished log", o.log);
  else if (!isnan(core) && !isnan(sphere))
    status = lisi_fail(&err, LISI_ERR_INPUT, "--core and --sphere exclude each other");
  else if (core <= 0.0 || sphere <= 0.0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--%s: expected a radius above 0, found %g",
                       core <= 0.0 ? "core" : "sphere", core <= 0.0 ? core : sphere);
  else if (dwell < 1 || dwell > 1000000)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--dwell: expected an integer from 1, found %ld", dwell);
  else if (every < 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--every: expected an integer from 1, found %ld", every);
  else if (flush < 1)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--flush: expected an integer from 1, found %ld", flush);
  else if (dt < 0.0 || timestep < 0.0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--%s: expected a time above 0", dt < 0.0 ? "dt" : "timestep");
  else if (dt > 0.0 && timestep > 0.0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--dt and --timestep exclude each other");
  else if (o.temperature < 0.0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--temperature: expected kelvins above 0, found %g", o.temperature);
  if (status == LISI_OK)
    status = read_type_map(map_text, &map, &err);
  if (status == LISI_OK)
    status = read_whole_numbers(&replicate, 3, 1, "replicate", o.replicate, &err);
  if (status == LISI_OK)
    status = read_whole_numbers(&msd, 2, 0, "msd", msd_numbers, &err);
  if (status == LISI_OK && (msd_numbers[0] == 0) != (msd_numbers[1] == 0))
    status = lisi_fail(&err, LISI_ERR_INPUT, "--msd: expected two integers from 1, or 0,0");
  o.rule.mode = core > 0.0 ? TRACK_CORE : sphere > 0.0 ? TRACK_SPHERE : TRACK_NEAREST;
  o.rule.radius = core > 0.0 ? core : sphere > 0.0 ? sphere : 0.0;
  o.rule.dwell = (int)dwell;
  o.flush = flush;
  o.msd.spacing = msd_numbers[0];
  o.msd.norigins = msd_numbers[1];
  if (status == LISI_OK)
    status = site_set_load(sites, &set, &err);
  if (status == LISI_OK)
    tell_unused_radius(set, sites);
  o.sites = set;
  const char *const *files = (const char *const *)args.positional;
  if (status == LISI_OK)
    status = refuse_outputs(o.log, sites, args.npositional, files, &err);
  if (status == LISI_OK)
    status = dump_reader_open(args.npositional, files, map.n, map.name, &reader, &err);
  if (status == LISI_OK)
    status = look_ahead(reader, every, dt, timestep, &o, &flipped, unflipped, &err);
  dump_reader_close(reader);
  reader = NULL;
  if (status == LISI_OK)
    status = dump_reader_open(args.npositional, files, map.n, map.name, &reader, &err);
  if (status == LISI_OK) {
    if (flipped)
      dump_reader_goes_on_from(reader, (const double(*)[3])unflipped);
    progress_catch_interrupt();
    status = assign_run(&o, reader, &result, &err);
  }
  if (status == LISI_OK)
    status = show(&o, &result, json, &err);
  dump_reader_close(reader);
  site_set_free(set);
  free(result.occupancy);
  free(replicate.value);
  replicate.value = NULL;
  free(msd.value);
  msd.value = NULL;
  return cli_end(&command, &args, status, &err);
}
