/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kokkos_models.h"

#include "ace_naive.h"

#include <stdio.h>

enum { KINDS = 6, INNER = 3 };

int kokkos_models(void) {
  return KINDS * INNER;
}

ace_model *kokkos_model(int which, char *name, size_t size) {
  const int kind = which % KINDS, inner = which / KINDS;
  const bool jl = kind == ACE_ACEJL || kind == ACE_ACEJL_SPLINE;
  const naive_recipe q = {.kind = (ace_radial_kind)kind,
                          .inner = (ace_inner_kind)inner,
                          .embedding = which % 4 == 1 ? ACE_FINNIS_SINCLAIR_SHIFTED_SCALED : ACE_FINNIS_SINCLAIR,
                          .nelements = 1 + which % 4,
                          .ndensity = 1 + (which + inner) % 3,
                          .maxrank = 2 + which % 5,
                          .nfunctions = 50,
                          .lmax = which == 7 ? 9 : 1 + which % 5,
                          .prehc = which % 5 == 4 ? 0.0 : 2.0,
                          .rho_core_cutoff = 0.4,
                          .drho_core_cutoff = 0.3,
                          .delta = which % 3 == 2 ? 1.5 : 0.01,
                          .pairpot = jl && inner == 0};
  snprintf(name, size, "radial basis %d, core %d, %d elements, %d densities, rank %d, l up to %d", kind, inner,
           q.nelements, q.ndensity, q.maxrank, q.lmax);
  return naive_model(q);
}

double kokkos_between(double lo, double hi) {
  return naive_between(lo, hi);
}
