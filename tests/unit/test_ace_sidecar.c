/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extrapolation grade and the file that holds its active sets: B against the rows of fit_design, gamma against
 * elimination on these rows, the way through the file, and files that are damaged. */
#include "ace_gamma.h"
#include "fit_design.h"
#include "fit_neighbors.h"
#include "fit_sidecar.h"
#include "sha256.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static double uniform(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / (1 << 24);
}

static const char *const all_orders = "  - {order: 1, nmax: 4}\n  - {order: 2, nmax: 2, lmax: 2}\n  - {order: 3, nmax: "
                                      "2, lmax: 2, degree: 3}\n  - {order: 4, nmax: 1, lmax: 2, degree: 4}\n";
static const char *const few_orders = "  - {order: 1, nmax: 3}\n  - {order: 2, nmax: 2, lmax: 1, degree: 1}\n";

/* the same with functions that are no part of gamma */
static const char *const graded_orders =
    "  - {order: 1, nmax: 3}\n  - {order: 2, nmax: 2, lmax: 0, degree: 1}\n"
    "  - {order: 2, nmax: 2, lmax: 1, degree: 1, gamma: no}\n  - {order: 3, nmax: 1, lmax: 1, gamma: no}\n";

static fit_basis *make_basis(const char *kind, const char *orders) {
  char path[] = "/tmp/lisi-sidecar-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  FILE *f = fdopen(fd, "w");
  fprintf(f,
          "format: lisi-fit 1\nelements: [Li, Si]\nE0: {Li: -1.5, Si: -2.5}\ndata: {train: none.xyz}\n"
          "radial: {kind: %s, cutoff: 4.5, lambda: 2.5, zbl: [1.0, 0.3], pairs: {Li-Si: {cutoff: 4.0}}}\nbasis:\n%s",
          kind, orders);
  fclose(f);
  fit_recipe *r;
  fit_basis *b;
  lisi_error err = {0};
  if (fit_recipe_load(path, &r, &err) != LISI_OK || fit_basis_make(r, &b, &err) != LISI_OK)
    fail_msg("%s", err.message);
  unlink(path);
  fit_recipe_free(r);
  return b;
}

enum { N = 6 };

/* Six atoms in a triclinic cell, so short along a that each sees its own image; with `single` >= 0 that one is Si and
 * the others are Li, else every third is Si. */
