/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fits of several densities: second derivatives of the embedding, derivatives of the rows by the coefficients, the
 * evaluator's numbers, a known model found again, the linear case, threads, and the ways to fail. */
#include "ace_embed.h"
#include "ace_eval.h"
#include "fit_neighbors.h"
#include "fit_nonlinear.h"
#include "fit_small.h"
#include "fit_solve.h"
#include "fit_stream.h"

#include <math.h>
#include <omp.h>
#include <signal.h>

enum { FRAMES = 30, ROWS = 1 + 3 * N + 6 };

static const double SMALL_RIDGE = 1e-7, TOLERANCE = 1e-4;

static fit_basis *make_basis(const char *embedding) {
  char text[600];
  snprintf(text, sizeof text, "  - {order: 1, nmax: 4}\n  - {order: 2, nmax: 2, lmax: 2}\n%s", embedding);
  fit_recipe *r = recipe("SBessel", text);
  fit_basis *b;
  lisi_error err = {0};
  if (fit_basis_make(r, &b, &err) != LISI_OK)
    fail_msg("%s", err.message);
  fit_recipe_free(r);
  return b;
}

static const char *const one_density = "";
static const char *const two_scaled =
    "embedding: {kind: FinnisSinclairShiftedScaled, densities: [[1, 1], [0.8, 0.5]]}\n";
static const char *const two_plain = "embedding: {kind: FinnisSinclair, densities: [[1, 1], [-0.8, 0.5]]}\n";
static const char *const three = "embedding: {kind: FinnisSinclairShiftedScaled, densities: [[1, 1], [1, 0.5], [-0.5, "
                                 "2]]}\n";

static size_t parameters(const fit_basis *b) {
  return (size_t)b->ndensity * (size_t)b->ncolumns;
}

/* Coefficients of a model whose further densities are about `size` on every atom: far from zero, where the embedding
 * has no second derivative. */
static double *coefficients(const fit_basis *b, double size, unsigned seed) {
  double *c = malloc(parameters(b) * sizeof *c);
  assert_non_null(c);
  for (size_t k = 0; k < parameters(b); k++)
    c[k] = (uniform(&seed) - 0.5) * (k < (size_t)b->ncolumns ? 1.0 : 0.01 * size);
  for (int d = 1; d < b->ndensity; d++)
    for (int k = 0; k < b->nblocks; k++)
      if (b->block[k].order == 1 && b->block[k].ns[0] == 1)
        c[d * b->ncolumns + b->block[k].column] = size;
  return c;
}

/* Frames of a model: fit_predict's energy, forces and virial stand in them as the reference. */
typedef struct {
  xyz_set *set[FRAMES];
  const xyz_frame *frame[FRAMES];
  int mu[FRAMES][2];
  const int *mus[FRAMES];
  fit_weight weight[FRAMES];
  int fold[FRAMES];
  fit_frames frames;
} world;

static world *world_make(const fit_basis *truth, const double *c, const fit_basis *basis) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  for (int k = 0; k < FRAMES; k++) {
    lisi_error err = {0};
    double p[ROWS];
    w->set[k] = make_set(100u + (unsigned)k);
    xyz_frame *f = &w->set[k]->frame[0];
    w->frame[k] = f;
    /* from dense to thin, or the embedding would be close to its tangent in all of them */
    const double stretch = 0.8 + 0.25 * k / FRAMES;
    for (int q = 0; q < 9; q++)
      f->cell[q] *= stretch;
    for (int q = 0; q < 3 * N; q++)
      f->pos[q] *= stretch;
    w->mus[k] = w->mu[k];
    w->fold[k] = k % 3;
    w->weight[k] = (fit_weight){10, 1, 1};
    assert_int_equal(fit_species(truth, w->set[k], w->mu[k], &err), LISI_OK);
    assert_int_equal(fit_predict(truth, w->set[k], f, w->mu[k], c, p, NULL, &err), LISI_OK);
    f->energy = p[0];
    for (int a = 0; a < N; a++)
      f->energy += truth->E0[w->mu[k][f->species[a]]];
    f->force = malloc(3 * N * sizeof *f->force);
    assert_non_null(f->force);
    memcpy(f->force, p + 1, 3 * N * sizeof *p);
    static const int full[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    f->has_virial = true;
    for (int v = 0; v < 9; v++)
      f->virial[v] = p[1 + 3 * N + full[v]];
  }
  w->frames = (fit_frames){
      basis, FRAMES, (const xyz_set *const *)w->set, w->frame, (const int *const *)w->mus, w->weight, w->fold, -1};
  return w;
}

