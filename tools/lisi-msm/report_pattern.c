/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report_pattern.h"

#include "file_bytes.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mode_pattern_free(mode_pattern *p) {
  free(p->psi);
  free(p->pi);
  free(p->number);
  free(p->label);
  free(p->place);
}

/* ---- reading ---- */

static lisi_status read_market(const char *path, int n, mode_pattern *p, lisi_error *err) {
  char *bytes = NULL;
  size_t size = 0;
  lisi_status status = file_bytes_read(path, (size_t)1 << 30, &bytes, &size, err);
  if (status != LISI_OK)
    return status;
  const char *at = bytes;
  if (strncmp(at, "%%MatrixMarket matrix array real general", 40) != 0)
    status = lisi_fail(err, LISI_ERR_INPUT, "%s:1: expected '%%%%MatrixMarket matrix array real general'", path);
  while (status == LISI_OK && *at == '%') {
    const char *end = strchr(at, '\n');
    at = end != NULL ? end + 1 : at + strlen(at);
  }
  char *end = NULL;
  const long rows = status == LISI_OK ? strtol(at, &end, 10) : 0,
             columns = status == LISI_OK ? strtol(end, &end, 10) : 0;
  if (status == LISI_OK && (rows != n || columns < 1 || columns > 1000))
    status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected %d rows and 1 to 1000 columns, found %ld and %ld", path, n,
                       rows, columns);
  if (status == LISI_OK) {
    p->m = (int)columns;
    p->psi = malloc((size_t)columns * (size_t)n * sizeof *p->psi);
    if (p->psi == NULL)
      status = lisi_no_memory(err, (size_t)columns * (size_t)n * sizeof *p->psi);
  }
  for (long k = 0; status == LISI_OK && k < rows * columns; k++) {
    at = end;
    p->psi[k] = strtod(at, &end);
    if (end == at || !isfinite(p->psi[k]))
      status = lisi_fail(err, LISI_ERR_INPUT, "%s: expected %ld numbers, found %ld", path, rows * columns, k);
  }
  free(bytes);
  return status;
}

/* Labels and positions from the list of sites, by their number; both lists are in rising order. */
static void find_sites(const report_data *data, mode_pattern *p) {
  const int nsites = yaml_seq_size(data->doc, data->sites);
  int s = 0;
  for (int k = 0; k < p->n; k++) {
    for (; s < nsites; s++) {
      const double number = report_number(data, yaml_seq_at(data->doc, data->sites, s), "site");
      if (!(number < (double)p->number[k]))
        break;
    }
    for (int c = 0; c < 3; c++)
      p->place[3 * k + c] = NAN;
    const yaml_ref site = yaml_seq_at(data->doc, data->sites, s);
    if (site == 0 || report_number(data, site, "site") != (double)p->number[k])
      continue;
    p->label[k] = yaml_text(data->doc, yaml_get(data->doc, site, "label"));
    for (int c = 0; c < 3; c++)
      p->place[3 * k + c] = report_item(data, yaml_get(data->doc, site, "frac"), c);
  }
}

lisi_status mode_pattern_read(const report_data *data, yaml_ref model, mode_pattern *p, lisi_error *err) {
  *p = (mode_pattern){0};
  const char *name = yaml_text(data->doc, yaml_get(data->doc, yaml_get(data->doc, model, "files"), "modes"));
  const yaml_ref states = yaml_get(data->doc, model, "states"), pi = yaml_get(data->doc, model, "stationary");
  const int n = yaml_seq_size(data->doc, states);
  if (name == NULL || n < 2)
    return LISI_OK;
  char path[PATH_MAX];
  if (strchr(name, '/') != NULL || snprintf(path, sizeof path, "%s/%s", data->folder, name) >= (int)sizeof path)
    return lisi_fail(err, LISI_ERR_INPUT, "%s: expected a file of this folder, found '%s'", data->folder, name);
  p->n = n;
  p->pi = calloc((size_t)n, sizeof *p->pi);
  p->number = calloc((size_t)n, sizeof *p->number);
  p->label = calloc((size_t)n, sizeof *p->label);
  p->place = calloc((size_t)n * 3, sizeof *p->place);
  lisi_status status = LISI_OK;
  if (!p->pi || !p->number || !p->label || !p->place)
    status = lisi_no_memory(err, (size_t)n * 48);
  else
    status = read_market(path, n, p, err);
  for (int k = 0; k < n && status == LISI_OK; k++) {
    const double number = report_item(data, states, k), weight = report_item(data, pi, k);
    p->number[k] = fabs(number) < 1e15 ? (long long)number : k + 1;
    p->pi[k] = weight >= 0 && isfinite(weight) ? weight : 0;
  }
  if (status == LISI_OK) {
    find_sites(data, p);
    p->frac = data->geometry ? p->place : NULL;
  }
  return status;
}

