/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slow modes of a model, read back from modes_LAG.mtx, put into words and drawn on the crystal. */
#include "report_modes.h"

#include "file_bytes.h"
#include "out_file.h"
#include "report_colours.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is needed of a model's states, in the order of its list. */
typedef struct {
  int n, m;
  double *psi; /* [m][n] */
  double *pi;
  long long *number;
  const char **label; /* NULL where there is none */
  const double *frac; /* [n][3], NULL without geometry; NaN where unknown */
  double *place;
} pattern;

static void pattern_free(pattern *p) {
  free(p->psi);
  free(p->pi);
  free(p->number);
  free(p->label);
  free(p->place);
}

/* ---- reading ---- */

static lisi_status read_market(const char *path, int n, pattern *p, lisi_error *err) {
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
static void find_sites(const report_data *data, pattern *p) {
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

static lisi_status read_pattern(const report_data *data, yaml_ref model, pattern *p, lisi_error *err) {
  *p = (pattern){0};
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

static bool same_label(const pattern *p, int i, int j) {
  return p->label[i] != NULL && p->label[j] != NULL && strcmp(p->label[i], p->label[j]) == 0;
}

/* "Li1, Li3 (sites 4, 6)": the sites on one side of a pattern that carry most of it. amount[n] > 0 on that side. */
static void add_side(const pattern *p, const double *amount, char text[MODE_SENTENCE]) {
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
      snprintf(piece, sizeof piece, "%s%s", part > 0 ? ", " : "site ", list);
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
static double wave_share(const pattern *p, const double *psi, const int times[3], int nsites, const int wave[3]) {
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
static double find_wave(const report_data *data, const pattern *p, const double *psi, int wave[3], int times[3]) {
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

static void add_wave(const report_data *data, const pattern *p, const double *psi, char text[MODE_SENTENCE]) {
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

static void describe(const report_data *data, const pattern *p, const double *psi, report_mode *mode) {
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
      add(mode->sentence, side == 0 ? (data->geometry ? "Lithium on " : "Walkers on ") : " exchanges with ");
      if (side == 1 && !data->geometry)
        mode->sentence[strlen(mode->sentence) - strlen(" exchanges with ")] = '\0',
                                                add(mode->sentence, " exchange with ");
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

/* ---- pictures ---- */

static void colour_bar(FILE *f, const char *name, double x, double y, bool shared) {
  enum { STOPS = 17 };
  crystal_svg_text(f, x, y + 4, 12.5, "start", "#4a5560", "normal", shared ? "none" : "too little Li");
  x += shared ? 36 : 82;
  fprintf(f, "<linearGradient id=\"%s-scale\">", name);
  for (int k = 0; k < STOPS; k++) {
    char colour[8];
    const double at = k / (STOPS - 1.0);
    if (shared)
      report_sequential(at, colour);
    else
      report_diverging(2 * at - 1, colour);
    fprintf(f, "<stop offset=\"%.4f\" stop-color=\"%s\"/>", at, colour);
  }
  fprintf(f,
          "</linearGradient>\n<rect x=\"%.1f\" y=\"%.1f\" width=\"130\" height=\"11\" rx=\"2\" "
          "fill=\"url(#%s-scale)\" stroke=\"#8a94a0\" stroke-width=\"0.7\"/>\n",
          x, y - 6, name);
  crystal_svg_text(f, x + 138, y + 4, 12.5, "start", "#4a5560", "normal", shared ? "most" : "too much Li");
}

/* State of the model for a site of the picture, -1: none. */
static int state_of(const pattern *p, long long number) {
  int lo = 0, hi = p->n - 1;
  while (lo <= hi) {
    const int middle = (lo + hi) / 2;
    if (p->number[middle] == number)
      return middle;
    if (p->number[middle] < number)
      lo = middle + 1;
    else
      hi = middle - 1;
  }
  return -1;
}

static lisi_status draw(const report_data *data, const pattern *p, const double *psi, const report_mode *mode,
                        const crystal_scene *c, lisi_error *err) {
  const report_network *net = c->net;
  double w, h, most = 0, limit = 0;
  const double scale = crystal_scale(c, 520, 430, &w, &h), width = fmax(w, 480);
  crystal_site *site = calloc((size_t)net->nsites, sizeof *site);
  double *value = calloc((size_t)p->n, sizeof *value);
  struct out_file *file = NULL;
  if (site == NULL || value == NULL) {
    free(site);
    free(value);
    return lisi_no_memory(err, (size_t)net->nsites * sizeof *site);
  }
  for (int i = 0; i < p->n; i++) {
    most = fmax(most, p->pi[i]);
    for (int k = 0; k <= (mode->shared ? mode->last - mode->first : 0); k++)
      value[i] += mode->shared ? psi[k * p->n + i] * psi[k * p->n + i] : psi[i];
  }
  /* psi has a root mean square of one: a site far beyond it must not make all others pale */
  for (int i = 0; i < p->n; i++)
    limit = fmax(limit, fabs(value[i]));
  limit = fmax(1e-300, fmin(limit, mode->shared ? 4.0 * (mode->last - mode->first + 1) : 2.0));
  for (int s = 0; s < net->nsites; s++) {
    const int i = state_of(p, net->number[s]);
    site[s].radius = crystal_radius(c, i >= 0 && most > 0 ? p->pi[i] / most : 0);
    site[s].hollow = i < 0;
    if (i < 0) {
      snprintf(site[s].title, sizeof site[s].title, "site %lld: not in this model", net->number[s]);
      continue;
    }
    if (mode->shared)
      report_sequential(value[i] / limit, site[s].fill);
    else
      report_diverging(value[i] / limit, site[s].fill);
    snprintf(site[s].title, sizeof site[s].title, "site %lld (%.100s): %s%.2f, %.3g %% of the lithium", net->number[s],
             net->label[net->type[s]], mode->shared || value[i] < 0 ? "" : "+", value[i], 100 * p->pi[i]);
  }
  char interval[80] = "";
  if (!isnan(mode->lo) && !isnan(mode->hi))
    snprintf(interval, sizeof interval, "95 %% interval %.3g to %.3g %s", mode->lo, mode->hi, data->time_unit);
  lisi_status status =
      crystal_svg_open(data->folder, mode->name, width, h + 78, mode->title, mode->sentence, &file, err);
  if (status == LISI_OK) {
    FILE *f = out_file_stream(file);
    crystal_svg_text(f, 16, 27, 17, "start", "#1c2530", "bold", mode->title);
    crystal_svg_text(f, width - 16, 27, 12.5, "end", "#4a5560", "normal", interval);
    crystal_draw(f, c, (width - w) / 2, 34, scale, site);
    colour_bar(f, mode->name, 16, h + 52, mode->shared);
    if (width > 540)
      (void)crystal_svg_flux_key(f, c, width - 222, h + 52, scale);
    fputs("</svg>\n", f);
    status = out_file_commit(file, err);
  }
  free(site);
  free(value);
  return status;
}

/* ---- all of it ---- */

static lisi_status write_data(const report_data *data, const pattern *p, const report_modes *modes, lisi_error *err) {
  struct out_file *file = NULL;
  const lisi_status status = report_out(data->folder, "modes.dat", &file, err);
  if (status != LISI_OK)
    return status;
  FILE *f = out_file_stream(file);
  fprintf(f, "# slow modes at lag %g %s: state, stationary weight, then psi of each mode (right eigenvectors)\n",
          modes->lag, data->time_unit);
  for (int i = 0; i < p->n; i++) {
    fprintf(f, "%lld %.10g", p->number[i], p->pi[i]);
    for (int k = 0; k < p->m; k++)
      fprintf(f, " %.10g", p->psi[(size_t)k * (size_t)p->n + (size_t)i]);
    fputc('\n', f);
  }
  return out_file_commit(file, err);
}

static void subscript(int number, char text[32]) {
  text[0] = '\0';
  char digits[16];
  snprintf(digits, sizeof digits, "%d", number);
  for (const char *c = digits; *c != '\0'; c++) { /* U+2080 .. U+2089 */
    const char one[4] = {'\342', '\202', (char)('\200' + (*c - '0')), '\0'};
    strncat(text, one, 31 - strlen(text));
  }
}

/* "t1 = 120 ps"; of a group its range, and the edge that the mode was turned to. */
static void name_times(const report_data *data, yaml_ref list, yaml_ref t, double group, report_mode *x) {
  int first = x->first, last = x->last;
  for (int k = 0; k < yaml_seq_size(data->doc, list); k++) {
    const yaml_ref entry = yaml_seq_at(data->doc, list, k);
    const double process = report_number(data, entry, "timescale");
    if (report_number(data, entry, "group") != group || !(process >= 1 && process < 1e6))
      continue;
    first = (int)process - 1 < first ? (int)process - 1 : first;
    last = (int)process - 1 > last ? (int)process - 1 : last;
  }
  char low[32], high[32], along[16] = "";
  subscript(first + 1, low);
  subscript(last + 1, high);
  const double slow = report_item(data, t, first), fast = report_item(data, t, last);
  if (x->edge != 0)
    snprintf(along, sizeof along, ", along %c", x->edge);
  if (last > first && fabs(slow - fast) > 0.005 * slow)
    snprintf(x->title, sizeof x->title, "t%s \342\200\223 t%s = %.3g to %.3g %s%s", low, high, fast, slow,
             data->time_unit, along);
  else if (last > first)
    snprintf(x->title, sizeof x->title, "t%s \342\200\223 t%s = %.3g %s%s", low, high, slow, data->time_unit, along);
  else if (isfinite(x->time))
    snprintf(x->title, sizeof x->title, "t%s = %.3g %s", low, x->time, data->time_unit);
  else
    snprintf(x->title, sizeof x->title, "t%s = \342\210\236", low);
}

lisi_status report_modes_make(const report_data *data, yaml_ref model, const crystal_scene *c, report_modes *modes,
                              lisi_error *err) {
  pattern p;
  *modes = (report_modes){.lag = report_number(data, model, "lag")};
  lisi_status status = read_pattern(data, model, &p, err);
  const yaml_ref list = yaml_get(data->doc, model, "modes"), t = yaml_get(data->doc, model, "timescales"),
                 ci = yaml_get(data->doc, model, "timescales_ci");
  double before = NAN; /* lower end of the interval of the mode before */
  for (int k = 0; k < p.m && k < yaml_seq_size(data->doc, list) && status == LISI_OK && modes->n < REPORT_MODES;) {
    const yaml_ref entry = yaml_seq_at(data->doc, list, k);
    const double group = report_number(data, entry, "group"), process = report_number(data, entry, "timescale");
    const char *settled = yaml_text(data->doc, yaml_get(data->doc, entry, "settled")),
               *edge = yaml_text(data->doc, yaml_get(data->doc, entry, "edge"));
    report_mode *x = &modes->mode[modes->n++];
    *x = (report_mode){.first = process >= 1 && process < 1e6 ? (int)process - 1 : k};
    x->edge = edge != NULL && edge[0] >= 'a' && edge[0] <= 'c' ? edge[0] : 0;
    x->shared = settled != NULL && strcmp(settled, "false") == 0;
    int columns = 1;
    /* what was not settled of a group comes last in it and makes one picture */
    while (x->shared && k + columns < p.m && k + columns < yaml_seq_size(data->doc, list) &&
           report_number(data, yaml_seq_at(data->doc, list, k + columns), "group") == group)
      columns++;
    x->last = x->first + columns - 1;
    x->time = report_item(data, t, x->first);
    x->lo = report_item(data, yaml_seq_at(data->doc, ci, x->first), 0);
    x->hi = report_item(data, yaml_seq_at(data->doc, ci, x->first), 1);
    if (before < x->hi)
      modes->overlap = true;
    before = x->lo;
    snprintf(x->name, sizeof x->name, "mode_%d", x->first + 1);
    name_times(data, list, t, group, x);
    const double *psi = p.psi + (size_t)k * (size_t)p.n;
    describe(data, &p, psi, x);
    if (c != NULL && c->net != NULL && c->net->nsites > 0)
      status = draw(data, &p, psi, x, c, err);
    k += columns;
  }
  if (status == LISI_OK && modes->n > 0)
    status = write_data(data, &p, modes, err);
  pattern_free(&p);
  return status;
}
