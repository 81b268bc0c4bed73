/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same crystal from every kind of structure file, and what is wrong with others is told with its line. */
#include "structure_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static lisi_status parse(const char *text, crystal *c, lisi_error *err) {
  static const char *const names[2] = {"Li", "Si"};
  memset(err, 0, sizeof *err);
  return structure_parse(text, strlen(text), "file", "Li", strstr(text, "#map") != NULL ? 2 : 0, names, c, err);
}

/* Two Li and one Si in a cell of 4 x 5 x 6 with xy = 1. */
static void is_the_crystal(const crystal *c) {
  static const double want[3][3] = {{0.25, 0.5, 0.0}, {0.75, 0.5, 0.5}, {0.0, 0.1, 0.9}};
  assert_int_equal(c->natoms, 3);
  assert_true(fabs(c->cell.H[0][0] - 4) < 1e-4 && fabs(c->cell.H[1][0] - 1) < 1e-4 &&
              fabs(c->cell.H[1][1] - 5) < 1e-4 && fabs(c->cell.H[2][2] - 6) < 1e-4);
  for (int a = 0; a < 3; a++) {
    assert_string_equal(c->atom[a].species, a < 2 ? "Li" : "Si");
    for (int k = 0; k < 3; k++)
      assert_true(fabs(c->atom[a].frac[k] - want[a][k]) < 1e-4);
  }
}

static void all_kinds(void **state) {
  (void)state;
  static const char *const text[] = {
      "3\nLattice=\"4 0 0 1 5 0 0 0 6\" Properties=species:S:1:charge:R:1:pos:R:3\nLi 1 1.5 2.5 0\nLi 1 3.5 2.5 "
      "3\nSi 0 0.1 0.5 5.4\n",
      "3\nlattice='4 0 0 1 5 0 0 0 6'\nLi 1.5 2.5 6\nLi 3.5 2.5 3\nSi 0.1 0.5 -0.6\n",
      "made by hand\n\n3 atoms\n2 atom types\n0 4 xlo xhi\n0 5 ylo yhi\n0 6 zlo zhi\n1 0 0 xy xz yz\n\nMasses\n\n1 "
      "6.94 # "
      "Li\n2 28.1 # Si\n\nAtoms # atomic\n\n1 1 1.5 2.5 0\n2 1 3.5 2.5 3\n3 2 0.1 0.5 5.4\n",
      "#map\n\n3 atoms\n2 atom types\n0 4 xlo xhi\n0 5 ylo yhi\n0 6 zlo zhi\n1 0 0 xy xz yz\n\nAtoms # full\n\n1 1 1 "
      "0.5 "
      "1.5 2.5 0\n2 1 1 0.5 3.5 2.5 3 0 0 0\n3 1 2 -1 0.1 0.5 5.4\n",
      "#map\n\n3 atoms\n0 4 xlo xhi\n0 5 ylo yhi\n0 6 zlo zhi\n1 0 0 xy xz yz\n\nAtoms\n\n1 1 1.5 2.5 0 0 0 1\n2 1 3.5 "
      "2.5 3 0 0 0\n3 2 0.1 0.5 5.4 0 0 0\n",
      "# a comment\ndata_x\n_cell_length_a 4.000(1)\n_cell_length_b 5.0990195\n_cell_length_c 6\n_cell_angle_alpha "
      "90\n_cell_angle_beta 90\n_cell_angle_gamma 78.690068\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_"
      "fract_y\n_atom_site_fract_z\nLi1 .25(2) 0.5 0\nLi1 0.75 0.5 0.5\nSi1 0 0.1 -0.1\n",
      "format: lisi-sites 1\ncell: [[4,0,0],[1,5,0],[0,0,6]]\nsites:\n  - {type: 1, label: a, frac: [.25,.5,0]}\n  - "
      "{type: 1, label: a, frac: [.75,.5,.5]}\n  - {type: 2, label: b, frac: [0,.1,.9]}\n"};
  for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
    crystal c;
    lisi_error err;
    if (parse(text[k], &c, &err) != LISI_OK)
      fail_msg("%zu: %s", k, err.message);
    if (k == 6) { /* a site file says nothing of a species */
      assert_string_equal(c.atom[2].label, "b");
      memcpy(c.atom[2].species, "Si", 3);
    }
    is_the_crystal(&c);
    crystal_free(&c);
  }
}

