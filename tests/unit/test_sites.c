/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site file: what it says, what is refused and in which words, how many unit cells a box holds, and a fuzz run. */
#include "sites.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char good[] = "# two kinds of sites\n"
                           "format: lisi-sites 1\n"
                           "cell: [[4, 0, 0], [0, 5.5, 0], [1, 0, 6]]\n"
                           "framework:\n"
                           "  - {species: Si, frac: [0.25, 0.25, 0.25]}\n"
                           "  - {species: Si, frac: [0.75, 0.75, 0.75]}\n"
                           "sites:\n"
                           "  - {type: 1, label: Li1, frac: [0, 0, 0], multiplicity: 2, radius: 0.8}\n"
                           "  - {type: 1, label: Li1, frac: [0.5, -0.25, 1.0]}\n"
                           "  - {type: 3, frac: [0.5, 0.5, 0.5]}\n"
                           "something_else: kept\n";

static site_set *parse(const char *text) {
  lisi_error err = {0};
  site_set *set = NULL;
  if (site_set_parse(text, strlen(text), "s.yaml", &set, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return set;
}

static void everything_is_read(void **state) {
  (void)state;
  site_set *set = parse(good);
  assert_int_equal(set->nframework, 2);
  assert_string_equal(set->species[1], "Si");
  assert_true(set->framework[1][2] == 0.75);
  assert_int_equal(set->nsites, 3);
  assert_string_equal(set->site[0].label, "Li1");
  assert_int_equal(set->site[0].multiplicity, 2);
  assert_true(set->site[0].radius == 0.8);
  assert_int_equal(set->site[1].multiplicity, 0);
  assert_true(set->site[1].radius == 0.0);
  assert_true(set->site[1].frac[0] == 0.5 && set->site[1].frac[1] == 0.75 && set->site[1].frac[2] == 0.0);
  assert_int_equal(set->site[2].type, 3);
  assert_string_equal(set->site[2].label, "3");
  assert_true(set->replicate[0] == 0 && set->replicate[1] == 0 && set->replicate[2] == 0);
  assert_true(fabs(set->cell.volume - 4 * 5.5 * 6) < 1e-12);
  assert_true(set->cell.H[2][0] == 1.0 && set->cell.H[2][2] == 6.0);
  assert_int_equal(set->ntext, strlen(good));
  assert_string_equal(set->text, good); /* verbatim, comments and all */
  site_set_free(set);
  site_set_free(NULL);
}

/* `good` with the first `from` replaced by `to`. */
static void edited(char *out, size_t size, const char *from, const char *to) {
  const char *at = strstr(good, from);
  if (at == NULL)
    fail_msg("'%s' is not in the good file", from);
  (void)snprintf(out, size, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
}

static void refused_in_words(void **state) {
  (void)state;
  const struct {
    const char *from, *to, *message;
    lisi_status status;
  } cases[] = {
      {"lisi-sites 1", "lisi-sties 1", "s.yaml:2: format: expected 'lisi-sites 1', found 'lisi-sties 1'",
       LISI_ERR_INPUT},
      {"lisi-sites 1", "lisi-sites 2", "s.yaml: format: this program reads 'lisi-sites 1', found 'lisi-sites 2'",
       LISI_ERR_VERSION},
      {"format:", "fromat:", "format", LISI_ERR_INPUT},
      {"cell:", "sell:", "cell", LISI_ERR_INPUT},
      {", [1, 0, 6]]", "]", "s.yaml:3: cell: expected three rows a, b, c, found 2", LISI_ERR_INPUT},
      {"[1, 0, 6]", "[1, 0]", "s.yaml:3: cell", LISI_ERR_INPUT},
      {"[1, 0, 6]", "[8, 0, 0]", "s.yaml:3: cell: expected three independent vectors", LISI_ERR_INPUT},
      {"5.5", ".nan", "s.yaml:3: cell", LISI_ERR_INPUT},
      {"5.5", ".inf", "s.yaml:3: cell", LISI_ERR_INPUT},
      {"5.5", "five", "s.yaml:3: cell", LISI_ERR_INPUT},
      {"[4, 0, 0]", "[0.05, 0, 0]",
       "s.yaml:3: cell: expected images of a site to be at least 0.1 A apart, found 0.05 A", LISI_ERR_INPUT},
      {"sites:", "sides:", "sites", LISI_ERR_INPUT},
      {"framework:\n", "framework: Si\nlist:\n", "s.yaml:4: framework: expected a list", LISI_ERR_INPUT},
      {"species: Si", "kind: Si", "species", LISI_ERR_INPUT},
      {"species: Si", "species: ''", "species: expected an element symbol, found ''", LISI_ERR_INPUT},
      {"species: Si", "species: Siliconsiliconsilicon", "species: expected an element symbol", LISI_ERR_INPUT},
      {"type: 1, label", "label", "type", LISI_ERR_INPUT},
      {"type: 1", "type: 0", "s.yaml:8: type", LISI_ERR_INPUT},
      {"type: 1", "type: 1.5", "s.yaml:8: type", LISI_ERR_INPUT},
      {"label: Li1", "label: 'Li 1'", "s.yaml:8: label: expected a word of at most 31 characters", LISI_ERR_INPUT},
      {"label: Li1", "label: [Li]", "s.yaml:8: label: expected a word", LISI_ERR_INPUT},
      {"label: Li1", "label: 'x234567890123456789012345678901234567890'", "s.yaml:8: label: expected a word",
       LISI_ERR_INPUT},
      {"radius: 0.8", "radius: -1", "s.yaml:8: radius: expected a positive number, found -1", LISI_ERR_INPUT},
      {"radius: 0.8", "radius: .nan", "s.yaml:8: radius", LISI_ERR_INPUT},
      {"multiplicity: 2", "multiplicity: 0", "s.yaml:8: multiplicity", LISI_ERR_INPUT},
      {"multiplicity: 2", "multiplicity: 4", "s.yaml:8: site Li1: multiplicity 4, but 2 entries", LISI_ERR_INPUT},
      {"frac: [0, 0, 0], ", "", "frac", LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [0, 0]", "s.yaml:8: frac", LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [0, .nan, 0]", "s.yaml:8: frac", LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [0, 1e7, 0]", "s.yaml:8: frac: expected fractional coordinates, found 1e+07",
       LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [0.5, 0.51, 0.5]", "s.yaml: sites 1 and 3 are 0.055 A apart; expected at least 0.1 A",
       LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [0.51, 0.75, 0.999]", "s.yaml: sites 1 and 2 are", LISI_ERR_INPUT},
      {"frac: [0, 0, 0]", "frac: [-0.5, 0.5, 1.5]", "s.yaml: sites 1 and 3 are 0 A apart", LISI_ERR_INPUT},
      {"[0.25, 0.25, 0.25]", "[0.75, -0.25, 0.75]", "s.yaml: framework positions 1 and 2 are 0 A apart",
       LISI_ERR_INPUT},
      {"something_else: kept", "replicate: [1, 0, 1]", "s.yaml:11: replicate", LISI_ERR_INPUT},
      {"something_else: kept", "replicate: [1, 2]", "s.yaml:11: replicate", LISI_ERR_INPUT},
      {"something_else: kept", "replicate: 3", "s.yaml:11: replicate", LISI_ERR_INPUT},
      {"something_else: kept", "cell: [[1,0,0],[0,1,0],[0,0,1]]", "cell", LISI_ERR_INPUT},
      {"something_else: kept", "- [", "s.yaml:", LISI_ERR_INPUT},
      {"something_else", "---\nsomething_else", "s.yaml", LISI_ERR_INPUT}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    char text[2000];
    edited(text, sizeof text, cases[c].from, cases[c].to);
    site_set *set = (site_set *)&text;
    lisi_error err = {0};
    const lisi_status status = site_set_parse(text, strlen(text), "s.yaml", &set, &err);
    if (status != cases[c].status || strstr(err.message, cases[c].message) == NULL ||
        strncmp(err.message, "s.yaml:", 7) != 0)
      fail_msg("'%s': expected '%s', found %d '%s'", cases[c].to, cases[c].message, (int)status, err.message);
    assert_null(set);
  }
  const struct {
    const char *text, *message;
  } whole[] = {{"", "s.yaml"},
               {"format: lisi-sites 1\ncell: [[4,0,0],[0,4,0],[0,0,4]]\nsites: []\n",
                "sites: expected 1 to 100000 sites, found 0"},
               {"format: lisi-sites 1\ncell: [[4,0,0],[0,4,0],[0,0,4]]\nsites: {type: 1}\n", "sites"},
               {"- format: lisi-sites 1\n", "format"},
               {"format: [lisi-sites, 1]\n", "format"}};
  for (size_t c = 0; c < sizeof whole / sizeof *whole; c++) {
    site_set *set = NULL;
    lisi_error err = {0};
    assert_int_equal(site_set_parse(whole[c].text, strlen(whole[c].text), "s.yaml", &set, &err), LISI_ERR_INPUT);
    if (strstr(err.message, whole[c].message) == NULL)
      fail_msg("expected '%s', found '%s'", whole[c].message, err.message);
  }
  lisi_error err = {0};
  site_set *set = NULL;
  assert_int_equal(site_set_load("/nowhere/s.yaml", &set, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "/nowhere/s.yaml"));
  /* A zero byte, which text cannot hold and the log could not carry. */
  char zero[sizeof good];
  memcpy(zero, good, sizeof good);
  zero[3] = '\0';
  err = (lisi_error){0};
  assert_int_equal(site_set_parse(zero, strlen(good), "s.yaml", &set, &err), LISI_ERR_INPUT);
  assert_null(set);
}

static void close_pairs_are_found_wherever_they_are(void **state) {
  (void)state;
  uint64_t x = 99;
  for (int trial = 0; trial < 300; trial++) {
    char text[4000];
    int used = snprintf(text, sizeof text, "format: lisi-sites 1\ncell: [[6, 0, 0], [4, 7, 0], [-5, 3, 8]]\nsites:\n");
    double frac[20][3];
    for (int s = 0; s < 20; s++) {
      for (int k = 0; k < 3; k++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        frac[s][k] = (double)(x >> 11) * 0x1p-53;
      }
      if (s == 19) /* near another one, some cells away */
        for (int k = 0; k < 3; k++)
          frac[s][k] = frac[trial % 19][k] + (k == trial % 3 ? (trial % 2 ? 0.008 : -0.008) : trial % 5 - 2);
      used += snprintf(text + used, sizeof text - (size_t)used, "  - {type: 1, frac: [%.15g, %.15g, %.15g]}\n",
                       frac[s][0], frac[s][1], frac[s][2]);
    }
    lisi_error err = {0};
    site_set *set = NULL;
    assert_int_equal(site_set_parse(text, strlen(text), "s.yaml", &set, &err), LISI_ERR_INPUT);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "sites %d and 20 are 0.0", trial % 19 + 1);
    if (strstr(err.message, expected) == NULL)
      fail_msg("expected '%s', found '%s'", expected, err.message);
  }
}

static lattice box_of(double a, double b, double c, double tilt) {
  const double H[3][3] = {{a, 0, 0}, {0, b, 0}, {tilt, 0, c}};
  lattice box;
  lisi_error err = {0};
  assert_int_equal(lattice_from_rows(H, &box, &err), LISI_OK);
  return box;
}

static void unit_cells_in_a_box(void **state) {
  (void)state;
  site_set *set = parse(good);
  int r[3];
  lisi_error err = {0};
  const int none[3] = {0, 0, 0}, wrong[3] = {2, 2, 2}, negative[3] = {2, -1, 3};
  lattice box = box_of(8, 5.5, 18, 3);
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_OK);
  assert_true(r[0] == 2 && r[1] == 1 && r[2] == 3);
  assert_int_equal(site_set_replicate(set, &box, none, r, &err), LISI_OK);
  assert_true(r[0] == 2 && r[1] == 1 && r[2] == 3);
  assert_int_equal(site_set_replicate(set, &box, wrong, r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "edge b is 5.5 A, expected 2 x 5.5 = 11 A within 5 %"));
  err = (lisi_error){0};
  assert_int_equal(site_set_replicate(set, &box, negative, r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "replicate: expected three integers from 1 to 10000, found -1"));

  /* 4.9 % is let pass, 5.1 % is not; angles 3 degrees. */
  box = box_of(8 * 1.049, 5.5 * 0.951, 18 * 1.04, 3 * 1.04);
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_OK);
  assert_true(r[0] == 2 && r[1] == 1 && r[2] == 3);
  err = (lisi_error){0};
  box = box_of(8 * 1.051, 5.5, 18, 3);
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "edge a is 8.408 A, expected 2 x 4 = 8 A within 5 %"));
  err = (lisi_error){0};
  box = box_of(2, 5.5, 18, 3); /* smaller than one cell */
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "edge a is 2 A, expected 1 x 4 = 4 A"));
  err = (lisi_error){0};
  box = box_of(8, 5.5, 18, 4.2); /* 76.866 degrees for 80.538 */
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "angle beta is 76.86"));
  assert_non_null(strstr(err.message, "expected 80.5377 within 3"));
  site_set_free(set);

  char text[2000];
  edited(text, sizeof text, "something_else: kept", "replicate: [2, 1, 3]");
  set = parse(text);
  err = (lisi_error){0};
  box = box_of(8, 5.5, 18, 3);
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_OK);
  assert_true(r[0] == 2 && r[1] == 1 && r[2] == 3);
  box = box_of(4, 5.5, 18, 3); /* the file's word counts: this box does not hold it */
  assert_int_equal(site_set_replicate(set, &box, NULL, r, &err), LISI_ERR_INPUT);
  const int given[3] = {1, 1, 3}; /* the user's word counts more */
  err = (lisi_error){0};
  assert_int_equal(site_set_replicate(set, &box, given, r, &err), LISI_OK);
  assert_int_equal(r[0], 1);
  site_set_free(set);
}