static xyz_set *make_set(unsigned seed, int single) {
  char text[2000];
  int at =
      snprintf(text, sizeof text,
               "%d\nLattice=\"%.12f 0.2 -0.1 0.4 %.12f 0.3 -0.2 0.5 %.12f\" Properties=species:S:1:pos:R:3 energy=1\n",
               N, 3.4 + 0.8 * uniform(&seed), 4.8 + 0.4 * uniform(&seed), 6.4 + 0.4 * uniform(&seed));
  for (int k = 0; k < N; k++)
    at += snprintf(text + at, sizeof text - (size_t)at, "%s %.12f %.12f %.12f\n",
                   (single >= 0 ? k != single : k % 3) ? "Li" : "Si", 1.7 * (k % 2) + 0.2 * uniform(&seed),
                   2.3 * (k / 2 % 2) + 0.4 * uniform(&seed), 2.6 * (k / 4) + 0.4 * uniform(&seed));
  xyz_set *set;
  lisi_error err = {0};
  if (xyz_parse(text, strlen(text), "frame", NULL, &set, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return set;
}

static ace_model *make_model(const fit_basis *b, double *c) {
  unsigned seed = 23;
  ace_model *model;
  lisi_error err = {0};
  for (int i = 0; i < b->ncolumns; i++)
    c[i] = uniform(&seed) - 0.5;
  assert_int_equal(fit_basis_model(b, c, &model, &err), LISI_OK);
  return model;
}

static void environment(const fit_basis *b, const xyz_set *set, const int *mu, int atom, fit_neighbors *list,
                        int *nelement) {
  lisi_error err = {0};
  assert_int_equal(fit_neighbors_find(set, &set->frame[0], b->cutoff, list, &err), LISI_OK);
  for (int k = list->first[atom]; k < list->first[atom + 1]; k++)
    nelement[k - list->first[atom]] = mu[set->frame[0].species[list->index[k]]];
}

/* Where one atom alone is Si, the energy row of fit_design holds B of that atom in the columns of Si; and the sum over
 * the Li atoms in those of Li. */
static void functions_are_those_of_the_design(void **state) {
  (void)state;
  static const char *const kinds[] = {"ChebExpCos", "ChebPow", "SBessel"};
  static int nelement[2000];
  for (int kind = 0; kind < 3; kind++) {
    fit_basis *b = make_basis(kinds[kind], all_orders);
    double *c = malloc((size_t)b->ncolumns * sizeof *c), *B = malloc((size_t)b->ncolumns * sizeof *B);
    assert_true(c && B);
    ace_model *model = make_model(b, c);
    lisi_error err = {0};
    ace_invariants inv[2];
    ace_bvalues *values;
    ace_bwork *work;
    for (int mu = 0; mu < 2; mu++)
      assert_int_equal(fit_invariants(b, mu, &inv[mu], &err), LISI_OK);
    assert_int_equal(inv[0].ncolumns + inv[1].ncolumns, b->ncolumns);
    assert_int_equal(ace_bvalues_create(model, inv, "test", &values, &err), LISI_OK);
    assert_int_equal(ace_bwork_create(values, &work, &err), LISI_OK);
    int nli = ace_bvalues_count(values, 0), nsi = ace_bvalues_count(values, 1);
    for (int single = 0; single < N; single++) {
      xyz_set *set = make_set(40u + (unsigned)single, single);
      int mu[2];
      fit_rows rows;
      fit_neighbors list;
      assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
      assert_int_equal(fit_design(b, set, &set->frame[0], mu, &rows, &err), LISI_OK);
      double *sum = calloc((size_t)nli, sizeof *sum), big = 0;
      assert_non_null(sum);
      for (int i = 0; i < N; i++) {
        environment(b, set, mu, i, &list, nelement);
        assert_int_equal(ace_bvalues_atom(values, work, i == single, list.first[i + 1] - list.first[i], nelement,
                                          (const double(*)[3])list.rij + list.first[i], B, &err),
                         LISI_OK);
        if (i != single)
          for (int v = 0; v < nli; v++)
            sum[v] += B[v];
        else
          for (int v = 0; v < nsi; v++) {
            double want = rows.a[(size_t)(nli + v) * (size_t)rows.nrows];
            assert_true(fabs(B[v] - want) <= 1e-12 * fmax(1, fabs(want)));
          }
        fit_neighbors_free(&list);
      }
      for (int v = 0; v < nli; v++)
        big = fmax(big, fabs(sum[v]));
      for (int v = 0; v < nli; v++)
        assert_true(fabs(sum[v] - rows.a[(size_t)v * (size_t)rows.nrows]) <= 1e-12 * big);
      free(sum);
      fit_rows_free(&rows);
      xyz_free(set);
    }
    ace_bwork_free(work);
    ace_bvalues_free(values);
    for (int mu = 0; mu < 2; mu++)
      ace_invariants_clear(&inv[mu]);
    ace_model_free(model);
    free(B);
    free(c);
    fit_basis_free(b);
  }
}

/* A fit in miniature: FRAMES frames with one Si each, its sidecar in memory, and the rows of all Si from fit_design. */
enum { FRAMES = 40, MOST = 40 };
typedef struct {
  fit_basis *basis;
  ace_model *model;
  xyz_set *set[FRAMES];
  int mu[FRAMES][2];
  char *bytes;
  size_t size;
  int nli, nsi;
  double *si; /* [FRAMES][nsi] */
} world;

static world *make_world(const char *orders, int nframes, fit_active_report report[2]) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->basis = make_basis("SBessel", orders);
  double *c = malloc((size_t)w->basis->ncolumns * sizeof *c);
  assert_non_null(c);
  w->model = make_model(w->basis, c);
  fit_environment_frame frame[FRAMES];
  lisi_error err = {0};
  w->nsi = w->nli = w->basis->ncolumns / 2;
  w->si = malloc((size_t)(FRAMES * w->nsi) * sizeof *w->si);
  assert_non_null(w->si);
  for (int k = 0; k < FRAMES; k++) {
    fit_rows rows;
    w->set[k] = make_set(500u + (unsigned)k, k % N);
    assert_int_equal(fit_species(w->basis, w->set[k], w->mu[k], &err), LISI_OK);
    frame[k] = (fit_environment_frame){w->set[k], &w->set[k]->frame[0], w->mu[k]};
    assert_int_equal(fit_design(w->basis, w->set[k], &w->set[k]->frame[0], w->mu[k], &rows, &err), LISI_OK);
    for (int v = 0; v < w->nsi; v++)
      w->si[k * w->nsi + v] = rows.a[(size_t)(w->nli + v) * (size_t)rows.nrows];
    fit_rows_free(&rows);
  }
  ace_sidecar *s;
  if (fit_sidecar(w->basis, w->model, c, nframes, frame, NULL, &s, report, &err) != LISI_OK ||
      ace_sidecar_bytes(s, &w->bytes, &w->size, &err) != LISI_OK)
    fail_msg("%s", err.message);
  ace_sidecar_free(s);
  char hex[65];
  sha256 sum;
  sha256_start(&sum);
  sha256_add(&sum, w->bytes, w->size);
  sha256_hex(&sum, hex);
  w->model->meta.format = 1;
  w->model->meta.sidecar = strdup("test.sidecar");
  w->model->meta.sidecar_sha256 = strdup(hex);
  free(c);
  return w;
}

static void free_world(world *w) {
  for (int k = 0; k < FRAMES; k++)
    xyz_free(w->set[k]);
  ace_model_free(w->model);
  fit_basis_free(w->basis);
  free(w->bytes);
  free(w->si);
  free(w);
}

/* x = a^-T b by elimination with pivoting: the coefficients of b in the rows of a. */
static void solve(int n, const double *a, const double *b, double *x) {
  double m[MOST][MOST + 1];
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++)
      m[i][j] = a[j * n + i];
    m[i][n] = b[i];
  }
  for (int k = 0; k < n; k++) {
    int p = k;
    for (int i = k; i < n; i++)
      p = fabs(m[i][k]) > fabs(m[p][k]) ? i : p;
    for (int j = 0; j <= n; j++) {
      double t = m[k][j];
      m[k][j] = m[p][j];
      m[p][j] = t;
    }
    for (int i = 0; i < n; i++)
      if (i != k)
        for (int j = n; j >= k; j--)
          m[i][j] -= m[i][k] / m[k][k] * m[k][j];
  }
  for (int i = 0; i < n; i++)
    x[i] = m[i][n] / m[i][i];
}

