/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output, input and trajectory files of CP2K put together to frames. */
#include "cp2k_read.h"

#include "cp2k_parts.h"
#include "file_bytes.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  const char *name;
  const cp2k_folder *folder;
  bool skip;
  xyz_set *set;
  int room;
  FILE *notes;
  lisi_error *err;
} reader;

/* The input of the run that was read last: concatenated outputs often share it. */
typedef struct {
  bool there;
  cp2k_input input;
} input_slot;

bool cp2k_recognised(const char *bytes, size_t size) {
  static const char *const mark[] = {" CP2K|", "PROGRAM STARTED AT", "ENERGY| Total FORCE_EVAL"};
  const size_t n = size < 65536 ? size : 65536;
  cp2k_lines in = cp2k_lines_of(bytes, n, "");
  /* Extended XYZ begins with a number. */
  while (cp2k_next(&in)) {
    double first;
    if (in.text[0] == '\0')
      continue;
    cp2k_split(&in);
    if (in.nwords == 1 && cp2k_number(in.word[0], &first))
      return false;
    break;
  }
  for (size_t m = 0; m < sizeof mark / sizeof *mark; m++)
    if (memmem(bytes, n, mark[m], strlen(mark[m])))
      return true;
  return false;
}

static void note(reader *r, const char *format, ...) LISI_PRINTF(2, 3);
static void note(reader *r, const char *format, ...) {
  va_list list;
  va_start(list, format);
  fprintf(r->notes, "%s: ", r->name);
  vfprintf(r->notes, format, list);
  fputc('\n', r->notes);
  va_end(list);
}

/* ---- one frame ---- */

static double volume_of(const double h[9]) {
  return fabs(h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) +
              h[2] * (h[3] * h[7] - h[4] * h[6]));
}

typedef struct {
  int line, natoms;
  char (*symbol)[4];
  const double *pos, *force; /* [natoms][3]; times the units below, force NULL: none */
  double pos_unit, force_unit, energy;
  const double *cell, *stress; /* stress NULL: none */
  const bool *pbc;
  const char *project;
  long step; /* -1: a single point */
} parts;

static lisi_status add_frame(reader *r, const parts *p) {
  lisi_status status = cp2k_grow(&r->set->frame, r->set->nframes, &r->room, sizeof *r->set->frame, r->err);
  if (status != LISI_OK)
    return status;
  const double volume = volume_of(p->cell);
  if (!(volume > 1e-6) || !isfinite(volume))
    return lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: the cell of this frame has no volume", r->name, p->line);
  xyz_frame *f = &r->set->frame[r->set->nframes++];
  const size_t n = (size_t)p->natoms;
  *f = (xyz_frame){.natoms = p->natoms, .line = p->line, .energy = p->energy, .has_energy = true};
  memcpy(f->cell, p->cell, sizeof f->cell);
  memcpy(f->pbc, p->pbc, sizeof f->pbc);
  snprintf(f->group, sizeof f->group, "%.63s", p->project);
  for (char *s = f->group; *s; s++) /* a group is one word */
    if (*s == ' ' || *s == '\t' || *s == '"')
      *s = '_';
  if (!f->group[0])
    strcpy(f->group, "cp2k");
  f->species = malloc(n * sizeof *f->species);
  f->pos = malloc(3 * n * sizeof *f->pos);
  f->force = malloc(3 * n * sizeof *f->force);
  char source[PATH_MAX];
  int k = snprintf(source, sizeof source, "source=%s", r->name);
  if (p->step >= 0 && k > 0 && k < (int)sizeof source)
    k = snprintf(source + k, sizeof source - (size_t)k, " step=%ld", p->step);
  f->other = strdup(source);
  if (!f->species || !f->pos || !f->force || !f->other)
    return lisi_no_memory(r->err, 7 * n * sizeof(double));
  for (char *s = f->other + 7; *s && strncmp(s, " step=", 6); s++)
    if (*s == ' ' || *s == '\t' || *s == '"' || *s == '\'' || *s == '=')
      *s = '_';
  for (size_t i = 0; i < n && status == LISI_OK; i++)
    status = xyz_set_species(r->set, p->symbol[i], &f->species[i], r->err);
  for (size_t i = 0; i < 3 * n; i++) {
    f->pos[i] = p->pos[i] * p->pos_unit;
    f->force[i] = p->force[i] * p->force_unit;
  }
  if (p->stress) {
    for (int i = 0; i < 9; i++)
      f->virial[i] = p->stress[i] * volume;
    f->has_virial = true;
  }
  return status;
}

