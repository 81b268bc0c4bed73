/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common helpers: messages keep the first failure, YAML getters name file, line and key, output files are whole or
 * absent. */
#include "file_bytes.h"
#include "lisi_status.h"
#include "out_file.h"
#include "yaml_doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <signal.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char folder[] = "/tmp/lisi-common-XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder); /* fails, as it should, when a test left something behind */
}

static const char *path_of(const char *name) {
  static char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void first_failure_stays(void **state) {
  (void)state;
  lisi_error err = {0};
  assert_int_equal(lisi_fail(&err, LISI_ERR_INPUT, "line %d", 7), LISI_ERR_INPUT);
  assert_int_equal(lisi_fail(&err, LISI_ERR_IO, "later"), LISI_ERR_IO);
  assert_int_equal(err.status, LISI_ERR_INPUT);
  assert_string_equal(err.message, "line 7");
  assert_int_equal(lisi_fail(NULL, LISI_ERR_IO, "no place for it"), LISI_ERR_IO);
  assert_int_equal(lisi_exit_status(LISI_OK), 0);
  assert_int_equal(lisi_exit_status(LISI_ERR_VERSION), 2);
  assert_int_equal(lisi_exit_status(LISI_ERR_IO), 1);
}

static void expect_yaml_message(const char *text, const char *message) {
  lisi_error err = {0};
  yaml_doc *doc = NULL;
  lisi_status status = yaml_doc_parse(text, strlen(text), "f.yaml", &doc, &err);
  int number;
  double values[3];
  yaml_ref list;
  if (status == LISI_OK)
    status = yaml_need_int(doc, yaml_root(doc), "n", 1, 9, &number, &err);
  if (status == LISI_OK)
    status = yaml_need(doc, yaml_root(doc), "v", YAML_SEQUENCE, &list, &err);
  if (status == LISI_OK)
    status = yaml_as_doubles(doc, list, "v", 3, values, &err);
  yaml_doc_free(doc);
  if (message == NULL) {
    assert_int_equal(status, LISI_OK);
    assert_int_equal(number, 3);
    assert_true(values[2] == -2.5e3);
    return;
  }
  assert_int_equal(status, LISI_ERR_INPUT);
  if (strstr(err.message, message) == NULL)
    fail_msg("expected '%s' in '%s'", message, err.message);
}

static void yaml_messages(void **state) {
  (void)state;
  expect_yaml_message("n: 3\nv: [1, 2, -2.5e3]\n", NULL);
  expect_yaml_message("", "empty");
  expect_yaml_message("n: [1, 2", "f.yaml:2: not valid YAML");
  expect_yaml_message("n: 3\nv: [1, 2, 3]\nn: 4\n", "f.yaml:3: key 'n' stands twice in one mapping (also in line 1)");
  expect_yaml_message("n: 3\n---\nn: 4\n", "second");
  expect_yaml_message("v: [1, 2, 3]\n", "key 'n' is missing");
  expect_yaml_message("n: 12\nv: []\n", "f.yaml:1: n: expected an integer from 1 to 9, found '12'");
  expect_yaml_message("n: 3x\nv: []\n", "found '3x'");
  expect_yaml_message("n: {a: 1}\nv: []\n", "n: expected a single value, found a mapping");
  expect_yaml_message("n: 3\n\nv: [1, 2]\n", "f.yaml:3: v: expected 3 values, found 2");
  expect_yaml_message("n: 3\nv: [1, .inf, 3]\n", "expected a finite number, found '.inf'");
  expect_yaml_message("n: 3\nv: [1, nan, 3]\n", "expected a finite number, found 'nan'");
  expect_yaml_message("n: 3\nv: [1, 1e999, 3]\n", "expected a finite number");
  expect_yaml_message("- 1\n- 2\n", "expected a mapping");
}

/* Small files that would take minutes or gigabytes: what is cheap to write must be cheap to refuse. */
static void expect_yaml_refused(const char *head, const char *piece, int times, const char *message) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  assert_non_null(stream);
  fputs(head, stream);
  for (int k = 0; k < times; k++)
    fprintf(stream, piece, k); /* a piece may number itself */
  assert_int_equal(fclose(stream), 0);
  lisi_error err = {0};
  yaml_doc *doc = NULL;
  const clock_t begin = clock();
  assert_true(yaml_doc_parse(text, size, "f.yaml", &doc, &err) != LISI_OK);
  assert_null(doc);
  if (strstr(err.message, message) == NULL)
    fail_msg("expected '%s' in '%s'", message, err.message);
  assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5.0);
  free(text);
}

