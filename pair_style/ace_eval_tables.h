/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ace_eval holds: flat tables, read-only once made. For ace_eval*.c and ace_kernel*.c alone.
 *
 * Lanes: a block is `lanes` central atoms of one element, one in each lane of the processor's vectors (2 with SSE2, 4
 * with AVX2, 8 with AVX-512). Everything that belongs to a block has the lane as its last index: value[offset][lane].
 * A slot is one neighbour of each of these atoms, all neighbours of one slot being of one element. */
#ifndef LISI_ACE_EVAL_TABLES_H
#define LISI_ACE_EVAL_TABLES_H

#include "ace_core.h"
#include "ace_eval.h"
#include "ace_model.h"
#include "ace_product.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ACE_LANES_MAX = 8,
  ACE_CHUNK = 8, /* slots that are handled together, so that what belongs to them stays in the first cache */
  ACE_NLM_MAX = (ACE_MAX_LMAX + 1) * (ACE_MAX_LMAX + 2) / 2
};

/* Radial functions of an ordered pair: the channels (n, l) that the functions of the central element use. Functions of
 * rank 1 are sums over g_k alone and become one channel with l = 0 for each density. Channels of one l stand together;
 * a row is filled up with zeros to a multiple of the lanes. */
typedef struct {
  ace_inner_kind inner;
  int lmax;                    /* of the channels in use; -1 without any */
  int nch[ACE_MAX_LMAX + 1];   /* channels of this l */
  int first[ACE_MAX_LMAX + 1]; /* where they start in a row */
  int at[ACE_MAX_LMAX + 1];    /* offset of their first variable (ace_product): channel n has m = 0 at at[l] + n, and Re
                                  and Im of m > 0 at at[l] + (2m - 1) nch[l] + 2n and one further */
  int nrow;                    /* channels in use */
  int ncol;                    /* length of a row */
  double *weight;              /* [nrow][bond.nradbase] each channel as a sum over g_k */
  int *source;                 /* [nrow] n * (lmax_bond + 1) + l of R_nl, or -1 - p of density p's rank-1 channel */
  int nknots;                  /* N: knots at r = 0, h, .., N h = rcut */
  double inv_h, h;
  double rcut2;
  double *table; /* [N + 3][2][ncol] value, and h times the derivative, at each knot; knot 0 is not used, and beyond the
                    cut-off there are two more of zeros */
  double *core;  /* [N + 1][2] the same for the core's pair term; NULL without */
  double core_reach; /* Angstrom; the pair term is zero from here on */
  ace_zbl zbl;       /* for the zbl kind, where prehc > 0 */
  ace_bond bond;     /* with copies of the arrays */
} ace_pair_table;

/* Recursions of the harmonics: Q_lm = a z Q_{l-1,m} - b Q_{l-2,m}; dQ_lm/dz = d Q_{l,m+1}. Indexed by ace_lm. */
typedef struct {
  double qmm[ACE_MAX_LMAX + 1];
  double a[ACE_NLM_MAX], b[ACE_NLM_MAX], d[ACE_NLM_MAX];
} ace_lm_table;

typedef struct {
  ace_species species; /* embedding alone: functions and couplings are in `product` */
  ace_product product;
} ace_central;

typedef struct ace_kernels ace_kernels;

struct ace_eval {
  const ace_kernels *kernels;
  int nelements;
  ace_inner_kind inner;
  double *E0;
  ace_pair_table *pair; /* [nelements][nelements] */
  ace_central *central; /* [nelements] */
  ace_lm_table lm;
  int lmax, ncol_max, nrow_max;
  uint32_t size_max; /* of the values of one block: the largest product.size */
};

/* What a slot holds, each [lanes]. */
enum { ACE_X = 0, ACE_R = 3, ACE_INV_R = 4, ACE_G = 5, ACE_SLOT = 8 };

/* The slots of one block with neighbours of one element. A lane without a neighbour has source -1 and stands
 * beyond the cut-off, where all radial functions are zero. */
typedef struct {
  int nslots;
  double *slot;      /* [nslots][ACE_SLOT][lanes]: r_ij, replaced by the unit vector; r; 1/r; out: the gradient */
  const int *source; /* [nslots][lanes] index in the caller's list, -1: none */
  double *radial;    /* [chunks][2][nrow][ACE_CHUNK][lanes] values and derivatives: written on the way to A, read on
                        the way back */
} ace_slots;

/* The loops that take the time, once for each kind of processor (ace_kernel_body.h). */
struct ace_kernels {
  const char *name;
  int lanes;
  /* r, 1/r and the unit vectors from r_ij. */
  void (*geometry)(double *slot, int nslots);
  /* Radial functions and harmonics of the slots c0 .. c0+n-1 of a chunk, n <= ACE_CHUNK. scratch: ace_scratch_size. */
  void (*radial)(const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk, double *scratch);
  /* value += sum over these slots of R_nl Y_lm, after radial() with the same scratch. */
  void (*accumulate)(const ace_pair_table *t, const ace_slots *s, int chunk, const double *scratch, double *value);
  /* Values of the products that are kept from those of the variables. */
  void (*products)(const ace_product *p, double *value);
  /* rho[ndensity][lanes]; for one density also adjoint += its derivatives by all values. */
  void (*densities)(const ace_product *p, const double *value, double *rho, double *adjoint);
  /* For several densities: adjoint += derivatives of sum_p weight[p][lanes] rho_p. */
  void (*weighted)(const ace_product *p, const double *value, const double *weight, double *adjoint);
  /* Hands the adjoints of the products that are kept down to the variables. */
  void (*reverse)(const ace_product *p, const double *value, double *adjoint);
  /* slot[ACE_G] = scale * gradient of sum V A for the slots of a chunk, for V = dE/dA laid out as the values. */
  void (*forces)(const ace_pair_table *t, const ace_lm_table *lm, const ace_slots *s, int chunk, const double *V,
                 const double *scale, double *scratch);
};

extern const ace_kernels ace_kernels_sse2; /* two lanes: also what stands for "any other processor" */
#if defined(__x86_64__) && defined(__GNUC__)
#define ACE_HAVE_AVX
extern const ace_kernels ace_kernels_avx2, ace_kernels_avx512;
#endif

/* The kernels for this processor, or those that the environment variable LISI_SIMD names. */
LISI_MUST_CHECK lisi_status ace_kernels_choose(const ace_kernels **kernels, lisi_error *err);

/* ace_eval_create with given kernels. */
LISI_MUST_CHECK lisi_status ace_eval_create_for(const ace_model *model, const ace_kernels *kernels, ace_eval **eval,
                                                lisi_error *err);

/* Doubles that a thread's scratch holds: Y of a chunk and a row of values and derivatives, or what the forces of two
 * slots need, which is less. */
static inline size_t ace_scratch_size(const ace_eval *e) {
  const size_t l1 = (size_t)e->lmax + 1;
  return (l1 * l1 + l1) * ACE_CHUNK * (size_t)e->kernels->lanes + 2 * (size_t)e->ncol_max;
}

/* A row of radial functions without the table, for r below the first knot: value[nrow] and derivative[nrow]. */
void ace_radial_row(const ace_pair_table *t, double r, double *value, double *derivative);

#ifdef __cplusplus
}
#endif
#endif
