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

struct yaml_doc {
  yaml_document_t document;
  char *name;
};

static const yaml_node_t *node_of(const yaml_doc *doc, yaml_ref ref) {
  const ptrdiff_t count = doc->document.nodes.top - doc->document.nodes.start;
  return (ref >= 1 && ref <= count) ? doc->document.nodes.start + (ref - 1) : NULL;
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
  const yaml_node_t *const *x = a, *const *y = b;
  const size_t nx = (*x)->data.scalar.length, ny = (*y)->data.scalar.length;
  const int c = memcmp((*x)->data.scalar.value, (*y)->data.scalar.value, nx < ny ? nx : ny);
  return c != 0 ? c : (nx > ny) - (nx < ny);
}

/* Two equal keys in one mapping: YAML forbids them, libyaml does not look, and readers differ in which one they take.
 */
static lisi_status refuse_duplicate_keys(const yaml_doc *doc, lisi_error *err) {
  for (const yaml_node_t *node = doc->document.nodes.start; node < doc->document.nodes.top; node++) {
    if (node->type != YAML_MAPPING_NODE)
      continue;
    const ptrdiff_t pairs = node->data.mapping.pairs.top - node->data.mapping.pairs.start;
    if (pairs < 2)
      continue;
    const yaml_node_t **keys = malloc((size_t)pairs * sizeof *keys);
    if (keys == NULL)
      return lisi_no_memory(err, (size_t)pairs * sizeof *keys);
    size_t nkeys = 0;
    for (ptrdiff_t k = 0; k < pairs; k++) {
      const yaml_node_t *key = node_of(doc, node->data.mapping.pairs.start[k].key);
      if (key != NULL && key->type == YAML_SCALAR_NODE)
        keys[nkeys++] = key;
    }
    qsort(keys, nkeys, sizeof *keys, compare_scalars);
    for (size_t k = 1; k < nkeys; k++) {
      if (compare_scalars(&keys[k - 1], &keys[k]) != 0)
        continue;
      const size_t line0 = keys[k - 1]->start_mark.line + 1, line1 = keys[k]->start_mark.line + 1;
      const lisi_status status = lisi_fail(
          err, LISI_ERR_INPUT, "%s:%zu: key '%.60s' stands twice in one mapping (also in line %zu)", doc->name,
          line0 > line1 ? line0 : line1, (const char *)keys[k]->data.scalar.value, line0 > line1 ? line1 : line0);
      free(keys);
      return status;
    }
    free(keys);
  }
  return LISI_OK;
}

lisi_status yaml_doc_parse(const char *bytes, size_t size, const char *name, yaml_doc **out, lisi_error *err) {
  *out = NULL;
  yaml_doc *doc = calloc(1, sizeof *doc);
  char *copy = malloc(strlen(name) + 1);
  yaml_parser_t parser;
  if (doc == NULL || copy == NULL || !yaml_parser_initialize(&parser)) {
    free(doc);
    free(copy);
    return lisi_no_memory(err, sizeof *doc);
  }
  doc->name = strcpy(copy, name);
  yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);

  lisi_status status = LISI_OK;
  bool loaded = yaml_parser_load(&parser, &doc->document);
  if (!loaded) {
    const char *problem = parser.problem != NULL ? parser.problem : "cannot be read";
    status = parser.error == YAML_MEMORY_ERROR
                 ? lisi_no_memory(err, size)
                 : lisi_fail(err, LISI_ERR_INPUT, "%s:%zu: not valid YAML (is the file cut off?): %s%s%s", name,
                             parser.problem_mark.line + 1, problem, parser.context != NULL ? ", " : "",
                             parser.context != NULL ? parser.context : "");
  } else if (yaml_document_get_root_node(&doc->document) == NULL) {
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: empty: expected a YAML document, found nothing", name);
  } else {
    yaml_document_t next;
    if (!yaml_parser_load(&parser, &next)) {
      status = lisi_fail(err, LISI_ERR_INPUT, "%s:%zu: not valid YAML after the first document: %s", name,
                         parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "cannot be read");
    } else {
      if (yaml_document_get_root_node(&next) != NULL)
        status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected one YAML document, found a second one", name);
      yaml_document_delete(&next);
    }
    if (status == LISI_OK)
      status = refuse_duplicate_keys(doc, err);
  }
  yaml_parser_delete(&parser);
  if (status != LISI_OK) {
    if (loaded)
      yaml_document_delete(&doc->document);
    free(doc->name);
    free(doc);
    return status;
  }
  *out = doc;
  return LISI_OK;
}

lisi_status yaml_doc_load(const char *path, yaml_doc **doc, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  *doc = NULL;
  lisi_status status = file_bytes_read(path, (size_t)1 << 30, &bytes, &size, err);
  if (status == LISI_OK)
    status = yaml_doc_parse(bytes, size, path, doc, err);
  free(bytes);
  return status;
}

void yaml_doc_free(yaml_doc *doc) {
  if (doc == NULL)
    return;
  yaml_document_delete(&doc->document);
  free(doc->name);
  free(doc);
}

const char *yaml_doc_name(const yaml_doc *doc) {
  return doc->name;
}
yaml_ref yaml_root(const yaml_doc *doc) {
  return doc->document.nodes.top > doc->document.nodes.start ? 1 : 0;
}

yaml_kind yaml_kind_of(const yaml_doc *doc, yaml_ref ref) {
  const yaml_node_t *node = node_of(doc, ref);
  if (node == NULL)
    return YAML_NONE;
  switch (node->type) {
  case YAML_SCALAR_NODE:
    return YAML_SCALAR;
  case YAML_SEQUENCE_NODE:
    return YAML_SEQUENCE;
  case YAML_MAPPING_NODE:
    return YAML_MAPPING;
  default:
    return YAML_NONE;
  }
}

int yaml_line(const yaml_doc *doc, yaml_ref ref) {
  const yaml_node_t *node = node_of(doc, ref);
  return node != NULL && node->start_mark.line < INT_MAX ? (int)node->start_mark.line + 1 : 0;
}

int yaml_map_size(const yaml_doc *doc, yaml_ref map) {
  const yaml_node_t *node = node_of(doc, map);
  if (node == NULL || node->type != YAML_MAPPING_NODE)
    return 0;
  return (int)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

yaml_ref yaml_map_key(const yaml_doc *doc, yaml_ref map, int k) {
  return k >= 0 && k < yaml_map_size(doc, map) ? node_of(doc, map)->data.mapping.pairs.start[k].key : 0;
}

yaml_ref yaml_map_value(const yaml_doc *doc, yaml_ref map, int k) {
  return k >= 0 && k < yaml_map_size(doc, map) ? node_of(doc, map)->data.mapping.pairs.start[k].value : 0;
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
  const yaml_node_t *node = node_of(doc, seq);
  if (node == NULL || node->type != YAML_SEQUENCE_NODE)
    return 0;
  return (int)(node->data.sequence.items.top - node->data.sequence.items.start);
}

yaml_ref yaml_seq_at(const yaml_doc *doc, yaml_ref seq, int k) {
  return k >= 0 && k < yaml_seq_size(doc, seq) ? node_of(doc, seq)->data.sequence.items.start[k] : 0;
}

const char *yaml_text(const yaml_doc *doc, yaml_ref ref) {
  const yaml_node_t *node = node_of(doc, ref);
  return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
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