static void yaml_bombs(void **state) {
  (void)state;
  expect_yaml_refused("n: ", "[", 200000, "nested more than 200 deep");
  expect_yaml_refused("n: ", "{", 200000, "nested more than 200 deep");
  expect_yaml_refused("", "- ", 200000, "nested more than 200 deep");
  expect_yaml_refused("", "? ", 200000, "nested more than 200 deep");
  expect_yaml_refused("", "- &a%d x\n", 200000, "more than 1000 anchors");
  expect_yaml_refused("- &a [1]\n- &a ", "[2]\n", 1, "the anchor &a stands twice");
  expect_yaml_refused("- &a [1, *", "a]\n", 1, "stands inside of what it stands for");
  expect_yaml_refused("- 1\n- *", "a\n", 1, "no anchor before the alias *a");
  expect_yaml_refused("- &a x\n- {*a", " : 1}\n", 1, "as a key");
  expect_yaml_refused("- &a [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\n"
                      "- &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                      "- &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n",
                      "- [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n", 100,
                      "aliases stand for too many values");

  /* and what aliases are for is read */
  lisi_error err = {0};
  yaml_doc *doc = NULL;
  int value[2];
  static const char text[] = "a: &a [3, 4]\nb: *a\nc: [*a, *a]\n";
  assert_int_equal(yaml_doc_parse(text, strlen(text), "f.yaml", &doc, &err), LISI_OK);
  const yaml_ref c = yaml_get(doc, yaml_root(doc), "c");
  assert_int_equal(yaml_seq_size(doc, c), 2);
  assert_int_equal(yaml_as_ints(doc, yaml_get(doc, yaml_root(doc), "b"), "b", 2, 0, 9, value, &err), LISI_OK);
  assert_int_equal(value[1], 4);
  assert_int_equal(yaml_as_ints(doc, yaml_seq_at(doc, c, 1), "c", 2, 0, 9, value, &err), LISI_OK);
  assert_int_equal(value[0], 3);
  yaml_doc_free(doc);
}

/* 16 MB of brackets in 16 kB. */
static void gzip_bomb(void **state) {
  (void)state;
  gzFile gz = gzopen(path_of("bomb.gz"), "wb9");
  assert_non_null(gz);
  static char block[1 << 16];
  memset(block, ' ', sizeof block);
  for (int k = 0; k < 256; k++)
    assert_int_equal(gzwrite(gz, block, sizeof block), sizeof block);
  assert_int_equal(gzclose(gz), Z_OK);
  lisi_error err = {0};
  yaml_doc *doc = NULL;
  assert_int_equal(yaml_doc_load(path_of("bomb.gz"), &doc, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "bytes once unpacked"));
  assert_int_equal(unlink(path_of("bomb.gz")), 0);
}

