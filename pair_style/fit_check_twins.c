/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames that are the same structure: the same elements in the same order at the same places (to 1e-4 Angstrom) in the
 * same cell. Candidates are neighbours in a list sorted by a sum over the structure. */
#include "fit_check_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  double mark;
  int index;
} entry;

static int by_mark(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->mark != y->mark)
    return x->mark < y->mark ? -1 : 1;
  return x->index - y->index;
}

/* Changes little with a rounding of the positions, and much from one structure to another. */
static double mark_of(const xyz_frame *f) {
  double sum = 0;
  for (int k = 0; k < 9; k++)
    sum += fabs(f->cell[k]) * (k + 1);
  for (int i = 0; i < 3 * f->natoms; i++)
    sum += f->pos[i] * sin(1.0 + i);
  return sum;
}

static bool same(const check_frame *a, const check_frame *b) {
  const xyz_frame *p = a->frame, *q = b->frame;
  if (p->natoms != q->natoms)
    return false;
  for (int k = 0; k < 9; k++)
    if (fabs(p->cell[k] - q->cell[k]) > 1e-4)
      return false;
  for (int i = 0; i < 3 * p->natoms; i++)
    if (fabs(p->pos[i] - q->pos[i]) > 1e-4)
      return false;
  for (int i = 0; i < p->natoms; i++)
    if (strcmp(a->set->symbol[p->species[i]], b->set->symbol[q->species[i]]))
      return false;
  return true;
}

/* What was found of one kind: how often, and the first example. */
typedef struct {
  int n;
  const check_frame *a, *b;
} found;

static void add(found *f, const check_frame *a, const check_frame *b) {
  if (f->n++ == 0) {
    f->a = a;
    f->b = b;
  }
}

lisi_status check_twins(check *c) {
  entry *list = malloc(((size_t)c->nframes + 1) * sizeof *list);
  if (!list)
    return lisi_no_memory(c->err, (size_t)c->nframes * sizeof *list);
  found leak = {0}, twice = {0}, other = {0};
  for (int k = 0; k < c->nframes; k++)
    list[k] = (entry){mark_of(c->frame[k].frame), k};
  qsort(list, (size_t)c->nframes, sizeof *list, by_mark);
  int ntest = 0;
  for (int k = 0; k < c->nframes; k++)
    ntest += c->frame[k].test;
  for (int k = 0; k < c->nframes; k++)
    for (int j = k + 1; j < c->nframes; j++) {
      const check_frame *a = &c->frame[list[k].index], *b = &c->frame[list[j].index];
      if (list[j].mark - list[k].mark > 1e-4 * 3 * a->frame->natoms + 9 * 5e-4)
        break;
      if (!same(a, b))
        continue;
      if (a > b) { /* the order of the files */
        const check_frame *swap = a;
        a = b;
        b = swap;
      }
      if (a->frame->has_energy && b->frame->has_energy && check_one_zero(a, b) &&
          fabs(a->frame->energy - b->frame->energy) > 1e-3 * a->frame->natoms)
        add(&other, a, b);
      if (a->test != b->test)
        add(&leak, a->test ? a : b, a->test ? b : a);
      else
        add(&twice, a, b);
    }
  free(list);
  if (leak.n)
    check_warn(
        c,
        "%s:%d: this test frame is a training frame as well (%s:%d)%s; the errors on such frames say nothing about "
        "new structures",
        leak.a->set->name, leak.a->frame->line, leak.b->set->name, leak.b->frame->line,
        leak.n > 1 ? ", and it is not the only one" : "");
  if (twice.n)
    check_warn(c, "%s:%d: the same structure as %s:%d; %d such pairs in all", twice.b->set->name, twice.b->frame->line,
               twice.a->set->name, twice.a->frame->line, twice.n);
  if (other.n)
    check_warn(c,
               "%s:%d: the same structure as %s:%d, but an energy that differs by %.4f eV/atom; %d such pairs in all",
               other.b->set->name, other.b->frame->line, other.a->set->name, other.a->frame->line,
               (other.b->frame->energy - other.a->frame->energy) / other.a->frame->natoms, other.n);
  return LISI_OK;
}
