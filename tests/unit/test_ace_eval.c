/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The evaluator against the definition written out (ace_naive.h), against finite differences of itself, and against
 * symmetries. */
#include "ace_eval.h"
#include "ace_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <cmocka.h>

static ace_eval *eval_of(const ace_model *model, ace_work **work) {
  ace_eval *e = NULL;
  lisi_error err = {0};
  assert_int_equal(ace_eval_create(model, &e, &err), LISI_OK);
  assert_int_equal(ace_work_create(e, work, &err), LISI_OK);
  return e;
}

static void evaluate(const ace_eval *e, ace_work *w, int natoms, const int *element, const int *first,
                     const int *nelement, const double (*d)[3], double *energy, double (*dE)[3]) {
  lisi_error err = {0};
  const lisi_status status = ace_eval_atoms(e, w, natoms, element, first, nelement, d, energy, dE, &err);
  if (status != LISI_OK)
    fail_msg("%s", err.message);
}

static double one_energy(const ace_eval *e, ace_work *w, int mu, int n, const int *nelement, const double (*d)[3],
                         double (*dE)[3]) {
  const int first[2] = {0, n};
  double energy;
  evaluate(e, w, 1, &mu, first, nelement, d, &energy, dE);
  return energy;
}

static double largest(const double (*g)[3], int n) {
  double m = 0.0;
  for (int j = 0; j < n; j++)
    for (int k = 0; k < 3; k++) {
      assert_true(isfinite(g[j][k])); /* fmax passes over what is no number */
      m = fmax(m, fabs(g[j][k]));
    }
  return m;
}

/* ---- against the definition ---- */
enum { NATOMS = 7, NNEIGH = 9 };

static void compare(const ace_model *model, int nelements, double rmin, double energy_tolerance, double tolerance) {
  ace_work *w;
  ace_eval *e = eval_of(model, &w);
  int element[NATOMS], first[NATOMS + 1], nelement[NATOMS * NNEIGH];
  double d[NATOMS * NNEIGH][3], energy[NATOMS], dE[NATOMS * NNEIGH][3], reference[NNEIGH][3];
  for (int a = 0; a < NATOMS; a++) {
    element[a] = naive_int(0, nelements - 1);
    first[a] = a * NNEIGH;
    naive_neighbours(NNEIGH, nelements, rmin, 5.8, nelement + a * NNEIGH, d + a * NNEIGH);
  }
  first[NATOMS] = NATOMS * NNEIGH;
  evaluate(e, w, NATOMS, element, first, nelement, (const double(*)[3])d, energy, dE);
  for (int a = 0; a < NATOMS; a++) {
    const double E =
        naive_energy(model, element[a], NNEIGH, nelement + a * NNEIGH, (const double(*)[3])(d + a * NNEIGH), reference);
    const double scale = 1.0 + largest((const double(*)[3])reference, NNEIGH);
    const int kind = (int)model->bond[0].kind, inner = (int)model->inner;
    if (!(fabs(E - energy[a]) < energy_tolerance * scale))
      fail_msg("energy %.15g, by definition %.15g (kind %d, inner %d)", energy[a], E, kind, inner);
    for (int j = 0; j < NNEIGH; j++)
      for (int k = 0; k < 3; k++)
        if (!(fabs(reference[j][k] - dE[a * NNEIGH + j][k]) < tolerance * scale))
          fail_msg("gradient %.15g, by definition %.15g, largest %g (kind %d, inner %d)", dE[a * NNEIGH + j][k],
                   reference[j][k], scale, kind, inner);
  }
  ace_work_free(w);
  ace_eval_free(e);
}

/* Once against exact radial functions, with bins so narrow that the tables are exact too, once against the format's own
 * tables with wide bins, to rounding. */
static void compare_with_definition(naive_recipe q, double rmin) {
  ace_model *model = naive_model(q);
  compare(model, q.nelements, rmin, 1e-9, 2e-8);
  naive_exact = false;
  model->delta_spline_bins = 0.013;
  compare(model, q.nelements, rmin, 1e-13, 1e-10); /* slopes of the reference are high-order differences */
  naive_exact = true;
  ace_model_free(model);
}