static void bytes_plain_and_gz(void **state) {
  (void)state;
  lisi_error err = {0};
  char *bytes = NULL;
  size_t size = 0;
  gzFile gz = gzopen(path_of("a.gz"), "wb");
  assert_non_null(gz);
  for (int k = 0; k < 100000; k++)
    assert_int_equal(gzwrite(gz, "0123456789", 10), 10);
  assert_int_equal(gzclose(gz), Z_OK);
  assert_int_equal(file_bytes_read(path_of("a.gz"), 1 << 24, &bytes, &size, &err), LISI_OK);
  assert_int_equal(size, 1000000);
  assert_memory_equal(bytes + 999990, "0123456789", 11);
  free(bytes);
  assert_int_equal(file_bytes_read(path_of("a.gz"), 1000, &bytes, &size, &err), LISI_ERR_INPUT);
  assert_null(bytes);
  struct stat info;
  assert_int_equal(stat(path_of("a.gz"), &info), 0);
  assert_int_equal(truncate(path_of("a.gz"), info.st_size / 2), 0);
  lisi_error cut = {0};
  assert_int_equal(file_bytes_read(path_of("a.gz"), 1 << 24, &bytes, &size, &cut), LISI_ERR_INPUT);
  assert_int_equal(unlink(path_of("a.gz")), 0);
  lisi_error missing = {0};
  assert_int_equal(file_bytes_read(path_of("none"), 1 << 24, &bytes, &size, &missing), LISI_ERR_INPUT);
  assert_non_null(strstr(missing.message, "/none: cannot be opened: No such file"));
}

static void output_whole_or_absent(void **state) {
  (void)state;
  lisi_error err = {0};
  out_file *file = NULL;
  char *bytes = NULL;
  size_t size = 0;
  assert_int_equal(out_file_open(path_of("o"), &file, &err), LISI_OK);
  (void)fputs("old", out_file_stream(file));
  assert_int_equal(access(path_of("o"), F_OK), -1);
  assert_int_equal(out_file_commit(file, &err), LISI_OK);

  assert_int_equal(out_file_open(path_of("o"), &file, &err), LISI_OK);
  (void)fputs("discarded", out_file_stream(file));
  out_file_discard(file);

  /* A full disk: the largest file allowed is one byte. */
  struct rlimit old, tiny;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  tiny = old;
  tiny.rlim_cur = 1;
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(out_file_open(path_of("o"), &file, &err), LISI_OK);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
  (void)fputs("does not fit", out_file_stream(file));
  const lisi_status status = out_file_commit(file, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(status, LISI_ERR_IO);
  assert_non_null(strstr(err.message, "writing failed"));

  lisi_error none = {0};
  assert_int_equal(file_bytes_read(path_of("o"), 100, &bytes, &size, &none), LISI_OK);
  assert_string_equal(bytes, "old");
  free(bytes);

  /* A pipe (a device alike) is refused and stays what it is. */
  lisi_error special = {0};
  struct stat info;
  assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
  assert_int_equal(out_file_open(path_of("pipe"), &file, &special), LISI_ERR_INPUT);
  assert_non_null(strstr(special.message, "not an ordinary file"));
  assert_int_equal(stat(path_of("pipe"), &info), 0);
  assert_true(S_ISFIFO(info.st_mode));
  assert_int_equal(unlink(path_of("pipe")), 0);

  lisi_error bad = {0};
  assert_int_equal(out_file_open("/nonexistent-folder/x", &file, &bad), LISI_ERR_INPUT);
  assert_int_equal(out_file_open(folder, &file, &bad), LISI_ERR_INPUT);
  lisi_error blocked = {0};
  assert_int_equal(out_folder(path_of("o/p"), &blocked), LISI_ERR_INPUT);
  assert_int_equal(unlink(path_of("o")), 0);
  assert_int_equal(out_folder(path_of("p"), &err), LISI_OK);
  assert_int_equal(out_folder(path_of("p"), &err), LISI_OK);
  assert_int_equal(rmdir(path_of("p")), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(first_failure_stays), cmocka_unit_test(yaml_messages),
      cmocka_unit_test(yaml_bombs),          cmocka_unit_test(gzip_bomb),
      cmocka_unit_test(bytes_plain_and_gz),  cmocka_unit_test(output_whole_or_absent),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
