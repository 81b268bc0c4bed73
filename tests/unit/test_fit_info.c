/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of frames in triangles, energy zeros among them; the information of a fit through the file and back; active sets
 * of a refined model. */
#include "ace_gamma.h"
#include "fit_info.h"
#include "fit_neighbors.h"
#include "fit_sidecar.h"
#include "fit_small.h"
#include "fit_stream.h"

#include <math.h>
#include <omp.h>
#include <signal.h>

enum { FRAMES = 9 };
static const char *const orders = "  - {order: 1, nmax: 4}\n  - {order: 2, nmax: 2, lmax: 2}\n  - {order: 3, nmax: 2, "
                                  "lmax: 1, degree: 2}\n";

typedef struct {
  fit_recipe *recipe;
  fit_basis *basis;
  xyz_set *set[FRAMES];
  int mu[FRAMES][2];
  fit_environment_frame frame[FRAMES];
  fit_weight weight[FRAMES];
  int part[FRAMES], zero[FRAMES];
} world;

static world *world_make(void) {
  world *w = calloc(1, sizeof *w);
  lisi_error err = {0};
  unsigned seed = 5;
  assert_non_null(w);
  w->recipe = recipe("SBessel", orders);
  assert_int_equal(fit_basis_make(w->recipe, &w->basis, &err), LISI_OK);
  for (int k = 0; k < FRAMES; k++) {
    w->set[k] = make_set(200u + (unsigned)k);
    xyz_frame *f = &w->set[k]->frame[0];
    assert_int_equal(fit_species(w->basis, w->set[k], w->mu[k], &err), LISI_OK);
    f->force = malloc(3 * N * sizeof *f->force);
    assert_non_null(f->force);
    for (int i = 0; i < 3 * N; i++)
      f->force[i] = uniform(&seed) - 0.5;
    f->energy = -11 + uniform(&seed);
    f->has_energy = k != 4;
    f->has_virial = k % 2 == 0;
    for (int i = 0; i < 9; i++)
      f->virial[i] = 0.1 * (i / 3) * (i % 3);
    w->frame[k] = (fit_environment_frame){w->set[k], f, w->mu[k]};
    w->weight[k] = (fit_weight){10, k == 6 ? 0 : 1, 2};
    w->part[k] = k == 5 ? -1 : k % 2;
    w->zero[k] = k % 3 - 1; /* two sets with an energy zero of their own */
  }
  return w;
}

static void world_free(world *w) {
  for (int k = 0; k < FRAMES; k++)
    xyz_free(w->set[k]);
  fit_basis_free(w->basis);
  fit_recipe_free(w->recipe);
  free(w);
}

