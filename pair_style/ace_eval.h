/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Energies and forces of an ACE model. An `ace_eval` holds the flat tables made once from a model and is read-only
 * afterwards, so that threads share it; an `ace_work` is one thread's scratch, whose size does not depend on the number
 * of atoms. */
#ifndef LISI_ACE_EVAL_H
#define LISI_ACE_EVAL_H

#include "ace_model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ace_eval ace_eval;
typedef struct ace_work ace_work;

/* Compiles a model into tables. The model may be freed afterwards. */
LISI_MUST_CHECK lisi_status ace_eval_create(const ace_model *model, ace_eval **eval, lisi_error *err);
void ace_eval_free(ace_eval *eval);
LISI_MUST_CHECK lisi_status ace_work_create(const ace_eval *eval, ace_work **work, lisi_error *err);
void ace_work_free(ace_work *work);

/* Which kernels this processor got: "sse2", "avx2" or "avx512". The environment variable LISI_SIMD, read when an
 * ace_eval is made, asks for one of them; what the processor does not have is an error. */
const char *ace_eval_simd(const ace_eval *eval);
/* Atoms of one element that are computed together: a call with a multiple of these of each element wastes nothing. */
int ace_eval_lanes(const ace_eval *eval);

/* Bytes of the tables, and of one thread's scratch. */
size_t ace_eval_bytes(const ace_eval *eval);
size_t ace_work_bytes(const ace_eval *eval, const ace_work *work);

/* Adds the time that each part takes to seconds[ACE_PARTS] from now on (NULL: no longer). For benchmarks. */
typedef enum {
  ACE_PART_NEIGHBOURS, /* sorting neighbours into lanes, distances, core repulsion, writing the gradient */
  ACE_PART_RADIAL,     /* radial functions and harmonics */
  ACE_PART_A,
  ACE_PART_PRODUCTS, /* products, densities, embedding and the reverse sweep */
  ACE_PART_FORCES,
  ACE_PARTS
} ace_part;
void ace_work_time(ace_work *work, double *seconds);

/* Energy of each of `natoms` central atoms, and its gradient with respect to the position of each neighbour.
 *   element  [natoms]        mu of the central atoms
 *   first    [natoms + 1]    neighbours of atom a are first[a] .. first[a+1]-1
 *   nelement [first[natoms]] mu of each neighbour
 *   rij      [first[natoms]][3] position of the neighbour minus that of the central atom, Angstrom; neighbours beyond
 *            the cut-off are allowed and contribute nothing
 *   energy   [natoms]        out: E_i with E0, eV
 *   dEdr     [first[natoms]][3] out: dE_i/dr_j, eV/Angstrom (force on j: -dE_i/dr_j; on i: + the sum over j)
 * Any order of elements; several atoms of one element are processed together (lanes), and the result for an atom does
 * not depend on which others stand in the call. Fails only for lack of memory, or (LISI_ERR_NUMERIC) for two atoms at
 * the same place. */
LISI_MUST_CHECK lisi_status ace_eval_atoms(const ace_eval *eval, ace_work *work, int natoms, const int *element,
                                           const int *first, const int *nelement, const double (*rij)[3],
                                           double *energy, double (*dEdr)[3], lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
