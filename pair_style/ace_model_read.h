/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the .yace reader share; for ace_model_read*.c alone. */
#ifndef LISI_ACE_MODEL_READ_H
#define LISI_ACE_MODEL_READ_H

#include "ace_model.h"
#include "yaml_doc.h"

enum { ACE_MAX_NRADIAL = 1000, ACE_MAX_RCUT = 50 /* Angstrom */ };

typedef struct {
  const yaml_doc *doc;
  ace_model *model;
  char *warnings; /* [nwarnings], lines; may be NULL */
  size_t nwarnings;
} ace_reader;

void ace_warn(ace_reader *in, const char *format, ...) LISI_PRINTF(2, 3);
/* The number under an optional key. */
LISI_MUST_CHECK lisi_status ace_optional_double(const yaml_doc *doc, yaml_ref map, const char *key, double otherwise,
                                                double *value, lisi_error *err);

/* One entry of `bonds` (ace_model_read_bond.c). */
LISI_MUST_CHECK lisi_status ace_read_bond(ace_reader *in, yaml_ref map, ace_bond *bond, ace_inner_kind *inner,
                                          lisi_error *err);
/* What ACE.jl writes (ace_model_read_acejl.c): g_k of a bond as polynomials, or as splines. */
LISI_MUST_CHECK lisi_status ace_read_basis(const yaml_doc *doc, yaml_ref map, ace_bond *bond, lisi_error *err);
LISI_MUST_CHECK lisi_status ace_read_splines(const yaml_doc *doc, yaml_ref map, ace_bond *bond, lisi_error *err);
/* The pair potential, and the cut-offs that ACE.jl bonds share; after all bonds. */
LISI_MUST_CHECK lisi_status ace_read_pairpot(ace_reader *in, lisi_error *err);
void ace_settle_acejl_cutoffs(ace_model *model);
/* The list of functions of one element; the bonds are read before (ace_model_read_function.c). */
LISI_MUST_CHECK lisi_status ace_read_species_functions(ace_reader *in, int mu, yaml_ref list, lisi_error *err);
/* `lisi:`, where it stands; everything else is read before. */
LISI_MUST_CHECK lisi_status ace_read_meta(ace_reader *in, lisi_error *err);

#endif
