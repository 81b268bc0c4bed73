/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LAMMPS dumps frame by frame, and extended XYZ files, in one form. */
#include "dump_reader.h"
#include "lattice.h"
#include "line_reader.h"
#include "lisi_fit.h"
#include "select.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TYPES = 99 };

struct select_source {
  const ace_model *model;
  char *path;
  dump_reader *dump; /* NULL for XYZ */
  xyz_set *xyz;      /* the file, or for a dump the place of its frame */
  xyz_frame frame;   /* of a dump */
  int room;          /* atoms that its arrays hold */
  int next;          /* frame of an XYZ file */
  int natoms;        /* of the first frame of a dump, 0 before it */
  bool warned;
  int *mu, nmu; /* elements by species */
  select_view view;
};

static void list_elements(const ace_model *model, char *text, size_t size) {
  size_t at = 0;
  text[0] = '\0';
  for (int e = 0; e < model->nelements && at + 6 < size; e++)
    at += (size_t)snprintf(text + at, size - at, "%s%s", e ? ", " : "", model->element[e]);
}

lisi_status select_map_read(const char *text, const ace_model *model, select_map *map, lisi_error *err) {
  map->n = 0;
  for (int k = 0; k < MAX_TYPES; k++) {
    (void)snprintf(map->text[k], sizeof map->text[k], "%d", k + 1);
    map->name[k] = map->text[k];
  }
  for (const char *p = text; p;) {
    char *end, elements[200];
    const long type = strtol(p, &end, 10);
    const size_t n = *end == '=' ? strcspn(end + 1, ",") : 0;
    if (end == p || *end != '=' || type < 1 || type > MAX_TYPES || n == 0 || n >= sizeof map->text[0])
      return lisi_fail(err, LISI_ERR_INPUT, "--map: expected types and elements such as 1=Li,2=Si, found '%.60s'", p);
    memcpy(map->text[type - 1], end + 1, n);
    map->text[type - 1][n] = '\0';
    list_elements(model, elements, sizeof elements);
    if (ace_model_element(model, map->text[type - 1]) < 0)
      return lisi_fail(err, LISI_ERR_INPUT, "--map: expected an element of the model (%s), found '%s'", elements,
                       map->text[type - 1]);
    map->n = type > map->n ? (int)type : map->n;
    p = end[1 + n] ? end + 2 + n : NULL;
  }
  return LISI_OK;
}

static lisi_status is_dump(const char *path, bool *yes, lisi_error *err) {
  line_reader *lines;
  char *line;
  int length;
  lisi_status status = line_reader_open(path, &lines, err);
  if (status != LISI_OK)
    return status;
  status = line_reader_next(lines, &line, &length, err);
  if (status == LISI_OK && !line)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: the file is empty (no frame)", path);
  *yes = status == LISI_OK && !strncmp(line, "ITEM:", 5);
  line_reader_close(lines);
  return status;
}

/* Room for the element of species s. */
static lisi_status grow_mu(select_source *s, int n, lisi_error *err) {
  if (n <= s->nmu)
    return LISI_OK;
  int *grown = realloc(s->mu, (size_t)n * sizeof *grown);
  if (!grown)
    return lisi_no_memory(err, (size_t)n * sizeof *grown);
  s->mu = grown;
  for (; s->nmu < n; s->nmu++)
    s->mu[s->nmu] = -2; /* not looked up yet */
  return LISI_OK;
}

lisi_status select_source_open(const char *path, const ace_model *model, const select_map *map, select_source **out,
                               lisi_error *err) {
  *out = NULL;
  bool dump;
  lisi_status status = is_dump(path, &dump, err);
  if (status != LISI_OK)
    return status;
  select_source *s = calloc(1, sizeof *s);
  if (!s || !(s->path = strdup(path))) {
    free(s);
    return lisi_no_memory(err, sizeof *s);
  }
  s->model = model;
  if (dump) {
    status = dump_reader_open(1, &path, map->n, map->name, &s->dump, err);
    if (status == LISI_OK) {
      dump_reader_leave_wrapped(s->dump);
      s->xyz = calloc(1, sizeof *s->xyz);
      if (!s->xyz || !(s->xyz->name = strdup(path)))
        status = lisi_no_memory(err, sizeof *s->xyz);
    }
  } else {
    status = xyz_load(path, NULL, &s->xyz, err);
    if (status == LISI_OK)
      lisi_fit_notes(s->xyz);
    if (status == LISI_OK)
      status = grow_mu(s, s->xyz->nspecies, err);
  }
  if (status != LISI_OK) {
    select_source_close(s);
    return status;
  }
  *out = s;
  return LISI_OK;
}

void select_source_close(select_source *s) {
  if (!s)
    return;
  dump_reader_close(s->dump);
  xyz_free(s->xyz);
  free(s->frame.species);
  free(s->frame.pos);
  free(s->mu);
  free(s->path);
  free(s);
}

