/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Eight lanes: AVX-512 (x86-64-v4). */
#include "ace_eval_tables.h"

#if defined(ACE_HAVE_AVX)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma")
#endif
#include <immintrin.h>

#define SQRT(v) ((vec)_mm512_sqrt_pd((__m512d)(v)))
#define W 8
#define NAME ace_kernels_avx512
#define TEXT "avx512"
#include "ace_kernel_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
