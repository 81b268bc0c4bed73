/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One tree, two printers: YAML through libyaml's emitter, JSON by hand. */
#include "doc_tree.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

typedef enum { NODE_MAP, NODE_LIST, NODE_TEXT, NODE_NUMBER, NODE_INTEGER, NODE_BOOL } node_kind;

typedef struct {
  node_kind kind;
  int next, first, last; /* siblings and children; 0 = none (the root is nobody's child) */
  char *key, *text;
  double number;
  long long integer;
} node;

struct doc_tree {
  node *nodes;
  int n, room;
  bool failed;
};

doc_tree *doc_new(void) {
  doc_tree *doc = calloc(1, sizeof *doc);
  if (doc == NULL)
    return NULL;
  doc->room = 64;
  doc->nodes = calloc((size_t)doc->room, sizeof *doc->nodes);
  if (doc->nodes == NULL) {
    free(doc);
    return NULL;
  }
  doc->n = 1;
  return doc;
}

void doc_free(doc_tree *doc) {
  if (doc == NULL)
    return;
  for (int k = 0; k < doc->n; k++) {
    free(doc->nodes[k].key);
    free(doc->nodes[k].text);
  }
  free(doc->nodes);
  free(doc);
}

/* Returns the new node, or -1; once something has failed nothing more is added. */
static doc_ref add(doc_tree *doc, doc_ref parent, const char *key, node_kind kind) {
  if (doc == NULL || doc->failed || parent < 0)
    return -1;
  if (doc->n == doc->room) {
    node *larger = doc->room < INT_MAX / 2 ? realloc(doc->nodes, 2 * (size_t)doc->room * sizeof *larger) : NULL;
    if (larger == NULL) {
      doc->failed = true;
      return -1;
    }
    doc->nodes = larger;
    doc->room *= 2;
  }
  node fresh = {.kind = kind};
  if (key != NULL && (fresh.key = strdup(key)) == NULL) {
    doc->failed = true;
    return -1;
  }
  const int self = doc->n++;
  doc->nodes[self] = fresh;
  node *up = &doc->nodes[parent];
  if (up->last == 0)
    up->first = self;
  else
    doc->nodes[up->last].next = self;
  up->last = self;
  return self;
}

doc_ref doc_map(doc_tree *doc, doc_ref parent, const char *key) {
  return add(doc, parent, key, NODE_MAP);
}
doc_ref doc_list(doc_tree *doc, doc_ref parent, const char *key) {
  return add(doc, parent, key, NODE_LIST);
}

void doc_text(doc_tree *doc, doc_ref parent, const char *key, const char *text) {
  const doc_ref self = add(doc, parent, key, NODE_TEXT);
  if (self < 0)
    return;
  doc->nodes[self].text = strdup(text);
  if (doc->nodes[self].text == NULL)
    doc->failed = true;
}

void doc_number(doc_tree *doc, doc_ref parent, const char *key, double value) {
  const doc_ref self = add(doc, parent, key, NODE_NUMBER);
  if (self >= 0)
    doc->nodes[self].number = value;
}

void doc_integer(doc_tree *doc, doc_ref parent, const char *key, long long value) {
  const doc_ref self = add(doc, parent, key, NODE_INTEGER);
  if (self >= 0)
    doc->nodes[self].integer = value;
}

void doc_bool(doc_tree *doc, doc_ref parent, const char *key, bool value) {
  const doc_ref self = add(doc, parent, key, NODE_BOOL);
  if (self >= 0)
    doc->nodes[self].integer = value;
}

void doc_numbers(doc_tree *doc, doc_ref parent, const char *key, size_t n, const double *value) {
  const doc_ref list = doc_list(doc, parent, key);
  for (size_t k = 0; k < n; k++)
    doc_number(doc, list, NULL, value[k]);
}

void doc_matrix(doc_tree *doc, doc_ref parent, const char *key, size_t rows, size_t columns, const double *value) {
  const doc_ref list = doc_list(doc, parent, key);
  for (size_t k = 0; k < rows; k++)
    doc_numbers(doc, list, NULL, columns, value + k * columns);
}

void doc_format_number(double value, char text[40]) {
  if (!isfinite(value)) {
    strcpy(text, isnan(value) ? ".nan" : value > 0 ? ".inf" : "-.inf");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, 36, "%.*g", digits, value);
    if (strtod(text, NULL) == value)
      break;
  }
  if (strchr(text, '.') != NULL)
    return;
  /* "1e-05" is a text for YAML 1.1 readers and "3" an integer: add ".0" before the exponent or at the end */
  char *exponent = strchr(text, 'e');
  if (exponent == NULL)
    strcat(text, ".0");
  else {
    memmove(exponent + 2, exponent, strlen(exponent) + 1);
    memcpy(exponent, ".0", 2);
  }
}

/* ---- YAML ----------------------------------------------------------------------------------------------------------
 */

/* A text that no reader takes for something else (a number, a bool, null). */
static bool is_plain(const char *text) {
  static const char *const taken[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  const size_t length = strlen(text);
  if (length == 0 || !isalpha((unsigned char)text[0]) || text[length - 1] == ' ')
    return false;
  for (const char *c = text; *c != '\0'; c++)
    if (!isalnum((unsigned char)*c) && strchr(" -_./+", *c) == NULL)
      return false;
  for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
    if (strcasecmp(text, taken[k]) == 0)
      return false;
  return true;
}

static int emit_scalar(yaml_emitter_t *emitter, const char *text, bool plain) {
  yaml_event_t event;
  return yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), plain, 1,
                                      plain ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE) &&
         yaml_emitter_emit(emitter, &event);
}

