/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Design rows: forces and virial against finite differences of the energy, symmetry, the same numbers from the
 * evaluator, and a fit that finds a known model. */
#include "ace_eval.h"
#include "ace_radial.h"
#include "fit_modes.h"
#include "fit_neighbors.h"
#include "fit_small.h"
#include "fit_solve.h"
#include "fit_stream.h"

#include <math.h>

static const char *const orders = "  - {order: 1, nmax: 4}\n  - {order: 2, nmax: 2, lmax: 2}\n  - {order: 3, nmax: 2, "
                                  "lmax: 2, degree: 3}\n  - {order: 4, nmax: 1, lmax: 2, degree: 4}\n";

static fit_basis *make_basis(const char *kind) {
  fit_recipe *r = recipe(kind, orders);
  fit_basis *b;
  lisi_error err = {0};
  if (fit_basis_make(r, &b, &err) != LISI_OK)
    fail_msg("%s", err.message);
  fit_recipe_free(r);
  return b;
}

/* Contracts the rows of a frame with coefficients. */
static double *contract(const fit_basis *b, const xyz_set *set, const double *c) {
  int mu[2];
  fit_rows rows;
  lisi_error err = {0};
  assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
  if (fit_design(b, set, &set->frame[0], mu, &rows, &err) != LISI_OK)
    fail_msg("%s", err.message);
  double *p = calloc((size_t)rows.nrows, sizeof *p);
  assert_non_null(p);
  for (int i = 0; i < b->ncolumns; i++)
    for (int r = 0; r < rows.nrows; r++)
      p[r] += c[i] * rows.a[(size_t)i * (size_t)rows.nrows + (size_t)r];
  fit_rows_free(&rows);
  return p;
}

static double energy_of(const fit_basis *b, const xyz_set *set, const double *c) {
  double *p = contract(b, set, c), e = p[0];
  free(p);
  return e;
}

static double *coefficients(const fit_basis *b, unsigned seed) {
  double *c = malloc((size_t)b->ncolumns * sizeof *c);
  assert_non_null(c);
  for (int i = 0; i < b->ncolumns; i++)
    c[i] = uniform(&seed) - 0.5;
  return c;
}

static void strain(xyz_frame *f, int a, int b, double e) {
  for (int k = 0; k < 3; k++)
    f->cell[3 * k + a] += e * f->cell[3 * k + b];
  for (int i = 0; i < f->natoms; i++)
    f->pos[3 * i + a] += e * f->pos[3 * i + b];
}

