/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lisi-fit select: of the frames of trajectories those most worth a reference calculation, by extrapolation grade. */
#include "select.h"

#include "fit_grade.h"
#include "lattice.h"
#include "lisi_fit.h"
#include "out_file.h"
#include "progress.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "lisi-fit select MODEL.yace TRAJ ... [options]\n"
    "\n"
    "Chooses the frames that add most to what MODEL was trained on. TRAJ is a LAMMPS dump (types by --map, or an "
    "element\n"
    "column) or extended XYZ, plain or gzip. MODEL.sidecar has to lie beside the model. The frame with the largest\n"
    "extrapolation grade gamma is taken, the active sets are updated with it, all others are graded anew, and so on.\n"
    "\n"
    "  -n N                number of frames (50)\n"
    "  -o FILE             the chosen frames, extended XYZ, in the order in which they were chosen\n"
    "  --map LIST          elements of the numeric types of dumps, for example 1=Li,2=Si\n"
    "  --gamma-min X       end when no frame left has a gamma of X or more (1.1; training frames are at 1 or below)\n"
    "  --gamma-max X       set frames above X aside: too far from anything known (25)\n"
    "  --min-distance D    set frames with atoms closer than D Angstrom aside (the model's inner cut-off of each "
    "pair)\n"
    "  --every K           one frame in K of each file\n"
    "  --from S            frames from time step S on (from frame number S on in XYZ)\n"
    "  --config-type NAME  config_type of the chosen frames (that of the frame, or 'selected' for dumps)\n"
    "  --memory GB         memory for candidates (2); beyond, of two candidates in a row the one with the smaller\n"
    "                      gamma is left out\n"
    "  --json              the table as JSON on stdout\n"
    "  --help\n";

typedef struct {
  int nfiles;
  char *const *file;
  const char *model, *out, *map, *config_type;
  long n, every, from;
  double gamma_min, gamma_max, min_distance, memory; /* min_distance: NAN is the model's inner cut-off; memory in GB */
  bool json;
} select_options;

/* The candidates with their environments. */
typedef struct {
  const select_options *o;
  select_result *r;
  fit_grader *grader;
  double *limit;       /* [nelements][nelements] shortest distances expected */
  fit_candidate *rows; /* [ncandidates] */
  int room, aside_room;
  size_t bytes;
} pool;

static void frame_free(select_frame *f) {
  free(f->mu);
  free(f->pos);
}

static void rows_free(fit_candidate *c) {
  free(c->count);
  free(c->row);
}

/* The inner cut-off, where ZBL takes over, or what the user says. */
static lisi_status make_limits(pool *p, const ace_model *model, lisi_error *err) {
  const int n = model->nelements;
  p->limit = malloc((size_t)(n * n) * sizeof *p->limit);
  if (!p->limit)
    return lisi_no_memory(err, (size_t)(n * n) * sizeof *p->limit);
  for (int k = 0; k < n * n; k++)
    p->limit[k] = isnan(p->o->min_distance) ? fmax(model->bond[k].rcut_in, 0.5) : p->o->min_distance;
  return LISI_OK;
}

static lisi_status set_aside(pool *p, const select_view *v, const char *file, double gamma, double shortest,
                             lisi_error *err) {
  select_result *r = p->r;
  if (r->naside == p->aside_room) {
    int room = p->aside_room ? 2 * p->aside_room : 16;
    select_frame *grown = realloc(r->aside, (size_t)room * sizeof *grown);
    if (!grown)
      return lisi_no_memory(err, (size_t)room * sizeof *grown);
    r->aside = grown;
    p->aside_room = room;
  }
  r->aside[r->naside++] =
      (select_frame){.file = file, .number = v->number, .has_step = v->has_step, .gamma = gamma, .shortest = shortest};
  return LISI_OK;
}

/* The same atoms in the same order at the same places, up to images and 1e-6 Angstrom. */
static bool same_frame(const select_frame *a, const select_view *v) {
  static const double same = 1e-6;
  const xyz_frame *f = v->frame;
  lattice cell;
  double H[3][3];
  if (a->natoms != f->natoms)
    return false;
  for (int k = 0; k < 9; k++)
    if (fabs(a->cell[k] - f->cell[k]) > same)
      return false;
  memcpy(H, f->cell, sizeof H);
  if (lattice_from_rows((const double(*)[3])H, &cell, NULL) != LISI_OK)
    return false;
  for (int i = 0; i < f->natoms; i++) {
    double d[3], frac[3];
    int image[3];
    if (a->mu[i] != v->mu[f->species[i]])
      return false;
    for (int k = 0; k < 3; k++)
      d[k] = f->pos[3 * i + k] - a->pos[3 * i + k];
    lattice_frac(&cell, d, frac);
    if (lattice_nearest(&cell, frac, image, NULL) > same * same)
      return false;
  }
  return true;
}

