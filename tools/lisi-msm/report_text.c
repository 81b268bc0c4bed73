/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_escaped(FILE *f, const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
    if (*c == '<')
      fputs("&lt;", f);
    else if (*c == '>')
      fputs("&gt;", f);
    else if (*c == '&')
      fputs("&amp;", f);
    else if (*c == '"')
      fputs("&quot;", f);
    else if (*c == '\'')
      fputs("&#39;", f);
    else if ((*c < 32 && *c != '\n' && *c != '\t') || *c == 127)
      fputs("\357\277\275", f);
    else
      fputc(*c, f);
  }
}

void report_plain(char text[32], double value, int digits) {
  if (isnan(value))
    snprintf(text, 32, "\342\200\223");
  else if (isinf(value))
    snprintf(text, 32, "%s\342\210\236", value < 0 ? "\342\210\222" : "");
  else if (fabs(value) >= 1000 && fabs(value) < 99999.5) { /* 1.01e+03 is no way to write 1010 */
    const double unit = digits < 4 ? pow(10, floor(log10(fabs(value))) - digits + 1) : 1;
    snprintf(text, 32, "%.0f", unit > 1 ? round(value / unit) * unit : value);
  } else
    snprintf(text, 32, "%.*g", digits, value);
}

void report_value(FILE *f, double value, int digits) {
  char text[32];
  report_plain(text, value, digits);
  char *e = isfinite(value) ? strchr(text, 'e') : NULL;
  const char *from = text;
  if (e != NULL)
    *e = '\0';
  if (isfinite(value) && *from == '-') {
    fputs("&minus;", f);
    from++;
  }
  fputs(from, f);
  if (e != NULL)
    fprintf(f, "&#8239;&times;&#8239;10<sup>%s%d</sup>", atoi(e + 1) < 0 ? "&minus;" : "", abs(atoi(e + 1)));
}

int report_interval(FILE *f, double lo, double hi, int digits) {
  if (isnan(lo) || isnan(hi))
    return 0;
  report_value(f, lo, digits);
  fputs("&nbsp;to&nbsp;", f);
  report_value(f, hi, digits);
  return 1;
}

int report_interval_like(FILE *f, double value, double lo, double hi, int digits) {
  char text[32];
  if (isnan(lo) || isnan(hi))
    return 0;
  report_plain(text, value, digits);
  const char *e = isfinite(value) ? strchr(text, 'e') : NULL;
  if (e == NULL || !isfinite(lo) || !isfinite(hi))
    return report_interval(f, lo, hi, digits);
  const int power = atoi(e + 1);
  const double unit = pow(10, power);
  fputc('(', f);
  report_interval(f, lo / unit, hi / unit, digits);
  fprintf(f, ")&#8239;&times;&#8239;10<sup>%s%d</sup>", power < 0 ? "&minus;" : "", abs(power));
  return 1;
}
