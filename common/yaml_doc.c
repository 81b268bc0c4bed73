/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_doc.h"

#include "file_bytes.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What no file of ours comes near. libyaml takes time quadratic in the depth and in the number of anchors; and a few
 * aliases of aliases make gigabytes of a small file for whoever reads what they stand for. */
enum { MAX_DEPTH = 200, MAX_ANCHORS = 1000, MAX_ALIASED = 1000000 };

typedef struct {
  yaml_kind kind;
  int line;        /* from 1 */
  int n, capacity; /* of child; mappings: key, value, key, .. */
  yaml_ref *child;
  char *text; /* scalars, with a zero byte at the end */
  size_t length;
  size_t whole; /* nodes from here on, what aliases stand for counted each time; 0: not closed yet */
} yaml_item;

struct yaml_doc {
  yaml_item *item; /* [count], item k is node k + 1 */
  int count, capacity;
  char *name;
};

static const yaml_item *node_of(const yaml_doc *doc, yaml_ref ref) {
  return ref >= 1 && ref <= doc->count ? &doc->item[ref - 1] : NULL;
}

static const char *kind_name(yaml_kind kind) {
  switch (kind) {
  case YAML_SCALAR:
    return "a single value";
  case YAML_SEQUENCE:
    return "a list";
  case YAML_MAPPING:
    return "a mapping";
  default:
    return "nothing";
  }
}

static int compare_scalars(const void *a, const void *b) {
  const yaml_item *const *x = a, *const *y = b;
  const size_t nx = (*x)->length, ny = (*y)->length;
  const int c = memcmp((*x)->text, (*y)->text, nx < ny ? nx : ny);
  return c != 0 ? c : (nx > ny) - (nx < ny);
}

/* Two equal keys in one mapping: YAML forbids them, libyaml does not look, and readers differ in which one they take.
 */
static lisi_status refuse_duplicate_keys(const yaml_doc *doc, lisi_error *err) {
  for (const yaml_item *node = doc->item; node < doc->item + doc->count; node++) {
    if (node->kind != YAML_MAPPING || node->n < 4)
      continue;
    const yaml_item **keys = malloc((size_t)node->n / 2 * sizeof *keys);
    if (keys == NULL)
      return lisi_no_memory(err, (size_t)node->n / 2 * sizeof *keys);
    size_t nkeys = 0;
    for (int k = 0; k < node->n; k += 2) {
      const yaml_item *key = node_of(doc, node->child[k]);
      if (key->kind == YAML_SCALAR)
        keys[nkeys++] = key;
    }
    qsort(keys, nkeys, sizeof *keys, compare_scalars);
    for (size_t k = 1; k < nkeys; k++) {
      if (compare_scalars(&keys[k - 1], &keys[k]) != 0)
        continue;
      const int line0 = keys[k - 1]->line, line1 = keys[k]->line;
      const lisi_status status =
          lisi_fail(err, LISI_ERR_INPUT, "%s:%d: key '%.60s' stands twice in one mapping (also in line %d)", doc->name,
                    line0 > line1 ? line0 : line1, keys[k]->text, line0 > line1 ? line1 : line0);
      free(keys);
      return status;
    }
    free(keys);
  }
  return LISI_OK;
}

/* ---- loading: from libyaml's events to nodes ---- */
typedef struct {
  yaml_doc *doc;
  size_t size; /* bytes of the file */
  yaml_ref open[MAX_DEPTH];
  int depth;
  struct {
    char *name;
    yaml_ref node;
  } anchor[MAX_ANCHORS];
  int nanchors;
  size_t aliased; /* nodes that aliases stand for */
} loader;

static int event_line(const yaml_event_t *event) {
  return event->start_mark.line < INT_MAX ? (int)event->start_mark.line + 1 : INT_MAX;
}