static void world_free(world *w) {
  for (int k = 0; k < FRAMES; k++)
    xyz_free(w->set[k]);
  free(w);
}

/* The mean weighted squared residual of all rows, without the code under test but for fit_predict. */
static double residual(const world *w, const fit_basis *b, const double *c) {
  double sum = 0;
  for (int k = 0; k < FRAMES; k++) {
    double p[ROWS], y[ROWS];
    lisi_error err = {0};
    assert_int_equal(fit_predict(b, w->set[k], w->frame[k], w->mu[k], c, p, NULL, &err), LISI_OK);
    fit_reference(b, w->frame[k], w->mu[k], y);
    for (int r = 0; r < ROWS; r++) {
      double weight = r == 0 ? w->weight[k].energy / N : r <= 3 * N ? w->weight[k].force : w->weight[k].virial / N;
      sum += weight * weight * (p[r] - y[r]) * (p[r] - y[r]);
    }
  }
  return sum / (FRAMES * ROWS);
}

static double *linear_solution(const world *w, const fit_basis *b, double ridge) {
  fit_environment_frame frame[FRAMES];
  fit_triangle part[3];
  lisi_error err = {0};
  fit_solution s;
  for (int k = 0; k < FRAMES; k++)
    frame[k] = (fit_environment_frame){w->set[k], w->frame[k], w->mu[k]};
  fit_stream_frames frames = {b, FRAMES, frame, w->weight, w->fold, 3, NULL, 0};
  assert_int_equal(fit_stream(&frames, "rows", part, &err), LISI_OK);
  fit_system system = {b->ncolumns, 0, 3, part, b->gamma};
  fit_prior prior = {FIT_RIDGE_GIVEN, ridge, false, false};
  assert_int_equal(fit_solve(&system, &prior, &s, &err), LISI_OK);
  for (int k = 0; k < 3; k++)
    fit_triangle_free(&part[k]);
  double *c = s.coefficient;
  s.coefficient = NULL;
  fit_solution_free(&s);
  return c;
}

/* Against differences of the slope, which the evaluator's tests hold against the energy. */
static void curvature_is_the_slope_of_the_slope(void **state) {
  (void)state;
  static const double m[] = {0.5, 0.75, 1.0, 2.0};
  /* FinnisSinclair goes over from one form to the other around 1e-6; the other kind has no small scale. */
  static const double plain[] = {2e-8, 3e-7, 7e-7, 9e-7, 1e-6, 1.1e-6, 1.4e-6, 2e-6, 1e-5, 1e-2, 0.4, 3, 50};
  static const double scaled[] = {1e-3, 1e-2, 0.1, 0.7, 1, 3, 12};
  for (int kind = 0; kind < 2; kind++)
    for (int q = 0; q < 4; q++)
      for (int k = 0; k < (kind ? 7 : 13); k++)
        for (int sign = -1; sign <= 1; sign += 2) {
          const ace_embedding_kind e = kind ? ACE_FINNIS_SINCLAIR_SHIFTED_SCALED : ACE_FINNIS_SINCLAIR;
          const double y = kind ? scaled[k] : plain[k], rho = sign * y, h = 1e-4 * y;
          double up, down, slope;
          ace_embed(e, m[q], rho + h, &up);
          ace_embed(e, m[q], rho - h, &down);
          ace_embed(e, m[q], rho, &slope);
          const double exact = ace_embed_curvature(e, m[q], rho), numeric = (up - down) / (2 * h);
          /* differences: h^2 of the third derivative, and the rounding of the slope over h */
          const double allowed = 1e-6 * fabs(exact) + 2e-7 * (kind ? 1.0 : fabs(slope) / y) + 1e-15 * fabs(slope) / h;
          if (!(fabs(numeric - exact) <= allowed))
            fail_msg("kind %d m %g rho %g: %.12g, differences %.12g", kind, m[q], rho, exact, numeric);
          if (m[q] == 1.0)
            assert_true(exact == 0.0);
          assert_true(ace_embed_curvature(e, m[q], -rho) == -exact);
        }
  /* the linear piece next to zero */
  assert_true(ace_embed_curvature(ACE_FINNIS_SINCLAIR, 0.5, 5e-11) == 0.0);
  assert_true(ace_embed_curvature(ACE_FINNIS_SINCLAIR, 0.5, 0.0) == 0.0);
}

