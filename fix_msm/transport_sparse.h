/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sparse parts of transport_sparse (transport.h). b, A and pi of `t` are there. */
#ifndef LISI_TRANSPORT_SPARSE_H
#define LISI_TRANSPORT_SPARSE_H

#include "transport.h"

/* t->D. */
LISI_MUST_CHECK lisi_status transport_sparse_d(const sparse_flux *flux, transport *t, lisi_error *err);
/* t->nmodes, lambda, gap, B; t->D is there. */
LISI_MUST_CHECK lisi_status transport_sparse_modes(const sparse_flux *flux, int nslow, const double *slow_gap,
                                                   const double *slow_vectors, transport *t, lisi_error *err);
#endif