static lisi_status attach(loader *in, yaml_ref child, lisi_error *err) {
  if (in->depth == 0)
    return LISI_OK;
  yaml_item *parent = &in->doc->item[in->open[in->depth - 1] - 1];
  if (parent->n == parent->capacity) {
    if (parent->capacity > INT_MAX / 2)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: too long a list", in->doc->name);
    const int capacity = parent->capacity > 0 ? 2 * parent->capacity : 4;
    yaml_ref *larger = realloc(parent->child, (size_t)capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (size_t)capacity * sizeof *larger);
    parent->child = larger;
    parent->capacity = capacity;
  }
  parent->child[parent->n++] = child;
  return LISI_OK;
}

static lisi_status add_anchor(loader *in, yaml_char_t **name, yaml_ref node, int line, lisi_error *err) {
  if (*name == NULL)
    return LISI_OK;
  if (in->nanchors == MAX_ANCHORS)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: more than %d anchors", in->doc->name, line, MAX_ANCHORS);
  for (int k = 0; k < in->nanchors; k++)
    if (strcmp(in->anchor[k].name, (const char *)*name) == 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: not valid YAML: the anchor &%.60s stands twice", in->doc->name,
                       line, in->anchor[k].name);
  in->anchor[in->nanchors].name = (char *)*name;
  in->anchor[in->nanchors++].node = node;
  *name = NULL; /* ours now */
  return LISI_OK;
}

static lisi_status add_node(loader *in, yaml_kind kind, yaml_char_t **anchor, int line, lisi_error *err) {
  yaml_doc *doc = in->doc;
  if (doc->count == doc->capacity) {
    if (doc->capacity > INT_MAX / 2)
      return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s: too many values", doc->name);
    const int capacity = doc->capacity > 0 ? 2 * doc->capacity : 256;
    yaml_item *larger = realloc(doc->item, (size_t)capacity * sizeof *larger);
    if (larger == NULL)
      return lisi_no_memory(err, (size_t)capacity * sizeof *larger);
    doc->item = larger;
    doc->capacity = capacity;
  }
  doc->item[doc->count++] = (yaml_item){.kind = kind, .line = line};
  const lisi_status status = attach(in, doc->count, err);
  return status == LISI_OK ? add_anchor(in, anchor, doc->count, line, err) : status;
}

static lisi_status open_node(loader *in, yaml_kind kind, yaml_char_t **anchor, int line, lisi_error *err) {
  if (in->depth == MAX_DEPTH)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: nested more than %d deep", in->doc->name, line, MAX_DEPTH);
  const lisi_status status = add_node(in, kind, anchor, line, err);
  if (status == LISI_OK)
    in->open[in->depth++] = in->doc->count;
  return status;
}

static void close_node(loader *in) {
  yaml_item *item = &in->doc->item[in->open[--in->depth] - 1];
  item->whole = 1;
  for (int k = 0; k < item->n; k++)
    item->whole += in->doc->item[item->child[k] - 1].whole;
}