static void derivatives_by_coefficients(void **state) {
  (void)state;
  const char *const kinds[] = {one_density, two_scaled, two_plain, three};
  for (int q = 0; q < 4; q++) {
    fit_basis *b = make_basis(kinds[q]);
    xyz_set *set = make_set(7);
    const size_t n = parameters(b);
    double *c = coefficients(b, 0.6, 5), *j = malloc(n * ROWS * sizeof *j), p[ROWS], up[ROWS], down[ROWS], again[ROWS];
    int mu[2];
    lisi_error err = {0};
    assert_non_null(j);
    assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
    assert_int_equal(fit_predict(b, set, &set->frame[0], mu, c, p, j, &err), LISI_OK);
    assert_int_equal(fit_predict(b, set, &set->frame[0], mu, c, again, NULL, &err), LISI_OK);
    assert_memory_equal(p, again, sizeof p);
    for (size_t k = 0; k < n; k++) {
      const double c0 = c[k], h = 1e-4;
      double big = 0;
      c[k] = c0 + h;
      assert_int_equal(fit_predict(b, set, &set->frame[0], mu, c, up, NULL, &err), LISI_OK);
      c[k] = c0 - h;
      assert_int_equal(fit_predict(b, set, &set->frame[0], mu, c, down, NULL, &err), LISI_OK);
      c[k] = c0;
      for (int r = 0; r < ROWS; r++)
        big = fmax(big, fabs(j[k * ROWS + (size_t)r]));
      for (int r = 0; r < ROWS; r++)
        if (!(fabs((up[r] - down[r]) / (2 * h) - j[k * ROWS + (size_t)r]) <= 1e-5 * big + 1e-10))
          fail_msg("case %d, coefficient %zu, row %d: %.12g, differences %.12g", q, k, r, j[k * ROWS + (size_t)r],
                   (up[r] - down[r]) / (2 * h));
    }
    free(c);
    free(j);
    xyz_free(set);
    fit_basis_free(b);
  }
}

/* Data of a model with two densities: the linear fit cannot follow them, the fit of two densities does. */
static void recovery(void **state) {
  (void)state;
  const char *const kinds[] = {two_scaled, two_plain};
  for (int q = 0; q < 2; q++) {
    fit_basis *b = make_basis(kinds[q]);
    double *truth = coefficients(b, 0.6, 41), *c = malloc(parameters(b) * sizeof *c);
    world *w = world_make(b, truth, b);
    double *linear = linear_solution(w, b, SMALL_RIDGE);
    fit_path path;
    lisi_error err = {0};
    assert_non_null(c);
    if (fit_nonlinear(&w->frames, linear, SMALL_RIDGE, 40, TOLERANCE, "fit", c, &path, &err) != LISI_OK)
      fail_msg("%s", err.message);
    memset(truth, 0, parameters(b) * sizeof *truth);
    const double nothing = residual(w, b, truth);
    memcpy(truth, linear, (size_t)b->ncolumns * sizeof *truth);
    const double of_linear = residual(w, b, truth), of_fit = residual(w, b, c);
    print_message("case %d: %zu coefficients, RMS residual %.3g (nothing) %.3g (linear) %.3g, %d steps, %.3g -> %.3g\n",
                  q, parameters(b), sqrt(nothing), sqrt(of_linear), sqrt(of_fit), path.steps, path.first, path.last);
    assert_true(path.converged && path.steps < 20);
    assert_true(of_fit < 1e-10 * of_linear && of_linear < nothing); /* squares */
    assert_true(path.last < 1e-8 * path.first);
    /* what it says it minimised is the residual and a little prior */
    assert_true(path.last >= of_fit * (1 - 1e-9) && path.last < of_fit + 1e-3 * of_linear);
    free(linear);
    free(truth);
    free(c);
    world_free(w);
    fit_basis_free(b);
  }
}