/* Lists of scalars and of such lists go on one line; what holds a mapping is written in block style. */
static bool holds_map(const doc_tree *doc, int self) {
  if (doc->nodes[self].kind == NODE_MAP)
    return true;
  for (int child = doc->nodes[self].first; child != 0; child = doc->nodes[child].next)
    if (holds_map(doc, child))
      return true;
  return false;
}

static int emit(yaml_emitter_t *emitter, const doc_tree *doc, int self) {
  const node *at = &doc->nodes[self];
  yaml_event_t event;
  char text[40];
  switch (at->kind) {
  case NODE_TEXT:
    return emit_scalar(emitter, at->text, is_plain(at->text));
  case NODE_NUMBER:
    doc_format_number(at->number, text);
    return emit_scalar(emitter, text, true);
  case NODE_INTEGER:
    snprintf(text, sizeof text, "%lld", at->integer);
    return emit_scalar(emitter, text, true);
  case NODE_BOOL:
    return emit_scalar(emitter, at->integer ? "true" : "false", true);
  case NODE_LIST:
    if (!yaml_sequence_start_event_initialize(
            &event, NULL, NULL, 1, holds_map(doc, self) ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE) ||
        !yaml_emitter_emit(emitter, &event))
      return 0;
    for (int child = at->first; child != 0; child = doc->nodes[child].next)
      if (!emit(emitter, doc, child))
        return 0;
    return yaml_sequence_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
  case NODE_MAP:
    if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE) ||
        !yaml_emitter_emit(emitter, &event))
      return 0;
    for (int child = at->first; child != 0; child = doc->nodes[child].next)
      if (!emit_scalar(emitter, doc->nodes[child].key, true) || !emit(emitter, doc, child))
        return 0;
    return yaml_mapping_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
  }
  return 0;
}

static lisi_status ready(const doc_tree *doc, lisi_error *err) {
  return doc == NULL || doc->failed ? lisi_no_memory(err, sizeof(node)) : LISI_OK;
}

lisi_status doc_print_yaml(const doc_tree *doc, FILE *stream, lisi_error *err) {
  lisi_status status = ready(doc, err);
  if (status != LISI_OK)
    return status;
  yaml_emitter_t emitter;
  yaml_event_t event;
  if (!yaml_emitter_initialize(&emitter))
    return lisi_no_memory(err, sizeof emitter);
  yaml_emitter_set_output_file(&emitter, stream);
  yaml_emitter_set_width(&emitter, -1);
  yaml_emitter_set_unicode(&emitter, 1);
  const int good =
      yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) && yaml_emitter_emit(&emitter, &event) &&
      yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) && yaml_emitter_emit(&emitter, &event) &&
      emit(&emitter, doc, DOC_ROOT) && yaml_document_end_event_initialize(&event, 1) &&
      yaml_emitter_emit(&emitter, &event) && yaml_stream_end_event_initialize(&event) &&
      yaml_emitter_emit(&emitter, &event) && yaml_emitter_flush(&emitter);
  if (!good)
    status =
        lisi_fail(err, LISI_ERR_IO, "writing YAML failed: %s", emitter.problem != NULL ? emitter.problem : "no memory");
  yaml_emitter_delete(&emitter);
  return status;
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------
 */

static void json_text(const char *text, FILE *stream) {
  fputc('"', stream);
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      fprintf(stream, "\\%c", *c);
    else if (*c < 0x20)
      fprintf(stream, "\\u%04x", *c);
    else
      fputc(*c, stream);
  }
  fputc('"', stream);
}

static void json(const doc_tree *doc, int self, int depth, FILE *stream) {
  const node *at = &doc->nodes[self];
  char text[40];
  const bool block = (at->kind == NODE_LIST || at->kind == NODE_MAP) && holds_map(doc, self) && at->first != 0;
  switch (at->kind) {
  case NODE_TEXT:
    json_text(at->text, stream);
    return;
  case NODE_NUMBER:
    doc_format_number(at->number, text);
    fputs(isfinite(at->number) ? text : "null", stream);
    return;
  case NODE_INTEGER:
    fprintf(stream, "%lld", at->integer);
    return;
  case NODE_BOOL:
    fputs(at->integer ? "true" : "false", stream);
    return;
  case NODE_LIST:
  case NODE_MAP:
    fputc(at->kind == NODE_LIST ? '[' : '{', stream);
    for (int child = at->first; child != 0; child = doc->nodes[child].next) {
      if (child != at->first)
        fputs(block ? "," : ", ", stream);
      if (block)
        fprintf(stream, "\n%*s", 2 * (depth + 1), "");
      if (at->kind == NODE_MAP) {
        json_text(doc->nodes[child].key, stream);
        fputs(": ", stream);
      }
      json(doc, child, depth + 1, stream);
    }
    if (block)
      fprintf(stream, "\n%*s", 2 * depth, "");
    fputc(at->kind == NODE_LIST ? ']' : '}', stream);
    return;
  }
}

lisi_status doc_print_json(const doc_tree *doc, FILE *stream, lisi_error *err) {
  const lisi_status status = ready(doc, err);
  if (status != LISI_OK)
    return status;
  json(doc, DOC_ROOT, 0, stream);
  fputc('\n', stream);
  return fflush(stream) == 0 && !ferror(stream) ? LISI_OK : lisi_fail(err, LISI_ERR_IO, "writing JSON failed");
}