static lisi_status add_alias(loader *in, const yaml_event_t *event, lisi_error *err) {
  const char *name = (const char *)event->data.alias.anchor, *file = in->doc->name;
  const int line = event_line(event);
  yaml_ref node = 0;
  for (int k = 0; k < in->nanchors && node == 0; k++)
    if (strcmp(in->anchor[k].name, name) == 0)
      node = in->anchor[k].node;
  if (node == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: not valid YAML: no anchor before the alias *%.60s", file, line, name);
  const yaml_item *parent = node_of(in->doc, in->open[in->depth - 1]), *target = node_of(in->doc, node);
  if (parent->kind == YAML_MAPPING && parent->n % 2 == 0)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: the alias *%.60s as a key", file, line, name);
  if (target->whole == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: the alias *%.60s stands inside of what it stands for", file, line,
                     name);
  in->aliased += target->whole;
  if (in->aliased > MAX_ALIASED && in->aliased > in->size)
    return lisi_fail(err, LISI_ERR_UNSUPPORTED, "%s:%d: aliases stand for too many values, more than %d", file, line,
                     MAX_ALIASED);
  return attach(in, node, err);
}

/* One event; *event may lose strings to the document. */
static lisi_status take_event(loader *in, yaml_event_t *event, lisi_error *err) {
  lisi_status status;
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    if (in->doc->count > 0)
      return lisi_fail(err, LISI_ERR_INPUT, "%s: expected one YAML document, found a second one", in->doc->name);
    return LISI_OK;
  case YAML_ALIAS_EVENT:
    return add_alias(in, event, err);
  case YAML_SCALAR_EVENT:
    if ((status = add_node(in, YAML_SCALAR, &event->data.scalar.anchor, event_line(event), err)) == LISI_OK) {
      yaml_item *item = &in->doc->item[in->doc->count - 1];
      item->text = (char *)event->data.scalar.value;
      item->length = event->data.scalar.length;
      item->whole = 1;
      event->data.scalar.value = NULL;
    }
    return status;
  case YAML_SEQUENCE_START_EVENT:
    return open_node(in, YAML_SEQUENCE, &event->data.sequence_start.anchor, event_line(event), err);
  case YAML_MAPPING_START_EVENT:
    return open_node(in, YAML_MAPPING, &event->data.mapping_start.anchor, event_line(event), err);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    close_node(in);
    return LISI_OK;
  default:
    return LISI_OK;
  }
}

static lisi_status syntax_error(const yaml_parser_t *parser, const loader *in, lisi_error *err) {
  if (parser->error == YAML_MEMORY_ERROR)
    return lisi_no_memory(err, in->size);
  return lisi_fail(err, LISI_ERR_INPUT, "%s:%zu: not valid YAML (is the file cut off?): %s%s%s", in->doc->name,
                   parser->problem_mark.line + 1, parser->problem != NULL ? parser->problem : "cannot be read",
                   parser->context != NULL ? ", " : "", parser->context != NULL ? parser->context : "");
}

