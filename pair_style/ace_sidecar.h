/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The binary file beside a .yace with what is too large for it: the functions before contraction, their coefficients,
 * and the active sets of the extrapolation grade. `lisi:` of the .yace has its name and SHA-256.
 *
 * Layout, in the byte order of the machine that wrote it; every section starts at a multiple of 8:
 *     0   "lisiside"          8 bytes
 *     8   uint32 0x01020304   byte order mark
 *     12  uint32 version
 *     16  uint64 size of the file
 *     24  uint32 number of sections, uint32 0
 *     32  for each section: name, 8 bytes filled up with zeros; uint32 element, uint32 0; uint64 offset; uint64 size
 * Readers pass over sections that they do not know, so that later versions of lisi can add some. */
#ifndef LISI_ACE_SIDECAR_H
#define LISI_ACE_SIDECAR_H

#include "ace_invariants.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ACE_SIDECAR_VERSION = 1 };

/* [n][n] row after row, of an active set: gamma = max_k |sum_v B_v inverse[v][k]|. In single precision where that is
 * enough, else in double: one of the two, or none. */
typedef struct {
  int n;
  float *f;
  double *d;
} ace_inverse;

typedef struct {
  ace_invariants invariants; /* section "basis" */
  double *coefficient;       /* [ncolumns] section "coeff", eV; with several densities those of the first */
  int ngraded; /* section "graded": functions, the first of all, that gamma is of; without the section all are */
  /* section "active": */
  int nenvironments; /* atoms of this element in the training frames */
  int rank;          /* independent ones among them; below ngraded there is no active set, and the inverse is empty */
  ace_inverse inverse;
} ace_sidecar_element;

/* Section "info" (of element 0, for all elements together), which a fine-tuning needs and MD does not: the information
 * of the fit, of a linear model. With T the triangle of the weighted rows of all training frames and of the prior, the
 * function that the fit minimised is its smallest value plus |T (c - c0)|^2, c0 the coefficients of the sections
 * "coeff" one after the other. */
typedef struct {
  char prefix[64];
  double energy, force, virial;
} ace_info_group;
typedef struct {
  int ncolumns, nkept;                       /* functions of all elements, and those of them that were not pruned */
  int64_t rows, frames;                      /* that the information is of */
  double ridge;                              /* relative strength of the prior */
  double energy, force, virial, force_scale; /* the weights of a frame, see weights in doc/lisi-fit.md */
  int ngroups;
  ace_info_group *group; /* [ngroups] */
  double *gamma;         /* [ncolumns] stiffness of the prior by function, see fit_basis.h */
  double *stiffness;     /* [ncolumns] of the prior, which is sum (stiffness_b c_b)^2; 0: the data have nothing of this
                            function; -1: pruned */
  int width;             /* bytes of a number of the triangle in the file, 4 or 8 */
  double *r;             /* packed: column j of T at j (j + 1) / 2, of the columns that were kept */
} ace_info;

typedef struct {
  int nelements;
  ace_info *info;          /* written where it is there; reading: ace_sidecar_info */
  char (*element)[4];      /* [nelements] section "model", with the hash */
  char model_sha256[65];   /* of the .yace that it belongs to, see ace_sidecar_hash */
  ace_sidecar_element *of; /* [nelements] */
} ace_sidecar;

/* SHA-256 of a model as ace_model_print writes it without `lisi:`, so that neither layout nor comments nor provenance
 * of a .yace count, but every number does. */
LISI_MUST_CHECK lisi_status ace_sidecar_hash(const ace_model *model, char hex[65], lisi_error *err);
/* The whole file in memory; free() it. */
LISI_MUST_CHECK lisi_status ace_sidecar_bytes(const ace_sidecar *sidecar, char **bytes, size_t *size, lisi_error *err);

/* Reads a sidecar and checks it: all sizes, ranges and numbers. `name` stands for it in messages. Free with
 * ace_sidecar_free. */
LISI_MUST_CHECK lisi_status ace_sidecar_parse(const char *bytes, size_t size, const char *name, ace_sidecar **sidecar,
                                              lisi_error *err);
/* The same for the sidecar of a given model, whose name and contents it has to fit: the SHA-256 that the model gives
 * for it, and the hash of the model that stands in it. */
LISI_MUST_CHECK lisi_status ace_sidecar_open(const char *bytes, size_t size, const char *name, const ace_model *model,
                                             const char *model_name, ace_sidecar **sidecar, lisi_error *err);
void ace_sidecar_free(ace_sidecar *sidecar);

/* The information of the fit, from the bytes that `sidecar` was read from, into sidecar->info. A sidecar without it (of
 * an older version) is an error that says so. */
LISI_MUST_CHECK lisi_status ace_sidecar_info(const char *bytes, size_t size, const char *name, ace_sidecar *sidecar,
                                             lisi_error *err);
void ace_info_free(ace_info *info);

/* Where the sidecar of the model at `path` lies: in the same folder, by the name that the model gives. free() it. A
 * model that names none, or something with a folder in it, is an error that says how a sidecar is made. */
LISI_MUST_CHECK lisi_status ace_sidecar_path(const ace_model *model, const char *path, char **sidecar, lisi_error *err);

#ifdef __cplusplus
}
#endif
#endif
