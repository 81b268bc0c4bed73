/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers of other shapes than uniform, from lisi_rng; a given state of the generator gives the same numbers. */
#ifndef LISI_VARIATES_H
#define LISI_VARIATES_H

#include "bootstrap.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Normal with mean 0 and variance 1 (Box and Muller). */
double lisi_rng_normal(lisi_rng *rng);
/* ln of a gamma variate of shape a > 0 and rate 1 (Marsaglia and Tsang, ACM Trans. Math. Softw. 26, 363 (2000); below
 * shape 1 by G(a) = G(a+1) U^(1/a)). As a logarithm, since small shapes give numbers below the smallest double. */
double lisi_rng_log_gamma(lisi_rng *rng, double shape);

#ifdef __cplusplus
}
#endif
#endif
