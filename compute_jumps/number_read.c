/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "number_read.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* strtod for what the short way leaves; strtod would also take blanks, hexadecimal numbers, inf and nan. */
static bool slow(const char *text, int length, double *value) {
  char copy[400];
  if (length <= 0 || length >= (int)sizeof copy)
    return false;
  for (int k = 0; k < length; k++) {
    const char c = text[k];
    if (!((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'))
      return false;
  }
  memcpy(copy, text, (size_t)length);
  copy[length] = '\0';
  char *end;
  const double v = strtod(copy, &end);
  if (end != copy + length || !isfinite(v))
    return false;
  *value = v;
  return true;
}

/* digits / 10^places, both exact, correctly rounded: an integer quotient of at least 64 bits, the remainder folded into
 * its last bit, and one rounding to 53 bits by the conversion to double (ties cannot be faked, because a nonzero
 * remainder sets a bit below them). */
static double divide(uint64_t digits, int places) {
  static const uint64_t power[20] = {1u,
                                     10u,
                                     100u,
                                     1000u,
                                     10000u,
                                     100000u,
                                     1000000u,
                                     10000000u,
                                     100000000u,
                                     1000000000u,
                                     10000000000u,
                                     100000000000u,
                                     1000000000000u,
                                     10000000000000u,
                                     100000000000000u,
                                     1000000000000000u,
                                     10000000000000000u,
                                     100000000000000000u,
                                     1000000000000000000u,
                                     10000000000000000000u};
  if (digits < (1ull << 53))
    return (double)(int64_t)digits / (double)power[places]; /* both exact: one rounding (Clinger 1990) */
#if LDBL_MANT_DIG == 64
  /* Both exact again, in 64 bits; rounding these to 53 is right unless they lie just between two doubles. */
  const long double quotient = (long double)digits / (long double)power[places];
  uint64_t bits;
  memcpy(&bits, &quotient, sizeof bits);
  if ((bits & 0x7ff) != 0x400)
    return (double)quotient;
#endif
  __extension__ typedef unsigned __int128 wide;
  const int shift = __builtin_clzll(digits); /* digits > 0 here */
  const wide top = (wide)(digits << shift) << 60;
  const uint64_t p = power[places];
  wide q = top / p;
  if (q * p != top)
    q |= 1;
  /* q >= 2^(123-64) = 2^59: at least six bits below the last kept one. Bring it to 64 bits, remembering what falls off.
   */
  int drop = 0;
  while ((q >> drop) >> 64 != 0)
    drop++;
  uint64_t m = (uint64_t)(q >> drop);
  if (((wide)m << drop) != q)
    m |= 1;
  return ldexp((double)m, drop - 60 - shift);
}

static bool ends(char c) {
  return c == ' ' || c == '\t' || c == '\0';
}

bool number_scan_double(const char *text, const char **end, double *value) {
  const char *p = text;
  const bool negative = *p == '-';
  if (*p == '-' || *p == '+')
    p++;
  const char *first = p, *point = NULL;
  uint64_t digits = 0;
  for (;; p++) {
    const unsigned d = (unsigned)(*p - '0');
    if (d <= 9) {
      digits = 10 * digits + d; /* what runs over is thrown away below */
    } else if (*p == '.' && point == NULL) {
      point = p;
    } else {
      break;
    }
  }
  const ptrdiff_t places = point != NULL ? p - point - 1 : 0;
  ptrdiff_t count = p - first - (point != NULL);
  if (count > 19) /* zeros in front are no digits */
    for (const char *zero = first; *zero == '0' || *zero == '.'; zero++)
      count -= *zero == '0';
  if (!ends(*p) || count > 19 || places > 19) { /* an exponent, many digits, or no number at all */
    while (!ends(*p))
      p++;
    *end = p;
    return p - text < INT_MAX && slow(text, (int)(p - text), value);
  }
  *end = p;
  if (p - first == (point != NULL))
    return false;
  const double v = digits == 0 ? 0.0 : divide(digits, (int)places);
  *value = negative ? -v : v;
  return true;
}

bool number_scan_int64(const char *text, const char **end, int64_t *value) {
  const char *p = text;
  const bool negative = *p == '-';
  if (*p == '-' || *p == '+')
    p++;
  const char *first = p;
  uint64_t v = 0;
  for (unsigned d; (d = (unsigned)(*p - '0')) <= 9; p++)
    v = 10 * v + d;
  if (p == first || p - first > 18 || !ends(*p))
    return false;
  *end = p;
  *value = negative ? -(int64_t)v : (int64_t)v;
  return true;
}

bool number_read_double(const char *text, int length, double *value) {
  char copy[400];
  const char *end;
  double v;
  if (length <= 0 || length >= (int)sizeof copy)
    return false;
  memcpy(copy, text, (size_t)length);
  copy[length] = '\0';
  if (!number_scan_double(copy, &end, &v) || end != copy + length)
    return false;
  *value = v;
  return true;
}

bool number_read_int64(const char *text, int length, int64_t *value) {
  int k = 0;
  bool negative = false;
  if (length > 0 && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    k = 1;
  }
  if (k >= length || length - k > 18)
    return false;
  int64_t v = 0;
  for (; k < length; k++) {
    const unsigned d = (unsigned)(text[k] - '0');
    if (d > 9)
      return false;
    v = 10 * v + (int64_t)d;
  }
  *value = negative ? -v : v;
  return true;
}
