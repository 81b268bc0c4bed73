/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernels for each kind of processor give the same numbers. Eight lanes are also tested as the compiler makes them
 * from smaller vectors, so that their loops are tested where there is no AVX-512. */
#include "ace_eval.h"
#include "ace_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#define SQRT(v)                                                                                                        \
  ((vec){sqrt((v)[0]), sqrt((v)[1]), sqrt((v)[2]), sqrt((v)[3]), sqrt((v)[4]), sqrt((v)[5]), sqrt((v)[6]),             \
         sqrt((v)[7])})
#define W 8
#define NAME ace_kernels_wide
#define TEXT "wide"
#include "ace_kernel_body.h"

enum { ATOMS = 37, NEIGHBOURS = 31, PAIRS = ATOMS * NEIGHBOURS };

typedef struct {
  int element[ATOMS], first[ATOMS + 1], nelement[PAIRS];
  double d[PAIRS][3];
} environment;

typedef struct {
  double energy[ATOMS], g[PAIRS][3];
} outcome;

static bool evaluate(const ace_model *model, const ace_kernels *kernels, const environment *x, outcome *out) {
  ace_eval *e = NULL;
  ace_work *w = NULL;
  lisi_error err = {0};
  const lisi_status status =
      kernels != NULL ? ace_eval_create_for(model, kernels, &e, &err) : ace_eval_create(model, &e, &err);
  if (status == LISI_ERR_UNSUPPORTED)
    return false; /* this processor lacks them */
  assert_int_equal(status, LISI_OK);
  assert_int_equal(ace_work_create(e, &w, &err), LISI_OK);
  assert_string_equal(ace_eval_simd(e), kernels != NULL ? kernels->name : getenv("LISI_SIMD"));
  if (ace_eval_atoms(e, w, ATOMS, x->element, x->first, x->nelement, x->d, out->energy, out->g, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_true(ace_work_bytes(e, w) > 0 && ace_eval_bytes(e) > 0);
  ace_work_free(w);
  ace_eval_free(e);
  return true;
}

/* Differences in units of the largest number of a kind. */
static void compare(const outcome *a, const outcome *b, const char *name) {
  double energy = 0.0, force = 0.0, de = 0.0, df = 0.0;
  for (int i = 0; i < ATOMS; i++) {
    assert_true(isfinite(a->energy[i]) && isfinite(b->energy[i])); /* fmax passes over what is no number */
    energy = fmax(energy, fabs(a->energy[i]));
    de = fmax(de, fabs(a->energy[i] - b->energy[i]));
  }
  for (int j = 0; j < PAIRS; j++)
    for (int k = 0; k < 3; k++) {
      assert_true(isfinite(a->g[j][k]) && isfinite(b->g[j][k]));
      force = fmax(force, fabs(a->g[j][k]));
      df = fmax(df, fabs(a->g[j][k] - b->g[j][k]));
    }
  assert_true(energy > 0.0 && force > 0.0);
  if (!(de < 1e-13 * energy && df < 1e-13 * force))
    fail_msg("%s: energies differ by %.2g, forces by %.2g of the largest", name, de / energy, df / force);
}

static void levels_agree(void **state) {
  (void)state;
  static environment x;
  static outcome reference, other;
  int tried = 0;
  for (int round = 0; round < 6; round++) {
    ace_model *model = naive_model((naive_recipe){.kind = round % 2 ? ACE_SBESSEL : ACE_CHEB_EXP_COS,
                                                  .inner = (ace_inner_kind)(round % 3),
                                                  .nelements = 1 + round % 3,
                                                  .ndensity = 1 + round / 2,
                                                  .maxrank = 3 + round % 4,
                                                  .nfunctions = 60,
                                                  .lmax = round == 5 ? 9 : 2 + round,
                                                  .prehc = 1.0,
                                                  .rho_core_cutoff = 1e4,
                                                  .drho_core_cutoff = 250,
                                                  .delta = 0.01});
    for (int a = 0; a <= ATOMS; a++)
      x.first[a] = a * NEIGHBOURS;
    for (int a = 0; a < ATOMS; a++) {
      x.element[a] = naive_int(0, model->nelements - 1);
      naive_neighbours(NEIGHBOURS, model->nelements, 1.6, 5.6, x.nelement + a * NEIGHBOURS, x.d + a * NEIGHBOURS);
    }
    setenv("LISI_SIMD", "sse2", 1);
    assert_true(evaluate(model, NULL, &x, &reference));
    const char *const names[] = {"avx2", "avx512"};
    for (int k = 0; k < 2; k++) {
      setenv("LISI_SIMD", names[k], 1);
#if defined(ACE_HAVE_AVX)
      if (evaluate(model, NULL, &x, &other)) {
        compare(&reference, &other, names[k]);
        tried++;
      }
#endif
    }
    assert_true(evaluate(model, &ace_kernels_wide, &x, &other));
    compare(&reference, &other, "eight lanes");
    ace_model_free(model);
  }
  print_message("%d comparisons beside the eight lanes\n", tried);
}

static void unknown_level(void **state) {
  (void)state;
  const ace_kernels *kernels;
  lisi_error err = {0};
  setenv("LISI_SIMD", "mmx", 1);
  assert_int_equal(ace_kernels_choose(&kernels, &err), LISI_ERR_INPUT);
  assert_non_null(strstr(err.message, "LISI_SIMD=mmx: expected sse2"));
  unsetenv("LISI_SIMD");
  assert_int_equal(ace_kernels_choose(&kernels, &err), LISI_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(levels_agree), cmocka_unit_test(unknown_level)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
