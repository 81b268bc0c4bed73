/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading YAML files through libyaml: a loaded document whose nodes know their line, and typed getters whose messages
 * name file, line and key. Every YAML file of the package (model, sites, network, training recipe) is read through
 * these functions and nothing else. */
#ifndef LISI_YAML_DOC_H
#define LISI_YAML_DOC_H

#include "lisi_status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct yaml_doc yaml_doc;
/* A node is its number in the document, from 1; 0 means "none". */
typedef int yaml_ref;

typedef enum { YAML_NONE = 0, YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING } yaml_kind;

/* Loads one YAML document from memory. `name` stands for the file in messages. Refuses: no document, more than one, a
 * syntax error (with its line), duplicate scalar keys in a mapping, a key that is an alias, nesting deeper than 200,
 * more than 1000 anchors, aliases that stand for more than a million values (and more than the file has bytes). The
 * caller frees with yaml_doc_free. */
LISI_MUST_CHECK lisi_status yaml_doc_parse(const char *bytes, size_t size, const char *name, yaml_doc **doc,
                                           lisi_error *err);
/* The same from a file (at most 1 GiB). */
LISI_MUST_CHECK lisi_status yaml_doc_load(const char *path, yaml_doc **doc, lisi_error *err);
void yaml_doc_free(yaml_doc *doc);

const char *yaml_doc_name(const yaml_doc *doc);
yaml_ref yaml_root(const yaml_doc *doc);
yaml_kind yaml_kind_of(const yaml_doc *doc, yaml_ref node); /* YAML_NONE for 0 */
int yaml_line(const yaml_doc *doc, yaml_ref node);          /* from 1; 0 for 0 */

/* Mappings: number of pairs, key and value of pair k (from 0), value of a scalar key (0 where absent). */
int yaml_map_size(const yaml_doc *doc, yaml_ref map);
yaml_ref yaml_map_key(const yaml_doc *doc, yaml_ref map, int k);
yaml_ref yaml_map_value(const yaml_doc *doc, yaml_ref map, int k);
yaml_ref yaml_get(const yaml_doc *doc, yaml_ref map, const char *key);
/* Sequences: length, and element k (from 0). 0 for anything that is no sequence. */
int yaml_seq_size(const yaml_doc *doc, yaml_ref seq);
yaml_ref yaml_seq_at(const yaml_doc *doc, yaml_ref seq, int k);
/* The text of a scalar, NULL for anything else. Owned by the document. */
const char *yaml_text(const yaml_doc *doc, yaml_ref node);

/* Typed values. `what` names the key in messages ("bonds/rcut"). Numbers must be finite, fill the whole scalar and fit;
 * integers lie in [lo, hi]. */
LISI_MUST_CHECK lisi_status yaml_as_double(const yaml_doc *doc, yaml_ref node, const char *what, double *value,
                                           lisi_error *err);
LISI_MUST_CHECK lisi_status yaml_as_int(const yaml_doc *doc, yaml_ref node, const char *what, int lo, int hi,
                                        int *value, lisi_error *err);
/* A sequence of exactly n numbers into value[n]. */
LISI_MUST_CHECK lisi_status yaml_as_doubles(const yaml_doc *doc, yaml_ref node, const char *what, int n, double *value,
                                            lisi_error *err);
LISI_MUST_CHECK lisi_status yaml_as_ints(const yaml_doc *doc, yaml_ref node, const char *what, int n, int lo, int hi,
                                         int *value, lisi_error *err);

/* Required key of a mapping: *node is set, or the message says which key is missing in which mapping at which line. */
LISI_MUST_CHECK lisi_status yaml_need(const yaml_doc *doc, yaml_ref map, const char *key, yaml_kind kind,
                                      yaml_ref *node, lisi_error *err);
/* The same, and the typed value at once. */
LISI_MUST_CHECK lisi_status yaml_need_double(const yaml_doc *doc, yaml_ref map, const char *key, double *value,
                                             lisi_error *err);
LISI_MUST_CHECK lisi_status yaml_need_int(const yaml_doc *doc, yaml_ref map, const char *key, int lo, int hi,
                                          int *value, lisi_error *err);
LISI_MUST_CHECK lisi_status yaml_need_text(const yaml_doc *doc, yaml_ref map, const char *key, const char **value,
                                           lisi_error *err);

/* A message about a node: "FILE:LINE: " and the formatted rest. */
lisi_status yaml_fail(const yaml_doc *doc, yaml_ref node, lisi_error *err, const char *format, ...) LISI_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif
#endif