static lisi_status load(yaml_parser_t *parser, loader *in, lisi_error *err) {
  lisi_status status = LISI_OK;
  for (bool more = true; more && status == LISI_OK;) {
    yaml_event_t event;
    if (!yaml_parser_parse(parser, &event))
      return syntax_error(parser, in, err);
    more = event.type != YAML_STREAM_END_EVENT;
    status = take_event(in, &event, err);
    yaml_event_delete(&event);
  }
  if (status == LISI_OK && in->doc->count == 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: empty: expected a YAML document, found nothing", in->doc->name);
  return status;
}

lisi_status yaml_doc_parse(const char *bytes, size_t size, const char *name, yaml_doc **out, lisi_error *err) {
  *out = NULL;
  yaml_doc *doc = calloc(1, sizeof *doc);
  char *copy = malloc(strlen(name) + 1);
  loader *in = calloc(1, sizeof *in);
  yaml_parser_t parser;
  if (doc == NULL || copy == NULL || in == NULL || !yaml_parser_initialize(&parser)) {
    free(doc);
    free(copy);
    free(in);
    return lisi_no_memory(err, sizeof *doc);
  }
  doc->name = strcpy(copy, name);
  in->doc = doc;
  in->size = size;
  yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
  lisi_status status = load(&parser, in, err);
  yaml_parser_delete(&parser);
  for (int k = 0; k < in->nanchors; k++)
    free(in->anchor[k].name);
  free(in);
  if (status == LISI_OK)
    status = refuse_duplicate_keys(doc, err);
  if (status != LISI_OK) {
    yaml_doc_free(doc);
    return status;
  }
  *out = doc;
  return LISI_OK;
}

lisi_status yaml_doc_load(const char *path, yaml_doc **doc, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  *doc = NULL;
  lisi_status status = file_bytes_read(path, file_bytes_limit(path, (size_t)1 << 30), &bytes, &size, err);
  if (status == LISI_OK)
    status = yaml_doc_parse(bytes, size, path, doc, err);
  free(bytes);
  return status;
}

void yaml_doc_free(yaml_doc *doc) {
  if (doc == NULL)
    return;
  for (int k = 0; k < doc->count; k++) {
    free(doc->item[k].child);
    free(doc->item[k].text);
  }
  free(doc->item);
  free(doc->name);
  free(doc);
}

const char *yaml_doc_name(const yaml_doc *doc) {
  return doc->name;
}
yaml_ref yaml_root(const yaml_doc *doc) {
  return doc->count > 0 ? 1 : 0;
}

yaml_kind yaml_kind_of(const yaml_doc *doc, yaml_ref ref) {
  const yaml_item *node = node_of(doc, ref);
  return node != NULL ? node->kind : YAML_NONE;
}

int yaml_line(const yaml_doc *doc, yaml_ref ref) {
  const yaml_item *node = node_of(doc, ref);
  return node != NULL ? node->line : 0;
}

int yaml_map_size(const yaml_doc *doc, yaml_ref map) {
  return yaml_kind_of(doc, map) == YAML_MAPPING ? node_of(doc, map)->n / 2 : 0;
}

yaml_ref yaml_map_key(const yaml_doc *doc, yaml_ref map, int k) {
  return k >= 0 && k < yaml_map_size(doc, map) ? node_of(doc, map)->child[2 * k] : 0;
}

yaml_ref yaml_map_value(const yaml_doc *doc, yaml_ref map, int k) {
  return k >= 0 && k < yaml_map_size(doc, map) ? node_of(doc, map)->child[2 * k + 1] : 0;
}

yaml_ref yaml_get(const yaml_doc *doc, yaml_ref map, const char *key) {
  const int n = yaml_map_size(doc, map);
  for (int k = 0; k < n; k++) {
    const char *text = yaml_text(doc, yaml_map_key(doc, map, k));
    if (text != NULL && strcmp(text, key) == 0)
      return yaml_map_value(doc, map, k);
  }
  return 0;
}

int yaml_seq_size(const yaml_doc *doc, yaml_ref seq) {
  return yaml_kind_of(doc, seq) == YAML_SEQUENCE ? node_of(doc, seq)->n : 0;
}

yaml_ref yaml_seq_at(const yaml_doc *doc, yaml_ref seq, int k) {
  return k >= 0 && k < yaml_seq_size(doc, seq) ? node_of(doc, seq)->child[k] : 0;
}

const char *yaml_text(const yaml_doc *doc, yaml_ref ref) {
  return yaml_kind_of(doc, ref) == YAML_SCALAR ? node_of(doc, ref)->text : NULL;
}

lisi_status yaml_fail(const yaml_doc *doc, yaml_ref node, lisi_error *err, const char *format, ...) {
  char text[800];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  const int line = yaml_line(doc, node);
  if (line > 0)
    return lisi_fail(err, LISI_ERR_INPUT, "%s:%d: %s", doc->name, line, text);
  return lisi_fail(err, LISI_ERR_INPUT, "%s: %s", doc->name, text);
}

static lisi_status not_a(const yaml_doc *doc, yaml_ref node, const char *what, const char *expected, lisi_error *err) {
  const char *text = yaml_text(doc, node);
  if (text != NULL)
    return yaml_fail(doc, node, err, "%s: expected %s, found '%.60s'", what, expected, text);
  return yaml_fail(doc, node, err, "%s: expected %s, found %s", what, expected, kind_name(yaml_kind_of(doc, node)));
}

lisi_status yaml_as_double(const yaml_doc *doc, yaml_ref node, const char *what, double *value, lisi_error *err) {
  const char *text = yaml_text(doc, node);
  if (text == NULL || *text == '\0')
    return not_a(doc, node, what, "a number", err);
  char *end = NULL;
  const double x = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(x))
    return not_a(doc, node, what, "a finite number", err);
  *value = x;
  return LISI_OK;
}

