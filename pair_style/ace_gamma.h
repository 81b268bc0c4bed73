/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The extrapolation grade of an atom: its functions B as a combination of those of the active set of its element, gamma
 * = max_k |(B A^-1)_k| (Podryabinkin and Shapeev 2017; Lysogorskiy et al. 2023). At most 1 for every environment in the
 * training data; beyond, energies are extrapolated. */
#ifndef LISI_ACE_GAMMA_H
#define LISI_ACE_GAMMA_H

#include "ace_sidecar.h"

#ifdef __cplusplus
extern "C" {
#endif

/* max_k |sum_v B_v inverse[v][k]| for one environment; sum[inverse->n] is scratch. */
double ace_grade(const ace_inverse *inverse, const double *B, double *sum);

/* Read-only once made; threads share it. */
typedef struct ace_gamma ace_gamma;
/* One thread's scratch, whose size does not depend on the number of neighbours. */
typedef struct ace_gamma_work ace_gamma_work;

/* Takes the active sets out of *sidecar, which can only be freed afterwards; the model may be freed as well. */
LISI_MUST_CHECK lisi_status ace_gamma_create(const ace_model *model, ace_sidecar *sidecar, const char *name,
                                             ace_gamma **gamma, lisi_error *err);
void ace_gamma_free(ace_gamma *gamma);
LISI_MUST_CHECK lisi_status ace_gamma_work_create(const ace_gamma *gamma, ace_gamma_work **work, lisi_error *err);
void ace_gamma_work_free(ace_gamma_work *work);

/* Fails with words on what is missing where an element has no active set. */
LISI_MUST_CHECK lisi_status ace_gamma_require(const ace_gamma *gamma, int element, lisi_error *err);
/* Of the inverses, which are nearly all that it holds. */
size_t ace_gamma_bytes(const ace_gamma *gamma);

/* Number of functions of an element, which is that of the environments in its active set. */
int ace_gamma_count(const ace_gamma *gamma, int element);
/* One environment as a combination of those of the active set: coefficient[ace_gamma_count] = B A^-1; arguments as for
 * ace_bvalues_atom. *value (may be NULL) is the grade, the largest of their absolute values; INFINITY where one of them
 * is not finite. */
LISI_MUST_CHECK lisi_status ace_gamma_coefficients(const ace_gamma *gamma, ace_gamma_work *work, int element,
                                                   int nneigh, const int *nelement, const double (*rij)[3],
                                                   double *coefficient, double *value, lisi_error *err);
/* gamma of natoms atoms, arguments as for ace_eval_atoms. Every element among them needs an active set. */
LISI_MUST_CHECK lisi_status ace_gamma_atoms(const ace_gamma *gamma, ace_gamma_work *work, int natoms,
                                            const int *element, const int *first, const int *nelement,
                                            const double (*rij)[3], double *value, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
