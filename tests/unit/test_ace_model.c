/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing .yace: a round trip to the last bit, and one test for every kind of bad input, made by changing
 * one place of a good file. */
#include "ace_naive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

/* Two elements, every key, small enough to be changed by hand. */
static const char good[] =
    "lisi:\n"
    "  format: 1\n"
    "  units: metal\n"
    "  provenance: \"by hand\"\n"
    "  nfunctions: [3, 1]\n"
    "elements: [Li, Si]\n"
    "E0: [-1.5, -2.5]\n"
    "deltaSplineBins: 0.001\n"
    "embeddings:\n"
    "  0: {ndensity: 2, FS_parameters: [1, 1, 1, 0.5], npoti: FinnisSinclairShiftedScaled, rho_core_cutoff: 3000, "
    "drho_core_cutoff: 150}\n"
    "  1: {ndensity: 1, FS_parameters: [1, 1], npoti: FinnisSinclair, rho_core_cutoff: 3000, drho_core_cutoff: 150}\n"
    "bonds:\n"
    "  [0, 0]: {nradmax: 1, lmax: 1, nradbasemax: 2, radbasename: ChebExpCos, radparameters: [5.25], radcoefficients: "
    "[[[1, 0.5], [0.25, 1]]], "
    "prehc: 100, lambdahc: 1, rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}\n"
    "  [0, 1]: {nradmax: 1, lmax: 1, nradbasemax: 2, radbasename: ChebPow, radparameters: [2], radcoefficients: [[[1, "
    "0.5], [0.25, 1]]], "
    "prehc: 100, lambdahc: 1, rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}\n"
    "  [1, 0]: {nradmax: 1, lmax: 1, nradbasemax: 2, radbasename: SBessel, radparameters: [2], radcoefficients: [[[1, "
    "0.5], [0.25, 1]]], "
    "prehc: 100, lambdahc: 1, rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}\n"
    "  [1, 1]: {nradmax: 1, lmax: 1, nradbasemax: 2, radbasename: ChebExpCos, radparameters: [4], radcoefficients: "
    "[[[1, 0.5], [0.25, 1]]], "
    "prehc: 100, lambdahc: 1, rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}\n"
    "functions:\n"
    "  0:\n"
    "    - {mu0: 0, rank: 1, ndensity: 2, num_ms_combs: 1, mus: [0], ns: [2], ls: [0], ms_combs: [0], ctildes: [0.125, "
    "3]}\n"
    "    - {mu0: 0, rank: 2, ndensity: 2, num_ms_combs: 3, mus: [0, 1], ns: [1, 1], ls: [1, 1], ms_combs: [-1, 1, 0, "
    "0, 1, -1], "
    "ctildes: [1, 2, 3, 4, 5, 6]}\n"
    "    - {mu0: 0, rank: 3, ndensity: 2, num_ms_combs: 1, mus: [0, 1, 1], ns: [1, 1, 1], ls: [0, 0, 0], ms_combs: [0, "
    "0, 0], ctildes: [0.5, 7]}\n"
    "  1:\n"
    "    - {mu0: 1, rank: 1, ndensity: 1, num_ms_combs: 1, mus: [0], ns: [1], ls: [0], ms_combs: [0], ctildes: "
    "[0.3]}\n";

static lisi_status parse(const char *text, ace_model **model, char *warnings, size_t n, lisi_error *err) {
  if (n > 0)
    warnings[0] = '\0';
  return ace_model_parse(text, strlen(text), "mine.yace", model, warnings, n, err);
}

/* `good` with the first `from` after `after` (NULL: from the start) replaced. */
static char *changed(const char *after, const char *from, const char *to) {
  const char *at = after != NULL ? strstr(good, after) : good;
  if (at == NULL)
    fail_msg("no '%s' in the good file", after);
  at = strstr(at, from);
  if (at == NULL)
    fail_msg("no '%s' in the good file", from);
  char *text = malloc(sizeof good + strlen(to) + 1);
  const size_t head = (size_t)(at - good);
  memcpy(text, good, head);
  strcpy(text + head, to);
  strcat(text, at + strlen(from));
  return text;
}

