/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two lanes: every x86-64 processor (SSE2), and whatever else there is. */
#include <math.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define SQRT(v) ((vec)_mm_sqrt_pd((__m128d)(v)))
#else
#define SQRT(v) ((vec){sqrt((v)[0]), sqrt((v)[1])})
#endif
#define W 2
#define NAME ace_kernels_sse2
#define TEXT "sse2"
#include "ace_kernel_body.h"
