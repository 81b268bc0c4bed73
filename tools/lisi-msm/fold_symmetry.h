/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --fold symmetry: the counts of a result averaged over the space group, and how much that gains. */
#ifndef LISI_MSM_FOLD_SYMMETRY_H
#define LISI_MSM_FOLD_SYMMETRY_H

#include "result.h"

/* Finds the space group of r->space with the framework of the result, or of the site file `sites` where that is not
 * NULL, and averages r->counts over it. Errors: no site file is known, it is of other sites. */
LISI_MUST_CHECK lisi_status fold_symmetry_make(msm_result *r, const char *sites, lisi_error *err);
/* Takes rounding off the tensors of a model made from such counts: they obey the point group exactly. */
LISI_MUST_CHECK lisi_status fold_symmetry_model(const msm_result *r, msm_model *m, lisi_error *err);
/* Makes the reported model without the group as well, where that is cheap, for the table of what it gains. */
LISI_MUST_CHECK lisi_status fold_symmetry_measure(msm_result *r, const msm_options *options, lisi_error *err);

/* All of them do nothing where r->symmetry is NULL. */
void fold_symmetry_add(doc_tree *doc, const msm_result *r);
void fold_symmetry_add_lag(doc_tree *doc, doc_ref map, const msm_result *r, int m);
void fold_symmetry_print(const msm_result *r);
void fold_symmetry_warn(const msm_result *r, const msm_result_listener *to);
void fold_symmetry_free(msm_result *r);

#endif