/* ---- single points ---- */

static lisi_status refuse(reader *r, int line, const char *what, int *left_out) {
  if (r->skip) {
    note(r, "line %d: %s: left out", line, what);
    (*left_out)++;
    return LISI_OK;
  }
  return lisi_fail(r->err, LISI_ERR_INPUT,
                   "%s:%d: %s, so its energy and forces are not to be used (--skip-unconverged leaves it out)", r->name,
                   line, what);
}

/* Takes config_type=X from the title of an XYZ file. */
static void read_group(const char *title, char *group, size_t room) {
  const char *s = strstr(title, "config_type=");
  if (!s || (s != title && s[-1] != ' '))
    return;
  s += strlen("config_type=");
  const size_t n = *s == '"' ? strcspn(++s, "\"") : strcspn(s, " ");
  if (n && n < room) {
    memcpy(group, s, n);
    group[n] = '\0';
  }
}

/* Positions of the XYZ file that the input names: CP2K takes the last frame of it. */
static lisi_status coordinate_file(reader *r, cp2k_input *in) {
  char *bytes = NULL;
  size_t size = 0;
  lisi_status status = LISI_OK;
  if (strcmp(in->coord_format, "XYZ") && strcmp(in->coord_format, "EXTXYZ")) {
    snprintf(in->unclear, sizeof in->unclear, "its coordinate file '%.60s' is in the format '%.30s', only XYZ is read",
             in->coord_file, in->coord_format);
    return LISI_OK;
  }
  status = r->folder->get(r->folder->context, in->coord_file, &bytes, &size, r->err);
  if (status != LISI_OK)
    return status;
  if (!bytes) {
    snprintf(in->unclear, sizeof in->unclear, "its coordinate file '%.100s' is not there", in->coord_file);
    return LISI_OK;
  }
  cp2k_lines lines = cp2k_lines_of(bytes, size, in->coord_file);
  int room[2] = {0, 0};
  while (status == LISI_OK && cp2k_next(&lines)) {
    double n;
    cp2k_split(&lines);
    if (lines.nwords == 0)
      break;
    if (!cp2k_number(lines.word[0], &n) || n < 1 || n != floor(n) || (double)(lines.end - lines.at) / 8 < n ||
        !cp2k_next(&lines)) {
      snprintf(in->unclear, sizeof in->unclear, "%.60s:%d: expected the number of atoms of an XYZ file", in->coord_file,
               lines.number);
      break;
    }
    read_group(lines.text, in->group, sizeof in->group);
    for (in->natoms = 0; in->natoms < (int)n && status == LISI_OK && cp2k_next(&lines); in->natoms++) {
      const int i = in->natoms;
      cp2k_split(&lines);
      status = cp2k_grow(&in->symbol, i, &room[0], sizeof *in->symbol, r->err);
      if (status == LISI_OK)
        status = cp2k_grow(&in->pos, i, &room[1], 3 * sizeof *in->pos, r->err);
      bool good = status == LISI_OK && lines.nwords >= 4 && cp2k_input_element(in, lines.word[0], in->symbol[i]);
      for (int k = 0; k < 3 && good; k++)
        good = cp2k_number(lines.word[1 + k], &in->pos[3 * (size_t)i + (size_t)k]);
      if (!good)
        break;
    }
    if (status == LISI_OK && in->natoms != (int)n) {
      snprintf(in->unclear, sizeof in->unclear, "%.60s:%d: expected an element and three numbers", in->coord_file,
               lines.number);
      break;
    }
  }
  free(bytes);
  return status;
}

