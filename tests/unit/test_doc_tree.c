/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree that prints model.yaml and --json: what is printed reads back as the same values. */
#include "doc_tree.h"
#include "yaml_doc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static doc_tree *example(void) {
  doc_tree *doc = doc_new();
  const double values[4] = {1.0, 1.0 / 3.0, 1e-5, INFINITY};
  doc_text(doc, DOC_ROOT, "format", "lisi-msm 1");
  doc_text(doc, DOC_ROOT, "tricky", "no");
  doc_text(doc, DOC_ROOT, "path", "a \"quoted\": \\ name\n");
  const doc_ref models = doc_list(doc, DOC_ROOT, "models");
  const doc_ref model = doc_map(doc, models, NULL);
  doc_numbers(doc, model, "values", 4, values);
  doc_matrix(doc, model, "matrix", 2, 2, values);
  doc_integer(doc, model, "n", -7);
  doc_bool(doc, model, "yes", true);
  (void)doc_list(doc, model, "empty");
  return doc;
}

static char *printed(bool yaml) {
  doc_tree *doc = example();
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  lisi_error err = {0};
  assert_int_equal(yaml ? doc_print_yaml(doc, stream, &err) : doc_print_json(doc, stream, &err), LISI_OK);
  fclose(stream);
  doc_free(doc);
  return text;
}

static void test_yaml(void **state) {
  (void)state;
  char *text = printed(true);
  yaml_doc *doc = NULL;
  lisi_error err = {0};
  assert_int_equal(yaml_doc_parse(text, strlen(text), "text", &doc, &err), LISI_OK);
  assert_string_equal(yaml_text(doc, yaml_get(doc, yaml_root(doc), "format")), "lisi-msm 1");
  assert_string_equal(yaml_text(doc, yaml_get(doc, yaml_root(doc), "path")), "a \"quoted\": \\ name\n");
  assert_non_null(strstr(text, "format: lisi-msm 1\n"));
  assert_non_null(strstr(text, "tricky: \"no\"\n"));
  assert_non_null(strstr(text, "values: [1.0, 0.3333333333333333, 1.0e-05, .inf]\n"));
  assert_non_null(strstr(text, "matrix: [[1.0, 0.3333333333333333], [1.0e-05, .inf]]\n"));
  const yaml_ref model = yaml_seq_at(doc, yaml_get(doc, yaml_root(doc), "models"), 0);
  double third = 0;
  assert_int_equal(yaml_as_double(doc, yaml_seq_at(doc, yaml_get(doc, model, "values"), 1), "values", &third, &err),
                   LISI_OK);
  assert_true(third == 1.0 / 3.0);
  assert_int_equal(yaml_seq_size(doc, yaml_get(doc, model, "empty")), 0);
  yaml_doc_free(doc);
  free(text);
}

static void test_json(void **state) {
  (void)state;
  char *text = printed(false);
  assert_non_null(strstr(text, "\"values\": [1.0, 0.3333333333333333, 1.0e-05, null]"));
  assert_non_null(strstr(text, "\"path\": \"a \\\"quoted\\\": \\\\ name\\u000a\""));
  assert_non_null(strstr(text, "\"n\": -7"));
  assert_non_null(strstr(text, "\"yes\": true"));
  assert_non_null(strstr(text, "\"empty\": []"));
  /* JSON is YAML: the other reader must take it too */
  yaml_doc *doc = NULL;
  lisi_error err = {0};
  assert_int_equal(yaml_doc_parse(text, strlen(text), "text", &doc, &err), LISI_OK);
  yaml_doc_free(doc);
  free(text);
}

static void test_numbers_read_back(void **state) {
  (void)state;
  uint64_t seed = 88172645463325252ull;
  for (int k = 0; k < 20000; k++) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    double value;
    memcpy(&value, &seed, sizeof value);
    if (!isfinite(value))
      continue;
    char text[40];
    doc_format_number(value, text);
    assert_true(strtod(text, NULL) == value);
    assert_non_null(strchr(text, '.'));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_yaml), cmocka_unit_test(test_json),
                                     cmocka_unit_test(test_numbers_read_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
