/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random models of ace_naive.h for a test in C++, which cannot include that. */
#ifndef KOKKOS_MODELS_H
#define KOKKOS_MODELS_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Number of kinds of model, and one of each: radial bases, core repulsions, embeddings, elements, densities, ranks and
 * tables so coarse that many neighbours stand below their first knot. Free with ace_model_free. */
int kokkos_models(void);
ace_model *kokkos_model(int which, char *name, size_t size);

double kokkos_between(double lo, double hi);

#ifdef __cplusplus
}
#endif
#endif