/* What the triangle says of coefficients is what the rows say, made one by one. */
static void stream(void **state) {
  (void)state;
  world *w = world_make();
  const int nb = w->basis->ncolumns, nfree = 4;
  lisi_error err = {0};
  fit_triangle part[2], again[2];
  fit_stream_frames frames = {w->basis, FRAMES, w->frame, w->weight, w->part, 2, w->zero, nfree};
  assert_int_equal(fit_stream(&frames, "rows", part, &err), LISI_OK);
  double *c = malloc((size_t)(nb + nfree) * sizeof *c), want[2] = {0, 0};
  unsigned seed = 4;
  assert_non_null(c);
  for (int k = 0; k < nb + nfree; k++)
    c[k] = uniform(&seed) - 0.5;
  long count[2] = {0, 0};
  for (int k = 0; k < FRAMES; k++) {
    const xyz_frame *f = w->frame[k].frame;
    fit_rows rows;
    if (w->part[k] < 0)
      continue;
    assert_int_equal(fit_design(w->basis, w->set[k], f, w->mu[k], &rows, &err), LISI_OK);
    for (int r = 0; r < rows.nrows; r++) {
      const double weight = r == 0       ? w->weight[k].energy / N
                            : r <= 3 * N ? w->weight[k].force
                                         : w->weight[k].virial / N;
      if ((r == 0 && !f->has_energy) || (r > 3 * N && !f->has_virial) || weight == 0)
        continue;
      double d = -rows.y[r];
      for (int b = 0; b < nb; b++)
        d += c[nfree + b] * rows.a[b * rows.nrows + r];
      if (r == 0 && w->zero[k] >= 0)
        for (int a = 0; a < N; a++)
          d += c[2 * w->zero[k] + w->mu[k][f->species[a]]];
      want[w->part[k]] += weight * weight * d * d;
      count[w->part[k]]++;
    }
    fit_rows_free(&rows);
  }
  for (int p = 0; p < 2; p++) {
    assert_true(fabs(fit_triangle_squares(&part[p], c) - want[p]) < 1e-11 * want[p]);
    assert_int_equal(part[p].rows, count[p]);
  }
  const int threads = omp_get_max_threads();
  omp_set_num_threads(3);
  assert_int_equal(fit_stream(&frames, "rows", again, &err), LISI_OK);
  omp_set_num_threads(threads);
  for (int p = 0; p < 2; p++) {
    assert_memory_equal(part[p].r, again[p].r, (size_t)(nb + nfree + 1) * (size_t)(nb + nfree + 1) * sizeof(double));
    fit_triangle_free(&part[p]);
    fit_triangle_free(&again[p]);
  }
  /* an error on a thread */
  w->set[7]->frame[0].pos[3] = w->set[7]->frame[0].pos[0] + 0.6;
  w->set[7]->frame[0].pos[4] = w->set[7]->frame[0].pos[1];
  w->set[7]->frame[0].pos[5] = w->set[7]->frame[0].pos[2];
  assert_int_equal(fit_stream(&frames, "rows", part, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "inner cut-off"));
  for (int p = 0; p < 2; p++)
    fit_triangle_free(&part[p]);
  free(c);
  world_free(w);
}

/* A fit to the frames, and its sidecar as bytes. */
static fit_solution fit(const world *w, ace_model **model, ace_sidecar **sidecar) {
  fit_triangle part[2];
  fit_solution s;
  lisi_error err = {0};
  fit_active_report report[2];
  fit_stream_frames frames = {w->basis, FRAMES, w->frame, w->weight, w->part, 2, NULL, 0};
  assert_int_equal(fit_stream(&frames, "rows", part, &err), LISI_OK);
  fit_system sys = {w->basis->ncolumns, 0, 2, part, w->basis->gamma};
  fit_prior prior = {FIT_RIDGE_GIVEN, 0.01, false, false};
  assert_int_equal(fit_solve(&sys, &prior, &s, &err), LISI_OK);
  s.stiffness[1] = 0; /* as if the data had nothing of it */
  assert_int_equal(fit_basis_model(w->basis, s.coefficient, model, &err), LISI_OK);
  assert_int_equal(fit_sidecar(w->basis, *model, s.coefficient, FRAMES, w->frame, NULL, sidecar, report, &err),
                   LISI_OK);
  fit_triangle_free(&part[0]);
  fit_triangle_free(&part[1]);
  return s;
}

