# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced after lib.sh by tests that run through LAMMPS' package KOKKOS; skips where LAMMPS or lisi were built without it.
#   kk_threads   threads of a rank to test with: "1 2" where Kokkos has OpenMP, "1" where it has not
#   kk T         prints the path of a program that runs as lmp does, but with everything that can through KOKKOS, T threads each
[[ -e $LIB/liblisi_kokkos.so ]] || skip "lisi was built without mlff/lisi/kk, which takes a LAMMPS with KOKKOS: cmake -DLISI_KOKKOS=ON -DLAMMPS_BUILD_DIR=..."
"$LMP" -h >kk.help 2>&1 || fail "lmp -h"
grep -q '^KOKKOS package API:' kk.help || skip "this LAMMPS has no KOKKOS"
kk_api=$(sed -n 's/^KOKKOS package API: *//p' kk.help)
kk_threads=1
[[ $kk_api == *OpenMP* ]] && kk_threads='1 2'
export OMP_PROC_BIND=false OMP_WAIT_POLICY=passive # ranks share the cores
kk_lmp=$LMP
kk() {
  local on="-k on t $1 -sf kk"
  case $kk_api in *CUDA* | *HIP* | *SYCL*) on="-k on g 1 -sf kk -pk kokkos newton on neigh half" ;; esac
  printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$kk_lmp" "$on" >"$tmp/lmp-kk$1"
  chmod +x "$tmp/lmp-kk$1"
  echo "$tmp/lmp-kk$1"
}
echo "KOKKOS with $kk_api"
