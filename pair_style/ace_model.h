/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An ACE force field in memory, and its .yace file (Drautz, PRB 99, 014104 (2019); file format of the ACE community:
 * Lysogorskiy et al., npj Comput. Mater. 7, 97 (2021)). Units: eV, Angstrom. Element indices mu run from 0 in the order
 * of `element`. */
#ifndef LISI_ACE_MODEL_H
#define LISI_ACE_MODEL_H

#include "lisi_status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ACE_MAX_RANK = 6,
  ACE_MAX_ELEMENTS = 118,
  ACE_MAX_LMAX = 15,
  ACE_MAX_DENSITY = 8,
  ACE_MAX_POLYNOMIALS = 200,
  ACE_LISI_FORMAT = 1
};

typedef enum {
  ACE_CHEB_EXP_COS,
  ACE_CHEB_POW,
  ACE_CHEB_LINEAR,
  ACE_SBESSEL,
  ACE_ACEJL,
  ACE_ACEJL_SPLINE
} ace_radial_kind;
typedef enum { ACE_FINNIS_SINCLAIR, ACE_FINNIS_SINCLAIR_SHIFTED_SCALED } ace_embedding_kind;
/* Which core repulsion the file asks for; one for all bonds. */
typedef enum { ACE_INNER_DENSITY, ACE_INNER_DISTANCE, ACE_INNER_ZBL } ace_inner_kind;

/* Polynomials P_0 .. P_{n-1} of ACE.jl in x = ((1 + r0) / (1 + r))^p: P_0 = A_0 (x - xl)^pl (x - xr)^pr, zero at xl and
 * xr and beyond them where pl, pr > 0; P_1 = (A_1 x + B_1) P_0, P_k = (A_k x + B_k) P_{k-1} + C_k P_{k-2}. */
typedef struct {
  int n;
  double p, r0, xl, xr, pl, pr;
  double *abc; /* [3][n]: A, B, C */
} ace_polynomials;

/* The pair potential that a file of ACE.jl may bring along (keys polypairpot and reppot): V = sum_k c_k P_k(r) for r >
 * ri, e0 + B e^{-A (r/ri - 1)} ri/r below; V/2 takes the place of the core repulsion in either atom's energy. */
typedef struct {
  ace_polynomials basis; /* for all bonds the same; its abc and c are part of this block */
  double rcut;           /* Angstrom */
  double ri, e0, A, B;   /* ri = 0: no repulsive core */
  double *c;             /* [basis.n] */
} ace_pairpot;

/* The ordered pair (mu_i central, mu_j neighbour). */
typedef struct {
  ace_radial_kind kind;
  char kind_text[32]; /* radbasename as it stood in the file (ACE.jl.* variants) */
  int nradmax;        /* number of R_nl, n = 1..nradmax */
  int lmax;
  int nradbase;  /* number of g_k, k = 1..nradbase */
  double lambda; /* radparameters[0] */
  double rcut, dcut;
  double rcut_in, dcut_in;
  double prehc, lambdahc; /* core repulsion; prehc = 0 is none */
  double *crad;           /* [nradmax][lmax + 1][nradbase], R_nl = sum_k crad g_k */
  /* ACE.jl with polynomials: */
  ace_polynomials jl;   /* g_k = P_{k-1}, jl.n = nradbase */
  ace_pairpot *pairpot; /* NULL without */
  /* ACE.jl with splines: cubic Hermite between knots n rcut / nbins */
  int nbins;
  double *node; /* [nbins + 1][2][nradbase] value and derivative of g_k at each knot */
} ace_bond;

/* One function: rho_p += sum_ms Re( ctilde[ms][p] prod_t A_{mus[t] ns[t] ls[t] m_t} ), t < rank. rank 1 uses g_k with k
 * = ns[0] and l = m = 0 directly. */
typedef struct {
  int rank;
  int nms;               /* num_ms_combs */
  int mus[ACE_MAX_RANK]; /* element of the neighbour */
  int ns[ACE_MAX_RANK];  /* from 1 */
  int ls[ACE_MAX_RANK];
  size_t ms_first; /* ms_combs of this function: species->ms[ms_first + c * rank + t], c < nms */
  size_t ct_first; /* its coefficients: species->ctilde[ct_first + c * ndensity + p] */
} ace_function;

/* What a central atom of one element uses. */
typedef struct {
  int ndensity;
  double *fs; /* [2 * ndensity] w_p, m_p */
  ace_embedding_kind embedding;
  double rho_core_cutoff, drho_core_cutoff;
  int nfunctions;
  ace_function *function; /* [nfunctions], any order of ranks */
  size_t nms_total;
  int8_t *ms; /* all ms_combs */
  size_t nctilde;
  double *ctilde;
} ace_species;

/* What `lisi:` of the file says about where the model comes from; every text may be NULL (a file made elsewhere). */
typedef struct {
  int format;        /* 0: no `lisi:` key */
  char *units;       /* "metal" */
  char *provenance;  /* free text: what made it, when, from what */
  char *data_sha256; /* of the training data */
  char *error_table; /* verbatim YAML block text, one line per group */
  char *sidecar;     /* file name of the binary sidecar, and its hash */
  char *sidecar_sha256;
} ace_meta;

typedef struct {
  int nelements;
  char (*element)[4]; /* [nelements] */
  double *E0;         /* [nelements] */
  double delta_spline_bins;
  ace_inner_kind inner;
  ace_bond *bond;       /* [nelements * nelements], bond[mu_i * nelements + mu_j] */
  ace_species *species; /* [nelements] */
  ace_meta meta;
} ace_model;

/* Reads a .yace file held in memory; `name` stands for it in messages. Everything that science.md, section 1 names is
 * checked: keys, ranges, all ordered pairs, |m| <= l, sum of m = 0, finite numbers, known names. A file of another kind
 * (B-basis .yaml, GRACE) is named as such. Warnings (no core repulsion, a radial basis that does not vanish at the
 * cut-off) are appended as lines to `warnings` [nwarnings bytes], which may be NULL. The caller frees with
 * ace_model_free. */
LISI_MUST_CHECK lisi_status ace_model_parse(const char *bytes, size_t size, const char *name, ace_model **model,
                                            char *warnings, size_t nwarnings, lisi_error *err);
LISI_MUST_CHECK lisi_status ace_model_load(const char *path, ace_model **model, char *warnings, size_t nwarnings,
                                           lisi_error *err);
/* Writes a model as .yace with 17 significant digits, so that reading it again gives the same numbers; `lisi:` from
 * model->meta. Write errors show in the stream. */
void ace_model_print(const ace_model *model, FILE *stream);
void ace_model_free(ace_model *model);
/* A bond with arrays of its own; what *to held before is forgotten, not freed. */
LISI_MUST_CHECK lisi_status ace_bond_copy(const ace_bond *from, ace_bond *to, lisi_error *err);
/* Frees the arrays of a bond and leaves it empty. */
void ace_bond_clear(ace_bond *bond);

/* Memory for a pair potential of n polynomials, all zero; goes by free(). NULL where there is none left. */
ace_pairpot *ace_pairpot_new(int n);
ace_pairpot *ace_pairpot_copy(const ace_pairpot *from);

/* The index of an element symbol, -1 where the model has none such. */
int ace_model_element(const ace_model *model, const char *symbol);
/* The largest cut-off over all bonds, Angstrom. */
double ace_model_cutoff(const ace_model *model);

#ifdef __cplusplus
}
#endif
#endif