/* Reads the input of a run, and the coordinate file that it names. slot->there stays false where there is no input. */
static lisi_status load_input(reader *r, const cp2k_run *run, bool positions, input_slot *slot) {
  char *bytes = NULL;
  size_t size = 0;
  if (!run->input[0])
    return LISI_OK;
  lisi_status status = r->folder->get(r->folder->context, run->input, &bytes, &size, r->err);
  const char *slash = strrchr(run->input, '/');
  if (status == LISI_OK && !bytes && slash && slash[1])
    status = r->folder->get(r->folder->context, slash + 1, &bytes, &size, r->err);
  if (status != LISI_OK || !bytes)
    return status;
  status = cp2k_input_parse(bytes, size, run->input, r->folder, &slot->input, r->err);
  free(bytes);
  if (status != LISI_OK)
    return status;
  slot->there = true;
  cp2k_input *in = &slot->input;
  if (in->restart && !in->unclear[0])
    snprintf(in->unclear, sizeof in->unclear, "its positions and cell come from a restart file (&EXT_RESTART)");
  if (positions && !in->unclear[0] && in->coord_file[0] && in->natoms == 0)
    status = coordinate_file(r, in);
  return status;
}

/* Whether the positions of the input, which have all their digits, are those that the output prints with six. */
static bool same_positions(const cp2k_input *in, const cp2k_run *run) {
  if (in->natoms != run->natoms)
    return false;
  for (int i = 0; i < in->natoms; i++)
    if (strcmp(in->symbol[i], run->symbol[i]))
      return false;
  for (size_t k = 0; k < 3 * (size_t)in->natoms; k++)
    if (fabs(in->pos[k] - run->pos[k]) > 2e-6)
      return false;
  return true;
}

/* Whether the cell of the input can be that of the output. PRINT_LEVEL LOW prints none, which contradicts nothing. */
static bool same_cell(const cp2k_input *in, const cp2k_run *run) {
  for (int row = 0; row < 3 && run->has_printed; row++) {
    const double *h = &in->cell[3 * row];
    if (fabs(sqrt(h[0] * h[0] + h[1] * h[1] + h[2] * h[2]) - run->length[row]) > 2e-6)
      return false;
    for (int k = 0; k < 3; k++)
      if (fabs(h[k] - run->printed[3 * row + k]) > 6e-4)
        return false;
  }
  return true;
}

/* The cell of the input, NULL where there is none to be used. */
static const double *input_cell(const input_slot *slot, const cp2k_run *run) {
  const cp2k_input *in = &slot->input;
  return slot->there && !in->unclear[0] && in->has_cell && same_cell(in, run) ? in->cell : NULL;
}

/* The elements of an old table of forces tell whether positions and forces have one order. */
static lisi_status check_order(reader *r, const cp2k_eval *e, int natoms, char (*symbol)[4], const char *where) {
  if (e->nforces != natoms)
    return lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: %d forces, but %d atoms in %s", r->name, e->line, e->nforces,
                     natoms, where);
  for (int i = 0; i < natoms && e->symbol; i++)
    if (strcmp(e->symbol[i], symbol[i]))
      return lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: atom %d is %s in the table of forces and %s in %s", r->name,
                       e->line, i + 1, e->symbol[i], symbol[i], where);
  return LISI_OK;
}

