/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jump_list.h"

#include <stdlib.h>
#include <string.h>

void jump_list_free(jump_list *list) {
  free(list->jump);
  free(list->stay);
  memset(list, 0, sizeof *list);
}

/* The stays and jumps of one path, appended; there is room for them. */
static void take_path(const path *p, jump_list *list) {
  site_stay *now = NULL; /* the stay that goes on */
  const path_step *last = NULL;
  for (size_t k = 0; k < p->n; k++) {
    const path_step *s = &p->step[k];
    const long long end = k + 1 < p->n ? p->step[k + 1].t : p->end;
    if (s->state < 0)
      continue;
    if (last != NULL && last->state == s->state && memcmp(last->n, s->n, sizeof s->n) == 0) {
      now->end = end;
      last = s;
      continue;
    }
    if (last != NULL) {
      now->left = true;
      list->jump[list->njumps++] = (site_jump){.walker = p->walker,
                                               .run = p->run,
                                               .from = last->state,
                                               .to = s->state,
                                               .r = {s->n[0] - last->n[0], s->n[1] - last->n[1], s->n[2] - last->n[2]},
                                               .left = now->end,
                                               .t = s->t,
                                               .end = p->end,
                                               .goes_on = true};
    }
    now = &list->stay[list->nstays++];
    *now = (site_stay){.walker = p->walker,
                       .run = p->run,
                       .state = s->state,
                       .begin = s->t,
                       .end = end,
                       .arrived = last != NULL || k > 0};
    last = s;
  }
}

lisi_status jump_list_make(const path_set *paths, jump_list *list, lisi_error *err) {
  memset(list, 0, sizeof *list);
  size_t steps = 1;
  for (size_t k = 0; k < paths->n; k++)
    steps += paths->path[k].n;
  list->jump = malloc(steps * sizeof *list->jump);
  list->stay = malloc(steps * sizeof *list->stay);
  if (list->jump == NULL || list->stay == NULL) {
    jump_list_free(list);
    return lisi_no_memory(err, steps * (sizeof *list->jump + sizeof *list->stay));
  }
  for (size_t k = 0; k < paths->n; k++) {
    const size_t before = list->njumps;
    take_path(&paths->path[k], list);
    if (list->njumps > before)
      list->jump[list->njumps - 1].goes_on = false;
  }
  return LISI_OK;
}

bool jump_is_undone(const jump_list *list, size_t k, long long window, bool *known) {
  const site_jump *a = &list->jump[k];
  bool undone = false;
  if (a->goes_on) {
    const site_jump *b = &list->jump[k + 1];
    undone =
        b->t - a->t <= window && b->to == a->from && b->r[0] == -a->r[0] && b->r[1] == -a->r[1] && b->r[2] == -a->r[2];
    if (known != NULL) /* another jump within the window decides it, too */
      *known = undone || b->t - a->t <= window || a->end - 1 - a->t >= window;
    return undone;
  }
  if (known != NULL)
    *known = a->end - 1 - a->t >= window;
  return undone;
}