/* At the end of a fit with a prior that matters the function minimised is flat: the gradient of the residual by
 * differences is balanced by that of the prior, made here from the definition. (Only where no atom's density rests at
 * zero: there the slope of the embedding has a kink, and a minimum need not be flat. This case has none.) */
static void gradient_vanishes(void **state) {
  (void)state;
  const double ridge = 0.01;
  fit_basis *b = make_basis(two_scaled);
  double *truth = coefficients(b, 0.6, 43);
  world *w = world_make(b, truth, b);
  const size_t n = parameters(b), ncol = (size_t)b->ncolumns;
  double *linear = linear_solution(w, b, ridge), *start = malloc(n * sizeof *start), *c = malloc(n * sizeof *c),
         *j = malloc(n * ROWS * sizeof *j), *s2 = calloc(n, sizeof *s2);
  fit_path path;
  lisi_error err = {0};
  assert_true(start && c && j && s2);
  /* s_pb of the header: root mean square of the weighted derivatives where the fit starts, which no step shows */
  assert_int_equal(fit_nonlinear(&w->frames, linear, ridge, 0, TOLERANCE, "fit", start, &path, &err), LISI_OK);
  assert_int_equal(path.steps, 0);
  assert_memory_equal(start, linear, ncol * sizeof *start);
  for (int k = 0; k < FRAMES; k++) {
    double p[ROWS];
    assert_int_equal(fit_predict(b, w->set[k], w->frame[k], w->mu[k], start, p, j, &err), LISI_OK);
    for (size_t q = 0; q < n; q++)
      for (int r = 0; r < ROWS; r++) {
        double weight = r == 0 ? w->weight[k].energy / N : r <= 3 * N ? w->weight[k].force : w->weight[k].virial / N;
        s2[q] += weight * weight * j[q * ROWS + (size_t)r] * j[q * ROWS + (size_t)r] / (FRAMES * ROWS);
      }
  }
  assert_int_equal(fit_nonlinear(&w->frames, linear, ridge, 200, 1e-9, "fit", c, &path, &err), LISI_OK);
  assert_true(path.converged);
  double worst = 0, typical = 0;
  for (size_t q = 0; q < n; q++) {
    /* in units where the prior is ridge^2 x^2 */
    const double unit = 1 / (b->gamma[q % ncol] * sqrt(s2[q])), c0 = c[q], h = 1e-6 * unit;
    c[q] = c0 + h;
    const double up = residual(w, b, c);
    c[q] = c0 - h;
    const double down = residual(w, b, c), prior = 2 * ridge * ridge * c0 / unit;
    c[q] = c0;
    worst = fmax(worst, fabs((up - down) / 2e-6 + prior));
    typical = fmax(typical, fabs(prior));
  }
  print_message("gradient at the end %.3g, of the prior alone %.3g; %d steps\n", worst, typical, path.steps);
  assert_true(worst < 1e-3 * typical);
  free(linear);
  free(start);
  free(c);
  free(j);
  free(s2);
  free(truth);
  world_free(w);
  fit_basis_free(b);
}