/* Diamond from one atom and the operations of Fd-3m that a file might list (here: enough of them). */
static void cif_with_symmetry(void **state) {
  (void)state;
  static const char text[] =
      "data_Si\n_cell_length_a 5.43\n_cell_length_b 5.43\n_cell_length_c 5.43\n"
      "loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n1 'x, y, z'\n2 x,y+1/2,z+1/2\n3 "
      "x+1/2,y,z+1/2\n4 "
      "'x+1/2, y+1/2, z'\n5 x+1/4,y+1/4,z+1/4\n6 .25+x,y+3/4,z+3/4\n7 x+3/4,y+1/4,z+3/4\n8 3/4+x,3/4+y,1/4+z\n9 "
      "-x,-y,-z\n"
      "_publ_text\n;\nloop_ data_ in a text field\n;\n"
      "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "Si1 Si0+ 0 0 0\n\ndata_another\n_cell_length_a 1\n";
  crystal c;
  lisi_error err;
  if (parse(text, &c, &err) != LISI_OK)
    fail_msg("%s", err.message);
  assert_int_equal(c.natoms, 8);
  assert_true(fabs(c.cell.H[0][0] - 5.43) < 1e-12);
  assert_string_equal(c.atom[7].species, "Si");
  assert_string_equal(c.atom[7].label, "Si1");
  crystal_free(&c);
}

static void wrong_files(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } bad[] = {
      {"", "file:0: expected a structure"},
      {"hello\nworld\n", "file:1: expected a structure"},
      {"2\nno cell here\nLi 0 0 0\nLi 1 1 1\n", "file:2: expected Lattice"},
      {"2\nLattice=\"4 0 0 0 4 0 0 0\"\nLi 0 0 0\nLi 1 1 1\n", "file:2: expected nine numbers"},
      {"2\nLattice=\"4 0 0 8 0 0 0 0 4\"\nLi 0 0 0\nLi 1 1 1\n", "file:2: cell"},
      {"2\nLattice=\"4 0 0 0 4 0 0 0 4\"\nLi 0 0 0\n", "expected 2 atoms, found 1"},
      {"2\nLattice=\"4 0 0 0 4 0 0 0 4\"\nLi 0 0 0\nLi 1 one 1\n", "file:4: expected an atom"},
      {"1\nLattice=\"4 0 0 0 4 0 0 0 4\" Properties=pos:R:3\n0 0 0\n", "file:2: expected Properties"},
      {"x\n\n2 atoms\n0 4 xlo xhi\n0 4 ylo yhi\n\nAtoms\n\n1 1 0 0 0\n",
       "file:7: expected a number of atoms and the bounds"},
      {"x\n\n2 atoms\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nAtoms # body\n\n1 1 0 0 0\n",
       "file:8: expected Atoms # atomic"},
      {"x\n\n2 atoms\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nAtoms # atomic\n\n1 1 0 0 0\n",
       "expected 2 atoms, found 1"},
      {"data_\n_cell_length_a 4\n_cell_length_b 4\n", "expected _cell_length_a, b, c"},
      {"data_\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c x\n", "file:4: expected a cell length"},
      {"data_\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c "
       "4\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_"
       "site_fract_y\n_atom_site_fract_z\nLi1 0 0 ?\n",
       "file:10: expected a fractional coordinate"},
      {"data_\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y\n",
       "file:7: expected a symmetry operation"},
      {"data_\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n", "expected atoms, found none"},
      {"format: lisi-sites 9\n", "lisi-sites 1"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    crystal c;
    lisi_error err;
    if (parse(bad[k].text, &c, &err) == LISI_OK)
      fail_msg("%zu was read: %s", k, bad[k].text);
    if (strstr(err.message, bad[k].says) == NULL)
      fail_msg("%zu: '%s' does not say '%s'", k, err.message, bad[k].says);
    assert_int_equal(c.natoms, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_kinds), cmocka_unit_test(cif_with_symmetry),
                                     cmocka_unit_test(wrong_files)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