static void shipped_file(void **state) {
  (void)state;
  lisi_error err = {0};
  site_set *set = NULL;
  if (site_set_load(LISI_SOURCE_DIR "/examples/Li13Si4/sites.yaml", &set, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_int_equal(set->nsites, 26);
  assert_int_equal(set->nframework, 8);
  site_set_free(set);
}

/* Thousands of damaged files: each is read or refused with a message, none crashes. */
static void fuzz(void **state) {
  (void)state;
  const char alphabet[] = "0123456789.-+e[]{},: \n'\"#&*!|>%@`nNaif\t\\\x80\xff\x01";
  uint32_t x = 2463534242u;
  char text[sizeof good + 64];
  int accepted = 0;
  for (int trial = 0; trial < 20000; trial++) {
    size_t n = strlen(good);
    memcpy(text, good, n);
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    const int edits = 1 + (int)(x % 4);
    for (int e = 0; e < edits; e++) {
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      const size_t at = x % n;
      x ^= x << 13, x ^= x >> 17, x ^= x << 5;
      const char c = alphabet[x % (sizeof alphabet - 1)];
      switch (x >> 30) {
      case 0:
        text[at] = c;
        break;
      case 1:
        memmove(text + at + 1, text + at, n - at);
        text[at] = c;
        n++;
        break;
      case 2:
        memmove(text + at, text + at + 1, n - at - 1);
        n--;
        break;
      default:
        if (trial % 8 == 0)
          n = at + 1;
        else
          text[at] = text[(at * 7 + 3) % n];
      }
    }
    char *bytes = malloc(n); /* of its exact size, so that reading beyond it is seen */
    assert_non_null(bytes);
    memcpy(bytes, text, n);
    site_set *set = NULL;
    lisi_error err = {0};
    if (site_set_parse(bytes, n, "s.yaml", &set, &err) == LISI_OK) {
      accepted++;
      assert_int_equal(set->ntext, n);
      for (int s = 0; s < set->nsites; s++)
        for (int k = 0; k < 3; k++)
          assert_true(set->site[s].frac[k] >= 0.0 && set->site[s].frac[k] < 1.0);
    } else {
      assert_null(set);
      assert_true(strncmp(err.message, "s.yaml", 6) == 0);
    }
    site_set_free(set);
    free(bytes);
  }
  assert_true(accepted > 1000 && accepted < 19000);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(everything_is_read),
                                     cmocka_unit_test(refused_in_words),
                                     cmocka_unit_test(close_pairs_are_found_wherever_they_are),
                                     cmocka_unit_test(unit_cells_in_a_box),
                                     cmocka_unit_test(shipped_file),
                                     cmocka_unit_test(fuzz)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