static void all_kinds_against_definition(void **state) {
  (void)state;
  for (int kind = 0; kind < 6; kind++)
    /* a file gives splines no inner cut-off and no core */
    for (int inner = 0; inner < (kind == ACE_ACEJL_SPLINE ? 1 : 3); inner++)
      compare_with_definition((naive_recipe){.kind = (ace_radial_kind)kind,
                                             .inner = (ace_inner_kind)inner,
                                             .nelements = 2,
                                             .ndensity = 1 + kind % 2,
                                             .maxrank = 4,
                                             .nfunctions = 40,
                                             .lmax = 3,
                                             .prehc = kind == ACE_ACEJL_SPLINE ? 0.0 : 1.0,
                                             .rho_core_cutoff = 1.0,
                                             .drho_core_cutoff = 0.9,
                                             .delta = 2e-4},
                              1.2);
}

static void pair_potential_of_acejl(void **state) {
  (void)state;
  compare_with_definition((naive_recipe){.kind = ACE_ACEJL,
                                         .nelements = 2,
                                         .ndensity = 2,
                                         .maxrank = 3,
                                         .nfunctions = 30,
                                         .lmax = 2,
                                         .rho_core_cutoff = 0.9,
                                         .drho_core_cutoff = 0.8,
                                         .delta = 2e-4,
                                         .pairpot = true},
                          1.2);
}