static void finite_differences(void **state) {
  (void)state;
  static const char *const kinds[] = {"ChebExpCos", "ChebPow", "SBessel"};
  for (int k = 0; k < 3; k++) {
    fit_basis *b = make_basis(kinds[k]);
    xyz_set *set = make_set(3);
    double *c = coefficients(b, 11), *p = contract(b, set, c), big = 0, h = 1e-4;
    for (int i = 1; i < 1 + 3 * N; i++)
      big = fmax(big, fabs(p[i]));
    for (int i = 0; i < 3 * N; i++) {
      double *x = &set->frame[0].pos[i], x0 = *x;
      *x = x0 + h;
      double up = energy_of(b, set, c);
      *x = x0 - h;
      double down = energy_of(b, set, c);
      *x = x0;
      assert_true(fabs(-(up - down) / (2 * h) - p[1 + i]) < 1e-6 * big);
    }
    static const int voigt[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    for (int v = 0; v < 6; v++) {
      double e[2];
      for (int s = 0; s < 2; s++) {
        xyz_set *bent = make_set(3);
        strain(&bent->frame[0], voigt[v][0], voigt[v][1], s ? h : -h);
        e[s] = energy_of(b, bent, c);
        xyz_free(bent);
      }
      assert_true(fabs(-(e[1] - e[0]) / (2 * h) - p[1 + 3 * N + v]) < 1e-5 * big);
    }
    free(c);
    free(p);
    xyz_free(set);
    fit_basis_free(b);
  }
}

static void evaluator_agrees(void **state) {
  (void)state;
  fit_basis *b = make_basis("ChebExpCos");
  xyz_set *set = make_set(5);
  const xyz_frame *f = &set->frame[0];
  double *c = coefficients(b, 23), *p = contract(b, set, c);
  lisi_error err = {0};
  ace_model *model;
  ace_eval *eval;
  ace_work *work;
  fit_neighbors list;
  assert_int_equal(fit_basis_model(b, c, &model, &err), LISI_OK);
  assert_int_equal(ace_eval_create(model, &eval, &err), LISI_OK);
  assert_int_equal(ace_work_create(eval, &work, &err), LISI_OK);
  assert_int_equal(fit_neighbors_find(set, f, b->cutoff, &list, &err), LISI_OK);
  int nn = list.first[N], element[N], *nelement = malloc((size_t)nn * sizeof *nelement), mu[2];
  double e[N], (*g)[3] = malloc((size_t)nn * sizeof *g), total = 0, force[3 * N] = {0}, offset = 0, big = 0;
  assert_true(nelement && g);
  assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
  for (int i = 0; i < N; i++)
    element[i] = mu[f->species[i]];
  for (int k = 0; k < nn; k++)
    nelement[k] = mu[f->species[list.index[k]]];
  assert_int_equal(
      ace_eval_atoms(eval, work, N, element, list.first, nelement, (const double(*)[3])list.rij, e, g, &err), LISI_OK);
  for (int i = 0; i < N; i++) {
    total += e[i];
    offset += b->E0[element[i]];
    for (int k = list.first[i]; k < list.first[i + 1]; k++)
      for (int d = 0; d < 3; d++) {
        force[3 * i + d] += g[k][d];
        force[3 * list.index[k] + d] -= g[k][d];
      }
  }
  for (int k = 0; k < 3 * N; k++)
    big = fmax(big, fabs(p[1 + k]));
  /* The evaluator works with radial tables, as other codes do; they are good to about 1e-6. */
  assert_true(fabs(total - offset - p[0]) < 1e-6 * big);
  for (int k = 0; k < 3 * N; k++)
    assert_true(fabs(force[k] - p[1 + k]) < 1e-5 * big);
  fit_neighbors_free(&list);
  ace_work_free(work);
  ace_eval_free(eval);
  ace_model_free(model);
  free(nelement);
  free(g);
  free(c);
  free(p);
  xyz_free(set);
  fit_basis_free(b);
}

/* Distances of all images, counted by brute force in a generous block of cells. */
static void neighbors_are_complete(void **state) {
  (void)state;
  xyz_set *set = make_set(9);
  const xyz_frame *f = &set->frame[0];
  lisi_error err = {0};
  fit_neighbors list;
  assert_int_equal(fit_neighbors_find(set, f, 7.3, &list, &err), LISI_OK);
  int total = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      for (int a = -4; a <= 4; a++)
        for (int b = -4; b <= 4; b++)
          for (int c = -4; c <= 4; c++) {
            double r2 = 0;
            for (int d = 0; d < 3; d++) {
              double x =
                  f->pos[3 * j + d] - f->pos[3 * i + d] + a * f->cell[d] + b * f->cell[3 + d] + c * f->cell[6 + d];
              r2 += x * x;
            }
            total += r2 > 0 && r2 < 7.3 * 7.3;
          }
  assert_int_equal(list.first[N], total);
  fit_neighbors_free(&list);
  xyz_free(set);
}

/* Lines for some elements only: of order 2 with l = 0 there is one function for each unordered pair of channels (mu,
 * n), so the basis can be counted by hand. */
static void lines_add_up(void **state) {
  (void)state;
  fit_recipe *r =
      recipe("SBessel", "  - {order: 2, nmax: 2, lmax: 0, degree: 1}\n  - {order: 2, nmax: 3, lmax: 0, degree: "
                        "3, elements: Si}\n  - {order: 1, nmax: 2, elements: [Li]}\n"
                        "  - {order: 3, nmax: 1, lmax: 0, centre: Si}\n"
                        "  - {order: 4, nmax: 1, lmax: 0, elements: [Li, Si], centre: [Li]}\n");
  fit_basis *b;
  lisi_error err = {0};
  assert_int_equal(fit_basis_make(r, &b, &err), LISI_OK);
  fit_recipe_free(r);
  int count[2][5] = {{0}}, pure = 0;
  for (int k = 0; k < b->nblocks; k++) {
    const fit_block *f = &b->block[k];
    count[f->mu0][f->order]++;
    if (f->order == 1) {
      assert_int_equal(f->mu0, 0);
      assert_int_equal(f->mus[0], 0);
    } else if (f->order == 2 && f->ns[0] + f->ns[1] - 2 > 1) { /* from the second line only */
      assert_true(f->mu0 == 1 && f->mus[0] == 1 && f->mus[1] == 1);
      pure++;
    }
    for (int j = 0; j < k; j++) /* none twice */
      assert_true(b->block[j].mu0 != f->mu0 || b->block[j].order != f->order ||
                  memcmp(b->block[j].mus, f->mus, sizeof f->mus) || memcmp(b->block[j].ns, f->ns, sizeof f->ns));
  }
  /* first line: {11 11} of each pair of elements, 3, and {n = 1, n = 2} of each ordered pair, 4 */
  assert_int_equal(count[0][2], 7);
  /* second: n, m <= 3 with n + m <= 5 are 5 pairs, two of which the first line has */
  assert_int_equal(count[1][2], 7 + 3);
  assert_int_equal(pure, 3);
  assert_int_equal(count[0][1], 2);
  assert_int_equal(count[1][1], 0);
  /* one central element, any neighbours: multisets of three, and of four, of two elements */
  assert_int_equal(count[0][3], 0);
  assert_int_equal(count[1][3], 4);
  assert_int_equal(count[0][4], 5);
  assert_int_equal(count[1][4], 0);
  fit_basis_free(b);
}

/* gamma: no. The basis is the same, only the functions that no graded line has come last in their element. */
static void graded_functions_first(void **state) {
  (void)state;
  const char *plain = "  - {order: 1, nmax: 3}\n  - {order: 2, nmax: 2, lmax: 1}\n  - {order: 3, nmax: 2, lmax: 1}\n";
  const char *some = "  - {order: 1, nmax: 2}\n  - {order: 1, nmax: 3, elements: Si, gamma: no}\n"
                     "  - {order: 1, nmax: 3, centre: Li}\n  - {order: 1, nmax: 3, centre: Si, gamma: no}\n"
                     "  - {order: 2, nmax: 2, lmax: 1, gamma: no}\n"
                     "  - {order: 2, nmax: 2, lmax: 0, elements: [Li, Si], centre: Si}\n"
                     "  - {order: 3, nmax: 2, lmax: 1, gamma: no}\n";
  fit_recipe *r[2] = {recipe("SBessel", plain), recipe("SBessel", some)};
  fit_basis *b[2];
  lisi_error err = {0};
  for (int k = 0; k < 2; k++) {
    assert_int_equal(fit_basis_make(r[k], &b[k], &err), LISI_OK);
    fit_recipe_free(r[k]);
  }
  assert_int_equal(b[0]->ncolumns, b[1]->ncolumns);
  assert_int_equal(b[0]->nblocks, b[1]->nblocks);
  int total[2] = {0}, columns = 0;
  for (int k = 0; k < b[1]->nblocks; k++) {
    const fit_block *f = &b[1]->block[k];
    assert_int_equal(f->column, columns);
    columns += f->coupling.ninv;
    total[f->mu0] += f->coupling.ninv;
    /* g_3 is graded on Li; of order 2 the functions with l = 0 are on Si */
    const bool graded = f->order == 1 ? f->mu0 == 0 || f->ns[0] <= 2 : f->order == 2 && f->mu0 == 1 && f->ls[0] == 0;
    assert_int_equal(graded, total[f->mu0] <= b[1]->ngraded[f->mu0]);
  }
  assert_int_equal(b[0]->ngraded[0], total[0]);
  assert_int_equal(b[1]->ngraded[0], 6);
  assert_int_equal(b[1]->ngraded[1], 4 + 10); /* {mu, n} of four channels in pairs */
  fit_basis_free(b[0]);
  fit_basis_free(b[1]);
}

/* Energies, forces and virials made with known coefficients give them back without a prior; a strong prior pulls them
 * towards zero. */
static void fit_recovers(void **state) {
  (void)state;
  enum { FRAMES = 14 };
  fit_recipe *r = recipe("SBessel", "  - {order: 1, nmax: 4}\n  - {order: 2, nmax: 2, lmax: 2}\n");
  fit_basis *b;
  lisi_error err = {0};
  assert_int_equal(fit_basis_make(r, &b, &err), LISI_OK);
  fit_triangle part[4];
  const fit_weight weight = {10, 1, 1};
  int mu[2];
  for (int f = 0; f < 4; f++)
    assert_int_equal(fit_triangle_make(b->ncolumns, &part[f], &err), LISI_OK);
  double *c = coefficients(b, 31);
  for (int k = 0; k < FRAMES; k++) {
    xyz_set *set = make_set(100u + (unsigned)k);
    assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
    fit_rows rows;
    assert_int_equal(fit_design(b, set, &set->frame[0], mu, &rows, &err), LISI_OK);
    double *p = contract(b, set, c);
    memcpy(rows.y, p, (size_t)rows.nrows * sizeof *p);
    assert_int_equal(fit_stream_rows(&rows, &weight, &part[k % 4], &err), LISI_OK);
    fit_rows_free(&rows);
    free(p);
    xyz_free(set);
  }
  fit_system system = {b->ncolumns, 0, 4, part, b->gamma};
  fit_prior none = {FIT_RIDGE_GIVEN, 0, false, false}, strong_one = {FIT_RIDGE_GIVEN, 100, false, false},
            chosen = {FIT_RIDGE_CV, 0, false, false};
  fit_solution s;
  assert_int_equal(fit_solve(&system, &none, &s, &err), LISI_OK);
  /* Coefficients are not unique (a pair term counts the same on either of its atoms), predictions are: a frame that the
   * fit has not seen. */
  xyz_set *fresh = make_set(999);
  double *p = contract(b, fresh, c), *q = contract(b, fresh, s.coefficient), norm = 0, error = 0, strong = 0;
  for (int k = 0; k < 1 + 3 * N + 6; k++) {
    norm += p[k] * p[k];
    error += (p[k] - q[k]) * (p[k] - q[k]);
  }
  assert_true(sqrt(error / norm) < 1e-6);
  free(q);
  assert_null(s.heldout);
  fit_solution_free(&s);
  assert_int_equal(fit_solve(&system, &strong_one, &s, &err), LISI_OK);
  q = contract(b, fresh, s.coefficient);
  for (int k = 0; k < 1 + 3 * N + 6; k++)
    strong += q[k] * q[k];
  free(p);
  free(q);
  xyz_free(fresh);
  assert_true(strong < 0.01 * norm);
  fit_solution_free(&s);
  /* Without noise cross-validation wants hardly any prior. */
  assert_int_equal(fit_solve(&system, &chosen, &s, &err), LISI_OK);
  assert_true(s.ridge < 1e-4 && s.ngrid > 0 && s.heldout);
  fit_solution_free(&s);
  for (int f = 0; f < 4; f++)
    fit_triangle_free(&part[f]);
  free(c);
  fit_basis_free(b);
  fit_recipe_free(r);
}

static void inner_cutoff_is_refused(void **state) {
  (void)state;
  fit_basis *b = make_basis("SBessel");
  xyz_set *set = make_set(3);
  int mu[2];
  fit_rows rows;
  lisi_error err = {0};
  for (int d = 0; d < 3; d++)
    set->frame[0].pos[3 + d] = set->frame[0].pos[d];
  set->frame[0].pos[3] += 0.9;
  assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
  assert_int_equal(fit_design(b, set, &set->frame[0], mu, &rows, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "frame:2"));
  xyz_free(set);
  fit_basis_free(b);
}

/* The R_n of fit_modes: unit mean square and orthogonal where the data are, each rougher than the one before, and the
 * smoothest of all is not improved by mixing in any g_k. */
static void modes_are_ordered_for(double q) {
  enum { K = 8, NR = 5, STEPS = 2000 };
  double crad[NR * 2 * K] = {0}, g[K], dg[K], rough[NR] = {0}, overlap[NR][NR] = {{0}};
  double core = 1.2, from = 1.9, rc = 5, h = (rc - core) / STEPS;
  ace_bond bond = {.kind = ACE_SBESSEL, .nradmax = NR, .lmax = 1, .nradbase = K, .rcut = rc, .crad = crad};
  double before[NR * 2] = {0};
  lisi_error err = {0};
  assert_int_equal(fit_modes(&bond, core, from, q, &err), LISI_OK);
  for (int s = 0; s <= STEPS; s++) {
    double r = core + s * h, R[NR * 2], dR[NR * 2];
    ace_radial_base(&bond, ACE_INNER_ZBL, r, g, dg);
    ace_radial_nl(&bond, g, dg, R, dR);
    for (int a = 0; a < NR; a++) {
      assert_true(R[2 * a] == R[2 * a + 1]); /* every l the same */
      if (s)
        rough[a] += pow((r - 0.5 * h) / rc, q) * (dR[2 * a] - before[2 * a]) * (dR[2 * a] - before[2 * a]) / h;
      for (int b = 0; b < NR; b++)
        if (r >= from)
          overlap[a][b] += R[2 * a] * R[2 * b] * h / (rc - from);
    }
    memcpy(before, dR, sizeof before);
  }
  for (int a = 0; a < NR; a++) {
    for (int b = 0; b < NR; b++)
      assert_true(fabs(overlap[a][b] - (a == b)) < 0.01);
    if (a)
      assert_true(rough[a] > rough[a - 1]);
  }
  /* R_1 + t g_k, scaled to unit mean square again, is rougher for small t of either sign */
  for (int k = 0; k < K; k++)
    for (int sign = -1; sign <= 1; sign += 2) {
      double t = sign * 0.05, size = 0, sum = 0, last = 0;
      for (int s = 0; s <= STEPS; s++) {
        double r = core + s * h, value = 0, slope = 0;
        ace_radial_base(&bond, ACE_INNER_ZBL, r, g, dg);
        for (int c = 0; c < K; c++) {
          value += (crad[c] + (c == k) * t) * g[c];
          slope += (crad[c] + (c == k) * t) * dg[c];
        }
        if (s)
          sum += pow((r - 0.5 * h) / rc, q) * (slope - last) * (slope - last) / h;
        if (r >= from)
          size += value * value * h / (rc - from);
        last = slope;
      }
      assert_true(sum / size > rough[0] / overlap[0][0]);
    }
}
static void modes_are_ordered(void **state) {
  (void)state;
  modes_are_ordered_for(0);
  modes_are_ordered_for(2);
}

/* Damaged recipes give a recipe or a message, never a crash. */
static void damaged_recipes(void **state) {
  (void)state;
  char text[1000], path[] = "/tmp/lisi-fit-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  int n = snprintf(
      text, sizeof text,
      "format: lisi-fit 1\nelements: [Li, Si]\nE0: {Li: -1, Si: 2}\ndata: {train: [a, b], test: c, keys: {energy: e}}\n"
      "radial: {kind: SBessel, cutoff: 4.5, nbase: 9, smooth: [.2, .3], zbl: [1.0, 0.3], pairs: {Li-Si: {cutoff: "
      "4}}}\nbasis:\n%s"
      "weights: {energy: 1, groups: {random: {force: 2}}}\nprior: {ridge: cv, folds: 3}\n",
      orders);
  unsigned seed = 17;
  for (int k = 0; k < 3000; k++) {
    char copy[1000];
    memcpy(copy, text, sizeof copy);
    int size = n;
    for (int c = 0; k && c < 1 + k % 2; c++) {
      seed = seed * 1664525u + 1013904223u;
      copy[(seed >> 8) % (unsigned)n] = k % 3 ? "{}[]:,-#9 aL"[(seed >> 4) % 12] : (char)(seed >> 3);
    }
    if (k % 7 == 6)
      size = (int)((seed >> 9) % (unsigned)n);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fwrite(copy, 1, (size_t)size, f);
    fclose(f);
    fit_recipe *r;
    lisi_error err = {0};
    if (fit_recipe_load(path, &r, &err) == LISI_OK)
      fit_recipe_free(r);
    else {
      assert_true(k > 0 && strlen(err.message) > 0);
      assert_null(r);
    }
  }
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finite_differences),      cmocka_unit_test(evaluator_agrees),
                                     cmocka_unit_test(neighbors_are_complete),  cmocka_unit_test(lines_add_up),
                                     cmocka_unit_test(graded_functions_first),  cmocka_unit_test(fit_recovers),
                                     cmocka_unit_test(inner_cutoff_is_refused), cmocka_unit_test(modes_are_ordered),
                                     cmocka_unit_test(damaged_recipes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