static lisi_status single_points(reader *r, const cp2k_run *run, int *left_out) {
  if (run->unconverged || (run->neval && run->eval[run->neval - 1].unconverged))
    return refuse(r, run->unconverged_line, "the SCF did not converge", left_out);
  if (!run->ended)
    return refuse(r, run->neval ? run->eval[0].line : run->line, "the run did not end (no PROGRAM ENDED)", left_out);
  if (run->neval == 0)
    return lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: this run has no line 'ENERGY| Total FORCE_EVAL'", r->name,
                     run->line);
  const cp2k_eval *e = &run->eval[run->neval - 1];
  if (!e->force)
    return lisi_fail(r->err, LISI_ERR_INPUT,
                     "%s:%d: no table of forces follows (RUN_TYPE ENERGY_FORCE, and &FORCES ON in &FORCE_EVAL/&PRINT)",
                     r->name, e->line);
  input_slot slot = {false, {0}};
  lisi_status status = load_input(r, run, true, &slot);
  const cp2k_input *in = &slot.input;
  const bool usable = slot.there && !in->unclear[0] && in->natoms,
             other_cell = usable && in->has_cell && !same_cell(in, run);
  const char *why = !run->input[0]   ? "the output does not name its input"
                    : !slot.there    ? "its input is not beside it"
                    : in->unclear[0] ? in->unclear
                                     : "its input has no &COORD and no coordinate file";
  const bool from_input = usable && !other_cell && (!run->natoms || same_positions(in, run));
  /* An input with other positions is that of another run: its cell is to be used only where the output shows it. */
  const double *cell = usable && !from_input && !run->has_printed ? NULL : input_cell(&slot, run);
  if (status == LISI_OK && !from_input && !run->natoms)
    status =
        lisi_fail(r->err, LISI_ERR_INPUT,
                  "%s:%d: no positions: there is no table ATOMIC COORDINATES (PRINT_LEVEL MEDIUM writes it), and of "
                  "the input '%.100s': %s",
                  r->name, e->line, run->input, why);
  if (status == LISI_OK && !cell && !run->has_cell)
    status =
        lisi_fail(r->err, LISI_ERR_INPUT,
                  "%s:%d: no cell: the output has none that is printed exactly enough, and of the input '%.100s': %s",
                  r->name, e->line, run->input,
                  other_cell                                      ? "its cell is not that of the output"
                  : slot.there && !in->unclear[0] && in->has_cell ? "its positions are not those of the output"
                  : slot.there && !in->unclear[0]                 ? "it has no cell in &FORCE_EVAL/&SUBSYS/&CELL"
                                                                  : why);
  if (status == LISI_OK && usable && !from_input)
    note(r, "line %d: the %s of %s are not those of the output, which are used", e->line,
         other_cell ? "cell and positions" : "positions",
         in->coord_file[0] && !other_cell ? in->coord_file : run->input);
  const int natoms = from_input ? in->natoms : run->natoms;
  char(*symbol)[4] = from_input ? in->symbol : run->symbol;
  if (status == LISI_OK)
    status = check_order(r, e, natoms, symbol,
                         !from_input         ? "the table of positions"
                         : in->coord_file[0] ? in->coord_file
                                             : run->input);
  if (status == LISI_OK) {
    const parts p = {.line = e->line,
                     .natoms = natoms,
                     .symbol = symbol,
                     .pos = from_input ? in->pos : run->pos,
                     .force = e->force,
                     .pos_unit = 1,
                     .force_unit = 1,
                     .energy = e->energy,
                     .cell = cell ? cell : run->cell,
                     .stress = e->has_stress ? e->stress : NULL,
                     .pbc = run->has_pbc || !slot.there ? run->pbc : in->pbc,
                     .project = from_input && in->group[0] ? in->group : run->project,
                     .step = -1};
    status = add_frame(r, &p);
  }
  if (slot.there)
    cp2k_input_free(&slot.input);
  return status;
}

/* ---- trajectories ---- */

static bool is_md(const cp2k_run *run) {
  return !strcmp(run->type, "MD") || !strcmp(run->type, "MOLECULAR_DYNAMICS");
}

static bool is_trajectory(const cp2k_run *run) {
  return is_md(run) || !strcmp(run->type, "GEO_OPT") || !strcmp(run->type, "GEOMETRY_OPTIMIZATION") ||
         !strcmp(run->type, "CELL_OPT");
}

typedef struct {
  cp2k_steps pos, frc, cell;
  input_slot slot;
  const cp2k_eval **eval; /* by energy */
  int neval;
  bool md;
} trajectory;

static int by_energy(const void *a, const void *b) {
  const cp2k_eval *x = *(const cp2k_eval *const *)a, *y = *(const cp2k_eval *const *)b;
  if (x->energy != y->energy)
    return x->energy < y->energy ? -1 : 1;
  return x->line < y->line ? -1 : x->line > y->line;
}

static int richness(const cp2k_eval *e) {
  return (e->force != NULL) + e->has_stress;
}

/* The last evaluation with this energy (hartree, printed with ten decimals), one with forces and stress if there is
 * one; NULL where there is none. Energies stand for steps because the lines that number the steps differ between run
 * types and versions, and line searches evaluate more often than there are steps. */
