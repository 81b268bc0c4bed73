/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extended XYZ reader on good and bad files, and SHA-256 on the vectors of FIPS 180-4. */
#include "sha256.h"
#include "xyz_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static lisi_status parse(const char *text, xyz_set **set, lisi_error *err) {
  memset(err, 0, sizeof *err);
  return xyz_parse(text, strlen(text), "t.xyz", NULL, set, err);
}

static void good_frames(void **state) {
  (void)state;
  xyz_set *set;
  lisi_error err;
  const char *text =
      "2\nLattice=\"3 0 0 0 4 0 0 0 5\" Properties=species:S:1:id:I:1:pos:R:3:forces:R:3 energy=-7.5 virial=\"1 2 3 2 "
      "5 6 3 6 9\" config_type=x flag pbc=\"T F T\"\n"
      "Li 1 0 0 0 0.1 0.2 0.3\r\nSi 2 1.5 1 2 -1e-1 -.2 -0.3\n"
      "1\nProperties=species:S:1:pos:R:3 Lattice='2 0 0 0 2 0 0 0 2' stress=\"1 2 3 4 5 6\"\nSi 0 0 0\n\n";
  assert_int_equal(parse(text, &set, &err), LISI_OK);
  assert_int_equal(set->nframes, 2);
  assert_int_equal(set->nspecies, 2);
  xyz_frame *f = &set->frame[0];
  assert_int_equal(f->natoms, 2);
  assert_int_equal(f->line, 2);
  assert_true(f->has_energy && f->energy == -7.5 && f->has_virial && f->virial[5] == 6);
  assert_true(f->pbc[0] && !f->pbc[1] && f->pbc[2]);
  assert_string_equal(f->group, "x");
  assert_true(f->pos[5] == 2 && f->force[3] == -0.1);
  f = &set->frame[1];
  assert_true(!f->has_energy && !f->force && f->has_virial);
  assert_string_equal(f->group, "default");
  assert_int_equal(f->species[0], 1);
  /* virial = - volume * stress; yz is Voigt 4 */
  assert_true(fabs(f->virial[0] + 8) < 1e-12 && fabs(f->virial[5] + 32) < 1e-12 && fabs(f->virial[1] + 48) < 1e-12);
  xyz_free(set);
}

static void other_names(void **state) {
  (void)state;
  xyz_set *set;
  lisi_error err = {0};
  const char *text =
      "1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3:DFT_forces:R:3 DFT_energy=2\nLi 0 0 0 1 2 3\n";
  xyz_keys keys = {.energy = "DFT_energy", .forces = "DFT_forces"};
  assert_int_equal(xyz_parse(text, strlen(text), "t.xyz", &keys, &set, &err), LISI_OK);
  assert_true(set->frame[0].energy == 2 && set->frame[0].force[2] == 3);
  xyz_free(set);
}