/* One density is the linear problem: from anywhere one step leads to the solution of fit_solve. */
static void one_density_is_linear(void **state) {
  (void)state;
  const double ridge = 0.01;
  fit_basis *b = make_basis(one_density), *other = make_basis(two_scaled);
  double *truth = coefficients(other, 0.6, 47);
  world *w = world_make(other, truth, b);
  double *exact = linear_solution(w, b, ridge), *start = coefficients(b, 1, 3), *c = malloc(parameters(b) * sizeof *c),
         big = 0;
  fit_path path;
  lisi_error err = {0};
  assert_non_null(c);
  assert_int_equal(fit_nonlinear(&w->frames, start, ridge, 1, TOLERANCE, "fit", c, &path, &err), LISI_OK);
  assert_int_equal(path.steps, 1);
  for (int k = 0; k < b->ncolumns; k++)
    big = fmax(big, fabs(exact[k]));
  for (int k = 0; k < b->ncolumns; k++)
    assert_true(fabs(c[k] - exact[k]) < 1e-8 * big);
  /* and there it stays */
  assert_int_equal(fit_nonlinear(&w->frames, exact, ridge, 10, TOLERANCE, "fit", c, &path, &err), LISI_OK);
  assert_true(path.converged);
  for (int k = 0; k < b->ncolumns; k++)
    assert_true(fabs(c[k] - exact[k]) < 1e-8 * big);
  free(exact);
  free(start);
  free(c);
  free(truth);
  world_free(w);
  fit_basis_free(b);
  fit_basis_free(other);
}

/* Energies and forces of a model through the evaluator, whose radial tables are made fine enough to tell. */
static void evaluator_agrees(void **state) {
  (void)state;
  const char *const kinds[] = {two_scaled, two_plain, three};
  for (int q = 0; q < 3; q++) {
    fit_basis *b = make_basis(kinds[q]);
    xyz_set *set = make_set(5);
    const xyz_frame *f = &set->frame[0];
    double *c = coefficients(b, 0.6, 23), p[ROWS];
    lisi_error err = {0};
    ace_model *model;
    ace_eval *eval;
    ace_work *work;
    fit_neighbors list;
    int element[N], mu[2];
    assert_int_equal(fit_species(b, set, mu, &err), LISI_OK);
    assert_int_equal(fit_predict(b, set, f, mu, c, p, NULL, &err), LISI_OK);
    assert_int_equal(fit_basis_model(b, c, &model, &err), LISI_OK);
    model->delta_spline_bins = 1e-4;
    assert_int_equal(ace_eval_create(model, &eval, &err), LISI_OK);
    assert_int_equal(ace_work_create(eval, &work, &err), LISI_OK);
    assert_int_equal(fit_neighbors_find(set, f, b->cutoff, &list, &err), LISI_OK);
    const int nn = list.first[N];
    int *nelement = malloc((size_t)nn * sizeof *nelement);
    double e[N], (*g)[3] = malloc((size_t)nn * sizeof *g), total = 0, force[3 * N] = {0}, big = 0, worst = 0;
    assert_true(nelement && g);
    for (int i = 0; i < N; i++)
      element[i] = mu[f->species[i]];
    for (int k = 0; k < nn; k++)
      nelement[k] = mu[f->species[list.index[k]]];
    assert_int_equal(
        ace_eval_atoms(eval, work, N, element, list.first, nelement, (const double(*)[3])list.rij, e, g, &err),
        LISI_OK);
    for (int i = 0; i < N; i++) {
      total += e[i] - b->E0[element[i]];
      for (int k = list.first[i]; k < list.first[i + 1]; k++)
        for (int d = 0; d < 3; d++) {
          force[3 * i + d] += g[k][d];
          force[3 * list.index[k] + d] -= g[k][d];
        }
    }
    for (int k = 0; k < 3 * N; k++) {
      big = fmax(big, fabs(p[1 + k]));
      worst = fmax(worst, fabs(force[k] - p[1 + k]));
    }
    print_message("case %d: energy %.2g, forces %.2g of max F\n", q, fabs(total - p[0]) / big, worst / big);
    assert_true(fabs(total - p[0]) < 1e-10 * big);
    assert_true(worst < 1e-10 * big);
    fit_neighbors_free(&list);
    ace_work_free(work);
    ace_eval_free(eval);
    ace_model_free(model);
    free(nelement);
    free(g);
    free(c);
    xyz_free(set);
    fit_basis_free(b);
  }
}