static const cp2k_eval *find_eval(const trajectory *t, double energy, bool first) {
  const double tolerance = 6e-11 + 4e-16 * fabs(energy);
  int lo = 0, hi = t->neval;
  while (lo < hi) {
    const int mid = lo + (hi - lo) / 2;
    if (t->eval[mid]->energy / CP2K_HARTREE < energy - tolerance)
      lo = mid + 1;
    else
      hi = mid;
  }
  const cp2k_eval *found = NULL;
  for (; lo < t->neval && t->eval[lo]->energy / CP2K_HARTREE <= energy + tolerance; lo++) {
    if (t->md && t->eval[lo]->initial && !first)
      continue;
    if (!found || richness(t->eval[lo]) > richness(found) ||
        (richness(t->eval[lo]) == richness(found) && t->eval[lo]->line > found->line))
      found = t->eval[lo];
  }
  return found;
}

/* PROJECT<middle>, as <file>; *there is false where there is none. */
static lisi_status get_steps(reader *r, const cp2k_run *run, const char *middle, bool is_cell, cp2k_steps *out,
                             char *file, size_t room, bool *there) {
  char *bytes = NULL;
  size_t size = 0;
  snprintf(file, room, "%s%s", run->project, middle);
  lisi_status status = r->folder->get(r->folder->context, file, &bytes, &size, r->err);
  *there = bytes != NULL;
  if (status == LISI_OK && bytes)
    status = is_cell ? cp2k_steps_cell(bytes, size, file, out, r->err) : cp2k_steps_xyz(bytes, size, file, out, r->err);
  free(bytes);
  return status;
}

/* Where a trajectory lost frames. */
typedef struct {
  int no_forces, other_energy, no_cell, no_eval, unconverged, no_stress, used;
} tally;

static lisi_status one_step(reader *r, const cp2k_run *run, const trajectory *t, const cp2k_step *s, bool need_cell,
                            tally *n, int *left_out) {
  const cp2k_step *f = cp2k_steps_find(&t->frc, s->step), *c = cp2k_steps_find(&t->cell, s->step);
  const cp2k_eval *e = s->has_energy ? find_eval(t, s->energy, s == t->pos.step) : NULL;
  if (!e) {
    n->no_eval++;
    return LISI_OK;
  }
  if (f && f->has_energy && fabs(f->energy - s->energy) > 2e-10 + 1e-15 * fabs(s->energy)) {
    n->other_energy++;
    return LISI_OK;
  }
  if (!f && !e->force) {
    n->no_forces++;
    return LISI_OK;
  }
  if (need_cell && !c) {
    n->no_cell++;
    return LISI_OK;
  }
  if (e->unconverged) {
    char what[60];
    snprintf(what, sizeof what, "the SCF of step %ld did not converge", s->step);
    n->unconverged++;
    return refuse(r, e->line, what, left_out);
  }
  const int nforces = f ? f->natoms : e->nforces;
  if (nforces != s->natoms)
    return lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: step %ld has %d positions and %d forces", r->name, e->line,
                     s->step, s->natoms, nforces);
  char(*symbol)[4] = f ? f->symbol : e->symbol;
  for (int i = 0; i < s->natoms && symbol; i++)
    if (strcmp(s->symbol[i], symbol[i]))
      return lisi_fail(r->err, LISI_ERR_INPUT,
                       "%s:%d: step %ld: atom %d is %s among the positions and %s among the "
                       "forces",
                       r->name, e->line, s->step, i + 1, s->symbol[i], symbol[i]);
  const double unit = t->slot.there ? t->slot.input.frc_unit : CP2K_HARTREE / CP2K_BOHR;
  for (int k = 0; k < 3 * s->natoms && f && e->force && e->nforces == s->natoms; k++)
    if (fabs(f->value[k] * unit - e->force[k]) > 1e-5 + 1e-6 * fabs(e->force[k]))
      return lisi_fail(
          r->err, LISI_ERR_INPUT,
          "%s:%d: step %ld: the force on atom %d is %.6f eV/Angstrom in the output and %.6f in the file of "
          "forces (&MOTION/&PRINT/&FORCES/UNIT, or files of another run?)",
          r->name, e->line, s->step, k / 3 + 1, e->force[k], f->value[k] * unit);
  n->no_stress += !e->has_stress;
  n->used++;
  const double *cell = input_cell(&t->slot, run);
  const parts p = {.line = e->line,
                   .natoms = s->natoms,
                   .symbol = s->symbol,
                   .pos = s->value,
                   .force = f ? f->value : e->force,
                   .pos_unit = t->slot.there ? t->slot.input.pos_unit : 1,
                   .force_unit = f ? unit : 1,
                   .energy = e->energy,
                   .cell = c      ? c->value
                           : cell ? cell
                                  : run->cell,
                   .stress = e->has_stress ? e->stress : NULL,
                   .pbc = run->has_pbc || !t->slot.there ? run->pbc : t->slot.input.pbc,
                   .project = run->project,
                   .step = s->step};
  return add_frame(r, &p);
}

