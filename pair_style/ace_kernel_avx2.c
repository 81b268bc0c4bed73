/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Four lanes: AVX2 with fused multiply-add (x86-64-v3). */
#include "ace_eval_tables.h"

#if defined(ACE_HAVE_AVX)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>

#define SQRT(v) ((vec)_mm256_sqrt_pd((__m256d)(v)))
#define W 4
#define NAME ace_kernels_avx2
#define TEXT "avx2"
#include "ace_kernel_body.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