/* Splines whose knots are those of the tables of another basis, and whose values there are its own, are that basis. */
static void splines_of_acejl(void **state) {
  (void)state;
  ace_model *model = naive_model((naive_recipe){.kind = ACE_SBESSEL,
                                                .nelements = 2,
                                                .ndensity = 2,
                                                .maxrank = 4,
                                                .nfunctions = 40,
                                                .lmax = 2,
                                                .rho_core_cutoff = 1e5,
                                                .drho_core_cutoff = 250,
                                                .delta = 0.01});
  for (int b = 0; b < 4; b++) { /* R_nl = g_n for every l, no more and no less of them */
    ace_bond *bond = &model->bond[b];
    const int K = bond->nradbase = bond->nradmax;
    for (int i = 0; i < bond->nradmax * (bond->lmax + 1) * K; i++)
      bond->crad[i] = i % K == i / K / (bond->lmax + 1) ? 1.0 : 0.0;
  }
  for (int mu = 0; mu < 2; mu++)
    for (int i = 0; i < model->species[mu].nfunctions; i++)
      if (model->species[mu].function[i].rank == 1)
        model->species[mu].function[i].ns[0] = 1 + model->species[mu].function[i].ns[0] % model->bond[0].nradmax;
  enum { N = 25 };
  int nelement[N], mu = 1;
  double d[N][3], dE[N][3], dE2[N][3];
  naive_neighbours(N, 2, 1.2, 5.5, nelement, d);
  ace_work *w, *w2;
  ace_eval *e = eval_of(model, &w);
  const double E = one_energy(e, w, mu, N, nelement, (const double(*)[3])d, dE);
  for (int b = 0; b < 4; b++) {
    ace_bond *bond = &model->bond[b];
    const size_t K = (size_t)bond->nradbase;
    bond->nbins = (int)(bond->rcut / 0.01);
    bond->node = calloc(2 * K * ((size_t)bond->nbins + 1), sizeof(double));
    for (size_t n = 1; n < (size_t)bond->nbins; n++) /* zero at the cut-off, and nobody is near 0 */
      ace_radial_base(bond, model->inner, bond->rcut / bond->nbins * (double)n, bond->node + 2 * n * K,
                      bond->node + 2 * n * K + K);
    bond->kind = ACE_ACEJL_SPLINE;
    strcpy(bond->kind_text, "ACE.jl");
  }
  /* through the file */
  char *text = NULL;
  size_t size;
  FILE *stream = open_memstream(&text, &size);
  ace_model_print(model, stream);
  fclose(stream);
  ace_model *again;
  lisi_error err = {0};
  if (ace_model_parse(text, size, "spline", &again, NULL, 0, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_int_equal(again->bond[3].kind, ACE_ACEJL_SPLINE);
  ace_eval *e2 = eval_of(again, &w2);
  const double E2 = one_energy(e2, w2, mu, N, nelement, (const double(*)[3])d, dE2);
  const double scale = largest((const double(*)[3])dE, N);
  assert_true(scale > 1e-3);
  if (!(fabs(E - E2) < 1e-13 * (1.0 + fabs(E))))
    fail_msg("energy %.15g, by splines %.15g", E, E2);
  for (int j = 0; j < N; j++)
    for (int k = 0; k < 3; k++)
      if (!(fabs(dE[j][k] - dE2[j][k]) < 1e-12 * scale))
        fail_msg("gradient %.15g, by splines %.15g", dE[j][k], dE2[j][k]);
  free(text);
  ace_work_free(w);
  ace_work_free(w2);
  ace_eval_free(e);
  ace_eval_free(e2);
  ace_model_free(model);
  ace_model_free(again);
}

static void high_ranks_and_densities(void **state) {
  (void)state;
  for (int nd = 1; nd <= 3; nd++)
    for (int emb = 0; emb < 2; emb++)
      compare_with_definition((naive_recipe){.kind = ACE_CHEB_EXP_COS,
                                             .inner = ACE_INNER_DENSITY,
                                             .embedding = (ace_embedding_kind)emb,
                                             .nelements = nd,
                                             .ndensity = nd,
                                             .maxrank = 6,
                                             .nfunctions = 60,
                                             .lmax = 4,
                                             .prehc = 2.0,
                                             .rho_core_cutoff = 1e5,
                                             .drho_core_cutoff = 250,
                                             .delta = 2e-4},
                              1.5);
}

static void large_l(void **state) {
  (void)state;
  compare_with_definition((naive_recipe){.kind = ACE_CHEB_EXP_COS,
                                         .nelements = 1,
                                         .ndensity = 1,
                                         .maxrank = 3,
                                         .nfunctions = 60,
                                         .lmax = 9,
                                         .prehc = 0.0,
                                         .rho_core_cutoff = 1e5,
                                         .drho_core_cutoff = 250,
                                         .delta = 2e-4},
                          1.5);
}

/* The forces of tables are the exact gradient of the tabulated energy, however wide the bins. */
static void finite_differences(void **state) {
  (void)state;
  for (int inner = 0; inner < 3; inner++) {
    ace_model *model = naive_model((naive_recipe){.kind = ACE_CHEB_EXP_COS,
                                                  .inner = (ace_inner_kind)inner,
                                                  .nelements = 2,
                                                  .ndensity = 2,
                                                  .embedding = ACE_FINNIS_SINCLAIR_SHIFTED_SCALED,
                                                  .maxrank = 4,
                                                  .nfunctions = 60,
                                                  .lmax = 3,
                                                  .prehc = 1.0,
                                                  .rho_core_cutoff = 1.0,
                                                  .drho_core_cutoff = 0.9,
                                                  .delta = 0.05});
    ace_work *w;
    ace_eval *e = eval_of(model, &w);
    int nelement[20];
    double d[20][3], g[20][3], spare[20][3];
    naive_neighbours(20, 2, 1.3, 5.0, nelement, d);
    (void)one_energy(e, w, 1, 20, nelement, (const double(*)[3])d, g);
    const double scale = largest((const double(*)[3])g, 20);
    for (int j = 0; j < 20; j++)
      for (int k = 0; k < 3; k++) {
        const double x = d[j][k], h = 2e-5;
        d[j][k] = x + h;
        const double up = one_energy(e, w, 1, 20, nelement, (const double(*)[3])d, spare);
        d[j][k] = x - h;
        const double down = one_energy(e, w, 1, 20, nelement, (const double(*)[3])d, spare);
        d[j][k] = x;
        if (!(fabs((up - down) / (2 * h) - g[j][k]) < 1e-6 * scale))
          fail_msg("inner %d: difference %.12g, gradient %.12g, largest %g", inner, (up - down) / (2 * h), g[j][k],
                   scale);
      }
    ace_work_free(w);
    ace_eval_free(e);
    ace_model_free(model);
  }
}

/* ---- the model with invariant functions ---- */
static ace_model *small_model(void) {
  const char *src = getenv("SRC");
  char path[2000];
  snprintf(path, sizeof path, "%s/tests/data/ace_small.yace", src != NULL ? src : LISI_SOURCE_DIR);
  ace_model *model = NULL;
  lisi_error err = {0};
  if (ace_model_load(path, &model, NULL, 0, &err) != LISI_OK)
    fail_msg("%s", err.message);
  return model;
}

static void rotations_and_permutations(void **state) {
  (void)state;
  ace_model *model = small_model();
  ace_work *w;
  ace_eval *e = eval_of(model, &w);
  enum { N = 30 };
  int nelement[N], pe[N];
  double d[N][3], g[N][3], rd[N][3], rg[N][3], R[3][3];
  naive_neighbours(N, 2, 1.45, 4.9, nelement, d);
  const double E = one_energy(e, w, 0, N, nelement, (const double(*)[3])d, g);
  assert_true(fabs(E - model->E0[0]) > 0.1); /* not a trivial case */
  /* a rotation, with inversion every other time, from a random unit quaternion; neighbours in reverse order */
  for (int turn = 0; turn < 6; turn++) {
    double q[4], n = 0.0;
    for (int k = 0; k < 4; k++) {
      q[k] = naive_between(-1, 1);
      n += q[k] * q[k];
    }
    for (int k = 0; k < 4; k++)
      q[k] /= sqrt(n);
    const double a = q[0], b = q[1], c = q[2], f = q[3], s = turn % 2 ? -1.0 : 1.0;
    const double M[3][3] = {{a * a + b * b - c * c - f * f, 2 * (b * c - a * f), 2 * (b * f + a * c)},
                            {2 * (b * c + a * f), a * a - b * b + c * c - f * f, 2 * (c * f - a * b)},
                            {2 * (b * f - a * c), 2 * (c * f + a * b), a * a - b * b - c * c + f * f}};
    for (int i = 0; i < 3; i++)
      for (int k = 0; k < 3; k++)
        R[i][k] = s * M[i][k];
    for (int j = 0; j < N; j++) {
      pe[N - 1 - j] = nelement[j];
      for (int i = 0; i < 3; i++)
        rd[N - 1 - j][i] = R[i][0] * d[j][0] + R[i][1] * d[j][1] + R[i][2] * d[j][2];
    }
    const double E2 = one_energy(e, w, 0, N, pe, (const double(*)[3])rd, rg);
    assert_true(fabs(E2 - E) < 1e-11 * (1.0 + fabs(E)));
    const double scale = largest((const double(*)[3])g, N);
    for (int j = 0; j < N; j++)
      for (int i = 0; i < 3; i++)
        assert_true(fabs(R[i][0] * g[j][0] + R[i][1] * g[j][1] + R[i][2] * g[j][2] - rg[N - 1 - j][i]) < 1e-11 * scale);
  }
  ace_work_free(w);
  ace_eval_free(e);
  ace_model_free(model);
}

/* The result for an atom does not depend on its company, to the last bit. */
static void company_does_not_matter(void **state) {
  (void)state;
  ace_model *model = small_model();
  ace_work *w;
  ace_eval *e = eval_of(model, &w);
  enum { A = 11, N = 13 };
  int element[A], first[A + 1], nelement[A * N];
  double d[A * N][3], energy[A], g[A * N][3], g1[N][3];
  for (int a = 0; a <= A; a++)
    first[a] = a * N;
  for (int a = 0; a < A; a++)
    element[a] = naive_int(0, 1);
  naive_neighbours(A * N, 2, 1.3, 5.2, nelement, d);
  evaluate(e, w, A, element, first, nelement, (const double(*)[3])d, energy, g);
  for (int a = 0; a < A; a++) {
    const double E = one_energy(e, w, element[a], N, nelement + a * N, (const double(*)[3])(d + a * N), g1);
    assert_memory_equal(&E, &energy[a], sizeof E);
    assert_memory_equal(g1, g[a * N], sizeof g1);
  }
  ace_work_free(w);
  ace_eval_free(e);
  ace_model_free(model);
}

/* A neighbour exactly at the first knot of the table, whichever way the rounding of its number goes: nothing jumps. */
static void first_knot(void **state) {
  (void)state;
  int rounded_down = 0;
  for (int step = 0; step < 60; step++) {
    ace_model *model = small_model();
    model->delta_spline_bins = 0.1;
    model->inner = ACE_INNER_DENSITY;
    for (int b = 0; b < model->nelements * model->nelements; b++) {
      model->bond[b].rcut = 3.0 + 0.05 * step;
      model->bond[b].prehc = 0.0;
      model->bond[b].rcut_in = model->bond[b].dcut_in = 0.0;
    }
    ace_work *w;
    ace_eval *e = eval_of(model, &w);
    const double rcut = model->bond[0].rcut;
    const int knots = (int)(rcut / 0.1);
    const double h = rcut / knots, at[3] = {nextafter(h, 0.0), h, nextafter(h, 1.0)};
    double energy[3], slope[3];
    rounded_down += h * (knots / rcut) < 1.0;
    for (int k = 0; k < 3; k++) {
      const double pair[2][3] = {{0, 0, at[k]}, {2.0, 0.5, 0.3}};
      const int li[2] = {0, 0};
      double g[2][3];
      energy[k] = one_energy(e, w, 0, 2, li, pair, g);
      slope[k] = g[0][2];
    }
    assert_true(fabs(energy[0]) > 0.0 && isfinite(slope[1]));
    for (int k = 0; k < 3; k += 2) {
      assert_true(fabs(energy[k] - energy[1]) < 1e-10 * fabs(energy[1]));
      assert_true(fabs(slope[k] - slope[1]) < 1e-10 * fabs(slope[1]));
    }
    ace_work_free(w);
    ace_eval_free(e);
    ace_model_free(model);
  }
  assert_true(rounded_down > 0);
}

static void edges(void **state) {
  (void)state;
  ace_model *model = small_model();
  ace_work *w;
  ace_eval *e = eval_of(model, &w);
  double g[500][3], d[500][3], energy;
  int nelement[500];
  lisi_error err = {0};
  /* no atoms at all */
  const int none[1] = {0};
  assert_int_equal(ace_eval_atoms(e, w, 0, NULL, none, NULL, NULL, NULL, NULL, &err), LISI_OK);
  /* no neighbours, and neighbours out of reach */
  assert_true(one_energy(e, w, 0, 0, nelement, (const double(*)[3])d, g) == model->E0[0]);
  assert_true(one_energy(e, w, 1, 0, nelement, (const double(*)[3])d, g) == model->E0[1]);
  const double far[3][3] = {{5.0, 0, 0}, {0, 0, 1e200}, {0, 7, 7}};
  const int li[3] = {0, 1, 0};
  g[0][0] = g[1][2] = 99.0;
  assert_true(one_energy(e, w, 0, 3, li, far, g) == model->E0[0]);
  assert_true(largest((const double(*)[3])g, 3) == 0.0);
  /* very close: the core decides, finite and repulsive; closer than the first knot of the table too */
  const double close[4] = {0.3, 0.1, 1e-3, 5e-4};
  double before = 0.0;
  for (int k = 0; k < 4; k++) {
    const double pair[2][3] = {{0, 0, close[k]}, {2.5, 0.5, 0}};
    energy = one_energy(e, w, 1, 2, li, pair, g);
    assert_true(isfinite(energy) && energy > before);
    assert_true(isfinite(g[0][2]) && g[0][2] < -1.0);
    before = energy;
  }
  /* many neighbours */
  naive_neighbours(500, 2, 1.3, 5.0, nelement, d);
  energy = one_energy(e, w, 0, 500, nelement, (const double(*)[3])d, g);
  /* the same neighbours in reverse order */
  int ne2[500];
  double d2[500][3], g2[500][3];
  for (int j = 0; j < 500; j++) {
    ne2[499 - j] = nelement[j];
    memcpy(d2[499 - j], d[j], sizeof d[j]);
  }
  const double again = one_energy(e, w, 0, 500, ne2, (const double(*)[3])d2, g2);
  const double scale = largest((const double(*)[3])g, 500);
  assert_true(fabs(again - energy) < 1e-10 * fabs(energy));
  for (int j = 0; j < 500; j++)
    for (int k = 0; k < 3; k++)
      assert_true(fabs(g[j][k] - g2[499 - j][k]) < 1e-10 * scale);
  /* two atoms at the same place, and no number */
  const double same[2][3] = {{0, 0, 0}, {2, 0, 0}}, nan[2][3] = {{NAN, 0, 0}, {2, 0, 0}};
  const int first[2] = {0, 2}, mu = 0;
  assert_int_equal(ace_eval_atoms(e, w, 1, &mu, first, li, same, &energy, g, &err), LISI_ERR_NUMERIC);
  assert_non_null(strstr(err.message, "same place"));
  err = (lisi_error){0};
  assert_int_equal(ace_eval_atoms(e, w, 1, &mu, first, li, nan, &energy, g, &err), LISI_ERR_NUMERIC);
  assert_non_null(strstr(err.message, "not a number"));
  ace_work_free(w);
  ace_eval_free(e);
  ace_model_free(model);
}

/* Every test draws its own numbers, whatever runs before it. */
static int reseed(void **state) {
  (void)state;
  naive_state = 88172645463325252u;
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup(all_kinds_against_definition, reseed),
                                     cmocka_unit_test_setup(pair_potential_of_acejl, reseed),
                                     cmocka_unit_test_setup(splines_of_acejl, reseed),
                                     cmocka_unit_test_setup(high_ranks_and_densities, reseed),
                                     cmocka_unit_test_setup(large_l, reseed),
                                     cmocka_unit_test_setup(finite_differences, reseed),
                                     cmocka_unit_test_setup(rotations_and_permutations, reseed),
                                     cmocka_unit_test_setup(company_does_not_matter, reseed),
                                     cmocka_unit_test_setup(edges, reseed),
                                     cmocka_unit_test_setup(first_knot, reseed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