static void report(reader *r, const trajectory *t, const tally *n, const char *pos) {
  if (n->no_eval)
    note(r, "%d steps of %s are not in this output (of another part of the run?): left out", n->no_eval, pos);
  if (n->no_forces)
    note(r, "%d steps of %s have no forces: left out", n->no_forces, pos);
  if (n->other_energy)
    note(r, "%d steps of %s have another energy in the file of forces: left out", n->other_energy, pos);
  if (n->no_cell)
    note(r, "%d steps of %s are not in the file of cells: left out", n->no_cell, pos);
  if (t->pos.cut + t->frc.cut + t->cell.cut)
    note(r, "the files of this run end, or are broken, within a step, which is left out");
  if (n->no_stress)
    note(r,
         "%d steps have no virial: the output has no stress tensor (&FORCE_EVAL/&PRINT/&STRESS_TENSOR prints it; the "
         "file PROJECT-1.stress has the kinetic part in it and is not used)",
         n->no_stress);
}

/* Whether the cell may change within the run. GEO_OPT prints no ensemble. */
static bool cell_varies(const cp2k_run *run, const input_slot *slot) {
  static const char *const fixed[] = {"NVE", "NVT", "NVT_ADIABATIC", "LANGEVIN", "ISOKIN", ""};
  if (!strcmp(run->type, "CELL_OPT"))
    return true;
  if (!strcmp(run->ensemble, "REFTRAJ"))
    return !slot->there || slot->input.reftraj_cell;
  for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
    if (!strcmp(run->ensemble, fixed[k]))
      return false;
  return true;
}

