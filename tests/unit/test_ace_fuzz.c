/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The .yace reader on garbage: a good file with bytes, numbers, words and lines changed at random (always the same
 * ones) must be read or refused with a message, and what is read must evaluate; under a sanitizer this looks for memory
 * errors too. */
#include "ace_eval.h"
#include "ace_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static const char *const words[] = {"0",           "-1",
                                    "1",           "2",
                                    "7",           "1e308",
                                    "-1e-308",     "nan",
                                    ".inf",        "2147483647",
                                    "-2147483648", "99999999999999999999",
                                    "[]",          "{}",
                                    "~",           "ChebPow",
                                    "SBessel",     "ACE.jl.x",
                                    "zbl",         "distance",
                                    "density",     "FinnisSinclair",
                                    "[",           "]",
                                    "{",           "}",
                                    ",",           ":",
                                    "\"",          "&a",
                                    "*a",          "- ",
                                    "\n",          "\t",
                                    "#",           "0.5",
                                    "16",          "!!int x",
                                    "? ",          "<<"};

static size_t mutate(char *text, size_t size, size_t room) {
  const int edits = naive_int(1, 4);
  for (int k = 0; k < edits && size > 1; k++) {
    const size_t at = (size_t)naive_int(0, (int)size - 1);
    switch (naive_int(0, 5)) {
    case 0:
      text[at] = (char)naive_int(0, 255);
      break;
    case 1: { /* drop some */
      size_t n = (size_t)naive_int(1, 40);
      if (n > size - at)
        n = size - at;
      memmove(text + at, text + at + n, size - at - n);
      size -= n;
      break;
    }
    case 2: { /* double some */
      size_t n = (size_t)naive_int(1, 200);
      if (n > size - at)
        n = size - at;
      if (size + n > room)
        break;
      memmove(text + at + n, text + at, size - at);
      size += n;
      break;
    }
    default: { /* another word in place of one */
      const char *word = words[naive_int(0, (int)(sizeof words / sizeof *words) - 1)];
      const size_t n = strlen(word);
      size_t end = at;
      size_t begin = at;
      while (begin > 0 && strchr(" ,[]{}:\n", text[begin - 1]) == NULL)
        begin--;
      while (end < size && strchr(" ,[]{}:\n", text[end]) == NULL)
        end++;
      if (size - (end - begin) + n > room)
        break;
      memmove(text + begin + n, text + end, size - end);
      memcpy(text + begin, word, n);
      size = size - (end - begin) + n;
    }
    }
  }
  return size;
}

static void garbage(void **state) {
  (void)state;
  int accepted = 0, refused = 0;
  for (int kind = 0; kind < 6; kind++) {
    naive_state = 88172645463325252u + (uint64_t)kind;
    ace_model *model = naive_model((naive_recipe){.kind = (ace_radial_kind)kind,
                                                  .inner = (ace_inner_kind)(kind % 3),
                                                  .nelements = 2,
                                                  .ndensity = 1,
                                                  .maxrank = 4,
                                                  .nfunctions = 6,
                                                  .lmax = 2,
                                                  .prehc = 1.0,
                                                  .rho_core_cutoff = 1e5,
                                                  .drho_core_cutoff = 250,
                                                  .delta = 0.05,
                                                  .pairpot = kind == ACE_ACEJL});
    char *good = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&good, &size);
    ace_model_print(model, stream);
    fclose(stream);
    ace_model_free(model);
    const size_t room = 2 * size + 1000;
    char *text = malloc(room);
    for (int i = 0; i < 800; i++) {
      memcpy(text, good, size);
      const size_t n = mutate(text, size, room);
      char *exact = malloc(n > 0 ? n : 1); /* so that reading past the end shows */
      memcpy(exact, text, n);
      lisi_error err = {0};
      ace_model *read = NULL;
      char warnings[100] = "";
      const lisi_status status = ace_model_parse(exact, n, "fuzz.yace", &read, warnings, sizeof warnings, &err);
      if (status != LISI_OK) {
        refused++;
        assert_null(read);
        assert_true(strlen(err.message) > 10 && status != LISI_ERR_INTERNAL);
      } else {
        accepted++;
        ace_eval *e = NULL;
        ace_work *w = NULL;
        if (read->delta_spline_bins > 0.01 && ace_eval_create(read, &e, &err) == LISI_OK &&
            ace_work_create(e, &w, &err) == LISI_OK) {
          const double d[3][3] = {{1.1, 0.3, 2.0}, {0.01, 0.0, 0.0}, {-2.0, 1.0, 0.5}};
          const int element = read->nelements - 1, first[2] = {0, 3}, nelement[3] = {0, read->nelements - 1, 0};
          double energy, g[3][3];
          assert_int_equal(ace_eval_atoms(e, w, 1, &element, first, nelement, d, &energy, g, &err), LISI_OK);
        }
        ace_work_free(w);
        ace_eval_free(e);
        ace_model_free(read);
      }
      free(exact);
    }
    free(text);
    free(good);
  }
  assert_true(accepted > 50 && refused > 1000); /* the changes are neither harmless nor hopeless */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(garbage)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