static void good_file(void **state) {
  (void)state;
  ace_model *m;
  lisi_error err = {0};
  char warnings[500];
  if (parse(good, &m, warnings, sizeof warnings, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_string_equal(warnings, "");
  assert_int_equal(m->nelements, 2);
  assert_int_equal(ace_model_element(m, "Si"), 1);
  assert_int_equal(ace_model_element(m, "O"), -1);
  assert_true(ace_model_cutoff(m) == 5.0);
  assert_true(m->E0[1] == -2.5 && m->delta_spline_bins == 0.001);
  assert_int_equal(m->bond[1].kind, ACE_CHEB_POW);
  assert_int_equal(m->bond[2].kind, ACE_SBESSEL);
  assert_true(m->bond[3].lambda == 4.0 && m->bond[3].crad[2] == 0.25);
  assert_int_equal(m->species[0].nfunctions, 3);
  assert_int_equal(m->species[0].embedding, ACE_FINNIS_SINCLAIR_SHIFTED_SCALED);
  const ace_function *f = &m->species[0].function[1];
  assert_int_equal(f->nms, 3);
  assert_int_equal(m->species[0].ms[f->ms_first], -1);
  assert_true(m->species[0].ctilde[f->ct_first + 5] == 6.0);
  assert_string_equal(m->meta.provenance, "by hand");
  ace_model_free(m);
}

static char *printed(const ace_model *model, size_t *size) {
  char *text = NULL;
  FILE *stream = open_memstream(&text, size);
  ace_model_print(model, stream);
  fclose(stream);
  return text;
}

/* Writing, reading and writing again gives the same bytes, and the numbers in between are the same bits. */
static void round_trip(const ace_model *model) {
  size_t size, size2;
  char *text = printed(model, &size);
  ace_model *again;
  lisi_error err = {0};
  if (ace_model_parse(text, size, "round", &again, NULL, 0, &err) != LISI_OK)
    fail_msg("%s", err.message);
  char *text2 = printed(again, &size2);
  assert_int_equal(size, size2);
  assert_memory_equal(text, text2, size);
  const int n = model->nelements;
  assert_memory_equal(model->E0, again->E0, (size_t)n * sizeof(double));
  for (int b = 0; b < n * n; b++) {
    const ace_bond *x = &model->bond[b], *y = &again->bond[b];
    assert_memory_equal(x->crad, y->crad, sizeof(double) * (size_t)(x->nradmax * (x->lmax + 1) * x->nradbase));
    assert_true(x->rcut == y->rcut && x->kind == y->kind);
    if (x->kind != ACE_ACEJL && x->kind != ACE_ACEJL_SPLINE)
      assert_true(x->dcut == y->dcut && x->prehc == y->prehc && x->lambda == y->lambda);
    if (x->kind == ACE_ACEJL)
      assert_memory_equal(x->jl.abc, y->jl.abc, 3 * sizeof(double) * (size_t)x->nradbase);
    if (x->kind == ACE_ACEJL_SPLINE) {
      assert_int_equal(x->nbins, y->nbins);
      assert_memory_equal(x->node, y->node, 2 * sizeof(double) * (size_t)((x->nbins + 1) * x->nradbase));
    }
    if (x->pairpot != NULL) {
      assert_non_null(y->pairpot);
      assert_true(x->pairpot->ri == y->pairpot->ri && x->pairpot->rcut == y->pairpot->rcut);
      assert_memory_equal(x->pairpot->c, y->pairpot->c, sizeof(double) * (size_t)x->pairpot->basis.n);
    }
  }
  for (int mu = 0; mu < n; mu++) {
    const ace_species *x = &model->species[mu], *y = &again->species[mu];
    assert_int_equal(x->nctilde, y->nctilde);
    assert_memory_equal(x->ctilde, y->ctilde, x->nctilde * sizeof(double));
    assert_memory_equal(x->ms, y->ms, x->nms_total);
    assert_memory_equal(x->fs, y->fs, 2 * sizeof(double) * (size_t)x->ndensity);
  }
  free(text);
  free(text2);
  ace_model_free(again);
}

static void round_trips(void **state) {
  (void)state;
  ace_model *m;
  lisi_error err = {0};
  if (parse(good, &m, NULL, 0, &err) != LISI_OK)
    fail_msg("%s", err.message);
  static const char table[] = "group  E  F\n  LiSi  1.0 2.0\n\nrest: 3 # x\n",
                    odd[] = " a \"quoted\" \\ text:\twith\n\n# all, \xc3\x85 { of it ";
  m->meta.error_table = malloc(sizeof table);
  memcpy(m->meta.error_table, table, sizeof table);
  free(m->meta.provenance);
  m->meta.provenance = malloc(sizeof odd);
  memcpy(m->meta.provenance, odd, sizeof odd);
  round_trip(m);
  size_t size;
  char *text = printed(m, &size);
  ace_model *again;
  if (ace_model_parse(text, size, "meta", &again, NULL, 0, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_string_equal(again->meta.error_table, table);
  assert_string_equal(again->meta.provenance, odd);
  ace_model_free(again);
  free(text);
  ace_model_free(m);
  for (int kind = 0; kind < 6; kind++) {
    m = naive_model((naive_recipe){.kind = (ace_radial_kind)kind,
                                   .inner = (ace_inner_kind)(kind % 3),
                                   .embedding = (ace_embedding_kind)(kind % 2),
                                   .nelements = 3,
                                   .ndensity = 2,
                                   .maxrank = 5,
                                   .nfunctions = 30,
                                   .lmax = 3,
                                   .prehc = 1.0 / 3.0,
                                   .rho_core_cutoff = 1e5,
                                   .drho_core_cutoff = 250,
                                   .delta = 0.001,
                                   .pairpot = kind == ACE_ACEJL});
    round_trip(m);
    ace_model_free(m);
  }
}

/* A pair given twice in the tables of ACE.jl, which would otherwise be the last one's without a word. */
static void pair_tables_of_acejl(void **state) {
  (void)state;
  static const char *const section[] = {"polypairpot: {", "reppot: {"};
  ace_model *m = naive_model((naive_recipe){.kind = ACE_ACEJL,
                                            .nelements = 2,
                                            .ndensity = 1,
                                            .maxrank = 2,
                                            .nfunctions = 4,
                                            .lmax = 1,
                                            .rho_core_cutoff = 1e5,
                                            .drho_core_cutoff = 250,
                                            .delta = 0.001,
                                            .pairpot = true});
  for (int k = 0; k < 2; k++) {
    size_t size;
    lisi_error err = {0};
    ace_model *again = NULL;
    char *file = printed(m, &size), *text = strdup(file), said[100];
    free(file);
    assert_non_null(text);
    const char *from = strstr(text, section[k]);
    const char *key = from != NULL ? strstr(from, "[0, 1]") : NULL;
    if (key == NULL)
      fail_msg("%s has no pair [0, 1]", section[k]);
    text[key - text + 4] = '0';
    assert_int_equal(ace_model_parse(text, size, "mine.yace", &again, NULL, 0, &err), LISI_ERR_INPUT);
    snprintf(said, sizeof said, "%.*s/coefficients: key: the pair [0, 0] stands twice", (int)strcspn(section[k], ":"),
             section[k]);
    if (strstr(err.message, said) == NULL)
      fail_msg("expected '%s', found '%s'", said, err.message);
    assert_null(again);
    free(text);
  }
  ace_model_free(m);
}

typedef struct {
  const char *what, *after, *from, *to, *message;
  lisi_status status;
} bad;

static void bad_files(void **state) {
  (void)state;
  static const bad list[] = {
      {"wrong version", NULL, "format: 1", "format: 2",
       "mine.yace:2: lisi/format: this program knows version 1, found 2", LISI_ERR_VERSION},
      {"other units", NULL, "units: metal", "units: real", "lisi/units: expected metal, found 'real'", LISI_ERR_INPUT},
      {"functions lost", NULL, "nfunctions: [3, 1]", "nfunctions: [4, 1]",
       "expected 4 functions of element 0, found 3 (is the file cut off?)", LISI_ERR_INPUT},
      {"pair potential", NULL, "bonds:", "polypairpot: {maxn: 1, coefficients: {}}\nbonds:",
       "polypairpot: expected radbasename ACE.jl for all bonds, found ChebExpCos for [0, 0]", LISI_ERR_INPUT},
      {"no element", NULL, "[Li, Si]", "[]", "elements: expected 1 to 118", LISI_ERR_INPUT},
      {"element twice", NULL, "[Li, Si]", "[Li, Li]", "elements: 'Li' stands twice", LISI_ERR_INPUT},
      {"long element", NULL, "[Li, Si]", "[Li, Silicon]",
       "elements: expected an element symbol of 1 to 3 letters, found 'Silicon'", LISI_ERR_INPUT},
      {"E0 length", NULL, "E0: [-1.5, -2.5]", "E0: [-1.5]", "E0: expected 2 values, found 1", LISI_ERR_INPUT},
      {"delta zero", NULL, "deltaSplineBins: 0.001", "deltaSplineBins: 0",
       "deltaSplineBins: expected a width from 1e-5 to 0.1", LISI_ERR_INPUT},
      {"delta large", NULL, "deltaSplineBins: 0.001", "deltaSplineBins: 3", "deltaSplineBins: expected a width",
       LISI_ERR_INPUT},
      {"delta negative", NULL, "deltaSplineBins: 0.001", "deltaSplineBins: -0.001", "deltaSplineBins: expected a width",
       LISI_ERR_INPUT},
      {"delta tiny", NULL, "deltaSplineBins: 0.001", "deltaSplineBins: 1e-9", "deltaSplineBins: expected a width",
       LISI_ERR_INPUT},
      {"delta text", NULL, "deltaSplineBins: 0.001", "deltaSplineBins: fine",
       "mine.yace:8: deltaSplineBins: expected a finite number, found 'fine'", LISI_ERR_INPUT},
      {"unknown npoti", NULL, "npoti: FinnisSinclair,", "npoti: Bessel,",
       "mine.yace:11: npoti: expected FinnisSinclair or", LISI_ERR_INPUT},
      {"FS length", NULL, "FS_parameters: [1, 1, 1, 0.5]", "FS_parameters: [1, 1]",
       "FS_parameters: expected 4 values, found 2", LISI_ERR_INPUT},
      {"FS exponent", NULL, "FS_parameters: [1, 1, 1, 0.5]", "FS_parameters: [1, 1, 1, 0]",
       "FS_parameters: expected exponents", LISI_ERR_INPUT},
      {"embedding missing", NULL,
       "  1: {ndensity: 1, FS_parameters: [1, 1], npoti: FinnisSinclair, rho_core_cutoff: 3000, drho_core_cutoff: "
       "150}\n",
       "", "embeddings: element 1 (Si) is missing", LISI_ERR_INPUT},
      {"ndensity of a function", "\nfunctions:", "rank: 1, ndensity: 2", "rank: 1, ndensity: 1",
       "ndensity = 1, but the embedding of element 0 has 2", LISI_ERR_INPUT},
      {"ndensity too large", NULL, "0: {ndensity: 2", "0: {ndensity: 200", "ndensity: expected an integer from 1 to 8",
       LISI_ERR_INPUT},
      {"lambda zero", NULL, "radparameters: [5.25]", "radparameters: [0]", "mine.yace:13: radparameters: lambda = 0",
       LISI_ERR_INPUT},
      {"lambda zero, ChebPow", "[0, 1]:", "radparameters: [2]", "radparameters: [0]", "radparameters: lambda = 0",
       LISI_ERR_INPUT},
      {"no lambda", NULL, "radparameters: [5.25]", "radparameters: []",
       "radparameters: expected a list with lambda first", LISI_ERR_INPUT},
      {"nan", NULL, "radcoefficients: [[[1, 0.5]", "radcoefficients: [[[1, nan]",
       "radcoefficients: expected a finite number, found 'nan'", LISI_ERR_INPUT},
      {".nan", NULL, "ctildes: [0.125, 3]", "ctildes: [.nan, 3]", "ctildes: expected a finite number, found '.nan'",
       LISI_ERR_INPUT},
      {".inf", NULL, "ctildes: [0.125, 3]", "ctildes: [.inf, 3]", "ctildes: expected a finite number, found '.inf'",
       LISI_ERR_INPUT},
      {"overflow", NULL, "E0: [-1.5", "E0: [-1e999", "E0: expected a finite number", LISI_ERR_INPUT},
      {"duplicate key", NULL, "E0: [-1.5, -2.5]", "E0: [-1.5, -2.5]\nE0: [0, 0]", "key 'E0' stands twice",
       LISI_ERR_INPUT},
      {"duplicate pair", NULL, "  [1, 1]:", "  [0, 1]:", "bonds: the pair [0, 1] stands twice", LISI_ERR_INPUT},
      {"missing pair", NULL,
       "  [1, 1]: {nradmax: 1, lmax: 1, nradbasemax: 2, radbasename: ChebExpCos, radparameters: [4], radcoefficients: "
       "[[[1, 0.5], [0.25, 1]]], prehc: 100, lambdahc: 1, "
       "rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}\n",
       "", "bonds: the pair [1, 1] (Si Si) is missing: expected all 4 ordered pairs, found 3", LISI_ERR_INPUT},
      {"pair out of range", NULL, "  [1, 1]:", "  [1, 2]:", "bonds: key: expected an integer from 0 to 1, found '2'",
       LISI_ERR_INPUT},
      {"pair key no pair", NULL, "  [1, 1]:", "  LiLi:", "bonds: key: expected a list", LISI_ERR_INPUT},
      {"unknown basis", NULL, "radbasename: SBessel", "radbasename: Chebychev",
       "mine.yace:15: radbasename: expected ChebExpCos", LISI_ERR_INPUT},
      {"inner differs", "[1, 0]", "inner_cutoff_type: density", "inner_cutoff_type: distance, bla: 1",
       "inner_cutoff_type differs", LISI_ERR_INPUT},
      {"inner unknown", NULL, "inner_cutoff_type: density", "inner_cutoff_type: hard",
       "inner_cutoff_type: expected density, distance or zbl", LISI_ERR_INPUT},
      {"zbl without width", NULL, "dcut_in: 0.01, inner_cutoff_type: density", "dcut_in: 0, inner_cutoff_type: zbl",
       "dcut_in: expected a width > 0", LISI_ERR_INPUT},
      {"rcut zero", NULL, "rcut: 5", "rcut: 0", "rcut: expected a cut-off", LISI_ERR_INPUT},
      {"rcut huge", NULL, "rcut: 5", "rcut: 1e9", "rcut: expected a cut-off", LISI_ERR_INPUT},
      {"dcut over rcut", NULL, "dcut: 0.01", "dcut: 6", "dcut: expected 0 <= dcut <= rcut", LISI_ERR_INPUT},
      {"rcut_in over rcut", NULL, "rcut_in: 0,", "rcut_in: 9,", "rcut_in: expected 0 <= rcut_in < rcut",
       LISI_ERR_INPUT},
      {"nradmax", NULL, "nradmax: 1", "nradmax: 2", "radcoefficients: expected nradmax = 2 lists, found 1",
       LISI_ERR_INPUT},
      {"nradmax huge", NULL, "nradmax: 1", "nradmax: 2000000000", "nradmax: expected an integer from 0 to 1000",
       LISI_ERR_INPUT},
      {"lmax", NULL, "lmax: 1", "lmax: 2", "radcoefficients[0]: expected lmax + 1 = 3 lists, found 2", LISI_ERR_INPUT},
      {"lmax huge", NULL, "lmax: 1", "lmax: 99", "lmax: expected an integer from 0 to 15", LISI_ERR_INPUT},
      {"lmax too small", NULL,
       "lmax: 1, nradbasemax: 2, radbasename: ChebExpCos, radparameters: [5.25], radcoefficients: [[[1, 0.5], [0.25, "
       "1]]]",
       "lmax: 0, nradbasemax: 2, radbasename: ChebExpCos, radparameters: [5.25], radcoefficients: [[[1, 0.5]]]",
       "ls: 1 is out of range: the bond [0, 0] has lmax = 0", LISI_ERR_INPUT},
      {"nradbasemax", NULL, "nradbasemax: 2", "nradbasemax: 3",
       "radcoefficients[0][0]: expected nradbasemax = 3 numbers, found 2", LISI_ERR_INPUT},
      {"n out of range", "rank: 2", "ns: [1, 1]", "ns: [1, 2]",
       "ns: 2 is out of range: the bond [0, 1] has nradmax = 1", LISI_ERR_INPUT},
      {"n of rank 1 out of range", "rank: 1", "ns: [2]", "ns: [3]",
       "ns: 3 is out of range: the bond [0, 0] has nradbasemax = 2", LISI_ERR_INPUT},
      {"n from 0", "rank: 2", "ns: [1, 1]", "ns: [1, 0]", "ns: expected an integer from 1", LISI_ERR_INPUT},
      {"l of rank 1", "rank: 1", "ls: [0]", "ls: [1]", "ls: expected [0] for rank 1, found [1]", LISI_ERR_INPUT},
      {"m over l", NULL, "ms_combs: [-1, 1, 0, 0, 1, -1]", "ms_combs: [-2, 2, 0, 0, 1, -1]",
       "ms_combs: expected an integer from -1 to 1, found '-2'", LISI_ERR_INPUT},
      {"sum of m", NULL, "ms_combs: [-1, 1, 0, 0, 1, -1]", "ms_combs: [-1, 1, 0, 1, 1, -1]",
       "ms_combs: combination 2: expected the sum of m to be 0, found 1", LISI_ERR_INPUT},
      {"ms_combs length", NULL, "ms_combs: [-1, 1, 0, 0, 1, -1]", "ms_combs: [-1, 1, 0, 0]",
       "ms_combs: expected num_ms_combs * rank = 6 numbers, found 4", LISI_ERR_INPUT},
      {"ctildes length", NULL, "ctildes: [1, 2, 3, 4, 5, 6]", "ctildes: [1, 2, 3]",
       "ctildes: expected num_ms_combs * ndensity = 6 numbers, found 3", LISI_ERR_INPUT},
      {"num_ms_combs huge", NULL, "num_ms_combs: 3", "num_ms_combs: 2147483647", "num_ms_combs: expected an integer",
       LISI_ERR_INPUT},
      {"mus out of range", NULL, "mus: [0, 1]", "mus: [0, 2]", "mus: expected an integer from 0 to 1", LISI_ERR_INPUT},
      {"mus length", NULL, "mus: [0, 1]", "mus: [0]", "mus: expected 2 values, found 1", LISI_ERR_INPUT},
      {"rank too high", NULL, "rank: 3", "rank: 7", "rank 7: this program knows ranks up to 6", LISI_ERR_UNSUPPORTED},
      {"rank zero", NULL, "rank: 3", "rank: 0", "rank: expected an integer from 1", LISI_ERR_INPUT},
      {"mu0", NULL, "mu0: 1", "mu0: 0", "mu0 = 0 under element 1", LISI_ERR_INPUT},
      {"functions of one element missing",
       "\nfunctions:", "  1:", "  7:", "functions: expected an integer from 0 to 1, found '7'", LISI_ERR_INPUT},
      {"B-basis", NULL, "\nfunctions:", "\nfuncspecs_blocks: []\nfunctions:",
       "this is a B-basis file (.yaml), expected a .yace file", LISI_ERR_INPUT},
      {"GRACE", NULL, "\nfunctions:", "\nradial_basis: {}\nfunctions:", "this looks like a GRACE model",
       LISI_ERR_INPUT},
      {"no bonds", NULL, "bonds:", "bands:", "key 'bonds' is missing: not a .yace file, or cut off", LISI_ERR_INPUT},
      {"key missing", NULL, "rcut: 5, ", "", "mine.yace:13: key 'rcut' is missing here", LISI_ERR_INPUT},
      {"bond no mapping", NULL, "[1, 1]: {", "[1, 1]: 3\n  [1, 0]: {", "bonds: [1, 1]: expected a mapping",
       LISI_ERR_INPUT},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    char *text = changed(list[i].after, list[i].from, list[i].to);
    ace_model *m = (ace_model *)1;
    lisi_error err = {0};
    const lisi_status status = parse(text, &m, NULL, 0, &err);
    if (status != list[i].status || strstr(err.message, list[i].message) == NULL ||
        strstr(err.message, "mine.yace") == NULL)
      fail_msg("%s: status %d, message '%s', expected %d, '%s'", list[i].what, (int)status, err.message,
               (int)list[i].status, list[i].message);
    assert_int_equal(err.status, status);
    assert_null(m);
    free(text);
  }
}

/* Cut anywhere, the file is refused: our own files count their functions, so even a cut between two of them shows. */
static void truncated_files(void **state) {
  (void)state;
  for (size_t n = 0; n < strlen(good) - 2; n++) { /* all but the last brace */
    ace_model *m = NULL;
    lisi_error err = {0};
    const lisi_status status = ace_model_parse(good, n, "cut.yace", &m, NULL, 0, &err);
    if (status == LISI_OK)
      fail_msg("the first %zu bytes were accepted", n);
    assert_non_null(strstr(err.message, "cut.yace"));
    assert_null(m);
  }
}

static void warnings(void **state) {
  (void)state;
  char text[2000];
  ace_model *m;
  lisi_error err = {0};
  char *file = changed("[0, 1]", "prehc: 100", "prehc: 0");
  assert_int_equal(parse(file, &m, text, sizeof text, &err), LISI_OK);
  assert_non_null(strstr(text, "no core repulsion for Li Si (prehc = 0)"));
  ace_model_free(m);
  char tiny[12] = "";
  assert_int_equal(parse(file, &m, tiny, sizeof tiny, &err), LISI_OK); /* no room, no harm */
  ace_model_free(m);
  free(file);
  file = changed(NULL, "ChebPow", "ChebLinear");
  assert_int_equal(parse(file, &m, text, sizeof text, &err), LISI_OK);
  assert_non_null(strstr(text, "mine.yace:14: radbasename ChebLinear does not vanish at the cut-off"));
  ace_model_free(m);
  free(file);
  /* keys that are not ours are let be; a missing inner_cutoff_type is density */
  file = changed(NULL, "lambdahc: 1, rcut: 5, dcut: 0.01, rcut_in: 0, dcut_in: 0.01, inner_cutoff_type: density}",
                 "rcut: 5, dcut: 0.01, other: [1, {a: b}]}");
  assert_int_equal(parse(file, &m, text, sizeof text, &err), LISI_OK);
  assert_int_equal(m->inner, ACE_INNER_DENSITY);
  ace_model_free(m);
  free(file);
}

static void files(void **state) {
  (void)state;
  ace_model *m;
  lisi_error err = {0};
  assert_int_not_equal(ace_model_load("/no/such/file.yace", &m, NULL, 0, &err), LISI_OK);
  assert_non_null(strstr(err.message, "/no/such/file.yace"));
  assert_null(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_file), cmocka_unit_test(round_trips),     cmocka_unit_test(pair_tables_of_acejl),
      cmocka_unit_test(bad_files), cmocka_unit_test(truncated_files), cmocka_unit_test(warnings),
      cmocka_unit_test(files)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