/* All runs from `first` on that belong to the same project make one trajectory. */
static lisi_status read_trajectory(reader *r, const cp2k_output *out, int first, int *left_out) {
  const cp2k_run *run = &out->run[first];
  trajectory t = {.md = is_md(run)};
  char pos[300], frc[300], cell[300];
  bool have_pos = false, have_frc = false, have_cell = false;
  lisi_status status = load_input(r, run, false, &t.slot);
  if (status == LISI_OK && !run->project[0])
    status = lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: the output of this run does not say the name of its project",
                       r->name, run->line);
  if (status == LISI_OK)
    status = get_steps(r, run, "-pos-1.xyz", false, &t.pos, pos, sizeof pos, &have_pos);
  if (status == LISI_OK && is_md(run))
    status = get_steps(r, run, "-frc-1.xyz", false, &t.frc, frc, sizeof frc, &have_frc);
  if (status == LISI_OK)
    status = get_steps(r, run, "-1.cell", true, &t.cell, cell, sizeof cell, &have_cell);
  int n = 0;
  bool printed = false;
  for (int k = first; k < out->nruns; k++)
    if (!strcmp(out->run[k].project, run->project))
      n += out->run[k].neval;
  if (status == LISI_OK && !(t.eval = malloc(((size_t)n + 1) * sizeof *t.eval)))
    status = lisi_no_memory(r->err, (size_t)n * sizeof *t.eval);
  for (int k = first; k < out->nruns && t.eval; k++)
    for (int i = 0; i < out->run[k].neval && !strcmp(out->run[k].project, run->project); i++) {
      t.eval[t.neval++] = &out->run[k].eval[i];
      printed = printed || out->run[k].eval[i].force;
    }
  if (t.eval)
    qsort(t.eval, (size_t)t.neval, sizeof *t.eval, by_energy);
  const char *const kind = is_md(run) ? "MD run" : "optimisation";
  if (status == LISI_OK && !have_pos)
    status = lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: of this %s the file of positions '%s' is not beside the output",
                       r->name, run->line, kind, pos);
  if (status == LISI_OK && is_md(run) && !have_frc && !printed)
    status = lisi_fail(r->err, LISI_ERR_INPUT,
                       "%s:%d: of this %s the file of forces '%s' is not beside the output (&MOTION/&PRINT/&FORCES "
                       "writes it)",
                       r->name, run->line, kind, frc);
  if (status == LISI_OK && !is_md(run) && !printed)
    status =
        lisi_fail(r->err, LISI_ERR_INPUT,
                  "%s:%d: the output of this optimisation has no forces (&FORCES ON in &FORCE_EVAL/&PRINT); those in "
                  "PROJECT-frc-1.xyz may be of other positions and are not used",
                  r->name, run->line);
  bool varies = false;
  for (int k = first; k < out->nruns; k++)
    varies = varies || (!strcmp(out->run[k].project, run->project) && cell_varies(&out->run[k], &t.slot));
  const bool known = input_cell(&t.slot, run) || run->has_cell;
  if (status == LISI_OK && !have_cell && (varies || !known))
    status = lisi_fail(r->err, LISI_ERR_INPUT, "%s:%d: of this %s the file of cells '%s' is not beside the output%s",
                       r->name, run->line, kind, cell,
                       varies ? " (&MOTION/&PRINT/&CELL writes it)" : ", nor is the cell in its input");
  if (status == LISI_OK && t.slot.there && (isnan(t.slot.input.pos_unit) || isnan(t.slot.input.frc_unit)))
    status = lisi_fail(r->err, LISI_ERR_UNSUPPORTED,
                       "%s:%d: the input '%.100s' asks for a UNIT of positions or forces that is not known", r->name,
                       run->line, run->input);
  tally count = {0};
  for (int k = 0; k < t.pos.nsteps && status == LISI_OK; k++)
    status = one_step(r, run, &t, &t.pos.step[k], have_cell, &count, left_out);
  if (status == LISI_OK && count.used + count.unconverged == 0)
    status = lisi_fail(
        r->err, LISI_ERR_INPUT,
        "%s:%d: of the %d steps of '%s' none is in all files: %d have no energy of this output, %d other "
        "energies in the file of forces, %d no forces, %d no cell",
        r->name, run->line, t.pos.nsteps, pos, count.no_eval, count.other_energy, count.no_forces, count.no_cell);
  if (status == LISI_OK)
    report(r, &t, &count, pos);
  cp2k_steps_free(&t.pos);
  cp2k_steps_free(&t.frc);
  cp2k_steps_free(&t.cell);
  free(t.eval);
  if (t.slot.there)
    cp2k_input_free(&t.slot.input);
  return status;
}

/* ---- all runs of an output ---- */

static bool earlier_project(const cp2k_output *out, int k) {
  for (int j = 0; j < k; j++)
    if (is_trajectory(&out->run[j]) && !strcmp(out->run[j].project, out->run[k].project))
      return true;
  return false;
}

/* Of single points without positions in the output those of the input are taken. Where two have one input and different
 * energies, it was changed in between, and there is no telling which of them it belongs to. */
static lisi_status check_inputs(reader *r, const cp2k_output *out, int k) {
  const cp2k_run *run = &out->run[k];
  if (run->natoms || !run->neval || !run->ended || !run->input[0])
    return LISI_OK;
  for (int j = 0; j < k; j++) {
    const cp2k_run *other = &out->run[j];
    if (other->natoms || !other->neval || !other->ended || is_trajectory(other) || strcmp(other->input, run->input))
      continue;
    const double mine = run->eval[run->neval - 1].energy, its = other->eval[other->neval - 1].energy;
    if (fabs(mine - its) > 1e-3)
      return lisi_fail(r->err, LISI_ERR_INPUT,
                       "%s:%d: the runs at lines %d and %d name the same input '%.100s', but their energies differ "
                       "(%.6f and %.6f eV), so it was changed in between, and the output has no positions "
                       "(PRINT_LEVEL MEDIUM writes them; or keep one input for each run)",
                       r->name, run->line, other->line, run->line, run->input, its, mine);
  }
  return LISI_OK;
}

