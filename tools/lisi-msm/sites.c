/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-msm sites: a trajectory, a structure, or both -> the site file. */
#include "cli.h"
#include "commands.h"
#include "dump_options.h"
#include "progress.h"
#include "sites_files.h"
#include "sites_find.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lisi_status within(const char *option, double value, double lo, double hi, lisi_error *err) {
  if (value >= lo && value <= hi)
    return LISI_OK;
  return lisi_fail(err, LISI_ERR_INPUT, "--%s: expected a number from %g to %g, found %g", option, lo, hi, value);
}

static lisi_status check(const sites_options *o, const char *symmetry, long blocks, lisi_error *err) {
  if (o->nfiles == 0 && o->structure == NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "no trajectory and no --structure given");
  if (o->amorphous && o->structure != NULL)
    return lisi_fail(err, LISI_ERR_INPUT, "--amorphous and --structure exclude each other");
  if (o->amorphous && o->replicate[0] > 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--amorphous and --replicate exclude each other: nothing is folded");
  if (strcmp(symmetry, "auto") != 0 && strcmp(symmetry, "framework") != 0 && strcmp(symmetry, "none") != 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--symmetry: expected auto, framework or none, found '%s'", symmetry);
  if (blocks < 2 || blocks > 1000)
    return lisi_fail(err, LISI_ERR_INPUT, "--blocks: expected an integer from 2 to 1000, found %ld", blocks);
  if (o->from < 0)
    return lisi_fail(err, LISI_ERR_INPUT, "--from: expected a step from 0");
  lisi_status status = within("tolerance", o->tolerance, 0.001, 2.0, err);
  if (status == LISI_OK)
    status = within("grid", o->grid, 0.02, 2.0, err);
  if (status == LISI_OK && o->smooth != -1.0)
    status = within("smooth", o->smooth, 0.0, 2.0, err);
  if (status == LISI_OK)
    status = within("merge", o->merge, 0.01, 1.0, err);
  if (status == LISI_OK && o->sigmas != -1.0)
    status = within("sigmas", o->sigmas, 0.0, 1000.0, err);
  if (status == LISI_OK)
    status = within("min-occupancy", o->least, 0.0, 1.0, err);
  return status;
}

int cmd_sites(int argc, char **argv) {
  sites_options o = {
      .species = "Li", .tolerance = 0.5, .grid = 0.2, .smooth = -1.0, .merge = 0.9, .sigmas = -1.0, .least = 0.02};
  const char *out = NULL, *map_text = NULL, *symmetry = "auto", *density = NULL;
  cli_numbers replicate = {0};
  long blocks = 10, from = 0;
  bool json = false;
  const cli_option options[] = {
      {"o", CLI_TEXT, &out, "FILE", "the site file to write, FILE.yaml (FILE.svg, .cif, .xyz are written beside it)"},
      {"species", CLI_TEXT, &o.species, "NAME", "element that moves (Li)"},
      {"framework", CLI_TEXT, &o.framework, "LIST",
       "elements of the host (all others); none: take no drift off, fold nothing by itself"},
      {"map", CLI_TEXT, &map_text, "LIST", "elements of numeric types, for example 1=Li,2=Si"},
      {"structure", CLI_TEXT, &o.structure, "FILE",
       "crystal with sites to keep: extended XYZ, CIF, LAMMPS data or dump, site file"},
      {"replicate", CLI_NUMBERS, &replicate, "NX,NY,NZ", "unit cells in the box (found from the framework)"},
      {"amorphous", CLI_FLAG, &o.amorphous, NULL, "no folding, no symmetry: the whole box is the cell"},
      {"symmetry", CLI_TEXT, &symmetry, "WHICH",
       "auto: the space group of framework and density; framework: that of\nthe framework; none (auto)"},
      {"tolerance", CLI_DOUBLE, &o.tolerance, "A", "how well the framework repeats and fits its space group (0.5)"},
      {"grid", CLI_DOUBLE, &o.grid, "A", "spacing of the density grid (0.2)"},
      {"smooth", CLI_DOUBLE, &o.smooth, "A", "width of the Gaussian that smooths the density (0.2; amorphous 0.4)"},
      {"merge", CLI_DOUBLE, &o.merge, "RATIO",
       "two maxima are one site where the saddle between them has RATIO of\nthe lower one (0.9)"},
      {"sigmas", CLI_DOUBLE, &o.sigmas, "Z",
       "or where the lower one stands out by less than Z standard errors\n(3; amorphous 1)"},
      {"min-occupancy", CLI_DOUBLE, &o.least, "N", "maxima with fewer atoms are no sites (0.02)"},
      {"blocks", CLI_INT, &blocks, "N", "blocks of time for the errors (10)"},
      {"from", CLI_INT, &from, "STEP", "leave out the frames before STEP"},
      {"density", CLI_TEXT, &density, "FILE", "write the density as a Gaussian cube file (atoms per A^3)"},
      {"json", CLI_FLAG, &json, NULL, "print the result as JSON"},
      {0}};
  const cli_command command = {
      "sites", "traj.dump[.gz] ... [--structure FILE] -o sites.yaml [options]",
      "Finds the sites of the mobile atoms: the maxima of their density, folded into the unit cell of the framework "
      "and "
      "averaged\n"
      "over its space group, or the positions of a structure file, or both. Writes the site file that assign, run and "
      "compute lijump\n"
      "read, with pictures and files for viewers.",
      "  lisi-msm sites run.lammpstrj.gz --species Li --framework Si --map 1=Li,2=Si -o sites.yaml\n"
      "  lisi-msm sites run.dump --structure Li13Si4.cif -o sites.yaml       # crystal sites kept, others added\n"
      "  lisi-msm sites --structure Li13Si4.cif -o sites.yaml                # crystal sites alone\n",
      options};
  cli_args args;
  int exit_status;
  if (!cli_parse(&command, argc, argv, &args, &exit_status))
    return exit_status;
  lisi_error err = {0};
  type_map map;
  sites_result result = {0};
  lisi_status status = read_type_map(map_text, &map, &err);
  if (status == LISI_OK)
    status = read_whole_numbers(&replicate, 3, 1, "replicate", o.replicate, &err);
  o.nfiles = args.npositional;
  o.files = (const char *const *)args.positional;
  o.ntypes = map.n;
  o.type_name = map.name;
  o.blocks = (int)blocks;
  o.from = from;
  if (status == LISI_OK)
    status = check(&o, symmetry, blocks, &err);
  if (status == LISI_OK && density != NULL && o.nfiles == 0)
    status = lisi_fail(&err, LISI_ERR_INPUT, "--density needs a trajectory");
  /* Without copies to average over there are few atoms to a place. */
  if (o.smooth == -1.0)
    o.smooth = o.amorphous ? 0.4 : 0.2;
  if (o.sigmas == -1.0)
    o.sigmas = o.amorphous ? 1.0 : 3.0;
  o.symmetry = strcmp(symmetry, "none") == 0        ? SITES_SYMMETRY_NONE
               : strcmp(symmetry, "framework") == 0 ? SITES_SYMMETRY_FRAMEWORK
                                                    : SITES_SYMMETRY_AUTO;
  if (status == LISI_OK && out == NULL && !json)
    status = lisi_fail(&err, LISI_ERR_INPUT, "-o FILE, the site file to write, is missing");
  if (status == LISI_OK)
    status = sites_check_outputs(&o, out, density, &err);
  if (status == LISI_OK) {
    progress_catch_interrupt();
    status = sites_find(&o, &result, &err);
  }
  if (status == LISI_OK)
    status = sites_write(&o, &result, out, density, &err);
  if (status == LISI_OK)
    status = sites_show(&o, &result, json, out, &err);
  sites_result_free(&result);
  free(replicate.value);
  replicate.value = NULL;
  return cli_end(&command, &args, status, &err);
}