/* ---- words ---- */

static void add(char text[MODE_SENTENCE], const char *more) {
  const size_t used = strlen(text);
  if (used + strlen(more) + 1 < MODE_SENTENCE)
    memcpy(text + used, more, strlen(more) + 1);
}

static bool same_label(const mode_pattern *p, int i, int j) {
  return p->label[i] != NULL && p->label[j] != NULL && strcmp(p->label[i], p->label[j]) == 0;
}

/* "Li1, Li3 (sites 4, 6)": the sites on one side of a pattern that carry most of it. amount[n] > 0 on that side. */
static void add_side(const mode_pattern *p, const double *amount, char text[MODE_SENTENCE]) {
  double whole = 0, said = 0;
  bool *done = calloc((size_t)p->n, sizeof *done);
  for (int i = 0; i < p->n; i++)
    whole += fmax(0, amount[i]);
  for (int part = 0; done != NULL && part < 3 && said < 0.8 * whole; part++) {
    /* the label (or, without labels, the site) that carries most of what is left */
    double most = 0;
    int best = -1;
    for (int i = 0; i < p->n; i++) {
      double sum = fmax(0, amount[i]);
      if (done[i] || !(sum > 0))
        continue;
      for (int j = 0; j < p->n && p->n <= 600; j++)
        if (j != i && same_label(p, i, j))
          sum += fmax(0, amount[j]);
      if (sum > most * (1 + 1e-9)) {
        most = sum;
        best = i;
      }
    }
    if (best < 0)
      break;
    int members = 0, here = 0;
    double largest = 0;
    for (int j = 0; j < p->n; j++)
      if (j == best || same_label(p, best, j)) {
        members++;
        largest = fmax(largest, amount[j]);
      }
    char list[200] = "";
    for (int j = 0; j < p->n; j++)
      if (j == best || same_label(p, best, j)) {
        done[j] = true;
        if (!(amount[j] > 0.05 * largest))
          continue;
        if (here++ < 6) {
          const size_t used = strlen(list);
          snprintf(list + used, sizeof list - used, "%s%lld", here > 1 ? ", " : "", p->number[j]);
        }
      }
    said += most;
    char piece[300];
    if (p->label[best] == NULL)
      snprintf(piece, sizeof piece, "%s%s", part > 0 ? ", " : p->frac != NULL ? "site " : "state ", list);
    else if (here == members)
      snprintf(piece, sizeof piece, "%s%.64s", part > 0 ? ", " : "", p->label[best]);
    else
      snprintf(piece, sizeof piece, "%s%.64s (site%s %s%s)", part > 0 ? ", " : "", p->label[best], here > 1 ? "s" : "",
               list, here > 6 ? ", \342\200\246" : "");
    add(text, piece);
  }
  if (said < 0.8 * whole)
    add(text, " and others");
  free(done);
}

/* ---- where nothing was folded: which wave of the box a mode is ---- */

enum { MOST_CELLS = 400 };

/* Share of the wave vector (h, k, l)/(number of cells) in a pattern: its Fourier transform over the cells of the box,
 * site by site. State s + n_s m is site s of cell m. Shares of all wave vectors add up to one. */
static double wave_share(const mode_pattern *p, const double *psi, const int times[3], int nsites, const int wave[3]) {
  const int cells = times[0] * times[1] * times[2];
  double *sum = calloc((size_t)nsites * 2, sizeof *sum), all = 0, here = 0;
  for (int i = 0; i < p->n && sum != NULL; i++) {
    const long long at = p->number[i] - 1, site = at % nsites, cell = at / nsites;
    if (at < 0 || cell >= cells)
      continue;
    const double u = psi[i] * sqrt(p->pi[i]),
                 phase = 2 * M_PI *
                         ((double)wave[0] * (double)(cell % times[0]) / times[0] +
                          (double)wave[1] * (double)(cell / times[0] % times[1]) / times[1] +
                          (double)wave[2] * (double)(cell / times[0] / times[1]) / times[2]);
    sum[2 * site] += u * cos(phase);
    sum[2 * site + 1] += u * sin(phase);
    all += u * u;
  }
  for (int s = 0; s < 2 * nsites && sum != NULL; s++)
    here += sum[s] * sum[s];
  free(sum);
  return all > 0 ? here / all / cells : 0;
}