static lisi_status read_runs(reader *r, const cp2k_output *out) {
  lisi_status status = LISI_OK;
  int left_out = 0;
  for (int k = 0; k < out->nruns && status == LISI_OK; k++) {
    const cp2k_run *run = &out->run[k];
    if (run->environments > 1)
      status = lisi_fail(r->err, LISI_ERR_UNSUPPORTED, "%s:%d: %d force environments; only runs with one are read",
                         r->name, run->line, run->environments);
    else if (is_trajectory(run)) {
      if (!earlier_project(out, k))
        status = read_trajectory(r, out, k, &left_out);
    } else if (!strcmp(run->type, "") || !strcmp(run->type, "ENERGY_FORCE") || !strcmp(run->type, "ENERGY") ||
               !strcmp(run->type, "WFN_OPT") || !strcmp(run->type, "WAVEFUNCTION_OPTIMIZATION")) {
      status = check_inputs(r, out, k);
      if (status == LISI_OK)
        status = single_points(r, run, &left_out);
    } else
      status = lisi_fail(r->err, LISI_ERR_UNSUPPORTED,
                         "%s:%d: RUN_TYPE %s; what is read are ENERGY_FORCE, MD, GEO_OPT and CELL_OPT", r->name,
                         run->line, run->type);
  }
  if (status == LISI_OK && r->set->nframes == 0 && left_out == 0)
    status = lisi_fail(r->err, LISI_ERR_INPUT, "%s: no frames in this output of CP2K", r->name);
  return status;
}

lisi_status cp2k_parse(const char *bytes, size_t size, const char *name, const cp2k_folder *folder, bool skip,
                       xyz_set **set, lisi_error *err) {
  cp2k_output out = {0};
  reader r = {.name = name, .folder = folder, .skip = skip, .err = err};
  char *notes = NULL;
  size_t notes_size = 0;
  *set = NULL;
  r.set = calloc(1, sizeof *r.set);
  r.notes = open_memstream(&notes, &notes_size);
  lisi_status status = LISI_OK;
  if (!r.set || !r.notes || !(r.set->name = strdup(name)))
    status = lisi_no_memory(err, size);
  if (status == LISI_OK)
    status = cp2k_output_parse(bytes, size, name, &out, err);
  if (status == LISI_OK)
    status = read_runs(&r, &out);
  cp2k_output_free(&out);
  if (r.notes && fclose(r.notes) != 0 && status == LISI_OK)
    status = lisi_no_memory(err, notes_size);
  if (status != LISI_OK) {
    free(notes);
    xyz_free(r.set);
    return status;
  }
  r.set->notes = notes;
  *set = r.set;
  return LISI_OK;
}

/* A file of the folder that holds `context`, or the same with .gz. */
static lisi_status get_file(void *context, const char *name, char **bytes, size_t *size, lisi_error *err) {
  const char *path = context, *slash = strrchr(path, '/');
  char file[PATH_MAX];
  *bytes = NULL;
  for (int gz = 0; gz < 2; gz++) {
    const int n = snprintf(file, sizeof file, "%.*s%s%s", name[0] == '/' || !slash ? 0 : (int)(slash + 1 - path), path,
                           name, gz ? ".gz" : "");
    if (n < 0 || n >= (int)sizeof file || access(file, F_OK) != 0)
      continue;
    return file_bytes_read(file, (size_t)1 << 32, bytes, size, err);
  }
  return LISI_OK;
}

lisi_status cp2k_parse_file(const char *bytes, size_t size, const char *name, bool skip, xyz_set **set,
                            lisi_error *err) {
  char *path = strdup(name);
  if (!path) {
    *set = NULL;
    return lisi_no_memory(err, strlen(name));
  }
  const cp2k_folder folder = {get_file, path};
  lisi_status status = cp2k_parse(bytes, size, name, &folder, skip, set, err);
  free(path);
  return status;
}
