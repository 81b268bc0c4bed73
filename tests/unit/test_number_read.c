/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in dumps have to give the same bits as strtod: logs from a run and from its dump are compared byte by byte.
 */
#include "number_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252u;
static uint64_t random_bits(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void same(const char *text) {
  double ours = 0.0;
  const double theirs = strtod(text, NULL);
  if (!number_read_double(text, (int)strlen(text), &ours))
    fail_msg("'%s' was refused", text);
  if (memcmp(&ours, &theirs, sizeof ours) != 0)
    fail_msg("'%s': %.17g, strtod says %.17g", text, ours, theirs);
  /* as one of the words of a line */
  char line[100];
  const char *end = NULL;
  (void)snprintf(line, sizeof line, "%s%s", text, strlen(text) % 2 ? " 7" : "\t7");
  ours = 0.0;
  if (!number_scan_double(line, &end, &ours) || end != line + strlen(text))
    fail_msg("'%s' was refused or read to another end", line);
  if (memcmp(&ours, &theirs, sizeof ours) != 0)
    fail_msg("'%s': %.17g, strtod says %.17g", line, ours, theirs);
}

static void random_numbers(void **unused) {
  (void)unused;
  char text[80];
  for (int k = 0; k < 300000; k++) {
    /* Doubles of a trajectory's size in the formats that people use. */
    const double scale[] = {1.0, 10.0, 123.4, 1e4, 1e-3, 1e-8, 1e9, 1e15};
    const double x = ((double)(random_bits() >> 11) * 0x1p-53 * 2.0 - 1.0) * scale[k % 8];
    const char *const format[] = {"%.17g", "%.16g", "%g", "%.8f", "%.15f", "%.20f", "%e", "%.17e"};
    for (int f = 0; f < 8; f++) {
      (void)snprintf(text, sizeof text, format[f], x);
      same(text);
    }
  }
  /* Any finite bit pattern, subnormals too. */
  for (int k = 0; k < 100000; k++) {
    uint64_t bits = random_bits();
    double x;
    memcpy(&x, &bits, sizeof x);
    if (x != x || x - x != 0.0)
      continue;
    (void)snprintf(text, sizeof text, "%.17g", x);
    same(text);
  }
}

/* Decimal digits at random, so that the quotient is seldom a short double: up to 19 digits and every place of the
 * point. */
static void random_digits(void **unused) {
  (void)unused;
  for (int k = 0; k < 500000; k++) {
    char text[40] = "";
    const int n = 1 + (int)(random_bits() % 22), point = (int)(random_bits() % 23);
    int used = 0;
    if (k % 2)
      text[used++] = '-';
    for (int d = 0; d < n; d++) {
      if (d == point)
        text[used++] = '.';
      text[used++] = (char)('0' + random_bits() % 10);
    }
    text[used] = '\0';
    same(text);
  }
}

/* The middle between two doubles, and just beside it: where a second rounding would show. */
static void halfway(void **unused) {
  (void)unused;
  const char *const list[] = {"9007199254740993",
                              "9007199254740992.5",
                              "9007199254740993.0",
                              "9007199254740993.001",
                              "4503599627370497.5",
                              "4503599627370496.5",
                              "450359962737049.65",
                              "0.5000000000000001",
                              "1.0000000000000002",
                              "1.00000000000000011",
                              "1152921504606846977",
                              "9223372036854775807",
                              "9999999999999999999",
                              "0.1",
                              "0.30000000000000004",
                              "1125899906842624.125",
                              "1125899906842624.375",
                              "2.2250738585072011e-308",
                              "5e-324",
                              "-0.0",
                              "0",
                              "-0",
                              "+1",
                              "1.",
                              ".5",
                              "000123.4500",
                              "1e5",
                              "1E+05",
                              "0.0000000000000000001",
                              "1844674407370955161.5"};
  for (size_t k = 0; k < sizeof list / sizeof *list; k++)
    same(list[k]);
}

static void refused(void **unused) {
  (void)unused;
  const char *const list[] = {"",     "-",   "+",     ".",    "-.",  "1..2", "1.2.3", "nan", "inf",
                              "-inf", "NaN", "1e400", "0x10", "1a",  " 1",   "1 ",    "1,5", "--1",
                              "1e",   "e5",  "1-2",   "1e+",  "1_0", "\t1",  "*"};
  double x = 7.0;
  for (size_t k = 0; k < sizeof list / sizeof *list; k++)
    if (number_read_double(list[k], (int)strlen(list[k]), &x))
      fail_msg("'%s' was taken for %g", list[k], x);
  assert_true(x == 7.0);
  assert_true(number_read_double("1.5xyz", 3, &x)); /* the length decides, not a zero byte */
  assert_true(x == 1.5);

  const char *const bad[] = {"", "-", "1.0", "1e3", " 1", "1 ", "99999999999999999999", "0x1", "a", "1-"};
  int64_t i = 7;
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    if (number_read_int64(bad[k], (int)strlen(bad[k]), &i))
      fail_msg("'%s' was taken for an integer", bad[k]);
  assert_true(i == 7);
  assert_true(number_read_int64("-9007199254740992", 17, &i));
  assert_true(i == -9007199254740992);
  assert_true(number_read_int64("+12", 3, &i));
  assert_true(i == 12);

  const char *end = NULL;
  x = 7.0;
  i = 7;
  for (size_t k = 0; k < sizeof list / sizeof *list; k++)
    if (strpbrk(list[k], " \t") == NULL && number_scan_double(list[k], &end, &x))
      fail_msg("'%s' was taken for %g", list[k], x);
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    if (strchr(bad[k], ' ') == NULL && number_scan_int64(bad[k], &end, &i))
      fail_msg("'%s' was taken for an integer", bad[k]);
  assert_true(x == 7.0 && i == 7);
  const char *const line = "-12\t+7 8";
  assert_true(number_scan_int64(line, &end, &i) && i == -12 && end == line + 3);
  assert_true(number_scan_int64(line + 4, &end, &i) && i == 7 && end == line + 6);
  assert_true(number_scan_int64(line + 7, &end, &i) && i == 8 && *end == '\0');
  assert_false(number_scan_int64(line + 3, &end, &i)); /* it begins with the number */
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_numbers), cmocka_unit_test(random_digits),
                                     cmocka_unit_test(halfway), cmocka_unit_test(refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