static void information(void **state) {
  (void)state;
  world *w = world_make();
  lisi_error err = {0};
  ace_model *model;
  ace_sidecar *sidecar, *back;
  fit_solution s = fit(w, &model, &sidecar);
  char *bytes, *plain;
  size_t size, nplain;
  w->recipe->weight = (fit_weight){7, 2, 3};
  w->recipe->force_scale = 1.5;
  w->recipe->ngroups = 2;
  w->recipe->group[0].prefix = strdup("liquid");
  w->recipe->group[0].weight = (fit_weight){0.5, 0.25, 0};
  w->recipe->group[1].prefix = malloc(100); /* no config_type is so long: left out */
  memset(w->recipe->group[1].prefix, 'x', 99);
  w->recipe->group[1].prefix[99] = 0;
  assert_int_equal(ace_sidecar_bytes(sidecar, &plain, &nplain, &err), LISI_OK);
  assert_int_equal(fit_info_make(w->basis, w->recipe, &s, FRAMES, &sidecar->info, &err), LISI_OK);
  for (int width = 4; width <= 8; width += 4) {
    sidecar->info->width = width;
    assert_int_equal(ace_sidecar_bytes(sidecar, &bytes, &size, &err), LISI_OK);
    assert_int_equal(ace_sidecar_parse(bytes, size, "s", &back, &err), LISI_OK);
    assert_null(back->info); /* MD passes over it */
    assert_int_equal(ace_sidecar_info(bytes, size, "s", back, &err), LISI_OK);
    const ace_info *info = back->info;
    assert_int_equal(info->ncolumns, w->basis->ncolumns);
    assert_true(info->rows == s.information.rows && info->frames == FRAMES && info->ridge == 0.01);
    assert_true(info->energy == 7 && info->force == 2 && info->virial == 3 && info->force_scale == 1.5);
    assert_int_equal(info->ngroups, 1);
    assert_string_equal(info->group[0].prefix, "liquid");
    assert_true(info->group[0].energy == 0.5 && info->group[0].force == 0.25 && info->group[0].virial == 0);
    assert_memory_equal(info->gamma, w->basis->gamma, (size_t)info->ncolumns * sizeof(double));
    assert_memory_equal(info->stiffness, s.stiffness, (size_t)info->ncolumns * sizeof(double));
    fit_triangle t;
    assert_int_equal(fit_info_triangle(info, &t, &err), LISI_OK);
    for (int c = 0; c < t.n; c++)
      for (int r = 0; r <= c; r++) {
        const double want = s.information.r[c * (t.n + 1) + r], found = t.r[c * (t.n + 1) + r];
        assert_true(width == 8 ? found == want : found == (double)(float)want);
      }
    fit_triangle_free(&t);
    /* the basis, whose rows are those of the first one */
    fit_basis *b;
    assert_int_equal(fit_info_basis(model, back, "model", &b, &err), LISI_OK);
    assert_int_equal(b->ncolumns, w->basis->ncolumns);
    fit_rows one, two;
    assert_int_equal(fit_design(w->basis, w->set[0], w->frame[0].frame, w->mu[0], &one, &err), LISI_OK);
    assert_int_equal(fit_design(b, w->set[0], w->frame[0].frame, w->mu[0], &two, &err), LISI_OK);
    assert_memory_equal(one.a, two.a, (size_t)one.nrows * (size_t)b->ncolumns * sizeof(double));
    assert_memory_equal(one.y, two.y, (1 + 3 * N) * sizeof(double));
    fit_rows_free(&one);
    fit_rows_free(&two);
    fit_basis_free(b);
    /* damaged: a message or numbers within their ranges, never a crash */
    unsigned seed = 6;
    for (int k = 0; k < 400; k++) {
      char *copy = malloc(size);
      assert_non_null(copy);
      memcpy(copy, bytes, size);
      size_t at = nplain + (size_t)(uniform(&seed) * (double)(k % 2 ? 400 : size - nplain));
      copy[at < size ? at : size - 1] ^= (char)(1 << (k % 8));
      lisi_error own = {0};
      if (ace_sidecar_info(copy, size, "s", back, &own) != LISI_OK) {
        assert_true(strlen(own.message) > 0);
        assert_null(back->info);
      }
      free(copy);
    }
    ace_sidecar_free(back);
    free(bytes);
  }
  /* one without it */
  assert_int_equal(ace_sidecar_parse(plain, nplain, "s", &back, &err), LISI_OK);
  assert_int_equal(ace_sidecar_info(plain, nplain, "old.sidecar", back, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "old.sidecar holds no information"));
  free(plain);
  ace_sidecar_free(back);
  ace_sidecar_free(sidecar);
  ace_model_free(model);
  fit_solution_free(&s);
  world_free(w);
}