/* The wave vector that carries most of the pattern (k and -k are one); its share, 0 where the model is folded. */
static double find_wave(const report_data *data, const mode_pattern *p, const double *psi, int wave[3], int times[3]) {
  const char *folded = yaml_text(data->doc, yaml_get(data->doc, data->root, "folded"));
  const yaml_ref replicate = yaml_get(data->doc, data->root, "replicate");
  const int nstates = yaml_seq_size(data->doc, data->sites);
  if (p->frac == NULL || folded == NULL || strcmp(folded, "false") != 0)
    return 0;
  int cells = 1;
  for (int a = 0; a < 3; a++) {
    const double n = report_item(data, replicate, a);
    times[a] = n >= 1 && n <= MOST_CELLS ? (int)n : 1;
    cells *= times[a];
  }
  if (cells < 2 || cells > MOST_CELLS || nstates % cells != 0)
    return 0;
  double most = 0;
  for (int m = 0; m < cells; m++) {
    const int at[3] = {m % times[0], m / times[0] % times[1], m / times[0] / times[1]};
    int back = 0; /* number of -k */
    for (int a = 2; a >= 0; a--)
      back = back * times[a] + (times[a] - at[a]) % times[a];
    if (back < m)
      continue;
    const double share = (back == m ? 1 : 2) * wave_share(p, psi, times, nstates / cells, at);
    if (share > most * (1 + 1e-9)) {
      most = share;
      memcpy(wave, at, sizeof at);
    }
  }
  return most;
}

static void add_wave(const report_data *data, const mode_pattern *p, const double *psi, char text[MODE_SENTENCE]) {
  int wave[3] = {0, 0, 0}, times[3];
  const double share = find_wave(data, p, psi, wave, times);
  char piece[220];
  if (!(share > 0))
    return;
  if (share < 0.5) {
    add(text, " Waves of several lengths are mixed in it.");
    return;
  }
  if (wave[0] == 0 && wave[1] == 0 && wave[2] == 0) {
    snprintf(piece, sizeof piece, " It repeats in every cell (%.0f %% of it).", 100 * share);
    add(text, piece);
    return;
  }
  add(text, " From cell to cell it is a wave with k = (");
  for (int a = 0; a < 3; a++) {
    const int n = wave[a] > times[a] / 2 ? wave[a] - times[a] : wave[a];
    if (n == 0)
      snprintf(piece, sizeof piece, "%s0", a > 0 ? ", " : "");
    else
      snprintf(piece, sizeof piece, "%s%d/%d", a > 0 ? ", " : "", n, times[a]);
    add(text, piece);
  }
  snprintf(piece, sizeof piece, ") (%.0f %% of it): diffusion across the box.", 100 * share);
  add(text, piece);
}

void mode_pattern_describe(const report_data *data, const mode_pattern *p, const double *psi, report_mode *mode) {
  double *amount = calloc((size_t)p->n, sizeof *amount);
  mode->sentence[0] = '\0';
  if (amount == NULL)
    return;
  if (mode->shared) {
    for (int i = 0; i < p->n; i++)
      for (int k = mode->first; k <= mode->last; k++)
        amount[i] += p->pi[i] * psi[(k - mode->first) * p->n + i] * psi[(k - mode->first) * p->n + i];
    add(mode->sentence, "Takes place on ");
    add_side(p, amount, mode->sentence);
    add(mode->sentence, ". The time scales are the same within their errors, so that single patterns have no meaning; "
                        "colour shows their sum.");
  } else {
    for (int side = 0; side < 2; side++) {
      for (int i = 0; i < p->n; i++)
        amount[i] = (side == 0 ? 1 : -1) * p->pi[i] * psi[i];
      if (side == 0)
        add(mode->sentence, data->geometry ? "Lithium on " : "Walkers on ");
      else
        add(mode->sentence, data->geometry ? " exchanges with " : " exchange with ");
      add_side(p, amount, mode->sentence);
    }
    add(mode->sentence, ".");
    add_wave(data, p, psi, mode->sentence);
    if (mode->edge != 0) {
      char more[160];
      snprintf(more, sizeof more, " One of several modes of the same time scale, turned to motion along %c.",
               mode->edge);
      add(mode->sentence, more);
    }
  }
  free(amount);
}
