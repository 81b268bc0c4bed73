/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the kernels this processor takes. */
#include "ace_eval_tables.h"

#include <stdlib.h>
#include <string.h>

lisi_status ace_kernels_choose(const ace_kernels **kernels, lisi_error *err) {
  const ace_kernels *known[3] = {&ace_kernels_sse2};
  bool able[3] = {true};
  int n = 1;
#if defined(ACE_HAVE_AVX)
  known[n] = &ace_kernels_avx2;
  able[n++] = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  known[n] = &ace_kernels_avx512;
  able[n++] = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
#endif
  const char *name = getenv("LISI_SIMD");
  if (name != NULL && *name != '\0') {
    for (int k = 0; k < n; k++)
      if (strcmp(name, known[k]->name) == 0) {
        *kernels = known[k];
        return able[k] ? LISI_OK
                       : lisi_fail(err, LISI_ERR_UNSUPPORTED, "LISI_SIMD=%s: this processor does not have it", name);
      }
    return lisi_fail(err, LISI_ERR_INPUT, "LISI_SIMD=%s: expected sse2%s", name, n > 1 ? ", avx2 or avx512" : "");
  }
  while (!able[n - 1])
    n--;
  *kernels = known[n - 1];
  return LISI_OK;
}