static bool is_known_candidate(const pool *p, const select_view *v, double gamma) {
  for (int k = 0; k < p->r->ncandidates; k++) {
    const select_frame *f = &p->r->candidate[k];
    if (fabs(f->gamma - gamma) <= 1e-3 * gamma && same_frame(f, v)) /* equal frames have nearly equal grades */
      return true;
  }
  return false;
}

/* Takes over the rows of *grade. */
static lisi_status keep(pool *p, const select_view *v, const char *file, fit_frame_grade *grade, double shortest,
                        lisi_error *err) {
  select_result *r = p->r;
  const xyz_frame *f = v->frame;
  if (r->ncandidates == p->room) {
    int room = p->room ? 2 * p->room : 64;
    select_frame *frames = realloc(r->candidate, (size_t)room * sizeof *frames);
    if (frames)
      r->candidate = frames;
    fit_candidate *rows = realloc(p->rows, (size_t)room * sizeof *rows);
    if (rows)
      p->rows = rows;
    if (!frames || !rows)
      return lisi_no_memory(err, (size_t)room * sizeof *frames);
    p->room = room;
  }
  const size_t n = (size_t)f->natoms;
  select_frame *to = &r->candidate[r->ncandidates];
  *to = (select_frame){file, v->number, v->has_step, grade->gamma, shortest, f->natoms, NULL, NULL, {0}, ""};
  to->mu = malloc((n + 1) * sizeof *to->mu);
  to->pos = malloc((3 * n + 1) * sizeof *to->pos);
  if (!to->mu || !to->pos) {
    frame_free(to);
    return lisi_no_memory(err, 3 * n * sizeof *to->pos);
  }
  for (size_t i = 0; i < n; i++)
    to->mu[i] = v->mu[f->species[i]];
  memcpy(to->pos, f->pos, 3 * n * sizeof *to->pos);
  memcpy(to->cell, f->cell, sizeof to->cell);
  const char *group = p->o->config_type ? p->o->config_type : v->has_step ? "selected" : f->group;
  (void)snprintf(to->group, sizeof to->group, "%s", group);
  p->rows[r->ncandidates++] = grade->rows;
  p->bytes += fit_candidate_size(r->model->nelements, fit_grader_functions(p->grader), &grade->rows) * sizeof(double);
  p->bytes += n * (3 * sizeof(double) + sizeof(int));
  grade->rows = (fit_candidate){0};
  return LISI_OK;
}

/* Of each two candidates in a row from one file the one with the smaller grade goes, which leaves the largest of every
 * file and something of each stretch of it. */
static lisi_status thin_out(pool *p, lisi_error *err) {
  select_result *r = p->r;
  const int *functions = fit_grader_functions(p->grader), before = r->ncandidates;
  int kept = 0;
  p->bytes = 0;
  for (int k = 0; k < before;) {
    int take = k, next = k + 1;
    if (next < before && r->candidate[next].file == r->candidate[k].file) {
      const int drop = r->candidate[next].gamma > r->candidate[k].gamma ? k : next;
      take = drop == k ? next : k;
      frame_free(&r->candidate[drop]);
      rows_free(&p->rows[drop]);
      next++;
    }
    r->candidate[kept] = r->candidate[take];
    p->rows[kept] = p->rows[take];
    p->bytes += fit_candidate_size(r->model->nelements, functions, &p->rows[kept]) * sizeof(double) +
                (size_t)r->candidate[kept].natoms * (3 * sizeof(double) + sizeof(int));
    kept++;
    k = next;
  }
  r->ncandidates = kept;
  r->nthinned += before - kept;
  if (kept == before)
    return lisi_fail(err, LISI_ERR_INPUT,
                     "--memory: %g GB do not hold the best candidate of each file; give more, or a larger --gamma-min",
                     p->o->memory);
  return LISI_OK;
}