static void threads_change_nothing(void **state) {
  (void)state;
  fit_basis *b = make_basis(three);
  double *truth = coefficients(b, 0.6, 53), *c[3];
  world *w = world_make(b, truth, b);
  double *linear = linear_solution(w, b, 1e-3);
  fit_path path[3];
  lisi_error err = {0};
  const int before = omp_get_max_threads();
  assert_true(parameters(b) > 128); /* several blocks of the normal matrix */
  for (int t = 0; t < 3; t++) {
    c[t] = malloc(parameters(b) * sizeof **c);
    assert_non_null(c[t]);
    omp_set_num_threads(t + 1);
    assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 5, TOLERANCE, "fit", c[t], &path[t], &err), LISI_OK);
    assert_int_equal(path[t].steps, path[0].steps);
    assert_true(path[t].last == path[0].last);
    assert_memory_equal(c[t], c[0], parameters(b) * sizeof **c);
  }
  omp_set_num_threads(before);
  for (int t = 0; t < 3; t++)
    free(c[t]);
  free(linear);
  free(truth);
  world_free(w);
  fit_basis_free(b);
}

/* A frame left out, by its fold, is not looked at; one that cannot be used is named. */
static void folds_and_failures(void **state) {
  (void)state;
  fit_basis *b = make_basis(two_scaled);
  double *truth = coefficients(b, 0.6, 59), *c = malloc(parameters(b) * sizeof *c),
         *d = malloc(parameters(b) * sizeof *d);
  world *w = world_make(b, truth, b);
  double *linear = linear_solution(w, b, 1e-3);
  fit_path path;
  lisi_error err = {0};
  assert_true(c && d);
  w->frames.skip = 1;
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", c, &path, &err), LISI_OK);
  for (int k = 1; k < FRAMES; k += 3)
    w->set[k]->frame[0].energy += 7;
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", d, &path, &err), LISI_OK);
  assert_memory_equal(c, d, parameters(b) * sizeof *c);

  w->frames.skip = -1;
  double *x = w->set[11]->frame[0].pos;
  const double x0[3] = {x[3], x[4], x[5]};
  for (int q = 0; q < 3; q++)
    x[3 + q] = x[q] + 0.5 * (q == 0); /* nearer than the inner cut-off */
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", c, &path, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "frame:2"));
  /* with one density no start is made of the data, and the frames are first seen on the threads */
  fit_basis *one = make_basis(one_density);
  w->frames.basis = one;
  memset(&err, 0, sizeof err);
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", c, &path, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "frame:2"));
  w->frames.basis = b;
  fit_basis_free(one);
  memcpy(x + 3, x0, sizeof x0);

  for (int k = 0; k < FRAMES; k++)
    w->weight[k] = (fit_weight){0, 0, 0};
  memset(&err, 0, sizeof err);
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", c, &path, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "no energies"));
  for (int k = 0; k < FRAMES; k++)
    w->weight[k] = (fit_weight){10, 1, 1};

  /* without a prior the damping alone has to make the matrix definite */
  memset(&err, 0, sizeof err);
  if (fit_nonlinear(&w->frames, linear, 0, 3, TOLERANCE, "fit", c, &path, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_true(path.last < path.first);
  free(c);
  free(d);
  free(linear);
  free(truth);
  world_free(w);
  fit_basis_free(b);
}

/* The last test: the flag of the interrupt stays. */
static void interrupt(void **state) {
  (void)state;
  fit_basis *b = make_basis(two_scaled);
  double *truth = coefficients(b, 0.6, 61), *c = malloc(parameters(b) * sizeof *c);
  world *w = world_make(b, truth, b);
  double *linear = linear_solution(w, b, 1e-3);
  fit_path path;
  lisi_error err = {0};
  assert_non_null(c);
  progress_catch_interrupt();
  raise(SIGINT);
  assert_int_equal(fit_nonlinear(&w->frames, linear, 1e-3, 3, TOLERANCE, "fit", c, &path, &err), LISI_ERR_CANCELLED);
  free(c);
  free(linear);
  free(truth);
  world_free(w);
  fit_basis_free(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(curvature_is_the_slope_of_the_slope),
                                     cmocka_unit_test(derivatives_by_coefficients),
                                     cmocka_unit_test(recovery),
                                     cmocka_unit_test(gradient_vanishes),
                                     cmocka_unit_test(one_density_is_linear),
                                     cmocka_unit_test(evaluator_agrees),
                                     cmocka_unit_test(threads_change_nothing),
                                     cmocka_unit_test(folds_and_failures),
                                     cmocka_unit_test(interrupt)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
