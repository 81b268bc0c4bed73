/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small tree of named values that prints itself as YAML or as JSON, so that model.yaml and --json cannot drift apart.
 * Adding never fails: running out of memory is remembered and reported by doc_check and the printers. */
#ifndef LISI_DOC_TREE_H
#define LISI_DOC_TREE_H

#include "lisi_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct doc_tree doc_tree;
/* A node of the tree; DOC_ROOT is the mapping that every tree starts with. */
typedef int doc_ref;
#define DOC_ROOT 0

/* NULL when there is no memory; the other functions accept that. */
doc_tree *doc_new(void);
void doc_free(doc_tree *doc);

/* Adds to `parent`: under `key` where it is a mapping, at the end (key = NULL) where it is a list. Texts are copied. */
doc_ref doc_map(doc_tree *doc, doc_ref parent, const char *key);
doc_ref doc_list(doc_tree *doc, doc_ref parent, const char *key);
void doc_text(doc_tree *doc, doc_ref parent, const char *key, const char *text);
void doc_number(doc_tree *doc, doc_ref parent, const char *key,
                double value); /* infinity and NaN: .inf/.nan in YAML, null in JSON */
void doc_integer(doc_tree *doc, doc_ref parent, const char *key, long long value);
void doc_bool(doc_tree *doc, doc_ref parent, const char *key, bool value);
/* A list of n numbers; a list of `rows` lists of `columns` numbers (row-major). */
void doc_numbers(doc_tree *doc, doc_ref parent, const char *key, size_t n, const double *value);
void doc_matrix(doc_tree *doc, doc_ref parent, const char *key, size_t rows, size_t columns, const double *value);

/* Numbers are printed with the fewest digits (at most 17) that read back as the same double, always with a decimal
 * point, so that every YAML reader takes them for floats. Errors: LISI_ERR_NOMEM as above, LISI_ERR_IO. */
LISI_MUST_CHECK lisi_status doc_print_yaml(const doc_tree *doc, FILE *stream, lisi_error *err);
LISI_MUST_CHECK lisi_status doc_print_json(const doc_tree *doc, FILE *stream, lisi_error *err);

/* The number format by itself: writes at most 40 bytes. */
void doc_format_number(double value, char text[40]);

#ifdef __cplusplus
}
#endif
#endif