static void bad_frames(void **state) {
  (void)state;
#define HEAD "Lattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:3:forces:R:3"
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"", "no frames"},
      {"two\n", "t.xyz:1: expected the number of atoms"},
      {"2.5\n", "t.xyz:1"},
      {"99999999999\nx\n", "t.xyz:1"},
      {"1\nProperties=species:S:1:pos:R:3\nLi 0 0 0\n", "t.xyz:2: no Lattice"},
      {"1\nLattice=\"3 0 0 0 3 0 0 0 3\"\nLi 0 0 0\n", "t.xyz:2: no Properties"},
      {"1\nLattice=\"3 0 0 0 3 0 0 0\" Properties=species:S:1:pos:R:3\nLi 0 0 0\n", "t.xyz:2: Lattice"},
      {"1\nLattice=\"3 0 0 3 0 0 0 0 3\" Properties=species:S:1:pos:R:3\nLi 0 0 0\n", "no volume"},
      {"1\n" HEAD " energy=nan\nLi 0 0 0 0 0 0\n", "t.xyz:2: energy"},
      {"1\n" HEAD " virial=\"1 2 3\"\nLi 0 0 0 0 0 0\n", "t.xyz:2: virial"},
      {"1\n" HEAD "\nLi 0 0 0 0 0\n", "t.xyz:3: Properties announces 7 columns, the line has 6"},
      {"1\n" HEAD "\nLi 0 0 0 0 0 0 0\n", "t.xyz:3"},
      {"1\n" HEAD "\nLi 0 0 zero 0 0 0\n", "t.xyz:3: position 'zero'"},
      {"1\n" HEAD "\nLi 0 0 0 0 nan 0\n", "t.xyz:3: force 'nan'"},
      {"1\n" HEAD "\nli 0 0 0 0 0 0\n", "t.xyz:3: expected an element symbol"},
      {"3\n" HEAD "\nLi 0 0 0 0 0 0\nLi 1 0 0 0 0 0\n", "the file ends after 2 of 3 atoms"},
      {"2\n" HEAD "\nLi 1 1 1 0 0 0\nLi 1 1 1 0 0 0\n", "stand at the same place"},
      {"1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R\nLi 0 0 0\n", "Properties"},
      {"1\nLattice=\"3 0 0 0 3 0 0 0 3\" Properties=species:S:1:pos:R:-3\nLi 0 0 0\n", "Properties"},
      {"1\n" HEAD " pbc=\"T T\"\nLi 0 0 0 0 0 0\n", "pbc"},
      {"1\n", "ends before the comment line"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    xyz_set *set = (xyz_set *)&set;
    lisi_error err;
    assert_int_equal(parse(cases[k].text, &set, &err), LISI_ERR_INPUT);
    assert_null(set);
    if (!strstr(err.message, cases[k].expected))
      fail_msg("case %zu: '%s' does not say '%s'", k, err.message, cases[k].expected);
  }
}

/* Any cut or changed byte gives frames or a message, never a crash. */
static void damaged_files(void **state) {
  (void)state;
  const char *text =
      "2\n" HEAD
      " energy=-1 virial=\"1 2 3 4 5 6 7 8 9\" pbc=\"T T T\" config_type=x\nLi 0 0 0 0 0 0\nSi 1 1 1 0 0 0\n";
  size_t n = strlen(text);
  unsigned seed = 1;
  for (int k = 0; k < 20000; k++) {
    char copy[400];
    memcpy(copy, text, n + 1);
    size_t size = n;
    for (int c = 0; c < 1 + k % 3; c++) {
      seed = seed * 1664525u + 1013904223u;
      copy[(seed >> 8) % n] = (char)(seed >> 3);
    }
    if (k % 5 == 0)
      size = (seed >> 9) % n;
    xyz_set *set;
    lisi_error err = {0};
    if (xyz_parse(copy, size, "t.xyz", NULL, &set, &err) == LISI_OK)
      xyz_free(set);
    else
      assert_true(strlen(err.message) > 0);
  }
}

static void sha256_vectors(void **state) {
  (void)state;
  char hex[65];
  sha256 s;
  sha256_start(&s);
  sha256_hex(&s, hex);
  assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sha256_start(&s);
  sha256_add(&s, "abc", 3);
  sha256_hex(&s, hex);
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sha256_start(&s);
  sha256_add(&s, "abcdbcdecdefdefgefghfghighijhijk", 32);
  sha256_add(&s, "ijkljklmklmnlmnomnopnopq", 24);
  sha256_hex(&s, hex);
  assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  char a[1000];
  memset(a, 'a', sizeof a);
  sha256_start(&s);
  for (int k = 0; k < 1000; k++)
    sha256_add(&s, a, sizeof a);
  sha256_hex(&s, hex);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(good_frames), cmocka_unit_test(other_names),
                                     cmocka_unit_test(bad_frames), cmocka_unit_test(damaged_files),
                                     cmocka_unit_test(sha256_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
