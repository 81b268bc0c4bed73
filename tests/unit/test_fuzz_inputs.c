/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inputs kept in tests/fuzz, once through the fuzzer's harness: good ones, slightly wrong ones, and what
 * fuzzing has found. A name that begins with "wrong" must be refused, "found" may be either, any other must be
 * evaluated. And files too large to keep that ask for absurd amounts of memory. */
#include "../fuzz/fuzz_cp2k.h"
#include "../fuzz/fuzz_jumps.h"
#include "../fuzz/fuzz_yace.h"

#include "ace_eval.h"
#include "ace_model.h"
#include "file_bytes.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

static const char inputs[] = LISI_SOURCE_DIR "/tests/fuzz/";

static char *contents(const char *target, const char *name, size_t *size) {
  char path[sizeof inputs + 400], *bytes = NULL;
  lisi_error err = {0};
  (void)snprintf(path, sizeof path, "%s%s/%.255s", inputs, target, name);
  if (file_bytes_read(path, 1 << 20, &bytes, size, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return bytes;
}

static void replay(const char *target, lisi_status (*harness)(const uint8_t *, size_t), int least) {
  char path[sizeof inputs + 20];
  (void)snprintf(path, sizeof path, "%s%s", inputs, target);
  DIR *dir = opendir(path);
  assert_non_null(dir);
  int count = 0;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    const char *name = entry->d_name;
    if (name[0] == '.')
      continue;
    size_t size = 0;
    char *bytes = contents(target, name, &size);
    const lisi_status status = harness((const uint8_t *)bytes, size);
    free(bytes);
    const int wrong = strncmp(name, "wrong", 5) == 0;
    if (strncmp(name, "found", 5) != 0 && wrong != (status != LISI_OK))
      fail_msg("%s/%s: %s", target, name, lisi_status_string(status));
    count++;
  }
  closedir(dir);
  assert_true(count >= least);
}

static void yace_inputs(void **state) {
  (void)state;
  replay("yace", fuzz_yace, 10);
}

static void jumps_inputs(void **state) {
  (void)state;
  replay("jumps", fuzz_jumps, 15);
}

static void cp2k_inputs(void **state) {
  (void)state;
  replay("cp2k", fuzz_cp2k, 7);
}

/* `text` (freed) with the first `from` replaced by `to`. */
static char *replaced(char *text, const char *from, const char *to) {
  char *at = strstr(text, from), *out = malloc(strlen(text) + strlen(to) + 1);
  assert_non_null(at);
  assert_non_null(out);
  memcpy(out, text, (size_t)(at - text));
  strcpy(out + (at - text), to);
  strcat(out, at + strlen(from));
  free(text);
  return out;
}

static char *good_file(void) {
  size_t size = 0;
  return contents("yace", "expcos_density.yace", &size);
}

/* `text` (freed) must be refused with `message`, by the reader or by the evaluator. */
static void refused(char *text, const char *message) {
  ace_model *model = NULL;
  ace_eval *eval = NULL;
  lisi_error err = {0};
  lisi_status status = ace_model_parse(text, strlen(text), "f.yace", &model, NULL, 0, &err);
  if (status == LISI_OK)
    status = ace_eval_create(model, &eval, &err);
  if (status != LISI_ERR_INPUT && status != LISI_ERR_UNSUPPORTED)
    fail_msg("expected '%s', got %s: %s", message, lisi_status_string(status), err.message);
  if (strstr(err.message, message) == NULL)
    fail_msg("expected '%s' in '%s'", message, err.message);
  ace_eval_free(eval);
  ace_model_free(model);
  free(text);
}

static void absurd_memory(void **state) {
  (void)state;
#if !defined(__SANITIZE_ADDRESS__) /* which takes terabytes of address space for itself */
  const struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
  assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
#endif
  refused(replaced(good_file(), "num_ms_combs: 3", "num_ms_combs: 40000000"), "ms_combs: expected");
  refused(replaced(good_file(), "nradmax: 2", "nradmax: 1000"), "expected nradmax = 1000 lists, found 2");
  refused(replaced(good_file(), "nradbasemax: 3", "nradbasemax: 1000"), "expected nradbasemax = 1000 numbers, found 3");
  /* tables of five million knots */
  refused(replaced(replaced(good_file(), "deltaSplineBins: 0.01", "deltaSplineBins: 1e-5"), "rcut: 5", "rcut: 50"),
          "asks for radial tables of more than 256 MiB");
  /* one long function, many times through an alias */
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  fputs("    - &f {mu0: 0, rank: 2, ndensity: 1, num_ms_combs: 5000, mus: [0, 0], ns: [1, 2], ls: [1, 1], ms_combs: [0",
        stream);
  for (int k = 1; k < 10000; k++)
    fputs(", 0", stream);
  fputs("], ctildes: [0.1", stream);
  for (int k = 1; k < 5000; k++)
    fputs(", 0.1", stream);
  fputs("]}\n", stream);
  for (int k = 0; k < 1000; k++)
    fputs("    - *f\n", stream);
  assert_int_equal(fclose(stream), 0);
  char *whole = replaced(good_file(), "functions:\n  0:\n", "functions:\n  0:\n@");
  whole = replaced(whole, "@", text);
  free(text);
  refused(whole, "aliases stand for too many values");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(yace_inputs), cmocka_unit_test(jumps_inputs),
                                     cmocka_unit_test(cp2k_inputs), cmocka_unit_test(absurd_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
