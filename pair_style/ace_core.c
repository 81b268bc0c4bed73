/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ace_core.h"

#include "ace_core_formulas.h"

#include <math.h>
#include <string.h>

int ace_atomic_number(const char *symbol) {
  static const char symbols[118][3] = {
      "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",  "Cl",
      "Ar", "K",  "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se",
      "Br", "Kr", "Rb", "Sr", "Y",  "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb",
      "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er",
      "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At",
      "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No",
      "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og"};
  for (int z = 0; z < 118; z++)
    if (strcmp(symbol, symbols[z]) == 0)
      return z + 1;
  return 0;
}

ace_zbl ace_zbl_setup(const ace_bond *bond, int Zi, int Zj) {
  const double coulomb = 14.399645351950543; /* e^2 / (4 pi eps0), eV Angstrom */
  ace_zbl zbl = {.scale = bond->prehc * 0.5 * coulomb * Zi * Zj,
                 .a = 0.4685 / (pow(Zi, 0.23) + pow(Zj, 0.23)),
                 .rin = bond->rcut - bond->dcut,
                 .rcut = bond->rcut,
                 .dcut = bond->dcut};
  /* the polynomial that takes value, slope and curvature to zero at rcut */
  double w[3];
  formula_screened(zbl.a, zbl.rcut, w);
  const double t = zbl.dcut;
  zbl.sa = (-3.0 * w[1] + t * w[2]) / (3.0 * t * t);
  zbl.sb = (2.0 * w[1] - t * w[2]) / (4.0 * t * t * t);
  zbl.sc = -w[0] + 0.5 * t * w[1] - t * t * w[2] / 12.0;
  return zbl;
}

double ace_zbl_pair(const ace_zbl *zbl, double r, double *derivative) {
  return formula_zbl_pair(zbl, r, derivative);
}

double ace_zbl_blend(const ace_bond *bond, double r, double *derivative) {
  return formula_zbl_blend(bond, r, derivative);
}