/* B of all atoms of an element of frames from .. to-1; returns how many. */
static int functions(const world *w, const ace_bvalues *values, int mu, int from, int to, double *B) {
  static int nelement[2000];
  int count = 0;
  lisi_error err = {0};
  ace_bwork *work;
  assert_int_equal(ace_bwork_create(values, &work, &err), LISI_OK);
  for (int k = from; k < to; k++) {
    fit_neighbors list;
    const xyz_frame *f = w->frame[k].frame;
    assert_int_equal(fit_neighbors_find(w->set[k], f, w->basis->cutoff, &list, &err), LISI_OK);
    for (int i = 0; i < N; i++) {
      const int first = list.first[i], n = list.first[i + 1] - first;
      if (w->mu[k][f->species[i]] != mu)
        continue;
      for (int j = 0; j < n; j++)
        nelement[j] = w->mu[k][f->species[list.index[first + j]]];
      assert_int_equal(ace_bvalues_atom(values, work, mu, n, nelement, (const double(*)[3])list.rij + first,
                                        B + count++ * ace_bvalues_count(values, mu), &err),
                       LISI_OK);
    }
    fit_neighbors_free(&list);
  }
  ace_bwork_free(work);
  return count;
}

/* The active set of a refined model spans the environments of the base's active set and the new ones. */
static void active_sets_grow(void **state) {
  (void)state;
  world *w = world_make();
  lisi_error err = {0};
  fit_recipe *few = recipe("SBessel", "  - {order: 1, nmax: 2}\n  - {order: 2, nmax: 1, lmax: 1}\n");
  fit_basis_free(w->basis);
  assert_int_equal(fit_basis_make(few, &w->basis, &err), LISI_OK);
  double *c = calloc((size_t)w->basis->ncolumns, sizeof *c), B[FRAMES * N * 20], sum[20];
  assert_non_null(c);
  ace_model *model;
  ace_sidecar *base, *grown;
  fit_active_report report[2];
  assert_int_equal(fit_basis_model(w->basis, c, &model, &err), LISI_OK);
  assert_int_equal(fit_sidecar(w->basis, model, c, 5, w->frame, NULL, &base, report, &err), LISI_OK);
  assert_true(base->of[0].inverse.n == base->of[0].invariants.ncolumns && base->of[1].inverse.n > 0);
  assert_int_equal(fit_sidecar(w->basis, model, c, FRAMES - 5, w->frame + 5, base, &grown, report, &err), LISI_OK);
  ace_invariants inv[2] = {base->of[0].invariants, base->of[1].invariants};
  ace_bvalues *values;
  assert_int_equal(ace_bvalues_create(model, inv, "test", &values, &err), LISI_OK);
  for (int mu = 0; mu < 2; mu++) {
    const int n = ace_bvalues_count(values, mu), old = functions(w, values, mu, 0, 5, B);
    assert_true(n <= 20);
    double most = 0, before = 0;
    for (int i = 0; i < old; i++)
      before = fmax(before, ace_grade(&base->of[mu].inverse, B + i * n, sum));
    assert_true(before < 1.001);
    /* the active rows of the base are those with one grade of 1 and the others 0; these are covered */
    int found = 0;
    for (int i = 0; i < old; i++) {
      double one = 0, rest = 0;
      (void)ace_grade(&base->of[mu].inverse, B + i * n, sum);
      for (int k = 0; k < n; k++) {
        one = fmax(one, fabs(sum[k]));
        rest += fabs(sum[k]);
      }
      if (fabs(one - 1) > 1e-3 || rest - one > 1e-3)
        continue;
      found++;
      most = fmax(most, ace_grade(&grown->of[mu].inverse, B + i * n, sum));
    }
    assert_true(found >= n && most < 1.001);
    const int fresh = functions(w, values, mu, 5, FRAMES, B);
    double with = 0, bare = 0;
    for (int i = 0; i < fresh; i++) {
      with = fmax(with, ace_grade(&grown->of[mu].inverse, B + i * n, sum));
      bare = fmax(bare, ace_grade(&base->of[mu].inverse, B + i * n, sum));
    }
    assert_true(bare > 1.01 && with < 1.001);
    assert_int_equal(grown->of[mu].nenvironments, old + fresh);
  }
  ace_bvalues_free(values);
  ace_sidecar_free(base);
  ace_sidecar_free(grown);
  ace_model_free(model);
  free(c);
  fit_recipe_free(few);
  world_free(w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(stream), cmocka_unit_test(information),
                                     cmocka_unit_test(active_sets_grow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