static lisi_status consider(pool *p, const select_view *v, const char *file, lisi_error *err) {
  select_result *r = p->r;
  double shortest, ratio;
  r->nread++;
  lisi_status status =
      fit_shortest_distance(v->set, v->frame, v->mu, r->model->nelements, p->limit, &shortest, &ratio, err);
  if (status != LISI_OK)
    return status;
  if (ratio < 1)
    return set_aside(p, v, file, NAN, shortest, err);
  fit_frame_grade grade;
  status = fit_grader_frame(p->grader, v->set, v->frame, v->mu, 1.0, &grade, err);
  if (status != LISI_OK)
    return status;
  if (grade.gamma > p->o->gamma_max)
    status = set_aside(p, v, file, grade.gamma, shortest, err);
  else if (grade.gamma < p->o->gamma_min)
    r->nknown++;
  else if (is_known_candidate(p, v, grade.gamma))
    r->nduplicates++;
  else {
    status = keep(p, v, file, &grade, shortest, err);
    while (status == LISI_OK && (double)p->bytes > p->o->memory * 1e9)
      status = thin_out(p, err);
  }
  fit_frame_grade_free(&grade);
  return status;
}

static lisi_status read_all(pool *p, const select_map *map, lisi_error *err) {
  const select_options *o = p->o;
  progress bar = progress_start("frames");
  lisi_status status = LISI_OK;
  for (int k = 0; k < o->nfiles && status == LISI_OK; k++) {
    select_source *source;
    const select_view *v;
    long at = 0;
    status = select_source_open(o->file[k], p->r->model, map, &source, err);
    if (status != LISI_OK)
      break;
    while ((status = select_source_next(source, &v, err)) == LISI_OK && v) {
      if (v->number >= o->from && at++ % o->every == 0)
        status = consider(p, v, o->file[k], err);
      progress_update(&bar, k + select_source_progress(source), o->nfiles);
      if (status == LISI_OK && progress_interrupted())
        status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
      if (status != LISI_OK)
        break;
    }
    select_source_close(source);
  }
  progress_end(&bar);
  if (status == LISI_OK && p->r->nread == 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "--from %ld: no frame from there on in %s%s", o->from, o->file[0],
                       o->nfiles > 1 ? " and the other files" : "");
  return status;
}

static lisi_status choose(pool *p, lisi_error *err) {
  select_result *r = p->r;
  fit_select *select;
  const size_t most = (size_t)(p->o->n < r->ncandidates ? p->o->n : r->ncandidates);
  r->choice = calloc(most + 1, sizeof *r->choice);
  if (!r->choice)
    return lisi_no_memory(err, most * sizeof *r->choice);
  lisi_status status =
      fit_select_create(r->model->nelements, fit_grader_functions(p->grader), r->ncandidates, p->rows, &select, err);
  if (status != LISI_OK)
    return status;
  progress bar = progress_start("selection");
  while ((size_t)r->nchosen < most && status == LISI_OK) {
    status = fit_select_next(select, p->o->gamma_min, &r->choice[r->nchosen], err);
    if (status == LISI_OK && r->choice[r->nchosen].candidate < 0)
      break;
    r->nchosen += status == LISI_OK;
    progress_update(&bar, r->nchosen, (double)most);
    if (status == LISI_OK && progress_interrupted())
      status = lisi_fail(err, LISI_ERR_CANCELLED, "interrupted");
  }
  progress_end(&bar);
  if (status == LISI_OK) {
    fit_choice rest;
    status = fit_select_next(select, INFINITY, &rest, err); /* takes none, and tells the largest that is left */
    r->left = rest.gamma;
  }
  fit_select_free(select);
  return status;
}

static lisi_status write_xyz(const select_result *r, const char *path, lisi_error *err) {
  out_file *file;
  lisi_status status = out_file_open(path, &file, err);
  if (status != LISI_OK)
    return status;
  select_xyz(r, out_file_stream(file)); /* commit finds the error */
  return out_file_commit(file, err);
}

static lisi_status run(const select_options *o, lisi_error *err) {
  ace_model *model;
  char warnings[2000] = "";
  lisi_status status = ace_model_load(o->model, &model, warnings, sizeof warnings, err);
  if (status != LISI_OK)
    return status;
  if (*warnings)
    fprintf(stderr, "lisi-fit: warning: %s\n", warnings);
  select_result r = {.model = model, .model_path = o->model, .gamma_min = o->gamma_min, .gamma_max = o->gamma_max};
  pool p = {.o = o, .r = &r};
  select_map map;
  status = select_map_read(o->map, model, &map, err);
  if (status == LISI_OK)
    status = fit_grader_open(model, o->model, &p.grader, err);
  if (status == LISI_OK)
    status = make_limits(&p, model, err);
  if (status == LISI_OK)
    status = read_all(&p, &map, err);
  if (status == LISI_OK)
    status = choose(&p, err);
  if (status == LISI_OK && o->out)
    status = write_xyz(&r, o->out, err);
  if (status == LISI_OK) {
    if (o->json)
      select_json(&r, stdout);
    else
      select_print(&r, stdout);
  }
  for (int k = 0; k < r.ncandidates; k++) {
    frame_free(&r.candidate[k]);
    rows_free(&p.rows[k]);
  }
  free(r.candidate);
  free(r.aside);
  free(r.choice);
  free(p.rows);
  free(p.limit);
  fit_grader_close(p.grader);
  ace_model_free(model);
  return status;
}