static double grade(const world *w, const ace_gamma *gamma, ace_gamma_work *work, xyz_set *set, const int *mu,
                    int atom) {
  static int nelement[5000];
  fit_neighbors list;
  double value;
  lisi_error err = {0};
  environment(w->basis, set, mu, atom, &list, nelement);
  int count = list.first[atom + 1] - list.first[atom], first[2] = {0, count};
  int element = mu[set->frame[0].species[atom]];
  assert_int_equal(ace_gamma_atoms(gamma, work, 1, &element, first, nelement,
                                   (const double(*)[3])list.rij + list.first[atom], &value, &err),
                   LISI_OK);
  fit_neighbors_free(&list);
  return value;
}

static void grade_is_b_times_inverse(void **state) {
  (void)state;
  fit_active_report report[2];
  world *w = make_world(few_orders, FRAMES, report);
  assert_true(w->nsi > 5 && w->nsi < FRAMES && w->nsi <= MOST);
  assert_int_equal(report[1].nenvironments, FRAMES);
  assert_int_equal(report[0].nenvironments, FRAMES * (N - 1));
  for (int e = 0; e < 2; e++) {
    assert_int_equal(report[e].rank, w->nsi);
    assert_true(fabs(report[e].largest - 1) < 1e-6);
  }
  lisi_error err = {0};
  ace_sidecar *s;
  ace_gamma *gamma;
  ace_gamma_work *work;
  if (ace_sidecar_open(w->bytes, w->size, "test.sidecar", w->model, "test.yace", &s, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_int_equal(s->nelements, 2);
  assert_string_equal(s->element[1], "Si");
  assert_int_equal(ace_gamma_create(w->model, s, "test.sidecar", &gamma, &err), LISI_OK);
  ace_sidecar_free(s);
  assert_int_equal(ace_gamma_work_create(gamma, &work, &err), LISI_OK);
  /* Li in single precision; the few distances between Si and Si make that not enough there. */
  assert_true(ace_gamma_bytes(gamma) == (size_t)(w->nsi * w->nsi) * (sizeof(float) + sizeof(double)));
  assert_int_equal(ace_gamma_require(gamma, 1, &err), LISI_OK);

  /* Training environments: at most 1, and those that make up the active set exactly 1. These are then known, with their
   * rows from fit_design, and the grade of any other structure follows from them by elimination. */
  int active = 0;
  double *a = malloc((size_t)(w->nsi * w->nsi) * sizeof *a), x[MOST];
  assert_non_null(a);
  for (int k = 0; k < FRAMES; k++) {
    for (int i = 0; i < N; i++)
      assert_true(grade(w, gamma, work, w->set[k], w->mu[k], i) < 1 + 1e-5);
    double g = grade(w, gamma, work, w->set[k], w->mu[k], k % N);
    if (fabs(g - 1) < 1e-5 && active < w->nsi)
      memcpy(a + active++ * w->nsi, w->si + k * w->nsi, (size_t)w->nsi * sizeof *a);
  }
  assert_int_equal(active, w->nsi);
  double beyond = 0;
  for (int k = 0; k < 20; k++) {
    int single = k % N, mu[2];
    xyz_set *set = make_set(7000u + (unsigned)k, single);
    for (int i = 0; i < 3 * N; i++) /* compressed more and more */
      set->frame[0].pos[i] *= 1 - 0.012 * k;
    for (int i = 0; i < 9; i++)
      set->frame[0].cell[i] *= 1 - 0.012 * k;
    fit_rows rows;
    assert_int_equal(fit_species(w->basis, set, mu, &err), LISI_OK);
    assert_int_equal(fit_design(w->basis, set, &set->frame[0], mu, &rows, &err), LISI_OK);
    double b[MOST], want = 0;
    for (int v = 0; v < w->nsi; v++)
      b[v] = rows.a[(size_t)(w->nli + v) * (size_t)rows.nrows];
    solve(w->nsi, a, b, x);
    for (int v = 0; v < w->nsi; v++)
      want = fmax(want, fabs(x[v]));
    double got = grade(w, gamma, work, set, mu, single);
    assert_true(fabs(got - want) < 1e-5 * fmax(1, want)); /* the inverse is in single precision */
    beyond = fmax(beyond, got);
    fit_rows_free(&rows);
    xyz_free(set);
  }
  assert_true(beyond > 2);
  free(a);
  ace_gamma_work_free(work);
  ace_gamma_free(gamma);
  free_world(w);
}

/* Fewer environments of Si than functions: no active set for Si, one for Li, and words for it. */
static void too_few_environments(void **state) {
  (void)state;
  fit_active_report report[2];
  world *w = make_world(few_orders, 5, report);
  lisi_error err = {0};
  ace_sidecar *s;
  ace_gamma *gamma;
  ace_gamma_work *work;
  assert_int_equal(report[1].nenvironments, 5);
  assert_int_equal(report[1].rank, 5);
  assert_int_equal(report[0].rank, w->nli);
  assert_int_equal(ace_sidecar_open(w->bytes, w->size, "test.sidecar", w->model, "test.yace", &s, &err), LISI_OK);
  assert_int_equal(ace_gamma_create(w->model, s, "test.sidecar", &gamma, &err), LISI_OK);
  ace_sidecar_free(s);
  assert_int_equal(ace_gamma_work_create(gamma, &work, &err), LISI_OK);
  assert_int_equal(ace_gamma_require(gamma, 0, &err), LISI_OK);
  assert_int_equal(ace_gamma_require(gamma, 1, &err), LISI_ERR_UNSUPPORTED);
  assert_non_null(strstr(err.message, "test.sidecar: no active set for Si: its 5 environments"));
  double value;
  int element = 1, first[2] = {0, 0};
  err = (lisi_error){0};
  assert_int_equal(ace_gamma_atoms(gamma, work, 1, &element, first, NULL, NULL, &value, &err), LISI_ERR_UNSUPPORTED);
  ace_gamma_work_free(work);
  ace_gamma_free(gamma);
  free_world(w);
}

/* A copy with `size` bytes changed at `at` is refused with a message that holds `text`. */
static void refused(const world *w, const char *bytes, size_t size, lisi_status want, const char *text) {
  ace_sidecar *s;
  lisi_error err = {0};
  assert_int_equal(ace_sidecar_open(bytes, size, "test.sidecar", w->model, "test.yace", &s, &err), want);
  assert_null(s);
  if (!strstr(err.message, text) || !strstr(err.message, "test.sidecar"))
    fail_msg("'%s' is not in: %s", text, err.message);
}

static void wrong_files_are_named(void **state) {
  (void)state;
  fit_active_report report[2];
  world *w = make_world(few_orders, FRAMES, report);
  char *copy = malloc(w->size + 8);
  assert_non_null(copy);
  memcpy(copy, w->bytes, w->size);
  memset(copy + w->size, 0, 8);
  refused(w, "", 0, LISI_ERR_INPUT, "not a sidecar");
  refused(w, "elements: [Li]", 14, LISI_ERR_INPUT, "not a sidecar");
  refused(w, copy, 20, LISI_ERR_INPUT, "cut off: expected at least 32 bytes, found 20");
  refused(w, copy, w->size - 1, LISI_ERR_INPUT, "cut off: expected");
  refused(w, copy, w->size + 8, LISI_ERR_INPUT, "too long: expected");
  copy[w->size / 2] ^= 1;
  refused(w, copy, w->size, LISI_ERR_INPUT, "SHA-256");
  copy[w->size / 2] ^= 1;
  copy[12] = 9;
  refused(w, copy, w->size, LISI_ERR_VERSION, "version: this program knows 1, found 9");
  copy[12] = w->bytes[12];
  for (int k = 0; k < 4; k++)
    copy[8 + k] = w->bytes[11 - k];
  refused(w, copy, w->size, LISI_ERR_UNSUPPORTED, "byte order");
  memcpy(copy, w->bytes, w->size);
  /* another .yace: one number is different, though the file still has the hash that the model gives */
  double before = w->model->E0[0];
  w->model->E0[0] = nextafter(before, 1);
  refused(w, copy, w->size, LISI_ERR_INPUT, "does not belong to test.yace");
  w->model->E0[0] = before;
  ace_sidecar *s;
  lisi_error err = {0};
  assert_int_equal(ace_sidecar_open(copy, w->size, "test.sidecar", w->model, "test.yace", &s, &err), LISI_OK);
  ace_sidecar_free(s);

  char *path = NULL;
  assert_int_equal(ace_sidecar_path(w->model, "a/b/test.yace", &path, &err), LISI_OK);
  assert_string_equal(path, "a/b/test.sidecar");
  free(path);
  assert_int_equal(ace_sidecar_path(w->model, "test.yace", &path, &err), LISI_OK);
  assert_string_equal(path, "test.sidecar");
  free(path);
  free(w->model->meta.sidecar);
  w->model->meta.sidecar = strdup("../x.sidecar");
  assert_int_equal(ace_sidecar_path(w->model, "test.yace", &path, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "without a folder"));
  free(w->model->meta.sidecar);
  w->model->meta.sidecar = NULL;
  err = (lisi_error){0};
  assert_int_equal(ace_sidecar_path(w->model, "test.yace", &path, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "test.yace names no sidecar"));
  free(copy);
  free_world(w);
}

/* A section that this version does not know is passed over: the table gets one more entry, everything else moves. */
static void unknown_sections_are_passed_over(void **state) {
  (void)state;
  fit_active_report report[2];
  world *w = make_world(few_orders, FRAMES, report);
  uint32_t n;
  uint64_t total = w->size + 32 + 16;
  memcpy(&n, w->bytes + 24, sizeof n);
  size_t table = 32 + 32 * (size_t)n;
  char *grown = calloc(total, 1);
  assert_non_null(grown);
  memcpy(grown, w->bytes, table);
  memcpy(grown + table + 32, w->bytes + table, w->size - table);
  for (uint32_t k = 0; k < n; k++) {
    uint64_t offset;
    memcpy(&offset, grown + 32 + 32 * k + 16, sizeof offset);
    offset += 32;
    memcpy(grown + 32 + 32 * k + 16, &offset, sizeof offset);
  }
  n++;
  memcpy(grown + 24, &n, sizeof n);
  memcpy(grown + 16, &total, sizeof total);
  uint64_t place[2] = {w->size + 32, 16};
  memcpy(grown + table, "infomat", 8);
  memcpy(grown + table + 16, place, sizeof place);
  ace_sidecar *s;
  lisi_error err = {0};
  if (ace_sidecar_parse(grown, total, "grown", &s, &err) != LISI_OK)
    fail_msg("%s", err.message);
  ace_sidecar_free(s);
  free(grown);
  free_world(w);
}

/* Files with some bytes changed and ends cut off, without the protection of the hash: a message or a file that can be
 * used, never a crash. */
static void damage(const char *orders) {
  fit_active_report report[2];
  world *w = make_world(orders, FRAMES, report);
  char *copy = malloc(w->size);
  assert_non_null(copy);
  unsigned seed = 29;
  int good = 0, bad = 0;
  for (int trial = 0; trial < 20000; trial++) {
    memcpy(copy, w->bytes, w->size);
    size_t size = w->size;
    for (int c = 0; c < 1 + trial % 3; c++) {
      /* half of the changes where the structure is: header, table, and the first section and its neighbour */
      size_t at = (size_t)(uniform(&seed) * (double)(trial % 2 ? w->size : 1200));
      uint32_t word = (uint32_t)(uniform(&seed) * 4294967295.0);
      static const uint32_t special[] = {0, 1, 0xffffffffu, 0x7fffffffu, 0x80000000u, 1000000u};
      if (trial % 5 == 0)
        word = special[(size_t)(uniform(&seed) * 6)];
      if (trial % 4 == 0 && at + 4 <= w->size)
        memcpy(copy + at / 4 * 4, &word, sizeof word);
      else
        copy[at] = (char)(word >> 8);
    }
    if (trial % 11 == 0) {
      uint64_t cut = (uint64_t)(uniform(&seed) * (double)w->size); /* cut off, with a header that says so */
      size = (size_t)cut;
      memcpy(copy + 16, &cut, sizeof cut);
    }
    ace_sidecar *s;
    ace_gamma *gamma = NULL;
    ace_gamma_work *work = NULL;
    lisi_error err = {0};
    char *exact = malloc(size + 1); /* so that the sanitizer sees a step over its end */
    assert_non_null(exact);
    memcpy(exact, copy, size);
    lisi_status status = ace_sidecar_parse(exact, size, "damaged", &s, &err);
    if (status == LISI_OK && s->nelements == 2) {
      status = ace_gamma_create(w->model, s, "damaged", &gamma, &err);
      if (status == LISI_OK)
        status = ace_gamma_work_create(gamma, &work, &err);
      if (status == LISI_OK && ace_gamma_require(gamma, 1, &err) == LISI_OK)
        (void)grade(w, gamma, work, w->set[0], w->mu[0], 0);
      ace_gamma_work_free(work);
      ace_gamma_free(gamma);
    }
    if (status == LISI_OK)
      good++;
    else {
      bad++;
      assert_true(strstr(err.message, "damaged") && strlen(err.message) > 10);
    }
    ace_sidecar_free(s);
    free(exact);
  }
  assert_true(good > 100 && bad > 1000);
  free(copy);
  free_world(w);
}

static void damaged_files(void **state) {
  (void)state;
  damage(few_orders);
  damage(graded_orders);
}

/* Section graded: the grade is that of the first functions; a number that cuts a multiset in two, or of too many, is
 * refused. */
static void graded_functions(void **state) {
  (void)state;
  fit_active_report report[2];
  world *w = make_world(graded_orders, FRAMES, report);
  ace_sidecar *s;
  ace_gamma *gamma;
  lisi_error err = {0};
  assert_int_equal(ace_sidecar_open(w->bytes, w->size, "test.sidecar", w->model, "test.yace", &s, &err), LISI_OK);
  assert_int_equal(s->of[1].ngraded, w->basis->ngraded[1]);
  assert_int_equal(s->of[1].inverse.n, w->basis->ngraded[1]);
  assert_true(s->of[1].ngraded < s->of[1].invariants.ncolumns);
  assert_int_equal(ace_gamma_create(w->model, s, "test.sidecar", &gamma, &err), LISI_OK);
  assert_int_equal(ace_gamma_count(gamma, 1), w->basis->ngraded[1]);
  ace_gamma_free(gamma);
  ace_sidecar_free(s);
  char *copy = malloc(w->size);
  assert_non_null(copy);
  memcpy(copy, w->bytes, w->size);
  uint32_t n;
  memcpy(&n, copy + 24, sizeof n);
  const size_t last = 32 + 32 * ((size_t)n - 1);
  uint64_t at;
  assert_string_equal(copy + last, "graded");
  memcpy(&at, copy + last + 16, sizeof at);
  const int32_t wrong[] = {-1, w->basis->ncolumns, w->basis->ngraded[0] - 1};
  const char *const text[] = {"functions of the extrapolation grade: expected 0 to",
                              "functions of the extrapolation grade", "size of the active set"};
  for (int k = 0; k < 3; k++) {
    memcpy(copy + at, &wrong[k], sizeof wrong[k]);
    err = (lisi_error){0};
    assert_int_equal(ace_sidecar_parse(copy, w->size, "test.sidecar", &s, &err), LISI_ERR_INPUT);
    if (!strstr(err.message, text[k]) && !(k == 2 && strstr(err.message, "rank")))
      fail_msg("'%s' is not in: %s", text[k], err.message);
  }
  free(copy);
  free_world(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(functions_are_those_of_the_design),
                                     cmocka_unit_test(grade_is_b_times_inverse),
                                     cmocka_unit_test(too_few_environments),
                                     cmocka_unit_test(wrong_files_are_named),
                                     cmocka_unit_test(unknown_sections_are_passed_over),
                                     cmocka_unit_test(graded_functions),
                                     cmocka_unit_test(damaged_files)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