double select_source_progress(const select_source *s) {
  return s->dump ? dump_reader_progress(s->dump) : (double)s->next / s->xyz->nframes;
}

/* The elements of all species of a frame. */
static lisi_status look_up(select_source *s, const xyz_frame *f, lisi_error *err) {
  for (int i = 0; i < f->natoms; i++) {
    const int k = f->species[i];
    lisi_status status = grow_mu(s, k + 1, err);
    if (status != LISI_OK)
      return status;
    if (s->mu[k] >= 0)
      continue;
    const char *name = s->dump ? dump_reader_species(s->dump, k) : s->xyz->symbol[k];
    s->mu[k] = ace_model_element(s->model, name);
    if (s->mu[k] >= 0)
      continue;
    char elements[200];
    list_elements(s->model, elements, sizeof elements);
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: expected an element of the model (%s), found '%s'%s", s->path,
                     f->line, elements, name, s->dump ? "; --map 1=Li,2=Si tells the elements of numeric types" : "");
  }
  return LISI_OK;
}

/* Positions into the cell; for XYZ in the set, which is this source's own. */
static lisi_status wrap(const select_source *s, xyz_frame *f, lisi_error *err) {
  lattice cell;
  double H[3][3];
  lisi_error own = {0};
  memcpy(H, f->cell, sizeof H);
  if (lattice_from_rows((const double(*)[3])H, &cell, &own) != LISI_OK)
    return lisi_fail(err, own.status, "%s:%d: %s", s->path, f->line, own.message);
  for (int i = 0; i < f->natoms; i++) {
    double frac[3];
    int image[3];
    lattice_frac(&cell, f->pos + 3 * i, frac);
    lattice_wrap(frac, image);
    if (image[0] || image[1] || image[2])
      lattice_vector(&cell, frac, f->pos + 3 * i);
  }
  return LISI_OK;
}

static lisi_status next_of_dump(select_source *s, dump_frame **frame, lisi_error *err) {
  do {
    lisi_status status = dump_reader_next(s->dump, frame, err);
    for (const char *text; (text = dump_reader_warning(s->dump));)
      fprintf(stderr, "lisi-fit: warning: %s\n", text);
    if (status != LISI_OK || !*frame)
      return status;
  } while ((*frame)->natoms == 0);
  const dump_frame *d = *frame;
  if (s->natoms == 0)
    s->natoms = d->natoms;
  if (d->natoms != s->natoms && !s->warned) {
    s->warned = true;
    fprintf(stderr,
            "lisi-fit: warning: %s:%ld: this frame has %d atoms, the first one %d; `dump_modify thresh` dumps only "
            "the atoms that pass it, and a part of a frame says nothing\n",
            s->path, d->line, d->natoms, s->natoms);
  }
  xyz_frame *f = &s->frame;
  if (d->natoms > s->room) {
    free(f->species);
    free(f->pos);
    s->room = d->natoms;
    f->species = malloc((size_t)s->room * sizeof *f->species);
    f->pos = malloc(3 * (size_t)s->room * sizeof *f->pos);
    if (!f->species || !f->pos)
      return lisi_no_memory(err, 3 * (size_t)s->room * sizeof *f->pos);
  }
  f->natoms = d->natoms;
  f->line = d->line > INT_MAX ? INT_MAX : (int)d->line;
  f->pbc[0] = f->pbc[1] = f->pbc[2] = true;
  memcpy(f->cell, d->box.H, sizeof f->cell);
  for (int i = 0; i < d->natoms; i++) {
    double frac[3] = {d->f[i][0], d->f[i][1], d->f[i][2]};
    int image[3];
    lattice_wrap(frac, image);
    lattice_vector(&d->box, frac, f->pos + 3 * i);
    f->species[i] = d->species[i];
  }
  return LISI_OK;
}

lisi_status select_source_next(select_source *s, const select_view **view, lisi_error *err) {
  *view = NULL;
  xyz_frame *f;
  lisi_status status;
  if (s->dump) {
    dump_frame *d;
    status = next_of_dump(s, &d, err);
    if (status != LISI_OK || !d)
      return status;
    f = &s->frame;
    s->view = (select_view){s->xyz, f, NULL, d->step, true};
  } else {
    if (s->next == s->xyz->nframes)
      return LISI_OK;
    f = &s->xyz->frame[s->next++];
    s->view = (select_view){s->xyz, f, NULL, s->next, false};
    if (!f->pbc[0] || !f->pbc[1] || !f->pbc[2])
      return lisi_fail(err, LISI_ERR_INPUT,
                       "%s:%d: expected a frame that is periodic in three directions, found pbc=\"%c %c %c\"", s->path,
                       f->line, f->pbc[0] ? 'T' : 'F', f->pbc[1] ? 'T' : 'F', f->pbc[2] ? 'T' : 'F');
    status = wrap(s, f, err);
    if (status != LISI_OK)
      return status;
  }
  status = look_up(s, f, err);
  s->view.mu = s->mu;
  *view = status == LISI_OK ? &s->view : NULL;
  return status;
}