lisi_status yaml_as_int(const yaml_doc *doc, yaml_ref node, const char *what, int lo, int hi, int *value,
                        lisi_error *err) {
  const char *text = yaml_text(doc, node);
  char expected[80];
  (void)snprintf(expected, sizeof expected, "an integer from %d to %d", lo, hi);
  if (text == NULL || *text == '\0')
    return not_a(doc, node, what, expected, err);
  char *end = NULL;
  errno = 0;
  const long x = strtol(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0 || x < lo || x > hi)
    return not_a(doc, node, what, expected, err);
  *value = (int)x;
  return LISI_OK;
}

static lisi_status expect_length(const yaml_doc *doc, yaml_ref node, const char *what, int n, lisi_error *err) {
  if (yaml_kind_of(doc, node) != YAML_SEQUENCE)
    return not_a(doc, node, what, "a list", err);
  if (yaml_seq_size(doc, node) != n)
    return yaml_fail(doc, node, err, "%s: expected %d values, found %d", what, n, yaml_seq_size(doc, node));
  return LISI_OK;
}

lisi_status yaml_as_doubles(const yaml_doc *doc, yaml_ref node, const char *what, int n, double *value,
                            lisi_error *err) {
  lisi_status status = expect_length(doc, node, what, n, err);
  for (int k = 0; k < n && status == LISI_OK; k++)
    status = yaml_as_double(doc, yaml_seq_at(doc, node, k), what, &value[k], err);
  return status;
}

lisi_status yaml_as_ints(const yaml_doc *doc, yaml_ref node, const char *what, int n, int lo, int hi, int *value,
                         lisi_error *err) {
  lisi_status status = expect_length(doc, node, what, n, err);
  for (int k = 0; k < n && status == LISI_OK; k++)
    status = yaml_as_int(doc, yaml_seq_at(doc, node, k), what, lo, hi, &value[k], err);
  return status;
}

lisi_status yaml_need(const yaml_doc *doc, yaml_ref map, const char *key, yaml_kind kind, yaml_ref *node,
                      lisi_error *err) {
  *node = 0;
  if (yaml_kind_of(doc, map) != YAML_MAPPING)
    return yaml_fail(doc, map, err, "expected a mapping with the key '%s', found %s", key,
                     kind_name(yaml_kind_of(doc, map)));
  const yaml_ref found = yaml_get(doc, map, key);
  if (found == 0)
    return yaml_fail(doc, map, err, "key '%s' is missing here", key);
  if (kind != YAML_NONE && yaml_kind_of(doc, found) != kind)
    return not_a(doc, found, key, kind_name(kind), err);
  *node = found;
  return LISI_OK;
}

lisi_status yaml_need_double(const yaml_doc *doc, yaml_ref map, const char *key, double *value, lisi_error *err) {
  yaml_ref node;
  const lisi_status status = yaml_need(doc, map, key, YAML_SCALAR, &node, err);
  return status == LISI_OK ? yaml_as_double(doc, node, key, value, err) : status;
}

lisi_status yaml_need_int(const yaml_doc *doc, yaml_ref map, const char *key, int lo, int hi, int *value,
                          lisi_error *err) {
  yaml_ref node;
  const lisi_status status = yaml_need(doc, map, key, YAML_SCALAR, &node, err);
  return status == LISI_OK ? yaml_as_int(doc, node, key, lo, hi, value, err) : status;
}

lisi_status yaml_need_text(const yaml_doc *doc, yaml_ref map, const char *key, const char **value, lisi_error *err) {
  yaml_ref node;
  const lisi_status status = yaml_need(doc, map, key, YAML_SCALAR, &node, err);
  *value = status == LISI_OK ? yaml_text(doc, node) : NULL;
  return status;
}
