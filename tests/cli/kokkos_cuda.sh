#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernels in Kokkos compile for CUDA, for A100 (sm_80) and H100 (sm_90), and no kernel of the force field spills registers. Needs
# nvcc and an installed Kokkos with CUDA, whose folder Kokkos_ROOT (or Kokkos_CUDA_ROOT, where another Kokkos is tested as well) tells.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/lib.sh"
nvcc=$(command -v nvcc || true)
[[ -n $nvcc ]] || nvcc=/usr/local/cuda/bin/nvcc
[[ -x $nvcc ]] || skip "no nvcc"
root=${Kokkos_CUDA_ROOT:-${Kokkos_ROOT:-}}
[[ -n $root ]] || skip "Kokkos_ROOT does not tell where a Kokkos with CUDA is installed"
grep -q '^#define KOKKOS_ENABLE_CUDA$' "$root/include/KokkosCore_config.h" 2>/dev/null || skip "the Kokkos of $root has no CUDA"
standard=17
grep -q '^#define KOKKOS_ENABLE_CXX20$' "$root/include/KokkosCore_config.h" && standard=20
for arch in 80 90; do
  "$nvcc" -x cu "-std=c++$standard" -O3 "-arch=sm_$arch" -cubin -Xptxas -v --expt-relaxed-constexpr --expt-extended-lambda \
    -I"$SRC/pair_style" -I"$SRC/common" -I"$root/include" -DKOKKOS_DEPENDENCE "$SRC/tests/kokkos/compile_check.cpp" -o "check$arch.cubin" \
    >"log$arch" 2>&1 || { grep -m 5 error "log$arch"; fail "sm_$arch: does not compile"; }
  # kernel, bytes of spills, registers; only those that this project makes
  awk '/Compiling entry function/ { name = $7 } /bytes stack frame/ { spill = $5 + $9 } /Used [0-9]+ registers/ { print name, spill, $5 }' "log$arch" |
    sed -n "s/^'[^ ]*4lisi[0-9]*\(Kokkos[A-Z][A-Za-z]*\)I[^ ]*/\1/p" | sort | uniq >kernels
  for kernel in KokkosA KokkosTiles KokkosProducts KokkosForces KokkosGammaA KokkosGammaB KokkosGammaGrade; do
    grep -q "^$kernel" kernels || fail "sm_$arch: no kernel $kernel in what was compiled"
  done
  awk -v arch="$arch" '{ printf "sm_%s %-20s %3d registers, %d bytes of spills\n", arch, $1, $3, $2 } $2 > 0 { bad = 1 } END { exit bad }' kernels ||
    fail "sm_$arch: registers spill"
done