/* One finite number of at least `least`, or false. */
static bool number(const char *text, double least, double *value) {
  char *end;
  *value = strtod(text, &end);
  return end != text && !*end && isfinite(*value) && *value >= least;
}

static bool integer(const char *text, long least, long *value) {
  double x;
  if (!number(text, (double)least, &x) || x != floor(x) || x > 1e15)
    return false;
  *value = (long)x;
  return true;
}

int command_select(int argc, char **argv) {
  enum { MAP = 1000, GAMMA_MIN, GAMMA_MAX, DISTANCE, EVERY, FROM, CONFIG_TYPE, MEMORY, JSON };
  static const struct option options[] = {{"map", required_argument, 0, MAP},
                                          {"gamma-min", required_argument, 0, GAMMA_MIN},
                                          {"gamma-max", required_argument, 0, GAMMA_MAX},
                                          {"min-distance", required_argument, 0, DISTANCE},
                                          {"every", required_argument, 0, EVERY},
                                          {"from", required_argument, 0, FROM},
                                          {"config-type", required_argument, 0, CONFIG_TYPE},
                                          {"memory", required_argument, 0, MEMORY},
                                          {"json", no_argument, 0, JSON},
                                          {"help", no_argument, 0, 'h'},
                                          {0, 0, 0, 0}};
  select_options o = {
      .n = 50, .every = 1, .from = 0, .gamma_min = 1.1, .gamma_max = 25, .min_distance = NAN, .memory = 2};
  for (int c; (c = getopt_long(argc, argv, "n:o:h", options, NULL)) != -1;) {
    switch (c) {
    case 'h':
      fputs(help, stdout);
      return 0;
    case 'o':
      o.out = optarg;
      break;
    case 'n':
      if (!integer(optarg, 1, &o.n))
        return lisi_fit_usage("select", "-n: expected an integer >= 1, found '%s'", optarg);
      break;
    case MAP:
      o.map = optarg;
      break;
    case GAMMA_MIN:
      if (!number(optarg, 1.01, &o.gamma_min)) /* the grade of what is known goes up to that */
        return lisi_fit_usage("select", "--gamma-min: expected a number >= 1.01, found '%s'", optarg);
      break;
    case GAMMA_MAX:
      if (!number(optarg, 1.01, &o.gamma_max))
        return lisi_fit_usage("select", "--gamma-max: expected a number >= 1.01, found '%s'", optarg);
      break;
    case DISTANCE:
      if (!number(optarg, 0, &o.min_distance))
        return lisi_fit_usage("select", "--min-distance: expected a number >= 0, found '%s'", optarg);
      break;
    case EVERY:
      if (!integer(optarg, 1, &o.every))
        return lisi_fit_usage("select", "--every: expected an integer >= 1, found '%s'", optarg);
      break;
    case FROM:
      if (!integer(optarg, 0, &o.from))
        return lisi_fit_usage("select", "--from: expected an integer >= 0, found '%s'", optarg);
      break;
    case CONFIG_TYPE:
      if (!*optarg || strlen(optarg) > 63 || strpbrk(optarg, " \t\n\"'="))
        return lisi_fit_usage("select", "--config-type: expected one word of at most 63 letters, found '%s'", optarg);
      o.config_type = optarg;
      break;
    case MEMORY:
      if (!number(optarg, 1e-6, &o.memory))
        return lisi_fit_usage("select", "--memory: expected a number > 0, found '%s'", optarg);
      break;
    case JSON:
      o.json = true;
      break;
    default:
      return 2;
    }
  }
  if (argc - optind < 2)
    return lisi_fit_usage("select", "expected a model and at least one trajectory");
  if (o.gamma_max < o.gamma_min)
    return lisi_fit_usage("select", "--gamma-max %g is below --gamma-min %g", o.gamma_max, o.gamma_min);
  o.model = argv[optind];
  o.file = argv + optind + 1;
  o.nfiles = argc - optind - 1;
  lisi_error err = {0};
  progress_catch_interrupt();
  if (run(&o, &err) != LISI_OK)
    return lisi_fit_report(&err);
  return fflush(stdout) == 0 ? 0 : 1;
}
