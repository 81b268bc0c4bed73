/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_colours.h"

#include "report.h"

#include <math.h>
#include <stdio.h>

/* Linear between the stops of a scale on 0..1. */
static void along(const double stop[][3], int n, double at, char colour[8]) {
  at = isnan(at) ? 0 : fmin(1, fmax(0, at)) * (n - 1);
  const int k = at >= n - 1 ? n - 2 : (int)at;
  int c[3];
  for (int a = 0; a < 3; a++)
    c[a] = (int)(stop[k][a] + (at - k) * (stop[k + 1][a] - stop[k][a]) + 0.5);
  snprintf(colour, 8, "#%02x%02x%02x", (unsigned)c[0] & 255u, (unsigned)c[1] & 255u, (unsigned)c[2] & 255u);
}

void report_diverging(double value, char colour[8]) {
  static const double stop[][3] = {{18, 74, 143}, {82, 150, 209}, {247, 247, 245}, {240, 154, 78}, {179, 70, 4}};
  along(stop, 5, isnan(value) ? 0.5 : 0.5 * (value + 1), colour);
}

void report_sequential(double value, char colour[8]) {
  static const double stop[][3] = {{246, 244, 249}, {188, 176, 219}, {120, 94, 176}, {63, 20, 110}};
  along(stop, 4, value, colour);
}

void report_mixed(int n, const double *weight, char colour[8]) {
  double sum = 0, c[3] = {0, 0, 0};
  for (int k = 0; k < n; k++) {
    unsigned rgb[3] = {0, 0, 0};
    const double w = fmax(0, weight[k]);
    if (sscanf(report_colour(k), "#%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]) != 3)
      continue;
    for (int a = 0; a < 3; a++)
      c[a] += w * rgb[a];
    sum += w;
  }
  for (int a = 0; a < 3; a++)
    c[a] = sum > 0 ? fmin(255, c[a] / sum + 0.5) : 200;
  snprintf(colour, 8, "#%02x%02x%02x", (unsigned)c[0] & 255u, (unsigned)c[1] & 255u, (unsigned)c[2] & 255u);
}
