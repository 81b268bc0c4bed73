/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump_options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lisi_status read_type_map(const char *text, type_map *map, lisi_error *err) {
  map->n = 0;
  if (text == NULL)
    return LISI_OK;
  for (int k = 0; k < MAX_TYPES; k++) {
    (void)snprintf(map->text[k], sizeof map->text[k], "%d", k + 1);
    map->name[k] = map->text[k];
  }
  for (const char *p = text;;) {
    char *end;
    const long type = strtol(p, &end, 10);
    const size_t n = *end == '=' ? strcspn(end + 1, ",") : 0;
    if (end == p || *end != '=' || type < 1 || type > MAX_TYPES || n == 0 || n >= sizeof map->text[0])
      return lisi_fail(err, LISI_ERR_INPUT, "--map: expected types and species such as 1=Li,2=Si, found '%.60s'", p);
    memcpy(map->text[type - 1], end + 1, n);
    map->text[type - 1][n] = '\0';
    if (type > map->n)
      map->n = (int)type;
    p = end + 1 + n;
    if (*p == '\0')
      return LISI_OK;
    p++;
  }
}

lisi_status read_whole_numbers(const cli_numbers *list, int n, long lo, const char *option, int *value,
                               lisi_error *err) {
  if (!list->given)
    return LISI_OK;
  if (list->n != n)
    return lisi_fail(err, LISI_ERR_INPUT, "--%s: expected %d integers separated by commas, found %d", option, n,
                     list->n);
  for (int k = 0; k < n; k++) {
    const double v = list->value[k];
    if (!(v >= (double)lo && v <= 1e6 && v == floor(v)))
      return lisi_fail(err, LISI_ERR_INPUT, "--%s: expected integers from %ld, found %g", option, lo, v);
    value[k] = (int)v;
  }
  return LISI_OK;
}
